//! Step Functions' own API, as `stepwell serve` answers it: asked by the real SDK, by this program's own AWS floor, and by boto3,
//! which the AWS CLI is made of.

#[path = "states_api/limits.rs"]
mod limits;
#[path = "states_api/serving.rs"]
mod serving;
#[path = "states_api/versions.rs"]
mod versions;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType, StateMachineType, Tag};
use serde_json::{Value, json};
use serving::{PREFIX, Serving, client_of, machine_arn, refusal, serve, serve_machines, wait};
use stepwell::app::{App, Command as AppCommand};
use stepwell::aws::act::{Confirmed, TestState};
use stepwell::aws::browse::{ExecutionsOf, MachineType, Status};
use stepwell::aws::{AwsError, Connection, ExecutionReader, ProfileFiles, Session};
use stepwell::execution::EventType;

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const PASS: &str =
    r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}"#;
const FAIL: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
    "B":{"Type":"Fail","Error":"Orders.Late","Cause":"it is late"}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
const CALLBACK: &str = r#"{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters":{"QueueUrl":"https://sqs/q","MessageBody":{"token.$":"$$.Task.Token"}},"TimeoutSeconds":60,
    "Catch":[{"ErrorEquals":["No"],"Next":"Refused"}],"End":true},"Refused":{"Type":"Pass","End":true}}}"#;
const ACTIVITY: &str = r#"{"StartAt":"Paint","States":{"Paint":{"Type":"Task","TimeoutSeconds":600,
    "Resource":"arn:aws:states:us-east-1:123456789012:activity:painter","End":true}}}"#;
const MAP: &str = r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"Each","ToleratedFailureCount":1,"ItemProcessor":{
    "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Odd","States":{
    "Odd":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"No"}],"Default":"Yes"},
    "No":{"Type":"Fail","Error":"Two"},"Yes":{"Type":"Pass","End":true}}},"End":true}}}"#;
const PARENT: &str = r#"{"StartAt":"Run","States":{"Run":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
    "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:callback","Input":{}},"End":true}}}"#;

async fn start(client: &Client, machine: &str, input: &str) -> String {
    let call = client.start_execution().state_machine_arn(machine_arn(machine)).input(input);
    call.send().await.expect("it starts").execution_arn
}

