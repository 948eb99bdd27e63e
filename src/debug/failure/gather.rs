//! Finds the failures of a history: where each error began, how far it went, and which of them are alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evidence::{Known, comparisons, evidence};
use super::explain::{Facts, explain};
use super::handlers::{Fault, Handling, handling};
use super::{
    Cause, CauseKind, FailedAttempt, Failure, FailureGroup, FailureReport, Look, Member, Outcome,
};
use crate::asl::{ResultPath, State, StateMachine, StatePath};
use crate::execution::summary::error_of;
use crate::execution::{
    EventDetails, EventId, EventType, ExecutionStatus, History, HistoryEvent, InspectionData,
    Moments, StateStatus, StateType, ThreadId, ThreadKind, Timeline, TimelineVisit,
};
use crate::json::Value;

/// Groups that are told at most, of each kind.
const MOST_GROUPS: usize = 60;
/// Members that are listed of a group.
const MOST_MEMBERS: usize = 100;
/// States around a state; a definition does not nest deeper.
const MOST_LEVELS: usize = 128;

/// Everything that went wrong in a history. `inspect` gives the data flow of a visit, by its entered event; it is asked only for
/// what is told.
pub fn failures(
    definition: &StateMachine,
    history: &History,
    moments: &Moments,
    inspect: &dyn Fn(EventId) -> Option<InspectionData>,
) -> FailureReport {
    let gather = Gather::new(definition, history, moments, inspect);
    gather.report()
}

type Text = Arc<str>;

struct Gather<'a> {
    history: &'a History,
    moments: &'a Moments,
    timeline: &'a Timeline,
    inspect: &'a dyn Fn(EventId) -> Option<InspectionData>,
    states: BTreeMap<StatePath, &'a State>,
    status: ExecutionStatus,
    machine_timeout: Option<u64>,
}

/// A visit in which an error began.
struct Origin<'a> {
    visit: &'a TimelineVisit,
    outcome: Outcome,
    /// The visits around it that the error went through, innermost first; with the one that took it, or at which it went on.
    levels: Vec<&'a TimelineVisit>,
    error: Text,
}

impl<'a> Gather<'a> {
    fn new(
        definition: &'a StateMachine,
        history: &'a History,
        moments: &'a Moments,
        inspect: &'a dyn Fn(EventId) -> Option<InspectionData>,
    ) -> Self {
        Self {
            history,
            moments,
            timeline: moments.timeline(),
            inspect,
            states: definition.states().into_iter().collect(),
            status: history.status(),
            machine_timeout: definition.timeout_seconds,
        }
    }

    fn report(&self) -> FailureReport {
        let origins = self.origins();
        let mut failures = Vec::new();
        let mut caught = Vec::new();
        let mut groups: BTreeMap<(StatePath, Text, u8), (bool, usize)> = BTreeMap::new();
        let mut left_out = 0;
        for origin in &origins {
            let ended = matches!(origin.outcome, Outcome::EndedExecution | Outcome::Open);
            let rank = match origin.outcome {
                Outcome::EndedExecution => 0,
                Outcome::Open => 1,
                Outcome::Caught { .. } => 2,
                Outcome::Recovered => 3,
            };
            let key = (origin.visit.state.clone(), Arc::clone(&origin.error), rank);
            let list: &mut Vec<FailureGroup> = if ended { &mut failures } else { &mut caught };
            if let Some((_, at)) = groups.get(&key)
                && let Some(group) = list.get_mut(*at)
            {
                group.count += 1;
                if group.members.len() < MOST_MEMBERS {
                    group.members.push(self.member(origin));
                }
                continue;
            }
            if list.len() >= MOST_GROUPS {
                left_out += 1;
                continue;
            }
            groups.insert(key, (ended, list.len()));
            list.push(FailureGroup {
                members: vec![self.member(origin)],
                first: self.failure(origin),
                count: 1,
                of_items: self.items_around(origin.visit),
            });
        }
        if let Some(ending) = self.ending(failures.is_empty()) {
            failures.insert(0, ending);
        }
        let aborted = |it: &&TimelineVisit| it.status == StateStatus::Aborted;
        let unknown = self.timeline.visits.values().map(|it| &it.state);
        let unknown: BTreeSet<&StatePath> =
            unknown.filter(|it| !self.states.contains_key(*it)).collect();
        FailureReport {
            status: self.status.clone(),
            failures,
            caught,
            stopped: self.timeline.visits.values().filter(aborted).count(),
            unknown_states: unknown.into_iter().cloned().collect(),
            left_out,
        }
    }

