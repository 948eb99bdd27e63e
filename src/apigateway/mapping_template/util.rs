//! `$util`: escaping, encoding, and reading JSON.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::strings::Answer;
use super::value::{Datum, Heap};
use crate::json::Value;

pub(super) fn call(heap: &mut Heap, method: &str, arguments: &[Datum]) -> Answer {
    let Some(argument) = arguments.first() else { return Ok(None) };
    let text = heap.text(argument)?;
    // Reading JSON makes a value of every few bytes.
    let weight = if method == "parseJson" { 32 } else { 8 };
    heap.count_work(text.len().saturating_mul(weight))?;
    let answer = match method {
        "escapeJavaScript" => Some(escape_java_script(&text).into()),
        "parseJson" => match Value::parse(&text) {
            Ok(value) => Some(heap.load(&value)?),
            Err(_) => None,
        },
        "urlEncode" => Some(url_encode(&text).into()),
        "urlDecode" => Some(url_decode(&text).into()),
        "base64Encode" => Some(STANDARD.encode(text.as_bytes()).into()),
        "base64Decode" => STANDARD
            .decode(text.trim_end())
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).as_ref().into()),
        _ => None,
    };
    if let Some(Datum::Text(made)) = &answer {
        heap.count_text(made.len())?;
    }
    Ok(answer)
}

/// As the Apache Commons function of that name: the apostrophe and the slash are escaped too, although JSON knows no `\'`,
/// and so is everything outside of ASCII.
pub(super) fn escape_java_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' | '/' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7e}' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04X}").expect("a String takes any text");
                }
            }
        }
    }
    out
}

/// `application/x-www-form-urlencoded`, as Java's `URLEncoder`.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02X}").expect("a String takes any text"),
        }
    }
    out
}

fn url_decode(text: &str) -> String {
    crate::apigateway::http::percent_decode(&text.replace('+', " "))
}
