//! The choice of a connection: profile, region, endpoint.

use egui::{RichText, Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icon;

use super::AwsView;
use super::parts::{self, Row};
use crate::app::attach::{AwsCommand, Choice, Link, ProfileChoice, REGIONS};
use crate::app::{App, Command};
use crate::ui::controls;
use crate::ui::theme::{space, tokens};

pub(super) fn profiles_ui(ui: &mut Ui, app: &App, view: &mut AwsView, commands: &mut Vec<Command>) {
    let connection = &app.attach.connection;
    if !view.listed {
        view.listed = true;
        commands.push(Command::Aws(AwsCommand::ListProfiles));
    }
    match &connection.link {
        Link::Failed(trouble) => {
            parts::trouble_ui(ui, trouble, Some(AwsCommand::Retry), commands);
            ui.add_space(space::S);
        }
        Link::Off | Link::Connecting | Link::On(_) => {}
    }
    recent_ui(ui, app, commands);
    for problem in &connection.problems {
        ui.label(RichText::new(problem).small().color(tokens(ui.ctx()).caught.text));
    }
    // The form stands below the list, however long that is.
    egui::Panel::bottom("aws connect").frame(egui::Frame::new()).show(ui, |ui| {
        ui.add_space(space::S);
        form_ui(ui, app, view, commands);
    });
    controls::section_ui(ui, "Profiles");
    if connection.profiles.len() > 6 {
        let field = controls::line_edit(&mut view.profile_filter)
            .hint_text("Filter profiles")
            .desired_width(f32::INFINITY);
        ui.add(field)
            .widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "Filter profiles"));
    }
    if connection.profiles.is_empty() {
        ui.weak("There are no profiles in ~/.aws. `aws configure` makes one, `aws configure sso` one that signs in.");
        return;
    }
    let wanted = view.profile_filter.trim().to_lowercase();
    let shown: Vec<&ProfileChoice> = connection
        .profiles
        .iter()
        .filter(|it| name_of(it).to_lowercase().contains(&wanted))
        .collect();
    parts::rows_ui(ui, "profiles", shown.len(), |ui, index| {
        if let Some(profile) = shown.get(index) {
            profile_ui(ui, profile, &connection.choice, commands);
        }
    });
}

fn name_of(profile: &ProfileChoice) -> &str {
    profile.name.as_deref().unwrap_or("Environment")
}

fn profile_ui(ui: &mut Ui, profile: &ProfileChoice, choice: &Choice, commands: &mut Vec<Command>) {
    let parts = [profile.region.as_deref(), Some(profile.kind), profile.endpoint_url.as_deref()];
    let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let name = format!("Profile {}", name_of(profile));
    let selected = profile.name == choice.profile;
    let row = parts::row_ui(
        ui,
        &Row {
            name: &name,
            dot: None,
            title: name_of(profile),
            detail: &detail,
            detail_colour: None,
            selected,
            reserve: 30.0,
        },
    );
    let rect = row.rect;
    let chosen = Choice { profile: profile.name.clone(), ..Choice::default() };
    if row.double_clicked() {
        commands.push(Command::Aws(AwsCommand::Connect(chosen.clone())));
    } else if row.clicked() && !selected {
        commands.push(Command::Aws(AwsCommand::Choose(chosen.clone())));
    }
    let name = format!("Connect as {}", name_of(profile));
    if parts::row_button_ui(ui, rect, icon::PLUGS, &name).clicked() {
        commands.push(Command::Aws(AwsCommand::Connect(chosen)));
    }
}

/// What was connected before, one click each.
fn recent_ui(ui: &mut Ui, app: &App, commands: &mut Vec<Command>) {
    let connection = &app.attach.connection;
    let is_there = |it: &&Choice| connection.profile(it.profile.as_deref()).is_some();
    let recent: Vec<&Choice> = app.settings.aws_connections.iter().filter(is_there).collect();
    if recent.is_empty() {
        return;
    }
    controls::section_ui(ui, "Recent");
    for choice in recent.into_iter().take(4) {
        let profile = connection.profile(choice.profile.as_deref());
        let region = Some(choice.region.as_str()).filter(|it| !it.is_empty());
        let region = region.or_else(|| profile?.region.as_deref());
        let endpoint = Some(choice.endpoint_url.as_str()).filter(|it| !it.is_empty());
        let places = [region, endpoint].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let name = format!("Connect to {} {places}", choice.title());
        let detail = if places.is_empty() { "as the profile says" } else { &places };
        let row = Row {
            name: name.trim_end(),
            dot: None,
            title: choice.title(),
            detail,
            detail_colour: None,
            selected: false,
            reserve: 0.0,
        };
        if parts::row_ui(ui, &row).on_hover_text("Connect as before").clicked() {
            commands.push(Command::Aws(AwsCommand::Connect(choice.clone())));
        }
    }
    ui.add_space(space::S);
}

