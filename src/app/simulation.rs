//! Executions of a project session: starting one, letting it move within a budget, getting its tasks answered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::answers::{Answers, Invocations};
use super::clock::Stopwatch;
use super::nested::Parent;
use super::states_api::Origin;
use crate::asl::{StateMachine, StateMachineType};
use crate::debug::{Breakpoints, DebugSession, Goal, LogEntry, StopReason};
use crate::engine::{ExecutionStart, Journal, JournalError, TaskRequest, TaskToken};
use crate::execution::{EventDetails, Execution, ExecutionSource, ExecutionStatus, Timestamp};
use crate::json::Value;
use crate::project::{DefinitionJson, MachineDefinition};
use crate::services::TaskAnswer;
use crate::services::mock::MockCase;
use crate::services::states::StatesCall;

/// Names one execution of a project session; counts up, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// Steps of the engine between two looks at the clock.
const STEPS_PER_LOOK: usize = 256;

/// The role of simulated executions.
pub(super) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/stepwell-simulation";

/// One execution under the debugger.
#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    /// Index of its machine in the project.
    pub machine: usize,
    pub machine_name: Arc<str>,
    pub input: Value,
    pub kind: StateMachineType,
    pub started_at: Timestamp,
    pub execution_arn: Arc<str>,
    pub execution_name: Arc<str>,
    /// What it was started from; `None` for a recorded execution.
    pub start: Option<ExecutionStart>,
    /// What it runs, as `DescribeStateMachineForExecution` tells.
    pub definition: DefinitionJson,
    pub session: DebugSession,
    /// Why it last stopped; `None` while it works on a goal.
    pub stopped: Option<StopReason>,
    /// What log points wrote.
    pub log: Vec<LogEntry>,
    /// The execution that started this one.
    pub parent: Option<Parent>,
    /// Executions around this one.
    pub depth: u32,
    /// The recording that it is a re-run of.
    pub rerun_of: Option<RunId>,
    /// The definition that a re-run was asked to run: the session's own begins with the state that it was begun from.
    pub(super) drawn: Option<Arc<StateMachine>>,
    /// Whether its ARN is the one that AWS gave it, and not made up from the name of a file.
    pub(super) has_own_arn: bool,
    /// What a call through the API asked for when it started it.
    pub(super) origin: Option<Origin>,
    /// Instead of the case that was chosen for the whole session.
    pub(super) mocks: Option<OwnMocks>,
    /// What its tasks ask of Step Functions.
    pub(super) calls: Vec<TaskRequest>,
    /// Tasks whose answer is no longer wanted.
    pub(super) cancelled: Vec<TaskToken>,
    /// Tasks that a child execution will answer.
    pub(super) in_children: BTreeSet<TaskToken>,
    invocations: Invocations,
    /// Nothing can move it but an answer.
    stuck: bool,
}

/// A test case of a run's own.
#[derive(Clone, Debug)]
pub(super) struct OwnMocks {
    pub(super) name: String,
    pub(super) case: MockCase,
}

/// The account of the documentation, which made-up ARNs have.
const NOBODYS_ACCOUNT: &str = ":123456789012:";

/// `ExecutionStart` for a simulated execution of a machine. The identity is made up and stable: account 123456789012.
pub(super) fn execution_start(
    machine: &MachineDefinition,
    input: Value,
    kind: StateMachineType,
    at: Timestamp,
    seed: u64,
    name: &str,
) -> ExecutionStart {
    ExecutionStart {
        input,
        kind,
        // The console and API Gateway wait for an Express execution.
        synchronous: kind == StateMachineType::Express,
        at,
        seed,
        execution_arn: execution_arn(machine, name),
        execution_name: name.into(),
        role_arn: ROLE_ARN.into(),
        state_machine_arn: machine.arn.as_str().into(),
        state_machine_name: machine.name.as_str().into(),
    }
}

/// The ARN of an execution of that machine.
pub(super) fn execution_arn(machine: &MachineDefinition, name: &str) -> Arc<str> {
    let (head, machine_name) = machine
        .arn
        .rsplit_once(":stateMachine:")
        .unwrap_or(("arn:aws:states:us-east-1:123456789012", &machine.name));
    match machine.kind {
        StateMachineType::Standard => format!("{head}:execution:{machine_name}:{name}").into(),
        StateMachineType::Express => format!("{head}:express:{machine_name}:{name}:{name}").into(),
    }
}

/// The machine that an execution's ARN names.
pub(super) fn machine_of(arn: &str) -> &str {
    let split = arn.split_once(":execution:").or_else(|| arn.split_once(":express:"));
    split.and_then(|(_, rest)| rest.split(':').next()).unwrap_or("recorded")
}

/// A name in the form of AWS's: a UUID, made from a seed.
pub(super) fn execution_name(seed: u64) -> String {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (a, b) = (random.next_u64(), random.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        (b >> 48) & 0x3fff | 0x8000,
        b & 0xffff_ffff_ffff
    )
}

