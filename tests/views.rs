//! The window, driven as a user drives it: everything is found by its accessible name.

#[path = "views/windowed.rs"]
mod windowed;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stepwell::app::{App, Command, Pane};
use stepwell::asl::StatePath;
use windowed::{Windowed, app, click};

const CRUD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-machines/crud/terraform");

/// An app with this path opened, as if the worker had just reported.
fn opened(path: &Path) -> App {
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(path.to_owned()));
    for _ in 0..400 {
        app.wait_and_tick(Duration::from_millis(50));
        if app.opening.is_none() {
            break;
        }
    }
    app
}

fn window(app: App) -> Windowed {
    windowed::window(app, [1480.0, 940.0])
}

fn show(harness: &mut Windowed, pane: Pane) {
    windowed::run(harness, Command::ShowPane(pane));
}

fn press(harness: &mut Windowed, modifiers: egui::Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(6);
}

#[test]
fn a_project_shows_its_machine_routes_and_tables() {
    let harness = window(opened(Path::new(CRUD)));
    assert!(app(&harness).machine().is_some(), "{:?}", app(&harness).notices);
    for name in ["Create item", "List items", "Which operation?"] {
        assert!(
            harness.query_by_role_and_label(Role::Button, name).is_some(),
            "{name} is not in the graph"
        );
    }
    assert!(harness.query_all_by_label_contains("/items/{id}").count() > 0);
}

#[test]
fn a_state_is_selected_by_its_name() {
    let mut harness = window(opened(Path::new(CRUD)));
    harness.get_by_role_and_label(Role::Button, "Create item").click_accesskit();
    harness.run_steps(4);
    assert_eq!(app(&harness).selection.state, Some(StatePath::new("Create item")));
}

#[test]
fn a_request_stops_at_a_breakpoint_steps_both_ways_and_is_answered() {
    let mut harness = window(opened(Path::new(CRUD)));
    harness.get_by_role_and_label(Role::Button, "Create item").click_accesskit();
    harness.run_steps(4);
    press(&mut harness, egui::Modifiers::NONE, Key::F9);
    let breakpoints = app(&harness).breakpoints().expect("a machine is open");
    assert!(breakpoints.states.contains_key(&StatePath::new("Create item")));

    show(&mut harness, Pane::ApiConsole);
    let window = harness.state_mut().as_mut().expect("made in the first frame");
    let mut draft = window.app.draft.clone();
    (draft.method, draft.url) = ("POST".to_owned(), "/items".to_owned());
    draft.body = r#"{"make":"MINI","model":"Cooper","year":2015}"#.to_owned();
    window.app.run_command(Command::SetRequest(Box::new(draft)));
    harness.run_steps(2);
    click(&mut harness, Role::Button, "Send");
    let exchange = app(&harness).exchanges.last().expect("a request was sent");
    assert!(exchange.response().is_none(), "the breakpoint holds the response");
    let run = app(&harness).run().expect("it started an execution");
    let held = run.session.cursor();
    assert_eq!(
        run.session.stack().first().map(|frame| frame.name.to_string()).as_deref(),
        Some("Create item")
    );

    press(&mut harness, egui::Modifiers::NONE, Key::F10);
    let stepped = app(&harness).run().expect("still there").session.cursor();
    assert!(stepped.event > held.event, "{stepped:?} after {held:?}");
    press(&mut harness, egui::Modifiers::COMMAND, Key::F10);
    assert_eq!(app(&harness).run().expect("still there").session.cursor(), held);

    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let response =
        app(&harness).exchanges.last().and_then(|it| it.response()).expect("it was let go");
    assert_eq!(response.status, 201, "{}", response.body);
    assert!(response.body.contains("Cooper"));
    assert!(harness.query_by_label("Status 201").is_some());
}

