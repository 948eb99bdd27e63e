//! The window's model and the window itself, at deployed APIs and logs.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use stepwell::app::attach::{Act, AwsCommand, Choice, Link, Step};
use stepwell::app::remote::{
    Auth, BodyComparison, Comparison, Discovery, LambdaState, Secret, Target, TargetKind,
};
use stepwell::app::{
    App, Command, Exchange, Pane, Progress, RemoteCommand, RequestDraft, SentTo, StartedThere,
};

use super::loopback::{Reply, Request, Server, serve};
use super::windowed::{self, Windowed, app, click, window};
use super::{EXPRESS, Home, ID, MACHINE, MIDNIGHT, all_events, described, filtered};

const CRUD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-machines/crud/terraform");

fn opened(path: &Path) -> App {
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(path.to_owned()));
    until(&mut app, "the project is open", |app| app.opening.is_none());
    app
}

/// Lets time pass until something is so.
fn until(app: &mut App, what: &str, so: impl Fn(&App) -> bool) {
    for _ in 0..400 {
        if so(app) {
            return;
        }
        app.wait_and_tick(Duration::from_millis(25));
    }
    panic!("never came to be: {what}; {:?}", app.notices);
}

fn remote(app: &mut App, command: RemoteCommand) {
    app.run_command(Command::Remote(command));
}

fn aim(app: &mut App, target: Target) {
    remote(app, RemoteCommand::SetTarget(Box::new(target)));
}

fn stage(url: &str) -> Target {
    Target { kind: TargetKind::Stage, url: url.to_owned(), ..Target::default() }
}

fn draft(app: &mut App, method: &str, url: &str, body: &str) {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let (method, url, body) = (method.to_owned(), url.to_owned(), body.to_owned());
    let draft = RequestDraft { api: 0, method, url, headers, body };
    app.run_command(Command::SetRequest(Box::new(draft)));
}

fn away(app: &App) -> &Exchange {
    let is_away = |it: &&Exchange| it.sent_to != SentTo::Emulator;
    app.exchanges.iter().rev().find(is_away).expect("one was sent")
}

fn is_done(app: &App) -> bool {
    app.exchanges.iter().any(|it| it.sent_to != SentTo::Emulator)
        && !matches!(away(app).progress, Progress::Sending)
}

/// `stepwell serve` as a program of its own; it ends with the test.
struct Serving {
    process: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            self.process.wait().expect("it was started here");
        }
    }
}

