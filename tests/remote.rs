//! Logs and deployed APIs, read over HTTP: faults against a server of our own on loopback, the rest against moto's server, when
//! there is one.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

#[path = "remote/app.rs"]
mod app;
#[path = "remote/loopback.rs"]
mod loopback;
#[path = "aws/moto.rs"]
#[expect(dead_code, reason = "another test uses the rest of it")]
mod moto;
#[path = "views/windowed.rs"]
mod windowed;

use std::time::Duration;

use loopback::{Reply, Request, Server, serve};
use serde_json::{Value, json};
use stepwell::aws::browse::Status;
use stepwell::aws::gateway::TestInvoke;
use stepwell::aws::http::{self, HttpCall};
use stepwell::aws::lambda_log::FoundBy;
use stepwell::aws::logs::{Between, machine_of_express};
use stepwell::aws::{AwsError, Cancel, Connection, Patience, ProfileFiles, Session};
use stepwell::execution::{
    EventId, ExecutionStatus, LambdaAttempt, Timestamp, export, import, lambda_attempts,
};

const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
const EXPRESS: &str = "arn:aws:states:eu-west-1:123456789012:express:orders:e-1:u-1";
const GROUP: &str = "/aws/vendedlogs/states/orders";
/// 2026-01-01T00:00:00Z
const MIDNIGHT: i64 = 1_767_225_600_000;

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// Profiles of a test: nothing of this machine's own is read.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config"), "").expect("written");
        let keys = "[keys]\naws_access_key_id = AKIATEST\naws_secret_access_key = not-a-secret\n\
                    [session]\naws_access_key_id = ASIATEST\naws_secret_access_key = not-a-secret\naws_session_token = a-token\n";
        std::fs::write(folder.path().join("credentials"), keys).expect("written");
        Self { folder }
    }

    fn connection(&self, profile: &str, url: &str) -> Connection {
        let path = self.folder.path();
        Connection {
            profile: Some(profile.to_owned()),
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some(url.to_owned()),
            files: Some(ProfileFiles {
                config: path.join("config"),
                credentials: path.join("credentials"),
            }),
            patience: Patience {
                attempt: Duration::from_millis(500),
                attempts: 3,
                first_wait: Duration::from_millis(10),
            },
            mfa_code: None,
        }
    }

    async fn session(&self, url: &str) -> Session {
        Session::connect(&self.connection("keys", url), None).await.expect("a connection")
    }
}

fn described(level: &str, with_data: bool) -> Value {
    json!({ "stateMachineArn": MACHINE, "name": "orders", "roleArn": "r", "creationDate": 1.7e9,
            "type": "EXPRESS", "status": "ACTIVE", "definition": "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}",
            "loggingConfiguration": { "level": level, "includeExecutionData": with_data,
                "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": format!("arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*") } }] } })
}

/// A line of an Express execution's log, as AWS writes it: ids and times are texts.
fn logged(id: u64, kind: &str, details: &Value, at: i64) -> Value {
    let message = json!({ "id": id.to_string(), "type": kind, "details": details,
        "previous_event_id": id.saturating_sub(1).to_string(), "event_timestamp": at.to_string(),
        "execution_arn": EXPRESS, "redrive_count": "0" });
    json!({ "timestamp": at, "message": message.to_string(), "logStreamName": "states/orders/2026-01-01-00-00/x",
            "eventId": id.to_string(), "ingestionTime": at })
}

fn all_events() -> Vec<Value> {
    let at = |it: i64| MIDNIGHT + it;
    vec![
        logged(
            1,
            "ExecutionStarted",
            &json!({ "input": "{\"n\":1}", "inputDetails": { "truncated": false }, "roleArn": "r" }),
            at(0),
        ),
        logged(2, "PassStateEntered", &json!({ "input": "{\"n\":1}", "name": "A" }), at(5)),
        logged(3, "PassStateExited", &json!({ "output": "{\"n\":1}", "name": "A" }), at(6)),
        logged(4, "ExecutionSucceeded", &json!({ "output": "{\"n\":1}" }), at(7)),
    ]
}

