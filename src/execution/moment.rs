//! The situation just after an event: which threads there are, where each stands, how each state fares.
//!
//! `Moment = fold(events[..=cursor])`. Threads are found from the Map and Parallel markers, and from
//! `MapIterationStarted.index`, because `previousEventId` is no clean tree in recorded histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EventId, History, Thread, ThreadId, Timeline, Timestamp, Visit};
use crate::asl::{StateMachine, StatePath};

/// How a state fares, over its concurrent visits the most alarming one; a visit in a later round of a loop replaces the
/// earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateStatus {
    #[default]
    NotEntered,
    Succeeded,
    Aborted,
    InProgress,
    /// Failed, and a Retry or Catch took care.
    Caught,
    Failed,
}

/// The situation just after event `at`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// 0 is "before the first event": no thread, nothing entered.
    pub at: EventId,
    pub timestamp: Timestamp,
    /// By [`ThreadId`]. Threads that have ended stay, so that their last state can be seen.
    pub threads: Vec<Arc<Thread>>,
    /// The thread that the event at the cursor belongs to.
    pub focus: ThreadId,
    /// Only states that have been entered.
    pub states: BTreeMap<StatePath, StateSummary>,
    /// Transitions taken, by (from, to), so that the graph can colour its edges.
    pub taken: BTreeMap<(StatePath, StatePath), u32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSummary {
    pub status: StateStatus,
    pub visits: u32,
    /// Visits that are not over.
    pub in_progress: u32,
    /// Retries in the latest visit.
    pub retries: u32,
    /// Iterations of a Map: started, finished, length.
    pub iterations: Option<(u64, u64, u64)>,
    /// The entered event of the latest visit.
    pub latest: EventId,
    /// The most alarming status of the concurrent visits that are over.
    pub(super) settled: StateStatus,
    /// What groups concurrent visits: the start of the outermost Parallel or Map around them.
    pub(super) round: EventId,
}

/// All moments of a history: any of them in about constant time, and new events added as they come.
#[derive(Clone, Debug)]
pub struct Moments {}

impl Moments {
    pub fn new(machine: &StateMachine) -> Self { let _ = machine; todo!() }
    /// Takes in the events that were appended since.
    pub fn extend(&mut self, history: &History) { let _ = history; todo!() }
    /// The situation just after an event; past the end, after the last.
    pub fn at(&self, history: &History, event: EventId) -> Arc<Moment> { let _ = (history, event); todo!() }
    /// The thread of an event.
    pub fn thread_of(&self, event: EventId) -> ThreadId { let _ = event; todo!() }
    /// The visit of an event, by its entered event.
    pub fn visit_of(&self, event: EventId) -> Option<EventId> { let _ = event; todo!() }
    pub fn timeline(&self) -> &Timeline { todo!() }
}

impl Moment {
    pub fn thread(&self, id: ThreadId) -> Option<&Arc<Thread>> {
        self.threads.get(id.0 as usize)
    }
    /// The thread and the ones around it, up to the top.
    pub fn chain(&self, id: ThreadId) -> impl Iterator<Item = &Arc<Thread>> {
        std::iter::successors(self.thread(id), |thread| self.thread(thread.parent?))
    }
    /// The visit that the focused thread is in, or was last in.
    pub fn visit(&self) -> Option<&Visit> {
        self.thread(self.focus)?.current.as_ref()
    }
    pub fn status_of(&self, state: &StatePath) -> StateStatus {
        self.states.get(state).map_or(StateStatus::NotEntered, |summary| summary.status)
    }
}
