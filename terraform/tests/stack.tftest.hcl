# Plans with a provider that is made up: nothing is asked of AWS, and no account is needed.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/made-up"
    }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn           = "arn:aws:lambda:eu-west-1:123456789012:function:made-up"
      qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:made-up:1"
      version       = "1"
    }
  }

  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:123456789012:function:made-up:live"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/made-up/invocations"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:eu-west-1:123456789012:log-group:made-up"
    }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:made-up"
    }
  }

  mock_resource "aws_s3_bucket" {
    defaults = {
      arn = "arn:aws:s3:::made-up"
    }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-1:123456789012:certificate/made-up"
      domain_validation_options = [{
        domain_name           = "faceplate.example.com"
        resource_record_name  = "_a.faceplate.example.com"
        resource_record_type  = "CNAME"
        resource_record_value = "_b.acm.example.com"
      }]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = {
      certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/made-up"
    }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = {
      arn = "arn:aws:events:eu-west-1:123456789012:rule/made-up"
    }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = {
      execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:madeup"
    }
  }
}

variables {
  account_id       = "123456789012"
  aws_region       = "eu-west-1"
  aws_profile      = null
  package_manifest = "tests/lambda.json"
  provider_key     = "made up"
}

run "three_values_are_enough" {
  assert {
    condition     = aws_lambda_function.text.timeout == 28 && local.gateway_timeout_ms == 29000
    error_message = "The gateway must wait longer than the function runs."
  }

  assert {
    condition     = tonumber(local.chat.FACEPLATE_CHAT__DEADLINE_S) < aws_lambda_function.text.timeout
    error_message = "The provider must be given up before the function is."
  }

  assert {
    condition     = length(aws_lambda_function.text.snap_start) == 1
    error_message = "SnapStart is on where the runtime has it."
  }

  assert {
    condition     = aws_dynamodb_table.records.point_in_time_recovery[0].enabled && aws_dynamodb_table.records.billing_mode == "PAY_PER_REQUEST"
    error_message = "Records can be brought back, and cost by use."
  }

  assert {
    condition     = length(aws_budgets_budget.month) == 0 && length(aws_api_gateway_domain_name.api) == 0
    error_message = "A budget and a domain are there when asked for."
  }
}

run "every_route_but_the_open_ones_needs_a_key" {
  assert {
    condition = alltrue([
      for path, verbs in jsondecode(local.api_document).paths : alltrue([
        for verb, operation in verbs :
        can(operation.security[0].api_key) || verb == "options" || contains(keys(local.open_routes), path)
      ])
    ])
    error_message = "A route can be called without a key."
  }
}

run "answers_of_the_gateway_itself_carry_cors" {
  assert {
    condition = alltrue([
      for kind, response in jsondecode(local.api_document)["x-amazon-apigateway-gateway-responses"] :
      response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    ])
    error_message = "A browser would not see what the gateway answers."
  }
}

run "people_who_have_expired_are_erased_every_day" {
  assert {
    condition     = aws_cloudwatch_event_rule.expiry.schedule_expression == "cron(15 0 * * ? *)" && aws_cloudwatch_event_target.expiry.arn == aws_sqs_queue.arrivals.arn
    error_message = "Nobody would erase those whose consent has run out."
  }
}

run "pictures_that_arrive_wait_for_their_turn" {
  assert {
    condition     = aws_lambda_event_source_mapping.arrivals.scaling_config[0].maximum_concurrency == 5 && aws_lambda_event_source_mapping.arrivals.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "All pictures at once would be too many for Rekognition."
  }

  assert {
    condition     = aws_sqs_queue.arrivals.visibility_timeout_seconds >= 6 * aws_lambda_function.index.timeout
    error_message = "A picture would come again while it is being indexed."
  }

  assert {
    condition     = alltrue([for one in aws_s3_bucket_notification.pictures.queue : one.queue_arn == aws_sqs_queue.arrivals.arn])
    error_message = "The bucket tells the queue."
  }
}

run "one_clock_for_a_longer_wait" {
  variables {
    request_timeout_s = 60
  }

  assert {
    condition     = aws_lambda_function.vision.timeout == 59 && local.gateway_timeout_ms == 60000
    error_message = "All time limits follow request_timeout_s."
  }
}

run "a_new_key_of_the_provider_starts_the_functions_anew" {
  variables {
    provider_key_version = 2
  }

  assert {
    condition     = aws_lambda_function.text.environment[0].variables.PROVIDER_KEY_VERSION == "2"
    error_message = "Functions would go on with the old key."
  }
}

run "snapshots_can_be_done_without" {
  variables {
    snap_start = false
  }

  assert {
    condition     = length(aws_lambda_function.text.snap_start) + length(aws_lambda_function.vision.snap_start) == 0
    error_message = "Nothing is kept for functions that nobody calls."
  }
}

run "a_domain_of_ones_own" {
  variables {
    create_custom_domain = true
    root_domain          = "example.com"
    base_path            = "faces"
  }

  assert {
    condition     = output.url == "https://faceplate.example.com/faces"
    error_message = "The URL is the domain's."
  }
}

run "a_budget" {
  variables {
    monthly_budget_usd = 50
    budget_email       = "somebody@example.com"
  }

  assert {
    condition     = aws_budgets_budget.month[0].limit_amount == "50"
    error_message = "The budget is what was asked for."
  }
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan

  variables {
    monthly_budget_usd = 50
  }

  expect_failures = [aws_budgets_budget.month]
}

run "an_account_that_is_none_is_refused" {
  command = plan

  variables {
    account_id = "12"
  }

  expect_failures = [var.account_id]
}

run "without_a_package_the_plan_says_how_to_make_one" {
  command = plan

  variables {
    package_manifest = "tests/missing.json"
  }

  expect_failures = [
    aws_lambda_function.text,
    aws_lambda_function.vision,
    aws_lambda_function.index,
  ]
}
