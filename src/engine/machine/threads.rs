//! The machine's threads, and the tasks that they wait for.

use std::sync::Arc;

use super::{Here, Machine, Turn};
use crate::engine::thread::{Phase, Thread, ThreadIndex, Wake};
use crate::engine::{Action, TaskToken};

impl Machine {
    pub(crate) fn take_thread(&mut self, index: ThreadIndex) -> Option<Box<Thread>> {
        self.threads.get_mut(index as usize)?.take()
    }

    pub(crate) fn put_thread(&mut self, index: ThreadIndex, thread: Box<Thread>) {
        self.threads[index as usize] = Some(thread);
    }

    pub(crate) fn add_thread(&mut self, thread: Thread) -> ThreadIndex {
        let thread = Some(Box::new(thread));
        let index = match self.free.pop() {
            Some(index) => {
                self.threads[index as usize] = thread;
                index
            }
            None => {
                self.threads.push(thread);
                (self.threads.len() - 1) as ThreadIndex
            }
        };
        self.ready.push_back(index);
        index
    }

    /// Forgets a thread that was taken out, and calls off what it waits for.
    pub(crate) fn discard_thread(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
    ) {
        self.cancel_task(turn, thread);
        if let Phase::Sleep(Wake::Wait(timer) | Wake::Retry(timer)) = thread.phase {
            self.cancel_timer(turn, timer);
        }
        self.ready.retain(|it| *it != index);
        self.free.push(index);
    }

    pub(crate) fn make_ready(&mut self, index: ThreadIndex) {
        self.ready.push_back(index);
    }

    pub(crate) fn new_task(&mut self, index: ThreadIndex) -> TaskToken {
        let token = TaskToken(self.next_task);
        self.next_task += 1;
        self.tasks.insert(token, index);
        token
    }

    pub(crate) fn thread_of(&self, token: TaskToken) -> Option<ThreadIndex> {
        self.tasks.get(&token).copied()
    }

    /// Forgets the running task, whose answer came or is no longer wanted, and its timers.
    pub(crate) fn forget_task(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
    ) -> Option<TaskToken> {
        let task = thread.visit.task.take()?;
        self.tasks.remove(&task.token);
        for timer in task.timeout.into_iter().chain(task.heartbeat.map(|(timer, _)| timer)) {
            self.cancel_timer(turn, timer);
        }
        Some(task.token)
    }

    pub(crate) fn cancel_task(&mut self, turn: &mut Turn<'_>, thread: &mut Thread) {
        if let Some(token) = self.forget_task(turn, thread) {
            turn.actions.push(Action::CancelTask { token });
        }
    }

    /// Hands an answer to the thread whose task it is; `answer` says whether the thread can go on.
    pub(super) fn with_task(
        &mut self,
        turn: &mut Turn<'_>,
        token: TaskToken,
        answer: impl FnOnce(&mut Self, &mut Turn<'_>, &mut Thread, Here<'_>) -> bool,
    ) {
        let Some(&index) = self.tasks.get(&token) else { return };
        let Some(mut thread) = self.take_thread(index) else { return };
        let program = Arc::clone(&self.program);
        let here = Here::of(&program, thread.visit.state);
        // A thread that has yet to append its started event is in the queue already.
        let queued = matches!(thread.phase, Phase::StartTask);
        let can_go_on = answer(self, turn, &mut thread, here);
        self.put_thread(index, thread);
        if can_go_on && !queued && !self.ended {
            self.ready.push_back(index);
        }
    }
}
