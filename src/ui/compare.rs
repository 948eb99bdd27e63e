//! Two executions side by side: what was reproduced, where they part, who answered the tasks, and every pair of events.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use egui_phosphor::regular as icon;

use super::controls;
use super::fonts;
use super::json_view::{DiffLine, block_ui, diff};
use super::theme::{StatusColours, Tokens, size, space, tokens};
use crate::app::{App, Command, Comparison, ComparisonKind, Pane, Run, RunId, ServedKind, Value};
use crate::asl::StatePath;
use crate::debug::{Agreement, Divergence, FieldDifference, Pair};
use crate::execution::summary::summary;
use crate::execution::{EventDetails, EventId, ExecutionStatus, History, HistoryEvent};

/// Narrower than this, the table and the summary take turns.
const TWO_COLUMNS: f32 = 640.0;
/// Tasks that are named one by one.
const MOST_NAMED: usize = 8;

/// What the pane remembers.
#[derive(Debug, Default)]
pub(super) struct CompareView {
    only_differences: bool,
    /// In a narrow pane: the events, and not the summary.
    shows_events: bool,
    /// Rows that are shown, and what they were computed for.
    rows: Vec<usize>,
    computed_for: Option<(RunId, Option<RunId>, usize, bool)>,
    /// The comparison whose first difference was scrolled to.
    followed: Option<(RunId, Option<RunId>, usize)>,
    /// How the outputs differ.
    outputs: Vec<DiffLine>,
}

pub(super) fn compare_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut CompareView,
    commands: &mut Vec<Command>,
) {
    if app.comparing.is_some_and(|id| Some(id) == app.recorded_or_shown()) {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label("Running it again…");
        });
        return;
    }
    let Some((comparison, recorded)) = app.shown_comparison() else {
        return nothing_ui(ui, app, commands);
    };
    view.refresh(app, comparison, recorded);
    if ui.available_width() >= TWO_COLUMNS {
        let width = (ui.available_width() * 0.4).clamp(260.0, 460.0);
        let area = ui.available_rect_before_wrap();
        let left = area.with_max_x(area.left() + width);
        let right = area.with_min_x(left.right() + space::M);
        ui.scope_builder(egui::UiBuilder::new().max_rect(left), |ui| {
            ScrollArea::vertical().id_salt("comparison").auto_shrink([false, false]).show(
                ui,
                |ui| {
                    summary_ui(ui, app, view, comparison, recorded, commands);
                },
            );
        });
        ui.scope_builder(egui::UiBuilder::new().max_rect(right), |ui| {
            filter_ui(ui, view, comparison);
            table_ui(ui, app, view, comparison, recorded, commands);
        });
        ui.allocate_rect(area, egui::Sense::hover());
        return;
    }
    // Side by side there is no room, and one below the other there is none either.
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(&mut view.shows_events, false, "Summary");
        ui.selectable_value(&mut view.shows_events, true, "Events");
        if view.shows_events {
            filter_ui(ui, view, comparison);
        }
    });
    if view.shows_events {
        return table_ui(ui, app, view, comparison, recorded, commands);
    }
    ScrollArea::vertical().id_salt("comparison").auto_shrink([false, false]).show(ui, |ui| {
        summary_ui(ui, app, view, comparison, recorded, commands);
    });
}

fn nothing_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    controls::empty_ui(
        ui,
        "Nothing is compared",
        "Verify an execution against the simulator, or run it again with an edited definition.",
    );
    ui.add_space(space::S);
    ui.vertical_centered(|ui| {
        for command in [Command::Verify, Command::RunAgain] {
            controls::command_button_ui(ui, app, &command, controls::ButtonLook::Label, commands);
        }
    });
}

