//! Time for whoever drives a machine: its timers in order, and a clock that jumps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Input, TimerId};
use crate::execution::Timestamp;

/// A clock that stands still until it is told to jump, and the timers that the machine asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualClock {
    now: Timestamp,
    due: BTreeSet<(Timestamp, TimerId)>,
    times: BTreeMap<TimerId, Timestamp>,
}

impl VirtualClock {
    pub fn new(now: Timestamp) -> Self {
        Self { now, ..Self::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves the clock to `now`; never backwards.
    pub fn advance_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Notes timers that were started or cancelled; every other action is somebody else's.
    pub fn observe(&mut self, action: &Action) {
        match action {
            Action::StartTimer { timer, at } => {
                self.due.insert((*at, *timer));
                self.times.insert(*timer, *at);
            }
            Action::CancelTimer { timer } => {
                if let Some(at) = self.times.remove(timer) {
                    self.due.remove(&(at, *timer));
                }
            }
            Action::RunTask(_) | Action::CancelTask { .. } | Action::ExecutionEnded => {}
        }
    }

    /// When the earliest timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The timers that run, from an id on, with when they are due.
    pub fn timers_from(&self, first: TimerId) -> impl Iterator<Item = (TimerId, Timestamp)> {
        self.times.range(first..).map(|(timer, at)| (*timer, *at))
    }

    /// When a timer is due; `None` once it fired or was cancelled.
    pub fn due_at(&self, timer: TimerId) -> Option<Timestamp> {
        self.times.get(&timer).copied()
    }

    /// Drops a timer that is fired by somebody else.
    pub fn forget(&mut self, timer: TimerId) {
        self.observe(&Action::CancelTimer { timer });
    }

    /// The earliest timer.
    pub fn earliest(&self) -> Option<TimerId> {
        self.due.first().map(|(_, timer)| *timer)
    }

    /// The next timer that is due by now, as the input that fires it. It is forgotten here.
    pub fn fire(&mut self) -> Option<Input> {
        let &(at, timer) = self.due.first()?;
        if at > self.now {
            return None;
        }
        self.due.remove(&(at, timer));
        self.times.remove(&timer);
        Some(Input::TimerFired { timer })
    }

    /// Jumps to the earliest timer; false when there is none.
    pub fn jump(&mut self) -> bool {
        match self.next_due() {
            Some(at) => {
                self.advance_to(at);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_not_after_being_cancelled() {
        let mut clock = VirtualClock::new(Timestamp(1000));
        for (timer, at) in [(1, 3000), (2, 2000), (3, 2500)] {
            clock.observe(&Action::StartTimer { timer: TimerId(timer), at: Timestamp(at) });
        }
        clock.observe(&Action::CancelTimer { timer: TimerId(3) });
        assert_eq!(clock.fire(), None);
        assert!(clock.jump());
        assert_eq!(
            (clock.now(), clock.fire()),
            (Timestamp(2000), Some(Input::TimerFired { timer: TimerId(2) }))
        );
        assert!(clock.jump());
        assert_eq!(clock.fire(), Some(Input::TimerFired { timer: TimerId(1) }));
        assert!(!clock.jump());
    }
}
