//! Where each piece of an edge leaves its upper point and reaches its lower one.

use super::graph::EdgeKind;
use super::layered::{Layered, PointKind, Problem};

/// Least distance of a line from the corner of a node.
const CORNER: i32 = 10;
/// A line that leaves a node at its side goes on at least this far.
const SIDE_REACH: i32 = 14;

/// By index of the piece.
pub(super) struct Ports {
    pub(super) upper: Vec<i32>,
    pub(super) lower: Vec<i32>,
    /// Pieces that leave their upper node at its side; `upper` is then where they turn down.
    pub(super) at_side: Vec<bool>,
    /// The same at the lower node.
    pub(super) lower_at_side: Vec<bool>,
}

impl Ports {
    pub(super) fn new(problem: &Problem, layered: &Layered, middle: &[i32]) -> Self {
        let mut ports = Self {
            upper: layered.pieces.iter().map(|p| middle[p.upper as usize]).collect(),
            lower: layered.pieces.iter().map(|p| middle[p.lower as usize]).collect(),
            at_side: vec![false; layered.pieces.len()],
            lower_at_side: vec![false; layered.pieces.len()],
        };
        ports.straight_where_possible(problem, layered, middle);
        ports.leave_at_sides(problem, layered, middle);
        for upper_end in [false, true, false] {
            ports.keep_apart(problem, layered, middle, upper_end);
            ports.follow(problem, layered, middle, upper_end);
        }
        // the last word belongs to the distances
        ports.keep_apart(problem, layered, middle, true);
        ports.keep_apart(problem, layered, middle, false);
        ports
    }

    /// Both ends at a place that both can reach, else as near as possible.
    fn straight_where_possible(&mut self, problem: &Problem, layered: &Layered, middle: &[i32]) {
        let reach = |point: u32| {
            let half = match layered.points[point as usize].kind {
                PointKind::Node => (half_width(problem, point) - CORNER).max(0),
                PointKind::Label | PointKind::Pass => 0,
            };
            (middle[point as usize] - half, middle[point as usize] + half)
        };
        for (index, piece) in layered.pieces.iter().enumerate() {
            let (a, b) = (reach(piece.upper), reach(piece.lower));
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                let narrow = if a.1 - a.0 <= b.1 - b.0 { piece.upper } else { piece.lower };
                let at = middle[narrow as usize].clamp(low, high);
                self.upper[index] = at;
                self.lower[index] = at;
            } else {
                self.upper[index] = middle[piece.lower as usize].clamp(a.0, a.1);
                self.lower[index] = middle[piece.upper as usize].clamp(b.0, b.1);
            }
        }
    }

    /// The outermost line of a state, when it does not lead to the next one, leaves at the side and turns once, if nothing of its row
    /// is in the way. So does a line back at either of its ends.
    fn leave_at_sides(&mut self, problem: &Problem, layered: &Layered, middle: &[i32]) {
        // how far the line at the left and at the right side of a state goes
        let mut reach: Vec<[Option<i32>; 2]> = vec![[None; 2]; layered.points.len()];
        for v in 0..problem.sizes.len() as u32 {
            for (sign, upper_end) in [(-1, true), (-1, false), (1, true), (1, false)] {
                let pieces =
                    if upper_end { layered.pieces_below(v) } else { layered.pieces_above(v) };
                let far_of = |piece: u32| {
                    let p = layered.pieces[piece as usize];
                    if upper_end { p.lower } else { p.upper }
                };
                let key = |piece: &u32| (layered.place[far_of(*piece) as usize], *piece);
                let outermost = if sign < 0 {
                    pieces.iter().copied().min_by_key(key)
                } else {
                    pieces.iter().copied().max_by_key(key)
                };
                let Some(piece) = outermost else { continue };
                let edge = layered.pieces[piece as usize].edge as usize;
                let far = far_of(piece);
                let far_is_free = layered.points[far as usize].kind != PointKind::Node
                    || if upper_end {
                        layered.pieces_above(far)
                    } else {
                        layered.pieces_below(far)
                    }
                    .len()
                        == 1;
                let goes_aside =
                    layered.reversed[edge] || (upper_end && turns_away(problem.edges[edge].kind));
                let has_loop = sign > 0 && problem.inset[v as usize].0 > 0;
                let other_end = if upper_end {
                    self.lower_at_side[piece as usize]
                } else {
                    self.at_side[piece as usize]
                };
                let side = usize::from(sign > 0);
                // the upper lines were given their side first
                let taken = reach[v as usize][side].is_some();
                let x = middle[far as usize];
                if goes_aside
                    && far_is_free
                    && !has_loop
                    && !other_end
                    && !taken
                    && (x - middle[v as usize]) * sign >= half_width(problem, v) + SIDE_REACH
                    && row_is_free(problem, layered, middle, &reach, v, sign, x)
                {
                    let at_side =
                        if upper_end { &mut self.at_side } else { &mut self.lower_at_side };
                    at_side[piece as usize] = true;
                    reach[v as usize][side] = Some(x);
                    self.upper[piece as usize] = x;
                    self.lower[piece as usize] = x;
                }
            }
        }
    }

    /// Moves the ports of every node apart, at the upper or the lower ends of the pieces.
    fn keep_apart(
        &mut self,
        problem: &Problem,
        layered: &Layered,
        middle: &[i32],
        upper_end: bool,
    ) {
        let mut list = Vec::new();
        for v in 0..problem.sizes.len() as u32 {
            let pieces = if upper_end { layered.pieces_below(v) } else { layered.pieces_above(v) };
            list.clear();
            let at_side = if upper_end { &self.at_side } else { &self.lower_at_side };
            list.extend(pieces.iter().copied().filter(|&piece| !at_side[piece as usize]));
            if list.len() < 2 {
                continue;
            }
            list.sort_by_key(|&piece| {
                let p = &layered.pieces[piece as usize];
                (layered.place[if upper_end { p.lower } else { p.upper } as usize], piece)
            });
            let half = half_width(problem, v);
            let side = if upper_end { &mut self.upper } else { &mut self.lower };
            let (left, right) = (middle[v as usize] - half, middle[v as usize] + half);
            spread(side, &list, left, right, problem.gaps.edge);
        }
    }

    /// The other ends follow where they can, so that the piece is straight.
    fn follow(&mut self, problem: &Problem, layered: &Layered, middle: &[i32], upper_end: bool) {
        for (index, piece) in layered.pieces.iter().enumerate() {
            if self.at_side[index] || self.lower_at_side[index] {
                continue;
            }
            let (from, to, end) = if upper_end {
                (self.upper[index], &mut self.lower[index], piece.lower)
            } else {
                (self.lower[index], &mut self.upper[index], piece.upper)
            };
            if layered.points[end as usize].kind == PointKind::Node
                && (from - middle[end as usize]).abs() <= half_width(problem, end) - CORNER
            {
                *to = from;
            }
        }
    }
}