/// `FilterLogEvents` over these lines: time and pattern are minded, pages hold `page` lines, and one without any comes first.
fn filtered(request: &Request, lines: &[Value], page: usize) -> Reply {
    assert_eq!(request.body["logGroupName"], GROUP);
    let pattern = request.body["filterPattern"].as_str().unwrap_or("");
    let executions = "$.execution_arn = \"arn:aws:states:eu-west-1:123456789012:express:orders:";
    assert!(pattern.contains(executions), "{pattern}");
    let from = request.body["startTime"].as_i64().unwrap_or(0);
    let to = request.body["endTime"].as_i64().unwrap_or(i64::MAX);
    let fitting: Vec<&Value> = lines
        .iter()
        .filter(|it| (from..=to).contains(&it["timestamp"].as_i64().expect("a time")))
        .collect();
    let Some(token) = request.body["nextToken"].as_str() else {
        return Reply::Json(json!({ "events": [], "nextToken": "0", "searchedLogStreams": [] }));
    };
    let begin: usize = token.parse().expect("a token of ours");
    let end = (begin + page).min(fitting.len());
    let next = (end < fitting.len()).then(|| json!(end.to_string()));
    Reply::Json(json!({ "events": fitting[begin..end], "nextToken": next }))
}

fn express_server(level: &'static str, lines: Vec<Value>) -> Server {
    serve(move |request| match request.call() {
        "DescribeStateMachine" => Reply::Json(described(level, level == "ALL")),
        "FilterLogEvents" => filtered(request, &lines, 3),
        "ListExecutions" => Reply::Error(
            400,
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        ),
        _ => Reply::Error(400, "UnknownOperationException", "no such call"),
    })
}

// ---------------------------------------------------------------------------------------------------------------- Express

#[test]
fn an_express_execution_is_read_from_its_log_group_page_by_page() {
    let server = express_server("ALL", all_events());
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        let machine = session.state_machine(MACHINE).await.unwrap();
        // It ran two days ago: the first hour and the first day hold nothing.
        let now = Timestamp(MIDNIGHT + 48 * 3_600_000);
        let read = session.express_history(EXPRESS, &machine, None, now).await.unwrap();
        assert_eq!(read.history.events().len(), 4);
        assert_eq!(read.notes, [""; 0]);
        let status = read.history.status();
        assert!(
            matches!(&status, ExecutionStatus::Succeeded { output: Some(it) } if it.to_string() == "{\"n\":1}")
        );
        let starts: Vec<i64> = server
            .seen()
            .iter()
            .filter(|it| it.call() == "FilterLogEvents" && it.body["nextToken"].is_null())
            .map(|it| now.0 - it.body["startTime"].as_i64().unwrap())
            .map(|it| it / 3_600_000)
            .collect();
        assert_eq!(
            starts,
            [1, 24, 14 * 24, 48],
            "further back only when nothing was found, then around it"
        );
        let around = session.express_history(EXPRESS, &machine, Some(Timestamp(MIDNIGHT)), now);
        assert_eq!(around.await.unwrap().history.events().len(), 4);
    });
}

#[test]
fn what_the_log_level_leaves_out_is_said_and_is_a_hole() {
    let lines = vec![logged(4, "ExecutionFailed", &json!({ "error": "E" }), MIDNIGHT)];
    let server = express_server("ERROR", lines);
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        let machine = session.state_machine(MACHINE).await.unwrap();
        let now = Timestamp(MIDNIGHT + 1000);
        let read = session.express_history(EXPRESS, &machine, None, now).await.unwrap();
        let types: Vec<String> = read
            .history
            .events()
            .iter()
            .map(|it| export::event_to_json(it).get("type").unwrap().as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            types,
            [import::NOT_LOGGED, import::NOT_LOGGED, import::NOT_LOGGED, "ExecutionFailed"]
        );
        assert!(read.notes[0].contains("3 of 4 events were not logged"), "{:?}", read.notes);
        assert!(read.notes[1].contains("level ERROR"), "{:?}", read.notes);
        assert!(read.notes[2].contains("without execution data"), "{:?}", read.notes);
        assert!(matches!(read.history.status(), ExecutionStatus::Failed { .. }));
    });
}

