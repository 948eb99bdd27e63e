//! Secrets in free text: by their shape, in URLs, and after a name, in JSON that is cut off or stands in prose too.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{holds_named_credentials, names_a_secret};

/// Keys of AWS, Google and Stripe, JSON web tokens, private keys, tokens of GitHub and Slack. Of a bearer token and of a URL's
/// password only the group is the secret.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?x)
        \b(?:AKIA|ASIA)[A-Z0-9]{12,}
        | \b(?i:bearer)\s+(?P<bearer>[A-Za-z0-9+/._~=-]{8,})
        | \b(?i:basic)\s+(?P<basic>[A-Za-z0-9+/]{8,}={0,2})
        | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
        | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----(?s:.*?)(?:-----END\ [A-Z\ ]*PRIVATE\ KEY-----|\z)
        | \bgh[pousr]_[A-Za-z0-9]{16,}
        | \bgithub_pat_[A-Za-z0-9_]{16,}
        | \bxox[a-z]-[A-Za-z0-9-]{10,}
        | \b[sr]k_(?:live|test)_[A-Za-z0-9]{8,}
        | \bAIza[A-Za-z0-9_-]{20,}
        | \b[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:\x22']*:(?P<url>[^\s/\x22']+)@",
    )
});

/// `"name":`, at any depth of escaping.
static MEMBER: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"["'](?P<name>[A-Za-z0-9_.$ -]{1,80})\\*["']\s*:\s*"#));

/// `"Name":"…","Value":`.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)["'](?:name|key)\\*["']\s*:\s*\\*["'](?P<name>[A-Za-z0-9_. -]{1,80})\\*["']\s*,\s*\\*["']value\\*["']\s*:\s*"#,
    )
});

/// `name=` and `name:` outside of quotes.
static ASSIGNED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<sign>\s?:?=\s?|\s?:\s*)"));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a literal that the tests compile")
}

/// Where secrets stand in a text, in order and apart. In an expression only what is certainly a literal is one.
pub(super) fn secrets_in(text: &str, is_expression: bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for shape in SHAPES.captures_iter(text) {
        let group = ["bearer", "basic", "url"].into_iter().find_map(|it| shape.name(it));
        let basic = shape.name("basic").is_none_or(|it| is_basic(it.as_str()));
        found.extend(group.or_else(|| shape.get(0)).filter(|_| basic).map(|it| it.range()));
    }
    for pattern in [&MEMBER, &PAIR] {
        // What stands in a secret is a secret already, and looking to its end for each would take the square of its length.
        let mut covered = 0;
        for member in pattern.captures_iter(text) {
            let (Some(whole), Some(name)) = (member.get(0), member.name("name")) else { continue };
            if whole.end() >= covered && names_a_secret(name.as_str()) {
                let value = member_value(text, whole.end(), name.as_str(), is_expression);
                covered = value.as_ref().map_or(covered, |it| it.end);
                found.extend(value);
            }
        }
    }
    let (mut covered, mut ends) = (0, Ends::default());
    for assigned in ASSIGNED.captures_iter(text) {
        let (Some(name), Some(sign)) = (assigned.name("name"), assigned.name("sign")) else {
            continue;
        };
        if sign.end() >= covered && names_a_secret(name.as_str()) {
            let (name, sign) = (name.range(), sign.range());
            let value = assigned_value(text, name, sign, is_expression, &mut ends);
            covered = value.as_ref().map_or(covered, |it| it.end);
            found.extend(value);
        }
    }
    found.retain(|it| !is_placeholder(text.get(it.clone()).unwrap_or_default()));
    found.sort_by_key(|it| (it.start, it.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            Some(_) | None => apart.push(range),
        }
    }
    apart
}

/// `(redacted 3)`.
pub(super) fn is_placeholder(text: &str) -> bool {
    placeholder_at(text).is_some_and(|(_, length)| length == text.len())
}

/// The number of a placeholder that a text begins with, and its length.
pub(super) fn placeholder_at(text: &str) -> Option<(usize, usize)> {
    let digits = text.strip_prefix(super::PLACEHOLDER)?.split(')').next()?;
    let number = digits.parse().ok()?;
    let length = super::PLACEHOLDER.len() + digits.len() + 1;
    (text.len() >= length).then_some((number, length))
}

/// `user:password` in Base64; "basic validation" is none.
fn is_basic(text: &str) -> bool {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(text);
    decoded.is_ok_and(|it| it.contains(&b':'))
}

