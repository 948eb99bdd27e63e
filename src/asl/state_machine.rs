//! A state machine and its scopes: the top level, each branch of a Parallel, the processor of a Map.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{ChoiceRule, Map, State, StateKind, StateName, StatePath};
use crate::json::document::Span;

/// A definition, with whatever of it could be understood.
#[derive(Clone, Debug)]
pub struct StateMachine {
    pub comment: Option<Arc<str>>,
    pub version: Option<Arc<str>>,
    /// `TimeoutSeconds` of the whole execution, in seconds.
    pub timeout_seconds: Option<u64>,
    /// The default for states that do not say their own.
    pub query_language: QueryLanguage,
    pub top: Scope,
    /// The definition as it was written; spans point into it.
    pub source: Arc<str>,
}

/// `StartAt` and `States`: the part of a definition in which transitions may go.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub start_at: Option<StateName>,
    pub start_at_span: Span,
    pub states: IndexMap<StateName, State>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueryLanguage {
    #[default]
    JsonPath,
    Jsonata,
}

/// The workflow type, chosen when the machine is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateMachineType {
    #[default]
    Standard,
    Express,
}

impl StateMachineType {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }
}

impl StateMachine {
    /// The state at a path, at any depth.
    pub fn find(&self, path: &StatePath) -> Option<&State> {
        // Names may hold any character, '/' too, so the tree is walked and not the text split.
        fn search<'a>(scope: &'a Scope, prefix: &str, wanted: &str) -> Option<&'a State> {
            for state in scope.states.values() {
                let path = format!("{prefix}{}", state.name);
                if path == wanted {
                    return Some(state);
                }
                let inside = state.scopes().find_map(|(part, inner)| {
                    let prefix = format!("{path}{part}/");
                    if wanted.starts_with(&prefix) { search(inner, &prefix, wanted) } else { None }
                });
                if inside.is_some() {
                    return inside;
                }
            }
            None
        }
        search(&self.top, "", path.as_str())
    }

    /// The machine that runs one of its scopes on its own, as the children of a distributed Map do. Its source stays the whole text.
    pub fn of_scope(&self, scope: Scope) -> Self {
        Self {
            comment: None,
            version: None,
            timeout_seconds: None,
            query_language: self.query_language,
            top: scope,
            source: Arc::clone(&self.source),
        }
    }

    /// Every state with its path, outer before inner, in the order of the file.
    pub fn states(&self) -> Vec<(StatePath, &State)> {
        fn walk<'a>(scope: &'a Scope, prefix: &str, found: &mut Vec<(StatePath, &'a State)>) {
            for state in scope.states.values() {
                let path = format!("{prefix}{}", state.name);
                found.push((StatePath::new(&path), state));
                for (part, inner) in state.scopes() {
                    walk(inner, &format!("{path}{part}/"), found);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.top, "", &mut found);
        found
    }
}

impl State {
    /// What it is as a Map.
    pub fn map(&self) -> Option<&Map> {
        if let StateKind::Map(map) = &self.kind { Some(map) } else { None }
    }

    /// The rules of a Choice; no other state has any.
    pub fn choices(&self) -> &[ChoiceRule] {
        if let StateKind::Choice(choice) = &self.kind { &choice.choices } else { &[] }
    }

    /// The scopes inside: the branches of a Parallel as `/0`, `/1`, …, the processor of a Map as nothing.
    pub fn scopes(&self) -> impl Iterator<Item = (String, &Scope)> {
        let (branches, processor) = match &self.kind {
            StateKind::Parallel(parallel) => (parallel.branches.as_slice(), None),
            StateKind::Map(map) => (&[][..], Some(&map.processor.scope)),
            StateKind::Task(_)
            | StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => (&[][..], None),
        };
        let branches =
            branches.iter().enumerate().map(|(index, scope)| (format!("/{index}"), scope));
        branches.chain(processor.map(|scope| (String::new(), scope)))
    }
}
