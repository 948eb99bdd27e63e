//! A real execution on the screen: its definition as it was run and its newest events at once, the rest as it comes, and a
//! running one followed live.

use std::path::PathBuf;
use std::sync::Arc;

use super::browse::Answer;
use super::runtime::{RequestId, Teller};
use super::{News, Target, Trouble};
use crate::app::answers::Answers;
use crate::app::app::{App, NoticeLevel, Topic};
use crate::app::nested::Parent;
use crate::app::simulation::{Run, RunId, machine_of};
use crate::app::{Command, Pane};
use crate::asl::{self, Diagnostic, StateKind, StateMachine, StateMachineType, StatePath};
use crate::aws::arn::{Arn, Resource};
use crate::aws::browse::ExecutionDescription;
use crate::aws::{AwsError, DefinitionAsRun, ExecutionReader, Progress, Session, nested};
use crate::debug::DebugSession;
use crate::execution::partial::partial;
use crate::execution::{
    EventDetails, EventId, Execution, ExecutionSource, ExecutionStatus, History, HistoryEvent,
    StateStatus, ThreadId,
};
use crate::json::document::{Document, Format};
use crate::project::{DefinitionJson, MachineDefinition, Project};

/// Failures in a row that are waited out while a history is read, after the SDK's own attempts.
const MOST_FAILURES: u32 = 3;

/// Where the definition of a fetched execution is said to be.
pub(in crate::app) const AS_RUN: &str = "(as it was run)";

/// An execution that was opened from AWS.
#[derive(Debug)]
pub struct Opened {
    pub arn: String,
    /// `None` until its first page is there.
    pub run: Option<RunId>,
    pub stage: Stage,
    pub progress: Option<Progress>,
    /// Also holds whether it can be redriven.
    pub description: Answer<ExecutionDescription>,
    pub as_run: Option<DefinitionAsRun>,
    /// What did not come, in words.
    pub missing: Vec<String>,
    /// The executions and Map Runs that it started.
    pub started: Vec<StartedThere>,
    request: Option<super::runtime::Request>,
    parent: Option<(RunId, StatePath, EventId)>,
    /// What was selected for the user; while it still is, better knowledge may select something else.
    focused: Option<StatePath>,
}

/// How far the reading is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has come yet.
    Asking,
    /// The newest events are there, older ones are on their way.
    Reading,
    /// It runs, and is looked after.
    Following,
    /// All of it is there.
    Complete,
    /// Something came between; what has come is shown.
    Broken(Trouble),
}

/// An execution or a Map Run that a state of a real execution started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedThere {
    pub state: StatePath,
    pub event: EventId,
    pub arn: String,
    pub resource: Resource,
}

/// News of an execution that is being opened.
#[derive(Debug)]
pub enum Opening {
    First(Box<First>),
    Progress(Progress),
    /// All that there is.
    Whole(History),
    /// What has happened since.
    More(Vec<HistoryEvent>),
    /// No more will come, and why; with what there is.
    Ended(Option<AwsError>, Option<History>),
}

/// The first answers, all asked for at the same time.
#[derive(Debug)]
pub struct First {
    newest: Result<Progress, AwsError>,
    history: History,
    definition: Result<(DefinitionAsRun, StateMachine, Vec<Diagnostic>), AwsError>,
    description: Result<ExecutionDescription, AwsError>,
}

impl Opened {
    fn new(arn: &str, parent: Option<(RunId, StatePath, EventId)>) -> Self {
        Self {
            arn: arn.to_owned(),
            run: None,
            stage: Stage::Asking,
            progress: None,
            description: Answer::NotAsked,
            as_run: None,
            missing: Vec::new(),
            started: Vec::new(),
            request: None,
            parent,
            focused: None,
        }
    }

    pub fn is_under_way(&self) -> bool {
        self.request.is_some()
    }

