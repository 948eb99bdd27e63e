//! The call stack of a thread, and what each of its frames holds.

use std::sync::Arc;

use crate::asl::StatePath;
use crate::execution::{EventId, ThreadId};
use crate::json::Value;

/// A state on the call stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub thread: ThreadId,
    pub state: StatePath,
    pub name: Arc<str>,
    /// What the thread is: empty at the top, `Branch 1`, `Iteration 3`.
    pub label: String,
    pub entered: EventId,
    pub scopes: Vec<Scope>,
}

/// One of DAP's scopes of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    pub kind: ScopeKind,
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeKind {
    Input,
    /// After `Parameters` or `Arguments`.
    Arguments,
    Result,
    Output,
    Variables,
    /// The context object.
    Context,
}

impl ScopeKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Arguments => "Arguments",
            Self::Result => "Result",
            Self::Output => "Output",
            Self::Variables => "Variables",
            Self::Context => "Context",
        }
    }
}
