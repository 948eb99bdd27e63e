//! Real definitions, broken ones, and inputs that nobody should have to open: all are read, none panics.
//!
//! The files are read from `../shared`, which is not part of the project; without it these tests say so and pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use stepwell::asl::aws::{create_error, validate_response};
use stepwell::asl::parse::{Parsed, check};
use stepwell::asl::{Diagnostic, Severity, StateMachineType};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

#[expect(clippy::print_stdout, reason = "says why nothing was checked")]
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn read(path: &Path) -> (Document, Parsed) {
    let bytes = std::fs::read(path).expect("the file is listed in the index");
    let text = String::from_utf8_lossy(&bytes);
    let document = Document::parse(&text, Format::of_path(path, &text));
    let parsed = check(&document);
    for diagnostic in &parsed.diagnostics {
        let inside = document.text.get(diagnostic.span.start..diagnostic.span.end).is_some();
        assert!(inside, "{}: {diagnostic:?} points outside of the text", path.display());
    }
    (document, parsed)
}

fn index(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the index is there");
    Value::parse(&text).expect("the index is JSON").as_array().cloned().unwrap_or_default()
}

fn errors(parsed: &Parsed) -> Vec<&Diagnostic> {
    parsed.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect()
}

fn describe(document: &Document, diagnostics: &[&Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(6) {
        let place = document.place(diagnostic.span.start);
        writeln!(
            text,
            "    {}:{} {} {} at {}",
            place.line, place.column, diagnostic.code, diagnostic.message, diagnostic.location
        )
        .expect("a String takes any text");
    }
    text
}

#[test]
fn every_real_definition_is_read() {
    let Some(folder) = shared("realworld") else { return };
    let mut by_class: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut report, mut states) = (String::new(), 0);
    for entry in index(&folder.join("asl-index.json")) {
        let of =
            |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (file, class) = (of("file"), of("klass"));
        let (document, parsed) = read(&folder.join(&file));
        let found = parsed.machine.states().len();
        let expected = entry.get("states").and_then(Value::as_i64).unwrap_or(0);
        if i64::try_from(found).unwrap_or(i64::MAX) != expected {
            writeln!(report, "{class} {file}: {found} states, the index says {expected}")
                .expect("a String takes any text");
        }
        states += found;
        let count = by_class.entry(class.clone()).or_default();
        count.0 += 1;
        let errors = errors(&parsed);
        if !errors.is_empty() {
            count.1 += 1;
            write!(report, "{class} {file}\n{}", describe(&document, &errors))
                .expect("a String takes any text");
        }
    }
    println!("{report}{states} states; class: (files, files with errors): {by_class:?}");
    assert_eq!(by_class.values().map(|(files, _)| files).sum::<usize>(), 802);
    assert!(!report.contains("the index says"), "every state that the index counts is found");
    // Looked at one by one: `QueryLanguage` inside `States`, a function `States.Default` that does not exist, `Arguments` on a
    // Map, a comma too many in a JSONata object, and three generators' templates whose words are not filled in.
    assert!(by_class["app"].1 <= 7, "an application that AWS takes is refused:\n{report}");
}

#[test]
fn invalid_definitions_are_told() {
    let Some(folder) = shared("realworld") else { return };
    let (mut told, mut missed) = (0, String::new());
    let entries = index(&folder.join("invalid-index.json"));
    for entry in &entries {
        let file = entry.get("file").and_then(Value::as_str).expect("every entry has a file");
        let (document, parsed) = read(&folder.join(file));
        if errors(&parsed).is_empty() {
            let says = entry
                .get("diagnostics")
                .and_then(|list| list.at(0))
                .map(ToString::to_string)
                .unwrap_or_default();
            let others: Vec<&Diagnostic> = parsed.diagnostics.iter().collect();
            write!(missed, "{file}\n    they: {says}\n{}", describe(&document, &others))
                .expect("a String takes any text");
        } else {
            told += 1;
        }
    }
    println!("{told} of {} told; not told:\n{missed}", entries.len());
    // Two of the others are wrong for Express machines only, one is a matter of taste, one needs the types of arguments.
    assert!(told >= 97, "{missed}");
}

