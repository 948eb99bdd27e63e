//! Parallel: every branch gets the same input; the outputs, in the order of the branches, are the result.

use std::sync::Arc;

use crate::asl::Parallel;
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Children, Phase, Role, Thread, ThreadIndex, Visit};
use crate::execution::{EventDetails, EventType};
use crate::json::Value;

impl Machine {
    pub(crate) fn run_parallel(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        parallel: &Parallel,
    ) -> StepResult {
        let input = self.branch_input(turn, thread, here, parallel)?;
        self.emit(turn, thread, EventType::ParallelStateStarted, EventDetails::None);
        if let Some(result) = self.rehearsal.as_ref().map(|it| it.branches()) {
            thread.phase = Phase::ChildrenEnded(result);
            return Ok(Flow::Continue);
        }
        let length = here.meta.scopes.len() as u64;
        let mut children = Children {
            results: vec![Value::Null; here.meta.scopes.len()],
            length,
            next: length,
            ..Children::default()
        };
        for (branch, scope) in (0..).zip(&here.meta.scopes) {
            let branch_thread = Thread {
                parent: Some(index),
                role: Role::Branch { index: branch },
                scope: thread.scope,
                previous: thread.previous,
                variables: Arc::clone(&thread.variables),
                variables_bytes: thread.variables_bytes,
                map_context: thread.map_context.clone(),
                map_indices: Arc::clone(&thread.map_indices),
                phase: Phase::Enter { state: here.program.start_of(*scope), input: input.clone() },
                visit: Visit::default(),
            };
            children.running.insert(branch, self.add_thread(branch_thread));
        }
        if length == 0 {
            thread.phase = Phase::ChildrenEnded(Ok(Value::array([])));
            return Ok(Flow::Continue);
        }
        thread.visit.children = Some(Box::new(children));
        thread.phase = Phase::Children;
        Ok(Flow::Blocked)
    }

    fn branch_input(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        parallel: &Parallel,
    ) -> Result<Value, Failure> {
        if is_jsonata(here.state) {
            let Some(template) = &parallel.arguments else { return Ok(thread.visit.input.clone()) };
            let value = self.jsonata(thread, here, template, "Arguments", None, None)?;
            self.keep(thread, here, &value)?;
            self.inspect(turn, thread, |data| data.after_arguments = Some(value.clone()));
            return Ok(value);
        }
        let effective = thread.visit.effective.clone();
        let Some(template) = &parallel.parameters else { return Ok(effective) };
        let value = self.template(thread, here, template, &effective)?;
        self.keep(thread, here, &value)?;
        self.inspect(turn, thread, |data| data.after_parameters = Some(value.clone()));
        Ok(value)
    }
}
