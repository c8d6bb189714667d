variable "monthly_budget_usd" {
  description = "Write to budget_email at 80 % of this and when it is forecast to be passed; 0 is off."
  type        = number
  default     = 0
}

variable "budget_email" {
  description = "Who is written to."
  type        = string
  default     = ""
}

resource "aws_budgets_budget" "month" {
  count        = var.monthly_budget_usd > 0 ? 1 : 0
  name         = "${var.name}-month"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      notification_type          = notification.key
      subscriber_email_addresses = [var.budget_email]
    }
  }

  lifecycle {
    precondition {
      condition     = var.budget_email != ""
      error_message = "monthly_budget_usd needs a budget_email."
    }
  }
}
