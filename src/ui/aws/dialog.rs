//! What is about to be done in an account: the account, the region and the machine by name, what will happen, and the button that
//! says yes.

use egui::{RichText, ScrollArea, Ui, WidgetInfo, WidgetType};

use super::parts;
use crate::app::attach::{Act, AwsCommand, DiffLine, Proposal, Step, Validation};
use crate::app::{App, Command, Value};
use crate::ui::controls;
use crate::ui::json_view::json_block_ui;
use crate::ui::theme::{space, tokens};

/// The height of a difference that can be judged.
const LEAST_DIFFERENCE: f32 = 240.0;

/// Nothing while nothing is proposed.
pub(in crate::ui) fn proposal_ui(ctx: &egui::Context, app: &App, commands: &mut Vec<Command>) {
    let Some(proposal) = &app.attach.proposal else { return };
    let screen = ctx.content_rect().size();
    let cancelled = controls::dialog_ui(ctx, proposal.act.title(), 620.0, |ui| {
        where_ui(ui, app, proposal);
        ui.add_space(space::S);
        ui.label(proposal.act.words());
        ui.add_space(space::S);
        // What is between is as high as it needs, and scrolls before the buttons leave the window.
        let most = (screen.y - 380.0).max(80.0);
        match &proposal.act {
            Act::Start { input, .. } => input_ui(ui, input, most, commands),
            Act::Update { .. } => difference_ui(ui, proposal, most),
            Act::Call { request, .. } => parameters_ui(ui, &request.parameters, most),
            Act::Stop { .. }
            | Act::Redrive { .. }
            | Act::Validate { .. }
            | Act::TestState { .. } => {}
        }
        if let Step::Validated(validation) = &proposal.step {
            validation_ui(ui, validation, most);
        }
        buttons_ui(ui, proposal, commands);
    });
    if cancelled {
        commands.push(Command::Aws(AwsCommand::Dismiss));
    }
}

fn where_ui(ui: &mut Ui, app: &App, proposal: &Proposal) {
    egui::Grid::new("aws act").num_columns(2).spacing([16.0, 3.0]).show(ui, |ui| {
        let attached = app.attach.connection.attached();
        let endpoint = attached.and_then(|it| it.endpoint_url.as_deref());
        for (name, value) in [
            ("Account", Some(proposal.account.as_str())),
            ("Region", Some(proposal.region.as_str())),
            ("State machine", Some(proposal.machine.as_str())),
            ("Profile", attached.map(|it| it.choice.title())),
            ("Endpoint", endpoint),
        ] {
            let Some(value) = value else { continue };
            ui.weak(name);
            ui.add(egui::Label::new(RichText::new(value).strong()).wrap());
            ui.end_row();
        }
        if let Some(from) = &proposal.from {
            ui.weak("Definition from");
            ui.add(egui::Label::new(RichText::new(from.title()).strong()).wrap());
            ui.end_row();
        }
    });
    if let Some(warning) = proposal.warning() {
        let colours = tokens(ui.ctx());
        ui.add_space(space::XS);
        ui.label(RichText::new(warning).strong().color(colours.failed.text));
    }
}

fn input_ui(ui: &mut Ui, input: &str, most: f32, commands: &mut Vec<Command>) {
    ui.weak("Input");
    let mut text = input.to_owned();
    ScrollArea::vertical().id_salt("aws start").max_height(most.min(260.0)).show(ui, |ui| {
        let field = controls::code_edit(&mut text).desired_width(f32::INFINITY).desired_rows(8);
        ui.add(field).widget_info(|| {
            WidgetInfo::labeled(WidgetType::TextEdit, true, "Input of the execution")
        });
    });
    if text != input {
        commands.push(Command::Aws(AwsCommand::SetStartInput(text)));
    }
}

fn parameters_ui(ui: &mut Ui, parameters: &Value, most: f32) {
    ui.weak("Parameters");
    ScrollArea::vertical().id_salt("aws call").max_height(most.min(260.0)).show(ui, |ui| {
        json_block_ui(ui, "aws call", parameters);
    });
    ui.add_space(space::S);
}

