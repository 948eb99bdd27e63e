//! One state run alone, as AWS's `TestState` does: what it starts from on the left, what came of it on the right.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::json_view::{json_block_ui, text_block_ui};
use super::stages::{Active, Block, blocks, stage_ui};
use super::theme::{StatusColours, space, tokens};
use crate::app::{
    App, Command, FieldValidationMode, InspectionLevel, MockedOutcome, StateTest, TestDraft,
    TestField, Value,
};
use crate::asl::{State, StateKind, StatePath};

/// Narrower than this, the answer stands below the form.
const TWO_COLUMNS: f32 = 560.0;

/// Fields of `inspectionData` that hold a value, in the order in which the data flows.
const STAGES: [&str; 13] = [
    "input",
    "afterInputPath",
    "afterItemsPath",
    "afterItemsPointer",
    "afterItemSelector",
    "afterItemBatcher",
    "afterParameters",
    "afterArguments",
    "result",
    "afterResultSelector",
    "afterResultPath",
    "output",
    "variables",
];

/// What the pane remembers.
#[derive(Default)]
pub(super) struct TestStateView {
    /// The answer that is shown, and how.
    shown: Option<(Value, Vec<Block>)>,
}

pub(super) fn test_state_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut TestStateView,
    commands: &mut Vec<Command>,
) {
    let state = app.machine().and_then(|machine| {
        let path = app.selection.state.as_ref()?;
        Some((path, machine.machine.find(path)?))
    });
    let Some((path, state)) = state else {
        controls::empty_ui(
            ui,
            "No state is selected",
            "Select a state in the graph to run it alone, with an input of your own and its service mocked.",
        );
        return;
    };
    let test = app.test(path);
    let before = test.map_or_else(|| app.fresh_test(path), |it| it.draft.clone());
    let mut draft = before.clone();
    title_ui(ui, app, path, state, &mut draft, commands);
    super::aws::agreement_ui(ui, app, path, commands);
    if ui.available_width() >= TWO_COLUMNS {
        ui.columns(2, |columns| {
            // The columns themselves would stretch the lines of a text to their width.
            columns[0].vertical(|ui| {
                scrolled_ui(ui, ("form", path), |ui| form_ui(ui, state, &mut draft));
            });
            columns[1].vertical(|ui| {
                scrolled_ui(ui, ("answer", path), |ui| {
                    answer_ui(ui, app, path, test, view, commands);
                });
            });
        });
    } else {
        scrolled_ui(ui, ("test", path), |ui| {
            form_ui(ui, state, &mut draft);
            ui.add_space(space::M);
            answer_ui(ui, app, path, test, view, commands);
        });
    }
    if draft != before {
        // Before a press of "Run test" in the same frame.
        let typed = Command::SetTest(path.clone(), Box::new(draft));
        commands.insert(0, typed);
    }
}

fn scrolled_ui(ui: &mut Ui, salt: (&str, &StatePath), add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .id_salt((salt.0, salt.1.as_str()))
        .auto_shrink([false, false])
        .show(ui, add);
}

fn title_ui(
    ui: &mut Ui,
    app: &App,
    path: &StatePath,
    state: &State,
    draft: &mut TestDraft,
    commands: &mut Vec<Command>,
) {
    ui.horizontal(|ui| {
        let run =
            ui.add_enabled_ui(draft.is_right(), |ui| controls::primary_button_ui(ui, "Run test"));
        if run.inner.clicked() {
            commands.push(Command::RunTest(path.clone()));
        }
        let visit = app.visit_of(path);
        let fill = ui.add_enabled(visit.is_some(), egui::Button::new("From the visit"));
        let fill = fill
            .on_hover_text("Input, variables and context as at the cursor")
            .on_disabled_hover_text("The shown execution has not come to this state");
        if let (true, Some(visit)) = (fill.clicked(), visit) {
            draft.take_visit(&visit);
        }
        levels_ui(ui, draft);
        let name = RichText::new(state.name.as_str()).strong();
        ui.add(egui::Label::new(name).truncate());
    });
    ui.add_space(space::XS);
}

fn levels_ui(ui: &mut Ui, draft: &mut TestDraft) {
    let levels = [
        (InspectionLevel::Info, "INFO"),
        (InspectionLevel::Debug, "DEBUG"),
        (InspectionLevel::Trace, "TRACE"),
    ];
    choice_ui(ui, "Inspection level", &mut draft.level, &levels);
}

/// A field with a few named values.
fn choice_ui<T: Copy + PartialEq>(ui: &mut Ui, name: &str, chosen: &mut T, all: &[(T, &str)]) {
    let text = all.iter().find(|(it, _)| it == chosen).map_or("", |(_, text)| text);
    let combo = egui::ComboBox::from_id_salt(name).selected_text(text).width(84.0);
    let shown = combo.show_ui(ui, |ui| {
        for (value, text) in all {
            ui.selectable_value(chosen, *value, *text);
        }
    });
    shown.response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::WidgetType::ComboBox, true, name);
        info.current_text_value = Some(text.to_owned());
        info
    });
    shown.response.on_hover_text(name);
}

// -- what it starts from

