//! Scopes from the inside out: each is drawn by itself, then its container is as large as what it holds.

use super::graph::{Graph, Layout, LayoutOptions, NodeId, NodeKind, Point, Rect, Size};
use super::layered::{Gaps, Layered, Problem, ProblemEdge};
use super::route::{Drawing, LOOP_LEAST, LOOP_OUT, LOOP_PITCH};
use super::work::Allowance;
use super::{lanes, main_path, order, place, rank, route};

/// A drawn scope and the nodes and edges it is made of.
struct ScopeDrawing {
    nodes: Vec<usize>,
    edges: Vec<usize>,
    drawing: Drawing,
}

impl Graph {
    /// Places everything. Containers have to come before what they hold, as [`Graph::of`] makes it; a node that says otherwise is
    /// placed at the top level.
    pub fn layout(&self, options: &LayoutOptions) -> Layout {
        let gaps = Gaps {
            layer: whole(options.layer_gap).max(12),
            node: whole(options.node_gap).max(4),
            edge: whole(options.edge_gap).max(4),
        };
        let scopes = Scopes::of(self);
        let mut sizes = self.least_sizes();
        // Contents are numbered after their container, so going backwards every content has its size already.
        let mut drawings: Vec<Vec<ScopeDrawing>> = Vec::new();
        drawings.resize_with(self.nodes.len() + 1, Vec::new);
        let padding = whole(options.container_padding).max(0);
        let title = whole(options.container_title).max(0);
        for node in (0..self.nodes.len()).rev() {
            if matches!(self.nodes[node].kind, NodeKind::Container(_)) {
                let inside = scopes.draw(self, scopes.inside(Some(node)), &sizes, gaps);
                let (w, h) = side_by_side(&inside, padding);
                sizes[node] =
                    (sizes[node].0.max(w + padding * 2), sizes[node].1.max(title + h + padding));
                drawings[node] = inside;
            }
        }
        let top = scopes.draw(self, scopes.inside(None), &sizes, gaps);
        let (w, h) = side_by_side(&top, padding);
        let mut layout = Layout {
            nodes: vec![Rect::default(); self.nodes.len()],
            edges: vec![Vec::new(); self.edges.len()],
            labels: vec![None; self.edges.len()],
            size: Size { w: w as f32, h: h as f32 },
        };
        self.put(&mut layout, &top, &sizes, (0, 0), padding);
        for node in 0..self.nodes.len() {
            let inside = std::mem::take(&mut drawings[node]);
            if !inside.is_empty() {
                let rect = layout.nodes[node];
                let (w, _) = side_by_side(&inside, padding);
                // what is narrower than its container stands in the middle
                let x = rect.x as i32 + (sizes[node].0 - w) / 2;
                self.put(&mut layout, &inside, &sizes, (x, rect.y as i32 + title), padding);
            }
        }
        layout
    }

    /// Sizes as given, or what the lines at a node need: at its right side room for its loops, above and below a pixel for each line.
    fn least_sizes(&self) -> Vec<(i32, i32)> {
        let mut sizes: Vec<(i32, i32)> = vec![(2, 0); self.nodes.len()];
        for edge in &self.edges {
            if edge.from == edge.to {
                if let Some(size) = sizes.get_mut(edge.from.0) {
                    size.1 += LOOP_LEAST;
                }
                continue;
            }
            for end in [edge.from, edge.to] {
                if let Some(size) = sizes.get_mut(end.0) {
                    size.0 += 1;
                }
            }
        }
        for (size, node) in sizes.iter_mut().zip(&self.nodes) {
            *size = (whole(node.size.w).max(size.0), whole(node.size.h).max(size.1).max(1));
        }
        sizes
    }

