//! The data flow of the state at the cursor: each stage, what it was before and what it is after.

use egui::collapsing_header::CollapsingState;
use egui::{Align2, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};

use super::json_view::{Change, DiffLine, block_ui, diff, json_block_ui, whole_lines};
use super::theme::{size, space, tokens};
use super::{controls, fonts};
use crate::app::{App, Command, RunId, Value};
use crate::debug::Cursor;
use crate::execution::{EventId, InspectionData, Provenance};

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
}

/// The stages of an inspection as they are drawn, kept until the inspection is another.
#[derive(Clone, Debug)]
struct Compared {
    inspection: InspectionData,
    whole: bool,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    stage: &'static str,
    lines: Vec<DiffLine>,
    note: Note,
    /// The whole value, to be copied.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    First,
    Same,
    New,
    /// Lines added and removed.
    Changed(usize, usize),
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
                if inspection.provenance == Provenance::Computed && run.start.is_none() {
                    ui.weak("computed").on_hover_text(
                        "AWS does not record these stages; they are computed from the definition.",
                    );
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
    view.compare(inspection);
    area.show(ui, |ui| {
        let Some(compared) = &view.compared else { return };
        error_ui(ui, &compared.inspection);
        for block in &compared.blocks {
            stage_ui(ui, block, &active, commands);
        }
    });
}

impl DataFlowView {
    /// Compares the stages with each other, unless they are those that were compared last.
    fn compare(&mut self, inspection: InspectionData) {
        let known = self
            .compared
            .as_ref()
            .is_some_and(|it| it.whole == self.whole && it.inspection == inspection);
        if !known {
            let blocks = blocks(&inspection, self.whole);
            self.compared = Some(Compared { inspection, whole: self.whole, blocks });
        }
    }
}

/// The stages of an inspection, with what each changed. A result is something new, not a change of what was sent.
fn blocks(inspection: &InspectionData, whole: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut before: Option<&Value> = None;
    for (stage, value) in inspection.stages() {
        let change = before.map(|before| (before, before != value));
        let (lines, note) = match change {
            None => (whole_lines(value), Note::First),
            Some((_, false)) => (whole_lines(value), Note::Same),
            Some(_) if stage == "result" => (whole_lines(value), Note::New),
            Some((before, true)) => {
                let lines = diff(before, value, true);
                let count = |change| lines.iter().filter(|it| it.change == change).count();
                let note = Note::Changed(count(Change::Added), count(Change::Removed));
                (if whole { whole_lines(value) } else { lines }, note)
            }
        };
        blocks.push(Block { stage, lines, note, text: value.to_pretty() });
        before = Some(value);
    }
    blocks
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

/// The stage that was stepped into, and whether the cursor has just come there.
struct Active {
    stage: Option<&'static str>,
    arrived: bool,
    visit: EventId,
}

/// A stage: its name and what it did in one row, its value below.
fn stage_ui(ui: &mut Ui, block: &Block, active: &Active, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let (title, why) = stage_title(block.stage);
    let is_active = active.stage == Some(block.stage);
    let id = ui.make_persistent_id(("stage", block.stage, active.visit.0));
    let open = block.note != Note::Same || is_active;
    let mut state = CollapsingState::load_with_default_open(ui.ctx(), id, open);
    if is_active && active.arrived {
        state.set_open(true);
    }
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    let copy = Rect::from_min_max(pos2(row.right() - 26.0, row.top()), row.max);
    let header = ui.interact(row.with_max_x(copy.left()), id.with("header"), Sense::click());
    header
        .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::CollapsingHeader, true, title));
    if header.clicked() {
        state.toggle(ui);
    }
    let painter = ui.painter();
    let ground = match (is_active, header.hovered()) {
        (true, _) => colours.accent_soft,
        (false, true) => colours.hover,
        (false, false) => colours.surface,
    };
    painter.rect_filled(row, 4, ground);
    let middle = row.center().y;
    let chevron = pos2(row.left() + 9.0, middle);
    let openness = state.openness(ui.ctx());
    chevron_shape(ui, chevron, openness, colours.text_muted);
    let ink = if is_active { colours.accent_text } else { colours.text };
    let left = pos2(row.left() + 20.0, middle);
    let title_rect =
        painter.text(left, Align2::LEFT_CENTER, title, fonts::semibold(size::BODY), ink);
    let (note, colour) = match block.note {
        Note::First => (String::new(), colours.text_muted),
        Note::Same => ("unchanged".to_owned(), colours.text_muted),
        Note::New => ("new".to_owned(), colours.text_muted),
        Note::Changed(added, removed) => (format!("+{added}  −{removed}"), colours.caught.text),
    };
    let right = copy.left() - 6.0;
    let font = fonts::regular(size::SMALL);
    let note = ui.painter().layout_no_wrap(note, font, colour);
    // In a narrow pane the name goes before the note.
    if right - note.size().x > title_rect.right() + space::S {
        let at = pos2(right - note.size().x, middle - note.size().y / 2.0);
        ui.painter().galley(at, note, colour);
    }
    if is_active {
        let bar = Rect::from_min_max(row.left_top(), pos2(row.left() + 3.0, row.bottom()));
        ui.painter().rect_filled(bar, 1, colours.cursor);
        if active.arrived {
            header.scroll_to_me(Some(egui::Align::TOP));
        }
    }
    header.on_hover_text(why);
    let inside = egui::UiBuilder::new().max_rect(copy);
    ui.scope_builder(inside, |ui| {
        let name = format!("Copy {title}");
        if super::widgets::icon_button(ui, egui_phosphor::regular::COPY, &name, "").clicked() {
            commands.push(Command::CopyText(block.text.clone()));
        }
    });
    state.show_body_unindented(ui, |ui| {
        block_ui(ui, ("lines", block.stage, active.visit.0), &block.lines);
        ui.add_space(space::XS);
    });
}

/// A small arrow that points right when closed and down when open.
fn chevron_shape(ui: &Ui, centre: egui::Pos2, openness: f32, colour: egui::Color32) {
    let turn = egui::emath::Rot2::from_angle(openness * std::f32::consts::FRAC_PI_2);
    let points = [vec2(-2.0, -4.0), vec2(2.5, 0.0), vec2(-2.0, 4.0)];
    let line = points.map(|point| centre + turn * point).to_vec();
    ui.painter().add(egui::Shape::line(line, egui::Stroke::new(1.5, colour)));
}