    /// Asks no more.
    pub(super) fn leave(&mut self) {
        if self.request.take().is_some() && self.stage != Stage::Complete {
            self.stage = Stage::Broken(Trouble::plain("Disconnected", ""));
        }
    }
}

impl App {
    /// The execution that is shown, if it is one of AWS's.
    pub fn opened(&self) -> Option<&Opened> {
        let run = self.active_run?;
        self.attach.opened.values().find(|it| it.run == Some(run))
    }

    /// What was started by the shown execution, if it is one of AWS's.
    pub fn started_there(&self) -> &[StartedThere] {
        self.opened().map_or(&[], |it| &it.started)
    }

    /// Opens what a pasted text names.
    pub(super) fn open_pasted(&mut self, text: &str) {
        match Target::find(text) {
            Some(target) => self.open_target(target),
            None => self.notify_of(
                Topic::Opening,
                "That names no execution",
                "Paste an execution ARN, or the link to an execution in the AWS console.",
            ),
        }
    }

    pub(super) fn open_target(&mut self, target: Target) {
        let region = Arn::parse(target.arn()).map_or("", |it| it.region).to_owned();
        let connection = &self.attach.connection;
        let here =
            connection.attached().is_some_and(|it| it.region == region && it.trouble.is_none());
        if !here {
            // An ARN knows its region better than any form.
            let choice = match connection.attached() {
                Some(attached) => attached.choice.clone(),
                None => {
                    self.list_profiles();
                    self.attach.connection.choice.clone()
                }
            };
            self.for_window.push(Command::ShowPane(Pane::Aws));
            return self.connect(super::Choice { region, ..choice }, Some(target));
        }
        match target {
            Target::Execution(arn) => self.open_execution(&arn, None),
            Target::ExpressExecution(arn) => self.open_express(&arn),
            Target::StateMachine(arn) => {
                self.for_window.push(Command::ShowPane(Pane::Aws));
                self.select_aws_machine(&arn);
            }
            Target::MapRun(arn) => {
                self.for_window.push(Command::ShowPane(Pane::Aws));
                self.select_map_run(&arn);
            }
        }
    }

    /// Opens an execution, or shows it again when it is there. `parent` is who started it.
    pub(super) fn open_execution(
        &mut self,
        arn: &str,
        parent: Option<(RunId, StatePath, EventId)>,
    ) {
        // What could not be opened before is told no more, once something else is opened.
        self.attach.opened.retain(|other, it| {
            other == arn || it.run.is_some() || !matches!(it.stage, Stage::Broken(_))
        });
        let shown = self.attach.opened.get(arn).and_then(|it| it.run);
        let is_there = shown.is_some_and(|id| self.runs.iter().any(|it| it.id == id));
        let stage = self.attach.opened.get(arn).map(|it| it.stage.clone());
        match (stage, shown) {
            (Some(Stage::Asking), _) => return,
            (Some(Stage::Complete | Stage::Following | Stage::Reading), Some(id)) if is_there => {
                self.show_run(id);
                self.focus_failure(arn, true);
                self.show_events_or_failure(arn);
                return;
            }
            (Some(_) | None, _) => {}
        }
        let mut opened = Opened::new(arn, parent);
        opened.run = shown.filter(|_| is_there);
        self.attach.opened.insert(arn.to_owned(), opened);
        self.read_execution(arn);
    }

