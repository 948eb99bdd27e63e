//! Executions and what they started: the way back to a parent, the ways into children, the list of a session.

use std::collections::BTreeSet;

use egui::{RichText, Ui};

use super::controls;
use super::theme::{StatusColours, Tokens, space, tokens};
use crate::app::attach::{AwsCommand, Resource, StartedThere};
use crate::app::{
    App, ChildCounts, ChildOutcome, ChildRecord, Command, MapRunRecord, MapRunStatus, Run, RunId,
};
use crate::asl::StatePath;
use crate::execution::ExecutionStatus;

/// Executions of a session that are listed at once.
const MOST_LISTED: usize = 60;

/// The colours of an execution's status.
pub(super) fn look(colours: &Tokens, status: &ExecutionStatus) -> StatusColours {
    match status {
        ExecutionStatus::Running => colours.in_progress,
        ExecutionStatus::Succeeded { .. } => colours.succeeded,
        ExecutionStatus::Failed { .. } | ExecutionStatus::TimedOut { .. } => colours.failed,
        ExecutionStatus::Aborted { .. } => colours.aborted,
    }
}

/// `parent · 1a2b3c4d`
fn title(run: &Run) -> String {
    format!("{} · {}", run.machine_name, short(&run.execution_name))
}

/// The beginning of a name that somebody drew, as the console has it; a name that somebody gave is told whole.
fn short(name: &str) -> String {
    let is_uuid = |name: &str| {
        name.len() == 36
            && name.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    if is_uuid(name) { name.chars().take(8).collect() } else { name.to_owned() }
}

/// From the outermost execution to one.
fn chain<'a>(app: &'a App, of: &'a Run) -> Vec<&'a Run> {
    let parent = |run: &&'a Run| {
        let id = run.parent.as_ref()?.run;
        app.runs.iter().find(|it| it.id == id)
    };
    // Every step leads to an execution that began earlier, so there are no more of them than executions.
    let mut chain: Vec<&Run> =
        std::iter::successors(Some(of), parent).take(app.runs.len()).collect();
    chain.reverse();
    chain
}

fn select(app: &App, id: RunId) -> Option<Command> {
    app.runs.iter().position(|it| it.id == id).map(Command::SelectExecution)
}

/// The states of the shown execution that started others.
pub(super) fn starters(app: &App) -> BTreeSet<StatePath> {
    let Some(run) = app.run() else { return BTreeSet::new() };
    let children = app.runs.iter().filter_map(|it| it.parent.as_ref());
    let callers = children.filter(|it| it.run == run.id).map(|it| it.state.clone());
    let maps = run.session.map_runs().iter().map(|it| it.state.clone());
    let there = app.started_there().iter().map(|it| it.state.clone());
    callers.chain(maps).chain(there).collect()
}

/// The way to the execution that is shown, above its graph; nothing for one that nobody started.
pub(super) fn breadcrumbs_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(run) = app.run().filter(|it| it.parent.is_some()) else { return };
    let colours = tokens(ui.ctx());
    let frame =
        egui::Frame::new().fill(colours.surface).inner_margin(egui::Margin::symmetric(10, 4));
    frame.show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.x = 6.0;
            for step in chain(app, run) {
                if let Some(parent) = &step.parent {
                    ui.weak(format!("{} ›", parent.state.as_str().replace('\n', " ")));
                }
                controls::status_dot_ui(ui, look(colours, &step.status()).line);
                if step.id == run.id {
                    ui.label(RichText::new(title(step)).strong());
                    continue;
                }
                let link = ui.link(title(step));
                link.widget_info(|| {
                    let name = format!("Back to {}", title(step));
                    egui::WidgetInfo::labeled(egui::WidgetType::Link, true, name)
                });
                if link.on_hover_text("Go to the execution that started this one").clicked() {
                    commands.extend(select(app, step.id));
                }
            }
        });
    });
}

