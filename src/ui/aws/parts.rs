//! What the pages of the browser are made of: rows of two lines, times told from now, what went wrong with what to do.

use egui::{Color32, Response, RichText, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};
use egui_phosphor::regular as icon;

use crate::app::attach::{AwsCommand, MfaCode, Status, Trouble};
use crate::app::{App, Command, now};
use crate::execution::Timestamp;
use crate::ui::controls;
use crate::ui::theme::{StatusColours, Tokens, size, space, tokens};
use crate::ui::widgets::icon_button;

/// The height of a row of two lines.
pub(super) const ROW: f32 = 42.0;

/// What a row says.
pub(super) struct Row<'a> {
    /// What a screen reader says.
    pub(super) name: &'a str,
    pub(super) dot: Option<Color32>,
    pub(super) title: &'a str,
    pub(super) detail: &'a str,
    /// Another colour for the second line.
    pub(super) detail_colour: Option<Color32>,
    pub(super) selected: bool,
    /// Room at the right end, for buttons of the row's own.
    pub(super) reserve: f32,
}

/// A row that can be clicked, over the whole width.
pub(super) fn row_ui(ui: &mut Ui, row: &Row<'_>) -> Response {
    let colours = tokens(ui.ctx());
    let wanted = vec2(ui.available_width().max(40.0), ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(WidgetType::SelectableLabel, true, row.selected, row.name)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let fill = match (row.selected, response.is_pointer_button_down_on(), response.hovered()) {
        (true, _, _) => colours.accent_soft,
        (false, true, _) => colours.pressed,
        (false, false, true) => colours.hover,
        (false, false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 4.0, fill);
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, colours.accent);
        ui.painter().rect_stroke(rect, 4.0, ring, egui::StrokeKind::Inside);
    }
    let mut left = rect.left() + space::S;
    if let Some(dot) = row.dot {
        ui.painter().circle_filled(pos2(left + 4.0, rect.top() + 14.0), 4.0, dot);
        left += 16.0;
    }
    let width = (rect.right() - space::S - row.reserve - left).max(10.0);
    let mut is_cut = false;
    let mut line = |ui: &Ui, text: &str, size: f32, colour: Color32, y: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(
            text.replace('\n', " "),
            crate::ui::fonts::regular(size),
            colour,
        );
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        let galley = ui.painter().layout_job(job);
        is_cut |= galley.elided;
        ui.painter().galley(pos2(left, rect.top() + y), galley, colour);
    };
    line(ui, row.title, size::BODY, colours.text, 6.0);
    let muted = row.detail_colour.unwrap_or(colours.text_muted);
    line(ui, row.detail, size::SMALL, muted, 23.0);
    if is_cut {
        return response.on_hover_text(format!("{}\n{}", row.title, row.detail));
    }
    response
}

/// A button with a glyph at the right end of a row, which has reserved 30 points for it.
pub(super) fn row_button_ui(ui: &mut Ui, row: egui::Rect, glyph: &str, name: &str) -> Response {
    let centre = pos2(row.right() - 18.0, row.center().y);
    let place = egui::Rect::from_center_size(centre, vec2(26.0, 26.0));
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place));
    icon_button(&mut inside, glyph, name, "")
}

/// Draws the rows that are in sight, all of the same height; whether the end of the list is near.
pub(super) fn rows_ui(
    ui: &mut Ui,
    salt: &str,
    count: usize,
    mut one: impl FnMut(&mut Ui, usize),
) -> bool {
    let mut near_end = false;
    ui.spacing_mut().item_spacing.y = 2.0;
    egui::ScrollArea::vertical().id_salt(salt).auto_shrink([false, false]).show_rows(
        ui,
        ROW,
        count,
        |ui, rows| {
            near_end = rows.end + 10 >= count;
            for index in rows {
                one(ui, index);
            }
        },
    );
    near_end
}

/// The colours of a status of AWS.
pub(super) fn look(colours: &Tokens, status: Status) -> StatusColours {
    match status {
        Status::Running | Status::PendingRedrive => colours.in_progress,
        Status::Succeeded => colours.succeeded,
        Status::Failed | Status::TimedOut => colours.failed,
        Status::Aborted => colours.aborted,
        Status::Unknown => colours.not_entered,
    }
}

/// `Timed out`
pub(super) fn words(status: Status) -> &'static str {
    match status {
        Status::Running => "Running",
        Status::Succeeded => "Succeeded",
        Status::Failed => "Failed",
        Status::TimedOut => "Timed out",
        Status::Aborted => "Aborted",
        Status::PendingRedrive => "Pending redrive",
        Status::Unknown => "Unknown",
    }
}

/// `10 min ago`, `in 3 h`
pub(super) fn ago(at: Timestamp) -> String {
    told_from(now(), at)
}

fn told_from(now: Timestamp, at: Timestamp) -> String {
    let seconds = now.0.saturating_sub(at.0) / 1000;
    let amount = match seconds.unsigned_abs() {
        0..10 => return "just now".to_owned(),
        seconds @ 10..90 => format!("{seconds} s"),
        seconds @ 90..5_400 => format!("{} min", (seconds + 30) / 60),
        seconds @ 5_400..129_600 => format!("{} h", (seconds + 1_800) / 3_600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400),
    };
    if seconds < 0 { format!("in {amount}") } else { format!("{amount} ago") }
}

