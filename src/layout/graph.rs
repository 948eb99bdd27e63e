//! The graph of a state machine, and its layout.
use crate::asl::{StateMachine, StatePath};

/// Pixels at zoom 1, y downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point { pub x: f32, pub y: f32 }
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size { pub w: f32, pub h: f32 }
/// `x`, `y` is the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect { pub x: f32, pub y: f32, pub w: f32, pub h: f32 }

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
pub enum EdgeKind { Start, Next, Choice, Default, Catch, End }

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
pub struct Graph { pub nodes: Vec<GraphNode>, pub edges: Vec<GraphEdge> }

/// Measures of cards and gaps, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct LayoutOptions { pub container_padding: f32, pub container_title: f32, pub layer_gap: f32, pub node_gap: f32, pub edge_gap: f32 }

/// Places, by index of `Graph::nodes` and `Graph::edges`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    pub nodes: Vec<Rect>,
    /// From border to border.
    pub edges: Vec<Vec<Point>>,
    pub labels: Vec<Option<Rect>>,
    pub size: Size,
}

impl Graph {
    /// The graph of a machine. `measure_node` gives the size of a card, `measure_label` of a label's text. A state in `collapsed` is a card even when it is a Map or Parallel.
    pub fn of(machine: &StateMachine, collapsed: &dyn Fn(&StatePath) -> bool, measure_node: &dyn Fn(&crate::asl::State) -> Size, measure_label: &dyn Fn(&str) -> Size) -> Self { let _ = (machine, collapsed, measure_node, measure_label); todo!() }
    /// Places everything.
    pub fn layout(&self, options: &LayoutOptions) -> Layout { let _ = options; todo!() }
}
