//! Lanes of the execution (the top, branches, iterations) with a bar for each visit, and the scrubber that moves the cursor.

use egui::{Align2, Rect, ScrollArea, Sense, Slider, Stroke, Ui, pos2, vec2};

use super::controls;
use super::fonts;
use super::history_list::elapsed;
use super::theme::{Tokens, size, tokens};
use crate::app::{App, Command, Pace, Run};
use crate::execution::timeline::{Lane, Timeline, TimelineVisit};
use crate::execution::{EventId, StateStatus};

const LANE: f32 = 26.0;
const GUTTER: f32 = 130.0;
const RULER: f32 = 20.0;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct TimelineView {
    /// By time instead of by event. Simulated executions often take no time at all.
    by_time: bool,
}

/// Maps a place in the execution to a share of the axis, 0 to 1.
struct Axis<'a> {
    run: &'a Run,
    by_time: bool,
    first: i64,
    length: f64,
}

impl<'a> Axis<'a> {
    fn of(run: &'a Run, timeline: &Timeline, by_time: bool) -> Self {
        let (begin, end) = timeline.span;
        let length =
            if by_time { (end.0 - begin.0) as f64 } else { run.session.last_event().0 as f64 };
        Self { run, by_time, first: begin.0, length: length.max(1.0) }
    }

    fn at_event(&self, event: EventId) -> f32 {
        let place = if self.by_time {
            self.run
                .session
                .history()
                .get(event)
                .map_or(0, |it| it.timestamp.0.saturating_sub(self.first)) as f64
        } else {
            event.0 as f64
        };
        (place / self.length) as f32
    }
}

pub(super) fn timeline_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut TimelineView,
    commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "No execution",
            "Each branch and iteration gets a lane here, each visit to a state a bar.",
        );
        return;
    };
    let timeline = run.session.timeline();
    ui.horizontal(|ui| {
        ui.selectable_value(&mut view.by_time, false, "By event");
        ui.selectable_value(&mut view.by_time, true, "By time");
        let (begin, end) = timeline.span;
        let lanes = if timeline.lanes.len() == 1 { "lane" } else { "lanes" };
        ui.weak(format!("{} {lanes} · {}", timeline.lanes.len(), elapsed(end.0 - begin.0)));
    });
    let axis = Axis::of(run, timeline, view.by_time);
    let lanes = &timeline.lanes;
    ui.spacing_mut().item_spacing.y = 0.0;
    ruler_ui(ui, run, &axis, commands);
    ScrollArea::vertical().auto_shrink([false, false]).show_rows(
        ui,
        LANE,
        lanes.len(),
        |ui, rows| {
            for lane in &lanes[rows] {
                lane_ui(ui, run, timeline, lane, &axis, commands);
            }
        },
    );
}

