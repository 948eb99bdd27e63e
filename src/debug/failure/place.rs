//! A place in a JSON value, and how a path of the definition leads to one.

use std::sync::Arc;

use crate::asl::similar::closest;
use crate::json::Value;
use crate::query::jsonpath::PathKey;

/// Steps from the root of a value.
pub type JsonPlace = Vec<PlaceStep>;

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceStep {
    Member(Arc<str>),
    Index(usize),
}

/// Names of members that are listed at most.
const MOST_NAMES: usize = 8;

/// Where a path leads.
pub(super) struct Walk {
    /// As far as there is something.
    pub(super) place: JsonPlace,
    /// The value at the end of the path; `None` where it leads nowhere.
    pub(super) value: Option<Value>,
    /// What is there instead, in words; empty when the value is.
    pub(super) note: String,
}

/// Follows names and indices as far as they lead.
pub(super) fn walk<'p>(
    root: &Value,
    shown_root: &str,
    keys: impl Iterator<Item = PathKey<'p>>,
) -> Walk {
    let mut here = root;
    let mut place = JsonPlace::new();
    let mut shown = shown_root.to_owned();
    for key in keys {
        let next = match key {
            PathKey::Member(name) => here
                .as_object()
                .and_then(|members| members.get_key_value(name))
                .map(|(name, value)| (PlaceStep::Member(Arc::clone(name)), value)),
            PathKey::Index(index) => here.as_array().and_then(|items| {
                let from_end = items.len().checked_add_signed(index.try_into().ok()?);
                let at = if index < 0 {
                    from_end?
                } else {
                    usize::try_from(index).unwrap_or(usize::MAX)
                };
                Some((PlaceStep::Index(at), items.get(at)?))
            }),
        };
        let Some((step, value)) = next else {
            return Walk { place, value: None, note: missing(here, &shown, key) };
        };
        match &step {
            PlaceStep::Member(name) => shown = format!("{shown}.{name}"),
            PlaceStep::Index(index) => shown = format!("{shown}[{index}]"),
        }
        place.push(step);
        here = value;
    }
    Walk { place, value: Some(here.clone()), note: String::new() }
}

/// What is there, where something else was looked for.
fn missing(here: &Value, shown: &str, key: PathKey<'_>) -> String {
    match (here, key) {
        (Value::Object(members), PathKey::Member(name)) => {
            let names = members.keys().map(|it| &**it);
            if let Some(near) = closest(name, names.clone()) {
                return format!("{shown} has no \"{name}\"; it has \"{near}\".");
            }
            let listed: Vec<String> =
                names.take(MOST_NAMES).map(|it| format!("\"{it}\"")).collect();
            match (members.len(), members.len() > MOST_NAMES) {
                (0, _) => format!("{shown} is an empty object."),
                (_, true) => format!("{shown} has no \"{name}\"; it has {}, …", listed.join(", ")),
                (_, false) => format!("{shown} has no \"{name}\"; it has {}.", listed.join(", ")),
            }
        }
        (Value::Array(items), PathKey::Index(index)) => {
            format!("{shown} has {} items, so there is no item {index}.", items.len())
        }
        (Value::Array(_), PathKey::Member(name)) => {
            format!("{shown} is an array, and an array has no \"{name}\".")
        }
        (Value::Null, PathKey::Member(_) | PathKey::Index(_)) => format!("{shown} is null."),
        (
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
            PathKey::Member(_) | PathKey::Index(_),
        ) => format!("{shown} is of type {}.", here.type_name()),
    }
}
