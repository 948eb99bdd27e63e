//! What floats over the graph: the zoom buttons, the tooltip of a state or a label, the context menu.

use egui::{
    Frame, Margin, Rect, Response, RichText, Stroke, Ui, UiBuilder, WidgetInfo, WidgetType, pos2,
    vec2,
};
use egui_phosphor::regular as glyph;

use super::accessible::{breakpoint_words, compared_words, problem_words, status_words};
use super::scene::{NodeAt, Scene};
use super::view::CanvasView;
use super::{CanvasEvent, CanvasInput};
use crate::asl::StatePath;
use crate::execution::StateStatus;
use crate::ui::theme::{self, radius, size, space};
use crate::ui::{fonts, widgets};

/// Zoom buttons at the bottom left.
pub(super) fn controls_ui(ui: &mut Ui, view: &mut CanvasView, scene: &Scene, pane: Rect) {
    const HEIGHT: f32 = 34.0;
    if pane.width() < 260.0 || pane.height() < 140.0 {
        return;
    }
    let tokens = theme::tokens(ui.ctx());
    let corner = pos2(pane.min.x + space::M, pane.max.y - space::M - HEIGHT);
    let rect = Rect::from_min_size(corner, vec2(pane.width() - 2.0 * space::M, HEIGHT));
    ui.scope_builder(UiBuilder::new().id_salt((&view.name, "zoom")).max_rect(rect), |ui| {
        Frame::new()
            .fill(tokens.surface)
            .stroke(Stroke::new(1.0, tokens.border))
            .corner_radius(radius::NORMAL)
            .inner_margin(Margin::same(3))
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 2.0;
                    if widgets::icon_button(ui, glyph::MINUS, "Zoom out", "Ctrl -").clicked() {
                        view.zoom_by(0.8);
                    }
                    let percent = format!("{:.0} %", view.camera().zoom * 100.0);
                    let text = RichText::new(percent).size(size::SMALL);
                    let button = egui::Button::new(text)
                        .frame_when_inactive(false)
                        .min_size(vec2(50.0, 26.0));
                    if widgets::named(ui.add(button), "Actual size", "Ctrl 0").clicked() {
                        view.actual_size();
                    }
                    if widgets::icon_button(ui, glyph::PLUS, "Zoom in", "Ctrl +").clicked() {
                        view.zoom_by(1.25);
                    }
                    if widgets::icon_button(ui, glyph::CORNERS_OUT, "Fit graph", "").clicked() {
                        view.fit();
                    }
                    let selected =
                        scene.graph.nodes_iter().find(|(_, node)| node.payload().mark.selected);
                    let selected = selected.and_then(|(_, node)| node.payload().look.path.clone());
                    ui.add_enabled_ui(selected.is_some(), |ui| {
                        let zoom = widgets::icon_button(
                            ui,
                            glyph::MAGNIFYING_GLASS_PLUS,
                            "Zoom to selection",
                            "",
                        );
                        if let Some(path) = selected.filter(|_| zoom.clicked()) {
                            view.zoom_to(&path);
                        }
                    });
                    let mut follow = view.follow;
                    if widgets::icon_toggle(
                        ui,
                        glyph::CROSSHAIR_SIMPLE,
                        &mut follow,
                        "Follow execution",
                        "",
                    )
                    .clicked()
                    {
                        view.follow = follow;
                    }
                });
            });
    });
}

/// About the state under the pointer, or the whole text of a label that was shortened.
pub(super) fn tooltip(
    view: &CanvasView,
    scene: &Scene,
    input: &CanvasInput<'_>,
    pane: Rect,
    response: &Response,
) {
    let Some(pointer) =
        response.hover_pos().filter(|_| !response.dragged() && !response.context_menu_opened())
    else {
        return;
    };
    if let Some(at) = view.hovered {
        response
            .clone()
            .on_hover_ui_at_pointer(|ui| state_tooltip_ui(ui, scene, at, view.in_margin, input));
        return;
    }
    let on_graph = view.camera().to_graph((pointer - pane.min).to_pos2());
    let label = scene.graph.edges_iter().find_map(|(_, edge)| {
        let look = &edge.payload().look;
        let hit = look.label_rect.is_some_and(|rect| rect.contains(on_graph));
        look.full_label.clone().filter(|_| hit)
    });
    if let Some(label) = label {
        response.clone().on_hover_ui_at_pointer(|ui| {
            ui.label(RichText::new(label).monospace());
        });
    }
}

fn state_tooltip_ui(
    ui: &mut Ui,
    scene: &Scene,
    at: NodeAt,
    in_margin: bool,
    input: &CanvasInput<'_>,
) {
    let Some(look) = scene.look(at) else { return };
    let mark = scene.mark(at);
    let tokens = theme::tokens(ui.ctx());
    ui.set_max_width(360.0);
    if in_margin {
        let verb = if mark.breakpoint.is_some() { "Remove breakpoint" } else { "Add breakpoint" };
        ui.horizontal(|ui| {
            ui.label(verb);
            widgets::key_hint(ui, "F9");
        });
        return;
    }
    ui.label(RichText::new(&look.card.title).font(fonts::medium(size::BODY)));
    ui.label(RichText::new(look.kind_line(&mark)).size(size::SMALL).color(tokens.text_muted));
    if mark.status != StateStatus::NotEntered {
        let visits = if mark.visits > 1 {
            format!(" · entered {} times", mark.visits)
        } else {
            String::new()
        };
        let retries =
            if mark.retries > 0 { format!(" · {} retries", mark.retries) } else { String::new() };
        let words = format!("{}{visits}{retries}", sentence(status_words(&mark)));
        ui.label(RichText::new(words).size(size::SMALL).color(tokens.status(mark.status).text));
    }
    if let Some((error, cause)) = look.path.as_ref().and_then(|path| error_at(input, path)) {
        ui.label(RichText::new(error).size(size::SMALL).monospace().color(tokens.failed.text));
        if !cause.is_empty() {
            let cause = crate::layout::card::shortened(&cause, 240);
            ui.label(RichText::new(cause).size(size::SMALL).color(tokens.text_muted));
        }
    }
    let notes = [
        mark.compared.map(compared_words),
        mark.breakpoint.map(breakpoint_words),
        mark.problem.map(problem_words),
    ];
    for note in notes.into_iter().flatten() {
        ui.label(RichText::new(sentence(note)).size(size::SMALL).color(tokens.text_muted));
    }
}

