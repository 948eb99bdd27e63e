//! Visits: each stay in a state.

use std::sync::Arc;

use super::{EventId, EventType, Payload, StateStatus, Timestamp};
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
    /// The `…StateAborted` event.
    pub aborted: Option<EventId>,
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

impl StateType {
    /// Of a `…StateEntered` or `…StateExited` event.
    pub fn of_event(event_type: EventType) -> Option<Self> {
        let name = event_type.as_str();
        let name =
            name.strip_suffix("StateEntered").or_else(|| name.strip_suffix("StateExited"))?;
        [
            Self::Task,
            Self::Pass,
            Self::Choice,
            Self::Wait,
            Self::Succeed,
            Self::Fail,
            Self::Parallel,
            Self::Map,
        ]
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
    /// The input as a value; null where the recording left it out.
    pub fn input_value(&self) -> crate::json::Value {
        self.input.as_ref().map(Payload::value).unwrap_or_default()
    }
}