/// Executions go on by themselves after the call that started them was answered.
async fn ended(client: &Client, arn: &str) -> Value {
    for _ in 0..400 {
        let it = client.describe_execution().execution_arn(arn).send().await.expect("it is there");
        if it.status != ExecutionStatus::Running {
            let seconds = |at: &aws_sdk_sfn::primitives::DateTime| at.as_secs_f64();
            return json!({
                "status": it.status.as_str(), "input": it.input, "output": it.output,
                "error": it.error, "cause": it.cause, "name": it.name, "mapRunArn": it.map_run_arn,
                "stateMachineArn": it.state_machine_arn,
                "seconds": it.stop_date.as_ref().map(|stop| seconds(stop) - seconds(&it.start_date)),
                "redriveStatus": it.redrive_status.map(|it| it.as_str().to_owned()),
                "redriveStatusReason": it.redrive_status_reason,
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{arn} does not end");
}

#[test]
fn machines_are_listed_in_pages_and_described_as_they_stand_in_their_files() {
    let serving = serve_machines(&[("pass", PASS), ("fail", FAIL), ("wait", WAIT)]);
    wait(async {
        let client = serving.client();
        let first = client.list_state_machines().max_results(2).send().await.expect("a page");
        let names: Vec<&str> = first.state_machines.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["fail", "pass"]);
        let token = first.next_token.expect("there is more");
        let rest = client.list_state_machines().next_token(&token).send().await.expect("a page");
        assert_eq!(rest.state_machines.len(), 1);
        assert_eq!(rest.state_machines[0].state_machine_arn, machine_arn("wait"));
        assert_eq!(rest.next_token, None);

        let described = client.describe_state_machine().state_machine_arn(machine_arn("fail"));
        let described = described.send().await.expect("it is there");
        assert_eq!(described.definition, FAIL, "white space included");
        assert_eq!(described.r#type, StateMachineType::Standard);
        let versions = client.list_state_machine_versions().state_machine_arn(machine_arn("fail"));
        assert!(versions.send().await.expect("a list").state_machine_versions.is_empty());
        let aliases = client.list_state_machine_aliases().state_machine_arn(machine_arn("fail"));
        assert!(aliases.send().await.expect("a list").state_machine_aliases.is_empty());

        let gone = machine_arn("gone");
        assert_eq!(
            refusal(client.describe_state_machine().state_machine_arn(&gone).send().await),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{gone}'")
        );
        assert_eq!(
            refusal(client.describe_state_machine().state_machine_arn("nonsense").send().await),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: nonsense'"
        );
        assert_eq!(
            refusal(client.list_state_machines().max_results(1001).send().await),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 1000"
        );
        let other_list = client.list_activities().next_token(&token).send().await;
        assert_eq!(refusal(other_list), "InvalidToken: Invalid Token: 'Invalid token'");
    });
}

#[test]
fn an_execution_is_started_once_runs_and_is_described() {
    let serving = serve_machines(&[("pass", PASS), ("fail", FAIL), ("callback", CALLBACK)]);
    wait(async {
        let client = serving.client();
        let arn = start(&client, "pass", r#"{"n":1}"#).await;
        let seen = ended(&client, &arn).await;
        assert_eq!(seen["status"], "SUCCEEDED");
        assert_eq!((&seen["input"], &seen["output"]), (&json!(r#"{"n":1}"#), &json!(r#"{"n":1}"#)));
        assert_eq!(seen["redriveStatusReason"], "Execution is SUCCEEDED and cannot be redriven");
        let failed = ended(&client, &start(&client, "fail", "{}").await).await;
        assert_eq!(failed["status"], "FAILED");
        assert_eq!(failed["error"], "Orders.Late");
        assert_eq!(failed["cause"], "it is late");

        // The same name and input again, while it runs and after it has ended.
        let begin = |input: &'static str| {
            let call = client.start_execution().state_machine_arn(machine_arn("callback"));
            call.name("once").input(input).send()
        };
        let once = begin("{}").await.expect("it starts");
        let again = begin("{ }").await.expect("the same answer");
        assert_eq!(
            (&once.execution_arn, once.start_date),
            (&again.execution_arn, again.start_date)
        );
        let exists = format!(
            "ExecutionAlreadyExists: Execution Already Exists: '{PREFIX}:execution:callback:once'"
        );
        assert_eq!(refusal(begin(r#"{"other":1}"#).await), exists);
        let stop = client.stop_execution().execution_arn(&once.execution_arn);
        stop.error("Enough").cause("of this").send().await.expect("it stops");
        let stopped = ended(&client, &once.execution_arn).await;
        assert_eq!((&stopped["status"], &stopped["error"]), (&json!("ABORTED"), &json!("Enough")));
        assert_eq!(refusal(begin("{}").await), exists);

        let call = || client.start_execution().state_machine_arn(machine_arn("pass"));
        assert_eq!(refusal(call().name("a b").send().await), "InvalidName: Invalid Name: 'a b'");
        assert!(refusal(call().input("{").send().await).starts_with("InvalidExecutionInput: "));
        let large = format!("\"{}\"", "x".repeat(262_143));
        assert!(
            refusal(call().input(large).send().await).ends_with("less than or equal to 262144")
        );
        let largest = format!("\"{}\"", "x".repeat(262_142));
        call().input(largest).send().await.expect("as much as AWS takes");
        let absent = format!("{PREFIX}:execution:pass:none");
        assert_eq!(
            refusal(client.describe_execution().execution_arn(&absent).send().await),
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{absent}'")
        );
        let redrive = client.redrive_execution().execution_arn(&arn).send().await;
        assert_eq!(
            refusal(redrive),
            "ExecutionNotRedrivable: Execution is SUCCEEDED and cannot be redriven"
        );
    });
}

#[test]
fn waits_take_no_time_of_the_wall_clock() {
    let serving = serve_machines(&[("wait", WAIT)]);
    wait(async {
        let client = serving.client();
        let seen = ended(&client, &start(&client, "wait", "{}").await).await;
        assert_eq!(seen["status"], "SUCCEEDED");
        assert!(seen["seconds"].as_f64().is_some_and(|it| it >= 3600.0), "{seen}");
    });
}

#[test]
fn executions_are_listed_newest_first_by_status_and_in_pages() {
    let serving = serve_machines(&[("pass", PASS), ("callback", CALLBACK)]);
    wait(async {
        let client = serving.client();
        let mut started = Vec::new();
        for _ in 0..7 {
            started.push(start(&client, "pass", "{}").await);
        }
        for arn in &started {
            ended(&client, arn).await;
        }
        started.reverse();
        let list = || client.list_executions().state_machine_arn(machine_arn("pass"));
        let mut listed = Vec::new();
        let mut token = None;
        let mut pages = 0;
        loop {
            let page = list().max_results(3).set_next_token(token).send().await.expect("a page");
            listed.extend(page.executions.into_iter().map(|it| it.execution_arn));
            pages += 1;
            // One that begins meanwhile does not move the others.
            start(&client, "pass", "{}").await;
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!((listed, pages), (started, 3));
        start(&client, "callback", "{}").await;
        let of = |status: ExecutionStatus| {
            let list = client.list_executions().state_machine_arn(machine_arn("callback"));
            list.status_filter(status).send()
        };
        assert_eq!(of(ExecutionStatus::Running).await.expect("a list").executions.len(), 1);
        assert_eq!(of(ExecutionStatus::Succeeded).await.expect("a list").executions.len(), 0);
        let redriven = list().redrive_filter("REDRIVEN".into()).send().await.expect("a list");
        assert!(redriven.executions.is_empty());
        assert!(refusal(of(ExecutionStatus::from("failed")).await).ends_with(
            "Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
        ));
        let neither = client.list_executions().send().await;
        assert!(refusal(neither).starts_with("ValidationException: "));
    });
}

#[test]
fn a_history_is_read_forwards_and_backwards_in_pages_with_and_without_data() {
    let serving = serve_machines(&[("pass", PASS)]);
    wait(async {
        let client = serving.client();
        let arn = start(&client, "pass", r#"{"n":1}"#).await;
        ended(&client, &arn).await;
        let whole = client.get_execution_history().execution_arn(&arn).send().await.expect("it");
        let ids: Vec<i64> = whole.events.iter().map(|it| it.id).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
        assert_eq!(whole.events[5].r#type, HistoryEventType::ExecutionSucceeded);
        let entered = whole.events[1].state_entered_event_details.as_ref().expect("details");
        assert_eq!((entered.name.as_str(), entered.input.as_deref()), ("A", Some(r#"{"n":1}"#)));
        for reverse in [false, true] {
            let mut seen = Vec::new();
            let mut token = None;
            loop {
                let call = client.get_execution_history().execution_arn(&arn).max_results(4);
                let call = call.reverse_order(reverse).set_next_token(token);
                let page = call.send().await.expect("a page");
                seen.extend(page.events.into_iter().map(|it| it.id));
                token = page.next_token;
                if token.is_none() {
                    break;
                }
            }
            let expected: Vec<i64> =
                if reverse { (1..=6).rev().collect() } else { (1..=6).collect() };
            assert_eq!(seen, expected);
        }
        let call = client.get_execution_history().execution_arn(&arn);
        let bare = call.include_execution_data(false).send().await.expect("it");
        let entered = bare.events[1].state_entered_event_details.as_ref().expect("details");
        assert_eq!((entered.name.as_str(), entered.input.as_deref()), ("A", None));
        let call = client.get_execution_history().execution_arn(&arn).next_token("nonsense");
        assert_eq!(refusal(call.send().await), "InvalidToken: Invalid Token: 'Invalid token'");
    });
}

#[test]
fn express_machines_answer_their_caller_and_are_not_described() {
    let serving = serve_machines(&[("pass", PASS)]);
    wait(async {
        let client = serving.client();
        let create = client.create_state_machine().name("quick").definition(FAIL).role_arn(ROLE);
        let quick = create.r#type(StateMachineType::Express).send().await.expect("created");
        let quick = quick.state_machine_arn;
        // The SDK asks a host with `sync-` before the name, which is no name of this machine.
        let sync = |arn: &str| {
            let call = client.start_sync_execution().state_machine_arn(arn).name("s").input("[1]");
            call.customize().mutate_request(|request| {
                let uri = request.uri().replacen("://sync-", "://", 1);
                request.set_uri(uri).expect("a URI");
            })
        };
        let answer = sync(&quick).send().await.expect("it answers");
        assert_eq!(answer.status.as_str(), "FAILED");
        assert_eq!(answer.error.as_deref(), Some("Orders.Late"));
        assert_eq!((answer.name.as_deref(), answer.input.as_deref()), (Some("s"), Some("[1]")));
        let wrong = "StateMachineTypeNotSupported: This operation is not supported by this type of state machine";
        assert_eq!(refusal(sync(&machine_arn("pass")).send().await), wrong);
        let list = client.list_executions().state_machine_arn(&quick).send().await;
        assert_eq!(refusal(list), wrong);
        let begun = client.start_execution().state_machine_arn(&quick).send().await.expect("it");
        let describe = client.describe_execution().execution_arn(&begun.execution_arn).send().await;
        assert_eq!(
            refusal(describe),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"
        );
    });
}

/// The token that the task of an execution waits with: the message would carry it.
async fn token_of(client: &Client, arn: &str) -> String {
    for _ in 0..200 {
        let history = client.get_execution_history().execution_arn(arn).send().await.expect("it");
        let parameters = history
            .events
            .iter()
            .find_map(|it| Some(it.task_scheduled_event_details.as_ref()?.parameters.clone()));
        if let Some(parameters) = parameters {
            let parameters: Value = serde_json::from_str(&parameters).expect("JSON");
            return parameters["MessageBody"]["token"].as_str().expect("a token").to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing is scheduled");
}

#[test]
fn callbacks_are_answered_from_outside() {
    let serving =
        serve_machines(&[("callback", CALLBACK), ("parent", PARENT), ("activity", ACTIVITY)]);
    wait(async {
        let client = serving.client();
        let arn = start(&client, "callback", "{}").await;
        let token = token_of(&client, &arn).await;
        client.send_task_heartbeat().task_token(&token).send().await.expect("a sign of life");
        let wrong = client.send_task_success().task_token(&token).output("{").send().await;
        assert!(refusal(wrong).starts_with("InvalidOutput: "));
        let right = || client.send_task_success().task_token(&token).output(r#"{"yes":true}"#);
        right().send().await.expect("taken");
        let seen = ended(&client, &arn).await;
        assert_eq!(
            (&seen["status"], &seen["output"]),
            (&json!("SUCCEEDED"), &json!(r#"{"yes":true}"#))
        );
        assert_eq!(
            refusal(right().send().await),
            "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"
        );
        let unknown = client.send_task_heartbeat().task_token("who?").send().await;
        assert_eq!(refusal(unknown), "InvalidToken: Invalid Token: 'Invalid token'");

        let refused = start(&client, "callback", "{}").await;
        let token = token_of(&client, &refused).await;
        let failure = client.send_task_failure().task_token(&token).error("No").cause("not now");
        failure.send().await.expect("taken");
        let seen = ended(&client, &refused).await;
        assert_eq!(seen["status"], "SUCCEEDED", "the Catch took it: {seen}");

        // An execution that another one waits for is there by itself, and ends with it.
        let parent = start(&client, "parent", "{}").await;
        let list = || client.list_executions().state_machine_arn(machine_arn("callback"));
        let mut child = None;
        while child.is_none() {
            let running = list().status_filter(ExecutionStatus::Running).send().await;
            let running = running.expect("a list").executions;
            child = running.into_iter().next().map(|it| it.execution_arn);
        }
        client.stop_execution().execution_arn(&parent).send().await.expect("it stops");
        let child = ended(&client, &child.expect("it was started")).await;
        assert_eq!(child["status"], "ABORTED");
    });
}

#[test]
fn workers_get_the_tasks_of_activities() {
    let serving = serve_machines(&[("activity", ACTIVITY)]);
    wait(async {
        let client = serving.client();
        let painter = format!("{PREFIX}:activity:painter");
        let listed = client.list_activities().send().await.expect("a list").activities;
        assert_eq!(listed.len(), 1, "the machine names it");
        assert_eq!((&*listed[0].name, &listed[0].activity_arn), ("painter", &painter));

        // The worker was there first.
        let worker = {
            let call = client.get_activity_task().activity_arn(&painter).worker_name("w-1");
            tokio::spawn(call.send())
        };
        let arn = start(&client, "activity", r#"{"colour":"red"}"#).await;
        let task = worker.await.expect("it ends").expect("a task");
        assert_eq!(task.input.as_deref(), Some(r#"{"colour":"red"}"#));
        let token = task.task_token.expect("a token");
        // The task was there first; and nobody gets the one that the other worker has.
        let second = start(&client, "activity", "{}").await;
        let call = client.get_activity_task().activity_arn(&painter);
        let other = call.send().await.expect("a task").task_token.expect("a token");
        assert_ne!(token, other);
        client.send_task_success().task_token(&token).output("1").send().await.expect("taken");
        let failure = client.send_task_failure().task_token(&other).error("Dry");
        failure.send().await.expect("taken");
        assert_eq!(ended(&client, &arn).await["output"], "1");
        assert_eq!(ended(&client, &second).await["error"], "Dry");
        let history = client.get_execution_history().execution_arn(&arn).send().await.expect("it");
        let workers: Vec<_> = history
            .events
            .iter()
            .filter_map(|it| it.activity_started_event_details.as_ref()?.worker_name.clone())
            .collect();
        assert_eq!(workers, ["w-1"], "there is one ActivityStarted, and it names the worker");

        let made = client.create_activity().name("other").send().await.expect("created");
        let again = client.create_activity().name("other").send().await.expect("the same");
        assert_eq!(made.creation_date, again.creation_date);
        let name = client.create_activity().name("a b").send().await;
        assert_eq!(refusal(name), "InvalidName: Invalid Name: 'a b'");
        client.delete_activity().activity_arn(&made.activity_arn).send().await.expect("deleted");
        for arn in [&made.activity_arn, &format!("{PREFIX}:activity:none")] {
            let says = format!("ActivityDoesNotExist: Activity Does Not Exist: '{arn}'");
            assert_eq!(refusal(client.describe_activity().activity_arn(arn).send().await), says);
            assert_eq!(refusal(client.get_activity_task().activity_arn(arn).send().await), says);
        }
    });
}

#[test]
fn map_runs_and_their_children_are_there() {
    let serving = serve_machines(&[("map", MAP)]);
    wait(async {
        let client = serving.client();
        let arn = start(&client, "map", "[1,2,3,4]").await;
        assert_eq!(ended(&client, &arn).await["status"], "SUCCEEDED");
        let runs = client.list_map_runs().execution_arn(&arn).send().await.expect("a list");
        let [run] = runs.map_runs.as_slice() else { panic!("{runs:?}") };
        assert_eq!(run.state_machine_arn, format!("{}/Each", machine_arn("map")));
        let call = client.describe_map_run().map_run_arn(&run.map_run_arn);
        let described = call.send().await.expect("it is there");
        let counts = described.execution_counts.expect("counts");
        assert_eq!((counts.total, counts.succeeded, counts.failed), (4, 3, 1));
        assert_eq!(described.tolerated_failure_count, 1);
        let list = || client.list_executions().map_run_arn(&run.map_run_arn);
        let all = list().send().await.expect("a list").executions;
        assert_eq!(all.len(), 4);
        let failed = list().status_filter(ExecutionStatus::Failed).send().await.expect("a list");
        let [failed] = failed.executions.as_slice() else { panic!("{failed:?}") };
        assert_eq!(failed.item_count, Some(1));
        let child = ended(&client, &failed.execution_arn).await;
        assert_eq!((&child["error"], &child["input"]), (&json!("Two"), &json!("2")));
        assert_eq!(child["mapRunArn"], json!(run.map_run_arn));
        let call = client.get_execution_history().execution_arn(&failed.execution_arn);
        let first = call.max_results(2).send().await.expect("its history");
        let token = first.next_token.expect("more");
        let call = client.get_execution_history().execution_arn(&failed.execution_arn);
        let rest = call.next_token(token).send().await.expect("the rest").events;
        assert_eq!(
            rest.last().map(|it| it.r#type.clone()),
            Some(HistoryEventType::ExecutionFailed)
        );
        let call = client.describe_state_machine_for_execution();
        let of_child = call.execution_arn(&failed.execution_arn).send().await.expect("it");
        assert_eq!(of_child.label.as_deref(), Some("Each"));
        assert_eq!(of_child.definition, MAP, "the whole machine");
        let call = client.describe_state_machine().state_machine_arn(&of_child.state_machine_arn);
        assert_eq!(call.send().await.expect("it").label.as_deref(), Some("Each"));
        let none = format!("{}/None", machine_arn("map"));
        let call = client.describe_state_machine().state_machine_arn(&none);
        assert!(refusal(call.send().await).starts_with("StateMachineDoesNotExist: "));
    });
}

#[test]
fn machines_are_created_changed_and_deleted_in_memory() {
    let serving = serve_machines(&[("pass", PASS), ("callback", CALLBACK)]);
    wait(async {
        let client = serving.client();
        let create = |definition: &str| {
            let call = client.create_state_machine().name("made").definition(definition);
            call.role_arn("arn:aws:iam::123456789012:role/r").send()
        };
        let made = create(WAIT).await.expect("created").state_machine_arn;
        assert_eq!(made, machine_arn("made"));
        create(WAIT).await.expect("the same once more");
        assert!(refusal(create(PASS).await).starts_with("StateMachineAlreadyExists: "));
        let wrong = refusal(create(r#"{"StartAt":"A"}"#).await);
        assert!(
            wrong.starts_with("InvalidDefinition: Invalid State Machine Definition: "),
            "{wrong}"
        );
        let before = start(&client, "made", "{}").await;
        assert_eq!(ended(&client, &before).await["status"], "SUCCEEDED");

        let call = client.update_state_machine().state_machine_arn(&made).definition(FAIL);
        let updated = call.send().await.expect("changed");
        let call = client.describe_state_machine().state_machine_arn(&made);
        let described = call.send().await.expect("it is there");
        assert_eq!(
            (&described.definition, described.revision_id),
            (&FAIL.to_owned(), updated.revision_id)
        );
        assert_eq!(described.role_arn, "arn:aws:iam::123456789012:role/r");
        let call = client.describe_state_machine_for_execution().execution_arn(&before);
        assert_eq!(call.send().await.expect("it").definition, WAIT, "what it ran stays");
        let after = start(&client, "made", "{}").await;
        assert_eq!(ended(&client, &after).await["status"], "FAILED");

        let tag = Tag::builder().key("team").value("orders").build();
        client.tag_resource().resource_arn(&made).tags(tag).send().await.expect("tagged");
        let tags = client.list_tags_for_resource().resource_arn(&made).send().await.expect("tags");
        assert_eq!(tags.tags.unwrap_or_default()[0].key.as_deref(), Some("team"));
        client.untag_resource().resource_arn(&made).tag_keys("team").send().await.expect("it");

        client.delete_state_machine().state_machine_arn(&made).send().await.expect("deleted");
        client.delete_state_machine().state_machine_arn(&made).send().await.expect("no error");
        let gone = client.describe_execution().execution_arn(&after).send().await;
        assert!(refusal(gone).starts_with("ExecutionDoesNotExist: "));
        // What stands in a file is changed there.
        let call = client.update_state_machine().state_machine_arn(machine_arn("pass"));
        let refused = refusal(call.definition(FAIL).send().await);
        assert!(refused.contains("pass.asl.json"), "{refused}");
        let arn = start(&client, "callback", "{}").await;
        token_of(&client, &arn).await;
    });
}

#[test]
fn a_machine_is_deleted_once_its_executions_have_ended() {
    let serving = serve_machines(&[("pass", PASS)]);
    wait(async {
        let client = serving.client();
        let create = || {
            let call = client.create_state_machine().name("made").definition(CALLBACK);
            call.role_arn("arn:aws:iam::123456789012:role/r").send()
        };
        let made = create().await.expect("created").state_machine_arn;
        let running = start(&client, "made", "{}").await;
        let token = token_of(&client, &running).await;
        client.delete_state_machine().state_machine_arn(&made).send().await.expect("taken");

        let described = client.describe_state_machine().state_machine_arn(&made).send().await;
        let status = described.expect("it is still there").status;
        assert_eq!(status.map(|it| it.as_str().to_owned()).as_deref(), Some("DELETING"));
        let listed = client.list_state_machines().send().await.expect("listed").state_machines;
        assert_eq!(listed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["pass"]);
        let is_deleting = |refusal: String| {
            assert_eq!(
                refusal,
                format!("StateMachineDeleting: State Machine is being deleted: '{made}'")
            );
        };
        is_deleting(refusal(client.start_execution().state_machine_arn(&made).send().await));
        let update = client.update_state_machine().state_machine_arn(&made).definition(PASS);
        is_deleting(refusal(update.send().await));
        let publish = client.publish_state_machine_version().state_machine_arn(&made);
        is_deleting(refusal(publish.send().await));
        is_deleting(refusal(create().await));

        let described = client.describe_execution().execution_arn(&running).send().await;
        assert_eq!(described.expect("it runs on").status.as_str(), "RUNNING");
        client.send_task_success().task_token(&token).output("1").send().await.expect("taken");
        let gone = loop {
            let described = client.describe_state_machine().state_machine_arn(&made).send().await;
            if described.is_err() {
                break refusal(described);
            }
        };
        assert!(gone.starts_with("StateMachineDoesNotExist: "), "{gone}");
        create().await.expect("the name is free");
    });
}

/// In a home of its own, where nothing of this machine's AWS is seen.
async fn session(serving: &Serving, home: &Path) -> Session {
    let files = ProfileFiles { config: home.join("config"), credentials: home.join("credentials") };
    std::fs::write(&files.config, "").expect("written");
    let keys = "[keys]\naws_access_key_id = AKIATEST\naws_secret_access_key = not-a-secret\n";
    std::fs::write(&files.credentials, keys).expect("written");
    let connection = Connection {
        profile: Some("keys".to_owned()),
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(serving.url.clone()),
        files: Some(files),
        ..Connection::default()
    };
    Session::connect(&connection, None).await.expect("a connection")
}

#[test]
fn this_programs_own_aws_floor_works_on_it() {
    let serving = serve_machines(&[("fail", FAIL), ("callback", CALLBACK), ("map", MAP)]);
    let home = tempfile::tempdir().expect("a temporary folder");
    wait(async {
        let session = session(&serving, home.path()).await;
        assert_eq!(session.identity().await.expect("an identity").account, "123456789012");
        let machines = session.state_machines().at_least(10).await;
        assert!(machines.1.is_none(), "{machines:?}");
        assert_eq!(machines.0.len(), 3);
        let confirmed = |machine: &str| Confirmed {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            machine: machine.to_owned(),
        };
        let started = session.start(&confirmed("fail"), &machine_arn("fail"), "e-1", "{}").await;
        let arn = started.expect("it starts").execution_arn;
        ended(&serving.client(), &arn).await;
        let of = ExecutionsOf::StateMachine(machine_arn("fail"));
        let (listed, _) = session.executions(&of, Some(Status::Failed)).at_least(1).await;
        assert_eq!(listed.iter().map(|it| &it.arn).collect::<Vec<_>>(), [&arn]);
        let mut reader = ExecutionReader::new(&session, &arn).expect("an execution");
        reader.newest().await.expect("the newest page");
        assert_eq!(reader.last_event().map(|it| it.event_type), Some(EventType::ExecutionFailed));
        reader.read(|_| ()).await.expect("the rest");
        assert_eq!(reader.history().events().len(), 5);
        let definition = reader.definition().await.expect("the definition");
        assert_eq!(definition.definition, FAIL);
        let redriven = session.redrive(&confirmed("fail"), &arn).await;
        assert!(
            matches!(&redriven, Err(AwsError::NotRedrivable { reason }) if reason.contains("Stepwell")),
            "{redriven:?}"
        );
        let valid = session.validate(&confirmed("fail"), FAIL, MachineType::Standard).await;
        assert!(valid.expect("an answer").is_ok);
        let state = r#"{"Type":"Pass","Result":{"a":1},"ResultPath":"$.b","End":true}"#;
        let test = TestState {
            definition: state.to_owned(),
            input: Some(r#"{"c":2}"#.to_owned()),
            ..TestState::default()
        };
        let tested = session.test_state(&confirmed("fail"), &test).await.expect("an answer");
        assert_eq!(
            (&*tested.status, tested.output.as_deref()),
            ("SUCCEEDED", Some(r#"{"c":2,"b":{"a":1}}"#))
        );
        let unanswered = TestState {
            definition: r#"{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}"#.to_owned(),
            role_arn: Some("arn:aws:iam::123456789012:role/r".to_owned()),
            ..TestState::default()
        };
        let tested = session.test_state(&confirmed("fail"), &unanswered).await.expect("an answer");
        assert_eq!(
            (&*tested.status, tested.error.as_deref()),
            ("FAILED", Some("Stepwell.NoAnswer"))
        );
        let map = session.start(&confirmed("map"), &machine_arn("map"), "m", "[1,3]").await;
        let map = map.expect("it starts").execution_arn;
        ended(&serving.client(), &map).await;
        let (runs, _) = session.map_runs(&map).at_least(1).await;
        let run = session.map_run(&runs[0].arn).await.expect("it is there");
        assert_eq!((run.status, run.items.succeeded), (Status::Succeeded, 2));
        let (children, _) =
            session.executions(&ExecutionsOf::MapRun(run.arn.clone()), None).at_least(2).await;
        assert_eq!(children.len(), 2);
    });
}

#[test]
fn pages_of_other_sites_and_other_hosts_are_refused() {
    let serving = serve_machines(&[("pass", PASS)]);
    let port = serving.port;
    let call = |host: &str, more: &str| {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n\
             Content-Type: application/x-amz-json-1.0\r\n{more}"
        );
        serving.ask(&head, "{}").0
    };
    assert_eq!(call(&format!("127.0.0.1:{port}"), ""), 200);
    assert_eq!(
        call(&format!("sync-localhost:{port}"), ""),
        200,
        "where SDKs send what answers at once"
    );
    assert_eq!(call("evil.example", ""), 403);
    assert_eq!(call(&format!("sync-evil.example:{port}"), ""), 403);
    assert_eq!(call(&format!("localhost:{port}"), "Origin: https://evil.example\r\n"), 403);
    assert_eq!(call(&format!("localhost:{port}"), "Sec-Fetch-Site: cross-site\r\n"), 403);
    let head = |operation: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n"
        )
    };
    for (operation, body, code) in [
        ("Nonsense", "{}", "UnknownOperationException"),
        ("StartExecution", "[]", "SerializationException"),
        ("StartExecution", "\u{fffd}", "SerializationException"),
        ("StartExecution", "{}", "ValidationException"),
        ("ListExecutions", r#"{"stateMachineArn":7}"#, "SerializationException"),
    ] {
        let (status, answer) = serving.ask(&head(operation), body);
        assert_eq!(status, 400, "{operation} {body}: {answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["__type"].as_str().is_some_and(|it| it.ends_with(code)), "{answer}");
    }
    let deep = format!("{}{}", r#"{"input":"#, "[".repeat(500_000));
    assert_eq!(serving.ask(&head("StartExecution"), &deep).0, 400);
    let huge = "x".repeat(11 << 20);
    assert_eq!(serving.ask(&head("StartExecution"), &huge).0, 413);
    let (status, answer) = serving.ask("GET / HTTP/1.1\r\nHost: localhost\r\n", "");
    assert_eq!((status, answer.contains("no API")), (404, true), "{answer}");
}

#[test]
fn no_body_of_a_call_brings_the_server_down() {
    let serving = serve_machines(&[("pass", PASS), ("map", MAP)]);
    let machine = machine_arn("pass");
    let execution = format!("{PREFIX}:execution:pass:x");
    let activity = format!("{PREFIX}:activity:a");
    let definition = |json: &str| Value::from(json);
    let values = [
        Value::Null,
        json!(0),
        json!(-1),
        json!(1.5e308),
        json!(true),
        json!([]),
        json!([null, {"key": 1}, {"key": ""}]),
        json!({"level": "ALL", "destinations": [[], {"cloudWatchLogsLogGroup": 7}]}),
        json!(""),
        json!("é\u{0}\u{1F600}"),
        json!("arn:aws:states:::::::"),
        json!(machine),
        json!(format!("{machine}/é")),
        json!(execution),
        json!(activity),
        json!("x".repeat(5000)),
        definition(PASS),
        definition("{\"StartAt\":\"A\",\"States\":{\"A\":7}}"),
        definition(&"[".repeat(3000)),
    ];
    let members = [
        "stateMachineArn",
        "executionArn",
        "mapRunArn",
        "activityArn",
        "resourceArn",
        "taskToken",
        "name",
        "input",
        "output",
        "definition",
        "roleArn",
        "type",
        "tags",
        "tagKeys",
        "maxResults",
        "nextToken",
        "statusFilter",
        "reverseOrder",
        "loggingConfiguration",
        "mock",
        "context",
        "variables",
        "stateConfiguration",
        "stateName",
        "severity",
    ];
    for operation in [
        "ListStateMachines",
        "DescribeStateMachine",
        "DescribeStateMachineForExecution",
        "CreateStateMachine",
        "UpdateStateMachine",
        "DeleteStateMachine",
        "ValidateStateMachineDefinition",
        "ListStateMachineVersions",
        "StartExecution",
        "StartSyncExecution",
        "StopExecution",
        "RedriveExecution",
        "DescribeExecution",
        "ListExecutions",
        "GetExecutionHistory",
        "ListMapRuns",
        "DescribeMapRun",
        "SendTaskSuccess",
        "SendTaskFailure",
        "SendTaskHeartbeat",
        "CreateActivity",
        "DescribeActivity",
        "ListActivities",
        "DeleteActivity",
        "TestState",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
    ] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n"
        );
        for (at, _) in values.iter().enumerate() {
            // Each member gets each value once, beside others of other kinds.
            let pairs = members.iter().enumerate().map(|(index, name)| {
                ((*name).to_owned(), values[(at + index * 7) % values.len()].clone())
            });
            let whole: serde_json::Map<String, Value> = pairs.collect();
            let one = json!({ "stateMachineArn": machine, "executionArn": execution, "activityArn": activity,
                "resourceArn": machine, "taskToken": "t", "name": "n", "roleArn": ROLE, "definition": values[at],
                "input": values[at], "output": values[at], "tags": values[at], "mock": values[at] });
            for body in [Value::from(whole), one, values[at].clone()] {
                let (status, answer) = serving.ask(&head, &body.to_string());
                assert!(matches!(status, 200 | 400), "{operation} {body}: {status} {answer}");
            }
        }
    }
    assert_eq!(
        serving.ask("GET / HTTP/1.1\r\nHost: localhost\r\n", "").0,
        404,
        "it is still there"
    );
}

#[test]
fn the_approval_sample_waits_for_a_decision_from_outside() {
    let sample = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/sample-machines/approval"));
    let input = std::fs::read_to_string(sample.join("approval.input.json")).expect("an input");
    let serving = serve(&sample, &["--case", "AskSomebody"]);
    wait(async {
        let client = serving.client();
        let arn = start(&client, "approval", &input).await;
        let token = token_of(&client, &arn).await;
        let decision = r#"{"decision":"approved"}"#;
        client.send_task_success().task_token(&token).output(decision).send().await.expect("taken");
        let seen = ended(&client, &arn).await;
        assert_eq!(seen["status"], "SUCCEEDED", "{seen}");
        let output: Value =
            serde_json::from_str(seen["output"].as_str().expect("it")).expect("JSON");
        assert_eq!((&output["by"], &output["booking"]), (&json!("grace"), &json!("B-2026-17")));
    });
}

/// An app with machines open, as the window has it.
fn app_of(machines: &[(&str, &str)]) -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, definition) in machines {
        let file = folder.path().join(format!("{name}.asl.json"));
        std::fs::write(file, definition).expect("written");
    }
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(AppCommand::Open(folder.path().to_owned()));
    while app.project.is_none() {
        app.wait_and_tick(Duration::from_millis(50));
    }
    (folder, app)
}

#[test]
fn the_window_shows_what_calls_have_done() {
    let (folder, mut app) = app_of(&[("pass", PASS), ("callback", CALLBACK)]);
    app.run_command(AppCommand::StartServer(0));
    let url = app.server_url().expect("it serves, though there is no API");
    let calls = std::thread::spawn(move || {
        wait(async {
            let client = client_of(&url);
            let create = client.create_state_machine().name("made").definition(FAIL).role_arn(ROLE);
            let made = create.send().await.expect("created").state_machine_arn;
            let failed = start(&client, "made", "{}").await;
            assert_eq!(ended(&client, &failed).await["status"], "FAILED");
            let short = client.create_state_machine().name("short").definition(PASS).role_arn(ROLE);
            let short = short.send().await.expect("created").state_machine_arn;
            client.delete_state_machine().state_machine_arn(short).send().await.expect("deleted");
            (made, start(&client, "callback", "{}").await)
        })
    });
    while !calls.is_finished() {
        app.wait_and_tick(Duration::from_millis(5));
    }
    let (made, waiting) = calls.join().expect("every call was answered");
    let machines = |app: &App| {
        let open = app.project.as_ref().expect("it is open");
        open.project.machines.iter().map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(machines(&app), ["callback", "pass", "made"]);
    let run = app.run().expect("an execution");
    assert_eq!((&*run.execution_arn, run.status().as_str()), (&*waiting, "RUNNING"));
    let failed = app.runs.first().expect("the first");
    assert_eq!(app.project.as_ref().expect("open").project.machines[failed.machine].arn, made);

    // A save reads the files again; what calls created stays, and executions stay with their machines.
    std::fs::write(folder.path().join("aaa.asl.json"), PASS).expect("written");
    app.run_command(AppCommand::Reload);
    for _ in 0..100 {
        app.wait_and_tick(Duration::from_millis(50));
        if machines(&app).len() == 4 {
            break;
        }
    }
    assert_eq!(machines(&app), ["aaa", "callback", "pass", "made"]);
    let failed = app.runs.first().expect("the first");
    assert_eq!(app.project.as_ref().expect("open").project.machines[failed.machine].arn, made);
}

#[test]
fn the_window_starts_nothing_with_more_input_than_aws_takes() {
    let (_folder, mut app) = app_of(&[("pass", PASS)]);
    app.run_command(AppCommand::SetInput(format!("\"{}\"", "x".repeat(262_143))));
    app.run_command(AppCommand::Continue);
    assert!(app.runs.is_empty());
    let notice = app.notices.last().expect("it says why");
    assert!(
        notice.text.ends_with("Member must have length less than or equal to 262144"),
        "{notice:?}"
    );
    app.run_command(AppCommand::SetInput(format!("\"{}\"", "x".repeat(262_142))));
    app.run_command(AppCommand::Continue);
    assert_eq!(app.runs.len(), 1);
}

/// Boto3, on which the AWS CLI is built: nothing of it knows this program.
#[test]
fn boto3_works_on_it() {
    let python = match std::env::var_os("STEPWELL_MOTO") {
        Some(venv) => PathBuf::from(venv).join("bin/python3"),
        None => PathBuf::from("python3"),
    };
    let importable =
        Command::new(&python).args(["-c", "import boto3"]).stderr(Stdio::null()).status();
    if !importable.is_ok_and(|it| it.success()) {
        println!("skipped: {} has no boto3", python.display());
        return;
    }
    let serving = serve_machines(&[
        ("pass", PASS),
        ("fail", FAIL),
        ("callback", CALLBACK),
        ("activity", ACTIVITY),
        ("map", MAP),
    ]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/states_api/boto.py");
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(&python)
        .args([script, &serving.url])
        .env("HOME", home.path())
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env_remove("AWS_PROFILE")
        .output()
        .expect("python was there a moment ago");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(said.contains("all well"), "{said}");
}
