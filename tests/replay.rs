//! Executions recorded on AWS as journals: each opens, is walked through in both directions, survives export, and is run again
//! with its own answers.
//!
//! The corpus is not what AWS said to the byte: times and roles were removed, texts of JSON were parsed, ARNs of activities became
//! plain names, and what AWS had made up became names or wildcards. So the recordings are first put back into AWS's form; the
//! comparison itself is the product's own.

#![expect(clippy::print_stdout, reason = "the score is what this test is run for")]

#[path = "conformance/recorded.rs"]
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use stepwell::asl::task::ResourceKind;
use stepwell::asl::{self, Scope, StateKind, StateMachine, StateMachineType};
use stepwell::debug::{
    Ask, Breakpoints, DebugSession, Goal, NewBecause, RecordedNames, Recording, ServedBy,
    TaskAnswer, Verification, WhatIfError, verify, what_if,
};
use stepwell::engine::{ExecutionStart, Input, TaskRequest, run_to_end};
use stepwell::execution::{
    EventDetails, EventId, Execution, ExecutionSource, History, Moments, Timestamp, export, import,
};
use stepwell::json::document::{Document, Format};
use stepwell::json::{Object, Value};

/// Of 100 recordings whose task results are recorded, how many are reproduced at least. Raised whenever more is reached.
const FLOOR_PERCENT: f64 = 100.0;

/// One recorded execution of the corpus.
struct Case {
    id: String,
    machine: Arc<StateMachine>,
    kind: StateMachineType,
    history: History,
    objects: Vec<Value>,
    /// The ids of concurrent branches were blanked, and the events sorted.
    has_ids: bool,
    /// What the child executions of a distributed Map did is not in the history.
    has_results: bool,
}

fn cases() -> Option<Vec<Case>> {
    Some(recorded::cases()?.iter().filter_map(case).collect())
}

fn case(case: &Value) -> Option<Case> {
    let events = case.get("expected")?.get("events")?.as_array()?;
    let mut machine = recorded::machine(case)?;
    let names = names_of(case, events);
    let events: Vec<Value> = events.iter().map(|event| put_back(event, &names)).collect();
    let (history, has_ids) = recorded::history(&events);
    name_activities(&mut machine.top, &activities(&history));
    let flag = |name: &str| case.get(name).and_then(Value::as_bool) == Some(true);
    Some(Case {
        id: case.get("id")?.as_str()?.to_owned(),
        machine: Arc::new(machine),
        kind: match case.get("type").and_then(Value::as_str) {
            Some("EXPRESS") => StateMachineType::Express,
            Some(_) | None => StateMachineType::Standard,
        },
        has_ids,
        history,
        objects: case.get("s3_objects").and_then(Value::as_array).cloned().unwrap_or_default(),
        has_results: !flag("needs_child_task_results"),
    })
}

/// The resources that the recording says are activities.
fn activities(history: &History) -> BTreeSet<Arc<str>> {
    let activity = |event: &stepwell::execution::HistoryEvent| {
        let EventDetails::ResourceScheduled { resource, .. } = &event.details else { return None };
        let is_activity = event.event_type == stepwell::execution::EventType::ActivityScheduled;
        is_activity.then(|| Arc::clone(resource))
    };
    history.events().iter().filter_map(activity).collect()
}

/// The corpus replaced the ARNs of activities by plain names.
fn name_activities(scope: &mut Scope, activities: &BTreeSet<Arc<str>>) {
    for state in scope.states.values_mut() {
        match &mut state.kind {
            StateKind::Task(task) if activities.contains(&task.resource.text) => {
                task.resource.kind = ResourceKind::Activity { name: task.resource.text.clone() };
            }
            StateKind::Parallel(parallel) => {
                for branch in &mut parallel.branches {
                    name_activities(branch, activities);
                }
            }
            StateKind::Map(map) => name_activities(&mut map.processor.scope, activities),
            StateKind::Task(_)
            | StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => {}
        }
    }
}

/// What the corpus's names stand for, where the definition and the input still say it.
fn names_of(case: &Value, events: &[Value]) -> BTreeMap<String, Value> {
    let mut names = BTreeMap::new();
    // Of a random number only the name was kept.
    names.insert("RandomNumberGenerated".to_owned(), Value::from(7));
    let definition = case.get("definition").map(Value::to_string).unwrap_or_default();
    let mut instants: Vec<&str> =
        definition.split('"').filter(|it| Timestamp::parse(it).is_some()).collect();
    instants.dedup();
    if let [only] = instants.as_slice() {
        names.insert("date".to_owned(), Value::from(*only));
    }
    let details = |event: &Value, name: &str| event.get(name)?.get("input").cloned();
    let entered = events.iter().rev().find_map(|it| details(it, "stateEnteredEventDetails"));
    if let Some(entered) = entered {
        names.insert("<<json-input:1>>".to_owned(), Value::from(entered.to_string()));
    }
    let recorded = events.first().and_then(|it| details(it, "executionStartedEventDetails"));
    if let (Some(input), Some(recorded)) = (case.get("input"), recorded) {
        name_leaves(&recorded, input, &mut names);
    }
    if let Some(time) = waited_for(case) {
        names.insert("timestamp".to_owned(), Value::from(time));
    }
    names
}