    fn read_execution(&mut self, arn: &str) {
        let Some(session) = self.session() else { return };
        let of = arn.to_owned();
        let request = self.attach.worker.begin(|teller| read(session, of, teller));
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            opened.request = Some(request);
            opened.stage = Stage::Asking;
        }
    }

    /// Reads on where something came between.
    pub(super) fn retry_opening(&mut self, arn: &str) {
        if !self.attach.opened.contains_key(arn) {
            return;
        }
        if self.session().is_some() {
            self.read_execution(arn);
        } else if let Some(target) = Target::find(arn) {
            // Somebody has disconnected meanwhile: it goes on as soon as there is a connection again.
            self.open_target(target);
        }
    }

    pub(super) fn retry_openings(&mut self) {
        let broken: Vec<String> = self
            .attach
            .opened
            .values()
            .filter(|it| matches!(&it.stage, Stage::Broken(why) if why.waits_for_sign_in))
            .map(|it| it.arn.clone())
            .collect();
        for arn in broken {
            self.read_execution(&arn);
        }
    }

    /// Has the reading or following of an execution end; what has come stays.
    pub(super) fn cancel_opening(&mut self, arn: &str) {
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            match &opened.request {
                Some(request) if opened.run.is_some() => request.cancel(),
                Some(_) | None => {
                    self.attach.opened.remove(arn);
                }
            }
        }
    }

    pub(super) fn opening_news(&mut self, id: RequestId, arn: &str, news: Opening) {
        let Some(opened) = self.attach.opened.get(arn) else { return };
        if !opened.request.as_ref().is_some_and(|it| it.is(id)) {
            return;
        }
        // Whoever closed the execution wants no more of it.
        if opened.run.is_some_and(|run| self.runs.iter().all(|it| it.id != run)) {
            self.attach.opened.remove(arn);
            return;
        }
        match news {
            Opening::First(first) => self.first_page_came(arn, *first),
            Opening::Progress(progress) => {
                if let Some(opened) = self.attach.opened.get_mut(arn) {
                    opened.progress = Some(progress);
                }
            }
            Opening::Whole(history) => self.history_came(arn, &history),
            Opening::More(events) => self.events_came(arn, &events),
            Opening::Ended(err, history) => {
                if let Some(history) = history {
                    self.history_came(arn, &history);
                }
                if let Some(err) = &err {
                    self.tell_unless_shown(arn, err);
                }
                let Some(opened) = self.attach.opened.get_mut(arn) else { return };
                opened.request = None;
                opened.stage = match &err {
                    Some(err) => Stage::Broken(Trouble::of(err)),
                    None => Stage::Complete,
                };
                if let Some(err) = err {
                    self.call_failed(&err);
                }
            }
        }
    }

    fn first_page_came(&mut self, arn: &str, first: First) {
        let First { newest, history, definition, description } = first;
        let mut missing = Vec::new();
        self.watch(&newest);
        if let Err(err) = &newest
            && definition.is_err()
            && description.is_err()
        {
            // Nothing at all: most likely it is not there, or not in this account.
            let mut trouble = Trouble::of(err);
            let account = Arn::parse(arn).map_or("", |it| it.account);
            let attached = self.attach.connection.attached().and_then(|it| it.account());
            if let Some(own) = attached.filter(|own| *own != account) {
                trouble.text = format!(
                    "It is in account {account}, and you are signed in to {own}. {}",
                    trouble.text
                );
            }
            self.notify_of(Topic::Opening, trouble.title.clone(), trouble.text.clone());
            if let Some(opened) = self.attach.opened.get_mut(arn) {
                opened.request = None;
                opened.stage = Stage::Broken(trouble);
            }
            return;
        }
        if let Err(err) = &newest {
            missing.push(format!("The history did not come. {}", Trouble::of(err).line()));
        }
        if let Err(err) = &description {
            missing.push(format!("Its description did not come. {}", Trouble::of(err).line()));
        }
        let (as_run, machine, diagnostics) = match definition {
            Ok((as_run, machine, diagnostics)) => (Some(as_run), Arc::new(machine), diagnostics),
            Err(err) => {
                let why = Trouble::of(&err).line();
                let (machine, instead) = self.definition_instead(arn);
                missing.push(format!("The definition that it ran did not come. {why}. {instead}"));
                (None, machine, Vec::new())
            }
        };
        if has_no_payloads(&history) {
            missing.push("AWS left out all inputs and outputs: they are encrypted with a key that these credentials may not use, or the machine withholds them.".to_owned());
        }
        let description = match description {
            Ok(description) => Answer::Come(description),
            Err(err) => Answer::Failed(Trouble::of(&err)),
        };
        let label = as_run.as_ref().filter(|it| it.map_run_arn.is_some());
        let label = label.map(|it| it.label.clone().unwrap_or_default());
        let child = label.and_then(|label| child_machine(&machine, &label, &history));
        let machine = child.map_or(machine, Arc::new);
        let execution = Execution {
            arn: arn.into(),
            state_machine: machine,
            kind: StateMachineType::Standard,
            history,
            source: self.source(),
        };
        let is_complete = newest.as_ref().is_ok_and(|it| it.complete);
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            (opened.description, opened.as_run, opened.missing) = (description, as_run, missing);
            opened.progress = newest.as_ref().ok().copied();
            opened.stage = if is_complete { Stage::Complete } else { Stage::Reading };
        }
        self.show_fetched(arn, &execution, diagnostics);
        if is_complete {
            self.settle_stage(arn);
        }
    }

    fn source(&self) -> ExecutionSource {
        let attached = self.attach.connection.attached();
        ExecutionSource::Recorded {
            profile: attached.and_then(|it| it.choice.profile.clone()).unwrap_or_default(),
            region: attached.map(|it| it.region.clone()).unwrap_or_default(),
        }
    }

    /// Where there is nothing to show beside it, an error is told as one.
    fn tell_unless_shown(&mut self, arn: &str, err: &AwsError) {
        let Some(opened) = self.attach.opened.get(arn) else { return };
        if opened.run.is_none() && !matches!(opened.stage, Stage::Broken(_)) {
            let trouble = Trouble::of(err);
            self.notify_of(Topic::Opening, trouble.title, trouble.text);
        }
    }

    /// What to draw instead of a definition that AWS did not give: that of the machine of this name in the open project, or nothing.
    fn definition_instead(&self, arn: &str) -> (Arc<StateMachine>, String) {
        let name = machine_of(arn);
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        match machines.into_iter().find(|it| it.name == name) {
            Some(own) => {
                let words = format!("{name} is drawn as it stands in the open project.");
                (Arc::clone(&own.machine), words)
            }
            None => {
                let document = Document::parse("{}", Format::Json);
                let words = "Its events are listed, and nothing is drawn.".to_owned();
                (Arc::new(asl::parse::parse(&document).machine), words)
            }
        }
    }

    /// Puts the execution on the screen, with the state that failed in the middle.
    fn show_fetched(&mut self, arn: &str, execution: &Execution, diagnostics: Vec<Diagnostic>) {
        let again = self.attach.opened.get(arn).and_then(|it| it.run);
        if let Some(run) = again.and_then(|id| self.runs.iter_mut().find(|it| it.id == id)) {
            let at = run.session.cursor().event;
            run.session = DebugSession::open(execution);
            run.session.goto(at);
        } else {
            let Some(id) = self.add_recorded(execution, diagnostics) else { return };
            let parent = self.attach.opened.get(arn).and_then(|it| it.parent.clone());
            let depth = parent
                .as_ref()
                .and_then(|(of, ..)| self.runs.iter().find(|it| it.id == *of))
                .map_or(0, |it| it.depth + 1);
            if let Some(run) = self.runs.iter_mut().find(|it| it.id == id) {
                run.parent =
                    parent.map(|(of, state, event)| Parent::of_replay(of, state.as_str(), event.0));
                run.depth = depth;
            }
            if let Some(opened) = self.attach.opened.get_mut(arn) {
                opened.run = Some(id);
            }
        }
        self.find_started(arn);
        self.focus_failure(arn, true);
        self.show_events_or_failure(arn);
    }

    /// Brings the reason of a failed execution to the front, and of any other its events.
    fn show_events_or_failure(&mut self, arn: &str) {
        // Whoever opens a real execution has seen enough of the tour, whose sample is gone.
        self.tour = None;
        self.succeeded(Topic::Opening);
        let failed = self.run_of(arn).is_some_and(Run::has_failed);
        self.for_window.push(Command::ShowPane(Pane::Events));
        if failed {
            self.for_window.push(Command::ShowPane(Pane::Failure));
        }
    }

    /// Puts an execution among the others, under a machine that has the definition which it ran: one of the project's when that
    /// is the same, else one of its own beside it.
    fn add_recorded(
        &mut self,
        execution: &Execution,
        diagnostics: Vec<Diagnostic>,
    ) -> Option<RunId> {
        if self.project.is_none() {
            match Answers::of(&Project::default()) {
                Ok((answers, _)) => self.show_opened(Project::default(), answers),
                Err(why) => {
                    self.notify(NoticeLevel::Error, "The execution can't be shown", why);
                    return None;
                }
            }
        }
        let id = RunId(self.next_id());
        let machines = &mut self.project.as_mut()?.project.machines;
        let before = machines.len();
        let index = place_among(machines, execution, diagnostics);
        let name = machines.get(index)?.name.clone();
        let is_new = index >= before;
        let mut run = Run::recorded(id, index, execution);
        run.machine_name = name.as_str().into();
        if is_new {
            // One of that name in a project that was closed was another.
            self.attach.ran.remove(&name);
        }
        self.remember_who_ran(&name, &execution.arn);
        self.runs.push(run);
        self.forget_old_runs();
        self.show_run(id);
        Some(id)
    }

    fn run_of(&self, arn: &str) -> Option<&Run> {
        let id = self.attach.opened.get(arn)?.run?;
        self.runs.iter().find(|it| it.id == id)
    }

    /// A history with fewer holes in the place of the one that is shown; the cursor stays on its event.
    fn history_came(&mut self, arn: &str, history: &History) {
        let Some(id) = self.attach.opened.get(arn).and_then(|it| it.run) else { return };
        let Some(run) = self.runs.iter().find(|it| it.id == id) else { return };
        let execution = Execution {
            arn: Arc::clone(&run.execution_arn),
            state_machine: Arc::clone(run.session.definition()),
            kind: run.kind,
            history: history.clone(),
            source: self.source(),
        };
        let Some(run) = self.runs.iter_mut().find(|it| it.id == id) else { return };
        let knew = run.has_failed();
        let at = run.session.cursor().event;
        run.session = DebugSession::open(&execution);
        run.session.goto(at);
        if let Some(first) = history.events().first() {
            run.started_at = first.timestamp;
            if let EventDetails::ExecutionStarted { input: Some(input), .. } = &first.details {
                run.input = input.value();
            }
        }
        self.find_started(arn);
        self.settle_stage(arn);
        self.focus_failure(arn, false);
        // What the first page did not tell.
        if !knew && self.active_run == Some(id) && self.run_of(arn).is_some_and(Run::has_failed) {
            self.for_window.push(Command::ShowPane(Pane::Failure));
        }
    }

    fn events_came(&mut self, arn: &str, events: &[HistoryEvent]) {
        let Some(id) = self.attach.opened.get(arn).and_then(|it| it.run) else { return };
        let Some(run) = self.runs.iter_mut().find(|it| it.id == id) else { return };
        let at_end = run.session.cursor().event == run.session.last_event();
        run.session.extend(events);
        if let Some(opened) = self.attach.opened.get_mut(arn)
            && let Some(last) = events.last()
        {
            opened.progress = Some(Progress { read: last.id.0, total: last.id.0, complete: true });
        }
        self.find_started(arn);
        if at_end {
            self.focus_failure(arn, false);
        }
    }

    /// Complete or followed, by how the history ends.
    fn settle_stage(&mut self, arn: &str) {
        let running = self.run_of(arn).is_some_and(|it| it.status() == ExecutionStatus::Running);
        let Some(opened) = self.attach.opened.get_mut(arn) else { return };
        opened.stage =
            if running && opened.request.is_some() { Stage::Following } else { Stage::Complete };
    }

    /// Looks for the executions and Map Runs that the history speaks of.
    fn find_started(&mut self, arn: &str) {
        let Some(run) = self.run_of(arn) else { return };
        let session = &run.session;
        let started = nested(session.history()).into_iter().filter_map(|it| {
            let state = session.moments().state_of(it.event)?.clone();
            Some(StartedThere { state, event: it.event, arn: it.arn, resource: it.resource })
        });
        let started: Vec<StartedThere> = started.collect();
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            opened.started = started;
        }
    }

    /// Selects the state that is to blame. Once the user has selected something else, only when it is asked for.
    fn focus_failure(&mut self, arn: &str, asked: bool) {
        let Some(opened) = self.attach.opened.get(arn) else { return };
        let (id, before) = (opened.run, opened.focused.clone());
        let untouched = before.is_some() && self.selection.state == before;
        if !asked && (!untouched || self.active_run != id) {
            return;
        }
        let Some(run) = self.runs.iter_mut().find(|it| Some(it.id) == id) else { return };
        let at_end = run.session.cursor().event == run.session.last_event();
        if asked {
            run.session.goto(run.session.last_event());
        } else if !at_end {
            return;
        }
        if let Some(thread) = thread_to_blame(run) {
            run.session.select_thread(thread);
        }
        self.select_current();
        let state = self.selection.state.clone();
        let moved = state != before;
        if let Some(opened) = self.attach.opened.get_mut(arn) {
            opened.focused.clone_from(&state);
        }
        if asked {
            self.for_window.push(Command::ShowPane(Pane::Graph));
        }
        if let Some(state) = state.filter(|_| asked || moved) {
            self.for_window.push(Command::CentreState(state));
        }
    }

    /// Opens what a state of the shown execution started; whether there was something.
    pub(in crate::app) fn open_started(&mut self, state: &StatePath) -> bool {
        let there = self.started_there().iter().rev().find(|it| it.state == *state).cloned();
        let Some(there) = there else { return false };
        self.open_started_arn(&there.arn);
        true
    }

    /// Opens an execution, or lists a Map Run, that the shown execution started.
    pub(super) fn open_started_arn(&mut self, arn: &str) {
        let Some(there) = self.started_there().iter().find(|it| it.arn == arn).cloned() else {
            return self.open_pasted(arn);
        };
        match there.resource {
            Resource::Execution => {
                let parent = self.active_run.map(|id| (id, there.state, there.event));
                self.open_execution(arn, parent);
            }
            Resource::MapRun => {
                self.for_window.push(Command::ShowPane(Pane::Aws));
                self.select_map_run(arn);
            }
            Resource::ExpressExecution | Resource::StateMachine => self.open_pasted(arn),
        }
    }

    /// Opens a child of the Map Run that is shown, inside the execution that started it when that is open.
    pub(super) fn open_child_of_map_run(&mut self, arn: &str) {
        let map_run = self.attach.browser.map_run.as_ref().map(|it| it.arn.clone());
        let parent = self.attach.opened.values().find_map(|opened| {
            let there = opened.started.iter().find(|it| Some(&it.arn) == map_run.as_ref())?;
            Some((opened.run?, there.state.clone(), there.event))
        });
        self.open_execution(arn, parent);
    }
}

