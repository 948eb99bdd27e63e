//! What is known about a JSON value before anything runs: which members an object has, and whether it may have others.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::asl::{Expression, Template, placeholder};
use crate::json::Value;
use crate::query::jsonpath::{Path, PathKey, Root};

/// Deeper levels and further members are not followed: nothing is claimed of them.
const MAX_DEPTH: usize = 8;
const MAX_MEMBERS: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Nothing is known.
    Any,
    Scalar,
    Array,
    /// `open`: it may have members that are not listed.
    Object {
        members: BTreeMap<Arc<str>, Self>,
        open: bool,
    },
}

impl Shape {
    pub(super) fn empty() -> Self {
        Self::Object { members: BTreeMap::new(), open: false }
    }

    /// An object with these members, each of any shape, and no others.
    pub(super) fn with_members(names: &[&str]) -> Self {
        let members = names.iter().map(|name| (Arc::from(*name), Self::Any)).collect();
        Self::Object { members, open: false }
    }

    pub(super) fn of(value: &Value) -> Self {
        Self::of_level(value, 0)
    }

    fn of_level(value: &Value, depth: usize) -> Self {
        match value {
            Value::String(text) if placeholder::has_placeholder(text) => Self::Any,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::Scalar,
            Value::Array(_) => Self::Array,
            Value::Object(members) => {
                if depth >= MAX_DEPTH || members.len() > MAX_MEMBERS {
                    return Self::Any;
                }
                let known = |name: &Arc<str>| !placeholder::has_placeholder(name);
                Self::Object {
                    open: !members.keys().all(known),
                    members: members
                        .iter()
                        .map(|(name, value)| (Arc::clone(name), Self::of_level(value, depth + 1)))
                        .collect(),
                }
            }
        }
    }

    /// What a template makes of data of the shapes that `select` finds for its expressions.
    pub(super) fn of_template(
        template: &Template,
        select: &impl Fn(&Expression) -> Self,
        depth: usize,
    ) -> Self {
        match template {
            Template::Literal(value) => Self::of_level(value, depth),
            Template::Array(_) => Self::Array,
            Template::Expression(expression) => select(expression).cut(depth),
            Template::Object(members) => {
                if depth >= MAX_DEPTH || members.len() > MAX_MEMBERS {
                    return Self::Any;
                }
                Self::Object {
                    open: members.iter().any(|it| placeholder::has_placeholder(&it.name)),
                    members: members
                        .iter()
                        .map(|it| {
                            (Arc::clone(&it.name), Self::of_template(&it.value, select, depth + 1))
                        })
                        .collect(),
                }
            }
        }
    }

    /// Forgets what would be deeper than is followed once it stands at this depth.
    fn cut(self, depth: usize) -> Self {
        match self {
            Self::Object { .. } if depth >= MAX_DEPTH => Self::Any,
            Self::Object { members, open } => Self::Object {
                members: members
                    .into_iter()
                    .map(|(name, shape)| (name, shape.cut(depth + 1)))
                    .collect(),
                open,
            },
            other @ (Self::Any | Self::Scalar | Self::Array) => other,
        }
    }

