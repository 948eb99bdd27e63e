//! Executions that start executions: the children of a session's runs, when each may move, and what their parents are told.
//!
//! A child runs on a time line of its own, from the time at which its parent called. A parent that waits gets the answer at the
//! time at which the child ended, so that its own timers fire in between as they would. Whoever has a running descendant
//! stands still, so that the order of calls, and with it every history, does not depend on how fast this machine is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::answers::Answers;
use super::clock::Stopwatch;
use super::simulation::{ROLE_ARN, Run, RunId, execution_name};
use crate::asl::{StateMachineType, StatePath};
use crate::debug::{Breakpoints, Goal, StopReason, TaskAnswer as DebugAnswer};
use crate::engine::{ExecutionStart, TaskRequest, TaskToken};
use crate::execution::{EventDetails, EventId, EventType, Timestamp};
use crate::project::{MachineDefinition, Project};
use crate::services::TaskAnswer;
use crate::services::states::{
    Dialect, Refusal, SendTask, StartCall, Started, StatesCall, TaskOutcome,
};

/// Executions inside executions. AWS has no such limit, but a machine that starts itself must end.
const MAX_DEPTH: u32 = 25;
/// Executions that one execution may start, directly and indirectly.
const MAX_FAMILY: usize = 1000;

/// Who started an execution, and how.
#[derive(Clone, Debug)]
pub struct Parent {
    pub run: RunId,
    /// The state of the parent that called.
    pub state: StatePath,
    /// The parent's `TaskScheduled` event.
    pub called_at: EventId,
    pub(super) token: TaskToken,
    /// `None` for an execution that is only run again.
    call: Option<StartCall>,
    /// The parent knows how it ended.
    told: bool,
}

impl Parent {
    /// Of an execution that is run again from its journal: nobody waits for it.
    pub(super) fn of_replay(run: RunId, state: &str, called_at: u64) -> Self {
        Self {
            run,
            state: StatePath::new(state),
            called_at: EventId(called_at),
            token: TaskToken(0),
            call: None,
            told: true,
        }
    }
}

/// What a round of [`pump`] came to.
#[derive(Debug, Default)]
pub(super) struct Pumped {
    /// There is more to do at once.
    pub(super) more: bool,
    /// Stopped in this round.
    pub(super) arrived: Vec<RunId>,
    /// Children that were stepped into.
    pub(super) entered: Vec<RunId>,
    /// Children that have come back to their parents.
    pub(super) returned: Vec<RunId>,
}

/// What does not change while executions run.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) project: &'a Project,
    pub(super) answers: &'a Answers,
}

/// Lets the executions go on within a budget of time, children before their parents.
pub(super) fn pump<'b>(
    runs: &mut Vec<Run>,
    world: World<'_>,
    breakpoints: &dyn Fn(usize) -> &'b Breakpoints,
    next_id: &mut dyn FnMut() -> RunId,
    budget: Duration,
) -> Pumped {
    let watch = Stopwatch::start();
    let mut pumped = Pumped::default();
    loop {
        let mut progressed = false;
        pumped.more = false;
        let turn = whose_turn(runs);
        let share = budget / u32::try_from(turn.len().max(1)).unwrap_or(1);
        for id in turn {
            let Some(at) = runs.iter().position(|it| it.id == id) else { continue };
            let Some(run) = runs.get_mut(at) else { continue };
            let was_stuck = run.is_stuck();
            pumped.more |= run.pump(breakpoints(run.machine), world.answers, share);
            // Whoever was held by it may move now.
            progressed |= !run.is_running() || (run.is_stuck() && !was_stuck);
            if !run.is_running() {
                pumped.arrived.push(id);
            }
            for request in std::mem::take(&mut run.calls) {
                progressed |= call(runs, world, at, &request, next_id, &mut pumped);
            }
            let Some(run) = runs.get_mut(at) else { continue };
            let now = run.now();
            for token in std::mem::take(&mut run.cancelled) {
                call_off(runs, id, token, now);
            }
        }
        progressed |= tell_parents(runs, &mut pumped);
        if !progressed || watch.elapsed() >= budget {
            pumped.more |= progressed;
            return pumped;
        }
    }
}

