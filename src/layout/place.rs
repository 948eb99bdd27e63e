//! Where each point stands from left to right: long edges and the main path straight, everything else as near to its neighbours as
//! the order of the rows allows.
//!
//! Points that have to stand exactly above each other form a block. Blocks are moved to the median of their neighbours in
//! turns, which is fast at any size, and then by network simplex, which is best, as long as the scope is not huge.

use std::collections::BTreeMap;

use super::graph::EdgeKind;
use super::layered::{Gaps, Layered, PointKind, Problem, Weight};
use super::main_path::MainPath;
use super::simplex::{self, Arc};

/// The middle of every point; the least left border is 0.
pub(super) fn place(problem: &Problem, layered: &Layered, path: &MainPath, work: i64) -> Vec<i32> {
    let (block, count) = blocks(layered, path);
    let mut constraints = separations(layered, &block, problem.gaps);
    let pulls = pulls(problem, layered, &path.main, &block);
    let mut x = settle(count, &constraints, &pulls);
    const SIMPLEX_UP_TO: usize = 2500;
    if count + pulls.len() <= SIMPLEX_UP_TO {
        let mut position = x.clone();
        for pull in &pulls {
            let apart = position.len() as u32;
            position.push(x[pull.a as usize].min(x[pull.b as usize]));
            for block in [pull.a, pull.b] {
                constraints.push(Arc { tail: apart, head: block, length: 0, weight: pull.weight });
            }
        }
        simplex::improve(&constraints, &mut position, 20_000, work);
        x.copy_from_slice(&position[..count]);
    }
    let mut middle: Vec<i32> = block.iter().map(|&b| x[b as usize]).collect();
    let least = middle.iter().zip(&layered.points).map(|(m, p)| m - p.w / 2).min().unwrap_or(0);
    for m in &mut middle {
        *m -= least;
    }
    middle
}

impl Weight {
    /// How much a piece wants to be straight.
    fn of_place(kind: EdgeKind, upper: PointKind, lower: PointKind, main: bool) -> i32 {
        let by_kind = match kind {
            EdgeKind::Start | EdgeKind::Next => 4,
            EdgeKind::Choice | EdgeKind::Default => 3,
            EdgeKind::Catch | EdgeKind::End => 1,
        };
        // a line turns once, best at its upper end: where it leaves a state, or where it comes back to one
        let by_ends = match (upper, lower) {
            (PointKind::Node, _) => 1,
            (PointKind::Label | PointKind::Pass, PointKind::Node) => 2,
            (PointKind::Label | PointKind::Pass, PointKind::Label | PointKind::Pass) => 4,
        };
        by_kind * by_ends * if main { 4 } else { 1 }
    }
}

/// The block of each point, and how many there are.
fn blocks(layered: &Layered, path: &MainPath) -> (Vec<u32>, usize) {
    let count = layered.points.len();
    let mut down = vec![u32::MAX; count];
    let mut up = vec![u32::MAX; count];
    let mut candidates: Vec<(u8, u32)> = Vec::new();
    let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
    for row in &layered.rows {
        candidates.clear();
        for &point in row {
            for &piece in layered.pieces_below(point) {
                let p = layered.pieces[piece as usize];
                let passes = layered.points[p.upper as usize].kind != PointKind::Node
                    && layered.points[p.lower as usize].kind != PointKind::Node;
                if path.main[p.edge as usize] {
                    candidates.push((0, piece));
                } else if passes {
                    candidates.push((1, piece));
                } else if path.onward[p.edge as usize] {
                    candidates.push((2, piece));
                }
            }
        }
        candidates.sort_by_key(|&(class, _)| class);
        taken.clear();
        for &(_, piece) in &candidates {
            let p = layered.pieces[piece as usize];
            if down[p.upper as usize] != u32::MAX || up[p.lower as usize] != u32::MAX {
                continue;
            }
            let (a, b) = (layered.place[p.upper as usize], layered.place[p.lower as usize]);
            let left = taken.range(..a).next_back().is_none_or(|(_, &other)| other < b);
            let right = taken.range(a..).next().is_none_or(|(_, &other)| other > b);
            if left && right {
                taken.insert(a, b);
                down[p.upper as usize] = p.lower;
                up[p.lower as usize] = p.upper;
            }
        }
    }
    let mut block = vec![u32::MAX; count];
    let mut blocks = 0;
    for row in &layered.rows {
        for &point in row {
            if up[point as usize] == u32::MAX {
                let mut at = point;
                while at != u32::MAX {
                    block[at as usize] = blocks;
                    at = down[at as usize];
                }
                blocks += 1;
            }
        }
    }
    (block, blocks as usize)
}

