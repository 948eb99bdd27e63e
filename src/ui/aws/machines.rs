//! The machines of an account: searched by name, each with its type and how its newest execution ended.

use egui::{Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icon;

use super::AwsView;
use super::parts::{self, Row};
use crate::app::attach::{Answer, AwsCommand, ExecutionItem, MachineType, StateMachineItem};
use crate::app::{App, Command};
use crate::ui::controls;
use crate::ui::theme::{space, tokens};

/// How long the list must stand still before the rows in sight ask for their last results, in seconds: a list that is scrolled
/// through should not use up the quota.
const STILL: f64 = 0.25;

pub(super) fn machines_ui(ui: &mut Ui, app: &App, view: &mut AwsView, commands: &mut Vec<Command>) {
    let machines = &app.attach.browser.machines;
    let field = controls::line_edit(&mut view.machine_filter)
        .hint_text("Search state machines")
        .desired_width(f32::INFINITY);
    ui.add(field)
        .widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "Search state machines"));
    ui.add_space(space::XS);
    if let Some(trouble) = &machines.trouble {
        let retry = match machines.items.is_empty() {
            true => AwsCommand::Refresh,
            false => AwsCommand::MoreMachines,
        };
        parts::trouble_ui(ui, trouble, Some(retry), commands);
    }
    let wanted = view.machine_filter.trim().to_lowercase();
    let shown: Vec<&StateMachineItem> =
        machines.items.iter().filter(|it| it.name.to_lowercase().contains(&wanted)).collect();
    ui.horizontal(|ui| {
        if machines.is_loading() {
            parts::loading_ui(ui, "Listing");
        }
        let all = machines.items.len();
        let count = match (shown.len() == all, all) {
            (true, 1) => "1 state machine".to_owned(),
            (true, _) => format!("{all} state machines"),
            (false, _) => format!("{} of {all}", shown.len()),
        };
        if all > 0 {
            ui.weak(count);
        } else if machines.complete {
            ui.weak("There are no state machines in this region.");
        }
    });
    let mut wants = Vec::new();
    parts::rows_ui(ui, "machines", shown.len(), |ui, index| {
        let Some(machine) = shown.get(index) else { return };
        machine_ui(ui, app, machine, commands);
        if machine.machine_type == MachineType::Standard
            && !app.attach.browser.last.contains_key(&machine.arn)
        {
            wants.push(machine.arn.clone());
        }
    });
    let time = ui.input(|it| it.time);
    if wants != view.wants {
        (view.wants, view.wants_since) = (wants, time);
    }
    if !view.wants.is_empty() {
        if time - view.wants_since >= STILL {
            commands.push(Command::Aws(AwsCommand::WantLastResults(view.wants.clone())));
        } else {
            ui.ctx().request_repaint_after_secs(STILL as f32);
        }
    }
}

fn machine_ui(ui: &mut Ui, app: &App, machine: &StateMachineItem, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let last = app.attach.browser.last.get(&machine.arn);
    let newest = last.and_then(Answer::come).and_then(Option::as_ref);
    let (said, colour) = match (machine.machine_type, last, newest) {
        (MachineType::Express, ..) => ("logged".to_owned(), None),
        (MachineType::Standard, _, Some(newest)) => {
            let look = parts::look(colours, newest.status);
            (ended(newest), Some((look.line, look.text)))
        }
        (MachineType::Standard, Some(Answer::Come(None)), None) => {
            ("not run in 90 days".to_owned(), None)
        }
        (MachineType::Standard, Some(Answer::Failed(trouble)), None) => {
            (trouble.title.clone(), Some((colours.not_entered.line, colours.caught.text)))
        }
        (
            MachineType::Standard,
            Some(Answer::Asked(_) | Answer::NotAsked | Answer::Come(_)) | None,
            None,
        ) => (String::new(), None),
    };
    let detail = if said.is_empty() {
        machine.machine_type.as_str().to_owned()
    } else {
        format!("{said} · {}", machine.machine_type.as_str())
    };
    let name = format!("State machine {}", machine.name);
    let row = Row {
        name: &name,
        dot: Some(colour.map_or(colours.not_entered.line, |it| it.0)),
        title: &machine.name,
        detail: &detail,
        detail_colour: colour.map(|it| it.1),
        selected: false,
        reserve: if newest.is_some() { 30.0 } else { 0.0 },
    };
    let response = parts::row_ui(ui, &row);
    let rect = response.rect;
    if response.on_hover_text(&machine.arn).clicked() {
        commands.push(Command::Aws(AwsCommand::SelectMachine(Some(machine.arn.clone()))));
    }
    // Straight to how it went last: the shortest way to a failure.
    if let Some(newest) = newest {
        let name = format!("Open the last execution of {}", machine.name);
        if parts::row_button_ui(ui, rect, icon::ARROW_SQUARE_IN, &name).clicked() {
            commands.push(Command::Aws(AwsCommand::OpenExecution(newest.arn.clone())));
        }
    }
}

/// `failed 10 min ago`
fn ended(item: &ExecutionItem) -> String {
    let at = item.stopped.unwrap_or(item.started);
    format!("{} {}", parts::words(item.status).to_lowercase(), parts::ago(at))
}
