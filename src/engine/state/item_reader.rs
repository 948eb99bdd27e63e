//! `ItemReader`: the items of a distributed Map from a file. The service that holds the file is asked as any other; what it
//! answers is taken apart here.

use std::collections::VecDeque;

use crate::asl::{Map, ResourceArn, Template};
use crate::engine::dataflow::{DataError, as_integer, plain};
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::map_runs::MapRunStatus;
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Children, Phase, RunningTask, Thread, ThreadIndex};
use crate::engine::{Action, TaskRequest};
use crate::execution::{EventDetails, EventType};
use crate::json::{Object, Value};

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
        let mut children = self.map_children(turn, thread, here, map, Value::Null)?;
        let max_items = self.max_items(thread, here, &settings)?;
        let arn = self.start_map_run(turn, thread, here, map);
        let run = children.run.clone().unwrap_or_default();
        let number = self.record_map_run(turn, here, map, &arn, &run, children.max_concurrency);
        if let Some(run) = &mut children.run {
            run.number = Some(number);
            run.arn = Some(arn);
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
        self.ask_reader(turn, index, thread, here, resource, parameters_of(&settings));
        Ok(Flow::Blocked)
    }

    fn ask_reader(
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
            None => read_first(&output, &settings, most).map(|first| match first {
                First::Items(items) => run.reading = Some(Reading { items, ..Reading::default() }),
                First::Files(reading) => run.reading = Some(reading),
            }),
        };
        if let Err(cause) = read {
            return self.reading_failed(turn, thread, &children, &cause);
        }
        let reading = run.reading.get_or_insert_default();
        if reading.items.len() < most
            && let Some(parameters) = reading.files.pop_front()
        {
            thread.visit.children = Some(children);
            let resource = ResourceArn::parse("arn:aws:states:::s3:getObject");
            self.ask_reader(turn, index, thread, here, resource, parameters);
            return Ok(Flow::Blocked);
        }
        children.items = Value::from(std::mem::take(&mut reading.items));
        if settings.get("ReaderConfig").is_some_and(|it| it.get("ItemsPointer").is_some()) {
            self.inspect(turn, thread, |data| {
                data.after_items_pointer = Some(children.items.clone());
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

/// Files that are read one after another, for one Map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Parameters of `getObject`, still to be asked for.
    files: VecDeque<Value>,
    /// How the files are read.
    config: Value,
    items: Vec<Value>,
}

impl Reading {
    fn take_in(&mut self, answer: &Value, most: usize) -> Result<(), String> {
        let left = most.saturating_sub(self.items.len());
        self.items.extend(content_items(answer, &self.config, left)?);
        Ok(())
    }
}

/// What the answer to the reader's own request holds.
enum First {
    Items(Vec<Value>),
    Files(Reading),
}

fn parameters_of(settings: &Value) -> Value {
    let parameters = settings.get("Parameters").or_else(|| settings.get("Arguments"));
    parameters.cloned().unwrap_or_else(Value::empty_object)
}

/// A listing's entries, the content of an object, or the files that a listing or a manifest names.
fn read_first(answer: &Value, settings: &Value, most: usize) -> Result<First, String> {
    let config = settings.get("ReaderConfig").cloned().unwrap_or_default();
    let setting = |name: &str| config.get(name).and_then(Value::as_str);
    if let Some(entries) = answer.get("Contents").and_then(Value::as_array) {
        if setting("Transformation") != Some("LOAD_AND_FLATTEN") {
            return Ok(First::Items(entries.iter().take(most).cloned().collect()));
        }
        let bucket = parameters_of(settings).get("Bucket").cloned().unwrap_or_default();
        let keys = entries.iter().filter_map(|it| it.get("Key"));
        let files = keys.map(|key| file(bucket.clone(), key.clone())).collect();
        return Ok(First::Files(Reading { files, config, items: Vec::new() }));
    }
    match (setting("InputType"), setting("ManifestType")) {
        (_, Some("ATHENA_DATA")) => {
            let files = body_of(answer).lines().filter_map(s3_uri).collect();
            Ok(First::Files(Reading { files, config, items: Vec::new() }))
        }
        (Some("MANIFEST"), _) => inventory(&body_of(answer)).map(First::Files),
        (Some(_) | None, _) => content_items(answer, &config, most).map(First::Items),
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
    Ok(Reading { files, config, items: Vec::new() })
}

fn body_of(answer: &Value) -> String {
    plain(answer.get("Body").unwrap_or(answer))
}

/// The items in the content of an object.
fn content_items(answer: &Value, config: &Value, most: usize) -> Result<Vec<Value>, String> {
    let setting = |name: &str| config.get(name).and_then(Value::as_str);
    let text = body_of(answer);
    let mut items = match setting("InputType").unwrap_or("JSON") {
        "JSON" => json_items(&text, setting("ItemsPointer"))?,
        "JSONL" => json_lines(&text, most)?,
        "CSV" => csv_items(&text, Some(config), most)?,
        other => {
            return Err(format!("Stepwell does not read items of the input type {other}."));
        }
    };
    items.truncate(most);
    Ok(items)
}

fn json_items(text: &str, pointer: Option<&str>) -> Result<Vec<Value>, String> {
    let mut value =
        Value::parse(text).map_err(|err| format!("The file is not valid JSON: {err}"))?;
    for part in pointer.unwrap_or_default().split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let inner = value.get(&part).or_else(|| value.at(part.parse().ok()?)).cloned();
        value = inner.ok_or("ItemsPointer does not point to a value in the file.")?;
    }
    value.as_array().cloned().ok_or_else(|| "Attempting to map over non-iterable node.".to_owned())
}

fn json_lines(text: &str, most: usize) -> Result<Vec<Value>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(most);
    lines
        .map(|line| {
            Value::parse(line).map_err(|err| format!("A line of the file is not valid JSON: {err}"))
        })
        .collect()
}

fn csv_items(text: &str, config: Option<&Value>, most: usize) -> Result<Vec<Value>, String> {
    let setting = |name: &str| config.and_then(|it| it.get(name)).and_then(Value::as_str);
    let delimiter = match setting("CSVDelimiter").unwrap_or("COMMA") {
        "PIPE" => '|',
        "SEMICOLON" => ';',
        "SPACE" => ' ',
        "TAB" => '\t',
        _ => ',',
    };
    let mut rows = csv_rows(text, delimiter).into_iter();
    let headers: Vec<String> = match setting("CSVHeaderLocation") {
        Some("GIVEN") => {
            let given = config.and_then(|it| it.get("CSVHeaders")).and_then(Value::as_array);
            given.into_iter().flatten().map(plain).collect()
        }
        Some(_) | None => rows.next().unwrap_or_default(),
    };
    let mut seen = std::collections::BTreeSet::new();
    if !headers.iter().all(|it| seen.insert(it)) {
        return Err("CSV headers cannot contain duplicates.".to_owned());
    }
    // Fields without a header are dropped, headers without a field are empty.
    let item = |row: Vec<String>| {
        let fields = row.into_iter().chain(std::iter::repeat(String::new()));
        let members: Object = headers
            .iter()
            .zip(fields)
            .map(|(name, it)| (name.as_str().into(), it.into()))
            .collect();
        Value::from(members)
    };
    Ok(rows.take(most).map(item).collect())
}

/// RFC 4180; lines with nothing on them are no rows.
fn csv_rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() && !was_quoted => {
                quoted = true;
                was_quoted = true;
            }
            c if quoted => field.push(c),
            c if c == delimiter => {
                row.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                if !(row.is_empty() && field.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                was_quoted = false;
            }
            c => field.push(c),
        }
    }
    if !(row.is_empty() && field.is_empty() && !was_quoted) {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, body: &str) -> Result<String, String> {
        let answer = Value::object([("Body", Value::from(body))]);
        let items = content_items(&answer, &Value::parse(config).expect("JSON"), 3)?;
        Ok(Value::from(items).to_string())
    }

    #[test]
    fn csv_fields_may_be_quoted_missing_or_too_many() {
        let body = "A,B\r\n1,\"x,\"\"y\"\"\"\n\n2\n3,4,5\n6,7\n";
        let expected = r#"[{"A":"1","B":"x,\"y\""},{"A":"2","B":""},{"A":"3","B":"4"}]"#;
        assert_eq!(
            read(r#"{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}"#, body).as_deref(),
            Ok(expected)
        );
        let given = r#"{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["A","A"]}"#;
        assert_eq!(read(given, body), Err("CSV headers cannot contain duplicates.".to_owned()));
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
        let Ok(First::Files(reading)) = read_first(&listing, &flatten, 9) else {
            panic!("the files are still to be read")
        };
        assert_eq!(
            reading.files,
            [Value::parse(r#"{"Bucket":"b","Key":"a.jsonl"}"#).expect("JSON")]
        );
        assert!(
            matches!(read_first(&listing, &settings(""), 9), Ok(First::Items(items)) if items.len() == 1)
        );
        let athena = settings(r#""InputType":"JSONL","ManifestType":"ATHENA_DATA""#);
        let manifest = Value::object([("Body", Value::from("s3://b/one\ns3://b/two/three\n"))]);
        assert!(
            matches!(read_first(&manifest, &athena, 9), Ok(First::Files(it)) if it.files.len() == 2)
        );
    }
}
