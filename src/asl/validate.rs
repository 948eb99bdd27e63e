//! The rules that need the whole machine: targets, reachability, types of fields.
use super::{Diagnostic, StateMachine};

pub fn validate(machine: &StateMachine) -> Vec<Diagnostic> { let _ = machine; todo!() }
