//! How a goal is worked on: event by event, forwards and backwards, and what stops on the way.

use super::debuggee::Step;
use super::evaluate::{self, Place};
use super::session::Pursuit;
use super::step::Fault;
use super::{
    Breakpoint, Breakpoints, Cursor, DebugSession, Goal, LogEntry, Progress, SessionStatus,
    StopReason,
};
use crate::asl::StatePath;
use crate::execution::EventId;

/// Where a movement ended, and why.
type Stop = (Cursor, StopReason);

impl DebugSession {
    pub(super) fn forward(
        &mut self,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        budget: usize,
        progress: &mut Progress,
    ) -> Option<Stop> {
        // Later calls for the same goal have left the state that it set out from.
        if pursuit.goal == Goal::StepIn
            && self.cursor == pursuit.origin
            && let Some(stage) = self.next_stage()
        {
            return Some((Cursor { stage: Some(stage), ..self.cursor }, StopReason::Step));
        }
        let mut at = self.cursor.event;
        for _ in 0..budget {
            if at < self.last_event() {
                at.0 += 1;
                if let Some(stop) = self.stop_at(at, pursuit, breakpoints, progress) {
                    return Some(stop);
                }
                continue;
            }
            match self.debuggee.step() {
                Step::Taken => {}
                Step::Ended => return Some((Cursor { event: at, stage: None }, StopReason::End)),
                Step::NeedsAnswer => {
                    self.rest(at);
                    self.status = SessionStatus::Waiting;
                    progress.stopped = Some(StopReason::WaitingForAnswer);
                    return None;
                }
                Step::Sleeps(until) => {
                    self.rest(at);
                    progress.sleep_until = Some(until);
                    return None;
                }
            }
        }
        self.rest(at);
        progress.more_work = true;
        None
    }

    /// Shows how far a goal has come.
    fn rest(&mut self, at: EventId) {
        if at != self.cursor.event {
            self.look_at(Cursor { event: at, stage: None });
        }
    }

