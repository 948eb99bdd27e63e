//! Moto's server, where Python has it: a stand-in for AWS that keeps state.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Ends well where Python has what is needed. Moto 5.2.1 answers every second `StartExecution` with an error of its own.
const USABLE: &str = "import sys, moto, flask, antlr4
sys.exit(tuple(int(it) for it in moto.__version__.split('.')[:3]) < (5, 2, 5))";

/// Ends with the test.
pub(crate) struct Moto {
    process: Child,
    port: u16,
    pub(crate) url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            self.process.wait().expect("it was started here");
        }
    }
}

impl Moto {
    /// Starts one, with machines that really run; `None`, with the reason printed, where there is no moto.
    pub(crate) fn start() -> Option<Self> {
        // The virtual environment that STEPWELL_MOTO names, else whatever is on the PATH.
        let python = match std::env::var_os("STEPWELL_MOTO") {
            Some(venv) => PathBuf::from(venv).join("bin/python3"),
            None => PathBuf::from("python3"),
        };
        let usable = Command::new(&python).args(["-c", USABLE]).stderr(Stdio::null()).status();
        if !usable.is_ok_and(|it| it.success()) {
            println!(
                "skipped: {} has no moto[server,stepfunctions] of 5.2.5 or later",
                python.display()
            );
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let process = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python was there a moment ago");
        let moto = Self { process, port, url: format!("http://127.0.0.1:{port}") };
        for _ in 0..240 {
            if moto.http("GET", "/moto-api/data.json", "", "").is_some() {
                let config = json!({ "stepfunctions": { "execute_state_machine": true } });
                moto.http("POST", "/moto-api/config", "", &config.to_string())?;
                return Some(moto);
            }
            pause();
        }
        panic!("moto was started and does not answer");
    }

    /// From now on only keys that moto made itself are known.
    pub(crate) fn know_nobody(&self) {
        self.http("POST", "/moto-api/reset-auth", "", "0").expect("moto answers");
    }

    /// A call that this program doesn't make, to prepare what it then reads.
    pub(crate) fn prepare(&self, call: &str, body: &Value) -> Value {
        let headers = format!(
            "X-Amz-Target: AWSStepFunctions.{call}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/states/aws4_request, \
             SignedHeaders=host, Signature=b\r\n"
        );
        let answer = self.http("POST", "/", &headers, &body.to_string()).expect("moto answers");
        serde_json::from_str(&answer).unwrap_or_else(|err| panic!("{call}: {err}: {answer}"))
    }

    pub(crate) fn machine(&self, name: &str, definition: &Value) -> String {
        let role = "arn:aws:iam::123456789012:role/r";
        let body = json!({ "name": name, "roleArn": role, "definition": definition.to_string(),
                           "tags": [{ "key": "team", "value": "orders" }] });
        let answer = self.prepare("CreateStateMachine", &body);
        answer["stateMachineArn"].as_str().expect("it was made").to_owned()
    }

    /// Starts an execution and waits for its end.
    pub(crate) fn execution(&self, machine: &str, name: &str) -> String {
        let body = json!({ "stateMachineArn": machine, "name": name, "input": "{\"n\":1}" });
        let answer = self.prepare("StartExecution", &body);
        let arn = answer["executionArn"].as_str().expect("it was started").to_owned();
        for _ in 0..100 {
            let now = self.prepare("DescribeExecution", &json!({ "executionArn": arn }));
            if now["status"] != "RUNNING" {
                return arn;
            }
            pause();
        }
        panic!("{arn} does not end");
    }

    /// The body of an answer over plain HTTP.
    pub(crate) fn http(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let own = headers.contains("Content-Type");
        let kind = if own { "" } else { "Content-Type: application/x-amz-json-1.0\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n{kind}\
             Content-Length: {}\r\n{headers}\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some(body.to_owned())
    }
}

/// Waits a quarter of a second without a clock.
fn pause() {
    let (_keep, silence) = std::sync::mpsc::channel::<()>();
    silence.recv_timeout(Duration::from_millis(250)).unwrap_or_default();
}
