//! One line of text per event, for lists; and the kinds of events, for filters.

use std::sync::Arc;

use super::{EventDetails, EventType, HistoryEvent, Payload};

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventCategory {
    /// The execution as a whole.
    Execution,
    /// Entering and leaving states.
    State,
    /// Work for a service: Task, Lambda and Activity events.
    Task,
    /// Parallel and Map, their iterations and runs.
    Container,
    /// Something failed, timed out or was aborted, whatever it was.
    Failure,
    /// A type that this program does not know.
    Unknown,
}

/// The most characters that [`summary`] gives.
pub const MAX_SUMMARY: usize = 160;

impl EventCategory {
    pub fn of(event_type: EventType) -> Self {
        let name = event_type.as_str();
        if event_type == EventType::Unknown {
            Self::Unknown
        } else if is_failure(event_type) {
            Self::Failure
        } else if name.starts_with("Execution") {
            Self::Execution
        } else if name.ends_with("StateEntered") || name.ends_with("StateExited") {
            Self::State
        } else if name.starts_with("Map") || name.starts_with("Parallel") {
            Self::Container
        } else {
            Self::Task
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Execution => "Execution",
            Self::State => "States",
            Self::Task => "Tasks",
            Self::Container => "Parallel and Map",
            Self::Failure => "Failures",
            Self::Unknown => "Other",
        }
    }
}

/// Whether the event tells of something that failed, timed out or was aborted.
pub fn is_failure(event_type: EventType) -> bool {
    let name = event_type.as_str();
    name.ends_with("Failed") || name.ends_with("TimedOut") || name.ends_with("Aborted")
}

/// The error and cause that an event of failure tells; absent parts are empty.
pub fn error_of(details: &EventDetails) -> Option<(Arc<str>, Arc<str>)> {
    let (error, cause) = match details {
        EventDetails::Failure { error, cause }
        | EventDetails::TaskFailure { error, cause, .. }
        | EventDetails::EvaluationFailed { error, cause, .. } => (error, cause),
        EventDetails::None
        | EventDetails::ExecutionStarted { .. }
        | EventDetails::Succeeded { .. }
        | EventDetails::StateEntered { .. }
        | EventDetails::StateExited { .. }
        | EventDetails::TaskScheduled { .. }
        | EventDetails::TaskStarted { .. }
        | EventDetails::TaskOutput { .. }
        | EventDetails::ResourceScheduled { .. }
        | EventDetails::ActivityStarted { .. }
        | EventDetails::MapIteration { .. }
        | EventDetails::MapStateStarted { .. }
        | EventDetails::MapRunStarted { .. }
        | EventDetails::Redriven { .. }
        | EventDetails::MapRunRedriven { .. }
        | EventDetails::Unknown(_) => return None,
    };
    Some((error.clone().unwrap_or_default(), cause.clone().unwrap_or_default()))
}

/// What the event says beyond its type, in one line: `Pay`, `lambda:invoke`, `States.Timeout`, `#3 of 10`, a short payload.
pub fn summary(event: &HistoryEvent) -> String {
    use EventDetails as D;
    let text = match &event.details {
        D::None => String::new(),
        D::ExecutionStarted { input, .. } => payload("input", input.as_ref()),
        D::Succeeded { output } => payload("output", output.as_ref()),
        D::Failure { error, cause } => failure(error.as_deref(), cause.as_deref()),
        D::StateEntered { name, input } => join(name, &payload("input", input.as_ref())),
        D::StateExited { name, output, assigned_variables } => {
            let assigned: Vec<String> =
                assigned_variables.keys().map(|name| format!("${name}")).collect();
            let assigned = if assigned.is_empty() {
                String::new()
            } else {
                format!(" · assigned {}", assigned.join(", "))
            };
            join(name, &(payload("output", output.as_ref()) + &assigned))
        }
        D::TaskScheduled { resource_type, resource, parameters, .. } => {
            join(&format!("{resource_type}:{resource}"), &payload("parameters", Some(parameters)))
        }
        D::TaskStarted { resource_type, resource } => format!("{resource_type}:{resource}"),
        D::TaskOutput { resource_type, resource, output } => {
            join(&format!("{resource_type}:{resource}"), &payload("output", output.as_ref()))
        }
        D::TaskFailure { resource_type, resource, error, cause } => join(
            &failure(error.as_deref(), cause.as_deref()),
            &format!("from {resource_type}:{resource}"),
        ),
        D::ResourceScheduled { resource, input, .. } => {
            join(resource, &payload("input", input.as_ref()))
        }
        D::ActivityStarted { worker_name } => worker_name.as_deref().unwrap_or("").to_owned(),
        D::MapIteration { name, index } => format!("{name} #{index}"),
        D::MapStateStarted { length } => format!("{length} items"),
        D::MapRunStarted { map_run_arn } => map_run_arn.to_string(),
        D::Redriven { redrive_count } => format!("redrive {redrive_count}"),
        D::MapRunRedriven { map_run_arn, redrive_count } => {
            format!("redrive {redrive_count} of {map_run_arn}")
        }
        D::EvaluationFailed { error, cause, location, state } => {
            let place =
                location.as_deref().map_or_else(String::new, |location| format!(" at {location}"));
            join(&format!("{state}{place}"), &failure(error.as_deref(), cause.as_deref()))
        }
        D::Unknown(value) => shortened(&value.to_string()),
    };
    shortened(&text)
}

