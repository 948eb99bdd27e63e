//! Moments over histories written by hand, and over any sequence of events at all.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::asl::{
    Choice, ItemProcessor, ItemsSource, Map, Parallel, Pass, QueryLanguage, ResourceArn, Retrier,
    Scope, State, StateKind, StateMachine, StateName, StatePath, Task, Transition,
};
use crate::json::Value;

fn state(name: &str, kind: StateKind, next: &str) -> State {
    let transition =
        if next.is_empty() { Transition::End } else { Transition::Next(StateName::new(next)) };
    State {
        name: StateName::new(name),
        name_span: Default::default(),
        span: Default::default(),
        field_spans: Default::default(),
        comment: None,
        query_language: QueryLanguage::JsonPath,
        input_path: None,
        output_path: None,
        assign: None,
        output: None,
        transition,
        retry: Vec::new(),
        catch: Vec::new(),
        kind,
    }
}

fn pass(name: &str, next: &str) -> State {
    state(name, StateKind::Pass(Box::<Pass>::default()), next)
}

fn task(name: &str, next: &str) -> State {
    let task = Task {
        resource: ResourceArn::parse("arn:aws:states:::sns:publish"),
        resource_span: Default::default(),
        parameters: None,
        arguments: None,
        credentials: None,
        result_selector: None,
        result_path: None,
        timeout_seconds: None,
        heartbeat_seconds: None,
    };
    state(name, StateKind::Task(Box::new(task)), next)
}

fn retrying(mut state: State, max_attempts: u64) -> State {
    state.retry.push(Retrier {
        error_equals: vec![crate::asl::ErrorName::new("States.ALL")],
        interval_seconds: 1,
        max_attempts,
        backoff_rate: 2.0,
        max_delay_seconds: None,
        jitter_strategy: crate::asl::JitterStrategy::None,
        span: Default::default(),
    });
    state
}

fn parallel(name: &str, branches: Vec<Scope>, next: &str) -> State {
    state(name, StateKind::Parallel(Box::new(Parallel { branches, ..Parallel::default() })), next)
}

fn map(name: &str, scope: Scope, next: &str) -> State {
    let map = Map {
        processor: ItemProcessor { scope, ..ItemProcessor::default() },
        uses_iterator: false,
        items: ItemsSource::Input,
        item_selector: None,
        max_concurrency: None,
        result_selector: None,
        result_path: None,
        tolerated_failure_percentage: None,
        tolerated_failure_count: None,
        label: None,
        item_reader: None,
        item_batcher: None,
        result_writer: None,
    };
    state(name, StateKind::Map(Box::new(map)), next)
}

fn scope(states: Vec<State>) -> Scope {
    let start_at = states.first().map(|it| it.name.clone());
    Scope {
        start_at,
        states: states.into_iter().map(|it| (it.name.clone(), it)).collect(),
        ..Scope::default()
    }
}

fn machine(states: Vec<State>) -> StateMachine {
    StateMachine {
        comment: None,
        version: None,
        timeout_seconds: None,
        query_language: QueryLanguage::JsonPath,
        top: scope(states),
        source: "".into(),
    }
}

/// `previous type [name or error] [index or length] [$variable=number]` per line; a second passes between events.
fn history(text: &str) -> History {
    let mut history = History::default();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let event_type = EventType::parse(words[1]);
        assert_ne!(event_type, EventType::Unknown, "{line}");
        let word = |index: usize| words.get(index).copied().unwrap_or("");
        let details = details(
            event_type,
            word(2),
            word(3).parse().unwrap_or(0),
            words.last().copied().unwrap_or(""),
        );
        let at = Timestamp(history.last_id().0 as i64 * 1000);
        history.append(EventId(words[0].parse().unwrap()), at, event_type, details);
    }
    history
}

