//! One machine: its executions by status, name and time; its versions, aliases and tags on demand. And a Map Run with its children.

use egui::{RichText, Ui, WidgetInfo, WidgetType};

use super::AwsView;
use super::parts::{self, Row};
use crate::app::attach::{
    Act, Answer, AwsCommand, DefinitionSource, ExecutionFilter, ExecutionItem, Listing, MachineId,
    MachinePage, MapRunCounts, MapRunPage, Status, Trouble, qualifier,
};
use crate::app::{App, Command, now};
use crate::execution::Timestamp;
use crate::ui::controls;
use crate::ui::theme::{space, tokens};

/// The narrowest that a choice is beside another one, in points.
const CHOICE: f32 = 100.0;

/// How far back the list goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Since {
    #[default]
    Any,
    Hour,
    Day,
    Week,
}

impl Since {
    const ALL: [Self; 4] = [Self::Any, Self::Hour, Self::Day, Self::Week];

    fn label(self) -> &'static str {
        match self {
            Self::Any => "Any time",
            Self::Hour => "Last hour",
            Self::Day => "Last day",
            Self::Week => "Last week",
        }
    }

    fn from(self) -> Option<Timestamp> {
        let hours = match self {
            Self::Any => return None,
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 24 * 7,
        };
        Some(Timestamp(now().0 - hours * 3_600_000))
    }
}

pub(super) fn machine_ui(
    ui: &mut Ui,
    app: &App,
    page: &MachinePage,
    view: &mut AwsView,
    commands: &mut Vec<Command>,
) {
    if let Some(trouble) = page.description.trouble() {
        note_ui(ui, "Its description did not come", trouble);
    }
    acts_ui(ui, app, page, commands);
    details_ui(ui, page, view, commands);
    if page.is_express() {
        ui.add_space(space::S);
        let group = page.description.come().and_then(|it| it.log_group_arn.clone());
        let Some(group) = group else {
            ui.label("AWS lists no executions of an EXPRESS machine.");
            ui.weak("It has no log group either, so nothing of them is kept.");
            return;
        };
        ui.weak("From its log of the last week, as far as its level goes").on_hover_text(group);
    }
    filters_ui(ui, page, view, commands);
    let filter = ExecutionFilter { name: view.execution_filter.clone(), since: view.since.from() };
    let list = ExecutionList {
        listing: &page.executions,
        filter: &filter,
        more: AwsCommand::MoreExecutions,
        open: if page.is_express() { AwsCommand::Open } else { AwsCommand::OpenExecution },
    };
    list_ui(ui, app, &list, commands);
}

/// What can be done with the machine, while the session is not read-only.
fn acts_ui(ui: &mut Ui, app: &App, page: &MachinePage, commands: &mut Vec<Command>) {
    if !parts::can_act(app) {
        return;
    }
    let mut propose = |act| commands.push(Command::Aws(AwsCommand::Propose(act)));
    ui.horizontal_wrapped(|ui| {
        if ui.button("Start execution…").clicked() {
            let input = app.input_text.clone();
            propose(Act::Start { machine_arn: page.arn.clone(), input });
        }
        let definition = || app.definition_at_hand().unwrap_or_default().into();
        let source = app.source_at_hand();
        let from = source.as_ref().map(DefinitionSource::title).unwrap_or_default();
        let obstacle = match (&source, MachineId::of(&page.arn)) {
            (Some(source), Some(machine)) => source.origin.obstacle(&machine),
            (None, _) | (_, None) => Some("Open a definition first".to_owned()),
        };
        let why = obstacle.as_deref().unwrap_or_default();
        let update = ui
            .add_enabled(obstacle.is_none(), egui::Button::new("Update definition…"))
            .on_hover_text(format!("With the definition that the Source pane shows: {from}"))
            .on_disabled_hover_text(why);
        if update.clicked() {
            propose(Act::Update { machine_arn: page.arn.clone(), definition: definition() });
        }
        let validate = ui
            .add_enabled(obstacle.is_none(), egui::Button::new("Validate…"))
            .on_hover_text(format!("Shows AWS the definition: {from}"))
            .on_disabled_hover_text(why);
        if validate.clicked() {
            let machine_type = page
                .description
                .come()
                .map_or_else(|| app.aws_machine_type(), |it| it.machine_type);
            let (machine_arn, definition) = (page.arn.clone(), definition());
            propose(Act::Validate { machine_arn, definition, machine_type });
        }
    });
}

