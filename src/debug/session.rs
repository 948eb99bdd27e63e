//! A debug session: an execution, a cursor in it, and a goal to work on.

use std::sync::Arc;

use super::debuggee::Debuggee;
use super::evaluate;
use super::memo::Memo;
use super::{
    Breakpoints, Clock, EvaluateError, Frame, Goal, LogEntry, Pending, StopReason, TaskAnswer,
    frames,
};
use crate::asl::StateMachine;
use crate::engine::{ExecutionStart, Journal, JournalError, TaskRequest, TaskToken};
use crate::execution::{
    EventId, Execution, History, HistoryEvent, InspectionData, Moment, Moments, ThreadId, Timeline,
    Timestamp,
};
use crate::json::Value;

/// A place in an execution: just after an event, and how far into the data flow of the state there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub event: EventId,
    /// The stage stepped into, under `TestState`'s name; `None` for the event as such.
    pub stage: Option<&'static str>,
}

/// What the window's status bar says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// Working on a goal: call `advance` again.
    Running,
    /// Working on a goal, and nothing moves until a task is answered.
    Waiting,
    Stopped(StopReason),
}

/// What one call of [`DebugSession::advance`] did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Tasks to be run now; each is handed out once.
    pub requests: Vec<TaskRequest>,
    /// Tasks whose answer is no longer wanted.
    pub cancelled: Vec<TaskToken>,
    /// What log points wrote.
    pub log: Vec<LogEntry>,
    /// Set when the goal was reached, or something else stopped it.
    pub stopped: Option<StopReason>,
    /// The budget ran out before the goal was reached: call again.
    pub more_work: bool,
    /// With [`Clock::Paced`]: nothing moves before this (virtual) time.
    pub sleep_until: Option<Timestamp>,
}

/// One execution under the debugger.
#[derive(Clone, Debug)]
pub struct DebugSession {
    pub(super) debuggee: Debuggee,
    pub(super) cursor: Cursor,
    /// The thread that is looked at.
    pub(super) thread: ThreadId,
    /// The situation at the cursor.
    moment: Arc<Moment>,
    pub(super) pursuit: Option<Pursuit>,
    pub(super) status: SessionStatus,
    /// Where steps set out from, oldest first; each lies before the cursor.
    pub(super) trail: Vec<(Cursor, ThreadId)>,
    /// Several panes ask for these in every frame.
    known_stack: Memo<Sight, Vec<Frame>>,
    known_inspection: Memo<Sight, Option<InspectionData>>,
}

/// Cursor, thread, last event, inputs taken.
type Sight = (Cursor, ThreadId, EventId, usize);

/// A goal, and where it was set.
#[derive(Clone, Debug)]
pub(super) struct Pursuit {
    pub(super) goal: Goal,
    pub(super) origin: Cursor,
    pub(super) thread: ThreadId,
}

impl DebugSession {
    /// A simulation, stopped at its `ExecutionStarted` event ([`StopReason::Entry`]).
    pub fn launch(definition: Arc<StateMachine>, start: ExecutionStart) -> Self {
        Self::over(Debuggee::launch(definition, start), EventId(1), StopReason::Entry)
    }

    /// A simulation that goes the way of a journal, stopped at its end.
    ///
    /// # Errors
    /// The journal is not one of this definition.
    pub fn replay(definition: Arc<StateMachine>, journal: &Journal) -> Result<Self, JournalError> {
        let debuggee = Debuggee::of_journal(definition, journal)?;
        let last = debuggee.last_event();
        Ok(Self::over(debuggee, last, StopReason::End))
    }

    /// A recorded or imported execution: nothing runs, the cursor moves through what is there.
    pub fn open(execution: &Execution) -> Self {
        Self::over(Debuggee::open(execution), EventId(1), StopReason::Entry)
    }

    /// A re-run of a recording, stopped where it ended or stands.
    pub(super) fn of_rerun(debuggee: Debuggee) -> Self {
        let last = debuggee.last_event();
        let reason =
            if debuggee.has_ended() { StopReason::End } else { StopReason::WaitingForAnswer };
        Self::over(debuggee, last, reason)
    }

    fn over(debuggee: Debuggee, event: EventId, reason: StopReason) -> Self {
        let mut session = Self {
            debuggee,
            cursor: Cursor::default(),
            thread: ThreadId::TOP,
            moment: Arc::default(),
            pursuit: None,
            status: SessionStatus::Stopped(reason),
            trail: Vec::new(),
            known_stack: Memo::default(),
            known_inspection: Memo::default(),
        };
        session.look_at(Cursor { event: event.min(session.last_event()), stage: None });
        session
    }

