//! Laws of the layout: nothing overlaps, no line runs through a node or on another line, everything is where it belongs. Over every
//! real definition at hand, and over graphs drawn at random.

use std::path::PathBuf;

use proptest::prelude::*;
use stepwell::asl::{StatePath, parse::parse};
use stepwell::json::document::{Document, Format};
use stepwell::layout::{
    EdgeKind, Graph, GraphEdge, GraphNode, Layout, LayoutOptions, NodeId, NodeKind, Point, Rect,
    Size,
};

/// What a box may stick out or a line may graze.
const SLACK: f32 = 0.5;

/// Every fault of a layout, in words.
fn faults(graph: &Graph, layout: &Layout) -> Vec<String> {
    let mut faults = Vec::new();
    let around: Vec<Vec<usize>> =
        (0..graph.nodes.len()).map(|node| ancestors(graph, node)).collect();
    let name = |node: usize| format!("{:?}", graph.nodes[node].kind);
    for (at, rect) in layout.nodes.iter().enumerate() {
        if ![rect.x, rect.y, rect.w, rect.h].iter().all(|v| v.is_finite())
            || rect.w <= 0.0
            || rect.h <= 0.0
        {
            faults.push(format!("no size: {}", name(at)));
        }
        if let Some(parent) = graph.nodes[at].parent
            && !contains(&layout.nodes[parent.0], rect)
        {
            faults.push(format!("outside of its container: {}", name(at)));
        }
        if !contains(&Rect { x: 0.0, y: 0.0, w: layout.size.w, h: layout.size.h }, rect) {
            faults.push(format!("outside of the drawing: {}", name(at)));
        }
    }
    // boxes and labels, by a sweep from left to right
    let mut boxes: Vec<(Rect, Option<usize>, usize)> =
        layout.nodes.iter().enumerate().map(|(at, rect)| (*rect, Some(at), at)).collect();
    boxes.extend(
        layout
            .labels
            .iter()
            .enumerate()
            .filter_map(|(edge, label)| label.map(|rect| (rect, None, edge))),
    );
    boxes.sort_by(|a, b| a.0.x.total_cmp(&b.0.x));
    for (at, (a, a_node, a_id)) in boxes.iter().enumerate() {
        for (b, b_node, b_id) in &boxes[at + 1..] {
            if b.x > a.x + a.w - SLACK {
                break;
            }
            let nested = match (a_node, b_node) {
                (Some(a), Some(b)) => around[*a].contains(b) || around[*b].contains(a),
                (Some(node), None) => around[graph.edges[*b_id].from.0].contains(node),
                (None, Some(node)) => around[graph.edges[*a_id].from.0].contains(node),
                (None, None) => false,
            };
            if !nested && overlap(a, b) {
                let what = |node: &Option<usize>, id: usize| {
                    node.map_or_else(|| format!("label {id}"), name)
                };
                faults.push(format!("{} overlaps {}", what(a_node, *a_id), what(b_node, *b_id)));
            }
        }
    }
    let mut pieces: Vec<(Point, Point, usize)> = Vec::new();
    for (index, (edge, line)) in graph.edges.iter().zip(&layout.edges).enumerate() {
        if line.len() < 2 {
            faults.push(format!("edge {index} has no line"));
            continue;
        }
        for (end, node) in [(line[0], edge.from.0), (line[line.len() - 1], edge.to.0)] {
            if off_border(end, &layout.nodes[node]) > 1.0 {
                faults.push(format!("edge {index} does not end at {}", name(node)));
            }
        }
        for pair in line.windows(2) {
            if pair[0].x != pair[1].x && pair[0].y != pair[1].y {
                faults.push(format!("edge {index} runs askew"));
            }
            pieces.push((pair[0], pair[1], index));
        }
        let room = graph.nodes[edge.from.0]
            .parent
            .map_or(Rect { x: 0.0, y: 0.0, w: layout.size.w, h: layout.size.h }, |parent| {
                layout.nodes[parent.0]
            });
        let spots = line.iter().map(|point| Rect { x: point.x, y: point.y, w: 0.0, h: 0.0 });
        if spots.chain(layout.labels[index]).any(|spot| !contains(&room, &spot)) {
            faults.push(format!("edge {index} runs out of its container"));
        }
    }
    // lines through boxes: boxes by their left side, lines by theirs
    let mut open: Vec<usize> = Vec::new();
    let mut nodes: Vec<usize> = (0..graph.nodes.len()).collect();
    nodes.sort_by(|a, b| layout.nodes[*a].x.total_cmp(&layout.nodes[*b].x));
    let mut by_left: Vec<usize> = (0..pieces.len()).collect();
    by_left.sort_by(|a, b| left(&pieces[*a]).total_cmp(&left(&pieces[*b])));
    let mut next = 0;
    // a line meets a box when the box opens before the line ends, so both orders are looked at
    for &piece in &by_left {
        let (a, b, edge) = pieces[piece];
        let (x0, x1) = (a.x.min(b.x), a.x.max(b.x));
        while next < nodes.len() && layout.nodes[nodes[next]].x <= x1 {
            open.push(nodes[next]);
            next += 1;
        }
        open.retain(|&node| layout.nodes[node].x + layout.nodes[node].w >= x0 - 1.0);
        for &node in &open {
            if !around[graph.edges[edge].from.0].contains(&node)
                && inside(&layout.nodes[node], a, b)
            {
                faults.push(format!("edge {edge} runs through {}", name(node)));
            }
        }
    }
    for (at, label) in layout.labels.iter().enumerate() {
        let Some(label) = label else { continue };
        for &(a, b, edge) in &pieces {
            if edge != at && inside(label, a, b) {
                faults.push(format!("edge {edge} runs through label {at}"));
            }
        }
    }
    faults.extend(shared_tracks(graph, &pieces));
    faults
}

