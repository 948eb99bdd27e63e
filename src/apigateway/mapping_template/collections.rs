//! The methods of lists, maps and map entries.

use std::sync::Arc;

use super::strings::Answer;
use super::value::{Datum, Heap, ListId, ListKind, MapId, Members};

pub(super) fn call_list(heap: &mut Heap, id: ListId, method: &str, arguments: &[Datum]) -> Answer {
    let length = heap.list(id).items.len();
    if !matches!(method, "get" | "size" | "isEmpty" | "set" | "add") {
        // These may look at every item, and a loop may call them for every item.
        heap.count_text(length)?;
    }
    let index = |at: usize| {
        arguments.get(at).and_then(Datum::as_int).and_then(|int| usize::try_from(int).ok())
    };
    let position = |heap: &Heap, item: &Datum| {
        heap.list(id).items.iter().position(|it| heap.java_equals(it, item))
    };
    Ok(match (method, arguments) {
        ("size" | "length", []) => Some(length.into()),
        ("isEmpty", []) => Some(Datum::Bool(length == 0)),
        ("toString", []) => Some(heap.text(&Datum::List(id))?.into()),
        ("clear", []) => {
            heap.list_mut(id).items.clear();
            Some(Datum::Null)
        }
        ("get", [_]) => index(0).and_then(|at| heap.list(id).items.get(at).cloned()),
        ("contains", [item]) => Some(Datum::Bool(position(heap, item).is_some())),
        ("indexOf", [item]) => Some(position(heap, item).map_or(Datum::Int(-1), Datum::from)),
        ("equals", [other]) => Some(Datum::Bool(heap.java_equals(&Datum::List(id), other))),
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
            let items = heap.list(*other).items.clone();
            heap.count_items(items.len())?;
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
            let found = position(heap, item);
            if let Some(at) = found {
                heap.list_mut(id).items.remove(at);
            }
            Some(Datum::Bool(found.is_some()))
        }
        ("containsAll", [Datum::List(other)]) => {
            let others = heap.list(*other).items.clone();
            heap.count_text(others.len().saturating_mul(length))?;
            Some(Datum::Bool(others.iter().all(|item| position(heap, item).is_some())))
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
    let name = match arguments.first() {
        Some(first) => Some(Arc::<str>::from(heap.text(first)?)),
        None => None,
    };
    let found = name.as_ref().and_then(|name| heap.map(id).get(name).cloned());
    Ok(match (method, name, arguments) {
        ("size", None, _) => Some(heap.map(id).len().into()),
        ("isEmpty", None, _) => Some(Datum::Bool(heap.map(id).is_empty())),
        ("toString", None, _) => Some(heap.text(&Datum::Map(id))?.into()),
        ("keySet", None, _) => {
            let names = heap.map(id).keys().map(|name| Datum::Text(name.clone())).collect();
            Some(heap.new_list(ListKind::Java, names)?)
        }
        ("values", None, _) => {
            let values = heap.map(id).values().cloned().collect();
            Some(heap.new_list(ListKind::Java, values)?)
        }
        ("entrySet", None, _) => {
            let entries = heap.map(id).iter();
            let entries = entries
                .map(|(name, value)| Datum::Entry(name.clone(), Box::new(value.clone())))
                .collect();
            Some(heap.new_list(ListKind::Java, entries)?)
        }
        ("clear", None, _) => {
            heap.map_mut(id).clear();
            Some(Datum::Null)
        }
        ("get", Some(_), [_]) => Some(found.unwrap_or(Datum::Null)),
        ("getOrDefault", Some(_), [_, default]) => Some(found.unwrap_or_else(|| default.clone())),
        ("containsKey", Some(_), [_]) => Some(Datum::Bool(found.is_some())),
        ("containsValue", Some(_), [value]) => {
            Some(Datum::Bool(heap.map(id).values().any(|it| heap.java_equals(it, value))))
        }
        ("equals", Some(_), [other]) => Some(Datum::Bool(heap.java_equals(&Datum::Map(id), other))),
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
        ("putAll", Some(_), [Datum::Map(other)]) => {
            let members: Members = heap.map(*other).clone();
            heap.count_items(members.len())?;
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
pub(super) fn call_entry(heap: &Heap, name: &Arc<str>, value: &Datum, method: &str) -> Answer {
    Ok(match method {
        "getKey" => Some(Datum::Text(name.clone())),
        "getValue" => Some(value.clone()),
        "toString" => Some(heap.text(&Datum::Entry(name.clone(), Box::new(value.clone())))?.into()),
        _ => None,
    })
}
