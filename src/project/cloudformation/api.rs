//! The REST APIs of a template: SAM's, with an `OpenAPI` body or made of events, and `CloudFormation`'s, piece by piece.

use indexmap::IndexMap;

use super::super::discover::Opening;
use super::super::openapi;
use super::super::rest_parts::{
    DEFAULT_TIMEOUT_MILLIS, FieldNames, RestParts, flags, integration_of, integration_response_of,
    is_true, method_response_of, plain_text, root_of, texts, whole_number,
};
use super::TemplateFile;
use super::intrinsic::named_resource;
use crate::apigateway::rest_api::GatewayResponse;
use crate::apigateway::{
    Integration, IntegrationAction, IntegrationResponse, Method, MethodResponse,
    PassthroughBehavior, RestApi,
};
use crate::json::Value;
use crate::json::document::{Document, Format, Node};

const INTEGRATION: FieldNames = FieldNames {
    kind: "Type",
    uri: "Uri",
    passthrough: "PassthroughBehavior",
    request_templates: "RequestTemplates",
    request_parameters: "RequestParameters",
    timeout: "TimeoutInMillis",
    status_code: "StatusCode",
    selection_pattern: "SelectionPattern",
    response_templates: "ResponseTemplates",
    response_parameters: "ResponseParameters",
};

/// What SAM calls the API that it makes for events that name none.
const IMPLICIT_API: &str = "ServerlessRestApi";

/// `AWS::Serverless::Api`.
pub(super) fn serverless_api(
    opening: &mut Opening,
    template: &TemplateFile<'_>,
    logical: &str,
    resource: &Node,
    apis: &mut RestParts,
) {
    let properties = resource.get("Properties");
    let body = properties
        .and_then(|it| it.get("DefinitionBody"))
        .map(|body| template.template.value(body));
    let location = properties.and_then(|it| it.get("DefinitionUri"));
    let body = body.or_else(|| definition_file(opening, template, logical, location?));
    let resolved = template.properties(resource);
    let described = described(
        body.as_ref(),
        &resolved,
        logical,
        resolved.get("StageName"),
        resolved.get("Variables"),
    );
    apis.add_api(logical, described);
    if let Some(models) = resolved.get("Models").and_then(Value::as_object) {
        let models = models.iter().map(|(name, schema)| (name.to_string(), schema.clone()));
        apis.api(logical).models.extend(models);
    }
    add_gateway_responses(apis.api(logical), resolved.get("GatewayResponses"));
}

fn add_gateway_responses(api: &mut RestApi, responses: Option<&Value>) {
    for (kind, response) in responses.and_then(Value::as_object).into_iter().flatten() {
        let headers = response.get("ResponseParameters").and_then(|it| it.get("Headers"));
        let headers = texts(headers)
            .into_iter()
            .map(|(name, value)| (format!("gatewayresponse.header.{name}"), value));
        let response = GatewayResponse {
            status: response
                .get("StatusCode")
                .and_then(whole_number)
                .and_then(|status| u16::try_from(status).ok()),
            templates: texts(response.get("ResponseTemplates")),
            parameters: headers.collect(),
        };
        api.gateway_responses.insert(kind.to_string(), response);
    }
}

fn described(
    body: Option<&Value>,
    properties: &Value,
    logical: &str,
    stage: Option<&Value>,
    variables: Option<&Value>,
) -> RestApi {
    let mut api = body.map(openapi::rest_api).unwrap_or_default();
    let name = properties.get("Name").map(plain_text).filter(|name| !name.is_empty());
    match name {
        Some(name) => api.name = name,
        None if api.name.is_empty() => logical.clone_into(&mut api.name),
        None => {}
    }
    api.stage = stage.map(plain_text).unwrap_or_default();
    api.stage_variables = texts(variables).into_iter().collect();
    api
}

fn definition_file(
    opening: &mut Opening,
    template: &TemplateFile<'_>,
    logical: &str,
    location: &Node,
) -> Option<Value> {
    let resolved = template.template.value(location);
    let read = match resolved.as_str().filter(|path| !path.starts_with("s3://")) {
        Some(path) => opening.reader.read(&template.folder, path).map_err(|err| err.to_string()),
        None => Err("it is in S3".to_owned()),
    };
    match read {
        Ok((path, text)) => {
            let document = Document::parse(&text, Format::of_path(&path, &text));
            document.root.as_ref().map(|root| template.template.value(root))
        }
        Err(message) => {
            opening.problem(
                &template.file,
                location.span,
                "api-definition",
                format!("The definition of the API '{logical}' can't be read: {message}"),
                "Put the OpenAPI file into the project, or correct the path.",
            );
            None
        }
    }
}

