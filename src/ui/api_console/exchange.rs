//! The chosen request of the API console: its answer, the stages it went through, and the same request sent another way.

use egui::{RichText, Ui};

use super::{ApiConsoleView, Columns, Tab, history_ui, way_of};
use crate::apigateway::Stage;
use crate::app::attach::AwsCommand;
use crate::app::{
    App, Command, Exchange, Pane, Progress, RemoteCommand, SentTo, StartedThere, Value,
};
use crate::ui::api_compare::compare_ui;
use crate::ui::controls;
use crate::ui::json_view::text_block_ui;
use crate::ui::theme::{Tokens, space, tokens};

pub(super) fn exchange_ui(
    ui: &mut Ui,
    app: &App,
    columns: Columns,
    view: &mut ApiConsoleView,
    commands: &mut Vec<Command>,
) {
    let Some(exchange) = app.exchange() else {
        controls::empty_ui(
            ui,
            "No request sent yet",
            "Send one: the response is shown here, with every stage it went through.",
        );
        return;
    };
    let colours = tokens(ui.ctx());
    let counterpart = exchange.response().and_then(|_| app.counterpart(exchange));
    let no_stages = exchange.sent_to != SentTo::Emulator && exchange.stages().is_empty();
    if (view.tab == Tab::Compare && counterpart.is_none()) || (view.tab == Tab::Stages && no_stages)
    {
        view.tab = Tab::Response;
    }
    ui.horizontal_wrapped(|ui| {
        progress_ui(ui, exchange, commands);
        ui.add_space(space::S);
        let stages = format!("Stages ({})", exchange.stages().len());
        ui.selectable_value(&mut view.tab, Tab::Response, "Response");
        // A deployed stage doesn't tell what it did.
        if !no_stages {
            ui.selectable_value(&mut view.tab, Tab::Stages, stages);
        }
        if counterpart.is_some() {
            ui.selectable_value(&mut view.tab, Tab::Compare, "Side by side");
        }
        if columns != Columns::Three {
            let sent = format!("Sent ({})", app.exchanges.len());
            ui.selectable_value(&mut view.tab, Tab::Sent, sent);
        }
    });
    ui.add_space(space::XS);
    if exchange.sent_to != SentTo::Emulator && view.tab == Tab::Response {
        started_ui(ui, exchange, commands);
    }
    match view.tab {
        Tab::Response => {
            response_ui(ui, exchange);
            if exchange.sent_to != SentTo::Emulator {
                ui.weak(way_of(exchange));
            }
            for note in &exchange.notes {
                ui.weak(note);
            }
        }
        Tab::Compare => {
            if let Some(counterpart) = counterpart {
                compare_ui(ui, &mut view.compare, exchange, counterpart);
            }
        }
        Tab::Sent => history_ui(ui, app, commands),
        Tab::Stages => {
            for (index, stage) in exchange.stages().iter().enumerate() {
                stage_ui(ui, index, stage, colours);
            }
            if exchange.run.is_some() && ui.button("Show the execution").clicked() {
                commands.push(Command::SelectExchange(app.selection.exchange));
                commands.push(Command::ShowPane(Pane::Graph));
            }
        }
    }
}

/// How far it is: the status of the answer, or what is waited for.
fn progress_ui(ui: &mut Ui, exchange: &Exchange, commands: &mut Vec<Command>) {
    let colours = tokens(ui.ctx());
    match (&exchange.progress, exchange.response()) {
        (Progress::Answered { millis, .. }, Some(response)) => {
            let status = if response.status < 400 {
                colours.succeeded
            } else if response.status < 500 {
                colours.caught
            } else {
                colours.failed
            };
            let text = format!("{} {}", response.status, reason(response.status));
            let label = ui.label(RichText::new(&text).strong().color(status.text));
            label.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::WidgetType::Label,
                    true,
                    format!("Status {}", response.status),
                )
            });
            ui.weak(format!("{millis} ms"));
        }
        (Progress::Sending, _) => {
            ui.spinner();
            ui.label(RichText::new("Sending").strong().color(colours.in_progress.text));
            if ui.small_button("Cancel").clicked() {
                commands.push(Command::Remote(RemoteCommand::Cancel(exchange.id)));
            }
        }
        (Progress::Failed(_), _) => {
            ui.label(RichText::new("No answer").strong().color(colours.failed.text));
        }
        (Progress::Held(_) | Progress::Answered { .. }, _) => {
            ui.label(RichText::new("Held").strong().color(colours.in_progress.text))
                .on_hover_text("The execution has not ended. F5 lets it go on.");
        }
    }
}

