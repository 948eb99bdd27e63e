//! Visits: each stay in a state, and all of them together as the lanes of a timeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EventId, EventType, Payload, StateStatus, ThreadId, ThreadKind, Timestamp};
use crate::asl::StatePath;

/// The type of a state, as its events tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateType {
    Task,
    Pass,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

/// One stay in a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    pub state: StatePath,
    pub name: Arc<str>,
    pub state_type: StateType,
    /// The `…StateEntered` event, which names the visit.
    pub entered: EventId,
    pub entered_at: Timestamp,
    pub exited: Option<EventId>,
    /// `None` where the recording left it out.
    pub input: Option<Payload>,
    pub output: Option<Payload>,
    /// [`StateStatus::InProgress`] until it was left or its execution, branch or iteration ended.
    pub status: StateStatus,
    /// Attempts scheduled so far, 1 after the first.
    pub attempts: u32,
    /// The error and cause of the last attempt that failed, until the next one is scheduled.
    pub error: Option<(Arc<str>, Arc<str>)>,
    /// Of a Parallel or Map that has started.
    pub container: Option<ContainerRun>,
}

/// One attempt of a Parallel or Map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerRun {
    /// The `ParallelStateStarted` or `MapStateStarted` event.
    pub started: EventId,
    /// Whether all of it has succeeded, failed or been aborted.
    pub ended: bool,
}

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

impl StateType {
    /// Of a `…StateEntered` or `…StateExited` event.
    pub fn of_event(event_type: EventType) -> Option<Self> {
        let name = event_type.as_str();
        let name = name.strip_suffix("StateEntered").or_else(|| name.strip_suffix("StateExited"))?;
        [Self::Task, Self::Pass, Self::Choice, Self::Wait, Self::Succeed, Self::Fail, Self::Parallel, Self::Map]
            .into_iter()
            .find(|it| it.as_str() == name)
    }

    /// As ASL writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Pass => "Pass",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

impl Visit {
    /// Whether the execution is still in it.
    pub fn is_open(&self) -> bool {
        self.status == StateStatus::InProgress
    }
}
