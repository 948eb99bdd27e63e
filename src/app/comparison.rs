//! A recorded execution beside a re-run of it: the work on a thread of its own, and what came of it, for the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::app::{App, NoticeLevel, Topic};
use super::command::{Command, Pane};
use super::event::Event;
use super::replay::{Asker, Given, recording_of};
use super::simulation::{Run, RunId, answer_of_debug};
use crate::asl::{StateMachine, StatePath};
use crate::debug::{
    Agreement, Divergence, FieldDifference, Pair, RecordedNames, Recording, Served, ServedBy, Turn,
    Verification, WhatIf, verify, what_if,
};
use crate::engine::{TaskRequest, TaskToken};
use crate::execution::{
    EventId, ExecutionStatus, History, Moments, ThreadId, ThreadKind, Timestamp,
};
use crate::project::Project;
use crate::services::TaskAnswer;
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
    /// What differs in the events that differ, by their number in the recording.
    pub fields: BTreeMap<EventId, FieldDifference>,
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
        asked: Box<Asked>,
    },
}

/// What a re-run was asked to be, so that it can be run once more with one more answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which question of the user this is.
    number: u64,
    definition: Arc<StateMachine>,
    from: Option<(EventId, Arc<str>)>,
    given: Given,
    /// The recorded attempts whose turn it was when the tasks asked that wait now.
    turns: BTreeMap<TaskToken, Turn>,
}

/// Which of two runs entered a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnteredBy {
    /// The re-run, and not the recording.
    RerunOnly,
    /// The recording, and not the re-run.
    RecordingOnly,
}

impl Comparison {
    /// The re-run among the executions of the session.
    pub fn rerun(&self) -> Option<RunId> {
        match self.kind {
            ComparisonKind::WhatIf { rerun, .. } => Some(rerun),
            ComparisonKind::Verify => None,
        }
    }

    /// The states that only one of the two runs entered.
    pub fn entered_by_one(&self) -> BTreeMap<StatePath, EnteredBy> {
        let ComparisonKind::WhatIf { gained, lost, unanswered, .. } = &self.kind else {
            return BTreeMap::new();
        };
        let gained = gained.iter().map(|it| (it.clone(), EnteredBy::RerunOnly));
        // A re-run that waits for an answer may still come to the others.
        let lost = lost.iter().filter(|_| unanswered.is_empty());
        gained.chain(lost.map(|it| (it.clone(), EnteredBy::RecordingOnly))).collect()
    }

    /// What a waiting task of the re-run was answered when it asked something else in the recording.
    pub fn turn(&self, token: TaskToken) -> Option<(&Turn, Option<TaskAnswer>)> {
        let ComparisonKind::WhatIf { asked, .. } = &self.kind else { return None };
        let turn = asked.turns.get(&token)?;
        Some((turn, turn.answer.as_ref().and_then(answer_of_debug)))
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
    Unanswered,
    Nobody,
}

impl ServedKind {
    pub fn of(by: ServedBy) -> Self {
        match by {
            ServedBy::Recording => Self::Recording,
            ServedBy::RecordingUpToNames => Self::UpToNames,
            ServedBy::OrderOnly => Self::OrderOnly,
            ServedBy::Asked => Self::Asked,
            ServedBy::Unanswered => Self::Unanswered,
            ServedBy::Nobody => Self::Nobody,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Recording => "by the recording",
            Self::UpToNames => "by the recording, but for names made up anew",
            Self::OrderOnly => "by their order only: they asked something else than then",
            Self::Asked => "by you, a mock or an embedded service",
            Self::Unanswered => "by nobody, as in the recording",
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
    given: Given,
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
            given: Given::default(),
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
        let asker = Asker::new(&self.project, self.case.clone(), self.typed.clone());
        let mut asker = asker.with_given(self.given.clone());
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
    Rerun { found: Box<WhatIf>, asked: Box<Asked> },
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
                "Select a state that it entered.",
            );
        }
        let Some(run) = self.recorded_run() else { return };
        let (id, job) = (run.id, Job::of(self, run));
        if !job.recording().has_input() && entered.is_none() {
            return self.refuse_without_data();
        }
        let number = self.next_id();
        let asked = Asked {
            number,
            definition,
            from: entered,
            given: Given::default(),
            turns: BTreeMap::new(),
        };
        self.rerun_beside(id, job, asked);
    }

    fn rerun_beside(&mut self, recorded: RunId, mut job: Job, asked: Asked) {
        job.given.clone_from(&asked.given);
        self.compare_beside(recorded, move || {
            let event = asked.from.as_ref().map(|(event, _)| *event);
            let found = job.what_if(&asked.definition, event)?;
            Ok(Compared::Rerun { found: Box::new(found), asked: Box::new(asked) })
        });
    }

