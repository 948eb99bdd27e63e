//! The methods of strings, numbers and booleans. Java counts a string in UTF-16 units, so these do too.

use super::TemplateError;
use super::java_regex;
use super::value::{Datum, Heap, ListKind};

/// What a method answers: `None` when there is no such method or it would throw, which a template sees as nothing.
pub(super) type Answer = Result<Option<Datum>, TemplateError>;

pub(super) fn call_text(heap: &mut Heap, text: &str, method: &str, arguments: &[Datum]) -> Answer {
    let argument = |index: usize| arguments.get(index).map(|it| heap.text(it)).transpose();
    let (first, second) = (argument(0)?, argument(1)?);
    let int = |index: usize| arguments.get(index).and_then(Datum::as_int);
    heap.count_text(text.len() / 8)?;
    let answer = match (method, first.as_deref(), second.as_deref()) {
        ("length", None, _) => Some(Datum::from(utf16_length(text))),
        ("isEmpty", None, _) => Some(Datum::Bool(text.is_empty())),
        ("isBlank", None, _) => Some(Datum::Bool(text.trim().is_empty())),
        ("toString" | "intern", None, _) => Some(text.into()),
        ("trim" | "strip", None, _) => Some(text.trim_matches(|c: char| c <= ' ').into()),
        ("toUpperCase", None, _) => Some(text.to_uppercase().into()),
        ("toLowerCase", None, _) => Some(text.to_lowercase().into()),
        ("hashCode", None, _) => Some(Datum::Int(i64::from(hash_code(text)))),
        ("equals" | "contentEquals", Some(other), _) => {
            Some(Datum::Bool(matches!(arguments[0], Datum::Text(_)) && text == other))
        }
        ("equalsIgnoreCase", Some(other), _) => {
            Some(Datum::Bool(text.to_lowercase() == other.to_lowercase()))
        }
        ("contains", Some(part), _) => Some(Datum::Bool(text.contains(part))),
        ("startsWith", Some(prefix), None) => Some(Datum::Bool(text.starts_with(prefix))),
        ("startsWith", Some(prefix), Some(_)) => int(1)
            .and_then(|from| substring(text, from, None))
            .map(|rest| Datum::Bool(rest.starts_with(prefix)))
            .or(Some(Datum::Bool(false))),
        ("endsWith", Some(suffix), _) => Some(Datum::Bool(text.ends_with(suffix))),
        ("indexOf", Some(part), from) => {
            Some(index_of(text, part, from.and_then(|_| int(1)).unwrap_or(0)))
        }
        ("lastIndexOf", Some(part), _) => Some(position(text, text.rfind(part))),
        ("substring" | "subSequence", Some(_), None) => {
            int(0).and_then(|from| substring(text, from, None)).map(Datum::from)
        }
        ("substring" | "subSequence", Some(_), Some(_)) => int(0)
            .zip(int(1))
            .and_then(|(from, to)| substring(text, from, Some(to)))
            .map(Datum::from),
        ("charAt", Some(_), _) => int(0)
            .and_then(|at| substring(text, at, at.checked_add(1)))
            .filter(|c| !c.is_empty())
            .map(Datum::from),
        ("concat", Some(other), _) => {
            heap.count_text(text.len() + other.len())?;
            Some(format!("{text}{other}").into())
        }
        ("compareTo", Some(other), _) => Some(compare(text, other)),
        ("compareToIgnoreCase", Some(other), _) => {
            Some(compare(&text.to_lowercase(), &other.to_lowercase()))
        }
        ("replace", Some(from), Some(to)) => {
            let matches = if from.is_empty() { text.len() + 1 } else { text.len() / from.len() };
            heap.count_text(text.len() + matches.saturating_mul(to.len()))?;
            Some(text.replace(from, to).into())
        }
        ("replaceAll", Some(pattern), Some(to)) => {
            heap.count_text(text.len() + (text.len() + 1).saturating_mul(to.len()))?;
            java_regex::compile(pattern)
                .map(|it| it.replace_all(text, java_regex::replacement(to)).as_ref().into())
        }
        ("replaceFirst", Some(pattern), Some(to)) => {
            heap.count_text(text.len() + to.len())?;
            java_regex::compile(pattern)
                .map(|it| it.replace(text, java_regex::replacement(to)).as_ref().into())
        }
        ("matches", Some(pattern), _) => java_regex::matches_whole(pattern, text).map(Datum::Bool),
        ("split", Some(pattern), limit) => {
            let limit = limit.and_then(|_| int(1)).unwrap_or(0);
            match java_regex::split(pattern, text, limit) {
                Some(parts) => {
                    heap.count_text(text.len())?;
                    Some(
                        heap.new_list(
                            ListKind::Java,
                            parts.into_iter().map(Datum::from).collect(),
                        )?,
                    )
                }
                None => None,
            }
        }
        ("repeat", Some(_), _) => match int(0).and_then(|count| usize::try_from(count).ok()) {
            Some(count) => {
                heap.count_text(text.len().saturating_mul(count))?;
                Some(text.repeat(count).into())
            }
            None => None,
        },
        // Static, but Velocity calls static methods through any instance.
        ("valueOf", Some(other), _) => Some(other.into()),
        _ => None,
    };
    Ok(answer)
}

