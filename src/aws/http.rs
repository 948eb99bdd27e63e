//! One HTTP request and its answer, bounded in size and time. Follows no redirect and keeps no cookie, and what it cannot do it
//! says in words that hold neither header nor body.

use std::time::Duration;

use aws_sdk_sfn::config::http::HttpRequest;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use http_body_util::BodyExt as _;

use super::client::{chain_of, in_plain_words};
use super::{AwsError, Cancel};

/// A request as it goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpCall {
    pub method: String,
    /// `http:` or `https:`, percent-encoded where it must be.
    pub url: String,
    /// In order; a name may come several times.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// There was more of the body than is read.
    pub truncated: bool,
}

impl HttpAnswer {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Nothing has left this machine.
    NotSent(String),
    TimedOut,
    Broken(String),
}

/// What makes connections. Those that are open belong to the runtime that opened them.
#[derive(Debug)]
pub(super) struct Wire(Connector);

/// These say how long the body is or how this one connection is used, which the client decides itself. Passed on as typed, they
/// could make one request look like two to whoever stands between.
const OF_THE_CONNECTION: [&str; 8] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

impl Wire {
    pub(super) fn new() -> Self {
        // ring instead of the default aws-lc, which would need a C build of its own.
        Self(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
    }

    /// Sends and reads, all within `patience`; at most `limit` bytes of the body.
    pub(super) async fn exchange(
        &self,
        call: &HttpCall,
        limit: usize,
        patience: Duration,
    ) -> Result<HttpAnswer, NoAnswer> {
        let request = request_of(call).map_err(NoAnswer::NotSent)?;
        let exchange = async {
            let answered = self.0.call(request).await;
            let answer = answered.map_err(|err| NoAnswer::Broken(chain_of(&err)))?;
            let status = answer.status().as_u16();
            let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
            let headers = answer.headers().iter_bytes();
            let headers = headers.map(|(name, value)| (name.to_owned(), text(value))).collect();
            let mut stream = answer.into_body();
            let (mut body, mut truncated) = (Vec::new(), false);
            while let Some(frame) = stream.frame().await {
                let frame = frame.map_err(|err| NoAnswer::Broken(chain_of(&*err)))?;
                let Ok(data) = frame.into_data() else { continue };
                let room = limit - body.len();
                body.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    truncated = true;
                    break;
                }
            }
            Ok(HttpAnswer { status, headers, body, truncated })
        };
        tokio::time::timeout(patience, exchange).await.unwrap_or(Err(NoAnswer::TimedOut))
    }
}

fn request_of(call: &HttpCall) -> Result<HttpRequest, String> {
    let scheme = call.url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err("its address does not begin with http:// or https://".to_owned());
    }
    let mut request = HttpRequest::new(call.body.as_bytes().into());
    let method = request.set_method(call.method.as_str());
    method.map_err(|_not_a_word| "its method is no word".to_owned())?;
    let address = request.set_uri(call.url.as_str());
    address.map_err(|_unreadable| "its address can't be read".to_owned())?;
    for (name, value) in &call.headers {
        let name = name.trim();
        if OF_THE_CONNECTION.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        let added = request.headers_mut().try_append(lower, value.trim().to_owned());
        added.map_err(|_unfit| format!("its header {name:?} is none that HTTP can carry"))?;
    }
    Ok(request)
}

/// The name of the machine in a URL, with its port, without user and password.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

/// `http://user:password@host` without the user and the password, which nobody should read.
pub fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Whether a URL leads to this machine itself.
pub fn is_loopback(url: &str) -> bool {
    let host = host_of(url);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Sends a request to whatever its URL names, without any credentials of AWS.
///
/// # Errors
/// It could not be sent, nobody answered in time, or it was cancelled.
pub async fn send(
    call: &HttpCall,
    limit: usize,
    patience: Duration,
    cancel: &Cancel,
) -> Result<HttpAnswer, AwsError> {
    let wire = Wire::new();
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(AwsError::Cancelled),
        outcome = wire.exchange(call, limit, patience) => {
            outcome.map_err(|why| no_answer("The request", why, host_of(&call.url), patience))
        }
    }
}

/// In the user's words.
pub(super) fn no_answer(
    call: &'static str,
    why: NoAnswer,
    place: &str,
    patience: Duration,
) -> AwsError {
    let place = place.to_owned();
    match why {
        NoAnswer::NotSent(why) => AwsError::NotSent { why },
        NoAnswer::TimedOut => AwsError::TimedOut { call, seconds: patience.as_secs(), place },
        NoAnswer::Broken(text) => {
            let why = in_plain_words(&text).unwrap_or(text);
            AwsError::Unreachable { call, place, why }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names_and_no_other() {
        for here in [
            "http://127.0.0.1:8080/items",
            "http://localhost/x",
            "https://LOCALHOST:1",
            "http://[::1]:9/",
            "http://127.9.9.9",
        ] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com/",
            "http://example.com/?a=http://localhost",
            "http://example.com#@localhost",
            "http://0.0.0.0/",
            "",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_request_that_http_cannot_carry_is_not_sent() {
        let call = |method: &str, url: &str, header: (&str, &str)| {
            let headers = vec![(header.0.to_owned(), header.1.to_owned())];
            HttpCall { method: method.into(), url: url.into(), headers, body: String::new() }
        };
        assert!(request_of(&call("GET", "http://h/", ("A", "b"))).is_ok());
        for bad in [
            call("GET", "ftp://h/", ("A", "b")),
            call("GET", "file:///etc/passwd", ("A", "b")),
            call("GET", "http://h h/", ("A", "b")),
            call("G T", "http://h/", ("A", "b")),
            call("GET", "http://h/", ("A b", "c")),
            call("GET", "http://h/", ("A", "b\r\nX: y")),
        ] {
            assert!(request_of(&bad).is_err(), "{bad:?}");
        }
        let smuggled = request_of(&call("POST", "http://h/", ("Transfer-Encoding", "chunked")));
        assert_eq!(smuggled.unwrap().headers().get("transfer-encoding"), None);
    }
}
