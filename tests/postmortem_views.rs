//! Post-mortem in the window: why an execution failed, verifying it, running it again with an edited copy, playing it, saving
//! it, and histories that are broken in every way. Everything is found by its accessible name.

#[path = "views/windowed.rs"]
mod windowed;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepwell::app::{App, Command, ComparisonKind, NoticeLevel, Pace, Pane};
use stepwell::asl::StatePath;
use stepwell::execution::{EventId, ExecutionStatus};
use stepwell::json::Value;
use windowed::{Windowed, app, click, run as command};

const ORDER: &str = r#"{
  "StartAt": "Validate",
  "States": {
    "Validate": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "validate", "Payload.$": "$.order"},
      "ResultPath": "$.validated", "Next": "Items"},
    "Items": {"Type": "Map", "ItemsPath": "$.order.items",
      "ItemProcessor": {"StartAt": "Charge", "States": {
        "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
          "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
          "Retry": [{"ErrorEquals": ["Lambda.ServiceException"], "MaxAttempts": 2}],
          "End": true}}},
      "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Apologise"}],
      "End": true},
    "Apologise": {"Type": "Pass", "End": true}
  }
}"#;

const MOCKS: &str = r#"{"StateMachines": {"order": {"TestCases": {"fails": {"Validate": "ok", "Charge": "boom"}}}},
  "MockedResponses": {"ok": {"0": {"Return": {"Payload": true}}},
    "boom": {"0-9": {"Throw": {"Error": "KeyError",
      "Cause": "{\"errorMessage\":\"'amount'\",\"errorType\":\"KeyError\",\"stackTrace\":[\"line 12\"]}"}}}}}"#;

const INPUT: &str =
    r#"{"order":{"items":[{"sku":"a","price":5},{"sku":"b","price":7}],"password":"hunter2"}}"#;

/// An app with this path opened, as if the worker had just reported.
fn opened(path: &Path) -> App {
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(path.to_owned()));
    wait(&mut app, |app| app.opening.is_none());
    app
}

fn wait(app: &mut App, until: impl Fn(&App) -> bool) {
    for _ in 0..600 {
        app.wait_and_tick(Duration::from_millis(50));
        if until(app) {
            return;
        }
    }
    panic!("it did not come: {:?}", app.notices);
}

fn window(app: App) -> Windowed {
    windowed::window(app, [1480.0, 940.0])
}

fn has(harness: &Windowed, text: &str) -> bool {
    harness.query_all_by_label_contains(text).count() > 0
}

/// Lets a thread of the app report.
fn settle(harness: &mut Windowed, until: impl Fn(&App) -> bool) {
    for _ in 0..600 {
        let window = harness.state_mut().as_mut().expect("the window was made in the first frame");
        window.app.wait_and_tick(Duration::from_millis(20));
        let done = until(&window.app);
        harness.run_steps(2);
        if done {
            return;
        }
    }
    panic!("it did not come: {:?}", app(harness).notices);
}

/// A folder with the machine and its mocks.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("order.asl.json");
    std::fs::write(&file, ORDER).expect("written");
    std::fs::write(folder.path().join("MockConfigFile.json"), MOCKS).expect("written");
    (folder, file)
}

/// The machine with a simulated execution that failed.
fn failed(file: &Path) -> App {
    let mut app = opened(file);
    app.run_command(Command::SetInput(INPUT.to_owned()));
    app.run_command(Command::Continue);
    wait(&mut app, |app| app.run().is_some_and(|run| run.has_ended()));
    assert_eq!(app.run().expect("an execution").status().as_str(), "FAILED");
    app
}

/// The same execution, exported and opened again: a recording.
fn recorded(folder: &Path, file: &Path) -> App {
    let mut app = failed(file);
    let history = folder.join("history.json");
    app.run_command(Command::ExportHistory(history.clone()));
    app.run_command(Command::Open(history));
    wait(&mut app, |app| app.opening.is_none());
    assert!(app.run().is_some_and(|run| run.start.is_none()), "{:?}", app.notices);
    app
}