fn separations(layered: &Layered, block: &[u32], gaps: Gaps) -> Vec<Arc> {
    let mut arcs: Vec<Arc> = Vec::with_capacity(layered.points.len());
    for row in &layered.rows {
        for pair in row.windows(2) {
            let (a, b) = (block[pair[0] as usize], block[pair[1] as usize]);
            let length = layered.separation(pair[0], pair[1], gaps);
            arcs.push(Arc { tail: a, head: b, length, weight: 0 });
        }
    }
    arcs.sort_unstable_by_key(|arc| (arc.tail, arc.head, std::cmp::Reverse(arc.length)));
    arcs.dedup_by_key(|arc| (arc.tail, arc.head));
    arcs
}

/// Two blocks that want the same place.
#[derive(Clone, Copy)]
struct Pull {
    a: u32,
    b: u32,
    weight: i32,
}

fn pulls(problem: &Problem, layered: &Layered, main: &[bool], block: &[u32]) -> Vec<Pull> {
    let mut pulls: Vec<Pull> = Vec::new();
    for piece in &layered.pieces {
        let (a, b) = (block[piece.upper as usize], block[piece.lower as usize]);
        if a != b {
            let kinds = (
                layered.points[piece.upper as usize].kind,
                layered.points[piece.lower as usize].kind,
            );
            let kind = problem.edges[piece.edge as usize].kind;
            let weight = Weight::of_place(kind, kinds.0, kinds.1, main[piece.edge as usize]);
            pulls.push(Pull { a: a.min(b), b: a.max(b), weight });
        }
    }
    pulls.sort_unstable_by_key(|pull| (pull.a, pull.b));
    pulls.dedup_by(|next, kept| {
        let same = next.a == kept.a && next.b == kept.b;
        if same {
            kept.weight += next.weight;
        }
        same
    });
    pulls
}

/// A feasible placement: from the left as tight as possible, then each block to the median of those that pull it.
fn settle(count: usize, constraints: &[Arc], pulls: &[Pull]) -> Vec<i32> {
    let mut x = super::rank::longest_paths(count, constraints);
    let mut left: Vec<Vec<(u32, i32)>> = vec![Vec::new(); count];
    let mut right: Vec<Vec<(u32, i32)>> = vec![Vec::new(); count];
    for arc in constraints {
        right[arc.tail as usize].push((arc.head, arc.length));
        left[arc.head as usize].push((arc.tail, arc.length));
    }
    let mut pulled: Vec<Vec<(u32, i32)>> = vec![Vec::new(); count];
    for pull in pulls {
        pulled[pull.a as usize].push((pull.b, pull.weight));
        pulled[pull.b as usize].push((pull.a, pull.weight));
    }
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_by_key(|&b| x[b as usize]);
    const ROUNDS: usize = 10;
    let mut wishes = Vec::new();
    for round in 0..ROUNDS {
        // going from the right lets everything move right, and the other way round
        let from_right = round % 2 == 0;
        for step in 0..count {
            let b = order[if from_right { count - 1 - step } else { step }] as usize;
            if pulled[b].is_empty() {
                continue;
            }
            wishes.clear();
            wishes.extend(pulled[b].iter().map(|&(other, weight)| (x[other as usize], weight)));
            let wish = weighted_median(&mut wishes);
            let low = left[b]
                .iter()
                .map(|&(other, length)| x[other as usize] + length)
                .max()
                .unwrap_or(i32::MIN);
            let high = right[b]
                .iter()
                .map(|&(other, length)| x[other as usize] - length)
                .min()
                .unwrap_or(i32::MAX);
            x[b] = wish.min(high).max(low);
        }
    }
    x
}

fn weighted_median(wishes: &mut [(i32, i32)]) -> i32 {
    wishes.sort_unstable();
    let total: i32 = wishes.iter().map(|w| w.1).sum();
    let mut sum = 0;
    for &(x, weight) in wishes.iter() {
        sum += weight;
        if sum * 2 >= total {
            return x;
        }
    }
    0
}
