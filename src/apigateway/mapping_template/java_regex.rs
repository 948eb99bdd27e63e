//! Java's regular expressions and replacements in terms of the `regex` crate.
//!
//! The crate knows no look-around and no back-references, and takes time proportional to the text, which Java does not
//! promise. An expression that it does not know is an error that the template sees as the empty string.

use regex::{Regex, RegexBuilder};

/// Compiled size in bytes that an expression from a template may have.
const MAX_SIZE: usize = 1 << 20;

pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(MAX_SIZE).dfa_size_limit(MAX_SIZE).build().ok()
}

/// `String.matches`: the whole text, not a part of it.
pub(super) fn matches_whole(pattern: &str, text: &str) -> Option<bool> {
    Some(
        compile(&format!("^(?:{pattern})$"))?
            .find(text)
            .is_some_and(|found| found.len() == text.len()),
    )
}

/// Java's replacement text, `$1` and `\$`, in the crate's words, `${1}` and `$$`.
pub(super) fn replacement(java: &str) -> String {
    let mut out = String::new();
    let mut chars = java.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('$') => out.push_str("$$"),
                Some(escaped) => out.push(escaped),
                None => {}
            },
            '$' if chars.peek().is_some_and(char::is_ascii_digit) => {
                out.push_str("${");
                out.extend(chars.next());
                out.push('}');
            }
            '$' if chars.peek() == Some(&'{') => out.push('$'),
            '$' => out.push_str("$$"),
            other => out.push(other),
        }
    }
    out
}

/// `String.split`: empty strings at the end are dropped, and one at the start that an empty match would make.
pub(super) fn split(pattern: &str, text: &str, limit: i64) -> Option<Vec<String>> {
    let regex = compile(pattern)?;
    let mut parts = Vec::new();
    let mut start = 0;
    for found in regex.find_iter(text) {
        if limit > 0 && i64::try_from(parts.len()).is_ok_and(|count| count + 1 >= limit) {
            break;
        }
        if found.is_empty() && (found.start() == 0 || found.start() == text.len()) {
            continue;
        }
        // Java 8 and later: a match of some width at the start does make an empty first part.
        parts.push(text[start..found.start()].to_owned());
        start = found.end();
    }
    parts.push(text[start..].to_owned());
    if limit == 0 {
        while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        if parts.len() == 1 && parts[0].is_empty() && !text.is_empty() {
            parts.clear();
        }
    }
    Some(parts)
}
