//! Choice states that an input can fall through: no `Default`, and rules that leave something over.

use super::scopes_of;
use crate::asl::choice::Operator;
use crate::asl::{
    Choice, Comparison, Condition, Diagnostic, Operand, Scope, StateKind, StateMachine, rule,
};
use crate::json::Value;

pub(super) fn open_choices(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    scope(&machine.top, "", &mut found);
    found
}

fn scope(scope_: &Scope, path: &str, found: &mut Vec<Diagnostic>) {
    for state in scope_.states.values() {
        let location = format!("{path}/States/{}", state.name);
        if let StateKind::Choice(choice) = &state.kind
            && choice.default.is_none()
            && !covers_everything(choice)
        {
            found.push(Diagnostic::of(
                &rule::CHOICE_WITHOUT_DEFAULT,
                (location.clone(), state.name_span),
                format!(
                    "'{}' has no Default: an input that no rule matches fails the execution with States.Runtime, which no Catch sees",
                    state.name
                ),
                "Add \"Default\"; where nothing may match, lead it to a Fail state with an Error of its own",
            ));
        }
        for (part, inner) in scopes_of(state) {
            scope(inner, &format!("{location}/{part}"), found);
        }
    }
}

/// Whether one of the rules is true for every input that they can be asked about.
fn covers_everything(choice: &Choice) -> bool {
    let conditions: Vec<&Condition> = choice.choices.iter().map(|rule| &rule.condition).collect();
    conditions.iter().any(|it| matches!(it, Condition::Literal(true) | Condition::Invalid(_)))
        || conditions
            .iter()
            .enumerate()
            .any(|(index, one)| conditions[index + 1..].iter().any(|other| complements(one, other)))
}

fn complements(a: &Condition, b: &Condition) -> bool {
    match (a, b) {
        (Condition::Not(inner), other) | (other, Condition::Not(inner)) => same(inner, other),
        (Condition::Compare(a), Condition::Compare(b)) => {
            a.variable.text() == b.variable.text() && opposite(a, b)
        }
        (Condition::Jsonata(a), Condition::Jsonata(b)) => {
            negates(a.text(), b.text()) || negates(b.text(), a.text())
        }
        (_, _) => false,
    }
}

fn same(a: &Condition, b: &Condition) -> bool {
    match (a, b) {
        (Condition::Compare(a), Condition::Compare(b)) => {
            a.variable.text() == b.variable.text()
                && a.operator == b.operator
                && same_operand(&a.operand, &b.operand)
        }
        (Condition::Not(a), Condition::Not(b)) => same(a, b),
        (Condition::And(a), Condition::And(b)) | (Condition::Or(a), Condition::Or(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (_, _) => false,
    }
}

fn same_operand(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Literal(a), Operand::Literal(b)) => a == b,
        (Operand::Path(a), Operand::Path(b)) => a.text() == b.text(),
        (_, _) => false,
    }
}

fn opposite(a: &Comparison, b: &Comparison) -> bool {
    use Operator::{
        BooleanEquals, NumericGreaterThan, NumericGreaterThanEquals, NumericLessThan,
        NumericLessThanEquals, StringGreaterThan, StringGreaterThanEquals, StringLessThan,
        StringLessThanEquals, TimestampGreaterThan, TimestampGreaterThanEquals, TimestampLessThan,
        TimestampLessThanEquals,
    };
    let pair = |one: Operator, other: Operator| {
        (a.operator == one && b.operator == other) || (a.operator == other && b.operator == one)
    };
    if a.operator == b.operator {
        let tests_truth = a.operator == BooleanEquals || a.operator.as_str().starts_with("Is");
        return match (&a.operand, &b.operand) {
            (Operand::Literal(Value::Bool(one)), Operand::Literal(Value::Bool(other))) => {
                tests_truth && one != other
            }
            (_, _) => false,
        };
    }
    same_operand(&a.operand, &b.operand)
        && (pair(NumericLessThan, NumericGreaterThanEquals)
            || pair(NumericLessThanEquals, NumericGreaterThan)
            || pair(StringLessThan, StringGreaterThanEquals)
            || pair(StringLessThanEquals, StringGreaterThan)
            || pair(TimestampLessThan, TimestampGreaterThanEquals)
            || pair(TimestampLessThanEquals, TimestampGreaterThan))
}

