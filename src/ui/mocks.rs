//! Answers: tasks that wait for one, and mocks that are given before anyone asks.

use std::collections::BTreeMap;

use egui::{RichText, ScrollArea, Ui};

use super::aws::live_call_ui;
use super::controls;
use super::json_view::json_block_ui;
use super::theme::{space, tokens};
use crate::app::{App, Command, Run, SendTask, TaskAnswer, TaskOutcome, TaskRequest, Value};
use crate::asl::StateKind;
use crate::asl::task::ResourceKind;

/// Waiting tasks that are shown at once; an answer that is kept answers the others of its state too.
const MOST_WAITING: usize = 8;

/// A pane lower than this has no room for the whole card of a task that waits.
const LOW: f32 = 230.0;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct MocksView {
    /// What is being typed, by state.
    drafts: BTreeMap<String, Draft>,
    /// The state whose mock is being written.
    editing: Option<String>,
    /// There is little room: what can be pressed comes before what can be read.
    low: bool,
}

#[derive(Clone, Debug)]
struct Draft {
    outcome: Outcome,
    output: String,
    error: String,
    cause: String,
    keep: bool,
}

/// How a task ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Succeeds,
    Fails,
    Never,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            outcome: Outcome::Succeeds,
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
                outcome: Outcome::Fails,
                error: error.as_deref().unwrap_or("").to_owned(),
                cause: cause.as_deref().unwrap_or("").to_owned(),
                ..Self::default()
            },
            TaskAnswer::Never => Self { outcome: Outcome::Never, ..Self::default() },
        }
    }

    /// # Errors
    /// The output is not JSON.
    fn answer(&self) -> Result<TaskAnswer, String> {
        match self.outcome {
            Outcome::Fails => Ok(TaskAnswer::Failed {
                error: Some(self.error.as_str().into()),
                cause: Some(self.cause.as_str().into()),
            }),
            Outcome::Never => Ok(TaskAnswer::Never),
            Outcome::Succeeds => Value::parse(&self.output)
                .map(|output| TaskAnswer::Succeeded { output })
                .map_err(|why| format!("The output is not JSON: {why}")),
        }
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
    view.low = ui.available_height() < LOW;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        if let Some(run) = app.run() {
            let waiting = run.waiting();
            for request in waiting.iter().take(MOST_WAITING) {
                waiting_ui(ui, app, run, request, view, commands);
            }
            if waiting.len() > MOST_WAITING {
                ui.weak(format!("{} more tasks wait.", waiting.len() - MOST_WAITING));
                ui.add_space(space::S);
            }
        }
        case_ui(ui, app, commands);
        controls::section_ui(ui, "Mocks by state");
        let Some(machine) = app.machine() else { return };
        let mut any = false;
        let drawn = app.drawn_definition().unwrap_or(&machine.machine);
        for (_, state) in drawn.states() {
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

/// A task that waits for the user: who asks whom for what, and the three ways it can end.
fn waiting_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    request: &TaskRequest,
    view: &mut MocksView,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let frame = egui::Frame::new()
        .fill(colours.in_progress.soft)
        .stroke(egui::Stroke::new(1.0, colours.in_progress.line))
        .corner_radius(8)
        .inner_margin(12);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            controls::status_dot_ui(ui, colours.in_progress.line);
            let asks = format!("{} waits for an answer", request.state_name);
            ui.label(RichText::new(asks).strong());
            for index in &request.map_indices {
                ui.weak(format!("iteration {index}"));
            }
            if request.attempt > 0 {
                ui.weak(format!("attempt {}", request.attempt + 1));
            }
            if is_called_back(request) {
                callback_ui(ui, run, request, commands);
            }
            turn_ui(ui, app, request, commands);
            live_call_ui(ui, app, run, request, commands);
        });
        // Side by side where there is room, so that question and button are seen together.
        if ui.available_width() >= 400.0 {
            ui.columns(2, |columns| {
                // The columns themselves would stretch the lines of a text to their width.
                columns[0].vertical(|ui| question_ui(ui, request));
                columns[1].vertical(|ui| answer_ui(ui, request, view, commands));
            });
        } else {
            if !view.low {
                question_ui(ui, request);
                ui.add_space(space::XS);
            }
            answer_ui(ui, request, view, commands);
            if view.low {
                ui.add_space(space::XS);
                question_ui(ui, request);
            }
        }
    });
    ui.add_space(space::S);
}

