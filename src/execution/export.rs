//! A history as the JSON that `GetExecutionHistory` gives, and back.
//!
//! Writing follows the API: payloads are JSON *texts*, absent fields are absent. Reading is tolerant, because histories come from
//! many tools: payloads may be JSON already, timestamps may be ISO 8601 or seconds since 1970, details may be missing, and a type
//! that this program does not know is kept whole. What was read is written back the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EventDetails, EventId, EventType, History, HistoryEvent, Payload, Timestamp};
use crate::json::{Number, Object, Value};

/// Why a text is no history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("the file is not JSON: {0}")]
    NotJson(#[from] crate::json::ParseError),
    #[error("there is no list of events: expected an object with `events`, or an array of events")]
    NoEvents,
    #[error("event {position} in the list is not an object with a `type`")]
    NotAnEvent {
        /// 1-based.
        position: usize,
    },
    #[error("event {position} in the list has the id {id}: ids must be 1, 2, 3, … without a gap")]
    WrongId { position: usize, id: i64 },
}

/// `{"events": […]}`, as the API answers.
pub fn to_json(history: &History) -> Value {
    Value::object([("events", Value::array(history.events().iter().map(event_to_json)))])
}

/// Reads what [`to_json`] writes, or the bare array of events, oldest or newest first.
///
/// # Errors
/// It is no list of events, or events are missing from it.
pub fn from_json(value: &Value) -> Result<History, ImportError> {
    let events = value.get("events").unwrap_or(value).as_array().ok_or(ImportError::NoEvents)?;
    let mut numbered = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        let position = at + 1;
        let id = match integer(event.get("id")) {
            Some(id) => id,
            None if event.as_object().is_some() => position as i64,
            None => return Err(ImportError::NotAnEvent { position }),
        };
        numbered.push((id, position, event));
    }
    // `reverseOrder` lists the newest first.
    numbered.sort_by_key(|(id, position, _)| (*id, *position));
    let mut history = History::default();
    for (at, (id, position, event)) in numbered.into_iter().enumerate() {
        if id != at as i64 + 1 {
            return Err(ImportError::WrongId { position, id });
        }
        let read = event_from_json(event).ok_or(ImportError::NotAnEvent { position })?;
        history.append(read.previous_event_id, read.timestamp, read.event_type, read.details);
    }
    Ok(history)
}

/// Reads a file's text.
///
/// # Errors
/// As [`from_json`], and when the text is not JSON.
pub fn parse(text: &str) -> Result<History, ImportError> {
    from_json(&Value::parse(text)?)
}

/// One event, as the API writes it.
pub fn event_to_json(event: &HistoryEvent) -> Value {
    if let EventDetails::Unknown(whole) = &event.details {
        return whole.clone();
    }
    let mut json = Object::with_capacity(5);
    json.insert("timestamp".into(), Value::from(event.timestamp.to_string()));
    json.insert("type".into(), Value::from(event.event_type.as_str()));
    json.insert("id".into(), id_to_json(event.id));
    json.insert("previousEventId".into(), id_to_json(event.previous_event_id));
    if let (Some(field), Some(details)) =
        (details_field(event.event_type), details_to_json(&event.details))
    {
        json.insert(field.into(), details);
    }
    Value::from(json)
}

fn id_to_json(id: EventId) -> Value {
    Value::from(i64::try_from(id.0).unwrap_or(i64::MAX))
}

