//! Which thread an event belongs to.
//!
//! `previousEventId` alone does not tell: event 2 always says 0, `MapIterationStarted` may point into an earlier iteration,
//! `MapStateExited` does not point at `MapStateSucceeded`, an abort points at the failure in another thread. So the event's
//! own words (a state's name, an iteration's index, the kind of state it can belong to) are held against the threads that
//! are alive, beginning with the previous event's thread and the ones around it.

use std::sync::Arc;

use super::outline::{Outline, ScopeIndex};
use super::{
    EventDetails, EventId, EventType, History, HistoryEvent, Moment, StateType, Thread, ThreadId,
    ThreadKind,
};

/// Where an event happened.
pub(super) enum Place {
    In(ThreadId),
    /// It begins a new thread.
    Begins {
        parent: ThreadId,
        kind: ThreadKind,
        scope: Option<ScopeIndex>,
    },
}

/// What is known just before the event.
pub(super) struct Placing<'a> {
    pub(super) outline: &'a Outline,
    pub(super) history: &'a History,
    /// The moment before the event.
    pub(super) before: &'a Moment,
    /// The threads of the events before.
    pub(super) placed: &'a [ThreadId],
    /// The scopes of the threads.
    pub(super) scopes: &'a [Option<ScopeIndex>],
}

