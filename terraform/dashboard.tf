resource "aws_cloudwatch_dashboard" "faceplate" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for place, widget in local.widgets : {
      type   = "metric"
      x      = 12 * (place % 2)
      y      = 6 * floor(place / 2)
      width  = 12
      height = 6
      properties = {
        title   = widget.title
        region  = var.aws_region
        view    = "timeSeries"
        stat    = widget.stat
        period  = 300
        metrics = widget.metrics
      }
    }]
  })
}

locals {
  widgets = [
    {
      title = "Requests"
      stat  = "Sum"
      metrics = [
        ["AWS/ApiGateway", "Count", "ApiName", var.name],
        ["AWS/ApiGateway", "4XXError", "ApiName", var.name],
        ["AWS/ApiGateway", "5XXError", "ApiName", var.name],
      ]
    },
    {
      title = "Time to answer, p99"
      stat  = "p99"
      metrics = [
        ["AWS/ApiGateway", "Latency", "ApiName", var.name],
        ["AWS/ApiGateway", "IntegrationLatency", "ApiName", var.name],
      ]
    },
    {
      title   = "Functions at work"
      stat    = "Maximum"
      metrics = [for one in values(local.functions) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", one]]
    },
    {
      title   = "Functions that failed"
      stat    = "Sum"
      metrics = [for one in values(local.functions) : ["AWS/Lambda", "Errors", "FunctionName", one]]
    },
    {
      title = "Records: refused"
      stat  = "Sum"
      metrics = [
        ["AWS/DynamoDB", "ThrottledRequests", "TableName", local.table],
        ["AWS/DynamoDB", "SystemErrors", "TableName", local.table],
      ]
    },
    {
      title = "What waits for somebody to look"
      stat  = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name],
      ]
    },
  ]
}
