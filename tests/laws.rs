//! Laws of the engine, on machines that nobody thought of.
//!
//! `STEPWELL_LAWS_SEED=n` repeats a run, `STEPWELL_LAWS_CASES=n` makes a longer one. The seed is printed first.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stepwell::asl::{StateKind, StateMachine, StateMachineType};
use stepwell::engine::test_state::{
    Definition, FieldValidationMode, Mock, TestStateRequest, test_state,
};
use stepwell::engine::{ExecutionStart, Input, Machine, Run, TaskRequest, run_to_end};
use stepwell::execution::{EventDetails, EventId, EventType, History, Timestamp, export};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

/// What a random state machine is made of. Transitions only go forward, so every run ends.
#[derive(Clone, Debug)]
enum Part {
    Pass { result: u8, place: u8 },
    Compute { jsonata: bool },
    Choice { limit: u8 },
    Wait { seconds: u8 },
    Task { retries: u8, caught: bool, timeout: bool, token: bool },
    Parallel { branches: Vec<Vec<Self>>, caught: bool },
    Map { items: u8, at_once: u8, distributed: bool, body: Vec<Self> },
    Fail,
    Succeed,
}

fn parts(depth: u32) -> BoxedStrategy<Vec<Part>> {
    let leaf = prop_oneof![
        4 => (any::<u8>(), 0..3_u8).prop_map(|(result, place)| Part::Pass { result, place }),
        3 => any::<bool>().prop_map(|jsonata| Part::Compute { jsonata }),
        3 => any::<u8>().prop_map(|limit| Part::Choice { limit }),
        2 => (0..4_u8).prop_map(|seconds| Part::Wait { seconds }),
        4 => (0..3_u8, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(retries, caught, timeout, token)| Part::Task { retries, caught, timeout, token }),
        1 => Just(Part::Fail),
        1 => Just(Part::Succeed),
    ];
    let part = if depth == 0 {
        leaf.boxed()
    } else {
        let inner = || parts(depth - 1);
        prop_oneof![
            6 => leaf,
            1 => (prop::collection::vec(inner(), 1..4), any::<bool>())
                .prop_map(|(branches, caught)| Part::Parallel { branches, caught }),
            1 => (0..5_u8, 0..3_u8, prop::bool::weighted(0.2), inner()).prop_map(
                |(items, at_once, distributed, body)| Part::Map { items, at_once, distributed, body }
            ),
        ]
        .boxed()
    };
    prop::collection::vec(part, 1..5).boxed()
}

/// A scope as ASL; `name` keeps names apart, as AWS demands.
fn scope(parts: &[Part], name: &str) -> String {
    let states: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| {
            let own = format!("{name}{at}");
            let onward = if at + 1 == parts.len() {
                "\"End\":true".to_owned()
            } else {
                format!("\"Next\":\"{name}{}\"", at + 1)
            };
            let last = format!("{name}{}", parts.len() - 1);
            format!("\"{own}\":{{{}}}", state(part, &own, &onward, &last, at + 1 == parts.len()))
        })
        .collect();
    format!("\"StartAt\":\"{name}0\",\"States\":{{{}}}", states.join(","))
}

