//! The drawing of a graph as SVG text: cards, containers, lines and what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{
    BADGE_ROOM, CARD_HEIGHT, Colours, ICON_SIDE, KIND_SIZE, LABEL_SIZE, MARGIN, Statuses,
    TEXT_LEFT, TITLE_SIZE,
};
use crate::app::headless::text_width::{Face, fitted, width};
use crate::app::palette::Colour;
use crate::asl::{State, StateKind, StatePath};
use crate::execution::{StateStatus, StateSummary};
use crate::layout::{
    EdgeKind, Graph, GraphEdge, Layout, NodeKind, Point, Rect, card, icon, typeface,
};

/// Of cards, containers and lines.
const CORNER: f32 = 9.0;

/// The drawing as SVG text. Without words when they are not `legible`.
pub(super) fn picture(
    graph: &Graph,
    layout: &Layout,
    states: BTreeMap<StatePath, &State>,
    statuses: Statuses<'_>,
    colours: &'static Colours,
    legible: bool,
) -> String {
    let mut picture = Picture {
        graph,
        layout,
        statuses,
        colours,
        states,
        legible,
        ways: None,
        out: String::new(),
    };
    picture.ways = statuses.map(|_| Ways::of(&picture));
    picture.draw();
    picture.out
}

struct Picture<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    statuses: Statuses<'a>,
    colours: &'static Colours,
    states: BTreeMap<StatePath, &'a State>,
    /// Whether words can be read.
    legible: bool,
    /// Of the execution that is shown.
    ways: Option<Ways>,
    out: String,
}

/// Which nodes an execution entered, and by how many edges it can have come and gone.
struct Ways {
    entered: Vec<bool>,
    /// Edges that leave a node.
    out: Vec<u32>,
    /// Edges that come from where the execution was.
    entered_in: Vec<u32>,
}

impl Ways {
    fn of(picture: &Picture<'_>) -> Self {
        let nodes = &picture.graph.nodes;
        let entered = |node: usize| match nodes[node].kind {
            NodeKind::Start => picture.statuses.is_some_and(|statuses| !statuses.is_empty()),
            NodeKind::End => false,
            NodeKind::State(_) | NodeKind::Container(_) => {
                picture.status(node) != StateStatus::NotEntered
            }
        };
        let entered: Vec<bool> = (0..nodes.len()).map(entered).collect();
        let (mut out, mut entered_in) = (vec![0; nodes.len()], vec![0; nodes.len()]);
        for edge in &picture.graph.edges {
            out[edge.from.0] += 1;
            entered_in[edge.to.0] += u32::from(entered[edge.from.0]);
        }
        Self { entered, out, entered_in }
    }
}

/// Writes to the picture; a string takes any text.
macro_rules! put {
    ($picture:expr, $($arg:tt)*) => {
        writeln!($picture.out, $($arg)*).expect("a string takes any text")
    };
}