/// The executions around the shown one, it itself, and what it started; nothing when it is alone.
pub(super) fn family_ui(ui: &mut Ui, app: &App, run: &Run, commands: &mut Vec<Command>) {
    let children = app.children(run.id);
    let shown = app.active_run == Some(run.id);
    let there = if shown { app.started_there() } else { &[] };
    let alone = children.is_empty() && run.session.map_runs().is_empty() && there.is_empty();
    if run.parent.is_none() && alone {
        return;
    }
    controls::section_ui(ui, "Executions");
    let chain = chain(app, run);
    for (depth, step) in chain.iter().enumerate() {
        // The state of this one that the next one came from.
        let called = chain.get(depth + 1).and_then(|it| it.parent.as_ref());
        let note = called.map_or("", |it| it.state.as_str());
        row_ui(ui, app, step, depth, note, commands);
    }
    // Opened children of a Map Run are listed with it.
    let started = children.iter().filter(|it| it.start.is_some());
    for child in started.take(MOST_LISTED) {
        let note = child.parent.as_ref().map_or("", |it| it.state.as_str());
        row_ui(ui, app, child, chain.len(), note, commands);
    }
    for map_run in run.session.map_runs() {
        map_run_ui(ui, map_run, 20, commands);
    }
    for started in there.iter().take(MOST_LISTED) {
        started_there_ui(ui, started, commands);
    }
    ui.add_space(space::S);
}

/// An execution or a Map Run in AWS that a state of the shown execution started.
fn started_there_ui(ui: &mut Ui, started: &StartedThere, commands: &mut Vec<Command>) {
    let kind = match started.resource {
        Resource::MapRun => "Map Run",
        Resource::Execution | Resource::ExpressExecution | Resource::StateMachine => "execution",
    };
    let name = started.arn.rsplit(':').next().unwrap_or(&started.arn);
    ui.horizontal(|ui| {
        ui.add_space(14.0);
        let open = ui.small_button(format!("Open {kind}"));
        open.widget_info(|| {
            let name = format!("Open {kind} {name}");
            egui::WidgetInfo::labeled(egui::WidgetType::Button, true, name)
        });
        if open.on_hover_text(&started.arn).clicked() {
            commands.push(Command::Aws(AwsCommand::OpenStarted(started.arn.clone())));
        }
        let words = format!("{} · {name}", started.state.as_str().replace('\n', " "));
        ui.add(egui::Label::new(words).truncate());
    });
}

fn row_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    depth: usize,
    note: &str,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let status = run.status();
    ui.horizontal(|ui| {
        ui.add_space(depth.min(12) as f32 * 14.0);
        controls::status_dot_ui(ui, look(colours, &status).line);
        let row = ui.selectable_label(app.active_run == Some(run.id), title(run));
        row.widget_info(|| {
            let name = format!("Execution {}, {}", title(run), status.as_str());
            let chosen = app.active_run == Some(run.id);
            egui::WidgetInfo::selected(egui::WidgetType::SelectableLabel, true, chosen, name)
        });
        let row = row.on_hover_text(format!("{} · {}", status.as_str(), run.execution_arn));
        if row.clicked() {
            commands.extend(select(app, run.id));
        }
        row.context_menu(|ui| {
            if ui.button("Close").clicked() {
                let index = app.runs.iter().position(|it| it.id == run.id);
                commands.extend(index.map(Command::CloseExecution));
                ui.close();
            }
        });
        // A few letters of it would say nothing.
        if ui.available_width() > 80.0 {
            ui.add(egui::Label::new(RichText::new(note).color(colours.text_muted)).truncate());
        }
    });
}

/// The executions of the session, the latest first, children under their parents.
pub(super) fn session_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    if app.runs.is_empty() {
        return;
    }
    ui.add_space(space::S);
    controls::section_ui(ui, "Executions");
    let mut left = MOST_LISTED;
    for root in app.runs.iter().rev().filter(|it| it.parent.is_none()).take(6) {
        subtree_ui(ui, app, root, 0, &mut left, commands);
    }
    if left == 0 {
        ui.weak("Others are not listed.");
    }
}

fn subtree_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    depth: usize,
    left: &mut usize,
    commands: &mut Vec<Command>,
) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    row_ui(ui, app, run, depth, run.status().as_str(), commands);
    for child in app.children(run.id) {
        subtree_ui(ui, app, child, depth + 1, left, commands);
    }
}