fn shared_tracks(graph: &Graph, pieces: &[(Point, Point, usize)]) -> Vec<String> {
    let mut lines: std::collections::BTreeMap<(bool, i64), Vec<(f32, f32, usize)>> =
        std::collections::BTreeMap::new();
    for &(a, b, edge) in pieces {
        let upright = a.x == b.x;
        let (track, from, to) = if upright { (a.x, a.y, b.y) } else { (a.y, a.x, b.x) };
        lines.entry((upright, track.round() as i64)).or_default().push((
            from.min(to),
            from.max(to),
            edge,
        ));
    }
    let mut faults = Vec::new();
    for members in lines.values_mut() {
        members.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut open: Vec<(f32, f32, usize)> = Vec::new();
        for &(from, to, edge) in members.iter() {
            open.retain(|other| other.1 > from + 1.0);
            for other in &open {
                if other.2 != edge && to.min(other.1) - from > 1.0 {
                    let (a, b) = (&graph.edges[edge], &graph.edges[other.2]);
                    faults.push(format!(
                        "edges {edge} ({:?}->{:?}) and {} ({:?}->{:?}) share a track",
                        a.from, a.to, other.2, b.from, b.to
                    ));
                }
            }
            open.push((from, to, edge));
        }
    }
    faults
}

fn ancestors(graph: &Graph, node: usize) -> Vec<usize> {
    let mut out = Vec::new();
    let mut at = graph.nodes[node].parent;
    while let Some(parent) = at {
        out.push(parent.0);
        at = graph.nodes[parent.0].parent;
    }
    out
}

fn left(piece: &(Point, Point, usize)) -> f32 {
    piece.0.x.min(piece.1.x)
}

fn contains(outer: &Rect, inner: &Rect) -> bool {
    inner.x >= outer.x - SLACK
        && inner.y >= outer.y - SLACK
        && inner.x + inner.w <= outer.x + outer.w + SLACK
        && inner.y + inner.h <= outer.y + outer.h + SLACK
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x + SLACK < b.x + b.w
        && b.x + SLACK < a.x + a.w
        && a.y + SLACK < b.y + b.h
        && b.y + SLACK < a.y + a.h
}

/// Whether an upright or level line has some of it inside a box.
fn inside(rect: &Rect, a: Point, b: Point) -> bool {
    let (x0, x1, y0, y1) = (a.x.min(b.x), a.x.max(b.x), a.y.min(b.y), a.y.max(b.y));
    x1 > rect.x + 1.0
        && x0 < rect.x + rect.w - 1.0
        && y1 > rect.y + 1.0
        && y0 < rect.y + rect.h - 1.0
}