impl Picture<'_> {
    fn draw(&mut self) {
        let (w, h) = (self.layout.size.w + MARGIN * 2.0, self.layout.size.h + MARGIN * 2.0);
        let canvas = self.colours.palette.canvas;
        put!(
            self,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="{x} {x} {w} {h}" font-family="{}, '{}', sans-serif">"#,
            typeface::FAMILY,
            typeface::FALLBACK_FAMILY,
            x = -MARGIN,
        );
        put!(
            self,
            r#"<rect x="{x}" y="{x}" width="{w}" height="{h}" fill="{canvas}"/>"#,
            x = -MARGIN
        );
        self.symbols();
        let containers =
            |node: usize| matches!(self.graph.nodes[node].kind, NodeKind::Container(_));
        let (boxes, cards): (Vec<usize>, Vec<usize>) =
            (0..self.graph.nodes.len()).partition(|&node| containers(node));
        for node in boxes {
            self.node(node);
        }
        for edge in 0..self.graph.edges.len() {
            self.line(edge);
        }
        for node in cards {
            self.node(node);
        }
        for edge in 0..self.graph.edges.len() {
            self.label(edge);
        }
        self.out.push_str("</svg>\n");
    }

    /// Each drawing once, to be used by every card that shows it.
    fn symbols(&mut self) {
        let names: BTreeSet<&'static str> =
            self.states.values().map(|state| card::card_of(state).icon).collect();
        put!(self, "<defs>");
        for name in names {
            let svg = icon::svg(name);
            let inside = svg
                .split_once('>')
                .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
                .map_or("", |(inside, _)| inside.trim());
            put!(self, r#"<symbol id="icon-{name}" viewBox="0 0 24 24">{inside}</symbol>"#);
        }
        put!(self, "</defs>");
    }

    fn summary(&self, node: usize) -> Option<&StateSummary> {
        match &self.graph.nodes[node].kind {
            NodeKind::Start | NodeKind::End => None,
            NodeKind::State(path) | NodeKind::Container(path) => self.statuses?.get(path),
        }
    }

    fn status(&self, node: usize) -> StateStatus {
        self.summary(node).map_or(StateStatus::NotEntered, |summary| summary.status)
    }

    fn node(&mut self, node: usize) {
        let rect = self.layout.nodes[node];
        match &self.graph.nodes[node].kind {
            NodeKind::Start => self.terminal(rect, "Start"),
            NodeKind::End => self.terminal(rect, "End"),
            NodeKind::State(path) => {
                if let Some(&state) = self.states.get(path) {
                    self.card(node, state, rect);
                }
            }
            NodeKind::Container(path) => {
                if let Some(&state) = self.states.get(path) {
                    self.container(node, state, rect);
                }
            }
        }
    }

    fn terminal(&mut self, Rect { x, y, w, h }: Rect, title: &str) {
        let (fill, ink) = (self.colours.palette.terminal, self.colours.palette.on_terminal);
        put!(
            self,
            r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{}" fill="{fill}"/>"#,
            h / 2.0
        );
        put!(
            self,
            r#"<text x="{}" y="{}" font-size="11.5" font-weight="600" text-anchor="middle" fill="{ink}">{title}</text>"#,
            x + w / 2.0,
            y + h / 2.0 + 4.0
        );
    }

    fn card(&mut self, node: usize, state: &State, rect: Rect) {
        let Rect { x, y, w, h } = rect;
        let status = self.status(node);
        let colours = self.colours.palette.status(status);
        let shadow = self.colours.shadow;
        let line = if status == StateStatus::NotEntered { 1.0 } else { 1.5 };
        put!(
            self,
            r#"<rect x="{x}" y="{}" width="{w}" height="{h}" rx="8" fill="{shadow}"/>"#,
            y + 1.5
        );
        put!(
            self,
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="8" fill="{}" stroke="{}" stroke-width="{line}"/>"#,
            x + line / 2.0,
            y + line / 2.0,
            w - line,
            h - line,
            colours.soft,
            colours.line,
        );
        let card = card::card_of(state);
        let inset = (CARD_HEIGHT - ICON_SIDE) / 2.0;
        self.icon(card.icon, x + inset, y + inset, ICON_SIDE);
        let kind = fitted(&card.kind_line, Face::Regular, KIND_SIZE, w - TEXT_LEFT - BADGE_ROOM);
        let title = fitted(&card.title, Face::Medium, TITLE_SIZE, w - TEXT_LEFT - 10.0);
        let (muted, ink) = (self.colours.palette.text_muted, self.colours.palette.text);
        self.text((x + TEXT_LEFT, y + 20.0), KIND_SIZE, 400, muted, &kind);
        self.text((x + TEXT_LEFT, y + 37.0), TITLE_SIZE, 500, ink, &title);
        self.badge(status, x + w - 14.0, y + 14.0);
    }

    fn container(&mut self, node: usize, state: &State, rect: Rect) {
        let Rect { x, y, w, h } = rect;
        let status = self.status(node);
        let line = if status == StateStatus::NotEntered {
            self.colours.palette.container_border
        } else {
            self.colours.palette.status(status).line
        };
        let fill = self.colours.container;
        put!(
            self,
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="12" fill="{fill}" stroke="{line}" stroke-width="1.25" stroke-dasharray="6 4.5"/>"#,
            x + 0.6,
            y + 0.6,
            w - 1.2,
            h - 1.2,
        );
        let card = card::card_of(state);
        let kind_line =
            match (&state.kind, self.summary(node).and_then(|summary| summary.iterations)) {
                (StateKind::Map(map), Some(iterations)) => {
                    card::iterations_line(map.processor.mode, iterations)
                }
                (_, _) => card.kind_line.clone(),
            };
        let room = w - 44.0 - BADGE_ROOM;
        let title = fitted(&card.title, Face::Medium, TITLE_SIZE, room);
        let used = width(&title, Face::Medium, TITLE_SIZE) + 10.0;
        self.icon(card.icon, x + 10.0, y + 9.0, 22.0);
        let (muted, ink) = (self.colours.palette.text_muted, self.colours.palette.text);
        self.text((x + 40.0, y + 24.5), TITLE_SIZE, 500, ink, &title);
        if room - used > 40.0 {
            let kind = fitted(&kind_line, Face::Regular, KIND_SIZE, room - used);
            self.text((x + 40.0 + used, y + 24.0), KIND_SIZE, 400, muted, &kind);
        }
        self.badge(status, x + w - 18.0, y + 19.0);
    }

    fn icon(&mut self, name: &str, x: f32, y: f32, side: f32) {
        if !self.legible {
            return;
        }
        put!(
            self,
            r##"<use href="#icon-{name}" x="{x}" y="{y}" width="{side}" height="{side}"/>"##
        );
    }

    fn text(&mut self, (x, y): (f32, f32), size: f32, weight: u32, colour: Colour, text: &str) {
        if !self.legible {
            return;
        }
        let text = escaped(text);
        put!(
            self,
            r#"<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" xml:space="preserve">{text}</text>"#
        );
    }

    /// A disc with a mark: succeeded, failed, caught, running, aborted.
    fn badge(&mut self, status: StateStatus, x: f32, y: f32) {
        let mark = match status {
            StateStatus::NotEntered => return,
            StateStatus::Succeeded => r#"<path d="M-3.2 .2-1 2.4 3.2-2.2"/>"#,
            StateStatus::Failed => r#"<path d="M-2.4-2.4 2.4 2.4M2.4-2.4-2.4 2.4"/>"#,
            StateStatus::Caught => r#"<path d="M0-3.4V.8M0 3.2v.1"/>"#,
            StateStatus::InProgress => {
                r#"<path d="M-1.6-2.9v5.8L3-0z" stroke-width="1" fill="currentColor"/>"#
            }
            StateStatus::Aborted => r#"<path d="M-2.6 0h5.2"/>"#,
        };
        let (fill, ink) =
            (self.colours.palette.status(status).line, self.colours.palette.on_status);
        put!(
            self,
            r#"<g transform="translate({x} {y})"><circle r="7" fill="{fill}"/><g color="{ink}" fill="none" stroke="{ink}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">{mark}</g></g>"#
        );
    }

    /// Whether an execution certainly took this edge: nothing else that was entered leads there, or the state had nowhere else to go.
    fn taken(&self, edge: &GraphEdge) -> bool {
        let Some(ways) = &self.ways else { return false };
        if !ways.entered[edge.from.0] || edge.from == edge.to {
            return false;
        }
        let only_way_out =
            ways.out[edge.from.0] == 1 && self.status(edge.from.0) == StateStatus::Succeeded;
        only_way_out || (ways.entered[edge.to.0] && ways.entered_in[edge.to.0] == 1)
    }

    fn line_colour(&self, edge: &GraphEdge) -> (Colour, bool) {
        let taken = self.taken(edge);
        let colour = match (edge.kind, taken) {
            (EdgeKind::Catch, true) => self.colours.palette.caught.line,
            (EdgeKind::Catch, false) => self.colours.palette.edge_catch,
            (
                EdgeKind::Start
                | EdgeKind::Next
                | EdgeKind::Choice
                | EdgeKind::Default
                | EdgeKind::End,
                true,
            ) => self.colours.palette.succeeded.line,
            (
                EdgeKind::Start
                | EdgeKind::Next
                | EdgeKind::Choice
                | EdgeKind::Default
                | EdgeKind::End,
                false,
            ) => self.colours.palette.edge,
        };
        (colour, taken)
    }

    fn line(&mut self, index: usize) {
        let edge = &self.graph.edges[index];
        let points = &self.layout.edges[index];
        let (Some(&tip), Some(&before)) =
            (points.last(), points.len().checked_sub(2).and_then(|at| points.get(at)))
        else {
            return;
        };
        let (colour, taken) = self.line_colour(edge);
        let stroke = if taken { 2.0 } else { 1.25 };
        let dash = if edge.kind == EdgeKind::Catch && self.legible {
            r#" stroke-dasharray="5 4""#
        } else {
            ""
        };
        let length = (tip.x - before.x).hypot(tip.y - before.y).max(0.01);
        let (dx, dy) = ((tip.x - before.x) / length, (tip.y - before.y) / length);
        let base = Point { x: tip.x - dx * 8.0, y: tip.y - dy * 8.0 };
        let path = rounded(points, Point { x: tip.x - dx * 6.5, y: tip.y - dy * 6.5 });
        put!(
            self,
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="{stroke}"{dash}/>"#
        );
        put!(
            self,
            r#"<path d="M{} {}L{} {}L{} {}Z" fill="{colour}"/>"#,
            tip.x,
            tip.y,
            base.x - dy * 4.25,
            base.y + dx * 4.25,
            base.x + dy * 4.25,
            base.y - dx * 4.25,
        );
    }

    fn label(&mut self, index: usize) {
        let edge = &self.graph.edges[index];
        let Some(Rect { x, y, w, h }) = self.layout.labels[index] else { return };
        let (colour, taken) = self.line_colour(edge);
        let (line, ink) = match (edge.kind, taken) {
            (EdgeKind::Catch, _) => (colour, self.colours.palette.caught.text),
            (
                EdgeKind::Start
                | EdgeKind::Next
                | EdgeKind::Choice
                | EdgeKind::Default
                | EdgeKind::End,
                true,
            ) => (colour, self.colours.palette.text),
            (
                EdgeKind::Start
                | EdgeKind::Next
                | EdgeKind::Choice
                | EdgeKind::Default
                | EdgeKind::End,
                false,
            ) => (self.colours.palette.border_strong, self.colours.palette.text_muted),
        };
        let surface = self.colours.palette.surface;
        put!(
            self,
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{surface}" stroke="{line}"/>"#,
            x + 0.5,
            y + 0.5,
            w - 1.0,
            h - 1.0,
            h / 2.0 - 0.5
        );
        let label = fitted(&edge.label, Face::Regular, LABEL_SIZE, w - 10.0);
        let left = x + (w - width(&label, Face::Regular, LABEL_SIZE)) / 2.0;
        self.text((left, y + h / 2.0 + 3.8), LABEL_SIZE, 400, ink, &label);
    }
}

/// A path with round corners that ends at `end` instead of the last point, for the arrow to take over.
fn rounded(points: &[Point], end: Point) -> String {
    let mut path = format!("M{} {}", points[0].x, points[0].y);
    for corner in points.windows(3) {
        let [before, at, after] = corner else { continue };
        let towards = |other: &Point| {
            let length = (other.x - at.x).hypot(other.y - at.y);
            let room = (length / 2.0).min(CORNER) / length.max(0.01);
            (at.x + (other.x - at.x) * room, at.y + (other.y - at.y) * room)
        };
        let (from, to) = (towards(before), towards(after));
        write!(path, "L{} {}Q{} {} {} {}", from.0, from.1, at.x, at.y, to.0, to.1)
            .expect("a string takes any text");
    }
    write!(path, "L{} {}", end.x, end.y).expect("a string takes any text");
    path
}

/// Text for XML; characters that XML does not allow become a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