impl CompareView {
    fn refresh(&mut self, app: &App, comparison: &Comparison, recorded: &Run) {
        let rerun = comparison.rerun();
        let key = (comparison.recorded, rerun, comparison.pairs.len(), self.only_differences);
        if self.computed_for == Some(key) {
            return;
        }
        self.computed_for = Some(key);
        let wanted = |pair: &Pair| {
            !self.only_differences
                || matches!(pair.agreement, Agreement::Different | Agreement::Unknown)
        };
        let pairs = comparison.pairs.iter().enumerate();
        self.rows = pairs.filter(|(_, pair)| wanted(pair)).map(|(index, _)| index).collect();
        let rerun = rerun.and_then(|id| app.runs.iter().find(|it| it.id == id));
        self.outputs = match (recorded.status(), rerun.map(Run::status)) {
            (
                ExecutionStatus::Succeeded { output: Some(was) },
                Some(ExecutionStatus::Succeeded { output: Some(is) }),
            ) if was != is => diff(&was, &is, true),
            _ => Vec::new(),
        };
    }
}

// -- in words

fn summary_ui(
    ui: &mut Ui,
    app: &App,
    view: &CompareView,
    comparison: &Comparison,
    recorded: &Run,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    ui.spacing_mut().item_spacing.y = 5.0;
    let of = RichText::new(format!("of {}", recorded.execution_name)).color(colours.text_muted);
    match &comparison.kind {
        ComparisonKind::Verify => {
            verdict_ui(ui, comparison, colours);
            ui.add(egui::Label::new(of).truncate());
        }
        ComparisonKind::WhatIf { from, gained, lost, outcome, unanswered, .. } => {
            let title = match from {
                Some(from) => format!("Run again from {from}"),
                None => "Run again from the start".to_owned(),
            };
            ui.horizontal(|ui| {
                ui.label(RichText::new(title).strong().size(size::HEADING));
                ui.add(egui::Label::new(of).truncate());
            });
            // Where they part with their causes, those are shown there.
            let field = comparison.divergence.as_ref().and_then(|it| it.field.as_ref());
            let is_first = field.is_some_and(|it| it.field == "cause");
            outcome_ui(ui, outcome.as_ref(), recorded, is_first, colours);
            states_ui(ui, "Now entered", gained, colours.succeeded, commands);
            let lost_title =
                if unanswered.is_empty() { "No longer entered" } else { "Not entered so far" };
            states_ui(ui, lost_title, lost, colours.aborted, commands);
            for state in unanswered.iter().take(MOST_NAMED) {
                ui.horizontal_wrapped(|ui| {
                    ui.label(
                        RichText::new(format!("{state} waits for an answer."))
                            .color(colours.caught.text),
                    );
                    if ui.link("Answer it").clicked() {
                        commands.push(Command::ShowPane(Pane::Mocks));
                    }
                });
            }
        }
    }
    if let Some(divergence) = &comparison.divergence {
        ui.horizontal_wrapped(|ui| {
            ui.label("They part at");
            let last = recorded.session.last_event();
            let event = divergence.event_id.min(last);
            let link = ui.link(format!("event {}", divergence.event_id.0));
            if link.on_hover_text("Put the cursor there in the recording").clicked() {
                go(app, comparison.recorded, event, commands);
            }
            ui.weak(parting_words(divergence));
        });
        // Two types stand in the words already.
        if let Some(field) = divergence.field.as_ref().filter(|it| it.field != "type") {
            field_ui(ui, field, colours);
        }
    }
    if comparison.divergence.is_none() && comparison.rerun().is_some() {
        let goes_on = comparison.pairs.iter().any(|it| it.agreement == Agreement::BeyondEnd);
        ui.weak(if goes_on {
            "Every recorded event is the same; the recording ends before the re-run does."
        } else {
            "Every event is the same as then."
        });
    }
    served_ui(ui, app, comparison, colours, commands);
    for note in &comparison.notes {
        ui.label(RichText::new(note).color(colours.text_muted));
    }
    if !view.outputs.is_empty() {
        ui.label("How the output differs");
        block_ui(ui, "outputs", &view.outputs);
    }
    ui.horizontal_wrapped(|ui| {
        for command in [Command::Verify, Command::RunAgain, Command::EditDefinition] {
            controls::command_button_ui(ui, app, &command, controls::ButtonLook::Label, commands);
        }
    });
}