#[test]
fn a_machine_without_a_log_and_an_execution_without_a_trace_are_told_apart() {
    let home = Home::new();
    wait(async {
        let server = express_server("OFF", Vec::new());
        let session = home.session(&server.url).await;
        let machine = session.state_machine(MACHINE).await.unwrap();
        let read = session.express_history(EXPRESS, &machine, None, Timestamp(MIDNIGHT)).await;
        let why = read.expect_err("it does not log").to_string();
        assert!(why.contains("does not log"), "{why}");

        let server = express_server("FATAL", Vec::new());
        let session = home.session(&server.url).await;
        let machine = session.state_machine(MACHINE).await.unwrap();
        let read = session.express_history(EXPRESS, &machine, None, Timestamp(MIDNIGHT)).await;
        let why = read.expect_err("nothing was logged").to_string();
        assert!(why.contains("level is FATAL") && why.contains(GROUP), "{why}");
        let standard = "arn:aws:states:eu-west-1:123456789012:execution:orders:e";
        let read = session.express_history(standard, &machine, None, Timestamp(MIDNIGHT)).await;
        assert_eq!(read.err(), Some(AwsError::NotAnExecution));
        assert_eq!(machine_of_express(EXPRESS).as_deref(), Ok(MACHINE));
    });
}

#[test]
fn express_executions_are_listed_newest_first_with_what_is_known() {
    let mut lines = all_events();
    let other = |id: u64, kind: &str, at: i64| {
        let mut line = logged(id, kind, &json!({}), at);
        let text = line["message"].as_str().unwrap().replace("e-1:u-1", "e-2:u-2");
        line["message"] = json!(text);
        line
    };
    lines.push(other(9, "ExecutionFailed", MIDNIGHT + 60_000));
    let mut foreign = logged(1, "ExecutionStarted", &json!({}), MIDNIGHT);
    foreign["message"] = json!("not JSON {");
    lines.push(foreign);
    let server = express_server("ALL", lines);
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        let machine = session.state_machine(MACHINE).await.unwrap();
        let from = Some(Timestamp(MIDNIGHT - 1000));
        let found = session.express_executions(&machine, Between { from, to: None }).await.unwrap();
        let rows: Vec<_> =
            found.items.iter().map(|it| (it.name.as_str(), it.status, it.started)).collect();
        assert_eq!(
            rows,
            [("e-2", Status::Failed, None), ("e-1", Status::Succeeded, Some(Timestamp(MIDNIGHT)))]
        );
        assert!(found.complete);
    });
}

// ----------------------------------------------------------------------------------------------------------------- faults

#[test]
fn calls_are_signed_for_their_service_and_secrets_stay_out_of_sight() {
    let server = serve(|_| Reply::Json(json!({ "item": [] })));
    let home = Home::new();
    wait(async {
        let connection = home.connection("session", &server.url);
        let session = Session::connect(&connection, None).await.expect("a connection");
        session.rest_apis().await.unwrap();
        let request = server.seen().remove(0);
        let signed = request.header("authorization").expect("a signature");
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=ASIATEST/"), "{signed}");
        assert!(signed.contains("/eu-west-1/apigateway/aws4_request"), "{signed}");
        assert_eq!(request.header("x-amz-security-token"), Some("a-token"));
        assert!(!format!("{session:?}").contains("not-a-secret"));
        assert!(!format!("{session:?}").contains("a-token"));
    });
}

#[test]
fn throttling_and_server_errors_are_tried_again_and_then_told() {
    let server = serve(|request| match request.number {
        1 => Reply::Error(400, "ThrottlingException", "Rate exceeded"),
        2 => Reply::Plain(503, Vec::new(), b"<h1>busy</h1>".to_vec()),
        3 => Reply::Json(json!({ "item": [{ "id": "a1", "name": "orders" }] })),
        _ => Reply::Error(429, "TooManyRequestsException", "Too many requests"),
    });
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        assert_eq!(session.rest_apis().await.unwrap()[0].name, "orders");
        let err = session.rest_apis().await.expect_err("throttled three times");
        assert_eq!(err, AwsError::Throttled { call: "GetRestApis", attempts: 3 });
        assert_eq!(server.seen().len(), 6);
    });
}

