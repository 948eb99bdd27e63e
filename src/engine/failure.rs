//! Why a state fails, with AWS's error names.

use std::sync::Arc;

use super::dataflow::DataError;
use crate::asl::ErrorName;
use crate::execution::EventId;
use crate::json::Value;

pub(crate) const RUNTIME: &str = ErrorName::RUNTIME;
pub(crate) const TIMEOUT: &str = ErrorName::TIMEOUT;
pub(crate) const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
/// Its cause stands alone: AWS does not say in which state it was.
pub(crate) const REFERENCE_PATH_CONFLICT: &str = "States.ReferencePathConflict";
pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";

/// An error and its cause. AWS records none of either when a Fail state or a callback gave none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) error: Option<Arc<str>>,
    pub(crate) cause: Option<Arc<str>>,
    pub(crate) origin: Origin,
}

/// Where a failure comes from, as far as the history depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A service's answer, a Fail state, an inner thread, a rule of the engine.
    Plain,
    /// A heartbeat that did not come: its error is `States.Timeout`, and `States.HeartbeatTimeout` matches it too.
    Heartbeat,
    /// A child execution of a distributed Map that ran longer than its type may.
    TimedOut,
    /// A JSONata evaluation, which has its own event.
    Evaluation { location: Option<Arc<str>>, after_entered: bool },
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<Arc<str>>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()), origin: Origin::Plain }
    }

    /// A rule of the engine was broken while the state ran; AWS puts the place before the cause.
    pub(crate) fn runtime(state: &str, entered: EventId, cause: &str) -> Self {
        Self::new(RUNTIME, located(state, entered, cause))
    }

    pub(crate) fn timeout() -> Self {
        Self { error: Some(TIMEOUT.into()), cause: None, origin: Origin::Plain }
    }

    pub(crate) fn data_limit(what: &str) -> Self {
        let cause = format!(
            "The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Self::new(DATA_LIMIT, cause)
    }

    /// More iterations of a distributed Map failed than it tolerates.
    pub(crate) fn threshold_exceeded() -> Self {
        Self::new(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
    }

    pub(crate) fn from_data(error: DataError, state: &str, entered: EventId) -> Self {
        let origin = if error.error == QUERY_EVALUATION {
            Origin::Evaluation {
                location: error.location.map(Into::into),
                after_entered: error.after_entered,
            }
        } else {
            Origin::Plain
        };
        let cause = if error.error == REFERENCE_PATH_CONFLICT {
            error.cause
        } else {
            located(state, entered, &error.cause)
        };
        Self { error: Some(error.error.into()), cause: Some(cause.into()), origin }
    }

    /// `States.Runtime` ends the execution: no `Retry` and no `Catch` sees it, not even one that names it.
    pub(crate) fn ends_execution(&self) -> bool {
        self.error.as_deref() == Some(RUNTIME)
    }

    /// The error output that a catcher gets. A timeout has no cause in the history, and an empty one here.
    pub(crate) fn output(&self) -> Value {
        let text = |text: &Option<Arc<str>>| {
            text.as_ref().map_or(Value::Null, |it| Value::String(Arc::clone(it)))
        };
        let timed_out = self.error.as_deref() == Some(TIMEOUT) && self.cause.is_none();
        let cause = if timed_out { Value::from("") } else { text(&self.cause) };
        Value::object([("Error", text(&self.error)), ("Cause", cause)])
    }
}

fn located(state: &str, entered: EventId, cause: &str) -> String {
    format!(
        "An error occurred while executing the state '{state}' (entered at the event id #{}). {cause}",
        entered.0
    )
}