/// Which events stand where two runs part.
fn parting_words(divergence: &Divergence) -> String {
    let name = |event: &HistoryEvent| {
        let about = if let EventDetails::StateEntered { name, .. }
        | EventDetails::StateExited { name, .. } = &event.details
        {
            format!(" of {name}")
        } else {
            String::new()
        };
        format!("{}{about}", event.event_type.as_str())
    };
    match (&divergence.recorded, &divergence.simulated) {
        (Some(one), Some(two)) if one.event_type == two.event_type => format!("in {}", name(one)),
        (Some(one), Some(two)) => format!("recorded {}, now {}", name(one), name(two)),
        (Some(one), None) => format!("recorded {}, now nothing", name(one)),
        (None, Some(two)) => format!("recorded nothing, now {}", name(two)),
        (None, None) => String::new(),
    }
}

/// Both values of the field that differs, one below the other so that they can be compared letter by letter.
fn field_ui(ui: &mut Ui, field: &FieldDifference, colours: &Tokens) {
    let (recorded, simulated) = field.excerpts();
    let name = RichText::new(&field.field).monospace().color(colours.text);
    ui.add(egui::Label::new(name).truncate());
    for (title, value, fill, ink) in [
        ("recorded", recorded, colours.removed, colours.removed_text),
        ("now", simulated, colours.added, colours.added_text),
    ] {
        ui.horizontal_top(|ui| {
            let (place, _) = ui.allocate_exact_size(vec2(56.0, 16.0), egui::Sense::hover());
            let font = egui::TextStyle::Body.resolve(ui.style());
            let at = place.left_center();
            ui.painter().text(at, egui::Align2::LEFT_CENTER, title, font, colours.text_muted);
            let words = RichText::new(&value).monospace().color(ink).background_color(fill);
            let label = ui.add(egui::Label::new(words).wrap());
            let name = format!("{}: {title} {value}", field.field);
            label.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Label, true, &name));
        });
    }
}

fn verdict_ui(ui: &mut Ui, comparison: &Comparison, colours: &Tokens) {
    let whole = comparison.divergence.is_none();
    let (glyph, look) = if whole {
        (icon::SEAL_CHECK, colours.succeeded)
    } else {
        (icon::WARNING_CIRCLE, colours.failed)
    };
    let text = format!("Reproduced {} of {} events", comparison.reproduced, comparison.events);
    let frame = egui::Frame::new()
        .fill(look.soft)
        .stroke(egui::Stroke::new(1.0, look.line))
        .corner_radius(6)
        .inner_margin(egui::Margin::symmetric(10, 6));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new(glyph).font(fonts::icons(18.0)).color(look.text));
            ui.label(RichText::new(text).strong().color(look.text));
        });
    });
}

fn outcome_ui(
    ui: &mut Ui,
    outcome: Option<&(ExecutionStatus, ExecutionStatus)>,
    recorded: &Run,
    is_first: bool,
    colours: &Tokens,
) {
    let words = |status: &ExecutionStatus| match status {
        ExecutionStatus::Failed { error, .. } | ExecutionStatus::TimedOut { error, .. } => {
            format!("{} {}", status.as_str(), error.as_deref().unwrap_or("")).trim().to_owned()
        }
        ExecutionStatus::Running
        | ExecutionStatus::Succeeded { .. }
        | ExecutionStatus::Aborted { .. } => status.as_str().to_owned(),
    };
    let Some((was, is)) = outcome else {
        ui.label(format!("It ended the same: {}", words(&recorded.status())));
        return;
    };
    let (before, now) = (words(was), words(is));
    if before == now {
        let succeeded = matches!(was, ExecutionStatus::Succeeded { .. });
        let other = if succeeded { "output" } else { "cause" };
        ui.label(format!("It ended the same: {now}, but with another {other}"));
    } else {
        ui.horizontal_wrapped(|ui| {
            let look = |status| super::executions::look(colours, status);
            ui.label(RichText::new(before).color(look(was).text));
            ui.label("→");
            ui.label(RichText::new(now).color(look(is).text).strong());
        });
    }
    let cause = |status: &ExecutionStatus| status.cause().map(|it| Value::String(Arc::clone(it)));
    let (before, now) = (cause(was), cause(is));
    if !is_first && before != now && before.is_some() && now.is_some() {
        field_ui(ui, &FieldDifference::named("cause", before.as_ref(), now.as_ref()), colours);
    }
}

