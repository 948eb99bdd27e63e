//! What the Retry and Catch of a state made of an error: which entry named it, what was spent, and why the others did not.

use std::sync::Arc;

use super::FailedAttempt;
use crate::asl::similar::closest;
use crate::asl::{ErrorName, State, StatePath};
use crate::engine::retry::covers;
use crate::execution::StateStatus;

/// What one state did about an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Handling {
    pub state: StatePath,
    pub name: Arc<str>,
    /// `false` when the definition does not have the state, so that nothing is known of its Retry and Catch.
    pub is_known: bool,
    /// Whether a state of this type may have Retry and Catch.
    pub may_handle: bool,
    /// Its retriers, then its catchers.
    pub handlers: Vec<Handler>,
    /// Attempts that it made.
    pub attempts: usize,
    /// How long it waited between them, in milliseconds.
    pub waited_millis: i64,
}

/// An entry of `Retry` or `Catch`.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    pub kind: HandlerKind,
    pub index: usize,
    pub error_equals: Vec<Arc<str>>,
    pub verdict: Verdict,
    /// The verdict in words.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    Retry,
    Catch { next: Arc<str> },
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took care.
    Took,
    /// It named the error, and all its retries are used up.
    Spent,
    /// It does not name the error.
    OtherError,
    /// An entry before it names the error too, so this one was not asked.
    NotAsked,
    /// No entry may take this error.
    Terminal,
}

/// The error, as far as Retry and Catch look at it.
#[derive(Clone, Copy)]
pub(super) struct Fault<'a> {
    /// `None` where none was recorded.
    pub(super) error: Option<&'a str>,
    pub(super) is_heartbeat: bool,
}

/// Looks through the entries of a state. `attempts` are those that failed; `status` is how its visit ended.
pub(super) fn handling(
    path: &StatePath,
    name: &Arc<str>,
    state: Option<&State>,
    fault: Fault<'_>,
    attempts: &[FailedAttempt],
    status: StateStatus,
) -> Handling {
    let waited_millis = attempts.iter().map(|it| it.waited_millis).sum();
    let mut handling = Handling {
        state: path.clone(),
        name: Arc::clone(name),
        is_known: state.is_some(),
        may_handle: state.is_some_and(may_handle),
        handlers: Vec::new(),
        attempts: attempts.len(),
        waited_millis,
    };
    let Some(state) = state else { return handling };
    handling.handlers.extend(retriers(state, fault, attempts, status));
    handling.handlers.extend(catchers(state, fault, status));
    handling
}

fn may_handle(state: &State) -> bool {
    matches!(state.kind.type_name(), "Task" | "Parallel" | "Map")
}

fn names(error_equals: &[ErrorName]) -> Vec<Arc<str>> {
    error_equals.iter().map(|it| it.as_str().into()).collect()
}

fn matches(error_equals: &[ErrorName], fault: Fault<'_>) -> bool {
    covers(error_equals, fault.error, fault.is_heartbeat)
}

fn retriers(
    state: &State,
    fault: Fault<'_>,
    attempts: &[FailedAttempt],
    status: StateStatus,
) -> Vec<Handler> {
    let first =
        |fault: Fault<'_>| state.retry.iter().position(|it| matches(&it.error_equals, fault));
    let last = first(fault);
    // Each failed attempt but one that nobody retried was answered by the first retrier that names its error.
    let recovered = status == StateStatus::Succeeded;
    let retried = if recovered { attempts.len() } else { attempts.len().saturating_sub(1) };
    let mut spent = vec![(0_u64, 0_i64); state.retry.len()];
    for attempt in attempts.iter().take(retried) {
        let error = Fault {
            error: (!attempt.error.is_empty()).then_some(&*attempt.error),
            is_heartbeat: false,
        };
        let taken = first(error).or(last).and_then(|it| spent.get_mut(it));
        if let Some((count, waited)) = taken {
            *count += 1;
            *waited += attempt.waited_millis;
        }
    }
    let handler = |(index, retrier): (usize, &crate::asl::Retrier)| {
        let (count, waited) = spent.get(index).copied().unwrap_or_default();
        let most = retrier.max_attempts;
        let used = format!("{count} of {most} retries used, {} waiting", seconds(waited));
        let (verdict, text) = if last == Some(index) {
            match (recovered, most) {
                (true, _) => (Verdict::Took, format!("Took it: {used}.")),
                (false, 0) => {
                    (Verdict::Spent, "Names it with MaxAttempts 0: never retry.".to_owned())
                }
                (false, _) if count >= most => (Verdict::Spent, format!("Used up: {used}.")),
                (false, _) => (Verdict::Spent, format!("Names it: {used}.")),
            }
        } else if count > 0 {
            (Verdict::Took, format!("Took an earlier error: {used}."))
        } else {
            refusal(&retrier.error_equals, fault, last.is_some_and(|it| it < index))
        };
        Handler {
            kind: HandlerKind::Retry,
            index,
            error_equals: names(&retrier.error_equals),
            verdict,
            text,
        }
    };
    state.retry.iter().enumerate().map(handler).collect()
}

