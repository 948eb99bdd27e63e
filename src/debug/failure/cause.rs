//! A cause taken apart: AWS writes a text, a Lambda function's error, an SDK's message, or a description of what was started.

use std::sync::Arc;

use crate::json::Value;

/// Longer causes are not taken apart. AWS cuts them at 32,768 characters.
const MAX_BYTES: usize = 1 << 20;
/// Lines of a stack trace that are kept.
const MOST_FRAMES: usize = 100;

/// Why something failed, in the words of whoever failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    /// As it was recorded; empty where nothing was.
    pub text: Arc<str>,
    /// The text that is for people.
    pub message: Arc<str>,
    pub kind: CauseKind,
    /// The whole cause, where it is JSON.
    pub json: Option<Value>,
}

/// Who wrote a cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CauseKind {
    #[default]
    Text,
    /// What a Lambda function threw.
    Lambda { error_type: Option<Arc<str>>, stack: Vec<Arc<str>>, request_id: Option<Arc<str>> },
    /// What an SDK said: `… (Service: S3, Status Code: 404, Request ID: …)`.
    Sdk { service: Arc<str>, status: Option<u16>, code: Option<Arc<str>> },
    /// An execution that was started and waited for.
    Execution { arn: Arc<str>, error: Option<Arc<str>> },
    /// Any other JSON.
    Json,
}

impl Cause {
    /// Takes a cause apart.
    pub fn of(text: &Arc<str>) -> Self {
        let plain = Self { text: Arc::clone(text), message: Arc::clone(text), ..Self::default() };
        if text.len() > MAX_BYTES {
            return plain;
        }
        if text.trim_start().starts_with(['{', '['])
            && let Ok(json) = Value::parse(text)
        {
            return Self { kind: kind(&json), message: message(&json), json: Some(json), ..plain };
        }
        sdk(text).map_or_else(
            || plain.clone(),
            |(kind, said)| Self { kind, message: said.into(), ..plain.clone() },
        )
    }
}

fn text_at(json: &Value, names: &[&str]) -> Option<Arc<str>> {
    let found = names.iter().find_map(|name| json.get(name)?.as_str().filter(|it| !it.is_empty()));
    found.map(Into::into)
}

fn kind(json: &Value) -> CauseKind {
    if let Some(arn) = text_at(json, &["ExecutionArn", "executionArn"]) {
        return CauseKind::Execution { arn, error: text_at(json, &["Error", "error"]) };
    }
    // Node calls the lines "trace", Python and Java "stackTrace".
    let trace = ["stackTrace", "trace"].iter().find_map(|name| json.get(name)?.as_array());
    if json.get("errorMessage").is_some() || json.get("errorType").is_some() {
        let frames = trace.into_iter().flatten().filter_map(Value::as_str);
        return CauseKind::Lambda {
            error_type: text_at(json, &["errorType"]),
            stack: frames.take(MOST_FRAMES).map(Into::into).collect(),
            request_id: text_at(json, &["requestId"]),
        };
    }
    CauseKind::Json
}

/// The sentence in a JSON cause: where the services put theirs.
fn message(json: &Value) -> Arc<str> {
    const NAMES: [&str; 12] = [
        "errorMessage",
        "message",
        "Message",
        "StoppedReason",
        "StatusReason",
        "FailureReason",
        "ErrorMessage",
        "StateChangeReason",
        "Cause",
        "cause",
        "Error",
        "error",
    ];
    let first =
        |list: &Value| list.as_array().and_then(|it| it.iter().find_map(|it| text_at(it, &NAMES)));
    let inner = || {
        ["Entries", "Containers", "Failures", "Errors"].iter().find_map(|it| first(json.get(it)?))
    };
    text_at(json, &NAMES).or_else(inner).unwrap_or_default()
}

/// `Message (Service: S3, Status Code: 404, Request ID: …)`, with commas or semicolons.
fn sdk(text: &str) -> Option<(CauseKind, &str)> {
    let (said, rest) = text.rsplit_once("(Service: ")?;
    let inside = rest.split_once(')').map_or(rest, |(inside, _)| inside);
    let parts: Vec<&str> = inside.split([';', ',']).map(str::trim).collect();
    let part = |name: &str| parts.iter().find_map(|it| it.strip_prefix(name)).map(str::trim);
    let kind = CauseKind::Sdk {
        service: (*parts.first()?).into(),
        status: part("Status Code:").and_then(|it| it.parse().ok()),
        code: part("Error Code:").map(Into::into),
    };
    Some((kind, said.trim()))
}
