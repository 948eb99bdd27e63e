//! Attaching to AWS, as the window does it and without one: connect, list, open, follow, act; against a server of our own that fails
//! as real ones do, and against moto's where there is one.

#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

#[path = "attach/account.rs"]
mod account;
#[path = "aws/loopback.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod loopback;
#[path = "aws/moto.rs"]
mod moto;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use account::{
    EXECUTION, Home, MACHINE, aws, history_page, machine_for_execution, until, wait_until,
};
use loopback::{Reply, Request, Server, serve};
use serde_json::{Value, json};
use stepwell::app::attach::{
    Act, Agreement, AwsCommand, Choice, DiffLine, Link, MfaCode, Stage, Status, Step,
};
use stepwell::app::{App, Command, NoticeLevel};
use stepwell::asl::StatePath;
use stepwell::execution::{EventId, ExecutionStatus, StateStatus};

fn denied() -> Reply {
    Reply::Error("AccessDeniedException", "not authorized to perform this")
}

/// An account with a machine, an execution of so many events that failed, and whatever `other` answers before.
fn account_with(
    last: u64,
    other: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    serve(move |request| other(request).unwrap_or_else(|| account::answer(request, last)))
}

#[test]
fn an_account_is_listed_page_by_page_and_an_execution_opened() {
    let server = account_with(10, |request| {
        let from = request.body["nextToken"].as_str().map_or(0, |it| it.parse().expect("ours"));
        match request.call.as_str() {
            "ListStateMachines" => {
                let items: Vec<Value> = (from..from + 2).map(account::machine).collect();
                let next = (from < 4).then(|| (from + 2).to_string());
                Some(Reply::Json(json!({ "stateMachines": items, "nextToken": next })))
            }
            "ListExecutions" if request.body["maxResults"] != 1 => {
                let items: Vec<Value> = (from..from + 100).map(account::execution).collect();
                let next = (from < 200).then(|| (from + 100).to_string());
                Some(Reply::Json(json!({ "executions": items, "nextToken": next })))
            }
            _ => None,
        }
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let attached = app.attach.connection.attached().expect("it is connected");
    assert_eq!((attached.choice.title(), attached.region.as_str()), ("keys", "eu-west-1"));
    until(&mut app, "all machines", |app| app.attach.browser.machines.complete);
    assert_eq!(app.attach.browser.machines.items.len(), 6);
    let account = app.attach.connection.attached().and_then(|it| it.account());
    assert_eq!(account, Some("123456789012"), "where STS does not say, the machines do");

    // Last results come for what is in sight, each once.
    let wanted = vec![MACHINE.to_owned()];
    aws(&mut app, AwsCommand::WantLastResults(wanted.clone()));
    aws(&mut app, AwsCommand::WantLastResults(wanted));
    until(&mut app, "the last result", |app| {
        app.attach.browser.last.get(MACHINE).is_some_and(|it| it.come().is_some())
    });
    let asked = server.calls().iter().filter(|it| *it == "ListExecutions").count();
    assert_eq!(asked, 1, "one question, however often it is asked for");

    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    let listed =
        |app: &App| app.attach.browser.machine.as_ref().map_or(0, |it| it.executions.items.len());
    until(&mut app, "the first page", |app| listed(app) == 100);
    for pages in [200, 300] {
        aws(&mut app, AwsCommand::MoreExecutions);
        until(&mut app, "another page", |app| listed(app) == pages);
    }
    let page = app.attach.browser.machine.as_ref().expect("it was selected");
    assert!(page.executions.complete);
    aws(&mut app, AwsCommand::MoreExecutions);
    assert!(!app.attach.browser.machine.as_ref().expect("still").executions.is_loading());

    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the execution", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    let run = app.run().expect("it is shown");
    assert_eq!(run.session.cursor().event, EventId(10));
    assert!(matches!(run.status(), ExecutionStatus::Failed { .. }));
    assert_eq!(app.selection.state, Some(StatePath::new("Refuse")));
    assert!(app.for_window.contains(&Command::CentreState(StatePath::new("Refuse"))));
    assert_eq!(run.session.moment().status_of(&StatePath::new("Refuse")), StateStatus::Failed);
    assert_eq!(app.machine().map(|it| it.name.as_str()), Some("orders"));
}

#[test]
fn a_status_and_a_version_narrow_the_list_on_the_server() {
    let server = account_with(4, |_| None);
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let version = format!("{MACHINE}:3");
    aws(&mut app, AwsCommand::SelectMachine(Some(version.clone())));
    let page = app.attach.browser.machine.as_ref().expect("it was selected");
    assert_eq!((page.arn.as_str(), page.qualified.as_deref()), (MACHINE, Some(version.as_str())));
    aws(
        &mut app,
        AwsCommand::ListExecutions { of: MACHINE.to_owned(), status: Some(Status::Failed) },
    );
    until(&mut app, "the list", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| !it.executions.is_loading())
    });
    let seen = server.seen.lock().expect("no panic while it is held");
    let last = seen.iter().rev().find(|it| it.call == "ListExecutions").expect("it was asked");
    assert_eq!(last.body["statusFilter"], "FAILED");
    assert_eq!(last.body["stateMachineArn"], MACHINE);
}

