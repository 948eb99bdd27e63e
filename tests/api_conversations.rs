//! Conversations with Step Functions' API that were recorded from AWS, held here with what `stepwell serve` answers.
//!
//! `STEPWELL_CASES` names another folder of cases. Without the corpus there is nothing to compare with, and the test says so.

#[path = "api_conversations/wildcards.rs"]
mod wildcards;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use stepwell::app::{App, Command};
use wildcards::Wildcards;

/// What must be passed at least. Raised whenever more is reached, never lowered. What is missing: two conversations ask nothing of Step
/// Functions, and one expects an execution that timed out to be redrivable, which simulated ones are not.
const FLOOR: usize = 101;

const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;

#[test]
fn recorded_conversations_go_as_they_went_with_aws() {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance/cases"));
    let other = std::env::var_os("STEPWELL_CASES").map(PathBuf::from);
    let is_other = other.is_some();
    let cases = other.unwrap_or(corpus);
    if !cases.is_dir() {
        println!("skipped: there is no corpus at {}", cases.display());
        return;
    }
    let mut ran = 0;
    let mut misses = Vec::new();
    for case in conversations(&cases) {
        ran += 1;
        let id = case["id"].as_str().unwrap_or_default();
        if let Err(why) = converse(&case) {
            let why: String = why.chars().take(500).collect();
            misses.push(format!("{id}\n    {why}"));
        }
    }
    let passed = ran - misses.len();
    println!("api {passed}/{ran}");
    for miss in &misses {
        println!("  {miss}");
    }
    // Another folder of cases has other totals.
    assert!(is_other || passed >= FLOOR, "{passed} passed, {FLOOR} did before");
}

fn conversations(cases: &Path) -> Vec<Value> {
    let folder = std::fs::read_dir(cases).expect("the cases' folder");
    let mut files: Vec<PathBuf> = folder.filter_map(|it| Some(it.ok()?.path())).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|it| it.extension().is_some_and(|it| it == "json")) {
        let text = std::fs::read_to_string(file).expect("a readable file of cases");
        let list: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        found.extend(list.into_iter().filter(|it| it["kind"] == "api"));
    }
    found
}

/// Plays a conversation through; what was answered otherwise is the error.
fn converse(case: &Value) -> Result<(), String> {
    let steps = case["steps"].as_array().ok_or("no steps")?;
    if !steps.iter().any(is_asked) {
        return Err("nothing in it is asked of Step Functions".to_owned());
    }
    let template = steps.iter().find_map(|it| it["params"]["TemplateBody"].as_str());
    let (mut app, _folder) = open(template);
    let mut wildcards = Wildcards::default();
    let mut asked = steps.iter().filter(|it| is_asked(it)).peekable();
    while let Some(step) = asked.next() {
        let operation = step["op"].as_str().ok_or("no operation")?;
        let at = format!("{} {operation}", step["i"]);
        play(&mut app, step, operation, &mut wildcards).map_err(|why| format!("{at}: {why}"))?;
        // Somebody who stopped it did so while it was in its first state; simulated time would have gone past that.
        let is_stopped_next = asked.peek().is_some_and(|it| it["op"] == "StopExecution");
        if operation == "StartExecution" && is_stopped_next {
            app.run_command(Command::Pause);
            app.run_command(Command::Next);
        }
        settle(&mut app);
    }
    Ok(())
}

fn play(
    app: &mut App,
    step: &Value,
    operation: &str,
    wildcards: &mut Wildcards,
) -> Result<(), String> {
    let expected_error = refusal(step);
    let names_nothing =
        expected_error.as_ref().is_some_and(|(code, _)| code.ends_with("DoesNotExist"));
    let body = wildcards.request(&step["params"], names_nothing).to_string();
    let Some((status, answer)) = app.answer_states_call(operation, &body) else {
        return Err("no answer came".to_owned());
    };
    let answer: Value = serde_json::from_str(&answer).map_err(|err| format!("{err}: {answer}"))?;
    if let Some((code, message)) = expected_error {
        let kind = answer["__type"].as_str().unwrap_or_default();
        let own = kind.rsplit('#').next().unwrap_or_default();
        if own != code {
            return Err(format!("expected {code}, answered {answer}"));
        }
        let own = answer["message"].as_str().unwrap_or_default();
        if !wildcards.text(&message, own) {
            return Err(format!("expected {message}, answered {own}"));
        }
        return Ok(());
    }
    if status != 200 {
        return Err(format!("refused: {answer}"));
    }
    wildcards.learn(&answer);
    for (name, expected) in step.as_object().into_iter().flatten() {
        let difference = match name.strip_prefix("expected_response") {
            Some("") => wildcards.difference("$", expected, &answer),
            Some(member) if member.starts_with(":$.") => {
                let name = member.trim_start_matches(":$.");
                wildcards.difference(member, expected, &answer[name])
            }
            // `:$filtered` is what the recorder's account had, without what else was in it.
            Some(_) | None => None,
        };
        if let Some(difference) = difference {
            return Err(difference);
        }
    }
    Ok(())
}

/// What AWS refused it with: in two members, or in the words that boto3 makes of them.
fn refusal(step: &Value) -> Option<(String, String)> {
    if let Some(error) = step.get("expected_error") {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        return Some((text("Code"), text("Message")));
    }
    let text = step.get("expected_error_text")?.as_str()?;
    let (code, rest) =
        text.strip_prefix("An error occurred (")?.split_once(") when calling the ")?;
    let (_, message) = rest.split_once(" operation: ")?;
    Some((code.to_owned(), message.to_owned()))
}

/// Whether a step is a call that reaches Step Functions: neither another service's, nor one that the caller's own SDK refused, nor the
/// second page of a list by a token of AWS's.
fn is_asked(step: &Value) -> bool {
    let refused_by_sdk = step["expected_error"]["Code"] == "ParamValidationError"
        || step["expected_error_text"]
            .as_str()
            .is_some_and(|it| it.starts_with("Parameter validation failed"));
    let token = step["params"]["nextToken"].as_str();
    let is_foreign = step.get("expected_response:$filtered").is_some() && token.is_some();
    step["service"] == "stepfunctions" && !refused_by_sdk && !is_foreign
}

/// An app with a project: what the conversation's template deploys, else one machine.
fn open(template: Option<&str>) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (name, text) = template.map_or(("own.asl.json", PASS), |it| ("template.yaml", it));
    std::fs::write(folder.path().join(name), text).expect("written");
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(folder.path().to_owned()));
    for _ in 0..100 {
        app.wait_and_tick(Duration::from_millis(100));
        if app.project.is_some() {
            return (app, folder);
        }
    }
    panic!("the project does not open");
}

/// Lets executions go on as far as they can.
fn settle(app: &mut App) {
    for _ in 0..1000 {
        if !app.tick() {
            return;
        }
    }
    panic!("the executions never come to rest");
}
