//! What is shown before anything is open, and the tour.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::attach::AwsCommand;
use crate::app::{App, Command, Pane, TourStep, samples};

/// The start page in the place of the graph: recent files, samples, and how to open something.
pub(super) fn start_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let width = ui.available_width().min(720.0);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(width);
            ui.add_space(space::XL * 2.0);
            super::icons::icon_ui(ui, "stepwell", 64.0);
            ui.label(RichText::new("Stepwell").size(28.0).strong());
            ui.weak("A debugger for AWS Step Functions");
            ui.add_space(space::L);
            if let Some(path) = &app.opening {
                ui.spinner();
                ui.weak(format!("Opening {}", path.display()));
                if ui.button("Cancel").clicked() {
                    commands.push(Command::CancelOpening);
                }
                return;
            }
            ui.horizontal(|ui| {
                ui.add_space((width - 450.0).max(0.0) / 2.0);
                if controls::primary_button_ui(ui, "Open the CRUD sample").clicked() {
                    commands.push(Command::OpenSample(samples::CRUD.to_owned()));
                }
                controls::command_button_ui(
                    ui,
                    app,
                    &Command::ShowOpenDialog,
                    controls::ButtonLook::Label,
                    commands,
                );
                controls::command_button_ui(
                    ui,
                    app,
                    &Command::ShowOpenFolderDialog,
                    controls::ButtonLook::Label,
                    commands,
                );
                controls::command_button_ui(
                    ui,
                    app,
                    &Command::Aws(AwsCommand::Attach),
                    controls::ButtonLook::Label,
                    commands,
                );
            });
            ui.weak("or drop a file or a folder here");
            ui.add_space(space::L);
        });
        ui.horizontal_top(|ui| {
            ui.add_space((ui.available_width() - width).max(0.0) / 2.0);
            ui.vertical(|ui| {
                ui.set_width(width * 0.46);
                controls::section_ui(ui, "Recent");
                if app.settings.recent.is_empty() {
                    ui.weak("What you open is listed here.");
                }
                for path in &app.settings.recent {
                    let name = path.file_name().map_or_else(
                        || path.display().to_string(),
                        |it| it.to_string_lossy().into_owned(),
                    );
                    if ui.link(name).on_hover_text(path.display().to_string()).clicked() {
                        commands.push(Command::Open(path.clone()));
                    }
                }
            });
            ui.vertical(|ui| {
                ui.set_width(width * 0.5);
                accounts_ui(ui, app, commands);
                controls::section_ui(ui, "Samples");
                for sample in samples::list() {
                    if ui.link(sample.title).on_hover_text(&sample.summary).clicked() {
                        commands.push(Command::OpenSample(sample.folder.to_owned()));
                    }
                    ui.label(
                        RichText::new(&sample.summary).small().color(tokens(ui.ctx()).text_muted),
                    );
                }
            });
        });
    });
}

/// The connections to AWS that were made before, one click each.
fn accounts_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    if app.settings.aws_connections.is_empty() {
        return;
    }
    controls::section_ui(ui, "AWS");
    for choice in app.settings.aws_connections.iter().take(3) {
        let parts = [choice.title(), choice.region.as_str(), choice.endpoint_url.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
        let link = ui.link(parts.join(" · ")).on_hover_text("Attach to it again");
        if link.clicked() {
            commands.push(Command::ShowPane(Pane::Aws));
            commands.push(Command::Aws(AwsCommand::Connect(choice.clone())));
        }
    }
    ui.add_space(space::S);
}

/// The tour, in a strip of its own under the toolbar: it covers nothing of what it asks to be clicked. Whether the user
/// asked for the next step.
pub(super) fn tour_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) -> bool {
    let Some(tour) = app.tour else { return false };
    let colours = tokens(ui.ctx());
    let mut next = false;
    let frame = egui::Frame::new().fill(colours.accent_soft).inner_margin(egui::Margin {
        left: 14,
        right: 10,
        top: 7,
        bottom: 7,
    });
    let number = TourStep::ALL.iter().position(|it| *it == tour.step).unwrap_or(0) + 1;
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let words = (ui.available_width() - 390.0).max(ui.available_width() * 0.45);
            ui.vertical(|ui| {
                ui.set_width(words);
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.horizontal(|ui| {
                    let title = RichText::new(tour.step.title()).strong();
                    ui.label(title.color(colours.accent_text));
                    ui.weak(format!("{number} of {}", TourStep::ALL.len()));
                });
                ui.label(tour.step.text());
            });
            let buttons = egui::Layout::right_to_left(egui::Align::Min).with_main_wrap(true);
            ui.with_layout(buttons, |ui| next = tour_buttons_ui(ui, tour.step, commands));
        });
    });
    let rect = shown.response.rect;
    let mark = egui::Rect::from_min_max(rect.min, egui::pos2(rect.left() + 3.0, rect.bottom()));
    ui.painter().rect_filled(mark, 0, colours.accent);
    next
}

/// From the right: on with it, and out of it.
fn tour_buttons_ui(ui: &mut Ui, step: TourStep, commands: &mut Vec<Command>) -> bool {
    match step {
        TourStep::Done => {
            if controls::primary_button_ui(ui, "Close").clicked() {
                commands.push(Command::EndTour { for_good: true });
            }
            return false;
        }
        TourStep::Welcome
        | TourStep::Breakpoint
        | TourStep::Request
        | TourStep::Next
        | TourStep::Back
        | TourStep::Continue => {}
    }
    let next = if step == TourStep::Welcome {
        controls::primary_button_ui(ui, "Start the tour")
    } else {
        ui.button("Skip this step")
    };
    if ui.button("Don't show again").clicked() {
        commands.push(Command::EndTour { for_good: true });
    }
    if ui.button("Not now").clicked() {
        commands.push(Command::EndTour { for_good: false });
    }
    next.clicked()
}
