//! The integration response: which one the status selects, its template and its headers.

use regex::Regex;

use super::content_type;
use super::gateway_response::ResponseType;
use super::mapping_template::{Rendered, Template, TemplateScope};
use super::method_request::Refusal;
use super::parameters::Sources;
use super::{HttpResponse, Integration, IntegrationResponse};
use crate::json::Value;

/// What the integration's answer became.
#[derive(Debug)]
pub(super) struct Mapped {
    /// Of the integration response, before an override: this one needs a method response.
    pub(super) status_code: String,
    pub(super) template: Option<String>,
    pub(super) response: HttpResponse,
    /// `method.response.header.X` that were mapped.
    pub(super) header_names: Vec<String>,
    pub(super) summary: String,
}

/// The first whose pattern matches the whole status, else the default one.
fn select(responses: &[IntegrationResponse], status: u16) -> Option<&IntegrationResponse> {
    let is_default = |it: &&IntegrationResponse| {
        it.selection_pattern.is_empty() || it.selection_pattern == "default"
    };
    let status = status.to_string();
    let matches = |it: &&IntegrationResponse| {
        Regex::new(&format!("^(?:{})$", it.selection_pattern))
            .is_ok_and(|pattern| pattern.is_match(&status))
    };
    responses
        .iter()
        .filter(|it| !is_default(it))
        .find(matches)
        .or_else(|| responses.iter().find(is_default))
}

pub(super) fn map(
    integration: &Integration,
    status: u16,
    accept: Option<&str>,
    scope: &TemplateScope,
    sources: &Sources<'_>,
) -> Result<Mapped, Refusal> {
    let fail = |details: String| {
        Refusal::new(ResponseType::ApiConfigurationError, "Internal server error", details)
    };
    let Some(chosen) = select(&integration.responses, status) else {
        return Err(fail(format!(
            "no integration response matches status {status}, and there is no default one"
        )));
    };
    let template = content_type::for_accept(&chosen.templates, accept);
    let (content_type, Rendered { text: body, context }) = match template {
        Some((content_type, template)) => {
            let rendered = Template::parse(template).and_then(|it| it.render(scope));
            let failed =
                |error| fail(format!("the response template for {content_type} fails: {error}"));
            (content_type.as_str(), rendered.map_err(failed)?)
        }
        None => (
            "application/json",
            Rendered { text: scope.body.clone(), context: scope.context.clone() },
        ),
    };
    let code: u16 = chosen.status_code.parse().map_err(|_not_a_number| {
        fail(format!("the integration response's status `{}` is no status", chosen.status_code))
    })?;
    let mut response = HttpResponse { status: code, headers: Vec::new(), body };
    response.set_header("Content-Type", content_type);
    let mut header_names = Vec::new();
    for (target, expression) in &chosen.parameters {
        if let Some(name) = target.strip_prefix("method.response.header.") {
            header_names.push(name.to_owned());
            if let Some(value) = sources.value(expression) {
                response.set_header(name, &value);
            }
        }
    }
    override_response(&context, &mut response);
    let pattern =
        if chosen.selection_pattern.is_empty() { "the default" } else { &chosen.selection_pattern };
    let overridden = if response.status == code {
        String::new()
    } else {
        format!(", overridden to {}", response.status)
    };
    let summary = format!("status {status} selected {pattern}: {code}{overridden}");
    Ok(Mapped {
        status_code: chosen.status_code.clone(),
        template: template.map(|(_, it)| it.clone()),
        response,
        header_names,
        summary,
    })
}

/// `$context.responseOverride` of this template, or of the request template when this one set none.
fn override_response(context: &Value, response: &mut HttpResponse) {
    let Some(overrides) = context.get("responseOverride") else { return };
    let status = overrides.get("status").and_then(|it| match it {
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            it.as_i64()
        }
    });
    // Recorded: a status outside of 100 to 599 is no override.
    if let Some(status) =
        status.and_then(|it| u16::try_from(it).ok()).filter(|it| (100..=599).contains(it))
    {
        response.status = status;
    }
    for (name, value) in overrides.get("header").and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::String(text) => response.set_header(name, text),
            // Several values become several headers.
            Value::Array(values) => {
                response.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
                let text =
                    |it: &Value| it.as_str().map_or_else(|| it.to_string(), ToOwned::to_owned);
                response.headers.extend(values.iter().map(|it| (name.to_string(), text(it))));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                response.set_header(name, &value.to_string());
            }
        }
    }
}