#[test]
fn a_failure_says_why_and_leads_to_the_field() {
    let (_folder, file) = folder();
    let mut harness = window(failed(&file));
    assert!(has(&harness, "Charge failed with KeyError"), "the card is in front");
    assert!(has(&harness, "$.Payload has no \"amount\""), "it says what is there instead");
    assert!(has(&harness, "Names Lambda.ServiceException, not KeyError."), "the retrier");
    assert!(has(&harness, "Names States.Timeout, not KeyError."), "the catcher of the Map");
    click(&mut harness, Role::Link, "Show $.Payload.amount");
    let run = app(&harness).run().expect("an execution");
    assert_eq!(app(&harness).selection.state, Some(StatePath::new("Items/Charge")));
    assert!(run.session.cursor().event < run.session.last_event());
    let revealed = app(&harness).revealed().expect("the field is marked");
    assert_eq!(revealed.reveal.stage, "afterParameters");
    command(&mut harness, Command::GoToEnd);
    command(&mut harness, Command::ShowPane(Pane::Events));
    click(&mut harness, Role::Button, "Why?");
    assert!(has(&harness, "Show $.Payload.amount"), "the strip leads back to the card");
}

#[test]
fn an_execution_that_succeeds_has_no_card_and_no_strip() {
    let (_folder, file) = folder();
    std::fs::write(&file, r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#)
        .expect("written");
    let mut app = opened(&file);
    app.run_command(Command::Continue);
    wait(&mut app, |app| app.run().is_some_and(|run| run.has_ended()));
    let mut harness = window(app);
    command(&mut harness, Command::ShowPane(Pane::Failure));
    assert!(has(&harness, "Nothing failed"));
    assert!(harness.query_by_role_and_label(Role::Button, "Why?").is_none());
}

#[test]
fn a_recording_is_verified_by_one_press() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    click(&mut harness, Role::Button, "Verify against the simulator");
    settle(&mut harness, |app| app.comparison.is_some());
    let comparison = app(&harness).comparison.as_ref().expect("a comparison");
    assert_eq!(comparison.divergence, None, "{:?}", comparison.notes);
    let text = format!("Reproduced {0} of {0} events", comparison.events);
    assert!(has(&harness, &text), "{text}");
    let rows = harness.query_all_by_label_contains("Same: recorded event 2, now event 2").count();
    assert_eq!(rows, 1, "the events stand side by side");
    click(&mut harness, Role::Button, "Same: recorded event 2, now event 2");
    assert_eq!(app(&harness).run().expect("shown").session.cursor().event, EventId(2));
}

#[test]
fn an_edited_copy_answers_what_if_and_leaves_the_file_alone() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    command(&mut harness, Command::ShowPane(Pane::Source));
    click(&mut harness, Role::Button, "Edit a copy");
    let edited = ORDER.replace("States.Timeout", "KeyError");
    command(
        &mut harness,
        Command::SetDefinitionDraft(edited.replace("\"Apologise\"}]", "\"Nowhere\"}]")),
    );
    assert!(has(&harness, "Nowhere"), "what is wrong is told while one types");
    command(&mut harness, Command::SetDefinitionDraft(edited));
    click(&mut harness, Role::Button, "Run again with this");
    settle(&mut harness, |app| app.comparison.is_some());
    let comparison = app(&harness).comparison.as_ref().expect("a comparison");
    let ComparisonKind::WhatIf { gained, lost, outcome, unanswered, .. } = &comparison.kind else {
        panic!("it is a what-if");
    };
    assert_eq!(gained, &[StatePath::new("Apologise")]);
    assert!(lost.is_empty() && unanswered.is_empty());
    let (was, is) = outcome.as_ref().expect("it ends otherwise");
    assert!(matches!(was, ExecutionStatus::Failed { .. }));
    assert!(matches!(is, ExecutionStatus::Succeeded { .. }));
    assert!(comparison.divergence.is_some());
    assert_eq!(app(&harness).run().expect("the re-run is shown").status().as_str(), "SUCCEEDED");
    assert!(has(&harness, "Run again from the start") && has(&harness, "Now entered"));
    assert_eq!(std::fs::read_to_string(&file).expect("read"), ORDER, "the file is as it was");
    click(&mut harness, Role::Button, "Discard");
    assert!(app(&harness).draft_of_definition().is_none());
}

