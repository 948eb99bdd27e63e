//! Expressions that the user types: watches, the debug console, conditions of breakpoints.

/// Why an expression gave no value, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluateError {
    pub message: String,
}
