//! Tests of one state: what a test starts from, and running it with the project's answers.

use std::sync::Arc;

use super::answers::{Answers, Invocations};
use super::clock;
use crate::asl::StatePath;
use crate::engine::test_state::{self, TestStateError};
use crate::engine::{Input, TaskRequest};
use crate::json::Value;
use crate::project::MachineDefinition;
use crate::services::TaskAnswer;

pub use crate::engine::test_state::{
    Definition, ErrorOutput, FieldValidationMode, InspectionLevel, Mock, StateConfiguration,
    TestStateRequest,
};

/// The role that simulated executions have: AWS wants one for a Task that is not mocked.
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/stepwell-simulation";

/// A test of one state of a machine. `state` is its path, or its name where that is the only one.
pub fn test_request(machine: &MachineDefinition, state: &StatePath) -> TestStateRequest {
    let definition = Definition::Machine(Arc::clone(&machine.machine));
    TestStateRequest {
        inspection_level: InspectionLevel::Debug,
        role_arn: Some(ROLE_ARN.to_owned()),
        at: clock::now(),
        ..TestStateRequest::new(definition, Some(state.as_str().to_owned()))
    }
}

/// The context object without the parts that AWS does not take in a test: the Map iteration, and a token that the state may
/// not wait for.
pub(super) fn mockable_context(context: &Value) -> Option<Value> {
    let mut parts = context.as_object()?.clone();
    parts.retain(|name, _| !matches!(&**name, "Map" | "Task"));
    Some(Value::from(parts))
}

/// The response of AWS's `TestState`. A Task without a mock is answered as in an execution of the project: by what the user
/// typed, the chosen test case, or the embedded services.
///
/// # Errors
/// What is wrong with the request, in AWS's words; or that nobody answers the task, and what to do.
pub fn run_test(request: &TestStateRequest, answers: &Answers) -> Result<Value, String> {
    let mut request = request.clone();
    if request.mock.is_none() {
        request.context = None;
    }
    let mut state_name = Arc::from("");
    let mut otherwise = |task: &TaskRequest| {
        state_name = Arc::clone(&task.state_name);
        None
    };
    run_test_or(&request, answers, &mut otherwise).map_err(|err| match err {
        TestStateError::Refused { code, message } => format!("{code}: {message}"),
        TestStateError::Unanswered { resource } => {
            format!("State '{state_name}' calls {resource} and nothing answers it. Give it a mock.")
        }
    })
}

/// As [`run_test`], of a request as it came; what the project does not answer is answered by `otherwise`.
pub(super) fn run_test_or(
    request: &TestStateRequest,
    answers: &Answers,
    otherwise: &mut dyn FnMut(&TaskRequest) -> Option<TaskAnswer>,
) -> Result<Value, TestStateError> {
    let now = request.at;
    let mut invocations = Invocations::new();
    let mut answer = |task: &TaskRequest| {
        let answer = answers.answer(task, now, &mut invocations, None);
        Some(inputs(task, answer.or_else(|| otherwise(task))?))
    };
    test_state::test_state(request, &mut answer)
}

fn inputs(task: &TaskRequest, answer: TaskAnswer) -> Vec<Input> {
    let token = task.token;
    match answer {
        TaskAnswer::Succeeded { output } => vec![Input::TaskSucceeded { token, output }],
        TaskAnswer::Failed { error, cause } => vec![Input::TaskFailed { token, error, cause }],
        TaskAnswer::Submitted { output } => vec![Input::TaskSubmitted { token, output }],
        TaskAnswer::Never => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_gives_its_context_without_what_a_test_may_not_have() {
        let context =
            Value::parse(r#"{"Execution":{"Id":"e"},"Task":{"Token":"t"},"Map":{"Item":{}}}"#);
        let kept = mockable_context(&context.expect("JSON")).expect("an object");
        assert_eq!(kept.to_string(), r#"{"Execution":{"Id":"e"}}"#);
    }
}
