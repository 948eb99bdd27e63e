//! The graph as `egui_graphs` holds it: built once for a definition and a set of collapsed states, marked anew when the
//! moment changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use egui::{Context, Pos2, Rect, pos2, vec2};
use petgraph::Directed;
use petgraph::stable_graph::NodeIndex;

use super::edge::{EdgeLook, EdgePayload, EdgeShape};
use super::node::{NodeForm, NodeLook, NodeMark, NodePayload, NodeShape};
use super::{BreakpointMark, CanvasInput, ComparedMark, text};
use crate::asl::{State, StateKind, StateMachine, StatePath};
use crate::execution::{Moment, SharedMap, StateStatus, StateSummary, ThreadStatus, Via};
use crate::layout::card::{self, Card};
use crate::layout::{EdgeKind, Graph, GraphNode, LayoutOptions, NodeId, NodeKind, Size};
use crate::ui::fonts;

pub(super) type CanvasGraph =
    egui_graphs::Graph<NodePayload, EdgePayload, Directed, u32, NodeShape, EdgeShape>;
pub(super) type NodeAt = NodeIndex<u32>;

/// Sizes at zoom 1, in points.
pub(super) const CARD_HEIGHT: f32 = 50.0;
pub(super) const ICON_SIDE: f32 = 30.0;
pub(super) const TEXT_LEFT: f32 = 50.0;
pub(super) const TITLE_SIZE: f32 = 13.0;
pub(super) const KIND_SIZE: f32 = 10.5;
pub(super) const LABEL_SIZE: f32 = 10.5;
pub(super) const HEADER_HEIGHT: f32 = 38.0;
/// What stands before and after the words in a container's header.
pub(super) const HEADER_LEFT: f32 = 62.0;
pub(super) const HEADER_RIGHT: f32 = 36.0;
const MAX_HEADER_WIDTH: f32 = 420.0;
const CARD_WIDTH: (f32, f32) = (184.0, 328.0);
const LABEL_HEIGHT: f32 = 19.0;
const MAX_LABEL_WIDTH: f32 = 240.0;
/// What the badge at the right end takes from the text.
pub(super) const BADGE_ROOM: f32 = 28.0;

const OPTIONS: LayoutOptions = LayoutOptions {
    container_padding: 24.0,
    container_title: HEADER_HEIGHT + 10.0,
    layer_gap: 40.0,
    node_gap: 44.0,
    edge_gap: 16.0,
};

/// A drawn definition.
pub(super) struct Scene {
    machine: Arc<StateMachine>,
    collapsed: BTreeSet<StatePath>,
    pub(super) graph: CanvasGraph,
    /// The states that are drawn, in the order of their paths.
    pub(super) states: BTreeMap<StatePath, NodeAt>,
    /// All of it, in the graph's coordinates.
    pub(super) bounds: Rect,
    /// What the transitions were last marked from; nothing before the first time.
    marked: Option<Option<Travelled>>,
}

/// What of a moment decides which transitions have been taken.
type Travelled = (
    SharedMap<StatePath, StateSummary>,
    SharedMap<(StatePath, StatePath), u32>,
    SharedMap<(StatePath, Via), ()>,
);

impl Scene {
    /// Whether this is the drawing of these.
    pub(super) fn shows(
        &self,
        machine: &Arc<StateMachine>,
        collapsed: &BTreeSet<StatePath>,
    ) -> bool {
        Arc::ptr_eq(&self.machine, machine) && self.collapsed == *collapsed
    }

