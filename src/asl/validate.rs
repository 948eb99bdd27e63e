//! The rules that need a whole scope or the whole machine: targets, reachability, terminal states, names.

mod calls;
mod choices;
mod data;
mod errors;
mod order;
mod shape;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use super::similar::closest;
use super::task::ResourceKind;
use super::{
    Diagnostic, IntegrationPattern, ProcessorMode, Scope, State, StateKind, StateMachine,
    StateMachineType, StateName, Transition, placeholder, rule,
};
use crate::json::document::Span;

/// What is wrong with a machine beyond single fields.
pub fn validate(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut walk = Walk { diagnostics: Vec::new(), homes: BTreeMap::new(), misses: 0 };
    walk.collect(&machine.top, "");
    walk.duplicates();
    walk.scope(&machine.top, "");
    walk.labels(machine);
    let mut found = walk.diagnostics;
    found.extend(choices::open_choices(machine));
    found.extend(variables::misused_variables(machine));
    found.extend(data::paths_never_produced(machine));
    found.extend(calls::suspicious_calls(machine));
    found.extend(errors::useless_error_names(machine));
    found
}

/// What a machine may not have because of its type. Standard machines may have all, but the children of their distributed Maps
/// can be Express ones.
pub fn validate_type(machine: &StateMachine, kind: StateMachineType) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    match kind {
        StateMachineType::Express => express(&machine.top, "", &mut found),
        StateMachineType::Standard => express_children(&machine.top, "", &mut found),
    }
    found
}

fn express_children(scope: &Scope, path: &str, found: &mut Vec<Diagnostic>) {
    for state in scope.states.values() {
        let is_express = matches!(&state.kind, StateKind::Map(map)
            if map.processor.mode == ProcessorMode::Distributed
                && map.processor.execution_type == Some(StateMachineType::Express));
        for (part, inner) in scopes_of(state) {
            let path = format!("{path}/States/{}/{part}", state.name);
            if is_express {
                express(inner, &path, found);
            } else {
                express_children(inner, &path, found);
            }
        }
    }
}

fn express(scope: &Scope, path: &str, found: &mut Vec<Diagnostic>) {
    for state in scope.states.values() {
        let location = format!("{path}/States/{}", state.name);
        let mut refuse = |field: &str, message: String, span: Span| {
            found.push(Diagnostic::of(
                &rule::EXPRESS_UNSUPPORTED,
                (format!("{location}/{field}"), span),
                message,
                "Use a Standard state machine, or a request-response integration",
            ));
        };
        if let StateKind::Task(task) = &state.kind {
            match &task.resource.kind {
                ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => {
                    // The space after the second one is AWS's own.
                    let space =
                        if *pattern == IntegrationPattern::WaitForTaskToken { " " } else { "" };
                    if *pattern != IntegrationPattern::RequestResponse {
                        let suffix = pattern.suffix();
                        let message = format!(
                            "Express state machine does not support '{suffix}' service integration{space}"
                        );
                        refuse("Resource", message, task.resource_span);
                    }
                }
                ResourceKind::Activity { .. } => {
                    refuse(
                        "Resource",
                        "Express state machine does not support Activity ARN".to_owned(),
                        task.resource_span,
                    );
                }
                ResourceKind::LambdaFunction { .. } | ResourceKind::Other => {}
            }
        }
        if let StateKind::Map(map) = &state.kind
            && map.processor.mode == ProcessorMode::Distributed
        {
            let processor = if map.uses_iterator { "Iterator" } else { "ItemProcessor" };
            refuse(
                &format!("{processor}/ProcessorConfig/Mode"),
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines".to_owned(),
                state.span_of(processor),
            );
        }
        for (part, inner) in scopes_of(state) {
            // The children of a distributed Map have a type of their own, so they are not looked at here.
            if !matches!(&state.kind, StateKind::Map(map) if map.processor.mode == ProcessorMode::Distributed)
            {
                express(inner, &format!("{location}/{part}"), found);
            }
        }
    }
}

