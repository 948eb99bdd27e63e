//! A history from whatever holds one: answers of `GetExecutionHistory`, page by page and in either order, the console's export,
//! and what an execution logged to `CloudWatch`.
//!
//! A log may have holes, because its level leaves events out: each hole is an event of its own that says so, so that the ids
//! stay those of the execution, unless there are so many holes that each can only be one event. In an answer of the API a hole means that a page is missing, which is an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::export::{self, ImportError};
use super::{EventDetails, EventId, EventType, History};
use crate::json::{MAX_VALUES, Object, Value};

/// The type that stands for an event which was not logged.
pub const NOT_LOGGED: &str = "NotLogged";

/// The most events that are read: an Express execution may have more than a Standard one's 25,000.
const MAX_EVENTS: usize = 1_000_000;

/// The most events that only say that they were not logged: a Standard execution has no more.
const MAX_NOT_LOGGED: u64 = 25_000;

/// Values that an event of the API has at most, beside payloads that some tool has parsed.
const VALUES_OF_AN_EVENT: usize = 40;

/// Executions that are named to choose from.
const MOST_NAMED: usize = 5;

/// A history that was read, and what its file says beside it.
#[derive(Clone, Debug)]
pub struct Imported {
    pub history: History,
    /// Logs name the execution.
    pub execution_arn: Option<Arc<str>>,
    /// What is missing, in words.
    pub notes: Vec<String>,
}

/// Reads a history. `execution` says which one, for a log of several; its ARN or its name.
///
/// # Errors
/// It is no history, or events are missing from it; in words.
pub fn parse(text: &str, execution: Option<&str>) -> Result<Imported, String> {
    if let Some(history) = one_page(text) {
        return Ok(Imported { history, execution_arn: None, notes: Vec::new() });
    }
    let documents = documents(text)?;
    from_documents(&documents, execution)
}

/// As [`parse`], from JSON.
///
/// # Errors
/// As [`parse`].
pub fn from_json(json: &Value, execution: Option<&str>) -> Result<Imported, String> {
    from_documents(std::slice::from_ref(json), execution)
}

fn from_documents(documents: &[Value], execution: Option<&str>) -> Result<Imported, String> {
    let mut found = Gathered { events: Vec::new(), notes: Vec::new(), values_left: MAX_VALUES };
    for document in documents {
        gather(document, &mut found, 0)?;
    }
    let Gathered { mut events, notes, .. } = found;
    if events.is_empty() {
        return Err(ImportError::NoEvents.to_string());
    }
    let logged = events.iter().filter(|it| is_log_event(it)).count();
    if logged == 0 {
        let arn = documents.iter().find_map(|it| it.get("executionArn")?.as_str().map(Arc::from));
        return Ok(Imported { execution_arn: arn, ..from_api(events, notes)? });
    }
    events.retain(is_log_event);
    from_log(&events, execution, notes)
}

// -------------------------------------------------------------------------------------------------------------- one page

/// The usual file, `{"events": […]}` or the bare array, read event by event: a tree of the whole text would take four times its
/// size in memory. `None` for everything else, and for whatever is wrong with it: then the whole is looked at.
fn one_page(text: &str) -> Option<History> {
    let text = text.trim();
    let (inside, end) = match text.strip_prefix('{') {
        Some(rest) => {
            let rest = rest.trim_start().strip_prefix("\"events\"")?.trim_start();
            (rest.strip_prefix(':')?.trim_start().strip_prefix('[')?, "}")
        }
        None => (text.strip_prefix('[')?, ""),
    };
    let mut events = Vec::new();
    // Only what stays as it was written has a share in these.
    let mut values_left = MAX_VALUES;
    let (mut depth, mut start, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let before = values_left;
                    let json = inside.get(start..=at)?;
                    let json = Value::parse_counted(json, &mut values_left).ok()?;
                    let id = json.get("id")?.as_i64()?;
                    if is_log_event(&json) || events.len() > MAX_EVENTS {
                        return None;
                    }
                    let event = export::event_from_json(&json)?;
                    let is_kept = event.event_type == EventType::Unknown;
                    if !is_kept && before - values_left <= VALUES_OF_AN_EVENT {
                        values_left = before;
                    }
                    events.push((id, event));
                }
            }
            b']' if depth == 0 => {
                return (inside.get(at + 1..)?.trim() == end).then(|| numbered(events)).flatten();
            }
            b',' | b' ' | b'\n' | b'\r' | b'\t' => {}
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Events in the order of their ids, if those are 1, 2, 3, …
fn numbered(mut events: Vec<(i64, super::HistoryEvent)>) -> Option<History> {
    events.sort_by_key(|(id, _)| *id);
    let begins = events.first()?.1.event_type == EventType::ExecutionStarted;
    let is_whole = events.iter().zip(1..).all(|((id, _), wanted)| *id == wanted);
    let mut history = History::default();
    for (_, event) in events {
        history.append(event.previous_event_id, event.timestamp, event.event_type, event.details);
    }
    (begins && is_whole).then_some(history)
}

