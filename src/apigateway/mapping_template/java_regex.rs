//! Java's regular expressions and replacements in terms of the `regex` crate.
//!
//! The crate knows no look-around and no back-references, and takes time proportional to the text and to the expression, which
//! Java does not promise. An expression that it does not know is an error that the template sees as the empty string.

use regex::{Regex, RegexBuilder};

use super::TemplateError;
use super::value::Heap;

/// Compiled sizes in bytes that are tried, smallest first: how large an expression is decides what it costs to search with it.
const SIZES: [usize; 6] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20];
/// Bytes of compiled expression that one byte of text may have to go through, in one byte's work.
const PER_STEP: usize = 32;
/// Work that a match takes besides its text.
const PER_MATCH: usize = 256;

/// An expression that is compiled.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    /// Work per byte that is searched, at the worst.
    weight: usize,
    /// Whether a search looks no further behind a match than the expression is long.
    sees_near: bool,
}

/// Java's replacement text, `$1`, `${name}` and `\$`.
enum Part {
    Text(String),
    Group(usize),
    Named(String),
}

impl Pattern {
    /// The expression, if it is one, and the work that reading it took.
    pub(super) fn compile(expression: &str) -> (Option<Self>, usize) {
        let mut work = expression.len().saturating_mul(PER_STEP);
        let translated = of_java(expression);
        for size in SIZES {
            work = work.saturating_add(size);
            let built =
                RegexBuilder::new(&translated).size_limit(size).dfa_size_limit(1 << 20).build();
            match built {
                Ok(regex) => {
                    let sees_near = sees_near(&translated);
                    return (Some(Self { regex, weight: size / PER_STEP, sees_near }), work);
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(_) => return (None, work),
            }
        }
        (None, work)
    }

    fn count(&self, heap: &Heap, text: &str) -> Result<(), TemplateError> {
        heap.count_work(PER_MATCH + text.len().saturating_mul(self.weight))
    }

    /// A match, and what was read behind it before it was known: `.*b|a` reads to the end for every `a`.
    fn count_match(&self, heap: &Heap, behind: usize) -> Result<(), TemplateError> {
        let read = if self.sees_near { behind.min(self.weight) } else { behind };
        heap.count_work(PER_MATCH + read.saturating_mul(self.weight))
    }

    /// `String.matches`, of an expression in [`whole`]: the whole text, not a part of it.
    pub(super) fn matches_whole(&self, heap: &Heap, text: &str) -> Result<bool, TemplateError> {
        self.count(heap, text)?;
        Ok(self.regex.find(text).is_some_and(|found| found.len() == text.len()))
    }

    /// `String.replaceAll`, or `replaceFirst`; `None` when the replacement names a group that there is not.
    pub(super) fn replace(
        &self,
        heap: &Heap,
        text: &str,
        replacement: &str,
        most: usize,
    ) -> Result<Option<String>, TemplateError> {
        self.count(heap, text)?;
        let parts = replacement_parts(replacement);
        let known = |part: &Part| match part {
            Part::Text(_) => true,
            Part::Group(number) => *number < self.regex.captures_len(),
            Part::Named(name) => self.regex.capture_names().flatten().any(|it| it == name),
        };
        if !parts.iter().all(known) {
            return Ok(None);
        }
        let mut out = String::new();
        let mut end = 0;
        for found in self.regex.captures_iter(text).take(most) {
            let Some(whole) = found.get(0) else { continue };
            self.count_match(heap, text.len() - whole.end())?;
            heap.count_text(whole.start() - end)?;
            out.push_str(&text[end..whole.start()]);
            for part in &parts {
                let piece = match part {
                    Part::Text(text) => text,
                    Part::Group(number) => found.get(*number).map_or("", |it| it.as_str()),
                    Part::Named(name) => found.name(name).map_or("", |it| it.as_str()),
                };
                heap.count_text(piece.len())?;
                heap.count_work(1)?;
                out.push_str(piece);
            }
            end = whole.end();
        }
        heap.count_text(text.len() - end)?;
        out.push_str(&text[end..]);
        Ok(Some(out))
    }

    /// `String.split`: empty strings at the end are dropped, and one at the start that an empty match would make.
    pub(super) fn split(
        &self,
        heap: &Heap,
        text: &str,
        limit: i64,
    ) -> Result<Vec<String>, TemplateError> {
        self.count(heap, text)?;
        let mut parts = Vec::new();
        let mut start = 0;
        for found in self.regex.find_iter(text) {
            if limit > 0 && i64::try_from(parts.len()).is_ok_and(|count| count + 1 >= limit) {
                break;
            }
            if found.is_empty() && (found.start() == 0 || found.start() == text.len()) {
                continue;
            }
            self.count_match(heap, text.len() - found.end())?;
            heap.count_text(found.start() - start)?;
            // Java 8 and later: a match of some width at the start does make an empty first part.
            parts.push(text[start..found.start()].to_owned());
            start = found.end();
        }
        heap.count_text(text.len() - start)?;
        parts.push(text[start..].to_owned());
        if limit == 0 {
            while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
                parts.pop();
            }
            if parts.len() == 1 && parts[0].is_empty() && !text.is_empty() {
                parts.clear();
            }
        }
        Ok(parts)
    }
}

