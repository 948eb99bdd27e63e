//! The definition that an execution ran, as AWS keeps it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::simulation::machine_of;
use crate::asl::{self, Diagnostic, StateMachine};
use crate::execution::{EventDetails, Execution, History};
use crate::json::document::{Document, Format};
use crate::json::readable;
use crate::project::{DefinitionJson, MachineDefinition};

/// Where the definition of a fetched execution is said to be.
pub(in crate::app) const AS_RUN: &str = "(as it was run)";

/// A definition of AWS, read. It is never refused: what is wrong with it is listed. One that was deployed on a single line is laid
/// out first, so that places in it are places on the screen.
pub(super) fn parsed(definition: &str) -> (StateMachine, Vec<Diagnostic>) {
    let document = Document::parse(&readable(definition), Format::Json);
    let parsed = asl::parse::parse(&document);
    (parsed.machine, parsed.diagnostics)
}

/// The index of the machine that an execution ran, which is added when it is not there.
pub(super) fn place_among(
    machines: &mut Vec<MachineDefinition>,
    execution: &Execution,
    diagnostics: Vec<Diagnostic>,
) -> usize {
    let (wanted, base) = (&execution.state_machine, machine_of(&execution.arn));
    let names = std::iter::once(base.to_owned())
        .chain(std::iter::once(format!("{base} (as run)")))
        .chain((2..).map(|number| format!("{base} (as run {number})")));
    for name in names {
        let Some(index) = machines.iter().position(|it| it.name == name) else {
            machines.push(MachineDefinition {
                name,
                kind: execution.kind,
                arn: String::new(),
                role_arn: None,
                machine: Arc::clone(wanted),
                definition: DefinitionJson::of_text(Arc::clone(&wanted.source)),
                file: PathBuf::from(AS_RUN),
                text: Arc::clone(&wanted.source),
                diagnostics,
                substitutions: Vec::new(),
            });
            return machines.len() - 1;
        };
        let there = &machines[index].machine;
        // A child of a distributed Map has the text of the whole machine, and other states.
        let states = |it: &StateMachine| it.top.states.keys().cloned().collect::<Vec<_>>();
        if there.source == wanted.source && states(there) == states(wanted) {
            return index;
        }
    }
    machines.len().saturating_sub(1)
}

/// The part of a machine that a child of one of its distributed Maps runs. Without a `Label` AWS makes one up, which the definition
/// does not have: then it is the Map that has the states which were entered.
pub(super) fn child_machine(
    whole: &StateMachine,
    label: &str,
    history: &History,
) -> Option<StateMachine> {
    let states = whole.states();
    let maps = states.iter().filter_map(|(_, state)| state.map());
    let entered: Vec<&str> =
        history.events().iter().filter_map(|event| Some(entered(&event.details)?.0)).collect();
    let has_all = |map: &asl::Map| {
        entered.iter().all(|name| map.processor.scope.states.keys().any(|it| it.as_str() == *name))
    };
    let map = maps
        .clone()
        .find(|map| map.label.as_deref() == Some(label))
        .or_else(|| maps.filter(|map| map.label.is_none()).find(|map| has_all(map)))?;
    Some(whole.of_scope(map.processor.scope.clone()))
}

/// Whether every state was entered without its input being told.
pub(super) fn has_no_payloads(history: &History) -> bool {
    let mut inputs = history.events().iter().filter_map(|it| Some(entered(&it.details)?.1));
    inputs.next().is_some_and(|first| !first) && !inputs.any(|told| told)
}

/// The state that an event enters, and whether its input is told.
fn entered(details: &EventDetails) -> Option<(&str, bool)> {
    let EventDetails::StateEntered { name, input } = details else { return None };
    Some((name, input.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::LineIndex;
    use crate::asl::StatePath;

    #[test]
    fn a_state_of_a_definition_on_one_line_has_lines_of_its_own() {
        let (machine, _) = parsed(
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}"#,
        );
        let lines = LineIndex::new(&machine.source);
        let line = |state: &str| {
            let state = machine.find(&StatePath::new(state)).expect("it has it");
            lines.line(state.span.start)
        };
        assert_eq!((line("A"), line("B")), (4, 8));
    }
}
