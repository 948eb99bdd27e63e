//! Where the eye is: zoom and pan, and the arithmetic between the graph's coordinates and the pane's.

use egui::{Pos2, Rect, Vec2, vec2};

/// The least and the most that one unit of the graph may measure on the screen, in points.
const ZOOM_RANGE: (f32, f32) = (0.02, 3.0);
/// Fitting a small graph does not blow it up further than this.
const MAX_FIT_ZOOM: f32 = 1.25;
/// However far the graph is dragged, this much of it stays in the pane, in points.
const KEPT_IN_VIEW: f32 = 64.0;
/// What the buttons in the graph's corner take, with some air.
const CONTROLS_HEIGHT: f32 = 52.0;

/// Zoom, and where the graph's origin is in the pane (points from its top left corner).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub zoom: f32,
    pub pan: Vec2,
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 1.0, pan: Vec2::ZERO }
    }
}

impl Camera {
    /// From the graph to the pane.
    pub fn to_pane(self, graph: Pos2) -> Pos2 {
        (graph.to_vec2() * self.zoom + self.pan).to_pos2()
    }

    /// From the pane to the graph.
    pub fn to_graph(self, pane: Pos2) -> Pos2 {
        ((pane.to_vec2() - self.pan) / self.zoom).to_pos2()
    }

    pub fn rect_to_pane(self, graph: Rect) -> Rect {
        Rect::from_min_max(self.to_pane(graph.min), self.to_pane(graph.max))
    }

    /// The part of the graph that a pane of `size` shows.
    pub fn visible(self, size: Vec2) -> Rect {
        Rect::from_min_max(self.to_graph(Pos2::ZERO), self.to_graph(size.to_pos2()))
    }

    /// Zooms by a factor so that the point of the graph under `anchor` (in the pane) stays there.
    #[must_use]
    pub fn zoomed(self, factor: f32, anchor: Pos2) -> Self {
        let zoom = (self.zoom * factor).clamp(ZOOM_RANGE.0, ZOOM_RANGE.1);
        let under = self.to_graph(anchor);
        Self { zoom, pan: anchor.to_vec2() - under.to_vec2() * zoom }
    }

    /// Shows all of `target` in a pane of `size`, at most at `max_zoom`.
    pub fn fitting(target: Rect, size: Vec2, margin: f32, max_zoom: f32) -> Self {
        let room = (size - Vec2::splat(2.0 * margin)).max(Vec2::splat(1.0));
        let wanted = target.size().max(Vec2::splat(1.0));
        let zoom = (room.x / wanted.x)
            .min(room.y / wanted.y)
            .min(max_zoom)
            .clamp(ZOOM_RANGE.0, ZOOM_RANGE.1);
        Self { zoom, pan: size / 2.0 - target.center().to_vec2() * zoom }
    }

    /// Shows the whole graph.
    pub fn fitting_graph(graph: Rect, size: Vec2) -> Self {
        // On a small pane a fixed margin would leave nothing.
        Self::fitting(graph, size, (size.min_elem() * 0.06).min(36.0), MAX_FIT_ZOOM)
    }

    /// Puts a point of the graph in the middle of a pane.
    #[must_use]
    pub fn centred(self, on: Pos2, size: Vec2) -> Self {
        Self { pan: size / 2.0 - on.to_vec2() * self.zoom, ..self }
    }

    /// Moves as little as is needed for `target` to be in the pane with some air around it. When it is larger than the
    /// pane its top left corner counts.
    #[must_use]
    pub fn revealing(self, target: Rect, size: Vec2) -> Self {
        // Below there is room for the buttons that lie on the graph, as far as a low pane has it.
        let least = CONTROLS_HEIGHT.min(size.y * 0.3);
        let air = vec2((size.x * 0.08).min(72.0), (size.y * 0.1).clamp(least, 72.0));
        let on_screen = self.rect_to_pane(target);
        let along = |min: f32, max: f32, room: f32, air: f32| {
            if min < air || max - min > room - 2.0 * air {
                air - min
            } else if max > room - air {
                room - air - max
            } else {
                0.0
            }
        };
        let inside = Rect::from_min_size(Pos2::ZERO, size).contains_rect(on_screen);
        if inside {
            return self;
        }
        let dx = along(on_screen.min.x, on_screen.max.x, size.x, air.x);
        let dy = along(on_screen.min.y, on_screen.max.y, size.y, air.y);
        Self { pan: self.pan + vec2(dx, dy), ..self }
    }

