//! The executions of a session: started, kept within a number, let move, shown.

use std::sync::Arc;
use std::time::Duration;

use super::app::{App, NoticeLevel};
use super::clock;
use super::nested;
use super::simulation::{ROLE_ARN, Run, RunId, execution_name, execution_start};
use super::tour::TourEvent;
use crate::asl::{StateMachineType, StatePath};
use crate::debug::StopReason;
use crate::execution::{EventDetails, HistoryEvent, Timestamp};
use crate::json::Value;
use crate::project::MachineDefinition;
use crate::services::states::SendTask;

/// Executions that nobody started from another one, kept so that a served API can run for days.
const MAX_RUNS: usize = 500;

/// Events of all executions that are kept.
const MAX_EVENTS: usize = 1_000_000;

/// An execution that is to be started.
#[derive(Debug)]
pub(super) struct NewRun<'a> {
    /// Index of its machine in the project.
    pub(super) machine: usize,
    /// What it runs: the machine as it is, or as it was.
    pub(super) definition: &'a MachineDefinition,
    pub(super) input: Value,
    pub(super) kind: StateMachineType,
    pub(super) name: Option<&'a str>,
    pub(super) role_arn: Arc<str>,
}

impl App {
    /// Starts an execution, stopped before its first state. It becomes the one that is shown. An Express execution may have a
    /// caller who waits for it.
    pub(super) fn start_run(
        &mut self,
        machine: usize,
        input: Value,
        kind: Option<StateMachineType>,
        name: Option<&str>,
        synchronous: bool,
    ) -> RunId {
        let machines = self.project.as_ref().map(|open| &open.project.machines);
        let Some(definition) = machines.and_then(|it| it.get(machine)).cloned() else {
            return RunId(self.next_id());
        };
        let kind = kind.unwrap_or(definition.kind);
        let role_arn = definition.role_arn.as_deref().unwrap_or(ROLE_ARN).into();
        let new = NewRun { machine, definition: &definition, input, kind, name, role_arn };
        self.start_new_run(new, synchronous)
    }

    /// As [`App::start_run`], where what is run is not what the machine is now.
    pub(super) fn start_new_run(&mut self, new: NewRun<'_>, synchronous: bool) -> RunId {
        let NewRun { machine, definition, input, kind, name, role_arn } = new;
        let id = RunId(self.next_id());
        let at = clock::now();
        let seed = id.0;
        // Times of a session differ in their low bits as its numbers do, so they must not lie over each other.
        let number = (at.0.unsigned_abs() << 20) ^ seed;
        let name = name.map_or_else(|| execution_name(number), str::to_owned);
        let mut start = execution_start(definition, input, kind, at, seed, &name);
        start.synchronous &= synchronous;
        start.role_arn = role_arn;
        self.runs.push(Run::start(id, machine, definition, start));
        self.active_run = Some(id);
        self.forget_old_runs();
        id
    }

    /// Keeps the executions that are under way and the latest of the others.
    pub(super) fn forget_old_runs(&mut self) {
        let too_many = |runs: &[Run]| {
            let events = runs.iter().map(|it| it.session.history().events().len());
            let roots = runs.iter().filter(|it| it.parent.is_none());
            roots.count() > MAX_RUNS || events.sum::<usize>() > MAX_EVENTS
        };
        while too_many(&self.runs) {
            let may_go = |root: &&Run| {
                let family = nested::family(&self.runs, root.id);
                let mut members = self.runs.iter().filter(|it| family.contains(&it.id));
                members.all(|it| it.has_ended() && Some(it.id) != self.active_run)
            };
            let mut roots = self.runs.iter().filter(|it| it.parent.is_none());
            let Some(oldest) = roots.find(may_go).map(|it| it.id) else { break };
            self.remove_family(oldest);
        }
    }

    /// Removes an execution and all that it started.
    pub(super) fn remove_family(&mut self, of: RunId) {
        let family = nested::family(&self.runs, of);
        self.runs.retain(|it| !family.contains(&it.id));
    }

