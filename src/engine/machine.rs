//! The machine: takes one input at a time, appends events, asks the world for work.
//!
//! What a state does is in `super::state`; how threads enter, leave and fail is in `transition.rs`. Here is the clockwork: whose
//! turn it is, and what an input means. Which timer or answer belongs to whom, and the end of an execution, are below `machine/`.

mod child_executions;
mod end;
mod threads;
mod timers;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use self::timers::TimerOwner;
use super::context::ExecutionContext;
use super::failure::{Failure, Origin};
use super::journal::Misfit;
use super::map_runs::MapRunRecord;
use super::program::{Program, ProgramState};
use super::random::SeededRandom;
use super::rehearsal::Rehearsal;
use super::thread::{Phase, Role, ScopeNumber, Thread, ThreadIndex, Visit};
use super::{Action, ExecutionStart, Input, Journal, JournalError, TaskToken, TimerId};
use crate::asl::{State, StateMachine, StateMachineType};
use crate::execution::{EventDetails, EventId, EventType, History, InspectionData, Timestamp};
use crate::json::Value;
use crate::query::Variables;

/// A running execution. Cloning it makes a second one that goes on independently.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) program: Arc<Program>,
    pub(crate) start: Arc<ExecutionStart>,
    threads: Vec<Option<Box<Thread>>>,
    /// Places in `threads` that may be used again.
    free: Vec<ThreadIndex>,
    /// Whose turn it is.
    ready: VecDeque<ThreadIndex>,
    /// The execution itself.
    own_context: ExecutionContext,
    /// Child executions of distributed Maps, by number from 1.
    child_contexts: BTreeMap<ScopeNumber, ExecutionContext>,
    /// Events of all child executions so far.
    unkept_events: u64,
    /// Memory that the payloads of the history take.
    kept_bytes: usize,
    next_scope: ScopeNumber,
    /// Map Runs in the order in which they began.
    pub(crate) map_runs: Vec<MapRunRecord>,
    /// The child executions whose events are kept, when some are asked for.
    kept_children: BTreeMap<ScopeNumber, History>,
    tasks: BTreeMap<TaskToken, ThreadIndex>,
    timers: BTreeMap<TimerId, TimerOwner>,
    next_task: u64,
    next_timer: u64,
    pub(crate) random: SeededRandom,
    now: Timestamp,
    /// Whether the execution's own timer has been asked for.
    timeout_started: bool,
    ended: bool,
    inspecting: bool,
    /// Set while one state is tested on its own.
    pub(crate) rehearsal: Option<Arc<Rehearsal>>,
    /// The latest instant that was written as text: many states are entered in the same one.
    latest_time: (Timestamp, Value),
}

/// One call of [`Machine::step`].
pub(crate) struct Turn<'a> {
    pub(crate) at: Timestamp,
    pub(crate) history: &'a mut History,
    pub(crate) actions: Vec<Action>,
}

/// The state that a thread is in.
#[derive(Clone, Copy)]
pub(crate) struct Here<'p> {
    pub(crate) program: &'p Program,
    pub(crate) meta: &'p ProgramState,
    pub(crate) state: &'p State,
}

/// What becomes of a thread after a small step.
#[derive(Debug)]
pub(crate) enum Flow {
    /// It is still its turn.
    Continue,
    /// It can go on, after the others.
    Yield,
    /// It waits for an input, or for its children.
    Blocked,
    Ended(Result<Value, Failure>),
}

pub(crate) type StepResult = Result<Flow, Failure>;

impl Machine {
    /// Appends `ExecutionStarted`; nothing else runs until the first [`Input::Advance`].
    pub fn start(
        definition: Arc<StateMachine>,
        start: &ExecutionStart,
        history: &mut History,
    ) -> Self {
        let program = Arc::new(Program::new(definition));
        let details = EventDetails::ExecutionStarted {
            input: Some(start.input.clone().into()),
            role_arn: Some(Arc::clone(&start.role_arn)),
        };
        history.append(EventId(0), start.at, EventType::ExecutionStarted, details);
        let top = Thread {
            parent: None,
            role: Role::Top,
            scope: 0,
            // AWS hangs event 2 on 0, as if nothing had come before it.
            previous: EventId(0),
            variables: Arc::default(),
            variables_bytes: 0,
            map_context: None,
            map_indices: Arc::from([]),
            phase: Phase::Enter { state: program.start_of(0), input: start.input.clone() },
            visit: Visit::default(),
        };
        Self {
            program,
            threads: vec![Some(Box::new(top))],
            free: Vec::new(),
            ready: VecDeque::from([0]),
            own_context: ExecutionContext::new(start),
            child_contexts: BTreeMap::new(),
            unkept_events: 0,
            kept_bytes: 0,
            next_scope: 1,
            map_runs: Vec::new(),
            kept_children: BTreeMap::new(),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            next_task: 1,
            next_timer: 1,
            random: SeededRandom::new(start.seed),
            now: start.at,
            timeout_started: false,
            ended: false,
            inspecting: true,
            rehearsal: None,
            latest_time: (start.at, Value::from(start.at.to_string())),
            start: Arc::new(start.clone()),
        }
    }