fn form_ui(ui: &mut Ui, state: &State, draft: &mut TestDraft) {
    let mistake = draft.mistake(TestField::Input);
    json_ui(ui, "State input", &mut draft.input, "", mistake);
    let mistake = draft.mistake(TestField::Variables);
    json_ui(ui, "Variables", &mut draft.variables, "none", mistake);
    mock_ui(ui, draft);
    let mistake = draft.mistake(TestField::Context);
    json_ui(ui, "Context object", &mut draft.context, "made up", mistake);
    if draft.mock == MockedOutcome::Nothing && !draft.context.trim().is_empty() {
        ui.weak("AWS takes a context only beside a mock; it is left out of this test.");
    }
    configuration_ui(ui, state, draft);
}

fn caption_ui(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).small().color(tokens(ui.ctx()).text_muted));
}

fn json_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str, mistake: Option<String>) {
    caption_ui(ui, name);
    let rows = text.lines().count().clamp(1, 12);
    let field =
        controls::code_edit(text).hint_text(hint).desired_width(f32::INFINITY).desired_rows(rows);
    ui.add(field).widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, name));
    mistake_ui(ui, mistake);
}

fn mistake_ui(ui: &mut Ui, mistake: Option<String>) {
    if let Some(mistake) = mistake {
        ui.colored_label(tokens(ui.ctx()).failed.text, mistake);
    }
}

fn mock_ui(ui: &mut Ui, draft: &mut TestDraft) {
    caption_ui(ui, "Mock");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (mock, text) in [
            (MockedOutcome::Nothing, "No mock"),
            (MockedOutcome::Result, "Mock a result"),
            (MockedOutcome::Error, "Mock an error"),
        ] {
            ui.selectable_value(&mut draft.mock, mock, text);
        }
    });
    match draft.mock {
        MockedOutcome::Nothing => {
            ui.weak("A task is answered as in an execution of the project.");
        }
        MockedOutcome::Result => {
            let mistake = draft.mistake(TestField::Result);
            json_ui(ui, "Mocked result", &mut draft.result, "", mistake);
            ui.horizontal(|ui| {
                caption_ui(ui, "Checked against the service's API");
                let modes = [
                    (FieldValidationMode::Strict, "STRICT"),
                    (FieldValidationMode::Present, "PRESENT"),
                    (FieldValidationMode::None, "NONE"),
                ];
                choice_ui(ui, "Field validation mode", &mut draft.validation, &modes);
            });
        }
        MockedOutcome::Error => {
            line_ui(ui, "Mocked error", &mut draft.error, "States.TaskFailed");
            line_ui(ui, "Mocked cause", &mut draft.cause, "What went wrong");
        }
    }
}

/// `stateConfiguration`: only what counts for this type of state.
fn configuration_ui(ui: &mut Ui, state: &State, draft: &mut TestDraft) {
    let (is_map, is_parallel) =
        (matches!(state.kind, StateKind::Map(_)), matches!(state.kind, StateKind::Parallel(_)));
    if state.retry.is_empty() && !is_map && !is_parallel {
        return;
    }
    let heading = egui::CollapsingHeader::new("State configuration")
        .id_salt("state configuration")
        .icon(super::widgets::chevron_icon);
    heading.show(ui, |ui| {
        if !state.retry.is_empty() {
            let name = "Retrier retry count";
            line_ui(ui, name, &mut draft.retrier_retry_count, "0");
            mistake_ui(ui, draft.mistake(TestField::RetrierRetryCount));
        }
        if is_map || is_parallel {
            let name = "Error caused by state";
            line_ui(ui, name, &mut draft.error_caused_by_state, "a state inside");
        }
        if is_map {
            let name = "Map iteration failure count";
            line_ui(ui, name, &mut draft.map_iteration_failure_count, "0");
            mistake_ui(ui, draft.mistake(TestField::MapIterationFailureCount));
            let name = "Map item reader data";
            json_ui(ui, name, &mut draft.map_item_reader_data, "the file, as text", None);
        }
    });
}

/// A caption with a field of one line under it.
fn line_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str) {
    caption_ui(ui, name);
    let field = controls::line_edit(text).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, name));
}

// -- what came of it

fn answer_ui(
    ui: &mut Ui,
    app: &App,
    path: &StatePath,
    test: Option<&StateTest>,
    view: &mut TestStateView,
    commands: &mut Vec<Command>,
) {
    match test.and_then(|it| it.answer.as_ref()) {
        None => {
            ui.weak("Run the test to see what the state does with this input.");
        }
        Some(Err(why)) => {
            let colours = tokens(ui.ctx());
            card_ui(ui, colours.failed, |ui| {
                ui.label(RichText::new("The test could not be run").strong());
                ui.label(why);
            });
        }
        Some(Ok(response)) => {
            verdict_ui(ui, app, path, response, commands);
            view.show(response);
            let Some((_, stages)) = &view.shown else { return };
            for stage in stages {
                stage_ui(ui, stage, &Active::default(), commands);
            }
            counts_ui(ui, response);
        }
    }
}