    /// Keeps some of the graph in the pane.
    #[must_use]
    pub fn kept_near(self, graph: Rect, size: Vec2) -> Self {
        let on_screen = self.rect_to_pane(graph);
        let along = |min: f32, max: f32, room: f32| {
            let kept = KEPT_IN_VIEW.min(room / 2.0);
            if max < kept {
                kept - max
            } else if min > room - kept {
                room - kept - min
            } else {
                0.0
            }
        };
        let dx = along(on_screen.min.x, on_screen.max.x, size.x);
        let dy = along(on_screen.min.y, on_screen.max.y, size.y);
        Self { pan: self.pan + vec2(dx, dy), ..self }
    }

    /// Part of the way to another camera, `t` from 0 to 1. The zoom moves by equal factors and the middle of the pane in
    /// a straight line, so the eye can follow.
    pub fn towards(self, other: Self, t: f32, size: Vec2) -> Self {
        let zoom = self.zoom * (other.zoom / self.zoom).powf(t);
        let middle = (size / 2.0).to_pos2();
        let (from, to) = (self.to_graph(middle), other.to_graph(middle));
        Self { zoom, pan: Vec2::ZERO }.centred(from.lerp(to, t), size)
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    const PANE: Vec2 = vec2(800.0, 600.0);

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let camera = Camera { zoom: 0.7, pan: vec2(31.0, -8.0) };
        let pointer = pos2(412.0, 99.0);
        let before = camera.to_graph(pointer);
        let after = camera.zoomed(1.3, pointer);
        assert!((after.to_graph(pointer) - before).length() < 1e-3);
        assert_eq!(camera.zoomed(1e9, pointer).zoom, ZOOM_RANGE.1);
        assert_eq!(camera.zoomed(0.0, pointer).zoom, ZOOM_RANGE.0);
    }

    #[test]
    fn fitting_shows_everything_and_does_not_blow_up_a_small_graph() {
        let wide = Rect::from_min_size(pos2(-50.0, 10.0), vec2(4000.0, 300.0));
        let fitted = Camera::fitting_graph(wide, PANE);
        assert!(Rect::from_min_size(Pos2::ZERO, PANE).contains_rect(fitted.rect_to_pane(wide)));
        let small = Rect::from_min_size(Pos2::ZERO, vec2(40.0, 30.0));
        assert_eq!(Camera::fitting_graph(small, PANE).zoom, MAX_FIT_ZOOM);
        assert!(Camera::fitting_graph(Rect::NOTHING, Vec2::ZERO).zoom.is_finite());
    }

    #[test]
    fn revealing_moves_only_when_something_is_hidden() {
        let camera = Camera::default();
        let inside = Rect::from_min_size(pos2(300.0, 300.0), vec2(100.0, 40.0));
        assert_eq!(camera.revealing(inside, PANE), camera);
        let below = Rect::from_min_size(pos2(300.0, 900.0), vec2(100.0, 40.0));
        let moved = camera.revealing(below, PANE);
        assert!(moved.pan.y < 0.0 && moved.pan.x == 0.0);
        assert!(Rect::from_min_size(Pos2::ZERO, PANE).contains_rect(moved.rect_to_pane(below)));
    }

    #[test]
    fn the_graph_cannot_be_lost() {
        let graph = Rect::from_min_size(Pos2::ZERO, vec2(200.0, 100.0));
        let lost = Camera { zoom: 1.0, pan: vec2(-9000.0, 9000.0) }.kept_near(graph, PANE);
        assert!(Rect::from_min_size(Pos2::ZERO, PANE).intersects(lost.rect_to_pane(graph)));
    }

    #[test]
    fn the_way_between_two_cameras_begins_and_ends_at_them() {
        let (one, other) = (
            Camera { zoom: 0.2, pan: vec2(5.0, 6.0) },
            Camera { zoom: 2.0, pan: vec2(-300.0, 40.0) },
        );
        for (t, expected) in [(0.0, one), (1.0, other)] {
            let at = one.towards(other, t, PANE);
            assert!(
                (at.zoom - expected.zoom).abs() < 1e-4 && (at.pan - expected.pan).length() < 0.05
            );
        }
    }
}