/// The value of a member of JSON, or of an object of JSONata, from its place on.
fn member_value(text: &str, at: usize, name: &str, is_expression: bool) -> Option<Range<usize>> {
    if let Some((value, _)) = quoted(text, at) {
        return Some(value).filter(|it| !it.is_empty());
    }
    if is_expression {
        return None;
    }
    let rest = text.get(at..)?;
    match rest.chars().next()? {
        '{' if holds_named_credentials(name) => None,
        '{' | '[' => {
            let mut depth = 0_usize;
            for (offset, byte) in rest.bytes().enumerate() {
                match byte {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    // What is inside, so that the brackets still fit.
                    return Some(at + 1..at + offset).filter(|it| !it.is_empty());
                }
            }
            Some(at + 1..text.len()).filter(|it| !it.is_empty())
        }
        _ => {
            let end = rest.find(|it: char| it.is_whitespace() || ",}]\"'\\".contains(it));
            let value = rest.get(..end.unwrap_or(rest.len()))?;
            let is_secret = !["", "true", "false", "null"].contains(&value);
            is_secret.then(|| at..at + value.len())
        }
    }
}

/// What stands between quotes that begin here, escaped or not, and whether the text has their end.
fn quoted(text: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let bytes = text.as_bytes();
    let escapes = bytes.get(at..)?.iter().take_while(|it| **it == b'\\').count();
    let quote = *bytes.get(at + escapes).filter(|it| matches!(it, b'"' | b'\''))?;
    let start = at + escapes + 1;
    let mut run = 0_usize;
    for (offset, byte) in bytes.get(start..)?.iter().enumerate() {
        if *byte == b'\\' {
            run += 1;
            continue;
        }
        // The same depth of escaping ends it, a lesser one ends the text around it; a greater one is part of the value.
        let ends = run < escapes || (run - escapes).is_multiple_of(2 * (escapes + 1));
        if *byte == quote && ends {
            return Some((start..start + offset - run.min(escapes), true));
        }
        run = 0;
    }
    Some((start..text.len(), false))
}

/// Where the word and the line end that were looked at last: from anywhere within, they end there too.
#[derive(Default)]
struct Ends {
    word: Range<usize>,
    line: Range<usize>,
}

impl Ends {
    fn of_word(&mut self, text: &str, at: usize) -> usize {
        let ends = |it: char| it.is_whitespace() || "&;,\"'<>)}]\\`".contains(it);
        end_of(&mut self.word, text, at, ends)
    }

    fn of_line(&mut self, text: &str, at: usize) -> usize {
        end_of(&mut self.line, text, at, |it| matches!(it, '\n' | '\r' | '"' | '\\'))
    }
}

fn end_of(last: &mut Range<usize>, text: &str, at: usize, ends: impl Fn(char) -> bool) -> usize {
    if !last.contains(&at) {
        let rest = text.get(at..).unwrap_or_default();
        *last = at..at + rest.find(ends).unwrap_or(rest.len());
    }
    last.end
}

/// What follows `name=` or `name:`.
fn assigned_value(
    text: &str,
    name: Range<usize>,
    sign: Range<usize>,
    is_expression: bool,
    ends: &mut Ends,
) -> Option<Range<usize>> {
    let before = text.get(..name.start)?.chars().next_back();
    let sign_text = text.get(sign.clone())?;
    let is_header = !sign_text.contains('=');
    // Parts of an ARN are no headers, and variables of an expression no parameters.
    if is_header && matches!(before, Some(':' | '/' | '$' | '.')) {
        return None;
    }
    if let Some((value, is_closed)) = quoted(text, sign.end) {
        // `'token=' & $token`: there the quote ends a literal.
        let is_literal = !is_expression || (is_closed && sign_text.ends_with(char::is_whitespace));
        return Some(value).filter(|it| !it.is_empty() && is_literal);
    }
    let start = sign.end;
    let mut end = ends.of_word(text, start);
    let plain = text.get(name)?.to_ascii_lowercase();
    if is_header && plain.ends_with("cookie") {
        end = ends.of_line(text, start);
    } else if is_header {
        let schemes = ["bearer", "basic", "token", "digest", "negotiate", "apikey"];
        let first = text.get(start..end)?;
        let is_scheme = schemes.iter().any(|it| first.eq_ignore_ascii_case(it));
        if is_scheme && text.get(end..)?.starts_with(' ') {
            end = ends.of_word(text, end + 1);
        }
    }
    let value = text.get(start..end)?;
    // In prose an ordinary word may follow: "Invalid token: expired".
    let certain = looks_made_up(value) && (!is_expression || !matches!(before, Some('$' | '.')));
    let is_secret = if is_header || is_expression { certain } else { !is_variable(value) };
    (is_secret && !value.is_empty()).then_some(start..end)
}

/// `{}`, `${NAME}`, `***`: what stands for a value.
fn is_variable(value: &str) -> bool {
    ["{", "=", "${"].iter().any(|it| value.starts_with(it)) || value.chars().all(|it| it == '*')
}

/// A word that no language has.
pub(super) fn looks_made_up(value: &str) -> bool {
    const LONG: usize = 20;
    value.chars().any(char::is_alphanumeric)
        && (value.len() >= LONG || value.chars().any(|it| it.is_ascii_digit()))
}
