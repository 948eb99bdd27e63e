//! A state on the graph: what is known of it, and how it is drawn at each distance.

use std::sync::Arc;

use egui::epaint::{CircleShape, Mesh, PathShape, RectShape};
use egui::{Color32, CornerRadius, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};
use egui_graphs::{DisplayNode, DrawContext, NodeProps};
use petgraph::Directed;

use super::edge::EdgePayload;
use super::scene::{
    BADGE_ROOM, CARD_HEIGHT, HEADER_HEIGHT, HEADER_LEFT, HEADER_RIGHT, ICON_SIDE, KIND_SIZE,
    TEXT_LEFT, TITLE_SIZE,
};
use super::{BreakpointMark, ComparedMark, text};
use crate::asl::{ProcessorMode, Severity, StatePath};
use crate::execution::StateStatus;
use crate::layout::card::{self, Card};
use crate::ui::theme::{self, StatusColours, Tokens};
use crate::ui::{fonts, icons};

/// Below this zoom a card is a coloured box, and below the second it has only its name.
pub(super) const FLAT_BELOW: f32 = 0.2;
const NAME_ONLY_BELOW: f32 = 0.62;
/// The size of a name without a kind above it, in the graph's points.
const LONE_TITLE_SIZE: f32 = 17.0;
/// How far the strip for breakpoints reaches to the left and the right of a card's left side.
const MARGIN: (f32, f32) = (17.0, 6.0);

/// What a node of the graph carries: a shared look, and the marks of the moment. Cheap to clone, because `egui_graphs`
/// clones both ends of every edge in every frame.
#[derive(Clone, Debug)]
pub(super) struct NodePayload {
    pub(super) look: Arc<NodeLook>,
    pub(super) mark: NodeMark,
}

impl NodePayload {
    pub(super) fn new(look: NodeLook) -> Self {
        Self { look: Arc::new(look), mark: NodeMark::default() }
    }
}

/// What does not change while a definition is shown.
#[derive(Clone, Debug)]
pub(super) struct NodeLook {
    pub(super) form: NodeForm,
    pub(super) path: Option<StatePath>,
    pub(super) card: Card,
    /// In the graph's coordinates.
    pub(super) rect: Rect,
    /// A Map or a Parallel, open or collapsed.
    pub(super) foldable: bool,
    pub(super) map_mode: Option<ProcessorMode>,
    /// The most retries that any retrier allows; 0 without `Retry`.
    pub(super) retries_allowed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeForm {
    Start,
    End,
    Card,
    /// An open Map or Parallel: a box with a header.
    Container,
}

/// What changes from moment to moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct NodeMark {
    pub(super) status: StateStatus,
    pub(super) visits: u32,
    pub(super) retries: u32,
    pub(super) iterations: Option<(u64, u64, u64)>,
    pub(super) problem: Option<Severity>,
    pub(super) breakpoint: Option<BreakpointMark>,
    pub(super) compared: Option<ComparedMark>,
    /// Threads that stand here.
    pub(super) threads: u32,
    /// Whether the focused thread is one of them.
    pub(super) focused: bool,
    pub(super) selected: bool,
    pub(super) hovered: bool,
    /// The pointer is on the strip for breakpoints.
    pub(super) margin_hovered: bool,
}

impl NodeLook {
    /// The part that reacts to the pointer: a card, or the header of a container.
    pub(super) fn handle(&self) -> Rect {
        match self.form {
            NodeForm::Start | NodeForm::End | NodeForm::Card => self.rect,
            NodeForm::Container => {
                Rect::from_min_size(self.rect.min, vec2(self.rect.width(), HEADER_HEIGHT))
            }
        }
    }

    /// The strip at the left side in which a click toggles a breakpoint.
    pub(super) fn margin(&self) -> Rect {
        let handle = self.handle();
        let x = handle.min.x;
        Rect::from_x_y_ranges(x - MARGIN.0..=x + MARGIN.1, handle.y_range())
    }

