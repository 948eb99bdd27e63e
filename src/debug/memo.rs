//! The last answer to a question that is asked again and again.

use std::sync::{Mutex, PoisonError};

/// Keeps one answer and what it was the answer to. A copy begins empty.
#[derive(Debug)]
pub(super) struct Memo<K, T>(Mutex<Option<(K, T)>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<K, T> Clone for Memo<K, T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K: PartialEq, T: Clone> Memo<K, T> {
    /// The answer for this key, found anew when the last one was for another.
    pub(super) fn get_or(&self, key: K, find: impl FnOnce() -> T) -> T {
        // What a panic left behind is a whole answer or none.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((of, answer)) if *of == key => answer.clone(),
            Some(_) | None => {
                let answer = find();
                *known = Some((key, answer.clone()));
                answer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_once_for_a_key() {
        let memo = Memo::default();
        assert_eq!(memo.get_or(1, || "one"), "one");
        assert_eq!(memo.get_or(1, || "not asked"), "one");
        assert_eq!(memo.get_or(2, || "two"), "two");
        assert_eq!(memo.clone().get_or(2, || "a copy begins empty"), "a copy begins empty");
    }
}
