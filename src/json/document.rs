//! JSON or YAML text as a tree in which every key and value knows its place in the file.
//!
//! Never fails: what cannot be read is a [`SyntaxProblem`] beside whatever could be.

mod json_lexer;
mod json_text;
mod yaml_text;

use std::path::Path;
use std::sync::Arc;

use super::{Object, Value};

/// Texts longer than this are refused. AWS takes definitions of at most 1 MB and templates of at most 1 MB; an OpenAPI file
/// may be longer, a file of 50 MB is something else.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Arrays and objects nested deeper than this are left out: two hundred Parallel states inside each other are eight hundred
/// levels of JSON.
pub const MAX_DEPTH: usize = 1024;

/// A tree holds no more nodes than this, so that a few lines of YAML aliases cannot stand for billions of values.
pub const MAX_NODES: usize = 1_000_000;

/// After this many problems only the count would be news.
const MAX_PROBLEMS: usize = 100;

/// A half-open range of bytes in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// A place as editors count it: both 1-based, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    pub line: usize,
    pub column: usize,
}

/// Finds lines by byte offset.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// Offsets of the first byte of each line; the first is 0.
    starts: Vec<usize>,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let breaks =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The place of a byte offset; an offset past the end counts as the end.
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        let offset = offset.min(text.len());
        let line = self.line(offset) - 1;
        let before = text.get(self.starts[line]..offset).unwrap_or("");
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The 1-based line of a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The byte range of a 1-based line, without its line break; `None` past the last.
    pub fn line_span(&self, text: &str, line: usize) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).map_or(text.len(), |next| next - 1);
        Some(Span { start, end: end.max(start) })
    }

    pub fn line_count(&self) -> usize {
        self.starts.len()
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    /// A YAML tag such as `!Ref`, without the exclamation mark.
    pub tag: Option<Arc<str>>,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Null, a boolean, a number or a string.
    Scalar(Value),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object. Duplicate keys stay side by side, so that they can be reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub name: Arc<str>,
    pub name_span: Span,
    pub value: Node,
}

impl Node {
    pub fn as_str(&self) -> Option<&str> {
        if let Content::Scalar(value) = &self.content { value.as_str() } else { None }
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let Content::Scalar(value) = &self.content { value.as_bool() } else { None }
    }

    /// A whole number.
    pub fn as_i64(&self) -> Option<i64> {
        if let Content::Scalar(value) = &self.content { value.as_i64() } else { None }
    }

    /// Any number.
    pub fn as_f64(&self) -> Option<f64> {
        if let Content::Scalar(value) = &self.content { value.as_f64() } else { None }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    pub fn as_array(&self) -> Option<&[Self]> {
        if let Content::Array(items) = &self.content { Some(items) } else { None }
    }

    /// The members of an object as they stand in the file, duplicates included.
    pub fn as_object(&self) -> Option<&[Member]> {
        if let Content::Object(members) = &self.content { Some(members) } else { None }
    }

    /// The member of an object; of duplicates the last, as JSON readers do.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.as_object()?.iter().rfind(|member| &*member.name == name)
    }

    /// The value of a member of an object; of duplicates the last.
    pub fn get(&self, name: &str) -> Option<&Self> {
        Some(&self.member(name)?.value)
    }

    /// The item of an array.
    pub fn at(&self, index: usize) -> Option<&Self> {
        self.as_array()?.get(index)
    }

    /// The YAML tag, without its exclamation mark: `Ref`, `Sub`, `GetAtt`.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The value without places and tags; of duplicate members the last remains.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Array(items) => Value::array(items.iter().map(Self::to_value)),
            Content::Object(members) => {
                let mut object = Object::with_capacity(members.len());
                object.extend(
                    members
                        .iter()
                        .map(|member| (Arc::clone(&member.name), member.value.to_value())),
                );
                Value::from(object)
            }
        }
    }

    /// The JSON Schema name of the type.
    pub fn type_name(&self) -> &'static str {
        match &self.content {
            Content::Scalar(value) => value.type_name(),
            Content::Array(_) => "array",
            Content::Object(_) => "object",
        }
    }
}

