//! The debugger: a cursor in an execution's history, stepping in both directions, breakpoints, frames, expressions.
//!
//! A [`DebugSession`] never does input or output: the tasks that must run go out in a [`Progress`], their answers come
//! back through [`DebugSession::answer`]. How the shell drives one:
//!
//! ```text
//! session.begin(Goal::Continue);
//! loop {
//!     let progress = session.advance(&breakpoints, budget);
//!     for request in progress.requests { /* ask a service, later: session.answer(request.token, answer) */ }
//!     if progress.stopped.is_some() || !progress.more_work { break }     // otherwise: draw a frame, call again
//! }
//! ```

mod alike;
pub mod breakpoint;
pub mod debuggee;
pub mod evaluate;
pub mod failure;
mod field;
pub mod frames;
mod inspect;
mod memo;
mod recording;
pub mod replay;
pub mod session;
pub mod step;
mod travel;
pub mod verify;
pub mod what_if;

pub use breakpoint::{BreakOn, Breakpoint, Breakpoints, ExceptionFilters, HitCount};
pub use debuggee::{Clock, Pending, TaskAnswer};
pub use evaluate::EvaluateError;
pub use failure::{Failure, FailureReport, failures};
pub use field::FieldDifference;
pub use frames::{Frame, Scope, ScopeKind};
pub use recording::{RecordedNames, Recording};
pub use replay::{Ask, Served, ServedBy};
pub use session::{Cursor, DebugSession, Progress, SessionStatus};
pub use step::{Goal, LogEntry, StopReason};
pub use verify::{Agreement, Divergence, Pair, Verification, verify};
pub use what_if::{Difference, NewBecause, Turn, WhatIf, WhatIfError, what_if};

#[cfg(test)]
mod tests;
