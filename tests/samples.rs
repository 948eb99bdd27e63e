//! The bundled samples: the CRUD API keeps its contract in both forms, and every mock case of the others ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use stepwell::apigateway::{
    Begun, HttpRequest, HttpResponse, IntegrationResult, RequestContext, RestApi, SyncAnswer,
    begin, finish, http, start_sync_execution_body,
};
use stepwell::engine::{Action, ExecutionStart, Input, Machine, TaskRequest, TimerId};
use stepwell::execution::{ExecutionStatus, History, Timestamp};
use stepwell::json::Value;
use stepwell::project::{self, MachineDefinition, Project};
use stepwell::services::TaskAnswer;
use stepwell::services::dynamodb::DynamoDb;

/// The most inputs that any sample takes, with room to spare.
const MAX_INPUTS: usize = 10_000;

fn open(folder: &str) -> Project {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-machines").join(folder);
    let project = project::open(&path).expect("the sample opens");
    assert!(project.problems.is_empty(), "{folder}: {:?}", project.problems);
    for machine in &project.machines {
        assert!(machine.diagnostics.is_empty(), "{folder}: {:?}", machine.diagnostics);
    }
    project
}

/// Runs a machine to its end, with timers that fire as soon as nothing else can move.
fn run(
    machine: &MachineDefinition,
    input: Value,
    seed: u64,
    answer: &mut dyn FnMut(&TaskRequest) -> TaskAnswer,
) -> ExecutionStatus {
    let start = ExecutionStart {
        input,
        kind: machine.kind,
        synchronous: false,
        at: Timestamp(1_790_000_000_000),
        seed,
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:sample:run".into(),
        execution_name: "run".into(),
        role_arn: "arn:aws:iam::123456789012:role/sample".into(),
        state_machine_arn: machine.arn.as_str().into(),
        state_machine_name: machine.name.as_str().into(),
    };
    let mut history = History::default();
    let mut engine = Machine::start(machine.machine.clone(), &start, &mut history);
    let mut timers: Vec<(Timestamp, TimerId)> = Vec::new();
    let mut answers = Vec::new();
    let mut now = start.at;
    for _ in 0..MAX_INPUTS {
        if engine.has_ended() {
            break;
        }
        let input = if !answers.is_empty() {
            answers.remove(0)
        } else if engine.can_advance() {
            Input::Advance
        } else {
            timers.sort();
            assert!(!timers.is_empty(), "nothing can move {}", machine.name);
            let (at, timer) = timers.remove(0);
            now = now.max(at);
            Input::TimerFired { timer }
        };
        for action in engine.step(now, input, &mut history) {
            match action {
                Action::StartTimer { timer, at } => timers.push((at, timer)),
                Action::CancelTimer { timer } => timers.retain(|(_, other)| *other != timer),
                Action::RunTask(request) => answers.extend(inputs(&request, answer(&request))),
                Action::CancelTask { .. } | Action::ExecutionEnded => {}
            }
        }
    }
    history.status()
}

fn inputs(request: &TaskRequest, answer: TaskAnswer) -> Vec<Input> {
    let token = request.token;
    let resource = &request.resource.text;
    let mut inputs = Vec::new();
    if resource.contains(".sync") || resource.ends_with(".waitForTaskToken") {
        inputs.push(Input::TaskSubmitted { token, output: Value::empty_object() });
    }
    inputs.push(match answer {
        TaskAnswer::Succeeded { output } => Input::TaskSucceeded { token, output },
        TaskAnswer::Failed { error, cause } => Input::TaskFailed { token, error, cause },
        other @ (TaskAnswer::Submitted { .. } | TaskAnswer::Never) => {
            panic!("a sample answers for good, not {other:?}")
        }
    });
    inputs
}

/// One form of the CRUD sample, as it would answer.
struct Crud {
    api: RestApi,
    machine: MachineDefinition,
    database: DynamoDb,
    requests: u64,
    /// What DynamoDB fails with, when it does.
    trouble: Option<&'static str>,
    calls: usize,
}

impl Crud {
    fn open(folder: &str) -> Self {
        let mut project = open(folder);
        let database = DynamoDb::new().expect("a database in memory");
        for table in &project.tables {
            database.create_table(table).expect("the table's definition is complete");
        }
        let machine = project
            .machines
            .iter()
            .find(|it| it.substitutions.iter().any(|(_, value)| value.is_some()))
            .expect("the definition knows its table");
        let machine = machine.clone();
        Self {
            api: project.apis.remove(0),
            machine,
            database,
            requests: 0,
            trouble: None,
            calls: 0,
        }
    }

