//! An execution that the user starts: with the typed input, from a state in the middle, or once more.

use std::sync::Arc;

use super::app::{App, NoticeLevel};
use super::command::{Command, Pane};
use super::nested;
use super::simulation::RunId;
use crate::asl::StatePath;
use crate::debug::{DebugSession, Goal};
use crate::execution::{EventDetails, EventId};
use crate::json::Value;
use crate::services::states::{INPUT_TOO_LONG, MAX_INPUT_BYTES};

impl App {
    /// Starts an execution with the typed input.
    pub(super) fn start_typed(&mut self) -> Option<RunId> {
        let machine = self.project.as_ref().map(|open| open.machine)?;
        let input = self.typed_input()?;
        Some(self.start_run(machine, input, Some(self.machine_type), None, true))
    }

    /// The input that was typed. What `StartExecution` would not take is told of, in AWS's words.
    fn typed_input(&mut self) -> Option<Value> {
        let refused = match Value::parse(&self.input_text) {
            Ok(input) if input.to_string().len() <= MAX_INPUT_BYTES => return Some(input),
            Ok(_) => (INPUT_TOO_LONG, "Put the data into S3 and pass its key.".to_owned()),
            Err(err) => ("The input is not JSON", err.to_string()),
        };
        self.notify(NoticeLevel::Error, refused.0, refused.1);
        self.for_window.push(Command::ShowPane(Pane::Input));
        None
    }

    /// A new execution that begins at a state of the top level, with the input it last had or else the typed one.
    pub(super) fn run_from(&mut self, state: &StatePath) {
        let Some(open) = &self.project else { return };
        let Some(definition) = open.machine() else { return };
        let Some(begin) = definition.machine.top.states.get(state.as_str()) else {
            let remedy = "Choose a state of the top level: an inner one has no input of its own outside its Map or Parallel.";
            return self.notify(
                NoticeLevel::Info,
                format!("An execution can't begin inside: {state}"),
                remedy,
            );
        };
        let mut edited = (*definition.machine).clone();
        edited.top.start_at = Some(begin.name.clone());
        let edited = Arc::new(edited);
        let seen = self.run().and_then(|run| {
            let visits = run.session.timeline().visits.values().rev();
            let entered = visits.into_iter().find(|visit| visit.state == *state)?.entered;
            let details = &run.session.history().get(entered)?.details;
            if let EventDetails::StateEntered { input: Some(input), .. } = details {
                Some(input.value())
            } else {
                None
            }
        });
        let machine = open.machine;
        let Some(input) = seen.or_else(|| self.typed_input()) else { return };
        let kind = Some(self.machine_type);
        self.start_run(machine, input, kind, None, true);
        if let Some(run) = self.run_mut()
            && let Some(start) = run.start.clone()
        {
            run.replace_session(DebugSession::launch(edited, start));
        }
        self.begin(Goal::Next);
    }

    pub(super) fn restart(&mut self) {
        let Some(open) = &self.project else { return };
        let definition = self
            .run()
            .and_then(|run| open.project.machines.get(run.machine))
            .map(|it| Arc::clone(&it.machine));
        let Some(run) = self.run_mut() else { return self.continue_or_start() };
        match (definition, run.start.clone()) {
            (Some(definition), Some(start)) => {
                let fresh = run.session.restarted_with(definition, start);
                run.replace_session(fresh);
                // It will start its children anew.
                let id = run.id;
                let mut children = nested::family(&self.runs, id);
                children.remove(&id);
                self.runs.retain(|it| !children.contains(&it.id));
                self.begin(Goal::Continue);
            }
            _ => self.goto(|_| EventId(1)),
        }
    }
}
