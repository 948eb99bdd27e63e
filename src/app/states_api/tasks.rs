//! `SendTaskSuccess`, `SendTaskFailure` and `SendTaskHeartbeat`: from outside, to tasks that wait for a callback and to those of
//! activities.

use std::sync::Arc;

use super::refusal::ApiError;
use super::request::{DATA, Is, Member, Request};
use crate::app::app::App;
use crate::app::nested;
use crate::execution::HistoryEvent;
use crate::json::Value;
use crate::services::states::{SendTask, TaskOutcome};

/// Tokens of this program are longer; shorter texts may stand anywhere by chance.
const LEAST_TOKEN: usize = 16;

const TOKEN: Member = Member::needed("taskToken", Is::Text { least: 1, most: 2048 });
const SUCCESS: &[Member] = &[TOKEN, Member::needed("output", DATA)];
const FAILURE: &[Member] = &[
    TOKEN,
    Member::optional("error", Is::Payload { most: 256 }),
    Member::optional("cause", Is::Payload { most: 32_768 }),
];
const HEARTBEAT: &[Member] = &[TOKEN];

impl App {
    pub(super) fn send_task_success(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, SUCCESS)?;
        let output = Value::parse(request.needed("output"))
            .map_err(|err| ApiError::new("InvalidOutput", format!("Invalid Output: '{err}'")))?;
        self.send_outcome(&request, TaskOutcome::Success { output })
    }

    pub(super) fn send_task_failure(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, FAILURE)?;
        let text = |name: &str| request.text(name).map(Arc::from);
        self.send_outcome(
            &request,
            TaskOutcome::Failure { error: text("error"), cause: text("cause") },
        )
    }

    pub(super) fn send_task_heartbeat(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, HEARTBEAT)?;
        self.send_outcome(&request, TaskOutcome::Heartbeat)
    }

    fn send_outcome(&mut self, request: &Request, outcome: TaskOutcome) -> Result<Value, ApiError> {
        let token = request.needed("taskToken").to_owned();
        let send = SendTask { token, outcome };
        match nested::send_task(&mut self.runs, &send, None) {
            Ok(_) => Ok(Value::empty_object()),
            Err(_) if self.was_a_token(&send.token) => Err(ApiError::new(
                "TaskTimedOut",
                "Task Timed Out: 'Provided task does not exist anymore'",
            )),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Whether an execution has given the token out, to a task that no longer waits.
    fn was_a_token(&self, token: &str) -> bool {
        if token.len() < LEAST_TOKEN {
            return false;
        }
        let gave = |event: &HistoryEvent| {
            let given = event.details.scheduled().and_then(|it| it.input);
            given.is_some_and(|input| input.text().contains(token))
        };
        self.runs.iter().any(|run| {
            let own = token.strip_prefix(&*run.execution_arn).is_some_and(|it| it.starts_with('#'));
            own || run.session.history().events().iter().any(gave)
        })
    }
}
