//! A text that was put together from pieces of a file, and the way back: from a place in the text to the place in the file.
//!
//! A definition stands in its file with placeholders, in a heredoc, or in a quoted string. It is read after everything was
//! filled in; what is found must point to where the user wrote it.

use std::sync::Arc;

use crate::json::document::{Content, Document, Format, LineIndex, Member, Node, Span};

/// A text and, piece by piece, where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SourceText {
    text: String,
    /// In order, without gaps: together they are the whole text.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    start: usize,
    len: usize,
    /// In the file. A piece of the same length was copied byte for byte; any other stands for the whole origin.
    origin: Span,
}

impl SourceText {
    /// A whole file.
    pub(super) fn of_file(text: &str) -> Self {
        let mut whole = Self::default();
        whole.push_copied(text, 0);
        whole
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds a text that stands in the file at `origin`, byte for byte.
    pub(super) fn push_copied(&mut self, text: &str, origin: usize) {
        self.push(text, Span { start: origin, end: origin + text.len() }, true);
    }

    /// Adds a text that stands for something else in the file.
    pub(super) fn push_filled(&mut self, text: &str, origin: Span) {
        self.push(text, origin, false);
    }

    fn push(&mut self, text: &str, origin: Span, copied: bool) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        if let Some(last) = self.pieces.last_mut()
            && copied
            && last.len == last.origin.end - last.origin.start
            && last.origin.end == origin.start
        {
            last.len += text.len();
            last.origin.end = origin.end;
            return;
        }
        // A filled text as long as what it stands for would be taken for a copy, which is only ever off within it.
        self.pieces.push(Piece { start, len: text.len(), origin });
    }

