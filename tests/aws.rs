//! Reading AWS with the real SDK over HTTP: faults against a server of our own on loopback, the rest against moto's server, when
//! there is one.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

#[path = "aws/loopback.rs"]
mod loopback;
#[path = "aws/moto.rs"]
mod moto;

use std::time::Duration;

use loopback::{Reply, Request, Server, serve};
use serde_json::{Value, json};
use stepwell::aws::act::{Confirmed, Mock, TestState};
use stepwell::aws::browse::{ExecutionsOf, MachineType, RedriveStatus, Status};
use stepwell::aws::{
    AwsError, Cancel, Connection, ExecutionReader, Patience, ProfileFiles, Session, fetch_execution,
};
use stepwell::execution::{EventDetails, EventType, ExecutionStatus, export};

const EXECUTION: &str = "arn:aws:states:eu-west-1:123456789012:execution:orders:e-1";
const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

/// Profiles of a test: nothing of this machine's own is read.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config"), config).expect("written");
        let keys = "[keys]\naws_access_key_id = AKIATEST\naws_secret_access_key = not-a-secret\n";
        std::fs::write(folder.path().join("credentials"), keys).expect("written");
        Self { folder }
    }

    fn files(&self) -> ProfileFiles {
        let path = self.folder.path();
        ProfileFiles { config: path.join("config"), credentials: path.join("credentials") }
    }

    fn connection(&self, profile: &str, url: &str) -> Connection {
        Connection {
            profile: Some(profile.to_owned()),
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some(url.to_owned()),
            files: Some(self.files()),
            patience: Patience {
                attempt: Duration::from_millis(400),
                attempts: 3,
                first_wait: Duration::from_millis(20),
            },
            mfa_code: None,
        }
    }
}

async fn session(home: &Home, url: &str) -> Session {
    Session::connect(&home.connection("keys", url), None).await.expect("a connection")
}

/// Events of a history with a failure at its end, as AWS lists them.
fn event(id: u64, last: u64) -> Value {
    let mut event =
        json!({ "id": id, "previousEventId": id.saturating_sub(1), "timestamp": 1.7e9 });
    let (kind, member, details) = if id == 1 {
        ("ExecutionStarted", "executionStartedEventDetails", json!({ "input": "{}" }))
    } else if id == last {
        let details = json!({ "error": "Orders.Late", "cause": "it is late" });
        ("ExecutionFailed", "executionFailedEventDetails", details)
    } else if id.is_multiple_of(2) {
        let details = json!({ "name": "Pass", "input": "{\"n\":1}" });
        ("PassStateEntered", "stateEnteredEventDetails", details)
    } else {
        let details = json!({ "name": "Pass", "output": "{\"n\":1}" });
        ("PassStateExited", "stateExitedEventDetails", details)
    };
    event["type"] = json!(kind);
    event[member] = details;
    event
}

/// `GetExecutionHistory` with pages of `page` events, as AWS cuts them.
fn history_page(request: &Request, last: u64, page: u64) -> Value {
    let reverse = request.body["reverseOrder"] == true;
    let from: u64 =
        request.body["nextToken"].as_str().map_or(0, |it| it.parse().expect("a number of ours"));
    let upto = (from + page).min(last);
    let ids = (from..upto).map(|it| if reverse { last - it } else { it + 1 });
    let events: Vec<Value> = ids.map(|id| event(id, last)).collect();
    let next = (upto < last).then(|| json!(upto.to_string()));
    json!({ "events": events, "nextToken": next })
}

fn machine_for_execution() -> Value {
    json!({ "stateMachineArn": MACHINE, "name": "orders", "roleArn": "r", "updateDate": 1.7e9,
            "definition": "{\"StartAt\":\"Pass\",\"States\":{\"Pass\":{\"Type\":\"Pass\",\"End\":true}}}" })
}

fn history_server(last: u64, page: u64) -> Server {
    serve(move |request| match request.call.as_str() {
        "GetExecutionHistory" => Reply::Json(history_page(request, last, page)),
        "DescribeStateMachineForExecution" => Reply::Json(machine_for_execution()),
        _ => Reply::Error("UnknownOperationException", "no such call"),
    })
}

#[test]
fn the_failure_comes_with_the_first_page_and_the_rest_after_it() {
    let server = history_server(2500, 1000);
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        let first = reader.newest().await.unwrap();
        assert_eq!((first.read, first.total, first.complete), (1000, 2500, false));
        assert_eq!(reader.last_event().map(|it| it.event_type), Some(EventType::ExecutionFailed));
        assert!(reader.history().events().is_empty());
        let mut seen = Vec::new();
        reader.read(|it| seen.push(it.progress().read)).await.unwrap();
        assert_eq!(seen, [2000, 2500], "the newest thousand is not asked for again");
        assert_eq!(reader.history().events().len(), 2500);
        assert!(reader.tail().is_empty());
        assert!(matches!(reader.history().status(), ExecutionStatus::Failed { .. }));
        assert_eq!(session.requests(), 3);
    });
}

