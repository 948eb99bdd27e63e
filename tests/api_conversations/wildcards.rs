//! What stands for what AWS generated, in both directions: in requests it is replaced by what our answers gave, in expected answers
//! it takes what ours have.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

/// Members that AWS has come to answer with since some of the conversations were recorded.
const LATER_MEMBERS: &[&str] = &["encryptionConfiguration", "redriveCount"];

/// What the wildcards of one conversation stand for.
#[derive(Debug, Default)]
pub(crate) struct Wildcards {
    bound: BTreeMap<String, String>,
    /// The last value that our answers had for a member, such as `activityArn`.
    answered: BTreeMap<String, String>,
}

impl Wildcards {
    /// The parameters of a call. `names_nothing`: AWS answered that there is no such thing.
    pub(crate) fn request(&mut self, params: &Value, names_nothing: bool) -> Value {
        self.requested("", params, names_nothing)
    }

    fn requested(&mut self, member: &str, value: &Value, names_nothing: bool) -> Value {
        match value {
            Value::String(text) => Value::from(self.requested_text(member, text, names_nothing)),
            Value::Array(items) => {
                items.iter().map(|it| self.requested(member, it, names_nothing)).collect()
            }
            Value::Object(members) => {
                let named = members.iter();
                let filled =
                    named.map(|(name, it)| (name.clone(), self.requested(name, it, names_nothing)));
                Value::Object(filled.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn requested_text(&mut self, member: &str, text: &str, names_nothing: bool) -> String {
        let is_arn = member.ends_with("Arn");
        let answered = self.answered.get(member).cloned();
        // The corpus put the member's own name in the place of what AWS had given, or a name in that of an ARN of nothing.
        if is_arn && is_name_of(text, member) {
            if let Some(given) = answered {
                self.bound.insert(text.to_owned(), given);
            }
        } else if names_nothing && member == "stateMachineArn" && !text.starts_with("arn:") {
            let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:there-is-none";
            self.bound.insert(text.to_owned(), arn.to_owned());
        } else if names_nothing && member == "executionArn" && !text.starts_with("arn:") {
            let arn = "arn:aws:states:us-east-1:123456789012:execution:there-is:none";
            self.bound.insert(text.to_owned(), arn.to_owned());
        } else if is_arn && first_wildcard(&self.known(text)).is_some() {
            // An execution whose start was not recorded.
            if let Some(given) = answered {
                self.text(text, &given);
            }
        }
        let mut known = self.known(text);
        while let Some(wildcard) = first_wildcard(&known).map(str::to_owned) {
            self.bound.insert(wildcard.clone(), made_up(&wildcard));
            known = self.known(&known);
        }
        known
    }

    /// Remembers what an answer gave.
    pub(crate) fn learn(&mut self, answer: &Value) {
        for (name, value) in answer.as_object().into_iter().flatten() {
            if let Some(text) = value.as_str() {
                self.answered.insert(name.clone(), text.to_owned());
            }
        }
    }

    /// Where an answer differs from what was expected, and how.
    pub(crate) fn difference(
        &mut self,
        at: &str,
        expected: &Value,
        actual: &Value,
    ) -> Option<String> {
        let differs = || Some(format!("{at}: expected {expected}, answered {actual}"));
        let member = at.rsplit('.').next().unwrap_or_default();
        match (expected, actual) {
            (Value::String(text), Value::String(own)) => {
                if is_name_of(text, member) && member.ends_with("Arn") {
                    self.bound.entry(text.clone()).or_insert_with(|| own.clone());
                }
                if self.text(text, &without_instants(text, own)) { None } else { differs() }
            }
            // Of any type where it is the whole text.
            (Value::String(text), _) if is_anything(text) || is_name_of(text, member) => None,
            // The corpus parsed texts that are JSON objects.
            (Value::Object(_), Value::String(own)) => match serde_json::from_str::<Value>(own) {
                Ok(parsed) if parsed.is_object() => self.difference(at, expected, &parsed),
                Ok(_) | Err(_) => differs(),
            },
            (Value::Object(members), Value::Object(own)) => {
                let added = own
                    .keys()
                    .find(|it| !members.contains_key(*it) && !LATER_MEMBERS.contains(&it.as_str()));
                if let Some(added) = added {
                    return Some(format!("{at}: {added} was not expected"));
                }
                members.iter().find_map(|(name, it)| match own.get(name) {
                    Some(own) => self.difference(&format!("{at}.{name}"), it, own),
                    None => Some(format!("{at}.{name}: expected {it}, and there is none")),
                })
            }
            (Value::Array(items), Value::Array(own)) if items.len() == own.len() => {
                let pairs = items.iter().zip(own).enumerate();
                pairs.fold(None, |found, (index, (it, own))| {
                    found.or_else(|| self.difference(&format!("{at}[{index}]"), it, own))
                })
            }
            _ if expected == actual => None,
            _ => differs(),
        }
    }

    /// Whether a text is what was expected. Wildcards that stand for one thing throughout are bound to what stands there.
    pub(crate) fn text(&mut self, expected: &str, actual: &str) -> bool {
        let expected = self.known(expected);
        let Some(wildcard) = first_wildcard(&expected).map(str::to_owned) else {
            return expected == actual;
        };
        let (before, after) = expected.split_once(wildcard.as_str()).expect("it is in it");
        let Some(rest) = actual.strip_prefix(before) else { return false };
        let literal = first_wildcard(after)
            .map_or(after, |next| after.split_once(next).map_or(after, |(literal, _)| literal));
        let end = if literal.is_empty() { Some(rest.len()) } else { rest.find(literal) };
        let Some(taken) = end.and_then(|end| rest.get(..end)) else { return false };
        if taken.is_empty() {
            return false;
        }
        if !is_anything(&wildcard) {
            self.bound.insert(wildcard.clone(), taken.to_owned());
        }
        let rest = rest.strip_prefix(taken).unwrap_or_default().to_owned();
        let after = after.to_owned();
        self.text(&after, &rest)
    }

    /// With everything that is bound in its place, and the account of the project in that of the corpus.
    fn known(&self, text: &str) -> String {
        let text = text.replace("111111111111", "123456789012");
        self.bound.iter().fold(text, |text, (name, value)| text.replace(name.as_str(), value))
    }
}

/// The corpus has the word `date` for instants inside of what was recorded.
fn without_instants(expected: &str, actual: &str) -> String {
    if !expected.contains("date") {
        return actual.to_owned();
    }
    let instant = Regex::new(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})");
    instant.expect("a pattern").replace_all(actual, "date").into_owned()
}

fn first_wildcard(text: &str) -> Option<&str> {
    let start = text.find("<<")?;
    let end = text.get(start..)?.find(">>")? + start + 2;
    text.get(start..end)
}

/// A wildcard that need not stand for the same thing everywhere: it is not numbered.
fn is_anything(wildcard: &str) -> bool {
    let inside = wildcard.strip_prefix("<<").and_then(|it| it.strip_suffix(">>"));
    inside.is_some_and(|it| !it.contains(':') && !it.ends_with("idx"))
}

/// `activity_arn` and `creation-date` are names of `activityArn` and `creationDate`.
fn is_name_of(text: &str, member: &str) -> bool {
    let plain = |it: &str| it.replace(['_', '-'], "").to_lowercase();
    !member.is_empty() && text != member && plain(text) == plain(member)
}

/// Something for what the caller chose; `<<invalid_token_1025_chars>>` says how long it was.
fn made_up(wildcard: &str) -> String {
    let inside = wildcard.trim_start_matches('<').trim_end_matches('>');
    let length = inside.strip_suffix("_chars").and_then(|it| it.rsplit('_').next());
    match length.and_then(|it| it.parse::<usize>().ok()) {
        Some(length) => "t".repeat(length),
        None => inside.replace(|it: char| !it.is_ascii_alphanumeric(), "-"),
    }
}
