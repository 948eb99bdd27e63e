//! What a test of one state answers, by the rules that AWS's answers show.

use std::sync::Arc;

use super::*;
use crate::asl::parse;
use crate::json::document::{Document, Format};

fn nobody(_: &TaskRequest) -> Option<Vec<Input>> {
    None
}

fn answered(definition: &str, members: &str) -> Result<Value, TestStateError> {
    let members = Value::parse(members).expect("JSON");
    test_state(&TestStateRequest::from_json(definition, &members)?, &mut nobody)
}

/// The response, with the texts of JSON in it as values.
fn response(definition: &str, members: &str) -> String {
    let shown = |value: &Value| match value.as_str().map(Value::parse) {
        Some(Ok(inner @ (Value::Object(_) | Value::Array(_)))) => inner,
        Some(_) | None => value.clone(),
    };
    let mut response = answered(definition, members).expect("a response");
    if let Value::Object(members) = &mut response {
        for value in Arc::make_mut(members).values_mut() {
            *value = shown(value);
            if let Value::Object(inner) = value {
                for value in Arc::make_mut(inner).values_mut() {
                    *value = shown(value);
                }
            }
        }
    }
    response.to_string()
}

fn refusal(definition: &str, members: &str) -> String {
    answered(definition, members).expect_err("a refusal").to_string()
}

const TASK: &str = r#"{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl.$":"$.q","MessageBody":"m"},
    "ResultPath":"$.sent","Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":3}],
    "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.why","Next":"Mend"}],"Next":"Done"}"#;

#[test]
fn a_mocked_task_shows_its_stages_and_where_it_goes() {
    let members = r#"{"input":"{\"q\":1}","inspectionLevel":"DEBUG","mock":{"result":"{\"MessageId\":\"m\"}"}}"#;
    assert_eq!(
        response(TASK, members),
        r#"{"output":{"q":1,"sent":{"MessageId":"m"}},"inspectionData":{"input":{"q":1},"afterInputPath":{"q":1},"afterParameters":{"QueueUrl":1,"MessageBody":"m"},"result":{"MessageId":"m"},"afterResultSelector":{"MessageId":"m"},"afterResultPath":{"q":1,"sent":{"MessageId":"m"}}},"nextState":"Done","status":"SUCCEEDED"}"#
    );
}

