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
}

impl Ports {
    pub(super) fn new(problem: &Problem, layered: &Layered, middle: &[i32]) -> Self {
        let mut ports = Self {
            upper: layered.pieces.iter().map(|p| middle[p.upper as usize]).collect(),
            lower: layered.pieces.iter().map(|p| middle[p.lower as usize]).collect(),
            at_side: vec![false; layered.pieces.len()],
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

    /// The outermost line of a state, when it does not lead to the next one, leaves at the side and turns down once, if nothing of
    /// its row is in the way.
    fn leave_at_sides(&mut self, problem: &Problem, layered: &Layered, middle: &[i32]) {
        for v in 0..problem.sizes.len() as u32 {
            let far = |piece: &u32| {
                (layered.place[layered.pieces[*piece as usize].lower as usize], *piece)
            };
            let pieces = layered.pieces_below(v);
            let outermost = [
                (-1, pieces.iter().copied().min_by_key(far)),
                (1, pieces.iter().copied().max_by_key(far)),
            ];
            for (sign, piece) in outermost {
                let Some(piece) = piece else { continue };
                let p = layered.pieces[piece as usize];
                let goes_aside = layered.reversed[p.edge as usize]
                    || match problem.edges[p.edge as usize].kind {
                        EdgeKind::Choice | EdgeKind::Default | EdgeKind::Catch => true,
                        EdgeKind::Start | EdgeKind::Next | EdgeKind::End => false,
                    };
                let lower_is_free = layered.points[p.lower as usize].kind != PointKind::Node
                    || layered.pieces_above(p.lower).len() == 1;
                let has_loop = sign > 0 && problem.inset[v as usize].0 > 0;
                if !goes_aside || !lower_is_free || has_loop {
                    continue;
                }
                let x = middle[p.lower as usize];
                let beyond = (x - middle[v as usize]) * sign - half_width(problem, v);
                let row = &layered.rows[layered.points[v as usize].row as usize];
                let neighbour =
                    (layered.place[v as usize] as usize).checked_add_signed(sign as isize);
                let room = neighbour.and_then(|at| row.get(at)).is_none_or(|&other| {
                    let near_side =
                        middle[other as usize] - sign * (layered.points[other as usize].w + 1) / 2;
                    (near_side - x) * sign >= problem.gaps.edge
                });
                if beyond >= SIDE_REACH && room {
                    self.at_side[piece as usize] = true;
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
            list.extend(
                pieces
                    .iter()
                    .copied()
                    .filter(|&piece| !(upper_end && self.at_side[piece as usize])),
            );
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
            if self.at_side[index] {
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
