//! The cases recorded from AWS, run here and scored by the corpus's own scorer.
//!
//! `STEPWELL_CASES` names another folder of cases, `STEPWELL_ACTUALS` a file for what we answered. Without the corpus or
//! Python there is nothing to compare with, and the test says so.

#![expect(clippy::print_stdout, reason = "the score is what this test is run for")]

#[path = "mapping_templates.rs"]
mod mapping_templates;
#[path = "conformance/messages.rs"]
mod messages;
#[path = "conformance/neutral.rs"]
mod neutral;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use stepwell::asl::aws::{Account, create_request_error};
use stepwell::asl::task::ResourceKind;
use stepwell::asl::{Scope, StateKind, StateMachine, StateMachineType};
use stepwell::engine::test_state::{TestStateError, TestStateRequest, test_state};
use stepwell::engine::{
    ExecutionStart, Input, Journal, Machine, Run, TaskRequest, run::run_machine,
};
use stepwell::execution::{EventType, ExecutionStatus, History, Timestamp, export};
use stepwell::json::document::{Document, Format};
use stepwell::json::{Object, Value};
use stepwell::services::TaskAnswer;
use stepwell::services::s3::{S3, SeedObject};
use stepwell::services::states::{Started, StatesCall};

/// What must be passed at least. What is missing of the executions cannot be run: of three Express ones it was not recorded what
/// their functions answered, and of one the corpus replaced the output by a name. Raised whenever more is reached, never lowered.
const FLOORS: &[(&str, u64)] = &[
    ("execution without choice tables status", 445),
    ("execution without choice tables output", 442),
    ("execution without choice tables events", 439),
    ("execution/choice_operators output", 319),
    ("test_state response", 134),
    ("create_error response", 14),
    ("validate response", 8),
];

