//! Where nodes and edges go: pure, recursive per scope, because ASL has no edge across scopes.
//!
//! Takes node sizes and returns rectangles and polylines. Knows no colour, no zoom, no window.
//!
//! Each scope is a layered drawing after Sugiyama: `rank` opens loops and gives every node a row, `order` arranges the rows with few
//! crossings, `place` gives every point its x, `route` draws the lines in tracks of their own. `scope` does this from the
//! inside out.

pub mod card;
mod crowd;
pub mod graph;
pub mod icon;
mod insert;
mod lanes;
mod layered;
mod main_path;
mod order;
mod place;
mod ports;
mod rank;
mod route;
mod scope;
mod simplex;
mod tracks;
pub mod typeface;
mod work;

pub use graph::{
    EdgeKind, Graph, GraphEdge, GraphNode, Layout, LayoutOptions, MARKER_SIZE, NodeId, NodeKind,
    Point, Rect, Size,
};
