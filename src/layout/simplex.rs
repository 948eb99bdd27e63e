//! Network simplex: places points on a line so that the weighted length of all arcs is least, while each arc keeps its
//! minimal length. Ranks and horizontal places are both found with it.
//!
//! After Gansner, Koutsofios, North and Vo, "A Technique for Drawing Directed Graphs" (1993), section 2.3.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// `position[head] - position[tail]` has to be at least `length`; what it has besides costs `weight` per unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    pub(super) tail: u32,
    pub(super) head: u32,
    pub(super) length: i32,
    pub(super) weight: i32,
}

impl Arc {
    /// The end that is not `point`.
    fn other(self, point: u32) -> u32 {
        if self.tail == point { self.head } else { self.tail }
    }
}

/// Points in groups whose arcs have no slack.
struct TightTrees {
    /// The group of each point.
    group: Vec<u32>,
    members: Vec<Vec<u32>>,
}

/// Arcs, the one with the least slack on top.
type ArcHeap = BinaryHeap<(Reverse<i32>, u32)>;

const NONE: u32 = u32::MAX;

/// Improves `position` until it is optimal, or `max_pivots` steps are done, or more than `work` arcs have been looked at. `position`
/// has to be feasible on entry and stays so, and the graph connected; when it is not connected, only the part around the first
/// point is improved.
pub(super) fn improve(arcs: &[Arc], position: &mut [i32], max_pivots: usize, work: i64) {
    if position.len() < 2 || arcs.is_empty() {
        return;
    }
    let mut simplex = Simplex::new(arcs, position, work);
    if !simplex.grow_tight_tree() {
        return;
    }
    simplex.range_from(0, NONE, 1);
    simplex.compute_cuts();
    for _ in 0..max_pivots {
        if simplex.work < 0 {
            break;
        }
        let Some(leaving) = simplex.leaving() else { break };
        let Some(entering) = simplex.entering(leaving) else { break };
        simplex.pivot(leaving, entering);
    }
}

struct Simplex<'a> {
    arcs: &'a [Arc],
    position: &'a mut [i32],
    /// Arcs of each point: `incident[first[v]..first[v + 1]]`.
    first: Vec<u32>,
    incident: Vec<u32>,
    in_tree: Vec<bool>,
    cut: Vec<i32>,
    /// Arcs of the tree at each point.
    tree: Vec<Vec<u32>>,
    tree_arcs: Vec<u32>,
    /// Place of an arc in `tree_arcs`.
    slot: Vec<u32>,
    parent_arc: Vec<u32>,
    /// Number in postorder, and the smallest of it in the subtree.
    lim: Vec<u32>,
    low: Vec<u32>,
    by_lim: Vec<u32>,
    search_from: usize,
    stack: Vec<(u32, u32)>,
    /// What may still be done, in arcs looked at.
    work: i64,
}

impl<'a> Simplex<'a> {
    fn new(arcs: &'a [Arc], position: &'a mut [i32], work: i64) -> Self {
        let count = position.len();
        let mut first = vec![0_u32; count + 1];
        for arc in arcs {
            first[arc.tail as usize + 1] += 1;
            first[arc.head as usize + 1] += 1;
        }
        for v in 0..count {
            first[v + 1] += first[v];
        }
        let mut next = first.clone();
        let mut incident = vec![0_u32; arcs.len() * 2];
        for (index, arc) in arcs.iter().enumerate() {
            for end in [arc.tail, arc.head] {
                incident[next[end as usize] as usize] = index as u32;
                next[end as usize] += 1;
            }
        }
        Self {
            arcs,
            position,
            first,
            incident,
            in_tree: vec![false; arcs.len()],
            cut: vec![0; arcs.len()],
            tree: vec![Vec::new(); count],
            tree_arcs: Vec::with_capacity(count),
            slot: vec![NONE; arcs.len()],
            parent_arc: vec![NONE; count],
            lim: vec![0; count],
            low: vec![0; count],
            by_lim: vec![0; count + 1],
            search_from: 0,
            stack: Vec::new(),
            work,
        }
    }

    fn slack(&self, arc: u32) -> i32 {
        let arc = &self.arcs[arc as usize];
        self.position[arc.head as usize] - self.position[arc.tail as usize] - arc.length
    }

    fn incident(&self, v: u32) -> std::ops::Range<usize> {
        self.first[v as usize] as usize..self.first[v as usize + 1] as usize
    }

