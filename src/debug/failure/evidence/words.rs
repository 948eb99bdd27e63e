//! The words of a cause and of an expression: what they quote, repeat and refer to.

use std::sync::Arc;

use super::MOST;
use crate::debug::failure::place::{JsonPlace, PlaceStep};
use crate::json::Value;

/// Places of a payload that are compared with a cause.
const MOST_LOOKED_AT: usize = 4_000;

/// Members and texts of a payload that a message speaks of: a value that it repeats, a name that it quotes.
pub(super) fn spoken_of(value: &Value, said: &str, quoted: &[&str]) -> Vec<(JsonPlace, Value)> {
    let mut found = Vec::new();
    spoken_of_inside(value, &mut JsonPlace::new(), said, quoted, &mut 0, &mut found);
    found
}

fn spoken_of_inside(
    value: &Value,
    place: &mut JsonPlace,
    said: &str,
    quoted: &[&str],
    looked_at: &mut usize,
    found: &mut Vec<(JsonPlace, Value)>,
) {
    *looked_at += 1;
    if *looked_at > MOST_LOOKED_AT || found.len() >= MOST {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter() {
                place.push(PlaceStep::Member(Arc::clone(name)));
                let is_quoted = quoted.iter().any(|it| it.eq_ignore_ascii_case(name))
                    || (name.len() > 5 && says_word(said, name));
                if is_quoted && found.iter().all(|(known, _)| known != place) {
                    found.push((place.clone(), inner.clone()));
                } else {
                    spoken_of_inside(inner, place, said, quoted, looked_at, found);
                }
                place.pop();
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                place.push(PlaceStep::Index(index));
                spoken_of_inside(inner, place, said, quoted, looked_at, found);
                place.pop();
            }
        }
        Value::String(text) => {
            // Short ones stand in any sentence.
            let last = text.rsplit(['/', ':']).next().unwrap_or("");
            let is_said = text.len() >= 4 && said.contains(&**text)
                || last.len() >= 6 && last.len() < text.len() && said.contains(last);
            if is_said {
                found.push((place.clone(), value.clone()));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a message has a name as a word of its own, as it is written.
fn says_word(said: &str, name: &str) -> bool {
    let is_letter = |it: char| it.is_alphanumeric() || it == '_';
    said.match_indices(name).any(|(at, _)| {
        let before = said[..at].chars().next_back();
        let after = said[at + name.len()..].chars().next();
        !before.is_some_and(is_letter) && !after.is_some_and(is_letter)
    })
}

pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|it| it.is_alphanumeric() || it == '_' || it == '-')
}

/// Texts in single or double quotes, shortest reading.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for mark in ['\'', '"'] {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(mark) {
            // A path may hold quotes itself: `$['a']`.
            let end = closing(after, mark);
            let Some(end) = end else { break };
            if end > 0 {
                found.push(&after[..end]);
            }
            rest = &after[end + 1..];
        }
    }
    found
}

fn closing(text: &str, mark: char) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            it if it == mark && depth <= 0 => return Some(at),
            _ => {}
        }
    }
    text.find(mark)
}

/// What an expression reads: `$.a.b`, `$states.input.x[0]`, `$name`. Calls of functions are none.
pub(super) fn references(expression: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find('$') {
        let tail = &rest[at..];
        let mut end = 0;
        let mut depth = 0_i32;
        let mut in_quotes = false;
        for (index, letter) in tail.char_indices() {
            if letter == '\'' && depth > 0 {
                in_quotes = !in_quotes;
            }
            let is_part = match letter {
                _ if in_quotes => true,
                '$' => index < 2,
                '.' | '_' => true,
                '[' => {
                    depth += 1;
                    let first = tail[index + 1..].chars().next();
                    first.is_some_and(|it| it.is_ascii_digit() || it == '-' || it == '\'')
                }
                ']' => {
                    depth -= 1;
                    depth >= 0
                }
                '\'' | '-' => depth > 0,
                it => it.is_alphanumeric(),
            };
            if !is_part {
                break;
            }
            end = index + letter.len_utf8();
        }
        let reference = tail[..end].trim_end_matches('.');
        let after = tail[end..].trim_start();
        let is_call = after.starts_with('(');
        if reference.len() > 1 && !is_call && !found.iter().any(|it| it == reference) {
            found.push(reference.to_owned());
        }
        rest = &tail[end.max(1)..];
    }
    found
}

/// `$.a[0].b`
pub(super) fn shown(place: &[PlaceStep]) -> String {
    place.iter().fold("$".to_owned(), |text, step| match step {
        PlaceStep::Member(name) if is_name(name) => format!("{text}.{name}"),
        PlaceStep::Member(name) => format!("{text}['{name}']"),
        PlaceStep::Index(index) => format!("{text}[{index}]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_what_an_expression_reads() {
        for (expression, all) in [
            ("$states.input.a.b[0] + $tax", &["$states.input.a.b[0]", "$tax"][..]),
            ("States.Format('{} {}', $.name, $$.Execution.Id)", &["$.name", "$$.Execution.Id"]),
            ("$sum($states.result.items.price)", &["$states.result.items.price"]),
            ("$.a['b c'].d = 1", &["$.a['b c'].d"]),
            ("$", &[]),
            ("1 + 2", &[]),
        ] {
            assert_eq!(references(expression), all, "{expression}");
        }
    }

    #[test]
    fn quotes_are_found_around_paths() {
        assert_eq!(quoted("The JSONPath '$.x' for 'value.$'"), ["$.x", "value.$"]);
        assert_eq!(quoted("Invalid path '$['a'].b' : no"), ["$['a'].b"]);
        assert!(quoted("it's one").is_empty());
    }
}
