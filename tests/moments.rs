//! Moments of executions that were recorded on AWS: whatever the numbering, the threads form a tree, every state is found in
//! the definition, and the last moment agrees with how the execution ended.

#![expect(clippy::print_stdout, reason = "a test that is skipped says why")]

#[path = "conformance/recorded.rs"]
mod recorded;

use std::path::PathBuf;
use std::sync::Arc;

use stepwell::asl::{StateMachine, StateMachineType};
use stepwell::debug::{Breakpoints, Cursor, DebugSession, ExceptionFilters, Goal, StopReason};
use stepwell::execution::{
    EventDetails, EventId, EventType, Execution, ExecutionSource, History, Moment, Moments,
    StateStatus, ThreadKind, ThreadStatus,
};
use stepwell::json::Value;

/// One recorded execution.
struct Recording {
    name: String,
    machine: StateMachine,
    history: History,
    /// Whether the ids were kept; in histories of Parallel states they were blanked and the events sorted.
    has_ids: bool,
    status: String,
}

fn recordings() -> Option<Vec<Recording>> {
    Some(recorded::cases()?.iter().filter_map(recording).collect())
}

fn recording(case: &Value) -> Option<Recording> {
    let expected = case.get("expected")?;
    let events = expected.get("events")?.as_array()?;
    let machine = recorded::machine(case)?;
    let (history, has_ids) = recorded::history(events);
    Some(Recording {
        name: case.get("id")?.as_str()?.to_owned(),
        machine,
        history,
        has_ids,
        status: expected.get("status")?.as_str()?.to_owned(),
    })
}

/// What holds at every moment.
fn check(recording: &Recording, moment: &Moment) {
    let name = &recording.name;
    for (index, thread) in moment.threads.iter().enumerate() {
        assert_eq!(thread.id.0 as usize, index, "{name}");
        assert!(
            thread.parent.is_none_or(|parent| parent < thread.id),
            "{name}: threads are a tree"
        );
        assert_eq!(thread.parent.is_none(), thread.kind == ThreadKind::Top, "{name}");
        assert_eq!(
            moment.chain(thread.id).last().map(|it| it.id.0),
            Some(0),
            "{name}: every chain ends at the top"
        );
    }
    for (path, summary) in moment.states.iter() {
        assert!(recording.machine.find(path).is_some(), "{name}: {path} is in the definition");
        let open = moment
            .threads
            .iter()
            .filter(|it| it.open_visit().is_some_and(|visit| visit.state == *path));
        assert_eq!(summary.in_progress as usize, open.count(), "{name}: {path} at {:?}", moment.at);
    }
}

#[test]
fn recorded_executions_have_moments_that_hold_together() {
    let Some(recordings) = recordings() else { return };
    assert!(recordings.len() > 400, "only {} recordings", recordings.len());
    for recording in &recordings {
        let (name, history) = (&recording.name, &recording.history);
        let moments = Moments::of(&recording.machine, history);
        let mut grown = Moments::new(&recording.machine);
        let mut so_far = History::default();
        for event in history.events() {
            so_far.append(
                event.previous_event_id,
                event.timestamp,
                event.event_type,
                event.details.clone(),
            );
            grown.extend(&so_far);
            check(recording, grown.latest());
        }
        for event in history.events().iter().rev() {
            let moment = moments.at(history, event.id);
            assert_eq!(moment.at, event.id, "{name}");
            check(recording, &moment);
        }
        check_end(recording, moments.latest());
        assert_eq!(grown.latest(), moments.latest(), "{name}");
    }
}

fn check_end(recording: &Recording, last: &Moment) {
    let name = &recording.name;
    let expected = match recording.status.as_str() {
        "SUCCEEDED" => ThreadStatus::Succeeded,
        "FAILED" | "TIMED_OUT" => ThreadStatus::Failed,
        "ABORTED" => ThreadStatus::Aborted,
        other => panic!("{name}: a status {other}"),
    };
    assert_eq!(last.threads[0].status, expected, "{name}");
    assert!(last.threads.iter().all(|it| !it.status.is_alive()), "{name}: everything has ended");
    let running = last.states.iter().find(|(_, summary)| summary.status == StateStatus::InProgress);
    assert_eq!(running, None, "{name}: nothing is in progress");
    if expected == ThreadStatus::Failed {
        let current = last.threads[0].current.as_ref();
        assert!(
            current.is_none_or(|visit| visit.status != StateStatus::Succeeded),
            "{name}: {current:?}"
        );
    }
    let count = |wanted: EventType| {
        recording.history.events().iter().filter(|it| it.event_type == wanted).count()
    };
    let iterations =
        last.threads.iter().filter(|it| matches!(it.kind, ThreadKind::Iteration { .. })).count();
    assert_eq!(iterations, count(EventType::MapIterationStarted), "{name}");
}

