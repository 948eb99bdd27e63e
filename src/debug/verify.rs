//! Verifying: a recorded execution is run again with its own answers, and both histories are compared event by event.
//!
//! What cannot be the same is not compared: times; `roleArn`; what is made up anew in every run (UUIDs, random numbers, task and
//! Map Run tokens, names that the history does not say), found by a second run that differs in just that; the order of events
//! of concurrent branches and iterations, which are compared thread by thread under the recording's numbers; which of several
//! threads ended last; and how far a thread had come when the failure of another stopped it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::DebugSession;
use super::alike::{Numbering, differing_field};
use super::field::FieldDifference;
use super::recording::Recording;
use super::replay::{Ask, Matching, Plan, Rerun, Served, rerun};
use crate::asl::StateMachine;
use crate::execution::{
    EventId, EventType, ExecutionStatus, History, HistoryEvent, Moments, ThreadId, ThreadKind,
    ThreadStatus, export,
};
use crate::json::Value;
use crate::query::Variables;

/// What came of verifying a recording.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Events of the recording.
    pub events: usize,
    /// Those that the re-run has too.
    pub reproduced: usize,
    /// The first event that it does not have, or has otherwise.
    pub divergence: Option<Divergence>,
    /// Both histories side by side, in the recording's order; events of ours alone stand where they came.
    pub pairs: Vec<Pair>,
    /// What differs in the events that differ, by their number in the recording.
    pub fields: BTreeMap<EventId, FieldDifference>,
    /// What was left out of the comparison, in words.
    pub notes: Vec<String>,
    /// Who answered the tasks.
    pub served: Vec<Served>,
    /// The re-run, stopped at its end.
    pub session: DebugSession,
}

/// Where two histories part.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// In the recording; one more than its last event when ours goes on.
    pub event_id: EventId,
    pub recorded: Option<HistoryEvent>,
    pub simulated: Option<HistoryEvent>,
    /// What of the event differs; `None` where only one of them has it.
    pub field: Option<FieldDifference>,
}

/// An event of the recording beside that of the re-run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    pub recorded: Option<EventId>,
    pub simulated: Option<EventId>,
    pub agreement: Agreement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Same,
    /// Only one of them has it, because a thread was stopped sooner or later; nothing is wrong with that.
    Stopped,
    /// Only ours has it: the recording ends before it, and the execution had not.
    BeyondEnd,
    Different,
    /// After the first difference in its thread.
    Unknown,
}

impl Verification {
    pub fn is_reproduced(&self) -> bool {
        self.divergence.is_none()
    }

    /// `{"events", "reproduced", "divergence": null | {"event_id", "recorded", "simulated", "field"}}`, events as the API writes
    /// them, the field as the way to the value that differs.
    pub fn to_json(&self) -> Value {
        let number = |number: usize| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        Value::object([
            ("events", number(self.events)),
            ("reproduced", number(self.reproduced)),
            ("divergence", self.divergence.as_ref().map_or(Value::Null, Divergence::to_json)),
        ])
    }
}

impl Divergence {
    /// `{"event_id", "recorded", "simulated", "field"}`.
    pub fn to_json(&self) -> Value {
        let event = |event: &Option<HistoryEvent>| {
            event.as_ref().map_or(Value::Null, export::event_to_json)
        };
        let field = self.field.as_ref().map_or(Value::Null, |it| Value::from(it.field.as_str()));
        Value::object([
            ("event_id", Value::from(self.event_id.0.cast_signed())),
            ("recorded", event(&self.recorded)),
            ("simulated", event(&self.simulated)),
            ("field", field),
        ])
    }
}

/// Runs a recording again with its own answers, and compares. `ask` gives what histories do not hold: the objects that the reader
/// of a distributed Map reads, and what the tasks of its child executions answer.
pub fn verify(
    definition: &Arc<StateMachine>,
    history: &History,
    moments: &Moments,
    recording: &Recording,
    ask: &mut Ask<'_>,
) -> Verification {
    let mut run = |variant: u64| {
        let plan = Plan {
            recording,
            definition: Arc::clone(definition),
            start: recording.start(variant),
            variables: Variables::new(),
            variant,
            matching: Matching::Order,
            from: EventId(0),
        };
        rerun(plan, ask)
    };
    let (ours, other) = (run(0), run(1));
    let mut notes: Vec<String> = redriven(recording.length, history).into_iter().collect();
    let found = compare((history, moments, recording.length), EventId(1), &ours, &other);
    if found.stopped > 0 {
        let (count, are) = counted(found.stopped, "event");
        notes.push(format!(
            "{count} {are} of threads that the failure of another one stopped: how far those came is a matter of timing.",
        ));
    }
    if found.is_open {
        notes.push(end_of_recording(recording.length, &found, &ours));
    } else if let Some(request) = ours.unanswered.first() {
        notes.push(format!(
            "State '{}' calls {}, and the recording does not say what that answered.",
            request.state_name, request.resource.text
        ));
    }
    let Rerun { served, .. } = &ours;
    Verification {
        events: recording.length,
        reproduced: found.reproduced,
        divergence: found.divergence,
        pairs: found.pairs,
        fields: found.fields,
        notes,
        served: served.clone(),
        session: ours.session(),
    }
}

