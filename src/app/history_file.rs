//! A file with the history of an execution: it needs a definition to be drawn with, the open one or one beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::{App, NoticeLevel};
use super::bundle::{MAX_BYTES, read_limited};
use super::simulation::execution_arn;
use crate::execution::import::{self, Imported};
use crate::execution::{EventDetails, Execution, ExecutionSource, History, export};
use crate::json::document::{Document, Format};
use crate::project::MachineDefinition;

impl App {
    pub(super) fn export_history(&mut self, path: &Path) {
        let Some(run) = self.run() else { return };
        let text = export::to_json(run.session.history()).to_string();
        match std::fs::write(path, text) {
            Ok(()) => self.notify(NoticeLevel::Info, format!("Saved {}", path.display()), ""),
            Err(err) => self.notify(
                NoticeLevel::Error,
                format!("{} can't be written", path.display()),
                err.to_string(),
            ),
        }
    }
}

/// Whether a file holds one definition and nothing around it.
pub(super) fn is_plain_definition(path: &Path) -> bool {
    let Ok(text) = read_limited(path) else { return false };
    let document = Document::parse(&text, Format::of_path(path, &text));
    !crate::asl::parse::parse(&document).machine.states().is_empty()
}

/// Whether a file looks like an exported history and not like a definition.
pub(super) fn is_history(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    if !metadata.is_file()
        || path.extension().is_none_or(|it| it != "json" && it != "jsonl")
        || metadata.len() > MAX_BYTES
    {
        return false;
    }
    let Ok(text) = read_limited(path) else { return false };
    // What `CloudWatch` logs has these names, in messages that may be texts of JSON.
    let is_log = text.contains("previous_event_id") && text.contains("execution_arn");
    is_log
        || text.contains("\"events\"")
            && (text.contains("ExecutionStarted") || text.contains("\"previousEventId\""))
            && !text.contains("\"StartAt\"")
}

/// Reads an exported history.
pub(super) fn read_history(path: &Path) -> Result<Imported, String> {
    let text = read_limited(path)?;
    import::parse(&text, None).map_err(|why| format!("{} holds no history: {why}", path.display()))
}

/// A history as an execution of this definition.
pub(super) fn execution_of(
    imported: Imported,
    path: &Path,
    machine: &MachineDefinition,
) -> Execution {
    let name = path.file_stem().map_or_else(|| "imported".into(), |stem| stem.to_string_lossy());
    Execution {
        arn: imported.execution_arn.unwrap_or_else(|| execution_arn(machine, &name)),
        state_machine: Arc::clone(&machine.machine),
        kind: machine.kind,
        history: imported.history,
        source: ExecutionSource::Imported { path: path.to_owned() },
    }
}

/// Reads an exported history as an execution of this definition.
///
/// # Errors
/// In the user's words: the file can't be read or holds no events.
pub fn load_history(path: &Path, machine: &MachineDefinition) -> Result<Execution, String> {
    Ok(execution_of(read_history(path)?, path, machine))
}

/// The states that a history enters, in their order.
pub(super) fn entered(history: &History) -> impl Iterator<Item = &str> {
    history.events().iter().filter_map(|event| {
        let EventDetails::StateEntered { name, .. } = &event.details else { return None };
        Some(&**name)
    })
}

/// `NAME.definition.asl.json` and the like beside `NAME.json` or `NAME.history.json`.
pub(super) fn definition_beside(path: &Path) -> Option<PathBuf> {
    const ENDS: [&str; 4] =
        ["definition.asl.json", "asl.json", "definition.json", "definition.asl.yaml"];
    let stem = path.file_stem()?.to_str()?;
    let short = stem.strip_suffix(".history").or_else(|| stem.strip_suffix("-history"));
    let names = [Some(stem), short].into_iter().flatten();
    let mut beside =
        names.flat_map(|name| ENDS.map(|end| path.with_file_name(format!("{name}.{end}"))));
    beside.find(|it| it != path && it.is_file() && is_plain_definition(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_found_beside_a_history_by_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let text = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
        std::fs::write(file("orders.definition.asl.json"), text).expect("written");
        std::fs::write(file("other.asl.json"), "{}").expect("written");
        let beside = |name: &str| definition_beside(&file(name));
        assert_eq!(beside("orders.json"), Some(file("orders.definition.asl.json")));
        assert_eq!(beside("orders.history.json"), Some(file("orders.definition.asl.json")));
        assert_eq!(beside("other.json"), None, "it is no definition");
        assert_eq!(beside("nothing.json"), None);
    }
}
