//! Velocity as API Gateway speaks it: `$input`, `$util`, `$context`, `$stageVariables`.
//!
//! API Gateway runs Velocity 1.x with one change that shows everywhere: a reference to nothing is the empty string. So it
//! prints as nothing, equals `""` and `$null`, and counts as true in `#if` (which only `false` fails). That, and what is
//! text and what is white space, follows recordings of the service.

mod collections;
mod evaluate;
mod input;
mod java_regex;
mod parse;
mod parse_expression;
mod render;
mod strings;
mod syntax;
mod util;
mod value;
mod walk;

use indexmap::IndexMap;

use crate::json::Value;

/// A template, read once.
#[derive(Debug)]
pub struct Template {
    body: syntax::Block,
    macros: syntax::Macros,
}

/// Why a template cannot be read or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", place.map_or_else(String::new, |(line, column)| format!(" (line {line}, column {column})")))]
pub struct TemplateError {
    pub message: String,
    /// Line and column, 1-based, of the template's text.
    pub place: Option<(usize, usize)>,
}

impl TemplateError {
    fn limit(message: String) -> Self {
        Self { message, place: None }
    }
}

/// The request's parameters as `$input.params()` shows them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    pub path: IndexMap<String, String>,
    pub querystring: IndexMap<String, String>,
    pub header: IndexMap<String, String>,
}

/// What a template may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateScope {
    /// `$input.body`
    pub body: String,
    pub params: Params,
    /// `$context`, with `requestOverride` and `responseOverride` to be written to.
    pub context: Value,
    /// `$stageVariables`
    pub stage_variables: Value,
    /// Further variables by name.
    pub variables: Vec<(String, Value)>,
}

/// What a template made.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    pub text: String,
    /// `$context` afterwards, with the overrides that were set.
    pub context: Value,
}

impl Template {
    /// # Errors
    /// A directive that is not closed, an expression that is none, or more nesting than any real template has.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (body, macros) = parse::parse(text)?;
        Ok(Self { body, macros })
    }

    /// # Errors
    /// More steps, output, items or nested calls than allowed. Everything else that goes wrong in a template is the empty
    /// string, as it is in API Gateway.
    pub fn render(&self, scope: &TemplateScope) -> Result<Rendered, TemplateError> {
        render::render(self, scope)
    }
}

#[cfg(test)]
mod tests;
