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
    let root = reader.tree();
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

/// A container that is still open. They stand on a stack of our own: the thread's may be small.
struct Frame {
    open: Span,
    /// Where what was read of it ends.
    end: usize,
    items: Items,
    next: Next,
}

enum Items {
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// What follows in a container.
enum Next {
    /// An item, or its end.
    Any,
    /// What stands between two items.
    Separator,
    /// The value of an item.
    Item,
    /// The value under a name.
    Member(Arc<str>, Span),
    /// A value that has no name, read only to get past it.
    Unnamed,
    /// A value behind a directive, which is passed over.
    PassedOver,
}

/// What there is where a value is wanted.
enum Read {
    Opened(Frame),
    /// `None` when there is none; what stands there instead is left for the container.
    Value(Option<Node>),
}

/// What a container needs to be gone on with.
enum Step {
    Again,
    Value,
    /// It ends there.
    Ended(usize),
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

    /// The value at the top, with all that is in it.
    fn tree(&mut self) -> Option<Node> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut read = self.value(0);
        loop {
            match read {
                Read::Opened(frame) => frames.push(frame),
                Read::Value(value) => match frames.last_mut() {
                    Some(frame) => self.put(frame, value),
                    None => return value,
                },
            }
            let depth = frames.len();
            let frame = frames.last_mut()?;
            read = match self.go_on(frame) {
                Some(end) => Read::Value(frames.pop().map(|frame| self.closed(frame, end))),
                None => self.value(depth),
            };
        }
    }

