//! What would have happened: a recorded execution under an edited definition, and how two executions differ.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::field::FieldDifference;
use super::recording::Recording;
use super::replay::{Ask, Matching, Plan, Served, ServedBy, how_alike, rerun};
use super::verify::{Divergence, Pair, compare, redriven};
use super::{DebugSession, TaskAnswer};
use crate::asl::{StateMachine, StatePath};
use crate::engine::{TaskRequest, TaskToken};
use crate::execution::{
    EventDetails, EventId, ExecutionStatus, History, Moments, Payload, ThreadId,
};
use crate::query::Variables;

/// A recording under another definition.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// The re-run, stopped where it ended or where nobody answers. It can be stepped like any other.
    pub session: DebugSession,
    /// Who answered the tasks.
    pub served: Vec<Served>,
    /// Tasks that ask what the recording does not say, and nobody answered.
    pub unanswered: Vec<TaskRequest>,
    /// For those of them that a recorded attempt stands for: why that is no answer, and what it was answered.
    pub turns: BTreeMap<TaskToken, Turn>,
    pub difference: Difference,
    /// What was left out of the comparison, in words.
    pub notes: Vec<String>,
    /// The definition as it was given: the session's own begins with the state that the re-run began from.
    pub definition: Arc<StateMachine>,
}

/// Why a recorded attempt is not the answer to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewBecause {
    /// It asked something else, or somebody else.
    AskedOtherwise,
    /// The recording does not say what it asked: it was made without execution data.
    QuestionUnknown,
    /// The recording does not say what it was answered.
    AnswerUnknown,
    /// It was stopped, or the recording ends, before there was an answer.
    Unanswered,
}

impl NewBecause {
    /// A sentence about the recorded event.
    pub fn words(self, event: EventId) -> String {
        let event = event.0;
        match self {
            Self::AskedOtherwise => {
                format!("In the recording it asked something else (event {event}).")
            }
            Self::QuestionUnknown => {
                format!("The recording does not say what it asked (event {event}).")
            }
            Self::AnswerUnknown => {
                format!("The recording does not say what it was answered (event {event}).")
            }
            Self::Unanswered => format!("In the recording it was not answered (event {event})."),
        }
    }
}

/// The recorded attempt whose turn it was when a task asked something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// With which it was scheduled.
    pub event: EventId,
    pub why: NewBecause,
    /// What it was answered, where the recording says.
    pub answer: Option<TaskAnswer>,
}

/// How the re-run differs from the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The first event that is not the same.
    pub first: Option<Divergence>,
    /// Both histories side by side.
    pub pairs: Vec<Pair>,
    /// What differs in the events that differ, by their number in the recording.
    pub fields: BTreeMap<EventId, FieldDifference>,
    /// States that only the re-run entered, in the order of the definition's paths.
    pub gained: Vec<StatePath>,
    /// States that only the recording entered.
    pub lost: Vec<StatePath>,
    /// How both ended, where that differs.
    pub outcome: Option<(ExecutionStatus, ExecutionStatus)>,
}

/// Why a recording cannot be run again from a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    #[error("event {0} enters no state: choose the one with which a state begins")]
    NoEntry(u64),
    #[error(
        "'{0}' is inside a Map or Parallel: choose a state of the top level, such as the one around it"
    )]
    NotTopLevel(String),
    #[error("the edited definition has no state '{0}' at its top level")]
    Gone(String),
    #[error("the input of '{0}' was not recorded")]
    NoInput(String),
}

