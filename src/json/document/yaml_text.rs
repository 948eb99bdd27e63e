//! YAML text to a tree: anchors, aliases and merge keys are resolved, tags are kept.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, Tag};

use super::{Content, MAX_DEPTH, MAX_NODES, Member, Node, Problems, Span};
use crate::json::{Number, Value};

/// What is put before a continuation line that stands too far left; deeper than any block that it may be in.
const INDENTATION: &str = "                                                                                                    ";
/// Bytes that may be read again because of such lines.
const MAX_READ_AGAIN: usize = 32 * 1024 * 1024;

/// The specification wants the further lines of a quoted text to stand right of the key; the libraries behind `CloudFormation` and
/// most tools do not mind. So such a line is moved to the right and the text read again: white space there means nothing.
pub(super) fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    let known_problems = problems.list.len();
    let mut moved = Moved { text: text.into(), places: Vec::new() };
    let mut read = 0;
    loop {
        read += moved.text.len();
        match parse_moved(text, &moved, read <= MAX_READ_AGAIN, problems) {
            Ok(root) => return root,
            Err(TooFarLeft { at }) => {
                problems.list.truncate(known_problems);
                moved.text.to_mut().insert_str(at, INDENTATION);
                moved.places.push(at);
            }
        }
    }
}

/// A text with lines that were moved to the right.
struct Moved<'a> {
    text: Cow<'a, str>,
    /// Where white space was put in, each in the text with those before it; ascending.
    places: Vec<usize>,
}

impl Moved<'_> {
    /// The place in the text as it was.
    fn original(&self, at: usize) -> usize {
        let before = self.places.partition_point(|place| *place < at);
        match before.checked_sub(1).and_then(|last| self.places.get(last)) {
            // Within the white space that was put in.
            Some(last) if at < last + INDENTATION.len() => last - (before - 1) * INDENTATION.len(),
            Some(_) | None => at - before * INDENTATION.len(),
        }
    }
}

/// A line of a quoted text that has to be moved to the right, from there on.
struct TooFarLeft {
    at: usize,
}

fn parse_moved(
    original: &str,
    moved: &Moved<'_>,
    may_move: bool,
    problems: &mut Problems,
) -> Result<Option<Node>, TooFarLeft> {
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    let mut builder = Builder {
        text: original,
        moved,
        problems,
        root: None,
        frames: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
    };
    let text: &str = &moved.text;
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((Event::DocumentStart(..), span)) if builder.root.is_some() => {
                let span = builder.span(&span);
                builder.problems.relaxed(span, "Only the first YAML document of a file is read");
                break;
            }
            Ok((event, span)) => {
                if !builder.event(event, &span) {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                let is_later = moved.places.last().is_none_or(|last| *last < at);
                if *error.kind() == ErrorKind::InvalidQuotedScalarIndent
                    && is_later
                    && may_move
                    && text.is_char_boundary(at)
                {
                    return Err(TooFarLeft { at });
                }
                let at = moved.original(at);
                builder.problems.broken(
                    Span { start: at, end: at },
                    format!("This is not YAML: {}", error.info()),
                );
                break;
            }
        }
    }
    Ok(builder.finish())
}

/// A node with what it costs to copy.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

struct Builder<'a, 'p> {
    /// As it was given; all places are in it.
    text: &'a str,
    moved: &'a Moved<'a>,
    problems: &'p mut Problems,
    root: Option<Node>,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    /// All nodes made so far, copies too.
    nodes: usize,
}

/// A collection that is still open.
struct Frame {
    span: Span,
    /// A block collection ends with its last item, a flow collection with its bracket.
    block: bool,
    anchor: usize,
    tag: Option<Arc<str>>,
    items: Items,
}

enum Items {
    Array(Vec<Node>),
    Object { members: Vec<Member>, key: Option<Key>, merges: Vec<Node> },
}

struct Key {
    name: Arc<str>,
    span: Span,
    merge: bool,
}

