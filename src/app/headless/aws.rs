//! `stepwell fetch` and `stepwell executions`: real AWS, read.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::Failure;
use super::args::{AwsArgs, ExecutionsArgs, FetchArgs, Format};
use super::terminal::{line, say, say_error, say_json};
use crate::app::bundle::{Bundle, is_bundle};
use crate::app::now;
use crate::asl::StateMachineType;
use crate::aws::browse::{ExecutionItem, ExecutionsOf, Status};
use crate::aws::logs::{Between, ExpressItem, machine_of_express};
use crate::aws::{
    Arn, AwsError, Cancel, Connection, ExecutionReader, Session, arn, region_of_execution,
};
use crate::debug::Breakpoints;
use crate::execution::{ExecutionStatus, History, Timestamp, export};
use crate::json::Value;

/// Writes the history as AWS gives it, and the definition as it was run beside it. Exit status 0 when all of it came, 1 when the
/// beginning of it was written and then something broke.
pub(super) fn fetch(args: &FetchArgs) -> Result<ExitCode, Failure> {
    let express =
        Arn::parse(&args.execution_arn).filter(|it| it.resource == arn::Resource::ExpressExecution);
    if let Some(express) = express {
        return fetch_express(args, express.region);
    }
    let region = region_of_execution(&args.execution_arn)?.to_owned();
    with_session(&args.aws, &region, async |session| {
        let mut reader = ExecutionReader::new(&session, &args.execution_arn)?;
        // Without the newest page there is nothing to write; after it, whatever breaks, something is.
        reader.newest().await?;
        let definition = reader.definition().await;
        let read = reader.read(tell_progress).await;
        let history = reader.history();
        if let Err(err) = &read
            && history.events().is_empty()
        {
            return Err(Failure::from(err));
        }
        if is_bundle(&args.output) {
            let as_run = match definition {
                Ok(as_run) => as_run,
                // What came is not thrown away for what did not.
                Err(err) => {
                    say_error(&format!(
                        "The definition did not come, and a .stepwell file needs it. {}",
                        line(err)
                    ));
                    say(&write_history(history, &args.output.with_extension("json"))?);
                    return Ok(ExitCode::FAILURE);
                }
            };
            // Express executions are read from their logs.
            let machine =
                (as_run.name.as_str(), StateMachineType::Standard, as_run.definition.as_str());
            let written = write_bundle(args, machine, history)?;
            say(&written);
            return Ok(finish(read, &reader));
        }
        let mut said = vec![write_history(history, &args.output)?];
        match definition {
            Ok(as_run) => {
                let beside = definition_file(&args.output);
                write(&beside, &as_run.definition)?;
                said.push(format!("The definition it ran is {}.", beside.display()));
            }
            // The history is worth having without it.
            Err(err) => say_error(&format!("The definition did not come. {}", line(err))),
        }
        say(&said.join("\n"));
        Ok(finish(read, &reader))
    })
}

/// An Express execution, as far as its machine logged it. AWS does not say which definition it ran, so the machine's own of now
/// goes beside it.
fn fetch_express(args: &FetchArgs, region: &str) -> Result<ExitCode, Failure> {
    let machine = machine_of_express(&args.execution_arn)?;
    with_session(&args.aws, region, async |session| {
        let machine = session.state_machine(&machine).await?;
        let read = session.express_history(&args.execution_arn, &machine, None, now()).await?;
        let mut said = Vec::new();
        if is_bundle(&args.output) {
            let machine =
                (machine.name.as_str(), StateMachineType::Express, machine.definition.as_str());
            said.push(write_bundle(args, machine, &read.history)?);
            said.push("It holds the machine's definition of now.".to_owned());
        } else {
            said.push(write_history(&read.history, &args.output)?);
            let beside = definition_file(&args.output);
            write(&beside, &machine.definition)?;
            said.push(format!("The machine's definition of now is {}.", beside.display()));
        }
        said.extend(read.notes.iter().map(line));
        say(&said.join("\n"));
        Ok(ExitCode::SUCCESS)
    })
}

/// Tells whether all of it came.
fn finish(read: Result<(), AwsError>, reader: &ExecutionReader) -> ExitCode {
    let Err(err) = read else { return ExitCode::SUCCESS };
    let (all, last) = (reader.progress().total, reader.history().last_id().0);
    say_error(&format!("Only the first {last} of {all} events came. {}", line(err)));
    ExitCode::FAILURE
}