fn catchers(state: &State, fault: Fault<'_>, status: StateStatus) -> Vec<Handler> {
    let first = state.catch.iter().position(|it| matches(&it.error_equals, fault));
    let handler = |(index, catcher): (usize, &crate::asl::Catcher)| {
        let next = catcher.next.shared();
        let (verdict, text) = match (first == Some(index), status) {
            (true, StateStatus::Caught) => (Verdict::Took, format!("Took it: goes to {next}.")),
            (true, StateStatus::Succeeded) => {
                (Verdict::NotAsked, "Not asked: a retry succeeded.".to_owned())
            }
            // The history is what happened; the names only say what should have.
            (
                true,
                StateStatus::Failed
                | StateStatus::Aborted
                | StateStatus::InProgress
                | StateStatus::NotEntered,
            ) => (Verdict::NotAsked, unused(fault)),
            (false, _) => refusal(&catcher.error_equals, fault, first.is_some_and(|it| it < index)),
        };
        Handler {
            kind: HandlerKind::Catch { next },
            index,
            error_equals: names(&catcher.error_equals),
            verdict,
            text,
        }
    };
    state.catch.iter().enumerate().map(handler).collect()
}

/// Of a catcher that names the error, and that the execution did not follow.
fn unused(fault: Fault<'_>) -> String {
    match fault.error {
        // The developer guide calls it terminal; recorded executions have been caught by States.ALL nevertheless.
        Some("States.DataLimitExceeded") => {
            "Names it, but AWS documents that States.ALL does not cover States.DataLimitExceeded: name it.".to_owned()
        }
        Some(_) | None => "Names it, but the execution did not go there.".to_owned(),
    }
}

/// Why an entry did not take an error.
fn refusal(error_equals: &[ErrorName], fault: Fault<'_>, is_late: bool) -> (Verdict, String) {
    let listed = error_equals.iter().map(ErrorName::as_str).collect::<Vec<_>>().join(", ");
    let has = |name: &str| error_equals.iter().any(|it| it.as_str() == name);
    match fault.error {
        Some("States.Runtime") => (
            Verdict::Terminal,
            "States.Runtime ends the execution: no Retry and no Catch may take it, not even States.ALL.".to_owned(),
        ),
        _ if is_late => (Verdict::NotAsked, "Not asked: an entry before it names the error.".to_owned()),
        Some("States.Timeout") if has("States.TaskFailed") => (
            Verdict::OtherError,
            format!("Names {listed}; States.TaskFailed stands for every error but States.Timeout."),
        ),
        Some(error) => {
            let folded = |text: &str| text.to_lowercase();
            let near = error_equals.iter().find(|it| folded(it.as_str()) == folded(error));
            let text = match near {
                Some(near) => format!("Names {near}, which is not {error}: capitals count."),
                None => format!("Names {listed}, not {error}."),
            };
            (Verdict::OtherError, text + &slip(error_equals))
        }
        None => {
            let slip = slip(error_equals);
            (Verdict::OtherError, format!("Names {listed}; the error has no name.{slip}"))
        }
    }
}

/// A reserved name that one of these most likely means, and is not.
fn slip(error_equals: &[ErrorName]) -> String {
    let found = error_equals.iter().find_map(|it| {
        let name = it.as_str();
        let near = closest(name, RESERVED.into_iter())?;
        (near != name).then(|| format!(" Is {name} meant to be {near}?"))
    });
    found.unwrap_or_default()
}

/// The names of the developer guide that are written into Retry and Catch.
const RESERVED: [&str; 6] = [
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.DataLimitExceeded",
];

/// `0.4 s`, `7 s`, `2 min 5 s`
pub(super) fn seconds(millis: i64) -> String {
    let (whole, tenths) = (millis / 1000, (millis % 1000) / 100);
    match whole {
        0..10 if tenths > 0 => format!("{whole}.{tenths} s"),
        0..120 => format!("{whole} s"),
        120..7200 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}