#[test]
fn seeded_defects_are_told() {
    let Some(folder) = shared("bench/peers/mutants") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut missed = Vec::new();
    for file in files {
        let (_, parsed) = read(&file);
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if parsed.diagnostics.is_empty() != name.starts_with("00") {
            missed.push(name);
        }
    }
    println!("missed (or, for 00, wrongly told): {missed:?}");
    // Whether a path is ever produced is a question of data, not of the definition alone.
    assert_eq!(missed, ["13_dead_end_path_never_produced"]);
}

#[test]
fn what_aws_ran_is_not_refused() {
    let Some(folder) = shared("conformance/cases") else { return };
    let (mut machines, mut refused) = (0, String::new());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    for case in files.iter().flat_map(|file| index(file)) {
        let of = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        if of("kind") != "execution" {
            continue;
        }
        let Some(definition) = case.get("definition") else { continue };
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let kind = if of("type") == "EXPRESS" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        };
        machines += 1;
        if let Some((_, message)) = create_error(&text, kind) {
            writeln!(refused, "{}\n    {message}", of("id")).expect("a String takes any text");
        }
    }
    println!("{machines} machines that AWS ran; refused here:\n{refused}");
    // The ARNs of activities were blanked in the recordings.
    let others = refused
        .lines()
        .filter(|line| line.starts_with("    ") && !line.contains("/States/ActivityTask/Resource"));
    assert_eq!(others.count(), 0, "{refused}");
}

/// How `CreateStateMachine` and `ValidateStateMachineDefinition` answered.
#[test]
fn answers_are_those_of_aws() {
    let Some(folder) = shared("conformance/cases") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut report = String::new();
    let (mut same, mut all) = (0, 0);
    for case in files.iter().flat_map(|file| index(file)) {
        let of = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(definition) = case.get("definition") else { continue };
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let kind = if of("type") == "EXPRESS" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        };
        let expected = case.get("expected");
        let (actual, expected) = match of("kind") {
            "create_error" => {
                let expected = expected
                    .and_then(|it| it.get("error"))
                    .and_then(|it| it.get("Message"))
                    .cloned();
                let actual = create_error(&text, kind)
                    .map_or(Value::Null, |(_, message)| Value::from(message));
                // Errors of other fields of the request are not about definitions.
                if !expected
                    .as_ref()
                    .and_then(Value::as_str)
                    .is_some_and(|it| it.starts_with("Invalid State Machine Def"))
                {
                    continue;
                }
                (actual, expected)
            }
            "validate" => {
                let response = validate_response(&text, kind, Severity::Error, None);
                (response, expected.and_then(|it| it.get("response")).cloned())
            }
            _ => continue,
        };
        all += 1;
        // Members may stand in any order.
        let sorted = |value: &Value| value.to_serde();
        if Some(sorted(&actual)) == expected.as_ref().map(sorted) {
            same += 1;
        } else {
            let expected = expected.unwrap_or_default();
            writeln!(report, "{}\n    AWS  {expected}\n    here {actual}", of("id"))
                .expect("a String takes any text");
        }
    }
    println!("{same} of {all} answers are those of AWS\n{report}");
    assert_eq!(same, all, "{report}");
}

fn check_text(text: &str) -> (Document, Parsed) {
    let document = Document::parse(text, Format::sniff(text));
    let parsed = check(&document);
    (document, parsed)
}

const PAIR: &str =
    r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}"#;

#[test]
fn what_is_not_json_is_said_with_its_place() {
    let (_, parsed) = check_text("this is no definition");
    let [first, ..] = &errors(&parsed)[..] else { panic!("an error") };
    assert_eq!(first.message, "This is not JSON: it begins with 'this'");
    assert!(parsed.machine.top.states.is_empty());
}

#[test]
fn a_truncated_file_still_shows_its_states() {
    for cut in 1..PAIR.len() {
        let (_, parsed) = check_text(&PAIR[..cut]);
        assert!(parsed.has_errors(), "cut at {cut}");
    }
    let (document, parsed) = check_text(&PAIR[..70]);
    assert_eq!(parsed.machine.top.states.len(), 2);
    let first = errors(&parsed)[0];
    assert_eq!(first.message, "This string has no closing quote");
    let ends = errors(&parsed)[1];
    assert_eq!(ends.message, "The file ends before this object is closed");
    assert_eq!(document.place(first.span.start).line, 1);
}

