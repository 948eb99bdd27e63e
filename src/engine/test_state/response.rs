//! The response in AWS's shape: what came of the state, and as much of its inside as the inspection level shows.

use std::sync::Arc;

use super::definition::Tested;
use super::run::{Fate, Outcome};
use super::{InspectionLevel, TestStateRequest};
use crate::asl::StateKind;
use crate::engine::program::is_jsonata;
use crate::execution::InspectionData;
use crate::json::{Object, Value};

/// The members of a response, put together one by one.
#[derive(Default)]
struct Members(Object);

impl Members {
    /// Payloads are texts of JSON inside the response.
    fn payload(&mut self, name: &str, value: Option<&Value>) {
        self.put(name, value.map(|it| Value::from(it.to_string())));
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        self.put(name, text.map(Value::from));
    }

    fn count(&mut self, name: &str, count: Option<u64>) {
        self.put(name, count.map(|it| Value::from(i64::try_from(it).unwrap_or(i64::MAX))));
    }

    fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.into(), value);
        }
    }
}

pub(super) fn response(request: &TestStateRequest, tested: &Tested, outcome: Outcome) -> Value {
    let Outcome { fate, inspection } = outcome;
    let mut members = Members::default();
    let known = |text: &str| Some(Arc::<str>::from(text)).filter(|it| !it.is_empty());
    let noted = inspection.error.as_ref().map(|it| (known(&it.error), known(&it.cause)));
    let (output, next, error, cause, status) = match fate {
        Fate::Succeeded { output, next } => (Some(output), next, None, None, "SUCCEEDED"),
        Fate::Caught { output, next } => {
            let (error, cause) = noted.unwrap_or_default();
            (Some(output), next, error, cause, "CAUGHT_ERROR")
        }
        Fate::Retriable => {
            let (error, cause) = noted.unwrap_or_default();
            (None, None, error, cause, "RETRIABLE")
        }
        Fate::Failed { error, cause } => (None, None, error, cause, "FAILED"),
    };
    members.payload("output", output.as_ref());
    members.text("error", error.as_deref());
    members.text("cause", cause.as_deref());
    match request.inspection_level {
        InspectionLevel::Info => {}
        // TRACE adds the request and response of an HTTP Task, which a mock has none of.
        InspectionLevel::Debug | InspectionLevel::Trace => {
            members.put("inspectionData", Some(inspection_data(tested, &inspection)));
        }
    }
    members.text("nextState", next.as_deref());
    members.text("status", Some(status));
    Value::from(members.0)
}

fn inspection_data(tested: &Tested, data: &InspectionData) -> Value {
    let mut members = Members::default();
    members.payload("input", data.input.as_ref());
    if is_jsonata(&tested.state) {
        jsonata_stages(&mut members, tested, data);
    } else {
        jsonpath_stages(&mut members, tested, data);
    }
    if matches!(tested.state.kind, StateKind::Map(_)) {
        members.payload("afterItemsPointer", data.after_items_pointer.as_ref());
        members.payload("afterItemSelector", data.after_item_selector.as_ref());
        members.payload("afterItemBatcher", data.after_item_batcher.as_ref());
        members.count("toleratedFailureCount", data.tolerated_failure_count);
        let percentage = data.tolerated_failure_percentage.map(Value::from);
        members.put("toleratedFailurePercentage", percentage);
        members.count("maxConcurrency", data.max_concurrency);
    }
    let mut variables = data.variables.clone();
    variables.extend(data.assigned.clone());
    if !variables.is_empty() {
        members.payload("variables", Some(&Value::object(variables)));
    }
    members.put("errorDetails", error_details(data));
    Value::from(members.0)
}

/// Recorded: AWS shows the arguments and the result of a Task, and neither of a Parallel or a Map.
fn jsonata_stages(members: &mut Members, tested: &Tested, data: &InspectionData) {
    if tested.task().is_some() {
        members.payload("afterArguments", data.after_arguments.as_ref());
        members.payload("result", data.result.as_ref());
    }
}

/// Recorded for each type of state: a stage is shown where the type can have the field, whether or not the state has it. Of
/// a Pass with a fixed result, AWS shows nothing that the result makes idle; of a Parallel, nothing before the result.
fn jsonpath_stages(members: &mut Members, tested: &Tested, data: &InspectionData) {
    let (input_path, parameters, result, after) = match &tested.state.kind {
        StateKind::Task(_) => (true, true, true, true),
        StateKind::Pass(pass) => {
            let is_fixed = pass.result.is_some();
            (!is_fixed, !is_fixed, is_fixed, true)
        }
        StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed => {
            (true, false, false, false)
        }
        StateKind::Fail(_) | StateKind::Unknown(_) => (false, false, false, false),
        StateKind::Parallel(_) => (false, false, false, true),
        StateKind::Map(_) => (true, false, false, true),
    };
    let shown = |is_shown: bool, stage: Option<&Value>| stage.filter(|_| is_shown).cloned();
    let effective = data.after_input_path.as_ref();
    let computed =
        data.after_parameters.as_ref().or_else(|| effective.filter(|_| !has_parameters(tested)));
    let selected = data
        .after_result_selector
        .as_ref()
        .or_else(|| data.result.as_ref().filter(|_| !has_selector(tested)));
    members.payload("afterInputPath", shown(input_path, effective).as_ref());
    members.payload("afterItemsPath", data.after_items_path.as_ref());
    members.payload("afterParameters", shown(parameters, computed).as_ref());
    members.payload("result", shown(result, data.result.as_ref()).as_ref());
    members.payload("afterResultSelector", shown(after, selected).as_ref());
    members.payload("afterResultPath", shown(after, data.after_result_path.as_ref()).as_ref());
}

fn has_parameters(tested: &Tested) -> bool {
    match &tested.state.kind {
        StateKind::Task(task) => task.parameters.is_some(),
        StateKind::Pass(pass) => pass.parameters.is_some(),
        StateKind::Parallel(parallel) => parallel.parameters.is_some(),
        StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Map(_)
        | StateKind::Unknown(_) => false,
    }
}

fn has_selector(tested: &Tested) -> bool {
    match &tested.state.kind {
        StateKind::Task(task) => task.result_selector.is_some(),
        StateKind::Parallel(parallel) => parallel.result_selector.is_some(),
        StateKind::Map(map) => map.result_selector.is_some(),
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => false,
    }
}

/// Only of an error that a retrier or a catcher took up.
fn error_details(data: &InspectionData) -> Option<Value> {
    let error = data.error.as_ref()?;
    let mut details = Members::default();
    let index = |at: Option<usize>| at.map(|it| it as u64);
    details.count("catchIndex", index(error.catch_index));
    details.count("retryIndex", index(error.retry_index));
    // Whole seconds, as the API has them.
    let seconds = error.retry_backoff_interval_seconds.map(|it| it as u64);
    details.count("retryBackoffIntervalSeconds", seconds);
    Some(Value::from(details.0)).filter(|it| it != &Value::empty_object())
}