/// The recording, run again with an edited copy of its definition.
fn rerun_with(harness: &mut Windowed, edited: &str) {
    command(harness, Command::EditDefinition);
    command(harness, Command::SetDefinitionDraft(edited.to_owned()));
    command(harness, Command::RunAgain);
    settle(harness, |app| app.comparison.is_some() && app.comparing.is_none());
    command(harness, Command::ShowPane(Pane::Graph));
}

/// What the graph says of a state.
fn on_graph(harness: &Windowed, state: &str) -> String {
    let node = harness.get_by_role_and_label(Role::Button, state);
    node.accesskit_node().description().unwrap_or_default()
}

#[test]
fn the_graph_shows_which_states_only_one_of_two_runs_entered() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    // It is caught now, by a state that was added; and what was called Apologise is called otherwise.
    let edited = ORDER.replace("States.Timeout", "KeyError").replace(
        r#""Apologise": {"Type": "Pass", "End": true}"#,
        r#""Apologise": {"Type": "Pass", "Next": "Note"}, "Note": {"Type": "Pass", "End": true}"#,
    );
    rerun_with(&mut harness, &edited);
    assert!(on_graph(&harness, "Note").contains("only the re-run enters it"));
    assert!(on_graph(&harness, "Apologise").contains("only the re-run enters it"));
    assert!(!on_graph(&harness, "Validate").contains("re-run"));
    assert!(has(&harness, "State Note"), "the list has what the edited definition has");
    // The recording's own graph has no such state, and nothing to lose.
    click(&mut harness, Role::Button, "Back to the recording");
    assert!(harness.query_by_role_and_label(Role::Button, "Note").is_none());
    assert!(on_graph(&harness, "Apologise").contains("only the re-run enters it"));
    // The other way round: a shorter way leaves states out.
    let edited = ORDER.replace(
        r#""ResultPath": "$.validated", "Next": "Items"}"#,
        r#""ResultPath": "$.validated", "End": true}"#,
    );
    rerun_with(&mut harness, &edited);
    assert!(on_graph(&harness, "Items").contains("only the recording entered it"));
    assert!(has(&harness, "No longer entered"));
    assert!(has(&harness, "They part at"));
    assert!(has(&harness, "recorded MapStateEntered of Items, now ExecutionSucceeded"));
}

#[test]
fn a_re_run_asks_what_is_new_and_goes_on_with_recorded_answers_after_it() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    command(&mut harness, Command::SelectMockCase(None));
    let edited = ORDER.replace(
        r#""FunctionName": "validate","#,
        r#""FunctionName": "validate", "Qualifier": "2","#,
    );
    rerun_with(&mut harness, &edited);
    assert!(has(&harness, "Validate waits for an answer"));
    assert!(has(&harness, "In the recording it asked something else"));
    assert!(
        app(&harness).comparison.as_ref().is_some_and(|it| it.entered_by_one().is_empty()),
        "what it has not come to yet is not lost"
    );
    let runs = app(&harness).runs.len();
    click(&mut harness, Role::Button, "Answer as then");
    settle(&mut harness, |app| app.comparing.is_none());
    assert_eq!(app(&harness).runs.len(), runs, "the same re-run, one answer further");
    assert_eq!(app_status(&harness), "FAILED", "every task after it found its recorded answer");
    let comparison = app(&harness).comparison.as_ref().expect("a comparison");
    let divergence = comparison.divergence.as_ref().expect("a difference");
    let field = divergence.field.as_ref().expect("a field");
    assert_eq!(field.field, "parameters.Qualifier");
    assert!(has(&harness, "parameters.Qualifier: now \"2\""), "both values are shown");
    assert!(has(&harness, "It ended the same: FAILED KeyError"));
    // Other answers lead elsewhere, and are no mocks unless they are to be.
    rerun_with(&mut harness, &edited);
    let waiting = app(&harness).run().expect("the re-run").waiting()[0].token;
    let answer = stepwell::app::TaskAnswer::Failed { error: Some("Odd".into()), cause: None };
    command(&mut harness, Command::AnswerTask { token: waiting, answer, keep: false });
    settle(&mut harness, |app| app.comparing.is_none());
    assert!(
        matches!(app(&harness).run().expect("the re-run").status(), ExecutionStatus::Failed { error: Some(error), .. } if &*error == "Odd")
    );
    rerun_with(&mut harness, &edited);
    assert!(has(&harness, "Validate waits for an answer"), "it was for that re-run only");
}