    fn add_to_tree(&mut self, arc: u32) {
        let ends = self.arcs[arc as usize];
        self.in_tree[arc as usize] = true;
        self.slot[arc as usize] = self.tree_arcs.len() as u32;
        self.tree_arcs.push(arc);
        self.tree[ends.tail as usize].push(arc);
        self.tree[ends.head as usize].push(arc);
    }

    /// A spanning tree of arcs without slack. Trees that are tight already are found first and then joined by their
    /// shortest slack, so that a good start keeps most of its places. False when the graph is not connected.
    fn grow_tight_tree(&mut self) -> bool {
        let TightTrees { mut group, mut members } = self.tight_trees();
        // The tree of point 0 takes in its nearest neighbour; a heap holds the arcs that leave it, keyed by slack at the time;
        // moving the joined tree instead of the joining one keeps those keys true.
        let mut joined = vec![false; members.len()];
        joined[0] = true;
        let mut heap = BinaryHeap::new();
        self.push_leaving(&members[0], &joined, &group, &mut heap);
        let mut left = members.len() - 1;
        while left > 0 {
            let Some((_, arc)) = heap.pop() else { return false };
            if self.work < 0 {
                return false;
            }
            let ends = self.arcs[arc as usize];
            let (tail_in, head_in) = (
                joined[group[ends.tail as usize] as usize],
                joined[group[ends.head as usize] as usize],
            );
            if tail_in && head_in {
                continue;
            }
            let (fresh, shift) = if tail_in {
                (group[ends.head as usize], -1)
            } else {
                (group[ends.tail as usize], 1)
            };
            let wanted = self.slack(arc);
            let room = self.room_to_move(&members[fresh as usize], shift, &group).min(wanted);
            for &v in &members[fresh as usize] {
                self.position[v as usize] += shift * room;
            }
            left -= 1;
            if room == wanted {
                joined[fresh as usize] = true;
                self.add_to_tree(arc);
                self.push_leaving(&members[fresh as usize], &joined, &group, &mut heap);
                continue;
            }
            // It met another tree first: they become one, and the search goes on from there.
            let Some(touching) = self.touching(&members[fresh as usize], &group) else {
                return false;
            };
            let ends = self.arcs[touching as usize];
            let (a, b) = (group[ends.tail as usize], group[ends.head as usize]);
            let (keep, gone) = if b == fresh { (a, b) } else { (b, a) };
            self.add_to_tree(touching);
            let moved = std::mem::take(&mut members[gone as usize]);
            for &v in &moved {
                group[v as usize] = keep;
            }
            if joined[keep as usize] {
                self.push_leaving(&moved, &joined, &group, &mut heap);
            } else {
                heap.push((Reverse(self.slack(arc)), arc));
            }
            members[keep as usize].extend(moved);
        }
        self.tree_arcs.len() + 1 == self.position.len()
    }

    /// The trees that are tight as the points lie; their arcs are put into the tree.
    fn tight_trees(&mut self) -> TightTrees {
        let count = self.position.len();
        let mut group = vec![NONE; count];
        let mut members: Vec<Vec<u32>> = Vec::new();
        for root in 0..count {
            if group[root] != NONE {
                continue;
            }
            let id = members.len() as u32;
            let mut list = vec![root as u32];
            group[root] = id;
            let mut at = 0;
            while at < list.len() {
                let v = list[at];
                at += 1;
                for k in self.incident(v) {
                    let arc = self.incident[k];
                    let other = self.arcs[arc as usize].other(v);
                    if group[other as usize] == NONE && self.slack(arc) == 0 {
                        group[other as usize] = id;
                        list.push(other);
                        self.add_to_tree(arc);
                    }
                }
            }
            members.push(list);
        }
        TightTrees { group, members }
    }

    /// The arcs from these points to trees that are not joined yet.
    fn push_leaving(&self, points: &[u32], joined: &[bool], group: &[u32], heap: &mut ArcHeap) {
        for &v in points {
            for k in self.incident(v) {
                let arc = self.incident[k];
                let other = self.arcs[arc as usize].other(v);
                if !joined[group[other as usize] as usize] {
                    heap.push((Reverse(self.slack(arc)), arc));
                }
            }
        }
    }