/// Events of type `Api` of a state machine: SAM makes a method that starts it.
pub(super) fn state_machine_events(
    template: &TemplateFile<'_>,
    logical: &str,
    resource: &Node,
    apis: &mut RestParts,
) {
    let arn = template.template.reference(logical).map(|arn| plain_text(&arn)).unwrap_or_default();
    for event in api_events(resource) {
        let unescape = event
            .get("UnescapeMappingTemplate")
            .is_some_and(|node| is_true(&template.template.value(node)));
        // API Gateway's escaping turns ' into \', which is no JSON; SAM's option takes it back.
        let unescaped = if unescape { r#".replaceAll("\\'","'")"# } else { "" };
        let request = format!(
            r#"{{"input": "$util.escapeJavaScript($input.json('$')){unescaped}", "stateMachineArn": "{arn}"}}"#
        );
        let response = |status: &str| IntegrationResponse {
            status_code: status.to_owned(),
            selection_pattern: status.to_owned(),
            ..IntegrationResponse::default()
        };
        let method = event_method(template, event, apis);
        method.integration = Some(Integration {
            action: IntegrationAction::StartExecution,
            passthrough_behavior: PassthroughBehavior::WhenNoMatch,
            request_templates: IndexMap::from([("application/json".to_owned(), request)]),
            request_parameters: IndexMap::new(),
            responses: vec![response("200"), response("400")],
            timeout_millis: DEFAULT_TIMEOUT_MILLIS,
            uri: format!(
                "arn:aws:apigateway:{}:states:action/StartExecution",
                super::super::definition::REGION
            ),
        });
        method.responses = ["200", "400"]
            .map(|status| (status.to_owned(), MethodResponse::default()))
            .into_iter()
            .collect();
    }
}

/// Events of type `Api` of a function: a proxy integration, which is listed and not emulated.
pub(super) fn function_events(
    template: &TemplateFile<'_>,
    logical: &str,
    resource: &Node,
    apis: &mut RestParts,
) {
    for event in api_events(resource) {
        let method = event_method(template, event, apis);
        method.integration = Some(Integration {
            action: IntegrationAction::Other(format!("AWS_PROXY {logical}")),
            passthrough_behavior: PassthroughBehavior::WhenNoMatch,
            request_templates: IndexMap::new(),
            request_parameters: IndexMap::new(),
            responses: Vec::new(),
            timeout_millis: DEFAULT_TIMEOUT_MILLIS,
            uri: logical.to_owned(),
        });
    }
}

/// The properties of the events of type `Api`.
fn api_events(resource: &Node) -> impl Iterator<Item = &Node> {
    let events =
        resource.get("Properties").and_then(|it| it.get("Events")).and_then(Node::as_object);
    events
        .unwrap_or_default()
        .iter()
        .filter(|event| event.value.get("Type").and_then(Node::as_str) == Some("Api"))
        .filter_map(|event| event.value.get("Properties"))
}

fn event_method<'p>(
    template: &TemplateFile<'_>,
    event: &Node,
    apis: &'p mut RestParts,
) -> &'p mut Method {
    let named = event
        .get("RestApiId")
        .and_then(|node| named_resource(node).map(|(name, _)| name).or_else(|| node.as_str()));
    let api = named.unwrap_or(IMPLICIT_API).to_owned();
    if named.is_none() && apis.api(IMPLICIT_API).stage.is_empty() {
        "Prod".clone_into(&mut apis.api(IMPLICIT_API).stage);
    }
    let text = |name: &str| {
        event.get(name).map(|node| plain_text(&template.template.value(node))).unwrap_or_default()
    };
    let (path, verb) = (text("Path"), text("Method"));
    let verb =
        if verb.eq_ignore_ascii_case("any") || verb.is_empty() { "ANY".to_owned() } else { verb };
    let resource = format!("{api} {path}");
    apis.add_resource(&resource, &api, &root_of(&api), path.trim_start_matches('/'));
    let resource = if path.trim_matches('/').is_empty() { root_of(&api) } else { resource };
    let method = apis.method(&api, &resource, &verb);
    "NONE".clone_into(&mut method.authorization);
    method
}