fn states_ui(
    ui: &mut Ui,
    title: &str,
    states: &[StatePath],
    look: StatusColours,
    commands: &mut Vec<Command>,
) {
    if states.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(RichText::new(title).color(look.text));
        for state in states.iter().take(MOST_NAMED) {
            if ui.link(state.as_str().replace('\n', " ")).clicked() {
                commands.push(Command::SelectState(Some(state.clone())));
            }
        }
        if states.len() > MOST_NAMED {
            ui.weak(format!("and {} more", states.len() - MOST_NAMED));
        }
    });
}

/// Who answered the tasks; those whose answer may not fit are named.
fn served_ui(
    ui: &mut Ui,
    app: &App,
    comparison: &Comparison,
    colours: &Tokens,
    commands: &mut Vec<Command>,
) {
    if comparison.served.is_empty() {
        return;
    }
    for (kind, count) in comparison.served_by() {
        let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
        let doubtful = matches!(kind, ServedKind::OrderOnly | ServedKind::Nobody);
        let colour = if doubtful { colours.caught.text } else { colours.text_muted };
        ui.label(RichText::new(format!("{tasks} answered {}", kind.label())).color(colour));
        if !doubtful {
            continue;
        }
        ui.horizontal_wrapped(|ui| {
            ui.add_space(space::S);
            let served = comparison.served.iter().filter(|it| ServedKind::of(it.by) == kind);
            for served in served.take(MOST_NAMED) {
                if ui.link(&*served.state_name).clicked() {
                    match (served.recorded, comparison.rerun()) {
                        (_, Some(rerun)) if served.event.0 > 0 => {
                            go(app, rerun, served.event, commands);
                        }
                        (Some(event), _) => go(app, comparison.recorded, event, commands),
                        (None, _) => commands.push(Command::ShowPane(Pane::Mocks)),
                    }
                }
            }
        });
    }
}

/// Shows an event of an execution of the session.
fn go(app: &App, run: RunId, event: EventId, commands: &mut Vec<Command>) {
    if let Some(index) = app.runs.iter().position(|it| it.id == run) {
        if app.active_run != Some(run) {
            commands.push(Command::SelectExecution(index));
        }
        commands.push(Command::GoTo(event));
    }
}

// -- event by event

fn filter_ui(ui: &mut Ui, view: &mut CompareView, comparison: &Comparison) {
    ui.horizontal(|ui| {
        controls::checkbox_ui(ui, &mut view.only_differences, "Differences only");
        ui.weak(format!("{} of {} rows", view.rows.len(), comparison.pairs.len()));
    });
}

