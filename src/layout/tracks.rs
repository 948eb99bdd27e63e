//! Tracks between two rows: every level run of a line gets a height at which nothing else runs, in an order with few crossings.

use std::ops::Range;

use super::crowd;
use super::ports::Ports;

/// Level runs and their tracks, counted from the top.
pub(super) struct Tracks {
    pub(super) count: i32,
    /// Piece, track, from x, to x.
    pub(super) runs: Vec<(u32, i32, i32, i32)>,
}

/// One horizontal run to be put in a track.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) piece: u32,
    /// Where it comes from above.
    pub(super) top: i32,
    /// Where it goes on downwards.
    pub(super) bottom: i32,
}

impl Run {
    pub(super) fn left(&self) -> i32 {
        self.top.min(self.bottom)
    }
    fn right(&self) -> i32 {
        self.top.max(self.bottom)
    }
}

/// More runs than this in one gap are ordered by a rule of thumb: weighing each against each would take too long.
const WEIGHED: usize = 400;
/// So often a run of a ring is led around the others before the rule of thumb takes over.
const RINGS: usize = 40;

/// `lanes_from`: from this x on no run may turn down that does not belong there.
pub(super) fn tracks(pieces: &[u32], ports: &Ports, gap: i32, lanes_from: i32) -> Tracks {
    let near = (gap / 2).max(2);
    let runs: Vec<Run> = pieces
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
    let (runs, order) = weighed(&runs, near, &verticals, lanes_from)
        .unwrap_or_else(|| crowd::ordered(runs, near, &verticals, lanes_from));
    let track = levels(&runs, &order, near);
    Tracks {
        count: track.iter().copied().max().map_or(0, |t| t + 1),
        runs: runs
            .iter()
            .zip(&track)
            .map(|(run, &track)| (run.piece, track, run.top, run.bottom))
            .collect(),
    }
}

/// The runs, and their order from the top with the fewest crossings that can be had. `None` where there are too many.
fn weighed(
    runs: &[Run],
    near: i32,
    verticals: &[i32],
    lanes_from: i32,
) -> Option<(Vec<Run>, Vec<usize>)> {
    if runs.len() > WEIGHED {
        return None;
    }
    let (mut runs, mut verticals) = (runs.to_vec(), verticals.to_vec());
    for _ in 0..RINGS {
        match Precedence::new(&runs, near).order() {
            Ok(order) => return Some((runs, order)),
            Err(stuck) => {
                // Each of a ring has to be above the next: one of them goes by a free column in between.
                let run = runs[stuck];
                let via = free_column(&mut verticals, run, near, lanes_from);
                runs[stuck].bottom = via;
                runs.insert(stuck + 1, Run { piece: run.piece, top: via, bottom: run.bottom });
            }
        }
    }
    None
}

/// The track of each run: the highest that is free below all earlier ones that it would meet.
fn levels(runs: &[Run], order: &[usize], near: i32) -> Vec<i32> {
    let mut ends: Vec<i32> = runs.iter().flat_map(|run| [run.left(), run.right() + near]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut lowest = Lowest::new(ends.len());
    let mut track = vec![0; runs.len()];
    for &run in order {
        let (left, right) = (runs[run].left(), runs[run].right() + near);
        let span = ends.partition_point(|&x| x < left)..ends.partition_point(|&x| x <= right);
        track[run] = lowest.within(span.clone()) + 1;
        lowest.raise(span, track[run]);
    }
    track
}

/// The lowest track that is taken over each stretch, as a tree of stretches.
struct Lowest {
    leaves: usize,
    /// Of anything that begins or ends within the stretch of a node.
    within: Vec<i32>,
    /// Of what covers all of it.
    over: Vec<i32>,
}

impl Lowest {
    fn new(count: usize) -> Self {
        let leaves = count.next_power_of_two();
        Self { leaves, within: vec![-1; leaves * 2], over: vec![-1; leaves * 2] }
    }

    fn within(&self, span: Range<usize>) -> i32 {
        let mut least = -1;
        self.visit(1, 0..self.leaves, &span, &mut |node, covered| {
            least = least.max(if covered { self.within[node] } else { self.over[node] });
        });
        least
    }

    fn raise(&mut self, span: Range<usize>, track: i32) {
        let mut met = Vec::new();
        self.visit(1, 0..self.leaves, &span, &mut |node, covered| met.push((node, covered)));
        for (node, covered) in met {
            self.within[node] = self.within[node].max(track);
            if covered {
                self.over[node] = self.over[node].max(track);
            }
        }
    }

    /// The nodes that together are a span (covered), and those above them. At most 2 levels per power of two.
    fn visit(
        &self,
        node: usize,
        stretch: Range<usize>,
        span: &Range<usize>,
        see: &mut dyn FnMut(usize, bool),
    ) {
        if stretch.end <= span.start || span.end <= stretch.start {
            return;
        }
        let covered = span.start <= stretch.start && stretch.end <= span.end;
        see(node, covered);
        if !covered {
            let middle = stretch.start.midpoint(stretch.end);
            self.visit(node * 2, stretch.start..middle, span, see);
            self.visit(node * 2 + 1, middle..stretch.end, span, see);
        }
    }
}

/// A column near the run where no line stands.
fn free_column(verticals: &mut Vec<i32>, run: Run, near: i32, lanes_from: i32) -> i32 {
    let start = (run.top + run.bottom) / 2;
    let mut step = 0;
    loop {
        for x in [start + step, start - step] {
            let at = verticals.partition_point(|&v| v <= x - near);
            if x < lanes_from && verticals.get(at).is_none_or(|&v| v >= x + near) {
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
