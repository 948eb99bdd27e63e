//! The graph of a state machine, and its layout.
use super::card;
use crate::asl::{Scope, State, StateKind, StateMachine, StateName, StatePath, Transition};

/// Pixels at zoom 1, y downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    pub w: f32,
    pub h: f32,
}
/// `x`, `y` is the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

/// Index into `Graph::nodes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    Start,
    End,
    State(StatePath),
    /// A Map or Parallel drawn as a box around its scopes.
    Container(StatePath),
}

#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    pub kind: NodeKind,
    pub parent: Option<NodeId>,
    /// Which branch of the parent, when that is a Parallel.
    pub branch: usize,
    /// Of a card; a container's is computed, and this is the least it may be (its title).
    pub size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    Start,
    Next,
    Choice,
    Default,
    Catch,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GraphEdge {
    pub from: NodeId,
    pub to: NodeId,
    pub kind: EdgeKind,
    /// Index in `Choices` or `Catch`.
    pub index: usize,
    /// Text of the label, already shortened; empty for none.
    pub label: String,
    /// Size of the label; zero for none.
    pub label_size: Size,
}

/// Nodes and edges before they have a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<GraphEdge>,
    /// The `StartAt` of every scope, in ascending order.
    pub starts: Vec<NodeId>,
}

/// Measures of cards and gaps, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutOptions {
    pub container_padding: f32,
    pub container_title: f32,
    pub layer_gap: f32,
    pub node_gap: f32,
    pub edge_gap: f32,
}

/// Places, by index of `Graph::nodes` and `Graph::edges`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    pub nodes: Vec<Rect>,
    /// From border to border.
    pub edges: Vec<Vec<Point>>,
    pub labels: Vec<Option<Rect>>,
    pub size: Size,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self {
            container_padding: 16.0,
            container_title: 40.0,
            layer_gap: 36.0,
            node_gap: 32.0,
            edge_gap: 12.0,
        }
    }
}

/// Labels are cut to this many characters.
const MOST_LETTERS: usize = 32;

/// Of the markers of start and end.
pub const MARKER_SIZE: Size = Size { w: 66.0, h: 28.0 };

impl Graph {
    /// The graph of a machine. `measure_node` gives the size of a card, `measure_label` of a label's text. A state in `collapsed` is a
    /// card even when it is a Map or Parallel. Transitions to states that are not there are left out.
    ///
    /// Every container comes before what it holds.
    pub fn of(
        machine: &StateMachine,
        collapsed: &dyn Fn(&StatePath) -> bool,
        measure_node: &dyn Fn(&State) -> Size,
        measure_label: &dyn Fn(&str) -> Size,
    ) -> Self {
        let mut graph = Self::default();
        graph.nodes.push(GraphNode {
            kind: NodeKind::Start,
            parent: None,
            branch: 0,
            size: MARKER_SIZE,
        });
        let mut open =
            vec![OpenScope { prefix: String::new(), parent: None, branch: 0, scope: &machine.top }];
        let mut ends = Vec::new();
        while let Some(OpenScope { prefix, parent, branch, scope }) = open.pop() {
            let first = graph.nodes.len();
            let node_of =
                |name: &StateName| scope.states.get_index_of(name).map(|at| NodeId(first + at));
            let mut inner = Vec::new();
            for (at, state) in scope.states.values().enumerate() {
                let path = format!("{prefix}{}", state.name);
                let id = NodeId(first + at);
                let state_path = StatePath::new(&path);
                let scopes: Vec<_> = state.scopes().collect();
                let kind = if scopes.is_empty() && !state.is_container() || collapsed(&state_path) {
                    NodeKind::State(state_path)
                } else {
                    inner.extend(scopes.into_iter().enumerate().map(|(branch, (part, scope))| {
                        OpenScope {
                            prefix: format!("{path}{part}/"),
                            parent: Some(id),
                            branch,
                            scope,
                        }
                    }));
                    NodeKind::Container(state_path)
                };
                graph.nodes.push(GraphNode { kind, parent, branch, size: measure_node(state) });
                graph.add_transitions(id, state, &node_of, measure_label);
                if parent.is_none() && state.ends() {
                    ends.push(id);
                }
            }
            if let Some(start) = scope.start_at.as_ref().and_then(node_of) {
                graph.starts.push(start);
                if parent.is_none() {
                    graph.edges.insert(0, GraphEdge::plain(NodeId(0), start, EdgeKind::Start));
                }
            }
            open.extend(inner.into_iter().rev());
        }
        graph.starts.sort_unstable();
        let end = NodeId(graph.nodes.len());
        graph.nodes.push(GraphNode {
            kind: NodeKind::End,
            parent: None,
            branch: 0,
            size: MARKER_SIZE,
        });
        graph.edges.extend(ends.into_iter().map(|from| GraphEdge::plain(from, end, EdgeKind::End)));
        graph
    }

    fn add_transitions(
        &mut self,
        from: NodeId,
        state: &State,
        node_of: &dyn Fn(&StateName) -> Option<NodeId>,
        measure_label: &dyn Fn(&str) -> Size,
    ) {
        let mut add = |name: &StateName, kind: EdgeKind, index: usize, label: String| {
            if let Some(to) = node_of(name) {
                let label_size =
                    if label.is_empty() { Size::default() } else { measure_label(&label) };
                self.edges.push(GraphEdge { from, to, kind, index, label, label_size });
            }
        };
        if let Transition::Next(name) = &state.transition {
            add(name, EdgeKind::Next, 0, String::new());
        }
        if let StateKind::Choice(choice) = &state.kind {
            for (index, rule) in choice.choices.iter().enumerate() {
                add(
                    &rule.next,
                    EdgeKind::Choice,
                    index,
                    card::shortened(&card::choice_label(rule), MOST_LETTERS),
                );
            }
            if let Some(name) = &choice.default {
                add(name, EdgeKind::Default, 0, "Default".to_owned());
            }
        }
        for (index, catcher) in state.catch.iter().enumerate() {
            add(
                &catcher.next,
                EdgeKind::Catch,
                index,
                card::shortened(&card::catch_label(catcher), MOST_LETTERS),
            );
        }
    }
}

/// A scope whose states are still to be added.
struct OpenScope<'a> {
    prefix: String,
    parent: Option<NodeId>,
    branch: usize,
    scope: &'a Scope,
}

impl GraphEdge {
    fn plain(from: NodeId, to: NodeId, kind: EdgeKind) -> Self {
        Self { from, to, kind, index: 0, label: String::new(), label_size: Size::default() }
    }
}

impl State {
    fn is_container(&self) -> bool {
        matches!(self.kind, StateKind::Map(_) | StateKind::Parallel(_))
    }

    fn ends(&self) -> bool {
        self.transition == Transition::End
            || matches!(self.kind, StateKind::Succeed | StateKind::Fail(_))
    }
}