/// The member that holds an event's details; `None` for the types that have none.
pub(super) fn details_field(event_type: EventType) -> Option<&'static str> {
    use EventType as T;
    Some(match event_type {
        T::ExecutionAborted => "executionAbortedEventDetails",
        T::ExecutionFailed => "executionFailedEventDetails",
        T::ExecutionStarted => "executionStartedEventDetails",
        T::ExecutionSucceeded => "executionSucceededEventDetails",
        T::ExecutionTimedOut => "executionTimedOutEventDetails",
        T::ExecutionRedriven => "executionRedrivenEventDetails",
        T::ChoiceStateEntered
        | T::FailStateEntered
        | T::MapStateEntered
        | T::ParallelStateEntered
        | T::PassStateEntered
        | T::SucceedStateEntered
        | T::TaskStateEntered
        | T::WaitStateEntered => "stateEnteredEventDetails",
        T::ChoiceStateExited
        | T::MapStateExited
        | T::ParallelStateExited
        | T::PassStateExited
        | T::SucceedStateExited
        | T::TaskStateExited
        | T::WaitStateExited => "stateExitedEventDetails",
        T::TaskFailed => "taskFailedEventDetails",
        T::TaskScheduled => "taskScheduledEventDetails",
        T::TaskStarted => "taskStartedEventDetails",
        T::TaskStartFailed => "taskStartFailedEventDetails",
        T::TaskSubmitFailed => "taskSubmitFailedEventDetails",
        T::TaskSubmitted => "taskSubmittedEventDetails",
        T::TaskSucceeded => "taskSucceededEventDetails",
        T::TaskTimedOut => "taskTimedOutEventDetails",
        T::LambdaFunctionFailed => "lambdaFunctionFailedEventDetails",
        T::LambdaFunctionScheduled => "lambdaFunctionScheduledEventDetails",
        T::LambdaFunctionScheduleFailed => "lambdaFunctionScheduleFailedEventDetails",
        T::LambdaFunctionStartFailed => "lambdaFunctionStartFailedEventDetails",
        T::LambdaFunctionSucceeded => "lambdaFunctionSucceededEventDetails",
        T::LambdaFunctionTimedOut => "lambdaFunctionTimedOutEventDetails",
        T::ActivityFailed => "activityFailedEventDetails",
        T::ActivityScheduled => "activityScheduledEventDetails",
        T::ActivityScheduleFailed => "activityScheduleFailedEventDetails",
        T::ActivityStarted => "activityStartedEventDetails",
        T::ActivitySucceeded => "activitySucceededEventDetails",
        T::ActivityTimedOut => "activityTimedOutEventDetails",
        T::MapIterationAborted => "mapIterationAbortedEventDetails",
        T::MapIterationFailed => "mapIterationFailedEventDetails",
        T::MapIterationStarted => "mapIterationStartedEventDetails",
        T::MapIterationSucceeded => "mapIterationSucceededEventDetails",
        T::MapStateStarted => "mapStateStartedEventDetails",
        T::MapRunFailed => "mapRunFailedEventDetails",
        T::MapRunStarted => "mapRunStartedEventDetails",
        T::MapRunRedriven => "mapRunRedrivenEventDetails",
        T::EvaluationFailed => "evaluationFailedEventDetails",
        T::LambdaFunctionStarted
        | T::TaskStateAborted
        | T::MapStateAborted
        | T::MapStateFailed
        | T::MapStateSucceeded
        | T::MapRunAborted
        | T::MapRunSucceeded
        | T::ParallelStateAborted
        | T::ParallelStateFailed
        | T::ParallelStateStarted
        | T::ParallelStateSucceeded
        | T::WaitStateAborted
        | T::Unknown => return None,
    })
}

/// Members that are there only when they have something to say.
#[derive(Default)]
struct Members(Object);

