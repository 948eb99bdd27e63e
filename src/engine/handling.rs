//! What becomes of a failure in a state: it is retried, caught, or ends the thread.

use std::sync::Arc;

use super::dataflow::{apply_result_path, members};
use super::failure::{Failure, Origin};
use super::machine::{Flow, Here, Machine, StepResult, Turn};
use super::program::is_jsonata;
use super::retry::{delay_millis, matching_catcher, matching_retrier};
use super::thread::{Phase, Thread, ThreadIndex, Wake};
use super::transition::Destination;
use crate::execution::inspection::ErrorDetails;
use crate::execution::{EventDetails, EventType};
use crate::json::Value;
use crate::query::Variables;

impl Machine {
    /// Retries, catches, or gives the failure to what is around the thread.
    pub(super) fn fail(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        failure: Failure,
        from_children: bool,
    ) -> Flow {
        self.evaluation_failed(turn, thread, here, &failure);
        let exhausted = match self.retry(turn, index, thread, here, &failure) {
            Ok(flow) => return flow,
            Err(exhausted) => exhausted,
        };
        self.children_failed(turn, thread, here, &failure, from_children);
        match self.catch(turn, thread, here, &failure, exhausted) {
            Some(Ok(flow)) => flow,
            Some(Err(failure)) => {
                self.evaluation_failed(turn, thread, here, &failure);
                Flow::Ended(Err(failure))
            }
            None => {
                self.inspect_error(turn, thread, &failure, |details| {
                    details.retry_index = exhausted;
                });
                Flow::Ended(Err(failure))
            }
        }
    }

    /// AWS decides what a state does in the same breath as it enters it, so an expression that fails there hangs on what came
    /// before the entered event.
    fn evaluation_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        failure: &Failure,
    ) {
        let Origin::Evaluation { location, after_entered } = &failure.origin else { return };
        if thread.previous == thread.visit.entered && !after_entered {
            thread.previous = thread.visit.before;
        }
        let details = EventDetails::EvaluationFailed {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
            location: location.clone(),
            state: Arc::clone(&here.meta.name),
        };
        self.emit(turn, thread, EventType::EvaluationFailed, details);
    }

    /// Retries, or gives the retrier that matches and has no attempts left.
    fn retry(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        failure: &Failure,
    ) -> Result<Flow, Option<usize>> {
        let at = matching_retrier(&here.state.retry, failure).ok_or(None)?;
        let retrier = &here.state.retry[at];
        let visit = &mut thread.visit;
        visit.retries.resize(here.state.retry.len(), 0);
        let before = self.rehearsal.as_ref().map_or(0, |it| it.retry_count);
        let used = visit.retries[at].saturating_add(before);
        if u64::from(used) >= retrier.max_attempts {
            return Err(Some(at));
        }
        visit.retries[at] += 1;
        visit.retry_count += 1;
        visit.context = None;
        visit.callback_token = None;
        let millis = delay_millis(retrier, used, &mut self.random);
        self.inspect_error(turn, thread, failure, |details| {
            details.retry_index = Some(at);
            details.retry_backoff_interval_seconds = Some(millis as f64 / 1000.0);
        });
        if millis == 0 {
            thread.phase = Phase::Body;
            return Ok(Flow::Yield);
        }
        let timer =
            self.start_thread_timer_at(turn, index, thread.scope, turn.at.plus_millis(millis));
        thread.phase = Phase::Sleep(Wake::Retry(timer));
        Ok(Flow::Blocked)
    }

    fn catch(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        failure: &Failure,
        exhausted: Option<usize>,
    ) -> Option<StepResult> {
        let at = matching_catcher(&here.state.catch, failure)?;
        self.inspect_error(turn, thread, failure, |details| {
            details.retry_index = exhausted;
            details.catch_index = Some(at);
        });
        Some(self.run_catcher(turn, thread, here, at, &failure.output()))
    }

    fn run_catcher(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        at: usize,
        error_output: &Value,
    ) -> StepResult {
        let catcher = &here.state.catch[at];
        let field = |name: &str| format!("Catch[{at}]/{name}");
        let (output, assigned) = if is_jsonata(here.state) {
            let assigned = match &catcher.assign {
                None => Variables::new(),
                Some(template) => members(&self.jsonata(
                    thread,
                    here,
                    template,
                    &field("Assign"),
                    None,
                    Some(error_output),
                )?),
            };
            let output = match &catcher.output {
                None => error_output.clone(),
                Some(template) => self.jsonata(
                    thread,
                    here,
                    template,
                    &field("Output"),
                    None,
                    Some(error_output),
                )?,
            };
            (output, assigned)
        } else {
            let assigned = self.assign(thread, here, catcher.assign.as_ref(), error_output)?;
            let placed = apply_result_path(
                catcher.result_path.as_ref(),
                &thread.visit.input,
                error_output.clone(),
            )
            .map_err(Self::locate(thread, here))?;
            (placed, assigned)
        };
        let target = here.meta.catches.get(at).copied().flatten();
        self.leave(turn, thread, here, output, assigned, Destination::State(target))
    }

    fn inspect_error(
        &self,
        turn: &mut Turn<'_>,
        thread: &Thread,
        failure: &Failure,
        note: impl FnOnce(&mut ErrorDetails),
    ) {
        self.inspect(turn, thread, |data| {
            let text = |it: &Option<Arc<str>>| it.as_deref().unwrap_or_default().to_owned();
            let mut details = ErrorDetails {
                error: text(&failure.error),
                cause: text(&failure.cause),
                ..ErrorDetails::default()
            };
            note(&mut details);
            data.error = Some(details);
        });
    }
}