/// The thread whose state made the execution fail: the innermost that failed, of several the first; without a failure the one
/// that has moved last.
pub(in crate::app) fn thread_to_blame(run: &Run) -> Option<ThreadId> {
    let moment = run.session.moment();
    let visits = moment.threads.iter().filter(|it| !it.superseded).filter_map(|thread| {
        let visit = thread.current.as_ref()?;
        Some((thread.id, moment.chain(thread.id).count(), visit))
    });
    let failed = visits.clone().filter(|(_, _, visit)| visit.status == StateStatus::Failed);
    let innermost =
        failed.max_by_key(|(id, depth, _)| (*depth, std::cmp::Reverse(*id))).map(|(id, ..)| id);
    innermost.or_else(|| visits.max_by_key(|(_, _, visit)| visit.entered).map(|(id, ..)| id))
}

/// Whether every state was entered without its input being told.
fn has_no_payloads(history: &History) -> bool {
    let mut inputs = history.events().iter().filter_map(|it| Some(entered(&it.details)?.1));
    inputs.next().is_some_and(|first| !first) && !inputs.any(|told| told)
}

/// The state that an event enters, and whether its input is told.
fn entered(details: &EventDetails) -> Option<(&str, bool)> {
    match details {
        EventDetails::StateEntered { name, input } => Some((name, input.is_some())),
        EventDetails::None
        | EventDetails::ExecutionStarted { .. }
        | EventDetails::Succeeded { .. }
        | EventDetails::Failure { .. }
        | EventDetails::StateExited { .. }
        | EventDetails::TaskScheduled { .. }
        | EventDetails::TaskStarted { .. }
        | EventDetails::TaskOutput { .. }
        | EventDetails::TaskFailure { .. }
        | EventDetails::ResourceScheduled { .. }
        | EventDetails::ActivityStarted { .. }
        | EventDetails::MapIteration { .. }
        | EventDetails::MapStateStarted { .. }
        | EventDetails::MapRunStarted { .. }
        | EventDetails::Redriven { .. }
        | EventDetails::MapRunRedriven { .. }
        | EventDetails::EvaluationFailed { .. }
        | EventDetails::Unknown(_) => None,
    }
}

