//! JSON text to tokens, over a library's scanner. Gives a token for everything: unfinished strings, words, `${placeholders}`.

use std::sync::Arc;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::{Problems, Span};
use crate::json::{Number, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    Object,
    Array,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lexeme {
    Open(Bracket),
    Close(Bracket),
    Comma,
    Colon,
    String(Arc<str>),
    /// Something without quotes that is no literal.
    Word(Arc<str>),
    /// `true`, `false`, `null` or a number.
    Literal(Value),
    /// `${…}`: filled in by Terraform, CloudFormation or the Serverless Framework before AWS sees it.
    Placeholder(Arc<str>),
    End,
}

/// Gives tokens with their places, whatever the text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    /// Where the text of `scanner` begins in `text`.
    base: usize,
    /// Whether a `%{…}` of Terraform's templates, which is passed over, stood before the last token.
    after_directive: bool,
    /// How many placeholders had no end; each costs a look at all of the rest.
    endless_placeholders: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, start: usize) -> Self {
        Self {
            text,
            scanner: Self::scanner(&text[start..]),
            base: start,
            after_directive: false,
            endless_placeholders: 0,
        }
    }

    fn scanner(text: &'a str) -> Scanner<'a> {
        let options = ScannerOptions {
            allow_single_quoted_strings: true,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        Scanner::new(text, &options)
    }

    /// Whether a directive stood before the last token.
    pub(super) fn after_directive(&self) -> bool {
        self.after_directive
    }

    /// Gives no more tokens.
    pub(super) fn finish(&mut self) {
        self.jump(self.text.len());
    }

    /// Goes on from another place. The scanner computes line and column of an error from the beginning of its text, so a fresh
    /// one also keeps a file full of mistakes from taking quadratic time.
    fn jump(&mut self, to: usize) {
        self.scanner = Self::scanner(&self.text[to..]);
        self.base = to;
    }

    pub(super) fn next(&mut self, problems: &mut Problems) -> (Span, Lexeme) {
        self.after_directive = false;
        loop {
            let from = self.base + self.scanner.token_end();
            let rest = &self.text[from..];
            let start = from + (rest.len() - rest.trim_start().len());
            let here = &self.text[start..];
            if here.starts_with("%{") {
                let length = self.placeholder_length(here);
                self.jump(start + length);
                self.after_directive = true;
                continue;
            }
            if here.starts_with("${") {
                let end = start + self.placeholder_length(here);
                self.jump(end);
                return (Span { start, end }, Lexeme::Placeholder(self.text[start..end].into()));
            }
            let scanned = self.scanner.scan();
            let span = Span {
                start: self.base + self.scanner.token_start(),
                end: self.base + self.scanner.token_end(),
            };
            match scanned {
                Ok(None) => {
                    return (Span { start: self.text.len(), end: self.text.len() }, Lexeme::End);
                }
                Ok(Some(Token::CommentLine(_) | Token::CommentBlock(_))) => {
                    problems.relaxed(
                        span,
                        "JSON has no comments; AWS refuses a definition that has any",
                    );
                }
                Ok(Some(Token::String(_)))
                    if swallows_next_line(&self.text[span.start..span.end]) =>
                {
                    return self.unclosed_string(span.start, problems);
                }
                Ok(Some(token)) => return (span, self.lexeme(&token, span, problems)),
                Err(_) => {
                    if let Some(found) = self.recover(span.start, problems) {
                        return found;
                    }
                }
            }
        }
    }

    fn lexeme(&self, token: &Token<'_>, span: Span, problems: &mut Problems) -> Lexeme {
        match token {
            Token::OpenBrace => Lexeme::Open(Bracket::Object),
            Token::CloseBrace => Lexeme::Close(Bracket::Object),
            Token::OpenBracket => Lexeme::Open(Bracket::Array),
            Token::CloseBracket => Lexeme::Close(Bracket::Array),
            // Comments never come here; a comma in their place would be harmless.
            Token::Comma | Token::CommentLine(_) | Token::CommentBlock(_) => Lexeme::Comma,
            Token::Colon => Lexeme::Colon,
            Token::String(text) => {
                let raw = &self.text[span.start..span.end];
                if raw.starts_with('\'') {
                    problems.relaxed(span, "JSON strings are written in double quotes");
                } else if raw.bytes().any(|byte| byte < 0x20) {
                    problems.broken(span, "This string has a line break or a control character; write it as \\n or \\uXXXX");
                }
                Lexeme::String(text.as_ref().into())
            }
            Token::Word(word) => Lexeme::Word((*word).into()),
            Token::Boolean(truth) => Lexeme::Literal(Value::Bool(*truth)),
            Token::Null => Lexeme::Literal(Value::Null),
            Token::Number(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(int), _) => Lexeme::Literal(Value::Number(Number::Int(int))),
                (Err(_), Ok(float)) if float.is_finite() => {
                    Lexeme::Literal(Value::Number(Number::Float(float)))
                }
                (Err(_), Ok(_) | Err(_)) => {
                    problems.broken(span, "This number is out of range");
                    Lexeme::Literal(Value::Null)
                }
            },
        }
    }

    /// Of a placeholder without an end only the opening counts; the rest is read as JSON.
    fn placeholder_length(&mut self, text: &str) -> usize {
        if self.endless_placeholders < MAX_ENDLESS {
            if let Some(length) = placeholder_length(text) {
                return length;
            }
            self.endless_placeholders += 1;
        }
        2
    }

    /// A string without its closing quote: it ends with its line, and a comma there is most likely none of its own.
    fn unclosed_string(&mut self, start: usize, problems: &mut Problems) -> (Span, Lexeme) {
        let line = &self.text[start..];
        let line = line.lines().next().unwrap_or(line).trim_end();
        let line = line.strip_suffix(',').unwrap_or(line);
        let span = Span { start, end: start + line.len() };
        problems.broken(span, "This string has no closing quote");
        self.jump(span.end);
        (span, Lexeme::String(line[1..].into()))
    }

    /// After the scanner stopped at `start`: what to make of the text there. `None` when it was dropped.
    fn recover(&mut self, start: usize, problems: &mut Problems) -> Option<(Span, Lexeme)> {
        let here = &self.text[start..];
        if here.starts_with("/*") {
            let span = Span { start, end: self.text.len() };
            problems.broken(span, "This comment has no end");
            self.jump(span.end);
            return None;
        }
        if let Some(quote @ (b'"' | b'\'')) = here.bytes().next() {
            let Some(length) = string_length(here, quote) else {
                return Some(self.unclosed_string(start, problems));
            };
            let span = Span { start, end: start + length };
            problems.broken(span, "This string has an escape that JSON does not know; a backslash itself is written \\\\");
            self.jump(span.end);
            return Some((span, Lexeme::String(here[1..length - 1].into())));
        }
        // A run of anything up to what can only be punctuation.
        let length = here
            .find([' ', '\t', '\r', '\n', ',', ':', '{', '}', '[', ']', '"'])
            .unwrap_or(here.len());
        let length = length.max(here.chars().next().map_or(0, char::len_utf8));
        let span = Span { start, end: start + length };
        self.jump(span.end);
        Some((span, Lexeme::Word(here[..length].into())))
    }
}

/// So many placeholders without an end are looked at.
const MAX_ENDLESS: usize = 16;

/// How long the `${…}` at the start of a text is; braces and quoted texts inside it count.
fn placeholder_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The length of the quoted text at the start of `text`; `None` when it has no closing quote.
fn string_length(text: &str, quote: u8) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == quote {
            return Some(at + 1);
        }
    }
    None
}

/// Whether a string ends with the quote that opens the first string of a later line: then its own quote is missing.
fn swallows_next_line(raw: &str) -> bool {
    let content = &raw[..raw.len() - 1];
    content.rfind('\n').is_some_and(|line| content[line..].trim().is_empty())
}