/// Writes history and definition as one `.stepwell` file, without secrets unless they are to stay.
fn write_bundle(
    args: &FetchArgs,
    (name, kind, definition): (&str, StateMachineType, &str),
    history: &History,
) -> Result<String, Failure> {
    let bundle = Bundle {
        machine: name.to_owned(),
        kind,
        definition: definition.into(),
        execution_arn: Some(args.execution_arn.trim().into()),
        history: history.clone(),
        mocks: None,
        breakpoints: Breakpoints::default(),
        notes: String::new(),
        redacted: Vec::new(),
    };
    let json = bundle.to_json(!args.keep_secrets);
    write(&args.output, &json.to_string())?;
    let redacted = json.get("redacted").and_then(Value::as_array).map_or(0, Vec::len);
    let taken = match redacted {
        0 => String::new(),
        1 => "\n1 value was taken out as a secret.".to_owned(),
        count => format!("\n{count} values were taken out as secrets."),
    };
    Ok(format!("{}\nThe execution is {}.{taken}", outcome(history), args.output.display()))
}

/// `e.json` -> `e.definition.asl.json`: a name that no one gave to a definition of their own.
fn definition_file(history: &Path) -> PathBuf {
    history.with_extension("definition.asl.json")
}

fn write_history(history: &History, file: &Path) -> Result<String, Failure> {
    write(file, &export::to_json(history).to_string())?;
    Ok(format!("{}\nThe history is {}.", outcome(history), file.display()))
}

/// `12 events, FAILED: error: cause`
fn outcome(history: &History) -> String {
    let status = history.status();
    let mut text = format!("{} events, {}", history.last_id().0, status.as_str());
    if let ExecutionStatus::Failed { error, cause }
    | ExecutionStatus::TimedOut { error, cause }
    | ExecutionStatus::Aborted { error, cause } = &status
    {
        let parts = [error, cause].into_iter().flatten();
        text.extend(parts.map(|it| format!(": {}", line(it))));
    }
    text
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let written = std::fs::write(file, text);
    Ok(written.map_err(|err| format!("{} can't be written: {err}", file.display()))?)
}

/// Histories of one page need no telling.
fn tell_progress(reader: &ExecutionReader) {
    let progress = reader.progress();
    if progress.total > 1000 {
        say_error(&format!("{} of {} events", progress.read, progress.total));
    }
}

/// Lists executions, newest first.
pub(super) fn executions(args: &ExecutionsArgs) -> Result<ExitCode, Failure> {
    let arn = args.arn.trim();
    let parsed = Arn::parse(arn).ok_or(AwsError::NotAStateMachine)?;
    let of = match parsed.resource {
        arn::Resource::StateMachine => ExecutionsOf::StateMachine(arn.to_owned()),
        arn::Resource::MapRun => ExecutionsOf::MapRun(arn.to_owned()),
        arn::Resource::Execution | arn::Resource::ExpressExecution => {
            return Err(AwsError::NotAStateMachine.into());
        }
    };
    let status = args.status.map(Status::from);
    with_session(&args.aws, parsed.region, async |session| {
        let mut pages = session.executions(&of, status);
        let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
        let (mut items, mut err) = pages.at_least(limit).await;
        let mut more = items.len() > limit || (!pages.is_complete() && err.is_none());
        if let Some(AwsError::Refused { code, .. }) = &err
            && code == "StateMachineTypeNotSupported"
        {
            let logged = logged_executions(&session, arn, args).await?;
            (items, err) = (logged.0, None);
            more = items.len() > limit || !logged.1;
        }
        items.truncate(limit);
        if let Some(err) = &err
            && items.is_empty()
        {
            return Err(Failure::from(err));
        }
        match args.format {
            Format::Human => say(&human(&items, more)),
            Format::Json => {
                let rows: Vec<serde_json::Value> = items.iter().map(as_json).collect();
                let report = json!({ "executions": rows, "complete": !more && err.is_none() });
                say_json(&format!("{report:#}"));
            }
        }
        let Some(err) = err else { return Ok(ExitCode::SUCCESS) };
        say_error(&format!("The list is not complete. {}", line(err)));
        Ok(ExitCode::FAILURE)
    })
}