    /// Adds another text of the same file.
    pub(super) fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            let text = &other.text[piece.start..piece.start + piece.len];
            let copied = piece.len == piece.origin.end - piece.origin.start;
            self.push(text, piece.origin, copied);
        }
    }

    /// Adds what a string in the file means, where `raw` is how it is written at `origin`: quoted, escaped, indented.
    pub(super) fn push_decoded(&mut self, decoded: &str, raw: &str, origin: usize) {
        let mut at = first_line_in(decoded, raw);
        let bytes = raw.as_bytes();
        for (index, ch) in decoded.char_indices() {
            let text = &decoded[index..index + ch.len_utf8()];
            // White space, quotes and backslashes are all that writing adds to a string.
            while !raw[at..].starts_with(ch)
                && bytes
                    .get(at)
                    .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\''))
            {
                at += 1;
            }
            let written = if raw[at..].starts_with(ch) {
                ch.len_utf8()
            } else if bytes.get(at) == Some(&b'\\') {
                escape_len(&raw[at..])
            } else {
                0
            };
            let origin = Span { start: origin + at, end: origin + at + written };
            self.push(text, origin, written == ch.len_utf8());
            at += written;
        }
    }

    /// A part of this text, with its way back.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let mut part = Self::default();
        let first = self.pieces.partition_point(|piece| piece.start + piece.len <= range.start);
        for piece in &self.pieces[first..] {
            let (start, end) =
                (piece.start.max(range.start), (piece.start + piece.len).min(range.end));
            if start >= end {
                break;
            }
            let copied = piece.len == piece.origin.end - piece.origin.start;
            let from = if copied {
                piece.origin.start + (start - piece.start)
            } else {
                piece.origin.start
            };
            let origin =
                if copied { Span { start: from, end: from + (end - start) } } else { piece.origin };
            part.push(&self.text[start..end], origin, copied);
        }
        part
    }

    /// The same text with every `${name}` replaced by what `meaning` says; what it does not know stays as it is.
    pub(super) fn with_placeholders(
        &self,
        mut meaning: impl FnMut(&str) -> Option<String>,
    ) -> Self {
        let mut filled = Self::default();
        let mut rest = 0;
        while let Some((start, end)) = next_placeholder(&self.text, rest) {
            let name = self.text[start + 2..end - 1].trim().to_owned();
            match meaning(&name) {
                Some(text) => {
                    filled.append(&self.slice(rest..start));
                    let origin = Span {
                        start: self.origin_of(start).start,
                        end: self.origin_of(end - 1).end,
                    };
                    filled.push_filled(&text, origin);
                }
                None => filled.append(&self.slice(rest..end)),
            }
            rest = end;
        }
        filled.append(&self.slice(rest..self.text.len()));
        filled
    }

    /// Where one byte of the text comes from.
    fn origin_of(&self, at: usize) -> Span {
        let index = self.pieces.partition_point(|piece| piece.start + piece.len <= at);
        let Some(piece) = self.pieces.get(index) else {
            let end = self.pieces.last().map_or(0, |piece| piece.origin.end);
            return Span { start: end, end };
        };
        if piece.len == piece.origin.end - piece.origin.start {
            let start = piece.origin.start + (at - piece.start);
            Span { start, end: start + 1 }
        } else {
            piece.origin
        }
    }

    /// Where a part of the text comes from.
    pub(super) fn origin(&self, range: std::ops::Range<usize>) -> Span {
        self.span(Span { start: range.start, end: range.end })
    }

    fn span(&self, span: Span) -> Span {
        let start = self.origin_of(span.start).start;
        let end = if span.end > span.start { self.origin_of(span.end - 1).end } else { start };
        Span { start, end: end.max(start) }
    }

    /// Reads the text as JSON or YAML; every place in the result is one in `file`, the text of the whole file.
    ///
    /// A placeholder that is left where JSON wants a value is read as a string of its own, so that it stays visible and the
    /// rest is understood.
    pub(super) fn document(&self, file: &Arc<str>, format: Format) -> Document {
        let quoted;
        let text = match format {
            Format::Json => {
                quoted = self.with_bare_placeholders_quoted();
                &quoted
            }
            Format::Yaml => self,
        };
        let mut document = Document::parse(&text.text, format);
        if let Some(root) = &mut document.root {
            text.move_places(root);
        }
        for problem in &mut document.problems {
            problem.span = text.span(problem.span);
        }
        document.text = Arc::clone(file);
        document.lines = LineIndex::new(file);
        document
    }

    /// The tree is no deeper than [`crate::json::document::MAX_DEPTH`].
    fn move_places(&self, node: &mut Node) {
        node.span = self.span(node.span);
        match &mut node.content {
            Content::Scalar(_) => {}
            Content::Array(items) => items.iter_mut().for_each(|item| self.move_places(item)),
            Content::Object(members) => {
                for Member { name_span, value, .. } in members {
                    *name_span = self.span(*name_span);
                    self.move_places(value);
                }
            }
        }
    }

    fn with_bare_placeholders_quoted(&self) -> Self {
        let mut quoted = Self::default();
        let (mut in_string, mut escaped, mut rest, mut skip_to) = (false, false, 0, 0);
        for (at, byte) in self.text.bytes().enumerate() {
            if at < skip_to {
                continue;
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'$' if !in_string => {
                    let Some((start, end)) =
                        next_placeholder(&self.text, at).filter(|(start, _)| *start == at)
                    else {
                        continue;
                    };
                    let placeholder = &self.text[start..end];
                    if placeholder.contains(['"', '\\', '\n']) {
                        continue;
                    }
                    quoted.append(&self.slice(rest..start));
                    quoted
                        .push_filled(&format!("\"{placeholder}\""), self.span(Span { start, end }));
                    rest = end;
                    skip_to = end;
                }
                _ => {}
            }
        }
        if rest == 0 {
            return self.clone();
        }
        quoted.append(&self.slice(rest..self.text.len()));
        quoted
    }
}

