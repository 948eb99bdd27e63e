//! The graph for those who do not see it, and for tests: every state is a button with its name, and its situation as the
//! description. Costs nothing while nobody asks.

use egui::accesskit::Action;
use egui::{Id, Rect, Response, Sense, Ui, WidgetInfo, WidgetType};

use super::node::{NodeLook, NodeMark};
use super::scene::{NodeAt, Scene};
use super::view::CanvasView;
use super::{BreakpointMark, CanvasEvent, CanvasInput, ComparedMark};
use crate::asl::Severity;
use crate::execution::StateStatus;

/// With more states than this only those in sight are told: describing 5,000 takes longer than a frame may.
const ALL_UP_TO: usize = 1_500;

pub(super) fn describe(
    ui: &Ui,
    view: &mut CanvasView,
    scene: &Scene,
    input: &CanvasInput<'_>,
    pane: Rect,
    response: &Response,
    events: &mut Vec<CanvasEvent>,
) {
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, "State machine graph"));
    if ui.ctx().accesskit_node_builder(response.id, |_| ()).is_none() {
        return;
    }
    let camera = view.camera();
    let everything = scene.states.len() <= ALL_UP_TO;
    for (path, at) in &scene.states {
        let Some(look) = scene.look(*at) else { continue };
        let rect = camera.rect_to_pane(look.handle()).translate(pane.min.to_vec2()).intersect(pane);
        if !everything && !rect.is_positive() {
            continue;
        }
        let mark = scene.mark(*at);
        let id = id_of(response.id, *at);
        // Only `hover`: the press must reach the graph below.
        let state = ui.interact(rect, id, Sense::hover());
        state.widget_info(|| {
            WidgetInfo::selected(WidgetType::Button, true, mark.selected, &look.card.title)
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            node.add_action(Action::Click);
            node.add_action(Action::ScrollIntoView);
            node.set_description(description(look, &mark));
        });
        if ui.input(|input| input.has_accesskit_action_request(id, Action::Click)) {
            events.push(CanvasEvent::Selected(Some(path.clone())));
        }
        if ui.input(|input| input.has_accesskit_action_request(id, Action::ScrollIntoView)) {
            view.reveal(path);
            ui.ctx().request_repaint();
        }
    }
    if let Some(at) = input.selected.and_then(|path| scene.place(path)) {
        let active = id_of(response.id, at).accesskit_id();
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_active_descendant(active));
    }
}

fn id_of(graph: Id, at: NodeAt) -> Id {
    graph.with(("state", at.index()))
}

/// `AWS Lambda: Invoke, in progress, breakpoint`.
pub(super) fn description(look: &NodeLook, mark: &NodeMark) -> String {
    let mut parts = vec![look.kind_line(mark), status_words(mark).to_owned()];
    if mark.visits > 1 {
        parts.push(format!("entered {} times", mark.visits));
    }
    if mark.retries > 0 {
        parts.push(format!(
            "retried {} {}",
            mark.retries,
            if mark.retries == 1 { "time" } else { "times" }
        ));
    }
    if mark.threads > 0 {
        parts.push(if mark.focused { "paused here" } else { "a thread is here" }.to_owned());
    }
    if let Some(breakpoint) = mark.breakpoint {
        parts.push(breakpoint_words(breakpoint).to_owned());
    }
    if let Some(compared) = mark.compared {
        parts.push(compared_words(compared).to_owned());
    }
    if let Some(severity) = mark.problem {
        parts.push(problem_words(severity).to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

pub(super) fn status_words(mark: &NodeMark) -> &'static str {
    match mark.status {
        StateStatus::NotEntered => "not entered",
        StateStatus::Succeeded => "succeeded",
        StateStatus::Aborted => "aborted",
        StateStatus::InProgress => "in progress",
        StateStatus::Caught => "failed, and the error was caught",
        StateStatus::Failed => "failed",
    }
}

pub(super) fn breakpoint_words(breakpoint: BreakpointMark) -> &'static str {
    match breakpoint {
        BreakpointMark::Enabled => "breakpoint",
        BreakpointMark::Conditional => "conditional breakpoint",
        BreakpointMark::LogMessage => "log message",
        BreakpointMark::Disabled => "disabled breakpoint",
        BreakpointMark::Inside => "breakpoint inside",
    }
}

pub(super) fn compared_words(compared: ComparedMark) -> &'static str {
    match compared {
        ComparedMark::OnlyNow => "only the re-run enters it",
        ComparedMark::OnlyThen => "only the recording entered it",
        ComparedMark::Inside => "only one of the two runs enters a state inside",
    }
}

pub(super) fn problem_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "has an error",
        Severity::Warning => "has a warning",
        Severity::Note => "has a note",
    }
}
