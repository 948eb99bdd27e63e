//! The project's API on loopback, so that curl or a browser drives what the window shows.
//!
//! Binds to 127.0.0.1 only, and answers only requests whose `Host` is a loopback name and whose `Origin`, if any, is too: a web page
//! elsewhere must not be able to reach it, by DNS rebinding neither.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::event::Event;
use super::states_api::{Call, Prepared, Response as CallResponse};
use super::worker::Outbox;
use crate::apigateway::http::parse_query;
use crate::apigateway::{HttpRequest, HttpResponse};

/// API Gateway's own limit on a payload.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// The body of a call of Step Functions' own API: its quota is 1 MB, which JSON's escapes may make longer.
const MAX_CALL_BODY: usize = 2 * 1024 * 1024;

/// What is read of a body that is too long, so that its sender comes to read the answer.
const MAX_DRAINED: usize = 2 * MAX_BODY;

/// Bodies of all requests that are not answered yet.
const MAX_BODIES: usize = 64 * 1024 * 1024;

/// Connections at a time; the next one waits. Most systems let a program have 1,024 files open.
const MAX_CONNECTIONS: usize = 256;

/// The head of a request.
const MAX_HEAD: usize = 64 * 1024;

/// How long the head of a request may take to arrive, and a connection may lie idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// How long a request's body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Definitions that are read at a time; the next one waits.
const MAX_READERS: usize = 2;

/// Deep definitions are walked by recursion in places.
const STACK: usize = 16 << 20;

