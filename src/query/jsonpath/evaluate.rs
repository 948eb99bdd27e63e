//! Walking values along a compiled path.

use std::sync::Arc;

use crate::json::{Object, Value};

use super::{Normal, Path, PathError, Root, Step, function};

/// Values visited in one selection. Repeated `..` multiplies work, and a payload of 256 KiB has far fewer values than this.
const MAX_VISITS: usize = 2_000_000;

/// Values nested deeper than this are not walked by `..`, so that the walk cannot exhaust the stack.
const MAX_WALK_DEPTH: usize = 1_000;

pub(super) fn select(path: &Path, document: &Value) -> Result<Value, PathError> {
    let mut walk = Walk { document, visits: 0 };
    let found = walk.run(&path.steps, document);
    if path.definite {
        found?.pop().ok_or_else(|| path.no_results())
    } else {
        match found {
            Ok(found) => Ok(Value::from(found)),
            Err(Stop::Missing(_)) => Ok(Value::array([])),
            Err(stop @ Stop::Fatal(_)) => Err(stop.into()),
        }
    }
}

/// The position in an array of `len` items that a possibly negative index means.
pub(super) fn from_start(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { i64::try_from(len).ok()?.checked_add(index)? } else { index };
    usize::try_from(at).ok().filter(|at| *at < len)
}

/// Why a walk ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something on the way is not there; an indefinite path then selects nothing.
    Missing(String),
    /// The path cannot be evaluated at all.
    Fatal(String),
}

impl From<Stop> for PathError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Missing(message) | Stop::Fatal(message) => Self { message },
        }
    }
}

/// One evaluation over one document, with its budget.
pub(super) struct Walk<'a> {
    /// What `$` means inside filters.
    pub(super) document: &'a Value,
    visits: usize,
}

/// A step's position in its path, for messages and for the rules that ask what comes before and after.
#[derive(Clone, Copy)]
struct Place<'a> {
    steps: &'a [Step],
    at: usize,
    /// All steps so far lead to one value at most.
    definite: bool,
}

impl<'a> Place<'a> {
    fn step(self) -> Option<&'a Step> {
        self.steps.get(self.at)
    }

    fn next(self, step_is_definite: bool) -> Self {
        Self { at: self.at + 1, definite: self.definite && step_is_definite, ..self }
    }

    fn is_leaf(self) -> bool {
        self.at + 1 >= self.steps.len()
    }

    fn normal(self, through: usize) -> String {
        Normal { root: &Root::Input, steps: &self.steps[..through.min(self.steps.len())] }
            .to_string()
    }
}