fn details(event_type: EventType, name: &str, number: u64, last: &str) -> EventDetails {
    let text = event_type.as_str();
    let name: Arc<str> = name.into();
    if text.ends_with("StateEntered") {
        EventDetails::StateEntered { name, input: Some(Value::from(1_i64).into()) }
    } else if text.ends_with("StateExited") {
        let assigned = last.strip_prefix('$').and_then(|it| it.split_once('='));
        let assigned = assigned.map(|(name, value)| (name.into(), Payload::Text(value.into())));
        EventDetails::StateExited {
            name,
            output: None,
            assigned_variables: assigned.into_iter().collect(),
        }
    } else if text.starts_with("MapIteration") {
        EventDetails::MapIteration { name, index: number }
    } else if event_type == EventType::MapStateStarted {
        EventDetails::MapStateStarted { length: name.parse().unwrap_or(0) }
    } else if summary::is_failure(event_type)
        && !text.contains("State")
        && event_type != EventType::MapRunAborted
    {
        EventDetails::Failure { error: Some(name), cause: Some(last.into()) }
    } else {
        EventDetails::None
    }
}

/// Whether everything that must hold for a moment holds.
fn check(moment: &Moment) {
    for (index, thread) in moment.threads.iter().enumerate() {
        assert_eq!(thread.id.0 as usize, index);
        assert_eq!(thread.parent.is_none(), index == 0, "only the top has no parent: {thread:?}");
        assert!(
            thread.parent.is_none_or(|parent| parent < thread.id),
            "threads are a tree: {thread:?}"
        );
        assert_eq!(thread.kind == ThreadKind::Top, index == 0);
        if let Some(visit) = &thread.current {
            assert!(visit.entered <= moment.at);
            assert!(moment.states.contains_key(&visit.state));
        }
    }
    for (path, summary) in moment.states.iter() {
        let open = moment
            .threads
            .iter()
            .filter(|it| it.open_visit().is_some_and(|visit| visit.state == *path));
        assert_eq!(summary.in_progress as usize, open.count(), "{path} at {:?}", moment.at);
        assert!(summary.in_progress <= summary.visits && summary.status != StateStatus::NotEntered);
    }
    assert!(moment.at == EventId(0) || moment.thread(moment.focus).is_some());
}

/// Every moment is right in itself and the same, whichever way one comes to it.
fn check_all(machine: &StateMachine, history: &History) -> Moments {
    let moments = Moments::of(machine, history);
    let mut grown = Moments::new(machine);
    let mut so_far = History::default();
    for event in history.events() {
        so_far.append(
            event.previous_event_id,
            event.timestamp,
            event.event_type,
            event.details.clone(),
        );
        grown.extend(&so_far);
        assert_eq!(grown.latest(), &moments.at(history, event.id), "at {:?}", event.id);
        check(grown.latest());
    }
    for event in history.events().iter().rev() {
        assert_eq!(moments.at(history, event.id).at, event.id);
    }
    assert_eq!(grown.timeline(), moments.timeline());
    moments
}

fn path(text: &str) -> StatePath {
    StatePath::new(text)
}