/// Before another connection is taken after one could not be: there are no more files to open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A running endpoint; it ends when dropped.
#[derive(Debug)]
pub struct HttpServer {
    pub port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Opens the port (0 for any free one) and serves on a thread. `stage` is taken off the front of paths when present.
    ///
    /// # Errors
    /// In the user's words: the port is in use, or may not be opened.
    pub fn start(port: u16, stage: &str, outbox: Outbox) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = std::net::TcpListener::bind(address).map_err(|err| {
            if err.kind() == std::io::ErrorKind::AddrInUse {
                format!("Port {port} is in use. Choose another with --port, or 0 for any free one.")
            } else if err.kind() == std::io::ErrorKind::PermissionDenied {
                format!("Port {port} may not be opened by this user. Choose one above 1023.")
            } else {
                format!("Port {port} can't be opened: {err}")
            }
        })?;
        let ready = listener.set_nonblocking(true).and_then(|()| listener.local_addr());
        let port = ready.map_err(|err| format!("The port can't be used: {err}"))?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(MAX_READERS)
            .thread_stack_size(STACK)
            .enable_all()
            .build()
            .map_err(|err| format!("No thread for serving: {err}"))?;
        let (stop, stopped) = oneshot::channel();
        let bodies = Arc::new(Semaphore::new(MAX_BODIES));
        let shared = Arc::new(Shared { outbox, stage: stage.to_owned(), port, bodies });
        let serve = move || {
            runtime.block_on(async move {
                let outbox = shared.outbox.clone();
                let served = match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        // Waiting for open connections could take as long as a breakpoint holds one, so they are dropped.
                        tokio::select! {
                            served = take_connections(listener, shared) => served,
                            _ = stopped => Ok(()),
                        }
                    }
                    Err(err) => Err(err),
                };
                outbox.send(Event::ServerStopped(served.err().map(|err| err.to_string())));
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("serve".to_owned()).spawn(serve);
        let thread = thread.map_err(|err| format!("No thread for serving: {err}"))?;
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:8080`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself; then there is nobody to tell.
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Shared {
    outbox: Outbox,
    stage: String,
    port: u16,
    /// Bytes that bodies may still take.
    bodies: Arc<Semaphore>,
}

/// Takes connections one after the other, and serves each in a task of its own.
async fn take_connections(listener: TcpListener, shared: Arc<Shared>) -> std::io::Result<()> {
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&connections).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                drop(tokio::spawn(async move {
                    serve_connection(stream, shared).await;
                    drop(permit);
                }));
            }
            Err(err) => {
                tracing::debug!(%err, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    Ok(())
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(&shared, request.map(Body::new)).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(err) = served {
        tracing::debug!(%err, "a connection broke off");
    }
}

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyFault {
    TooLong,
    TooManyAtOnce,
    BrokeOff,
}

/// A body, and the room that it takes among all.
async fn read_body(
    mut body: Body,
    most: usize,
    bodies: &Arc<Semaphore>,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), BodyFault> {
    let mut read = Vec::new();
    let mut seen = 0;
    let mut room: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|err| {
            tracing::debug!(%err, "a body broke off");
            BodyFault::BrokeOff
        })?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > MAX_DRAINED {
            return Err(BodyFault::TooLong);
        }
        if seen > most {
            (read, room) = (Vec::new(), None);
            continue;
        }
        let bytes = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(bodies).try_acquire_many_owned(bytes) else {
            return Err(BodyFault::TooManyAtOnce);
        };
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        read.extend_from_slice(&data);
    }
    if seen > most { Err(BodyFault::TooLong) } else { Ok((read, room)) }
}

/// The text of a body, without a copy where it is one.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|err| String::from_utf8_lossy(err.as_bytes()).into_owned())
}

async fn answer(shared: &Shared, request: Request) -> Response {
    if let Err(why) = from_here(request.headers(), shared.port) {
        return refuse(StatusCode::FORBIDDEN, why);
    }
    // `GET http://host/path`: what stands there goes before the Host header.
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    if authority.is_some_and(|it| !is_loopback(it, shared.port)) {
        return refuse(StatusCode::FORBIDDEN, "This server answers only to localhost");
    }
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let most = if text("x-amz-target").is_some() { MAX_CALL_BODY } else { MAX_BODY };
    let read = read_body(body, most, &shared.bodies);
    let (body, _room) = match tokio::time::timeout(BODY_PATIENCE, read).await {
        Ok(Ok((body, room))) => (body, room),
        Ok(Err(BodyFault::TooLong)) => {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
        }
        Ok(Err(BodyFault::TooManyAtOnce)) => {
            let why = "The requests that are under way take all the memory that there is for them";
            return refuse(StatusCode::SERVICE_UNAVAILABLE, why);
        }
        Ok(Err(BodyFault::BrokeOff)) => {
            return refuse(StatusCode::BAD_REQUEST, "The body broke off");
        }
        Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "The body did not come"),
    };
    let mut body = text_of(body);
    let call = Call::of(
        parts.method.as_str(),
        parts.uri.path(),
        text("x-amz-target"),
        text("content-type"),
        &mut body,
    );
    if let Some(call) = call {
        return answer_call(shared, call).await;
    }
    let request = HttpRequest {
        method: parts.method.as_str().to_owned(),
        path: without_stage(parts.uri.path(), &shared.stage).to_owned(),
        query: parse_query(parts.uri.query().unwrap_or("")),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body,
    };
    let (reply, answer) = oneshot::channel();
    if !shared.outbox.send(Event::Served { request, reply }) {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The server is ending");
    }
    match answer.await {
        Ok(response) => to_axum(response),
        // The window was closed or the project replaced while the request was held.
        Err(_) => refuse(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
    }
}

/// Answers a call of AWS's own API.
async fn answer_call(shared: &Shared, call: Call) -> Response {
    let patience = call.patience();
    let Some((call, prepared)) = prepare(call).await else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "The definition could not be read");
    };
    let (reply, mut answer) = oneshot::channel();
    if !shared.outbox.send(Event::StatesCalled { call, prepared, reply }) {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The server is ending");
    }
    let answered = match patience {
        None => answer.await.ok(),
        Some(patience) => match tokio::time::timeout(patience, &mut answer).await {
            Ok(answered) => answered.ok(),
            Err(_) => {
                // What was sent while the time ran out must not be lost.
                answer.close();
                Some(answer.try_recv().unwrap_or_else(|_| CallResponse::nothing_came()))
            }
        },
    };
    let Some(answered) = answered else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The project was closed");
    };
    let response = Response::builder()
        .status(answered.status)
        .header("content-type", answered.content_type)
        .header("x-amzn-requestid", answered.request_id)
        .body(Body::from(answered.body));
    response.unwrap_or_else(|err| refuse(StatusCode::INTERNAL_SERVER_ERROR, &err.to_string()))
}

