//! What each command does: the single place where the model changes.

use std::path::Path;
use std::sync::Arc;

use super::app::{App, NoticeLevel, Topic};
use super::command::{Command, Theme};
use super::http_server::HttpServer;
use super::limited;
use super::requests::{NamedRequest, Progress, RequestDraft};
use super::samples;
use super::simulation::{Run, RunId, execution_arn};
use super::states_api::StatesApi;
use super::tour::{Tour, TourEvent};
use super::worker;
use crate::asl::StatePath;
use crate::debug::{Breakpoints, Goal, StopReason};
use crate::execution::{EventDetails, Execution, ExecutionSource, export, import};
use crate::json::Value;
use crate::json::document::{Document, Format};
use crate::project::{MachineDefinition, postman};
use crate::services::mock::MockConfig;
use crate::services::states::{INPUT_TOO_LONG, MAX_INPUT_BYTES};

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
            Command::OpenSample(name) => match samples::folder(&name) {
                Ok(folder) => self.open(&folder),
                Err(err) => self.notify(
                    NoticeLevel::Error,
                    format!("The sample {name} can't be opened"),
                    err.to_string(),
                ),
            },
            Command::Reload => self.reload(),
            Command::CloseProject => {
                self.project = None;
                self.runs.clear();
                self.active_run = None;
                self.exchanges.clear();
                self.tests.clear();
                self.replies.clear();
                self.server = None;
                self.states_api = StatesApi::default();
                self.comparison = None;
                self.definition_drafts.clear();
                self.selection = super::app::Selection::default();
            }
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
            Command::GoToStart => self.goto(|_| crate::execution::EventId(1)),
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
            Command::FormatInput => match Value::parse(&self.input_text) {
                Ok(value) => self.input_text = value.to_pretty(),
                Err(err) => {
                    self.notify(NoticeLevel::Error, "The input is not JSON", err.to_string());
                }
            },
            Command::SetMachineType(kind) => self.machine_type = kind,

            Command::TogglePlay => self.toggle_play(false),
            Command::TogglePlayBackwards => self.toggle_play(true),
            Command::SetPace(pace) => self.play.pace = pace,
            Command::ToggleSkipWaits => self.play.skip_waits = !self.play.skip_waits,
            Command::SaveExecution { path, notes, redact } => {
                match self.save_bundle(&path, &notes, redact) {
                    Ok(places) => {
                        self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), "");
                        self.saved = Some((path, places));
                    }
                    Err(why) => self.notify(NoticeLevel::Error, why, ""),
                }
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

            Command::TestThisState => match &self.selection.state {
                Some(_) => self.for_window.push(Command::ShowPane(super::Pane::TestState)),
                None => self.notify(
                    NoticeLevel::Info,
                    "No state is selected",
                    "Select one in the graph first.",
                ),
            },
            Command::SetTest(state, draft) => {
                if let Some(name) = self.machine().map(|it| it.name.clone()) {
                    self.tests.entry((name, state)).or_default().draft = *draft;
                }
            }
            Command::RunTest(state) => self.run_test(&state),

            Command::ToggleBreakpoint(state) => self.change_breakpoints(|it| {
                it.toggle(&state);
            }),
            Command::ToggleBreakpointHere => match self.selection.state.clone() {
                Some(state) => self.change_breakpoints(|it| {
                    it.toggle(&state);
                }),
                None => self.notify(
                    NoticeLevel::Info,
                    "No state is selected",
                    "Select one in the graph first.",
                ),
            },
            Command::SetBreakpoint(state, breakpoint) => self.change_breakpoints(|it| {
                it.states.insert(state, breakpoint);
            }),
            Command::RemoveBreakpoint(state) => self.change_breakpoints(|it| {
                it.states.remove(&state);
            }),
            Command::ClearBreakpoints => {
                for breakpoints in self.breakpoints.values_mut() {
                    breakpoints.states.clear();
                }
                self.remember_breakpoints();
            }
            Command::ToggleBreakOnErrors => {
                self.change_breakpoints(|it| it.exceptions.uncaught = !it.exceptions.uncaught);
                self.settings.break_on_errors = self.breakpoints().map(|it| it.exceptions.uncaught);
                self.save_settings();
            }
            Command::ToggleBreakOnCaughtErrors => {
                self.change_breakpoints(|it| it.exceptions.caught = !it.exceptions.caught);
            }

            Command::AnswerTask { token, answer, keep } => {
                let state = self.run().and_then(|run| {
                    run.waiting()
                        .into_iter()
                        .find(|it| it.token == token)
                        .map(|it| Arc::clone(&it.state_name))
                });
                if let Some(run) = self.run_mut()
                    && run.answer(token, &answer)
                    && let (true, Some(state), Some(open)) = (keep, state, &mut self.project)
                {
                    open.answers.typed.set(&state, answer.clone());
                    // The others that wait in the same state are answered by what was just kept.
                    self.answer_all(&state, &answer);
                }
            }
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
            Command::ForgetHistory => self.history_to_open = None,
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

    // -- project

    fn open(&mut self, path: &Path) {
        if super::bundle::is_bundle(path) {
            if let Err(why) = self.open_bundle(path) {
                self.notify_of(Topic::Opening, why, "");
            }
            return;
        }
        // A recording that came without its machine: a definition beside it is one to run it again with.
        let is_bare = self.run().is_some_and(|run| run.start.is_none())
            && self.machine().is_some_and(|it| {
                it.file.as_os_str() == super::attach::AS_RUN || super::bundle::is_bundle(&it.file)
            });
        if is_bare && path.is_file() && is_plain_definition(path) {
            return self.what_if_with(path);
        }
        if is_history(path) {
            return self.open_history(path);
        }
        self.opening = Some(path.to_owned());
        worker::open(path.to_owned(), false, self.outbox.clone());
    }

    fn select_machine(&mut self, index: usize) {
        self.show_machine(index);
        // The execution that is shown belongs to the machine that is shown.
        self.active_run = self.runs.iter().rev().find(|run| run.machine == index).map(|run| run.id);
    }

    fn show_machine(&mut self, index: usize) {
        let Some(open) = &mut self.project else { return };
        if open.machine == index || index >= open.project.machines.len() {
            return;
        }
        open.machine = index;
        open.mock_case = super::opening::first_case(&open.project, index);
        open.answers.case_name.clone_from(&open.mock_case);
        let name = &open.project.machines[index].name;
        open.answers.case =
            open.mock_case.as_ref().and_then(|case| open.project.mocks.as_ref()?.case(name, case));
        self.machine_type = open.project.machines[index].kind;
        self.selection.state = None;
    }

    fn load_mocks(&mut self, path: &Path) {
        let loaded = limited::read_text(path, limited::MAX_MOCKS_BYTES)
            .and_then(|text| Value::parse(&text).map_err(|err| format!("It is not JSON: {err}")))
            .and_then(|json| MockConfig::parse(&json));
        match loaded {
            Ok(mocks) => {
                if let Some(open) = &mut self.project {
                    open.project.mocks = Some(mocks);
                    let case = super::opening::first_case(&open.project, open.machine);
                    self.select_mock_case(case);
                }
            }
            Err(why) => self.notify(
                NoticeLevel::Error,
                format!("{} can't be used for mocks", path.display()),
                why,
            ),
        }
    }

    fn select_mock_case(&mut self, case: Option<String>) {
        let Some(open) = &mut self.project else { return };
        let name = open.machine().map(|it| it.name.clone()).unwrap_or_default();
        open.answers.case =
            case.as_ref().and_then(|case| open.project.mocks.as_ref()?.case(&name, case));
        open.answers.case_name.clone_from(&case);
        open.mock_case = case;
    }

    fn open_postman(&mut self, path: &Path) {
        let read = limited::read_text(path, limited::MAX_MOCKS_BYTES)
            .and_then(|text| Value::parse(&text).map_err(|err| format!("It is not JSON: {err}")))
            .and_then(|json| postman::parse(&json));
        match (read, &mut self.project) {
            (Ok(requests), Some(open)) => {
                let count = requests.len();
                open.examples.extend(requests.into_iter().map(|(name, request)| NamedRequest {
                    name: name.into(),
                    draft: RequestDraft::of(0, &request),
                }));
                self.notify(
                    NoticeLevel::Info,
                    format!("{count} requests added to the examples"),
                    "",
                );
            }
            (Ok(_), None) => self.notify(
                NoticeLevel::Error,
                "Open a project first",
                "The requests are sent to its API.",
            ),
            (Err(why), _) => self.notify(
                NoticeLevel::Error,
                format!("{} is no Postman collection", path.display()),
                why,
            ),
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

    fn export_history(&mut self, path: &Path) {
        let Some(run) = self.run() else { return };
        let text = export::to_json(run.session.history()).to_string();
        match std::fs::write(path, text) {
            Ok(()) => self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), ""),
            Err(err) => self.notify(
                NoticeLevel::Error,
                format!("{} can't be written", path.display()),
                err.to_string(),
            ),
        }
    }

    // -- executions

    fn continue_or_start(&mut self) {
        match self.run() {
            Some(run)
                if !run.has_ended() || run.session.cursor().event < run.session.last_event() =>
            {
                self.begin(Goal::Continue);
            }
            Some(_) | None => {
                if self.start_typed().is_some() {
                    self.begin(Goal::Continue);
                }
            }
        }
    }

    /// Steps in the execution that is shown; without one, starts and stops at the first state.
    fn step(&mut self, goal: Goal) {
        if self.run().is_some() {
            self.begin(goal);
        } else if self.start_typed().is_some() {
            let first = matches!(goal, Goal::RunTo(_)).then_some(goal).unwrap_or(Goal::Next);
            self.begin(first);
        }
    }

    fn begin(&mut self, goal: Goal) {
        let from = self.run().map(|run| (run.id, run.session.cursor().event));
        self.begin_around(&goal);
        let into = goal == Goal::StepIn;
        let back = goal.is_reverse() && goal != Goal::ReverseContinue;
        if let Some(run) = self.run_mut() {
            run.begin(goal);
        }
        self.pump(super::app::FRAME_BUDGET);
        match from {
            Some((run, event)) if into => self.enter_child(run, event),
            Some((run, event)) if back => self.leave_child_backwards(run, event),
            Some(_) | None => {}
        }
        self.select_current();
    }

    /// What the executions around the shown one do when it ends: after a step they stand still where it comes back.
    fn begin_around(&mut self, goal: &Goal) {
        let around = match goal {
            Goal::Continue | Goal::RunTo(_) => Goal::Continue,
            Goal::Next | Goal::StepIn | Goal::StepOut => Goal::StepIn,
            Goal::ReverseContinue | Goal::StepBack | Goal::ReverseStepIn | Goal::ReverseStepOut => {
                return;
            }
        };
        let Some(run) = self.run() else { return };
        let ancestors = super::nested::ancestors(&self.runs, run);
        for run in self.runs.iter_mut().filter(|it| ancestors.contains(&it.id)) {
            // Where somebody has looked back, that place is kept.
            if !run.has_ended() && run.session.cursor().event == run.session.last_event() {
                run.begin(around.clone());
            }
        }
    }

    /// A step into a call that has long been answered goes into the history of the execution that it started.
    fn enter_child(&mut self, caller: RunId, from: crate::execution::EventId) {
        let Some(run) = self.runs.iter().find(|it| it.id == caller) else { return };
        if run.stopped != Some(StopReason::Step) || self.active_run != Some(caller) {
            return;
        }
        let (to, thread) = (run.session.cursor().event, run.session.thread());
        let called = |child: &&Run| {
            child.parent.as_ref().is_some_and(|it| {
                it.run == caller
                    && (from.0 + 1..to.0).contains(&it.called_at.0)
                    && run.session.moments().thread_of(it.called_at) == thread
            })
        };
        let Some(child) = self.runs.iter().find(called).map(|it| it.id) else { return };
        self.show_run(child);
        if let Some(run) = self.run_mut() {
            // The event after `ExecutionStarted` enters the first state.
            run.session.goto(crate::execution::EventId(2));
            run.stopped = Some(StopReason::Step);
        }
    }

    /// A step back from the start of a child goes to the state of its parent that called.
    fn leave_child_backwards(&mut self, child: RunId, from: crate::execution::EventId) {
        let Some(run) = self.runs.iter().find(|it| it.id == child) else { return };
        // The first state of an execution is entered by its second event.
        if run.stopped != Some(StopReason::Entry) || from.0 > 2 {
            return;
        }
        let Some((parent, called_at)) = run.parent.as_ref().map(|it| (it.run, it.called_at)) else {
            return;
        };
        self.show_run(parent);
        if let Some(run) = self.run_mut() {
            let entered = run
                .session
                .moments()
                .at(run.session.history(), called_at)
                .thread(run.session.moments().thread_of(called_at))
                .and_then(|it| it.current.as_ref().map(|visit| visit.entered));
            run.session.goto(entered.unwrap_or(called_at));
            run.stopped = Some(StopReason::Step);
        }
    }

    /// Starts an execution with the typed input.
    fn start_typed(&mut self) -> Option<RunId> {
        let machine = self.project.as_ref().map(|open| open.machine)?;
        let input = self.typed_input()?;
        Some(self.start_run(machine, input, Some(self.machine_type), None, true))
    }

    /// The input that was typed. What `StartExecution` would not take is told of, in AWS's words.
    fn typed_input(&mut self) -> Option<Value> {
        let refused = match Value::parse(&self.input_text) {
            Ok(input) if input.to_string().len() <= MAX_INPUT_BYTES => return Some(input),
            Ok(_) => (INPUT_TOO_LONG, "Put the data into S3 and pass its key.".to_owned()),
            Err(err) => ("The input is not JSON", err.to_string()),
        };
        self.notify(NoticeLevel::Error, refused.0, refused.1);
        self.for_window.push(Command::ShowPane(super::Pane::Input));
        None
    }

    /// A new execution that begins at a state of the top level, with the input it last had or else the typed one.
    fn run_from(&mut self, state: &StatePath) {
        let Some(open) = &self.project else { return };
        let Some(definition) = open.machine() else { return };
        let Some(begin) = definition.machine.top.states.get(state.as_str()) else {
            let remedy = "Choose a state of the top level: an inner one has no input of its own outside its Map or Parallel.";
            return self.notify(
                NoticeLevel::Info,
                format!("An execution can't begin inside: {state}"),
                remedy,
            );
        };
        let mut edited = (*definition.machine).clone();
        edited.top.start_at = Some(begin.name.clone());
        let edited = Arc::new(edited);
        let seen = self.run().and_then(|run| {
            let visits = run.session.timeline().visits.values().rev();
            let entered = visits.into_iter().find(|visit| visit.state == *state)?.entered;
            let details = &run.session.history().get(entered)?.details;
            if let EventDetails::StateEntered { input: Some(input), .. } = details {
                Some(input.value())
            } else {
                None
            }
        });
        let machine = open.machine;
        let Some(input) = seen.or_else(|| self.typed_input()) else { return };
        let kind = Some(self.machine_type);
        self.start_run(machine, input, kind, None, true);
        if let Some(run) = self.run_mut()
            && let Some(start) = run.start.clone()
        {
            run.replace_session(crate::debug::DebugSession::launch(edited, start));
        }
        self.begin(Goal::Next);
    }

    fn restart(&mut self) {
        let Some(open) = &self.project else { return };
        let definition = self
            .run()
            .and_then(|run| open.project.machines.get(run.machine))
            .map(|it| Arc::clone(&it.machine));
        let Some(run) = self.run_mut() else { return self.continue_or_start() };
        match (definition, run.start.clone()) {
            (Some(definition), Some(start)) => {
                let fresh = run.session.restarted_with(definition, start);
                run.replace_session(fresh);
                // It will start its children anew.
                let id = run.id;
                let mut children = super::nested::family(&self.runs, id);
                children.remove(&id);
                self.runs.retain(|it| !children.contains(&it.id));
                self.begin(Goal::Continue);
            }
            _ => self.goto(|_| crate::execution::EventId(1)),
        }
    }

    fn goto(&mut self, event: impl Fn(&Run) -> crate::execution::EventId) {
        if let Some(run) = self.run_mut() {
            run.session.goto(event(run));
            run.stopped = Some(StopReason::Goto);
        }
        self.select_current();
    }

    /// The state at the cursor becomes the selected one, so that every pane follows.
    pub(super) fn select_current(&mut self) {
        let current = self.run().and_then(|run| {
            let moment = run.session.moment();
            let thread = moment.thread(run.session.thread())?;
            Some(thread.current.as_ref()?.state.clone())
        });
        if current.is_some() {
            self.selection.state = current;
        }
    }

    fn answer_all(&mut self, state: &str, answer: &crate::services::TaskAnswer) {
        let Some(run) = self.run_mut() else { return };
        let waiting: Vec<_> =
            run.waiting().iter().filter(|it| &*it.state_name == state).map(|it| it.token).collect();
        for token in waiting {
            run.answer(token, answer);
        }
    }

    fn change_breakpoints(&mut self, change: impl FnOnce(&mut Breakpoints)) {
        let Some(name) = self.machine().map(|it| it.name.clone()) else { return };
        change(self.breakpoints.entry(name).or_insert_with(super::opening::no_breakpoints));
        self.remember_breakpoints();
    }

    /// Where the state stands in the file, for the source pane.
    pub fn place_of(&self, state: &StatePath) -> Option<super::Span> {
        self.machine()?.machine.find(state).map(|it| it.span)
    }
}

