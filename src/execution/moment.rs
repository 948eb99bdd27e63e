//! The situation just after an event: which threads there are, where each stands, how each state fares.
//!
//! `Moment = fold(events[..=cursor])`. Threads are found from the Map and Parallel markers, and from
//! `MapIterationStarted.index`, because `previousEventId` is no clean tree in recorded histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EventId, Timestamp};
use crate::asl::StatePath;
use crate::json::Value;
use crate::query::Variables;

/// A thread in DAP's sense: the top, a branch of a Parallel, an iteration of a Map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub id: ThreadId,
    /// The thread that holds the Parallel or Map; `None` for the top.
    pub parent: Option<ThreadId>,
    pub kind: ThreadKind,
    /// The visit it is in, or was last in.
    pub current: Option<Visit>,
    pub status: ThreadStatus,
    /// Variables of this thread's scope and the ones around it.
    pub variables: Variables,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadKind {
    Top,
    Branch { of: StatePath, index: u64 },
    Iteration { of: StatePath, index: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadStatus {
    Running,
    /// In a Wait, or between attempts.
    Waiting,
    Succeeded,
    Failed,
    Aborted,
}

/// One stay in a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub state: StatePath,
    pub name: Arc<str>,
    pub entered: EventId,
    pub entered_at: Timestamp,
    pub exited: Option<EventId>,
    pub input: Value,
    pub output: Option<Value>,
    /// Attempts scheduled so far, 1 after the first.
    pub attempts: u32,
    pub error: Option<(Arc<str>, Arc<str>)>,
}

/// How a state fares, over all its visits up to the moment; the most alarming of concurrent ones.
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
    pub at: EventId,
    pub timestamp: Timestamp,
    pub threads: Vec<Thread>,
    /// The thread that the event at the cursor belongs to.
    pub focus: ThreadId,
    pub states: BTreeMap<StatePath, StateSummary>,
    /// Transitions taken, by (from, to), so that the graph can colour its edges.
    pub taken: BTreeMap<(StatePath, StatePath), u32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSummary {
    pub status: StateStatus,
    pub visits: u32,
    /// Retries in the latest visit.
    pub retries: u32,
    /// Iterations of a Map: started, finished, length.
    pub iterations: Option<(u64, u64, u64)>,
}