/// The running executions that no running descendant holds, the deepest first.
fn whose_turn(runs: &[Run]) -> Vec<RunId> {
    let mut held = BTreeSet::new();
    for run in runs.iter().filter(|it| it.is_running() && !it.is_stuck()) {
        held.extend(ancestors(runs, run));
    }
    let free = runs.iter().filter(|it| it.is_running() && !held.contains(&it.id));
    let mut free: Vec<&Run> = free.collect();
    free.sort_by_key(|it| std::cmp::Reverse(it.depth));
    free.iter().map(|it| it.id).collect()
}

/// The executions around one, from the inside out.
pub(super) fn ancestors(runs: &[Run], run: &Run) -> Vec<RunId> {
    let parent = |id: &RunId| {
        runs.iter().find(|it| it.id == *id).and_then(|it| it.parent.as_ref()).map(|it| it.run)
    };
    std::iter::successors(run.parent.as_ref().map(|it| it.run), parent)
        .take(MAX_DEPTH as usize + 1)
        .collect()
}

/// An execution and all that it started, directly and indirectly.
pub(super) fn family(runs: &[Run], of: RunId) -> BTreeSet<RunId> {
    let mut found = BTreeSet::from([of]);
    // Children come after their parents.
    for run in runs {
        if run.parent.as_ref().is_some_and(|it| found.contains(&it.run)) {
            found.insert(run.id);
        }
    }
    found
}

/// Does what a task asks of Step Functions. Whether it was answered, or something was started.
fn call(
    runs: &mut Vec<Run>,
    world: World<'_>,
    caller: usize,
    request: &TaskRequest,
    next_id: &mut dyn FnMut() -> RunId,
    pumped: &mut Pumped,
) -> bool {
    let number = runs.len() as u64;
    let refused = |runs: &mut Vec<Run>, dialect: Dialect, refusal: Refusal| {
        let answer = refusal.into_answer(dialect, number);
        runs.get_mut(caller).is_some_and(|run| run.answer(request.token, &answer))
    };
    match StatesCall::of(request) {
        None => false,
        Some(Err((dialect, refusal))) => refused(runs, dialect, refusal),
        Some(Ok(StatesCall::SendTask(send))) => {
            let Some(now) = runs.get(caller).map(Run::now) else { return false };
            match send_task(runs, &send, Some(now)) {
                Err(refusal) => refused(runs, Dialect::AwsSdk, refusal),
                Ok(_) => {
                    let answer =
                        TaskAnswer::Succeeded { output: crate::json::Value::empty_object() };
                    runs.get_mut(caller).is_some_and(|run| run.answer(request.token, &answer))
                }
            }
        }
        Some(Ok(StatesCall::Start(start))) => {
            let dialect = start.dialect;
            match begin_child(runs, world, caller, request, start, next_id) {
                Ok(Some((child, stepped_into))) => {
                    if stepped_into {
                        pumped.entered.push(child.id);
                    }
                    runs.push(child);
                    true
                }
                // Only the user knows what the placeholder stands for.
                Ok(None) => false,
                Err(refusal) => refused(runs, dialect, refusal),
            }
        }
    }
}

