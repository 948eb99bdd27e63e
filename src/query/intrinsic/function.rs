//! What each function does with its values. A failure is the reason alone; the caller names the function.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Number, Object, Value};
use crate::query::java_random::JavaRandom;
use crate::query::{Random, hash, uuid};

/// Characters that `Base64Encode`, `Base64Decode` and `Hash` accept.
const MAX_CHARACTERS: usize = 10_000;

/// Items that `ArrayRange` may make.
pub(in crate::query) const MAX_RANGE: i64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

impl Function {
    /// By the name after `States.`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Format" => Self::Format,
            "StringToJson" => Self::StringToJson,
            "JsonToString" => Self::JsonToString,
            "Array" => Self::Array,
            "ArrayPartition" => Self::ArrayPartition,
            "ArrayContains" => Self::ArrayContains,
            "ArrayRange" => Self::ArrayRange,
            "ArrayGetItem" => Self::ArrayGetItem,
            "ArrayLength" => Self::ArrayLength,
            "ArrayUnique" => Self::ArrayUnique,
            "Base64Encode" => Self::Base64Encode,
            "Base64Decode" => Self::Base64Decode,
            "Hash" => Self::Hash,
            "JsonMerge" => Self::JsonMerge,
            "MathRandom" => Self::MathRandom,
            "MathAdd" => Self::MathAdd,
            "StringSplit" => Self::StringSplit,
            "UUID" => Self::Uuid,
            _ => return None,
        })
    }

    /// The least and the most arguments.
    pub(super) fn arity(self) -> (usize, usize) {
        match self {
            Self::Format => (1, usize::MAX),
            Self::Array => (0, usize::MAX),
            Self::Uuid => (0, 0),
            Self::StringToJson
            | Self::JsonToString
            | Self::ArrayLength
            | Self::ArrayUnique
            | Self::Base64Encode
            | Self::Base64Decode => (1, 1),
            Self::ArrayPartition
            | Self::ArrayContains
            | Self::ArrayGetItem
            | Self::Hash
            | Self::MathAdd
            | Self::StringSplit => (2, 2),
            Self::ArrayRange | Self::JsonMerge => (3, 3),
            Self::MathRandom => (2, 3),
        }
    }
}

type Outcome<T = Value> = Result<T, String>;

pub(super) fn apply(function: Function, values: &[Value], random: &mut dyn Random) -> Outcome {
    match (function, values) {
        (Function::Format, [template, arguments @ ..]) => {
            format(string(template, "first")?, arguments)
        }
        (Function::StringToJson, [text]) => string_to_json(text),
        (Function::JsonToString, [value]) => Ok(Value::from(value.to_string())),
        (Function::Array, items) => Ok(Value::array(items.iter().cloned())),
        (Function::ArrayPartition, [items, size]) => {
            partition(array(items)?, whole(size, "second")?)
        }
        (Function::ArrayContains, [items, wanted]) => {
            Ok(Value::from(array(items)?.contains(wanted)))
        }
        (Function::ArrayRange, [start, end, step]) => {
            range(whole(start, "first")?, whole(end, "second")?, whole(step, "third")?)
        }
        (Function::ArrayGetItem, [items, index]) => get_item(array(items)?, index),
        (Function::ArrayLength, [items]) => {
            Ok(Value::from(i64::try_from(array(items)?.len()).unwrap_or(i64::MAX)))
        }
        (Function::ArrayUnique, [items]) => Ok(unique(array(items)?)),
        (Function::Base64Encode, [text]) => {
            Ok(Value::from(STANDARD.encode(bounded(string(text, "first")?)?)))
        }
        (Function::Base64Decode, [text]) => base64_decode(bounded(string(text, "first")?)?),
        (Function::Hash, [data, algorithm]) => digest(data, string(algorithm, "second")?),
        (Function::JsonMerge, [first, second, deep]) => merge(first, second, deep),
        (Function::MathRandom, [start, end, seed @ ..]) => {
            math_random(start, end, seed.first(), random)
        }
        (Function::MathAdd, [first, second]) => {
            let sum = whole(first, "first")?.checked_add(whole(second, "second")?);
            sum.map(Value::from).ok_or_else(|| "The sum does not fit 64 bits".to_owned())
        }
        (Function::StringSplit, [text, delimiters]) => {
            Ok(split(string(text, "first")?, string(delimiters, "second")?))
        }
        (Function::Uuid, []) => Ok(Value::from(uuid::v4(random))),
        (
            Function::Format
            | Function::StringToJson
            | Function::JsonToString
            | Function::ArrayPartition
            | Function::ArrayContains
            | Function::ArrayRange
            | Function::ArrayGetItem
            | Function::ArrayLength
            | Function::ArrayUnique
            | Function::Base64Encode
            | Function::Base64Decode
            | Function::Hash
            | Function::JsonMerge
            | Function::MathRandom
            | Function::MathAdd
            | Function::StringSplit
            | Function::Uuid,
            _,
        ) => Err(format!("Wrong number of arguments: {}", values.len())),
    }
}

