//! What must not leave the machine in a shared file: passwords, tokens, keys.
//!
//! A value is redacted for the name it stands under, or for its own shape. The same secret becomes the same placeholder
//! everywhere, so that what an execution compares, it still compares alike.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::json::{Object, Value};

/// Parts of names that say that a secret follows, in small letters and without signs.
const NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "cookie",
    "sessionid",
];

/// Names of the API and of ASL that only look as if.
const HARMLESS: [&str; 5] =
    ["taskCredentials", "Credentials", "nextToken", "tokens_used", "MaxTokens"];

/// Access keys of AWS, bearer tokens, JSON web tokens, private keys, tokens of GitHub and Slack.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
        | (?i:bearer|basic)\s+[A-Za-z0-9+/._~=-]{8,}
        | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
        | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----(?s:.*?)(?:-----END\ [A-Z\ ]*PRIVATE\ KEY-----|\z)
        | \bgh[pousr]_[A-Za-z0-9]{30,}
        | \bxox[abprs]-[A-Za-z0-9-]{10,}",
    )
    .expect("the pattern is a literal that the tests compile")
});

/// Takes secrets out of values, and remembers where they were.
#[derive(Debug, Default)]
pub struct Redactor {
    placeholders: BTreeMap<String, String>,
    /// Where something was taken out: JSON paths, each once.
    pub places: Vec<String>,
}

/// What is known of a value from the names above it.
#[derive(Clone, Copy)]
struct Kind {
    /// It stands under the name of a secret.
    is_secret: bool,
    /// It is a payload, not a part of a definition.
    is_data: bool,
}

impl Redactor {
    /// Data: payloads, events, mocks.
    #[must_use]
    pub fn data(&mut self, value: &Value, place: &str) -> Value {
        self.walk(value, place, Kind { is_secret: false, is_data: true })
    }

    /// A definition: names of states are no names of secrets, and neither are paths and expressions secrets.
    #[must_use]
    pub fn definition(&mut self, value: &Value) -> Value {
        self.walk(value, "definition", Kind { is_secret: false, is_data: false })
    }

    fn walk(&mut self, value: &Value, place: &str, kind: Kind) -> Value {
        let Kind { is_secret, is_data } = kind;
        match value {
            Value::Object(members) => {
                let redact = |(name, value): (&Arc<str>, &Value)| {
                    let place = format!("{place}.{name}");
                    let secret = is_secret || names_a_secret(name);
                    let is_expression = !is_data && (name.ends_with(".$") || is_expression(value));
                    let nested = value.as_object().is_some() || value.as_array().is_some();
                    // In a definition only a text right under such a name is one.
                    let secret = secret && !is_expression && (is_data || !nested);
                    (
                        Arc::clone(name),
                        self.walk(value, &place, Kind { is_secret: secret, is_data }),
                    )
                };
                Value::from(members.iter().map(redact).collect::<Object>())
            }
            Value::Array(items) => Value::array(items.iter().enumerate().map(|(at, item)| {
                self.walk(item, &format!("{place}[{at}]"), Kind { is_secret, is_data })
            })),
            Value::String(text) => Value::from(self.text(text, place, kind)),
            Value::Number(number) if is_secret && is_data => {
                let text = Value::Number(*number).to_string();
                Value::from(self.placeholder(&text, place))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&mut self, text: &str, place: &str, kind: Kind) -> String {
        let Kind { is_secret, is_data } = kind;
        // Payloads are texts of JSON.
        if is_data
            && text.trim_start().starts_with(['{', '[', '"'])
            && let Ok(inner) = Value::parse(text)
        {
            let redacted = self.walk(&inner, place, Kind { is_secret, is_data: true });
            return if redacted == inner { text.to_owned() } else { redacted.to_string() };
        }
        if is_secret && !text.is_empty() {
            return self.placeholder(text, place);
        }
        SHAPES
            .replace_all(text, |found: &regex::Captures<'_>| {
                found.get(0).map_or_else(String::new, |it| self.placeholder(it.as_str(), place))
            })
            .into_owned()
    }

    fn placeholder(&mut self, secret: &str, place: &str) -> String {
        if !self.places.iter().rev().take(8).any(|it| it == place) {
            self.places.push(place.to_owned());
        }
        let next = self.placeholders.len() + 1;
        self.placeholders
            .entry(secret.to_owned())
            .or_insert_with(|| format!("(redacted {next})"))
            .clone()
    }
}

fn names_a_secret(name: &str) -> bool {
    if HARMLESS.contains(&name) {
        return false;
    }
    let letters = name.chars().filter(|it| it.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    NAMES.iter().any(|it| plain.contains(it))
}

fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|it| it.starts_with(['$', '{']) || it.starts_with("States."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> (String, Vec<String>) {
        let mut redactor = Redactor::default();
        let value = redactor.data(&Value::parse(text).expect("JSON"), "$");
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
            "Bearer abcdefghij",
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
        let definition = redactor.definition(&Value::parse(text).expect("JSON")).to_string();
        assert!(definition.contains(r#""token.$":"$.token""#) && definition.contains("{% $key %}"));
        assert!(definition.contains(r#""RoleArn":"r""#) && !definition.contains("hunter2"));
        assert_eq!(redactor.places, ["definition.States.Get token.Parameters.Password"]);
    }
}