    /// Puts the cursor somewhere, with the thread of the event there.
    pub(super) fn look_at(&mut self, cursor: Cursor) {
        self.cursor = cursor;
        self.thread = self.debuggee.moments.thread_of(cursor.event);
        self.moment = self.debuggee.moments.at(&self.debuggee.history, cursor.event);
    }

    // -- moving

    /// Sets the goal that `advance` works on, from the cursor and thread of now.
    pub fn begin(&mut self, goal: Goal) {
        self.pursuit = Some(Pursuit { goal, origin: self.cursor, thread: self.thread });
        self.status = SessionStatus::Running;
    }

    /// `begin` and `advance` in one.
    pub fn run(&mut self, goal: Goal, breakpoints: &Breakpoints, budget: usize) -> Progress {
        self.begin(goal);
        self.advance(breakpoints, budget)
    }

    /// Works on the goal: through the history that exists, then by running the machine. At most `budget` events or steps.
    pub fn advance(&mut self, breakpoints: &Breakpoints, budget: usize) -> Progress {
        let mut progress = Progress::default();
        if let Some(pursuit) = self.pursuit.clone() {
            let stop = if pursuit.goal.is_reverse() {
                self.backward(&pursuit, breakpoints, budget, &mut progress)
            } else {
                self.forward(&pursuit, breakpoints, budget, &mut progress)
            };
            if let Some((cursor, reason)) = stop {
                self.arrive(&pursuit, cursor, reason.clone());
                progress.stopped = Some(reason);
            }
        }
        // A task is not run while the cursor is still before it, as it is when `StepIn` looks ahead for the stages.
        if self.cursor.event == self.last_event() {
            (progress.requests, progress.cancelled) = self.debuggee.deliver();
        }
        progress
    }

    /// The goal is reached, or given up for something more important.
    fn arrive(&mut self, pursuit: &Pursuit, cursor: Cursor, reason: StopReason) {
        let moved = cursor != pursuit.origin;
        match pursuit.goal {
            Goal::Next | Goal::StepIn | Goal::StepOut if moved => {
                self.trail.push((pursuit.origin, pursuit.thread));
            }
            Goal::Continue | Goal::RunTo(_) => self.trail.clear(),
            Goal::Next | Goal::StepIn | Goal::StepOut => {}
            Goal::ReverseContinue | Goal::StepBack | Goal::ReverseStepIn | Goal::ReverseStepOut => {
                self.forget_trail_after(cursor);
            }
        }
        if moved || self.moment.at != cursor.event {
            self.look_at(cursor);
        }
        self.pursuit = None;
        self.status = SessionStatus::Stopped(reason);
    }

    fn forget_trail_after(&mut self, cursor: Cursor) {
        while self.trail.last().is_some_and(|(from, _)| from.event >= cursor.event) {
            self.trail.pop();
        }
    }

    // -- at once

    /// Drops the goal.
    pub fn pause(&mut self) {
        if self.pursuit.take().is_some() {
            self.status = SessionStatus::Stopped(StopReason::Pause);
        }
    }

    /// Moves the cursor to an event; drops the goal.
    pub fn goto(&mut self, event: EventId) {
        let event = EventId(event.0.max(1)).min(self.last_event());
        self.pursuit = None;
        self.trail.clear();
        self.look_at(Cursor { event, stage: None });
        self.status = SessionStatus::Stopped(StopReason::Goto);
    }

    /// Takes in events that were recorded since, of an execution that is not simulated. A cursor at the end stays at the end.
    pub fn extend(&mut self, events: &[HistoryEvent]) {
        let at_end = self.cursor.event == self.last_event();
        self.debuggee.extend(events);
        if at_end {
            self.look_at(Cursor { event: self.last_event(), stage: None });
        }
    }

    /// Looks at another thread: frames, `Next` and the rest are about it.
    pub fn select_thread(&mut self, thread: ThreadId) {
        if self.moment.thread(thread).is_some() {
            self.thread = thread;
        }
    }

    /// `StopExecution`: the execution ends as ABORTED, the cursor goes to its end.
    pub fn stop(&mut self) {
        self.stop_because(None, None);
    }

    /// As [`DebugSession::stop`], with what `StopExecution` was given.
    pub fn stop_because(&mut self, error: Option<Arc<str>>, cause: Option<Arc<str>>) {
        self.debuggee.stop(error, cause);
        self.pursuit = None;
        self.trail.clear();
        self.look_at(Cursor { event: self.last_event(), stage: None });
        self.status = SessionStatus::Stopped(StopReason::End);
    }

