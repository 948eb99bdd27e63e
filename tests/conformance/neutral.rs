//! What the corpus did to the recordings, done to our answers.
//!
//! Its authors replaced some of what AWS had made up (times, UUIDs, tokens, random numbers) by plain names such as `start-time`,
//! so no answer can equal those. What our engine makes up is found by running twice, from another time and another seed: what
//! differs was made up. There, and only there, the recording's name is taken for ours; everything around it is compared.

use std::collections::BTreeMap;

use stepwell::json::Value;

/// `ours` with the recording's names where ours and `other`, the same run from another time and seed, differ.
pub(crate) fn neutralised(expected: &Value, ours: &Value, other: &Value) -> Value {
    if ours == other {
        return ours.clone();
    }
    match (expected, ours, other) {
        (Value::Object(expected), Value::Object(ours), Value::Object(other)) => {
            let member = |(name, ours): (&std::sync::Arc<str>, &Value)| {
                let value = match (expected.get(name), other.get(name)) {
                    (Some(expected), Some(other)) => neutralised(expected, ours, other),
                    (Some(_) | None, _) => ours.clone(),
                };
                (name.to_string(), value)
            };
            Value::object(
                ours.iter()
                    .map(member)
                    .collect::<Vec<_>>()
                    .iter()
                    .map(|(name, value)| (&**name, value.clone())),
            )
        }
        (Value::Array(expected), Value::Array(ours), Value::Array(other))
            if expected.len() == ours.len() && ours.len() == other.len() =>
        {
            let items = expected.iter().zip(ours.iter()).zip(other.iter());
            Value::array(items.map(|((expected, ours), other)| neutralised(expected, ours, other)))
        }
        (Value::Object(_) | Value::Array(_), Value::String(ours), Value::String(other)) => {
            // The API has payloads as text, the recordings have them parsed.
            match (Value::parse(ours), Value::parse(other)) {
                (Ok(parsed), Ok(other)) => {
                    Value::from(neutralised(expected, &parsed, &other).to_string())
                }
                (Ok(_) | Err(_), _) => Value::String(ours.clone()),
            }
        }
        (Value::String(name), Value::String(ours), Value::String(other)) if is_plain(name) => {
            match (Value::parse(ours), Value::parse(other), Value::parse(name)) {
                (Ok(ours @ (Value::Array(_) | Value::Object(_))), Ok(other), Ok(expected)) => {
                    Value::from(neutralised(&expected, &ours, &other).to_string())
                }
                (Ok(_) | Err(_), _, _) if stands_for(name, ours, other) => {
                    Value::String(name.clone())
                }
                (Ok(_) | Err(_), _, _) => Value::String(ours.clone()),
            }
        }
        (Value::String(name), Value::Number(_), Value::Number(_)) if is_plain(name) => {
            Value::String(name.clone())
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
            _,
        ) => ours.clone(),
    }
}

/// Whether the recorded text is a name, not one of the corpus's wildcards, which the comparer knows. A `<<token>:1>` that was
/// cut in the middle is no wildcard either.
fn is_plain(name: &str) -> bool {
    let is_wildcard =
        |rest: &str| rest.split_once(">>").is_some_and(|(inside, _)| !inside.contains(['<', '>']));
    !name.split("<<").skip(1).any(is_wildcard)
}

/// Whether `name` has what our two texts have in common, around the word that differs.
fn stands_for(name: &str, ours: &str, other: &str) -> bool {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/' | '_' | '-');
    let same = |one: &mut dyn Iterator<Item = char>, two: &mut dyn Iterator<Item = char>| {
        one.zip(two).take_while(|(one, two)| one == two).map(|(one, _)| one).collect::<String>()
    };
    let before = same(&mut ours.chars(), &mut other.chars());
    let before = before.trim_end_matches(in_word);
    let after: String =
        same(&mut ours.chars().rev(), &mut other.chars().rev()).chars().rev().collect();
    let after = after.trim_start_matches(in_word);
    name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

/// Our events, by the same filter as the recording's where that blanked the ids of concurrent branches: it also lost the event
/// that ends the Parallel.
pub(crate) fn without_lost_events(expected: &Value, ours: &Value) -> Value {
    let of_type =
        |event: &Value| event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(recorded) = expected.as_array() else { return ours.clone() };
    if !recorded.iter().any(|it| it.get("id").is_some_and(|id| id.as_array().is_some())) {
        return ours.clone();
    }
    let was_lost = |event: &Value| {
        let event_type = of_type(event);
        matches!(
            &*event_type,
            "ParallelStateSucceeded" | "ParallelStateFailed" | "ParallelStateAborted"
        ) && !recorded.iter().any(|it| of_type(it) == event_type)
    };
    let id = |event: &Value, name: &str| event.get(name).and_then(Value::as_i64).unwrap_or(0);
    let mut new_ids: BTreeMap<i64, i64> = BTreeMap::from([(0, 0)]);
    let mut kept = Vec::new();
    for event in ours.as_array().into_iter().flatten() {
        let previous = new_ids.get(&id(event, "previousEventId")).copied().unwrap_or(0);
        if was_lost(event) {
            new_ids.insert(id(event, "id"), previous);
            continue;
        }
        let new = kept.len() as i64 + 1;
        new_ids.insert(id(event, "id"), new);
        let mut members = event.as_object().cloned().unwrap_or_default();
        members.insert("id".into(), Value::from(new));
        members.insert("previousEventId".into(), Value::from(previous));
        kept.push(Value::from(members));
    }
    Value::from(kept)
}
