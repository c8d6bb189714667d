# Which function serves which path. A prompt application or an endpoint changes nothing here; a new
# path of the OpenAI surface does, and a test compares this list with the routes of the code.
locals {
  text_routes = {
    "/v1/audio/{proxy+}"     = ["post"]
    "/v1/chat/{proxy+}"      = ["post"]
    "/v1/embeddings"         = ["post"]
    "/v1/examples"           = ["get"]
    "/v1/examples/{proxy+}"  = ["get", "post"]
    "/v1/images/generations" = ["post"]
    "/v1/models"             = ["get"]
    "/v1/models/{proxy+}"    = ["get"]
    "/v1/moderations"        = ["post"]
    "/v1/passthrough"        = ["post"]
    "/v1/responses"          = ["post"]
    "/v1/usage"              = ["get"]
  }

  # Asked without a key: by monitors, by tools that read the API, and by browsers before a call.
  open_routes = {
    "/openapi.json" = ["get"]
    "/v1/health"    = ["get"]
  }

  routes = merge(
    { for path, verbs in local.text_routes : path => { for verb in verbs : verb => local.keyed.text } },
    { for path, verbs in local.open_routes : path => { for verb in verbs : verb => local.open.vision } },
    {
      # Everything else. A verb that a path above does not have ends here as well, and so does the
      # browser's OPTIONS of every path.
      "/{proxy+}" = {
        x-amazon-apigateway-any-method = local.keyed.vision
        options                        = local.open.vision
      }
    },
  )

  aliases = { text = aws_lambda_alias.text, vision = aws_lambda_alias.vision }

  integrations = { for name, alias in local.aliases : name => {
    type                = "aws_proxy"
    httpMethod          = "POST"
    uri                 = alias.invoke_arn
    passthroughBehavior = "when_no_match"
    timeoutInMillis     = local.gateway_timeout_ms
  } }

  keyed = { for name, integration in local.integrations : name => {
    security                          = [{ api_key = [] }]
    responses                         = {}
    "x-amazon-apigateway-integration" = integration
  } }

  open = { for name, integration in local.integrations : name => {
    responses                         = {}
    "x-amazon-apigateway-integration" = integration
  } }
}