/// The executions of an EXPRESS machine, which only its log knows; and whether those are all.
async fn logged_executions(
    session: &Session,
    arn: &str,
    args: &ExecutionsArgs,
) -> Result<(Vec<ExecutionItem>, bool), Failure> {
    let machine = session.state_machine(arn).await?;
    let since = i64::from(args.hours) * 3_600_000;
    let from = Some(Timestamp(now().0.saturating_sub(since)));
    let found = session.express_executions(&machine, Between { from, to: None }).await?;
    say_error(&format!(
        "An EXPRESS machine: its log of the last {} hours (--hours N), at level {}",
        args.hours,
        line(machine.log_level.as_deref().unwrap_or("ALL"))
    ));
    let wanted = args.status.map(Status::from);
    let items =
        found.items.into_iter().filter(|it| wanted.is_none_or(|status| it.status == status));
    let items = items.map(ExpressItem::into_item);
    Ok((items.collect(), found.complete))
}

fn human(items: &[ExecutionItem], more: bool) -> String {
    if items.is_empty() {
        return "There are no such executions.".to_owned();
    }
    let mut text = String::new();
    for item in items {
        let took = item.stopped.map_or_else(String::new, |stopped| duration(item.started, stopped));
        let redriven = match item.redrive_count {
            0 => String::new(),
            1 => "  1 redrive".to_owned(),
            count => format!("  {count} redrives"),
        };
        text.push_str(&format!(
            "{:<15} {}  {took:>10}  {}{redriven}\n",
            item.status.as_str(),
            item.started,
            line(&item.arn)
        ));
    }
    if more {
        text.push_str("There are more: --limit N\n");
    }
    text
}

/// Seconds with their thousandths, or hours, minutes and seconds.
fn duration(from: Timestamp, to: Timestamp) -> String {
    let millis = to.0.saturating_sub(from.0).max(0);
    let seconds = millis / 1000;
    if seconds < 60 {
        return format!("{seconds}.{:03} s", millis % 1000);
    }
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// As `aws stepfunctions list-executions` names things.
fn as_json(item: &ExecutionItem) -> serde_json::Value {
    let mut row = serde_json::Map::new();
    let mut put = |name: &str, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            row.insert(name.to_owned(), value);
        }
    };
    put("executionArn", Some(json!(item.arn)));
    put("name", (!item.name.is_empty()).then(|| json!(item.name)));
    put("status", Some(json!(item.status.as_str())));
    put("startDate", Some(json!(item.started.to_string())));
    put("stopDate", item.stopped.map(|it| json!(it.to_string())));
    put("redriveCount", Some(json!(item.redrive_count)));
    put("redriveDate", item.redriven.map(|it| json!(it.to_string())));
    put("stateMachineVersionArn", item.version_arn.as_ref().map(|it| json!(it)));
    put("stateMachineAliasArn", item.alias_arn.as_ref().map(|it| json!(it)));
    put("mapRunArn", item.map_run_arn.as_ref().map(|it| json!(it)));
    put("itemCount", item.item_count.map(|it| json!(it)));
    serde_json::Value::Object(row)
}

/// Connects and works; Ctrl-C ends the calls, and what has come is still written.
fn with_session(
    args: &AwsArgs,
    region_of_arn: &str,
    work: impl AsyncFnOnce(Session) -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = Connection {
            profile: args.profile.clone(),
            region: args.region.clone(),
            endpoint_url: args.endpoint_url.clone(),
            ..Connection::default()
        };
        let session = Session::connect(&connection, Some(region_of_arn)).await?;
        let cancel = Cancel::default();
        let interrupted = cancel.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                interrupted.cancel();
            }
        });
        work(session.cancelled_by(&cancel)).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_at_a_glance() {
        assert_eq!(duration(Timestamp(0), Timestamp(1_042)), "1.042 s");
        assert_eq!(duration(Timestamp(0), Timestamp(3_725_000)), "1:02:05");
        assert_eq!(duration(Timestamp(5), Timestamp(0)), "0.000 s");
    }

    #[test]
    fn a_definition_does_not_take_the_name_of_one_that_is_there() {
        assert_eq!(
            definition_file(Path::new("a/orders.json")),
            Path::new("a/orders.definition.asl.json")
        );
    }
}