#[test]
fn a_task_without_a_service_asks_and_its_answer_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("pay.asl.json");
    let definition = r#"{"StartAt":"Pay","States":{"Pay":{"Type":"Task",
        "Resource":"arn:aws:lambda:us-east-1:123456789012:function:pay","End":true}}}"#;
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    assert_eq!(app(&harness).run().expect("it runs").waiting().len(), 1);
    show(&mut harness, Pane::Mocks);
    let field = harness.get_by_role_and_label(Role::TextInput, "Answer");
    field.focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Answer").type_text(r#"{"paid":true}"#);
    harness.run_steps(2);
    click(&mut harness, Role::Button, "Answer");
    let run = app(&harness).run().expect("still there");
    assert!(run.has_ended());
    assert_eq!(run.session.history().status().as_str(), "SUCCEEDED");
    // It was kept: the next execution does not ask.
    press(&mut harness, egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::F5);
    assert!(app(&harness).run().expect("restarted").has_ended());
}

/// A machine with one Lambda task, in a file.
fn one_task(folder: &Path, more: &str) -> std::path::PathBuf {
    let file = folder.join("pay.asl.json");
    let definition = format!(
        r#"{{"StartAt":"Pay","States":{{"Pay":{{"Type":"Task",{more}
        "Resource":"arn:aws:lambda:us-east-1:123456789012:function:pay","End":true}}}}}}"#
    );
    std::fs::write(&file, definition).expect("written");
    file
}

#[test]
fn a_waiting_task_can_be_left_to_time_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(opened(&one_task(folder.path(), r#""TimeoutSeconds":7,"#)));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    // The pane with the question comes to the front by itself; the toolbar leads there too.
    assert!(harness.query_all_by_label("Pay waits for an answer").count() == 2);
    assert!(harness.query_all_by_label_contains("function:pay").count() > 0);
    click(&mut harness, Role::Button, "Time out");
    click(&mut harness, Role::Button, "Answer");
    let status = app(&harness).run().expect("still there").session.history().status();
    let stepwell::execution::ExecutionStatus::Failed { error, .. } = status else {
        panic!("{status:?}")
    };
    assert_eq!(error.as_deref(), Some("States.Timeout"));
}

#[test]
fn a_task_that_never_answers_and_has_no_timeout_asks_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(opened(&one_task(folder.path(), "")));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    show(&mut harness, Pane::Mocks);
    click(&mut harness, Role::Button, "Time out");
    click(&mut harness, Role::Button, "Answer");
    assert_eq!(app(&harness).run().expect("it waits").waiting().len(), 1);
    click(&mut harness, Role::Button, "Fail with error");
    click(&mut harness, Role::Button, "Answer");
    assert!(app(&harness).run().expect("still there").has_ended());
}

#[test]
fn an_error_is_the_first_thing_in_the_data_flow() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let long: Vec<String> = (0..60).map(|at| format!(r#""key {at}":{at}"#)).collect();
    let definition = format!(
        r#"{{"StartAt":"A","States":{{
        "A":{{"Type":"Pass","Result":{{{}}},"Next":"B"}},
        "B":{{"Type":"Pass","InputPath":"$.gone","End":true}}}}}}"#,
        long.join(",")
    );
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F10);
    press(&mut harness, egui::Modifiers::NONE, Key::F10);
    // The variables have an input too, further down.
    let input = |harness: &Windowed| {
        let all = harness.query_all_by_role_and_label(Role::Button, "Input").map(|it| it.rect());
        let right = all.filter(|it| it.left() > 900.0);
        right.min_by(|one, other| one.top().total_cmp(&other.top())).expect("the first stage")
    };
    let pane = input(&harness);
    // Far down in what A made, and then on to B's error.
    harness.get_by_label("Show all 62 lines").click();
    harness.run_steps(4);
    harness.hover_at(pane.center() + egui::vec2(0.0, 120.0));
    for _ in 0..6 {
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, -8.0),
            phase: egui::TouchPhase::Move,
            modifiers: egui::Modifiers::NONE,
        });
        harness.run_steps(8);
    }
    let scrolled = input(&harness);
    assert!(scrolled.top() < pane.top() - 50.0, "{scrolled:?} is where it was");
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    // The toolbar tells it too.
    let mut errors = harness.query_all_by_label("States.Runtime").map(|it| it.rect());
    let error = errors.find(|it| it.left() > 900.0).expect("the error's box");
    let input = input(&harness);
    assert!(error.bottom() < input.top(), "{error:?} {input:?}");
    assert!((error.top() - pane.top()).abs() < 40.0, "{error:?} is not at the top");
}

