//! Playing an execution: the cursor moves by the clock, at the speed of the recording, a multiple of it, or so many events a
//! second, forwards or backwards, until a breakpoint, the end, or the user stops it.

use std::time::Duration;

use super::app::App;
use super::clock::Stopwatch;
use super::simulation::RunId;
use crate::debug::{Goal, StopReason};
use crate::execution::EventId;

/// Waits that are longer than this are left out, if that is asked for; in milliseconds.
pub const LONG_WAIT_MILLIS: i64 = 2_000;
/// What is left of a wait that is left out: enough to see that it was one; in milliseconds.
const SHORT_WAIT_MILLIS: f64 = 300.0;
/// Events of the same instant still come one after the other; in milliseconds of the recording.
const LEAST_GAP_MILLIS: f64 = 1.0;
/// Events a second, where an execution took no time at all.
const TIMELESS_PER_SECOND: f64 = 5.0;
/// Between two frames, in milliseconds.
const FRAME_MILLIS: f64 = 16.0;
/// A computer that slept does not play what it slept through.
const MOST_ELAPSED: Duration = Duration::from_millis(500);

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Times the speed at which it happened.
    Times(f64),
    /// Events a second.
    PerSecond(f64),
}

impl Pace {
    /// What can be chosen.
    pub const ALL: [Self; 11] = [
        Self::Times(0.5),
        Self::Times(1.0),
        Self::Times(2.0),
        Self::Times(10.0),
        Self::Times(100.0),
        Self::Times(1000.0),
        Self::PerSecond(1.0),
        Self::PerSecond(2.0),
        Self::PerSecond(5.0),
        Self::PerSecond(20.0),
        Self::PerSecond(100.0),
    ];

    /// `Real time`, `10×`, `5 events/s`
    pub fn label(self) -> String {
        match self {
            Self::Times(times) if (times - 1.0).abs() < f64::EPSILON => "Real time".to_owned(),
            Self::Times(times) => format!("{times}×"),
            Self::PerSecond(events) if (events - 1.0).abs() < f64::EPSILON => {
                "1 event/s".to_owned()
            }
            Self::PerSecond(events) => format!("{events} events/s"),
        }
    }
}

/// How executions are played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaySettings {
    pub pace: Pace,
    /// Leaves out waits over [`LONG_WAIT_MILLIS`].
    pub skip_waits: bool,
}

impl Default for PlaySettings {
    fn default() -> Self {
        Self { pace: Pace::Times(1.0), skip_waits: true }
    }
}

/// An execution that is being played.
#[derive(Clone, Copy, Debug)]
pub struct Playing {
    run: RunId,
    pub backwards: bool,
    /// Milliseconds that have passed and not been played yet.
    credit: f64,
    /// Where the cursor was put last: elsewhere, somebody else has moved it.
    at: EventId,
    watch: Stopwatch,
}

impl App {
    /// Begins to play, or stops. From its end an execution is played from the start, and the other way round.
    pub(super) fn toggle_play(&mut self, backwards: bool) {
        if self.playing.take().is_some_and(|it| it.backwards == backwards) {
            return;
        }
        let Some(run) = self.run_mut() else { return };
        run.session.pause();
        let last = run.session.last_event();
        let (edge, other) = if backwards { (EventId(1), last) } else { (last, EventId(1)) };
        if run.session.cursor().event == edge {
            run.session.goto(other);
        }
        run.stopped = Some(StopReason::Goto);
        let (run, at) = (run.id, run.session.cursor().event);
        let watch = Stopwatch::start();
        self.playing = Some(Playing { run, backwards, credit: 0.0, at, watch });
        self.select_current();
    }

    /// What is played now, if anything is.
    pub fn playing(&self) -> Option<&Playing> {
        self.playing.as_ref()
    }

    /// Lets what is played go on by the clock.
    pub(super) fn tick_playback(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let elapsed = playing.watch.elapsed();
        playing.watch = Stopwatch::start();
        self.advance_playback(elapsed.min(MOST_ELAPSED));
    }