/// Whether a file holds one definition and nothing around it.
pub(super) fn is_plain_definition(path: &Path) -> bool {
    let Ok(text) = super::bundle::read_limited(path) else { return false };
    let document = Document::parse(&text, Format::of_path(path, &text));
    !crate::asl::parse::parse(&document).machine.states().is_empty()
}

/// Whether a file looks like an exported history and not like a definition.
fn is_history(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    if !metadata.is_file()
        || path.extension().is_none_or(|it| it != "json" && it != "jsonl")
        || metadata.len() > 64 << 20
    {
        return false;
    }
    let Ok(text) = super::bundle::read_limited(path) else { return false };
    // What `CloudWatch` logs has these names, in messages that may be texts of JSON.
    let is_log = text.contains("previous_event_id") && text.contains("execution_arn");
    is_log
        || text.contains("\"events\"")
            && (text.contains("ExecutionStarted") || text.contains("\"previousEventId\""))
            && !text.contains("\"StartAt\"")
}

/// Reads an exported history as an execution of this definition.
///
/// # Errors
/// In the user's words: the file can't be read or holds no events.
pub fn load_history(path: &Path, machine: &MachineDefinition) -> Result<Execution, String> {
    let text = super::bundle::read_limited(path)?;
    let imported = import::parse(&text, None)
        .map_err(|why| format!("{} holds no history: {why}", path.display()))?;
    let name = path.file_stem().map_or_else(|| "imported".into(), |stem| stem.to_string_lossy());
    Ok(Execution {
        arn: imported.execution_arn.unwrap_or_else(|| execution_arn(machine, &name)),
        state_machine: Arc::clone(&machine.machine),
        kind: machine.kind,
        history: imported.history,
        source: ExecutionSource::Imported { path: path.to_owned() },
    })
}
