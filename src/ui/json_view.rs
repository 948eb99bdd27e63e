//! JSON and its changes as coloured text, in blocks of their full height.

use std::fmt::Debug;
use std::hash::Hash;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Ui};
use similar::{ChangeTag, TextDiff};

use super::fonts;
use super::theme::{Tokens, size, tokens};
use crate::app::Value;
use crate::debug::failure::PlaceStep;

/// Longer texts are compared line by line only this far, so that a frame never waits for a comparison.
const MAX_DIFF_LINES: usize = 4_000;

/// A block shows this many lines before it is asked for more, unless only a few more would be hidden.
const FOLDED_LINES: usize = 24;
const FEW_LINES: usize = 6;
/// How many more lines each click shows: every one of them is laid out in every frame.
const MORE_LINES: usize = 400;
/// Letters of a line before and after more was asked for.
const LINE_LETTERS: (usize, usize) = (400, 20_000);

/// One line of a before/after view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    pub change: Change,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    Added,
    Removed,
}

/// What changed between two values, as lines of their pretty text. Long stretches without change are folded when `fold` is set.
pub fn diff(before: &Value, after: &Value, fold: bool) -> Vec<DiffLine> {
    let (before, after) = (before.to_pretty(), after.to_pretty());
    if before.lines().count() + after.lines().count() > MAX_DIFF_LINES {
        let mut lines = vec![DiffLine {
            change: Change::Same,
            text: "(too long to compare; this is the value after)".to_owned(),
        }];
        lines.extend(
            after.lines().map(|line| DiffLine { change: Change::Same, text: line.to_owned() }),
        );
        return lines;
    }
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines: Vec<DiffLine> = diff
        .iter_all_changes()
        .map(|change| DiffLine {
            change: match change.tag() {
                ChangeTag::Equal => Change::Same,
                ChangeTag::Insert => Change::Added,
                ChangeTag::Delete => Change::Removed,
            },
            text: change.value().trim_end_matches('\n').to_owned(),
        })
        .collect();
    if fold {
        lines = folded(lines);
    }
    lines
}

/// Keeps two lines around each change and says how many it left out between.
fn folded(lines: Vec<DiffLine>) -> Vec<DiffLine> {
    const AROUND: usize = 2;
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.change != Change::Same)
        .map(|(at, _)| at)
        .collect();
    let near = |at: usize| {
        let next = changed.partition_point(|it| *it < at);
        let after = changed.get(next).is_some_and(|it| it - at <= AROUND);
        let before =
            next.checked_sub(1).and_then(|it| changed.get(it)).is_some_and(|it| at - it <= AROUND);
        after || before
    };
    let mut kept = Vec::new();
    let mut hidden = 0;
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            if hidden > 0 {
                kept.push(fold_mark(hidden));
                hidden = 0;
            }
            kept.push(line);
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 && !kept.is_empty() {
        kept.push(fold_mark(hidden));
    }
    kept
}

fn fold_mark(hidden: usize) -> DiffLine {
    let lines = if hidden == 1 { "line" } else { "lines" };
    DiffLine { change: Change::Same, text: format!("  ⋯ {hidden} unchanged {lines}") }
}

/// A value as coloured text at its full height; what is long is folded and shown on request. For panes that scroll
/// themselves: a scroll area inside another hides where things end.
pub fn json_block_ui(ui: &mut Ui, salt: impl Hash + Debug, value: &Value) {
    text_block_ui(ui, salt, &value.to_pretty());
}

/// A value with one of its lines marked.
pub fn marked_json_ui(ui: &mut Ui, salt: impl Hash + Debug, value: &Value, mark: Mark) {
    marked_block_ui(ui, salt, &whole_lines(value), Some(mark));
}

/// A line that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Counts from 0.
    pub line: usize,
    /// Scroll to it: it was asked for just now.
    pub arrived: bool,
}

/// The line of a value's pretty text on which a place begins; as far as there is something.
pub fn line_of(value: &Value, place: &[PlaceStep]) -> usize {
    let Some((step, rest)) = place.split_first() else { return 0 };
    let before = |parts: &mut dyn Iterator<Item = &Value>| parts.map(line_count).sum::<usize>();
    match (step, value) {
        (PlaceStep::Member(name), Value::Object(members)) => {
            let Some((at, _, inner)) = members.get_full(name) else { return 0 };
            1 + before(&mut members.values().take(at)) + line_of(inner, rest)
        }
        (PlaceStep::Index(index), Value::Array(items)) => {
            let Some(inner) = items.get(*index) else { return 0 };
            1 + before(&mut items.iter().take(*index)) + line_of(inner, rest)
        }
        (PlaceStep::Member(_) | PlaceStep::Index(_), _) => 0,
    }
}

