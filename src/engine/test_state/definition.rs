//! The state that is tested, found in what was given, and a state machine to run it in.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Definition, TestStateError, TestStateRequest};
use crate::asl::task::ResourceKind;
use crate::asl::{
    IntegrationPattern, Scope, State, StateKind, StateMachine, StateMachineType, StateName, Task,
    Transition, aws, parse,
};
use crate::json::Value;
use crate::json::document::{Document, Format, Span};

/// What AWS calls a state that is given without a name.
const NAMELESS: &str = "StateName";

#[derive(Debug)]
pub(super) struct Tested {
    /// The state machine around the state, without its states.
    around: StateMachine,
    pub(super) state: State,
}

impl Tested {
    pub(super) fn find(request: &TestStateRequest) -> Result<Self, TestStateError> {
        let name = request.state_name.as_deref();
        match &request.definition {
            Definition::Text(text) => Self::of(&Self::read(text, name)?, name.unwrap_or(NAMELESS)),
            Definition::Machine(machine) => Self::of(machine, name.unwrap_or_default()),
        }
    }

    /// The state of that name or path, at any depth of the machine.
    fn of(machine: &StateMachine, wanted: &str) -> Result<Self, TestStateError> {
        let states = machine.states();
        let by_path = states.iter().find(|(path, _)| path.as_str() == wanted);
        let found = by_path.or_else(|| states.iter().find(|(_, it)| it.name.as_str() == wanted));
        let state = found
            .map(|(_, state)| State::clone(state))
            .ok_or_else(|| TestStateError::validation("State not found in definition"))?;
        let around = StateMachine {
            comment: machine.comment.clone(),
            version: machine.version.clone(),
            // A test has a limit of its own.
            timeout_seconds: None,
            query_language: machine.query_language,
            top: Scope::default(),
            source: Arc::clone(&machine.source),
        };
        Ok(Self { around, state })
    }

    /// A whole machine, or one around the one state.
    fn read(definition: &str, name: Option<&str>) -> Result<StateMachine, TestStateError> {
        let refused = |(code, message)| TestStateError::Refused { code, message };
        let text = match name {
            Some(_) => definition.to_owned(),
            None if Value::parse(definition).is_err() => definition.to_owned(),
            None => format!(r#"{{"StartAt":"{NAMELESS}","States":{{"{NAMELESS}":{definition}}}}}"#),
        };
        let problem = match name {
            Some(_) => aws::create_error(&text, StateMachineType::Standard),
            None => aws::state_error(&text, StateMachineType::Standard),
        };
        problem.map_or(Ok(()), |it| Err(refused(it)))?;
        Ok(parse::parse(&Document::parse(&text, Format::Json)).machine)
    }

    /// A machine of nothing but the state, and a place to go for each of its transitions.
    pub(super) fn machine(&self) -> StateMachine {
        let mut states = IndexMap::new();
        for target in self.targets() {
            states.insert(target.clone(), end_of(target));
        }
        states.insert(self.state.name.clone(), self.state.clone());
        let top = Scope { start_at: Some(self.state.name.clone()), states, ..Scope::default() };
        StateMachine { top, ..self.around.clone() }
    }

    fn targets(&self) -> impl Iterator<Item = &StateName> {
        let next = match &self.state.transition {
            Transition::Next(name) => Some(name),
            Transition::End | Transition::None => None,
        };
        let choice =
            if let StateKind::Choice(choice) = &self.state.kind { Some(choice) } else { None };
        let rules = choice.iter().flat_map(|it| it.choices.iter().map(|rule| &rule.next));
        let default = choice.and_then(|it| it.default.as_ref());
        next.into_iter()
            .chain(rules.collect::<Vec<_>>())
            .chain(default)
            .chain(self.state.catch.iter().map(|it| &it.next))
    }

    pub(super) fn task(&self) -> Option<&Task> {
        if let StateKind::Task(task) = &self.state.kind { Some(task) } else { None }
    }

    /// How the state waits for its service.
    pub(super) fn pattern(&self) -> IntegrationPattern {
        match self.task().map(|it| &it.resource.kind) {
            Some(
                ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. },
            ) => *pattern,
            Some(
                ResourceKind::LambdaFunction { .. }
                | ResourceKind::Activity { .. }
                | ResourceKind::Other,
            )
            | None => IntegrationPattern::RequestResponse,
        }
    }

    /// Whether a state of that name is inside the tested one.
    pub(super) fn holds(&self, name: &str) -> bool {
        fn in_scope(scope: &Scope, name: &str) -> bool {
            scope.states.values().any(|it| it.name.as_str() == name || inside(it, name))
        }
        fn inside(state: &State, name: &str) -> bool {
            state.scopes().any(|(_, scope)| in_scope(scope, name))
        }
        inside(&self.state, name)
    }
}

/// Where a transition leads: a state that does nothing, since the test is over there.
fn end_of(name: &StateName) -> State {
    State {
        name: name.clone(),
        name_span: Span::default(),
        span: Span::default(),
        field_spans: IndexMap::<Arc<str>, Span>::new(),
        comment: None,
        query_language: crate::asl::QueryLanguage::default(),
        input_path: None,
        output_path: None,
        assign: None,
        output: None,
        transition: Transition::None,
        retry: Vec::new(),
        catch: Vec::new(),
        kind: StateKind::Succeed,
    }
}
