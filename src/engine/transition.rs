//! How a thread enters a state, and how it leaves it.
//!
//! What happens when something fails in it is in `handling.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dataflow::{ResultFields, apply_payload_path, apply_result_path, members};
use super::failure::Failure;
use super::limits::{
    Excess, MAX_PAYLOAD_BYTES, MAX_VARIABLES_BYTES, is_same, payload_size, size_within,
};
use super::machine::{Flow, Here, Machine, StepResult, Turn};
use super::program::{StateIndex, is_jsonata};
use super::thread::{Phase, Thread, ThreadIndex, Visit};
use crate::asl::{State, StateKind, Template, Transition};
use crate::execution::{EventDetails, Payload};
use crate::json::{MAX_DEPTH, Value};
use crate::query::Variables;

/// Where a thread goes from a state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination {
    /// As the state's `Next` or `End` says.
    Onward,
    /// A rule of a Choice, or a catcher; `None` when it names no state.
    State(Option<StateIndex>),
}

/// Whether a Map has ended but for its files of results.
fn is_writing(thread: &Thread) -> bool {
    let run = thread.visit.children.as_ref().and_then(|it| it.run.as_ref());
    run.is_some_and(|it| it.writing.is_some())
}

impl Machine {
    pub(crate) fn small_step(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
    ) -> Flow {
        let program = Arc::clone(&self.program);
        if let Phase::Enter { state, input } = &mut thread.phase {
            let (state, input) = (*state, std::mem::take(input));
            return self.enter(turn, thread, state, input);
        }
        let here = Here::of(&program, thread.visit.state);
        let phase = std::mem::replace(&mut thread.phase, Phase::Body);
        let (result, from_children) = match phase {
            Phase::Body => (self.run_body(turn, index, thread, here), false),
            Phase::StartTask => {
                self.task_started(turn, thread, here, None);
                thread.phase = Phase::Task;
                (Ok(Flow::Blocked), false)
            }
            Phase::Answered(answer) => match &here.state.kind {
                StateKind::Map(_) if is_writing(thread) => {
                    match self.finish_writing(turn, index, thread, here, answer) {
                        Some(ended) => self.children_ended(turn, thread, here, ended),
                        None => (Ok(Flow::Blocked), false),
                    }
                }
                StateKind::Map(map) => {
                    let result = self.finish_reading(turn, index, thread, here, map, answer);
                    let failed = result.is_err();
                    (result, failed)
                }
                StateKind::Task(_)
                | StateKind::Pass(_)
                | StateKind::Choice(_)
                | StateKind::Wait(_)
                | StateKind::Succeed
                | StateKind::Fail(_)
                | StateKind::Parallel(_)
                | StateKind::Unknown(_) => {
                    let finish = |output| self.finish_with_result(turn, thread, here, output);
                    (answer.and_then(finish), false)
                }
            },
            Phase::Awake => (self.leave_with_input(turn, thread, here), false),
            Phase::ChildrenEnded(ended) => {
                let ended = match &here.state.kind {
                    StateKind::Map(map) => {
                        self.begin_writing(turn, index, thread, here, map, ended)
                    }
                    StateKind::Task(_)
                    | StateKind::Pass(_)
                    | StateKind::Choice(_)
                    | StateKind::Wait(_)
                    | StateKind::Succeed
                    | StateKind::Fail(_)
                    | StateKind::Parallel(_)
                    | StateKind::Unknown(_) => Some(ended),
                };
                match ended {
                    Some(ended) => self.children_ended(turn, thread, here, ended),
                    None => (Ok(Flow::Blocked), false),
                }
            }
            // None of these is ever in the queue.
            Phase::Enter { .. } | Phase::Task | Phase::Sleep(_) | Phase::Children => {
                (Ok(Flow::Blocked), false)
            }
        };
        result
            .unwrap_or_else(|failure| self.fail(turn, index, thread, here, failure, from_children))
    }

    /// Takes in what came of the branches or iterations; whether a failure is theirs.
    fn children_ended(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        ended: Result<Value, Failure>,
    ) -> (StepResult, bool) {
        let from_children = ended.is_err();
        (ended.and_then(|output| self.finish_children(turn, thread, here, output)), from_children)
    }

