//! An order for so many level runs between two rows that they cannot be weighed against each other: only what must be above what is
//! kept, and otherwise a rule of thumb that keeps the lines of one state apart.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::tracks::Run;

/// The runs, those of one piece from the top, and their order from the top.
pub(super) fn ordered(
    runs: Vec<Run>,
    near: i32,
    verticals: &[i32],
    lanes_from: i32,
) -> (Vec<Run>, Vec<usize>) {
    let count = runs.len();
    let mut crowd = Crowd::new(runs, near);
    let mut columns = Columns::between(verticals, near, lanes_from);
    // What a run comes from above at, before it was led around.
    let whole: Vec<i32> = crowd.runs.iter().map(|run| run.top).collect();
    let mut waiting: Vec<usize> = (0..count).map(|run| crowd.above(run).count()).collect();
    let mut ready: BinaryHeap<_> = (0..count)
        .filter(|&run| waiting[run] == 0)
        .map(|run| (Reverse(thumb(&crowd.runs[run])), Reverse(run)))
        .collect();
    let mut done = vec![false; count];
    // The upper half of a run that is led around.
    let mut upper_half: Vec<Option<usize>> = vec![None; count];
    let mut order = Vec::with_capacity(count);
    let mut first_open = 0;
    loop {
        let released = if let Some((_, Reverse(run))) = ready.pop() {
            done[run] = true;
            order.push(run);
            if upper_half[run].is_some() {
                continue;
            }
            run
        } else {
            while first_open < count && done[first_open] {
                first_open += 1;
            }
            if first_open == count {
                break;
            }
            let run = crowd.in_ring(first_open, &done, &upper_half);
            // Each of a ring has to be above the next: one of them goes by a free column. Its upper half is below nothing, its lower
            // half above nothing.
            let Run { piece, top, bottom } = crowd.runs[run];
            let via = columns.take(top.midpoint(bottom));
            crowd.runs[run].top = via;
            upper_half[run] = Some(crowd.runs.len());
            order.push(crowd.runs.len());
            crowd.runs.push(Run { piece, top, bottom: via });
            run
        };
        let below: Vec<usize> = crowd.below(released, whole[released]).collect();
        for below in below {
            waiting[below] -= 1;
            if waiting[below] == 0 {
                ready.push((Reverse(thumb(&crowd.runs[below])), Reverse(below)));
            }
        }
    }
    // Upper halves stand before their lower ones.
    let mut place = vec![0; crowd.runs.len()];
    let mut runs = Vec::with_capacity(crowd.runs.len());
    for (run, upper) in upper_half.into_iter().enumerate() {
        for at in upper.into_iter().chain([run]) {
            place[at] = runs.len();
            runs.push(crowd.runs[at]);
        }
    }
    (runs, order.into_iter().map(|at| place[at]).collect())
}

/// From the top: of the lines that go left the leftmost first, then of those that go right the rightmost.
fn thumb(run: &Run) -> (bool, i32) {
    if run.bottom < run.top { (false, run.top) } else { (true, -run.top) }
}

struct Crowd {
    runs: Vec<Run>,
    near: i32,
    /// By where they come from, and by where they go on; each with the run.
    by_top: Vec<(i32, usize)>,
    by_bottom: Vec<(i32, usize)>,
}

impl Crowd {
    fn new(runs: Vec<Run>, near: i32) -> Self {
        let mut by_top: Vec<_> = runs.iter().enumerate().map(|(at, run)| (run.top, at)).collect();
        let mut by_bottom: Vec<_> =
            runs.iter().enumerate().map(|(at, run)| (run.bottom, at)).collect();
        by_top.sort_unstable();
        by_bottom.sort_unstable();
        Self { runs, near, by_top, by_bottom }
    }

    /// What has to be above a run: what comes from above where the run goes on downwards.
    fn above(&self, run: usize) -> impl Iterator<Item = usize> {
        near_to(&self.by_top, self.runs[run].bottom, self.near).filter(move |&it| it != run)
    }

    /// What has to be below a run that comes from above at `top`.
    fn below(&self, run: usize, top: i32) -> impl Iterator<Item = usize> {
        near_to(&self.by_bottom, top, self.near).filter(move |&it| it != run)
    }

    /// A run that waits for others, in a ring with them if one is near.
    fn in_ring(&self, from: usize, done: &[bool], upper_half: &[Option<usize>]) -> usize {
        /// Any run will do; one of a ring spares others.
        const STEPS: usize = 64;
        let mut at = from;
        for _ in 0..STEPS {
            // What has been led around already holds nobody up.
            let next = self.above(at).find(|&it| !done[it] && upper_half[it].is_none());
            let Some(next) = next else { break };
            at = next;
        }
        at
    }
}

fn near_to(sorted: &[(i32, usize)], x: i32, near: i32) -> impl Iterator<Item = usize> {
    let first = sorted.partition_point(|it| it.0 <= x - near);
    sorted[first..].iter().take_while(move |it| it.0 < x + near).map(|it| it.1)
}

/// Columns where no line stands.
struct Columns {
    free: BTreeSet<i32>,
    /// The next one left of everything.
    left: i32,
    near: i32,
}

impl Columns {
    fn between(verticals: &[i32], near: i32, lanes_from: i32) -> Self {
        let mut free = BTreeSet::new();
        for pair in verticals.windows(2) {
            let mut x = pair[0] + near;
            while x <= pair[1] - near && x < lanes_from {
                free.insert(x);
                x += near;
            }
        }
        Self { free, left: verticals.first().map_or(0, |first| first - near), near }
    }

    fn take(&mut self, wish: i32) -> i32 {
        let right = self.free.range(wish..).next().copied();
        let left = self.free.range(..wish).next_back().copied();
        let nearest = [left, right].into_iter().flatten().min_by_key(|x| x.abs_diff(wish));
        if let Some(x) = nearest {
            self.free.remove(&x);
            return x;
        }
        self.left -= self.near;
        self.left + self.near
    }
}
