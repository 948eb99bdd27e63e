//! A recorded history, taken apart: what the execution started from, and what the world answered in it.
//!
//! Everything comes from the history alone. What it does not say (names, region) is made up and marked as such, so that a
//! comparison knows that it may differ.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::TaskAnswer;
use crate::asl::StateMachineType;
use crate::engine::ExecutionStart;
use crate::execution::{
    EventDetails, EventId, EventType, ExecutionStatus, History, HistoryEvent, Moments, Payload,
    ThreadId, ThreadKind, Timestamp,
};
use crate::json::Value;

/// A state in certain iterations: its name, and the indices of the Map iterations around it, outermost first.
pub(super) type Seat = (Arc<str>, Arc<[u64]>);

/// When a history without times is taken to begin: 2026-01-01T00:00:00Z.
const NO_TIME: i64 = 1_767_225_600_000;

/// What is known about an execution beside its history. Whatever is `None` is read off the history where it says so, else made
/// up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedNames {
    pub execution_arn: Option<Arc<str>>,
    pub state_machine_arn: Option<Arc<str>>,
    /// What to call the execution where its ARN is not known; a comparison takes it as made up.
    pub likely_arn: Option<Arc<str>>,
    /// Instead of the input in the history.
    pub input: Option<Value>,
    pub kind: StateMachineType,
}

/// A history as answers to a re-run.
#[derive(Clone, Debug)]
pub struct Recording {
    names: RecordedNames,
    role_arn: Option<Arc<str>>,
    input: Option<Value>,
    region: Option<Arc<str>>,
    /// Never goes back; one millisecond per event where the history has no times.
    times: Vec<Timestamp>,
    types: Vec<EventType>,
    /// Whether the history says when its events were.
    pub(super) has_times: bool,
    /// Events that are compared: those before the first redrive.
    pub(super) length: usize,
    pub(super) attempts: Vec<Attempt>,
    pub(super) attempts_of: BTreeMap<Seat, VecDeque<usize>>,
    /// The exits of Wait states, visit by visit.
    pub(super) waits: BTreeMap<Seat, VecDeque<EventId>>,
    /// Where attempts after the first began.
    pub(super) retries: BTreeMap<Seat, VecDeque<EventId>>,
    /// Events that something from outside brought: an answer, a timer.
    prompted: BTreeSet<EventId>,
    pub(super) stopped: Option<Stopped>,
}

/// One scheduled attempt of a task.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) scheduled: EventId,
    pub(super) seat: Seat,
    /// Who was asked: `lambda:invoke`, `aws-sdk:s3:listBuckets`, or the ARN of a function or an activity.
    pub(super) service: Arc<str>,
    pub(super) parameters: Option<Payload>,
    /// Of an activity: when a worker came, and its name.
    pub(super) started: Option<(EventId, Option<Arc<str>>)>,
    pub(super) submitted: Option<(EventId, Option<Payload>)>,
    pub(super) outcome: Option<(EventId, Outcome)>,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// `None` where the recording left the output out.
    Succeeded(Option<Payload>),
    Failed {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    TimedOut,
}

/// How an execution was ended from outside.
#[derive(Clone, Debug)]
pub(super) struct Stopped {
    pub(super) at: EventId,
    pub(super) error: Option<Arc<str>>,
    pub(super) cause: Option<Arc<str>>,
    /// By its own `TimeoutSeconds`, not by `StopExecution`.
    pub(super) by_timeout: bool,
}

impl Recording {
    /// Takes a history apart. `moments` are those of this history.
    pub fn of(history: &History, moments: &Moments, names: RecordedNames) -> Self {
        let events = history.events();
        let redrive =
            events.iter().position(|event| event.event_type == EventType::ExecutionRedriven);
        let length = redrive.unwrap_or(events.len());
        let has_times = events.iter().any(|event| event.timestamp.0 > 0);
        let mut recording = Self {
            names,
            role_arn: None,
            input: None,
            region: None,
            times: times(events, has_times),
            types: events.iter().map(|event| event.event_type).collect(),
            has_times,
            length,
            attempts: Vec::new(),
            attempts_of: BTreeMap::new(),
            waits: BTreeMap::new(),
            retries: BTreeMap::new(),
            prompted: BTreeSet::new(),
            stopped: None,
        };
        let mut open: BTreeMap<ThreadId, usize> = BTreeMap::new();
        // The visits that something has been scheduled in already.
        let mut begun: BTreeSet<EventId> = BTreeSet::new();
        let mut indices: BTreeMap<ThreadId, Arc<[u64]>> = BTreeMap::new();
        for event in events.iter().take(length) {
            let thread = moments.thread_of(event.id);
            let seat = || {
                let entered = history.get(moments.visit_of(event.id)?)?;
                let EventDetails::StateEntered { name, .. } = &entered.details else { return None };
                let indices = indices.entry(thread).or_insert_with(|| map_indices(moments, thread));
                Some((Arc::clone(name), Arc::clone(indices)))
            };
            recording.take(event, thread, moments, &mut open, &mut begun, seat);
        }
        recording
    }