    fn enter(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        state: Option<StateIndex>,
        input: Value,
    ) -> Flow {
        let Some(state) = state else {
            return Flow::Ended(Err(Failure::new(
                super::failure::RUNTIME,
                "The state machine's 'StartAt' does not name one of its states.",
            )));
        };
        let program = Arc::clone(&self.program);
        let here = Here::of(&program, state);
        let before = thread.previous;
        let details = EventDetails::StateEntered {
            name: Arc::clone(&here.meta.name),
            input: Some(input.clone().into()),
        };
        self.emit(turn, thread, here.meta.entered, details);
        thread.visit = Visit {
            state,
            before,
            entered: thread.previous,
            entered_at: turn.at,
            input,
            ..Visit::default()
        };
        thread.phase = Phase::Body;
        if self.is_inspecting(thread) {
            let context = self.context(thread, here, true);
            self.inspect(turn, thread, |data| {
                data.input = Some(thread.visit.input.clone());
                data.variables = Variables::clone(&thread.variables);
                data.context = Some(context);
            });
        }
        Flow::Continue
    }

    fn run_body(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
    ) -> StepResult {
        if !is_jsonata(here.state) {
            thread.visit.effective = match &here.state.input_path {
                None => thread.visit.input.clone(),
                path @ Some(_) => {
                    let input = thread.visit.input.clone();
                    self.evaluate(thread, here, &input, |bindings, random| {
                        apply_payload_path(path.as_ref(), bindings, random)
                    })?
                }
            };
            self.inspect(turn, thread, |data| {
                data.after_input_path = Some(thread.visit.effective.clone());
            });
        }
        match &here.state.kind {
            StateKind::Pass(pass) => self.run_pass(turn, thread, here, pass),
            StateKind::Task(task) => self.run_task(turn, index, thread, here, task),
            StateKind::Choice(choice) => self.run_choice(turn, thread, here, choice),
            StateKind::Wait(wait) => self.run_wait(turn, index, thread, here, wait),
            StateKind::Succeed => self.leave_with_input(turn, thread, here),
            StateKind::Fail(fail) => self.run_fail(thread, here, fail),
            StateKind::Parallel(parallel) => self.run_parallel(turn, index, thread, here, parallel),
            StateKind::Map(map) => self.run_map(turn, index, thread, here, map),
            StateKind::Unknown(name) => {
                let cause = format!("There is no state type '{name}'.");
                Err(self.runtime_failure(thread, here, &cause))
            }
        }
    }

    /// From the result of a task, the branches or the iterations to the state's output.
    pub(crate) fn finish_with_result(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        result: Value,
    ) -> StepResult {
        self.inspect(turn, thread, |data| data.result = Some(result.clone()));
        if is_jsonata(here.state) {
            let (output, assigned) = self.jsonata_output(thread, here, Some(&result))?;
            return self.leave(turn, thread, here, output, assigned, Destination::Onward);
        }
        let fields = ResultFields::of(here.state);
        let selected = match fields.result_selector {
            Some(template) => {
                let selected = self.template(thread, here, template, &result)?;
                self.inspect(turn, thread, |data| {
                    data.after_result_selector = Some(selected.clone());
                });
                selected
            }
            None => result,
        };
        self.finish_jsonpath(turn, thread, here, &fields, selected)
    }

    /// `Assign`, `ResultPath` and `OutputPath`.
    pub(crate) fn finish_jsonpath(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        fields: &ResultFields<'_>,
        selected: Value,
    ) -> StepResult {
        let assigned = self.assign(thread, here, here.state.assign.as_ref(), &selected)?;
        let placed = apply_result_path(fields.result_path, &thread.visit.input, selected)
            .map_err(Self::locate(thread, here))?;
        self.inspect(turn, thread, |data| data.after_result_path = Some(placed.clone()));
        let output = self.output_path(thread, here, placed)?;
        self.leave(turn, thread, here, output, assigned, Destination::Onward)
    }

    pub(crate) fn output_path(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        payload: Value,
    ) -> Result<Value, Failure> {
        match &here.state.output_path {
            None => Ok(payload),
            path @ Some(_) => self.evaluate(thread, here, &payload, |bindings, random| {
                apply_payload_path(path.as_ref(), bindings, random)
            }),
        }
    }

    /// JSONPath's `Assign`, with `input` as `$`.
    pub(crate) fn assign(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        template: Option<&Template>,
        input: &Value,
    ) -> Result<Variables, Failure> {
        match template {
            None => Ok(Variables::new()),
            Some(template) => Ok(members(&self.template(thread, here, template, input)?)),
        }
    }