    fn send(&mut self, line: &str, body: &str) -> HttpResponse {
        self.requests += 1;
        self.calls = 0;
        let (method, target) = line.split_once(' ').expect("a method and a path");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: http::parse_query(query),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.to_owned(),
        };
        match begin(&self.api, &request, &RequestContext::default()) {
            Begun::Answered { response, .. } => response,
            Begun::Start(pending) => {
                assert_eq!(pending.start.state_machine_arn, self.machine.arn);
                let (database, trouble, calls) = (&self.database, self.trouble, &mut self.calls);
                let status = run(
                    &self.machine,
                    pending.start.input.clone(),
                    self.requests,
                    &mut |request| {
                        *calls += 1;
                        let fail = |error: &str| TaskAnswer::Failed {
                            error: Some(error.into()),
                            cause: Some("secret".into()),
                        };
                        trouble.map_or_else(|| database.run(request), fail)
                    },
                );
                let result =
                    IntegrationResult { status: 200, body: sync_body(&status), timed_out: false };
                finish(&self.api, *pending, &result).0
            }
        }
    }

    #[track_caller]
    fn expect(&mut self, status: u16, line: &str, body: &str) -> Value {
        let response = self.send(line, body);
        assert_eq!(response.status, status, "{line} {body}: {}", response.body);
        Value::parse(&response.body).expect("every answer is JSON")
    }
}

fn sync_body(status: &ExecutionStatus) -> String {
    let mut answer = SyncAnswer { status: status.as_str().to_owned(), ..SyncAnswer::default() };
    match status {
        ExecutionStatus::Succeeded { output } => answer.output.clone_from(output),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => {
            answer.error = error.as_ref().map(ToString::to_string);
            answer.cause = cause.as_ref().map(ToString::to_string);
        }
        ExecutionStatus::Running => panic!("the execution does not end"),
    }
    start_sync_execution_body(&answer)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).expect("a text of that name")
}

