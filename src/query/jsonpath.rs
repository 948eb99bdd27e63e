//! JSONPath in Jayway's dialect, which is what Step Functions evaluates.
use crate::json::Value;
use super::{Bindings, SyntaxError};
use std::sync::Arc;

/// What a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root { Input, Context, Variable(Arc<str>) }

/// A compiled path. Parsing is the only place where a path can be malformed.
#[derive(Clone, Debug, PartialEq)]
pub struct Path { text: Arc<str>, root: Root }

/// Why a path selected nothing, in the words AWS uses for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError { pub message: String }

impl Path {
    /// # Errors
    /// The text is not a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> { let _ = text; todo!() }
    pub fn text(&self) -> &str { &self.text }
    pub fn root(&self) -> &Root { &self.root }
    /// Whether it can select one value at most; an indefinite path gives an array.
    pub fn is_definite(&self) -> bool { todo!() }
    /// # Errors
    /// A definite path found nothing; the message is Jayway's (`No results for path: $['x']`).
    pub fn select(&self, bindings: &Bindings<'_>) -> Result<Value, PathError> { let _ = bindings; todo!() }
}

/// A path of member names and indices only, as `ResultPath` and `ErrorPath` need.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferencePath { path: Path }

impl ReferencePath {
    /// # Errors
    /// The text is no path, or not a reference path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> { let _ = text; todo!() }
    pub fn path(&self) -> &Path { &self.path }
    /// `document` with `value` at this place; missing objects on the way are made.
    /// # Errors
    /// Something on the way is neither an object nor absent.
    pub fn insert(&self, document: &Value, value: Value) -> Result<Value, PathError> { let _ = (document, value); todo!() }
}
