//! A request and a response, as text: percent escapes, `curl`, and files of example requests.

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

/// A request of a `requests.http` file, with the name it has there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleRequest {
    /// The text after `###`, else the request line.
    pub name: String,
    pub request: HttpRequest,
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

/// The request as a command for a POSIX shell.
pub fn as_curl(base_url: &str, request: &HttpRequest) -> String {
    let mut parts = vec!["curl --include".to_owned()];
    if request.method != "GET" {
        parts.push(format!("--request {}", quote(&request.method)));
    }
    parts.push(quote(&format!("{}{}", base_url.trim_end_matches('/'), request.target())));
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

/// The requests of a text: `METHOD /path`, headers, an empty line, the body, and `###` between two requests. Lines that
/// start with `#` or `//` before the request line are comments; a host before the path is left out.
pub fn parse_requests(text: &str) -> Vec<ExampleRequest> {
    let mut requests = Vec::new();
    let mut name = "";
    let mut block = Vec::new();
    for line in text.lines() {
        if let Some(next_name) = line.strip_prefix("###") {
            requests.extend(parse_request(name, &block));
            name = next_name.trim();
            block.clear();
        } else {
            block.push(line);
        }
    }
    requests.extend(parse_request(name, &block));
    requests
}

fn parse_request(name: &str, lines: &[&str]) -> Option<ExampleRequest> {
    let is_comment =
        |line: &str| line.trim().is_empty() || line.starts_with('#') || line.starts_with("//");
    let start = lines.iter().position(|line| !is_comment(line))?;
    let mut words = lines[start].split_whitespace();
    let first = words.next()?;
    // A line with only a URL is a GET.
    let (method, url) = match words.next() {
        Some(url) => (first.to_uppercase(), url),
        None => ("GET".to_owned(), first),
    };
    let target = url
        .split_once("://")
        .map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let rest = &lines[start + 1..];
    let head = rest.iter().position(|line| line.trim().is_empty()).unwrap_or(rest.len());
    let headers = rest[..head]
        .iter()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'));
    let request = HttpRequest {
        method,
        path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        query: parse_query(query),
        headers: headers
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect(),
        body: rest[head..].join("\n").trim().to_owned(),
    };
    let name =
        if name.is_empty() { format!("{} {}", request.method, target) } else { name.to_owned() };
    Some(ExampleRequest { name, request })
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
            as_curl("http://127.0.0.1:8080/", &request),
            "curl --include \\\n  --request POST \\\n  'http://127.0.0.1:8080/items?q=a%20b%26c' \\\n  \
             --header 'Content-Type: application/json' \\\n  --data-raw '{\"name\":\"it'\\''s\"}'"
        );
    }

    #[test]
    fn a_file_of_requests_is_read() {
        let text = "# comment\n### Create\nPOST https://host/prod/items?a=b%20c\nContent-Type: application/json\n\n{\n \"x\": 1\n}\n\n###\nGET /items\n### Empty\n";
        let requests = parse_requests(text);
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].name, "Create");
        assert_eq!(requests[0].request.path, "/prod/items");
        assert_eq!(requests[0].request.query, [("a".to_owned(), "b c".to_owned())]);
        assert_eq!(requests[0].request.header("content-type"), Some("application/json"));
        assert_eq!(requests[0].request.body, "{\n \"x\": 1\n}");
        assert_eq!(requests[1].name, "GET /items");
    }

    #[test]
    fn percent_escapes_that_are_none_stay() {
        assert_eq!(percent_decode("a%20b%zz%4%é"), "a b%zz%4%é");
        assert_eq!(percent_decode("%E6%A3%80"), "检");
    }
}
