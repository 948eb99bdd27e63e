//! An account of AWS: attach to it, browse it, open what ran in it.

mod agreement;
mod bars;
mod dialog;
mod executions;
mod live_call;
mod machines;
mod parts;
mod profiles;

use egui::{RichText, Ui};
use egui_phosphor::regular as icon;

pub(super) use agreement::agreement_ui;
pub(super) use bars::{connection_ui, opened_ui, title};
pub(super) use dialog::proposal_ui;
pub(super) use live_call::live_call_ui;

use self::executions::Since;
use super::theme::space;
use super::widgets::icon_button;
use crate::app::attach::{Arn, AwsCommand, Link};
use crate::app::{App, Command};

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct AwsView {
    link: String,
    /// The field for an ARN wants the keyboard.
    pub(super) focus_link: bool,
    listed: bool,
    profile_filter: String,
    region_filter: String,
    machine_filter: String,
    execution_filter: String,
    since: Since,
    /// The machine whose tags and versions were asked for.
    details_of: Option<String>,
    /// Machines in sight whose last result is not known, and since when these are in sight.
    wants: Vec<String>,
    wants_since: f64,
}

/// What stands in front.
enum Page {
    Profiles,
    Machines,
    Machine,
    MapRun,
}

fn page(app: &App) -> Page {
    let browser = &app.attach.browser;
    match &app.attach.connection.link {
        Link::On(_) if browser.map_run.is_some() => Page::MapRun,
        Link::On(_) if browser.machine.is_some() => Page::Machine,
        Link::On(_) => Page::Machines,
        Link::Off | Link::Connecting | Link::Failed(_) => Page::Profiles,
    }
}

pub(super) fn aws_ui(ui: &mut Ui, app: &App, view: &mut AwsView, commands: &mut Vec<Command>) {
    let page = page(app);
    parts::link_field_ui(ui, &mut view.link, &mut view.focus_link, commands);
    ui.add_space(space::XS);
    if let Page::Profiles = page {
        profiles::profiles_ui(ui, app, view, commands);
        return;
    }
    view.listed = false;
    way_back_ui(ui, app, &page, commands);
    if let Some(trouble) = app.attach.connection.attached().and_then(|it| it.trouble.as_ref()) {
        parts::trouble_ui(ui, trouble, Some(AwsCommand::Retry), commands);
        ui.add_space(space::XS);
    }
    let browser = &app.attach.browser;
    match (page, &browser.machine, &browser.map_run) {
        (Page::MapRun, _, Some(run)) => executions::map_run_ui(ui, app, run, commands),
        (Page::Machine, Some(machine), _) => {
            executions::machine_ui(ui, app, machine, view, commands);
        }
        (Page::Profiles | Page::Machines | Page::Machine | Page::MapRun, ..) => {
            machines::machines_ui(ui, app, view, commands);
        }
    }
}

/// Where one is, the way back, and the buttons of every page.
fn way_back_ui(ui: &mut Ui, app: &App, page: &Page, commands: &mut Vec<Command>) {
    let browser = &app.attach.browser;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, icon::ARROWS_CLOCKWISE, "Refresh", "").clicked() {
                commands.push(Command::Aws(AwsCommand::Refresh));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
                ui.spacing_mut().item_spacing.x = 4.0;
                let back = match page {
                    Page::MapRun => Some(AwsCommand::SelectMapRun(None)),
                    Page::Machine => Some(AwsCommand::SelectMachine(None)),
                    Page::Profiles | Page::Machines => None,
                };
                if let Some(back) = back
                    && icon_button(ui, icon::CARET_LEFT, "Back", "").clicked()
                {
                    commands.push(Command::Aws(back));
                }
                let title = match (page, &browser.machine, &browser.map_run) {
                    (Page::MapRun, _, Some(run)) => {
                        let machine = Arn::parse(&run.arn).map_or("", |it| it.machine);
                        format!("Map Run of {machine}")
                    }
                    (Page::Machine, Some(machine), _) => machine.name.clone(),
                    (Page::Profiles | Page::Machines | Page::Machine | Page::MapRun, ..) => {
                        "State machines".to_owned()
                    }
                };
                ui.label(RichText::new(title).strong());
            });
        });
    });
    ui.add_space(space::XS);
}
