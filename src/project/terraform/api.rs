//! `aws_api_gateway_*`: the pieces of REST APIs.

use super::super::aws_names::derived_id;
use super::super::openapi;
use super::super::rest_parts::{
    FieldNames, RestParts, flags, integration_of, integration_response_of, is_true,
    method_response_of, plain_text, root_of, texts, whole_number,
};
use super::Repetition;
use super::evaluate::{Evaluator, Scope};
use super::module::WrittenBlock;
use crate::apigateway::rest_api::GatewayResponse;
use crate::apigateway::{Integration, IntegrationAction, Method, PassthroughBehavior, RestApi};
use crate::json::Value;
use crate::json::document::{Document, Format};

const INTEGRATION: FieldNames = FieldNames {
    kind: "type",
    uri: "uri",
    passthrough: "passthrough_behavior",
    request_templates: "request_templates",
    request_parameters: "request_parameters",
    timeout: "timeout_milliseconds",
    status_code: "status_code",
    selection_pattern: "selection_pattern",
    response_templates: "response_templates",
    response_parameters: "response_parameters",
};

/// Adds one resource, as often as it repeats.
pub(super) fn resource(
    evaluator: &mut Evaluator<'_>,
    module: usize,
    address: &str,
    block: &WrittenBlock,
    apis: &mut RestParts,
) {
    for repetition in
        evaluator.repetitions(module, block).unwrap_or_else(|| vec![Repetition::default()])
    {
        let scope = Scope::new(module, block.file, &repetition);
        let values = evaluator.attributes(block.file, &block.block.body, &scope);
        let id = evaluator.derived_id(module, address, &repetition);
        if block.label(0) == "aws_api_gateway_method" {
            let validator = values.get("request_validator_id").map(plain_text).unwrap_or_default();
            let validator = validator_with_id(evaluator, module, &validator);
            let method = piece_method(&values, apis);
            set_method(method, &values, &validator);
        } else {
            add(block.label(0), &id, block.label(1), &values, apis);
        }
    }
}

fn add(kind: &str, id: &str, label: &str, values: &Value, apis: &mut RestParts) {
    let text = |name: &str| values.get(name).map(plain_text).unwrap_or_default();
    let api = text("rest_api_id");
    match kind {
        "aws_api_gateway_rest_api" => {
            let body = values.get("body").and_then(Value::as_str).map(|body| {
                let document = Document::parse(body, Format::sniff(body));
                document.root.map(|root| openapi::rest_api(&root.to_value())).unwrap_or_default()
            });
            let mut described = body.unwrap_or_default();
            described.name = [text("name"), described.name, label.to_owned()]
                .into_iter()
                .find(|name| !name.is_empty())
                .unwrap_or_default();
            keep_earlier(&mut described, apis.api(id));
            apis.add_api(id, described);
        }
        "aws_api_gateway_resource" => {
            let parent = resource_key(&api, &text("parent_id"));
            apis.add_resource(id, &api, &parent, &text("path_part"));
        }
        "aws_api_gateway_integration" => {
            let method = piece_method(values, apis);
            let responses = method.integration.take().map(|it| it.responses).unwrap_or_default();
            method.integration =
                Some(Integration { responses, ..integration_of(values, &INTEGRATION) });
        }
        "aws_api_gateway_integration_response" => {
            let method = piece_method(values, apis);
            let integration = method.integration.get_or_insert_with(nothing_yet);
            integration.responses.push(integration_response_of(values, &INTEGRATION));
        }
        "aws_api_gateway_method_response" => {
            let response = method_response_of(
                values.get("response_parameters"),
                values.get("response_models"),
            );
            piece_method(values, apis).responses.insert(text("status_code"), response);
        }
        "aws_api_gateway_model" => {
            let schema = Value::parse(&text("schema")).unwrap_or_default();
            let name = Some(text("name"))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| label.to_owned());
            apis.api(&api).models.insert(name, schema);
        }
        "aws_api_gateway_gateway_response" => {
            let response = GatewayResponse {
                status: values
                    .get("status_code")
                    .and_then(whole_number)
                    .and_then(|it| u16::try_from(it).ok()),
                templates: texts(values.get("response_templates")),
                parameters: texts(values.get("response_parameters")),
            };
            apis.api(&api).gateway_responses.insert(text("response_type"), response);
        }
        "aws_api_gateway_stage" | "aws_api_gateway_deployment" => {
            let api = apis.api(&api);
            if api.stage.is_empty() {
                api.stage = text("stage_name");
                api.stage_variables.extend(texts(values.get("variables")));
            }
        }
        _ => {}
    }
}

/// Pieces may stand before the API itself.
fn keep_earlier(described: &mut RestApi, earlier: &mut RestApi) {
    described.stage.clone_from(&earlier.stage);
    described.stage_variables.append(&mut earlier.stage_variables);
    described.models.append(&mut earlier.models);
    described.gateway_responses.append(&mut earlier.gateway_responses);
}

/// The method that an integration or a response belongs to.
fn piece_method<'p>(values: &Value, apis: &'p mut RestParts) -> &'p mut Method {
    let text = |name: &str| values.get(name).map(plain_text).unwrap_or_default();
    let api = text("rest_api_id");
    apis.method(&api, &resource_key(&api, &text("resource_id")), &text("http_method"))
}

/// What the pieces call a resource: the root has no block of its own.
fn resource_key(api: &str, id: &str) -> String {
    let root = root_of(api);
    if id == derived_id(&root) { root } else { id.to_owned() }
}

fn nothing_yet() -> Integration {
    Integration {
        action: IntegrationAction::Other(String::new()),
        passthrough_behavior: PassthroughBehavior::default(),
        request_templates: indexmap::IndexMap::new(),
        request_parameters: indexmap::IndexMap::new(),
        responses: Vec::new(),
        timeout_millis: super::super::rest_parts::DEFAULT_TIMEOUT_MILLIS,
        uri: String::new(),
    }
}

fn set_method(method: &mut Method, values: &Value, validator: &Value) {
    method.request_parameters = flags(values.get("request_parameters"));
    method.request_models = texts(values.get("request_models"));
    method.validate_body = validator.get("validate_request_body").is_some_and(is_true);
    method.validate_parameters = validator.get("validate_request_parameters").is_some_and(is_true);
    method.api_key_required = values.get("api_key_required").is_some_and(is_true);
    method.authorization = values.get("authorization").map(plain_text).unwrap_or_default();
}

fn validator_with_id(evaluator: &mut Evaluator<'_>, module: usize, id: &str) -> Value {
    for (address, block) in evaluator.resources_of(module) {
        let repetition = Repetition::default();
        if block.label(0) == "aws_api_gateway_request_validator"
            && evaluator.derived_id(module, &address, &repetition) == id
        {
            let scope = Scope::new(module, block.file, &repetition);
            return evaluator.attributes(block.file, &block.block.body, &scope);
        }
    }
    Value::Null
}
