//! The executions of the corpus that were recorded on AWS. The corpus lies beside a checkout, where there is one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stepwell::asl::{self, StateMachine};
use stepwell::execution::{History, export};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

/// Every case of the corpus, file by file; without one `None`, and it is said.
pub(crate) fn cases() -> Option<Vec<Value>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance/cases"));
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: there is no {}", folder.display());
        return None;
    };
    let mut files: Vec<PathBuf> = files.filter_map(|it| Some(it.ok()?.path())).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files.iter().filter(|it| it.extension().is_some_and(|it| it == "json")) {
        let text = std::fs::read_to_string(file).expect("the cases can be read");
        let list = Value::parse(&text).expect("the cases are JSON");
        cases.extend(list.as_array().into_iter().flatten().cloned());
    }
    Some(cases)
}

/// The definition of a case that has one.
pub(crate) fn machine(case: &Value) -> Option<StateMachine> {
    let definition = case.get("definition").filter(|it| it.as_object().is_some())?;
    let document = Document::parse(&definition.to_string(), Format::Json);
    Some(asl::parse::parse(&document).machine)
}

/// The events of a case, numbered anew, and whether the numbers were kept: in histories of concurrent branches they were blanked,
/// and the events sorted.
pub(crate) fn history(events: &[Value]) -> (History, bool) {
    let mut numbers = BTreeMap::new();
    let mut history = History::default();
    for event in events {
        let read = export::event_from_json(event).expect("an event");
        let previous = numbers.get(&read.previous_event_id).copied().unwrap_or_default();
        let id = history.append(previous, read.timestamp, read.event_type, read.details);
        numbers.insert(read.id, id);
    }
    let has_ids = numbers.len() == events.len() && numbers.iter().all(|(old, new)| old == new);
    (history, has_ids)
}