fn note_ui(ui: &mut Ui, what: &str, trouble: &Trouble) {
    let colours = tokens(ui.ctx());
    let text = format!("{what}. {}", trouble.line());
    ui.label(RichText::new(text).small().color(colours.caught.text));
}

/// Versions, aliases and tags, folded until somebody looks.
fn details_ui(ui: &mut Ui, page: &MachinePage, view: &mut AwsView, commands: &mut Vec<Command>) {
    let title = match &page.qualified {
        Some(arn) => format!("Only {}", qualifier(arn)),
        None if ui.available_width() < 190.0 => "Details".to_owned(),
        None => "Versions, aliases and tags".to_owned(),
    };
    let header = egui::CollapsingHeader::new(RichText::new(title).small())
        .id_salt(("aws details", &page.arn))
        .show(ui, |ui| {
            if view.details_of.as_deref() != Some(&page.arn) {
                view.details_of = Some(page.arn.clone());
                commands.push(Command::Aws(AwsCommand::WantDetails));
            }
            egui::ScrollArea::vertical().id_salt("aws details").max_height(170.0).show(ui, |ui| {
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
                qualifiers_ui(ui, page, commands);
                tags_ui(ui, &page.tags);
            });
        });
    if page.qualified.is_some() && header.fully_closed() && ui.link("All executions").clicked() {
        let of = page.arn.clone();
        commands.push(Command::Aws(AwsCommand::ListExecutions { of, status: page.status }));
    }
}

fn qualifiers_ui(ui: &mut Ui, page: &MachinePage, commands: &mut Vec<Command>) {
    let list = |of: &str| {
        Command::Aws(AwsCommand::ListExecutions { of: of.to_owned(), status: page.status })
    };
    let chosen = |arn: &str| page.qualified.as_deref() == Some(arn);
    if ui.selectable_label(page.qualified.is_none(), "All executions").clicked() {
        commands.push(list(&page.arn));
    }
    for alias in &page.aliases.items {
        let routes = page.routes.get(&alias.arn).and_then(Answer::come);
        let leads = routes.map_or_else(String::new, |it| {
            let parts: Vec<String> = it
                .routes
                .iter()
                .map(|(version, percent)| format!("{} {percent} %", qualifier(version)))
                .collect();
            format!(" → {}", parts.join(", "))
        });
        let text = format!("Alias {}{leads}", qualifier(&alias.arn));
        if ui.selectable_label(chosen(&alias.arn), text).clicked() {
            commands.push(list(&alias.arn));
        }
    }
    for version in &page.versions.items {
        let text = format!("Version {} · {}", qualifier(&version.arn), parts::ago(version.created));
        if ui.selectable_label(chosen(&version.arn), text).clicked() {
            commands.push(list(&version.arn));
        }
    }
    let troubles = [
        ("Aliases did not come", page.aliases.trouble.as_ref()),
        ("Versions did not come", page.versions.trouble.as_ref()),
    ];
    for (what, trouble) in troubles {
        if let Some(trouble) = trouble {
            note_ui(ui, what, trouble);
        }
    }
    if page.aliases.is_loading() || page.versions.is_loading() {
        parts::loading_ui(ui, "Listing");
    } else if page.aliases.items.is_empty() && page.versions.items.is_empty() {
        ui.weak("No versions or aliases");
    }
}