    /// The beginning of a value, or all of it.
    fn value(&mut self, depth: usize) -> Read {
        let span = self.span();
        if self.nodes >= MAX_NODES && self.peek() != &Lexeme::End {
            self.problems.broken(
                span,
                format!("The file has more than {MAX_NODES} values; the rest is left out"),
            );
            self.lexer.finish();
            self.next = None;
            return Read::Value(None);
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
                return Read::Value(None);
            }
            Lexeme::End => return Read::Value(None),
        };
        self.take();
        self.nodes += 1;
        Read::Value(Some(Node { span, tag: None, content: Content::Scalar(scalar) }))
    }

    fn container(&mut self, bracket: Bracket, depth: usize) -> Read {
        let (open, _) = self.take();
        self.nodes += 1;
        if depth >= MAX_DEPTH {
            self.problems.broken(
                open,
                format!("Nested deeper than {MAX_DEPTH} levels; what is inside is left out"),
            );
            self.skip_balanced();
            return Read::Value(None);
        }
        let items = match bracket {
            Bracket::Object => {
                self.open_objects += 1;
                Items::Object(Vec::new())
            }
            Bracket::Array => {
                self.open_arrays += 1;
                Items::Array(Vec::new())
            }
        };
        Read::Opened(Frame { open, end: open.end, items, next: Next::Any })
    }

    fn closed(&mut self, frame: Frame, end: usize) -> Node {
        let content = match frame.items {
            Items::Object(members) => {
                self.open_objects -= 1;
                Content::Object(members)
            }
            Items::Array(items) => {
                self.open_arrays -= 1;
                Content::Array(items)
            }
        };
        Node { span: Span { start: frame.open.start, end }, tag: None, content }
    }

    /// Puts a value where it was wanted.
    fn put(&mut self, frame: &mut Frame, value: Option<Node>) {
        let wanted = std::mem::replace(&mut frame.next, Next::Any);
        let is_there = value.is_some();
        if let (Some(value), Next::Item | Next::Member(..) | Next::Unnamed) = (&value, &wanted) {
            frame.end = value.span.end;
        }
        match (wanted, &mut frame.items, value) {
            (Next::Item, Items::Array(items), value) => {
                items.extend(value);
                frame.next = Next::Separator;
            }
            (Next::Member(name, name_span), Items::Object(members), Some(value)) => {
                members.push(Member { name, name_span, value });
                frame.next = Next::Separator;
            }
            (Next::PassedOver, _, _) => frame.next = Next::Separator,
            (wanted, _, _) => {
                let is_unnamed = matches!(wanted, Next::Unnamed);
                if (is_unnamed || !is_there) && self.peek() == &Lexeme::Comma {
                    self.take();
                }
            }
        }
    }

    /// Goes on in a container until it needs a value, or to its end.
    fn go_on(&mut self, frame: &mut Frame) -> Option<usize> {
        loop {
            let step = match (&frame.next, &frame.items) {
                (Next::Separator, _) => self.separator(frame),
                (_, Items::Array(_)) => self.array(frame),
                (_, Items::Object(_)) => self.object(frame),
            };
            match step {
                Step::Again => {}
                Step::Value => return None,
                Step::Ended(end) => return Some(end),
            }
        }
    }

    fn object(&mut self, frame: &mut Frame) -> Step {
        let span = self.span();
        match self.peek().clone() {
            Lexeme::Close(bracket) => {
                let end = self.close(Bracket::Object, bracket, span, frame.end);
                end.map_or(Step::Again, Step::Ended)
            }
            Lexeme::End => {
                self.cut_off(frame.open, "object");
                Step::Ended(frame.end)
            }
            Lexeme::String(name) | Lexeme::Word(name) | Lexeme::Placeholder(name) => {
                let quoted = matches!(self.peek(), Lexeme::String(_));
                let placeholder = matches!(self.peek(), Lexeme::Placeholder(_));
                self.take();
                frame.end = span.end;
                if placeholder && self.peek() != &Lexeme::Colon {
                    // Whole members may come from a template; nothing is known about them here.
                    if self.peek() == &Lexeme::Comma {
                        self.take();
                    }
                    return Step::Again;
                }
                if !quoted && !placeholder {
                    self.problems.relaxed(span, "Names in JSON are written in double quotes");
                }
                self.member(frame, name, span)
            }
            Lexeme::Comma => {
                self.problems.broken(span, "There is a comma too many");
                self.take();
                Step::Again
            }
            Lexeme::Colon | Lexeme::Literal(_) | Lexeme::Open(_) => {
                self.problems.broken(span, "A name in double quotes is expected here");
                self.unnamed(frame)
            }
        }
    }

    fn unnamed(&mut self, frame: &mut Frame) -> Step {
        if self.peek() == &Lexeme::Colon {
            self.take();
        }
        match self.peek() {
            Lexeme::Open(_) | Lexeme::Literal(_) => {
                frame.next = Next::Unnamed;
                return Step::Value;
            }
            Lexeme::Comma => drop(self.take()),
            Lexeme::Close(_)
            | Lexeme::Colon
            | Lexeme::String(_)
            | Lexeme::Word(_)
            | Lexeme::Placeholder(_)
            | Lexeme::End => {}
        }
        Step::Again
    }

    /// What follows a name.
    fn member(&mut self, frame: &mut Frame, name: Arc<str>, name_span: Span) -> Step {
        if self.peek() == &Lexeme::Colon {
            self.take();
        } else if self.peek() != &Lexeme::End {
            let span = self.span();
            self.problems.broken(span, format!("A colon is expected after \"{}\"", shorten(&name)));
            if matches!(self.peek(), Lexeme::Comma | Lexeme::Close(_)) {
                if self.peek() == &Lexeme::Comma {
                    self.take();
                }
                return Step::Again;
            }
        }
        frame.next = Next::Member(name, name_span);
        Step::Value
    }

    fn array(&mut self, frame: &mut Frame) -> Step {
        let span = self.span();
        match self.peek().clone() {
            Lexeme::Close(bracket) => {
                let end = self.close(Bracket::Array, bracket, span, frame.end);
                end.map_or(Step::Again, Step::Ended)
            }
            Lexeme::End => {
                self.cut_off(frame.open, "array");
                Step::Ended(frame.end)
            }
            Lexeme::Comma => {
                self.problems.broken(span, "There is a comma too many");
                self.take();
                Step::Again
            }
            Lexeme::Colon => {
                self.problems.broken(span, "A colon cannot stand in an array");
                self.take();
                Step::Again
            }
            Lexeme::Open(_)
            | Lexeme::String(_)
            | Lexeme::Word(_)
            | Lexeme::Literal(_)
            | Lexeme::Placeholder(_) => {
                frame.next = Next::Item;
                Step::Value
            }
        }
    }

    /// The comma after a value, or what is wrong with it.
    fn separator(&mut self, frame: &mut Frame) -> Step {
        // Behind a directive stands the other choice, which is passed over.
        if matches!(self.peek(), Lexeme::Open(_) | Lexeme::Literal(_) | Lexeme::Word(_))
            && self.lexer.after_directive()
        {
            frame.next = Next::PassedOver;
            return Step::Value;
        }
        frame.next = Next::Any;
        let within = match &frame.items {
            Items::Array(_) => Bracket::Array,
            Items::Object(_) => Bracket::Object,
        };
        let (span, end) = (self.span(), frame.end);
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
        Step::Again
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