#[test]
fn branches_are_told_apart_by_the_state_they_start_with() {
    let branches = vec![scope(vec![pass("A", "B"), pass("B", "")]), scope(vec![pass("C", "")])];
    let machine = machine(vec![parallel("Both", branches, "Last"), pass("Last", "")]);
    let history = history(
        "0 ExecutionStarted
         0 ParallelStateEntered Both
         2 ParallelStateStarted
         3 PassStateEntered C
         3 PassStateEntered A
         4 PassStateExited C $x=1
         5 PassStateExited A $x=2
         7 PassStateEntered B
         8 PassStateExited B
         9 ParallelStateSucceeded
         9 ParallelStateExited Both
         11 PassStateEntered Last",
    );
    let moments = check_all(&machine, &history);
    let during = moments.at(&history, EventId(7));
    assert_eq!(during.threads[1].kind, ThreadKind::Branch { of: path("Both"), index: 1 });
    assert_eq!(during.threads[1].status, ThreadStatus::Succeeded, "its last state was left");
    assert_eq!(during.threads[2].kind, ThreadKind::Branch { of: path("Both"), index: 0 });
    assert_eq!(during.threads[2].variables.get("x"), Some(&Value::from(2_i64)));
    assert_eq!(during.focus, ThreadId(2));
    assert_eq!(during.status_of(&path("Both")), StateStatus::InProgress);
    let after = moments.latest();
    assert!(
        after.has_taken(&path("Both/0/A"), &path("Both/0/B"))
            && after.has_taken(&path("Both"), &path("Last"))
    );
    assert!(after.threads[0].variables.is_empty(), "a branch's variables end with it");
    assert_eq!(moments.timeline().lanes.iter().map(|it| it.depth).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn iterations_are_told_apart_by_their_index() {
    let machine = machine(vec![map("Each", scope(vec![task("Do", "")]), "")]);
    let history = history(
        "0 ExecutionStarted
         0 MapStateEntered Each
         2 MapStateStarted 3
         3 MapIterationStarted Each 0
         3 MapIterationStarted Each 1
         4 TaskStateEntered Do
         5 TaskStateEntered Do
         6 TaskScheduled
         7 TaskScheduled
         8 TaskSucceeded
         10 TaskStateExited Do
         11 MapIterationSucceeded Each 0
         11 MapIterationStarted Each 2
         13 TaskStateEntered Do
         14 TaskScheduled
         9 TaskFailed Boom
         16 MapIterationFailed Each 1
         16 TaskStateAborted
         16 MapIterationAborted Each 2
         16 TaskStateAborted
         16 MapStateFailed
         21 ExecutionFailed Boom",
    );
    let moments = check_all(&machine, &history);
    let running = moments.at(&history, EventId(15));
    let kinds: Vec<_> = running.threads.iter().map(|it| (it.kind.label(), it.status)).collect();
    assert_eq!(kinds[1], ("Iteration 0".into(), ThreadStatus::Succeeded));
    assert_eq!(kinds[2], ("Iteration 1".into(), ThreadStatus::Running));
    assert_eq!(kinds[3], ("Iteration 2".into(), ThreadStatus::Running));
    assert_eq!(running.states[&path("Each")].iterations, Some((3, 1, 3)));
    let last = moments.latest();
    let status: Vec<_> = last.threads.iter().map(|it| it.status).collect();
    use ThreadStatus::{Aborted, Failed, Succeeded};
    assert_eq!(status, [Failed, Succeeded, Failed, Aborted]);
    assert_eq!(last.status_of(&path("Each")), StateStatus::Failed);
    assert_eq!(last.status_of(&path("Each/Do")), StateStatus::Failed);
    assert_eq!(
        last.threads[0].current.as_ref().unwrap().error.as_ref().unwrap().0.as_ref(),
        "Boom"
    );
    assert_eq!(last.threads[3].current.as_ref().unwrap().status, StateStatus::Aborted);
}

#[test]
fn a_retried_map_begins_new_threads_and_a_caught_one_goes_on() {
    let machine = machine(vec![
        retrying(map("Each", scope(vec![task("Do", "")]), ""), 1),
        pass("Rescue", ""),
    ]);
    let history = history(
        "0 ExecutionStarted
         0 MapStateEntered Each
         2 MapStateStarted 1
         3 MapIterationStarted Each 0
         4 TaskStateEntered Do
         5 TaskScheduled
         6 TaskFailed Boom
         7 MapIterationFailed Each 0
         5 MapStateStarted 1
         9 MapIterationStarted Each 0
         10 TaskStateEntered Do
         11 TaskScheduled
         12 TaskFailed Boom
         13 MapIterationFailed Each 0
         11 MapStateFailed
         15 MapStateExited Each
         16 PassStateEntered Rescue",
    );
    let moments = check_all(&machine, &history);
    assert_eq!(
        moments.at(&history, EventId(8)).threads[0].status,
        ThreadStatus::Waiting,
        "a retry is coming"
    );
    let second = moments.at(&history, EventId(11));
    assert_eq!(
        (second.threads.len(), second.threads[1].superseded, second.threads[2].superseded),
        (3, true, false)
    );
    assert_eq!(second.states[&path("Each")].retries, 1);
    assert_eq!(
        moments.at(&history, EventId(14)).threads[0].status,
        ThreadStatus::Running,
        "no retry is left"
    );
    let last = moments.latest();
    assert_eq!(last.status_of(&path("Each")), StateStatus::Caught);
    assert_eq!(last.status_of(&path("Rescue")), StateStatus::InProgress);
    assert!(last.has_taken(&path("Each"), &path("Rescue")));
    let bar = &moments.timeline().visits[&EventId(2)];
    assert_eq!((bar.attempts.len(), bar.retries(), bar.status), (2, 1, StateStatus::Caught));
}

#[test]
fn a_retried_task_stays_in_its_visit() {
    let machine = machine(vec![retrying(task("Do", ""), 2)]);
    let history = history(
        "0 ExecutionStarted
         0 TaskStateEntered Do
         2 LambdaFunctionScheduled
         3 LambdaFunctionStarted
         4 LambdaFunctionFailed Boom
         5 LambdaFunctionScheduled
         6 LambdaFunctionStarted
         7 LambdaFunctionSucceeded
         8 TaskStateExited Do
         9 ExecutionSucceeded",
    );
    let moments = check_all(&machine, &history);
    let waiting = moments.at(&history, EventId(5));
    assert_eq!(waiting.threads[0].status, ThreadStatus::Waiting);
    assert_eq!(waiting.visit().unwrap().error.as_ref().unwrap().0.as_ref(), "Boom");
    let last = moments.latest();
    assert_eq!((last.states[&path("Do")].visits, last.states[&path("Do")].retries), (1, 1));
    assert_eq!(last.status_of(&path("Do")), StateStatus::Succeeded);
    let bar = &moments.timeline().visits[&EventId(2)];
    let outcomes: Vec<_> = bar.attempts.iter().map(|it| it.succeeded).collect();
    assert_eq!(outcomes, [Some(false), Some(true)]);
    assert_eq!(
        bar.attempts[1].begin.0 - bar.attempts[0].end.unwrap().0,
        1000,
        "the retry delay is the gap"
    );
    assert_eq!(bar.events.len(), 8);
}

#[test]
fn a_cause_that_names_the_guilty_event_is_believed() {
    let branches = vec![scope(vec![pass("A", "")]), scope(vec![pass("B", "")])];
    let machine = machine(vec![parallel("Both", branches, "")]);
    let mut history = history(
        "0 ExecutionStarted
         0 ParallelStateEntered Both
         2 ParallelStateStarted
         3 PassStateEntered A
         3 PassStateEntered B",
    );
    let cause = "An error occurred while executing the state 'B' (entered at the event id #5). Invalid path";
    let details =
        EventDetails::Failure { error: Some("States.Runtime".into()), cause: Some(cause.into()) };
    history.append(EventId(5), Timestamp(9000), EventType::ExecutionFailed, details);
    let moments = check_all(&machine, &history);
    assert_eq!(moments.latest().status_of(&path("Both/0/A")), StateStatus::Aborted);
    assert_eq!(moments.latest().status_of(&path("Both/1/B")), StateStatus::Failed);
}

#[test]
fn what_failed_goes_on_after_a_redrive() {
    let machine = machine(vec![task("Do", "")]);
    let history = history(
        "0 ExecutionStarted
         0 TaskStateEntered Do
         2 TaskScheduled
         3 TaskFailed Boom
         4 ExecutionFailed Boom
         5 ExecutionRedriven
         6 TaskScheduled
         7 TaskSucceeded
         8 TaskStateExited Do
         9 ExecutionSucceeded",
    );
    let moments = check_all(&machine, &history);
    assert_eq!(moments.at(&history, EventId(5)).status_of(&path("Do")), StateStatus::Failed);
    assert_eq!(moments.at(&history, EventId(6)).status_of(&path("Do")), StateStatus::InProgress);
    assert_eq!(moments.latest().status_of(&path("Do")), StateStatus::Succeeded);
    assert_eq!(moments.latest().threads[0].status, ThreadStatus::Succeeded);
}

#[test]
fn a_loop_shows_its_latest_round() {
    let choice = state("More", StateKind::Choice(Box::<Choice>::default()), "");
    let machine = machine(vec![task("Do", "More"), choice]);
    let mut text = String::from("0 ExecutionStarted\n");
    for round in 0..3_u64 {
        let first = 2 + round * 6;
        let previous = if round == 0 { 0 } else { first - 1 };
        let end = if round == 0 { "TaskFailed Boom" } else { "TaskSucceeded" };
        text += &format!(
            "{previous} TaskStateEntered Do\n{first} TaskScheduled\n{} {end}\n{} TaskStateExited Do
             {} ChoiceStateEntered More\n{} ChoiceStateExited More\n",
            first + 1,
            first + 2,
            first + 3,
            first + 4,
        );
    }
    let history = history(&text);
    let moments = check_all(&machine, &history);
    assert_eq!(moments.at(&history, EventId(5)).status_of(&path("Do")), StateStatus::Caught);
    assert_eq!(moments.latest().status_of(&path("Do")), StateStatus::Succeeded);
    assert_eq!(moments.latest().states[&path("Do")].visits, 3);
    assert_eq!(moments.latest().taken[&(path("More"), path("Do"))], 2);
}

#[test]
fn any_moment_of_a_full_history_is_near() {
    let inner = map("Inner", scope(vec![pass("Do", "")]), "");
    let machine = machine(vec![map("Outer", scope(vec![inner]), "")]);
    let mut text =
        String::from("0 ExecutionStarted\n0 MapStateEntered Outer\n2 MapStateStarted 2000\n");
    let mut id = 3_u64;
    let mut push = |text: &mut String, line: &str| {
        *text += &format!("{id} {line}\n");
        id += 1;
    };
    for index in 0..2000 {
        for line in [
            format!("MapIterationStarted Outer {index}"),
            "MapStateEntered Inner".into(),
            "MapStateStarted 2".into(),
            "MapIterationStarted Inner 0".into(),
            "PassStateEntered Do".into(),
            "PassStateExited Do".into(),
            "MapIterationSucceeded Inner 0".into(),
            "MapIterationStarted Inner 1".into(),
            "PassStateEntered Do".into(),
            "PassStateExited Do".into(),
            "MapIterationSucceeded Inner 1".into(),
            "MapStateExited Inner".into(),
        ] {
            push(&mut text, &line);
        }
    }
    let history = history(&text);
    let moments = Moments::of(&machine, &history);
    assert_eq!(moments.latest().threads.len(), 6001);
    // The cost of a scrub is the events since the checkpoint and one copy of it.
    for event in (1..=history.last_id().0).step_by(997).map(EventId) {
        let moment = moments.at(&history, event);
        assert_eq!(moment.at, event);
        let before = moments.checkpoint_before(event);
        let size = (moment.threads.len() + moment.states.len()) as u64;
        assert!(event.0 - before.0 <= 64.max(size / 16) + 1, "{event:?} is far from {before:?}");
    }
    assert_eq!(moments.latest().states[&path("Outer/Inner")].iterations, Some((4000, 4000, 4000)));
}

fn any_event() -> impl Strategy<Value = (u64, usize, usize, u64)> {
    (0..40_u64, 0..EventType::ALL.len(), 0..6_usize, 0..3_u64)
}

proptest! {
    /// Histories come from anywhere. Whatever the order, the threads are a tree and the counts are right.
    #[test]
    fn any_sequence_of_events_gives_moments_that_hold_together(events in prop::collection::vec(any_event(), 0..80)) {
        let branches = vec![scope(vec![pass("A", "B"), pass("B", "")]), scope(vec![map("M", scope(vec![task("T", "")]), "")])];
        let machine = machine(vec![parallel("P", branches, "")]);
        let mut history = History::default();
        for (previous, kind, name, number) in events {
            let event_type = EventType::ALL[kind];
            let name = ["A", "B", "M", "T", "P", "gone"][name];
            let details = details(event_type, name, number, "$x=1");
            history.append(EventId(previous), Timestamp(0), event_type, details);
        }
        check_all(&machine, &history);
    }
}