#[test]
fn refusals_say_what_they_are() {
    let home = Home::new();
    wait(async {
        let reply = |reply: Reply| {
            let server = serve(move |_| reply.clone());
            let home = &home;
            async move { home.session(&server.url).await.stages("a1").await.expect_err("it is refused") }
        };
        let denied = reply(Reply::Error(403, "AccessDeniedException", "User: x is not authorized"));
        assert!(matches!(denied.await, AwsError::AccessDenied { call: "GetStages", .. }));
        let missing = reply(Reply::Error(404, "NotFoundException", "Invalid API identifier"));
        assert!(matches!(missing.await, AwsError::NotFound { .. }));
        let wrong = reply(Reply::Error(403, "InvalidSignatureException", "no"));
        assert!(matches!(wrong.await, AwsError::WrongCredentials { .. }));
        let expired = reply(Reply::Error(403, "ExpiredTokenException", "no"));
        assert!(matches!(expired.await, AwsError::ExpiredCredentials { .. }));
        let html = reply(Reply::Plain(200, Vec::new(), b"<h1>Proxy</h1>".to_vec()));
        assert!(html.await.to_string().contains("no JSON"));
        let proxy = reply(Reply::Plain(403, Vec::new(), b"<h1>Proxy</h1>".to_vec()));
        assert!(matches!(proxy.await, AwsError::WrongCredentials { .. }));
        let half = reply(Reply::Half(json!({ "item": [] }).to_string()));
        assert!(half.await.to_string().contains("broke off"));
        let silent = reply(Reply::Silence(Duration::from_secs(3)));
        assert!(matches!(silent.await, AwsError::TimedOut { call: "GetStages", .. }));
        let deep = reply(Reply::Plain(200, Vec::new(), "[".repeat(200_000).into_bytes()));
        assert!(deep.await.to_string().contains("no JSON"));
    });
    wait(async {
        let session = home.session("http://127.0.0.1:9").await;
        let err = session.rest_apis().await.expect_err("nobody listens");
        assert!(err.to_string().contains("nothing listens"), "{err}");
    });
}

#[test]
fn an_answer_without_end_is_cut() {
    let server = serve(|_| Reply::Endless);
    let home = Home::new();
    wait(async {
        let mut connection = home.connection("keys", &server.url);
        connection.patience.attempt = Duration::from_secs(20);
        let session = Session::connect(&connection, None).await.expect("a connection");
        let err = session.rest_apis().await.expect_err("it has no end");
        assert!(err.to_string().contains("longer than 32 MiB"), "{err}");
        let call =
            HttpCall { method: "GET".into(), url: server.url.clone(), ..HttpCall::default() };
        let cancel = Cancel::default();
        let answer = http::send(&call, 100_000, Duration::from_secs(20), &cancel).await.unwrap();
        assert!(answer.truncated);
        assert_eq!((answer.status, answer.body.len()), (200, 100_000));
    });
}

#[test]
fn a_cancelled_call_ends_at_once() {
    let server = serve(|_| Reply::Silence(Duration::from_secs(30)));
    let home = Home::new();
    wait(async {
        let mut connection = home.connection("keys", &server.url);
        connection.patience.attempt = Duration::from_secs(30);
        let cancel = Cancel::default();
        let session = Session::connect(&connection, None).await.expect("a connection");
        let session = session.cancelled_by(&cancel);
        let soon = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            cancel.cancel();
        };
        let (outcome, ()) = tokio::join!(session.rest_apis(), soon);
        assert_eq!(outcome, Err(AwsError::Cancelled));
        let call =
            HttpCall { method: "GET".into(), url: server.url.clone(), ..HttpCall::default() };
        let sent = http::send(&call, 10, Duration::from_secs(30), &cancel).await;
        assert_eq!(sent.err(), Some(AwsError::Cancelled));
    });
}

