//! `ResultWriter`: what the child executions of a distributed Map came to, as files. The files are made here; a service that
//! keeps objects is asked to put each of them, as any other service is asked.
//!
//! The shapes are those of the developer guide's page on `ResultWriter`: one file for each of SUCCEEDED, FAILED and PENDING that
//! has entries, and `manifest.json`, which names them, last.

use std::collections::VecDeque;

use crate::asl::{Map, ResourceArn};
use crate::engine::dataflow::plain;
use crate::engine::failure::{Failure, TIMEOUT};
use crate::engine::machine::{Here, Machine, Turn};
use crate::engine::map_runs::{ChildOutcome, ChildRecord, MapRunRecord};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Thread, ThreadIndex};
use crate::json::{Object, Value};

/// Bytes of a file of results; what is more goes into the next.
const MOST_FILE_BYTES: usize = 32 << 20;

/// What is still to be written, and what comes after that.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    settings: Value,
    /// Key and content.
    files: VecDeque<(String, String)>,
    ended: Result<Value, Failure>,
}

impl Machine {
    /// Asks for the first file of results; gives `ended` back when the Map writes none.
    pub(crate) fn begin_writing(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        ended: Result<Value, Failure>,
    ) -> Option<Result<Value, Failure>> {
        let number = thread.visit.children.as_ref().and_then(|it| it.run.as_ref()?.number);
        let (Some(writer), Some(number), None) = (&map.result_writer, number, &self.rehearsal)
        else {
            return Some(ended);
        };
        let settings = if is_jsonata(here.state) {
            self.jsonata(thread, here, writer, "ResultWriter", None, None)
        } else {
            let effective = thread.visit.effective.clone();
            self.template(thread, here, writer, &effective)
        };
        let settings = match settings {
            Ok(settings) => settings,
            Err(failure) => return Some(ended.and(Err(failure))),
        };
        let Some(record) = self.map_runs.get(number) else { return Some(ended) };
        let items = thread.visit.children.as_ref().map(|it| it.items.values.clone());
        let items = items.unwrap_or_default();
        // Without a place to write to, the writer only shapes what the Map gives.
        if settings.get("Resource").is_none() {
            return Some(ended.map(|results| shaped(record, &settings, results)));
        }
        let files = files(record, &settings, &items);
        let output = ended.map(|_| written_results(&settings, &record.arn));
        let writing = Writing { settings, files: files.into(), ended: output };
        if let Some(run) = thread.visit.children.as_mut().and_then(|it| it.run.as_mut()) {
            run.writing = Some(Box::new(writing));
        }
        self.write_next(turn, index, thread, here)
    }

    /// Takes in the answer to a file, and asks for the next; what the Map gives, after the last.
    pub(crate) fn finish_writing(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        answer: Result<Value, Failure>,
    ) -> Option<Result<Value, Failure>> {
        let Err(failure) = answer else { return self.write_next(turn, index, thread, here) };
        let run = thread.visit.children.as_mut().and_then(|it| it.run.as_mut());
        let writing = run.and_then(|it| it.writing.take())?;
        // A Map Run that has failed stays failed for its own reason.
        Some(writing.ended.and_then(|_| {
            let cause = failure.cause.unwrap_or_default();
            let failure = Failure::new("States.ResultWriterFailed", cause);
            self.map_run_failed(turn, thread, &failure);
            Err(failure)
        }))
    }

    fn write_next(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
    ) -> Option<Result<Value, Failure>> {
        let run = thread.visit.children.as_mut().and_then(|it| it.run.as_mut())?;
        let writing = run.writing.as_mut()?;
        let Some((key, body)) = writing.files.pop_front() else {
            return run.writing.take().map(|it| it.ended);
        };
        let resource =
            writing.settings.get("Resource").and_then(Value::as_str).unwrap_or_default().to_owned();
        let parameters = Value::object([
            ("Bucket", Value::from(setting(&writing.settings, "Bucket"))),
            ("Key", Value::from(key)),
            ("Body", Value::from(body)),
            ("ContentType", Value::from("application/json")),
        ]);
        self.call_for_files(turn, index, thread, here, ResourceArn::parse(&resource), parameters);
        None
    }
}

/// A member of `Parameters` or `Arguments`.
fn setting(settings: &Value, name: &str) -> String {
    let parameters = settings.get("Parameters").or_else(|| settings.get("Arguments"));
    parameters.and_then(|it| it.get(name)).map(plain).unwrap_or_default()
}

fn config<'s>(settings: &'s Value, name: &str) -> Option<&'s str> {
    settings.get("WriterConfig")?.get(name)?.as_str()
}

/// The folder of a Map Run's files, slash included.
fn folder(settings: &Value, map_run_arn: &str) -> String {
    let id = map_run_arn.rsplit_once(':').map_or(map_run_arn, |(_, id)| id);
    let prefix = setting(settings, "Prefix");
    let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
    format!("{prefix}{slash}{id}/")
}

/// What the Map gives instead of the results: where they are.
fn written_results(settings: &Value, map_run_arn: &str) -> Value {
    let details = Value::object([
        ("Bucket", Value::from(setting(settings, "Bucket"))),
        ("Key", Value::from(format!("{}manifest.json", folder(settings, map_run_arn)))),
    ]);
    Value::object([("MapRunArn", Value::from(map_run_arn)), ("ResultWriterDetails", details)])
}

/// `WriterConfig.Transformation`, for what goes on in the machine.
fn shaped(record: &MapRunRecord, settings: &Value, results: Value) -> Value {
    match config(settings, "Transformation") {
        Some("NONE") => Value::array(record.children.iter().map(|child| execution(record, child))),
        Some("FLATTEN") => {
            Value::array(results.as_array().into_iter().flatten().flat_map(flattened))
        }
        Some(_) | None => results,
    }
}

