//! Projects as they come and go: opened, read again after a save, a recorded execution put into one; and what is remembered of
//! each between sessions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answers::{Answers, create_buckets};
use super::app::{App, NoticeLevel, OpenProject, Redacted, Selection, Topic};
use super::attach::{AS_RUN, thread_to_blame};
use super::breakpoints::no_breakpoints;
use super::bundle;
use super::clock;
use super::command::{Command, Pane};
use super::mocks::first_case;
use super::reading::{Expected, Shown};
use super::requests::{NamedRequest, RequestDraft};
use super::simulation::{Run, RunId};
use super::states_api::StatesApi;
use super::worker::FileWatcher;
use crate::asl::{StateMachineType, StatePath};
use crate::execution::Execution;
use crate::project::{MachineDefinition, Project};

impl App {
    pub(super) fn open(&mut self, path: &Path) {
        self.begin_opening(path.to_owned(), Expected::Anything);
    }

    /// Opens a definition, and then a history of it.
    pub(super) fn open_with_history(&mut self, definition: &Path, history: PathBuf) {
        self.history_to_open = Some(history);
        self.open(definition);
    }

    /// Shows the history that waits for its definition without one; it goes on waiting.
    pub(super) fn show_history_alone(&mut self) {
        if let Some(history) = self.history_to_open.clone() {
            self.begin_opening(history, Expected::HistoryAlone);
            self.for_window.push(Command::ShowPane(Pane::Events));
        }
    }

    /// Has a path read beside the window.
    pub(super) fn begin_opening(&mut self, path: PathBuf, expected: Expected) {
        // A recording that came without its machine: a definition beside it is one to run it again with. One that is shown until
        // its definition comes is not.
        let is_bare_recording = self.history_to_open.is_none()
            && self.run().is_some_and(|run| run.start.is_none())
            && self
                .machine()
                .is_some_and(|it| it.file.as_os_str() == AS_RUN || bundle::is_bundle(&it.file));
        let machines = self.project.as_ref().map(|open| open.project.machines.clone());
        let shown = Shown {
            machines: machines.unwrap_or_default(),
            machine: self.project.as_ref().map_or(0, |open| open.machine),
            is_bare_recording,
            expected,
        };
        self.opening = Some(path.clone());
        super::reading::read(path, shown, self.outbox.clone());
    }

    /// Closes the project with everything that was done in it.
    pub(super) fn close_project(&mut self) {
        self.project = None;
        self.runs.clear();
        self.active_run = None;
        self.exchanges.clear();
        self.tests.clear();
        self.replies.clear();
        self.server = None;
        self.states_api = StatesApi::default();
        self.comparison = None;
        self.definition_drafts.clear();
        self.selection = Selection::default();
    }

    /// Reads the project's files again.
    pub(super) fn reload(&self) {
        if let Some(open) = &self.project {
            super::worker::reload(open.project.path.clone(), self.outbox.clone());
        }
    }

    pub(super) fn show_project(&mut self, project: Project) {
        let (answers, problems) = match Answers::of(&project) {
            Ok(made) => made,
            Err(why) => {
                self.notify(NoticeLevel::Error, "The embedded DynamoDB could not be started", why);
                return;
            }
        };
        for problem in problems {
            self.notify(
                NoticeLevel::Warning,
                problem,
                "Tasks on this table will fail with ResourceNotFoundException.",
            );
        }
        self.settings
            .remember(&project.path.canonicalize().unwrap_or_else(|_| project.path.clone()));
        self.show_opened(project, answers);
        if let Some(open) = &mut self.project {
            open.watcher = FileWatcher::new(&open.project.files, self.outbox.clone());
        }
        self.restore_breakpoints();
        self.save_settings();
    }

