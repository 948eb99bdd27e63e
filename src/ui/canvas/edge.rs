//! A transition on the graph: a rounded line with an arrow, dashed for a Catch, with its condition on a pill.

use std::sync::Arc;

use egui::epaint::RectShape;
use egui::{Color32, CornerRadius, Pos2, Rect, Shape, Stroke, StrokeKind};
use egui_graphs::{DisplayEdge, DrawContext, EdgeProps, Node};
use petgraph::Directed;

use super::node::{FLAT_BELOW, NodePayload, NodeShape};
use super::scene::LABEL_SIZE;
use super::text;
use crate::asl::StatePath;
use crate::layout::{EdgeKind, GraphEdge};
use crate::ui::{fonts, theme};

const CORNER_RADIUS: f32 = 9.0;
const ARROW: (f32, f32) = (8.0, 4.25);
/// How near the pointer must be to a line, in the graph's units.
const REACH: f32 = 4.0;

/// What an edge of the graph carries.
#[derive(Clone, Debug)]
pub(super) struct EdgePayload {
    pub(super) look: Arc<EdgeLook>,
    pub(super) taken: bool,
}

impl EdgePayload {
    pub(super) fn new(look: EdgeLook) -> Self {
        Self { look: Arc::new(look), taken: false }
    }
}

/// What does not change while a definition is shown.
#[derive(Clone, Debug)]
pub(super) struct EdgeLook {
    pub(super) kind: EdgeKind,
    /// Which Choice rule or which catcher.
    pub(super) index: usize,
    pub(super) from: Option<StatePath>,
    pub(super) to: Option<StatePath>,
    /// Whether a Catch and another transition go from the same state to the same state.
    pub(super) has_twin: bool,
    /// Corners already rounded, ending where the arrow's tip is.
    points: Vec<Pos2>,
    label: String,
    /// The label before it was shortened, where that says more.
    pub(super) full_label: Option<String>,
    pub(super) label_rect: Option<Rect>,
    pub(super) bounds: Rect,
}

