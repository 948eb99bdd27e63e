//! Wait: sleeps for a time, or until one.

use std::sync::Arc;

use crate::asl::{Expression, Field, Wait, WaitUntil};
use crate::engine::dataflow::{DataError, as_integer, plain};
use crate::engine::evaluation::typed_jsonata;
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Phase, Thread, ThreadIndex, Wake};
use crate::execution::Timestamp;
use crate::json::Value;

/// AWS keeps the delay in a signed 32-bit count of seconds.
const LONGEST_SECS: i64 = i32::MAX as i64;

impl Machine {
    pub(crate) fn run_wait(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        wait: &Wait,
    ) -> StepResult {
        let until = match &wait.until {
            None => {
                return Err(self.runtime_failure(
                    thread,
                    here,
                    "The Wait state does not say how long to wait.",
                ));
            }
            Some(WaitUntil::Seconds(field)) => {
                let seconds = self.wait_seconds(thread, here, field)?;
                turn.at.plus_millis(seconds.saturating_mul(1000))
            }
            Some(WaitUntil::Timestamp(field)) => self.wait_timestamp(thread, here, field)?,
        };
        if until.0.saturating_sub(turn.at.0) / 1000 > LONGEST_SECS {
            return Err(self.runtime_failure(thread, here, "Wait state delay is too long."));
        }
        if until <= turn.at {
            return self.leave_with_input(turn, thread, here);
        }
        let timer = self.start_thread_timer_at(turn, index, thread.scope, until);
        thread.phase = Phase::Sleep(Wake::Wait(timer));
        // What fails after the sleep no longer belongs to the moment of entering.
        thread.visit.before = thread.visit.entered;
        Ok(Flow::Blocked)
    }

    fn wait_seconds(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        field: &Field<u64>,
    ) -> Result<i64, Failure> {
        let expression = match field {
            Field::Literal(seconds) => return Ok(i64::try_from(*seconds).unwrap_or(i64::MAX)),
            Field::Computed(expression) => expression,
        };
        if is_jsonata(here.state) {
            return self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                let value = typed_jsonata(expression, "number", "Seconds", scope, random)?;
                as_integer(&value).filter(|it| *it >= 0).ok_or_else(|| {
                    let cause = format!(
                        "The Seconds field cannot be parsed as a positive integer: {value}"
                    );
                    DataError {
                        after_entered: true,
                        ..DataError::evaluation(cause, Some("Seconds"))
                    }
                })
            });
        }
        let text = expression.text();
        let value = self.wait_value(thread, here, expression, "SecondsPath")?;
        let seconds = match &value {
            Value::Number(_) => value.as_i64(),
            Value::String(digits) => digits.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let complaint = |what: &str| {
            let shown = plain(&value);
            self.runtime_failure(
                thread,
                here,
                &format!("The SecondsPath parameter {what}: {text} == {shown}"),
            )
        };
        match seconds {
            None => Err(complaint("cannot be parsed as a long value")),
            Some(..0) => Err(complaint("references a negative value")),
            Some(seconds) => Ok(seconds),
        }
    }

    fn wait_timestamp(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        field: &Field<Arc<str>>,
    ) -> Result<Timestamp, Failure> {
        let unreadable = "an ISO-8601 extended offset date-time format string";
        match field {
            Field::Literal(text) => parse_timestamp(text).ok_or_else(|| {
                self.runtime_failure(
                    thread,
                    here,
                    &format!("The Timestamp field cannot be parsed as {unreadable}: {text}"),
                )
            }),
            Field::Computed(expression) if is_jsonata(here.state) => {
                self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                    let value = typed_jsonata(expression, "string", "Timestamp", scope, random)?;
                    value.as_str().and_then(parse_timestamp).ok_or_else(|| {
                        let cause = format!(
                            "The Timestamp field cannot be parsed as {unreadable}: {}",
                            plain(&value)
                        );
                        DataError {
                            after_entered: true,
                            ..DataError::evaluation(cause, Some("Timestamp"))
                        }
                    })
                })
            }
            Field::Computed(expression) => {
                let value = self.wait_value(thread, here, expression, "TimestampPath")?;
                value.as_str().and_then(parse_timestamp).ok_or_else(|| {
                    let cause = format!(
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format \
                         string: {} == {}",
                        expression.text(),
                        plain(&value)
                    );
                    self.runtime_failure(thread, here, &cause)
                })
            }
        }
    }

    fn wait_value(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        expression: &Expression,
        field: &str,
    ) -> Result<Value, Failure> {
        let input = thread.visit.effective.clone();
        self.evaluate(thread, here, &input, |bindings, random| {
            crate::engine::dataflow::evaluate_path(expression, bindings, random).map_err(|err| {
                match expression {
                    Expression::Path(path) => DataError::runtime(format!(
                        "The {field} parameter does not reference an input value: {}",
                        path.text()
                    )),
                    Expression::Intrinsic(_)
                    | Expression::Jsonata(_)
                    | Expression::Invalid { .. } => err,
                }
            })
        })
    }
}

/// ISO 8601 with a capital `T` and an offset; the time crate alone would also take a blank for the `T`.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).filter(|_| has_t(text))
}

/// As [`parse_timestamp`], in nanoseconds.
pub(crate) fn parse_nanos(text: &str) -> Option<i128> {
    Timestamp::nanos_of(text).filter(|_| has_t(text))
}

fn has_t(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b'T')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_extended_offset_date_times_are_timestamps() {
        assert!(parse_timestamp("2016-12-05T21:29:29Z").is_some());
        assert!(parse_timestamp("2016-12-05T21:29:29.123+02:00").is_some());
        for wrong in [
            "2016-12-05 21:29:29Z",
            "2016-12-05T25:29:29Z",
            "2016-13-05T21:29:29Z",
            "2016-12-05T21:29:29",
            "",
        ] {
            assert_eq!(parse_timestamp(wrong), None, "{wrong}");
        }
    }
}
