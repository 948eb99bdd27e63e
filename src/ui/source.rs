//! The definition's text, with the state at the cursor and the selected one marked. A click on a line selects its state.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, ScrollArea, Sense, Ui, vec2};

use super::controls;
use super::fonts;
use super::json_view::highlight;
use super::problems::state_around;
use super::theme::{size, tokens};
use crate::app::{App, Command, LineIndex, MachineDefinition, Span};
use crate::asl::{Severity, StatePath};

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceView {
    /// The selection that was last scrolled to.
    followed: Option<StatePath>,
}

pub(super) fn source_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut SourceView,
    commands: &mut Vec<Command>,
) {
    let Some(machine) = app.machine() else {
        controls::empty_ui(ui, "No state machine", "Open a definition to see its text.");
        return;
    };
    if super::source_draft::bar_ui(ui, app, commands) {
        return super::source_draft::editor_ui(ui, app, commands);
    }
    ui.horizontal_wrapped(|ui| {
        let root = app.project.as_ref().map(|open| open.project.root.as_path());
        let inside = root.and_then(|root| machine.file.strip_prefix(root).ok());
        let file = inside.filter(|it| !it.as_os_str().is_empty()).unwrap_or(&machine.file);
        ui.weak(file.display().to_string()).on_hover_text(machine.file.display().to_string());
        for (name, value) in &machine.substitutions {
            let colours = tokens(ui.ctx());
            let text = match value {
                Some(value) => egui::RichText::new(format!("${{{name}}} = {value}"))
                    .small()
                    .color(colours.text_muted),
                None => egui::RichText::new(format!("${{{name}}} is not known"))
                    .small()
                    .color(colours.caught.text),
            };
            ui.label(text);
        }
    });
    let lines = LineIndex::new(&machine.text);
    let marks = Marks::of(app, machine, &lines);
    let scroll_to = if view.followed == app.selection.state {
        None
    } else {
        marks.selected.map(|(first, _)| first)
    };
    view.followed.clone_from(&app.selection.state);
    let font = fonts::monospace(size::MONOSPACE);
    let height = ui.fonts_mut(|fonts| fonts.row_height(&font)).ceil() + 2.0;
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area =
        ScrollArea::both().id_salt(("source", &machine.name)).auto_shrink([false, false]);
    if let Some(line) = scroll_to {
        // A third of the way down, so that what comes before can be seen too.
        let offset = (line.saturating_sub(1) as f32).mul_add(height, -ui.available_height() / 3.0);
        area = area.vertical_scroll_offset(offset.max(0.0));
    }
    area.show_rows(ui, height, lines.line_count(), |ui, rows| {
        for line in rows.start + 1..=rows.end {
            let Some(span) = lines.line_span(&machine.text, line) else { continue };
            if line_ui(ui, machine, &marks, line, span, &font, height) {
                let state = state_around(machine, first_letter(&machine.text, span));
                commands.push(Command::SelectState(state));
            }
        }
    });
}

/// Lines to be marked, 1-based and inclusive.
struct Marks {
    selected: Option<(usize, usize)>,
    current: Vec<(usize, usize)>,
    breakpoints: Vec<usize>,
    problems: Vec<(usize, Severity, String)>,
}

impl Marks {
    fn of(app: &App, machine: &MachineDefinition, lines: &LineIndex) -> Self {
        let range = |span: Span| {
            (lines.line(span.start), lines.line(span.end.saturating_sub(1).max(span.start)))
        };
        let of_state = |path: &StatePath| machine.machine.find(path).map(|state| range(state.span));
        let current =
            app.run().filter(|run| run.machine_name.as_ref() == machine.name).map(|run| {
                let moment = run.session.moment();
                moment
                    .threads
                    .iter()
                    .filter_map(|thread| of_state(&thread.open_visit()?.state))
                    .collect()
            });
        let breakpoints = app
            .breakpoints()
            .map(|it| it.states.keys().filter_map(|path| Some(of_state(path)?.0)).collect());
        Self {
            selected: app.selection.state.as_ref().and_then(of_state),
            current: current.unwrap_or_default(),
            breakpoints: breakpoints.unwrap_or_default(),
            problems: machine
                .diagnostics
                .iter()
                .map(|it| (lines.line(it.span.start), it.severity, it.message.clone()))
                .collect(),
        }
    }
}

/// A line is shown so far: a definition that was written without line breaks is one line of up to a mebibyte.
const MOST_LETTERS: usize = 4_000;

/// Draws a line; whether it was clicked.
fn line_ui(
    ui: &mut Ui,
    machine: &MachineDefinition,
    marks: &Marks,
    line: usize,
    span: Span,
    font: &egui::FontId,
    height: f32,
) -> bool {
    let colours = tokens(ui.ctx());
    let text = machine.text.get(span.start..span.end).unwrap_or("");
    let mut job = LayoutJob::default();
    job.append(
        &format!("{line:>5}  "),
        0.0,
        TextFormat { font_id: font.clone(), color: colours.text_faint, ..TextFormat::default() },
    );
    let text = text.trim_end_matches('\r');
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => {
            highlight(&text[..end], font, colours, &mut job);
            let more = format!("… {} more letters", text[end..].chars().count());
            let format = TextFormat {
                font_id: font.clone(),
                color: colours.text_faint,
                ..TextFormat::default()
            };
            job.append(&more, 4.0, format);
        }
        None => highlight(text, font, colours, &mut job),
    }
    job.wrap.max_width = f32::INFINITY;
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let width = (galley.size().x + 40.0).max(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    let inside = |(first, last): &(usize, usize)| (*first..=*last).contains(&line);
    let painter = ui.painter();
    if marks.selected.as_ref().is_some_and(inside) {
        painter.rect_filled(rect, 0, colours.accent_soft);
    }
    if marks.current.iter().any(inside) {
        painter.rect_filled(rect.with_max_x(rect.left() + 3.0), 0, colours.cursor);
    }
    if marks.current.iter().any(|(first, _)| *first == line) {
        painter.rect_filled(rect, 0, super::theme::faded(colours.cursor, 0.3));
    }
    if marks.breakpoints.contains(&line) {
        painter.circle_filled(rect.left_center() + vec2(10.0, 0.0), 4.5, colours.breakpoint);
    }
    let problem = marks.problems.iter().find(|(at, _, _)| *at == line);
    if let Some((_, severity, _)) = problem {
        let under = rect.with_min_y(rect.bottom() - 1.5).with_min_x(rect.left() + 18.0);
        painter.rect_filled(under, 0, colours.severity(*severity).line);
    }
    painter.galley(
        rect.left_top() + vec2(14.0, (height - galley.size().y) / 2.0),
        galley,
        colours.text,
    );
    let response = match problem {
        Some((_, _, message)) => response.on_hover_text(message),
        None => response,
    };
    if ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_some() {
        response.widget_info(|| {
            egui::WidgetInfo::labeled(
                egui::WidgetType::Label,
                true,
                format!(
                    "Line {line} {}",
                    text.trim().chars().take(MOST_LETTERS).collect::<String>()
                ),
            )
        });
    }
    if marks.selected.is_some_and(|(first, _)| first == line) && response.has_focus() {
        response.scroll_to_me(Some(Align::Center));
        return false;
    }
    response.clicked()
}

/// The first byte of the line that is not white space.
fn first_letter(text: &str, span: Span) -> usize {
    let line = text.get(span.start..span.end).unwrap_or("");
    span.start + (line.len() - line.trim_start().len())
}