#[test]
fn a_state_inside_a_map_is_run_again_with_the_map_around_it() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    command(&mut harness, Command::SelectState(Some(StatePath::new("Items/Charge"))));
    command(&mut harness, Command::RunAgainFromHere);
    settle(&mut harness, |app| app.comparison.is_some());
    assert!(has(&harness, "Run again from Items"));
    let comparison = app(&harness).comparison.as_ref().expect("a comparison");
    assert_eq!(comparison.divergence, None);
    assert!(has(&harness, "Every event is the same as then."));
}

#[test]
fn a_definition_that_is_saved_meanwhile_runs_the_recording_again() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    let again = |harness: &Windowed| {
        harness.query_by_role_and_label(Role::Button, "Run again with it").is_some()
    };
    assert!(!again(&harness));
    std::fs::write(&file, ORDER.replace("States.Timeout", "KeyError")).expect("saved");
    command(&mut harness, Command::Reload);
    settle(&mut harness, |app| app.recorded_another_definition());
    click(&mut harness, Role::Button, "Run again with it");
    settle(&mut harness, |app| app.comparison.is_some());
    assert_eq!(app_status(&harness), "SUCCEEDED");
    assert!(!again(&harness), "the re-run ran what is open");
}

/// The history of an execution in a folder where nothing lies beside it.
fn lone_history(file: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let history = folder.path().join("history.json");
    failed(file).run_command(Command::ExportHistory(history.clone()));
    (folder, history)
}

#[test]
fn a_history_lists_its_events_alone_and_is_drawn_once_its_definition_is_open() {
    let (_folder, file) = folder();
    let (_elsewhere, history) = lone_history(&file);
    let mut fresh = App::new(None, Arc::new(|| ()));
    fresh.run_command(Command::Open(history));
    wait(&mut fresh, |app| app.history_to_open.is_some());
    let mut harness = window(fresh);
    assert!(has(&harness, "it is shown once its definition is open"));
    click(&mut harness, Role::Button, "Show its events alone");
    settle(&mut harness, |app| app.run().is_some());
    command(&mut harness, Command::ShowPane(Pane::Events));
    assert!(has(&harness, "ExecutionFailed"), "its events are listed");
    assert!(has(&harness, "history.json is drawn once its definition is open"));
    command(&mut harness, Command::Open(file));
    settle(&mut harness, |app| app.run().is_some_and(|run| &*run.machine_name == "order"));
    assert!(app(&harness).history_to_open.is_none());
    assert!(has(&harness, "Charge failed with KeyError"), "{:?}", app(&harness).notices);
    assert!(app(&harness).run().is_some_and(|run| run.start.is_none()));
}

#[test]
fn a_definition_and_its_history_open_together() {
    let (_folder, file) = folder();
    let (_elsewhere, history) = lone_history(&file);
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::OpenWithHistory { definition: file, history });
    wait(&mut app, |app| app.run().is_some());
    assert!(app.run().is_some_and(|run| run.start.is_none() && run.has_failed()));
    assert!(app.history_to_open.is_none());
}

#[test]
fn a_history_finds_its_machine_among_several() {
    let (folder, file) = folder();
    let (_elsewhere, history) = lone_history(&file);
    let other = r#"{"StartAt":"Other","States":{"Other":{"Type":"Succeed"}}}"#;
    std::fs::write(folder.path().join("another.asl.json"), other).expect("written");
    let mut app = opened(folder.path());
    assert_eq!(app.machine().map(|it| it.name.as_str()), Some("another"));
    app.run_command(Command::Open(history));
    wait(&mut app, |app| app.run().is_some());
    assert_eq!(app.machine().map(|it| it.name.as_str()), Some("order"), "{:?}", app.notices);
    assert!(app.run().is_some_and(|run| run.has_failed()));
}

#[test]
fn a_definition_dropped_on_a_bare_recording_is_what_it_runs_again_with() {
    let (folder, file) = folder();
    let app = recorded(folder.path(), &file);
    let bundle = folder.path().join("run.stepwell");
    app.save_bundle(&bundle, "", true).expect("saved");
    let mut harness = window(opened_now(&bundle));
    let edited = folder.path().join("fixed.asl.json");
    std::fs::write(&edited, ORDER.replace("States.Timeout", "KeyError")).expect("written");
    command(&mut harness, Command::Open(edited));
    settle(&mut harness, |app| app.comparison.is_some());
    assert_eq!(app_status(&harness), "SUCCEEDED");
}

