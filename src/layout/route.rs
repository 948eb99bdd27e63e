//! The lines: where each piece of an edge leaves and reaches its points, and in which track it runs between two rows.

use super::layered::{Layered, PointKind, Problem};

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

/// Least distance of a line from the corner of a node.
const CORNER: i32 = 10;
/// Straight pixels at both ends of a gap, for the arrow head and the rounded corner.
const LEAD: i32 = 12;
/// How far the loop of a state to itself goes out, and the height that its label takes.
pub(super) const LOOP_OUT: i32 = 18;
pub(super) const LOOP_PITCH: i32 = 22;

/// Draws the lines of a scope. `middle` is the middle of every point.
pub(super) fn route(problem: &Problem, layered: &Layered, middle: &[i32]) -> Drawing {
    let ports = Ports::new(problem, layered, middle);
    let mut y = 0;
    let mut row_top = Vec::with_capacity(layered.rows.len());
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
    for row in 0..layered.rows.len() {
        row_top.push(y);
        y += heights[row];
        if row + 1 == layered.rows.len() {
            break;
        }
        gap_pieces.clear();
        for &point in &layered.rows[row] {
            gap_pieces.extend_from_slice(layered.pieces_below(point));
        }
        let tracks = tracks(&gap_pieces, &ports, problem.gaps.edge);
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
    assemble(problem, layered, middle, &ports, &row_top, &heights, &bends, y)
}

fn assemble(
    problem: &Problem,
    layered: &Layered,
    middle: &[i32],
    ports: &Ports,
    row_top: &[i32],
    heights: &[i32],
    bends: &[Vec<(i32, i32)>],
    height: i32,
) -> Drawing {
    let top_of = |point: usize| {
        let p = &layered.points[point];
        let row = heights[p.row as usize];
        // next to something tall a card stands where a card of its own row would
        let slack = row - p.h;
        row_top[p.row as usize] + if row > 100 { slack.min(20) } else { slack / 2 }
    };
    let nodes: Vec<(i32, i32)> =
        (0..problem.sizes.len()).map(|v| (middle[v] - problem.sizes[v].0 / 2, top_of(v))).collect();
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
                line.push((ports.upper[piece as usize], nodes[v].1 + problem.sizes[v].1));
            }
            line.extend_from_slice(&bends[piece as usize]);
            if layered.points[p.lower as usize].kind == PointKind::Node {
                line.push((ports.lower[piece as usize], nodes[p.lower as usize].1));
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
    let mut drawing = Drawing { nodes, edges, labels, size: (0, height) };
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
        if let [.., a, b] = out[..] {
            if (a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1) {
                out.pop();
            }
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
            let (w, h) = problem.sizes[v];
            let inset = problem.inset[v];
            let (right, top) = (self.nodes[v].0 + w - inset, self.nodes[v].1);
            let count = group.len() as i32;
            let label_top = top + h / 2 - count * LOOP_PITCH / 2;
            for (nth, &e) in group.iter().enumerate() {
                let nth = nth as i32;
                let (y1, y2) =
                    (top + h * (nth * 3 + 1) / (count * 3), top + h * (nth * 3 + 2) / (count * 3));
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
        for (&(x, y), &(w, h)) in self.nodes.iter().zip(&problem.sizes) {
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

/// Where each piece leaves its upper point and reaches its lower one.
struct Ports {
    upper: Vec<i32>,
    lower: Vec<i32>,
}

impl Ports {
    fn new(problem: &Problem, layered: &Layered, middle: &[i32]) -> Self {
        let mut ports = Self {
            upper: layered.pieces.iter().map(|p| middle[p.upper as usize]).collect(),
            lower: layered.pieces.iter().map(|p| middle[p.lower as usize]).collect(),
        };
        // what both ends can reach without a bend, else as near as possible
        for (index, piece) in layered.pieces.iter().enumerate() {
            let reach = |point: u32| {
                let p = &layered.points[point as usize];
                let half = if p.kind == PointKind::Node {
                    (half_width(problem, point) - CORNER).max(0)
                } else {
                    0
                };
                (middle[point as usize] - half, middle[point as usize] + half)
            };
            let (a, b) = (reach(piece.upper), reach(piece.lower));
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                let narrow = if a.1 - a.0 <= b.1 - b.0 { piece.upper } else { piece.lower };
                let at = middle[narrow as usize].clamp(low, high);
                ports.upper[index] = at;
                ports.lower[index] = at;
            } else {
                ports.upper[index] = middle[piece.lower as usize].clamp(a.0, a.1);
                ports.lower[index] = middle[piece.upper as usize].clamp(b.0, b.1);
            }
        }
        let nodes = 0..problem.sizes.len() as u32;
        let mut list = Vec::new();
        for upper_side in [false, true, false] {
            for v in nodes.clone() {
                let pieces =
                    if upper_side { layered.pieces_below(v) } else { layered.pieces_above(v) };
                list.clear();
                list.extend_from_slice(pieces);
                if list.len() < 2 {
                    continue;
                }
                let far = |piece: u32| {
                    let p = &layered.pieces[piece as usize];
                    layered.place[if upper_side { p.lower } else { p.upper } as usize]
                };
                list.sort_by_key(|&piece| (far(piece), piece));
                let half = half_width(problem, v);
                let side = if upper_side { &mut ports.upper } else { &mut ports.lower };
                spread(
                    side,
                    &list,
                    middle[v as usize] - half,
                    middle[v as usize] + half,
                    problem.gaps.edge,
                );
            }
            // the other end follows where it can
            for (index, piece) in layered.pieces.iter().enumerate() {
                let (from, to, end) = if upper_side {
                    (ports.upper[index], &mut ports.lower[index], piece.lower)
                } else {
                    (ports.lower[index], &mut ports.upper[index], piece.upper)
                };
                let p = &layered.points[end as usize];
                if p.kind == PointKind::Node
                    && (from - middle[end as usize]).abs() <= half_width(problem, end) - CORNER
                {
                    *to = from;
                }
            }
        }
        // the last word belongs to the distances
        for v in nodes {
            for upper_side in [true, false] {
                let pieces =
                    if upper_side { layered.pieces_below(v) } else { layered.pieces_above(v) };
                if pieces.len() < 2 {
                    continue;
                }
                list.clear();
                list.extend_from_slice(pieces);
                let far = |piece: u32| {
                    let p = &layered.pieces[piece as usize];
                    layered.place[if upper_side { p.lower } else { p.upper } as usize]
                };
                list.sort_by_key(|&piece| (far(piece), piece));
                let half = half_width(problem, v);
                let side = if upper_side { &mut ports.upper } else { &mut ports.lower };
                spread(
                    side,
                    &list,
                    middle[v as usize] - half,
                    middle[v as usize] + half,
                    problem.gaps.edge,
                );
            }
        }
        ports
    }
}

/// Half the width of a node itself, without the room of its loops.
fn half_width(problem: &Problem, node: u32) -> i32 {
    problem.sizes[node as usize].0 / 2 - problem.inset[node as usize]
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

struct Tracks {
    count: i32,
    /// Piece, track, from x, to x.
    runs: Vec<(u32, i32, i32, i32)>,
}

/// One horizontal run to be put in a track.
#[derive(Clone, Copy)]
struct Run {
    piece: u32,
    top: i32,
    bottom: i32,
}

impl Run {
    fn left(&self) -> i32 {
        self.top.min(self.bottom)
    }
    fn right(&self) -> i32 {
        self.top.max(self.bottom)
    }
}

fn tracks(pieces: &[u32], ports: &Ports, gap: i32) -> Tracks {
    let near = (gap / 2).max(2);
    let mut runs: Vec<Run> = pieces
        .iter()
        .map(|&piece| Run {
            piece,
            top: ports.upper[piece as usize],
            bottom: ports.lower[piece as usize],
        })
        .filter(|run| run.top != run.bottom)
        .collect();
    if runs.is_empty() {
        return Tracks { count: 0, runs: Vec::new() };
    }
    // Every x at which a vertical line stands in this gap.
    let mut verticals: Vec<i32> =
        pieces.iter().flat_map(|&p| [ports.upper[p as usize], ports.lower[p as usize]]).collect();
    verticals.sort_unstable();
    let order = loop {
        match Precedence::new(&runs, near).order() {
            Ok(order) => break order,
            Err(stuck) => {
                // Each of a ring has to be above the next: one of them goes by a free column in between.
                let run = runs[stuck];
                let via = free_column(&mut verticals, run, near);
                runs[stuck].bottom = via;
                runs.insert(stuck + 1, Run { piece: run.piece, top: via, bottom: run.bottom });
            }
        }
    };
    let mut track = vec![0; runs.len()];
    for (at, &run) in order.iter().enumerate() {
        let mut least = 0;
        for &earlier in &order[..at] {
            if runs[earlier].left() <= runs[run].right() + near
                && runs[run].left() <= runs[earlier].right() + near
            {
                least = least.max(track[earlier] + 1);
            }
        }
        track[run] = least;
    }
    Tracks {
        count: track.iter().copied().max().map_or(0, |t| t + 1),
        runs: runs
            .iter()
            .zip(&track)
            .map(|(run, &track)| (run.piece, track, run.top, run.bottom))
            .collect(),
    }
}

/// A column near the run where no line stands.
fn free_column(verticals: &mut Vec<i32>, run: Run, near: i32) -> i32 {
    let start = (run.top + run.bottom) / 2;
    let mut step = 0;
    loop {
        for x in [start + step, start - step] {
            let at = verticals.partition_point(|&v| v <= x - near);
            if verticals.get(at).is_none_or(|&v| v >= x + near) {
                verticals.insert(at, x);
                return x;
            }
        }
        step += 1;
    }
}

/// Which runs have to be above which, and which should.
struct Precedence {
    /// `below[a]`: runs that should be below `a`, with a weight; `MUST` is no wish.
    below: Vec<Vec<(u32, i32)>>,
    above: Vec<Vec<(u32, i32)>>,
    count: usize,
}

const MUST: i32 = 1000;

impl Precedence {
    fn new(runs: &[Run], near: i32) -> Self {
        let count = runs.len();
        let mut below = vec![Vec::new(); count];
        let mut above = vec![Vec::new(); count];
        let mut by_left: Vec<u32> = (0..count as u32).collect();
        by_left.sort_by_key(|&r| runs[r as usize].left());
        let mut prefer = |upper: u32, lower: u32, weight: i32| {
            below[upper as usize].push((lower, weight));
            above[lower as usize].push((upper, weight));
        };
        for (at, &a) in by_left.iter().enumerate() {
            let run = runs[a as usize];
            for &b in &by_left[at + 1..] {
                let other = runs[b as usize];
                if other.left() > run.right() + near {
                    break;
                }
                if run.piece == other.piece {
                    prefer(a.min(b), a.max(b), MUST);
                    continue;
                }
                // where one goes on downwards from, the other must not come from above later
                let (a_first, b_first) =
                    ((run.top - other.bottom).abs() < near, (other.top - run.bottom).abs() < near);
                if a_first {
                    prefer(a, b, MUST);
                }
                if b_first {
                    prefer(b, a, MUST);
                }
                if !a_first && !b_first {
                    let (a_above, b_above) = (crossings(&run, &other), crossings(&other, &run));
                    if a_above < b_above {
                        prefer(a, b, b_above - a_above);
                    } else if b_above < a_above {
                        prefer(b, a, a_above - b_above);
                    }
                }
            }
        }
        Self { below, above, count }
    }

    /// From the top down. Wishes that contradict each other are dropped, the lightest first; rings of musts are an error, told by one
    /// of their runs.
    fn order(&self) -> Result<Vec<usize>, usize> {
        let mut must = vec![0; self.count];
        let mut wish = vec![0; self.count];
        let mut wished_above = vec![0; self.count];
        for (a, list) in self.below.iter().enumerate() {
            for &(b, weight) in list {
                if weight >= MUST {
                    must[b as usize] += 1;
                } else {
                    wish[b as usize] += weight;
                    wished_above[b as usize] += 1;
                    wish[a] -= weight;
                }
            }
        }
        let mut done = vec![false; self.count];
        let mut order = Vec::with_capacity(self.count);
        while order.len() < self.count {
            // first what nothing wants to be above of, then what loses least (Eades, Lin and Smyth 1993)
            let next = (0..self.count)
                .filter(|&r| !done[r] && must[r] == 0)
                .min_by_key(|&r| (wished_above[r] > 0, wish[r], r));
            let Some(next) = next else {
                return Err((0..self.count)
                    .find(|&r| !done[r] && self.in_ring(r, &done))
                    .unwrap_or(0));
            };
            done[next] = true;
            order.push(next);
            for &(b, weight) in &self.below[next] {
                if weight >= MUST {
                    must[b as usize] -= 1;
                } else {
                    wish[b as usize] -= weight;
                    wished_above[b as usize] -= 1;
                }
            }
            // what wished to be above the chosen one has lost
            for &(a, weight) in &self.above[next] {
                if weight < MUST {
                    wish[a as usize] += weight;
                }
            }
        }
        Ok(order)
    }

    fn in_ring(&self, run: usize, done: &[bool]) -> bool {
        let mut seen = vec![false; self.count];
        let mut stack = vec![run];
        while let Some(at) = stack.pop() {
            for &(b, weight) in &self.below[at] {
                let b = b as usize;
                if weight >= MUST && !done[b] {
                    if b == run {
                        return true;
                    }
                    if !std::mem::replace(&mut seen[b], true) {
                        stack.push(b);
                    }
                }
            }
        }
        false
    }
}

/// How often the two cross when `a` runs above `b`: `a` goes on downwards at its bottom, `b` comes from above at its top.
fn crossings(a: &Run, b: &Run) -> i32 {
    let within = |x: i32, run: &Run| run.left() < x && x < run.right();
    i32::from(within(a.bottom, b)) + i32::from(within(b.top, a))
}
