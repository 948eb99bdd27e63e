//! `ItemReader`: the items of a distributed Map from a file. The service that holds the file is asked as any other; what it
//! answers is taken apart here.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Items;
use super::csv::csv_items;
use crate::asl::{Map, ProcessorMode, ResourceArn, Template};
use crate::engine::dataflow::{DataError, as_integer, plain};
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::map_runs::MapRunStatus;
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Children, Phase, RunningTask, Thread, ThreadIndex};
use crate::engine::{Action, TaskRequest};
use crate::execution::{EventDetails, EventType};
use crate::json::Value;

/// A file of more items than this is not a test any more.
const MOST_ITEMS: usize = 1_000_000;

impl Machine {
    pub(crate) fn start_reading(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        reader: &Template,
    ) -> StepResult {
        let settings = if is_jsonata(here.state) {
            self.jsonata(thread, here, reader, "ItemReader", None, None)?
        } else {
            let effective = thread.visit.effective.clone();
            self.template(thread, here, reader, &effective)?
        };
        self.emit(
            turn,
            thread,
            EventType::MapStateStarted,
            EventDetails::MapStateStarted { length: 0 },
        );
        let mut children = self.map_children(turn, thread, here, map, Items::default())?;
        let max_items = self.max_items(thread, here, &settings)?;
        let arn = self.start_map_run(turn, thread, here, map);
        let run = children.run.clone().unwrap_or_default();
        let number = self.record_map_run(turn, here, map, &arn, &run, children.max_concurrency);
        if let Some(run) = &mut children.run {
            run.number = Some(number);
            run.arn = Some(arn);
            // Recorded: 0 reads all there is.
            run.max_items = max_items.and_then(|it| usize::try_from(it).ok()).filter(|it| *it > 0);
            run.reader = Some(settings.clone());
        }
        if max_items.is_some_and(|it| it < 0) {
            let cause = "field MaxItems must be positive";
            return self.reading_failed(turn, thread, &children, cause);
        }
        thread.visit.children = Some(Box::new(children));
        let resource = settings.get("Resource").and_then(Value::as_str).unwrap_or_default();
        let resource = ResourceArn::parse(resource);
        self.call_for_files(turn, index, thread, here, resource, parameters_of(&settings));
        Ok(Flow::Blocked)
    }

    /// A call that the Map makes for its files: no event tells of it.
    pub(super) fn call_for_files(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        resource: ResourceArn,
        parameters: Value,
    ) {
        let token = self.new_task(index);
        thread.visit.task =
            Some(Box::new(RunningTask { token, started: true, timeout: None, heartbeat: None }));
        thread.phase = Phase::Task;
        turn.actions.push(Action::RunTask(TaskRequest {
            token,
            state: here.meta.path.clone(),
            state_name: here.meta.name.clone(),
            resource,
            parameters,
            attempt: thread.visit.retry_count,
            map_indices: thread.map_indices.to_vec(),
            callback_token: None,
        }));
    }

    /// `MaxItems`, or the number that `MaxItemsPath` names.
    fn max_items(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        settings: &Value,
    ) -> Result<Option<i64>, Failure> {
        let config = settings.get("ReaderConfig").cloned().unwrap_or_default();
        if let Some(value) = config.get("MaxItems") {
            return match as_integer(value) {
                Some(most) => Ok(Some(most)),
                None => {
                    let cause = format!(
                        "The MaxItems field refers to value \"{}\" which is not a valid integer",
                        plain(value)
                    );
                    Err(self.runtime_failure(thread, here, &cause))
                }
            };
        }
        let Some(path) = config.get("MaxItemsPath").and_then(Value::as_str) else {
            return Ok(None);
        };
        self.integer_at(thread, here, path, "MaxItemsPath").map(Some)
    }

    /// The whole number that a path of the definition names, where the path was not compiled when the definition was read.
    pub(crate) fn integer_at(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        path: &str,
        field: &str,
    ) -> Result<i64, Failure> {
        let effective = thread.visit.effective.clone();
        self.evaluate(thread, here, &effective, |bindings, _random| {
            let invalid =
                |message: &str| DataError::runtime(format!("Invalid path '{path}' : {message}"));
            let compiled =
                crate::query::jsonpath::Path::parse(path).map_err(|err| invalid(&err.message))?;
            let value = compiled.select(bindings).map_err(|err| invalid(&err.message))?;
            as_integer(&value).ok_or_else(|| {
                DataError::runtime(format!(
                    "The {field} field refers to value \"{}\" which is not a valid integer: {path}",
                    plain(&value)
                ))
            })
        })
    }

