//! One scope as rows of nodes: what ranking, ordering, placing and routing share.
//!
//! States stand in rows of their own; between two of them may lie a row of labels. An edge that passes a row has a point there,
//! so that every piece of an edge joins two neighbouring rows.

use std::ops::Range;

use super::graph::EdgeKind;
use super::rank::Ranks;

/// One scope (or one connected part of it) before it has places. Sizes in whole pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct Problem {
    pub(super) sizes: Vec<(i32, i32)>,
    /// Room at both sides of each node, and above and below it, within its size, for loops to itself.
    pub(super) inset: Vec<(i32, i32)>,
    pub(super) edges: Vec<ProblemEdge>,
    /// Where the walk starts.
    pub(super) start: u32,
    pub(super) gaps: Gaps,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ProblemEdge {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) kind: EdgeKind,
    /// Size of the label; zero for none.
    pub(super) label: (i32, i32),
}

/// Distances in whole pixels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gaps {
    /// Between two rows of states.
    pub(super) layer: i32,
    /// Between two states of a row.
    pub(super) node: i32,
    /// Between two lines.
    pub(super) edge: i32,
}

/// How edges are weighed against each other; each step has its own table.
pub(super) struct Weight;

impl Problem {
    /// The size of a node itself, without the room of its loops.
    pub(super) fn own_size(&self, node: usize) -> (i32, i32) {
        let (size, inset) = (self.sizes[node], self.inset[node]);
        (size.0 - inset.0 * 2, size.1 - inset.1 * 2)
    }

    /// Edges by their source: `out[first[v]..first[v + 1]]`.
    pub(super) fn edges_by_source(&self) -> (Vec<u32>, Vec<u32>) {
        let count = self.sizes.len();
        let mut first = vec![0_u32; count + 1];
        for edge in &self.edges {
            first[edge.from as usize + 1] += 1;
        }
        for v in 0..count {
            first[v + 1] += first[v];
        }
        let mut next = first.clone();
        let mut out = vec![0_u32; self.edges.len()];
        for (index, edge) in self.edges.iter().enumerate() {
            out[next[edge.from as usize] as usize] = index as u32;
            next[edge.from as usize] += 1;
        }
        (first, out)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointKind {
    /// A state, marker or container.
    Node,
    /// The label of an edge.
    Label,
    /// Where an edge passes a row.
    Pass,
}

/// Something that takes a place in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPoint {
    pub(super) kind: PointKind,
    pub(super) row: u32,
    pub(super) w: i32,
    pub(super) h: i32,
}

/// A piece of an edge between two neighbouring rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) upper: u32,
    pub(super) lower: u32,
    pub(super) edge: u32,
}

/// A scope as rows. The nodes of the problem are the first points.
pub(super) struct Layered {
    pub(super) points: Vec<RowPoint>,
    pub(super) rows: Vec<Vec<u32>>,
    /// Place of a point in its row.
    pub(super) place: Vec<u32>,
    pub(super) pieces: Vec<Piece>,
    /// Pieces of edge `e`, from the upper end: `edge_pieces[e]`.
    pub(super) edge_pieces: Vec<Range<u32>>,
    pub(super) reversed: Vec<bool>,
    /// The point of an edge's label.
    pub(super) label_point: Vec<Option<u32>>,
    /// Pieces by point: `above[first_above[v]..first_above[v + 1]]`, and the same below.
    pub(super) first_above: Vec<u32>,
    pub(super) above: Vec<u32>,
    pub(super) first_below: Vec<u32>,
    pub(super) below: Vec<u32>,
    /// By edge: whether it goes around the scope.
    pub(super) around: Vec<bool>,
    /// From this x on there is nothing but lanes of edges that go around.
    pub(super) lanes_from: i32,
}

