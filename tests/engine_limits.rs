//! Machines made to take all the memory there is, or all the stack: each ends, and says why.

use std::sync::Arc;

use stepwell::asl::StateMachineType;
use stepwell::engine::{ExecutionStart, Input, Machine};
use stepwell::execution::{ExecutionStatus, History, Timestamp};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

/// Runs a machine whose tasks give back what they got; how it ended.
fn end_of(kind: StateMachineType, definition: &str, input: &Value) -> (ExecutionStatus, History) {
    let document = Document::parse(definition, Format::Json);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let start = ExecutionStart {
        input: input.clone(),
        kind,
        synchronous: false,
        at: Timestamp(0),
        seed: 1,
        execution_arn: "arn:aws:states:us-east-1:111111111111:execution:Machine:Run".into(),
        execution_name: "Run".into(),
        role_arn: "role".into(),
        state_machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:Machine".into(),
        state_machine_name: "Machine".into(),
    };
    let mut history = History::default();
    let definition = Arc::new(stepwell::asl::parse::parse(&document).machine);
    let mut machine = Machine::start(definition, &start, &mut history).without_inspections();
    while machine.can_advance() {
        machine.step(Timestamp(0), Input::Advance, &mut history);
    }
    (history.status(), history)
}

fn failure(status: &ExecutionStatus) -> (String, String) {
    match status {
        ExecutionStatus::Failed { error, cause } => (
            error.as_deref().unwrap_or_default().to_owned(),
            cause.as_deref().unwrap_or_default().to_owned(),
        ),
        other @ (ExecutionStatus::Running
        | ExecutionStatus::Succeeded { .. }
        | ExecutionStatus::TimedOut { .. }
        | ExecutionStatus::Aborted { .. }) => panic!("it did not fail: {other:?}"),
    }
}

#[test]
fn a_payload_that_grows_by_a_level_each_round_ends() {
    for kind in [StateMachineType::Standard, StateMachineType::Express] {
        let (status, _) = end_of(
            kind,
            r#"{"StartAt":"Wrap","States":{"Wrap":{"Type":"Pass","Parameters":{"a.$":"$"},"Next":"Wrap"}}}"#,
            &Value::from(0),
        );
        let (error, cause) = failure(&status);
        assert_eq!(error, "States.Runtime");
        assert!(cause.ends_with("The payload nests deeper than 250 levels."), "{cause}");
    }
}

#[test]
fn a_payload_that_doubles_each_round_meets_awss_limit() {
    let (status, _) = end_of(
        StateMachineType::Standard,
        r#"{"StartAt":"Double","States":{"Double":{"Type":"Pass",
            "Parameters":{"a.$":"States.Format('{}{}', $.a, $.a)"},"Next":"Double"}}}"#,
        &Value::object([("a", Value::from("x"))]),
    );
    let cause = "The state/task 'Double' returned a result with a size exceeding the maximum number of bytes service limit.";
    assert_eq!(failure(&status), ("States.DataLimitExceeded".to_owned(), cause.to_owned()));
}

#[test]
fn a_history_of_many_large_payloads_ends_before_the_memory_does() {
    let (status, history) = end_of(
        StateMachineType::Standard,
        r#"{"StartAt":"Two","States":{
            "Two":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)","a.$":"States.Format('{}', $.a)"},"Next":"Two"}}}"#,
        &Value::object([("n", Value::from(0)), ("a", Value::from("x".repeat(200_000)))]),
    );
    let (error, cause) = failure(&status);
    assert_eq!(error, "States.Runtime");
    assert!(cause.starts_with("The payloads of the history take more than 1024 MiB"), "{cause}");
    assert!(history.events().len() > 5_000, "200 KB each: {}", history.events().len());
}

#[test]
fn maps_inside_maps_share_the_child_executions() {
    let items = Value::array((0..200).map(Value::from));
    let (status, _) = end_of(
        StateMachineType::Standard,
        r#"{"StartAt":"Outer","States":{"Outer":{"Type":"Map","End":true,"ItemSelector":{"all.$":"$"},"ResultSelector":{},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Inner","States":{
              "Inner":{"Type":"Map","ItemsPath":"$.all","End":true,"ResultSelector":{},
                "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{
                  "P":{"Type":"Pass","End":true}}}}}}}}}"#,
        &items,
    );
    assert!(matches!(status, ExecutionStatus::Succeeded { .. }), "{status:?}");
}

#[test]
fn variables_have_limits_of_their_own() {
    let large = Value::object([("a", Value::from("x".repeat(150_000)))]);
    let assign = |fields: &str| {
        let definition = format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Assign":{{{fields}}},"End":true}}}}}}"#
        );
        end_of(StateMachineType::Standard, &definition, &large).0
    };
    assert!(matches!(assign(r#""one.$":"$.a""#), ExecutionStatus::Succeeded { .. }));
    assert_eq!(failure(&assign(r#""one.$":"$.a","two.$":"$.a""#)).0, "States.DataLimitExceeded");
    let states: Vec<String> = (0..80)
        .map(|at| {
            format!(
                r#""S{at}":{{"Type":"Pass","Assign":{{"v{at}.$":"$.a"}},"Next":"S{}"}}"#,
                at + 1
            )
        })
        .collect();
    let definition = format!(
        r#"{{"StartAt":"S0","States":{{{},"S80":{{"Type":"Succeed"}}}}}}"#,
        states.join(",")
    );
    let (status, _) = end_of(StateMachineType::Standard, &definition, &large);
    assert_eq!(failure(&status).0, "States.DataLimitExceeded", "80 of 150 KB are more than 10 MiB");
}

#[test]
fn a_result_path_onto_what_has_no_members_is_told_in_awss_words() {
    let definition =
        r#"{"StartAt":"P","States":{"P":{"Type":"Pass","ResultPath":"$.r.s","End":true}}}"#;
    for (input, cause) in [
        (r#""text""#, r#"Unable to apply ReferencePath $.r.s to input "text""#),
        ("[1]", r#"Unable to apply step "r" to input [1]"#),
        (r#"{"r":1}"#, r#"Unable to apply step "s" to input {"r":1}"#),
    ] {
        let input = Value::parse(input).expect("JSON");
        let (status, _) = end_of(StateMachineType::Standard, definition, &input);
        assert_eq!(failure(&status), ("States.ReferencePathConflict".to_owned(), cause.to_owned()));
    }
    let map = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a.items","End":true,
        "ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#;
    let (status, _) =
        end_of(StateMachineType::Standard, map, &Value::parse(r#"{"a":{"b":1}}"#).expect("JSON"));
    let cause = r#"Unable to apply step "items" to input {"a":{"b":1}}"#;
    assert_eq!(failure(&status), ("States.ReferencePathConflict".to_owned(), cause.to_owned()));
}

#[test]
fn parameters_that_a_service_cannot_take_never_reach_it() {
    let definition = r#"{"StartAt":"Put","States":{"Put":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem",
        "Parameters":{"TableName":"t","Item":{"id":{"S.$":"$.id"}}},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Put"}],
        "End":true}}}"#;
    let input = Value::parse(r#"{"id":5}"#).expect("JSON");
    let (status, history) = end_of(StateMachineType::Standard, definition, &input);
    let (error, cause) = failure(&status);
    assert_eq!(error, "States.Runtime");
    assert!(
        cause.ends_with(
            "could not be used to start the Task: [The value for the field 'S' must be a STRING]"
        ),
        "{cause}"
    );
    assert_eq!(history.events().len(), 3, "no TaskScheduled, and nothing is caught");
}
