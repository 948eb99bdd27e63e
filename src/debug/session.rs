//! A debug session: an execution, a cursor in it, and a goal to work on.

use std::sync::Arc;

use super::debuggee::{Debuggee, Step};
use super::evaluate::{self, Place};
use super::step::Fault;
use super::{
    Breakpoint, Breakpoints, Clock, EvaluateError, Frame, Goal, LogEntry, Pending, StopReason,
    TaskAnswer, frames,
};
use crate::asl::{StateMachine, StatePath};
use crate::engine::{ExecutionStart, Journal, TaskRequest, TaskToken};
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
    debuggee: Debuggee,
    cursor: Cursor,
    /// The thread that is looked at.
    thread: ThreadId,
    /// The situation at the cursor.
    moment: Arc<Moment>,
    pursuit: Option<Pursuit>,
    status: SessionStatus,
    /// Where steps set out from, oldest first; each lies before the cursor.
    trail: Vec<(Cursor, ThreadId)>,
}

/// A goal, and where it was set.
#[derive(Clone, Debug)]
struct Pursuit {
    goal: Goal,
    origin: Cursor,
    thread: ThreadId,
}

/// Where a movement ended, and why.
type Stop = (Cursor, StopReason);

impl DebugSession {
    /// A simulation, stopped at its `ExecutionStarted` event ([`StopReason::Entry`]).
    pub fn launch(definition: Arc<StateMachine>, start: ExecutionStart) -> Self {
        Self::over(Debuggee::launch(definition, start), EventId(1), StopReason::Entry)
    }

