//! What is made up around a state that is tested on its own: retries that happened before, a context object, and what the
//! branches or iterations inside gave. The state itself runs as in any execution.

use super::children::is_tolerated;
use super::failure::Failure;
use super::thread::MapRun;
use crate::json::Value;

/// Set once, when the test starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rehearsal {
    /// Stands for the whole of `$$`.
    pub(crate) context: Option<Value>,
    /// Retries by the retrier that will match.
    pub(crate) retry_count: u32,
    /// What a Parallel or a Map gets from inside.
    pub(crate) inside: Option<Result<Value, Failure>>,
    /// Iterations of the Map that failed.
    pub(crate) failed_iterations: Option<u64>,
    /// Whether the items of an `ItemReader` can be had; without them the Map has none.
    pub(crate) reads_items: bool,
}

impl Rehearsal {
    pub(crate) fn branches(&self) -> Result<Value, Failure> {
        self.inside.clone().unwrap_or_else(|| Ok(Value::array([])))
    }

    /// A mocked error stands for the Map's own. A mocked result counts unless more iterations failed than the Map says it
    /// tolerates; recorded: one that says nothing goes on.
    pub(crate) fn iterations(&self, run: &MapRun, length: usize) -> Result<Value, Failure> {
        let (count, percentage) = (run.tolerated_count, run.tolerated_percentage);
        let limited = count.is_some() || percentage.is_some();
        let failed = self.failed_iterations.unwrap_or(0);
        match self.branches() {
            Ok(_) if limited && !is_tolerated(count, percentage, failed, length as u64) => {
                Err(Failure::threshold_exceeded())
            }
            given => given,
        }
    }
}
