//! The machine itself.
use std::sync::Arc;
use super::{Action, ExecutionStart, Input, Journal};
use crate::asl::StateMachine;
use crate::execution::{History, Timestamp};

/// A running execution.
#[derive(Clone, Debug)]
pub struct Machine {}

impl Machine {
    /// Appends `ExecutionStarted`; nothing else runs until the first [`Input::Advance`].
    pub fn start(definition: Arc<StateMachine>, start: &ExecutionStart, history: &mut History) -> Self { let _ = (definition, start, history); todo!() }
    /// Whether [`Input::Advance`] would do something now.
    pub fn can_advance(&self) -> bool { todo!() }
    pub fn has_ended(&self) -> bool { todo!() }
    /// Takes one input at a time `at`, never earlier than the last one.
    pub fn step(&mut self, at: Timestamp, input: Input, history: &mut History) -> Vec<Action> { let _ = (at, input, history); todo!() }
    /// Runs a journal from the start.
    pub fn replay(definition: Arc<StateMachine>, journal: &Journal) -> (Self, History) { let _ = (definition, journal); todo!() }
}
