//! Takes a node and all its edges out of the rows and puts them in again where they cross least.
//!
//! Where a long edge crosses least is a shortest path through the gaps between the points of each row; for a node, the costs of its
//! edges add up, gap by gap. That finds what exchanging neighbours cannot: a node and its edges that have to move together.

use super::layered::Layered;
use super::order::{Neighbours, Sweeper};

/// Place of a point that is taken out.
const OUT: u32 = u32::MAX;

/// An edge as the points it passes.
struct Chain {
    upper: u32,
    lower: u32,
    /// From the top; empty when the ends are in neighbouring rows.
    points: Vec<u32>,
}

pub(super) struct Inserter<'a> {
    layered: &'a Layered,
    sweeper: &'a mut Sweeper,
    chains: Vec<Chain>,
    /// Chains by node.
    at_node: Vec<Vec<u32>>,
    cross: Vec<i32>,
    /// Costs row by row of the search that is going on.
    costs: Vec<Vec<i32>>,
    saved: Vec<Vec<u32>>,
    /// Work that may still be done, in steps of a search.
    budget: i64,
}

impl<'a> Inserter<'a> {
    /// `budget` is what the searches may cost in all, in steps.
    pub(super) fn new(layered: &'a Layered, sweeper: &'a mut Sweeper, budget: i64) -> Self {
        let mut chains = Vec::with_capacity(layered.edge_pieces.len());
        let mut at_node: Vec<Vec<u32>> = vec![Vec::new(); layered.points.len()];
        for range in &layered.edge_pieces {
            let pieces = &layered.pieces[range.start as usize..range.end as usize];
            let [first, .., last] = pieces else {
                if let [only] = pieces {
                    at_node[only.upper as usize].push(chains.len() as u32);
                    at_node[only.lower as usize].push(chains.len() as u32);
                    chains.push(Chain { upper: only.upper, lower: only.lower, points: Vec::new() });
                }
                continue;
            };
            at_node[first.upper as usize].push(chains.len() as u32);
            at_node[last.lower as usize].push(chains.len() as u32);
            let points = pieces[..pieces.len() - 1].iter().map(|piece| piece.lower).collect();
            chains.push(Chain { upper: first.upper, lower: last.lower, points });
        }
        Self {
            layered,
            sweeper,
            chains,
            at_node,
            cross: Vec::new(),
            costs: Vec::new(),
            saved: Vec::new(),
            budget,
        }
    }

    /// Goes over all nodes, several times as long as it helps.
    pub(super) fn improve(&mut self, times: usize) {
        let nodes: Vec<u32> = self
            .sweeper
            .rows
            .iter()
            .flatten()
            .copied()
            .filter(|&point| !self.at_node[point as usize].is_empty())
            .collect();
        for time in 0..times {
            let mut better = false;
            for step in 0..nodes.len() {
                let node = nodes[if time % 2 == 0 { step } else { nodes.len() - 1 - step }];
                better |= self.reinsert_node(node);
            }
            if !better {
                break;
            }
        }
    }

    fn row_of(&self, point: u32) -> usize {
        self.layered.points[point as usize].row as usize
    }

    /// Whether crossings became fewer.
    fn reinsert_node(&mut self, node: u32) -> bool {
        let edges = std::mem::take(&mut self.at_node[node as usize]);
        let home = self.row_of(node);
        let (mut top, mut bottom) = (home, home);
        for &e in &edges {
            top = top.min(self.row_of(self.chains[e as usize].upper));
            bottom = bottom.max(self.row_of(self.chains[e as usize].lower));
        }
        let mut better = false;
        // A node of a hundred edges over a hundred wide rows would take more than all others together.
        let counting = self.cost_of_counting(top, bottom);
        if counting > self.budget {
            self.at_node[node as usize] = edges;
            return false;
        }
        self.budget -= counting;
        let before: u64 = (top..bottom).map(|row| self.sweeper.count_below(row)).sum();
        if before > 0 && self.cost_of_moving(&edges) <= self.budget {
            self.saved.resize_with(self.saved.len().max(bottom - top + 1), Vec::new);
            for row in top..=bottom {
                self.saved[row - top].clone_from(&self.sweeper.rows[row]);
            }
            self.move_node(node, home, &edges);
            let after: u64 = (top..bottom).map(|row| self.sweeper.count_below(row)).sum();
            better = after < before;
            if after > before {
                for row in top..=bottom {
                    std::mem::swap(&mut self.sweeper.rows[row], &mut self.saved[row - top]);
                    self.renumber(row);
                }
            }
        }
        self.at_node[node as usize] = edges;
        better
    }

