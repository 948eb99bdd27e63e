//! JSONata as Step Functions speaks it, over `jsonata-core`.
use std::sync::Arc;
use crate::json::Value;
use super::{Random, SyntaxError, Variables};

/// A compiled expression, without its `{% %}`.
#[derive(Clone, Debug)]
pub struct Jsonata { text: Arc<str> }

/// Why an evaluation failed, with the message Step Functions puts after its own prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonataError { pub message: String }

impl Jsonata {
    /// # Errors
    /// Not JSONata, or an operator that Step Functions does not have (`??`, `?:`).
    pub fn parse(text: &str) -> Result<Self, SyntaxError> { let _ = text; todo!() }
    pub fn text(&self) -> &str { &self.text }
    /// `None` is JSONata's "undefined". `states` is `$states`.
    /// # Errors
    /// Type errors, unknown functions, or more time, depth or memory than allowed.
    pub fn evaluate(&self, states: &Value, variables: &Variables, random: &mut dyn Random) -> Result<Option<Value>, JsonataError> { let _ = (states, variables, random); todo!() }
}