    /// Takes in what the service answered.
    pub(crate) fn finish_reading(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        answer: Result<Value, Failure>,
    ) -> StepResult {
        let Some(mut children) = thread.visit.children.take() else { return Ok(Flow::Blocked) };
        let output = match answer {
            Ok(output) => output,
            Err(failure) => {
                return self.reading_failed(
                    turn,
                    thread,
                    &children,
                    failure.cause.as_deref().unwrap_or_default(),
                );
            }
        };
        let Some(run) = &mut children.run else { return Ok(Flow::Blocked) };
        let settings = run.reader.clone().unwrap_or_default();
        let most = run.max_items.unwrap_or(MOST_ITEMS);
        let read = match &mut run.reading {
            Some(reading) => reading.take_in(&output, most),
            None => read_first(&output, &settings, most).map(|it| run.reading = Some(it)),
        };
        if let Err(cause) = read {
            return self.reading_failed(turn, thread, &children, &cause);
        }
        let reading = run.reading.get_or_insert_default();
        if reading.items.len() < most
            && let Some(parameters) = reading.files.pop_front()
        {
            reading.source = source_of(&parameters);
            thread.visit.children = Some(children);
            let resource = ResourceArn::parse("arn:aws:states:::s3:getObject");
            self.call_for_files(turn, index, thread, here, resource, parameters);
            return Ok(Flow::Blocked);
        }
        children.items = Items {
            values: Value::from(std::mem::take(&mut reading.items)),
            are_pairs: reading.are_pairs,
            sources: std::mem::take(&mut reading.sources),
            sizes: None,
        };
        if settings.get("ReaderConfig").is_some_and(|it| it.get("ItemsPointer").is_some()) {
            self.inspect(turn, thread, |data| {
                data.after_items_pointer = Some(children.items.values.clone());
            });
        }
        self.begin_iterations(turn, index, thread, here, map, children)
    }

    fn reading_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        children: &Children,
        cause: &str,
    ) -> StepResult {
        let failure = Failure::new("States.ItemReaderFailed", cause);
        self.finish_map_run(turn, children, MapRunStatus::Failed);
        self.map_run_failed(turn, thread, &failure);
        thread.visit.children = None;
        Err(failure)
    }
}

/// What has been read for one Map so far, and the files that are still to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Parameters of `getObject`, still to be asked for.
    files: VecDeque<Value>,
    /// How the files are read.
    config: Value,
    items: Vec<Value>,
    /// Whether the items are members of an object.
    are_pairs: bool,
    /// Where the items come from, each from a place on.
    sources: Vec<(usize, Option<Arc<str>>)>,
    /// Where those come from that are read next.
    source: Option<Arc<str>>,
}

impl Reading {
    /// Items that were read at once.
    fn read(items: Vec<Value>, source: Option<Arc<str>>) -> Self {
        Self { items, sources: vec![(0, source)], ..Self::default() }
    }

    fn of_files(files: VecDeque<Value>, config: Value) -> Self {
        Self { files, config, ..Self::default() }
    }

    fn take_in(&mut self, answer: &Value, most: usize) -> Result<(), String> {
        let left = most.saturating_sub(self.items.len());
        let content = content_items(answer, &self.config, left)?;
        self.sources.push((self.items.len(), self.source.clone()));
        self.are_pairs = content.are_pairs && (self.are_pairs || self.items.is_empty());
        self.items.extend(content.items);
        Ok(())
    }
}

fn parameters_of(settings: &Value) -> Value {
    let parameters = settings.get("Parameters").or_else(|| settings.get("Arguments"));
    parameters.cloned().unwrap_or_else(Value::empty_object)
}

/// `$$.Map.Item.Source` of what is in a file, or in a bucket when no key is named. The developer guide writes `S3://`;
/// executions show the scheme in small letters.
fn source_of(parameters: &Value) -> Option<Arc<str>> {
    let bucket = parameters.get("Bucket").and_then(Value::as_str)?;
    Some(match parameters.get("Key").and_then(Value::as_str) {
        Some(key) => format!("s3://{bucket}/{key}").into(),
        None => format!("s3://{bucket}").into(),
    })
}

