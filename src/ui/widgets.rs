//! Small widgets that all panes share. Everything that can be pressed has a name that a screen reader says.

use egui::{
    Button, Frame, Margin, Response, RichText, Stroke, Ui, Vec2, WidgetInfo, WidgetType, vec2,
};

use super::fonts;
use super::theme::{self, radius, size};

/// A button with a glyph. Its name is what a screen reader says and, with the keys, its tooltip.
pub(super) fn icon_button(ui: &mut Ui, glyph: &str, name: &str, keys: &str) -> Response {
    let text = RichText::new(glyph).font(fonts::icons(16.0));
    let button = Button::new(text).frame_when_inactive(false).min_size(Vec2::splat(26.0));
    let response = add_tight(ui, button);
    named(response, name, keys)
}

/// A glyph that is on or off.
pub(super) fn icon_toggle(
    ui: &mut Ui,
    glyph: &str,
    on: &mut bool,
    name: &str,
    keys: &str,
) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let colour = if *on { tokens.accent_text } else { tokens.text_muted };
    let text = RichText::new(glyph).font(fonts::icons(16.0)).color(colour);
    let button =
        Button::new(text).selected(*on).frame_when_inactive(*on).min_size(Vec2::splat(26.0));
    let response = add_tight(ui, button);
    if response.clicked() {
        *on = !*on;
    }
    let state = *on;
    response.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, state, name));
    response.on_hover_ui(|ui| tooltip_ui(ui, name, keys))
}

/// Glyphs need less air around them than words.
fn add_tight(ui: &mut Ui, button: Button<'_>) -> Response {
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding, vec2(4.0, 3.0));
    let response = ui.add(button);
    ui.spacing_mut().button_padding = padding;
    response
}

/// Gives a button its name and its tooltip.
pub(super) fn named(response: Response, name: &str, keys: &str) -> Response {
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, name));
    response.on_hover_ui(|ui| tooltip_ui(ui, name, keys))
}

fn tooltip_ui(ui: &mut Ui, name: &str, keys: &str) {
    ui.horizontal(|ui| {
        ui.label(name);
        if !keys.is_empty() {
            key_hint(ui, keys);
        }
    });
}

/// Keys, as on a small cap.
pub(super) fn key_hint(ui: &mut Ui, keys: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let frame = Frame::new()
        .fill(tokens.hover)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(radius::SMALL)
        .inner_margin(Margin::symmetric(5, 1));
    let text = RichText::new(keys).size(size::SMALL).color(tokens.text_muted);
    frame.show(ui, |ui| ui.label(text)).response
}

/// A small arrow that points right when closed and down when open.
pub(super) fn chevron_shape(ui: &Ui, centre: egui::Pos2, openness: f32, colour: egui::Color32) {
    let turn = egui::emath::Rot2::from_angle(openness * std::f32::consts::FRAC_PI_2);
    let points = [vec2(-2.0, -4.0), vec2(2.5, 0.0), vec2(-2.0, 4.0)];
    let line = points.map(|point| centre + turn * point).to_vec();
    ui.painter().add(egui::Shape::line(line, egui::Stroke::new(1.5, colour)));
}

/// The same arrow before the heading of a part that can be folded.
pub(super) fn chevron_icon(ui: &mut Ui, openness: f32, response: &Response) {
    let colour = theme::tokens(ui.ctx()).text_muted;
    chevron_shape(ui, response.rect.center(), openness, colour);
}