    /// Steps of counting the crossings between two rows, before and after.
    fn cost_of_counting(&self, top: usize, bottom: usize) -> i64 {
        /// Each goes down a tree, twice.
        const PER_PIECE: i64 = 8;
        let pieces: usize = self.sweeper.rows[top..=bottom].iter().map(Vec::len).sum();
        pieces as i64 * PER_PIECE
    }

    /// Steps of the searches for the edges of a node: one to find its place, one to put each edge in.
    fn cost_of_moving(&self, edges: &[u32]) -> i64 {
        let cost = |edge: &u32| {
            let chain = &self.chains[*edge as usize];
            let rows = self.row_of(chain.upper)..=self.row_of(chain.lower);
            let widths = self.sweeper.rows[rows].windows(2);
            widths.map(|pair| ((pair[0].len() + 1) * (pair[1].len() + 1)) as i64).sum::<i64>()
        };
        edges.iter().map(cost).sum::<i64>() * 2
    }

    fn move_node(&mut self, node: u32, home: usize, edges: &[u32]) {
        let old = self.sweeper.place[node as usize] as usize;
        self.take_out(node);
        for &e in edges {
            for at in 0..self.chains[e as usize].points.len() {
                let point = self.chains[e as usize].points[at];
                self.take_out(point);
            }
        }
        let mut sum = vec![0_i32; self.sweeper.rows[home].len() + 1];
        for &e in edges {
            let last = self.search(e, node);
            for (total, cost) in sum.iter_mut().zip(&self.costs[last]) {
                *total += cost;
            }
        }
        let best = (0..sum.len()).min_by_key(|&at| (sum[at], at.abs_diff(old))).unwrap_or(0);
        self.put_in(node, home, best);
        for &e in edges {
            if !self.chains[e as usize].points.is_empty() {
                self.insert_chain(e, node);
            }
        }
    }

    fn take_out(&mut self, point: u32) {
        let row = self.row_of(point);
        let at = self.sweeper.place[point as usize] as usize;
        self.sweeper.rows[row].remove(at);
        self.sweeper.place[point as usize] = OUT;
        for &later in &self.sweeper.rows[row][at..] {
            self.sweeper.place[later as usize] -= 1;
        }
    }

    fn put_in(&mut self, point: u32, row: usize, at: usize) {
        self.sweeper.rows[row].insert(at, point);
        for (at, &later) in self.sweeper.rows[row].iter().enumerate().skip(at) {
            self.sweeper.place[later as usize] = at as u32;
        }
    }

    fn renumber(&mut self, row: usize) {
        for (at, &point) in self.sweeper.rows[row].iter().enumerate() {
            self.sweeper.place[point as usize] = at as u32;
        }
    }

