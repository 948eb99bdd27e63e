//! Ways around a scope for edges that are too long to pass all the rows between their ends: lanes at its right side, each taken by
//! one edge at a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layered::{Layered, Piece, PointKind, Problem, RowPoint};

/// The rows that an edge spends in a lane.
struct Stay {
    first: u32,
    last: u32,
    edge: usize,
}

/// Adds the points and pieces of the edges that go around. Everything else has its place.
pub(super) fn add(problem: &Problem, layered: &mut Layered, middle: &mut Vec<i32>) {
    if !layered.around.contains(&true) {
        return;
    }
    let ends = layered.points.iter().zip(&*middle).map(|(point, x)| x + (point.w + 1) / 2);
    let first_lane = ends.max().unwrap_or(0) + problem.gaps.edge * 2;
    layered.lanes_from = first_lane - problem.gaps.edge;

    let mut new_points: Vec<(u32, i32, u32)> = Vec::new();
    let mut ways: Vec<Option<(u32, u32)>> = vec![None; problem.edges.len()];
    for (stay, lane) in lanes(stays(problem, layered)) {
        let x = first_lane + lane * problem.gaps.edge;
        let mut add = |row: u32| {
            let id = layered.points.len() as u32;
            layered.points.push(RowPoint { kind: PointKind::Pass, row, w: 0, h: 0 });
            middle.push(x);
            new_points.push((row, x, id));
            id
        };
        let upper = add(stay.first);
        let lower = if stay.last > stay.first { add(stay.last) } else { upper };
        ways[stay.edge] = Some((upper, lower));
    }
    new_points.sort_unstable();
    layered.place.resize(layered.points.len(), 0);
    for (row, _, point) in new_points {
        let row = &mut layered.rows[row as usize];
        layered.place[point as usize] = row.len() as u32;
        row.push(point);
    }
    join(problem, layered, &ways);
}

/// Which rows each edge needs a lane for: all between its ends, or between its label and its other end.
fn stays(problem: &Problem, layered: &Layered) -> Vec<Stay> {
    let around = (0..problem.edges.len()).filter(|&edge| layered.around[edge]);
    let stay = |edge: usize| {
        let (top, bottom) = ends(problem, layered, edge);
        let (mut first, mut last) =
            (layered.points[top as usize].row + 1, layered.points[bottom as usize].row - 1);
        if layered.label_point[edge].is_some() {
            if layered.reversed[edge] {
                last -= 1;
            } else {
                first += 1;
            }
        }
        Stay { first, last, edge }
    };
    around.map(stay).collect()
}

fn ends(problem: &Problem, layered: &Layered, edge: usize) -> (u32, u32) {
    let ends = &problem.edges[edge];
    if layered.reversed[edge] { (ends.to, ends.from) } else { (ends.from, ends.to) }
}

/// A lane for each, counted from the scope outwards: the innermost that is free.
fn lanes(mut stays: Vec<Stay>) -> Vec<(Stay, i32)> {
    stays.sort_by_key(|stay| (stay.first, stay.last, stay.edge));
    let (mut taken, mut free) = (BinaryHeap::new(), BinaryHeap::new());
    let mut count = 0;
    let assigned = stays.into_iter().map(|stay| {
        // A row stays free between two edges of a lane, so that their lines do not meet in a gap.
        while let Some(&Reverse((last, lane))) = taken.peek()
            && last + 1 < stay.first
        {
            taken.pop();
            free.push(Reverse(lane));
        }
        let lane = free.pop().map_or(count, |Reverse(lane)| lane);
        count = count.max(lane + 1);
        taken.push(Reverse((stay.last, lane)));
        (stay, lane)
    });
    assigned.collect()
}

/// Rebuilds the pieces: an edge that goes around runs from its upper end by its label, if that is there, to its lane and back.
fn join(problem: &Problem, layered: &mut Layered, ways: &[Option<(u32, u32)>]) {
    let mut pieces = Vec::with_capacity(layered.pieces.len() + ways.len() * 2);
    let mut edge_pieces = Vec::with_capacity(ways.len());
    for (edge, way) in ways.iter().enumerate() {
        let begin = pieces.len() as u32;
        let old = layered.edge_pieces[edge].clone();
        if let Some((into, out)) = *way {
            let (top, bottom) = ends(problem, layered, edge);
            let label = layered.label_point[edge];
            let before = label.filter(|_| !layered.reversed[edge]);
            let behind = label.filter(|_| layered.reversed[edge]);
            let lane = if into == out { vec![into] } else { vec![into, out] };
            let points: Vec<u32> =
                [top].into_iter().chain(before).chain(lane).chain(behind).chain([bottom]).collect();
            pieces.extend(points.windows(2).map(|pair| Piece {
                upper: pair[0],
                lower: pair[1],
                edge: edge as u32,
            }));
        } else {
            pieces.extend_from_slice(&layered.pieces[old.start as usize..old.end as usize]);
        }
        edge_pieces.push(begin..pieces.len() as u32);
    }
    layered.set_pieces(pieces, edge_pieces);
}
