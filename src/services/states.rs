//! Step Functions as a task sees it: starting an execution, and answering a callback of another. What is asked is read here, and
//! the answers get AWS's shapes; the executions themselves are started by whoever holds the machines.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::TaskAnswer;
use crate::asl::IntegrationPattern;
use crate::asl::task::ResourceKind;
use crate::engine::TaskRequest;
use crate::execution::{ExecutionStatus, Timestamp};
use crate::json::{Object, Value, jackson};

/// Bytes of an execution's input.
///
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
pub const MAX_INPUT_BYTES: usize = 262_144;

/// What AWS says to a longer one.
pub const INPUT_TOO_LONG: &str = "1 validation error detected: Value at 'input' failed to satisfy constraint: \
                                  Member must have length less than or equal to 262144";

/// Characters of a cause in a history. Each level of nesting escapes the text of the one inside, which doubles it.
const MAX_CAUSE_CHARS: usize = 32_768;

/// Which of the two integrations asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `arn:aws:states:::states:…`
    Optimised,
    /// `arn:aws:states:::aws-sdk:sfn:…`
    AwsSdk,
}

/// A call of Step Functions.
#[derive(Clone, Debug, PartialEq)]
pub enum StatesCall {
    Start(StartCall),
    SendTask(SendTask),
}

/// `StartExecution`, or `StartSyncExecution`.
#[derive(Clone, Debug, PartialEq)]
pub struct StartCall {
    pub dialect: Dialect,
    /// `StartSyncExecution`
    pub synchronous: bool,
    pub pattern: IntegrationPattern,
    pub state_machine_arn: String,
    pub input: Value,
    pub name: Option<String>,
}

/// `SendTaskSuccess`, `SendTaskFailure` or `SendTaskHeartbeat`.
#[derive(Clone, Debug, PartialEq)]
pub struct SendTask {
    pub token: String,
    pub outcome: TaskOutcome,
}

/// What becomes of a task that waits for a callback, or of an activity's.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskOutcome {
    Success { output: Value },
    Failure { error: Option<Arc<str>>, cause: Option<Arc<str>> },
    Heartbeat,
}

/// An error of Step Functions, which the task fails with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `StateMachineDoesNotExist`
    pub code: &'static str,
    pub message: String,
}

/// An execution that was started by a task, as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    pub execution_arn: Arc<str>,
    pub state_machine_arn: Arc<str>,
    pub name: Arc<str>,
    pub input: Value,
    pub started_at: Timestamp,
}

impl StatesCall {
    /// The call that a task is; `None` when it asks something else.
    pub fn of(request: &TaskRequest) -> Option<Result<Self, (Dialect, Refusal)>> {
        let (dialect, action, pattern) = match &request.resource.kind {
            ResourceKind::Optimised { service, action, pattern } if &**service == "states" => {
                (Dialect::Optimised, action, *pattern)
            }
            ResourceKind::AwsSdk { service, action, pattern } if &**service == "sfn" => {
                (Dialect::AwsSdk, action, *pattern)
            }
            ResourceKind::Optimised { .. }
            | ResourceKind::AwsSdk { .. }
            | ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => return None,
        };
        let parameters = &request.parameters;
        let call = match (dialect, &**action) {
            (_, "startExecution") => {
                start_call(dialect, pattern, false, parameters).map(Self::Start)
            }
            (Dialect::AwsSdk, "startSyncExecution") => {
                start_call(dialect, pattern, true, parameters).map(Self::Start)
            }
            (Dialect::AwsSdk, "sendTaskSuccess") => send_task(parameters, |it| {
                json_of(it, "Output").map(|output| TaskOutcome::Success { output })
            }),
            (Dialect::AwsSdk, "sendTaskFailure") => send_task(parameters, |it| {
                let text = |name: &str| it.get(name).and_then(Value::as_str).map(Arc::from);
                Ok(TaskOutcome::Failure { error: text("Error"), cause: text("Cause") })
            }),
            (Dialect::AwsSdk, "sendTaskHeartbeat") => {
                send_task(parameters, |_| Ok(TaskOutcome::Heartbeat))
            }
            (Dialect::Optimised | Dialect::AwsSdk, _) => return None,
        };
        Some(call.map_err(|refusal| (dialect, refusal)))
    }
}

