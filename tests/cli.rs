//! The headless commands, run as a user runs them: the real program, its exit status and what it prints.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn stepwell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepwell"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    stepwell().args(args).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|err| panic!("{err}: {} {}", text(&output.stdout), text(&output.stderr)))
}

fn file(folder: &tempfile::TempDir, name: &str, content: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("written");
    path
}

const CRUD: &str = "sample-machines/crud/terraform";

#[test]
fn an_execution_is_run_to_its_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":1},"End":true}}}"#,
    );
    let output = run(&[
        "run",
        machine.to_str().expect("a path"),
        "--format",
        "json",
        "--start-time",
        "2026-01-01T00:00:00Z",
        "--seed",
        "7",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(answer["status"], "SUCCEEDED");
    assert_eq!(answer["output"], serde_json::json!({ "x": 1 }));
    let types: Vec<&str> = answer["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(
        types,
        ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    );
    let again = run(&[
        "run",
        machine.to_str().expect("a path"),
        "--format",
        "json",
        "--start-time",
        "2026-01-01T00:00:00Z",
        "--seed",
        "7",
    ]);
    assert_eq!(output.stdout, again.stdout, "the same seed and start give the same bytes");
}

#[test]
fn a_failed_execution_has_exit_status_1_and_says_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"Sold.Out","Cause":"none left"}}}"#,
    );
    let output = run(&["run", machine.to_str().expect("a path"), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer = json(&output);
    assert_eq!(
        (answer["status"].as_str(), answer["error"].as_str(), answer["cause"].as_str()),
        (Some("FAILED"), Some("Sold.Out"), Some("none left"))
    );
}

#[test]
fn an_infinite_loop_stops_at_25000_events_as_aws_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}"#,
    );
    let answer = json(&run(&["run", machine.to_str().expect("a path"), "--format", "json"]));
    let events = answer["events"].as_array().expect("events");
    assert_eq!(events.len(), 25_000);
    assert_eq!(
        answer["cause"],
        "The execution reached the maximum number of history events (25000)."
    );
}

#[test]
fn mocks_of_step_functions_local_answer_tasks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "Pay.asl.json",
        r#"{"StartAt":"Pay","States":{"Pay":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"pay"},"End":true}}}"#,
    );
    let mocks = file(
        &folder,
        "mocks.json",
        r#"{"StateMachines":{"Pay":{"TestCases":{"Happy":{"Pay":"Paid"},"Sad":{"Pay":"Refused"}}}},
        "MockedResponses":{"Paid":{"0":{"Return":{"Payload":{"paid":true}}}},"Refused":{"0":{"Throw":{"Error":"Refused","Cause":"no money"}}}}}"#,
    );
    let (machine, mocks) = (machine.to_str().expect("a path"), mocks.to_str().expect("a path"));
    let happy =
        json(&run(&["run", machine, "--mocks", mocks, "--case", "Happy", "--format", "json"]));
    assert_eq!(happy["output"]["Payload"]["paid"], true);
    let sad = json(&run(&["run", machine, "--mocks", mocks, "--case", "Sad", "--format", "json"]));
    assert_eq!(sad["error"], "Refused");
    let unanswered = run(&["run", machine, "--format", "json"]);
    assert_eq!(unanswered.status.code(), Some(2));
    assert!(
        text(&unanswered.stderr)
            .contains("State 'Pay' calls arn:aws:states:::lambda:invoke and nothing answers it"),
        "{}",
        text(&unanswered.stderr)
    );
    let unknown = run(&["run", machine, "--mocks", mocks, "--case", "Gone"]);
    assert!(text(&unknown.stderr).contains("Happy, Sad"), "{}", text(&unknown.stderr));
}

#[test]
fn check_lists_problems_with_line_and_column() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": { \"Type\": \"Pass\", \"Next\": \"Gone\" }\n  }\n}\n",
    );
    let output = run(&["check", machine.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("m.asl.json:4:"), "{}", text(&output.stdout));
    let answer = json(&run(&["check", machine.to_str().expect("a path"), "--format", "json"]));
    assert!(answer["errors"].as_u64() > Some(0));
    assert_eq!(answer["diagnostics"][0]["line"], 4);
    assert!(run(&["check", CRUD]).status.success(), "the sample is sound");
}