    /// JSONata's `Output` (else the result, else the input) and `Assign`; both see the variables as they were.
    pub(crate) fn jsonata_output(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        result: Option<&Value>,
    ) -> Result<(Value, Variables), Failure> {
        let State { assign, output, .. } = here.state;
        let assigned = match assign {
            None => Variables::new(),
            Some(template) => {
                members(&self.jsonata(thread, here, template, "Assign", result, None)?)
            }
        };
        let output = match output {
            Some(template) => self.jsonata(thread, here, template, "Output", result, None)?,
            None => result.unwrap_or(&thread.visit.input).clone(),
        };
        Ok((output, assigned))
    }

    pub(crate) fn leave(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        output: Value,
        assigned: Variables,
        destination: Destination,
    ) -> StepResult {
        if !is_same(&output, &thread.visit.input) {
            self.keep(thread, here, &output)?;
        }
        let variables_bytes = if assigned.is_empty() {
            thread.variables_bytes
        } else {
            self.variables_bytes_with(thread, here, &assigned)?
        };
        let onward = matches!(here.state.transition, Transition::End)
            || matches!(here.state.kind, StateKind::Succeed);
        let target = match destination {
            Destination::State(target) => target,
            Destination::Onward => here.meta.next,
        };
        let ends = matches!(destination, Destination::Onward) && onward;
        if target.is_none() && !ends {
            let cause =
                "Failed to transition out of the state. The state does not point to a next state.";
            return Err(self.runtime_failure(thread, here, cause));
        }
        if let Some(exited) = here.meta.exited {
            let details = EventDetails::StateExited {
                name: Arc::clone(&here.meta.name),
                output: Some(output.clone().into()),
                assigned_variables: payloads(&assigned),
            };
            self.emit(turn, thread, exited, details);
        }
        if self.is_inspecting(thread) {
            self.inspect(turn, thread, |data| {
                data.output = Some(output.clone());
                data.assigned.clone_from(&assigned);
            });
        }
        if !assigned.is_empty() {
            Arc::make_mut(&mut thread.variables).extend(assigned);
            thread.variables_bytes = variables_bytes;
        }
        if ends {
            return Ok(Flow::Ended(Ok(output)));
        }
        thread.phase = Phase::Enter { state: target, input: output };
        Ok(Flow::Continue)
    }

    /// Checks a payload that was made here against the limit, and counts it among what is kept.
    pub(crate) fn keep(
        &mut self,
        thread: &Thread,
        here: Here<'_>,
        payload: &Value,
    ) -> Result<(), Failure> {
        match payload_size(payload) {
            Ok(size) => {
                // The history of a child execution is not kept.
                if thread.scope == 0 {
                    self.count_kept(size);
                }
                Ok(())
            }
            Err(Excess::Bytes) => Err(Failure::data_limit(&here.meta.name)),
            Err(Excess::Depth) => {
                let cause = format!("The payload nests deeper than {MAX_DEPTH} levels.");
                Err(self.runtime_failure(thread, here, &cause))
            }
        }
    }

    /// The bytes of all variables once these are assigned.
    fn variables_bytes_with(
        &mut self,
        thread: &Thread,
        here: Here<'_>,
        assigned: &Variables,
    ) -> Result<usize, Failure> {
        let too_large = || Failure::data_limit(&here.meta.name);
        let mut total = thread.variables_bytes;
        let mut together = 0;
        for (name, value) in assigned {
            self.keep(thread, here, value)?;
            let bytes = size_within(value, MAX_PAYLOAD_BYTES).map_or(0, |it| it.text_bytes);
            together += bytes;
            let before = thread.variables.get(name);
            let before = before.and_then(|it| size_within(it, MAX_PAYLOAD_BYTES).ok());
            total = total.saturating_sub(before.map_or(0, |it| it.text_bytes)) + bytes;
        }
        if together > MAX_PAYLOAD_BYTES || total > MAX_VARIABLES_BYTES {
            return Err(too_large());
        }
        Ok(total)
    }
}

fn payloads(assigned: &Variables) -> BTreeMap<Arc<str>, Payload> {
    assigned.iter().map(|(name, value)| (Arc::clone(name), Payload::Value(value.clone()))).collect()
}
