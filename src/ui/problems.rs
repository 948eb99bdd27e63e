//! What is wrong with the project's files, each line leading to its place.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::tokens;
use crate::app::{App, Command, LineIndex, MachineDefinition, Pane};
use crate::asl::{Diagnostic, Rule, Severity, StatePath};

pub(super) fn problems_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(open) = &app.project else {
        controls::empty_ui(ui, "No project is open", "Problems of its files are listed here.");
        return;
    };
    let total: usize = open.project.machines.iter().map(|it| it.diagnostics.len()).sum::<usize>()
        + open.project.problems.len();
    if total == 0 {
        controls::empty_ui(
            ui,
            "No problems",
            "Nothing was found that AWS would refuse, and nothing suspicious.",
        );
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for (index, machine) in open.project.machines.iter().enumerate() {
            let lines = LineIndex::new(&machine.text);
            for diagnostic in &machine.diagnostics {
                let place = lines.line_column(&machine.text, diagnostic.span.start);
                let file = machine
                    .file
                    .file_name()
                    .map(|it| it.to_string_lossy().into_owned())
                    .unwrap_or_default();
                if row_ui(ui, diagnostic, &format!("{file}:{}:{}", place.line, place.column)) {
                    commands.push(Command::SelectMachine(index));
                    commands
                        .push(Command::SelectState(state_around(machine, diagnostic.span.start)));
                    commands.push(Command::ShowPane(Pane::Source));
                }
            }
        }
        for problem in &open.project.problems {
            let file = problem
                .file
                .file_name()
                .map(|it| it.to_string_lossy().into_owned())
                .unwrap_or_default();
            row_ui(
                ui,
                &problem.diagnostic,
                &format!("{file}:{}:{}", problem.place.line, problem.place.column),
            );
        }
    });
}

/// One problem; whether it was clicked.
fn row_ui(ui: &mut Ui, diagnostic: &Diagnostic, place: &str) -> bool {
    let colours = tokens(ui.ctx());
    let severity = match diagnostic.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Note => "Note",
    };
    let response = ui
        .horizontal(|ui| {
            controls::status_dot_ui(ui, colours.severity(diagnostic.severity).line);
            let label = ui.link(RichText::new(place).monospace().small());
            ui.label(RichText::new(&diagnostic.message));
            let code = ui.weak(diagnostic.code);
            if let Some(rule) = Rule::find(diagnostic.rule) {
                code.on_hover_text(format!(
                    "{}\nComment \"stepwell:allow {}\" silences it",
                    rule.why, rule.id
                ));
            }
            label
        })
        .inner;
    response.widget_info(|| {
        egui::WidgetInfo::labeled(
            egui::WidgetType::Link,
            true,
            format!("{severity} {place} {}", diagnostic.message),
        )
    });
    let hint = if diagnostic.remedy.is_empty() {
        diagnostic.location.clone()
    } else {
        format!("{}\n{}", diagnostic.remedy, diagnostic.location)
    };
    if !diagnostic.remedy.is_empty() {
        ui.indent(("remedy", place), |ui| ui.weak(&diagnostic.remedy));
    }
    response.on_hover_text(hint).clicked()
}

/// The innermost state whose text holds this offset.
pub(super) fn state_around(machine: &MachineDefinition, offset: usize) -> Option<StatePath> {
    let states = machine.machine.states();
    let holding = states
        .into_iter()
        .filter(|(_, state)| state.span.start <= offset && offset < state.span.end);
    holding.min_by_key(|(_, state)| state.span.end - state.span.start).map(|(path, _)| path)
}
