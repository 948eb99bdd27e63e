//! Which Lambda function an attempt of a Task called, when, and under which request id: what its log lines are found by.

use std::collections::BTreeSet;

use super::{EventDetails, EventId, EventType, History, HistoryEvent, Outcome, Timestamp};
use crate::json::Value;

/// One call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaAttempt {
    /// The event that scheduled it.
    pub scheduled: EventId,
    /// Without account and qualifier.
    pub function: String,
    /// Of another region than the execution's, where the function's ARN says so.
    pub region: Option<String>,
    /// The account, where the function's ARN says so.
    pub account: Option<String>,
    /// As Lambda gave it: from the answer, or from the message of the error.
    pub request_id: Option<String>,
    pub from: Timestamp,
    /// When it was answered; `None` when the history does not say.
    pub to: Option<Timestamp>,
    pub failed: bool,
}

/// The calls of Lambda functions in the visit of a state that begins with this event, in order.
pub fn lambda_attempts(history: &History, entered: EventId) -> Vec<LambdaAttempt> {
    let mut chain: BTreeSet<EventId> = BTreeSet::from([entered]);
    let mut attempts: Vec<LambdaAttempt> = Vec::new();
    let begin = usize::try_from(entered.0).unwrap_or(usize::MAX);
    for event in history.events().get(begin..).unwrap_or_default() {
        if !chain.contains(&event.previous_event_id) {
            continue;
        }
        if matches!(event.details, EventDetails::StateEntered { .. }) {
            continue;
        }
        chain.insert(event.id);
        if matches!(event.details, EventDetails::StateExited { .. }) {
            break;
        }
        if let Some(attempt) = scheduled(event) {
            attempts.push(attempt);
        } else if let Some(attempt) = attempts.last_mut() {
            answered(event, attempt);
        }
    }
    attempts
}

fn scheduled(event: &HistoryEvent) -> Option<LambdaAttempt> {
    let given = event.details.scheduled()?;
    let named = match given.resource_type {
        Some("lambda" | "aws-sdk:lambda")
            if given.resource.to_ascii_lowercase().starts_with("invoke") =>
        {
            given.input?.value().get("FunctionName").and_then(Value::as_str)?.to_owned()
        }
        None if event.event_type == EventType::LambdaFunctionScheduled => given.resource.to_owned(),
        Some(_) | None => return None,
    };
    let (function, region, account) = function_of(&named)?;
    Some(LambdaAttempt {
        scheduled: event.id,
        function,
        region,
        account,
        request_id: None,
        from: event.timestamp,
        to: None,
        failed: false,
    })
}

fn answered(event: &HistoryEvent, attempt: &mut LambdaAttempt) {
    let Some(outcome) = event.details.outcome() else { return };
    let (id, failed) = match outcome {
        Outcome::Output(output) => (output.and_then(|it| request_id_of_answer(&it.value())), false),
        Outcome::Failure { cause, .. } => (cause.and_then(|it| request_id_in(it)), true),
    };
    attempt.request_id = attempt.request_id.take().or(id);
    attempt.to = Some(event.timestamp);
    attempt.failed |= failed;
}

/// Name, region and account of a function as it may be named: a name, a name with a qualifier, a partial ARN or a whole one.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>, `FunctionName`
fn function_of(text: &str) -> Option<(String, Option<String>, Option<String>)> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let own = |text: &&str| Some((*text).to_owned()).filter(|it| !it.is_empty());
    let (name, region, account) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, "function", name, ..] => {
            (name, own(region), own(account))
        }
        [account, "function", name, ..] => (name, None, own(account)),
        [name] | [name, _] => (name, None, None),
        _ => return None,
    };
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    let is_name = !name.is_empty() && name.len() <= 140 && name.chars().all(plain);
    is_name.then(|| ((*name).to_owned(), region, account))
}

/// The optimised integration and the SDK's pass on what Lambda's HTTP answer said of itself.
fn request_id_of_answer(output: &Value) -> Option<String> {
    let told = output
        .get("SdkResponseMetadata")
        .and_then(|it| it.get("RequestId"))
        .or_else(|| output.get("SdkHttpMetadata")?.get("HttpHeaders")?.get("x-amzn-RequestId"));
    told.and_then(Value::as_str).filter(|it| is_uuid(it)).map(str::to_owned)
}

/// Runtimes write `"requestId": "…"` into the error that they report; Lambda itself writes `RequestId: …` before its own, and the id
/// alone before the message of a time-out.
fn request_id_in(cause: &str) -> Option<String> {
    const UUID: usize = 36;
    let lower = cause.to_ascii_lowercase();
    let after_label = lower.match_indices("requestid").find_map(|(at, label)| {
        let rest = cause.get(at + label.len()..)?;
        let rest = rest.trim_start_matches(['"', '\\', ':', ' ', '\t']);
        rest.get(..UUID).filter(|it| is_uuid(it))
    });
    let before_time_out = || {
        let head = cause.split("Task timed out").next().filter(|it| it.len() < cause.len())?;
        head.split_whitespace().next_back().filter(|it| is_uuid(it))
    };
    after_label.or_else(before_time_out).map(str::to_owned)
}

fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::export;

    const ID: &str = "8f507cfc-3c3b-4a7e-9b8e-6f1d2b3c4d5e";

    #[test]
    fn a_request_id_is_found_wherever_lambda_writes_one() {
        for cause in [
            format!(r#"{{"errorMessage":"x","errorType":"E","requestId":"{ID}","stackTrace":[]}}"#),
            format!("RequestId: {ID} Error: Runtime exited with error: exit status 1"),
            format!("2026-01-01T00:00:00.000Z {ID} Task timed out after 3.00 seconds"),
            format!("RequestId: {ID} Process exited before completing request"),
            format!(r#"{{\"requestId\": \"{ID}\"}}"#),
        ] {
            assert_eq!(request_id_in(&cause).as_deref(), Some(ID), "{cause}");
        }
        for cause in
            ["", "requestId", "RequestId: not-an-id", "no id é", "requestIdééééééééééééééééééé"]
        {
            assert_eq!(request_id_in(cause), None, "{cause}");
        }
    }

    #[test]
    fn a_function_is_named_in_four_ways() {
        let own = |text: &str| Some(text.to_owned());
        for (text, region, account) in [
            ("orders", None, None),
            ("orders:live", None, None),
            ("123456789012:function:orders", None, own("123456789012")),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:orders:3",
                own("eu-west-1"),
                own("123456789012"),
            ),
        ] {
            assert_eq!(function_of(text), Some(("orders".to_owned(), region, account)), "{text}");
        }
        for text in ["", "a b", "../x", "arn:aws:s3:::x:y:z", "x/y"] {
            assert_eq!(function_of(text), None, "{text}");
        }
    }

    #[test]
    fn each_attempt_of_a_visit_has_its_own_times_and_id() {
        let cause = format!(r#"{{\"errorMessage\":\"late\",\"requestId\":\"{ID}\"}}"#);
        let text = format!(
            r#"{{"events":[
            {{"id":1,"type":"ExecutionStarted","timestamp":"2026-01-01T00:00:00Z"}},
            {{"id":2,"previousEventId":0,"type":"TaskStateEntered","timestamp":"2026-01-01T00:00:00Z","stateEnteredEventDetails":{{"name":"A","input":"{{}}"}}}},
            {{"id":3,"previousEventId":2,"type":"TaskScheduled","timestamp":"2026-01-01T00:00:01Z","taskScheduledEventDetails":{{"resourceType":"lambda","resource":"invoke","region":"eu-west-1","parameters":"{{\"FunctionName\":\"orders\"}}"}}}},
            {{"id":4,"previousEventId":3,"type":"TaskStarted","timestamp":"2026-01-01T00:00:01Z","taskStartedEventDetails":{{"resourceType":"lambda","resource":"invoke"}}}},
            {{"id":5,"previousEventId":99,"type":"TaskScheduled","timestamp":"2026-01-01T00:00:01Z","taskScheduledEventDetails":{{"resourceType":"lambda","resource":"invoke","region":"eu-west-1","parameters":"{{\"FunctionName\":\"another\"}}"}}}},
            {{"id":6,"previousEventId":4,"type":"TaskFailed","timestamp":"2026-01-01T00:00:02Z","taskFailedEventDetails":{{"resourceType":"lambda","resource":"invoke","error":"E","cause":"{cause}"}}}},
            {{"id":7,"previousEventId":6,"type":"TaskScheduled","timestamp":"2026-01-01T00:00:04Z","taskScheduledEventDetails":{{"resourceType":"lambda","resource":"invoke","region":"eu-west-1","parameters":"{{\"FunctionName\":\"orders\"}}"}}}},
            {{"id":8,"previousEventId":7,"type":"TaskSucceeded","timestamp":"2026-01-01T00:00:05Z","taskSucceededEventDetails":{{"resourceType":"lambda","resource":"invoke","output":"{{\"SdkResponseMetadata\":{{\"RequestId\":\"{ID}\"}}}}"}}}},
            {{"id":9,"previousEventId":8,"type":"TaskStateExited","timestamp":"2026-01-01T00:00:05Z","stateExitedEventDetails":{{"name":"A","output":"{{}}"}}}},
            {{"id":10,"previousEventId":9,"type":"TaskStateEntered","timestamp":"2026-01-01T00:00:05Z","stateEnteredEventDetails":{{"name":"B","input":"{{}}"}}}},
            {{"id":11,"previousEventId":10,"type":"LambdaFunctionScheduled","timestamp":"2026-01-01T00:00:06Z","lambdaFunctionScheduledEventDetails":{{"resource":"arn:aws:lambda:us-east-1:1:function:old"}}}}
        ]}}"#
        );
        let history = export::parse(&text).expect("a history");
        let attempts = lambda_attempts(&history, EventId(2));
        let row = |it: &LambdaAttempt| {
            (it.scheduled.0, it.request_id.is_some(), it.failed, it.to.map(|to| to.0 - it.from.0))
        };
        let rows: Vec<_> = attempts.iter().map(row).collect();
        assert_eq!(rows, [(3, true, true, Some(1000)), (7, true, false, Some(1000))]);
        assert!(attempts.iter().all(|it| it.function == "orders"));
        let old = lambda_attempts(&history, EventId(10));
        assert_eq!((old.len(), old[0].function.as_str(), old[0].to), (1, "old", None));
        assert_eq!(old[0].region.as_deref(), Some("us-east-1"));
        assert_eq!(lambda_attempts(&history, EventId(999)), []);
    }
}
