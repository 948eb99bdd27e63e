//! In the test of a state: asking AWS the same, and whether it agrees.

use egui::{RichText, Ui};
use egui_phosphor::regular as icon;

use super::parts::can_act;
use crate::app::attach::{Act, Agreement, AwsCommand, FieldDifference};
use crate::app::{App, Command, Value};
use crate::asl::StatePath;
use crate::ui::fonts;
use crate::ui::theme::{space, tokens};

/// The button and its badge; nothing without an account.
pub(in crate::ui) fn agreement_ui(
    ui: &mut Ui,
    app: &App,
    state: &StatePath,
    commands: &mut Vec<Command>,
) {
    if app.attach.connection.attached().is_none() {
        return;
    }
    let colours = tokens(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        let machine = app.aws_machine();
        let ask = ui.add_enabled(can_act(app) && machine.is_some(), egui::Button::new("Ask AWS…"));
        let ask = ask
            .on_hover_text("Has AWS run the same test, and compares the answers")
            .on_disabled_hover_text(
                "Choose a machine in the AWS pane, and switch Read-only off beside the account",
            );
        if let (true, Some(machine_arn)) = (ask.clicked(), machine) {
            let act = Act::TestState { machine_arn: machine_arn.to_owned(), state: state.clone() };
            commands.push(Command::Aws(AwsCommand::Propose(act)));
        }
        let Some(agreement) = app.agreement(state) else { return };
        let (glyph, look, text) = match agreement {
            Agreement::Compared(fields) if fields.is_empty() => {
                (icon::SEAL_CHECK, colours.succeeded, "AWS agrees".to_owned())
            }
            Agreement::Compared(fields) => {
                let count = fields.len();
                let fields =
                    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
                (icon::SEAL_WARNING, colours.caught, format!("AWS differs in {fields}"))
            }
            Agreement::OwnFailed(why) => (
                icon::SEAL_WARNING,
                colours.failed,
                format!("AWS ran it, and this program did not: {why}"),
            ),
        };
        ui.label(RichText::new(glyph).font(fonts::icons(17.0)).color(look.text));
        ui.label(RichText::new(text).strong().color(look.text));
    });
    if let Some(Agreement::Compared(fields)) = app.agreement(state)
        && !fields.is_empty()
    {
        fields_ui(ui, fields);
    }
    ui.add_space(space::XS);
}

fn fields_ui(ui: &mut Ui, fields: &[FieldDifference]) {
    egui::Grid::new("aws differences").num_columns(3).striped(true).show(ui, |ui| {
        for title in ["Field", "Here", "AWS"] {
            ui.weak(title);
        }
        ui.end_row();
        for field in fields {
            ui.label(RichText::new(&field.field).monospace());
            for value in [&field.ours, &field.aws] {
                let text = value.as_ref().map_or_else(|| "–".to_owned(), Value::to_string);
                let short: String = text.chars().take(120).collect();
                ui.label(RichText::new(short).monospace().small()).on_hover_text(text);
            }
            ui.end_row();
        }
    });
}