#[test]
fn what_went_wrong_covers_nothing_and_is_dismissed_by_name() {
    let mut harness = window(opened(Path::new(CRUD)));
    let before = harness.get_by_label("No execution. F5 starts one.").rect();
    let window = harness.state_mut().as_mut().expect("made in the first frame");
    window.app.notify(stepwell::app::NoticeLevel::Error, "It did not work", "Try otherwise.");
    harness.run_steps(3);
    let notice = harness.get_by_label("It did not work").rect();
    let scrubber = harness.get_by_label("No execution. F5 starts one.").rect();
    assert_eq!(scrubber, before);
    assert!(notice.bottom() < scrubber.top(), "{notice:?}");
    // The panes end above it.
    let console = harness.get_by_role_and_label(Role::Button, "Send").rect();
    assert!(console.bottom() < notice.top());
    click(&mut harness, Role::Button, "Dismiss");
    assert!(harness.query_by_label("It did not work").is_none());
}

#[test]
fn a_changed_definition_is_told_and_restarted_with() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let definition = |result: u32| {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":{result},"End":true}}}}}}"#
        )
    };
    std::fs::write(&file, definition(1)).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let restarts =
        |harness: &Windowed| harness.query_all_by_label_contains("uses the old text").count();
    assert_eq!(restarts(&harness), 0);
    std::fs::write(&file, definition(2)).expect("saved again");
    let window = harness.state_mut().as_mut().expect("made in the first frame");
    window.app.run_command(Command::Reload);
    for _ in 0..200 {
        window.app.wait_and_tick(Duration::from_millis(50));
        if window.app.runs_an_older_definition() {
            break;
        }
    }
    harness.run_steps(3);
    assert_eq!(restarts(&harness), 1);
    let buttons: Vec<_> = harness.query_all_by_role_and_label(Role::Button, "Restart").collect();
    let lowest =
        buttons.iter().max_by(|one, other| one.rect().top().total_cmp(&other.rect().top()));
    lowest.expect("one in the toolbar, one in the row").click();
    harness.run_steps(4);
    assert_eq!(restarts(&harness), 0);
    let status = app(&harness).run().expect("restarted").status();
    let stepwell::execution::ExecutionStatus::Succeeded { output: Some(output) } = status else {
        panic!("{status:?}")
    };
    assert_eq!(output.to_string(), "2");
}

