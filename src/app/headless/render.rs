//! The graph as a picture: SVG, and PNG from it. The look is the window's, without the window.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use resvg::usvg::{self, fontdb};

use super::text_width::{Face, fitted, width};
use crate::app::palette::{self, Colour, Palette};
use crate::asl::{State, StateKind, StateMachine, StatePath};
use crate::execution::StateStatus;
use crate::execution::{SharedMap, StateSummary};
use crate::layout::card::{self, Card};
use crate::layout::{
    EdgeKind, Graph, GraphEdge, Layout, LayoutOptions, NodeKind, Point, Rect, Size, icon, typeface,
};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

/// How the states of an execution fare; `None` draws the definition alone.
pub type Statuses<'a> = Option<&'a SharedMap<StatePath, StateSummary>>;

const CARD_HEIGHT: f32 = 50.0;
const CARD_WIDTH: (f32, f32) = (184.0, 272.0);
const ICON_SIDE: f32 = 30.0;
const TEXT_LEFT: f32 = 50.0;
const BADGE_ROOM: f32 = 28.0;
const HEADER_HEIGHT: f32 = 38.0;
const TITLE_SIZE: f32 = 13.0;
const KIND_SIZE: f32 = 10.5;
const LABEL_SIZE: f32 = 10.5;
const LABEL_HEIGHT: f32 = 19.0;
const MAX_LABEL_WIDTH: f32 = 240.0;
const CORNER: f32 = 9.0;
/// Around the drawing.
const MARGIN: f32 = 32.0;

const OPTIONS: LayoutOptions = LayoutOptions {
    container_padding: 24.0,
    container_title: HEADER_HEIGHT + 10.0,
    layer_gap: 40.0,
    node_gap: 44.0,
    edge_gap: 16.0,
};

/// A picture of this many pixels takes 128 MB while it is drawn, and seconds to be packed.
const MOST_PIXELS: f32 = 32e6;
/// Pixels of all areas, one over the other: containers within containers are filled again and again.
const MOST_PAINTED: f32 = 300e6;
const LONGEST_SIDE: f32 = 30_000.0;
/// Pixels per unit below which words and dashes are specks; setting them for thousands of states would take half a minute.
const LEGIBLE_SCALE: f32 = 0.15;

/// The picture of a machine as SVG text.
pub fn svg(machine: &StateMachine, statuses: Statuses<'_>, theme: Theme) -> String {
    drawn(machine, statuses, theme, None).0
}

/// The picture of a machine as a PNG file, `scale` pixels for each of its units. One too large for that is drawn smaller, and without
/// what cannot be seen then.
///
/// # Errors
/// The picture cannot be written.
pub fn machine_png(
    machine: &StateMachine,
    statuses: Statuses<'_>,
    theme: Theme,
    scale: f32,
) -> Result<Vec<u8>, String> {
    let (svg, size) = drawn(machine, statuses, theme, Some(scale));
    png(&svg, possible_scale(size, scale))
}

/// The SVG text and its size; for pixels (`scale` for each unit) without what they cannot show.
fn drawn(
    machine: &StateMachine,
    statuses: Statuses<'_>,
    theme: Theme,
    scale: Option<f32>,
) -> (String, Size) {
    let graph =
        Graph::of(machine, &|_| false, &|state| card_size(&card::card_of(state)), &label_size);
    let layout = graph.layout(&OPTIONS);
    let states = machine.states().into_iter().collect();
    let size = Size { w: layout.size.w + MARGIN * 2.0, h: layout.size.h + MARGIN * 2.0 };
    let mut picture = Picture {
        legible: scale.is_none_or(|scale| possible_scale(size, scale) >= LEGIBLE_SCALE),
        ways: None,
        graph: &graph,
        layout: &layout,
        statuses,
        colours: Colours::of(theme),
        states,
        out: String::new(),
    };
    picture.ways = statuses.map(|_| Ways::of(&picture));
    picture.draw();
    (picture.out, size)
}

fn possible_scale(size: Size, scale: f32) -> f32 {
    scale
        .clamp(0.01, 8.0)
        .min((MOST_PIXELS / (size.w * size.h)).sqrt())
        .min(LONGEST_SIDE / size.w.max(size.h))
}

