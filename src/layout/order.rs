//! The order of each row: as few crossings as can be found in a few rounds. Deterministic.
//!
//! Several starts are swept down and up by barycentres (Sugiyama, Tagawa and Toda 1981) and improved by exchanging neighbours; the
//! best is kept, the first of equals.

use super::insert::Inserter;
use super::layered::Layered;
use super::work::Allowance;

/// Rounds of sweeps per start, and rounds without success before a start is given up.
struct Effort {
    starts: usize,
    rounds: usize,
    patience: usize,
    /// Times that all neighbours of all rows are compared after each sweep.
    exchanges: usize,
    /// Times that every node is taken out and put in again.
    insertions: usize,
}

/// Orders all rows of a scope.
pub(super) fn order(layered: &mut Layered, first_rows: &[Vec<Vec<u32>>], allowance: &Allowance) {
    let effort = match layered.points.len() {
        0..=3000 => Effort { starts: 2, rounds: 12, patience: 3, exchanges: 12, insertions: 1 },
        3001..=20_000 => Effort { starts: 1, rounds: 8, patience: 2, exchanges: 12, insertions: 1 },
        20_001..=200_000 => {
            Effort { starts: 1, rounds: 4, patience: 1, exchanges: 12, insertions: 1 }
        }
        // Nobody can read this; it only has to be there.
        _ => Effort { starts: 1, rounds: 2, patience: 1, exchanges: 2, insertions: 1 },
    };
    let mut sweeper = Sweeper::new(layered, allowance.order);
    let mut best: Option<(u64, Vec<Vec<u32>>)> = None;
    for rows in first_rows.iter().take(effort.starts) {
        sweeper.set_rows(rows.clone());
        let crossings = sweeper.run(&effort);
        if best.as_ref().is_none_or(|(least, _)| crossings < *least) {
            best = Some((crossings, sweeper.best_rows.clone()));
        }
        if crossings == 0 || sweeper.work < 0 {
            break;
        }
    }
    if let Some((crossings, rows)) = best {
        if crossings == 0 {
            layered.set_rows(rows);
        } else {
            sweeper.set_rows(rows);
            Inserter::new(layered, &mut sweeper, allowance.insert).improve(effort.insertions);
            layered.set_rows(sweeper.rows);
        }
    }
}

/// Crossings of a layered drawing with straight pieces.
#[cfg(test)]
pub(super) fn crossings(layered: &Layered) -> u64 {
    let mut sweeper = Sweeper::new(layered, 0);
    sweeper.set_rows(layered.rows.clone());
    sweeper.count_all()
}

/// Neighbours of each point, as one list.
pub(super) struct Neighbours {
    first: Vec<u32>,
    list: Vec<u32>,
}

impl Neighbours {
    pub(super) fn of(&self, point: u32) -> &[u32] {
        &self.list[self.first[point as usize] as usize..self.first[point as usize + 1] as usize]
    }
}

/// Which neighbours a row is sorted by.
#[derive(Clone, Copy)]
enum By {
    Above,
    Below,
}

/// The rows while they are being ordered.
pub(super) struct Sweeper {
    pub(super) above: Neighbours,
    pub(super) below: Neighbours,
    pub(super) rows: Vec<Vec<u32>>,
    /// Place of a point in its row.
    pub(super) place: Vec<u32>,
    best_rows: Vec<Vec<u32>>,
    key: Vec<f32>,
    tree: Vec<u32>,
    ends: Vec<u32>,
    left: Vec<u32>,
    right: Vec<u32>,
    /// What may still be done, in pieces looked at.
    work: i64,
}

impl Sweeper {
    fn new(layered: &Layered, work: i64) -> Self {
        let ends =
            |first: &[u32], list: &[u32], end: fn(&super::layered::Piece) -> u32| Neighbours {
                first: first.to_vec(),
                list: list.iter().map(|&piece| end(&layered.pieces[piece as usize])).collect(),
            };
        Self {
            above: ends(&layered.first_above, &layered.above, |piece| piece.upper),
            below: ends(&layered.first_below, &layered.below, |piece| piece.lower),
            rows: Vec::new(),
            place: vec![0; layered.points.len()],
            best_rows: Vec::new(),
            key: vec![0.0; layered.points.len()],
            tree: Vec::new(),
            ends: Vec::new(),
            left: Vec::new(),
            right: Vec::new(),
            work,
        }
    }

