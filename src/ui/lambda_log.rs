//! What a Lambda function wrote during an attempt: a link for each attempt of the shown visit, and the lines below it.

use egui::{RichText, ScrollArea, Ui};

use super::theme::{space, tokens};
use crate::app::attach::AwsCommand;
use crate::app::remote::{FoundBy, LambdaState, LogLine};
use crate::app::{App, Command, RemoteCommand, Run, RunId};
use crate::execution::{EventId, LambdaAttempt, Timestamp, lambda_attempts};

/// The attempts of a visit, kept until another is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct LambdaView {
    known: Option<((RunId, EventId, usize), Vec<LambdaAttempt>)>,
}

pub(super) fn lambda_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    visit: EventId,
    view: &mut LambdaView,
    commands: &mut Vec<Command>,
) {
    // What runs here calls no deployed function.
    if run.start.is_some() {
        return;
    }
    let history = run.session.history();
    let key = (run.id, visit, history.events().len());
    if view.known.as_ref().is_none_or(|(it, _)| *it != key) {
        view.known = Some((key, lambda_attempts(history, visit)));
    }
    let Some((_, attempts)) = &view.known else { return };
    for (index, attempt) in attempts.iter().enumerate() {
        attempt_ui(ui, app, run.id, (index, attempts.len()), attempt, commands);
    }
}

fn attempt_ui(
    ui: &mut Ui,
    app: &App,
    run: RunId,
    (index, all): (usize, usize),
    attempt: &LambdaAttempt,
    commands: &mut Vec<Command>,
) {
    let shown = app.remote.lambda.as_ref().filter(|it| it.run == run && it.attempt == *attempt);
    let words = match (all, attempt.failed) {
        (1, _) => format!("Lambda logs of {}", attempt.function),
        (_, true) => format!("Lambda logs of {}, attempt {} (failed)", attempt.function, index + 1),
        (_, false) => format!("Lambda logs of {}, attempt {}", attempt.function, index + 1),
    };
    let hint = match &attempt.request_id {
        Some(id) => format!("Reads the lines of request {id} from CloudWatch Logs"),
        None => "Reads the lines of that time from CloudWatch Logs".to_owned(),
    };
    let is_attached = app.attach.connection.attached().is_some();
    ui.horizontal_wrapped(|ui| {
        if ui.link(&words).on_hover_text(hint).clicked() {
            commands.push(match (shown.is_some(), is_attached) {
                (true, _) => Command::Remote(RemoteCommand::CloseLambdaLog),
                (false, true) => Command::Remote(RemoteCommand::ReadLambdaLog {
                    run,
                    attempt: Box::new(attempt.clone()),
                }),
                (false, false) => Command::Aws(AwsCommand::Attach),
            });
        }
        if !is_attached && shown.is_none() {
            ui.weak("attach to AWS to read them");
        }
    });
    let Some(shown) = shown else { return };
    match &shown.state {
        LambdaState::Reading => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.weak("Reading the log");
            });
        }
        LambdaState::Failed(why) => {
            ui.colored_label(tokens(ui.ctx()).failed.text, why);
        }
        LambdaState::Read { group, found_by, lines, complete } => {
            let how = match found_by {
                FoundBy::RequestId => "of this invocation",
                FoundBy::Time => "of that time; other invocations may be among them",
            };
            let count = match lines.len() {
                1 => "1 line".to_owned(),
                count => format!("{count} lines"),
            };
            ui.weak(format!("{count} {how}, from {group}"));
            if !complete {
                ui.weak("There are more lines than are read.");
            }
            lines_ui(ui, lines, commands);
        }
    }
    ui.add_space(space::S);
}

fn lines_ui(ui: &mut Ui, lines: &[LogLine], commands: &mut Vec<Command>) {
    if lines.is_empty() {
        return;
    }
    let colours = tokens(ui.ctx());
    if ui.small_button("Copy lines").clicked() {
        let text: Vec<&str> = lines.iter().map(|it| it.message.trim_end()).collect();
        commands.push(Command::CopyText(text.join("\n")));
    }
    let frame = egui::Frame::new().fill(colours.sunken).inner_margin(egui::Margin::symmetric(6, 4));
    frame.show(ui, |ui| {
        let height = ui.text_style_height(&egui::TextStyle::Monospace);
        let scroll = ScrollArea::both().id_salt("lambda lines").max_height(220.0);
        scroll.auto_shrink([false, true]).show_rows(ui, height, lines.len(), |ui, rows| {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            for line in lines.get(rows).unwrap_or_default() {
                ui.horizontal(|ui| {
                    ui.label(
                        RichText::new(clock_of(line.at)).monospace().color(colours.text_faint),
                    );
                    ui.label(RichText::new(one_line(&line.message)).monospace());
                });
            }
        });
    });
}

/// `12:03:04.567`
fn clock_of(at: Timestamp) -> String {
    let text = at.to_string();
    text.split_once('T').map_or(text.as_str(), |(_, clock)| clock.trim_end_matches('Z')).to_owned()
}

/// Rows are one line high; what goes on over several is joined, and what is very long is cut.
fn one_line(message: &str) -> String {
    const MOST: usize = 4000;
    let joined = message.trim_end().replace(['\n', '\r', '\t'], " ");
    if joined.len() <= MOST {
        return joined;
    }
    let mut short: String = joined.chars().take(MOST).collect();
    short.push('…');
    short
}