/// The execution that a request to a deployed API started.
fn started_ui(ui: &mut Ui, exchange: &Exchange, commands: &mut Vec<Command>) {
    if exchange.response().is_none() {
        return;
    }
    match &exchange.started {
        StartedThere::Unnamed => {
            let find = ui.link("Find the execution that it started");
            let hint = "The newest of the route's machine within the time of the request";
            if find.on_hover_text(hint).clicked() {
                commands.push(Command::Remote(RemoteCommand::FindExecution(exchange.id)));
            }
        }
        StartedThere::Looking => {
            ui.weak("Looking for its execution");
        }
        StartedThere::Arn(arn) => {
            if ui.link("Open the execution that it started").on_hover_text(arn).clicked() {
                commands.push(Command::Aws(AwsCommand::Open(arn.clone())));
            }
        }
        StartedThere::NotFound(why) => {
            ui.weak(why);
        }
    }
    ui.add_space(space::XS);
}

fn response_ui(ui: &mut Ui, exchange: &Exchange) {
    if let Progress::Failed(why) = &exchange.progress {
        ui.label(why);
        return;
    }
    let Some(response) = exchange.response() else {
        if matches!(exchange.progress, Progress::Sending) {
            ui.weak("Waiting for the deployed API.");
            return;
        }
        controls::empty_ui(
            ui,
            "The response is held",
            "Its execution has not ended: it is at a breakpoint, or a task waits for an answer. F5 lets it go on.",
        );
        return;
    };
    let body = Value::parse(&response.body)
        .map_or_else(|_| response.body.clone(), |value| value.to_pretty());
    ui.push_id(exchange.id, |ui| {
        if body.is_empty() {
            ui.weak("The body is empty.");
        } else {
            text_block_ui(ui, "response body", &body);
        }
        let title = format!("Headers ({})", response.headers.len());
        egui::CollapsingHeader::new(title).id_salt("response headers").show(ui, |ui| {
            for (name, value) in &response.headers {
                let text = RichText::new(format!("{name}: {value}")).monospace();
                ui.add(egui::Label::new(text).wrap());
            }
        });
    });
}

fn stage_ui(ui: &mut Ui, index: usize, stage: &Stage, colours: &Tokens) {
    let failed = stage.error.is_some();
    let title = RichText::new(format!("{}  {}", index + 1, stage.name.title()));
    let title = if failed { title.color(colours.failed.text) } else { title };
    egui::CollapsingHeader::new(title).id_salt(("stage", index)).default_open(failed).show(
        ui,
        |ui| {
            if let Some(error) = &stage.error {
                ui.colored_label(colours.failed.text, error);
            }
            for (name, text) in [
                ("Input", Some(&stage.input)),
                ("Template", stage.template.as_ref()),
                ("Output", Some(&stage.output)),
            ] {
                let Some(text) = text.filter(|it| !it.is_empty()) else { continue };
                ui.label(RichText::new(name).small().color(colours.text_muted));
                let pretty =
                    Value::parse(text).map_or_else(|_| text.clone(), |value| value.to_pretty());
                text_block_ui(ui, ("stage", index, name), &pretty);
            }
        },
    );
    ui.indent(("summary", index), |ui| ui.weak(&stage.summary));
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        _ => "",
    }
}
