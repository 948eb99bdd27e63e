//! Executions that start executions, under the debugger: into a child and back, breakpoints inside, callbacks, and the child
//! executions of a distributed Map.

use std::sync::Arc;
use std::time::Duration;

use stepwell::app::{App, Command, Run, SendTask, TaskOutcome};
use stepwell::asl::StatePath;
use stepwell::debug::{Breakpoint, StopReason};
use stepwell::execution::ExecutionStatus;
use stepwell::json::Value;

const PARENT: &str = r#"{"StartAt":"Before","States":{
    "Before":{"Type":"Pass","Next":"Call"},
    "Call":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
        "Parameters":{"StateMachineArn":"arn:aws:states:eu-west-1:999999999999:stateMachine:child","Input":{"n.$":"$.n"}},
        "ResultSelector":{"child.$":"$.Output"},"Next":"After"},
    "After":{"Type":"Pass","End":true}}}"#;
const CHILD: &str = r#"{"StartAt":"Wait","States":{
    "Wait":{"Type":"Wait","SecondsPath":"$.n","Next":"Done"},
    "Done":{"Type":"Pass","Result":"well","End":true}}}"#;

/// An app with a project of these machines open, the first of them shown.
fn open(machines: &[(&str, &str)]) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, definition) in machines {
        let file = folder.path().join(format!("{name}.asl.json"));
        std::fs::write(file, definition).expect("written");
    }
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(folder.path().to_owned()));
    for _ in 0..100 {
        app.wait_and_tick(Duration::from_millis(100));
        if app.project.is_some() {
            break;
        }
    }
    let (first, _) = machines.first().expect("a machine");
    show(&mut app, first);
    (app, folder)
}

fn show(app: &mut App, machine: &str) {
    let machines = &app.project.as_ref().expect("the project opens").project.machines;
    let index = machines.iter().position(|it| it.name == machine).expect("it has this machine");
    app.run_command(Command::SelectMachine(index));
}

fn shown(app: &App) -> &Run {
    app.run().expect("an execution is shown")
}

fn settle(app: &mut App) {
    for _ in 0..1000 {
        if !app.tick() {
            return;
        }
    }
    panic!("it never comes to rest");
}

fn run_command(app: &mut App, command: Command) {
    app.run_command(command);
    settle(app);
}

fn state_at_cursor(app: &App) -> String {
    let session = &shown(app).session;
    let state = session.moments().state_of(session.cursor().event);
    state.map(|it| it.as_str().to_owned()).unwrap_or_default()
}