fn start_call(
    dialect: Dialect,
    pattern: IntegrationPattern,
    synchronous: bool,
    parameters: &Value,
) -> Result<StartCall, Refusal> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let state_machine_arn = text("StateMachineArn").unwrap_or_default().to_owned();
    let name = text("Name").map(str::to_owned);
    if let Some(name) = &name
        && !is_name(name)
    {
        return Err(Refusal { code: "InvalidName", message: format!("Invalid Name: '{name}'") });
    }
    let input = match parameters.get("Input") {
        // Recorded: no input is an empty object.
        None | Some(Value::Null) => Value::empty_object(),
        Some(_) => json_of(parameters, "Input")?,
    };
    if input.to_string().len() > MAX_INPUT_BYTES {
        let message = INPUT_TOO_LONG.to_owned();
        return Err(Refusal { code: "InvalidExecutionInput", message });
    }
    Ok(StartCall { dialect, synchronous, pattern, state_machine_arn, input, name })
}

fn send_task(
    parameters: &Value,
    outcome: impl FnOnce(&Value) -> Result<TaskOutcome, Refusal>,
) -> Result<StatesCall, Refusal> {
    let token = parameters.get("TaskToken").and_then(Value::as_str).unwrap_or_default();
    Ok(StatesCall::SendTask(SendTask { token: token.to_owned(), outcome: outcome(parameters)? }))
}

/// A parameter that is JSON: a text, or a value that AWS turns into one (recorded).
fn json_of(parameters: &Value, name: &str) -> Result<Value, Refusal> {
    match parameters.get(name) {
        Some(Value::String(text)) => Value::parse(text).map_err(|err| {
            let (code, what) = if name == "Input" {
                ("InvalidExecutionInput", "State Machine Execution Input")
            } else {
                ("InvalidOutput", "Output")
            };
            let complaint = jackson::complaint(text, &err);
            Refusal { code, message: format!("Invalid {what}: '{complaint}'") }
        }),
        Some(value) => Ok(value.clone()),
        None => Ok(Value::Null),
    }
}

/// Whether executions and activities may be called so: 1 to 80 characters, without white space, brackets, wildcards and the like.
pub fn is_name(name: &str) -> bool {
    let refused =
        |it: char| it.is_whitespace() || it.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(it);
    (1..=80).contains(&name.chars().count()) && !name.contains(refused)
}

impl Refusal {
    pub fn no_such_machine(arn: &str) -> Self {
        let is_arn = arn.starts_with("arn:") && arn.split(':').count() >= 7;
        if is_arn {
            let message = format!("State Machine Does Not Exist: '{arn}'");
            Self { code: "StateMachineDoesNotExist", message }
        } else {
            let message = format!("Invalid Arn: 'Invalid ARN prefix: {arn}'");
            Self { code: "InvalidArn", message }
        }
    }

    pub fn already_exists(arn: &str) -> Self {
        let message = format!("Execution Already Exists: '{arn}'");
        Self { code: "ExecutionAlreadyExists", message }
    }

    pub fn wrong_type() -> Self {
        let message = "This operation is not supported by this type of state machine".to_owned();
        Self { code: "StateMachineTypeNotSupported", message }
    }

    /// A token that no task waits with (recorded).
    pub fn no_such_token() -> Self {
        Self { code: "InvalidToken", message: "Invalid Token: 'Invalid token'".to_owned() }
    }

    /// The failure of the task that asked. `number` counts the requests, so that ids differ and repeat.
    pub fn into_answer(self, dialect: Dialect, number: u64) -> TaskAnswer {
        let Self { code, message } = self;
        let id = request_id(number);
        let (error, cause) = match dialect {
            Dialect::Optimised => (
                format!("StepFunctions.{code}Exception"),
                format!(
                    "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {id}; Proxy: null)"
                ),
            ),
            Dialect::AwsSdk => (
                format!("Sfn.{code}Exception"),
                format!(
                    "{message} (Service: Sfn, Status Code: 400, Request ID: {id}) (SDK Attempt Count: 1)"
                ),
            ),
        };
        TaskAnswer::Failed { error: Some(error.into()), cause: Some(cause.into()) }
    }
}

impl StartCall {
    /// Whether the task goes on only when the execution has ended.
    pub fn waits(&self) -> bool {
        self.synchronous
            || matches!(self.pattern, IntegrationPattern::Sync | IntegrationPattern::Sync2)
    }

    /// What is answered as soon as the execution has begun; `None` when the answer is its end.
    pub fn begun(&self, started: &Started, number: u64) -> Option<TaskAnswer> {
        if self.synchronous {
            return None;
        }
        let output = self.response(started, number);
        Some(match self.pattern {
            IntegrationPattern::RequestResponse => TaskAnswer::Succeeded { output },
            IntegrationPattern::Sync
            | IntegrationPattern::Sync2
            | IntegrationPattern::WaitForTaskToken => TaskAnswer::Submitted { output },
        })
    }

