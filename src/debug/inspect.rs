//! What is known about a visit at a cursor: its data-flow stages up to there, and where each of them can be stood on.
//!
//! A stage hangs on the event after which it is known: what comes before the work (`afterInputPath`, `afterParameters`, …) on
//! the entered event, the result and what is made of it on the event that brought it, the output on the exited event.

use std::sync::Arc;

use super::Cursor;
use super::debuggee::Debuggee;
use super::evaluate::Place;
use crate::asl::{QueryLanguage, State};
use crate::engine::dataflow::{RecordedVisit, inspect};
use crate::engine::random::SeededRandom;
use crate::execution::{
    EventDetails, EventId, EventType, InspectionData, Provenance, StateType, ThreadId,
    TimelineVisit, Visit,
};
use crate::json::Value;

/// In the order of [`InspectionData::stages`].
const STAGES: [&str; 10] = [
    "input",
    "afterInputPath",
    "afterItemsPath",
    "afterItemSelector",
    "afterParameters",
    "afterArguments",
    "result",
    "afterResultSelector",
    "afterResultPath",
    "output",
];
const RESULT: usize = 6;
const AFTER_RESULT: usize = 8;
const OUTPUT: usize = 9;

fn rank(stage: &str) -> usize {
    STAGES.iter().position(|it| *it == stage).unwrap_or(0)
}

impl Debuggee {
    /// Everything about a visit, whether or not the cursor has come so far. What AWS did not record is computed by the
    /// engine's own data flow.
    pub(super) fn inspection_of(&self, entered: EventId) -> Option<InspectionData> {
        match self.history.inspections.get(&entered) {
            Some(data) => Some(data.clone()),
            None => self.recorded_inspection(entered),
        }
    }

    /// What is known about a visit at a cursor.
    pub(super) fn known_inspection(
        &self,
        entered: EventId,
        cursor: Cursor,
    ) -> Option<InspectionData> {
        let bar = self.moments.timeline().visits.get(&entered)?;
        let mut data = self.inspection_of(entered)?;
        let last = self.last_known(bar, cursor);
        if data.result.is_none() && bar.state_type == StateType::Task {
            // The engine has not looked at it yet.
            data.result = self.result_event(bar).and_then(|id| self.result_in(id));
        }
        let stages = [
            &mut data.input,
            &mut data.after_input_path,
            &mut data.after_items_path,
            &mut data.after_item_selector,
            &mut data.after_parameters,
            &mut data.after_arguments,
            &mut data.result,
            &mut data.after_result_selector,
            &mut data.after_result_path,
            &mut data.output,
        ];
        for stage in stages.into_iter().skip(last + 1) {
            *stage = None;
        }
        if last < OUTPUT {
            data.assigned.clear();
            data.choice_index = None;
        }
        let failed = bar.events.iter().any(|id| *id <= cursor.event && self.is_failure(*id));
        if !failed && last < OUTPUT && cursor.event < self.last_event() {
            data.error = None;
        }
        Some(data)
    }

    fn last_known(&self, bar: &TimelineVisit, cursor: Cursor) -> usize {
        let at = cursor.event;
        let stage = |default: usize| cursor.stage.map_or(default, rank);
        if at == bar.entered {
            return stage(0);
        }
        if let Some(exited) = self.exited(bar).filter(|exited| at >= *exited) {
            return if at == exited { stage(OUTPUT) } else { OUTPUT };
        }
        match self.result_event(bar).filter(|result| at >= *result) {
            Some(result) if at == result => stage(RESULT),
            Some(_) => AFTER_RESULT,
            None => RESULT - 1,
        }
    }

    fn exited(&self, bar: &TimelineVisit) -> Option<EventId> {
        bar.events.last().copied().filter(|id| {
            self.history
                .get(*id)
                .is_some_and(|event| matches!(event.details, EventDetails::StateExited { .. }))
        })
    }

