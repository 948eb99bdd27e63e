//! The model of the program and how time passes over it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::answers::Answers;
use super::clock;
use super::command::{Command, Pane};
use super::event::Event;
use super::http_server::HttpServer;
use super::nested;
use super::requests::{Exchange, NamedRequest, Progress, RequestDraft, RouteKey};
use super::settings::Settings;
use super::simulation::{Run, RunId, execution_name, execution_start};
use super::test_draft::{StateTest, TestDraft};
use super::tour::{Tour, TourEvent};
use super::worker::{FileWatcher, Outbox};
use crate::apigateway::{
    self, Begun, HttpRequest, HttpResponse, IntegrationResult, RequestContext,
};
use crate::asl::{StateMachineType, StatePath};
use crate::debug::{Breakpoints, ExceptionFilters, Goal, StopReason};
use crate::execution::{
    EventDetails, Execution, ExecutionStatus, HistoryEvent, InspectionData, Timestamp,
};
use crate::json::Value;
use crate::project::{MachineDefinition, Project};
use crate::services::states::{SendTask, TaskOutcome};

/// How long one frame may run engines.
pub(super) const FRAME_BUDGET: Duration = Duration::from_millis(8);

/// Ended executions kept, so that a served API can run for days.
const MAX_RUNS: usize = 40;

/// Requests kept in the history.
const MAX_EXCHANGES: usize = 200;

/// Bytes of requests kept in the history, their stages counted in.
const MAX_EXCHANGE_BYTES: usize = 256 << 20;

/// A project with its session: the database and mocks live as long as it does.
#[derive(Debug)]
pub struct OpenProject {
    pub project: Project,
    pub answers: Answers,
    /// Which machine is shown.
    pub machine: usize,
    /// The chosen case of the project's mocks.
    pub mock_case: Option<String>,
    /// Requests to try: the project's examples and opened collections.
    pub examples: Vec<NamedRequest>,
    pub(super) watcher: Option<FileWatcher>,
}

impl OpenProject {
    /// The machine that is shown.
    pub fn machine(&self) -> Option<&MachineDefinition> {
        self.project.machines.get(self.machine)
    }
}

/// What is selected, in every pane alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub state: Option<StatePath>,
    pub exchange: Option<usize>,
}

/// A message that is shown for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: u64,
    pub level: NoticeLevel,
    pub text: String,
    /// What to do about it; may be empty.
    pub remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    Info,
    Warning,
    Error,
}

/// The program's model.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    pub project: Option<OpenProject>,
    /// Where a project is being read.
    pub opening: Option<PathBuf>,
    /// Executions of this session, oldest first.
    pub runs: Vec<Run>,
    /// The one that is shown.
    pub active_run: Option<RunId>,
    /// A recorded execution that was fetched or opened.
    pub selection: Selection,
    /// The execution input being edited.
    pub input_text: String,
    pub machine_type: StateMachineType,
    pub draft: RequestDraft,
    /// What was written for the other routes, to be found again.
    pub(super) drafts: BTreeMap<RouteKey, RequestDraft>,
    pub exchanges: Vec<Exchange>,
    /// Tests of single states, by machine and state.
    pub(super) tests: BTreeMap<(String, StatePath), StateTest>,
    pub notices: Vec<Notice>,
    pub tour: Option<Tour>,
    pub server: Option<HttpServer>,
    /// Commands that only a window can carry out, for it to take.
    pub for_window: Vec<Command>,
    pub(super) breakpoints: BTreeMap<String, Breakpoints>,
    pub(super) replies: BTreeMap<u64, oneshot::Sender<HttpResponse>>,
    pub(super) settings_file: Option<PathBuf>,
    pub(super) outbox: Outbox,
    events: Receiver<Event>,
    counter: u64,
    empty: Breakpoints,
}