impl EdgeLook {
    pub(super) fn new(
        edge: &GraphEdge,
        points: &[Pos2],
        label_rect: Option<Rect>,
        (from, to): (Option<StatePath>, Option<StatePath>),
        full_label: impl FnOnce() -> Option<String>,
    ) -> Self {
        let points = with_round_corners(points);
        let mut bounds = Rect::NOTHING;
        for point in &points {
            bounds.extend_with(*point);
        }
        let label_rect = label_rect.filter(|_| !edge.label.is_empty());
        if let Some(rect) = label_rect {
            bounds |= rect;
        }
        let full_label = full_label().filter(|full| *full != edge.label);
        let label = edge.label.clone();
        Self {
            kind: edge.kind,
            index: edge.index,
            from,
            to,
            has_twin: false,
            points,
            label,
            full_label,
            label_rect,
            bounds,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct EdgeShape {
    look: Arc<EdgeLook>,
    taken: bool,
}

impl From<EdgeProps<EdgePayload>> for EdgeShape {
    fn from(props: EdgeProps<EdgePayload>) -> Self {
        Self { look: props.payload.look, taken: props.payload.taken }
    }
}

type End = Node<NodePayload, EdgePayload, Directed, u32, NodeShape>;

impl DisplayEdge<NodePayload, EdgePayload, Directed, u32, NodeShape> for EdgeShape {
    fn shapes(&mut self, _start: &End, _end: &End, ctx: &DrawContext<'_>) -> Vec<Shape> {
        self.draw(ctx)
    }

    fn update(&mut self, state: &EdgeProps<EdgePayload>) {
        self.taken = state.payload.taken;
    }

    fn is_inside(&self, _start: &End, _end: &End, pos: Pos2) -> bool {
        let on_label = self.look.label_rect.is_some_and(|rect| rect.contains(pos));
        on_label || (self.look.bounds.expand(REACH).contains(pos) && self.is_near(pos))
    }

    fn extra_bounds(&self, _start: &End, _end: &End) -> Option<(Pos2, Pos2)> {
        self.look.bounds.is_finite().then_some((self.look.bounds.min, self.look.bounds.max))
    }
}

impl EdgeShape {
    fn is_near(&self, pos: Pos2) -> bool {
        self.look.points.windows(2).any(|pair| distance(pos, pair[0], pair[1]) <= REACH)
    }

    /// The shapes, or none when the edge is out of sight.
    pub(super) fn draw(&self, ctx: &DrawContext<'_>) -> Vec<Shape> {
        let look = &*self.look;
        let zoom = ctx.meta.zoom;
        let bounds = Rect::from_min_max(
            ctx.meta.canvas_to_screen_pos(look.bounds.min),
            ctx.meta.canvas_to_screen_pos(look.bounds.max),
        );
        if look.points.len() < 2 || !bounds.expand(8.0).intersects(ctx.painter.clip_rect()) {
            return Vec::new();
        }
        let tokens = theme::tokens(ctx.ctx);
        let colour = match (look.kind, self.taken) {
            (EdgeKind::Catch, true) => tokens.caught.line,
            (EdgeKind::Catch, false) => tokens.edge_catch,
            (_, true) => tokens.edge_taken,
            (_, false) => tokens.edge,
        };
        let width = if self.taken { 2.0 } else { 1.25 };
        let stroke = Stroke::new((width * zoom.sqrt()).clamp(0.6, width * 1.4), colour);
        let mut points: Vec<Pos2> =
            look.points.iter().map(|point| ctx.meta.canvas_to_screen_pos(*point)).collect();

        let mut shapes = Vec::with_capacity(4);
        if zoom < FLAT_BELOW {
            shapes.push(Shape::line(points, stroke));
            return shapes;
        }
        let arrow = arrow_head(&mut points, zoom, self.taken);
        if look.kind == EdgeKind::Catch {
            let dash = (5.0 * zoom).max(2.5);
            Shape::dashed_line_many(&points, stroke, dash, dash * 0.8, &mut shapes);
        } else {
            shapes.push(Shape::line(points, stroke));
        }
        shapes.push(Shape::convex_polygon(arrow, colour, Stroke::NONE));
        if let Some(rect) = look.label_rect {
            self.draw_label(ctx, rect, colour, &mut shapes);
        }
        shapes
    }

    fn draw_label(
        &self,
        ctx: &DrawContext<'_>,
        rect: Rect,
        colour: Color32,
        shapes: &mut Vec<Shape>,
    ) {
        let tokens = theme::tokens(ctx.ctx);
        let zoom = ctx.meta.zoom;
        let size = text::snapped(LABEL_SIZE * zoom);
        if size < 5.0 {
            return;
        }
        let rect = Rect::from_min_max(
            ctx.meta.canvas_to_screen_pos(rect.min),
            ctx.meta.canvas_to_screen_pos(rect.max),
        );
        let radius = CornerRadius::same((rect.height() / 2.0).min(60.0) as u8);
        let (line, ink) = match (self.look.kind, self.taken) {
            (EdgeKind::Catch, _) => (colour, tokens.caught.text),
            (_, true) => (colour, tokens.text),
            (_, false) => (tokens.border_strong, tokens.text_muted),
        };
        let stroke = Stroke::new((1.0 * zoom.sqrt()).clamp(0.6, 1.25), line);
        shapes
            .push(RectShape::new(rect, radius, tokens.surface, stroke, StrokeKind::Inside).into());
        let font = fonts::regular(size);
        let galley =
            text::line(ctx.painter, &self.look.label, font, ink, rect.width() - 10.0 * zoom);
        shapes.push(text::centred(galley, rect.center(), ink));
    }
}

/// Takes the arrow's length off the end of a line and gives the arrow.
fn arrow_head(points: &mut Vec<Pos2>, zoom: f32, taken: bool) -> Vec<Pos2> {
    let tip = points[points.len() - 1];
    let scale = zoom * if taken { 1.15 } else { 1.0 };
    let (length, half) = (ARROW.0 * scale, ARROW.1 * scale);
    // The direction is that of the last stretch long enough to have one.
    let back = points
        .iter()
        .rev()
        .find(|point| point.distance(tip) > length)
        .copied()
        .unwrap_or(points[0]);
    let direction = (tip - back).normalized();
    let base = tip - direction * length;
    while points.len() > 1 && points[points.len() - 1].distance(tip) < length * 0.9 {
        points.pop();
    }
    points.push(base + direction * (length * 0.2));
    let across = direction.rot90() * half;
    vec![tip, base + across, base - across]
}

/// Replaces each corner by a curve, as far as its two sides leave room.
fn with_round_corners(points: &[Pos2]) -> Vec<Pos2> {
    const STEPS: usize = 6;
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut out = Vec::with_capacity(points.len() * (STEPS + 1));
    out.push(points[0]);
    for corner in points.windows(3) {
        let (before, at, after) = (corner[0], corner[1], corner[2]);
        let room = (before.distance(at) / 2.0).min(after.distance(at) / 2.0).min(CORNER_RADIUS);
        if room < 0.5 {
            out.push(at);
            continue;
        }
        let from = at + (before - at).normalized() * room;
        let to = at + (after - at).normalized() * room;
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            out.push(from.lerp(at, t).lerp(at.lerp(to, t), t));
        }
    }
    out.push(points[points.len() - 1]);
    out
}

/// The distance of a point from a stretch of line.
fn distance(point: Pos2, from: Pos2, to: Pos2) -> f32 {
    let along = to - from;
    let t = ((point - from).dot(along) / along.length_sq().max(1e-9)).clamp(0.0, 1.0);
    point.distance(from + along * t)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn rounding_keeps_the_ends_and_cuts_the_corner() {
        let points = [pos2(0.0, 0.0), pos2(0.0, 100.0), pos2(80.0, 100.0)];
        let round = with_round_corners(&points);
        assert_eq!((round[0], round[round.len() - 1]), (points[0], points[2]));
        assert!(
            round.iter().all(|point| point.distance(points[1]) > 1.0),
            "the sharp corner is gone"
        );
        let straight = [pos2(0.0, 0.0), pos2(0.0, 9.0)];
        assert_eq!(with_round_corners(&straight), straight);
        assert_eq!(with_round_corners(&[]), []);
    }

    #[test]
    fn an_arrow_ends_at_the_tip_even_on_a_line_shorter_than_itself() {
        for length in [0.0, 1.0, 5.0, 100.0] {
            let mut points = vec![pos2(0.0, 0.0), pos2(0.0, length)];
            let arrow = arrow_head(&mut points, 1.0, false);
            assert_eq!(arrow[0], pos2(0.0, length));
            assert!(
                arrow.iter().chain(&points).all(|point| point.x.is_finite() && point.y.is_finite())
            );
        }
    }

    #[test]
    fn the_distance_from_a_stretch_counts_its_ends() {
        let (from, to) = (pos2(0.0, 0.0), pos2(10.0, 0.0));
        assert_eq!(distance(pos2(5.0, 3.0), from, to), 3.0);
        assert_eq!(distance(pos2(-4.0, 3.0), from, to), 5.0);
        assert_eq!(distance(pos2(1.0, 1.0), from, from), 2.0_f32.sqrt());
    }
}
