//! Attaching to AWS through the window, by accessible names; against a server of our own.

#[path = "attach/account.rs"]
mod account;
#[path = "aws/loopback.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod loopback;
#[path = "views/windowed.rs"]
mod windowed;

use std::time::Duration;

use account::{EXECUTION, Home, answer};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use loopback::{Reply, Server, serve};
use serde_json::json;
use stepwell::app::attach::AwsCommand;
use stepwell::app::{Command, Pane};
use stepwell::asl::StatePath;
use stepwell::execution::ExecutionStatus;
use windowed::{Windowed, app, click, run, window};

/// Draws frames until something is there.
fn until(harness: &mut Windowed, what: &str, is_so: impl Fn(&Windowed) -> bool) {
    let (_keep, silence) = std::sync::mpsc::channel::<()>();
    for _ in 0..400 {
        if is_so(harness) {
            return;
        }
        silence.recv_timeout(Duration::from_millis(20)).unwrap_or_default();
        harness.run_steps(1);
    }
    let app = app(harness);
    panic!("not so after 400 frames: {what}; {:?} {:?}", app.notices, app.attach.connection);
}

fn has(harness: &Windowed, role: Role, name: &str) -> bool {
    harness.query_by_role_and_label(role, name).is_some()
}

/// The button stands in the toolbar, and on the start page.
fn attach(harness: &mut Windowed) {
    let button = harness.query_all_by_role_and_label(Role::Button, "Attach to AWS…").next();
    button.expect("it is in the toolbar").click();
    harness.run_steps(4);
}

fn account() -> Server {
    serve(|request| answer(request, 10))
}

/// A home with one profile, which says where to ask.
fn home_of(server: &Server) -> Home {
    let home = Home::new("");
    home.write(
        "config",
        &format!("[profile keys]\nregion = eu-west-1\nendpoint_url = {}\n", server.url),
    );
    home
}

#[test]
fn three_clicks_lead_from_a_cold_start_to_the_failed_state() {
    let server = account();
    let home = home_of(&server);
    let mut harness = window(home.app(), [1440.0, 900.0]);
    // One.
    attach(&mut harness);
    let machine = "State machine orders";
    until(&mut harness, "the machine", |it| it.query_by_label(machine).is_some());
    // Two.
    harness.get_by_label(machine).click();
    harness.run_steps(2);
    until(&mut harness, "its execution", |it| it.query_by_label("Execution e-0").is_some());
    // Three.
    harness.get_by_label("Execution e-0").click();
    until(&mut harness, "the failed state", |it| {
        app(it).selection.state == Some(StatePath::new("Refuse")) && has(it, Role::Button, "Refuse")
    });
    harness.run_steps(30);
    let state = harness.get_by_role_and_label(Role::Button, "Refuse");
    let (graph, state) = (harness.ctx.content_rect(), state.rect());
    assert!(graph.contains_rect(state), "it is in sight: {state:?}");
    assert!(
        harness.query_all_by_label_contains("it is late").next().is_some(),
        "and why it failed"
    );
}

#[test]
fn the_last_execution_of_a_machine_is_one_click_from_its_row() {
    let server = account();
    let home = home_of(&server);
    let mut harness = window(home.app(), [1440.0, 900.0]);
    attach(&mut harness);
    let open = "Open the last execution of orders";
    until(&mut harness, "the last result", |it| has(it, Role::Button, open));
    click(&mut harness, Role::Button, open);
    until(&mut harness, "the failed state", |it| {
        app(it).selection.state == Some(StatePath::new("Refuse"))
    });
}

#[test]
fn whose_account_it_is_is_shown_whatever_pane_is_in_front() {
    let server = account();
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [1440.0, 900.0]);
    let bar = format!("AWS: keys · 123456789012 · eu-west-1 · {}", server.url);
    for pane in [Pane::Project, Pane::Source, Pane::Aws] {
        run(&mut harness, Command::ShowPane(pane));
        until(&mut harness, "the bar", |it| has(it, Role::Link, &bar));
    }
    click(&mut harness, Role::Button, "Disconnect from AWS");
    assert!(!has(&harness, Role::Link, &bar));
}

