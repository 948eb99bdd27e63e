//! `Retry` and `Catch`.

use std::fmt;
use std::sync::Arc;

use super::{ResultPath, StateName, Template};
use crate::json::document::Span;

/// An error name, reserved (`States.Timeout`) or the service's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorName(Arc<str>);

impl ErrorName {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
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