// ------------------------------------------------------------------------------------------------------------- documents

/// The JSON documents of a text: one, or several after each other (pages, lines of a log).
fn documents(text: &str) -> Result<Vec<Value>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mut values_left = MAX_VALUES;
    let whole = match Value::parse_counted(text, &mut values_left) {
        Ok(value) => return Ok(vec![value]),
        Err(_) if values_left == 0 => return Err(too_many_values()),
        Err(err) => err,
    };
    let parts = parts(text).ok_or_else(too_many_events)?;
    if parts.len() > 1 {
        let mut left = MAX_VALUES;
        let parsed = parts.iter().map(|part| Value::parse_counted(part, &mut left));
        if let Ok(parsed) = parsed.collect() {
            return Ok(parsed);
        }
        if left == 0 {
            return Err(too_many_values());
        }
    }
    let is_closed = [parts.first(), parts.last()]
        .into_iter()
        .all(|it| it.is_some_and(|part| part.ends_with(['}', ']'])));
    if text.starts_with(['{', '[']) && !is_closed {
        return Err(format!("the file is cut off: its JSON does not end ({whole})"));
    }
    Err(ImportError::NotJson(whole).to_string())
}

fn too_many_values() -> String {
    format!("it has more than {MAX_VALUES} values, and no execution has so many in its history")
}

fn too_many_events() -> String {
    format!("there are more than {MAX_EVENTS} events")
}

/// Where the top-level values of a text end: after each bracket that closes the outermost one. `None` when there are too many.
fn parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    parts.push(text.get(start..=at).unwrap_or_default().trim());
                    start = at + 1;
                    if parts.len() > MAX_EVENTS {
                        return None;
                    }
                }
            }
            _ => {}
        }
    }
    let rest = text.get(start..).unwrap_or_default().trim();
    if !rest.is_empty() {
        parts.push(rest);
    }
    Some(parts)
}

struct Gathered {
    events: Vec<Value>,
    notes: Vec<String>,
    /// Those that texts of a log may still have.
    values_left: usize,
}

/// The events in a document: bare, in a page, in pages, or wrapped in the messages of a log.
fn gather(document: &Value, found: &mut Gathered, depth: usize) -> Result<(), String> {
    const DEEPEST: usize = 3;
    if found.events.len() > MAX_EVENTS {
        return Err(too_many_events());
    }
    if let Some(items) = document.as_array() {
        if depth >= DEEPEST {
            return Err(ImportError::NoEvents.to_string());
        }
        return items.iter().try_for_each(|item| gather(item, found, depth + 1));
    }
    if let Some(inner) = document.get("events").or_else(|| document.get("results"))
        && inner.as_array().is_some()
    {
        let token = document.get("nextToken").or_else(|| document.get("NextToken"));
        if token.is_some_and(|it| !it.is_null()) {
            found.notes.push("There are more pages: the file has a nextToken.".to_owned());
        }
        return gather(inner, found, depth);
    }
    let message = document.get("message").or_else(|| document.get("@message"));
    match message {
        Some(Value::String(text)) => {
            // Other lines of the same log stream are somebody else's.
            let before = found.values_left;
            match Value::parse_counted(text, &mut found.values_left) {
                Ok(event) if is_log_event(&event) => found.events.push(event),
                Err(_) if found.values_left == 0 => return Err(too_many_values()),
                Ok(_) | Err(_) => found.values_left = before,
            }
        }
        Some(event) if is_log_event(event) => found.events.push(event.clone()),
        Some(_) | None if document.get("type").is_some() => found.events.push(document.clone()),
        Some(_) | None => {
            return Err(ImportError::NotAnEvent { position: found.events.len() + 1 }.to_string());
        }
    }
    Ok(())
}

// ------------------------------------------------------------------------------------------------------------------- API

fn from_api(events: Vec<Value>, mut notes: Vec<String>) -> Result<Imported, String> {
    let events = without_repetitions(events);
    let history = export::from_json(&Value::from(events)).map_err(|err| match err {
        ImportError::WrongId { id, .. } => format!(
            "{err}. Is a page missing? `aws stepfunctions get-execution-history` gives all of them unless it is told otherwise (event {id})"
        ),
        ImportError::NotJson(_) | ImportError::NoEvents | ImportError::NotAnEvent { .. } => {
            err.to_string()
        }
    })?;
    if history.events().first().is_none_or(|it| it.event_type != EventType::ExecutionStarted) {
        notes.push("The history does not begin with ExecutionStarted.".to_owned());
    }
    Ok(Imported { history, execution_arn: None, notes })
}

