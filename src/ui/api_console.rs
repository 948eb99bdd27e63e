//! The API console: routes, a request to write and send, the history of requests, and each stage that a request went through.

mod exchange;

use egui::{RichText, ScrollArea, Ui};

use self::exchange::exchange_ui;
use super::api_compare::CompareView;
use super::api_target::target_ui;
use super::controls;
use super::theme::{Tokens, space, tokens};
use crate::app::{App, Command, Exchange, Progress, RequestDraft, SentTo, Value};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiConsoleView {
    tab: Tab,
    compare: CompareView,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Response,
    Stages,
    /// An emulated answer beside a deployed one.
    Compare,
    /// Where there is no column for what was sent.
    Sent,
}

/// How the pane is laid out: what does not fit beside each other goes into menus, tabs, or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Columns {
    /// Routes, request, response.
    Three,
    /// Request, response.
    Two,
    One,
}

impl Columns {
    fn of(width: f32) -> Self {
        match width {
            _ if width >= 700.0 => Self::Three,
            _ if width >= 440.0 => Self::Two,
            _ => Self::One,
        }
    }
}

/// Height below which the pane is one column, in points.
const LOW: f32 = 180.0;

/// What stands between two columns, in points.
const GAP: f32 = 17.0;

pub(super) fn api_console_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut ApiConsoleView,
    commands: &mut Vec<Command>,
) {
    if app.project.as_ref().is_none_or(|open| open.project.apis.is_empty()) {
        controls::empty_ui(
            ui,
            if app.project.is_some() { "This project has no API" } else { "No project is open" },
            "Open a Terraform or SAM project with an API Gateway REST API to send requests through it.",
        );
        return;
    }
    // In a low pane everything scrolls, or the request would have no room below its target.
    let columns =
        if ui.available_height() < LOW { Columns::One } else { Columns::of(ui.available_width()) };
    if columns != Columns::One {
        target_ui(ui, app, false, commands);
    }
    if columns == Columns::Three && view.tab == Tab::Sent {
        view.tab = Tab::Response;
    }
    let room = ui.available_rect_before_wrap();
    let widths: &[f32] = match columns {
        Columns::Three => &[(room.width() * 0.22).clamp(150.0, 230.0), (room.width() * 0.38)],
        Columns::Two => &[room.width() * 0.5 - GAP],
        Columns::One => &[],
    };
    let mut left = room.left();
    let mut column = |ui: &mut Ui, index: usize, salt: &str, add: &mut dyn FnMut(&mut Ui)| {
        let right = widths.get(index).map_or_else(|| room.right(), |width| left + width);
        let rect = room.with_min_x(left).with_max_x(right);
        if index > 0 {
            let line = ui.visuals().widgets.noninteractive.bg_stroke;
            ui.painter().vline(left - GAP / 2.0, room.y_range(), line);
        }
        left = right + GAP;
        let inside = egui::UiBuilder::new()
            .max_rect(rect)
            .id_salt(salt)
            .layout(egui::Layout::top_down(egui::Align::Min));
        ui.scope_builder(inside, |ui| {
            ScrollArea::vertical().auto_shrink([false, false]).show(ui, add);
        });
    };
    match columns {
        Columns::Three => {
            column(ui, 0, "routes", &mut |ui| {
                routes_ui(ui, app, commands);
                examples_ui(ui, app, commands);
                history_ui(ui, app, commands);
            });
            column(ui, 1, "request", &mut |ui| request_ui(ui, app, columns, commands));
            column(ui, 2, "response", &mut |ui| exchange_ui(ui, app, columns, view, commands));
        }
        Columns::Two => {
            column(ui, 0, "request", &mut |ui| request_ui(ui, app, columns, commands));
            column(ui, 1, "response", &mut |ui| exchange_ui(ui, app, columns, view, commands));
        }
        Columns::One => column(ui, 0, "all", &mut |ui| {
            target_ui(ui, app, true, commands);
            request_ui(ui, app, columns, commands);
            ui.separator();
            exchange_ui(ui, app, columns, view, commands);
        }),
    }
}

