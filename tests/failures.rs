//! Why executions failed, told of executions that were recorded on AWS: each that failed gets a card, with the state at which
//! the error began, the error that AWS gave it, a reason and a remedy.

#![expect(clippy::print_stdout, reason = "the cards are what this test is run for")]

#[path = "conformance/recorded.rs"]
mod recorded;

use std::path::PathBuf;
use std::sync::Arc;

use stepwell::asl::{self, StateMachine, StateMachineType};
use stepwell::debug::DebugSession;
use stepwell::debug::failure::{Failure, FailureReport, Outcome};
use stepwell::execution::{EventId, EventType, Execution, ExecutionSource, History, export};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

/// One recorded execution.
struct Case {
    name: String,
    session: DebugSession,
    status: String,
    error: Option<String>,
    cause: Option<Value>,
}

fn cases() -> Option<Vec<Case>> {
    Some(recorded::cases()?.iter().filter_map(case).collect())
}

fn case(case: &Value) -> Option<Case> {
    let expected = case.get("expected")?;
    let events = expected.get("events")?.as_array()?;
    let machine = recorded::machine(case)?;
    let (history, _) = recorded::history(events);
    let text = |name: &str| expected.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Case {
        name: case.get("id")?.as_str()?.to_owned(),
        session: open(machine, history),
        status: text("status")?,
        error: text("error"),
        cause: expected.get("cause").cloned(),
    })
}

fn open(machine: StateMachine, history: History) -> DebugSession {
    DebugSession::open(&Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:Machine:run".into(),
        state_machine: Arc::new(machine),
        kind: StateMachineType::Standard,
        history,
        source: ExecutionSource::Imported { path: PathBuf::from("history.json") },
    })
}

fn card(failure: &Failure) -> String {
    let mut text = format!(
        "{} at {:?} event {}\n  why: {}\n  do: {}",
        failure.headline(),
        failure.state.as_ref().map(ToString::to_string),
        failure.at.event.0,
        failure.why,
        failure.remedy
    );
    for it in &failure.evidence {
        let value = it.value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let short: String = value.chars().take(90).collect();
        text += &format!("\n  {} in {} = {short} {}", it.label, it.stage, it.note);
    }
    for level in &failure.handling {
        for handler in &level.handlers {
            text += &format!(
                "\n  {} {:?}[{}]: {}",
                level.name, handler.kind, handler.index, handler.text
            );
        }
    }
    text
}

/// What every report must hold to, whatever the history.
fn check(name: &str, session: &DebugSession, report: &FailureReport) {
    let last = session.last_event();
    for group in report.failures.iter().chain(&report.caught) {
        let failure = &group.first;
        assert!(!failure.why.is_empty() && !failure.remedy.is_empty(), "{name}: {failure:?}");
        assert!(group.count >= group.members.len() && !group.members.is_empty(), "{name}");
        for member in &group.members {
            assert!(member.at.event <= last && member.at.event > EventId(0), "{name}");
        }
        for evidence in &failure.evidence {
            let data = session.inspection_of(evidence.entered).expect("the visit is there");
            let is_stage = data.stages().iter().any(|(stage, _)| *stage == evidence.stage);
            assert!(is_stage || ["variables", "context"].contains(&evidence.stage), "{name}");
        }
    }
}

#[test]
fn every_recorded_failure_has_a_card_with_its_state_and_error() {
    let Some(cases) = cases() else { return };
    let only = std::env::var("STEPWELL_CASE").ok();
    let wanted = |it: &&Case| only.as_ref().is_none_or(|only| it.name.contains(only));
    let (mut failed, mut with_evidence, mut caught) = (0, 0, 0);
    for case in cases.iter().filter(wanted) {
        let report = case.session.failures();
        check(&case.name, &case.session, &report);
        caught += report.caught.len();
        for group in &report.caught {
            let Outcome::Caught { next, .. } = &group.first.outcome else { continue };
            assert!(next.is_some(), "{}: a catcher leads somewhere", case.name);
        }
        if case.status == "SUCCEEDED" {
            assert!(report.failures.is_empty(), "{}: {:?}", case.name, report.failures);
            continue;
        }
        failed += 1;
        let first = &report.failures.first().expect("a card").first;
        println!("{}\n{}\n", case.name, card(first));
        with_evidence += u32::from(!first.evidence.is_empty());
        if case.status == "FAILED" {
            let state = first.state.as_ref().expect("a state");
            assert!(case.session.definition().find(state).is_some(), "{}: {state}", case.name);
            assert_eq!(&*first.error, case.error.as_deref().unwrap_or(""), "{}", case.name);
            let said = case.cause.as_ref().map_or("", |it| it.as_str().unwrap_or("json"));
            assert!(said.is_empty() || !first.cause.text.is_empty(), "{}", case.name);
        } else {
            assert!(first.state.is_none(), "{}", case.name);
        }
    }
    println!("{failed} failed executions, {with_evidence} with evidence, {caught} caught errors");
    assert!(only.is_some() || failed >= 80, "only {failed}");
}

