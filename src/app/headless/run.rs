//! `stepwell run`: one execution, simulated to its end.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::args::{Format, Kind, RunArgs};
use super::{Failure, json_argument, open, pick_machine, say};
use crate::app::answers::Answers;
use crate::app::app::no_breakpoints;
use crate::app::clock;
use crate::app::simulation::{Run, RunId, execution_name, execution_start};
use crate::asl::StateMachineType;
use crate::debug::Goal;
use crate::execution::{ExecutionStatus, Timestamp, export, text};
use crate::json::Value;
use crate::project::{Project, read_s3_folder};
use crate::services::mock::MockConfig;

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let mut project = open(&args.path)?;
    let machine = pick_machine(&project, args.machine.as_deref())?.clone();
    let index = project.machines.iter().position(|it| it.name == machine.name).unwrap_or(0);
    let mut answers = answers(&mut project, args.mocks.as_deref(), args.s3.as_deref())?;
    choose_case(&project, &mut answers, &machine.name, args.case.as_deref())?;
    let input = args
        .input
        .as_deref()
        .map_or_else(|| Ok(Value::empty_object()), |text| json_argument("--input", text))?;
    let at = match &args.start_time {
        Some(text) => Timestamp::parse(text).ok_or_else(|| {
            format!("--start-time {text} is not ISO 8601. Write it as 2026-01-01T00:00:00Z.")
        })?,
        None => clock::now(),
    };
    let kind = match args.kind {
        Some(Kind::Standard) => StateMachineType::Standard,
        Some(Kind::Express) => StateMachineType::Express,
        None => machine.kind,
    };
    let start = execution_start(&machine, input, kind, at, args.seed, &execution_name(args.seed));
    let mut run = Run::start(RunId(1), index, &machine, start);
    to_the_end(&mut run, &answers)?;
    let status = run.status();
    match args.format {
        Format::Human => {
            say(&text::to_text(run.session.history()));
            say(&human_outcome(&status));
        }
        Format::Json => say(&format!("{:#}", as_json(&run))),
    }
    Ok(if matches!(status, ExecutionStatus::Succeeded { .. }) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A fresh database and the project's mocks, or those of a file.
pub(super) fn answers(
    project: &mut Project,
    mocks: Option<&Path>,
    s3: Option<&Path>,
) -> Result<Answers, Failure> {
    if let Some(file) = mocks {
        let text = std::fs::read_to_string(file)
            .map_err(|err| format!("{} can't be read: {err}", file.display()))?;
        let json =
            Value::parse(&text).map_err(|err| format!("{} is not JSON: {err}", file.display()))?;
        let config =
            MockConfig::parse(&json).map_err(|why| format!("{}: {why}", file.display()))?;
        project.objects.extend(config.objects());
        project.mocks = Some(config);
    }
    if let Some(folder) = s3 {
        project.objects = read_s3_folder(folder)?;
        project.objects.extend(project.mocks.iter().flat_map(MockConfig::objects));
    }
    let (answers, problems) = Answers::of(project)?;
    problems.first().map_or(Ok(answers), |problem| Err(Failure(problem.clone())))
}

/// The case that was named, or the only one.
pub(super) fn choose_case(
    project: &Project,
    answers: &mut Answers,
    machine: &str,
    name: Option<&str>,
) -> Result<(), Failure> {
    let Some(mocks) = &project.mocks else {
        return match name {
            Some(name) => Err(Failure(format!(
                "There are no mocks to take the case {name} from. Give them with --mocks FILE."
            ))),
            None => Ok(()),
        };
    };
    let cases = mocks.cases(machine);
    let chosen = match (name, cases.as_slice()) {
        (Some(name), _) => Some(mocks.case(machine, name).ok_or_else(|| {
            let known = if cases.is_empty() { "none".to_owned() } else { cases.join(", ") };
            format!("The mocks have no case {name} for {machine}. There are: {known}")
        })?),
        (None, [only, ..]) => mocks.case(machine, only),
        (None, []) => None,
    };
    answers.case = chosen;
    Ok(())
}

/// Runs until the execution has ended.
pub(super) fn to_the_end(run: &mut Run, answers: &Answers) -> Result<(), Failure> {
    run.begin(Goal::Continue);
    let no_breakpoints = no_breakpoints();
    while run.pump(&no_breakpoints, answers, Duration::from_secs(1)) {}
    if run.has_ended() {
        return Ok(());
    }
    let waiting = run.waiting();
    let request = waiting.first().ok_or_else(|| Failure("The execution can't go on".to_owned()))?;
    Err(Failure(Answers::unanswered(request)))
}

/// The execution under the names of `DescribeExecution` and `GetExecutionHistory`.
pub(super) fn as_json(run: &Run) -> serde_json::Value {
    let status = run.status();
    let (output, error, cause) = match &status {
        ExecutionStatus::Succeeded { output } => (output.as_ref().map(Value::to_serde), None, None),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => (None, error.clone(), cause.clone()),
        ExecutionStatus::Running => (None, None, None),
    };
    json!({
        "executionArn": &*run.execution_arn,
        "status": status.as_str(),
        "output": output,
        "error": error,
        "cause": cause,
        "events": export::to_json(run.session.history()).get("events").map(Value::to_serde),
    })
}

pub(super) fn human_outcome(status: &ExecutionStatus) -> String {
    let or_dash = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("-").to_owned();
    match status {
        ExecutionStatus::Succeeded { output } => {
            format!(
                "\nSUCCEEDED\n{}",
                output.as_ref().map_or_else(|| "no output".to_owned(), Value::to_pretty)
            )
        }
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => {
            format!(
                "\n{}\n  error  {}\n  cause  {}",
                status.as_str(),
                or_dash(error),
                or_dash(cause)
            )
        }
        ExecutionStatus::Running => "\nRUNNING".to_owned(),
    }
}
