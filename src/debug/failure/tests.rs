//! What a report says of histories that are made for it.

use std::sync::Arc;

use super::*;
use crate::asl::{self, StateMachineType};
use crate::debug::DebugSession;
use crate::execution::{Execution, ExecutionSource, import};
use crate::json::document::{Document, Format};

/// The report of a history. Each event is `type {details}`, one second after the one before it, and follows it.
fn report(states: &str, events: &[(&str, &str)]) -> FailureReport {
    let start = states.split('"').nth(1).expect("the first state");
    let definition = format!(r#"{{"StartAt":"{start}","States":{{{states}}}}}"#);
    let machine = asl::parse::parse(&Document::parse(&definition, Format::Json)).machine;
    let line = |(at, (name, details)): (usize, &(&str, &str))| {
        let details = if details.is_empty() { String::new() } else { format!(",{details}") };
        format!(
            r#"{{"id":{},"previousEventId":{at},"type":"{name}","timestamp":"2026-01-01T00:{:02}:{:02}.000Z"{details}}}"#,
            at + 1,
            at / 60,
            at % 60
        )
    };
    let lines: Vec<String> = events.iter().enumerate().map(line).collect();
    let text = format!(r#"{{"events":[{}]}}"#, lines.join(","));
    let history = import::parse(&text, None).expect("a history").history;
    let execution = Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:M:run".into(),
        state_machine: Arc::new(machine),
        kind: StateMachineType::Standard,
        history,
        source: ExecutionSource::Simulated { seed: 0 },
    };
    DebugSession::open(&execution).failures()
}

fn only(report: &FailureReport) -> &FailureGroup {
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    &report.failures[0]
}

const STARTED: (&str, &str) =
    ("ExecutionStarted", r#""executionStartedEventDetails":{"input":"{}"}"#);

fn entered(name: &'static str) -> String {
    format!(
        r#""stateEnteredEventDetails":{{"name":"{name}","input":"{{\"order\":{{\"total\":5}}}}"}}"#
    )
}

const SCHEDULED: &str = r#""taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke","region":"r","parameters":"{\"FunctionName\":\"charge-card\"}","timeoutInSeconds":60,"heartbeatInSeconds":1}"#;

fn task_failed(error: &str, cause: &str) -> String {
    format!(
        r#""taskFailedEventDetails":{{"resourceType":"lambda","resource":"invoke","error":"{error}","cause":"{cause}"}}"#
    )
}

fn failed(error: &str, cause: &str) -> String {
    format!(r#""executionFailedEventDetails":{{"error":"{error}","cause":"{cause}"}}"#)
}

const RETRIED: &str = r#""Pay":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
    "Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Boom"],"MaxAttempts":1},{"ErrorEquals":["States.ALL"]}],
    "Catch":[{"ErrorEquals":["boom"],"Next":"Sorry"},{"ErrorEquals":["State.ALL"],"Next":"Sorry"}]},
    "Sorry":{"Type":"Pass","End":true}"#;

#[test]
fn retries_are_counted_and_every_catcher_says_why_not() {
    let (pay, boom) = (entered("Pay"), task_failed("Boom", "no money"));
    let end = failed("Boom", "no money");
    let report = report(
        RETRIED,
        &[
            STARTED,
            ("TaskStateEntered", &pay),
            ("TaskScheduled", SCHEDULED),
            ("TaskFailed", &boom),
            ("TaskScheduled", SCHEDULED),
            ("TaskFailed", &boom),
            ("ExecutionFailed", &end),
        ],
    );
    let failure = &only(&report).first;
    assert_eq!(failure.headline(), "Pay failed with Boom");
    assert_eq!(failure.at.event, EventId(6), "the last attempt");
    let attempts: Vec<_> =
        failure.attempts.iter().map(|it| (it.number, it.took_millis, it.waited_millis)).collect();
    assert_eq!(attempts, [(1, 1000, 1000), (2, 1000, 0)]);
    assert!(failure.why.ends_with("It did so 2 times."), "{}", failure.why);
    let texts: Vec<&str> = failure.handling[0].handlers.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Names Other, not Boom.",
            "Used up: 1 of 1 retries used, 1 s waiting.",
            "Not asked: an entry before it names the error.",
            "Names boom, which is not Boom: capitals count.",
            "Names State.ALL, not Boom. Is State.ALL meant to be States.ALL?",
        ]
    );
}