fn off_border(point: Point, rect: &Rect) -> f32 {
    let dx = (rect.x - point.x).max(point.x - rect.x - rect.w).max(0.0);
    let dy = (rect.y - point.y).max(point.y - rect.y - rect.h).max(0.0);
    if dx > 0.0 || dy > 0.0 {
        return dx.hypot(dy);
    }
    (point.x - rect.x)
        .min(rect.x + rect.w - point.x)
        .min(point.y - rect.y)
        .min(rect.y + rect.h - point.y)
}

fn graph_of(text: &str) -> Graph {
    let machine = parse(&Document::parse(text, Format::sniff(text))).machine;
    Graph::of(&machine, &|_| false, &|_| Size { w: 180.0, h: 48.0 }, &|label| Size {
        w: 7.0 * label.chars().count() as f32,
        h: 16.0,
    })
}

#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

#[test]
fn real_definitions_are_drawn_without_a_fault() {
    let Some(folder) = shared("realworld/asl") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut bad = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a text");
        let graph = graph_of(&text);
        let found = faults(&graph, &graph.layout(&LayoutOptions::default()));
        if let Some(first) = found.first() {
            bad.push(format!("{}: {} faults, {first}", file.display(), found.len()));
        }
    }
    assert!(bad.is_empty(), "{} of {}:\n{}", bad.len(), files.len(), bad.join("\n"));
}

