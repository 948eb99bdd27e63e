//! The child executions of distributed Maps: their contexts, the records of their Map Runs, and their histories where somebody
//! asks for them.

use std::sync::Arc;

use super::{Machine, Turn};
use crate::asl::StateMachine;
use crate::engine::Journal;
use crate::engine::context::ExecutionContext;
use crate::engine::failure;
use crate::engine::map_runs::{ChildOutcome, ChildRecord, MapRunRecord};
use crate::engine::thread::{Children, ScopeNumber, Thread, ThreadIndex};
use crate::execution::{EventDetails, EventId, EventType, History};
use crate::json::Value;

impl Machine {
    /// The Map Runs of distributed Maps, in the order in which they began.
    pub fn map_runs(&self) -> &[MapRunRecord] {
        &self.map_runs
    }

    /// Runs a journal again, and keeps the events of some child executions of distributed Maps: their histories so far, in the
    /// same order.
    pub fn replay_children(
        definition: Arc<StateMachine>,
        journal: &Journal,
        children: &[&ChildRecord],
    ) -> Vec<History> {
        let mut history = History::default();
        let mut machine =
            Self::start(definition, &journal.start, &mut history).without_inspections();
        let scopes = children.iter().map(|child| (child.scope, History::default()));
        machine.kept_children = scopes.collect();
        for (at, input) in &journal.inputs {
            machine.step(*at, input.clone(), &mut history);
        }
        let mut kept = machine.kept_children;
        children.iter().map(|child| kept.remove(&child.scope).unwrap_or_default()).collect()
    }

    pub(crate) fn map_run_mut(&mut self, children: &Children) -> Option<&mut MapRunRecord> {
        self.map_runs.get_mut(children.run.as_ref()?.number?)
    }

    pub(crate) fn child_began(
        &mut self,
        turn: &Turn<'_>,
        scope: ScopeNumber,
        children: &Children,
        index: u64,
        input: &Value,
    ) {
        if let Some(history) = self.kept_children.get_mut(&scope) {
            let details = EventDetails::ExecutionStarted {
                input: Some(input.clone().into()),
                role_arn: Some(Arc::clone(&self.start.role_arn)),
            };
            history.append(EventId(0), turn.at, EventType::ExecutionStarted, details);
        }
        if let Some(record) = self.map_run_mut(children) {
            record.begin(ChildRecord {
                scope,
                index,
                input: input.clone(),
                started_at: turn.at,
                stopped_at: None,
                outcome: ChildOutcome::Running,
            });
        }
    }

    /// Notes the end of a child execution of a distributed Map, and appends its last event where its events are kept.
    pub(crate) fn child_execution_ended(
        &mut self,
        turn: &Turn<'_>,
        child: &Thread,
        children: &Children,
        outcome: ChildOutcome,
    ) {
        if let Some(history) = self.kept_children.get_mut(&child.scope) {
            let (event_type, details) = match &outcome {
                ChildOutcome::Succeeded { output } => {
                    let output = Some(output.clone().into());
                    (EventType::ExecutionSucceeded, EventDetails::Succeeded { output })
                }
                ChildOutcome::Failed { error, cause } => {
                    let (error, cause) = (error.clone(), cause.clone());
                    (EventType::ExecutionFailed, EventDetails::Failure { error, cause })
                }
                ChildOutcome::TimedOut => {
                    let error = Some(failure::TIMEOUT.into());
                    (EventType::ExecutionTimedOut, EventDetails::Failure { error, cause: None })
                }
                ChildOutcome::Aborted | ChildOutcome::Running => (
                    EventType::ExecutionAborted,
                    EventDetails::Failure { error: None, cause: None },
                ),
            };
            history.append(child.previous, turn.at, event_type, details);
        }
        let at = turn.at;
        if let Some(record) = self.map_run_mut(children) {
            record.end(child.scope, at, outcome);
        }
    }

    pub(crate) fn execution_context(&self, scope: ScopeNumber) -> &ExecutionContext {
        if scope == 0 {
            &self.own_context
        } else {
            self.child_contexts.get(&scope).unwrap_or(&self.own_context)
        }
    }

    pub(crate) fn add_child_context(&mut self, context: ExecutionContext) -> ScopeNumber {
        let number = self.next_scope;
        self.next_scope += 1;
        self.child_contexts.insert(number, context);
        number
    }

    /// Child executions under way, of all distributed Maps together.
    pub(crate) fn child_executions(&self) -> usize {
        self.child_contexts.len()
    }

    pub(crate) fn remove_child_context(&mut self, turn: &mut Turn<'_>, number: ScopeNumber) {
        let removed = if number == 0 { None } else { self.child_contexts.remove(&number) };
        if let Some(timer) = removed.and_then(|it| it.deadline_timer) {
            self.cancel_timer(turn, timer);
        }
    }

    /// Notes which thread began a child execution.
    pub(crate) fn set_root(&mut self, scope: ScopeNumber, root: ThreadIndex) {
        if let Some(context) = self.child_contexts.get_mut(&scope) {
            context.root = root;
        }
    }
}