impl Builder<'_, '_> {
    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let end = range.end.min(self.moved.text.len());
        let start = self.moved.original(range.start.min(end));
        Span { start, end: self.moved.original(end) }
    }

    /// Takes one event; `false` stops the reading.
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> bool {
        let span = self.span(place);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(span, style, anchor, tag.as_deref(), Items::Array(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => {
                let items = Items::Object { members: Vec::new(), key: None, merges: Vec::new() };
                self.open(span, style, anchor, tag.as_deref(), items)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(Some(span));
                true
            }
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                self.problems
                    .broken(span, format!("There is no anchor '&{name}' before this alias"));
                self.add(Node { span, tag: None, content: Content::Scalar(Value::Null) }, None);
                true
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..)
            | _ => true,
        }
    }

    fn afford(&mut self, nodes: usize, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message = format!(
                "With its aliases this file has more than {MAX_NODES} values; the rest is left out"
            );
            self.problems.broken(span, message);
        }
        self.nodes <= MAX_NODES
    }

    fn open(
        &mut self,
        span: Span,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        items: Items,
    ) -> bool {
        if self.frames.len() >= MAX_DEPTH {
            self.problems.broken(
                span,
                format!("Nested deeper than {MAX_DEPTH} levels; the rest is left out"),
            );
            return false;
        }
        if !self.afford(1, span) {
            return false;
        }
        self.frames.push(Frame {
            span,
            block: style == StructureStyle::Block,
            anchor,
            tag: tag_name(tag),
            items,
        });
        true
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> bool {
        if !self.afford(1, span) {
            return false;
        }
        let value = match tag.and_then(Tag::core_suffix) {
            Some("str") => Value::from(text),
            Some(_) => plain_value(text),
            None if tag.is_none() && style == ScalarStyle::Plain => plain_value(text),
            None => Value::from(text),
        };
        let node = Node { span, tag: tag_name(tag), content: Content::Scalar(value) };
        self.remember(anchor, &node, span);
        let merge = style == ScalarStyle::Plain && text == "<<";
        self.add(node, Some((text.into(), merge)));
        true
    }

    fn alias(&mut self, id: usize, span: Span) -> bool {
        let Some(anchored) = self.anchors.get(&id) else {
            self.problems.broken(span, "This alias stands inside the value that it refers to");
            self.add(Node { span, tag: None, content: Content::Scalar(Value::Null) }, None);
            return true;
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        if self.frames.len() + height > MAX_DEPTH {
            self.problems.broken(
                span,
                format!("This alias nests deeper than {MAX_DEPTH} levels; the rest is left out"),
            );
            return false;
        }
        if !self.afford(nodes, span) {
            return false;
        }
        let node = self
            .anchors
            .get(&id)
            .map(|anchored| anchored.node.clone())
            .expect("the anchor was found above");
        let name = scalar_text(&node).map(|text| (text, false));
        self.add(node, name);
        true
    }

    /// Keeps an anchored node for its aliases.
    fn remember(&mut self, anchor: usize, node: &Node, span: Span) {
        if anchor == 0 {
            return;
        }
        let (nodes, height) = measure(node);
        if self.afford(nodes, span) {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, height });
        }
    }

    /// Puts a finished node where it belongs. `name` is how it reads as a key, and whether it is the merge key.
    fn add(&mut self, node: Node, name: Option<(Arc<str>, bool)>) {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        if frame.block {
            frame.span.end = frame.span.end.max(node.span.end);
        }
        match &mut frame.items {
            Items::Array(items) => items.push(node),
            Items::Object { members, key, merges } => match key.take() {
                Some(Key { merge: true, .. }) => merges.push(node),
                Some(Key { name, span, merge: false }) => {
                    members.push(Member { name, name_span: span, value: node });
                }
                None => {
                    let (name, merge) = name.unwrap_or_else(|| {
                        self.problems.broken(node.span, "A key must be a plain text");
                        (as_written(self.text, node.span), false)
                    });
                    *key = Some(Key { name, span: node.span, merge });
                }
            },
        }
    }

    fn close(&mut self, end: Option<Span>) {
        let Some(frame) = self.frames.pop() else { return };
        let mut span = frame.span;
        if let (false, Some(end)) = (frame.block, end) {
            span.end = span.end.max(end.end);
        }
        let content = match frame.items {
            Items::Array(items) => Content::Array(items),
            Items::Object { mut members, merges, .. } => {
                if !merges.is_empty() {
                    let mut names = members.iter().map(|it| Arc::clone(&it.name)).collect();
                    for merge in merges {
                        self.merge(&mut members, &mut names, merge);
                    }
                }
                Content::Object(members)
            }
        };
        let node = Node { span, tag: frame.tag, content };
        self.remember(frame.anchor, &node, span);
        self.add(node, None);
    }

    /// `<<`: members of the merged objects that the object does not have itself.
    fn merge(&mut self, members: &mut Vec<Member>, names: &mut BTreeSet<Arc<str>>, merged: Node) {
        match merged.content {
            Content::Object(others) => {
                members.extend(others.into_iter().filter(|it| names.insert(Arc::clone(&it.name))));
            }
            Content::Array(items) => {
                for item in items {
                    if matches!(item.content, Content::Object(_)) {
                        self.merge(members, names, item);
                    }
                }
            }
            Content::Scalar(_) => {
                self.problems.broken(merged.span, "'<<' takes an object or a list of objects");
            }
        }
    }

    /// Closes what a mistake left open.
    fn finish(mut self) -> Option<Node> {
        while !self.frames.is_empty() {
            self.close(None);
        }
        if self.root.is_none() && self.problems.list.is_empty() {
            self.problems.broken(Span { start: 0, end: self.text.len() }, "The file is empty");
        }
        self.root
    }
}

