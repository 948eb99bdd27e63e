//! The drawing of a scope: heights of rows and gaps, and the lines from their pieces.

use super::layered::{Layered, PointKind, Problem};
use super::ports::Ports;
use super::tracks::tracks;

/// A scope with places; whole pixels, its own corner at 0, 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    /// Top left corners of the nodes.
    pub(super) nodes: Vec<(i32, i32)>,
    pub(super) edges: Vec<Vec<(i32, i32)>>,
    /// Top left corners of the labels.
    pub(super) labels: Vec<Option<(i32, i32)>>,
    pub(super) size: (i32, i32),
}

/// Straight pixels at both ends of a gap, for the arrow head and the rounded corner.
const LEAD: i32 = 12;
/// How far the loop of a state to itself goes out, and the height that its label takes.
pub(super) const LOOP_OUT: i32 = 18;
pub(super) const LOOP_PITCH: i32 = 22;
/// The least height of a loop, with its distance from the next: three times what two lines need.
pub(super) const LOOP_LEAST: i32 = 6;

/// Draws the lines of a scope. `middle` is the middle of every point.
pub(super) fn route(problem: &Problem, layered: &Layered, middle: &[i32]) -> Drawing {
    let ports = Ports::new(problem, layered, middle);
    let mut y = 0;
    let mut tops = Vec::with_capacity(layered.rows.len());
    let mut bends: Vec<Vec<(i32, i32)>> = vec![Vec::new(); layered.pieces.len()];
    let heights: Vec<i32> = layered
        .rows
        .iter()
        .map(|row| row.iter().map(|&p| layered.points[p as usize].h).max().unwrap_or(0))
        .collect();
    let is_label_row = |row: usize| {
        layered
            .rows
            .get(row)
            .is_some_and(|r| r.iter().all(|&p| layered.points[p as usize].kind != PointKind::Node))
    };
    let mut gap_pieces = Vec::new();
    for (row, height) in heights.iter().enumerate() {
        tops.push(y);
        y += height;
        if row + 1 == layered.rows.len() {
            break;
        }
        gap_pieces.clear();
        for &point in &layered.rows[row] {
            gap_pieces.extend_from_slice(layered.pieces_below(point));
        }
        let tracks = tracks(&gap_pieces, &ports, problem.gaps.edge, layered.lanes_from);
        let least = if is_label_row(row) || is_label_row(row + 1) {
            problem.gaps.layer / 2
        } else {
            problem.gaps.layer
        };
        let gap = least.max(LEAD * 2 + (tracks.count - 1).max(0) * problem.gaps.edge);
        let spread = (gap - (tracks.count - 1).max(0) * problem.gaps.edge) / 2;
        for (piece, track, from, to) in tracks.runs {
            let at = y + spread + track * problem.gaps.edge;
            bends[piece as usize].push((from, at));
            bends[piece as usize].push((to, at));
        }
        y += gap;
    }
    let rows = Rows { tops, heights, below: y };
    assemble(problem, layered, middle, &ports, &rows, &bends)
}

/// Where the rows lie.
struct Rows {
    tops: Vec<i32>,
    heights: Vec<i32>,
    /// The end of the last one.
    below: i32,
}

