//! A server on loopback that answers as AWS's JSON protocol does, or fails in the ways that real ones fail.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// What came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GetExecutionHistory`
    pub(crate) call: String,
    pub(crate) body: Value,
    /// 1 for the first request to this server.
    pub(crate) number: usize,
}

/// What goes out.
pub(crate) enum Reply {
    Json(Value),
    /// A code and a message, with HTTP status 400.
    Error(&'static str, &'static str),
    /// Half of the answer, and the connection is gone.
    Half(Value),
    /// Nothing for so long.
    Silence(Duration),
    /// Neither JSON nor AWS.
    Html(u16),
    /// These bytes, called JSON.
    Bytes(Vec<u8>),
    /// A body that goes on for ever, as fast as it is read, or a byte each so long.
    Endless(Option<Duration>),
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn calls(&self) -> Vec<String> {
        self.seen
            .lock()
            .expect("no panic while it is held")
            .iter()
            .map(|it| it.call.clone())
            .collect()
    }
}

/// Serves until the test's process ends.
pub(crate) fn serve(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (answer, log) = (Arc::new(answer), Arc::clone(&seen));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
            std::thread::spawn(move || one(stream, &*answer, &log));
        }
    });
    Server { url, seen }
}

fn one(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Reply, log: &Mutex<Vec<Request>>) {
    let Some((call, body)) = read(&stream) else { return };
    let request = {
        let mut log = log.lock().expect("no panic while it is held");
        let request = Request { call, body, number: log.len() + 1 };
        log.push(request.clone());
        request
    };
    let json = "application/x-amz-json-1.0";
    let plain = |text: &[u8], stream: &mut TcpStream| {
        let head = format!("HTTP/1.1 200 X\r\ncontent-type: {json}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text))
    };
    let (status, kind, text, keep) = match answer(&request) {
        Reply::Json(value) => (200, json, value.to_string(), 1.0),
        Reply::Error(code, message) => {
            (400, json, serde_json::json!({ "__type": code, "message": message }).to_string(), 1.0)
        }
        Reply::Half(value) => (200, json, value.to_string(), 0.5),
        Reply::Html(status) => (status, "text/html", "<h1>Proxy</h1>".to_owned(), 1.0),
        Reply::Silence(time) => {
            wait(time);
            return;
        }
        Reply::Bytes(bytes) => return plain(&bytes, &mut stream).unwrap_or_default(),
        Reply::Endless(slow) => {
            let mut sent = plain(b"{\"x\":\"", &mut stream);
            let chunk = vec![b'x'; if slow.is_some() { 1 } else { 1 << 20 }];
            while sent.is_ok() {
                if let Some(pause) = slow {
                    wait(pause);
                }
                sent = stream.write_all(&chunk);
            }
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let sent = (text.len() as f64 * keep) as usize;
    if stream.write_all(head.as_bytes()).is_ok() {
        stream.write_all(&text.as_bytes()[..sent]).unwrap_or_default();
    }
}

/// Waits without a clock: on a channel that nobody writes to.
fn wait(time: Duration) {
    let (_keep, silence) = std::sync::mpsc::channel::<()>();
    silence.recv_timeout(time).unwrap_or_default();
}

fn read(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut call, mut length) = (String::new(), 0);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => call = value.trim().rsplit('.').next()?.to_owned(),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let text = String::from_utf8(body).ok()?;
    // STS speaks a form: `Action=GetCallerIdentity&Version=…`.
    if call.is_empty() {
        call = text.split('&').find_map(|it| it.strip_prefix("Action="))?.to_owned();
    }
    Some((call, serde_json::from_str(&text).unwrap_or(Value::Null)))
}
