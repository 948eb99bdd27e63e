//! An execution: a definition plus a history. Every view reads this and a cursor.

use std::path::PathBuf;
use std::sync::Arc;

use super::{EventType, History};
use crate::asl::{StateMachine, StateMachineType};
use crate::json::Value;

#[derive(Clone, Debug)]
pub struct Execution {
    pub arn: Arc<str>,
    pub state_machine: Arc<StateMachine>,
    pub kind: StateMachineType,
    pub history: History,
    pub source: ExecutionSource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionSource {
    Simulated { seed: u64 },
    Recorded { profile: String, region: String },
    Imported { path: PathBuf },
}

/// As `DescribeExecution` says it.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionStatus {
    Running,
    Succeeded { output: Option<Value> },
    Failed { error: Option<Arc<str>>, cause: Option<Arc<str>> },
    TimedOut { error: Option<Arc<str>>, cause: Option<Arc<str>> },
    Aborted { error: Option<Arc<str>>, cause: Option<Arc<str>> },
}

impl ExecutionStatus {
    /// As the API writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Aborted { .. } => "ABORTED",
        }
    }

    /// Why it did not succeed, where it says so.
    pub fn cause(&self) -> Option<&Arc<str>> {
        match self {
            Self::Running | Self::Succeeded { .. } => None,
            Self::Failed { cause, .. }
            | Self::TimedOut { cause, .. }
            | Self::Aborted { cause, .. } => cause.as_ref(),
        }
    }
}

impl History {
    /// Read off the last event.
    pub fn status(&self) -> ExecutionStatus {
        use super::EventDetails::{Failure, Succeeded};
        let Some(last) = self.events().last() else { return ExecutionStatus::Running };
        let (error, cause) = if let Failure { error, cause } = &last.details {
            (error.clone(), cause.clone())
        } else {
            (None, None)
        };
        if last.event_type == EventType::ExecutionSucceeded {
            let output =
                if let Succeeded { output } = &last.details { output.as_ref() } else { None };
            ExecutionStatus::Succeeded { output: output.map(super::Payload::value) }
        } else if last.event_type == EventType::ExecutionFailed {
            ExecutionStatus::Failed { error, cause }
        } else if last.event_type == EventType::ExecutionTimedOut {
            ExecutionStatus::TimedOut { error, cause }
        } else if last.event_type == EventType::ExecutionAborted {
            ExecutionStatus::Aborted { error, cause }
        } else {
            ExecutionStatus::Running
        }
    }
}