#[test]
fn a_sign_in_that_is_missing_shows_its_command() {
    let home = Home::new(
        "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\nregion = eu-west-1\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.invalid/start\n",
    );
    home.write("credentials", "");
    let mut harness = window(home.app(), [1440.0, 900.0]);
    attach(&mut harness);
    until(&mut harness, "the command", |it| {
        it.query_by_label_contains("aws sso login --profile dev").is_some()
    });
    assert!(
        has(&harness, Role::Button, "Copy command") && has(&harness, Role::Button, "Try again")
    );
    click(&mut harness, Role::Button, "Copy command");
    assert!(app(&harness).notices.iter().any(|it| it.text == "Copied"));
}

#[test]
fn an_act_is_done_only_behind_its_dialog() {
    let server = serve(|request| match request.call.as_str() {
        "StopExecution" => Reply::Json(json!({ "stopDate": 1.7e9 })),
        "StartExecution" => Reply::Json(json!({ "executionArn": EXECUTION, "startDate": 1.7e9 })),
        _ => answer(request, 10),
    });
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [1440.0, 900.0]);
    run(&mut harness, Command::ShowPane(Pane::Aws));
    until(&mut harness, "the machine", |it| it.query_by_label("State machine orders").is_some());
    harness.get_by_label("State machine orders").click();
    harness.run_steps(4);
    assert!(!has(&harness, Role::Button, "Start execution…"), "the session is read-only");
    click(&mut harness, Role::CheckBox, "Read-only");
    click(&mut harness, Role::Button, "Start execution…");
    // A dialog that has just come finds its middle.
    harness.run_steps(4);
    assert!(harness.query_by_label("123456789012").is_some(), "the account is named");
    assert!(harness.query_all_by_label("orders").count() > 0, "and the machine");
    assert!(!server.calls().contains(&"StartExecution".to_owned()));
    click(&mut harness, Role::Button, "Cancel");
    assert!(app(&harness).attach.proposal.is_none());
    click(&mut harness, Role::Button, "Start execution…");
    // A dialog that has just come finds its middle.
    harness.run_steps(4);
    click(&mut harness, Role::Button, "Start execution in 123456789012");
    until(&mut harness, "it is opened", |it| app(it).opened().is_some());
    assert!(server.calls().contains(&"StartExecution".to_owned()));
}

