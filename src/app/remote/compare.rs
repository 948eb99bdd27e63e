//! An emulated answer beside a deployed one: what differs, and which of it differs by nature, because no two answers have it alike.

use crate::apigateway::HttpResponse;
use crate::json::Value;

/// Differences of a body that are listed.
const MOST: usize = 500;
/// How deep bodies are compared value by value; deeper ones as a whole.
const DEEPEST: usize = 64;

/// Two answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub status: (u16, u16),
    pub headers: Vec<Difference>,
    pub body: BodyComparison,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BodyComparison {
    Same,
    /// Value by value.
    Json(Vec<Difference>),
    /// At least one is no JSON.
    Text,
}

/// A header, or a value of the body by its path, as both have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub name: String,
    pub emulated: Option<String>,
    pub deployed: Option<String>,
    /// An id, a time, or what the way between leaves behind.
    pub by_nature: bool,
}

impl Comparison {
    pub fn of(emulated: &HttpResponse, deployed: &HttpResponse) -> Self {
        let body = match (Value::parse(&emulated.body), Value::parse(&deployed.body)) {
            _ if emulated.body == deployed.body => BodyComparison::Same,
            (Ok(one), Ok(other)) if one == other => BodyComparison::Same,
            (Ok(one), Ok(other)) => {
                let mut found = Vec::new();
                compare("$", &one, &other, 0, &mut found);
                BodyComparison::Json(found)
            }
            _ => BodyComparison::Text,
        };
        Self {
            status: (emulated.status, deployed.status),
            headers: headers(emulated, deployed),
            body,
        }
    }

    /// Whether everything that could be alike is alike.
    pub fn agrees(&self) -> bool {
        let none = |list: &[Difference]| list.iter().all(|it| it.by_nature);
        self.status.0 == self.status.1
            && none(&self.headers)
            && match &self.body {
                BodyComparison::Same => true,
                BodyComparison::Json(list) => none(list),
                BodyComparison::Text => false,
            }
    }
}

fn headers(emulated: &HttpResponse, deployed: &HttpResponse) -> Vec<Difference> {
    let mut names: Vec<String> = emulated
        .headers
        .iter()
        .chain(&deployed.headers)
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    names.dedup();
    let all = |response: &HttpResponse, name: &str| {
        let values: Vec<&str> = response
            .headers
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    let difference = |name: String| {
        let (one, other) = (all(emulated, &name), all(deployed, &name));
        // A `Location` leads to a thing of its own id.
        let but_for_ids = one.as_deref().zip(other.as_deref());
        let but_for_ids = but_for_ids.is_some_and(|(a, b)| without_ids(a) == without_ids(b));
        let by_nature = of_the_way(&name) || but_for_ids;
        (one != other).then_some(Difference { name, emulated: one, deployed: other, by_nature })
    };
    names.into_iter().filter_map(difference).collect()
}

/// Headers that the gateway, the network and the servers in between add of their own.
fn of_the_way(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "age",
        "alt-svc",
        "connection",
        "content-length",
        "date",
        "etag",
        "keep-alive",
        "server",
        "transfer-encoding",
        "vary",
        "via",
        "x-cache",
    ];
    NAMES.contains(&name) || name.starts_with("x-amz") || name.starts_with("cf-")
}

fn compare(path: &str, one: &Value, other: &Value, depth: usize, found: &mut Vec<Difference>) {
    if one == other || found.len() >= MOST {
        return;
    }
    if depth < DEEPEST {
        if let (Some(left), Some(right)) = (one.as_object(), other.as_object()) {
            for (name, value) in left {
                let path = format!("{path}.{name}");
                match right.get(name) {
                    Some(other) => compare(&path, value, other, depth + 1, found),
                    None => found.push(difference(&path, Some(value), None)),
                }
            }
            for (name, value) in right.iter().filter(|(name, _)| left.get(*name).is_none()) {
                found.push(difference(&format!("{path}.{name}"), None, Some(value)));
            }
            return;
        }
        if let (Some(left), Some(right)) = (one.as_array(), other.as_array()) {
            for index in 0..left.len().max(right.len()) {
                let path = format!("{path}[{index}]");
                match (left.get(index), right.get(index)) {
                    (Some(one), Some(other)) => compare(&path, one, other, depth + 1, found),
                    (one, other) => found.push(difference(&path, one, other)),
                }
            }
            return;
        }
    }
    found.push(difference(path, Some(one), Some(other)));
}

