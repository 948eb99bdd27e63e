//! What the server holds against callers that take too much of it: sockets, bodies, memory, tags.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use aws_sdk_sfn::types::Tag;
use serde_json::{Value, json};

use super::serving::{Serving, machine_arn, refusal, serve_machines, wait};
use super::{ACTIVITY, PASS, app_of};

fn head(operation: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n")
}

fn call(serving: &Serving, operation: &str, body: &Value) -> (u16, String) {
    serving.ask(&head(operation), &body.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is the wall clock by which idle sockets are closed"
)]
#[test]
fn sockets_that_say_nothing_are_closed_and_the_others_answered() {
    let serving = serve_machines(&[("pass", PASS)]);
    let since = Instant::now();
    // More than are served at a time.
    let idle = (0..300).map(|_| TcpStream::connect(("127.0.0.1", serving.port)));
    let mut idle: Vec<TcpStream> = idle.collect::<Result<_, _>>().expect("they connect");
    assert_eq!(call(&serving, "ListStateMachines", &json!({})).0, 200);
    assert!(since.elapsed() < Duration::from_secs(25), "{:?}", since.elapsed());
    let first = &mut idle[0];
    first.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    let mut rest = Vec::new();
    // It is closed, with or without a word.
    assert!(first.read_to_end(&mut rest).is_ok());
}

#[test]
fn bodies_of_calls_are_shorter_than_those_of_the_projects_api() {
    let serving = serve_machines(&[("pass", PASS)]);
    let body = |bytes: usize| json!({ "traceHeader": "x".repeat(bytes) }).to_string();
    assert_eq!(serving.ask(&head("StartExecution"), &body(1 << 20)).0, 400, "taken, and refused");
    assert_eq!(serving.ask(&head("StartExecution"), &body(3 << 20)).0, 413);
    let plain = "POST /items HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(serving.ask(plain, &body(3 << 20)).0, 404, "there is no API, but it was read");
    assert_eq!(serving.ask(plain, &body(11 << 20)).0, 413);
}

#[test]
fn a_machine_with_tags_that_are_refused_is_not_created() {
    let serving = serve_machines(&[("pass", PASS)]);
    let long = "v".repeat(257);
    for (tags, code) in [
        (json!([{ "key": "" }]), "ValidationException"),
        (json!([{ "key": "aws:cloudformation:stack-name", "value": "s" }]), "ValidationException"),
        (json!([{ "key": "AWS:x" }]), "ValidationException"),
        (json!([{ "key": "k", "value": long }]), "ValidationException"),
        (json!([{ "key": "k", "value": 7 }]), "SerializationException"),
        (json!({ "key": "k" }), "SerializationException"),
        (
            json!((0..51).map(|it| json!({ "key": it.to_string() })).collect::<Vec<_>>()),
            "TooManyTags",
        ),
    ] {
        let body = json!({ "name": "made", "definition": PASS,
            "roleArn": "arn:aws:iam::123456789012:role/r", "tags": tags });
        let (status, answer) = call(&serving, "CreateStateMachine", &body);
        assert_eq!((status, answer.contains(code)), (400, true), "{tags}: {answer}");
        let made = json!({ "stateMachineArn": machine_arn("made") });
        let (_, answer) = call(&serving, "DescribeStateMachine", &made);
        assert!(answer.contains("StateMachineDoesNotExist"), "{tags}: {answer}");
    }
    wait(async {
        let client = serving.client();
        let call = client.tag_resource().resource_arn(machine_arn("pass"));
        let tag = |value: &str| Tag::builder().key("k").value(value).build();
        call.clone().tags(tag(&"v".repeat(256))).send().await.expect("tagged");
        let refused = refusal(call.tags(tag(&long)).send().await);
        assert!(refused.starts_with("ValidationException: "), "{refused}");
    });
}

#[test]
fn an_activity_of_a_file_that_was_deleted_stays_deleted() {
    let (_folder, mut app) = app_of(&[("activity", ACTIVITY)]);
    let arn = |name: &str| format!("arn:aws:states:us-east-1:123456789012:activity:{name}");
    let mut ask = |operation: &str, name: &str| {
        let body = json!({ "activityArn": arn(name), "name": name }).to_string();
        app.answer_states_call(operation, &body).expect("an answer").0
    };
    assert_eq!(ask("DescribeActivity", "painter"), 200);
    assert_eq!(ask("DeleteActivity", "painter"), 200);
    assert_eq!(ask("DeleteActivity", "never-there"), 200);
    assert_eq!(ask("DescribeActivity", "painter"), 400);
    assert_eq!(ask("CreateActivity", "painter"), 200);
    assert_eq!(ask("DescribeActivity", "painter"), 200);
}

#[test]
fn a_huge_definition_holds_up_nobody_else() {
    let serving = serve_machines(&[("pass", PASS)]);
    let state = |number: usize| {
        (format!("S{number}"), json!({ "Type": "Pass", "Next": format!("S{}", number + 1) }))
    };
    let mut states: serde_json::Map<String, Value> = (0..20_000).map(state).collect();
    states.insert("S20000".to_owned(), json!({ "Type": "Succeed" }));
    let definition = json!({ "StartAt": "S0", "States": states }).to_string();
    assert!((500_000..1_048_576).contains(&definition.len()));
    let validate = json!({ "definition": definition });
    std::thread::scope(|scope| {
        let busy: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| call(&serving, "ValidateStateMachineDefinition", &validate)))
            .collect();
        let mut answered = 0;
        while !busy.iter().any(std::thread::ScopedJoinHandle::is_finished) {
            assert_eq!(call(&serving, "ListStateMachines", &json!({})).0, 200);
            answered += 1;
        }
        // One at a time would let a single call through before each of them.
        assert!(answered > 3, "{answered} calls were answered meanwhile");
        for busy in busy {
            let (status, answer) = busy.join().expect("no panic");
            assert_eq!(status, 200);
            assert!(answer.contains(r#""result":"OK""#), "{}", &answer[..200.min(answer.len())]);
        }
    });
    let create = json!({ "name": "huge", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r" });
    let (status, answer) = call(&serving, "CreateStateMachine", &create);
    assert_eq!(status, 200, "{answer}");
    let update = json!({ "stateMachineArn": machine_arn("huge"), "definition": definition.replace("S0", "T0") });
    let (status, answer) = call(&serving, "UpdateStateMachine", &update);
    assert_eq!(status, 200, "{answer}");
}
