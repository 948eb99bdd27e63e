//! The situation just after an event: which threads there are, where each stands, how each state fares.
//!
//! `Moment = fold(events[..=cursor])`, see `fold.rs`. [`Moments`] keeps some of them, so that any other is near one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fold::Fold;
use super::outline::{Outline, ScopeIndex};
use super::place::{Place, Placing};
use super::{
    EventId, History, SharedMap, Thread, ThreadId, ThreadKind, Timeline, Timestamp, Visit,
};
use crate::asl::{StateMachine, StatePath};
use crate::query::Variables;

/// How a state fares, over its concurrent visits the most alarming one; a visit in a later round of a loop replaces the
/// earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateStatus {
    #[default]
    NotEntered,
    Succeeded,
    Aborted,
    InProgress,
    /// Failed, and a Retry or Catch took care.
    Caught,
    Failed,
}

/// What led a thread out of a state. Two rules of a Choice may lead to the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    Next,
    /// A rule of a Choice, by index.
    Rule(usize),
    Default,
    /// A catcher, by index.
    Catch(usize),
}

/// The situation just after event `at`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// 0 is "before the first event": no thread, nothing entered.
    pub at: EventId,
    pub timestamp: Timestamp,
    /// By [`ThreadId`]. Threads that have ended stay, so that their last state can be seen.
    pub threads: Vec<Arc<Thread>>,
    /// The thread that the event at the cursor belongs to.
    pub focus: ThreadId,
    /// Only states that have been entered.
    pub states: SharedMap<StatePath, StateSummary>,
    /// Transitions taken, by (from, to), so that the graph can colour its edges.
    pub taken: SharedMap<(StatePath, StatePath), u32>,
    /// The ways out of states that are known to have been taken. AWS does not record which rule of a Choice matched and
    /// which catcher caught: then only `taken` tells.
    pub ways: SharedMap<(StatePath, Via), ()>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSummary {
    pub status: StateStatus,
    pub visits: u32,
    /// Visits that are not over.
    pub in_progress: u32,
    /// Retries in the latest visit.
    pub retries: u32,
    /// Iterations of a Map: started, finished, length. Over all of its concurrent visits.
    pub iterations: Option<(u64, u64, u64)>,
    /// The entered event of the latest visit.
    pub latest: EventId,
    /// The most alarming status of the concurrent visits that are over.
    pub(super) settled: StateStatus,
    /// What groups concurrent visits: the start of the outermost Parallel or Map around them.
    pub(super) round: EventId,
}

/// All moments of a history: any of them in about constant time, and new events added as they come.
#[derive(Clone, Debug)]
pub struct Moments {
    outline: Arc<Outline>,
    /// The thread of each event.
    placed: Vec<ThreadId>,
    /// The visit of each event, by its entered event; 0 for none.
    visits: Vec<EventId>,
    /// What began each thread.
    origins: Vec<Origin>,
    /// The scope of each thread.
    scopes: Vec<Option<ScopeIndex>>,
    /// Variables as values, since recorded ones are texts.
    assigned: BTreeMap<EventId, Variables>,
    /// Some moments, oldest first; never one of event 0.
    checkpoints: Vec<Arc<Moment>>,
    /// What it takes to come here from the last checkpoint.
    work: u64,
    latest: Arc<Moment>,
    timeline: Timeline,
}

#[derive(Clone, Debug)]
struct Origin {
    parent: Option<ThreadId>,
    kind: ThreadKind,
    started: EventId,
}

/// What is done between two checkpoints, counted in events; an event that changes or looks at many threads counts for many. Larger
/// moments stand further apart, so that all of them together take memory in proportion to the history.
const CHECKPOINT_WORK: u64 = 64;
/// How much of a moment's size counts towards the distance.
const SIZE_PER_WORK: u64 = 16;
/// Threads that can be looked at while one event is taken in.
const SEEN_PER_WORK: u64 = 64;

/// What an event did to a moment.
#[derive(Default)]
struct Applied {
    /// The threads that changed.
    touched: Vec<ThreadId>,
    /// How many threads were looked at.
    seen: u64,
}

