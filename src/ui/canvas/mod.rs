//! The graph of a state machine: drawn, walked through, and watched while it runs.
//!
//! [`canvas_ui`] looks at a definition and a moment, and adds what the user asks for to a list of [`CanvasEvent`]s; it
//! changes nothing but its own [`CanvasView`]. `egui_graphs` does the hit tests, hovering and panning; the layout is ours
//! ([`crate::layout`]), and so is everything that is painted.

mod accessible;
mod camera;
mod edge;
mod interact;
mod keyboard;
mod minimap;
mod node;
mod overlay;
mod scene;
mod text;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use egui::{Label, Rect, RichText, Ui};

use crate::asl::{Severity, StateMachine, StatePath};
use crate::execution::Moment;
use crate::ui::theme;

pub use camera::Camera;
pub use view::CanvasView;

/// What a canvas shows.
#[derive(Clone, Copy, Debug)]
pub struct CanvasInput<'a> {
    pub machine: &'a Arc<StateMachine>,
    /// `None` while nothing has run.
    pub moment: Option<&'a Moment>,
    pub breakpoints: &'a BTreeMap<StatePath, BreakpointMark>,
    pub selected: Option<&'a StatePath>,
    /// The worst finding about each state.
    pub problems: &'a BTreeMap<StatePath, Severity>,
    /// The states that started executions.
    pub starters: &'a BTreeSet<StatePath>,
    /// The states that only one of two compared runs entered.
    pub compared: &'a BTreeMap<StatePath, ComparedMark>,
}

/// What a comparison of two runs says of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedMark {
    /// Only the re-run entered it.
    OnlyNow,
    /// Only the recording entered it.
    OnlyThen,
    /// On a collapsed state: only one of them entered a state inside. The canvas finds this out itself.
    Inside,
}

/// How a breakpoint is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakpointMark {
    Enabled,
    /// It has a condition or a hit count.
    Conditional,
    /// It writes a message and goes on.
    LogMessage,
    Disabled,
    /// On a collapsed state: a state inside has one. The canvas finds this out itself.
    Inside,
}

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanvasEvent {
    /// A state, or nothing after a click on the ground.
    Selected(Option<StatePath>),
    ToggleBreakpoint(StatePath),
    /// The condition, the hit count, the message.
    EditBreakpoint(StatePath),
    /// Show where the state is defined.
    OpenSource(StatePath),
    /// Continue until this state is entered.
    RunToHere(StatePath),
    /// Show the execution that the state started.
    OpenExecution(StatePath),
    /// Run the state alone.
    TestState(StatePath),
    /// Start again at this state with the input it had.
    RunFromHere(StatePath),
}

/// Draws the graph in all the room that is left, and adds what the user asks for to `events`.
pub fn canvas_ui(
    ui: &mut Ui,
    view: &mut CanvasView,
    input: &CanvasInput<'_>,
    events: &mut Vec<CanvasEvent>,
) {
    let pane = ui.available_rect_before_wrap();
    if !pane.is_positive() || pane.width() < 8.0 || pane.height() < 8.0 {
        return;
    }
    let Some(mut scene) = view.take_scene(ui, input, pane.size()) else {
        paint_ground(ui, view, pane);
        if let Some(states) = view.laying_out() {
            let words = format!("Laying out {} states…", grouped(states));
            let words = RichText::new(words).color(theme::tokens(ui.ctx()).text_muted);
            ui.put(Rect::from_center_size(pane.center(), pane.size() * 0.8), Label::new(words));
        }
        return;
    };
    view.move_camera(ui, &scene, input, pane.size());
    interact::steer(ui, view, &scene, pane);

    scene.mark_all(input, view.hovered, view.in_margin);
    paint_ground(ui, view, pane);
    // Boxes lie under edges and cards, but where they are is known only when the graph has been moved by the pointer.
    let under = ui.painter_at(pane).add(egui::Shape::Noop);
    let response = interact::graph_ui(ui, view, &mut scene, pane, events);
    interact::paint_boxes(ui, view, &scene, pane, under);

    keyboard::handle(ui, view, &scene, input, &response, events);
    accessible::describe(ui, view, &scene, input, pane, &response, events);
    overlay::tooltip(view, &scene, input, pane, &response);
    overlay::context_menu(view, &scene, input, &response, events);
    overlay::controls_ui(ui, view, &scene, pane);
    minimap::minimap_ui(ui, view, &scene, pane);
    view.keep_scene(scene);
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The ground with its dots, which move with the graph so that panning can be felt on an empty stretch.
fn paint_ground(ui: &Ui, view: &CanvasView, pane: Rect) {
    const SPACING: f32 = 24.0;
    let tokens = theme::tokens(ui.ctx());
    let painter = ui.painter_at(pane);
    painter.rect_filled(pane, 0.0, tokens.canvas);
    let camera = view.camera();
    let mut spacing = SPACING * camera.zoom;
    while spacing < 14.0 {
        spacing *= 2.0;
    }
    let side = (1.6 * camera.zoom.sqrt()).clamp(1.0, 2.0);
    let mut mesh = egui::Mesh::default();
    let first = |pan: f32| pan.rem_euclid(spacing);
    let mut y = pane.min.y + first(camera.pan.y);
    while y < pane.max.y {
        let mut x = pane.min.x + first(camera.pan.x);
        while x < pane.max.x {
            let dot = Rect::from_center_size(egui::pos2(x, y), egui::Vec2::splat(side));
            mesh.add_colored_rect(dot, tokens.canvas_dot);
            x += spacing;
        }
        y += spacing;
    }
    painter.add(egui::Shape::mesh(mesh));
}
