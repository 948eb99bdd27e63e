//! The deterministic interpreter: events and answers in, history and work for the world out.
//!
//! [`Machine::step`] reads no clock, rolls no dice, blocks on nothing. Time, seed and answers come in as [`Input`]; what the
//! world has to do goes out as [`Action`]. A [`Journal`] of inputs replays to the same bytes. [`clock`] has the queue of timers
//! and the virtual clock that whoever drives the machine needs.

mod children;
pub mod clock;
mod context;
pub mod dataflow;
mod evaluation;
mod failure;
mod handling;
pub mod journal;
pub mod limits;
pub mod machine;
pub mod map_runs;
mod program;
pub mod protocol;
pub mod random;
mod rehearsal;
pub(crate) mod retry;
pub mod run;
mod state;
pub mod test_state;
mod thread;
mod transition;

pub use clock::VirtualClock;
pub use journal::{Journal, JournalError, Misfit};
pub use machine::Machine;
pub use map_runs::{ChildCounts, ChildOutcome, ChildRecord, MapRunRecord, MapRunStatus};
pub use protocol::{Action, ExecutionStart, Input, TaskRequest, TaskToken, TimerId, TimerPurpose};
pub use run::{Run, run_to_end};