#[test]
fn each_route_keeps_what_was_written_for_it() {
    let mut harness = window(opened(Path::new(CRUD)));
    show(&mut harness, Pane::ApiConsole);
    assert!(app(&harness).draft.body.contains("Cooper"), "an example is offered");
    let window = harness.state_mut().as_mut().expect("made in the first frame");
    let mut draft = window.app.draft.clone();
    draft.body = r#"{"mine":1}"#.to_owned();
    window.app.run_command(Command::SetRequest(Box::new(draft)));
    harness.run_steps(2);
    click(&mut harness, Role::Button, "Route GET /items");
    assert_eq!(app(&harness).draft.body, "", "a GET does not take the POST's body");
    click(&mut harness, Role::Button, "Route POST /items");
    assert_eq!(app(&harness).draft.body, r#"{"mine":1}"#);
}

#[test]
fn a_small_window_keeps_the_api_console_usable() {
    let mut harness = window(opened(Path::new(CRUD)));
    show(&mut harness, Pane::ApiConsole);
    for size in [egui::vec2(800.0, 560.0), egui::vec2(1000.0, 700.0), egui::vec2(720.0, 480.0)] {
        harness.set_size(size);
        harness.run_steps(4);
        let path = harness.get_by_role_and_label(Role::TextInput, "Path and query").rect();
        let send = harness.get_by_role_and_label(Role::Button, "Send").rect();
        assert!(path.width() > 90.0, "{path:?} at {size:?}");
        assert!(!path.intersects(send), "{path:?} {send:?} at {size:?}");
        let palette = harness.get_by_role_and_label(Role::Button, "Command palette…").rect();
        assert!(palette.right() <= size.x, "{palette:?} at {size:?}");
    }
}

#[test]
fn of_two_rules_with_one_target_only_the_one_that_matched_was_taken() {
    use stepwell::execution::Via;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let definition = r#"{"StartAt":"C","States":{
        "C":{"Type":"Choice","Choices":[
            {"Variable":"$.n","IsPresent":true,"Next":"A"},
            {"Variable":"$.m","IsPresent":false,"Next":"A"}],"Default":"A"},
        "A":{"Type":"Pass","End":true}}}"#;
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let run = app(&harness).run().expect("it ran");
    let gone = |via| run.session.moment().has_gone(&StatePath::new("C"), via);
    assert_eq!(
        [Via::Rule(0), Via::Rule(1), Via::Default].map(gone),
        [Some(false), Some(true), Some(false)]
    );
    assert_eq!(gone(Via::Catch(0)), None);
}

#[test]
fn the_tour_stands_beside_the_panes() {
    let mut opened = opened(Path::new(CRUD));
    opened.run_command(Command::ShowTour);
    let harness = window(opened);
    let button = harness.get_by_role_and_label(Role::Button, "Start the tour").rect();
    for name in ["Read the request", "Send"] {
        let rect = harness.get_by_role_and_label(Role::Button, name).rect();
        assert!(rect.top() > button.bottom(), "{name} {rect:?} is under the tour {button:?}");
    }
}

#[test]
fn a_save_in_an_editor_redraws_the_graph_and_keeps_the_selection() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let definition = |next: &str| {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Next":"{next}"}},"{next}":{{"Type":"Succeed"}}}}}}"#
        )
    };
    std::fs::write(&file, definition("B")).expect("written");
    let mut opened = opened(&file);
    opened.run_command(Command::SelectState(Some(StatePath::new("A"))));
    std::fs::write(&file, definition("检查库存")).expect("saved again");
    for _ in 0..200 {
        opened.wait_and_tick(Duration::from_millis(50));
        if opened.machine().is_some_and(|it| it.machine.find(&StatePath::new("检查库存")).is_some())
        {
            break;
        }
    }
    let harness = window(opened);
    assert!(harness.query_by_role_and_label(Role::Button, "检查库存").is_some());
    assert_eq!(app(&harness).selection.state, Some(StatePath::new("A")));
}

#[test]
fn a_broken_file_still_opens_and_lists_its_problems() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("broken.asl.json");
    std::fs::write(
        &file,
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Gone"},"B":{"Type":"Wa"#,
    )
    .expect("written");
    let mut harness = window(opened(&file));
    assert!(harness.query_by_role_and_label(Role::Button, "A").is_some());
    show(&mut harness, Pane::Problems);
    assert!(harness.query_all_by_label_contains("Error broken.asl.json:1:").count() > 0);
}

#[test]
fn a_file_that_is_no_definition_is_told_in_the_users_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = opened(&folder.path().join("absent.asl.json"));
    assert!(app.project.is_none());
    let notice = app.notices.last().expect("the user is told");
    assert!(notice.text.contains("absent.asl.json"), "{notice:?}");
}

#[test]
fn an_exported_history_is_opened_beside_its_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    std::fs::write(&file, r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#)
        .expect("written");
    let mut opened = opened(&file);
    opened.run_command(Command::Continue);
    let history = opened.run().expect("it ran").session.history().clone();
    let exported = folder.path().join("history.json");
    std::fs::write(&exported, stepwell::execution::export::to_json(&history).to_string())
        .expect("written");
    opened.run_command(Command::Open(exported));
    while opened.opening.is_some() {
        opened.wait_and_tick(Duration::from_millis(50));
    }
    let run = opened.run().expect("it is shown");
    assert!(run.start.is_none(), "a recording, not a simulation");
    assert_eq!(run.session.history().events(), history.events());
    let mut harness = window(opened);
    press(&mut harness, egui::Modifiers::COMMAND, Key::F10);
    let cursor = app(&harness).run().expect("still there").session.cursor();
    assert!(cursor.event < history.last_id(), "it can be stepped backwards");
}

