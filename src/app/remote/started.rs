//! The execution that a deployed API started, as its answer or the log of `TestInvokeMethod` names it.

use crate::aws::Arn;
use crate::aws::arn::Resource;
use crate::json::Value;

/// How deep an answer is looked through.
const DEEPEST: usize = 8;

/// The ARN of an execution in an answer: under a name that says so, else anywhere in it.
pub(super) fn in_body(body: &str) -> Option<String> {
    let body = Value::parse(body).ok()?;
    named(&body, 0).or_else(|| anywhere(&body.to_string()))
}

fn named(value: &Value, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    if let Some(members) = value.as_object() {
        let own = members.iter().find_map(|(name, value)| {
            let arn = value.as_str().filter(|_| name.eq_ignore_ascii_case("executionArn"))?;
            is_execution(arn).then(|| arn.to_owned())
        });
        return own.or_else(|| members.iter().find_map(|(_, value)| named(value, depth + 1)));
    }
    value.as_array().into_iter().flatten().find_map(|it| named(it, depth + 1))
}

/// The last ARN of an execution in a text: a log tells what was sent before it tells what was answered.
pub(super) fn anywhere(text: &str) -> Option<String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || ":-_/.+@=,".contains(it);
    let ends = text.rmatch_indices("arn:aws").map(|(at, _)| &text[at..]);
    ends.map(|rest| {
        let end = rest.find(|it| !is_part(it)).unwrap_or(rest.len());
        rest[..end].trim_end_matches([',', '.', ':'])
    })
    .find(|arn| is_execution(arn))
    .map(str::to_owned)
}

fn is_execution(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|it| match it.resource {
        Resource::Execution | Resource::ExpressExecution => true,
        Resource::StateMachine | Resource::MapRun => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:eu-west-1:1:express:m:n:u";

    #[test]
    fn an_execution_is_found_in_an_answer() {
        for body in [
            format!(r#"{{"executionArn":"{ARN}","startDate":1.0}}"#),
            format!(r#"{{"result":[{{"ExecutionARN":"{ARN}"}}]}}"#),
            format!(r#"{{"message":"started {ARN}."}}"#),
        ] {
            assert_eq!(in_body(&body).as_deref(), Some(ARN), "{body}");
        }
        assert_eq!(in_body(r#"{"executionArn":"arn:aws:states:e:1:stateMachine:m"}"#), None);
        assert_eq!(in_body(&"[".repeat(100_000)), None);
    }

    #[test]
    fn the_last_one_of_a_log_counts() {
        let log = format!(
            "sent arn:aws:states:e:1:stateMachine:m and x\n{{\"executionArn\":\"{ARN}\",\"a\":1}} arn:aws"
        );
        assert_eq!(anywhere(&log).as_deref(), Some(ARN));
        assert_eq!(anywhere("arn:aws é"), None);
    }
}
