//! JSONPath in Jayway's dialect, which is what Step Functions evaluates.
//!
//! A [`Path`] is compiled once; nothing is parsed while it selects. `parse` reads the text, `evaluate` walks values,
//! `filter` holds `[?(...)]`, `function` the `.length()` family, `reference` what `ResultPath` may say.

mod evaluate;
mod filter;
mod function;
mod parse;
mod reference;

use std::fmt;
use std::sync::Arc;

use crate::json::Value;

use super::{Bindings, SyntaxError};
use filter::Filter;
use function::Call;

pub use reference::{ReferencePath, read_conflict};

/// What a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `$`
    Input,
    /// `$$`
    Context,
    /// `$name`
    Variable(Arc<str>),
}

/// A compiled path. Parsing is the only place where a path can be malformed.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    text: Arc<str>,
    root: Root,
    steps: Arc<[Step]>,
    definite: bool,
}

/// A step that leads to one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKey<'p> {
    Member(&'p str),
    Index(i64),
}

/// Why a path selected nothing, in the words AWS uses for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    pub message: String,
}

/// One step of a path, applied to each value that the steps before it selected.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// `.name` or `['name']`
    Member(Arc<str>),
    /// `['a','b']`: at the end of a path one object with those members, elsewhere each member in turn.
    Members(Vec<Arc<str>>),
    /// `[2]`, or `[-1]` from the end.
    Index(i64),
    /// `[0,2]`
    Indices(Vec<i64>),
    /// `[1:3]`, `[:2]`, `[-2:]`; Jayway ignores a third part.
    Slice { from: Option<i64>, to: Option<i64> },
    /// `.*` or `[*]`
    Wildcard,
    /// `..`: the value itself and everything below it, for the step that follows.
    Scan,
    /// `[?(...)]`
    Filter(Filter),
    /// `.length()` and its like.
    Call(Call),
}

impl Path {
    /// # Errors
    /// The text is not a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let (root, steps) = parse::path(text)?;
        let definite = is_definite(&steps);
        Ok(Self { text: text.into(), root, steps: steps.into(), definite })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The names and indices that it begins with, up to the first step of another kind.
    pub fn leading_keys(&self) -> impl Iterator<Item = PathKey<'_>> {
        self.steps.iter().map_while(|step| match step {
            Step::Member(name) => Some(PathKey::Member(name)),
            Step::Index(index) => Some(PathKey::Index(*index)),
            Step::Members(_)
            | Step::Indices(_)
            | Step::Slice { .. }
            | Step::Wildcard
            | Step::Scan
            | Step::Filter(_)
            | Step::Call(_) => None,
        })
    }

    /// Whether names and indices are all there is to it.
    pub fn is_plain(&self) -> bool {
        self.leading_keys().count() == self.steps.len()
    }

    /// Whether it can select one value at most; an indefinite path gives an array.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// The value of a definite path, or an array of everything that an indefinite one matches.
    ///
    /// An indefinite path below something that does not exist gives an empty array, as AWS answers `$.item.items[1:5]` for
    /// the input `{}`; Jayway on its own would fail.
    ///
    /// # Errors
    /// A definite path found nothing; the message is Jayway's (`No results for path: $['x']`).
    pub fn select(&self, bindings: &Bindings<'_>) -> Result<Value, PathError> {
        let root = match &self.root {
            Root::Input => bindings.input,
            Root::Context => bindings.context,
            Root::Variable(name) => {
                bindings.variables.get(name).ok_or_else(|| self.no_results())?
            }
        };
        self.select_in(root)
    }

    /// What the path selects when `document` stands for its root, whichever that is.
    ///
    /// # Errors
    /// As for [`Path::select`].
    pub fn select_in(&self, document: &Value) -> Result<Value, PathError> {
        if let Some(found) = plain(&self.steps, document) {
            return Ok(found.clone());
        }
        evaluate::select(self, document)
    }

    fn no_results(&self) -> PathError {
        PathError {
            message: format!(
                "No results for path: {}",
                Normal { root: &self.root, steps: &self.steps }
            ),
        }
    }
}

/// Where names and indices lead, which is all that most paths are, without any allocation. `None` leaves it to the full
/// evaluator, which also finds the words for what is missing.
fn plain<'v>(steps: &[Step], start: &'v Value) -> Option<&'v Value> {
    steps.iter().try_fold(start, |here, step| match step {
        Step::Member(name) => here.get(name),
        Step::Index(index) => {
            let items = here.as_array()?;
            items.get(evaluate::from_start(*index, items.len())?)
        }
        Step::Members(_)
        | Step::Indices(_)
        | Step::Slice { .. }
        | Step::Wildcard
        | Step::Scan
        | Step::Filter(_)
        | Step::Call(_) => None,
    })
}

/// Jayway's rule: several names at the very end still make one value, an object; and a function after `..` makes one value of
/// everything the scan finds.
fn is_definite(steps: &[Step]) -> bool {
    if matches!(steps, [before @ .., Step::Call(_)] if before.contains(&Step::Scan)) {
        return true;
    }
    steps.iter().enumerate().all(|(at, step)| match step {
        Step::Member(_) | Step::Index(_) | Step::Call(_) => true,
        Step::Members(_) => at + 1 == steps.len(),
        Step::Indices(_) | Step::Slice { .. } | Step::Wildcard | Step::Scan | Step::Filter(_) => {
            false
        }
    })
}

/// A path as Jayway spells it in messages: `$['a'][0]`.
struct Normal<'a> {
    root: &'a Root,
    steps: &'a [Step],
}

impl fmt::Display for Normal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            // Jayway never sees `$$` or a variable's name: AWS gives it the document and a path from `$`.
            Root::Input | Root::Context | Root::Variable(_) => f.write_str("$")?,
        }
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => write!(f, "['{name}']"),
            Self::Members(names) => {
                f.write_str("[")?;
                for (at, name) in names.iter().enumerate() {
                    write!(f, "{}'{name}'", if at == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Indices(indices) => {
                f.write_str("[")?;
                for (at, index) in indices.iter().enumerate() {
                    write!(f, "{}{index}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Slice { from, to } => {
                f.write_str("[")?;
                from.iter().try_for_each(|from| write!(f, "{from}"))?;
                f.write_str(":")?;
                to.iter().try_for_each(|to| write!(f, "{to}"))?;
                f.write_str("]")
            }
            Self::Wildcard => f.write_str("[*]"),
            Self::Scan => f.write_str(".."),
            Self::Filter(_) => f.write_str("[?]"),
            Self::Call(call) => write!(f, ".{}()", call.function.name()),
        }
    }
}

#[cfg(test)]
mod tests;
