//! What cannot be the same in two runs: whether two values differ in nothing else.
//!
//! Times, UUIDs, random numbers and tokens are made up anew in every run. What our engine makes up is found by running twice,
//! with another seed, another time and other names: where those two runs differ, and only there, a recording may differ from
//! both, and everything around the made-up word must still be the same. Where there is no second run (matching what a task was
//! asked), words of the shapes that are made up stand for each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::field::{FieldDifference, compacted};
use crate::execution::EventId;
use crate::json::Value;

/// Members of event details that no re-run has the same: who ran it, and whether the API cut it off.
const INCOMPARABLE: [&str; 2] = ["roleArn", "taskCredentials"];

/// Members that a recording leaves out when it was made without execution data.
const DATA: [&str; 4] = ["input", "output", "parameters", "assignedVariables"];

/// How events of ours are numbered in the recording; causes name events.
pub(super) type Numbering = BTreeMap<EventId, EventId>;

/// The first field in which the details of a recorded event are not those of ours; `None` when they are the same. `other` is the
/// same event in the second run, where it has one.
pub(super) fn differing_field(
    recorded: &Value,
    ours: &Value,
    other: &Value,
    numbering: &Numbering,
) -> Option<FieldDifference> {
    let none = Value::empty_object();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (recorded, ours) = (members(recorded), members(ours));
    let compared = |name: &str| {
        !INCOMPARABLE.contains(&name)
            && !name.ends_with("Details")
            && (recorded.contains_key(name) || !DATA.contains(&name))
    };
    let names = recorded.keys().chain(ours.keys()).filter(|name| compared(name));
    for name in names {
        let found = match (recorded.get(name), ours.get(name)) {
            (Some(recorded), Some(ours)) => {
                difference(recorded, ours, other.get(name).unwrap_or(&none), numbering)
            }
            (recorded, ours) => Some(FieldDifference::here(recorded, ours)),
        };
        if let Some(found) = found {
            return Some(found.inside_member(name));
        }
    }
    None
}

/// Where a recorded value is not ours, but for what differs between our two runs.
fn difference(
    recorded: &Value,
    ours: &Value,
    other: &Value,
    numbering: &Numbering,
) -> Option<FieldDifference> {
    if recorded == ours {
        return None;
    }
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            let named = |(name, was): (&Arc<str>, &Value)| {
                let found = match ours.get(name) {
                    Some(ours) => difference(was, ours, other.get(name).unwrap_or(ours), numbering),
                    None => Some(FieldDifference::here(Some(was), None)),
                };
                found.map(|it| it.inside_member(name))
            };
            let added = || {
                let (name, is) = ours.iter().find(|(name, _)| !recorded.contains_key(*name))?;
                Some(FieldDifference::here(None, Some(is)).inside_member(name))
            };
            recorded.iter().find_map(named).or_else(added)
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            let at = |at: usize| {
                let found = match (recorded.get(at), ours.get(at)) {
                    (Some(was), Some(is)) => {
                        difference(was, is, other.at(at).unwrap_or(is), numbering)
                    }
                    (was, is) => Some(FieldDifference::here(was, is)),
                };
                found.map(|it| it.inside_item(at))
            };
            (0..recorded.len().max(ours.len())).find_map(at)
        }
        (Value::String(recorded), Value::String(ours)) => {
            text_difference(recorded, ours, other.as_str(), numbering)
        }
        // A random number, as it is or made into a text.
        (Value::Number(_), Value::Number(_)) if other.as_f64().is_some() && other != ours => None,
        (_, _) => Some(FieldDifference::here(Some(recorded), Some(ours))),
    }
}

/// As [`difference`], for texts: those that are JSON are compared as values, and so is JSON within prose, because whoever wrote
/// it down may have put other white space into it.
fn text_difference(
    recorded: &str,
    ours: &str,
    other: Option<&str>,
    numbering: &Numbering,
) -> Option<FieldDifference> {
    let parsed = |text: &str| {
        Value::parse(text).ok().filter(|it| it.as_object().is_some() || it.as_array().is_some())
    };
    if let (Some(recorded), Some(ours)) = (parsed(recorded), parsed(ours)) {
        let other = other.and_then(parsed);
        return difference(&recorded, &ours, other.as_ref().unwrap_or(&ours), numbering);
    }
    let renumbered = renumbered(ours, numbering);
    let (was, is) = (compacted(recorded), compacted(&renumbered));
    let made_up = |other: &str| {
        let (ours, other) = (compacted(ours), compacted(other));
        other != ours && stands_for(&was, &ours, &other)
    };
    let same = was == is || other.is_some_and(made_up);
    (!same).then(|| {
        let text = |text: &str| Value::String(text.into());
        FieldDifference::here(Some(&text(recorded)), Some(&text(&renumbered)))
    })
}

