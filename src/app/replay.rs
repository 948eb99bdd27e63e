//! Verify and what-if for the window: a recorded execution run again by our engine, under its own definition or an edited one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answers::{Answers, Invocations};
use super::app::{App, NoticeLevel, Redacted};
use super::bundle::Bundle;
use super::comparison::Job;
use super::reading::OpenedBundle;
use super::simulation::{Run, RunId, answer_for_debug};
use crate::asl::StateMachine;
use crate::debug::{
    DebugSession, Difference, RecordedNames, Served, StopReason, TaskAnswer, Verification,
};
use crate::engine::{TaskRequest, TaskToken};
use crate::execution::{EventId, Timestamp};
use crate::project::Project;
use crate::services::mock::MockCase;

/// What a re-run under an edited definition came to. The execution itself is among [`App::runs`].
#[derive(Clone, Debug)]
pub struct WhatIfReport {
    /// The re-run.
    pub run: RunId,
    /// How it differs from the recording: the first event, states gained and lost, how both ended.
    pub difference: Difference,
    /// Who answered each task; whoever shows this should say where only the order matched.
    pub served: Vec<Served>,
    /// Tasks that nobody answers; the run waits for the user there, as any simulation does.
    pub unanswered: Vec<TaskRequest>,
}

/// Answers that the user gave to single tasks of a re-run, in the order in which they asked: by state, and the indices of the Map
/// iterations around it.
pub(super) type Given = BTreeMap<(Arc<str>, Arc<[u64]>), Vec<crate::services::TaskAnswer>>;

/// Answers what a recording does not: mocks and the embedded services, fresh for each run that asks.
pub(super) struct Asker<'a> {
    project: &'a Project,
    /// The chosen case, and what the user typed.
    case: Option<MockCase>,
    typed: MockCase,
    answers: Option<Answers>,
    invocations: Invocations,
    given: Given,
    /// How many of them have been taken.
    taken: BTreeMap<(Arc<str>, Arc<[u64]>), usize>,
    last: Option<TaskToken>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(project: &'a Project, case: Option<MockCase>, typed: MockCase) -> Self {
        let invocations = Invocations::new();
        let (given, taken) = (Given::default(), BTreeMap::new());
        Self { project, case, typed, answers: None, invocations, given, taken, last: None }
    }

    pub(super) fn with_given(self, given: Given) -> Self {
        Self { given, ..self }
    }

    pub(super) fn answer(&mut self, request: &TaskRequest, now: Timestamp) -> Option<TaskAnswer> {
        // Tokens count up within a run: a smaller one is another run's, which finds the world as the first did.
        if self.last.is_none_or(|last| request.token <= last) {
            self.invocations.clear();
            self.taken.clear();
            self.answers = Answers::of(self.project).ok().map(|(answers, _)| Answers {
                case: self.case.clone(),
                typed: self.typed.clone(),
                ..answers
            });
        }
        self.last = Some(request.token);
        let answers = self.answers.as_ref()?;
        let answer = answers.answer_rerun(request, now, &mut self.invocations, None);
        let answer = answer.or_else(|| {
            let seat = (Arc::clone(&request.state_name), request.map_indices.as_slice().into());
            let given = self.given.get(&seat)?;
            let taken = self.taken.entry(seat).or_default();
            *taken += 1;
            given.get(*taken - 1).cloned()
        })?;
        Some(answer_for_debug(&answer))
    }
}

impl App {
    /// Runs an execution again with its own answers and compares event by event; `None` when there is no such run. It changes
    /// nothing. The result holds both histories side by side, and the re-run as a session that can be looked at.
    ///
    /// A history of 25,000 events takes about as long as simulating it twice: some tenths of a second.
    pub fn verify(&self, run: RunId) -> Option<Verification> {
        let run = self.runs.iter().find(|it| it.id == run)?;
        Some(Job::of(self, run).verify())
    }

    /// What would have happened with this definition: runs an execution again from its start, or from the state that the event
    /// `from` enters (a top-level one), with the input and variables it had. Recorded answers serve while a state asks the same
    /// as it did; anything new is answered by the user's mocks, the chosen case and fresh embedded services. The re-run becomes
    /// the shown run; where nobody answers, it waits for the user.
    ///
    /// # Errors
    /// In the user's words: there is no such run, or nothing can begin at `from`.
    pub fn what_if(
        &mut self,
        run: RunId,
        definition: &Arc<StateMachine>,
        from: Option<EventId>,
    ) -> Result<WhatIfReport, String> {
        let original = self.runs.iter().find(|it| it.id == run);
        let original = original.ok_or("There is no such execution any more.")?;
        let index = original.machine;
        let found = Job::of(self, original).what_if(definition, from)?;
        let id = self.adopt(run, index, found.session, found.definition)?;
        Ok(WhatIfReport {
            run: id,
            difference: found.difference,
            served: found.served,
            unanswered: found.unanswered,
        })
    }

