//! What the templates of a project may cost: a few lines can refer to each other so that they stand for gigabytes.

use std::cell::Cell;
use std::rc::Rc;

/// Nodes that the templates of a project may resolve to, so that mappings of mappings end.
const MAX_STEPS: u32 = 2_000_000;
/// Bytes that references may put into the texts of a project.
const MAX_FILLED: usize = 32 * 1024 * 1024;

/// What the templates of a project may still cost; clones share it.
#[derive(Clone, Debug)]
pub(in crate::project) struct Budget(Rc<(Cell<u32>, Cell<usize>)>);

impl Default for Budget {
    fn default() -> Self {
        Self(Rc::new((Cell::new(MAX_STEPS), Cell::new(MAX_FILLED))))
    }
}

impl Budget {
    /// Whether one more node may be resolved.
    pub(super) fn step(&self) -> bool {
        let left = self.0.0.get();
        self.0.0.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether a text may be put into another.
    pub(super) fn fill(&self, text: &str) -> bool {
        let left = self.0.1.get();
        self.0.1.set(left.saturating_sub(text.len()));
        left >= text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_spend_from_one_purse() {
        let one = Budget::default();
        let other = one.clone();
        let half = "x".repeat(MAX_FILLED / 2);
        assert!(one.fill(&half) && other.fill(&half) && !one.fill("x"));
        assert!(one.fill(""), "nothing costs nothing");
        assert!((0..MAX_STEPS).all(|_| one.step()) && !other.step());
    }
}