#[test]
fn the_failure_is_there_before_the_beginning_and_the_rest_comes_with_progress() {
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let server = account_with(2_500, move |request| {
        let waits = request.call == "GetExecutionHistory" && request.body["reverseOrder"] != true;
        (waits && !gate.load(Ordering::Relaxed))
            .then(|| Reply::Error("ThrottlingException", "slow"))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the newest page", |app| app.opened().is_some());
    let opened = app.opened().expect("it is shown");
    assert_eq!(opened.stage, Stage::Reading);
    let progress = opened.progress.expect("the newest page came");
    assert_eq!((progress.read, progress.total), (1_000, 2_500));
    assert_eq!(app.selection.state, Some(StatePath::new("Refuse")), "the failed state is selected");
    let run = app.run().expect("it is shown");
    assert_eq!(run.session.last_event(), EventId(2_500), "events have their own numbers");
    assert!(run.session.history().events()[0].is_unread());

    // The user looks elsewhere meanwhile, and stays there.
    app.run_command(Command::GoTo(EventId(2_400)));
    app.run_command(Command::SelectState(Some(StatePath::new("Take"))));
    open.store(true, Ordering::Relaxed);
    until(&mut app, "the rest", |app| app.opened().is_some_and(|it| it.stage == Stage::Complete));
    let run = app.run().expect("it is still shown");
    assert!(!run.session.history().events().iter().any(|it| it.is_unread()));
    assert_eq!(run.session.cursor().event, EventId(2_400));
    assert_eq!(app.selection.state, Some(StatePath::new("Take")));
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_page_leaves_what_has_come() {
    let well = Arc::new(AtomicBool::new(false));
    let health = Arc::clone(&well);
    let server = account_with(2_500, move |request| {
        let dies = request.call == "GetExecutionHistory"
            && request.body["reverseOrder"] != true
            && !health.load(Ordering::Relaxed);
        dies.then(|| Reply::Half(history_page(request, 2_500)))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    wait_until(&mut app, "it gives up", 60, |app| {
        app.opened().is_some_and(|it| matches!(it.stage, Stage::Broken(_)))
    });
    let run = app.run().expect("what has come is shown");
    assert_eq!(run.session.last_event(), EventId(2_500));
    assert!(matches!(run.status(), ExecutionStatus::Failed { .. }));
    well.store(true, Ordering::Relaxed);
    aws(&mut app, AwsCommand::RetryOpening(EXECUTION.to_owned()));
    until(&mut app, "all of it", |app| app.opened().is_some_and(|it| it.stage == Stage::Complete));
    assert_eq!(app.runs.len(), 1, "it is the same execution on the screen");
    assert!(app.run().is_some_and(|it| !it.session.history().events()[0].is_unread()));
}

#[test]
fn access_denied_on_one_call_leaves_the_others() {
    for (call, word) in [
        ("DescribeStateMachineForExecution", "definition"),
        ("DescribeExecution", "description"),
        ("GetExecutionHistory", "history"),
    ] {
        let server = account_with(10, move |request| (request.call == call).then(denied));
        let home = Home::new("");
        let mut app = home.connected(&server.url);
        aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
        until(&mut app, call, |app| app.opened().is_some_and(|it| !it.is_under_way()));
        let opened = app.opened().expect("what came is shown");
        assert_eq!(opened.missing.len(), 1, "{call}: {:?}", opened.missing);
        assert!(opened.missing[0].contains(word), "{}", opened.missing[0]);
        assert!(opened.missing[0].contains(call), "the permission is named: {}", opened.missing[0]);
        let events = app.run().map(|it| it.session.history().events().len());
        assert_eq!(events, Some(if call == "GetExecutionHistory" { 0 } else { 10 }));
        let drawn = app.machine().is_some_and(|it| !it.machine.states().is_empty());
        assert_eq!(drawn, call != "DescribeStateMachineForExecution");
    }
}

#[test]
fn lists_that_are_refused_leave_the_others() {
    let server = account_with(4, |request| {
        matches!(request.call.as_str(), "ListTagsForResource" | "ListStateMachineAliases")
            .then(denied)
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    aws(&mut app, AwsCommand::WantDetails);
    until(&mut app, "all lists", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| {
            it.tags.trouble().is_some() && it.aliases.trouble.is_some() && it.versions.complete
        })
    });
    let page = app.attach.browser.machine.as_ref().expect("it is shown");
    assert_eq!(page.versions.items.len(), 1);
    assert!(
        page.aliases
            .trouble
            .as_ref()
            .is_some_and(|it| it.title.contains("ListStateMachineAliases"))
    );
    assert!(app.attach.connection.attached().is_some_and(|it| it.trouble.is_none()));
}

#[test]
fn an_execution_that_is_nowhere_says_so() {
    let server = account_with(4, |request| {
        request
            .body
            .get("executionArn")
            .map(|_| Reply::Error("ExecutionDoesNotExist", "Execution Does Not Exist"))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    until(&mut app, "the account", |app| app.attach.browser.machines.complete);
    let elsewhere = EXECUTION.replace("123456789012", "210987654321");
    aws(&mut app, AwsCommand::OpenExecution(elsewhere.clone()));
    until(&mut app, "an answer", |app| {
        app.attach.opened.get(&elsewhere).is_some_and(|it| matches!(it.stage, Stage::Broken(_)))
    });
    assert!(app.runs.is_empty());
    let notice = app.notices.iter().find(|it| it.level == NoticeLevel::Error).expect("it is told");
    assert!(notice.remedy.contains("account 210987654321"), "{notice:?}");
}

#[test]
fn throttling_and_later_success_keep_one_list() {
    let throttled = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&throttled);
    let server = account_with(4, move |request| {
        if request.call != "ListExecutions" || request.body["maxResults"] == 1 {
            return None;
        }
        if request.body["nextToken"].is_null() {
            let items: Vec<Value> = (0..3).map(account::execution).collect();
            return Some(Reply::Json(json!({ "executions": items, "nextToken": "3" })));
        }
        if now.load(Ordering::Relaxed) {
            return Some(Reply::Error("ThrottlingException", "Rate exceeded"));
        }
        Some(Reply::Json(json!({ "executions": [account::execution(3)] })))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    let listed =
        |app: &App| app.attach.browser.machine.as_ref().map_or(0, |it| it.executions.items.len());
    until(&mut app, "the first page", |app| listed(app) == 3);
    throttled.store(true, Ordering::Relaxed);
    aws(&mut app, AwsCommand::MoreExecutions);
    until(&mut app, "it is told", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| it.executions.trouble.is_some())
    });
    let page = app.attach.browser.machine.as_ref().expect("it is shown");
    assert!(page.executions.trouble.as_ref().is_some_and(|it| it.passing));
    assert_eq!(listed(&app), 3, "what was there stays");
    throttled.store(false, Ordering::Relaxed);
    aws(&mut app, AwsCommand::MoreExecutions);
    until(&mut app, "the rest", |app| listed(app) == 4);
}

#[test]
fn an_expired_token_is_told_once_for_all_and_retried() {
    let expired = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&expired);
    let server = account_with(4, move |request| {
        (now.load(Ordering::Relaxed) && request.call.starts_with("List"))
            .then(|| Reply::Error("ExpiredTokenException", "The security token is expired"))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    until(&mut app, "the machines", |app| app.attach.browser.machines.complete);
    expired.store(true, Ordering::Relaxed);
    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    until(&mut app, "the trouble", |app| {
        app.attach.connection.attached().is_some_and(|it| it.trouble.is_some())
    });
    assert_eq!(app.attach.browser.machines.items.len(), 1, "what was listed stays");
    expired.store(false, Ordering::Relaxed);
    aws(&mut app, AwsCommand::Retry);
    until(&mut app, "the executions", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| it.executions.items.len() == 1)
    });
    assert!(app.attach.connection.attached().is_some_and(|it| it.trouble.is_none()));
}

#[test]
fn a_sign_in_in_a_terminal_is_noticed() {
    let server = account_with(4, |_| None);
    let home = Home::new(
        "[profile dev]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = r\nregion = eu-west-1\n",
    );
    let mut app = home.app();
    let choice = Choice {
        profile: Some("dev".to_owned()),
        region: "eu-west-1".to_owned(),
        endpoint_url: server.url,
    };
    aws(&mut app, AwsCommand::Connect(choice));
    until(&mut app, "the trouble", |app| matches!(app.attach.connection.link, Link::Failed(_)));
    let Link::Failed(trouble) = &app.attach.connection.link else { panic!("it failed") };
    assert_eq!(trouble.command.as_deref(), Some("aws sso login --profile dev"), "{trouble:?}");
    assert!(trouble.waits_for_sign_in);
    // The sign-in: here the profile gets keys, and a file appears in the folder that is watched.
    home.write("config", "[profile dev]\nregion = eu-west-1\n");
    home.write("credentials", "[dev]\naws_access_key_id = A\naws_secret_access_key = B\n");
    home.write("cache/token.json", "{}");
    wait_until(&mut app, "it goes on by itself", 40, |app| {
        app.attach.connection.attached().is_some()
    });
}

#[test]
fn what_stands_in_the_way_of_a_connection_is_told_in_words() {
    let home = Home::new("[profile nowhere]\n");
    let mut app = home.app();
    let connect = |app: &mut App, choice: Choice| {
        aws(app, AwsCommand::Connect(choice));
        until(app, "the trouble", |app| matches!(app.attach.connection.link, Link::Failed(_)));
        let Link::Failed(trouble) = &app.attach.connection.link else { panic!("it failed") };
        trouble.clone()
    };
    let of = |profile: &str| Choice { profile: Some(profile.to_owned()), ..Choice::default() };
    assert!(connect(&mut app, of("gone")).title.contains("no profile called gone"));
    let region = connect(&mut app, of("keys"));
    assert_eq!(region.title, "No region is chosen");
    let refused = Choice {
        region: "eu-west-1".to_owned(),
        endpoint_url: "http://127.0.0.1:9".to_owned(),
        ..of("keys")
    };
    let trouble = connect(&mut app, refused);
    assert!(trouble.text.contains("nothing listens there"), "{trouble:?}");
    assert!(trouble.passing);
}

#[test]
fn a_running_execution_is_followed_to_its_end() {
    let length = Arc::new(AtomicU64::new(3));
    let now = Arc::clone(&length);
    let server = account_with(10, move |request| {
        let grown = now.load(Ordering::Relaxed);
        (request.call == "GetExecutionHistory" && grown < 10)
            .then(|| Reply::Json(account::beginning(request, grown, 10)))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "it is followed", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Following)
    });
    assert_eq!(app.run().map(|it| it.session.last_event()), Some(EventId(3)));
    length.store(6, Ordering::Relaxed);
    until(&mut app, "more events", |app| {
        app.run().is_some_and(|it| it.session.cursor().event == EventId(6))
    });
    assert!(app.run().is_some_and(|it| it.status() == ExecutionStatus::Running));
    length.store(10, Ordering::Relaxed);
    wait_until(&mut app, "its end", 40, |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    assert!(app.run().is_some_and(|it| matches!(it.status(), ExecutionStatus::Failed { .. })));
    assert_eq!(app.selection.state, Some(StatePath::new("Refuse")), "the selection went along");
}

#[test]
fn following_can_be_stopped_and_begun_again() {
    let server = account_with(10, |request| {
        (request.call == "GetExecutionHistory")
            .then(|| Reply::Json(account::beginning(request, 4, 10)))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    let following = |app: &App| app.opened().is_some_and(|it| it.stage == Stage::Following);
    until(&mut app, "it is followed", following);
    aws(&mut app, AwsCommand::CancelOpening(EXECUTION.to_owned()));
    until(&mut app, "it is left", |app| {
        app.opened().is_some_and(|it| matches!(it.stage, Stage::Broken(_)))
    });
    aws(&mut app, AwsCommand::RetryOpening(EXECUTION.to_owned()));
    until(&mut app, "it is followed again", following);
    assert_eq!(app.runs.len(), 1);
}

#[test]
fn an_answer_that_nobody_waits_for_is_passed_over() {
    let server = account_with(10, |request| {
        let slow =
            request.body["stateMachineArn"].as_str().is_some_and(|it| it.ends_with("machine-1"));
        (slow && request.call == "ListExecutions")
            .then(|| Reply::Json(json!({ "executions": [account::execution(77)] })))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let other = MACHINE.replace("orders", "machine-1");
    aws(&mut app, AwsCommand::SelectMachine(Some(other)));
    // Before its answer is there, another one is selected.
    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    until(&mut app, "the list", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| it.executions.complete)
    });
    for _ in 0..10 {
        app.wait_and_tick(std::time::Duration::from_millis(20));
    }
    let page = app.attach.browser.machine.as_ref().expect("it is shown");
    assert_eq!(
        page.executions.items.iter().map(|it| it.arn.as_str()).collect::<Vec<_>>(),
        [EXECUTION]
    );
    aws(&mut app, AwsCommand::Disconnect);
    assert!(!app.attach.browser.machines.is_begun());
    assert!(matches!(app.attach.connection.link, Link::Off));
}

#[test]
fn a_link_of_the_console_opens_an_execution_from_nothing() {
    let server = account_with(10, |_| None);
    let home = Home::new("");
    // Several profiles, none of them chosen: the form's choice is used, the region is the ARN's.
    let mut app = home.app();
    let choice = Choice { endpoint_url: server.url, ..home.choice("") };
    aws(&mut app, AwsCommand::Choose(choice));
    let link = format!(
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{}",
        EXECUTION.replace(':', "%3A")
    );
    aws(&mut app, AwsCommand::Open(link));
    until(&mut app, "the execution", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    assert_eq!(app.attach.connection.attached().map(|it| it.region.as_str()), Some("eu-west-1"));
    aws(&mut app, AwsCommand::Open("nonsense".to_owned()));
    assert!(app.notices.iter().any(|it| it.text == "That names no execution"));
}

#[test]
fn what_was_connected_is_remembered_without_secrets() {
    let server = account_with(4, |_| None);
    let home = Home::new("");
    let with_password = server.url.replace("http://", "http://me:secret@");
    {
        let mut app = home.app();
        aws(&mut app, AwsCommand::Connect(home.choice(&with_password)));
        until(&mut app, "an end", |app| !app.attach.connection.is_connecting());
        assert!(app.attach.connection.attached().is_some(), "{:?}", app.attach.connection.link);
        let shown = app.attach.connection.attached().and_then(|it| it.endpoint_url.clone());
        assert!(shown.is_some_and(|it| !it.contains("secret")));
        assert!(app.attach.read_only);
        aws(&mut app, AwsCommand::SetReadOnly(false));
    }
    let settings = std::fs::read_to_string(home.settings()).expect("they were saved");
    for secret in ["secret", "AKIA", "aws_"] {
        assert!(!settings.replace("aws_connections", "").contains(secret), "{settings}");
    }
    // The next session begins with it, and read-only again.
    let mut app = home.app();
    assert!(app.attach.read_only);
    aws(&mut app, AwsCommand::Attach);
    until(&mut app, "the connection", |app| app.attach.connection.attached().is_some());
}

#[test]
fn a_role_behind_an_mfa_device_is_assumed_with_its_code() {
    let Some(moto) = moto::Moto::start() else { return };
    let home = Home::new(&format!(
        "[profile guarded]\nrole_arn = arn:aws:iam::123456789012:role/Reader\nsource_profile = keys\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/me\nregion = eu-west-1\nendpoint_url = {}\n",
        moto.url
    ));
    let mut app = home.app();
    let choice = Choice { profile: Some("guarded".to_owned()), ..Choice::default() };
    aws(&mut app, AwsCommand::Connect(choice));
    until(&mut app, "it is asked for", |app| matches!(app.attach.connection.link, Link::Failed(_)));
    let Link::Failed(trouble) = &app.attach.connection.link else { panic!("a code is wanted") };
    assert_eq!(trouble.mfa_device.as_deref(), Some("arn:aws:iam::123456789012:mfa/me"));
    let code = MfaCode::parse("123 456").expect("six digits");
    aws(&mut app, AwsCommand::ConnectWithCode(code));
    until(&mut app, "the connection", |app| app.attach.connection.attached().is_some());
    let attached = app.attach.connection.attached().expect("it stands");
    assert!(attached.identity.as_ref().is_some_and(|it| it.arn.contains("assumed-role/Reader")));
    let settings = std::fs::read_to_string(home.settings()).expect("they were saved");
    assert!(!settings.contains("123456\"") && !settings.contains("123 456"), "{settings}");
}

#[test]
fn an_express_execution_is_read_from_its_log() {
    const EXPRESS: &str = "arn:aws:states:eu-west-1:123456789012:express:orders:x-1:id";
    let server = account_with(4, |request| match request.call.as_str() {
        "DescribeStateMachine" => {
            let mut machine = account::state_machine();
            machine["type"] = json!("EXPRESS");
            machine["loggingConfiguration"] = json!({ "level": "ERROR", "includeExecutionData": true,
                "destinations": [{ "cloudWatchLogsLogGroup": {
                    "logGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:orders:*" } }] });
            Some(Reply::Json(machine))
        }
        "FilterLogEvents" => {
            let line = |id: u64, kind: &str, details: Value| {
                let message = json!({ "id": id.to_string(), "type": kind, "details": details,
                    "previous_event_id": (id - 1).to_string(), "event_timestamp": "1700000000000",
                    "execution_arn": EXPRESS });
                json!({ "timestamp": 1_700_000_000_000_i64, "logStreamName": "s", "message": message.to_string() })
            };
            let error = json!({ "error": "Orders.Late", "cause": "it is late" });
            Some(Reply::Json(json!({ "events": [line(5, "ExecutionFailed", error)] })))
        }
        _ => None,
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::Open(EXPRESS.to_owned()));
    until(&mut app, "what was logged", |app| app.run().is_some());
    let events = app.run().map(|it| it.session.history().events()).expect("it is shown");
    let types: Vec<&str> = events.iter().map(|it| it.type_name()).collect();
    assert_eq!(types, ["NotLogged", "NotLogged", "NotLogged", "NotLogged", "ExecutionFailed"]);
}

#[test]
fn what_an_execution_started_is_opened_in_place() {
    const CHILD: &str = "arn:aws:states:eu-west-1:123456789012:execution:child:c-1";
    const RUN: &str = "arn:aws:states:eu-west-1:123456789012:mapRun:orders/All:r-1";
    const ITEM: &str = "arn:aws:states:eu-west-1:123456789012:execution:orders/All:i-1";
    let parent = json!({ "StartAt": "Call", "States": {
        "Call": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync",
                  "Parameters": { "StateMachineArn": "c" }, "Next": "Each" },
        "Each": { "Type": "Map", "Label": "All", "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Take", "States": { "Take": { "Type": "Pass", "Next": "Refuse" },
                "Refuse": { "Type": "Fail", "Error": "Orders.Late" } } } } } });
    let definition = parent.to_string();
    let server = account_with(10, move |request| {
        let of = request.body["executionArn"].as_str().unwrap_or_default();
        let event = |id: u64, kind: &str, member: &str, details: Value| json!({ "id": id, "previousEventId": id - 1, "timestamp": 1.7e9, "type": kind, member: details });
        match (request.call.as_str(), of) {
            ("GetExecutionHistory", EXECUTION) => {
                let answer = json!({ "ExecutionArn": CHILD }).to_string();
                let task = |output: &str| json!({ "resourceType": "states", "resource": "startExecution.sync", "output": output });
                let mut events = vec![
                    event(
                        1,
                        "ExecutionStarted",
                        "executionStartedEventDetails",
                        json!({ "input": "{}" }),
                    ),
                    event(
                        2,
                        "TaskStateEntered",
                        "stateEnteredEventDetails",
                        json!({ "name": "Call", "input": "{}" }),
                    ),
                    event(3, "TaskSubmitted", "taskSubmittedEventDetails", task(&answer)),
                    event(4, "TaskSucceeded", "taskSucceededEventDetails", task(&answer)),
                    event(
                        5,
                        "TaskStateExited",
                        "stateExitedEventDetails",
                        json!({ "name": "Call", "output": "{}" }),
                    ),
                    event(
                        6,
                        "MapStateEntered",
                        "stateEnteredEventDetails",
                        json!({ "name": "Each", "input": "{}" }),
                    ),
                    event(
                        7,
                        "MapStateStarted",
                        "mapStateStartedEventDetails",
                        json!({ "length": 1 }),
                    ),
                    event(
                        8,
                        "MapRunStarted",
                        "mapRunStartedEventDetails",
                        json!({ "mapRunArn": RUN }),
                    ),
                    event(
                        9,
                        "MapRunFailed",
                        "mapRunFailedEventDetails",
                        json!({ "error": "States.ExceedToleratedFailureThreshold" }),
                    ),
                    event(
                        10,
                        "ExecutionFailed",
                        "executionFailedEventDetails",
                        json!({ "error": "States.ExceedToleratedFailureThreshold" }),
                    ),
                ];
                if request.body["reverseOrder"] == true {
                    events.reverse();
                }
                Some(Reply::Json(json!({ "events": events })))
            }
            ("DescribeStateMachineForExecution", EXECUTION | ITEM) => {
                let mut machine = machine_for_execution();
                machine["definition"] = json!(definition);
                if of == ITEM {
                    (machine["mapRunArn"], machine["label"]) = (json!(RUN), json!("All"));
                }
                Some(Reply::Json(machine))
            }
            ("DescribeMapRun", _) => {
                Some(Reply::Json(json!({ "mapRunArn": RUN, "executionArn": EXECUTION,
                "status": "FAILED", "startDate": 1.7e9, "maxConcurrency": 0, "toleratedFailurePercentage": 0.0,
                "toleratedFailureCount": 0,
                "itemCounts": { "pending": 0, "running": 0, "succeeded": 0, "failed": 1, "timedOut": 0, "aborted": 0, "total": 1, "resultsWritten": 0 },
                "executionCounts": { "pending": 0, "running": 0, "succeeded": 0, "failed": 1, "timedOut": 0, "aborted": 0, "total": 1, "resultsWritten": 0 } })))
            }
            ("ListExecutions", _) if request.body["mapRunArn"] == RUN => {
                let mut item = account::execution(0);
                (item["executionArn"], item["name"]) = (json!(ITEM), json!("i-1"));
                Some(Reply::Json(json!({ "executions": [item] })))
            }
            _ => None,
        }
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let complete = |app: &App, arn: &str| {
        app.opened().is_some_and(|it| it.arn == arn && it.stage == Stage::Complete)
    };
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the parent", |app| complete(app, EXECUTION));
    let states: Vec<&str> = app.started_there().iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, ["Call", "Each"]);
    let parent = app.active_run;

    // The graph's way into a nested execution.
    app.run_command(Command::OpenExecutionOf(StatePath::new("Call")));
    until(&mut app, "the child", |app| complete(app, CHILD));
    let of = app.run().and_then(|it| it.parent.as_ref()).expect("it has a parent");
    assert_eq!((Some(of.run), of.state.as_str(), of.called_at), (parent, "Call", EventId(3)));

    // A child of the Map Run is drawn as what it runs: the states inside the Map.
    let back = app.runs.iter().position(|it| Some(it.id) == parent).expect("it is still there");
    app.run_command(Command::SelectExecution(back));
    app.run_command(Command::OpenExecutionOf(StatePath::new("Each")));
    until(&mut app, "the Map Run", |app| {
        app.attach
            .browser
            .map_run
            .as_ref()
            .is_some_and(|it| !it.children.items.is_empty() && it.description.come().is_some())
    });
    let run = app.attach.browser.map_run.as_ref().expect("it is shown");
    assert_eq!(run.description.come().map(|it| it.executions.failed), Some(1));
    aws(&mut app, AwsCommand::OpenChild(ITEM.to_owned()));
    until(&mut app, "the item's execution", |app| complete(app, ITEM));
    assert_eq!(app.machine().map(|it| it.name.as_str()), Some("orders/All"));
    assert_eq!(app.selection.state, Some(StatePath::new("Refuse")));
    let of = app.run().and_then(|it| it.parent.as_ref()).expect("it has a parent");
    assert_eq!((Some(of.run), of.state.as_str()), (parent, "Each"));
}

#[test]
fn a_key_that_may_not_be_used_leaves_the_events_without_what_they_carry() {
    let server = account_with(10, |request| {
        if request.call != "GetExecutionHistory" {
            return None;
        }
        if request.body["includeExecutionData"] != false {
            return Some(Reply::Error(
                "KmsAccessDeniedException",
                "not authorized to perform: kms:Decrypt",
            ));
        }
        let mut page = history_page(request, 10);
        for event in page["events"].as_array_mut().expect("events") {
            event
                .as_object_mut()
                .expect("an event")
                .retain(|_, it| !it["input"].is_string() || it.get("name").is_some());
            if let Some(details) = event.get_mut("stateEnteredEventDetails") {
                details.as_object_mut().expect("details").remove("input");
            }
        }
        Some(Reply::Json(page))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the events", |app| app.opened().is_some_and(|it| it.stage == Stage::Complete));
    assert_eq!(app.selection.state, Some(StatePath::new("Refuse")));
    let missing = app.opened().map(|it| it.missing.clone()).expect("it is shown");
    assert!(missing.iter().any(|it| it.contains("encrypted with a key")), "{missing:?}");
}

// ------------------------------------------------------------------------------------------------------------- acts

#[test]
fn nothing_is_done_while_the_session_is_read_only() {
    let server = account_with(10, |_| None);
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let act = Act::Stop { execution_arn: EXECUTION.to_owned() };
    aws(&mut app, AwsCommand::Propose(act.clone()));
    assert!(app.attach.proposal.is_none());
    aws(&mut app, AwsCommand::SetReadOnly(false));
    aws(&mut app, AwsCommand::Propose(act));
    assert!(app.attach.proposal.is_some());
    // Switched on again while the question stands.
    aws(&mut app, AwsCommand::SetReadOnly(true));
    aws(&mut app, AwsCommand::Confirm);
    for _ in 0..10 {
        app.wait_and_tick(std::time::Duration::from_millis(20));
    }
    assert!(!server.calls().contains(&"StopExecution".to_owned()));
}

#[test]
fn another_account_or_region_begins_read_only_with_nothing_proposed() {
    let server = account_with(10, |_| None);
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    let act = || Act::Stop { execution_arn: EXECUTION.to_owned() };
    aws(&mut app, AwsCommand::SetReadOnly(false));
    aws(&mut app, AwsCommand::Propose(act()));
    app.remote.without_asking = true;
    // Signing in again to the same place changes nothing of that.
    aws(&mut app, AwsCommand::Retry);
    until(&mut app, "the same again", |app| !app.attach.connection.is_connecting());
    assert!(!app.attach.read_only && app.attach.proposal.is_some() && app.remote.without_asking);
    let choice = Choice { region: "us-east-1".to_owned(), ..home.choice(&server.url) };
    aws(&mut app, AwsCommand::Connect(choice));
    until(&mut app, "the other region", |app| !app.attach.connection.is_connecting());
    assert_eq!(app.attach.connection.attached().map(|it| it.region.as_str()), Some("us-east-1"));
    assert!(app.attach.read_only && app.attach.proposal.is_none() && !app.remote.without_asking);
}

#[test]
fn a_start_is_asked_about_and_what_it_starts_is_opened() {
    let server = account_with(10, |request| {
        (request.call == "StartExecution")
            .then(|| Reply::Json(json!({ "executionArn": EXECUTION, "startDate": 1.7e9 })))
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::SetReadOnly(false));
    let act = Act::Start { machine_arn: MACHINE.to_owned(), input: "{".to_owned() };
    aws(&mut app, AwsCommand::Propose(act));
    let proposal = app.attach.proposal.as_ref().expect("it is asked about");
    assert_eq!(
        (proposal.account.as_str(), proposal.region.as_str(), proposal.machine.as_str()),
        ("123456789012", "eu-west-1", "orders")
    );
    assert!(proposal.obstacle().is_some_and(|it| it.contains("not JSON")));
    aws(&mut app, AwsCommand::Confirm);
    assert!(!server.calls().contains(&"StartExecution".to_owned()), "not with this input");
    aws(&mut app, AwsCommand::SetStartInput("{\"n\":2}".to_owned()));
    aws(&mut app, AwsCommand::Confirm);
    until(&mut app, "it is opened", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    assert!(app.attach.proposal.is_none());
    let seen = server.seen.lock().expect("no panic while it is held");
    let start = seen.iter().find(|it| it.call == "StartExecution").expect("it was started");
    assert_eq!(start.body["input"], "{\"n\":2}");
}

#[test]
fn a_redrive_that_aws_would_refuse_says_why_before() {
    let server = account_with(10, |request| {
        (request.call == "DescribeExecution").then(|| {
            let mut description = account::description();
            description["redriveStatus"] = json!("NOT_REDRIVABLE");
            description["redriveStatusReason"] = json!("Execution is SUCCEEDED");
            Reply::Json(description)
        })
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::SetReadOnly(false));
    aws(&mut app, AwsCommand::Propose(Act::Redrive { execution_arn: EXECUTION.to_owned() }));
    until(&mut app, "the reason", |app| {
        app.attach
            .proposal
            .as_ref()
            .is_some_and(|it| it.obstacle().is_some_and(|it| it.contains("Execution is SUCCEEDED")))
    });
    aws(&mut app, AwsCommand::Confirm);
    assert!(!server.calls().contains(&"RedriveExecution".to_owned()));
}

#[test]
fn an_update_shows_what_changes_and_is_not_made_over_somebody_else_s() {
    let changed = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&changed);
    let server = account_with(10, move |request| match request.call.as_str() {
        "DescribeStateMachine" => {
            let mut there = account::state_machine();
            there["revisionId"] = json!(if now.load(Ordering::Relaxed) { "2" } else { "1" });
            Some(Reply::Json(there))
        }
        "UpdateStateMachine" => {
            Some(Reply::Json(json!({ "updateDate": 1.7e9, "revisionId": "3" })))
        }
        _ => None,
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::SetReadOnly(false));
    let better = account::DEFINITION.replace("Orders.Late", "Orders.TooLate");
    let act =
        || Act::Update { machine_arn: MACHINE.to_owned(), definition: better.as_str().into() };
    let compared =
        |app: &App| app.attach.proposal.as_ref().is_some_and(|it| it.obstacle().is_none());
    aws(&mut app, AwsCommand::Propose(act()));
    until(&mut app, "the difference", compared);
    let lines =
        app.attach.proposal.as_ref().and_then(|it| it.difference()).expect("it is an update");
    let is_new =
        |it: &DiffLine| matches!(it, DiffLine::Added(text) if text.contains("Orders.TooLate"));
    assert!(lines.iter().any(is_new), "{lines:?}");
    changed.store(true, Ordering::Relaxed);
    aws(&mut app, AwsCommand::Confirm);
    until(&mut app, "the conflict", |app| {
        app.attach.proposal.as_ref().is_some_and(
            |it| matches!(&it.step, Step::Failed(why) if why.text.contains("somebody else")),
        )
    });
    assert!(!server.calls().contains(&"UpdateStateMachine".to_owned()));
    aws(&mut app, AwsCommand::Dismiss);
    aws(&mut app, AwsCommand::Propose(act()));
    until(&mut app, "the difference", compared);
    aws(&mut app, AwsCommand::Confirm);
    until(&mut app, "it is made", |app| app.attach.proposal.is_none());
    assert!(server.calls().contains(&"UpdateStateMachine".to_owned()));
}

#[test]
fn a_state_is_tested_on_aws_and_the_answers_are_compared() {
    let wrong = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&wrong);
    let server = account_with(10, move |request| {
        (request.call == "TestState").then(|| {
            let output = if now.load(Ordering::Relaxed) { "{\"y\":2}" } else { "{\"x\":1}" };
            Reply::Json(json!({ "status": "SUCCEEDED", "output": output, "nextState": "Refuse",
                "inspectionData": { "input": "{\"n\":1}", "afterInputPath": "{\"n\":1}" } }))
        })
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the execution", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    aws(&mut app, AwsCommand::SetReadOnly(false));
    let state = StatePath::new("Take");
    let ask = |app: &mut App| {
        let act = Act::TestState { machine_arn: MACHINE.to_owned(), state: state.clone() };
        aws(app, AwsCommand::Propose(act));
        until(app, "the role", |app| {
            app.attach.proposal.as_ref().is_some_and(|it| it.obstacle().is_none())
        });
        aws(app, AwsCommand::Confirm);
        until(app, "the answer", |app| app.attach.proposal.is_none());
        app.agreement(&state).cloned()
    };
    assert_eq!(ask(&mut app), Some(Agreement::Compared(Vec::new())), "AWS agrees");
    wrong.store(true, Ordering::Relaxed);
    let Some(Agreement::Compared(fields)) = ask(&mut app) else { panic!("both answered") };
    assert_eq!(fields.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["output"]);
    // What was typed since is another test.
    let mut draft = app.fresh_test(&state);
    draft.input = "{\"n\":9}".to_owned();
    app.run_command(Command::SetTest(state.clone(), Box::new(draft)));
    assert_eq!(app.agreement(&state), None);
    let seen = server.seen.lock().expect("no panic while it is held");
    let test = seen.iter().find(|it| it.call == "TestState").expect("it was asked");
    assert_eq!(test.body["stateName"], "Take");
    assert_eq!(test.body["roleArn"], machine_for_execution()["roleArn"]);
}

#[test]
fn a_waiting_task_is_really_called_once_that_is_confirmed() {
    let broken = Arc::new(AtomicBool::new(true));
    let now = Arc::clone(&broken);
    let server = account_with(10, move |request| {
        (request.call == "TestState").then(|| {
            if now.load(Ordering::Relaxed) {
                return Reply::Html(503);
            }
            Reply::Json(json!({ "status": "FAILED", "error": "Table.Busy", "cause": "try later" }))
        })
    });
    let home = Home::new("");
    let mut app = home.connected(&server.url);
    aws(&mut app, AwsCommand::OpenExecution(EXECUTION.to_owned()));
    until(&mut app, "the execution", |app| {
        app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("put.asl.json");
    let definition = json!({ "StartAt": "Put", "States": { "Put": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Wait",
        "Parameters": { "FunctionName": "put", "Payload": { "n.$": "$.n", "text": "{% 1 %}" } },
        "Catch": [{ "ErrorEquals": ["Table.Busy"], "Next": "Wait" }] },
        "Wait": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
            "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" } } } });
    std::fs::write(&file, definition.to_string()).expect("written");
    // What if the execution had run this, which asks what nobody recorded?
    app.run_command(Command::RunAgainWith(file));
    until(&mut app, "a task that waits", |app| {
        app.run().is_some_and(|it| it.rerun_of.is_some() && !it.waiting().is_empty())
    });
    aws(&mut app, AwsCommand::SelectMachine(Some(MACHINE.to_owned())));
    let act = |app: &App| {
        let run = app.run().expect("it runs");
        let request = run.waiting().first().copied().cloned().expect("a task waits");
        let machine_arn = app.aws_machine_of(run).expect("a machine is chosen").to_owned();
        Act::Call { machine_arn, run: run.id, request: request.into() }
    };
    let call = act(&app);
    let calls = |server: &Server| server.calls().iter().filter(|it| *it == "TestState").count();
    aws(&mut app, AwsCommand::Propose(call.clone()));
    assert!(app.attach.proposal.is_none(), "the session is read-only");
    aws(&mut app, AwsCommand::SetReadOnly(false));
    aws(&mut app, AwsCommand::Propose(call));
    until(&mut app, "the role", |app| {
        app.attach.proposal.as_ref().is_some_and(|it| it.obstacle().is_none())
    });
    assert_eq!(calls(&server), 0, "nothing is called before it is confirmed");
    aws(&mut app, AwsCommand::Confirm);
    until(&mut app, "no answer", |app| {
        app.attach.proposal.as_ref().is_some_and(
            |it| matches!(&it.step, Step::Failed(why) if why.text.contains("called all the same")),
        )
    });
    assert_eq!(calls(&server), 1, "what may have done its work is not sent again unasked");
    broken.store(false, Ordering::Relaxed);
    aws(&mut app, AwsCommand::Confirm);
    until(&mut app, "the state that catches it", |app| {
        app.run().is_some_and(|it| {
            it.waiting().first().is_some_and(|waits| &*waits.state_name == "Wait")
        })
    });
    assert_eq!(calls(&server), 2);
    {
        let seen = server.seen.lock().expect("no panic while it is held");
        let test = seen.iter().find(|it| it.call == "TestState").expect("it was asked");
        let text = |name: &str| test.body[name].as_str().unwrap_or_default().to_owned();
        let input: Value = serde_json::from_str(&text("input")).expect("JSON");
        // A text that looks like an expression goes as it is.
        assert_eq!(
            input,
            json!({ "FunctionName": "put", "Payload": { "n": 1, "text": "{% 1 %}" } })
        );
        let sent: Value = serde_json::from_str(&text("definition")).expect("JSON");
        assert_eq!(sent["Resource"], "arn:aws:states:::lambda:invoke");
        assert_eq!(sent["Arguments"], "{% $states.input %}");
    }
    // A callback can't be asked for that way, and that is said.
    let Act::Call { request, .. } = act(&app) else { panic!("it is a call") };
    let why = stepwell::app::attach::why_not_live(&request);
    assert!(why.is_some_and(|it| it.contains("callback")), "{why:?}");
}

// ------------------------------------------------------------------------------------------------------------- moto

#[test]
fn three_steps_lead_from_a_profile_to_the_failed_state() {
    let Some(moto) = moto::Moto::start() else { return };
    let definition: Value = serde_json::from_str(account::DEFINITION).expect("JSON");
    let orders = moto.machine("orders", &definition);
    let failed = moto.execution(&orders, "e-1");
    let home = Home::new("");
    let watch = stepwell::app::Stopwatch::start();
    let mut app = home.app();
    // One: attach.
    aws(&mut app, AwsCommand::Connect(home.choice(&moto.url)));
    until(&mut app, "the machines", |app| !app.attach.browser.machines.items.is_empty());
    let identity = app.attach.connection.attached().and_then(|it| it.identity.clone());
    assert_eq!(identity.map(|it| it.account).as_deref(), Some("123456789012"));
    // Two: the machine.
    aws(&mut app, AwsCommand::SelectMachine(Some(orders.clone())));
    until(&mut app, "its executions", |app| {
        app.attach.browser.machine.as_ref().is_some_and(|it| !it.executions.items.is_empty())
    });
    // Three: the execution.
    aws(&mut app, AwsCommand::OpenExecution(failed));
    until(&mut app, "the failed state", |app| {
        app.selection.state == Some(StatePath::new("Refuse"))
    });
    let requests = app.attach.connection.attached().map_or(0, |it| it.requests());
    println!("three steps, {requests} requests, {:?} against moto", watch.elapsed());
    assert_eq!(
        requests, 7,
        "identity, machines, executions, the machine, and three at once for the execution"
    );
    let error = app.run().map(|it| it.status());
    assert!(
        matches!(error, Some(ExecutionStatus::Failed { error: Some(error), .. }) if &*error == "Orders.Late")
    );

    // Acts on it, through what the user confirms.
    aws(&mut app, AwsCommand::SetReadOnly(false));
    let act = Act::Start { machine_arn: orders, input: "{}".to_owned() };
    aws(&mut app, AwsCommand::Propose(act));
    aws(&mut app, AwsCommand::Confirm);
    wait_until(&mut app, "the new execution", 40, |app| {
        app.runs.len() == 2 && app.opened().is_some_and(|it| it.stage == Stage::Complete)
    });
    moto.know_nobody();
    aws(&mut app, AwsCommand::Refresh);
    until(&mut app, "keys that nobody knows", |app| {
        app.attach.connection.attached().is_some_and(|it| it.trouble.is_some())
    });
    assert_eq!(app.runs.len(), 2, "what was opened stays");
}
