//! What goes into the machine and what comes out of it.

use std::sync::Arc;

use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, ResourceArn, StateMachineType, StatePath};
use crate::execution::Timestamp;
use crate::json::Value;

/// What an execution starts from. Together with the inputs this decides every byte of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionStart {
    pub input: Value,
    pub kind: StateMachineType,
    /// Whether the caller waits for it (`StartSyncExecution`), which only an Express execution can be asked for.
    pub synchronous: bool,
    pub at: Timestamp,
    pub seed: u64,
    /// `$$.Execution.Id`
    pub execution_arn: Arc<str>,
    /// `$$.Execution.Name`
    pub execution_name: Arc<str>,
    /// `$$.Execution.RoleArn`
    pub role_arn: Arc<str>,
    /// `$$.StateMachine.Id`
    pub state_machine_arn: Arc<str>,
    /// `$$.StateMachine.Name`
    pub state_machine_name: Arc<str>,
}

/// Names one scheduled attempt of a task within an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskToken(pub u64);

/// Names one timer within an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u64);

/// What moves the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Let the thread whose turn it is take its next small step: enter a state, run its body until it must wait, or leave it.
    Advance,
    /// A worker took up the task. Only needed to name the worker of an activity; every other start is told by the answer.
    TaskStarted {
        token: TaskToken,
        worker_name: Option<Arc<str>>,
    },
    /// The service accepted a `.sync` or `.waitForTaskToken` call and the job goes on.
    TaskSubmitted {
        token: TaskToken,
        output: Value,
    },
    TaskSucceeded {
        token: TaskToken,
        output: Value,
    },
    TaskFailed {
        token: TaskToken,
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    TaskHeartbeat {
        token: TaskToken,
    },
    TimerFired {
        timer: TimerId,
    },
    /// `StopExecution`.
    Stop {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
}

/// What the machine asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Do this work and answer with `TaskSubmitted`, `TaskSucceeded` or `TaskFailed`.
    RunTask(TaskRequest),
    /// Send `TimerFired` at that time, or at once when the clock is virtual and nothing else can move.
    StartTimer {
        timer: TimerId,
        at: Timestamp,
    },
    CancelTimer {
        timer: TimerId,
    },
    /// The answer is no longer wanted.
    CancelTask {
        token: TaskToken,
    },
    /// The last event has been appended.
    ExecutionEnded,
}

/// Work for a service.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRequest {
    pub token: TaskToken,
    pub state: StatePath,
    pub state_name: Arc<str>,
    pub resource: ResourceArn,
    /// What the service gets: after Parameters or Arguments.
    pub parameters: Value,
    /// 0 for the first attempt of this visit.
    pub attempt: u32,
    /// Indices of the enclosing Map iterations, outermost first.
    pub map_indices: Vec<u64>,
    /// `$$.Task.Token`, for callbacks.
    pub callback_token: Option<Arc<str>>,
}

impl TaskRequest {
    /// Whether whoever does the work answers by a token: a callback, or an activity's worker.
    pub fn is_called_back(&self) -> bool {
        match &self.resource.kind {
            ResourceKind::Activity { .. } => true,
            ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => {
                *pattern == IntegrationPattern::WaitForTaskToken
            }
            ResourceKind::LambdaFunction { .. } | ResourceKind::Other => false,
        }
    }
}

/// What a timer of the machine is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimerPurpose {
    /// `TimeoutSeconds` of the state machine.
    Execution,
    /// A Wait state of that name, in those Map iterations (outermost first).
    Wait { state_name: Arc<str>, map_indices: Arc<[u64]> },
    /// The delay before a retry of that state.
    Retry { state_name: Arc<str>, map_indices: Arc<[u64]> },
    /// `TimeoutSeconds` of a task.
    Timeout { token: TaskToken },
    /// `HeartbeatSeconds` of a task.
    Heartbeat { token: TaskToken },
}