/// Does what of a call needs nothing of the app, on one of a few threads when it may take long: other calls need not wait.
async fn prepare(call: Call) -> Option<(Call, Box<Prepared>)> {
    let prepare = |call: Call| {
        let prepared = Box::new(Prepared::of(&call));
        (call, prepared)
    };
    if !Prepared::takes_long(&call) {
        return Some(prepare(call));
    }
    let prepared = tokio::task::spawn_blocking(move || prepare(call)).await;
    prepared.inspect_err(|err| tracing::error!(%err, "a call could not be read")).ok()
}

/// Whether `Host` and `Origin` say that the caller means this machine.
fn from_here(headers: &HeaderMap, port: u16) -> Result<(), &'static str> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text("host").unwrap_or("");
    if !is_loopback(host, port) {
        return Err("This server answers only to localhost: the Host header names another machine");
    }
    if text("sec-fetch-site") == Some("cross-site") {
        return Err("This server answers only to pages of localhost: another site asked for this");
    }
    if headers.get_all("host").iter().count() > 1 || headers.get_all("origin").iter().count() > 1 {
        return Err("Host and Origin may be given once");
    }
    match text("origin") {
        None => Ok(()),
        Some(origin) => {
            let host = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"))
                .unwrap_or(origin);
            let is_port = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
            let name = host
                .rsplit_once(':')
                .filter(|(_, port)| is_port(port))
                .map_or(host, |(name, _)| name);
            if matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
                Ok(())
            } else {
                Err(
                    "This server answers only to pages of localhost: the Origin header names another site",
                )
            }
        }
    }
}

/// SDKs put `sync-` before the host for `StartSyncExecution` and `TestState`, unless they are told not to.
fn is_loopback(host: &str, port: u16) -> bool {
    let host = host.strip_prefix("sync-").unwrap_or(host);
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':') == Some(&port.to_string())
        })
    })
}

/// Clients that know the deployed URL put the stage first: `/Prod/items` is `/items` here.
fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    if stage.is_empty() {
        return path;
    }
    match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        Some(_) | None => path,
    }
}

fn to_axum(response: HttpResponse) -> Response {
    let mut builder = Response::builder().status(response.status);
    for (name, value) in &response.headers {
        // The body is sent whole, so a length or encoding computed by a template would only be wrong.
        if !name.eq_ignore_ascii_case("content-length")
            && !name.eq_ignore_ascii_case("transfer-encoding")
        {
            builder = builder.header(name.as_str(), value.as_str());
        }
    }
    builder.body(Body::from(Bytes::from(response.body))).unwrap_or_else(|err| {
        refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("The response can't be sent over HTTP: {err}"),
        )
    })
}

fn refuse(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("content-type", axum::http::HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.insert(*name, value.parse().expect("a header value"));
        }
        map
    }

    #[test]
    fn only_callers_on_this_machine_are_answered() {
        assert!(from_here(&headers(&[("host", "127.0.0.1:8080")]), 8080).is_ok());
        assert!(
            from_here(
                &headers(&[("host", "localhost:8080"), ("origin", "http://localhost:3000")]),
                8080
            )
            .is_ok()
        );
        assert!(from_here(&headers(&[("host", "evil.example:8080")]), 8080).is_err());
        assert!(from_here(&headers(&[("host", "localhost.evil.example")]), 8080).is_err());
        assert!(
            from_here(
                &headers(&[("host", "localhost:8080"), ("origin", "https://evil.example")]),
                8080
            )
            .is_err()
        );
        assert!(
            from_here(&headers(&[("host", "localhost:8080"), ("origin", "null")]), 8080).is_err()
        );
        assert!(from_here(&HeaderMap::new(), 8080).is_err());
        let disguised =
            [("host", "localhost:8080"), ("origin", "http://localhost:80@evil.example")];
        assert!(from_here(&headers(&disguised), 8080).is_err());
        assert!(
            from_here(&headers(&[("host", "localhost"), ("sec-fetch-site", "cross-site")]), 8080)
                .is_err()
        );
    }

    #[test]
    fn a_stage_in_the_path_is_taken_off() {
        assert_eq!(without_stage("/Prod/items/1", "Prod"), "/items/1");
        assert_eq!(without_stage("/Prod", "Prod"), "/");
        assert_eq!(without_stage("/Products", "Prod"), "/Products");
        assert_eq!(without_stage("/items", ""), "/items");
    }
}
