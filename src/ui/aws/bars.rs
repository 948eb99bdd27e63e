//! What is always to be seen of AWS, whatever pane is in front: whose account it is and for how long, and how far the shown
//! execution has come.

use egui::{Align, Layout, Panel, RichText, Ui};
use egui_phosphor::regular as icon;

use super::parts::can_act;
use crate::app::attach::{
    Act, Answer, Attached, AwsCommand, ConnectionModel, Link, Opened, RedriveStatus, SOON_MILLIS,
    Stage,
};
use crate::app::{App, Command, Pane, now};
use crate::execution::ExecutionStatus;
use crate::ui::theme::{StatusColours, space, tokens};
use crate::ui::widgets::icon_button;
use crate::ui::{controls, fonts};

/// `profile · account · region · endpoint`
fn places(attached: &Attached) -> String {
    let account = attached.account().unwrap_or("account unknown");
    let mut parts = vec![attached.choice.title(), account, attached.region.as_str()];
    parts.extend(attached.endpoint_url.as_deref());
    parts.join(" · ")
}

/// What the window's title says of the connection.
pub(in crate::ui) fn title(connection: &ConnectionModel) -> Option<String> {
    Some(places(connection.attached()?))
}

/// The thin bar of the connection; nothing without one.
pub(in crate::ui) fn connection_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let connection = &app.attach.connection;
    let shown = match &connection.link {
        Link::On(_) | Link::Failed(_) => true,
        Link::Connecting => connection.is_connecting(),
        Link::Off => false,
    };
    if !shown {
        return;
    }
    let colours = tokens(ui.ctx());
    // An account that may be changed is to be seen from the corner of an eye.
    let is_armed = connection.attached().is_some() && !app.attach.read_only;
    let ground = if is_armed { colours.caught.soft } else { colours.panel };
    let frame = egui::Frame::new().fill(ground).inner_margin(egui::Margin::symmetric(10, 2));
    Panel::bottom("aws connection").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.label(RichText::new(icon::CLOUD).font(fonts::icons(15.0)).color(colours.text_muted));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                right_ui(ui, app, commands);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    left_ui(ui, app, commands);
                });
            });
        });
    });
}

fn left_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let text = match &app.attach.connection.link {
        Link::On(attached) => places(attached),
        Link::Failed(trouble) => trouble.title.clone(),
        Link::Connecting | Link::Off => {
            format!("Connecting as {}", app.attach.connection.choice.title())
        }
    };
    let failed = matches!(&app.attach.connection.link, Link::Failed(_));
    let colour = if failed { colours.failed.text } else { colours.text };
    let label = egui::Label::new(RichText::new(&text).small().color(colour));
    let label = ui.add(label.truncate().sense(egui::Sense::click()));
    label.widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::Link, true, format!("AWS: {text}"))
    });
    let arn = app.attach.connection.attached().and_then(|it| it.identity.as_ref());
    let hover = arn.map_or_else(|| "Show the AWS pane".to_owned(), |it| it.arn.clone());
    if label.on_hover_text(hover).clicked() {
        commands.push(Command::ShowPane(Pane::Aws));
    }
}

/// From the right: out, the lock, how long the credentials last.
fn right_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    if icon_button(ui, icon::SIGN_OUT, "Disconnect from AWS", "").clicked() {
        commands.push(Command::Aws(AwsCommand::Disconnect));
    }
    let Some(attached) = app.attach.connection.attached() else { return };
    let mut read_only = app.attach.read_only;
    controls::checkbox_ui(ui, &mut read_only, "Read-only").on_hover_text(
        "While this is on, nothing in the account can be started, stopped, redriven or changed. It is on at every start.",
    );
    if read_only != app.attach.read_only {
        commands.push(Command::Aws(AwsCommand::SetReadOnly(read_only)));
    }
    if let Some(trouble) = &attached.trouble {
        ui.label(RichText::new(&trouble.title).small().color(colours.failed.text));
    } else if let Some(expires) = attached.expires() {
        let left = expires.0 - now().0;
        let (text, colour) = match left {
            ..=0 => ("expired".to_owned(), colours.failed.text),
            left if left < SOON_MILLIS => (remaining(left), colours.caught.text),
            left => (remaining(left), colours.text_muted),
        };
        ui.label(RichText::new(text).small().color(colour))
            .on_hover_text(format!("The credentials end {expires}"));
        let next = if left < SOON_MILLIS { 1.0 } else { 30.0 };
        if left > 0 {
            ui.ctx().request_repaint_after_secs(next);
        }
    }
}

