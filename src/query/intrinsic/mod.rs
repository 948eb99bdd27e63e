//! The eighteen intrinsic functions, `States.Format` to `States.UUID`, parsed once and evaluated with AWS's limits.

mod function;
mod parse;

use std::sync::Arc;

use crate::json::Value;

use super::jsonpath::{Path, Root};
use super::{Bindings, Random, SyntaxError};
use function::Function;

/// The error name of a function that refuses its arguments.
pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";

/// The error name of a path argument that selects nothing.
const RUNTIME: &str = "States.Runtime";

/// A compiled call, arguments and nested calls included.
#[derive(Clone, Debug, PartialEq)]
pub struct Intrinsic {
    call: Arc<Call>,
}

/// Why a call failed; becomes `States.IntrinsicFailure`, or what `error` says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct IntrinsicError {
    pub error: &'static str,
    pub cause: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Call {
    /// As written, for messages.
    text: Arc<str>,
    function: Function,
    /// As many as the function takes.
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
enum Argument {
    Literal(Value),
    /// A string in quotes: its value, and as written between them, because `States.Format` tells `\{` from `{`.
    Text {
        value: Value,
        written: Arc<str>,
    },
    Path(Path),
    Call(Call),
}

impl Intrinsic {
    /// # Errors
    /// Not a call of a known function, or wrong argument count.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self { call: Arc::new(parse::call(text)?) })
    }

    pub fn text(&self) -> &str {
        &self.call.text
    }

    /// Every path among the arguments, those of nested calls included.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        collect_paths(&self.call, &mut paths);
        paths
    }

    /// # Errors
    /// A path argument selected nothing, or an argument has the wrong type or size.
    pub fn evaluate(
        &self,
        bindings: &Bindings<'_>,
        random: &mut dyn Random,
    ) -> Result<Value, IntrinsicError> {
        evaluate(&self.call, bindings, random)
    }
}

fn collect_paths<'c>(call: &'c Call, paths: &mut Vec<&'c Path>) {
    for argument in &call.arguments {
        match argument {
            Argument::Literal(_) | Argument::Text { .. } => {}
            Argument::Path(path) => paths.push(path),
            Argument::Call(inner) => collect_paths(inner, paths),
        }
    }
}

fn evaluate(
    call: &Call,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> Result<Value, IntrinsicError> {
    let mut values = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        values.push(match argument {
            Argument::Literal(value) | Argument::Text { value, .. } => value.clone(),
            Argument::Path(path) => {
                path.select(bindings).map_err(|_missing| not_found(call, path, bindings))?
            }
            Argument::Call(inner) => evaluate(inner, bindings, random)?,
        });
    }
    let result = match (call.function, call.arguments.first()) {
        (Function::Format, Some(Argument::Text { written, .. })) => {
            function::format(written, &values[1..])
        }
        (function, _) => function::apply(function, &values, random),
    };
    result.map_err(|reason| IntrinsicError {
        error: INTRINSIC_FAILURE,
        cause: had_the_error(call, &reason),
    })
}

fn not_found(call: &Call, path: &Path, bindings: &Bindings<'_>) -> IntrinsicError {
    let document = match path.root() {
        Root::Input | Root::Variable(_) => bindings.input,
        Root::Context => bindings.context,
    };
    let reason = format!(
        "The JsonPath argument for the field '{}' could not be found in the input '{document}'",
        path.text()
    );
    IntrinsicError { error: RUNTIME, cause: had_the_error(call, &reason) }
}

fn had_the_error(call: &Call, reason: &str) -> String {
    format!("The function '{}' had the following error: {reason}", call.text)
}

#[cfg(test)]
mod tests;
