//! The places of everything as JSON, for programs that measure or draw it.
//!
//! Pixels, y downwards, `x` and `y` the top left corner, all in the coordinates of the whole drawing. An id is the path of the state;
//! `@start` and `@end` are the markers of the top level.

use serde_json::{Value, json};

use crate::asl::StateMachine;
use crate::layout::{EdgeKind, Graph, LayoutOptions, NodeKind, Rect, Size};

/// The layout of a machine: cards of 180 by 48, labels of 7 pixels per character by 16.
pub fn layout_json(machine: &StateMachine) -> String {
    let graph = Graph::of(machine, &|_| false, &|_| Size { w: 180.0, h: 48.0 }, &|label| Size {
        w: 7.0 * label.chars().count() as f32,
        h: 16.0,
    });
    to_json(&graph).to_string()
}

fn to_json(graph: &Graph) -> Value {
    let layout = graph.layout(&LayoutOptions::default());
    let id = |node: usize| match &graph.nodes[node].kind {
        NodeKind::Start => "@start",
        NodeKind::End => "@end",
        NodeKind::State(path) | NodeKind::Container(path) => path.as_str(),
    };
    let nodes = graph.nodes.iter().zip(&layout.nodes).enumerate().map(|(at, (node, rect))| {
        let mut value = rect_json(rect);
        value["id"] = json!(id(at));
        value["parent"] = json!(node.parent.map(|parent| id(parent.0)));
        value
    });
    let edges = graph.edges.iter().enumerate().map(|(at, edge)| {
        let points: Vec<Value> =
            layout.edges[at].iter().map(|point| json!([point.x, point.y])).collect();
        json!({
            "from": id(edge.from.0),
            "to": id(edge.to.0),
            "kind": kind_name(edge.kind),
            "points": points,
            "label": layout.labels[at].as_ref().map(rect_json),
        })
    });
    json!({ "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>() })
}

fn rect_json(rect: &Rect) -> Value {
    json!({ "x": rect.x, "y": rect.y, "w": rect.w, "h": rect.h })
}

fn kind_name(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Start => "start",
        EdgeKind::Next => "next",
        EdgeKind::Choice => "choice",
        EdgeKind::Default => "default",
        EdgeKind::Catch => "catch",
        EdgeKind::End => "end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::parse::parse;
    use crate::json::document::{Document, Format};

    #[test]
    fn every_state_and_transition_is_there_once() {
        let text = r#"{"StartAt": "A", "States": {
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "M"}], "Default": "E"},
            "M": {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}, "Next": "E"},
            "E": {"Type": "Succeed"}}}"#;
        let layout = layout_json(&parse(&Document::parse(text, Format::Json)).machine);
        let layout: Value = serde_json::from_str(&layout).expect("JSON");
        let ids: Vec<&str> = layout["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .map(|node| node["id"].as_str().expect("id"))
            .collect();
        assert_eq!(ids, ["@start", "A", "M", "E", "M/I", "@end"]);
        assert_eq!(layout["nodes"][4]["parent"], "M");
        let edges: Vec<String> = layout["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .map(|edge| {
                format!("{} {} {}", edge["from"], edge["kind"], edge["to"]).replace('"', "")
            })
            .collect();
        assert_eq!(
            edges,
            ["@start start A", "A choice M", "A default E", "M next E", "E end @end"]
        );
    }
}
