//! `Retry` and `Catch`: entries that an earlier one takes everything from, and the two dialects of DynamoDB's errors.

use std::collections::BTreeSet;

use super::scopes_of;
use crate::asl::task::ResourceKind;
use crate::asl::{Diagnostic, ErrorName, Scope, State, StateKind, StateMachine, rule};
use crate::json::document::Span;

pub(super) fn useless_error_names(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    scope(&machine.top, "", &mut found);
    found
}

fn scope(scope_: &Scope, path: &str, found: &mut Vec<Diagnostic>) {
    for state in scope_.states.values() {
        let location = format!("{path}/States/{}", state.name);
        let retriers: Vec<Entry<'_>> =
            state.retry.iter().map(|it| (it.error_equals.as_slice(), it.span)).collect();
        let catchers: Vec<Entry<'_>> =
            state.catch.iter().map(|it| (it.error_equals.as_slice(), it.span)).collect();
        for (field, entries) in [("Retry", &retriers), ("Catch", &catchers)] {
            let place = format!("{location}/{field}");
            shadowed(&place, entries, found);
            dialect(state, &place, entries, found);
        }
        for (part, inner) in scopes_of(state) {
            scope(inner, &format!("{location}/{part}"), found);
        }
    }
}

type Entry<'m> = (&'m [ErrorName], Span);

fn shadowed(place: &str, entries: &[Entry<'_>], found: &mut Vec<Diagnostic>) {
    let mut earlier: Vec<(usize, &str)> = Vec::new();
    for (index, (names, span)) in entries.iter().enumerate() {
        for name in names.iter().map(ErrorName::as_str) {
            if let Some((by, taker)) = earlier.iter().find(|(_, taker)| takes(taker, name)) {
                found.push(Diagnostic::of(
                    &rule::SHADOWED_ERROR_ENTRY,
                    (format!("{place}[{index}]/ErrorEquals"), *span),
                    format!("'{name}' never gets here: entry {by} takes it with '{taker}'"),
                    "Put the entry with the narrower names first, or remove the name here",
                ));
            }
        }
        earlier.extend(names.iter().map(|name| (index, name.as_str())));
    }
}

/// Whether an entry with the name `taker` takes the error `name`. `States.ALL` has a rule of its own; `States.TaskFailed` is
/// every failure of a task but a timeout.
fn takes(taker: &str, name: &str) -> bool {
    taker == name || (taker == "States.TaskFailed" && !name.starts_with("States."))
}

/// The two ways in which DynamoDB's errors are spelled, recorded from AWS.
const OPTIMISED: &str = "DynamoDB.";
const SDK: &str = "DynamoDb.";

fn dialect(state: &State, place: &str, entries: &[Entry<'_>], found: &mut Vec<Diagnostic>) {
    let mut raised = BTreeSet::new();
    dialects_of(state, &mut raised);
    if raised.is_empty() {
        return;
    }
    for (index, (names, span)) in entries.iter().enumerate() {
        for name in names.iter().map(ErrorName::as_str) {
            let (prefix, other) = if name.starts_with(OPTIMISED) {
                (OPTIMISED, SDK)
            } else if name.starts_with(SDK) {
                (SDK, OPTIMISED)
            } else {
                continue;
            };
            if raised.contains(prefix) {
                continue;
            }
            found.push(Diagnostic::of(
                &rule::WRONG_DYNAMODB_DIALECT,
                (format!("{place}[{index}]/ErrorEquals"), *span),
                format!("'{name}' never happens here: the errors of this integration begin with '{other}'"),
                translated(name, other),
            ));
        }
    }
}

/// The name of the same error in the other dialect.
fn translated(name: &str, prefix: &str) -> String {
    let rest = name.get(OPTIMISED.len()..).unwrap_or_default();
    let rest = match (prefix, rest) {
        (SDK, "AmazonDynamoDBException") => "DynamoDbException",
        (OPTIMISED, "DynamoDbException") => "AmazonDynamoDBException",
        (_, rest) => rest,
    };
    format!("Write '{prefix}{rest}'")
}

/// The dialects of the DynamoDB tasks of a state, those inside of it included.
fn dialects_of(state: &State, found: &mut BTreeSet<&'static str>) {
    match &state.kind {
        StateKind::Task(task) => match &task.resource.kind {
            ResourceKind::Optimised { service, .. } if &**service == "dynamodb" => {
                found.insert(OPTIMISED);
            }
            ResourceKind::AwsSdk { service, .. } if &**service == "dynamodb" => {
                found.insert(SDK);
            }
            ResourceKind::Optimised { .. }
            | ResourceKind::AwsSdk { .. }
            | ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => {}
        },
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Parallel(_)
        | StateKind::Map(_)
        | StateKind::Unknown(_) => {}
    }
    for (_, inner) in state.scopes() {
        inner.states.values().for_each(|state| dialects_of(state, found));
    }
}

#[cfg(test)]
mod tests {
    use crate::asl::validate::tests::of_rule;

    const NONE: [&str; 0] = [];

    fn machine(resource: &str, retry: &str) -> String {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"{resource}","Retry":[{retry}],"End":true}}}}}}"#
        )
    }

    #[test]
    fn an_entry_that_gets_nothing_is_told() {
        let sns = "arn:aws:states:::sns:publish";
        let told = |names: [&str; 2]| {
            let [first, second] = names.map(|name| format!(r#"{{"ErrorEquals":["{name}"]}}"#));
            of_rule("shadowed-error-entry", &machine(sns, &format!("{first},{second}")))
        };
        let place = ["/States/A/Retry[1]/ErrorEquals"];
        assert_eq!(told(["x", "x"]), place);
        assert_eq!(told(["States.TaskFailed", "SNS.X"]), place);
        assert_eq!(told(["States.TaskFailed", "States.Timeout"]), NONE);
        assert_eq!(told(["SNS.X", "States.TaskFailed"]), NONE);
        assert_eq!(told(["a", "b"]), NONE);
    }

    #[test]
    fn dynamodb_has_two_dialects() {
        let place = ["/States/A/Retry[0]/ErrorEquals"];
        let told = |resource: &str, name: &str| {
            of_rule(
                "wrong-dynamodb-dialect",
                &machine(resource, &format!(r#"{{"ErrorEquals":["{name}"]}}"#)),
            )
        };
        let (optimised, sdk) =
            ("arn:aws:states:::dynamodb:getItem", "arn:aws:states:::aws-sdk:dynamodb:getItem");
        assert_eq!(told(optimised, "DynamoDb.ResourceNotFoundException"), place);
        assert_eq!(told(optimised, "DynamoDB.AmazonDynamoDBException"), NONE);
        assert_eq!(told(sdk, "DynamoDB.AmazonDynamoDBException"), place);
        assert_eq!(told(sdk, "DynamoDb.ResourceNotFoundException"), NONE);
        assert_eq!(told("arn:aws:states:::lambda:invoke", "DynamoDb.X"), NONE);
        let inside = r#"{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Retry":[{"ErrorEquals":["DynamoDb.X"]}],
            "Branches":[{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem","End":true}}}]}}}"#;
        assert_eq!(of_rule("wrong-dynamodb-dialect", inside), place);
    }
}
