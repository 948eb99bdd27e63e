//! What is wrong with the project's files, each line leading to its place.

use std::collections::BTreeMap;

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::tokens;
use crate::app::{App, Command, LineIndex, MachineDefinition, Pane};
use crate::asl::{Diagnostic, Rule, Severity, State, StatePath};

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
                let place = format!("{file}:{}:{}", place.line, place.column);
                if row_ui(ui, diagnostic, &place, commands) {
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
            let place = format!("{file}:{}:{}", problem.place.line, problem.place.column);
            row_ui(ui, &problem.diagnostic, &place, commands);
        }
    });
}

/// One problem: what is wrong and where, what to do, and the rule with its reason. Whether its place was clicked.
fn row_ui(ui: &mut Ui, diagnostic: &Diagnostic, place: &str, commands: &mut Vec<Command>) -> bool {
    let colours = tokens(ui.ctx());
    let severity = match diagnostic.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Note => "Note",
    };
    let response = ui
        .horizontal_wrapped(|ui| {
            controls::status_dot_ui(ui, colours.severity(diagnostic.severity).line);
            let label = ui.link(RichText::new(place).monospace().small());
            ui.label(RichText::new(&diagnostic.message));
            if diagnostic.code != diagnostic.rule {
                ui.weak(format!("AWS: {}", diagnostic.code));
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
    ui.indent(("about", place, &diagnostic.message), |ui| {
        if !diagnostic.remedy.is_empty() {
            ui.label(RichText::new(&diagnostic.remedy).color(colours.text_muted));
        }
        if let Some(rule) = Rule::find(diagnostic.rule) {
            rule_ui(ui, rule, commands);
        }
    });
    response.on_hover_text(&diagnostic.location).clicked()
}

/// The id of a rule, why it is one, and how it is silenced: by a comment in the file, which only its owner writes.
fn rule_ui(ui: &mut Ui, rule: &Rule, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(rule.id).monospace().small());
        ui.label(RichText::new(rule.why).small().weak());
        let silence = ui.link(RichText::new("Silence this rule").small());
        silence.widget_info(|| {
            let name = format!("Silence the rule {}", rule.id);
            egui::WidgetInfo::labeled(egui::WidgetType::Link, true, name)
        });
        let comment = format!("\"Comment\": \"stepwell:allow {}\"", rule.id);
        let hint = format!(
            "Copies {comment}\nIn a state it counts for the state and everything inside it, at the top for the whole machine."
        );
        if silence.on_hover_text(hint).clicked() {
            commands.push(Command::CopyText(comment));
        }
    });
}

/// The innermost state whose text holds this offset.
pub(super) fn state_around(machine: &MachineDefinition, offset: usize) -> Option<StatePath> {
    let states = machine.machine.states();
    let holding = states
        .into_iter()
        .filter(|(_, state)| state.span.start <= offset && offset < state.span.end);
    holding.min_by_key(|(_, state)| state.span.end - state.span.start).map(|(path, _)| path)
}

/// The worst finding about each state, notes left out.
pub(super) fn worst_by_state(machine: &MachineDefinition) -> BTreeMap<StatePath, Severity> {
    let mut findings: Vec<(usize, Severity)> = machine
        .diagnostics
        .iter()
        .filter(|it| it.severity != Severity::Note)
        .map(|it| (it.span.start, it.severity))
        .collect();
    findings.sort_unstable();
    let mut states = machine.machine.states();
    states.sort_by_key(|(_, state)| (state.span.start, std::cmp::Reverse(state.span.end)));
    let mut worst = BTreeMap::new();
    // States lie within each other or apart: those that hold a place are a stack while one walks down the text.
    let mut around: Vec<&(StatePath, &State)> = Vec::new();
    let mut next = states.iter().peekable();
    for (offset, severity) in findings {
        while let Some(state) = next.next_if(|(_, state)| state.span.start <= offset) {
            around.retain(|(_, outer)| state.1.span.start < outer.span.end);
            around.push(state);
        }
        around.retain(|(_, state)| offset < state.span.end);
        if let Some((path, _)) = around.last() {
            let known = worst.entry(path.clone()).or_insert(severity);
            *known = severity.min(*known);
        }
    }
    worst
}