fn join(left: &str, right: &str) -> String {
    if right.is_empty() { left.to_owned() } else { format!("{left} · {right}") }
}

fn failure(error: Option<&str>, cause: Option<&str>) -> String {
    match (error, cause) {
        (Some(error), Some(cause)) => format!("{error}: {cause}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => String::new(),
    }
}

fn payload(label: &str, payload: Option<&Payload>) -> String {
    let Some(payload) = payload else { return String::new() };
    let text = match payload {
        // A recorded text may have a quarter of a megabyte; only its beginning is needed.
        Payload::Text(text) => shortened(text),
        Payload::Value(value) => beginning(value),
    };
    format!("{label} {text}")
}

/// The first characters of a value's JSON, without writing out the rest.
fn beginning(value: &crate::json::Value) -> String {
    struct Limited(String);
    impl std::fmt::Write for Limited {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.push_str(text);
            if self.0.len() > 4 * MAX_SUMMARY { Err(std::fmt::Error) } else { Ok(()) }
        }
    }
    let mut text = Limited(String::new());
    match std::fmt::write(&mut text, format_args!("{value}")) {
        // An error only says that there is more than was wanted.
        Ok(()) | Err(std::fmt::Error) => shortened(&text.0),
    }
}

/// One line of at most [`MAX_SUMMARY`] characters.
fn shortened(text: &str) -> String {
    let mut short: String =
        text.chars().take(MAX_SUMMARY).map(|it| if it.is_control() { ' ' } else { it }).collect();
    if text.chars().nth(MAX_SUMMARY).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{EventId, Timestamp};
    use crate::json::Value;

    fn event(event_type: EventType, details: EventDetails) -> HistoryEvent {
        let at = Timestamp(0);
        HistoryEvent {
            id: EventId(1),
            previous_event_id: EventId(0),
            timestamp: at,
            event_type,
            details,
        }
    }

    #[test]
    fn a_summary_is_one_short_line() {
        let long = Value::array((0..100_000).map(Value::from));
        let details =
            EventDetails::StateEntered { name: "Pay\nnow".into(), input: Some(long.into()) };
        let text = summary(&event(EventType::PassStateEntered, details));
        assert!(text.starts_with("Pay now · input [0,1,2,"), "{text}");
        assert!(text.ends_with('…') && text.chars().count() == MAX_SUMMARY, "{text}");
    }

    #[test]
    fn a_failure_says_its_error_and_cause() {
        let details =
            EventDetails::Failure { error: Some("Boom".into()), cause: Some("why".into()) };
        assert_eq!(summary(&event(EventType::LambdaFunctionFailed, details)), "Boom: why");
    }

    #[test]
    fn every_event_type_has_a_category() {
        let of = EventCategory::of;
        assert_eq!(of(EventType::ExecutionStarted), EventCategory::Execution);
        assert_eq!(of(EventType::ExecutionFailed), EventCategory::Failure);
        assert_eq!(of(EventType::MapStateEntered), EventCategory::State);
        assert_eq!(of(EventType::MapIterationStarted), EventCategory::Container);
        assert_eq!(of(EventType::LambdaFunctionStarted), EventCategory::Task);
        assert_eq!(of(EventType::TaskStateAborted), EventCategory::Failure);
        assert_eq!(of(EventType::Unknown), EventCategory::Unknown);
    }
}
