//! What is debugged: the machine, its journal and history, its virtual clock, the tasks and timers under way.

use std::sync::Arc;

use crate::engine::TaskRequest;
use crate::execution::Timestamp;
use crate::json::Value;

/// What a service, or the user, answers to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskAnswer {
    Succeeded { output: Value },
    Failed { error: Option<Arc<str>>, cause: Option<Arc<str>> },
    /// The job or callback goes on (`.sync`, `.waitForTaskToken`) after this answer of the service.
    Submitted { output: Value },
    /// It never answers: time may pass, and the task's own timeout decides.
    Never,
}

/// A task that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub request: TaskRequest,
    pub since: Timestamp,
    /// The service has accepted the call; the job or callback is still to be answered.
    pub submitted: bool,
    /// Nobody will answer: time may pass.
    pub never: bool,
}

/// How waits and retry delays pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clock {
    /// Time jumps when nothing else can move.
    #[default]
    Virtual,
    /// The shell lets time pass through [`super::DebugSession::tick`], this many times as fast as real time.
    Paced { factor: f64 },
}