fn serving() -> Serving {
    let mut process = Process::new(env!("CARGO_BIN_EXE_stepwell"))
        .args(["serve", CRUD, "--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it was built for this test");
    let stdout = process.stdout.take().expect("it is piped");
    let mut lines = std::io::BufReader::new(stdout).lines().map_while(Result::ok);
    let url = lines
        .find_map(|line| {
            let at = line.find("http://127.0.0.1:")?;
            let url = line[at..].split_whitespace().next()?;
            Some(url.trim_end_matches(['/', '.', ',']).to_owned())
        })
        .expect("it says where it serves");
    Serving { process, url }
}

#[test]
fn the_same_request_to_a_served_api_is_answered_and_compared() {
    let serving = serving();
    let mut app = opened(Path::new(CRUD));
    aim(&mut app, stage(&serving.url));
    draft(&mut app, "POST", "/items", r#"{"make":"MINI","model":"Cooper","year":2015}"#);
    remote(&mut app, RemoteCommand::SendBoth);
    until(&mut app, "both have answered", |app| {
        is_done(app) && app.exchanges.iter().all(|it| it.response().is_some())
    });
    let sent = away(&app);
    assert_eq!(sent.response().map(|it| it.status), Some(201), "{:?}", sent.progress);
    let emulated = app.counterpart(sent).expect("the emulator answered the same request");
    assert_eq!(emulated.sent_to, SentTo::Emulator);
    let found = Comparison::of(emulated.response().unwrap(), sent.response().unwrap());
    assert!(found.agrees(), "{found:?}");
    assert!(matches!(&found.body, BodyComparison::Json(_) | BodyComparison::Same));
    // A path that nobody has is answered by both gateways alike.
    draft(&mut app, "GET", "/nowhere", "");
    remote(&mut app, RemoteCommand::SendBoth);
    until(&mut app, "the second answer", |app| {
        is_done(app) && away(app).request.path == "/nowhere"
    });
    let sent = away(&app);
    assert_eq!(sent.response().map(|it| it.status / 100), Some(4));
    let emulated = app.counterpart(sent).expect("the emulator's");
    assert_eq!(emulated.response().unwrap().status, sent.response().unwrap().status);
}

#[test]
fn keys_and_tokens_go_out_and_stay_out_of_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.json");
    let server = serve(|_| Reply::Json(json!({ "ok": true })));
    let mut app = App::new(Some(settings.clone()), Arc::new(|| ()));
    app.run_command(Command::Open(CRUD.into()));
    until(&mut app, "the project is open", |app| app.opening.is_none());
    draft(&mut app, "POST", "/items", "{}");
    for (auth, header) in [(Auth::ApiKey, "x-api-key"), (Auth::Bearer, "authorization")] {
        let target = Target {
            auth,
            api_key: Secret("very-secret-key".into()),
            token: Secret("very-secret-token".into()),
            ..stage(&format!("{}/prod/", server.url))
        };
        aim(&mut app, target);
        app.run_command(Command::SendRequest);
        until(&mut app, "an answer", is_done);
        let sent = server.seen().pop().unwrap();
        assert_eq!((sent.method.as_str(), sent.target.as_str()), ("POST", "/prod/items"));
        assert!(sent.header(header).unwrap().contains("very-secret"), "{header}");
        app.run_command(Command::CopyAsCurl);
        let copied = |app: &App| {
            let text = |it: &Command| {
                if let Command::CopyText(text) = it { Some(text.clone()) } else { None }
            };
            app.for_window.iter().rev().find_map(text)
        };
        let text = copied(&app).unwrap();
        assert!(text.contains("/prod/items") && !text.contains("very-secret"), "{text}");
        remote(&mut app, RemoteCommand::CopyCurlWithSecret);
        assert!(copied(&app).unwrap().contains("very-secret"), "asked for");
        app.for_window.clear();
        app.run_command(Command::ClearExchanges);
    }
    app.run_command(Command::SendRequest);
    until(&mut app, "an answer", is_done);
    app.save_settings();
    assert!(!std::fs::read_to_string(&settings).unwrap().contains("very-secret"));
    assert!(!format!("{app:?}").contains("very-secret"));
    // What was typed by hand is as secret, wherever it would go.
    let own_headers = vec![("Authorization".to_owned(), "very-secret-by-hand".to_owned())];
    for kind in [TargetKind::Stage, TargetKind::Emulated, TargetKind::TestInvoke] {
        aim(&mut app, Target { kind, ..stage(&format!("{}/prod/", server.url)) });
        let typed = RequestDraft { headers: own_headers.clone(), ..app.draft.clone() };
        app.run_command(Command::SetRequest(Box::new(typed)));
        app.run_command(Command::CopyAsCurl);
        let Some(Command::CopyText(text)) = app.for_window.pop() else { panic!("copied") };
        assert!(text.contains("Authorization: SECRET") && !text.contains("very-secret"), "{text}");
    }
}

#[test]
fn what_may_change_an_account_is_asked_about_first() {
    let mut app = opened(Path::new(CRUD));
    aim(&mut app, stage("https://a1.execute-api.eu-west-1.amazonaws.com/prod"));
    draft(&mut app, "DELETE", "/items/7", "");
    app.run_command(Command::SendRequest);
    let asked = app.remote.asked.as_ref().expect("it is asked about");
    assert_eq!(asked.place, "https://a1.execute-api.eu-west-1.amazonaws.com/prod/items/7");
    assert_eq!(asked.region.as_deref(), Some("eu-west-1"));
    assert!(app.exchanges.is_empty(), "nothing has left");
    remote(&mut app, RemoteCommand::DismissSend);
    assert!(app.remote.asked.is_none() && app.exchanges.is_empty());
    // A secret on an open line, and a URL that is none, are not even asked about.
    let open =
        Target { auth: Auth::Bearer, token: Secret("t".into()), ..stage("http://example.com") };
    for target in [open, stage(""), Target { kind: TargetKind::TestInvoke, ..Target::default() }] {
        aim(&mut app, target);
        app.run_command(Command::SendRequest);
        assert!(app.remote.asked.is_none() && app.exchanges.is_empty());
    }
    aim(&mut app, stage("ftp://127.0.0.1/x"));
    app.run_command(Command::SendRequest);
    until(&mut app, "it is refused", is_done);
    let Progress::Failed(why) = &away(&app).progress else { panic!("{:?}", away(&app).progress) };
    assert!(why.contains("http://"), "{why}");
}

#[test]
fn a_request_that_hangs_is_cancelled_and_one_that_fails_says_why() {
    let server = serve(|_| Reply::Silence(Duration::from_secs(30)));
    let mut app = opened(Path::new(CRUD));
    aim(&mut app, stage(&server.url));
    draft(&mut app, "GET", "/items", "");
    app.run_command(Command::SendRequest);
    let id = away(&app).id;
    assert!(app.remote.is_under_way(id));
    remote(&mut app, RemoteCommand::Cancel(id));
    until(&mut app, "it has ended", is_done);
    assert!(matches!(&away(&app).progress, Progress::Failed(why) if why == "Cancelled"));
    aim(&mut app, stage("http://127.0.0.1:9"));
    app.run_command(Command::SendRequest);
    until(&mut app, "it has failed", is_done);
    assert!(
        matches!(&away(&app).progress, Progress::Failed(why) if why.contains("nothing listens"))
    );
    // Bodies of any kind are shown as far as they go.
    for body in [vec![0xff, 0xfe, 0x00], "[".repeat(100_000).into_bytes(), Vec::new()] {
        let bytes = body.clone();
        let server = serve(move |_| {
            Reply::Plain(200, vec![("content-encoding", "br".into())], bytes.clone())
        });
        aim(&mut app, stage(&server.url));
        app.run_command(Command::ClearExchanges);
        app.run_command(Command::SendRequest);
        until(&mut app, "it has answered", is_done);
        assert!(away(&app).notes[0].contains("br-encoded"), "{:?}", away(&app).notes);
    }
}

// ---------------------------------------------------------------------------------------------------------- an account

const LOG: &str = "Execution log for request 1
Thu Jan 01 00:00:00 UTC 2026 : Starting execution for request: 1
Thu Jan 01 00:00:00 UTC 2026 : Method request body before transformations: {\"a\":1}
Thu Jan 01 00:00:00 UTC 2026 : Endpoint request body after transformations: {\"input\":\"{}\"}
Thu Jan 01 00:00:00 UTC 2026 : Endpoint response body before transformations: {\"executionArn\":\"arn:aws:states:eu-west-1:123456789012:express:orders:e-1:u-1\"}
Thu Jan 01 00:00:00 UTC 2026 : Method completed with status: 200
";

/// Everything of an account that these tests ask.
fn account(request: &Request) -> Reply {
    let target = request.target.split('?').next().unwrap_or("");
    match (request.call(), target) {
        ("ListStateMachines", _) => Reply::Json(json!({ "stateMachines": [
            { "stateMachineArn": MACHINE, "name": "orders", "type": "EXPRESS", "creationDate": 1.7e9 }] })),
        ("DescribeStateMachine", _) => {
            let mut machine = described("ALL", true);
            if request.text.contains("stateMachine:orders") {
                return Reply::Json(machine);
            }
            machine["type"] = json!("STANDARD");
            machine["stateMachineArn"] = request.body["stateMachineArn"].clone();
            Reply::Json(machine)
        }
        ("ListExecutions", _) => {
            let now =
                std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs_f64();
            let arn =
                |name: &str| format!("arn:aws:states:eu-west-1:123456789012:execution:m:{name}");
            let item = |name: &str, at: f64| {
                json!({ "executionArn": arn(name), "name": name, "status": "SUCCEEDED",
                "stateMachineArn": request.body["stateMachineArn"], "startDate": at })
            };
            Reply::Json(
                json!({ "executions": [item("later", now + 900.0), item("mine", now), item("before", now - 900.0)] }),
            )
        }
        ("FilterLogEvents", _) if request.body["logGroupName"] != "/aws/lambda/orders" => {
            filtered(request, &all_events(), 3)
        }
        ("FilterLogEvents", _) => Reply::Json(json!({ "events": [
            { "timestamp": MIDNIGHT, "message": "hello from the function", "logStreamName": "s" }] })),
        ("GetLogEvents", _) => Reply::Json(json!({ "nextForwardToken": "f/1", "events": [
            { "timestamp": MIDNIGHT, "message": format!("START RequestId: {ID}") },
            { "timestamp": MIDNIGHT, "message": "hello from the function" }] })),
        (_, "/restapis") => Reply::Json(json!({ "item": [
            { "id": "other1", "name": "something" }, { "id": "own1", "name": "a name that was generated" }] })),
        (_, "/restapis/own1/resources") => Reply::Json(json!({ "item": [
            { "id": "r0", "path": "/" },
            { "id": "r1", "path": "/items", "resourceMethods": { "GET": {}, "POST": {} } },
            { "id": "r2", "path": "/items/{id}", "resourceMethods": { "GET": {}, "PUT": {}, "DELETE": {} } }] })),
        (_, "/restapis/own1/stages") => Reply::Json(json!({ "item": [{ "stageName": "prod" }] })),
        (_, "/restapis/other1/resources") => {
            Reply::Error(403, "AccessDeniedException", "not authorized")
        }
        (_, "/restapis/other1/stages") => Reply::Json(json!({ "item": [] })),
        (_, "/restapis/own1/resources/r1/methods/POST") => Reply::Json(json!({
            "status": 200, "body": "{\"ok\":true}", "log": LOG, "latency": 7, "headers": { "Content-Type": "application/json" } })),
        _ => Reply::Error(400, "UnknownOperationException", "no such call"),
    }
}

fn attached(path: &Path, home: &Home, server: &Server) -> App {
    let mut app = opened(path);
    let connection = home.connection("keys", &server.url);
    app.attach.connection.files = connection.files;
    app.attach.connection.patience = Some(connection.patience);
    let choice = Choice {
        profile: connection.profile,
        region: "eu-west-1".to_owned(),
        endpoint_url: server.url.clone(),
    };
    app.run_command(Command::Aws(AwsCommand::Connect(choice)));
    until(&mut app, "the account is attached", |app| {
        let link = &app.attach.connection.link;
        matches!(link, Link::On(it) if it.account() == Some("123456789012"))
    });
    app
}

#[test]
fn a_method_is_found_invoked_and_its_log_told_in_stages() {
    let server = serve(account);
    let home = Home::new();
    let mut app = attached(Path::new(CRUD), &home, &server);
    remote(&mut app, RemoteCommand::Discover);
    until(&mut app, "the APIs are found", |app| matches!(app.discovery(), Discovery::Found(_)));
    let Discovery::Found(found) = app.discovery() else { panic!("found a moment ago") };
    assert_eq!((found[0].api.id.as_str(), found[0].shared), ("own1", Some(100)), "{found:?}");
    assert_eq!(found[0].stages[0].1, "https://own1.execute-api.eu-west-1.amazonaws.com/prod");
    assert!(found[1].problem.as_deref().unwrap().contains("GetResources"), "the rest still came");
    assert_eq!(app.remote.target.api_id, "own1", "the likeliest is chosen");
    assert_eq!(found[0].resource_of("POST", "/items").map(|it| it.id.as_str()), Some("r1"));

    let target =
        Target { kind: TargetKind::TestInvoke, api_id: "own1".into(), ..Target::default() };
    aim(&mut app, target);
    for method in ["GET", "POST"] {
        draft(&mut app, method, "/items", "");
        app.run_command(Command::SendRequest);
        assert!(app.remote.asked.is_none() && app.exchanges.is_empty(), "the session is read-only");
        let said = app.notices.iter().any(|it| it.remedy.contains("Read-only"));
        assert!(said, "{:?}", app.notices);
    }
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(false)));
    draft(&mut app, "GET", "/items", "");
    app.run_command(Command::SendRequest);
    assert!(app.remote.asked.is_some(), "a GET may start an execution as well");
    // Switched on again while the question stands.
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(true)));
    remote(&mut app, RemoteCommand::ConfirmSend { for_session: true });
    assert!(app.exchanges.is_empty() && !app.remote.without_asking);
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(false)));
    draft(&mut app, "POST", "/items", "{}");
    app.run_command(Command::SendRequest);
    let asked = app.remote.asked.as_ref().expect("it runs a real integration");
    assert_eq!(
        (asked.account.as_deref(), asked.region.as_deref()),
        (Some("123456789012"), Some("eu-west-1"))
    );
    remote(&mut app, RemoteCommand::ConfirmSend { for_session: false });
    until(&mut app, "it has answered", is_done);
    let sent = away(&app);
    assert_eq!(sent.response().map(|it| it.body.as_str()), Some("{\"ok\":true}"));
    let stages: Vec<&str> = sent.stages().iter().map(|it| it.name.title()).collect();
    assert_eq!(
        stages,
        ["Route", "Method request", "Integration request", "Integration", "Method response"]
    );
    assert_eq!(sent.started, StartedThere::Arn(EXPRESS.to_owned()));
    assert!(!app.remote.without_asking);

    app.run_command(Command::SendRequest);
    remote(&mut app, RemoteCommand::ConfirmSend { for_session: true });
    assert_eq!(app.exchanges.len(), 2);
    app.run_command(Command::SendRequest);
    assert!(app.remote.asked.is_some() && !app.remote.without_asking, "it is asked each time");
    remote(&mut app, RemoteCommand::DismissSend);

    // Once more to where it went, and not to what is chosen since.
    aim(&mut app, stage("https://a1.execute-api.eu-west-1.amazonaws.com/prod"));
    app.run_command(Command::SendAgain(0));
    let asked = app.remote.asked.take().expect("it is asked about");
    assert_eq!((asked.target.kind, asked.target.api_id.as_str()), (TargetKind::TestInvoke, "own1"));
    assert_eq!(asked.warning, None);
    app.run_command(Command::Aws(AwsCommand::Disconnect));
    app.run_command(Command::SendAgain(0));
    let asked = app.remote.asked.as_ref().expect("it is asked about");
    let warning = asked.warning.as_deref().expect("the account is another one");
    assert!(warning.contains("123456789012"), "{warning}");
}