#[test]
fn large_generated_definitions_are_drawn_without_a_fault() {
    let Some(folder) = shared("bench/layout/machines") else { return };
    for name in ["flat_100", "nested_100", "flat_1000", "nested_1000"] {
        let text =
            std::fs::read_to_string(folder.join(format!("{name}.asl.json"))).expect("a text");
        let graph = graph_of(&text);
        assert_eq!(graph.nodes.len(), if name.ends_with("1000") { 1002 } else { 102 });
        assert_eq!(
            faults(&graph, &graph.layout(&LayoutOptions::default())),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

fn node(kind: NodeKind, parent: Option<usize>, branch: usize) -> GraphNode {
    GraphNode { kind, parent: parent.map(NodeId), branch, size: Size { w: 120.0, h: 40.0 } }
}

fn state(at: usize) -> StatePath {
    StatePath::new(&format!("S{at}"))
}

fn edge(from: usize, to: usize, kind: EdgeKind, label: f32) -> GraphEdge {
    let label_size = if label > 0.0 { Size { w: label, h: 16.0 } } else { Size::default() };
    GraphEdge {
        from: NodeId(from),
        to: NodeId(to),
        kind,
        index: 0,
        label: String::new(),
        label_size,
    }
}

const KINDS: [EdgeKind; 4] = [EdgeKind::Next, EdgeKind::Choice, EdgeKind::Default, EdgeKind::Catch];

/// Any edges among nodes of any nesting: loops, several between the same two, to itself, none at all.
fn any_graph() -> impl Strategy<Value = Graph> {
    let size = (prop::bool::weighted(0.3), 2..300_u16, 1..200_u16);
    let nodes =
        prop::collection::vec((prop::bool::weighted(0.15), 0..12_usize, 0..3_usize, size), 1..40);
    (nodes, prop::collection::vec((0..1000_usize, 0..1000_usize, 0..4_usize, 0..200_u16), 0..80))
        .prop_map(|(nodes, edges)| {
            let mut graph = Graph::default();
            for (at, (container, parent, branch, (odd, w, h))) in nodes.into_iter().enumerate() {
                let parent = (parent < at
                    && matches!(graph.nodes[parent].kind, NodeKind::Container(_)))
                .then_some(parent);
                let kind = if container {
                    NodeKind::Container(state(at))
                } else {
                    NodeKind::State(state(at))
                };
                let mut card = node(kind, parent, branch);
                if odd {
                    card.size = Size { w: f32::from(w), h: f32::from(h) };
                }
                graph.nodes.push(card);
            }
            let count = graph.nodes.len();
            for (from, to, kind, label) in edges {
                let (from, to) = (from % count, to % count);
                // no transition leaves its scope
                if graph.nodes[from].parent == graph.nodes[to].parent
                    && graph.nodes[from].branch == graph.nodes[to].branch
                {
                    graph.edges.push(edge(
                        from,
                        to,
                        KINDS[kind],
                        if label < 100 { 0.0 } else { f32::from(label) },
                    ));
                }
            }
            graph.starts = (0..count).step_by(5).map(NodeId).collect();
            graph
        })
}

proptest! {
    #[test]
    fn any_graph_is_drawn_without_a_fault(graph in any_graph()) {
        let layout = graph.layout(&LayoutOptions::default());
        prop_assert_eq!(faults(&graph, &layout), Vec::<String>::new());
        prop_assert_eq!(&layout, &graph.layout(&LayoutOptions::default()));
    }
}

#[test]
fn ten_thousand_states_in_one_scope_are_drawn() {
    let mut graph = Graph::default();
    for at in 0..10_000 {
        graph.nodes.push(node(NodeKind::State(state(at)), None, 0));
        if at > 0 {
            graph.edges.push(edge(at - 1, at, EdgeKind::Next, 0.0));
        }
        if at % 3 == 0 && at + 7 < 10_000 {
            graph.edges.push(edge(at, at + 7, EdgeKind::Choice, 80.0));
        }
        if at % 50 == 49 {
            graph.edges.push(edge(at, at - 20, EdgeKind::Default, 50.0));
        }
    }
    // every hundredth state has the same handler
    graph.nodes.push(node(NodeKind::State(state(10_000)), None, 0));
    for at in (0..10_000).step_by(100) {
        graph.edges.push(edge(at, 10_000, EdgeKind::Catch, 70.0));
    }
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
}

/// States that lead to so many others that the picture cannot be read, of several shapes; with loops to themselves and back.
fn crowded(shape: usize) -> Graph {
    let mut seed = 7 + shape as u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let (nodes, edges) = [(300, 900), (1000, 400), (60, 1_500), (5, 1_200)][shape];
    let mut graph = Graph::default();
    for at in 0..nodes {
        graph.nodes.push(node(NodeKind::State(state(at)), None, 0));
        if at > 0 {
            graph.edges.push(edge(at - 1, at, EdgeKind::Next, 0.0));
        }
    }
    for at in 0..edges {
        let label = if draw(3) == 0 { 0.0 } else { 20.0 + draw(80) as f32 };
        graph.edges.push(edge(draw(nodes), draw(nodes), KINDS[at % 4], label));
    }
    graph
}

#[test]
fn crowded_definitions_are_drawn_without_a_fault() {
    for shape in 0..4 {
        let graph = crowded(shape);
        let layout = graph.layout(&LayoutOptions::default());
        let found = faults(&graph, &layout);
        assert!(
            found.is_empty(),
            "{shape}: {} faults, {:?}",
            found.len(),
            &found[..found.len().min(5)]
        );
    }
}

#[test]
fn one_row_of_hundreds_is_drawn_without_a_fault() {
    // one state leads to all others, each of those to two of the next row, and all of them to the end
    const ROW: usize = 500;
    let mut graph = Graph::default();
    for at in 0..=ROW * 2 + 1 {
        graph.nodes.push(node(NodeKind::State(state(at)), None, 0));
    }
    for at in 1..=ROW {
        graph.edges.push(edge(0, at, EdgeKind::Choice, 40.0));
        for step in [1, 79] {
            graph.edges.push(edge(at, ROW + 1 + at * step % ROW, EdgeKind::Choice, 0.0));
        }
        graph.edges.push(edge(ROW + at, ROW * 2 + 1, EdgeKind::Next, 0.0));
    }
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
}

#[test]
fn thousands_of_loops_to_one_state_are_drawn() {
    let mut graph = Graph::default();
    graph.nodes.push(node(NodeKind::State(state(0)), None, 0));
    for _ in 0..30_000 {
        graph.edges.push(edge(0, 0, EdgeKind::Choice, 40.0));
    }
    let layout = graph.layout(&LayoutOptions::default());
    let bottom = layout.nodes[0].y + layout.nodes[0].h;
    assert!(layout.edges.iter().flatten().all(|point| (0.0..=bottom).contains(&point.y)));
}

#[test]
fn lines_that_leave_two_neighbours_towards_each_other_do_not_meet() {
    let mut graph = Graph::default();
    for at in 0..7 {
        graph.nodes.push(node(NodeKind::State(state(at)), None, 0));
    }
    for (from, to, kind, label) in [
        (5, 2, EdgeKind::Next, 0.0),
        (5, 6, EdgeKind::Next, 0.0),
        (0, 5, EdgeKind::Next, 0.0),
        (4, 6, EdgeKind::Choice, 127.0),
        (3, 0, EdgeKind::Catch, 0.0),
        (3, 6, EdgeKind::Next, 0.0),
        (4, 0, EdgeKind::Next, 127.0),
        (3, 1, EdgeKind::Next, 0.0),
    ] {
        graph.edges.push(edge(from, to, kind, label));
    }
    graph.starts = vec![NodeId(0), NodeId(3)];
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
}

#[test]
fn a_card_is_as_large_as_the_lines_at_it_need() {
    let mut graph = Graph::default();
    for at in 0..600 {
        graph.nodes.push(node(NodeKind::State(state(at)), None, 0));
        graph.edges.push(edge(0, at, EdgeKind::Choice, 0.0));
        graph.edges.push(edge(at, 300, EdgeKind::Catch, 40.0));
    }
    for at in 0..30 {
        graph.edges.push(edge(7, 7, EdgeKind::Choice, 50.0 + at as f32));
    }
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
    // the others keep their size
    assert_eq!((layout.nodes[9].w, layout.nodes[9].h), (120.0, 40.0));
}

#[test]
fn two_hundred_containers_inside_each_other_are_drawn() {
    let mut graph = Graph::default();
    for at in 0..200 {
        graph.nodes.push(node(NodeKind::Container(state(at)), at.checked_sub(1), 0));
    }
    graph.nodes.push(node(NodeKind::State(state(200)), Some(199), 0));
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
    assert!(layout.nodes[0].h > 200.0 * 40.0);
}

#[test]
fn the_main_path_is_straight_and_goes_down() {
    let graph = graph_of(
        r#"{"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "r", "Next": "B", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "H"}]},
            "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "W"}], "Default": "C"},
            "W": {"Type": "Wait", "Seconds": 1, "Next": "A"},
            "C": {"Type": "Task", "Resource": "r", "Next": "D"},
            "D": {"Type": "Succeed"},
            "H": {"Type": "Fail"}}}"#,
    );
    let layout = graph.layout(&LayoutOptions::default());
    assert_eq!(faults(&graph, &layout), Vec::<String>::new());
    let middle = |name: &str| {
        let at = graph
            .nodes
            .iter()
            .position(|node| node.kind == NodeKind::State(StatePath::new(name)))
            .expect(name);
        (layout.nodes[at].x + layout.nodes[at].w / 2.0, layout.nodes[at].y)
    };
    let path: Vec<(f32, f32)> = ["A", "B", "C", "D"].map(middle).to_vec();
    assert!(
        path.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].1 < pair[1].1),
        "{path:?}"
    );
}

