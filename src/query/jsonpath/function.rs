//! Functions at the end of a path: `.length()`, `.sum()`, `.concat(...)`.

use crate::json::Value;

use super::Step;
use super::evaluate::{Stop, Walk, from_start};

/// A call with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Argument>,
}

/// A JSON literal, or a path from the document's root.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Literal(Value),
    Path(Vec<Step>),
}

/// Jayway's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Avg,
    StdDev,
    Sum,
    Min,
    Max,
    Concat,
    Length,
    Size,
    Append,
    Keys,
    First,
    Last,
    Index,
}

impl Function {
    const ALL: [Self; 13] = [
        Self::Avg,
        Self::StdDev,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Concat,
        Self::Length,
        Self::Size,
        Self::Append,
        Self::Keys,
        Self::First,
        Self::Last,
        Self::Index,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::StdDev => "stddev",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Concat => "concat",
            Self::Length => "length",
            Self::Size => "size",
            Self::Append => "append",
            Self::Keys => "keys",
            Self::First => "first",
            Self::Last => "last",
            Self::Index => "index",
        }
    }
}

/// The result, or `None` where Jayway gives Java's null for "no such thing".
pub(super) fn apply(call: &Call, here: &Value, walk: &mut Walk<'_>) -> Result<Option<Value>, Stop> {
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        arguments.push(match argument {
            Argument::Literal(value) => value.clone(),
            Argument::Path(steps) => {
                let mut found = walk.run(steps, walk.document)?;
                if super::is_definite(steps) {
                    found.pop().unwrap_or_default()
                } else {
                    Value::from(found)
                }
            }
        });
    }
    match call.function {
        Function::Avg | Function::StdDev | Function::Sum | Function::Min | Function::Max => {
            aggregate(call.function, here, &arguments).map(Some)
        }
        Function::Concat => Ok(Some(concat(here, &arguments))),
        Function::Length | Function::Size => {
            let subject = arguments.first().unwrap_or(here);
            Ok(match subject {
                Value::Array(items) => Some(count(items.len())),
                Value::Object(members) => Some(count(members.len())),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    Some(Value::Null)
                }
            })
        }
        Function::Append => Ok(Some(match here {
            Value::Array(items) => Value::array(items.iter().cloned().chain(arguments)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => here.clone(),
        })),
        Function::Keys => Ok(here
            .as_object()
            .map(|members| Value::array(members.keys().map(|name| Value::from(&**name))))),
        Function::First => item_at(call, here, 0),
        Function::Last => item_at(call, here, -1),
        Function::Index => {
            let index = arguments.first().and_then(Value::as_i64);
            item_at(
                call,
                here,
                index.ok_or_else(|| Stop::Fatal("index() needs a whole number".to_owned()))?,
            )
        }
    }
}

fn count(len: usize) -> Value {
    Value::from(i64::try_from(len).unwrap_or(i64::MAX))
}

fn item_at(call: &Call, here: &Value, index: i64) -> Result<Option<Value>, Stop> {
    let found = here
        .as_array()
        .and_then(|items| from_start(index, items.len()).and_then(|at| items.get(at)));
    match found {
        Some(item) => Ok(Some(item.clone())),
        None => Err(Stop::Missing(format!(
            "Aggregation function {} attempted to calculate value using empty array",
            call.function.name()
        ))),
    }
}

/// Numbers of the array and of the arguments; what is no number is passed over. The result is a double, as in Jayway.
fn aggregate(function: Function, here: &Value, arguments: &[Value]) -> Result<Value, Stop> {
    let items = here.as_array().map_or(&[][..], Vec::as_slice);
    let flat = arguments.iter().flat_map(|argument| {
        argument.as_array().map_or_else(|| std::slice::from_ref(argument), Vec::as_slice)
    });
    let numbers: Vec<f64> = items.iter().chain(flat).filter_map(Value::as_f64).collect();
    if numbers.is_empty() {
        return Err(Stop::Missing(
            "Aggregation function attempted to calculate value using empty array".to_owned(),
        ));
    }
    let len = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let result = match function {
        Function::Sum => sum,
        Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::StdDev => {
            let mean = sum / len;
            (numbers.iter().map(|number| number * number).sum::<f64>() / len - mean * mean)
                .max(0.0)
                .sqrt()
        }
        Function::Avg
        | Function::Concat
        | Function::Length
        | Function::Size
        | Function::Append
        | Function::Keys
        | Function::First
        | Function::Last
        | Function::Index => sum / len,
    };
    Ok(Value::from(result))
}

/// Strings of the array, then the arguments as text.
fn concat(here: &Value, arguments: &[Value]) -> Value {
    let mut text = String::new();
    for item in here.as_array().map_or(&[][..], Vec::as_slice) {
        text.push_str(item.as_str().unwrap_or(""));
    }
    for argument in arguments {
        match argument {
            Value::String(argument) => text.push_str(argument),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).for_each(|item| text.push_str(item));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                text.push_str(&argument.to_string());
            }
        }
    }
    Value::from(text)
}