    pub(super) fn set_rows(&mut self, rows: Vec<Vec<u32>>) {
        for row in &rows {
            for (at, &point) in row.iter().enumerate() {
                self.place[point as usize] = at as u32;
            }
        }
        self.rows = rows;
    }

    /// Sweeps until nothing gets better; the crossings of `best_rows`.
    fn run(&mut self, effort: &Effort) -> u64 {
        self.exchange(effort.exchanges);
        let mut least = self.count_all();
        self.best_rows.clone_from(&self.rows);
        let mut idle = 0;
        for round in 0..effort.rounds {
            if least == 0 || idle == effort.patience || self.work < 0 {
                break;
            }
            let height = self.rows.len();
            // ties keep their order in one round and turn it in the next, which gets past plateaus
            let turn_ties = round % 4 >= 2;
            if round % 2 == 0 {
                for row in 1..height {
                    self.sort_row(row, By::Above, turn_ties);
                }
            } else {
                for row in (0..height.saturating_sub(1)).rev() {
                    self.sort_row(row, By::Below, turn_ties);
                }
            }
            self.exchange(effort.exchanges);
            let now = self.count_all();
            if now < least {
                least = now;
                self.best_rows.clone_from(&self.rows);
                idle = 0;
            } else {
                idle += 1;
            }
        }
        least
    }

    fn sort_row(&mut self, row: usize, by: By, turn_ties: bool) {
        let side = match by {
            By::Above => &self.above,
            By::Below => &self.below,
        };
        let mut points = std::mem::take(&mut self.rows[row]);
        self.work -= points.len() as i64 * 4;
        for &point in &points {
            let neighbours = side.of(point);
            self.work -= neighbours.len() as i64;
            self.key[point as usize] = if neighbours.is_empty() {
                -1.0
            } else {
                let sum: u32 = neighbours.iter().map(|&n| self.place[n as usize]).sum();
                sum as f32 / neighbours.len() as f32
            };
        }
        // points with nothing on that side stay where they are among the others
        let mut previous = 0.0;
        for &point in &points {
            let key = &mut self.key[point as usize];
            if *key < 0.0 {
                *key = previous;
            }
            previous = *key;
        }
        if turn_ties {
            points.reverse();
        }
        points.sort_by(|&a, &b| self.key[a as usize].total_cmp(&self.key[b as usize]));
        for (at, &point) in points.iter().enumerate() {
            self.place[point as usize] = at as u32;
        }
        self.rows[row] = points;
    }

    /// Exchanges neighbours of a row while that removes crossings.
    fn exchange(&mut self, rounds: usize) {
        let mut dirty = vec![true; self.rows.len()];
        for _ in 0..rounds {
            let mut improved = false;
            for row in 0..self.rows.len() {
                if self.work < 0 {
                    return;
                }
                if !std::mem::take(&mut dirty[row]) {
                    continue;
                }
                let mut better = false;
                for at in 1..self.rows[row].len() {
                    let (u, v) = (self.rows[row][at - 1], self.rows[row][at]);
                    if self.gain_of_exchange(u, v) > 0 {
                        self.rows[row].swap(at - 1, at);
                        self.place[u as usize] = at as u32;
                        self.place[v as usize] = at as u32 - 1;
                        better = true;
                    }
                }
                if better {
                    improved = true;
                    dirty[row] = true;
                    if row > 0 {
                        dirty[row - 1] = true;
                    }
                    if row + 1 < dirty.len() {
                        dirty[row + 1] = true;
                    }
                }
            }
            if !improved {
                break;
            }
        }
    }

    /// Crossings saved when `v` goes before `u`.
    fn gain_of_exchange(&mut self, u: u32, v: u32) -> i64 {
        let mut gain = 0;
        for side in [&self.above, &self.below] {
            let (a, b) = (side.of(u), side.of(v));
            self.work -= 1 + (a.len() + b.len()) as i64;
            match (a, b) {
                ([], _) | (_, []) => {}
                ([p], [q]) => {
                    let (p, q) = (self.place[*p as usize], self.place[*q as usize]);
                    gain += i64::from(p > q) - i64::from(p < q);
                }
                (_, _) => {
                    for (list, from) in [(&mut self.left, a), (&mut self.right, b)] {
                        list.clear();
                        list.extend(from.iter().map(|&n| self.place[n as usize]));
                        list.sort_unstable();
                    }
                    gain +=
                        inversions(&self.left, &self.right) - inversions(&self.right, &self.left);
                }
            }
        }
        gain
    }