    // -- which visits

    fn origins(&self) -> Vec<Origin<'a>> {
        // A Parallel or Map whose error came from inside did not begin it.
        let mut carried: BTreeSet<EventId> = BTreeSet::new();
        for visit in self.timeline.visits.values() {
            if visit.status == StateStatus::Failed
                && let Some(around) = self.around(visit)
            {
                carried.insert(around.entered);
            }
        }
        let mut origins: Vec<Origin<'a>> = Vec::new();
        for visit in self.timeline.visits.values() {
            let failed = matches!(visit.status, StateStatus::Failed | StateStatus::Caught);
            let attempts_failed = visit.events.iter().any(|id| self.is_attempts_failure(*id));
            if (!failed && !attempts_failed) || carried.contains(&visit.entered) {
                continue;
            }
            let (levels, outcome) = self.fate(visit);
            let error = self.error_of_visit(visit, &levels, &outcome).0;
            origins.push(Origin { visit, outcome, levels, error });
        }
        origins
    }

    /// The visit to the Parallel or Map that a visit is inside of.
    fn around(&self, visit: &TimelineVisit) -> Option<&'a TimelineVisit> {
        let lane = self.timeline.lanes.get(visit.thread.0 as usize)?;
        let outer = self.timeline.lanes.get(lane.parent?.0 as usize)?;
        let before = outer.visits.partition_point(|it| *it < visit.entered);
        self.timeline.visits.get(outer.visits.get(before.checked_sub(1)?)?)
    }

    /// How far the error of a visit went.
    fn fate(&self, visit: &'a TimelineVisit) -> (Vec<&'a TimelineVisit>, Outcome) {
        let mut levels = vec![visit];
        let mut here = visit;
        for _ in 0..MOST_LEVELS {
            let outcome = match here.status {
                StateStatus::Succeeded => Outcome::Recovered,
                StateStatus::Caught => {
                    Outcome::Caught { by: here.state.clone(), next: self.next_of(here) }
                }
                StateStatus::InProgress | StateStatus::NotEntered => Outcome::Open,
                StateStatus::Aborted | StateStatus::Failed => match self.around(here) {
                    Some(around) => {
                        levels.push(around);
                        here = around;
                        continue;
                    }
                    None => Outcome::EndedExecution,
                },
            };
            return (levels, outcome);
        }
        (levels, Outcome::Open)
    }

    /// The state that its thread went to next.
    fn next_of(&self, visit: &TimelineVisit) -> Option<Text> {
        let lane = self.timeline.lanes.get(visit.thread.0 as usize)?;
        let after = lane.visits.partition_point(|it| *it <= visit.entered);
        Some(Arc::clone(&self.timeline.visits.get(lane.visits.get(after)?)?.name))
    }

    /// The visit before one in its thread.
    fn before(&self, visit: &TimelineVisit) -> Option<&'a TimelineVisit> {
        let lane = self.timeline.lanes.get(visit.thread.0 as usize)?;
        let at = lane.visits.partition_point(|it| *it < visit.entered);
        self.timeline.visits.get(lane.visits.get(at.checked_sub(1)?)?)
    }

    fn is_attempts_failure(&self, id: EventId) -> bool {
        self.history.get(id).is_some_and(|event| is_attempts_failure(event.event_type))
    }

    // -- what is known of them

    fn member(&self, origin: &Origin<'a>) -> Member {
        Member { place: self.place(origin.visit), at: self.look(origin.visit) }
    }

    /// `item 3 of Work, in branch 0 of Split`; items and branches count from 0, as AWS does.
    fn place(&self, visit: &TimelineVisit) -> String {
        let mut parts = Vec::new();
        let mut lane = self.timeline.lanes.get(visit.thread.0 as usize);
        while let Some(here) = lane.filter(|_| parts.len() < MOST_LEVELS) {
            match &here.kind {
                ThreadKind::Top => {}
                ThreadKind::Branch { of, index } => parts.push(format!("branch {index} of {of}")),
                ThreadKind::Iteration { of, index } => parts.push(format!("item {index} of {of}")),
            }
            lane = here.parent.and_then(|it| self.timeline.lanes.get(it.0 as usize));
        }
        parts.join(", in ")
    }

    /// The event that tells of the failure, else the last one of the visit, and the thread.
    fn look(&self, visit: &TimelineVisit) -> Look {
        let told = visit.events.iter().rev().find(|id| self.is_attempts_failure(**id));
        let is_exited = visit
            .events
            .last()
            .and_then(|id| self.history.get(*id))
            .is_some_and(|event| matches!(event.details, EventDetails::StateExited { .. }));
        let event = match told {
            Some(event) => *event,
            None if is_exited => visit.last_event,
            // It has no event that tells of the failure: what is around it has.
            None => self.closed_by(visit),
        };
        Look { event, thread: visit.thread }
    }

    /// The event with which a visit ended that has no event of its own for that: the failure of its iteration, of the Parallel
    /// around it, or of the execution.
    fn closed_by(&self, visit: &TimelineVisit) -> EventId {
        let kind = self.timeline.lanes.get(visit.thread.0 as usize).map(|lane| &lane.kind);
        let closes = |event: &HistoryEvent| match (event.event_type, kind) {
            (
                EventType::ExecutionFailed
                | EventType::ExecutionTimedOut
                | EventType::ExecutionAborted,
                _,
            )
            | (EventType::ParallelStateFailed, Some(ThreadKind::Branch { .. })) => true,
            (
                EventType::MapIterationFailed | EventType::MapIterationAborted,
                Some(ThreadKind::Iteration { of, index }),
            ) => {
                matches!(&event.details, EventDetails::MapIteration { name, index: at }
                    if at == index && of.as_str().ends_with(&**name))
            }
            (_, _) => false,
        };
        let events = self.history.events();
        let after = usize::try_from(visit.last_event.0).unwrap_or(usize::MAX);
        let found = events.get(after..).unwrap_or_default().iter().find(|it| closes(it));
        let next = EventId(visit.last_event.0 + 1).min(self.history.last_id());
        found.map_or(next, |it| it.id)
    }

    fn items_around(&self, visit: &TimelineVisit) -> Option<u64> {
        let lane = self.timeline.lanes.get(visit.thread.0 as usize)?;
        // Failures of several runs of a Map are one group, and then nobody knows out of how many.
        if !matches!(lane.kind, ThreadKind::Iteration { .. }) || lane.depth > 1 {
            return None;
        }
        self.around(visit)?.events.iter().rev().find_map(|id| {
            if let EventDetails::MapStateStarted { length } = self.history.get(*id)?.details {
                Some(length)
            } else {
                None
            }
        })
    }

    fn failure(&self, origin: &Origin<'a>) -> Failure {
        let visit = origin.visit;
        let attempts = self.attempts(visit);
        let (error, text) = self.error_of_visit(visit, &origin.levels, &origin.outcome);
        let cause = Cause::of(&text);
        let state = self.states.get(&visit.state).copied();
        let told = self.told(visit);
        let timer = told.and_then(|it| self.timer(it, visit));
        let is_heartbeat = matches!(timer, Some(Timer::Heartbeat { .. }));
        let known = Known {
            state,
            visit,
            inspection: (self.inspect)(visit.entered).unwrap_or_default(),
            error: &error,
            cause: &cause,
        };
        let mut evidence = evidence(&known);
        let before = self.before(visit);
        if let Some(choice) = before
            .filter(|it| visit.state_type == StateType::Fail && it.state_type == StateType::Choice)
            && evidence.is_empty()
        {
            evidence = comparisons(&Known {
                state: self.states.get(&choice.state).copied(),
                visit: choice,
                inspection: (self.inspect)(choice.entered).unwrap_or_default(),
                ..known
            });
        }
        let child = if let CauseKind::Execution { arn, .. } = &cause.kind {
            Some(Arc::clone(arn))
        } else {
            None
        };
        let map_run = visit.events.iter().rev().find_map(|id| {
            if let EventDetails::MapRunStarted { map_run_arn } = &self.history.get(*id)?.details {
                Some(Arc::clone(map_run_arn))
            } else {
                None
            }
        });
        let facts = Facts {
            state,
            visit,
            error: &error,
            cause: &cause,
            timer,
            attempts: &attempts,
            evidence: &evidence,
            before,
        };
        let (why, remedy) = explain(&facts);
        let handling = self.handling(origin, &error, is_heartbeat, &attempts);
        Failure {
            state: Some(visit.state.clone()),
            name: Arc::clone(&visit.name),
            state_type: Some(visit.state_type),
            entered: Some(visit.entered),
            at: self.look(visit),
            error,
            cause,
            why,
            remedy,
            attempts,
            evidence,
            handling,
            outcome: origin.outcome.clone(),
            child,
            map_run,
        }
    }

    /// The last event of a visit that tells of a failed attempt.
    fn told(&self, visit: &TimelineVisit) -> Option<&'a HistoryEvent> {
        let events = visit.events.iter().rev().filter_map(|id| self.history.get(*id));
        events.into_iter().find(|event| is_attempts_failure(event.event_type))
    }

    /// Error and cause, from wherever they are said: the failed attempt, the engine's own notes, the end of the execution, what
    /// the catcher passed on.
    fn error_of_visit(
        &self,
        visit: &TimelineVisit,
        levels: &[&TimelineVisit],
        outcome: &Outcome,
    ) -> (Text, Text) {
        let is_said = |it: &(Text, Text)| !it.0.is_empty() || !it.1.is_empty();
        let inspected = || {
            let data = self.history.inspections.get(&visit.entered)?;
            let error = data.error.as_ref()?;
            Some((Text::from(error.error.as_str()), Text::from(error.cause.as_str())))
        };
        let ended = || match outcome {
            Outcome::EndedExecution => error_of(&self.history.events().last()?.details),
            Outcome::Caught { .. } => self.passed_on(levels.last()?),
            Outcome::Recovered | Outcome::Open => None,
        };
        let found = self
            .told(visit)
            .and_then(|event| error_of(&event.details))
            .filter(is_said)
            .or_else(|| visit.error.clone().filter(is_said))
            .or_else(|| inspected().filter(is_said))
            .or_else(|| ended().filter(is_said))
            .unwrap_or_default();
        if !found.1.is_empty() {
            return found;
        }
        // A Fail state whose `CausePath` gives the cause says only its error by itself.
        let same = |it: &(Text, Text)| it.0 == found.0 && !it.1.is_empty();
        let fuller = inspected().filter(same).or_else(|| ended().filter(same));
        fuller.unwrap_or(found)
    }

    /// The error output that a catcher laid into the output of its state.
    fn passed_on(&self, visit: &TimelineVisit) -> Option<(Text, Text)> {
        let exited = self.history.get(*visit.events.last()?)?;
        let EventDetails::StateExited { output: Some(output), .. } = &exited.details else {
            return None;
        };
        let output = output.value();
        let state = self.states.get(&visit.state)?;
        let places = state.catch.iter().map(|it| it.result_path.as_ref());
        let found = places.into_iter().find_map(|place| {
            let error = match place {
                None => output.clone(),
                Some(ResultPath::At(path)) => path.path().select_in(&output).ok()?,
                Some(ResultPath::Discard | ResultPath::Invalid(_)) => return None,
            };
            error.get("Error").is_some().then_some(error)
        })?;
        let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("").into();
        Some((text("Error"), text("Cause")))
    }

    fn attempts(&self, visit: &TimelineVisit) -> Vec<FailedAttempt> {
        let mut attempts: Vec<FailedAttempt> = Vec::new();
        for (at, attempt) in visit.attempts.iter().enumerate() {
            if attempt.succeeded != Some(false) {
                continue;
            }
            let next = visit.attempts.get(at + 1);
            let until = next.map_or(EventId(u64::MAX), |it| it.event);
            let told =
                visit.events.iter().copied().find(|id| {
                    (attempt.event..until).contains(id) && self.is_attempts_failure(*id)
                });
            let details = told.and_then(|id| self.history.get(id)).map(|it| &it.details);
            let (error, cause) = details.and_then(error_of).unwrap_or_default();
            let end = attempt.end.unwrap_or(attempt.begin);
            attempts.push(FailedAttempt {
                number: at + 1,
                event: told.unwrap_or(attempt.event),
                error,
                cause,
                took_millis: end.0.saturating_sub(attempt.begin.0).max(0),
                waited_millis: next.map_or(0, |it| it.begin.0.saturating_sub(end.0).max(0)),
            });
        }
        attempts
    }

    fn handling(
        &self,
        origin: &Origin<'a>,
        error: &str,
        is_heartbeat: bool,
        attempts: &[FailedAttempt],
    ) -> Vec<Handling> {
        let fault = Fault { error: (!error.is_empty()).then_some(error), is_heartbeat };
        let mut levels = Vec::new();
        for visit in &origin.levels {
            let is_origin = visit.entered == origin.visit.entered;
            let around = if is_origin { Vec::new() } else { self.attempts(visit) };
            let attempts = if is_origin { attempts } else { &around };
            let state = self.states.get(&visit.state).copied();
            levels.push(handling(&visit.state, &visit.name, state, fault, attempts, visit.status));
        }
        levels
    }

    /// Which of a task's limits was reached. Heartbeats are not recorded, so the time tells.
    fn timer(&self, told: &HistoryEvent, visit: &TimelineVisit) -> Option<Timer> {
        if !told.event_type.as_str().ends_with("TimedOut") {
            return None;
        }
        let begun = visit.attempts.iter().rev().find(|it| it.event < told.id)?;
        let scheduled = self.history.get(begun.event)?.details.scheduled();
        let (timeout, heartbeat) =
            scheduled.map_or((None, None), |it| (it.timeout_secs, it.heartbeat_secs));
        let after_millis = told.timestamp.0.saturating_sub(begun.begin.0).max(0);
        let elapsed = u64::try_from(after_millis / 1000).unwrap_or(0);
        Some(match (timeout, heartbeat) {
            (timeout, Some(seconds)) if timeout.is_none_or(|it| elapsed + 1 < it) => {
                Timer::Heartbeat { seconds, after_millis }
            }
            (Some(seconds), _) => Timer::Timeout { seconds },
            (None, _) => Timer::Unknown { after_millis },
        })
    }

    /// The end of the execution as a failure of its own: stopped or timed out as a whole, or failed with nothing to blame.
    fn ending(&self, nothing_else: bool) -> Option<FailureGroup> {
        let last = self.history.events().last()?;
        let (error, text) = error_of(&last.details).unwrap_or_default();
        let cause = Cause::of(&text);
        let stood: Vec<String> = self.stood_in();
        let stood = match stood.as_slice() {
            [] => String::new(),
            names => format!(" It stood in {}.", names.join(", ")),
        };
        let (name, why, remedy) = if last.event_type == EventType::ExecutionTimedOut {
            let limit = self.machine_timeout.map_or_else(
                || "the time that it was given".to_owned(),
                |it| format!("its TimeoutSeconds of {it} s"),
            );
            (
                "The execution timed out",
                format!("The execution as a whole took longer than {limit}.{stood}"),
                "Give the machine more TimeoutSeconds, or that state a TimeoutSeconds of its own with a Retry or Catch for States.Timeout: no Catch sees the timeout of the execution.",
            )
        } else if last.event_type == EventType::ExecutionAborted {
            (
                "The execution was stopped",
                format!("Somebody, or something, called StopExecution.{stood}"),
                "CloudTrail knows who called StopExecution. A parent execution that was stopped stops its .sync children too.",
            )
        } else if last.event_type == EventType::ExecutionFailed && nothing_else {
            let (why, remedy) = super::explain::of_execution(&error, &cause);
            ("The execution failed", format!("{why}{stood}"), remedy)
        } else {
            return None;
        };
        let at = Look { event: last.id, thread: ThreadId::TOP };
        Some(FailureGroup {
            members: vec![Member { place: String::new(), at }],
            first: Failure {
                state: None,
                name: name.into(),
                state_type: None,
                entered: None,
                at,
                error,
                cause,
                why,
                remedy: remedy.to_owned(),
                attempts: Vec::new(),
                evidence: Vec::new(),
                handling: Vec::new(),
                outcome: Outcome::EndedExecution,
                child: None,
                map_run: None,
            },
            count: 1,
            of_items: None,
        })
    }

    /// The states in which the threads stood when the execution was ended from outside.
    fn stood_in(&self) -> Vec<String> {
        const MOST: usize = 4;
        let moment = self.moments.latest();
        let visits = moment.threads.iter().filter_map(|it| it.current.as_ref());
        let stopped = visits.filter(|it| {
            matches!(it.status, StateStatus::Aborted | StateStatus::InProgress)
                && it.exited.is_none()
                && !matches!(it.state_type, StateType::Parallel | StateType::Map)
        });
        let names: BTreeSet<&str> = stopped.map(|it| &*it.name).collect();
        names.into_iter().take(MOST).map(str::to_owned).collect()
    }
}

/// Which limit of a task was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Timeout {
        seconds: u64,
    },
    Heartbeat {
        seconds: u64,
        after_millis: i64,
    },
    /// The definition set none.
    Unknown {
        after_millis: i64,
    },
}

/// Whether an event tells that an attempt failed, or that what stands before it did.
fn is_attempts_failure(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::TaskFailed
            | EventType::TaskStartFailed
            | EventType::TaskSubmitFailed
            | EventType::TaskTimedOut
            | EventType::LambdaFunctionFailed
            | EventType::LambdaFunctionScheduleFailed
            | EventType::LambdaFunctionStartFailed
            | EventType::LambdaFunctionTimedOut
            | EventType::ActivityFailed
            | EventType::ActivityScheduleFailed
            | EventType::ActivityTimedOut
            | EventType::EvaluationFailed
            | EventType::MapRunFailed
    )
}
