//! The pointer on the graph. `egui_graphs` finds what is under it and pans; this module calls it, and works around what
//! its `show` does besides.
//!
//! - `show` asks for another frame every time, so a window that called it in every frame would never rest. It is called
//!   only in frames with pointer input over the pane; in all others the same shapes are painted from here.
//! - It fits the graph to the pane in its first frame, so that one is painted invisibly and its camera dropped.
//! - It adds the movement of the pane to the pan *and* draws from the pane's corner, so the movement is taken off before.
//! - Its zoom has fixed steps and no limits, so it is off and the wheel is read here.

use egui::layers::ShapeIdx;
use egui::{
    CursorIcon, Event, MouseWheelUnit, Pos2, Rect, Response, Sense, Shape, Ui, UiBuilder, Vec2,
    vec2,
};
use egui_graphs::{
    DisplayEdge, DisplayNode, DrawContext, Graph, GraphChange, GraphView, Layout, LayoutState,
    MetadataFrame, SettingsInteraction, SettingsNavigation, SettingsStyle,
};
use petgraph::EdgeType;
use petgraph::graph::IndexType;

use super::camera::Camera;
use super::scene::{CanvasGraph, NodeAt, Scene};
use super::view::CanvasView;
use super::{CanvasEvent, node};

/// Zoom of one notch of the wheel.
const NOTCH: f32 = 1.15;

/// Leaves every node where our layout put it; the layouts of `egui_graphs` would move them.
#[derive(Clone, Debug, Default)]
struct Fixed;

/// There is nothing to keep.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct FixedState;

impl LayoutState for FixedState {
    fn load(_ui: &Ui, _id: Option<String>) -> Self {
        Self
    }
    fn save(self, _ui: &mut Ui, _id: Option<String>) {}
}

impl Layout<FixedState> for Fixed {
    fn from_state(_state: FixedState) -> impl Layout<FixedState> {
        Self
    }

    fn next<N, E, Ty, Ix, Dn, De>(&mut self, _graph: &mut Graph<N, E, Ty, Ix, Dn, De>, _ui: &Ui)
    where
        N: Clone,
        E: Clone,
        Ty: EdgeType,
        Ix: IndexType,
        Dn: DisplayNode<N, E, Ty, Ix>,
        De: DisplayEdge<N, E, Ty, Ix, Dn>,
    {
    }

    fn state(&self) -> FixedState {
        FixedState
    }
}

/// Wheel, pinch and track pad over the pane.
pub(super) fn steer(ui: &Ui, view: &mut CanvasView, scene: &Scene, pane: Rect) {
    let Some(pointer) =
        ui.input(|input| input.pointer.hover_pos()).filter(|_| ui.rect_contains_pointer(pane))
    else {
        return;
    };
    let anchor = (pointer - pane.min).to_pos2();
    let mut factor = ui.input(egui::InputState::zoom_delta);
    let mut shift = Vec2::ZERO;
    ui.input(|input| {
        for event in &input.events {
            if let Event::MouseWheel { unit, delta, modifiers, .. } = event {
                // With Ctrl it is in `zoom_delta` already.
                if modifiers.command || modifiers.ctrl {
                    continue;
                }
                let (zoomed, moved) = wheel(*unit, *delta, modifiers.shift, pane.size());
                factor *= zoomed;
                shift += moved;
            }
        }
    });
    if factor != 1.0 || shift != Vec2::ZERO {
        let camera = view.camera().zoomed(factor, anchor);
        let camera = Camera { pan: camera.pan + shift, ..camera };
        view.set_camera(camera, scene.bounds, pane.size());
        // Nothing else in the window scrolls by this.
        ui.input_mut(|input| {
            input.events.retain(|event| !matches!(event, Event::MouseWheel { .. }));
        });
    }
}

/// What a turn of the wheel means: a factor for the zoom and a shift in points. A wheel has notches (lines) and zooms; a
/// track pad has points and pans. With Shift a wheel pans sideways.
fn wheel(unit: MouseWheelUnit, delta: Vec2, shift: bool, pane: Vec2) -> (f32, Vec2) {
    const LINE: f32 = 48.0;
    let sideways = |delta: Vec2| if shift && delta.x == 0.0 { vec2(delta.y, 0.0) } else { delta };
    match unit {
        MouseWheelUnit::Point => (1.0, sideways(delta)),
        MouseWheelUnit::Line if shift || delta.x != 0.0 => (1.0, sideways(delta) * LINE),
        MouseWheelUnit::Line => (NOTCH.powf(delta.y.clamp(-8.0, 8.0)), Vec2::ZERO),
        MouseWheelUnit::Page => (1.0, sideways(delta) * pane),
    }
}

