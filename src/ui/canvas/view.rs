//! What a canvas remembers: where the eye is, what is collapsed, what the pointer is on.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Id, Pos2, Rect, Ui, Vec2};

use super::CanvasInput;
use super::camera::Camera;
use super::scene::{NodeAt, Scene};
use crate::app::beside::{Beside, Outcome};
use crate::asl::{State, StateMachine, StatePath};
use crate::execution::EventId;

/// Seconds that a move of the eye takes, where animations are on.
const MOTION_SECS: f64 = 0.18;
/// A graph that would have to be smaller than this to be seen whole begins at its start instead, where it can be read: at
/// this zoom, or nearer where that still shows its whole width.
const LEGIBLE_ZOOM: f32 = 0.65;
/// Names can still be made out at this zoom, where it spares cutting the graph at one side.
const NEARLY_LEGIBLE_ZOOM: f32 = 0.52;
const NEAREST_FIRST_ZOOM: f32 = 0.9;
/// What is left free around a graph that begins at its start, in points.
const START_MARGIN: f32 = 32.0;
/// The zoom of "zoom to selection", and of a failure that is shown: what led to a state is seen beside it.
const CLOSE_ZOOM: f32 = 1.0;

/// The memory of one canvas.
pub struct CanvasView {
    /// Unique among the canvases of the window; `egui_graphs` keeps its state under it.
    pub(super) name: String,
    /// Moves with the program counter.
    pub follow: bool,
    camera: Camera,
    collapsed: BTreeSet<StatePath>,
    scene: Option<Scene>,
    coming: Option<Coming>,
    requests: Vec<Request>,
    aim: Aim,
    /// What was brought near last.
    centred: Option<StatePath>,
    pane: Vec2,
    motion: Option<Motion>,
    followed: Option<(EventId, StatePath)>,
    /// The node under the pointer, and whether the pointer is on its strip for breakpoints.
    pub(super) hovered: Option<NodeAt>,
    pub(super) in_margin: bool,
    /// Where the pane was when `egui_graphs` last drew it.
    pub(super) shown_at: Option<Pos2>,
    pub(super) pointer_was_inside: bool,
    /// What the open context menu is about; `None` inside for the ground.
    pub(super) menu: Option<StatePath>,
    /// The id of the graph's widget, once there was one.
    pub(super) widget: Option<Id>,
}

/// States and transitions that are laid out within a frame.
const AT_ONCE: usize = 1_000;

/// A drawing that is being made beside the window.
struct Coming {
    machine: Arc<StateMachine>,
    collapsed: BTreeSet<StatePath>,
    states: usize,
    scene: Beside<Scene>,
}

/// How many lines leave a state.
fn transitions(state: &State) -> usize {
    1 + state.choices().len() + state.catch.len()
}

/// What goes on being shown when the pane changes its size, until the eye is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Whole,
    /// The whole graph where that can be read, else its start.
    First,
    /// The state in [`CanvasView::centred`], near and in the middle.
    State,
    /// Where the user or the program counter put it.
    Free,
}

/// What a command asked of the eye; carried out when the pane is drawn, because only then its size is known.
#[derive(Clone, Debug)]
enum Request {
    First,
    Fit,
    ZoomBy(f32),
    ActualSize,
    Reveal(StatePath),
    ZoomTo(StatePath),
}

/// A move of the eye that is under way.
#[derive(Clone, Copy, Debug)]
struct Motion {
    from: Camera,
    to: Camera,
    /// Seconds of the context's clock.
    began: f64,
}

