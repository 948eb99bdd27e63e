//! What a path holds that somebody wants opened, found out beside the window: a project, an execution with all that belongs to
//! it, a history with or without its definition.

use std::path::{Path, PathBuf};

use super::app::{App, Topic};
use super::bundle::{self, Bundle, read_limited};
use super::event::Event;
use super::history_file::{self, is_history, is_plain_definition};
use super::simulation::{Run, RunId};
use super::worker::Outbox;
use crate::debug::Breakpoints;
use crate::execution::import;
use crate::project::{self, MachineDefinition, OpenError, Project};

/// What there is at a path.
#[derive(Debug)]
pub(super) enum Found {
    Project(Result<Box<Project>, OpenError>),
    /// A definition, for a recording that came without one.
    DefinitionOfRecording,
    Bundle(Box<OpenedBundle>),
    /// The execution of a history.
    Recording(Box<Run>),
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

/// What is shown, as far as it tells what a file is.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) machine: Option<MachineDefinition>,
    /// A recording without a definition of its own.
    pub(super) is_bare_recording: bool,
    /// The history of the path is of that machine, whatever it looks like.
    pub(super) is_its_history: bool,
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
    if shown.is_its_history {
        return match &shown.machine {
            Some(machine) => history_file::load_history(path, machine)
                .map_or_else(Found::Unreadable, |it| {
                    Found::Recording(Run::recorded(RunId(0), 0, &it).into())
                }),
            None => Found::History { definition: None },
        };
    }
    if shown.is_bare_recording && path.is_file() && is_plain_definition(path) {
        return Found::DefinitionOfRecording;
    }
    if is_history(path) {
        return history(path, shown.machine.as_ref()).unwrap_or_else(Found::Unreadable);
    }
    Found::Project(project::open(path).map(Box::new))
}

/// With the open definition; where that is not its own, there may be one beside the file.
fn history(path: &Path, machine: Option<&MachineDefinition>) -> Result<Found, String> {
    let Some(machine) = machine else {
        // What is wrong with the file is told before it is asked for another one.
        let text = read_limited(path)?;
        import::parse(&text, None)
            .map_err(|why| format!("{} holds no history: {why}", path.display()))?;
        return Ok(Found::History { definition: history_file::definition_beside(path) });
    };
    let execution = history_file::load_history(path, machine)?;
    let beside = || history_file::definition_beside(path);
    if !history_file::fits(&execution)
        && let Some(definition) = beside()
    {
        return Ok(Found::History { definition: Some(definition) });
    }
    Ok(Found::Recording(Run::recorded(RunId(0), 0, &execution).into()))
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
            Found::Recording(run) => self.show_recording(*run),
            Found::History { definition } => {
                self.history_to_open = Some(path.to_owned());
                if let Some(definition) = definition {
                    self.begin_opening(definition, false);
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
                    self.begin_opening(history, true);
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
        Shown { machine: machine.map(of_text), is_bare_recording: false, is_its_history: false }
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
        assert!(matches!(find(&history, &own), Found::Recording(_)));
        let definition = file("run.asl.json", DEFINITION);
        let beside =
            |found| matches!(found, Found::History { definition: Some(it) } if it == definition);
        assert!(beside(find(&history, &nothing)));
        let other = shown(Some(r#"{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#));
        assert!(beside(find(&history, &other)), "it never enters a state of that one");
        let told = Shown { is_its_history: true, ..other };
        assert!(matches!(find(&history, &told), Found::Recording(_)));
        assert!(matches!(find(&definition, &own), Found::Project(Ok(_))));
        let bare = Shown { is_bare_recording: true, ..own };
        assert!(matches!(find(&definition, &bare), Found::DefinitionOfRecording));
        let broken = file("broken.json", &HISTORY.replace(r#""id":2"#, r#""id":7"#));
        assert!(matches!(find(&broken, &nothing), Found::Unreadable(why) if why.contains("page")));
        assert!(matches!(find(&file("x.stepwell", "{}"), &nothing), Found::Unreadable(_)));
        assert!(matches!(find(&folder.path().join("gone"), &nothing), Found::Project(Err(_))));
    }
}
