//! A sorted map whose copies share what is equal: a copy costs little, and a change to it copies only what is near.
//!
//! A history has as many moments as events, and a machine may have thousands of states. So the moments that are kept share the
//! entries that did not change between them.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// Entries of a piece. Few, because a change copies one piece.
const MOST: usize = 16;

type Piece<K, V> = Arc<Vec<(K, V)>>;

/// Keys in ascending order, each once.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    /// None of them is empty; all keys of one are less than those of the next.
    pieces: Vec<Piece<K, V>>,
    len: usize,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<K, V> SharedMap<K, V> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this is a copy of the other in which nothing has changed since; told from the sharing alone, so it is quick and may say
    /// no of equal maps.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        let shared = |(one, two): (&Piece<K, V>, &Piece<K, V>)| Arc::ptr_eq(one, two);
        self.pieces.len() == other.pieces.len() && self.pieces.iter().zip(&other.pieces).all(shared)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + Clone {
        self.pieces.iter().flat_map(|piece| piece.iter()).map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// The piece that holds a key, or would, and its place in there.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        let after = self
            .pieces
            .partition_point(|piece| piece.first().is_some_and(|(first, _)| first.borrow() <= key));
        let piece = after.saturating_sub(1);
        let entries = self.pieces.get(piece).map_or(&[][..], |piece| piece.as_slice());
        (piece, entries.binary_search_by(|(it, _)| it.borrow().cmp(key)))
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (piece, place) = self.find(key);
        self.pieces.get(piece)?.get(place.ok()?).map(|(_, value)| value)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (piece, place) = self.find(key);
        let place = place.ok()?;
        Arc::make_mut(self.pieces.get_mut(piece)?).get_mut(place).map(|(_, value)| value)
    }

    /// The value before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (piece, place) = self.find(&key);
        match place {
            Ok(place) => {
                let entry = Arc::make_mut(self.pieces.get_mut(piece)?).get_mut(place)?;
                Some(std::mem::replace(&mut entry.1, value))
            }
            Err(place) => {
                self.insert_at(piece, place, (key, value));
                None
            }
        }
    }

    /// The value of a key, which is there from now on.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let (mut piece, place) = self.find(&key);
        let place = match place {
            Ok(place) => place,
            Err(place) => {
                let at = self.insert_at(piece, place, (key, V::default()));
                piece = at.0;
                at.1
            }
        };
        &mut Arc::make_mut(&mut self.pieces[piece])[place].1
    }

    /// Where it now is.
    fn insert_at(&mut self, piece: usize, place: usize, entry: (K, V)) -> (usize, usize) {
        self.len += 1;
        let Some(entries) = self.pieces.get_mut(piece) else {
            self.pieces.push(Arc::new(vec![entry]));
            return (self.pieces.len() - 1, 0);
        };
        let entries = Arc::make_mut(entries);
        if entries.len() < MOST {
            entries.insert(place, entry);
            return (piece, place);
        }
        // Keys often come in ascending order: then the left piece stays full.
        let cut = if place == MOST { MOST } else { MOST / 2 };
        let mut right = entries.split_off(cut);
        let at = if place >= cut {
            right.insert(place - cut, entry);
            (piece + 1, place - cut)
        } else {
            entries.insert(place, entry);
            (piece, place)
        };
        self.pieces.insert(piece + 1, Arc::new(right));
        at
    }

    /// The entries from a key on.
    pub fn from<Q: Ord + ?Sized>(&self, key: &Q) -> impl Iterator<Item = (&K, &V)> + Clone
    where
        K: Borrow<Q>,
    {
        let (piece, place) = self.find(key);
        let skip = place.unwrap_or_else(|place| place);
        let pieces = self.pieces.get(piece..).unwrap_or_default();
        pieces.iter().flat_map(|piece| piece.iter()).skip(skip).map(|(key, value)| (key, value))
    }
}

impl<K: Ord + Clone + Borrow<Q>, V: Clone, Q: Ord + ?Sized> Index<&Q> for SharedMap<K, V> {
    type Output = V;
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("an index names a key that is there")
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_does_what_a_sorted_map_does_and_copies_keep_what_they_had(
            changes in prop::collection::vec((0..200_u32, 0..5_u32, prop::bool::weighted(0.05)), 0..600),
        ) {
            let mut map = SharedMap::default();
            let mut model = BTreeMap::new();
            let mut copies = Vec::new();
            for (key, value, copy) in changes {
                match value {
                    0 => prop_assert_eq!(map.get_mut(&key).map(|it: &mut u32| std::mem::replace(it, 77)), model.get_mut(&key).map(|it: &mut u32| std::mem::replace(it, 77))),
                    1 => {
                        *map.or_default(key) += 1;
                        *model.entry(key).or_default() += 1;
                    }
                    _ => prop_assert_eq!(map.insert(key, value), model.insert(key, value)),
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert!(map.from(&key).eq(model.range(key..)));
                prop_assert!(map.is_copy_of(&map.clone()));
                if copy {
                    copies.push((map.clone(), model.clone()));
                }
            }
            copies.push((map, model));
            for (map, model) in copies {
                let mut changed = map.clone();
                changed.insert(1_000, 9);
                prop_assert!(!changed.is_copy_of(&map));
                prop_assert!(map.iter().eq(model.iter()));
                prop_assert_eq!(map.len(), model.len());
                prop_assert!(map.keys().eq(model.keys()));
            }
        }
    }
}
