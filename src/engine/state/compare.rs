//! The comparison operators of a Choice rule.

use std::cmp::Ordering;

use crate::asl::choice::Operator;
use crate::asl::{Comparison, Expression, Operand};
use crate::engine::dataflow::{DataError, DataResult, evaluate_path};
use crate::engine::state::wait::{parse_nanos, parse_timestamp};
use crate::json::Value;
use crate::query::{Bindings, Random};

/// Whether a comparison holds. A value of another type than the operator's makes it false, not wrong.
pub(crate) fn compare(comparison: &Comparison, bindings: &Bindings<'_>) -> DataResult<bool> {
    let value = variable(&comparison.variable, bindings);
    if comparison.operator == Operator::IsPresent {
        let wanted = operand(&comparison.operand, bindings)? != Value::Bool(false);
        return Ok(value.is_ok() == wanted);
    }
    let value = value?;
    let operand = operand(&comparison.operand, bindings)?;
    Ok(test(comparison.operator, &value, &operand))
}

fn variable(expression: &Expression, bindings: &Bindings<'_>) -> DataResult {
    match expression {
        Expression::Path(path) => {
            path.select(bindings).map_err(|_message_is_replaced| invalid_reference(path.text()))
        }
        Expression::Intrinsic(_) | Expression::Jsonata(_) | Expression::Invalid { .. } => {
            evaluate_path(expression, bindings, &mut NoRandom)
        }
    }
}

fn operand(operand: &Operand, bindings: &Bindings<'_>) -> DataResult {
    match operand {
        Operand::Literal(value) => Ok(value.clone()),
        Operand::Path(path) => {
            path.select(bindings).map_err(|_message_is_replaced| invalid_reference(path.text()))
        }
        Operand::Invalid(text) => Err(invalid_reference(text)),
    }
}

fn invalid_reference(path: &str) -> DataError {
    DataError::runtime(format!(
        "Invalid path '{path}': The choice state's condition path references an invalid value."
    ))
}

/// A Choice's `Variable` is a path, which needs no randomness.
struct NoRandom;
impl Random for NoRandom {
    fn next_u64(&mut self) -> u64 {
        0
    }
}

fn test(operator: Operator, value: &Value, operand: &Value) -> bool {
    use Operator as O;
    let is = |truth: bool| truth == (operand != &Value::Bool(false));
    match operator {
        O::StringEquals => by_text(value, operand, Ordering::is_eq),
        O::StringLessThan => by_text(value, operand, Ordering::is_lt),
        O::StringGreaterThan => by_text(value, operand, Ordering::is_gt),
        O::StringLessThanEquals => by_text(value, operand, Ordering::is_le),
        O::StringGreaterThanEquals => by_text(value, operand, Ordering::is_ge),
        O::StringMatches => match (value, operand) {
            (Value::String(text), Value::String(pattern)) => matches(text, pattern),
            (
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_),
                _,
            ) => false,
        },
        O::NumericEquals => by_number(value, operand, Ordering::is_eq),
        O::NumericLessThan => by_number(value, operand, Ordering::is_lt),
        O::NumericGreaterThan => by_number(value, operand, Ordering::is_gt),
        O::NumericLessThanEquals => by_number(value, operand, Ordering::is_le),
        O::NumericGreaterThanEquals => by_number(value, operand, Ordering::is_ge),
        O::BooleanEquals => value.as_bool().is_some() && value.as_bool() == operand.as_bool(),
        O::TimestampEquals => by_time(value, operand, Ordering::is_eq),
        O::TimestampLessThan => by_time(value, operand, Ordering::is_lt),
        O::TimestampGreaterThan => by_time(value, operand, Ordering::is_gt),
        O::TimestampLessThanEquals => by_time(value, operand, Ordering::is_le),
        O::TimestampGreaterThanEquals => by_time(value, operand, Ordering::is_ge),
        O::IsNull => is(value.is_null()),
        // Decided before the value was read.
        O::IsPresent => is(true),
        O::IsNumeric => is(value.as_f64().is_some()),
        O::IsString => is(value.as_str().is_some()),
        O::IsBoolean => is(value.as_bool().is_some()),
        O::IsTimestamp => is(value.as_str().and_then(parse_timestamp).is_some()),
    }
}

