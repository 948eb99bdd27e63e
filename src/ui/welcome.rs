//! What is shown before anything is open, and the tour.

use egui::{Align2, RichText, ScrollArea, Ui, vec2};

use super::controls;
use super::theme::{radius, space, tokens};
use crate::app::{App, Command, TourStep, samples};

/// The start page in the place of the graph: recent files, samples, and how to open something.
pub(super) fn start_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let width = ui.available_width().min(720.0);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(width);
            ui.add_space(space::XL * 2.0);
            super::icons::icon_ui(ui, "app", 64.0);
            ui.label(RichText::new("Stepwell").size(28.0).strong());
            ui.weak("A debugger for AWS Step Functions");
            ui.add_space(space::L);
            if let Some(path) = &app.opening {
                ui.spinner();
                ui.weak(format!("Opening {}", path.display()));
                return;
            }
            ui.horizontal(|ui| {
                ui.add_space((width - 330.0).max(0.0) / 2.0);
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
                controls::section_ui(ui, "Samples");
                for sample in samples::list() {
                    if ui.link(sample.title).on_hover_text(sample.summary).clicked() {
                        commands.push(Command::OpenSample(sample.folder.to_owned()));
                    }
                    ui.label(
                        RichText::new(sample.summary).small().color(tokens(ui.ctx()).text_muted),
                    );
                }
            });
        });
    });
}

/// The card of the tour, over the lower right corner of the window.
pub(super) fn tour_ui(ctx: &egui::Context, app: &App, commands: &mut Vec<Command>) -> bool {
    let Some(tour) = app.tour else { return false };
    let colours = tokens(ctx);
    let mut next = false;
    let frame = egui::Frame::new()
        .fill(colours.surface)
        .stroke(egui::Stroke::new(1.5, colours.accent))
        .corner_radius(radius::LARGE)
        .shadow(ctx.global_style().visuals.window_shadow)
        .inner_margin(16);
    egui::Area::new("tour".into())
        .anchor(Align2::RIGHT_BOTTOM, vec2(-18.0, -58.0))
        .order(egui::Order::Foreground)
        .show(ctx, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(340.0);
                let number = TourStep::ALL.iter().position(|it| *it == tour.step).unwrap_or(0) + 1;
                ui.horizontal(|ui| {
                    ui.label(RichText::new(tour.step.title()).heading());
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        ui.weak(format!("{number} of {}", TourStep::ALL.len()));
                    });
                });
                ui.label(tour.step.text());
                ui.add_space(space::S);
                ui.horizontal(|ui| {
                    let label = match tour.step {
                        TourStep::Welcome => "Start the tour",
                        TourStep::Done => "Close",
                        TourStep::Breakpoint
                        | TourStep::Request
                        | TourStep::Next
                        | TourStep::Back
                        | TourStep::Continue => "Skip this step",
                    };
                    let button = if matches!(tour.step, TourStep::Welcome | TourStep::Done) {
                        controls::primary_button_ui(ui, label)
                    } else {
                        ui.button(label)
                    };
                    if button.clicked() {
                        if tour.step == TourStep::Done {
                            commands.push(Command::EndTour { for_good: true });
                        } else {
                            next = true;
                        }
                    }
                    if tour.step != TourStep::Done {
                        if ui.button("Not now").clicked() {
                            commands.push(Command::EndTour { for_good: false });
                        }
                        if ui.button("Don't show again").clicked() {
                            commands.push(Command::EndTour { for_good: true });
                        }
                    }
                });
            });
        });
    next
}
