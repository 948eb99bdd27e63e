//! `stepwell replay`: a recorded execution run again, to be compared, or under another definition. `stepwell bundle`: one file of it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::args::{BundleArgs, Format, ReplayArgs};
use super::terminal::{line, say, say_error, say_json};
use super::{Failure, json_argument, open, pick_machine, run};
use crate::app::bundle::{Bundle, is_bundle, read_limited};
use crate::app::replay::Asker;
use crate::asl::StateMachineType;
use crate::debug::{
    Agreement, Divergence, RecordedNames, Recording, Served, ServedBy, Verification, WhatIf,
    verify, what_if,
};
use crate::engine::TaskRequest;
use crate::execution::{
    EventDetails, EventId, ExecutionStatus, History, HistoryEvent, Moments, Timestamp, export,
    import,
};
use crate::json::Value;
use crate::project::{MachineDefinition, Project};
use crate::services::mock::MockCase;

/// Differences that are printed side by side.
const MOST_SHOWN: usize = 12;

/// What a file of a recorded execution says.
struct Recorded {
    history: History,
    execution_arn: Option<Arc<str>>,
    notes: Vec<String>,
    bundle: Option<Bundle>,
}

fn read(path: &Path, execution: Option<&str>) -> Result<Recorded, Failure> {
    let text = read_limited(path)?;
    let wrong =
        |why: String| Failure(format!("{} can't be used: {}", line(path.display()), line(why)));
    if is_bundle(path) {
        let bundle = Bundle::parse(&text).map_err(wrong)?;
        let mut notes = Vec::new();
        if !bundle.redacted.is_empty() {
            notes.push(format!("{} values were redacted.", bundle.redacted.len()));
        }
        let (history, execution_arn) = (bundle.history.clone(), bundle.execution_arn.clone());
        return Ok(Recorded { history, execution_arn, notes, bundle: Some(bundle) });
    }
    let imported = import::parse(&text, execution).map_err(wrong)?;
    let import::Imported { history, execution_arn, notes } = imported;
    Ok(Recorded { history, execution_arn, notes, bundle: None })
}

pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let recorded = read(&args.history, args.execution.as_deref())?;
    let mut project = match (&args.definition, &recorded.bundle) {
        (Some(path), _) => open(path)?,
        (None, Some(bundle)) => bundle.project(&args.history),
        (None, None) => {
            return Err(Failure(
                "Say with --definition PATH which state machine it was. Only a .stepwell file brings its own.".to_owned(),
            ));
        }
    };
    let machine = pick_machine(&project, args.machine.as_deref())?.clone();
    // Reads the mocks and the folder of S3 into the project.
    let mut answers =
        run::answers(&mut project, args.answering.mocks.as_deref(), args.answering.s3.as_deref())?;
    run::choose_case(&project, &mut answers, &machine.name, args.answering.case.as_deref())?;
    let input = args.input.as_deref().map(|text| json_argument("--input", text)).transpose()?;
    let original = original_machine(&recorded, &machine);
    let moments = Moments::of(&original.machine, &recorded.history);
    let names = RecordedNames {
        execution_arn: recorded.execution_arn.clone(),
        kind: kind_of(&recorded, &machine),
        input,
        ..RecordedNames::default()
    };
    let recording = Recording::of(&recorded.history, &moments, names);
    if !recording.has_input() {
        return Err(Failure(
            "The recording has no input: it was made without execution data. Give it with --input."
                .to_owned(),
        ));
    }
    let mut notes = recorded.notes.clone();
    if recording.missing_outputs() > 0 {
        notes.push(format!(
            "{} of {} tasks have no recorded output.",
            recording.missing_outputs(),
            recording.attempts()
        ));
    }
    let mut asker = Asker::new(&project, answers.case.take(), MockCase::default());
    let mut ask = |request: &TaskRequest, now: Timestamp| asker.answer(request, now);
    let history = &recorded.history;
    if args.what_if {
        let from = args.from.as_deref().map(|name| entry_of(history, name)).transpose()?;
        let mut found = what_if(&machine.machine, history, &moments, &recording, from, &mut ask)
            .map_err(|why| Failure(format!("It can't be run again from there: {}", line(why))))?;
        notes.append(&mut found.notes);
        return Ok(show_what_if(&found, history, &notes, args.format));
    }
    let mut found = verify(&machine.machine, history, &moments, &recording, &mut ask);
    notes.append(&mut found.notes);
    found.notes = notes;
    Ok(show_verification(&found, history, args.format))
}

/// The machine that the recording is of: its own where the bundle brings one.
fn original_machine(recorded: &Recorded, machine: &MachineDefinition) -> MachineDefinition {
    let own = recorded.bundle.as_ref().and_then(|it| it.project(Path::new("")).machines.pop());
    own.unwrap_or_else(|| machine.clone())
}

fn kind_of(recorded: &Recorded, machine: &MachineDefinition) -> StateMachineType {
    let of_arn = recorded.execution_arn.as_deref().and_then(|arn| {
        if arn.contains(":express:") {
            Some(StateMachineType::Express)
        } else {
            arn.contains(":execution:").then_some(StateMachineType::Standard)
        }
    });
    of_arn.or_else(|| recorded.bundle.as_ref().map(|it| it.kind)).unwrap_or(machine.kind)
}