fn by_text(value: &Value, operand: &Value, wanted: fn(Ordering) -> bool) -> bool {
    match (value.as_str(), operand.as_str()) {
        // Java compares UTF-16 units, as AWS does.
        (Some(value), Some(operand)) => wanted(value.encode_utf16().cmp(operand.encode_utf16())),
        _ => false,
    }
}

fn by_number(value: &Value, operand: &Value, wanted: fn(Ordering) -> bool) -> bool {
    let order = match (value.as_i64(), operand.as_i64()) {
        (Some(value), Some(operand)) => Some(value.cmp(&operand)),
        _ => value
            .as_f64()
            .zip(operand.as_f64())
            .and_then(|(value, operand)| value.partial_cmp(&operand)),
    };
    order.is_some_and(wanted)
}

fn by_time(value: &Value, operand: &Value, wanted: fn(Ordering) -> bool) -> bool {
    let time = |value: &Value| value.as_str().and_then(parse_nanos);
    time(value).zip(time(operand)).is_some_and(|(value, operand)| wanted(value.cmp(&operand)))
}

/// `*` stands for any text; `\*` and `\\` for themselves. Greedy matching with one step back, so never exponential.
fn matches(text: &str, pattern: &str) -> bool {
    #[derive(PartialEq)]
    enum Part {
        Any,
        One(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '\\' => Part::One(chars.next().unwrap_or('\\')),
            c => Part::One(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut part) = (0, 0);
    // Where the last `*` stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                star = Some((part, at));
                part += 1;
            }
            Some(Part::One(c)) if *c == text[at] => {
                at += 1;
                part += 1;
            }
            Some(Part::One(_)) | None => match &mut star {
                Some((star_part, taken)) => {
                    *taken += 1;
                    at = *taken;
                    part = *star_part + 1;
                }
                None => return false,
            },
        }
    }
    parts[part..].iter().all(|it| *it == Part::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_can_be_escaped() {
        for (text, pattern) in [
            ("", "*"),
            ("zebra", "z*a"),
            ("zebra.log", "*.log"),
            ("a*b", r"a\*b"),
            (r"a\b", r"a\\b"),
            ("aXbXc", "a*b*c"),
        ] {
            assert!(matches(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in
            [("zebra", "z*e"), ("aXb", r"a\*b"), ("", "a"), ("ab", "a"), ("ZEBRA", "z*a")]
        {
            assert!(!matches(text, pattern), "{text} {pattern}");
        }
        assert!(!matches(&"a".repeat(10_000), &("*a".repeat(30) + "b")), "ends in time");
    }

    #[test]
    fn numbers_compare_exactly_when_both_are_whole() {
        let max = Value::from(i64::MAX);
        assert!(!test(Operator::NumericEquals, &max, &Value::from(i64::MAX - 1)));
        assert!(test(Operator::NumericEquals, &Value::from(1), &Value::from(1.0)));
        assert!(!test(Operator::NumericEquals, &Value::from("1"), &Value::from(1)));
    }

    #[test]
    fn timestamps_compare_behind_the_milliseconds_and_across_offsets() {
        let time = |text: &str| Value::from(text);
        let earlier = time("2016-03-14T01:59:00.123456Z");
        let later = time("2016-03-14T02:59:00.123457+01:00");
        assert!(test(Operator::TimestampLessThan, &earlier, &later));
        assert!(!test(Operator::TimestampEquals, &earlier, &later));
        assert!(test(Operator::TimestampEquals, &later, &time("2016-03-14T01:59:00.123457000Z")));
    }
}