/// Routes and examples as menus, where there is no room for lists.
fn pickers_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("Routes", |ui| routes_ui(ui, app, commands));
        let any = app.project.as_ref().is_some_and(|open| !open.examples.is_empty());
        if any {
            ui.menu_button("Examples", |ui| examples_ui(ui, app, commands));
        }
    });
}

fn examples_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(open) = app.project.as_ref().filter(|open| !open.examples.is_empty()) else { return };
    ui.add_space(space::S);
    controls::section_ui(ui, "Examples");
    for example in &open.examples {
        let chosen = app.draft == example.draft;
        let hint = format!("{} {}", example.draft.method, example.draft.url);
        let row = egui::Button::selectable(chosen, &*example.name).truncate();
        if ui.add(row).on_hover_text(hint).clicked() {
            commands.push(Command::SetRequest(Box::new(example.draft.clone())));
        }
    }
}

fn routes_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let Some(open) = &app.project else { return };
    let route = app.route();
    for (index, api) in open.project.apis.iter().enumerate() {
        controls::section_ui(ui, if open.project.apis.len() == 1 { "Routes" } else { &api.name });
        for resource in &api.resources {
            for method in resource.methods.keys() {
                let text = format!("{method} {}", resource.path);
                let chosen = route.as_ref().is_some_and(|(api, key, path)| {
                    *api == index && key == method && *path == resource.path
                });
                let words = method_text(&text, method, tokens(ui.ctx()));
                let row = ui.add(egui::Button::selectable(chosen, words).truncate());
                row.widget_info(|| {
                    egui::WidgetInfo::selected(
                        egui::WidgetType::Button,
                        true,
                        chosen,
                        format!("Route {text}"),
                    )
                });
                if row.clicked() {
                    commands.push(Command::SelectRoute(
                        index,
                        method.clone(),
                        resource.path.clone(),
                    ));
                }
            }
        }
    }
}

/// `POST /items` with the method in a colour of its own.
fn method_text(text: &str, method: &str, colours: &Tokens) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::default();
    let format = |colour, font| egui::text::TextFormat {
        font_id: font,
        color: colour,
        ..egui::text::TextFormat::default()
    };
    let colour = match method {
        "GET" | "HEAD" => colours.in_progress.text,
        "POST" => colours.succeeded.text,
        "PUT" | "PATCH" => colours.caught.text,
        "DELETE" => colours.failed.text,
        _ => colours.text_muted,
    };
    let rest = text.strip_prefix(method).unwrap_or(text);
    job.append(method, 0.0, format(colour, super::fonts::semibold(11.5)));
    job.append(rest, 0.0, format(colours.text, super::fonts::regular(13.0)));
    job
}

fn history_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    if app.exchanges.is_empty() {
        return;
    }
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        controls::section_ui(ui, "Sent");
        if ui.small_button("Clear").clicked() {
            commands.push(Command::ClearExchanges);
        }
    });
    let colours = tokens(ui.ctx());
    for (index, exchange) in app.exchanges.iter().enumerate().rev() {
        let chosen = app.selection.exchange == Some(index);
        ui.horizontal(|ui| {
            status_ui(ui, exchange, colours);
            let text = format!("{} {}", exchange.request.method, exchange.request.path);
            let row = ui.selectable_label(chosen, &text).on_hover_text(way_of(exchange));
            if row.clicked() {
                commands.push(Command::SelectExchange(Some(index)));
            }
            row.context_menu(|ui| {
                if ui.button("Send again").clicked() {
                    commands.push(Command::SendAgain(index));
                    ui.close();
                }
                if ui.button("Edit again").clicked() {
                    commands.push(Command::EditAgain(index));
                    ui.close();
                }
            });
        });
    }
}

/// How a request went out or came in.
fn way_of(exchange: &Exchange) -> String {
    match &exchange.sent_to {
        SentTo::Emulator if exchange.served => "Came in over loopback".to_owned(),
        SentTo::Emulator => "Sent from here".to_owned(),
        SentTo::Stage { url } => format!("Sent to {url}"),
        SentTo::TestInvoke { api_id } => format!("TestInvokeMethod of {api_id}"),
    }
}

