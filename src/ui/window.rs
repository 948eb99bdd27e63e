//! The window: menus, toolbar, panes, scrubber, dialogs. It draws the app and hands it commands; it changes nothing itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use egui::{Key, MenuBar, Modifiers, Panel, RichText, Ui, ViewportCommand};
use egui_tiles::Tree;

use super::api_target::confirm_send_ui;
use super::arrangement::{Room, default_tree, is_complete, rearranged, show_pane};
use super::aws::{connection_ui, proposal_ui};
use super::canvas::CanvasView;
use super::command_palette::{PaletteView, palette_ui};
use super::controls;
use super::notices::{NoticesView, passing_ui, rows_ui};
use super::panes::{PaneBehavior, PaneViews};
use super::save_execution::{SaveForm, save_execution_ui};
use super::theme::{self, tokens};
use super::timeline::scrubber_ui;
use super::welcome::tour_ui;
use crate::app::attach::AwsCommand;
use crate::app::{
    App, Command, Menu, NoticeLevel, Pane, RunId, Settings, Shortcut, TaskToken, Theme, samples,
};
use crate::debug::StopReason;
use crate::execution::{EventId, ExecutionStatus};

/// Opens the window on these paths, or on the sample, and returns when it is closed.
///
/// # Errors
/// There is no display, in the user's words.
pub fn open(paths: Vec<PathBuf>) -> Result<(), String> {
    if cfg!(target_os = "linux")
        && std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
    {
        return Err("There is no display here, so no window can be opened.".to_owned());
    }
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Stepwell")
        .with_app_id("stepwell")
        .with_inner_size([1480.0, 940.0])
        .with_min_inner_size([720.0, 480.0])
        .with_drag_and_drop(true);
    if let Some((width, height, rgba)) = super::icons::window_icon(128) {
        viewport = viewport.with_icon(Arc::new(egui::IconData { rgba, width, height }));
    }
    let options = eframe::NativeOptions {
        viewport,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    let creator = move |cc: &eframe::CreationContext<'_>| {
        let ctx = cc.egui_ctx.clone();
        let mut app = App::new(Settings::file(), Arc::new(move || ctx.request_repaint()));
        if paths.is_empty() {
            app.run_command(Command::OpenSample(samples::CRUD.to_owned()));
            if !app.settings.tour_done {
                app.run_command(Command::ShowTour);
            }
        }
        let mut paths = paths.into_iter();
        match (paths.next(), paths.next()) {
            (Some(definition), Some(history)) => {
                app.run_command(Command::OpenWithHistory { definition, history });
            }
            (Some(path), None) => app.run_command(Command::Open(path)),
            (None, _) => {}
        }
        let window: Box<dyn eframe::App> = Box::new(Window::new(&cc.egui_ctx, app));
        Ok(window)
    };
    eframe::run_native("stepwell", options, Box::new(creator))
        .map_err(|err| format!("The window can't be opened: {err}"))
}

/// The window's own memory beside the app.
pub struct Window {
    pub app: App,
    tree: Tree<Pane>,
    views: PaneViews,
    palette: PaletteView,
    dialog: Option<Dialog>,
    /// What the path field of the open dialog holds.
    path_text: String,
    save: SaveForm,
    picked: (Sender<Command>, Receiver<Command>),
    commands: Vec<Command>,
    theme: Option<Theme>,
    notices: NoticesView,
    /// The execution whose failure was brought to the front last, and its length.
    failed: Option<(RunId, EventId)>,
    /// The task that waited for an answer in the last frame.
    waits: Option<(RunId, TaskToken)>,
    title: String,
    /// What the panes were arranged for last.
    room: Option<Room>,
}

/// What the toolbar leaves for how the execution stands and for the buttons at its end.
const ROOM_FOR_STATUS: f32 = 300.0;
/// The menu bar, and the air below a menu.
const ROOM_ABOVE_MENU: f32 = 56.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialog {
    Open,
    SaveExecution,
    Shortcuts,
    About,
}

