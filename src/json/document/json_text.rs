//! JSON text to a tree. The lexer is a library's; the reader above it goes on after a mistake, so that a file that is cut off
//! or lacks a comma still shows everything that can be understood.

use std::sync::Arc;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::{Content, MAX_DEPTH, MAX_NODES, Member, Node, Problems, Span};
use crate::json::{Number, Value};

pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    // A byte order mark is what some Windows editors put first; it is not part of the JSON.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader {
        lexer: Lexer::new(text, start),
        problems,
        next: None,
        nodes: 0,
        open_arrays: 0,
        open_objects: 0,
    };
    if reader.peek() == &Lexeme::End {
        reader.problems.broken(Span { start: 0, end: text.len() }, "The file is empty");
        return None;
    }
    if matches!(reader.peek(), Lexeme::Word(_)) {
        let span = reader.span();
        let word = text.get(span.start..span.end).unwrap_or_default();
        reader
            .problems
            .broken(span, format!("This is not JSON: it begins with '{}'", shorten(word)));
        return None;
    }
    let root = reader.value(0);
    let rest = reader.span();
    match reader.peek() {
        Lexeme::End => {}
        Lexeme::Close(_)
        | Lexeme::Open(_)
        | Lexeme::Comma
        | Lexeme::Colon
        | Lexeme::String(_)
        | Lexeme::Word(_)
        | Lexeme::Literal(_)
        | Lexeme::Placeholder(_) => {
            reader.problems.broken(
                Span { start: rest.start, end: text.len() },
                "There is more text after the end of the JSON",
            );
        }
    }
    root
}

/// The first few characters of a text for a message.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 30 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(30).collect::<String>())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    Object,
    Array,
}

