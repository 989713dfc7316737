# Two roles, so that one day a run that writes cannot also delete. Today a run needs both: infra/README.md.
data "aws_iam_policy_document" "runners" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = var.runners
    }
  }
}

data "aws_iam_policy_document" "writer" {
  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.site.arn}/*"]
  }
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.site.arn]
  }
  # The first run tries out on this one object what the bucket can do.
  statement {
    sid       = "RemoveTheProbe"
    actions   = ["s3:DeleteObject"]
    resources = ["${aws_s3_bucket.site.arn}/_finews/probe"]
  }
  statement {
    sid       = "TellTheCaches"
    actions   = ["cloudfront:CreateInvalidation"]
    resources = [aws_cloudfront_distribution.site.arn]
  }
}

data "aws_iam_policy_document" "sweeper" {
  statement {
    sid       = "Delete"
    actions   = ["s3:DeleteObject"]
    resources = ["${aws_s3_bucket.site.arn}/*"]
  }
}

resource "aws_iam_role" "writer" {
  name               = "${var.bucket}-writer"
  assume_role_policy = data.aws_iam_policy_document.runners.json
}

resource "aws_iam_role_policy" "writer" {
  name   = "write"
  role   = aws_iam_role.writer.id
  policy = data.aws_iam_policy_document.writer.json
}

# What a run of today takes on: it writes and deletes.
resource "aws_iam_role" "sweeper" {
  name               = "${var.bucket}-sweeper"
  assume_role_policy = data.aws_iam_policy_document.runners.json
}

resource "aws_iam_role_policy" "sweeper_writes" {
  name   = "write"
  role   = aws_iam_role.sweeper.id
  policy = data.aws_iam_policy_document.writer.json
}

resource "aws_iam_role_policy" "sweeper_deletes" {
  name   = "delete"
  role   = aws_iam_role.sweeper.id
  policy = data.aws_iam_policy_document.sweeper.json
}