    /// When the next event is to be shown, if something is played.
    pub fn next_frame_of_playback(&self) -> Option<Duration> {
        let playing = self.playing.as_ref()?;
        let gap = self.gap(playing.at, playing.backwards)?;
        let millis = (gap - playing.credit).clamp(FRAME_MILLIS, 60_000.0);
        Some(Duration::from_secs_f64(millis / 1000.0))
    }

    /// Plays on as if so much time had passed.
    pub fn advance_playback(&mut self, elapsed: Duration) {
        let Some(mut playing) = self.playing else { return };
        let is_ours = self.run().is_some_and(|run| {
            run.id == playing.run && !run.is_running() && run.session.cursor().event == playing.at
        });
        if !is_ours {
            self.playing = None;
            return;
        }
        playing.credit += elapsed.as_secs_f64() * 1000.0;
        // How many events have become due.
        let mut to = playing.at;
        while let Some(gap) = self.gap(to, playing.backwards).filter(|it| *it <= playing.credit) {
            playing.credit -= gap;
            to = if playing.backwards { EventId(to.0 - 1) } else { EventId(to.0 + 1) };
        }
        if to != playing.at {
            let stopped = self.play_to(to);
            let Some(run) = self.run() else { return };
            playing.at = run.session.cursor().event;
            self.select_current();
            if stopped {
                self.playing = None;
                return;
            }
        }
        let is_done = self.gap(playing.at, playing.backwards).is_none();
        self.playing = (!is_done).then_some(playing);
    }

    /// Moves the cursor event by event, so that breakpoints stop it. Whether one did.
    fn play_to(&mut self, to: EventId) -> bool {
        let Some(name) = self.run().map(|run| run.machine) else { return true };
        let machines = self.project.as_ref().map(|it| &it.project.machines);
        let name = machines.and_then(|it| it.get(name)).map(|it| it.name.clone());
        let breakpoints = name
            .and_then(|it| self.breakpoints.get(&it))
            .cloned()
            .unwrap_or_else(super::breakpoints::no_breakpoints);
        let Some(run) = self.run_mut() else { return true };
        let session = &mut run.session;
        let from = session.cursor().event;
        let goal = if to < from { Goal::ReverseContinue } else { Goal::Continue };
        let last = session.last_event();
        // At the end the engine would go on: that is for Continue, and not for the player.
        let events = from.0.abs_diff(to.0) - u64::from(to == last);
        let progress =
            session.run(goal, &breakpoints, usize::try_from(events).unwrap_or(usize::MAX));
        session.pause();
        run.log.extend(progress.log);
        let stopped = progress
            .stopped
            .filter(|it| matches!(it, StopReason::Breakpoint(_) | StopReason::Exception { .. }));
        if stopped.is_none() {
            run.session.goto(to);
        }
        let hit = stopped.is_some();
        run.stopped = Some(stopped.unwrap_or(StopReason::Goto));
        hit
    }

    /// Milliseconds of the user's from an event to the next one; `None` at the end.
    fn gap(&self, at: EventId, backwards: bool) -> Option<f64> {
        let run = self.run()?;
        let history = run.session.history();
        let (earlier, later) =
            if backwards { (EventId(at.0.checked_sub(1)?), at) } else { (at, EventId(at.0 + 1)) };
        let (earlier, later) = (history.get(earlier)?, history.get(later)?);
        let (begin, end) = run.session.timeline().span;
        let pace = match self.play.pace {
            Pace::Times(_) if end.0 <= begin.0 => Pace::PerSecond(TIMELESS_PER_SECOND),
            pace @ (Pace::Times(_) | Pace::PerSecond(_)) => pace,
        };
        Some(match pace {
            Pace::PerSecond(events) => 1000.0 / events.clamp(0.01, 10_000.0),
            Pace::Times(times) => {
                // Clocks of AWS's hosts differ: an event may be earlier than the one before it.
                let millis = later.timestamp.0.saturating_sub(earlier.timestamp.0).max(0);
                if self.play.skip_waits && millis > LONG_WAIT_MILLIS {
                    SHORT_WAIT_MILLIS
                } else {
                    (millis as f64).max(LEAST_GAP_MILLIS) / times.clamp(0.001, 100_000.0)
                }
            }
        })
    }
}
