//! The machine: takes one input at a time, appends events, asks the world for work.
//!
//! What a state does is in `super::state`; how threads enter, leave and fail is in `transition.rs`. Here are the clockwork:
//! whose turn it is, which timer or answer belongs to whom, and the end of an execution.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::context::{ExecutionContext, longest_secs};
use super::failure::{Failure, Origin};
use super::journal::Misfit;
use super::limits::{MAX_KEPT_BYTES, Size};
use super::map_runs::{ChildOutcome, ChildRecord, MapRunRecord};
use super::program::{Program, ProgramState};
use super::random::SeededRandom;
use super::rehearsal::Rehearsal;
use super::thread::{Children, Phase, Role, ScopeNumber, Thread, ThreadIndex, Visit, Wake};
use super::{
    Action, ExecutionStart, Input, Journal, JournalError, TaskToken, TimerId, TimerPurpose,
};
use crate::asl::{State, StateMachine, StateMachineType};
use crate::execution::{EventDetails, EventId, EventType, History, InspectionData, Timestamp};
use crate::json::Value;
use crate::query::Variables;

/// Events after which an Express execution counts as one that never ends.
const MAX_EXPRESS_EVENTS: u64 = 100_000;

/// Events of all child executions of a run together. Each is a step in the journal, and a journal has to fit in memory.
const MAX_UNKEPT_EVENTS: u64 = 2_000_000;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimerOwner {
    Execution,
    /// A child execution of a distributed Map, which has run as long as its type may.
    Child(ScopeNumber),
    Thread(ThreadIndex),
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

    /// What a running timer is for.
    pub fn timer_purpose(&self, timer: TimerId) -> Option<TimerPurpose> {
        let index = match self.timers.get(&timer)? {
            TimerOwner::Execution | TimerOwner::Child(_) => return Some(TimerPurpose::Execution),
            TimerOwner::Thread(index) => *index,
        };
        let thread = self.threads.get(index as usize)?.as_ref()?;
        let state_name = Arc::clone(&self.program.get(thread.visit.state).name);
        let map_indices = Arc::clone(&thread.map_indices);
        if let Phase::Sleep(wake) = thread.phase {
            return Some(match wake {
                Wake::Wait(_) => TimerPurpose::Wait { state_name, map_indices },
                Wake::Retry(_) => TimerPurpose::Retry { state_name, map_indices },
            });
        }
        let task = thread.visit.task.as_ref()?;
        let token = task.token;
        Some(if task.heartbeat.is_some_and(|(heartbeat, _)| heartbeat == timer) {
            TimerPurpose::Heartbeat { token }
        } else {
            TimerPurpose::Timeout { token }
        })
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

    /// The Map Runs of distributed Maps, in the order in which they began.
    pub fn map_runs(&self) -> &[MapRunRecord] {
        &self.map_runs
    }

    /// Runs a journal again, and keeps the events of some child executions of distributed Maps: their histories so far, in the
    /// same order.
    pub fn replay_children(
        definition: Arc<StateMachine>,
        journal: &Journal,
        children: &[&ChildRecord],
    ) -> Vec<History> {
        let mut history = History::default();
        let mut machine =
            Self::start(definition, &journal.start, &mut history).without_inspections();
        let scopes = children.iter().map(|child| (child.scope, History::default()));
        machine.kept_children = scopes.collect();
        for (at, input) in &journal.inputs {
            machine.step(*at, input.clone(), &mut history);
        }
        let mut kept = machine.kept_children;
        children.iter().map(|child| kept.remove(&child.scope).unwrap_or_default()).collect()
    }

    pub(crate) fn map_run_mut(&mut self, children: &Children) -> Option<&mut MapRunRecord> {
        self.map_runs.get_mut(children.run.as_ref()?.number?)
    }

    pub(crate) fn child_began(
        &mut self,
        turn: &Turn<'_>,
        scope: ScopeNumber,
        children: &Children,
        index: u64,
        input: &Value,
    ) {
        if let Some(history) = self.kept_children.get_mut(&scope) {
            let details = EventDetails::ExecutionStarted {
                input: Some(input.clone().into()),
                role_arn: Some(Arc::clone(&self.start.role_arn)),
            };
            history.append(EventId(0), turn.at, EventType::ExecutionStarted, details);
        }
        if let Some(record) = self.map_run_mut(children) {
            record.begin(ChildRecord {
                scope,
                index,
                input: input.clone(),
                started_at: turn.at,
                stopped_at: None,
                outcome: ChildOutcome::Running,
            });
        }
    }

    /// Notes the end of a child execution of a distributed Map, and appends its last event where its events are kept.
    pub(crate) fn child_execution_ended(
        &mut self,
        turn: &Turn<'_>,
        child: &Thread,
        children: &Children,
        outcome: ChildOutcome,
    ) {
        if let Some(history) = self.kept_children.get_mut(&child.scope) {
            let (event_type, details) = match &outcome {
                ChildOutcome::Succeeded { output } => {
                    let output = Some(output.clone().into());
                    (EventType::ExecutionSucceeded, EventDetails::Succeeded { output })
                }
                ChildOutcome::Failed { error, cause } => {
                    let (error, cause) = (error.clone(), cause.clone());
                    (EventType::ExecutionFailed, EventDetails::Failure { error, cause })
                }
                ChildOutcome::TimedOut => {
                    let error = Some(super::failure::TIMEOUT.into());
                    (EventType::ExecutionTimedOut, EventDetails::Failure { error, cause: None })
                }
                ChildOutcome::Aborted | ChildOutcome::Running => (
                    EventType::ExecutionAborted,
                    EventDetails::Failure { error: None, cause: None },
                ),
            };
            history.append(child.previous, turn.at, event_type, details);
        }
        let at = turn.at;
        if let Some(record) = self.map_run_mut(children) {
            record.end(child.scope, at, outcome);
        }
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

    /// `TimeoutSeconds`, and what an Express execution has in any case. The year of a Standard one is only watched where
    /// something sleeps so long.
    fn timeout_secs(&self) -> Option<u64> {
        let own = self.program.definition.timeout_seconds;
        let most = longest_secs(self.start.kind);
        match self.start.kind {
            StateMachineType::Standard => own.map(|it| it.min(most)),
            StateMachineType::Express => Some(own.map_or(most, |it| it.min(most))),
        }
    }

    fn time_out(&mut self, turn: &mut Turn<'_>) {
        let error = Some(super::failure::TIMEOUT.into());
        let details = EventDetails::Failure { error, cause: None };
        self.end(turn, EventId(0), EventType::ExecutionTimedOut, details);
    }

    /// Watches an execution's deadline when one of its timers is due later.
    fn watch_deadline(&mut self, turn: &mut Turn<'_>, scope: ScopeNumber, due: Timestamp) {
        let is_watched = scope == 0 && self.timeout_secs().is_some();
        let context = match scope {
            0 => Some(&mut self.own_context),
            scope => self.child_contexts.get_mut(&scope),
        };
        let Some(context) = context else { return };
        if is_watched || due <= context.deadline || context.deadline_timer.is_some() {
            return;
        }
        let timer = TimerId(self.next_timer);
        context.deadline_timer = Some(timer);
        let at = context.deadline;
        let owner = if scope == 0 { TimerOwner::Execution } else { TimerOwner::Child(scope) };
        self.start_timer_at(turn, owner, at);
    }

    fn execution_finished(
        &mut self,
        turn: &mut Turn<'_>,
        previous: EventId,
        result: Result<Value, Failure>,
    ) {
        let (event_type, details) = match result {
            Ok(output) => (
                EventType::ExecutionSucceeded,
                EventDetails::Succeeded { output: Some(output.into()) },
            ),
            Err(failure) => {
                let details = EventDetails::Failure { error: failure.error, cause: failure.cause };
                (EventType::ExecutionFailed, details)
            }
        };
        self.end(turn, previous, event_type, details);
    }

    /// Appends the last event and calls off whatever is still awaited.
    fn end(
        &mut self,
        turn: &mut Turn<'_>,
        previous: EventId,
        event_type: EventType,
        details: EventDetails,
    ) {
        if self.ended {
            return;
        }
        let (event_type, details) = self.limit(turn.history).unwrap_or((event_type, details));
        turn.history.append(previous, turn.at, event_type, details);
        self.ended = true;
        self.ready.clear();
        let tasks = std::mem::take(&mut self.tasks);
        turn.actions.extend(tasks.into_keys().map(|token| Action::CancelTask { token }));
        let timers = std::mem::take(&mut self.timers);
        turn.actions.extend(timers.into_keys().map(|timer| Action::CancelTimer { timer }));
        turn.actions.push(Action::ExecutionEnded);
    }

    /// The end of an execution whose history is full: event 25,000 of a Standard one is itself the failure. An Express
    /// one has no such limit on AWS, but five minutes; one that goes round without any time passing is ended here.
    fn limit(&self, history: &History) -> Option<(EventType, EventDetails)> {
        if self.kept_bytes > MAX_KEPT_BYTES {
            let cause = format!(
                "The payloads of the history take more than {} MiB, which is more than Stepwell keeps of an execution.",
                MAX_KEPT_BYTES >> 20
            );
            let error = Some(super::failure::RUNTIME.into());
            let details = EventDetails::Failure { error, cause: Some(cause.into()) };
            return Some((EventType::ExecutionFailed, details));
        }
        let next = history.last_id().0 + 1;
        match self.start.kind {
            StateMachineType::Standard => (next >= History::MAX_EVENTS)
                .then(|| (EventType::ExecutionFailed, history_limit_details())),
            StateMachineType::Express => (next >= MAX_EXPRESS_EVENTS).then(|| {
                let error = Some(super::failure::TIMEOUT.into());
                (EventType::ExecutionTimedOut, EventDetails::Failure { error, cause: None })
            }),
        }
    }

    /// About what the payloads of the history take in memory.
    pub fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Counts a payload that did not exist before.
    pub(crate) fn count_kept(&mut self, size: Size) {
        self.kept_bytes = self.kept_bytes.saturating_add(size.memory_bytes);
    }

    /// Why a child execution of a distributed Map cannot go on: its history is as full as AWS would keep one, or an Express one
    /// goes round without any time passing. Ends the whole execution when the children together have taken more steps than
    /// can be kept in a journal.
    fn child_limit(&mut self, turn: &mut Turn<'_>, thread: &Thread) -> Option<Failure> {
        let context = self.child_contexts.get(&thread.scope).filter(|_| thread.scope != 0)?;
        if self.unkept_events >= MAX_UNKEPT_EVENTS {
            let cause = format!(
                "The child executions of distributed Maps took more than {MAX_UNKEPT_EVENTS} steps, which is more than Stepwell keeps of an execution."
            );
            let error = Some(super::failure::RUNTIME.into());
            let details = EventDetails::Failure { error, cause: Some(cause.into()) };
            self.end(turn, EventId(0), EventType::ExecutionFailed, details);
            return None;
        }
        let next = context.unkept_events? + 1;
        match context.kind {
            StateMachineType::Standard => (next >= History::MAX_EVENTS)
                .then(|| Failure::new(super::failure::RUNTIME, history_limit_cause())),
            StateMachineType::Express => (next >= MAX_EXPRESS_EVENTS)
                .then(|| Failure { origin: Origin::TimedOut, ..Failure::timeout() }),
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

    pub(crate) fn execution_context(&self, scope: ScopeNumber) -> &ExecutionContext {
        if scope == 0 {
            &self.own_context
        } else {
            self.child_contexts.get(&scope).unwrap_or(&self.own_context)
        }
    }

    pub(crate) fn add_child_context(&mut self, context: ExecutionContext) -> ScopeNumber {
        let number = self.next_scope;
        self.next_scope += 1;
        self.child_contexts.insert(number, context);
        number
    }

    /// Child executions under way, of all distributed Maps together.
    pub(crate) fn child_executions(&self) -> usize {
        self.child_contexts.len()
    }

    pub(crate) fn remove_child_context(&mut self, turn: &mut Turn<'_>, number: ScopeNumber) {
        let removed = if number == 0 { None } else { self.child_contexts.remove(&number) };
        if let Some(timer) = removed.and_then(|it| it.deadline_timer) {
            self.cancel_timer(turn, timer);
        }
    }

    /// Notes which thread began a child execution.
    pub(crate) fn set_root(&mut self, scope: ScopeNumber, root: ThreadIndex) {
        if let Some(context) = self.child_contexts.get_mut(&scope) {
            context.root = root;
        }
    }

    pub(crate) fn take_thread(&mut self, index: ThreadIndex) -> Option<Box<Thread>> {
        self.threads.get_mut(index as usize)?.take()
    }

    pub(crate) fn put_thread(&mut self, index: ThreadIndex, thread: Box<Thread>) {
        self.threads[index as usize] = Some(thread);
    }

    pub(crate) fn add_thread(&mut self, thread: Thread) -> ThreadIndex {
        let thread = Some(Box::new(thread));
        let index = match self.free.pop() {
            Some(index) => {
                self.threads[index as usize] = thread;
                index
            }
            None => {
                self.threads.push(thread);
                (self.threads.len() - 1) as ThreadIndex
            }
        };
        self.ready.push_back(index);
        index
    }

    /// Forgets a thread that was taken out, and calls off what it waits for.
    pub(crate) fn discard_thread(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
    ) {
        self.cancel_task(turn, thread);
        if let Phase::Sleep(Wake::Wait(timer) | Wake::Retry(timer)) = thread.phase {
            self.cancel_timer(turn, timer);
        }
        self.ready.retain(|it| *it != index);
        self.free.push(index);
    }

    pub(crate) fn make_ready(&mut self, index: ThreadIndex) {
        self.ready.push_back(index);
    }

    pub(crate) fn start_thread_timer(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        scope: ScopeNumber,
        seconds: u64,
    ) -> TimerId {
        self.start_thread_timer_at(turn, index, scope, after(turn.at, seconds))
    }

    fn start_timer(&mut self, turn: &mut Turn<'_>, owner: TimerOwner, seconds: u64) -> TimerId {
        self.start_timer_at(turn, owner, after(turn.at, seconds))
    }

    pub(crate) fn start_thread_timer_at(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        scope: ScopeNumber,
        at: Timestamp,
    ) -> TimerId {
        self.watch_deadline(turn, scope, at);
        self.start_timer_at(turn, TimerOwner::Thread(index), at)
    }

    fn start_timer_at(&mut self, turn: &mut Turn<'_>, owner: TimerOwner, at: Timestamp) -> TimerId {
        let timer = TimerId(self.next_timer);
        self.next_timer += 1;
        self.timers.insert(timer, owner);
        turn.actions.push(Action::StartTimer { timer, at });
        timer
    }

    pub(crate) fn cancel_timer(&mut self, turn: &mut Turn<'_>, timer: TimerId) {
        if self.timers.remove(&timer).is_some() {
            turn.actions.push(Action::CancelTimer { timer });
        }
    }

    pub(crate) fn new_task(&mut self, index: ThreadIndex) -> TaskToken {
        let token = TaskToken(self.next_task);
        self.next_task += 1;
        self.tasks.insert(token, index);
        token
    }

    pub(crate) fn thread_of(&self, token: TaskToken) -> Option<ThreadIndex> {
        self.tasks.get(&token).copied()
    }

    /// Forgets the running task, whose answer came or is no longer wanted, and its timers.
    pub(crate) fn forget_task(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
    ) -> Option<TaskToken> {
        let task = thread.visit.task.take()?;
        self.tasks.remove(&task.token);
        for timer in task.timeout.into_iter().chain(task.heartbeat.map(|(timer, _)| timer)) {
            self.cancel_timer(turn, timer);
        }
        Some(task.token)
    }

    pub(crate) fn cancel_task(&mut self, turn: &mut Turn<'_>, thread: &mut Thread) {
        if let Some(token) = self.forget_task(turn, thread) {
            turn.actions.push(Action::CancelTask { token });
        }
    }

    /// Hands an answer to the thread whose task it is; `answer` says whether the thread can go on.
    fn with_task(
        &mut self,
        turn: &mut Turn<'_>,
        token: TaskToken,
        answer: impl FnOnce(&mut Self, &mut Turn<'_>, &mut Thread, Here<'_>) -> bool,
    ) {
        let Some(&index) = self.tasks.get(&token) else { return };
        let Some(mut thread) = self.take_thread(index) else { return };
        let program = Arc::clone(&self.program);
        let here = Here::of(&program, thread.visit.state);
        // A thread that has yet to append its started event is in the queue already.
        let queued = matches!(thread.phase, Phase::StartTask);
        let can_go_on = answer(self, turn, &mut thread, here);
        self.put_thread(index, thread);
        if can_go_on && !queued && !self.ended {
            self.ready.push_back(index);
        }
    }

    fn timer_fired(&mut self, turn: &mut Turn<'_>, timer: TimerId) {
        match self.timers.remove(&timer) {
            None => {}
            Some(TimerOwner::Execution) => self.time_out(turn),
            Some(TimerOwner::Child(scope)) => {
                let root = self.child_contexts.get(&scope).map(|it| it.root);
                if let Some(root) = root {
                    self.child_timed_out(turn, root);
                }
            }
            Some(TimerOwner::Thread(index)) => {
                let Some(mut thread) = self.take_thread(index) else { return };
                let program = Arc::clone(&self.program);
                let here = Here::of(&program, thread.visit.state);
                let queued = matches!(thread.phase, Phase::StartTask);
                match thread.phase {
                    Phase::Sleep(Wake::Wait(awaited)) if awaited == timer => {
                        thread.phase = Phase::Awake;
                    }
                    Phase::Sleep(Wake::Retry(awaited)) if awaited == timer => {
                        thread.phase = Phase::Body;
                    }
                    Phase::StartTask | Phase::Task => {
                        self.task_timed_out(turn, &mut thread, here, timer);
                    }
                    Phase::Enter { .. }
                    | Phase::Body
                    | Phase::Sleep(_)
                    | Phase::Answered(_)
                    | Phase::Awake
                    | Phase::Children
                    | Phase::ChildrenEnded(_) => {}
                }
                self.put_thread(index, thread);
                if !queued && !self.ended {
                    self.ready.push_back(index);
                }
            }
        }
    }
}

impl<'p> Here<'p> {
    pub(crate) fn of(program: &'p Program, index: super::program::StateIndex) -> Self {
        Self { program, meta: program.get(index), state: program.state(index) }
    }
}

fn after(at: Timestamp, seconds: u64) -> Timestamp {
    at.plus_millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}

fn history_limit_cause() -> String {
    let most = History::MAX_EVENTS;
    format!("The execution reached the maximum number of history events ({most}).")
}

fn history_limit_details() -> EventDetails {
    EventDetails::Failure {
        error: Some(super::failure::RUNTIME.into()),
        cause: Some(history_limit_cause().into()),
    }
}
