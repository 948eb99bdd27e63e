//! What is debugged: the machine, its journal and history, its virtual clock, the tasks and timers under way.
//!
//! One `Debuggee::step` is one input to the machine. Which one comes first is as in [`crate::engine::run_to_end`], so that
//! an execution goes the same way under the debugger as without it.

mod child_executions;
mod rerun;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::asl::{StateMachine, StateMachineType};
use crate::engine::{
    Action, ExecutionStart, Input, Journal, JournalError, Machine, TaskRequest, TaskToken, TimerId,
    TimerPurpose, VirtualClock,
};
use crate::execution::{EventId, Execution, History, HistoryEvent, Moments, ThreadId, Timestamp};
use crate::json::Value;
use crate::query::Variables;

/// What a service, or the user, answers to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskAnswer {
    Succeeded {
        output: Value,
    },
    Failed {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    /// The job or callback goes on (`.sync`, `.waitForTaskToken`) after this answer of the service.
    Submitted {
        output: Value,
    },
    /// It never answers: time may pass, and the task's own timeout decides.
    Never,
    /// A sign of life; the answer is still to come.
    Heartbeat,
    /// A worker took up an activity's task; the answer is still to come.
    Started {
        worker_name: Option<Arc<str>>,
    },
}

/// What an event takes in memory beside its payload, with the moment that stands for it (measured).
const EVENT_BYTES: usize = 1000;
/// What an input of the journal takes in memory (measured).
const INPUT_BYTES: usize = 200;

/// A task that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub request: TaskRequest,
    pub since: Timestamp,
    /// The service has accepted the call; the job or callback is still to be answered.
    pub submitted: bool,
    /// Nobody will answer: time may pass.
    pub never: bool,
}

/// How waits and retry delays pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clock {
    /// Time jumps when nothing else can move.
    #[default]
    Virtual,
    /// The shell lets time pass through [`super::DebugSession::tick`], this many times as fast as real time.
    Paced { factor: f64 },
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The machine took an input; there may be new events.
    Taken,
    Ended,
    /// Only an answer can move it.
    NeedsAnswer,
    /// Nothing moves before this time.
    Sleeps(Timestamp),
}

/// An execution: its definition and history, and the engine when it is a simulation.
#[derive(Clone, Debug)]
pub(super) struct Debuggee {
    pub(super) definition: Arc<StateMachine>,
    pub(super) history: History,
    pub(super) moments: Moments,
    pub(super) execution_arn: Arc<str>,
    kind: StateMachineType,
    pub(super) engine: Option<Engine>,
}

/// The machine and all that it waits for.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    pub(super) machine: Machine,
    /// Those that the first state found.
    variables: Arc<Variables>,
    pub(super) journal: Journal,
    /// The last event after each input of the journal.
    marks: Vec<EventId>,
    pub(super) clock: VirtualClock,
    pub(super) pacing: Clock,
    pub(super) pending: Vec<Pending>,
    /// Not yet handed to the shell.
    undelivered: Vec<TaskRequest>,
    cancelled: Vec<TaskToken>,
    /// Came in, and not yet taken.
    answers: VecDeque<(TaskToken, TaskAnswer)>,
    /// Will come at a time, in the order of times and then of coming in.
    due: BTreeMap<(Timestamp, u64), (TaskToken, TaskAnswer)>,
    next_due: u64,
}

impl Debuggee {
    pub(super) fn launch(definition: Arc<StateMachine>, start: ExecutionStart) -> Self {
        Self::launch_with(definition, start, &Variables::new())
    }

    /// With variables that the first state finds.
    pub(super) fn launch_with(
        definition: Arc<StateMachine>,
        start: ExecutionStart,
        variables: &Variables,
    ) -> Self {
        let mut history = History::default();
        let machine =
            Machine::start(Arc::clone(&definition), &start, &mut history).with_variables(variables);
        let mut debuggee = Self {
            moments: Moments::new(&definition),
            definition,
            history,
            execution_arn: Arc::clone(&start.execution_arn),
            kind: start.kind,
            engine: Some(Engine {
                machine,
                variables: Arc::new(variables.clone()),
                clock: VirtualClock::new(start.at),
                journal: Journal::new(start),
                marks: Vec::new(),
                pacing: Clock::default(),
                pending: Vec::new(),
                undelivered: Vec::new(),
                cancelled: Vec::new(),
                answers: VecDeque::new(),
                due: BTreeMap::new(),
                next_due: 0,
            }),
        };
        debuggee.moments.extend(&debuggee.history);
        debuggee
    }

    /// # Errors
    /// An input of the journal cannot be meant for this definition.
    pub(super) fn of_journal(
        definition: Arc<StateMachine>,
        journal: &Journal,
    ) -> Result<Self, JournalError> {
        let mut debuggee = Self::launch(definition, journal.start.clone());
        for (number, (at, input)) in journal.inputs.iter().enumerate() {
            let engine = debuggee.engine.as_ref();
            if let Some(why) = engine.and_then(|it| it.machine.misfit(*at, input)) {
                return Err(JournalError::Misfit { step: number + 1, at: *at, why });
            }
            debuggee.replay(*at, input.clone());
        }
        Ok(debuggee)
    }

