//! Why an execution failed: a card for each failure with its reason, what to do, the input that mattered, and what Retry and
//! Catch made of it; and the strip above the graph that leads there.

use egui::{RichText, ScrollArea, Ui};
use egui_phosphor::regular as icon;

use super::controls;
use super::fonts;
use super::json_view::{json_block_ui, text_block_ui};
use super::theme::{StatusColours, Tokens, size, space, tokens};
use crate::app::attach::AwsCommand;
use crate::app::{App, Command, Pane, Reveal, Run, RunId, Value};
use crate::debug::failure::{
    CauseKind, Evidence, Failure, FailureGroup, FailureReport, Handler, HandlerKind, Handling,
    Member, Outcome, Verdict,
};
use crate::execution::{EventId, ExecutionStatus};

/// Links to alike failures that a card shows.
const MOST_LINKS: usize = 12;
/// Letters of a value that a row shows.
const VALUE_LETTERS: usize = 160;

/// What the pane remembers.
#[derive(Debug, Default)]
pub(super) struct FailureView {
    computed: Option<Computed>,
}

#[derive(Debug)]
struct Computed {
    of: (RunId, EventId),
    report: FailureReport,
}

impl FailureView {
    /// The report of a run, computed once for as far as it has come.
    fn report(&mut self, run: &Run) -> &FailureReport {
        let of = (run.id, run.session.last_event());
        let known = self.computed.take().filter(|it| it.of == of);
        let computed = known.unwrap_or_else(|| Computed { of, report: run.session.failures() });
        &self.computed.insert(computed).report
    }
}

/// One line above the graph of a failed execution.
pub(super) fn strip_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut FailureView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run().filter(|run| run.has_failed()) else { return };
    let report = view.report(run);
    let (Some(headline), Some(group)) = (report.headline(), report.failures.first()) else {
        return;
    };
    let colours = tokens(ui.ctx());
    let why = &group.first.why;
    super::notices::bar_ui(ui, colours.failed, icon::X_CIRCLE, |ui| {
        ui.add_space(space::XS);
        if ui.button("Why?").on_hover_text("Show why it failed").clicked() {
            commands.push(Command::ShowPane(Pane::Failure));
            commands.push(Command::LookAt(group.first.at));
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let text = RichText::new(&headline).color(colours.failed.text).strong();
            let label = ui.add(egui::Label::new(text).truncate());
            label.on_hover_text(why);
        });
    });
}

pub(super) fn failure_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut FailureView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "No execution",
            "When one fails, its reason is shown here: the state, the error, and the input that mattered.",
        );
        return;
    };
    if run.is_running() && run.waiting().is_empty() {
        controls::empty_ui(ui, "The execution runs", "What goes wrong is shown when it stops.");
        return;
    }
    let report = view.report(run);
    if report.failures.is_empty() && report.caught.is_empty() && report.unknown_states.is_empty() {
        let (title, text) = match report.status {
            ExecutionStatus::Succeeded { .. } => ("Nothing failed", "No state met an error."),
            ExecutionStatus::Running
            | ExecutionStatus::Failed { .. }
            | ExecutionStatus::TimedOut { .. }
            | ExecutionStatus::Aborted { .. } => {
                ("Nothing has failed", "No state has met an error so far.")
            }
        };
        controls::empty_ui(ui, title, text);
        return;
    }
    let area = ScrollArea::vertical().id_salt(("failure", run.id.0)).auto_shrink([false, false]);
    area.show(ui, |ui| {
        for (index, group) in report.failures.iter().enumerate() {
            card_ui(ui, app, run, group, ("failed", index), commands);
        }
        notes_ui(ui, run, report);
        if !report.caught.is_empty() {
            ui.add_space(space::S);
            controls::section_ui(ui, "Errors that were caught");
            for (index, group) in report.caught.iter().enumerate() {
                card_ui(ui, app, run, group, ("caught", index), commands);
            }
        }
    });
}