#[test]
fn the_checker_finds_what_is_planted() {
    let mut graph = Graph::default();
    graph.nodes.extend((0..3).map(|at| node(NodeKind::State(state(at)), None, 0)));
    graph.edges.push(edge(0, 2, EdgeKind::Next, 0.0));
    let rect = |y: f32| Rect { x: 0.0, y, w: 120.0, h: 40.0 };
    let line = |x: f32| vec![Point { x, y: 40.0 }, Point { x, y: 200.0 }];
    let good = Layout {
        nodes: vec![rect(0.0), Rect { x: 200.0, ..rect(100.0) }, rect(200.0)],
        edges: vec![line(60.0)],
        labels: vec![None],
        size: Size { w: 400.0, h: 300.0 },
    };
    assert_eq!(faults(&graph, &good), Vec::<String>::new());
    let mut through = good.clone();
    through.nodes[1].x = 20.0;
    assert_eq!(faults(&graph, &through), ["edge 0 runs through State(StatePath(\"S1\"))"]);
    let mut over = good.clone();
    over.nodes[1] = rect(20.0);
    assert!(faults(&graph, &over).iter().any(|fault| fault.contains("overlaps")));
    let mut loose = good;
    loose.edges[0] = line(150.0);
    assert_eq!(faults(&graph, &loose).len(), 2);
}