    /// As [`Machine::start`], to test the first state: with variables that are there already, and with some of what happens
    /// around the state made up.
    pub(crate) fn rehearse(
        definition: Arc<StateMachine>,
        start: &ExecutionStart,
        variables: Variables,
        rehearsal: Rehearsal,
        history: &mut History,
    ) -> Self {
        let mut machine = Self::start(definition, start, history);
        machine.rehearsal = Some(Arc::new(rehearsal));
        if let Some(Some(top)) = machine.threads.first_mut() {
            top.variables = Arc::new(variables);
        }
        machine
    }

    /// Gives the first state variables, before anything has run: an execution that begins in the middle of a machine has those
    /// that were assigned by then.
    #[must_use]
    pub fn with_variables(mut self, variables: &Variables) -> Self {
        if let Some(Some(top)) = self.threads.first_mut() {
            top.variables = Arc::new(variables.clone());
        }
        self
    }

    /// Whether [`Input::Advance`] would do something now.
    pub fn can_advance(&self) -> bool {
        !self.ended && !self.ready.is_empty()
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Leaves out [`History::inspections`], which cost more than the events.
    pub fn without_inspections(mut self) -> Self {
        self.inspecting = false;
        self
    }

    /// Takes one input at a time `at`, never earlier than the last one. What cannot be meant (an answer to a task that is no
    /// longer awaited) changes nothing.
    pub fn step(&mut self, at: Timestamp, input: Input, history: &mut History) -> Vec<Action> {
        if self.ended {
            return Vec::new();
        }
        self.now = self.now.max(at);
        let mut turn = Turn { at: self.now, history, actions: Vec::new() };
        if self.start.kind == StateMachineType::Standard && self.now > self.own_context.deadline {
            turn.at = self.own_context.deadline;
            self.time_out(&mut turn);
            return turn.actions;
        }
        match input {
            Input::Advance => self.advance(&mut turn),
            Input::TaskStarted { token, worker_name } => {
                self.with_task(&mut turn, token, |machine, turn, thread, here| {
                    machine.task_started(turn, thread, here, worker_name);
                    false
                });
            }
            Input::TaskSubmitted { token, output } => {
                self.with_task(&mut turn, token, |machine, turn, thread, here| {
                    machine.task_submitted(turn, thread, here, output);
                    false
                });
            }
            Input::TaskSucceeded { token, output } => {
                self.with_task(&mut turn, token, |machine, turn, thread, here| {
                    machine.task_succeeded(turn, thread, here, output);
                    true
                });
            }
            Input::TaskFailed { token, error, cause } => {
                self.with_task(&mut turn, token, |machine, turn, thread, here| {
                    let failure = Failure { error, cause, origin: Origin::Plain };
                    machine.task_failed(turn, thread, here, failure);
                    true
                });
            }
            Input::TaskHeartbeat { token } => {
                self.with_task(&mut turn, token, |machine, turn, thread, _here| {
                    machine.task_heartbeat(turn, thread);
                    false
                });
            }
            Input::TimerFired { timer } => self.timer_fired(&mut turn, timer),
            Input::Stop { error, cause } => {
                // AWS records a stop as if it hung on nothing.
                self.end(
                    &mut turn,
                    EventId(0),
                    EventType::ExecutionAborted,
                    EventDetails::Failure { error, cause },
                );
            }
        }
        turn.actions
    }

    /// Why an input cannot be meant, where [`Machine::step`] would take no notice of it.
    pub fn misfit(&self, at: Timestamp, input: &Input) -> Option<Misfit> {
        if self.ended {
            return Some(Misfit::Ended);
        }
        if at < self.now {
            return Some(Misfit::Backwards(self.now));
        }
        match input {
            Input::Advance => self.ready.is_empty().then_some(Misfit::NothingToDo),
            Input::TaskStarted { token, .. }
            | Input::TaskSubmitted { token, .. }
            | Input::TaskSucceeded { token, .. }
            | Input::TaskFailed { token, .. }
            | Input::TaskHeartbeat { token } => {
                (!self.tasks.contains_key(token)).then_some(Misfit::NoSuchTask(*token))
            }
            Input::TimerFired { timer } => {
                (!self.timers.contains_key(timer)).then_some(Misfit::NoSuchTimer(*timer))
            }
            Input::Stop { .. } => None,
        }
    }

    /// Runs a journal from the start.
    ///
    /// # Errors
    /// An input of it cannot be meant: it is a journal of another machine, or was changed.
    pub fn replay(
        definition: Arc<StateMachine>,
        journal: &Journal,
    ) -> Result<(Self, History), JournalError> {
        let mut history = History::default();
        let mut machine = Self::start(definition, &journal.start, &mut history);
        for (number, (at, input)) in journal.inputs.iter().enumerate() {
            if let Some(why) = machine.misfit(*at, input) {
                return Err(JournalError::Misfit { step: number + 1, at: *at, why });
            }
            machine.step(*at, input.clone(), &mut history);
        }
        Ok((machine, history))
    }

    fn advance(&mut self, turn: &mut Turn<'_>) {
        if !self.timeout_started {
            self.timeout_started = true;
            if let Some(seconds) = self.timeout_secs() {
                self.start_timer(turn, TimerOwner::Execution, seconds);
            }
        }
        let Some(index) = self.ready.pop_front() else { return };
        let Some(mut thread) = self.take_thread(index) else { return };
        let flow = match self.child_limit(turn, &thread) {
            Some(failure) => Flow::Ended(Err(failure)),
            None if self.ended => return,
            None => self.small_step(turn, index, &mut thread),
        };
        if self.ended {
            return;
        }
        match flow {
            Flow::Continue => {
                self.ready.push_front(index);
                self.put_thread(index, thread);
            }
            Flow::Yield => {
                self.ready.push_back(index);
                self.put_thread(index, thread);
            }
            Flow::Blocked => self.put_thread(index, thread),
            Flow::Ended(result) => {
                self.free.push(index);
                match thread.parent {
                    Some(parent) => self.child_ended(turn, parent, &thread, result),
                    None => self.execution_finished(turn, thread.previous, result),
                }
            }
        }
    }

    /// Appends an event that hangs on `previous`. In a child execution of a distributed Map, whose history nobody keeps, the
    /// event is only counted.
    pub(crate) fn append(
        &mut self,
        turn: &mut Turn<'_>,
        scope: ScopeNumber,
        previous: EventId,
        event_type: EventType,
        details: EventDetails,
    ) -> EventId {
        if scope != 0
            && let Some(count) =
                self.child_contexts.get_mut(&scope).and_then(|it| it.unkept_events.as_mut())
        {
            *count += 1;
            self.unkept_events += 1;
            let id = EventId(*count);
            if let Some(history) = self.kept_children.get_mut(&scope) {
                history.append(previous, turn.at, event_type, details);
            }
            return id;
        }
        if self.ended {
            return turn.history.last_id();
        }
        if let Some((event_type, details)) = self.limit(turn.history) {
            self.end(turn, previous, event_type, details);
            return turn.history.last_id();
        }
        turn.history.append(previous, turn.at, event_type, details)
    }

    /// Appends the next event of a thread.
    pub(crate) fn emit(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        event_type: EventType,
        details: EventDetails,
    ) {
        thread.previous = self.append(turn, thread.scope, thread.previous, event_type, details);
    }

    /// Notes something about the current visit.
    pub(crate) fn inspect(
        &self,
        turn: &mut Turn<'_>,
        thread: &Thread,
        note: impl FnOnce(&mut InspectionData),
    ) {
        if self.inspecting && thread.scope == 0 {
            note(turn.history.inspections.entry(thread.visit.entered).or_default());
        }
    }

    /// An instant as the context object shows it.
    pub(crate) fn time_text(&mut self, at: Timestamp) -> Value {
        if self.latest_time.0 != at {
            self.latest_time = (at, Value::from(at.to_string()));
        }
        self.latest_time.1.clone()
    }

    pub(crate) fn is_inspecting(&self, thread: &Thread) -> bool {
        self.inspecting && thread.scope == 0
    }
}

impl<'p> Here<'p> {
    pub(crate) fn of(program: &'p Program, index: super::program::StateIndex) -> Self {
        Self { program, meta: program.get(index), state: program.state(index) }
    }
}