impl App {
    /// An app with nothing open. `wake` is called from other threads when there is something for [`App::tick`] to do.
    pub fn new(settings_file: Option<PathBuf>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, events) = channel();
        let settings = settings_file.as_deref().map(Settings::load).unwrap_or_default();
        Self {
            settings,
            project: None,
            opening: None,
            runs: Vec::new(),
            active_run: None,
            selection: Selection::default(),
            input_text: "{}".to_owned(),
            machine_type: StateMachineType::Standard,
            draft: RequestDraft::default(),
            drafts: BTreeMap::new(),
            exchanges: Vec::new(),
            tests: BTreeMap::new(),
            notices: Vec::new(),
            tour: None,
            server: None,
            for_window: Vec::new(),
            breakpoints: BTreeMap::new(),
            replies: BTreeMap::new(),
            settings_file,
            outbox: Outbox::new(sender, wake),
            events,
            counter: 0,
            empty: no_breakpoints(),
        }
    }

    /// Takes in what workers report and lets running executions go on for a little. Whether it wants to be called again at once.
    pub fn tick(&mut self) -> bool {
        while let Ok(event) = self.events.try_recv() {
            self.receive(event);
        }
        self.pump(FRAME_BUDGET)
    }

    /// Waits for news for at most this long, then ticks; for use without a window.
    pub fn wait_and_tick(&mut self, patience: Duration) -> bool {
        if let Ok(event) = self.events.recv_timeout(patience) {
            self.receive(event);
        }
        self.tick()
    }

    // -- what views read

    /// The machine that is shown.
    pub fn machine(&self) -> Option<&MachineDefinition> {
        self.project.as_ref()?.machine()
    }

    /// The execution that is shown.
    pub fn run(&self) -> Option<&Run> {
        let id = self.active_run?;
        self.runs.iter().find(|run| run.id == id)
    }

    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        let id = self.active_run?;
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// The breakpoints of the machine that is shown.
    pub fn breakpoints(&self) -> Option<&Breakpoints> {
        self.breakpoints.get(&self.machine()?.name)
    }

    /// The exchange that is shown.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.exchanges.get(self.selection.exchange?)
    }

    /// The route of the API that the request in the form would take.
    pub fn route(&self) -> Option<RouteKey> {
        self.draft.route(&self.project.as_ref()?.project.apis)
    }

    /// Another request comes into the form; what was written for its route is kept.
    pub(super) fn change_draft(&mut self, draft: RequestDraft) {
        let apis = self.project.as_ref().map_or(&[][..], |open| &open.project.apis);
        if let Some(route) = self.draft.route(apis)
            && draft.route(apis).as_ref() != Some(&route)
        {
            self.drafts.insert(route, self.draft.clone());
        }
        self.draft = draft;
    }

    /// What was last written for a route, else an example of it, else an empty request.
    pub(super) fn select_route(&mut self, route: RouteKey) {
        let Some(open) = &self.project else { return };
        let apis = &open.project.apis;
        let wanted = |it: &&NamedRequest| it.draft.route(apis).as_ref() == Some(&route);
        let draft = self
            .drafts
            .get(&route)
            .or_else(|| open.examples.iter().find(wanted).map(|it| &it.draft))
            .cloned()
            .unwrap_or_else(|| RequestDraft::empty(&route));
        if self.route() != Some(route) {
            self.change_draft(draft);
        }
    }

    /// The test of a state of the shown machine, once it was typed or run.
    pub fn test(&self, state: &StatePath) -> Option<&StateTest> {
        self.tests.get(&(self.machine()?.name.clone(), state.clone()))
    }

    /// What a form for a test of the state begins with: its visit at the cursor, else its latest one, else nothing.
    pub fn fresh_test(&self, state: &StatePath) -> TestDraft {
        self.visit_of(state).map_or_else(TestDraft::default, |it| TestDraft::of_visit(&it))
    }

    /// What is known of the visit to a state at the cursor, else of the latest one before it.
    pub fn visit_of(&self, state: &StatePath) -> Option<InspectionData> {
        let name = &self.machine()?.name;
        let session = &self.run().filter(|run| *run.machine_name == **name)?.session;
        let stack = session.stack();
        let at_cursor = stack.iter().find(|it| it.state == *state).map(|it| it.entered);
        let cursor = session.cursor().event;
        let before = || {
            let visits = session.timeline().visits.values().rev();
            visits.into_iter().find(|it| it.state == *state && it.entered <= cursor)
        };
        session.inspection_of(at_cursor.or_else(|| before().map(|it| it.entered))?)
    }

    pub(super) fn run_test(&mut self, state: &StatePath) {
        let Some(open) = &self.project else { return };
        let Some(machine) = open.machine() else { return };
        let key = (machine.name.clone(), state.clone());
        let draft = match self.tests.get(&key) {
            Some(test) => test.draft.clone(),
            None => self.fresh_test(state),
        };
        let request = draft.request(machine, state);
        let answer = super::test_state::run_test(&request, &open.answers);
        self.tests.insert(key, StateTest { draft, answer: Some(answer) });
    }

    /// Whether the execution that is shown runs a text of its definition that is no longer the one on disk.
    pub fn runs_an_older_definition(&self) -> bool {
        let Some(run) = self.run().filter(|run| run.start.is_some()) else { return false };
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        let now = machines.into_iter().find(|it| *it.name == *run.machine_name);
        now.is_some_and(|now| now.machine.source != run.session.definition().source)
    }

    /// The URL under which the API is served.
    pub fn server_url(&self) -> Option<String> {
        self.server.as_ref().map(HttpServer::url)
    }

    // -- notices

    pub fn notify(
        &mut self,
        level: NoticeLevel,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let id = self.next_id();
        self.notices.push(Notice { id, level, text: text.into(), remedy: remedy.into() });
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    // -- news from workers

    fn receive(&mut self, event: Event) {
        match event {
            Event::ProjectLoaded { path, reload, outcome } => {
                self.opening = None;
                if outcome.is_ok() {
                    // What was wrong with the files before is wrong no more, or is listed again.
                    self.notices.retain(|it| it.level != NoticeLevel::Error);
                }
                match outcome {
                    Ok(project) if reload => self.replace_project(*project),
                    Ok(project) => self.show_project(*project),
                    Err(err) => {
                        tracing::info!("could not be opened");
                        self.notify(NoticeLevel::Error, err.message, err.remedy);
                        self.settings.recent.retain(|it| *it != path || it.exists());
                    }
                }
            }
            Event::FilesChanged => self.reload(),
            Event::Served { request, reply } => {
                let id = self.send(0, request, true);
                self.replies.insert(id, reply);
                self.deliver();
            }
            Event::ServerStarted(port) => {
                self.notify(NoticeLevel::Info, format!("Serving on port {port}"), "");
            }
            Event::ServerStopped(why) => {
                if let Some(why) = why {
                    self.notify(NoticeLevel::Error, "The local server ended", why);
                }
                self.server = None;
            }
            Event::ExecutionFetched(Ok(execution)) => self.show_recorded(&execution),
            Event::ExecutionFetched(Err(why)) => self.notify(NoticeLevel::Error, why, ""),
        }
    }

    /// Reads the project's files again.
    pub(super) fn reload(&self) {
        if let Some(open) = &self.project {
            super::worker::open(open.project.path.clone(), true, self.outbox.clone());
        }
    }

    fn show_project(&mut self, project: Project) {
        let (answers, problems) = match Answers::of(&project) {
            Ok(made) => made,
            Err(why) => {
                self.notify(NoticeLevel::Error, "The embedded DynamoDB could not be started", why);
                return;
            }
        };
        for problem in problems {
            self.notify(
                NoticeLevel::Warning,
                problem,
                "Tasks on this table will fail with ResourceNotFoundException.",
            );
        }
        self.settings
            .remember(&project.path.canonicalize().unwrap_or_else(|_| project.path.clone()));
        self.show_opened(project, answers);
        if let Some(open) = &mut self.project {
            open.watcher = FileWatcher::new(&open.project.files, self.outbox.clone());
        }
        self.restore_breakpoints();
        self.save_settings();
    }

    /// Puts an opened project in the place of whatever was open.
    pub(super) fn show_opened(&mut self, project: Project, mut answers: Answers) {
        self.runs.clear();
        self.active_run = None;
        self.selection = Selection::default();
        self.exchanges.clear();
        self.drafts.clear();
        self.tests.clear();
        self.replies.clear();
        self.server = None;
        self.breakpoints.clear();
        let examples: Vec<NamedRequest> = project
            .example_requests
            .iter()
            .map(|(name, request)| NamedRequest {
                name: name.as_str().into(),
                draft: RequestDraft::of(0, request),
            })
            .collect();
        self.draft =
            examples.first().map(|it| it.draft.clone()).unwrap_or_else(|| first_route(&project));
        self.input_text = project
            .example_inputs
            .first()
            .map_or_else(|| "{}".to_owned(), |(_, text)| text.clone());
        let mock_case = first_case(&project, 0);
        let chosen = answers.case.take();
        if chosen.is_none() {
            answers.case_name.clone_from(&mock_case);
        }
        answers.case = chosen.or_else(|| {
            mock_case.as_ref().and_then(|case| {
                project.mocks.as_ref()?.case(&project.machines.first()?.name, case)
            })
        });
        self.machine_type =
            project.machines.first().map_or(StateMachineType::Standard, |it| it.kind);
        self.project =
            Some(OpenProject { project, answers, machine: 0, mock_case, examples, watcher: None });
        self.for_window.push(Command::ShowGraphStart);
        // What one works with first: requests where there is an API, an input where there is none.
        let has_api = self.project.as_ref().is_some_and(|open| !open.project.apis.is_empty());
        let first = if has_api { Pane::ApiConsole } else { Pane::Input };
        self.for_window.push(Command::ShowPane(first));
    }

    /// The same project after a save: what was selected stays selected, executions stay as they ran, tables keep their items.
    fn replace_project(&mut self, project: Project) {
        let Some(open) = &mut self.project else { return self.show_project(project) };
        let shown = open.machine().map(|it| it.name.clone());
        open.machine =
            project.machines.iter().position(|it| Some(&it.name) == shown.as_ref()).unwrap_or(0);
        if open.project.files != project.files {
            open.watcher = FileWatcher::new(&project.files, self.outbox.clone());
        }
        for table in &project.tables {
            // A table that is there already stays as it is; one that is new is created.
            if !open.project.tables.iter().any(|it| it.name == table.name)
                && let Err(why) = open.answers.database.create_table(table)
            {
                tracing::warn!(why, "a new table could not be created");
            }
        }
        open.project = project;
        let gone =
            |path: &StatePath| open.machine().is_none_or(|it| it.machine.find(path).is_none());
        if self.selection.state.as_ref().is_some_and(gone) {
            self.selection.state = None;
        }
    }

    /// Shows a recorded execution: in the machine of its name, or, where the project has none, in one made of the
    /// definition that it was run with.
    pub(super) fn show_recorded(&mut self, execution: &Execution) {
        let id = RunId(self.next_id());
        let mut run = Run::recorded(id, 0, execution);
        if self.project.is_none() {
            match Answers::of(&Project::default()) {
                Ok((answers, _)) => self.show_opened(Project::default(), answers),
                Err(why) => {
                    return self.notify(NoticeLevel::Error, "The execution can't be shown", why);
                }
            }
        }
        let Some(open) = &mut self.project else { return };
        let machines = &mut open.project.machines;
        let index =
            machines.iter().position(|it| it.name == *run.machine_name).unwrap_or(machines.len());
        if index == machines.len() {
            machines.push(MachineDefinition {
                name: run.machine_name.to_string(),
                kind: execution.kind,
                arn: String::new(),
                machine: Arc::clone(&execution.state_machine),
                file: PathBuf::from("(as it was run)"),
                text: Arc::clone(&execution.state_machine.source),
                diagnostics: Vec::new(),
                substitutions: Vec::new(),
            });
        }
        open.machine = index;
        run.machine = index;
        self.runs.push(run);
        self.active_run = Some(id);
    }

    // -- requests

    /// Takes a request through the API up to its execution, which then runs. The id of the exchange.
    pub(super) fn send(&mut self, api: usize, request: HttpRequest, served: bool) -> u64 {
        let id = self.next_id();
        let sent_at = clock::now();
        let context = request_context(id, sent_at);
        let begun = match self.project.as_ref().and_then(|open| open.project.apis.get(api)) {
            Some(rest_api) => apigateway::begin(rest_api, &request, &context),
            None => Begun::Answered { response: no_api(), stages: Vec::new() },
        };
        let mut exchange = match begun {
            Begun::Answered { response, stages } => {
                let progress = Progress::Answered { response, stages, millis: 0 };
                Exchange { id, api, request, sent_at, served, run: None, progress }
            }
            Begun::Start(pending) => Exchange {
                id,
                api,
                request,
                sent_at,
                served,
                run: None,
                progress: Progress::Held(pending),
            },
        };
        if let Progress::Held(pending) = &exchange.progress {
            let synchronous = pending.start.synchronous;
            let arn = pending.start.state_machine_arn.clone();
            let (input, name) = (pending.start.input.clone(), pending.start.name.clone());
            let callback = pending.callback.as_ref().map(send_task_of);
            match self.machine_by_arn(&arn) {
                _ if callback.is_some() => {
                    let refusal = callback.and_then(|it| self.send_task(&it).err());
                    let result = apigateway::callback_result(refusal.as_deref());
                    self.answer_exchange(&mut exchange, &result);
                }
                Some(machine) => {
                    exchange.run =
                        Some(self.start_run(machine, input, None, name.as_deref(), synchronous));
                }
                None => self.answer_exchange(&mut exchange, &no_such_machine(&arn)),
            }
            if let Some(run) = exchange.run
                && let Some(run) = self.runs.iter_mut().find(|it| it.id == run)
            {
                run.begin(Goal::Continue);
            }
        }
        self.exchanges.push(exchange);
        self.forget_old_exchanges();
        self.selection.exchange = Some(self.exchanges.len() - 1);
        self.pump(FRAME_BUDGET);
        id
    }

    /// Keeps the history of requests within a number and within memory: each stage holds the body once more.
    fn forget_old_exchanges(&mut self) {
        let bytes = |it: &Exchange| it.request.body.len() * 8;
        let mut held: usize = self.exchanges.iter().map(bytes).sum();
        while self.exchanges.len() > 1
            && (self.exchanges.len() > MAX_EXCHANGES || held > MAX_EXCHANGE_BYTES)
        {
            let oldest = self.exchanges.remove(0);
            held -= bytes(&oldest);
            self.replies.remove(&oldest.id);
        }
    }

    fn machine_by_arn(&self, arn: &str) -> Option<usize> {
        let machines = &self.project.as_ref()?.project.machines;
        machines.iter().position(|it| it.arn == arn)
    }

    /// Makes the answer of an exchange from what Step Functions would say.
    fn answer_exchange(&self, exchange: &mut Exchange, result: &IntegrationResult) {
        let Some(rest_api) =
            self.project.as_ref().and_then(|open| open.project.apis.get(exchange.api))
        else {
            return;
        };
        let millis = clock::now().0 - exchange.sent_at.0;
        let Progress::Held(pending) = &exchange.progress else { return };
        let (response, stages) = apigateway::finish(rest_api, (**pending).clone(), result);
        exchange.progress = Progress::Answered { response, stages, millis };
    }

    /// Answers exchanges whose executions have ended (or, for `StartExecution`, begun), and hands out replies.
    fn deliver(&mut self) {
        let mut exchanges = std::mem::take(&mut self.exchanges);
        for exchange in &mut exchanges {
            let Progress::Held(pending) = &exchange.progress else { continue };
            let Some(run) = exchange.run.and_then(|id| self.runs.iter().find(|it| it.id == id))
            else {
                continue;
            };
            let result = if pending.start.synchronous {
                if !run.has_ended() {
                    continue;
                }
                sync_result(run, pending.timeout_millis)
            } else {
                IntegrationResult {
                    status: 200,
                    body: apigateway::start_execution_body(&run.execution_arn, run.started_at.0),
                    timed_out: false,
                }
            };
            self.answer_exchange(exchange, &result);
        }
        for exchange in &exchanges {
            if let Some(response) = exchange.response()
                && let Some(reply) = self.replies.remove(&exchange.id)
                && reply.send(response.clone()).is_err()
            {
                tracing::debug!("the caller hung up before the answer");
            }
        }
        self.exchanges = exchanges;
    }

    // -- executions

    /// Starts an execution, stopped before its first state. It becomes the one that is shown. An Express execution may have a
    /// caller who waits for it.
    pub(super) fn start_run(
        &mut self,
        machine: usize,
        input: Value,
        kind: Option<StateMachineType>,
        name: Option<&str>,
        synchronous: bool,
    ) -> RunId {
        let id = RunId(self.next_id());
        let at = clock::now();
        if let Some(definition) =
            self.project.as_ref().and_then(|open| open.project.machines.get(machine))
        {
            let seed = id.0;
            let name =
                name.map_or_else(|| execution_name(at.0.unsigned_abs() ^ seed), str::to_owned);
            let mut start = execution_start(
                definition,
                input,
                kind.unwrap_or(definition.kind),
                at,
                seed,
                &name,
            );
            start.synchronous &= synchronous;
            self.runs.push(Run::start(id, machine, definition, start));
            self.active_run = Some(id);
            self.forget_old_runs();
        }
        id
    }

    /// Keeps the executions that are under way and the latest of the others.
    fn forget_old_runs(&mut self) {
        while self.runs.iter().filter(|it| it.parent.is_none()).count() > MAX_RUNS {
            let may_go = |root: &&Run| {
                let family = nested::family(&self.runs, root.id);
                let mut members = self.runs.iter().filter(|it| family.contains(&it.id));
                members.all(|it| it.has_ended() && Some(it.id) != self.active_run)
            };
            let mut roots = self.runs.iter().filter(|it| it.parent.is_none());
            let Some(oldest) = roots.find(may_go).map(|it| it.id) else { break };
            self.remove_family(oldest);
        }
    }

    /// Removes an execution and all that it started.
    pub(super) fn remove_family(&mut self, of: RunId) {
        let family = nested::family(&self.runs, of);
        self.runs.retain(|it| !family.contains(&it.id));
    }

    /// Lets executions go on. Whether there is more to do at once.
    pub(super) fn pump(&mut self, budget: Duration) -> bool {
        let Some(open) = &self.project else { return false };
        let machines = &open.project.machines;
        let breakpoints = |machine: usize| {
            let name = machines.get(machine).map_or("", |it| it.name.as_str());
            self.breakpoints.get(name).unwrap_or(&self.empty)
        };
        let mut counter = self.counter;
        let mut next_id = || {
            counter += 1;
            RunId(counter)
        };
        let world = nested::World { project: &open.project, answers: &open.answers };
        let pumped = nested::pump(&mut self.runs, world, &breakpoints, &mut next_id, budget);
        self.counter = counter;
        let arrived = self.active_run.is_some_and(|id| pumped.arrived.contains(&id));
        // Shown are, in this order: who was stopped, who was stepped into, who is back from a child.
        let stopped = pumped.arrived.iter().copied().find(|id| {
            let run = self.runs.iter().find(|it| it.id == *id);
            matches!(
                run.and_then(|it| it.stopped.as_ref()),
                Some(StopReason::Breakpoint(_) | StopReason::Exception { .. })
            )
        });
        let back =
            pumped.returned.iter().filter(|id| self.active_run == Some(**id)).find_map(|id| {
                Some(self.runs.iter().find(|it| it.id == *id)?.parent.as_ref()?.run)
            });
        let shown = stopped.or_else(|| pumped.entered.first().copied()).or(back);
        if let Some(id) = shown {
            self.show_run(id);
        }
        if arrived || shown.is_some() {
            self.select_current();
        }
        let more = pumped.more;
        self.deliver();
        self.observe_tour(TourEvent::Other);
        more
    }

    /// Shows an execution and its machine.
    pub(super) fn show_run(&mut self, id: RunId) {
        let Some(machine) = self.runs.iter().find(|it| it.id == id).map(|it| it.machine) else {
            return;
        };
        self.active_run = Some(id);
        if let Some(open) = &mut self.project {
            open.machine = machine;
        }
    }

    /// Answers a task that waits for a callback, or an activity's, as `SendTaskSuccess`, `SendTaskFailure` and
    /// `SendTaskHeartbeat` do. The execution that waited for it.
    ///
    /// # Errors
    /// AWS's message: no task waits with that token.
    pub fn send_task(&mut self, send: &SendTask) -> Result<RunId, String> {
        let sent = nested::send_task(&mut self.runs, send, None);
        sent.map_err(|refusal| refusal.message)
    }

    /// Opens a child execution of a distributed Map of the shown execution, as an execution of its own.
    pub fn open_child_execution(&mut self, arn: &str) {
        let opened = self.run().and_then(|run| {
            let map_run = run.session.map_runs().iter().find(|it| it.child(arn).is_some())?;
            let is_begin = |event: &&HistoryEvent| {
                matches!(&event.details, EventDetails::MapRunStarted { map_run_arn }
                    if *map_run_arn == map_run.arn)
            };
            let begin = run.session.history().events().iter().find(is_begin);
            let called_at = begin.map_or(0, |event| event.id.0);
            let parent = nested::Parent::of_replay(run.id, map_run.state.as_str(), called_at);
            Some((run.session.child_execution(arn)?, parent, run.depth + 1))
        });
        let Some((child, parent, depth)) = opened else {
            return self.notify(
                NoticeLevel::Error,
                "There is no such child execution",
                "Select the execution whose Map Run it belongs to first.",
            );
        };
        // One that was opened before may have gone on since.
        let of_parent = |it: &Run| it.parent.as_ref().is_some_and(|it| it.run == parent.run);
        self.runs.retain(|it| it.start.is_some() || !of_parent(it) || *it.execution_arn != *arn);
        self.show_recorded(&child);
        if let Some(run) = self.run_mut() {
            run.parent = Some(parent);
            run.depth = depth;
        }
        self.select_current();
    }

    /// Opens what a state of the shown execution started last.
    pub(super) fn open_execution_of(&mut self, state: &StatePath) {
        let Some(run) = self.run() else { return };
        let called = |it: &&Run| {
            let by = it.parent.as_ref().filter(|parent| parent.run == run.id);
            it.start.is_some() && by.is_some_and(|parent| parent.state == *state)
        };
        let child = self.runs.iter().rev().find(called).map(|it| it.id);
        let map_run = run.session.map_runs().iter().rev().find(|it| it.state == *state);
        let item = map_run.and_then(|it| Some(it.child_arn(it.children.first()?.index)));
        match (child, item) {
            (Some(child), _) => {
                self.show_run(child);
                self.select_current();
            }
            (None, Some(arn)) => self.open_child_execution(&arn),
            (None, None) => self.notify(
                NoticeLevel::Info,
                format!("{state} has started no execution"),
                "Let it run first.",
            ),
        }
    }

    /// The executions that one has started, in the order in which they began.
    pub fn children(&self, of: RunId) -> Vec<&Run> {
        let is_child = |it: &&Run| it.parent.as_ref().is_some_and(|parent| parent.run == of);
        self.runs.iter().filter(is_child).collect()
    }

    pub(super) fn observe_tour(&mut self, event: TourEvent) {
        if let Some(mut tour) = self.tour {
            tour.observe(self, event);
            self.tour = Some(tour);
        }
    }

    // -- settings

    /// The name under which the breakpoints of the open project are remembered.
    fn breakpoint_key(&self, machine: &str) -> Option<String> {
        let path = &self.project.as_ref()?.project.path;
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        Some(format!("{}#{machine}", path.display()))
    }

    fn restore_breakpoints(&mut self) {
        let names: Vec<String> = self
            .project
            .iter()
            .flat_map(|open| &open.project.machines)
            .map(|it| it.name.clone())
            .collect();
        for name in names {
            let mut breakpoints = no_breakpoints();
            breakpoints.exceptions.uncaught = self.settings.break_on_errors.unwrap_or(false);
            if let Some(paths) =
                self.breakpoint_key(&name).and_then(|key| self.settings.breakpoints.get(&key))
            {
                for path in paths {
                    breakpoints
                        .states
                        .insert(StatePath::new(path), crate::debug::Breakpoint::default());
                }
            }
            self.breakpoints.insert(name, breakpoints);
        }
    }

    pub(super) fn remember_breakpoints(&mut self) {
        for (name, breakpoints) in self.breakpoints.clone() {
            let Some(key) = self.breakpoint_key(&name) else { continue };
            let paths: Vec<String> =
                breakpoints.states.keys().map(|path| path.as_str().to_owned()).collect();
            if paths.is_empty() {
                self.settings.breakpoints.remove(&key);
            } else {
                self.settings.breakpoints.insert(key, paths);
            }
        }
        self.save_settings();
    }

    /// Writes the settings; a failure is told once and does no harm.
    pub fn save_settings(&mut self) {
        if let Some(file) = self.settings_file.clone()
            && let Err(err) = self.settings.save(&file)
        {
            self.settings_file = None;
            self.notify(
                NoticeLevel::Warning,
                "Settings can't be saved; they last until you quit",
                err.to_string(),
            );
        }
    }
}

