//! The errors of the API, under AWS's names and in its words.

use crate::json::Value;
use crate::services::states::Refusal;

/// What a call is answered with that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    /// `ExecutionDoesNotExist`
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// The body has not the form of a request.
    pub(super) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    pub(super) fn invalid_name(name: &str) -> Self {
        Self::new("InvalidName", format!("Invalid Name: '{name}'"))
    }

    pub(super) fn invalid_arn(why: &str) -> Self {
        Self::new("InvalidArn", format!("Invalid Arn: '{why}'"))
    }

    pub(super) fn no_machine(arn: &str) -> Self {
        let message = format!("State Machine Does Not Exist: '{arn}'");
        Self::new("StateMachineDoesNotExist", message)
    }

    pub(super) fn no_execution(arn: &str) -> Self {
        Self::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
    }

    pub(super) fn no_activity(arn: &str) -> Self {
        Self::new("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
    }

    pub(super) fn no_resource(arn: &str) -> Self {
        Self::new("ResourceNotFound", format!("Resource not found: '{arn}'"))
    }

    pub(super) fn wrong_type() -> Self {
        Refusal::wrong_type().into()
    }

    /// A token of a list's next page that is none of ours.
    pub(super) fn invalid_token() -> Self {
        Refusal::no_such_token().into()
    }

    /// `{"__type": "…#ExecutionDoesNotExist", "message": "…"}`
    pub(super) fn to_json(&self) -> Value {
        let space = match self.code {
            "ValidationException" => "com.amazon.coral.validate",
            "SerializationException" | "UnknownOperationException" => "com.amazon.coral.service",
            _ => "com.amazonaws.swf.service.v2.model",
        };
        Value::object([
            ("__type", Value::from(format!("{space}#{}", self.code))),
            ("message", Value::from(self.message.as_str())),
        ])
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code, message: refusal.message }
    }
}