/// The first visit of a state.
fn entry_of(history: &History, name: &str) -> Result<EventId, Failure> {
    let enters = |event: &&HistoryEvent| matches!(&event.details, EventDetails::StateEntered { name: entered, .. } if **entered == *name);
    let event = history.events().iter().find(enters);
    event
        .map(|it| it.id)
        .ok_or_else(|| Failure(format!("The recording never entered a state {name}")))
}

// ----------------------------------------------------------------------------------------------------------------- verify

fn show_verification(found: &Verification, history: &History, format: Format) -> ExitCode {
    match format {
        Format::Json => say_json(&found.to_json().to_pretty()),
        Format::Human => {
            let mut text = format!("Reproduced {} of {} events", found.reproduced, found.events);
            if let Some(divergence) = &found.divergence {
                push_divergence(&mut text, divergence);
                text.push_str("\n\n");
                push_side_by_side(&mut text, found, history);
            }
            push_notes(&mut text, &found.notes);
            say(&text);
        }
    }
    if found.is_reproduced() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn event_text(event: Option<&HistoryEvent>) -> String {
    event.map_or_else(|| "nothing".to_owned(), |it| export::event_to_json(it).to_string())
}

fn push_divergence(text: &mut String, divergence: &Divergence) {
    let written = write!(
        text,
        "\nFirst difference at event {}{}\n  recorded   {}\n  simulated  {}",
        divergence.event_id.0,
        divergence.field.as_ref().map(|it| line(format!(", in {it}"))).unwrap_or_default(),
        line(event_text(divergence.recorded.as_ref())),
        line(event_text(divergence.simulated.as_ref()))
    );
    written.expect("a String takes every text");
}

fn push_notes(text: &mut String, notes: &[String]) {
    for note in notes {
        text.push_str("\nNote: ");
        text.push_str(&line(note));
    }
}

/// The events around the first difference.
fn push_side_by_side(text: &mut String, found: &Verification, history: &History) {
    let differs = |agreement: Agreement| match agreement {
        Agreement::Different => true,
        Agreement::Same | Agreement::Stopped | Agreement::BeyondEnd | Agreement::Unknown => false,
    };
    let first = found.pairs.iter().position(|it| differs(it.agreement)).unwrap_or(0);
    let ours = found.session.history();
    let name = |history: &History, id: Option<EventId>| {
        let event = id.and_then(|it| history.get(it));
        event.map_or_else(|| "-".to_owned(), |it| format!("{} {}", it.id.0, it.event_type.as_str()))
    };
    for pair in found.pairs.iter().skip(first.saturating_sub(3)).take(MOST_SHOWN) {
        let mark = match pair.agreement {
            Agreement::Same => "=",
            Agreement::Stopped => "~",
            Agreement::BeyondEnd => "+",
            Agreement::Different => "!",
            Agreement::Unknown => "?",
        };
        let (one, two) = (name(history, pair.recorded), name(ours, pair.simulated));
        let written = writeln!(text, "  {mark} {one:<38} {two}");
        written.expect("a String takes every text");
    }
}

// ---------------------------------------------------------------------------------------------------------------- what if

fn served_by(by: ServedBy) -> &'static str {
    match by {
        ServedBy::Recording => "recording",
        ServedBy::RecordingUpToNames => "recording, up to what is made up",
        ServedBy::OrderOnly => "recording, only the order matched",
        ServedBy::Asked => "mock or service",
        ServedBy::Unanswered => "nobody, as in the recording",
        ServedBy::Nobody => "nobody",
    }
}

fn outcome_json(status: &ExecutionStatus) -> Value {
    let text = |text: &Option<Arc<str>>| text.clone().map_or(Value::Null, Value::String);
    let mut members = vec![("status", Value::from(status.as_str()))];
    match status {
        ExecutionStatus::Running => {}
        ExecutionStatus::Succeeded { output } => {
            members.push(("output", output.clone().unwrap_or_default()));
        }
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => {
            members.extend([("error", text(error)), ("cause", text(cause))]);
        }
    }
    Value::object(members)
}

