//! Reference paths: names and indices only, so that a value can be put where they point.

use std::sync::Arc;

use crate::json::{Object, Value};
use crate::query::SyntaxError;

use super::{Path, PathError, Root, Step};

/// A path of member names and indices only, as `ResultPath` and `ErrorPath` need.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferencePath {
    /// Its steps are members and indices, nothing else.
    path: Path,
}

impl ReferencePath {
    /// # Errors
    /// The text is no path, or not a reference path. Nothing can be put into the context object, and variables are set by
    /// `Assign` alone.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let path = Path::parse(text)?;
        let outside = match path.root() {
            Root::Input => None,
            Root::Context => Some(
                "Reference paths start at '$', and '$$' is the context object, which cannot be written",
            ),
            Root::Variable(_) => {
                Some("Reference paths start at '$', and a variable is set by Assign")
            }
        };
        if let Some(message) = outside {
            return Err(SyntaxError { message: message.to_owned(), offset: None });
        }
        if path.steps.iter().all(|step| matches!(step, Step::Member(_) | Step::Index(0..))) {
            Ok(Self { path })
        } else {
            Err(SyntaxError {
                message: "Reference paths have member names and indices only, no wildcards, slices, filters or functions"
                    .to_owned(),
                offset: None,
            })
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `document` with `value` at this place; missing objects on the way are made, and so is the next item of an array.
    ///
    /// # Errors
    /// Something on the way is neither an object nor absent: AWS's `States.ReferencePathConflict`, whose cause is the message.
    pub fn insert(&self, document: &Value, value: Value) -> Result<Value, PathError> {
        let mut result = document.clone();
        let mut here = &mut result;
        for step in self.path.steps.iter() {
            here = match step {
                Step::Member(name) => match here {
                    Value::Object(members) => {
                        Arc::make_mut(members).entry(Arc::clone(name)).or_insert(MISSING)
                    }
                    // A path past what exists makes objects; a null that is really there counts as nothing.
                    Value::Null => {
                        *here = Value::from(Object::from_iter([(Arc::clone(name), MISSING)]));
                        let Value::Object(members) = here else {
                            unreachable!("it was just made an object")
                        };
                        Arc::make_mut(members).entry(Arc::clone(name)).or_insert(MISSING)
                    }
                    Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                        return Err(conflict(&self.path, name, document));
                    }
                },
                Step::Index(index) => match here {
                    Value::Array(items) => {
                        let at = usize::try_from(*index).unwrap_or(usize::MAX);
                        if at > items.len() {
                            return Err(conflict(&self.path, &index.to_string(), document));
                        }
                        let items = Arc::make_mut(items);
                        if at == items.len() {
                            items.push(MISSING);
                        }
                        &mut items[at]
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Object(_) => {
                        return Err(conflict(&self.path, &index.to_string(), document));
                    }
                },
                Step::Members(_)
                | Step::Indices(_)
                | Step::Slice { .. }
                | Step::Wildcard
                | Step::Scan
                | Step::Filter(_)
                | Step::Call(_) => {
                    unreachable!("parse lets members and indices through, nothing else")
                }
            };
        }
        *here = value;
        Ok(result)
    }
}

const MISSING: Value = Value::Null;

/// Why a reference path cannot be read, where that is what it is: the first step that leads nowhere.
pub fn read_conflict(path: &Path, document: &Value) -> Option<PathError> {
    let mut here = document;
    for step in path.steps.iter() {
        let (name, next) = match step {
            Step::Member(name) => (name.to_string(), here.get(name)),
            Step::Index(index @ 0..) => {
                (index.to_string(), usize::try_from(*index).ok().and_then(|at| here.at(at)))
            }
            Step::Index(_)
            | Step::Members(_)
            | Step::Indices(_)
            | Step::Slice { .. }
            | Step::Wildcard
            | Step::Scan
            | Step::Filter(_)
            | Step::Call(_) => return None,
        };
        match next {
            Some(next) => here = next,
            None => return Some(conflict(path, &name, document)),
        }
    }
    None
}

/// AWS names the step where the document has members or items, and the whole path where it has none. Seen in the causes that
/// people report; neither is documented.
fn conflict(path: &Path, step: &str, document: &Value) -> PathError {
    PathError {
        message: match document {
            Value::Object(_) | Value::Array(_) => {
                format!("Unable to apply step \"{step}\" to input {document}")
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                format!("Unable to apply ReferencePath {} to input {document}", path.text())
            }
        },
    }
}