/// A listing's entries, the content of an object, or the files that a listing or a manifest names.
fn read_first(answer: &Value, settings: &Value, most: usize) -> Result<Reading, String> {
    let config = settings.get("ReaderConfig").cloned().unwrap_or_default();
    let parameters = parameters_of(settings);
    let setting = |name: &str| config.get(name).and_then(Value::as_str);
    if let Some(entries) = answer.get("Contents").and_then(Value::as_array) {
        if setting("Transformation") != Some("LOAD_AND_FLATTEN") {
            let entries = entries.iter().take(most).cloned().collect();
            let bucket = parameters.get("Bucket").cloned().unwrap_or_default();
            return Ok(Reading::read(entries, source_of(&Value::object([("Bucket", bucket)]))));
        }
        let bucket = parameters.get("Bucket").cloned().unwrap_or_default();
        let keys = entries.iter().filter_map(|it| it.get("Key"));
        let files = keys.map(|key| file(bucket.clone(), key.clone())).collect();
        return Ok(Reading::of_files(files, config));
    }
    match (setting("InputType"), setting("ManifestType")) {
        (_, Some("ATHENA_DATA")) => {
            let files = body_of(answer).lines().filter_map(s3_uri).collect();
            Ok(Reading::of_files(files, config))
        }
        (Some("MANIFEST"), _) | (_, Some("S3_INVENTORY")) => inventory(&body_of(answer)),
        (Some(_) | None, _) => {
            let mut reading =
                Reading { source: source_of(&parameters), config, ..Reading::default() };
            reading.take_in(answer, most)?;
            Ok(reading)
        }
    }
}

fn file(bucket: Value, key: Value) -> Value {
    Value::object([("Bucket", bucket), ("Key", key)])
}

/// `s3://bucket/key`
fn s3_uri(line: &str) -> Option<Value> {
    let (bucket, key) = line.trim().strip_prefix("s3://")?.split_once('/')?;
    Some(file(Value::from(bucket), Value::from(key)))
}

/// The manifest of an S3 inventory: its files are CSV without a row of headers, which the manifest names instead.
fn inventory(text: &str) -> Result<Reading, String> {
    let manifest =
        Value::parse(text).map_err(|err| format!("The manifest is not valid JSON: {err}"))?;
    let text = |name: &str| manifest.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("fileFormat") != "CSV" {
        return Err(format!(
            "Stepwell reads inventories in CSV, and this one is in '{}'.",
            text("fileFormat")
        ));
    }
    let bucket = text("destinationBucket");
    let bucket = bucket.rsplit_once(":::").map_or(bucket, |(_, name)| name);
    let listed = manifest.get("files").and_then(Value::as_array);
    let keys = listed.into_iter().flatten().filter_map(|it| it.get("key"));
    let headers = text("fileSchema").split(',').map(|name| Value::from(name.trim()));
    let config = Value::object([
        ("InputType", Value::from("CSV")),
        ("CSVHeaderLocation", Value::from("GIVEN")),
        ("CSVHeaders", Value::array(headers)),
    ]);
    let files = keys.map(|key| file(Value::from(bucket), key.clone())).collect();
    Ok(Reading::of_files(files, config))
}

fn body_of(answer: &Value) -> String {
    plain(answer.get("Body").unwrap_or(answer))
}

/// The items in the content of an object.
#[derive(Default)]
struct Content {
    items: Vec<Value>,
    /// Whether they are members of an object.
    are_pairs: bool,
}

fn content_items(answer: &Value, config: &Value, most: usize) -> Result<Content, String> {
    let setting = |name: &str| config.get(name).and_then(Value::as_str);
    let text = body_of(answer);
    // A byte order mark belongs to the encoding, not to the first name or value.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut content = match setting("InputType").unwrap_or("JSON") {
        "JSON" => json_items(text, setting("ItemsPointer"))?,
        "JSONL" => Content { items: json_lines(text, most)?, ..Content::default() },
        "CSV" => Content { items: csv_items(text, config, most)?, ..Content::default() },
        other => {
            return Err(format!("Stepwell does not read items of the input type {other}."));
        }
    };
    content.items.truncate(most);
    Ok(content)
}

/// An array, or the object that a pointer names. A file that is an object as a whole is recorded to be refused; the developer
/// guide, which came later, gives objects to Maps with a pointer as with an `ItemsPath`.
fn json_items(text: &str, pointer: Option<&str>) -> Result<Content, String> {
    let mut value =
        Value::parse(text).map_err(|err| format!("The file is not valid JSON: {err}"))?;
    for part in pointer.unwrap_or_default().split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let inner = value.get(&part).or_else(|| value.at(part.parse().ok()?)).cloned();
        value = inner.ok_or("ItemsPointer does not point to a value in the file.")?;
    }
    let mode = if pointer.is_some() { ProcessorMode::Distributed } else { ProcessorMode::Inline };
    let items =
        Items::among(value, mode).ok().ok_or("Attempting to map over non-iterable node.")?;
    let values = items.values.as_array().cloned().unwrap_or_default();
    Ok(Content { items: values, are_pairs: items.are_pairs })
}

