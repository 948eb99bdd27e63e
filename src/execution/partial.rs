//! A history of which only parts are there: each missing event is one that says so, so that the ids stay those of the execution.

use super::{EventDetails, EventType, History, HistoryEvent};
use crate::json::Value;

/// The type that stands for an event which has not been read yet.
pub const NOT_READ: &str = "NotRead";

/// The events from the first on, and others further on, by rising ids.
pub fn partial(beginning: &History, rest: &[HistoryEvent]) -> History {
    let mut history = beginning.clone();
    for event in rest {
        let mut last = history.last_id();
        if event.id <= last {
            continue;
        }
        while last.0 + 1 < event.id.0 {
            last = history.append(last, event.timestamp, EventType::Unknown, hole(last.0 + 1));
        }
        let HistoryEvent { previous_event_id, timestamp, event_type, details, .. } = event.clone();
        history.append(previous_event_id, timestamp, event_type, details);
    }
    history
}

fn hole(id: u64) -> EventDetails {
    EventDetails::Unknown(Value::object([
        ("type", Value::from(NOT_READ)),
        ("id", Value::from(id.cast_signed())),
        ("previousEventId", Value::from(id.cast_signed() - 1)),
    ]))
}

impl HistoryEvent {
    /// Whether it only stands for an event that has not been read.
    pub fn is_unread(&self) -> bool {
        self.type_name() == NOT_READ
    }

    /// The type as the recording has it, also where this program does not know it.
    pub fn type_name(&self) -> &str {
        let EventDetails::Unknown(event) = &self.details else { return self.event_type.as_str() };
        event.get("type").and_then(Value::as_str).unwrap_or_else(|| self.event_type.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{EventId, Timestamp};

    fn event(id: u64, event_type: EventType) -> HistoryEvent {
        HistoryEvent {
            id: EventId(id),
            previous_event_id: EventId(id - 1),
            timestamp: Timestamp(1),
            event_type,
            details: EventDetails::None,
        }
    }

    #[test]
    fn ids_stay_those_of_the_execution_and_holes_say_that_they_are() {
        let tail = [event(4, EventType::WaitStateAborted), event(5, EventType::ExecutionAborted)];
        let history = partial(&History::default(), &tail);
        let types: Vec<&str> = history.events().iter().map(HistoryEvent::type_name).collect();
        assert_eq!(types, [NOT_READ, NOT_READ, NOT_READ, "WaitStateAborted", "ExecutionAborted"]);
        assert!(history.events().iter().zip(1..).all(|(event, id)| event.id.0 == id));
        assert!(history.events()[0].is_unread() && !history.events()[4].is_unread());
    }

    #[test]
    fn what_is_there_twice_is_taken_once() {
        let whole = partial(&History::default(), &[event(1, EventType::ExecutionStarted)]);
        let again = partial(
            &whole,
            &[event(1, EventType::ExecutionStarted), event(2, EventType::ExecutionFailed)],
        );
        assert_eq!(again.events().len(), 2);
    }
}
