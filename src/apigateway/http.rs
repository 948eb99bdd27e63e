//! A request and a response, as text: percent escapes, and `curl`.

use std::fmt::Write as _;

/// Header and query names keep their case; look-ups of headers do not mind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// Without the query, not yet percent-decoded, without the stage's name.
    pub path: String,
    /// Decoded, in order; a name may come several times.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl HttpRequest {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Path and query as they stand in a URL.
    pub fn target(&self) -> String {
        let query: Vec<_> = self
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
            .collect();
        if query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, query.join("&"))
        }
    }
}

impl HttpResponse {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Sets a header, whatever case it had before.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(header, _)| header.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// The pairs of a query string, decoded.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode(&text.replace('+', " "));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// `A` to `%41`, but only where a URL needs it.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes any text");
        }
    }
    out
}

/// `%41` to `A`; what is not a percent escape stays, and bytes that are not UTF-8 become `U+FFFD`.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
            .and_then(|it| u8::try_from(it).ok())
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%'
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The URL of a request below a base.
pub fn url_of(base_url: &str, request: &HttpRequest) -> String {
    format!("{}{}", base_url.trim_end_matches('/'), request.target())
}

/// The request as a command for a POSIX shell, to a whole URL, which is taken as it is: curl would read brackets and braces in it as patterns.
pub fn as_curl_to(url: &str, request: &HttpRequest) -> String {
    let mut parts = vec!["curl --include".to_owned()];
    if url.contains(['[', ']', '{', '}']) {
        parts.push("--globoff".to_owned());
    }
    if request.method != "GET" {
        parts.push(format!("--request {}", quote(&request.method)));
    }
    parts.push(quote(url));
    for (name, value) in &request.headers {
        // curl takes `Name;` for a header without a value, and drops `Name:`.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        parts.push(format!("--header {}", quote(&header)));
    }
    if !request.body.is_empty() {
        parts.push(format!("--data-raw {}", quote(&request.body)));
        if request.header("content-type").is_none() {
            // Without this curl would say that the body is a form.
            parts.push("--header 'Content-Type;'".to_owned());
        }
    }
    parts.join(" \\\n  ")
}

fn quote(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_a_command_that_a_shell_reads_back() {
        let request = HttpRequest {
            method: "POST".to_owned(),
            path: "/items".to_owned(),
            query: vec![("q".to_owned(), "a b&c".to_owned())],
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: r#"{"name":"it's"}"#.to_owned(),
        };
        assert_eq!(
            as_curl_to(&url_of("http://127.0.0.1:8080/", &request), &request),
            "curl --include \\\n  --request POST \\\n  'http://127.0.0.1:8080/items?q=a%20b%26c' \\\n  \
             --header 'Content-Type: application/json' \\\n  --data-raw '{\"name\":\"it'\\''s\"}'"
        );
    }

    #[test]
    fn percent_escapes_that_are_none_stay() {
        assert_eq!(percent_decode("a%20b%zz%4%é"), "a b%zz%4%é");
        assert_eq!(percent_decode("%E6%A3%80"), "检");
    }

    #[test]
    fn a_query_is_decoded_in_order() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            parse_query("a=1&b=x%20y+z&a=%E6%89%93&c&%zz=1"),
            [pair("a", "1"), pair("b", "x y z"), pair("a", "打"), pair("c", ""), pair("%zz", "1"),]
        );
    }
}
