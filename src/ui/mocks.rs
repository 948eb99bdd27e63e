//! Answers: tasks that wait for one, and mocks that are given before anyone asks.

use std::collections::BTreeMap;

use egui::{RichText, ScrollArea, TextEdit, Ui};

use super::controls;
use super::json_view::json_block_ui;
use super::theme::{space, tokens};
use crate::app::{App, Command, TaskAnswer, TaskRequest, Value};
use crate::asl::StateKind;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct MocksView {
    /// What is being typed, by state.
    drafts: BTreeMap<String, Draft>,
    /// The state whose mock is being written.
    editing: Option<String>,
}

#[derive(Clone, Debug)]
struct Draft {
    fails: bool,
    output: String,
    error: String,
    cause: String,
    keep: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            fails: false,
            output: "{}".to_owned(),
            error: "States.TaskFailed".to_owned(),
            cause: String::new(),
            keep: true,
        }
    }
}

impl Draft {
    fn of(answer: &TaskAnswer) -> Self {
        match answer {
            TaskAnswer::Succeeded { output } | TaskAnswer::Submitted { output } => {
                Self { output: output.to_pretty(), ..Self::default() }
            }
            TaskAnswer::Failed { error, cause } => Self {
                fails: true,
                error: error.as_deref().unwrap_or("").to_owned(),
                cause: cause.as_deref().unwrap_or("").to_owned(),
                ..Self::default()
            },
        }
    }

    /// # Errors
    /// The output is not JSON.
    fn answer(&self) -> Result<TaskAnswer, String> {
        if self.fails {
            return Ok(TaskAnswer::Failed {
                error: Some(self.error.as_str().into()),
                cause: Some(self.cause.as_str().into()),
            });
        }
        let output =
            Value::parse(&self.output).map_err(|why| format!("The answer is not JSON: {why}"))?;
        Ok(TaskAnswer::Succeeded { output })
    }
}

pub(super) fn mocks_ui(ui: &mut Ui, app: &App, view: &mut MocksView, commands: &mut Vec<Command>) {
    let Some(open) = &app.project else {
        controls::empty_ui(
            ui,
            "No project is open",
            "Tasks without a service of their own are answered here.",
        );
        return;
    };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        if let Some(run) = app.run() {
            for request in run.waiting() {
                waiting_ui(ui, request, view, commands);
            }
        }
        case_ui(ui, app, commands);
        controls::section_ui(ui, "Mocks by state");
        let Some(machine) = app.machine() else { return };
        let mut any = false;
        for (_, state) in machine.machine.states() {
            let StateKind::Task(task) = &state.kind else { continue };
            any = true;
            let typed = open.answers.typed.answer(state.name.as_str(), 0);
            let from_case =
                open.answers.case.as_ref().and_then(|case| case.answer(state.name.as_str(), 0));
            let name = state.name.as_str().to_owned();
            mock_row_ui(
                ui,
                &name,
                &task.resource.text,
                typed.as_ref(),
                from_case.as_ref(),
                view,
                commands,
            );
        }
        if !any {
            ui.weak("This machine has no Task states.");
        }
    });
}

/// A task that waits for the user.
fn waiting_ui(
    ui: &mut Ui,
    request: &TaskRequest,
    view: &mut MocksView,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    egui::Frame::new().fill(colours.in_progress.soft).corner_radius(6).inner_margin(10).show(
        ui,
        |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(format!("{} waits for an answer", request.state_name)).strong());
            ui.weak(&*request.resource.text);
            egui::CollapsingHeader::new("Parameters")
                .id_salt(("parameters", request.token.0))
                .default_open(false)
                .show(ui, |ui| {
                    json_block_ui(ui, ("waiting", request.token.0), &request.parameters);
                });
            let draft = view.drafts.entry(request.state_name.to_string()).or_default();
            draft_ui(ui, draft);
            controls::checkbox_ui(ui, &mut draft.keep, "Keep as the mock of this state");
            ui.horizontal(|ui| match draft.answer() {
                Ok(answer) => {
                    if controls::primary_button_ui(ui, "Answer").clicked() {
                        commands.push(Command::AnswerTask {
                            token: request.token,
                            answer,
                            keep: draft.keep,
                        });
                    }
                }
                Err(why) => {
                    ui.colored_label(colours.failed.text, why);
                }
            });
        },
    );
    ui.add_space(space::S);
}

