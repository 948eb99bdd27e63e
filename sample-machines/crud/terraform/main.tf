# A REST API over one table without a line of Lambda: API Gateway starts a synchronous EXPRESS workflow for every request.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

# Region and credentials come from the environment.
provider "aws" {}

variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "stepwell-crud"
}

variable "stage" {
  description = "The first part of every path of the deployed API."
  type        = string
  default     = "v1"
}

data "aws_region" "current" {}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  # The key is the machine's name for the operation.
  operations = {
    create  = { resource = aws_api_gateway_resource.items.id, method = "POST", has_body = true }
    list    = { resource = aws_api_gateway_resource.items.id, method = "GET", has_body = false }
    get     = { resource = aws_api_gateway_resource.item.id, method = "GET", has_body = false }
    replace = { resource = aws_api_gateway_resource.item.id, method = "PUT", has_body = true }
    delete  = { resource = aws_api_gateway_resource.item.id, method = "DELETE", has_body = false }
  }
}

# -- the table

resource "aws_dynamodb_table" "items" {
  name         = "${var.name}-items"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# -- the state machine

resource "aws_sfn_state_machine" "crud" {
  name     = var.name
  type     = "EXPRESS"
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/asl/crud.asl.json", {
    table_name = aws_dynamodb_table.items.name
  })

  # Failures, without the items in them.
  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
    level                  = "ERROR"
    include_execution_data = false
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

# Log groups under /aws/vendedlogs/ need no resource policy of their own.
resource "aws_cloudwatch_log_group" "state_machine" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = 14
}

resource "aws_iam_role" "state_machine" {
  name_prefix = "${var.name}-machine-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  name = "table-and-logs"
  role = aws_iam_role.state_machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"]
        Resource = aws_dynamodb_table.items.arn
      },
      {
        # Log delivery cannot be limited to one log group.
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
    ]
  })
}

# -- the API

resource "aws_api_gateway_rest_api" "items" {
  name        = var.name
  description = "Items, kept by a state machine"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  parent_id   = aws_api_gateway_rest_api.items.root_resource_id
  path_part   = "items"
}

resource "aws_api_gateway_resource" "item" {
  rest_api_id = aws_api_gateway_rest_api.items.id
  parent_id   = aws_api_gateway_resource.items.id
  path_part   = "{id}"
}

resource "aws_api_gateway_model" "item" {
  rest_api_id  = aws_api_gateway_rest_api.items.id
  name         = "Item"
  content_type = "application/json"

  schema = jsonencode({
    "$schema"     = "http://json-schema.org/draft-04/schema#"
    title         = "Item"
    type          = "object"
    minProperties = 1
    properties = {
      make  = { type = "string", minLength = 1 }
      model = { type = "string", minLength = 1 }
      year  = { type = "integer", minimum = 1886 }
    }
  })
}

resource "aws_api_gateway_request_validator" "body" {
  rest_api_id           = aws_api_gateway_rest_api.items.id
  name                  = "body"
  validate_request_body = true
}

# Says what is wrong with a body, which API Gateway by itself does not.
resource "aws_api_gateway_gateway_response" "bad_body" {
  rest_api_id   = aws_api_gateway_rest_api.items.id
  response_type = "BAD_REQUEST_BODY"
  status_code   = "400"

  response_templates = {
    "application/json" = "{\"message\": $context.error.messageString, \"detail\": \"$context.error.validationErrorString\"}"
  }
}

resource "aws_api_gateway_method" "operation" {
  for_each = local.operations

  rest_api_id          = aws_api_gateway_rest_api.items.id
  resource_id          = each.value.resource
  http_method          = each.value.method
  authorization        = "NONE"
  request_validator_id = each.value.has_body ? aws_api_gateway_request_validator.body.id : null
  request_models       = each.value.has_body ? { "application/json" = aws_api_gateway_model.item.name } : {}
}

resource "aws_api_gateway_integration" "operation" {
  for_each = local.operations

  rest_api_id             = aws_api_gateway_rest_api.items.id
  resource_id             = each.value.resource
  http_method             = aws_api_gateway_method.operation[each.key].http_method
  type                    = "AWS"
  integration_http_method = "POST"
  uri                     = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.name}:states:action/StartSyncExecution"
  credentials             = aws_iam_role.api.arn
  passthrough_behavior    = "NEVER"

  request_templates = {
    "application/json" = templatefile("${path.module}/templates/${each.key}.vtl", {
      state_machine_arn = aws_sfn_state_machine.crud.arn
    })
  }
}

# The template chooses the status that the caller sees: 200, 201, 400, 404, 500 or 504.
resource "aws_api_gateway_method_response" "answered" {
  for_each = local.operations

  rest_api_id = aws_api_gateway_rest_api.items.id
  resource_id = each.value.resource
  http_method = aws_api_gateway_method.operation[each.key].http_method
  status_code = "200"
}

resource "aws_api_gateway_integration_response" "answered" {
  for_each = local.operations

  rest_api_id = aws_api_gateway_rest_api.items.id
  resource_id = each.value.resource
  http_method = aws_api_gateway_integration.operation[each.key].http_method
  status_code = aws_api_gateway_method_response.answered[each.key].status_code

  response_templates = {
    "application/json" = file("${path.module}/templates/response.vtl")
  }
}

# Step Functions did not take the call.
resource "aws_api_gateway_method_response" "refused" {
  for_each = local.operations

  rest_api_id = aws_api_gateway_rest_api.items.id
  resource_id = each.value.resource
  http_method = aws_api_gateway_method.operation[each.key].http_method
  status_code = "500"
}

resource "aws_api_gateway_integration_response" "refused" {
  for_each = local.operations

  rest_api_id       = aws_api_gateway_rest_api.items.id
  resource_id       = each.value.resource
  http_method       = aws_api_gateway_integration.operation[each.key].http_method
  status_code       = aws_api_gateway_method_response.refused[each.key].status_code
  selection_pattern = "[45]\\d{2}"

  response_templates = {
    "application/json" = file("${path.module}/templates/error.vtl")
  }
}

resource "aws_iam_role" "api" {
  name_prefix = "${var.name}-api-"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "api" {
  name = "start-the-machine"
  role = aws_iam_role.api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "states:StartSyncExecution"
      Resource = aws_sfn_state_machine.crud.arn
    }]
  })
}

# A deployment is a snapshot: whatever it contains must exist before it and must make a new one when it changes.
resource "aws_api_gateway_deployment" "items" {
  rest_api_id = aws_api_gateway_rest_api.items.id

  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_resource.items,
      aws_api_gateway_resource.item,
      aws_api_gateway_model.item,
      aws_api_gateway_request_validator.body,
      aws_api_gateway_gateway_response.bad_body,
      aws_api_gateway_method.operation,
      aws_api_gateway_integration.operation,
      aws_api_gateway_method_response.answered,
      aws_api_gateway_integration_response.answered,
      aws_api_gateway_method_response.refused,
      aws_api_gateway_integration_response.refused,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "items" {
  rest_api_id   = aws_api_gateway_rest_api.items.id
  deployment_id = aws_api_gateway_deployment.items.id
  stage_name    = var.stage
}

output "items_url" {
  description = "Where the items are."
  value       = "${aws_api_gateway_stage.items.invoke_url}/items"
}
