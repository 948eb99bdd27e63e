//! `[?(...)]`: which items of an array, or whether an object, to keep.

use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;

use crate::json::Value;

use super::Step;
use super::evaluate::{Stop, Walk};

/// A condition on one value, `@`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    /// `@.a` alone.
    Exists(Operand),
    Compare(Operand, Operator, Operand),
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// `@...`, from the value under test.
    Item(Vec<Step>),
    /// `$...`, from the document.
    Document(Vec<Step>),
    Literal(Value),
    Pattern(Pattern),
}

/// A regular expression literal; equal when written the same.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: Arc<str>,
    pub(super) regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Jayway's relational operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `==`: a number and a string with the same number are equal.
    Equal,
    NotEqual,
    /// `===`: the types must agree too.
    StrictEqual,
    StrictNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    All,
    Size,
    Exists,
    Type,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
}

impl Operator {
    /// Longer spellings first, so that `<=` is not read as `<`.
    pub(super) const SPELLINGS: [(&'static str, Self); 20] = [
        ("===", Self::StrictEqual),
        ("!==", Self::StrictNotEqual),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("=~", Self::Matches),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("subsetof", Self::SubsetOf),
        ("contains", Self::Contains),
        ("noneof", Self::NoneOf),
        ("exists", Self::Exists),
        ("anyof", Self::AnyOf),
        ("empty", Self::Empty),
        ("size", Self::Size),
        ("type", Self::Type),
        ("all", Self::All),
        ("nin", Self::NotIn),
        ("in", Self::In),
    ];
}

impl Filter {
    pub(super) fn accepts(&self, item: &Value, walk: &mut Walk<'_>) -> Result<bool, Stop> {
        match self {
            Self::And(parts) => {
                for part in parts {
                    if !part.accepts(item, walk)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(parts) => {
                for part in parts {
                    if part.accepts(item, walk)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(inner) => Ok(!inner.accepts(item, walk)?),
            Self::Exists(operand) => Ok(resolve(operand, item, walk)?.is_some()),
            Self::Compare(left, operator, right) => {
                if let (Operator::Matches, Operand::Pattern(pattern)) = (operator, right) {
                    return Ok(
                        resolve(left, item, walk)?.is_some_and(|value| matches(pattern, &value))
                    );
                }
                if let (Operator::Matches, Operand::Pattern(pattern)) = (operator, left) {
                    return Ok(
                        resolve(right, item, walk)?.is_some_and(|value| matches(pattern, &value))
                    );
                }
                let left = resolve(left, item, walk)?;
                let right = resolve(right, item, walk)?;
                Ok(compare(left.as_ref(), *operator, right.as_ref()))
            }
        }
    }
}

/// The operand's value; `None` where a path found nothing.
fn resolve(operand: &Operand, item: &Value, walk: &mut Walk<'_>) -> Result<Option<Value>, Stop> {
    let (steps, start) = match operand {
        Operand::Literal(value) => return Ok(Some(value.clone())),
        Operand::Pattern(_) => return Ok(None),
        Operand::Item(steps) => (steps, item),
        Operand::Document(steps) => (steps, walk.document),
    };
    if let Some(found) = super::plain(steps, start) {
        return Ok(Some(found.clone()));
    }
    match walk.run(steps, start) {
        Ok(mut found) if super::is_definite(steps) => Ok(found.pop()),
        Ok(found) => Ok(Some(Value::from(found))),
        Err(Stop::Missing(_)) => Ok(None),
        Err(stop @ Stop::Fatal(_)) => Err(stop),
    }
}

/// The whole text must match, as with Java's `Matcher.matches`; an array matches when any item does.
fn matches(pattern: &Pattern, value: &Value) -> bool {
    match value {
        Value::String(text) => pattern.regex.is_match(text),
        Value::Number(number) => pattern.regex.is_match(&number.to_string()),
        Value::Bool(truth) => pattern.regex.is_match(&truth.to_string()),
        Value::Array(items) => items.iter().any(|item| matches(pattern, item)),
        Value::Null | Value::Object(_) => false,
    }
}

fn compare(left: Option<&Value>, operator: Operator, right: Option<&Value>) -> bool {
    let both = left.zip(right);
    match operator {
        Operator::Equal => both.is_some_and(|(left, right)| loosely_equal(left, right)),
        Operator::NotEqual => !both.is_some_and(|(left, right)| loosely_equal(left, right)),
        Operator::StrictEqual => both.is_some_and(|(left, right)| same(left, right)),
        Operator::StrictNotEqual => !both.is_some_and(|(left, right)| same(left, right)),
        Operator::Less => order(both) == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order(both), Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order(both) == Some(Ordering::Greater),
        Operator::GreaterOrEqual => {
            matches!(order(both), Some(Ordering::Greater | Ordering::Equal))
        }
        // Without a pattern on either side there is nothing to match.
        Operator::Matches => false,
        Operator::In => {
            both.is_some_and(|(left, right)| list(right).is_some_and(|list| holds(list, left)))
        }
        Operator::NotIn => {
            both.is_none_or(|(left, right)| list(right).is_none_or(|list| !holds(list, left)))
        }
        Operator::Contains => both.is_some_and(|(left, right)| match (left, right) {
            (Value::String(text), Value::String(part)) => text.contains(&**part),
            (Value::Array(items), part) => holds(items, part),
            (
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_),
                _,
            ) => false,
        }),
        Operator::All => {
            lists(both).is_some_and(|(left, right)| right.iter().all(|item| holds(left, item)))
        }
        Operator::SubsetOf => {
            lists(both).is_some_and(|(left, right)| left.iter().all(|item| holds(right, item)))
        }
        Operator::AnyOf => {
            lists(both).is_some_and(|(left, right)| left.iter().any(|item| holds(right, item)))
        }
        Operator::NoneOf => {
            lists(both).is_some_and(|(left, right)| !left.iter().any(|item| holds(right, item)))
        }
        Operator::Size => both.is_some_and(|(left, right)| {
            size(left).is_some_and(|size| right.as_i64() == i64::try_from(size).ok())
        }),
        Operator::Empty => both.is_some_and(|(left, right)| {
            size(left).is_some_and(|size| right.as_bool() == Some(size == 0))
        }),
        Operator::Exists => right.and_then(Value::as_bool) == Some(left.is_some()),
        Operator::Type => {
            both.is_some_and(|(left, right)| right.as_str() == Some(left.type_name()))
        }
    }
}

/// Text, array and object have a size.
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn list(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

fn lists<'v>(both: Option<(&'v Value, &'v Value)>) -> Option<(&'v [Value], &'v [Value])> {
    both.and_then(|(left, right)| list(left).zip(list(right)))
}

fn holds(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| loosely_equal(item, wanted))
}

fn order(both: Option<(&Value, &Value)>) -> Option<Ordering> {
    match both? {
        (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => None,
    }
}

/// Equal as JSON, with `1` and `1.0` the same number.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => left == right,
    }
}

fn loosely_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => {
            text.trim().parse::<f64>().is_ok_and(|parsed| parsed == number.as_f64())
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => same(left, right),
    }
}