    /// Puts an opened project in the place of whatever was open.
    pub(super) fn show_opened(&mut self, project: Project, mut answers: Answers) {
        self.runs.clear();
        self.active_run = None;
        self.selection = Selection::default();
        self.exchanges.clear();
        self.drafts.clear();
        self.tests.clear();
        self.comparison = None;
        self.comparing = None;
        self.definition_drafts.clear();
        self.replies.clear();
        self.server = None;
        self.states_api = StatesApi::opened(clock::now());
        self.breakpoints.clear();
        let examples: Vec<NamedRequest> = project
            .example_requests
            .iter()
            .map(|(name, request)| NamedRequest {
                name: name.as_str().into(),
                draft: RequestDraft::of(0, request),
            })
            .collect();
        self.draft =
            examples.first().map(|it| it.draft.clone()).unwrap_or_else(|| first_route(&project));
        self.input_text = project
            .example_inputs
            .first()
            .map_or_else(|| "{}".to_owned(), |(_, text)| text.clone());
        let mock_case = first_case(&project, 0);
        let chosen = answers.case.take();
        if chosen.is_none() {
            answers.case_name.clone_from(&mock_case);
        }
        answers.case = chosen.or_else(|| {
            mock_case.as_ref().and_then(|case| {
                project.mocks.as_ref()?.case(&project.machines.first()?.name, case)
            })
        });
        self.machine_type =
            project.machines.first().map_or(StateMachineType::Standard, |it| it.kind);
        self.project = Some(OpenProject {
            project,
            answers,
            machine: 0,
            mock_case,
            examples,
            redacted: Redacted::default(),
            watcher: None,
        });
        self.for_window.push(Command::ShowGraphStart);
        // What one works with first: requests where there is an API, an input where there is none.
        let has_api = self.project.as_ref().is_some_and(|open| !open.project.apis.is_empty());
        let first = if has_api { Pane::ApiConsole } else { Pane::Input };
        self.for_window.push(Command::ShowPane(first));
    }

    pub(super) fn select_machine(&mut self, index: usize) {
        self.show_machine(index);
        // The execution that is shown belongs to the machine that is shown.
        self.active_run = self.runs.iter().rev().find(|run| run.machine == index).map(|run| run.id);
    }

    pub(super) fn show_machine(&mut self, index: usize) {
        let Some(open) = &mut self.project else { return };
        if open.machine == index || index >= open.project.machines.len() {
            return;
        }
        open.machine = index;
        open.mock_case = first_case(&open.project, index);
        open.answers.case_name.clone_from(&open.mock_case);
        let name = &open.project.machines[index].name;
        open.answers.case =
            open.mock_case.as_ref().and_then(|case| open.project.mocks.as_ref()?.case(name, case));
        self.machine_type = open.project.machines[index].kind;
        self.selection.state = None;
    }

    /// The same project after a save: what was selected stays selected, executions stay as they ran, tables keep their items.
    pub(super) fn replace_project(&mut self, mut project: Project) {
        for machine in self.created_machines() {
            if !project.machines.iter().any(|it| it.name == machine.name) {
                project.machines.push(machine);
            }
        }
        let Some(open) = &mut self.project else { return self.show_project(project) };
        let shown = open.machine().map(|it| it.name.clone());
        if open.project.files != project.files {
            open.watcher = FileWatcher::new(&project.files, self.outbox.clone());
        }
        for table in &project.tables {
            // A table that is there already stays as it is; one that is new is created.
            if !open.project.tables.iter().any(|it| it.name == table.name)
                && let Err(why) = open.answers.database.create_table(table)
            {
                tracing::warn!(why, "a new table could not be created");
            }
        }
        if let Some(why) = create_buckets(&open.answers.s3, &project.buckets) {
            tracing::warn!(why, "a new bucket could not be created");
        }
        let as_run = std::mem::take(&mut open.project.machines)
            .into_iter()
            .filter(|it| it.file.as_os_str() == super::attach::AS_RUN);
        open.project = project;
        // Executions from AWS ran these, whatever the files say now.
        open.project.machines.extend(as_run);
        open.machine = open
            .project
            .machines
            .iter()
            .position(|it| Some(&it.name) == shown.as_ref())
            .unwrap_or(0);
        for run in &mut self.runs {
            let own = open.project.machines.iter().position(|it| *it.name == *run.machine_name);
            run.machine = own.unwrap_or(run.machine);
        }
        let gone =
            |path: &StatePath| open.machine().is_none_or(|it| it.machine.find(path).is_none());
        if self.selection.state.as_ref().is_some_and(gone) {
            self.selection.state = None;
        }
    }