    /// How far a whole tight tree may move so that every arc into the rest stays long enough.
    fn room_to_move(&mut self, tree: &[u32], shift: i32, group: &[u32]) -> i32 {
        let mut room = i32::MAX;
        for &v in tree {
            // Looked at here, moved, and perhaps searched once more.
            self.work -= 3 * (1 + self.incident(v).len()) as i64;
            for k in self.incident(v) {
                let arc = self.incident[k];
                let ends = self.arcs[arc as usize];
                let limits = if shift < 0 { ends.head == v } else { ends.tail == v };
                if limits && group[ends.other(v) as usize] != group[v as usize] {
                    room = room.min(self.slack(arc));
                }
            }
        }
        room
    }

    /// An arc without slack from a tree to another one.
    fn touching(&self, tree: &[u32], group: &[u32]) -> Option<u32> {
        tree.iter().find_map(|&v| {
            self.incident(v).map(|k| self.incident[k]).find(|&arc| {
                let other = self.arcs[arc as usize].other(v);
                group[other as usize] != group[v as usize] && self.slack(arc) == 0
            })
        })
    }

    /// Numbers the subtree of `root` in postorder, from `low`.
    fn range_from(&mut self, root: u32, parent: u32, low: u32) {
        let mut next = low;
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        self.parent_arc[root as usize] = parent;
        self.low[root as usize] = next;
        stack.push((root, 0));
        while let Some((v, at)) = stack.last_mut() {
            let v = *v;
            if let Some(&arc) = self.tree[v as usize].get(*at as usize) {
                *at += 1;
                if arc != self.parent_arc[v as usize] {
                    let ends = self.arcs[arc as usize];
                    let child = ends.other(v);
                    self.parent_arc[child as usize] = arc;
                    self.low[child as usize] = next;
                    stack.push((child, 0));
                }
            } else {
                self.lim[v as usize] = next;
                self.by_lim[next as usize] = v;
                self.work -= self.tree[v as usize].len() as i64;
                next += 1;
                stack.pop();
            }
        }
        self.stack = stack;
    }

    fn below(&self, v: u32, top: u32) -> bool {
        self.low[top as usize] <= self.lim[v as usize]
            && self.lim[v as usize] <= self.lim[top as usize]
    }

    fn compute_cuts(&mut self) {
        for lim in 1..self.position.len() {
            let v = self.by_lim[lim];
            let up = self.parent_arc[v as usize];
            let downward = self.arcs[up as usize].tail == v;
            let mut sum = 0;
            for k in self.incident(v) {
                let arc = self.incident[k];
                let ends = self.arcs[arc as usize];
                let other = ends.other(v);
                let outside = !self.below(other, v);
                let value = if outside {
                    ends.weight
                } else if self.in_tree[arc as usize] {
                    self.cut[arc as usize] - ends.weight
                } else {
                    -ends.weight
                };
                let inward = if downward { ends.head == v } else { ends.tail == v };
                sum += if inward == outside { -value } else { value };
            }
            self.cut[up as usize] = sum;
        }
    }

    /// A tree arc whose cut is negative: the most negative of the next few.
    fn leaving(&mut self) -> Option<u32> {
        const LOOK_AT: usize = 30;
        let count = self.tree_arcs.len();
        let (mut best, mut seen) = (None, 0);
        for step in 0..count {
            self.work -= 1;
            let at = (self.search_from + step) % count;
            let arc = self.tree_arcs[at];
            if self.cut[arc as usize] < 0 {
                if best.is_none_or(|b: u32| self.cut[arc as usize] < self.cut[b as usize]) {
                    best = Some(arc);
                }
                seen += 1;
                if seen == LOOK_AT {
                    self.search_from = at;
                    break;
                }
            }
        }
        best
    }

    /// The shortest arc back across the cut of a leaving arc.
    fn entering(&mut self, leaving: u32) -> Option<u32> {
        let ends = self.arcs[leaving as usize];
        let tail_below = self.lim[ends.tail as usize] < self.lim[ends.head as usize];
        let top = if tail_below { ends.tail } else { ends.head };
        let (mut best, mut least) = (None, i32::MAX);
        for lim in self.low[top as usize]..=self.lim[top as usize] {
            let v = self.by_lim[lim as usize];
            self.work -= 1 + self.incident(v).len() as i64;
            for k in self.incident(v) {
                let arc = self.incident[k];
                let e = self.arcs[arc as usize];
                let (fits, other) =
                    if tail_below { (e.head == v, e.tail) } else { (e.tail == v, e.head) };
                if fits && !self.in_tree[arc as usize] && !self.below(other, top) {
                    let slack = self.slack(arc);
                    if slack < least {
                        (best, least) = (Some(arc), slack);
                        if slack == 0 {
                            return best;
                        }
                    }
                }
            }
        }
        best
    }