#[test]
fn a_file_of_50_mb_is_refused_in_words() {
    let text = format!("{{\"Comment\":\"{}\"}}", "x".repeat(50 * 1024 * 1024));
    let (_, parsed) = check_text(&text);
    assert_eq!(errors(&parsed).len(), 1);
    assert!(errors(&parsed)[0].message.contains("This file has 50 MB"));
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let (document, parsed) = check_text(&format!("\u{feff}{PAIR}"));
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(document.slice(parsed.machine.top.states["B"].name_span), "\"B\"");
}

#[test]
fn duplicate_keys_are_told() {
    let (document, parsed) = check_text(
        "{\"StartAt\":\"A\",\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Type\":\"Pass\",\"End\":true},\n\"A\":{\"Type\":\"Succeed\"}}}",
    );
    let codes: Vec<&str> = errors(&parsed).iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["duplicate-field", "duplicate-field", "DUPLICATE_STATE_NAME"]);
    assert_eq!(document.place(errors(&parsed)[2].span.start).line, 2);
    assert_eq!(parsed.machine.top.states["A"].kind.type_name(), "Succeed");
}

#[test]
fn ten_thousand_states_are_read() {
    let states: Vec<String> = (0..10_000)
        .map(|n| {
            format!(
                "\"S{n}\":{{\"Type\":\"Pass\",{}}}",
                if n == 9_999 {
                    "\"End\":true".to_owned()
                } else {
                    format!("\"Next\":\"S{}\"", n + 1)
                }
            )
        })
        .collect();
    let (_, parsed) =
        check_text(&format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(",")));
    assert_eq!(parsed.machine.top.states.len(), 10_000);
    assert!(parsed.diagnostics.is_empty());
}

#[test]
fn two_hundred_levels_are_read_and_a_hundred_thousand_are_refused() {
    let nested = |levels: usize| {
        let mut text = "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}}".to_owned();
        for level in 0..levels {
            text = if level % 2 == 0 {
                format!(
                    "{{\"StartAt\":\"P{level}\",\"States\":{{\"P{level}\":{{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{text}]}}}}}}"
                )
            } else {
                format!(
                    "{{\"StartAt\":\"M{level}\",\"States\":{{\"M{level}\":{{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{text}}}}}}}"
                )
            };
        }
        text
    };
    let (_, parsed) = check_text(&nested(200));
    assert_eq!(parsed.machine.states().len(), 201);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let (_, parsed) = check_text(&nested(1_000));
    assert!(
        errors(&parsed).iter().any(|diagnostic| diagnostic.message.contains("Nested deeper than"))
    );
    for deep in ["[", "{\"a\":", "{\"States\":{\"A\":"] {
        let (_, parsed) = check_text(&deep.repeat(100_000));
        assert!(
            errors(&parsed)
                .iter()
                .any(|diagnostic| diagnostic.message.contains("Nested deeper than"))
        );
    }
    let parameters = format!(
        "{{\"StartAt\":\"A\",\"States\":{{\"A\":{{\"Type\":\"Pass\",\"End\":true,\"Parameters\":{}1{}}}}}}}",
        "[".repeat(900),
        "]".repeat(900)
    );
    assert!(check_text(&parameters).1.diagnostics.is_empty());
}

#[test]
fn names_may_be_in_any_script() {
    for name in [
        "检查库存",
        "📦 emoji",
        "line\\nbreak",
        "a/b",
        "tab\\t",
        "\\u0000",
        "Ω".repeat(80).as_str(),
    ] {
        let text = format!(
            "{{\"StartAt\":\"{name}\",\"States\":{{\"{name}\":{{\"Type\":\"Pass\",\"End\":true}}}}}}"
        );
        let (document, parsed) = check_text(&text);
        assert_eq!(parsed.diagnostics, [], "{name}");
        let state = &parsed.machine.top.states[0];
        assert_eq!(document.slice(state.name_span), format!("\"{name}\""));
    }
    let (_, parsed) = check_text(&PAIR.replace('B', &"Ω".repeat(81)));
    assert!(errors(&parsed)[0].message.contains("at most 80 characters"));
}
