output "publish_url" {
  value       = "s3://${aws_s3_bucket.site.bucket}"
  description = "[publish] url of the site file."
}

output "distribution" {
  value       = aws_cloudfront_distribution.site.id
  description = "[announce] cloudfront of the site file."
}

output "readers" {
  value       = aws_cloudfront_distribution.site.domain_name
  description = "Where the names of the site have to point to (CNAME or alias)."
}

output "roles" {
  value       = { writer = aws_iam_role.writer.arn, sweeper = aws_iam_role.sweeper.arn }
  description = "role_arn of the profile that workers use."
}
