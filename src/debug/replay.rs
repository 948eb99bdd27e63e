//! Re-running a recording: the machine gets the recorded answers, in the order and at the times of the recording.
//!
//! What moves an execution from outside are answers and timers. Each is a prompt here, and stands where its event stands in the
//! recording; between two prompts the machine runs until it can do nothing more. The clock follows the recording, so that what
//! the definition makes of times comes out as it did. What the recording has no answer for is asked of somebody else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::alike::alike;
use super::debuggee::Debuggee;
use super::recording::{Attempt, Outcome, Recording, Seat, shift};
use super::{DebugSession, TaskAnswer};
use crate::asl::StateMachine;
use crate::asl::task::ResourceKind;
use crate::engine::{ExecutionStart, Input, TaskRequest, TaskToken, TimerId, TimerPurpose};
use crate::execution::{EventId, EventType, History, Payload, Timestamp};
use crate::json::Value;
use crate::query::Variables;

/// Answers what the recording does not: a mock, an embedded service; `None` when nobody does.
pub type Ask<'a> = dyn FnMut(&TaskRequest, Timestamp) -> Option<TaskAnswer> + 'a;

/// How much later than due AWS's timers come at most, in milliseconds.
const LATE_MILLIS: i64 = 2_000;

/// Where the answer to a task came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServedBy {
    /// The recording: the same state asked the same.
    Recording,
    /// The recording: the same state asked the same but for what is made up anew in every run.
    RecordingUpToNames,
    /// The recording: it was the state's turn, but it asked something else than it did then, as the comparison tells.
    OrderOnly,
    /// A mock or an embedded service.
    Asked,
    /// Nobody, as in the recording: that ends, or the attempt was stopped, before there was an answer.
    Unanswered,
    /// Nobody: the re-run stands here.
    Nobody,
}

/// Who answered one attempt of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    pub state_name: Arc<str>,
    /// The scheduled event in the re-run; 0 for what has no events of its own (the reader of a Map).
    pub event: EventId,
    /// The scheduled event in the recording.
    pub recorded: Option<EventId>,
    pub by: ServedBy,
}

/// What answers may be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// Each state's attempts in their order: the definition is thought to be the same.
    Order,
    /// Only where the parameters are the same: anything new asks.
    Parameters,
}

/// A re-run: how far it came, and who answered.
#[derive(Clone, Debug)]
pub(super) struct Rerun {
    pub(super) debuggee: Debuggee,
    pub(super) served: Vec<Served>,
    /// Tasks that nobody answered.
    pub(super) unanswered: Vec<TaskRequest>,
    /// The recorded attempts whose turn it was when those asked.
    pub(super) turns: BTreeMap<TaskToken, usize>,
}

impl Rerun {
    pub(super) fn session(self) -> DebugSession {
        DebugSession::of_rerun(self.debuggee)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Prompt {
    Started(TaskToken),
    Submitted(TaskToken),
    Outcome(TaskToken),
    Asked(TaskToken),
    Timer(TimerId),
    Stop,
}

/// The start of a re-run, and how it takes answers.
pub(super) struct Plan<'a> {
    pub(super) recording: &'a Recording,
    pub(super) definition: Arc<StateMachine>,
    pub(super) start: ExecutionStart,
    pub(super) variables: Variables,
    /// Which of several runs that are compared; see [`Recording::start`].
    pub(super) variant: u64,
    pub(super) matching: Matching,
    /// The recording before this event is not run again.
    pub(super) from: EventId,
}

pub(super) fn rerun(plan: Plan<'_>, ask: &mut Ask<'_>) -> Rerun {
    let debuggee =
        Debuggee::launch_with(Arc::clone(&plan.definition), plan.start.clone(), &plan.variables);
    let recording = plan.recording;
    let later = |ids: &BTreeMap<Seat, VecDeque<EventId>>| {
        let mut ids = ids.clone();
        ids.values_mut().for_each(|it| it.retain(|id| *id > plan.from));
        ids
    };
    let mut left = recording.attempts_of.clone();
    let is_later = |it: &usize| {
        recording.attempts.get(*it).is_some_and(|attempt| attempt.scheduled > plan.from)
    };
    left.values_mut().for_each(|it| it.retain(is_later));
    let states = plan.definition.states();
    let known: BTreeSet<&str> = states.iter().map(|(_, state)| state.name.as_str()).collect();
    let names = recording.attempts_of.keys().map(|(name, _)| name);
    let gone = names.filter(|name| !known.contains(&***name)).cloned().collect();
    let mut driver = Driver {
        gone,
        left,
        waits: later(&recording.waits),
        retries: later(&recording.retries),
        shift: shift(plan.variant),
        plan,
        debuggee,
        ask,
        prompts: BTreeSet::new(),
        awaited: BTreeMap::new(),
        asked: BTreeMap::new(),
        next_timer: TimerId(0),
        served: Vec::new(),
        unanswered: BTreeMap::new(),
        turns: BTreeMap::new(),
    };
    driver.run();
    let unanswered: Vec<TaskRequest> = driver.unanswered.into_values().collect();
    let mut debuggee = driver.debuggee;
    debuggee.deliver_again(&unanswered);
    let mut turns = driver.turns;
    turns.retain(|token, _| unanswered.iter().any(|it| it.token == *token));
    Rerun { debuggee, served: driver.served, unanswered, turns }
}

struct Driver<'a, 'b, 'c> {
    plan: Plan<'a>,
    debuggee: Debuggee,
    ask: &'b mut Ask<'c>,
    shift: i64,
    /// Attempts that have not served yet.
    left: BTreeMap<Seat, VecDeque<usize>>,
    waits: BTreeMap<Seat, VecDeque<EventId>>,
    retries: BTreeMap<Seat, VecDeque<EventId>>,
    /// By time, then by their place in the recording.
    prompts: BTreeSet<(Timestamp, EventId, Prompt)>,
    awaited: BTreeMap<TaskToken, usize>,
    asked: BTreeMap<TaskToken, TaskAnswer>,
    /// States that the recording asks something in, and the definition does not have.
    gone: BTreeSet<Arc<str>>,
    next_timer: TimerId,
    served: Vec<Served>,
    unanswered: BTreeMap<TaskToken, TaskRequest>,
    turns: BTreeMap<TaskToken, usize>,
}

