//! `TestState`: one state, run on its own by the machine that runs executions, answered as AWS's API answers.
//!
//! The request has AWS's members and the response AWS's shape, so a test written for one works with the other. What is not
//! mocked goes out as a [`TaskRequest`] like in any execution; nothing here reaches the world.

mod context;
mod definition;
mod mock;
mod request;
mod response;
mod run;
mod shapes;

use super::{Input, TaskRequest};
use crate::json::Value;

pub use request::{
    Definition, ErrorOutput, FieldValidationMode, InspectionLevel, Mock, StateConfiguration,
    TestStateRequest,
};

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestStateError {
    /// AWS would refuse the request.
    #[error("{code}: {message}")]
    Refused { code: &'static str, message: String },
    /// The task has no mock, and nobody answered it.
    #[error("Nothing answers {resource}")]
    Unanswered { resource: String },
}

impl TestStateError {
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::Refused { code: "ValidationException", message: message.into() }
    }

    pub(crate) fn definition(message: impl Into<String>) -> Self {
        Self::Refused { code: "InvalidDefinition", message: message.into() }
    }
}

/// Runs one state: the response of the `TestState` API. `answer` gives the inputs that answer a task without a mock, or
/// `None` where there is nobody to ask.
///
/// # Errors
/// AWS would refuse the request, or nobody answered the task.
pub fn test_state(
    request: &TestStateRequest,
    answer: &mut dyn FnMut(&TaskRequest) -> Option<Vec<Input>>,
) -> Result<Value, TestStateError> {
    let tested = definition::Tested::find(request)?;
    mock::check_request(request, &tested)?;
    let mocked = request.mock.as_ref().map(|it| mock::mocked(it, request, &tested)).transpose()?;
    let context = request.context.as_deref().map(|it| context::parse(it, &tested)).transpose()?;
    let outcome = run::run(request, &tested, mocked.as_ref(), context, answer)?;
    Ok(response::response(request, &tested, outcome))
}

#[cfg(test)]
mod tests;