    /// Makes a re-run one of the executions of the session, and shows it.
    ///
    /// # Errors
    /// Its machine is closed.
    pub(super) fn adopt(
        &mut self,
        of: RunId,
        index: usize,
        session: DebugSession,
        definition: Arc<StateMachine>,
    ) -> Result<RunId, String> {
        let id = RunId(self.next_id());
        let machines = self.project.as_ref().map(|it| &it.project.machines);
        let machine = machines.and_then(|it| it.get(index)).ok_or("The machine is closed.")?;
        let mut rerun = Run::of_session(id, index, machine, session);
        let last = rerun.session.last_event();
        rerun.session.goto(last);
        rerun.stopped = Some(StopReason::Goto);
        rerun.execution_name = "re-run".into();
        rerun.rerun_of = Some(of);
        rerun.drawn = Some(definition);
        self.runs.push(rerun);
        self.active_run = Some(id);
        Ok(id)
    }

    /// Shows a `.stepwell` file: its machine in the place of whatever was open, its mocks, breakpoints and execution.
    pub(super) fn show_bundle(&mut self, bundle: OpenedBundle) -> Result<(), String> {
        let name = bundle.run.machine_name.to_string();
        let (answers, _) = Answers::of(&bundle.project)?;
        self.show_opened(bundle.project, answers);
        self.breakpoints.insert(name, bundle.breakpoints);
        self.show_recording(bundle.run);
        let mut said = vec![bundle.notes];
        if !bundle.redacted.is_empty() {
            said.push(format!("{} values were redacted when it was saved.", bundle.redacted.len()));
        }
        let said = said.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n");
        if !said.is_empty() {
            self.notify(NoticeLevel::Info, said, "");
        }
        if let (Some(open), Some(run)) = (&mut self.project, self.active_run) {
            open.redacted = Redacted { run: Some(run), places: bundle.redacted };
        }
        Ok(())
    }

    /// What was taken out of an execution before it came here: all that the bundle tells of its own one and re-runs of that, and
    /// of another one in the same machine, what the bundle's definition and mocks lack.
    fn redacted_of(&self, run: &Run) -> Vec<String> {
        let Some(redacted) = self.project.as_ref().map(|it| &it.redacted) else {
            return Vec::new();
        };
        let mut id = Some(run.id);
        while id != redacted.run
            && let Some(of) = self.runs.iter().find(|it| Some(it.id) == id)
        {
            id = of.rerun_of;
        }
        let is_own = id.is_some() && id == redacted.run;
        let is_shared = |place: &str| {
            ["definition", "mocks"].iter().any(|part| {
                place.strip_prefix(part).is_some_and(|it| it.is_empty() || it.starts_with('.'))
            })
        };
        redacted.places.iter().filter(|it| is_own || is_shared(it)).cloned().collect()
    }

    /// Where to propose to save the shown execution: with the project whose execution it is, else where something was saved
    /// last, else at home.
    pub fn folder_to_save_in(&self) -> PathBuf {
        let is_projects = self.machine().is_some_and(|it| it.file.is_file());
        let root = self.project.as_ref().map(|open| open.project.root.clone());
        let saved = || self.saved.as_ref().and_then(|(path, _)| Some(path.parent()?.to_owned()));
        let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
        let own = root.filter(|it| is_projects && !it.as_os_str().is_empty());
        own.or_else(saved).or_else(|| home().map(PathBuf::from)).unwrap_or_default()
    }

    /// Saves the shown execution as a `.stepwell` file, without its secrets unless they are to stay. Where something was
    /// redacted.
    ///
    /// # Errors
    /// In the user's words: nothing is shown, or the file can't be written.
    pub fn save_bundle(
        &self,
        path: &Path,
        notes: &str,
        redact: bool,
    ) -> Result<Vec<String>, String> {
        let run = self.run().ok_or("There is no execution to save.")?;
        let bundle = Bundle {
            machine: run.machine_name.to_string(),
            kind: run.kind,
            definition: Arc::clone(&run.session.definition().source),
            execution_arn: Some(Arc::clone(&run.execution_arn)),
            history: run.session.history().clone(),
            mocks: self.project.as_ref().and_then(|it| it.project.mocks.clone()),
            breakpoints: self.breakpoints().cloned().unwrap_or_default(),
            notes: notes.to_owned(),
            redacted: self.redacted_of(run),
        };
        let json = bundle.to_json(redact);
        std::fs::write(path, json.to_string())
            .map_err(|err| format!("{} can't be written: {err}", path.display()))?;
        let places = json.get("redacted").and_then(crate::json::Value::as_array);
        Ok(places.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect())
    }
}

/// What is known of an execution beside its history.
pub(super) fn recording_of(run: &Run) -> RecordedNames {
    let arn = Arc::clone(&run.execution_arn);
    let (execution_arn, likely_arn) =
        if run.has_own_arn { (Some(arn), None) } else { (None, Some(arn)) };
    RecordedNames { execution_arn, likely_arn, kind: run.kind, ..RecordedNames::default() }
}