/// That only what came before a redrive is compared.
pub(super) fn redriven(length: usize, history: &History) -> Option<String> {
    (length < history.events().len()).then(|| {
        format!("The execution was redriven after event {length}; what came after is not compared.")
    })
}

/// `1 event`, `is`; `2 events`, `are`.
fn counted(number: usize, thing: &str) -> (String, &'static str) {
    let many = number != 1;
    (format!("{number} {thing}{}", if many { "s" } else { "" }), if many { "are" } else { "is" })
}

/// That a recording ends before its execution does, and what the re-run does where it ends.
fn end_of_recording(length: usize, found: &Found, ours: &Rerun) -> String {
    let mut text = format!("The recording ends at event {length}, before its execution has ended.");
    if found.divergence.is_some() {
        return text;
    }
    text.push_str(" It was reproduced to its end.");
    let beyond = match found.beyond_end {
        0 => String::new(),
        number => format!(" goes on for {}", counted(number, "event").0),
    };
    let waits = ours.unanswered.first().map(|it| {
        let others = match ours.unanswered.len() - 1 {
            0 => String::new(),
            number => format!(" and {}", counted(number, "other").0),
        };
        format!(" waits for what {} answers to state '{}'{others}", it.resource.text, it.state_name)
    });
    let status = ours.debuggee.history.status();
    let ends = match &status {
        ExecutionStatus::Running => None,
        ExecutionStatus::Succeeded { .. } => Some(" ends as SUCCEEDED".to_owned()),
        ExecutionStatus::Failed { error, .. }
        | ExecutionStatus::TimedOut { error, .. }
        | ExecutionStatus::Aborted { error, .. } => {
            let error = error.as_deref().map(|it| format!(" with {it}")).unwrap_or_default();
            Some(format!(" ends as {}{error}", status.as_str()))
        }
    };
    let then: Vec<String> =
        [Some(beyond).filter(|it| !it.is_empty()), ends.or(waits)].into_iter().flatten().collect();
    if !then.is_empty() {
        text.push_str(&format!(" After it the re-run{}.", then.join(" and")));
    }
    text
}

fn is_end(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::ExecutionSucceeded
            | EventType::ExecutionFailed
            | EventType::ExecutionTimedOut
            | EventType::ExecutionAborted
    )
}

/// The events of each thread, under names that are the same in every run.
struct Lanes<'h> {
    history: &'h History,
    moments: &'h Moments,
    lanes: BTreeMap<Arc<str>, Lane>,
}

#[derive(Default)]
struct Lane {
    events: Vec<EventId>,
    /// It was stopped by the failure of another.
    was_stopped: bool,
}

impl<'h> Lanes<'h> {
    /// The events from one on, up to a number.
    fn of(history: &'h History, moments: &'h Moments, from: EventId, length: usize) -> Self {
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut lanes: BTreeMap<Arc<str>, Lane> = BTreeMap::new();
        for thread in &moments.latest().threads {
            let parent = thread.parent.and_then(|it| names.get(it.0 as usize));
            let name = match &thread.kind {
                ThreadKind::Top => String::new(),
                ThreadKind::Branch { of, index } | ThreadKind::Iteration { of, index } => {
                    let outer = parent.map_or("", |it| &**it);
                    format!("{outer}>{of}[{index}]")
                }
            };
            // Each attempt of a Map or Parallel has its threads anew.
            let is_before = thread.started < from && thread.parent.is_some();
            let count = seen.entry(name.clone()).or_default();
            *count += u32::from(!is_before);
            let name: Arc<str> = format!("{name}#{}", if is_before { 0 } else { *count }).into();
            let was_stopped = thread.status == ThreadStatus::Aborted;
            if !is_before {
                lanes.insert(Arc::clone(&name), Lane { events: Vec::new(), was_stopped });
            }
            names.push(name);
        }
        for event in history.events().iter().take(length).filter(|event| event.id >= from) {
            let thread = moments.thread_of(event.id).0 as usize;
            if let Some(lane) = names.get(thread).and_then(|it| lanes.get_mut(it)) {
                lane.events.push(event.id);
            }
        }
        Self { history, moments, lanes }
    }