impl Run {
    pub fn start(
        id: RunId,
        index: usize,
        machine: &MachineDefinition,
        start: ExecutionStart,
    ) -> Self {
        Self {
            id,
            machine: index,
            machine_name: machine.name.as_str().into(),
            input: start.input.clone(),
            kind: start.kind,
            started_at: start.at,
            execution_arn: Arc::clone(&start.execution_arn),
            execution_name: Arc::clone(&start.execution_name),
            definition: machine.definition.clone(),
            session: DebugSession::launch(Arc::clone(&machine.machine), start.clone()),
            start: Some(start),
            stopped: Some(StopReason::Entry),
            log: Vec::new(),
            parent: None,
            depth: 0,
            rerun_of: None,
            drawn: None,
            has_own_arn: true,
            origin: None,
            mocks: None,
            calls: Vec::new(),
            cancelled: Vec::new(),
            in_children: BTreeSet::new(),
            invocations: Invocations::new(),
            stuck: false,
        }
    }

    /// An execution that goes the way of a journal once more.
    ///
    /// # Errors
    /// The journal is not one of this machine.
    pub(super) fn replayed(
        id: RunId,
        index: usize,
        machine: &MachineDefinition,
        journal: &Journal,
    ) -> Result<Self, JournalError> {
        let mut run = Self::start(id, index, machine, journal.start.clone());
        run.session = DebugSession::replay(Arc::clone(&machine.machine), journal)?;
        run.stopped = Some(StopReason::End);
        Ok(run)
    }

    /// An execution that is there already: nothing runs, the cursor moves.
    pub fn recorded(id: RunId, machine: usize, execution: &Execution) -> Self {
        let mut session = DebugSession::open(execution);
        session.goto(session.last_event());
        let first = execution.history.events().first();
        let input = match first.map(|event| &event.details) {
            Some(EventDetails::ExecutionStarted { input: Some(input), .. }) => input.value(),
            Some(_) | None => Value::Null,
        };
        let name: Arc<str> = execution.arn.rsplit(':').next().unwrap_or("recorded").into();
        let has_own_arn = match execution.source {
            ExecutionSource::Recorded { .. } | ExecutionSource::Simulated { .. } => true,
            // A file that tells no ARN gets one of the documentation's account.
            ExecutionSource::Imported { .. } => !execution.arn.contains(NOBODYS_ACCOUNT),
        };
        Self {
            id,
            machine,
            machine_name: machine_of(&execution.arn).into(),
            input,
            kind: execution.kind,
            started_at: first.map_or(Timestamp(0), |event| event.timestamp),
            execution_arn: Arc::clone(&execution.arn),
            execution_name: name,
            start: None,
            definition: DefinitionJson::of_text(Arc::clone(&execution.state_machine.source)),
            session,
            stopped: Some(StopReason::Goto),
            log: Vec::new(),
            parent: None,
            depth: 0,
            rerun_of: None,
            drawn: None,
            has_own_arn,
            origin: None,
            mocks: None,
            calls: Vec::new(),
            cancelled: Vec::new(),
            in_children: BTreeSet::new(),
            invocations: Invocations::new(),
            stuck: false,
        }
    }

    /// A re-run of a recorded execution, which goes on like any other simulation.
    pub(super) fn of_session(
        id: RunId,
        index: usize,
        machine: &MachineDefinition,
        session: DebugSession,
    ) -> Self {
        let start = session.journal().map(|it| it.start.clone());
        let start = start.unwrap_or_else(|| {
            let at = session.now();
            execution_start(machine, Value::Null, machine.kind, at, 0, "rerun")
        });
        let mut run = Self::start(id, index, machine, start);
        run.replace_session(session);
        run
    }

    /// Puts another session in its place (a restart, a fork) with the mocks counted from their first again.
    pub fn replace_session(&mut self, session: DebugSession) {
        self.session = session;
        self.stopped = Some(StopReason::Entry);
        self.log.clear();
        self.invocations.clear();
        self.calls.clear();
        self.cancelled.clear();
        self.in_children.clear();
        self.stuck = false;
    }

    /// How the execution stands at its last event, wherever the cursor is.
    pub fn status(&self) -> ExecutionStatus {
        self.session.history().status()
    }

    /// Whether it has ended as it should not. One that the user stopped has not failed.
    pub fn has_failed(&self) -> bool {
        match self.status() {
            ExecutionStatus::Failed { .. } | ExecutionStatus::TimedOut { .. } => true,
            ExecutionStatus::Aborted { .. } => self.start.is_none(),
            ExecutionStatus::Running | ExecutionStatus::Succeeded { .. } => false,
        }
    }

    /// Sets it going; [`Run::pump`] then moves it.
    pub fn begin(&mut self, goal: Goal) {
        self.session.begin(goal);
        self.stopped = None;
    }

    pub fn is_running(&self) -> bool {
        self.stopped.is_none()
    }

    /// Whether the last event has been appended.
    pub fn has_ended(&self) -> bool {
        self.session.has_ended()
    }

