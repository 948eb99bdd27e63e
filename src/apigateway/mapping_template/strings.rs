//! The methods of strings, numbers and booleans. Java counts a string in UTF-16 units, so these do too.

use std::borrow::Cow;
use std::sync::Arc;

use super::TemplateError;
use super::java_regex;
use super::value::{Datum, Heap, ListKind};

/// What a method answers: `None` when there is no such method or it would throw, which a template sees as nothing.
pub(super) type Answer = Result<Option<Datum>, TemplateError>;

pub(super) fn call_text(
    heap: &mut Heap,
    text: &Arc<str>,
    method: &str,
    arguments: &[Datum],
) -> Answer {
    let argument = |index: usize| arguments.get(index).map(|it| heap.text(it)).transpose();
    let (first, second) = (argument(0)?, argument(1)?);
    let (first, second) = (first.as_deref(), second.as_deref());
    let int = |index: usize| arguments.get(index).and_then(Datum::as_int);
    let touched = text.len() + first.map_or(0, str::len) + second.map_or(0, str::len);
    heap.count_work(match method {
        "isEmpty" | "toString" | "intern" | "equals" | "contentEquals" | "startsWith"
        | "endsWith" | "concat" | "valueOf" | "substring" | "subSequence" | "charAt" => touched / 8,
        "toUpperCase" | "toLowerCase" | "equalsIgnoreCase" | "compareToIgnoreCase" => touched * 8,
        _ => touched * 2,
    })?;
    let answer = match (method, first, second) {
        ("length", None, _) => Some(Datum::from(utf16_length(text))),
        ("isEmpty", None, _) => Some(Datum::Bool(text.is_empty())),
        ("isBlank", None, _) => Some(Datum::Bool(text.trim().is_empty())),
        ("toString" | "intern", None, _) => Some(Datum::Text(Arc::clone(text))),
        ("trim" | "strip", None, _) => Some(text.trim_matches(|c: char| c <= ' ').into()),
        ("toUpperCase", None, _) => Some(text.to_uppercase().into()),
        ("toLowerCase", None, _) => Some(text.to_lowercase().into()),
        ("hashCode", None, _) => Some(Datum::Int(i64::from(hash_code(text)))),
        ("equals" | "contentEquals", Some(other), _) => {
            Some(Datum::Bool(matches!(arguments[0], Datum::Text(_)) && **text == *other))
        }
        ("equalsIgnoreCase", Some(other), _) => {
            Some(Datum::Bool(text.to_lowercase() == other.to_lowercase()))
        }
        ("contains", Some(part), _) => Some(Datum::Bool(text.contains(part))),
        ("startsWith", Some(prefix), None) => Some(Datum::Bool(text.starts_with(prefix))),
        ("startsWith", Some(prefix), Some(_)) => {
            let rest = match int(1) {
                Some(from) => substring(heap, text, from, None)?,
                None => None,
            };
            Some(Datum::Bool(rest.is_some_and(|rest| rest.starts_with(prefix))))
        }
        ("endsWith", Some(suffix), _) => Some(Datum::Bool(text.ends_with(suffix))),
        ("indexOf", Some(part), from) => {
            Some(index_of(heap, text, part, from.and_then(|_| int(1)).unwrap_or(0))?)
        }
        ("lastIndexOf", Some(part), _) => Some(position(text, text.rfind(part))),
        ("substring" | "subSequence", Some(_), end) => {
            match (int(0), end.map_or(Some(None), |_| int(1).map(Some))) {
                (Some(from), Some(to)) => substring(heap, text, from, to)?.map(Datum::from),
                _ => None,
            }
        }
        ("charAt", Some(_), _) => match int(0).and_then(|at| Some((at, at.checked_add(1)?))) {
            Some((at, next)) => substring(heap, text, at, Some(next))?.map(Datum::from),
            None => None,
        },
        ("concat", Some(other), _) => Some(format!("{text}{other}").into()),
        ("compareTo", Some(other), _) => Some(compare(text, other)),
        ("compareToIgnoreCase", Some(other), _) => {
            Some(compare(&text.to_lowercase(), &other.to_lowercase()))
        }
        ("replace", Some(from), Some(to)) => {
            // Counted before it is made, for the text may grow a millionfold.
            let matches = text.matches(from).count();
            heap.count_text(matches.saturating_mul(to.len()))?;
            Some(text.replace(from, to).into())
        }
        ("replaceAll" | "replaceFirst", Some(pattern), Some(to)) => {
            let most = if method == "replaceAll" { usize::MAX } else { 1 };
            match heap.pattern(pattern)? {
                Some(pattern) => pattern.replace(heap, text, to, most)?.map(Datum::from),
                None => None,
            }
        }
        ("matches", Some(pattern), _) => {
            heap.count_text(pattern.len())?;
            match heap.pattern(&java_regex::whole(pattern))? {
                Some(pattern) => Some(Datum::Bool(pattern.matches_whole(heap, text)?)),
                None => None,
            }
        }
        ("split", Some(pattern), limit) => {
            let limit = limit.and_then(|_| int(1)).unwrap_or(0);
            match heap.pattern(pattern)? {
                Some(pattern) => {
                    let parts = pattern.split(heap, text, limit)?;
                    let parts = parts.into_iter().map(Datum::from).collect();
                    Some(heap.new_list(ListKind::Java, parts)?)
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
    if let Some(Datum::Text(made)) = &answer
        && !Arc::ptr_eq(made, text)
    {
        heap.count_text(made.len())?;
    }
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
    let first = first.as_deref();
    if let Some(text) = first {
        heap.count_work(text.len())?;
    }
    Ok(match (method, first) {
        ("toString", None) => Some(heap.text(scalar)?.as_ref().into()),
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

fn index_of(heap: &Heap, text: &str, part: &str, from: i64) -> Result<Datum, TemplateError> {
    let from =
        if from <= 0 { 0 } else { from.min(i64::try_from(utf16_length(text)).unwrap_or(i64::MAX)) };
    let Some(rest) = substring(heap, text, from, None)? else { return Ok(Datum::Int(-1)) };
    Ok(rest.find(part).map_or(Datum::Int(-1), |byte| {
        Datum::Int(from + i64::try_from(utf16_length(&rest[..byte])).unwrap_or(i64::MAX - from))
    }))
}

/// `None` where Java throws `StringIndexOutOfBoundsException`.
fn substring<'t>(
    heap: &Heap,
    text: &'t str,
    from: i64,
    to: Option<i64>,
) -> Result<Option<Cow<'t, str>>, TemplateError> {
    let Ok(from) = usize::try_from(from) else { return Ok(None) };
    let Ok(to) = to.map(usize::try_from).transpose() else { return Ok(None) };
    if from == 0 && to.is_none() {
        return Ok(Some(Cow::Borrowed(text)));
    }
    if text.is_ascii() {
        return Ok(text.get(from..to.unwrap_or(text.len())).map(Cow::Borrowed));
    }
    heap.count_text(text.len() * 2)?;
    let units: Vec<u16> = text.encode_utf16().collect();
    let part = units.get(from..to.unwrap_or(units.len()));
    Ok(part.map(|part| Cow::Owned(String::from_utf16_lossy(part))))
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
