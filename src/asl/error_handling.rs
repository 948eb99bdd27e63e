//! `Retry` and `Catch`.

use std::fmt;
use std::sync::Arc;

use super::{ResultPath, StateName, Template};
use crate::json::document::Span;

/// An error name, reserved (`States.Timeout`) or the service's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorName(Arc<str>);

impl ErrorName {
    pub const ALL: &str = "States.ALL";
    pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
    pub const RUNTIME: &str = "States.Runtime";
    pub const TASK_FAILED: &str = "States.TaskFailed";
    pub const TIMEOUT: &str = "States.Timeout";

    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this name in `ErrorEquals` takes an error.
    ///
    /// `States.Runtime` is taken by no name, not even its own: it ends the execution. `States.TaskFailed` stands for every error
    /// but a timeout. A heartbeat that did not come is recorded as `States.Timeout`, and both names take it (`by_heartbeat`).
    /// The developer guide lets `States.ALL` leave out `States.DataLimitExceeded`; recorded executions catch it so.
    pub fn takes(&self, error: Option<&str>, by_heartbeat: bool) -> bool {
        if error == Some(Self::RUNTIME) {
            return false;
        }
        match self.as_str() {
            Self::ALL => true,
            Self::TASK_FAILED => error != Some(Self::TIMEOUT),
            Self::HEARTBEAT_TIMEOUT => by_heartbeat || error == Some(Self::HEARTBEAT_TIMEOUT),
            name => error == Some(name),
        }
    }
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of `Retry`.
#[derive(Clone, Debug)]
pub struct Retrier {
    pub error_equals: Vec<ErrorName>,
    /// Seconds before the first retry; 1 unless said.
    pub interval_seconds: u64,
    /// Retries after the first attempt; 3 unless said, 0 for never.
    pub max_attempts: u64,
    /// 2.0 unless said; at least 1.0.
    pub backoff_rate: f64,
    pub max_delay_seconds: Option<u64>,
    pub jitter_strategy: JitterStrategy,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitterStrategy {
    #[default]
    None,
    /// Uniform between 0 and the computed delay.
    Full,
}

/// One entry of `Catch`.
#[derive(Clone, Debug)]
pub struct Catcher {
    pub error_equals: Vec<ErrorName>,
    pub next: StateName,
    /// JSONPath only; `None` is `$`.
    pub result_path: Option<ResultPath>,
    pub assign: Option<Template>,
    /// JSONata only.
    pub output: Option<Template>,
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_take_what_aws_says() {
        let takes = |name: &str, error: &str| ErrorName::new(name).takes(Some(error), false);
        for name in ["States.ALL", "States.TaskFailed", "Custom"] {
            assert!(takes(name, "Custom"), "{name}");
        }
        assert!(!takes("custom", "Custom"));
        assert!(takes("States.Timeout", "States.Timeout"));
        assert!(
            takes("States.ALL", "States.Timeout") && !takes("States.TaskFailed", "States.Timeout")
        );
        assert!(takes("States.ALL", "States.DataLimitExceeded"), "recorded");
        assert!(
            !takes("States.ALL", "States.Runtime") && !takes("States.Runtime", "States.Runtime")
        );
        assert!(!takes("States.HeartbeatTimeout", "States.Timeout"));
        let heartbeat = ErrorName::new("States.HeartbeatTimeout");
        assert!(heartbeat.takes(Some("States.Timeout"), true));
        assert!(ErrorName::new("States.Timeout").takes(Some("States.Timeout"), true));
        assert!(ErrorName::new("States.ALL").takes(None, false));
        assert!(!ErrorName::new("Custom").takes(None, false));
    }
}
