//! A fetched execution on the screen: among the others, with the state that is to blame in the middle.

use super::as_run::place_among;
use crate::app::answers::Answers;
use crate::app::app::{App, NoticeLevel, Topic};
use crate::app::nested::Parent;
use crate::app::simulation::{Run, RunId};
use crate::app::{Command, Pane};
use crate::asl::Diagnostic;
use crate::debug::DebugSession;
use crate::execution::{Execution, StateStatus, ThreadId};
use crate::project::Project;

impl App {
    /// Puts the execution on the screen, with the state that failed in the middle.
    pub(super) fn show_fetched(
        &mut self,
        arn: &str,
        execution: &Execution,
        diagnostics: Vec<Diagnostic>,
    ) {
        let again = self.attach.opened.get(arn).and_then(|it| it.run);
        if let Some(run) = again.and_then(|id| self.runs.iter_mut().find(|it| it.id == id)) {
            let at = run.session.cursor().event;
            run.session = DebugSession::open(execution);
            run.session.goto(at);
        } else {
            let Some(id) = self.add_recorded(execution, diagnostics) else { return };
            let parent = self.attach.opened.get(arn).and_then(|it| it.parent.clone());
            let depth = parent
                .as_ref()
                .and_then(|(of, ..)| self.runs.iter().find(|it| it.id == *of))
                .map_or(0, |it| it.depth + 1);
            if let Some(run) = self.runs.iter_mut().find(|it| it.id == id) {
                run.parent =
                    parent.map(|(of, state, event)| Parent::of_replay(of, state.as_str(), event.0));
                run.depth = depth;
            }
            if let Some(opened) = self.attach.opened.get_mut(arn) {
                opened.run = Some(id);
            }
        }
        self.find_started(arn);
        self.focus_failure(arn, true);
        self.show_events_or_failure(arn);
    }

    /// Brings the reason of a failed execution to the front, and of any other its events.
    pub(super) fn show_events_or_failure(&mut self, arn: &str) {
        // Whoever opens a real execution has seen enough of the tour, whose sample is gone.
        self.tour = None;
        self.succeeded(Topic::Opening);
        let failed = self.run_of(arn).is_some_and(Run::has_failed);
        self.for_window.push(Command::ShowPane(Pane::Events));
        if failed {
            self.for_window.push(Command::ShowPane(Pane::Failure));
        }
    }

    /// Puts an execution among the others, under a machine that has the definition which it ran: one of the project's when that
    /// is the same, else one of its own beside it.
    fn add_recorded(
        &mut self,
        execution: &Execution,
        diagnostics: Vec<Diagnostic>,
    ) -> Option<RunId> {
        if self.project.is_none() {
            match Answers::of(&Project::default()) {
                Ok((answers, _)) => self.show_opened(Project::default(), answers),
                Err(why) => {
                    self.notify(NoticeLevel::Error, "The execution can't be shown", why);
                    return None;
                }
            }
        }
        let id = RunId(self.next_id());
        let machines = &mut self.project.as_mut()?.project.machines;
        let before = machines.len();
        let index = place_among(machines, execution, diagnostics);
        let name = machines.get(index)?.name.clone();
        let is_new = index >= before;
        let mut run = Run::recorded(id, index, execution);
        run.machine_name = name.as_str().into();
        if is_new {
            // One of that name in a project that was closed was another.
            self.attach.ran.remove(&name);
        }
        self.remember_who_ran(&name, &execution.arn);
        self.runs.push(run);
        self.forget_old_runs();
        self.show_run(id);
        Some(id)
    }

    pub(super) fn run_of(&self, arn: &str) -> Option<&Run> {
        let id = self.attach.opened.get(arn)?.run?;
        self.runs.iter().find(|it| it.id == id)
    }

    /// Selects the state that is to blame. Once the user has selected something else, only when it is asked for.
    pub(super) fn focus_failure(&mut self, arn: &str, asked: bool) {
        let Some(opened) = self.attach.opened.get(arn) else { return };
        let (id, before) = (opened.run, opened.focused.clone());
        let untouched = before.is_some() && self.selection.state == before;
        if !asked && (!untouched || self.active_run != id) {
            return;
        }
        let Some(run) = self.runs.iter_mut().find(|it| Some(it.id) == id) else { return };
        let at_end = run.session.cursor().event == run.session.last_event();
        if asked {
            run.session.goto(run.session.last_event());
        } else if !at_end {
            return;
        }
        if let Some(thread) = thread_to_blame(run) {
            run.session.select_thread(thread);
        }
        self.select_current();
        let state = self.selection.state.clone();
        let moved = state != before;
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            opened.focused.clone_from(&state);
        }
        if asked {
            self.for_window.push(Command::ShowPane(Pane::Graph));
        }
        if let Some(state) = state.filter(|_| asked || moved) {
            self.for_window.push(Command::CentreState(state));
        }
    }
}

/// The thread whose state made the execution fail: the innermost that failed, of several the first; without a failure the one
/// that has moved last.
pub(in crate::app) fn thread_to_blame(run: &Run) -> Option<ThreadId> {
    let moment = run.session.moment();
    let visits = moment.threads.iter().filter(|it| !it.superseded).filter_map(|thread| {
        let visit = thread.current.as_ref()?;
        Some((thread.id, moment.chain(thread.id).count(), visit))
    });
    let failed = visits.clone().filter(|(_, _, visit)| visit.status == StateStatus::Failed);
    let innermost =
        failed.max_by_key(|(id, depth, _)| (*depth, std::cmp::Reverse(*id))).map(|(id, ..)| id);
    innermost.or_else(|| visits.max_by_key(|(_, _, visit)| visit.entered).map(|(id, ..)| id))
}