#[test]
fn the_palette_finds_and_runs_a_command() {
    let mut harness = window(opened(Path::new(CRUD)));
    press(&mut harness, egui::Modifiers::COMMAND, Key::P);
    harness.get_by_role_and_label(Role::TextInput, "Find a command").type_text("keyboard short");
    harness.run_steps(3);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert!(
        harness.query_all_by_label_contains("Reverse continue").count() > 0,
        "the list of shortcuts is shown"
    );
}

#[test]
fn the_tour_goes_on_when_its_steps_have_happened() {
    let mut opened = opened(Path::new(CRUD));
    opened.run_command(Command::ShowTour);
    let mut harness = window(opened);
    click(&mut harness, Role::Button, "Start the tour");
    assert!(harness.query_by_label("Set a breakpoint").is_some());
    harness.get_by_role_and_label(Role::Button, "Create item").click_accesskit();
    harness.run_steps(4);
    press(&mut harness, egui::Modifiers::NONE, Key::F9);
    assert!(harness.query_by_label("Send a request").is_some());
    click(&mut harness, Role::Button, "Don't show again");
    assert!(app(&harness).tour.is_none());
    assert!(app(&harness).settings.tour_done);
}

#[test]
fn the_window_settles_when_nothing_happens() {
    let mut harness = window(opened(Path::new(CRUD)));
    // Panics when the window keeps asking to be drawn.
    harness.run();
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    harness.run();
}

/// Clicks on a state and asks for its form.
fn test_this(harness: &mut Windowed, state: &str) {
    harness.get_by_role_and_label(Role::Button, state).click_accesskit();
    harness.run_steps(4);
    press(harness, egui::Modifiers::COMMAND, Key::T);
}

/// Presses a button that may have to be scrolled to.
fn choose(harness: &mut Windowed, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click_accesskit();
    harness.run_steps(20);
}

/// Writes a text in the place of what a field holds.
fn write(harness: &mut Windowed, role: Role, field: &str, text: &str) {
    harness.get_by_role_and_label(role, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.run_steps(2);
    harness.get_by_role_and_label(role, field).type_text(text);
    harness.run_steps(3);
}

const RETRIED: &str = r#""Retry":[{"ErrorEquals":["E"],"IntervalSeconds":3,"MaxAttempts":1}],
    "Catch":[{"ErrorEquals":["States.ALL"],"Next":"Mend"}],"#;

/// A Lambda task with a retrier and a catcher.
fn retried_task(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("pay.asl.json");
    let definition = format!(
        r#"{{"StartAt":"Pay","States":{{
        "Pay":{{"Type":"Task",{RETRIED}"ResultSelector":{{"ok.$":"$.Payload"}},
            "Resource":"arn:aws:states:::lambda:invoke","Parameters":{{"FunctionName":"pay"}},"End":true}},
        "Mend":{{"Type":"Pass","End":true}}}}}}"#
    );
    std::fs::write(&file, definition).expect("written");
    file
}

#[test]
fn a_state_is_tested_with_a_mocked_result() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(opened(&retried_task(folder.path())));
    test_this(&mut harness, "Pay");
    write(&mut harness, Role::TextInput, "State input", r#"{"sum":1}"#);
    choose(&mut harness, "Mock a result");
    let mocked = r#"{"Payload":7,"StatusCode":200}"#;
    write(&mut harness, Role::TextInput, "Mocked result", mocked);
    choose(&mut harness, "Run test");
    let test = app(&harness).test(&StatePath::new("Pay")).expect("it was run");
    let response = test.answer.clone().expect("an answer").expect("a response");
    assert!(harness.query_by_label("SUCCEEDED").is_some(), "{response:?}");
    for stage in ["After InputPath", "After Parameters", "Result", "After ResultSelector"] {
        assert!(
            harness.query_by_role_and_label(Role::Button, stage).is_some(),
            "{stage} is not shown of {response}"
        );
    }
}

