//! The scope tree of a definition, for finding the state that an event names.
//!
//! A history names states without saying where they stand; the thread knows its scope, and the scope its states.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ThreadKind;
use crate::asl::{ErrorName, Field, Scope, State, StateKind, StateMachine, StatePath, Transition};

/// Index into [`Outline::scopes`]; 0 is the top.
pub(super) type ScopeIndex = usize;

#[derive(Debug)]
pub(super) struct Outline {
    scopes: Vec<ScopeOutline>,
}

#[derive(Debug, Default)]
struct ScopeOutline {
    /// What comes before a state's name in its path.
    prefix: String,
    start_at: Option<Arc<str>>,
    states: BTreeMap<Arc<str>, StateOutline>,
}

/// What the fold has to know about a state.
#[derive(Debug)]
pub(super) struct StateOutline {
    pub(super) path: StatePath,
    /// The branches, or the one scope of a Map.
    pub(super) scopes: Vec<ScopeIndex>,
    /// Whether its scope is done when it is left without an error.
    pub(super) ends: bool,
    /// Error names and the most retries of each retrier.
    retriers: Vec<(Vec<ErrorName>, u64)>,
    /// Whether it is a task with `HeartbeatSeconds`.
    has_heartbeat: bool,
    /// Of a Fail state that says them literally.
    pub(super) failure: Option<(Arc<str>, Arc<str>)>,
}

impl Outline {
    pub(super) fn of(machine: &StateMachine) -> Self {
        let mut outline = Self { scopes: Vec::new() };
        outline.add(&machine.top, String::new());
        outline
    }

    fn add(&mut self, scope: &Scope, prefix: String) -> ScopeIndex {
        let index = self.scopes.len();
        self.scopes.push(ScopeOutline::default());
        let mut states = BTreeMap::new();
        for state in scope.states.values() {
            let path = format!("{prefix}{}", state.name);
            let scopes = state
                .scopes()
                .map(|(part, inner)| self.add(inner, format!("{path}{part}/")))
                .collect();
            states.insert(
                state.name.shared(),
                StateOutline::of(state, StatePath::new(&path), scopes),
            );
        }
        let start_at = scope.start_at.as_ref().map(crate::asl::StateName::shared);
        self.scopes[index] = ScopeOutline { prefix, start_at, states };
        index
    }

    pub(super) fn state(&self, scope: Option<ScopeIndex>, name: &str) -> Option<&StateOutline> {
        self.scopes.get(scope?)?.states.get(name)
    }

    pub(super) fn start_at(&self, scope: ScopeIndex) -> Option<&str> {
        self.scopes.get(scope)?.start_at.as_deref()
    }

    /// The path of a state; of one that the definition does not have, where it would stand.
    pub(super) fn path(
        &self,
        scope: Option<ScopeIndex>,
        kind: &ThreadKind,
        name: &str,
    ) -> StatePath {
        if let Some(state) = self.state(scope, name) {
            return state.path.clone();
        }
        match (scope.and_then(|it| self.scopes.get(it)), kind) {
            (Some(scope), _) => StatePath::new(&format!("{}{name}", scope.prefix)),
            (None, ThreadKind::Top) => StatePath::new(name),
            (None, ThreadKind::Branch { of, index }) => {
                StatePath::new(&format!("{of}/{index}/{name}"))
            }
            (None, ThreadKind::Iteration { of, .. }) => StatePath::new(&format!("{of}/{name}")),
        }
    }
}

impl StateOutline {
    fn of(state: &State, path: StatePath, scopes: Vec<ScopeIndex>) -> Self {
        let failure = if let StateKind::Fail(fail) = &state.kind {
            Some((literal(fail.error.as_ref()), literal(fail.cause.as_ref())))
        } else {
            None
        };
        let ends = state.transition == Transition::End || matches!(state.kind, StateKind::Succeed);
        let retriers =
            state.retry.iter().map(|it| (it.error_equals.clone(), it.max_attempts)).collect();
        let has_heartbeat =
            matches!(&state.kind, StateKind::Task(task) if task.heartbeat_seconds.is_some());
        Self { path, scopes, ends, retriers, has_heartbeat, failure }
    }

    /// Whether a Retry takes care of an error after so many retries. Retriers count apart, so with several of them this may
    /// say yes once too often; the next event then corrects it.
    ///
    /// A history does not say which of a task's two limits ran out; the heartbeat's is the shorter one.
    pub(super) fn retries(&self, error: &str, retries: u32) -> bool {
        let may_be_heartbeat = self.has_heartbeat && error == ErrorName::TIMEOUT;
        let retrier = self
            .retriers
            .iter()
            .find(|(names, _)| names.iter().any(|it| it.takes(Some(error), may_be_heartbeat)));
        retrier.is_some_and(|(_, max)| u64::from(retries) < *max)
    }
}

fn literal(field: Option<&Field<Arc<str>>>) -> Arc<str> {
    if let Some(Field::Literal(text)) = field { Arc::clone(text) } else { "".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::document::{Document, Format};

    #[test]
    fn a_recorded_failure_is_retried_by_the_rule_that_the_engine_has() {
        let outline = |names: &str, limits: &str| {
            let text = format!(
                r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"r",{limits}"Retry":[{{"ErrorEquals":[{names}],
                   "MaxAttempts":2}}],"End":true}}}}}}"#
            );
            let machine = crate::asl::parse::parse(&Document::parse(&text, Format::Json)).machine;
            Outline::of(&machine)
        };
        let retries = |names: &str, limits: &str, error: &str, retries: u32| {
            outline(names, limits).state(Some(0), "T").expect("it is there").retries(error, retries)
        };
        assert!(retries(r#""States.ALL""#, "", "States.DataLimitExceeded", 1));
        assert!(!retries(r#""States.ALL""#, "", "States.DataLimitExceeded", 2), "both are used up");
        assert!(!retries(r#""States.ALL""#, "", "States.Runtime", 0));
        let heartbeat = r#""HeartbeatSeconds":5,"TimeoutSeconds":60,"#;
        assert!(retries(r#""States.HeartbeatTimeout""#, heartbeat, "States.Timeout", 0));
        assert!(!retries(r#""States.HeartbeatTimeout""#, "", "States.Timeout", 0));
    }
}
