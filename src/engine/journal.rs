//! Every input of a run in order: the run itself, in the shortest form. As JSON it is a file that replays to the same bytes.

use std::sync::Arc;

use super::{ExecutionStart, Input, TaskToken, TimerId};
use crate::asl::StateMachineType;
use crate::execution::Timestamp;
use crate::json::{Object, Value};

/// The form of the file; another number is another form.
const VERSION: i64 = 1;

#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    pub start: ExecutionStart,
    pub inputs: Vec<(Timestamp, Input)>,
}

/// Why a text is no journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error("it is not JSON: {0}")]
    NotJson(#[from] crate::json::ParseError),
    #[error("it is no journal of this program: there is no \"version\": {VERSION}")]
    WrongVersion,
    #[error("{0} is missing, or is not what it should be")]
    Wrong(String),
    #[error("the journal does not fit this state machine: step {step}, at {at}: {why}")]
    Misfit { step: usize, at: Timestamp, why: Misfit },
}

/// Why an input of a journal cannot be meant for the machine that it is replayed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("the execution has ended before it")]
    Ended,
    #[error("the step before it was later, at {0}")]
    Backwards(Timestamp),
    #[error("nothing can go on by itself")]
    NothingToDo,
    #[error("no task number {} waits for an answer", .0.0)]
    NoSuchTask(TaskToken),
    #[error("no timer number {} runs", .0.0)]
    NoSuchTimer(TimerId),
}

impl Journal {
    pub fn new(start: ExecutionStart) -> Self {
        Self { start, inputs: Vec::new() }
    }

    /// `{"version": 1, "start": {…}, "inputs": [[milliseconds, {…}], …]}`. Steps of the machine by itself are numbers: how many
    /// follow each other at the same time.
    pub fn to_json(&self) -> Value {
        let start = &self.start;
        let text = |text: &Arc<str>| Value::String(Arc::clone(text));
        let start = Value::object([
            ("input", start.input.clone()),
            ("type", Value::from(start.kind.as_str())),
            ("synchronous", Value::from(start.synchronous)),
            ("at", Value::from(start.at.0)),
            // 64 bits do not fit a JSON number.
            ("seed", Value::from(start.seed.to_string())),
            ("executionArn", text(&start.execution_arn)),
            ("executionName", text(&start.execution_name)),
            ("roleArn", text(&start.role_arn)),
            ("stateMachineArn", text(&start.state_machine_arn)),
            ("stateMachineName", text(&start.state_machine_name)),
        ]);
        let mut inputs: Vec<Value> = Vec::new();
        let mut steps: Option<(Timestamp, i64)> = None;
        let flush = |steps: &mut Option<(Timestamp, i64)>, inputs: &mut Vec<Value>| {
            if let Some((at, count)) = steps.take() {
                inputs.push(Value::array([Value::from(at.0), Value::from(count)]));
            }
        };
        for (at, input) in &self.inputs {
            if matches!(input, Input::Advance) {
                match &mut steps {
                    Some((same, count)) if same == at => *count += 1,
                    Some(_) | None => {
                        flush(&mut steps, &mut inputs);
                        steps = Some((*at, 1));
                    }
                }
                continue;
            }
            flush(&mut steps, &mut inputs);
            inputs.push(Value::array([Value::from(at.0), input_json(input)]));
        }
        flush(&mut steps, &mut inputs);
        Value::object([
            ("version", Value::from(VERSION)),
            ("start", start),
            ("inputs", Value::from(inputs)),
        ])
    }

    /// Reads what [`Journal::to_json`] gave.
    ///
    /// # Errors
    /// It is something else; which part, in words.
    pub fn from_json(json: &Value) -> Result<Self, JournalError> {
        if json.get("version").and_then(Value::as_i64) != Some(VERSION) {
            return Err(JournalError::WrongVersion);
        }
        let wrong = |what: &str| JournalError::Wrong(what.to_owned());
        let start = json.get("start").ok_or_else(|| wrong("start"))?;
        let text = |name: &str| {
            let text = start.get(name).and_then(Value::as_str).map(Arc::from);
            text.ok_or_else(|| wrong(&format!("start.{name}")))
        };
        let seed: Arc<str> = text("seed")?;
        let start = ExecutionStart {
            input: start.get("input").cloned().ok_or_else(|| wrong("start.input"))?,
            kind: match &*text("type")? {
                "STANDARD" => StateMachineType::Standard,
                "EXPRESS" => StateMachineType::Express,
                _ => return Err(wrong("start.type")),
            },
            synchronous: start
                .get("synchronous")
                .and_then(Value::as_bool)
                .ok_or_else(|| wrong("start.synchronous"))?,
            at: start
                .get("at")
                .and_then(Value::as_i64)
                .map(Timestamp)
                .ok_or_else(|| wrong("start.at"))?,
            seed: seed.parse().ok().ok_or_else(|| wrong("start.seed"))?,
            execution_arn: text("executionArn")?,
            execution_name: text("executionName")?,
            role_arn: text("roleArn")?,
            state_machine_arn: text("stateMachineArn")?,
            state_machine_name: text("stateMachineName")?,
        };
        let mut journal = Self::new(start);
        let inputs = json.get("inputs").and_then(Value::as_array).ok_or_else(|| wrong("inputs"))?;
        for (number, entry) in inputs.iter().enumerate() {
            let place = || wrong(&format!("inputs[{number}]"));
            let at = entry.at(0).and_then(Value::as_i64).map(Timestamp).ok_or_else(place)?;
            let input = entry.at(1).ok_or_else(place)?;
            match input.as_i64() {
                // No machine takes more steps in one go than its events allow.
                Some(count) if (1..=MOST_STEPS).contains(&count) => {
                    journal.inputs.extend((0..count).map(|_| (at, Input::Advance)));
                }
                Some(_) => return Err(place()),
                None => journal.inputs.push((at, input_of(input).ok_or_else(place)?)),
            }
            if journal.inputs.len() as i64 > MOST_STEPS {
                return Err(wrong("inputs: there are too many"));
            }
        }
        Ok(journal)
    }
}