#[test]
fn a_history_of_25_000_events_takes_25_requests() {
    let server = history_server(25_000, 1000);
    let home = Home::with("");
    let mut connection = home.connection("keys", &server.url);
    connection.patience = Patience::default();
    let fetched = wait(fetch_execution(&connection, EXECUTION, |_| ())).unwrap();
    assert_eq!(fetched.history.events().len(), 25_000);
    let pages = server.calls().iter().filter(|it| *it == "GetExecutionHistory").count();
    assert_eq!(pages, 25);
}

#[test]
fn an_emulator_that_knows_no_reverse_order_is_read_as_well() {
    let server = serve(|request| {
        let mut request = request.clone();
        request.body["reverseOrder"] = json!(false);
        Reply::Json(history_page(&request, 250, 100))
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        reader.read(|_| ()).await.unwrap();
        assert_eq!(reader.history().events().len(), 250);
        assert_eq!(session.requests(), 3);
    });
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_page_leaves_what_has_come() {
    // Pages 3 and on break off, until the server is well again at request 6.
    let server = serve(|request| {
        let page = history_page(request, 350, 100);
        if (3..6).contains(&request.number) { Reply::Half(page) } else { Reply::Json(page) }
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        let err = reader.read(|_| ()).await.expect_err("the third page breaks off");
        let AwsError::Unreachable { call: "GetExecutionHistory", why, .. } = &err else {
            panic!("{err:?}")
        };
        assert!(why.contains("broke off"), "{why}");
        assert!(err.is_passing());
        assert_eq!(reader.history().events().len(), 100, "the page before it");
        assert_eq!(reader.tail().len(), 100, "and the newest");
        assert_eq!(reader.last_event().map(|it| it.id.0), Some(350));
        reader.read(|_| ()).await.expect("it goes on where it stopped");
        assert_eq!(reader.history().events().len(), 350);
    });
}

#[test]
fn a_hole_in_the_history_is_told_and_what_is_before_it_stays() {
    let server = serve(|request| {
        let mut page = history_page(request, 10, 100);
        let events = page["events"].as_array_mut().unwrap();
        events.retain(|it| it["id"] != 5);
        Reply::Json(page)
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        assert_eq!(reader.read(|_| ()).await, Err(AwsError::Gap { after: 4 }));
        assert_eq!(reader.history().events().len(), 4);
        assert_eq!(reader.tail().len(), 5);
    });
}

#[test]
fn a_list_without_end_is_given_up() {
    let server = serve(|request| {
        let token = format!("t{}", request.number);
        Reply::Json(json!({ "events": [], "nextToken": token }))
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        let err = reader.read(|_| ()).await.expect_err("no end");
        assert!(err.to_string().contains("no end"), "{err}");
        assert!(session.requests() < 30);
    });
}

#[test]
fn an_event_of_a_type_from_the_future_keeps_its_name() {
    let server = serve(|request| {
        let mut page = history_page(request, 3, 100);
        for event in page["events"].as_array_mut().unwrap() {
            if event["id"] == 2 {
                event["type"] = json!("QuantumStateEntered");
            }
        }
        Reply::Json(page)
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        reader.read(|_| ()).await.unwrap();
        let event = &reader.history().events()[1];
        assert!(matches!(&event.details, EventDetails::Unknown(_)));
        assert_eq!(
            export::event_to_json(event).get("type").and_then(|it| it.as_str()),
            Some("QuantumStateEntered")
        );
    });
}

#[test]
fn a_running_execution_is_followed_to_its_end() {
    // Three events at first, then two more, then the end: and one answer in between is an error of the server.
    let server = serve(|request| {
        let there = match request.number {
            1 => 3,
            2 | 3 => 5,
            4 => return Reply::Html(502),
            _ => 8,
        };
        let mut page = history_page(request, 8, 100);
        page["events"].as_array_mut().unwrap().retain(|it| it["id"].as_u64() <= Some(there));
        Reply::Json(page)
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut reader = ExecutionReader::new(&session, EXECUTION).unwrap();
        let mut seen = Vec::new();
        let status = reader.follow(|it| seen.push(it.events().len())).await.unwrap();
        assert!(matches!(status, ExecutionStatus::Failed { .. }));
        assert_eq!(seen, [3, 5, 8]);
    });
}

#[test]
fn throttling_is_waited_for_and_then_told() {
    let home = Home::with("");
    let once = serve(|request| {
        if request.number < 3 {
            return Reply::Error("ThrottlingException", "Rate exceeded");
        }
        Reply::Json(json!({ "stateMachines": [] }))
    });
    let always = serve(|_| Reply::Error("ThrottlingException", "Rate exceeded"));
    wait(async {
        let (items, err) = session(&home, &once.url).await.state_machines().at_least(1).await;
        assert_eq!((items.len(), err), (0, None));
        assert_eq!(once.calls().len(), 3);
        let (_, err) = session(&home, &always.url).await.state_machines().at_least(1).await;
        assert_eq!(err, Some(AwsError::Throttled { call: "ListStateMachines", attempts: 3 }));
        assert_eq!(always.calls().len(), 3);
    });
}

#[test]
fn the_limiter_holds_back_what_aws_would_throttle() {
    let server = serve(|_| Reply::Json(json!({ "tags": [] })));
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        for _ in 0..100 {
            session.tags(MACHINE).await.unwrap();
        }
        // The bucket is empty, and a token a second comes back: the next call waits, and can be cancelled meanwhile.
        let cancel = Cancel::default();
        let waiting = session.cancelled_by(&cancel);
        let (outcome, ()) = tokio::join!(waiting.tags(MACHINE), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        });
        assert_eq!(outcome, Err(AwsError::Cancelled));
        assert_eq!(server.calls().len(), 100);
    });
}