fn state(part: &Part, own: &str, onward: &str, last: &str, is_last: bool) -> String {
    // A catcher of the last state has nowhere to go, so only the others have one.
    let catch = |caught: bool| {
        if caught && !is_last {
            format!(
                ",\"Catch\":[{{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$.error\",\"Next\":\"{last}\"}}]"
            )
        } else {
            String::new()
        }
    };
    match part {
        Part::Pass { result, place } => {
            let place = ["\"$\"", "\"$.deep.er\"", "null"][usize::from(*place) % 3];
            format!(
                "\"Type\":\"Pass\",\"Result\":{{\"n\":{result}}},\"ResultPath\":{place},{onward}"
            )
        }
        Part::Compute { jsonata: true } => format!(
            "\"Type\":\"Pass\",\"QueryLanguage\":\"JSONata\",\"Assign\":{{\"seen\":\"{{% $exists($states.input.n) %}}\"}},\
             \"Output\":{{\"n\":\"{{% $count($keys($states.input)) %}}\",\"id\":\"{{% $uuid() %}}\"}},{onward}"
        ),
        Part::Compute { jsonata: false } => format!(
            "\"Type\":\"Pass\",\"Parameters\":{{\"n.$\":\"States.MathRandom(1, 100)\",\"in.$\":\"$$.State.Name\"}},{onward}"
        ),
        Part::Choice { limit } => format!(
            "\"Type\":\"Choice\",\"Choices\":[{{\"And\":[{{\"Variable\":\"$.n\",\"IsPresent\":true}},\
             {{\"Variable\":\"$.n\",\"NumericLessThan\":{limit}}}],\"Next\":\"{last}\"}}]{}",
            if is_last {
                String::new()
            } else {
                format!(",\"Default\":{}", &onward["\"Next\":".len()..])
            }
        ),
        Part::Wait { seconds } => format!("\"Type\":\"Wait\",\"Seconds\":{seconds},{onward}"),
        Part::Task { retries, caught, timeout, token } => {
            let resource = if *token {
                "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
            } else if *timeout {
                "arn:aws:states:::lambda:invoke"
            } else {
                "arn:aws:lambda:us-east-1:111111111111:function:f"
            };
            let parameters =
                if *token { ",\"Parameters\":{\"token.$\":\"$$.Task.Token\"}" } else { "" };
            // Only what has a timeout may go without an answer, or the run would stand still.
            let timeout = if *timeout || *token { ",\"TimeoutSeconds\":5" } else { "" };
            format!(
                "\"Type\":\"Task\",\"Resource\":\"{resource}\"{parameters}{timeout},\"Retry\":[{{\"ErrorEquals\":\
                 [\"States.ALL\"],\"MaxAttempts\":{retries},\"JitterStrategy\":\"FULL\"}}]{},{onward}",
                catch(*caught)
            )
        }
        Part::Parallel { branches, caught } => {
            let branches: Vec<String> = branches
                .iter()
                .enumerate()
                .map(|(at, branch)| format!("{{{}}}", scope(branch, &format!("{own}b{at}x"))))
                .collect();
            format!(
                "\"Type\":\"Parallel\",\"Branches\":[{}]{},{onward}",
                branches.join(","),
                catch(*caught)
            )
        }
        Part::Map { items, at_once, distributed, body } => {
            let items: Vec<String> = (0..*items).map(|it| format!("{{\"n\":{it}}}")).collect();
            let mode = if *distributed {
                ",\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}"
            } else {
                ""
            };
            let catch = catch(true).replace("\"ResultPath\":\"$.error\",", "");
            format!(
                "\"Type\":\"Map\",\"QueryLanguage\":\"JSONata\",\"Items\":[{}],\"MaxConcurrency\":{at_once},\
                 \"ItemSelector\":{{\"n\":\"{{% $states.context.Map.Item.Value.n %}}\"}},\"ItemProcessor\":{{{}{mode}}}{catch},{onward}",
                items.join(","),
                scope(body, &format!("{own}m")),
            )
        }
        Part::Fail => "\"Type\":\"Fail\",\"Error\":\"Made\",\"Cause\":\"on purpose\"".to_owned(),
        Part::Succeed => "\"Type\":\"Succeed\"".to_owned(),
    }
}

/// Answers that depend on nothing but the request, and go wrong often.
fn answer(request: &TaskRequest, seed: u64) -> Vec<Input> {
    let token = request.token;
    let chance = (request.token.0.wrapping_mul(0x9e37_79b9).wrapping_add(seed)) % 7;
    let may_be_silent = request.resource.text.contains("states:::");
    match chance {
        0 if may_be_silent => Vec::new(),
        1 | 2 => vec![Input::TaskFailed { token, error: Some("Broken".into()), cause: None }],
        3 if request.callback_token.is_some() => vec![
            Input::TaskSubmitted { token, output: Value::empty_object() },
            Input::TaskHeartbeat { token },
            Input::TaskSucceeded { token, output: Value::object([("n", Value::from(3))]) },
        ],
        _ => vec![Input::TaskSucceeded { token, output: Value::object([("n", Value::from(1))]) }],
    }
}

fn start(seed: u64) -> ExecutionStart {
    ExecutionStart {
        input: Value::object([("n", Value::from(7))]),
        kind: StateMachineType::Standard,
        synchronous: false,
        at: Timestamp(1_767_225_600_000),
        seed,
        execution_arn: "arn:aws:states:us-east-1:111111111111:execution:Laws:Run".into(),
        execution_name: "Run".into(),
        role_arn: "arn:aws:iam::111111111111:role/Laws".into(),
        state_machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:Laws".into(),
        state_machine_name: "Laws".into(),
    }
}

fn text(history: &History) -> String {
    export::to_json(history).to_string()
}