/// The next `${…}` from `from` on; one of several lines or with another inside is none.
pub(super) fn next_placeholder(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find("${")?;
        let inside = &text[start + 2..];
        match inside.find(['}', '{', '\n', '"']) {
            Some(end) if inside.as_bytes().get(end) == Some(&b'}') && end > 0 => {
                return Some((start, start + 2 + end + 1));
            }
            Some(_) => from = start + 2,
            None => return None,
        }
    }
}

/// Where the first words of a string begin in the way it is written.
fn first_line_in(decoded: &str, raw: &str) -> usize {
    let start = decoded.trim_start();
    let word: String =
        start.chars().take_while(|ch| !matches!(ch, '\n' | '"' | '\\')).take(24).collect();
    let found = if word.is_empty() { None } else { raw.find(&word) };
    found.or_else(|| raw.find(start.chars().next()?)).unwrap_or(0)
}

/// The length of a JSON or YAML escape.
fn escape_len(raw: &str) -> usize {
    let mut chars = raw.chars();
    chars.next();
    let Some(kind) = chars.next() else { return 1 };
    let wanted = match kind {
        'u' => 6,
        'x' => 4,
        other => 1 + other.len_utf8(),
    };
    // Never in the middle of a character.
    (wanted.min(raw.len())..=raw.len()).find(|at| raw.is_char_boundary(*at)).unwrap_or(raw.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(document: &Document, path: &[&str]) -> String {
        let mut node = document.root.as_ref().expect("something was read");
        for name in path {
            node = node.get(name).expect("is there");
        }
        document.slice(node.span).to_owned()
    }

    #[test]
    fn what_was_filled_in_points_to_its_placeholder() {
        let file: Arc<str> = r#"{"A": "${Table}", "B": {"C": 5}, "D": ${Limit}}"#.into();
        let text = SourceText::of_file(&file).with_placeholders(|name| {
            (name == "Table").then(|| "a-very-long-name-of-a-table".to_owned())
        });
        let document = text.document(&file, Format::Json);
        assert_eq!(document.problems, []);
        let root = document.root.as_ref().expect("read");
        assert_eq!(root.get("A").and_then(Node::as_str), Some("a-very-long-name-of-a-table"));
        assert_eq!(slices(&document, &["A"]), r#""${Table}""#);
        assert_eq!(slices(&document, &["B", "C"]), "5");
        assert_eq!(
            root.get("D").and_then(Node::as_str),
            Some("${Limit}"),
            "left where no value is known"
        );
        assert_eq!(slices(&document, &["D"]), "${Limit}");
    }

    #[test]
    fn an_indented_block_points_into_its_lines() {
        let file: Arc<str> =
            "Definition: |\n    {\n      \"Comment\": \"hi\",\n      \"N\": 7\n    }\n".into();
        let decoded = "{\n  \"Comment\": \"hi\",\n  \"N\": 7\n}\n";
        let mut text = SourceText::default();
        text.push_decoded(decoded, &file[12..], 12);
        assert_eq!(text.as_str(), decoded);
        let document = text.document(&file, Format::Json);
        assert_eq!(slices(&document, &["Comment"]), "\"hi\"");
        assert_eq!(slices(&document, &["N"]), "7");
    }

    #[test]
    fn an_escaped_string_points_into_its_escapes() {
        let file: Arc<str> = r#"{"Definition": "{\n \"Text\": \"ok\", \"N\": 42}"}"#.into();
        let mut text = SourceText::default();
        text.push_decoded("{\n \"Text\": \"ok\", \"N\": 42}", &file[15..], 15);
        let document = text.document(&file, Format::Json);
        assert_eq!(slices(&document, &["N"]), "42");
        assert_eq!(slices(&document, &["Text"]), r#"\"ok\""#);
    }

    #[test]
    fn placeholders_are_single_names() {
        assert_eq!(next_placeholder("a ${b} c", 0), Some((2, 6)));
        assert_eq!(next_placeholder("${", 0), None);
        assert_eq!(next_placeholder("${}", 0), None);
        assert_eq!(next_placeholder("${a{b}} ${c}", 0), Some((8, 12)));
    }
}
