//! `stepwell fetch` and `stepwell executions` as a user runs them.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

#[path = "aws/loopback.rs"]
#[expect(dead_code, reason = "another test uses the rest of it")]
mod loopback;
#[path = "aws/moto.rs"]
mod moto;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use loopback::{Reply, serve};
use serde_json::{Value, json};

const EXECUTION: &str = "arn:aws:states:eu-west-1:123456789012:execution:orders:e-1";
const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";

/// In a home of its own, where nothing of this machine's AWS is seen.
fn stepwell(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwell"));
    command.current_dir(home).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn event(id: u64) -> Value {
    let kind = if id == 1 { "ExecutionStarted" } else { "PassStateEntered" };
    json!({ "id": id, "previousEventId": 0, "timestamp": 1.7e9, "type": kind,
            "stateEnteredEventDetails": { "name": "Pass", "input": "{}" } })
}

#[test]
fn everything_that_can_be_wrong_is_said_and_exits_with_2() {
    let home = home();
    let dead = "http://127.0.0.1:1";
    let says = |args: &[&str], env: &[(&str, &str)], expected: &str| {
        let mut command = stepwell(home.path());
        command.args(args).envs(env.iter().copied());
        let (code, stdout, stderr) = run(&mut command);
        assert_eq!(code, Some(2), "{stdout}{stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
        assert!(!stderr.contains("not-a-secret"), "{stderr}");
    };
    let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "not-a-secret")];
    let fetch = |arn: &'static str| ["fetch", arn, "--output", "e.json"];
    says(&fetch("nonsense"), &keys, "not one of Step Functions");
    let express = "arn:aws:states:eu-west-1:1:express:m:n:u";
    says(
        &["fetch", express, "--output", "e", "--endpoint-url", dead],
        &keys,
        "nothing listens there",
    );
    says(&["executions", EXECUTION], &keys, "not one of a state machine");
    says(&["executions", MACHINE, "--endpoint-url", dead], &[], "No credentials were found");
    says(&["executions", MACHINE, "--profile", "p"], &keys, "There is no profile called p");
    says(&["executions", MACHINE, "--endpoint-url", dead], &keys, "nothing listens there");
    let silent = serve(|_| Reply::Error("ExpiredTokenException", "it ended"));
    let url = silent.url.as_str();
    says(&["executions", MACHINE, "--endpoint-url", url], &keys, "have expired");
    let unknown = serve(|_| Reply::Error("UnrecognizedClientException", "who?"));
    let url = unknown.url.as_str();
    says(&["executions", MACHINE, "--endpoint-url", url], &keys, "does not know these credentials");
    let gone = serve(|_| Reply::Error("ExecutionDoesNotExist", "none such"));
    let url = gone.url.as_str();
    says(&["fetch", EXECUTION, "--output", "e", "--endpoint-url", url], &keys, "found nothing");
    let busy = serve(|_| Reply::Error("ThrottlingException", "Rate exceeded"));
    let url = busy.url.as_str();
    says(&["executions", MACHINE, "--endpoint-url", url], &keys, "throttling ListExecutions");
    assert_eq!(busy.calls().len(), 5);
    let proxy = serve(|_| Reply::Html(404));
    let url = proxy.url.as_str();
    says(&["executions", MACHINE, "--endpoint-url", url], &keys, "got no answer from");
}

#[test]
fn what_came_before_the_server_died_is_written() {
    let server = serve(|request| {
        if request.call == "DescribeStateMachineForExecution" {
            return Reply::Error("AccessDeniedException", "not this");
        }
        let reverse = request.body["reverseOrder"] == true;
        let second = request.body["nextToken"] == "second";
        let ids: Vec<u64> = if reverse { vec![9] } else { vec![1, 2, 3] };
        let page = json!({ "events": ids.into_iter().map(event).collect::<Vec<_>>(), "nextToken": "second" });
        if second { Reply::Half(page) } else { Reply::Json(page) }
    });
    let home = home();
    let mut command = stepwell(home.path());
    command.args(["fetch", EXECUTION, "--output", "e.json", "--endpoint-url", &server.url]);
    command.env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "B");
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("Only the first 3 of 9 events came."), "{stderr}");
    assert!(stderr.contains("The definition did not come."), "{stderr}");
    let text = std::fs::read_to_string(home.path().join("e.json")).expect("written");
    let history: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(history["events"].as_array().map(Vec::len), Some(3));
    assert!(!home.path().join("e.definition.asl.json").exists());
}

