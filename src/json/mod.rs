//! The JSON value that every floor passes: cheap to clone, ordered, and strict about numbers (`1` is not `1.0`).
//!
//! A [`Value`] shares its strings, arrays and objects, so the same payload can stand in a hundred history events for the
//! price of one. Changing a value goes through `Arc::make_mut`, which copies only what is shared. [`document`] holds the
//! other form of JSON and YAML text: a tree in which every key and value knows its place in the file.

pub mod document;
pub mod jackson;
mod number;
mod readable;
mod text;

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

pub use number::Number;
pub use readable::readable;
pub use text::{MAX_DEPTH, MAX_VALUES, ParseError};

/// The members of a JSON object, in the order they were written.
pub type Object = IndexMap<Arc<str>, Value>;

/// A JSON value. Cloning costs a reference count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    Array(Arc<Vec<Self>>),
    Object(Arc<Object>),
}

impl Value {
    /// An object with no members.
    pub fn empty_object() -> Self {
        Self::Object(Arc::new(Object::new()))
    }

    /// An object from pairs, in their order; a later pair with the same name replaces the earlier value.
    pub fn object<K: Into<Arc<str>>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(Arc::new(
            members.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        ))
    }

    /// An array from its items.
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        Self::Array(Arc::new(items.into_iter().collect()))
    }

    /// Reads one JSON text.
    ///
    /// # Errors
    /// The text is not JSON, has something after the value, nests deeper than [`MAX_DEPTH`], or has more than [`MAX_VALUES`]
    /// values.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        text::parse(json, &mut { MAX_VALUES })
    }

    /// As [`Value::parse`], of at most so many values, from which those of the text are taken.
    ///
    /// # Errors
    /// As [`Value::parse`].
    pub fn parse_counted(json: &str, values_left: &mut usize) -> Result<Self, ParseError> {
        text::parse(json, values_left)
    }

    /// The text with two-space indentation.
    pub fn to_pretty(&self) -> String {
        text::to_pretty(self)
    }

    /// The value as `serde_json` holds it, for libraries that speak that.
    pub fn to_serde(&self) -> serde_json::Value {
        text::to_serde(self)
    }

    /// The member of an object; `None` also when this is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    /// The item of an array; `None` also when this is no array.
    pub fn at(&self, index: usize) -> Option<&Self> {
        self.as_array()?.get(index)
    }

    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The number, when it is a whole one written without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(Number::Int(int)) = self { Some(*int) } else { None }
    }

    /// Any number, as a double.
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(number.as_f64()) } else { None }
    }

    pub fn as_array(&self) -> Option<&Vec<Self>> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The JSON Schema name of the type: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

/// Compact JSON text, as AWS writes payloads: no white space, members in order.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_compact(self, f)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}
impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}
impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(Number::Int(int))
    }
}
/// A double; JSON has no NaN or infinity, so those become null.
impl From<f64> for Value {
    fn from(float: f64) -> Self {
        if float.is_finite() { Self::Number(Number::Float(float)) } else { Self::Null }
    }
}
impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(items))
    }
}
impl From<Object> for Value {
    fn from(members: Object) -> Self {
        Self::Object(Arc::new(members))
    }
}
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        text::from_serde(value)
    }
}
