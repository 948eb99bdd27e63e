//! Every error text in the corpus's list, against what we say: a text counts as ours when running the case that it was recorded
//! in gives it, or when the sources have its fixed words, for calls of the API that no command makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use stepwell::json::Value;

/// One line of the list.
struct Recorded {
    section: String,
    message: String,
    case: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Running the case gives it, and neither its definition nor a service's answer held it.
    Made,
    /// Running the case gives it, from the definition or from a service's answer.
    PassedOn,
    /// For a call of the API that is not run here: the words are in the sources.
    InTheSources,
    /// Refused by the SDK before anything is sent.
    OfTheSdk,
    /// For a call of the API that no part of the product answers.
    NotAnswered,
    /// The case runs, and says something else.
    Different,
}

/// What must be found at least, by what it is; raised whenever more is reached.
const FLOORS: &[(Found, usize)] = &[(Found::Made, 112), (Found::PassedOn, 51)];

#[test]
fn the_error_texts_that_aws_was_seen_to_give_are_given() {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance"));
    let Ok(list) = fs::read_to_string(corpus.join("dev-messages.md")) else {
        println!("skipped: there is no list of messages at {}", corpus.display());
        return;
    };
    let recorded = parse(&list);
    assert!(recorded.len() > 200, "the list has {} texts", recorded.len());
    let cases = cases(&corpus.join("cases"));
    let sources = sources(&PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let mut counts: BTreeMap<Found, usize> = BTreeMap::new();
    let mut by_section: BTreeMap<&str, BTreeMap<Found, usize>> = BTreeMap::new();
    for it in &recorded {
        let found = find(it, &cases, &sources);
        *counts.entry(found).or_default() += 1;
        *by_section.entry(&it.section).or_default().entry(found).or_default() += 1;
        if matches!(found, Found::Different | Found::NotAnswered) {
            println!("{found:?}: {} | {} | {}", it.section, it.message, it.case);
        }
    }
    for (section, counts) in &by_section {
        println!("{section:<32} {counts:?}");
    }
    println!("{} texts: {counts:?}", recorded.len());
    for (found, floor) in FLOORS {
        let count = counts.get(found).copied().unwrap_or(0);
        assert!(count >= *floor, "{found:?}: {count}, and {floor} before");
    }
}

/// ``* `Name` — message  <sub>case</sub>``, over several lines where the message has several.
fn parse(list: &str) -> Vec<Recorded> {
    let mut section = "";
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in list.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            section = name;
        }
        let text = match (open.take(), line.strip_prefix("* `")) {
            (Some(before), _) => format!("{before}\n{line}"),
            (None, Some(text)) => text.to_owned(),
            (None, None) => continue,
        };
        let Some((entry, case)) =
            text.strip_suffix("</sub>").and_then(|it| it.rsplit_once("  <sub>"))
        else {
            open = Some(text);
            continue;
        };
        let Some((_, message)) = entry.split_once("` — ") else { continue };
        found.push(Recorded {
            section: section.to_owned(),
            message: message.to_owned(),
            case: case.to_owned(),
        });
    }
    found
}

fn cases(folder: &Path) -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut cases = BTreeMap::new();
    for file in files.filter(|path| path.extension().is_some_and(|it| it == "json")) {
        let text = fs::read_to_string(&file).expect("a readable file of cases");
        let list = Value::parse(&text).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        for case in list.as_array().into_iter().flatten() {
            if let Some(id) = case.get("id").and_then(Value::as_str) {
                cases.insert(id.to_owned(), case.clone());
            }
        }
    }
    cases
}

/// All Rust text of a folder.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
    all
}

fn find(recorded: &Recorded, cases: &BTreeMap<String, Value>, sources: &str) -> Found {
    let Some(case) = cases.get(&recorded.case) else {
        return of_the_api(&recorded.message, sources);
    };
    let answer = match super::run_case(case) {
        None => return of_the_api(&recorded.message, sources),
        Some(Err(_)) => return Found::Different,
        Some(Ok(answer)) => answer,
    };
    let wanted = Value::parse(&recorded.message).ok().filter(|it| it.as_object().is_some());
    let gives = |value: &Value| says(value, &recorded.message, wanted.as_ref());
    if !gives(&answer) {
        return Found::Different;
    }
    let given = ["definition", "task_results", "input", "request"];
    if given.iter().filter_map(|name| case.get(name)).any(gives) {
        Found::PassedOn
    } else {
        Found::Made
    }
}

/// A call whose answer is not simulated as such.
fn of_the_api(message: &str, sources: &str) -> Found {
    if message.starts_with("Parameter validation failed") {
        return Found::OfTheSdk;
    }
    // What stands in quotes or brackets is this call's own.
    let fixed: Vec<&str> = message.split(['\'', '[', ']']).step_by(2).map(str::trim).collect();
    let fixed = fixed.into_iter().filter(|it| it.len() > 8);
    let parts: Vec<&str> = fixed.collect();
    if !parts.is_empty() && parts.iter().all(|it| sources.contains(*it)) {
        Found::InTheSources
    } else {
        Found::NotAnswered
    }
}

/// Whether a text of the value is the message, or the object that the message is.
fn says(value: &Value, message: &str, object: Option<&Value>) -> bool {
    match value {
        Value::String(text) => {
            is_text(text, message)
                || object.is_some_and(|object| {
                    Value::parse(text).is_ok_and(|parsed| is_value(&parsed, object))
                })
        }
        Value::Array(items) => items.iter().any(|it| says(it, message, object)),
        Value::Object(members) => {
            let located = members.get("message").zip(members.get("location"));
            let located = located.and_then(|(text, place)| {
                Some(format!("{} @ {}", text.as_str()?, place.as_str()?))
            });
            located.is_some_and(|it| is_text(&it, message))
                || object.is_some_and(|object| is_value(value, object))
                || members.values().any(|it| says(it, message, object))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_value(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, it)| other.get(name).is_some_and(|to| is_value(it, to)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(a, b)| is_value(a, b))
        }
        (value, Value::String(wanted)) => match value.as_str() {
            Some(text) => is_text(text, wanted),
            // A text that stands for any value.
            None => wanted.starts_with("<<") && wanted.ends_with(">>"),
        },
        (value, wanted) => value == wanted,
    }
}

/// Whether a text is the message, where `<<name>>` stands for any text.
fn is_text(text: &str, message: &str) -> bool {
    let mut parts = message.split("<<").enumerate().map(|(at, part)| match part.split_once(">>") {
        Some((_, after)) if at > 0 => after,
        Some(_) | None => part,
    });
    let Some(first) = parts.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    match last {
        None => rest.is_empty(),
        Some(last) => last.is_empty() || text.ends_with(last),
    }
}
