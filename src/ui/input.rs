//! The execution's input and type, and the buttons that start one.

use egui::{ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::{App, Command, Value};
use crate::asl::StateMachineType;

pub(super) fn input_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(machine) = app.machine() else {
        controls::empty_ui(ui, "No state machine", "Open a definition to run it.");
        return;
    };
    ui.horizontal(|ui| {
        if controls::primary_button_ui(ui, "Run")
            .on_hover_text("Start an execution with this input (F5)")
            .clicked()
        {
            commands.push(Command::Continue);
        }
        controls::command_button_ui(
            ui,
            app,
            &Command::StartPaused,
            controls::ButtonLook::Label,
            commands,
        );
        let mut kind = app.machine_type;
        egui::ComboBox::from_id_salt("machine type").selected_text(kind.as_str()).show_ui(
            ui,
            |ui| {
                for choice in [StateMachineType::Standard, StateMachineType::Express] {
                    ui.selectable_value(&mut kind, choice, choice.as_str());
                }
            },
        );
        if kind != app.machine_type {
            commands.push(Command::SetMachineType(kind));
        }
        if ui.button("Format").clicked() {
            commands.push(Command::FormatInput);
        }
        ui.weak(&machine.name);
    });
    if let Some(open) = &app.project
        && !open.project.example_inputs.is_empty()
    {
        ui.horizontal_wrapped(|ui| {
            ui.weak("Examples");
            for (name, text) in &open.project.example_inputs {
                if ui.selectable_label(app.input_text == *text, name).clicked() {
                    commands.push(Command::SetInput(text.clone()));
                }
            }
        });
    }
    ui.add_space(space::XS);
    let mut text = app.input_text.clone();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        if let Err(why) = Value::parse(&text) {
            ui.colored_label(tokens(ui.ctx()).failed.text, format!("Not JSON: {why}"));
        }
        let field = controls::code_edit(&mut text).desired_width(f32::INFINITY).desired_rows(10);
        ui.add(field).widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Execution input")
        });
    });
    if text != app.input_text {
        commands.push(Command::SetInput(text));
    }
}