#[test]
fn silence_is_a_time_out_and_can_be_cancelled() {
    let server = serve(|_| Reply::Silence(Duration::from_secs(5)));
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let err = session.execution(EXECUTION).await.expect_err("nobody answers");
        assert!(matches!(err, AwsError::TimedOut { call: "DescribeExecution", .. }), "{err:?}");
        let cancel = Cancel::default();
        let cancelled = session.cancelled_by(&cancel);
        let (outcome, ()) = tokio::join!(cancelled.execution(EXECUTION), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            cancel.cancel();
        });
        assert_eq!(outcome, Err(AwsError::Cancelled));
        assert_eq!(cancelled.execution(EXECUTION).await, Err(AwsError::Cancelled));
    });
}

#[test]
fn what_is_no_aws_is_said_to_be_none() {
    let server = serve(|_| Reply::Html(404));
    let home = Home::with("");
    wait(async {
        let err = session(&home, &server.url).await.execution(EXECUTION).await;
        let text = err.expect_err("a proxy").to_string();
        assert!(text.contains("not as AWS does") || text.contains("can't be read"), "{text}");
        // A port where nothing listens: bound, and let go again.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://me:password@127.0.0.1:{port}");
        let err = session(&home, &url).await.execution(EXECUTION).await;
        let text = err.expect_err("nobody").to_string();
        assert!(text.contains("nothing listens there"), "{text}");
        assert!(!text.contains("password"), "{text}");
    });
}

#[test]
fn refusals_are_told_in_the_words_of_the_user() {
    let home = Home::with("");
    let outcome = |code: &'static str| {
        let server = serve(move |_| Reply::Error(code, "said AWS"));
        wait(async {
            let session = session(&home, &server.url).await;
            session.execution(EXECUTION).await.expect_err("refused")
        })
    };
    assert!(matches!(outcome("UnrecognizedClientException"), AwsError::WrongCredentials { .. }));
    assert!(matches!(outcome("InvalidSignatureException"), AwsError::WrongCredentials { .. }));
    assert!(matches!(outcome("ExpiredTokenException"), AwsError::ExpiredCredentials { .. }));
    assert!(matches!(outcome("AccessDeniedException"), AwsError::AccessDenied { .. }));
    assert!(matches!(outcome("ExecutionDoesNotExist"), AwsError::NotFound { .. }));
    assert!(matches!(outcome("InvalidArn"), AwsError::Refused { .. }));
}

#[test]
fn an_sso_sign_in_that_is_gone_names_the_command() {
    let config = "[profile work]\nsso_session = corp-of-a-test\nsso_account_id = 123456789012\nsso_role_name = Dev\n\
        region = eu-west-1\n[sso-session corp-of-a-test]\nsso_region = eu-west-1\n\
        sso_start_url = https://corp.invalid/start\n\
        [profile admin]\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = work\n\
        [profile guarded]\nrole_arn = arn:aws:iam::123456789012:role/Root\nsource_profile = keys\n\
        mfa_serial = arn:aws:iam::123456789012:mfa/me\n";
    let home = Home::with(config);
    let server = history_server(3, 100);
    wait(async {
        for profile in ["work", "admin"] {
            let connection = home.connection(profile, &server.url);
            let session = Session::connect(&connection, None).await.unwrap();
            let err = session.execution(EXECUTION).await.expect_err("nobody signed in");
            let command = "aws sso login --profile work".to_owned();
            assert_eq!(err, AwsError::SsoExpired { profile: "work".to_owned(), command });
        }
        let err = Session::connect(&home.connection("guarded", &server.url), None).await;
        let text = err.expect_err("a code is needed").to_string();
        assert!(text.contains("MFA") && text.contains("mfa/me"), "{text}");
        assert!(text.contains("aws configure export-credentials --profile guarded"), "{text}");
    });
    assert_eq!(server.calls().len(), 0, "nothing was sent");
}

