//! One event's effect on a [`Moment`].
//!
//! Written for histories from anywhere: events may be missing (log levels), out of order (sorted recordings) or name states
//! that the definition does not have. Whatever comes, the threads stay a tree and the counts stay right.

use std::sync::Arc;

use super::containers::Ending;
use super::outline::{Outline, ScopeIndex};
use super::summary::error_of;
use super::{
    ContainerRun, EventDetails, EventId, EventType, History, HistoryEvent, Moment, StateStatus,
    StateType, Thread, ThreadId, ThreadKind, ThreadStatus, Via, Visit,
};
use crate::query::Variables;

/// An error's name and cause.
pub(super) type Error = (Arc<str>, Arc<str>);

pub(super) struct Fold<'a> {
    pub(super) outline: &'a Outline,
    pub(super) history: &'a History,
    pub(super) placed: &'a [ThreadId],
    pub(super) scopes: &'a [Option<ScopeIndex>],
    /// What the event assigns.
    pub(super) assigned: Option<&'a Variables>,
    pub(super) moment: &'a mut Moment,
    /// Threads that were changed.
    pub(super) touched: Vec<ThreadId>,
    /// How many threads were looked at in search of some.
    pub(super) seen: u64,
}

impl Fold<'_> {
    pub(super) fn apply(
        &mut self,
        event: &HistoryEvent,
        thread: ThreadId,
        scope: Option<ScopeIndex>,
    ) {
        use EventType as E;
        self.moment.at = event.id;
        self.moment.timestamp = event.timestamp;
        self.moment.focus = thread;
        match event.event_type {
            E::ExecutionStarted | E::Unknown => {}
            E::ExecutionSucceeded => self.execution_ended(thread, ThreadStatus::Succeeded, None),
            E::ExecutionFailed => {
                self.blame(event);
                self.execution_ended(thread, ThreadStatus::Failed, error_of(&event.details));
            }
            E::ExecutionTimedOut => self.execution_ended(thread, ThreadStatus::Failed, None),
            E::ExecutionAborted => self.execution_ended(thread, ThreadStatus::Aborted, None),
            E::ExecutionRedriven => self.redriven(),
            E::ChoiceStateEntered
            | E::FailStateEntered
            | E::MapStateEntered
            | E::ParallelStateEntered
            | E::PassStateEntered
            | E::SucceedStateEntered
            | E::TaskStateEntered
            | E::WaitStateEntered => self.entered(event, thread, scope),
            E::ChoiceStateExited
            | E::MapStateExited
            | E::ParallelStateExited
            | E::PassStateExited
            | E::SucceedStateExited
            | E::TaskStateExited
            | E::WaitStateExited => self.exited(event, thread, scope),
            E::TaskScheduled | E::LambdaFunctionScheduled | E::ActivityScheduled => {
                self.scheduled(thread);
            }
            E::TaskStarted
            | E::TaskSubmitted
            | E::TaskSucceeded
            | E::LambdaFunctionStarted
            | E::LambdaFunctionSucceeded
            | E::ActivityStarted
            | E::ActivitySucceeded
            | E::MapRunStarted
            | E::MapRunSucceeded
            | E::MapRunRedriven => self.runs(thread),
            E::TaskFailed
            | E::TaskStartFailed
            | E::TaskSubmitFailed
            | E::TaskTimedOut
            | E::LambdaFunctionFailed
            | E::LambdaFunctionScheduleFailed
            | E::LambdaFunctionStartFailed
            | E::LambdaFunctionTimedOut
            | E::ActivityFailed
            | E::ActivityScheduleFailed
            | E::ActivityTimedOut
            | E::MapRunFailed
            | E::EvaluationFailed => {
                self.failed(thread, error_of(&event.details).unwrap_or_default());
            }
            E::TaskStateAborted | E::WaitStateAborted => self.state_aborted(event, thread),
            E::MapStateStarted | E::ParallelStateStarted => self.container_started(event, thread),
            E::MapIterationStarted => self.iteration_started(thread),
            E::MapIterationSucceeded => self.iteration_ended(thread, ThreadStatus::Succeeded),
            E::MapIterationFailed => self.iteration_ended(thread, ThreadStatus::Failed),
            E::MapIterationAborted => self.iteration_ended(thread, ThreadStatus::Aborted),
            E::MapStateSucceeded | E::ParallelStateSucceeded => {
                self.container_ended(thread, Ending::Success);
                self.runs(thread);
            }
            E::MapStateFailed | E::ParallelStateFailed => self.container_failed(event, thread),
            E::MapStateAborted | E::ParallelStateAborted | E::MapRunAborted => {
                self.container_ended(thread, Ending::Failure);
                self.state_aborted(event, thread);
            }
        }
    }

    // -- access

    pub(super) fn thread(&self, id: ThreadId) -> Option<&Thread> {
        self.moment.thread(id).map(|it| &**it)
    }

    pub(super) fn change(&mut self, id: ThreadId, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.moment.threads.get_mut(id.0 as usize) {
            change(Arc::make_mut(thread));
            self.touched.push(id);
        }
    }

    pub(super) fn visit(&self, id: ThreadId) -> Option<&Visit> {
        self.thread(id)?.current.as_ref()
    }

    pub(super) fn open_visit(&self, id: ThreadId) -> Option<&Visit> {
        self.thread(id)?.open_visit()
    }

    pub(super) fn change_visit(&mut self, id: ThreadId, change: impl FnOnce(&mut Visit)) {
        self.change(id, |thread| {
            if let Some(visit) = &mut thread.current {
                change(visit);
            }
        });
    }

    pub(super) fn set_status(&mut self, id: ThreadId, status: ThreadStatus) {
        if self.thread(id).is_some_and(|it| it.status != status) {
            self.change(id, |thread| thread.status = status);
        }
    }

    /// The open visit of a thread is over.
    pub(super) fn settle(&mut self, id: ThreadId, status: StateStatus) {
        let Some(state) = self.open_visit(id).map(|visit| visit.state.clone()) else { return };
        self.change_visit(id, |visit| visit.status = status);
        if let Some(summary) = self.moment.states.get_mut(&state) {
            summary.in_progress = summary.in_progress.saturating_sub(1);
            summary.settled = summary.settled.max(status);
            summary.refresh();
        }
    }

    // -- states

    fn entered(&mut self, event: &HistoryEvent, id: ThreadId, scope: Option<ScopeIndex>) {
        let EventDetails::StateEntered { name, input } = &event.details else { return };
        let Some(state_type) = StateType::of_event(event.event_type) else { return };
        let Some(thread) = self.thread(id) else { return };
        let outline = self.outline.state(scope, name);
        let state = self.outline.path(scope, &thread.kind, name);
        let from = thread.current.as_ref().map(|visit| visit.state.clone());
        let via = thread.current.as_ref().and_then(|visit| self.way_out(visit));
        let round = self.round(id, event.id);
        // Still open only where the recording has gaps: it must have been left, or the thread would not be here.
        self.settle(id, StateStatus::Succeeded);
        if let Some(from) = from {
            if let Some(via) = via {
                self.moment.ways.insert((from.clone(), via), ());
            }
            *self.moment.taken.or_default((from, state.clone())) += 1;
        }
        let summary = self.moment.states.or_default(state.clone());
        if summary.round != round {
            if summary.in_progress == 0 {
                summary.settled = StateStatus::NotEntered;
            }
            summary.iterations = None;
        }
        summary.round = round;
        summary.visits += 1;
        summary.in_progress += 1;
        summary.retries = 0;
        summary.latest = event.id;
        summary.refresh();
        let visit = Visit {
            state,
            name: Arc::clone(name),
            state_type,
            entered: event.id,
            entered_at: event.timestamp,
            exited: None,
            aborted: None,
            input: input.clone(),
            output: None,
            status: StateStatus::InProgress,
            attempts: 0,
            error: outline
                .and_then(|it| it.failure.clone())
                .filter(|_| state_type == StateType::Fail),
            container: None,
        };
        let status = if state_type == StateType::Wait {
            ThreadStatus::Waiting
        } else {
            ThreadStatus::Running
        };
        self.change(id, |thread| {
            thread.status = status;
            thread.current = Some(visit);
        });
    }

    /// How a visit was left, as far as the history tells.
    fn way_out(&self, visit: &Visit) -> Option<Via> {
        let seen = self.history.inspections.get(&visit.entered);
        if visit.state_type == StateType::Choice {
            return Some(seen?.choice_index.map_or(Via::Default, Via::Rule));
        }
        match &visit.error {
            Some(_) => Some(Via::Catch(seen?.error.as_ref()?.catch_index?)),
            None => Some(Via::Next),
        }
    }

    /// The start of the outermost Parallel or Map around a thread; at the top each visit is a round of its own.
    fn round(&self, id: ThreadId, entered: EventId) -> EventId {
        if id == ThreadId::TOP {
            return entered;
        }
        self.visit(ThreadId::TOP)
            .and_then(|visit| visit.container)
            .map_or(EventId(0), |run| run.started)
    }

    fn exited(&mut self, event: &HistoryEvent, id: ThreadId, scope: Option<ScopeIndex>) {
        let EventDetails::StateExited { name, output, .. } = &event.details else { return };
        if let Some(assigned) = self.assigned {
            self.change(id, |thread| {
                let variables = Arc::make_mut(&mut thread.variables);
                variables
                    .extend(assigned.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
            });
        }
        let Some(visit) = self.open_visit(id).filter(|visit| visit.name == *name) else { return };
        let inner = visit.container.filter(|run| !run.ended);
        if let Some(run) = inner {
            // A caught Parallel may leave without a marker of its failure.
            let failed = self.failed_child(id, run.started);
            if let Some(error) = failed.clone() {
                self.change_visit(id, |visit| visit.error = visit.error.take().or(Some(error)));
            }
            self.container_ended(
                id,
                if failed.is_some() { Ending::Failure } else { Ending::Success },
            );
        }
        let caught = self.visit(id).is_some_and(|visit| visit.error.is_some());
        self.change_visit(id, |visit| {
            visit.exited = Some(event.id);
            visit.output.clone_from(output);
        });
        self.settle(id, if caught { StateStatus::Caught } else { StateStatus::Succeeded });
        // Nothing marks the end of a branch but its last state. A caught error goes on to the catcher's Next.
        let ends = self.outline.state(scope, name).is_some_and(|it| it.ends) && !caught;
        let is_branch =
            self.thread(id).is_some_and(|it| matches!(it.kind, ThreadKind::Branch { .. }));
        self.set_status(
            id,
            if ends && is_branch { ThreadStatus::Succeeded } else { ThreadStatus::Running },
        );
    }

    fn state_aborted(&mut self, event: &HistoryEvent, id: ThreadId) {
        let failed = self.visit(id).is_some_and(|visit| visit.error.is_some());
        self.change_visit(id, |visit| visit.aborted = Some(event.id));
        self.settle(id, if failed { StateStatus::Failed } else { StateStatus::Aborted });
        if id != ThreadId::TOP && self.thread(id).is_some_and(|it| it.status.is_alive()) {
            self.set_status(id, if failed { ThreadStatus::Failed } else { ThreadStatus::Aborted });
        }
    }

    // -- attempts

    fn runs(&mut self, id: ThreadId) {
        if self.thread(id).is_some_and(|it| it.status == ThreadStatus::Waiting) {
            self.set_status(id, ThreadStatus::Running);
        }
    }

    pub(super) fn scheduled(&mut self, id: ThreadId) {
        let Some(visit) = self.open_visit(id) else { return };
        let (state, attempts) = (visit.state.clone(), visit.attempts + 1);
        self.change(id, |thread| {
            thread.status = ThreadStatus::Running;
            if let Some(visit) = &mut thread.current {
                visit.attempts = attempts;
                visit.error = None;
            }
        });
        if let Some(summary) = self.moment.states.get_mut(&state) {
            summary.retries = attempts - 1;
        }
    }

    pub(super) fn failed(&mut self, id: ThreadId, error: Error) {
        let waits = self.waits_for_retry(id, &error.0);
        self.change_visit(id, |visit| visit.error = Some(error));
        if self.thread(id).is_some_and(|it| it.status.is_alive()) {
            self.set_status(id, if waits { ThreadStatus::Waiting } else { ThreadStatus::Running });
        }
    }

    fn waits_for_retry(&self, id: ThreadId, error: &str) -> bool {
        let Some(visit) = self.open_visit(id) else { return false };
        let scope = self.scopes.get(id.0 as usize).copied().flatten();
        let outline = self.outline.state(scope, &visit.name);
        outline.is_some_and(|it| it.retries(error, visit.attempts.saturating_sub(1)))
    }

    // -- the execution

    fn execution_ended(&mut self, top: ThreadId, status: ThreadStatus, error: Option<Error>) {
        let ending =
            if status == ThreadStatus::Succeeded { Ending::Success } else { Ending::Failure };
        self.end_inside(top, EventId(0), ending);
        let (failed, aborted) = (StateStatus::Failed, StateStatus::Aborted);
        let visit = match (status, &error) {
            (ThreadStatus::Succeeded, _) => StateStatus::Succeeded,
            (ThreadStatus::Failed, Some(_)) => failed,
            // The execution's own timeout stops whatever runs.
            (
                ThreadStatus::Failed
                | ThreadStatus::Aborted
                | ThreadStatus::Running
                | ThreadStatus::Waiting,
                _,
            ) => aborted,
        };
        if let Some(error) = error {
            self.change_visit(top, |visit| {
                if visit.status == StateStatus::InProgress {
                    visit.error = Some(completed(visit.error.take(), error));
                }
            });
        }
        self.settle(top, visit);
        self.set_status(top, status);
    }

    /// The cause of a failed execution often names the event at which the guilty state was entered.
    fn blame(&mut self, event: &HistoryEvent) {
        let Some(error) = error_of(&event.details) else { return };
        let Some(entered) = entered_in(&error.1) else { return };
        self.seen += self.moment.threads.len() as u64;
        let guilty = self
            .moment
            .threads
            .iter()
            .rev()
            .find(|it| it.open_visit().is_some_and(|it| it.entered == entered));
        let Some(guilty) = guilty.map(|it| it.id) else { return };
        self.change_visit(guilty, |visit| visit.error = Some(error));
    }

    /// What failed or was aborted, and was not given up for a retry, goes on.
    fn redriven(&mut self) {
        self.seen += self.moment.threads.len() as u64;
        let again: Vec<ThreadId> = self
            .moment
            .threads
            .iter()
            .filter(|it| {
                !it.superseded && matches!(it.status, ThreadStatus::Failed | ThreadStatus::Aborted)
            })
            .map(|it| it.id)
            .collect();
        for id in again {
            self.set_status(id, ThreadStatus::Running);
            let Some(visit) =
                self.visit(id).filter(|visit| visit.exited.is_none() && !visit.is_open())
            else {
                continue;
            };
            let state = visit.state.clone();
            self.change_visit(id, |visit| {
                visit.status = StateStatus::InProgress;
                visit.error = None;
                visit.aborted = None;
                visit.container = visit.container.map(|run| ContainerRun { ended: false, ..run });
            });
            if let Some(summary) = self.moment.states.get_mut(&state) {
                summary.in_progress += 1;
                summary.settled = StateStatus::NotEntered;
                summary.refresh();
            }
        }
    }
}

impl super::StateSummary {
    fn refresh(&mut self) {
        let running =
            if self.in_progress > 0 { StateStatus::InProgress } else { StateStatus::NotEntered };
        self.status = self.settled.max(running);
    }
}

impl Thread {
    pub(super) fn new(
        id: ThreadId,
        parent: Option<ThreadId>,
        kind: ThreadKind,
        started: EventId,
        variables: Arc<Variables>,
    ) -> Self {
        Self {
            id,
            parent,
            kind,
            started,
            current: None,
            status: ThreadStatus::Running,
            variables,
            superseded: false,
        }
    }
}

/// `… (entered at the event id #12). …`
fn entered_in(cause: &str) -> Option<EventId> {
    let (_, rest) = cause.split_once("(entered at the event id #")?;
    let (number, _) = rest.split_once(')')?;
    number.parse().ok().map(EventId)
}

/// The error of a visit, with what the end of the execution tells of it: a Fail state whose `CausePath` gives the cause says
/// only its error by itself.
fn completed(own: Option<Error>, told: Error) -> Error {
    match own {
        Some(own) if !own.0.is_empty() && (own.0 != told.0 || !own.1.is_empty()) => own,
        Some(_) | None => told,
    }
}