/// Pages may overlap.
fn without_repetitions(events: Vec<Value>) -> Vec<Value> {
    let mut seen: BTreeMap<i64, Value> = BTreeMap::new();
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let id = event.get("id").and_then(Value::as_i64);
        match id.and_then(|id| seen.get(&id)) {
            Some(same) if *same == event => continue,
            Some(_) | None => {}
        }
        if let Some(id) = id {
            seen.entry(id).or_insert_with(|| event.clone());
        }
        kept.push(event);
    }
    kept
}

// ------------------------------------------------------------------------------------------------------------------- log

fn is_log_event(event: &Value) -> bool {
    event.get("type").is_some()
        && (event.get("previous_event_id").is_some() || event.get("execution_arn").is_some())
}

fn from_log(
    events: &[Value],
    execution: Option<&str>,
    mut notes: Vec<String>,
) -> Result<Imported, String> {
    let arn_of = |event: &Value| {
        event.get("execution_arn").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut by_execution: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in events {
        by_execution.entry(arn_of(event)).or_default().push(event);
    }
    let wanted = |arn: &str| {
        execution
            .is_none_or(|wanted| arn == wanted || arn.split(':').skip(7).any(|part| part == wanted))
    };
    let names = some_of(by_execution.keys());
    let mut fitting: Vec<(String, Vec<&Value>)> =
        by_execution.into_iter().filter(|(arn, _)| wanted(arn)).collect();
    if fitting.len() > 1 {
        return Err(format!(
            "the log is of {} executions; say which with its ARN: {}",
            fitting.len(),
            some_of(fitting.iter().map(|(arn, _)| arn))
        ));
    }
    let Some((arn, events)) = fitting.pop() else {
        return Err(format!("the log has no such execution; there are: {names}"));
    };
    let mut by_id: BTreeMap<u64, Value> = BTreeMap::new();
    for event in events {
        let id = match event.get("id") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_i64().and_then(|it| u64::try_from(it).ok()),
            None => None,
        };
        let id = id.filter(|it| (1..=i64::MAX.cast_unsigned()).contains(it));
        let id = id.ok_or("an event of the log has no id")?;
        by_id.insert(id, api_event(event, id));
    }
    let last = by_id.keys().next_back().copied().unwrap_or(0);
    let missing = last - by_id.len() as u64;
    let in_ranges = missing > MAX_NOT_LOGGED;
    if missing > 0 {
        notes.push(format!(
            "{missing} of {last} events were not logged: the log level leaves them out."
        ));
    }
    if in_ranges {
        notes.push(
            "What was not logged in a row is shown as one event, and the events are counted anew."
                .to_owned(),
        );
    }
    let mut history = History::default();
    // Which event of the history each of the log is.
    let mut own_ids: BTreeMap<u64, EventId> = BTreeMap::new();
    let mut at = super::Timestamp::default();
    for (id, event) in &by_id {
        let mut next = own_ids.last_key_value().map_or(1, |(id, _)| id + 1);
        while next < *id {
            let until = if in_ranges { *id - 1 } else { next };
            append_not_logged(&mut history, next..=until, at);
            next = until + 1;
        }
        match export::event_from_json(event) {
            Some(event) => {
                at = event.timestamp;
                let previous = match own_ids.range(..=event.previous_event_id.0).next_back() {
                    Some((id, own)) if *id == event.previous_event_id.0 => *own,
                    // It is in the hole behind that.
                    Some((_, own)) if in_ranges => EventId(own.0 + 1),
                    Some(_) | None => event.previous_event_id,
                };
                history.append(previous, at, event.event_type, event.details);
            }
            None => append_not_logged(&mut history, *id..=*id, at),
        }
        own_ids.insert(*id, history.last_id());
    }
    let execution_arn = Some(arn.as_str()).filter(|it| !it.is_empty()).map(Arc::from);
    Ok(Imported { history, execution_arn, notes })
}

/// A few of many names, and how many there are beside them.
fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    const LONGEST: usize = 300;
    let more = names.len().saturating_sub(MOST_NAMED);
    let shown = names.take(MOST_NAMED).map(|it| it.chars().take(LONGEST).collect::<String>());
    let shown = shown.collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Events of the log's ids that are not in it, as one event of the history.
