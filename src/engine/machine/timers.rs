//! Timers: whose they are, what they are for, and what happens when they fire.

use std::sync::Arc;

use super::{Here, Machine, Turn};
use crate::asl::StateMachineType;
use crate::engine::context::longest_secs;
use crate::engine::failure;
use crate::engine::thread::{Phase, ScopeNumber, ThreadIndex, Wake};
use crate::engine::{Action, TimerId, TimerPurpose};
use crate::execution::{EventDetails, EventId, EventType, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimerOwner {
    Execution,
    /// A child execution of a distributed Map, which has run as long as its type may.
    Child(ScopeNumber),
    Thread(ThreadIndex),
}

impl Machine {
    /// What a running timer is for.
    pub fn timer_purpose(&self, timer: TimerId) -> Option<TimerPurpose> {
        let index = match self.timers.get(&timer)? {
            TimerOwner::Execution | TimerOwner::Child(_) => return Some(TimerPurpose::Execution),
            TimerOwner::Thread(index) => *index,
        };
        let thread = self.threads.get(index as usize)?.as_ref()?;
        let state_name = Arc::clone(&self.program.get(thread.visit.state).name);
        let map_indices = Arc::clone(&thread.map_indices);
        if let Phase::Sleep(wake) = thread.phase {
            return Some(match wake {
                Wake::Wait(_) => TimerPurpose::Wait { state_name, map_indices },
                Wake::Retry(_) => TimerPurpose::Retry { state_name, map_indices },
            });
        }
        let task = thread.visit.task.as_ref()?;
        let token = task.token;
        Some(if task.heartbeat.is_some_and(|(heartbeat, _)| heartbeat == timer) {
            TimerPurpose::Heartbeat { token }
        } else {
            TimerPurpose::Timeout { token }
        })
    }

    /// `TimeoutSeconds`, and what an Express execution has in any case. The year of a Standard one is only watched where
    /// something sleeps so long.
    pub(super) fn timeout_secs(&self) -> Option<u64> {
        let own = self.program.definition.timeout_seconds;
        let most = longest_secs(self.start.kind);
        match self.start.kind {
            StateMachineType::Standard => own.map(|it| it.min(most)),
            StateMachineType::Express => Some(own.map_or(most, |it| it.min(most))),
        }
    }

    /// Watches an execution's deadline when one of its timers is due later.
    fn watch_deadline(&mut self, turn: &mut Turn<'_>, scope: ScopeNumber, due: Timestamp) {
        let is_watched = scope == 0 && self.timeout_secs().is_some();
        let context = match scope {
            0 => Some(&mut self.own_context),
            scope => self.child_contexts.get_mut(&scope),
        };
        let Some(context) = context else { return };
        if is_watched || due <= context.deadline || context.deadline_timer.is_some() {
            return;
        }
        let timer = TimerId(self.next_timer);
        context.deadline_timer = Some(timer);
        let at = context.deadline;
        let owner = if scope == 0 { TimerOwner::Execution } else { TimerOwner::Child(scope) };
        self.start_timer_at(turn, owner, at);
    }

    pub(crate) fn start_thread_timer(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        scope: ScopeNumber,
        seconds: u64,
    ) -> TimerId {
        self.start_thread_timer_at(turn, index, scope, after(turn.at, seconds))
    }

    pub(super) fn start_timer(
        &mut self,
        turn: &mut Turn<'_>,
        owner: TimerOwner,
        seconds: u64,
    ) -> TimerId {
        self.start_timer_at(turn, owner, after(turn.at, seconds))
    }

    pub(crate) fn start_thread_timer_at(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        scope: ScopeNumber,
        at: Timestamp,
    ) -> TimerId {
        self.watch_deadline(turn, scope, at);
        self.start_timer_at(turn, TimerOwner::Thread(index), at)
    }

    fn start_timer_at(&mut self, turn: &mut Turn<'_>, owner: TimerOwner, at: Timestamp) -> TimerId {
        let timer = TimerId(self.next_timer);
        self.next_timer += 1;
        self.timers.insert(timer, owner);
        turn.actions.push(Action::StartTimer { timer, at });
        timer
    }

    pub(crate) fn cancel_timer(&mut self, turn: &mut Turn<'_>, timer: TimerId) {
        if self.timers.remove(&timer).is_some() {
            turn.actions.push(Action::CancelTimer { timer });
        }
    }

    pub(super) fn timer_fired(&mut self, turn: &mut Turn<'_>, timer: TimerId) {
        match self.timers.remove(&timer) {
            None => {}
            Some(TimerOwner::Execution) => self.time_out(turn),
            Some(TimerOwner::Child(scope)) => {
                let root = self.child_contexts.get(&scope).map(|it| it.root);
                if let Some(root) = root {
                    self.child_timed_out(turn, root);
                }
            }
            Some(TimerOwner::Thread(index)) => {
                let Some(mut thread) = self.take_thread(index) else { return };
                let program = Arc::clone(&self.program);
                let here = Here::of(&program, thread.visit.state);
                let queued = matches!(thread.phase, Phase::StartTask);
                match thread.phase {
                    Phase::Sleep(Wake::Wait(awaited)) if awaited == timer => {
                        thread.phase = Phase::Awake;
                    }
                    Phase::Sleep(Wake::Retry(awaited)) if awaited == timer => {
                        thread.phase = Phase::Body;
                    }
                    Phase::StartTask | Phase::Task => {
                        self.task_timed_out(turn, &mut thread, here, timer);
                    }
                    Phase::Enter { .. }
                    | Phase::Body
                    | Phase::Sleep(_)
                    | Phase::Answered(_)
                    | Phase::Awake
                    | Phase::Children
                    | Phase::ChildrenEnded(_) => {}
                }
                self.put_thread(index, thread);
                if !queued && !self.ended {
                    self.ready.push_back(index);
                }
            }
        }
    }

    pub(super) fn time_out(&mut self, turn: &mut Turn<'_>) {
        let error = Some(failure::TIMEOUT.into());
        let details = EventDetails::Failure { error, cause: None };
        self.end(turn, EventId(0), EventType::ExecutionTimedOut, details);
    }
}

fn after(at: Timestamp, seconds: u64) -> Timestamp {
    at.plus_millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}