fn difference(path: &str, one: Option<&Value>, other: Option<&Value>) -> Difference {
    let by_nature = one.zip(other).is_some_and(|(one, other)| alike_by_nature(path, one, other));
    let text = |it: Option<&Value>| it.map(Value::to_string);
    Difference { name: path.to_owned(), emulated: text(one), deployed: text(other), by_nature }
}

/// Two ids, two instants, or two ARNs: of the same kind, so that it is no mistake that they differ.
fn alike_by_nature(path: &str, one: &Value, other: &Value) -> bool {
    if one.type_name() != other.type_name() {
        return false;
    }
    let name = path.rsplit(['.', ']']).next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let named = name.ends_with("Id")
        || name.ends_with("ID")
        || name.ends_with("Arn")
        || name.ends_with("At")
        || ["id", "arn", "token", "requestid"].contains(&lower.as_str())
        || ["date", "time", "timestamp", "_id", "_at"].iter().any(|it| lower.ends_with(it));
    let looks = |value: &Value| {
        value.as_str().is_some_and(|it| is_uuid(it) || is_instant(it) || it.starts_with("arn:"))
    };
    named || (looks(one) && looks(other))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if [8, 13, 18, 23].contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

/// A text with a star in the place of each UUID.
fn without_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if rest.get(..36).is_some_and(is_uuid) {
            out.push('*');
            rest = &rest[36..];
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    out
}

fn is_instant(text: &str) -> bool {
    crate::execution::Timestamp::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        HttpResponse { status, headers: headers.iter().map(own).collect(), body: body.to_owned() }
    }

    #[test]
    fn ids_and_times_are_toned_down_and_the_rest_is_not() {
        let emulated = answer(
            200,
            &[("Content-Type", "application/json")],
            r#"{"id":"a","made":"2026-01-01T00:00:00Z","n":1,"list":[1,2],"only":true}"#,
        );
        let deployed = answer(
            200,
            &[("content-type", "application/json"), ("x-amzn-RequestId", "r"), ("X-Own", "1")],
            r#"{"made":"2026-02-02T00:00:00Z","id":"b","n":2,"list":[1]}"#,
        );
        let found = Comparison::of(&emulated, &deployed);
        let headers: Vec<_> = found.headers.iter().map(|it| (&*it.name, it.by_nature)).collect();
        assert_eq!(headers, [("x-amzn-requestid", true), ("x-own", false)]);
        let BodyComparison::Json(body) = &found.body else { panic!("{found:?}") };
        let body: Vec<_> = body.iter().map(|it| (&*it.name, it.by_nature)).collect();
        assert_eq!(
            body,
            [
                ("$.id", true),
                ("$.made", true),
                ("$.n", false),
                ("$.list[1]", false),
                ("$.only", false)
            ]
        );
        assert!(!found.agrees());
    }

    #[test]
    fn answers_that_differ_by_nature_alone_agree() {
        let one = answer(200, &[("Date", "a")], r#"{"orderId":"1","x":[{"n":1.0}]}"#);
        let other = answer(200, &[("Date", "b")], "{ \"x\": [{\"n\":1.0}], \"orderId\": \"2\" }");
        assert!(Comparison::of(&one, &other).agrees());
        assert!(!Comparison::of(&one, &answer(201, &[], &one.body)).agrees());
        let text = answer(200, &[], "no JSON");
        assert_eq!(Comparison::of(&one, &text).body, BodyComparison::Text);
        assert_eq!(Comparison::of(&text, &text).body, BodyComparison::Same);
        let location = |id: &str| answer(201, &[("Location", &format!("/items/{id}"))], "");
        let (id, another) =
            ("8f507cfc-3c3b-4a7e-9b8e-6f1d2b3c4d5e", "00000000-3c3b-4a7e-9b8e-6f1d2b3c4d5e");
        assert!(Comparison::of(&location(id), &location(another)).agrees());
        assert!(!Comparison::of(&location(id), &location("é-7")).agrees());
        let null = answer(200, &[], r#"{"orderId":null,"x":[{"n":1.0}]}"#);
        assert!(!Comparison::of(&one, &null).agrees(), "an id that is missing is a difference");
    }

    #[test]
    fn a_deep_or_long_body_is_compared_within_limits() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(90), "]".repeat(90));
        let found = Comparison::of(&answer(200, &[], &deep("1")), &answer(200, &[], &deep("2")));
        assert!(matches!(&found.body, BodyComparison::Json(list) if list.len() == 1));
        let long = |n: i64| Value::array((0..5000).map(|it| Value::from(it * n))).to_string();
        let found = Comparison::of(&answer(200, &[], &long(1)), &answer(200, &[], &long(2)));
        assert!(matches!(&found.body, BodyComparison::Json(list) if list.len() == MOST));
    }
}