#[test]
fn retries_count_from_those_that_were_before_and_end_in_the_catcher() {
    let with = |retries: u32| {
        let configuration = format!(r#""stateConfiguration":{{"retrierRetryCount":{retries}}}"#);
        response(
            TASK,
            &format!(
                r#"{{"input":"{{\"q\":1}}","inspectionLevel":"DEBUG",{configuration},"mock":{{"errorOutput":{{"error":"Again","cause":"c"}}}}}}"#
            ),
        )
    };
    assert!(with(0).contains(r#""errorDetails":{"retryIndex":0,"retryBackoffIntervalSeconds":2}"#));
    let second = with(1);
    assert!(second.contains(r#""retryBackoffIntervalSeconds":6}"#), "{second}");
    assert!(second.ends_with(r#""status":"RETRIABLE"}"#) && !second.contains("output"), "{second}");
    let caught = with(2);
    assert!(
        caught.starts_with(
            r#"{"output":{"q":1,"why":{"Error":"Again","Cause":"c"}},"error":"Again","cause":"c""#
        ),
        "{caught}"
    );
    assert!(caught.contains(r#""errorDetails":{"catchIndex":0,"retryIndex":0}"#), "{caught}");
    assert!(caught.ends_with(r#""nextState":"Mend","status":"CAUGHT_ERROR"}"#), "{caught}");
}

const MAP: &str = r#"{"Type":"Map","ItemsPath":"$.all","ItemSelector":{"i.$":"$$.Map.Item.Value"},
    "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"In",
    "States":{"In":{"Type":"Pass","End":true}}},"ToleratedFailurePercentage":50,"MaxConcurrency":3,"End":true}"#;

#[test]
fn a_map_computes_what_its_iterations_get_and_takes_what_the_mock_gives() {
    let members = |failed: u32| {
        format!(
            r#"{{"input":"{{\"all\":[7,8]}}","inspectionLevel":"DEBUG","stateConfiguration":{{"mapIterationFailureCount":{failed}}},"mock":{{"result":"[1,2]"}}}}"#
        )
    };
    let fine = response(MAP, &members(1));
    assert!(fine.contains(r#""afterItemsPath":[7,8]"#), "{fine}");
    assert!(fine.contains(r#""afterItemSelector":[{"i":7},{"i":8}],"toleratedFailurePercentage":50.0,"maxConcurrency":3"#), "{fine}");
    assert!(fine.starts_with(r#"{"output":[1,2],"#), "{fine}");
    let failed = response(MAP, &members(2));
    assert!(failed.contains(r#""error":"States.ExceedToleratedFailureThreshold""#), "{failed}");
    assert_eq!(
        refusal(MAP, &members(3)),
        "ValidationException: Map iteration failure count must be less than or equal to the number of Map iterations"
    );
}

#[test]
fn items_are_read_from_what_the_reader_would_have_read() {
    let map = r#"{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
        "ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"k"}},
        "ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true}"#;
    let read = response(
        map,
        r#"{"inspectionLevel":"DEBUG","stateConfiguration":{"mapItemReaderData":"a\n1\n2\n3\n"},"mock":{"result":"[[],[]]"}}"#,
    );
    assert!(
        read.contains(
            r#""afterItemBatcher":[{"Items":[{"a":"1"},{"a":"2"}]},{"Items":[{"a":"3"}]}]"#
        ),
        "{read}"
    );
    // Without the file there are no items, and the mock stands all the same.
    let unread = response(map, r#"{"mock":{"result":"[1]"}}"#);
    assert_eq!(unread, r#"{"output":[1],"status":"SUCCEEDED"}"#);
}

#[test]
fn what_a_result_writer_gives_is_the_mock() {
    let map = MAP.replace(
        r#""MaxConcurrency":3"#,
        r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}}"#,
    );
    let with =
        |result: &str| format!(r#"{{"input":"{{\"all\":[1]}}","mock":{{"result":"{result}"}}}}"#);
    let written = response(&map, &with(r#"{\"MapRunArn\":\"a\"}"#));
    assert_eq!(written, r#"{"output":{"MapRunArn":"a"},"status":"SUCCEEDED"}"#);
    assert!(refusal(&map, &with("[1]")).ends_with("Mocked result must be a JSON object."));
}

#[test]
fn variables_and_the_context_object_are_given() {
    let pass = r#"{"Type":"Pass","Assign":{"b.$":"$a"},"End":true}"#;
    let with = response(pass, r#"{"variables":"{\"a\":[1]}","inspectionLevel":"DEBUG"}"#);
    assert!(with.contains(r#""variables":{"a":[1],"b":[1]}"#), "{with}");
    let task = r#"{"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments":{"QueueUrl":"q","MessageBody":"m","t":"{% $states.context.Task.Token %}","n":"{% $exists($states.context.State) %}"},"End":true}"#;
    let context = r#"{"context":"{\"Task\":{\"Token\":\"T\"}}","inspectionLevel":"DEBUG","mock":{"result":"[1]"}}"#;
    let told = response(task, context);
    assert!(
        told.contains(r#""afterArguments":{"QueueUrl":"q","MessageBody":"m","t":"T","n":false}"#),
        "{told}"
    );
}

#[test]
fn an_input_that_is_no_json_is_told_as_a_definition_is() {
    assert_eq!(
        refusal(r#"{"Type":"Pass","End":true}"#, r#"{"input":"{bad"}"#),
        "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected character ('b' (code 98)): was expecting \
         double-quote to start field name\n at [Source: (String)\"{bad\"; line: 1, column: 3]'"
    );
}

#[test]
fn requests_that_aws_refuses_are_refused_in_its_words() {
    let pass = r#"{"Type":"Pass","End":true}"#;
    for (definition, members, words) in [
        (
            pass,
            r#"{"mock":{"result":"1"}}"#,
            "ValidationException: State type 'Pass' is not supported when a mock is specified",
        ),
        (
            MAP,
            "{}",
            "InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
        ),
        (TASK, "{}", "ValidationException: RoleArn must be specified when testing a Task state"),
        (
            TASK,
            r#"{"mock":{"result":"x"}}"#,
            "ValidationException: Mocked result must be valid JSON",
        ),
        (
            TASK,
            r#"{"mock":{"result":"{\"MessageId\":1}"}}"#,
            "ValidationException: Mock result schema validation error: Field 'MessageId' must be a string",
        ),
        (
            TASK,
            r#"{"context":"{\"Execution\":{\"Id\":1}}","mock":{"result":"{}"}}"#,
            "ValidationException: Invalid Context object provided: Execution.Id must be a string",
        ),
        (
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#,
            r#"{"stateName":"B"}"#,
            "ValidationException: State not found in definition",
        ),
    ] {
        assert_eq!(refusal(definition, members), words);
    }
    assert!(refusal("{", "{}").starts_with("InvalidDefinition: "));
    assert!(refusal(pass, r#"{"stateName":"A"}"#).starts_with("InvalidDefinition: "));
    assert!(refusal(pass, r#"{"input":"{"}"#).starts_with("InvalidExecutionInput: "));
    assert!(refusal(pass, r#"{"inspectionLevel":"ALL"}"#).contains("'inspectionLevel'"));
    // A result that the API does not know is fine where nobody asked for a check.
    let unchecked = r#"{"mock":{"result":"{\"MessageId\":1}","fieldValidationMode":"NONE"},"input":"{\"q\":1}"}"#;
    assert!(answered(TASK, unchecked).is_ok());
}

#[test]
fn a_task_without_a_mock_is_asked_of_the_world() {
    let members = Value::parse(r#"{"roleArn":"arn:aws:iam::1:role/r","input":"{\"q\":1}"}"#);
    let request = TestStateRequest::from_json(TASK, &members.expect("JSON")).expect("a request");
    let unanswered = test_state(&request, &mut nobody).expect_err("nobody answers");
    assert_eq!(unanswered.to_string(), "Nothing answers arn:aws:states:::sqs:sendMessage");
    let mut echo = |task: &TaskRequest| {
        Some(vec![Input::TaskSucceeded { token: task.token, output: task.parameters.clone() }])
    };
    let response = test_state(&request, &mut echo).expect("a response");
    assert_eq!(
        response.get("output").and_then(Value::as_str),
        Some(r#"{"q":1,"sent":{"QueueUrl":1,"MessageBody":"m"}}"#)
    );
}

#[test]
fn a_state_of_a_machine_that_was_read_may_stand_anywhere_in_it() {
    let text = r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"In","States":
        {"In":{"Type":"Pass","Result":1,"Next":"Out"},"Out":{"Type":"Succeed"}}}],"Next":"Nowhere"}}}"#;
    let machine = Arc::new(parse::parse(&Document::parse(text, Format::Json)).machine);
    for name in ["In", "P/0/In"] {
        let request =
            TestStateRequest::new(Definition::Machine(Arc::clone(&machine)), Some(name.to_owned()));
        let response = test_state(&request, &mut nobody).expect("a response");
        assert_eq!(
            response.to_string(),
            r#"{"output":"1","nextState":"Out","status":"SUCCEEDED"}"#
        );
    }
}

#[test]
fn what_lasts_too_long_times_out_as_on_aws() {
    let wait = r#"{"Type":"Wait","Seconds":301,"End":true}"#;
    assert_eq!(response(wait, "{}"), r#"{"error":"States.Timeout","status":"FAILED"}"#);
    let short = r#"{"Type":"Wait","Seconds":300,"End":true}"#;
    assert!(response(short, "{}").contains("States.Timeout"), "five minutes are the end");
    assert!(response(r#"{"Type":"Wait","Seconds":299,"End":true}"#, "{}").contains("SUCCEEDED"));
}
