//! Steps of the shown execution, forwards and backwards, into what it started and out again.

use super::app::{App, FRAME_BUDGET};
use super::nested;
use super::simulation::{Run, RunId};
use crate::debug::{Goal, StopReason};
use crate::execution::EventId;

impl App {
    pub(super) fn continue_or_start(&mut self) {
        match self.run() {
            Some(run)
                if !run.has_ended() || run.session.cursor().event < run.session.last_event() =>
            {
                self.begin(Goal::Continue);
            }
            Some(_) | None => {
                if self.start_typed().is_some() {
                    self.begin(Goal::Continue);
                }
            }
        }
    }

    /// Steps in the execution that is shown; without one, starts and stops at the first state.
    pub(super) fn step(&mut self, goal: Goal) {
        if self.run().is_some() {
            self.begin(goal);
        } else if self.start_typed().is_some() {
            let first = matches!(goal, Goal::RunTo(_)).then_some(goal).unwrap_or(Goal::Next);
            self.begin(first);
        }
    }

    pub(super) fn begin(&mut self, goal: Goal) {
        let from = self.run().map(|run| (run.id, run.session.cursor().event));
        self.begin_around(&goal);
        let into = goal == Goal::StepIn;
        let back = goal.is_reverse() && goal != Goal::ReverseContinue;
        if let Some(run) = self.run_mut() {
            run.begin(goal);
        }
        self.pump(FRAME_BUDGET);
        match from {
            Some((run, event)) if into => self.enter_child(run, event),
            Some((run, event)) if back => self.leave_child_backwards(run, event),
            Some(_) | None => {}
        }
        self.select_current();
    }

    /// What the executions around the shown one do when it ends: after a step they stand still where it comes back.
    fn begin_around(&mut self, goal: &Goal) {
        let around = match goal {
            Goal::Continue | Goal::RunTo(_) => Goal::Continue,
            Goal::Next | Goal::StepIn | Goal::StepOut => Goal::StepIn,
            Goal::ReverseContinue | Goal::StepBack | Goal::ReverseStepIn | Goal::ReverseStepOut => {
                return;
            }
        };
        let Some(run) = self.run() else { return };
        let ancestors = nested::ancestors(&self.runs, run);
        for run in self.runs.iter_mut().filter(|it| ancestors.contains(&it.id)) {
            // Where somebody has looked back, that place is kept.
            if !run.has_ended() && run.session.cursor().event == run.session.last_event() {
                run.begin(around.clone());
            }
        }
    }

    /// A step into a call that has long been answered goes into the history of the execution that it started.
    fn enter_child(&mut self, caller: RunId, from: EventId) {
        let Some(run) = self.runs.iter().find(|it| it.id == caller) else { return };
        if run.stopped != Some(StopReason::Step) || self.active_run != Some(caller) {
            return;
        }
        let (to, thread) = (run.session.cursor().event, run.session.thread());
        let called = |child: &&Run| {
            child.parent.as_ref().is_some_and(|it| {
                it.run == caller
                    && (from.0 + 1..to.0).contains(&it.called_at.0)
                    && run.session.moments().thread_of(it.called_at) == thread
            })
        };
        let Some(child) = self.runs.iter().find(called).map(|it| it.id) else { return };
        self.show_run(child);
        if let Some(run) = self.run_mut() {
            // The event after `ExecutionStarted` enters the first state.
            run.session.goto(EventId(2));
            run.stopped = Some(StopReason::Step);
        }
    }

    /// A step back from the start of a child goes to the state of its parent that called.
    fn leave_child_backwards(&mut self, child: RunId, from: EventId) {
        let Some(run) = self.runs.iter().find(|it| it.id == child) else { return };
        // The first state of an execution is entered by its second event.
        if run.stopped != Some(StopReason::Entry) || from.0 > 2 {
            return;
        }
        let Some((parent, called_at)) = run.parent.as_ref().map(|it| (it.run, it.called_at)) else {
            return;
        };
        self.show_run(parent);
        if let Some(run) = self.run_mut() {
            let entered = run
                .session
                .moments()
                .at(run.session.history(), called_at)
                .thread(run.session.moments().thread_of(called_at))
                .and_then(|it| it.current.as_ref().map(|visit| visit.entered));
            run.session.goto(entered.unwrap_or(called_at));
            run.stopped = Some(StopReason::Step);
        }
    }

    pub(super) fn goto(&mut self, event: impl Fn(&Run) -> EventId) {
        if let Some(run) = self.run_mut() {
            run.session.goto(event(run));
            run.stopped = Some(StopReason::Goto);
        }
        self.select_current();
    }

    /// The state at the cursor becomes the selected one, so that every pane follows.
    pub(super) fn select_current(&mut self) {
        let current = self.run().and_then(|run| {
            let moment = run.session.moment();
            let thread = moment.thread(run.session.thread())?;
            Some(thread.current.as_ref()?.state.clone())
        });
        if current.is_some() {
            self.selection.state = current;
        }
    }
}