    /// Measures, lays out and keeps a definition.
    pub(super) fn new(
        ctx: &Context,
        machine: &Arc<StateMachine>,
        collapsed: &BTreeSet<StatePath>,
    ) -> Self {
        let by_path: BTreeMap<StatePath, &State> = machine.states().into_iter().collect();
        let shut: Vec<&State> =
            collapsed.iter().filter_map(|path| by_path.get(path)).copied().collect();
        let plan = Graph::of(
            machine,
            &|path| collapsed.contains(path),
            &|state| {
                let card = card::card_of(state);
                let open = is_foldable(state) && !shut.iter().any(|it| std::ptr::eq(*it, state));
                if open { header_size(ctx, &card) } else { card_size(ctx, &card) }
            },
            &|label| label_size(ctx, label),
        );
        let places = plan.layout(&OPTIONS);

        let mut graph = CanvasGraph::new();
        let mut states = BTreeMap::new();
        let mut paths = Vec::with_capacity(plan.nodes.len());
        let mut bounds = Rect::NOTHING;
        for (node, place) in plan.nodes.iter().zip(&places.nodes) {
            let rect = Rect::from_min_size(pos2(place.x, place.y), vec2(place.w, place.h));
            bounds |= rect;
            let look = node_look(node, rect, &by_path);
            let path = look.path.clone();
            let at = graph
                .add_node_custom(NodePayload::new(look), |node| node.set_location(rect.center()));
            if let Some(path) = &path {
                states.insert(path.clone(), at);
            }
            paths.push((at, path));
        }
        let twins = twins(&plan);
        for ((edge, points), label) in plan.edges.iter().zip(&places.edges).zip(&places.labels) {
            let (Some((from, from_path)), Some((to, to_path))) =
                (paths.get(edge.from.0), paths.get(edge.to.0))
            else {
                continue;
            };
            let points: Vec<Pos2> = points.iter().map(|point| pos2(point.x, point.y)).collect();
            let label = label.map(|it| Rect::from_min_size(pos2(it.x, it.y), vec2(it.w, it.h)));
            let mut look =
                EdgeLook::new(edge, &points, label, (from_path.clone(), to_path.clone()), || {
                    full_label(
                        edge.kind,
                        edge.index,
                        from_path.as_ref().and_then(|path| by_path.get(path)).copied(),
                    )
                });
            look.has_twin = twins.contains(&(edge.from, edge.to));
            bounds |= look.bounds;
            graph.add_edge_custom(*from, *to, EdgePayload::new(look), |_| ());
        }
        if !bounds.is_finite() {
            bounds = Rect::from_min_size(Pos2::ZERO, vec2(1.0, 1.0));
        }
        Self {
            machine: Arc::clone(machine),
            collapsed: collapsed.clone(),
            graph,
            states,
            bounds,
            marked: None,
        }
    }

    /// Whether most of these states are drawn here, so that this may be shown until their own drawing is there.
    pub(super) fn resembles(&self, machine: &StateMachine) -> bool {
        let states = machine.states();
        let known = states.iter().filter(|(path, _)| self.place(path).is_some()).count();
        !states.is_empty() && known * 2 > states.len()
    }

    pub(super) fn look(&self, at: NodeAt) -> Option<&Arc<NodeLook>> {
        self.graph.node(at).map(|node| &node.payload().look)
    }

    pub(super) fn mark(&self, at: NodeAt) -> NodeMark {
        self.graph.node(at).map(|node| node.payload().mark).unwrap_or_default()
    }