    fn put(
        &self,
        layout: &mut Layout,
        parts: &[ScopeDrawing],
        sizes: &[(i32, i32)],
        at: (i32, i32),
        gap: i32,
    ) {
        let mut x = at.0;
        let point = |x: i32, y: i32| Point { x: x as f32, y: y as f32 };
        for part in parts {
            for (&node, &(nx, ny)) in part.nodes.iter().zip(&part.drawing.nodes) {
                let (w, h) = sizes[node];
                layout.nodes[node] =
                    Rect { x: (x + nx) as f32, y: (at.1 + ny) as f32, w: w as f32, h: h as f32 };
            }
            for (slot, &edge) in part.edges.iter().enumerate() {
                layout.edges[edge] = part.drawing.edges[slot]
                    .iter()
                    .map(|&(px, py)| point(x + px, at.1 + py))
                    .collect();
                let size = self.edges[edge].label_size;
                layout.labels[edge] = part.drawing.labels[slot].map(|(lx, ly)| Rect {
                    x: (x + lx) as f32,
                    y: (at.1 + ly) as f32,
                    w: size.w,
                    h: size.h,
                });
            }
            x += part.drawing.size.0 + gap;
        }
    }
}

/// Pixels up to the next whole one; nonsense is 0.
fn whole(value: f32) -> i32 {
    if value.is_finite() { value.clamp(0.0, 1e6).ceil() as i32 } else { 0 }
}

fn side_by_side(parts: &[ScopeDrawing], gap: i32) -> (i32, i32) {
    let gaps = (parts.len() as i32 - 1).max(0) * gap;
    let w = parts.iter().map(|part| part.drawing.size.0).sum::<i32>() + gaps;
    (w, parts.iter().map(|part| part.drawing.size.1).max().unwrap_or(0))
}

/// Which nodes and edges stand in which scope.
struct Scopes {
    /// Nodes by container and branch.
    members: Vec<usize>,
    first: Vec<usize>,
    /// Edges by source: `out[first_out[v]..first_out[v + 1]]`.
    out: Vec<usize>,
    first_out: Vec<usize>,
}

