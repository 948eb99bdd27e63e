//! What a path holds that somebody wants opened, found out beside the window: a project, an execution with all that belongs to
//! it, a history with or without its definition.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::{App, NoticeLevel, Topic};
use super::bundle::{self, Bundle, read_limited};
use super::event::Event;
use super::history_file::{self, is_history, is_plain_definition};
use super::simulation::{Run, RunId, machine_of};
use super::worker::Outbox;
use crate::asl::{self, StateMachineType};
use crate::debug::Breakpoints;
use crate::execution::import::Imported;
use crate::execution::{Execution, ExecutionSource};
use crate::json::document::{Document, Format};
use crate::project::{self, MachineDefinition, OpenError, Project};

/// What there is at a path.
#[derive(Debug)]
pub(super) enum Found {
    Project(Result<Box<Project>, OpenError>),
    /// A definition, for a recording that came without one.
    DefinitionOfRecording,
    Bundle(Box<OpenedBundle>),
    /// The execution of a history, with what should be said of it, and what to do about that.
    Recording(Box<Run>, Vec<(String, String)>),
    /// A history, and where its definition may be.
    History {
        definition: Option<PathBuf>,
    },
    /// It can't be read, or is not what it looks like.
    Unreadable(String),
}

/// A `.stepwell` file, ready to be shown.
#[derive(Debug)]
pub(super) struct OpenedBundle {
    pub(super) project: Project,
    pub(super) run: Run,
    pub(super) breakpoints: Breakpoints,
    pub(super) notes: String,
    pub(super) redacted: Vec<String>,
}

/// What is known of a path before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Anything,
    /// A history of one of the machines that are open.
    HistoryOfShown,
    /// A history that is to be shown without a definition.
    HistoryAlone,
}

/// What is shown, as far as it tells what a file is.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) machines: Vec<MachineDefinition>,
    /// Which of them is in front.
    pub(super) machine: usize,
    /// A recording without a definition of its own.
    pub(super) is_bare_recording: bool,
    pub(super) expected: Expected,
}

impl Shown {
    /// The machine that a history tells of: the one in front when it has the first state, else the one of its name, else the
    /// first that has all the states.
    fn machine_of(&self, imported: &Imported) -> Option<&MachineDefinition> {
        let entered: Vec<&str> = history_file::entered(&imported.history).collect();
        let first = entered.get(..1).unwrap_or_default();
        let front = self.machines.get(self.machine).filter(|it| has_states(it, first));
        let name = imported.execution_arn.as_deref().map(machine_of);
        let named = || self.machines.iter().find(|it| Some(it.name.as_str()) == name);
        front
            .or_else(|| named().filter(|it| has_states(it, first)))
            .or_else(|| self.machines.iter().find(|it| has_states(it, &entered)))
    }
}

fn has_states(machine: &MachineDefinition, names: &[&str]) -> bool {
    let states = machine.machine.states();
    let own: BTreeSet<&str> = states.iter().map(|(_, state)| state.name.as_str()).collect();
    names.iter().all(|name| own.contains(name))
}

/// Reads on a thread of its own, so that neither a slow disk nor a long file holds the window.
pub(super) fn read(path: PathBuf, shown: Shown, outbox: Outbox) {
    super::worker::spawn("open", move || {
        let found = find(&path, &shown);
        outbox.send(Event::PathRead { path, found });
    });
}

fn find(path: &Path, shown: &Shown) -> Found {
    if bundle::is_bundle(path) {
        return opened_bundle(path).map_or_else(Found::Unreadable, |it| Found::Bundle(it.into()));
    }
    match shown.expected {
        Expected::Anything => {}
        Expected::HistoryOfShown => {
            return history(path, shown).unwrap_or_else(Found::Unreadable);
        }
        Expected::HistoryAlone => {
            return alone(path).unwrap_or_else(Found::Unreadable);
        }
    }
    if shown.is_bare_recording && path.is_file() && is_plain_definition(path) {
        return Found::DefinitionOfRecording;
    }
    if is_history(path) {
        return history(path, shown).unwrap_or_else(Found::Unreadable);
    }
    Found::Project(project::open(path).map(Box::new))
}

/// With its own machine among those that are open; where none is, there may be a definition beside the file.
fn history(path: &Path, shown: &Shown) -> Result<Found, String> {
    // What is wrong with the file is told before it is asked for another one.
    let imported = history_file::read_history(path)?;
    let mut remarks = missing(&imported);
    let own = shown.machine_of(&imported);
    let beside = || match shown.expected {
        Expected::Anything => history_file::definition_beside(path),
        Expected::HistoryOfShown | Expected::HistoryAlone => None,
    };
    let machine = match (own, shown.machines.get(shown.machine)) {
        (Some(own), _) => own,
        (None, front) => match (beside(), front) {
            (None, Some(front)) => {
                remarks.push((
                    format!("{} was not run by {}", path.display(), front.name),
                    "The graph has none of its states. Open the definition that it was run with, then the history again."
                        .to_owned(),
                ));
                front
            }
            (definition, _) => return Ok(Found::History { definition }),
        },
    };
    let execution = history_file::execution_of(imported, path, machine);
    Ok(Found::Recording(Run::recorded(RunId(0), 0, &execution).into(), remarks))
}

