//! A real execution that is opened from AWS: by its ARN, a link, or from the execution that started it.
//!
//! What comes of it is put into the model in `arrived.rs`, and shown in `show.rs`.

use super::browse::Answer;
use super::{Target, Trouble, reading};
use crate::app::app::{App, Topic};
use crate::app::simulation::RunId;
use crate::app::{Command, Pane};
use crate::asl::StatePath;
use crate::aws::arn::{Arn, Resource};
use crate::aws::browse::ExecutionDescription;
use crate::aws::{DefinitionAsRun, Progress};
use crate::execution::EventId;

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
    pub(super) request: Option<super::runtime::Request>,
    pub(super) parent: Option<(RunId, StatePath, EventId)>,
    /// What was selected for the user; while it still is, better knowledge may select something else.
    pub(super) focused: Option<StatePath>,
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
        let request = self.attach.worker.begin(|teller| reading::read(session, of, teller));
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
