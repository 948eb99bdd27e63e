//! The only place that asks what time it is.

use std::time::{Duration, Instant};

use crate::execution::Timestamp;

/// The wall clock, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A stopwatch for budgets: how long this frame may go on running the engine.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