/// The scopes of a state by their place in the file: `Branches[0]`, `ItemProcessor`.
pub(super) fn scopes_of(state: &State) -> impl Iterator<Item = (String, &Scope)> {
    let name = match &state.kind {
        StateKind::Map(map) if map.uses_iterator => "Iterator",
        StateKind::Map(_) => "ItemProcessor",
        StateKind::Task(_)
        | StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Parallel(_)
        | StateKind::Unknown(_) => "",
    };
    state.scopes().map(move |(part, scope)| {
        let place = part
            .strip_prefix('/')
            .map_or_else(|| name.to_owned(), |index| format!("Branches[{index}]"));
        (place, scope)
    })
}

/// One edge: where it is written and where it goes.
struct Edge<'m> {
    place: String,
    span: Span,
    target: &'m StateName,
}

/// Every edge that leaves a state, in the order of the file's fields.
fn edges(state: &State) -> Vec<Edge<'_>> {
    let field = |name: &str| state.field_spans.get(name).copied().unwrap_or(state.name_span);
    let mut edges = Vec::new();
    if let Transition::Next(target) = &state.transition {
        edges.push(Edge { place: "Next".to_owned(), span: field("Next"), target });
    }
    if let StateKind::Choice(choice) = &state.kind {
        for (index, rule) in choice.choices.iter().enumerate() {
            edges.push(Edge {
                place: format!("Choices[{index}]/Next"),
                span: rule.span,
                target: &rule.next,
            });
        }
        if let Some(target) = &choice.default {
            edges.push(Edge { place: "Default".to_owned(), span: field("Default"), target });
        }
    }
    for (index, catcher) in state.catch.iter().enumerate() {
        edges.push(Edge {
            place: format!("Catch[{index}]/Next"),
            span: catcher.span,
            target: &catcher.next,
        });
    }
    // A missing name was reported where it is missing.
    edges.retain(|edge| !edge.target.as_str().is_empty());
    edges
}

/// So many missing targets of a machine are compared with all names of their scope; nobody mistypes more of them one by one.
const MAX_SUGGESTIONS: usize = 50;

struct Walk<'m> {
    diagnostics: Vec<Diagnostic>,
    /// Every state by its name: where it is defined.
    homes: BTreeMap<&'m str, Vec<(String, Span)>>,
    /// Targets that do not exist, so far.
    misses: usize,
}

impl<'m> Walk<'m> {
    fn collect(&mut self, scope: &'m Scope, path: &str) {
        for state in scope.states.values() {
            let location = format!("{path}/States/{}", state.name);
            for (part, inner) in scopes_of(state) {
                self.collect(inner, &format!("{location}/{part}"));
            }
            self.homes.entry(state.name.as_str()).or_default().push((location, state.name_span));
        }
    }

    /// State names must be unique in the whole machine, not only in their scope (states-language.net, "States").
    fn duplicates(&mut self) {
        let homes = std::mem::take(&mut self.homes);
        for (name, places) in &homes {
            let mut places = places.clone();
            places.sort_by_key(|(_, span)| span.start);
            for (location, span) in places.iter().skip(1) {
                let message = format!("Duplicate State name: {name}");
                let remedy = format!(
                    "There is one at {} too; names are unique in the whole state machine",
                    places[0].0
                );
                self.diagnostics.push(Diagnostic::of(
                    &rule::DUPLICATE_STATE_NAME,
                    (location.clone(), *span),
                    message,
                    remedy,
                ));
            }
        }
        self.homes = homes;
    }

    /// Labels of Map states become parts of the ARNs of their runs.
    fn labels(&mut self, machine: &StateMachine) {
        let mut seen: BTreeMap<&str, &StateName> = BTreeMap::new();
        for (_, state) in machine.states() {
            let StateKind::Map(map) = &state.kind else { continue };
            let Some(label) = map.label.as_deref() else { continue };
            if placeholder::has_placeholder(label) {
                continue;
            }
            match seen.get(label) {
                Some(other) => {
                    let location = self.homes.get(state.name.as_str()).and_then(|it| it.first());
                    let location = location.map_or_else(String::new, |(place, _)| place.clone());
                    let span = state.field_spans.get("Label").copied().unwrap_or(state.name_span);
                    self.diagnostics.push(Diagnostic::of(
                        &rule::DUPLICATE_LABEL,
                        (format!("{location}/Label"), span),
                        format!("Duplicate Label name: {label}"),
                        format!("'{other}' has it too; give each Map state a label of its own"),
                    ));
                }
                None => {
                    seen.insert(label, &state.name);
                }
            }
        }
    }

