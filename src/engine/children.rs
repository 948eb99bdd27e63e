//! The threads inside a Parallel or a Map: starting them, gathering what they give, aborting the rest when one fails.
//!
//! AWS's `previousEventId` has rules of its own here. What follows a branch, a failed iteration or one of several iterations
//! hangs on the last event that happened *inside*; only the `MapIterationSucceeded` that ends the last iteration is followed
//! by something. `…StateSucceeded` is always a dead end.

use std::sync::Arc;

use super::failure::{Failure, Origin};
use super::limits::payload_size;
use super::machine::{Here, Machine, StepResult, Turn};
use super::map_runs::{ChildOutcome, MapRunStatus};
use super::thread::{Children, Phase, Role, Thread, ThreadIndex};
use crate::asl::{Map, ProcessorMode, StateKind};
use crate::execution::{EventDetails, EventId, EventType};
use crate::json::Value;

/// The states that hold threads, as far as their events differ.
#[derive(Clone, Copy)]
enum Kind<'p> {
    Parallel,
    Map(&'p Map),
    DistributedMap(&'p Map),
}

fn kind_of<'p>(here: Here<'p>) -> Option<Kind<'p>> {
    match &here.state.kind {
        StateKind::Parallel(_) => Some(Kind::Parallel),
        StateKind::Map(map) => match map.processor.mode {
            ProcessorMode::Inline => Some(Kind::Map(map)),
            ProcessorMode::Distributed => Some(Kind::DistributedMap(map)),
        },
        StateKind::Task(_)
        | StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => None,
    }
}

/// The thread that waits in a Parallel or a Map for those inside.
pub(crate) struct Parent<'a> {
    pub(crate) index: ThreadIndex,
    pub(crate) thread: &'a mut Thread,
    pub(crate) here: Here<'a>,
    pub(crate) children: &'a mut Children,
}

impl Machine {
    /// Takes in the end of a thread that had a parent.
    pub(crate) fn child_ended(
        &mut self,
        turn: &mut Turn<'_>,
        parent_index: ThreadIndex,
        child: &Thread,
        result: Result<Value, Failure>,
    ) {
        let Some(mut parent) = self.take_thread(parent_index) else { return };
        let program = Arc::clone(&self.program);
        let here = Here::of(&program, parent.visit.state);
        if child.scope != parent.scope {
            self.remove_child_context(turn, child.scope);
        }
        if let (Some(mut children), Some(kind)) = (parent.visit.children.take(), kind_of(here)) {
            children.running.remove(&child.role.index());
            if child.scope != parent.scope {
                let outcome = match &result {
                    Ok(output) => ChildOutcome::Succeeded { output: output.clone() },
                    Err(failure) if failure.origin == Origin::TimedOut => ChildOutcome::TimedOut,
                    Err(failure) => ChildOutcome::Failed {
                        error: failure.error.clone(),
                        cause: failure.cause.clone(),
                    },
                };
                self.child_execution_ended(turn, child, &children, outcome);
            }
            let mut group =
                Parent { index: parent_index, thread: &mut parent, here, children: &mut children };
            let ended = match result {
                Ok(output) => self.child_succeeded(turn, &mut group, kind, child, output),
                Err(failure) => self.child_failed(turn, &mut group, kind, child, failure),
            };
            if let Some(result) = ended {
                parent.phase = Phase::ChildrenEnded(result);
                self.make_ready(parent_index);
            }
            parent.visit.children = Some(children);
        }
        self.put_thread(parent_index, parent);
    }

    /// Ends a child execution of a distributed Map that has run as long as its type may, with all that runs inside.
    pub(crate) fn child_timed_out(&mut self, turn: &mut Turn<'_>, root: ThreadIndex) {
        let Some(mut thread) = self.take_thread(root) else { return };
        let program = Arc::clone(&self.program);
        let here = Here::of(&program, thread.visit.state);
        if let Some(mut children) = thread.visit.children.take() {
            let previous = thread.previous;
            self.abort_all(turn, here, &mut children, previous);
            self.finish_map_run(turn, &children, MapRunStatus::Aborted);
        }
        self.discard_thread(turn, root, &mut thread);
        if let Some(parent) = thread.parent {
            let failure = Failure { origin: Origin::TimedOut, ..Failure::timeout() };
            self.child_ended(turn, parent, &thread, Err(failure));
        }
    }

    fn child_succeeded(
        &mut self,
        turn: &mut Turn<'_>,
        parent: &mut Parent<'_>,
        kind: Kind<'_>,
        child: &Thread,
        output: Value,
    ) -> Option<Result<Value, Failure>> {
        let index = child.role.index();
        // What a child execution gives is kept until the others have ended, though its history is not.
        if child.scope != parent.thread.scope
            && let Ok(size) = payload_size(&output)
        {
            self.count_kept(size);
        }
        if let Some(place) =
            usize::try_from(index).ok().and_then(|it| parent.children.results.get_mut(it))
        {
            *place = output;
        }
        parent.children.finished += 1;
        let previous = match kind {
            Kind::Parallel => child.previous,
            Kind::Map(_) => {
                let details =
                    EventDetails::MapIteration { name: Arc::clone(&parent.here.meta.name), index };
                let succeeded = self.append(
                    turn,
                    parent.thread.scope,
                    child.previous,
                    EventType::MapIterationSucceeded,
                    details,
                );
                // What follows the last iteration hangs on its end; the next iteration hangs on what came before that.
                let is_last = parent.children.finished == parent.children.length;
                if is_last { succeeded } else { child.previous }
            }
            Kind::DistributedMap(_) => parent.thread.previous,
        };
        self.next_iterations(turn, parent, kind, previous)
    }