/// The error of the visit that a thread makes, or made last, in a state.
fn error_at(input: &CanvasInput<'_>, path: &StatePath) -> Option<(String, String)> {
    let visits = input.moment?.threads.iter().filter_map(|thread| thread.current.as_ref());
    let (error, cause) =
        visits.filter(|visit| visit.state == *path).find_map(|visit| visit.error.as_ref())?;
    Some((error.to_string(), cause.to_string()))
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The menu of a state, or of the ground.
pub(super) fn context_menu(
    view: &mut CanvasView,
    scene: &Scene,
    input: &CanvasInput<'_>,
    response: &Response,
    events: &mut Vec<CanvasEvent>,
) {
    if response.secondary_clicked() {
        view.menu = view.hovered.and_then(|at| scene.look(at)).and_then(|look| look.path.clone());
        events.extend(view.menu.clone().map(|path| CanvasEvent::Selected(Some(path))));
    }
    response.context_menu(|ui| {
        ui.set_min_width(200.0);
        match view.menu.clone() {
            Some(path) => state_menu_ui(ui, view, scene, input, &path, events),
            None => ground_menu_ui(ui, view, scene),
        }
    });
}

fn state_menu_ui(
    ui: &mut Ui,
    view: &mut CanvasView,
    scene: &Scene,
    input: &CanvasInput<'_>,
    path: &StatePath,
    events: &mut Vec<CanvasEvent>,
) {
    let has_breakpoint = input.breakpoints.contains_key(path);
    let entered = input.moment.is_some_and(|moment| moment.states.contains_key(path));
    let toggle = if has_breakpoint { "Remove breakpoint" } else { "Add breakpoint" };
    let mut item = |ui: &mut Ui, words: &str, keys: &str, enabled: bool, event: CanvasEvent| {
        if menu_button(ui, words, keys, enabled).clicked() {
            events.push(event);
            ui.close();
        }
    };
    item(ui, toggle, "F9", true, CanvasEvent::ToggleBreakpoint(path.clone()));
    item(ui, "Edit breakpoint…", "", true, CanvasEvent::EditBreakpoint(path.clone()));
    ui.separator();
    item(ui, "Run to here", "", true, CanvasEvent::RunToHere(path.clone()));
    item(ui, "Run again from here", "", entered, CanvasEvent::RunFromHere(path.clone()));
    if input.starters.contains(path) {
        item(ui, "Open execution", "", true, CanvasEvent::OpenExecution(path.clone()));
    }
    item(ui, "Test this state", "Ctrl T", true, CanvasEvent::TestState(path.clone()));
    ui.separator();
    item(ui, "Show definition", "Enter", true, CanvasEvent::OpenSource(path.clone()));
    if ui.button("Zoom to state").clicked() {
        view.zoom_to(path);
        ui.close();
    }
    let look = scene.place(path).and_then(|at| scene.look(at));
    if look.is_some_and(|look| look.foldable) {
        let words = if scene.is_collapsed(path) { "Expand" } else { "Collapse" };
        if menu_button(ui, words, "Space", true).clicked() {
            view.toggle_collapsed(path);
            ui.close();
        }
    }
    ui.separator();
    if let Some(look) = look
        && ui.button("Copy name").clicked()
    {
        ui.copy_text(look.card.title.clone());
        ui.close();
    }
}

/// A line of a menu; a screen reader says its words without the keys.
fn menu_button(ui: &mut Ui, words: &str, keys: &str, enabled: bool) -> Response {
    let response = ui.add_enabled(enabled, egui::Button::new(words).shortcut_text(keys));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, words));
    response
}

fn ground_menu_ui(ui: &mut Ui, view: &mut CanvasView, scene: &Scene) {
    if ui.button("Fit graph").clicked() {
        view.fit();
        ui.close();
    }
    if menu_button(ui, "Actual size", "Ctrl 0", true).clicked() {
        view.actual_size();
        ui.close();
    }
    let foldable: Vec<StatePath> = scene
        .graph
        .nodes_iter()
        .filter(|(_, node)| node.payload().look.foldable)
        .filter_map(|(_, node)| node.payload().look.path.clone())
        .collect();
    if !foldable.is_empty() {
        ui.separator();
        if ui.button("Collapse all").clicked() {
            view.collapse(foldable);
            ui.close();
        }
        if ui.add_enabled(!view.collapsed().is_empty(), egui::Button::new("Expand all")).clicked() {
            view.expand_all();
            ui.close();
        }
    }
}