fn append_not_logged(
    history: &mut History,
    ids: std::ops::RangeInclusive<u64>,
    at: super::Timestamp,
) {
    let previous = history.last_id();
    let number = |id: u64| Value::from(id.cast_signed());
    let mut members = vec![
        ("timestamp", Value::from(at.to_string())),
        ("type", Value::from(NOT_LOGGED)),
        ("id", number(previous.0 + 1)),
        ("previousEventId", number(previous.0)),
    ];
    if ids.start() < ids.end() {
        let range = [("firstEventId", number(*ids.start())), ("lastEventId", number(*ids.end()))];
        members.push(("notLoggedEventDetails", Value::object(range)));
    }
    let details = EventDetails::Unknown(Value::object(members));
    history.append(previous, at, EventType::Unknown, details);
}

/// An event of a log under the names of the API.
fn api_event(event: &Value, id: u64) -> Value {
    let mut members = Object::with_capacity(5);
    let mut copy = |from: &str, to: &str| {
        if let Some(value) = event.get(from) {
            members.insert(to.into(), value.clone());
        }
    };
    copy("event_timestamp", "timestamp");
    copy("type", "type");
    copy("previous_event_id", "previousEventId");
    members.insert("id".into(), Value::from(id.cast_signed()));
    let event_type = event.get("type").and_then(Value::as_str).map(EventType::parse);
    let field = event_type.and_then(export::details_field);
    if let (Some(field), Some(details)) = (field, event.get("details")) {
        members.insert(field.into(), details.clone());
    }
    Value::from(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: &str = r#"{"timestamp":"2026-01-01T00:00:00Z","type":"ExecutionStarted","id":1,"previousEventId":0}"#;
    const ENTERED: &str = r#"{"timestamp":"2026-01-01T00:00:01Z","type":"PassStateEntered","id":2,"previousEventId":0}"#;

    fn types(imported: &Imported) -> Vec<&'static str> {
        imported.history.events().iter().map(|it| it.event_type.as_str()).collect()
    }

    #[test]
    fn pages_are_one_history_in_whatever_order() {
        let wanted = ["ExecutionStarted", "PassStateEntered"];
        for text in [
            format!(r#"{{"events":[{STARTED},{ENTERED}]}}"#),
            format!(r#"{{"events":[{ENTERED},{STARTED}]}}"#),
            format!("[{ENTERED},{STARTED}]"),
            format!(r#"{{"events":[{STARTED}],"nextToken":"t"}} {{"events":[{ENTERED}]}}"#),
            format!(r#"[{{"events":[{STARTED}]}},{{"events":[{STARTED},{ENTERED}]}}]"#),
            format!("{STARTED}\n{ENTERED}\n"),
            format!("\u{feff}{{\"events\":[{STARTED},{ENTERED}]}}"),
        ] {
            let read = parse(&text, None).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(types(&read), wanted, "{text}");
        }
    }

    #[test]
    fn a_log_is_a_history_with_its_holes() {
        let event = |id: u64, kind: &str, arn: &str| {
            format!(
                r#"{{"id":"{id}","type":"{kind}","details":{{"name":"A","input":"{{}}"}},"previous_event_id":"0","event_timestamp":"1767225600000","execution_arn":"{arn}"}}"#
            )
        };
        let arn = "arn:aws:states:us-east-1:1:express:M:run:id";
        let lines =
            format!("{}\n{}", event(1, "ExecutionStarted", arn), event(3, "PassStateExited", arn));
        let read = parse(&lines, None).expect("a log");
        assert_eq!(types(&read), ["ExecutionStarted", "Unknown", "PassStateExited"]);
        assert_eq!(read.execution_arn.as_deref(), Some(arn));
        assert!(read.notes[0].starts_with("1 of 3 events were not logged"), "{:?}", read.notes);
        // As `filter-log-events` and Logs Insights wrap it.
        let text = Value::from(event(1, "ExecutionStarted", arn)).to_string();
        let wrapped =
            format!(r#"{{"events":[{{"timestamp":1,"message":{text}}},{{"message":"START"}}]}}"#);
        assert_eq!(types(&parse(&wrapped, None).expect("messages")), ["ExecutionStarted"]);
        let insights =
            format!(r#"[{{"@timestamp":"x","@message":{}}}]"#, event(1, "ExecutionStarted", arn));
        assert_eq!(types(&parse(&insights, None).expect("Insights")), ["ExecutionStarted"]);
        let other = "arn:aws:states:us-east-1:1:express:M:other:id";
        let far = format!(
            "{lines}\n{}\n{}",
            event(1_000_000_000, "PassStateEntered", arn),
            event(1_000_000_001, "PassStateExited", arn)
        );
        let far = far.replace(r#""id":"1000000001","type":"PassStateExited","details":{"name":"A","input":"{}"},"previous_event_id":"0""#, r#""id":"1000000001","type":"PassStateExited","details":{"name":"A"},"previous_event_id":"1000000000""#);
        let far = parse(&far, None).expect("a log with a hole");
        let wanted = [
            "ExecutionStarted",
            "Unknown",
            "PassStateExited",
            "Unknown",
            "PassStateEntered",
            "PassStateExited",
        ];
        assert_eq!(types(&far), wanted);
        assert_eq!(far.history.events()[5].previous_event_id, EventId(5));
        assert!(far.notes[0].starts_with("999999997 of 1000000001 events were"), "{:?}", far.notes);
        let hole = export::to_json(&far.history).to_string();
        assert!(hole.contains(r#""firstEventId":4,"lastEventId":999999999"#), "{hole}");
        let again = export::parse(&hole).expect("exported");
        assert_eq!(again.events(), far.history.events());
        let two = format!("{lines}\n{}", event(1, "ExecutionStarted", other));
        assert!(parse(&two, None).expect_err("two executions").contains("say which"));
        assert_eq!(types(&parse(&two, Some("other")).expect("by name")), ["ExecutionStarted"]);
        let again = export::parse(&export::to_json(&read.history).to_string()).expect("exported");
        assert_eq!(again.events(), read.history.events());
    }

    #[test]
    fn of_many_executions_a_few_are_named() {
        let event = |number: usize| {
            format!(
                r#"{{"id":1,"type":"ExecutionStarted","previous_event_id":0,"execution_arn":"arn:aws:states:us-east-1:1:express:M:e{number}:id"}}"#
            )
        };
        let log = (0..1000).map(event).collect::<Vec<_>>().join("\n");
        for (name, says) in [(None, "of 1000 executions"), (Some("x"), "no such execution")] {
            let why = parse(&log, name).expect_err("which one?");
            assert!(why.contains(says) && why.ends_with("and 995 more"), "{why}");
            assert!(why.len() < 500, "{why}");
        }
        assert_eq!(types(&parse(&log, Some("e7")).expect("by name")), ["ExecutionStarted"]);
    }

    #[test]
    fn values_without_end_are_refused_before_they_take_memory() {
        let many = "[],".repeat(MAX_VALUES);
        let event = format!(r#"{{"type":"Strange","id":1,"previousEventId":0,"x":[{many}0]}}"#);
        let message = Value::from(format!("[{many}0]")).to_string();
        for text in [
            format!("[{many}0]"),
            format!(r#"{{"events":[{event}]}}"#),
            format!(r#"{{"events":[{{"message":{message}}}]}}"#),
            format!("{STARTED}\n{event}"),
            "[]".repeat(MAX_VALUES),
        ] {
            let why = parse(&text, None).expect_err("too many");
            assert!(why.contains("more than"), "{why}");
        }
    }

    #[test]
    fn the_usual_file_is_read_event_by_event() {
        let page = |text: &str| one_page(text).map(|it| it.events().len());
        assert_eq!(page(&format!(r#" {{ "events" : [ {STARTED} , {ENTERED} ] }} "#)), Some(2));
        assert_eq!(page(&format!("[{ENTERED},{STARTED}]")), Some(2));
        let tricky = STARTED.replace("\"id\":1", r#""x":"]}\\\"{[","id":1"#);
        assert_eq!(page(&format!("[{tricky}]")), Some(1), "{tricky}");
        for other in [
            format!("[{ENTERED}]"),
            format!("[{STARTED},{STARTED}]"),
            format!("[{STARTED}"),
            format!("[{STARTED}]]"),
            format!("[{STARTED},7]"),
            format!(r#"{{"events":[{STARTED}],"nextToken":"t"}}"#),
        ] {
            assert_eq!(page(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_history_says_why() {
        let refused = |text: &str| parse(text, None).expect_err("it is none");
        assert!(refused("").contains("empty"));
        assert!(refused(&format!(r#"{{"events":[{STARTED},{{"ty"#)).contains("cut off"));
        assert!(refused("hello").contains("not JSON"));
        assert!(refused(r#"{"Resources":{}}"#).contains("not an object with a `type`"));
        assert!(refused(r#"{"events":[]}"#).contains("no list of events"));
        assert!(refused(&format!(r#"{{"events":[{ENTERED}]}}"#)).contains("Is a page missing?"));
        assert!(parse(&"[".repeat(100_000), None).is_err());
        assert!(parse(&"{}".repeat(100_000), None).is_err());
    }
}