    fn take(
        &mut self,
        event: &HistoryEvent,
        thread: ThreadId,
        moments: &Moments,
        open: &mut BTreeMap<ThreadId, usize>,
        begun: &mut BTreeSet<EventId>,
        seat: impl FnOnce() -> Option<Seat>,
    ) {
        use EventDetails as D;
        use EventType as T;
        let id = event.id;
        if let D::ExecutionStarted { input, role_arn } = &event.details {
            self.input = input.as_ref().map(Payload::value);
            self.role_arn.clone_from(role_arn);
        }
        if let D::MapRunStarted { map_run_arn } = &event.details
            && self.names.state_machine_arn.is_none()
        {
            self.names.state_machine_arn = machine_of_map_run(map_run_arn);
        }
        if let D::TaskScheduled { region, .. } = &event.details
            && self.region.is_none()
            && !region.is_empty()
        {
            self.region = Some(Arc::clone(region));
        }
        let begins = matches!(
            event.event_type,
            T::TaskScheduled
                | T::LambdaFunctionScheduled
                | T::ActivityScheduled
                | T::ParallelStateStarted
                | T::MapStateStarted
        );
        if begins || event.event_type == T::WaitStateExited {
            let Some(seat) = seat() else { return };
            if event.event_type == T::WaitStateExited {
                self.prompted.insert(id);
                self.waits.entry(seat).or_default().push_back(id);
                return;
            }
            let visit = moments.visit_of(id).unwrap_or_default();
            if !begun.insert(visit) {
                self.prompted.insert(id);
                self.retries.entry(seat.clone()).or_default().push_back(id);
            }
            if let Some((service, parameters)) = question(&event.details) {
                open.insert(thread, self.attempts.len());
                self.attempts_of.entry(seat.clone()).or_default().push_back(self.attempts.len());
                self.attempts.push(Attempt {
                    scheduled: id,
                    seat,
                    service,
                    parameters,
                    started: None,
                    submitted: None,
                    outcome: None,
                });
            }
            return;
        }
        if let Some(stopped) = stopped(event) {
            self.prompted.insert(id);
            self.stopped = Some(stopped);
            return;
        }
        let Some(attempt) = open.get(&thread).and_then(|it| self.attempts.get_mut(*it)) else {
            return;
        };
        if let D::ActivityStarted { worker_name } = &event.details {
            attempt.started = Some((id, worker_name.clone()));
            self.prompted.insert(id);
        } else if let D::TaskOutput { output, .. } = &event.details
            && event.event_type == T::TaskSubmitted
        {
            attempt.submitted = Some((id, output.clone()));
            self.prompted.insert(id);
        } else if let Some(outcome) = outcome(event.event_type, &event.details) {
            attempt.outcome = Some((id, outcome));
            self.prompted.insert(id);
            open.remove(&thread);
        }
    }

