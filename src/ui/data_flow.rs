//! The data flow of the state at the cursor: each stage, what it was before and what it is after.

use egui::{RichText, ScrollArea, Ui};

use super::json_view::{Change, diff, json_ui, lines_ui};
use super::theme::{space, tokens};
use crate::app::{App, Command, Value};
use crate::debug::Cursor;
use crate::execution::{InspectionData, Provenance};

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct DataFlowView {
    /// Whole values instead of only what changed.
    whole: bool,
    /// The cursor that was last scrolled to.
    followed: Cursor,
}

/// What a stage is called for people, and the field of the state that makes it.
fn stage_title(stage: &str) -> (&'static str, &'static str) {
    match stage {
        "input" => ("Input", "what the state received"),
        "afterInputPath" => ("After InputPath", "the part of the input that is used"),
        "afterItemsPath" => ("After ItemsPath", "the items that are iterated over"),
        "afterItemSelector" => ("After ItemSelector", "what an iteration gets"),
        "afterParameters" => ("After Parameters", "what the task gets"),
        "afterArguments" => ("After Arguments", "what the task gets"),
        "result" => ("Result", "what came back"),
        "afterResultSelector" => ("After ResultSelector", "the part of the result that is used"),
        "afterResultPath" => ("After ResultPath", "the result laid into the input"),
        "output" => ("Output", "what the next state receives"),
        _ => ("Stage", ""),
    }
}

pub(super) fn data_flow_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut DataFlowView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        super::controls::empty_ui(
            ui,
            "Nothing runs yet",
            "Start an execution (F5) or send a request: this pane shows what each stage does to the data.",
        );
        return;
    };
    let Some(inspection) = run.session.inspection() else {
        super::controls::empty_ui(
            ui,
            "No state at the cursor",
            "Step to a state to see its data flow.",
        );
        return;
    };
    let frame = run.session.stack().into_iter().next();
    ui.horizontal(|ui| {
        if let Some(frame) = &frame {
            if ui
                .link(RichText::new(&*frame.name).strong())
                .on_hover_text("Select the state")
                .clicked()
            {
                commands.push(Command::SelectState(Some(frame.state.clone())));
            }
            if !frame.label.is_empty() {
                ui.weak(&frame.label);
            }
        }
        if inspection.provenance == Provenance::Computed && run.start.is_none() {
            ui.weak("computed").on_hover_text(
                "AWS does not record these stages; they are computed from the definition.",
            );
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.checkbox(&mut view.whole, "Whole values");
        });
    });
    ui.add_space(space::XS);
    let cursor = run.session.cursor();
    let active = Active { stage: cursor.stage, arrived: view.followed != cursor };
    view.followed = cursor;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        error_ui(ui, &inspection);
        stages_ui(ui, &inspection, &active, view.whole);
    });
}

fn error_ui(ui: &mut Ui, inspection: &InspectionData) {
    let Some(error) = &inspection.error else { return };
    let colours = tokens(ui.ctx());
    egui::Frame::new().fill(colours.failed.soft).corner_radius(6).inner_margin(8).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(&error.error).color(colours.failed.text).strong());
        ui.style_mut().interaction.selectable_labels = true;
        ui.label(&error.cause);
        let fate = match (error.retry_index, error.catch_index) {
            (Some(retrier), _) => match error.retry_backoff_interval_seconds {
                Some(seconds) => format!("Retried by Retry[{retrier}] after {seconds} s"),
                None => format!("Retried by Retry[{retrier}]"),
            },
            (None, Some(catcher)) => format!("Caught by Catch[{catcher}]"),
            (None, None) => "No Retry and no Catch took care".to_owned(),
        };
        ui.weak(fate);
    });
    ui.add_space(space::S);
}

/// The stage that was stepped into, and whether the cursor has just come there.
struct Active {
    stage: Option<&'static str>,
    arrived: bool,
}

fn stages_ui(ui: &mut Ui, inspection: &InspectionData, active: &Active, whole: bool) {
    let colours = tokens(ui.ctx());
    let mut before: Option<&Value> = None;
    for (stage, value) in inspection.stages() {
        let (title, why) = stage_title(stage);
        let changed = before.is_some_and(|before| before != value);
        let is_active = active.stage == Some(stage);
        let mut heading = RichText::new(title);
        if is_active {
            heading = heading.strong().color(colours.accent_text);
        }
        let note = match before {
            None => String::new(),
            Some(_) if changed => "changed".to_owned(),
            Some(_) => "same".to_owned(),
        };
        let header = egui::CollapsingHeader::new(heading)
            .id_salt(("stage", stage))
            .default_open(before.is_none() || changed || stage == "output");
        let header = if is_active { header.open(Some(true)) } else { header };
        let response = header.show(ui, |ui| {
            match before {
                // A result is something new, not a change of what was sent.
                Some(before) if changed && !whole && stage != "result" => {
                    let lines = diff(before, value, true);
                    let added = lines.iter().filter(|line| line.change == Change::Added).count();
                    let removed =
                        lines.iter().filter(|line| line.change == Change::Removed).count();
                    lines_ui(ui, ("diff", stage), &lines, 320.0);
                    ui.weak(format!("{added} lines added, {removed} removed"));
                }
                Some(_) | None => json_ui(ui, ("stage value", stage), value, 320.0),
            }
        });
        let rect = response.header_response.rect;
        let right = ui.max_rect().right() - 6.0;
        let colour = if changed { colours.caught.text } else { colours.text_faint };
        ui.painter().text(
            egui::pos2(right, rect.center().y),
            egui::Align2::RIGHT_CENTER,
            note,
            super::fonts::regular(super::theme::size::SMALL),
            colour,
        );
        if is_active {
            if active.arrived {
                response.header_response.scroll_to_me(Some(egui::Align::TOP));
            }
            let bar = egui::Rect::from_min_max(
                rect.left_top(),
                egui::pos2(rect.left() + 2.0, rect.bottom()),
            );
            ui.painter().rect_filled(bar.translate(egui::vec2(-4.0, 0.0)), 1, colours.cursor);
        }
        response.header_response.on_hover_text(why);
        before = Some(value);
    }
}