impl Window {
    pub fn new(ctx: &egui::Context, app: App) -> Self {
        theme::install(ctx);
        let saved = app
            .settings
            .panes
            .clone()
            .and_then(|json| serde_json::from_value::<Tree<Pane>>(json).ok());
        let tree = saved.filter(is_complete).unwrap_or_else(|| default_tree(Room::Wide));
        Self {
            app,
            tree,
            views: PaneViews::default(),
            palette: PaletteView::default(),
            dialog: None,
            path_text: String::new(),
            save: SaveForm::default(),
            picked: channel(),
            commands: Vec::new(),
            theme: None,
            notices: NoticesView::default(),
            failed: None,
            waits: None,
            title: String::new(),
            room: None,
        }
    }

    /// Draws one frame and does what was asked for in it.
    pub fn ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if self.app.tick() {
            ctx.request_repaint();
        }
        if let Some(after) = self.app.next_frame_of_playback() {
            ctx.request_repaint_after(after);
        }
        self.apply_theme(&ctx);
        self.take_drops(&ctx);
        self.commands.extend(self.picked.1.try_iter());
        self.take_shortcuts(&ctx);

        let mut commands = std::mem::take(&mut self.commands);
        Panel::top("menu").show(ui, |ui| self.menu_ui(ui, &mut commands));
        Panel::top("toolbar").show(ui, |ui| self.toolbar_ui(ui, &mut commands));
        if self.app.tour.is_some() {
            let asked = Panel::top("tour")
                .frame(egui::Frame::new())
                .show(ui, |ui| tour_ui(ui, &self.app, &mut commands));
            if asked.inner
                && let Some(mut tour) = self.app.tour
            {
                tour.advance_by_hand(&self.app);
                self.app.tour = Some(tour);
            }
        }
        connection_ui(ui, &self.app, &mut commands);
        Panel::bottom("scrubber").show(ui, |ui| {
            ui.add_space(2.0);
            scrubber_ui(ui, &self.app, &mut commands);
            ui.add_space(2.0);
        });
        rows_ui(ui, &self.app, &mut commands);
        let room = Room::of(ctx.content_rect().width());
        if self.room.replace(room) != Some(room)
            && let Some(tree) = rearranged(&self.tree, room)
        {
            self.tree = tree;
        }
        egui::CentralPanel::default().frame(egui::Frame::new().fill(tokens(&ctx).surface)).show(
            ui,
            |ui| {
                let mut behavior = PaneBehavior {
                    app: &self.app,
                    views: &mut self.views,
                    commands: &mut commands,
                };
                self.tree.ui(&mut behavior, ui);
            },
        );
        self.dialogs_ui(&ctx, &mut commands);
        proposal_ui(&ctx, &self.app, &mut commands);
        confirm_send_ui(&ctx, &self.app, &mut commands);
        palette_ui(&ctx, &self.app, &mut self.palette, &mut commands);
        self.notices.age(&ctx, &self.app, &mut commands);
        self.show_waiting(&mut commands);
        self.show_failure(&mut commands);
        self.carry_out(&ctx, commands);
    }

    /// Brings what waits for an answer to the front, once for each task: without the answer nothing goes on.
    fn show_waiting(&mut self, commands: &mut Vec<Command>) {
        let waits = self.app.run().and_then(|run| {
            let first = run.waiting().first().map(|it| it.token)?;
            Some((run.id, first))
        });
        if waits != self.waits {
            self.waits = waits;
            if waits.is_some() {
                commands.push(Command::ShowPane(Pane::Mocks));
            }
        }
    }

    /// Brings the reason to the front, once, when an execution has failed or a failed one is opened; not over the answer of a
    /// request, which says that it failed, and not over the tour.
    fn show_failure(&mut self, commands: &mut Vec<Command>) {
        let failed = self.app.run().filter(|run| run.has_failed());
        let failed = failed.map(|run| (run.id, run.session.last_event()));
        let Some(failed) = failed.filter(|it| self.failed != Some(*it)) else { return };
        self.failed = Some(failed);
        // Of a re-run the comparison says more.
        let is_rerun = self.app.run().is_some_and(|run| run.rerun_of.is_some());
        let is_answer = self.app.exchange().is_some_and(|it| it.run == Some(failed.0));
        if !is_answer && !is_rerun && self.app.tour.is_none() {
            commands.push(Command::ShowPane(Pane::Failure));
        }
    }

    fn carry_out(&mut self, ctx: &egui::Context, commands: Vec<Command>) {
        let any = !commands.is_empty();
        for command in commands {
            // Only the window knows which theme "system" comes to.
            let command = match (command, ctx.theme()) {
                (Command::ToggleTheme, egui::Theme::Dark) => Command::SetTheme(Theme::Light),
                (Command::ToggleTheme, egui::Theme::Light) => Command::SetTheme(Theme::Dark),
                (other, _) => other,
            };
            self.app.run_command(command);
        }
        for command in std::mem::take(&mut self.app.for_window) {
            self.for_window(ctx, command);
        }
        let machine = self.app.machine().map(|it| it.name.clone());
        let account = super::aws::title(&self.app.attach.connection);
        let parts = [machine, account, Some("Stepwell".to_owned())];
        let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" – ");
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        if any {
            // What the commands changed is drawn at once, and not at the next movement of the mouse.
            ctx.request_repaint();
        }
    }

    /// What only a window can do.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the app carries out the others")]
    fn for_window(&mut self, ctx: &egui::Context, command: Command) {
        let shown = self.app.machine().map(|it| it.name.clone());
        let canvas = shown.as_ref().and_then(|name| self.views.canvases.get_mut(name));
        match command {
            Command::ShowOpenDialog => self.dialog = Some(Dialog::Open),
            Command::ShowOpenFolderDialog => {
                self.dialog = Some(Dialog::Open);
                self.pick(ctx, "Open a project folder", Pick::Folder, Command::Open);
            }
            Command::ShowLoadMocksDialog => {
                self.pick(ctx, "Load mocks", Pick::File(&["json"]), Command::LoadMocks);
            }
            Command::ShowPostmanDialog => self.pick(
                ctx,
                "Open a Postman collection",
                Pick::File(&["json"]),
                Command::OpenPostman,
            ),
            Command::ShowExportDialog => self.pick(
                ctx,
                "Export the graph",
                Pick::Save(&["svg", "png"], "graph.svg"),
                Command::ExportPicture,
            ),
            Command::ShowSaveExecutionDialog => {
                self.save = SaveForm::of(&self.app);
                self.dialog = Some(Dialog::SaveExecution);
            }
            Command::ChooseSavePath(path) => self.save.path = path.display().to_string(),
            Command::ShowExportHistoryDialog => self.pick(
                ctx,
                "Export the history",
                Pick::Save(&["json"], "history.json"),
                Command::ExportHistory,
            ),
            Command::ShowRunAgainDialog => self.pick(
                ctx,
                "Run again with another definition",
                Pick::File(&["json", "yaml", "yml", "asl"]),
                Command::RunAgainWith,
            ),
            Command::ShowSaveDraftDialog => self.pick(
                ctx,
                "Save the edited definition",
                Pick::Save(&["json", "yaml"], "edited.asl.json"),
                Command::SaveDefinitionDraft,
            ),
            Command::ShowPane(pane) => show_pane(&mut self.tree, pane),
            Command::FitGraph => {
                if let Some(canvas) = canvas {
                    canvas.fit();
                }
            }
            Command::ShowGraphStart => {
                if let Some(canvas) = canvas {
                    canvas.begin();
                }
            }
            Command::ZoomIn => {
                if let Some(canvas) = canvas {
                    canvas.zoom_by(1.25);
                }
            }
            Command::ZoomOut => {
                if let Some(canvas) = canvas {
                    canvas.zoom_by(0.8);
                }
            }
            Command::ZoomToSelection => {
                if let (Some(canvas), Some(state)) = (canvas, &self.app.selection.state) {
                    canvas.reveal(state);
                }
            }
            Command::CentreState(state) => {
                if let Some(name) = shown {
                    let fresh = || CanvasView::new(&name);
                    let canvas = self.views.canvases.entry(name.clone()).or_insert_with(fresh);
                    canvas.zoom_to(&state);
                }
            }
            Command::ShowOpenExecution => {
                show_pane(&mut self.tree, Pane::Aws);
                self.views.aws.focus_link = true;
            }
            Command::ShowPalette => self.palette.show(),
            Command::ShowShortcuts => self.dialog = Some(Dialog::Shortcuts),
            Command::ShowAbout => self.dialog = Some(Dialog::About),
            Command::CopyText(text) => {
                ctx.copy_text(text);
                self.app.notify(NoticeLevel::Info, "Copied", "");
            }
            Command::ResetLayout => self.tree = default_tree(Room::of(ctx.content_rect().width())),
            Command::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Command::SetTheme(_) => self.theme = None,
            _ => {}
        }
    }

    fn apply_theme(&mut self, ctx: &egui::Context) {
        let wanted = self.app.settings.theme;
        if self.theme != Some(wanted) || self.title.is_empty() {
            self.theme = Some(wanted);
            ctx.set_theme(match wanted {
                Theme::System => egui::ThemePreference::System,
                Theme::Light => egui::ThemePreference::Light,
                Theme::Dark => egui::ThemePreference::Dark,
            });
        }
    }

    fn take_drops(&mut self, ctx: &egui::Context) {
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect()
        });
        self.commands.extend(dropped.into_iter().map(Command::Open));
    }

    /// Shortcuts before any widget sees the keys; the ones with most modifiers first, so that Shift+F5 is not taken for F5.
    fn take_shortcuts(&mut self, ctx: &egui::Context) {
        if self.palette.open {
            return;
        }
        let mut listed: Vec<(Shortcut, Command)> = Command::listed()
            .into_iter()
            .filter_map(|it| Some((it.shortcut?, it.command)))
            .collect();
        listed.sort_by_key(|(it, _)| {
            std::cmp::Reverse(u8::from(it.command) + u8::from(it.shift) + u8::from(it.alt))
        });
        let typing = ctx.text_edit_focused();
        for (shortcut, command) in listed {
            let Some(key) = Key::from_name(shortcut.key) else { continue };
            // Home, End and the like belong to the text that is being typed.
            if typing && matches!(key, Key::Home | Key::End) {
                continue;
            }
            let modifiers = Modifiers {
                shift: shortcut.shift,
                alt: shortcut.alt,
                command: shortcut.command,
                ..Modifiers::NONE
            };
            if ctx.input_mut(|input| input.consume_key(modifiers, key))
                && controls::is_enabled(&self.app, &command)
            {
                self.commands.push(command);
            }
        }
    }

    fn menu_ui(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                ui.menu_button(menu.title(), |ui| {
                    ui.set_min_width(240.0);
                    // A low window still gets at the last line.
                    let height = ui.ctx().content_rect().height() - ROOM_ABOVE_MENU;
                    egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
                        self.menu_items_ui(ui, menu, commands);
                    });
                });
            }
            passing_ui(ui, &self.app);
        });
    }

    fn menu_items_ui(&self, ui: &mut Ui, menu: Menu, commands: &mut Vec<Command>) {
        for listing in Command::listed().into_iter().filter(|it| it.menu == menu) {
            if controls::begins_group(&listing.command) {
                ui.separator();
            }
            let enabled = controls::is_enabled(&self.app, &listing.command);
            controls::menu_item_ui(ui, &listing, enabled, commands);
        }
        if menu == Menu::File {
            self.recent_menu_ui(ui, commands);
        }
    }

    fn recent_menu_ui(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        ui.separator();
        ui.menu_button("Open recent", |ui| {
            for path in &self.app.settings.recent {
                if ui.button(path.display().to_string()).clicked() {
                    commands.push(Command::Open(path.clone()));
                    ui.close();
                }
            }
        });
        ui.menu_button("Open sample", |ui| {
            for sample in samples::list() {
                if ui.button(sample.title).on_hover_text(&sample.summary).clicked() {
                    commands.push(Command::OpenSample(sample.folder.to_owned()));
                    ui.close();
                }
            }
        });
    }

    fn toolbar_ui(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.set_min_height(36.0);
            match self.app.machine() {
                Some(machine) => {
                    ui.label(RichText::new(&machine.name).heading());
                    ui.weak(machine.kind.as_str());
                }
                None => {
                    ui.label(RichText::new("Stepwell").heading());
                }
            }
            ui.separator();
            let running =
                self.app.run().is_some_and(|run| run.is_running() && run.waiting().is_empty());
            let first = if running { Command::Pause } else { Command::Continue };
            for command in [
                first,
                Command::Next,
                Command::StepIn,
                Command::StepOut,
                Command::StepBack,
                Command::ReverseContinue,
                Command::Restart,
                Command::Stop,
            ] {
                controls::command_button_ui(
                    ui,
                    &self.app,
                    &command,
                    controls::ButtonLook::Icon,
                    commands,
                );
            }
            // What one does with a recorded execution.
            // The menu has them too, for windows without the room.
            let has_room = ui.available_width() > ROOM_FOR_STATUS + 90.0;
            if has_room && self.app.run().is_some_and(|run| run.start.is_none()) {
                ui.separator();
                let has_words = ui.available_width() > ROOM_FOR_STATUS + 320.0;
                for (command, words) in
                    [(Command::Verify, "Verify"), (Command::RunAgain, "Run again")]
                {
                    let look = if has_words {
                        controls::ButtonLook::IconAnd(words)
                    } else {
                        controls::ButtonLook::Icon
                    };
                    controls::command_button_ui(ui, &self.app, &command, look, commands);
                }
            }
            ui.separator();
            controls::command_button_ui(
                ui,
                &self.app,
                &Command::FitGraph,
                controls::ButtonLook::Icon,
                commands,
            );
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let attach = Command::Aws(AwsCommand::Attach);
                for command in [Command::ToggleTheme, Command::ShowPalette, attach] {
                    controls::command_button_ui(
                        ui,
                        &self.app,
                        &command,
                        controls::ButtonLook::Icon,
                        commands,
                    );
                }
                if let Some(url) = self.app.server_url() {
                    ui.weak(format!("Serving on {url}"));
                }
                // What is left between them.
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    self.status_ui(ui, commands);
                });
            });
        });
    }

    /// How the execution stands, in a few words.
    fn status_ui(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let Some(run) = self.app.run() else { return };
        let colours = tokens(ui.ctx());
        let (status, text) = match run.status() {
            ExecutionStatus::Running => (colours.in_progress, "Running"),
            ExecutionStatus::Succeeded { .. } => (colours.succeeded, "Succeeded"),
            ExecutionStatus::Failed { .. } => (colours.failed, "Failed"),
            ExecutionStatus::TimedOut { .. } => (colours.failed, "Timed out"),
            ExecutionStatus::Aborted { .. } => (colours.aborted, "Aborted"),
        };
        controls::status_dot_ui(ui, status.line);
        // Words that don't fit would lie over the buttons beside them.
        if ui.available_width() < 70.0 {
            return;
        }
        ui.label(RichText::new(text).color(status.text));
        if let ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause } = run.status()
        {
            let (error, cause) = (error.unwrap_or_default(), cause.unwrap_or_default());
            // A narrow window has no room for it beside the buttons.
            if ui.available_width() > 40.0 {
                let error = RichText::new(&*error).color(status.text);
                ui.add(egui::Label::new(error).truncate()).on_hover_text(&*cause);
            }
        }
        let past = run.session.cursor().event < run.session.last_event();
        if past && run.has_ended() {
            if ui.available_width() > 90.0 {
                ui.weak("looking back");
            }
            return;
        }
        if let Some(asks) = run.waiting().first() {
            let text = format!("{} waits for an answer", asks.state_name);
            let link =
                egui::Label::new(RichText::new(&text).color(colours.accent_text).underline());
            let link = ui.add(link.truncate().sense(egui::Sense::click()));
            link.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Link, true, &text));
            if link.on_hover_text("Answer it in the Mocks pane").clicked() {
                commands.push(Command::ShowPane(Pane::Mocks));
            }
            return;
        }
        // A recording is looked at from its end; that is no looking back.
        let recorded = (run.start.is_none() || run.rerun_of.is_some()) && !past;
        let text = if recorded { String::new() } else { stop_text(run.stopped.as_ref()) };
        ui.add(egui::Label::new(RichText::new(text).color(colours.text_muted)).truncate());
    }

    // -- dialogs

    fn dialogs_ui(&mut self, ctx: &egui::Context, commands: &mut Vec<Command>) {
        let Some(dialog) = self.dialog else { return };
        let (title, width) = match dialog {
            Dialog::Open => ("Open", 560.0),
            Dialog::SaveExecution => ("Save execution", 560.0),
            Dialog::Shortcuts => ("Keyboard shortcuts", 460.0),
            Dialog::About => ("About Stepwell", 420.0),
        };
        let mut done = false;
        let closed = controls::dialog_ui(ctx, title, width, |ui| match dialog {
            Dialog::Open => done = self.open_ui(ui, commands),
            Dialog::SaveExecution => done = self.save_ui(ui, commands),
            Dialog::Shortcuts => shortcuts_ui(ui),
            Dialog::About => about_ui(ui),
        });
        if closed || done {
            self.dialog = None;
        }
    }

    /// The path field beside the system's dialog; whether the dialog is done.
    fn open_ui(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) -> bool {
        ui.label("A definition (.asl.json, .json, .asl.yaml, .yaml), a SAM or CloudFormation template, a Terraform folder, or an exported history. An execution ARN or a link to it in the AWS console is read from AWS.");
        ui.add_space(6.0);
        let field = controls::line_edit(&mut self.path_text)
            .hint_text("Path of a file or a folder, or an execution ARN")
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Path"));
        if !response.has_focus() && self.path_text.is_empty() {
            response.request_focus();
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let mut done = false;
        ui.horizontal(|ui| {
            let open = controls::primary_button_ui(ui, "Open path");
            if (open.clicked() || entered) && !self.path_text.trim().is_empty() {
                let text = self.path_text.trim();
                commands.push(if crate::app::attach::Target::find(text).is_some() {
                    Command::Aws(AwsCommand::Open(text.to_owned()))
                } else {
                    Command::Open(PathBuf::from(text))
                });
                done = true;
            }
            let ctx = ui.ctx().clone();
            if ui.button("Choose a file…").clicked() {
                self.pick(
                    &ctx,
                    "Open",
                    Pick::File(&["json", "yaml", "yml", "tf", "asl", "stepwell", "jsonl"]),
                    Command::Open,
                );
                done = true;
            }
            if ui.button("Choose a folder…").clicked() {
                self.pick(&ctx, "Open a project folder", Pick::Folder, Command::Open);
                done = true;
            }
            if ui.button("Cancel").clicked() {
                done = true;
            }
        });
        if !self.app.settings.recent.is_empty() {
            ui.add_space(6.0);
            ui.weak("Recent");
            for path in &self.app.settings.recent {
                if ui.link(path.display().to_string()).clicked() {
                    commands.push(Command::Open(path.clone()));
                    done = true;
                }
            }
        }
        done
    }

    /// The form for a `.stepwell` file; whether it is done.
    fn save_ui(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) -> bool {
        let asked = save_execution_ui(ui, &self.app, &mut self.save, commands);
        if asked.choose {
            let ctx = ui.ctx().clone();
            let what = Pick::Save(&["stepwell"], "execution.stepwell");
            self.pick(&ctx, "Save the execution", what, Command::ChooseSavePath);
        }
        asked.done
    }

    /// Shows the system's dialog on a thread of its own, because it blocks; what is chosen comes back as a command.
    fn pick(
        &self,
        ctx: &egui::Context,
        title: &'static str,
        what: Pick,
        make: fn(PathBuf) -> Command,
    ) {
        let (sender, ctx) = (self.picked.0.clone(), ctx.clone());
        let ask = move || {
            let dialog = rfd::FileDialog::new().set_title(title);
            let chosen = match what {
                Pick::File(extensions) => dialog
                    .add_filter("Supported files", extensions)
                    .add_filter("All files", &["*"])
                    .pick_file(),
                Pick::Folder => dialog.pick_folder(),
                Pick::Save(extensions, name) => {
                    dialog.add_filter("Files", extensions).set_file_name(name).save_file()
                }
            };
            if let Some(path) = chosen
                && sender.send(make(path)).is_ok()
            {
                ctx.request_repaint();
            }
        };
        if let Err(err) = std::thread::Builder::new().name("dialog".to_owned()).spawn(ask) {
            tracing::error!(%err, "no thread for the dialog");
        }
    }
}