    /// The place of a state, or of the collapsed state that holds it.
    pub(super) fn place(&self, path: &StatePath) -> Option<NodeAt> {
        self.states.get(path).copied().or_else(|| {
            let holds = |outer: &&StatePath| {
                path.as_str().strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('/'))
            };
            self.collapsed.iter().find(holds).and_then(|outer| self.states.get(outer)).copied()
        })
    }

    /// Whether a state is a Map or a Parallel that is drawn as a card.
    pub(super) fn is_collapsed(&self, path: &StatePath) -> bool {
        self.collapsed.contains(path)
    }

    /// Takes over what is known about each state and each transition.
    pub(super) fn mark_all(
        &mut self,
        input: &CanvasInput<'_>,
        hovered: Option<NodeAt>,
        in_margin: bool,
    ) {
        let mut marks: BTreeMap<NodeAt, NodeMark> = BTreeMap::new();
        if let Some(moment) = input.moment {
            for (path, summary) in moment.states.iter() {
                let Some(at) = self.place(path) else { continue };
                let mark = marks.entry(at).or_default();
                if self.states.contains_key(path) {
                    mark.status = summary.status;
                    mark.retries = summary.retries;
                    mark.visits = summary.visits;
                    mark.iterations = summary.iterations;
                }
            }
            self.mark_cursors(moment, &mut marks);
        }
        for (path, breakpoint) in input.breakpoints {
            if let Some(at) = self.place(path) {
                let mark = marks.entry(at).or_default();
                let outer = !self.states.contains_key(path);
                // Something inside a collapsed state stops: say so, faintly, without claiming that it is the state itself.
                mark.breakpoint = mark.breakpoint.or(Some(if outer {
                    BreakpointMark::Inside
                } else {
                    *breakpoint
                }));
            }
        }
        for (path, severity) in input.problems {
            if let Some(at) = self.place(path) {
                let mark = marks.entry(at).or_default();
                // `Severity` is ordered from the worst down.
                mark.problem = Some(mark.problem.map_or(*severity, |one| one.min(*severity)));
            }
        }
        for (path, compared) in input.compared {
            if let Some(at) = self.place(path) {
                let mark = marks.entry(at).or_default();
                let outer = !self.states.contains_key(path);
                mark.compared =
                    mark.compared.or(Some(if outer { ComparedMark::Inside } else { *compared }));
            }
        }
        let selected = input.selected.and_then(|path| self.place(path));
        let indices: Vec<NodeAt> = self.graph.nodes_iter().map(|(at, _)| at).collect();
        for at in indices {
            let mut mark = marks.remove(&at).unwrap_or_default();
            mark.selected = selected == Some(at);
            mark.hovered = hovered == Some(at);
            mark.margin_hovered = mark.hovered && in_margin;
            if let Some(node) = self.graph.node_mut(at) {
                node.payload_mut().mark = mark;
                node.set_selected(mark.selected);
            }
        }
        self.mark_taken(input.moment);
    }

    /// Program counters: one for every thread that is under way, and for the focused one also when it has failed.
    fn mark_cursors(&self, moment: &Moment, marks: &mut BTreeMap<NodeAt, NodeMark>) {
        let under_way =
            |status: ThreadStatus| matches!(status, ThreadStatus::Running | ThreadStatus::Waiting);
        let holders: BTreeSet<_> = moment
            .threads
            .iter()
            .filter(|it| under_way(it.status))
            .filter_map(|it| it.parent)
            .collect();
        for thread in &moment.threads {
            let focused = thread.id == moment.focus;
            let failed_here = focused && thread.status == ThreadStatus::Failed;
            // A thread that waits for its branches stands nowhere of its own.
            let stands = under_way(thread.status) && (focused || !holders.contains(&thread.id));
            let Some(visit) = thread.current.as_ref().filter(|_| stands || failed_here) else {
                continue;
            };
            let Some(at) = self.place(&visit.state) else { continue };
            let mark = marks.entry(at).or_default();
            mark.threads = mark.threads.saturating_add(1);
            mark.focused |= focused;
        }
    }

    fn mark_taken(&mut self, moment: Option<&Moment>) {
        // Thousands of transitions are looked up only when something was entered or left since the last frame.
        let now = moment.map(|it| (it.states.clone(), it.taken.clone(), it.ways.clone()));
        let known = match (&now, &self.marked) {
            (Some(now), Some(Some(marked))) => {
                now.0.is_copy_of(&marked.0)
                    && now.1.is_copy_of(&marked.1)
                    && now.2.is_copy_of(&marked.2)
            }
            (None, Some(None)) => true,
            (Some(_) | None, _) => false,
        };
        if known {
            return;
        }
        self.marked = Some(now);
        let indices: Vec<_> = self.graph.edges_iter().map(|(at, _)| at).collect();
        for at in indices {
            let Some(edge) = self.graph.edge_mut(at) else { continue };
            let look = Arc::clone(&edge.payload().look);
            edge.payload_mut().taken = moment.is_some_and(|moment| taken(moment, &look));
        }
    }
}

/// Whether a transition has been taken. Where the history does not tell by which rule or catcher, `Moment::taken` knows from
/// where to where, and the status of the state tells a Catch from a Next between the same two.
fn taken(moment: &Moment, look: &EdgeLook) -> bool {
    let status =
        |path: &StatePath| moment.states.get(path).map_or(StateStatus::NotEntered, |it| it.status);
    match (&look.from, &look.to) {
        (Some(from), Some(to)) => {
            let via = match look.kind {
                EdgeKind::Choice => Some(Via::Rule(look.index)),
                EdgeKind::Default => Some(Via::Default),
                EdgeKind::Catch => Some(Via::Catch(look.index)),
                EdgeKind::Next => Some(Via::Next),
                EdgeKind::Start | EdgeKind::End => None,
            };
            via.and_then(|via| moment.has_gone(from, via)).unwrap_or_else(|| {
                let caught = status(from) == StateStatus::Caught;
                let passed = moment.taken.contains_key(&(from.clone(), to.clone()));
                passed && (!look.has_twin || caught == (look.kind == EdgeKind::Catch))
            })
        }
        (None, Some(first)) => moment.states.contains_key(first),
        (Some(last), None) => match status(last) {
            StateStatus::Succeeded => true,
            StateStatus::Failed
            | StateStatus::NotEntered
            | StateStatus::Aborted
            | StateStatus::InProgress
            | StateStatus::Caught => false,
        },
        (None, None) => false,
    }
}

