//! What a template computes with: Java's values, as far as templates can see them.
//!
//! Lists and maps live in a [`Heap`] and are passed by number, because templates change them through any name they have.
//! A template can make them contain themselves; so everything that walks them counts its depth.

use std::sync::Arc;

use indexmap::IndexMap;

use super::TemplateError;
use crate::json::{Number, Object, Value};

/// Printing and converting stop at this depth. JSON is no deeper than 250.
const MAX_DEPTH: usize = 260;
/// Values that one conversion or comparison may visit: a list that holds itself twice, twenty levels deep, is a million.
const MAX_VISITS: usize = 2_000_000;
/// Items that all lists and maps of one rendering may hold together.
const MAX_ITEMS: usize = 2_000_000;
/// Text that one rendering may produce, counted over everything it makes. API Gateway's payload limit is 10 MB.
const MAX_TEXT_BYTES: usize = 100 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(ListId),
    Map(MapId),
    /// One of `entrySet()`.
    Entry(Arc<str>, Box<Self>),
    /// `$input`
    Input,
    /// `$util`
    Util,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(usize);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapId(usize);

/// How a list prints itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    /// `java.util.ArrayList`: `[a, b]`
    Java,
    /// The list class of the JSON library behind `$input.path`: JSON text. (Its maps are Java's and print as `{a=b}`.)
    Json,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) kind: ListKind,
    pub(super) items: Vec<Datum>,
}

pub(super) type Members = IndexMap<Arc<str>, Datum>;

#[derive(Debug, Default)]
pub(super) struct Heap {
    lists: Vec<List>,
    maps: Vec<Members>,
    items: usize,
    text_bytes: usize,
}

impl Heap {
    pub(super) fn list(&self, id: ListId) -> &List {
        &self.lists[id.0]
    }

    pub(super) fn map(&self, id: MapId) -> &Members {
        &self.maps[id.0]
    }

    /// For taking out or replacing; what adds must go through [`Heap::count_items`] first.
    pub(super) fn list_mut(&mut self, id: ListId) -> &mut List {
        &mut self.lists[id.0]
    }

    /// For taking out or replacing; what adds must go through [`Heap::count_items`] first.
    pub(super) fn map_mut(&mut self, id: MapId) -> &mut Members {
        &mut self.maps[id.0]
    }

    pub(super) fn new_list(
        &mut self,
        kind: ListKind,
        items: Vec<Datum>,
    ) -> Result<Datum, TemplateError> {
        self.count_items(items.len() + 1)?;
        self.lists.push(List { kind, items });
        Ok(Datum::List(ListId(self.lists.len() - 1)))
    }

    pub(super) fn new_map(&mut self, members: Members) -> Result<Datum, TemplateError> {
        self.new_map_id(members).map(Datum::Map)
    }

    pub(super) fn new_map_id(&mut self, members: Members) -> Result<MapId, TemplateError> {
        self.count_items(members.len() + 1)?;
        self.maps.push(members);
        Ok(MapId(self.maps.len() - 1))
    }

    pub(super) fn put(
        &mut self,
        id: MapId,
        name: Arc<str>,
        value: Datum,
    ) -> Result<Option<Datum>, TemplateError> {
        self.count_items(1)?;
        Ok(self.maps[id.0].insert(name, value))
    }

    pub(super) fn count_items(&mut self, items: usize) -> Result<(), TemplateError> {
        self.items += items;
        if self.items > MAX_ITEMS {
            return Err(TemplateError::limit(format!(
                "the template holds more than {MAX_ITEMS} list and map items"
            )));
        }
        Ok(())
    }

    pub(super) fn count_text(&mut self, bytes: usize) -> Result<(), TemplateError> {
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        if self.text_bytes > MAX_TEXT_BYTES {
            return Err(TemplateError::limit(
                "the template makes more than 100 MB of text".to_owned(),
            ));
        }
        Ok(())
    }