    fn scope(&mut self, scope: &'m Scope, path: &str) {
        if let Some(start_at) = &scope.start_at {
            self.target(scope, start_at, (format!("{path}/StartAt"), scope.start_at_span));
        }
        for state in scope.states.values() {
            let location = format!("{path}/States/{}", state.name);
            for edge in edges(state) {
                self.target(scope, edge.target, (format!("{location}/{}", edge.place), edge.span));
            }
            for (part, inner) in scopes_of(state) {
                self.scope(inner, &format!("{location}/{part}"));
            }
        }
        self.flow(scope, path);
    }

    fn target(&mut self, scope: &Scope, target: &StateName, at: (String, Span)) {
        // A scope whose states come from a placeholder may have any.
        if scope.states.contains_key(target)
            || scope.states.is_empty()
            || placeholder::has_placeholder(target.as_str())
        {
            return;
        }
        self.misses += 1;
        let names = scope.states.keys().map(StateName::as_str);
        let close = || closest(target.as_str(), names);
        let remedy = match (
            (self.misses <= MAX_SUGGESTIONS).then(close).flatten(),
            self.homes.get(target.as_str()),
        ) {
            (Some(name), _) => format!("Did you mean '{name}'?"),
            (None, Some(places)) => {
                format!(
                    "That state is at {}; a transition cannot leave its branch or Map, or enter another",
                    places[0].0
                )
            }
            (None, None) => "Add the state, or name one that exists".to_owned(),
        };
        // AWS says 'Next' for StartAt, Default, Choices and Catch too.
        let message = format!("Missing 'Next' target: {target}");
        self.diagnostics.push(Diagnostic::of(&rule::DANGLING_TARGET, at, message, remedy));
    }

    /// What can be reached from `StartAt`, and whether the scope can end.
    fn flow(&mut self, scope: &Scope, path: &str) {
        let states = scope.states.values();
        let open = |name: &StateName| placeholder::has_placeholder(name.as_str());
        let unknown = states.clone().any(|state| {
            matches!(state.kind, StateKind::Unknown(_))
                || edges(state).iter().any(|edge| open(edge.target))
        });
        if scope.states.is_empty() || unknown {
            return;
        }
        let ends = |state: &State| {
            state.transition == Transition::End
                || matches!(state.kind, StateKind::Succeed | StateKind::Fail(_))
        };
        if !states.clone().any(ends) && !states.clone().any(lacks_transition) {
            // AWS gives no place, and looks no further: what is not reachable is not told as well.
            self.diagnostics.push(Diagnostic::of(
                &rule::NO_TERMINAL_STATE,
                ("", scope.start_at_span),
                "Workflow has no terminal state",
                "Give the last state \"End\": true, or add a Succeed or Fail state",
            ));
            return;
        }
        let Some(start) = scope.start_at.as_ref().filter(|start| !open(start)) else { return };
        let reached = reach(scope, start);
        for state in scope.states.values().filter(|state| !reached.contains(&state.name)) {
            self.diagnostics.push(Diagnostic::of(
                &rule::UNREACHABLE_STATE,
                (format!("{path}/States/{}", state.name), state.name_span),
                format!("State \"{}\" is not reachable.", state.name),
                "Lead a Next, Default, Choices or Catch to it, or remove it",
            ));
        }
    }
}

/// Whether a state has no way on although its type needs one; that is reported where the field is missing.
fn lacks_transition(state: &State) -> bool {
    let needs =
        !matches!(state.kind, StateKind::Choice(_) | StateKind::Succeed | StateKind::Fail(_));
    needs && state.transition == Transition::None
}

fn reach<'m>(scope: &'m Scope, start: &StateName) -> BTreeSet<&'m StateName> {
    let mut reached = BTreeSet::new();
    let mut waiting = Vec::new();
    let mut enter = |name: &StateName, waiting: &mut Vec<&'m State>| {
        if let Some((name, state)) = scope.states.get_key_value(name)
            && reached.insert(name)
        {
            waiting.push(state);
        }
    };
    enter(start, &mut waiting);
    while let Some(state) = waiting.pop() {
        for edge in edges(state) {
            enter(edge.target, &mut waiting);
        }
    }
    reached
}

#[cfg(test)]
mod tests;
