//! A whole history as the lanes of a timeline: one per thread, with a bar per visit and the attempts inside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    EventDetails, EventId, EventType, HistoryEvent, Moment, StateStatus, StateType, ThreadId,
    ThreadKind, Timestamp,
};
use crate::asl::StatePath;

/// All visits of a history, in lanes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// One per thread, by [`ThreadId`].
    pub lanes: Vec<Lane>,
    /// By their entered event.
    pub visits: BTreeMap<EventId, TimelineVisit>,
    /// The first and last instant.
    pub span: (Timestamp, Timestamp),
}

/// The thread of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub thread: ThreadId,
    pub parent: Option<ThreadId>,
    pub kind: ThreadKind,
    /// The nesting: 0 for the top.
    pub depth: u32,
    pub begin: Timestamp,
    /// `None` while it runs.
    pub end: Option<Timestamp>,
    /// Entered events of its visits, in order.
    pub visits: Vec<EventId>,
}

/// A bar in a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineVisit {
    pub state: StatePath,
    pub name: Arc<str>,
    pub state_type: StateType,
    pub thread: ThreadId,
    pub entered: EventId,
    pub begin: Timestamp,
    pub end: Option<Timestamp>,
    /// The last event that belongs to it.
    pub last_event: EventId,
    pub status: StateStatus,
    pub error: Option<(Arc<str>, Arc<str>)>,
    /// Tasks, Parallels and Maps; the gaps between them are retry delays.
    pub attempts: Vec<Attempt>,
    /// All its events, in order.
    pub events: Vec<EventId>,
}

/// One attempt within a visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The event that scheduled or started it.
    pub event: EventId,
    pub begin: Timestamp,
    pub end: Option<Timestamp>,
    /// `None` while it runs; whether it succeeded.
    pub succeeded: Option<bool>,
}

impl Timeline {
    /// Takes in one event: its moment, and the threads that it changed.
    pub(super) fn add(&mut self, event: &HistoryEvent, after: &Moment, touched: &[ThreadId]) {
        let at = event.timestamp;
        if after.at == EventId(1) {
            self.span.0 = at;
        }
        self.span.1 = self.span.1.max(at);
        for thread in &after.threads[self.lanes.len().min(after.threads.len())..] {
            let depth =
                u32::try_from(after.chain(thread.id).count()).unwrap_or(u32::MAX).saturating_sub(1);
            let (thread, parent, kind) = (thread.id, thread.parent, thread.kind.clone());
            self.lanes.push(Lane {
                thread,
                parent,
                kind,
                depth,
                begin: at,
                end: None,
                visits: Vec::new(),
            });
        }
        self.enter(event, after);
        for thread in touched {
            self.refresh(*thread, after, at);
        }
        self.note(event, after);
    }

    /// A new bar, when the event enters a state.
    fn enter(&mut self, event: &HistoryEvent, after: &Moment) {
        let EventDetails::StateEntered { .. } = &event.details else { return };
        let Some(thread) = after.thread(after.focus) else { return };
        let Some(visit) = thread.current.as_ref().filter(|it| it.entered == event.id) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(thread.id.0 as usize) else { return };
        let before = lane.visits.last().copied();
        lane.visits.push(event.id);
        // Recordings with gaps lack the exit.
        if let Some(before) = before.and_then(|it| self.visits.get_mut(&it))
            && before.end.is_none()
        {
            before.close(StateStatus::Succeeded, event.timestamp);
        }
        let bar = TimelineVisit {
            state: visit.state.clone(),
            name: Arc::clone(&visit.name),
            state_type: visit.state_type,
            thread: thread.id,
            entered: event.id,
            begin: event.timestamp,
            end: None,
            last_event: event.id,
            status: visit.status,
            error: visit.error.clone(),
            attempts: Vec::new(),
            events: Vec::new(),
        };
        self.visits.insert(event.id, bar);
    }

    /// What a thread's change means for its lane and its bar.
    fn refresh(&mut self, id: ThreadId, after: &Moment, at: Timestamp) {
        let Some(thread) = after.thread(id) else { return };
        let alive = thread.status.is_alive();
        if let Some(lane) = self.lanes.get_mut(id.0 as usize) {
            lane.end = if alive { None } else { lane.end.or(Some(at)) };
        }
        let Some(visit) = &thread.current else { return };
        let Some(bar) = self.visits.get_mut(&visit.entered) else { return };
        if visit.error.is_some() {
            bar.error.clone_from(&visit.error);
        }
        if visit.is_open() {
            (bar.status, bar.end) = (visit.status, None);
        } else if bar.end.is_none() {
            bar.close(visit.status, at);
        }
    }