    pub(super) fn open(execution: &Execution) -> Self {
        Self {
            definition: Arc::clone(&execution.state_machine),
            history: execution.history.clone(),
            moments: Moments::of(&execution.state_machine, &execution.history),
            execution_arn: Arc::clone(&execution.arn),
            kind: execution.kind,
            engine: None,
        }
    }

    /// Appends what was recorded since; nothing to a simulation, which makes its own events.
    pub(super) fn extend(&mut self, events: &[HistoryEvent]) {
        if self.engine.is_some() {
            return;
        }
        for event in events.iter().cloned() {
            let HistoryEvent { previous_event_id, timestamp, event_type, details, .. } = event;
            self.history.append(previous_event_id, timestamp, event_type, details);
        }
        self.moments.extend(&self.history);
    }

    pub(super) fn last_event(&self) -> EventId {
        self.history.last_id()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.engine.as_ref().is_none_or(|engine| engine.machine.has_ended())
    }

    /// About what it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let events = self.history.events().len().saturating_mul(EVENT_BYTES);
        let (payloads, inputs) = self
            .engine
            .as_ref()
            .map_or((0, 0), |it| (it.machine.kept_bytes(), it.journal.inputs.len()));
        events.saturating_add(payloads).saturating_add(inputs.saturating_mul(INPUT_BYTES))
    }

    pub(super) fn can_advance(&self) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.machine.can_advance())
    }

    pub(super) fn now(&self) -> Timestamp {
        match &self.engine {
            Some(engine) => engine.clock.now(),
            None => self.history.events().last().map_or(Timestamp(0), |event| event.timestamp),
        }
    }

    /// Gives the machine its next input, if there is one.
    pub(super) fn step(&mut self) -> Step {
        let Some(engine) = &mut self.engine else { return Step::Ended };
        if engine.machine.has_ended() {
            return Step::Ended;
        }
        let input = loop {
            if let Some(fired) = engine.clock.fire() {
                break fired;
            }
            if engine.machine.can_advance() {
                break Input::Advance;
            }
            if let Some((token, answer)) = engine.answers.pop_front() {
                match engine.take_answer(token, answer) {
                    Some(input) => break input,
                    None => continue,
                }
            }
            if engine.take_due() {
                continue;
            }
            if engine.pending.iter().any(|it| !it.never && !engine.is_due(it.request.token)) {
                return Step::NeedsAnswer;
            }
            let answer = engine.due.keys().next().map(|(at, _)| *at);
            let next = engine.clock.next_due().into_iter().chain(answer).min();
            match (next, engine.pacing) {
                (None, _) => return Step::NeedsAnswer,
                (Some(at), Clock::Paced { .. }) => return Step::Sleeps(at),
                (Some(at), Clock::Virtual) => engine.clock.advance_to(at),
            }
        };
        self.take(input);
        Step::Taken
    }

    /// Lets the machine run until a thread, or one inside it, has done something. Other threads may come first; an answer or
    /// a timer is not waited for.
    pub(super) fn look_ahead(&mut self, thread: ThreadId) {
        const MOST_STEPS: usize = 1000;
        for _ in 0..MOST_STEPS {
            let before = self.last_event();
            if !self.can_advance() {
                return;
            }
            self.take(Input::Advance);
            let moved = (before.0 + 1..=self.last_event().0).map(EventId);
            if moved.into_iter().any(|it| self.is_around(thread, self.moments.thread_of(it))) {
                return;
            }
        }
    }

    /// Gives the machine an input now, and notes everything about it.
    pub(super) fn take(&mut self, input: Input) {
        let Some(engine) = &mut self.engine else { return };
        let now = engine.clock.now();
        let actions = engine.machine.step(now, input.clone(), &mut self.history);
        engine.journal.inputs.push((now, input));
        engine.marks.push(self.history.last_id());
        for action in actions {
            engine.clock.observe(&action);
            match action {
                Action::RunTask(request) => {
                    engine.undelivered.push(request.clone());
                    engine.pending.push(Pending {
                        request,
                        since: now,
                        submitted: false,
                        never: false,
                    });
                }
                Action::CancelTask { token } => engine.cancel(token),
                Action::ExecutionEnded => {
                    engine.pending.clear();
                    engine.undelivered.clear();
                }
                Action::StartTimer { .. } | Action::CancelTimer { .. } => {}
            }
        }
        self.moments.extend(&self.history);
    }

    pub(super) fn stop(&mut self, error: Option<Arc<str>>, cause: Option<Arc<str>>) {
        if !self.has_ended() {
            self.take(Input::Stop { error, cause });
        }
    }

    /// Whether anyone waited for it.
    pub(super) fn answer(&mut self, token: TaskToken, answer: TaskAnswer) -> bool {
        let Some(engine) = &mut self.engine else { return false };
        let waiting = engine.pending.iter().any(|it| it.request.token == token);
        if waiting {
            engine.answers.push_back((token, answer));
        }
        waiting
    }

    /// As [`Debuggee::answer`], at a time of this execution: what is due before then happens first.
    pub(super) fn answer_at(
        &mut self,
        token: TaskToken,
        answer: TaskAnswer,
        at: Timestamp,
    ) -> bool {
        let Some(engine) = &mut self.engine else { return false };
        let waiting = engine.pending.iter().any(|it| it.request.token == token);
        if waiting {
            engine.due.insert((at, engine.next_due), (token, answer));
            engine.next_due += 1;
        }
        waiting
    }

    /// Whether a pending task was handed to the shell, and no answer has come in, not even one that no step has taken yet.
    pub(super) fn is_asked(&self, token: TaskToken) -> bool {
        let Some(engine) = &self.engine else { return false };
        let mut answered = engine.answers.iter().chain(engine.due.values());
        !answered.any(|(of, _)| *of == token)
            && !engine.undelivered.iter().any(|it| it.token == token)
    }

    /// Whether a task ends without an answer: by its own limits of time, or by the execution's.
    pub(super) fn can_time_out(&self, token: TaskToken) -> bool {
        let Some(engine) = &self.engine else { return false };
        engine.clock.timers_from(TimerId(0)).any(|(timer, _)| {
            match engine.machine.timer_purpose(timer) {
                Some(TimerPurpose::Execution) => true,
                Some(
                    TimerPurpose::Timeout { token: of } | TimerPurpose::Heartbeat { token: of },
                ) => of == token,
                Some(TimerPurpose::Wait { .. } | TimerPurpose::Retry { .. }) | None => false,
            }
        })
    }

    /// Requests and cancellations that the shell does not know yet.
    pub(super) fn deliver(&mut self) -> (Vec<TaskRequest>, Vec<TaskToken>) {
        let Some(engine) = &mut self.engine else { return Default::default() };
        (std::mem::take(&mut engine.undelivered), std::mem::take(&mut engine.cancelled))
    }

    /// Hands requests to whoever drives it next.
    pub(super) fn deliver_again(&mut self, requests: &[TaskRequest]) {
        if let Some(engine) = &mut self.engine {
            let pending = |it: &&TaskRequest| {
                engine.pending.iter().any(|pending| pending.request.token == it.token)
            };
            engine.undelivered = requests.iter().filter(pending).cloned().collect();
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        if let Some(engine) = &mut self.engine {
            engine.clock.advance_to(now);
        }
    }
}

