//! Which row each node stands in: loops are opened, then the rows are found that make the edges shortest.

use super::graph::EdgeKind;
use super::layered::{Problem, Weight};
use super::simplex::{self, Arc};

/// Rows from 0, and which edges run upwards.
pub(super) struct Ranks {
    pub(super) rank: Vec<i32>,
    pub(super) reversed: Vec<bool>,
}

/// An edge is turned round when its target is an ancestor of its source in a depth-first walk from the start, edges in the order of
/// the definition: what a reader of the definition calls "back".
pub(super) fn rank(problem: &Problem, work: i64) -> Ranks {
    let reversed = back_edges(problem);
    let mut arcs = Vec::with_capacity(problem.edges.len());
    for (index, edge) in problem.edges.iter().enumerate() {
        if edge.from != edge.to {
            let (tail, head) =
                if reversed[index] { (edge.to, edge.from) } else { (edge.from, edge.to) };
            let weight = Weight::of_rank(edge.kind, reversed[index]);
            arcs.push(Arc { tail, head, length: 1, weight });
        }
    }
    let mut rank = longest_paths(problem.sizes.len(), &arcs);
    simplex::improve(&arcs, &mut rank, max_pivots(problem.sizes.len()), work);
    let least = rank.iter().copied().min().unwrap_or(0);
    for r in &mut rank {
        *r -= least;
    }
    Ranks { rank, reversed }
}

/// Past some size the last bit of tightness is not worth the wait.
fn max_pivots(count: usize) -> usize {
    if count > 3000 { 3000 } else { 20_000 }
}

impl Weight {
    /// How much an edge wants to be short.
    fn of_rank(kind: EdgeKind, reversed: bool) -> i32 {
        match kind {
            EdgeKind::Start => 4,
            EdgeKind::Next => {
                if reversed {
                    1
                } else {
                    3
                }
            }
            EdgeKind::Choice | EdgeKind::Default => {
                if reversed {
                    1
                } else {
                    2
                }
            }
            EdgeKind::Catch | EdgeKind::End => 1,
        }
    }
}

fn back_edges(problem: &Problem) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let count = problem.sizes.len();
    let (first, out) = problem.edges_by_source();
    let mut seen = vec![Seen::No; count];
    let mut reversed = vec![false; problem.edges.len()];
    let mut stack: Vec<(u32, u32)> = Vec::new();
    for root in std::iter::once(problem.start).chain(0..count as u32) {
        if seen.get(root as usize) != Some(&Seen::No) {
            continue;
        }
        seen[root as usize] = Seen::Open;
        stack.push((root, first[root as usize]));
        while let Some((v, at)) = stack.last_mut() {
            let v = *v;
            if *at < first[v as usize + 1] {
                let edge = out[*at as usize];
                *at += 1;
                let to = problem.edges[edge as usize].to;
                match seen[to as usize] {
                    Seen::Open => reversed[edge as usize] = true,
                    Seen::No => {
                        seen[to as usize] = Seen::Open;
                        stack.push((to, first[to as usize]));
                    }
                    Seen::Done => {}
                }
            } else {
                seen[v as usize] = Seen::Done;
                stack.pop();
            }
        }
    }
    reversed
}

/// Feasible places: each as far up as its arcs allow.
pub(super) fn longest_paths(count: usize, arcs: &[Arc]) -> Vec<i32> {
    let mut position = vec![0; count];
    let mut waiting = vec![0_u32; count];
    let mut first = vec![0_u32; count + 1];
    for arc in arcs {
        waiting[arc.head as usize] += 1;
        first[arc.tail as usize + 1] += 1;
    }
    for v in 0..count {
        first[v + 1] += first[v];
    }
    let mut next = first.clone();
    let mut out = vec![0_u32; arcs.len()];
    for (index, arc) in arcs.iter().enumerate() {
        out[next[arc.tail as usize] as usize] = index as u32;
        next[arc.tail as usize] += 1;
    }
    let mut ready: Vec<u32> = (0..count as u32).filter(|&v| waiting[v as usize] == 0).collect();
    let mut at = 0;
    while at < ready.len() {
        let v = ready[at] as usize;
        at += 1;
        for k in first[v]..first[v + 1] {
            let arc = arcs[out[k as usize] as usize];
            let head = arc.head as usize;
            position[head] = position[head].max(position[v] + arc.length);
            waiting[head] -= 1;
            if waiting[head] == 0 {
                ready.push(arc.head);
            }
        }
    }
    position
}
