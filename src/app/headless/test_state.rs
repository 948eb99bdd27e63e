//! `stepwell test-state`: one state on its own, answered as AWS's `TestState` answers.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::args::{Format, Level, TestStateArgs};
use super::run::answers;
use super::terminal::{say, say_json};
use super::{Failure, json_argument, open, pick_machine};
use crate::app::test_state::{InspectionLevel, Mock, StateConfiguration, run_test, test_request};
use crate::asl::StatePath;
use crate::json::Value;

pub(super) fn test_state(args: &TestStateArgs) -> Result<ExitCode, Failure> {
    let mut project = open(&args.path)?;
    let answers = answers(&mut project, None, None)?;
    let machine = pick_machine(&project, args.machine.as_deref())?;
    let mut request = test_request(machine, &StatePath::new(&args.state));
    let json = |what: &str, argument: &Option<String>| {
        argument.as_deref().map(|it| json_argument(what, it)).transpose()
    };
    let text = |what: &str, argument: &Option<String>| {
        json(what, argument).map(|it| it.map(|value| value.to_string()))
    };
    request.input = text("--input", &args.input)?;
    request.context = text("--context", &args.context)?;
    request.variables = text("--variables", &args.variables)?;
    if request.context.is_some() && args.mock.is_none() {
        return Err(Failure("--context counts only beside --mock, as on AWS".to_owned()));
    }
    if let Some(mock) = json("--mock", &args.mock)? {
        request.mock = Some(Mock::from_json(&mock)?);
    }
    if let Some(settings) = json("--state-configuration", &args.state_configuration)? {
        request.state_configuration = StateConfiguration::from_json(&settings)?;
    }
    request.inspection_level = match args.inspection_level {
        Level::Info => InspectionLevel::Info,
        Level::Debug => InspectionLevel::Debug,
        Level::Trace => InspectionLevel::Trace,
    };
    let response = run_test(&request, &answers)?;
    match args.format {
        Format::Human => say(&human(&response)),
        Format::Json => say_json(&response.to_pretty()),
    }
    let succeeded = response.get("status").and_then(Value::as_str) == Some("SUCCEEDED");
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The stages in the order the data flows, then what came of the state.
fn human(response: &Value) -> String {
    let mut lines = String::new();
    let mut put = |name: &str, value: &Value| {
        let shown = match value.as_str().map(Value::parse) {
            Some(Ok(payload)) => payload.to_pretty(),
            Some(Err(_)) => value.as_str().unwrap_or_default().to_owned(),
            None => value.to_pretty(),
        };
        let indented = shown.replace('\n', "\n  ");
        writeln!(lines, "{name}\n  {indented}").expect("writing to a string never fails");
    };
    for (name, value) in
        response.get("inspectionData").and_then(Value::as_object).into_iter().flatten()
    {
        put(name, value);
    }
    for name in ["output", "error", "cause", "nextState"] {
        if let Some(value) = response.get(name) {
            put(name, value);
        }
    }
    let status = response.get("status").and_then(Value::as_str).unwrap_or_default();
    format!("{lines}\n{status}")
}