#[test]
fn profiles_say_what_is_wrong_with_them() {
    let home = Home::with(
        "[profile nothing]\nregion = eu-west-1\n[profile placeless]\n\
         [profile tool]\ncredential_process = /nonexistent/tool --password hunter2\n\
         [profile loop]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = nowhere\n",
    );
    let server = history_server(3, 100);
    wait(async {
        let err = Session::connect(&home.connection("missing", &server.url), None).await;
        let known = ["keys", "loop", "nothing", "placeless", "tool"].map(str::to_owned);
        assert_eq!(
            err.expect_err("no such profile"),
            AwsError::UnknownProfile { profile: "missing".to_owned(), known: known.into() }
        );
        for profile in ["tool", "loop", "nothing"] {
            let connection = home.connection(profile, &server.url);
            let session = Session::connect(&connection, None).await.unwrap();
            let err = session.execution(EXECUTION).await.expect_err("no credentials");
            assert!(
                matches!(err, AwsError::CredentialsFailed { .. } | AwsError::NoCredentials),
                "{err:?}"
            );
            assert!(!err.to_string().contains("hunter2"), "{err}");
        }
    });
    assert_eq!(server.calls().len(), 0, "nothing was sent");
}

#[test]
fn a_line_that_makes_a_profile_file_unreadable_is_named() {
    let home = Home::with("[profile fine]\nregion = eu-west-1\nnonsense\n");
    let keys = "[fine]\naws_access_key_id = A\naws_secret_access_key = B\n";
    std::fs::write(home.files().credentials, keys).expect("written");
    let server = history_server(3, 100);
    wait(async {
        let session = Session::connect(&home.connection("fine", &server.url), None).await.unwrap();
        let text = session.execution(EXECUTION).await.expect_err("unreadable").to_string();
        assert!(text.contains("config: line 3: neither a section nor a setting"), "{text}");
    });
}

#[test]
fn credentials_show_neither_in_debug_nor_in_errors() {
    let server = serve(|_| Reply::Error("AccessDeniedException", "no"));
    let home = Home::with("");
    wait(async {
        let connection = home.connection("keys", &server.url);
        let session = Session::connect(&connection, None).await.unwrap();
        let err = session.execution(EXECUTION).await.expect_err("denied");
        let everything = format!("{session:?} {connection:?} {err:?} {err}");
        assert!(!everything.contains("not-a-secret") && !everything.contains("AKIATEST"));
    });
}

#[test]
fn a_profile_s_own_endpoint_is_asked() {
    let server = history_server(3, 100);
    let home = Home::with(&format!(
        "[profile local]\nregion = eu-west-1\nservices = emulators\nsource_profile = keys\n\
         [services emulators]\nsfn =\n  endpoint_url = {}\n",
        server.url
    ));
    let keys = "[local]\naws_access_key_id = A\naws_secret_access_key = B\n";
    std::fs::write(home.files().credentials, keys).expect("written");
    let connection = Connection {
        profile: Some("local".to_owned()),
        files: Some(home.files()),
        ..Connection::default()
    };
    let fetched = wait(fetch_execution(&connection, EXECUTION, |_| ())).unwrap();
    assert_eq!(fetched.history.events().len(), 3);
    assert_eq!(fetched.region, "eu-west-1");
}

#[test]
fn what_a_history_can_t_be_read_of_is_refused_before_anything_is_sent() {
    let connection = Connection::default();
    let fetch = |arn: &str| wait(fetch_execution(&connection, arn, |_| ())).expect_err("refused");
    assert_eq!(fetch("nonsense"), AwsError::NotAnExecution);
    assert_eq!(fetch(MACHINE), AwsError::NotAnExecution);
    assert_eq!(fetch("arn:aws:states:eu-west-1:1:express:m:n:uuid"), AwsError::Express);
}

fn yes() -> Confirmed {
    Confirmed {
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        machine: "orders".to_owned(),
    }
}

#[test]
fn nothing_is_done_that_was_not_confirmed() {
    let server = serve(|_| Reply::Json(json!({})));
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let others = [
            Confirmed { account: "999999999999".to_owned(), ..yes() },
            Confirmed { region: "us-east-1".to_owned(), ..yes() },
            Confirmed { machine: "payments".to_owned(), ..yes() },
        ];
        for other in &others {
            let err = session.start(other, MACHINE, "n", "{}").await.expect_err("not this one");
            assert!(matches!(err, AwsError::NotConfirmed { .. }), "{err:?}");
            assert!(session.stop(other, EXECUTION, None, None).await.is_err());
            assert!(session.redrive(other, EXECUTION).await.is_err());
            assert!(session.update_definition(other, MACHINE, "{}", None).await.is_err());
        }
        assert!(session.validate(&others[1], "{}", MachineType::Standard).await.is_err());
        assert!(session.test_state(&others[1], &TestState::default()).await.is_err());
        let role = Some("arn:aws:iam::111111111111:role/r".to_owned());
        let test = TestState { role_arn: role, ..TestState::default() };
        assert!(session.test_state(&yes(), &test).await.is_err());
    });
    assert_eq!(server.calls().len(), 0, "nothing was sent");
}

