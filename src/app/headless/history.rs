//! An exported history, for `render --history`.

use std::path::Path;

use super::Failure;
use crate::app::load_history;
use crate::asl::StatePath;
use crate::debug::DebugSession;
use crate::execution::{SharedMap, StateSummary};
use crate::project::MachineDefinition;

/// How each state fared at the end of a recorded execution.
pub(super) fn statuses(
    machine: &MachineDefinition,
    file: &Path,
) -> Result<SharedMap<StatePath, StateSummary>, Failure> {
    let execution = load_history(file, machine)?;
    let mut session = DebugSession::open(&execution);
    session.goto(session.last_event());
    Ok(session.moment().states.clone())
}
