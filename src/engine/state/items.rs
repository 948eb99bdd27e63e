//! The items of a Map: what each iteration gets, under which key it stood, and where it comes from.

use std::sync::{Arc, LazyLock};

use crate::asl::ProcessorMode;
use crate::json::{Object, Value};

/// Texts that every iteration's context has, made once.
struct Texts {
    item: Arc<str>,
    index: Arc<str>,
    key: Arc<str>,
    value: Arc<str>,
    source: Arc<str>,
    /// What `Source` says of items that were in the input.
    state_data: Arc<str>,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts {
    item: "Item".into(),
    index: "Index".into(),
    key: "Key".into(),
    value: "Value".into(),
    source: "Source".into(),
    state_data: "STATE_DATA".into(),
});

#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    /// An array.
    pub(crate) values: Value,
    /// Whether each is a member of an object: `{"Key": …, "Value": …}`.
    pub(crate) are_pairs: bool,
    /// Where items come from, each from a place on; none before the first is from the input.
    pub(crate) sources: Vec<(usize, Option<Arc<str>>)>,
    /// Items in each batch; `None` when every value is one item.
    pub(crate) sizes: Option<Vec<u64>>,
}

impl Items {
    /// The items of an array, from the input.
    pub(crate) fn of(values: Value) -> Self {
        Self { values, ..Self::default() }
    }

    /// The items of an array, or the members of an object where the Map is distributed: the developer guide gives those to
    /// distributed Maps only, and inline ones are recorded to refuse them.
    ///
    /// # Errors
    /// The value, which is neither.
    pub(crate) fn among(value: Value, mode: ProcessorMode) -> Result<Self, Value> {
        match (value, mode) {
            (values @ Value::Array(_), _) => Ok(Self::of(values)),
            (Value::Object(members), ProcessorMode::Distributed) => {
                Ok(Self { values: pairs(&members), are_pairs: true, ..Self::default() })
            }
            (
                other @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_)),
                _,
            ) => Err(other),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.as_array().map_or(0, Vec::len)
    }

    /// The items that one iteration takes: a failed batch counts all of its items.
    pub(crate) fn size(&self, index: u64) -> u64 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.sizes.as_ref().map_or(1, |sizes| sizes.get(index).copied().unwrap_or(1))
    }

    /// All items, those in batches too.
    pub(crate) fn total(&self) -> u64 {
        self.sizes.as_ref().map_or(self.len() as u64, |sizes| sizes.iter().sum())
    }

    /// Where an item comes from, as a URI; `None` from the input.
    pub(crate) fn source(&self, index: usize) -> Option<Arc<str>> {
        let after = self.sources.partition_point(|(first, _)| *first <= index);
        self.sources.get(after.checked_sub(1)?)?.1.clone()
    }

    /// `$$.Map` of one iteration. `Key` is there for members of objects only, and `Value` is then the member alone
    /// (<https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>).
    pub(crate) fn context(&self, index: usize) -> Value {
        let texts = &*TEXTS;
        let item = self.values.at(index).cloned().unwrap_or_default();
        let (key, value) = if self.are_pairs {
            let part = |name: &str| item.get(name).cloned().unwrap_or_default();
            (Some(part("Key")), part("Value"))
        } else {
            (None, item)
        };
        let source = self.source(index).unwrap_or_else(|| Arc::clone(&texts.state_data));
        let mut members = Object::with_capacity(4);
        members.insert(Arc::clone(&texts.index), Value::from(index as i64));
        if let Some(key) = key {
            members.insert(Arc::clone(&texts.key), key);
        }
        members.insert(Arc::clone(&texts.value), value);
        members.insert(Arc::clone(&texts.source), Value::String(source));
        let mut context = Object::with_capacity(1);
        context.insert(Arc::clone(&texts.item), Value::from(members));
        Value::from(context)
    }
}

fn pairs(members: &Object) -> Value {
    Value::array(members.iter().map(|(name, value)| {
        Value::object([("Key", Value::String(Arc::clone(name))), ("Value", value.clone())])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value {
        Value::parse(text).expect("the test's JSON")
    }

    #[test]
    fn members_of_an_object_are_items_of_a_distributed_map_only() {
        let object = parse(r#"{"a":1,"b":{"x":2}}"#);
        let items = Items::among(object.clone(), ProcessorMode::Distributed).expect("items");
        let pairs = r#"[{"Key":"a","Value":1},{"Key":"b","Value":{"x":2}}]"#;
        assert_eq!(items.values.to_string(), pairs);
        assert_eq!(
            items.context(1).to_string(),
            r#"{"Item":{"Index":1,"Key":"b","Value":{"x":2},"Source":"STATE_DATA"}}"#
        );
        assert_eq!(Items::among(object.clone(), ProcessorMode::Inline).err(), Some(object));
        assert!(Items::among(parse("1"), ProcessorMode::Distributed).is_err());
    }

    #[test]
    fn each_item_knows_its_file() {
        let mut items = Items::of(parse("[1,2,3]"));
        assert_eq!(items.source(2), None);
        items.sources = vec![(0, Some("s3://b/one".into())), (2, Some("s3://b/two".into()))];
        let sources: Vec<_> = (0..3).filter_map(|it| items.source(it)).collect();
        assert_eq!(sources, ["s3://b/one".into(), "s3://b/one".into(), "s3://b/two".into()]);
        assert_eq!((items.size(0), items.total()), (1, 3));
        items.sizes = Some(vec![2, 2, 1]);
        assert_eq!((items.size(2), items.total()), (1, 5));
    }
}
