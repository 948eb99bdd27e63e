//! Sessions over small machines: where each kind of step stops, what is known there, what a fork keeps.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::asl::{StateMachine, StateMachineType, StatePath, parse};
use crate::engine::{ExecutionStart, Input, TaskRequest, run_to_end};
use crate::execution::{
    EventDetails, EventId, Execution, ExecutionSource, ExecutionStatus, StateStatus, ThreadId,
    ThreadStatus, Timestamp,
};
use crate::json::Value;
use crate::json::document::{Document, Format};

fn machine(json: &str) -> Arc<StateMachine> {
    let parsed = parse::parse(&Document::parse(json, Format::Json));
    // What services want of a message is none of the debugger's business: these are short.
    let matters = |it: &&crate::asl::Diagnostic| {
        it.severity == crate::asl::Severity::Error && it.rule != "missing-parameter"
    };
    assert_eq!(parsed.diagnostics.iter().find(matters), None);
    Arc::new(parsed.machine)
}

fn start(input: &str) -> ExecutionStart {
    ExecutionStart {
        input: Value::parse(input).unwrap(),
        kind: StateMachineType::Standard,
        synchronous: false,
        at: Timestamp(1_700_000_000_000),
        seed: 7,
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:Sample:one".into(),
        execution_name: "one".into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:Sample".into(),
        state_machine_name: "Sample".into(),
    }
}

fn session(json: &str, input: &str) -> DebugSession {
    DebugSession::launch(machine(json), start(input))
}

/// Every task succeeds with its parameters, except that `fails` in them is the error it fails with.
fn echo(request: &TaskRequest) -> TaskAnswer {
    match request.parameters.get("fails").and_then(Value::as_str) {
        Some(error) => {
            TaskAnswer::Failed { error: Some(error.into()), cause: Some("as told".into()) }
        }
        None => TaskAnswer::Succeeded { output: request.parameters.clone() },
    }
}

/// Works on a goal until it stops, answering every task at once.
fn go(session: &mut DebugSession, goal: Goal, breakpoints: &Breakpoints) -> StopReason {
    go_with(session, goal, breakpoints, &mut echo)
}

fn go_with(
    session: &mut DebugSession,
    goal: Goal,
    breakpoints: &Breakpoints,
    answer: &mut dyn FnMut(&TaskRequest) -> TaskAnswer,
) -> StopReason {
    go_in_portions(session, goal, breakpoints, 50, answer)
}

fn go_in_portions(
    session: &mut DebugSession,
    goal: Goal,
    breakpoints: &Breakpoints,
    budget: usize,
    answer: &mut dyn FnMut(&TaskRequest) -> TaskAnswer,
) -> StopReason {
    session.begin(goal);
    for _ in 0..10_000 {
        let progress = session.advance(breakpoints, budget);
        let mut answered = false;
        for request in &progress.requests {
            answered |= session.answer(request.token, answer(request));
        }
        match progress.stopped {
            Some(StopReason::WaitingForAnswer) if answered => {}
            Some(reason) => return reason,
            None => assert!(progress.more_work || answered, "it neither stops nor goes on"),
        }
    }
    panic!("it does not stop");
}

fn quiet() -> Breakpoints {
    let exceptions = ExceptionFilters { uncaught: false, ..ExceptionFilters::default() };
    Breakpoints { exceptions, ..Breakpoints::default() }
}

fn next(session: &mut DebugSession) -> StopReason {
    go(session, Goal::Next, &quiet())
}

/// The state at the cursor, and the stage.
fn at(session: &DebugSession) -> String {
    let stage = session.cursor().stage.map_or_else(String::new, |it| format!(":{it}"));
    let state =
        session.stack().first().map_or_else(|| "-".to_owned(), |frame| frame.state.to_string());
    let event = session.event().map_or("", |event| event.event_type.as_str());
    let kind = if event.ends_with("StateEntered") { "" } else { event };
    format!("{state}{stage}{}{kind}", if kind.is_empty() { "" } else { " " })
}

fn path(text: &str) -> StatePath {
    StatePath::new(text)
}

