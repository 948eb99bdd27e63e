//! Tracks between two rows: every level run of a line gets a height at which nothing else runs, in an order with few crossings.

use super::ports::Ports;

/// Level runs and their tracks, counted from the top.
pub(super) struct Tracks {
    pub(super) count: i32,
    /// Piece, track, from x, to x.
    pub(super) runs: Vec<(u32, i32, i32, i32)>,
}

/// One horizontal run to be put in a track.
#[derive(Clone, Copy)]
struct Run {
    piece: u32,
    top: i32,
    bottom: i32,
}

impl Run {
    fn left(&self) -> i32 {
        self.top.min(self.bottom)
    }
    fn right(&self) -> i32 {
        self.top.max(self.bottom)
    }
}

pub(super) fn tracks(pieces: &[u32], ports: &Ports, gap: i32) -> Tracks {
    let near = (gap / 2).max(2);
    let mut runs: Vec<Run> = pieces
        .iter()
        .map(|&piece| Run {
            piece,
            top: ports.upper[piece as usize],
            bottom: ports.lower[piece as usize],
        })
        .filter(|run| run.top != run.bottom)
        .collect();
    if runs.is_empty() {
        return Tracks { count: 0, runs: Vec::new() };
    }
    // Every x at which a vertical line stands in this gap.
    let mut verticals: Vec<i32> =
        pieces.iter().flat_map(|&p| [ports.upper[p as usize], ports.lower[p as usize]]).collect();
    verticals.sort_unstable();
    let order = loop {
        match Precedence::new(&runs, near).order() {
            Ok(order) => break order,
            Err(stuck) => {
                // Each of a ring has to be above the next: one of them goes by a free column in between.
                let run = runs[stuck];
                let via = free_column(&mut verticals, run, near);
                runs[stuck].bottom = via;
                runs.insert(stuck + 1, Run { piece: run.piece, top: via, bottom: run.bottom });
            }
        }
    };
    let mut track = vec![0; runs.len()];
    for (at, &run) in order.iter().enumerate() {
        let mut least = 0;
        for &earlier in &order[..at] {
            if runs[earlier].left() <= runs[run].right() + near
                && runs[run].left() <= runs[earlier].right() + near
            {
                least = least.max(track[earlier] + 1);
            }
        }
        track[run] = least;
    }
    Tracks {
        count: track.iter().copied().max().map_or(0, |t| t + 1),
        runs: runs
            .iter()
            .zip(&track)
            .map(|(run, &track)| (run.piece, track, run.top, run.bottom))
            .collect(),
    }
}

/// A column near the run where no line stands.
fn free_column(verticals: &mut Vec<i32>, run: Run, near: i32) -> i32 {
    let start = (run.top + run.bottom) / 2;
    let mut step = 0;
    loop {
        for x in [start + step, start - step] {
            let at = verticals.partition_point(|&v| v <= x - near);
            if verticals.get(at).is_none_or(|&v| v >= x + near) {
                verticals.insert(at, x);
                return x;
            }
        }
        step += 1;
    }
}

/// Which runs have to be above which, and which should.
struct Precedence {
    /// `below[a]`: runs that should be below `a`, with a weight; `MUST` is no wish.
    below: Vec<Vec<(u32, i32)>>,
    above: Vec<Vec<(u32, i32)>>,
    count: usize,
}

const MUST: i32 = 1000;

impl Precedence {
    fn new(runs: &[Run], near: i32) -> Self {
        let count = runs.len();
        let mut below = vec![Vec::new(); count];
        let mut above = vec![Vec::new(); count];
        let mut by_left: Vec<u32> = (0..count as u32).collect();
        by_left.sort_by_key(|&r| runs[r as usize].left());
        let mut prefer = |upper: u32, lower: u32, weight: i32| {
            below[upper as usize].push((lower, weight));
            above[lower as usize].push((upper, weight));
        };
        for (at, &a) in by_left.iter().enumerate() {
            let run = runs[a as usize];
            for &b in &by_left[at + 1..] {
                let other = runs[b as usize];
                if other.left() > run.right() + near {
                    break;
                }
                if run.piece == other.piece {
                    prefer(a.min(b), a.max(b), MUST);
                    continue;
                }
                // where one goes on downwards from, the other must not come from above later
                let (a_first, b_first) =
                    ((run.top - other.bottom).abs() < near, (other.top - run.bottom).abs() < near);
                if a_first {
                    prefer(a, b, MUST);
                }
                if b_first {
                    prefer(b, a, MUST);
                }
                if !a_first && !b_first {
                    let (a_above, b_above) = (crossings(&run, &other), crossings(&other, &run));
                    if a_above < b_above {
                        prefer(a, b, b_above - a_above);
                    } else if b_above < a_above {
                        prefer(b, a, a_above - b_above);
                    }
                }
            }
        }
        Self { below, above, count }
    }

    /// From the top down. Wishes that contradict each other are dropped, the lightest first; rings of musts are an error, told by one
    /// of their runs.
    fn order(&self) -> Result<Vec<usize>, usize> {
        let mut must = vec![0; self.count];
        let mut wish = vec![0; self.count];
        let mut wished_above = vec![0; self.count];
        for (a, list) in self.below.iter().enumerate() {
            for &(b, weight) in list {
                if weight >= MUST {
                    must[b as usize] += 1;
                } else {
                    wish[b as usize] += weight;
                    wished_above[b as usize] += 1;
                    wish[a] -= weight;
                }
            }
        }
        let mut done = vec![false; self.count];
        let mut order = Vec::with_capacity(self.count);
        while order.len() < self.count {
            // first what nothing wants to be above of, then what loses least (Eades, Lin and Smyth 1993)
            let next = (0..self.count)
                .filter(|&r| !done[r] && must[r] == 0)
                .min_by_key(|&r| (wished_above[r] > 0, wish[r], r));
            let Some(next) = next else {
                return Err((0..self.count)
                    .find(|&r| !done[r] && self.in_ring(r, &done))
                    .unwrap_or(0));
            };
            done[next] = true;
            order.push(next);
            for &(b, weight) in &self.below[next] {
                if weight >= MUST {
                    must[b as usize] -= 1;
                } else {
                    wish[b as usize] -= weight;
                    wished_above[b as usize] -= 1;
                }
            }
            // what wished to be above the chosen one has lost
            for &(a, weight) in &self.above[next] {
                if weight < MUST {
                    wish[a as usize] += weight;
                }
            }
        }
        Ok(order)
    }

    fn in_ring(&self, run: usize, done: &[bool]) -> bool {
        let mut seen = vec![false; self.count];
        let mut stack = vec![run];
        while let Some(at) = stack.pop() {
            for &(b, weight) in &self.below[at] {
                let b = b as usize;
                if weight >= MUST && !done[b] {
                    if b == run {
                        return true;
                    }
                    if !std::mem::replace(&mut seen[b], true) {
                        stack.push(b);
                    }
                }
            }
        }
        false
    }
}

/// How often the two cross when `a` runs above `b`: `a` goes on downwards at its bottom, `b` comes from above at its top.
fn crossings(a: &Run, b: &Run) -> i32 {
    let within = |x: i32, run: &Run| run.left() < x && x < run.right();
    i32::from(within(a.bottom, b)) + i32::from(within(b.top, a))
}
