//! A thread of an execution: the top, a branch of a Parallel, an iteration of a Map; and its stay in a state.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::failure::Failure;
use super::program::StateIndex;
use super::state::{Items, Reading};
use super::{TaskToken, TimerId};
use crate::execution::{EventId, Timestamp};
use crate::json::Value;
use crate::query::Variables;

/// A thread's place in the machine's list.
pub(crate) type ThreadIndex = u32;
/// The number of a child execution of a distributed Map; 0 is the execution itself.
pub(crate) type ScopeNumber = u32;

#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) parent: Option<ThreadIndex>,
    pub(crate) role: Role,
    pub(crate) scope: ScopeNumber,
    /// What the next event of this thread hangs on.
    pub(crate) previous: EventId,
    /// This thread's variables laid over those of the threads around it.
    pub(crate) variables: Arc<Variables>,
    /// Of the variables' texts.
    pub(crate) variables_bytes: usize,
    /// `$$.Map`, of the innermost iteration.
    pub(crate) map_context: Option<Value>,
    /// Indices of the enclosing iterations, outermost first.
    pub(crate) map_indices: Arc<[u64]>,
    pub(crate) phase: Phase,
    pub(crate) visit: Visit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Top,
    Branch { index: u64 },
    Iteration { index: u64 },
}

impl Role {
    pub(crate) fn index(self) -> u64 {
        match self {
            Self::Top => 0,
            Self::Branch { index } | Self::Iteration { index } => index,
        }
    }
}

/// What the thread does when its turn comes.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Append the entered event.
    Enter { state: Option<StateIndex>, input: Value },
    /// Run the state's body: the first time, or again after a retry's delay.
    Body,
    /// Append the task's started event.
    StartTask,
    /// Nothing: a task runs.
    Task,
    /// Nothing: a Wait, or the delay before a retry.
    Sleep(Wake),
    /// Take in the task's answer.
    Answered(Result<Value, Failure>),
    /// Leave a Wait.
    Awake,
    /// Nothing: branches or iterations run.
    Children,
    /// Take in what the branches or iterations gave.
    ChildrenEnded(Result<Value, Failure>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Wait(TimerId),
    Retry(TimerId),
}

/// One stay in a state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visit {
    pub(crate) state: StateIndex,
    /// The event that the entered event hangs on.
    pub(crate) before: EventId,
    pub(crate) entered: EventId,
    pub(crate) entered_at: Timestamp,
    /// What came in.
    pub(crate) input: Value,
    /// After `InputPath`.
    pub(crate) effective: Value,
    /// Retries so far, by retrier; empty until the first.
    pub(crate) retries: Vec<u32>,
    /// All retries so far: `$$.State.RetryCount`.
    pub(crate) retry_count: u32,
    pub(crate) task: Option<Box<RunningTask>>,
    pub(crate) children: Option<Box<Children>>,
    /// `$$`, once something reads it.
    pub(crate) context: Option<Value>,
    /// The latest `$$.Task.Token`.
    pub(crate) callback_token: Option<Arc<str>>,
}

/// An attempt of a task that has been scheduled and not answered.
#[derive(Clone, Debug)]
pub(crate) struct RunningTask {
    pub(crate) token: TaskToken,
    pub(crate) started: bool,
    pub(crate) timeout: Option<TimerId>,
    pub(crate) heartbeat: Option<(TimerId, u64)>,
}

/// The branches or iterations of the current visit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Children {
    /// By branch or iteration index.
    pub(crate) running: BTreeMap<u64, ThreadIndex>,
    pub(crate) results: Vec<Value>,
    pub(crate) finished: u64,
    pub(crate) failed: u64,
    /// Items of those that failed: batches have several.
    pub(crate) failed_items: u64,
    /// The index of the next to start.
    pub(crate) next: u64,
    pub(crate) length: u64,
    /// Map only: what the iterations get, before `ItemSelector`.
    pub(crate) items: Items,
    /// `u64::MAX` when there is no limit.
    pub(crate) max_concurrency: u64,
    /// Distributed Map only.
    pub(crate) run: Option<MapRun>,
}

/// What only a distributed Map has.
#[derive(Clone, Debug, Default)]
pub(crate) struct MapRun {
    pub(crate) tolerated_count: Option<u64>,
    pub(crate) tolerated_percentage: Option<f64>,
    pub(crate) arn: Option<Arc<str>>,
    /// `ItemReader`, computed.
    pub(crate) reader: Option<Value>,
    pub(crate) max_items: Option<usize>,
    /// What has been read of the items so far.
    pub(crate) reading: Option<Reading>,
    /// Its place in the machine's list of Map Runs.
    pub(crate) number: Option<usize>,
    /// Set while the results are written.
    pub(crate) writing: Option<Box<super::state::Writing>>,
}