    fn of_rerun(rerun: &'h Rerun, from: EventId) -> Self {
        Self::of(&rerun.debuggee.history, &rerun.debuggee.moments, from, usize::MAX)
    }

    fn get(&self, id: EventId) -> Option<&'h HistoryEvent> {
        self.history.get(id)
    }

    fn thread(&self, id: EventId) -> ThreadId {
        self.moments.thread_of(id)
    }

    fn is_abortion(&self, id: EventId) -> bool {
        let is_abortion = |it: EventType| {
            matches!(
                it,
                EventType::TaskStateAborted
                    | EventType::WaitStateAborted
                    | EventType::MapStateAborted
                    | EventType::ParallelStateAborted
                    | EventType::MapIterationAborted
            )
        };
        self.get(id).is_some_and(|event| is_abortion(event.event_type))
    }

    /// Whether an event hangs on one of a thread beside or inside its own: which one that is depends on which came last.
    fn hangs_on_another(&self, event: &HistoryEvent) -> bool {
        let (own, previous) = (self.thread(event.id), self.thread(event.previous_event_id));
        let around = |thread| std::iter::successors(Some(thread), |it| self.moments.parent_of(*it));
        let outer = self.moments.parent_of(own);
        around(previous).any(|it| it == own || Some(it) == outer)
    }
}

struct Comparison<'h> {
    recorded: Lanes<'h>,
    ours: Lanes<'h>,
    other: Lanes<'h>,
    /// The recording was made before the execution ended.
    is_open: bool,
    /// The recorded event that ours begins with.
    from: EventId,
}

#[derive(Default)]
pub(super) struct Found {
    reproduced: usize,
    stopped: usize,
    beyond_end: usize,
    is_open: bool,
    pub(super) divergence: Option<Divergence>,
    pub(super) pairs: Vec<Pair>,
    pub(super) fields: BTreeMap<EventId, FieldDifference>,
}

/// Compares a recording from an event on with a re-run of it, and with a second one that differs in what is made up.
pub(super) fn compare(
    (history, moments, length): (&History, &Moments, usize),
    from: EventId,
    ours: &Rerun,
    other: &Rerun,
) -> Found {
    // A re-run from the middle has an ExecutionStarted of its own.
    let first = EventId(if from.0 > 1 { 2 } else { 1 });
    let comparison = Comparison {
        recorded: Lanes::of(history, moments, from, length),
        ours: Lanes::of_rerun(ours, first),
        other: Lanes::of_rerun(other, first),
        is_open: is_open(history, length),
        from,
    };
    comparison.run()
}

fn is_open(history: &History, length: usize) -> bool {
    let last = length.checked_sub(1).and_then(|it| history.events().get(it));
    last.is_some_and(|it| !is_end(it.event_type))
}