#[test]
fn an_act_in_another_account_than_the_session_s_is_not_done() {
    let server = serve(|request| {
        if !request.text.contains("Action=GetCallerIdentity") {
            return account(request);
        }
        let xml = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                   <Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>u</UserId><Account>123456789012</Account>\
                   </GetCallerIdentityResult></GetCallerIdentityResponse>";
        Reply::Plain(200, vec![("content-type", "text/xml".into())], xml.as_bytes().to_vec())
    });
    let home = Home::new();
    let mut app = attached(Path::new(CRUD), &home, &server);
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(false)));
    let execution_arn = "arn:aws:states:eu-west-1:210987654321:execution:m:e-1".to_owned();
    app.run_command(Command::Aws(AwsCommand::Propose(Act::Stop { execution_arn })));
    app.run_command(Command::Aws(AwsCommand::Confirm));
    until(&mut app, "the refusal", |app| {
        let proposal = app.attach.proposal.as_ref();
        proposal.is_some_and(|it| matches!(&it.step, Step::Failed(why) if format!("{why:?}").contains("210987654321")))
    });
}

#[test]
fn a_deployed_stage_is_held_by_the_switch_and_asked_about_per_target() {
    let server = serve(account);
    let home = Home::new();
    let mut app = attached(Path::new(CRUD), &home, &server);
    let prod = || stage("https://a1.execute-api.eu-west-1.amazonaws.com/prod");
    aim(&mut app, prod());
    draft(&mut app, "DELETE", "/items/7", "");
    app.run_command(Command::SendRequest);
    assert!(app.remote.asked.is_none() && app.exchanges.is_empty(), "the session is read-only");
    assert!(app.notices.iter().any(|it| it.remedy.contains("Read-only")), "{:?}", app.notices);
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(false)));
    app.run_command(Command::SendRequest);
    assert!(app.remote.asked.take().is_some());
    // This machine itself is nobody's account.
    let here = serve(|_| Reply::Json(json!({ "ok": true })));
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(true)));
    aim(&mut app, stage(&here.url));
    app.run_command(Command::SendRequest);
    assert!(app.remote.asked.is_none());
    until(&mut app, "it has answered", is_done);
    // What was agreed to was so for one target.
    app.remote.without_asking = true;
    aim(&mut app, stage(&here.url));
    assert!(app.remote.without_asking, "it is the same one");
    aim(&mut app, prod());
    assert!(!app.remote.without_asking);
    // A signature is for API Gateway alone.
    draft(&mut app, "GET", "/items", "");
    let sent = app.exchanges.len();
    aim(&mut app, Target { auth: Auth::SigV4, ..stage("https://api.example.com/prod") });
    app.run_command(Command::SendRequest);
    let asked = app.remote.asked.as_ref().expect("even a GET");
    let warning = asked.warning.as_deref().expect("it is said why");
    assert!(warning.contains("api.example.com"), "{warning}");
    assert_eq!(app.exchanges.len(), sent);
    // Another connection begins anew.
    app.run_command(Command::Aws(AwsCommand::SetReadOnly(false)));
    app.run_command(Command::Aws(AwsCommand::Disconnect));
    assert!(app.attach.read_only && app.remote.asked.is_none());
}