/// `expires in 43 min`
fn remaining(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        ..900 => format!("expires in {}:{:02}", seconds / 60, seconds % 60),
        900..5_400 => format!("expires in {} min", seconds / 60),
        _ => format!("expires in {} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Above the graph: how much of the shown execution is there, what is missing, and that it is followed live.
pub(in crate::ui) fn opened_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    if let Some(asking) = app.attach.opened.values().find(|it| it.run.is_none()) {
        asking_ui(ui, asking, commands);
    }
    let Some(opened) = app.opened() else { return };
    let colours = tokens(ui.ctx());
    match &opened.stage {
        Stage::Asking | Stage::Reading => {
            let progress = opened.progress;
            let text = progress.map_or_else(
                || "Reading the history".to_owned(),
                |it| format!("{} of {} events", grouped(it.read), grouped(it.total)),
            );
            bar_ui(ui, colours.in_progress, icon::DOWNLOAD_SIMPLE, &text, |ui| {
                if ui.button("Cancel").clicked() {
                    commands.push(Command::Aws(AwsCommand::CancelOpening(opened.arn.clone())));
                }
                if let Some(progress) = progress.filter(|it| it.total > 0) {
                    let part = progress.read as f32 / progress.total as f32;
                    let width = ui.available_width().min(180.0);
                    ui.add(egui::ProgressBar::new(part).desired_width(width).desired_height(6.0));
                }
            });
        }
        Stage::Following => {
            bar_ui(
                ui,
                colours.in_progress,
                icon::BROADCAST,
                "Live: new events appear as they happen",
                |ui| {
                    if ui.button("Stop following").clicked() {
                        commands.push(Command::Aws(AwsCommand::CancelOpening(opened.arn.clone())));
                    }
                },
            );
        }
        Stage::Broken(trouble) => {
            let read = opened.progress.map_or_else(String::new, |it| {
                if it.complete {
                    String::new()
                } else {
                    format!("Only {} of {} events came. ", grouped(it.read), grouped(it.total))
                }
            });
            let text = format!("{read}{}", trouble.line());
            bar_ui(ui, colours.caught, icon::WARNING, &text, |ui| {
                if ui.button("Read on").clicked() {
                    commands.push(Command::Aws(AwsCommand::RetryOpening(opened.arn.clone())));
                }
            });
        }
        Stage::Complete => {
            let running = app.run().is_some_and(|it| it.status() == ExecutionStatus::Running);
            if running {
                bar_ui(
                    ui,
                    colours.in_progress,
                    icon::PAUSE,
                    "It was running when it was read",
                    |ui| {
                        if ui.button("Follow").clicked() {
                            commands
                                .push(Command::Aws(AwsCommand::RetryOpening(opened.arn.clone())));
                        }
                    },
                );
            }
        }
    }
    acts_ui(ui, app, opened, commands);
    for missing in &opened.missing {
        bar_ui(ui, colours.caught, icon::WARNING, missing, |_| ());
    }
    if let Answer::Come(description) = &opened.description {
        let redrive = &description.redrive;
        if redrive.count > 0 {
            let times = if redrive.count == 1 { "once" } else { "more than once" };
            let last = redrive.last.map_or_else(String::new, |it| format!(", last at {it}"));
            let again = match redrive.status {
                RedriveStatus::Redrivable => " It can be redriven again.",
                RedriveStatus::NotRedrivable
                | RedriveStatus::RedrivableByMapRun
                | RedriveStatus::Unsaid => "",
            };
            let text = format!("It was redriven {times}{last}.{again}");
            bar_ui(ui, colours.not_entered, icon::ARROW_CLOCKWISE, &text, |_| ());
        }
    }
}

/// What can be done with the shown execution, while the session is not read-only.
fn acts_ui(ui: &mut Ui, app: &App, opened: &Opened, commands: &mut Vec<Command>) {
    let Some(run) = app.run().filter(|_| can_act(app)) else { return };
    let status = run.status();
    let running = status == ExecutionStatus::Running;
    let succeeded = matches!(status, ExecutionStatus::Succeeded { .. });
    let colours = tokens(ui.ctx());
    let text = format!("Act on {}", run.execution_name);
    bar_ui(ui, colours.not_entered, icon::LIGHTNING, &text, |ui| {
        let mut act_ui = |ui: &mut Ui, why_not: &str, label: &str, act: Act| {
            let button = ui.add_enabled(why_not.is_empty(), egui::Button::new(label));
            if button.on_disabled_hover_text(why_not).clicked() {
                commands.push(Command::Aws(AwsCommand::Propose(act)));
            }
        };
        if let Some(as_run) = &opened.as_run {
            let machine_arn = as_run.state_machine_arn.clone();
            let input = run.input.to_pretty();
            act_ui(ui, "", "Start again…", Act::Start { machine_arn, input });
        }
        let execution_arn = || opened.arn.clone();
        let no_redrive = match (running, succeeded) {
            (true, _) => "It still runs",
            (_, true) => "It succeeded: AWS redrives only what failed, timed out or was stopped",
            (false, false) => "",
        };
        let no_stop = if running { "" } else { "It has ended" };
        act_ui(ui, no_redrive, "Redrive…", Act::Redrive { execution_arn: execution_arn() });
        act_ui(ui, no_stop, "Stop…", Act::Stop { execution_arn: execution_arn() });
    });
}

/// An execution of which nothing is there yet.
fn asking_ui(ui: &mut Ui, opened: &Opened, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let name = opened.arn.rsplit(':').next().unwrap_or(&opened.arn);
    match &opened.stage {
        Stage::Broken(trouble) => {
            let text = format!("{name} can't be opened. {}", trouble.line());
            bar_ui(ui, colours.failed, icon::X_CIRCLE, &text, |ui| {
                let arn = || opened.arn.clone();
                if icon_button(ui, icon::X, "Dismiss", "").clicked() {
                    commands.push(Command::Aws(AwsCommand::CancelOpening(arn())));
                }
                if ui.button("Try again").clicked() {
                    commands.push(Command::Aws(AwsCommand::RetryOpening(arn())));
                }
            });
        }
        Stage::Asking | Stage::Reading | Stage::Following | Stage::Complete => {
            let text = format!("Opening {name}");
            bar_ui(ui, colours.in_progress, icon::DOWNLOAD_SIMPLE, &text, |ui| {
                if ui.button("Cancel").clicked() {
                    let arn = opened.arn.clone();
                    commands.push(Command::Aws(AwsCommand::CancelOpening(arn)));
                }
                ui.add(egui::Spinner::new().size(14.0));
            });
        }
    }
}

/// A coloured row: a glyph, words, and buttons from the right.
fn bar_ui(
    ui: &mut Ui,
    look: StatusColours,
    glyph: &str,
    text: &str,
    buttons: impl FnOnce(&mut Ui),
) {
    let colours = tokens(ui.ctx());
    let frame = egui::Frame::new().fill(look.soft).inner_margin(egui::Margin::symmetric(10, 3));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.x = space::S;
            ui.label(RichText::new(glyph).font(fonts::icons(16.0)).color(look.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                buttons(ui);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let label = egui::Label::new(RichText::new(text).color(colours.text));
                    ui.add(label.truncate()).on_hover_text(text);
                });
            });
        });
    });
}

/// `12,400`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_count_down() {
        assert_eq!(
            [7, 999, 3_000, 12_400, 1_000_000].map(grouped),
            ["7", "999", "3,000", "12,400", "1,000,000"]
        );
        let told = [59_000, 899_000, 2_580_000, 5_400_000].map(remaining);
        assert_eq!(
            told,
            ["expires in 0:59", "expires in 14:59", "expires in 43 min", "expires in 1 h 30 min"]
        );
    }
}