impl Comparison<'_> {
    fn run(&self) -> Found {
        let numbering = self.numbering();
        let mut found = Found { is_open: self.is_open, ..Found::default() };
        // Pairs by the place in the recording; ours alone after the recorded event before it.
        let mut placed: Vec<((EventId, u64), Pair)> = Vec::new();
        let empty = Lane::default();
        let extra_names =
            self.ours.lanes.keys().filter(|it| !self.recorded.lanes.contains_key(*it));
        for name in self.recorded.lanes.keys().chain(extra_names) {
            let recorded = self.recorded.lanes.get(name).unwrap_or(&empty);
            let ours = self.ours.lanes.get(name).unwrap_or(&empty);
            let other = self.other.lanes.get(name).unwrap_or(&empty);
            // A thread that only ours began may have been stopped at once.
            let may_be_cut =
                recorded.was_stopped || (recorded.events.is_empty() && ours.was_stopped);
            let mut after = recorded.events.first().copied().unwrap_or_else(|| self.before(ours));
            // What became of the lane with its first difference.
            let mut parted: Option<Agreement> = None;
            for at in 0..recorded.events.len().max(ours.events.len()) {
                let one = recorded.events.get(at).copied();
                let two = ours.events.get(at).copied();
                let mut differs = None;
                let agreement = parted.unwrap_or_else(|| match (one, two) {
                    (None, Some(_)) if self.is_open && !recorded.was_stopped => {
                        Agreement::BeyondEnd
                    }
                    (None, Some(_)) | (Some(_), None) if may_be_cut => Agreement::Stopped,
                    (Some(one), Some(two)) => {
                        differs =
                            self.difference(one, two, other.events.get(at).copied(), &numbering);
                        let abortion = self.recorded.is_abortion(one) || self.ours.is_abortion(two);
                        match &differs {
                            None => Agreement::Same,
                            // A stopped thread's last event says that it was stopped, wherever it had come to.
                            Some(_) if may_be_cut && abortion => Agreement::Stopped,
                            Some(_) => Agreement::Different,
                        }
                    }
                    (_, _) => Agreement::Different,
                });
                match agreement {
                    Agreement::Same => {}
                    Agreement::Stopped | Agreement::BeyondEnd => parted = Some(agreement),
                    Agreement::Different | Agreement::Unknown => parted = Some(Agreement::Unknown),
                }
                if let (Some(one), Some(differs), Agreement::Different) = (one, differs, agreement)
                {
                    found.fields.insert(one, differs);
                }
                after = one.unwrap_or(after);
                let order = if one.is_some() { 0 } else { two.map_or(0, |it| it.0) };
                placed.push(((after, order), Pair { recorded: one, simulated: two, agreement }));
                let counts = matches!(agreement, Agreement::Same | Agreement::Stopped);
                found.reproduced += usize::from(one.is_some() && counts);
                found.stopped += usize::from(agreement == Agreement::Stopped);
                found.beyond_end += usize::from(agreement == Agreement::BeyondEnd);
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        found.divergence = placed
            .iter()
            .find(|(_, pair)| pair.agreement == Agreement::Different)
            .map(|((after, _), pair)| Divergence {
                event_id: pair.recorded.unwrap_or(EventId(after.0 + 1)),
                recorded: pair.recorded.and_then(|id| self.recorded.get(id)).cloned(),
                simulated: pair.simulated.and_then(|id| self.ours.get(id)).cloned(),
                field: pair.recorded.and_then(|id| found.fields.get(&id)).cloned(),
            });
        found.pairs = placed.into_iter().map(|(_, pair)| pair).collect();
        found
    }

    /// The recorded event before the first of a lane that only ours has.
    fn before(&self, lane: &Lane) -> EventId {
        let Some(first) = lane.events.first() else { return EventId(0) };
        EventId(first.0.saturating_sub(1).min(self.recorded.history.last_id().0))
    }

    /// The recording's numbers of our events, by their places in the threads.
    fn numbering(&self) -> Numbering {
        let mut numbering = Numbering::from([(EventId(0), EventId(0))]);
        for (name, ours) in &self.ours.lanes {
            let Some(recorded) = self.recorded.lanes.get(name) else { continue };
            numbering.extend(ours.events.iter().copied().zip(recorded.events.iter().copied()));
        }
        numbering
    }

    /// What differs in two events that stand in the same place; `None` where nothing does.
    fn difference(
        &self,
        one: EventId,
        two: EventId,
        third: Option<EventId>,
        numbering: &Numbering,
    ) -> Option<FieldDifference> {
        let (one, two) = (self.recorded.get(one)?, self.ours.get(two)?);
        let named = |name: &str, one: Value, two: Value| {
            Some(FieldDifference::named(name, Some(&one), Some(&two)))
        };
        if one.event_type != two.event_type {
            let name = |event: &HistoryEvent| Value::from(event.event_type.as_str());
            return named("type", name(one), name(two));
        }
        if one.details != two.details {
            let third = third.and_then(|id| self.other.get(id));
            let third = third.filter(|it| it.event_type == two.event_type).unwrap_or(two);
            let details =
                |event: &HistoryEvent| export::details_to_json(&event.details).unwrap_or_default();
            let (recorded, ours, other) = (details(one), details(two), details(third));
            let found = differing_field(&recorded, &ours, &other, numbering);
            if found.is_some() {
                return found;
            }
        }
        if self.hang_alike(one, two, numbering) {
            return None;
        }
        let ours = numbering.get(&two.previous_event_id).unwrap_or(&two.previous_event_id);
        let number = |id: EventId| Value::from(id.0.cast_signed());
        named("previousEventId", number(one.previous_event_id), number(*ours))
    }

    /// Whether two events hang on the same one.
    fn hang_alike(&self, one: &HistoryEvent, two: &HistoryEvent, numbering: &Numbering) -> bool {
        use EventType as T;
        if numbering.get(&two.previous_event_id) == Some(&one.previous_event_id) {
            return true;
        }
        // What came before is not run again.
        if self.from.0 > 1 && one.previous_event_id < self.from {
            return true;
        }
        // AWS itself hangs the exit of a distributed Map on the start of its run, or on its end.
        if one.event_type == T::MapStateExited {
            return true;
        }
        let follows_others = matches!(
            one.event_type,
            T::MapIterationStarted
                | T::MapStateSucceeded
                | T::MapStateFailed
                | T::ParallelStateSucceeded
                | T::ParallelStateFailed
                | T::ExecutionFailed
        );
        follows_others && self.recorded.hangs_on_another(one) && self.ours.hangs_on_another(two)
    }
}
