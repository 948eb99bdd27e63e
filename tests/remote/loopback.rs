//! A server on loopback that gives what a test says to whole requests: method, path, headers and body, and answers with any bytes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// What came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as they stood.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    /// The body, when it is JSON.
    pub(crate) body: Value,
    /// 1 for the first request to this server.
    pub(crate) number: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// `FilterLogEvents`
    pub(crate) fn call(&self) -> &str {
        self.header("x-amz-target").and_then(|it| it.rsplit('.').next()).unwrap_or("")
    }
}

/// What goes out.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Json(Value),
    /// HTTP status, AWS's code, message.
    Error(u16, &'static str, &'static str),
    /// HTTP status, headers, body.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Half of a body, and the connection is gone.
    Half(String),
    /// A body without end.
    Endless,
    /// Nothing for so long.
    Silence(Duration),
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic while it is held").clone()
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
    let Some(mut request) = read(&stream) else { return };
    {
        let mut log = log.lock().expect("no panic while it is held");
        request.number = log.len() + 1;
        log.push(request.clone());
    }
    let json = || vec![("content-type", "application/json".to_owned())];
    let (status, headers, body, length) = match answer(&request) {
        Reply::Json(value) => (200, json(), value.to_string().into_bytes(), None),
        Reply::Error(status, code, message) => {
            let mut headers = json();
            headers.push(("x-amzn-errortype", format!("{code}:http://internal.amazon.com/")));
            let body = serde_json::json!({ "message": message }).to_string();
            (status, headers, body.into_bytes(), None)
        }
        Reply::Plain(status, headers, body) => (status, headers, body, None),
        Reply::Half(text) => {
            let length = Some(text.len());
            (200, json(), text.as_bytes()[..text.len() / 2].to_vec(), length)
        }
        Reply::Endless => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
            let block = [b'x'; 65536];
            let mut sent = stream.write_all(head.as_bytes());
            while sent.is_ok() {
                sent = stream.write_all(&block);
            }
            return;
        }
        Reply::Silence(time) => {
            // Waits without a clock: on a channel that nobody writes to.
            let (_keep, silence) = std::sync::mpsc::channel::<()>();
            silence.recv_timeout(time).unwrap_or_default();
            return;
        }
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", length.unwrap_or(body.len())));
    if stream.write_all(head.as_bytes()).is_ok() {
        stream.write_all(&body).unwrap_or_default();
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut request = Request::default();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    request.method = words.next()?.to_owned();
    request.target = words.next()?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.text = String::from_utf8(body).ok()?;
    request.body = serde_json::from_str(&request.text).unwrap_or(Value::Null);
    Some(request)
}
