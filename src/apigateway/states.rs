//! What API Gateway says to Step Functions and hears from it: the call's body, its answer and its errors, as on the wire.

use super::SendTaskAction;
use super::pipeline::{IntegrationResult, StartCall, TaskCallback};
use crate::json::{Value, jackson};

/// Bytes of an execution's input.
const MAX_INPUT_BYTES: usize = 262_144;

/// What an ended synchronous execution answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncAnswer {
    pub execution_arn: String,
    pub state_machine_arn: String,
    pub name: String,
    /// `SUCCEEDED`, `FAILED` or `TIMED_OUT`
    pub status: String,
    /// Milliseconds since 1970.
    pub start_date_millis: i64,
    /// Milliseconds since 1970.
    pub stop_date_millis: i64,
    pub input: Value,
    /// Only when it succeeded.
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// The body of `StartSyncExecution`'s answer. A failed execution is a 200 too, with `error` and `cause` and no `output`.
pub fn start_sync_execution_body(answer: &SyncAnswer) -> String {
    let included = || Value::object([("included", Value::from(true))]);
    let mut members =
        vec![("billingDetails", billing(answer.stop_date_millis - answer.start_date_millis))];
    if let Some(cause) = &answer.cause {
        members.push(("cause", Value::from(cause.as_str())));
    }
    if let Some(error) = &answer.error {
        members.push(("error", Value::from(error.as_str())));
    }
    members.push(("executionArn", Value::from(answer.execution_arn.as_str())));
    members.push(("input", Value::from(answer.input.to_string())));
    members.push(("inputDetails", included()));
    members.push(("name", Value::from(answer.name.as_str())));
    if let Some(output) = &answer.output {
        members.push(("output", Value::from(output.to_string())));
        members.push(("outputDetails", included()));
    }
    members.push(("startDate", epoch_seconds(answer.start_date_millis)));
    members.push(("stateMachineArn", Value::from(answer.state_machine_arn.as_str())));
    members.push(("status", Value::from(answer.status.as_str())));
    members.push(("stopDate", epoch_seconds(answer.stop_date_millis)));
    Value::object(members).to_string()
}

/// The body of `StartExecution`'s answer.
pub fn start_execution_body(execution_arn: &str, start_date_millis: i64) -> String {
    let members = [
        ("executionArn", Value::from(execution_arn)),
        ("startDate", epoch_seconds(start_date_millis)),
    ];
    Value::object(members).to_string()
}

/// Express workflows are billed in steps of 100 ms, and of 64 MB.
fn billing(millis: i64) -> Value {
    let billed = millis.max(1).saturating_add(99) / 100 * 100;
    Value::object([
        ("billedDurationInMilliseconds", Value::from(billed)),
        ("billedMemoryUsedInMB", Value::from(64_i64)),
    ])
}

fn epoch_seconds(millis: i64) -> Value {
    Value::from(millis as f64 / 1000.0)
}

/// Reads the call's body as Step Functions would, up to the look-up of the machine.
pub(super) fn read_call(body: &str, synchronous: bool) -> Result<StartCall, IntegrationResult> {
    let serialization =
        |message: &str| refuse("com.amazon.coral.service#SerializationException", message);
    let call = Value::parse(body).map_err(|error| serialization(&error.to_string()))?;
    if call.as_object().is_none() {
        return Err(serialization("The request is not a JSON object"));
    }
    let text = |name: &str| match call.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string())),
        Some(Value::Object(_)) => {
            Err(serialization("Start of structure or map found where not expected."))
        }
        Some(Value::Array(_)) => Err(serialization("Start of list found where not expected")),
        Some(Value::Bool(_) | Value::Number(_)) => {
            Err(serialization(&format!("'{name}' is neither a string nor null")))
        }
    };
    let (arn, input, name) = (text("stateMachineArn")?, text("input")?, text("name")?);
    let Some(state_machine_arn) = arn else {
        return Err(refuse(
            "com.amazon.coral.validate#ValidationException",
            "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
        ));
    };
    if !is_state_machine_arn(&state_machine_arn) {
        let message = format!("Invalid Arn: 'Invalid ARN prefix: {state_machine_arn}'");
        return Err(refuse("com.amazonaws.swf.service.v2.model#InvalidArn", &message));
    }
    if let Some(name) = &name
        && !is_execution_name(name)
    {
        return Err(refuse(
            "com.amazonaws.swf.service.v2.model#InvalidName",
            &format!("Invalid Name: '{name}'"),
        ));
    }
    let input_text = input.unwrap_or_else(|| "{}".to_owned());
    if input_text.len() > MAX_INPUT_BYTES {
        let message = "1 validation error detected: Value at 'input' failed to satisfy constraint: \
                       Member must have length less than or equal to 262144";
        return Err(refuse("com.amazon.coral.validate#ValidationException", message));
    }
    let input = Value::parse(&input_text).map_err(|error| {
        let complaint = jackson::complaint(&input_text, &error);
        let message = format!("Invalid State Machine Execution Input: '{complaint}'");
        refuse("com.amazonaws.swf.service.v2.model#InvalidExecutionInput", &message)
    })?;
    Ok(StartCall { synchronous, state_machine_arn, name, input, input_text })
}