#[test]
fn the_execution_that_a_request_started_is_found_by_its_time() {
    let server = serve(account);
    let home = Home::new();
    let mut app = attached(Path::new(CRUD), &home, &server);
    let deployed = serve(|_| Reply::Json(json!({ "ok": true })));
    aim(&mut app, stage(&deployed.url));
    draft(&mut app, "GET", "/items", "");
    app.run_command(Command::SendRequest);
    until(&mut app, "it has answered", is_done);
    assert_eq!(away(&app).started, StartedThere::Unnamed);
    let id = away(&app).id;
    remote(&mut app, RemoteCommand::FindExecution(id));
    until(&mut app, "it is found", |app| {
        matches!(away(app).started, StartedThere::Arn(_) | StartedThere::NotFound(_))
    });
    let StartedThere::Arn(arn) = &away(&app).started else { panic!("{:?}", away(&app).started) };
    assert!(arn.ends_with(":mine"), "{arn}");
}

#[test]
fn an_express_execution_is_opened_by_its_arn() {
    let server = serve(account);
    let home = Home::new();
    let mut app = attached(Path::new(CRUD), &home, &server);
    app.run_command(Command::Aws(AwsCommand::Open(EXPRESS.to_owned())));
    until(&mut app, "it is shown", |app| app.run().is_some());
    let run = app.run().unwrap();
    assert_eq!(&*run.execution_arn, EXPRESS);
    assert_eq!(run.session.history().events().len(), 4);
    assert!(app.notices.iter().any(|it| it.text.contains("definition of now")));
}

