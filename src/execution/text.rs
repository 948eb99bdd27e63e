//! A history as compact text, one line for each event: what scenario tests compare and the command line prints.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{EventDetails, History, HistoryEvent, Payload};

/// `3 <- 2  PassStateExited Pay {"a":1}`, one line each, without times unless an event is later than the first.
pub fn to_text(history: &History) -> String {
    let mut text = String::new();
    let start = history.events().first().map_or(0, |it| it.timestamp.0);
    for event in history.events() {
        write_event(&mut text, event, start);
        text.push('\n');
    }
    text
}

fn write_event(text: &mut String, event: &HistoryEvent, start: i64) {
    let later = event.timestamp.0.saturating_sub(start);
    let _infallible = write!(
        text,
        "{} <- {}  {}",
        event.id.0,
        event.previous_event_id.0,
        event.event_type.as_str()
    );
    for part in details_parts(&event.details) {
        text.push(' ');
        // One event is one line, whatever is in its texts.
        text.push_str(&part.replace('\n', "\\n").replace('\r', "\\r"));
    }
    if later != 0 {
        let _infallible = write!(text, "  +{}.{:03}s", later / 1000, later.unsigned_abs() % 1000);
    }
}

fn details_parts(details: &EventDetails) -> Vec<String> {
    use EventDetails as D;
    let payload = |it: &Option<Payload>| it.as_ref().map(|it| it.text().to_string());
    let failure = |error: &Option<Arc<str>>, cause: &Option<Arc<str>>| {
        vec![error.as_deref().map(str::to_owned), cause.as_ref().map(|it| format!("{it:?}"))]
    };
    let parts = match details {
        D::None => Vec::new(),
        D::ExecutionStarted { input, role_arn: _ } => vec![payload(input)],
        D::Succeeded { output } => vec![payload(output)],
        D::Failure { error, cause } => failure(error, cause),
        D::StateEntered { name, input } => vec![Some(name.to_string()), payload(input)],
        D::StateExited { name, output, assigned_variables } => {
            let mut parts = vec![Some(name.to_string()), payload(output)];
            parts.extend(
                assigned_variables
                    .iter()
                    .map(|(name, value)| Some(format!("${name}={}", value.text()))),
            );
            parts
        }
        D::TaskScheduled {
            resource_type,
            resource,
            region: _,
            parameters,
            timeout,
            heartbeat,
            credentials,
        } => vec![
            Some(format!("{resource_type}:{resource}")),
            Some(parameters.text().to_string()),
            timeout.map(|it| format!("timeout={it}s")),
            heartbeat.map(|it| format!("heartbeat={it}s")),
            credentials.as_ref().map(|it| format!("as {it}")),
        ],
        D::TaskStarted { resource_type, resource } => {
            vec![Some(format!("{resource_type}:{resource}"))]
        }
        D::TaskOutput { resource_type, resource, output } => {
            vec![Some(format!("{resource_type}:{resource}")), payload(output)]
        }
        D::TaskFailure { resource_type, resource, error, cause } => {
            let mut parts = vec![Some(format!("{resource_type}:{resource}"))];
            parts.extend(failure(error, cause));
            parts
        }
        D::ResourceScheduled { resource, input, timeout, heartbeat, credentials } => vec![
            Some(resource.to_string()),
            payload(input),
            timeout.map(|it| format!("timeout={it}s")),
            heartbeat.map(|it| format!("heartbeat={it}s")),
            credentials.as_ref().map(|it| format!("as {it}")),
        ],
        D::ActivityStarted { worker_name } => vec![worker_name.as_deref().map(str::to_owned)],
        D::MapIteration { name, index } => vec![Some(format!("{name}[{index}]"))],
        D::MapStateStarted { length } => vec![Some(format!("length={length}"))],
        D::MapRunStarted { map_run_arn } => vec![Some(map_run_arn.to_string())],
        D::Redriven { redrive_count } => vec![Some(format!("redrive={redrive_count}"))],
        D::MapRunRedriven { map_run_arn, redrive_count } => {
            vec![Some(map_run_arn.to_string()), Some(format!("redrive={redrive_count}"))]
        }
        D::EvaluationFailed { error, cause, location, state } => {
            let mut parts =
                vec![Some(state.to_string()), location.as_deref().map(|it| format!("at {it}"))];
            parts.extend(failure(error, cause));
            parts
        }
        D::Unknown(whole) => vec![Some(whole.to_string())],
    };
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{EventId, EventType, Timestamp};
    use crate::json::Value;

    #[test]
    fn an_event_is_one_line() {
        let mut history = History::default();
        let started = EventDetails::ExecutionStarted {
            input: Some(Value::empty_object().into()),
            role_arn: None,
        };
        history.append(EventId(0), Timestamp(1000), EventType::ExecutionStarted, started);
        let failed =
            EventDetails::Failure { error: Some("Oops".into()), cause: Some("two\nlines".into()) };
        history.append(EventId(0), Timestamp(2500), EventType::ExecutionFailed, failed);
        assert_eq!(
            to_text(&history),
            "1 <- 0  ExecutionStarted {}\n2 <- 0  ExecutionFailed Oops \"two\\nlines\"  +1.500s\n"
        );
    }
}
