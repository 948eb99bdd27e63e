//! What is printed. Text of a file or of a server must be able neither to steer the terminal nor to pass for lines of ours.

use std::fmt::Display;
use std::io::Write as _;

/// Prints lines of ours. Text of others in them has been through [`line()`], or stands indented.
pub(super) fn say(text: &str) {
    put(&visible(text.trim_end_matches('\n'), is_unseen));
}

/// Prints JSON: the same value, with escapes for what steers a terminal.
pub(super) fn say_json(text: &str) {
    put(&json_escaped(text.trim_end_matches('\n')));
}

pub(super) fn say_error(text: &str) {
    if writeln!(std::io::stderr().lock(), "{}", visible(text, is_unseen)).is_err() {
        tracing::debug!("stderr is closed");
    }
}

/// Text of others within a line of ours: it has no line breaks, and shows what it has that is not seen.
pub(super) fn line(text: impl Display) -> String {
    visible(&text.to_string(), |letter| matches!(letter, '\n' | '\t') || is_unseen(letter))
}

fn put(text: &str) {
    // A reader that closed the pipe has seen enough.
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        tracing::debug!("stdout is closed");
    }
}

fn visible(text: &str, is_unseen: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unseen(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Outside its texts JSON has nothing of the kind, so that an escape means the same.
fn json_escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unseen(letter) {
            let units = &mut [0; 2];
            shown.extend(letter.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Controls, other than line feed and tab, and what reorders a line, breaks it or is not drawn at all: "Trojan Source",
/// <https://www.unicode.org/reports/tr9/>, and the tags of Unicode. Joiners stay: emoji and scripts need them.
fn is_unseen(letter: char) -> bool {
    let controls = letter.is_control() && letter != '\n' && letter != '\t';
    controls
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_one_line_that_shows_what_it_has() {
        assert_eq!(line("Pay\n0 errors\r\t\u{1b}[2J"), r"Pay\n0 errors\r\t\u{1b}[2J");
        assert_eq!(
            line("\u{202e}yaP \u{2066}\u{2028}\u{9b}2J"),
            r"\u{202e}yaP \u{2066}\u{2028}\u{9b}2J"
        );
        for plain in ["检查 <库存>", "👩‍👧 é", r"C:\new"] {
            assert_eq!(line(plain), plain);
        }
    }

    #[test]
    fn lines_of_ours_keep_their_ends() {
        assert_eq!(visible("a\n\tb\u{1b}c", is_unseen), "a\n\tb\\u{1b}c");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "a\u{202e}": "\u{7f}\u{9b}\u{e0041} \u{1b} 库" });
        let shown = json_escaped(&format!("{value:#}"));
        assert!(!shown.chars().any(is_unseen), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }
}