#[test]
fn a_recorded_event_is_in_a_thread_that_can_have_it() {
    let Some(recordings) = recordings() else { return };
    let mut checked = 0;
    for recording in recordings.iter().filter(|it| it.has_ids) {
        let (name, history) = (&recording.name, &recording.history);
        let moments = Moments::of(&recording.machine, history);
        for event in history.events() {
            let thread = moments.thread_of(event.id);
            let moment = moments.at(history, event.id);
            let current = moment.thread(thread).and_then(|it| it.current.clone());
            let exited = matches!(event.details, EventDetails::StateExited { .. });
            if let EventDetails::StateEntered { name: state, .. }
            | EventDetails::StateExited { name: state, .. } = &event.details
            {
                let current =
                    current.unwrap_or_else(|| panic!("{name}: {:?} is in a state", event.id));
                assert_eq!(current.name, *state, "{name}: {:?}", event.id);
                assert_eq!(current.exited, exited.then_some(event.id), "{name}: {:?}", event.id);
                assert_eq!(moments.visit_of(event.id), Some(current.entered), "{name}");
                checked += 1;
            } else if let EventDetails::MapIteration { index, .. } = &event.details {
                let kind = moment.thread(thread).map(|it| it.kind.clone());
                let found =
                    matches!(kind, Some(ThreadKind::Iteration { index: it, .. }) if it == *index);
                assert!(found, "{name}: {:?} is in {kind:?}", event.id);
                checked += 1;
            }
        }
    }
    assert!(checked > 1400, "only {checked} events");
    assert_eq!(Moments::of(&recordings[0].machine, &History::default()).latest().at, EventId(0));
}

/// Steps until nothing moves any more; where it stopped on the way.
fn stops(session: &mut DebugSession, goal: &Goal, end: &StopReason) -> Vec<Cursor> {
    let exceptions = ExceptionFilters { uncaught: false, ..ExceptionFilters::default() };
    let breakpoints = Breakpoints { exceptions, ..Breakpoints::default() };
    let mut stops = Vec::new();
    loop {
        let before = session.cursor();
        let progress = session.run(goal.clone(), &breakpoints, 100_000);
        let reason = progress.stopped.expect("nothing can keep a recorded execution from stopping");
        assert!(progress.requests.is_empty(), "nothing is run");
        if reason == *end {
            return stops;
        }
        assert_ne!(session.cursor(), before, "every step moves");
        stops.push(session.cursor());
        session.stack();
        session.inspection().expect("a step stops in a state");
    }
}

#[test]
fn recorded_executions_are_stepped_through_in_both_directions() {
    let Some(recordings) = recordings() else { return };
    for recording in recordings {
        let execution = Execution {
            arn: "arn:aws:states:us-east-1:111111111111:execution:recorded:1".into(),
            state_machine: Arc::new(recording.machine),
            kind: StateMachineType::Standard,
            history: recording.history,
            source: ExecutionSource::Imported { path: PathBuf::new() },
        };
        let mut session = DebugSession::open(&execution);
        let forward = stops(&mut session, &Goal::StepIn, &StopReason::End);
        assert!(!forward.is_empty() || session.last_event().0 <= 3, "{}", recording.name);
        if !recording.has_ids {
            continue;
        }
        let mut backward = stops(&mut session, &Goal::ReverseStepIn, &StopReason::Entry);
        backward.reverse();
        // A step into a Map goes through the iteration that begins first; a step back, through the one that ended last.
        let has_threads = session.timeline().lanes.len() > 1;
        assert!(
            has_threads || forward == backward,
            "{}: {forward:?} is not {backward:?}",
            recording.name
        );
        let mut next = stops(&mut session, &Goal::Next, &StopReason::End);
        let entered = session.timeline().lanes[0]
            .visits
            .iter()
            .map(|event| Cursor { event: *event, stage: None });
        next.dedup();
        assert_eq!(next, entered.collect::<Vec<_>>(), "{}", recording.name);
    }
}
