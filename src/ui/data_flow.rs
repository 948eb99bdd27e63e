//! The data flow of the state at the cursor: each stage, what it was before and what it is after.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::json_view::json_block_ui;
use super::lambda_log::{LambdaView, lambda_ui};
use super::stages::{Active, Block, blocks, stage_ui};
use super::theme::{space, tokens};
use crate::app::{App, Command, Revealed, RunId, Value};
use crate::debug::Cursor;
use crate::execution::{EventId, InspectionData, StateType};

/// The stages that AWS records of every state, then those of a Task.
const RECORDED: [&str; 5] = ["input", "output", "afterParameters", "afterArguments", "result"];

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct DataFlowView {
    /// Whole values instead of only what changed.
    whole: bool,
    /// The cursor that was last scrolled to.
    followed: Cursor,
    /// The visit that is shown, and whether it has an error.
    shown: Option<(RunId, EventId, bool)>,
    compared: Option<Compared>,
    lambda: LambdaView,
}

/// The stages of an inspection as they are drawn, kept until the inspection is another.
#[derive(Clone, Debug)]
struct Compared {
    inspection: InspectionData,
    whole: bool,
    /// The field that was asked for, by its number.
    revealed: Option<u64>,
    blocks: Vec<Block>,
}

pub(super) fn data_flow_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut DataFlowView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "Nothing runs yet",
            "Start an execution (F5) or send a request: this pane shows what each stage does to the data.",
        );
        return;
    };
    let Some(inspection) = run.session.inspection() else {
        controls::empty_ui(ui, "No state at the cursor", "Step to a state to see its data flow.");
        return;
    };
    let frame = run.session.stack().into_iter().next();
    let whole = |ui: &mut Ui, whole: &mut bool| {
        controls::checkbox_ui(ui, whole, "Whole values")
            .on_hover_text("Each stage as it is, and not what it changed");
    };
    // In a narrow pane the name has a row of its own.
    let narrow = ui.available_width() < 260.0;
    ui.horizontal(|ui| {
        let words = |ui: &mut Ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            if !narrow {
                whole(ui, &mut view.whole);
            }
            let name = |ui: &mut Ui| {
                let Some(frame) = &frame else { return };
                let name = egui::Label::new(RichText::new(&*frame.name).strong())
                    .truncate()
                    .sense(egui::Sense::click());
                if ui.add(name).on_hover_text("Select the state").clicked() {
                    commands.push(Command::SelectState(Some(frame.state.clone())));
                }
                if !frame.label.is_empty() {
                    ui.weak(&frame.label);
                }
            };
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), name);
        };
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), words);
    });
    if narrow {
        whole(ui, &mut view.whole);
    }
    ui.add_space(space::XS);
    let cursor = run.session.cursor();
    let visit = frame.as_ref().map_or(EventId(0), |it| it.entered);
    let place = (run.id, visit, inspection.error.is_some());
    let active = Active { stage: cursor.stage, arrived: view.followed != cursor, visit };
    view.followed = cursor;
    let mut area = ScrollArea::vertical().auto_shrink([false, false]);
    // Another state, or an error that was not there before: from the top, or it would lie out of sight.
    if view.shown.replace(place) != Some(place) {
        area = area.vertical_scroll_offset(0.0);
    }
    let revealed = app.revealed();
    // Of a recorded execution AWS says what went into a state, what came out, and what was sent and answered.
    let is_task = run
        .session
        .timeline()
        .visits
        .get(&visit)
        .is_some_and(|it| it.state_type == StateType::Task);
    let recorded = match (run.start.is_some(), is_task) {
        (true, _) => None,
        (false, true) => Some(&RECORDED[..]),
        (false, false) => Some(&RECORDED[..2]),
    };
    view.compare(inspection, revealed, recorded);
    area.show(ui, |ui| {
        let Some(compared) = &mut view.compared else { return };
        error_ui(ui, &compared.inspection);
        if let Some(frame) = &frame {
            super::executions::started_ui(ui, app, run, &frame.state, commands);
            lambda_ui(ui, app, run, frame.entered, &mut view.lambda, commands);
        }
        for block in &mut compared.blocks {
            stage_ui(ui, block, &active, commands);
            block.has_arrived();
        }
    });
}

impl DataFlowView {
    /// Compares the stages with each other, unless they are those that were compared last.
    fn compare(
        &mut self,
        inspection: InspectionData,
        revealed: Option<&Revealed>,
        recorded: Option<&[&str]>,
    ) {
        let asked = revealed.map(|it| it.serial);
        let known = self.compared.as_ref().is_some_and(|it| {
            it.whole == self.whole && it.revealed == asked && it.inspection == inspection
        });
        if !known {
            let stages = inspection.stages();
            let mut blocks = blocks(stages.iter().copied(), self.whole);
            for block in &mut blocks {
                if recorded.is_some_and(|it| !it.contains(&block.stage())) {
                    block.set_computed();
                }
                let asked = revealed.filter(|it| it.reveal.stage == block.stage());
                let value = stages.iter().find(|(stage, _)| *stage == block.stage());
                if let (Some(asked), Some((_, value))) = (asked, value) {
                    block.mark(value, &asked.reveal.place);
                }
            }
            let (whole, revealed) = (self.whole, asked);
            self.compared = Some(Compared { inspection, whole, revealed, blocks });
        }
    }
}

fn error_ui(ui: &mut Ui, inspection: &InspectionData) {
    let Some(error) = &inspection.error else { return };
    let colours = tokens(ui.ctx());
    let frame = egui::Frame::new()
        .fill(colours.failed.soft)
        .stroke(egui::Stroke::new(1.0, colours.failed.line))
        .corner_radius(6)
        .inner_margin(10);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.style_mut().interaction.selectable_labels = true;
        ui.label(RichText::new(&error.error).color(colours.failed.text).strong());
        match Value::parse(&error.cause) {
            // A Lambda function's cause is a JSON object with its stack trace.
            Ok(cause @ (Value::Object(_) | Value::Array(_))) => {
                json_block_ui(ui, "cause", &cause);
            }
            Ok(_) | Err(_) => {
                ui.label(&error.cause);
            }
        }
        // A retrier without a backoff had no attempts left.
        let retried = error.retry_index.zip(error.retry_backoff_interval_seconds);
        let fate = match (retried, error.catch_index) {
            (Some((retrier, seconds)), _) => {
                format!("Retried by Retry[{retrier}] after {seconds} s")
            }
            (None, Some(catcher)) => format!("Caught by Catch[{catcher}]"),
            (None, None) => "No Retry and no Catch took care".to_owned(),
        };
        ui.weak(fate);
    });
    ui.add_space(space::S);
}