/// A recorded execution whose only state called a function and failed.
fn recorded_with_lambda(folder: &Path) -> App {
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "orders" }, "End": true } } });
    let cause = json!({ "errorMessage": "late", "errorType": "E", "requestId": ID }).to_string();
    let at = "2026-01-01T00:00:00Z";
    let task = json!({ "resourceType": "lambda", "resource": "invoke" });
    let with = |more: serde_json::Value| {
        let mut all = task.clone();
        let (all_of, more) = (all.as_object_mut(), more.as_object());
        all_of.expect("an object").extend(more.expect("an object").clone());
        all
    };
    let events = json!({ "events": [
        { "id": 1, "type": "ExecutionStarted", "timestamp": at, "executionStartedEventDetails": { "input": "{}" } },
        { "id": 2, "previousEventId": 0, "type": "TaskStateEntered", "timestamp": at, "stateEnteredEventDetails": { "name": "A", "input": "{}" } },
        { "id": 3, "previousEventId": 2, "type": "TaskScheduled", "timestamp": at, "taskScheduledEventDetails": with(json!({ "region": "eu-west-1", "parameters": "{\"FunctionName\":\"orders\"}" })) },
        { "id": 4, "previousEventId": 3, "type": "TaskStarted", "timestamp": at, "taskStartedEventDetails": task },
        { "id": 5, "previousEventId": 4, "type": "TaskFailed", "timestamp": at, "taskFailedEventDetails": with(json!({ "error": "E", "cause": cause })) },
        { "id": 6, "previousEventId": 5, "type": "ExecutionFailed", "timestamp": at, "executionFailedEventDetails": { "error": "E", "cause": cause } },
    ] });
    std::fs::write(folder.join("m.asl.json"), definition.to_string()).expect("written");
    std::fs::write(folder.join("h.json"), events.to_string()).expect("written");
    let mut app = opened(&folder.join("m.asl.json"));
    app.run_command(Command::Open(folder.join("h.json")));
    while app.opening.is_some() {
        app.wait_and_tick(std::time::Duration::from_millis(20));
    }
    app
}