/// Each `{}` of the template gives way to the next argument; `\{`, `\}`, `\'` and `\\` stand for themselves.
pub(super) fn format(template: &str, arguments: &[Value]) -> Outcome {
    let mut out = String::with_capacity(template.len());
    let mut arguments = arguments.iter();
    let mut chars = template.chars().peekable();
    let mismatch =
        || "The number of arguments does not match the number of '{}' in the template".to_owned();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next_if(|next| matches!(next, '{' | '}' | '\'' | '\\')) {
                Some(escaped) => out.push(escaped),
                None => out.push('\\'),
            },
            '{' => {
                if chars.next() != Some('}') {
                    return Err("matching '}' not found for '{'".to_owned());
                }
                write_java(arguments.next().ok_or_else(mismatch)?, &mut out);
            }
            _ => out.push(c),
        }
    }
    if arguments.next().is_some() {
        return Err(mismatch());
    }
    Ok(Value::from(out))
}

/// A value as Java's `toString` has it: AWS formats the object `{"a":1,"b":[]}` as `{a=1, b=[]}`.
fn write_java(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => write!(out, "{value}").expect("a String takes any text"),
        Value::Number(number) => write!(out, "{number}").expect("a String takes any text"),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_java(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                out.push_str(name);
                out.push('=');
                write_java(value, out);
            }
            out.push('}');
        }
    }
}

/// Recorded: no text at all is null, and `-0` is `0`.
fn string_to_json(text: &Value) -> Outcome {
    let text = string(text, "first")?;
    match text.trim() {
        "" => Ok(Value::Null),
        "-0" => Ok(Value::from(0)),
        json => Value::parse(json).map_err(|err| format!("The argument is not valid JSON: {err}")),
    }
}

pub(in crate::query) fn partition(items: &[Value], size: i64) -> Outcome {
    match usize::try_from(size) {
        Ok(size @ 1..) => {
            Ok(Value::array(items.chunks(size).map(|chunk| Value::array(chunk.iter().cloned()))))
        }
        Ok(0) | Err(_) => Err("The chunk size must be a positive integer".to_owned()),
    }
}

/// From `start` to `end`, which is part of it when the step lands there.
pub(in crate::query) fn range(start: i64, end: i64, step: i64) -> Outcome {
    if step == 0 {
        return Err("The step must not be zero".to_owned());
    }
    let span = i128::from(end) - i128::from(start);
    let count = if (span < 0) == (step < 0) || span == 0 { span / i128::from(step) + 1 } else { 0 };
    if count > i128::from(MAX_RANGE) {
        return Err(format!("The range has more than {MAX_RANGE} items"));
    }
    let count = i64::try_from(count).unwrap_or(MAX_RANGE);
    Ok(Value::array(
        (0..count).map(|at| Value::from(start.saturating_add(at.saturating_mul(step)))),
    ))
}

fn get_item(items: &[Value], index: &Value) -> Outcome {
    let index = index.as_i64().ok_or_else(|| wrong_type("second", "an integer", index))?;
    let item = usize::try_from(index).ok().and_then(|at| items.get(at));
    item.cloned()
        .ok_or_else(|| format!("The index {index} is outside the array of length {}", items.len()))
}