/// Its events are listed, and nothing is drawn.
fn alone(path: &Path) -> Result<Found, String> {
    let imported = history_file::read_history(path)?;
    let remarks = missing(&imported);
    let nothing = asl::parse::parse(&Document::parse("{}", Format::Json)).machine;
    let name = path.file_stem().map_or_else(|| "imported".into(), |it| it.to_string_lossy());
    let made_up = || format!("arn:aws:states:us-east-1:123456789012:execution:unknown:{name}");
    let execution = Execution {
        arn: imported.execution_arn.unwrap_or_else(|| made_up().into()),
        state_machine: Arc::new(nothing),
        kind: StateMachineType::Standard,
        history: imported.history,
        source: ExecutionSource::Imported { path: path.to_owned() },
    };
    Ok(Found::Recording(Run::recorded(RunId(0), 0, &execution).into(), remarks))
}

/// What the file says that it does not have.
fn missing(imported: &Imported) -> Vec<(String, String)> {
    if imported.notes.is_empty() {
        return Vec::new();
    }
    vec![("The file does not have the whole execution".to_owned(), imported.notes.join(" "))]
}

fn opened_bundle(path: &Path) -> Result<OpenedBundle, String> {
    let wrong = |why: String| format!("{} can't be opened: {why}", path.display());
    let bundle = Bundle::parse(&read_limited(path)?).map_err(wrong)?;
    let project = bundle.project(path);
    let machine = project.machines.first().ok_or_else(|| wrong("it has no machine".to_owned()))?;
    let execution = bundle.execution(machine, path.to_owned());
    let run = Run::recorded(RunId(0), 0, &execution);
    let Bundle { breakpoints, notes, redacted, .. } = bundle;
    Ok(OpenedBundle { project, run, breakpoints, notes, redacted })
}

impl App {
    /// Takes in what was found at a path, unless something else is being opened by now.
    pub(super) fn take_found(&mut self, path: &Path, found: Found) {
        if self.opening.as_deref() != Some(path) {
            return;
        }
        self.opening = None;
        match found {
            Found::Project(outcome) => self.project_loaded(path, outcome),
            Found::DefinitionOfRecording => self.what_if_with(path),
            Found::Bundle(bundle) => {
                if let Err(why) = self.show_bundle(*bundle) {
                    self.notify_of(Topic::Opening, why, "");
                }
            }
            Found::Recording(run, remarks) => {
                self.show_recording(*run);
                for (text, remedy) in remarks {
                    self.notify(NoticeLevel::Warning, text, remedy);
                }
            }
            Found::History { definition } => {
                self.history_to_open = Some(path.to_owned());
                if let Some(definition) = definition {
                    self.begin_opening(definition, Expected::Anything);
                }
            }
            Found::Unreadable(why) => self.notify_of(Topic::Opening, why, ""),
        }
    }

    fn project_loaded(&mut self, path: &Path, outcome: Result<Box<Project>, OpenError>) {
        match outcome {
            Ok(project) => {
                self.forget_errors();
                self.show_project(*project);
                if let Some(history) = self.history_to_open.take() {
                    self.begin_opening(history, Expected::HistoryOfShown);
                }
            }
            Err(err) => self.not_opened(path, err),
        }
    }

    /// What could not be opened, or read again.
    pub(super) fn not_opened(&mut self, path: &Path, err: OpenError) {
        tracing::info!("could not be opened");
        self.notify_of(Topic::Opening, err.message, err.remedy);
        self.settings.recent.retain(|it| it != path || it.exists());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    const HISTORY: &str = r#"{"events":[
        {"timestamp":"2026-01-01T00:00:00Z","type":"ExecutionStarted","id":1,"previousEventId":0},
        {"timestamp":"2026-01-01T00:00:00Z","type":"SucceedStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A"}}]}"#;

    fn shown(machine: Option<&str>) -> Shown {
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:M";
        let of_text = |text| {
            MachineDefinition::of_text("M", crate::asl::StateMachineType::Standard, arn, text)
        };
        Shown {
            machines: machine.into_iter().map(of_text).collect(),
            machine: 0,
            is_bare_recording: false,
            expected: Expected::Anything,
        }
    }

    #[test]
    fn a_path_is_told_by_what_it_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let history = file("run.json", HISTORY);
        let nothing = shown(None);
        assert!(matches!(find(&history, &nothing), Found::History { definition: None }));
        let own = shown(Some(DEFINITION));
        assert!(matches!(find(&history, &own), Found::Recording(..)));
        let definition = file("run.asl.json", DEFINITION);
        let beside =
            |found| matches!(found, Found::History { definition: Some(it) } if it == definition);
        assert!(beside(find(&history, &nothing)));
        let other = shown(Some(r#"{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#));
        assert!(beside(find(&history, &other)), "it never enters a state of that one");
        let told = Shown { expected: Expected::HistoryOfShown, ..other };
        assert!(matches!(find(&history, &told), Found::Recording(..)));
        assert!(matches!(find(&definition, &own), Found::Project(Ok(_))));
        let bare = Shown { is_bare_recording: true, ..own };
        assert!(matches!(find(&definition, &bare), Found::DefinitionOfRecording));
        let broken = file("broken.json", &HISTORY.replace(r#""id":2"#, r#""id":7"#));
        assert!(matches!(find(&broken, &nothing), Found::Unreadable(why) if why.contains("page")));
        assert!(matches!(find(&file("x.stepwell", "{}"), &nothing), Found::Unreadable(_)));
        assert!(matches!(find(&folder.path().join("gone"), &nothing), Found::Project(Err(_))));
    }
}