#[derive(Clone, Debug, PartialEq)]
enum Lexeme {
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
struct Lexer<'a> {
    text: &'a str,
    scanner: Scanner<'a>,
    /// Where the text of `scanner` begins in `text`.
    base: usize,
    /// Whether a `%{…}` of Terraform's templates, which is passed over, stood before the last token.
    after_directive: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, start: usize) -> Self {
        Self { text, scanner: Self::scanner(&text[start..]), base: start, after_directive: false }
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

    /// Goes on from another place. The scanner computes line and column of an error from the beginning of its text, so a fresh
    /// one also keeps a file full of mistakes from taking quadratic time.
    fn jump(&mut self, to: usize) {
        self.scanner = Self::scanner(&self.text[to..]);
        self.base = to;
    }

    fn next(&mut self, problems: &mut Problems) -> (Span, Lexeme) {
        self.after_directive = false;
        loop {
            let from = self.base + self.scanner.token_end();
            let rest = &self.text[from..];
            let start = from + (rest.len() - rest.trim_start().len());
            let here = &self.text[start..];
            if here.starts_with("%{") {
                self.jump(start + placeholder_length(here));
                self.after_directive = true;
                continue;
            }
            if here.starts_with("${") {
                let end = start + placeholder_length(here);
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
            Token::Comma => Lexeme::Comma,
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
            Token::CommentLine(_) | Token::CommentBlock(_) => Lexeme::Comma,
        }
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

/// How long the `${…}` at the start of a text is; braces and quoted texts inside it count.
fn placeholder_length(text: &str) -> usize {
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
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    // Never closed: only the opening counts, the rest is read as JSON.
    2
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

struct Reader<'a, 'p> {
    lexer: Lexer<'a>,
    problems: &'p mut Problems,
    next: Option<(Span, Lexeme)>,
    nodes: usize,
    /// Brackets not yet closed, so that a wrong one is blamed on the right container.
    open_arrays: usize,
    open_objects: usize,
}

impl Reader<'_, '_> {
    fn peeked(&mut self) -> &(Span, Lexeme) {
        let Self { lexer, problems, next, .. } = self;
        next.get_or_insert_with(|| lexer.next(problems))
    }

    fn peek(&mut self) -> &Lexeme {
        &self.peeked().1
    }

    fn span(&mut self) -> Span {
        self.peeked().0
    }

    fn take(&mut self) -> (Span, Lexeme) {
        match self.next.take() {
            Some(next) => next,
            None => self.lexer.next(self.problems),
        }
    }

    /// One value. `None` when there is none here; what stands there instead is left for the container.
    fn value(&mut self, depth: usize) -> Option<Node> {
        let span = self.span();
        if self.nodes >= MAX_NODES && self.peek() != &Lexeme::End {
            self.problems.broken(
                span,
                format!("The file has more than {MAX_NODES} values; the rest is left out"),
            );
            self.lexer.jump(self.lexer.text.len());
            self.next = None;
            return None;
        }
        let scalar = match self.peek().clone() {
            Lexeme::Open(bracket) => return self.container(bracket, depth),
            Lexeme::String(text) | Lexeme::Placeholder(text) => Value::String(text),
            Lexeme::Literal(value) => value,
            Lexeme::Word(word) => {
                self.problems.broken(
                    span,
                    format!("'{}' is not a JSON value; put texts in double quotes", shorten(&word)),
                );
                Value::String(word)
            }
            Lexeme::Comma | Lexeme::Colon | Lexeme::Close(_) => {
                self.problems.broken(span, "A value is missing here");
                return None;
            }
            Lexeme::End => return None,
        };
        self.take();
        self.nodes += 1;
        Some(Node { span, tag: None, content: Content::Scalar(scalar) })
    }

    fn container(&mut self, bracket: Bracket, depth: usize) -> Option<Node> {
        let (open, _) = self.take();
        self.nodes += 1;
        if depth >= MAX_DEPTH {
            self.problems.broken(
                open,
                format!("Nested deeper than {MAX_DEPTH} levels; what is inside is left out"),
            );
            self.skip_balanced();
            return None;
        }
        let (content, end) = match bracket {
            Bracket::Object => {
                self.open_objects += 1;
                let read = self.object(open, depth);
                self.open_objects -= 1;
                read
            }
            Bracket::Array => {
                self.open_arrays += 1;
                let read = self.array(open, depth);
                self.open_arrays -= 1;
                read
            }
        };
        Some(Node { span: Span { start: open.start, end }, tag: None, content })
    }

    fn object(&mut self, open: Span, depth: usize) -> (Content, usize) {
        let mut members: Vec<Member> = Vec::new();
        let mut end = open.end;
        loop {
            let span = self.span();
            match self.peek().clone() {
                Lexeme::Close(bracket) => {
                    if let Some(end) = self.close(Bracket::Object, bracket, span, end) {
                        return (Content::Object(members), end);
                    }
                }
                Lexeme::End => {
                    self.cut_off(open, "object");
                    return (Content::Object(members), end);
                }
                Lexeme::String(name) | Lexeme::Word(name) | Lexeme::Placeholder(name) => {
                    let quoted = matches!(self.peek(), Lexeme::String(_));
                    let placeholder = matches!(self.peek(), Lexeme::Placeholder(_));
                    self.take();
                    end = span.end;
                    if placeholder && self.peek() != &Lexeme::Colon {
                        // Whole members may come from a template; nothing is known about them here.
                        if self.peek() == &Lexeme::Comma {
                            self.take();
                        }
                        continue;
                    }
                    if !quoted && !placeholder {
                        self.problems.relaxed(span, "Names in JSON are written in double quotes");
                    }
                    end = self.member(&mut members, name, span, depth);
                }
                Lexeme::Comma => {
                    self.problems.broken(span, "There is a comma too many");
                    self.take();
                }
                Lexeme::Colon | Lexeme::Literal(_) | Lexeme::Open(_) => {
                    self.problems.broken(span, "A name in double quotes is expected here");
                    if let Some(dropped) = self.value_or_skip(depth) {
                        end = dropped.span.end;
                    }
                    if self.peek() == &Lexeme::Comma {
                        self.take();
                    }
                }
            }
        }
    }

    /// A value that has no name, read only to get past it.
    fn value_or_skip(&mut self, depth: usize) -> Option<Node> {
        if self.peek() == &Lexeme::Colon {
            self.take();
        }
        match self.peek() {
            Lexeme::Open(_) | Lexeme::Literal(_) => self.value(depth + 1),
            Lexeme::Close(_)
            | Lexeme::Comma
            | Lexeme::Colon
            | Lexeme::String(_)
            | Lexeme::Word(_)
            | Lexeme::Placeholder(_)
            | Lexeme::End => None,
        }
    }

    /// What follows a name. Gives the end of what was read.
    fn member(
        &mut self,
        members: &mut Vec<Member>,
        name: Arc<str>,
        name_span: Span,
        depth: usize,
    ) -> usize {
        if self.peek() == &Lexeme::Colon {
            self.take();
        } else if self.peek() != &Lexeme::End {
            let span = self.span();
            self.problems.broken(span, format!("A colon is expected after \"{}\"", shorten(&name)));
            if matches!(self.peek(), Lexeme::Comma | Lexeme::Close(_)) {
                if self.peek() == &Lexeme::Comma {
                    self.take();
                }
                return name_span.end;
            }
        }
        let Some(value) = self.value(depth + 1) else {
            if self.peek() == &Lexeme::Comma {
                self.take();
            }
            return name_span.end;
        };
        let end = value.span.end;
        members.push(Member { name, name_span, value });
        self.separator(Bracket::Object, end);
        end
    }

    fn array(&mut self, open: Span, depth: usize) -> (Content, usize) {
        let mut items = Vec::new();
        let mut end = open.end;
        loop {
            let span = self.span();
            match self.peek().clone() {
                Lexeme::Close(bracket) => {
                    if let Some(end) = self.close(Bracket::Array, bracket, span, end) {
                        return (Content::Array(items), end);
                    }
                }
                Lexeme::End => {
                    self.cut_off(open, "array");
                    return (Content::Array(items), end);
                }
                Lexeme::Comma => {
                    self.problems.broken(span, "There is a comma too many");
                    self.take();
                }
                Lexeme::Colon => {
                    self.problems.broken(span, "A colon cannot stand in an array");
                    self.take();
                }
                Lexeme::Open(_)
                | Lexeme::String(_)
                | Lexeme::Word(_)
                | Lexeme::Literal(_)
                | Lexeme::Placeholder(_) => {
                    if let Some(item) = self.value(depth + 1) {
                        end = item.span.end;
                        items.push(item);
                    }
                    self.separator(Bracket::Array, end);
                }
            }
        }
    }

    /// The comma after a value, or what is wrong with it.
    fn separator(&mut self, within: Bracket, end: usize) {
        let span = self.span();
        match self.peek() {
            Lexeme::Comma => {
                self.take();
                if self.peek() == &Lexeme::Close(within) {
                    self.problems
                        .relaxed(span, "JSON has no comma after the last item; AWS refuses it");
                }
            }
            Lexeme::Close(_) | Lexeme::End | Lexeme::Placeholder(_) => {}
            Lexeme::Open(_)
            | Lexeme::Colon
            | Lexeme::String(_)
            | Lexeme::Word(_)
            | Lexeme::Literal(_) => {
                self.problems.broken(
                    Span { start: end, end: span.start.max(end) },
                    "A comma is missing here",
                );
            }
        }
    }

    /// At a closing bracket inside `within`. `Some(end)` when the container ends here.
    fn close(
        &mut self,
        within: Bracket,
        bracket: Bracket,
        span: Span,
        end: usize,
    ) -> Option<usize> {
        if within == bracket {
            self.take();
            return Some(span.end);
        }
        let outer = match bracket {
            Bracket::Object => self.open_objects,
            Bracket::Array => self.open_arrays,
        };
        let (expected, found) = match within {
            Bracket::Object => ('}', ']'),
            Bracket::Array => (']', '}'),
        };
        self.problems.broken(span, format!("'{expected}' is expected here, not '{found}'"));
        if outer > 0 {
            // It closes something further out, so this one ends without its bracket.
            return Some(end);
        }
        self.take();
        None
    }

    fn cut_off(&mut self, open: Span, what: &str) {
        // One report for all that is left open: the innermost, which is found first.
        let message = "The file ends before this ";
        if !self.problems.list.iter().any(|problem| problem.message.starts_with(message)) {
            self.problems.broken(open, format!("{message}{what} is closed"));
        }
    }

    /// Skips to the bracket that closes the one just taken.
    fn skip_balanced(&mut self) {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.take().1 {
                Lexeme::Open(_) => depth += 1,
                Lexeme::Close(_) => depth -= 1,
                Lexeme::End => return,
                Lexeme::Comma
                | Lexeme::Colon
                | Lexeme::String(_)
                | Lexeme::Word(_)
                | Lexeme::Literal(_)
                | Lexeme::Placeholder(_) => {}
            }
        }
    }
}