/// `1.042 s`, `1:02:05`
pub(super) fn lasted(from: Timestamp, to: Timestamp) -> String {
    let millis = to.0.saturating_sub(from.0).max(0);
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds}.{:03} s", millis % 1000),
        60..86_400 => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What went wrong, what to run, and a button to try again.
pub(super) fn trouble_ui(
    ui: &mut Ui,
    trouble: &Trouble,
    retry: Option<AwsCommand>,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    // A code that is wanted is a step on the way, and no failure.
    let look = if trouble.mfa_device.is_some() { colours.in_progress } else { colours.failed };
    let frame = egui::Frame::new()
        .fill(look.soft)
        .corner_radius(4.0)
        .inner_margin(egui::Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.style_mut().interaction.selectable_labels = true;
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.label(RichText::new(&trouble.title).strong().color(look.text));
        if !trouble.text.is_empty() {
            ui.label(RichText::new(&trouble.text).small().color(colours.text));
        }
        if let Some(command) = &trouble.command {
            command_line_ui(ui, command, commands);
        }
        if trouble.mfa_device.is_some() {
            return code_ui(ui, commands);
        }
        if trouble.waits_for_sign_in {
            loading_ui(ui, "Waiting for the sign-in");
        }
        if let Some(retry) = retry
            && ui.button("Try again").clicked()
        {
            commands.push(Command::Aws(retry));
        }
    });
}

/// The field for the code of an MFA device; what is typed is kept no longer than it is typed.
fn code_ui(ui: &mut Ui, commands: &mut Vec<Command>) {
    let id = ui.id().with("mfa code");
    let mut text = ui.data_mut(|data| data.get_temp::<String>(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let field = controls::line_edit(&mut text).hint_text("6 digits").desired_width(90.0);
        let field = ui.add(field);
        field.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "MFA code"));
        let code = MfaCode::parse(&text);
        let entered = field.lost_focus() && ui.input(|it| it.key_pressed(egui::Key::Enter));
        let send = ui.add_enabled(code.is_some(), egui::Button::new("Sign in"));
        if let (true, Some(code)) = (entered || send.clicked(), code) {
            commands.push(Command::Aws(AwsCommand::ConnectWithCode(code)));
            text.clear();
        }
    });
    ui.data_mut(|data| data.insert_temp(id, text));
}

/// A command for the terminal, with a button that copies it.
fn command_line_ui(ui: &mut Ui, command: &str, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let frame = egui::Frame::new()
        .fill(colours.sunken)
        .corner_radius(3.0)
        .inner_margin(egui::Margin::symmetric(6, 3));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            if icon_button(ui, icon::COPY, "Copy command", "").clicked() {
                commands.push(Command::CopyText(command.to_owned()));
            }
            ui.add(egui::Label::new(RichText::new(command).monospace()).wrap());
        });
    });
}

/// The field for an ARN or a link.
pub(super) fn link_field_ui(
    ui: &mut Ui,
    text: &mut String,
    focus: &mut bool,
    commands: &mut Vec<Command>,
) {
    let field = controls::line_edit(text)
        .hint_text("Execution ARN or console link")
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| {
        WidgetInfo::labeled(WidgetType::TextEdit, true, "Execution ARN or console link")
    });
    if std::mem::take(focus) {
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|it| it.key_pressed(egui::Key::Enter));
    // A link that was pasted whole needs no further key.
    let pasted = response.changed()
        && ui.input(|it| it.events.iter().any(|it| matches!(it, egui::Event::Paste(_))))
        && crate::app::attach::Target::find(text).is_some();
    if (entered || pasted) && !text.trim().is_empty() {
        commands.push(Command::Aws(AwsCommand::Open(std::mem::take(text))));
    }
}

/// A spinner with a word, for a list that is on its way.
pub(super) fn loading_ui(ui: &mut Ui, words: &str) {
    ui.horizontal(|ui| {
        ui.add(egui::Spinner::new().size(14.0));
        ui.weak(words);
    });
}

/// The account that an act would be done in, or `None` without a connection.
pub(super) fn can_act(app: &App) -> bool {
    !app.attach.read_only && app.attach.connection.attached().is_some_and(|it| it.trouble.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp(1_000_000_000);
        let told = |seconds: i64| told_from(now, Timestamp(now.0 - seconds * 1000));
        assert_eq!(
            [0, 30, 600, 7_200, 400_000, -600].map(told),
            ["just now", "30 s ago", "10 min ago", "2 h ago", "5 days ago", "in 10 min"]
        );
    }

    #[test]
    fn how_long_it_lasted_is_read_at_a_glance() {
        let told =
            [1_042, 3_725_000, 200_000_000, -5].map(|it| lasted(Timestamp(0), Timestamp(it)));
        assert_eq!(told, ["1.042 s", "1:02:05", "2 days", "0.000 s"]);
    }
}
