//! Which retrier or catcher takes an error, and how long a retry waits.

use super::failure::{Failure, Origin};
use crate::asl::{Catcher, ErrorName, JitterStrategy, Retrier};
use crate::query::Random;

/// The first retrier whose `ErrorEquals` names the error. Once its attempts are used up, later retriers are not asked.
pub(crate) fn matching_retrier(retriers: &[Retrier], failure: &Failure) -> Option<usize> {
    retriers.iter().position(|it| names(&it.error_equals, failure))
}

pub(crate) fn matching_catcher(catchers: &[Catcher], failure: &Failure) -> Option<usize> {
    catchers.iter().position(|it| names(&it.error_equals, failure))
}

fn names(error_equals: &[ErrorName], failure: &Failure) -> bool {
    covers(error_equals, failure.error.as_deref(), failure.origin == Origin::Heartbeat)
}

/// Whether `ErrorEquals` names the error: the rule is that of [`ErrorName::takes`].
pub(crate) fn covers(error_equals: &[ErrorName], error: Option<&str>, is_heartbeat: bool) -> bool {
    error_equals.iter().any(|name| name.takes(error, is_heartbeat))
}

/// Milliseconds before retry number `retry`, which counts from 0.
pub(crate) fn delay_millis(retrier: &Retrier, retry: u32, random: &mut dyn Random) -> i64 {
    // A year is more than any execution lasts, and keeps the arithmetic finite.
    const MOST: f64 = 366.0 * 24.0 * 3600.0;
    let exponent = i32::try_from(retry).unwrap_or(i32::MAX);
    let grown = retrier.interval_seconds as f64 * retrier.backoff_rate.powi(exponent);
    let capped = retrier.max_delay_seconds.map_or(grown, |most| grown.min(most as f64));
    let seconds = if capped.is_finite() { capped.clamp(0.0, MOST) } else { MOST };
    let share = match retrier.jitter_strategy {
        JitterStrategy::None => 1.0,
        // 53 bits: what a double holds.
        JitterStrategy::Full => (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64,
    };
    (seconds * share * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::document::Span;

    struct Half;
    impl Random for Half {
        fn next_u64(&mut self) -> u64 {
            1 << 63
        }
    }

    fn retrier(names: &[&str]) -> Retrier {
        Retrier {
            error_equals: names.iter().map(|it| ErrorName::new(it)).collect(),
            interval_seconds: 3,
            max_attempts: 3,
            backoff_rate: 2.0,
            max_delay_seconds: Some(10),
            jitter_strategy: JitterStrategy::None,
            span: Span::default(),
        }
    }

    #[test]
    fn delays_grow_up_to_the_limit_and_jitter_shortens_them() {
        let mut retrier = retrier(&["States.ALL"]);
        let delays: Vec<i64> = (0..4).map(|it| delay_millis(&retrier, it, &mut Half)).collect();
        assert_eq!(delays, [3000, 6000, 10_000, 10_000]);
        retrier.jitter_strategy = JitterStrategy::Full;
        assert_eq!(delay_millis(&retrier, 1, &mut Half), 3000);
        retrier.max_delay_seconds = None;
        retrier.jitter_strategy = JitterStrategy::None;
        assert_eq!(
            delay_millis(&retrier, u32::MAX, &mut Half),
            366 * 24 * 3600 * 1000,
            "overflow is a long wait"
        );
    }

    #[test]
    fn the_first_that_names_the_error_takes_it() {
        let all =
            [retrier(&["Other"]), retrier(&["States.HeartbeatTimeout"]), retrier(&["States.ALL"])];
        let timeout = Failure::timeout();
        assert_eq!(matching_retrier(&all, &timeout), Some(2));
        let heartbeat = Failure { origin: Origin::Heartbeat, ..Failure::timeout() };
        assert_eq!(matching_retrier(&all, &heartbeat), Some(1));
        assert_eq!(matching_retrier(&all, &Failure::new("States.Runtime", "")), None);
    }
}
