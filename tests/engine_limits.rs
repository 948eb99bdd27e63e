//! Machines made to take all the memory there is, or all the stack: each ends, and says why.

use std::sync::Arc;

use stepwell::asl::StateMachineType;
use stepwell::engine::{ChildOutcome, ExecutionStart, Input, Machine, Run, run_to_end};
use stepwell::execution::{ExecutionStatus, History, Timestamp};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

fn start_of(kind: StateMachineType, input: &Value) -> ExecutionStart {
    ExecutionStart {
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
    }
}

fn definition_of(definition: &str) -> Arc<stepwell::asl::StateMachine> {
    let document = Document::parse(definition, Format::Json);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    Arc::new(stepwell::asl::parse::parse(&document).machine)
}

/// Runs a machine whose tasks give back what they got, with time that passes; what is left of it.
fn run(kind: StateMachineType, definition: &str, input: &str) -> Run {
    let input = Value::parse(input).expect("JSON");
    run_to_end(definition_of(definition), start_of(kind, &input), &mut |request| {
        vec![Input::TaskSucceeded { token: request.token, output: request.parameters.clone() }]
    })
}

/// A distributed Map over its input, with these fields and this processor.
fn distributed(fields: &str, kind: &str, processor: &str) -> String {
    format!(
        r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map",{fields}"End":true,"ItemProcessor":{{
            "ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"{kind}"}},{processor}}}}}}}}}"#
    )
}

const PASS: &str = r#""StartAt":"P","States":{"P":{"Type":"Pass","End":true}}"#;

fn output(run: &Run) -> String {
    let status = run.history.status();
    if let ExecutionStatus::Succeeded { output: Some(output) } = status {
        output.to_string()
    } else {
        panic!("it did not succeed: {status:?}")
    }
}

