//! What a Task calls and how it waits: callbacks without an end, callbacks without a token, and results that nothing reads.

use super::scopes_of;
use crate::asl::expressions::Evaluated;
use crate::asl::task::ResourceKind;
use crate::asl::{
    Diagnostic, Expression, IntegrationPattern, QueryLanguage, ResultPath, Scope, State, StateKind,
    StateMachine, StateName, Task, Template, Transition, placeholder, rule,
};
use crate::json::Value;
use crate::query::jsonpath::{Path, PathKey, Root};

pub(super) fn suspicious_calls(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    scope(&machine.top, "", &mut found);
    found
}

fn scope(scope_: &Scope, path: &str, found: &mut Vec<Diagnostic>) {
    for state in scope_.states.values() {
        let location = format!("{path}/States/{}", state.name);
        if let StateKind::Task(task) = &state.kind {
            callback(state, task, &location, found);
        }
        never_read(scope_, state, &location, found);
        for (part, inner) in scopes_of(state) {
            scope(inner, &format!("{location}/{part}"), found);
        }
    }
}

/// A Task that waits for somebody to answer.
fn callback(state: &State, task: &Task, location: &str, found: &mut Vec<Diagnostic>) {
    let waits = match &task.resource.kind {
        ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => {
            *pattern == IntegrationPattern::WaitForTaskToken
        }
        ResourceKind::Activity { .. } => true,
        ResourceKind::LambdaFunction { .. } | ResourceKind::Other => false,
    };
    if !waits {
        return;
    }
    let field = |name: &str| state.field_spans.contains_key(name);
    let limits =
        ["TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"];
    let at = || (format!("{location}/Resource"), task.resource_span);
    if !limits.into_iter().any(field) {
        found.push(Diagnostic::of(
            &rule::CALLBACK_WITHOUT_TIMEOUT,
            at(),
            format!("'{}' waits without end for an answer", state.name),
            "Set TimeoutSeconds, or HeartbeatSeconds when the worker reports its progress",
        ));
    }
    if matches!(task.resource.kind, ResourceKind::Activity { .. }) {
        return;
    }
    let sent = match state.query_language {
        QueryLanguage::JsonPath => task.parameters.as_ref(),
        QueryLanguage::Jsonata => task.arguments.as_ref(),
    };
    if !sent.is_some_and(may_hold_token) {
        found.push(Diagnostic::of(
            &rule::CALLBACK_WITHOUT_TOKEN,
            at(),
            format!("'{}' waits for its task token, but does not send it", state.name),
            match state.query_language {
                QueryLanguage::JsonPath => {
                    "Pass it on in Parameters: \"TaskToken.$\": \"$$.Task.Token\""
                }
                QueryLanguage::Jsonata => {
                    "Pass it on in Arguments: \"TaskToken\": \"{% $states.context.Task.Token %}\""
                }
            },
        ));
    }
}

fn may_hold_token(template: &Template) -> bool {
    match template {
        Template::Literal(value) => has_placeholder(value),
        Template::Array(items) => items.iter().any(may_hold_token),
        Template::Object(members) => members.iter().any(|it| may_hold_token(&it.value)),
        Template::Expression(Expression::Path(path)) => leads_to_token(path),
        Template::Expression(Expression::Intrinsic(intrinsic)) => {
            intrinsic.paths().into_iter().any(leads_to_token)
        }
        Template::Expression(Expression::Jsonata(jsonata)) => {
            jsonata.states_members_used().is_none_or(|members| members.contains(&"context"))
        }
        Template::Expression(Expression::Invalid { .. }) => true,
    }
}

fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => placeholder::has_placeholder(text),
        Value::Array(items) => items.iter().any(has_placeholder),
        Value::Object(members) => members.values().any(has_placeholder),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn leads_to_token(path: &Path) -> bool {
    *path.root() == Root::Context
        && path
            .leading_keys()
            .zip(["Task", "Token"])
            .all(|(key, name)| key == PathKey::Member(name))
}

/// A result whose place the next state takes before anything has read it.
fn never_read(scope: &Scope, state: &State, location: &str, found: &mut Vec<Diagnostic>) {
    let Transition::Next(next) = &state.transition else { return };
    let Some(next) = scope.states.get(next as &StateName) else { return };
    let (Some(mine), Some(theirs)) = (result_path(state), result_path(next)) else { return };
    let looked_at = state.assign.is_some()
        || state.output_path.is_some()
        || next.input_path.is_some()
        || !next.catch.is_empty();
    if state.name == next.name || looked_at || !same_place(mine, theirs) || may_read(next, mine) {
        return;
    }
    found.push(Diagnostic::of(
        &rule::RESULT_NEVER_READ,
        (format!("{location}/ResultPath"), state.span_of("ResultPath")),
        format!(
            "'{}' puts its result in {} too, and reads nothing of this one",
            next.name,
            theirs.text()
        ),
        "Choose different places, or write \"ResultPath\": null to drop this result",
    ));
}

