//! An account to attach to: what its calls answer, profiles to attach with, and waiting without a clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stepwell::app::attach::{AwsCommand, Choice, Patience, ProfileFiles};
use stepwell::app::{App, Command};

use super::loopback::{Reply, Request};

pub(crate) const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
pub(crate) const EXECUTION: &str = "arn:aws:states:eu-west-1:123456789012:execution:orders:e-0";
pub(crate) const DEFINITION: &str = r#"{
  "StartAt": "Take",
  "States": {
    "Take": { "Type": "Pass", "Result": { "x": 1 }, "Next": "Refuse" },
    "Refuse": { "Type": "Fail", "Error": "Orders.Late", "Cause": "it is late" }
  }
}"#;

pub(crate) fn aws(app: &mut App, command: AwsCommand) {
    app.run_command(Command::Aws(command));
}

/// Lets the app take in news until something is so.
pub(crate) fn until(app: &mut App, what: &str, is_so: impl Fn(&App) -> bool) {
    wait_until(app, what, 20, is_so);
}

pub(crate) fn wait_until(app: &mut App, what: &str, seconds: u32, is_so: impl Fn(&App) -> bool) {
    for _ in 0..seconds * 50 {
        if is_so(app) {
            return;
        }
        app.wait_and_tick(Duration::from_millis(20));
    }
    let connection = &app.attach.connection.link;
    panic!("not so after {seconds} s: {what}; {connection:?}; {:?}", app.notices);
}

/// Profiles and settings of a test: nothing of this machine's own is read.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new(config: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        home.write("config", config);
        home.write(
            "credentials",
            "[keys]\naws_access_key_id = AKIATEST\naws_secret_access_key = B\n",
        );
        home
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("it is in a folder")).expect("made");
        std::fs::write(file, text).expect("written");
    }

    pub(crate) fn settings(&self) -> std::path::PathBuf {
        self.folder.path().join("settings.json")
    }

    pub(crate) fn app(&self) -> App {
        let mut app = App::new(Some(self.settings()), Arc::new(|| ()));
        let path = self.folder.path();
        let connection = &mut app.attach.connection;
        connection.files = Some(ProfileFiles {
            config: path.join("config"),
            credentials: path.join("credentials"),
        });
        connection.patience = Some(Patience {
            attempt: Duration::from_secs(5),
            attempts: 2,
            first_wait: Duration::from_millis(20),
        });
        connection.sign_in_folders = vec![path.join("cache")];
        app
    }

    pub(crate) fn choice(&self, url: &str) -> Choice {
        Choice {
            profile: Some("keys".to_owned()),
            region: "eu-west-1".to_owned(),
            endpoint_url: url.to_owned(),
        }
    }

    pub(crate) fn connected(&self, url: &str) -> App {
        let mut app = self.app();
        aws(&mut app, AwsCommand::Connect(self.choice(url)));
        until(&mut app, "connected", |app| app.attach.connection.attached().is_some());
        app
    }
}

// -- what the calls answer

pub(crate) fn machine(number: u64) -> Value {
    let name = if number == 0 { "orders".to_owned() } else { format!("machine-{number}") };
    json!({ "stateMachineArn": MACHINE.replace("orders", &name), "name": name, "type": "STANDARD",
            "creationDate": 1.7e9 })
}

pub(crate) fn execution(number: u64) -> Value {
    let name = format!("e-{number}");
    json!({ "executionArn": EXECUTION.replace("e-0", &name), "stateMachineArn": MACHINE, "name": name,
            "status": "FAILED", "startDate": 1.7e9, "stopDate": 1.7e9 + 1.0 })
}

pub(crate) fn description() -> Value {
    let mut description = execution(0);
    description["input"] = json!("{\"n\":1}");
    description["error"] = json!("Orders.Late");
    description
}

pub(crate) fn state_machine() -> Value {
    json!({ "stateMachineArn": MACHINE, "name": "orders", "status": "ACTIVE", "type": "STANDARD",
            "definition": DEFINITION, "roleArn": "arn:aws:iam::123456789012:role/r", "creationDate": 1.7e9 })
}

pub(crate) fn machine_for_execution() -> Value {
    json!({ "stateMachineArn": MACHINE, "name": "orders", "roleArn": "arn:aws:iam::123456789012:role/r",
            "updateDate": 1.7e9, "definition": DEFINITION })
}

/// Events of an execution that goes through `Take` again and again, and fails in `Refuse` with its last two events.
pub(crate) fn event(id: u64, last: u64) -> Value {
    let previous = if id <= 2 { 0 } else { id - 1 };
    let mut event =
        json!({ "id": id, "previousEventId": previous, "timestamp": 1.7e9 + id as f64 });
    let (kind, member, details) = if id == 1 {
        ("ExecutionStarted", "executionStartedEventDetails", json!({ "input": "{\"n\":1}" }))
    } else if id == last {
        let details = json!({ "error": "Orders.Late", "cause": "it is late" });
        ("ExecutionFailed", "executionFailedEventDetails", details)
    } else if id == last - 1 {
        let details = json!({ "name": "Refuse", "input": "{\"x\":1}" });
        ("FailStateEntered", "stateEnteredEventDetails", details)
    } else if id.is_multiple_of(2) {
        let details = json!({ "name": "Take", "input": "{\"n\":1}" });
        ("PassStateEntered", "stateEnteredEventDetails", details)
    } else {
        let details = json!({ "name": "Take", "output": "{\"x\":1}" });
        ("PassStateExited", "stateExitedEventDetails", details)
    };
    event["type"] = json!(kind);
    event[member] = details;
    event
}

/// `GetExecutionHistory` of so many events, as AWS cuts it into pages.
pub(crate) fn history_page(request: &Request, last: u64) -> Value {
    beginning(request, last, last)
}

/// The same of an execution that has come to event `grown` of `last`.
pub(crate) fn beginning(request: &Request, grown: u64, last: u64) -> Value {
    const PAGE: u64 = 1_000;
    let reverse = request.body["reverseOrder"] == true;
    let from: u64 = request.body["nextToken"].as_str().map_or(0, |it| it.parse().expect("ours"));
    let upto = (from + PAGE).min(grown);
    let ids = (from..upto).map(|it| if reverse { grown - it } else { it + 1 });
    let events: Vec<Value> = ids.map(|id| event(id, last)).collect();
    let next = (upto < grown).then(|| json!(upto.to_string()));
    json!({ "events": events, "nextToken": next })
}

/// What the account answers when nothing goes wrong; its execution has `last` events.
pub(crate) fn answer(request: &Request, last: u64) -> Reply {
    Reply::Json(match request.call.as_str() {
        "ListStateMachines" => json!({ "stateMachines": [machine(0)] }),
        "ListExecutions" => json!({ "executions": [execution(0)] }),
        "DescribeStateMachine" => state_machine(),
        "DescribeStateMachineForExecution" => machine_for_execution(),
        "DescribeExecution" => description(),
        "GetExecutionHistory" => history_page(request, last),
        "ListTagsForResource" => json!({ "tags": [{ "key": "team", "value": "orders" }] }),
        "ListStateMachineVersions" => {
            let arn = format!("{MACHINE}:1");
            json!({ "stateMachineVersions": [{ "stateMachineVersionArn": arn, "creationDate": 1.7e9 }] })
        }
        "ListStateMachineAliases" => json!({ "stateMachineAliases": [] }),
        _ => return Reply::Error("UnknownOperationException", "no such call"),
    })
}