#[test]
fn a_test_shows_who_takes_care_of_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(opened(&retried_task(folder.path())));
    test_this(&mut harness, "Pay");
    choose(&mut harness, "Mock an error");
    write(&mut harness, Role::TextInput, "Mocked error", "E");
    choose(&mut harness, "Run test");
    assert!(harness.query_by_label("RETRIABLE").is_some());
    assert!(harness.query_by_label("Retry[0] tries again after 3 s").is_some());
    choose(&mut harness, "State configuration");
    write(&mut harness, Role::TextInput, "Retrier retry count", "1");
    choose(&mut harness, "Run test");
    assert!(harness.query_by_label("CAUGHT_ERROR").is_some());
    assert!(harness.query_by_label("Caught by Catch[0]").is_some());
    harness.get_by_role_and_label(Role::Link, "Next state Mend").click_accesskit();
    harness.run_steps(4);
    assert_eq!(app(&harness).selection.state, Some(StatePath::new("Mend")));
    // What was typed for the first state is still there.
    test_this(&mut harness, "Pay");
    let kept = app(&harness).test(&StatePath::new("Pay")).expect("kept");
    assert_eq!(kept.draft.error, "E");
    assert!(harness.query_by_label("CAUGHT_ERROR").is_some());
}

#[test]
fn a_test_begins_with_the_visit_and_tells_mistakes_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let definition = r#"{"StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"n":3},"Result":{"made":"by A"},"Next":"B"},
        "B":{"Type":"Pass","Parameters":{"n.$":"$n"},"End":true}}}"#;
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    test_this(&mut harness, "B");
    let draft = app(&harness).fresh_test(&StatePath::new("B"));
    assert!(draft.input.contains("by A") && draft.variables.contains("\"n\": 3"), "{draft:?}");
    choose(&mut harness, "Run test");
    let test = app(&harness).test(&StatePath::new("B")).expect("it was run");
    let response = test.answer.clone().expect("an answer").expect("a response");
    assert_eq!(response.get("output").and_then(|it| it.as_str()), Some(r#"{"n":3}"#));
    write(&mut harness, Role::TextInput, "State input", "{");
    assert!(harness.query_all_by_label_contains("This is not JSON").count() > 0);
    assert!(harness.get_by_role_and_label(Role::Button, "Run test").accesskit_node().is_disabled());
}

const PARENT: &str = r#"{"StartAt":"Call","States":{
    "Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
        "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child","Input":{"n":1}},
        "Next":"After"},
    "After":{"Type":"Pass","End":true}}}"#;
const CHILD: &str = r#"{"StartAt":"Inner","States":{"Inner":{"Type":"Pass","End":true}}}"#;

/// A folder with these machines, the first of them shown.
fn machines(folder: &Path, all: &[(&str, &str)]) -> App {
    for (name, definition) in all {
        std::fs::write(folder.join(format!("{name}.asl.json")), definition).expect("written");
    }
    let mut app = opened(folder);
    let (first, _) = all.first().expect("a machine");
    let project = &app.project.as_ref().expect("it opens").project;
    let index = project.machines.iter().position(|it| it.name == *first).expect("it is there");
    app.run_command(Command::SelectMachine(index));
    app
}