/// Lines of a value's pretty text.
fn line_count(value: &Value) -> usize {
    match value {
        Value::Array(items) if !items.is_empty() => 2 + items.iter().map(line_count).sum::<usize>(),
        Value::Object(members) if !members.is_empty() => {
            2 + members.values().map(line_count).sum::<usize>()
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => 1,
    }
}

/// JSON-like text at its full height, folded when it is long.
pub fn text_block_ui(ui: &mut Ui, salt: impl Hash + Debug, text: &str) {
    block_ui(ui, salt, &same_lines(text));
}

/// Lines of a comparison at their full height, folded when there are many.
pub fn block_ui(ui: &mut Ui, salt: impl Hash + Debug, lines: &[DiffLine]) {
    marked_block_ui(ui, salt, lines, None);
}

/// As [`block_ui`], with a line marked and unfolded.
pub fn marked_block_ui(
    ui: &mut Ui,
    salt: impl Hash + Debug,
    lines: &[DiffLine],
    mark: Option<Mark>,
) {
    let colours = tokens(ui.ctx());
    let id = ui.id().with(("block", salt));
    let mut unfolded = ui.data(|data| data.get_temp::<usize>(id)).unwrap_or(0);
    if let Some(mark) = mark
        && mark.arrived
        && mark.line >= unfolded.max(FOLDED_LINES)
    {
        unfolded = (mark.line + FOLDED_LINES).min(lines.len());
        ui.data_mut(|data| data.insert_temp(id, unfolded));
    }
    let most = if unfolded == 0 { FOLDED_LINES + FEW_LINES } else { unfolded };
    let shown = if lines.len() <= most {
        lines.len()
    } else if unfolded == 0 {
        FOLDED_LINES
    } else {
        unfolded
    };
    let letters = if unfolded == 0 { LINE_LETTERS.0 } else { LINE_LETTERS.1 };
    let cut = lines[..shown].iter().any(|line| line.text.len() > letters);
    let with_marks = lines.iter().any(|line| line.change != Change::Same);
    let frame = egui::Frame::new()
        .fill(colours.sunken)
        .stroke(egui::Stroke::new(1.0, colours.border))
        .corner_radius(5)
        .inner_margin(egui::Margin::symmetric(8, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 1.0;
        for (at, line) in lines[..shown].iter().enumerate() {
            let is_marked = mark.is_some_and(|it| it.line == at);
            let rect = wrapped_line_ui(ui, line, LineLook { with_marks, letters, is_marked });
            if mark.is_some_and(|it| it.arrived && it.line == at) {
                ui.scroll_to_rect(rect, Some(egui::Align::Center));
            }
        }
        let hidden = lines.len() - shown;
        let wanted = match (hidden, cut, unfolded) {
            (0, true, 0) => Some(("Show all".to_owned(), MORE_LINES)),
            (0, _, 0) => None,
            (0, ..) => Some(("Show less".to_owned(), 0)),
            (1..=MORE_LINES, ..) => Some((format!("Show all {} lines", lines.len()), lines.len())),
            _ => {
                let text = format!("Show {MORE_LINES} more of {hidden} lines");
                Some((text, shown + MORE_LINES))
            }
        };
        if let Some((text, lines)) = wanted {
            ui.add_space(2.0);
            if ui.link(egui::RichText::new(text).small()).clicked() {
                ui.data_mut(|data| data.insert_temp(id, lines));
            }
        }
    });
}

/// How a line is drawn.
#[derive(Clone, Copy)]
struct LineLook {
    /// Lines of this block have marks of change.
    with_marks: bool,
    /// The most letters that are shown.
    letters: usize,
    /// It was asked for.
    is_marked: bool,
}

/// One line, wrapped under its own indentation.
fn wrapped_line_ui(ui: &mut Ui, line: &DiffLine, look: LineLook) -> egui::Rect {
    let LineLook { with_marks: with_mark, letters, is_marked } = look;
    let colours = tokens(ui.ctx());
    let font = fonts::monospace(size::MONOSPACE);
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font, ' '));
    let gutter = if with_mark { 2.0 * letter } else { 0.0 };
    let text = line.text.trim_start_matches(' ');
    let spaces = (line.text.len() - text.len()) as f32;
    let width = ui.available_width();
    let indent = gutter + (spaces * letter).min((width - gutter) / 2.0);
    let (ground, mark, mark_colour) = look_of(line.change, colours);

    let mut job = LayoutJob::default();
    match text.char_indices().nth(letters) {
        Some((end, _)) => {
            highlight(&text[..end], &font, colours, &mut job);
            let more = format!("… {} more letters", text[end..].chars().count());
            let format = TextFormat {
                font_id: fonts::regular(size::SMALL),
                color: colours.text_muted,
                ..TextFormat::default()
            };
            job.append(&more, 4.0, format);
        }
        None => highlight(text, &font, colours, &mut job),
    }
    job.wrap.max_width = (width - indent).max(40.0);
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let row = ui.fonts_mut(|fonts| fonts.row_height(&font)).ceil() + 1.0;
    let wanted = egui::vec2(width, galley.size().y.max(row));
    let (rect, _) = ui.allocate_exact_size(wanted, egui::Sense::hover());
    if !ui.is_rect_visible(rect) {
        return rect;
    }
    if is_marked {
        let ground = rect.expand2(egui::vec2(4.0, 0.5));
        ui.painter().rect_filled(ground, 2, colours.found);
        let bar = ground.with_max_x(ground.left() + 3.0);
        ui.painter().rect_filled(bar, 0, colours.failed.line);
    }
    if ground != Color32::TRANSPARENT {
        ui.painter().rect_filled(rect.expand2(egui::vec2(4.0, 0.5)), 2, ground);
    }
    if with_mark {
        ui.painter().text(rect.left_top(), egui::Align2::LEFT_TOP, mark, font, mark_colour);
    }
    let inside = egui::UiBuilder::new()
        .max_rect(rect.with_min_x(rect.left() + indent))
        .layout(egui::Layout::left_to_right(egui::Align::Min));
    ui.scope_builder(inside, |ui| ui.add(egui::Label::new(galley).selectable(true)));
    rect
}

