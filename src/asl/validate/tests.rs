//! Tests of `validate`: its rules, one by one.

use super::*;
use crate::asl::Severity;
use crate::asl::parse::{check, parse};
use crate::json::document::{Document, Format};

/// Where a rule is broken, of everything that is found in a definition.
pub(super) fn of_rule(rule: &str, text: &str) -> Vec<String> {
    assert!(rule::Rule::find(rule).is_some(), "{rule} is a rule");
    let parsed = check(&Document::parse(text, Format::Json));
    parsed.diagnostics.into_iter().filter(|it| it.rule == rule).map(|it| it.location).collect()
}

fn found(text: &str) -> Vec<String> {
    let parsed = parse(&Document::parse(text, Format::Json));
    validate(&parsed.machine)
        .iter()
        .filter(|it| it.severity != Severity::Note)
        .map(|it| format!("{}: {} at {} ({})", it.code, it.message, it.location, it.remedy))
        .collect()
}

#[test]
fn targets_must_exist_in_their_scope() {
    assert_eq!(
        found(
            r#"{"StartAt":"Check Stok","States":{"Check stock":{"Type":"Choice","Default":"X","Choices":[{"Variable":"$.a","IsNull":true,"Next":"Inner"}]},
               "P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"Inner","States":{"Inner":{"Type":"Pass","Next":"P"}}}]}}}"#
        ),
        [
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Check Stok at /StartAt (Add the state, or name one that exists)",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Inner at /States/Check stock/Choices[0]/Next (That state is at /States/P/Branches[0]/States/Inner; a transition cannot leave its branch or Map, or enter another)",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/Check stock/Default (Add the state, or name one that exists)",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: P at /States/P/Branches[0]/States/Inner/Next (That state is at /States/P; a transition cannot leave its branch or Map, or enter another)",
            "MISSING_END_STATE: Workflow has no terminal state at  (Give the last state \"End\": true, or add a Succeed or Fail state)",
            "MISSING_TRANSITION_TARGET: State \"Check stock\" is not reachable. at /States/Check stock (Lead a Next, Default, Choices or Catch to it, or remove it)",
            "MISSING_TRANSITION_TARGET: State \"P\" is not reachable. at /States/P (Lead a Next, Default, Choices or Catch to it, or remove it)",
        ]
    );
}

#[test]
fn unreachable_states_and_flows_without_an_end_are_told() {
    assert_eq!(
        found(
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"},"C":{"Type":"Pass","End":true}}}"#
        ),
        [
            "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C (Lead a Next, Default, Choices or Catch to it, or remove it)",
        ]
    );
}

#[test]
fn catchers_lead_somewhere_too() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"Message":"m"},"End":true,
        "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}]},"B":{"Type":"Fail"}}}"#;
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn names_are_unique_in_the_whole_machine() {
    let found = found(
        r#"{"StartAt":"A","States":{"A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}}}}"#,
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A"
    ));
}

#[test]
fn a_target_that_is_filled_in_later_is_not_missing() {
    assert_eq!(
        found(
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"${next}"},"B":{"Type":"Pass","Next":"A"}}}"#
        ),
        Vec::<String>::new()
    );
}

#[test]
fn express_machines_only_call_and_go_on() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{
        "B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Next":"C"},
        "C":{"Type":"Task","Resource":"arn:aws:states:us-east-1:111111111111:activity:x","End":true}}}]}}}"#;
    let parsed = parse(&Document::parse(text, Format::Json));
    assert_eq!(validate_type(&parsed.machine, StateMachineType::Standard), []);
    let found = validate_type(&parsed.machine, StateMachineType::Express);
    let locations: Vec<&str> = found.iter().map(|it| it.location.as_str()).collect();
    assert_eq!(
        locations,
        ["/States/A/Branches[0]/States/B/Resource", "/States/A/Branches[0]/States/C/Resource"]
    );
}
