//! Threads in DAP's sense: the top, the branches of a Parallel, the iterations of a Map.

use std::sync::Arc;

use super::{EventId, Visit};
use crate::asl::StatePath;
use crate::query::Variables;

/// A thread. Ids are given in the order in which threads begin; 0 is the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

impl ThreadId {
    pub const TOP: Self = Self(0);
}

/// How a thread stands at some moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub id: ThreadId,
    /// The thread that holds the Parallel or Map; `None` for the top. Always a smaller id.
    pub parent: Option<ThreadId>,
    pub kind: ThreadKind,
    /// The event it began with.
    pub started: EventId,
    /// The visit it is in, or was last in.
    pub current: Option<Visit>,
    pub status: ThreadStatus,
    /// Variables of this thread's scope and the ones around it.
    pub variables: Arc<Variables>,
    /// A later attempt of its Parallel or Map has taken its place.
    pub superseded: bool,
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

impl ThreadStatus {
    /// Whether it can still move.
    pub fn is_alive(self) -> bool {
        match self {
            Self::Running | Self::Waiting => true,
            Self::Succeeded | Self::Failed | Self::Aborted => false,
        }
    }
}

impl ThreadKind {
    /// For a thread list: `Top`, `Branch 0`, `Iteration 3`; indices as AWS counts them, from 0.
    pub fn label(&self) -> String {
        match self {
            Self::Top => "Top".into(),
            Self::Branch { index, .. } => format!("Branch {index}"),
            Self::Iteration { index, .. } => format!("Iteration {index}"),
        }
    }
}

impl Thread {
    /// The visit that the thread is in.
    pub fn open_visit(&self) -> Option<&Visit> {
        self.current.as_ref().filter(|visit| visit.is_open())
    }
}
