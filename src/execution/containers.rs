//! What the events of a Parallel or Map do to a [`Moment`](super::Moment): threads begin, end, and give way to a retry.

use super::fold::{Error, Fold};
use super::{
    ContainerRun, EventDetails, EventId, HistoryEvent, StateStatus, StateType, Thread, ThreadId,
    ThreadKind, ThreadStatus, Visit,
};

/// How the threads inside a Parallel or Map end.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ending {
    Success,
    /// Those with an error failed, the others were stopped for it.
    Failure,
}

impl Fold<'_> {
    pub(super) fn container_started(&mut self, event: &HistoryEvent, id: ThreadId) {
        let Some(visit) = self.open_visit(id) else { return };
        let state = visit.state.clone();
        if let Some(run) = visit.container {
            self.end_inside(id, run.started, Ending::Failure);
            self.supersede(id, run.started);
        }
        self.scheduled(id);
        self.change_visit(id, |visit| {
            visit.container = Some(ContainerRun { started: event.id, ended: false });
        });
        let EventDetails::MapStateStarted { length } = event.details else { return };
        if let Some(summary) = self.moment.states.get_mut(&state) {
            // Concurrent visits, that is those in iterations of an outer Map, are counted together.
            let (started, finished, before) =
                summary.iterations.filter(|_| id != ThreadId::TOP).unwrap_or_default();
            summary.iterations = Some((started, finished, before.saturating_add(length)));
        }
    }

    pub(super) fn iteration_started(&mut self, id: ThreadId) {
        self.count_iteration(id, (1, 0));
    }

    fn count_iteration(&mut self, id: ThreadId, (started, finished): (u64, u64)) {
        let Some(Thread { kind: ThreadKind::Iteration { of, .. }, .. }) = self.thread(id) else {
            return;
        };
        let of = of.clone();
        if let Some(summary) = self.moment.states.get_mut(&of) {
            let counts = summary.iterations.get_or_insert_default();
            counts.0 += started;
            counts.1 += finished;
        }
    }

    pub(super) fn iteration_ended(&mut self, id: ThreadId, status: ThreadStatus) {
        let Some(thread) = self.thread(id) else { return };
        if !matches!(thread.kind, ThreadKind::Iteration { .. }) {
            return;
        }
        let (parent, was_alive) = (thread.parent, thread.status.is_alive());
        let run = thread.open_visit().and_then(|visit| visit.container);
        let ending =
            if status == ThreadStatus::Succeeded { Ending::Success } else { Ending::Failure };
        if let Some(run) = run {
            self.end_inside(id, run.started, ending);
        }
        let error = self.open_visit(id).and_then(|visit| self.error_in(visit));
        match status {
            ThreadStatus::Succeeded => self.settle(id, StateStatus::Succeeded),
            ThreadStatus::Failed => self.settle(id, StateStatus::Failed),
            ThreadStatus::Aborted | ThreadStatus::Running | ThreadStatus::Waiting => {
                // The recordings abort an iteration whose task had already failed by itself.
                let own = if error.is_some() { StateStatus::Failed } else { StateStatus::Aborted };
                self.settle(id, own);
            }
        }
        self.set_status(id, status);
        if was_alive {
            self.count_iteration(id, (0, 1));
        }
        if status == ThreadStatus::Failed
            && let Some(parent) = parent
        {
            self.failed(parent, error.unwrap_or_default());
        }
    }

    pub(super) fn container_failed(&mut self, event: &HistoryEvent, id: ThreadId) {
        if let Some(run) = self.open_visit(id).and_then(|visit| visit.container) {
            let known = self
                .visit(id)
                .and_then(|visit| visit.error.clone())
                .filter(|error| !error.0.is_empty());
            let error = known.or_else(|| self.failed_child(id, run.started));
            let error = match error {
                Some(error) => error,
                None => self.blame_previous(event, id),
            };
            self.change_visit(id, |visit| visit.error = Some(error));
        } else {
            self.change_visit(id, |visit| {
                visit.error = visit.error.take().or_else(|| Some(Error::default()));
            });
        }
        self.container_ended(id, Ending::Failure);
    }

    /// A branch failed without an event of its own (a path that selects nothing): the marker points into it.
    fn blame_previous(&mut self, event: &HistoryEvent, parent: ThreadId) -> Error {
        // Not one that comes later, as in a file that somebody wrote by hand.
        let previous = Some(event.previous_event_id.0).filter(|it| *it < event.id.0);
        let index =
            previous.and_then(|it| it.checked_sub(1)).and_then(|it| usize::try_from(it).ok());
        let previous = index.and_then(|it| self.placed.get(it)).copied().unwrap_or_default();
        if previous != parent && self.open_visit(previous).is_some() {
            self.change_visit(previous, |visit| visit.error = Some(Error::default()));
        }
        Error::default()
    }

    pub(super) fn container_ended(&mut self, id: ThreadId, ending: Ending) {
        let Some(run) = self.open_visit(id).and_then(|visit| visit.container) else { return };
        self.end_inside(id, run.started, ending);
        self.change_visit(id, |visit| visit.container = Some(ContainerRun { ended: true, ..run }));
    }

    /// The error of the first thread inside that has one.
    pub(super) fn failed_child(&mut self, id: ThreadId, since: EventId) -> Option<Error> {
        let threads = &self.moment.threads;
        let first = threads.partition_point(|it| it.started < since);
        self.seen += (threads.len() - first) as u64;
        let children = threads[first..].iter().filter(|it| it.parent == Some(id));
        children.filter(|it| it.status != ThreadStatus::Succeeded).find_map(|it| {
            it.current
                .as_ref()
                .filter(|visit| visit.exited.is_none())
                .and_then(|it| self.error_in(it))
        })
    }

    /// What a visit failed with: as an event said, or as the engine saw it. A Fail state has always failed.
    fn error_in(&self, visit: &Visit) -> Option<Error> {
        // An attempt's failure has an event of its own; before the first attempt only the engine knows.
        let inspected = || {
            if visit.attempts > 0 {
                return None;
            }
            let error = self.history.inspections.get(&visit.entered)?.error.as_ref()?;
            Some((error.error.as_str().into(), error.cause.as_str().into()))
        };
        let fail = || (visit.state_type == StateType::Fail).then(Error::default);
        visit.error.clone().or_else(inspected).or_else(fail)
    }

    /// Ends the threads that were begun inside a thread since an event.
    pub(super) fn end_inside(&mut self, id: ThreadId, since: EventId, ending: Ending) {
        for inner in self.inside(id, since) {
            if !self.thread(inner).is_some_and(|it| it.status.is_alive()) {
                continue;
            }
            let failed = self.open_visit(inner).is_some_and(|visit| self.error_in(visit).is_some());
            let (visit, thread) = match ending {
                Ending::Success => (StateStatus::Succeeded, ThreadStatus::Succeeded),
                Ending::Failure if failed => (StateStatus::Failed, ThreadStatus::Failed),
                Ending::Failure => (StateStatus::Aborted, ThreadStatus::Aborted),
            };
            self.settle(inner, visit);
            self.set_status(inner, thread);
        }
    }

    /// The threads inside a thread, at any depth, that began since an event.
    fn inside(&mut self, id: ThreadId, since: EventId) -> Vec<ThreadId> {
        let threads = &self.moment.threads;
        let first = threads.partition_point(|it| it.started < since);
        self.seen += (threads.len() - first) as u64;
        let mut inside: Vec<ThreadId> = Vec::new();
        for thread in &threads[first..] {
            // Who begins inside is inside; ids ascend, and so does `inside`.
            let is_inside = |outer: ThreadId| outer == id || inside.binary_search(&outer).is_ok();
            if thread.id != id && thread.parent.is_some_and(is_inside) {
                inside.push(thread.id);
            }
        }
        inside
    }

    fn supersede(&mut self, id: ThreadId, since: EventId) {
        for inner in self.inside(id, since) {
            self.change(inner, |thread| thread.superseded = true);
        }
    }
}
