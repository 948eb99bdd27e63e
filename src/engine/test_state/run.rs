//! Drives the machine through the one state, and stops where the state is left, retried or failed.

use std::collections::VecDeque;
use std::sync::Arc;

use super::definition::Tested;
use super::{TestStateError, TestStateRequest};
use crate::asl::StateMachineType;
use crate::engine::failure::{Failure, TIMEOUT};
use crate::engine::random::SeededRandom;
use crate::engine::rehearsal::Rehearsal;
use crate::engine::{Action, ExecutionStart, Input, Machine, TaskRequest, VirtualClock};
use crate::execution::{EventDetails, ExecutionStatus, History, InspectionData};
use crate::json::{Value, jackson};
use crate::query::{Variables, uuid};

/// How the state came out.
#[derive(Debug)]
pub(super) enum Fate {
    Succeeded { output: Value, next: Option<Arc<str>> },
    Caught { output: Value, next: Option<Arc<str>> },
    Retriable,
    Failed { error: Option<Arc<str>>, cause: Option<Arc<str>> },
}

#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) fate: Fate,
    pub(super) inspection: InspectionData,
}

pub(super) fn run(
    request: &TestStateRequest,
    tested: &Tested,
    mocked: Option<&Result<Value, Failure>>,
    context: Option<Value>,
    answer: &mut dyn FnMut(&TaskRequest) -> Option<Vec<Input>>,
) -> Result<Outcome, TestStateError> {
    let settings = &request.state_configuration;
    let rehearsal = Rehearsal {
        context,
        retry_count: settings.retrier_retry_count,
        inside: mocked.cloned(),
        failed_iterations: settings.map_iteration_failure_count,
        reads_items: settings.map_item_reader_data.is_some(),
    };
    let start = start(request)?;
    let variables = variables(request)?;
    let mut history = History::default();
    let definition = Arc::new(tested.machine());
    let mut machine = Machine::rehearse(definition, &start, variables, rehearsal, &mut history);
    let mut clock = VirtualClock::new(start.at);
    let mut answers = VecDeque::new();
    let mut asked = String::new();
    loop {
        if let Some(fate) = fate(&history) {
            let inspection = history.inspections.pop_first().map(|(_, it)| it).unwrap_or_default();
            return Ok(Outcome { fate, inspection });
        }
        let input = if let Some(fired) = clock.fire() {
            fired
        } else if machine.can_advance() {
            Input::Advance
        } else if let Some(answered) = answers.pop_front() {
            answered
        } else if clock.jump() {
            continue;
        } else {
            return Err(TestStateError::Unanswered { resource: asked });
        };
        for action in machine.step(clock.now(), input, &mut history) {
            clock.observe(&action);
            if let Action::RunTask(task) = &action {
                let given = match (tested.task(), mocked, &settings.map_item_reader_data) {
                    (Some(_), Some(mocked), _) => Some(vec![as_input(task, mocked)]),
                    (None, _, Some(data)) => Some(vec![read(task, data)]),
                    (Some(_), None, _) | (None, _, None) => answer(task),
                };
                asked = task.resource.text.to_string();
                let Some(given) = given else {
                    return Err(TestStateError::Unanswered { resource: asked });
                };
                answers.extend(given);
            }
        }
    }
}

fn as_input(task: &TaskRequest, mocked: &Result<Value, Failure>) -> Input {
    let token = task.token;
    match mocked {
        Ok(output) => Input::TaskSucceeded { token, output: output.clone() },
        Err(Failure { error, cause, .. }) => {
            Input::TaskFailed { token, error: error.clone(), cause: cause.clone() }
        }
    }
}

/// The file that an `ItemReader` asks for.
fn read(task: &TaskRequest, data: &str) -> Input {
    let output = Value::object([("Body", Value::from(data))]);
    Input::TaskSucceeded { token: task.token, output }
}

/// Known once the state has been left and the next one, if any, entered; or once it waits for a retry; or at the end.
fn fate(history: &History) -> Option<Fate> {
    let inspection = history.inspections.first_key_value().map(|(_, it)| it);
    let error = inspection.and_then(|it| it.error.as_ref());
    if error.is_some_and(|it| it.retry_backoff_interval_seconds.is_some()) {
        return Some(Fate::Retriable);
    }
    let mut entered = history.events().iter().filter_map(|event| {
        if let EventDetails::StateEntered { name, input } = &event.details {
            Some((Arc::clone(name), input.as_ref().map(|it| it.value())))
        } else {
            None
        }
    });
    let left = match (entered.nth(1), history.status()) {
        (Some((next, output)), _) => (output, Some(next)),
        (None, ExecutionStatus::Running) => return None,
        (None, ExecutionStatus::Succeeded { output }) => (output, None),
        (None, ExecutionStatus::Failed { error, cause }) => {
            return Some(Fate::Failed { error, cause });
        }
        (
            None,
            ExecutionStatus::TimedOut { cause, .. } | ExecutionStatus::Aborted { cause, .. },
        ) => {
            return Some(Fate::Failed { error: Some(TIMEOUT.into()), cause });
        }
    };
    let (output, next) = (left.0.unwrap_or_default(), left.1);
    Some(match error.and_then(|it| it.catch_index) {
        Some(_) => Fate::Caught { output, next },
        None => Fate::Succeeded { output, next },
    })
}

/// An Express execution that nobody can look up, under names that AWS makes up: recorded as
/// `arn:aws:states:us-east-1:111111111111:express:<uuid>:<uuid>`.
fn start(request: &TestStateRequest) -> Result<ExecutionStart, TestStateError> {
    let mut random = SeededRandom::new(request.seed);
    let machine = uuid::v4(&mut random);
    let execution = uuid::v4(&mut random);
    let role_arn = request.role_arn.as_deref().unwrap_or_default();
    let account = role_arn.split(':').nth(4).filter(|it| !it.is_empty()).unwrap_or("111111111111");
    let prefix = format!("arn:aws:states:us-east-1:{account}");
    let input = request.input.as_deref().unwrap_or("{}");
    let input = Value::parse(input).map_err(|err| {
        let complaint = jackson::complaint(input, &err);
        let message = format!("Invalid State Machine Execution Input: '{complaint}'");
        TestStateError::Refused { code: "InvalidExecutionInput", message }
    })?;
    Ok(ExecutionStart {
        input,
        kind: StateMachineType::Express,
        synchronous: true,
        at: request.at,
        seed: request.seed,
        execution_arn: format!("{prefix}:express:{machine}:{execution}").into(),
        execution_name: execution.into(),
        role_arn: role_arn.into(),
        state_machine_arn: format!("{prefix}:stateMachine:{machine}").into(),
        state_machine_name: machine.into(),
    })
}

fn variables(request: &TestStateRequest) -> Result<Variables, TestStateError> {
    let Some(text) = &request.variables else { return Ok(Variables::new()) };
    let value = Value::parse(text).ok();
    let members = value.as_ref().and_then(Value::as_object).ok_or_else(|| {
        TestStateError::validation("Invalid Variables provided: must be a JSON object")
    })?;
    Ok(members.iter().map(|(name, value)| (Arc::clone(name), value.clone())).collect())
}
