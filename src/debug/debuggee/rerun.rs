//! The same execution once more: to the same event, with another definition, or from its start.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Debuggee, Engine, Step, TaskAnswer};
use crate::asl::{StateMachine, StatePath};
use crate::engine::{Action, ExecutionStart, Input, TaskToken};
use crate::execution::{
    EventDetails, EventId, EventType as E, HistoryEvent, Outcome, Payload, Timestamp,
};
use crate::json::Value;

impl Debuggee {
    /// What a new execution would start from. For a recorded one, what its first event and its ARN tell.
    pub(in crate::debug) fn start(&self) -> ExecutionStart {
        if let Some(engine) = &self.engine {
            return engine.journal.start.clone();
        }
        let first = self.history.events().first();
        let (input, role_arn) = match first.map(|event| &event.details) {
            Some(EventDetails::ExecutionStarted { input, role_arn }) => {
                (input.as_ref().map(Payload::value).unwrap_or_default(), role_arn.clone())
            }
            Some(_) | None => (Value::Null, None),
        };
        // arn:aws:states:<region>:<account>:execution:<machine>:<name>, or express:<machine>:<name>:<id>.
        let parts: Vec<&str> = self.execution_arn.split(':').collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let machine_arn =
            format!("{}:stateMachine:{}", parts.get(..5).unwrap_or_default().join(":"), part(6));
        ExecutionStart {
            input,
            kind: self.kind,
            synchronous: false,
            at: first.map_or(Timestamp(0), |event| event.timestamp),
            seed: 0,
            execution_arn: Arc::clone(&self.execution_arn),
            execution_name: part(7).into(),
            role_arn: role_arn.unwrap_or_default(),
            state_machine_arn: machine_arn.into(),
            state_machine_name: part(6).into(),
        }
    }

    /// A second simulation that went the same way up to an event: all inputs whose events lie before it.
    pub(in crate::debug) fn replayed(&self, until: EventId) -> Option<Self> {
        let engine = self.engine.as_ref()?;
        let count = engine.marks.partition_point(|mark| *mark <= until);
        let mut copy = self.relaunched(engine);
        for (at, input) in engine.journal.inputs.iter().take(count) {
            copy.replay(*at, input.clone());
        }
        if let Some(engine) = &mut copy.engine {
            engine.cancelled.clear();
        }
        Some(copy)
    }

    /// The same execution, aborted at a time: what went in until then, and `StopExecution`.
    pub(in crate::debug) fn aborted_at(
        &self,
        at: Timestamp,
        cause: Option<Arc<str>>,
    ) -> Option<Self> {
        let engine = self.engine.as_ref()?;
        let mut copy = self.relaunched(engine);
        for (when, input) in engine.journal.inputs.iter().take_while(|(when, _)| *when <= at) {
            copy.replay(*when, input.clone());
        }
        if let Some(engine) = &mut copy.engine {
            engine.clock.advance_to(at);
        }
        if !copy.has_ended() {
            copy.take(Input::Stop { error: None, cause });
        }
        Some(copy)
    }

    /// The same execution at its start.
    fn relaunched(&self, engine: &Engine) -> Self {
        Self::launch_with(
            Arc::clone(&self.definition),
            engine.journal.start.clone(),
            &engine.variables,
        )
    }

    pub(super) fn replay(&mut self, at: Timestamp, input: Input) {
        if let Some(engine) = &mut self.engine {
            engine.clock.advance_to(at);
            match &input {
                Input::TimerFired { timer } => {
                    engine.clock.observe(&Action::CancelTimer { timer: *timer });
                }
                Input::TaskSucceeded { token, .. } | Input::TaskFailed { token, .. } => {
                    engine.forget(*token);
                }
                Input::TaskSubmitted { token, .. } => engine.submitted(*token),
                Input::Advance
                | Input::TaskStarted { .. }
                | Input::TaskHeartbeat { .. }
                | Input::Stop { .. } => {}
            }
        }
        self.take(input);
    }

    /// The input of the journal that gave an event, when it was an answer: its place, and whose task it was.
    pub(in crate::debug) fn answer_behind(&self, event: EventId) -> Option<(EventId, TaskToken)> {
        let engine = self.engine.as_ref()?;
        let index = engine.marks.partition_point(|mark| *mark < event);
        let before = index
            .checked_sub(1)
            .and_then(|it| engine.marks.get(it))
            .map_or(EventId(1), |mark| *mark);
        match engine.journal.inputs.get(index)?.1 {
            Input::TaskSubmitted { token, .. }
            | Input::TaskSucceeded { token, .. }
            | Input::TaskFailed { token, .. } => Some((before, token)),
            Input::Advance
            | Input::TaskStarted { .. }
            | Input::TaskHeartbeat { .. }
            | Input::TimerFired { .. }
            | Input::Stop { .. } => None,
        }
    }

    /// Another simulation, perhaps of another definition, in which tasks answer as they did here up to an event, each state
    /// for itself. It runs until it has as many events, or needs an answer that there is not.
    pub(in crate::debug) fn rerun(&self, definition: Arc<StateMachine>, until: EventId) -> Self {
        let mut answers = self.recorded_answers(until);
        let mut copy = Self::launch(definition, self.start());
        while copy.last_event() < until {
            match copy.step() {
                Step::Taken => {}
                Step::Ended | Step::Sleeps(_) => break,
                Step::NeedsAnswer => {
                    let Some(engine) = &mut copy.engine else { break };
                    let next = engine.pending.iter().filter(|it| !it.never).find_map(|it| {
                        Some((it.request.token, answers.get_mut(&it.request.state)?.pop_front()?))
                    });
                    let Some((token, answer)) = next else { break };
                    engine.answers.push_back((token, answer));
                }
            }
        }
        if let Some(engine) = &mut copy.engine {
            engine.cancelled.clear();
        }
        copy
    }

    /// What the tasks of each state answered up to an event, in the order of the events.
    fn recorded_answers(&self, until: EventId) -> BTreeMap<StatePath, VecDeque<TaskAnswer>> {
        let mut answers: BTreeMap<StatePath, VecDeque<TaskAnswer>> = BTreeMap::new();
        for event in self.history.events().iter().take_while(|event| event.id <= until) {
            let Some(state) = self.moments.state_of(event.id) else { continue };
            if let Some(answer) = answer_of(event) {
                answers.entry(state.clone()).or_default().push_back(answer);
            }
        }
        answers
    }
}

/// The answer that an event records.
fn answer_of(event: &HistoryEvent) -> Option<TaskAnswer> {
    if matches!(event.event_type, E::TaskTimedOut | E::LambdaFunctionTimedOut | E::ActivityTimedOut)
    {
        return Some(TaskAnswer::Never);
    }
    match event.details.outcome()? {
        Outcome::Output(_) if event.event_type == E::ExecutionSucceeded => None,
        Outcome::Output(output) if event.event_type == E::TaskSubmitted => {
            Some(TaskAnswer::Submitted { output: output?.value() })
        }
        Outcome::Output(output) => Some(TaskAnswer::Succeeded { output: output?.value() }),
        Outcome::Failure { error, cause } if is_task_failure(event) => {
            Some(TaskAnswer::Failed { error: error.cloned(), cause: cause.cloned() })
        }
        Outcome::Failure { .. } => None,
    }
}

/// Whether it is a task that failed, and not a state or an execution.
fn is_task_failure(event: &HistoryEvent) -> bool {
    let name = event.event_type.as_str();
    matches!(event.details, EventDetails::TaskFailure { .. })
        || name.starts_with("Lambda")
        || name.starts_with("Activity")
}