/// The items of an array, or the value itself.
fn flattened(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// Every file with its key; the manifest is the last.
fn files(record: &MapRunRecord, settings: &Value, items: &Value) -> Vec<(String, String)> {
    let folder = folder(settings, &record.arn);
    let is = |wanted: fn(&ChildOutcome) -> bool| {
        record.children.iter().filter(move |it| wanted(&it.outcome))
    };
    let succeeded = is(|it| matches!(it, ChildOutcome::Succeeded { .. }));
    let succeeded: Vec<Value> = match config(settings, "Transformation") {
        Some("COMPACT") => succeeded.filter_map(output).collect(),
        Some("FLATTEN") => succeeded.filter_map(output).flat_map(|it| flattened(&it)).collect(),
        Some(_) | None => succeeded.map(|child| execution(record, child)).collect(),
    };
    let failed = is(|it| {
        matches!(it, ChildOutcome::Failed { .. } | ChildOutcome::TimedOut | ChildOutcome::Aborted)
    });
    let failed: Vec<Value> = failed.map(|child| execution(record, child)).collect();
    let begun = record.counts.begun();
    let pending: Vec<Value> = (begun..record.total)
        .map(|index| {
            let item = usize::try_from(index).ok().and_then(|it| items.at(it)).cloned();
            pending(record, index, &item.unwrap_or_default())
        })
        .collect();
    let lines = config(settings, "OutputType") == Some("JSONL");
    let mut files = Vec::new();
    let mut kinds = Vec::new();
    for (kind, entries) in [("FAILED", &failed), ("PENDING", &pending), ("SUCCEEDED", &succeeded)] {
        let mut named = Vec::new();
        for (number, content) in contents(entries, lines).into_iter().enumerate() {
            let extension = if lines { "jsonl" } else { "json" };
            let key = format!("{folder}{kind}_{number}.{extension}");
            named.push(Value::object([
                ("Key", Value::from(key.as_str())),
                ("Size", Value::from(content.len().cast_signed() as i64)),
            ]));
            files.push((key, content));
        }
        kinds.push((kind, Value::from(named)));
    }
    let manifest = Value::object([
        ("DestinationBucket", Value::from(setting(settings, "Bucket"))),
        ("MapRunArn", Value::String(record.arn.clone())),
        ("ResultFiles", Value::object(kinds)),
    ]);
    files.push((format!("{folder}manifest.json"), manifest.to_string()));
    files
}

/// The texts of files of at most so many bytes; none when there are no entries.
fn contents(entries: &[Value], lines: bool) -> Vec<String> {
    let (open, between, close) = if lines { ("", "\n", "\n") } else { ("[", ",", "]") };
    let mut files: Vec<String> = Vec::new();
    for entry in entries {
        let text = entry.to_string();
        match files.last_mut().filter(|it| it.len() + text.len() < MOST_FILE_BYTES) {
            Some(file) => {
                file.push_str(between);
                file.push_str(&text);
            }
            None => files.push(format!("{open}{text}")),
        }
    }
    for file in &mut files {
        file.push_str(close);
    }
    files
}

fn output(child: &ChildRecord) -> Option<Value> {
    if let ChildOutcome::Succeeded { output } = &child.outcome {
        Some(output.clone())
    } else {
        None
    }
}

fn included() -> Value {
    Value::object([("Included", Value::from(true))])
}

/// A child execution as `DescribeExecution` tells of it, members in alphabetical order.
fn execution(record: &MapRunRecord, child: &ChildRecord) -> Value {
    let text = |text: &Option<std::sync::Arc<str>>| text.clone().map(Value::String);
    let (error, cause) = match &child.outcome {
        ChildOutcome::Failed { error, cause } => (text(error), text(cause)),
        ChildOutcome::TimedOut => (Some(Value::from(TIMEOUT)), None),
        ChildOutcome::Running | ChildOutcome::Succeeded { .. } | ChildOutcome::Aborted => {
            (None, None)
        }
    };
    let mut members = Object::with_capacity(13);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.into(), value);
        }
    };
    let output = output(child).map(|it| Value::from(it.to_string()));
    let ended_well = output.is_some();
    add("Cause", cause);
    add("Error", error);
    add("ExecutionArn", Some(Value::from(record.child_arn(child.index))));
    add("Input", Some(Value::from(child.input.to_string())));
    add("InputDetails", Some(included()));
    add("Name", Some(Value::from(record.child_name(child.index))));
    add("OutputDetails", output.as_ref().map(|_| included()));
    add("Output", output);
    add("RedriveCount", Some(Value::from(0)));
    add(
        "RedriveStatus",
        Some(Value::from(if ended_well { "NOT_REDRIVABLE" } else { "REDRIVABLE" })),
    );
    add(
        "RedriveStatusReason",
        ended_well.then(|| Value::from("Execution is SUCCEEDED and cannot be redriven")),
    );
    add("StartDate", Some(Value::from(child.started_at.to_string())));
    add("StateMachineArn", Some(Value::String(record.state_machine_arn.clone())));
    add("Status", Some(Value::from(child.outcome.as_str())));
    add("StopDate", child.stopped_at.map(|at| Value::from(at.to_string())));
    members.sort_keys();
    Value::from(members)
}

/// A child execution that has not begun.
fn pending(record: &MapRunRecord, index: u64, item: &Value) -> Value {
    Value::object([
        ("ExecutionArn", Value::from(record.child_arn(index))),
        ("Input", Value::from(item.to_string())),
        ("InputDetails", included()),
        ("Name", Value::from(record.child_name(index))),
        ("StateMachineArn", Value::String(record.state_machine_arn.clone())),
        ("Status", Value::from("PENDING")),
    ])
}