#[test]
fn the_laws_hold_on_random_machines() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed =
        number("STEPWELL_LAWS_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let cases = number("STEPWELL_LAWS_CASES").unwrap_or(48) as u32;
    println!("STEPWELL_LAWS_SEED={seed} STEPWELL_LAWS_CASES={cases}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    runner
        .run(&(parts(2), any::<u64>()), |(parts, seed)| check(&parts, seed))
        .expect("the laws hold");
}

fn check(parts: &[Part], seed: u64) -> Result<(), TestCaseError> {
    let definition = format!("{{{}}}", scope(parts, "S"));
    let document = Document::parse(&definition, Format::Json);
    prop_assert!(document.problems.is_empty(), "the test makes JSON: {definition}");
    let machine = Arc::new(stepwell::asl::parse::parse(&document).machine);
    let Run { machine: ended, history, journal } =
        run_to_end(Arc::clone(&machine), start(seed), &mut |request| answer(request, seed));

    prop_assert!(ended.has_ended(), "every machine of this test ends: {definition}");
    let last = history.events().last().expect("at least the start").event_type;
    prop_assert!(
        matches!(last, EventType::ExecutionSucceeded | EventType::ExecutionFailed),
        "{last:?}"
    );
    for (at, event) in history.events().iter().enumerate() {
        prop_assert_eq!(event.id, EventId(at as u64 + 1));
        prop_assert!(event.previous_event_id < event.id, "{event:?} points backwards");
    }

    let (replayed, again) =
        Machine::replay(Arc::clone(&machine), &journal).expect("its own journal");
    prop_assert_eq!(text(&history), text(&again), "the same journal gives the same bytes");
    prop_assert_eq!(&history.inspections, &again.inspections);
    prop_assert_eq!(format!("{ended:?}"), format!("{replayed:?}"), "and the same machine");

    every_state_alone_does_the_same(&machine, &history)?;

    // A shorter journal is an earlier moment of the same run, from which it goes on the same way.
    let half = stepwell::engine::Journal {
        start: journal.start.clone(),
        inputs: journal.inputs[..journal.inputs.len() / 2].to_vec(),
    };
    let (mut machine, mut earlier) =
        Machine::replay(machine, &half).expect("the first half of its own journal");
    let is_prefix = text(&history).starts_with(text(&earlier).trim_end_matches("]}"));
    prop_assert!(is_prefix, "a shorter journal gives the beginning of the history");
    for (at, input) in &journal.inputs[half.inputs.len()..] {
        machine.step(*at, input.clone(), &mut earlier);
    }
    prop_assert_eq!(text(&history), text(&earlier));

    let imported = export::parse(&text(&history)).expect("our own history");
    prop_assert_eq!(imported.events(), history.events(), "reading gives what was written");
    prop_assert_eq!(text(&imported), text(&history));
    Ok(())
}

/// What a state made of its input in the execution, it makes of it in a test of that state alone. Left out are the states of
/// these machines that ask for something random, and visits in which something failed.
fn every_state_alone_does_the_same(
    machine: &Arc<StateMachine>,
    history: &History,
) -> Result<(), TestCaseError> {
    let states = machine.states();
    let mut tested = BTreeSet::new();
    for (entered, visit) in &history.inspections {
        let details = history.get(*entered).map(|it| &it.details);
        let Some(EventDetails::StateEntered { name, .. }) = details else { continue };
        let Some((_, state)) = states.iter().find(|(_, it)| it.name.as_str() == &**name) else {
            continue;
        };
        let source = &machine.source[state.span.start..state.span.end];
        let random =
            ["$uuid", "States.MathRandom", "Task.Token"].iter().any(|it| source.contains(it));
        let (Some(output), None, false) = (&visit.output, &visit.error, random) else { continue };
        if !tested.insert(Arc::clone(name)) {
            continue;
        }
        let is_mocked =
            matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_));
        let mock = Mock {
            result: visit.result.as_ref().map(Value::to_string),
            field_validation_mode: FieldValidationMode::None,
            ..Mock::default()
        };
        let request = TestStateRequest {
            input: visit.input.as_ref().map(Value::to_string),
            variables: Some(Value::object(visit.variables.clone()).to_string()),
            mock: is_mocked.then_some(mock),
            ..TestStateRequest::new(
                Definition::Machine(Arc::clone(machine)),
                Some(name.to_string()),
            )
        };
        let response = test_state(&request, &mut |_| None);
        let alone = response.map(|it| it.get("output").and_then(Value::as_str).map(str::to_owned));
        prop_assert_eq!(alone, Ok(Some(output.to_string())), "{}", source);
    }
    Ok(())
}
