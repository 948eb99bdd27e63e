//! `stepwell replay` and `stepwell bundle`, as a user runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwell"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|err| panic!("{err}: {} {}", text(&output.stdout), text(&output.stderr)))
}

fn file(folder: &Path, name: &str, content: &str) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, content).expect("written");
    path.to_str().expect("a path").to_owned()
}

const MACHINE: &str = r#"{"StartAt":"Ask","States":{
    "Ask":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:f","ResultPath":"$.answer","Next":"Check"},
    "Check":{"Type":"Choice","Choices":[{"Variable":"$.answer","NumericGreaterThan":3,"Next":"Big"}],"Default":"Small"},
    "Big":{"Type":"Fail","Error":"TooBig"},
    "Small":{"Type":"Succeed"}}}"#;

/// A machine and a history of it, in the forms in which AWS's tools leave it.
fn recorded(folder: &Path) -> (String, Value) {
    let machine = file(folder, "m.asl.json", MACHINE);
    let mocks = json!({
        "StateMachines": { "m": { "TestCases": { "c": { "Ask": "five" } } } },
        "MockedResponses": { "five": { "0": { "Return": 5 } } },
    });
    let mocks = file(folder, "mocks.json", &mocks.to_string());
    let input = r#"{"password":"hunter2","user":"ada"}"#;
    let output = run(&[
        "run", &machine, "--mocks", &mocks, "--case", "c", "--input", input, "--format", "json",
    ]);
    let history = answer(&output);
    assert_eq!(history["status"], "FAILED", "{}", text(&output.stderr));
    (machine, history)
}

#[test]
fn every_form_of_a_history_is_reproduced() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (machine, history) = recorded(folder);
    let events = history["events"].as_array().expect("events").clone();
    let newest_first: Vec<Value> = events.iter().rev().cloned().collect();
    let (one, two) = events.split_at(3);
    let arn = &history["executionArn"];
    let log: Vec<String> = events
        .iter()
        .map(|event| {
            let details = event
                .as_object()
                .expect("an event")
                .iter()
                .find(|(name, _)| name.ends_with("EventDetails"));
            json!({
                "id": event["id"].to_string(),
                "type": event["type"],
                "details": details.map_or(json!({}), |(_, details)| details.clone()),
                "previous_event_id": event["previousEventId"].to_string(),
                "event_timestamp": "1767225600000",
                "execution_arn": arn,
            })
            .to_string()
        })
        .collect();
    let messages: Vec<Value> =
        log.iter().map(|it| json!({ "timestamp": 1, "message": it })).collect();
    for (name, content) in [
        ("run.json", history.to_string()),
        ("cli.json", json!({ "events": events }).to_string()),
        ("reversed.json", json!({ "events": newest_first }).to_string()),
        ("console.json", json!(events).to_string()),
        ("pages.json", json!([{ "events": one }, { "events": two }]).to_string()),
        ("log.jsonl", log.join("\n")),
        ("messages.json", json!({ "events": messages }).to_string()),
    ] {
        let path = file(folder, name, &content);
        let output = run(&["replay", &path, "--definition", &machine, "--format", "json"]);
        let expected =
            json!({ "events": events.len(), "reproduced": events.len(), "divergence": null });
        assert_eq!(answer(&output), expected, "{name}: {}", text(&output.stderr));
        assert!(output.status.success(), "{name}");
    }
}

#[test]
fn a_difference_is_shown_and_told_by_the_exit_status() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (_, history) = recorded(folder);
    let path = file(folder, "h.json", &history.to_string());
    let edited =
        file(folder, "edited.asl.json", &MACHINE.replace("GreaterThan\":3", "GreaterThan\":30"));
    let output = run(&["replay", &path, "--definition", &edited, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found = answer(&output);
    let divergence = &found["divergence"];
    assert_eq!(divergence["recorded"]["type"], "FailStateEntered", "{found}");
    assert_eq!(divergence["simulated"]["type"], "SucceedStateEntered");
    assert_eq!(divergence["event_id"], divergence["recorded"]["id"]);
    assert_eq!(divergence["field"], "type", "what of the event differs");
    let output = run(&["replay", &path, "--definition", &edited]);
    assert!(
        text(&output.stdout).contains("First difference at event 9"),
        "{}",
        text(&output.stdout)
    );
    // The same edit as a question.
    let output = run(&["replay", &path, "--definition", &edited, "--what-if", "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let found = answer(&output);
    assert_eq!((&found["gained"], &found["lost"]), (&json!(["Small"]), &json!(["Big"])));
    assert_eq!(found["outcome_difference"]["recorded"]["error"], "TooBig");
    assert_eq!(found["served"][0]["by"], "recording");
    let output = run(&["replay", &path, "--definition", &edited, "--what-if", "--from", "Check"]);
    assert!(text(&output.stdout).contains("Now       SUCCEEDED"), "{}", text(&output.stdout));
}

#[test]
fn a_bundle_brings_its_definition_and_leaves_secrets_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (machine, history) = recorded(folder);
    let path = file(folder, "h.json", &history.to_string());
    let out = folder.join("b.stepwell");
    let out = out.to_str().expect("a path");
    let output =
        run(&["bundle", &path, "--definition", &machine, "--output", out, "--notes", "look"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("password"), "it says what was redacted");
    let content = std::fs::read_to_string(out).expect("written");
    assert!(!content.contains("hunter2") && content.contains("ada") && content.contains("look"));
    let output = run(&["replay", out, "--format", "json"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let output =
        run(&["bundle", &path, "--definition", &machine, "--output", out, "--keep-secrets"]);
    assert!(output.status.success());
    assert!(std::fs::read_to_string(out).expect("written").contains("hunter2"));
}

#[test]
fn foreign_files_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (machine, history) = recorded(folder);
    let whole = json!({ "events": history["events"] }).to_string();
    let mut hole = history["events"].as_array().expect("events").clone();
    hole.remove(2);
    for (content, why) in [
        (&whole[..whole.len() / 2], "cut off"),
        (&json!({ "events": hole }).to_string(), "Is a page missing?"),
        ("hello", "not JSON"),
        ("", "empty"),
        (MACHINE, "`type`"),
    ] {
        let path = file(folder, "x.json", content);
        let output = run(&["replay", &path, "--definition", &machine]);
        assert_eq!(output.status.code(), Some(2), "{content}");
        assert!(text(&output.stderr).contains(why), "{content}: {}", text(&output.stderr));
    }
    let path = file(folder, "x.stepwell", &whole);
    assert!(text(&run(&["replay", &path]).stderr).contains("no bundle"));
    let missing = run(&["replay", "nowhere.json", "--definition", &machine]);
    assert!(text(&missing.stderr).contains("can't be read"));
}