impl Members {
    fn text(mut self, name: &str, text: Option<&Arc<str>>) -> Self {
        if let Some(text) = text {
            self.0.insert(name.into(), Value::String(Arc::clone(text)));
        }
        self
    }
    fn payload(mut self, name: &str, payload: Option<&Payload>) -> Self {
        if let Some(payload) = payload {
            self.0.insert(name.into(), Value::String(payload.text()));
            self.0.insert(
                format!("{name}Details").into(),
                Value::object([("truncated", Value::from(false))]),
            );
        }
        self
    }
    fn number(mut self, name: &str, number: Option<u64>) -> Self {
        if let Some(number) = number {
            self.0.insert(name.into(), Value::from(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        self
    }
    fn credentials(mut self, role_arn: Option<&Arc<str>>) -> Self {
        if let Some(role_arn) = role_arn {
            let role = Value::object([("roleArn", Value::String(Arc::clone(role_arn)))]);
            self.0.insert("taskCredentials".into(), role);
        }
        self
    }
    fn resource(self, resource_type: &Arc<str>, resource: &Arc<str>) -> Self {
        self.text("resourceType", Some(resource_type)).text("resource", Some(resource))
    }
}

/// An event's details, as the API writes them; `None` where it has none.
pub fn details_to_json(details: &EventDetails) -> Option<Value> {
    use EventDetails as D;
    let members = Members::default();
    let members = match details {
        D::None | D::Unknown(_) => return None,
        D::ExecutionStarted { input, role_arn } => {
            members.payload("input", input.as_ref()).text("roleArn", role_arn.as_ref())
        }
        D::Succeeded { output } => members.payload("output", output.as_ref()),
        D::Failure { error, cause } => {
            members.text("error", error.as_ref()).text("cause", cause.as_ref())
        }
        D::StateEntered { name, input } => {
            members.text("name", Some(name)).payload("input", input.as_ref())
        }
        D::StateExited { name, output, assigned_variables } => {
            let mut members = members.text("name", Some(name)).payload("output", output.as_ref());
            if !assigned_variables.is_empty() {
                let assigned = assigned_variables
                    .iter()
                    .map(|(name, value)| (Arc::clone(name), Value::String(value.text())));
                members.0.insert("assignedVariables".into(), Value::object(assigned));
                let whole = Value::object([("truncated", Value::from(false))]);
                members.0.insert("assignedVariablesDetails".into(), whole);
            }
            members
        }
        D::TaskScheduled {
            resource_type,
            resource,
            region,
            parameters,
            timeout,
            heartbeat,
            credentials,
        } => {
            let mut members =
                members.resource(resource_type, resource).text("region", Some(region));
            members.0.insert("parameters".into(), Value::String(parameters.text()));
            members
                .number("timeoutInSeconds", *timeout)
                .number("heartbeatInSeconds", *heartbeat)
                .credentials(credentials.as_ref())
        }
        D::TaskStarted { resource_type, resource } => members.resource(resource_type, resource),
        D::TaskOutput { resource_type, resource, output } => {
            members.resource(resource_type, resource).payload("output", output.as_ref())
        }
        D::TaskFailure { resource_type, resource, error, cause } => members
            .resource(resource_type, resource)
            .text("error", error.as_ref())
            .text("cause", cause.as_ref()),
        D::ResourceScheduled { resource, input, timeout, heartbeat, credentials } => members
            .text("resource", Some(resource))
            .payload("input", input.as_ref())
            .number("timeoutInSeconds", *timeout)
            .number("heartbeatInSeconds", *heartbeat)
            .credentials(credentials.as_ref()),
        D::ActivityStarted { worker_name } => members.text("workerName", worker_name.as_ref()),
        D::MapIteration { name, index } => {
            members.text("name", Some(name)).number("index", Some(*index))
        }
        D::MapStateStarted { length } => members.number("length", Some(*length)),
        D::MapRunStarted { map_run_arn } => members.text("mapRunArn", Some(map_run_arn)),
        D::Redriven { redrive_count } => members.number("redriveCount", Some(*redrive_count)),
        D::MapRunRedriven { map_run_arn, redrive_count } => members
            .text("mapRunArn", Some(map_run_arn))
            .number("redriveCount", Some(*redrive_count)),
        D::EvaluationFailed { error, cause, location, state } => members
            .text("error", error.as_ref())
            .text("cause", cause.as_ref())
            .text("location", location.as_ref())
            .text("state", Some(state)),
    };
    Some(Value::from(members.0))
}

/// One event, in whatever dialect; `None` when it is no object with a `type`.
pub fn event_from_json(json: &Value) -> Option<HistoryEvent> {
    let type_name = json.get("type")?.as_str()?;
    let event_type = EventType::parse(type_name);
    let id = EventId(integer(json.get("id")).and_then(|it| u64::try_from(it).ok()).unwrap_or(0));
    let previous =
        integer(json.get("previousEventId")).and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
    let timestamp = json.get("timestamp").and_then(timestamp).unwrap_or_default();
    let nothing = Value::empty_object();
    let details = if event_type == EventType::Unknown {
        EventDetails::Unknown(json.clone())
    } else {
        let found = details_field(event_type).and_then(|field| json.get(field));
        let details = Details { json: found.unwrap_or(&nothing), present: found.is_some() };
        details_from_json(event_type, &details)
    };
    Some(HistoryEvent { id, previous_event_id: EventId(previous), timestamp, event_type, details })
}

/// ISO 8601, or seconds since 1970 with a fraction. Larger numbers can only be milliseconds, as log lines have them.
fn timestamp(json: &Value) -> Option<Timestamp> {
    let seconds = match json {
        Value::String(text) => match Timestamp::parse(text) {
            Some(at) => return Some(at),
            None => text.trim().parse::<f64>().ok()?,
        },
        Value::Number(number) => number.as_f64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let millis = if seconds.abs() > 1e11 { seconds } else { seconds * 1000.0 };
    (millis.abs() < 9e15).then(|| Timestamp(millis.round() as i64))
}

/// A whole number, or the text of one, as log lines have it.
fn integer(json: Option<&Value>) -> Option<i64> {
    match json? {
        Value::Number(Number::Int(int)) => Some(*int),
        Value::String(text) => text.parse().ok(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(Number::Float(_))
        | Value::Array(_)
        | Value::Object(_) => None,
    }
}

struct Details<'a> {
    json: &'a Value,
    present: bool,
}

impl Details<'_> {
    /// A text; a value of another type is its JSON text, which is how some tools leave a cause.
    fn text(&self, name: &str) -> Option<Arc<str>> {
        match self.json.get(name)? {
            Value::String(text) => Some(Arc::clone(text)),
            Value::Null => None,
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Some(other.to_string().into())
            }
        }
    }
    fn name(&self, name: &str) -> Arc<str> {
        self.text(name).unwrap_or_default()
    }
    /// AWS gives JSON as text; a tool may have parsed it.
    fn payload(&self, name: &str) -> Option<Payload> {
        Some(payload(self.json.get(name)?))
    }
    fn number(&self, name: &str) -> Option<u64> {
        integer(self.json.get(name)).and_then(|it| u64::try_from(it).ok())
    }
    fn credentials(&self) -> Option<Arc<str>> {
        Some(self.json.get("taskCredentials")?.get("roleArn")?.as_str()?.into())
    }
    fn assigned(&self) -> BTreeMap<Arc<str>, Payload> {
        let assigned = self.json.get("assignedVariables").and_then(Value::as_object);
        assigned
            .into_iter()
            .flatten()
            .map(|(name, value)| (Arc::clone(name), payload(value)))
            .collect()
    }
}

fn payload(json: &Value) -> Payload {
    match json {
        Value::String(text) => Payload::Text(Arc::clone(text)),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => Payload::Value(other.clone()),
    }
}

fn details_from_json(event_type: EventType, details: &Details<'_>) -> EventDetails {
    use EventDetails as D;
    use EventType as T;
    match event_type {
        T::ExecutionStarted => D::ExecutionStarted {
            input: details.payload("input"),
            role_arn: details.text("roleArn"),
        },
        T::ExecutionSucceeded | T::LambdaFunctionSucceeded | T::ActivitySucceeded => {
            D::Succeeded { output: details.payload("output") }
        }
        T::ExecutionAborted
        | T::ExecutionFailed
        | T::ExecutionTimedOut
        | T::LambdaFunctionFailed
        | T::LambdaFunctionScheduleFailed
        | T::LambdaFunctionStartFailed
        | T::LambdaFunctionTimedOut
        | T::ActivityFailed
        | T::ActivityScheduleFailed
        | T::ActivityTimedOut
        | T::MapRunFailed => {
            if details.present {
                D::Failure { error: details.text("error"), cause: details.text("cause") }
            } else {
                D::None
            }
        }
        T::ExecutionRedriven => {
            D::Redriven { redrive_count: details.number("redriveCount").unwrap_or(0) }
        }
        T::ChoiceStateEntered
        | T::FailStateEntered
        | T::MapStateEntered
        | T::ParallelStateEntered
        | T::PassStateEntered
        | T::SucceedStateEntered
        | T::TaskStateEntered
        | T::WaitStateEntered => {
            D::StateEntered { name: details.name("name"), input: details.payload("input") }
        }
        T::ChoiceStateExited
        | T::MapStateExited
        | T::ParallelStateExited
        | T::PassStateExited
        | T::SucceedStateExited
        | T::TaskStateExited
        | T::WaitStateExited => D::StateExited {
            name: details.name("name"),
            output: details.payload("output"),
            assigned_variables: details.assigned(),
        },
        T::TaskScheduled => D::TaskScheduled {
            resource_type: details.name("resourceType"),
            resource: details.name("resource"),
            region: details.name("region"),
            parameters: details
                .payload("parameters")
                .unwrap_or_else(|| Value::empty_object().into()),
            timeout: details.number("timeoutInSeconds"),
            heartbeat: details.number("heartbeatInSeconds"),
            credentials: details.credentials(),
        },
        T::TaskStarted => D::TaskStarted {
            resource_type: details.name("resourceType"),
            resource: details.name("resource"),
        },
        T::TaskSubmitted | T::TaskSucceeded => D::TaskOutput {
            resource_type: details.name("resourceType"),
            resource: details.name("resource"),
            output: details.payload("output"),
        },
        T::TaskFailed | T::TaskTimedOut | T::TaskStartFailed | T::TaskSubmitFailed => {
            D::TaskFailure {
                resource_type: details.name("resourceType"),
                resource: details.name("resource"),
                error: details.text("error"),
                cause: details.text("cause"),
            }
        }
        T::LambdaFunctionScheduled | T::ActivityScheduled => D::ResourceScheduled {
            resource: details.name("resource"),
            input: details.payload("input"),
            timeout: details.number("timeoutInSeconds"),
            heartbeat: details.number("heartbeatInSeconds"),
            credentials: details.credentials(),
        },
        T::ActivityStarted => D::ActivityStarted { worker_name: details.text("workerName") },
        T::MapIterationAborted
        | T::MapIterationFailed
        | T::MapIterationStarted
        | T::MapIterationSucceeded => D::MapIteration {
            name: details.name("name"),
            index: details.number("index").unwrap_or(0),
        },
        T::MapStateStarted => D::MapStateStarted { length: details.number("length").unwrap_or(0) },
        T::MapRunStarted => D::MapRunStarted { map_run_arn: details.name("mapRunArn") },
        T::MapRunRedriven => D::MapRunRedriven {
            map_run_arn: details.name("mapRunArn"),
            redrive_count: details.number("redriveCount").unwrap_or(0),
        },
        T::EvaluationFailed => D::EvaluationFailed {
            error: details.text("error"),
            cause: details.text("cause"),
            location: details.text("location"),
            state: details.name("state"),
        },
        T::LambdaFunctionStarted
        | T::TaskStateAborted
        | T::MapStateAborted
        | T::MapStateFailed
        | T::MapStateSucceeded
        | T::MapRunAborted
        | T::MapRunSucceeded
        | T::ParallelStateAborted
        | T::ParallelStateFailed
        | T::ParallelStateStarted
        | T::ParallelStateSucceeded
        | T::WaitStateAborted
        | T::Unknown => D::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_written_as_it_was_read() {
        for (at, event_type) in EventType::ALL.iter().enumerate() {
            let mut json = Object::new();
            json.insert("timestamp".into(), Value::from("2026-01-01T00:00:00.000Z"));
            json.insert("type".into(), Value::from(event_type.as_str()));
            json.insert("id".into(), Value::from(at as i64 + 1));
            json.insert("previousEventId".into(), Value::from(at as i64));
            let bare = event_from_json(&Value::from(json.clone())).expect("an event");
            assert_eq!(bare.event_type, *event_type);
            let whole = event_to_json(&bare);
            let again = event_from_json(&whole).expect("an event");
            assert_eq!(event_to_json(&again), whole, "{}", event_type.as_str());
        }
    }

    #[test]
    fn a_type_of_tomorrow_is_kept_whole() {
        let text = r#"{"type":"QuantumStateEntered","id":1,"previousEventId":0,"timestamp":1.5,"quantum":{"x":1}}"#;
        let json = Value::parse(text).expect("JSON");
        let event = event_from_json(&json).expect("an event");
        assert_eq!((event.event_type, event.timestamp), (EventType::Unknown, Timestamp(1500)));
        assert_eq!(event_to_json(&event), json);
    }

    #[test]
    fn timestamps_may_be_texts_or_numbers_and_the_newest_may_come_first() {
        let text = r#"[
            {"type":"PassStateEntered","id":"2","previousEventId":"0","timestamp":"1713959670680"},
            {"type":"ExecutionStarted","id":1,"timestamp":"2026-01-01T01:00:00+01:00",
             "executionStartedEventDetails":{"input":{"a":1}}}
        ]"#;
        let history = parse(text).expect("a history");
        let at: Vec<i64> = history.events().iter().map(|it| it.timestamp.0).collect();
        assert_eq!(at, [1_767_225_600_000, 1_713_959_670_680]);
        let EventDetails::ExecutionStarted { input, .. } = &history.events()[0].details else {
            panic!("started")
        };
        assert_eq!(input.as_ref().map(|it| it.text()).as_deref(), Some(r#"{"a":1}"#));
    }

    #[test]
    fn what_is_no_history_is_refused_with_a_reason() {
        assert_eq!(parse("{}").err(), Some(ImportError::NoEvents));
        assert_eq!(parse(r#"{"events":[1]}"#).err(), Some(ImportError::NotAnEvent { position: 1 }));
        assert_eq!(
            parse(r#"{"events":[{"type":"ExecutionStarted","id":2}]}"#).err(),
            Some(ImportError::WrongId { position: 1, id: 2 })
        );
        assert!(matches!(parse("nonsense"), Err(ImportError::NotJson(_))));
    }
}
