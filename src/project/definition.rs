//! From the text of a definition to a machine with its name, its kind and everything that is wrong with it.

use std::path::PathBuf;
use std::sync::Arc;

use super::source_text::SourceText;
use super::{FileProblem, MachineDefinition};
use crate::asl::{self, Diagnostic, Severity, StateMachineType};
use crate::json::Value;
use crate::json::document::{Document, Format, LineIndex, Node, Span};

/// The account and region that stand in every ARN of an opened project, unless its files say others.
pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "us-east-1";

/// A definition before it is understood.
#[derive(Clone, Debug)]
pub(super) struct FoundDefinition {
    pub(super) name: String,
    pub(super) kind: StateMachineType,
    /// The file that the document's places are in.
    pub(super) file: PathBuf,
    pub(super) document: Document,
    pub(super) substitutions: Vec<(String, Option<String>)>,
}

impl FoundDefinition {
    pub(super) fn into_machine(self) -> MachineDefinition {
        let parsed = asl::parse::check_as(&self.document, self.kind);
        let text = Arc::clone(&self.document.text);
        MachineDefinition {
            definition: DefinitionJson { text, root: self.document.root.map(Arc::new) },
            arn: machine_arn(&self.name),
            role_arn: None,
            name: self.name,
            kind: self.kind,
            machine: Arc::new(parsed.machine),
            file: self.file,
            text: self.document.text,
            diagnostics: parsed.diagnostics,
            substitutions: self.substitutions,
        }
    }
}

/// A definition as it would be deployed: JSON, with what stood for something else filled in.
#[derive(Clone, Debug, Default)]
pub struct DefinitionJson {
    /// The whole file.
    text: Arc<str>,
    root: Option<Arc<Node>>,
}

impl DefinitionJson {
    /// One that is JSON already.
    pub fn of_text(text: Arc<str>) -> Self {
        Self { text, root: None }
    }

    /// The file's own text where that is it, white space included.
    pub fn text(&self) -> Arc<str> {
        let Some(root) = &self.root else { return Arc::clone(&self.text) };
        let filled_in = root.to_value();
        if Value::parse(&self.text).is_ok_and(|it| it == filled_in) {
            return Arc::clone(&self.text);
        }
        filled_in.to_pretty().into()
    }
}

impl MachineDefinition {
    /// A machine that no file has: it came as JSON from somebody else.
    pub fn of_text(name: &str, kind: StateMachineType, arn: &str, definition: &str) -> Self {
        let found = FoundDefinition {
            name: name.to_owned(),
            kind,
            file: PathBuf::from("(not in a file)"),
            document: Document::parse(definition, Format::Json),
            substitutions: Vec::new(),
        };
        Self { arn: arn.to_owned(), ..found.into_machine() }
    }
}

pub(super) fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

/// Reads a definition from its own file, with `${name}` replaced where `meaning` knows it.
pub(super) fn document_of_file(
    path: &std::path::Path,
    text: &Arc<str>,
    meaning: impl FnMut(&str) -> Option<String>,
) -> Document {
    let format = Format::of_path(path, text);
    SourceText::of_file(text).with_placeholders(meaning).document(text, format)
}

/// `STANDARD` and `EXPRESS`; anything else is what AWS takes when nothing is said.
pub(super) fn kind_of(text: &str) -> StateMachineType {
    if text.eq_ignore_ascii_case("EXPRESS") {
        StateMachineType::Express
    } else {
        StateMachineType::Standard
    }
}

/// Gives machines of the same name a number from the second on, and the same to their ARNs.
pub(super) fn number_duplicates(machines: &mut [MachineDefinition]) {
    for index in 1..machines.len() {
        let (before, rest) = machines.split_at_mut(index);
        let machine = &mut rest[0];
        let taken = |name: &str| before.iter().any(|other| other.name == name);
        if !taken(&machine.name) {
            continue;
        }
        let free =
            (2_u32..).map(|number| format!("{}-{number}", machine.name)).find(|name| !taken(name));
        if let Some(name) = free {
            machine.arn = machine_arn(&name);
            machine.name = name;
        }
    }
}

/// A problem of a file that is no definition.
pub(super) fn problem(
    file: &std::path::Path,
    text: &str,
    span: Span,
    severity: Severity,
    code: &'static str,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> FileProblem {
    let diagnostic = Diagnostic {
        severity,
        rule: code,
        code,
        message: message.into(),
        remedy: remedy.into(),
        location: String::new(),
        span,
    };
    let place = LineIndex::new(text).line_column(text, span.start);
    FileProblem { file: file.to_path_buf(), diagnostic, place }
}
