//! The edited copy of a definition in the source pane: an editor with live diagnostics, and what can be done with the copy.

use egui::text::LayoutJob;
use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::fonts;
use super::json_view::highlight;
use super::theme::{size, space, tokens};
use crate::app::{App, Command, DefinitionDraft, LineIndex};
use crate::asl::Severity;

/// Problems that are listed below the text.
const MOST_PROBLEMS: usize = 4;
/// How high each of them is.
const PROBLEM: f32 = 22.0;
/// Longer texts are edited without colours: each key stroke colours all of it.
const MOST_COLOURED: usize = 200_000;

/// What the pane offers above the text. Whether an edited copy is shown.
pub(super) fn bar_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) -> bool {
    let draft = app.draft_of_definition();
    ui.horizontal_wrapped(|ui| match draft {
        None => {
            let edit = ui.button("Edit a copy");
            if edit.on_hover_text("Try a change without touching the file").clicked() {
                commands.push(Command::EditDefinition);
            }
        }
        Some(draft) => {
            ui.label(RichText::new("An edited copy").strong());
            let can_run = controls::is_enabled(app, &Command::RunAgain) && draft.is_readable;
            let run = ui.add_enabled_ui(can_run, |ui| {
                controls::primary_button_ui(ui, "Run again with this")
            });
            if run.inner.on_hover_text("The shown execution, with its recorded answers").clicked() {
                commands.push(Command::RunAgain);
            }
            let can_begin = can_run && app.selection.state.is_some();
            let from = ui.add_enabled(can_begin, egui::Button::new("From the selected state"));
            if from.clicked() {
                commands.push(Command::RunAgainFromHere);
            }
            if ui.button("Save as…").clicked() {
                commands.push(Command::ShowSaveDraftDialog);
            }
            if ui.button("Discard").on_hover_text("Back to the definition as it is").clicked() {
                commands.push(Command::DiscardDefinitionDraft);
            }
            ui.weak(count_of(draft));
        }
    });
    ui.add_space(space::XS);
    draft.is_some()
}

fn count_of(draft: &DefinitionDraft) -> String {
    let counted = |wanted, word: &str| {
        let count = draft.diagnostics.iter().filter(|it| it.severity == wanted).count();
        let end = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {word}{end}"))
    };
    let parts = [counted(Severity::Error, "error"), counted(Severity::Warning, "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

/// The editor, with what is wrong below it.
pub(super) fn editor_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(draft) = app.draft_of_definition() else { return };
    let colours = tokens(ui.ctx());
    let problems: Vec<_> =
        draft.diagnostics.iter().filter(|it| it.severity != Severity::Note).collect();
    // In a low pane the text goes before what is wrong with it.
    let room = (ui.available_height() * 0.3 / PROBLEM).floor().max(1.0) as usize;
    let listed = MOST_PROBLEMS.min(room);
    let rows = problems.len().min(listed + 1) as f32;
    let height = (ui.available_height() - rows * PROBLEM - space::S).max(80.0);
    let mut text = draft.text.clone();
    let font = fonts::monospace(size::MONOSPACE);
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
        let mut job = LayoutJob::default();
        let text = text.as_str();
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                job.append("\n", 0.0, egui::TextFormat::simple(font.clone(), colours.text));
            }
            highlight(line, &font, colours, &mut job);
        }
        job.wrap.max_width = f32::INFINITY;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let area = ScrollArea::both().id_salt("draft").max_height(height).auto_shrink([false, false]);
    area.show(ui, |ui| {
        let coloured = text.len() <= MOST_COLOURED;
        let mut field = controls::code_edit(&mut text).desired_width(f32::INFINITY).desired_rows(8);
        if coloured {
            field = field.layouter(&mut layouter);
        }
        let response = ui.add(field);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Edited definition")
        });
    });
    if !problems.is_empty() {
        ui.add_space(space::XS);
        let lines = LineIndex::new(&draft.text);
        for problem in problems.iter().take(listed) {
            let line = lines.line_column(&draft.text, problem.span.start).line;
            let look = colours.severity(problem.severity);
            let text = format!("Line {line}: {}", problem.message);
            let label = RichText::new(text).color(look.text);
            ui.add(egui::Label::new(label).truncate()).on_hover_text(&problem.remedy);
        }
        if problems.len() > listed {
            ui.weak(format!("and {} more", problems.len() - listed));
        }
    }
    if text != draft.text {
        commands.push(Command::SetDefinitionDraft(text));
    }
}
