//! What must not leave the machine in a shared file: passwords, tokens, keys.
//!
//! A value is redacted for the name it stands under, or for its own shape. The same secret becomes the same placeholder
//! everywhere, so that what an execution compares, it still compares alike. What was found once is a secret wherever else it
//! stands: in causes, outputs, notes; that takes a second pass, [`Redactor::sweep`].

mod known;
mod names;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::known::Known;
use self::names::{counts, holds_named_credentials, is_only_a_name, names_a_secret};
use self::text::{is_placeholder, looks_made_up, placeholder_at, secrets_in};
use crate::json::{Object, Value};

/// How a placeholder begins.
const PLACEHOLDER: &str = "(redacted ";

/// The shortest secret that is looked for in other texts: a shorter one is part of words by chance.
const SHORTEST_SWEPT: usize = 6;

/// Fields whose values are the API's or ASL's own, or names of states: nothing in them is a secret.
const FIXED: [&str; 14] = [
    "type",
    "timestamp",
    "name",
    "resource",
    "resourceType",
    "region",
    "roleArn",
    "mapRunArn",
    "Type",
    "Next",
    "Default",
    "StartAt",
    "Resource",
    "QueryLanguage",
];

/// Fields of ASL that hold what users write.
const PAYLOADS: [&str; 8] = [
    "Parameters",
    "Arguments",
    "Result",
    "ResultSelector",
    "Assign",
    "Output",
    "ItemSelector",
    "BatchInput",
];

/// Takes secrets out of values, and remembers where they were.
#[derive(Debug, Default)]
pub struct Redactor {
    placeholders: BTreeMap<String, String>,
    /// The number of the last placeholder.
    last: usize,
    /// Where something was taken out: JSON paths, each once.
    pub places: Vec<String>,
    told: BTreeSet<String>,
    known: Known,
}

/// What a value is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Payloads, mocks, notes.
    Data,
    /// Events of a history, and their details.
    Event,
    /// A definition.
    Machine,
    /// Its states by their names.
    States,
    /// A payload in a definition: literals, paths and expressions.
    Payload,
}

impl Part {
    /// What the member of an object is.
    fn member(self, name: &str, value: &Value) -> Self {
        match self {
            Self::Data | Self::Payload => self,
            Self::Event if name.ends_with("Details") => Self::Event,
            Self::Event => Self::Data,
            Self::Machine if name == "States" && value.as_object().is_some() => Self::States,
            Self::Machine if PAYLOADS.contains(&name) => Self::Payload,
            Self::States | Self::Machine => Self::Machine,
        }
    }

    /// Whether the text under a name is left alone.
    fn is_fixed(self, name: &str, value: &Value) -> bool {
        matches!(self, Self::Event | Self::Machine)
            && FIXED.contains(&name)
            && value.as_str().is_some()
    }

    fn is_definition(self) -> bool {
        matches!(self, Self::Machine | Self::States | Self::Payload)
    }
}

impl Redactor {
    /// Begins after the placeholders that are there already, so that a new one is none of those.
    pub fn count_placeholders(&mut self, text: &str) {
        for (at, _) in text.match_indices(PLACEHOLDER) {
            if let Some((number, _)) = text.get(at..).and_then(placeholder_at) {
                self.last = self.last.max(number.min(usize::MAX / 2));
            }
        }
    }

    /// The first pass: what is a secret by its name or its shape.
    ///
    /// In a definition, names of states are no names of secrets, and neither are paths and expressions secrets.
    #[must_use]
    pub fn redact(&mut self, value: &Value, place: &str, part: Part) -> Value {
        self.protect(value, part);
        self.walk(value, place, part, false)
    }

