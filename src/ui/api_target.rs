//! Where the API console sends: the emulator, a deployed stage or `TestInvokeMethod`; how a stage is told who asks; and the question
//! before a request that may change an account.

use egui::{ComboBox, RichText, Ui, WidgetInfo, WidgetType};

use super::controls;
use super::theme::{space, tokens};
use crate::app::attach::AwsCommand;
use crate::app::remote::{Auth, Discovery, FoundApi, Outgoing, Target, TargetKind};
use crate::app::{App, Command, RemoteCommand};

/// The row above the console: the target at its left, serving at its right. What the target needs stands in the row below.
pub(super) fn target_ui(ui: &mut Ui, app: &App, compact: bool, commands: &mut Vec<Command>) {
    let mut target = app.remote.target.clone();
    ui.horizontal_wrapped(|ui| {
        if compact {
            kind_ui(ui, &mut target.kind);
        }
        for kind in TargetKind::ALL.into_iter().filter(|_| !compact) {
            let chosen = target.kind == kind;
            let button = ui.add(egui::Button::selectable(chosen, kind.title()));
            button.widget_info(|| {
                let name = format!("Target {}", kind.title());
                WidgetInfo::selected(WidgetType::RadioButton, true, chosen, name)
            });
            if button.on_hover_text(meaning(kind)).clicked() {
                target.kind = kind;
            }
        }
        if !compact {
            ui.separator();
        }
        serving_ui(ui, app, commands);
    });
    match target.kind {
        TargetKind::Emulated => {}
        TargetKind::Stage => stage_ui(ui, app, &mut target, commands),
        TargetKind::TestInvoke => test_invoke_ui(ui, app, &mut target, commands),
    }
    if target != app.remote.target {
        commands.push(Command::Remote(RemoteCommand::SetTarget(Box::new(target))));
    }
    ui.add_space(space::XS);
}

/// The targets as a menu, where there is no room for buttons.
fn kind_ui(ui: &mut Ui, kind: &mut TargetKind) {
    let title = kind.title();
    let combo = ComboBox::from_id_salt("target").selected_text(title).width(130.0);
    let shown = combo.show_ui(ui, |ui| {
        for choice in TargetKind::ALL {
            ui.selectable_value(kind, choice, choice.title()).on_hover_text(meaning(choice));
        }
    });
    let name = || WidgetInfo::labeled(WidgetType::ComboBox, true, format!("Target {title}"));
    shown.response.widget_info(name);
}

fn meaning(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Emulated => "The project's API, in this window: breakpoints hold its answer",
        TargetKind::Stage => "The same request over HTTPS, to an API that is deployed",
        TargetKind::TestInvoke => {
            "A deployed method without its stage, authoriser and throttling, with its log"
        }
    }
}

fn serving_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let look = controls::ButtonLook::Label;
    match app.server_url() {
        Some(url) => {
            ui.label("Served on");
            ui.label(RichText::new(&url).monospace());
            if ui.small_button("Copy URL").clicked() {
                commands.push(Command::CopyText(url));
            }
            controls::command_button_ui(ui, app, &Command::StopServer, look, commands);
        }
        None => controls::command_button_ui(ui, app, &Command::StartServer(0), look, commands),
    }
}

fn stage_ui(ui: &mut Ui, app: &App, target: &mut Target, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        let room = ui.available_width();
        let width = (room - 330.0).clamp(180.0, 560.0).min(room);
        let hint = "https://ID.execute-api.REGION.amazonaws.com/STAGE";
        let field = controls::line_edit(&mut target.url)
            .font(egui::TextStyle::Monospace)
            .hint_text(hint)
            .desired_width(width);
        ui.add(field)
            .widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "URL of the stage"));
        found_stages_ui(ui, app, target, commands);
        let chosen = target.auth.title();
        let combo = ComboBox::from_id_salt("auth").selected_text(chosen).width(96.0);
        let combo = combo.show_ui(ui, |ui| {
            for auth in Auth::ALL {
                ui.selectable_value(&mut target.auth, auth, auth.title());
            }
        });
        combo.response.widget_info(|| {
            WidgetInfo::labeled(WidgetType::ComboBox, true, format!("Auth {chosen}"))
        });
        auth_ui(ui, app, target, commands);
        both_ui(ui, app, commands);
    });
}