/// Whether `b` says the opposite of the JSONata text `a`: `$not(a)`, or another sign between the same two sides.
fn negates(a: &str, b: &str) -> bool {
    let inner = |text: &str| {
        text.strip_prefix("$not(").and_then(|rest| rest.strip_suffix(')')).map(str::to_owned)
    };
    if inner(b).is_some_and(|inner| inner.trim() == a.trim()) {
        return true;
    }
    [(" = ", " != "), (" < ", " >= "), (" > ", " <= ")].into_iter().any(|(sign, opposite)| {
        // One sign only, so that swapping it negates the whole.
        a.matches(sign).count() == 1
            && !a.contains(" and ")
            && !a.contains(" or ")
            && a.replacen(sign, opposite, 1) == b
    })
}

#[cfg(test)]
mod tests {
    use crate::asl::validate::tests::of_rule;

    fn told(rules: &str, rest: &str) -> bool {
        let language = if rules.contains("Condition") { "JSONata" } else { "JSONPath" };
        let text = format!(
            r#"{{"QueryLanguage":"{language}","StartAt":"A","States":{{"A":{{"Type":"Choice","Choices":[{rules}]{rest}}},"B":{{"Type":"Succeed"}}}}}}"#
        );
        !of_rule("choice-without-default", &text).is_empty()
    }

    #[test]
    fn a_choice_that_can_fall_through_is_told() {
        for rules in [
            r#"{"Variable":"$.a","StringEquals":"x","Next":"B"},{"Variable":"$.a","StringEquals":"y","Next":"B"}"#,
            r#"{"Variable":"$.a","NumericLessThan":1,"Next":"B"},{"Variable":"$.a","NumericGreaterThan":1,"Next":"B"}"#,
            r#"{"Variable":"$.a","BooleanEquals":true,"Next":"B"},{"Variable":"$.b","BooleanEquals":false,"Next":"B"}"#,
            r#"{"Condition":"{% $states.input.a = 1 and $states.input.b %}","Next":"B"},{"Condition":"{% $states.input.a != 1 and $states.input.b %}","Next":"B"}"#,
        ] {
            assert!(told(rules, ""), "{rules}");
            assert!(!told(rules, r#","Default":"B""#), "{rules}");
        }
    }

    #[test]
    fn rules_that_leave_nothing_over_need_no_default() {
        for rules in [
            r#"{"Variable":"$.a","BooleanEquals":true,"Next":"B"},{"Variable":"$.a","BooleanEquals":false,"Next":"B"}"#,
            r#"{"Variable":"$.a","IsPresent":true,"Next":"B"},{"Variable":"$.a","IsPresent":false,"Next":"B"}"#,
            r#"{"Variable":"$.a","NumericLessThan":1,"Next":"B"},{"Variable":"$.a","NumericGreaterThanEquals":1,"Next":"B"}"#,
            r#"{"Variable":"$.a","StringEquals":"x","Next":"B"},{"Not":{"Variable":"$.a","StringEquals":"x"},"Next":"B"}"#,
            r#"{"Condition":true,"Next":"B"}"#,
            r#"{"Condition":"{% $states.input.a = 1 %}","Next":"B"},{"Condition":"{% $states.input.a != 1 %}","Next":"B"}"#,
            r#"{"Condition":"{% $states.input.a %}","Next":"B"},{"Condition":"{% $not($states.input.a) %}","Next":"B"}"#,
        ] {
            assert!(!told(rules, ""), "{rules}");
        }
    }
}