// ----------------------------------------------------------------------------------------------------------------- Lambda

const ID: &str = "8f507cfc-3c3b-4a7e-9b8e-6f1d2b3c4d5e";

fn attempt(request_id: Option<&str>) -> LambdaAttempt {
    LambdaAttempt {
        scheduled: EventId(3),
        function: "orders".to_owned(),
        region: None,
        account: None,
        request_id: request_id.map(str::to_owned),
        from: Timestamp(MIDNIGHT),
        to: Some(Timestamp(MIDNIGHT + 2000)),
        failed: true,
    }
}

fn lambda_server(own_group: bool) -> Server {
    let line = |at: i64, text: String| json!({ "timestamp": MIDNIGHT + at, "message": text, "logStreamName": "s" });
    let stream = [
        line(100, format!("START RequestId: {ID} Version: $LATEST\n")),
        line(150, "a line without an id\n".to_owned()),
        line(200, format!("END RequestId: {ID}\n")),
        line(201, format!("REPORT RequestId: {ID}\tDuration: 100 ms\n")),
        line(300, "START RequestId: other Version: $LATEST\n".to_owned()),
    ];
    serve(move |request| {
        let group = if own_group { "/team/orders" } else { "/aws/lambda/orders" };
        if request.target.starts_with("/2015-03-31/functions/orders/configuration") {
            return if own_group {
                Reply::Json(json!({ "LoggingConfig": { "LogGroup": group } }))
            } else {
                Reply::Error(403, "AccessDeniedException", "not authorized")
            };
        }
        assert_eq!(request.body["logGroupName"], group);
        match request.call() {
            "FilterLogEvents" => {
                let pattern = request.body["filterPattern"].as_str();
                let word = pattern.map_or("", |it| it.trim_matches('"'));
                let fits = |it: &&Value| it["message"].as_str().is_some_and(|it| it.contains(word));
                let events: Vec<&Value> = stream.iter().filter(fits).collect();
                Reply::Json(json!({ "events": events }))
            }
            "GetLogEvents" => {
                assert_eq!(request.body["logStreamName"], "s");
                let asked = request.body["nextToken"].as_str();
                let events = if asked.is_none() { &stream[..] } else { &[] };
                Reply::Json(json!({ "events": events, "nextForwardToken": "f/1" }))
            }
            other => panic!("{other}"),
        }
    })
}

#[test]
fn the_lines_of_an_attempt_are_those_of_its_invocation() {
    let home = Home::new();
    wait(async {
        let server = lambda_server(true);
        let session = home.session(&server.url).await;
        let log = session.lambda_log(&attempt(Some(ID))).await.unwrap();
        assert_eq!((log.group.as_str(), log.found_by), ("/team/orders", FoundBy::RequestId));
        assert_eq!(log.lines.len(), 4, "the line without an id is among them, the next call's not");
        assert!(log.complete);
    });
}

#[test]
fn without_an_id_the_time_decides_and_without_a_permission_the_usual_group() {
    let home = Home::new();
    wait(async {
        let server = lambda_server(false);
        let session = home.session(&server.url).await;
        let log = session.lambda_log(&attempt(None)).await.unwrap();
        assert_eq!((log.found_by, log.lines.len()), (FoundBy::Time, 5));
        let unknown = "00000000-0000-0000-0000-000000000000";
        let log = session.lambda_log(&attempt(Some(unknown))).await.unwrap();
        assert_eq!(log.found_by, FoundBy::Time, "an id that no line has");
        let asked = server.seen();
        let window = &asked.iter().find(|it| it.call() == "FilterLogEvents").unwrap().body;
        assert_eq!(window["startTime"], MIDNIGHT - 5_000);
        assert_eq!(window["endTime"], MIDNIGHT + 62_000);
        let mut elsewhere = attempt(None);
        elsewhere.region = Some("us-east-1".to_owned());
        let err = session.lambda_log(&elsewhere).await.expect_err("another region");
        assert!(err.to_string().contains("us-east-1"), "{err}");
    });
}