fn name_leaves(recorded: &Value, input: &Value, names: &mut BTreeMap<String, Value>) {
    match (recorded, input) {
        (Value::Object(recorded), Value::Object(input)) => {
            for (name, recorded) in recorded.iter() {
                if let Some(input) = input.get(name) {
                    name_leaves(recorded, input, names);
                }
            }
        }
        (Value::String(text), input) if Value::parse(text).as_ref() == Ok(input) => {}
        (Value::String(name), input) if recorded != input => {
            names.insert(name.to_string(), input.clone());
        }
        _ => {}
    }
}

/// The time that a Wait is given, where the corpus has the word `timestamp` in its place. The test's parameter tells: a number
/// of days ahead, or the end of the format.
fn waited_for(case: &Value) -> Option<String> {
    let members = case.get("input")?.as_object()?;
    if !members.values().any(|it| it.as_str() == Some("timestamp")) {
        return None;
    }
    let id = case.get("id").and_then(Value::as_str).unwrap_or_default();
    let parameter = id.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'))?;
    Some(match parameter.parse::<i64>() {
        Ok(days) => {
            let at = Timestamp(1_767_225_600_000 + days * 86_400_000);
            at.to_string().replace(".000Z", "Z")
        }
        Err(_) => format!("2026-01-01T00:00:01{parameter}"),
    })
}

/// An event with what the corpus's names stand for.
fn put_back(json: &Value, names: &BTreeMap<String, Value>) -> Value {
    match json {
        Value::Object(members) => {
            let members = members.iter().map(|(name, it)| (Arc::clone(name), put_back(it, names)));
            Value::from(members.collect::<Object>())
        }
        Value::Array(items) => Value::array(items.iter().map(|it| put_back(it, names))),
        Value::String(text) => {
            if let Some(value) = names.get(&**text) {
                return value.clone();
            }
            // A text of JSON that is a name: a variable's value.
            if let Ok(Value::String(name)) = Value::parse(text)
                && let Some(value) = names.get(&*name)
            {
                return Value::from(value.to_string());
            }
            let mut text = text.to_string();
            if let Some(time) = names.get("timestamp").and_then(Value::as_str)
                && let Some(before) = text.strip_suffix(" timestamp")
            {
                text = format!("{before} {time}");
            }
            for (name, value) in names.iter().filter(|(name, _)| name.starts_with("<<")) {
                text = text.replace(name.as_str(), value.as_str().unwrap_or_default());
            }
            Value::from(text)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => json.clone(),
    }
}

fn open(case: &Case) -> DebugSession {
    DebugSession::open(&Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:Machine:run".into(),
        state_machine: Arc::clone(&case.machine),
        kind: case.kind,
        history: case.history.clone(),
        source: ExecutionSource::Imported { path: PathBuf::from("history.json") },
    })
}

fn verified(case: &Case) -> Verification {
    let moments = Moments::of(&case.machine, &case.history);
    let names = RecordedNames { kind: case.kind, ..RecordedNames::default() };
    let recording = Recording::of(&case.history, &moments, names);
    let mut ask = |request: &TaskRequest, _now: Timestamp| read_bucket(&case.objects, request);
    verify(&case.machine, &case.history, &moments, &recording, &mut ask)
}

/// The buckets as they were before the start, for the reader of a Map, and open for its writer.
fn read_bucket(objects: &[Value], request: &TaskRequest) -> Option<TaskAnswer> {
    let ResourceKind::Optimised { service, action, .. } = &request.resource.kind else {
        return None;
    };
    if &**service != "s3" {
        return None;
    }
    let wanted = |name: &str| request.parameters.get(name);
    let mut in_bucket = objects.iter().filter(|it| it.get("bucket") == wanted("Bucket"));
    let output = match &**action {
        "getObject" => {
            let object = in_bucket.find(|it| it.get("key") == wanted("Key"))?;
            Value::object([("Body", object.get("body")?.clone())])
        }
        "putObject" => Value::object([("ETag", Value::from("\"etag\""))]),
        "listObjectsV2" => {
            let entries = in_bucket.map(|object| {
                let key = object.get("key").and_then(Value::as_str).unwrap_or_default();
                let size = object.get("body").and_then(Value::as_str).map_or(0, str::len);
                Value::object([
                    // The corpus's own names for what S3 said.
                    ("Etag", Value::from(format!("<<Etag-{key}>>"))),
                    ("Key", Value::from(key)),
                    ("LastModified", Value::from("<<date>>")),
                    ("Size", Value::from(size as i64)),
                    ("StorageClass", Value::from("STANDARD")),
                ])
            });
            Value::object([("Contents", Value::array(entries))])
        }
        _ => return None,
    };
    Some(TaskAnswer::Succeeded { output })
}

