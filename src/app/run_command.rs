//! What each command does: the single place where the model changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::{App, NoticeLevel};
use super::command::{Command, Theme};
use super::http_server::HttpServer;
use super::requests::{Progress, RequestDraft};
use super::samples;
use super::tour::{Tour, TourEvent};
use super::worker;
use crate::asl::StatePath;
use crate::debug::{Goal, StopReason};
use crate::execution::EventId;
use crate::json::Value;

impl App {
    /// Does what the user asked. What only a window can do is left in [`App::for_window`].
    pub fn run_command(&mut self, command: Command) {
        let forwards = [Command::Next, Command::StepIn, Command::StepOut];
        let backwards = [
            Command::StepBack,
            Command::ReverseContinue,
            Command::ReverseStepIn,
            Command::ReverseStepOut,
        ];
        let tour = if forwards.contains(&command) {
            TourEvent::SteppedForwards
        } else if backwards.contains(&command) {
            TourEvent::SteppedBackwards
        } else {
            TourEvent::Other
        };
        self.carry_out(command);
        self.observe_tour(tour);
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Open(path) => self.open(&path),
            Command::OpenWithHistory { definition, history } => {
                self.open_with_history(&definition, history);
            }
            Command::OpenSample(name) => match samples::folder(&name) {
                Ok(folder) => self.open(&folder),
                Err(err) => self.notify(
                    NoticeLevel::Error,
                    format!("The sample {name} can't be opened"),
                    err.to_string(),
                ),
            },
            Command::Reload => self.reload(),
            Command::CloseProject => self.close_project(),
            Command::SelectMachine(index) => self.select_machine(index),
            Command::SelectState(state) => self.selection.state = state,

            Command::Continue => self.continue_or_start(),
            Command::StartPaused => {
                if self.start_typed().is_some() {
                    self.begin(Goal::Next);
                }
            }
            Command::Pause => {
                if let Some(run) = self.run_mut() {
                    run.session.pause();
                    run.stopped = Some(StopReason::Pause);
                }
            }
            Command::Next => self.step(Goal::Next),
            Command::StepIn => self.step(Goal::StepIn),
            Command::StepOut => self.step(Goal::StepOut),
            Command::StepBack => self.begin(Goal::StepBack),
            Command::ReverseContinue => self.begin(Goal::ReverseContinue),
            Command::ReverseStepIn => self.begin(Goal::ReverseStepIn),
            Command::ReverseStepOut => self.begin(Goal::ReverseStepOut),
            Command::RunToState(state) => self.step(Goal::RunTo(state)),
            Command::RunFromState(state) => self.run_from(&state),
            Command::Restart => self.restart(),
            Command::Stop => {
                if let Some(id) = self.active_run {
                    self.stop_run(id, None, None);
                }
            }
            Command::GoTo(event) => self.goto(|_| event),
            Command::GoToStart => self.goto(|_| EventId(1)),
            Command::GoToEnd => self.goto(|run| run.session.last_event()),
            Command::LookAt(at) => self.look_at(at),
            Command::Reveal(reveal) => self.reveal(*reveal),
            Command::SelectThread(thread) => {
                if let Some(run) = self.run_mut() {
                    run.session.select_thread(thread);
                }
                self.select_current();
            }
            Command::SelectExecution(index) => {
                if let Some(run) = self.runs.get(index) {
                    let (id, machine) = (run.id, run.machine);
                    self.active_run = Some(id);
                    self.show_machine(machine);
                    self.select_current();
                }
            }
            Command::CloseExecution(index) => {
                if let Some(closed) = self.runs.get(index).map(|run| run.id) {
                    self.remove_family(closed);
                    if self.run().is_none() {
                        self.active_run = self.runs.last().map(|run| run.id);
                    }
                }
            }
            Command::OpenChildExecution(arn) => self.open_child_execution(&arn),
            Command::OpenExecutionOf(state) => self.open_execution_of(&state),
            Command::SetInput(text) => self.input_text = text,
            Command::FormatInput => self.format_input(),
            Command::SetMachineType(kind) => self.machine_type = kind,

            Command::TogglePlay => self.toggle_play(false),
            Command::TogglePlayBackwards => self.toggle_play(true),
            Command::SetPace(pace) => self.play.pace = pace,
            Command::ToggleSkipWaits => self.play.skip_waits = !self.play.skip_waits,
            Command::SaveExecution { path, notes, redact } => {
                self.save_execution(path, &notes, redact);
            }
            Command::ExportHistory(path) => self.export_history(&path),
            Command::Verify => self.begin_verify(),
            Command::RunAgain => self.begin_what_if(false),
            Command::RunAgainFromHere => self.begin_what_if(true),
            Command::RunAgainWith(path) => self.what_if_with(&path),
            Command::EditDefinition => self.edit_definition(),
            Command::SetDefinitionDraft(text) => self.set_definition_draft(text),
            Command::DiscardDefinitionDraft => self.discard_definition_draft(),
            Command::SaveDefinitionDraft(path) => self.save_definition_draft(&path),
            Command::CloseComparison => self.comparison = None,

            Command::TestThisState => {
                if self.selected_state().is_some() {
                    self.for_window.push(Command::ShowPane(super::Pane::TestState));
                }
            }
            Command::SetTest(state, draft) => {
                if let Some(name) = self.machine().map(|it| it.name.clone()) {
                    self.tests.entry((name, state)).or_default().draft = *draft;
                }
            }
            Command::RunTest(state) => self.run_test(&state),

            Command::ToggleBreakpoint(state) => self.toggle_breakpoint(&state),
            Command::ToggleBreakpointHere => {
                if let Some(state) = self.selected_state() {
                    self.toggle_breakpoint(&state);
                }
            }
            Command::SetBreakpoint(state, breakpoint) => self.change_breakpoints(|it| {
                it.states.insert(state, breakpoint);
            }),
            Command::RemoveBreakpoint(state) => self.change_breakpoints(|it| {
                it.states.remove(&state);
            }),
            Command::ClearBreakpoints => self.clear_breakpoints(),
            Command::ToggleBreakOnErrors => self.toggle_break_on_errors(),
            Command::ToggleBreakOnCaughtErrors => {
                self.change_breakpoints(|it| it.exceptions.caught = !it.exceptions.caught);
            }

            Command::AnswerTask { token, answer, keep } => self.answer_task(token, &answer, keep),
            Command::SetMock { state, answer } => {
                if let Some(open) = &mut self.project {
                    open.answers.typed.set(&state, answer);
                }
            }
            Command::RemoveMock(state) => {
                if let Some(open) = &mut self.project {
                    open.answers.typed.remove(&state);
                }
            }
            Command::SendTask(send) => {
                if let Err(why) = self.send_task(&send) {
                    let remedy = "It may have been answered, or have timed out.";
                    self.notify(NoticeLevel::Error, why, remedy);
                }
            }
            Command::LoadMocks(path) => self.load_mocks(&path),
            Command::SelectMockCase(case) => self.select_mock_case(case),

            Command::SetRequest(draft) => self.change_draft(*draft),
            Command::SelectRoute(api, method, path) => self.select_route((api, method, path)),
            Command::SendRequest => {
                self.send_to_target();
            }
            Command::SendAgain(index) => self.send_again(index),
            Command::EditAgain(index) => {
                if let Some(exchange) = self.exchanges.get(index) {
                    let draft = RequestDraft::of(exchange.api, &exchange.request);
                    self.change_draft(draft);
                }
            }
            Command::SelectExchange(index) => {
                self.selection.exchange = index;
                if let Some(run) = self.exchange().and_then(|it| it.run) {
                    self.active_run = Some(run);
                }
            }
            Command::ClearExchanges => {
                let waits = |it: &Progress| matches!(it, Progress::Held(_) | Progress::Sending);
                self.exchanges.retain(|it| waits(&it.progress));
                self.selection.exchange = None;
            }
            Command::OpenPostman(path) => self.open_postman(&path),
            Command::CopyAsCurl => {
                self.copy_as_curl(false);
            }
            Command::StartServer(port) => self.start_server(port),
            Command::StopServer => self.server = None,

            Command::PutItem { table, item } => {
                self.on_table(&table, |database| database.put_item(&table, &item));
            }
            Command::DeleteItem { table, key } => {
                self.on_table(&table, |database| database.delete_item(&table, &key));
            }
            Command::ResetTables => self.reset_tables(),

            Command::Aws(command) => self.carry_out_aws(command),
            Command::Remote(command) => self.carry_out_remote(command),

            Command::ToggleTheme | Command::SetTheme(_) => {
                self.settings.theme = match (command.clone(), self.settings.theme) {
                    (Command::SetTheme(theme), _) => theme,
                    (_, Theme::Dark) => Theme::Light,
                    (_, Theme::Light | Theme::System) => Theme::Dark,
                };
                self.save_settings();
                self.for_window.push(Command::SetTheme(self.settings.theme));
            }
            Command::ShowTour => {
                self.tour = Some(Tour::start());
                if self.project.as_ref().is_none_or(|open| open.project.apis.is_empty()) {
                    self.carry_out(Command::OpenSample(Tour::sample().to_owned()));
                }
            }
            Command::EndTour { for_good } => {
                self.tour = None;
                if for_good {
                    self.settings.tour_done = true;
                    self.save_settings();
                }
            }
            Command::CancelOpening => (self.opening, self.history_to_open) = (None, None),
            Command::ForgetHistory => self.history_to_open = None,
            Command::ShowHistoryAlone => self.show_history_alone(),
            Command::DismissNotice(id) => self.notices.retain(|it| it.id != id),
            Command::ShowOpenDialog
            | Command::ShowOpenFolderDialog
            | Command::ShowLoadMocksDialog
            | Command::ShowPostmanDialog
            | Command::ShowExportDialog
            | Command::ShowRunAgainDialog
            | Command::ShowSaveExecutionDialog
            | Command::ChooseSavePath(_)
            | Command::ShowExportHistoryDialog
            | Command::ShowSaveDraftDialog
            | Command::ShowPane(_)
            | Command::FitGraph
            | Command::ShowGraphStart
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::ZoomToSelection
            | Command::CentreState(_)
            | Command::ShowOpenExecution
            | Command::ShowPalette
            | Command::ShowShortcuts
            | Command::ShowAbout
            | Command::CopyText(_)
            | Command::ResetLayout
            | Command::Quit => self.for_window.push(command),
            Command::ExportPicture(path) => self.export_picture(&path),
        }
    }

    /// The selected state; that there is none is told.
    fn selected_state(&mut self) -> Option<StatePath> {
        let selected = self.selection.state.clone();
        if selected.is_none() {
            self.notify(
                NoticeLevel::Info,
                "No state is selected",
                "Select one in the graph first.",
            );
        }
        selected
    }

    fn format_input(&mut self) {
        match Value::parse(&self.input_text) {
            Ok(value) => self.input_text = value.to_pretty(),
            Err(err) => {
                self.notify(NoticeLevel::Error, "The input is not JSON", err.to_string());
            }
        }
    }

    fn save_execution(&mut self, path: PathBuf, notes: &str, redact: bool) {
        match self.save_bundle(&path, notes, redact) {
            Ok(places) => {
                self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), "");
                self.saved = Some((path, places));
            }
            Err(why) => self.notify(NoticeLevel::Error, why, ""),
        }
    }

    fn start_server(&mut self, port: u16) {
        let Some(open) = &self.project else {
            self.notify(NoticeLevel::Error, "There is nothing to serve", "Open a project first.");
            return;
        };
        let stage = open.project.apis.first().map_or("", |api| &*api.stage);
        if let Some(server) = &self.server {
            let url = server.url();
            self.notify(NoticeLevel::Info, format!("Already serving on {url}"), "");
            return;
        }
        match HttpServer::start(port, stage, self.outbox.clone()) {
            Ok(server) => {
                self.notify(NoticeLevel::Info, format!("Serving on {}", server.url()), "");
                self.server = Some(server);
            }
            Err(why) => self.notify(NoticeLevel::Error, why, ""),
        }
    }

    fn on_table(
        &mut self,
        table: &str,
        change: impl Fn(&crate::services::dynamodb::DynamoDb) -> Result<(), String>,
    ) {
        let Some(open) = &self.project else { return };
        if let Err(why) = change(&open.answers.database) {
            self.notify(NoticeLevel::Error, format!("Table {table} did not take it"), why);
        }
    }

    fn reset_tables(&mut self) {
        let Some(open) = &mut self.project else { return };
        match super::Answers::of(&open.project) {
            Ok((fresh, _)) => {
                open.answers.database = fresh.database;
                open.answers.s3 = fresh.s3;
            }
            Err(why) => {
                self.notify(NoticeLevel::Error, "The embedded DynamoDB could not be started", why);
            }
        }
    }

    fn export_picture(&self, path: &Path) {
        let Some(machine) = self.machine() else { return };
        let machine = Arc::clone(&machine.machine);
        let statuses = self.run().map(|run| run.session.moment().states.clone());
        worker::draw(machine, statuses, path.to_owned(), self.outbox.clone());
    }
}