#[test]
fn the_lines_of_an_attempt_are_read_from_its_link_in_the_data_flow() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(account);
    let home = Home::new();
    let mut model = recorded_with_lambda(folder.path());
    let connection = home.connection("keys", &server.url);
    model.attach.connection.files = connection.files;
    let choice = Choice {
        profile: connection.profile,
        region: "eu-west-1".into(),
        endpoint_url: server.url,
    };
    model.run_command(Command::Aws(AwsCommand::Connect(choice)));
    until(&mut model, "attached", |app| matches!(app.attach.connection.link, Link::On(_)));
    model.run_command(Command::GoToEnd);
    model.run_command(Command::StepBack);
    let mut harness = window(model, [1480.0, 940.0]);
    show(&mut harness, Pane::DataFlow);
    harness.get_by_label_contains("Lambda logs of orders").click();
    harness.run_steps(4);
    for _ in 0..200 {
        harness.run_steps(1);
        let window = harness.state_mut().as_mut().expect("made in the first frame");
        window.app.wait_and_tick(Duration::from_millis(10));
        let state = window.app.remote.lambda.as_ref().map(|it| it.state.clone());
        if state.is_some_and(|it| it != LambdaState::Reading) {
            break;
        }
    }
    harness.run_steps(4);
    let read = app(&harness).remote.lambda.as_ref().map(|it| it.state.clone());
    assert!(harness.query_by_label_contains("hello from the function").is_some(), "{read:?}");
    harness.get_by_label_contains("Lambda logs of orders").click();
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("hello from the function").is_none(), "closed again");
}