/// Whether `recorded` has what our two texts have in common, around what differs.
fn stands_for(recorded: &str, ours: &str, other: &str) -> bool {
    let in_word =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/' | '_' | '-' | '+' | '=');
    let common: usize = ours
        .chars()
        .zip(other.chars())
        .take_while(|(one, two)| one == two)
        .map(|(one, _)| one.len_utf8())
        .sum();
    let before = ours.get(..common).unwrap_or_default().trim_end_matches(in_word);
    let common: usize = ours
        .chars()
        .rev()
        .zip(other.chars().rev())
        .take_while(|(one, two)| one == two)
        .map(|(one, _)| one.len_utf8())
        .sum();
    let after = ours.get(ours.len() - common..).unwrap_or_default().trim_start_matches(in_word);
    recorded.len() >= before.len() + after.len()
        && recorded.starts_with(before)
        && recorded.ends_with(after)
}

/// A cause, with the numbers that the recording gave to the events it names.
fn renumbered<'t>(text: &'t str, numbering: &Numbering) -> std::borrow::Cow<'t, str> {
    const PLACE: &str = "(entered at the event id #";
    let Some((before, rest)) = text.split_once(PLACE) else { return text.into() };
    let Some((number, after)) = rest.split_once(')') else { return text.into() };
    let id = number.parse().ok().and_then(|it| numbering.get(&EventId(it)));
    match id {
        Some(id) => format!("{before}{PLACE}{}){}", id.0, renumbered(after, numbering)).into(),
        None => text.into(),
    }
}

/// Whether two values are the same but for words of the shapes that are made up anew in every run.
pub(super) fn alike(one: &Value, two: &Value) -> bool {
    if one == two {
        return true;
    }
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(name, one)| two.get(name).is_some_and(|two| alike(one, two)))
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two.iter()).all(|(one, two)| alike(one, two))
        }
        (Value::String(one), Value::String(two)) => alike_texts(one, two),
        (_, _) => false,
    }
}

fn alike_texts(one: &str, two: &str) -> bool {
    let (mut one, mut two) = (words(one), words(two));
    loop {
        match (one.next(), two.next()) {
            (None, None) => return true,
            (Some(one), Some(two)) => {
                let made_up = shape(one).is_some() && shape(one) == shape(two);
                if one != two && !made_up {
                    return false;
                }
            }
            (_, _) => return false,
        }
    }
}

/// The words of a text and what is between them, in turn.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let in_word =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_' | '-' | '+' | '=' | '/');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let inside = in_word(first);
        let end = rest.find(|c| in_word(c) != inside).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Uuid,
    Time,
    /// An execution or a Map Run, by its ARN.
    Execution,
    Token,
}

/// The shape of what Step Functions makes up.
fn shape(word: &str) -> Option<Shape> {
    const SHORTEST_TOKEN: usize = 40;
    if is_uuid(word) {
        return Some(Shape::Uuid);
    }
    if crate::execution::Timestamp::parse(word).is_some() {
        return Some(Shape::Time);
    }
    if word.starts_with("arn:") {
        let kinds = [":execution:", ":express:", ":mapRun:"];
        return kinds.iter().any(|it| word.contains(it)).then_some(Shape::Execution);
    }
    let is_token = word.len() >= SHORTEST_TOKEN && word.bytes().any(|it| it.is_ascii_digit());
    is_token.then_some(Shape::Token)
}

