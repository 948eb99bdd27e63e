//! `stepwell run`: one execution, simulated to its end.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::args::{Format, Kind, RunArgs};
use super::terminal::{line, say, say_json};
use super::{Failure, json_argument, open, pick_machine};
use crate::app::answers::Answers;
use crate::app::breakpoints::no_breakpoints;
use crate::app::clock;
use crate::app::limited;
use crate::app::nested::{self, World};
use crate::app::simulation::{Run, RunId, execution_name, execution_start};
use crate::asl::{self, StateMachineType};
use crate::debug::{Goal, Pending};
use crate::engine::{Journal, MapRunRecord};
use crate::execution::{Execution, ExecutionStatus, History, Timestamp, export, text};
use crate::json::Value;
use crate::project::{Project, read_s3_folder};
use crate::services::TaskAnswer;
use crate::services::mock::MockConfig;

/// Child executions of one Map Run whose histories are printed.
const MAX_CHILDREN_SHOWN: usize = 1000;
/// Child executions of all Map Runs of an execution whose histories are printed.
const MAX_ALL_CHILDREN_SHOWN: usize = 10_000;
/// A file of journals.
const MAX_JOURNAL_BYTES: u64 = 128 << 20;

pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let mut project = open(&args.path)?;
    if let Some(file) = &args.replay {
        return replay(&project, args, file);
    }
    let machine = pick_machine(&project, args.machine.as_deref())?.clone();
    let index = project.machines.iter().position(|it| it.name == machine.name).unwrap_or(0);
    let mut answers = answers(&mut project, args.mocks.as_deref(), args.s3.as_deref())?;
    choose_case(&project, &mut answers, &machine.name, args.case.as_deref())?;
    let input = args
        .input
        .as_deref()
        .map_or_else(|| Ok(Value::empty_object()), |text| json_argument("--input", text))?;
    // `StartExecution` takes no more: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    const MOST_INPUT: usize = 262_144;
    let bytes = input.to_string().len();
    if bytes > MOST_INPUT {
        return Err(Failure(format!(
            "The input has {bytes} bytes, and AWS starts no execution with more than {MOST_INPUT}. Put the data into S3 and pass its key."
        )));
    }
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
    if let Some(refused) = asl::aws::type_error(&machine.machine, kind) {
        return Err(Failure(format!(
            "AWS does not create {} as {}: {refused}",
            machine.name,
            kind.as_str()
        )));
    }
    let start = execution_start(&machine, input, kind, at, args.seed, &execution_name(args.seed));
    let mut runs = vec![Run::start(RunId(1), index, &machine, start)];
    to_the_end(&mut runs, &project, &answers)?;
    if let Some(file) = &args.journal {
        write_journal(&runs, &project, file)?;
    }
    show(&runs, args.format)
}

