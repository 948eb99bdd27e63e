//! The stages of a state's data, each with what it changed: one row with the name, its value below.

use egui::collapsing_header::CollapsingState;
use egui::{Align2, Rect, Sense, Ui, pos2, vec2};

use super::fonts;
use super::json_view::{Change, DiffLine, Mark, diff, line_of, marked_block_ui, whole_lines};
use super::theme::{size, space, tokens};
use crate::app::{Command, Value};
use crate::debug::failure::PlaceStep;
use crate::execution::EventId;

/// A stage as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Block {
    stage: &'static str,
    lines: Vec<DiffLine>,
    note: Note,
    /// The whole value, to be copied.
    text: String,
    /// A line that was asked for.
    mark: Option<Mark>,
    /// AWS did not record it; it was computed from the definition.
    is_computed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    First,
    Same,
    New,
    /// Lines added and removed.
    Changed(usize, usize),
}

/// Stages in the order in which the data flows, with what each changed. A result is something new, not a change of what was sent.
pub(super) fn blocks<'a>(
    stages: impl IntoIterator<Item = (&'static str, &'a Value)>,
    whole: bool,
) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut before: Option<&Value> = None;
    for (stage, value) in stages {
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
        blocks.push(Block {
            stage,
            lines,
            note,
            text: value.to_pretty(),
            mark: None,
            is_computed: false,
        });
        before = Some(value);
    }
    blocks
}

impl Block {
    /// Shows the whole value, with a place in it marked.
    pub(super) fn mark(&mut self, value: &Value, place: &[PlaceStep]) {
        self.lines = whole_lines(value);
        self.mark = Some(Mark { line: line_of(value, place), arrived: true });
    }

    pub(super) fn set_computed(&mut self) {
        self.is_computed = true;
    }

    pub(super) fn stage(&self) -> &'static str {
        self.stage
    }

    /// It was scrolled to.
    pub(super) fn has_arrived(&mut self) {
        if let Some(mark) = &mut self.mark {
            mark.arrived = false;
        }
    }
}

/// The stage that was stepped into, and whether the cursor has just come there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Active {
    pub stage: Option<&'static str>,
    pub arrived: bool,
    pub visit: EventId,
}

/// A stage: its name and what it did in one row, its value below.
pub(super) fn stage_ui(ui: &mut Ui, block: &Block, active: &Active, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let (title, why) = stage_title(block.stage);
    let is_active = active.stage == Some(block.stage);
    let id = ui.make_persistent_id(("stage", block.stage, active.visit.0));
    let open = block.note != Note::Same || is_active;
    let mut state = CollapsingState::load_with_default_open(ui.ctx(), id, open);
    let is_asked = block.mark.is_some_and(|it| it.arrived);
    if (is_active && active.arrived) || is_asked {
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
    super::widgets::chevron_shape(ui, chevron, openness, colours.text_muted);
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
    let note = match (block.is_computed, note.is_empty()) {
        (true, true) => "computed".to_owned(),
        (true, false) => format!("computed · {note}"),
        (false, _) => note,
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
    let header = header.on_hover_text(why);
    if block.is_computed {
        header
            .on_hover_text("AWS does not record this stage; it was computed from the definition.");
    }
    let inside = egui::UiBuilder::new().max_rect(copy);
    ui.scope_builder(inside, |ui| {
        let name = format!("Copy {title}");
        if super::widgets::icon_button(ui, egui_phosphor::regular::COPY, &name, "").clicked() {
            commands.push(Command::CopyText(block.text.clone()));
        }
    });
    state.show_body_unindented(ui, |ui| {
        marked_block_ui(ui, ("lines", block.stage, active.visit.0), &block.lines, block.mark);
        ui.add_space(space::XS);
    });
}

/// What a stage is called for people, and the field of the state that makes it.
fn stage_title(stage: &str) -> (&'static str, &'static str) {
    match stage {
        "input" => ("Input", "what the state received"),
        "afterInputPath" => ("After InputPath", "the part of the input that is used"),
        "afterItemsPath" => ("After ItemsPath", "the items that are iterated over"),
        "afterItemsPointer" => ("After ItemsPointer", "the part of the file that is iterated over"),
        "afterItemSelector" => ("After ItemSelector", "what an iteration gets"),
        "afterItemBatcher" => ("After ItemBatcher", "what a child execution gets"),
        "afterParameters" => ("After Parameters", "what the task gets"),
        "afterArguments" => ("After Arguments", "what the task gets"),
        "result" => ("Result", "what came back"),
        "afterResultSelector" => ("After ResultSelector", "the part of the result that is used"),
        "afterResultPath" => ("After ResultPath", "the result laid into the input"),
        "output" => ("Output", "what the next state receives"),
        "variables" => ("Variables", "the variables after the state"),
        _ => ("Stage", ""),
    }
}