/// The ground of a line, its mark and the mark's colour.
fn look_of(change: Change, colours: &Tokens) -> (Color32, &'static str, Color32) {
    match change {
        Change::Same => (Color32::TRANSPARENT, " ", colours.text_faint),
        Change::Added => (colours.added, "+", colours.added_text),
        Change::Removed => (colours.removed, "−", colours.removed_text),
    }
}

/// A value as lines without a change.
pub fn whole_lines(value: &Value) -> Vec<DiffLine> {
    same_lines(&value.to_pretty())
}

fn same_lines(text: &str) -> Vec<DiffLine> {
    text.lines().map(|line| DiffLine { change: Change::Same, text: line.to_owned() }).collect()
}

/// Appends one line of JSON (or YAML) in colours. Works line by line: no JSON string spans lines.
pub fn highlight(line: &str, font: &FontId, colours: &Tokens, job: &mut LayoutJob) {
    let mut push = |text: &str, colour: Color32| {
        job.append(
            text,
            0.0,
            TextFormat { font_id: font.clone(), color: colour, ..TextFormat::default() },
        );
    };
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        let (token, after) = rest.split_at(length);
        let colour = match first {
            '"' => {
                if after.trim_start().starts_with(':') {
                    colours.json_key
                } else if token.contains("{%")
                    || token.starts_with("\"$")
                    || token.starts_with("\"States.")
                {
                    colours.json_expression
                } else {
                    colours.json_string
                }
            }
            '-' | '0'..='9' => colours.json_number,
            't' | 'f' | 'n' if matches!(token, "true" | "false" | "null") => colours.json_word,
            '{' | '}' | '[' | ']' | ',' | ':' => colours.json_mark,
            _ => colours.text,
        };
        push(token, colour);
        rest = after;
    }
}

/// Bytes of the token at the start of `text`.
fn token_length(text: &str, first: char) -> usize {
    let until =
        |stop: &dyn Fn(char) -> bool| text.find(stop).unwrap_or(text.len()).max(first.len_utf8());
    match first {
        '"' => {
            let mut escaped = false;
            for (at, letter) in text.char_indices().skip(1) {
                match letter {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => return at + 1,
                    _ => {}
                }
            }
            text.len()
        }
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        _ if first.is_whitespace() => until(&|it: char| !it.is_whitespace()),
        _ => until(&|it: char| {
            it.is_whitespace() || matches!(it, '{' | '}' | '[' | ']' | ',' | ':' | '"')
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_marked_and_the_rest_is_folded() {
        let before = Value::parse(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}"#).expect("JSON");
        let after = Value::parse(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":8}"#).expect("JSON");
        let lines = diff(&before, &after, true);
        let text: Vec<(Change, &str)> =
            lines.iter().map(|line| (line.change, line.text.trim())).collect();
        assert_eq!(
            text,
            [
                (Change::Same, "⋯ 5 unchanged lines"),
                (Change::Same, "\"e\": 5,"),
                (Change::Same, "\"f\": 6,"),
                (Change::Removed, "\"g\": 7"),
                (Change::Added, "\"g\": 8"),
                (Change::Same, "}"),
            ]
        );
        assert!(diff(&before, &before, true).is_empty());
    }

    #[test]
    fn highlighting_keeps_every_character() {
        for line in [
            r#"  "a b": "x\"y", -1.5e3 true nullx"#,
            "打: [\"印\" , {} ]",
            "\"open",
            "",
            "  - !Ref X # c",
        ] {
            let mut job = LayoutJob::default();
            highlight(line, &FontId::default(), Tokens::of(egui::Theme::Dark), &mut job);
            assert_eq!(job.text, line);
        }
    }
}