    fn pivot(&mut self, leaving: u32, entering: u32) {
        let delta = self.slack(entering);
        let old = self.arcs[leaving as usize];
        if delta > 0 {
            let tail_below = self.lim[old.tail as usize] < self.lim[old.head as usize];
            let (top, shift) = if tail_below { (old.tail, -delta) } else { (old.head, delta) };
            for lim in self.low[top as usize]..=self.lim[top as usize] {
                let v = self.by_lim[lim as usize];
                self.position[v as usize] += shift;
            }
        }
        let cut = self.cut[leaving as usize];
        let new = self.arcs[entering as usize];
        let meet = self.update_path(new.tail, new.head, cut, true);
        self.update_path(new.head, new.tail, cut, false);
        self.cut[entering as usize] = -cut;
        self.cut[leaving as usize] = 0;
        // exchange
        self.in_tree[leaving as usize] = false;
        self.in_tree[entering as usize] = true;
        let slot = self.slot[leaving as usize];
        self.tree_arcs[slot as usize] = entering;
        self.slot[entering as usize] = slot;
        for end in [old.tail, old.head] {
            self.tree[end as usize].retain(|&a| a != leaving);
        }
        for end in [new.tail, new.head] {
            self.tree[end as usize].push(entering);
        }
        self.range_from(meet, self.parent_arc[meet as usize], self.low[meet as usize]);
    }

    fn update_path(&mut self, from: u32, towards: u32, cut: i32, forward: bool) -> u32 {
        let mut v = from;
        while !self.below(towards, v) {
            let arc = self.parent_arc[v as usize];
            let ends = self.arcs[arc as usize];
            let along = if v == ends.tail { forward } else { !forward };
            self.cut[arc as usize] += if along { cut } else { -cut };
            v = if self.lim[ends.tail as usize] > self.lim[ends.head as usize] {
                ends.tail
            } else {
                ends.head
            };
        }
        v
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(arcs: &[Arc], position: &[i32]) -> i32 {
        arcs.iter()
            .map(|a| (position[a.head as usize] - position[a.tail as usize]) * a.weight)
            .sum()
    }

    /// Every assignment within `0..=span`, the cheapest feasible one.
    fn cheapest(arcs: &[Arc], count: usize, span: i32) -> i32 {
        let mut position = vec![0; count];
        let mut best = i32::MAX;
        loop {
            if arcs
                .iter()
                .all(|a| position[a.head as usize] - position[a.tail as usize] >= a.length)
            {
                best = best.min(cost(arcs, &position));
            }
            let Some(at) = position.iter().position(|&p| p < span) else { return best };
            position[at] += 1;
            position[..at].fill(0);
        }
    }

    #[test]
    fn it_finds_the_cheapest_places() {
        // a small linear congruential stream makes the cases; every case is checked against all assignments
        let mut seed = 12345_u64;
        let mut draw = |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for _ in 0..200 {
            let count = 5;
            let mut arcs = Vec::new();
            for head in 1..count as u32 {
                arcs.push(Arc {
                    tail: draw(u64::from(head)) as u32,
                    head,
                    length: 1,
                    weight: 1 + draw(4) as i32,
                });
            }
            for _ in 0..4 {
                let tail = draw(count as u64 - 1) as u32;
                let head = tail + 1 + draw(count as u64 - 1 - u64::from(tail)) as u32;
                arcs.push(Arc { tail, head, length: draw(3) as i32, weight: draw(5) as i32 });
            }
            let mut position = vec![0; count];
            for head in 0..count {
                for a in arcs.iter().filter(|a| a.head as usize == head) {
                    position[head] = position[head].max(position[a.tail as usize] + a.length);
                }
            }
            improve(&arcs, &mut position, 1000, 1_000_000);
            assert!(
                arcs.iter()
                    .all(|a| position[a.head as usize] - position[a.tail as usize] >= a.length)
            );
            assert_eq!(cost(&arcs, &position), cheapest(&arcs, count, 6), "{arcs:?}");
        }
    }
}