#[test]
fn a_step_goes_into_the_child_and_comes_back_with_its_answer() {
    let (mut app, _folder) = open(&[("parent", PARENT), ("child", CHILD)]);
    app.run_command(Command::SetInput(r#"{"n": 60}"#.to_owned()));
    run_command(&mut app, Command::StartPaused);
    run_command(&mut app, Command::Next);
    assert_eq!(state_at_cursor(&app), "Call");
    let parent = shown(&app).id;
    for _ in 0..6 {
        if shown(&app).id != parent {
            break;
        }
        run_command(&mut app, Command::StepIn);
    }
    let child = shown(&app);
    assert_eq!(&*child.machine_name, "child", "the step went in");
    assert_eq!(child.input.to_string(), r#"{"n":60}"#);
    assert_eq!(child.parent.as_ref().map(|it| (it.run, it.state.as_str())), Some((parent, "Call")));
    assert_eq!(
        app.project.as_ref().and_then(|it| it.machine()).map(|it| it.name.as_str()),
        Some("child"),
        "its machine is shown"
    );
    let child = child.id;
    run_command(&mut app, Command::Next);
    assert_eq!((shown(&app).id, state_at_cursor(&app).as_str()), (child, "Done"));
    // Out of the child: where the parent takes in what it gave.
    run_command(&mut app, Command::StepOut);
    assert_eq!((shown(&app).id, state_at_cursor(&app).as_str()), (parent, "Call"));
    assert_eq!(shown(&app).session.cursor().stage, Some("result"));
    run_command(&mut app, Command::Continue);
    let output = Value::parse(r#"{"child":"well"}"#).expect("JSON");
    assert_eq!(shown(&app).status(), ExecutionStatus::Succeeded { output: Some(output) });
    // The wait of the child took the parent's time too.
    let events = shown(&app).session.history().events();
    let (first, last) = (events.first().expect("one"), events.last().expect("one"));
    assert_eq!(last.timestamp.0 - first.timestamp.0, 60_000);

    // Back over the call and into it again: nothing runs, the child's own history is shown.
    run_command(&mut app, Command::GoToStart);
    run_command(&mut app, Command::Next);
    run_command(&mut app, Command::Next);
    assert_eq!((shown(&app).id, state_at_cursor(&app).as_str()), (parent, "Call"));
    for _ in 0..6 {
        if shown(&app).id != parent {
            break;
        }
        run_command(&mut app, Command::StepIn);
    }
    assert_eq!((shown(&app).id, state_at_cursor(&app).as_str()), (child, "Wait"));
    run_command(&mut app, Command::StepBack);
    assert_eq!((shown(&app).id, state_at_cursor(&app).as_str()), (parent, "Call"));
    assert_eq!(app.runs.len(), 2, "no execution was started twice");
}

#[test]
fn a_breakpoint_in_a_child_holds_the_parent() {
    let (mut app, _folder) = open(&[("child", CHILD), ("parent", PARENT)]);
    let done = StatePath::new("Done");
    app.run_command(Command::SetBreakpoint(done.clone(), Breakpoint::default()));
    show(&mut app, "parent");
    app.run_command(Command::SetInput(r#"{"n": 1}"#.to_owned()));
    run_command(&mut app, Command::Continue);
    assert_eq!(&*shown(&app).machine_name, "child");
    assert_eq!(shown(&app).stopped, Some(StopReason::Breakpoint(done)));
    let parent = app.runs.first().expect("the parent").id;
    assert_eq!(app.runs[0].status(), ExecutionStatus::Running);
    assert!(app.runs[0].waiting().is_empty(), "nothing asks the user for what the child will say");
    assert_eq!(app.children(parent).len(), 1);
    run_command(&mut app, Command::Continue);
    assert_eq!(shown(&app).id, parent, "it comes back");
    assert!(matches!(shown(&app).status(), ExecutionStatus::Succeeded { .. }));
    // A restart starts its children anew, and forgets the old ones.
    run_command(&mut app, Command::Restart);
    assert_eq!(app.children(parent).len(), 1);
}

#[test]
fn a_callback_is_answered_by_its_token() {
    let machine = r#"{"StartAt":"Ask","States":{
        "Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters":{"QueueUrl":"q","MessageBody":{"token.$":"$$.Task.Token"}},"Next":"Work"},
        "Work":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:work","End":true}}}"#;
    let (mut app, _folder) = open(&[("ask", machine)]);
    run_command(&mut app, Command::Continue);
    let token = |app: &App| {
        let run = shown(app);
        let waiting = run.waiting();
        run.callback_token(waiting.first().expect("a task waits")).to_string()
    };
    let asked = token(&app);
    let message = shown(&app).waiting()[0].parameters.to_string();
    assert!(message.contains(&asked), "the message carries the token: {message}");
    let unknown = SendTask { token: "no".to_owned(), outcome: TaskOutcome::Heartbeat };
    assert_eq!(app.send_task(&unknown), Err("Invalid Token: 'Invalid token'".to_owned()));
    let heartbeat = SendTask { token: asked.clone(), outcome: TaskOutcome::Heartbeat };
    assert!(app.send_task(&heartbeat).is_ok());
    let output = Value::from("yes");
    let yes = SendTask { token: asked.clone(), outcome: TaskOutcome::Success { output } };
    run_command(&mut app, Command::SendTask(yes.clone()));
    assert!(app.send_task(&yes).is_err(), "a token is good for one answer");
    let work = token(&app);
    assert_ne!(work, asked);
    let outcome = TaskOutcome::Failure { error: Some("Broken".into()), cause: None };
    run_command(&mut app, Command::SendTask(SendTask { token: work, outcome }));
    assert!(matches!(
        shown(&app).status(),
        ExecutionStatus::Failed { error: Some(error), .. } if &*error == "Broken"
    ));
}

#[test]
fn a_child_execution_of_a_distributed_map_opens_as_an_execution() {
    let machine = r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"Each","ItemProcessor":{
        "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}},"End":true}}}"#;
    let (mut app, _folder) = open(&[("m", machine)]);
    app.run_command(Command::SetInput(r#"["x","y"]"#.to_owned()));
    run_command(&mut app, Command::Continue);
    let runs = shown(&app).session.map_runs().to_vec();
    let [map_run] = runs.as_slice() else { panic!("one Map Run, not {}", runs.len()) };
    assert_eq!((map_run.total, map_run.counts.succeeded, map_run.pending()), (2, 2, 0));
    let arn = map_run.child_arn(1);
    assert!(arn.contains(":execution:m/Each:"), "{arn}");
    run_command(&mut app, Command::OpenChildExecution(arn.to_string()));
    let child = shown(&app);
    assert_eq!((&child.execution_arn, child.input.to_string().as_str()), (&arn, r#""y""#));
    let types: Vec<&str> =
        child.session.history().events().iter().map(|it| it.event_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded"
        ]
    );
    run_command(&mut app, Command::GoToStart);
    run_command(&mut app, Command::Next);
    assert_eq!(state_at_cursor(&app), "A", "its states are those of the processor");
}
