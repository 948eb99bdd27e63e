//! JSON text laid out for a reader: only the white space between tokens changes, so that what was written twice, or as `1.50`, stays so.

use std::borrow::Cow;

use super::Value;

/// A line that is longer, in bytes, and holds more than a few members, is nobody's to read.
const LONG_LINE: usize = 400;
const MANY_MEMBERS: usize = 4;
/// A text of fewer lines was written by a machine.
const FEW_LINES: usize = 3;

/// JSON that stands on one endless line, as it was deployed by a tool, with a line for each member. Any other text stays as it is.
pub fn readable(text: &str) -> Cow<'_, str> {
    let is_crammed = text.lines().nth(FEW_LINES - 1).is_none() || has_endless_line(text);
    // What is no JSON has no tokens to part.
    if is_crammed && Value::parse(text).is_ok() {
        Cow::Owned(laid_out(text.strip_prefix('\u{feff}').unwrap_or(text)))
    } else {
        Cow::Borrowed(text)
    }
}

fn has_endless_line(text: &str) -> bool {
    text.lines().filter(|line| line.len() > LONG_LINE).any(|line| {
        let mut members = 0;
        let mut strings = Strings::default();
        for byte in line.bytes() {
            members += usize::from(!strings.holds(byte) && byte == b',');
        }
        members > MANY_MEMBERS
    })
}

/// Whether one is inside of a string.
#[derive(Default)]
struct Strings {
    inside: bool,
    escaped: bool,
}

impl Strings {
    /// Whether the next byte belongs to a string, quotes included.
    fn holds(&mut self, byte: u8) -> bool {
        let was_inside = self.inside;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if was_inside => self.escaped = true,
            b'"' => self.inside = !was_inside,
            _ => {}
        }
        was_inside || self.inside
    }
}

/// `text` is JSON.
fn laid_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut strings = Strings::default();
    // The bracket that was opened last, until it is known whether there is anything in it.
    let mut opened = false;
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let in_string = strings.holds(byte);
        let is_mark = !in_string && matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':');
        let is_space = !in_string && byte.is_ascii_whitespace();
        if !is_mark && !is_space {
            if std::mem::take(&mut opened) {
                new_line(&mut out, depth);
            }
            continue;
        }
        // Up to here letters were only looked at.
        out.push_str(text[copied..at].trim_ascii());
        copied = at + 1;
        match byte {
            b'{' | b'[' => {
                if std::mem::replace(&mut opened, true) {
                    new_line(&mut out, depth);
                }
                out.push(char::from(byte));
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !std::mem::take(&mut opened) {
                    new_line(&mut out, depth);
                }
                out.push(char::from(byte));
            }
            b',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            b':' => out.push_str(": "),
            _ => {}
        }
    }
    out.push_str(text[copied..].trim_ascii());
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_line_gets_a_line_for_each_member() {
        let crammed = r#"{"StartAt":"A, [b]","States":{ "A" : {"Type":"Pass","Result":[1,[],{},[[2]],"\"{,"],"End":true}}}"#;
        let expected = r#"{
  "StartAt": "A, [b]",
  "States": {
    "A": {
      "Type": "Pass",
      "Result": [
        1,
        [],
        {},
        [
          [
            2
          ]
        ],
        "\"{,"
      ],
      "End": true
    }
  }
}"#;
        assert_eq!(readable(crammed), expected);
        assert_eq!(readable(expected), expected);
        assert_eq!(readable(expected), Value::parse(crammed).expect("JSON").to_pretty());
    }

    #[test]
    fn what_was_written_stays_but_for_the_space_between() {
        assert_eq!(
            readable("{\"a\":1.50,\"a\":1e2,\"\u{e9}\":\"\\u00e9\"}"),
            "{\n  \"a\": 1.50,\n  \"a\": 1e2,\n  \"\u{e9}\": \"\\u00e9\"\n}"
        );
        assert_eq!(readable("\u{feff}[ ]"), "[]");
    }

    #[test]
    fn what_can_be_read_or_is_no_json_is_left_alone() {
        let long = "x".repeat(2 * LONG_LINE);
        let by_hand =
            format!("{{\n    \"a\": [1, 2],\n  \"Cause\": \"{long}, a, b, c, d, e, f\"\n}}");
        for text in ["no JSON", "{\"a\":", "", "{\n\"a\": 1,\n\"b\": 2}", &by_hand] {
            assert_eq!(readable(text), text);
        }
        let endless = format!("{{\n\"a\": [{}1]\n}}", "1,".repeat(LONG_LINE));
        assert!(readable(&endless).lines().count() > LONG_LINE);
    }
}
