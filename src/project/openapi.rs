//! `OpenAPI` 3 and Swagger 2 with API Gateway's extensions, as a REST API.

use std::sync::Arc;

use indexmap::IndexMap;

use super::rest_parts::{
    FieldNames, integration_of, integration_response_of, is_true, plain_text, texts, whole_number,
};
use crate::apigateway::rest_api::GatewayResponse;
use crate::apigateway::{Integration, Method, MethodResponse, Resource, RestApi};
use crate::json::Value;

const INTEGRATION: FieldNames = FieldNames {
    kind: "type",
    uri: "uri",
    passthrough: "passthroughBehavior",
    request_templates: "requestTemplates",
    request_parameters: "requestParameters",
    timeout: "timeoutInMillis",
    status_code: "statusCode",
    selection_pattern: "selectionPattern",
    response_templates: "responseTemplates",
    response_parameters: "responseParameters",
};

const METHODS: &[(&str, &str)] = &[
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("delete", "DELETE"),
    ("patch", "PATCH"),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

/// Reads a definition whose references are all inside it; what API Gateway does not know is left out.
pub fn rest_api(definition: &Value) -> RestApi {
    let mut reader = ApiReader { definition, models: models_of(definition) };
    let title = definition
        .get("info")
        .and_then(|info| info.get("title"))
        .map(plain_text)
        .unwrap_or_default();
    let resources =
        members(definition.get("paths")).map(|(path, item)| reader.resource(path, item)).collect();
    RestApi {
        name: title,
        resources,
        gateway_responses: members(definition.get("x-amazon-apigateway-gateway-responses"))
            .map(|(kind, response)| (kind.to_owned(), gateway_response(response)))
            .collect(),
        models: reader.models.into_iter().collect(),
        ..RestApi::default()
    }
}

fn gateway_response(response: &Value) -> GatewayResponse {
    GatewayResponse {
        status: response
            .get("statusCode")
            .and_then(whole_number)
            .and_then(|status| u16::try_from(status).ok()),
        templates: texts(response.get("responseTemplates")),
        parameters: texts(response.get("responseParameters")),
    }
}

/// `components.schemas` or `definitions`.
fn models_of(definition: &Value) -> IndexMap<String, Value> {
    let schemas = definition.get("components").and_then(|it| it.get("schemas"));
    members(schemas.or_else(|| definition.get("definitions")))
        .map(|(name, schema)| (name.to_owned(), schema.clone()))
        .collect()
}

struct ApiReader<'a> {
    definition: &'a Value,
    /// The named ones, and those that stood inside an operation.
    models: IndexMap<String, Value>,
}

impl<'a> ApiReader<'a> {
    fn resource(&mut self, path: &str, item: &Value) -> Resource {
        let shared = list(item.get("parameters"));
        let methods = METHODS.iter().filter_map(|(name, verb)| {
            let operation = item.get(name)?;
            Some(((*verb).to_owned(), self.method(path, verb, &shared, operation)))
        });
        Resource { path: path.to_owned(), methods: methods.collect() }
    }

    fn method(&mut self, path: &str, verb: &str, shared: &[Value], operation: &Value) -> Method {
        let mut method = Method { authorization: "NONE".to_owned(), ..Method::default() };
        let own = list(operation.get("parameters"));
        for parameter in shared.iter().chain(&own).map(|it| self.followed(it)).collect::<Vec<_>>() {
            self.add_parameter(path, verb, operation, &parameter, &mut method);
        }
        if let Some(body) = operation.get("requestBody") {
            let body = self.followed(body);
            for (content_type, media) in members(body.get("content")) {
                if let Some(schema) = media.get("schema") {
                    let model = self.model(schema, &format!("{verb} {path}"));
                    method.request_models.insert(content_type.to_owned(), model);
                }
            }
        }
        self.set_validator(operation, &mut method);
        self.set_authorization(operation, &mut method);
        for (status, response) in members(operation.get("responses")) {
            let response = self.followed(response);
            let response = self.method_response(path, verb, status, operation, &response);
            method.responses.insert(status.to_owned(), response);
        }
        method.integration = operation.get("x-amazon-apigateway-integration").map(integration);
        method
    }

    fn add_parameter(
        &mut self,
        path: &str,
        verb: &str,
        operation: &Value,
        parameter: &Value,
        method: &mut Method,
    ) {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = match parameter.get("in").and_then(Value::as_str) {
            Some("path") => "path",
            Some("query") => "querystring",
            Some("header") => "header",
            Some("body") => {
                if let Some(schema) = parameter.get("schema") {
                    let model = self.model(schema, &format!("{verb} {path}"));
                    for content_type in self.content_types(operation, "consumes") {
                        method.request_models.insert(content_type, model.clone());
                    }
                }
                return;
            }
            Some(_) | None => return,
        };
        let required = parameter.get("required").is_some_and(is_true);
        method.request_parameters.insert(format!("method.request.{place}.{name}"), required);
    }