    /// The execution's own time: that of its last event.
    pub(super) fn now(&self) -> Timestamp {
        self.session.history().events().last().map_or(self.started_at, |event| event.timestamp)
    }

    /// Whether nothing can move it but an answer.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Lets it run until it stops, waits for the user or for another execution, or the time is up. Whether there is more to do at once.
    pub fn pump(&mut self, breakpoints: &Breakpoints, answers: &Answers, budget: Duration) -> bool {
        let watch = Stopwatch::start();
        while self.is_running() {
            self.stuck = false;
            let progress = self.session.advance(breakpoints, STEPS_PER_LOOK);
            self.log.extend(progress.log);
            let mut answered = false;
            let now = self.now();
            for request in &progress.requests {
                let mocks = self.mocks.as_ref().map(|it| &it.case);
                let answer = if self.rerun_of.is_some() {
                    answers.answer_rerun(request, now, &mut self.invocations, mocks)
                } else {
                    answers.answer(request, now, &mut self.invocations, mocks)
                };
                if let Some(answer) = answer {
                    answered |= self.answer(request.token, &answer);
                } else if StatesCall::of(request).is_some() {
                    self.calls.push(request.clone());
                }
            }
            self.cancelled.extend(progress.cancelled);
            let calls = !self.calls.is_empty();
            match progress.stopped {
                // The goal stays while tasks are out; an answer that came at once is as if it had never had to wait.
                Some(StopReason::WaitingForAnswer) if answered || calls => {}
                Some(StopReason::WaitingForAnswer) => {
                    self.stuck = true;
                    return false;
                }
                Some(reason) => self.stopped = Some(reason),
                None if progress.more_work || answered || calls => {}
                None => return false,
            }
            if calls {
                return self.is_running();
            }
            if self.is_running() && watch.elapsed() >= budget {
                return true;
            }
        }
        false
    }

    /// Hands an answer to a waiting task. Whether anyone waited for it.
    pub fn answer(&mut self, token: TaskToken, answer: &TaskAnswer) -> bool {
        self.session.answer(token, answer_for_debug(answer))
    }

    /// As [`Run::answer`], at a time of this execution.
    pub(super) fn answer_at(
        &mut self,
        token: TaskToken,
        answer: &TaskAnswer,
        at: Timestamp,
    ) -> bool {
        self.session.answer_at(token, answer_for_debug(answer), at)
    }

    /// The token that `SendTaskSuccess` and its like take for a task: that of its callback, or one that `GetActivityTask` would
    /// have given out.
    pub fn callback_token(&self, request: &TaskRequest) -> Arc<str> {
        request
            .callback_token
            .clone()
            .unwrap_or_else(|| format!("{}#{}", self.execution_arn, request.token.0).into())
    }

    /// The waiting task that has a token.
    pub(super) fn task_with_token(&self, token: &str) -> Option<TaskToken> {
        let pending = self.session.pending();
        let task = pending.iter().find(|it| *self.callback_token(&it.request) == *token)?;
        Some(task.request.token)
    }

    /// The tasks that only the user can answer: those that nobody has answered, and those that never answer and have no
    /// timeout that would end them.
    pub fn waiting(&self) -> Vec<&TaskRequest> {
        let pending = self.session.pending();
        let stuck = self.stuck && pending.iter().all(|it| it.never);
        pending
            .into_iter()
            .filter(|it| stuck || !it.never)
            .filter(|it| !self.in_children.contains(&it.request.token))
            // A step may end before a task is handed out, and between its answer and what comes of that. Who can answer a task of a
            // re-run was asked before it is shown.
            .filter(|it| self.rerun_of.is_some() || self.session.is_asked(it.request.token))
            .map(|it| &it.request)
            .collect()
    }
}

pub(super) fn answer_for_debug(answer: &TaskAnswer) -> crate::debug::TaskAnswer {
    match answer.clone() {
        TaskAnswer::Succeeded { output } => crate::debug::TaskAnswer::Succeeded { output },
        TaskAnswer::Failed { error, cause } => crate::debug::TaskAnswer::Failed { error, cause },
        TaskAnswer::Submitted { output } => crate::debug::TaskAnswer::Submitted { output },
        TaskAnswer::Never => crate::debug::TaskAnswer::Never,
    }
}

/// What ends a task; `None` for a sign that it goes on.
pub(super) fn answer_of_debug(answer: &crate::debug::TaskAnswer) -> Option<TaskAnswer> {
    use crate::debug::TaskAnswer as A;
    match answer.clone() {
        A::Succeeded { output } => Some(TaskAnswer::Succeeded { output }),
        A::Failed { error, cause } => Some(TaskAnswer::Failed { error, cause }),
        A::Submitted { output } => Some(TaskAnswer::Submitted { output }),
        A::Never => Some(TaskAnswer::Never),
        A::Heartbeat | A::Started { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_name_is_a_uuid_and_follows_the_seed() {
        let name = execution_name(7);
        assert_eq!(name, execution_name(7));
        assert_ne!(name, execution_name(8));
        assert_eq!(name.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