fn form_ui(ui: &mut Ui, app: &App, view: &mut AwsView, commands: &mut Vec<Command>) {
    let connection = &app.attach.connection;
    let mut choice = connection.choice.clone();
    let profile = connection.profile(choice.profile.as_deref());
    region_ui(ui, &mut choice, profile, view);
    ui.add_space(space::XS);
    let hint = match profile.and_then(|it| it.endpoint_url.as_deref()) {
        Some(url) => format!("Endpoint: {url}"),
        None => "Endpoint URL, for an emulator".to_owned(),
    };
    let field =
        controls::line_edit(&mut choice.endpoint_url).hint_text(hint).desired_width(f32::INFINITY);
    let endpoint = ui.add(field);
    endpoint.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "Endpoint URL"));
    let entered = endpoint.lost_focus() && ui.input(|it| it.key_pressed(egui::Key::Enter));
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        if connection.is_connecting() {
            parts::loading_ui(ui, &format!("Connecting as {}", choice.title()));
            if ui.button("Cancel").clicked() {
                commands.push(Command::Aws(AwsCommand::Disconnect));
            }
            return;
        }
        let can = profile.is_some();
        let connect = ui.add_enabled_ui(can, |ui| controls::primary_button_ui(ui, "Connect")).inner;
        if can && (connect.clicked() || entered) {
            commands.push(Command::Aws(AwsCommand::Connect(choice.clone())));
        }
    });
    if choice != connection.choice {
        commands.push(Command::Aws(AwsCommand::Choose(choice)));
    }
}

/// Regions to choose from, and a field for one that is not among them.
fn region_ui(
    ui: &mut Ui,
    choice: &mut Choice,
    profile: Option<&ProfileChoice>,
    view: &mut AwsView,
) {
    let own = profile.and_then(|it| it.region.as_deref());
    let text = match (choice.region.as_str(), own) {
        ("", Some(own)) => format!("{own} (of the profile)"),
        ("", None) => "Choose a region".to_owned(),
        (chosen, _) => chosen.to_owned(),
    };
    let combo = egui::ComboBox::from_id_salt("aws region")
        .selected_text(text)
        .width(ui.available_width())
        .height(320.0)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let shown = combo.show_ui(ui, |ui| {
        let field = controls::line_edit(&mut view.region_filter)
            .hint_text("Search, or type another")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| WidgetInfo::labeled(WidgetType::TextEdit, true, "Search regions"));
        let typed = view.region_filter.trim().to_lowercase();
        let mut chosen = None;
        if field.lost_focus()
            && ui.input(|it| it.key_pressed(egui::Key::Enter))
            && !typed.is_empty()
        {
            chosen = Some(typed.clone());
        }
        let own = own.map(|own| format!("{own} (of the profile)"));
        if let Some(own) = &own
            && typed.is_empty()
            && ui.selectable_label(choice.region.is_empty(), own).clicked()
        {
            chosen = Some(String::new());
        }
        for (code, name) in REGIONS {
            let text = format!("{code}  {name}");
            if text.to_lowercase().contains(&typed)
                && ui.selectable_label(choice.region == *code, text).clicked()
            {
                chosen = Some((*code).to_owned());
            }
        }
        if !typed.is_empty()
            && !REGIONS.iter().any(|(code, _)| *code == typed)
            && ui.selectable_label(false, format!("Use “{typed}”")).clicked()
        {
            chosen = Some(typed);
        }
        if let Some(region) = chosen {
            choice.region = region;
            view.region_filter.clear();
            ui.close();
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, "Region"));
}