    /// The second pass, after the first of everything: what was found anywhere, wherever it stands.
    #[must_use]
    pub fn sweep(&self, value: &Value, part: Part) -> Value {
        if self.known.is_empty() {
            return value.clone();
        }
        match value {
            Value::Object(members) => {
                let swept = members.iter().map(|(name, value)| {
                    if part.is_fixed(name, value) {
                        return (Arc::clone(name), value.clone());
                    }
                    let has_own_names = matches!(part, Part::Data | Part::Payload);
                    let name_swept = match self.known.replaced(name) {
                        Some(swept) if has_own_names && !names_a_secret(name) => swept.into(),
                        Some(_) | None => Arc::clone(name),
                    };
                    (name_swept, self.sweep(value, part.member(name, value)))
                });
                Value::from(swept.collect::<Object>())
            }
            Value::Array(items) => Value::array(items.iter().map(|it| self.sweep(it, part))),
            Value::String(text) => {
                if let Some(inner) = embedded(text, part) {
                    let swept = self.sweep(&inner, part);
                    if swept == inner {
                        return value.clone();
                    }
                    return Value::from(swept.to_string());
                }
                self.known.replaced(text).map_or_else(|| value.clone(), Value::from)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Names of states and fields stay what they are, also where somebody's password is the same word.
    fn protect(&mut self, value: &Value, part: Part) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter() {
                    match part {
                        Part::Data | Part::Payload => return,
                        Part::Event | Part::Machine | Part::States => {}
                    }
                    self.known.protect(name);
                    if let Some(text) = value.as_str().filter(|_| part.is_fixed(name, value)) {
                        self.known.protect(text);
                    }
                    self.protect(value, part.member(name, value));
                }
            }
            Value::Array(items) => items.iter().for_each(|it| self.protect(it, part)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn walk(&mut self, value: &Value, place: &str, part: Part, is_secret: bool) -> Value {
        match value {
            Value::Object(members) => {
                let pair = pair_of_a_secret(members, part);
                let redact = |(name, value): (&Arc<str>, &Value)| {
                    if part.is_fixed(name, value) {
                        return (Arc::clone(name), value.clone());
                    }
                    let place = format!("{place}.{name}");
                    let inner = part.member(name, value);
                    let named = match part {
                        Part::States => false,
                        // Fields of ASL have names of their own; of what else stands there, only a text is one.
                        Part::Machine => value.as_str().is_some() && names_a_secret(name),
                        Part::Data | Part::Event | Part::Payload => names_a_secret(name),
                    };
                    let told_inside = value.as_object().is_some() && holds_named_credentials(name);
                    let is_count = value.as_f64().is_some() && counts(name);
                    let named = (named && !told_inside && !is_count)
                        || pair.is_some_and(|is_value| is_value(name));
                    if part.is_definition()
                        && name.ends_with(".$")
                        && let Some(text) = value.as_str()
                    {
                        let text = self.scanned(text, &place, true);
                        return (Arc::clone(name), Value::from(text));
                    }
                    (Arc::clone(name), self.walk(value, &place, inner, is_secret || named))
                };
                Value::from(members.iter().map(redact).collect::<Object>())
            }
            Value::Array(items) => Value::array(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.walk(item, &format!("{place}[{at}]"), part, is_secret)),
            ),
            Value::String(text) => Value::from(self.text(text, place, part, is_secret)),
            Value::Number(number) if is_secret && part != Part::Machine => {
                let text = Value::Number(*number).to_string();
                Value::from(self.placeholder(&text, place, true))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&mut self, text: &str, place: &str, part: Part, is_secret: bool) -> String {
        if part.is_definition() && is_expression(text) {
            return self.scanned(text, place, true);
        }
        // Payloads are texts of JSON.
        if let Some(inner) = embedded(text, part) {
            let redacted = self.walk(&inner, place, part, is_secret);
            return if redacted == inner { text.to_owned() } else { redacted.to_string() };
        }
        if is_secret && !text.is_empty() {
            return self.placeholder(text, place, true);
        }
        if let Some(decoded) = decoded(text) {
            // What it hides is a secret elsewhere too.
            let plain = Value::from(decoded);
            let before = self.places.len();
            if self.walk(&plain, place, Part::Data, false) != plain {
                // All of it goes, so that only its own place is told.
                for inner in self.places.drain(before..) {
                    self.told.remove(&inner);
                }
                return self.placeholder(text, place, true);
            }
        }
        self.scanned(text, place, false)
    }

    fn scanned(&mut self, text: &str, place: &str, is_expression: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for range in secrets_in(text, is_expression) {
            let secret = text.get(range.clone()).unwrap_or_default();
            out.push_str(text.get(done..range.start).unwrap_or_default());
            // In prose it may be an ordinary word.
            out.push_str(&self.placeholder(secret, place, looks_made_up(secret)));
            done = range.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }

    fn placeholder(&mut self, secret: &str, place: &str, is_swept: bool) -> String {
        if is_placeholder(secret) {
            return secret.to_owned();
        }
        if self.told.insert(place.to_owned()) {
            self.places.push(place.to_owned());
        }
        let last = &mut self.last;
        let entry = self.placeholders.entry(secret.to_owned()).or_insert_with(|| {
            *last += 1;
            format!("{PLACEHOLDER}{last})")
        });
        if is_swept && secret.chars().count() >= SHORTEST_SWEPT && !is_only_a_name(secret) {
            self.known.insert(secret, entry);
        }
        entry.clone()
    }
}

/// Takes the secrets out of what a request says beside its body: its URL and its headers.
pub(super) fn hide_in_head(url: &mut String, headers: &mut [(String, String)]) {
    const HIDDEN: &str = "SECRET";
    let hide = |text: &mut String| {
        for range in secrets_in(text, false).into_iter().rev() {
            text.replace_range(range, HIDDEN);
        }
    };
    hide(url);
    for (name, value) in headers {
        if names_a_secret(name) && !value.is_empty() {
            HIDDEN.clone_into(value);
        } else {
            hide(value);
        }
    }
}

/// JSON in a text of data, or of a payload.
fn embedded(text: &str, part: Part) -> Option<Value> {
    let holds_json = matches!(part, Part::Data | Part::Payload);
    let begins = text.trim_start().starts_with(['{', '[', '"']);
    if holds_json && begins { Value::parse(text).ok() } else { None }
}

/// Text that stands in Base64.
fn decoded(text: &str) -> Option<String> {
    use base64::Engine as _;
    const SHORTEST: usize = 16;
    if text.len() < SHORTEST || text.bytes().any(|it| it.is_ascii_whitespace()) {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

/// Which members hold the secret that another one names: `{"Name": "DB_PASSWORD", "Value": …}`, or a comparison of ASL.
fn pair_of_a_secret(members: &Object, part: Part) -> Option<fn(&str) -> bool> {
    const NAMES: [&str; 6] =
        ["name", "key", "field", "headername", "parametername", "parameterkey"];
    const VALUES: [&str; 6] =
        ["value", "values", "val", "stringvalue", "headervalue", "parametervalue"];
    for (name, value) in members {
        let Some(text) = value.as_str() else { continue };
        if NAMES.contains(&name.to_ascii_lowercase().as_str()) && names_a_secret(text) {
            return Some(|name| VALUES.contains(&name.to_ascii_lowercase().as_str()));
        }
        if part == Part::Machine
            && &**name == "Variable"
            && text.rsplit(['.', '$']).next().is_some_and(names_a_secret)
        {
            return Some(|name| name.starts_with("String") && !name.ends_with("Path"));
        }
    }
    None
}

fn is_expression(text: &str) -> bool {
    let text = text.trim_start();
    text == "$" || ["{%", "$.", "$[", "$$", "States."].iter().any(|it| text.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> (String, Vec<String>) {
        let mut redactor = Redactor::default();
        let value = redactor.redact(&Value::parse(text).expect("JSON"), "$", Part::Data);
        let value = redactor.sweep(&value, Part::Data);
        (value.to_string(), redactor.places)
    }

    #[test]
    fn secrets_are_found_by_name_and_by_shape() {
        for secret in [
            r#"{"password":"hunter2"}"#,
            r#"{"DB_Passwd":"hunter2"}"#,
            r#"{"headers":{"Authorization":["hunter2"]}}"#,
            r#"{"x-api-key":"hunter2"}"#,
            r#"{"clientSecret":{"value":"hunter2"}}"#,
            r#"{"output":"{\"token\":\"hunter2\"}"}"#,
            r#"{"assignedVariables":{"token":"\"hunter2\""}}"#,
        ] {
            let (text, places) = redacted(secret);
            assert!(!text.contains("hunter2") && places.len() == 1, "{text}");
        }
        for shape in [
            "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJI.eyJzdWIiOiIx.sig",
            "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----",
        ] {
            let (text, _) = redacted(&format!(r#"{{"note":"before {shape} after"}}"#));
            assert!(text.contains("before (redacted 1) after"), "{text}");
        }
    }

    #[test]
    fn the_rest_stays_as_it_was() {
        for harmless in [
            r#"{"name":"Ada","amount":12.50,"taskCredentials":{"roleArn":"arn"}}"#,
            r#"{"output":"{ \"a\" : 1 }"}"#,
            r#"{"token":null,"secret":true,"password":""}"#,
        ] {
            assert_eq!(
                redacted(harmless),
                (Value::parse(harmless).expect("JSON").to_string(), vec![])
            );
        }
        let (text, _) = redacted(r#"[{"token":"a"},{"token":"b"},{"password":"a"}]"#);
        assert_eq!(
            text,
            r#"[{"token":"(redacted 1)"},{"token":"(redacted 2)"},{"password":"(redacted 1)"}]"#
        );
    }

    #[test]
    fn a_definition_keeps_its_states_and_paths() {
        let text = r#"{"StartAt":"Get token","States":{"Get token":{"Type":"Task","Credentials":{"RoleArn":"r"},
            "Parameters":{"token.$":"$.token","ApiKey":"{% $key %}","Password":"hunter2"},"End":true}}}"#;
        let mut redactor = Redactor::default();
        let definition = redactor
            .redact(&Value::parse(text).expect("JSON"), "definition", Part::Machine)
            .to_string();
        assert!(definition.contains(r#""token.$":"$.token""#) && definition.contains("{% $key %}"));
        assert!(definition.contains(r#""RoleArn":"r""#) && !definition.contains("hunter2"));
        assert_eq!(redactor.places, ["definition.States.Get token.Parameters.Password"]);
    }

    #[test]
    fn secrets_in_free_text_are_found() {
        for (text, kept) in [
            (r#"{"password":"hunter2","x":"trunc"#, "trunc"),
            (r#"failed: {"errorMessage":"bad","password":"hunter2"#, "bad"),
            (r#"body {\"password\": \"hunter2\", \"x\": \"y\"} end"#, r#"\"y\"} end"#),
            (r#"cut [{"Name":"DB_PASSWORD","Value":"hunter2"},{"x"#, "DB_PASSWORD"),
            (r#"cut {"tokens":["hunter2","b"#, "cut"),
            ("connect failed: password=hunter2 host=db", "host=db"),
            ("postgres://admin:hunter2@db.example/x", "postgres://admin:"),
            ("https://b/k?X-Amz-Credential=hunter2&X-Amz-Date=2026", "&X-Amz-Date=2026"),
            ("https://b/k?X-Amz-Signature=hunter2&X-Amz-Security-Token=hunter2", "https://b/k"),
            ("?token=hunter2&x=1", "&x=1"),
            ("https://b/?sig=hunter2&se=1", "&se=1"),
            ("Server=x;User Id=sa;Pwd=hunter2;Db=y", ";Db=y"),
            ("AWS_SECRET_ACCESS_KEY=wJalrhunter2", "AWS_SECRET_ACCESS_KEY="),
            ("Authorization: hunter2 was refused", "was refused"),
            ("Authorization: Bearer hunter2abc was refused", "was refused"),
            ("mysql --password='hunter2' -h db", "-h db"),
        ] {
            let json = Value::object([("note", Value::from(text))]).to_string();
            let (redacted, _) = redacted(&json);
            let read = Value::parse(&redacted).expect("JSON");
            let read = read.get("note").and_then(Value::as_str).expect("a text").to_owned();
            assert!(!read.contains("hunter2") && read.contains(kept), "{read}");
        }
        for prose in [
            "Invalid token: expired",
            "Basic validation failed",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-1",
            "The author: Ada 2",
            "https://example.com:8080/a@b",
            "sent {} of {}: token={}",
        ] {
            let json = Value::object([("note", Value::from(prose))]).to_string();
            assert_eq!(redacted(&json), (json, vec![]));
        }
    }

    #[test]
    fn texts_that_repeat_themselves_are_looked_through_in_linear_time() {
        const TIMES: usize = 100_000;
        for part in [
            "cookie: ",
            "token=",
            "token={",
            "$token=",
            r#""token":["#,
            r#""token":{"#,
            r#"{"name":"token","value":["#,
            "'token':'",
            "Authorization: Bearer ",
            "a://b:c",
            "-----BEGIN PRIVATE KEY-----",
            "\\\"token\\\":\\\"",
        ] {
            let text = part.repeat(TIMES);
            for is_expression in [false, true] {
                let found = secrets_in(&text, is_expression);
                assert!(found.len() <= TIMES, "{part}");
            }
        }
        // Secrets that all begin alike, in a text of nothing else.
        let secrets = (20..400).map(|it| Value::from("a1b2c3".repeat(it)));
        let text = Value::from("a1b2c3".repeat(TIMES));
        let json = Value::object([("tokens", Value::array(secrets)), ("text", text)]);
        let mut redactor = Redactor::default();
        let json = redactor.redact(&json, "$", Part::Data);
        let swept = redactor.sweep(&json, Part::Data).to_string();
        assert!(!swept.contains("a1b2c3"), "{}", &swept[..200]);
    }

    #[test]
    fn what_is_a_secret_once_is_one_everywhere() {
        let (text, _) = redacted(
            r#"{"password":"hun\"ter2","cause":"no hun\"ter2 here","inner":"{\"a\":\"hun\\\"ter2\"}","url":"/x?q=hun%22ter2"}"#,
        );
        assert!(!text.contains("ter2"), "{text}");
        let (text, _) = redacted(
            r#"{"headers":{"Authorization":"Bearer abc123def"},"x":["abc123def"],"abc123def":1}"#,
        );
        assert!(!text.contains("abc123def"), "{text}");
        // A plain word is not taken out of others, and neither are names.
        let (text, _) = redacted(
            r#"{"password":"password","pwd":"charge","p":"recharged $.password (redacted 7)"}"#,
        );
        assert!(
            text.contains("recharged $.password (redacted 7)")
                && text.starts_with(r#"{"password":"#)
        );
    }

    #[test]
    fn the_head_of_a_request_tells_no_secret() {
        let mut url = "http://127.0.0.1:8080/items?limit=2&api_key=hunter2&x=1".to_owned();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = [
            pair("Authorization", "Basic aHVudGVyMg=="),
            pair("cookie", "a=hunter2"),
            pair("X-API-Key", "hunter2"),
            pair("X-Upstream", "Bearer hunter2abc"),
            pair("X-Custom-Token", "hunter2"),
            pair("Content-Type", "application/json"),
        ];
        hide_in_head(&mut url, &mut headers);
        assert_eq!(url, "http://127.0.0.1:8080/items?limit=2&api_key=SECRET&x=1");
        assert!(headers[..5].iter().all(|(_, value)| value.ends_with("SECRET")), "{headers:?}");
        assert_eq!(headers[5].1, "application/json");
    }

    #[test]
    fn pairs_and_counts_are_told_apart() {
        for pair in [
            r#"[{"Name":"DB_PASSWORD","Value":"hunter2"}]"#,
            r#"[{"key":"auth","VALUE":["hunter2"]}]"#,
            r#"{"note":"eyJwYXNzd29yZCI6Imh1bnRlcjIifQ=="}"#,
        ] {
            let (text, places) = redacted(pair);
            assert!(!text.contains("hunter2") && !text.contains("eyJw"), "{text}");
            assert_eq!(places.len(), 1, "{text}");
        }
        for harmless in [
            r#"{"inputTokens":150,"author":"Ada","passengers":["Bob"],"authorized":true}"#,
            r#"{"Name":"colour","Value":"blue"}"#,
        ] {
            assert_eq!(redacted(harmless), (harmless.to_owned(), vec![]));
        }
    }

    #[test]
    fn a_definition_loses_numbers_lists_and_objects_under_secret_names() {
        let text = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::http:invoke",
            "Parameters":{"Password":12345678,"ApiKeys":["hunter2A","hunter2B"],"Secret":{"value":"hunter2C"},
            "Headers":{"Authorization":["hunter2D"]},"Body":"{\"password\":\"hunter2E\"}",
            "Cmd":"mysql --password=hunter2F","token.$":"States.Format('token={}', $.token)","max_tokens":5},
            "Arguments":"{% {'password': 'hunter2G', 'token': $token, 'u': 'token=' & $token} %}",
            "Comment":"it was hunter2A","TimeoutSeconds":9,"End":true}}}"#;
        let mut redactor = Redactor::default();
        let json = Value::parse(text).expect("JSON");
        let definition = redactor.redact(&json, "definition", Part::Machine);
        let definition = redactor.sweep(&definition, Part::Machine).to_string();
        assert!(
            !definition.contains("hunter2") && !definition.contains("12345678"),
            "{definition}"
        );
        for kept in [
            "States.Format('token={}', $.token)",
            "'token': $token, 'u': 'token=' & $token} %}",
            r#""max_tokens":5"#,
            r#""Resource":"arn:aws:states:::http:invoke""#,
            r#""TimeoutSeconds":9"#,
        ] {
            assert!(definition.contains(kept), "{kept} is not in {definition}");
        }
    }

    #[test]
    fn what_was_redacted_before_stays_so() {
        let mut redactor = Redactor::default();
        let value = Value::parse(r#"{"password":"(redacted 4)","pwd":"hunter2"}"#).expect("JSON");
        redactor.count_placeholders(&value.to_string());
        let value = redactor.redact(&value, "$", Part::Data).to_string();
        assert_eq!(value, r#"{"password":"(redacted 4)","pwd":"(redacted 5)"}"#);
        assert_eq!(redactor.places, ["$.pwd"]);
    }
}