    /// When an event was.
    pub(super) fn time(&self, event: EventId) -> Timestamp {
        let index = usize::try_from(event.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let time = self.times.get(index).or_else(|| self.times.last());
        time.copied().unwrap_or(Timestamp(NO_TIME))
    }

    /// When the event after the first `events` was, where the machine brings it by itself. `last` is the type of the event before.
    pub(super) fn pace(&self, events: EventId, last: EventType) -> Option<Timestamp> {
        let index = usize::try_from(events.0).ok()?;
        let before = index.checked_sub(1).and_then(|it| self.types.get(it));
        let aligned = before == Some(&last) && index < self.length;
        let next = EventId(events.0 + 1);
        (aligned && !self.prompted.contains(&next)).then(|| self.time(next))
    }

    /// What a re-run starts from. Another `variant` than 0 differs in all that had to be made up.
    pub(super) fn start(&self, variant: u64) -> ExecutionStart {
        let region = self.region.as_deref().unwrap_or("us-east-1");
        let (account, machine, run) = match variant {
            0 => ("123456789012", "recorded", "recorded-execution"),
            _ => ("987654321098", "otherwise", "other-run"),
        };
        let kind = self.names.kind;
        let likely = self.names.likely_arn.as_ref().filter(|_| variant == 0);
        let execution_arn = self.names.execution_arn.as_ref().or(likely);
        let known = execution_arn.map(|arn| parts_of(arn));
        let known_machine = self.names.state_machine_arn.clone();
        let state_machine_arn: Arc<str> = match (&known_machine, &known) {
            (Some(arn), _) => Arc::clone(arn),
            (None, Some((prefix, machine, _))) => format!("{prefix}:stateMachine:{machine}").into(),
            (None, None) => {
                format!("arn:aws:states:{region}:{account}:stateMachine:{machine}").into()
            }
        };
        let machine_name = state_machine_arn.rsplit(':').next().unwrap_or(machine).to_owned();
        let execution_name: Arc<str> =
            known.as_ref().map_or_else(|| run.into(), |(_, _, name)| (*name).into());
        let execution_arn = execution_arn.cloned().unwrap_or_else(|| match kind {
            StateMachineType::Standard => {
                let prefix = state_machine_arn.replacen(":stateMachine:", ":execution:", 1);
                format!("{prefix}:{execution_name}").into()
            }
            StateMachineType::Express => {
                let prefix = state_machine_arn.replacen(":stateMachine:", ":express:", 1);
                format!("{prefix}:{execution_name}:{execution_name}").into()
            }
        });
        ExecutionStart {
            input: self.names.input.clone().or_else(|| self.input.clone()).unwrap_or_default(),
            kind,
            // Whether anyone waited for it is not recorded.
            synchronous: false,
            at: self.time(EventId(1)).plus_millis(shift(variant)),
            seed: variant,
            execution_arn,
            execution_name,
            role_arn: match (&self.role_arn, variant) {
                (Some(role), _) => Arc::clone(role),
                (None, 0) => "arn:aws:iam::123456789012:role/recorded".into(),
                (None, _) => "arn:aws:iam::987654321098:role/otherwise".into(),
            },
            state_machine_arn,
            state_machine_name: machine_name.into(),
        }
    }

    /// Whether it holds an input to start from.
    pub fn has_input(&self) -> bool {
        self.input.is_some() || self.names.input.is_some()
    }

    /// What an attempt was answered in the end; `None` where the recording does not say.
    pub(super) fn answer(&self, index: usize) -> Option<TaskAnswer> {
        match &self.attempts.get(index)?.outcome.as_ref()?.1 {
            Outcome::Succeeded(output) => {
                output.as_ref().map(|it| TaskAnswer::Succeeded { output: it.value() })
            }
            Outcome::Failed { error, cause } => {
                Some(TaskAnswer::Failed { error: error.clone(), cause: cause.clone() })
            }
            Outcome::TimedOut => Some(TaskAnswer::Never),
        }
    }

    /// How the execution stood at the end of what is compared: a redriven one as it was before.
    pub(super) fn status(&self, history: &History) -> ExecutionStatus {
        if self.length == history.events().len() {
            return history.status();
        }
        let mut before = History::default();
        if let Some(last) = self.length.checked_sub(1).and_then(|it| history.events().get(it)) {
            before.append(EventId(0), last.timestamp, last.event_type, last.details.clone());
        }
        before.status()
    }

    /// Tasks whose output was not recorded (`includeExecutionData` was off).
    pub fn missing_outputs(&self) -> usize {
        let missing = |it: &&Attempt| matches!(it.outcome, Some((_, Outcome::Succeeded(None))));
        self.attempts.iter().filter(missing).count()
    }

    /// Scheduled attempts of tasks.
    pub fn attempts(&self) -> usize {
        self.attempts.len()
    }
}

/// How much later another variant runs: some years, months, days, hours, minutes, seconds and milliseconds.
pub(super) fn shift(variant: u64) -> i64 {
    if variant == 0 { 0 } else { 182_843_127_123 }
}

/// Never going back: clocks of AWS's hosts differ by some milliseconds.
fn times(events: &[HistoryEvent], has_times: bool) -> Vec<Timestamp> {
    let mut latest = i64::MIN;
    let time = |(index, event): (usize, &HistoryEvent)| {
        let at = if has_times { event.timestamp.0 } else { NO_TIME + index as i64 };
        latest = latest.max(at);
        Timestamp(latest)
    };
    events.iter().enumerate().map(time).collect()
}

/// The indices of the Map iterations around a thread, outermost first.
pub(super) fn map_indices(moments: &Moments, thread: ThreadId) -> Arc<[u64]> {
    let chain = moments.latest().chain(thread);
    let index = |kind: &ThreadKind| match kind {
        ThreadKind::Iteration { index, .. } => Some(*index),
        ThreadKind::Top | ThreadKind::Branch { .. } => None,
    };
    let mut indices: Vec<u64> = chain.filter_map(|it| index(&it.kind)).collect();
    indices.reverse();
    indices.into()
}

/// `arn:aws:states:<region>:<account>:mapRun:<machine>/<label>:<uuid>` names the machine.
fn machine_of_map_run(arn: &str) -> Option<Arc<str>> {
    let (prefix, rest) = arn.split_once(":mapRun:")?;
    let machine = rest.split(['/', ':']).next()?;
    Some(format!("{prefix}:stateMachine:{machine}").into())
}

/// Prefix, machine and name of `arn:…:execution:<machine>:<name>` or `arn:…:express:<machine>:<name>:<id>`.
fn parts_of(arn: &str) -> (&str, &str, &str) {
    let split = arn.split_once(":execution:").or_else(|| arn.split_once(":express:"));
    let (prefix, rest) = split.unwrap_or(("arn:aws:states:us-east-1:123456789012", arn));
    let mut rest = rest.split(':');
    let machine = rest.next().unwrap_or_default();
    (prefix, machine, rest.next().unwrap_or(machine))
}

/// Who was asked, and what; `None` for an event that schedules nothing.
fn question(details: &EventDetails) -> Option<(Arc<str>, Option<Payload>)> {
    if let EventDetails::TaskScheduled { resource_type, resource, parameters, .. } = details {
        Some((format!("{resource_type}:{resource}").into(), Some(parameters.clone())))
    } else if let EventDetails::ResourceScheduled { resource, input, .. } = details {
        Some((Arc::clone(resource), input.clone()))
    } else {
        None
    }
}

fn stopped(event: &HistoryEvent) -> Option<Stopped> {
    let by_timeout = event.event_type == EventType::ExecutionTimedOut;
    if !by_timeout && event.event_type != EventType::ExecutionAborted {
        return None;
    }
    let (error, cause) = if let EventDetails::Failure { error, cause } = &event.details {
        (error.clone(), cause.clone())
    } else {
        (None, None)
    };
    Some(Stopped { at: event.id, error, cause, by_timeout })
}

/// How a task's event ends its attempt.
fn outcome(event_type: EventType, details: &EventDetails) -> Option<Outcome> {
    use EventType as T;
    let is = |types: &[EventType]| types.contains(&event_type);
    if is(&[T::TaskTimedOut, T::LambdaFunctionTimedOut, T::ActivityTimedOut]) {
        return Some(Outcome::TimedOut);
    }
    if is(&[T::TaskSucceeded, T::LambdaFunctionSucceeded, T::ActivitySucceeded]) {
        let (EventDetails::TaskOutput { output, .. } | EventDetails::Succeeded { output }) =
            details
        else {
            return Some(Outcome::Succeeded(None));
        };
        return Some(Outcome::Succeeded(output.clone()));
    }
    let failed = is(&[
        T::TaskFailed,
        T::TaskStartFailed,
        T::TaskSubmitFailed,
        T::LambdaFunctionFailed,
        T::LambdaFunctionScheduleFailed,
        T::LambdaFunctionStartFailed,
        T::ActivityFailed,
        T::ActivityScheduleFailed,
    ]);
    if !failed {
        return None;
    }
    let (EventDetails::TaskFailure { error, cause, .. } | EventDetails::Failure { error, cause }) =
        details
    else {
        return Some(Outcome::Failed { error: None, cause: None });
    };
    Some(Outcome::Failed { error: error.clone(), cause: cause.clone() })
}