fn notes_ui(ui: &mut Ui, run: &Run, report: &FailureReport) {
    match report.stopped {
        0 => {}
        1 => {
            ui.weak("1 other state was stopped because of it.");
        }
        several => {
            ui.weak(format!("{several} other states were stopped because of it."));
        }
    }
    if report.left_out > 0 {
        ui.weak(format!("{} more failures are not listed.", report.left_out));
    }
    // Without any definition no state is known, which says nothing of it.
    let has_states = !run.session.definition().top.states.is_empty();
    if has_states && !report.unknown_states.is_empty() {
        let names: Vec<&str> =
            report.unknown_states.iter().take(20).map(crate::asl::StatePath::as_str).collect();
        let colours = tokens(ui.ctx());
        ui.label(
            RichText::new(format!(
                "The history names states that this definition does not have: {}. The definition has changed since.",
                names.join(", ")
            ))
            .color(colours.caught.text),
        );
    }
}

// -- a card

fn card_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    group: &FailureGroup,
    salt: (&'static str, usize),
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let failure = &group.first;
    let look = match failure.outcome {
        Outcome::EndedExecution => colours.failed,
        Outcome::Caught { .. } | Outcome::Recovered => colours.caught,
        Outcome::Open => colours.in_progress,
    };
    let frame = egui::Frame::new()
        .fill(colours.surface)
        .stroke(egui::Stroke::new(1.0, colours.border))
        .corner_radius(6)
        .inner_margin(egui::Margin { left: 12, right: 10, top: 8, bottom: 8 });
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 5.0;
        title_ui(ui, group, look, commands);
        ui.style_mut().interaction.selectable_labels = true;
        ui.label(&failure.why);
        ui.horizontal_top(|ui| {
            ui.label(
                RichText::new(icon::LIGHTBULB).font(fonts::icons(15.0)).color(colours.accent_text),
            );
            ui.add(
                egui::Label::new(RichText::new(&failure.remedy).color(colours.text_muted)).wrap(),
            );
        });
        evidence_ui(ui, failure, commands);
        children_ui(ui, app, run, failure, commands);
        attempts_ui(ui, failure, commands);
        handling_ui(ui, failure);
        cause_ui(ui, failure, salt);
        members_ui(ui, group, commands);
    });
    let rect = shown.response.rect;
    let bar = egui::Rect::from_min_max(rect.min, egui::pos2(rect.left() + 3.0, rect.bottom()));
    ui.painter().rect_filled(bar, 2, look.line);
    ui.add_space(space::S);
}

fn title_ui(ui: &mut Ui, group: &FailureGroup, look: StatusColours, commands: &mut Vec<Command>) {
    let failure = &group.first;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        let text = failure.headline().replace('\n', " ");
        let title = RichText::new(&text).strong().size(size::HEADING).color(look.text);
        let title = ui.add(egui::Label::new(title).sense(egui::Sense::click()));
        title.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Link, true, &text));
        if title.on_hover_text("Go to where it failed").clicked() {
            commands.push(Command::LookAt(failure.at));
        }
        let place = group.members.first().map_or("", |it| it.place.as_str());
        // Items count from 0, as AWS does; told once.
        let from_zero = if place.contains("item ") { " (counted from 0)" } else { "" };
        match (group.count, group.of_items) {
            (1, _) if place.is_empty() => {}
            (1, _) => {
                ui.weak(format!("in {place}{from_zero}"));
            }
            (count, Some(all)) => {
                ui.weak(format!("in {count} of {all} items, first in {place}{from_zero}"));
            }
            (count, None) if place.is_empty() => {
                ui.weak(format!("{count} times"));
            }
            (count, None) => {
                ui.weak(format!("{count} times, first in {place}{from_zero}"));
            }
        }
        match &failure.outcome {
            Outcome::Caught { by, next } => {
                let next = next.as_deref().map_or_else(String::new, |it| format!(", went to {it}"));
                ui.weak(format!("caught by {by}{next}"));
            }
            Outcome::Recovered => {
                ui.weak("a later attempt succeeded");
            }
            Outcome::EndedExecution | Outcome::Open => {}
        }
        let link = format!("event {}", failure.at.event.0);
        if ui.link(&link).on_hover_text("Put the cursor there").clicked() {
            commands.push(Command::LookAt(failure.at));
        }
    });
}