    /// A recorded or imported execution: nothing runs, the cursor moves through what is there.
    pub fn open(execution: &Execution) -> Self {
        Self::over(Debuggee::open(execution), EventId(1), StopReason::Entry)
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
        };
        session.look_at(Cursor { event: event.min(session.last_event()), stage: None });
        session
    }

    /// Puts the cursor somewhere, with the thread of the event there.
    fn look_at(&mut self, cursor: Cursor) {
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

    fn forward(
        &mut self,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        budget: usize,
        progress: &mut Progress,
    ) -> Option<Stop> {
        // Later calls for the same goal have left the state that it set out from.
        if pursuit.goal == Goal::StepIn
            && self.cursor == pursuit.origin
            && let Some(stage) = self.next_stage()
        {
            return Some((Cursor { stage: Some(stage), ..self.cursor }, StopReason::Step));
        }
        let mut at = self.cursor.event;
        for _ in 0..budget {
            if at < self.last_event() {
                at.0 += 1;
                if let Some(stop) = self.stop_at(at, pursuit, breakpoints, progress) {
                    return Some(stop);
                }
                continue;
            }
            match self.debuggee.step() {
                Step::Taken => {}
                Step::Ended => return Some((Cursor { event: at, stage: None }, StopReason::End)),
                Step::NeedsAnswer => {
                    self.rest(at);
                    self.status = SessionStatus::Waiting;
                    progress.stopped = Some(StopReason::WaitingForAnswer);
                    return None;
                }
                Step::Sleeps(until) => {
                    self.rest(at);
                    progress.sleep_until = Some(until);
                    return None;
                }
            }
        }
        self.rest(at);
        progress.more_work = true;
        None
    }

    /// Shows how far a goal has come.
    fn rest(&mut self, at: EventId) {
        if at != self.cursor.event {
            self.look_at(Cursor { event: at, stage: None });
        }
    }

    /// The stage after the cursor's. At the end of the history the machine has to run for it to be known.
    fn next_stage(&mut self) -> Option<&'static str> {
        let event = self.cursor.event;
        let thread = self.debuggee.moments.thread_of(event);
        // Looking at another thread than the event's, there is no stage to go on from.
        if self.thread != thread {
            return None;
        }
        if event == self.last_event()
            && (self.debuggee.enters_state(event) || self.debuggee.brings_result(event))
        {
            self.debuggee.look_ahead(thread);
        }
        self.debuggee.stage_after(self.cursor)
    }

    /// Whether something stops at an event.
    fn stop_at(
        &self,
        at: EventId,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        progress: &mut Progress,
    ) -> Option<Stop> {
        let here = Cursor { event: at, stage: None };
        if let Some((state, breakpoint)) = self.breakpoint_at(at, breakpoints)
            && self.is_hit(at, &state, breakpoint, &mut progress.log)
        {
            match &breakpoint.log_message {
                None => return Some((here, StopReason::Breakpoint(state))),
                Some(message) => {
                    let text = evaluate::interpolate(message, &self.place_at(at));
                    progress.log.push(LogEntry { event: at, state, text });
                }
            }
        }
        if let Some(reason) = self.exception_at(at, breakpoints) {
            return Some((here, reason));
        }
        if let Some(cursor) = self.goal_at(at, pursuit) {
            return Some((cursor, StopReason::Step));
        }
        let ended = at == self.last_event() && self.debuggee.has_ended();
        ended.then_some((here, StopReason::End))
    }

    /// Whether a forward goal is reached at an event.
    fn goal_at(&self, at: EventId, pursuit: &Pursuit) -> Option<Cursor> {
        let here = Cursor { event: at, stage: None };
        let debuggee = &self.debuggee;
        let thread = debuggee.moments.thread_of(at);
        match &pursuit.goal {
            Goal::Next => (debuggee.enters_state(at) && debuggee.is_around(thread, pursuit.thread))
                .then_some(here),
            Goal::StepIn => debuggee.step_in_stop(at, pursuit.thread),
            Goal::StepOut => {
                let outer = debuggee.moments.parent_of(pursuit.thread)?;
                let leaves = debuggee.enters_state(at) || debuggee.exits_state(at);
                (leaves && debuggee.is_around(thread, outer)).then_some(here)
            }
            Goal::RunTo(state) => (debuggee.enters_state(at)
                && debuggee.moments.state_of(at) == Some(state))
            .then_some(here),
            Goal::Continue
            | Goal::ReverseContinue
            | Goal::StepBack
            | Goal::ReverseStepIn
            | Goal::ReverseStepOut => None,
        }
    }

    // -- backwards

    fn backward(
        &mut self,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        budget: usize,
        progress: &mut Progress,
    ) -> Option<Stop> {
        if pursuit.goal == Goal::StepBack
            && let Some((cursor, thread)) = self.trail.pop()
        {
            self.look_at(cursor);
            self.thread = thread;
            // `arrive` must not look again: the thread would be lost.
            self.pursuit = None;
            self.status = SessionStatus::Stopped(StopReason::Step);
            progress.stopped = Some(StopReason::Step);
            return None;
        }
        if pursuit.goal == Goal::ReverseStepIn
            && let Some(cursor) = self.debuggee.stage_before(self.cursor)
        {
            return Some((cursor, StopReason::Step));
        }
        let mut at = self.cursor.event;
        // With a stage the cursor is past the event as such.
        if self.cursor.stage.is_some()
            && let Some(stop) = self.stop_back_at(at, pursuit, breakpoints)
        {
            return Some(stop);
        }
        for _ in 0..budget {
            if at.0 <= 1 {
                return Some((Cursor { event: at, stage: None }, StopReason::Entry));
            }
            at.0 -= 1;
            if let Some(stop) = self.stop_back_at(at, pursuit, breakpoints) {
                return Some(stop);
            }
        }
        self.rest(at);
        progress.more_work = true;
        None
    }

    /// Whether something stops at an event when it is reached from behind.
    fn stop_back_at(
        &self,
        at: EventId,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
    ) -> Option<Stop> {
        let here = Cursor { event: at, stage: None };
        let debuggee = &self.debuggee;
        let thread = debuggee.moments.thread_of(at);
        let stop = match &pursuit.goal {
            Goal::ReverseContinue => {
                let hit = self.breakpoint_at(at, breakpoints).filter(|(state, breakpoint)| {
                    breakpoint.log_message.is_none()
                        && self.is_hit(at, state, breakpoint, &mut Vec::new())
                });
                let hit = hit.map(|(state, _)| StopReason::Breakpoint(state));
                return hit
                    .or_else(|| self.exception_at(at, breakpoints))
                    .map(|reason| (here, reason));
            }
            Goal::StepBack => (debuggee.enters_state(at)
                && debuggee.is_around(thread, pursuit.thread))
            .then_some(here),
            // The event as such comes before its stages, of which the last one is met first.
            Goal::ReverseStepIn if at == self.cursor.event => None,
            Goal::ReverseStepIn => debuggee.step_in_stop(at, pursuit.thread).map(|stop| {
                let last = debuggee.stages_at(at).last().copied();
                Cursor { stage: last.filter(|it| *it != "input").or(stop.stage), ..stop }
            }),
            Goal::ReverseStepOut => {
                let outer = debuggee.moments.parent_of(pursuit.thread);
                let enters = debuggee.enters_state(at)
                    && outer.is_some_and(|it| debuggee.is_around(thread, it));
                enters.then_some(here)
            }
            Goal::Continue | Goal::Next | Goal::StepIn | Goal::StepOut | Goal::RunTo(_) => None,
        };
        stop.map(|cursor| (cursor, StopReason::Step))
    }

    // -- breakpoints

    fn breakpoint_at<'b>(
        &self,
        at: EventId,
        breakpoints: &'b Breakpoints,
    ) -> Option<(StatePath, &'b Breakpoint)> {
        if breakpoints.states.is_empty() {
            return None;
        }
        let (entered, exited) = (self.debuggee.enters_state(at), self.debuggee.exits_state(at));
        if !entered && !exited {
            return None;
        }
        let state = self.debuggee.moments.state_of(at)?;
        let breakpoint = breakpoints.enabled(state)?;
        let wanted = (entered && breakpoint.on.entered()) || (exited && breakpoint.on.exited());
        wanted.then(|| (state.clone(), breakpoint))
    }

    /// Whether a breakpoint's hit count and condition hold. A condition that fails stops too, and says so in the log.
    fn is_hit(
        &self,
        at: EventId,
        state: &StatePath,
        breakpoint: &Breakpoint,
        log: &mut Vec<LogEntry>,
    ) -> bool {
        if let Some(hit_count) = breakpoint.hit_count {
            let moment = self.debuggee.moments.at(&self.debuggee.history, at);
            let visits = moment.states.get(state).map_or(0, |summary| summary.visits);
            if !hit_count.includes(visits) {
                return false;
            }
        }
        let Some(condition) = breakpoint.condition.as_deref().filter(|it| !it.trim().is_empty())
        else {
            return true;
        };
        match evaluate::holds(condition, &self.place_at(at)) {
            Ok(holds) => holds,
            Err(err) => {
                let text = format!("The condition \"{condition}\" could not be evaluated: {err}");
                log.push(LogEntry { event: at, state: state.clone(), text });
                true
            }
        }
    }

    fn place_at(&self, at: EventId) -> Place {
        self.debuggee.place(Cursor { event: at, stage: None }, self.debuggee.moments.thread_of(at))
    }

    fn exception_at(&self, at: EventId, breakpoints: &Breakpoints) -> Option<StopReason> {
        let filters = &breakpoints.exceptions;
        if !filters.uncaught && !filters.caught {
            return None;
        }
        let Fault { state, error, cause, caught } = self.debuggee.fault_at(at)?;
        filters.stops(&error, caught).then_some(StopReason::Exception {
            state,
            error,
            cause,
            caught,
        })
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

    /// Looks at another thread: frames, `Next` and the rest are about it.
    pub fn select_thread(&mut self, thread: ThreadId) {
        if self.moment.thread(thread).is_some() {
            self.thread = thread;
        }
    }

    /// `StopExecution`: the execution ends as ABORTED, the cursor goes to its end.
    pub fn stop(&mut self) {
        self.debuggee.stop();
        self.pursuit = None;
        self.trail.clear();
        self.look_at(Cursor { event: self.last_event(), stage: None });
        self.status = SessionStatus::Stopped(StopReason::End);
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

    /// The same execution from its start, stopped at entry.
    #[must_use]
    pub fn restarted(&self) -> Self {
        self.restarted_with(Arc::clone(&self.debuggee.definition), self.debuggee.start())
    }

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
        frames::stack(&self.debuggee, &self.moment, self.thread, self.cursor)
    }

    /// The data flow of the state that the thread is in, or was last in, up to what is known at the cursor.
    pub fn inspection(&self) -> Option<InspectionData> {
        let entered = self.moment.thread(self.thread)?.current.as_ref()?.entered;
        self.debuggee.known_inspection(entered, self.cursor)
    }

    /// The data flow of a visit as a whole, named by its entered event, wherever the cursor is.
    pub fn inspection_of(&self, entered: EventId) -> Option<InspectionData> {
        self.debuggee.inspection_of(entered)
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