impl TestStateView {
    /// Compares the stages of an answer, unless it is the one that is shown.
    fn show(&mut self, response: &Value) {
        if self.shown.as_ref().is_some_and(|(it, _)| it == response) {
            return;
        }
        let data = response.get("inspectionData");
        let stage = |name: &&'static str| Some((*name, payload(data?, name)?));
        let mut stages: Vec<(&'static str, Value)> = STAGES.iter().filter_map(stage).collect();
        let output = payload(response, "output");
        if let (Some(output), true) = (output, data.is_some()) {
            let at = stages.iter().position(|(name, _)| *name == "variables");
            stages.insert(at.unwrap_or(stages.len()), ("output", output));
        }
        let blocks = blocks(stages.iter().map(|(name, value)| (*name, value)), false);
        self.shown = Some((response.clone(), blocks));
    }
}

/// A member that is a text of JSON.
fn payload(of: &Value, name: &str) -> Option<Value> {
    let text = of.get(name)?.as_str()?;
    Some(Value::parse(text).unwrap_or_else(|_| Value::from(text)))
}

fn card_ui(ui: &mut Ui, look: StatusColours, add: impl FnOnce(&mut Ui)) {
    let frame = egui::Frame::new()
        .fill(look.soft)
        .stroke(egui::Stroke::new(1.0, look.line))
        .corner_radius(6)
        .inner_margin(10);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.style_mut().interaction.selectable_labels = true;
        add(ui);
    });
    ui.add_space(space::S);
}

/// The status, where the flow goes, the error and who takes care of it.
fn verdict_ui(
    ui: &mut Ui,
    app: &App,
    path: &StatePath,
    response: &Value,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let text = |name: &str| response.get(name).and_then(Value::as_str);
    let status = text("status").unwrap_or_default();
    let look = match status {
        "SUCCEEDED" => colours.succeeded,
        "CAUGHT_ERROR" | "RETRIABLE" => colours.caught,
        _ => colours.failed,
    };
    card_ui(ui, look, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(status).strong().color(look.text));
            if let Some(next) = text("nextState") {
                ui.weak("Next");
                let link = ui.link(next);
                link.widget_info(|| {
                    let name = format!("Next state {next}");
                    egui::WidgetInfo::labeled(egui::WidgetType::Link, true, name)
                });
                if link.on_hover_text("Select the state").clicked() {
                    commands
                        .extend(beside(app, path, next).map(|it| Command::SelectState(Some(it))));
                }
            } else if status == "SUCCEEDED" {
                ui.weak("It ends here.");
            }
        });
        if let Some(error) = text("error") {
            ui.label(RichText::new(error).color(look.text).strong());
        }
        match text("cause").map(|it| (it, Value::parse(it))) {
            Some((_, Ok(cause @ (Value::Object(_) | Value::Array(_))))) => {
                json_block_ui(ui, "test cause", &cause);
            }
            Some((cause, _)) => {
                ui.label(cause);
            }
            None => {}
        }
        if let Some(decision) = decision(response) {
            ui.weak(decision);
        }
    });
    // With inspection data, the output is the last of the stages.
    if response.get("inspectionData").is_none()
        && let Some(output) = text("output")
    {
        caption_ui(ui, "Output");
        match payload(response, "output") {
            Some(output) => json_block_ui(ui, "test output", &output),
            None => text_block_ui(ui, "test output", output),
        }
    }
}

/// What the retriers and catchers of the state decided.
fn decision(response: &Value) -> Option<String> {
    let details = response.get("inspectionData").and_then(|it| it.get("errorDetails"));
    let count = |name: &str| details.and_then(|it| it.get(name)).and_then(Value::as_i64);
    let retry = count("retryIndex").zip(count("retryBackoffIntervalSeconds"));
    match (response.get("status").and_then(Value::as_str)?, retry, count("catchIndex")) {
        ("RETRIABLE", Some((at, seconds)), _) => {
            Some(format!("Retry[{at}] tries again after {seconds} s"))
        }
        ("RETRIABLE", None, _) => Some("A retrier tries again".to_owned()),
        ("CAUGHT_ERROR", _, Some(at)) => Some(format!("Caught by Catch[{at}]")),
        ("CAUGHT_ERROR", _, None) => Some("A catcher takes care".to_owned()),
        ("FAILED", ..) => Some("No Retry and no Catch takes care".to_owned()),
        _ => None,
    }
}

/// The state of that name in the scope of another.
fn beside(app: &App, path: &StatePath, name: &str) -> Option<StatePath> {
    let machine = &app.machine()?.machine;
    let own = machine.find(path)?.name.as_str().to_owned();
    let prefix = path.as_str().strip_suffix(own.as_str())?;
    let beside = StatePath::new(&format!("{prefix}{name}"));
    machine.find(&beside).map(|_| beside)
}

/// The numbers of a Map, as it computed them.
fn counts_ui(ui: &mut Ui, response: &Value) {
    let Some(data) = response.get("inspectionData") else { return };
    for name in ["maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"] {
        if let Some(count) = data.get(name) {
            ui.horizontal(|ui| {
                caption_ui(ui, name);
                ui.monospace(count.to_string());
            });
        }
    }
}
