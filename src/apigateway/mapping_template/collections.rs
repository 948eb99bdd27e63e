//! The methods of lists, maps and map entries.

use super::TemplateError;
use super::strings::Answer;
use super::value::{Datum, EntryId, Heap, ListId, ListKind, MapId, Members};

pub(super) fn call_list(heap: &mut Heap, id: ListId, method: &str, arguments: &[Datum]) -> Answer {
    let length = heap.list(id).items.len();
    let is_short =
        matches!((method, arguments), ("get" | "size" | "isEmpty" | "set", _) | ("add", [_]));
    if !is_short {
        // These may look at every item or move it, and a loop may call them for every item.
        heap.count_visits(length)?;
    }
    let index = |at: usize| {
        arguments.get(at).and_then(Datum::as_int).and_then(|int| usize::try_from(int).ok())
    };
    let position = |heap: &Heap, item: &Datum| -> Result<Option<usize>, TemplateError> {
        for (at, it) in heap.list(id).items.iter().enumerate() {
            if heap.java_equals(it, item)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    };
    Ok(match (method, arguments) {
        ("size" | "length", []) => Some(length.into()),
        ("isEmpty", []) => Some(Datum::Bool(length == 0)),
        ("toString", []) => Some(heap.text(&Datum::List(id))?.as_ref().into()),
        ("clear", []) => {
            heap.list_mut(id).items.clear();
            Some(Datum::Null)
        }
        ("get", [_]) => index(0).and_then(|at| heap.list(id).items.get(at).cloned()),
        ("contains", [item]) => Some(Datum::Bool(position(heap, item)?.is_some())),
        ("indexOf", [item]) => Some(position(heap, item)?.map_or(Datum::Int(-1), Datum::from)),
        ("equals", [other]) => Some(Datum::Bool(heap.java_equals(&Datum::List(id), other)?)),
        ("add", [item]) => {
            heap.count_items(1)?;
            heap.list_mut(id).items.push(item.clone());
            Some(Datum::Bool(true))
        }
        ("add", [_, item]) => match index(0).filter(|at| *at <= length) {
            Some(at) => {
                heap.count_items(1)?;
                heap.list_mut(id).items.insert(at, item.clone());
                Some(Datum::Null)
            }
            None => None,
        },
        ("addAll", [Datum::List(other)]) => {
            heap.count_items(heap.list(*other).items.len())?;
            let items = heap.list(*other).items.clone();
            let changed = !items.is_empty();
            heap.list_mut(id).items.extend(items);
            Some(Datum::Bool(changed))
        }
        ("set", [_, item]) => index(0).filter(|at| *at < length).map(|at| {
            let slot = &mut heap.list_mut(id).items[at];
            std::mem::replace(slot, item.clone())
        }),
        // `remove(int)` takes a place, `remove(Object)` an item.
        ("remove", [Datum::Int(_)]) => {
            index(0).filter(|at| *at < length).map(|at| heap.list_mut(id).items.remove(at))
        }
        ("remove", [item]) => {
            let found = position(heap, item)?;
            if let Some(at) = found {
                heap.list_mut(id).items.remove(at);
            }
            Some(Datum::Bool(found.is_some()))
        }
        ("containsAll", [Datum::List(other)]) => {
            let mut all = true;
            for item in &heap.list(*other).items {
                heap.count_visits(1)?;
                all = position(heap, item)?.is_some();
                if !all {
                    break;
                }
            }
            Some(Datum::Bool(all))
        }
        ("subList", [_, _]) => {
            match index(0).zip(index(1)).and_then(|(from, to)| heap.list(id).items.get(from..to)) {
                Some(part) => {
                    let (kind, part) = (heap.list(id).kind, part.to_vec());
                    Some(heap.new_list(kind, part)?)
                }
                None => None,
            }
        }
        _ => None,
    })
}

pub(super) fn call_map(heap: &mut Heap, id: MapId, method: &str, arguments: &[Datum]) -> Answer {
    let by_name =
        matches!(method, "get" | "getOrDefault" | "containsKey" | "put" | "putIfAbsent" | "remove");
    let name = match arguments.first() {
        Some(first) if by_name => Some(heap.name(first)?),
        Some(_) | None => None,
    };
    if !by_name && !matches!(method, "size" | "isEmpty") || method == "remove" {
        heap.count_visits(heap.map(id).len())?;
    }
    let found = name.as_ref().and_then(|name| heap.map(id).get(name).cloned());
    Ok(match (method, name, arguments) {
        ("size", None, []) => Some(heap.map(id).len().into()),
        ("isEmpty", None, []) => Some(Datum::Bool(heap.map(id).is_empty())),
        ("toString", None, []) => Some(heap.text(&Datum::Map(id))?.as_ref().into()),
        ("keySet", None, []) => {
            let names = heap.map(id).keys().map(|name| Datum::Text(name.clone())).collect();
            Some(heap.new_list(ListKind::Java, names)?)
        }
        ("values", None, []) => {
            let values = heap.map(id).values().cloned().collect();
            Some(heap.new_list(ListKind::Java, values)?)
        }
        ("entrySet", None, []) => {
            let members: Vec<_> =
                heap.map(id).iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let mut entries = Vec::with_capacity(members.len());
            for (name, value) in members {
                entries.push(heap.new_entry(name, value)?);
            }
            Some(heap.new_list(ListKind::Java, entries)?)
        }
        ("clear", None, []) => {
            heap.map_mut(id).clear();
            Some(Datum::Null)
        }
        ("get", Some(_), [_]) => Some(found.unwrap_or(Datum::Null)),
        ("getOrDefault", Some(_), [_, default]) => Some(found.unwrap_or_else(|| default.clone())),
        ("containsKey", Some(_), [_]) => Some(Datum::Bool(found.is_some())),
        ("containsValue", None, [value]) => {
            let mut any = false;
            for it in heap.map(id).values() {
                any = any || heap.java_equals(it, value)?;
            }
            Some(Datum::Bool(any))
        }
        ("equals", None, [other]) => Some(Datum::Bool(heap.java_equals(&Datum::Map(id), other)?)),
        ("put", Some(name), [_, value]) => {
            Some(heap.put(id, name, value.clone())?.unwrap_or(Datum::Null))
        }
        ("putIfAbsent", Some(name), [_, value]) => match found {
            Some(Datum::Null) | None => {
                heap.put(id, name, value.clone())?;
                Some(Datum::Null)
            }
            Some(old) => Some(old),
        },
        ("putAll", None, [Datum::Map(other)]) => {
            heap.count_items(heap.map(*other).len())?;
            for name in heap.map(*other).keys() {
                heap.count_work(name.len())?;
            }
            let members: Members = heap.map(*other).clone();
            heap.map_mut(id).extend(members);
            Some(Datum::Null)
        }
        ("remove", Some(name), [_]) => {
            Some(heap.map_mut(id).shift_remove(&name).unwrap_or(Datum::Null))
        }
        _ => None,
    })
}

/// A map's `Entry`.
pub(super) fn call_entry(heap: &Heap, id: EntryId, method: &str) -> Answer {
    let (name, value) = heap.entry(id);
    Ok(match method {
        "getKey" => Some(Datum::Text(name.clone())),
        "getValue" => Some(value.clone()),
        "toString" => Some(heap.text(&Datum::Entry(id))?.as_ref().into()),
        _ => None,
    })
}