fn evidence_ui(ui: &mut Ui, failure: &Failure, commands: &mut Vec<Command>) {
    if failure.evidence.is_empty() {
        return;
    }
    let colours = tokens(ui.ctx());
    let frame = egui::Frame::new()
        .fill(colours.sunken)
        .stroke(egui::Stroke::new(1.0, colours.border))
        .corner_radius(5)
        .inner_margin(egui::Margin::symmetric(8, 5));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        for evidence in &failure.evidence {
            row_ui(ui, failure, evidence, colours, commands);
        }
    });
}

fn row_ui(
    ui: &mut Ui,
    failure: &Failure,
    evidence: &Evidence,
    colours: &Tokens,
    commands: &mut Vec<Command>,
) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let label = RichText::new(&evidence.label).monospace();
        let link = ui.link(label);
        link.widget_info(|| {
            let name = format!("Show {}", evidence.label);
            egui::WidgetInfo::labeled(egui::WidgetType::Link, true, name)
        });
        if link.on_hover_text("Show it in the data flow").clicked() {
            commands.push(Command::Reveal(Box::new(Reveal::of(evidence, failure.at))));
        }
        match &evidence.value {
            Some(value) => {
                let text = shortened(value);
                ui.label(RichText::new(text).monospace().color(colour_of(value, colours)));
            }
            None => {
                ui.label(RichText::new("is not there").color(colours.failed.text));
            }
        }
        if !evidence.note.is_empty() {
            ui.label(RichText::new(&evidence.note).color(colours.text_muted));
        }
    });
}

fn colour_of(value: &Value, colours: &Tokens) -> egui::Color32 {
    match value {
        Value::String(_) => colours.json_string,
        Value::Number(_) => colours.json_number,
        Value::Null | Value::Bool(_) => colours.json_word,
        Value::Array(_) | Value::Object(_) => colours.text,
    }
}

/// The first letters of a value's JSON.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The executions that were started, which have cards of their own.
fn children_ui(ui: &mut Ui, app: &App, run: &Run, failure: &Failure, commands: &mut Vec<Command>) {
    if let Some(arn) = &failure.child {
        let here = app.runs.iter().position(|it| it.execution_arn == *arn);
        let open = ui.button("Open the execution that failed").on_hover_text(&**arn);
        if open.clicked() {
            commands.push(match here {
                Some(index) => Command::SelectExecution(index),
                None => Command::Aws(AwsCommand::OpenStarted(arn.to_string())),
            });
        }
    }
    if let Some(state) = &failure.state {
        super::executions::started_ui(ui, app, run, state, commands);
    }
    if let Some(arn) = &failure.map_run
        && run.session.map_runs().is_empty()
    {
        ui.horizontal_wrapped(|ui| {
            ui.weak("Its children are executions of their own, in the Map Run");
            let link = ui.link(RichText::new(&**arn).monospace());
            if app.attach.connection.attached().is_some() {
                if link.on_hover_text("List them in the AWS pane").clicked() {
                    commands.push(Command::Aws(AwsCommand::OpenStarted(arn.to_string())));
                }
            } else if link.on_hover_text("Copy the ARN").clicked() {
                commands.push(Command::CopyText(arn.to_string()));
            }
        });
    }
}

fn attempts_ui(ui: &mut Ui, failure: &Failure, commands: &mut Vec<Command>) {
    if failure.attempts.len() < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for attempt in failure.attempts.iter().take(MOST_LINKS) {
            let link = ui.link(format!("Attempt {}", attempt.number));
            if link.on_hover_text(&*attempt.cause).clicked() {
                commands.push(Command::GoTo(attempt.event));
            }
            let error = if attempt.error == failure.error || attempt.error.is_empty() {
                String::new()
            } else {
                format!("{} ", attempt.error)
            };
            let waited = if attempt.waited_millis > 0 {
                format!(", waited {}", seconds(attempt.waited_millis))
            } else {
                String::new()
            };
            ui.weak(format!("{error}after {}{waited};", seconds(attempt.took_millis)));
        }
        if failure.attempts.len() > MOST_LINKS {
            ui.weak(format!("and {} more", failure.attempts.len() - MOST_LINKS));
        }
    });
}