    fn response(&self, started: &Started, number: u64) -> Value {
        let arn = ("ExecutionArn", Value::String(Arc::clone(&started.execution_arn)));
        match self.dialect {
            Dialect::AwsSdk => {
                Value::object([arn, ("StartDate", Value::from(started.started_at.to_string()))])
            }
            Dialect::Optimised => {
                let [http, response] = metadata(started, number);
                Value::object([
                    arn,
                    http,
                    response,
                    ("StartDate", Value::from(started.started_at.0)),
                ])
            }
        }
    }

    /// What is answered when the execution has ended; `None` to a call that did not wait for it.
    pub fn ended(
        &self,
        started: &Started,
        status: &ExecutionStatus,
        stopped_at: Timestamp,
    ) -> Option<TaskAnswer> {
        if self.synchronous {
            let output = sync_response(started, status, stopped_at);
            return Some(TaskAnswer::Succeeded { output });
        }
        let parsed = match self.pattern {
            IntegrationPattern::Sync => false,
            IntegrationPattern::Sync2 => true,
            IntegrationPattern::RequestResponse | IntegrationPattern::WaitForTaskToken => {
                return None;
            }
        };
        if let ExecutionStatus::Succeeded { .. } = status {
            let output = description(started, status, stopped_at, parsed);
            return Some(TaskAnswer::Succeeded { output });
        }
        // Recorded: whatever ended it, the task fails with this, and the execution is told of as a text.
        let cause = description(started, status, stopped_at, false).to_string();
        let cause: String = cause.chars().take(MAX_CAUSE_CHARS).collect();
        Some(TaskAnswer::Failed {
            error: Some("States.TaskFailed".into()),
            cause: Some(cause.into()),
        })
    }
}

/// `DescribeExecution` under Step Functions' names, in alphabetical order, with times in milliseconds.
fn description(
    started: &Started,
    status: &ExecutionStatus,
    stopped_at: Timestamp,
    parsed: bool,
) -> Value {
    let payload =
        |value: &Value| if parsed { value.clone() } else { Value::from(value.to_string()) };
    let mut members = Object::with_capacity(14);
    let mut add = |name: &str, value: Value| {
        members.insert(name.into(), value);
    };
    let (output, error, cause) = parts(status);
    let ended_well = matches!(status, ExecutionStatus::Succeeded { .. });
    if let Some(cause) = cause {
        add("Cause", Value::String(cause));
    }
    if let Some(error) = error {
        add("Error", Value::String(error));
    }
    add("ExecutionArn", Value::String(Arc::clone(&started.execution_arn)));
    add("Input", payload(&started.input));
    add("InputDetails", included());
    add("Name", Value::String(Arc::clone(&started.name)));
    if let Some(output) = &output {
        add("Output", payload(output));
        add("OutputDetails", included());
    }
    add("RedriveCount", Value::from(0));
    add("RedriveStatus", Value::from(if ended_well { "NOT_REDRIVABLE" } else { "REDRIVABLE" }));
    if ended_well {
        let reason = "Execution is SUCCEEDED and cannot be redriven";
        add("RedriveStatusReason", Value::from(reason));
    }
    add("StartDate", Value::from(started.started_at.0));
    add("StateMachineArn", Value::String(Arc::clone(&started.state_machine_arn)));
    add("Status", Value::from(status.as_str()));
    add("StopDate", Value::from(stopped_at.0));
    Value::from(members)
}

/// The answer to `StartSyncExecution`, which is a success whatever became of the execution.
fn sync_response(started: &Started, status: &ExecutionStatus, stopped_at: Timestamp) -> Value {
    let billed = (stopped_at.0 - started.started_at.0).max(1).saturating_add(99) / 100 * 100;
    let mut members = Object::with_capacity(14);
    let mut add = |name: &str, value: Value| {
        members.insert(name.into(), value);
    };
    let (output, error, cause) = parts(status);
    add(
        "BillingDetails",
        Value::object([
            ("BilledDurationInMilliseconds", Value::from(billed)),
            ("BilledMemoryUsedInMB", Value::from(64)),
        ]),
    );
    if let Some(cause) = cause {
        add("Cause", Value::String(cause));
    }
    if let Some(error) = error {
        add("Error", Value::String(error));
    }
    add("ExecutionArn", Value::String(Arc::clone(&started.execution_arn)));
    add("Input", Value::from(started.input.to_string()));
    add("InputDetails", included());
    add("Name", Value::String(Arc::clone(&started.name)));
    if let Some(output) = output {
        add("Output", Value::from(output.to_string()));
        add("OutputDetails", included());
    }
    add("StartDate", Value::from(started.started_at.to_string()));
    add("StateMachineArn", Value::String(Arc::clone(&started.state_machine_arn)));
    add("Status", Value::from(status.as_str()));
    add("StopDate", Value::from(stopped_at.to_string()));
    Value::from(members)
}