const LINE: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "ResultPath": "$.a", "Next": "W"},
    "W": {"Type": "Wait", "Seconds": 3600, "Next": "T"},
    "T": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "InputPath": "$.a", "Parameters": {"m.$": "$.n"},
          "ResultSelector": {"k.$": "$.m"}, "ResultPath": "$.t", "OutputPath": "$.t", "Next": "S"},
    "S": {"Type": "Succeed"}}}"#;

const BRANCHES: &str = r#"{"StartAt": "P", "States": {
    "P": {"Type": "Parallel", "Next": "M", "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": true}}},
        {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"Message": "m"}, "End": true}}}]},
    "M": {"Type": "Map", "ItemsPath": "$[0].items", "MaxConcurrency": 1, "Next": "Z", "ItemProcessor": {
        "StartAt": "I", "States": {"I": {"Type": "Pass", "Assign": {"seen.$": "$"}, "Next": "J"},
                                   "J": {"Type": "Pass", "End": true}}}},
    "Z": {"Type": "Pass", "End": true}}}"#;

const RESCUE: &str = r#"{"StartAt": "T", "States": {
    "T": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"fails.$": "$.fails"},
          "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 60, "MaxAttempts": 2}],
          "Catch": [{"ErrorEquals": ["Flaky", "Known"], "ResultPath": "$.error", "Next": "Rescue"}], "End": true},
    "Rescue": {"Type": "Pass", "End": true}}}"#;

