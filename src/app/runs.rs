//! The executions of a session: started, kept within a number, let move, shown.

use std::collections::BTreeSet;
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

/// Memory of executions that have ended, as far as it can be told from their histories.
const MAX_ENDED_BYTES: usize = 512 << 20;

/// Memory of executions that are under way, and of those that they have started. AWS has no such limit: there, what goes round
/// without end ends after 25,000 events or five minutes, and a thousand at a time take nobody's memory.
const MAX_OPEN_BYTES: usize = 1 << 30;

/// From here on calls start no more executions.
const CROWDED_BYTES: usize = MAX_OPEN_BYTES / 4 * 3;

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

/// An execution that nobody started from another one, with all that it started.
#[derive(Debug)]
struct Family {
    root: RunId,
    members: BTreeSet<RunId>,
    bytes: usize,
    /// Nothing of it runs, or can be let run.
    has_ended: bool,
}

impl Family {
    fn of(runs: &[Run], root: RunId) -> Self {
        let members = nested::family(runs, root);
        let own = || runs.iter().filter(|it| members.contains(&it.id));
        let bytes = own().map(|it| it.session.bytes()).sum();
        // What was recorded takes no more memory, whether or not it had ended.
        let has_ended = own().all(|it| it.has_ended() || it.session.journal().is_none());
        Self { root, members, bytes, has_ended }
    }
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
        self.forget_beyond(MAX_RUNS, MAX_ENDED_BYTES);
    }

    fn forget_beyond(&mut self, most_runs: usize, most_bytes: usize) {
        let all: usize = self.runs.iter().map(|it| it.session.bytes()).sum();
        let roots = || self.runs.iter().filter(|it| it.parent.is_none());
        if all <= most_bytes && roots().count() <= most_runs {
            return;
        }
        let families: Vec<Family> = roots().map(|it| Family::of(&self.runs, it.id)).collect();
        let ended: Vec<&Family> = families.iter().filter(|it| it.has_ended).collect();
        let mut count = families.len();
        let mut bytes: usize = ended.iter().map(|it| it.bytes).sum();
        for family in ended {
            if count <= most_runs && bytes <= most_bytes {
                break;
            }
            if self.active_run.is_some_and(|it| family.members.contains(&it)) {
                continue;
            }
            count -= 1;
            bytes -= family.bytes;
            self.runs.retain(|it| !family.members.contains(&it.id));
        }
    }

    /// Whether executions that are under way take so much memory that no more should begin.
    pub(super) fn is_crowded(&self) -> bool {
        self.families_under_way(CROWDED_BYTES).is_some()
    }

    /// The executions that are under way with all that they started, when they take more than so much memory.
    fn families_under_way(&self, most_bytes: usize) -> Option<Vec<Family>> {
        let all: usize = self.runs.iter().map(|it| it.session.bytes()).sum();
        if all <= most_bytes {
            return None;
        }
        let roots = self.runs.iter().filter(|it| it.parent.is_none());
        let mut families: Vec<Family> = roots.map(|it| Family::of(&self.runs, it.id)).collect();
        families.retain(|it| !it.has_ended);
        let bytes: usize = families.iter().map(|it| it.bytes).sum();
        (bytes > most_bytes).then_some(families)
    }

    /// Stops those that take the most memory, until what is under way takes no more than this.
    fn stop_beyond(&mut self, most_bytes: usize) {
        // One stop ends a family, so there are no more rounds than executions.
        for _ in 0..self.runs.len() {
            let Some(families) = self.families_under_way(most_bytes) else { return };
            let Some(heaviest) = families.iter().max_by_key(|it| it.bytes) else { return };
            let root = self.runs.iter().find(|it| it.id == heaviest.root);
            let name = root.map_or_else(String::new, |it| it.execution_arn.to_string());
            let cause = format!(
                "The executions under way took more than {} MiB of memory together, and {name} the most of it.",
                most_bytes >> 20
            );
            for id in &heaviest.members {
                let open = |it: &&Run| it.id == *id && !it.has_ended();
                if self.runs.iter().find(open).is_some() {
                    let error = Some(Arc::from("Stepwell.MemoryLimit"));
                    nested::stop(&mut self.runs, *id, error, Some(cause.as_str().into()));
                }
            }
            tracing::warn!(execution = name, "stopped for its memory");
            self.notify(
                NoticeLevel::Error,
                format!("{name} was stopped: {cause}"),
                "Does it go round without end?",
            );
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
        self.stop_beyond(MAX_OPEN_BYTES);
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
        // Whoever waited for an end has been told.
        self.forget_old_runs();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debug::{Breakpoints, Goal};
    use crate::execution::ExecutionStatus;

    /// An execution that goes round without end, after so many steps.
    fn add_loop(app: &mut App, steps: usize) -> RunId {
        let text = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}"#;
        let kind = StateMachineType::Standard;
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:loop";
        let definition = MachineDefinition::of_text("loop", kind, arn, text);
        let new = NewRun {
            machine: 0,
            definition: &definition,
            input: Value::empty_object(),
            kind,
            name: None,
            role_arn: ROLE_ARN.into(),
        };
        let id = app.start_new_run(new, false);
        let run = app.run_mut().expect("it is shown");
        run.begin(Goal::Continue);
        run.session.advance(&Breakpoints::default(), steps);
        id
    }

    fn bytes(app: &App, id: RunId) -> usize {
        app.runs.iter().find(|it| it.id == id).map_or(0, |it| it.session.bytes())
    }

    #[test]
    fn the_heaviest_executions_are_stopped_and_say_why() {
        let mut app = App::new(None, Arc::new(|| ()));
        let small = add_loop(&mut app, 100);
        let large = add_loop(&mut app, 1000);
        let (one, other) = (bytes(&app, small), bytes(&app, large));
        assert!(other > 5 * one && one > 10_000, "{one} {other}");
        app.stop_beyond(one + other);
        assert!(app.runs.iter().all(|it| !it.has_ended()), "there is room for both");
        app.stop_beyond(one + other - 1);
        let of = |id: RunId| app.runs.iter().find(|it| it.id == id).map(Run::status);
        assert_eq!(of(small), Some(ExecutionStatus::Running));
        assert!(
            matches!(of(large), Some(ExecutionStatus::Aborted { error: Some(error), cause: Some(_) })
                if &*error == "Stepwell.MemoryLimit")
        );
        assert!(app.notices.iter().any(|it| it.text.contains("was stopped")));
        assert!(!app.is_crowded());
    }

    #[test]
    fn what_has_ended_goes_before_what_runs_and_what_is_shown() {
        let mut app = App::new(None, Arc::new(|| ()));
        let ended = add_loop(&mut app, 100);
        let open = add_loop(&mut app, 100);
        let shown = add_loop(&mut app, 100);
        for id in [ended, shown] {
            app.stop_run(id, None, None).expect("it is there");
        }
        app.forget_beyond(3, 1 << 30);
        assert_eq!(app.runs.len(), 3);
        app.forget_beyond(3, 0);
        assert_eq!(app.runs.iter().map(|it| it.id).collect::<Vec<_>>(), [open, shown]);
        app.forget_beyond(1, 1 << 30);
        assert_eq!(app.runs.len(), 2, "neither may go");
    }
}