#[test]
fn recorded_executions_are_reproduced_with_their_own_answers() {
    let Some(cases) = cases() else { return };
    assert!(cases.len() >= 440, "only {} recordings", cases.len());
    let (mut tried, mut reproduced) = (0_u32, 0_u32);
    let only = std::env::var("STEPWELL_CASE").ok();
    for case in cases.iter().filter(|it| only.as_ref().is_none_or(|only| it.id.contains(only))) {
        let found = verified(case);
        if !case.has_results || !case.has_ids {
            println!(
                "not counted: {} ({}): {} of {}",
                case.id,
                if case.has_ids {
                    "its child executions were not recorded"
                } else {
                    "its ids were blanked"
                },
                found.reproduced,
                found.events
            );
            continue;
        }
        tried += 1;
        reproduced += u32::from(found.is_reproduced());
        if let Some(divergence) = &found.divergence {
            let text = |event: &Option<stepwell::execution::HistoryEvent>| {
                event.as_ref().map_or_else(
                    || "nothing".to_owned(),
                    |it| export::event_to_json(it).to_string(),
                )
            };
            println!(
                "{}: {} of {}, first at event {}\n    recorded  {}\n    simulated {}\n    {:?}",
                case.id,
                found.reproduced,
                found.events,
                divergence.event_id.0,
                text(&divergence.recorded),
                text(&divergence.simulated),
                found.notes
            );
        } else {
            assert_eq!(found.events, found.reproduced, "{}", case.id);
        }
    }
    let percent = 100.0 * f64::from(reproduced) / f64::from(tried.max(1));
    println!("{reproduced} of {tried} recordings are reproduced: {percent:.1} %");
    assert!(only.is_some() || percent >= FLOOR_PERCENT, "{percent:.1} %");
}

#[test]
fn every_recording_is_walked_through_in_both_directions() {
    let Some(cases) = cases() else { return };
    let breakpoints = Breakpoints::default();
    for case in &cases {
        let mut session = open(case);
        let last = session.last_event();
        let mut seen = Vec::new();
        for id in (1..=last.0).map(EventId) {
            session.goto(id);
            assert_eq!((session.cursor().event, session.moment().at), (id, id), "{}", case.id);
            let threads = &session.moment().threads;
            assert!(threads.iter().all(|it| it.parent.is_none_or(|parent| parent < it.id)));
            seen.push(session.moment().clone());
        }
        for before in seen.iter().rev() {
            let id = before.at;
            session.goto(id);
            assert_eq!(session.moment(), before, "{} at {}", case.id, id.0);
        }
        // Every step forwards ends, and every step back comes back to the start.
        let steps = |session: &mut DebugSession, goal: &Goal| {
            let mut steps = 0_u64;
            loop {
                let before = session.cursor();
                session.run(goal.clone(), &breakpoints, usize::MAX);
                if session.cursor() == before {
                    return;
                }
                steps += 1;
                assert!(steps <= last.0 * 12, "{}: {goal:?} goes round", case.id);
            }
        };
        session.goto(EventId(1));
        steps(&mut session, &Goal::StepIn);
        assert_eq!(session.cursor().event, last, "{}", case.id);
        steps(&mut session, &Goal::ReverseStepIn);
        assert_eq!(session.cursor().event, EventId(1), "{}", case.id);
    }
    println!("{} recordings", cases.len());
}

#[test]
fn export_and_reopening_is_identity() {
    let Some(cases) = cases() else { return };
    for case in &cases {
        let text = export::to_json(&case.history).to_string();
        let again = export::parse(&text).expect("our own text");
        assert_eq!(case.history.events(), again.events(), "{}", case.id);
        assert_eq!(export::to_json(&again).to_string(), text, "{}", case.id);
    }
}

// ------------------------------------------------------------------------------------------------------ executions of our own

fn machine(text: &str) -> Arc<StateMachine> {
    Arc::new(asl::parse::parse(&Document::parse(text, Format::Json)).machine)
}

fn start(input: &str) -> ExecutionStart {
    ExecutionStart {
        input: Value::parse(input).expect("JSON"),
        kind: StateMachineType::Standard,
        synchronous: false,
        at: Timestamp(1_767_225_600_000),
        seed: 3,
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:M:run".into(),
        execution_name: "run".into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:M".into(),
        state_machine_name: "M".into(),
    }
}