#[test]
fn check_lists_its_rules_and_obeys_a_comment() {
    let rules = run(&["check", "--rules"]);
    assert!(rules.status.success());
    let listed = text(&rules.stdout);
    assert!(listed.contains("dangling-target: error (AWS: MISSING_TRANSITION_TARGET)"), "{listed}");
    assert!(json(&run(&["check", "--rules", "--format", "json"]))["rules"].as_array().is_some());
    assert!(!run(&["check"]).status.success(), "there is nothing to check");

    let folder = tempfile::tempdir().expect("a temporary folder");
    for (comment, rules) in [
        ("", vec!["undefined-variable"]),
        ("stepwell:allow undefined-variable: set by hand", vec![]),
    ] {
        let machine = file(
            &folder,
            "m.asl.json",
            &format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Comment":"{comment}","InputPath":"$v","End":true}}}}}}"#
            ),
        );
        let answer = json(&run(&["check", machine.to_str().expect("a path"), "--format", "json"]));
        let found: Vec<&str> = answer["diagnostics"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|it| it["rule"].as_str())
            .collect();
        assert_eq!(found, rules, "{comment}");
    }
}

#[test]
fn check_knows_the_type_from_the_flag_or_from_the_template() {
    let job = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"End":true}}}"#;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(&folder, "m.asl.json", job);
    let template = file(
        &folder,
        "template.yaml",
        &format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Type: EXPRESS\n      Definition: {job}\n"
        ),
    );
    for (path, kind, refused) in [
        (&machine, None, false),
        (&machine, Some("express"), true),
        (&machine, Some("STANDARD"), false),
        (&template, None, true),
        (&template, Some("standard"), false),
        (&template, Some("express"), true),
    ] {
        let mut args = vec!["check", path.to_str().expect("a path")];
        if let Some(kind) = kind {
            args.extend(["--type", kind]);
        }
        let output = run(&args);
        let said = text(&output.stdout);
        let told = "Express state machine does not support '.sync' service integration";
        assert_eq!(said.matches(told).count(), usize::from(refused), "{args:?}: {said}");
        assert_eq!(output.status.success(), !refused, "{args:?}: {said}");
    }
}

