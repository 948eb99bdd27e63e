//! JSON tokens to a tree. The reader goes on after a mistake, so that a file that is cut off or lacks a comma still shows
//! everything that can be understood.

use std::sync::Arc;

use super::json_lexer::{Bracket, Lexeme, Lexer};
use super::{Content, MAX_DEPTH, MAX_NODES, Member, Node, Problems, Span};
use crate::json::Value;

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
            self.lexer.finish();
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
        self.separator(Bracket::Object, end, depth);
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
                    self.separator(Bracket::Array, end, depth);
                }
            }
        }
    }

    /// The comma after a value, or what is wrong with it.
    fn separator(&mut self, within: Bracket, end: usize, depth: usize) {
        // Behind a directive stands the other choice, which is passed over.
        while matches!(self.peek(), Lexeme::Open(_) | Lexeme::Literal(_) | Lexeme::Word(_))
            && self.lexer.after_directive()
        {
            self.value(depth + 1);
        }
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