/// `Ref` of `!Ref`; the tags of YAML's own schema only say how to read a scalar.
fn tag_name(tag: Option<&Tag>) -> Option<Arc<str>> {
    let tag = tag.filter(|tag| tag.core_suffix().is_none())?;
    Some(tag.original().trim_start_matches('!').into())
}

/// A collection that stands where a key belongs, by the head of its text: keys within keys must not grow with every level.
fn as_written(text: &str, span: Span) -> Arc<str> {
    const HEAD: usize = 80;
    text.get(span.start..span.end).unwrap_or_default().chars().take(HEAD).collect::<String>().into()
}

fn scalar_text(node: &Node) -> Option<Arc<str>> {
    match &node.content {
        Content::Scalar(Value::String(text)) => Some(Arc::clone(text)),
        Content::Scalar(value) => Some(value.to_string().into()),
        Content::Array(_) | Content::Object(_) => None,
    }
}

/// How many nodes a tree has, and how many levels.
fn measure(node: &Node) -> (usize, usize) {
    let of = |parts: &mut dyn Iterator<Item = &Node>| {
        parts
            .map(measure)
            .fold((1, 1), |(nodes, height), part| (nodes + part.0, height.max(part.1 + 1)))
    };
    match &node.content {
        Content::Scalar(_) => (1, 1),
        Content::Array(items) => of(&mut items.iter()),
        Content::Object(members) => of(&mut members.iter().map(|member| &member.value)),
    }
}

/// A plain scalar by YAML 1.2's core schema, except that digits with a leading zero stay a text: they are account numbers.
fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Value::from(text);
    }
    if let Some(int) = radix(digits, "0x", 16).or_else(|| radix(digits, "0o", 8)) {
        return Value::Number(Number::Int(int));
    }
    let leading_zero =
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    let numeric = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if leading_zero || !numeric {
        return Value::from(text);
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Ok(int) = unsigned.parse::<i64>() {
        return Value::Number(Number::Int(int));
    }
    match unsigned.parse::<f64>() {
        Ok(float) if float.is_finite() => Value::Number(Number::Float(float)),
        Ok(_) | Err(_) => Value::from(text),
    }
}

fn radix(digits: &str, prefix: &str, radix: u32) -> Option<i64> {
    i64::from_str_radix(digits.strip_prefix(prefix)?, radix).ok()
}
