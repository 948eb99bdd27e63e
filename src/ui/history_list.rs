//! The history as a table: virtualised, filtered, with the cursor's row marked.

use egui::{RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::controls;
use super::theme::{size, tokens};
use crate::app::{App, Command, RunId};
use crate::execution::summary::{EventCategory, summary};
use crate::execution::{EventId, HistoryEvent};

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct HistoryView {
    filter: String,
    only_failures: bool,
    /// Rows that pass the filter, and what they were computed for.
    rows: Vec<usize>,
    computed_for: Option<(RunId, u64, String, bool)>,
    /// The cursor that was last scrolled to.
    followed: EventId,
}

pub(super) fn history_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut HistoryView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "No history yet",
            "Every event of an execution is listed here, as GetExecutionHistory gives them.",
        );
        return;
    };
    let events = run.session.history().events();
    ui.horizontal(|ui| {
        let field = controls::line_edit(&mut view.filter)
            .hint_text("Filter by type, state or text")
            .desired_width(220.0);
        ui.add(field).widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Filter events")
        });
        controls::checkbox_ui(ui, &mut view.only_failures, "Failures only");
        ui.weak(format!("{} events", events.len()));
    });
    let key = (run.id, run.session.last_event().0, view.filter.clone(), view.only_failures);
    if view.computed_for.as_ref() != Some(&key) {
        view.rows = matching_rows(events, &view.filter, view.only_failures);
        view.computed_for = Some(key);
    }
    let cursor = run.session.cursor().event;
    let scroll_to = (view.followed != cursor).then(|| {
        view.rows
            .partition_point(|row| events.get(*row).is_some_and(|event| event.id < cursor))
            .min(view.rows.len().saturating_sub(1))
    });
    view.followed = cursor;
    table_ui(ui, events, &view.rows, cursor, run.started_at.0, scroll_to, commands);
}

/// Indices of the events that pass.
fn matching_rows(events: &[HistoryEvent], filter: &str, only_failures: bool) -> Vec<usize> {
    let filter = filter.trim().to_lowercase();
    let passes = |event: &HistoryEvent| {
        (!only_failures || EventCategory::of(event.event_type) == EventCategory::Failure)
            && (filter.is_empty()
                || event.event_type.as_str().to_lowercase().contains(&filter)
                || summary(event).to_lowercase().contains(&filter))
    };
    events.iter().enumerate().filter(|(_, event)| passes(event)).map(|(index, _)| index).collect()
}

fn table_ui(
    ui: &mut Ui,
    events: &[HistoryEvent],
    rows: &[usize],
    cursor: EventId,
    started_at: i64,
    scroll_to: Option<usize>,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let mut table = TableBuilder::new(ui)
        // A low pane shows less of it: rows that stand below the pane can't be scrolled to.
        .min_scrolled_height(0.0)
        .striped(true)
        .sense(egui::Sense::click())
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
        .column(Column::exact(52.0))
        .column(Column::exact(46.0))
        .column(Column::exact(84.0))
        .column(Column::initial(190.0).resizable(true).clip(true))
        .column(Column::remainder().clip(true));
    if let Some(row) = scroll_to {
        table = table.scroll_to_row(row, None);
    }
    table
        .header(size::ROW, |mut header| {
            for title in ["Event", "After", "Time", "Type", "What"] {
                header.col(|ui| {
                    ui.label(RichText::new(title).small().color(colours.text_muted));
                });
            }
        })
        .body(|body| {
            body.rows(22.0, rows.len(), |mut row| {
                let Some(event) = rows.get(row.index()).and_then(|index| events.get(*index)) else {
                    return;
                };
                row.set_selected(event.id == cursor);
                let later = event.id > cursor;
                let colour =
                    |strong: egui::Color32| if later { colours.text_faint } else { strong };
                row.col(|ui| {
                    ui.label(
                        RichText::new(event.id.0.to_string())
                            .monospace()
                            .color(colour(colours.text)),
                    );
                });
                row.col(|ui| {
                    ui.label(
                        RichText::new(event.previous_event_id.0.to_string())
                            .monospace()
                            .color(colours.text_faint),
                    );
                });
                row.col(|ui| {
                    let millis = event.timestamp.0.saturating_sub(started_at);
                    ui.label(
                        RichText::new(elapsed(millis))
                            .monospace()
                            .color(colour(colours.text_muted)),
                    );
                });
                row.col(|ui| {
                    let failed = EventCategory::of(event.event_type) == EventCategory::Failure;
                    let strong = if failed { colours.failed.text } else { colours.text };
                    ui.label(RichText::new(event.type_name()).color(colour(strong)));
                });
                row.col(|ui| {
                    ui.label(RichText::new(summary(event)).color(colour(colours.text_muted)));
                });
                let response = row.response();
                response.widget_info(|| {
                    let label = format!("Event {} {}", event.id.0, event.type_name());
                    egui::WidgetInfo::labeled(egui::WidgetType::Button, true, label)
                });
                if response.clicked() {
                    commands.push(Command::GoTo(event.id));
                }
            });
        });
}

/// Milliseconds since the start as `1:02:03.004`, leading zeros left out.
pub(super) fn elapsed(millis: i64) -> String {
    let (sign, millis) = if millis < 0 { ("-", -millis) } else { ("", millis) };
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}.{rest:03}"),
        (0, _) => format!("{sign}{minutes}:{seconds:02}.{rest:03}"),
        (24.., _) => format!("{sign}{}d {}:{minutes:02}:{seconds:02}", hours / 24, hours % 24),
        _ => format!("{sign}{hours}:{minutes:02}:{seconds:02}.{rest:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_is_as_long_as_it_needs() {
        let texts = [0, 42, 61_001, 3_723_004, 90_061_000].map(elapsed);
        assert_eq!(texts, ["0.000", "0.042", "1:01.001", "1:02:03.004", "1d 1:01:01"]);
    }
}
