//! JSON text to value and back.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Number, Object, Value};

/// Arrays and objects nested deeper than this are refused: 200 levels are more than any payload of Step Functions has, and
/// less than what would exhaust a small stack.
pub const MAX_DEPTH: usize = 250;

/// A text with more values than this is refused: each takes up to some two hundred bytes of memory, also where it is two bytes of
/// text. A history of 25,000 events has some 300,000.
pub const MAX_VALUES: usize = 4_000_000;

/// Why a text is not a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column})")]
pub struct ParseError {
    pub message: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in bytes.
    pub column: usize,
}

pub(super) fn parse(json: &str, values_left: &mut usize) -> Result<Value, ParseError> {
    // A byte order mark is what some Windows editors put first; it is not part of the JSON.
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    // serde_json's own limit is 128; ours is checked by the seed, which knows its depth.
    deserializer.disable_recursion_limit();
    let parsed = Seed { depth: 0, values_left }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|err| {
        let text = err.to_string();
        let message =
            text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
        // A mistake at the end of a line is counted as column 0 of the next one.
        let line = if err.column() == 0 { err.line().saturating_sub(1) } else { err.line() };
        ParseError { message, line: line.max(1), column: err.column().max(1) }
    })
}

struct Seed<'a> {
    depth: usize,
    values_left: &'a mut usize,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        let Some(left) = self.values_left.checked_sub(1) else {
            return Err(D::Error::custom("there are more values than are read"));
        };
        *self.values_left = left;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }
    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::Int(int)))
    }
    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(Value::Number(i64::try_from(int).map_or(Number::Float(int as f64), Number::Int)))
    }
    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Number(Number::Float(float)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }
    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        let Self { depth, values_left } = self;
        while let Some(item) = seq.next_element_seed(Seed { depth: depth + 1, values_left })? {
            items.push(item);
        }
        Ok(Value::Array(Arc::new(items)))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Object::new();
        let Self { depth, values_left } = self;
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Seed { depth: depth + 1, values_left })?;
            members.insert(name.into(), value);
        }
        Ok(Value::Object(Arc::new(members)))
    }
}

pub(super) fn write_compact(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Number(number) => write!(f, "{number}"),
        Value::String(text) => write_string(text, f),
        Value::Array(items) => {
            f.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    f.write_char(',')?;
                }
                write_compact(item, f)?;
            }
            f.write_char(']')
        }
        Value::Object(members) => {
            f.write_char('{')?;
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    f.write_char(',')?;
                }
                write_string(name, f)?;
                f.write_char(':')?;
                write_compact(value, f)?;
            }
            f.write_char('}')
        }
    }
}

fn write_string(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0x00..=0x1f => "",
            _ => continue,
        };
        out.write_str(&text[plain..at])?;
        if escape.is_empty() {
            // Jackson, whose texts AWS gives, writes the digits in capitals.
            write!(out, "\\u{byte:04X}")?;
        } else {
            out.write_str(escape)?;
        }
        plain = at + 1;
    }
    out.write_str(&text[plain..])?;
    out.write_char('"')
}

pub(super) fn to_pretty(value: &Value) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    write_pretty(value, 0, &mut out).expect("a String takes any text");
    out
}

fn write_pretty(value: &Value, indent: usize, out: &mut String) -> fmt::Result {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(",\n");
                }
                write!(out, "{:1$}", "", (indent + 1) * 2)?;
                write_pretty(item, indent + 1, out)?;
            }
            write!(out, "\n{:1$}]", "", indent * 2)
        }
        Value::Object(members) if !members.is_empty() => {
            out.push_str("{\n");
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push_str(",\n");
                }
                write!(out, "{:1$}", "", (indent + 1) * 2)?;
                write_string(name, out)?;
                out.push_str(": ");
                write_pretty(value, indent + 1, out)?;
            }
            write!(out, "\n{:1$}}}", "", indent * 2)
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            write!(out, "{value}")
        }
    }
}

pub(super) fn to_serde(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) => (*float).into(),
        Value::String(text) => (**text).into(),
        Value::Array(items) => items.iter().map(to_serde).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.to_string(), to_serde(value))).collect()
        }
    }
}

pub(super) fn from_serde(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::from(number.as_f64().unwrap_or(f64::NAN)), Value::from),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => Value::array(items.into_iter().map(from_serde)),
        serde_json::Value::Object(members) => {
            Value::object(members.into_iter().map(|(name, value)| (name, from_serde(value))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_values_is_limited() {
        let mut left = 5;
        assert!(Value::parse_counted(r#"[1,{"a":[]}]"#, &mut left).is_ok());
        assert_eq!(left, 1);
        let refused = Value::parse_counted("[[]]", &mut left).expect_err("two of one");
        assert_eq!(refused.to_string(), "there are more values than are read (line 1, column 1)");
        let many = format!("[{}0]", "[],".repeat(MAX_VALUES));
        assert!(Value::parse(&many).expect_err("too many").message.contains("more values"));
    }

    #[test]
    fn text_and_value_are_each_others_inverse() {
        let json = r#"{"a":[1,1.0,-2.5,"é\"\\\n\u0001",null,true],"b":{},"c":[]}"#;
        let value = Value::parse(json).expect("this is JSON");
        assert_eq!(value.to_string(), json);
        assert_eq!(Value::parse(&value.to_pretty()).expect("pretty text is JSON"), value);
    }

    #[test]
    fn an_error_names_line_and_column() {
        let error = Value::parse("{\n \"a\": tru\n}").expect_err("not JSON");
        assert_eq!(error.line, 2);
    }

    #[test]
    fn nesting_is_limited_not_fatal() {
        let deep = "[".repeat(100_000);
        assert!(Value::parse(&deep).expect_err("too deep").message.contains("nested deeper"));
    }

    #[test]
    fn control_characters_are_written_as_jackson_writes_them() {
        let text = Value::from("\u{1f}\u{7f}\u{8}/");
        assert_eq!(text.to_string(), "\"\\u001F\u{7f}\\b/\"");
    }
}