/// Something that is not JSON or YAML, in words for the person who wrote the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    pub span: Span,
    pub message: String,
    pub kind: SyntaxProblemKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxProblemKind {
    /// The text is damaged; something may be missing from the tree.
    Broken,
    /// JSON does not allow it, but the meaning is clear and many tools take it: comments, trailing commas.
    Relaxed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
}

impl Format {
    /// The format of a file: by its name, unless the text plainly is the other one.
    pub fn of_path(path: &Path, text: &str) -> Self {
        let extension =
            path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        let body = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        match extension.as_str() {
            "yaml" | "yml" => {
                let quoted_key =
                    body.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
                if quoted_key { Self::Json } else { Self::Yaml }
            }
            "json" | "json5" | "jsonc" | "asl" => {
                if starts_like_json(body) || !starts_like_yaml(body) {
                    Self::Json
                } else {
                    Self::Yaml
                }
            }
            _ => Self::sniff(text),
        }
    }

    /// The format of a text whose name is not known.
    pub fn sniff(text: &str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
        if starts_like_json(body) || !starts_like_yaml(body) { Self::Json } else { Self::Yaml }
    }
}

fn starts_like_json(body: &str) -> bool {
    body.is_empty() || body.starts_with(['{', '[', '"', '/'])
}

/// Whether the first line that says something is `key:`, `- item` or a marker.
fn starts_like_yaml(body: &str) -> bool {
    let first = body.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        line == "---"
            || line.starts_with("- ")
            || line.starts_with('%')
            || line.split_once(':').is_some_and(|(key, rest)| {
                !key.contains(['"', '{', '}', ',']) && (rest.is_empty() || rest.starts_with(' '))
            })
    })
}

/// A parsed text.
#[derive(Clone, Debug)]
pub struct Document {
    pub text: Arc<str>,
    pub format: Format,
    pub root: Option<Node>,
    pub problems: Vec<SyntaxProblem>,
    pub lines: LineIndex,
}

impl Document {
    /// Reads a text. Never fails: what cannot be read is a problem beside whatever could be.
    pub fn parse(text: &str, format: Format) -> Self {
        let mut problems = Problems::default();
        let root = if text.len() > MAX_BYTES {
            problems.add(
                Span { start: 0, end: 0 },
                SyntaxProblemKind::Broken,
                format!(
                    "This file has {} MB; files of up to {} MB are read. AWS takes definitions of up to 1 MB.",
                    text.len() / (1024 * 1024),
                    MAX_BYTES / (1024 * 1024)
                ),
            );
            None
        } else {
            match format {
                Format::Json => json_text::parse(text, &mut problems),
                Format::Yaml => yaml_text::parse(text, &mut problems),
            }
        };
        Self {
            text: text.into(),
            format,
            root,
            problems: problems.list,
            lines: LineIndex::new(text),
        }
    }

    /// Where a byte offset is, for people.
    pub fn place(&self, offset: usize) -> LineColumn {
        self.lines.line_column(&self.text, offset)
    }

    /// The text of a span; empty when the span is not of this document.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }
}

/// Collects problems up to [`MAX_PROBLEMS`].
#[derive(Debug, Default)]
struct Problems {
    list: Vec<SyntaxProblem>,
}

impl Problems {
    fn add(&mut self, span: Span, kind: SyntaxProblemKind, message: impl Into<String>) {
        if self.list.len() < MAX_PROBLEMS {
            self.list.push(SyntaxProblem { span, message: message.into(), kind });
        }
    }

    fn broken(&mut self, span: Span, message: impl Into<String>) {
        self.add(span, SyntaxProblemKind::Broken, message);
    }

    fn relaxed(&mut self, span: Span, message: impl Into<String>) {
        self.add(span, SyntaxProblemKind::Relaxed, message);
    }
}

#[cfg(test)]
mod tests;