fn app_status(harness: &Windowed) -> &'static str {
    app(harness).run().expect("an execution").status().as_str()
}

/// An app with a bundle opened.
fn opened_now(path: &Path) -> App {
    let app = opened(path);
    assert!(app.run().is_some(), "{:?}", app.notices);
    app
}

#[test]
fn an_execution_is_saved_without_its_secrets_and_opens_again() {
    let (folder, file) = folder();
    let mut harness = window(failed(&file));
    command(&mut harness, Command::ShowSaveExecutionDialog);
    let field = harness.get_by_role_and_label(Role::TextInput, "File to save");
    let path = PathBuf::from(field.value().expect("a name is proposed"));
    assert_eq!(path.file_name().and_then(|it| it.to_str()), Some("order.stepwell"));
    click(&mut harness, Role::Button, "Save");
    let saved = folder.path().join("order.stepwell");
    let (_, places) = app(&harness).saved.as_ref().expect("it was saved");
    assert!(places.iter().any(|it| it.ends_with("password")), "{places:?}");
    assert!(has(&harness, "taken out"), "what was taken out is listed");
    let text = std::fs::read_to_string(&saved).expect("the file is there");
    assert!(!text.contains("hunter2") && text.contains("KeyError"));
    click(&mut harness, Role::Button, "Close");
    command(&mut harness, Command::Open(saved));
    settle(&mut harness, |app| app.opening.is_none());
    let run = app(&harness).run().expect("it opens by itself");
    assert!(run.start.is_none() && run.status().as_str() == "FAILED");
    assert!(has(&harness, "Charge failed with KeyError"));
}

#[test]
fn an_execution_is_played_both_ways_until_a_breakpoint() {
    let (folder, file) = folder();
    let mut app = recorded(folder.path(), &file);
    let last = app.run().expect("an execution").session.last_event();
    let cursor = |app: &App| app.run().expect("an execution").session.cursor().event;
    app.run_command(Command::SetPace(Pace::PerSecond(10.0)));
    app.run_command(Command::TogglePlay);
    assert_eq!(cursor(&app), EventId(1), "from its end it is played from the start");
    app.advance_playback(Duration::from_millis(250));
    assert_eq!(cursor(&app), EventId(3));
    app.advance_playback(Duration::from_millis(50));
    assert_eq!(cursor(&app), EventId(4), "what is left of a moment is not lost");
    app.advance_playback(Duration::from_secs(100));
    assert_eq!(cursor(&app), last);
    assert!(app.playing().is_none() && app.next_frame_of_playback().is_none(), "nothing goes on");

    app.run_command(Command::TogglePlayBackwards);
    app.advance_playback(Duration::from_millis(300));
    assert_eq!(cursor(&app), EventId(last.0 - 3));
    app.run_command(Command::GoTo(EventId(6)));
    app.advance_playback(Duration::from_secs(1));
    assert_eq!(cursor(&app), EventId(6), "whoever moves the cursor ends it");
    assert!(app.playing().is_none());

    app.run_command(Command::GoToStart);
    app.run_command(Command::ToggleBreakpoint(StatePath::new("Items")));
    app.run_command(Command::TogglePlay);
    app.advance_playback(Duration::from_secs(100));
    let run = app.run().expect("an execution");
    assert_eq!(run.session.stack().first().map(|it| it.name.to_string()).as_deref(), Some("Items"));
    assert!(app.playing().is_none(), "the breakpoint stopped it");
}