    /// A JSON value as `$input.path` and `$util.parseJson` give it.
    pub(super) fn load(&mut self, value: &Value) -> Result<Datum, TemplateError> {
        Ok(match value {
            Value::Null => Datum::Null,
            Value::Bool(truth) => Datum::Bool(*truth),
            Value::Number(Number::Int(int)) => Datum::Int(*int),
            Value::Number(Number::Float(float)) => Datum::Float(*float),
            Value::String(text) => Datum::Text(text.clone()),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.load(item)).collect::<Result<_, _>>()?;
                self.new_list(ListKind::Json, items)?
            }
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), self.load(member)?)))
                    .collect::<Result<_, TemplateError>>()?;
                self.new_map(members)?
            }
        })
    }

    /// The JSON value of a datum; what JSON has no form for becomes its text.
    pub(super) fn to_json(&self, datum: &Datum) -> Result<Value, TemplateError> {
        self.to_json_at(datum, 0, &mut 0)
    }

    fn to_json_at(
        &self,
        datum: &Datum,
        depth: usize,
        visits: &mut usize,
    ) -> Result<Value, TemplateError> {
        check_depth(depth)?;
        *visits += 1;
        if *visits > MAX_VISITS {
            return Err(TemplateError::limit(format!("a value has more than {MAX_VISITS} items")));
        }
        Ok(match datum {
            Datum::Null => Value::Null,
            Datum::Bool(truth) => Value::Bool(*truth),
            Datum::Int(int) => Value::from(*int),
            Datum::Float(float) => Value::from(*float),
            Datum::Text(text) => Value::String(text.clone()),
            Datum::List(id) => {
                let items = self
                    .list(*id)
                    .items
                    .iter()
                    .map(|item| self.to_json_at(item, depth + 1, visits));
                Value::from(items.collect::<Result<Vec<_>, _>>()?)
            }
            Datum::Map(id) => {
                let members = self.map(*id).iter();
                let members = members.map(|(name, member)| {
                    Ok((name.clone(), self.to_json_at(member, depth + 1, visits)?))
                });
                Value::from(members.collect::<Result<Object, TemplateError>>()?)
            }
            Datum::Entry(..) | Datum::Input | Datum::Util => Value::from(self.text(datum)?),
        })
    }

    /// `toString()`.
    pub(super) fn text(&self, datum: &Datum) -> Result<String, TemplateError> {
        let mut out = String::new();
        self.write_text(datum, 0, &mut out)?;
        Ok(out)
    }

    fn write_text(
        &self,
        datum: &Datum,
        depth: usize,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        check_depth(depth)?;
        if out.len() > MAX_TEXT_BYTES / 4 {
            return Err(TemplateError::limit("a value's text is longer than 25 MB".to_owned()));
        }
        match datum {
            Datum::Null => out.push_str("null"),
            Datum::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Datum::Int(int) => out.push_str(&int.to_string()),
            Datum::Float(float) => out.push_str(&java_double(*float)),
            Datum::Text(text) => out.push_str(text),
            Datum::List(id) if self.list(*id).kind == ListKind::Json => {
                out.push_str(&self.to_json_at(datum, depth, &mut 0)?.to_string());
            }
            Datum::List(id) => {
                out.push('[');
                for (index, item) in self.list(*id).items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.write_text(item, depth + 1, out)?;
                }
                out.push(']');
            }
            Datum::Map(id) => {
                out.push('{');
                for (index, (name, member)) in self.map(*id).iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(name);
                    out.push('=');
                    self.write_text(member, depth + 1, out)?;
                }
                out.push('}');
            }
            Datum::Entry(name, member) => {
                out.push_str(name);
                out.push('=');
                self.write_text(member, depth + 1, out)?;
            }
            Datum::Input => out.push_str("$input"),
            Datum::Util => out.push_str("$util"),
        }
        Ok(())
    }

    /// Java's `equals`: no conversion between types, lists and maps by their contents.
    pub(super) fn java_equals(&self, left: &Datum, right: &Datum) -> bool {
        self.equals_at(left, right, 0, &mut 0)
    }

    fn equals_at(&self, left: &Datum, right: &Datum, depth: usize, visits: &mut usize) -> bool {
        *visits += 1;
        if depth > MAX_DEPTH || *visits > MAX_VISITS {
            return false;
        }
        match (left, right) {
            (Datum::List(a), Datum::List(b)) => {
                let (a, b) = (&self.list(*a).items, &self.list(*b).items);
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| self.equals_at(a, b, depth + 1, visits))
            }
            (Datum::Map(a), Datum::Map(b)) => {
                let (a, b) = (self.map(*a), self.map(*b));
                a.len() == b.len()
                    && a.iter().all(|(name, a)| {
                        b.get(name).is_some_and(|b| self.equals_at(a, b, depth + 1, visits))
                    })
            }
            _ => left == right,
        }
    }
}

impl Datum {
    pub(super) fn as_int(&self) -> Option<i64> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    pub(super) fn as_float(&self) -> Option<f64> {
        if let Self::Float(float) = self { Some(*float) } else { None }
    }

    /// Any number, as a double.
    pub(super) fn as_number(&self) -> Option<f64> {
        self.as_float().or_else(|| self.as_int().map(|int| int as f64))
    }
}

fn check_depth(depth: usize) -> Result<(), TemplateError> {
    if depth > MAX_DEPTH {
        return Err(TemplateError::limit(format!(
            "a value nests deeper than {MAX_DEPTH} levels; it may contain itself"
        )));
    }
    Ok(())
}

/// `Double.toString`.
fn java_double(float: f64) -> String {
    if float.is_nan() {
        "NaN".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        Number::Float(float).to_string()
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Datum {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// Java's `int` where Java would answer one; every count in memory fits.
impl From<usize> for Datum {
    fn from(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