/// Whether nothing repeats without end, or one last thing does that ends where it no longer fits.
fn sees_near(expression: &str) -> bool {
    let bytes = expression.as_bytes();
    let (mut in_class, mut either, mut at) = (0_usize, false, 0);
    let mut repeats = Vec::new();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => in_class += 1,
            b']' => in_class = in_class.saturating_sub(1),
            b'|' if in_class == 0 => either = true,
            b'*' | b'+' if in_class == 0 => repeats.push(at),
            b'{' if in_class == 0
                && expression[at..].split('}').next().is_some_and(|it| it.ends_with(',')) =>
            {
                repeats.push(at);
            }
            _ => {}
        }
        at += 1;
    }
    match repeats.as_slice() {
        [] => true,
        [only] => !either && *only + 1 == bytes.len(),
        _ => false,
    }
}

/// The expression for [`Pattern::matches_whole`].
pub(super) fn whole(expression: &str) -> String {
    format!("^(?:{expression})$")
}

fn replacement_parts(java: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = java;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let group = (c == '$').then(|| group(rest)).flatten();
        match (c, group) {
            (_, Some((part, after))) => {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(part);
                rest = after;
            }
            ('\\', None) => {
                let escaped = rest.chars().next();
                text.extend(escaped);
                rest = &rest[escaped.map_or(0, char::len_utf8)..];
            }
            (other, None) => text.push(other),
        }
    }
    parts.push(Part::Text(text));
    parts
}

/// A group behind a `$`, and what follows it.
fn group(rest: &str) -> Option<(Part, &str)> {
    if let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        return Some((Part::Group(digit as usize), &rest[1..]));
    }
    /// Of names that anybody writes; a longer one names no group.
    const LONGEST: usize = 100;
    let inside = rest.strip_prefix('{')?;
    let end = inside.bytes().take(LONGEST).position(|it| it == b'}')?;
    Some((Part::Named(inside.get(..end)?.to_owned()), inside.get(end + 1..)?))
}

/// The expression as the crate writes it: Java's `\d`, `\w`, `\s` and `\b` know ASCII only, `\Q...\E` quotes, and a backslash before
/// anything that is no letter keeps it from meaning something.
fn of_java(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() + 16);
    let mut in_class = 0_usize;
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            match c {
                '[' => in_class += 1,
                ']' => in_class = in_class.saturating_sub(1),
                _ => {}
            }
            out.push(c);
            continue;
        }
        let Some(escaped) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[escaped.len_utf8()..];
        match escaped {
            'd' => out.push_str("[0-9]"),
            'D' => out.push_str("[^0-9]"),
            'w' => out.push_str("[0-9A-Za-z_]"),
            'W' => out.push_str("[^0-9A-Za-z_]"),
            's' => out.push_str(r"[ \t\n\x0B\f\r]"),
            'S' => out.push_str(r"[^ \t\n\x0B\f\r]"),
            'b' if in_class == 0 => out.push_str(r"(?-u:\b)"),
            'Q' => {
                let (quoted, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
                out.push_str(&regex::escape(quoted));
                rest = after;
            }
            '<' | '>' => out.push(escaped),
            other => {
                if other.is_ascii() {
                    out.push('\\');
                }
                out.push(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, expression: &str, replacement: &str) -> Option<String> {
        let heap = Heap::new(super::super::value::MAX_WORK);
        let pattern = Pattern::compile(expression).0?;
        pattern.replace(&heap, text, replacement, usize::MAX).unwrap()
    }

    #[test]
    fn expressions_mean_what_they_mean_in_java() {
        assert_eq!(replaced("é1٣ _", r"\w", "x").as_deref(), Some("éx٣ x"));
        assert_eq!(replaced("a.b+c", r"\Q.b+\E", "-").as_deref(), Some("a-c"));
        assert_eq!(replaced("a<b>", r"[\<\>]", "").as_deref(), Some("ab"));
        assert_eq!(replaced("a-b c", r"[\s-]", "_").as_deref(), Some("a_b_c"));
        assert_eq!(replaced("cat concat", r"\bcat", "dog").as_deref(), Some("dog concat"));
        assert_eq!(replaced("é", r"\é", "e").as_deref(), Some("e"));
        assert_eq!(replaced("a", "(a", ""), None);
    }

    #[test]
    fn replacements_name_groups_as_in_java() {
        assert_eq!(replaced("ab", "(a)(?<n>b)", r"$2${n}$1\$$").as_deref(), Some("bba$$"));
        assert_eq!(replaced("ab", "a", "$1"), None, "Java throws when there is no such group");
    }

    #[test]
    fn what_an_expression_may_cost_is_known_before_it_is_used() {
        let weight = |expression: &str| Pattern::compile(expression).0.map(|it| it.weight);
        assert!(weight(r"\s+").unwrap() < weight("[ab]*a[ab]{200}").unwrap());
        assert_eq!(weight("(((a{100}){100}){100}){100}"), None);
        let near = |expression: &str| Pattern::compile(expression).0.unwrap().sees_near;
        assert!(near(",") && near(r"\s+") && near("[*+]") && near("a{2,3}|b") && near(r"\+"));
        assert!(!near(".*b|a") && !near("a(.*b)?") && !near("a{2,}|b") && !near("a*b"));
    }
}
