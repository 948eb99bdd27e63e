//! Between our values and the library's.

use std::rc::Rc;

use jsonata_core::value::{JMap, JValue};

use crate::json::{Number, Object, Value};

use super::analysis::Needed;
use super::error::JsonataError;

/// Values deeper than this are neither taken nor given; [`crate::json::MAX_DEPTH`] keeps payloads far below.
const MAX_DEPTH: usize = 1_000;

/// Values that one result may hold; sharing lets a small expression build a tree of any size.
const MAX_RESULT: usize = 2_000_000;

pub(super) fn to_jsonata(value: &Value) -> Result<JValue, JsonataError> {
    convert(value, &Needed::All, 0)
}

/// Only what is needed of `value`.
pub(super) fn project(value: &Value, needed: &Needed) -> Result<JValue, JsonataError> {
    convert(value, needed, 0)
}

fn convert(value: &Value, needed: &Needed, depth: usize) -> Result<JValue, JsonataError> {
    if depth > MAX_DEPTH {
        return Err(JsonataError::memory());
    }
    Ok(match value {
        Value::Null => JValue::Null,
        Value::Bool(truth) => JValue::Bool(*truth),
        Value::Number(number) => JValue::Number(number.as_f64()),
        Value::String(text) => JValue::String(Rc::from(&**text)),
        // A path maps over arrays on its way, so every item may be asked for the same members.
        Value::Array(items) => {
            let items = items.iter().map(|item| convert(item, needed, depth + 1));
            JValue::array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let converted: Result<JMap, JsonataError> = match needed {
                Needed::All => members
                    .iter()
                    .map(|(name, value)| {
                        Ok((name.to_string(), convert(value, &Needed::All, depth + 1)?))
                    })
                    .collect(),
                Needed::Members(wanted) => wanted
                    .iter()
                    .filter_map(|(name, needed)| Some((name, members.get(name)?, needed)))
                    .map(|(name, value, needed)| {
                        Ok((name.to_string(), convert(value, needed, depth + 1)?))
                    })
                    .collect(),
            };
            JValue::Object(Rc::new(converted?))
        }
    })
}

/// The result; `None` when there is none.
pub(super) fn from_jsonata(value: &JValue) -> Result<Option<Value>, JsonataError> {
    let mut left = MAX_RESULT;
    back(value, 0, &mut left)
}

fn back(value: &JValue, depth: usize, left: &mut usize) -> Result<Option<Value>, JsonataError> {
    *left = left.checked_sub(1).ok_or_else(JsonataError::memory)?;
    if depth > MAX_DEPTH {
        return Err(JsonataError::memory());
    }
    Ok(Some(match value {
        JValue::Undefined => return Ok(None),
        JValue::Null => Value::Null,
        JValue::Bool(truth) => Value::Bool(*truth),
        JValue::Number(number) => from_double(*number),
        JValue::String(text) => Value::from(&**text),
        JValue::Array(items) => {
            let items = items.iter().filter_map(|item| back(item, depth + 1, left).transpose());
            Value::from(items.collect::<Result<Vec<_>, _>>()?)
        }
        JValue::Object(members) => {
            let members = members.iter().filter_map(|(name, value)| {
                back(value, depth + 1, left)
                    .transpose()
                    .map(|value| Ok((name.as_str().into(), value?)))
            });
            Value::from(members.collect::<Result<Object, JsonataError>>()?)
        }
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
            return Err(JsonataError::unsupported_result());
        }
    }))
}

/// JSONata has doubles only; AWS writes a whole one without a fraction, and an infinite one as the string `Infinity`.
fn from_double(number: f64) -> Value {
    if number.is_nan() {
        Value::from("NaN")
    } else if number.is_infinite() {
        Value::from(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else if number.fract() == 0.0 && number.abs() < 9.2e18 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

/// The value as it would be after passing through JSONata; shared when that changes nothing.
pub(super) fn normal(value: &Value) -> Result<Value, JsonataError> {
    if is_normal(value, 0)? {
        return Ok(value.clone());
    }
    from_jsonata(&to_jsonata(value)?).map(Option::unwrap_or_default)
}

fn is_normal(value: &Value, depth: usize) -> Result<bool, JsonataError> {
    if depth > MAX_DEPTH {
        return Err(JsonataError::memory());
    }
    Ok(match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(Number::Int(int)) => int.unsigned_abs() <= 1 << 53,
        Value::Number(Number::Float(float)) => float.fract() != 0.0,
        Value::Array(items) => all_normal(items.iter(), depth)?,
        Value::Object(members) => all_normal(members.values(), depth)?,
    })
}

fn all_normal<'v>(
    mut values: impl Iterator<Item = &'v Value>,
    depth: usize,
) -> Result<bool, JsonataError> {
    values.try_fold(true, |normal, value| Ok(normal && is_normal(value, depth + 1)?))
}
