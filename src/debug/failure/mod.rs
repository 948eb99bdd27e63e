//! Why an execution failed: every state that failed, what its Retry and Catch made of it, and the input that mattered.
//!
//! A pure function of the definition, the history and its moments. An error that went through several states (a task, the
//! iteration, the Map around it) is told once, at the state where it began, with what each state around it did about it.
//! Failures of the same kind in many items are one group.

mod cause;
mod evidence;
mod explain;
mod gather;
mod handlers;
mod place;

use std::sync::Arc;

use crate::asl::StatePath;
use crate::execution::{EventId, ExecutionStatus, StateType, ThreadId};

pub use cause::{Cause, CauseKind};
pub use evidence::Evidence;
pub use gather::failures;
pub use handlers::{Handler, HandlerKind, Handling, Verdict};
pub use place::{JsonPlace, PlaceStep};

/// Why an execution failed, and what else went wrong in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureReport {
    pub status: ExecutionStatus,
    /// What ended the execution, in the order in which it happened.
    pub failures: Vec<FailureGroup>,
    /// Errors that a Retry or a Catch took care of.
    pub caught: Vec<FailureGroup>,
    /// Visits that were stopped because of a failure elsewhere.
    pub stopped: usize,
    /// States that the history names and the definition does not have.
    pub unknown_states: Vec<StatePath>,
    /// Groups that are not told, because there are too many.
    pub left_out: usize,
}

/// Failures of the same kind: the same state, error and outcome, in several items, branches or visits.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureGroup {
    /// The one that came first, with everything that is known of it.
    pub first: Failure,
    /// The first of them, this one among them.
    pub members: Vec<Member>,
    /// How many there are.
    pub count: usize,
    /// How many items the Map around them has.
    pub of_items: Option<u64>,
}

/// Where to look for one failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `Iteration 3 of Work`, innermost last; empty at the top.
    pub place: String,
    pub at: Look,
}

/// A place in the history: put the cursor at the event, and look at the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub event: EventId,
    pub thread: ThreadId,
}

/// One failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// `None` when the execution as a whole was ended.
    pub state: Option<StatePath>,
    /// The state's name as the history says it, or what stands for the execution.
    pub name: Arc<str>,
    pub state_type: Option<StateType>,
    /// The event that entered the state.
    pub entered: Option<EventId>,
    pub at: Look,
    /// Empty where none was recorded.
    pub error: Arc<str>,
    pub cause: Cause,
    /// Why, in a sentence or two.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
    /// What was tried, in order; at least one for a Task that was scheduled.
    pub attempts: Vec<FailedAttempt>,
    /// The input that mattered.
    pub evidence: Vec<Evidence>,
    /// What the state, and then each state around it, did about the error.
    pub handling: Vec<Handling>,
    pub outcome: Outcome,
    /// The execution that this one started and that failed, by its ARN.
    pub child: Option<Arc<str>>,
    /// The Map Run that failed, by its ARN.
    pub map_run: Option<Arc<str>>,
}

/// One attempt that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAttempt {
    /// Counts from 1.
    pub number: usize,
    /// The event that tells of the failure.
    pub event: EventId,
    pub error: Arc<str>,
    pub cause: Arc<str>,
    /// How long it took, in milliseconds.
    pub took_millis: i64,
    /// How long the next attempt was waited for, in milliseconds; 0 after the last.
    pub waited_millis: i64,
}

/// What became of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended the execution.
    EndedExecution,
    /// A catcher took it.
    Caught {
        /// The state whose catcher it was.
        by: StatePath,
        /// Where the catcher leads, where that is known.
        next: Option<Arc<str>>,
    },
    /// A later attempt succeeded, or the Map tolerated it.
    Recovered,
    /// The execution goes on, or its history ends here.
    Open,
}

impl Failure {
    /// `Charge card failed with PaymentError`
    pub fn headline(&self) -> String {
        let name = &self.name;
        match (&self.state, self.error.is_empty()) {
            (Some(_), true) => format!("{name} failed"),
            (Some(_), false) => format!("{name} failed with {}", self.error),
            (None, _) => name.to_string(),
        }
    }
}

impl FailureReport {
    /// One line for a strip: the failure that ended the execution.
    pub fn headline(&self) -> Option<String> {
        let group = self.failures.first()?;
        let first = group.first.headline();
        let more = self.failures.iter().map(|it| it.count).sum::<usize>() - 1;
        Some(match more {
            0 => first,
            1 => format!("{first}, and so did 1 other"),
            _ => format!("{first}, and so did {more} others"),
        })
    }
}

#[cfg(test)]
mod tests;