    /// What is true of both: a member that only one has may be there, so it is kept.
    pub(super) fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (
                Self::Object { members, open },
                Self::Object { members: others, open: other_open },
            ) => {
                for (name, shape) in others {
                    match members.get_mut(name) {
                        Some(mine) => mine.join(shape),
                        None => {
                            members.insert(Arc::clone(name), shape.clone());
                        }
                    }
                }
                *open |= *other_open;
                if members.len() > MAX_MEMBERS {
                    *self = Self::Any;
                }
            }
            (mine, other) if *mine == *other => {}
            (mine, _) => *mine = Self::Any,
        }
    }

    /// What names and indices lead to; `None` when nothing can be there.
    pub(super) fn follow<'p>(&self, mut keys: impl Iterator<Item = PathKey<'p>>) -> Option<Self> {
        let mut here = self;
        loop {
            let Some(key) = keys.next() else { return Some(here.clone()) };
            here = match (here, key) {
                (Self::Any, _) | (Self::Array, PathKey::Index(_)) => return Some(Self::Any),
                (Self::Object { members, open }, PathKey::Member(name)) => {
                    match members.get(name) {
                        Some(shape) => shape,
                        None if *open => return Some(Self::Any),
                        None => return None,
                    }
                }
                (Self::Scalar, _)
                | (Self::Array, PathKey::Member(_))
                | (Self::Object { .. }, PathKey::Index(_)) => return None,
            };
        }
    }

    /// What a path selects here. Only paths from `$` know these data.
    pub(super) fn select(&self, path: &Path) -> Self {
        match path.root() {
            Root::Input if path.is_plain() => self.follow(path.leading_keys()).unwrap_or(Self::Any),
            Root::Input | Root::Context | Root::Variable(_) => Self::Any,
        }
    }

    /// Whether a path finds nothing here, whatever the values are. A path that may select many gives an empty list at worst.
    pub(super) fn lacks(&self, path: &Path) -> bool {
        *path.root() == Root::Input
            && path.is_definite()
            && self.follow(path.leading_keys()).is_none()
    }

    /// This with a value put at a reference path.
    pub(super) fn insert(&mut self, path: &Path, value: Self) {
        if *path.root() != Root::Input {
            return;
        }
        let mut here = self;
        for (depth, key) in path.leading_keys().enumerate() {
            let PathKey::Member(name) = key else {
                *here = Self::Any;
                return;
            };
            if depth >= MAX_DEPTH {
                return;
            }
            // A member can be put into an object only, so what was unknown is one.
            if !matches!(here, Self::Object { .. }) {
                *here = Self::Object { members: BTreeMap::new(), open: true };
            }
            if matches!(here, Self::Object { members, .. } if members.len() >= MAX_MEMBERS) {
                *here = Self::Any;
                return;
            }
            let Self::Object { members, open } = here else { return };
            let missing = if *open { Self::Any } else { Self::empty() };
            here = members.entry(name.into()).or_insert(missing);
        }
        *here = value;
    }

    /// The names of the members, when they are all known.
    pub(super) fn names(&self) -> Option<Vec<&str>> {
        match self {
            Self::Object { members, open: false } => {
                Some(members.keys().map(|name| &**name).collect())
            }
            Self::Object { .. } | Self::Any | Self::Scalar | Self::Array => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Shape {
        Shape::of(&Value::parse(json).unwrap())
    }
    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_lacking_only_where_nothing_can_be() {
        let known = shape(r#"{"a":{"b":1},"l":[1],"p":"${later}"}"#);
        for (text, lacks) in [
            ("$", false),
            ("$.a.b", false),
            ("$.a.c", true),
            ("$.a.b.c", true),
            ("$.l[0].x", false),
            ("$.l.x", true),
            ("$.p.x", false),
            ("$.zzz", true),
            ("$.zzz[*].x", false),
            ("$..zzz", false),
            ("$$.zzz", false),
            ("$v.zzz", false),
        ] {
            assert_eq!(known.lacks(&path(text)), lacks, "{text}");
        }
        assert!(!Shape::Any.lacks(&path("$.x")));
    }

    #[test]
    fn members_of_either_way_may_be_there() {
        let mut both = shape(r#"{"a":1,"c":{"x":1}}"#);
        both.join(&shape(r#"{"b":1,"c":{"y":1}}"#));
        for (text, lacks) in [("$.a", false), ("$.b", false), ("$.c.y", false), ("$.d", true)] {
            assert_eq!(both.lacks(&path(text)), lacks, "{text}");
        }
        both.join(&Shape::Any);
        assert_eq!(both, Shape::Any);
    }

    #[test]
    fn a_result_is_put_where_its_path_says() {
        let mut here = Shape::Any;
        here.insert(&path("$.a.b"), shape(r#"{"c":1}"#));
        assert!(here.lacks(&path("$.a.b.d")));
        assert!(!here.lacks(&path("$.a.x")) && !here.lacks(&path("$.y")));
        let mut closed = shape(r#"{"a":1}"#);
        closed.insert(&path("$.r"), Shape::Scalar);
        assert!(closed.lacks(&path("$.b")) && !closed.lacks(&path("$.r")));
        closed.insert(&path("$"), Shape::empty());
        assert!(closed.lacks(&path("$.a")));
    }
}
