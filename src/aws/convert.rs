//! The SDK's events to ours.

use std::sync::Arc;

use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types;

use crate::execution::{EventDetails, EventId, EventType, HistoryEvent, Payload, Timestamp};
use crate::json::Value;

/// A date of an answer.
pub(super) fn millis(date: &DateTime) -> Timestamp {
    Timestamp(date.to_millis().unwrap_or(0))
}

pub(super) fn millis_of(date: Option<&DateTime>) -> Option<Timestamp> {
    date.map(millis)
}

/// One event. Its texts stay as AWS wrote them, so an export gives them back unchanged.
pub(super) fn event_of(event: &types::HistoryEvent) -> HistoryEvent {
    let event_type = EventType::parse(event.r#type().as_str());
    HistoryEvent {
        id: EventId(u64::try_from(event.id()).unwrap_or(0)),
        previous_event_id: EventId(u64::try_from(event.previous_event_id()).unwrap_or(0)),
        timestamp: millis(event.timestamp()),
        event_type,
        details: (event_type == EventType::Unknown)
            .then(|| newer_than_this_program(event))
            .or_else(|| execution_details(event))
            .or_else(|| state_details(event))
            .or_else(|| task_details(event))
            .or_else(|| lambda_details(event))
            .or_else(|| activity_details(event))
            .or_else(|| map_details(event))
            .unwrap_or_default(),
    }
}

/// The SDK keeps the name of a type that it does not know, and drops its details.
fn newer_than_this_program(event: &types::HistoryEvent) -> EventDetails {
    EventDetails::Unknown(Value::object([
        ("timestamp", Value::from(millis(event.timestamp()).to_string())),
        ("type", Value::from(event.r#type().as_str())),
        ("id", Value::from(event.id())),
        ("previousEventId", Value::from(event.previous_event_id())),
    ]))
}

fn shared(text: Option<&str>) -> Option<Arc<str>> {
    text.map(Arc::from)
}

fn payload(text: Option<&str>) -> Option<Payload> {
    text.map(|text| Payload::Text(text.into()))
}

fn failure(error: Option<&str>, cause: Option<&str>) -> EventDetails {
    EventDetails::Failure { error: shared(error), cause: shared(cause) }
}

fn seconds(seconds: Option<i64>) -> Option<u64> {
    seconds.and_then(|it| u64::try_from(it).ok())
}

fn execution_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.execution_started_event_details() {
        return Some(EventDetails::ExecutionStarted {
            input: payload(it.input()),
            role_arn: shared(it.role_arn()),
        });
    }
    if let Some(it) = event.execution_succeeded_event_details() {
        return Some(EventDetails::Succeeded { output: payload(it.output()) });
    }
    if let Some(it) = event.execution_redriven_event_details() {
        let redrive_count = it.redrive_count().and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
        return Some(EventDetails::Redriven { redrive_count });
    }
    None.or_else(|| {
        event.execution_failed_event_details().map(|it| failure(it.error(), it.cause()))
    })
    .or_else(|| event.execution_aborted_event_details().map(|it| failure(it.error(), it.cause())))
    .or_else(|| event.execution_timed_out_event_details().map(|it| failure(it.error(), it.cause())))
}

fn state_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.state_entered_event_details() {
        return Some(EventDetails::StateEntered {
            name: it.name().into(),
            input: payload(it.input()),
        });
    }
    if let Some(it) = event.state_exited_event_details() {
        let assigned = it.assigned_variables().into_iter().flatten();
        return Some(EventDetails::StateExited {
            name: it.name().into(),
            output: payload(it.output()),
            assigned_variables: assigned
                .map(|(name, text)| (name.as_str().into(), Payload::Text(text.as_str().into())))
                .collect(),
        });
    }
    event.evaluation_failed_event_details().map(|it| EventDetails::EvaluationFailed {
        error: shared(it.error()),
        cause: shared(it.cause()),
        location: shared(it.location()),
        state: it.state().into(),
    })
}

fn task_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.task_scheduled_event_details() {
        return Some(EventDetails::TaskScheduled {
            resource_type: it.resource_type().into(),
            resource: it.resource().into(),
            region: it.region().into(),
            parameters: Payload::Text(it.parameters().into()),
            timeout: seconds(it.timeout_in_seconds()),
            heartbeat: seconds(it.heartbeat_in_seconds()),
            credentials: shared(it.task_credentials().and_then(|it| it.role_arn())),
        });
    }
    if let Some(it) = event.task_started_event_details() {
        return Some(EventDetails::TaskStarted {
            resource_type: it.resource_type().into(),
            resource: it.resource().into(),
        });
    }
    let output =
        |resource_type: &str, resource: &str, output: Option<&str>| EventDetails::TaskOutput {
            resource_type: resource_type.into(),
            resource: resource.into(),
            output: payload(output),
        };
    if let Some(it) = event.task_submitted_event_details() {
        return Some(output(it.resource_type(), it.resource(), it.output()));
    }
    if let Some(it) = event.task_succeeded_event_details() {
        return Some(output(it.resource_type(), it.resource(), it.output()));
    }
    let failed = |resource_type: &str, resource: &str, error: Option<&str>, cause: Option<&str>| {
        EventDetails::TaskFailure {
            resource_type: resource_type.into(),
            resource: resource.into(),
            error: shared(error),
            cause: shared(cause),
        }
    };
    if let Some(it) = event.task_failed_event_details() {
        return Some(failed(it.resource_type(), it.resource(), it.error(), it.cause()));
    }
    if let Some(it) = event.task_timed_out_event_details() {
        return Some(failed(it.resource_type(), it.resource(), it.error(), it.cause()));
    }
    if let Some(it) = event.task_start_failed_event_details() {
        return Some(failed(it.resource_type(), it.resource(), it.error(), it.cause()));
    }
    event
        .task_submit_failed_event_details()
        .map(|it| failed(it.resource_type(), it.resource(), it.error(), it.cause()))
}

