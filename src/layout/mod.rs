//! Where nodes and edges go: pure, recursive per scope, because ASL has no edge across scopes.
//!
//! Takes node sizes and returns rectangles and polylines. Knows no colour, no zoom, no window.

pub mod card;
pub mod graph;
pub mod icon;
mod order;
mod place;
mod rank;
mod route;

pub use graph::{EdgeKind, Graph, GraphEdge, GraphNode, Layout, LayoutOptions, NodeId, NodeKind, Point, Rect, Size};
