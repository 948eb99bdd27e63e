//! How much work a layout may cost: counted, never timed, so that a layout is the same on every machine.
//!
//! A definition has at most 1 MiB, and what AWS accepts must be drawn within about two seconds. Graphs that anybody can read need a
//! hundredth of this, so they are drawn as well as we can; those that nobody can read are only drawn.

/// Steps for a whole graph; one costs some nanoseconds.
const TOTAL: Allowance = Allowance {
    rank: 120_000_000,
    order: 200_000_000,
    insert: 60_000_000,
    place: 100_000_000,
    passes: 60_000,
};
/// Every scope may have this many points where edges pass rows.
const LEAST_PASSES: i64 = 2_000;

/// What the steps of drawing one scope may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) rank: i64,
    pub(super) order: i64,
    pub(super) insert: i64,
    pub(super) place: i64,
    /// Points where edges pass rows; edges that would take more go around the scope.
    pub(super) passes: i64,
}

impl Allowance {
    /// The share of a scope of this size in a graph of that size.
    pub(super) fn share(size: usize, of: usize) -> Self {
        let part = |total: i64| total * size as i64 / of.max(1) as i64;
        Self {
            rank: part(TOTAL.rank),
            order: part(TOTAL.order),
            insert: part(TOTAL.insert),
            place: part(TOTAL.place),
            passes: part(TOTAL.passes).max(LEAST_PASSES),
        }
    }
}
