//! Pass: hands its input on, reshaped, or puts a fixed result in.

use crate::asl::Pass;
use crate::engine::dataflow::ResultFields;
use crate::engine::machine::{Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::Thread;
use crate::engine::transition::Destination;

impl Machine {
    pub(crate) fn run_pass(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        pass: &Pass,
    ) -> StepResult {
        if is_jsonata(here.state) {
            let (output, assigned) = self.jsonata_output(thread, here, None)?;
            return self.leave(turn, thread, here, output, assigned, Destination::Onward);
        }
        let mut result = thread.visit.effective.clone();
        if let Some(template) = &pass.parameters {
            result = self.template(thread, here, template, &result)?;
            self.inspect(turn, thread, |data| data.after_parameters = Some(result.clone()));
        }
        if let Some(fixed) = &pass.result {
            result = fixed.clone();
        }
        self.inspect(turn, thread, |data| data.result = Some(result.clone()));
        self.finish_jsonpath(turn, thread, here, &ResultFields::of(here.state), result)
    }
}
