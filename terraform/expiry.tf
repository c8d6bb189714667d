# Whoever's consent ended yesterday is erased today, soon after midnight UTC. The function index does
# it, told by a message in the queue of arrivals: what fails comes again, and is set aside like a picture.
resource "aws_cloudwatch_event_rule" "expiry" {
  name                = "${var.name}-expiry"
  description         = "Erase people whose consent has run out, every day."
  schedule_expression = "cron(15 0 * * ? *)"
}

resource "aws_cloudwatch_event_target" "expiry" {
  rule      = aws_cloudwatch_event_rule.expiry.name
  target_id = "arrivals"
  arn       = aws_sqs_queue.arrivals.arn
  input     = jsonencode({ task = "purge-expired" })
}
