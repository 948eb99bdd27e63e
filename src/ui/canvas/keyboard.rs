//! The keyboard on the graph: arrows walk from state to state, Enter opens, F9 sets a breakpoint.

use egui::{EventFilter, Key, Modifiers, Pos2, Rect, Response, Ui, Vec2, vec2};

use super::scene::{NodeAt, Scene};
use super::view::CanvasView;
use super::{CanvasEvent, CanvasInput};

/// One step of Ctrl + and Ctrl -.
const ZOOM_STEP: f32 = 1.25;

/// Reads keys while the graph has the focus; zooming also while the pointer is on it.
pub(super) fn handle(
    ui: &Ui,
    view: &mut CanvasView,
    scene: &Scene,
    input: &CanvasInput<'_>,
    response: &Response,
    events: &mut Vec<CanvasEvent>,
) {
    let focused = response.has_focus();
    if focused || response.contains_pointer() {
        zoom(ui, view);
    }
    if !focused {
        return;
    }
    // The first Escape takes the selection away, the next one the focus.
    let escape = input.selected.is_some();
    let filter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));

    let current = input.selected.and_then(|path| scene.place(path));
    let arrows = [
        (Key::ArrowUp, vec2(0.0, -1.0)),
        (Key::ArrowDown, vec2(0.0, 1.0)),
        (Key::ArrowLeft, vec2(-1.0, 0.0)),
        (Key::ArrowRight, vec2(1.0, 0.0)),
    ];
    for (key, direction) in arrows {
        if pressed(ui, Modifiers::NONE, key) {
            let next = match current {
                Some(at) => neighbour(scene, at, direction),
                None => first_state(scene),
            };
            if let Some(path) =
                next.and_then(|at| scene.look(at)).and_then(|look| look.path.clone())
            {
                view.reveal(&path);
                ui.ctx().request_repaint();
                events.push(CanvasEvent::Selected(Some(path)));
            }
        }
    }
    if pressed(ui, Modifiers::NONE, Key::Home)
        && let Some(path) =
            first_state(scene).and_then(|at| scene.look(at)).and_then(|look| look.path.clone())
    {
        view.reveal(&path);
        events.push(CanvasEvent::Selected(Some(path)));
    }
    if escape && pressed(ui, Modifiers::NONE, Key::Escape) {
        events.push(CanvasEvent::Selected(None));
    }
    let Some(path) = input.selected.cloned() else { return };
    if pressed(ui, Modifiers::NONE, Key::Enter) {
        events.push(CanvasEvent::OpenSource(path.clone()));
    }
    if pressed(ui, Modifiers::NONE, Key::F9) {
        events.push(CanvasEvent::ToggleBreakpoint(path.clone()));
    }
    let foldable = current.and_then(|at| scene.look(at)).is_some_and(|look| look.foldable);
    if foldable && pressed(ui, Modifiers::NONE, Key::Space) {
        view.toggle_collapsed(&path);
        ui.ctx().request_repaint();
    }
}

fn zoom(ui: &Ui, view: &mut CanvasView) {
    // `Plus` needs Shift on many keyboards, and egui reports `Equals` there.
    let nearer =
        [Key::Plus, Key::Equals].into_iter().any(|key| pressed(ui, Modifiers::COMMAND, key));
    let farther = pressed(ui, Modifiers::COMMAND, Key::Minus);
    let actual = pressed(ui, Modifiers::COMMAND, Key::Num0);
    if nearer {
        view.zoom_by(ZOOM_STEP);
    }
    if farther {
        view.zoom_by(1.0 / ZOOM_STEP);
    }
    if actual {
        view.actual_size();
    }
    if nearer || farther || actual {
        ui.ctx().request_repaint();
    }
}

fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}

/// The state that the first edge goes to, or the first state.
fn first_state(scene: &Scene) -> Option<NodeAt> {
    let started = scene.graph.edges_iter().find_map(|(_, edge)| {
        let look = &edge.payload().look;
        look.from.is_none().then(|| look.to.as_ref().and_then(|path| scene.place(path))).flatten()
    });
    started.or_else(|| scene.states.values().next().copied())
}

/// The state to go to in a direction.
fn neighbour(scene: &Scene, from: NodeAt, direction: Vec2) -> Option<NodeAt> {
    let origin = scene.look(from)?.handle();
    let linked: Vec<NodeAt> = scene.graph.g().neighbors_undirected(from).collect();
    let cost = |at: &NodeAt| {
        let rect = scene.look(*at)?.handle();
        let cost = cost_of_going(origin, rect, direction)?;
        // An edge between the two makes it likely that this is meant.
        Some(if linked.contains(at) { cost * 0.45 } else { cost })
    };
    let others = scene.states.values().copied().filter(|at| *at != from);
    others
        .filter_map(|at| Some((cost(&at)?, at)))
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, at)| at)
}

/// How far it is to go from one card to another in a direction; `None` when it lies elsewhere. What is aside costs more
/// than what is ahead.
fn cost_of_going(from: Rect, to: Rect, direction: Vec2) -> Option<f32> {
    let start = from.center() + direction * from.size() / 2.0;
    let nearest = Pos2::new(start.x.clamp(to.min.x, to.max.x), start.y.clamp(to.min.y, to.max.y));
    let way = nearest - start;
    let centre_ahead = (to.center() - from.center()).dot(direction);
    let ahead = way.dot(direction);
    let aside = (way - direction * ahead).length();
    let lies_there = centre_ahead > 1.0 && ahead > -1.0 && aside <= ahead.max(1.0) * 4.0 + 200.0;
    lies_there.then_some(ahead.max(0.0) + aside * 2.0)
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn what_is_straight_ahead_costs_less_than_what_is_aside() {
        let card = |x: f32, y: f32| Rect::from_min_size(pos2(x, y), vec2(180.0, 50.0));
        let down = vec2(0.0, 1.0);
        let from = card(0.0, 0.0);
        let below = cost_of_going(from, card(0.0, 100.0), down).expect("below");
        let aslant = cost_of_going(from, card(220.0, 100.0), down).expect("below and right");
        assert!(below < aslant);
        assert_eq!(cost_of_going(from, card(0.0, -100.0), down), None);
        assert_eq!(cost_of_going(from, card(300.0, 0.0), down), None, "beside is not below");
    }
}