/// Pairs of states between which both a Catch and another transition go.
fn twins(plan: &Graph) -> BTreeSet<(NodeId, NodeId)> {
    let ends = |catching: bool| -> BTreeSet<(NodeId, NodeId)> {
        let of_kind = plan.edges.iter().filter(|edge| (edge.kind == EdgeKind::Catch) == catching);
        of_kind.map(|edge| (edge.from, edge.to)).collect()
    };
    ends(true).intersection(&ends(false)).copied().collect()
}

fn node_look(node: &GraphNode, rect: Rect, states: &BTreeMap<StatePath, &State>) -> NodeLook {
    let (form, path) = match &node.kind {
        NodeKind::Start => (NodeForm::Start, None),
        NodeKind::End => (NodeForm::End, None),
        NodeKind::State(path) => (NodeForm::Card, Some(path)),
        NodeKind::Container(path) => (NodeForm::Container, Some(path)),
    };
    let state = path.and_then(|path| states.get(path)).copied();
    let card = match (&node.kind, state) {
        (_, Some(state)) => card::card_of(state),
        (NodeKind::End, None) => {
            Card { title: "End".to_owned(), kind_line: String::new(), icon: "end" }
        }
        (NodeKind::Start | NodeKind::State(_) | NodeKind::Container(_), None) => {
            Card { title: "Start".to_owned(), kind_line: String::new(), icon: "start" }
        }
    };
    let processor = state.and_then(State::map).map(|map| map.processor.mode);
    NodeLook {
        form,
        path: path.cloned(),
        card,
        rect,
        foldable: state
            .is_some_and(|state| matches!(state.kind, StateKind::Map(_) | StateKind::Parallel(_))),
        map_mode: processor,
        // Retries after the first attempt, over all retriers.
        retries_allowed: state
            .map_or(0, |state| state.retry.iter().map(|it| it.max_attempts).max().unwrap_or(0)),
    }
}

fn is_foldable(state: &State) -> bool {
    matches!(state.kind, StateKind::Map(_) | StateKind::Parallel(_))
}

/// The least size of an open container: its name and its kind line in one row.
fn header_size(ctx: &Context, card: &Card) -> Size {
    let title = text::width(ctx, &card.title, fonts::semibold(TITLE_SIZE));
    // A Map's progress takes more than its kind.
    let kind = text::width(ctx, &card.kind_line, fonts::regular(KIND_SIZE + 0.5)).max(128.0);
    let width = (HEADER_LEFT + title + 10.0 + kind + HEADER_RIGHT).ceil();
    Size { w: width.min(MAX_HEADER_WIDTH), h: HEADER_HEIGHT + CARD_HEIGHT }
}

fn card_size(ctx: &Context, card: &Card) -> Size {
    let title = text::width(ctx, &card.title, fonts::medium(TITLE_SIZE));
    let kind = text::width(ctx, &card.kind_line, fonts::regular(KIND_SIZE));
    let wanted = TEXT_LEFT + title.max(kind) + BADGE_ROOM + 6.0;
    // A multiple of 8, so that most cards of a column are equally wide.
    let width = (wanted / 8.0).ceil() * 8.0;
    Size { w: width.clamp(CARD_WIDTH.0, CARD_WIDTH.1), h: CARD_HEIGHT }
}

fn label_size(ctx: &Context, label: &str) -> Size {
    let width = text::width(ctx, label, fonts::regular(LABEL_SIZE)) + 16.0;
    Size { w: width.min(MAX_LABEL_WIDTH), h: LABEL_HEIGHT }
}

/// The text of a label before it was shortened, for a tooltip.
fn full_label(kind: EdgeKind, index: usize, from: Option<&State>) -> Option<String> {
    let state = from?;
    match kind {
        EdgeKind::Choice => match &state.kind {
            StateKind::Choice(choice) => choice.choices.get(index).map(card::choice_label),
            StateKind::Task(_)
            | StateKind::Pass(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Parallel(_)
            | StateKind::Map(_)
            | StateKind::Unknown(_) => None,
        },
        EdgeKind::Catch => state.catch.get(index).map(card::catch_label),
        EdgeKind::Start | EdgeKind::Next | EdgeKind::Default | EdgeKind::End => None,
    }
}
