//! The size limit of payloads.

use std::sync::Arc;

use crate::json::{Number, Value};

/// 256 KiB of UTF-8: input and output of a state, a task or an execution.
pub const MAX_PAYLOAD_BYTES: usize = 262_144;

/// Whether the JSON text of a value is longer than AWS allows.
pub fn exceeds_payload_limit(value: &Value) -> bool {
    let mut left = MAX_PAYLOAD_BYTES;
    !take(value, &mut left)
}

/// Subtracts the text's length; false once nothing is left, so that a huge value costs no more than a large one.
fn take(value: &Value, left: &mut usize) -> bool {
    let mut spend = |bytes: usize| match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    };
    match value {
        Value::Null | Value::Bool(true) => spend(4),
        Value::Bool(false) => spend(5),
        Value::Number(Number::Int(int)) => spend(
            int.unsigned_abs().checked_ilog10().map_or(1, |it| it as usize + 1)
                + usize::from(*int < 0),
        ),
        Value::Number(number @ Number::Float(_)) => spend(number.to_string().len()),
        Value::String(text) => spend(text_bytes(text)),
        Value::Array(items) => {
            spend(1 + items.len().max(1)) && items.iter().all(|it| take(it, left))
        }
        Value::Object(members) => {
            spend(1 + members.len().max(1))
                && members.iter().all(|(name, value)| {
                    let bytes = text_bytes(name) + 1;
                    match left.checked_sub(bytes) {
                        Some(rest) => {
                            *left = rest;
                            take(value, left)
                        }
                        None => false,
                    }
                })
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
            let mut left = MAX_PAYLOAD_BYTES;
            assert!(take(&Value::parse(text).expect("JSON"), &mut left));
            assert_eq!(MAX_PAYLOAD_BYTES - left, text.len(), "{text}");
        }
        assert!(!exceeds_payload_limit(&Value::from("x".repeat(MAX_PAYLOAD_BYTES - 2))));
        assert!(exceeds_payload_limit(&Value::from("x".repeat(MAX_PAYLOAD_BYTES - 1))));
        assert!(exceeds_payload_limit(&Value::array([Value::from(
            "é".repeat(MAX_PAYLOAD_BYTES / 2)
        )])));
    }
}