/// A child, ready to run, and whether the caller steps into it. `None` when the machine is a placeholder that nothing resolves.
fn begin_child(
    runs: &mut [Run],
    world: World<'_>,
    caller: usize,
    request: &TaskRequest,
    start: StartCall,
    next_id: &mut dyn FnMut() -> RunId,
) -> Result<Option<(Run, bool)>, Refusal> {
    let Some(parent) = runs.get(caller) else { return Ok(None) };
    let wanted = start.state_machine_arn.as_str();
    let Some(index) = resolve(world.project, wanted) else {
        if wanted.contains("${") {
            return Ok(None);
        }
        return Err(Refusal::no_such_machine(wanted));
    };
    let Some(machine) = world.project.machines.get(index) else { return Ok(None) };
    if start.synchronous && machine.kind == StateMachineType::Standard {
        return Err(Refusal::wrong_type());
    }
    let root = ancestors(runs, parent).last().copied().unwrap_or(parent.id);
    let relatives = family(runs, root);
    if parent.depth >= MAX_DEPTH || relatives.len() >= MAX_FAMILY {
        return Err(Refusal {
            code: "ExecutionLimitExceeded",
            message: format!(
                "Executions started executions more than {MAX_DEPTH} levels deep, or more than {MAX_FAMILY} in all: does '{}' start itself?",
                machine.name
            ),
        });
    }
    let begins = child_start(machine, &start, parent, request, relatives.len() as u64);
    let same = |it: &&Run| relatives.contains(&it.id) && it.execution_arn == begins.execution_arn;
    if runs.iter().find(same).is_some() {
        return Err(Refusal::already_exists(&begins.execution_arn));
    }
    let called_at = called_at(runs, parent, request);
    let stepped_into = parent.session.goal() == Some(&Goal::StepIn)
        && parent.session.moments().thread_of(called_at) == parent.session.thread();
    let mut child = Run::start(next_id(), index, machine, begins);
    child.depth = parent.depth + 1;
    child.mocks = child_mocks(world, machine, parent);
    child.begin(if stepped_into { Goal::Next } else { Goal::Continue });
    let waits = start.waits();
    let begun = start.begun(&started(&child), runs.len() as u64);
    child.parent = Some(Parent {
        run: parent.id,
        state: request.state.clone(),
        called_at,
        token: request.token,
        call: Some(start),
        told: false,
    });
    if let Some(parent) = runs.get_mut(caller) {
        if waits {
            parent.in_children.insert(request.token);
        }
        if let Some(begun) = begun {
            parent.answer(request.token, &begun);
        }
    }
    Ok(Some((child, stepped_into)))
}

fn child_start(
    machine: &MachineDefinition,
    call: &StartCall,
    parent: &Run,
    request: &TaskRequest,
    number: u64,
) -> ExecutionStart {
    let parent_seed = parent.start.as_ref().map_or(0, |it| it.seed);
    // Different for every call, and the same in every run.
    let seed = parent_seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(request.token.0)
        .wrapping_add(number << 32);
    let name = call.name.clone().unwrap_or_else(|| execution_name(seed));
    // The caller may know the account and region that the project's files leave open.
    let arn = if call.state_machine_arn.starts_with("arn:") {
        without_qualifier(&call.state_machine_arn)
    } else {
        machine.arn.as_str()
    };
    let execution_arn = match machine.kind {
        StateMachineType::Standard => {
            format!("{}:{name}", arn.replacen(":stateMachine:", ":execution:", 1))
        }
        StateMachineType::Express => {
            format!("{}:{name}:{name}", arn.replacen(":stateMachine:", ":express:", 1))
        }
    };
    ExecutionStart {
        input: call.input.clone(),
        kind: machine.kind,
        synchronous: call.synchronous,
        at: parent.now(),
        seed,
        execution_arn: execution_arn.into(),
        execution_name: name.as_str().into(),
        role_arn: machine.role_arn.as_deref().unwrap_or(ROLE_ARN).into(),
        state_machine_arn: arn.into(),
        state_machine_name: machine.name.as_str().into(),
    }
}

/// The event with which a task was scheduled that no other child has come from.
fn called_at(runs: &[Run], parent: &Run, request: &TaskRequest) -> EventId {
    let of_others: BTreeSet<EventId> = runs
        .iter()
        .filter_map(|it| it.parent.as_ref())
        .filter(|it| it.run == parent.id)
        .map(|it| it.called_at)
        .collect();
    let session = &parent.session;
    let scheduled = session.history().events().iter().rev().find(|event| {
        event.event_type == EventType::TaskScheduled
            && !of_others.contains(&event.id)
            && session.moments().state_of(event.id) == Some(&request.state)
            && matches!(&event.details, EventDetails::TaskScheduled { parameters, .. }
                if parameters.value() == request.parameters)
    });
    scheduled.map_or_else(|| session.last_event(), |event| event.id)
}

