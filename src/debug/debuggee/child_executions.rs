//! The child executions of a simulation's distributed Maps, as executions of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Debuggee;
use crate::asl::{State, StateMachine, StateMachineType, StatePath};
use crate::engine::{ChildRecord, Machine, MapRunRecord};
use crate::execution::{Execution, ExecutionSource};

impl Debuggee {
    /// Child executions of Map Runs as executions of their own: the journal is run again, once for all of them, and this time
    /// their events are kept.
    pub(in crate::debug) fn child_executions(
        &self,
        children: &[(&MapRunRecord, &ChildRecord)],
    ) -> Vec<Execution> {
        let Some(engine) = self.engine.as_ref().filter(|_| !children.is_empty()) else {
            return Vec::new();
        };
        let records: Vec<&ChildRecord> = children.iter().map(|(_, child)| *child).collect();
        let definition = Arc::clone(&self.definition);
        let histories = Machine::replay_children(definition, &engine.journal, &records);
        let mut machines: BTreeMap<&StatePath, (Arc<StateMachine>, StateMachineType)> =
            BTreeMap::new();
        let mut executions = Vec::with_capacity(children.len());
        for ((run, child), history) in children.iter().zip(histories) {
            let (state_machine, kind) =
                machines.entry(&run.state).or_insert_with(|| self.processor_of(&run.state));
            executions.push(Execution {
                arn: run.child_arn(child.index),
                state_machine: Arc::clone(state_machine),
                kind: *kind,
                history,
                source: ExecutionSource::Simulated { seed: engine.journal.start.seed },
            });
        }
        executions
    }

    /// The machine that the children of a distributed Map run, and their type.
    fn processor_of(&self, state: &StatePath) -> (Arc<StateMachine>, StateMachineType) {
        let definition = &self.definition;
        let map = definition.find(state).and_then(State::map);
        let machine =
            definition.of_scope(map.map(|it| it.processor.scope.clone()).unwrap_or_default());
        let kind = map.and_then(|it| it.processor.execution_type).unwrap_or_default();
        (Arc::new(machine), kind)
    }
}