/// The strip above the lanes: click or drag to move the cursor.
fn ruler_ui(ui: &mut Ui, run: &Run, axis: &Axis<'_>, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), RULER), Sense::click_and_drag());
    let track = rect.with_min_x(rect.left() + GUTTER);
    let painter = ui.painter();
    let last = run.session.last_event();
    let mut before = String::new();
    for step in 0..=8_u8 {
        let share = f32::from(step) / 8.0;
        let x = track.left() + share * track.width();
        painter.vline(
            x,
            track.bottom() - 4.0..=track.bottom(),
            Stroke::new(1.0, colours.border_strong),
        );
        let text = if axis.by_time {
            elapsed((axis.length * f64::from(share)) as i64)
        } else {
            format!("{:.0}", last.0 as f64 * f64::from(share))
        };
        // Where there are fewer events than ticks, the same number would stand there twice.
        if text == before {
            continue;
        }
        before.clone_from(&text);
        let align = if step == 8 { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
        painter.text(
            pos2(x + if step == 8 { -3.0 } else { 3.0 }, track.top()),
            align,
            text,
            fonts::regular(10.0),
            colours.text_faint,
        );
    }
    if let Some(pointer) = response.interact_pointer_pos() {
        let share = ((pointer.x - track.left()) / track.width()).clamp(0.0, 1.0);
        commands.push(Command::GoTo(event_at(run, axis, share)));
    }
    cursor_ui(ui, run, axis, track);
}

/// The last event at or before a share of the axis.
fn event_at(run: &Run, axis: &Axis<'_>, share: f32) -> EventId {
    let events = run.session.history().events();
    let index = events.partition_point(|event| axis.at_event(event.id) <= share);
    events.get(index.saturating_sub(1)).map_or(EventId(1), |event| event.id)
}

fn cursor_ui(ui: &Ui, run: &Run, axis: &Axis<'_>, track: Rect) {
    let colours = tokens(ui.ctx());
    let x = track.left() + axis.at_event(run.session.cursor().event) * track.width();
    ui.painter().vline(x, track.y_range(), Stroke::new(1.5, colours.cursor));
}

fn lane_ui(
    ui: &mut Ui,
    run: &Run,
    timeline: &Timeline,
    lane: &Lane,
    axis: &Axis<'_>,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LANE), Sense::hover());
    let label = rect.left_center() + vec2(6.0 + lane.depth as f32 * 10.0, 0.0);
    ui.painter().text(
        label,
        Align2::LEFT_CENTER,
        lane.kind.label(),
        fonts::regular(size::SMALL),
        colours.text_muted,
    );
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, colours.border));
    let track = rect.with_min_x(rect.left() + GUTTER);
    let visits = lane.visits.iter().filter_map(|entered| timeline.visits.get(entered));
    for bar in bars(visits, axis, track) {
        if ui.is_rect_visible(bar.rect) {
            bar_ui(ui, run, &bar, colours, commands);
        }
    }
    cursor_ui(ui, run, axis, track);
}

/// What is drawn of a lane: a visit, or several that lie so close together that they could not be told apart.
struct Bar<'a> {
    first: &'a TimelineVisit,
    last: &'a TimelineVisit,
    /// The one that fared worst.
    worst: &'a TimelineVisit,
    count: usize,
    rect: Rect,
}

/// The bars of a lane from left to right: thousands of visits become as many bars as there is room for.
fn bars<'a>(
    visits: impl Iterator<Item = &'a TimelineVisit>,
    axis: &Axis<'_>,
    track: Rect,
) -> Vec<Bar<'a>> {
    const LEAST_WIDTH: f32 = 4.0;
    // By event, the last event takes its room too, so that a visit of two events is not half as long as it is.
    let room = if axis.by_time { 0.0 } else { 1.0 / axis.length as f32 };
    let mut bars: Vec<Bar<'a>> = Vec::new();
    for visit in visits {
        let begin = axis.at_event(visit.entered);
        let end = (axis.at_event(visit.last_event) + room).clamp(begin, 1.0);
        let left = track.left() + begin * track.width();
        let width = ((end - begin) * track.width() - 3.0).max(LEAST_WIDTH);
        if let Some(bar) = bars.last_mut()
            && width <= LEAST_WIDTH
            && bar.rect.width() <= LEAST_WIDTH
            && left < bar.rect.right()
        {
            bar.last = visit;
            bar.count += 1;
            if visit.status > bar.worst.status {
                bar.worst = visit;
            }
            continue;
        }
        let rect = Rect::from_min_size(pos2(left, track.top() + 4.0), vec2(width, LANE - 8.0));
        bars.push(Bar { first: visit, last: visit, worst: visit, count: 1, rect });
    }
    bars
}