/// Runs a machine as AWS would, and reads its history back from a file's text, newest event first.
fn recorded(
    text: &str,
    input: &str,
    answer: &mut dyn FnMut(&TaskRequest) -> Vec<Input>,
) -> (Arc<StateMachine>, History, Moments) {
    let machine = machine(text);
    let run = run_to_end(Arc::clone(&machine), start(input), answer);
    let mut events = export::to_json(&run.history);
    if let Some(list) = events.get("events").and_then(Value::as_array) {
        events = Value::object([("events", Value::array(list.iter().rev().cloned()))]);
    }
    let history = import::parse(&events.to_string(), None).expect("a history").history;
    let moments = Moments::of(&machine, &history);
    (machine, history, moments)
}

fn nobody(_: &TaskRequest, _: Timestamp) -> Option<TaskAnswer> {
    None
}

/// Fails every task's first attempt, and doubles in the second.
fn second_time_lucky(request: &TaskRequest) -> Vec<Input> {
    let token = request.token;
    if request.attempt == 0 {
        return vec![Input::TaskFailed { token, error: Some("Shaky".into()), cause: None }];
    }
    let number = request.parameters.get("n").and_then(Value::as_i64).unwrap_or(0);
    vec![Input::TaskSucceeded { token, output: Value::from(number * 2) }]
}

const ORDER: &str = r#"{"StartAt":"Id","States":{
    "Id":{"Type":"Pass","Parameters":{"id.$":"States.UUID()","at.$":"$$.State.EnteredTime","items.$":"$.items"},"Next":"Wait"},
    "Wait":{"Type":"Wait","Seconds":5,"Next":"All"},
    "All":{"Type":"Map","ItemsPath":"$.items","ItemSelector":{"n.$":"$$.Map.Item.Value","id.$":"$.id"},"MaxConcurrency":2,
        "ItemProcessor":{"StartAt":"Double","States":{"Double":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:double",
            "Retry":[{"ErrorEquals":["Shaky"],"IntervalSeconds":1,"MaxAttempts":2,"JitterStrategy":"FULL"}],"End":true}}},
        "ResultPath":"$.doubled","Next":"Both"},
    "Both":{"Type":"Parallel","Branches":[
        {"StartAt":"Left","States":{"Left":{"Type":"Wait","Seconds":1,"End":true}}},
        {"StartAt":"Right","States":{"Right":{"Type":"Pass","End":true}}}],"ResultPath":null,"Next":"Check"},
    "Check":{"Type":"Choice","Choices":[{"Variable":"$.doubled[0]","NumericGreaterThan":3,"Next":"Big"}],"Default":"Small"},
    "Big":{"Type":"Fail","Error":"TooBig","Cause":"more than 3"},
    "Small":{"Type":"Succeed"}}}"#;