#[test]
fn an_execution_that_can_t_be_redriven_says_why() {
    let describe = |status: &'static str, reason: &'static str| {
        json!({ "executionArn": EXECUTION, "stateMachineArn": MACHINE, "status": "FAILED",
                "startDate": 1.7e9, "redriveCount": 2, "redriveStatus": status,
                "redriveStatusReason": reason })
    };
    let refused = serve(move |request| match request.call.as_str() {
        "DescribeExecution" => Reply::Json(describe("NOT_REDRIVABLE", "older than 14 days")),
        _ => Reply::Json(json!({ "redriveDate": 1.7e9 })),
    });
    let late = serve(move |request| match request.call.as_str() {
        "DescribeExecution" => Reply::Json(describe("REDRIVABLE", "")),
        _ => Reply::Error("ExecutionNotRedrivable", "it is running again"),
    });
    let allowed = serve(move |request| match request.call.as_str() {
        "DescribeExecution" => Reply::Json(describe("REDRIVABLE", "")),
        _ => Reply::Json(json!({ "redriveDate": 1.7e9 })),
    });
    let home = Home::with("");
    wait(async {
        let facts = session(&home, &refused.url).await.execution(EXECUTION).await.unwrap();
        assert_eq!((facts.redrive.count, facts.status), (2, Status::Failed));
        assert_eq!(facts.redrive.status, RedriveStatus::NotRedrivable);
        let err = session(&home, &refused.url).await.redrive(&yes(), EXECUTION).await;
        let reason = "older than 14 days".to_owned();
        assert_eq!(err, Err(AwsError::NotRedrivable { reason }));
        assert!(!refused.calls().contains(&"RedriveExecution".to_owned()));
        let err = session(&home, &late.url).await.redrive(&yes(), EXECUTION).await;
        let reason = "it is running again".to_owned();
        assert_eq!(err, Err(AwsError::NotRedrivable { reason }));
        let at = session(&home, &allowed.url).await.redrive(&yes(), EXECUTION).await.unwrap();
        assert_eq!(at.0, 1_700_000_000_000);
    });
}

#[test]
fn a_definition_that_somebody_else_changed_is_not_overwritten() {
    let server = serve(|request| match request.call.as_str() {
        "DescribeStateMachine" => Reply::Json(
            json!({ "stateMachineArn": MACHINE, "name": "orders", "definition": "{}", "roleArn": "r",
                    "type": "STANDARD", "creationDate": 1.7e9, "revisionId": "new" }),
        ),
        _ => Reply::Json(json!({ "updateDate": 1.7e9, "revisionId": "newer" })),
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let err = session.update_definition(&yes(), MACHINE, "{}", Some("old")).await;
        assert!(err.expect_err("changed").to_string().contains("somebody else"));
        let done = session.update_definition(&yes(), MACHINE, "{}", Some("new")).await.unwrap();
        assert_eq!(done.revision_id.as_deref(), Some("newer"));
        let updates = server.calls().iter().filter(|it| *it == "UpdateStateMachine").count();
        assert_eq!(updates, 1);
    });
}

#[test]
fn a_state_is_tested_and_a_definition_validated_at_the_endpoint_that_was_given() {
    let server = serve(|request| match request.call.as_str() {
        "TestState" => Reply::Json(json!({
            "status": "CAUGHT_ERROR", "error": "E", "nextState": "Handler",
            "inspectionData": { "input": "{}", "afterResultPath": "{\"a\":1}" }
        })),
        _ => Reply::Json(json!({ "result": "FAIL", "truncated": false, "diagnostics": [{
            "severity": "ERROR", "code": "MISSING_TRANSITION_TARGET", "message": "m", "location": "/States/A/Next"
        }] })),
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mock = Mock::Error { error: "E".to_owned(), cause: None };
        let test =
            TestState { definition: "{}".to_owned(), mock: Some(mock), ..TestState::default() };
        let answer = session.test_state(&yes(), &test).await.unwrap();
        assert_eq!(
            (answer.status.as_str(), answer.next_state.as_deref()),
            ("CAUGHT_ERROR", Some("Handler"))
        );
        assert_eq!(answer.inspection.get("afterResultPath").map(String::as_str), Some("{\"a\":1}"));
        let found = session.validate(&yes(), "{}", MachineType::Express).await.unwrap();
        assert!(!found.is_ok);
        assert_eq!(found.findings[0].location.as_deref(), Some("/States/A/Next"));
    });
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].body["mock"]["errorOutput"]["error"], "E");
    assert_eq!(seen[1].body["type"], "EXPRESS");
}