    /// Adds a machine that no file has.
    pub(super) fn add_machine(&mut self, machine: MachineDefinition) {
        if let Some(open) = &mut self.project {
            self.breakpoints.entry(machine.name.clone()).or_insert_with(no_breakpoints);
            open.project.machines.push(machine);
        }
    }

    /// Puts another definition in the place of a machine's; its executions stay as they ran.
    pub(super) fn replace_machine(&mut self, index: usize, machine: MachineDefinition) {
        let machines = self.project.as_mut().map(|open| &mut open.project.machines);
        if let Some(place) = machines.and_then(|it| it.get_mut(index)) {
            *place = machine;
        }
    }

    /// Takes a machine away, with its executions and all that they started.
    pub(super) fn remove_machine(&mut self, index: usize) {
        let own: Vec<RunId> =
            self.runs.iter().filter(|it| it.machine == index).map(|it| it.id).collect();
        for id in own {
            self.remove_family(id);
        }
        for run in self.runs.iter_mut().filter(|it| it.machine > index) {
            run.machine -= 1;
        }
        if self.run().is_none() {
            self.active_run = None;
        }
        let Some(open) = &mut self.project else { return };
        if index < open.project.machines.len() {
            open.project.machines.remove(index);
        }
        if open.machine > index || open.machine == open.project.machines.len() {
            open.machine = open.machine.saturating_sub(1);
            self.selection.state = None;
        }
    }

    /// Shows a recorded execution: in the machine of its name, or, where the project has none, in one made of the
    /// definition that it was run with.
    pub(super) fn show_recorded(&mut self, execution: &Execution) {
        self.show_recording(Run::recorded(RunId(0), 0, execution));
    }

    /// As [`App::show_recorded`].
    pub(super) fn show_recording(&mut self, mut run: Run) {
        let id = RunId(self.next_id());
        run.id = id;
        self.tour = None;
        self.succeeded(Topic::Opening);
        if self.project.is_none() {
            match Answers::of(&Project::default()) {
                Ok((answers, _)) => self.show_opened(Project::default(), answers),
                Err(why) => {
                    return self.notify(NoticeLevel::Error, "The execution can't be shown", why);
                }
            }
        }
        let Some(open) = &mut self.project else { return };
        let machines = &mut open.project.machines;
        let index =
            machines.iter().position(|it| it.name == *run.machine_name).unwrap_or(machines.len());
        if index == machines.len() {
            machines.push(MachineDefinition {
                name: run.machine_name.to_string(),
                kind: run.kind,
                arn: String::new(),
                role_arn: None,
                machine: Arc::clone(run.session.definition()),
                definition: run.definition.clone(),
                file: PathBuf::from("(as it was run)"),
                text: Arc::clone(&run.session.definition().source),
                diagnostics: Vec::new(),
                substitutions: Vec::new(),
            });
        }
        open.machine = index;
        run.machine = index;
        let guilty = thread_to_blame(&run).filter(|_| run.has_failed());
        if let Some(thread) = guilty {
            run.session.select_thread(thread);
        }
        self.runs.push(run);
        self.active_run = Some(id);
        if guilty.is_some() {
            self.select_current();
            let state = self.selection.state.clone();
            self.for_window.extend(state.map(Command::CentreState));
        }
    }

    /// Writes the settings; a failure is told once and does no harm.
    pub fn save_settings(&mut self) {
        if let Some(file) = self.settings_file.clone()
            && let Err(err) = self.settings.save(&file)
        {
            self.settings_file = None;
            self.notify(
                NoticeLevel::Warning,
                "Settings can't be saved; they last until you quit",
                err.to_string(),
            );
        }
    }
}

fn first_route(project: &Project) -> RequestDraft {
    let route = project.apis.first().and_then(|api| {
        let resource = api.resources.iter().find(|it| !it.methods.is_empty())?;
        Some((0, resource.methods.keys().next()?.clone(), resource.path.clone()))
    });
    RequestDraft::empty(&route.unwrap_or_else(|| (0, "GET".to_owned(), "/".to_owned())))
}