fn unique(items: &[Value]) -> Value {
    let mut seen: Vec<&Value> = Vec::new();
    // Texts find equal scalars at once; only values with members are compared one by one.
    let mut texts = std::collections::BTreeSet::new();
    for item in items {
        let fresh = match item {
            Value::Array(_) | Value::Object(_) => !seen.contains(&item),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                texts.insert(item.to_string())
            }
        };
        if fresh {
            seen.push(item);
        }
    }
    Value::array(seen.into_iter().cloned())
}

fn base64_decode(text: &str) -> Outcome {
    let bytes =
        STANDARD.decode(text).map_err(|err| format!("The argument is not Base64: {err}"))?;
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

fn digest(data: &Value, algorithm: &str) -> Outcome {
    let text = match data {
        Value::String(text) => text.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            data.to_string()
        }
    };
    let digest = hash::hex_digest(bounded(&text)?, algorithm);
    digest.map(Value::from).ok_or_else(|| {
        format!(
            "'{algorithm}' is not one of the algorithms MD5, SHA-1, SHA-256, SHA-384 and SHA-512"
        )
    })
}

/// Members of the second win; the order is the first's, then what is new, as the shallow merge of AWS leaves it.
fn merge(first: &Value, second: &Value, deep: &Value) -> Outcome {
    match deep {
        Value::Bool(false) => {}
        Value::Bool(true) => {
            return Err(
                "Only shallow merging is supported: the third argument must be false".to_owned()
            );
        }
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            return Err(wrong_type("third", "a boolean", deep));
        }
    }
    let mut merged: Object = object(first, "first")?.clone();
    merged.extend(
        object(second, "second")?.iter().map(|(name, value)| (name.clone(), value.clone())),
    );
    Ok(Value::from(merged))
}

/// From the first number to below the second.
fn math_random(
    start: &Value,
    end: &Value,
    seed: Option<&Value>,
    random: &mut dyn Random,
) -> Outcome {
    let (start, end) = (whole(start, "first")?, whole(end, "second")?);
    let span = u64::try_from(i128::from(end) - i128::from(start)).unwrap_or(0);
    if span == 0 {
        return Err("The start must be less than the end".to_owned());
    }
    let offset = match seed {
        Some(seed) => JavaRandom::new(whole(seed, "third")?).next_below(span),
        // The high half of the product is uniform over the span, with a bias too small to see (2^-64 per item).
        None => {
            u64::try_from((u128::from(random.next_u64()) * u128::from(span)) >> 64).unwrap_or(0)
        }
    };
    let number = i128::from(start) + i128::from(offset);
    i64::try_from(number)
        .map(Value::from)
        .map_err(|_overflow| "The number does not fit 64 bits".to_owned())
}

/// The delimiter is a set of characters; nothing between two of them is no piece.
fn split(text: &str, delimiters: &str) -> Value {
    let pieces = text.split(|c| delimiters.contains(c)).filter(|piece| !piece.is_empty());
    Value::array(pieces.map(Value::from))
}

fn wrong_type(which: &str, wanted: &str, value: &Value) -> String {
    format!("The {which} argument must be {wanted}, but was {}: {value}", value.type_name())
}

fn string<'v>(value: &'v Value, which: &str) -> Outcome<&'v str> {
    value.as_str().ok_or_else(|| wrong_type(which, "a string", value))
}

fn array(value: &Value) -> Outcome<&[Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_type("first", "an array", value))
}

fn object<'v>(value: &'v Value, which: &str) -> Outcome<&'v Object> {
    value.as_object().ok_or_else(|| wrong_type(which, "an object", value))
}

/// A number rounded to the nearest integer, halves up: recorded, `MathAdd(-1.5, 0)` is -1 and `MathAdd(1.5, 0)` is 2.
fn whole(value: &Value, which: &str) -> Outcome<i64> {
    match value {
        Value::Number(Number::Int(int)) => Ok(*int),
        Value::Number(Number::Float(float)) => Ok((float + 0.5).floor() as i64),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(wrong_type(which, "a number", value))
        }
    }
}

fn bounded(text: &str) -> Outcome<&str> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        return Err(format!("The argument is longer than {MAX_CHARACTERS} characters"));
    }
    Ok(text)
}