/// Inputs of a journal that is read.
const MOST_STEPS: i64 = 20_000_000;

fn number(number: u64) -> Value {
    Value::from(number.cast_signed())
}

fn failure(error: Option<&Arc<str>>, cause: Option<&Arc<str>>) -> Vec<(&'static str, Value)> {
    let text = |name, text: Option<&Arc<str>>| text.map(|it| (name, Value::String(Arc::clone(it))));
    text("error", error).into_iter().chain(text("cause", cause)).collect()
}

fn input_json(input: &Input) -> Value {
    let (kind, token, members) = match input {
        Input::Advance => ("Advance", None, Vec::new()),
        Input::TaskStarted { token, worker_name } => (
            "TaskStarted",
            Some(token),
            worker_name.clone().map(|it| ("workerName", Value::String(it))).into_iter().collect(),
        ),
        Input::TaskSubmitted { token, output } => {
            ("TaskSubmitted", Some(token), vec![("output", output.clone())])
        }
        Input::TaskSucceeded { token, output } => {
            ("TaskSucceeded", Some(token), vec![("output", output.clone())])
        }
        Input::TaskFailed { token, error, cause } => {
            ("TaskFailed", Some(token), failure(error.as_ref(), cause.as_ref()))
        }
        Input::TaskHeartbeat { token } => ("TaskHeartbeat", Some(token), Vec::new()),
        Input::TimerFired { timer } => ("TimerFired", None, vec![("timer", number(timer.0))]),
        Input::Stop { error, cause } => ("Stop", None, failure(error.as_ref(), cause.as_ref())),
    };
    let token = token.map(|it| ("token", number(it.0)));
    Value::object([("input", Value::from(kind))].into_iter().chain(token).chain(members))
}

fn input_of(json: &Value) -> Option<Input> {
    let members: &Object = json.as_object()?;
    let count = |name: &str| Some(members.get(name)?.as_i64()?.cast_unsigned());
    let token = || count("token").map(TaskToken);
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(Arc::from);
    let output = || members.get("output").cloned();
    Some(match members.get("input")?.as_str()? {
        "Advance" => Input::Advance,
        "TaskStarted" => Input::TaskStarted { token: token()?, worker_name: text("workerName") },
        "TaskSubmitted" => Input::TaskSubmitted { token: token()?, output: output()? },
        "TaskSucceeded" => Input::TaskSucceeded { token: token()?, output: output()? },
        "TaskFailed" => {
            Input::TaskFailed { token: token()?, error: text("error"), cause: text("cause") }
        }
        "TaskHeartbeat" => Input::TaskHeartbeat { token: token()? },
        "TimerFired" => Input::TimerFired { timer: TimerId(count("timer")?) },
        "Stop" => Input::Stop { error: text("error"), cause: text("cause") },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        let start = ExecutionStart {
            input: Value::parse(r#"{"a":[1,1.5,"é"]}"#).expect("JSON"),
            kind: StateMachineType::Express,
            synchronous: true,
            at: Timestamp(1000),
            seed: u64::MAX,
            execution_arn: "arn".into(),
            execution_name: "name".into(),
            role_arn: "role".into(),
            state_machine_arn: "machine".into(),
            state_machine_name: "m".into(),
        };
        let token = TaskToken(7);
        let output = Value::from(true);
        let inputs = [
            (1000, Input::Advance),
            (1000, Input::Advance),
            (1001, Input::Advance),
            (1001, Input::TaskStarted { token, worker_name: Some("w".into()) }),
            (1001, Input::TaskSubmitted { token, output: output.clone() }),
            (1002, Input::TaskHeartbeat { token }),
            (1002, Input::Advance),
            (1003, Input::TaskSucceeded { token, output }),
            (1003, Input::TaskFailed { token, error: Some("E".into()), cause: None }),
            (1004, Input::TimerFired { timer: TimerId(3) }),
            (1005, Input::Stop { error: None, cause: Some("c".into()) }),
        ];
        let inputs = inputs.map(|(at, input)| (Timestamp(at), input)).to_vec();
        Journal { start, inputs }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written() {
        let text = journal().to_json().to_string();
        let read = Journal::from_json(&Value::parse(&text).expect("JSON"));
        assert_eq!(read, Ok(journal()));
        assert!(text.contains("[1000,2]"), "steps that follow each other are counted: {text}");
    }

    #[test]
    fn what_is_no_journal_is_refused_with_its_place() {
        let whole = journal().to_json().to_string();
        let refused = |from: &str, to: &str| {
            let text = whole.replacen(from, to, 1);
            assert_ne!(text, whole, "{from}");
            Journal::from_json(&Value::parse(&text).expect("JSON"))
                .expect_err("it is damaged")
                .to_string()
        };
        assert!(refused("\"version\":1", "\"version\":2").contains("version"));
        assert!(refused("\"EXPRESS\"", "\"FAST\"").starts_with("start.type"));
        assert!(refused("[1000,2]", "[1000,-2]").starts_with("inputs[0]"));
        assert!(refused("[1000,2]", "[1000,99999999999]").starts_with("inputs[0]"));
        assert!(refused("TaskHeartbeat", "Unheard").starts_with("inputs["));
        assert!(Journal::from_json(&Value::Null).is_err());
    }
}