#[test]
fn a_child_execution_is_entered_and_left_through_the_window() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(machines(folder.path(), &[("parent", PARENT), ("child", CHILD)]));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let parent = app(&harness).run().expect("it ran").id;
    assert_eq!(app(&harness).children(parent).len(), 1);
    // Back at the state that called, the data flow leads into what it started.
    press(&mut harness, egui::Modifiers::COMMAND, Key::F10);
    press(&mut harness, egui::Modifiers::COMMAND, Key::F10);
    let open = harness.query_all_by_role_and_label(Role::Button, "Open execution").next();
    open.expect("the state started an execution").click();
    harness.run_steps(4);
    let shown = app(&harness).run().expect("the child");
    assert_eq!(&*shown.machine_name, "child");
    assert!(harness.query_by_role_and_label(Role::Button, "Inner").is_some(), "its graph is shown");
    // Above its graph is the way back, and so it is in the call stack.
    show(&mut harness, Pane::CallStack);
    let rows = harness.query_all_by_label_contains("parent ·").count();
    assert!(rows >= 3, "breadcrumb, call stack and list of executions, not {rows}");
    let back = harness.query_all_by_label_contains("Back to parent").next();
    back.expect("a breadcrumb").click();
    harness.run_steps(4);
    assert_eq!(app(&harness).run().map(|it| it.id), Some(parent));
    assert!(harness.query_all_by_label_contains("Back to").next().is_none());
}

const DISTRIBUTED: &str = r#"{"StartAt":"Each","States":{
    "Each":{"Type":"Map","Label":"Each","ItemsPath":"$.items","ToleratedFailureCount":5,
        "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
            "StartAt":"Check","States":{
                "Check":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"Bad"}],"Default":"Good"},
                "Bad":{"Type":"Fail","Error":"Two"},"Good":{"Type":"Succeed"}}},
        "End":true}}}"#;

#[test]
fn a_map_run_shows_its_counts_and_opens_its_children() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut app_of = machines(folder.path(), &[("each", DISTRIBUTED)]);
    app_of.run_command(Command::SetInput(r#"{"items":[1,2,3]}"#.to_owned()));
    let mut harness = window(app_of);
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let parent = app(&harness).run().expect("it ran").id;
    show(&mut harness, Pane::CallStack);
    assert!(harness.query_all_by_label("2 succeeded, 1 failed").count() > 0);
    let opens = harness.query_all_by_label_contains("Open execution of item").count();
    assert!(opens >= 3, "{opens}");
    let one = harness.query_all_by_label("Open execution of item 1").next();
    one.expect("the item that failed").click();
    harness.run_steps(4);
    let child = app(&harness).run().expect("the child");
    assert_ne!(child.id, parent);
    assert_eq!(child.parent.as_ref().map(|it| it.run), Some(parent));
    assert_eq!(child.status().as_str(), "FAILED");
    let back = harness.query_all_by_label_contains("Back to each").next();
    back.expect("a breadcrumb").click();
    harness.run_steps(4);
    // Opened again it is not listed twice.
    let runs = app(&harness).runs.len();
    let window = harness.state_mut().as_mut().expect("made in the first frame");
    window.app.run_command(Command::OpenExecutionOf(StatePath::new("Each")));
    window.app.run_command(Command::SelectExecution(0));
    window.app.run_command(Command::OpenExecutionOf(StatePath::new("Each")));
    assert_eq!(app(&harness).runs.len(), runs + 1, "item 0 beside item 1");
}

#[test]
fn a_callback_takes_heartbeats_by_its_token() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ask.asl.json");
    let definition = r#"{"StartAt":"Ask","States":{"Ask":{"Type":"Task","HeartbeatSeconds":60,
        "Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters":{"QueueUrl":"q","MessageBody":{"t.$":"$$.Task.Token"}},"End":true}}}"#;
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let calls = app(&harness).run().expect("it runs").waiting().len();
    assert_eq!(calls, 1);
    click(&mut harness, Role::Button, "Send heartbeat");
    let waiting = app(&harness).run().expect("still there").waiting().len();
    assert_eq!(waiting, 1, "a heartbeat is no answer");
    let wrong: Vec<_> = app(&harness).notices.iter().map(|it| &it.text).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_problem_names_its_rule_its_reason_and_how_to_silence_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("flow.asl.json");
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true},
        "Lost":{"Type":"Pass","End":true}}}"#;
    std::fs::write(&file, definition).expect("written");
    let mut harness = window(opened(&file));
    show(&mut harness, Pane::Problems);
    let machine = app(&harness).machine().expect("it opens");
    let rule = machine.diagnostics.first().expect("a state that nothing leads to").rule;
    let why = stepwell::asl::Rule::find(rule).expect("it is in the table").why;
    assert!(harness.query_all_by_label(rule).count() > 0, "{rule}");
    assert!(harness.query_all_by_label(why).count() > 0, "{why}");
    click(&mut harness, Role::Link, &format!("Silence the rule {rule}"));
    let copied = app(&harness).notices.last().expect("it says so");
    assert_eq!(copied.text, "Copied");
}