/// Runs a recording again under a definition: from the start, or from the state that `from` enters, with the input and the
/// variables that it had then. Recorded answers serve where the same state asks the same; anything new asks `ask`, and where nobody
/// answers, the re-run stands still there.
///
/// # Errors
/// `from` is no state that an execution can begin with.
pub fn what_if(
    definition: &Arc<StateMachine>,
    history: &History,
    moments: &Moments,
    recording: &Recording,
    from: Option<EventId>,
    ask: &mut Ask<'_>,
) -> Result<WhatIf, WhatIfError> {
    let entry = from.filter(|it| it.0 > 2).map(|it| entry(definition, history, moments, it));
    let entry = entry.transpose()?;
    let from = entry.as_ref().map_or(EventId(1), |it| it.event);
    let mut run = |variant: u64| {
        let mut start = recording.start(variant);
        let mut plan_definition = Arc::clone(definition);
        let mut variables = Variables::new();
        if let Some(entry) = &entry {
            let shift = super::recording::shift(variant);
            start.input = entry.input.value();
            start.at = recording.time(entry.event).plus_millis(shift);
            plan_definition = Arc::clone(&entry.definition);
            variables.clone_from(&entry.variables);
        }
        let plan = Plan {
            recording,
            definition: plan_definition,
            start,
            variables,
            variant,
            matching: Matching::Parameters,
            from: entry.as_ref().map_or(EventId(0), |it| it.event),
        };
        rerun(plan, ask)
    };
    let (ours, other) = (run(0), run(1));
    let found = compare((history, moments, recording.length), from, &ours, &other);
    let entered =
        |moments: &Moments, history: &History, ids: RangeInclusive<u64>| -> BTreeSet<StatePath> {
            let enters = |id: &EventId| {
                let event = history.get(*id)?;
                let is_entry = matches!(event.details, EventDetails::StateEntered { .. });
                is_entry.then(|| moments.state_of(*id).cloned()).flatten()
            };
            ids.map(EventId).filter_map(|id| enters(&id)).collect()
        };
    let last = recording.length as u64;
    let recorded_states = entered(moments, history, from.0..=last);
    let our_history = &ours.debuggee.history;
    let our_states = entered(&ours.debuggee.moments, our_history, 1..=our_history.last_id().0);
    let (was, is) = (recording.status(history), ours.debuggee.history.status());
    let difference = Difference {
        first: found.divergence,
        pairs: found.pairs,
        fields: found.fields,
        gained: our_states.difference(&recorded_states).cloned().collect(),
        lost: recorded_states.difference(&our_states).cloned().collect(),
        outcome: (was != is).then_some((was, is)),
    };
    let turn = |(token, index): (&TaskToken, &usize)| {
        let attempt = recording.attempts.get(*index)?;
        let request = ours.unanswered.iter().find(|it| it.token == *token)?;
        let answer = recording.answer(*index);
        let why = if attempt.parameters.is_none() {
            NewBecause::QuestionUnknown
        } else if how_alike(attempt, request) == ServedBy::OrderOnly {
            NewBecause::AskedOtherwise
        } else if attempt.outcome.is_some() {
            NewBecause::AnswerUnknown
        } else {
            NewBecause::Unanswered
        };
        Some((*token, Turn { event: attempt.scheduled, why, answer }))
    };
    Ok(WhatIf {
        served: ours.served.clone(),
        unanswered: ours.unanswered.clone(),
        turns: ours.turns.iter().filter_map(turn).collect(),
        difference,
        notes: redriven(recording.length, history).into_iter().collect(),
        definition: Arc::clone(definition),
        session: ours.session(),
    })
}

/// A state to begin with.
struct Entry {
    event: EventId,
    /// The definition, beginning there.
    definition: Arc<StateMachine>,
    input: Payload,
    variables: Variables,
}

fn entry(
    definition: &Arc<StateMachine>,
    history: &History,
    moments: &Moments,
    event: EventId,
) -> Result<Entry, WhatIfError> {
    let details = history.get(event).map(|it| &it.details);
    let Some(EventDetails::StateEntered { name, input }) = details else {
        return Err(WhatIfError::NoEntry(event.0));
    };
    if moments.thread_of(event) != ThreadId::TOP {
        return Err(WhatIfError::NotTopLevel(name.to_string()));
    }
    let mut definition = StateMachine::clone(definition);
    let Some(state) = definition.top.states.values().find(|it| it.name.as_str() == &**name) else {
        return Err(WhatIfError::Gone(name.to_string()));
    };
    definition.top.start_at = Some(state.name.clone());
    let input = input.clone().ok_or_else(|| WhatIfError::NoInput(name.to_string()))?;
    let moment = moments.at(history, event);
    let variables = moment.thread(ThreadId::TOP).map(|it| it.variables.as_ref().clone());
    Ok(Entry {
        event,
        definition: Arc::new(definition),
        input,
        variables: variables.unwrap_or_default(),
    })
}