    /// Fills `costs`, one list per row from the far end's neighbour to the row of `node`; the index of the last.
    fn search(&mut self, edge: u32, node: u32) -> usize {
        let chain = &self.chains[edge as usize];
        let downwards = chain.lower == node;
        let far = if downwards { chain.upper } else { chain.lower };
        let count = chain.points.len() + 1;
        let side = if downwards { &self.sweeper.below } else { &self.sweeper.above };
        self.costs.resize_with(self.costs.len().max(count), Vec::new);
        let mut row = self.layered.points[far as usize].row as usize;
        for step in 0..count {
            let next = if downwards { row + 1 } else { row - 1 };
            let width = self.sweeper.rows[next].len() + 1;
            self.budget -= ((self.sweeper.rows[row].len() + 1) * width) as i64;
            first_crossings(
                &self.sweeper.rows[row],
                side,
                &self.sweeper.place,
                width,
                &mut self.cross,
            );
            let (done, rest) = self.costs.split_at_mut(step);
            let out = &mut rest[0];
            out.clear();
            let row_points = &self.sweeper.rows[row];
            if step == 0 {
                let at = self.sweeper.place[far as usize] as usize;
                for &point in &row_points[..at] {
                    pass(side.of(point), &self.sweeper.place, &mut self.cross);
                }
                for &end in side.of(far) {
                    let end = self.sweeper.place[end as usize];
                    if end != OUT {
                        for value in &mut self.cross[end as usize + 1..] {
                            *value -= 1;
                        }
                    }
                }
                out.extend_from_slice(&self.cross);
            } else {
                out.resize(width, i32::MAX);
                let from = &done[step - 1];
                for (i, &cost) in from.iter().enumerate() {
                    for (value, cross) in out.iter_mut().zip(&self.cross) {
                        *value = (*value).min(cost + cross);
                    }
                    if let Some(&point) = row_points.get(i) {
                        pass(side.of(point), &self.sweeper.place, &mut self.cross);
                    }
                }
            }
            row = next;
        }
        count - 1
    }

    /// Puts the points of an edge in, from `node` towards its other end.
    fn insert_chain(&mut self, edge: u32, node: u32) {
        let last = self.search(edge, node);
        let chain = &self.chains[edge as usize];
        let downwards = chain.lower == node;
        // back along the cheapest way: first from the node itself, then from gap to gap
        let mut at = self.sweeper.place[node as usize] as usize;
        for step in (0..last).rev() {
            let side = if downwards { &self.sweeper.below } else { &self.sweeper.above };
            let point = if downwards {
                chain.points[step]
            } else {
                chain.points[chain.points.len() - 1 - step]
            };
            let row = self.layered.points[point as usize].row as usize;
            let points = &self.sweeper.rows[row];
            let is_node = step + 1 == last;
            // crossings from gap 0 of this row to `at`, then gap by gap
            let place = &self.sweeper.place;
            let relation = |point: u32| -> i32 {
                side.of(point)
                    .iter()
                    .map(|&end| {
                        let end = place[end as usize];
                        if end == OUT || (is_node && end as usize == at) {
                            0
                        } else if (end as usize) < at {
                            -1
                        } else {
                            1
                        }
                    })
                    .sum()
            };
            // only differences matter: what is common to all gaps is left out
            let (mut sum, mut best, mut best_at) = (0, i32::MAX, 0);
            for gap in 0..=points.len() {
                let value = self.costs[step][gap] + sum;
                if value < best {
                    (best, best_at) = (value, gap);
                }
                if let Some(&point) = points.get(gap) {
                    sum += relation(point);
                }
            }
            at = best_at;
            self.costs[step].clear();
            self.costs[step].push(best_at as i32);
        }
        for step in 0..last {
            let chain = &self.chains[edge as usize];
            let point = if downwards {
                chain.points[step]
            } else {
                chain.points[chain.points.len() - 1 - step]
            };
            let at = self.costs[step][0] as usize;
            self.put_in(point, self.row_of(point), at);
        }
    }
}

/// Crossings of a line from before the first point of a row to each gap of the next: every piece that ends before the gap.
fn first_crossings(
    row: &[u32],
    side: &Neighbours,
    place: &[u32],
    width: usize,
    cross: &mut Vec<i32>,
) {
    cross.clear();
    cross.resize(width, 0);
    for &point in row {
        for &end in side.of(point) {
            let end = place[end as usize];
            if end != OUT {
                cross[end as usize + 1] += 1;
            }
        }
    }
    let mut sum = 0;
    for value in cross {
        sum += *value;
        *value = sum;
    }
}

/// The line now starts behind a point: its pieces are crossed on the other side.
fn pass(ends: &[u32], place: &[u32], cross: &mut [i32]) {
    for &end in ends {
        let end = place[end as usize];
        if end != OUT {
            let (before, behind) = cross.split_at_mut(end as usize + 1);
            for value in before {
                *value += 1;
            }
            for value in behind {
                *value -= 1;
            }
        }
    }
}