fn tags_ui(ui: &mut Ui, tags: &Answer<Vec<(String, String)>>) {
    match tags {
        Answer::NotAsked => {}
        Answer::Asked(_) => parts::loading_ui(ui, "Tags"),
        Answer::Come(tags) if tags.is_empty() => {
            ui.weak("No tags");
        }
        Answer::Come(tags) => {
            for (key, value) in tags {
                ui.label(RichText::new(format!("{key} = {value}")).small());
            }
        }
        Answer::Failed(trouble) => note_ui(ui, "Tags did not come", trouble),
    }
}

fn filters_ui(ui: &mut Ui, page: &MachinePage, view: &mut AwsView, commands: &mut Vec<Command>) {
    let field = controls::line_edit(&mut view.execution_filter)
        .hint_text("Filter by name")
        .desired_width(f32::INFINITY);
    ui.add(field)
        .widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "Filter executions"));
    // Side by side where there is room for both.
    let room = ui.available_width();
    let (width, layout) = if room >= 2.0 * CHOICE {
        ((room - space::S) / 2.0, egui::Layout::left_to_right(egui::Align::Center))
    } else {
        (room, egui::Layout::top_down(egui::Align::Min))
    };
    let height = ui.spacing().interact_size.y;
    ui.allocate_ui_with_layout(egui::vec2(room, height), layout, |ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let mut status = page.status;
        status_ui(ui, &mut status, width);
        if status != page.status {
            let of = page.listed().to_owned();
            commands.push(Command::Aws(AwsCommand::ListExecutions { of, status }));
        }
        let combo = egui::ComboBox::from_id_salt("since")
            .width(width)
            .truncate()
            .selected_text(view.since.label())
            .show_ui(ui, |ui| {
                for since in Since::ALL {
                    ui.selectable_value(&mut view.since, since, since.label());
                }
            });
        combo.response.widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, "Started"));
    });
}

fn status_ui(ui: &mut Ui, status: &mut Option<Status>, width: f32) {
    let combo = egui::ComboBox::from_id_salt("status")
        .width(width)
        .truncate()
        .selected_text(status.map_or("Any status", parts::words))
        .show_ui(ui, |ui| {
            ui.selectable_value(status, None, "Any status");
            for choice in Status::ALL {
                ui.selectable_value(status, Some(choice), parts::words(choice));
            }
        });
    combo.response.widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, "Status"));
}

/// Executions, and what is asked when one is clicked or more are wanted.
struct ExecutionList<'a> {
    listing: &'a Listing<ExecutionItem>,
    filter: &'a ExecutionFilter,
    more: AwsCommand,
    open: fn(String) -> AwsCommand,
}

/// Executions, newest first; more of them as the end comes near.
fn list_ui(ui: &mut Ui, app: &App, list: &ExecutionList<'_>, commands: &mut Vec<Command>) {
    let ExecutionList { listing, filter, more, open } = list;
    if let Some(trouble) = &listing.trouble {
        let retry = if listing.items.is_empty() { AwsCommand::Refresh } else { more.clone() };
        parts::trouble_ui(ui, trouble, Some(retry), commands);
    }
    let shown: Vec<&ExecutionItem> = listing.items.iter().filter(|it| filter.passes(it)).collect();
    let done = listing.complete || filter.is_past(listing.items.last());
    if shown.is_empty() && done && listing.trouble.is_none() {
        let none =
            if listing.items.is_empty() { "There are none." } else { "None passes the filter." };
        ui.weak(none);
        return;
    }
    // One row more says that there is more.
    let has_more = !done && listing.trouble.is_none();
    let rows = shown.len() + usize::from(has_more);
    let near_end = parts::rows_ui(ui, "executions", rows, |ui, index| match shown.get(index) {
        Some(item) => execution_ui(ui, app, item, commands, *open),
        None => {
            let size = egui::vec2(ui.available_width(), parts::ROW);
            ui.allocate_ui(size, |ui| parts::loading_ui(ui, "Listing"));
        }
    });
    if near_end && has_more && listing.is_begun() && !listing.is_loading() {
        commands.push(Command::Aws(more.clone()));
    }
}

