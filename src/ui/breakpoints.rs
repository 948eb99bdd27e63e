//! The breakpoints of the machine that is shown, with their conditions, and which errors stop.

use std::collections::BTreeMap;

use egui::{ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::{App, Command};
use crate::asl::StatePath;
use crate::debug::{BreakOn, Breakpoint, HitCount};

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct BreakpointsView {
    /// Hit counts as they are being typed.
    hit_counts: BTreeMap<StatePath, String>,
}

pub(super) fn breakpoints_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut BreakpointsView,
    commands: &mut Vec<Command>,
) {
    let Some(breakpoints) = app.breakpoints() else {
        controls::empty_ui(
            ui,
            "No breakpoints",
            "Click in the margin left of a state in the graph, or select it and press F9.",
        );
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let mut uncaught = breakpoints.exceptions.uncaught;
        if controls::checkbox_ui(ui, &mut uncaught, "Break on uncaught errors").changed() {
            commands.push(Command::ToggleBreakOnErrors);
        }
        let mut caught = breakpoints.exceptions.caught;
        if controls::checkbox_ui(ui, &mut caught, "Break on caught errors").changed() {
            commands.push(Command::ToggleBreakOnCaughtErrors);
        }
    });
    ui.add_space(space::XS);
    if breakpoints.states.is_empty() {
        ui.weak("No breakpoint on a state. Click in the margin left of one in the graph, or select it and press F9.");
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for (state, breakpoint) in &breakpoints.states {
            if let Some(changed) = breakpoint_ui(ui, app, state, breakpoint, view, commands) {
                commands.push(Command::SetBreakpoint(state.clone(), changed));
            }
            ui.separator();
        }
    });
}

/// One breakpoint; what the user made of it.
fn breakpoint_ui(
    ui: &mut Ui,
    app: &App,
    state: &StatePath,
    breakpoint: &Breakpoint,
    view: &mut BreakpointsView,
    commands: &mut Vec<Command>,
) -> Option<Breakpoint> {
    let colours = tokens(ui.ctx());
    let mut edited = breakpoint.clone();
    ui.horizontal(|ui| {
        let name = format!("Enable breakpoint on {state}");
        controls::named_checkbox_ui(ui, &mut edited.enabled, "", &name).on_hover_text("Enabled");
        controls::status_dot_ui(ui, colours.breakpoint);
        let missing = app.machine().is_none_or(|it| it.machine.find(state).is_none());
        if ui
            .selectable_label(app.selection.state.as_ref() == Some(state), state.as_str())
            .clicked()
        {
            commands.push(Command::SelectState(Some(state.clone())));
        }
        if missing {
            ui.colored_label(colours.caught.text, "no such state now");
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.small_button("Remove").clicked() {
                commands.push(Command::RemoveBreakpoint(state.clone()));
            }
        });
    });
    egui::Grid::new(("breakpoint", state.as_str())).num_columns(2).show(ui, |ui| {
        ui.weak("When");
        ui.horizontal(|ui| {
            ui.selectable_value(&mut edited.on, BreakOn::Entered, "entered");
            ui.selectable_value(&mut edited.on, BreakOn::Exited, "exited");
            ui.selectable_value(&mut edited.on, BreakOn::Both, "both");
        });
        ui.end_row();
        ui.weak("Only if");
        edited.condition = text_ui(
            ui,
            edited.condition.as_deref(),
            "$states.input.amount > 100, or $.amount",
            &format!("Condition of {state}"),
        );
        ui.end_row();
        ui.weak("Hits");
        hits_ui(ui, state, &mut edited, view);
        ui.end_row();
        ui.weak("Log");
        edited.log_message = text_ui(
            ui,
            edited.log_message.as_deref(),
            "writes this instead of stopping: {$.id}",
            &format!("Log message of {state}"),
        );
        ui.end_row();
    });
    if let (Some(condition), Some(run)) = (&edited.condition, app.run())
        && let Err(why) = run.session.evaluate(condition)
    {
        ui.colored_label(colours.caught.text, format!("At the cursor: {why}"));
    }
    (edited != *breakpoint).then_some(edited)
}

/// An optional text: empty is none.
fn text_ui(ui: &mut Ui, text: Option<&str>, hint: &str, label: &str) -> Option<String> {
    let mut typed = text.unwrap_or("").to_owned();
    let field = controls::line_edit(&mut typed)
        .hint_text(hint)
        .font(egui::TextStyle::Monospace)
        .desired_width(f32::INFINITY);
    ui.add(field)
        .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, label));
    (!typed.is_empty()).then_some(typed)
}

fn hits_ui(ui: &mut Ui, state: &StatePath, edited: &mut Breakpoint, view: &mut BreakpointsView) {
    let text = view
        .hit_counts
        .entry(state.clone())
        .or_insert_with(|| edited.hit_count.map(|it| it.to_string()).unwrap_or_default());
    ui.horizontal(|ui| {
        let field = controls::line_edit(text).hint_text("3, >=3 or %3").desired_width(90.0);
        ui.add(field).widget_info(|| {
            egui::WidgetInfo::labeled(
                egui::WidgetType::TextEdit,
                true,
                format!("Hit count of {state}"),
            )
        });
        let parsed = HitCount::parse(text);
        if text.trim().is_empty() || parsed.is_some() {
            edited.hit_count = parsed;
        } else {
            ui.colored_label(tokens(ui.ctx()).caught.text, "3, >=3 or %3 (every third)");
        }
    });
}