/// What the system's dialog asks for.
#[derive(Clone, Copy)]
enum Pick {
    File(&'static [&'static str]),
    Folder,
    /// With the name that is proposed.
    Save(&'static [&'static str], &'static str),
}

fn stop_text(stopped: Option<&StopReason>) -> String {
    match stopped {
        None => String::new(),
        Some(reason) => match reason {
            StopReason::Entry => "at the start".to_owned(),
            StopReason::Step => "paused after a step".to_owned(),
            StopReason::Breakpoint(state) => format!("paused at the breakpoint on {state}"),
            StopReason::Exception { error, caught, .. } => {
                format!(
                    "paused at {} error {error}",
                    if *caught { "the caught" } else { "the uncaught" }
                )
            }
            StopReason::Pause => "paused".to_owned(),
            StopReason::Goto => "looking back".to_owned(),
            StopReason::End => String::new(),
            StopReason::WaitingForAnswer => "waits for an answer".to_owned(),
        },
    }
}

fn shortcuts_ui(ui: &mut Ui) {
    let height = (ui.ctx().content_rect().height() - 160.0).min(460.0);
    egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
        egui::Grid::new("shortcuts").num_columns(2).striped(true).spacing([24.0, 4.0]).show(ui, |ui| {
            for listing in Command::listed() {
                if let Some(shortcut) = listing.shortcut {
                    ui.label(listing.label).on_hover_text(listing.tooltip);
                    ui.monospace(shortcut.text());
                    ui.end_row();
                }
            }
        });
        ui.add_space(8.0);
        ui.weak("In the graph: arrows walk along the edges, Enter opens the source, the wheel zooms at the pointer.");
    });
}

fn about_ui(ui: &mut Ui) {
    ui.label(RichText::new(format!("Stepwell {}", env!("CARGO_PKG_VERSION"))).heading());
    ui.label("A native desktop debugger for AWS Step Functions.");
    ui.label("MIT or Apache-2.0, at your choice.");
    ui.add_space(6.0);
    ui.weak("Simulated executions run here and reach no account. Fonts: Inter (OFL 1.1), Droid Sans Fallback (Apache-2.0).");
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        Self::ui(self, ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.settings.panes = serde_json::to_value(&self.tree).ok();
        self.app.save_settings();
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
