//! What walks values: their JSON, their text, and whether two are equal. Every step is counted, by depth and as work.

use std::borrow::Cow;
use std::sync::Arc;

use super::TemplateError;
use super::value::{Datum, Heap, ListKind, MAX_TEXT_BYTES, VISIT};
use crate::json::{Number, Object, Value};

/// Printing and converting stop at this depth. JSON is no deeper than 250.
const MAX_DEPTH: usize = 260;
/// Values that one conversion or comparison may visit: a list that holds itself twice, twenty levels deep, is a million.
const MAX_VISITS: usize = 2_000_000;
/// The longest text that a value is printed as.
const MAX_VALUE_BYTES: usize = MAX_TEXT_BYTES / 4;

impl Heap {
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
        self.count_visit(visits)?;
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
            Datum::Entry(_) | Datum::Input | Datum::Util => Value::from(&*self.text(datum)?),
        })
    }

    fn count_visit(&self, visits: &mut usize) -> Result<(), TemplateError> {
        *visits += 1;
        if *visits > MAX_VISITS {
            return Err(TemplateError::limit(format!("a value has more than {MAX_VISITS} items")));
        }
        self.count_visits(1)
    }

    /// A value's JSON text. It may be far longer than the document it was found in: `$..*` has every value again in all that hold it.
    pub(super) fn json_text(&self, value: &Value) -> Result<String, TemplateError> {
        let mut out = String::new();
        self.write_json(value, &mut out)?;
        Ok(out)
    }

    fn write_json(&self, value: &Value, out: &mut String) -> Result<(), TemplateError> {
        let before = out.len();
        match value {
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    self.write_json(item, out)?;
                }
                out.push(']');
                self.count_made(out.len(), out)
            }
            Value::Object(members) => {
                out.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    let start = out.len();
                    out.push_str(&Value::String(name.clone()).to_string());
                    out.push(':');
                    self.count_made(start, out)?;
                    self.write_json(member, out)?;
                }
                out.push('}');
                self.count_made(out.len(), out)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                out.push_str(&value.to_string());
                self.count_made(before, out)
            }
        }
    }

    /// What a value's text grew by since it was so long.
    fn count_made(&self, since: usize, out: &str) -> Result<(), TemplateError> {
        if out.len() > MAX_VALUE_BYTES {
            return Err(TemplateError::limit("a value's text is longer than 25 MB".to_owned()));
        }
        self.count_work(VISIT + out.len().saturating_sub(since))
    }

    /// `toString()`; only what is no text yet is made.
    pub(super) fn text<'d>(&self, datum: &'d Datum) -> Result<Cow<'d, str>, TemplateError> {
        if let Datum::Text(text) = datum {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::new();
        self.write_text(datum, 0, &mut out)?;
        self.count_text(out.len())?;
        Ok(Cow::Owned(out))
    }

    /// The text as what a map calls a member.
    pub(super) fn name(&self, datum: &Datum) -> Result<Arc<str>, TemplateError> {
        let name: Arc<str> = match datum {
            Datum::Text(text) => Arc::clone(text),
            Datum::Null
            | Datum::Bool(_)
            | Datum::Int(_)
            | Datum::Float(_)
            | Datum::List(_)
            | Datum::Map(_)
            | Datum::Entry(_)
            | Datum::Input
            | Datum::Util => self.text(datum)?.into(),
        };
        // A look-up computes the hash of every byte.
        self.count_work(name.len() + VISIT)?;
        Ok(name)
    }

    fn write_text(
        &self,
        datum: &Datum,
        depth: usize,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        check_depth(depth)?;
        let before = out.len();
        match datum {
            Datum::Null => out.push_str("null"),
            Datum::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Datum::Int(int) => out.push_str(&int.to_string()),
            Datum::Float(float) => out.push_str(&java_double(*float)),
            Datum::Text(text) => out.push_str(text),
            Datum::List(id) if self.list(*id).kind == ListKind::Json => {
                let json = self.to_json_at(datum, depth, &mut 0)?;
                self.write_json(&json, out)?;
            }
            Datum::List(id) => {
                out.push('[');
                for (index, item) in self.list(*id).items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.write_text(item, depth + 1, out)?;
                }
                out.push(']');
                return self.count_made(out.len(), out);
            }
            Datum::Map(id) => {
                out.push('{');
                for (index, (name, member)) in self.map(*id).iter().enumerate() {
                    let start = out.len();
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(name);
                    out.push('=');
                    self.count_made(start, out)?;
                    self.write_text(member, depth + 1, out)?;
                }
                out.push('}');
                return self.count_made(out.len(), out);
            }
            Datum::Entry(id) => {
                let (name, member) = self.entry(*id);
                out.push_str(name);
                out.push('=');
                self.count_made(before, out)?;
                return self.write_text(member, depth + 1, out);
            }
            Datum::Input => out.push_str("$input"),
            Datum::Util => out.push_str("$util"),
        }
        self.count_made(before, out)
    }

    /// Java's `equals`: no conversion between types, lists and maps by their contents.
    pub(super) fn java_equals(&self, left: &Datum, right: &Datum) -> Result<bool, TemplateError> {
        self.equals_at(left, right, 0, &mut 0)
    }

    fn equals_at(
        &self,
        left: &Datum,
        right: &Datum,
        depth: usize,
        visits: &mut usize,
    ) -> Result<bool, TemplateError> {
        check_depth(depth)?;
        self.count_visit(visits)?;
        match (left, right) {
            (Datum::Text(a), Datum::Text(b)) => self.same_text(a, b),
            (Datum::List(a), Datum::List(b)) => {
                let (a, b) = (&self.list(*a).items, &self.list(*b).items);
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b) {
                    if !self.equals_at(a, b, depth + 1, visits)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Datum::Map(a), Datum::Map(b)) => {
                let (a, b) = (self.map(*a), self.map(*b));
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (name, a) in a {
                    self.count_work(name.len())?;
                    let Some(b) = b.get(name) else { return Ok(false) };
                    if !self.equals_at(a, b, depth + 1, visits)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Datum::Entry(a), Datum::Entry(b)) => {
                let ((a_name, a), (b_name, b)) = (self.entry(*a), self.entry(*b));
                Ok(self.same_text(a_name, b_name)? && self.equals_at(a, b, depth + 1, visits)?)
            }
            _ => Ok(left == right),
        }
    }

    pub(super) fn same_text(&self, left: &str, right: &str) -> Result<bool, TemplateError> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.count_copied(left.len())?;
        Ok(left == right)
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
