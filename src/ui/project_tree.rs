//! What the project holds: machines with their states, routes, tables, executions.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::{App, Command, Pane};
use crate::asl::Severity;
use crate::execution::StateStatus;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct ProjectView {
    filter: String,
}

pub(super) fn project_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut ProjectView,
    commands: &mut Vec<Command>,
) {
    let Some(open) = &app.project else {
        controls::empty_ui(
            ui,
            "No project is open",
            "Open a definition, a Terraform folder or a SAM template (Ctrl+O), or drop one here.",
        );
        return;
    };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
        controls::section_ui(ui, "State machines");
        if open.project.machines.is_empty() {
            ui.weak("None was found.");
        }
        for (index, machine) in open.project.machines.iter().enumerate() {
            let errors =
                machine.diagnostics.iter().filter(|it| it.severity == Severity::Error).count();
            let text = if errors > 0 {
                format!(
                    "{}  ({errors} {})",
                    machine.name,
                    if errors == 1 { "error" } else { "errors" }
                )
            } else {
                machine.name.clone()
            };
            let row = ui.selectable_label(open.machine == index, text);
            if row
                .on_hover_text(format!("{} · {}", machine.kind.as_str(), machine.file.display()))
                .clicked()
            {
                commands.push(Command::SelectMachine(index));
            }
        }
        super::executions::session_ui(ui, app, commands);
        if !open.project.apis.is_empty() {
            ui.add_space(space::S);
            controls::section_ui(ui, "API");
            for (index, api) in open.project.apis.iter().enumerate() {
                for resource in &api.resources {
                    for method in resource.methods.keys() {
                        if ui
                            .selectable_label(false, format!("{method} {}", resource.path))
                            .clicked()
                        {
                            commands.push(Command::SelectRoute(
                                index,
                                method.clone(),
                                resource.path.clone(),
                            ));
                            commands.push(Command::ShowPane(Pane::ApiConsole));
                        }
                    }
                }
            }
        }
        if !open.project.tables.is_empty() {
            ui.add_space(space::S);
            controls::section_ui(ui, "Tables");
            for table in &open.project.tables {
                if ui.selectable_label(false, &table.name).clicked() {
                    commands.push(Command::ShowPane(Pane::Tables));
                }
            }
        }
        ui.add_space(space::S);
        states_ui(ui, app, view, commands);
    });
}

fn states_ui(ui: &mut Ui, app: &App, view: &mut ProjectView, commands: &mut Vec<Command>) {
    let Some(machine) = app.machine() else { return };
    controls::section_ui(ui, "States");
    let field = controls::line_edit(&mut view.filter)
        .hint_text("Filter states")
        .desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Filter states")
    });
    let wanted = view.filter.to_lowercase();
    let colours = tokens(ui.ctx());
    let moment =
        app.run().filter(|run| *run.machine_name == *machine.name).map(|run| run.session.moment());
    let drawn = app.drawn_definition().unwrap_or(&machine.machine);
    for (path, state) in drawn.states() {
        if !wanted.is_empty() && !state.name.as_str().to_lowercase().contains(&wanted) {
            continue;
        }
        let status = moment.map_or(StateStatus::NotEntered, |moment| moment.status_of(&path));
        ui.horizontal(|ui| {
            controls::status_dot_ui(ui, colours.status(status).line);
            let chosen = app.selection.state.as_ref() == Some(&path);
            let text = RichText::new(state.name.as_str().replace('\n', " "));
            let row = ui
                .selectable_label(chosen, text)
                .on_hover_text(format!("{} state", state.kind.type_name()));
            row.widget_info(|| {
                egui::WidgetInfo::selected(
                    egui::WidgetType::SelectableLabel,
                    true,
                    chosen,
                    format!("State {}", state.name),
                )
            });
            if row.clicked() {
                commands.push(Command::SelectState(Some(path.clone())));
                commands.push(Command::ZoomToSelection);
            }
        });
    }
}