// ---------------------------------------------------------------------------------------------------------- the window

fn show(harness: &mut Windowed, pane: Pane) {
    windowed::run(harness, Command::ShowPane(pane));
}

#[test]
fn target_route_send_and_serve_are_in_sight() {
    let mut harness = window(opened(Path::new(CRUD)), [1440.0, 900.0]);
    show(&mut harness, Pane::ApiConsole);
    for (role, name) in [
        (Role::RadioButton, "Target Emulated here"),
        (Role::RadioButton, "Target Deployed stage"),
        (Role::RadioButton, "Target TestInvokeMethod"),
        (Role::Button, "Serve on loopback"),
        (Role::Button, "Send"),
        (Role::Button, "Route POST /items"),
    ] {
        let place = harness.get_by_role_and_label(role, name).rect();
        assert!(place.bottom() < 890.0 && place.right() < 1440.0, "{name} is at {place:?}");
    }
}

#[test]
fn in_a_small_window_the_target_is_a_menu_and_send_is_in_sight() {
    let mut harness = window(opened(Path::new(CRUD)), [800.0, 560.0]);
    show(&mut harness, Pane::ApiConsole);
    let menu = harness.get_by_role_and_label(Role::ComboBox, "Target Emulated here").rect();
    let send = harness.get_by_role_and_label(Role::Button, "Send").rect();
    let serve = harness.get_by_role_and_label(Role::Button, "Serve on loopback").rect();
    for place in [menu, send, serve] {
        assert!(place.bottom() < 530.0, "{place:?}");
    }
    click(&mut harness, Role::ComboBox, "Target Emulated here");
    harness.get_by_label("Deployed stage").click();
    harness.run_steps(4);
    assert_eq!(app(&harness).remote.target.kind, TargetKind::Stage);
}

