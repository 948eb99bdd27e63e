//! Messages: a passing word at the end of the menu bar, and what went wrong in rows above the scrubber. Neither covers
//! anything.

use std::collections::BTreeMap;

use egui::{Align, Layout, Panel, RichText, Ui};
use egui_phosphor::regular as icon;

use super::fonts;
use super::theme::{StatusColours, Tokens, space, tokens};
use super::widgets::icon_button;
use crate::app::{App, Command, Notice, NoticeLevel, Run};

/// Seconds that a passing word stays, and a warning. Errors stay until they are dismissed.
const INFO_SECONDS: f64 = 6.0;
const WARNING_SECONDS: f64 = 30.0;
/// Rows that are shown at once; the oldest first to be left out.
const MOST_ROWS: usize = 3;

/// When each notice was first shown, in the context's seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct NoticesView {
    shown_at: BTreeMap<u64, f64>,
}

impl NoticesView {
    /// Dismisses what has been there for long enough.
    pub(super) fn age(&mut self, ctx: &egui::Context, app: &App, commands: &mut Vec<Command>) {
        let now = ctx.input(|input| input.time);
        self.shown_at.retain(|id, _| app.notices.iter().any(|it| it.id == *id));
        for notice in &app.notices {
            let since = *self.shown_at.entry(notice.id).or_insert(now);
            let stays = match notice.level {
                NoticeLevel::Info => INFO_SECONDS,
                NoticeLevel::Warning => WARNING_SECONDS,
                NoticeLevel::Error => continue,
            };
            if now - since > stays {
                commands.push(Command::DismissNotice(notice.id));
            } else {
                ctx.request_repaint_after_secs((stays - (now - since)).max(0.05) as f32);
            }
        }
    }
}

/// The latest passing word, in the free room of a bar.
pub(super) fn passing_ui(ui: &mut Ui, app: &App) {
    let Some(notice) = app.notices.iter().rev().find(|it| it.level == NoticeLevel::Info) else {
        return;
    };
    let text = one_line(notice);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(space::XS);
        let label = egui::Label::new(RichText::new(&text).color(tokens(ui.ctx()).text_muted));
        ui.add(label.truncate()).on_hover_text(&text);
    });
}

/// What went wrong, in rows with room of their own.
pub(super) fn rows_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    // Where nothing is open yet, the welcome tells it.
    let opening = app.opening.as_ref().filter(|_| app.project.is_some());
    if takes_long(ui.ctx(), opening.is_some())
        && let Some(path) = opening
    {
        Panel::bottom("opening")
            .frame(egui::Frame::new())
            .show(ui, |ui| opening_ui(ui, path, commands));
    }
    if let Some(path) = &app.history_to_open
        && app.opening.is_none()
    {
        Panel::bottom("history to open")
            .frame(egui::Frame::new())
            .show(ui, |ui| history_ui(ui, app, path, commands));
    }
    let wrong: Vec<&Notice> =
        app.notices.iter().filter(|it| it.level != NoticeLevel::Info).collect();
    if wrong.is_empty() {
        return;
    }
    Panel::bottom("notices").frame(egui::Frame::new()).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let hidden = wrong.len().saturating_sub(MOST_ROWS);
        for notice in &wrong[hidden..] {
            row_ui(ui, notice, commands);
        }
        if hidden > 0 {
            ui.horizontal(|ui| {
                ui.add_space(space::M);
                ui.weak(format!("{hidden} more"));
                if ui.link("Dismiss all").clicked() {
                    commands.extend(wrong.iter().map(|it| Command::DismissNotice(it.id)));
                }
            });
        }
    });
}

/// Whether something has been read for so long that a word about it is no flicker.
fn takes_long(ctx: &egui::Context, is_opening: bool) -> bool {
    const SOON_SECS: f64 = 0.3;
    let id = egui::Id::new("opening since");
    if !is_opening {
        ctx.data_mut(|it| it.remove::<f64>(id));
        return false;
    }
    let now = ctx.input(|it| it.time);
    let since = ctx.data_mut(|it| *it.get_temp_mut_or(id, now));
    ctx.request_repaint_after_secs(0.1);
    now - since >= SOON_SECS
}

/// That something is being read, and a way not to wait for it.
fn opening_ui(ui: &mut Ui, path: &std::path::Path, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    bar_ui(ui, colours.in_progress, icon::INFO, |ui| {
        if ui.button("Cancel").clicked() {
            commands.push(Command::CancelOpening);
        }
        ui.spinner();
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = format!("Opening {}", path.display());
            ui.add(egui::Label::new(RichText::new(text).color(colours.text)).truncate());
        });
    });
}

