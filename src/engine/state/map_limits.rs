//! How many iterations of a Map run at a time, and how many may fail.

use super::Items;
use crate::asl::{Map, ProcessorMode};
use crate::engine::dataflow::{
    DataError, as_integer, evaluate_jsonata_expression, evaluate_path, expect_type, plain,
};
use crate::engine::failure::Failure;
use crate::engine::machine::{Here, Machine, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Children, MapRun, Thread};
use crate::json::Value;

/// AWS runs at most this many inline iterations at a time, whatever `MaxConcurrency` says.
const INLINE_CONCURRENCY: u64 = 40;

/// The child executions that AWS runs at a time for a distributed Map.
pub(super) const DISTRIBUTED_CONCURRENCY: u64 = 10_000;

impl Machine {
    /// Concurrency and what a distributed Map tolerates. AWS reads these after it has said how many items there are.
    pub(crate) fn map_children(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        items: Items,
    ) -> Result<Children, Failure> {
        let distributed = map.processor.mode == ProcessorMode::Distributed;
        let limit = match &map.max_concurrency {
            None => 0,
            Some(field) => {
                let limit = self.map_number(thread, here, field, "MaxConcurrency")?.unwrap_or(0.0);
                if limit < 0.0 {
                    let cause =
                        format!("Expected non-negative integer, but got '{limit}' instead.");
                    return Err(self.runtime_failure(thread, here, &cause));
                }
                limit as u64
            }
        };
        let most = if distributed { DISTRIBUTED_CONCURRENCY } else { INLINE_CONCURRENCY };
        let max_concurrency = if limit == 0 { most } else { limit.min(most) };
        let run = if distributed {
            let tolerated_count = match &map.tolerated_failure_count {
                None => None,
                Some(field) => self.map_number(thread, here, field, "ToleratedFailureCount")?,
            };
            if tolerated_count.is_some_and(|it| it < 0.0) {
                return Err(self.runtime_failure(
                    thread,
                    here,
                    "ToleratedFailureCount cannot be negative.",
                ));
            }
            let tolerated_percentage = match &map.tolerated_failure_percentage {
                None => None,
                Some(field) => {
                    self.map_number(thread, here, field, "ToleratedFailurePercentage")?
                }
            };
            if tolerated_percentage.is_some_and(|it| !(0.0..=100.0).contains(&it)) {
                return Err(self.runtime_failure(
                    thread,
                    here,
                    "ToleratedFailurePercentage must be between 0 and 100.",
                ));
            }
            Some(MapRun {
                tolerated_count: tolerated_count.map(|it| it as u64),
                tolerated_percentage,
                ..MapRun::default()
            })
        } else {
            None
        };
        self.inspect(turn, thread, |data| {
            data.max_concurrency = Some(limit);
            data.tolerated_failure_count = run.as_ref().and_then(|it: &MapRun| it.tolerated_count);
            data.tolerated_failure_percentage =
                run.as_ref().and_then(|it: &MapRun| it.tolerated_percentage);
        });
        let length = items.len() as u64;
        Ok(Children { items, length, max_concurrency, run, ..Children::default() })
    }

    /// A number field of a Map. `ToleratedFailurePercentage` may have a fraction, the others may not.
    fn map_number<T: Copy + Into<Number>>(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        field: &crate::asl::Field<T>,
        name: &str,
    ) -> Result<Option<f64>, Failure> {
        let expression = match field {
            crate::asl::Field::Literal(number) => return Ok(Some((*number).into().0)),
            crate::asl::Field::Computed(expression) => expression,
        };
        let may_be_fraction = name == "ToleratedFailurePercentage";
        let number = |value: &Value| {
            let whole = as_integer(value).map(|it| it as f64);
            if may_be_fraction {
                whole.or_else(|| value.as_f64().or_else(|| value.as_str()?.parse().ok()))
            } else {
                whole
            }
        };
        if is_jsonata(here.state) {
            return self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                let value = evaluate_jsonata_expression(expression, name, scope, random)?;
                let value = expect_type(value, "number", expression.text(), name)?;
                number(&value).map(Some).ok_or_else(|| {
                    let cause = format!(
                        "The {name} field refers to value \"{value}\" which is not a valid integer."
                    );
                    DataError::evaluation(cause, Some(name))
                })
            });
        }
        let input = thread.visit.effective.clone();
        self.evaluate(thread, here, &input, |bindings, random| {
            let value = evaluate_path(expression, bindings, random)?;
            number(&value).map(Some).ok_or_else(|| {
                let kind = if may_be_fraction { "float" } else { "integer" };
                DataError::runtime(format!(
                    "The {name}Path field refers to value \"{}\" which is not a valid {kind}: {}",
                    plain(&value),
                    expression.text()
                ))
            })
        })
    }
}

/// The number types of a Map's fields, as one.
pub(crate) struct Number(f64);
impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number as f64)
    }
}
impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self(number)
    }
}