/// Prints the first execution with all that it started; its exit status.
fn show(runs: &[Run], format: Format) -> Result<ExitCode, Failure> {
    let run = runs.first().ok_or("The execution was lost")?;
    let status = run.status();
    match format {
        Format::Human => {
            say(&text::to_text(run.session.history()));
            for child in children(runs, run.id) {
                say(&format!("\nStarted {}", line(&child.execution_arn)));
                say(&text::to_text(child.session.history()));
                say(&human_outcome(&child.status()));
            }
            say(&human_outcome(&status));
        }
        Format::Json => say_json(&format!("{:#}", as_json(runs, run))),
    }
    Ok(if matches!(status, ExecutionStatus::Succeeded { .. }) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The journals of all executions, each with the machine that it ran and the execution that started it.
fn write_journal(runs: &[Run], project: &Project, file: &Path) -> Result<(), Failure> {
    let journals = runs.iter().filter_map(|run| {
        let machine = project.machines.get(run.machine)?;
        let mut members = vec![
            ("machine", Value::from(machine.name.as_str())),
            ("journal", run.session.journal()?.to_json()),
        ];
        if let Some(parent) = &run.parent {
            let position = runs.iter().position(|it| it.id == parent.run)?;
            members.push(("startedBy", Value::from(position.cast_signed() as i64)));
            members.push(("state", Value::from(parent.state.as_str())));
            members.push(("eventId", Value::from(parent.called_at.0.cast_signed())));
        }
        Some(Value::object(members))
    });
    let json = Value::object([("executions", Value::array(journals))]);
    std::fs::write(file, json.to_string())
        .map_err(|err| Failure(format!("{} can't be written: {err}", file.display())))
}

/// Runs the journals of a file again; nothing is asked of any service.
fn replay(project: &Project, args: &RunArgs, file: &Path) -> Result<ExitCode, Failure> {
    let text = limited::read_text(file, MAX_JOURNAL_BYTES)?;
    let wrong = |why: String| Failure(format!("{}: {}", line(file.display()), line(why)));
    let json = Value::parse(&text).map_err(|err| wrong(format!("it is not JSON: {err}")))?;
    let entries = json.get("executions").and_then(Value::as_array);
    let entries =
        entries.ok_or_else(|| wrong("it is no journal: there are no executions".to_owned()))?;
    let mut runs: Vec<Run> = Vec::new();
    for entry in entries {
        let journal = entry.get("journal").unwrap_or(&Value::Null);
        let journal = Journal::from_json(journal).map_err(|err| wrong(err.to_string()))?;
        let name = entry.get("machine").and_then(Value::as_str).unwrap_or_default();
        // The first machine may have been renamed: then the user says which it is.
        let wanted = args.machine.as_deref().filter(|_| runs.is_empty()).unwrap_or(name);
        let machine = match pick_machine(project, Some(wanted)) {
            Ok(machine) => machine,
            Err(_) if project.machines.len() == 1 => pick_machine(project, None)?,
            Err(failure) => return Err(failure),
        };
        let index = project.machines.iter().position(|it| it.name == machine.name).unwrap_or(0);
        let number = |name: &str| entry.get(name).and_then(Value::as_i64);
        let parent = number("startedBy").and_then(|it| usize::try_from(it).ok());
        let parent = parent.and_then(|it| runs.get(it)).map(|it| it.id);
        let run = Run::replayed(RunId(runs.len() as u64 + 1), index, machine, &journal);
        let mut run =
            run.map_err(|why| wrong(format!("execution {} of {name}: {why}", runs.len() + 1)))?;
        run.parent = parent.map(|parent| {
            let state = entry.get("state").and_then(Value::as_str).unwrap_or_default();
            let event = number("eventId").unwrap_or(0).cast_unsigned();
            nested::Parent::of_replay(parent, state, event)
        });
        runs.push(run);
    }
    show(&runs, args.format)
}

/// A fresh database and the project's mocks, or those of a file.
pub(super) fn answers(
    project: &mut Project,
    mocks: Option<&Path>,
    s3: Option<&Path>,
) -> Result<Answers, Failure> {
    if let Some(file) = mocks {
        let text = limited::read_text(file, limited::MAX_MOCKS_BYTES)?;
        let json =
            Value::parse(&text).map_err(|err| format!("{} is not JSON: {err}", file.display()))?;
        let config = MockConfig::parse(&json)
            .map_err(|why| format!("{}: {}", line(file.display()), line(why)))?;
        project.objects.extend(config.objects());
        project.mocks = Some(config);
    }
    if let Some(folder) = s3 {
        project.objects = read_s3_folder(folder)?;
        project.objects.extend(project.mocks.iter().flat_map(MockConfig::objects));
    }
    let (answers, problems) = Answers::of(project)?;
    problems.first().map_or(Ok(answers), |problem| Err(Failure(line(problem))))
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
    let chosen = match name {
        Some(name) => {
            let case = mocks.case(machine, name).ok_or_else(|| {
                let known =
                    if cases.is_empty() { "none".to_owned() } else { line(cases.join(", ")) };
                format!("The mocks have no case {name} for {machine}. There are: {known}")
            })?;
            Some((name.to_owned(), case))
        }
        None => cases.first().and_then(|only| Some((only.clone(), mocks.case(machine, only)?))),
    };
    let (name, chosen) = chosen.unzip();
    answers.case_name = name;
    answers.case = chosen;
    Ok(())
}

/// Runs until the first execution has ended, and all that it started.
fn to_the_end(runs: &mut Vec<Run>, project: &Project, answers: &Answers) -> Result<(), Failure> {
    if let Some(run) = runs.first_mut() {
        run.begin(Goal::Continue);
    }
    let no_breakpoints = no_breakpoints();
    let mut last = 1;
    let mut next_id = || {
        last += 1;
        RunId(last)
    };
    let world = World { project, answers };
    loop {
        let second = Duration::from_secs(1);
        while nested::pump(runs, world, &|_| &no_breakpoints, &mut next_id, second).more {}
        if !let_time_pass(runs) {
            break;
        }
    }
    let waiting = runs.iter().filter(|run| !run.has_ended()).find_map(|run| {
        let request = run.waiting().into_iter().next()?;
        Some(line(Answers::unanswered(request)))
    });
    match waiting {
        Some(why) => Err(Failure(why)),
        None if runs.iter().all(Run::has_ended) => Ok(()),
        None => Err(Failure("The execution can't go on".to_owned())),
    }
}

/// Callbacks and activities are answered by somebody, some time: once nothing else moves, time goes on without them, so that a
/// limit of theirs ends them, or what another branch does later. A task that a service would answer at once is left: that its
/// mock is missing is no timeout, even where it has a limit. Whether there were any.
fn let_time_pass(runs: &mut [Run]) -> bool {
    let mut any = false;
    for run in runs.iter_mut().filter(|run| !run.has_ended()) {
        let waits = |it: &&Pending| {
            !it.never && it.request.is_called_back() && !run.in_children.contains(&it.request.token)
        };
        let pending = run.session.pending();
        let tokens: Vec<_> = pending.into_iter().filter(waits).map(|it| it.request.token).collect();
        for token in tokens {
            any |= run.answer(token, &TaskAnswer::Never);
        }
    }
    any
}

/// Everything that an execution started, directly and indirectly, in the order in which it began.
fn children(runs: &[Run], of: RunId) -> impl Iterator<Item = &Run> {
    let family = nested::family(runs, of);
    runs.iter().filter(move |it| it.id != of && family.contains(&it.id))
}

/// The execution under the names of `DescribeExecution` and `GetExecutionHistory`.
///
/// Beyond AWS: `child_executions` has what it started, each in the same form, and `map_runs` the Map Runs of distributed Maps.
pub(super) fn as_json(runs: &[Run], run: &Run) -> serde_json::Value {
    let mut json = execution_json(&run.execution_arn, run.session.history());
    let started = runs.iter().filter_map(|child| {
        let parent = child.parent.as_ref().filter(|it| it.run == run.id)?;
        let mut json = as_json(runs, child);
        json["startedBy"] = json!({
            "executionArn": &*run.execution_arn,
            "state": parent.state.as_str(),
            "eventId": parent.called_at.0,
        });
        Some(json)
    });
    let started: Vec<serde_json::Value> = started.collect();
    if !started.is_empty() {
        json["child_executions"] = started.into();
    }
    let children = run.session.child_executions(MAX_CHILDREN_SHOWN, MAX_ALL_CHILDREN_SHOWN);
    let map_runs: Vec<serde_json::Value> = run
        .session
        .map_runs()
        .iter()
        .zip(&children)
        .map(|(map_run, children)| map_run_json(run, map_run, children))
        .collect();
    if !map_runs.is_empty() {
        json["map_runs"] = map_runs.into();
    }
    json
}

fn execution_json(arn: &str, history: &History) -> serde_json::Value {
    let status = history.status();
    let (output, error, cause) = match &status {
        ExecutionStatus::Succeeded { output } => (output.as_ref().map(Value::to_serde), None, None),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => (None, error.clone(), cause.clone()),
        ExecutionStatus::Running => (None, None, None),
    };
    json!({
        "executionArn": arn,
        "status": status.as_str(),
        "output": output,
        "error": error,
        "cause": cause,
        "events": export::to_json(history).get("events").map(Value::to_serde),
    })
}

/// Under the names of `DescribeMapRun`, and the child executions with their histories.
fn map_run_json(run: &Run, map_run: &MapRunRecord, children: &[Execution]) -> serde_json::Value {
    let children: Vec<serde_json::Value> =
        children.iter().map(|child| execution_json(&child.arn, &child.history)).collect();
    let counts = map_run.counts;
    json!({
        "mapRunArn": &*map_run.arn,
        "executionArn": &*run.execution_arn,
        "state": map_run.state.as_str(),
        "status": map_run.status.as_str(),
        "startDate": map_run.started_at.to_string(),
        "stopDate": map_run.stopped_at.map(|it| it.to_string()),
        "maxConcurrency": map_run.max_concurrency,
        "toleratedFailureCount": map_run.tolerated_failure_count.unwrap_or(0),
        "toleratedFailurePercentage": map_run.tolerated_failure_percentage.unwrap_or(0.0),
        "executionCounts": {
            "pending": map_run.pending(),
            "running": counts.running,
            "succeeded": counts.succeeded,
            "failed": counts.failed,
            "timedOut": counts.timed_out,
            "aborted": counts.aborted,
            "total": map_run.total,
        },
        "child_executions": children,
    })
}

pub(super) fn human_outcome(status: &ExecutionStatus) -> String {
    let or_dash = |text: &Option<std::sync::Arc<str>>| line(text.as_deref().unwrap_or("-"));
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
