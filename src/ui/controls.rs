//! Small controls that several panes share. An icon never goes without its name: it is the tooltip and what a screen reader says.

use egui::{Color32, Response, RichText, Sense, Ui, vec2};

use super::theme::{radius, size, space, tokens};
use super::widgets::icon_button;
use crate::app::attach::AwsCommand;
use crate::app::{App, Command, Listing, Pane};
use egui_phosphor::regular as icon;

/// Something to say where a pane has nothing to show yet: what is missing, and how to get it.
pub(super) fn empty_ui(ui: &mut Ui, title: &str, text: &str) {
    ui.add_space(space::L);
    ui.vertical_centered(|ui| {
        ui.set_max_width(ui.available_width().min(360.0));
        ui.label(RichText::new(title).strong());
        ui.weak(text);
    });
}

/// Something in front of everything else, which is out of reach until it is answered. Whether it was closed, by its cross or the
/// Escape key.
pub(super) fn dialog_ui(
    ctx: &egui::Context,
    title: &str,
    width: f32,
    contents: impl FnOnce(&mut Ui),
) -> bool {
    let mut closed = ctx.input_mut(|it| it.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    let frame = egui::Frame::window(&ctx.global_style()).inner_margin(space::L);
    egui::Modal::new(egui::Id::new(("dialog", title))).frame(frame).show(ctx, |ui| {
        let screen = ctx.content_rect().size();
        ui.set_width(width.min(screen.x - 64.0));
        // Else what scrolls would be as high as the room below, which grows as the whole moves up, frame by frame.
        ui.set_max_height(screen.y - 64.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new(title).heading());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closed |= icon_button(ui, icon::X, "Close the dialog", "Esc").clicked();
            });
        });
        ui.add_space(space::S);
        contents(ui);
    });
    closed
}

/// The heading of a part of a pane.
pub(super) fn section_ui(ui: &mut Ui, title: &str) {
    let colours = tokens(ui.ctx());
    ui.label(RichText::new(title.to_uppercase()).small().strong().color(colours.text_muted));
}

pub(super) fn status_dot_ui(ui: &mut Ui, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colour);
}

/// The button that a pane is about.
pub(super) fn primary_button_ui(ui: &mut Ui, text: &str) -> Response {
    let colours = tokens(ui.ctx());
    let text = RichText::new(text).strong().color(colours.on_accent);
    ui.add(
        egui::Button::new(text)
            .fill(colours.accent)
            .stroke(egui::Stroke::NONE)
            .corner_radius(radius::NORMAL),
    )
}

/// A box to tick: an outlined square, and a filled one with a tick. egui's own has one look for both and no outline that
/// can be seen on a white ground.
pub(super) fn checkbox_ui(ui: &mut Ui, checked: &mut bool, text: &str) -> Response {
    named_checkbox_ui(ui, checked, text, text)
}

/// A box to tick whose words, if there are any, are not what a screen reader should say.
pub(super) fn named_checkbox_ui(
    ui: &mut Ui,
    checked: &mut bool,
    text: &str,
    name: &str,
) -> Response {
    const SIDE: f32 = 16.0;
    let colours = tokens(ui.ctx());
    let galley = (!text.is_empty()).then(|| {
        ui.painter().layout_no_wrap(
            text.to_owned(),
            super::fonts::regular(size::BODY),
            Color32::PLACEHOLDER,
        )
    });
    let words = galley.as_ref().map_or(0.0, |it| space::S + it.size().x);
    let wanted = vec2(SIDE + words, ui.spacing().interact_size.y);
    let (rect, mut response) = ui.allocate_exact_size(wanted, Sense::click());
    if response.clicked() {
        *checked = !*checked;
        response.mark_changed();
    }
    let (on, enabled) = (*checked, response.enabled());
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::WidgetType::Checkbox, enabled, on, name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let square = egui::Rect::from_min_size(
        egui::pos2(rect.left(), rect.center().y - SIDE / 2.0),
        vec2(SIDE, SIDE),
    );
    let (fill, line) = match (on, response.hovered()) {
        (true, _) => (colours.accent, colours.accent),
        (false, true) => (colours.hover, colours.accent),
        (false, false) => (colours.sunken, colours.text_faint),
    };
    let painter = ui.painter();
    let outline = egui::Stroke::new(1.25, line);
    painter.rect(square, 3, fill, outline, egui::StrokeKind::Inside);
    if on {
        let point = |x: f32, y: f32| square.min + vec2(x, y) * SIDE;
        let tick = vec![point(0.24, 0.53), point(0.43, 0.71), point(0.77, 0.31)];
        painter.add(egui::Shape::line(tick, egui::Stroke::new(1.9, colours.on_accent)));
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, colours.accent);
        painter.rect_stroke(square.expand(2.0), 5, ring, egui::StrokeKind::Outside);
    }
    if let Some(galley) = galley {
        let at = egui::pos2(square.right() + space::S, rect.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, if enabled { colours.text } else { colours.text_faint });
    }
    response
}