#[test]
fn a_waiting_task_is_called_from_its_card_behind_the_dialog() {
    let server = serve(|request| {
        if request.call == "TestState" {
            return Reply::Json(json!({ "status": "SUCCEEDED", "output": "{\"put\":true}" }));
        }
        answer(request, 10)
    });
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [1440.0, 900.0]);
    run(&mut harness, Command::Aws(AwsCommand::OpenExecution(EXECUTION.to_owned())));
    until(&mut harness, "the failed state", |it| {
        app(it).selection.state == Some(StatePath::new("Refuse"))
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let edited = folder.path().join("edited.asl.json");
    let definition = json!({ "StartAt": "Put", "States": { "Put": { "Type": "Task", "End": true,
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:put" } } });
    std::fs::write(&edited, definition.to_string()).expect("written");
    run(&mut harness, Command::RunAgainWith(edited));
    until(&mut harness, "the task that waits", |it| {
        app(it).run().is_some_and(|it| it.rerun_of.is_some() && !it.waiting().is_empty())
    });
    run(&mut harness, Command::ShowPane(Pane::Mocks));
    let call = |it: &Windowed| {
        let button = it.query_by_role_and_label(Role::Button, "Call on AWS…");
        !button.expect("it stands on the card").accesskit_node().is_disabled()
    };
    assert!(!call(&harness), "the session is read-only");
    run(&mut harness, Command::Aws(AwsCommand::SetReadOnly(false)));
    assert!(call(&harness));
    click(&mut harness, Role::Button, "Call on AWS…");
    let yes = "Call on AWS in 123456789012";
    until(&mut harness, "the dialog", |it| {
        let button = it.query_by_role_and_label(Role::Button, yes);
        button.is_some_and(|it| !it.accesskit_node().is_disabled())
    });
    assert!(!server.calls().contains(&"TestState".to_owned()));
    // A dialog that has just come finds its middle.
    harness.run_steps(4);
    click(&mut harness, Role::Button, yes);
    until(&mut harness, "its end", |it| {
        app(it)
            .run()
            .is_some_and(|it| it.rerun_of.is_some() && it.status() != ExecutionStatus::Running)
    });
    let output = app(&harness).run().map(|it| it.status());
    assert!(
        matches!(output, Some(ExecutionStatus::Succeeded { .. })),
        "the answer is the task's: {output:?}"
    );
}

#[test]
fn an_update_takes_the_copy_that_was_edited() {
    let server = serve(|request| match request.call.as_str() {
        "UpdateStateMachine" => Reply::Json(json!({ "updateDate": 1.7e9 })),
        _ => answer(request, 10),
    });
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [1440.0, 900.0]);
    run(&mut harness, Command::ShowPane(Pane::Aws));
    until(&mut harness, "the machine", |it| it.query_by_label("State machine orders").is_some());
    harness.get_by_label("State machine orders").click();
    until(&mut harness, "its execution", |it| it.query_by_label("Execution e-0").is_some());
    harness.get_by_label("Execution e-0").click();
    until(&mut harness, "the failed state", |it| {
        app(it).selection.state == Some(StatePath::new("Refuse"))
    });
    click(&mut harness, Role::CheckBox, "Read-only");
    run(&mut harness, Command::EditDefinition);
    let text = app(&harness).draft_of_definition().expect("a copy").text.clone();
    let edited = text.replace("\"Fail\"", "\"Succeed\"");
    run(&mut harness, Command::SetDefinitionDraft(edited.clone()));
    click(&mut harness, Role::Button, "Update definition…");
    until(&mut harness, "the one there now", |it| {
        app(it).attach.proposal.as_ref().is_some_and(|it| it.obstacle().is_none())
    });
    harness.run_steps(4);
    assert!(harness.query_by_label("orders, as it was run, edited here").is_some());
    assert!(harness.query_by_label(&server.url).is_some(), "the endpoint is named");
    click(&mut harness, Role::Button, "Update definition in 123456789012");
    until(&mut harness, "it is done", |it| app(it).attach.proposal.is_none());
    let seen = server.seen.lock().expect("no panic while it is held");
    let sent = seen.iter().find(|it| it.call == "UpdateStateMachine").expect("it was sent");
    assert_eq!(sent.body["definition"], edited.as_str());
}

#[test]
fn a_small_window_still_shows_the_lists_and_the_bar() {
    let server = account();
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [800.0, 560.0]);
    run(&mut harness, Command::ShowPane(Pane::Aws));
    until(&mut harness, "the machine", |it| it.query_by_label("State machine orders").is_some());
    harness.get_by_label("State machine orders").click();
    until(&mut harness, "its execution", |it| it.query_by_label("Execution e-0").is_some());
    let row = harness.get_by_label("Execution e-0").rect();
    let screen = harness.ctx.content_rect();
    assert!(screen.contains_rect(row) && row.width() > 120.0, "{row:?} in {screen:?}");
    run(&mut harness, Command::Aws(AwsCommand::OpenExecution(EXECUTION.to_owned())));
    until(&mut harness, "the failed state", |it| {
        app(it).selection.state == Some(StatePath::new("Refuse"))
    });
}

#[test]
fn an_attached_window_settles_when_nothing_happens() {
    let server = account();
    let home = home_of(&server);
    let mut harness = window(home.connected(&server.url), [1440.0, 900.0]);
    run(&mut harness, Command::ShowPane(Pane::Aws));
    until(&mut harness, "the last result", |it| {
        has(it, Role::Button, "Open the last execution of orders")
    });
    // It panics when frames are asked for without end.
    harness.run();
}