#[test]
fn recorded_cases_are_answered_as_aws_answered_them() {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance"));
    let cases =
        std::env::var_os("STEPWELL_CASES").map_or_else(|| corpus.join("cases"), PathBuf::from);
    if !cases.is_dir() {
        println!("skipped: there is no corpus at {}", cases.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the results");
    let actuals = std::env::var_os("STEPWELL_ACTUALS")
        .map_or_else(|| folder.path().join("actuals.jsonl"), PathBuf::from);
    let ran = run_all(&cases, &actuals);
    println!("{ran} cases ran");
    let report = folder.path().join("report.json");
    let Some(scores) = score(&corpus.join("score.py"), &cases, &actuals, &report) else {
        println!("not scored: no python3, or no score.py beside the cases");
        return;
    };
    // Another folder of cases has other totals.
    if std::env::var_os("STEPWELL_CASES").is_none() {
        for (what, floor) in FLOORS {
            let passed = scores
                .get(*what)
                .and_then(|it| it.get("passed"))
                .and_then(Value::as_i64)
                .unwrap_or(0);
            assert!(
                passed.cast_unsigned() >= *floor,
                "{what}: {passed} passed, {floor} did before"
            );
        }
    }
}

/// Writes a line for each case of a kind that is run here; how many there were.
fn run_all(cases: &Path, actuals: &Path) -> usize {
    let mut files: Vec<PathBuf> = fs::read_dir(cases)
        .expect("the cases' folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    files.sort();
    let mut out =
        std::io::BufWriter::new(fs::File::create(actuals).expect("a file for the answers"));
    let mut ran = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file of cases");
        let list = Value::parse(&text).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        for case in list.as_array().into_iter().flatten() {
            let Some(answer) = run_case(case) else { continue };
            let (member, value) = match answer {
                Ok(actual) => ("actual", actual),
                Err(why) => ("unsupported", Value::from(why)),
            };
            let line = Value::object([
                ("id", case.get("id").cloned().unwrap_or_default()),
                (member, value),
            ]);
            writeln!(out, "{line}").expect("writing the answers");
            ran += 1;
        }
    }
    ran
}

/// `None` for the kinds that are not compared.
fn run_case(case: &Value) -> Option<Result<Value, String>> {
    match case.get("kind").and_then(Value::as_str)? {
        "execution" => Some(Ok(run_execution(case))),
        "create_error" => Some(Ok(run_create_error(case))),
        "validate" => Some(Ok(run_validate(case))),
        "test_state" => Some(run_test_state(case)),
        "velocity" => Some(Ok(mapping_templates::velocity_answer(case))),
        "vtl" => Some(Ok(mapping_templates::vtl_answer(case))),
        _ => None,
    }
}

fn score(
    scorer: &Path,
    cases: &Path,
    actuals: &Path,
    report: &Path,
) -> Option<BTreeMap<String, Value>> {
    if !scorer.is_file() {
        return None;
    }
    let failures = std::env::var("STEPWELL_FAILURES").unwrap_or_else(|_| "0".to_owned());
    let output = Command::new("python3")
        .arg(scorer)
        .args([cases, actuals])
        .arg("--json")
        .arg(report)
        .args(["--failures", &failures])
        .output()
        .ok()?;
    println!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let report = Value::parse(&fs::read_to_string(report).ok()?).ok()?;
    let scores =
        report.as_object()?.iter().map(|(name, score)| (name.to_string(), score.clone())).collect();
    Some(scores)
}

/// The definition's text: as it is, where the case is about the text itself.
fn definition_text(case: &Value) -> String {
    match case.get("definition") {
        Some(Value::String(text)) => text.to_string(),
        Some(definition) => definition.to_string(),
        None => String::new(),
    }
}

fn machine_type(name: Option<&Value>) -> StateMachineType {
    if name.and_then(Value::as_str) == Some("EXPRESS") {
        StateMachineType::Express
    } else {
        StateMachineType::Standard
    }
}

// ---------------------------------------------------------------------------------------------------------- execution

fn run_execution(case: &Value) -> Value {
    let ours = run_from(case, "2026-01-01T00:00:00Z", 1);
    let other = run_from(case, "2031-10-17T13:45:27.123Z", 8);
    let Some(expected) = case.get("expected") else { return ours };
    let mut members =
        neutral::neutralised(expected, &ours, &other).as_object().cloned().unwrap_or_default();
    if let (Some(events), Some(recorded)) = (members.get("events").cloned(), expected.get("events"))
    {
        members.insert("events".into(), neutral::without_lost_events(recorded, &events));
    }
    Value::from(members)
}

/// The answer of an execution that starts at a time and with a seed.
fn run_from(case: &Value, at: &str, seed: u64) -> Value {
    let document = Document::parse(&definition_text(case), Format::Json);
    let mut definition = stepwell::asl::parse::parse(&document).machine;
    let mut world = World::of(case);
    world.name_activities(&mut definition.top);
    let kind = machine_type(case.get("type"));
    let at = Timestamp::parse(at).expect("a valid instant");
    let start = ExecutionStart {
        input: restored_input(case, at),
        kind,
        synchronous: case.get("sync").and_then(Value::as_bool) == Some(true),
        at,
        seed,
        execution_arn: match kind {
            StateMachineType::Standard => {
                "arn:aws:states:us-east-1:111111111111:execution:Machine:Run".into()
            }
            StateMachineType::Express => {
                "arn:aws:states:us-east-1:111111111111:express:Machine:Run:1".into()
            }
        },
        execution_name: "Run".into(),
        // The corpus's names for the role, one for each family of tests.
        role_arn: match kind {
            StateMachineType::Standard => "snf_role_arn".into(),
            StateMachineType::Express => "sfn_role_arn".into(),
        },
        state_machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:Machine".into(),
        state_machine_name: "Machine".into(),
    };
    let run = run_until_told(Arc::new(definition), start, &mut world, stop_after(case));
    reply(&run.history)
}

/// Aborted executions were stopped from outside, after the events before the last.
fn stop_after(case: &Value) -> Option<usize> {
    let expected = case.get("expected")?;
    let aborted = expected.get("status").and_then(Value::as_str) == Some("ABORTED");
    let events = expected.get("events").and_then(Value::as_array).map_or(0, Vec::len);
    aborted.then(|| events.saturating_sub(1))
}

fn run_until_told(
    definition: Arc<StateMachine>,
    start: ExecutionStart,
    world: &mut World,
    stop_after: Option<usize>,
) -> Run {
    let mut history = History::default();
    let mut machine = Machine::start(definition, &start, &mut history).without_inspections();
    if let Some(events) = stop_after {
        while history.events().len() < events && machine.can_advance() {
            machine.step(start.at, Input::Advance, &mut history);
        }
        machine.step(start.at, Input::Stop { error: None, cause: None }, &mut history);
    }
    run_machine(machine, history, Journal::new(start), &mut |request| world.answer(request))
}

/// What `DescribeExecution` and `GetExecutionHistory` would say.
fn reply(history: &History) -> Value {
    let status = history.status();
    let mut members = vec![("status", Value::from(status.as_str()))];
    let text = |text: Option<Arc<str>>| text.map_or(Value::Null, Value::String);
    match status {
        ExecutionStatus::Running => {}
        ExecutionStatus::Succeeded { output } => {
            members.push(("output", output.unwrap_or_default()));
        }
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => {
            members.push(("error", text(error)));
            members.push(("cause", text(cause)));
        }
    }
    members.push(("events", export::to_json(history).get("events").cloned().unwrap_or_default()));
    Value::object(members)
}

/// The services as they were recorded.
struct World {
    /// Not yet given.
    answers: VecDeque<Value>,
    /// S3, where a case has some.
    s3: S3,
    /// Machines that the case starts.
    others: Vec<Value>,
    /// What functions gave for which payloads, where it was only seen in a simulation.
    observed: Vec<Value>,
    /// The tasks of a distributed Map's child executions were not recorded.
    children_unrecorded: bool,
    /// Names of activity workers, by the id of the started event.
    workers: BTreeMap<i64, Arc<str>>,
}

impl World {
    fn of(case: &Value) -> Self {
        let events = case.get("expected").and_then(|it| it.get("events")).and_then(Value::as_array);
        let workers = events.into_iter().flatten().filter_map(|event| {
            let worker = event.get("activityStartedEventDetails")?.get("workerName")?.as_str()?;
            Some((event.get("id")?.as_i64()?, worker.into()))
        });
        Self {
            answers: case
                .get("task_results")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            s3: buckets(case),
            others: case
                .get("other_state_machines")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            observed: case
                .get("observed_calls_simulated")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            children_unrecorded: case.get("needs_child_task_results").and_then(Value::as_bool)
                == Some(true),
            workers: workers.collect(),
        }
    }

    /// The corpus replaced the ARNs of activities by plain names; what kind of resource they are is in the recording.
    fn name_activities(&self, scope: &mut Scope) {
        for state in scope.states.values_mut() {
            let name = state.name.to_string();
            match &mut state.kind {
                StateKind::Task(task) if task.resource.kind == ResourceKind::Other => {
                    let is_activity = self.answers.iter().any(|it| {
                        it.get("kind").and_then(Value::as_str) == Some("Activity")
                            && it.get("state").and_then(Value::as_str) == Some(&name)
                    });
                    if is_activity {
                        task.resource.kind =
                            ResourceKind::Activity { name: task.resource.text.clone() };
                    }
                }
                StateKind::Parallel(parallel) => {
                    for branch in &mut parallel.branches {
                        self.name_activities(branch);
                    }
                }
                StateKind::Map(map) => self.name_activities(&mut map.processor.scope),
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

    fn answer(&mut self, request: &TaskRequest) -> Vec<Input> {
        let Some(recorded) = self.take_answer(request) else {
            let read = self.read_bucket(request);
            return match read.is_empty() {
                false => read,
                true => self
                    .observed(request)
                    .or_else(|| self.children_unrecorded.then(|| echo(request)))
                    .unwrap_or_default(),
            };
        };
        let token = request.token;
        let mut inputs = Vec::new();
        let started = recorded.get("event_id").and_then(Value::as_i64).map(|it| it + 1);
        if let Some(worker) = started.and_then(|it| self.workers.get(&it)) {
            inputs.push(Input::TaskStarted { token, worker_name: Some(Arc::clone(worker)) });
        }
        if let Some(output) = recorded.get("submitted_output") {
            inputs.push(Input::TaskSubmitted { token, output: output.clone() });
        }
        let Some(result) = recorded.get("result") else { return inputs };
        let is_function = recorded.get("kind").and_then(Value::as_str) == Some("LambdaFunction");
        let text = |name: &str| match result.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Arc::clone(text)),
            // A function's own answer is what Python's `json` writes; a service's is compact.
            Some(other) if is_function => Some(with_blanks(other).into()),
            Some(other) => Some(other.to_string().into()),
        };
        let child = self.run_child(request, result);
        if let Some(input) = child {
            inputs.push(input);
        } else if let Some(output) = result.get("output") {
            inputs.push(Input::TaskSucceeded { token, output: output.clone() });
        } else if result.get("timed_out").is_none() && result.get("none").is_none() {
            inputs.push(Input::TaskFailed { token, error: text("error"), cause: text("cause") });
        }
        inputs
    }

    /// What another machine of the case comes to when it is started and waited for, where it needs nobody's answers.
    fn run_child(&self, request: &TaskRequest, recorded: &Value) -> Option<Input> {
        let Some(Ok(StatesCall::Start(call))) = StatesCall::of(request) else { return None };
        let other = self.others.iter().find(|it| {
            it.get("arn").and_then(Value::as_str) == Some(call.state_machine_arn.as_str())
        })?;
        let document = Document::parse(&definition_text(other), Format::Json);
        let definition = Arc::new(stepwell::asl::parse::parse(&document).machine);
        let machine_arn: Arc<str> = call.state_machine_arn.as_str().into();
        let name: Arc<str> = call.name.as_deref().unwrap_or("Child").into();
        let arn = machine_arn.replace(":stateMachine:", ":execution:");
        let start = ExecutionStart {
            input: call.input.clone(),
            kind: machine_type(other.get("type")),
            synchronous: call.synchronous,
            at: Timestamp::parse("2026-01-01T00:00:00Z").expect("a valid instant"),
            seed: 2,
            execution_arn: format!("{arn}:{name}").into(),
            execution_name: Arc::clone(&name),
            role_arn: "snf_role_arn".into(),
            state_machine_arn: Arc::clone(&machine_arn),
            state_machine_name: name,
        };
        let run = stepwell::engine::run_to_end(definition, start.clone(), &mut |_| Vec::new());
        if !run.machine.has_ended() {
            return None;
        }
        let started = Started {
            execution_arn: start.execution_arn,
            state_machine_arn: machine_arn,
            name: start.execution_name,
            input: call.input.clone(),
            started_at: start.at,
        };
        let stopped_at = run.history.events().last()?.timestamp;
        let token = request.token;
        match call.ended(&started, &run.history.status(), stopped_at)? {
            TaskAnswer::Succeeded { output } => {
                let output = as_of_its_time(&output, recorded.get("output")?);
                Some(Input::TaskSucceeded { token, output })
            }
            TaskAnswer::Failed { error, cause } => {
                let cause = Value::parse(&cause?).expect("our own JSON");
                let cause = as_of_its_time(&cause, recorded.get("cause")?).to_string();
                Some(Input::TaskFailed { token, error, cause: Some(cause.into()) })
            }
            TaskAnswer::Submitted { .. } | TaskAnswer::Never => None,
        }
    }

    /// What the function was seen to give for this payload.
    fn observed(&self, request: &TaskRequest) -> Option<Vec<Input>> {
        let payload = request.parameters.get("Payload");
        let same = |call: &&Value| {
            call.get("payload").is_some_and(|it| *it == request.parameters || Some(it) == payload)
        };
        let result = self.observed.iter().find(same)?.get("result")?.clone();
        let output = match payload {
            Some(_) => Value::object([("Payload", result)]),
            None => result,
        };
        Some(vec![Input::TaskSucceeded { token: request.token, output }])
    }

    /// The next recorded attempt of the state; entries without a name are told by their order.
    fn take_answer(&mut self, request: &TaskRequest) -> Option<Value> {
        let indices: Vec<Value> =
            request.map_indices.iter().map(|it| Value::from(it.cast_signed())).collect();
        let fits = |entry: &Value| {
            let same_state =
                entry.get("state").and_then(Value::as_str) == Some(&request.state_name);
            let same_iteration = entry
                .get("map_index")
                .is_none_or(|it| it.as_array().and_then(|it| it.last()) == indices.last());
            same_state && same_iteration
        };
        let asks_the_same = |entry: &Value| {
            let parameters = entry
                .get("request")
                .and_then(|it| it.get("parameters").or_else(|| it.get("input")));
            entry.get("state").is_none_or(Value::is_null) && parameters == Some(&request.parameters)
        };
        let at = self
            .answers
            .iter()
            .position(fits)
            .or_else(|| self.answers.iter().position(asks_the_same))
            .or_else(|| {
                self.answers.iter().position(|it| it.get("state").is_none_or(Value::is_null))
            })?;
        self.answers.remove(at)
    }

    /// The embedded S3 with the buckets as they were before the start, for the reader of a Map, and open for its writer.
    fn read_bucket(&self, request: &TaskRequest) -> Vec<Input> {
        let token = request.token;
        // The recordings say nothing of the buckets that results were written to.
        if S3::is_result_writer(request) {
            return vec![Input::TaskSucceeded { token, output: Value::empty_object() }];
        }
        if !self.s3.handles(request) {
            return Vec::new();
        }
        vec![match self.s3.run(request) {
            TaskAnswer::Succeeded { output } => Input::TaskSucceeded { token, output },
            TaskAnswer::Failed { error, cause } => Input::TaskFailed { token, error, cause },
            other @ (TaskAnswer::Submitted { .. } | TaskAnswer::Never) => {
                panic!("S3 answers at once, not {other:?}")
            }
        }]
    }
}

/// Without what AWS has added since a recording was made (redriving came in November 2023), and at the recorded times.
fn as_of_its_time(ours: &Value, recorded: &Value) -> Value {
    let members = ours.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let recorded = recorded.get(name);
        let value = match &**name {
            "StartDate" | "StopDate" => recorded?.clone(),
            name if name.starts_with("Redrive") && recorded.is_none() => return None,
            _ => value.clone(),
        };
        Some((Arc::clone(name), value))
    });
    Value::object(members)
}

/// `s3_objects` of a case.
fn buckets(case: &Value) -> S3 {
    let objects = case.get("s3_objects").and_then(Value::as_array).into_iter().flatten();
    let text = |object: &Value, name: &str| {
        object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let seeds = objects.map(|it| SeedObject {
        bucket: text(it, "bucket"),
        key: text(it, "key"),
        body: text(it, "body").into_bytes().into(),
    });
    S3::with(&seeds.collect::<Vec<_>>()).expect("the corpus fits")
}

/// A function that gives back what it got, which is what those called by unrecorded children do.
fn echo(request: &TaskRequest) -> Vec<Input> {
    let output = match &request.resource.kind {
        ResourceKind::LambdaFunction { .. } => request.parameters.clone(),
        ResourceKind::Optimised { service, .. } if &**service == "lambda" => Value::object([(
            "Payload",
            request.parameters.get("Payload").cloned().unwrap_or_default(),
        )]),
        ResourceKind::Activity { .. }
        | ResourceKind::Optimised { .. }
        | ResourceKind::AwsSdk { .. }
        | ResourceKind::Other => return Vec::new(),
    };
    vec![Input::TaskSucceeded { token: request.token, output }]
}

/// The input, with the time that a Wait is given. The corpus put the word `timestamp` in its place; what it was, the test's
/// parameter tells: a number of days ahead, or the end of the format.
fn restored_input(case: &Value, at: Timestamp) -> Value {
    let input = case.get("input").cloned().unwrap_or_default();
    let id = case.get("id").and_then(Value::as_str).unwrap_or_default();
    let parameter = id.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    let (Value::Object(members), Some(parameter)) = (&input, parameter) else { return input };
    let whole_seconds =
        |millis: i64| at.plus_millis(millis).to_string().chars().take(19).collect::<String>();
    let time = match parameter.parse::<i64>() {
        Ok(days) => format!("{}Z", whole_seconds(days.saturating_mul(86_400_000))),
        Err(_) => format!("{}{parameter}", whole_seconds(1_000)),
    };
    let restore = |(name, value): (&Arc<str>, &Value)| {
        let value =
            if value.as_str() == Some("timestamp") { Value::from(&*time) } else { value.clone() };
        (Arc::clone(name), value)
    };
    Value::from(members.iter().map(restore).collect::<stepwell::json::Object>())
}

/// JSON as Python writes it, with a blank after each comma and colon.
fn with_blanks(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(with_blanks).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member = |(name, value): (&Arc<str>, &Value)| {
                format!("{}: {}", Value::String(Arc::clone(name)), with_blanks(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

// ------------------------------------------------------------------------------------------------- definitions refused

fn run_create_error(case: &Value) -> Value {
    let mut request: Object =
        case.get("request").and_then(Value::as_object).cloned().unwrap_or_default();
    request.insert("definition".into(), Value::from(definition_text(case)));
    if let Some(kind) = case.get("type") {
        request.insert("type".into(), kind.clone());
    }
    // What was in the account when AWS answered is not recorded: here nothing is.
    match create_request_error(&Value::from(request), &Account::default()) {
        Some((code, message)) => {
            let error =
                Value::object([("Code", Value::from(code)), ("Message", Value::from(message))]);
            Value::object([("error", error)])
        }
        None => Value::object([("response", Value::empty_object())]),
    }
}

fn run_validate(case: &Value) -> Value {
    let request = case.get("request").cloned().unwrap_or_default();
    let kind = machine_type(request.get("type").or_else(|| case.get("type")));
    let severity = match request.get("severity").and_then(Value::as_str) {
        Some("WARNING") => stepwell::asl::Severity::Warning,
        Some(_) | None => stepwell::asl::Severity::Error,
    };
    let most =
        request.get("maxResults").and_then(Value::as_i64).and_then(|it| usize::try_from(it).ok());
    let response =
        stepwell::asl::aws::validate_response(&definition_text(case), kind, severity, most);
    Value::object([("response", response)])
}

// ------------------------------------------------------------------------------------------------------ one state alone

/// A service that was not mocked answered what the recording shows as the state's result, before anything was made of it.
fn run_test_state(case: &Value) -> Result<Value, String> {
    let request = case.get("request").cloned().unwrap_or_default();
    let recorded = case
        .get("expected")
        .and_then(|it| it.get("response")?.get("inspectionData")?.get("result").cloned());
    let mut answer = |task: &TaskRequest| {
        // Recorded texts of JSON stay texts, unless they hold an object.
        let output = recorded.clone().map(|it| match it.as_str().map(Value::parse) {
            Some(Ok(value)) => value,
            Some(Err(_)) | None => it,
        });
        output.map(|output| vec![Input::TaskSucceeded { token: task.token, output }])
    };
    let response = TestStateRequest::from_json(definition_text(case), &request)
        .and_then(|request| test_state(&request, &mut answer));
    match response {
        Ok(response) => Ok(Value::object([("response", response)])),
        Err(TestStateError::Refused { code, message }) => {
            let error =
                Value::object([("Code", Value::from(code)), ("Message", Value::from(message))]);
            Ok(Value::object([("error", error)]))
        }
        Err(TestStateError::Unanswered { resource }) => {
            Err(format!("what {resource} answered was not recorded"))
        }
    }
}

/// A recorded history that we read and write is still what AWS recorded.
#[test]
fn a_recorded_history_survives_reading_and_writing() {
    let cases = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance/cases"));
    if !cases.is_dir() {
        println!("skipped: there is no corpus at {}", cases.display());
        return;
    }
    let mut read = 0;
    for entry in fs::read_dir(&cases).expect("the cases' folder").flatten() {
        let list =
            Value::parse(&fs::read_to_string(entry.path()).expect("readable")).expect("JSON");
        for case in list.as_array().into_iter().flatten() {
            let Some(events) = case.get("expected").and_then(|it| it.get("events")) else {
                continue;
            };
            // Recordings of concurrent branches have their ids blanked.
            let Ok(history) = export::from_json(events) else { continue };
            read += 1;
            let known =
                |it: &stepwell::execution::HistoryEvent| it.event_type != EventType::Unknown;
            assert!(history.events().iter().all(known), "{case}");
            let written = export::to_json(&history);
            let again = export::from_json(&written).expect("our own JSON");
            assert_eq!(history.events(), again.events());
            assert_eq!(written, export::to_json(&again));
        }
    }
    assert!(read > 300, "only {read} histories could be read");
}