fn execution_ui(
    ui: &mut Ui,
    app: &App,
    item: &ExecutionItem,
    commands: &mut Vec<Command>,
    open: fn(String) -> AwsCommand,
) {
    let colours = tokens(ui.ctx());
    let look = parts::look(colours, item.status);
    let took = match item.stopped {
        Some(stopped) => parts::lasted(item.started, stopped),
        None => "still running".to_owned(),
    };
    let redriven = match item.redrive_count {
        0 => String::new(),
        1 => " · 1 redrive".to_owned(),
        count => format!(" · {count} redrives"),
    };
    let detail =
        format!("{} · {} · {took}{redriven}", parts::words(item.status), parts::ago(item.started));
    let opened = app.attach.opened.get(&item.arn);
    let selected = opened.is_some_and(|it| it.run.is_some() && it.run == app.active_run);
    let title = if item.name.is_empty() { item.arn.as_str() } else { item.name.as_str() };
    let name = format!("Execution {title}");
    let row = Row {
        name: &name,
        dot: Some(look.line),
        title,
        detail: &detail,
        detail_colour: Some(look.text),
        selected,
        reserve: 0.0,
    };
    let row = parts::row_ui(ui, &row);
    if row.on_hover_text(format!("{}\nStarted {}", item.arn, item.started)).clicked() {
        commands.push(Command::Aws(open(item.arn.clone())));
    }
}

pub(super) fn map_run_ui(ui: &mut Ui, app: &App, page: &MapRunPage, commands: &mut Vec<Command>) {
    match &page.description {
        Answer::NotAsked => {}
        Answer::Asked(_) => parts::loading_ui(ui, "Map Run"),
        Answer::Failed(trouble) => note_ui(ui, "Its counts did not come", trouble),
        Answer::Come(run) => {
            let colours = tokens(ui.ctx());
            let look = parts::look(colours, run.status);
            ui.horizontal(|ui| {
                controls::status_dot_ui(ui, look.line);
                ui.label(RichText::new(parts::words(run.status)).color(look.text));
                ui.weak(parts::ago(run.started));
            });
            ui.weak(format!("Items: {}", counted(&run.items)));
            ui.weak(format!("Executions: {}", counted(&run.executions)));
            if run.redrive_count > 0 {
                ui.weak(format!("Redriven {} times", run.redrive_count));
            }
        }
    }
    let mut status = page.status;
    let width = ui.available_width().min(2.0 * CHOICE);
    status_ui(ui, &mut status, width);
    if status != page.status {
        commands.push(Command::Aws(AwsCommand::ListChildren(status)));
    }
    let filter = ExecutionFilter::default();
    let list = ExecutionList {
        listing: &page.children,
        filter: &filter,
        more: AwsCommand::MoreChildren,
        open: AwsCommand::OpenChild,
    };
    list_ui(ui, app, &list, commands);
}

/// `3 succeeded, 1 failed of 5`
fn counted(counts: &MapRunCounts) -> String {
    let named = [
        (counts.pending, "pending"),
        (counts.running, "running"),
        (counts.succeeded, "succeeded"),
        (counts.failed, "failed"),
        (counts.timed_out, "timed out"),
        (counts.aborted, "aborted"),
        (counts.pending_redrive, "pending redrive"),
    ];
    let parts: Vec<String> = named
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    format!(
        "{} of {}",
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") },
        counts.total
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_leave_out_what_is_zero() {
        let counts = MapRunCounts { succeeded: 3, failed: 1, total: 5, ..MapRunCounts::default() };
        assert_eq!(counted(&counts), "3 succeeded, 1 failed of 5");
        assert_eq!(counted(&MapRunCounts::default()), "none of 0");
    }
}
