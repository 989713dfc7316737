variable "bucket" {
  type        = string
  description = "Name of the bucket that is made: [publish] url = \"s3://NAME\"."
}

variable "hostnames" {
  type        = list(string)
  default     = []
  description = "Names under which readers reach the site; empty for the one that CloudFront gives."
}

variable "certificate_arn" {
  type        = string
  default     = ""
  description = "Certificate for them, in us-east-1."

  validation {
    condition     = var.certificate_arn == "" || startswith(var.certificate_arn, "arn:")
    error_message = "Expected the ARN of a certificate in ACM."
  }
}

variable "runners" {
  type        = list(string)
  description = "ARNs of the roles or users as which workers run; they may take on the two roles."

  validation {
    condition     = length(var.runners) > 0
    error_message = "Expected at least one ARN: without one nobody could publish."
  }
}

variable "noncurrent_days" {
  type        = number
  default     = 30
  description = "How long a replaced or deleted object can be brought back."
}

variable "price_class" {
  type        = string
  default     = "PriceClass_200"
  description = "Which edges of CloudFront serve. 200 has those in Asia."
}