#[test]
fn next_goes_from_state_to_state_and_step_back_undoes_it() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    assert_eq!(session.status(), SessionStatus::Stopped(StopReason::Entry));
    let mut seen = Vec::new();
    while next(&mut session) == StopReason::Step {
        seen.push(at(&session));
    }
    assert_eq!(seen, ["A", "W", "T", "S"]);
    assert_eq!(at(&session), "S ExecutionSucceeded");
    assert!(session.has_ended());
    assert_eq!(
        session.history().status(),
        ExecutionStatus::Succeeded { output: Some(Value::parse(r#"{"k":1}"#).unwrap()) }
    );
    let waited = session.now().0 - start("0").at.0;
    assert!(
        (3_600_000..3_601_000).contains(&waited),
        "the hour passes at once, on the virtual clock: {waited}"
    );
    let mut back = Vec::new();
    for _ in 0..5 {
        go(&mut session, Goal::StepBack, &quiet());
        back.push(at(&session));
    }
    assert_eq!(back, ["S", "T", "W", "A", "- ExecutionStarted"]);
    assert_eq!(go(&mut session, Goal::StepBack, &quiet()), StopReason::Entry);
    assert_eq!(go(&mut session, Goal::Next, &quiet()), StopReason::Step);
    assert_eq!(at(&session), "A", "forward again through what is there");
}

#[test]
fn step_in_goes_through_the_stages() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    let mut seen = Vec::new();
    while go(&mut session, Goal::StepIn, &quiet()) == StopReason::Step {
        seen.push(at(&session));
    }
    let expected = [
        "A",
        "A:afterInputPath",
        "A:afterParameters",
        "A:result",
        "A:afterResultPath",
        "A:output PassStateExited",
        "W",
        "W:afterInputPath",
        "W:output WaitStateExited",
        "T",
        "T:afterInputPath",
        "T:afterParameters",
        "T:result TaskSucceeded",
        "T:afterResultSelector TaskSucceeded",
        "T:afterResultPath TaskSucceeded",
        "T:output TaskStateExited",
        "S",
        "S:afterInputPath",
        "S:output SucceedStateExited",
    ];
    assert_eq!(seen, expected);
    let mut back = Vec::new();
    while go(&mut session, Goal::ReverseStepIn, &quiet()) == StopReason::Step {
        back.push(at(&session));
    }
    back.reverse();
    assert_eq!(back, expected, "the same places backwards");
}

#[test]
fn a_task_is_not_called_while_its_parameters_are_looked_at() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    go(&mut session, Goal::RunTo(path("T")), &quiet());
    for stage in ["afterInputPath", "afterParameters"] {
        let progress = session.run(Goal::StepIn, &quiet(), 100);
        assert_eq!((session.cursor().stage, progress.requests.len()), (Some(stage), 0));
    }
    let data = session.inspection().unwrap();
    assert_eq!(data.after_parameters, Some(Value::parse(r#"{"m":1}"#).unwrap()));
    assert_eq!(
        session.evaluate("$.m"),
        Ok(Value::from(1_i64)),
        "`$` is the stage that is looked at"
    );
    assert_eq!(data.result, None);
    let progress = session.run(Goal::StepIn, &quiet(), 100);
    assert_eq!(progress.stopped, Some(StopReason::WaitingForAnswer));
    assert_eq!((progress.requests.len(), session.status()), (1, SessionStatus::Waiting));
    assert!(session.answer(
        progress.requests[0].token,
        TaskAnswer::Succeeded { output: Value::parse(r#"{"m":5}"#).unwrap() }
    ));
    assert_eq!(session.status(), SessionStatus::Running);
    assert_eq!(session.advance(&quiet(), 100).stopped, Some(StopReason::Step));
    assert_eq!(at(&session), "T:result TaskSucceeded");
    assert_eq!(session.inspection().unwrap().result, Some(Value::parse(r#"{"m":5}"#).unwrap()));
    assert_eq!(session.inspection().unwrap().after_result_selector, None, "that comes next");
}

#[test]
fn next_steps_over_what_step_in_goes_into() {
    let input = r#"{"items": [10, 20]}"#;
    let mut over = session(BRANCHES, input);
    let mut seen = Vec::new();
    while next(&mut over) == StopReason::Step {
        seen.push(at(&over));
    }
    assert_eq!(seen, ["P", "M", "Z"]);
    let mut inside = session(BRANCHES, input);
    go(&mut inside, Goal::RunTo(path("P/0/A")), &quiet());
    assert_eq!(inside.moment().thread(inside.thread()).unwrap().parent, Some(ThreadId::TOP));
    let labels: Vec<String> =
        inside.stack().iter().map(|it| format!("{} {}", it.label, it.name)).collect();
    assert_eq!(labels, ["Branch 0 A", " P"]);
    assert_eq!(next(&mut inside), StopReason::Step);
    assert_eq!(at(&inside), "P/0/B");
    assert_eq!(next(&mut inside), StopReason::Step);
    assert_eq!(at(&inside), "M", "the branch has ended: on in the thread around it");
    go(&mut inside, Goal::StepBack, &quiet());
    assert_eq!(at(&inside), "P/0/B", "and back into the branch");
}

#[test]
fn step_in_enters_iterations_and_step_out_leaves_them() {
    let mut session = session(BRANCHES, r#"{"items": [10, 20]}"#);
    go(&mut session, Goal::RunTo(path("M")), &quiet());
    while at(&session) != "M/I" {
        assert_eq!(go(&mut session, Goal::StepIn, &quiet()), StopReason::Step);
        assert!(at(&session).starts_with('M'), "{}", at(&session));
    }
    assert_eq!(session.stack().len(), 2);
    assert_eq!(session.stack()[0].label, "Iteration 0");
    assert_eq!(session.stack()[0].scope(ScopeKind::Input), Some(&Value::from(10_i64)));
    next(&mut session);
    assert_eq!(
        session.stack()[0].scope(ScopeKind::Variables),
        Some(&Value::parse(r#"{"seen":10}"#).unwrap())
    );
    assert_eq!(session.evaluate("$seen + 1"), Ok(Value::from(11_i64)));
    let mut back = session.clone();
    go(&mut back, Goal::ReverseStepOut, &quiet());
    assert_eq!(at(&back), "M");
    assert_eq!(go(&mut session, Goal::StepOut, &quiet()), StopReason::Step);
    assert_eq!(at(&session), "M MapStateExited");
    assert_eq!(session.moment().states[&path("M")].iterations, Some((2, 2, 2)));
    assert!(session.moment().thread(ThreadId::TOP).unwrap().variables.is_empty());
    assert_eq!(
        go(&mut session, Goal::StepOut, &quiet()),
        StopReason::End,
        "out of the top is the end"
    );
}

#[test]
fn breakpoints_stop_before_the_body_in_both_directions() {
    let mut session = session(BRANCHES, r#"{"items": [10, 20, 30, 40]}"#);
    let mut breakpoints = quiet();
    let condition = Breakpoint {
        condition: Some("$ >= 20 and $states.input != 40".into()),
        ..Breakpoint::default()
    };
    breakpoints.states.insert(
        path("M/I"),
        Breakpoint { condition: Some("$states.input >= 20".into()), ..condition },
    );
    breakpoints.toggle(&path("P/1/C"));
    let hit = |state: &str| StopReason::Breakpoint(path(state));
    let mut stops = Vec::new();
    loop {
        let reason = go(&mut session, Goal::Continue, &breakpoints);
        if reason == StopReason::End {
            break;
        }
        let input = session.inspection().unwrap().input.unwrap().to_string();
        assert_eq!(session.inspection().unwrap().output, None);
        stops.push((reason, input));
    }
    let items = |input: &str| (hit("M/I"), input.to_owned());
    assert_eq!(stops[0].0, hit("P/1/C"));
    assert_eq!(stops[1..], [items("20"), items("30"), items("40")]);
    let mut back = Vec::new();
    loop {
        let reason = go(&mut session, Goal::ReverseContinue, &breakpoints);
        if reason == StopReason::Entry {
            break;
        }
        back.push((reason, session.inspection().unwrap().input.unwrap().to_string()));
    }
    back.reverse();
    assert_eq!(back, stops);
}

#[test]
fn hit_counts_exits_and_log_points() {
    let mut session = session(BRANCHES, r#"{"items": [10, 20, 30, 40]}"#);
    let mut breakpoints = quiet();
    breakpoints.states.insert(
        path("M/I"),
        Breakpoint { hit_count: HitCount::parse("%2"), ..Breakpoint::default() },
    );
    breakpoints
        .states
        .insert(path("P"), Breakpoint { on: BreakOn::Exited, ..Breakpoint::default() });
    let log = Breakpoint {
        log_message: Some("item {$} of {$$.Execution.Name}".into()),
        ..Breakpoint::default()
    };
    breakpoints.states.insert(path("M/J"), log);
    let wrong = Breakpoint { condition: Some("1 +".into()), ..Breakpoint::default() };
    breakpoints.states.insert(path("Z"), wrong);
    let disabled = Breakpoint { enabled: false, ..Breakpoint::default() };
    breakpoints.states.insert(path("P/0/A"), disabled);
    let (mut stops, mut logged) = (Vec::new(), Vec::new());
    session.begin(Goal::Continue);
    while stops.len() < 10 {
        let progress = session.advance(&breakpoints, 1000);
        logged.extend(progress.log.into_iter().map(|it| it.text));
        for request in &progress.requests {
            session.answer(request.token, echo(request));
        }
        match progress.stopped {
            Some(StopReason::WaitingForAnswer) | None => {}
            Some(StopReason::End) => break,
            Some(_) => {
                stops.push(at(&session));
                session.begin(Goal::Continue);
            }
        }
    }
    assert_eq!(
        stops,
        ["P ParallelStateExited", "M/I", "M/I", "Z"],
        "a wrong condition stops, and says so"
    );
    assert_eq!(logged.len(), 5, "{logged:?}");
    assert_eq!(logged[..2], ["item 10 of one", "item 20 of one"]);
    assert!(logged[4].contains("\"1 +\" could not be evaluated"), "{}", logged[4]);
}

#[test]
fn errors_stop_by_who_takes_care_of_them() {
    let all = Breakpoints {
        exceptions: ExceptionFilters { uncaught: true, caught: true, names: Vec::new() },
        ..Breakpoints::default()
    };
    let exception = |reason: &StopReason| {
        let StopReason::Exception { error, caught, .. } = reason else { return None };
        Some((error.to_string(), *caught))
    };
    // Retried twice, then caught.
    let mut flaky = session(RESCUE, r#"{"fails": "Flaky"}"#);
    let stops: Vec<_> =
        std::iter::from_fn(|| exception(&go(&mut flaky, Goal::Continue, &all))).collect();
    assert_eq!(stops, vec![("Flaky".to_owned(), true); 3]);
    assert_eq!(flaky.moment().status_of(&path("T")), StateStatus::Caught);
    assert_eq!(flaky.moment().states[&path("T")].retries, 2);
    assert_eq!(flaky.timeline().visits[&EventId(2)].attempts.len(), 3);
    assert!(flaky.moment().has_taken(&path("T"), &path("Rescue")));
    assert_eq!(
        (flaky.now().0 - start("0").at.0) / 1000,
        60 + 120,
        "the retry delays passed on the virtual clock"
    );
    // Nobody knows it.
    let mut unknown = session(RESCUE, r#"{"fails": "Unknown"}"#);
    let reason = go(&mut unknown, Goal::Continue, &Breakpoints::default());
    assert_eq!(exception(&reason), Some(("Unknown".to_owned(), false)));
    assert_eq!(at(&unknown), "T TaskFailed");
    assert_eq!(
        go(&mut unknown, Goal::Continue, &Breakpoints::default()),
        StopReason::End,
        "once is enough"
    );
    // Only caught ones are left out by default, and names choose.
    let mut known = session(RESCUE, r#"{"fails": "Known"}"#);
    assert_eq!(go(&mut known, Goal::Continue, &Breakpoints::default()), StopReason::End);
    let named = ExceptionFilters { uncaught: true, caught: true, names: vec!["Other".into()] };
    let mut known = session(RESCUE, r#"{"fails": "Known"}"#);
    let named = Breakpoints { exceptions: named, ..Breakpoints::default() };
    assert_eq!(go(&mut known, Goal::Continue, &named), StopReason::End);
}

#[test]
fn failures_without_an_event_of_their_own_stop_too() {
    for (states, error) in [
        (r#""A": {"Type": "Fail", "Error": "Mine", "Cause": "so"}"#, "Mine"),
        (r#""A": {"Type": "Pass", "InputPath": "$.gone", "End": true}"#, "States.Runtime"),
        (
            r#""A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": true, "Next": "A"}]}"#,
            "States.Runtime",
        ),
    ] {
        let json = format!(r#"{{"StartAt": "A", "States": {{{states}}}}}"#);
        let mut session = session(&json, "{}");
        let reason = go(&mut session, Goal::Continue, &Breakpoints::default());
        let StopReason::Exception { error: it, caught: false, state, .. } = &reason else {
            panic!("{states}: {reason:?}");
        };
        assert_eq!((&**it, state), (error, &Some(path("A"))), "{states}");
        assert_eq!(go(&mut session, Goal::Continue, &Breakpoints::default()), StopReason::End);
        assert_eq!(session.moment().status_of(&path("A")), StateStatus::Failed);
    }
}

#[test]
fn a_pause_and_an_answer_while_paused_move_nothing() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    let progress = session.run(Goal::Continue, &quiet(), 1000);
    assert_eq!(progress.stopped, Some(StopReason::WaitingForAnswer));
    let request = progress.requests[0].clone();
    session.pause();
    assert_eq!(session.status(), SessionStatus::Stopped(StopReason::Pause));
    let before = session.last_event();
    assert_eq!(session.pending().len(), 1);
    assert!(session.answer(request.token, echo(&request)));
    assert!(!session.advance(&quiet(), 1000).more_work);
    assert_eq!(session.last_event(), before);
    assert_eq!(session.run(Goal::Next, &quiet(), 1000).stopped, Some(StopReason::Step));
    assert_eq!(at(&session), "S");
    assert!(!session.answer(request.token, echo(&request)), "nobody waits any more");
    assert!(session.pending().is_empty());
}

#[test]
fn a_task_that_never_answers_runs_into_its_timeout() {
    let json = r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"Message": "m"}, "TimeoutSeconds": 30, "End": true}}}"#;
    let mut session = session(json, "{}");
    let reason = go_with(&mut session, Goal::Continue, &quiet(), &mut |_| TaskAnswer::Never);
    // The answer is taken, the clock jumps, the task times out.
    assert_eq!(reason, StopReason::End);
    assert!(
        matches!(session.history().status(), ExecutionStatus::Failed { error: Some(it), .. } if &*it == "States.Timeout")
    );
    assert_eq!((session.now().0 - start("0").at.0) / 1000, 30);
}

#[test]
fn a_paced_clock_waits_for_the_shell() {
    let json = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}}"#;
    let mut session = session(json, "{}");
    session.set_clock(Clock::Paced { factor: 2.0 });
    let progress = session.run(Goal::Continue, &quiet(), 1000);
    let due = session.now().plus_millis(10_000);
    assert_eq!(
        (progress.stopped, progress.more_work, progress.sleep_until),
        (None, false, Some(due))
    );
    assert_eq!(session.moment().threads[0].status, ThreadStatus::Waiting);
    session.tick(due.plus_millis(-1));
    assert_eq!(session.advance(&quiet(), 1000).sleep_until, Some(due));
    session.tick(due);
    assert_eq!(session.advance(&quiet(), 1000).stopped, Some(StopReason::End));
}

#[test]
fn an_endless_loop_keeps_to_its_budget_and_ends_as_on_aws() {
    let json = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#;
    let mut session = session(json, "{}");
    let progress = session.run(Goal::Continue, &quiet(), 1000);
    assert!(progress.more_work && progress.stopped.is_none());
    assert!(session.last_event().0 < 2000, "{:?}", session.last_event());
    let mut calls = 1;
    while session.advance(&quiet(), 10_000).stopped.is_none() {
        calls += 1;
    }
    assert_eq!(session.last_event(), EventId(25_000));
    assert!(calls < 20, "{calls}");
    session.goto(EventId(12_345));
    assert_eq!(session.moment().at, EventId(12_345));
    session.begin(Goal::ReverseContinue);
    let mut reason = None;
    while reason.is_none() {
        reason = session.advance(&quiet(), 10_000).stopped;
    }
    assert_eq!((reason, session.cursor().event), (Some(StopReason::Entry), EventId(1)));
}

#[test]
fn stopping_aborts_and_goto_stays_within_the_history() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    go(&mut session, Goal::RunTo(path("W")), &quiet());
    session.stop();
    assert_eq!(session.history().status(), ExecutionStatus::Aborted { error: None, cause: None });
    assert_eq!(session.moment().threads[0].status, ThreadStatus::Aborted);
    session.goto(EventId(0));
    assert_eq!(session.cursor().event, EventId(1));
    session.goto(EventId(1_000_000));
    assert_eq!(session.cursor().event, session.last_event());
    session.select_thread(ThreadId(99));
    assert_eq!(session.thread(), ThreadId::TOP);
}

#[test]
fn a_fork_keeps_what_came_before_the_cursor() {
    let mut session = session(BRANCHES, r#"{"items": [1, 2]}"#);
    go(&mut session, Goal::Continue, &quiet());
    let whole = session.history().clone();
    for event in 1..=whole.last_id().0 {
        session.goto(EventId(event));
        let mut fork = session.fork(Arc::clone(session.definition()));
        assert!(fork.last_event() <= EventId(event), "nothing after the cursor");
        assert!(
            fork.last_event().0 + 3 >= event,
            "nearly all before it: {:?} of {event}",
            fork.last_event()
        );
        assert_eq!(session.divergence(&fork), None);
        go(&mut fork, Goal::Continue, &quiet());
        assert_eq!(fork.history().events(), whole.events(), "the same answers lead the same way");
    }
}

#[test]
fn another_answer_leads_another_way() {
    let mut session = session(RESCUE, r#"{"fails": "Known"}"#);
    go(&mut session, Goal::Continue, &quiet());
    let failed = session
        .history()
        .events()
        .iter()
        .find(|it| it.event_type.as_str() == "TaskFailed")
        .unwrap()
        .id;
    let mut fork = session
        .fork_with_answer(failed, TaskAnswer::Succeeded { output: Value::from(1_i64) })
        .unwrap();
    go(&mut fork, Goal::Continue, &quiet());
    assert_eq!(
        fork.history().status(),
        ExecutionStatus::Succeeded { output: Some(Value::from(1_i64)) }
    );
    assert_eq!(session.divergence(&fork), Some(failed));
    assert!(session.fork_with_answer(EventId(2), TaskAnswer::Never).is_none(), "that is no answer");
}

#[test]
fn an_edited_definition_is_run_with_the_answers_of_the_old_one() {
    let mut session = session(LINE, r#"{"n": 1}"#);
    go(&mut session, Goal::RunTo(path("S")), &quiet());
    let edited = machine(
        &LINE
            .replace(r#""StartAt": "A""#, r#""StartAt": "New""#)
            .replace(r#""States": {"#, r#""States": {"New": {"Type": "Pass", "Next": "A"},"#),
    );
    let mut fork = session.fork(Arc::clone(&edited));
    assert_eq!(fork.cursor().event, session.cursor().event, "the cursor stays");
    assert_eq!(session.divergence(&fork), Some(EventId(2)));
    assert!(fork.moment().states.contains_key(&path("New")));
    assert_eq!(go(&mut fork, Goal::Continue, &quiet()), StopReason::End);
    assert_eq!(fork.history().status(), session_end(&session));
}

fn session_end(session: &DebugSession) -> ExecutionStatus {
    let mut copy = session.clone();
    go(&mut copy, Goal::Continue, &quiet());
    copy.history().status()
}

#[test]
fn a_recorded_execution_is_stepped_like_a_simulated_one() {
    let mut simulated = session(LINE, r#"{"n": 1}"#);
    go(&mut simulated, Goal::Continue, &quiet());
    let mut history = simulated.history().clone();
    history.inspections.clear();
    let execution = Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:Sample:one".into(),
        state_machine: Arc::clone(simulated.definition()),
        kind: StateMachineType::Standard,
        history,
        source: ExecutionSource::Imported { path: "history.json".into() },
    };
    let mut recorded = DebugSession::open(&execution);
    let (mut seen, mut stages) = (Vec::new(), Vec::new());
    while go(&mut recorded, Goal::StepIn, &quiet()) == StopReason::Step {
        seen.push(at(&recorded));
        stages.push(
            recorded.inspection().unwrap().stages().last().map(|(_, value)| (*value).clone()),
        );
    }
    simulated.goto(EventId(1));
    let (mut expected, mut values) = (Vec::new(), Vec::new());
    while go(&mut simulated, Goal::StepIn, &quiet()) == StopReason::Step {
        expected.push(at(&simulated));
        values.push(
            simulated.inspection().unwrap().stages().last().map(|(_, value)| (*value).clone()),
        );
    }
    assert_eq!(seen, expected);
    assert_eq!(stages, values, "what AWS does not record is computed");
    assert_eq!(recorded.pending().len(), 0);
    assert!(recorded.journal().is_none());
    recorded.goto(EventId(4));
    let mut fork = recorded.fork(Arc::clone(recorded.definition()));
    assert_eq!(fork.journal().unwrap().start.state_machine_name.as_ref(), "Sample");
    assert_eq!(go(&mut fork, Goal::Continue, &quiet()), StopReason::End);
    assert_eq!(fork.history().status(), simulated.history().status());
}

#[test]
fn an_execution_goes_the_same_way_with_and_without_the_debugger() {
    for (json, input) in [
        (LINE, r#"{"n": 1}"#),
        (BRANCHES, r#"{"items": [1, 2, 3]}"#),
        (RESCUE, r#"{"fails": "Flaky"}"#),
        (RESCUE, r#"{"fails": "Unknown"}"#),
    ] {
        let mut session = session(json, input);
        while next(&mut session) == StopReason::Step {}
        let alone = run_to_end(machine(json), start(input), &mut |request| {
            let token = request.token;
            vec![match echo(request) {
                TaskAnswer::Succeeded { output } => Input::TaskSucceeded { token, output },
                TaskAnswer::Failed { error, cause } => Input::TaskFailed { token, error, cause },
                TaskAnswer::Submitted { .. }
                | TaskAnswer::Heartbeat
                | TaskAnswer::Started { .. }
                | TaskAnswer::Never => {
                    unreachable!()
                }
            }]
        });
        assert_eq!(session.history().events(), alone.history.events());
        assert_eq!(session.journal().unwrap().inputs, alone.journal.inputs);
    }
}

fn any_goal() -> impl Strategy<Value = Goal> {
    prop_oneof![Just(Goal::Next), Just(Goal::StepIn), Just(Goal::StepOut)]
}

fn any_move() -> impl Strategy<Value = Goal> {
    prop_oneof![
        any_goal(),
        Just(Goal::Continue),
        Just(Goal::ReverseContinue),
        Just(Goal::StepBack),
        Just(Goal::ReverseStepIn),
        Just(Goal::ReverseStepOut),
        Just(Goal::RunTo(StatePath::new("M/I"))),
    ]
}

fn scenario(index: usize) -> DebugSession {
    let (json, input) = [
        (LINE, r#"{"n": 1}"#),
        (BRANCHES, r#"{"items": [1, 2, 3]}"#),
        (RESCUE, r#"{"fails": "Flaky"}"#),
        (RESCUE, r#"{"fails": "Unknown"}"#),
    ][index];
    session(json, input)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// n steps, then n steps back, is where we began.
    #[test]
    fn steps_back_undo_steps(index in 0..4_usize, lead in 0..8_usize, goals in prop::collection::vec(any_goal(), 0..12)) {
        let mut session = scenario(index);
        for _ in 0..lead {
            go(&mut session, Goal::StepIn, &quiet());
        }
        let origin = (session.cursor(), session.thread(), session.moment().clone());
        let mut steps = 0;
        for goal in goals {
            let before = session.cursor();
            go(&mut session, goal, &quiet());
            steps += usize::from(session.cursor() != before);
        }
        for _ in 0..steps {
            go(&mut session, Goal::StepBack, &quiet());
        }
        prop_assert_eq!((session.cursor(), session.thread(), session.moment().clone()), origin);
    }

    /// However one moves, the cursor is in the history, the moment is the cursor's, and the journal replays to the history.
    #[test]
    fn any_moves_keep_a_session_together(index in 0..4_usize, goals in prop::collection::vec(any_move(), 0..20)) {
        let mut session = scenario(index);
        for goal in goals {
            let reverse = goal.is_reverse();
            let before = (session.cursor().event, session.last_event());
            let mut slow = session.clone();
            go_in_portions(&mut slow, goal.clone(), &Breakpoints::default(), 1, &mut echo);
            go(&mut session, goal, &Breakpoints::default());
            prop_assert_eq!(
                (slow.cursor(), slow.thread(), slow.status(), slow.history().events()),
                (session.cursor(), session.thread(), session.status(), session.history().events()),
                "in small portions as in large ones"
            );
            prop_assert_eq!(session.moment().at, session.cursor().event);
            prop_assert!(session.cursor().event <= session.last_event() && session.cursor().event >= EventId(1));
            if reverse {
                prop_assert!(session.cursor().event <= before.0);
                prop_assert_eq!(session.last_event(), before.1, "nothing runs backwards");
            } else {
                prop_assert!(session.cursor().event >= before.0);
            }
            prop_assert!(session.moment().thread(session.thread()).is_some());
            let known = session.inspection().map(|it| it.stages().len());
            prop_assert!(known.is_none_or(|it| it > 0));
        }
        let (_, replayed) = crate::engine::Machine::replay(Arc::clone(session.definition()), session.journal().unwrap()).unwrap();
        prop_assert_eq!(replayed.events(), session.history().events());
        let exits = session.history().events().iter().filter(|it| matches!(it.details, EventDetails::StateExited { .. }));
        prop_assert!(exits.count() <= session.timeline().visits.len());
    }
}
