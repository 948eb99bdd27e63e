//! A recorded execution beside a re-run of it: the work on a thread of its own, and what came of it, for the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::app::{App, NoticeLevel, Topic};
use super::command::{Command, Pane};
use super::event::Event;
use super::replay::{Asker, recording_of};
use super::simulation::{Run, RunId};
use crate::asl::{StateMachine, StatePath};
use crate::debug::{
    Agreement, Divergence, Pair, RecordedNames, Recording, Served, ServedBy, Verification, WhatIf,
    verify, what_if,
};
use crate::engine::TaskRequest;
use crate::execution::{EventId, ExecutionStatus, History, Moments, Timestamp};
use crate::project::Project;
use crate::services::mock::MockCase;

/// Two executions side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The one that is compared with.
    pub recorded: RunId,
    pub kind: ComparisonKind,
    /// Events that are compared.
    pub events: usize,
    /// Those that both have.
    pub reproduced: usize,
    pub divergence: Option<Divergence>,
    pub pairs: Vec<Pair>,
    /// What was left out, in words.
    pub notes: Vec<String>,
    pub served: Vec<Served>,
    /// The re-run's history.
    pub simulated: History,
}

/// What was asked.
#[derive(Clone, Debug)]
pub enum ComparisonKind {
    /// Does our engine reproduce it under its own definition?
    Verify,
    /// What would have happened under another definition?
    WhatIf {
        /// The re-run, among the executions of the session.
        rerun: RunId,
        /// The state it began from; `None` for the start.
        from: Option<Arc<str>>,
        gained: Vec<StatePath>,
        lost: Vec<StatePath>,
        /// How both ended, where that differs.
        outcome: Option<(ExecutionStatus, ExecutionStatus)>,
        /// Tasks that wait for an answer of the user.
        unanswered: Vec<Arc<str>>,
    },
}

impl Comparison {
    /// The re-run among the executions of the session.
    pub fn rerun(&self) -> Option<RunId> {
        match self.kind {
            ComparisonKind::WhatIf { rerun, .. } => Some(rerun),
            ComparisonKind::Verify => None,
        }
    }

    /// How many tasks were answered by whom.
    pub fn served_by(&self) -> BTreeMap<ServedKind, usize> {
        let mut counts = BTreeMap::new();
        for served in &self.served {
            *counts.entry(ServedKind::of(served.by)).or_default() += 1;
        }
        counts
    }
}

/// [`ServedBy`], in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServedKind {
    Recording,
    UpToNames,
    OrderOnly,
    Asked,
    Nobody,
}

impl ServedKind {
    pub fn of(by: ServedBy) -> Self {
        match by {
            ServedBy::Recording => Self::Recording,
            ServedBy::RecordingUpToNames => Self::UpToNames,
            ServedBy::OrderOnly => Self::OrderOnly,
            ServedBy::Asked => Self::Asked,
            ServedBy::Nobody => Self::Nobody,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Recording => "by the recording",
            Self::UpToNames => "by the recording, but for names made up anew",
            Self::OrderOnly => "by their order only: they asked something else than then",
            Self::Asked => "by a mock or an embedded service",
            Self::Nobody => "by nobody",
        }
    }
}

/// All that a re-run needs, so that it can run on a thread of its own.
pub(super) struct Job {
    definition: Arc<StateMachine>,
    history: History,
    moments: Moments,
    names: RecordedNames,
    project: Project,
    case: Option<MockCase>,
    typed: MockCase,
}

impl Job {
    pub(super) fn of(app: &App, run: &Run) -> Self {
        let open = app.project.as_ref();
        Self {
            definition: Arc::clone(run.session.definition()),
            history: run.session.history().clone(),
            moments: run.session.moments().clone(),
            names: recording_of(run),
            project: open.map(|it| it.project.clone()).unwrap_or_default(),
            case: open.and_then(|it| it.answers.case.clone()),
            typed: open.map(|it| it.answers.typed.clone()).unwrap_or_default(),
        }
    }

