//! A whole run in one call, on a virtual clock: for tests, the command line, and "run to the end".

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Action, ExecutionStart, Input, Journal, Machine, TaskRequest, VirtualClock};
use crate::asl::StateMachine;
use crate::execution::History;

/// What a run left.
#[derive(Clone, Debug)]
pub struct Run {
    pub machine: Machine,
    pub history: History,
    pub journal: Journal,
}

/// Runs until the execution ends, or until nothing can move it: a task without an answer and without a timeout.
///
/// `answer` gives the inputs that answer a task, in order; none when it is never answered.
pub fn run_to_end(
    definition: Arc<StateMachine>,
    start: ExecutionStart,
    answer: &mut dyn FnMut(&TaskRequest) -> Vec<Input>,
) -> Run {
    let mut history = History::default();
    let machine = Machine::start(definition, &start, &mut history);
    run_machine(machine, history, Journal::new(start), answer)
}

/// As [`run_to_end`], from a machine that may have run a part of its way. Timers that it asked for earlier must be in no other
/// clock's care: this one only knows those that are started from here on.
pub fn run_machine(
    machine: Machine,
    history: History,
    journal: Journal,
    answer: &mut dyn FnMut(&TaskRequest) -> Vec<Input>,
) -> Run {
    let mut clock = VirtualClock::new(journal.start.at);
    if let Some((at, _)) = journal.inputs.last() {
        clock.advance_to(*at);
    }
    let mut run = Run { machine, history, journal };
    let mut answers = VecDeque::new();
    while !run.machine.has_ended() {
        // Everything due at one moment fires before anything reacts to it, as it does on AWS.
        let input = if let Some(fired) = clock.fire() {
            fired
        } else if run.machine.can_advance() {
            Input::Advance
        } else if let Some(answered) = answers.pop_front() {
            answered
        } else if clock.jump() {
            continue;
        } else {
            break;
        };
        // An answer may come when nobody waits for it any more.
        if run.machine.misfit(clock.now(), &input).is_some() {
            continue;
        }
        run.journal.inputs.push((clock.now(), input.clone()));
        for action in run.machine.step(clock.now(), input, &mut run.history) {
            clock.observe(&action);
            if let Action::RunTask(request) = &action {
                answers.extend(answer(request));
            }
        }
    }
    run
}
