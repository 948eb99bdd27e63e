//! `variableReferences`: which states of a machine read which variables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::asl::{State, StateKind, StateMachine, Template};
use crate::json::{Object, Value};
use crate::query::jsonpath::{Path, Root};

/// By the names of states, those inside others included; `None` where no state reads a variable, and AWS leaves the member out
/// (recorded). `$states` is no variable, and assigning one is not reading it.
pub(super) fn variable_references(machine: &StateMachine) -> Option<Value> {
    let mut read: BTreeMap<Arc<str>, BTreeSet<String>> = BTreeMap::new();
    for (_, state) in machine.states() {
        let names = state.expressions().into_iter().flat_map(|(_, it)| it.variables());
        let names = names.filter(|it| *it != "states").map(str::to_owned);
        let names: BTreeSet<String> = names.chain(in_paths(state)).collect();
        if !names.is_empty() {
            read.entry(state.name.as_str().into()).or_default().extend(names);
        }
    }
    let states: Object = read
        .into_iter()
        .map(|(state, names)| (state, Value::array(names.into_iter().map(Value::from))))
        .collect();
    (!states.is_empty()).then(|| Value::from(states))
}

/// Variables at the root of `MaxItemsPath` and its like, which stand as plain texts inside `ReaderConfig` and `ItemBatcher`.
fn in_paths(state: &State) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let StateKind::Map(map) = &state.kind {
        for template in [&map.item_reader, &map.item_batcher].into_iter().flatten() {
            collect_paths("", template, &mut found);
        }
    }
    found
}

fn collect_paths(name: &str, template: &Template, found: &mut BTreeSet<String>) {
    match template {
        Template::Literal(value) => collect_literal_paths(name, value, found),
        Template::Object(members) => {
            members.iter().for_each(|it| collect_paths(&it.name, &it.value, found));
        }
        Template::Array(_) | Template::Expression(_) => {}
    }
}

fn collect_literal_paths(name: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if name.ends_with("Path") => {
            if let Ok(path) = Path::parse(text)
                && let Root::Variable(variable) = path.root()
            {
                found.insert(variable.to_string());
            }
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, it)| collect_literal_paths(name, it, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::StateMachineType;
    use crate::project::MachineDefinition;

    fn references(definition: &str) -> Option<String> {
        let machine = MachineDefinition::of_text("m", StateMachineType::Standard, "", definition);
        variable_references(&machine.machine).map(|it| it.to_string())
    }

    #[test]
    fn states_are_told_with_the_variables_they_read() {
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"b":1,"a.$":"$.x"},"Next":"M"},
            "M":{"Type":"Map","QueryLanguage":"JSONata","Items":"{% [$b, $states.input.n] %}","ItemProcessor":{"StartAt":"I","States":{
                "I":{"Type":"Pass","InputPath":"$b","Parameters":{"f.$":"States.Format('{}', $a)"},"End":true}}},"End":true}}}"#;
        assert_eq!(references(definition).as_deref(), Some(r#"{"I":["a","b"],"M":["b"]}"#));
    }

    #[test]
    fn paths_of_a_reader_and_of_batches_are_read_too() {
        let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
            "ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$most.n"},"Parameters":{"Bucket":"$no","Key.$":"$.k"}},
            "ItemBatcher":{"MaxItemsPerBatchPath":"$batch","BatchInput":{"x.$":"$shared"}},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{
                "I":{"Type":"Pass","End":true}}},"End":true}}}"#;
        assert_eq!(references(definition).as_deref(), Some(r#"{"M":["batch","most","shared"]}"#));
    }

    #[test]
    fn a_machine_that_reads_none_has_none() {
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONata","Assign":{"v":1},
            "Output":"{% ($local := $states.input; $local) %}","End":true}}}"#;
        assert_eq!(references(definition), None);
    }
}