    /// The event itself, in the bar it belongs to.
    fn note(&mut self, event: &HistoryEvent, after: &Moment) {
        let name = event.event_type.as_str();
        if name.starts_with("Execution") {
            return;
        }
        let thread = after.thread(after.focus);
        let iteration = name.starts_with("MapIteration");
        let thread = if iteration {
            thread.and_then(|it| after.thread(it.parent?)).or(thread)
        } else {
            thread
        };
        let entered = thread.and_then(|it| it.current.as_ref()).map(|it| it.entered);
        let Some(bar) = entered.and_then(|it| self.visits.get_mut(&it)) else { return };
        bar.events.push(event.id);
        bar.last_event = event.id;
        match phase(event.event_type) {
            Phase::Begins => bar.begin_attempt(event.id, event.timestamp),
            Phase::Ends(succeeded) => bar.end_attempt(succeeded, event.timestamp),
            Phase::Goes => {}
        }
    }
}

impl TimelineVisit {
    fn begin_attempt(&mut self, event: EventId, at: Timestamp) {
        self.end_attempt(false, at);
        self.attempts.push(Attempt { event, begin: at, end: None, succeeded: None });
    }

    fn end_attempt(&mut self, succeeded: bool, at: Timestamp) {
        if let Some(attempt) = self.attempts.last_mut().filter(|it| it.end.is_none()) {
            (attempt.end, attempt.succeeded) = (Some(at), Some(succeeded));
        }
    }

    fn close(&mut self, status: StateStatus, at: Timestamp) {
        (self.status, self.end) = (status, Some(at));
        self.end_attempt(status == StateStatus::Succeeded, at);
    }

    /// Retries so far.
    pub fn retries(&self) -> usize {
        self.attempts.len().saturating_sub(1)
    }
}

enum Phase {
    Begins,
    Ends(bool),
    Goes,
}

/// What an event means for the attempts of its state.
fn phase(event_type: EventType) -> Phase {
    use EventType as E;
    match event_type {
        E::TaskScheduled
        | E::LambdaFunctionScheduled
        | E::ActivityScheduled
        | E::MapStateStarted
        | E::ParallelStateStarted => Phase::Begins,
        E::TaskSucceeded
        | E::LambdaFunctionSucceeded
        | E::ActivitySucceeded
        | E::MapStateSucceeded
        | E::ParallelStateSucceeded => Phase::Ends(true),
        E::TaskFailed
        | E::TaskStartFailed
        | E::TaskSubmitFailed
        | E::TaskTimedOut
        | E::TaskStateAborted
        | E::LambdaFunctionFailed
        | E::LambdaFunctionScheduleFailed
        | E::LambdaFunctionStartFailed
        | E::LambdaFunctionTimedOut
        | E::ActivityFailed
        | E::ActivityScheduleFailed
        | E::ActivityTimedOut
        | E::MapStateFailed
        | E::MapStateAborted
        | E::ParallelStateFailed
        | E::ParallelStateAborted => Phase::Ends(false),
        E::ExecutionAborted
        | E::ExecutionFailed
        | E::ExecutionStarted
        | E::ExecutionSucceeded
        | E::ExecutionTimedOut
        | E::ExecutionRedriven
        | E::ChoiceStateEntered
        | E::ChoiceStateExited
        | E::FailStateEntered
        | E::MapStateEntered
        | E::MapStateExited
        | E::ParallelStateEntered
        | E::ParallelStateExited
        | E::PassStateEntered
        | E::PassStateExited
        | E::SucceedStateEntered
        | E::SucceedStateExited
        | E::TaskStateEntered
        | E::TaskStateExited
        | E::WaitStateEntered
        | E::WaitStateExited
        | E::TaskStarted
        | E::TaskSubmitted
        | E::LambdaFunctionStarted
        | E::ActivityStarted
        | E::MapIterationAborted
        | E::MapIterationFailed
        | E::MapIterationStarted
        | E::MapIterationSucceeded
        | E::MapRunAborted
        | E::MapRunFailed
        | E::MapRunStarted
        | E::MapRunSucceeded
        | E::MapRunRedriven
        | E::WaitStateAborted
        | E::EvaluationFailed
        | E::Unknown => Phase::Goes,
    }
}