#[test]
fn an_execution_of_our_own_is_reproduced_though_all_that_is_made_up_differs() {
    let (machine, history, moments) =
        recorded(ORDER, r#"{"items":[2,3,4]}"#, &mut second_time_lucky);
    assert_eq!(history.status().as_str(), "FAILED");
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    let found = verify(&machine, &history, &moments, &recording, &mut nobody);
    assert_eq!(found.divergence, None);
    assert_eq!(found.reproduced, history.events().len());
    assert!(found.served.iter().all(|it| it.by != ServedBy::Nobody), "{:?}", found.served);
    // The clock follows the recording: what the definition makes of times comes out as it did.
    let times = |history: &History| -> Vec<i64> {
        history.events().iter().map(|it| it.timestamp.0).collect()
    };
    assert_eq!(times(found.session.history()).first(), times(&history).first());
    assert_eq!(times(found.session.history()).last(), times(&history).last());
}

#[test]
fn a_changed_definition_diverges_where_it_was_changed() {
    let (_, history, moments) = recorded(ORDER, r#"{"items":[2,3,4]}"#, &mut second_time_lucky);
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    for (from, to, wanted, field) in [
        ("\"NumericGreaterThan\":3", "\"NumericGreaterThan\":30", "FailStateEntered", Some("type")),
        ("more than 3", "more than 4", "ExecutionFailed", Some("cause")),
        ("\"MaxAttempts\":2", "\"MaxAttempts\":0", "LambdaFunctionFailed", Some("type")),
        ("\"ResultPath\":null,", "", "ParallelStateExited", Some("output")),
        ("function:double", "function:triple", "LambdaFunctionScheduled", Some("resource")),
        (
            "\"ResultPath\":\"$.doubled\"",
            "\"ResultPath\":\"$.twice\"",
            "MapStateExited",
            Some("output.doubled"),
        ),
    ] {
        let edited = ORDER.replace(from, to);
        assert_ne!(edited, ORDER);
        let found = verify(&machine(&edited), &history, &moments, &recording, &mut nobody);
        let divergence = found.divergence.unwrap_or_else(|| panic!("{to}: there is a difference"));
        let recorded = divergence.recorded.as_ref().map(|it| it.event_type.as_str());
        assert_eq!(recorded, Some(wanted), "{to}");
        assert_eq!(divergence.field.as_ref().map(|it| it.field.as_str()), field, "{to}");
        assert_eq!(found.fields.get(&divergence.event_id), divergence.field.as_ref());
        assert_eq!(divergence.to_json().get("field").and_then(Value::as_str), field);
        assert!(found.reproduced < found.events);
    }
}

#[test]
fn a_cause_that_differs_is_shown_where_it_does() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"$.items[9].price"},"End":true}}}"#;
    let long = format!(r#"{{"items":[],"note":"{}"}}"#, "word ".repeat(100));
    let (machine, history, _) = recorded(text, &long, &mut |_| Vec::new());
    // As it stands in AWS's causes: JSON with other white space, and another word than ours far behind.
    let with_cause = |change: &dyn Fn(&str) -> String| {
        let mut changed = History::default();
        for event in history.events() {
            let mut details = event.details.clone();
            if let EventDetails::Failure { cause: Some(cause), .. } = &mut details {
                *cause = change(cause).into();
            }
            changed.append(event.previous_event_id, event.timestamp, event.event_type, details);
        }
        let moments = Moments::of(&machine, &changed);
        let recording = Recording::of(&changed, &moments, RecordedNames::default());
        verify(&machine, &changed, &moments, &recording, &mut nobody)
    };
    assert_eq!(history.status().as_str(), "FAILED");
    assert_eq!(with_cause(&str::to_owned).divergence, None);
    let same = with_cause(&|cause| format!("{cause} {{\"a\": [1, 2]}}"));
    let field = same.divergence.and_then(|it| it.field).expect("something was added");
    assert_eq!(field.field, "cause");
    assert!(field.excerpts().0.ends_with(r#" {"a":[1,2]}""#), "{field}");
    let other = with_cause(&|cause| cause.replacen("the input", "an input", 1));
    let field = other.divergence.and_then(|it| it.field).expect("a word is another");
    let (was, is) = field.excerpts();
    assert!(was.contains("an input") && is.contains("the input"), "{field}");
    assert!(was.chars().count() < 100 && is.chars().count() < 100, "{field}");
}

#[test]
fn an_edited_definition_gets_recorded_answers_and_asks_for_the_rest() {
    let (_, history, moments) = recorded(ORDER, r#"{"items":[2,3,4]}"#, &mut second_time_lucky);
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    let run = |text: &str, from: Option<EventId>, ask: &mut Ask<'_>| {
        what_if(&machine(text), &history, &moments, &recording, from, ask).expect("a re-run")
    };
    // A fix after the tasks: every answer is the recorded one.
    let fixed = ORDER.replace("\"NumericGreaterThan\":3", "\"NumericGreaterThan\":30");
    let found = run(&fixed, None, &mut nobody);
    assert_eq!(found.session.history().status().as_str(), "SUCCEEDED");
    let names =
        |paths: &[asl::StatePath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&found.difference.gained), ["Small"]);
    assert_eq!(names(&found.difference.lost), ["Big"]);
    assert!(found.difference.outcome.is_some());
    let kinds: BTreeSet<String> = found.served.iter().map(|it| format!("{:?}", it.by)).collect();
    assert!(
        kinds.is_subset(&["Recording", "RecordingUpToNames"].map(str::to_owned).into()),
        "{kinds:?}"
    );
    // From a state on, with the input that it had.
    let check = history.events().iter().find(|event| {
        matches!(&event.details, EventDetails::StateEntered { name, .. } if &**name == "Check")
    });
    let from = check.map(|it| it.id);
    let found = run(&fixed, from, &mut nobody);
    assert_eq!(found.session.history().events().len(), 6, "nothing before it is run");
    assert_eq!(found.session.history().status().as_str(), "SUCCEEDED");
    let first = found.difference.first.expect("a difference");
    assert_eq!(first.recorded.map(|it| it.event_type.as_str()), Some("FailStateEntered"));
    // Other parameters: a mock answers, and without one the re-run waits; what the recording answered then is told.
    let asks =
        ORDER.replace(r#""n.$":"$$.Map.Item.Value","#, r#""n.$":"$$.Map.Item.Value","new":true,"#);
    let found = run(&asks, None, &mut nobody);
    assert!(found.served.iter().all(|it| it.by == ServedBy::Nobody));
    assert_eq!(found.unanswered.len(), 2, "as many as may run at once");
    let turn = &found.turns[&found.unanswered[0].token];
    let asked = history.get(turn.event).expect("an event of the recording");
    assert_eq!(asked.event_type.as_str(), "LambdaFunctionScheduled");
    assert_eq!(turn.why, NewBecause::AskedOtherwise);
    let shaky = TaskAnswer::Failed { error: Some("Shaky".into()), cause: None };
    assert_eq!(turn.answer, Some(shaky));
    let mut mock =
        |_: &TaskRequest, _: Timestamp| Some(TaskAnswer::Succeeded { output: Value::from(1) });
    let found = run(&asks, None, &mut mock);
    assert!(found.served.iter().all(|it| it.by == ServedBy::Asked));
    assert_eq!(found.session.history().status().as_str(), "SUCCEEDED");
    // Who is asked matters as much as what: another function was never asked.
    let found = run(&ORDER.replace("function:double", "function:triple"), None, &mut nobody);
    assert!(found.served.iter().all(|it| it.by == ServedBy::Nobody), "{:?}", found.served);
    // A state that was only renamed gets the answers of its old name.
    let found = run(&fixed.replace("\"Double\"", "\"Twice\""), None, &mut nobody);
    let is_recorded =
        |it: ServedBy| matches!(it, ServedBy::Recording | ServedBy::RecordingUpToNames);
    assert!(found.served.iter().all(|it| is_recorded(it.by)), "{:?}", found.served);
    assert_eq!(found.session.history().status().as_str(), "SUCCEEDED");
    assert_eq!(names(&found.difference.gained), ["All/Twice", "Small"]);
    // A Retry that is gone: the first failure is the last.
    let found = run(&ORDER.replace("\"MaxAttempts\":2", "\"MaxAttempts\":0"), None, &mut nobody);
    assert!(found.unanswered.is_empty());
    assert_eq!(found.session.history().status().as_str(), "FAILED");
    // A state that the recording does not know: the re-run waits there, and can be answered.
    let more = ORDER.replace(
        r#""Small":{"Type":"Succeed"}"#,
        r#""Small":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:new","End":true}"#,
    );
    let more = more.replace("\"NumericGreaterThan\":3", "\"NumericGreaterThan\":30");
    let mut found = run(&more, None, &mut nobody);
    assert_eq!(found.unanswered.len(), 1);
    assert_eq!(&*found.unanswered[0].state_name, "Small");
    let token = found.unanswered[0].token;
    assert!(found.session.answer(token, TaskAnswer::Succeeded { output: Value::from(7) }));
    found.session.run(Goal::Continue, &Breakpoints::default(), usize::MAX);
    assert_eq!(found.session.history().status().as_str(), "SUCCEEDED");
}

#[test]
fn variables_are_there_where_a_re_run_begins() {
    let text = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"x":7},"Next":"B"},
        "B":{"Type":"Pass","Output":"{% $x + 1 %}","End":true}}}"#;
    let (machine, history, moments) = recorded(text, "{}", &mut |_| Vec::new());
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    let found = what_if(&machine, &history, &moments, &recording, Some(EventId(4)), &mut nobody)
        .expect("a re-run");
    assert_eq!(found.difference.first, None, "{:?}", found.session.history().events());
    assert_eq!(found.difference.outcome, None);
    let inside = what_if(&machine, &history, &moments, &recording, Some(EventId(3)), &mut nobody);
    assert_eq!(inside.err(), Some(WhatIfError::NoEntry(3)));
}

