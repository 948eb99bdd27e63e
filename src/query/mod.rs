//! Expressions: JSONPath as AWS speaks it, JSONata, and the intrinsic functions. Knows values, never states.

mod hash;
pub mod intrinsic;
mod java_random;
pub mod jsonata;
pub mod jsonpath;
pub(crate) mod uuid;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::json::Value;

/// Workflow variables visible at a place, inner scopes already laid over outer ones.
pub type Variables = BTreeMap<Arc<str>, Value>;

/// What `$`, `$$` and `$name` mean while a JSONPath or an intrinsic is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Bindings<'a> {
    /// `$`
    pub input: &'a Value,
    /// `$$`
    pub context: &'a Value,
    /// `$name`
    pub variables: &'a Variables,
}

/// Where `States.UUID`, `States.MathRandom`, `$uuid` and `$random` get their randomness: the engine passes a seeded stream,
/// so a run can be repeated.
pub trait Random {
    /// Uniform over all 64-bit values.
    fn next_u64(&mut self) -> u64;
}

/// A text that is not an expression of its language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    pub message: String,
    /// Byte offset in the expression's text, where known.
    pub offset: Option<usize>,
}