fn first_route(project: &Project) -> RequestDraft {
    let route = project.apis.first().and_then(|api| {
        let resource = api.resources.iter().find(|it| !it.methods.is_empty())?;
        Some((0, resource.methods.keys().next()?.clone(), resource.path.clone()))
    });
    RequestDraft::empty(&route.unwrap_or_else(|| (0, "GET".to_owned(), "/".to_owned())))
}

pub(super) fn first_case(project: &Project, machine: usize) -> Option<String> {
    let name = &project.machines.get(machine)?.name;
    project.mocks.as_ref()?.cases(name).into_iter().next()
}

/// No breakpoint on a state, and errors do not stop either: that is for the user to ask for.
pub(super) fn no_breakpoints() -> Breakpoints {
    let exceptions = ExceptionFilters { uncaught: false, ..ExceptionFilters::default() };
    Breakpoints { exceptions, ..Breakpoints::default() }
}

/// `$context` of an emulated request: ids from a counter, the documentation's address for the caller.
fn request_context(id: u64, at: Timestamp) -> RequestContext {
    RequestContext {
        request_id: execution_name(id),
        api_id: "stepwell00".to_owned(),
        account_id: "123456789012".to_owned(),
        request_time_epoch: at.0,
        source_ip: "127.0.0.1".to_owned(),
        domain_name: "stepwell00.execute-api.us-east-1.amazonaws.com".to_owned(),
    }
}