impl Layered {
    /// Puts nodes, labels and passing edges into rows, not yet in a good order. Edges pass rows in about `passes` points.
    pub(super) fn new(problem: &Problem, ranks: Ranks, passes: i64) -> Self {
        let Ranks { rank, reversed } = ranks;
        let height = rank.iter().copied().max().map_or(0, |r| r + 1) as usize;
        // rows of labels exist only where there is a label
        let mut has_labels = vec![false; height + 1];
        let label_gap = |index: usize| {
            let edge = &problem.edges[index];
            // the gap below a rank; the label stays near the state that decides
            if reversed[index] { rank[edge.from as usize] - 1 } else { rank[edge.from as usize] }
        };
        for (index, edge) in problem.edges.iter().enumerate() {
            if edge.from != edge.to && edge.label.0 > 0 {
                has_labels[label_gap(index) as usize] = true;
            }
        }
        let mut row_of_rank = Vec::with_capacity(height);
        let mut rows_used = 0_u32;
        for labels in has_labels.iter().take(height) {
            row_of_rank.push(rows_used);
            rows_used += 1 + u32::from(*labels);
        }
        let mut points: Vec<RowPoint> = problem
            .sizes
            .iter()
            .zip(&rank)
            .map(|(&(w, h), &r)| RowPoint {
                kind: PointKind::Node,
                row: row_of_rank[r as usize],
                w,
                h,
            })
            .collect();
        let around = long_edges(problem, &points, &reversed, passes);
        let mut pieces = Vec::new();
        let mut edge_pieces = Vec::with_capacity(problem.edges.len());
        let mut label_point = vec![None; problem.edges.len()];
        for (index, edge) in problem.edges.iter().enumerate() {
            let begin = pieces.len() as u32;
            if edge.from != edge.to {
                let (top, bottom) =
                    if reversed[index] { (edge.to, edge.from) } else { (edge.from, edge.to) };
                let label_row =
                    (edge.label.0 > 0).then(|| row_of_rank[label_gap(index) as usize] + 1);
                if around[index] {
                    // Only the label, where it has one, at the end that decides.
                    if let Some(row) = label_row {
                        let id = points.len() as u32;
                        let (w, h) = edge.label;
                        points.push(RowPoint { kind: PointKind::Label, row, w, h });
                        label_point[index] = Some(id);
                        let (upper, lower) = if reversed[index] { (id, bottom) } else { (top, id) };
                        pieces.push(Piece { upper, lower, edge: index as u32 });
                    }
                    edge_pieces.push(begin..pieces.len() as u32);
                    continue;
                }
                let mut upper = top;
                for row in points[top as usize].row + 1..points[bottom as usize].row {
                    let id = points.len() as u32;
                    if label_row == Some(row) {
                        let (w, h) = edge.label;
                        points.push(RowPoint { kind: PointKind::Label, row, w, h });
                        label_point[index] = Some(id);
                    } else {
                        points.push(RowPoint { kind: PointKind::Pass, row, w: 0, h: 0 });
                    }
                    pieces.push(Piece { upper, lower: id, edge: index as u32 });
                    upper = id;
                }
                pieces.push(Piece { upper, lower: bottom, edge: index as u32 });
            }
            edge_pieces.push(begin..pieces.len() as u32);
        }
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); rows_used as usize];
        let mut place = vec![0; points.len()];
        for (id, point) in points.iter().enumerate() {
            let row = &mut rows[point.row as usize];
            place[id] = row.len() as u32;
            row.push(id as u32);
        }
        let mut layered = Self {
            points,
            rows,
            place,
            pieces: Vec::new(),
            edge_pieces: Vec::new(),
            reversed,
            label_point,
            first_above: Vec::new(),
            above: Vec::new(),
            first_below: Vec::new(),
            below: Vec::new(),
            around,
            lanes_from: i32::MAX,
        };
        layered.set_pieces(pieces, edge_pieces);
        layered
    }

    /// Takes all pieces, those of an edge together.
    pub(super) fn set_pieces(&mut self, pieces: Vec<Piece>, edge_pieces: Vec<Range<u32>>) {
        (self.first_above, self.above) = by_point(self.points.len(), &pieces, |piece| piece.lower);
        (self.first_below, self.below) = by_point(self.points.len(), &pieces, |piece| piece.upper);
        self.pieces = pieces;
        self.edge_pieces = edge_pieces;
    }

    /// Pieces that come into a point from the row above.
    pub(super) fn pieces_above(&self, point: u32) -> &[u32] {
        &self.above[self.first_above[point as usize] as usize
            ..self.first_above[point as usize + 1] as usize]
    }

    /// Pieces that leave a point for the row below.
    pub(super) fn pieces_below(&self, point: u32) -> &[u32] {
        &self.below[self.first_below[point as usize] as usize
            ..self.first_below[point as usize + 1] as usize]
    }

    /// Sets the order of all rows.
    pub(super) fn set_rows(&mut self, rows: Vec<Vec<u32>>) {
        for row in &rows {
            for (at, &point) in row.iter().enumerate() {
                self.place[point as usize] = at as u32;
            }
        }
        self.rows = rows;
    }

    /// Least distance between the middles of two neighbours of a row.
    pub(super) fn separation(&self, left: u32, right: u32, gaps: Gaps) -> i32 {
        let (a, b) = (&self.points[left as usize], &self.points[right as usize]);
        let gap = match (a.kind, b.kind) {
            (PointKind::Node, PointKind::Node) => gaps.node,
            (PointKind::Pass, PointKind::Pass) => gaps.edge,
            (PointKind::Node, PointKind::Label | PointKind::Pass)
            | (PointKind::Label | PointKind::Pass, PointKind::Node) => gaps.edge + gaps.edge / 2,
            (PointKind::Label, PointKind::Label | PointKind::Pass)
            | (PointKind::Pass, PointKind::Label) => gaps.edge * 2 / 3,
        };
        (a.w + 1) / 2 + (b.w + 1) / 2 + gap
    }
}

/// The edges that would take most of the points if all of them passed the rows: all those longer than some length.
fn long_edges(problem: &Problem, nodes: &[RowPoint], reversed: &[bool], passes: i64) -> Vec<bool> {
    /// One point at either end is needed anyway.
    const SHORTEST: usize = 3;
    let length = |(edge, reversed): (&ProblemEdge, &bool)| {
        if edge.from == edge.to {
            return 0;
        }
        let (top, bottom) = if *reversed { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let rows = nodes[bottom as usize].row - nodes[top as usize].row - 1;
        rows as usize - usize::from(edge.label.0 > 0)
    };
    let lengths: Vec<usize> = problem.edges.iter().zip(reversed).map(length).collect();
    let mut of_length = vec![0_i64; lengths.iter().copied().max().unwrap_or(0) + 1];
    for &length in &lengths {
        of_length[length] += length as i64;
    }
    let mut sum = 0;
    let too_long = of_length.iter().position(|points| {
        sum += points;
        sum > passes
    });
    let too_long = too_long.map_or(usize::MAX, |it| it.max(SHORTEST));
    lengths.into_iter().map(|length| length >= too_long).collect()
}

fn by_point(count: usize, pieces: &[Piece], end: impl Fn(&Piece) -> u32) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; count + 1];
    for piece in pieces {
        first[end(piece) as usize + 1] += 1;
    }
    for v in 0..count {
        first[v + 1] += first[v];
    }
    let mut next = first.clone();
    let mut list = vec![0_u32; pieces.len()];
    for (index, piece) in pieces.iter().enumerate() {
        let at = &mut next[end(piece) as usize];
        list[*at as usize] = index as u32;
        *at += 1;
    }
    (first, list)
}