/// A definition of AWS, read. It is never refused: what is wrong with it is listed.
pub(super) fn parsed(definition: &str) -> (StateMachine, Vec<Diagnostic>) {
    let document = Document::parse(definition, Format::Json);
    let parsed = asl::parse::parse(&document);
    (parsed.machine, parsed.diagnostics)
}

/// The index of the machine that an execution ran, which is added when it is not there.
fn place_among(
    machines: &mut Vec<MachineDefinition>,
    execution: &Execution,
    diagnostics: Vec<Diagnostic>,
) -> usize {
    let (wanted, base) = (&execution.state_machine, machine_of(&execution.arn));
    let names = std::iter::once(base.to_owned())
        .chain(std::iter::once(format!("{base} (as run)")))
        .chain((2..).map(|number| format!("{base} (as run {number})")));
    for name in names {
        let Some(index) = machines.iter().position(|it| it.name == name) else {
            machines.push(MachineDefinition {
                name,
                kind: execution.kind,
                arn: String::new(),
                role_arn: None,
                machine: Arc::clone(wanted),
                definition: DefinitionJson::of_text(Arc::clone(&wanted.source)),
                file: PathBuf::from(AS_RUN),
                text: Arc::clone(&wanted.source),
                diagnostics,
                substitutions: Vec::new(),
            });
            return machines.len() - 1;
        };
        let there = &machines[index].machine;
        // A child of a distributed Map has the text of the whole machine, and other states.
        let states = |it: &StateMachine| it.top.states.keys().cloned().collect::<Vec<_>>();
        if there.source == wanted.source && states(there) == states(wanted) {
            return index;
        }
    }
    machines.len().saturating_sub(1)
}