fn what_if_json(found: &WhatIf, notes: &[String]) -> Value {
    let difference = &found.difference;
    let first = difference.first.as_ref().map_or(Value::Null, Divergence::to_json);
    let names = |paths: &[crate::asl::StatePath]| {
        Value::array(paths.iter().map(|it| Value::from(it.as_str())))
    };
    let served = |it: &Served| {
        let recorded = it.recorded.map_or(Value::Null, |it| Value::from(it.0.cast_signed()));
        Value::object([
            ("state", Value::String(Arc::clone(&it.state_name))),
            ("event_id", Value::from(it.event.0.cast_signed())),
            ("recorded_event_id", recorded),
            ("by", Value::from(served_by(it.by))),
        ])
    };
    let waiting = |it: &TaskRequest| {
        Value::object([
            ("state", Value::String(Arc::clone(&it.state_name))),
            ("resource", Value::String(Arc::clone(&it.resource.text))),
            ("parameters", it.parameters.clone()),
        ])
    };
    let outcome = difference.outcome.as_ref().map_or(Value::Null, |(recorded, simulated)| {
        Value::object([
            ("recorded", outcome_json(recorded)),
            ("simulated", outcome_json(simulated)),
        ])
    });
    Value::object([
        ("outcome", outcome_json(&found.session.history().status())),
        ("first_difference", first),
        ("gained", names(&difference.gained)),
        ("lost", names(&difference.lost)),
        ("outcome_difference", outcome),
        ("served", Value::array(found.served.iter().map(served))),
        ("unanswered", Value::array(found.unanswered.iter().map(waiting))),
        ("notes", Value::array(notes.iter().map(|it| Value::from(it.as_str())))),
        (
            "events",
            export::to_json(found.session.history()).get("events").cloned().unwrap_or_default(),
        ),
    ])
}

/// Exit 0 only when the re-run succeeds.
fn show_what_if(found: &WhatIf, history: &History, notes: &[String], format: Format) -> ExitCode {
    let status = found.session.history().status();
    match format {
        Format::Json => say_json(&what_if_json(found, notes).to_pretty()),
        Format::Human => {
            let difference = &found.difference;
            let mut text = format!("Recorded  {}", line(one_line(&history.status())));
            text.push_str(&format!("\nNow       {}", line(one_line(&status))));
            match &difference.first {
                Some(first) => push_divergence(&mut text, first),
                None => text.push_str("\nEvery event is as it was"),
            }
            // What waits for an answer may still come to them.
            let lost = if status == ExecutionStatus::Running { "Not yet   " } else { "Lost      " };
            for (what, paths) in [("Gained    ", &difference.gained), (lost, &difference.lost)] {
                for path in paths {
                    text.push_str(&format!("\n{what}{}", line(path)));
                }
            }
            push_notes(&mut text, notes);
            say(&text);
            for request in &found.unanswered {
                let turn = found.turns.get(&request.token);
                let then = turn.map(|it| format!(" {}", it.why.words(it.event)));
                let why = crate::app::answers::Answers::unanswered(request);
                say_error(&line(format!("{why}{}", then.unwrap_or_default())));
            }
        }
    }
    if matches!(status, ExecutionStatus::Succeeded { .. }) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one_line(status: &ExecutionStatus) -> String {
    match status {
        ExecutionStatus::Running => "RUNNING".to_owned(),
        ExecutionStatus::Succeeded { output } => {
            let output = output.as_ref().map(Value::to_string).unwrap_or_default();
            format!("SUCCEEDED {output}")
        }
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => {
            let text = |it: &Option<Arc<str>>| it.as_deref().unwrap_or("-").to_owned();
            format!("{} {}: {}", status.as_str(), text(error), text(cause))
        }
    }
}

// ----------------------------------------------------------------------------------------------------------------- bundle

pub(super) fn bundle(args: &BundleArgs) -> Result<ExitCode, Failure> {
    let recorded = read(&args.history, args.execution.as_deref())?;
    let mut project: Project = match (&args.definition, &recorded.bundle) {
        (Some(path), _) => open(path)?,
        (None, Some(bundle)) => bundle.project(&args.history),
        (None, None) => {
            return Err(Failure(
                "Say with --definition PATH which state machine it was.".to_owned(),
            ));
        }
    };
    run::answers(&mut project, args.mocks.as_deref(), None)?;
    let machine = pick_machine(&project, args.machine.as_deref())?;
    let earlier = recorded.bundle.as_ref();
    let made = Bundle {
        machine: machine.name.clone(),
        kind: kind_of(&recorded, machine),
        definition: Arc::clone(&machine.machine.source),
        execution_arn: recorded.execution_arn.clone(),
        history: recorded.history.clone(),
        mocks: project.mocks.clone(),
        breakpoints: earlier.map(|it| it.breakpoints.clone()).unwrap_or_default(),
        notes: args
            .notes
            .clone()
            .or_else(|| earlier.map(|it| it.notes.clone()))
            .unwrap_or_default(),
        redacted: earlier.map(|it| it.redacted.clone()).unwrap_or_default(),
    };
    if made.project(&args.output).machines.iter().all(|it| it.machine.top.states.is_empty()) {
        return Err(Failure(
            "The definition is part of a larger file. Give --definition a file that holds just the state machine.".to_owned(),
        ));
    }
    let json = made.to_json(!args.keep_secrets);
    std::fs::write(&args.output, json.to_string())
        .map_err(|err| format!("{} can't be written: {err}", args.output.display()))?;
    let places = json.get("redacted").and_then(Value::as_array).map_or(0, Vec::len);
    say(&format!(
        "{} events written to {}; redacted in {places} places",
        made.history.events().len(),
        args.output.display()
    ));
    for place in json.get("redacted").and_then(Value::as_array).into_iter().flatten() {
        say(&format!("  {}", line(place.as_str().unwrap_or_default())));
    }
    Ok(ExitCode::SUCCESS)
}