#[test]
fn versions_aliases_tags_and_map_runs_are_read() {
    let run = "arn:aws:states:eu-west-1:123456789012:mapRun:orders/Items:id";
    let server = serve(move |request| {
        let counts = json!({ "pending": 1, "running": 2, "succeeded": 3, "failed": 4, "timedOut": 5,
            "aborted": 6, "total": 21, "resultsWritten": 3 });
        Reply::Json(match request.call.as_str() {
            "ListStateMachineVersions" => json!({ "stateMachineVersions": [
                { "stateMachineVersionArn": format!("{MACHINE}:2"), "creationDate": 1.7e9 }] }),
            "ListStateMachineAliases" => json!({ "stateMachineAliases": [
                { "stateMachineAliasArn": format!("{MACHINE}:live"), "creationDate": 1.7e9 }] }),
            "DescribeStateMachineAlias" => json!({ "name": "live", "routingConfiguration": [
                { "stateMachineVersionArn": format!("{MACHINE}:2"), "weight": 100 }] }),
            "ListTagsForResource" => json!({ "tags": [{ "key": "team", "value": "orders" }] }),
            "ListMapRuns" => json!({ "mapRuns": [{ "mapRunArn": run, "executionArn": EXECUTION,
                "stateMachineArn": MACHINE, "startDate": 1.7e9 }] }),
            "DescribeMapRun" => json!({ "mapRunArn": run, "executionArn": EXECUTION,
                "status": "FAILED", "startDate": 1.7e9, "maxConcurrency": 10,
                "toleratedFailurePercentage": 5.0, "toleratedFailureCount": 7, "itemCounts": counts,
                "executionCounts": counts }),
            _ => json!({ "executions": [{ "executionArn": EXECUTION, "stateMachineArn": MACHINE,
                "name": "child", "status": "FAILED", "startDate": 1.7e9, "mapRunArn": run,
                "itemCount": 40 }] }),
        })
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        assert_eq!(session.versions(MACHINE).at_least(1).await.0[0].arn, format!("{MACHINE}:2"));
        let alias = session.aliases(MACHINE).at_least(1).await.0.remove(0);
        let alias = session.alias(&alias.arn).await.unwrap();
        assert_eq!(alias.routes, [(format!("{MACHINE}:2"), 100)]);
        let tags = session.tags(MACHINE).await.unwrap();
        assert_eq!(tags, [("team".to_owned(), "orders".to_owned())]);
        let runs = session.map_runs(EXECUTION).at_least(1).await.0;
        let facts = session.map_run(&runs[0].arn).await.unwrap();
        assert_eq!((facts.status, facts.items.failed, facts.items.total), (Status::Failed, 4, 21));
        let of = ExecutionsOf::MapRun(run.to_owned());
        let children = session.executions(&of, Some(Status::Failed)).at_least(1).await.0;
        assert_eq!(children[0].item_count, Some(40));
    });
    let seen = server.seen.lock().unwrap();
    let listed = seen.iter().find(|it| it.call == "ListExecutions").expect("asked");
    assert_eq!(listed.body["mapRunArn"], run);
    assert_eq!(listed.body["statusFilter"], "FAILED");
}

#[test]
fn pages_are_fetched_as_they_are_wanted_and_again_after_an_error() {
    let server = serve(|request| {
        let from: usize = request.body["nextToken"]
            .as_str()
            .map_or(0, |it| it.parse().expect("a number of ours"));
        if request.number == 2 {
            return Reply::Error("AccessDeniedException", "not just now");
        }
        let machines: Vec<Value> = (from..from + 10)
            .map(|it| {
                json!({ "stateMachineArn": format!("{MACHINE}{it}"), "name": format!("m{it}"),
                        "type": "EXPRESS", "creationDate": 1.7e9 })
            })
            .collect();
        let next = (from < 20).then(|| (from + 10).to_string());
        Reply::Json(json!({ "stateMachines": machines, "nextToken": next }))
    });
    let home = Home::with("");
    wait(async {
        let mut pages = session(&home, &server.url).await.state_machines();
        assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 10);
        assert!(matches!(pages.next_page().await, Some(Err(AwsError::AccessDenied { .. }))));
        assert!(!pages.is_complete());
        let (rest, err) = pages.at_least(usize::MAX).await;
        assert_eq!((rest.len(), err), (20, None));
        assert_eq!(rest[19].name, "m29");
        assert_eq!(rest[0].machine_type, MachineType::Express);
        assert!(pages.is_complete() && pages.next_page().await.is_none());
    });
}