#[test]
fn a_stage_is_typed_asked_about_and_sent_in_the_window() {
    let mut harness = window(opened(Path::new(CRUD)), [1440.0, 900.0]);
    show(&mut harness, Pane::ApiConsole);
    click(&mut harness, Role::RadioButton, "Target Deployed stage");
    let field = harness.get_by_role_and_label(Role::TextInput, "URL of the stage");
    field.focus();
    harness.run_steps(2);
    harness
        .get_by_role_and_label(Role::TextInput, "URL of the stage")
        .type_text("https://a1.execute-api.eu-west-1.amazonaws.com/prod");
    harness.run_steps(4);
    assert!(app(&harness).remote.target.url.ends_with("/prod"));
    click(&mut harness, Role::Button, "Route POST /items");
    click(&mut harness, Role::Button, "Send");
    assert!(harness.query_by_label_contains("https://a1.execute-api").is_some());
    assert!(harness.query_by_label_contains("no account is attached").is_some());
    harness.run_steps(12);
    click(&mut harness, Role::Button, "Don't send");
    assert!(app(&harness).exchanges.is_empty(), "nothing was sent");
    assert!(app(&harness).remote.asked.is_none());
}

#[test]
fn a_deployed_answer_is_compared_in_the_window() {
    let server = serve(|_| {
        Reply::Plain(
            418,
            vec![("x-own", "tea".into()), ("content-type", "application/json".into())],
            b"{\"pot\":1}".to_vec(),
        )
    });
    let mut model = opened(Path::new(CRUD));
    aim(&mut model, stage(&server.url));
    draft(&mut model, "GET", "/items", "");
    remote(&mut model, RemoteCommand::SendBoth);
    until(&mut model, "both have answered", |app| {
        is_done(app) && app.exchanges.iter().all(|it| it.response().is_some())
    });
    let mut harness = window(model, [1480.0, 940.0]);
    show(&mut harness, Pane::ApiConsole);
    assert!(harness.query_by_label("Status 418").is_some());
    harness.get_by_label("Side by side").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("The answers differ").is_some());
    assert!(harness.query_by_label("x-own").is_some());
    assert!(harness.query_by_label("tea").is_some());
}

// ------------------------------------------------------------------------------------------------------ the command line

#[test]
fn express_executions_are_fetched_and_listed_without_a_window() {
    let server = serve(|request| match request.call() {
        "ListExecutions" => Reply::Error(
            400,
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        ),
        _ => account(request),
    });
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Process::new(env!("CARGO_BIN_EXE_stepwell"))
            .args(arguments)
            .args(["--endpoint-url", &server.url])
            .env("AWS_ACCESS_KEY_ID", "AKIATEST")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_CONFIG_FILE", folder.path().join("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
            .output()
            .expect("it was built for this test");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let file = folder.path().join("e.json");
    let (code, said, wrong) = run(&["fetch", EXPRESS, "--output", file.to_str().expect("a path")]);
    assert_eq!(code, Some(0), "{said}{wrong}");
    assert!(said.contains("4 events, SUCCEEDED") && said.contains("definition of now"), "{said}");
    let history = std::fs::read_to_string(&file).expect("written");
    assert!(stepwell::execution::import::parse(&history, None).is_ok(), "{history}");
    assert!(folder.path().join("e.definition.asl.json").exists());
    let (code, said, wrong) = run(&["executions", MACHINE, "--hours", "9600", "--format", "json"]);
    assert_eq!(code, Some(0), "{said}{wrong}");
    let list: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(list["executions"][0]["executionArn"], EXPRESS);
    assert_eq!(list["executions"][0]["status"], "SUCCEEDED");
    let other = "arn:aws:states:eu-west-1:123456789012:express:orders:none:u-2";
    let (code, _, wrong) = run(&["fetch", other, "--output", file.to_str().expect("a path")]);
    assert_eq!(code, Some(2), "{wrong}");
}
