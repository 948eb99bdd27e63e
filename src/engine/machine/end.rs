//! The end of an execution: what it came to, or the limit that it has reached.

use super::{Machine, Turn};
use crate::asl::StateMachineType;
use crate::engine::Action;
use crate::engine::failure::{self, Failure, Origin};
use crate::engine::limits::{MAX_KEPT_BYTES, Size};
use crate::engine::thread::Thread;
use crate::execution::{EventDetails, EventId, EventType, History};
use crate::json::Value;

/// Events after which an Express execution counts as one that never ends.
const MAX_EXPRESS_EVENTS: u64 = 100_000;

/// Events of all child executions of a run together. Each is a step in the journal, and a journal has to fit in memory.
const MAX_UNKEPT_EVENTS: u64 = 2_000_000;

impl Machine {
    pub(super) fn execution_finished(
        &mut self,
        turn: &mut Turn<'_>,
        previous: EventId,
        result: Result<Value, Failure>,
    ) {
        let (event_type, details) = match result {
            Ok(output) => (
                EventType::ExecutionSucceeded,
                EventDetails::Succeeded { output: Some(output.into()) },
            ),
            Err(failure) => {
                let details = EventDetails::Failure { error: failure.error, cause: failure.cause };
                (EventType::ExecutionFailed, details)
            }
        };
        self.end(turn, previous, event_type, details);
    }

    /// Appends the last event and calls off whatever is still awaited.
    pub(super) fn end(
        &mut self,
        turn: &mut Turn<'_>,
        previous: EventId,
        event_type: EventType,
        details: EventDetails,
    ) {
        if self.ended {
            return;
        }
        let (event_type, details) = self.limit(turn.history).unwrap_or((event_type, details));
        turn.history.append(previous, turn.at, event_type, details);
        self.ended = true;
        self.ready.clear();
        let tasks = std::mem::take(&mut self.tasks);
        turn.actions.extend(tasks.into_keys().map(|token| Action::CancelTask { token }));
        let timers = std::mem::take(&mut self.timers);
        turn.actions.extend(timers.into_keys().map(|timer| Action::CancelTimer { timer }));
        turn.actions.push(Action::ExecutionEnded);
    }

    /// The end of an execution whose history is full: event 25,000 of a Standard one is itself the failure. An Express
    /// one has no such limit on AWS, but five minutes; one that goes round without any time passing is ended here.
    pub(super) fn limit(&self, history: &History) -> Option<(EventType, EventDetails)> {
        if self.kept_bytes > MAX_KEPT_BYTES {
            let cause = format!(
                "The payloads of the history take more than {} MiB, which is more than Stepwell keeps of an execution.",
                MAX_KEPT_BYTES >> 20
            );
            let error = Some(failure::RUNTIME.into());
            let details = EventDetails::Failure { error, cause: Some(cause.into()) };
            return Some((EventType::ExecutionFailed, details));
        }
        let next = history.last_id().0 + 1;
        match self.start.kind {
            StateMachineType::Standard => (next >= History::MAX_EVENTS)
                .then(|| (EventType::ExecutionFailed, history_limit_details())),
            StateMachineType::Express => (next >= MAX_EXPRESS_EVENTS).then(|| {
                let error = Some(failure::TIMEOUT.into());
                (EventType::ExecutionTimedOut, EventDetails::Failure { error, cause: None })
            }),
        }
    }

    /// Why a child execution of a distributed Map cannot go on: its history is as full as AWS would keep one, or an Express one
    /// goes round without any time passing. Ends the whole execution when the children together have taken more steps than
    /// can be kept in a journal.
    pub(super) fn child_limit(&mut self, turn: &mut Turn<'_>, thread: &Thread) -> Option<Failure> {
        let context = self.child_contexts.get(&thread.scope).filter(|_| thread.scope != 0)?;
        if self.unkept_events >= MAX_UNKEPT_EVENTS {
            let cause = format!(
                "The child executions of distributed Maps took more than {MAX_UNKEPT_EVENTS} steps, which is more than Stepwell keeps of an execution."
            );
            let error = Some(failure::RUNTIME.into());
            let details = EventDetails::Failure { error, cause: Some(cause.into()) };
            self.end(turn, EventId(0), EventType::ExecutionFailed, details);
            return None;
        }
        let next = context.unkept_events? + 1;
        match context.kind {
            StateMachineType::Standard => (next >= History::MAX_EVENTS)
                .then(|| Failure::new(failure::RUNTIME, history_limit_cause())),
            StateMachineType::Express => (next >= MAX_EXPRESS_EVENTS)
                .then(|| Failure { origin: Origin::TimedOut, ..Failure::timeout() }),
        }
    }

    /// About what the payloads of the history take in memory.
    pub fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Counts a payload that did not exist before.
    pub(crate) fn count_kept(&mut self, size: Size) {
        self.kept_bytes = self.kept_bytes.saturating_add(size.memory_bytes);
    }
}

fn history_limit_cause() -> String {
    let most = History::MAX_EVENTS;
    format!("The execution reached the maximum number of history events ({most}).")
}

fn history_limit_details() -> EventDetails {
    EventDetails::Failure {
        error: Some(failure::RUNTIME.into()),
        cause: Some(history_limit_cause().into()),
    }
}
