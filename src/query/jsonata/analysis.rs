//! What an expression uses, found once, and the few rewrites that make the library speak Step Functions' dialect.

mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jsonata_core::ast::{AstNode, PathStep};

use self::walk::Walk;
use super::functions;
use crate::json::Value;
use crate::query::{SyntaxError, Variables};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Analysis {
    /// Read and not bound by the expression itself, without the `$`.
    pub(super) variables: BTreeSet<Arc<str>>,
    /// The functions of `functions::NAMES` that are called.
    pub(super) functions: BTreeSet<&'static str>,
    /// The function that is called, when there is one only.
    pub(super) only_call: Option<String>,
    /// What it can reach of `$states`.
    pub(super) states: Needed,
    /// Set when the whole expression is such a path.
    pub(super) plain_path: Option<PlainPath>,
    pub(super) top_level_references: Vec<Arc<str>>,
    /// Called by name and there in no form: neither JSONata's, nor Step Functions', nor the expression's own.
    pub(super) unknown_functions: Vec<Arc<str>>,
    /// Regular expressions that cannot be run here, and why.
    pub(super) unusable_regexes: Vec<(Arc<str>, String)>,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Needed {
    All,
    /// Of objects these members; arrays count as their items.
    Members(BTreeMap<Arc<str>, Self>),
}

impl Default for Needed {
    fn default() -> Self {
        Self::Members(BTreeMap::new())
    }
}

impl Needed {
    fn add(&mut self, names: &[&str]) {
        match (self, names) {
            (Self::All, _) => {}
            (here, []) => *here = Self::All,
            (Self::Members(members), [name, rest @ ..]) => {
                members.entry((*name).into()).or_default().add(rest);
            }
        }
    }

    pub(super) fn members(&self) -> Option<Vec<&str>> {
        match self {
            Self::All => None,
            Self::Members(members) => Some(members.keys().map(|name| &**name).collect()),
        }
    }
}

/// `$states.a.b` or `$name.a.b`: nothing but names.
#[derive(Debug, PartialEq)]
pub(super) struct PlainPath {
    variable: Arc<str>,
    names: Vec<Arc<str>>,
}

impl PlainPath {
    /// The value, when only objects are on the way; arrays and what is missing need JSONata's own rules.
    pub(super) fn look_up<'v>(
        &self,
        states: &'v Value,
        variables: &'v Variables,
    ) -> Option<&'v Value> {
        let mut here =
            if &*self.variable == "states" { states } else { variables.get(&self.variable)? };
        for name in &self.names {
            here = here.as_object()?.get(name)?;
        }
        Some(here)
    }
}

/// Rewrites `ast` and says what it uses.
///
/// # Errors
/// An operator that Step Functions does not have.
pub(super) fn prepare(ast: &mut AstNode) -> Result<Analysis, SyntaxError> {
    let mut walk = Walk::default();
    walk.visit(ast, true, 0)?;
    if walk.climbs {
        walk.analysis.states = Needed::All;
    }
    walk.analysis.plain_path = plain_path(ast);
    let unknown = walk.calls.iter().filter(|name| !functions::exists(name));
    walk.analysis.unknown_functions = unknown.map(|name| name.as_str().into()).collect();
    walk.analysis.only_call = walk.calls.pop_first().filter(|_| walk.calls.is_empty());
    Ok(walk.analysis)
}

/// A step without predicates and bindings.
fn is_plain(step: &PathStep) -> bool {
    step.stages.is_empty()
        && step.focus.is_none()
        && step.index_var.is_none()
        && step.ancestor_label.is_none()
}

/// The names that follow one another directly. The step that carries the first predicate still counts: it is reached by its
/// name, and everything below it is needed.
fn leading_names(steps: &[PathStep]) -> Vec<String> {
    let mut names = Vec::new();
    for step in steps {
        let AstNode::Name(name) = &step.node else { break };
        names.push(name.clone());
        if !is_plain(step) {
            break;
        }
    }
    names
}

fn plain_path(ast: &AstNode) -> Option<PlainPath> {
    match ast {
        AstNode::Variable(name) if !name.is_empty() => {
            Some(PlainPath { variable: name.as_str().into(), names: Vec::new() })
        }
        AstNode::Path { steps } => {
            let [head, rest @ ..] = steps.as_slice() else { return None };
            let AstNode::Variable(variable) = &head.node else { return None };
            let names = leading_names(rest);
            let all_plain = steps.iter().all(is_plain) && names.len() == rest.len();
            (all_plain && !variable.is_empty()).then(|| PlainPath {
                variable: variable.as_str().into(),
                names: names.iter().map(|name| name.as_str().into()).collect(),
            })
        }
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Binary { .. }
        | AstNode::Unary { .. }
        | AstNode::Function { .. }
        | AstNode::Call { .. }
        | AstNode::Lambda { .. }
        | AstNode::Array(_)
        | AstNode::Object(_)
        | AstNode::ObjectTransform { .. }
        | AstNode::Block(_)
        | AstNode::Conditional { .. }
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_)
        | AstNode::ArrayGroup(_)
        | AstNode::FunctionApplication(_)
        | AstNode::Sort { .. }
        | AstNode::Transform { .. } => None,
    }
}