    fn result_event(&self, bar: &TimelineVisit) -> Option<EventId> {
        let brings = |id: &EventId| {
            self.history.get(*id).is_some_and(|event| brings_result(event.event_type))
        };
        bar.events.iter().rev().copied().find(brings)
    }

    fn is_failure(&self, id: EventId) -> bool {
        self.history
            .get(id)
            .is_some_and(|event| crate::execution::summary::is_failure(event.event_type))
    }

    /// The stages that can be stood on at an event, in order.
    pub(super) fn stages_at(&self, event: EventId) -> Vec<&'static str> {
        let Some(entered) = self.moments.visit_of(event) else { return Vec::new() };
        let Some(bar) = self.moments.timeline().visits.get(&entered) else { return Vec::new() };
        let result = self.result_event(bar);
        let range = if event == entered {
            0..if result.is_some() { RESULT } else { OUTPUT }
        } else if Some(event) == result {
            RESULT..OUTPUT
        } else if Some(event) == self.exited(bar) {
            OUTPUT..OUTPUT + 1
        } else {
            return Vec::new();
        };
        let data = self.inspection_of(entered).unwrap_or_default();
        data.stages()
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| range.contains(&rank(name)))
            .collect()
    }

    /// The stage after another at the same event. The first one is the event as such.
    pub(super) fn stage_after(&self, cursor: Cursor) -> Option<&'static str> {
        let stages = self.stages_at(cursor.event);
        let here = cursor.stage.map_or_else(|| stages.first().map_or(0, |it| rank(it)), rank);
        stages.into_iter().find(|it| rank(it) > here)
    }

    /// The cursor one stage earlier at the same event.
    pub(super) fn stage_before(&self, cursor: Cursor) -> Option<Cursor> {
        let here = rank(cursor.stage?);
        let before = self.stages_at(cursor.event).into_iter().rfind(|it| rank(it) < here)?;
        Some(Cursor { event: cursor.event, stage: Some(before).filter(|it| rank(it) > 0) })
    }

    /// The state of a visit.
    pub(super) fn state(&self, visit: &Visit) -> Option<&State> {
        self.definition.find(&visit.state)
    }

    /// What the names in an expression stand for, in a thread at a cursor.
    pub(super) fn place(&self, cursor: Cursor, thread: ThreadId) -> Place {
        let moment = self.moments.at(&self.history, cursor.event);
        let thread = moment.thread(thread);
        let variables = thread.map(|it| Arc::clone(&it.variables)).unwrap_or_default();
        let visit = thread.and_then(|it| it.current.as_ref());
        let data = visit
            .and_then(|visit| self.known_inspection(visit.entered, cursor))
            .unwrap_or_default();
        let input = data
            .input
            .clone()
            .or_else(|| visit.map(Visit::input_value))
            .unwrap_or_else(|| self.start().input);
        let language = visit
            .and_then(|it| self.state(it))
            .map_or(self.definition.query_language, |it| it.query_language);
        let error = data.error.as_ref().map(|error| {
            Value::object([
                ("Error", Value::from(error.error.as_str())),
                ("Cause", Value::from(error.cause.as_str())),
            ])
        });
        Place {
            language: if visit.is_some() { language } else { QueryLanguage::default() },
            here: data.stages().last().map_or_else(|| input.clone(), |(_, value)| (*value).clone()),
            context: data.context.unwrap_or_else(|| self.context(visit)),
            variables: variables.as_ref().clone(),
            result: data.result,
            error,
            input,
        }
    }

    /// The context object, as far as a recording tells it.
    fn context(&self, visit: Option<&Visit>) -> Value {
        let start = self.start();
        let text = |text: &str| Value::from(text);
        let execution = Value::object([
            ("Id", text(&start.execution_arn)),
            ("Input", start.input.clone()),
            ("StartTime", Value::from(start.at.to_string())),
            ("Name", text(&start.execution_name)),
            ("RoleArn", text(&start.role_arn)),
        ]);
        let machine = Value::object([
            ("Id", text(&start.state_machine_arn)),
            ("Name", text(&start.state_machine_name)),
        ]);
        let mut parts = vec![("Execution", execution), ("StateMachine", machine)];
        if let Some(visit) = visit {
            let entered = Value::from(visit.entered_at.to_string());
            parts.push((
                "State",
                Value::object([("EnteredTime", entered), ("Name", text(&visit.name))]),
            ));
        }
        Value::object(parts)
    }

    /// A visit of a recorded execution: its outside as AWS recorded it, its inside computed.
    fn recorded_inspection(&self, entered: EventId) -> Option<InspectionData> {
        let bar = self.moments.timeline().visits.get(&entered)?;
        let moment = self.moments.at(&self.history, entered);
        let thread = moment.thread(bar.thread)?;
        let visit = thread.current.as_ref()?;
        let Some(input) = visit.input.as_ref().map(crate::execution::Payload::value) else {
            return Some(InspectionData {
                provenance: Provenance::Recorded,
                ..InspectionData::default()
            });
        };
        let result = self.result_event(bar).and_then(|id| self.result_in(id));
        let context = self.context(Some(visit));
        let recorded = RecordedVisit {
            input: &input,
            result: result.as_ref(),
            context: &context,
            variables: &thread.variables,
        };
        let mut data = match self.state(visit) {
            Some(state) => inspect(state, recorded, &mut SeededRandom::new(0)),
            None => InspectionData { input: Some(input.clone()), ..InspectionData::default() },
        };
        if let Some(parameters) = bar.events.iter().find_map(|id| self.parameters(*id)) {
            // What was sent decides over what would have been computed.
            if data.after_arguments.is_some() {
                data.after_arguments = Some(parameters);
            } else if bar.state_type == StateType::Task {
                data.after_parameters = Some(parameters);
            }
        }
        let output = self.exited(bar).and_then(|id| {
            let EventDetails::StateExited { output, .. } = &self.history.get(id)?.details else {
                return None;
            };
            Some(output.as_ref()?.value())
        });
        // A visit that was left without a result (caught, or a Map whose results AWS does not record) has its recorded output.
        data.output = output;
        if let Some((error, cause)) = &bar.error {
            let ended = self.history.events().last();
            let ended = ended.and_then(|it| crate::execution::summary::error_of(&it.details));
            // A Fail state inside of a Map or Parallel whose `CausePath` gives the cause: the execution ended with both.
            let ended = ended.filter(|it| cause.is_empty() && it.0 == *error);
            let cause = ended.map_or_else(|| Arc::clone(cause), |it| it.1);
            data.error = Some(crate::execution::inspection::ErrorDetails {
                error: error.to_string(),
                cause: cause.to_string(),
                ..Default::default()
            });
        }
        Some(data)
    }

    /// What an event brought; AWS does not record what the branches or iterations gave.
    fn result_in(&self, id: EventId) -> Option<Value> {
        let (EventDetails::TaskOutput { output, .. } | EventDetails::Succeeded { output }) =
            &self.history.get(id)?.details
        else {
            return None;
        };
        Some(output.as_ref()?.value())
    }

    pub(super) fn brings_result(&self, id: EventId) -> bool {
        self.history.get(id).is_some_and(|event| brings_result(event.event_type))
    }

    fn parameters(&self, id: EventId) -> Option<Value> {
        let details = &self.history.get(id)?.details;
        if let EventDetails::TaskScheduled { parameters, .. } = details {
            Some(parameters.value())
        } else if let EventDetails::ResourceScheduled { input, .. } = details {
            Some(input.as_ref()?.value())
        } else {
            None
        }
    }
}

/// Whether the event brings the result of its state.
pub(super) fn brings_result(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::TaskSucceeded
            | EventType::LambdaFunctionSucceeded
            | EventType::ActivitySucceeded
            | EventType::MapStateSucceeded
            | EventType::ParallelStateSucceeded
    )
}
