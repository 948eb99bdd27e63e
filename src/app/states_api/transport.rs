//! Which requests are calls of AWS's own APIs, and what their answers look like on the wire.
//!
//! Step Functions speaks JSON 1.0, with the call's name in `X-Amz-Target`; STS, of which only `GetCallerIdentity` is answered,
//! speaks the Query protocol. The `Authorization` header is looked at by nobody.

use std::time::Duration;

use super::refusal::ApiError;
use crate::json::Value;

const TARGET: &str = "AWSStepFunctions.";
/// How long `GetActivityTask` waits for a task (API reference).
const LONG_POLL: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Service {
    States,
    Sts,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Call {
    pub(in crate::app) service: Service,
    /// `StartExecution`
    pub(in crate::app) operation: String,
    pub(in crate::app) body: String,
}

impl Call {
    /// The call that a request is, which then has its body; `None` when it is one to the project's API.
    pub(in crate::app) fn of(
        method: &str,
        path: &str,
        target: Option<&str>,
        content_type: Option<&str>,
        body: &mut String,
    ) -> Option<Self> {
        if method != "POST" || path != "/" {
            return None;
        }
        if let Some(operation) = target.and_then(|it| it.strip_prefix(TARGET)) {
            let operation = operation.to_owned();
            return Some(Self { service: Service::States, operation, body: std::mem::take(body) });
        }
        let is_form =
            content_type.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
        let has = |pair: &str| body.split('&').any(|it| it == pair);
        let asked = is_form && has("Action=GetCallerIdentity") && has("Version=2011-06-15");
        asked.then(|| Self {
            service: Service::Sts,
            operation: "GetCallerIdentity".to_owned(),
            body: String::new(),
        })
    }

    /// How long the caller may be kept waiting before there is nothing to tell.
    pub(in crate::app) fn patience(&self) -> Option<Duration> {
        (self.operation == "GetActivityTask").then_some(LONG_POLL)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Response {
    pub(in crate::app) status: u16,
    pub(in crate::app) content_type: &'static str,
    pub(in crate::app) request_id: String,
    pub(in crate::app) body: String,
}

impl Response {
    pub(super) fn answered(value: &Value, number: u64) -> Self {
        Self::of(200, value.to_string(), number)
    }

    pub(super) fn of(status: u16, body: String, number: u64) -> Self {
        let content_type = "application/x-amz-json-1.0";
        Self { status, content_type, request_id: request_id(number), body }
    }

    pub(super) fn refused(refusal: &ApiError, number: u64) -> Self {
        Self::of(400, refusal.to_json().to_string(), number)
    }

    /// No task came while the caller waited.
    pub(in crate::app) fn nothing_came() -> Self {
        Self::of(200, "{}".to_owned(), 0)
    }

    /// `GetCallerIdentity` in XML.
    pub(super) fn identity(identity: &Value, number: u64) -> Self {
        let member = |name: &str| {
            let text = identity.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("<{name}>{text}</{name}>")
        };
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             {}{}{}</GetCallerIdentityResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>",
            member("Arn"),
            member("UserId"),
            member("Account"),
            request_id(number)
        );
        Self { content_type: "text/xml", ..Self::of(200, body, number) }
    }
}

/// In the form of AWS's, counted.
fn request_id(number: u64) -> String {
    crate::app::simulation::execution_name(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: Option<&str>, content_type: &str, body: &str) -> Option<Call> {
        Call::of("POST", "/", target, Some(content_type), &mut body.to_owned())
    }

    #[test]
    fn calls_are_told_from_requests_to_the_projects_api() {
        let json = "application/x-amz-json-1.0";
        let states = call(Some("AWSStepFunctions.ListExecutions"), json, "{}").expect("a call");
        assert_eq!((states.service, &*states.operation), (Service::States, "ListExecutions"));
        assert_eq!(call(Some("DynamoDB_20120810.GetItem"), json, "{}"), None);
        assert_eq!(call(None, json, "{}"), None);
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let asked = call(None, form, "Action=GetCallerIdentity&Version=2011-06-15");
        assert_eq!(asked.map(|it| it.service), Some(Service::Sts));
        assert_eq!(call(None, form, "Action=GetCallerIdentity"), None);
        let target = Some("AWSStepFunctions.ListExecutions");
        assert_eq!(Call::of("GET", "/", target, None, &mut String::new()), None);
        assert_eq!(Call::of("POST", "/items", target, None, &mut String::new()), None);
    }

    #[test]
    fn only_polling_for_a_task_ends_without_an_answer() {
        let patience = |name: &str| call(Some(name), "", "{}").expect("a call").patience();
        assert_eq!(patience("AWSStepFunctions.GetActivityTask"), Some(Duration::from_secs(60)));
        assert_eq!(patience("AWSStepFunctions.StartSyncExecution"), None);
    }
}