    /// About what the execution takes in memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.debuggee.bytes()
    }

    // -- the world

    /// The answer to a task. It takes effect when `advance` runs next at the end of the history; while paused it waits.
    /// Whether anyone waited for it.
    pub fn answer(&mut self, token: TaskToken, answer: TaskAnswer) -> bool {
        let waited = self.debuggee.answer(token, answer);
        if waited && self.status == SessionStatus::Waiting {
            self.status = SessionStatus::Running;
        }
        waited
    }

    /// As [`DebugSession::answer`], at a (virtual) time that may lie ahead: what is due before it happens first. Whether anyone
    /// waited for it.
    pub fn answer_at(&mut self, token: TaskToken, answer: TaskAnswer, at: Timestamp) -> bool {
        let waited = self.debuggee.answer_at(token, answer, at);
        if waited && self.status == SessionStatus::Waiting {
            self.status = SessionStatus::Running;
        }
        waited
    }

    /// What `advance` works on.
    pub fn goal(&self) -> Option<&Goal> {
        self.pursuit.as_ref().map(|pursuit| &pursuit.goal)
    }

    /// Lets virtual time pass, with [`Clock::Paced`].
    pub fn tick(&mut self, now: Timestamp) {
        self.debuggee.tick(now);
    }

    pub fn clock(&self) -> Clock {
        self.debuggee.engine.as_ref().map_or(Clock::Virtual, |engine| engine.pacing)
    }

    pub fn set_clock(&mut self, clock: Clock) {
        if let Some(engine) = &mut self.debuggee.engine {
            engine.pacing = clock;
        }
    }

    // -- forks: new sessions, the old one is left as it was

    /// From the start with another definition or input.
    #[must_use]
    pub fn restarted_with(&self, definition: Arc<StateMachine>, start: ExecutionStart) -> Self {
        let mut session = Self::launch(definition, start);
        session.set_clock(self.clock());
        session
    }

    /// "Run from here": what the journal says up to the cursor, and nothing after it, in this or an edited definition. In an
    /// edited one, and for a recorded execution, tasks answer up to the cursor as they did, each state for itself.
    #[must_use]
    pub fn fork(&self, definition: Arc<StateMachine>) -> Self {
        let same = definition.source == self.debuggee.definition.source;
        let replayed = if same { self.debuggee.replayed(self.cursor.event) } else { None };
        let debuggee =
            replayed.unwrap_or_else(|| self.debuggee.rerun(definition, self.cursor.event));
        self.forked(debuggee, self.cursor.event)
    }

    /// "What if it had answered otherwise": up to the answer that gave `event` (a `TaskSucceeded`, `…Failed`, …), with another
    /// answer in its place. `None` when the event is no answer.
    pub fn fork_with_answer(&self, event: EventId, answer: TaskAnswer) -> Option<Self> {
        let (before, token) = self.debuggee.answer_behind(event)?;
        let mut debuggee = self.debuggee.replayed(before)?;
        debuggee.answer(token, answer).then(|| self.forked(debuggee, before))
    }

    /// The same execution as `StopExecution` would have ended it at a time, with the cursor at its end; what happened later is
    /// gone. `None` for one that was not simulated.
    pub fn aborted_at(&self, at: Timestamp, cause: Option<Arc<str>>) -> Option<Self> {
        let debuggee = self.debuggee.aborted_at(at, cause)?;
        let last = debuggee.last_event();
        let mut session = Self::over(debuggee, last, StopReason::End);
        session.set_clock(self.clock());
        Some(session)
    }

    // -- distributed Maps

    /// The Map Runs of distributed Maps, in the order in which they began; none in a recorded execution.
    pub fn map_runs(&self) -> &[crate::engine::MapRunRecord] {
        self.debuggee.engine.as_ref().map_or(&[], |engine| engine.machine.map_runs())
    }

    /// A child execution of a distributed Map, by its ARN, as an execution of its own: its history as far as it has come.
    pub fn child_execution(&self, arn: &str) -> Option<Execution> {
        let (run, child) = self.map_runs().iter().find_map(|run| Some((run, run.child(arn)?)))?;
        self.debuggee.child_executions(&[(run, child)]).pop()
    }

    /// The first child executions of every Map Run, at most so many of each and of all together; in the order of the Map Runs.
    pub fn child_executions(&self, most_of_each: usize, most: usize) -> Vec<Vec<Execution>> {
        let mut left = most;
        let mut counts = Vec::new();
        let mut children = Vec::new();
        for run in self.map_runs() {
            let count = run.children.len().min(most_of_each).min(left);
            left -= count;
            counts.push(count);
            children.extend(run.children.iter().take(count).map(|child| (run, child)));
        }
        let mut executions = self.debuggee.child_executions(&children).into_iter();
        counts.into_iter().map(|count| executions.by_ref().take(count).collect()).collect()
    }

    /// Whether a waiting task would end without an answer, because a limit of time runs.
    pub fn can_time_out(&self, token: TaskToken) -> bool {
        self.debuggee.can_time_out(token)
    }

    fn forked(&self, debuggee: Debuggee, at: EventId) -> Self {
        let mut session = Self::over(debuggee, at, StopReason::Goto);
        session.set_clock(self.clock());
        session
    }

    /// The first event at which two executions differ; `None` while one goes the way of the other.
    pub fn divergence(&self, other: &Self) -> Option<EventId> {
        let pairs = self.history().events().iter().zip(other.history().events());
        let same = |one: &HistoryEvent, two: &HistoryEvent| {
            (one.event_type, one.previous_event_id, &one.details)
                == (two.event_type, two.previous_event_id, &two.details)
        };
        pairs.filter(|(one, two)| !same(one, two)).map(|(one, _)| one.id).next()
    }

    // -- what to show

    pub fn definition(&self) -> &Arc<StateMachine> {
        &self.debuggee.definition
    }

    pub fn history(&self) -> &History {
        &self.debuggee.history
    }

    /// Everything that went in; `None` for an execution that was not simulated.
    pub fn journal(&self) -> Option<&Journal> {
        self.debuggee.engine.as_ref().map(|engine| &engine.journal)
    }

    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The last event of the history, which may lie after the cursor.
    pub fn last_event(&self) -> EventId {
        self.debuggee.last_event()
    }

    /// The event at the cursor.
    pub fn event(&self) -> Option<&HistoryEvent> {
        self.history().get(self.cursor.event)
    }

    /// The situation at the cursor.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// All moments, for looking somewhere else than at the cursor.
    pub fn moments(&self) -> &Moments {
        &self.debuggee.moments
    }

    /// The thread that is looked at: the one of the event at the cursor, or the one that was selected since.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Lanes, visits and attempts of the whole history.
    pub fn timeline(&self) -> &Timeline {
        self.debuggee.moments.timeline()
    }

    /// The call stack of the thread that is looked at, innermost first.
    pub fn stack(&self) -> Vec<Frame> {
        let stack = || frames::stack(&self.debuggee, &self.moment, self.thread, self.cursor);
        self.known_stack.get_or(self.sight(), stack)
    }

    /// The data flow of the state that the thread is in, or was last in, up to what is known at the cursor.
    pub fn inspection(&self) -> Option<InspectionData> {
        let entered = self.moment.thread(self.thread)?.current.as_ref()?.entered;
        let inspect = || self.debuggee.known_inspection(entered, self.cursor);
        self.known_inspection.get_or(self.sight(), inspect)
    }

    /// All that decides what is seen from the cursor.
    fn sight(&self) -> Sight {
        let inputs = self.journal().map_or(0, |journal| journal.inputs.len());
        (self.cursor, self.thread, self.last_event(), inputs)
    }

    /// The data flow of a visit as a whole, named by its entered event, wherever the cursor is.
    pub fn inspection_of(&self, entered: EventId) -> Option<InspectionData> {
        self.debuggee.inspection_of(entered)
    }

    /// Why the execution failed, and what else went wrong in it, wherever the cursor is.
    pub fn failures(&self) -> super::FailureReport {
        let inspect = |entered| self.inspection_of(entered);
        super::failures(self.definition(), self.history(), self.moments(), &inspect)
    }

    pub fn status(&self) -> SessionStatus {
        self.status.clone()
    }

    /// Whether the execution has ended (the cursor may be before that).
    pub fn has_ended(&self) -> bool {
        self.debuggee.has_ended()
    }

    /// Tasks that wait for an answer, oldest first. Those whose answer has come in and waits for `advance` are still among
    /// them.
    pub fn pending(&self) -> Vec<&Pending> {
        self.debuggee
            .engine
            .as_ref()
            .map_or_else(Vec::new, |engine| engine.pending.iter().collect())
    }

    /// Whether a pending task was handed out by `advance`, and no answer has come in.
    pub fn is_asked(&self, token: TaskToken) -> bool {
        self.debuggee.is_asked(token)
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.debuggee.now()
    }

    /// Evaluates what the user typed, at the cursor.
    ///
    /// # Errors
    /// It is no expression, or it fails; in words for the person who typed it.
    pub fn evaluate(&self, expression: &str) -> Result<Value, EvaluateError> {
        evaluate::evaluate(expression, &self.debuggee.place(self.cursor, self.thread))
    }
}