fn seconds(millis: i64) -> String {
    if millis < 10_000 {
        format!("{:.1} s", millis as f64 / 1000.0)
    } else {
        format!("{} s", millis / 1000)
    }
}

fn handling_ui(ui: &mut Ui, failure: &Failure) {
    let colours = tokens(ui.ctx());
    for level in failure.handling.iter().filter(|it| it.may_handle || !it.is_known) {
        if level.handlers.is_empty() {
            let text = if level.is_known {
                format!("{} has no Retry and no Catch.", level.name)
            } else {
                format!(
                    "The definition has no state {}: its Retry and Catch are not known.",
                    level.name
                )
            };
            ui.label(RichText::new(text).color(colours.text_muted));
            continue;
        }
        ui.label(RichText::new(caption(level)).color(colours.text_muted));
        for handler in &level.handlers {
            handler_ui(ui, handler, colours);
        }
    }
}

fn caption(level: &Handling) -> String {
    let has = |wanted: fn(&HandlerKind) -> bool| level.handlers.iter().any(|it| wanted(&it.kind));
    let retry = has(|it| *it == HandlerKind::Retry);
    let catch = has(|it| matches!(it, HandlerKind::Catch { .. }));
    match (retry, catch) {
        (true, false) => format!("Retry of {}; it has no Catch", level.name),
        (false, true) => format!("Catch of {}; it has no Retry", level.name),
        (_, _) => format!("Retry and Catch of {}", level.name),
    }
}

fn handler_ui(ui: &mut Ui, handler: &Handler, colours: &Tokens) {
    let (glyph, colour) = match handler.verdict {
        Verdict::Took => (icon::CHECK_CIRCLE, colours.succeeded.text),
        Verdict::Spent => (icon::ARROW_CLOCKWISE, colours.caught.text),
        Verdict::OtherError | Verdict::NotAsked => (icon::MINUS_CIRCLE, colours.text_muted),
        Verdict::Terminal => (icon::PROHIBIT, colours.failed.text),
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.add_space(space::S);
        ui.label(RichText::new(glyph).font(fonts::icons(14.0)).color(colour));
        let kind = match &handler.kind {
            HandlerKind::Retry => "Retry",
            HandlerKind::Catch { .. } => "Catch",
        };
        ui.label(RichText::new(format!("{kind}[{}]", handler.index)).monospace());
        ui.label(&handler.text);
    });
}

fn cause_ui(ui: &mut Ui, failure: &Failure, salt: (&'static str, usize)) {
    let cause = &failure.cause;
    let told = failure.why.contains(&*cause.text);
    if cause.text.is_empty() || (told && cause.json.is_none()) {
        return;
    }
    let open = matches!(cause.kind, CauseKind::Lambda { .. }) && salt == ("failed", 0);
    egui::CollapsingHeader::new("Cause")
        .id_salt(("cause", salt))
        .default_open(open)
        .icon(super::widgets::chevron_icon)
        .show(ui, |ui| match (&cause.kind, &cause.json) {
            (CauseKind::Lambda { stack, .. }, _) if !stack.is_empty() => {
                let lines: Vec<&str> = stack.iter().map(|it| it.trim_end()).collect();
                let text = format!("{}\n{}", cause.message, lines.join("\n"));
                text_block_ui(ui, ("cause", salt), &text);
            }
            (_, Some(json)) => json_block_ui(ui, ("cause", salt), json),
            (_, None) => text_block_ui(ui, ("cause", salt), &cause.text),
        });
}

fn members_ui(ui: &mut Ui, group: &FailureGroup, commands: &mut Vec<Command>) {
    if group.count < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.weak("Also");
        for member in group.members.iter().skip(1).take(MOST_LINKS) {
            if ui.link(name_of(member)).clicked() {
                commands.push(Command::LookAt(member.at));
            }
        }
        let shown = group.members.len().min(MOST_LINKS + 1);
        if group.count > shown {
            ui.weak(format!("and {} more", group.count - shown));
        }
    });
}

fn name_of(member: &Member) -> String {
    if member.place.is_empty() {
        format!("event {}", member.at.event.0)
    } else {
        member.place.clone()
    }
}