/// The mocks of a child: the case of its machine that is called as the parent's, else the first.
fn child_mocks(
    world: World<'_>,
    machine: &MachineDefinition,
    parent: &Run,
) -> Option<super::simulation::OwnMocks> {
    let mocks = world.project.mocks.as_ref()?;
    let cases = mocks.cases(&machine.name);
    let of_parent = parent.mocks.as_ref().map(|it| it.name.as_str());
    let wanted = of_parent.or(world.answers.case_name.as_deref());
    let name = cases.iter().find(|it| Some(it.as_str()) == wanted).or_else(|| cases.first())?;
    let case = mocks.case(&machine.name, name)?;
    Some(super::simulation::OwnMocks { name: name.clone(), case })
}

fn started(run: &Run) -> Started {
    Started {
        execution_arn: Arc::clone(&run.execution_arn),
        state_machine_arn: run
            .start
            .as_ref()
            .map_or_else(|| "".into(), |start| Arc::clone(&start.state_machine_arn)),
        name: Arc::clone(&run.execution_name),
        input: run.input.clone(),
        started_at: run.started_at,
    }
}

/// Answers the calls of executions that have ended, as far as the user has followed them to their end.
fn tell_parents(runs: &mut [Run], pumped: &mut Pumped) -> bool {
    let mut answers = Vec::new();
    for run in runs.iter_mut() {
        if run.parent.as_ref().is_none_or(|it| it.told) {
            continue;
        }
        let ended = run.has_ended() && run.session.cursor().event == run.session.last_event();
        let (true, stopped_at, status) = (ended, run.now(), run.status()) else { continue };
        let started = started(run);
        let Some(parent) = run.parent.as_mut() else { continue };
        parent.told = true;
        pumped.returned.push(run.id);
        let answer = parent.call.as_ref().and_then(|it| it.ended(&started, &status, stopped_at));
        if let Some(answer) = answer {
            answers.push((parent.run, parent.token, answer, stopped_at));
        }
    }
    let any = !pumped.returned.is_empty() && !answers.is_empty();
    for (parent, token, answer, at) in answers {
        if let Some(parent) = runs.iter_mut().find(|it| it.id == parent) {
            parent.in_children.remove(&token);
            parent.answer_at(token, &answer, at);
        }
    }
    any
}

/// As `StopExecution`: an execution ends as ABORTED, and with it those that it waits for. When it did.
pub(super) fn stop(
    runs: &mut Vec<Run>,
    id: RunId,
    error: Option<Arc<str>>,
    cause: Option<Arc<str>>,
) -> Option<Timestamp> {
    let run = runs.iter_mut().find(|it| it.id == id)?;
    run.session.stop_because(error, cause);
    run.stopped = Some(StopReason::End);
    let now = run.now();
    for token in std::mem::take(&mut run.in_children) {
        call_off(runs, id, token, now);
    }
    Some(now)
}

/// The caller no longer waits: as AWS does, its child is stopped, and with it what the child waits for.
fn call_off(runs: &mut Vec<Run>, caller: RunId, token: TaskToken, now: Timestamp) {
    let of_call = |run: &&Run| {
        run.parent.as_ref().is_some_and(|it| {
            let waits = it.call.as_ref().is_some_and(|it| it.waits() && !it.synchronous);
            it.run == caller && it.token == token && waits
        })
    };
    let Some(child) = runs.iter().find(of_call).map(|it| it.id) else { return };
    let arn = runs.iter().find(|it| it.id == caller).map(|it| Arc::clone(&it.execution_arn));
    let cause: Arc<str> = format!(
        "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted",
        arn.unwrap_or_default()
    )
    .into();
    let concerned = family(runs, child);
    // What was started later than this never was.
    runs.retain(|run| !concerned.contains(&run.id) || run.id == child || run.started_at <= now);
    for run in runs.iter_mut().filter(|it| concerned.contains(&it.id)) {
        if let Some(parent) = &mut run.parent {
            parent.told = true;
        }
        let later = !run.has_ended() || run.now() > now;
        if later && let Some(session) = run.session.aborted_at(now, Some(Arc::clone(&cause))) {
            run.replace_session(session);
            run.stopped = Some(StopReason::End);
        }
    }
}

