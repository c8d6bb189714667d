variable "alarm_topic_arn" {
  description = "An SNS topic to tell when an alarm goes off; without one they are seen, not sent."
  type        = string
  default     = null
}

variable "latency_alarm_ms" {
  description = "Alarm when one request in a hundred takes longer."
  type        = number
  default     = 10000
}

locals {
  alarm_actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]

  alarms = {
    errors = {
      about     = "More than one request in a hundred failed on our side for ten minutes."
      namespace = "AWS/ApiGateway"
      metric    = "5XXError"
      statistic = "Average"
      above     = 0.01
      periods   = 2
      of        = { ApiName = var.name }
    }
    throttles = {
      about     = "Lambda turned requests away: the account's concurrency is used up."
      namespace = "AWS/Lambda"
      metric    = "Throttles"
      statistic = "Sum"
      above     = 0
      periods   = 1
      of        = {}
    }
    dead-letters = {
      about     = "A picture that was sent could not be indexed, or people who have expired not erased."
      namespace = "AWS/SQS"
      metric    = "ApproximateNumberOfMessagesVisible"
      statistic = "Maximum"
      above     = 0
      periods   = 1
      of        = { QueueName = aws_sqs_queue.dead_letters.name }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "counted" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  evaluation_periods  = each.value.periods
  period              = 300
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "${var.name}-latency"
  alarm_description   = "One request in a hundred took longer than ${var.latency_alarm_ms} ms for ten minutes."
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiName = var.name }
  extended_statistic  = "p99"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.latency_alarm_ms
  evaluation_periods  = 2
  period              = 300
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