#[test]
fn a_history_that_breaks_off_anywhere_still_has_a_report() {
    let Some(cases) = cases() else { return };
    for case in cases.iter().filter(|it| it.status != "SUCCEEDED") {
        let whole = case.session.history();
        for length in 0..whole.events().len() {
            let mut history = History::default();
            for event in &whole.events()[..length] {
                history.append(
                    event.previous_event_id,
                    event.timestamp,
                    event.event_type,
                    event.details.clone(),
                );
            }
            let session = open((**case.session.definition()).clone(), history);
            let report = session.failures();
            check(&case.name, &session, &report);
            let ended = |it: &stepwell::debug::failure::FailureGroup| {
                it.first.outcome == Outcome::EndedExecution
            };
            assert!(!report.failures.iter().any(ended), "{}: it has not ended", case.name);
            let last = session.history().events().last().map(|it| it.event_type);
            assert_ne!(last, Some(EventType::ExecutionFailed));
        }
    }
}

/// A Map of many items that each fail, in a history as long as histories may be.
#[test]
fn thousands_of_failures_of_a_full_history_are_one_group() {
    let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},
        "Catch":[{"ErrorEquals":["States.ALL"],"Next":"P"}],"End":true},"P":{"Type":"Pass","End":true}}},"End":true}}}"#;
    let machine = asl::parse::parse(&Document::parse(definition, Format::Json)).machine;
    let mut history = History::default();
    let items = 2_770_u64;
    let event = |json: String| {
        export::event_from_json(&Value::parse(&json).expect("JSON")).expect("an event")
    };
    let mut add = |json: String| {
        let read = event(json);
        history.append(read.previous_event_id, read.timestamp, read.event_type, read.details)
    };
    let at = "\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"id\":1";
    add(format!(
        r#"{{{at},"type":"ExecutionStarted","previousEventId":0,"executionStartedEventDetails":{{"input":"[]"}}}}"#
    ));
    add(format!(
        r#"{{{at},"type":"MapStateEntered","previousEventId":0,"stateEnteredEventDetails":{{"name":"M","input":"[]"}}}}"#
    ));
    add(format!(
        r#"{{{at},"type":"MapStateStarted","previousEventId":2,"mapStateStartedEventDetails":{{"length":{items}}}}}"#
    ));
    for index in 0..items {
        let mut last = EventId(3);
        for step in [
            format!(r#""type":"MapIterationStarted","mapIterationStartedEventDetails":{{"name":"M","index":{index}}}"#),
            r#""type":"TaskStateEntered","stateEnteredEventDetails":{"name":"T","input":"{\"sku\":1}"}"#.to_owned(),
            r#""type":"TaskScheduled","taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke","region":"r","parameters":"{\"FunctionName\":\"f\",\"Payload\":{\"sku\":1}}"}"#.to_owned(),
            r#""type":"TaskStarted","taskStartedEventDetails":{"resourceType":"lambda","resource":"invoke"}"#.to_owned(),
            r#""type":"TaskFailed","taskFailedEventDetails":{"resourceType":"lambda","resource":"invoke","error":"KeyError","cause":"{\"errorMessage\":\"'amount'\",\"errorType\":\"KeyError\"}"}"#.to_owned(),
            r#""type":"TaskStateExited","stateExitedEventDetails":{"name":"T","output":"{}"}"#.to_owned(),
            r#""type":"PassStateEntered","stateEnteredEventDetails":{"name":"P","input":"{}"}"#.to_owned(),
            r#""type":"PassStateExited","stateExitedEventDetails":{"name":"P","output":"{}"}"#.to_owned(),
            format!(r#""type":"MapIterationSucceeded","mapIterationSucceededEventDetails":{{"name":"M","index":{index}}}"#),
        ] {
            last = add(format!(r#"{{{at},"previousEventId":{},{step}}}"#, last.0));
        }
    }
    let session = open(machine, history);
    assert!(session.last_event().0 > 24_900, "{}", session.last_event().0);
    let report = session.failures();
    let [group] = report.caught.as_slice() else { panic!("one group: {}", report.caught.len()) };
    assert_eq!((group.count, group.of_items), (2_770, Some(items)));
    assert_eq!(group.first.evidence.first().map(|it| it.label.as_str()), Some("$.Payload.amount"));
}
