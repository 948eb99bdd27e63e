//! Scenarios: each file in `tests/scenarios` is a definition, an input, the answers of its tasks and the expected history.
//!
//! `UPDATE_EXPECT=1 cargo test --test scenarios` rewrites the expected histories; read the difference as carefully as code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell::asl::StateMachineType;
use stepwell::engine::{ExecutionStart, Input, TaskRequest, run_to_end};
use stepwell::execution::{Timestamp, text};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

#[test]
fn every_scenario_goes_as_its_file_says() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios"));
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the scenarios' folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are scenarios in {}", folder.display());
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with a scenario; `None` when nothing is, or when the file was rewritten.
fn check(file: &Path) -> Option<String> {
    let written = fs::read_to_string(file).expect("a readable scenario");
    let sections = sections(&written);
    let section = |name: &str| sections.get(name).map_or("", String::as_str);
    let document = Document::parse(section("definition"), Format::Json);
    assert!(document.problems.is_empty(), "{}: {:?}", file.display(), document.problems);
    let mut answers = Answers::of(section("answers"));
    let start = ExecutionStart {
        input: Value::parse(section("input"))
            .unwrap_or_else(|err| panic!("{}: {err}", file.display())),
        kind: if section("type").trim() == "EXPRESS" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        },
        synchronous: false,
        at: Timestamp::parse("2026-01-01T00:00:00Z").expect("a valid instant"),
        seed: 7,
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:Scenario:Run".into(),
        execution_name: "Run".into(),
        role_arn: "arn:aws:iam::111111111111:role/Scenario".into(),
        state_machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:Scenario".into(),
        state_machine_name: "Scenario".into(),
    };
    let machine = Arc::new(stepwell::asl::parse::parse(&document).machine);
    let run = run_to_end(machine, start, &mut |request| answers.answer(request));
    let all = text::to_text(&run.history);
    let lines: Vec<&str> = all.lines().collect();
    // A history at AWS's limit is told by its end.
    let shown =
        if lines.len() > 200 { lines[lines.len() - 4..].join("\n") + "\n" } else { all.clone() };
    if section("history") == shown {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let head = written.split("--- history").next().unwrap_or_default();
        fs::write(file, format!("{head}--- history\n{shown}")).expect("rewriting the scenario");
        return None;
    }
    let name = file.display();
    Some(format!("{name}\n--- expected\n{}--- got\n{shown}", section("history")))
}

/// The parts of a file, each after a line `--- name`; what comes first says what the scenario is about.
fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- ") {
            current = name.trim().to_owned();
            sections.entry(current.clone()).or_default();
        } else if let Some(section) = sections.get_mut(&current) {
            section.push_str(line);
            section.push('\n');
        }
    }
    sections
}

/// `State: {"return": …}`, `{"throw": [error, cause]}`, `{"submit": …}` or `{"silent": true}`, one line for each attempt in
/// order; the last of a state serves on.
struct Answers(BTreeMap<String, Vec<Value>>);

impl Answers {
    fn of(section: &str) -> Self {
        let mut answers: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for line in section.lines().filter(|it| !it.trim().is_empty()) {
            let (state, answer) =
                line.split_once(": ").unwrap_or_else(|| panic!("no `State: answer`: {line}"));
            let answer = Value::parse(answer).unwrap_or_else(|err| panic!("{line}: {err}"));
            answers.entry(state.to_owned()).or_default().push(answer);
        }
        Self(answers)
    }

    fn answer(&mut self, request: &TaskRequest) -> Vec<Input> {
        let token = request.token;
        let Some(answers) = self.0.get_mut(&*request.state_name) else {
            panic!("the scenario has no answer for {}", request.state_name)
        };
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        let mut inputs = Vec::new();
        if let Some(output) = answer.get("submit") {
            inputs.push(Input::TaskSubmitted { token, output: output.clone() });
        }
        if let Some(output) = answer.get("return") {
            inputs.push(Input::TaskSucceeded { token, output: output.clone() });
        }
        if let Some(thrown) = answer.get("throw") {
            let text = |at: usize| thrown.at(at).and_then(Value::as_str).map(Arc::from);
            inputs.push(Input::TaskFailed { token, error: text(0), cause: text(1) });
        }
        inputs
    }
}
