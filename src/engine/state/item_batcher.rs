//! `ItemBatcher`: items that one child execution gets together.

use super::Items;
use crate::asl::{Map, ProcessorMode, Template};
use crate::engine::dataflow::{as_integer, plain};
use crate::engine::failure::Failure;
use crate::engine::limits::{MAX_PAYLOAD_BYTES, exceeds_payload_limit, size_within};
use crate::engine::machine::{Here, Machine, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::Thread;
use crate::json::{Object, Value};

impl Machine {
    /// `ItemBatcher`: items gathered up to a count and a size, with `BatchInput` beside them.
    pub(super) fn batches(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        batcher: &Template,
        items: &Items,
    ) -> Result<Items, Failure> {
        let settings = if is_jsonata(here.state) {
            self.jsonata(thread, here, batcher, "ItemBatcher", None, None)?
        } else {
            let effective = thread.visit.effective.clone();
            self.template(thread, here, batcher, &effective)?
        };
        let most_items =
            self.batch_limit(thread, here, &settings, "MaxItemsPerBatch")?.unwrap_or(u64::MAX);
        // A batch is an input like any other, so it can never be longer than one may be, whatever it is allowed.
        let longest = MAX_PAYLOAD_BYTES as u64;
        let most_bytes = self
            .batch_limit(thread, here, &settings, "MaxInputBytesPerBatch")?
            .map_or(longest, |it| it.min(longest));
        let around = match settings.get("BatchInput") {
            Some(extra) => r#"{"BatchInput":,"Items":[]}"#.len() + extra.to_string().len(),
            None => r#"{"Items":[]}"#.len(),
        } as u64;
        let mut batches = Vec::new();
        let mut batch: Vec<Value> = Vec::new();
        // A batch comes from where its first item does.
        let mut sources = Vec::new();
        let mut bytes = around;
        for (at, item) in items.values.as_array().into_iter().flatten().enumerate() {
            let item = match &map.item_selector {
                None => item.clone(),
                Some(template) => {
                    self.select_item(turn, thread, here, template, &items.context(at))?
                }
            };
            let size = size_within(&item, usize::MAX).map_or(longest, |it| it.text_bytes as u64);
            let comma = u64::from(!batch.is_empty());
            let full = batch.len() as u64 >= most_items || bytes + comma + size > most_bytes;
            if full && !batch.is_empty() {
                batches.push(std::mem::take(&mut batch));
                bytes = around;
            }
            if batch.is_empty() {
                sources.push((batches.len(), items.source(at)));
            }
            bytes += size + u64::from(!batch.is_empty());
            batch.push(item);
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        let sizes = batches.iter().map(|it| it.len() as u64).collect();
        let batches = Value::array(batches.into_iter().map(|items| {
            let mut input = Object::with_capacity(2);
            if let Some(extra) = settings.get("BatchInput") {
                input.insert("BatchInput".into(), extra.clone());
            }
            input.insert("Items".into(), Value::from(items));
            Value::from(input)
        }));
        match batches.as_array().into_iter().flatten().find(|it| exceeds_payload_limit(it)) {
            Some(_) => Err(Failure::data_limit(&here.meta.name)),
            None => Ok(Items { values: batches, are_pairs: false, sources, sizes: Some(sizes) }),
        }
    }

    /// A literal number of the batcher, or the one that its `…Path` names. The specification wants it positive, so what is not
    /// fails the state rather than meaning no limit.
    fn batch_limit(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        settings: &Value,
        name: &str,
    ) -> Result<Option<u64>, Failure> {
        let limit = match (settings.get(name), settings.get(&format!("{name}Path"))) {
            (Some(value), _) => as_integer(value).ok_or_else(|| {
                let cause = format!(
                    "The {name} field refers to value \"{}\" which is not a valid integer",
                    plain(value)
                );
                self.runtime_failure(thread, here, &cause)
            })?,
            (None, Some(Value::String(path))) => {
                self.integer_at(thread, here, path, &format!("{name}Path"))?
            }
            (None, Some(_) | None) => return Ok(None),
        };
        match u64::try_from(limit) {
            Ok(limit @ 1..) => Ok(Some(limit)),
            Ok(_) | Err(_) => {
                let cause = format!("field {name} must be positive");
                Err(self.runtime_failure(thread, here, &cause))
            }
        }
    }
}

/// The batcher of a distributed Map. An inline one hands out single items, whatever it says: AWS documents the field for
/// distributed Maps only, and the validator says so.
pub(super) fn batcher_of(map: &Map) -> Option<&Template> {
    map.item_batcher.as_ref().filter(|_| map.processor.mode == ProcessorMode::Distributed)
}