impl CanvasView {
    /// A canvas that begins with the whole graph. `name` is unique in the window.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            follow: true,
            camera: Camera::default(),
            collapsed: BTreeSet::new(),
            scene: None,
            coming: None,
            requests: vec![Request::First],
            aim: Aim::First,
            centred: None,
            pane: Vec2::ZERO,
            motion: None,
            followed: None,
            hovered: None,
            in_margin: false,
            shown_at: None,
            pointer_was_inside: false,
            menu: None,
            widget: None,
        }
    }

    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// Shows the whole graph.
    pub fn fit(&mut self) {
        self.requests.push(Request::Fit);
    }

    /// Begins anew: the whole graph where that can be read, else its start.
    pub fn begin(&mut self) {
        self.followed = None;
        self.requests.push(Request::First);
    }

    /// Zooms around the middle of the pane; more than 1 is nearer.
    pub fn zoom_by(&mut self, factor: f32) {
        self.requests.push(Request::ZoomBy(factor));
    }

    /// 100 %.
    pub fn actual_size(&mut self) {
        self.requests.push(Request::ActualSize);
    }

    /// Moves, if need be, until a state is in sight.
    pub fn reveal(&mut self, state: &StatePath) {
        self.requests.push(Request::Reveal(state.clone()));
    }

    /// Brings a state near and into the middle.
    pub fn zoom_to(&mut self, state: &StatePath) {
        self.requests.push(Request::ZoomTo(state.clone()));
    }

    /// The Map and Parallel states that are drawn as a card.
    pub fn collapsed(&self) -> &BTreeSet<StatePath> {
        &self.collapsed
    }

    /// Opens or collapses a Map or a Parallel.
    pub fn toggle_collapsed(&mut self, state: &StatePath) {
        if !self.collapsed.remove(state) {
            self.collapsed.insert(state.clone());
        }
    }

    pub fn collapse(&mut self, states: impl IntoIterator<Item = StatePath>) {
        self.collapsed.extend(states);
    }

    pub fn expand_all(&mut self) {
        self.collapsed.clear();
    }

    /// The drawing, made anew when the definition or what is collapsed has changed. What was looked at stays where it is. `None` while
    /// a large graph is laid out; a drawing of much the same states is shown meanwhile.
    pub(super) fn take_scene(
        &mut self,
        ui: &Ui,
        input: &CanvasInput<'_>,
        pane: Vec2,
    ) -> Option<Scene> {
        let old = self.scene.take();
        if old.as_ref().is_some_and(|scene| scene.shows(input.machine, &self.collapsed)) {
            self.coming = None;
            return old;
        }
        let Some(scene) = self.fresh_scene(ui, input) else {
            return old.filter(|scene| scene.resembles(input.machine));
        };
        if let Some(old) = old {
            let anchor = self.anchor(&old, input, pane);
            if let Some((path, before)) = anchor
                && let Some(after) =
                    scene.place(&path).and_then(|at| scene.look(at)).map(|look| look.rect.min)
            {
                self.camera.pan += (before - after) * self.camera.zoom;
                self.motion = None;
            }
            if matches!(self.aim, Aim::Whole | Aim::First) {
                let whole = self.aim == Aim::Whole;
                self.requests.push(if whole { Request::Fit } else { Request::First });
            }
        }
        self.hovered = None;
        Some(scene)
    }

    /// Lays out what is shown now: at once, or beside the window where that takes longer than a frame.
    fn fresh_scene(&mut self, ui: &Ui, input: &CanvasInput<'_>) -> Option<Scene> {
        let wanted =
            |it: &Coming| Arc::ptr_eq(&it.machine, input.machine) && it.collapsed == self.collapsed;
        if let Some(coming) = self.coming.take_if(|it| wanted(it)) {
            match coming.scene.poll() {
                Outcome::Done(scene) => return Some(scene),
                Outcome::Working | Outcome::Lost => {
                    self.coming = Some(coming);
                    return None;
                }
            }
        }
        // What was begun for another definition is given up.
        self.coming = None;
        let states = input.machine.states();
        let (machine, collapsed) = (Arc::clone(input.machine), self.collapsed.clone());
        let ctx = ui.ctx().clone();
        if states.len() + states.iter().map(|(_, state)| transitions(state)).sum::<usize>()
            > AT_ONCE
        {
            let repaint = ctx.clone();
            let work = {
                let (machine, collapsed) = (Arc::clone(&machine), collapsed.clone());
                move || Scene::new(&ctx, &machine, &collapsed)
            };
            if let Some(scene) = Beside::begin("layout", work, move || repaint.request_repaint()) {
                let states = states.len();
                self.coming = Some(Coming { machine, collapsed, states, scene });
                return None;
            }
        }
        Some(Scene::new(ui.ctx(), &machine, &collapsed))
    }

    /// How many states are being laid out.
    pub(super) fn laying_out(&self) -> Option<usize> {
        self.coming.as_ref().map(|it| it.states)
    }

    pub(super) fn keep_scene(&mut self, scene: Scene) {
        self.scene = Some(scene);
    }

    /// The state whose place should not change when the graph is laid out again, and its place: what the pointer is on,
    /// what is selected, or what is nearest to the middle.
    fn anchor(
        &self,
        scene: &Scene,
        input: &CanvasInput<'_>,
        pane: Vec2,
    ) -> Option<(StatePath, Pos2)> {
        let place =
            |at: NodeAt| scene.look(at).and_then(|look| Some((look.path.clone()?, look.rect.min)));
        let visible = self.camera.visible(pane);
        let in_sight =
            |at: &NodeAt| scene.look(*at).is_some_and(|look| visible.intersects(look.rect));
        let selected = || input.selected.and_then(|path| scene.place(path)).filter(in_sight);
        let nearest = || {
            let far = |at: &NodeAt| {
                scene
                    .look(*at)
                    .map_or(f32::MAX, |look| look.rect.center().distance(visible.center()))
            };
            scene.states.values().copied().min_by(|one, other| far(one).total_cmp(&far(other)))
        };
        self.hovered.or_else(selected).or_else(nearest).and_then(place)
    }

    /// Carries out what was asked of the eye, follows the program counter, and takes one step of a move.
    pub(super) fn move_camera(
        &mut self,
        ui: &Ui,
        scene: &Scene,
        input: &CanvasInput<'_>,
        pane: Vec2,
    ) {
        if pane != self.pane && self.pane != Vec2::ZERO {
            let aimed = match self.aim {
                Aim::Whole => Some(Camera::fitting_graph(scene.bounds, pane)),
                Aim::First => Some(first_camera(scene, pane)),
                Aim::State => self.centred.as_ref().and_then(|it| near_camera(scene, it, pane)),
                Aim::Free => None,
            };
            if let Some(camera) = aimed {
                self.camera = camera;
                self.motion = None;
            }
            // The start of a large graph is where one begins, and not where the execution is.
            let current = self.followed.as_ref().filter(|_| self.follow && self.aim == Aim::First);
            let current = current.and_then(|(_, state)| scene.look(scene.place(state)?));
            if let Some(look) = current {
                self.camera = self.camera.revealing(look.handle(), pane);
            }
        }
        self.pane = pane;
        self.follow_cursor(scene, input);
        for request in std::mem::take(&mut self.requests) {
            self.carry_out(ui, &request, scene, pane);
        }
        if let Some(motion) = self.motion {
            let t = ((ui.input(|input| input.time) - motion.began) / MOTION_SECS).clamp(0.0, 1.0)
                as f32;
            if t < 1.0 {
                // Fast at first, then slowly into place.
                self.camera = motion.from.towards(motion.to, 1.0 - (1.0 - t).powi(3), pane);
                ui.ctx().request_repaint();
            } else {
                self.camera = motion.to;
                self.motion = None;
            }
        }
    }

    fn carry_out(&mut self, ui: &Ui, request: &Request, scene: &Scene, pane: Vec2) {
        let middle = (pane / 2.0).to_pos2();
        let target = self.motion.map_or(self.camera, |motion| motion.to);
        let rect_of = |path: &StatePath| {
            scene.place(path).and_then(|at| scene.look(at)).map(|look| look.handle())
        };
        let (to, aim) = match request {
            Request::First => {
                (self.camera, self.aim) = (first_camera(scene, pane), Aim::First);
                self.motion = None;
                return;
            }
            Request::Fit => (Camera::fitting_graph(scene.bounds, pane), Aim::Whole),
            Request::ZoomBy(factor) => (target.zoomed(*factor, middle), Aim::Free),
            Request::ActualSize => (target.zoomed(1.0 / target.zoom, middle), Aim::Free),
            Request::Reveal(path) => match rect_of(path) {
                Some(rect) => {
                    let to = target.revealing(rect, pane);
                    (to, if to == target { self.aim } else { Aim::Free })
                }
                None => return,
            },
            Request::ZoomTo(path) => match near_camera(scene, path, pane) {
                Some(to) => {
                    self.centred = Some(path.clone());
                    (to, Aim::State)
                }
                None => return,
            },
        };
        self.aim = aim;
        self.move_to(ui, to);
    }

    fn move_to(&mut self, ui: &Ui, to: Camera) {
        if to == self.camera {
            self.motion = None;
        } else if ui.style().animation_time > 0.0 {
            self.motion =
                Some(Motion { from: self.camera, to, began: ui.input(|input| input.time) });
        } else {
            self.camera = to;
        }
    }

    /// Sets where the eye is at once, because the user moves it by hand.
    pub(super) fn set_camera(&mut self, camera: Camera, graph: Rect, pane: Vec2) {
        self.camera = camera.kept_near(graph, pane);
        self.motion = None;
        self.aim = Aim::Free;
    }

    /// When the focused thread has moved to another state, that state comes into sight.
    fn follow_cursor(&mut self, scene: &Scene, input: &CanvasInput<'_>) {
        let Some(moment) = input.moment.filter(|_| self.follow) else { return };
        let Some(visit) = moment.visit() else { return };
        let now = (visit.entered, visit.state.clone());
        if self.followed.as_ref() != Some(&now) {
            if scene.place(&visit.state).is_some() {
                self.requests.push(Request::Reveal(visit.state.clone()));
            }
            self.followed = Some(now);
        }
    }
}

