//! Threads (the top, branches, iterations) and the call stack of the one that is looked at.

use egui::{RichText, ScrollArea, Ui};

use super::controls;
use super::theme::{space, tokens};
use crate::app::{App, Command};
use crate::execution::{Moment, Thread};

/// Threads that are listed at once; a Map may have ten thousand, and the ones that move come first.
const MAX_THREADS: usize = 200;

pub(super) fn stack_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "No execution",
            "The call stack shows where each branch and iteration stands.",
        );
        return;
    };
    let moment = run.session.moment();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        super::executions::family_ui(ui, app, run, commands);
        controls::section_ui(ui, "Call stack");
        let stack = run.session.stack();
        if stack.is_empty() {
            ui.weak("The cursor is in no state.");
        }
        for (depth, frame) in stack.iter().enumerate() {
            let text = if frame.label.is_empty() {
                frame.name.to_string()
            } else {
                format!("{}   {}", frame.name, frame.label)
            };
            let text = if depth == 0 { RichText::new(text).strong() } else { RichText::new(text) };
            let selected = app.selection.state.as_ref() == Some(&frame.state);
            if ui
                .selectable_label(selected, text)
                .on_hover_text(format!("{} · entered at event {}", frame.state, frame.entered.0))
                .clicked()
            {
                commands.push(Command::SelectState(Some(frame.state.clone())));
            }
        }
        ui.add_space(space::S);
        controls::section_ui(ui, "Threads");
        threads_ui(ui, moment, run.session.thread(), commands);
    });
}

fn threads_ui(
    ui: &mut Ui,
    moment: &Moment,
    looked_at: crate::execution::ThreadId,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let mut threads: Vec<&Thread> =
        moment.threads.iter().map(|it| &**it).filter(|it| !it.superseded).collect();
    let all = threads.len();
    if all > MAX_THREADS {
        threads.sort_by_key(|it| (!it.status.is_alive(), it.id));
        threads.truncate(MAX_THREADS);
        threads.sort_by_key(|it| it.id);
    }
    for thread in threads {
        let depth = moment.chain(thread.id).count().saturating_sub(1);
        ui.horizontal(|ui| {
            ui.add_space(depth as f32 * 14.0);
            controls::status_dot_ui(ui, colours.thread(thread.status).line);
            let place = thread.current.as_ref().map_or("", |visit| &visit.name);
            let label = thread.kind.label();
            let row = ui.selectable_label(thread.id == looked_at, &label);
            if row.on_hover_text("Look at this thread").clicked() {
                commands.push(Command::SelectThread(thread.id));
            }
            ui.weak(place);
        });
    }
    if all > MAX_THREADS {
        ui.weak(format!("{} more that have ended are not listed", all - MAX_THREADS));
    }
}