/// What the way to say who asks needs. What is typed is masked, and kept in memory only.
fn auth_ui(ui: &mut Ui, app: &App, target: &mut Target, commands: &mut Vec<Command>) {
    let secret = |ui: &mut Ui, text: &mut String, name: &'static str| {
        let field = controls::line_edit(text).password(true).hint_text(name).desired_width(150.0);
        ui.add(field)
            .on_hover_text("Kept in memory until you quit; in no file, log or bundle")
            .widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, name));
    };
    match target.auth {
        Auth::None => return,
        Auth::ApiKey => secret(ui, &mut target.api_key.0, "API key"),
        Auth::Bearer => secret(ui, &mut target.token.0, "Bearer token"),
        Auth::SigV4 => return connection_ui(ui, app, commands),
    }
    let copy = ui.small_button("Copy curl with secret");
    if copy.on_hover_text("Copy as curl leaves the secret out").clicked() {
        commands.push(Command::Remote(RemoteCommand::CopyCurlWithSecret));
    }
}

/// Whose credentials sign.
fn connection_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    match app.attach.connection.attached() {
        Some(attached) => {
            let account = attached.account().unwrap_or("an account that nobody names");
            ui.weak(format!("signed as {}, {account}", attached.choice.title()));
        }
        None => {
            if ui.button("Attach to AWS…").clicked() {
                commands.push(Command::Aws(AwsCommand::Attach));
            }
            ui.weak("to sign with the credentials of a profile");
        }
    }
}

fn both_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let both = ui.button("Send to both");
    if both.on_hover_text("Here and there, to compare the answers").clicked() {
        commands.push(Command::Remote(RemoteCommand::SendBoth));
    }
    if app.remote.without_asking
        && ui
            .small_button("Ask again")
            .on_hover_text("Requests that may change something are sent without asking")
            .clicked()
    {
        commands.push(Command::Remote(RemoteCommand::AskAgain));
    }
}

/// The button that looks for deployed APIs, and what it found.
fn discovery_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) -> bool {
    let attached = app.attach.connection.attached().is_some();
    match app.discovery() {
        Discovery::Asked(_) => {
            ui.spinner();
            ui.weak("Looking for deployed APIs");
            false
        }
        Discovery::NotAsked | Discovery::Failed(_) | Discovery::Found(_) if !attached => {
            connection_ui(ui, app, commands);
            false
        }
        Discovery::NotAsked | Discovery::Failed(_) => {
            let find = ui.button("Find deployed APIs");
            let hint = "GetRestApis, GetResources and GetStages of the attached account";
            if find.on_hover_text(hint).clicked() {
                commands.push(Command::Remote(RemoteCommand::Discover));
            }
            if let Discovery::Failed(why) = app.discovery() {
                ui.colored_label(tokens(ui.ctx()).failed.text, why);
            }
            false
        }
        Discovery::Found(_) => true,
    }
}

fn found_stages_ui(ui: &mut Ui, app: &App, target: &mut Target, commands: &mut Vec<Command>) {
    // A URL needs no account.
    if app.attach.connection.attached().is_none() || !discovery_ui(ui, app, commands) {
        return;
    }
    let Discovery::Found(apis) = app.discovery() else { return };
    ui.menu_button("Deployed stages", |ui| {
        let stages = apis.iter().flat_map(|api| api.stages.iter().map(move |it| (api, it)));
        let mut any = false;
        for (api, (stage, url)) in stages {
            any = true;
            if ui.button(format!("{} · {stage}", title(api))).on_hover_text(url).clicked() {
                target.url.clone_from(url);
                ui.close();
            }
        }
        if !any {
            ui.weak("No REST API of this account and region has a stage.");
        }
        again_ui(ui, commands);
    });
}

fn again_ui(ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.separator();
    if ui.button("Look again").clicked() {
        commands.push(Command::Remote(RemoteCommand::Discover));
        ui.close();
    }
}

/// `orders (a1b2c3), 80 % of the routes`
fn title(found: &FoundApi) -> String {
    let name = if found.api.name.is_empty() { "unnamed" } else { &found.api.name };
    match found.shared {
        Some(percent) => format!("{name} ({}), {percent} % of the routes", found.api.id),
        None => format!("{name} ({})", found.api.id),
    }
}