fn keeps_its_contract(folder: &str) {
    let mut crud = Crud::open(folder);
    let body = r#"{"make":"MINI","model":"Cooper's é/\" x","year":2015,"price":99.5,"none":null,"new":true,"deep":[[[1,2],[3]],[]],"empty":{},"tags":["a"]}"#;
    let created = crud.send("POST /items", body);
    assert_eq!(created.status, 201, "{}", created.body);
    let item = Value::parse(&created.body).expect("an item");
    let id = text(&item, "id").to_owned();
    assert_eq!(created.header("location"), Some(format!("/items/{id}").as_str()));
    let found = crud.expect(200, &format!("GET /items/{id}"), "");
    let given = Value::parse(body).expect("this is JSON");
    for (name, value) in given.as_object().expect("an object") {
        assert_eq!(found.get(name), Some(value), "{name} comes back as it was given");
    }

    for invalid in ["", "[1]", "nope", "{}", "null", r#"{"year":"old"}"#] {
        for line in ["POST /items".to_owned(), format!("PUT /items/{id}")] {
            let refused = crud.expect(400, &line, invalid);
            assert!(!text(&refused, "detail").is_empty());
        }
    }

    for number in 0..4 {
        crud.expect(201, "POST /items", &format!("{{\"number\":{number}}}"));
    }
    let (mut next, mut ids, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = crud.expect(200, &format!("GET /items?limit=2{next}"), "");
        ids.extend(
            page.get("items")
                .and_then(Value::as_array)
                .expect("items")
                .iter()
                .map(|it| text(it, "id").to_owned()),
        );
        pages += 1;
        match page.get("next").expect("next is always there").as_str() {
            Some(cursor) => next = format!("&next={cursor}"),
            None => break,
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), pages), (5, 3));
    let garbage = "z".repeat(48);
    for query in
        ["limit=0", "limit=101", "limit=many", "limit=1.5", "next=abc", &format!("next={garbage}")]
    {
        crud.expect(400, &format!("GET /items?{query}"), "");
    }

    let replaced = crud.expect(200, &format!("PUT /items/{id}"), r#"{"make":"VW","id":"another"}"#);
    assert_eq!(replaced.to_string(), format!(r#"{{"id":"{id}","make":"VW"}}"#));
    assert_eq!(crud.expect(200, &format!("GET /items/{id}"), ""), replaced);
    crud.expect(200, &format!("DELETE /items/{id}"), "");
    for missing in [id.as_str(), "nothing", "it's%22%5C%2Fé", "%E6%A3%80"] {
        crud.expect(404, &format!("GET /items/{missing}"), "");
        crud.expect(404, &format!("PUT /items/{missing}"), r#"{"a":1}"#);
        crud.expect(404, &format!("DELETE /items/{missing}"), "");
    }
    crud.expect(403, "GET /cars", "");

    for (line, trouble) in [
        ("POST /items", "DynamoDB.ProvisionedThroughputExceededException"),
        ("GET /items", "DynamoDb.InternalServerErrorException"),
    ] {
        crud.trouble = Some(trouble);
        let response = crud.send(line, r#"{"a":1}"#);
        assert_eq!((response.status, crud.calls), (500, 4), "three retries, then the failure");
        assert!(
            !response.body.contains("secret") && !response.body.contains("DynamoD"),
            "{}",
            response.body
        );
    }
}

#[test]
fn the_terraform_form_of_the_crud_sample_keeps_its_contract() {
    keeps_its_contract("crud/terraform");
}

#[test]
fn the_sam_form_of_the_crud_sample_keeps_its_contract() {
    keeps_its_contract("crud/sam");
}

#[test]
fn every_mock_case_of_a_sample_runs_to_the_end_it_should() {
    let failing = ["OutOfStock", "CardDeclined", "NobodyDecides", "CheckFails"];
    for folder in ["approval", "onboarding", "order-fulfilment", "picture-batch", "sales-report"] {
        let project = open(folder);
        let mocks = project.mocks.as_ref().expect("the sample has mocks");
        for machine in &project.machines {
            let (_, input) = project
                .example_inputs
                .iter()
                .find(|(name, _)| *name == machine.name)
                .expect("an input");
            let cases = mocks.cases(&machine.name);
            assert!(!cases.is_empty(), "{} has cases", machine.name);
            for name in cases {
                let case = mocks.case(&machine.name, &name).expect("the case was listed");
                // One that waits for somebody outside, and those whose machine really runs another one.
                if name == "AskSomebody" || machine.name == "onboarding" {
                    continue;
                }
                let mut invocations: BTreeMap<Arc<str>, u32> = BTreeMap::new();
                let status = run(machine, Value::parse(input).expect("JSON"), 7, &mut |request| {
                    let count = invocations.entry(request.state_name.clone()).or_default();
                    *count += 1;
                    case.answer(&request.state_name, *count - 1)
                        .expect("the case answers every task")
                });
                let expected =
                    if failing.contains(&name.as_str()) { "FAILED" } else { "SUCCEEDED" };
                assert_eq!(status.as_str(), expected, "{folder} {name}: {status:?}");
            }
        }
    }
}

#[test]
fn the_onboarding_sample_really_runs_its_background_check() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-machines/onboarding");
    let input = format!("@{folder}/onboarding.input.json");
    for (case, check, output) in [
        (
            "Welcome",
            "SUCCEEDED",
            r#"{"welcome":"Katherine","account":"katherine@example.com","laptop":"L-9"}"#,
        ),
        (
            "NotConfirmed",
            "SUCCEEDED",
            r#"{"call":"Katherine","why":"West Virginia State did not confirm"}"#,
        ),
        (
            "CheckFails",
            "FAILED",
            r#"{"call":"Katherine","why":"The background check did not end well"}"#,
        ),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_stepwell"))
            .args(["run", folder, "--machine", "onboarding", "--input", &input])
            .args(["--case", case, "--format", "json"])
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&run.stdout);
        let json = Value::parse(&text).unwrap_or_else(|err| {
            panic!("{case}: {err}: {text}{}", String::from_utf8_lossy(&run.stderr))
        });
        assert_eq!(json.get("output"), Some(&Value::parse(output).expect("JSON")), "{case}");
        assert!(text.contains(":execution:background-check:"), "{case}: {text}");
        let ended = text.matches(&format!("\"status\": \"{check}\"")).count();
        assert!(ended > 0, "{case}: the inner one is {check}: {text}");
    }
}