/// Runs a machine whose tasks are never asked; how it ended.
fn end_of(kind: StateMachineType, definition: &str, input: &Value) -> (ExecutionStatus, History) {
    let start = start_of(kind, input);
    let mut history = History::default();
    let definition = definition_of(definition);
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

#[test]
fn a_standard_execution_lasts_a_year_and_an_express_one_five_minutes() {
    let waits = |seconds: u64| {
        format!(
            r#"{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":{seconds},"Next":"W"}}}}}}"#
        )
    };
    let year = 365 * 24 * 3600 * 1000;
    for (kind, seconds, most) in [
        (StateMachineType::Standard, 90_000_000, year),
        (StateMachineType::Standard, 3_000_000, year),
        (StateMachineType::Express, 120, 300_000),
    ] {
        let run = run(kind, &waits(seconds), "{}");
        let status = run.history.status();
        assert!(
            matches!(&status, ExecutionStatus::TimedOut { error: Some(error), .. } if &**error == "States.Timeout"),
            "{status:?}"
        );
        assert_eq!(run.history.events().last().expect("an end").timestamp, Timestamp(most));
    }
    // A limit of the machine's own comes first.
    let own = waits(90_000_000).replace(r#"{"StartAt""#, r#"{"TimeoutSeconds":60,"StartAt""#);
    let run = run(StateMachineType::Standard, &own, "{}");
    assert_eq!(run.history.events().last().expect("an end").timestamp, Timestamp(60_000));
}

#[test]
fn an_answer_after_a_year_comes_too_late() {
    let definition = definition_of(
        r#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}"#,
    );
    let mut history = History::default();
    let start = start_of(StateMachineType::Standard, &Value::empty_object());
    let mut machine = Machine::start(definition, &start, &mut history);
    while machine.can_advance() {
        machine.step(Timestamp(0), Input::Advance, &mut history);
    }
    let token = stepwell::engine::TaskToken(1);
    let late = Timestamp(366 * 24 * 3600 * 1000);
    machine.step(late, Input::TaskSucceeded { token, output: Value::from(1) }, &mut history);
    assert!(matches!(history.status(), ExecutionStatus::TimedOut { .. }), "{:?}", history.status());
}

#[test]
fn a_child_execution_has_the_limits_of_its_type() {
    let waits = r#""StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$","End":true}}"#;
    let definition = distributed(r#""ToleratedFailurePercentage":50,"#, "EXPRESS", waits);
    let express = run(StateMachineType::Standard, &definition, "[10, 600]");
    assert_eq!(
        output(&express),
        r#"[10,{"Status":"TIMED_OUT","Error":"States.Timeout","Cause":null}]"#
    );
    let record = &express.machine.map_runs()[0];
    assert_eq!((record.counts.succeeded, record.counts.timed_out, record.pending()), (1, 1, 0));
    assert_eq!(express.history.events().last().expect("an end").timestamp, Timestamp(300_000));
    let definition = distributed("", "STANDARD", waits);
    assert_eq!(output(&run(StateMachineType::Standard, &definition, "[10, 600]")), "[10,600]");
    // Without a tolerance the Map Run fails, as for any other failure of a child.
    let definition = distributed("", "EXPRESS", waits);
    let (error, _) =
        failure(&run(StateMachineType::Standard, &definition, "[600]").history.status());
    assert_eq!(error, "States.ExceedToleratedFailureThreshold");
}

#[test]
fn a_child_execution_whose_history_is_full_says_so_itself() {
    let circle = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":1,"Next":"C"}],
        "Default":"D"},"D":{"Type":"Succeed"}}"#;
    let definition = distributed(r#""ToleratedFailureCount":1,"#, "STANDARD", circle);
    let run = run(StateMachineType::Standard, &definition, "[1, 2]");
    let cause = "The execution reached the maximum number of history events (25000).";
    let failed = format!(r#"{{"Status":"FAILED","Error":"States.Runtime","Cause":"{cause}"}}"#);
    assert_eq!(output(&run), format!("[{failed},2]"));
    let outcome = &run.machine.map_runs()[0].children[0].outcome;
    assert!(
        matches!(outcome, ChildOutcome::Failed { error: Some(error), cause: Some(why) } if &**error == "States.Runtime" && &**why == cause),
        "{outcome:?}"
    );
}

#[test]
fn the_members_of_an_object_are_items_with_their_keys() {
    let selector = r#""ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","s.$":"$$.Map.Item.Source"},"#;
    let selected = run(
        StateMachineType::Standard,
        &distributed(selector, "STANDARD", PASS),
        r#"{"a":1,"b":{"x":2}}"#,
    );
    assert_eq!(
        output(&selected),
        r#"[{"k":"a","v":1,"i":0,"s":"STATE_DATA"},{"k":"b","v":{"x":2},"i":1,"s":"STATE_DATA"}]"#
    );
    let plain = distributed(r#""ItemsPath":"$.in","#, "STANDARD", PASS);
    let plain = run(StateMachineType::Standard, &plain, r#"{"in":{"a":1}}"#);
    assert_eq!(output(&plain), r#"[{"Key":"a","Value":1}]"#);
    let jsonata = r#"{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% $states.input %}","End":true,
        "ItemSelector":{"k":"{% $states.context.Map.Item.Key %}","s":"{% $states.context.Map.Item.Source %}"},"ItemProcessor":{
        "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#;
    let computed = run(StateMachineType::Standard, jsonata, r#"{"a":1}"#);
    assert_eq!(output(&computed), r#"[{"k":"a","s":"STATE_DATA"}]"#);
    let literal = jsonata.replace(r#""{% $states.input %}","End""#, r#"{"z":"{% 1 + 1 %}"},"End""#);
    assert_eq!(
        output(&run(StateMachineType::Standard, &literal, "{}")),
        r#"[{"k":"z","s":"STATE_DATA"}]"#
    );
    // Inline Maps take arrays only, as recorded.
    let inline = jsonata.replace("DISTRIBUTED\",\"ExecutionType\":\"STANDARD", "INLINE");
    let (error, _) =
        failure(&run(StateMachineType::Standard, &inline, r#"{"a":1}"#).history.status());
    assert_eq!(error, "States.QueryEvaluationError");
}

#[test]
fn batches_have_sizes_that_are_sizes() {
    let batched = |batcher: &str, input: &str| {
        let fields = format!(r#""ItemsPath":"$.in","ItemBatcher":{{{batcher}}},"#);
        run(StateMachineType::Standard, &distributed(&fields, "STANDARD", PASS), input)
    };
    let two = batched(r#""MaxItemsPerBatch":2"#, r#"{"in":[1,2,3]}"#);
    assert_eq!(output(&two), r#"[{"Items":[1,2]},{"Items":[3]}]"#);
    for (batcher, cause) in [
        (r#""MaxItemsPerBatch":0"#, "field MaxItemsPerBatch must be positive"),
        (r#""MaxItemsPerBatchPath":"$.n""#, "field MaxItemsPerBatch must be positive"),
        (r#""MaxInputBytesPerBatchPath":"$.n""#, "field MaxInputBytesPerBatch must be positive"),
        (r#""MaxItemsPerBatchPath":"$.t""#, "which is not a valid integer: $.t"),
    ] {
        let (error, why) =
            failure(&batched(batcher, r#"{"in":[1],"n":-1,"t":"x"}"#).history.status());
        assert_eq!(error, "States.Runtime", "{batcher}");
        assert!(why.ends_with(cause), "{why}");
    }
    // An inline Map has no batches, whatever it says.
    let inline = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemBatcher":{"MaxItemsPerBatch":2},"End":true,
        "ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#;
    assert_eq!(output(&run(StateMachineType::Standard, inline, "[1,2,3]")), "[1,2,3]");
}

#[test]
fn all_items_of_a_failed_batch_count() {
    let fails = r#""StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericEquals":1,"Next":"F"}],
        "Default":"P"},"P":{"Type":"Pass","OutputPath":"$.Items","End":true},"F":{"Type":"Fail","Error":"Boom","Cause":"c"}}"#;
    let with = |tolerance: &str| {
        let fields = format!(r#""ItemBatcher":{{"MaxItemsPerBatch":2}},{tolerance},"#);
        run(StateMachineType::Standard, &distributed(&fields, "STANDARD", fails), "[1,2,3,4,5]")
    };
    let (error, _) = failure(&with(r#""ToleratedFailureCount":1"#).history.status());
    assert_eq!(error, "States.ExceedToleratedFailureThreshold", "two items failed");
    let tolerated = r#"[{"Status":"FAILED","Error":"Boom","Cause":"c"},[3,4],[5]]"#;
    assert_eq!(output(&with(r#""ToleratedFailureCount":2"#)), tolerated);
    assert_eq!(output(&with(r#""ToleratedFailurePercentage":40"#)), tolerated);
}

#[test]
fn a_journal_of_another_machine_is_refused_with_the_place() {
    let waits = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"P"},"P":{"Type":"Pass","End":true}}}"#;
    let run = run(StateMachineType::Standard, waits, "{}");
    let replay = |change: &dyn Fn(&mut Vec<(Timestamp, Input)>)| {
        let mut journal = run.journal.clone();
        change(&mut journal.inputs);
        Machine::replay(definition_of(waits), &journal).map(|_| ()).map_err(|err| err.to_string())
    };
    assert_eq!(replay(&|_| {}), Ok(()));
    assert_eq!(replay(&|it| it.truncate(2)), Ok(()), "a shorter one is an earlier moment");
    let position = |of: &dyn Fn(&Input) -> bool| {
        run.journal.inputs.iter().position(|(_, it)| of(it)).expect("it is there")
    };
    let fired = position(&|it| matches!(it, Input::TimerFired { .. }));
    let refused =
        replay(&|it| it[fired].1 = Input::TimerFired { timer: stepwell::engine::TimerId(9) });
    let refused = refused.expect_err("no such timer");
    assert!(refused.contains(&format!("step {}", fired + 1)), "{refused}");
    assert!(refused.ends_with("no timer number 9 runs"), "{refused}");
    let backwards = replay(&|it| it[fired + 1].0 = Timestamp(1)).expect_err("time goes backwards");
    assert!(backwards.contains("the step before it was later"), "{backwards}");
    let more = replay(&|it| it.push((Timestamp(9000), Input::Advance))).expect_err("it has ended");
    assert!(more.ends_with("the execution has ended before it"), "{more}");
    let token = stepwell::engine::TaskToken(1);
    let answer = replay(&|it| it.insert(1, (Timestamp(0), Input::TaskHeartbeat { token })));
    assert!(answer.expect_err("no task").ends_with("no task number 1 waits for an answer"));
}