impl Engine {
    /// Whether the last word on a task has come in and only its time has not.
    fn is_due(&self, token: TaskToken) -> bool {
        self.due.values().any(|(due, answer)| {
            *due == token
                && matches!(answer, TaskAnswer::Succeeded { .. } | TaskAnswer::Failed { .. })
        })
    }

    /// Moves an answer whose time has come to those that are taken next.
    fn take_due(&mut self) -> bool {
        let now = self.clock.now();
        match self.due.first_key_value() {
            Some(((at, _), _)) if *at <= now => {
                self.answers.extend(self.due.pop_first().map(|(_, answer)| answer));
                true
            }
            Some(_) | None => false,
        }
    }

    /// The input that an answer is; `None` when it only says that none will come, or nobody waits for it any more.
    pub(super) fn take_answer(&mut self, token: TaskToken, answer: TaskAnswer) -> Option<Input> {
        let pending = self.pending.iter_mut().find(|it| it.request.token == token)?;
        match answer {
            TaskAnswer::Never => {
                pending.never = true;
                None
            }
            TaskAnswer::Heartbeat => Some(Input::TaskHeartbeat { token }),
            TaskAnswer::Started { worker_name } => Some(Input::TaskStarted { token, worker_name }),
            TaskAnswer::Submitted { output } => {
                pending.submitted = true;
                Some(Input::TaskSubmitted { token, output })
            }
            TaskAnswer::Succeeded { output } => {
                self.forget(token);
                Some(Input::TaskSucceeded { token, output })
            }
            TaskAnswer::Failed { error, cause } => {
                self.forget(token);
                Some(Input::TaskFailed { token, error, cause })
            }
        }
    }

    fn submitted(&mut self, token: TaskToken) {
        self.undelivered.retain(|it| it.token != token);
        if let Some(pending) = self.pending.iter_mut().find(|it| it.request.token == token) {
            pending.submitted = true;
        }
    }

    fn forget(&mut self, token: TaskToken) {
        self.due.retain(|_, (due, _)| *due != token);
        self.pending.retain(|it| it.request.token != token);
        self.undelivered.retain(|it| it.token != token);
    }

    fn cancel(&mut self, token: TaskToken) {
        let known = !self.undelivered.iter().any(|it| it.token == token);
        self.forget(token);
        if known {
            self.cancelled.push(token);
        }
    }
}