#[test]
fn empty_pages_without_end_are_given_up() {
    let server = serve(|request| {
        let token = format!("t{}", request.number);
        Reply::Json(json!({ "executions": [], "nextToken": token }))
    });
    let home = Home::with("");
    wait(async {
        let session = session(&home, &server.url).await;
        let mut pages = session.executions(&ExecutionsOf::StateMachine(MACHINE.to_owned()), None);
        let (items, err) = pages.at_least(10).await;
        assert_eq!((items.len(), err), (0, None));
        assert!(pages.is_complete() && session.requests() <= 100);
    });
}

#[test]
fn an_answer_without_end_is_given_up() {
    let home = Home::with("");
    for slow in [None, Some(Duration::from_millis(30))] {
        let server = serve(move |_| Reply::Endless(slow));
        wait(async {
            let mut connection = home.connection("keys", &server.url);
            connection.patience.attempts = 1;
            let session = Session::connect(&connection, None).await.expect("a connection");
            let err = session.execution(EXECUTION).await.expect_err("no end");
            let is_told = matches!(err, AwsError::TimedOut { .. })
                || err.to_string().contains("its answer is longer than");
            assert!(is_told, "{err}");
        });
    }
}

#[test]
fn nonsense_is_an_error_in_words_or_as_good_as_absent() {
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let answers: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"\xff\xfe{\x00}".to_vec(),
        b"{\"executionArn\":\"\xff\xff\"}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        br#"{"executionArn":7,"status":[],"startDate":"never"}"#.to_vec(),
        br#"{"executionArn":"a","status":"RUNNING","startDate":1e300}"#.to_vec(),
        br#"{"executionArn":"a","status":"RUNNING","startDate":-1e300,"stopDate":1e999}"#.to_vec(),
        br#"{"events":{"id":"x"},"executions":[null,7,{}],"nextToken":[]}"#.to_vec(),
        br#"{"events":[{"id":-5,"type":"","timestamp":9e99},{"id":9223372036854775807,"type":"X","timestamp":0}]}"#.to_vec(),
        br#"{"events":[{"id":1e19,"type":"ExecutionStarted","timestamp":0}]}"#.to_vec(),
        deep.into_bytes(),
    ];
    let home = Home::with("");
    for bytes in answers {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let server = serve(move |_| Reply::Bytes(bytes.clone()));
        wait(async {
            let mut connection = home.connection("keys", &server.url);
            connection.patience.attempts = 1;
            connection.patience.attempt = Duration::from_secs(5);
            let session = Session::connect(&connection, None).await.expect("a connection");
            let mut told = Vec::new();
            told.extend(session.execution(EXECUTION).await.err());
            told.extend(session.state_machine(MACHINE).await.err());
            told.extend(session.state_machines().at_least(10).await.1);
            told.extend(
                ExecutionReader::new(&session, EXECUTION).unwrap().read(|_| ()).await.err(),
            );
            for err in told {
                let text = err.to_string();
                assert!(text.len() < 1000 && !text.contains('\0'), "{shown}: {text}");
            }
        });
    }
}

#[test]
fn words_of_others_are_shortened() {
    let server = serve(|_| Reply::Json(json!({})));
    let home = Home::with(
        "[profile junk]\ncredential_process = sh -c 'yes word | head -c 300000 >&2; exit 1'\n\
         [profile noise]\ncredential_process = head -c 300000 /dev/urandom\n\
         [profile half]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIASHOWN\",\"SecretAccessKey\":\"not-to-be-shown\",'\n",
    );
    wait(async {
        for profile in ["junk", "noise", "half"] {
            let mut connection = home.connection(profile, &server.url);
            connection.patience.attempts = 1;
            let session = Session::connect(&connection, None).await.expect("a connection");
            let text = session.execution(EXECUTION).await.expect_err(profile).to_string();
            assert!(text.len() < 10_000, "{profile}: {}", text.len());
            assert!(!text.contains("not-to-be-shown") && !text.contains("AKIASHOWN"), "{text}");
        }
    });
    let server =
        serve(|_| Reply::Error("SomethingElse", Box::leak("m".repeat(1_000_000).into_boxed_str())));
    wait(async {
        let err = session(&home, &server.url).await.execution(EXECUTION).await;
        let text = err.expect_err("refused").to_string();
        assert!(text.len() < 10_000 && text.contains("mmm"), "{}", text.len());
    });
}

/// A machine that fails, for a reason.
fn failing_machine() -> Value {
    json!({ "StartAt": "Take", "States": {
        "Take": { "Type": "Pass", "Result": { "x": 1 }, "Next": "Refuse" },
        "Refuse": { "Type": "Fail", "Error": "Orders.Late", "Cause": "it is late" } } })
}

fn passing_machine() -> Value {
    json!({ "StartAt": "Take", "States": { "Take": { "Type": "Pass", "End": true } } })
}