#[test]
fn long_waits_are_left_out_and_speeds_scale() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("w.asl.json");
    let text = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"A"},"A":{"Type":"Pass","End":true}}}"#;
    std::fs::write(&file, text).expect("written");
    let mut app = opened(&file);
    app.run_command(Command::Continue);
    wait(&mut app, |app| app.run().is_some_and(|run| run.has_ended()));
    let cursor = |app: &App| app.run().expect("an execution").session.cursor().event;
    app.run_command(Command::TogglePlay);
    app.advance_playback(Duration::from_millis(100));
    assert_eq!(cursor(&app), EventId(2), "in the wait");
    app.advance_playback(Duration::from_millis(300));
    assert!(cursor(&app) > EventId(2), "60 s are left out");
    app.run_command(Command::ToggleSkipWaits);
    app.run_command(Command::SetPace(Pace::Times(100.0)));
    app.run_command(Command::GoToStart);
    app.run_command(Command::TogglePlay);
    app.advance_playback(Duration::from_millis(400));
    assert_eq!(cursor(&app), EventId(2), "60 s take 0.6 s");
    app.advance_playback(Duration::from_millis(300));
    assert!(cursor(&app) > EventId(2));
}

#[test]
fn a_window_that_plays_nothing_is_still() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    command(&mut harness, Command::TogglePlay);
    assert!(app(&harness).playing().is_some());
    command(&mut harness, Command::TogglePlay);
    harness.run();
}

/// Without inputs and outputs, as `includeExecutionData=false` and encryption with a customer's key leave it.
fn without_data(json: &Value) -> Value {
    const DATA: [&str; 3] = ["input", "output", "parameters"];
    match json {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !DATA.contains(&&***name));
            Value::object(kept.map(|(name, value)| (Arc::clone(name), without_data(value))))
        }
        Value::Array(items) => Value::array(items.iter().map(without_data)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json.clone(),
    }
}

/// A history that some other program, or an accident, has made of a good one.
fn broken_histories(good: &str) -> Vec<(&'static str, String)> {
    let json = Value::parse(good).expect("the export is JSON");
    let events = json.get("events").and_then(Value::as_array).expect("events").clone();
    let write = |events: Vec<Value>| Value::object([("events", Value::from(events))]).to_string();
    let mut reversed = events.clone();
    reversed.reverse();
    let bare = |event: &Value| {
        let members = event.as_object().expect("an event").iter();
        let kept = members.filter(|(name, _)| !name.ends_with("Details"));
        Value::object(kept.map(|(name, value)| (Arc::clone(name), value.clone())))
    };
    let emoji = "😀".repeat(262_144 / 4);
    let foreign = "{\"events\":[{\"type\":\"ExecutionStarted\",\"id\":\"x\"},7,{\"id\":1}]}";
    let skew = good.replace("2026", "1999").replacen("1999", "2026", 1);
    vec![
        ("the second half is missing", write(events[..events.len() / 2].to_vec())),
        ("newest first", write(reversed)),
        ("cut off in the middle of the text", good[..good.len() / 2].to_owned()),
        ("of another program", foreign.to_owned()),
        ("unknown types", good.replace("TaskScheduled", "TaskTeleported")),
        ("no execution data", without_data(&json).to_string()),
        ("no details", write(events.iter().map(bare).collect())),
        ("clocks that differ", skew),
        ("states that the definition does not have", good.replace("Charge", "Refund")),
        (
            "a payload of 262,144 bytes",
            good.replace("\\\"sku\\\":\\\"a\\\"", &format!("\\\"sku\\\":\\\"{emoji}\\\"")),
        ),
        ("no events", write(Vec::new())),
    ]
}

#[test]
fn broken_histories_open_or_are_refused_in_words() {
    let (folder, file) = folder();
    let mut source = failed(&file);
    let good = folder.path().join("good.json");
    source.run_command(Command::ExportHistory(good.clone()));
    let good = std::fs::read_to_string(good).expect("exported");
    for (what, text) in broken_histories(&good) {
        let path = folder.path().join("broken.json");
        std::fs::write(&path, text).expect("written");
        let mut harness = window(opened(&file));
        command(&mut harness, Command::Open(path));
        settle(&mut harness, |app| app.opening.is_none());
        let told = app(&harness).notices.iter().any(|it| it.level == NoticeLevel::Error);
        let Some(run) = app(&harness).run() else {
            assert!(told, "{what}: neither opened nor refused");
            continue;
        };
        let last = run.session.last_event();
        for pane in [Pane::Failure, Pane::Events, Pane::Timeline, Pane::DataFlow, Pane::Source] {
            command(&mut harness, Command::ShowPane(pane));
        }
        for event in 1..=last.0 {
            command(&mut harness, Command::GoTo(EventId(event)));
        }
        command(&mut harness, Command::ShowPane(Pane::Failure));
        if what.starts_with("states that") {
            assert!(
                has(&harness, "Refund") && has(&harness, "The definition has changed"),
                "{what}"
            );
        }
        if what == "no details"
            || what == "a payload of 262,144 bytes"
            || what.starts_with("states")
        {
            assert!(has(&harness, "failed"), "{what}");
        }
        command(&mut harness, Command::Verify);
        settle(&mut harness, |app| app.comparing.is_none());
        if what == "no execution data" {
            let said = |it: &stepwell::app::Notice| it.text.contains("its input was not recorded");
            assert!(app(&harness).notices.iter().any(said), "{what}");
        }
        command(&mut harness, Command::RunAgain);
        settle(&mut harness, |app| app.comparing.is_none());
    }
}