fn turns_away(kind: EdgeKind) -> bool {
    match kind {
        EdgeKind::Choice | EdgeKind::Default | EdgeKind::Catch => true,
        EdgeKind::Start | EdgeKind::Next | EdgeKind::End => false,
    }
}

/// Whether a line from the side of a node to `x` meets nothing of its row: not its neighbour, and not the line that comes from there.
fn row_is_free(
    problem: &Problem,
    layered: &Layered,
    middle: &[i32],
    reach: &[[Option<i32>; 2]],
    node: u32,
    sign: i32,
    x: i32,
) -> bool {
    let row = &layered.rows[layered.points[node as usize].row as usize];
    let neighbour = (layered.place[node as usize] as usize).checked_add_signed(sign as isize);
    neighbour.and_then(|at| row.get(at)).is_none_or(|&other| {
        let near_side = middle[other as usize] - sign * (layered.points[other as usize].w + 1) / 2;
        let facing = usize::from(sign < 0);
        let end = reach[other as usize][facing].unwrap_or(near_side);
        (end - x) * sign >= problem.gaps.edge
    })
}

/// Half the width of a node itself, without the room of its loops.
fn half_width(problem: &Problem, node: u32) -> i32 {
    problem.sizes[node as usize].0 / 2 - problem.inset[node as usize].0
}

/// Moves wishes apart with the least change: pools neighbours that are too near (the pool adjacent violators algorithm).
fn spread(port: &mut [i32], pieces: &[u32], left: i32, right: i32, gap: i32) {
    let count = pieces.len() as i32;
    let corner = CORNER.min((right - left) / (count + 1));
    let (low, high) = (left + corner, right - corner);
    let gap = gap.min((high - low) / (count - 1).max(1)).max(1);
    // shifted so that the gaps vanish
    let mut pools: Vec<(i64, i64)> = Vec::with_capacity(pieces.len());
    for (at, &piece) in pieces.iter().enumerate() {
        let at = at as i32;
        let wish = port[piece as usize].clamp(low, high) - at * gap;
        let mut pool = (i64::from(wish), 1_i64);
        while let Some(&last) = pools.last() {
            if last.0 * pool.1 <= pool.0 * last.1 {
                break;
            }
            pools.pop();
            pool = (pool.0 + last.0, pool.1 + last.1);
        }
        pools.push(pool);
    }
    let mut at = 0_i32;
    for (sum, members) in pools {
        let value = (sum.div_euclid(members)) as i32;
        let value = value.min(high - (count - 1) * gap).max(low);
        for _ in 0..members {
            port[pieces[at as usize] as usize] = value + at * gap;
            at += 1;
        }
    }
}