    /// Answers a waiting task of a re-run: it is run again with that answer too, so that what comes after it finds its recorded
    /// answers and the comparison is of the whole. `false` when the shown execution is not a re-run that stands as it was found.
    pub(super) fn answer_rerun(
        &mut self,
        token: TaskToken,
        answer: &TaskAnswer,
        keep: bool,
    ) -> bool {
        let Some((run, found)) = self.run().zip(self.comparison.as_ref()) else { return false };
        let ComparisonKind::WhatIf { rerun, asked, .. } = &found.kind else { return false };
        let stands = run.session.history().last_id() == found.simulated.last_id();
        if *rerun != run.id || !stands || self.comparing.is_some() {
            return false;
        }
        let waiting = run.waiting();
        let Some(request) = waiting.into_iter().find(|it| it.token == token) else { return false };
        let seat = (Arc::clone(&request.state_name), request.map_indices.as_slice().into());
        let (recorded, mut asked) = (found.recorded, Asked::clone(asked));
        let Some(original) = self.runs.iter().find(|it| it.id == recorded) else { return false };
        let mut job = Job::of(self, original);
        if keep {
            job.typed.set(&seat.0, answer.clone());
            if let Some(open) = &mut self.project {
                open.answers.typed.set(&seat.0, answer.clone());
            }
        } else {
            asked.given.entry(seat).or_default().push(answer.clone());
        }
        self.rerun_beside(recorded, job, asked);
        true
    }

    /// The definition that the graph shows: what the shown execution ran, where that is another text than the one that is open.
    pub fn drawn_definition(&self) -> Option<&Arc<StateMachine>> {
        let machine = self.machine()?;
        let run = self.run().filter(|it| *it.machine_name == *machine.name);
        let run = run.filter(|it| it.start.is_none() || it.rerun_of.is_some());
        let ran = run.map(|it| it.drawn.as_ref().unwrap_or_else(|| it.session.definition()));
        Some(ran.filter(|it| it.source != machine.machine.source).unwrap_or(&machine.machine))
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

    /// The latest visit to the selected state in that execution; for a state inside a Map or Parallel that of the outermost
    /// one around it, because an execution begins with a state of the top level.
    fn selected_entry(&self) -> Option<(EventId, Arc<str>)> {
        let state = self.selection.state.as_ref()?;
        let session = &self.recorded_run()?.session;
        let visits = &session.timeline().visits;
        let visit = visits.values().rev().find(|it| it.state == *state)?;
        let outermost = session.moments().latest().chain(visit.thread).find_map(|thread| {
            let (ThreadKind::Branch { of, .. } | ThreadKind::Iteration { of, .. }) = &thread.kind
            else {
                return None;
            };
            (thread.parent == Some(ThreadId::TOP)).then_some(of)
        });
        let around = |of: &StatePath| {
            visits.values().rev().find(|it| it.state == *of && it.entered < visit.entered)
        };
        let visit = match outermost {
            Some(of) => around(of)?,
            None => visit,
        };
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
                    fields: found.fields,
                    notes: found.notes,
                    served: found.served,
                    simulated: found.session.history().clone(),
                });
            }
            Ok(Compared::Rerun { found, asked }) => {
                self.take_rerun(recorded, machine, *found, asked);
            }
            Err(why) => self.notify_of(Topic::Comparing, "It can't be run again", why),
        }
    }

    fn take_rerun(
        &mut self,
        recorded: RunId,
        machine: usize,
        found: WhatIf,
        mut asked: Box<Asked>,
    ) {
        let difference = found.difference.clone();
        let unanswered: Vec<Arc<str>> =
            found.unanswered.iter().map(|it| Arc::clone(&it.state_name)).collect();
        let served = found.served.clone();
        let simulated = found.session.history().clone();
        let rerun = match self.adopt(recorded, machine, found.session, found.definition) {
            Ok(rerun) => rerun,
            Err(why) => return self.notify(NoticeLevel::Error, why, ""),
        };
        asked.turns = found.turns;
        // With one answer more it takes the place of the one that stood there.
        if let Some(ComparisonKind::WhatIf { rerun: before, asked: was, .. }) =
            self.comparison.as_ref().map(|it| &it.kind)
            && asked.number == was.number
        {
            let before = *before;
            self.runs.retain(|it| it.id != before);
        }
        let same = difference.pairs.iter().filter(|it| it.agreement == Agreement::Same).count();
        self.comparison = Some(Comparison {
            recorded,
            kind: ComparisonKind::WhatIf {
                rerun,
                from: asked.from.as_ref().map(|(_, name)| Arc::clone(name)),
                gained: difference.gained,
                lost: difference.lost,
                outcome: difference.outcome,
                unanswered,
                asked,
            },
            events: difference.pairs.iter().filter(|it| it.recorded.is_some()).count(),
            reproduced: same,
            divergence: difference.first,
            pairs: difference.pairs,
            fields: difference.fields,
            notes: found.notes,
            served,
            simulated,
        });
        self.select_current();
        self.for_window.push(Command::ShowPane(Pane::Compare));
    }
}
