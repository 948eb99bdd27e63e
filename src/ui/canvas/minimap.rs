//! A small map of a graph that is larger than the pane. A press or a drag on it moves the eye.

use egui::epaint::RectShape;
use egui::{
    CursorIcon, Mesh, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, WidgetType, vec2,
};

use super::node::NodeForm;
use super::scene::Scene;
use super::view::CanvasView;
use crate::execution::StateStatus;
use crate::ui::theme::{self, radius, space};

const MOST: Vec2 = vec2(136.0, 104.0);
const LEAST_SIDE: f32 = 36.0;
const INSET: f32 = 6.0;

pub(super) fn minimap_ui(ui: &Ui, view: &mut CanvasView, scene: &Scene, pane: Rect) {
    let camera = view.camera();
    let visible = camera.visible(pane.size());
    // Only where there is something to see that is not in sight, and room for it.
    if visible.contains_rect(scene.bounds.shrink(2.0))
        || pane.width() < 420.0
        || pane.height() < 300.0
    {
        return;
    }
    let map = Map::new(scene.bounds, pane);
    let response =
        ui.interact(map.frame, ui.id().with((&view.name, "overview")), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, "Overview"));
    if let Some(pointer) = response.interact_pointer_pos()
        && (response.dragged() || response.clicked() || response.is_pointer_button_down_on())
    {
        let centred = camera.centred(map.to_graph(pointer), pane.size());
        view.set_camera(centred, scene.bounds, pane.size());
    }
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::Crosshair);
    }

    let tokens = theme::tokens(ui.ctx());
    let painter = ui.painter_at(map.frame.expand(2.0));
    let border = Stroke::new(1.0, tokens.border);
    painter.add(RectShape::new(
        map.frame,
        radius::NORMAL,
        tokens.surface,
        border,
        StrokeKind::Inside,
    ));
    let mut mesh = Mesh::default();
    for (_, node) in scene.graph.nodes_iter() {
        let (look, mark) = (&node.payload().look, &node.payload().mark);
        let rect = map.place(look.rect);
        let colour = match look.form {
            NodeForm::Start | NodeForm::End => tokens.terminal,
            NodeForm::Container => tokens.container,
            NodeForm::Card if mark.selected => tokens.accent,
            NodeForm::Card if mark.status == StateStatus::NotEntered => tokens.border_strong,
            NodeForm::Card => tokens.status(mark.status).line,
        };
        let rect = if look.form == NodeForm::Container { rect } else { at_least(rect, 1.5) };
        mesh.add_colored_rect(rect, colour);
    }
    for (_, node) in scene.graph.nodes_iter().filter(|(_, node)| node.payload().mark.focused) {
        mesh.add_colored_rect(at_least(map.place(node.payload().look.rect), 4.0), tokens.cursor);
    }
    painter.add(mesh);
    let window = map.place(view.camera().visible(pane.size())).intersect(map.frame.shrink(1.0));
    let fill = theme::faded(tokens.accent, 0.10);
    let stroke = Stroke::new(1.25, tokens.accent);
    painter.add(RectShape::new(window, radius::SMALL / 2, fill, stroke, StrokeKind::Inside));
}

fn at_least(rect: Rect, side: f32) -> Rect {
    Rect::from_center_size(rect.center(), rect.size().max(Vec2::splat(side)))
}

/// Where the graph is on the map.
struct Map {
    frame: Rect,
    graph: Rect,
    scale: f32,
}

impl Map {
    fn new(graph: Rect, pane: Rect) -> Self {
        let room = MOST - Vec2::splat(2.0 * INSET);
        let scale = (room.x / graph.width().max(1.0)).min(room.y / graph.height().max(1.0));
        let size = (graph.size() * scale).max(Vec2::splat(LEAST_SIDE)) + Vec2::splat(2.0 * INSET);
        let frame = Rect::from_min_size(pane.max - size - Vec2::splat(space::M), size);
        Self { frame, graph, scale }
    }

    fn place(&self, rect: Rect) -> Rect {
        let to_map = |point: Pos2| self.frame.center() + (point - self.graph.center()) * self.scale;
        Rect::from_min_max(to_map(rect.min), to_map(rect.max))
    }

    fn to_graph(&self, point: Pos2) -> Pos2 {
        self.graph.center() + (point - self.frame.center()) / self.scale
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn a_point_of_the_map_is_a_point_of_the_graph() {
        let graph = Rect::from_min_max(pos2(-20.0, 0.0), pos2(5000.0, 900.0));
        let pane = Rect::from_min_size(pos2(100.0, 40.0), vec2(900.0, 700.0));
        let map = Map::new(graph, pane);
        assert!(pane.contains_rect(map.frame) && map.frame.contains_rect(map.place(graph)));
        let point = pos2(1234.0, 567.0);
        let there = map.place(Rect::from_min_max(point, point)).min;
        assert!(map.to_graph(there).distance(point) < 0.5);
    }
}