/// Draws the graph and handles the pointer. The response is that of the whole pane.
pub(super) fn graph_ui(
    ui: &mut Ui,
    view: &mut CanvasView,
    scene: &mut Scene,
    pane: Rect,
    events: &mut Vec<CanvasEvent>,
) -> Response {
    let first = view.shown_at.is_none();
    let show = first || has_pointer_input(ui, view, pane);
    let builder = UiBuilder::new().id_salt(&view.name).max_rect(pane);
    let response = ui
        .scope_builder(builder, |ui| {
            if show {
                if first {
                    ui.set_invisible();
                }
                show_graph(ui, view, scene, pane, events)
            } else {
                // The same place in the tree of widgets, so the same id: a press in one frame and its release in another
                // stay a click.
                ui.allocate_painter(pane.size(), Sense::click_and_drag()).0
            }
        })
        .inner;
    if !show || first {
        paint_graph(ui, view, &mut scene.graph, pane);
    }
    if first {
        // Once more, visibly.
        ui.ctx().request_repaint();
    }
    if response.dragged() {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    } else if view.hovered.is_some() && response.contains_pointer() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
    }
    if response.clicked() || response.secondary_clicked() {
        response.request_focus();
    }
    view.widget = Some(response.id);
    response
}

/// Whether the pointer did something over the pane, or has just left it.
fn has_pointer_input(ui: &Ui, view: &mut CanvasView, pane: Rect) -> bool {
    let inside = ui.rect_contains_pointer(pane);
    let was_inside = std::mem::replace(&mut view.pointer_was_inside, inside);
    let (moved, down) = ui.input(|input| {
        let is_pointer = |event: &Event| {
            matches!(
                event,
                Event::PointerMoved(_)
                    | Event::PointerButton { .. }
                    | Event::PointerGone
                    | Event::Touch { .. }
            )
        };
        (input.events.iter().any(is_pointer), input.pointer.any_down())
    });
    inside != was_inside || ((inside || down) && moved)
}

fn show_graph(
    ui: &mut Ui,
    view: &mut CanvasView,
    scene: &mut Scene,
    pane: Rect,
    events: &mut Vec<CanvasEvent>,
) -> Response {
    let name = Some(view.name.clone());
    let camera = view.camera();
    let mut meta = MetadataFrame::new(name.clone()).load(ui);
    meta.zoom = camera.zoom;
    meta.pan = camera.pan - (pane.min - view.shown_at.unwrap_or(pane.min));
    meta.save(ui);
    let first = view.shown_at.replace(pane.min).is_none();

    let interactions = SettingsInteraction::new()
        .with_dragging_enabled(false)
        .with_hover_enabled(true)
        .with_node_clicking_enabled(true);
    let navigations = SettingsNavigation::new()
        .with_fit_to_screen_enabled(false)
        .with_zoom_and_pan_enabled(true)
        .with_zoom_speed(0.0);
    let shown = GraphView::<FixedState, Fixed>::new()
        .with_id(name.clone())
        .with_interactions(&interactions)
        .with_navigations(&navigations)
        .show(ui, &mut scene.graph);
    if first {
        return shown.response;
    }

    let meta = MetadataFrame::new(name).load(ui);
    if meta.pan != camera.pan && shown.response.dragged() {
        view.set_camera(Camera { pan: meta.pan, ..camera }, scene.bounds, pane.size());
    }
    let pointer = shown.response.interact_pointer_pos().or_else(|| shown.response.hover_pos());
    let on_graph = pointer.map(|pointer| view.camera().to_graph((pointer - pane.min).to_pos2()));
    view.hovered = scene.graph.hovered_node().filter(|_| shown.response.contains_pointer());
    let hovered_look = view.hovered.and_then(|at| scene.look(at));
    view.in_margin =
        hovered_look.zip(on_graph).is_some_and(|(look, pointer)| look.margin().contains(pointer));

    let mut on_node = false;
    for change in &shown.changes {
        match change {
            GraphChange::NodeClicked { node } | GraphChange::NodeDoubleClicked { node } => {
                on_node = true;
                let double = matches!(change, GraphChange::NodeDoubleClicked { .. });
                if let Some(pointer) = on_graph {
                    click(view, scene, *node, pointer, double, events);
                }
            }
            GraphChange::Panned { .. }
            | GraphChange::Zoomed { .. }
            | GraphChange::NodeMoved { .. }
            | GraphChange::NodeDragStarted { .. }
            | GraphChange::NodeDragEnded { .. }
            | GraphChange::NodeSelected { .. }
            | GraphChange::NodeDeselected { .. }
            | GraphChange::NodeHoverEntered { .. }
            | GraphChange::NodeHoverExited { .. }
            | GraphChange::EdgeClicked { .. }
            | GraphChange::EdgeSelected { .. }
            | GraphChange::EdgeDeselected { .. } => {}
        }
    }
    if shown.response.clicked() && !on_node {
        events.push(CanvasEvent::Selected(None));
    }
    shown.response
}