#[test]
fn check_ends_on_files_and_folders_without_an_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let huge = folder.path().join("huge.asl.json");
    std::fs::File::create(&huge).and_then(|it| it.set_len(1 << 30)).expect("a sparse file");
    let output = run(&["check", huge.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is too large"), "{}", text(&output.stderr));
    #[cfg(unix)]
    {
        let output = run(&["check", "/dev/zero"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("is no file"), "{}", text(&output.stderr));
        let ring = folder.path().join("ring");
        std::fs::create_dir(&ring).expect("a folder");
        std::os::unix::fs::symlink(&ring, ring.join("again")).expect("a link");
        let output = run(&["check", ring.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("holds no state machine"),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn what_cannot_be_opened_is_told_clearly() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().to_str().expect("a path").to_owned();
    let other = tempfile::tempdir().expect("a temporary folder");
    let not_json = file(&other, "x.asl.json", "hello");
    for (path, word) in [("no/such/file.asl.json", "no/such/file.asl.json"), (empty.as_str(), "")] {
        let output = run(&["run", path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        let why = text(&output.stderr);
        assert!(why.contains(word) && !why.contains("panicked") && why.len() > 20, "{why}");
    }
    let output = run(&["check", not_json.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!text(&output.stderr).contains("panicked"));
}

#[test]
fn a_request_shows_every_stage() {
    let output = run(&[
        "request",
        CRUD,
        "POST",
        "/items",
        "--header",
        "Content-Type: application/json",
        "--body",
        r#"{"make":"MINI","model":"Cooper","year":2015}"#,
        "--format",
        "json",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(answer["status"], 201);
    let names: Vec<&str> = answer["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    for stage in [
        "Route",
        "Method request",
        "Integration request",
        "Integration response",
        "Method response",
    ] {
        assert!(names.contains(&stage), "{stage} is not in {names:?}");
    }
    assert_eq!(answer["execution"]["status"], "SUCCEEDED");
    let unknown = json(&run(&["request", CRUD, "GET", "/nowhere", "--format", "json"]));
    assert_eq!(unknown["status"], 403);
    assert!(unknown["body"].as_str().is_some_and(|it| it.contains("Missing Authentication Token")));
    let wrong_type = json(&run(&[
        "request",
        CRUD,
        "POST",
        "/items",
        "--header",
        "Content-Type: text/xml",
        "--body",
        "<a/>",
        "--format",
        "json",
    ]));
    assert_eq!(wrong_type["status"], 415);
}

#[test]
fn the_graph_is_laid_out_and_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let layout = json(&run(&["layout", CRUD, "--format", "json"]));
    assert!(layout["nodes"].as_array().is_some_and(|it| it.len() > 5));
    for (name, magic) in [("graph.svg", b"<svg".as_slice()), ("graph.png", b"\x89PNG".as_slice())] {
        let path = folder.path().join(name);
        let output = run(&["render", CRUD, "--output", path.to_str().expect("a path")]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let bytes = std::fs::read(&path).expect("it was written");
        assert!(bytes.windows(magic.len()).any(|it| it == magic), "{name} is no picture");
    }
    let wrong = run(&["render", CRUD, "--output", "graph.bmp"]);
    assert!(text(&wrong.stderr).contains(".svg or .png"));
}

#[test]
fn the_demonstration_runs_where_there_is_no_display() {
    let output = stepwell()
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("There is no display here"));
    let shown = text(&output.stdout);
    for part in ["POST /items", "HTTP 201", "breakpoint on", "step back", "DELETE"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

/// A server that is killed when the test ends, however it ends.
struct Serving {
    child: Child,
    port: u16,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(path: &str, port: &str, flags: &[&str]) -> Serving {
    let mut child = stepwell()
        .args(["serve", path, "--port", port])
        .args(flags)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("it says where it serves");
    let port = line
        .trim()
        .rsplit(':')
        .next()
        .and_then(|it| it.parse().ok())
        .unwrap_or_else(|| panic!("no port in {line}"));
    Serving { child, port }
}

/// One HTTP/1.1 exchange: status and body.
fn ask(port: u16, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or_else(|| panic!("no status in {answer}"));
    (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

fn post_item(port: u16) -> (u16, String) {
    let body = r#"{"make":"MINI","model":"Cooper","year":2015}"#;
    let post = format!(
        "POST /items HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    ask(port, &post)
}

#[test]
fn the_api_is_served_on_loopback_to_this_machine_only() {
    for form in [CRUD, "sample-machines/crud/sam"] {
        let serving = serve(form, "0", &[]);
        let port = serving.port;
        let (status, body) = post_item(port);
        assert_eq!(status, 201, "{form}: {body}");
        let get = |host: &str, path: &str| {
            ask(port, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
        };
        let (status, body) = get(&format!("127.0.0.1:{port}"), "/items?limit=1");
        assert_eq!(status, 200, "{form}: {body}");
        assert_eq!(get("elsewhere.example", "/items").0, 403, "DNS rebinding is refused");
        assert_eq!(get("localhost", "http://elsewhere.example/items").0, 403);
        assert_eq!(get("localhost", &format!("http://localhost:{port}/items?limit=1")).0, 200);
    }
}

#[test]
fn a_port_in_use_is_told() {
    let serving = serve(CRUD, "0", &[]);
    let output = run(&["serve", CRUD, "--port", &serving.port.to_string()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is in use"), "{}", text(&output.stderr));
}

#[test]
fn a_folder_is_reported_by_its_path() {
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(CRUD).is_dir());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(&["serve", folder.path().to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains(&*folder.path().to_string_lossy()),
        "{}",
        text(&output.stderr)
    );
}

/// A file of mocks in which the database is in trouble: for three attempts, and for good.
fn trouble(folder: &tempfile::TempDir, machine: &str) -> String {
    let throw = serde_json::json!({ "Throw": {
        "Error": "DynamoDB.ThrottlingException", "Cause": "shard 7 of the secret table"
    } });
    let config = serde_json::json!({
        "StateMachines": { machine: { "TestCases": {
            "Hiccup": { "Create item": "ThrottledThrice" },
            "Trouble": { "Create item": "Throttled" }
        } } },
        "MockedResponses": {
            "ThrottledThrice": { "0-2": throw, "3": { "Return": {} } },
            "Throttled": { "0-9": throw }
        }
    });
    file(folder, "mocks.json", &config.to_string()).to_str().expect("a path").to_owned()
}

/// Both forms of the sample, and what each calls its machine.
const FORMS: [(&str, &str); 2] =
    [(CRUD, "stepwell-crud"), ("sample-machines/crud/sam", "CrudStateMachine")];

#[test]
fn a_served_api_takes_its_answers_from_the_case_that_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (form, machine) in FORMS {
        let mocks = trouble(&folder, machine);
        let serving = serve(form, "0", &["--mocks", &mocks, "--case", "Hiccup"]);
        let (status, body) = post_item(serving.port);
        assert_eq!(status, 201, "{form}: three retries are enough: {body}");
        let serving = serve(form, "0", &["--mocks", &mocks, "--case", "Trouble"]);
        let (status, body) = post_item(serving.port);
        assert_eq!(status, 500, "{form}: {body}");
        assert!(
            !body.is_empty() && !body.contains("secret") && !body.contains("Throttling"),
            "{body}"
        );
        let absent = run(&["serve", form, "--mocks", &mocks, "--case", "Absent"]);
        assert_eq!(absent.status.code(), Some(2));
        assert!(text(&absent.stderr).contains("Hiccup, Trouble"), "{}", text(&absent.stderr));
    }
}

#[test]
fn trouble_in_the_database_is_retried_and_then_a_500_without_its_cause() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (form, machine) in FORMS {
        let mocks = trouble(&folder, machine);
        let answer = json(&run(&[
            "request",
            form,
            "POST",
            "/items",
            "--header",
            "Content-Type: application/json",
            "--body",
            r#"{"make":"MINI","model":"Cooper","year":2015}"#,
            "--mocks",
            &mocks,
            "--case",
            "Trouble",
            "--format",
            "json",
        ]));
        assert_eq!(answer["status"], 500, "{form}");
        let body = answer["body"].as_str().expect("a body");
        assert!(
            !body.is_empty() && !body.contains("secret") && !body.contains("Throttling"),
            "{form}: {body}"
        );
        assert_eq!(answer["execution"]["status"], "FAILED");
        let events = answer["execution"]["events"].as_array().expect("events");
        let attempts = events.iter().filter(|it| it["type"] == "TaskScheduled").count();
        assert_eq!(attempts, 4, "{form}: one attempt and three retries");
    }
}

#[test]
fn an_endless_express_execution_or_child_execution_ends_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let circle =
        r#""StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}"#;
    let machine = file(&folder, "m.asl.json", &format!("{{{circle}}}"));
    let express = json(&run(&[
        "run",
        machine.to_str().expect("a path"),
        "--type",
        "EXPRESS",
        "--format",
        "json",
    ]));
    assert_eq!(
        (express["status"].as_str(), express["error"].as_str()),
        (Some("TIMED_OUT"), Some("States.Timeout"))
    );
    let distributed = format!(
        r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","ItemProcessor":{{"ProcessorConfig":
            {{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},{circle}}},"End":true}}}}}}"#
    );
    let machine = file(&folder, "d.asl.json", &distributed);
    let answer = json(&run(&[
        "run",
        machine.to_str().expect("a path"),
        "--input",
        "[1, 2]",
        "--format",
        "json",
    ]));
    assert_eq!(answer["status"], "FAILED", "{answer}");
}

#[test]
fn a_history_that_was_printed_can_be_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Fail","Error":"E"}}}"#;
    let machine = file(&folder, "m.asl.json", definition);
    let machine = machine.to_str().expect("a path");
    let history =
        file(&folder, "history.json", &text(&run(&["run", machine, "--format", "json"]).stdout));
    let draw = |name: &str, history: Option<&str>| {
        let picture = folder.path().join(name);
        let mut args = vec!["render", machine, "--output", picture.to_str().expect("a path")];
        args.extend(history.into_iter().flat_map(|file| ["--history", file]));
        let output = run(&args);
        assert!(output.status.success(), "{}", text(&output.stderr));
        std::fs::read_to_string(&picture).expect("it was written")
    };
    assert_ne!(draw("plain.svg", None), draw("run.svg", history.to_str()), "statuses are drawn");
    let nonsense = file(&folder, "nonsense.json", "[1, 2]");
    let wrong = run(&[
        "render",
        machine,
        "--output",
        "x.svg",
        "--history",
        nonsense.to_str().expect("a path"),
    ]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("holds no history"), "{}", text(&wrong.stderr));
}

#[test]
fn one_state_is_tested_as_aws_tests_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"Each","States":{"Each":{"Type":"Map","Next":"Nowhere","ItemProcessor":{"StartAt":"Send","States":
            {"Send":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"To.$":"$$.Execution.Name","N.$":"$n"},
            "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":4}],"End":true}}}}}}"#,
    );
    let test = |args: &[&str]| {
        let mut all = vec!["test-state", machine.to_str().expect("a path"), "--state", "Send"];
        all.extend(args);
        run(&all)
    };
    let mock = file(&folder, "mock.json", r#"{"result":{"MessageId":"m"}}"#);
    let mock = format!("@{}", mock.display());
    let context = ["--context", r#"{"Execution":{"Name":"E"}}"#, "--variables", r#"{"n":[1]}"#];
    let mut args = vec!["--mock", &mock, "--inspection-level", "DEBUG", "--format", "json"];
    args.extend(context);
    let output = test(&args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(answer["status"], "SUCCEEDED");
    assert_eq!(answer["output"], r#"{"MessageId":"m"}"#);
    assert_eq!(answer["inspectionData"]["afterParameters"], r#"{"To":"E","N":[1]}"#);

    let busy = r#"{"errorOutput":{"error":"Busy","cause":"full"}}"#;
    let retried =
        test(&["--mock", busy, "--variables", r#"{"n":0}"#, "--inspection-level", "debug"]);
    assert_eq!(retried.status.code(), Some(1));
    let shown = text(&retried.stdout);
    assert!(shown.contains("\"retryBackoffIntervalSeconds\": 4"), "{shown}");
    assert!(shown.ends_with("\nRETRIABLE\n"), "{shown}");

    for (args, why) in [
        (&["--variables", r#"{"n":0}"#][..], "nothing answers it. Give it a mock"),
        (&["--mock", r#"{"result":{"MessageId":1}}"#], "Field 'MessageId' must be a string"),
        (&["--context", "{}"], "only beside --mock"),
    ] {
        let refused = test(args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(text(&refused.stderr).contains(why), "{}", text(&refused.stderr));
    }
}

#[test]
fn a_state_without_a_mock_is_answered_by_the_embedded_database() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"Get","States":{"Get":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem",
            "Parameters":{"TableName":"none","Key":{"id":{"S":"1"}}},
            "Catch":[{"ErrorEquals":["DynamoDB.ResourceNotFoundException"],"Next":"Mend"}],"End":true},
            "Mend":{"Type":"Succeed"}}}"#,
    );
    let machine = machine.to_str().expect("a path");
    let output = run(&["test-state", machine, "--state", "Get", "--format", "json"]);
    let answer = json(&output);
    assert_eq!(answer["status"], "CAUGHT_ERROR", "{answer}");
    assert_eq!(answer["nextState"], "Mend");
    assert_eq!(output.status.code(), Some(1), "only success is success");
}

/// Three machines that start each other.
fn nested_project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, definition) in [
        (
            "parent",
            r#"{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","TimeoutSeconds":30,"Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child","Name":"one","Input":{"n.$":"$.n"}},"OutputPath":"$.Output","End":true}}}"#,
        ),
        (
            "child",
            r#"{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.n","Next":"Done"},"Done":{"Type":"Pass","Result":{"ok":true},"End":true}}}"#,
        ),
        (
            "loop",
            r#"{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn.$":"$$.StateMachine.Id"},"End":true}}}"#,
        ),
        (
            "asks",
            r#"{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.waitForTaskToken","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:answers","Input":{"t.$":"$$.Task.Token"}},"End":true}}}"#,
        ),
        (
            "answers",
            r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"S"},"S":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:sendTaskSuccess","Parameters":{"TaskToken.$":"$.t","Output":{"yes":true}},"End":true}}}"#,
        ),
        (
            "nowhere",
            r#"{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:none"},"End":true}}}"#,
        ),
    ] {
        file(&folder, &format!("{name}.asl.json"), definition);
    }
    folder
}

fn run_nested(folder: &tempfile::TempDir, machine: &str, more: &[&str]) -> (Output, Value) {
    let path = folder.path().to_str().expect("a path");
    let mut args = vec!["run", path, "--machine", machine, "--format", "json"];
    args.extend(["--start-time", "2026-01-01T00:00:00Z"]);
    args.extend(more);
    let output = run(&args);
    let answer = json(&output);
    (output, answer)
}

#[test]
fn an_execution_starts_another_and_waits_for_it() {
    let folder = nested_project();
    let (output, answer) = run_nested(&folder, "parent", &["--input", r#"{"n":20}"#]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(answer["output"], serde_json::json!({ "ok": true }));
    let child = &answer["child_executions"][0];
    assert_eq!(child["executionArn"], "arn:aws:states:us-east-1:123456789012:execution:child:one");
    assert_eq!(
        (&child["status"], &child["startedBy"]["state"]),
        (&"SUCCEEDED".into(), &"Call".into())
    );
    let last = answer["events"].as_array().and_then(|it| it.last()).expect("events");
    assert_eq!(
        last["timestamp"], "2026-01-01T00:00:20.000Z",
        "it went on when the child had ended"
    );
    let (again, _) = run_nested(&folder, "parent", &["--input", r#"{"n":20}"#]);
    assert_eq!(output.stdout, again.stdout, "children repeat to the byte");
}

#[test]
fn a_parent_that_gives_up_stops_its_child() {
    let folder = nested_project();
    let (output, answer) = run_nested(&folder, "parent", &["--input", r#"{"n":500}"#]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(answer["error"], "States.Timeout");
    let child = &answer["child_executions"][0];
    assert_eq!(child["status"], "ABORTED");
    let types: Vec<&str> = child["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(types, ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]);
}

#[test]
fn a_machine_that_starts_itself_ends() {
    let folder = nested_project();
    let (output, answer) = run_nested(&folder, "loop", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(answer["error"], "States.TaskFailed");
    let mut innermost = &answer;
    while innermost["child_executions"].is_array() {
        innermost = &innermost["child_executions"][0];
    }
    assert_eq!(innermost["error"], "StepFunctions.ExecutionLimitExceededException");
    let cause = innermost["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("does 'loop' start itself?"), "{cause}");
}

#[test]
fn a_child_may_answer_the_callback_of_its_parent() {
    let folder = nested_project();
    let (output, answer) = run_nested(&folder, "asks", &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(answer["output"], serde_json::json!({ "yes": true }));
    let last = answer["events"].as_array().and_then(|it| it.last()).expect("events");
    assert_eq!(last["timestamp"], "2026-01-01T00:00:05.000Z");
}

#[test]
fn a_machine_that_is_not_there_is_refused_in_the_words_of_aws() {
    let folder = nested_project();
    let (_, answer) = run_nested(&folder, "nowhere", &[]);
    assert_eq!(answer["error"], "StepFunctions.StateMachineDoesNotExistException");
    let cause = answer["cause"].as_str().unwrap_or_default();
    let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:none";
    assert!(cause.starts_with(&format!("State Machine Does Not Exist: '{arn}' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: ")), "{cause}");
}

#[test]
fn a_mock_of_the_state_wins_over_the_machine() {
    let folder = nested_project();
    let mocks = file(
        &folder,
        "mocks.json",
        r#"{"StateMachines":{"parent":{"TestCases":{"C":{"Call":"R"}}}},"MockedResponses":{"R":{"0":{"Return":{"Output":"mocked"}}}}}"#,
    );
    let mocks = mocks.to_str().expect("a path");
    let (_, answer) = run_nested(&folder, "parent", &["--mocks", mocks, "--input", r#"{"n":1}"#]);
    assert_eq!((&answer["output"], &answer["child_executions"]), (&"mocked".into(), &Value::Null));
}

#[test]
fn a_journal_replays_to_the_same_bytes() {
    let folder = nested_project();
    let journal = folder.path().join("run.journal");
    let journal = journal.to_str().expect("a path");
    let input = ["--input", r#"{"n":20}"#, "--seed", "9", "--journal", journal];
    let (output, _) = run_nested(&folder, "parent", &input);
    let path = folder.path().to_str().expect("a path");
    let replayed = run(&["run", path, "--replay", journal, "--format", "json"]);
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    assert_eq!(text(&output.stdout), text(&replayed.stdout));
    std::fs::write(journal, "{}").expect("written");
    let refused = run(&["run", path, "--replay", journal]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("no journal"), "{}", text(&refused.stderr));
}

#[test]
fn a_distributed_map_reads_from_s3_and_writes_its_results_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"M","States":{
            "M":{"Type":"Map","ToleratedFailureCount":1,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"in","Key":"x.csv"}},
                "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.id","StringEquals":"2","Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Bad","Cause":"two"},"P":{"Type":"Pass","End":true}}},
                "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out","Prefix":"jobs"}},"Next":"G"},
            "G":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket.$":"$.ResultWriterDetails.Bucket","Key.$":"$.ResultWriterDetails.Key"},"ResultSelector":{"m.$":"States.StringToJson($.Body)"},"Next":"H"},
            "H":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket":"out","Key.$":"$.m.ResultFiles.FAILED[0].Key"},"ResultSelector":{"f.$":"States.StringToJson($.Body)"},"OutputPath":"$.f","End":true}}}"#,
    );
    let machine = machine.to_str().expect("a path");
    // Without any S3, nothing can be read.
    assert_eq!(run(&["run", machine]).status.code(), Some(2));
    let s3 = folder.path().join("elsewhere");
    std::fs::create_dir_all(s3.join("in")).expect("a folder");
    std::fs::create_dir_all(s3.join("out")).expect("a folder");
    std::fs::write(s3.join("in/x.csv"), "id,v\n1,a\n2,b\n3,c\n").expect("written");
    let s3 = s3.to_str().expect("a path");
    let output = run(&["run", machine, "--s3", s3, "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = json(&output);
    let failed = &answer["output"][0];
    assert_eq!(
        (&failed["Status"], &failed["Error"], &failed["Input"]),
        (&"FAILED".into(), &"Bad".into(), &r#"{"id":"2","v":"b"}"#.into())
    );
    let counts = &answer["map_runs"][0]["executionCounts"];
    assert_eq!(
        (&counts["succeeded"], &counts["failed"], &counts["total"]),
        (&2.into(), &1.into(), &3.into())
    );
    let children = answer["map_runs"][0]["child_executions"].as_array().expect("children");
    assert_eq!(children.len(), 3);
    assert_eq!(children[1]["executionArn"], failed["ExecutionArn"]);
    // A bucket that is not there fails the writer.
    std::fs::remove_dir(Path::new(s3).join("out")).expect("empty");
    let answer = json(&run(&["run", machine, "--s3", s3, "--format", "json"]));
    assert_eq!(answer["error"], "States.ResultWriterFailed");
}

/// Runs a machine of one file; its exit status, and what it printed.
fn run_machine(definition: &str, args: &[&str]) -> (Option<i32>, Output) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(&folder, "m.asl.json", definition);
    let mut all = vec!["run", machine.to_str().expect("a path"), "--format", "json"];
    all.extend(args);
    let output = run(&all);
    (output.status.code(), output)
}

#[test]
fn a_callback_that_never_comes_runs_into_its_limit() {
    let task = |resource: &str, limits: &str| {
        format!(
            r#"{{"StartAt":"Ask","States":{{"Ask":{{"Type":"Task","Resource":"{resource}",{limits}
                "Catch":[{{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"Beat"}},{{"ErrorEquals":["States.Timeout"],"Next":"Late"}}],
                "End":true}},"Beat":{{"Type":"Pass","Result":"beat","End":true}},"Late":{{"Type":"Pass","Result":"late","End":true}}}}}}"#
        )
    };
    let sqs = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    let activity = "arn:aws:states:us-east-1:123456789012:activity:work";
    for (resource, limits, ended) in [
        (sqs, r#""TimeoutSeconds":600,"#, "late"),
        (sqs, r#""TimeoutSeconds":600,"HeartbeatSeconds":60,"#, "beat"),
        (activity, r#""TimeoutSeconds":600,"#, "late"),
    ] {
        let (code, output) = run_machine(&task(resource, limits), &[]);
        assert_eq!(code, Some(0), "{}", text(&output.stderr));
        assert_eq!(json(&output)["output"], ended, "{resource} {limits}");
    }
    // The execution's own limit ends it too.
    let limited = task(sqs, "").replacen('{', r#"{"TimeoutSeconds":90,"#, 1);
    assert_eq!(json(&run_machine(&limited, &[]).1)["status"], "TIMED_OUT");

    let refused = |definition: &str| {
        let (code, output) = run_machine(definition, &[]);
        assert_eq!(code, Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    let forever = refused(&task(sqs, ""));
    assert!(
        forever.contains("nobody sends it back") && forever.contains("no TimeoutSeconds"),
        "{forever}"
    );
    // A service would have answered at once: that its mock is missing is no timeout.
    let plain = refused(&task("arn:aws:states:::sqs:sendMessage", r#""TimeoutSeconds":5,"#));
    assert!(plain.contains("nothing answers it"), "{plain}");
}

#[test]
fn other_branches_go_on_while_a_callback_waits() {
    let machine = r#"{"StartAt":"Both","States":{"Both":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}},
        {"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":30,"Next":"Stop"},"Stop":{"Type":"Fail","Error":"Enough"}}}]}}}"#;
    let (code, output) = run_machine(machine, &[]);
    assert_eq!(code, Some(1), "{}", text(&output.stderr));
    assert_eq!(json(&output)["error"], "Enough");
}

#[test]
fn what_aws_does_not_create_as_express_does_not_run_as_express() {
    let refused = |definition: &str| {
        let (code, output) = run_machine(definition, &["--type", "EXPRESS"]);
        assert_eq!(code, Some(2), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    let sync = r#"{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"m"},"End":true}}}"#;
    let why = refused(sync);
    let aws = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/S/Resource'";
    assert!(why.contains(aws), "{why}");
    let map = r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":
        {"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#;
    assert!(refused(map).contains("'DISTRIBUTED' is not supported inside"), "{}", refused(map));
}

#[test]
fn a_journal_that_was_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let machine = file(
        &folder,
        "m.asl.json",
        r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#,
    );
    let machine = machine.to_str().expect("a path");
    let journal = folder.path().join("j");
    let path = journal.to_str().expect("a path");
    assert!(run(&["run", machine, "--journal", path]).status.success());
    let written = std::fs::read_to_string(&journal).expect("it was written");
    let changed = written.replace(r#""timer":1"#, r#""timer":8"#);
    assert_ne!(changed, written);
    std::fs::write(&journal, changed).expect("written");
    let refused = run(&["run", machine, "--replay", path]);
    assert_eq!(refused.status.code(), Some(2));
    let why = text(&refused.stderr);
    assert!(
        why.contains("does not fit this state machine") && why.contains("no timer number 8"),
        "{why}"
    );
}

#[test]
fn the_children_of_maps_in_maps_are_all_shown() {
    let pass = r#""StartAt":"P","States":{"P":{"Type":"Pass","End":true}}"#;
    let map = |processor: &str| {
        format!(
            r#""StartAt":"M","States":{{"M":{{"Type":"Map","End":true,"ItemProcessor":{{"ProcessorConfig":
                {{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},{processor}}}}}}}"#
        )
    };
    let definition = format!("{{{}}}", map(&map(pass)));
    let rows: Vec<Vec<u32>> = (0..40).map(|_| (0..20).collect()).collect();
    let input = serde_json::to_string(&rows).expect("JSON");
    let (code, output) = run_machine(&definition, &["--input", &input]);
    assert_eq!(code, Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    let runs = answer["map_runs"].as_array().expect("Map Runs");
    assert_eq!(runs.len(), 41);
    for map_run in runs {
        let children = map_run["child_executions"].as_array().expect("children");
        assert_eq!(map_run["executionCounts"]["total"], children.len());
        for child in children {
            let events = child["events"].as_array().expect("events");
            assert_eq!(events.last().expect("an end")["type"], "ExecutionSucceeded");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read_for_ever() {
    let machine = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
    for args in [["--input", "@/dev/zero"], ["--mocks", "/dev/zero"], ["--replay", "/dev/zero"]] {
        let (code, output) = run_machine(machine, &args);
        assert_eq!(code, Some(2), "{args:?}");
        let why = text(&output.stderr);
        assert!(why.contains("/dev/zero is larger than"), "{why}");
    }
}

#[test]
fn text_of_a_file_neither_steers_the_terminal_nor_passes_for_our_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = "Pay\\n0 errors, 0 warnings\\u001b[2J\\u202e";
    let machine = file(
        &folder,
        "m.asl.json",
        &format!(
            r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Fail","Error":"E","Cause":"a\nSUCCEEDED"}},"{name} 2":{{"Type":"Pass","End":true}}}}}}"#
        ),
    );
    let path = machine.to_str().expect("a path");
    let shown = r"Pay\n0 errors, 0 warnings\u{1b}[2J\u{202e}";
    for args in [&["check", path][..], &["run", path]] {
        let printed = text(&run(args).stdout);
        assert!(printed.contains(shown), "{printed}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}']), "{printed:?}");
        assert!(
            !printed.contains("\n0 errors, 0") && !printed.contains("\nSUCCEEDED"),
            "{printed}"
        );
    }
    // The same text for programs.
    let history = json(&run(&["run", path, "--format", "json"]));
    assert_eq!(history["cause"], "a\nSUCCEEDED");
    let entered = &history["events"][1]["stateEnteredEventDetails"]["name"];
    assert_eq!(entered, "Pay\n0 errors, 0 warnings\u{1b}[2J\u{202e}");
}