impl Moments {
    pub fn new(machine: &StateMachine) -> Self {
        Self {
            outline: Arc::new(Outline::of(machine)),
            placed: Vec::new(),
            visits: Vec::new(),
            origins: vec![Origin { parent: None, kind: ThreadKind::Top, started: EventId(1) }],
            scopes: vec![Some(0)],
            assigned: BTreeMap::new(),
            checkpoints: Vec::new(),
            work: 0,
            latest: Arc::default(),
            timeline: Timeline::default(),
        }
    }

    /// The moments of a whole history.
    pub fn of(machine: &StateMachine, history: &History) -> Self {
        let mut moments = Self::new(machine);
        moments.extend(history);
        moments
    }

    /// Takes in the events that were appended since.
    pub fn extend(&mut self, history: &History) {
        let known = self.placed.len();
        for event in history.events().get(known..).unwrap_or_default() {
            let placing = Placing {
                outline: &self.outline,
                history,
                before: &self.latest,
                placed: &self.placed,
                scopes: &self.scopes,
            };
            let thread = match placing.place(event) {
                Place::In(thread) => thread,
                Place::Begins { parent, kind, scope } => {
                    self.origins.push(Origin { parent: Some(parent), kind, started: event.id });
                    self.scopes.push(scope);
                    // More threads than events cannot be, and an execution has at most 25,000 events.
                    ThreadId(u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX))
                }
            };
            self.placed.push(thread);
            if let super::EventDetails::StateExited { assigned_variables, .. } = &event.details
                && !assigned_variables.is_empty()
            {
                let values = assigned_variables
                    .iter()
                    .map(|(name, payload)| (Arc::clone(name), payload.value()));
                self.assigned.insert(event.id, values.collect());
            }
            let mut latest = std::mem::take(&mut self.latest);
            let Applied { touched, seen } =
                self.apply(Arc::make_mut(&mut latest), history, event.id);
            self.visits.push(visit_of(&latest, event.event_type, thread));
            self.timeline.add(event, &latest, &touched);
            let size = (latest.threads.len() + latest.states.len() / 2) as u64;
            self.work += (touched.len() as u64).max(1) + seen / SEEN_PER_WORK;
            if self.work >= CHECKPOINT_WORK.max(size / SIZE_PER_WORK) {
                self.work = 0;
                self.checkpoints.push(Arc::clone(&latest));
            }
            self.latest = latest;
        }
    }

    /// Moves a moment over one event whose thread is known.
    fn apply(&self, moment: &mut Moment, history: &History, id: EventId) -> Applied {
        let index = usize::try_from(id.0 - 1).unwrap_or(usize::MAX);
        let (Some(event), Some(thread)) = (history.get(id), self.placed.get(index)) else {
            return Applied::default();
        };
        if moment.threads.len() <= thread.0 as usize
            && let Some(origin) = self.origins.get(thread.0 as usize)
        {
            let variables =
                origin.parent.and_then(|it| moment.thread(it)).map(|it| Arc::clone(&it.variables));
            moment.threads.push(Arc::new(Thread::new(
                *thread,
                origin.parent,
                origin.kind.clone(),
                origin.started,
                variables.unwrap_or_default(),
            )));
        }
        let scope = self.scopes.get(thread.0 as usize).copied().flatten();
        let mut fold = Fold {
            outline: &self.outline,
            history,
            placed: &self.placed,
            scopes: &self.scopes,
            assigned: self.assigned.get(&id),
            moment,
            touched: vec![*thread],
            seen: 0,
        };
        fold.apply(event, *thread, scope);
        Applied { touched: fold.touched, seen: fold.seen }
    }

    /// The situation just after an event; past the end, after the last. `history` is the one that was taken in.
    pub fn at(&self, history: &History, event: EventId) -> Arc<Moment> {
        if event >= self.latest.at {
            return Arc::clone(&self.latest);
        }
        let before = self.checkpoints.partition_point(|it| it.at <= event);
        let start = before.checked_sub(1).and_then(|it| self.checkpoints.get(it));
        let mut moment = start.cloned().unwrap_or_default();
        while moment.at < event {
            let next = EventId(moment.at.0 + 1);
            self.apply(Arc::make_mut(&mut moment), history, next);
            if moment.at != next {
                // Another history than the one that was taken in.
                break;
            }
        }
        moment
    }

    /// The checkpoint from which a moment is computed; 0 for the start.
    pub fn checkpoint_before(&self, event: EventId) -> EventId {
        let before = self.checkpoints.partition_point(|it| it.at <= event);
        before.checked_sub(1).and_then(|it| self.checkpoints.get(it)).map_or(EventId(0), |it| it.at)
    }

    /// The situation after the last event.
    pub fn latest(&self) -> &Arc<Moment> {
        &self.latest
    }

    /// The thread of an event; the top for an event that is not there.
    pub fn thread_of(&self, event: EventId) -> ThreadId {
        let index = event.0.checked_sub(1).and_then(|it| usize::try_from(it).ok());
        index.and_then(|it| self.placed.get(it)).copied().unwrap_or_default()
    }

    /// The visit that an event belongs to, by its entered event; `None` for events of the execution as a whole.
    pub fn visit_of(&self, event: EventId) -> Option<EventId> {
        let index = event.0.checked_sub(1).and_then(|it| usize::try_from(it).ok())?;
        self.visits.get(index).copied().filter(|it| it.0 > 0)
    }

    /// The parent of a thread, whether or not it has begun at some moment.
    pub fn parent_of(&self, thread: ThreadId) -> Option<ThreadId> {
        self.origins.get(thread.0 as usize)?.parent
    }

    /// The path of the state that an entered or exited event names.
    pub fn state_of(&self, event: EventId) -> Option<&StatePath> {
        Some(&self.timeline.visits.get(&self.visit_of(event)?)?.state)
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }
}