/// Where a state puts its result, when that is a place inside of its input.
fn result_path(state: &State) -> Option<&Path> {
    let path = match &state.kind {
        StateKind::Task(it) => &it.result_path,
        StateKind::Pass(it) => &it.result_path,
        StateKind::Parallel(it) => &it.result_path,
        StateKind::Map(it) => &it.result_path,
        StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => return None,
    };
    match path {
        Some(ResultPath::At(path)) => {
            Some(path.path()).filter(|path| path.leading_keys().next().is_some())
        }
        Some(ResultPath::Discard | ResultPath::Invalid(_)) | None => None,
    }
}

fn same_place(a: &Path, b: &Path) -> bool {
    a.leading_keys().eq(b.leading_keys())
}

/// Whether a state may look at a place of its input.
fn may_read(state: &State, place: &Path) -> bool {
    let chosen = match &state.kind {
        // Without Parameters a Task gets all of its input.
        StateKind::Task(task) => task.parameters.is_some(),
        StateKind::Pass(pass) => pass.parameters.is_some() || pass.result.is_some(),
        StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Parallel(_)
        | StateKind::Map(_)
        | StateKind::Unknown(_) => false,
    };
    let overlaps = |path: &Path| {
        *path.root() == Root::Input
            && path.leading_keys().zip(place.leading_keys()).all(|(mine, other)| mine == other)
    };
    !chosen
        || state.expressions().into_iter().any(|(_, evaluated)| match evaluated {
            Evaluated::Expression(Expression::Path(path)) | Evaluated::Path(path) => overlaps(path),
            Evaluated::Expression(Expression::Intrinsic(intrinsic)) => {
                intrinsic.paths().into_iter().any(overlaps)
            }
            Evaluated::Expression(Expression::Jsonata(_) | Expression::Invalid { .. }) => true,
        })
}

#[cfg(test)]
mod tests {
    use crate::asl::validate::tests::of_rule;

    const NONE: [&str; 0] = [];

    fn task(fields: &str) -> String {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true,{fields}}}}}}}"#
        )
    }

    #[test]
    fn callbacks_have_an_end_and_send_their_token() {
        let token = r#""Parameters":{"MessageBody":{"t.$":"$$.Task.Token"}}"#;
        let place = ["/States/A/Resource"];
        assert_eq!(of_rule("callback-without-timeout", &task(token)), place);
        for limit in [r#""TimeoutSeconds":60"#, r#""HeartbeatSecondsPath":"$.h""#] {
            let sound = task(&format!("{token},{limit}"));
            assert_eq!(of_rule("callback-without-timeout", &sound), NONE);
            assert_eq!(of_rule("callback-without-token", &sound), NONE);
        }
        for without in
            [r#""Parameters":{"MessageBody.$":"$.body"}"#, r#""Comment":"nothing is sent""#]
        {
            assert_eq!(of_rule("callback-without-token", &task(without)), place, "{without}");
        }
        for with in [
            r#""Parameters":{"MessageBody.$":"States.Format('{}', $$.Task.Token)"}"#,
            r#""Parameters":{"MessageBody.$":"$$.Task"}"#,
            r#""Parameters":"${parameters}""#,
            r#""QueryLanguage":"JSONata","Arguments":{"MessageBody":"{% $states.context.Task.Token %}"}"#,
        ] {
            assert_eq!(of_rule("callback-without-token", &task(with)), NONE, "{with}");
        }
        let jsonata =
            r#""QueryLanguage":"JSONata","Arguments":{"MessageBody":"{% $states.input %}"}"#;
        assert_eq!(of_rule("callback-without-token", &task(jsonata)), place);
        let activity = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:111111111111:activity:x","End":true}}}"#;
        assert_eq!(of_rule("callback-without-timeout", activity), place);
        assert_eq!(of_rule("callback-without-token", activity), NONE);
    }

    #[test]
    fn a_result_that_the_next_state_covers_unread_is_told() {
        let machine = |first: &str, second: &str| {
            format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"arn:aws:states:::sns:publish","ResultPath":"$.r",{first}"Next":"B"}},
                   "B":{{"Type":"Task","Resource":"arn:aws:states:::sns:publish",{second},"End":true}}}}}}"#
            )
        };
        let told =
            |first: &str, second: &str| of_rule("result-never-read", &machine(first, second));
        let other = r#""Parameters":{"x.$":"$.other"},"ResultPath":"$.r""#;
        assert_eq!(told("", other), ["/States/A/ResultPath"]);
        assert_eq!(told(r#""Assign":{"v.$":"$"},"#, other), NONE);
        for second in [
            r#""ResultPath":"$.r""#,
            r#""Parameters":{"x.$":"$.r.id"},"ResultPath":"$.r""#,
            r#""Parameters":{"x.$":"$"},"ResultPath":"$.r""#,
            r#""Parameters":{"x":1},"ResultPath":"$.s""#,
            r#""Parameters":{"x":1},"ResultPath":null"#,
        ] {
            assert_eq!(told("", second), NONE, "{second}");
        }
    }
}