/// The share of the pane's width from either side within which the start may be for the graph to be pushed to that side.
const START_SEEN: f32 = 0.8;

/// A state near and in the middle; of a container that is too large to be read as a whole, the top.
fn near_camera(scene: &Scene, state: &StatePath, pane: Vec2) -> Option<Camera> {
    let look = scene.look(scene.place(state)?)?;
    let margin = (pane.min_elem() * 0.12).min(48.0);
    let fitting = Camera::fitting(look.rect, pane, margin, CLOSE_ZOOM);
    if fitting.zoom >= LEGIBLE_ZOOM {
        return Some(fitting);
    }
    let top = look.handle().center_top() - Vec2::new(0.0, margin / LEGIBLE_ZOOM);
    let middle = top + Vec2::new(0.0, pane.y / 2.0 / LEGIBLE_ZOOM);
    Some(Camera { zoom: LEGIBLE_ZOOM, pan: Vec2::ZERO }.centred(middle, pane))
}

/// What is shown first.
fn first_camera(scene: &Scene, pane: Vec2) -> Camera {
    let fitting = Camera::fitting_graph(scene.bounds, pane);
    if fitting.zoom >= LEGIBLE_ZOOM { fitting } else { start_camera(scene, pane) }
}

/// The beginning of a graph that is too large to be read as a whole: its start at the top, its start's column in the middle
/// as far as that leaves no room unused beside the graph.
fn start_camera(scene: &Scene, pane: Vec2) -> Camera {
    let bounds = scene.bounds;
    let start = scene
        .graph
        .nodes_iter()
        .next()
        .map_or_else(|| bounds.center_top(), |(_, node)| node.location());
    let room = (pane.x - 2.0 * START_MARGIN).max(1.0);
    // What nearly fits in its width is made to fit; what is far too wide is cut, so that it can be read.
    let fitting = room / bounds.width().max(1.0);
    let zoom =
        if fitting >= NEARLY_LEGIBLE_ZOOM { fitting.min(NEAREST_FIRST_ZOOM) } else { LEGIBLE_ZOOM };
    let (left, right) =
        (START_MARGIN - bounds.left() * zoom, pane.x - START_MARGIN - bounds.right() * zoom);
    // What is wider than the pane is cut on one side only, where the start can still be seen well.
    let from_left = (left + start.x * zoom) / pane.x.max(1.0);
    let from_right = (right + start.x * zoom) / pane.x.max(1.0);
    let x = if left < right {
        // Between the graph's left side at the pane's and its right side at the pane's.
        (pane.x / 2.0 - start.x * zoom).clamp(left, right)
    } else if from_left < START_SEEN {
        left
    } else if from_right > 1.0 - START_SEEN {
        right
    } else {
        pane.x / 2.0 - start.x * zoom
    };
    Camera { zoom, pan: Vec2::new(x, START_MARGIN - bounds.top() * zoom) }
}

impl std::fmt::Debug for CanvasView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CanvasView")
            .field("name", &self.name)
            .field("camera", &self.camera)
            .finish_non_exhaustive()
    }
}