/// Methods of numbers and booleans; the parsing ones are static in Java and called through any number.
pub(super) fn call_scalar(
    heap: &Heap,
    scalar: &Datum,
    method: &str,
    arguments: &[Datum],
) -> Answer {
    let (int, number) = (scalar.as_int(), scalar.as_number());
    let first = arguments.first().map(|it| heap.text(it)).transpose()?;
    Ok(match (method, first.as_deref()) {
        ("toString", None) => Some(heap.text(scalar)?.into()),
        ("intValue" | "longValue" | "shortValue", None) => {
            int.or_else(|| number.map(|it| it as i64)).map(Datum::Int)
        }
        ("doubleValue" | "floatValue", None) => number.map(Datum::Float),
        ("booleanValue", None) if matches!(scalar, Datum::Bool(_)) => Some(scalar.clone()),
        ("hashCode", None) => int.map(|it| Datum::Int(i64::from((it ^ (it >> 32)) as i32))),
        ("equals", Some(_)) => Some(Datum::Bool(*scalar == arguments[0])),
        ("compareTo", Some(_)) => {
            let order = number.zip(arguments[0].as_number()).and_then(|(a, b)| a.partial_cmp(&b));
            order.map(|it| Datum::Int(it as i64))
        }
        ("parseInt" | "parseLong", Some(text)) => text.parse().ok().map(Datum::Int),
        ("parseDouble" | "parseFloat", Some(text)) => text.trim().parse().ok().map(Datum::Float),
        ("valueOf", Some(text)) if int.is_some() => text.parse().ok().map(Datum::Int),
        ("valueOf", Some(text)) if number.is_some() => text.trim().parse().ok().map(Datum::Float),
        ("valueOf" | "parseBoolean", Some(text)) => {
            Some(Datum::Bool(text.eq_ignore_ascii_case("true")))
        }
        ("toHexString", Some(_)) => arguments[0].as_int().map(|int| format!("{int:x}").into()),
        _ => None,
    })
}

fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn position(text: &str, byte: Option<usize>) -> Datum {
    byte.map_or(Datum::Int(-1), |byte| utf16_length(&text[..byte]).into())
}

fn index_of(text: &str, part: &str, from: i64) -> Datum {
    let from = from.clamp(0, i64::try_from(utf16_length(text)).unwrap_or(i64::MAX));
    let Some(rest) = substring(text, from, None) else { return Datum::Int(-1) };
    rest.find(part).map_or(Datum::Int(-1), |byte| {
        Datum::Int(from + i64::try_from(utf16_length(&rest[..byte])).unwrap_or(i64::MAX - from))
    })
}

/// `None` where Java throws `StringIndexOutOfBoundsException`.
fn substring(text: &str, from: i64, to: Option<i64>) -> Option<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let from = usize::try_from(from).ok()?;
    let to = to.map_or(Some(units.len()), |to| usize::try_from(to).ok())?;
    Some(String::from_utf16_lossy(units.get(from..to)?))
}

/// The difference of the first units that differ, or of the lengths.
fn compare(left: &str, right: &str) -> Datum {
    let difference = left.encode_utf16().zip(right.encode_utf16()).find(|(a, b)| a != b);
    Datum::Int(match difference {
        Some((a, b)) => i64::from(a) - i64::from(b),
        None => {
            let length = |text: &str| i64::try_from(utf16_length(text)).unwrap_or(i64::MAX);
            length(left) - length(right)
        }
    })
}

fn hash_code(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}
