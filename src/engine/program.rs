//! A definition made ready to run: every state under a number, every transition resolved, so that a step compares no names.

use std::sync::Arc;

use crate::asl::{
    Choice, Condition, Expression, Field, Operand, PayloadPath, QueryLanguage, Scope, State,
    StateKind, StateMachine, StateName, StatePath, Template, Transition, WaitUntil,
};
use crate::execution::EventType;

/// A state's number within a [`Program`].
pub(crate) type StateIndex = u32;
/// A scope's number within a [`Program`]; 0 is the top.
pub(crate) type ScopeIndex = u32;

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) definition: Arc<StateMachine>,
    states: Vec<ProgramState>,
    /// The first state of each scope; `None` where `StartAt` names no state.
    starts: Vec<Option<StateIndex>>,
}

/// What is known about a state before it runs.
#[derive(Debug)]
pub(crate) struct ProgramState {
    /// Steps from the top scope to the state: its place among the scope's states, then which of its scopes to enter.
    locator: Box<[(usize, usize)]>,
    pub(crate) name: Arc<str>,
    pub(crate) path: StatePath,
    pub(crate) entered: EventType,
    /// `None` for Fail, which is never left.
    pub(crate) exited: Option<EventType>,
    pub(crate) next: Option<StateIndex>,
    /// Choice only: where each rule leads.
    pub(crate) choices: Vec<Option<StateIndex>>,
    /// Choice only: `Default`.
    pub(crate) default: Option<StateIndex>,
    /// Where each catcher leads.
    pub(crate) catches: Vec<Option<StateIndex>>,
    /// The scopes inside, in the order of `State::scopes`.
    pub(crate) scopes: Vec<ScopeIndex>,
    /// Whether an expression of the state mentions the context object, so that it is only built where it is read.
    pub(crate) reads_context: bool,
}

impl Program {
    pub(crate) fn new(definition: Arc<StateMachine>) -> Self {
        let mut program = Self { definition, states: Vec::new(), starts: Vec::new() };
        let definition = Arc::clone(&program.definition);
        program.add_scope(&definition.top, &mut Vec::new(), "");
        program
    }

    pub(crate) fn start_of(&self, scope: ScopeIndex) -> Option<StateIndex> {
        self.starts.get(scope as usize).copied().flatten()
    }

    pub(crate) fn get(&self, index: StateIndex) -> &ProgramState {
        &self.states[index as usize]
    }

    /// The state in the definition.
    pub(crate) fn state(&self, index: StateIndex) -> &State {
        let locator = &self.get(index).locator;
        let mut scope = &self.definition.top;
        let (last, outer) =
            locator.split_last().expect("a locator has one step for the state itself");
        for &(at, part) in outer {
            let state = &scope.states[at];
            scope = scope_of(state, part).expect("the locator was made from this definition");
        }
        &scope.states[last.0]
    }

    /// Numbers the states of a scope one after another, then those inside them.
    fn add_scope(
        &mut self,
        scope: &Scope,
        locator: &mut Vec<(usize, usize)>,
        prefix: &str,
    ) -> ScopeIndex {
        let scope_index = self.starts.len() as ScopeIndex;
        let first = self.states.len();
        let index_of =
            |name: &StateName| scope.states.get_index_of(name).map(|at| (first + at) as StateIndex);
        self.starts.push(scope.start_at.as_ref().and_then(index_of));
        for (at, state) in scope.states.values().enumerate() {
            locator.push((at, 0));
            let (entered, exited) = event_types(&state.kind);
            let default = if let StateKind::Choice(choice) = &state.kind {
                choice.default.as_ref().and_then(index_of)
            } else {
                None
            };
            self.states.push(ProgramState {
                locator: locator.clone().into(),
                name: state.name.shared(),
                path: StatePath::new(&format!("{prefix}{}", state.name)),
                entered,
                exited,
                next: match &state.transition {
                    Transition::Next(name) => index_of(name),
                    Transition::End | Transition::None => None,
                },
                choices: state.choices().iter().map(|rule| index_of(&rule.next)).collect(),
                default,
                catches: state.catch.iter().map(|catcher| index_of(&catcher.next)).collect(),
                scopes: Vec::new(),
                reads_context: reads_context(state),
            });
            locator.pop();
        }
        for (at, state) in scope.states.values().enumerate() {
            let path = format!("{prefix}{}", state.name);
            let mut inside = Vec::new();
            for (part, (suffix, inner)) in state.scopes().enumerate() {
                locator.push((at, part));
                inside.push(self.add_scope(inner, locator, &format!("{path}{suffix}/")));
                locator.pop();
            }
            self.states[first + at].scopes = inside;
        }
        scope_index
    }
}