    /// The stage after the cursor's. At the end of the history the machine has to run for it to be known.
    fn next_stage(&mut self) -> Option<&'static str> {
        let event = self.cursor.event;
        let thread = self.debuggee.moments.thread_of(event);
        // Looking at another thread than the event's, there is no stage to go on from.
        if self.thread != thread {
            return None;
        }
        if event == self.last_event()
            && (self.debuggee.enters_state(event) || self.debuggee.brings_result(event))
        {
            self.debuggee.look_ahead(thread);
        }
        self.debuggee.stage_after(self.cursor)
    }

    /// Whether something stops at an event.
    fn stop_at(
        &self,
        at: EventId,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        progress: &mut Progress,
    ) -> Option<Stop> {
        let here = Cursor { event: at, stage: None };
        if let Some((state, breakpoint)) = self.breakpoint_at(at, breakpoints)
            && self.is_hit(at, &state, breakpoint, &mut progress.log)
        {
            match &breakpoint.log_message {
                None => return Some((here, StopReason::Breakpoint(state))),
                Some(message) => {
                    let text = evaluate::interpolate(message, &self.place_at(at));
                    progress.log.push(LogEntry { event: at, state, text });
                }
            }
        }
        if let Some(reason) = self.exception_at(at, breakpoints) {
            return Some((here, reason));
        }
        if let Some(cursor) = self.goal_at(at, pursuit) {
            return Some((cursor, StopReason::Step));
        }
        let ended = at == self.last_event() && self.debuggee.has_ended();
        ended.then_some((here, StopReason::End))
    }

    /// Whether a forward goal is reached at an event.
    fn goal_at(&self, at: EventId, pursuit: &Pursuit) -> Option<Cursor> {
        let here = Cursor { event: at, stage: None };
        let debuggee = &self.debuggee;
        let thread = debuggee.moments.thread_of(at);
        match &pursuit.goal {
            Goal::Next => (debuggee.enters_state(at) && debuggee.is_around(thread, pursuit.thread))
                .then_some(here),
            Goal::StepIn => debuggee.step_in_stop(at, pursuit.thread),
            Goal::StepOut => {
                let outer = debuggee.moments.parent_of(pursuit.thread)?;
                let leaves = debuggee.enters_state(at) || debuggee.exits_state(at);
                (leaves && debuggee.is_around(thread, outer)).then_some(here)
            }
            Goal::RunTo(state) => (debuggee.enters_state(at)
                && debuggee.moments.state_of(at) == Some(state))
            .then_some(here),
            Goal::Continue
            | Goal::ReverseContinue
            | Goal::StepBack
            | Goal::ReverseStepIn
            | Goal::ReverseStepOut => None,
        }
    }

    // -- backwards

    pub(super) fn backward(
        &mut self,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
        budget: usize,
        progress: &mut Progress,
    ) -> Option<Stop> {
        if pursuit.goal == Goal::StepBack
            && let Some((cursor, thread)) = self.trail.pop()
        {
            self.look_at(cursor);
            self.thread = thread;
            // `arrive` must not look again: the thread would be lost.
            self.pursuit = None;
            self.status = SessionStatus::Stopped(StopReason::Step);
            progress.stopped = Some(StopReason::Step);
            return None;
        }
        if pursuit.goal == Goal::ReverseStepIn
            && let Some(cursor) = self.debuggee.stage_before(self.cursor)
        {
            return Some((cursor, StopReason::Step));
        }
        let mut at = self.cursor.event;
        // With a stage the cursor is past the event as such.
        if self.cursor.stage.is_some()
            && let Some(stop) = self.stop_back_at(at, pursuit, breakpoints)
        {
            return Some(stop);
        }
        for _ in 0..budget {
            if at.0 <= 1 {
                return Some((Cursor { event: at, stage: None }, StopReason::Entry));
            }
            at.0 -= 1;
            if let Some(stop) = self.stop_back_at(at, pursuit, breakpoints) {
                return Some(stop);
            }
        }
        self.rest(at);
        progress.more_work = true;
        None
    }

    /// Whether something stops at an event when it is reached from behind.
    fn stop_back_at(
        &self,
        at: EventId,
        pursuit: &Pursuit,
        breakpoints: &Breakpoints,
    ) -> Option<Stop> {
        let here = Cursor { event: at, stage: None };
        let debuggee = &self.debuggee;
        let thread = debuggee.moments.thread_of(at);
        let stop = match &pursuit.goal {
            Goal::ReverseContinue => {
                let hit = self.breakpoint_at(at, breakpoints).filter(|(state, breakpoint)| {
                    breakpoint.log_message.is_none()
                        && self.is_hit(at, state, breakpoint, &mut Vec::new())
                });
                let hit = hit.map(|(state, _)| StopReason::Breakpoint(state));
                return hit
                    .or_else(|| self.exception_at(at, breakpoints))
                    .map(|reason| (here, reason));
            }
            Goal::StepBack => (debuggee.enters_state(at)
                && debuggee.is_around(thread, pursuit.thread))
            .then_some(here),
            // The event as such comes before its stages, of which the last one is met first.
            Goal::ReverseStepIn if at == self.cursor.event => None,
            Goal::ReverseStepIn => debuggee.step_in_stop(at, pursuit.thread).map(|stop| {
                let last = debuggee.stages_at(at).last().copied();
                Cursor { stage: last.filter(|it| *it != "input").or(stop.stage), ..stop }
            }),
            Goal::ReverseStepOut => {
                let outer = debuggee.moments.parent_of(pursuit.thread);
                let enters = debuggee.enters_state(at)
                    && outer.is_some_and(|it| debuggee.is_around(thread, it));
                enters.then_some(here)
            }
            Goal::Continue | Goal::Next | Goal::StepIn | Goal::StepOut | Goal::RunTo(_) => None,
        };
        stop.map(|cursor| (cursor, StopReason::Step))
    }

    // -- breakpoints

    fn breakpoint_at<'b>(
        &self,
        at: EventId,
        breakpoints: &'b Breakpoints,
    ) -> Option<(StatePath, &'b Breakpoint)> {
        if breakpoints.states.is_empty() {
            return None;
        }
        let (entered, exited) = (self.debuggee.enters_state(at), self.debuggee.exits_state(at));
        if !entered && !exited {
            return None;
        }
        let state = self.debuggee.moments.state_of(at)?;
        let breakpoint = breakpoints.enabled(state)?;
        let wanted = (entered && breakpoint.on.entered()) || (exited && breakpoint.on.exited());
        wanted.then(|| (state.clone(), breakpoint))
    }

    /// Whether a breakpoint's hit count and condition hold. A condition that fails stops too, and says so in the log.
    fn is_hit(
        &self,
        at: EventId,
        state: &StatePath,
        breakpoint: &Breakpoint,
        log: &mut Vec<LogEntry>,
    ) -> bool {
        if let Some(hit_count) = breakpoint.hit_count {
            let moment = self.debuggee.moments.at(&self.debuggee.history, at);
            let visits = moment.states.get(state).map_or(0, |summary| summary.visits);
            if !hit_count.includes(visits) {
                return false;
            }
        }
        let Some(condition) = breakpoint.condition.as_deref().filter(|it| !it.trim().is_empty())
        else {
            return true;
        };
        match evaluate::holds(condition, &self.place_at(at)) {
            Ok(holds) => holds,
            Err(err) => {
                let text = format!("The condition \"{condition}\" could not be evaluated: {err}");
                log.push(LogEntry { event: at, state: state.clone(), text });
                true
            }
        }
    }

    fn place_at(&self, at: EventId) -> Place {
        self.debuggee.place(Cursor { event: at, stage: None }, self.debuggee.moments.thread_of(at))
    }

    fn exception_at(&self, at: EventId, breakpoints: &Breakpoints) -> Option<StopReason> {
        let filters = &breakpoints.exceptions;
        if !filters.uncaught && !filters.caught {
            return None;
        }
        let Fault { state, error, cause, caught } = self.debuggee.fault_at(at)?;
        filters.stops(&error, caught).then_some(StopReason::Exception {
            state,
            error,
            cause,
            caught,
        })
    }
}