impl Placing<'_> {
    pub(super) fn place(&self, event: &HistoryEvent) -> Place {
        let near = self.thread_of(event.previous_event_id);
        match &event.details {
            EventDetails::StateEntered { name, .. } => return self.entered(event, near, name),
            EventDetails::MapIteration { name, index } => {
                return if event.event_type == EventType::MapIterationStarted {
                    self.iteration_begins(near, name, *index)
                } else {
                    Place::In(self.iteration(near, name, *index))
                };
            }
            EventDetails::StateExited { name, .. }
            | EventDetails::EvaluationFailed { state: name, .. } => {
                return Place::In(self.open_visit(near, name));
            }
            EventDetails::None
            | EventDetails::ExecutionStarted { .. }
            | EventDetails::Succeeded { .. }
            | EventDetails::Failure { .. }
            | EventDetails::TaskScheduled { .. }
            | EventDetails::TaskStarted { .. }
            | EventDetails::TaskOutput { .. }
            | EventDetails::TaskFailure { .. }
            | EventDetails::ResourceScheduled { .. }
            | EventDetails::ActivityStarted { .. }
            | EventDetails::MapStateStarted { .. }
            | EventDetails::MapRunStarted { .. }
            | EventDetails::Redriven { .. }
            | EventDetails::MapRunRedriven { .. }
            | EventDetails::Unknown(_) => {}
        }
        Place::In(self.by_type(event, near))
    }

    fn thread_of(&self, event: EventId) -> ThreadId {
        let index = event.0.checked_sub(1).and_then(|it| usize::try_from(it).ok());
        index.and_then(|it| self.placed.get(it)).copied().unwrap_or_default()
    }

    fn scope(&self, thread: ThreadId) -> Option<ScopeIndex> {
        self.scopes.get(thread.0 as usize).copied().flatten()
    }

    /// The thread near the event for which `test` holds, else the youngest anywhere.
    fn find(&self, near: ThreadId, test: impl Fn(&Thread) -> bool) -> Option<ThreadId> {
        let near = self.before.chain(near).find(|it| test(it));
        near.or_else(|| self.before.threads.iter().rev().find(|it| test(it))).map(|it| it.id)
    }

    fn entered(&self, event: &HistoryEvent, near: ThreadId, name: &str) -> Place {
        // An event that names a later one as its previous is of no real history, and must not be read otherwise once that one came.
        let previous = Some(event.previous_event_id).filter(|it| *it < event.id);
        let previous = previous.and_then(|it| self.history.get(it)).map(|it| it.event_type);
        if previous == Some(EventType::ParallelStateStarted)
            && let Some(thread) = self.before.thread(near)
            && let Some(branch) = self.branch_begins(thread, name, false)
        {
            return branch;
        }
        let between = |thread: &Thread| thread.status.is_alive() && thread.open_visit().is_none();
        let knows = |thread: &Thread| self.outline.state(self.scope(thread.id), name).is_some();
        let chain = || self.before.chain(near);
        // An id of 0 after event 2 means that the recording left the ids out: then the nearest thread says nothing.
        let blank = event.previous_event_id == EventId(0) && event.id.0 > 2;
        if !blank && let Some(thread) = chain().find(|it| between(it) && knows(it)) {
            return Place::In(thread.id);
        }
        if let Some(branch) =
            self.before.threads.iter().rev().find_map(|it| self.branch_begins(it, name, true))
        {
            return branch;
        }
        let thread = self.find(near, |it| between(it) && knows(it));
        let thread = thread.or_else(|| self.find(near, |it| it.status.is_alive() && knows(it)));
        let thread = thread.or_else(|| chain().find(|it| between(it)).map(|it| it.id));
        Place::In(thread.unwrap_or(near))
    }

    /// The branch of a Parallel in this thread that starts with `name` and has not begun yet; unless `strict`, any that
    /// has not begun.
    fn branch_begins(&self, thread: &Thread, name: &str, strict: bool) -> Option<Place> {
        let visit = thread.open_visit().filter(|it| it.state_type == StateType::Parallel)?;
        let run = visit.container.filter(|run| !run.ended)?;
        let threads = &self.before.threads;
        let first = threads.partition_point(|it| it.started < run.started);
        let begun = |index: u64| {
            threads[first..].iter().any(|it| {
                it.parent == Some(thread.id)
                    && matches!(it.kind, ThreadKind::Branch { index: it, .. } if it == index)
            })
        };
        let outline = self.outline.state(self.scope(thread.id), &visit.name);
        let scopes = outline.map_or(&[][..], |it| it.scopes.as_slice());
        let free = |wanted: &dyn Fn(ScopeIndex) -> bool| {
            (0_u64..)
                .zip(scopes)
                .find(|(index, scope)| wanted(**scope) && !begun(*index))
                .map(|(index, scope)| (index, Some(*scope)))
        };
        let mut chosen = free(&|scope| self.outline.start_at(scope) == Some(name));
        if !strict {
            chosen = chosen
                .or_else(|| free(&|_| true))
                .or_else(|| (0..).find(|it| !begun(*it)).map(|index| (index, None)));
        }
        let (index, scope) = chosen?;
        let kind = ThreadKind::Branch { of: visit.state.clone(), index };
        Some(Place::Begins { parent: thread.id, kind, scope })
    }

    fn iteration_begins(&self, near: ThreadId, name: &str, index: u64) -> Place {
        let Some(parent) = self.open_map(near, name) else { return Place::In(near) };
        let visit = self.before.thread(parent).and_then(|it| it.open_visit());
        let Some(visit) = visit else { return Place::In(near) };
        let scope =
            self.outline.state(self.scope(parent), name).and_then(|it| it.scopes.first().copied());
        Place::Begins {
            parent,
            kind: ThreadKind::Iteration { of: visit.state.clone(), index },
            scope,
        }
    }

    fn open_map(&self, near: ThreadId, name: &str) -> Option<ThreadId> {
        self.find(near, |it| {
            it.status.is_alive()
                && it
                    .open_visit()
                    .is_some_and(|visit| visit.state_type == StateType::Map && &*visit.name == name)
        })
    }

    /// The iteration that an end of one speaks of: the one around the previous event, else the youngest with this index.
    fn iteration(&self, near: ThreadId, name: &str, index: u64) -> ThreadId {
        let is_it = |thread: &Thread| {
            let of = thread
                .parent
                .and_then(|it| self.before.thread(it))
                .and_then(|it| it.current.as_ref());
            matches!(thread.kind, ThreadKind::Iteration { index: it, .. } if it == index)
                && of.is_some_and(|visit| &*visit.name == name)
        };
        if let Some(thread) = self.before.chain(near).find(|it| is_it(it)) {
            return thread.id;
        }
        let map = self.open_map(near, name);
        let inside =
            |thread: &Arc<Thread>| (map.is_none() || thread.parent == map) && is_it(thread);
        let mut youngest = self.before.threads.iter().rev().filter(|it| inside(it));
        let alive = youngest.clone().find(|it| it.status.is_alive());
        alive.or_else(|| youngest.next()).map_or(near, |it| it.id)
    }

    /// The thread that is in a state of this name.
    fn open_visit(&self, near: ThreadId, name: &str) -> ThreadId {
        let is_in = |thread: &Thread| {
            thread.status.is_alive()
                && thread.open_visit().is_some_and(|visit| &*visit.name == name)
        };
        let thread = self.find(near, is_in);
        let last =
            || self.find(near, |it| it.current.as_ref().is_some_and(|visit| &*visit.name == name));
        thread.or_else(last).unwrap_or(near)
    }

    /// By the kind of state that such an event can belong to.
    fn by_type(&self, event: &HistoryEvent, near: ThreadId) -> ThreadId {
        let name = event.event_type.as_str();
        if name.starts_with("Execution") {
            return ThreadId::TOP;
        }
        if event.event_type == EventType::Unknown {
            return near;
        }
        if event.event_type == EventType::TaskStateAborted {
            return self.aborted(event, near, StateType::Task);
        }
        if event.event_type == EventType::WaitStateAborted {
            return self.aborted(event, near, StateType::Wait);
        }
        let state_type = if name.starts_with("Map") {
            StateType::Map
        } else if name.starts_with("Parallel") {
            StateType::Parallel
        } else {
            StateType::Task
        };
        let of_type = |thread: &Thread| {
            thread.status.is_alive()
                && thread.open_visit().is_some_and(|visit| visit.state_type == state_type)
        };
        // An inner Parallel or Map that has already failed waits for the outer one, which is meant then.
        let running = |thread: &Thread| {
            of_type(thread)
                && thread
                    .open_visit()
                    .is_some_and(|visit| visit.container.is_none_or(|run| !run.ended))
        };
        self.find(near, running).or_else(|| self.find(near, of_type)).unwrap_or(near)
    }

    /// `TaskStateAborted` points at the failure that caused it. After an iteration's own end it is the iteration's.
    fn aborted(&self, event: &HistoryEvent, near: ThreadId, state_type: StateType) -> ThreadId {
        let last = |thread: &Thread| {
            thread.current.as_ref().is_some_and(|visit| {
                visit.state_type == state_type && visit.exited.is_none() && visit.aborted.is_none()
            })
        };
        let before = EventId(event.id.0.saturating_sub(1));
        let ended = self.history.get(before).filter(|it| {
            matches!(it.event_type, EventType::MapIterationFailed | EventType::MapIterationAborted)
        });
        let just_ended =
            ended.and_then(|_| self.before.thread(self.thread_of(before))).filter(|it| last(it));
        just_ended.map(|it| it.id).or_else(|| self.find(near, last)).unwrap_or(near)
    }
}