impl Walk<'_> {
    /// Everything that `steps` select from `start`, in document order.
    pub(super) fn run(&mut self, steps: &[Step], start: &Value) -> Result<Vec<Value>, Stop> {
        let mut found = Vec::new();
        // A function after `..` takes everything the scan finds as one array, as Jayway turns such a path inside out.
        if let [before @ .., Step::Call(call)] = steps
            && before.contains(&Step::Scan)
        {
            let all = Value::from(self.run(before, start)?);
            found.extend(function::apply(call, &all, self)?);
            return Ok(found);
        }
        self.visit(Place { steps, at: 0, definite: true }, start, &mut found)?;
        Ok(found)
    }

    fn spend(&mut self) -> Result<(), Stop> {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return Err(Stop::Fatal(format!("The path visits more than {MAX_VISITS} values")));
        }
        Ok(())
    }

    fn visit(
        &mut self,
        place: Place<'_>,
        here: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        self.spend()?;
        let Some(step) = place.step() else {
            found.push(here.clone());
            return Ok(());
        };
        match step {
            Step::Member(name) => self.visit_member(place, name, here, found),
            Step::Members(names) => self.visit_members(place, names, here, found),
            Step::Index(index) => match items(place, here)? {
                Some(items) => self.visit_index(place.next(true), *index, items, found),
                None => Ok(()),
            },
            Step::Indices(indices) => match items(place, here)? {
                Some(items) => indices.iter().try_for_each(|index| {
                    self.visit_index(place.next(false), *index, items, found)
                }),
                None => Ok(()),
            },
            Step::Slice { from, to } => match items(place, here)? {
                Some(items) => {
                    let (from, to) = slice_bounds(*from, *to, items.len());
                    (from..to).try_for_each(|index| {
                        self.visit_index(place.next(false), index, items, found)
                    })
                }
                None => Ok(()),
            },
            Step::Wildcard => {
                children(here).try_for_each(|child| self.visit(place.next(false), child, found))
            }
            Step::Scan => self.scan(place.next(false), here, 0, found),
            Step::Filter(filter) => match here {
                Value::Object(_) => {
                    if filter.accepts(here, self)? {
                        self.visit(place.next(false), here, found)?;
                    }
                    Ok(())
                }
                Value::Array(items) => items.iter().try_for_each(|item| {
                    if filter.accepts(item, self)? {
                        self.visit(place.next(false), item, found)?;
                    }
                    Ok(())
                }),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    if place.definite {
                        return Err(Stop::Missing(format!(
                            "Filter: [?] can not be applied to primitives. Current context is: {here}"
                        )));
                    }
                    Ok(())
                }
            },
            Step::Call(call) => {
                if let Some(result) = function::apply(call, here, self)? {
                    self.visit(place.next(true), &result, found)?;
                }
                Ok(())
            }
        }
    }

    fn visit_member(
        &mut self,
        place: Place<'_>,
        name: &str,
        here: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let Some(members) = members(place, here)? else { return Ok(()) };
        match members.get(name) {
            Some(value) => self.visit(place.next(true), value, found),
            None if place.is_leaf() || !place.definite => Ok(()),
            None => Err(Stop::Missing(format!(
                "Missing property in path {}",
                place.normal(place.at + 1)
            ))),
        }
    }

    fn visit_members(
        &mut self,
        place: Place<'_>,
        names: &[Arc<str>],
        here: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let Some(members) = members(place, here)? else { return Ok(()) };
        let present = names.iter().filter_map(|name| members.get(name).map(|value| (name, value)));
        if place.is_leaf() {
            let merged: Object =
                present.map(|(name, value)| (Arc::clone(name), value.clone())).collect();
            found.push(Value::from(merged));
            return Ok(());
        }
        present.into_iter().try_for_each(|(_, value)| self.visit(place.next(false), value, found))
    }

    fn visit_index(
        &mut self,
        next: Place<'_>,
        index: i64,
        items: &[Value],
        found: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        match from_start(index, items.len()) {
            Some(at) => self.visit(next, &items[at], found),
            None => Ok(()),
        }
    }

    /// Applies the step after `..` to every object and array, outer ones first.
    fn scan(
        &mut self,
        place: Place<'_>,
        here: &Value,
        depth: usize,
        found: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        self.spend()?;
        if depth > MAX_WALK_DEPTH {
            return Err(Stop::Fatal(format!(
                "The value is nested deeper than {MAX_WALK_DEPTH} levels"
            )));
        }
        let applies = match (place.step(), here) {
            (Some(Step::Member(name)), Value::Object(members)) => members.contains_key(name),
            (Some(Step::Members(names)), Value::Object(members)) => {
                names.iter().all(|name| members.contains_key(name))
            }
            (Some(Step::Index(_) | Step::Indices(_) | Step::Slice { .. }), Value::Array(_))
            | (
                Some(Step::Wildcard | Step::Scan | Step::Call(_)) | None,
                Value::Object(_) | Value::Array(_),
            )
            | (Some(Step::Filter(_)), Value::Object(_)) => true,
            (Some(_), _) | (None, _) => false,
        };
        if applies {
            self.visit(place, here, found)?;
        }
        children(here).try_for_each(|child| match child {
            Value::Object(_) | Value::Array(_) => self.scan(place, child, depth + 1, found),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        })
    }
}

/// The members of `here`; `None` where a value of another type only ends this branch of an indefinite path.
fn members<'v>(place: Place<'_>, here: &'v Value) -> Result<Option<&'v Object>, Stop> {
    match here.as_object() {
        None if place.definite => Err(Stop::Missing(format!(
            "Expected to find an object with property {} in path {} but found '{}'. This is not a json object according to \
             the JsonProvider: 'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'.",
            place.step().map(ToString::to_string).unwrap_or_default(),
            place.normal(place.at),
            java_class(here),
        ))),
        members => Ok(members),
    }
}

/// The items of `here`; `None` where a value of another type only ends this branch of an indefinite path.
fn items<'v>(place: Place<'_>, here: &'v Value) -> Result<Option<&'v Vec<Value>>, Stop> {
    match here.as_array() {
        None if place.definite && here.is_null() => {
            Err(Stop::Missing(format!("The path {} is null", place.normal(place.at))))
        }
        None if place.definite => Err(Stop::Missing(format!(
            "Filter: {} can only be applied to arrays. Current context is: {here}",
            place.step().map(ToString::to_string).unwrap_or_default(),
        ))),
        items => Ok(items),
    }
}

/// What Jayway calls the type of a value that should have been an object.
fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(crate::json::Number::Int(int)) if i32::try_from(*int).is_ok() => {
            "java.lang.Integer"
        }
        Value::Number(crate::json::Number::Int(_)) => "java.lang.Long",
        Value::Number(crate::json::Number::Float(_)) => "java.lang.Double",
        Value::String(_) => "java.lang.String",
        Value::Array(_) => "net.minidev.json.JSONArray",
        Value::Object(_) => "java.util.LinkedHashMap",
    }
}

pub(super) fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(members) => Box::new(members.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

/// Jayway's slices. With both ends given they are taken as written, so `[1:-1]` is empty, and only the upper end is cut to
/// the length; with one end given, a negative one counts from the end.
fn slice_bounds(from: Option<i64>, to: Option<i64>, len: usize) -> (i64, i64) {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    match (from, to) {
        (Some(from), Some(to)) => (from.max(-len), to.min(len)),
        (Some(from), None) => {
            ((if from < 0 { len.saturating_add(from) } else { from }).max(0), len)
        }
        (None, Some(to)) => (0, (if to < 0 { len.saturating_add(to) } else { to }).min(len)),
        (None, None) => (0, len),
    }
}
