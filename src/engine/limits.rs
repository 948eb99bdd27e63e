//! The limits of payloads: one at a time, and all that an execution keeps.

use std::sync::Arc;

use crate::json::{MAX_DEPTH, Number, Value};

/// 256 KiB of UTF-8: input and output of a state, a task or an execution, and what one `Assign` assigns.
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// All workflow variables of an execution together: 10 MiB of UTF-8.
pub(crate) const MAX_VARIABLES_BYTES: usize = 10 << 20;

/// Memory that the payloads of one history may take, as far as it can be told from their texts. AWS has no such limit: 25,000
/// events of 256 KiB each are allowed there, and more than can be kept here.
pub(crate) const MAX_KEPT_BYTES: usize = 1 << 30;

/// Memory that a value takes besides its text: enough for a member of an object with its name.
const VALUE_BYTES: usize = 64;

/// Why a payload is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Longer than [`MAX_PAYLOAD_BYTES`].
    Bytes,
    /// Nested deeper than [`MAX_DEPTH`], which nothing could read again.
    Depth,
}

/// How large a payload is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Of the JSON text.
    pub(crate) text_bytes: usize,
    /// About what the value takes in memory.
    pub(crate) memory_bytes: usize,
}

/// Whether the JSON text of a value is longer, or nests deeper, than is allowed.
pub fn exceeds_payload_limit(value: &Value) -> bool {
    payload_size(value).is_err()
}

/// The size of a payload, if it is allowed.
pub(crate) fn payload_size(value: &Value) -> Result<Size, Excess> {
    size_within(value, MAX_PAYLOAD_BYTES)
}

pub(crate) fn size_within(value: &Value, most: usize) -> Result<Size, Excess> {
    let mut meter = Meter { left: most, values: 0 };
    meter.take(value, 0)?;
    let text_bytes = most - meter.left;
    Ok(Size { text_bytes, memory_bytes: text_bytes + meter.values * VALUE_BYTES })
}

/// Counts down from the limit, so that a huge value costs no more than a large one.
struct Meter {
    left: usize,
    values: usize,
}

impl Meter {
    fn spend(&mut self, bytes: usize) -> Result<(), Excess> {
        self.left = self.left.checked_sub(bytes).ok_or(Excess::Bytes)?;
        Ok(())
    }

    fn take(&mut self, value: &Value, depth: usize) -> Result<(), Excess> {
        if depth > MAX_DEPTH {
            return Err(Excess::Depth);
        }
        self.values += 1;
        match value {
            Value::Null | Value::Bool(true) => self.spend(4),
            Value::Bool(false) => self.spend(5),
            Value::Number(Number::Int(int)) => self.spend(
                int.unsigned_abs().checked_ilog10().map_or(1, |it| it as usize + 1)
                    + usize::from(*int < 0),
            ),
            Value::Number(number @ Number::Float(_)) => self.spend(number.to_string().len()),
            Value::String(text) => self.spend(text_bytes(text)),
            Value::Array(items) => {
                self.spend(1 + items.len().max(1))?;
                items.iter().try_for_each(|it| self.take(it, depth + 1))
            }
            Value::Object(members) => {
                self.spend(1 + members.len().max(1))?;
                members.iter().try_for_each(|(name, value)| {
                    self.spend(text_bytes(name) + 1)?;
                    self.take(value, depth + 1)
                })
            }
        }
    }
}

/// Bytes of a JSON string, quotes and escapes included.
fn text_bytes(text: &str) -> usize {
    let escapes: usize = text
        .bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
            0..0x20 => 5,
            _ => 0,
        })
        .sum();
    text.len() + escapes + 2
}

/// Whether two values are one and the same allocation, so that what was checked for one holds for the other.
pub(crate) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => Arc::ptr_eq(one, other),
        (Value::Array(one), Value::Array(other)) => Arc::ptr_eq(one, other),
        (Value::String(one), Value::String(other)) => Arc::ptr_eq(one, other),
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_)) => true,
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_the_bytes_of_the_text() {
        let texts = [
            r#"{"a":[1,-20,true,false,null,"é\n\"",1.5],"b":{}}"#,
            "[]",
            "0",
            "-9223372036854775808",
        ];
        for text in texts {
            let size = payload_size(&Value::parse(text).expect("JSON")).expect("a small text");
            assert_eq!(size.text_bytes, text.len(), "{text}");
        }
        assert!(!exceeds_payload_limit(&Value::from("x".repeat(MAX_PAYLOAD_BYTES - 2))));
        assert!(exceeds_payload_limit(&Value::from("x".repeat(MAX_PAYLOAD_BYTES - 1))));
        assert!(exceeds_payload_limit(&Value::array([Value::from(
            "é".repeat(MAX_PAYLOAD_BYTES / 2)
        )])));
    }

    #[test]
    fn a_payload_may_be_as_deep_as_what_can_be_read_and_no_deeper() {
        let nested = |levels: usize| {
            (0..levels).fold(Value::from(0), |inner, _| Value::object([("a", inner)]))
        };
        assert!(payload_size(&nested(MAX_DEPTH)).is_ok());
        assert!(Value::parse(&nested(MAX_DEPTH).to_string()).is_ok());
        assert_eq!(payload_size(&nested(MAX_DEPTH + 1)), Err(Excess::Depth));
    }
}