    fn recording(&self) -> Recording {
        Recording::of(&self.history, &self.moments, self.names.clone())
    }

    pub(super) fn verify(&self) -> Verification {
        let mut asker = Asker::new(&self.project, self.case.clone(), self.typed.clone());
        let mut ask = |request: &TaskRequest, now: Timestamp| asker.answer(request, now);
        let recording = self.recording();
        verify(&self.definition, &self.history, &self.moments, &recording, &mut ask)
    }

    pub(super) fn what_if(
        &self,
        definition: &Arc<StateMachine>,
        from: Option<EventId>,
    ) -> Result<WhatIf, String> {
        let mut asker = Asker::new(&self.project, self.case.clone(), self.typed.clone());
        let mut ask = |request: &TaskRequest, now: Timestamp| asker.answer(request, now);
        let recording = self.recording();
        what_if(definition, &self.history, &self.moments, &recording, from, &mut ask)
            .map_err(|why| why.to_string())
    }
}

/// What a thread came to.
#[derive(Debug)]
pub(super) enum Compared {
    Verified(Box<Verification>),
    Rerun { found: Box<WhatIf>, from: Option<Arc<str>> },
}

impl App {
    /// Verifies the shown execution on a thread of its own; the Compare pane shows what comes of it.
    pub(super) fn begin_verify(&mut self) {
        let Some(run) = self.run() else { return };
        let (id, job) = (run.id, Job::of(self, run));
        if !job.recording().has_input() {
            return self.refuse_without_data();
        }
        self.compare_beside(id, move || Ok(Compared::Verified(Box::new(job.verify()))));
    }

    /// Runs the shown execution again under the edited definition: the draft, else what is on disk now; from the start, or from
    /// the selected state.
    pub(super) fn begin_what_if(&mut self, from_selected: bool) {
        let Some(run) = self.recorded_run() else { return };
        let definition = self.edited_definition(run.machine);
        let Some(definition) = definition else {
            return self.notify(NoticeLevel::Error, "The machine of this execution is closed", "");
        };
        let is_readable = self.draft_of_definition().is_none_or(|it| it.is_readable);
        if definition.states().is_empty() || !is_readable {
            return self.notify(
                NoticeLevel::Error,
                "The edited definition can't be read",
                "Mend it first: the problems are listed below the text.",
            );
        }
        let entered = if from_selected { self.selected_entry() } else { None };
        if from_selected && entered.is_none() {
            return self.notify(
                NoticeLevel::Info,
                "The execution did not come to the selected state",
                "Select a state of the top level that it entered.",
            );
        }
        let Some(run) = self.recorded_run() else { return };
        let (id, job) = (run.id, Job::of(self, run));
        if !job.recording().has_input() && entered.is_none() {
            return self.refuse_without_data();
        }
        let (event, name) = entered.unzip();
        self.compare_beside(id, move || {
            let found = job.what_if(&definition, event)?;
            Ok(Compared::Rerun { found: Box::new(found), from: name })
        });
    }

    /// Whether the shown execution was recorded under another text of its definition than the one that is open.
    pub fn recorded_another_definition(&self) -> bool {
        let Some(run) = self.run().filter(|run| run.start.is_none()) else { return false };
        let machines = self.project.as_ref().map(|open| &open.project.machines);
        let now = machines.and_then(|it| it.get(run.machine));
        now.is_some_and(|it| it.machine.source != run.session.definition().source)
    }

    fn refuse_without_data(&mut self) {
        self.notify(
            NoticeLevel::Error,
            "This execution can't be run again: its input was not recorded",
            "Its log leaves out execution data (includeExecutionData is off), or it is encrypted with a key that may not be used here.",
        );
    }

    /// The execution that a re-run starts from: the shown one, or the recording that the shown one is a re-run of.
    fn recorded_run(&self) -> Option<&Run> {
        let shown = self.run()?;
        self.recording_of_rerun().or(Some(shown))
    }

