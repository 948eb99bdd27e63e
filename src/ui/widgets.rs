//! Small widgets that all panes share. Everything that can be pressed has a name that a screen reader says.

use egui::{
    Button, Frame, Margin, Response, RichText, Sense, Stroke, Ui, Vec2, WidgetInfo, WidgetType,
    vec2,
};

use super::fonts;
use super::theme::{self, StatusColours, radius, size, space};

/// A button with a glyph. Its name is what a screen reader says and, with the keys, its tooltip.
pub fn icon_button(ui: &mut Ui, glyph: &str, name: &str, keys: &str) -> Response {
    let text = RichText::new(glyph).font(fonts::icons(16.0));
    let button = Button::new(text).frame_when_inactive(false).min_size(Vec2::splat(26.0));
    let response = add_tight(ui, button);
    named(response, name, keys)
}

/// A glyph that is on or off.
pub fn icon_toggle(ui: &mut Ui, glyph: &str, on: &mut bool, name: &str, keys: &str) -> Response {
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
pub fn named(response: Response, name: &str, keys: &str) -> Response {
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
pub fn key_hint(ui: &mut Ui, keys: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let frame = Frame::new()
        .fill(tokens.hover)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(radius::SMALL)
        .inner_margin(Margin::symmetric(5, 1));
    let text = RichText::new(keys).size(size::SMALL).color(tokens.text_muted);
    frame.show(ui, |ui| ui.label(text)).response
}

/// A dot in the colour of a status.
pub fn status_dot(ui: &mut Ui, colours: StatusColours) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colours.line);
    response
}

/// A word on a tinted ground.
pub fn pill(ui: &mut Ui, colours: StatusColours, words: &str) -> Response {
    let frame = Frame::new()
        .fill(colours.soft)
        .stroke(Stroke::new(1.0, theme::faded(colours.line, 0.6)))
        .corner_radius(9)
        .inner_margin(Margin::symmetric(7, 1));
    let text = RichText::new(words).size(size::SMALL).color(colours.text);
    frame.show(ui, |ui| ui.label(text)).response
}

/// What a pane says when it has nothing to show: a glyph, a sentence, and what to do.
pub fn empty_ui(ui: &mut Ui, glyph: &str, sentence: &str, remedy: &str) {
    let tokens = theme::tokens(ui.ctx());
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).min(90.0));
        ui.label(RichText::new(glyph).font(fonts::icons(30.0)).color(tokens.text_faint));
        ui.add_space(space::XS);
        ui.label(RichText::new(sentence).font(fonts::medium(size::BODY)));
        if !remedy.is_empty() {
            ui.label(RichText::new(remedy).size(size::SMALL).color(tokens.text_muted));
        }
    });
}
