//! What comes of an execution that is opened: its first page, the rest of its history, and what happens while it is followed.

use std::sync::Arc;

use super::Trouble;
use super::as_run::{child_machine, has_no_payloads};
use super::browse::Answer;
use super::open::{Stage, StartedThere};
use super::reading::{First, Opening};
use super::runtime::RequestId;
use crate::app::app::{App, Topic};
use crate::app::simulation::{Run, machine_of};
use crate::app::{Command, Pane};
use crate::asl::{self, StateMachine, StateMachineType};
use crate::aws::arn::Arn;
use crate::aws::{AwsError, Progress, nested};
use crate::debug::DebugSession;
use crate::execution::{
    EventDetails, Execution, ExecutionSource, ExecutionStatus, History, HistoryEvent,
};
use crate::json::document::{Document, Format};

impl App {
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
    pub(super) fn find_started(&mut self, arn: &str) {
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
}