fn difference_ui(ui: &mut Ui, proposal: &Proposal, most: f32) {
    let Some(lines) = proposal.difference().filter(|it| !it.is_empty()) else { return };
    let colours = tokens(ui.ctx());
    let count = |wanted: fn(&DiffLine) -> bool| lines.iter().filter(|it| wanted(it)).count();
    let added = count(|it| matches!(it, DiffLine::Added(_)));
    let removed = count(|it| matches!(it, DiffLine::Removed(_)));
    let lines_of = if added == 1 { "line" } else { "lines" };
    ui.weak(format!("{added} {lines_of} added, {removed} removed"));
    let frame = egui::Frame::new().fill(colours.sunken).inner_margin(egui::Margin::symmetric(6, 4));
    frame.show(ui, |ui| {
        // The window is as low as what is in it, so that without a least height there would be three lines to read.
        let scroll = ScrollArea::both()
            .id_salt("aws diff")
            .min_scrolled_height(LEAST_DIFFERENCE)
            .max_height(most.clamp(LEAST_DIFFERENCE, 320.0));
        let height = ui.text_style_height(&egui::TextStyle::Monospace);
        scroll.auto_shrink([false, true]).show_rows(ui, height, lines.len(), |ui, rows| {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            for line in lines.get(rows).unwrap_or_default() {
                let (mark, text, ground, colour) = match line {
                    DiffLine::Same(text) => (' ', text.clone(), None, colours.text_muted),
                    DiffLine::Added(text) => {
                        ('+', text.clone(), Some(colours.added), colours.added_text)
                    }
                    DiffLine::Removed(text) => {
                        ('-', text.clone(), Some(colours.removed), colours.removed_text)
                    }
                    DiffLine::Skipped(lines) => {
                        (' ', format!("… {lines} lines are the same"), None, colours.text_faint)
                    }
                };
                let mut text = RichText::new(format!("{mark} {text}")).monospace().color(colour);
                if let Some(ground) = ground {
                    text = text.background_color(ground);
                }
                ui.label(text);
            }
        });
    });
    ui.add_space(space::S);
}

fn validation_ui(ui: &mut Ui, validation: &Validation, most: f32) {
    let colours = tokens(ui.ctx());
    if validation.is_ok {
        ui.label(RichText::new("AWS finds no error in it.").strong().color(colours.succeeded.text));
    } else {
        ui.label(RichText::new("AWS would refuse it.").strong().color(colours.failed.text));
    }
    ScrollArea::vertical().id_salt("aws findings").max_height(most).show(ui, |ui| {
        for finding in &validation.findings {
            let colour =
                if finding.severity == "ERROR" { colours.failed.text } else { colours.caught.text };
            ui.label(
                RichText::new(format!("{} {}", finding.severity, finding.code))
                    .small()
                    .color(colour),
            );
            let place = finding.location.as_deref().unwrap_or_default();
            ui.label(format!("{} {place}", finding.message));
        }
    });
    if validation.truncated {
        ui.weak("There are more, which AWS does not tell.");
    }
    ui.add_space(space::S);
}

fn buttons_ui(ui: &mut Ui, proposal: &Proposal, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    if let Step::Failed(trouble) = &proposal.step {
        parts::trouble_ui(ui, trouble, None, commands);
        ui.add_space(space::S);
    }
    let obstacle = proposal.obstacle();
    if let Some(obstacle) = &obstacle {
        ui.label(RichText::new(obstacle).color(colours.caught.text));
        ui.add_space(space::XS);
    }
    ui.horizontal(|ui| {
        match &proposal.step {
            Step::Doing => parts::loading_ui(ui, "Asking AWS"),
            Step::Validated(_) => {}
            Step::Asks | Step::Failed(_) => {
                let text = format!("{} in {}", proposal.act.title(), proposal.account);
                let yes = ui
                    .add_enabled_ui(obstacle.is_none(), |ui| controls::primary_button_ui(ui, &text))
                    .inner;
                if yes.clicked() {
                    commands.push(Command::Aws(AwsCommand::Confirm));
                }
            }
        }
        let done = matches!(proposal.step, Step::Validated(_));
        if ui.button(if done { "Close" } else { "Cancel" }).clicked() {
            commands.push(Command::Aws(AwsCommand::Dismiss));
        }
    });
}
