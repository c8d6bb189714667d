# From the bucket to the function index, by way of a queue: a thousand pictures at once wait here, and
# not in a thousand functions that Rekognition turns away.
variable "index_concurrency" {
  description = "How many pictures that arrive in the bucket are indexed at a time."
  type        = number
  default     = 5

  validation {
    condition     = var.index_concurrency >= 2 && var.index_concurrency <= 1000
    error_message = "index_concurrency is 2 to 1000, as AWS has it."
  }
}

locals {
  arrivals = "arn:aws:sqs:${var.aws_region}:${var.account_id}:${var.name}-arrivals"
}

resource "aws_sqs_queue" "arrivals" {
  name                      = "${var.name}-arrivals"
  policy                    = data.aws_iam_policy_document.arrivals.json
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true

  # A picture that could not be indexed comes again after this. Source: Lambda asks for six times the
  # function's time limit.
  visibility_timeout_seconds = 6 * local.index_timeout_s

  # Twenty tries are four hours.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 20
  })
}

data "aws_iam_policy_document" "arrivals" {
  statement {
    sid       = "Bucket"
    actions   = ["sqs:SendMessage"]
    resources = [local.arrivals]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.pictures.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }

  statement {
    sid       = "Clock"
    actions   = ["sqs:SendMessage"]
    resources = [local.arrivals]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.expiry.arn]
    }
  }
}

resource "aws_s3_bucket_notification" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  dynamic "queue" {
    for_each = ["uploads/", "inbox/"]

    content {
      id            = trimsuffix(queue.value, "/")
      queue_arn     = aws_sqs_queue.arrivals.arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = queue.value
    }
  }
}

# One picture a call, so that one which takes long keeps no other from being counted as done.
resource "aws_lambda_event_source_mapping" "arrivals" {
  event_source_arn        = aws_sqs_queue.arrivals.arn
  function_name           = aws_lambda_function.index.arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.index_concurrency
  }
}