/// `AWS::ApiGateway::…`.
pub(super) fn resource(
    opening: &mut Opening,
    template: &TemplateFile<'_>,
    logical: &str,
    kind: &str,
    resource: &Node,
    apis: &mut RestParts,
) {
    let Some(raw) = resource.get("Properties") else { return };
    let resolved = template.properties(resource);
    let text = |name: &str| resolved.get(name).map(plain_text).unwrap_or_default();
    let api = raw.get("RestApiId").map(|node| owner(template, node)).unwrap_or_default();
    match kind {
        "AWS::ApiGateway::RestApi" => {
            let location = raw.get("BodyS3Location");
            let body = resolved
                .get("Body")
                .cloned()
                .or_else(|| definition_file(opening, template, logical, location?));
            let mut described = described(body.as_ref(), &resolved, logical, None, None);
            // A stage that stands before the API in the template has already said its name.
            let known = apis.api(logical);
            described.stage.clone_from(&known.stage);
            described.stage_variables.append(&mut known.stage_variables);
            described.models.append(&mut known.models);
            described.gateway_responses.append(&mut known.gateway_responses);
            apis.add_api(logical, described);
        }
        "AWS::ApiGateway::Resource" => {
            let parent = raw.get("ParentId").map(|node| owner(template, node)).unwrap_or_default();
            apis.add_resource(logical, &api, &parent, &text("PathPart"));
        }
        "AWS::ApiGateway::Method" => {
            let parent =
                raw.get("ResourceId").map(|node| owner(template, node)).unwrap_or_default();
            let validator =
                raw.get("RequestValidatorId").and_then(|node| Some(named_resource(node)?.0));
            let validator = validator.and_then(|name| template.template.resource(name));
            let validator = validator.map(|node| template.properties(node)).unwrap_or_default();
            let method = apis.method(&api, &parent, &text("HttpMethod"));
            *method = method_of(&resolved, &validator);
        }
        "AWS::ApiGateway::Model" => {
            let name = Some(text("Name"))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| logical.to_owned());
            let schema = resolved.get("Schema").cloned().unwrap_or_default();
            apis.api(&api).models.insert(name, schema);
        }
        "AWS::ApiGateway::GatewayResponse" => {
            let response = GatewayResponse {
                status: resolved
                    .get("StatusCode")
                    .and_then(whole_number)
                    .and_then(|status| u16::try_from(status).ok()),
                templates: texts(resolved.get("ResponseTemplates")),
                parameters: texts(resolved.get("ResponseParameters")),
            };
            apis.api(&api).gateway_responses.insert(text("ResponseType"), response);
        }
        "AWS::ApiGateway::Stage" | "AWS::ApiGateway::Deployment" => {
            let stage = text("StageName");
            let api = apis.api(&api);
            if api.stage.is_empty() {
                api.stage = stage;
                api.stage_variables.extend(texts(resolved.get("Variables")));
            }
        }
        _ => {}
    }
}

/// What a `RestApiId`, `ResourceId` or `ParentId` points to, as the pieces are called here.
fn owner(template: &TemplateFile<'_>, node: &Node) -> String {
    match named_resource(node) {
        Some((name, Some("RootResourceId"))) => root_of(name),
        Some((name, _)) => name.to_owned(),
        None => plain_text(&template.template.value(node)),
    }
}

fn method_of(properties: &Value, validator: &Value) -> Method {
    let text = |name: &str| properties.get(name).map(plain_text).unwrap_or_default();
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let integration = properties.get("Integration").map(|fields| {
        let mut integration = integration_of(fields, &INTEGRATION);
        let responses = list(fields.get("IntegrationResponses"));
        integration.responses =
            responses.iter().map(|it| integration_response_of(it, &INTEGRATION)).collect();
        integration
    });
    let responses = list(properties.get("MethodResponses"));
    let responses = responses.iter().map(|response| {
        let status = response.get("StatusCode").map(plain_text).unwrap_or_default();
        (
            status,
            method_response_of(response.get("ResponseParameters"), response.get("ResponseModels")),
        )
    });
    Method {
        request_parameters: flags(properties.get("RequestParameters")),
        request_models: texts(properties.get("RequestModels")),
        validate_body: validator.get("ValidateRequestBody").is_some_and(is_true),
        validate_parameters: validator.get("ValidateRequestParameters").is_some_and(is_true),
        api_key_required: properties.get("ApiKeyRequired").is_some_and(is_true),
        authorization: text("AuthorizationType"),
        responses: responses.collect(),
        integration,
    }
}