#[test]
fn an_execution_is_fetched_as_one_file_without_its_secrets() {
    let server = serve(|request| {
        if request.call == "DescribeStateMachineForExecution" {
            return Reply::Json(json!({
                "stateMachineArn": MACHINE, "name": "M", "roleArn": "arn:aws:iam::1:role/r", "updateDate": 1.7e9,
                "definition": r#"{"StartAt":"Pass","States":{"Pass":{"Type":"Pass","End":true}}}"#,
            }));
        }
        let mut secret = event(2);
        secret["stateEnteredEventDetails"]["input"] =
            json!(r#"{"user":"ada","password":"hunter2"}"#);
        let mut events = vec![event(1), secret];
        if request.body["reverseOrder"] == true {
            events.reverse();
        }
        Reply::Json(json!({ "events": events }))
    });
    let fetch = |file: &str, more: &[&str]| {
        let home = home();
        let mut command = stepwell(home.path());
        command
            .args(["fetch", EXECUTION, "--output", file, "--endpoint-url", &server.url])
            .args(more);
        command.env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "B");
        let (code, stdout, stderr) = run(&mut command);
        assert_eq!(code, Some(0), "{stdout}{stderr}");
        (stdout, std::fs::read_to_string(home.path().join(file)).expect("written"))
    };
    let (said, text) = fetch("run.stepwell", &[]);
    assert!(said.contains("1 value was taken out"), "{said}");
    let bundle: Value = serde_json::from_str(&text).expect("JSON");
    assert!(bundle["definition"].as_str().is_some_and(|it| it.contains("StartAt")), "{text}");
    assert_eq!(bundle["events"].as_array().map(Vec::len), Some(2));
    assert!(!text.contains("hunter2") && text.contains("ada"), "{text}");
    let (_, text) = fetch("run.stepwell", &["--keep-secrets"]);
    assert!(text.contains("hunter2"), "{text}");
}

#[test]
fn an_endpoint_of_the_environment_is_asked() {
    let server = serve(|_| {
        Reply::Json(json!({ "executions": [{ "executionArn": EXECUTION,
        "stateMachineArn": MACHINE, "name": "e-1", "status": "TIMED_OUT", "startDate": 1.7e9,
        "stopDate": 1_700_000_061.5, "redriveCount": 1 }] }))
    });
    let home = home();
    let mut command = stepwell(home.path());
    command.args(["executions", MACHINE, "--status", "TIMED_OUT"]);
    command.env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "B");
    command.env("AWS_ENDPOINT_URL_SFN", &server.url);
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("TIMED_OUT") && stdout.contains("0:01:01"), "{stdout}");
    assert!(stdout.contains("  1 redrive"), "{stdout}");
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].body["statusFilter"], "TIMED_OUT");
    assert!(seen.iter().all(|it| it.call == "ListExecutions" && it.number > 0));
}

#[test]
fn a_silent_server_does_not_hold_the_command_after_ctrl_c() {
    let server = serve(|_| Reply::Silence(Duration::from_secs(60)));
    let home = home();
    let mut command = stepwell(home.path());
    command.args(["executions", MACHINE, "--endpoint-url", &server.url]);
    command.env("AWS_ACCESS_KEY_ID", "A").env("AWS_SECRET_ACCESS_KEY", "B");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    while server.calls().is_empty() {
        std::thread::yield_now();
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.expect("kill is there").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Cancelled"));
}

#[test]
fn a_failed_execution_is_found_and_fetched_from_moto() {
    let Some(moto) = moto::Moto::start() else { return };
    let machine = moto.machine(
        "orders",
        &json!({ "StartAt": "Take", "States": {
            "Take": { "Type": "Pass", "Result": { "x": 1 }, "Next": "Refuse" },
            "Refuse": { "Type": "Fail", "Error": "Orders.Late", "Cause": "it is late" } } }),
    );
    let execution = moto.execution(&machine, "e-1");
    let home = home();
    std::fs::create_dir(home.path().join(".aws")).expect("made");
    let profile = "[work]\naws_access_key_id = A\naws_secret_access_key = B\n";
    std::fs::write(home.path().join(".aws/credentials"), profile).expect("written");
    let flags = ["--profile", "work", "--endpoint-url", &moto.url];

    let mut command = stepwell(home.path());
    command.args(["executions", &machine, "--status", "FAILED", "--format", "json"]).args(flags);
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    let listed: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(listed["executions"][0]["executionArn"], execution.as_str());
    assert_eq!(listed["complete"], true);

    let mut command = stepwell(home.path());
    command.args(["fetch", &execution, "--output", "e.json"]).args(flags);
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("FAILED: Orders.Late: it is late"), "{stdout}");

    // What was fetched opens beside what was fetched.
    let mut command = stepwell(home.path());
    command.args(["render", "e.definition.asl.json", "--history", "e.json", "--output", "e.svg"]);
    let (code, _, stderr) = run(&mut command);
    assert_eq!(code, Some(0), "{stderr}");

    moto.know_nobody();
    let mut command = stepwell(home.path());
    command.args(["executions", &machine]).args(flags);
    let (code, _, stderr) = run(&mut command);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("does not know these credentials"), "{stderr}");
}
