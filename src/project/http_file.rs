//! Example requests in a `.http` file, as editors with a REST client write them: blocks divided by `###`, with `@name = value`
//! variables.

use crate::apigateway::HttpRequest;

/// More requests than a list in a window is good for.
const MAX_REQUESTS: usize = 1_000;

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// The requests of a file with their names, in its order. Blocks without a request line are comments.
pub fn parse(text: &str) -> Vec<(String, HttpRequest)> {
    let variables: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix('@')?.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let mut blocks: Vec<(&str, Vec<&str>)> = vec![("", Vec::new())];
    for line in text.lines() {
        match line.strip_prefix("###") {
            Some(title) => blocks.push((title.trim(), Vec::new())),
            None => {
                if let Some((_, lines)) = blocks.last_mut() {
                    lines.push(line);
                }
            }
        }
    }
    blocks
        .iter()
        .filter_map(|(title, lines)| block(title, lines, &variables))
        .take(MAX_REQUESTS)
        .collect()
}

fn block(
    title: &str,
    lines: &[&str],
    variables: &[(String, String)],
) -> Option<(String, HttpRequest)> {
    let is_aside = |line: &str| {
        line.trim().is_empty() || line.starts_with(['#', '@']) || line.starts_with("//")
    };
    let first = lines.iter().position(|line| !is_aside(line))?;
    let mut words = lines[first].split_whitespace();
    let word = words.next()?;
    let (method, url) =
        if METHODS.contains(&word) { (word, words.next().unwrap_or("/")) } else { ("GET", word) };
    let named = lines[..first].iter().find_map(|line| Some(line.split_once("@name")?.1.trim()));
    let name = [Some(title), named].into_iter().flatten().find(|name| !name.is_empty());
    // A long query may go on in the next lines.
    let mut url = url.to_owned();
    let mut rest = lines[first + 1..].iter();
    let mut headers = Vec::new();
    for line in rest.by_ref() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            break;
        }
        if headers.is_empty() && line.trim_start().starts_with(['?', '&']) {
            url.push_str(line.trim());
        } else if let Some((name, value)) =
            line.split_once(':').filter(|_| !line.starts_with(['#', '/']))
        {
            headers.push((name.trim().to_owned(), fill(value.trim(), variables)));
        }
    }
    let body = rest.copied().collect::<Vec<_>>().join("\n");
    let (path, query) = target(&url, variables);
    let name = name.map_or_else(|| format!("{method} {path}"), str::to_owned);
    Some((
        name,
        HttpRequest {
            method: method.to_owned(),
            path,
            query,
            headers,
            body: fill(body.trim(), variables),
        },
    ))
}

/// The text with every `{{name}}` filled in; names without a value stay.
pub(super) fn fill(text: &str, variables: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(len) = rest[start..].find("}}") else { break };
        let name = rest[start + 2..start + len].trim();
        filled.push_str(&rest[..start]);
        match variables.iter().find(|(known, _)| known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&rest[start..start + len + 2]),
        }
        rest = &rest[start + len + 2..];
    }
    filled.push_str(rest);
    filled
}

/// Path and decoded query of a URL, without scheme, host, or a leading variable that stands for them.
pub(super) fn target(url: &str, variables: &[(String, String)]) -> (String, Vec<(String, String)>) {
    let url = match url.strip_prefix("{{").and_then(|rest| rest.split_once("}}")) {
        // A variable in front is the endpoint; whatever it holds beside the path is not ours to send to.
        Some((name, rest)) if rest.is_empty() || rest.starts_with(['/', '?']) => {
            let base = variables
                .iter()
                .find(|(known, _)| known == name.trim())
                .map_or("", |(_, value)| value);
            format!("{}{rest}", without_host(base).trim_end_matches('/'))
        }
        Some(_) | None => without_host(url).to_owned(),
    };
    let url = fill(&url, variables);
    let url = url.split_once('#').map_or(url.as_str(), |(before, _)| before);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    (path, query.collect())
}

/// The URL from its path on. A deployed API has its stage in front of the path, which is no part of the route.
fn without_host(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else { return url };
    let start = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(start);
    if host.contains(".execute-api.") {
        let inside = path.strip_prefix('/').unwrap_or(path);
        return inside.find(['/', '?']).map_or("/", |end| &inside[end..]);
    }
    path
}

/// `+` and `%41` decoded; a percent sign that begins no escape stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = if *first == b'%' { after.get(..2).and_then(hex_byte) } else { None };
        bytes.push(escape.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escape.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_block_by_block() {
        let text = "@host = http://127.0.0.1:8080\n@id = 7\n\n### Make one\nPOST {{host}}/items HTTP/1.1\nContent-Type: application/json\n\n{\"make\": \"MINI\"}\n\n### \n# @name all\nGET {{host}}/items?limit=2\n  &next=a%20b\n\n###\nhttps://x.execute-api.us-east-1.amazonaws.com/Prod/items/{{id}}\n\n### only a comment\n# nothing\n";
        let requests = parse(text);
        let names: Vec<_> = requests.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Make one", "all", "GET /items/7"]);
        let make = &requests[0].1;
        assert_eq!(
            (make.method.as_str(), make.path.as_str(), make.body.as_str()),
            ("POST", "/items", r#"{"make": "MINI"}"#)
        );
        assert_eq!(make.header("content-type"), Some("application/json"));
        let query = [("limit".to_owned(), "2".to_owned()), ("next".to_owned(), "a b".to_owned())];
        assert_eq!(requests[1].1.query, query);
    }

    #[test]
    fn odd_texts_are_no_requests() {
        assert_eq!(parse(""), []);
        assert_eq!(parse("###\n###\n@a=b"), []);
        assert_eq!(target("{{a}}", &[]).0, "/");
        assert_eq!(target("?x=%zz%4", &[]).1, [("x".to_owned(), "%zz%4".to_owned())]);
    }
}