    /// The chevron that opens and collapses.
    pub(super) fn chevron(&self) -> Option<Rect> {
        let handle = self.handle();
        let centre = match self.form {
            NodeForm::Start | NodeForm::End => return None,
            NodeForm::Card => pos2(handle.max.x - 14.0, handle.max.y - 15.0),
            NodeForm::Container => pos2(handle.min.x + 19.0, handle.center().y),
        };
        self.foldable.then(|| Rect::from_center_size(centre, Vec2::splat(20.0)))
    }

    /// The second line of the card, with the progress of a Map.
    pub(super) fn kind_line(&self, mark: &NodeMark) -> String {
        match (self.map_mode, mark.iterations) {
            (Some(mode), Some(iterations)) => card::iterations_line(mode, iterations),
            (Some(_), None) | (None, _) => self.card.kind_line.clone(),
        }
    }
}

/// The shape that `egui_graphs` draws and asks where it is.
#[derive(Clone, Debug)]
pub(super) struct NodeShape {
    look: Arc<NodeLook>,
    mark: NodeMark,
}

impl From<NodeProps<NodePayload>> for NodeShape {
    fn from(props: NodeProps<NodePayload>) -> Self {
        Self { look: props.payload.look, mark: props.payload.mark }
    }
}

impl DisplayNode<NodePayload, EdgePayload, Directed, u32> for NodeShape {
    fn closest_boundary_point(&self, dir: Vec2) -> Pos2 {
        let half = self.look.rect.size() / 2.0;
        let scale = (half.x / dir.x.abs().max(1e-6)).min(half.y / dir.y.abs().max(1e-6));
        self.look.rect.center() + dir * scale
    }

    fn shapes(&mut self, ctx: &DrawContext<'_>) -> Vec<Shape> {
        self.draw(ctx)
    }

    fn update(&mut self, state: &NodeProps<NodePayload>) {
        self.mark = state.payload.mark;
    }

    fn is_inside(&self, pos: Pos2) -> bool {
        match self.look.form {
            NodeForm::Start | NodeForm::End => false,
            NodeForm::Card | NodeForm::Container => {
                self.look.handle().contains(pos) || self.look.margin().contains(pos)
            }
        }
    }
}

/// A node while it is drawn: everything in points of the screen.
struct Brush<'a> {
    ctx: &'a DrawContext<'a>,
    tokens: &'static Tokens,
    zoom: f32,
    rect: Rect,
    shapes: Vec<Shape>,
}

impl NodeShape {
    /// The shapes, or none when the node is out of sight.
    pub(super) fn draw(&self, ctx: &DrawContext<'_>) -> Vec<Shape> {
        let (look, mark) = (&*self.look, &self.mark);
        let zoom = ctx.meta.zoom;
        let to_screen = |rect: Rect| {
            Rect::from_min_max(
                ctx.meta.canvas_to_screen_pos(rect.min),
                ctx.meta.canvas_to_screen_pos(rect.max),
            )
        };
        let rect = to_screen(look.handle());
        // The arrow, the rings and the shadow reach beyond the card.
        if !rect.expand(40.0 * zoom + 4.0).intersects(ctx.painter.clip_rect()) {
            return Vec::new();
        }
        let tokens = theme::tokens(ctx.ctx);
        let mut brush = Brush { ctx, tokens, zoom, rect, shapes: Vec::with_capacity(16) };
        match look.form {
            NodeForm::Start | NodeForm::End => brush.terminal(&look.card.title),
            NodeForm::Card if zoom < FLAT_BELOW => brush.flat_card(mark),
            NodeForm::Card => brush.card(look, mark),
            NodeForm::Container if zoom < FLAT_BELOW => {}
            NodeForm::Container => brush.header(look, mark),
        }
        if look.path.is_some() {
            brush.debugger_marks(mark);
            brush.compared_badge(mark);
        }
        brush.shapes
    }