#[test]
fn a_history_cut_short_is_reproduced_as_far_as_it_goes() {
    let (machine, history, _) = recorded(ORDER, r#"{"items":[2,3,4]}"#, &mut second_time_lucky);
    for length in 1..history.events().len() {
        let mut cut = History::default();
        for event in history.events().iter().take(length) {
            let details = event.details.clone();
            cut.append(event.previous_event_id, event.timestamp, event.event_type, details);
        }
        let moments = Moments::of(&machine, &cut);
        let recording = Recording::of(&cut, &moments, RecordedNames::default());
        let found = verify(&machine, &cut, &moments, &recording, &mut nobody);
        assert_eq!(found.divergence, None, "{length} events");
        assert_eq!((found.events, found.reproduced), (length, length));
        let said = found.notes.join(" ");
        let end = format!("The recording ends at event {length}, before its execution has ended.");
        assert!(said.contains(&end) && said.contains("It was reproduced to its end."), "{said}");
        assert!(!said.contains("failure of another"), "nothing failed: {said}");
        assert!(said.contains("After it the re-run "), "{said}");
    }
}

#[test]
fn what_a_re_run_does_after_a_recording_that_was_cut_off_is_said() {
    let (machine, history, _) = recorded(ORDER, r#"{"items":[2]}"#, &mut second_time_lucky);
    let cut = |event_type: &str| {
        let last = history.events().iter().rposition(|it| it.event_type.as_str() == event_type);
        let mut cut = History::default();
        for event in history.events().iter().take(last.expect("there is one") + 1) {
            let details = event.details.clone();
            cut.append(event.previous_event_id, event.timestamp, event.event_type, details);
        }
        let moments = Moments::of(&machine, &cut);
        let recording = Recording::of(&cut, &moments, RecordedNames::default());
        let found = verify(&machine, &cut, &moments, &recording, &mut nobody);
        assert_eq!(found.divergence, None);
        found.notes.join(" ")
    };
    let waits = cut("LambdaFunctionStarted");
    let wanted = "After it the re-run waits for what arn:aws:lambda:us-east-1:1:function:double answers to state 'Double'.";
    assert!(waits.ends_with(wanted), "{waits}");
    // [3, 4] doubles to 4, which is more than 3.
    let ends = cut("ParallelStateExited");
    assert!(
        ends.contains("goes on for ") && ends.ends_with("and ends as FAILED with TooBig."),
        "{ends}"
    );
    let whole = cut("ExecutionFailed");
    assert!(whole.is_empty(), "{whole}");
}

#[test]
fn a_redriven_execution_is_compared_up_to_its_redrive() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:a","Next":"B"},
        "B":{"Type":"Pass","End":true}}}"#;
    let fails = &mut |request: &TaskRequest| {
        let (token, error) = (request.token, Some("Shaky".into()));
        vec![Input::TaskFailed { token, error, cause: None }]
    };
    let (machine, history, _) = recorded(text, "{}", fails);
    let length = history.events().len();
    let mut redriven = export::to_json(&history).get("events").cloned().expect("events");
    let more = Value::parse(
        r#"[
        {"id":7,"previousEventId":6,"type":"ExecutionRedriven","timestamp":1767225700.0,"executionRedrivenEventDetails":{"redriveCount":1}},
        {"id":8,"previousEventId":3,"type":"LambdaFunctionScheduled","timestamp":1767225700.1,"lambdaFunctionScheduledEventDetails":{"resource":"arn:aws:lambda:us-east-1:1:function:a","input":"{}"}},
        {"id":9,"previousEventId":8,"type":"LambdaFunctionStarted","timestamp":1767225700.2},
        {"id":10,"previousEventId":9,"type":"LambdaFunctionSucceeded","timestamp":1767225700.3,"lambdaFunctionSucceededEventDetails":{"output":"1"}},
        {"id":11,"previousEventId":10,"type":"TaskStateExited","timestamp":1767225700.4,"stateExitedEventDetails":{"name":"A","output":"1"}},
        {"id":12,"previousEventId":11,"type":"PassStateEntered","timestamp":1767225700.5,"stateEnteredEventDetails":{"name":"B","input":"1"}}]"#,
    );
    let more = more.expect("JSON");
    let all = redriven.as_array().into_iter().chain(more.as_array()).flatten().cloned();
    redriven = Value::object([("events", Value::array(all))]);
    let history = import::parse(&redriven.to_string(), None).expect("a history").history;
    assert_eq!((length, history.events().len()), (6, 12));
    let moments = Moments::of(&machine, &history);
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    let found = verify(&machine, &history, &moments, &recording, &mut nobody);
    assert_eq!((found.divergence, found.reproduced), (None, length));
    let note = format!(
        "The execution was redriven after event {length}; what came after is not compared."
    );
    assert_eq!(found.notes, [note.as_str()], "it had ended, though the redriven one has not");
    let found =
        what_if(&machine, &history, &moments, &recording, None, &mut nobody).expect("a re-run");
    let difference = found.difference;
    assert_eq!((difference.first, difference.outcome), (None, None));
    assert!(difference.gained.is_empty() && difference.lost.is_empty(), "B came after the redrive");
    assert_eq!(found.notes, [note]);
}

