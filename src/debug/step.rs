//! What the user may ask for, and why a session stopped.

use std::sync::Arc;

use crate::asl::StatePath;
use crate::execution::EventId;

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
            Self::ReverseContinue | Self::StepBack | Self::ReverseStepIn | Self::ReverseStepOut => true,
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
    Exception { state: Option<StatePath>, error: Arc<str>, cause: Arc<str>, caught: bool },
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