fn json_lines(text: &str, most: usize) -> Result<Vec<Value>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(most);
    lines
        .map(|line| {
            Value::parse(line).map_err(|err| format!("A line of the file is not valid JSON: {err}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, body: &str) -> Result<String, String> {
        let answer = Value::object([("Body", Value::from(body))]);
        let content = content_items(&answer, &Value::parse(config).expect("JSON"), 3)?;
        Ok(Value::from(content.items).to_string())
    }

    #[test]
    fn json_may_be_lines_or_a_part_of_a_file() {
        assert_eq!(read(r#"{"InputType":"JSONL"}"#, "1\n\n2\n").as_deref(), Ok("[1,2]"));
        let pointer = r#"{"InputType":"JSON","ItemsPointer":"/a/0/b~1c"}"#;
        assert_eq!(read(pointer, r#"{"a":[{"b/c":[7]}]}"#).as_deref(), Ok("[7]"));
        assert!(read(pointer, "[]").is_err());
        assert_eq!(read("{}", "[1,2,3,4]").as_deref(), Ok("[1,2,3]"), "no more than asked for");
        assert!(read("{}", "{").is_err());
    }

    #[test]
    fn a_manifest_names_files_and_their_columns() {
        let manifest = r#"{"destinationBucket":"arn:aws:s3:::dest","fileFormat":"CSV","fileSchema":"Bucket, Key",
            "files":[{"key":"one.csv"},{"key":"two.csv"}]}"#;
        let mut reading = inventory(manifest).expect("an inventory");
        assert_eq!(
            Value::array(reading.files.drain(..)).to_string(),
            r#"[{"Bucket":"dest","Key":"one.csv"},{"Bucket":"dest","Key":"two.csv"}]"#
        );
        for body in ["\"b\",\"k1\"\n\"b\",\"k2\"\n", "b,k3\nb,k4\n"] {
            let answer = Value::object([("Body", Value::from(body))]);
            reading.take_in(&answer, 3).expect("rows");
        }
        assert_eq!(
            Value::from(reading.items).to_string(),
            r#"[{"Bucket":"b","Key":"k1"},{"Bucket":"b","Key":"k2"},{"Bucket":"b","Key":"k3"}]"#
        );
        assert!(inventory(r#"{"fileFormat":"ORC"}"#).is_err());
    }

    #[test]
    fn a_listing_can_be_read_into() {
        let listing = Value::parse(r#"{"Contents":[{"Key":"a.jsonl"}]}"#).expect("JSON");
        let settings = |config: &str| {
            Value::parse(&format!(
                r#"{{"Arguments":{{"Bucket":"b"}},"ReaderConfig":{{{config}}}}}"#
            ))
            .expect("JSON")
        };
        let flatten = settings(r#""InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN""#);
        let reading = read_first(&listing, &flatten, 9).expect("a listing");
        assert_eq!(
            reading.files,
            [Value::parse(r#"{"Bucket":"b","Key":"a.jsonl"}"#).expect("JSON")]
        );
        let listed = read_first(&listing, &settings(""), 9).expect("a listing");
        assert_eq!((listed.items.len(), listed.sources), (1, vec![(0, Some("s3://b".into()))]));
        let athena = settings(r#""InputType":"JSONL","ManifestType":"ATHENA_DATA""#);
        let manifest = Value::object([("Body", Value::from("s3://b/one\ns3://b/two/three\n"))]);
        assert_eq!(read_first(&manifest, &athena, 9).map(|it| it.files.len()), Ok(2));
        let inventory = settings(r#""ManifestType":"S3_INVENTORY""#);
        let manifest = r#"{"fileFormat":"CSV","fileSchema":"Key","files":[{"key":"k"}]}"#;
        let manifest = Value::object([("Body", Value::from(manifest))]);
        assert_eq!(read_first(&manifest, &inventory, 9).map(|it| it.files.len()), Ok(1));
    }

    #[test]
    fn an_object_is_iterated_where_a_pointer_names_it() {
        let pointer = r#"{"InputType":"JSON","ItemsPointer":"/a"}"#;
        assert_eq!(
            read(pointer, r#"{"a":{"x":1,"y":2}}"#).as_deref(),
            Ok(r#"[{"Key":"x","Value":1},{"Key":"y","Value":2}]"#)
        );
        let refused = Err("Attempting to map over non-iterable node.".to_owned());
        assert_eq!(read(pointer, r#"{"a":1}"#), refused);
        assert_eq!(read("{}", r#"{"a":1}"#), refused, "recorded");
        assert_eq!(read("{}", "\u{feff}[1]").as_deref(), Ok("[1]"));
    }
}