fn lambda_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.lambda_function_scheduled_event_details() {
        return Some(EventDetails::ResourceScheduled {
            resource: it.resource().into(),
            input: payload(it.input()),
            timeout: seconds(it.timeout_in_seconds()),
            heartbeat: None,
            credentials: shared(it.task_credentials().and_then(|it| it.role_arn())),
        });
    }
    if let Some(it) = event.lambda_function_succeeded_event_details() {
        return Some(EventDetails::Succeeded { output: payload(it.output()) });
    }
    None.or_else(|| {
        event.lambda_function_failed_event_details().map(|it| failure(it.error(), it.cause()))
    })
    .or_else(|| {
        event.lambda_function_timed_out_event_details().map(|it| failure(it.error(), it.cause()))
    })
    .or_else(|| {
        event.lambda_function_start_failed_event_details().map(|it| failure(it.error(), it.cause()))
    })
    .or_else(|| {
        event
            .lambda_function_schedule_failed_event_details()
            .map(|it| failure(it.error(), it.cause()))
    })
}

fn activity_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.activity_scheduled_event_details() {
        return Some(EventDetails::ResourceScheduled {
            resource: it.resource().into(),
            input: payload(it.input()),
            timeout: seconds(it.timeout_in_seconds()),
            heartbeat: seconds(it.heartbeat_in_seconds()),
            credentials: None,
        });
    }
    if let Some(it) = event.activity_started_event_details() {
        return Some(EventDetails::ActivityStarted { worker_name: shared(it.worker_name()) });
    }
    if let Some(it) = event.activity_succeeded_event_details() {
        return Some(EventDetails::Succeeded { output: payload(it.output()) });
    }
    None.or_else(|| event.activity_failed_event_details().map(|it| failure(it.error(), it.cause())))
        .or_else(|| {
            event.activity_timed_out_event_details().map(|it| failure(it.error(), it.cause()))
        })
        .or_else(|| {
            event.activity_schedule_failed_event_details().map(|it| failure(it.error(), it.cause()))
        })
}

fn map_details(event: &types::HistoryEvent) -> Option<EventDetails> {
    if let Some(it) = event.map_state_started_event_details() {
        return Some(EventDetails::MapStateStarted {
            length: u64::try_from(it.length()).unwrap_or(0),
        });
    }
    if let Some(it) = event.map_run_started_event_details() {
        return Some(EventDetails::MapRunStarted {
            map_run_arn: it.map_run_arn().unwrap_or("").into(),
        });
    }
    if let Some(it) = event.map_run_failed_event_details() {
        return Some(failure(it.error(), it.cause()));
    }
    if let Some(it) = event.map_run_redriven_event_details() {
        let redrive_count = it.redrive_count().and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
        return Some(EventDetails::MapRunRedriven {
            map_run_arn: it.map_run_arn().unwrap_or("").into(),
            redrive_count,
        });
    }
    let iteration = event
        .map_iteration_started_event_details()
        .or_else(|| event.map_iteration_succeeded_event_details())
        .or_else(|| event.map_iteration_failed_event_details())
        .or_else(|| event.map_iteration_aborted_event_details())?;
    Some(EventDetails::MapIteration {
        name: iteration.name().unwrap_or("").into(),
        index: u64::try_from(iteration.index()).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sfn::primitives::DateTime;

    #[test]
    fn an_event_keeps_its_texts_as_aws_wrote_them() {
        let details =
            types::StateEnteredEventDetails::builder().name("Pay").input("{ \"a\" : 1 }").build();
        let event = types::HistoryEvent::builder()
            .timestamp(DateTime::from_millis(1_700_000_000_123))
            .r#type(types::HistoryEventType::TaskStateEntered)
            .id(2)
            .previous_event_id(0)
            .state_entered_event_details(details.expect("a name was given"))
            .build()
            .expect("every required member was given");
        let ours = event_of(&event);
        assert_eq!(
            (ours.id, ours.previous_event_id, ours.timestamp),
            (EventId(2), EventId(0), Timestamp(1_700_000_000_123))
        );
        let EventDetails::StateEntered { name, input: Some(input) } = ours.details else {
            panic!("{:?}", ours.details)
        };
        assert_eq!((&*name, &*input.text()), ("Pay", "{ \"a\" : 1 }"));
    }
}