fn status_ui(ui: &mut Ui, exchange: &Exchange, colours: &Tokens) {
    let (text, colour) = match exchange.response() {
        Some(response) if response.status < 400 => {
            (response.status.to_string(), colours.succeeded.text)
        }
        Some(response) if response.status < 500 => {
            (response.status.to_string(), colours.caught.text)
        }
        Some(response) => (response.status.to_string(), colours.failed.text),
        None => match &exchange.progress {
            Progress::Sending => ("sent".to_owned(), colours.in_progress.text),
            Progress::Failed(_) => ("none".to_owned(), colours.failed.text),
            Progress::Held(_) | Progress::Answered { .. } => {
                ("held".to_owned(), colours.in_progress.text)
            }
        },
    };
    ui.label(RichText::new(text).monospace().small().color(colour));
}

fn request_ui(ui: &mut Ui, app: &App, columns: Columns, commands: &mut Vec<Command>) {
    let mut draft = app.draft.clone();
    // In a narrow column the path has a row of its own.
    let narrow = ui.available_width() < 290.0;
    let mut send = false;
    ui.horizontal(|ui| {
        egui::ComboBox::from_id_salt("method").selected_text(&draft.method).width(92.0).show_ui(
            ui,
            |ui| {
                for method in METHODS {
                    ui.selectable_value(&mut draft.method, method.to_owned(), method);
                }
            },
        );
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            send = controls::primary_button_ui(ui, "Send")
                .on_hover_text("Send the request (Ctrl+Enter)")
                .clicked();
            if !narrow {
                url_ui(ui, &mut draft.url);
            }
        });
    });
    if narrow {
        url_ui(ui, &mut draft.url);
    }
    if send {
        if draft != app.draft {
            commands.push(Command::SetRequest(Box::new(draft.clone())));
        }
        commands.push(Command::SendRequest);
    }
    if columns != Columns::Three {
        pickers_ui(ui, app, commands);
    }
    if draft.url.contains('{') {
        ui.colored_label(
            tokens(ui.ctx()).caught.text,
            "Put a value in place of the {parameter} in the path.",
        );
    }
    headers_ui(ui, &mut draft);
    ui.add_space(space::XS);
    ui.horizontal_wrapped(|ui| {
        controls::section_ui(ui, "Body");
        if ui.small_button("Format").clicked()
            && let Ok(value) = Value::parse(&draft.body)
        {
            draft.body = value.to_pretty();
        }
        controls::command_button_ui(
            ui,
            app,
            &Command::CopyAsCurl,
            controls::ButtonLook::Label,
            commands,
        );
    });
    let rows = draft.body.lines().count().clamp(5, 40);
    let field = controls::code_edit(&mut draft.body)
        .desired_width(f32::INFINITY)
        .desired_rows(rows)
        .hint_text("{ }");
    ui.add(field).widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Request body")
    });
    if draft != app.draft {
        commands.push(Command::SetRequest(Box::new(draft)));
    }
}

fn url_ui(ui: &mut Ui, url: &mut String) {
    let field = controls::line_edit(url)
        .font(egui::TextStyle::Monospace)
        .hint_text("/items?limit=2")
        .desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Path and query")
    });
}

fn headers_ui(ui: &mut Ui, draft: &mut RequestDraft) {
    let title = format!("Headers ({})", draft.headers.len());
    egui::CollapsingHeader::new(title).id_salt("headers").default_open(false).show(ui, |ui| {
        let mut removed = None;
        for (index, (name, value)) in draft.headers.iter_mut().enumerate() {
            ui.horizontal(|ui| {
                let width = (ui.available_width() * 0.42).min(130.0);
                let field =
                    ui.add(controls::line_edit(name).hint_text("Name").desired_width(width));
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(
                        egui::WidgetType::TextEdit,
                        true,
                        format!("Header name {}", index + 1),
                    )
                });
                let width = (ui.available_width() - 36.0).max(60.0);
                let field =
                    ui.add(controls::line_edit(value).hint_text("Value").desired_width(width));
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(
                        egui::WidgetType::TextEdit,
                        true,
                        format!("Header value {}", index + 1),
                    )
                });
                if ui.small_button("×").on_hover_text("Remove this header").clicked() {
                    removed = Some(index);
                }
            });
        }
        if let Some(index) = removed {
            draft.headers.remove(index);
        }
        if ui.small_button("Add header").clicked() {
            draft.headers.push((String::new(), String::new()));
        }
    });
}