/// SVG text as a PNG file, `scale` pixels for each of its units. A picture too large for that is drawn smaller.
///
/// # Errors
/// The text is no SVG, or has no size.
fn png(svg: &str, scale: f32) -> Result<Vec<u8>, String> {
    let options = usvg::Options {
        fontdb: Arc::new(fonts()),
        font_family: typeface::FAMILY.to_owned(),
        ..Default::default()
    };
    let tree = usvg::Tree::from_str(svg, &options)
        .map_err(|err| format!("the picture can't be drawn: {err}"))?;
    let size = tree.size();
    let scale = possible_scale(Size { w: size.width(), h: size.height() }, scale)
        .min((MOST_PAINTED / painted(tree.root()).max(1.0)).sqrt());
    let (w, h) = ((size.width() * scale).ceil().max(1.0), (size.height() * scale).ceil().max(1.0));
    let mut pixmap =
        resvg::tiny_skia::Pixmap::new(w as u32, h as u32).ok_or("the picture has no size")?;
    resvg::render(
        &tree,
        resvg::tiny_skia::Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    pixmap.encode_png().map_err(|err| format!("the picture can't be written: {err}"))
}

/// The areas that are filled, all together, in the picture's units.
fn painted(group: &usvg::Group) -> f32 {
    let area = |node: &usvg::Node| match node {
        usvg::Node::Group(inner) => painted(inner),
        usvg::Node::Path(path) if path.fill().is_some() => {
            let bounds = path.abs_bounding_box();
            bounds.width() * bounds.height()
        }
        usvg::Node::Path(_) | usvg::Node::Image(_) | usvg::Node::Text(_) => 0.0,
    };
    group.children().iter().map(area).sum()
}

/// The fonts of the program, and none of the system: a picture is the same everywhere.
fn fonts() -> fontdb::Database {
    let mut fonts = fontdb::Database::new();
    for bytes in [
        typeface::INTER_REGULAR,
        typeface::INTER_MEDIUM,
        typeface::INTER_SEMIBOLD,
        typeface::FALLBACK,
    ] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    fonts.set_sans_serif_family(typeface::FAMILY);
    fonts
}

fn card_size(card: &Card) -> Size {
    let title = width(&card.title, Face::Medium, TITLE_SIZE) + 12.0;
    let kind = width(&card.kind_line, Face::Regular, KIND_SIZE) + BADGE_ROOM;
    let w = (TEXT_LEFT + title.max(kind)).clamp(CARD_WIDTH.0, CARD_WIDTH.1);
    Size { w: w.ceil(), h: CARD_HEIGHT }
}

fn label_size(label: &str) -> Size {
    let w = (width(label, Face::Regular, LABEL_SIZE) + 16.0).min(MAX_LABEL_WIDTH);
    Size { w: w.ceil(), h: LABEL_HEIGHT }
}

/// The palette, and the colours that let what is under them through: red, green, blue and alpha.
struct Colours {
    palette: &'static Palette,
    container: &'static str,
    shadow: &'static str,
}

static LIGHT: Colours =
    Colours { palette: &palette::LIGHT, container: "#5b7fc80e", shadow: "#0814221c" };

static DARK: Colours =
    Colours { palette: &palette::DARK, container: "#c4d7ff0d", shadow: "#0000004d" };

impl Colours {
    fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::parse::parse;
    use crate::json::document::{Document, Format};

    const TEXT: &str = r#"{"StartAt": "检查 <库存>", "States": {
        "检查 <库存>": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Next": "Each",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop & think"}]},
        "Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}},
        "Stop & think": {"Type": "Fail"}}}"#;

    fn machine() -> StateMachine {
        parse(&Document::parse(TEXT, Format::Json)).machine
    }

    fn summary(status: StateStatus) -> StateSummary {
        let mut summary = StateSummary::default();
        summary.status = status;
        summary
    }

    #[test]
    fn a_picture_shows_every_state_and_both_themes_differ_in_colour_only() {
        let light = svg(&machine(), None, Theme::Light);
        for text in [
            "检查 &lt;库存&gt;",
            "Stop &amp; think",
            "DynamoDB: GetItem",
            "Catch: States.ALL",
            "Start",
            "End",
            "Map state",
        ] {
            assert!(light.contains(text), "{text}");
        }
        let dark = svg(&machine(), None, Theme::Dark);
        assert!(!dark.contains(&LIGHT.palette.canvas.to_string()));
        assert_eq!(light.lines().count(), dark.lines().count());
    }

    #[test]
    fn statuses_give_colours_badges_and_the_way_that_was_taken() {
        let statuses: SharedMap<StatePath, StateSummary> = [
            (StatePath::new("检查 <库存>"), summary(StateStatus::Caught)),
            (StatePath::new("Stop & think"), summary(StateStatus::Failed)),
        ]
        .into_iter()
        .collect();
        let plain = svg(&machine(), None, Theme::Light);
        let shown = svg(&machine(), Some(&statuses), Theme::Light);
        let more = |what: &str| shown.matches(what).count() - plain.matches(what).count();
        assert_eq!(more("<circle"), 2);
        assert!(
            shown.contains(&LIGHT.palette.failed.soft.to_string())
                && !shown.contains(&LIGHT.palette.succeeded.soft.to_string())
        );
        // from the start to the task, and on by the Catch
        assert_eq!(more(r#"stroke-width="2""#), 2);
    }

    #[test]
    fn a_png_is_as_large_as_was_asked_for_and_uses_our_fonts() {
        let text = svg(&machine(), None, Theme::Light);
        let size = |scale: f32| {
            let bytes = png(&text, scale).expect("a picture");
            let pixmap = resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("a PNG");
            (pixmap.width(), pixmap.height())
        };
        let (small, large) = (size(1.0), size(2.0));
        assert_eq!((small.0 * 2, small.1 * 2), large);
        let bytes = png(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="Inter, 'Droid Sans Fallback'"><text y="16">库</text></svg>"#,
            1.0,
        );
        let pixmap =
            resvg::tiny_skia::Pixmap::decode_png(&bytes.expect("a picture")).expect("a PNG");
        assert!(
            pixmap.pixels().iter().any(|pixel| pixel.alpha() > 200),
            "a Chinese character is drawn"
        );
        assert!(png("no svg", 1.0).is_err());
    }

    #[test]
    fn what_would_take_too_much_paint_is_drawn_smaller() {
        let rect = r##"<rect width="4000" height="4000" fill="#00f1"/>"##;
        let picture = |layers: usize| {
            let text = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="4000">{}</svg>"#,
                rect.repeat(layers)
            );
            let bytes = png(&text, 8.0).expect("a picture");
            resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("a PNG").width()
        };
        let (few, many) = (picture(1), picture(60));
        assert!(few * few <= 33_000_000, "{few}");
        assert!(many * many * 60 <= 310_000_000, "{many}");
    }
}