/// A field for one line, as high as a button.
pub(super) fn line_edit(text: &mut String) -> egui::TextEdit<'_> {
    egui::TextEdit::singleline(text)
        .margin(egui::Margin::symmetric(8, 4))
        .min_size(vec2(0.0, 26.0))
        .vertical_align(egui::Align::Center)
}

/// A field for JSON and other code.
pub(super) fn code_edit(text: &mut String) -> egui::TextEdit<'_> {
    egui::TextEdit::multiline(text).code_editor().margin(egui::Margin::symmetric(8, 6))
}

/// How the button of a command looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ButtonLook {
    Icon,
    Label,
    /// The icon with fewer words than the command's own; those are what a screen reader says.
    IconAnd(&'static str),
}

/// The button of a listed command, with its tooltip and shortcut; greyed out when it can't do anything now.
pub(super) fn command_button_ui(
    ui: &mut Ui,
    app: &App,
    command: &Command,
    look: ButtonLook,
    commands: &mut Vec<Command>,
) {
    let Some(listing) = command.listing() else { return };
    let enabled = is_enabled(app, command);
    // The sun of the theme that a press would bring.
    let sun = *command == Command::ToggleTheme && ui.visuals().dark_mode;
    let glyph = if sun { Some(icon::SUN) } else { icon_of(command) };
    let button = match (look, glyph) {
        (ButtonLook::Icon, Some(icon)) => {
            egui::Button::new(RichText::new(icon).font(super::fonts::icons(18.0)))
                .frame_when_inactive(false)
                .min_size(vec2(30.0, 28.0))
        }
        (ButtonLook::IconAnd(words), Some(icon)) => {
            let icon = RichText::new(icon).font(super::fonts::icons(18.0));
            egui::Button::new((icon, words)).frame_when_inactive(false).min_size(vec2(30.0, 28.0))
        }
        (ButtonLook::Icon | ButtonLook::IconAnd(_), None) | (ButtonLook::Label, _) => {
            egui::Button::new(listing.label)
        }
    };
    let response = ui.add_enabled(enabled, button);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::WidgetType::Button, enabled, listing.label)
    });
    let response = response
        .on_hover_ui(|ui| tooltip_ui(ui, &listing))
        .on_disabled_hover_ui(|ui| tooltip_ui(ui, &listing));
    if response.clicked() {
        commands.push(listing.command);
    }
}

fn tooltip_ui(ui: &mut Ui, listing: &Listing) {
    ui.horizontal(|ui| {
        ui.strong(listing.label);
        if let Some(shortcut) = listing.shortcut {
            ui.weak(shortcut.text());
        }
    });
    ui.label(listing.tooltip);
}

/// A line of a menu: label on the left, shortcut on the right.
pub(super) fn menu_item_ui(
    ui: &mut Ui,
    listing: &Listing,
    enabled: bool,
    commands: &mut Vec<Command>,
) {
    let shortcut = listing.shortcut.map(|it| it.text()).unwrap_or_default();
    let button =
        egui::Button::new(listing.label).shortcut_text(shortcut).min_size(vec2(230.0, 24.0));
    if ui.add_enabled(enabled, button).on_hover_text(listing.tooltip).clicked() {
        commands.push(listing.command.clone());
        ui.close();
    }
}