fn no_api() -> HttpResponse {
    HttpResponse {
        status: 404,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: r#"{"message":"This project has no API"}"#.to_owned(),
    }
}

/// A callback that came in through the API.
fn send_task_of(callback: &apigateway::TaskCallback) -> SendTask {
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    SendTask {
        token: callback.task_token.clone(),
        outcome: match callback.action {
            apigateway::SendTaskAction::Success => {
                TaskOutcome::Success { output: callback.output.clone() }
            }
            apigateway::SendTaskAction::Failure => {
                TaskOutcome::Failure { error: text(&callback.error), cause: text(&callback.cause) }
            }
            apigateway::SendTaskAction::Heartbeat => TaskOutcome::Heartbeat,
        },
    }
}

fn no_such_machine(arn: &str) -> IntegrationResult {
    let body = Value::object([
        ("__type", Value::from("com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist")),
        ("message", Value::from(format!("State Machine Does Not Exist: '{arn}'"))),
    ]);
    IntegrationResult { status: 400, body: body.to_string(), timed_out: false }
}

/// What `StartSyncExecution` answers for an execution that has ended. The gateway gives up after so many milliseconds of the
/// execution's own, virtual time.
fn sync_result(run: &Run, timeout_millis: u64) -> IntegrationResult {
    let ended_at =
        run.session.history().events().last().map_or(run.started_at, |event| event.timestamp);
    let status = run.status();
    let (output, error, cause) = match &status {
        ExecutionStatus::Succeeded { output } => (output.clone(), None, None),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => (None, error.clone(), cause.clone()),
        ExecutionStatus::Running => (None, None, None),
    };
    let answer = apigateway::SyncAnswer {
        execution_arn: run.execution_arn.to_string(),
        state_machine_arn: run
            .start
            .as_ref()
            .map_or_else(String::new, |start| start.state_machine_arn.to_string()),
        name: run.execution_name.to_string(),
        status: status.as_str().to_owned(),
        start_date_millis: run.started_at.0,
        stop_date_millis: ended_at.0,
        input: run.input.clone(),
        output,
        error: error.map(|it| it.to_string()),
        cause: cause.map(|it| it.to_string()),
    };
    let millis = u64::try_from(ended_at.0.saturating_sub(run.started_at.0)).unwrap_or(0);
    let timed_out = millis > timeout_millis;
    IntegrationResult {
        status: 200,
        body: apigateway::start_sync_execution_body(&answer),
        timed_out,
    }
}