/// Gives a task that waits for a callback, or an activity's, its outcome, at a time of the sender's or at once. The execution
/// that waited.
pub(super) fn send_task(
    runs: &mut [Run],
    send: &SendTask,
    at: Option<Timestamp>,
) -> Result<RunId, Refusal> {
    for run in runs {
        let Some(token) = run.task_with_token(&send.token) else { continue };
        let answer = match &send.outcome {
            TaskOutcome::Success { output } => DebugAnswer::Succeeded { output: output.clone() },
            TaskOutcome::Failure { error, cause } => {
                DebugAnswer::Failed { error: error.clone(), cause: cause.clone() }
            }
            TaskOutcome::Heartbeat => DebugAnswer::Heartbeat,
        };
        let taken = match at {
            Some(at) => run.session.answer_at(token, answer, at),
            None => run.session.answer(token, answer),
        };
        if taken {
            return Ok(run.id);
        }
    }
    Err(Refusal::no_such_token())
}

/// The machine that an ARN, a name or a reference means.
fn resolve(project: &Project, wanted: &str) -> Option<usize> {
    let machines = &project.machines;
    let by = |means: &dyn Fn(&MachineDefinition) -> bool| machines.iter().position(means);
    let plain = without_qualifier(wanted);
    if let Some(index) = by(&|it| it.arn == wanted || it.arn == plain || it.name == wanted) {
        return Some(index);
    }
    // Files that were taken from an account name its number; the machines here have that of the documentation.
    if let Some((_, name)) = plain.split_once(":stateMachine:")
        && let Some(index) = by(&|it| it.name == name)
    {
        return Some(index);
    }
    if !wanted.contains("${") {
        return None;
    }
    let parts: BTreeSet<String> = wanted
        .split(['$', '{', '}', '.', ':'])
        .map(bare_name)
        .filter(|it| !it.is_empty())
        .collect();
    let mut meant = (0..machines.len()).filter(|index| {
        machines.get(*index).is_some_and(|it| parts.contains(&bare_name(&it.name)))
    });
    meant.next().filter(|_| meant.next().is_none())
}

/// Without a version or an alias: `…:stateMachine:name:PROD`.
fn without_qualifier(arn: &str) -> &str {
    match arn.split_once(":stateMachine:") {
        Some((head, rest)) => {
            let name = rest.split(':').next().unwrap_or(rest);
            arn.get(..head.len() + ":stateMachine:".len() + name.len()).unwrap_or(arn)
        }
        None => arn,
    }
}

/// A name as references to it are spelt: `BackgroundCheckStateMachineArn` for `background-check`.
fn bare_name(text: &str) -> String {
    let letters = text.chars().filter(|it| it.is_alphanumeric());
    let mut name: String = letters.flat_map(char::to_lowercase).collect();
    for suffix in ["arn", "statemachine", "workflow"] {
        if let Some(shorter) = name.strip_suffix(suffix)
            && !shorter.is_empty()
        {
            name = shorter.to_owned();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_by_what_they_name() {
        for (reference, name) in [
            ("BackgroundCheckStateMachineArn", "background-check"),
            ("background_check_arn", "BackgroundCheck"),
            ("ChildWorkflow", "child"),
            ("arn", "ARN"),
        ] {
            assert_eq!(bare_name(reference), bare_name(name));
        }
        assert_ne!(bare_name("ParentArn"), bare_name("child"));
    }

    #[test]
    fn versions_and_aliases_are_no_part_of_the_machine() {
        let arn = "arn:aws:states:us-east-1:1:stateMachine:m";
        assert_eq!(without_qualifier(&format!("{arn}:PROD")), arn);
        assert_eq!(without_qualifier(arn), arn);
        assert_eq!(without_qualifier("m"), "m");
    }
}
