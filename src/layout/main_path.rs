//! The path a reader follows first, and orders of the rows that start from it.

use super::graph::EdgeKind;
use super::layered::{Layered, Problem};

/// What a reader follows: from each state one edge, and the path of those from the start.
pub(super) struct MainPath {
    /// By edge: whether it is the one that its state most likely goes on with.
    pub(super) onward: Vec<bool>,
    /// By edge: whether it is on the path from the start.
    pub(super) main: Vec<bool>,
}

/// From every state along `Next`, at a Choice to where most states follow.
pub(super) fn main_path(problem: &Problem, layered: &Layered) -> MainPath {
    let count = problem.sizes.len();
    let (first, out) = problem.edges_by_source();
    let forward = |edge: u32| {
        let e = &problem.edges[edge as usize];
        e.from != e.to && !layered.reversed[edge as usize] && e.kind != EdgeKind::Catch
    };
    let edges_of = |v: u32| &out[first[v as usize] as usize..first[v as usize + 1] as usize];
    // the most states that can follow without an error; rows are a topological order
    let mut by_row: Vec<u32> = (0..count as u32).collect();
    by_row.sort_by_key(|&v| std::cmp::Reverse(layered.points[v as usize].row));
    let mut follow = vec![0_u32; count];
    let mut best: Vec<Option<u32>> = vec![None; count];
    for &v in &by_row {
        for &e in edges_of(v) {
            let value = follow[problem.edges[e as usize].to as usize] + 1;
            if forward(e) && value > follow[v as usize] {
                follow[v as usize] = value;
                best[v as usize] = Some(e);
            }
        }
    }
    let mut onward = vec![false; problem.edges.len()];
    for edge in best.iter().flatten() {
        onward[*edge as usize] = true;
    }
    let mut main = vec![false; problem.edges.len()];
    let mut at = problem.start;
    while let Some(edge) = best.get(at as usize).copied().flatten() {
        main[edge as usize] = true;
        at = problem.edges[edge as usize].to;
    }
    MainPath { onward, main }
}

/// Orders of the rows to start from.
pub(super) fn first_rows(
    problem: &Problem,
    layered: &Layered,
    path: &MainPath,
) -> Vec<Vec<Vec<u32>>> {
    vec![
        around_main_path(problem, layered, &path.main),
        walked(problem, layered, false),
        walked(problem, layered, true),
        layered.rows.clone(),
    ]
}

/// The main path in the middle, what errors lead to on its left, other choices on its right.
fn around_main_path(problem: &Problem, layered: &Layered, main: &[bool]) -> Vec<Vec<u32>> {
    let mut seen = vec![false; layered.points.len()];
    let mut path = Vec::new();
    let mut at = problem.start;
    loop {
        seen[at as usize] = true;
        path.push(at);
        let next = layered
            .pieces_below(at)
            .iter()
            .map(|&piece| layered.pieces[piece as usize])
            .find(|piece| main[piece.edge as usize] && !seen[piece.lower as usize]);
        let Some(next) = next else { break };
        at = next.lower;
    }
    let (mut left, mut right) =
        (vec![Vec::new(); layered.rows.len()], vec![Vec::new(); layered.rows.len()]);
    for &point in path.iter().rev() {
        for &piece in layered.pieces_below(point) {
            let piece = layered.pieces[piece as usize];
            let is_catch = problem.edges[piece.edge as usize].kind == EdgeKind::Catch;
            let side = if is_catch { &mut left } else { &mut right };
            walk(layered, piece.lower, false, &mut seen, side);
        }
    }
    for root in 0..layered.points.len() as u32 {
        if layered.pieces_above(root).is_empty() {
            walk(layered, root, false, &mut seen, &mut right);
        }
    }
    let mut middle: Vec<Vec<u32>> = vec![Vec::new(); layered.rows.len()];
    for &point in &path {
        middle[layered.points[point as usize].row as usize].push(point);
    }
    left.into_iter()
        .zip(middle)
        .zip(right)
        .map(|((left, middle), right)| left.into_iter().rev().chain(middle).chain(right).collect())
        .collect()
}

/// A depth-first walk downwards, the edges of a state in the order of the definition or against it.
fn walked(problem: &Problem, layered: &Layered, backwards: bool) -> Vec<Vec<u32>> {
    let mut seen = vec![false; layered.points.len()];
    let mut rows = vec![Vec::new(); layered.rows.len()];
    for root in std::iter::once(problem.start).chain(0..layered.points.len() as u32) {
        if layered.pieces_above(root).is_empty() {
            walk(layered, root, backwards, &mut seen, &mut rows);
        }
    }
    rows
}

fn walk(layered: &Layered, root: u32, backwards: bool, seen: &mut [bool], rows: &mut [Vec<u32>]) {
    let mut stack = vec![root];
    while let Some(point) = stack.pop() {
        if std::mem::replace(&mut seen[point as usize], true) {
            continue;
        }
        rows[layered.points[point as usize].row as usize].push(point);
        let pieces = layered.pieces_below(point);
        let lower = |&piece: &u32| layered.pieces[piece as usize].lower;
        if backwards {
            stack.extend(pieces.iter().map(lower));
        } else {
            stack.extend(pieces.iter().rev().map(lower));
        }
    }
}