    /// Starts what may start now; the group's result when nothing is left.
    fn next_iterations(
        &mut self,
        turn: &mut Turn<'_>,
        parent: &mut Parent<'_>,
        kind: Kind<'_>,
        previous: EventId,
    ) -> Option<Result<Value, Failure>> {
        if let Kind::Map(map) | Kind::DistributedMap(map) = kind
            && let Err(failure) = self.start_iterations(turn, parent, map, previous)
        {
            self.abort_all(turn, parent.here, parent.children, previous);
            parent.thread.previous = previous;
            return Some(Err(failure));
        }
        if parent.children.finished + parent.children.failed < parent.children.length {
            return None;
        }
        parent.thread.previous = previous;
        Some(Ok(Value::from(std::mem::take(&mut parent.children.results))))
    }

    fn child_failed(
        &mut self,
        turn: &mut Turn<'_>,
        parent: &mut Parent<'_>,
        kind: Kind<'_>,
        child: &Thread,
        failure: Failure,
    ) -> Option<Result<Value, Failure>> {
        let previous = child.previous;
        match kind {
            Kind::DistributedMap(_) => {
                let index = child.role.index();
                parent.children.failed += 1;
                parent.children.failed_items += parent.children.items.size(index);
                let limits = parent.children.run.as_ref();
                let tolerated = is_tolerated(
                    limits.and_then(|it| it.tolerated_count),
                    limits.and_then(|it| it.tolerated_percentage),
                    parent.children.failed_items,
                    parent.children.items.total(),
                );
                let place = usize::try_from(index).ok();
                if let Some(place) = place.and_then(|it| parent.children.results.get_mut(it)) {
                    *place = failed_result(&failure);
                }
                if tolerated {
                    let previous = parent.thread.previous;
                    return self.next_iterations(turn, parent, kind, previous);
                }
                self.abort_all(turn, parent.here, parent.children, parent.thread.previous);
                let failure = Failure::threshold_exceeded();
                self.finish_map_run(turn, parent.children, MapRunStatus::Failed);
                self.map_run_failed(turn, parent.thread, &failure);
                return Some(Err(failure));
            }
            Kind::Map(_) => {
                let details = EventDetails::MapIteration {
                    name: Arc::clone(&parent.here.meta.name),
                    index: child.role.index(),
                };
                self.append(turn, child.scope, previous, EventType::MapIterationFailed, details);
            }
            Kind::Parallel => {}
        }
        // The failed task counts as still open, and AWS aborts it with the others.
        let program = Arc::clone(&self.program);
        let inside = Here::of(&program, child.visit.state);
        if child.visit.entered.0 != 0 && !matches!(child.phase, Phase::Enter { .. }) {
            self.append_aborted(turn, child, inside, previous);
        }
        self.abort_all(turn, parent.here, parent.children, previous);
        parent.thread.previous = previous;
        Some(Err(Failure { origin: Origin::Plain, ..failure }))
    }