#[test]
fn a_small_window_shows_the_card_and_the_comparison() {
    let (folder, file) = folder();
    let mut harness = window(recorded(folder.path(), &file));
    harness.set_size(egui::vec2(800.0, 560.0));
    harness.run_steps(4);
    command(&mut harness, Command::ShowPane(Pane::Failure));
    assert!(harness.query_by_role_and_label(Role::Button, "Why?").is_some());
    command(&mut harness, Command::Verify);
    settle(&mut harness, |app| app.comparison.is_some());
    assert!(has(&harness, "Reproduced"));
}

#[test]
fn whatever_a_project_is_made_of_its_executions_can_be_saved_and_opened() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let samples = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/sample-machines"));
    for sample in ["crud/terraform", "crud/sam"] {
        let mut app = opened(&samples.join(sample));
        app.run_command(Command::StartPaused);
        let run = app.run().expect("an execution");
        let states = run.session.definition().states().len();
        assert!(states > 0, "{sample}");
        let bundle = folder.path().join("sample.stepwell");
        app.save_bundle(&bundle, "", true).expect("saved");
        let again = opened_now(&bundle);
        let machine = again.machine().expect("its machine");
        assert_eq!(machine.machine.states().len(), states, "{sample}");
        app.run_command(Command::EditDefinition);
        let draft = app.draft_of_definition();
        assert!(
            draft.is_some_and(|it| it.machine.states().len() == states),
            "{sample}: {:?}",
            app.notices
        );
    }
}

#[test]
fn a_bundle_that_is_saved_again_still_says_what_was_taken_out() {
    let (folder, file) = folder();
    let first = folder.path().join("first.stepwell");
    let places = failed(&file).save_bundle(&first, "", true).expect("saved");
    assert!(!places.is_empty());
    for redact in [true, false] {
        let again = folder.path().join("again.stepwell");
        let told = opened_now(&first).save_bundle(&again, "", redact).expect("saved");
        assert_eq!(told, places, "redacted: {redact}");
        assert!(opened(&again).notices.iter().any(|it| it.text.contains("values were redacted")));
    }
    // Another execution in that machine has an input of its own, and the same definition.
    let mut app = opened_now(&first);
    app.run_command(Command::SetInput(r#"{"order":{"items":[]}}"#.to_owned()));
    app.run_command(Command::Continue);
    wait(&mut app, |app| app.run().is_some_and(|run| run.start.is_some() && run.has_ended()));
    let other = folder.path().join("other.stepwell");
    assert_eq!(app.save_bundle(&other, "", true).expect("saved"), Vec::<String>::new());
}

#[test]
fn what_is_being_read_can_be_given_up() {
    let (folder, file) = folder();
    let mut app = recorded(folder.path(), &file);
    let before = app.runs.len();
    app.run_command(Command::Open(folder.path().join("history.json")));
    assert!(app.opening.is_some(), "it is read beside the window");
    app.run_command(Command::CancelOpening);
    assert!(app.opening.is_none());
    // What is opened next comes later.
    app.run_command(Command::Open(folder.path().join("gone.json")));
    wait(&mut app, |app| app.opening.is_none());
    assert!(app.notices.iter().any(|it| it.text.contains("gone.json")), "{:?}", app.notices);
    assert_eq!(app.runs.len(), before);
    app.run_command(Command::Open(folder.path().join("history.json")));
    wait(&mut app, |app| app.opening.is_none());
    assert_eq!(app.runs.len(), before + 1);
}