/// The glyph of a command that stands in a toolbar.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most commands have no glyph, and a new one needs none"
)]
pub(super) fn icon_of(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Continue => icon::PLAY,
        Command::Pause => icon::PAUSE,
        Command::Next => icon::ARROW_BEND_UP_RIGHT,
        Command::StepIn => icon::ARROW_ELBOW_RIGHT_DOWN,
        Command::StepOut => icon::ARROW_ELBOW_RIGHT_UP,
        Command::StepBack => icon::ARROW_BEND_UP_LEFT,
        Command::ReverseContinue => icon::REWIND,
        Command::Restart => icon::ARROW_COUNTER_CLOCKWISE,
        Command::Stop => icon::STOP,
        Command::GoToStart => icon::SKIP_BACK,
        Command::GoToEnd => icon::SKIP_FORWARD,
        Command::ShowOpenDialog => icon::FOLDER_OPEN,
        Command::Aws(AwsCommand::Attach) => icon::CLOUD_ARROW_DOWN,
        Command::FitGraph => icon::CORNERS_OUT,
        Command::ToggleTheme => icon::MOON,
        Command::ShowPalette => icon::MAGNIFYING_GLASS,
        Command::SendRequest => icon::PAPER_PLANE_TILT,
        Command::TogglePlay => icon::PLAY_CIRCLE,
        Command::TogglePlayBackwards => icon::CARET_CIRCLE_LEFT,
        Command::Verify => icon::SEAL_CHECK,
        Command::RunAgain => icon::REPEAT,
        _ => return None,
    })
}

/// Whether a line stands above a command in its menu.
pub(super) fn begins_group(command: &Command) -> bool {
    const FIRST: [Command; 12] = [
        Command::Reload,
        Command::ShowSaveExecutionDialog,
        Command::CloseProject,
        Command::Next,
        Command::GoToStart,
        Command::TestThisState,
        Command::TogglePlay,
        Command::Verify,
        Command::ToggleBreakOnErrors,
        Command::ClearBreakpoints,
        Command::FitGraph,
        Command::ToggleTheme,
    ];
    let others = [
        Command::StartServer(0),
        Command::ShowLoadMocksDialog,
        Command::Aws(AwsCommand::Attach),
        Command::ShowPane(Pane::ALL[0]),
    ];
    FIRST.contains(command) || others.contains(command)
}

/// Whether a command would do something now.
#[expect(clippy::wildcard_enum_match_arm, reason = "most commands can always be given")]
pub(super) fn is_enabled(app: &App, command: &Command) -> bool {
    let run = app.run();
    let machine = app.machine().is_some();
    match command {
        Command::Continue
        | Command::StartPaused
        | Command::Next
        | Command::StepIn
        | Command::FitGraph
        | Command::ShowGraphStart
        | Command::ZoomIn
        | Command::ZoomOut
        | Command::ShowExportDialog
        | Command::Reload
        | Command::EditDefinition
        | Command::CloseProject => machine,
        Command::Verify | Command::RunAgain | Command::ShowRunAgainDialog => {
            app.comparing.is_none()
                && run.is_some_and(|it| !it.is_running() && it.session.last_event().0 > 0)
        }
        Command::RunAgainFromHere => {
            app.comparing.is_none() && run.is_some() && app.selection.state.is_some()
        }
        Command::TogglePlay | Command::TogglePlayBackwards => {
            run.is_some_and(|it| !it.is_running() && it.session.last_event().0 > 1)
        }
        Command::Pause => run.is_some_and(|it| it.is_running()),
        Command::Stop => run.is_some_and(|it| !it.has_ended()),
        Command::StepOut
        | Command::Restart
        | Command::GoToEnd
        | Command::ShowSaveExecutionDialog
        | Command::ShowExportHistoryDialog => run.is_some(),
        Command::StepBack
        | Command::ReverseContinue
        | Command::ReverseStepIn
        | Command::ReverseStepOut
        | Command::GoToStart => run.is_some_and(|it| {
            it.session.cursor().event.0 > 1 || it.session.cursor().stage.is_some()
        }),
        Command::ToggleBreakpointHere | Command::ZoomToSelection | Command::TestThisState => {
            app.selection.state.is_some()
        }
        Command::SendRequest | Command::CopyAsCurl | Command::ShowPostmanDialog => {
            app.project.as_ref().is_some_and(|it| !it.project.apis.is_empty())
        }
        Command::StartServer(_) => app.server.is_none() && app.machine().is_some(),
        Command::StopServer => app.server.is_some(),
        Command::Aws(AwsCommand::Disconnect) => {
            app.attach.connection.attached().is_some() || app.attach.connection.is_connecting()
        }
        Command::ResetTables => {
            app.project.as_ref().is_some_and(|it| !it.project.tables.is_empty())
        }
        Command::ClearBreakpoints => app.breakpoints().is_some_and(|it| !it.states.is_empty()),
        _ => true,
    }
}
