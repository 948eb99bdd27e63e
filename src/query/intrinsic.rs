//! The eighteen intrinsic functions, `States.Format` to `States.UUID`, parsed once and evaluated with AWS's limits.
use std::sync::Arc;
use crate::json::Value;
use super::{Bindings, Random, SyntaxError};

/// A compiled call, arguments and nested calls included.
#[derive(Clone, Debug, PartialEq)]
pub struct Intrinsic { text: Arc<str> }

/// Why a call failed; becomes `States.IntrinsicFailure`, or what `error` says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct IntrinsicError { pub error: &'static str, pub cause: String }

impl Intrinsic {
    /// # Errors
    /// Not a call of a known function, or wrong argument count.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> { let _ = text; todo!() }
    pub fn text(&self) -> &str { &self.text }
    /// # Errors
    /// A path argument selected nothing, or an argument has the wrong type or size.
    pub fn evaluate(&self, bindings: &Bindings<'_>, random: &mut dyn Random) -> Result<Value, IntrinsicError> { let _ = (bindings, random); todo!() }
}