#[test]
fn a_recording_without_execution_data_is_reproduced_with_mocks() {
    let (machine, history, _) = recorded(ORDER, r#"{"items":[2]}"#, &mut second_time_lucky);
    let mut bare = export::to_json(&history).to_string();
    // As `includeExecutionData=false` leaves it: every input and output is gone.
    let mut events = Value::parse(&bare)
        .expect("JSON")
        .get("events")
        .and_then(Value::as_array)
        .cloned()
        .expect("events");
    for event in &mut events {
        let Value::Object(members) = &*event else { continue };
        let without = members.iter().map(|(name, it)| {
            let Value::Object(details) = it else { return (Arc::clone(name), it.clone()) };
            let kept = details
                .iter()
                .filter(|(name, _)| !["input", "output", "parameters"].contains(&&***name));
            (
                Arc::clone(name),
                Value::from(
                    kept.map(|(name, it)| (Arc::clone(name), it.clone())).collect::<Object>(),
                ),
            )
        });
        *event = Value::from(without.collect::<Object>());
    }
    bare = Value::object([("events", Value::array(events))]).to_string();
    let history = import::parse(&bare, None).expect("a history").history;
    let moments = Moments::of(&machine, &history);
    let recording = Recording::of(&history, &moments, RecordedNames::default());
    assert!(!recording.has_input());
    let input = Some(Value::parse(r#"{"items":[2]}"#).expect("JSON"));
    let recording =
        Recording::of(&history, &moments, RecordedNames { input, ..RecordedNames::default() });
    let found = verify(&machine, &history, &moments, &recording, &mut nobody);
    let nobodys = |it: &&stepwell::debug::Served| it.by == ServedBy::Nobody;
    assert_eq!(
        found.served.iter().filter(nobodys).count(),
        1,
        "its failure is known, its output is not"
    );
    assert!(found.divergence.is_some(), "it stands where nobody answers");
    let mut mock =
        |_: &TaskRequest, _: Timestamp| Some(TaskAnswer::Succeeded { output: Value::from(4) });
    let found = verify(&machine, &history, &moments, &recording, &mut mock);
    assert_eq!((found.divergence, found.reproduced), (None, history.events().len()));
}

// ------------------------------------------------------------------------------------------------------------------- size

/// 25,000 events: Maps in a Parallel, retries, and payloads of 64 KiB.
fn large() -> (Arc<StateMachine>, History, Moments) {
    let text = r#"{"StartAt":"Big","States":{
        "Big":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:big","ResultPath":null,"Next":"Fan"},
        "Fan":{"Type":"Parallel","ResultPath":null,"Next":"Big","Branches":[
            {"StartAt":"Each","States":{"Each":{"Type":"Map","ItemsPath":"$.items","End":true,"ItemProcessor":{"StartAt":"Try","States":{
                "Try":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:try","End":true,
                    "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":2}]}}}}}},
            {"StartAt":"Side","States":{"Side":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:big","ResultPath":null,"End":true}}}]}}}"#;
    let items: Vec<String> = (0..40).map(|it| format!(r#"{{"n":{it}}}"#)).collect();
    let payload = Value::object([("text", Value::from("x\u{1f980}".repeat(13_000)))]);
    recorded(text, &format!(r#"{{"items":[{}]}}"#, items.join(",")), &mut |request| {
        if request.resource.text.ends_with("big") {
            return vec![Input::TaskSucceeded { token: request.token, output: payload.clone() }];
        }
        second_time_lucky(request)
    })
}

/// Resident memory in bytes, where the platform tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<u64>().ok()? * 4096)
}

#[test]
fn a_history_of_25000_events_is_opened_scrubbed_and_verified() {
    let (machine, history, _) = large();
    assert_eq!(history.last_id().0, 25_000);
    let text = export::to_json(&history).to_string();
    drop(history);
    let file_mib = text.len() as f64 / f64::from(1 << 20);
    let clock = stepwell_clock();
    let before = resident();
    let history = import::parse(&text, None).expect("a history").history;
    let parsed = clock();
    let mut session = DebugSession::open(&Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:M:run".into(),
        state_machine: Arc::clone(&machine),
        kind: StateMachineType::Standard,
        history,
        source: ExecutionSource::Imported { path: PathBuf::from("history.json") },
    });
    let opened = clock();
    let memory = resident().zip(before).map(|(now, before)| now.saturating_sub(before));
    // Any event, in an order that helps no cache.
    let scrubs = 2000_u64;
    for number in 0..scrubs {
        session.goto(EventId(1 + number.wrapping_mul(7919) % 25_000));
    }
    let scrubbed = clock();
    for id in (1..=scrubs).rev() {
        session.goto(EventId(id * 12));
    }
    let walked = clock();
    let moments = Moments::of(&machine, session.history());
    let recording = Recording::of(session.history(), &moments, RecordedNames::default());
    let taken_apart = clock();
    let found = verify(&machine, session.history(), &moments, &recording, &mut nobody);
    let verified = clock();
    assert_eq!(found.divergence, None);
    assert_eq!(found.reproduced, 25_000);
    assert!(export::to_json(session.history()).to_string() == text, "export is identity");
    if let Some(file) = std::env::var_os("STEPWELL_WRITE_HISTORY") {
        std::fs::write(file, &text).expect("written");
    }
    println!(
        "{file_mib:.1} MiB: parsed in {parsed:.0} ms, opened in {:.0} ms, {:.1} MiB of memory; scrub {:.3} ms, back {:.3} ms; moments and answers \
         {:.0} ms, verified in {:.0} ms",
        opened - parsed,
        memory.unwrap_or(0) as f64 / f64::from(1 << 20),
        (scrubbed - opened) / scrubs as f64,
        (walked - scrubbed) / scrubs as f64,
        taken_apart - walked,
        verified - taken_apart
    );
}

/// Milliseconds since it was made.
fn stepwell_clock() -> impl Fn() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a test that measures")]
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64() * 1000.0
}