fn bar_ui(ui: &Ui, run: &Run, bar: &Bar<'_>, colours: &Tokens, commands: &mut Vec<Command>) {
    let (visit, rect, width) = (bar.worst, bar.rect, bar.rect.width());
    let later = bar.first.entered > run.session.cursor().event;
    let status = colours.status(if later { StateStatus::NotEntered } else { visit.status });
    let painter = ui.painter();
    painter.rect(rect, 3, status.soft, Stroke::new(1.0, status.line), egui::StrokeKind::Inside);
    if width > 24.0 {
        let galley = ui.fonts_mut(|fonts| {
            fonts.layout_no_wrap(
                visit.name.to_string(),
                super::fonts::regular(size::SMALL),
                colours.text,
            )
        });
        let inside = painter.with_clip_rect(rect.shrink(3.0).intersect(painter.clip_rect()));
        inside.galley(
            pos2(rect.left() + 5.0, rect.center().y - galley.size().y / 2.0),
            galley,
            colours.text,
        );
    }
    let first = bar.first.entered;
    let response = ui.interact(rect, ui.id().with(("visit", first.0)), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(
            egui::WidgetType::Button,
            true,
            if bar.count == 1 {
                format!("Visit to {} at event {}", visit.name, first.0)
            } else {
                format!("{} visits from event {}", bar.count, first.0)
            },
        )
    });
    let response = response.on_hover_ui(|ui| {
        if bar.count > 1 {
            ui.weak(format!(
                "{} visits, events {} to {}",
                bar.count, first.0, bar.last.last_event.0
            ));
        }
        ui.strong(&*visit.name);
        ui.label(format!("events {} to {}", visit.entered.0, visit.last_event.0));
        if visit.attempts.len() > 1 {
            ui.label(format!("{} attempts", visit.attempts.len()));
        }
        if let Some((error, cause)) = &visit.error {
            ui.colored_label(colours.failed.text, &**error);
            ui.label(&**cause);
        }
    });
    if response.clicked() {
        // Several: to the one that the bar's colour tells of.
        commands.push(Command::GoTo(visit.entered));
    }
}

/// The bar at the foot of the window: play, scrub, where the cursor is.
pub(super) fn scrubber_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(run) = app.run() else {
        // As high as with an execution, so that nothing moves when one begins.
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL);
            ui.weak("No execution. F5 starts one.");
        });
        return;
    };
    let last = run.session.last_event().0.max(1);
    let cursor = run.session.cursor().event.0;
    ui.horizontal(|ui| {
        for command in [Command::GoToStart, Command::StepBack] {
            controls::command_button_ui(ui, app, &command, controls::ButtonLook::Icon, commands);
        }
        play_ui(ui, app, true, commands);
        play_ui(ui, app, false, commands);
        for command in [Command::Next, Command::GoToEnd] {
            controls::command_button_ui(ui, app, &command, controls::ButtonLook::Icon, commands);
        }
        pace_ui(ui, app, commands);
        let text = format!("event {cursor} / {last}");
        let width = (ui.available_width() - 190.0).max(60.0);
        ui.spacing_mut().slider_width = width;
        let mut place = cursor;
        let slider =
            ui.add(Slider::new(&mut place, 1..=last).show_value(false).trailing_fill(true));
        slider.widget_info(|| egui::WidgetInfo::slider(true, cursor as f64, "Scrubber"));
        if slider.changed() && place != cursor {
            commands.push(Command::GoTo(EventId(place)));
        }
        ui.label(egui::RichText::new(text).monospace());
        if let Some(event) = run.session.event() {
            ui.weak(elapsed(event.timestamp.0.saturating_sub(run.started_at.0)));
        }
    });
}

/// The button that plays, and stops playing.
fn play_ui(ui: &mut Ui, app: &App, backwards: bool, commands: &mut Vec<Command>) {
    let command = if backwards { Command::TogglePlayBackwards } else { Command::TogglePlay };
    if app.playing().is_none_or(|it| it.backwards != backwards) {
        controls::command_button_ui(ui, app, &command, controls::ButtonLook::Icon, commands);
        return;
    }
    let keys = command.listing().and_then(|it| it.shortcut).map(|it| it.text()).unwrap_or_default();
    let glyph = egui_phosphor::regular::PAUSE_CIRCLE;
    if super::widgets::icon_button(ui, glyph, "Stop playing", &keys).clicked() {
        commands.push(command);
    }
}

/// How fast it plays.
fn pace_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let text = app.play.pace.label();
    let combo = egui::ComboBox::from_id_salt("pace").selected_text(&text).width(84.0);
    let shown = combo.show_ui(ui, |ui| {
        for pace in Pace::ALL {
            if ui.selectable_label(app.play.pace == pace, pace.label()).clicked() {
                commands.push(Command::SetPace(pace));
            }
        }
        ui.separator();
        let mut skip = app.play.skip_waits;
        if controls::checkbox_ui(ui, &mut skip, "Skip waits over 2 s").clicked() {
            commands.push(Command::ToggleSkipWaits);
        }
    });
    shown.response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::WidgetType::ComboBox, true, "Speed");
        info.current_text_value = Some(text.clone());
        info
    });
    shown.response.on_hover_text("How fast it plays");
}