// ---------------------------------------------------------------------------------------------------------- deployed APIs

#[test]
fn a_method_is_test_invoked_once_with_what_was_written() {
    let server = serve(|request| {
        if request.number > 1 {
            return Reply::Error(503, "ServiceUnavailableException", "later");
        }
        Reply::Json(
            json!({ "status": 201, "body": "{\"id\":7}", "latency": 42, "log": "Execution log\nx",
            "headers": { "Content-Type": "application/json" }, "multiValueHeaders": { "Content-Type": ["application/json"], "X": ["a", "b"] } }),
        )
    });
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        let invoke = TestInvoke {
            api_id: "a1".into(),
            resource_id: "r1".into(),
            method: "POST".into(),
            path_with_query: "/items?x=1".into(),
            headers: vec![
                ("A".into(), "1".into()),
                ("B".into(), "2".into()),
                ("b".into(), "3".into()),
            ],
            body: "{\"n\":1}".into(),
        };
        let answer = session.test_invoke(&invoke).await.unwrap();
        assert_eq!((answer.status, answer.latency_millis), (201, 42));
        assert_eq!(answer.headers.len(), 3, "each value once: {:?}", answer.headers);
        let sent = &server.seen()[0];
        assert_eq!(sent.target, "/restapis/a1/resources/r1/methods/POST");
        assert_eq!(sent.body["headers"], json!({ "A": "1" }));
        assert_eq!(sent.body["multiValueHeaders"], json!({ "B": ["2", "3"] }));
        session.test_invoke(&invoke).await.expect_err("refused");
        assert_eq!(server.seen().len(), 2, "what may have come through is not tried again");
        let evil = TestInvoke { api_id: "../../x".into(), ..invoke };
        assert!(matches!(session.test_invoke(&evil).await, Err(AwsError::NotSent { .. })));
    });
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = serve(|_| {
        let to = vec![("location", "http://127.0.0.1:9/secret".to_owned())];
        Reply::Plain(302, to, Vec::new())
    });
    wait(async {
        let call = HttpCall {
            method: "GET".into(),
            url: format!("{}/x?a=b", server.url),
            headers: vec![("Authorization".into(), "Bearer t".into())],
            ..HttpCall::default()
        };
        let answer = http::send(&call, 1000, Duration::from_secs(5), &Cancel::default()).await;
        assert_eq!(answer.unwrap().status, 302);
        assert_eq!((server.seen().len(), server.seen()[0].target.as_str()), (1, "/x?a=b"));
    });
}

#[test]
fn a_signed_request_to_a_stage_is_signed_for_execute_api() {
    let server = serve(|_| Reply::Json(json!({})));
    let home = Home::new();
    wait(async {
        let session = home.session(&server.url).await;
        let call = HttpCall {
            method: "POST".into(),
            url: format!("{}/prod/items", server.url),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: "{}".into(),
        };
        let sent = session.send_signed(&call, "us-west-2", 1000, Duration::from_secs(5)).await;
        assert_eq!(sent.unwrap().status, 200);
        let seen = server.seen().remove(0);
        let signed = seen.header("authorization").unwrap();
        assert!(signed.contains("/us-west-2/execute-api/aws4_request"), "{signed}");
        assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date"), "{signed}");
        assert_eq!(seen.text, "{}");
    });
}

// ------------------------------------------------------------------------------------------------------------------- moto

/// A call of another service than Step Functions, to prepare what is then read.
fn call(
    moto: &moto::Moto,
    service: &str,
    method: &str,
    path: &str,
    more: &str,
    body: &Value,
) -> Value {
    let headers = format!(
        "{more}Content-Type: application/json\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=a/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=b\r\n"
    );
    let answer = moto.http(method, path, &headers, &body.to_string()).expect("moto answers");
    serde_json::from_str(&answer).unwrap_or(Value::Null)
}

