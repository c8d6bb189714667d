resource "aws_s3_bucket" "pictures" {
  bucket        = local.bucket
  force_destroy = var.delete_pictures_on_destroy
}

variable "delete_pictures_on_destroy" {
  description = "Let `make destroy` delete pictures. Without it a bucket with pictures stays."
  type        = bool
  default     = true
}

variable "upload_days" {
  description = "How long a picture that was sent and never indexed is kept."
  type        = number
  default     = 7
}

resource "aws_s3_bucket_public_access_block" "pictures" {
  bucket                  = aws_s3_bucket.pictures.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  policy = data.aws_iam_policy_document.tls_only.json

  # Both change the bucket's policy, and S3 takes one such change at a time.
  depends_on = [aws_s3_bucket_public_access_block.pictures]
}

data "aws_iam_policy_document" "tls_only" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.pictures.arn, "${aws_s3_bucket.pictures.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  rule {
    id     = "half-sent"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  dynamic "rule" {
    for_each = ["uploads/", "inbox/"]

    content {
      id     = "never-indexed-${trimsuffix(rule.value, "/")}"
      status = "Enabled"

      filter {
        prefix = rule.value
      }

      expiration {
        days = var.upload_days
      }
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = var.cors_origins
    allowed_headers = ["*"]
    max_age_seconds = 600
  }
}