/// A click on a node: on its margin, its chevron, or itself.
fn click(
    view: &mut CanvasView,
    scene: &Scene,
    at: NodeAt,
    pointer: Pos2,
    double: bool,
    events: &mut Vec<CanvasEvent>,
) {
    let Some(look) = scene.look(at) else { return };
    let Some(path) = look.path.clone() else { return };
    let on_chevron = look.chevron().is_some_and(|chevron| chevron.contains(pointer));
    if look.margin().contains(pointer) {
        events.push(CanvasEvent::ToggleBreakpoint(path));
    } else if on_chevron || (double && look.foldable) {
        view.toggle_collapsed(&path);
    } else if double {
        events.push(CanvasEvent::OpenSource(path));
    } else {
        events.push(CanvasEvent::Selected(Some(path)));
    }
}

/// The same shapes in the same order as `egui_graphs` paints them: edges, nodes, and what is selected on top.
fn paint_graph(ui: &Ui, view: &CanvasView, graph: &mut CanvasGraph, pane: Rect) {
    with_draw_context(ui, view, pane, |ctx| {
        for edge in graph.g_mut().edge_weights_mut() {
            let props = edge.props().clone();
            DisplayEdge::<_, _, _, u32, node::NodeShape>::update(edge.display_mut(), &props);
            ctx.painter.extend(edge.display().draw(ctx));
        }
        let mut selected = Vec::new();
        for node in graph.g_mut().node_weights_mut() {
            let props = node.props().clone();
            DisplayNode::<_, super::edge::EdgePayload, petgraph::Directed, u32>::update(
                node.display_mut(),
                &props,
            );
            let shapes = node.display().draw(ctx);
            if node.selected() {
                selected.extend(shapes);
            } else {
                ctx.painter.extend(shapes);
            }
        }
        ctx.painter.extend(selected);
    });
}

/// The boxes of open Maps and Parallels, outer before inner, into a place that was kept for them under the graph.
pub(super) fn paint_boxes(ui: &Ui, view: &CanvasView, scene: &Scene, pane: Rect, under: ShapeIdx) {
    with_draw_context(ui, view, pane, |ctx| {
        let boxes =
            scene.graph.nodes_iter().flat_map(|(_, node)| node.display().draw_box(ctx)).collect();
        ctx.painter.set(under, Shape::Vec(boxes));
    });
}

fn with_draw_context(ui: &Ui, view: &CanvasView, pane: Rect, paint: impl FnOnce(&DrawContext<'_>)) {
    let camera = view.camera();
    let mut meta = MetadataFrame::new(None);
    meta.zoom = camera.zoom;
    meta.pan = camera.pan + pane.min.to_vec2();
    let painter = ui.painter_at(pane);
    let style = SettingsStyle::default();
    paint(&DrawContext {
        ctx: ui.ctx(),
        painter: &painter,
        style: &style,
        is_directed: true,
        meta: &meta,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_zooms_and_a_track_pad_pans() {
        let pane = vec2(800.0, 600.0);
        assert_eq!(wheel(MouseWheelUnit::Line, vec2(0.0, 1.0), false, pane), (NOTCH, Vec2::ZERO));
        assert_eq!(wheel(MouseWheelUnit::Line, vec2(0.0, 1.0), true, pane), (1.0, vec2(48.0, 0.0)));
        assert_eq!(
            wheel(MouseWheelUnit::Point, vec2(3.0, -4.0), false, pane),
            (1.0, vec2(3.0, -4.0))
        );
    }
}