fn scope_of(state: &State, part: usize) -> Option<&Scope> {
    match &state.kind {
        StateKind::Parallel(parallel) => parallel.branches.get(part),
        StateKind::Map(map) => Some(&map.processor.scope),
        StateKind::Task(_)
        | StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => None,
    }
}

fn event_types(kind: &StateKind) -> (EventType, Option<EventType>) {
    use EventType as T;
    match kind {
        StateKind::Task(_) => (T::TaskStateEntered, Some(T::TaskStateExited)),
        // A type that ASL does not have fails on entering; the event that comes nearest is a Pass's.
        StateKind::Pass(_) | StateKind::Unknown(_) => {
            (T::PassStateEntered, Some(T::PassStateExited))
        }
        StateKind::Choice(_) => (T::ChoiceStateEntered, Some(T::ChoiceStateExited)),
        StateKind::Wait(_) => (T::WaitStateEntered, Some(T::WaitStateExited)),
        StateKind::Succeed => (T::SucceedStateEntered, Some(T::SucceedStateExited)),
        StateKind::Fail(_) => (T::FailStateEntered, None),
        StateKind::Parallel(_) => (T::ParallelStateEntered, Some(T::ParallelStateExited)),
        StateKind::Map(_) => (T::MapStateEntered, Some(T::MapStateExited)),
    }
}

/// Errs on the side of yes: a JSONata expression may reach the context through `$states` in many ways.
fn reads_context(state: &State) -> bool {
    let payload_path = |path: &Option<PayloadPath>| match path {
        Some(PayloadPath::Path(expression)) => in_expression(expression),
        Some(PayloadPath::Discard) | None => false,
    };
    let in_state = payload_path(&state.input_path)
        || payload_path(&state.output_path)
        || in_templates([&state.assign, &state.output])
        || state.catch.iter().any(|it| in_templates([&it.assign, &it.output]));
    in_state
        || match &state.kind {
            StateKind::Task(task) => {
                in_templates([
                    &task.parameters,
                    &task.arguments,
                    &task.credentials,
                    &task.result_selector,
                ]) || in_field(task.timeout_seconds.as_ref())
                    || in_field(task.heartbeat_seconds.as_ref())
            }
            StateKind::Pass(pass) => in_templates([&pass.parameters]),
            StateKind::Choice(choice) => in_choice(choice),
            StateKind::Wait(wait) => match &wait.until {
                Some(WaitUntil::Seconds(field)) => in_field(Some(field)),
                Some(WaitUntil::Timestamp(field)) => in_field(Some(field)),
                None => false,
            },
            StateKind::Succeed | StateKind::Unknown(_) => false,
            StateKind::Fail(fail) => in_field(fail.error.as_ref()) || in_field(fail.cause.as_ref()),
            // Iterations and branches copy what they need from the context, and a Map reads it in many fields.
            StateKind::Parallel(_) | StateKind::Map(_) => true,
        }
}

fn in_choice(choice: &Choice) -> bool {
    fn in_condition(condition: &Condition) -> bool {
        match condition {
            Condition::And(all) | Condition::Or(all) => all.iter().any(in_condition),
            Condition::Not(inner) => in_condition(inner),
            Condition::Compare(comparison) => {
                in_expression(&comparison.variable)
                    || matches!(&comparison.operand, Operand::Path(path) if path.text().starts_with("$$"))
            }
            Condition::Jsonata(expression) => in_expression(expression),
            Condition::Literal(_) | Condition::Invalid(_) => false,
        }
    }
    choice
        .choices
        .iter()
        .any(|rule| in_condition(&rule.condition) || in_templates([&rule.assign, &rule.output]))
}

fn in_field<T>(field: Option<&Field<T>>) -> bool {
    matches!(field, Some(Field::Computed(expression)) if in_expression(expression))
}

fn in_templates<const N: usize>(templates: [&Option<Template>; N]) -> bool {
    templates.into_iter().flatten().any(in_template)
}

fn in_template(template: &Template) -> bool {
    match template {
        Template::Literal(_) => false,
        Template::Array(items) => items.iter().any(in_template),
        Template::Object(members) => members.iter().any(|it| in_template(&it.value)),
        Template::Expression(expression) => in_expression(expression),
    }
}

fn in_expression(expression: &Expression) -> bool {
    match expression {
        Expression::Path(path) => path.text().contains("$$"),
        Expression::Intrinsic(intrinsic) => intrinsic.text().contains("$$"),
        Expression::Jsonata(jsonata) => jsonata.reads_context(),
        Expression::Invalid { .. } => false,
    }
}

/// Whether the state speaks JSONata.
pub(crate) fn is_jsonata(state: &State) -> bool {
    match state.query_language {
        QueryLanguage::Jsonata => true,
        QueryLanguage::JsonPath => false,
    }
}