impl Scopes {
    fn of(graph: &Graph) -> Self {
        let count = graph.nodes.len();
        let holder = |node: usize| match graph.nodes[node].parent {
            Some(parent)
                if parent.0 < node
                    && matches!(graph.nodes[parent.0].kind, NodeKind::Container(_)) =>
            {
                parent.0 + 1
            }
            Some(_) | None => 0,
        };
        let mut members: Vec<usize> = (0..count).collect();
        members.sort_by_key(|&node| (holder(node), graph.nodes[node].branch, node));
        let mut first = vec![0; count + 2];
        for node in 0..count {
            first[holder(node) + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut out: Vec<usize> = (0..graph.edges.len())
            .filter(|&e| {
                let edge = &graph.edges[e];
                edge.from.0 < count && edge.to.0 < count && holder(edge.from.0) == holder(edge.to.0)
            })
            .collect();
        out.sort_by_key(|&e| (graph.edges[e].from, e));
        let mut first_out = vec![0; count + 1];
        for &e in &out {
            first_out[graph.edges[e].from.0 + 1] += 1;
        }
        for at in 1..first_out.len() {
            first_out[at] += first_out[at - 1];
        }
        Self { members, first, out, first_out }
    }

    fn inside(&self, container: Option<usize>) -> &[usize] {
        let at = container.map_or(0, |node| node + 1);
        &self.members[self.first[at]..self.first[at + 1]]
    }

    /// Draws the connected parts of a scope, in the order of the branches and of the file.
    fn draw(
        &self,
        graph: &Graph,
        members: &[usize],
        sizes: &[(i32, i32)],
        gaps: Gaps,
    ) -> Vec<ScopeDrawing> {
        let mut slot = std::collections::BTreeMap::new();
        for (at, &node) in members.iter().enumerate() {
            slot.insert(node, at);
        }
        // connected parts by merging
        let mut root: Vec<usize> = (0..members.len()).collect();
        fn find(root: &mut [usize], mut at: usize) -> usize {
            while root[at] != at {
                root[at] = root[root[at]];
                at = root[at];
            }
            at
        }
        let edges_of = |node: usize| &self.out[self.first_out[node]..self.first_out[node + 1]];
        for (at, &node) in members.iter().enumerate() {
            for &e in edges_of(node) {
                if let Some(&to) = slot.get(&graph.edges[e].to.0) {
                    let (a, b) = (find(&mut root, at), find(&mut root, to));
                    root[a.max(b)] = a.min(b);
                }
            }
        }
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut part_of = vec![usize::MAX; members.len()];
        for (at, &node) in members.iter().enumerate() {
            let first = find(&mut root, at);
            if part_of[first] == usize::MAX {
                part_of[first] = parts.len();
                parts.push(Vec::new());
            }
            parts[part_of[first]].push(node);
        }
        parts
            .into_iter()
            .map(|nodes| {
                let mut local = std::collections::BTreeMap::new();
                for (at, &node) in nodes.iter().enumerate() {
                    local.insert(node, at as u32);
                }
                let edges: Vec<usize> = nodes
                    .iter()
                    .flat_map(|&node| edges_of(node))
                    .copied()
                    .filter(|&e| local.contains_key(&graph.edges[e].to.0))
                    .collect();
                let problem = problem(graph, &nodes, &edges, &local, sizes, gaps);
                let allowance = Allowance::share(
                    nodes.len() + edges.len(),
                    graph.nodes.len() + graph.edges.len(),
                );
                let drawing = draw(&problem, &allowance);
                ScopeDrawing { nodes, edges, drawing }
            })
            .collect()
    }
}

fn problem(
    graph: &Graph,
    nodes: &[usize],
    edges: &[usize],
    local: &std::collections::BTreeMap<usize, u32>,
    sizes: &[(i32, i32)],
    gaps: Gaps,
) -> Problem {
    let mut problem = Problem {
        sizes: nodes.iter().map(|&node| sizes[node]).collect(),
        inset: vec![(0, 0); nodes.len()],
        edges: Vec::with_capacity(edges.len()),
        start: 0,
        gaps,
    };
    let mut loops = vec![0; nodes.len()];
    for &e in edges {
        let edge = &graph.edges[e];
        let (from, to) = (local[&edge.from.0], local[&edge.to.0]);
        let label = (whole(edge.label_size.w), whole(edge.label_size.h));
        if from == to {
            let v = from as usize;
            loops[v] += 1;
            problem.inset[v].0 = problem.inset[v].0.max(LOOP_OUT + label.0 + 6);
        }
        problem.edges.push(ProblemEdge { from, to, kind: edge.kind, label });
    }
    let begins = |&&(_, &node): &&(usize, &usize)| {
        graph.nodes[node].kind == NodeKind::Start
            || graph.starts.binary_search(&NodeId(node)).is_ok()
    };
    let numbered: Vec<(usize, &usize)> = nodes.iter().enumerate().collect();
    problem.start = numbered.iter().find(begins).map_or(0, |&(at, _)| at as u32);
    for (v, &count) in loops.iter().enumerate() {
        problem.inset[v].1 = (count * LOOP_PITCH - problem.sizes[v].1 + 1).max(0) / 2;
        problem.sizes[v].0 += problem.inset[v].0 * 2;
        problem.sizes[v].1 += problem.inset[v].1 * 2;
    }
    problem
}

fn draw(problem: &Problem, allowance: &Allowance) -> Drawing {
    let mut layered = Layered::new(problem, rank::rank(problem, allowance.rank), allowance.passes);
    let path = main_path::main_path(problem, &layered);
    let first_rows = main_path::first_rows(problem, &layered, &path);
    order::order(&mut layered, &first_rows, allowance);
    let mut middle = place::place(problem, &layered, &path, allowance.place);
    lanes::add(problem, &mut layered, &mut middle);
    route::route(problem, &layered, &middle)
}
