//! Succeed: nothing comes of it, so its input is what it gives on.

use crate::engine::machine::{Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::Thread;
use crate::engine::transition::Destination;

impl Machine {
    /// All that a Succeed does, and what a Wait does in the end.
    pub(crate) fn leave_with_input(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
    ) -> StepResult {
        let (output, assigned) = if is_jsonata(here.state) {
            self.jsonata_output(thread, here, None)?
        } else {
            let effective = thread.visit.effective.clone();
            let assigned = self.assign(thread, here, here.state.assign.as_ref(), &effective)?;
            (self.output_path(thread, here, effective)?, assigned)
        };
        self.leave(turn, thread, here, output, assigned, Destination::Onward)
    }
}