    /// Lets executions go on. Whether there is more to do at once.
    pub(super) fn pump(&mut self, budget: Duration) -> bool {
        let Some(open) = &self.project else { return false };
        let machines = &open.project.machines;
        let breakpoints = |machine: usize| {
            let name = machines.get(machine).map_or("", |it| it.name.as_str());
            self.breakpoints.get(name).unwrap_or(&self.empty)
        };
        let mut counter = self.counter;
        let mut next_id = || {
            counter += 1;
            RunId(counter)
        };
        let world = nested::World { project: &open.project, answers: &open.answers };
        let pumped = nested::pump(&mut self.runs, world, &breakpoints, &mut next_id, budget);
        self.counter = counter;
        let arrived = self.active_run.is_some_and(|id| pumped.arrived.contains(&id));
        // Shown are, in this order: who was stopped, who was stepped into, who is back from a child.
        let stopped = pumped.arrived.iter().copied().find(|id| {
            let run = self.runs.iter().find(|it| it.id == *id);
            matches!(
                run.and_then(|it| it.stopped.as_ref()),
                Some(StopReason::Breakpoint(_) | StopReason::Exception { .. })
            )
        });
        let back =
            pumped.returned.iter().filter(|id| self.active_run == Some(**id)).find_map(|id| {
                Some(self.runs.iter().find(|it| it.id == *id)?.parent.as_ref()?.run)
            });
        let shown = stopped.or_else(|| pumped.entered.first().copied()).or(back);
        if let Some(id) = shown {
            self.show_run(id);
        }
        if arrived || shown.is_some() {
            self.select_current();
        }
        self.deliver();
        let more = pumped.more | self.deliver_states();
        self.observe_tour(TourEvent::Other);
        more
    }

    /// Shows an execution and its machine.
    pub(super) fn show_run(&mut self, id: RunId) {
        let Some(machine) = self.runs.iter().find(|it| it.id == id).map(|it| it.machine) else {
            return;
        };
        self.active_run = Some(id);
        if let Some(open) = &mut self.project {
            open.machine = machine;
        }
    }

    /// Answers a task that waits for a callback, or an activity's, as `SendTaskSuccess`, `SendTaskFailure` and
    /// `SendTaskHeartbeat` do. The execution that waited for it.
    ///
    /// # Errors
    /// AWS's message: no task waits with that token.
    pub fn send_task(&mut self, send: &SendTask) -> Result<RunId, String> {
        let sent = nested::send_task(&mut self.runs, send, None);
        sent.map_err(|refusal| refusal.message)
    }

    /// Stops an execution as `StopExecution` does. When it ended; `None` when it is not there.
    pub(super) fn stop_run(
        &mut self,
        id: RunId,
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    ) -> Option<Timestamp> {
        nested::stop(&mut self.runs, id, error, cause)
    }

    /// Opens a child execution of a distributed Map of the shown execution, as an execution of its own.
    pub fn open_child_execution(&mut self, arn: &str) {
        let opened = self.run().and_then(|run| {
            let map_run = run.session.map_runs().iter().find(|it| it.child(arn).is_some())?;
            let is_begin = |event: &&HistoryEvent| {
                matches!(&event.details, EventDetails::MapRunStarted { map_run_arn }
                    if *map_run_arn == map_run.arn)
            };
            let begin = run.session.history().events().iter().find(is_begin);
            let called_at = begin.map_or(0, |event| event.id.0);
            let parent = nested::Parent::of_replay(run.id, map_run.state.as_str(), called_at);
            Some((run.session.child_execution(arn)?, parent, run.depth + 1))
        });
        let Some((child, parent, depth)) = opened else {
            return self.notify(
                NoticeLevel::Error,
                "There is no such child execution",
                "Select the execution whose Map Run it belongs to first.",
            );
        };
        // One that was opened before may have gone on since.
        let of_parent = |it: &Run| it.parent.as_ref().is_some_and(|it| it.run == parent.run);
        self.runs.retain(|it| it.start.is_some() || !of_parent(it) || *it.execution_arn != *arn);
        self.show_recorded(&child);
        if let Some(run) = self.run_mut() {
            run.parent = Some(parent);
            run.depth = depth;
        }
        self.select_current();
    }

    /// Opens what a state of the shown execution started last.
    pub(super) fn open_execution_of(&mut self, state: &StatePath) {
        if self.open_started(state) {
            return;
        }
        let Some(run) = self.run() else { return };
        let called = |it: &&Run| {
            let by = it.parent.as_ref().filter(|parent| parent.run == run.id);
            it.start.is_some() && by.is_some_and(|parent| parent.state == *state)
        };
        let child = self.runs.iter().rev().find(called).map(|it| it.id);
        let map_run = run.session.map_runs().iter().rev().find(|it| it.state == *state);
        let item = map_run.and_then(|it| Some(it.child_arn(it.children.first()?.index)));
        match (child, item) {
            (Some(child), _) => {
                self.show_run(child);
                self.select_current();
            }
            (None, Some(arn)) => self.open_child_execution(&arn),
            (None, None) => self.notify(
                NoticeLevel::Info,
                format!("{state} has started no execution"),
                "Let it run first.",
            ),
        }
    }

    /// The executions that one has started, in the order in which they began.
    pub fn children(&self, of: RunId) -> Vec<&Run> {
        let is_child = |it: &&Run| it.parent.as_ref().is_some_and(|parent| parent.run == of);
        self.runs.iter().filter(is_child).collect()
    }
}