impl Driver<'_, '_, '_> {
    fn run(&mut self) {
        if let Some(stopped) = self.plan.recording.stopped.as_ref().filter(|it| !it.by_timeout) {
            self.prompts.insert((self.time(stopped.at), stopped.at, Prompt::Stop));
        }
        self.note_timers();
        while !self.debuggee.has_ended() {
            if self.debuggee.can_advance() {
                self.pace();
                self.take(Input::Advance);
            } else if let Some(prompt) = self.prompts.pop_first() {
                self.prompt(prompt);
            } else if !self.jump() && !self.fill() {
                break;
            }
        }
    }

    /// When an event of the recording is in this run.
    fn time(&self, event: EventId) -> Timestamp {
        self.plan.recording.time(event).plus_millis(self.shift)
    }

    fn advance_clock(&mut self, at: Timestamp) {
        if let Some(engine) = &mut self.debuggee.engine {
            engine.clock.advance_to(at);
        }
    }

    /// Sets the clock to when the recording has the next event, while both go the same way.
    fn pace(&mut self) {
        let last = self.debuggee.history.events().last();
        let Some(last) = last.map(|it| it.event_type) else { return };
        let skipped = self.plan.from.0.saturating_sub(1);
        let events = EventId(self.debuggee.last_event().0 + skipped);
        if let Some(at) = self.plan.recording.pace(events, last) {
            self.advance_clock(at.plus_millis(self.shift));
        }
    }

    fn take(&mut self, input: Input) {
        self.debuggee.take(input);
        let (requests, cancelled) = self.debuggee.deliver();
        for token in cancelled {
            self.unanswered.remove(&token);
        }
        for request in requests {
            self.request(request);
        }
        self.note_timers();
    }

    // -- tasks

    fn request(&mut self, request: TaskRequest) {
        let found = self.find(&request);
        if let Some((index, by)) = found
            && self.serves(index, by)
        {
            return self.serve(&request, index, by);
        }
        if let Some((index, _)) = found {
            self.used(index);
        }
        let recorded = found.map(|(index, _)| index);
        let was_open = found.is_some_and(|(index, by)| {
            let attempt = self.plan.recording.attempts.get(index);
            by != ServedBy::OrderOnly && attempt.is_some_and(|it| it.outcome.is_none())
        });
        let now = self.debuggee.now();
        if let Some(answer) = (self.ask)(&request, now) {
            self.note(&request, recorded, ServedBy::Asked);
            self.asked.insert(request.token, answer);
            // What the recording has no answer to was not answered before its end.
            let end = EventId(self.plan.recording.length as u64);
            let (at, place) =
                if was_open { (now.max(self.time(end)), end) } else { (now, EventId(0)) };
            self.prompts.insert((at, place, Prompt::Asked(request.token)));
            return;
        }
        let by = if was_open { ServedBy::Unanswered } else { ServedBy::Nobody };
        self.note(&request, recorded, by);
        self.turns.extend(recorded.map(|index| (request.token, index)));
        self.unanswered.insert(request.token, request);
    }

    /// Whether a recorded attempt is the answer. Of one that was made without execution data only the question is known; of one
    /// that was not over when the recording ended nothing more is, and to a re-run of the same definition nothing else happened.
    fn serves(&self, index: usize, by: ServedBy) -> bool {
        let outcome = self.plan.recording.attempts.get(index).and_then(|it| it.outcome.as_ref());
        let has_answer = !matches!(outcome, Some((_, Outcome::Succeeded(None))));
        match self.plan.matching {
            Matching::Order => has_answer,
            Matching::Parameters => has_answer && outcome.is_some() && by != ServedBy::OrderOnly,
        }
    }

    fn note(&mut self, request: &TaskRequest, recorded: Option<usize>, by: ServedBy) {
        let attempt = recorded.and_then(|it| self.plan.recording.attempts.get(it));
        let last = self.debuggee.last_event();
        let schedules = |id: EventId| {
            let event = self.debuggee.history.get(id)?;
            is_scheduled(event.event_type).then_some(id)
        };
        self.served.push(Served {
            state_name: Arc::clone(&request.state_name),
            event: schedules(last).unwrap_or_default(),
            recorded: attempt.map(|it| it.scheduled),
            by,
        });
    }

    /// The recorded attempt that answers a request.
    fn find(&self, request: &TaskRequest) -> Option<(usize, ServedBy)> {
        let recording = self.plan.recording;
        let fit = |index: &usize| {
            let attempt = recording.attempts.get(*index)?;
            Some((*index, how_alike(attempt, request)))
        };
        let seat = seat(request);
        let here = self.left.get(&seat);
        if self.plan.matching == Matching::Order {
            return here?.front().and_then(fit);
        }
        let same = |(_, by): &(usize, ServedBy)| *by != ServedBy::OrderOnly;
        // The most that is looked through for the same parameters in other iterations.
        const MOST_COMPARED: usize = 1000;
        let elsewhere = || {
            let others = self.left.range((Arc::clone(&seat.0), Arc::from([]))..);
            let others = others.take_while(|((name, _), _)| *name == seat.0);
            let others = others.filter(|((_, indices), _)| *indices != seat.1);
            others.flat_map(|(_, left)| left).take(MOST_COMPARED).filter_map(fit).find(same)
        };
        let exact = here.and_then(|it| it.iter().take(MOST_COMPARED).filter_map(fit).find(same));
        // What was only renamed asks what the state of the old name asked.
        let renamed = || {
            let is_new = !recording.attempts.iter().any(|it| it.seat.0 == seat.0);
            let gone = self.left.iter().filter(|((name, _), _)| self.gone.contains(name));
            let left = gone.filter(|_| is_new).flat_map(|(_, left)| left);
            left.take(MOST_COMPARED).filter_map(fit).find(same)
        };
        exact.or_else(elsewhere).or_else(renamed).or_else(|| here?.front().and_then(fit))
    }

    fn used(&mut self, index: usize) {
        let seat = self.plan.recording.attempts.get(index).map(|it| &it.seat);
        if let Some(left) = seat.and_then(|it| self.left.get_mut(it)) {
            left.retain(|it| *it != index);
        }
    }

    /// Lets a recorded attempt answer, as long after it was scheduled as it did then.
    fn serve(&mut self, request: &TaskRequest, index: usize, by: ServedBy) {
        let attempt = self.plan.recording.attempts.get(index);
        let is_over = attempt.is_some_and(|it| it.outcome.is_some());
        self.note(request, Some(index), if is_over { by } else { ServedBy::Unanswered });
        self.used(index);
        let recording = self.plan.recording;
        let Some(attempt) = recording.attempts.get(index) else { return };
        let token = request.token;
        self.awaited.insert(token, index);
        let delay = self.debuggee.now().0 - recording.time(attempt.scheduled).0;
        let mut prompt = |id: EventId, prompt: Prompt| {
            self.prompts.insert((recording.time(id).plus_millis(delay), id, prompt));
        };
        if let Some((id, _)) = &attempt.started {
            prompt(*id, Prompt::Started(token));
        }
        if let Some((id, _)) = &attempt.submitted {
            prompt(*id, Prompt::Submitted(token));
        }
        match &attempt.outcome {
            Some((id, Outcome::Succeeded(Some(_)) | Outcome::Failed { .. })) => {
                prompt(*id, Prompt::Outcome(token));
            }
            Some((_, Outcome::TimedOut)) => {}
            Some((_, Outcome::Succeeded(None))) | None => {
                self.unanswered.insert(token, request.clone());
            }
        }
    }

    // -- timers

    /// Says of each new timer where it stands in the recording.
    fn note_timers(&mut self) {
        let Some(engine) = &self.debuggee.engine else { return };
        let new: Vec<(TimerId, Timestamp, Option<TimerPurpose>)> = engine
            .clock
            .timers_from(self.next_timer)
            .map(|(timer, due)| (timer, due, engine.machine.timer_purpose(timer)))
            .collect();
        for (timer, due, purpose) in new {
            self.next_timer = TimerId(timer.0 + 1);
            let place = purpose.and_then(|purpose| self.place(due, &purpose));
            if let Some((at, id)) = place {
                self.prompts.insert((at, id, Prompt::Timer(timer)));
            }
        }
    }

    /// When a timer fires, and for which event of the recording. `None` when something else comes first.
    fn place(&mut self, due: Timestamp, purpose: &TimerPurpose) -> Option<(Timestamp, EventId)> {
        let recording = self.plan.recording;
        let no_event = EventId(0);
        match purpose {
            TimerPurpose::Wait { state_name, map_indices } => {
                let seat = (Arc::clone(state_name), Arc::clone(map_indices));
                let Some(id) = self.waits.get_mut(&seat).and_then(VecDeque::pop_front) else {
                    return Some((due, no_event));
                };
                let recorded = self.time(id);
                // An edited definition may wait longer, or less long.
                let late = recorded.0 - due.0;
                let is_same = !recording.has_times || (0..LATE_MILLIS).contains(&late);
                Some((if is_same { recorded } else { due }, id))
            }
            TimerPurpose::Retry { state_name, map_indices } => {
                let seat = (Arc::clone(state_name), Arc::clone(map_indices));
                let id = self.retries.get_mut(&seat).and_then(VecDeque::pop_front);
                // Jitter makes the delay another in each run.
                Some(id.map_or((due, no_event), |id| (self.time(id).max(self.debuggee.now()), id)))
            }
            TimerPurpose::Timeout { token } => self.timeout(due, *token, 1),
            TimerPurpose::Heartbeat { token } => self.timeout(due, *token, 0),
            TimerPurpose::Execution => match &recording.stopped {
                Some(stopped) if stopped.by_timeout => Some((self.time(stopped.at), stopped.at)),
                Some(_) | None => {
                    let end = self.time(EventId(recording.length as u64));
                    let before_end = due.plus_millis(LATE_MILLIS) < end;
                    (recording.has_times && before_end).then_some((due, no_event))
                }
            },
        }
    }

    /// A task's own limit. Of two, the heartbeat (`rank` 0) decides, unless the times say that it was the other.
    fn timeout(&self, due: Timestamp, token: TaskToken, rank: i64) -> Option<(Timestamp, EventId)> {
        let recording = self.plan.recording;
        let Some(attempt) = self.awaited.get(&token).and_then(|it| recording.attempts.get(*it))
        else {
            // An answer that was asked for comes at once; without any the limit decides.
            return self
                .asked
                .get(&token)
                .is_some_and(|it| *it == TaskAnswer::Never)
                .then_some((due, EventId(0)));
        };
        let (id, outcome) = attempt.outcome.as_ref()?;
        let delay = self.debuggee.now().0 - recording.time(attempt.scheduled).0;
        let at = recording.time(*id).plus_millis(delay);
        match outcome {
            Outcome::TimedOut if !recording.has_times => Some((at.plus_millis(rank), *id)),
            Outcome::TimedOut => {
                let is_this = (due.0 - at.0).abs() <= LATE_MILLIS;
                Some((at.plus_millis(if is_this { rank } else { 2 }), *id))
            }
            // The definition may allow less time now than the task took. Heartbeats are not recorded.
            Outcome::Succeeded(_) | Outcome::Failed { .. } => {
                let too_late = recording.has_times && due.plus_millis(LATE_MILLIS) < at;
                (too_late && rank == 1).then_some((due, EventId(0)))
            }
        }
    }

    // -- prompts

    fn prompt(&mut self, (at, _, prompt): (Timestamp, EventId, Prompt)) {
        let recording = self.plan.recording;
        let attempt_of =
            |token: &TaskToken| self.awaited.get(token).and_then(|it| recording.attempts.get(*it));
        let (token, answer) = match prompt {
            Prompt::Stop => {
                let stopped = recording.stopped.as_ref();
                let (error, cause) =
                    stopped.map_or((None, None), |it| (it.error.clone(), it.cause.clone()));
                self.advance_clock(at);
                return self.take(Input::Stop { error, cause });
            }
            Prompt::Timer(timer) => return self.fire(timer, at),
            Prompt::Started(token) => {
                let worker = attempt_of(&token).and_then(|it| it.started.clone());
                if let Some((_, worker_name)) = worker {
                    self.advance_clock(at);
                    self.take(Input::TaskStarted { token, worker_name });
                }
                return;
            }
            Prompt::Submitted(token) => {
                let output = attempt_of(&token).and_then(|it| it.submitted.clone());
                let output = output.and_then(|(_, output)| output);
                (token, TaskAnswer::Submitted { output: result(output.as_ref()) })
            }
            Prompt::Outcome(token) => {
                let outcome = attempt_of(&token).and_then(|it| it.outcome.as_ref());
                let Some((_, outcome)) = outcome else { return };
                let answer = match outcome {
                    Outcome::Succeeded(output) => {
                        TaskAnswer::Succeeded { output: result(output.as_ref()) }
                    }
                    Outcome::Failed { error, cause } => {
                        TaskAnswer::Failed { error: error.clone(), cause: cause.clone() }
                    }
                    Outcome::TimedOut => TaskAnswer::Never,
                };
                (token, answer)
            }
            Prompt::Asked(token) => {
                let Some(answer) = self.asked.get(&token).cloned() else { return };
                (token, answer)
            }
        };
        self.answer(at, token, answer);
    }

    fn answer(&mut self, at: Timestamp, token: TaskToken, answer: TaskAnswer) {
        self.advance_clock(at);
        let Some(engine) = &mut self.debuggee.engine else { return };
        if let Some(input) = engine.take_answer(token, answer) {
            self.take(input);
        }
    }

    fn fire(&mut self, timer: TimerId, at: Timestamp) {
        let Some(engine) = &mut self.debuggee.engine else { return };
        if engine.clock.due_at(timer).is_none() {
            return;
        }
        engine.clock.advance_to(at);
        engine.clock.forget(timer);
        self.take(Input::TimerFired { timer });
    }

    /// The last event of a full history stands in the place of one that some task brought; which one, and what, is not recorded.
    fn fill(&mut self) -> bool {
        let (length, events) = (self.plan.recording.length as u64, self.debuggee.last_event().0);
        if length != History::MAX_EVENTS || events + 1 != length {
            return false;
        }
        let Some((token, _)) = self.unanswered.pop_first() else { return false };
        self.answer(self.debuggee.now(), token, TaskAnswer::Succeeded { output: Value::Null });
        true
    }

    /// Nothing of the recording is left: the definition's own timers go on, unless a task waits for somebody's answer.
    fn jump(&mut self) -> bool {
        if !self.unanswered.is_empty() {
            return false;
        }
        let Some(engine) = &self.debuggee.engine else { return false };
        let Some(timer) = engine.clock.earliest() else { return false };
        let due = engine.clock.due_at(timer).unwrap_or_default();
        self.fire(timer, due);
        true
    }
}

