# Whoever's consent ended yesterday is erased today, soon after midnight UTC. The function index does
# it: it has the time, is tried three times, and what fails is set aside and sets off an alarm.
resource "aws_cloudwatch_event_rule" "expiry" {
  name                = "${var.name}-expiry"
  description         = "Erase people whose consent has run out, every day."
  schedule_expression = "cron(15 0 * * ? *)"
}

resource "aws_cloudwatch_event_target" "expiry" {
  rule      = aws_cloudwatch_event_rule.expiry.name
  target_id = "index"
  arn       = aws_lambda_function.index.arn
  input     = jsonencode({ task = "purge-expired" })

  depends_on = [aws_lambda_permission.expiry]
}

resource "aws_lambda_permission" "expiry" {
  statement_id  = "expiry"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.index.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.expiry.arn
}
