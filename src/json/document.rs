//! JSON or YAML text as a tree in which every key and value knows its place in the file.
//!
//! Never fails: what cannot be read is a [`SyntaxProblem`] beside whatever could be.

use std::sync::Arc;

use super::Value;

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
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The place of a byte offset; an offset past the end counts as the end.
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = text.get(self.starts[line]..offset).unwrap_or("");
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
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

/// Something that is not JSON or YAML, in words for the person who wrote the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    pub span: Span,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
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