    /// The recording that the shown execution is a re-run of, while that is open.
    pub fn recording_of_rerun(&self) -> Option<&Run> {
        let of = self.run()?.rerun_of?;
        self.runs.iter().find(|it| it.id == of)
    }

    /// The shown execution, or the recording that it is a re-run of.
    pub fn recorded_or_shown(&self) -> Option<RunId> {
        self.recorded_run().map(|it| it.id)
    }

    /// The comparison that the shown execution has a part in, and the recording in it.
    pub fn shown_comparison(&self) -> Option<(&Comparison, &Run)> {
        let shown = self.active_run;
        let found = self.comparison.as_ref();
        let found = found.filter(|it| shown == Some(it.recorded) || shown == it.rerun())?;
        Some((found, self.runs.iter().find(|it| it.id == found.recorded)?))
    }

    /// The latest visit to the selected state in that execution.
    fn selected_entry(&self) -> Option<(EventId, Arc<str>)> {
        let state = self.selection.state.as_ref()?;
        let visits = self.recorded_run()?.session.timeline().visits.values().rev();
        let visit = visits.into_iter().find(|it| it.state == *state)?;
        Some((visit.entered, Arc::clone(&visit.name)))
    }

    fn compare_beside(
        &mut self,
        recorded: RunId,
        work: impl FnOnce() -> Result<Compared, String> + Send + 'static,
    ) {
        self.comparing = Some(recorded);
        let outbox = self.outbox.clone();
        super::worker::spawn("compare", move || {
            let outcome = work();
            outbox.send(Event::Compared { recorded, outcome });
        });
        self.for_window.push(Command::ShowPane(Pane::Compare));
    }

    /// Takes in what the thread found, unless the execution has been closed meanwhile.
    pub(super) fn take_comparison(&mut self, recorded: RunId, outcome: Result<Compared, String>) {
        if self.comparing == Some(recorded) {
            self.comparing = None;
        }
        let Some(original) = self.runs.iter().find(|it| it.id == recorded) else { return };
        let machine = original.machine;
        if outcome.is_ok() {
            self.succeeded(Topic::Comparing);
        }
        match outcome {
            Ok(Compared::Verified(found)) => {
                self.comparison = Some(Comparison {
                    recorded,
                    kind: ComparisonKind::Verify,
                    events: found.events,
                    reproduced: found.reproduced,
                    divergence: found.divergence,
                    pairs: found.pairs,
                    notes: found.notes,
                    served: found.served,
                    simulated: found.session.history().clone(),
                });
            }
            Ok(Compared::Rerun { found, from }) => {
                self.take_rerun(recorded, machine, *found, from);
            }
            Err(why) => self.notify_of(Topic::Comparing, "It can't be run again", why),
        }
    }

    fn take_rerun(
        &mut self,
        recorded: RunId,
        machine: usize,
        found: WhatIf,
        from: Option<Arc<str>>,
    ) {
        let difference = found.difference.clone();
        let unanswered: Vec<Arc<str>> =
            found.unanswered.iter().map(|it| Arc::clone(&it.state_name)).collect();
        let served = found.served.clone();
        let simulated = found.session.history().clone();
        let rerun = match self.adopt(recorded, machine, found.session) {
            Ok(rerun) => rerun,
            Err(why) => return self.notify(NoticeLevel::Error, why, ""),
        };
        let same = difference.pairs.iter().filter(|it| it.agreement == Agreement::Same).count();
        self.comparison = Some(Comparison {
            recorded,
            kind: ComparisonKind::WhatIf {
                rerun,
                from,
                gained: difference.gained,
                lost: difference.lost,
                outcome: difference.outcome,
                unanswered,
            },
            events: difference.pairs.iter().filter(|it| it.recorded.is_some()).count(),
            reproduced: same,
            divergence: difference.first,
            pairs: difference.pairs,
            notes: Vec::new(),
            served,
            simulated,
        });
        self.select_current();
        self.for_window.push(Command::ShowPane(Pane::Compare));
    }
}
