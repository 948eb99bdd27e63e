//! One waiting task, really called: AWS makes the call with `TestState`, and its answer is the task's.
//!
//! The state that AWS is given has only the call in it, with the parameters that were computed here: what the definition makes of
//! the answer stays the work of the engine, so that retries, catchers and variables go on as in any other run.

use std::sync::Arc;

use super::Act;
use crate::app::app::{App, NoticeLevel};
use crate::app::{Command, Run, RunId};
use crate::asl::task::{IntegrationPattern, ResourceKind};
use crate::aws::act::{TestState, TestStateAnswer};
use crate::engine::TaskRequest;
use crate::json::Value;
use crate::services::TaskAnswer;

/// The most characters of an answer that a notice shows.
const SHOWN: usize = 240;

/// Why AWS can't be asked for the answer to a task; `None` when it can.
///
/// `TestState` takes no activity, no job run and no callback without a mock (AWS, "Testing state machines with the `TestState` API").
pub fn why_not_live(request: &TaskRequest) -> Option<&'static str> {
    match &request.resource.kind {
        ResourceKind::LambdaFunction { .. } => None,
        ResourceKind::Activity { .. } => {
            Some("A worker answers an activity: TestState of AWS can't ask one.")
        }
        ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => {
            match pattern {
                IntegrationPattern::RequestResponse => None,
                IntegrationPattern::Sync | IntegrationPattern::Sync2 => {
                    Some("TestState of AWS waits for no job (.sync).")
                }
                IntegrationPattern::WaitForTaskToken => {
                    Some("TestState of AWS waits for no callback (.waitForTaskToken).")
                }
            }
        }
        ResourceKind::Other => Some("The resource names nothing that AWS could call."),
    }
}

/// A state that calls what the task calls with its whole input, and does nothing else.
fn caller(request: &TaskRequest) -> Value {
    Value::object([
        ("QueryLanguage", Value::from("JSONata")),
        ("Type", Value::from("Task")),
        ("Resource", Value::from(&*request.resource.text)),
        // As the input and not written out: no text in it is taken for an expression.
        ("Arguments", Value::from("{% $states.input %}")),
        ("End", Value::from(true)),
    ])
}

/// What AWS is asked, so that it makes the call.
pub(super) fn test(request: &TaskRequest, role_arn: Option<String>) -> TestState {
    TestState {
        definition: caller(request).to_string(),
        role_arn,
        input: Some(request.parameters.to_string()),
        ..TestState::default()
    }
}

/// What AWS said, as the answer to the task.
///
/// # Errors
/// Words, when it is neither a success nor a failure of the call.
fn answer(said: &TestStateAnswer) -> Result<TaskAnswer, String> {
    match said.status.as_str() {
        "SUCCEEDED" => {
            let output = said.output.as_deref().ok_or("AWS gave no output.")?;
            let output = Value::parse(output);
            output
                .map(|output| TaskAnswer::Succeeded { output })
                .map_err(|why| format!("What AWS gave is not JSON: {why}"))
        }
        "FAILED" => Ok(TaskAnswer::Failed {
            error: said.error.as_deref().map(Arc::from),
            cause: said.cause.as_deref().map(Arc::from),
        }),
        status => Err(format!("AWS says that the call is {status}.")),
    }
}

impl App {
    /// The machine of AWS by whose role a task of a run is called: the one that the execution, or the one it re-runs, belongs to;
    /// else the one in the browser.
    pub fn aws_machine_of(&self, run: &Run) -> Option<&str> {
        let recorded = Some(run.rerun_of.unwrap_or(run.id));
        let opened = self.attach.opened.values().find(|it| it.run == recorded);
        let as_run = opened.and_then(|it| it.as_run.as_ref());
        let in_browser = self.attach.browser.machine.as_ref();
        as_run
            .map(|it| it.state_machine_arn.as_str())
            .or_else(|| in_browser.map(|it| it.arn.as_str()))
    }

    /// The role that the machine of a call had in the execution, where that is known.
    pub(super) fn recorded_role(&self, act: &Act) -> Option<String> {
        let Act::Call { machine_arn, .. } = act else { return None };
        let mut as_run = self.attach.opened.values().filter_map(|it| it.as_run.as_ref());
        as_run.find(|it| it.state_machine_arn == *machine_arn).map(|it| it.role_arn.clone())
    }

    /// The call was made: its answer goes to the task, if that still waits.
    pub(super) fn called(&mut self, run: RunId, request: &TaskRequest, said: &TestStateAnswer) {
        let answer = match answer(said) {
            Ok(answer) => answer,
            Err(why) => {
                let title = format!("AWS gave no answer for {}", request.state_name);
                return self.notify(NoticeLevel::Error, title, why);
            }
        };
        let shown = self.run().filter(|it| it.id == run);
        let waits = shown.is_some_and(|it| it.waiting().iter().any(|it| it.token == request.token));
        let what = match &answer {
            TaskAnswer::Failed { error, .. } => {
                format!("It failed with {}.", error.as_deref().unwrap_or("no error name"))
            }
            TaskAnswer::Succeeded { output } | TaskAnswer::Submitted { output } => {
                crate::layout::card::shortened(&output.to_string(), SHOWN)
            }
            TaskAnswer::Never => String::new(),
        };
        let name = &request.state_name;
        if waits {
            self.notify(NoticeLevel::Info, format!("AWS answered {name}"), what);
            self.run_command(Command::AnswerTask { token: request.token, answer, keep: false });
        } else {
            let title = format!("AWS answered {name}, which no longer waits");
            self.notify(NoticeLevel::Warning, title, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_says_is_the_answer_of_the_task() {
        let said = |status: &str, output: Option<&str>| TestStateAnswer {
            status: status.into(),
            output: output.map(Into::into),
            error: Some("Table.Busy".into()),
            ..TestStateAnswer::default()
        };
        let succeeded = TaskAnswer::Succeeded { output: Value::from(3) };
        assert_eq!(answer(&said("SUCCEEDED", Some("3"))), Ok(succeeded));
        let failed = TaskAnswer::Failed { error: Some("Table.Busy".into()), cause: None };
        assert_eq!(answer(&said("FAILED", None)), Ok(failed));
        for unclear in [said("SUCCEEDED", None), said("SUCCEEDED", Some("{")), said("", None)] {
            assert!(answer(&unclear).is_err(), "{unclear:?}");
        }
    }
}