/// The part of a machine that a child of one of its distributed Maps runs. Without a `Label` AWS makes one up, which the definition
/// does not have: then it is the Map that has the states which were entered.
fn child_machine(whole: &StateMachine, label: &str, history: &History) -> Option<StateMachine> {
    let states = whole.states();
    let maps = states.iter().filter_map(|(_, state)| match &state.kind {
        StateKind::Map(map) => Some(map),
        StateKind::Task(_)
        | StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Parallel(_)
        | StateKind::Unknown(_) => None,
    });
    let entered: Vec<&str> =
        history.events().iter().filter_map(|event| Some(entered(&event.details)?.0)).collect();
    let has_all = |map: &asl::Map| {
        entered.iter().all(|name| map.processor.scope.states.keys().any(|it| it.as_str() == *name))
    };
    let map = maps
        .clone()
        .find(|map| map.label.as_deref() == Some(label))
        .or_else(|| maps.filter(|map| map.label.is_none()).find(|map| has_all(map)))?;
    Some(StateMachine {
        comment: None,
        version: None,
        timeout_seconds: None,
        query_language: whole.query_language,
        top: map.processor.scope.clone(),
        source: Arc::clone(&whole.source),
    })
}

// ------------------------------------------------------------------------------------------------ on the other thread

async fn read(session: Session, arn: String, teller: Teller) {
    let tell = |news| teller.tell(News::Opening(teller.id, arn.clone(), Box::new(news)));
    let (mut reader, asker) =
        match (ExecutionReader::new(&session, &arn), ExecutionReader::new(&session, &arn)) {
            (Ok(reader), Ok(asker)) => (reader, asker),
            (Err(err), _) | (_, Err(err)) => return tell(Opening::Ended(Some(err), None)),
        };
    let first =
        async { tokio::join!(reader.newest(), asker.definition(), session.execution(&arn)) };
    let (newest, definition, description) = tokio::select! {
        biased;
        () = teller.cancel.cancelled() => return,
        first = first => first,
    };
    let failed = newest.as_ref().err().cloned();
    let definition = definition.map(|as_run| {
        let (machine, diagnostics) = parsed(&as_run.definition);
        (as_run, machine, diagnostics)
    });
    let history = partial(reader.history(), reader.tail());
    tell(Opening::First(Box::new(First { newest, history, definition, description })));
    if let Some(err) = failed {
        return tell(Opening::Ended(Some(err), None));
    }
    let was_whole = reader.progress().complete;
    if let Err(end) = read_on(&mut reader, &teller, &tell).await {
        let history = partial(reader.history(), reader.tail());
        return tell(Opening::Ended(Some(end), Some(history)));
    }
    if !was_whole {
        tell(Opening::Whole(reader.history().clone()));
    }
    if reader.history().status() != ExecutionStatus::Running {
        return tell(Opening::Ended(None, None));
    }
    let mut known = reader.history().events().len();
    let follow = reader.follow(|history| {
        let fresh = history.events().get(known..).unwrap_or_default().to_vec();
        known = history.events().len();
        tell(Opening::More(fresh));
    });
    let end = tokio::select! {
        biased;
        () = teller.cancel.cancelled() => Some(AwsError::Cancelled),
        end = follow => end.err(),
    };
    tell(Opening::Ended(end, None));
}

/// The pages before the newest one. A passing failure is waited out.
async fn read_on(
    reader: &mut ExecutionReader,
    teller: &Teller,
    tell: &(impl Fn(Opening) + Sync),
) -> Result<(), AwsError> {
    let mut failures = 0;
    while !reader.progress().complete {
        let page = tokio::select! {
            biased;
            () = teller.cancel.cancelled() => return Err(AwsError::Cancelled),
            page = reader.more() => page,
        };
        match page {
            Ok(progress) => {
                failures = 0;
                tell(Opening::Progress(progress));
            }
            Err(err) if err.is_passing() && failures < MOST_FAILURES => {
                failures += 1;
                let wait = std::time::Duration::from_millis(500 << failures);
                tokio::select! {
                    () = teller.cancel.cancelled() => return Err(AwsError::Cancelled),
                    () = tokio::time::sleep(wait) => {}
                }
            }
            Err(err) => return Err(err),
        }
    }
    Ok(())
}
