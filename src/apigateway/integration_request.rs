//! The integration request: which template, what it makes of the request, and the parameters that go along.

use super::content_type;
use super::gateway_response::ResponseType;
use super::mapping_template::{Rendered, Template, TemplateScope};
use super::method_request::Refusal;
use super::parameters::Sources;
use super::{HttpRequest, Integration, PassthroughBehavior};
use crate::json::Value;

/// What goes to the integration.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) template: Option<String>,
    pub(super) body: String,
    /// `$context` after the template, with the overrides it set.
    pub(super) context: Value,
    /// `integration.request.header.X` and their values, overrides laid over the mappings.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) summary: String,
}

/// The template for a request, or `None` to pass its body as it is.
fn choose_template<'a>(
    integration: &'a Integration,
    media_type: &str,
) -> Result<Option<&'a String>, Refusal> {
    let templates = &integration.request_templates;
    if let Some(template) = content_type::find(templates, media_type) {
        return Ok(Some(template));
    }
    let passes = match integration.passthrough_behavior {
        PassthroughBehavior::WhenNoMatch => true,
        PassthroughBehavior::WhenNoTemplates => templates.is_empty(),
        PassthroughBehavior::Never => false,
    };
    if passes {
        return Ok(None);
    }
    let known: Vec<_> = templates.keys().map(String::as_str).collect();
    let known = if known.is_empty() {
        "there is no template at all".to_owned()
    } else {
        format!("there is one for {}", known.join(", "))
    };
    let details = format!(
        "no template for {media_type} ({known}), and the passthrough behavior does not let it pass"
    );
    Err(Refusal::new(ResponseType::UnsupportedMediaType, "Unsupported Media Type", details))
}

pub(super) fn prepare(
    integration: &Integration,
    request: &HttpRequest,
    scope: &TemplateScope,
    sources: &Sources<'_>,
) -> Result<Outgoing, Refusal> {
    let media_type = content_type::media_type(request.header("content-type"));
    let template = choose_template(integration, &media_type)?;
    let Rendered { text: body, context } = match template {
        Some(template) => {
            Template::parse(template).and_then(|it| it.render(scope)).map_err(|error| {
                let details = format!("the request template for {media_type} fails: {error}");
                Refusal::new(ResponseType::ApiConfigurationError, "Internal server error", details)
            })?
        }
        None => Rendered { text: request.body.clone(), context: scope.context.clone() },
    };
    let mapped = integration.request_parameters.iter();
    let mut parameters: Vec<_> =
        mapped.filter_map(|(name, it)| Some((name.clone(), sources.value(it)?))).collect();
    override_parameters(&context, &mut parameters);
    let summary = match template {
        Some(_) => format!("the template for {media_type} made the body"),
        None => format!("no template for {media_type}, so the body passes as it is"),
    };
    Ok(Outgoing { template: template.cloned(), body, context, parameters, summary })
}

/// `$context.requestOverride` wins over the mapping of the same parameter.
fn override_parameters(context: &Value, parameters: &mut Vec<(String, String)>) {
    for place in ["header", "querystring", "path"] {
        let overrides =
            context.get("requestOverride").and_then(|it| it.get(place)).and_then(Value::as_object);
        for (name, value) in overrides.into_iter().flatten() {
            let name = format!("integration.request.{place}.{name}");
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            parameters.retain(|(existing, _)| *existing != name);
            parameters.push((name, value));
        }
    }
}

/// The status that a Mock integration's rendered template asks for. Recorded: `{statusCode: 200}` is good enough.
pub(super) fn mock_status(body: &str) -> Option<u16> {
    if let Ok(value) = Value::parse(body) {
        let status = value.get("statusCode")?;
        return status
            .as_i64()
            .map_or_else(|| status.as_str()?.parse().ok(), |it| u16::try_from(it).ok());
    }
    let after = &body[body.find("statusCode")? + "statusCode".len()..];
    let after = after.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
    let digits: String =
        after.trim_start_matches(['"', '\'']).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
