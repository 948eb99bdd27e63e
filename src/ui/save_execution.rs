//! The form for saving an execution as a `.stepwell` file, and what was taken out of it when it was saved.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::{App, Command};

/// Places that are listed after saving.
const MOST_PLACES: usize = 200;

/// What is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct SaveForm {
    pub path: String,
    notes: String,
    keep_secrets: bool,
    /// It was saved since the form was opened.
    asked: bool,
}

impl SaveForm {
    /// An empty form, with a name for the file beside what is open.
    pub(super) fn of(app: &App) -> Self {
        let name = app.run().map_or_else(
            || "execution".to_owned(),
            |run| {
                let letters = run
                    .machine_name
                    .chars()
                    .filter(|it| it.is_alphanumeric() || "-_".contains(*it));
                letters.take(60).collect::<String>()
            },
        );
        let folder = app.folder_to_save_in();
        let path = folder.join(format!("{name}.stepwell"));
        Self { path: path.display().to_string(), ..Self::default() }
    }
}

/// What the form asks of the window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub choose: bool,
    pub done: bool,
}

pub(super) fn save_execution_ui(
    ui: &mut Ui,
    app: &App,
    form: &mut SaveForm,
    commands: &mut Vec<Command>,
) -> Asked {
    let saved =
        app.saved.as_ref().filter(|(path, _)| form.asked && path.as_os_str() == form.path.trim());
    if let Some((_, places)) = saved {
        return Asked { done: saved_ui(ui, form, places), choose: false };
    }
    let mut asked = Asked::default();
    ui.label("Definition, history, mocks, breakpoints and notes in one file, which opens here by drag and drop.");
    ui.add_space(space::XS);
    let field = controls::line_edit(&mut form.path).desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "File to save")
    });
    ui.label("Notes");
    let notes = egui::TextEdit::multiline(&mut form.notes)
        .desired_rows(4)
        .desired_width(f32::INFINITY)
        .hint_text("What whoever opens it should know")
        .margin(egui::Margin::symmetric(8, 6));
    ui.add(notes)
        .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Notes"));
    let mut redact = !form.keep_secrets;
    controls::checkbox_ui(ui, &mut redact, "Take secrets out").on_hover_text(
        "Passwords, tokens and keys, by the names they stand under and by their form",
    );
    form.keep_secrets = !redact;
    if form.keep_secrets {
        let text = "Payloads are saved as they are, with all that is secret in them.";
        ui.label(RichText::new(text).color(tokens(ui.ctx()).caught.text));
    }
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let path = form.path.trim();
        let save =
            ui.add_enabled_ui(!path.is_empty(), |ui| controls::primary_button_ui(ui, "Save"));
        if save.inner.clicked() {
            form.asked = true;
            commands.push(Command::SaveExecution {
                path: path.into(),
                notes: form.notes.clone(),
                redact,
            });
        }
        asked.choose = ui.button("Choose…").clicked();
        asked.done = ui.button("Cancel").clicked();
    });
    asked
}

/// What was taken out; whether the form is done.
fn saved_ui(ui: &mut Ui, form: &SaveForm, places: &[String]) -> bool {
    ui.label(format!("Saved {}", form.path.trim()));
    match (places.len(), form.keep_secrets) {
        (_, true) => {}
        (0, false) => {
            ui.weak("Nothing in it looked like a secret.");
        }
        (count, false) => {
            let values = if count == 1 { "1 value was" } else { &format!("{count} values were") };
            ui.label(format!("{values} taken out:"));
            ScrollArea::vertical().max_height(180.0).show(ui, |ui| {
                for place in places.iter().take(MOST_PLACES) {
                    ui.label(RichText::new(place).monospace());
                }
                if places.len() > MOST_PLACES {
                    ui.weak(format!("and {} more", places.len() - MOST_PLACES));
                }
            });
        }
    }
    ui.add_space(space::XS);
    ui.button("Close").clicked()
}
