//! The model of the program and how time passes over it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::answers::Answers;
use super::attach::Attach;
use super::breakpoints::no_breakpoints;
use super::command::Command;
use super::event::Event;
use super::http_server::HttpServer;
use super::remote::Remote;
use super::requests::{Exchange, NamedRequest, RequestDraft, RouteKey};
use super::settings::Settings;
use super::simulation::{Run, RunId};
use super::states_api::StatesApi;
use super::test_draft::{StateTest, TestDraft};
use super::tour::{Tour, TourEvent};
use super::worker::{FileWatcher, Outbox};
use crate::apigateway::HttpResponse;
use crate::asl::{StateMachineType, StatePath};
use crate::debug::Breakpoints;
use crate::execution::InspectionData;
use crate::project::{MachineDefinition, Project};

/// How long one frame may run engines.
pub(super) const FRAME_BUDGET: Duration = Duration::from_millis(8);

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
    pub(super) redacted: Redacted,
    pub(super) watcher: Option<FileWatcher>,
}

/// What the bundle that was opened tells of secrets that are no longer in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Redacted {
    /// The execution of the bundle.
    pub(super) run: Option<RunId>,
    /// Where they were.
    pub(super) places: Vec<String>,
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
    /// What has to succeed later for it to be of the past.
    pub topic: Option<Topic>,
}

/// What a notice is about: once it succeeds, what was said about its failure goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A project, a file or an execution is opened.
    Opening,
    /// A request is sent.
    Sending,
    /// An execution is compared with a re-run.
    Comparing,
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
    /// What is being read to be opened.
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
    pub play: super::playback::PlaySettings,
    pub(super) playing: Option<super::playback::Playing>,
    /// What was saved last, and what was taken out of it.
    pub saved: Option<(PathBuf, Vec<String>)>,
    /// Two executions side by side: what was verified or run again last.
    pub comparison: Option<super::comparison::Comparison>,
    /// A history that was opened without its definition, and waits for one.
    pub history_to_open: Option<PathBuf>,
    /// The execution that is being run again.
    pub comparing: Option<RunId>,
    /// Edited copies of definitions, by the machine's name.
    pub(super) definition_drafts: BTreeMap<String, super::definition_draft::DefinitionDraft>,
    /// Deployed APIs, and logs.
    pub remote: Remote,
    pub(super) revealed: Option<super::postmortem::Revealed>,
    /// What is attached of AWS.
    pub attach: Attach,
    /// What Step Functions' own API knows beside the project and its executions.
    pub states_api: StatesApi,
    /// Commands that only a window can carry out, for it to take.
    pub for_window: Vec<Command>,
    pub(super) breakpoints: BTreeMap<String, Breakpoints>,
    pub(super) replies: BTreeMap<u64, oneshot::Sender<HttpResponse>>,
    pub(super) settings_file: Option<PathBuf>,
    pub(super) outbox: Outbox,
    events: Receiver<Event>,
    pub(super) counter: u64,
    pub(super) empty: Breakpoints,
}

impl App {
    /// An app with nothing open. `wake` is called from other threads when there is something for [`App::tick`] to do.
    pub fn new(settings_file: Option<PathBuf>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, events) = channel();
        let outbox = Outbox::new(sender, wake);
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
            play: super::playback::PlaySettings::default(),
            playing: None,
            saved: None,
            comparison: None,
            comparing: None,
            history_to_open: None,
            definition_drafts: BTreeMap::new(),
            remote: Remote::default(),
            revealed: None,
            states_api: StatesApi::default(),
            for_window: Vec::new(),
            breakpoints: BTreeMap::new(),
            replies: BTreeMap::new(),
            settings_file,
            attach: Attach::new(outbox.clone()),
            outbox,
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
        self.tick_playback();
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

    /// Where the state stands in the file, for the source pane.
    pub fn place_of(&self, state: &StatePath) -> Option<super::Span> {
        self.machine()?.machine.find(state).map(|it| it.span)
    }

    /// The exchange that is shown.
    pub fn exchange(&self) -> Option<&Exchange> {
        self.exchanges.get(self.selection.exchange?)
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
        // A re-run runs the text that it was asked to run.
        let is_own = |run: &&Run| run.start.is_some() && run.rerun_of.is_none();
        let Some(run) = self.run().filter(is_own) else { return false };
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
        let (text, remedy) = (text.into(), remedy.into());
        self.notices.push(Notice { id, level, text, remedy, topic: None });
    }

    /// An error that a later success of its topic takes away.
    pub(super) fn notify_of(
        &mut self,
        topic: Topic,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let id = self.next_id();
        let (text, remedy) = (text.into(), remedy.into());
        let level = NoticeLevel::Error;
        self.notices.push(Notice { id, level, text, remedy, topic: Some(topic) });
    }

    /// What was wrong with the files before is wrong no more, or is listed again.
    pub(super) fn forget_errors(&mut self) {
        self.notices.retain(|it| it.level != NoticeLevel::Error);
    }

    /// Takes back what was said of failures of this.
    pub(super) fn succeeded(&mut self, topic: Topic) {
        self.notices.retain(|it| it.topic != Some(topic));
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn observe_tour(&mut self, event: TourEvent) {
        if let Some(mut tour) = self.tour {
            tour.observe(self, event);
            self.tour = Some(tour);
        }
    }

    // -- news from workers

    fn receive(&mut self, event: Event) {
        match event {
            Event::PathRead { path, found } => self.take_found(&path, found),
            Event::ProjectReloaded { outcome: Ok(project), .. } => {
                self.forget_errors();
                self.replace_project(*project);
            }
            Event::ProjectReloaded { path, outcome: Err(err) } => self.not_opened(&path, err),
            Event::FilesChanged => self.reload(),
            Event::Served { request, reply } => {
                let id = self.send(0, request, true);
                self.replies.insert(id, reply);
                self.deliver();
            }
            Event::StatesCalled { call, prepared, reply } => {
                self.call_states(&call, *prepared, reply);
            }
            Event::ServerStopped(why) => {
                if let Some(why) = why {
                    self.notify(NoticeLevel::Error, "The local server ended", why);
                }
                self.server = None;
            }
            Event::Aws(news) => self.aws_news(*news),
            Event::Compared { recorded, outcome } => self.take_comparison(recorded, outcome),
            Event::Remote(news) => self.receive_remote(*news),
            Event::PictureDrawn { path, outcome: Ok(()) } => {
                self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), "");
            }
            Event::PictureDrawn { outcome: Err(why), .. } => {
                self.notify(NoticeLevel::Error, "The picture can't be saved", why);
            }
        }
    }
}