/// Reads the call's body as `SendTaskSuccess` and its like do, up to the look-up of the token.
pub(super) fn read_callback(
    body: &str,
    action: SendTaskAction,
) -> Result<TaskCallback, IntegrationResult> {
    let serialization =
        |message: &str| refuse("com.amazon.coral.service#SerializationException", message);
    let call = Value::parse(body).map_err(|error| serialization(&error.to_string()))?;
    let text = |name: &str| match call.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(serialization(&format!("'{name}' is neither a string nor null")))
        }
    };
    let missing = |name: &str| {
        let message = format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        );
        refuse("com.amazon.coral.validate#ValidationException", &message)
    };
    let task_token = text("taskToken")?.ok_or_else(|| missing("taskToken"))?;
    let output = match action {
        SendTaskAction::Success => {
            let output = text("output")?.ok_or_else(|| missing("output"))?;
            Value::parse(&output).map_err(|error| {
                let message = format!("Invalid Output: '{error}'");
                refuse("com.amazonaws.swf.service.v2.model#InvalidOutput", &message)
            })?
        }
        SendTaskAction::Failure | SendTaskAction::Heartbeat => Value::Null,
    };
    Ok(TaskCallback { action, task_token, output, error: text("error")?, cause: text("cause")? })
}

/// The answer to `SendTaskSuccess` and its like; `refusal` is the message when no task waits with the token.
pub fn callback_result(refusal: Option<&str>) -> IntegrationResult {
    match refusal {
        Some(message) => refuse("com.amazonaws.swf.service.v2.model#InvalidToken", message),
        None => IntegrationResult { status: 200, body: "{}".to_owned(), timed_out: false },
    }
}

fn refuse(kind: &str, message: &str) -> IntegrationResult {
    let body = Value::object([("__type", Value::from(kind)), ("message", Value::from(message))]);
    IntegrationResult { status: 400, body: body.to_string(), timed_out: false }
}

fn is_state_machine_arn(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    parts.len() >= 7
        && parts[0] == "arn"
        && parts[2] == "states"
        && matches!(parts[5], "stateMachine" | "stateMachineAlias")
}

/// 1 to 80 characters, without white space, brackets, wildcards and the like.
fn is_execution_name(name: &str) -> bool {
    let refused =
        |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    (1..=80).contains(&name.chars().count()) && !name.contains(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:m";

    #[test]
    fn a_failed_execution_has_no_output() {
        let answer = SyncAnswer {
            status: "FAILED".to_owned(),
            error: Some("E".to_owned()),
            start_date_millis: 1_486_772_644_911,
            stop_date_millis: 1_486_772_645_012,
            ..SyncAnswer::default()
        };
        let body = start_sync_execution_body(&answer);
        let value = Value::parse(&body).unwrap();
        assert_eq!(value.get("output"), None);
        assert_eq!(
            value.get("billingDetails").unwrap().to_string(),
            r#"{"billedDurationInMilliseconds":200,"billedMemoryUsedInMB":64}"#
        );
        assert!(body.contains(r#""startDate":1.486772644911E9"#), "{body}");
    }

    #[test]
    fn a_call_that_step_functions_refuses_is_refused() {
        let kind = |body: &str| {
            let refused = read_call(body, true).unwrap_err();
            assert_eq!(refused.status, 400);
            Value::parse(&refused.body)
                .unwrap()
                .get("__type")
                .unwrap()
                .as_str()
                .unwrap()
                .rsplit('#')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(kind("{"), "SerializationException");
        assert_eq!(kind("{}"), "ValidationException");
        assert_eq!(kind(r#"{"stateMachineArn":"${Machine}"}"#), "InvalidArn");
        assert_eq!(
            kind(&format!(r#"{{"stateMachineArn":"{ARN}","input":{{}}}}"#)),
            "SerializationException"
        );
        assert_eq!(
            kind(&format!(r#"{{"stateMachineArn":"{ARN}","input":"x"}}"#)),
            "InvalidExecutionInput"
        );
        assert_eq!(kind(&format!(r#"{{"stateMachineArn":"{ARN}","name":"a b"}}"#)), "InvalidName");
    }

    #[test]
    fn a_callback_is_read_as_step_functions_reads_it() {
        let read = |body: &str, action| read_callback(body, action);
        let body = r#"{"taskToken":"t","output":"{\"a\":1}"}"#;
        let success = read(body, SendTaskAction::Success).unwrap();
        assert_eq!(success.task_token, "t");
        assert_eq!(success.output.to_string(), r#"{"a":1}"#);
        let failure = read(r#"{"taskToken":"t","error":"E"}"#, SendTaskAction::Failure).unwrap();
        assert_eq!((failure.error.as_deref(), failure.cause), (Some("E"), None));
        for (body, kind) in [
            ("{", "SerializationException"),
            ("{}", "ValidationException"),
            (r#"{"taskToken":"t"}"#, "ValidationException"),
            (r#"{"taskToken":"t","output":{}}"#, "SerializationException"),
            (r#"{"taskToken":"t","output":"x"}"#, "InvalidOutput"),
        ] {
            let refused = read(body, SendTaskAction::Success).unwrap_err();
            assert!(refused.status == 400 && refused.body.contains(kind), "{body}");
        }
    }

    #[test]
    fn a_call_without_input_starts_with_an_empty_object() {
        let call = read_call(&format!(r#"{{"stateMachineArn":"{ARN}"}}"#), true).unwrap();
        assert_eq!((call.input.to_string().as_str(), call.synchronous), ("{}", true));
    }
}