fn seat(request: &TaskRequest) -> Seat {
    (Arc::clone(&request.state_name), request.map_indices.as_slice().into())
}

/// Who is asked, as the events name it; `None` where the definition has a placeholder that nothing was put in for.
fn service(request: &TaskRequest) -> Option<Cow<'_, str>> {
    let resource = &request.resource;
    Some(match &resource.kind {
        ResourceKind::LambdaFunction { .. } | ResourceKind::Activity { .. } => {
            Cow::Borrowed(&*resource.text)
        }
        ResourceKind::Optimised { service, action, pattern } => {
            format!("{service}:{action}{}", pattern.suffix()).into()
        }
        ResourceKind::AwsSdk { service, action, pattern } => {
            format!("aws-sdk:{service}:{action}{}", pattern.suffix()).into()
        }
        ResourceKind::Other => return None,
    })
}

fn is_scheduled(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::TaskScheduled
            | EventType::LambdaFunctionScheduled
            | EventType::ActivityScheduled
    )
}

fn result(output: Option<&Payload>) -> Value {
    output.map(Payload::value).unwrap_or_default()
}

pub(super) fn how_alike(attempt: &Attempt, request: &TaskRequest) -> ServedBy {
    let Some(recorded) = &attempt.parameters else { return ServedBy::OrderOnly };
    if service(request).is_some_and(|it| *it != *attempt.service) {
        return ServedBy::OrderOnly;
    }
    let recorded = recorded.value();
    if recorded == request.parameters {
        ServedBy::Recording
    } else if alike(&recorded, &request.parameters) {
        ServedBy::RecordingUpToNames
    } else {
        ServedBy::OrderOnly
    }
}