    pub(super) fn count_all(&mut self) -> u64 {
        (0..self.rows.len().saturating_sub(1)).map(|row| self.count_below(row)).sum()
    }

    /// Crossings between a row and the next, with an accumulator tree (Barth, Mutzel and Jünger 2004).
    pub(super) fn count_below(&mut self, row: usize) -> u64 {
        let width = self.rows[row + 1].len();
        let leaves = width.next_power_of_two();
        self.tree.clear();
        self.tree.resize(leaves * 2, 0);
        let mut count = 0;
        self.work -= leaves as i64;
        for &point in &self.rows[row] {
            self.work -= self.below.of(point).len() as i64 * 4;
            self.ends.clear();
            self.ends.extend(self.below.of(point).iter().map(|&n| self.place[n as usize]));
            self.ends.sort_unstable();
            for &end in &self.ends {
                let mut at = end as usize + leaves;
                self.tree[at] += 1;
                while at > 1 {
                    if at.is_multiple_of(2) {
                        count += u64::from(self.tree[at + 1]);
                    }
                    at /= 2;
                    self.tree[at] += 1;
                }
            }
        }
        count
    }
}

/// Pairs (a, b) with a > b; both lists are sorted.
fn inversions(left: &[u32], right: &[u32]) -> i64 {
    let (mut sum, mut smaller) = (0, 0);
    for a in left {
        while smaller < right.len() && right[smaller] < *a {
            smaller += 1;
        }
        sum += smaller as i64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::EdgeKind;
    use crate::layout::layered::{Gaps, Problem, ProblemEdge};
    use crate::layout::{main_path, rank};

    fn problem(count: usize, edges: &[(u32, u32)]) -> Problem {
        Problem {
            sizes: vec![(100, 40); count],
            inset: vec![(0, 0); count],
            edges: edges
                .iter()
                .map(|&(from, to)| ProblemEdge { from, to, kind: EdgeKind::Choice, label: (0, 0) })
                .collect(),
            start: 0,
            gaps: Gaps { layer: 36, node: 32, edge: 12 },
        }
    }

    fn ordered(problem: &Problem) -> Layered {
        let allowance = Allowance::share(1, 1);
        let mut layered =
            Layered::new(problem, rank::rank(problem, allowance.rank), allowance.passes);
        let path = main_path::main_path(problem, &layered);
        let first_rows = main_path::first_rows(problem, &layered, &path);
        order(&mut layered, &first_rows, &allowance);
        layered
    }

    fn counted_by_hand(layered: &Layered) -> u64 {
        let at = |point: u32| (layered.points[point as usize].row, layered.place[point as usize]);
        let mut count = 0;
        for (index, a) in layered.pieces.iter().enumerate() {
            for b in &layered.pieces[index + 1..] {
                let ((row, a_up), (_, a_down)) = (at(a.upper), at(a.lower));
                let ((other, b_up), (_, b_down)) = (at(b.upper), at(b.lower));
                count += u64::from(
                    row == other
                        && ((a_up < b_up && a_down > b_down) || (a_up > b_up && a_down < b_down)),
                );
            }
        }
        count
    }

    #[test]
    fn what_can_be_drawn_without_crossings_is() {
        // two ladders whose rungs are listed crosswise
        let edges = [
            (0, 1),
            (0, 2),
            (2, 3),
            (1, 4),
            (3, 6),
            (4, 5),
            (1, 5),
            (2, 6),
            (5, 7),
            (6, 7),
            (0, 5),
            (0, 6),
        ];
        assert_eq!(crossings(&ordered(&problem(8, &edges))), 0);
    }

    #[test]
    fn crossings_are_counted_as_one_would_by_hand_and_no_row_loses_a_point() {
        let mut seed = 99_u64;
        let mut draw = |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((seed >> 33) % n) as u32
        };
        for _ in 0..60 {
            let mut edges: Vec<(u32, u32)> = (1..25).map(|to| (draw(u64::from(to)), to)).collect();
            edges.extend((0..30).map(|_| (draw(25), draw(25))));
            let problem = problem(25, &edges);
            let layered = ordered(&problem);
            assert_eq!(crossings(&layered), counted_by_hand(&layered));
            let mut points: Vec<u32> = layered.rows.iter().flatten().copied().collect();
            points.sort_unstable();
            assert!(points.into_iter().eq(0..layered.points.len() as u32));
        }
    }
}
