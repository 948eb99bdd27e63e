//! An edited copy of a definition, for what-if: it is parsed and validated as it is typed, and touches no file unless it is saved.

use std::path::Path;
use std::sync::Arc;

use super::app::{App, NoticeLevel};
use super::bundle::read_limited;
use super::command::{Command, Pane};
use crate::asl::parse::check_as;
use crate::asl::{Diagnostic, StateMachine, StateMachineType};
use crate::json::document::{Document, Format};

/// Longer texts are for an editor, and not for a field that is laid out in every frame.
const MAX_BYTES: usize = 2 << 20;

/// An edited definition.
#[derive(Clone, Debug)]
pub struct DefinitionDraft {
    pub text: String,
    /// Whatever of it could be understood.
    pub machine: Arc<StateMachine>,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it is another text than the one that it began as.
    pub is_changed: bool,
    /// Whether the text is JSON or YAML at all.
    pub is_readable: bool,
}

impl DefinitionDraft {
    pub(super) fn of(text: String, kind: StateMachineType, is_changed: bool) -> Self {
        let document = Document::parse(&text, Format::sniff(&text));
        let is_readable = document.problems.is_empty();
        let parsed = check_as(&document, kind);
        Self {
            text,
            machine: Arc::new(parsed.machine),
            diagnostics: parsed.diagnostics,
            is_changed,
            is_readable,
        }
    }
}

impl App {
    /// The edited copy of the machine that is shown.
    pub fn draft_of_definition(&self) -> Option<&DefinitionDraft> {
        self.definition_drafts.get(&self.machine()?.name)
    }

    /// What "the edited definition" is for an execution of a machine: the draft, else the file as it is now.
    pub(super) fn edited_definition(&self, machine: usize) -> Option<Arc<StateMachine>> {
        let machine = self.project.as_ref()?.project.machines.get(machine)?;
        let draft = self.definition_drafts.get(&machine.name).filter(|it| it.is_changed);
        Some(draft.map_or_else(|| Arc::clone(&machine.machine), |it| Arc::clone(&it.machine)))
    }

    /// Begins an edited copy of the definition that the shown execution ran, else of the one that is shown.
    pub(super) fn edit_definition(&mut self) {
        self.for_window.push(Command::ShowPane(Pane::Source));
        let Some(machine) = self.machine() else { return };
        let (name, kind) = (machine.name.clone(), machine.kind);
        if self.definition_drafts.contains_key(&name) {
            return;
        }
        let text = Arc::clone(&machine.machine.source);
        if text.len() > MAX_BYTES {
            return self.notify(
                NoticeLevel::Info,
                "This definition is too large to be edited here",
                "Edit the file: the graph follows, and \"Run again\" takes the new text.",
            );
        }
        let draft = DefinitionDraft::of(text.to_string(), kind, false);
        if draft.machine.states().is_empty() && !machine.machine.states().is_empty() {
            return self.notify(
                NoticeLevel::Info,
                "This definition is a part of a larger file",
                "Edit the file itself: the graph follows, and \"Run again\" takes the new text.",
            );
        }
        self.definition_drafts.insert(name, draft);
    }

    pub(super) fn set_definition_draft(&mut self, text: String) {
        let Some(machine) = self.machine() else { return };
        if text.len() > MAX_BYTES {
            return;
        }
        let (name, kind) = (machine.name.clone(), machine.kind);
        let is_changed = *machine.machine.source != *text;
        self.definition_drafts.insert(name, DefinitionDraft::of(text, kind, is_changed));
    }

    pub(super) fn discard_definition_draft(&mut self) {
        if let Some(name) = self.machine().map(|it| it.name.clone()) {
            self.definition_drafts.remove(&name);
        }
    }

    /// Writes the edited copy to a file that the user chose.
    pub(super) fn save_definition_draft(&mut self, path: &Path) {
        let Some(draft) = self.draft_of_definition() else { return };
        match std::fs::write(path, &draft.text) {
            Ok(()) => self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), ""),
            Err(err) => self.notify(
                NoticeLevel::Error,
                format!("{} can't be written", path.display()),
                err.to_string(),
            ),
        }
    }

    /// Takes another definition for the edited one, and runs the shown execution again with it.
    pub(super) fn what_if_with(&mut self, path: &Path) {
        let text = match read_limited(path) {
            Ok(text) => text,
            Err(why) => return self.notify(NoticeLevel::Error, why, ""),
        };
        let kind = self.machine().map_or(StateMachineType::Standard, |it| it.kind);
        let is_definition = text.len() <= MAX_BYTES
            && !DefinitionDraft::of(text.clone(), kind, true).machine.states().is_empty();
        if !is_definition {
            return self.notify(
                NoticeLevel::Error,
                format!("{} is no state machine definition", path.display()),
                "Choose a file in the Amazon States Language, JSON or YAML.",
            );
        }
        self.set_definition_draft(text);
        self.begin_what_if(false);
    }
}
