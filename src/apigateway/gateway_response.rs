//! The answers that API Gateway gives by itself, and how an API may change them.

use super::parameters::Sources;
use super::{GatewayResponse, HttpResponse};
use crate::json::Value;

/// Why the gateway answers by itself. The kinds that only real authorisers, keys and quotas bring about are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseType {
    MissingAuthenticationToken,
    InvalidApiKey,
    RequestTooLarge,
    BadRequestParameters,
    BadRequestBody,
    UnsupportedMediaType,
    ApiConfigurationError,
    IntegrationFailure,
    IntegrationTimeout,
}

impl ResponseType {
    /// As gateway responses are keyed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::InvalidApiKey => "INVALID_API_KEY",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::BadRequestParameters => "BAD_REQUEST_PARAMETERS",
            Self::BadRequestBody => "BAD_REQUEST_BODY",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::ApiConfigurationError => "API_CONFIGURATION_ERROR",
            Self::IntegrationFailure => "INTEGRATION_FAILURE",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::MissingAuthenticationToken | Self::InvalidApiKey => 403,
            Self::RequestTooLarge => 413,
            Self::BadRequestParameters | Self::BadRequestBody => 400,
            Self::UnsupportedMediaType => 415,
            Self::ApiConfigurationError => 500,
            Self::IntegrationFailure | Self::IntegrationTimeout => 504,
        }
    }

    /// The value of `x-amzn-ErrorType`.
    fn error_type(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::InvalidApiKey => "ForbiddenException",
            Self::RequestTooLarge => "RequestTooLargeException",
            Self::BadRequestParameters | Self::BadRequestBody => "BadRequestException",
            Self::UnsupportedMediaType => "UnsupportedMediaTypeException",
            Self::ApiConfigurationError | Self::IntegrationFailure | Self::IntegrationTimeout => {
                "InternalServerErrorException"
            }
        }
    }

    fn default_type(self) -> &'static str {
        if self.status() < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" }
    }
}

/// The response, as the API customised it. `details` is `$context.error.validationErrorString`.
pub(super) fn respond(
    kind: ResponseType,
    message: &str,
    details: &str,
    sources: &Sources<'_>,
) -> HttpResponse {
    let custom = &sources.api.gateway_responses;
    // A response for the type itself that says nothing of the status or the body leaves these as they are.
    let own: Option<&GatewayResponse> =
        custom.get(kind.as_str()).or_else(|| custom.get(kind.default_type()));
    let status = own.and_then(|it| it.status).unwrap_or_else(|| kind.status());
    let templates = own.map(|it| &it.templates);
    let template =
        templates.and_then(|it| it.get_key_value("application/json").or_else(|| it.first()));
    let error = ErrorTexts { kind, message, details };
    let (content_type, body) = match template {
        Some((content_type, template)) => {
            (content_type.as_str(), error.substitute(template, sources))
        }
        None => ("application/json", format!("{{\"message\":{}}}", Value::from(message))),
    };
    let mut response = HttpResponse { status, headers: Vec::new(), body };
    response.set_header("Content-Type", content_type);
    response.set_header("x-amzn-ErrorType", kind.error_type());
    for (target, expression) in own.into_iter().flat_map(|it| &it.parameters) {
        if let Some(name) = target.strip_prefix("gatewayresponse.header.")
            && let Some(value) = sources.value(expression)
        {
            response.set_header(name, &value);
        }
    }
    response
}

/// What `$context.error` holds, which exists only here.
struct ErrorTexts<'a> {
    kind: ResponseType,
    message: &'a str,
    details: &'a str,
}

impl ErrorTexts<'_> {
    /// Plain substitution of `$context…`, `$stageVariables…` and `$method.request…`; no Velocity here.
    fn substitute(&self, template: &str, sources: &Sources<'_>) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            let braced = rest.strip_prefix('{');
            let inner = braced.unwrap_or(rest);
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let length = inner.find(|c| !is_part(c)).unwrap_or(inner.len());
            let name = inner[..length].trim_end_matches('.');
            let after = &inner[name.len()..];
            let known = ["context.", "stageVariables.", "method.request."]
                .iter()
                .any(|it| name.starts_with(it));
            if !known || (braced.is_some() && !after.starts_with('}')) {
                out.push('$');
                continue;
            }
            out.push_str(&self.value(name, sources));
            rest = if braced.is_some() { &after[1..] } else { after };
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str, sources: &Sources<'_>) -> String {
        match name {
            "context.error.message" => self.message.to_owned(),
            "context.error.messageString" => Value::from(self.message).to_string(),
            "context.error.responseType" => self.kind.as_str().to_owned(),
            // It stands between quotes in templates, so its own are escaped.
            "context.error.validationErrorString" => {
                Value::from(self.details).to_string().trim_matches('"').to_owned()
            }
            other => sources.value(other).unwrap_or_default(),
        }
    }
}
