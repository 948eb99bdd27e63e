//! `stepwell serve` over machines of a test, and the real SDK pointed at it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;

pub(crate) const PREFIX: &str = "arn:aws:states:us-east-1:123456789012";

/// A server that is killed when the test ends, however it ends.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
    pub(crate) port: u16,
    /// The machines' folder lives as long.
    folder: Option<tempfile::TempDir>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves what is at a path.
pub(crate) fn serve(path: &Path, flags: &[&str]) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stepwell"))
        .arg("serve")
        .arg(path)
        .args(["--port", "0"])
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("it says where it serves");
    // Whoever prints into a pipe that nobody empties stands still.
    std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
    let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    let port = url.rsplit(':').next().and_then(|it| it.parse().ok());
    let port = port.unwrap_or_else(|| panic!("no port in {line}"));
    Serving { child, url, port, folder: None }
}

/// Serves machines by their names.
pub(crate) fn serve_machines(machines: &[(&str, &str)]) -> Serving {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, definition) in machines {
        let file = folder.path().join(format!("{name}.asl.json"));
        std::fs::write(file, definition).expect("written");
    }
    let mut serving = serve(folder.path(), &[]);
    serving.folder = Some(folder);
    serving
}

/// The real SDK, asking there.
pub(crate) fn client_of(url: &str) -> Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("key", "not-a-secret", None, None, "test"))
        .http_client(Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

impl Serving {
    pub(crate) fn client(&self) -> Client {
        client_of(&self.url)
    }

    /// One HTTP/1.1 exchange: status and body.
    pub(crate) fn ask(&self, head: &str, body: &str) -> (u16, String) {
        use std::io::{Read as _, Write as _};
        let mut stream =
            std::net::TcpStream::connect(("127.0.0.1", self.port)).expect("somebody listens");
        let request =
            format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        (status.unwrap_or_else(|| panic!("no status in {answer}")), body)
    }
}

pub(crate) fn machine_arn(name: &str) -> String {
    format!("{PREFIX}:stateMachine:{name}")
}

/// What a call was refused with: `code: message`.
pub(crate) fn refusal<O, E, R>(outcome: Result<O, SdkError<E, R>>) -> String
where
    O: std::fmt::Debug,
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    let error = outcome.expect_err("it is refused");
    assert!(error.as_service_error().is_some(), "{error:?}");
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
    format!("{code}: {message}")
}

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}