/// What a state of the shown execution started, with a way into each.
pub(super) fn started_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    state: &StatePath,
    commands: &mut Vec<Command>,
) {
    let children = app.children(run.id).into_iter().filter(|it| {
        it.start.is_some() && it.parent.as_ref().is_some_and(|parent| parent.state == *state)
    });
    let colours = tokens(ui.ctx());
    for child in children.take(8) {
        ui.horizontal(|ui| {
            controls::status_dot_ui(ui, look(colours, &child.status()).line);
            let open = ui.small_button("Open execution");
            if open.on_hover_text(&*child.execution_arn).clicked() {
                commands.extend(select(app, child.id));
            }
            ui.add(egui::Label::new(title(child)).truncate());
        });
    }
    for map_run in run.session.map_runs().iter().filter(|it| it.state == *state) {
        map_run_ui(ui, map_run, 6, commands);
    }
    if app.active_run == Some(run.id) {
        for started in app.started_there().iter().filter(|it| it.state == *state).take(8) {
            started_there_ui(ui, started, commands);
        }
    }
}

/// A Map Run with its counts, and its first children.
fn map_run_ui(ui: &mut Ui, map_run: &MapRunRecord, most: usize, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let look = match map_run.status {
        MapRunStatus::Running => colours.in_progress,
        MapRunStatus::Succeeded => colours.succeeded,
        MapRunStatus::Failed => colours.failed,
        MapRunStatus::Aborted => colours.aborted,
    };
    ui.horizontal_wrapped(|ui| {
        controls::status_dot_ui(ui, look.line);
        let name = format!("Map run of {}", map_run.state.as_str().replace('\n', " "));
        ui.label(RichText::new(name).strong()).on_hover_text(&*map_run.arn);
        ui.weak(counts(map_run));
    });
    // What failed is looked for first.
    let mut children: Vec<&ChildRecord> = map_run.children.iter().collect();
    let failed =
        |it: &ChildOutcome| matches!(it, ChildOutcome::Failed { .. } | ChildOutcome::TimedOut);
    children.sort_by_key(|it| !failed(&it.outcome));
    for child in children.into_iter().take(most) {
        let look = match child.outcome {
            ChildOutcome::Running => colours.in_progress,
            ChildOutcome::Succeeded { .. } => colours.succeeded,
            ChildOutcome::Failed { .. } | ChildOutcome::TimedOut => colours.failed,
            ChildOutcome::Aborted => colours.aborted,
        };
        ui.horizontal(|ui| {
            ui.add_space(14.0);
            controls::status_dot_ui(ui, look.line);
            let open = ui.small_button("Open execution");
            open.widget_info(|| {
                let name = format!("Open execution of item {}", child.index);
                egui::WidgetInfo::labeled(egui::WidgetType::Button, true, name)
            });
            let arn = map_run.child_arn(child.index);
            if open.on_hover_text(&*arn).clicked() {
                commands.push(Command::OpenChildExecution(arn.to_string()));
            }
            let words = format!("{} · {}", child.index, short(&map_run.child_name(child.index)));
            ui.add(egui::Label::new(words).truncate());
            if let ChildOutcome::Failed { error: Some(error), .. } = &child.outcome {
                let error = RichText::new(&**error).color(colours.failed.text);
                ui.add(egui::Label::new(error).truncate());
            }
        });
    }
    if map_run.total > most as u64 {
        ui.weak(format!("{} more are not listed", map_run.total - most as u64));
    }
}

/// `3 succeeded, 1 failed of 5`
fn counts(map_run: &MapRunRecord) -> String {
    let ChildCounts { running, succeeded, failed, timed_out, aborted } = map_run.counts;
    let named = [
        (map_run.pending(), "pending"),
        (running, "running"),
        (succeeded, "succeeded"),
        (failed, "failed"),
        (timed_out, "timed out"),
        (aborted, "aborted"),
    ];
    let parts: Vec<String> = named
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if parts.is_empty() { "no items".to_owned() } else { parts.join(", ") }
}
