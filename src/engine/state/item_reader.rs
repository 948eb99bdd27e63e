//! `ItemReader`: the items of a distributed Map from a file. The service that holds the file is asked as any other; what it
//! answers is taken apart here.

use crate::asl::{Map, ResourceArn, Template};
use crate::engine::dataflow::{DataError, as_integer, plain};
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Phase, RunningTask, Thread, ThreadIndex};
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
        if let Some(run) = &mut children.run {
            run.arn = Some(arn);
            run.max_items = max_items.and_then(|it| usize::try_from(it).ok()).filter(|it| *it > 0);
            run.reader = Some(settings.clone());
        }
        thread.visit.children = Some(Box::new(children));
        if max_items.is_some_and(|it| it < 0) {
            return self.reading_failed(turn, thread, "field MaxItems must be positive");
        }
        let token = self.new_task(index);
        thread.visit.task =
            Some(Box::new(RunningTask { token, started: true, timeout: None, heartbeat: None }));
        thread.phase = Phase::Task;
        let parameters = settings.get("Parameters").or_else(|| settings.get("Arguments")).cloned();
        turn.actions.push(Action::RunTask(TaskRequest {
            token,
            state: here.meta.path.clone(),
            state_name: here.meta.name.clone(),
            resource: ResourceArn::parse(
                settings.get("Resource").and_then(Value::as_str).unwrap_or_default(),
            ),
            parameters: parameters.unwrap_or_else(Value::empty_object),
            attempt: thread.visit.retry_count,
            map_indices: thread.map_indices.to_vec(),
            callback_token: None,
        }));
        Ok(Flow::Blocked)
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
                    failure.cause.as_deref().unwrap_or_default(),
                );
            }
        };
        let run = children.run.clone().unwrap_or_default();
        let settings = run.reader.unwrap_or_default();
        match items(&output, settings.get("ReaderConfig"), run.max_items.unwrap_or(MOST_ITEMS)) {
            Ok(items) => {
                if settings.get("ReaderConfig").is_some_and(|it| it.get("ItemsPointer").is_some()) {
                    self.inspect(turn, thread, |data| {
                        data.after_items_pointer = Some(items.clone());
                    });
                }
                children.items = items;
                self.begin_iterations(turn, index, thread, here, map, children)
            }
            Err(cause) => self.reading_failed(turn, thread, &cause),
        }
    }

    fn reading_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        cause: &str,
    ) -> StepResult {
        let failure = Failure::new("States.ItemReaderFailed", cause);
        self.map_run_failed(turn, thread, &failure);
        thread.visit.children = None;
        Err(failure)
    }
}

/// The items in a service's answer: a listing's entries, or the content of an object.
fn items(answer: &Value, config: Option<&Value>, most: usize) -> Result<Value, String> {
    if let Some(entries) = answer.get("Contents").and_then(Value::as_array) {
        return Ok(Value::array(entries.iter().take(most).cloned()));
    }
    let setting = |name: &str| config.and_then(|it| it.get(name)).and_then(Value::as_str);
    let body = answer.get("Body").unwrap_or(answer);
    let text = match body {
        Value::String(text) => text.to_string(),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string(),
    };
    let items = match setting("InputType").unwrap_or("JSON") {
        "JSON" => json_items(&text, setting("ItemsPointer"))?,
        "JSONL" => json_lines(&text, most)?,
        "CSV" => csv_items(&text, config, most)?,
        other => {
            return Err(format!("Stepwell does not read items of the input type {other}."));
        }
    };
    Ok(Value::array(items.into_iter().take(most)))
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
        items(&answer, Some(&Value::parse(config).expect("JSON")), 3).map(|it| it.to_string())
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
}
