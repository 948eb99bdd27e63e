//! A debug session: an execution, a cursor in it, and a goal to work on.

use std::sync::Arc;

use super::{Breakpoints, Clock, EvaluateError, Frame, Goal, LogEntry, Pending, StopReason, TaskAnswer};
use crate::asl::StateMachine;
use crate::engine::{ExecutionStart, Journal, TaskRequest, TaskToken};
use crate::execution::{
    EventId, Execution, History, HistoryEvent, InspectionData, Moment, ThreadId, Timeline, Timestamp,
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
pub struct DebugSession {}

impl DebugSession {
    /// A simulation, stopped at its `ExecutionStarted` event ([`StopReason::Entry`]).
    pub fn launch(definition: Arc<StateMachine>, start: ExecutionStart) -> Self { let _ = (definition, start); todo!() }
    /// A recorded or imported execution: nothing runs, the cursor moves through what is there.
    pub fn open(execution: &Execution) -> Self { let _ = execution; todo!() }

    // -- moving
    /// Sets the goal that `advance` works on, from the cursor and thread of now.
    pub fn begin(&mut self, goal: Goal) { let _ = goal; todo!() }
    /// Works on the goal: through the history that exists, then by running the machine. At most `budget` events or steps.
    pub fn advance(&mut self, breakpoints: &Breakpoints, budget: usize) -> Progress { let _ = (breakpoints, budget); todo!() }
    /// `begin` and `advance` in one.
    pub fn run(&mut self, goal: Goal, breakpoints: &Breakpoints, budget: usize) -> Progress { let _ = (goal, breakpoints, budget); todo!() }
    /// Drops the goal.
    pub fn pause(&mut self) { todo!() }
    /// Moves the cursor to an event; drops the goal.
    pub fn goto(&mut self, event: EventId) { let _ = event; todo!() }
    /// Looks at another thread: frames, `Next` and the rest are about it.
    pub fn select_thread(&mut self, thread: ThreadId) { let _ = thread; todo!() }
    /// `StopExecution`: the execution ends as ABORTED, the cursor goes to its end.
    pub fn stop(&mut self) { todo!() }

    // -- the world
    /// The answer to a task. It takes effect when `advance` runs next at the end of the history; while paused it waits.
    /// Whether anyone waited for it.
    pub fn answer(&mut self, token: TaskToken, answer: TaskAnswer) -> bool { let _ = (token, answer); todo!() }
    /// Lets virtual time pass, with [`Clock::Paced`].
    pub fn tick(&mut self, now: Timestamp) { let _ = now; todo!() }
    pub fn clock(&self) -> Clock { todo!() }
    pub fn set_clock(&mut self, clock: Clock) { let _ = clock; todo!() }

    // -- forks: new sessions, the old one is left as it was
    /// The same execution from its start, stopped at entry.
    #[must_use]
    pub fn restarted(&self) -> Self { todo!() }
    /// From the start with another definition or input.
    #[must_use]
    pub fn restarted_with(&self, definition: Arc<StateMachine>, start: ExecutionStart) -> Self { let _ = (definition, start); todo!() }
    /// "Run from here": what the journal says up to the cursor, and nothing after it, in this or an edited definition.
    #[must_use]
    pub fn fork(&self, definition: Arc<StateMachine>) -> Self { let _ = definition; todo!() }
    /// "What if it had answered otherwise": up to the answer that gave `event` (a `TaskSucceeded`, `…Failed`, …), with another answer in its place. `None` when the event is no answer.
    pub fn fork_with_answer(&self, event: EventId, answer: TaskAnswer) -> Option<Self> { let _ = (event, answer); todo!() }
    /// The first event at which two executions differ.
    pub fn divergence(&self, other: &Self) -> Option<EventId> { let _ = other; todo!() }

    // -- what to show
    pub fn definition(&self) -> &Arc<StateMachine> { todo!() }
    pub fn history(&self) -> &History { todo!() }
    /// Everything that went in; `None` for an execution that was not simulated.
    pub fn journal(&self) -> Option<&Journal> { todo!() }
    pub fn cursor(&self) -> Cursor { todo!() }
    /// The last event of the history, which may lie after the cursor.
    pub fn last_event(&self) -> EventId { todo!() }
    /// The event at the cursor.
    pub fn event(&self) -> Option<&HistoryEvent> { todo!() }
    /// The situation at the cursor.
    pub fn moment(&self) -> &Moment { todo!() }
    /// The thread that is looked at: the one of the event at the cursor, or the one that was selected since.
    pub fn thread(&self) -> ThreadId { todo!() }
    /// Lanes, visits and attempts of the whole history.
    pub fn timeline(&self) -> &Timeline { todo!() }
    /// The call stack of the thread that is looked at, innermost first.
    pub fn stack(&self) -> Vec<Frame> { todo!() }
    /// The data flow of the state that the thread is in, up to what is known at the cursor.
    pub fn inspection(&self) -> Option<InspectionData> { todo!() }
    pub fn status(&self) -> SessionStatus { todo!() }
    /// Whether the execution has ended (the cursor may be before that).
    pub fn has_ended(&self) -> bool { todo!() }
    /// Tasks that wait for an answer, oldest first.
    pub fn pending(&self) -> Vec<&Pending> { todo!() }
    /// The virtual time.
    pub fn now(&self) -> Timestamp { todo!() }
    /// Evaluates what the user typed, at the cursor.
    ///
    /// # Errors
    /// It is no expression, or it fails; in words for the person who typed it.
    pub fn evaluate(&self, expression: &str) -> Result<Value, EvaluateError> { let _ = expression; todo!() }
}