fn draft_ui(ui: &mut Ui, draft: &mut Draft) {
    ui.horizontal(|ui| {
        ui.selectable_value(&mut draft.fails, false, "Succeeds with");
        ui.selectable_value(&mut draft.fails, true, "Fails with");
    });
    if draft.fails {
        let field = ui.add(
            TextEdit::singleline(&mut draft.error)
                .hint_text("Error name")
                .desired_width(f32::INFINITY),
        );
        field.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Error name")
        });
        let field = ui.add(
            TextEdit::singleline(&mut draft.cause).hint_text("Cause").desired_width(f32::INFINITY),
        );
        field.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Cause"));
    } else {
        let rows = draft.output.lines().count().clamp(3, 16);
        let field = TextEdit::multiline(&mut draft.output)
            .code_editor()
            .desired_width(f32::INFINITY)
            .desired_rows(rows);
        ui.add(field)
            .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Answer"));
    }
}

fn case_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(open) = &app.project else { return };
    let name = open.machine().map(|it| it.name.clone()).unwrap_or_default();
    let cases = open.project.mocks.as_ref().map(|mocks| mocks.cases(&name)).unwrap_or_default();
    ui.horizontal(|ui| {
        ui.label("Test case");
        let chosen = open.mock_case.clone();
        egui::ComboBox::from_id_salt("case")
            .selected_text(chosen.as_deref().unwrap_or("none"))
            .show_ui(ui, |ui| {
                if ui.selectable_label(chosen.is_none(), "none").clicked() {
                    commands.push(Command::SelectMockCase(None));
                }
                for case in cases {
                    if ui.selectable_label(chosen.as_ref() == Some(&case), &case).clicked() {
                        commands.push(Command::SelectMockCase(Some(case)));
                    }
                }
            });
        controls::command_button_ui(
            ui,
            app,
            &Command::ShowLoadMocksDialog,
            controls::ButtonLook::Label,
            commands,
        );
    });
    ui.add_space(space::S);
}

fn mock_row_ui(
    ui: &mut Ui,
    state: &str,
    resource: &str,
    typed: Option<&TaskAnswer>,
    from_case: Option<&TaskAnswer>,
    view: &mut MocksView,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let editing = view.editing.as_deref() == Some(state);
    ui.horizontal(|ui| {
        ui.label(RichText::new(state).strong());
        let (text, colour) = match (typed, from_case) {
            (Some(TaskAnswer::Failed { error, .. }), _) => (
                format!("mocked: fails with {}", error.as_deref().unwrap_or("-")),
                colours.failed.text,
            ),
            (Some(_), _) => ("mocked".to_owned(), colours.succeeded.text),
            (None, Some(TaskAnswer::Failed { error, .. })) => (
                format!("case: fails with {}", error.as_deref().unwrap_or("-")),
                colours.caught.text,
            ),
            (None, Some(_)) => ("from the case".to_owned(), colours.in_progress.text),
            (None, None) if resource.contains("dynamodb:") => {
                ("embedded DynamoDB".to_owned(), colours.text_muted)
            }
            (None, None) => ("asks".to_owned(), colours.text_muted),
        };
        ui.colored_label(colour, text);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if typed.is_some() && ui.small_button("Remove").clicked() {
                commands.push(Command::RemoveMock(state.to_owned()));
            }
            let button = ui.small_button("Edit mock");
            button.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::WidgetType::Button,
                    true,
                    format!("Edit mock of {state}"),
                )
            });
            if button.clicked() {
                view.editing = if editing { None } else { Some(state.to_owned()) };
                if let Some(answer) = typed.or(from_case) {
                    view.drafts.insert(state.to_owned(), Draft::of(answer));
                }
            }
        });
    });
    if editing {
        ui.indent(("mock", state), |ui| {
            ui.weak(resource);
            let draft = view.drafts.entry(state.to_owned()).or_default();
            draft_ui(ui, draft);
            match draft.answer() {
                Ok(answer) => {
                    if controls::primary_button_ui(ui, "Save mock").clicked() {
                        commands.push(Command::SetMock { state: state.to_owned(), answer });
                        view.editing = None;
                    }
                }
                Err(why) => {
                    ui.colored_label(colours.failed.text, why);
                }
            }
        });
    }
}