fn assemble(
    problem: &Problem,
    layered: &Layered,
    middle: &[i32],
    ports: &Ports,
    rows: &Rows,
    bends: &[Vec<(i32, i32)>],
) -> Drawing {
    let top_of = |point: usize| {
        let p = &layered.points[point];
        let row = rows.heights[p.row as usize];
        // next to something tall a card stands where a card of its own row would
        let slack = row - p.h;
        rows.tops[p.row as usize] + if row > 100 { slack.min(20) } else { slack / 2 }
    };
    let nodes: Vec<(i32, i32)> = (0..problem.sizes.len())
        .map(|v| {
            let inset = problem.inset[v];
            (middle[v] - problem.sizes[v].0 / 2 + inset.0, top_of(v) + inset.1)
        })
        .collect();
    let mut edges = Vec::with_capacity(problem.edges.len());
    let mut labels = Vec::with_capacity(problem.edges.len());
    for (index, edge) in problem.edges.iter().enumerate() {
        if edge.from == edge.to {
            edges.push(Vec::new());
            labels.push(None);
            continue;
        }
        let mut line = Vec::new();
        for piece in layered.edge_pieces[index].clone() {
            let p = layered.pieces[piece as usize];
            if line.is_empty() {
                let v = p.upper as usize;
                let (x, (w, h)) = (ports.upper[piece as usize], problem.own_size(v));
                if ports.at_side[piece as usize] {
                    let y = nodes[v].1 + h / 2;
                    line.push((if x < middle[v] { nodes[v].0 } else { nodes[v].0 + w }, y));
                    line.push((x, y));
                } else {
                    line.push((x, nodes[v].1 + h));
                }
            }
            line.extend_from_slice(&bends[piece as usize]);
            if layered.points[p.lower as usize].kind == PointKind::Node {
                let v = p.lower as usize;
                let (x, (w, h)) = (ports.lower[piece as usize], problem.own_size(v));
                if ports.lower_at_side[piece as usize] {
                    let y = nodes[v].1 + h / 2;
                    line.push((x, y));
                    line.push((if x < middle[v] { nodes[v].0 } else { nodes[v].0 + w }, y));
                } else {
                    line.push((x, nodes[v].1));
                }
            }
        }
        if layered.reversed[index] {
            line.reverse();
        }
        edges.push(straightened(line));
        labels.push(layered.label_point[index].map(|point| {
            let (w, _) = edge.label;
            (middle[point as usize] - w / 2, top_of(point as usize))
        }));
    }
    let mut drawing = Drawing { nodes, edges, labels, size: (0, rows.below) };
    drawing.draw_loops(problem);
    drawing.fit(problem);
    drawing
}

/// Without points that add nothing.
fn straightened(line: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut out: Vec<(i32, i32)> = Vec::with_capacity(line.len());
    for point in line {
        if out.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = out[..]
            && ((a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1))
        {
            out.pop();
        }
        out.push(point);
    }
    out
}

impl Drawing {
    /// Edges from a state to itself: small loops on its right, for which `Problem::inset` leaves room.
    fn draw_loops(&mut self, problem: &Problem) {
        let mut loops: Vec<u32> = (0..problem.edges.len() as u32)
            .filter(|&e| problem.edges[e as usize].from == problem.edges[e as usize].to)
            .collect();
        loops.sort_by_key(|&e| (problem.edges[e as usize].from, e));
        for group in loops
            .chunk_by(|&a, &b| problem.edges[a as usize].from == problem.edges[b as usize].from)
        {
            let v = problem.edges[group[0] as usize].from as usize;
            let (w, h) = problem.own_size(v);
            let (right, top) = (self.nodes[v].0 + w, self.nodes[v].1);
            let count = group.len() as i32;
            let label_top = top + h / 2 - count * LOOP_PITCH / 2;
            for (nth, &e) in group.iter().enumerate() {
                let nth = nth as i32;
                let third = |thirds: i32| {
                    let down = i64::from(h) * i64::from(thirds) / (i64::from(count) * 3);
                    // Not further down than the height itself.
                    top + down as i32
                };
                let (y1, y2) = (third(nth * 3 + 1), third(nth * 3 + 2));
                self.edges[e as usize] =
                    vec![(right, y1), (right + LOOP_OUT, y1), (right + LOOP_OUT, y2), (right, y2)];
                let label = problem.edges[e as usize].label;
                if label.0 > 0 {
                    let y = label_top + nth * LOOP_PITCH + (LOOP_PITCH - label.1) / 2;
                    self.labels[e as usize] = Some((right + LOOP_OUT + 4, y));
                }
            }
        }
    }

    /// The size, and everything moved to 0, 0.
    fn fit(&mut self, problem: &Problem) {
        let mut low = (i32::MAX, i32::MAX);
        let mut high = (0, 0);
        let mut see = |x: i32, y: i32| {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        };
        for (v, &(x, y)) in self.nodes.iter().enumerate() {
            let (w, h) = problem.own_size(v);
            see(x, y);
            see(x + w, y + h);
        }
        for (label, edge) in self.labels.iter().zip(&problem.edges) {
            if let Some((x, y)) = *label {
                see(x, y);
                see(x + edge.label.0, y + edge.label.1);
            }
        }
        for &(x, y) in self.edges.iter().flatten() {
            see(x, y);
        }
        if low.0 == i32::MAX {
            return;
        }
        for (x, y) in self
            .nodes
            .iter_mut()
            .chain(self.edges.iter_mut().flatten())
            .chain(self.labels.iter_mut().flatten())
        {
            *x -= low.0;
            *y -= low.1;
        }
        self.size = (high.0 - low.0, high.1 - low.1);
    }
}