fn table_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut CompareView,
    comparison: &Comparison,
    recorded: &Run,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let rerun = comparison.rerun();
    let key = (comparison.recorded, rerun, comparison.pairs.len());
    let first = (view.followed != Some(key)).then(|| {
        let different = |row: &usize| {
            comparison.pairs.get(*row).is_some_and(|it| it.agreement == Agreement::Different)
        };
        view.rows.iter().position(different)
    });
    view.followed = Some(key);
    let half = ((ui.available_width() - 40.0) / 2.0).max(120.0);
    let mut table = TableBuilder::new(ui)
        // A low pane shows less of it: rows that stand below the pane can't be scrolled to.
        .min_scrolled_height(0.0)
        .id_salt(("pairs", comparison.recorded.0))
        .striped(true)
        .sense(egui::Sense::click())
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
        .column(Column::exact(20.0))
        .column(Column::initial(half).resizable(true).clip(true))
        .column(Column::remainder().clip(true));
    if let Some(row) = first.flatten() {
        table = table.scroll_to_row(row, Some(egui::Align::Center));
    }
    let simulated = if rerun.is_some() { "Now" } else { "Simulated" };
    table
        .header(size::ROW, |mut header| {
            for title in ["", "Recorded", simulated] {
                header.col(|ui| {
                    ui.label(RichText::new(title).small().color(colours.text_muted));
                });
            }
        })
        .body(|body| {
            body.rows(22.0, view.rows.len(), |mut row| {
                let pair = view.rows.get(row.index()).and_then(|at| comparison.pairs.get(*at));
                let Some(pair) = pair else { return };
                let (mark, colour) = mark_of(pair, colours);
                row.col(|ui| {
                    ui.label(RichText::new(mark).font(fonts::icons(13.0)).color(colour));
                });
                row.col(|ui| {
                    event_ui(ui, recorded.session.history(), pair.recorded, colour, colours);
                });
                row.col(|ui| event_ui(ui, &comparison.simulated, pair.simulated, colour, colours));
                let response = row.response();
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::WidgetType::Button, true, name_of(pair))
                });
                let field = pair.recorded.and_then(|it| comparison.fields.get(&it));
                let response = response.on_hover_ui(|ui| {
                    ui.label(meaning_of(pair.agreement));
                    if let Some(field) = field {
                        field_ui(ui, field, colours);
                    }
                });
                if response.clicked() {
                    match (pair.recorded, pair.simulated, rerun) {
                        (Some(event), _, _) => go(app, comparison.recorded, event, commands),
                        (None, Some(event), Some(rerun)) => go(app, rerun, event, commands),
                        (None, _, _) => {}
                    }
                }
            });
        });
}

fn name_of(pair: &Pair) -> String {
    let number = |event: Option<EventId>| {
        event.map_or_else(|| "nothing".to_owned(), |it| format!("event {}", it.0))
    };
    format!(
        "{:?}: recorded {}, now {}",
        pair.agreement,
        number(pair.recorded),
        number(pair.simulated)
    )
}

/// What the sign of a row says.
fn meaning_of(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Same => "The same in both",
        Agreement::Stopped => {
            "Only one of them came to it: the failure of another branch or iteration stopped this one"
        }
        Agreement::BeyondEnd => "The recording ends before it",
        Agreement::Different => "This is where they part",
        Agreement::Unknown => "After they parted",
    }
}

fn mark_of(pair: &Pair, colours: &Tokens) -> (&'static str, egui::Color32) {
    match pair.agreement {
        Agreement::Same => (icon::EQUALS, colours.text_muted),
        Agreement::Stopped => (icon::MINUS, colours.aborted.text),
        Agreement::BeyondEnd => (icon::ARROW_LINE_DOWN, colours.text_muted),
        Agreement::Different => (icon::NOT_EQUALS, colours.failed.text),
        Agreement::Unknown => (icon::QUESTION, colours.caught.text),
    }
}

fn event_ui(
    ui: &mut Ui,
    history: &History,
    event: Option<EventId>,
    colour: egui::Color32,
    colours: &Tokens,
) {
    let Some(event) = event.and_then(|it| history.get(it)) else { return };
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.label(RichText::new(event.id.0.to_string()).monospace().color(colours.text_faint));
    ui.label(RichText::new(event.event_type.as_str()).color(colour));
    ui.label(RichText::new(summary(event)).color(colours.text_muted));
}
