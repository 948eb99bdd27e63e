//! The method request: API key, required parameters, body model.

use super::content_type;
use super::gateway_response::ResponseType;
use super::json_schema;
use super::mapping_template::Params;
use super::{HttpRequest, Method, RestApi};
use crate::json::Value;

/// A refusal with the message the caller sees and the details that only a gateway response may show.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) kind: ResponseType,
    pub(super) message: String,
    pub(super) details: String,
}

impl Refusal {
    pub(super) fn new(kind: ResponseType, message: &str, details: impl Into<String>) -> Self {
        Self { kind, message: message.to_owned(), details: details.into() }
    }
}

/// What was checked, in a sentence.
pub(super) fn check(
    api: &RestApi,
    method: &Method,
    request: &HttpRequest,
    params: &Params,
) -> Result<String, Refusal> {
    let mut checked = Vec::new();
    if !method.authorization.is_empty() && method.authorization != "NONE" {
        checked.push(format!(
            "authorization {} is not emulated and counts as given",
            method.authorization
        ));
    }
    if method.api_key_required {
        // There is no key to compare with, so any will do; none will not.
        if request.header("x-api-key").is_none_or(str::is_empty) {
            return Err(Refusal::new(
                ResponseType::InvalidApiKey,
                "Forbidden",
                "the method needs an x-api-key header",
            ));
        }
        checked.push("an API key is there".to_owned());
    }
    if method.validate_parameters {
        let missing = missing_parameters(method, request, params);
        if !missing.is_empty() {
            let message = format!("Missing required request parameters: [{}]", missing.join(", "));
            return Err(Refusal::new(
                ResponseType::BadRequestParameters,
                &message,
                message.clone(),
            ));
        }
        checked.push("the required parameters are there".to_owned());
    }
    if method.validate_body {
        let media_type = content_type::media_type(request.header("content-type"));
        match content_type::find(&method.request_models, &media_type) {
            Some(model) => {
                check_body(api, model, &request.body)?;
                checked.push(format!("the body fits model {model}"));
            }
            None => checked.push(format!("there is no model for {media_type}, so the body passes")),
        }
    }
    Ok(if checked.is_empty() { "nothing to check".to_owned() } else { checked.join("; ") })
}

/// Recorded: in the order of the parameters' full names, headers first.
fn missing_parameters(method: &Method, request: &HttpRequest, params: &Params) -> Vec<String> {
    let mut required: Vec<&String> = method
        .request_parameters
        .iter()
        .filter(|(_, required)| **required)
        .map(|(name, _)| name)
        .collect();
    required.sort();
    let is_missing = |place: &str, name: &str| match place {
        "path" => params.path.get(name).is_none_or(String::is_empty),
        "querystring" => params.querystring.get(name).is_none_or(String::is_empty),
        "header" => request.header(name).is_none_or(str::is_empty),
        _ => false,
    };
    let parts =
        required.into_iter().filter_map(|it| it.strip_prefix("method.request.")?.split_once('.'));
    parts.filter(|(place, name)| is_missing(place, name)).map(|(_, name)| name.to_owned()).collect()
}

fn check_body(api: &RestApi, model: &str, body: &str) -> Result<(), Refusal> {
    let refuse = |details: String| {
        Refusal::new(ResponseType::BadRequestBody, "Invalid request body", details)
    };
    let schema = match model {
        // The two models that every API has.
        "Empty" if !api.models.contains_key(model) => return Ok(()),
        name => api.models.get(name),
    };
    let Some(schema) = schema else {
        return Err(Refusal::new(
            ResponseType::ApiConfigurationError,
            "Internal server error",
            format!("the model {model} does not exist"),
        ));
    };
    if body.trim().is_empty() {
        return Err(refuse("[the body is empty]".to_owned()));
    }
    let value =
        Value::parse(body).map_err(|error| refuse(format!("[the body is not JSON: {error}]")))?;
    let problems = json_schema::problems(schema, &api.models, &value);
    if problems.is_empty() { Ok(()) } else { Err(refuse(format!("[{}]", problems.join(", ")))) }
}