#[test]
fn moto_gives_logs_apis_resources_and_stages() {
    let Some(moto) = moto::Moto::start() else { return };
    let home = Home::new();
    wait(async {
        let mut connection = home.connection("keys", &moto.url);
        connection.patience = Patience::default();
        let session = Session::connect(&connection, None).await.expect("a connection");

        let api = call(&moto, "apigateway", "POST", "/restapis", "", &json!({ "name": "orders" }));
        let api = api["id"].as_str().expect("an id").to_owned();
        let apis = session.rest_apis().await.unwrap();
        assert_eq!(apis.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["orders"]);
        let resources = session.resources(&api).await.unwrap();
        assert_eq!(resources[0].path, "/");
        let path = format!("/restapis/{api}/resources/{}", resources[0].id);
        call(&moto, "apigateway", "POST", &path, "", &json!({ "pathPart": "items" }));
        let items = session.resources(&api).await.unwrap();
        let items = items.iter().find(|it| it.path == "/items").expect("made a moment ago");
        let method = format!("/restapis/{api}/resources/{}/methods/GET", items.id);
        call(&moto, "apigateway", "PUT", &method, "", &json!({ "authorizationType": "NONE" }));
        let resources = session.resources(&api).await.unwrap();
        let items = resources.iter().find(|it| it.path == "/items").expect("still there");
        assert_eq!(items.methods, ["GET"]);
        assert_eq!(session.stages(&api).await.unwrap(), []);
        assert!(
            session.stage_url(&api, "prod").ends_with(".execute-api.eu-west-1.amazonaws.com/prod")
        );

        let logs = |target: &str, body: &Value| {
            call(
                &moto,
                "logs",
                "POST",
                "/",
                &format!("X-Amz-Target: Logs_20140328.{target}\r\n"),
                body,
            )
        };
        logs("CreateLogGroup", &json!({ "logGroupName": "/aws/lambda/orders" }));
        logs(
            "CreateLogStream",
            &json!({ "logGroupName": "/aws/lambda/orders", "logStreamName": "s" }),
        );
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
        let now = i64::try_from(now).expect("before the end of time");
        let line = |at: i64, text: &str| json!({ "timestamp": now + at, "message": text });
        let events = [
            line(-30, &format!("START RequestId: {ID} Version: $LATEST")),
            line(-20, "hello"),
            line(-10, &format!("REPORT RequestId: {ID} Duration: 1 ms")),
            line(-5, "START RequestId: other Version: $LATEST"),
        ];
        logs(
            "PutLogEvents",
            &json!({ "logGroupName": "/aws/lambda/orders", "logStreamName": "s", "logEvents": events }),
        );
        let asked = LambdaAttempt {
            from: Timestamp(now - 100),
            to: Some(Timestamp(now)),
            ..attempt(Some(ID))
        };
        let log = session.lambda_log(&asked).await.unwrap();
        assert_eq!((log.found_by, log.lines.len()), (FoundBy::RequestId, 3), "{log:?}");
        let by_time =
            session.lambda_log(&LambdaAttempt { request_id: None, ..asked }).await.unwrap();
        assert_eq!(by_time.lines.len(), 4);
    });
}

#[test]
fn attempts_of_a_recorded_execution_are_found_by_the_visit() {
    let text = json!({ "events": [
        { "id": 1, "type": "ExecutionStarted", "timestamp": "2026-01-01T00:00:00Z" },
        { "id": 2, "previousEventId": 0, "type": "TaskStateEntered", "timestamp": "2026-01-01T00:00:00Z", "stateEnteredEventDetails": { "name": "A", "input": "{}" } },
        { "id": 3, "previousEventId": 2, "type": "TaskScheduled", "timestamp": "2026-01-01T00:00:00Z",
          "taskScheduledEventDetails": { "resourceType": "lambda", "resource": "invoke", "region": "eu-west-1", "parameters": "{\"FunctionName\":\"orders\"}" } },
    ] });
    let history = export::parse(&text.to_string()).expect("a history");
    let found = lambda_attempts(&history, EventId(2));
    assert_eq!(
        (found.len(), found[0].function.as_str(), found[0].from),
        (1, "orders", Timestamp(MIDNIGHT))
    );
}
