//! Values of Terraform expressions. Each knows where it was written, a text even piece by piece, and what could not be
//! resolved goes on as the words it was written with.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::source_text::SourceText;
use crate::json::document::{Content, Member, Node, Span};
use crate::json::{Number, Value};

/// A part of one of the files that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into the files of the evaluation.
    pub(super) file: usize,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Val {
    pub(super) place: Place,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(Arc<Text>),
    List(Arc<Vec<Val>>),
    Object(Arc<IndexMap<String, Val>>),
    /// What nobody can know before it is deployed, as it was written.
    Unknown(Arc<str>),
}

/// A string with its way back.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) source: SourceText,
    /// The file that the pieces of `source` are in.
    pub(super) file: usize,
    /// What `jsonencode` was given, where this is its result.
    pub(super) encoded: Option<Val>,
    /// What `templatefile` filled in: the name and the text, if it is known.
    pub(super) substitutions: Vec<(String, Option<String>)>,
}

impl Val {
    pub(super) fn new(place: Place, kind: Kind) -> Self {
        Self { place, kind }
    }

    /// A text that stands for whatever is at `place`.
    pub(super) fn text(place: Place, text: &str) -> Self {
        let mut source = SourceText::default();
        source.push_filled(text, place.span);
        Self::new(place, Kind::Text(Arc::new(Text { source, file: place.file, ..Text::default() })))
    }

    pub(super) fn unknown(place: Place, words: &str) -> Self {
        Self::new(place, Kind::Unknown(words.into()))
    }

    pub(super) fn list(place: Place, items: Vec<Self>) -> Self {
        Self::new(place, Kind::List(Arc::new(items)))
    }

    pub(super) fn object(place: Place, members: IndexMap<String, Self>) -> Self {
        Self::new(place, Kind::Object(Arc::new(members)))
    }

    pub(super) fn int(place: Place, int: i64) -> Self {
        Self::new(place, Kind::Number(Number::Int(int)))
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text.source.as_str()) } else { None }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&IndexMap<String, Self>> {
        if let Kind::Object(members) = &self.kind { Some(members) } else { None }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(number) => Some(number.as_f64()),
            Kind::Text(text) => text.source.as_str().parse().ok(),
            Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Object(_) | Kind::Unknown(_) => None,
        }
    }

    /// A condition; `"true"` counts too, as Terraform converts.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(truth) => Some(*truth),
            Kind::Text(text) => text.source.as_str().parse().ok(),
            Kind::Null | Kind::Number(_) | Kind::List(_) | Kind::Object(_) | Kind::Unknown(_) => {
                None
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// As it stands inside a text: `None` for lists and objects, which Terraform refuses there.
    pub(super) fn in_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Null => Some(String::new()),
            Kind::Bool(truth) => Some(truth.to_string()),
            Kind::Number(number) => Some(plain_number(*number)),
            Kind::Text(text) => Some(text.source.as_str().to_owned()),
            Kind::Unknown(words) => Some(placeholder(words)),
            Kind::List(_) | Kind::Object(_) => None,
        }
    }

    /// As plain data; what is unknown is a placeholder.
    /// Bytes and items of the value written out, counted no further than a little past `most`.
    pub(super) fn expanded(&self, most: usize) -> usize {
        let mut size = match &self.kind {
            Kind::Text(text) => text.source.as_str().len(),
            Kind::Unknown(words) => words.len(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Object(_) => 1,
        };
        if let Kind::List(items) = &self.kind {
            for item in items.iter() {
                if size > most {
                    break;
                }
                size += item.expanded(most - size);
            }
        }
        if let Kind::Object(members) = &self.kind {
            for (name, value) in members.iter() {
                if size > most {
                    break;
                }
                size += name.len() + value.expanded(most - size);
            }
        }
        size
    }

    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(*truth),
            Kind::Number(number) => Value::Number(*number),
            Kind::Text(text) => Value::from(text.source.as_str()),
            Kind::Unknown(words) => Value::from(placeholder(words)),
            Kind::List(items) => Value::array(items.iter().map(Self::to_value)),
            Kind::Object(members) => {
                Value::object(members.iter().map(|(name, value)| (name.as_str(), value.to_value())))
            }
        }
    }

    /// As a tree whose places are in one file; what was written elsewhere has the place of what holds it.
    pub(super) fn to_node(&self, file: usize, outer: Span) -> Node {
        let span = if self.place.file == file && self.place.span != Span::default() {
            self.place.span
        } else {
            outer
        };
        let content = match &self.kind {
            Kind::List(items) => {
                Content::Array(items.iter().map(|item| item.to_node(file, span)).collect())
            }
            Kind::Object(members) => Content::Object(
                members
                    .iter()
                    .map(|(name, value)| {
                        let value = value.to_node(file, span);
                        Member { name: name.as_str().into(), name_span: value.span, value }
                    })
                    .collect(),
            ),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Unknown(_) => {
                Content::Scalar(self.to_value())
            }
        };
        Node { span, tag: None, content }
    }

    /// Plain data that stands for whatever is at `place`.
    pub(super) fn of_value(place: Place, value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(truth) => Kind::Bool(*truth),
            Value::Number(number) => Kind::Number(*number),
            Value::String(text) => return Self::text(place, text),
            Value::Array(items) => {
                return Self::list(
                    place,
                    items.iter().map(|it| Self::of_value(place, it)).collect(),
                );
            }
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.to_string(), Self::of_value(place, value)));
                return Self::object(place, members.collect());
            }
        };
        Self::new(place, kind)
    }

    /// A tree that was read from a file.
    pub(super) fn of_node(file: usize, node: &Node) -> Self {
        let place = Place { file, span: node.span };
        match &node.content {
            Content::Scalar(value) => Self::of_value(place, value),
            Content::Array(items) => {
                Self::list(place, items.iter().map(|item| Self::of_node(file, item)).collect())
            }
            Content::Object(members) => {
                let members =
                    members.iter().map(|it| (it.name.to_string(), Self::of_node(file, &it.value)));
                Self::object(place, members.collect())
            }
        }
    }
}

/// `${words}`, on one line and without braces inside, so that it is read as one placeholder everywhere.
pub(super) fn placeholder(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let words = words.join(" ").replace(['{', '}', '"', '\\'], "'");
    if words.starts_with("$'") { words } else { format!("${{{words}}}") }
}

/// Terraform has one kind of number, and writes whole ones without a fraction.
fn plain_number(number: Number) -> String {
    match number {
        Number::Int(int) => int.to_string(),
        Number::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
        Number::Float(float) => float.to_string(),
    }
}