    pub(crate) fn map_run_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        failure: &Failure,
    ) {
        let details =
            EventDetails::Failure { error: failure.error.clone(), cause: failure.cause.clone() };
        self.emit(turn, thread, EventType::MapRunFailed, details);
    }

    pub(crate) fn finish_map_run(
        &mut self,
        turn: &Turn<'_>,
        children: &Children,
        status: MapRunStatus,
    ) {
        let at = turn.at;
        if let Some(record) = self.map_run_mut(children) {
            record.finish(at, status);
        }
    }

    /// `of` is the Parallel or Map.
    fn abort_all(
        &mut self,
        turn: &mut Turn<'_>,
        of: Here<'_>,
        children: &mut Children,
        previous: EventId,
    ) {
        for index in std::mem::take(&mut children.running).into_values() {
            self.abort(turn, of, children, index, previous);
        }
    }

    fn abort(
        &mut self,
        turn: &mut Turn<'_>,
        of: Here<'_>,
        siblings: &Children,
        index: ThreadIndex,
        previous: EventId,
    ) {
        let Some(mut thread) = self.take_thread(index) else { return };
        let program = Arc::clone(&self.program);
        let distributed = matches!(kind_of(of), Some(Kind::DistributedMap(_)));
        if let (Role::Iteration { index }, false) = (thread.role, distributed) {
            let details = EventDetails::MapIteration { name: Arc::clone(&of.meta.name), index };
            self.append(turn, thread.scope, previous, EventType::MapIterationAborted, details);
        }
        if thread.visit.entered.0 != 0 && !matches!(thread.phase, Phase::Enter { .. }) {
            let here = Here::of(&program, thread.visit.state);
            if let Some(mut children) = thread.visit.children.take() {
                self.abort_all(turn, here, &mut children, previous);
                self.finish_map_run(turn, &children, MapRunStatus::Aborted);
            }
            self.append_aborted(turn, &thread, here, previous);
        }
        self.discard_thread(turn, index, &mut thread);
        if distributed {
            self.child_execution_ended(turn, &thread, siblings, ChildOutcome::Aborted);
            self.remove_child_context(turn, thread.scope);
        }
    }

    /// The event of a state that is called off; not every type has one.
    fn append_aborted(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &Thread,
        here: Here<'_>,
        previous: EventId,
    ) {
        let event_type = match (&here.state.kind, &thread.phase) {
            (StateKind::Task(_), _) => EventType::TaskStateAborted,
            (StateKind::Wait(_), _) => EventType::WaitStateAborted,
            (StateKind::Parallel(_), Phase::Children) => EventType::ParallelStateAborted,
            (StateKind::Map(_), Phase::Children) => EventType::MapStateAborted,
            (
                StateKind::Parallel(_)
                | StateKind::Map(_)
                | StateKind::Pass(_)
                | StateKind::Choice(_)
                | StateKind::Succeed
                | StateKind::Fail(_)
                | StateKind::Unknown(_),
                _,
            ) => return,
        };
        self.append(turn, thread.scope, previous, event_type, EventDetails::None);
    }

    /// From what the branches or iterations gave to the state's output.
    pub(crate) fn finish_children(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        results: Value,
    ) -> StepResult {
        let succeeded = match kind_of(here) {
            Some(Kind::Parallel) => Some((EventType::ParallelStateSucceeded, thread.previous)),
            Some(Kind::Map(_)) => Some((EventType::MapStateSucceeded, thread.previous)),
            Some(Kind::DistributedMap(_)) => {
                let run = self.append(
                    turn,
                    thread.scope,
                    thread.previous,
                    EventType::MapRunSucceeded,
                    EventDetails::None,
                );
                Some((EventType::MapStateSucceeded, run))
            }
            None => None,
        };
        if let Some((event_type, previous)) = succeeded {
            self.append(turn, thread.scope, previous, event_type, EventDetails::None);
        }
        if let Some(children) = thread.visit.children.take() {
            self.finish_map_run(turn, &children, MapRunStatus::Succeeded);
        }
        self.finish_with_result(turn, thread, here, results)
    }

    /// The failed event of a Parallel or Map that is not tried again. `States.Runtime` in the state's own fields goes by
    /// without one.
    pub(crate) fn children_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        failure: &Failure,
        from_children: bool,
    ) {
        if failure.ends_execution() && !from_children {
            return;
        }
        let event_type = match kind_of(here) {
            Some(Kind::Parallel) => EventType::ParallelStateFailed,
            Some(Kind::Map(_) | Kind::DistributedMap(_)) => EventType::MapStateFailed,
            None => return,
        };
        self.emit(turn, thread, event_type, EventDetails::None);
    }
}

/// What stands for a failed child execution among the results of a Map that goes on.
fn failed_result(failure: &Failure) -> Value {
    let status = if failure.origin == Origin::TimedOut { "TIMED_OUT" } else { "FAILED" };
    let text = |text: &Option<Arc<str>>| text.clone().map_or(Value::Null, Value::String);
    Value::object([
        ("Status", Value::from(status)),
        ("Error", text(&failure.error)),
        ("Cause", text(&failure.cause)),
    ])
}

/// Whether a distributed Map goes on after so many of its items failed. Without a threshold none is tolerated; with both, neither
/// may be exceeded. A threshold of 0 counts as none: so executions on AWS went, though the developer guide does not say it.
pub(crate) fn is_tolerated(
    count: Option<u64>,
    percentage: Option<f64>,
    failed: u64,
    items: u64,
) -> bool {
    let count = count.filter(|it| *it > 0);
    let percentage = percentage.filter(|it| *it > 0.0);
    if count.is_none() && percentage.is_none() {
        return failed == 0;
    }
    count.is_none_or(|most| failed <= most)
        && percentage.is_none_or(|most| failed as f64 * 100.0 <= most * items as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_of_nothing_is_none() {
        for (failed, items, count, percentage, tolerated) in [
            (0, 3, 0, 0.0, true),
            (1, 3, 0, 0.0, false),
            (1, 3, 1, 100.0, true),
            (3, 3, 1, 100.0, false),
            (1, 3, 0, 50.0, true),
            (3, 3, 0, 50.0, false),
            (3, 3, 5, 0.0, true),
            (1, 3, 100, 34.0, true),
            (1, 3, 100, 33.0, false),
            (2, 3, 5, 50.0, false),
            (2, 5, 100, 40.0, true),
        ] {
            let got = is_tolerated(Some(count), Some(percentage), failed, items);
            assert_eq!(got, tolerated, "{failed} of {items}, {count} or {percentage} %");
        }
        assert!(is_tolerated(None, None, 0, 1) && !is_tolerated(None, None, 1, 1));
    }
}