fn is_uuid(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    parts.iter().map(|it| it.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::parse(text).expect("JSON")
    }

    #[test]
    fn a_recording_may_only_differ_where_two_runs_do() {
        let none = Numbering::new();
        let check = |recorded: &str, ours: &str, other: &str| {
            difference(&json(recorded), &json(ours), &json(other), &none).is_none()
        };
        assert!(check(r#""id: a-1 end""#, r#""id: b-2 end""#, r#""id: c-3 end""#));
        assert!(!check(r#""id: a-1 END""#, r#""id: b-2 end""#, r#""id: c-3 end""#));
        assert!(!check(r#""x""#, r#""y""#, r#""y""#), "ours is the same in both");
        assert!(check("0.1", "0.2", "0.3") && !check("0.1", "0.2", "0.2"));
        assert!(!check(r#"{"a":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#));
        assert!(check(r#"["{\"t\": 1}"]"#, r#"["{\"t\":2}"]"#, r#"["{\"t\":3}"]"#));
        assert!(!check("true", "false", "true"), "a truth is not made up");
    }

    #[test]
    fn white_space_counts_for_nothing_inside_json_and_for_something_around_it() {
        let none = Numbering::new();
        let check = |recorded: &str, ours: &str| {
            let text = |text: &str| Value::String(text.into());
            difference(&text(recorded), &text(ours), &text(ours), &none).is_none()
        };
        assert!(check(r#"no 'a' in {"b": [1, 2]} of x"#, r#"no 'a' in {"b":[1,2]} of x"#));
        assert!(!check(r#"no 'a' in {"b": [1, 2]} of x"#, r#"no 'a' in {"b":[1,3]} of x"#));
        assert!(!check(r#"no  'a' in {"b":1}"#, r#"no 'a' in {"b":1}"#), "around it");
        assert!(!check(r#"in {"b":"c  d"}"#, r#"in {"b":"c d"}"#), "in a text of it");
        assert!(!check("in { b: 1 }", "in {b: 1}"), "that is no JSON");
        assert!(check(r#"{"out": "{\"a\": 1}"}"#, r#"{"out":"{\"a\":1}"}"#), "JSON within JSON");
    }

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let none = Numbering::new();
        let found = |recorded: &str, ours: &str| {
            let (recorded, ours) = (json(recorded), json(ours));
            let it = differing_field(&recorded, &ours, &ours, &none).expect("they differ");
            (it.field, it.recorded.map(|it| it.to_string()), it.simulated.map(|it| it.to_string()))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found(
                r#"{"name":"A","output":"{\"items\":[{\"n\":1},{\"n\":2}]}"}"#,
                r#"{"name":"A","output":"{\"items\":[{\"n\":1},{\"n\":3}]}"}"#
            ),
            ("output.items[1].n".to_owned(), some("2"), some("3"))
        );
        assert_eq!(
            found(r#"{"output":"[1]"}"#, r#"{"output":"[1,2]"}"#),
            ("output[1]".to_owned(), None, some("2"))
        );
        assert_eq!(
            found(r#"{"cause":"x","error":"E"}"#, r#"{"error":"E"}"#),
            ("cause".to_owned(), some("\"x\""), None)
        );
        assert_eq!(
            found(r#"{"input":"{\"a.b\":true}"}"#, r#"{"input":"{\"a.b\":null}"}"#).0,
            "input['a.b']"
        );
        assert_eq!(
            found(r#"{"output":"{\"a\":1}"}"#, r#"{"output":"{\"a\":1,\"b\":2}"}"#),
            ("output.b".to_owned(), None, some("2"))
        );
    }

    #[test]
    fn causes_name_events_by_the_numbers_of_the_recording() {
        let numbering = Numbering::from([(EventId(7), EventId(9))]);
        let cause =
            "An error occurred while executing the state 'A' (entered at the event id #7). No";
        assert!(renumbered(cause, &numbering).contains("#9)"));
        assert_eq!(
            renumbered("(entered at the event id #8)", &numbering),
            "(entered at the event id #8)"
        );
    }

    #[test]
    fn only_words_of_a_made_up_shape_stand_for_each_other() {
        let (uuid, other) =
            ("16fd2706-8baf-433b-82eb-8c7fada847da", "00000000-8baf-433b-82eb-8c7fada847da");
        assert!(alike_texts(&format!("order {uuid}!"), &format!("order {other}!")));
        assert!(!alike_texts(&format!("order {uuid}!"), "order 7!"));
        assert!(alike_texts("2026-01-01T00:00:00Z", "2025-01-01T00:00:00.123Z"));
        assert!(!alike_texts("price 12", "price 13"));
    }
}
