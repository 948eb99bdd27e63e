//! The breakpoints of each machine: changed, and remembered between sessions.

use super::app::App;
use crate::asl::StatePath;
use crate::debug::{Breakpoint, Breakpoints, ExceptionFilters};

impl App {
    pub(super) fn change_breakpoints(&mut self, change: impl FnOnce(&mut Breakpoints)) {
        let Some(name) = self.machine().map(|it| it.name.clone()) else { return };
        change(self.breakpoints.entry(name).or_insert_with(no_breakpoints));
        self.remember_breakpoints();
    }

    pub(super) fn toggle_breakpoint(&mut self, state: &StatePath) {
        self.change_breakpoints(|it| {
            it.toggle(state);
        });
    }

    pub(super) fn clear_breakpoints(&mut self) {
        for breakpoints in self.breakpoints.values_mut() {
            breakpoints.states.clear();
        }
        self.remember_breakpoints();
    }

    pub(super) fn toggle_break_on_errors(&mut self) {
        self.change_breakpoints(|it| it.exceptions.uncaught = !it.exceptions.uncaught);
        self.settings.break_on_errors = self.breakpoints().map(|it| it.exceptions.uncaught);
        self.save_settings();
    }

    pub(super) fn restore_breakpoints(&mut self) {
        let names: Vec<String> = self
            .project
            .iter()
            .flat_map(|open| &open.project.machines)
            .map(|it| it.name.clone())
            .collect();
        for name in names {
            let mut breakpoints = no_breakpoints();
            breakpoints.exceptions.uncaught = self.settings.break_on_errors.unwrap_or(false);
            if let Some(paths) =
                self.breakpoint_key(&name).and_then(|key| self.settings.breakpoints.get(&key))
            {
                for path in paths {
                    breakpoints.states.insert(StatePath::new(path), Breakpoint::default());
                }
            }
            self.breakpoints.insert(name, breakpoints);
        }
    }

    pub(super) fn remember_breakpoints(&mut self) {
        for (name, breakpoints) in self.breakpoints.clone() {
            let Some(key) = self.breakpoint_key(&name) else { continue };
            let paths: Vec<String> =
                breakpoints.states.keys().map(|path| path.as_str().to_owned()).collect();
            if paths.is_empty() {
                self.settings.breakpoints.remove(&key);
            } else {
                self.settings.breakpoints.insert(key, paths);
            }
        }
        self.save_settings();
    }

    /// The name under which the breakpoints of the open project are remembered.
    fn breakpoint_key(&self, machine: &str) -> Option<String> {
        let path = &self.project.as_ref()?.project.path;
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        Some(format!("{}#{machine}", path.display()))
    }
}

/// No breakpoint on a state, and errors do not stop either: that is for the user to ask for.
pub(super) fn no_breakpoints() -> Breakpoints {
    let exceptions = ExceptionFilters { uncaught: false, ..ExceptionFilters::default() };
    Breakpoints { exceptions, ..Breakpoints::default() }
}