/// That a history needs its definition, and the way to it.
fn history_ui(ui: &mut Ui, app: &App, path: &std::path::Path, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    bar_ui(ui, colours.in_progress, icon::INFO, |ui| {
        if icon_button(ui, icon::X, "Dismiss", "").clicked() {
            commands.push(Command::ForgetHistory);
        }
        if ui.button("Choose its definition…").clicked() {
            commands.push(Command::ShowOpenDialog);
        }
        let is_shown = app.run().is_some();
        if !is_shown && ui.button("Show its events alone").clicked() {
            commands.push(Command::ShowHistoryAlone);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let text = if is_shown {
                format!("{name} is drawn once its definition is open.")
            } else {
                format!("{name} is a history: it is shown once its definition is open.")
            };
            ui.add(egui::Label::new(RichText::new(text).color(colours.text)).truncate());
        });
    });
}

fn row_ui(ui: &mut Ui, notice: &Notice, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let (status, glyph) = look(notice.level, colours);
    bar_ui(ui, status, glyph, |ui| {
        if icon_button(ui, icon::X, "Dismiss", "").clicked() {
            commands.push(Command::DismissNotice(notice.id));
        }
        ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
            ui.style_mut().interaction.selectable_labels = true;
            ui.label(RichText::new(&notice.text).color(colours.text));
            if !notice.remedy.is_empty() {
                ui.label(RichText::new(&notice.remedy).color(colours.text_muted));
            }
        });
    });
}

/// That the definition of an execution has changed since it began, above the graph, with what to do about it.
pub(super) fn changed_definition_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    if app.recorded_another_definition() {
        return recorded_definition_ui(ui, commands);
    }
    if let Some(recorded) = app.recording_of_rerun() {
        return rerun_ui(ui, app, recorded, commands);
    }
    if !app.runs_an_older_definition() {
        return;
    }
    let colours = tokens(ui.ctx());
    bar_ui(ui, colours.caught, icon::WARNING, |ui| {
        ui.add_space(space::XS);
        if ui
            .button("Restart")
            .on_hover_text("Run the new definition with the same input")
            .clicked()
        {
            commands.push(Command::Restart);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = "The definition has changed on disk; this execution uses the old text.";
            ui.add(egui::Label::new(RichText::new(text).color(colours.text)).truncate());
        });
    });
}

/// That what is shown never happened: the simulator made it from a recording.
fn rerun_ui(ui: &mut Ui, app: &App, recorded: &Run, commands: &mut Vec<Command>) {
    let Some(run) = app.run() else { return };
    let colours = tokens(ui.ctx());
    bar_ui(ui, colours.in_progress, icon::INFO, |ui| {
        ui.add_space(space::XS);
        if ui.button("Back to the recording").clicked()
            && let Some(index) = app.runs.iter().position(|it| it.id == recorded.id)
        {
            commands.push(Command::SelectExecution(index));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let edited = run.session.definition().source != recorded.session.definition().source;
            let which = if edited { "edited" } else { "same" };
            let name = &recorded.execution_name;
            let text = format!("A re-run of {name} in the simulator, with the {which} definition");
            ui.add(egui::Label::new(RichText::new(text).color(colours.text)).truncate());
        });
    });
}

/// That a recorded execution ran another definition than the one that is open.
fn recorded_definition_ui(ui: &mut Ui, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    bar_ui(ui, colours.in_progress, icon::INFO, |ui| {
        ui.add_space(space::XS);
        let again = ui.button("Run again with it");
        if again
            .on_hover_text("What would have happened with the definition as it is now")
            .clicked()
        {
            commands.push(Command::RunAgain);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = "The definition is another one than this execution ran.";
            ui.add(egui::Label::new(RichText::new(text).color(colours.text)).truncate());
        });
    });
}

/// A row with a coloured mark; its words are laid out from the right.
pub(super) fn bar_ui(ui: &mut Ui, status: StatusColours, glyph: &str, words: impl FnOnce(&mut Ui)) {
    let frame = egui::Frame::new().fill(status.soft).inner_margin(egui::Margin::symmetric(10, 3));
    let shown = frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(glyph).font(fonts::icons(17.0)).color(status.text));
            ui.with_layout(Layout::right_to_left(Align::Center), words);
        });
    });
    let rect = shown.response.rect;
    let mark = egui::Rect::from_min_max(rect.min, egui::pos2(rect.left() + 3.0, rect.bottom()));
    ui.painter().rect_filled(mark, 0, status.line);
}

fn look(level: NoticeLevel, colours: &Tokens) -> (StatusColours, &'static str) {
    match level {
        NoticeLevel::Info => (colours.in_progress, icon::INFO),
        NoticeLevel::Warning => (colours.caught, icon::WARNING),
        NoticeLevel::Error => (colours.failed, icon::X_CIRCLE),
    }
}

fn one_line(notice: &Notice) -> String {
    if notice.remedy.is_empty() {
        notice.text.clone()
    } else {
        format!("{} – {}", notice.text, notice.remedy)
    }
}