fn test_invoke_ui(ui: &mut Ui, app: &App, target: &mut Target, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        if !discovery_ui(ui, app, commands) {
            return;
        }
        let Discovery::Found(apis) = app.discovery() else { return };
        let chosen = apis.iter().find(|it| it.api.id == target.api_id);
        let words = chosen.map_or_else(|| "Choose an API".to_owned(), title);
        let combo = ComboBox::from_id_salt("deployed api").selected_text(&words).width(260.0);
        let mut picked = None;
        let shown = combo.show_ui(ui, |ui| {
            for api in apis {
                if ui.selectable_label(api.api.id == target.api_id, title(api)).clicked() {
                    picked = Some(api);
                }
            }
        });
        shown.response.widget_info(|| {
            WidgetInfo::labeled(WidgetType::ComboBox, true, format!("Deployed API {words}"))
        });
        let path = app.draft.url.split('?').next().unwrap_or("");
        if let Some(api) = picked {
            target.api_id.clone_from(&api.api.id);
            target.resource_id.clear();
        }
        if let Some(api) = chosen {
            let own = api.resource_of(app.draft.method.trim(), path).map(|it| it.path.as_str());
            resource_ui(ui, api, own, target);
            if let Some(problem) = &api.problem {
                ui.colored_label(tokens(ui.ctx()).failed.text, problem);
            }
        }
        if ui.small_button("Look again").clicked() {
            commands.push(Command::Remote(RemoteCommand::Discover));
        }
        both_ui(ui, app, commands);
    });
}

/// The resource that is invoked: the request's own, or another.
fn resource_ui(ui: &mut Ui, api: &FoundApi, own: Option<&str>, target: &mut Target) {
    let request = match own {
        Some(path) => format!("{path}, as requested"),
        None => "none takes this request".to_owned(),
    };
    let chosen = api.resources.iter().find(|it| it.id == target.resource_id);
    let words = chosen.map_or(request.as_str(), |it| it.path.as_str());
    let combo = ComboBox::from_id_salt("deployed resource").selected_text(words).width(200.0);
    let shown = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut target.resource_id, String::new(), &request);
        for resource in api.resources.iter().filter(|it| !it.methods.is_empty()) {
            let text = format!("{}  {}", resource.path, resource.methods.join(" "));
            ui.selectable_value(&mut target.resource_id, resource.id.clone(), text);
        }
    });
    shown.response.widget_info(|| {
        WidgetInfo::labeled(WidgetType::ComboBox, true, format!("Deployed resource {words}"))
    });
}

/// The question before a request leaves this machine that may change something there.
pub(super) fn confirm_send_ui(ctx: &egui::Context, app: &App, commands: &mut Vec<Command>) {
    let Some(outgoing) = &app.remote.asked else { return };
    let title = "Send this request to a deployed API?";
    let escaped = controls::dialog_ui(ctx, title, 560.0, |ui| {
        place_ui(ui, outgoing);
        ui.add_space(space::S);
        ui.label("It is real: what the API does with it is done in that account.");
        if let Some(warning) = &outgoing.warning {
            ui.add_space(space::S);
            ui.label(RichText::new(warning).strong().color(tokens(ui.ctx()).failed.text));
        }
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            if controls::primary_button_ui(ui, "Send it").clicked() {
                let send = RemoteCommand::ConfirmSend { for_session: false };
                commands.push(Command::Remote(send));
            }
            if outgoing.may_be_agreed_for_all()
                && ui
                    .button("Send without asking for this session")
                    .on_hover_text("Until you choose another target or account, or quit; “Ask again” beside the URL ends it")
                    .clicked()
            {
                let send = RemoteCommand::ConfirmSend { for_session: true };
                commands.push(Command::Remote(send));
            }
            if ui.button("Don't send").clicked() {
                commands.push(Command::Remote(RemoteCommand::DismissSend));
            }
        });
    });
    if escaped {
        commands.push(Command::Remote(RemoteCommand::DismissSend));
    }
}

fn place_ui(ui: &mut Ui, outgoing: &Outgoing) {
    let nobody = "not known: no account is attached";
    egui::Grid::new("outgoing").num_columns(2).spacing([16.0, 3.0]).show(ui, |ui| {
        for (name, value) in [
            ("Request", outgoing.request.method.as_str()),
            ("To", outgoing.place.as_str()),
            ("Account", outgoing.account.as_deref().unwrap_or(nobody)),
            ("Region", outgoing.region.as_deref().unwrap_or("not known")),
        ] {
            ui.weak(name);
            ui.add(egui::Label::new(RichText::new(value).strong()).wrap());
            ui.end_row();
        }
    });
}
