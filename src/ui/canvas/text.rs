//! Text on the graph: measured for the layout, cut to its room, and set in sizes that do not fill the glyph atlas.

use std::sync::Arc;

use egui::epaint::text::{LayoutJob, TextWrapping};
use egui::{Color32, Context, FontId, Galley, Painter, Pos2, Shape, Vec2};

/// A font size on the screen, in half points: a smooth zoom would otherwise rasterise every glyph at every size.
pub(super) fn snapped(size: f32) -> f32 {
    ((size * 2.0).round() / 2.0).max(1.0)
}

/// One line of text, with an ellipsis where it does not fit.
pub(super) fn line(
    painter: &Painter,
    text: &str,
    font: FontId,
    colour: Color32,
    room: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = TextWrapping {
        max_width: room,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    painter.layout_job(job)
}

/// Text that begins at a point and is centred on its height.
pub(super) fn left_centred(galley: Arc<Galley>, at: Pos2, colour: Color32) -> Shape {
    let top_left = at - Vec2::new(0.0, galley.size().y / 2.0);
    Shape::galley(top_left, galley, colour)
}

/// Text around a point.
pub(super) fn centred(galley: Arc<Galley>, at: Pos2, colour: Color32) -> Shape {
    let top_left = at - galley.size() / 2.0;
    Shape::galley(top_left, galley, colour)
}

/// The width of one line.
pub(super) fn width(ctx: &Context, text: &str, font: FontId) -> f32 {
    ctx.fonts_mut(|fonts| {
        fonts.layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
    })
}