/// The marks of iterations belong to the Map, everything else to the state its thread is in.
fn visit_of(after: &Moment, event_type: super::EventType, thread: ThreadId) -> EventId {
    let name = event_type.as_str();
    if name.starts_with("Execution") {
        return EventId(0);
    }
    let thread = after.thread(thread);
    let thread = if name.starts_with("MapIteration") {
        thread.and_then(|it| after.thread(it.parent?)).or(thread)
    } else {
        thread
    };
    thread.and_then(|it| it.current.as_ref()).map_or(EventId(0), |visit| visit.entered)
}

impl Moment {
    pub fn thread(&self, id: ThreadId) -> Option<&Arc<Thread>> {
        self.threads.get(id.0 as usize)
    }

    /// The thread and the ones around it, up to the top.
    pub fn chain(&self, id: ThreadId) -> impl Iterator<Item = &Arc<Thread>> {
        std::iter::successors(self.thread(id), |thread| self.thread(thread.parent?))
    }

    /// The threads that a Parallel or Map of this thread began, in the order they began.
    pub fn children(&self, id: ThreadId) -> impl Iterator<Item = &Arc<Thread>> {
        self.threads.iter().filter(move |thread| thread.parent == Some(id))
    }

    /// The visit that the focused thread is in, or was last in.
    pub fn visit(&self) -> Option<&Visit> {
        self.thread(self.focus)?.current.as_ref()
    }

    pub fn status_of(&self, state: &StatePath) -> StateStatus {
        self.states.get(state).map_or(StateStatus::NotEntered, |summary| summary.status)
    }

    /// Whether this way out of a state was taken; `None` where that is not known of this kind of way.
    pub fn has_gone(&self, from: &StatePath, via: Via) -> Option<bool> {
        if self.ways.contains_key(&(from.clone(), via)) {
            return Some(true);
        }
        let alike = |other: Via| match (via, other) {
            (Via::Rule(_) | Via::Default, Via::Rule(_) | Via::Default)
            | (Via::Catch(_), Via::Catch(_))
            | (Via::Next, Via::Next) => true,
            (Via::Next | Via::Rule(_) | Via::Default | Via::Catch(_), _) => false,
        };
        let first = (from.clone(), Via::Next);
        let mut of_state =
            self.ways.from(&first).map(|(way, ())| way).take_while(|it| it.0 == *from);
        of_state.any(|(_, other)| alike(*other)).then_some(false)
    }

    /// Whether a transition was taken.
    pub fn has_taken(&self, from: &StatePath, to: &StatePath) -> bool {
        self.taken.contains_key(&(from.clone(), to.clone()))
    }
}
