locals {
  # The headers are stated once, for the command line of AWS as well as for this.
  headers  = jsondecode(file("${path.module}/../cdn/cloudfront.json"))
  security = local.headers.SecurityHeadersConfig
}

resource "aws_cloudfront_response_headers_policy" "site" {
  name = "${var.bucket}-headers"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.security.ContentSecurityPolicy.ContentSecurityPolicy
      override                = local.security.ContentSecurityPolicy.Override
    }
    strict_transport_security {
      access_control_max_age_sec = local.security.StrictTransportSecurity.AccessControlMaxAgeSec
      include_subdomains         = local.security.StrictTransportSecurity.IncludeSubdomains
      override                   = local.security.StrictTransportSecurity.Override
    }
    content_type_options {
      override = local.security.ContentTypeOptions.Override
    }
    referrer_policy {
      referrer_policy = local.security.ReferrerPolicy.ReferrerPolicy
      override        = local.security.ReferrerPolicy.Override
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = local.headers.CustomHeadersConfig.Items
      content {
        header   = items.value.Header
        value    = items.value.Value
        override = items.value.Override
      }
    }
  }
}

# Every object says itself how long it may be kept; these are only the bounds, and what counts for one that is silent.
resource "aws_cloudfront_cache_policy" "site" {
  name        = "${var.bucket}-cache-control"
  min_ttl     = 0
  default_ttl = 60
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_function" "request" {
  name    = "${replace(var.bucket, ".", "-")}-request"
  runtime = "cloudfront-js-2.0"
  comment = "index.html of a folder"
  code    = file("${path.module}/request.js")
  publish = true
}

resource "aws_cloudfront_origin_access_control" "site" {
  name                              = var.bucket
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "site" {
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  comment             = "finews: ${var.bucket}"
  aliases             = var.hostnames
  default_root_object = "index.html"
  price_class         = var.price_class

  origin {
    origin_id                = "site"
    domain_name              = aws_s3_bucket.site.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.site.id
  }

  default_cache_behavior {
    target_origin_id           = "site"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.site.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.request.arn
    }
  }

  # Who may not list a bucket is told 403 of what is not there.
  dynamic "custom_error_response" {
    for_each = [403, 404]
    content {
      error_code            = custom_error_response.value
      response_code         = 404
      response_page_path    = "/404.html"
      error_caching_min_ttl = 10
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == ""
    acm_certificate_arn            = var.certificate_arn == "" ? null : var.certificate_arn
    ssl_support_method             = var.certificate_arn == "" ? null : "sni-only"
    minimum_protocol_version       = var.certificate_arn == "" ? null : "TLSv1.2_2021"
  }
}