#[test]
fn a_recovered_error_is_told_as_caught() {
    let (pay, boom) = (entered("Pay"), task_failed("Boom", "no money"));
    let report = report(
        RETRIED,
        &[
            STARTED,
            ("TaskStateEntered", &pay),
            ("TaskScheduled", SCHEDULED),
            ("TaskFailed", &boom),
            ("TaskScheduled", SCHEDULED),
            (
                "TaskSucceeded",
                r#""taskSucceededEventDetails":{"resourceType":"lambda","resource":"invoke","output":"1"}"#,
            ),
            ("TaskStateExited", r#""stateExitedEventDetails":{"name":"Pay","output":"1"}"#),
            ("ExecutionSucceeded", r#""executionSucceededEventDetails":{"output":"1"}"#),
        ],
    );
    assert!(report.failures.is_empty());
    let caught = &report.caught[0].first;
    assert_eq!(caught.outcome, Outcome::Recovered);
    assert_eq!(caught.handling[0].handlers[1].verdict, Verdict::Took);
}

#[test]
fn the_heartbeat_is_told_from_the_timeout_by_the_time() {
    let pay = entered("Pay");
    let timed_out = r#""taskTimedOutEventDetails":{"resourceType":"lambda","resource":"invoke","error":"States.Timeout"}"#;
    let end = failed("States.Timeout", "");
    let report = report(
        RETRIED,
        &[
            STARTED,
            ("TaskStateEntered", &pay),
            ("TaskScheduled", SCHEDULED),
            ("TaskTimedOut", timed_out),
            ("ExecutionFailed", &end),
        ],
    );
    let why = &only(&report).first.why;
    assert!(why.starts_with("HeartbeatSeconds ran out"), "{why}");
}

#[test]
fn the_timeout_of_the_execution_names_no_state_but_where_it_stood() {
    let pay = entered("Pay");
    let report = report(
        RETRIED,
        &[
            STARTED,
            ("TaskStateEntered", &pay),
            ("TaskScheduled", SCHEDULED),
            ("ExecutionTimedOut", r#""executionTimedOutEventDetails":{"error":"States.Timeout"}"#),
        ],
    );
    let failure = &only(&report).first;
    assert!(failure.state.is_none() && failure.why.contains("It stood in Pay."), "{}", failure.why);
}

#[test]
fn a_path_that_selects_nothing_says_what_is_there() {
    let total = entered("Total");
    let cause = "An error occurred while executing the state 'Total' (entered at the event id #2). The JSONPath '$.order.totl' specified for the field 'x.$' could not be found in the input '{}'";
    let end = failed("States.Runtime", cause);
    let report = report(
        r#""Total":{"Type":"Pass","Parameters":{"x.$":"$.order.totl"},"End":true}"#,
        &[STARTED, ("PassStateEntered", &total), ("ExecutionFailed", &end)],
    );
    let failure = &only(&report).first;
    let [evidence] = failure.evidence.as_slice() else { panic!("{:?}", failure.evidence) };
    assert_eq!((evidence.label.as_str(), evidence.stage), ("$.order.totl", "input"));
    assert_eq!(evidence.place, [PlaceStep::Member("order".into())], "as far as there is something");
    assert_eq!(evidence.note, "$.order has no \"totl\"; it has \"total\".");
}

#[test]
fn a_choice_without_a_match_shows_what_it_compared() {
    let route = entered("Route");
    let cause = "An error occurred while executing the state 'Route' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.";
    let end = failed("States.Runtime", cause);
    let report = report(
        r#""Route":{"Type":"Choice","Choices":[{"Variable":"$.order.total","NumericLessThan":3,"Next":"A"}]},"A":{"Type":"Succeed"}"#,
        &[STARTED, ("ChoiceStateEntered", &route), ("ExecutionFailed", &end)],
    );
    let failure = &only(&report).first;
    assert!(failure.why.contains("no Default"), "{}", failure.why);
    assert_eq!(failure.evidence[0].value, Some(crate::json::Value::from(5_i64)));
    assert_eq!(failure.evidence[0].note, "Choices[0] asks for NumericLessThan 3.");
}

#[test]
fn a_jsonata_reference_that_is_not_there_is_found_in_the_expression() {
    let pay = entered("Pay");
    let cause = "An error occurred while executing the state 'Pay' (entered at the event id #2). The JSONata expression '$states.input.order.sum * $rate' specified for the field 'Output' returned nothing (undefined).";
    let details = format!(
        r#""evaluationFailedEventDetails":{{"error":"States.QueryEvaluationError","cause":"{cause}","location":"Output","state":"Pay"}}"#
    );
    let end = failed("States.QueryEvaluationError", cause);
    let report = report(
        r#""Pay":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.order.sum * $rate %}","End":true}"#,
        &[
            STARTED,
            ("PassStateEntered", &pay),
            ("EvaluationFailed", &details),
            ("ExecutionFailed", &end),
        ],
    );
    let labels: Vec<_> = only(&report)
        .first
        .evidence
        .iter()
        .map(|it| (it.label.as_str(), it.value.is_some()))
        .collect();
    assert_eq!(labels, [("$states.input.order.sum", false), ("$rate", false)]);
}

#[test]
fn a_child_execution_is_led_to() {
    let pay = entered("Pay");
    let arn = "arn:aws:states:us-east-1:1:execution:Child:run";
    let cause =
        format!(r#"{{\"ExecutionArn\":\"{arn}\",\"Error\":\"Boom\",\"Status\":\"FAILED\"}}"#);
    let (details, end) =
        (task_failed("States.TaskFailed", &cause), failed("States.TaskFailed", &cause));
    let report = report(
        RETRIED,
        &[
            STARTED,
            ("TaskStateEntered", &pay),
            ("TaskScheduled", SCHEDULED),
            ("TaskFailed", &details),
            ("ExecutionFailed", &end),
        ],
    );
    let failure = &only(&report).first;
    assert_eq!(failure.child.as_deref(), Some(arn));
    assert!(failure.why.contains("failed with Boom"), "{}", failure.why);
}

#[test]
fn causes_are_taken_apart_by_who_wrote_them() {
    let of = |text: &str| Cause::of(&text.into());
    let sdk = of("No such thing (Service: S3, Status Code: 404, Request ID: r)");
    assert_eq!(&*sdk.message, "No such thing");
    assert_eq!(sdk.kind, CauseKind::Sdk { service: "S3".into(), status: Some(404), code: None });
    let lambda = of(r#"{"errorMessage":"m","errorType":"T","stackTrace":["a","b"]}"#);
    let CauseKind::Lambda { stack, error_type, .. } = &lambda.kind else { panic!("{lambda:?}") };
    assert_eq!((stack.len(), error_type.as_deref()), (2, Some("T")));
    let entries = of(r#"{"Entries":[{"EventId":"1"},{"ErrorMessage":"Detail is malformed."}]}"#);
    assert_eq!(&*entries.message, "Detail is malformed.");
    for hostile in ["{", "(Service: ", "[[[[", "", "\u{0}"] {
        assert_eq!(&*of(hostile).text, hostile);
    }
}
