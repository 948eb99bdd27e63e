//! The deterministic interpreter: events and answers in, history and work for the world out.
//!
//! [`Machine::step`] reads no clock, rolls no dice, blocks on nothing. Time, seed and answers come in as [`Input`]; what the
//! world has to do goes out as [`Action`]. A [`Journal`] of inputs replays to the same bytes.

pub mod dataflow;
pub mod journal;
pub mod machine;
pub mod protocol;
pub mod retry;

pub use journal::Journal;
pub use machine::Machine;
pub use protocol::{Action, ExecutionStart, Input, TaskRequest, TaskToken, TimerId};
