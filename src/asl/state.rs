//! A state: what all types share, and the kinds without a file of their own.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    Catcher, Choice, Expression, Field, Map, Parallel, QueryLanguage, Retrier, Task, Template, Wait,
};
use crate::json::Value;
use crate::json::document::Span;
use crate::query::jsonpath::ReferencePath;

/// The name of a state within its scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateName(Arc<str>);

impl StateName {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for StateName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Where a state stands in the whole machine: names joined by `/`, with the index of the branch after a Parallel and
/// nothing after a Map. `Prepare/0/Charge card`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatePath(Arc<str>);

impl StatePath {
    pub fn new(path: &str) -> Self {
        Self(path.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StatePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An ASL state.
#[derive(Clone, Debug)]
pub struct State {
    pub name: StateName,
    pub name_span: Span,
    /// From the name to the closing brace.
    pub span: Span,
    /// The name and value of every field, by its name.
    pub field_spans: IndexMap<Arc<str>, Span>,
    pub comment: Option<Arc<str>>,
    /// The state's own, or the machine's.
    pub query_language: QueryLanguage,
    /// JSONPath only; `None` is `$`.
    pub input_path: Option<PayloadPath>,
    /// JSONPath only; `None` is `$`.
    pub output_path: Option<PayloadPath>,
    pub assign: Option<Template>,
    /// JSONata only.
    pub output: Option<Template>,
    /// Where the flow goes; Choice, Succeed and Fail have `Transition::None`.
    pub transition: Transition,
    /// Task, Parallel and Map only.
    pub retry: Vec<Retrier>,
    /// Task, Parallel and Map only.
    pub catch: Vec<Catcher>,
    pub kind: StateKind,
}

#[derive(Clone, Debug)]
pub enum StateKind {
    Task(Box<Task>),
    Pass(Box<Pass>),
    Choice(Box<Choice>),
    Wait(Box<Wait>),
    Succeed,
    Fail(Box<Fail>),
    Parallel(Box<Parallel>),
    Map(Box<Map>),
    /// A `Type` that ASL does not have, or none at all (empty).
    Unknown(Arc<str>),
}

impl StateKind {
    /// The `Type` as ASL writes it.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Task(_) => "Task",
            Self::Pass(_) => "Pass",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail(_) => "Fail",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
            Self::Unknown(name) => name,
        }
    }
}

/// `Next`, `End`, or neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    Next(StateName),
    End,
    /// This type has none, or the file lacks it.
    None,
}

/// `InputPath` and `OutputPath`.
#[derive(Clone, Debug)]
pub enum PayloadPath {
    /// `null`: the payload becomes `{}`.
    Discard,
    Path(Expression),
}

/// `ResultPath`.
#[derive(Clone, Debug)]
pub enum ResultPath {
    /// `null`: the result is dropped, the input goes on.
    Discard,
    At(ReferencePath),
    /// What was written is no reference path; a diagnostic says so.
    Invalid(Arc<str>),
}

#[derive(Clone, Debug, Default)]
pub struct Pass {
    pub result: Option<Value>,
    /// JSONPath only.
    pub parameters: Option<Template>,
    pub result_path: Option<ResultPath>,
}

/// `Error` and `Cause`, literal or computed (`ErrorPath`, `CausePath`, or JSONata).
#[derive(Clone, Debug, Default)]
pub struct Fail {
    pub error: Option<Field<Arc<str>>>,
    pub cause: Option<Field<Arc<str>>>,
}