#[test]
fn the_objects_of_the_project_are_shown_with_what_is_in_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(folder.path().join("s3/photos/in")).expect("created");
    std::fs::write(folder.path().join("s3/photos/in/a.json"), r#"{"width":640}"#).expect("written");
    let mut harness = window(machines(folder.path(), &[("flow", CHILD)]));
    show(&mut harness, Pane::Tables);
    assert!(harness.query_all_by_label_contains("photos (1)").count() > 0);
    click(&mut harness, Role::Link, "in/a.json");
    assert!(harness.query_all_by_label_contains("640").count() > 0);
    click(&mut harness, Role::Button, "All objects");
    assert!(harness.query_by_role_and_label(Role::Link, "in/a.json").is_some());
}

#[test]
fn a_small_window_shows_the_button_that_answers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut harness = window(opened(&one_task(folder.path(), "")));
    harness.set_size(egui::vec2(800.0, 560.0));
    harness.run_steps(4);
    press(&mut harness, egui::Modifiers::NONE, Key::F5);
    let answer = harness.get_by_role_and_label(Role::Button, "Answer").rect();
    let scrubber = harness.get_by_role_and_label(Role::Button, "Go to start").rect();
    assert!(answer.bottom() < scrubber.top(), "{answer:?} lies under {scrubber:?}");
}

#[test]
fn the_event_at_the_cursor_is_in_sight_in_a_low_window() {
    let mut harness = windowed::window(opened(Path::new(CRUD)), [800.0, 560.0]);
    windowed::run(&mut harness, Command::SendRequest);
    harness.run_steps(30);
    show(&mut harness, Pane::Events);
    harness.run_steps(30);
    let last = app(&harness).run().expect("an execution").session.last_event();
    let name = format!("Event {} ExecutionSucceeded", last.0);
    let row = harness.get_by_role_and_label(Role::Button, &name).rect();
    let scrubber = harness.get_by_role_and_label(Role::Button, "Go to start").rect();
    assert!(
        row.bottom() <= scrubber.top(),
        "{row:?} is below the pane, which ends at {scrubber:?}"
    );
}

#[test]
fn the_last_line_of_a_menu_is_within_reach_in_a_low_window() {
    let mut harness = windowed::window(opened(Path::new(CRUD)), [800.0, 560.0]);
    click(&mut harness, Role::Button, "View");
    let last = harness.get_by_label_contains("Show comparison");
    assert!(last.rect().bottom() > 560.0, "it is further down");
    last.scroll_to_me();
    harness.run_steps(60);
    let rect = harness.get_by_label_contains("Show comparison").rect();
    assert!(rect.bottom() <= 560.0, "{rect:?}");
}

#[test]
fn a_step_into_a_task_that_is_answered_here_leaves_the_console_in_front() {
    let mut harness = window(opened(Path::new(CRUD)));
    windowed::run(&mut harness, Command::ToggleBreakpoint(StatePath::new("Create item")));
    windowed::run(&mut harness, Command::SendRequest);
    for step in 1..=4 {
        windowed::run(&mut harness, Command::StepIn);
        let run = app(&harness).run().expect("an execution");
        let send = harness.query_by_role_and_label(Role::Button, "Send");
        assert!(send.is_some(), "after {step} steps: {:?}", run.stopped);
    }
}