    /// The box of an open Map or Parallel, which lies under all edges and cards.
    pub(super) fn draw_box(&self, ctx: &DrawContext<'_>) -> Vec<Shape> {
        let (look, mark) = (&*self.look, &self.mark);
        if look.form != NodeForm::Container {
            return Vec::new();
        }
        let rect = Rect::from_min_max(
            ctx.meta.canvas_to_screen_pos(look.rect.min),
            ctx.meta.canvas_to_screen_pos(look.rect.max),
        );
        if !rect.expand(12.0).intersects(ctx.painter.clip_rect()) {
            return Vec::new();
        }
        let tokens = theme::tokens(ctx.ctx);
        let mut brush = Brush { ctx, tokens, zoom: ctx.meta.zoom, rect, shapes: Vec::new() };
        brush.container(mark);
        brush.shapes
    }
}

impl Brush<'_> {
    /// A length of the graph on the screen.
    fn len(&self, length: f32) -> f32 {
        length * self.zoom
    }

    fn radius(&self, radius: f32) -> CornerRadius {
        CornerRadius::same(self.len(radius).round().clamp(0.0, 60.0) as u8)
    }

    /// A point of the card, from its top left corner in the graph's units.
    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.rect.min + vec2(x, y) * self.zoom
    }

    /// A line width that stays visible from afar and does not grow fat from near.
    fn stroke_width(&self, width: f32) -> f32 {
        (width * self.zoom.sqrt()).clamp(0.75, width * 1.4)
    }

    fn terminal(&mut self, title: &str) {
        let radius = CornerRadius::same((self.rect.height() / 2.0).min(120.0) as u8);
        self.shapes.push(RectShape::filled(self.rect, radius, self.tokens.terminal).into());
        if self.zoom >= FLAT_BELOW {
            let font = fonts::semibold(text::snapped(self.len(11.5)));
            let colour = self.tokens.on_terminal;
            let galley = text::line(self.ctx.painter, title, font, colour, f32::INFINITY);
            self.shapes.push(text::centred(galley, self.rect.center(), colour));
        }
    }

    /// A card seen from afar: flat rectangles on whole pixels, because rounded ones would cost more than all the rest.
    fn flat_card(&mut self, mark: &NodeMark) {
        let colours = self.tokens.status(mark.status);
        let pixel = 1.0 / self.ctx.ctx.pixels_per_point();
        let on_pixels = |rect: Rect| {
            let snapped = |at: f32| (at / pixel).round() * pixel;
            Rect::from_min_max(
                pos2(snapped(rect.min.x), snapped(rect.min.y)),
                pos2(snapped(rect.max.x), snapped(rect.max.y)),
            )
        };
        let rect = on_pixels(self.rect);
        let (line, width) = match (mark.selected, mark.focused) {
            (true, _) => (self.tokens.accent, 2.0),
            (false, true) => (self.tokens.cursor, 2.0),
            (false, false) => (colours.line, 1.0),
        };
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(rect.expand((width - 1.0) * pixel), line);
        mesh.add_colored_rect(rect.shrink(pixel), colours.soft);
        let icon =
            Rect::from_min_size(self.at(9.0, 9.0), Vec2::splat(self.len(CARD_HEIGHT - 18.0)));
        mesh.add_colored_rect(on_pixels(icon), colours.line);
        self.shapes.push(Shape::mesh(mesh));
    }

    fn card(&mut self, look: &NodeLook, mark: &NodeMark) {
        let colours = self.tokens.status(mark.status);
        let collapsed = look.foldable;
        self.rings(mark, 9.0);
        self.shadow(mark);
        if collapsed {
            self.stacked_below(colours);
        }
        let radius = self.radius(8.0);
        let line = self.border_colour(colours, mark);
        let width =
            self.stroke_width(if mark.status == StateStatus::NotEntered { 1.0 } else { 1.5 });
        let stroke = Stroke::new(width, line);
        self.shapes.push(
            RectShape::new(self.rect, radius, colours.soft, stroke, StrokeKind::Inside).into(),
        );

        let inset = (CARD_HEIGHT - ICON_SIDE) / 2.0;
        let icon = Rect::from_min_size(self.at(inset, inset), Vec2::splat(self.len(ICON_SIDE)));
        self.shapes.push(icons::shape(self.ctx.ctx, look.card.icon, icon));

        let room = self.rect.width() - self.len(TEXT_LEFT + BADGE_ROOM);
        if self.zoom < NAME_ONLY_BELOW {
            // The badge's room is kept free before there is a badge: a name must not change when its state is entered.
            let at = (TEXT_LEFT, CARD_HEIGHT / 2.0);
            let size = self.fitting_size(&look.card.title, fonts::medium, room);
            self.words(&look.card.title, fonts::medium, size, at, self.tokens.text, room);
        } else {
            let kind = look.kind_line(mark);
            self.words(
                &kind,
                fonts::regular,
                KIND_SIZE,
                (TEXT_LEFT, 16.5),
                self.tokens.text_muted,
                room,
            );
            // Nothing stands at the right of the name, so it may be longer than the line above it.
            let room = if collapsed { room } else { room + self.len(BADGE_ROOM - 10.0) };
            self.words(
                &look.card.title,
                fonts::medium,
                TITLE_SIZE,
                (TEXT_LEFT, 32.5),
                self.tokens.text,
                room,
            );
            self.retry_badge(look, mark);
        }
        let right = self.rect.width() / self.zoom;
        self.status_badge(mark.status, self.at(right - 14.0, 14.0));
        self.problem_badge(mark, self.at(inset + 1.0, CARD_HEIGHT - inset));
        if let Some(chevron) = look.chevron() {
            self.chevron(chevron.center() - look.rect.min, look.form, mark.hovered);
        }
    }

    fn header(&mut self, look: &NodeLook, mark: &NodeMark) {
        let middle = HEADER_HEIGHT / 2.0;
        if let Some(chevron) = look.chevron() {
            self.chevron(chevron.center() - look.rect.min, look.form, mark.hovered);
        }
        let side = 22.0;
        let icon =
            Rect::from_min_size(self.at(32.0, middle - side / 2.0), Vec2::splat(self.len(side)));
        self.shapes.push(icons::shape(self.ctx.ctx, look.card.icon, icon));
        let right = self.rect.width() / self.zoom;
        let room = self.rect.width() - self.len(HEADER_LEFT + HEADER_RIGHT);
        let size = if self.zoom < NAME_ONLY_BELOW {
            self.fitting_size(&look.card.title, fonts::semibold, room)
        } else {
            TITLE_SIZE
        };
        let used = self.words(
            &look.card.title,
            fonts::semibold,
            size,
            (HEADER_LEFT, middle),
            self.tokens.text,
            room,
        );
        if self.zoom >= NAME_ONLY_BELOW {
            let left = HEADER_LEFT + used / self.zoom + 10.0;
            let kind = look.kind_line(mark);
            let room = room - used - self.len(10.0);
            self.words(
                &kind,
                fonts::regular,
                KIND_SIZE + 0.5,
                (left, middle + 0.5),
                self.tokens.text_muted,
                room,
            );
        }
        self.status_badge(mark.status, self.at(right - 18.0, middle));
        self.problem_badge(mark, self.at(34.0, middle + 11.0));
    }

    /// The box of a container: a faint ground and a dashed border, solid once it is selected.
    fn container(&mut self, mark: &NodeMark) {
        self.rings(mark, 13.0);
        let entered = mark.status != StateStatus::NotEntered;
        let line = match (mark.hovered, entered) {
            (_, true) => self.tokens.status(mark.status).line,
            (true, false) => self.tokens.accent,
            (false, false) => self.tokens.container_border,
        };
        let radius = self.radius(12.0);
        self.shapes.push(RectShape::filled(self.rect, radius, self.tokens.container).into());
        let stroke = Stroke::new(self.stroke_width(if entered { 1.5 } else { 1.25 }), line);
        if self.zoom < FLAT_BELOW {
            self.shapes
                .push(RectShape::stroke(self.rect, radius, stroke, StrokeKind::Inside).into());
        } else {
            let outline = rounded_outline(self.rect.shrink(stroke.width / 2.0), self.len(12.0));
            let dash = self.len(6.0).max(3.0);
            Shape::dashed_line_many(&outline, stroke, dash, dash * 0.75, &mut self.shapes);
        }
    }

    /// Around what is selected, and around where the focused thread stands.
    fn rings(&mut self, mark: &NodeMark, radius: f32) {
        let mut out = 1.5;
        if mark.focused {
            out = self.ring(self.tokens.cursor, radius, out);
        }
        if mark.selected {
            self.ring(self.tokens.accent, radius, out);
        }
    }

    /// A ring that begins `out` points outside of the card; where the next one may begin.
    fn ring(&mut self, colour: Color32, radius: f32, out: f32) -> f32 {
        let width = (2.0 * self.zoom.sqrt()).clamp(1.25, 2.5);
        let rect = self.rect.expand(out);
        let radius = CornerRadius::same((self.len(radius) + out).round().clamp(0.0, 60.0) as u8);
        self.shapes.push(
            RectShape::stroke(rect, radius, Stroke::new(width, colour), StrokeKind::Outside).into(),
        );
        out + width + 1.0
    }

    fn shadow(&mut self, mark: &NodeMark) {
        if self.zoom < NAME_ONLY_BELOW {
            return;
        }
        let (down, blur) = if mark.hovered { (2.5, 10.0) } else { (1.25, 5.0) };
        let rect = self.rect.translate(vec2(0.0, self.len(down)));
        let shadow = RectShape::filled(rect, self.radius(8.0), self.tokens.shadow);
        self.shapes.push(shadow.with_blur_width(self.len(blur)).into());
    }

    /// The edges of two more cards, as a sign that a collapsed state holds others.
    fn stacked_below(&mut self, colours: StatusColours) {
        for (down, inset) in [(7.0, 12.0), (3.5, 6.0)] {
            let rect =
                self.rect.translate(vec2(0.0, self.len(down))).shrink2(vec2(self.len(inset), 0.0));
            let stroke = Stroke::new(self.stroke_width(1.0), colours.line);
            let card =
                RectShape::new(rect, self.radius(8.0), colours.soft, stroke, StrokeKind::Inside);
            self.shapes.push(card.into());
        }
    }

    fn border_colour(&self, colours: StatusColours, mark: &NodeMark) -> Color32 {
        if mark.hovered && mark.status == StateStatus::NotEntered {
            self.tokens.accent
        } else {
            colours.line
        }
    }

    /// The largest size for a name that stands alone at which all of it fits, but never less than it has beside its kind.
    fn fitting_size(&self, words: &str, font: fn(f32) -> egui::FontId, room: f32) -> f32 {
        let largest = text::snapped(self.len(LONE_TITLE_SIZE));
        let galley =
            text::line(self.ctx.painter, words, font(largest), self.tokens.text, f32::INFINITY);
        // Down to a half point, because what is drawn is rounded to one.
        let down = |size: f32| (size * 2.0).floor() / 2.0;
        let least = down(self.len(TITLE_SIZE)).min(largest);
        down(largest * room / galley.size().x.max(1.0)).clamp(least, largest) / self.zoom
    }

    /// A line of words; its width on the screen.
    fn words(
        &mut self,
        words: &str,
        font: fn(f32) -> egui::FontId,
        size: f32,
        (x, y): (f32, f32),
        colour: Color32,
        room: f32,
    ) -> f32 {
        let size = text::snapped(self.len(size));
        if size < 4.0 || room < size || words.is_empty() {
            return 0.0;
        }
        let galley = text::line(self.ctx.painter, words, font(size), colour, room);
        let width = galley.size().x;
        let at = self.at(x, y);
        self.shapes.push(text::left_centred(galley, at, colour));
        width
    }

    fn status_badge(&mut self, status: StateStatus, centre: Pos2) {
        if status == StateStatus::NotEntered {
            return;
        }
        let radius = self.len(7.5).max(3.0);
        self.shapes
            .push(CircleShape::filled(centre, radius, self.tokens.status(status).line).into());
        let stroke = Stroke::new((radius * 0.24).max(0.75), self.tokens.on_status);
        let point = |x: f32, y: f32| centre + vec2(x, y) * radius;
        match status {
            StateStatus::NotEntered => {}
            StateStatus::Succeeded => {
                let tick = vec![point(-0.42, 0.04), point(-0.1, 0.36), point(0.45, -0.3)];
                self.shapes.push(Shape::line(tick, stroke));
            }
            StateStatus::Failed => {
                self.shapes
                    .push(Shape::line_segment([point(-0.33, -0.33), point(0.33, 0.33)], stroke));
                self.shapes
                    .push(Shape::line_segment([point(0.33, -0.33), point(-0.33, 0.33)], stroke));
            }
            StateStatus::InProgress => {
                let play = vec![point(-0.26, -0.42), point(0.46, 0.0), point(-0.26, 0.42)];
                self.shapes.push(Shape::convex_polygon(play, self.tokens.on_status, Stroke::NONE));
            }
            StateStatus::Caught => {
                self.shapes.push(Shape::line_segment([point(0.0, -0.48), point(0.0, 0.1)], stroke));
                let dot = CircleShape::filled(
                    point(0.0, 0.44),
                    stroke.width * 0.62,
                    self.tokens.on_status,
                );
                self.shapes.push(dot.into());
            }
            StateStatus::Aborted => {
                self.shapes.push(Shape::line_segment([point(-0.4, 0.0), point(0.4, 0.0)], stroke));
            }
        }
    }

    /// A triangle at the icon when the definition has something wrong here.
    fn problem_badge(&mut self, mark: &NodeMark, centre: Pos2) {
        let Some(severity) = mark.problem else { return };
        let colours = self.tokens.severity(severity);
        let radius = self.len(8.5).max(3.5);
        let point = |x: f32, y: f32| centre + vec2(x, y) * radius;
        let triangle = vec![point(0.0, -0.9), point(0.95, 0.75), point(-0.95, 0.75)];
        let rim = Stroke::new(self.len(1.5).max(0.75), self.tokens.surface);
        self.shapes.push(Shape::convex_polygon(triangle, colours.line, rim));
        let stroke = Stroke::new((radius * 0.2).max(0.75), self.tokens.on_status);
        self.shapes.push(Shape::line_segment([point(0.0, -0.35), point(0.0, 0.2)], stroke));
        self.shapes.push(
            CircleShape::filled(point(0.0, 0.48), stroke.width * 0.6, self.tokens.on_status).into(),
        );
    }

    /// How often it was retried; faintly, how often it may be.
    fn retry_badge(&mut self, look: &NodeLook, mark: &NodeMark) {
        let (words, fill, line, ink) = if mark.retries > 0 {
            let colours = self.tokens.caught;
            (format!("Retry {}", mark.retries), colours.soft, colours.line, colours.text)
        } else if look.retries_allowed > 0 && self.zoom > 0.7 {
            let words = format!("Retry ×{}", look.retries_allowed);
            (words, self.tokens.surface, self.tokens.border_strong, self.tokens.text_muted)
        } else {
            return;
        };
        let font = fonts::medium(text::snapped(self.len(9.0)));
        let galley = text::line(self.ctx.painter, &words, font, ink, f32::INFINITY);
        let size = vec2(galley.size().x + self.len(10.0), self.len(14.0));
        let centre = self.rect.right_bottom() - vec2(self.len(12.0) + size.x / 2.0, 0.0);
        let pill = Rect::from_center_size(centre, size);
        let radius = CornerRadius::same((size.y / 2.0).min(60.0) as u8);
        let stroke = Stroke::new(self.stroke_width(1.0), line);
        self.shapes.push(RectShape::new(pill, radius, fill, stroke, StrokeKind::Inside).into());
        self.shapes.push(text::centred(galley, centre, ink));
    }

    /// On the upper edge, that only one of two compared runs entered it. From afar a sign says so, and then a square.
    fn compared_badge(&mut self, mark: &NodeMark) {
        let Some(compared) = mark.compared else { return };
        let tokens = self.tokens;
        // Filled, so that it is not taken for the tint of a status.
        let (sign, words, fill) = match compared {
            ComparedMark::OnlyNow => ("+", "Only now", tokens.added_text),
            ComparedMark::OnlyThen => ("−", "Only then", tokens.removed_text),
            ComparedMark::Inside => ("±", "Differs inside", tokens.accent_text),
        };
        let ink = tokens.surface;
        let left = self.rect.left_top() + vec2(self.len(12.0), 0.0);
        if self.zoom < FLAT_BELOW {
            let square = Rect::from_center_size(left, Vec2::splat(self.len(16.0).max(4.0)));
            self.shapes.push(RectShape::filled(square, 0, fill).into());
            return;
        }
        let shown = if self.zoom < NAME_ONLY_BELOW { sign } else { words };
        let size = if self.zoom < NAME_ONLY_BELOW { 18.0 } else { 10.0 };
        let font = fonts::medium(text::snapped(self.len(size)));
        let galley = text::line(self.ctx.painter, shown, font, ink, f32::INFINITY);
        let size = vec2(galley.size().x + self.len(12.0), galley.size().y + self.len(2.0));
        let pill = Rect::from_min_size(left - vec2(0.0, size.y / 2.0), size);
        let radius = CornerRadius::same((size.y / 2.0).min(60.0) as u8);
        let rim = Stroke::new(self.stroke_width(1.25), tokens.canvas);
        self.shapes.push(RectShape::new(pill, radius, fill, rim, StrokeKind::Outside).into());
        self.shapes.push(text::centred(galley, pill.center(), ink));
    }

    fn chevron(&mut self, centre: Vec2, form: NodeForm, hovered: bool) {
        let centre = self.at(centre.x, centre.y);
        let half = self.len(4.5);
        let colour = if hovered { self.tokens.text } else { self.tokens.text_muted };
        let points = if form == NodeForm::Container {
            [vec2(-half, -half / 2.0), vec2(0.0, half / 2.0), vec2(half, -half / 2.0)]
        } else {
            [vec2(-half / 2.0, -half), vec2(half / 2.0, 0.0), vec2(-half / 2.0, half)]
        };
        let stroke = Stroke::new(self.stroke_width(1.6), colour);
        self.shapes.push(Shape::line(points.map(|point| centre + point).to_vec(), stroke));
    }

    /// The breakpoint in the left margin, and the program counter beside it.
    fn debugger_marks(&mut self, mark: &NodeMark) {
        let at_left = self.rect.left_center();
        if let Some(breakpoint) = mark.breakpoint {
            self.breakpoint(breakpoint, at_left);
        } else if mark.margin_hovered {
            let radius = self.len(6.0).max(3.0);
            self.shapes
                .push(CircleShape::filled(at_left, radius, self.tokens.breakpoint_faint).into());
        }
        if mark.threads > 0 {
            self.program_counter(mark, at_left);
        }
    }

    fn breakpoint(&mut self, breakpoint: BreakpointMark, centre: Pos2) {
        let tokens = self.tokens;
        let radius = self.len(6.0).max(3.0);
        let rim = Stroke::new(self.len(1.5).max(0.75), tokens.surface);
        let ink = Stroke::new((radius * 0.26).max(0.75), tokens.on_status);
        let bar = |y: f32| [centre + vec2(-0.45, y) * radius, centre + vec2(0.45, y) * radius];
        let disc = CircleShape { center: centre, radius, fill: tokens.breakpoint, stroke: rim };
        match breakpoint {
            BreakpointMark::Enabled => self.shapes.push(disc.into()),
            BreakpointMark::Conditional => {
                self.shapes.push(disc.into());
                self.shapes.push(Shape::line_segment(bar(-0.26), ink));
                self.shapes.push(Shape::line_segment(bar(0.26), ink));
            }
            BreakpointMark::LogMessage => {
                let corner = |x: f32, y: f32| centre + vec2(x, y) * radius * 1.2;
                let diamond =
                    vec![corner(0.0, -1.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(-1.0, 0.0)];
                self.shapes.push(Shape::convex_polygon(diamond, tokens.breakpoint, rim));
            }
            BreakpointMark::Disabled => {
                let stroke = Stroke::new(self.len(1.75).max(0.75), tokens.text_faint);
                let ring = CircleShape {
                    center: centre,
                    radius: radius * 0.9,
                    fill: tokens.surface,
                    stroke,
                };
                self.shapes.push(ring.into());
            }
            BreakpointMark::Inside => {
                let stroke = Stroke::new(self.len(1.75).max(0.75), tokens.breakpoint);
                let ring = CircleShape {
                    center: centre,
                    radius: radius * 0.9,
                    fill: tokens.surface,
                    stroke,
                };
                self.shapes.push(ring.into());
            }
        }
    }

    /// An arrow that points at the card: filled for the focused thread. A number beside it when several threads are here.
    fn program_counter(&mut self, mark: &NodeMark, at_left: Pos2) {
        let scale = self.zoom.max(0.3);
        let tip = at_left - vec2(8.0 * scale, 0.0);
        let point = |x: f32, y: f32| tip + vec2(x, y) * scale;
        let arrow = vec![
            point(0.0, 0.0),
            point(-8.5, -7.5),
            point(-8.5, -3.2),
            point(-16.0, -3.2),
            point(-16.0, 3.2),
            point(-8.5, 3.2),
            point(-8.5, 7.5),
        ];
        let (fill, line) = if mark.focused {
            (self.tokens.cursor, self.tokens.cursor_line)
        } else {
            (self.tokens.canvas, self.tokens.cursor)
        };
        // The outline of an arrow is not convex: its head and its shaft are.
        let head = vec![arrow[0], arrow[1], arrow[6]];
        let shaft = vec![arrow[2], arrow[3], arrow[4], arrow[5]];
        self.shapes.push(Shape::convex_polygon(head, fill, Stroke::NONE));
        self.shapes.push(Shape::convex_polygon(shaft, fill, Stroke::NONE));
        let stroke = Stroke::new((1.4 * scale).max(0.75), line);
        self.shapes.push(PathShape::closed_line(arrow, stroke).into());
        if mark.threads > 1 && self.zoom >= NAME_ONLY_BELOW {
            let font = fonts::semibold(text::snapped(self.len(10.0)));
            let words = format!("{}×", mark.threads);
            let galley =
                text::line(self.ctx.painter, &words, font, self.tokens.text, f32::INFINITY);
            let at = tip - vec2(19.0 * scale + galley.size().x, galley.size().y / 2.0);
            self.shapes.push(Shape::galley(at, galley, self.tokens.text));
        }
    }
}

/// The outline of a rounded rectangle as a closed line, to be dashed.
fn rounded_outline(rect: Rect, radius: f32) -> Vec<Pos2> {
    const STEPS: usize = 6;
    let radius = radius.min(rect.width() / 2.0).min(rect.height() / 2.0).max(0.0);
    let corners = [
        (rect.right_top() + vec2(-radius, radius), -90.0_f32),
        (rect.right_bottom() + vec2(-radius, -radius), 0.0),
        (rect.left_bottom() + vec2(radius, -radius), 90.0),
        (rect.left_top() + vec2(radius, radius), 180.0),
    ];
    let mut points = Vec::with_capacity(4 * (STEPS + 1) + 1);
    for (centre, from) in corners {
        for step in 0..=STEPS {
            let angle = (from + 90.0 * step as f32 / STEPS as f32).to_radians();
            points.push(centre + vec2(angle.cos(), angle.sin()) * radius);
        }
    }
    points.push(points[0]);
    points
}