#[test]
fn all_of_it_against_moto() {
    let Some(moto) = moto::Moto::start() else { return };
    let orders = moto.machine("orders", &failing_machine());
    for number in 0..3 {
        moto.machine(&format!("m{number}"), &passing_machine());
    }
    let failed = moto.execution(&orders, "e-1");
    let home = Home::with(&format!(
        "[profile moto]\nregion = eu-west-1\nendpoint_url = {url}\n\
         [profile role]\nregion = eu-west-1\nendpoint_url = {url}\n\
         role_arn = arn:aws:iam::123456789012:role/Reader\nsource_profile = keys\n",
        url = moto.url
    ));
    let keys = "[moto]\naws_access_key_id = A\naws_secret_access_key = B\n\
                [keys]\naws_access_key_id = A\naws_secret_access_key = B\n";
    std::fs::write(home.files().credentials, keys).expect("written");
    let of = |profile: &str| Connection {
        profile: Some(profile.to_owned()),
        files: Some(home.files()),
        ..Connection::default()
    };
    wait(async {
        // From a profile to the failed state: identity, machines, failed executions, the newest events.
        let session = Session::connect(&of("moto"), None).await.unwrap();
        let identity = session.identity().await.unwrap();
        assert_eq!((identity.account.as_str(), identity.expires), ("123456789012", None));
        let (machines, err) = session.state_machines().at_least(1).await;
        assert_eq!((machines.len(), err), (4, None));
        let of_orders = ExecutionsOf::StateMachine(orders.clone());
        let mut pages = session.executions(&of_orders, Some(Status::Failed));
        let executions = pages.next_page().await.unwrap().unwrap();
        assert_eq!(executions.iter().map(|it| it.arn.as_str()).collect::<Vec<_>>(), [&failed]);
        let mut reader = ExecutionReader::new(&session, &failed).unwrap();
        reader.newest().await.unwrap();
        assert_eq!(reader.last_event().map(|it| it.event_type), Some(EventType::ExecutionFailed));
        println!("to the failed state: {} requests", session.requests());
        assert_eq!(session.requests(), 4);
        reader.read(|_| ()).await.unwrap();
        let ExecutionStatus::Failed { error, .. } = reader.history().status() else {
            panic!("it failed")
        };
        assert_eq!(error.as_deref(), Some("Orders.Late"));
        let as_run = reader.definition().await.unwrap();
        assert!(as_run.definition.contains("Orders.Late"));
        assert_eq!(export_again(&reader), export::to_json(reader.history()));

        let succeeded = session.executions(&of_orders, Some(Status::Succeeded)).at_least(1).await;
        assert_eq!(succeeded, (Vec::new(), None));
        let last = session.last_execution(&orders).await.unwrap();
        assert_eq!(last.map(|it| it.status), Some(Status::Failed));
        assert_eq!(session.tags(&orders).await.unwrap(), [("team".into(), "orders".into())]);
        let facts = session.execution(&failed).await.unwrap();
        assert_eq!((facts.status, facts.error.as_deref()), (Status::Failed, Some("Orders.Late")));
        let now = session.state_machine(&orders).await.unwrap();
        assert_eq!((now.name.as_str(), now.machine_type), ("orders", MachineType::Standard));
        let missing = failed.replace("e-1", "never");
        let err = session.execution(&missing).await.expect_err("no such execution");
        assert!(matches!(err, AwsError::NotFound { .. }), "{err:?}");

        // Acts, each confirmed.
        let started = session.start(&yes(), &orders, "e-2", "{}").await.unwrap();
        assert!(started.execution_arn.ends_with(":orders:e-2"));
        let mut follower = ExecutionReader::new(&session, &started.execution_arn).unwrap();
        let status = follower.follow(|_| ()).await.unwrap();
        assert!(matches!(status, ExecutionStatus::Failed { .. }));
        let better = passing_machine().to_string();
        session.update_definition(&yes(), &orders, &better, None).await.unwrap();
        let now = session.state_machine(&orders).await.unwrap().definition;
        assert!(!now.contains("Orders.Late"), "{now}");

        // Through a role: the account says the role, and the credentials end some time.
        let session = Session::connect(&of("role"), None).await.unwrap();
        let identity = session.identity().await.unwrap();
        assert!(identity.arn.contains("assumed-role/Reader"), "{}", identity.arn);
        assert!(identity.expires.is_some());

        // Keys that nobody knows.
        moto.know_nobody();
        let session = Session::connect(&of("moto"), None).await.unwrap();
        let err = session.state_machines().next_page().await.unwrap().expect_err("unknown keys");
        assert!(matches!(err, AwsError::WrongCredentials { .. }), "{err:?}");
        let err = session.identity().await.expect_err("unknown keys");
        assert!(matches!(err, AwsError::WrongCredentials { .. }), "{err:?}");
    });
}

fn export_again(reader: &ExecutionReader) -> stepwell::json::Value {
    let text = export::to_json(reader.history()).to_string();
    export::to_json(&export::parse(&text).expect("what was written is read"))
}