/// For a task of a re-run that asks something else than in the recording: what it was answered then, to be taken again.
fn turn_ui(ui: &mut Ui, app: &App, request: &TaskRequest, commands: &mut Vec<Command>) {
    let shown = app.shown_comparison().filter(|(it, _)| it.rerun() == app.active_run);
    let Some((turn, answer)) = shown.and_then(|(it, _)| it.turn(request.token)) else { return };
    ui.label(RichText::new(turn.why.words(turn.event)).color(tokens(ui.ctx()).caught.text));
    let Some(answer) = answer else { return };
    let button = ui.button("Answer as then");
    let hover = match &answer {
        TaskAnswer::Succeeded { output } | TaskAnswer::Submitted { output } => {
            format!("Succeed with {}", crate::layout::card::shortened(&output.to_string(), 240))
        }
        TaskAnswer::Failed { error, .. } => {
            format!("Fail with {}", error.as_deref().unwrap_or("no error name"))
        }
        TaskAnswer::Never => "Time out".to_owned(),
    };
    if button.on_hover_text(hover).clicked() {
        commands.push(Command::AnswerTask { token: request.token, answer, keep: false });
    }
}

/// Whether whoever does the work answers by a token.
fn is_called_back(request: &TaskRequest) -> bool {
    request.callback_token.is_some()
        || matches!(request.resource.kind, ResourceKind::Activity { .. })
}

/// What can be done with a token beside answering.
fn callback_ui(ui: &mut Ui, run: &Run, request: &TaskRequest, commands: &mut Vec<Command>) {
    ui.weak("by its task token").on_hover_text(
        "The service was called; the answer is what SendTaskSuccess or SendTaskFailure would say.",
    );
    let beat = ui.small_button("Send heartbeat");
    if beat.on_hover_text("As SendTaskHeartbeat: HeartbeatSeconds begin anew").clicked() {
        let token = run.callback_token(request).to_string();
        commands.push(Command::SendTask(SendTask { token, outcome: TaskOutcome::Heartbeat }));
    }
    let copy = ui.small_button("Copy token");
    if copy.on_hover_text("For SendTaskSuccess and its like from elsewhere").clicked() {
        commands.push(Command::CopyText(run.callback_token(request).to_string()));
    }
}

/// What the service is asked.
fn question_ui(ui: &mut Ui, request: &TaskRequest) {
    caption_ui(ui, "Calls");
    let resource = RichText::new(&*request.resource.text).monospace();
    ui.add(egui::Label::new(resource).wrap());
    caption_ui(ui, "With");
    json_block_ui(ui, ("waiting", request.token.0), &request.parameters);
}

/// What it is to answer.
fn answer_ui(
    ui: &mut Ui,
    request: &TaskRequest,
    view: &mut MocksView,
    commands: &mut Vec<Command>,
) {
    let low = view.low;
    let draft = view.drafts.entry(request.state_name.to_string()).or_default();
    if low {
        send_ui(ui, request, draft, commands);
        draft_ui(ui, draft);
    } else {
        draft_ui(ui, draft);
        send_ui(ui, request, draft, commands);
    }
}

/// The button that answers, or why it can't.
fn send_ui(ui: &mut Ui, request: &TaskRequest, draft: &mut Draft, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        let answer = draft.answer();
        let send =
            ui.add_enabled_ui(answer.is_ok(), |ui| controls::primary_button_ui(ui, "Answer")).inner;
        controls::checkbox_ui(ui, &mut draft.keep, "Keep as the mock of this state");
        match answer {
            Ok(answer) if send.clicked() => commands.push(Command::AnswerTask {
                token: request.token,
                answer,
                keep: draft.keep,
            }),
            Ok(_) => {}
            Err(why) => {
                ui.colored_label(tokens(ui.ctx()).failed.text, why);
            }
        }
    });
}

/// The name of a part of a card.
fn caption_ui(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).small().color(tokens(ui.ctx()).text_muted));
}

fn draft_ui(ui: &mut Ui, draft: &mut Draft) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (outcome, text) in [
            (Outcome::Succeeds, "Succeed with output"),
            (Outcome::Fails, "Fail with error"),
            (Outcome::Never, "Time out"),
        ] {
            ui.selectable_value(&mut draft.outcome, outcome, text);
        }
    });
    match draft.outcome {
        Outcome::Fails => {
            named_field_ui(ui, &mut draft.error, "Error name", "States.TaskFailed");
            named_field_ui(ui, &mut draft.cause, "Cause", "What went wrong");
        }
        Outcome::Never => {
            ui.weak(
                "It never answers. Time passes until TimeoutSeconds or HeartbeatSeconds of the state, or the timeout of the execution, ends it with States.Timeout. Without any of them it goes on waiting.",
            );
        }
        Outcome::Succeeds => {
            let rows = draft.output.lines().count().clamp(3, 16);
            let field = controls::code_edit(&mut draft.output)
                .desired_width(f32::INFINITY)
                .desired_rows(rows);
            ui.add(field).widget_info(|| {
                egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Answer")
            });
        }
    }
}

/// A caption with a field under it.
fn named_field_ui(ui: &mut Ui, text: &mut String, name: &str, hint: &str) {
    caption_ui(ui, name);
    let field = controls::line_edit(text).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, name));
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
            (Some(TaskAnswer::Never), _) => {
                ("mocked: never answers".to_owned(), colours.failed.text)
            }
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