fn parts(status: &ExecutionStatus) -> (Option<Value>, Option<Arc<str>>, Option<Arc<str>>) {
    match status {
        ExecutionStatus::Succeeded { output } => (output.clone(), None, None),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => (None, error.clone(), cause.clone()),
        ExecutionStatus::Running => (None, None, None),
    }
}

fn included() -> Value {
    Value::object([("Included", Value::from(true))])
}

/// `SdkHttpMetadata` and `SdkResponseMetadata` of `StartExecution`, with the headers in the recorded order.
fn metadata(started: &Started, number: u64) -> [(&'static str, Value); 2] {
    let id = request_id(number);
    let seconds = started.started_at.0 as f64 / 1000.0;
    let body = format!(r#"{{"executionArn":"{}","startDate":{seconds}}}"#, started.execution_arn);
    let length = body.len().to_string();
    let date = super::http_date(started.started_at);
    let kind = "application/x-amz-json-1.0";
    let many = |text: &str| Value::array([Value::from(text)]);
    let all = [
        ("x-amzn-RequestId", many(&id)),
        ("connection", many("keep-alive")),
        ("Content-Length", many(&length)),
        ("Date", many(&date)),
        ("Content-Type", many(kind)),
    ];
    let single = [
        ("connection", Value::from("keep-alive")),
        ("Content-Length", Value::from(length.as_str())),
        ("Content-Type", Value::from(kind)),
        ("Date", Value::from(date.as_str())),
        ("x-amzn-RequestId", Value::from(id.as_str())),
    ];
    let http = Value::object([
        ("AllHttpHeaders", Value::object(all)),
        ("HttpHeaders", Value::object(single)),
        ("HttpStatusCode", Value::from(200)),
    ]);
    let response = Value::object([("RequestId", Value::from(id.as_str()))]);
    [("SdkHttpMetadata", http), ("SdkResponseMetadata", response)]
}

/// In the form of a UUID, from the count of requests.
fn request_id(number: u64) -> String {
    let digest = Sha256::digest(number.to_be_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::{ResourceArn, StatePath};
    use crate::engine::TaskToken;

    const ARN: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:child";

    fn call(resource: &str, parameters: &str) -> Option<Result<StatesCall, (Dialect, Refusal)>> {
        StatesCall::of(&TaskRequest {
            token: TaskToken(1),
            state: StatePath::new("S"),
            state_name: "S".into(),
            resource: ResourceArn::parse(&format!("arn:aws:states:::{resource}")),
            parameters: Value::parse(parameters).expect("JSON"),
            attempt: 0,
            map_indices: Vec::new(),
            callback_token: None,
        })
    }

    fn start(resource: &str, input: &str) -> StartCall {
        let parameters = format!(r#"{{"StateMachineArn":"{ARN}","Input":{input}}}"#);
        match call(resource, &parameters) {
            Some(Ok(StatesCall::Start(call))) => call,
            other => panic!("{other:?}"),
        }
    }

    fn started() -> Started {
        Started {
            execution_arn: "arn:aws:states:us-east-1:111111111111:execution:child:e1".into(),
            state_machine_arn: ARN.into(),
            name: "e1".into(),
            input: Value::parse(r#"{"k":1}"#).expect("JSON"),
            started_at: Timestamp(1000),
        }
    }

    fn succeeded() -> ExecutionStatus {
        ExecutionStatus::Succeeded { output: Some(Value::parse(r#"{"ok":true}"#).expect("JSON")) }
    }

    #[test]
    fn the_input_is_a_value_or_a_text_of_json() {
        let input = |text: &str| start("states:startExecution", text).input.to_string();
        assert_eq!(input("null"), "{}");
        assert_eq!(input(r#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(input(r#""\"text\"""#), r#""text""#);
        let refused =
            call("states:startExecution", &format!(r#"{{"StateMachineArn":"{ARN}","Input":"x"}}"#));
        assert!(
            matches!(&refused, Some(Err((Dialect::Optimised, it))) if it.code == "InvalidExecutionInput"),
            "{refused:?}"
        );
        assert_eq!(call("states:other", "{}"), None);
        assert_eq!(call("aws-sdk:sfn:listExecutions", "{}"), None);
    }

    #[test]
    fn an_execution_that_was_waited_for_is_told_of_as_recorded() {
        let answer = start("states:startExecution.sync", "{}").ended(
            &started(),
            &succeeded(),
            Timestamp(2000),
        );
        let expected = r#"{"ExecutionArn":"arn:aws:states:us-east-1:111111111111:execution:child:e1","Input":"{\"k\":1}","InputDetails":{"Included":true},"Name":"e1","Output":"{\"ok\":true}","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1000,"StateMachineArn":"arn:aws:states:us-east-1:111111111111:stateMachine:child","Status":"SUCCEEDED","StopDate":2000}"#;
        let Some(TaskAnswer::Succeeded { output }) = answer else { panic!("{answer:?}") };
        assert_eq!(output.to_string(), expected);
        let answer = start("states:startExecution.sync:2", "{}").ended(
            &started(),
            &succeeded(),
            Timestamp(2000),
        );
        let Some(TaskAnswer::Succeeded { output }) = answer else { panic!("{answer:?}") };
        assert_eq!(output.get("Output"), Some(&Value::parse(r#"{"ok":true}"#).expect("JSON")));
        assert_eq!(output.get("Input"), Some(&started().input));
    }

    #[test]
    fn an_execution_that_failed_fails_the_task_with_its_description() {
        let failed = ExecutionStatus::Failed { error: Some("States.Timeout".into()), cause: None };
        for resource in ["states:startExecution.sync", "states:startExecution.sync:2"] {
            let answer = start(resource, "{}").ended(&started(), &failed, Timestamp(2000));
            let Some(TaskAnswer::Failed { error, cause }) = answer else { panic!("{answer:?}") };
            assert_eq!(error.as_deref(), Some("States.TaskFailed"));
            let cause = Value::parse(&cause.unwrap_or_default()).expect("JSON");
            assert_eq!(cause.get("Error").and_then(Value::as_str), Some("States.Timeout"));
            assert_eq!(cause.get("Input").and_then(Value::as_str), Some(r#"{"k":1}"#));
            assert_eq!(cause.get("Output"), None);
        }
        let sync = start("aws-sdk:sfn:startSyncExecution", "{}");
        let answer = sync.ended(&started(), &failed, Timestamp(2000));
        assert!(matches!(answer, Some(TaskAnswer::Succeeded { .. })), "{answer:?}");
    }

    #[test]
    fn what_is_answered_at_once_depends_on_the_pattern() {
        let begun = |resource: &str| start(resource, "{}").begun(&started(), 1);
        let Some(TaskAnswer::Succeeded { output }) = begun("states:startExecution") else {
            panic!("request and response")
        };
        let members: Vec<String> =
            output.as_object().expect("an object").keys().map(|it| it.to_string()).collect();
        assert_eq!(
            members,
            ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]
        );
        assert_eq!(output.get("StartDate"), Some(&Value::from(1000)));
        assert!(matches!(begun("states:startExecution.sync"), Some(TaskAnswer::Submitted { .. })));
        assert!(matches!(
            begun("states:startExecution.waitForTaskToken"),
            Some(TaskAnswer::Submitted { .. })
        ));
        assert_eq!(begun("aws-sdk:sfn:startSyncExecution"), None);
        let Some(TaskAnswer::Succeeded { output }) = begun("aws-sdk:sfn:startExecution") else {
            panic!("request and response")
        };
        assert_eq!(output.as_object().map(|it| it.len()), Some(2));
    }

    #[test]
    fn refusals_are_worded_as_each_integration_words_them() {
        let TaskAnswer::Failed { error, cause } =
            Refusal::no_such_machine(ARN).into_answer(Dialect::Optimised, 1)
        else {
            panic!("a failure")
        };
        assert_eq!(error.as_deref(), Some("StepFunctions.StateMachineDoesNotExistException"));
        let cause = cause.unwrap_or_default();
        assert!(
            cause.starts_with(&format!("State Machine Does Not Exist: '{ARN}' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: "))
                && cause.ends_with("; Proxy: null)"),
            "{cause}"
        );
        let TaskAnswer::Failed { error, cause } =
            Refusal::no_such_token().into_answer(Dialect::AwsSdk, 1)
        else {
            panic!("a failure")
        };
        assert_eq!(error.as_deref(), Some("Sfn.InvalidTokenException"));
        let cause = cause.unwrap_or_default();
        assert!(cause.starts_with(
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "
        ));
        assert!(cause.ends_with(") (SDK Attempt Count: 1)"), "{cause}");
    }
}
