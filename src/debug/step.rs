//! What the user may ask for, and why a session stopped.

use std::sync::Arc;

use super::Cursor;
use super::debuggee::Debuggee;
use super::inspect::brings_result;
use crate::asl::{ErrorName, StatePath};
use crate::execution::summary::{error_of, is_failure};
use crate::execution::{EventDetails, EventId, EventType, HistoryEvent, StateStatus, ThreadId};

/// How far to go, in DAP's words. A goal is worked on by [`super::DebugSession::advance`] until it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To a breakpoint, an error that is filtered for, or the end.
    Continue,
    /// To the next state entered in this thread, or, when the thread ends, in the one around it. A Map or Parallel is
    /// stepped over as a whole.
    Next,
    /// To the next data-flow stage of this state, then into a branch or iteration, then to the next state.
    StepIn,
    /// Out of the Map or Parallel around this thread, to the event of its exit; at the top, to the end.
    StepOut,
    /// Back to a breakpoint, an error that is filtered for, or the start.
    ReverseContinue,
    /// Undoes the last step; without one, back to where this state, or the one before it in this thread, was entered.
    StepBack,
    /// Back to the data-flow stage or state before, into branches and iterations.
    ReverseStepIn,
    /// Back to where the Map or Parallel around this thread was entered; at the top, to the start.
    ReverseStepOut,
    /// To the next visit of a state, whatever its thread.
    RunTo(StatePath),
}

impl Goal {
    /// Whether it moves the cursor backwards; nothing runs then.
    pub fn is_reverse(&self) -> bool {
        match self {
            Self::ReverseContinue | Self::StepBack | Self::ReverseStepIn | Self::ReverseStepOut => {
                true
            }
            Self::Continue | Self::Next | Self::StepIn | Self::StepOut | Self::RunTo(_) => false,
        }
    }
}

/// Why a session stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// At the start.
    Entry,
    Step,
    Breakpoint(StatePath),
    Exception {
        state: Option<StatePath>,
        error: Arc<str>,
        cause: Arc<str>,
        caught: bool,
    },
    Pause,
    Goto,
    /// The last event of an execution that has ended.
    End,
    /// Nothing can move until one of the pending tasks is answered. The goal stays: after the answer, `advance` goes on.
    WaitingForAnswer,
}

/// What a log point wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub event: EventId,
    pub state: StatePath,
    pub text: String,
}

/// An error at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) state: Option<StatePath>,
    pub(super) error: Arc<str>,
    pub(super) cause: Arc<str>,
    /// Whether a Retry or a Catch, of the state or of what is around it, takes care.
    pub(super) caught: bool,
}

impl Debuggee {
    pub(super) fn enters_state(&self, event: EventId) -> bool {
        self.history
            .get(event)
            .is_some_and(|it| matches!(it.details, EventDetails::StateEntered { .. }))
    }

    pub(super) fn exits_state(&self, event: EventId) -> bool {
        self.history
            .get(event)
            .is_some_and(|it| matches!(it.details, EventDetails::StateExited { .. }))
    }

    /// Whether `outer` is the thread or one around it.
    pub(super) fn is_around(&self, outer: ThreadId, thread: ThreadId) -> bool {
        std::iter::successors(Some(thread), |it| self.moments.parent_of(*it)).any(|it| it == outer)
    }

    /// Where `StepIn` stands still at an event, for someone who came from a thread.
    pub(super) fn step_in_stop(&self, event: EventId, from: ThreadId) -> Option<Cursor> {
        let thread = self.moments.thread_of(event);
        if !self.is_around(thread, from) && !self.is_around(from, thread) {
            return None;
        }
        let stage = if self.enters_state(event) {
            None
        } else if self.exits_state(event) {
            Some("output")
        } else if self.history.get(event).is_some_and(|it| brings_result(it.event_type)) {
            Some("result")
        } else {
            return None;
        };
        Some(Cursor { event, stage })
    }

    /// The error that an event tells of, the first time that it is told.
    pub(super) fn fault_at(&self, id: EventId) -> Option<Fault> {
        let event = self.history.get(id)?;
        let thread = self.moments.thread_of(id);
        let is = |event_type: EventType| event.event_type == event_type;
        let (error, cause) = if is(EventType::FailStateEntered) {
            let seen = self.history.inspections.get(&id).and_then(|data| data.error.as_ref());
            let seen = seen.map(|it| (it.error.as_str().into(), it.cause.as_str().into()));
            let moment = self.moments.at(&self.history, id);
            seen.or_else(|| moment.thread(thread)?.current.as_ref()?.error.clone())?
        } else if is(EventType::ExecutionFailed) || is(EventType::MapIterationFailed) {
            // Most follow the event of the failure itself.
            if self.is_told(event) {
                return None;
            }
            let moment = self.moments.at(&self.history, id);
            let visit = moment.chain(thread).find_map(|it| it.current.as_ref()?.error.clone());
            error_of(&event.details).or(visit).unwrap_or_default()
        } else if is(EventType::ExecutionTimedOut) || is(EventType::ExecutionAborted) {
            return None;
        } else {
            error_of(&event.details)?
        };
        let caught = !is(EventType::ExecutionFailed) && self.is_caught(id, thread, &error);
        let state = self.moments.state_of(id).cloned().or_else(|| self.failed_state(id));
        Some(Fault { state, error, cause, caught })
    }

    /// The innermost state that has failed, for the end of the execution, which names none.
    fn failed_state(&self, at: EventId) -> Option<StatePath> {
        let moment = self.moments.at(&self.history, at);
        let visits = moment.threads.iter().filter_map(|it| it.current.as_ref());
        let failed = visits.filter(|visit| visit.status == StateStatus::Failed);
        failed.max_by_key(|visit| visit.entered).map(|visit| visit.state.clone())
    }

    /// Whether the failure behind the end of an execution or iteration has had an event of its own.
    fn is_told(&self, event: &HistoryEvent) -> bool {
        self.history.get(event.previous_event_id).is_some_and(|it| {
            is_failure(it.event_type)
                || matches!(
                    it.event_type,
                    EventType::FailStateEntered | EventType::EvaluationFailed
                )
        })
    }

    /// Asks the `Retry` and `Catch` of the states that the thread is in, from the inside out. Retriers are taken to share the
    /// visit's attempts.
    fn is_caught(&self, at: EventId, thread: ThreadId, error: &str) -> bool {
        let moment = self.moments.at(&self.history, at);
        moment.chain(thread).any(|thread| {
            let Some(visit) = &thread.current else { return false };
            let Some(state) = self.state(visit) else { return false };
            let retries = u64::from(visit.attempts.saturating_sub(1));
            let retrier = state.retry.iter().find(|it| names(&it.error_equals, error));
            retrier.is_some_and(|it| retries < it.max_attempts)
                || state.catch.iter().any(|it| names(&it.error_equals, error))
        })
    }
}

/// Whether `ErrorEquals` names an error; `States.Runtime` ends the execution whatever it says.
fn names(error_equals: &[ErrorName], error: &str) -> bool {
    error != "States.Runtime"
        && error_equals.iter().any(|name| match name.as_str() {
            "States.ALL" => true,
            "States.TaskFailed" => error != "States.Timeout",
            name => name == error,
        })
}