    fn method_response(
        &mut self,
        path: &str,
        verb: &str,
        status: &str,
        operation: &Value,
        response: &Value,
    ) -> MethodResponse {
        let headers = members(response.get("headers")).map(|(name, header)| {
            let required = header.get("required").is_some_and(is_true);
            (format!("method.response.header.{name}"), required)
        });
        let parameters = headers.collect();
        let mut models = IndexMap::new();
        let inline = format!("{verb} {path} {status}");
        for (content_type, media) in members(response.get("content")) {
            if let Some(schema) = media.get("schema") {
                models.insert(content_type.to_owned(), self.model(schema, &inline));
            }
        }
        if let Some(schema) = response.get("schema") {
            let model = self.model(schema, &inline);
            models.extend(
                self.content_types(operation, "produces").into_iter().map(|it| (it, model.clone())),
            );
        }
        MethodResponse { parameters, models }
    }

    /// The name of a schema's model; one that stands inside the operation gets a name of its own.
    fn model(&mut self, schema: &Value, inline_name: &str) -> String {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = reference.and_then(|it| it.rsplit('/').next()) {
            return name.to_owned();
        }
        self.models.insert(inline_name.to_owned(), schema.clone());
        inline_name.to_owned()
    }

    fn content_types(&self, operation: &Value, member: &str) -> Vec<String> {
        let own = operation.get(member).or_else(|| self.definition.get(member));
        let types: Vec<String> =
            list(own).iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
        if types.is_empty() { vec!["application/json".to_owned()] } else { types }
    }

    fn set_validator(&self, operation: &Value, method: &mut Method) {
        let name = operation
            .get("x-amazon-apigateway-request-validator")
            .or_else(|| self.definition.get("x-amazon-apigateway-request-validator"))
            .and_then(Value::as_str);
        let validators = self.definition.get("x-amazon-apigateway-request-validators");
        if let Some(validator) = name.and_then(|name| validators?.get(name)) {
            method.validate_body = validator.get("validateRequestBody").is_some_and(is_true);
            method.validate_parameters =
                validator.get("validateRequestParameters").is_some_and(is_true);
        }
    }

    fn set_authorization(&self, operation: &Value, method: &mut Method) {
        if let Some(kind) =
            operation.get("x-amazon-apigateway-auth").and_then(|auth| auth.get("type"))
        {
            method.authorization = plain_text(kind).to_ascii_uppercase();
        }
        let required = operation.get("security").or_else(|| self.definition.get("security"));
        let components = self.definition.get("components").and_then(|it| it.get("securitySchemes"));
        let schemes = components.or_else(|| self.definition.get("securityDefinitions"));
        for name in list(required)
            .iter()
            .flat_map(|it| members(Some(it)).map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
        {
            let scheme = schemes.and_then(|schemes| schemes.get(&name));
            let text = |field: &str| {
                scheme.and_then(|it| it.get(field)).map(plain_text).unwrap_or_default()
            };
            match text("x-amazon-apigateway-authtype").to_ascii_lowercase().as_str() {
                "" if text("type") == "apiKey"
                    && text("name").eq_ignore_ascii_case("x-api-key") =>
                {
                    method.api_key_required = true;
                }
                "awssigv4" => "AWS_IAM".clone_into(&mut method.authorization),
                "cognito_user_pools" => "COGNITO_USER_POOLS".clone_into(&mut method.authorization),
                "custom" | "oauth2" => "CUSTOM".clone_into(&mut method.authorization),
                _ => {}
            }
        }
    }

    /// What a `{"$ref": "#/…"}` stands for, one step; anything else is itself.
    fn followed(&self, value: &Value) -> Value {
        let Some(reference) =
            value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix("#/"))
        else {
            return value.clone();
        };
        let found = reference.split('/').try_fold(self.definition, |at: &'a Value, name| {
            at.get(&name.replace("~1", "/").replace("~0", "~"))
        });
        found.unwrap_or(value).clone()
    }
}

fn integration(fields: &Value) -> Integration {
    let mut integration = integration_of(fields, &INTEGRATION);
    integration.responses = members(fields.get("responses"))
        .map(|(pattern, response)| {
            let mut parsed = integration_response_of(response, &INTEGRATION);
            // Here the pattern is the name, and `default` means none.
            parsed.selection_pattern =
                if pattern == "default" { String::new() } else { pattern.to_owned() };
            parsed
        })
        .collect();
    integration
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value): (&Arc<str>, &Value)| (&**name, value))
}

fn list(value: Option<&Value>) -> Vec<Value> {
    value.and_then(Value::as_array).cloned().unwrap_or_default()
}
