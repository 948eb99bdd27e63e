//! What a template computes with: Java's values, as far as templates can see them.
//!
//! Lists and maps live in a [`Heap`] and are passed by number, because templates change them through any name they have.
//! A template can make them contain themselves; so everything that walks them counts its depth. And a template can have a text
//! of 10 MB looked at a million times; so everything that reads or makes text counts its bytes as work.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::TemplateError;
use super::java_regex::Pattern;
use crate::json::{Number, Value};

/// What a visited value, a look-up or a moved item costs, in bytes of work.
pub(super) const VISIT: usize = 32;
/// Copying and comparing whole texts goes this many bytes at a time.
const AT_ONCE: usize = 8;
/// Items that all lists and maps of one rendering may hold together.
const MAX_ITEMS: usize = 2_000_000;
/// Text that one rendering may produce, counted over everything it makes. API Gateway's payload limit is 10 MB.
pub(super) const MAX_TEXT_BYTES: usize = 100 * 1024 * 1024;
/// Work that one rendering may do, in bytes that are looked at one by one: about a second.
pub(super) const MAX_WORK: usize = 1_000_000_000;
/// Regular expressions that are kept compiled.
const MAX_PATTERNS: usize = 32;

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
    Entry(EntryId),
    /// `$input`
    Input,
    /// `$util`
    Util,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(usize);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapId(usize);
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryId(usize);

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

#[derive(Debug)]
pub(super) struct Heap {
    lists: Vec<List>,
    maps: Vec<Members>,
    entries: Vec<(Arc<str>, Datum)>,
    items: usize,
    text_bytes: Cell<usize>,
    work: Cell<usize>,
    max_work: usize,
    /// By the text of the expression; `None` for one that is none.
    patterns: BTreeMap<Arc<str>, Option<Rc<Pattern>>>,
}

impl Heap {
    /// A heap whose template may do so much work.
    pub(super) fn new(max_work: usize) -> Self {
        Self {
            lists: Vec::new(),
            maps: Vec::new(),
            entries: Vec::new(),
            items: 0,
            text_bytes: Cell::new(0),
            work: Cell::new(0),
            max_work,
            patterns: BTreeMap::new(),
        }
    }

    pub(super) fn list(&self, id: ListId) -> &List {
        &self.lists[id.0]
    }

    pub(super) fn map(&self, id: MapId) -> &Members {
        &self.maps[id.0]
    }

    pub(super) fn entry(&self, id: EntryId) -> &(Arc<str>, Datum) {
        &self.entries[id.0]
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

    /// One of `entrySet()`.
    pub(super) fn new_entry(
        &mut self,
        name: Arc<str>,
        value: Datum,
    ) -> Result<Datum, TemplateError> {
        self.count_items(1)?;
        self.entries.push((name, value));
        Ok(Datum::Entry(EntryId(self.entries.len() - 1)))
    }

    /// Text that is made: it takes memory, and the work of copying it.
    pub(super) fn count_text(&self, bytes: usize) -> Result<(), TemplateError> {
        self.text_bytes.set(self.text_bytes.get().saturating_add(bytes));
        if self.text_bytes.get() > MAX_TEXT_BYTES {
            return Err(TemplateError::limit(
                "the template makes more than 100 MB of text".to_owned(),
            ));
        }
        self.count_copied(bytes)
    }

    /// Text that is copied or compared as a whole.
    pub(super) fn count_copied(&self, bytes: usize) -> Result<(), TemplateError> {
        self.count_work(bytes / AT_ONCE)
    }

    /// Values that are visited, looked up or moved.
    pub(super) fn count_visits(&self, values: usize) -> Result<(), TemplateError> {
        self.count_work(values.saturating_mul(VISIT))
    }

    /// Bytes that are looked at one by one, or what takes as long.
    pub(super) fn count_work(&self, bytes: usize) -> Result<(), TemplateError> {
        self.work.set(self.work.get().saturating_add(bytes));
        if self.work.get() > self.max_work {
            return Err(TemplateError::limit(format!(
                "the template works through more than {} MB of text and values; it repeats something large too often",
                self.max_work / 1_000_000
            )));
        }
        Ok(())
    }

    /// The work so far.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.work.get()
    }

    /// A regular expression, compiled once; `None` when it is none.
    pub(super) fn pattern(
        &mut self,
        expression: &str,
    ) -> Result<Option<Rc<Pattern>>, TemplateError> {
        self.count_copied(expression.len())?;
        if let Some(known) = self.patterns.get(expression) {
            return Ok(known.clone());
        }
        let (pattern, work) = Pattern::compile(expression);
        self.count_work(work)?;
        let pattern = pattern.map(Rc::new);
        if self.patterns.len() == MAX_PATTERNS {
            self.patterns.pop_first();
        }
        self.patterns.insert(expression.into(), pattern.clone());
        Ok(pattern)
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
                    .map(|(name, member)| {
                        self.count_work(name.len())?;
                        Ok((name.clone(), self.load(member)?))
                    })
                    .collect::<Result<_, TemplateError>>()?;
                self.new_map(members)?
            }
        })
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

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<std::borrow::Cow<'_, str>> for Datum {
    fn from(text: std::borrow::Cow<'_, str>) -> Self {
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
