//! A spanned document to a state machine and what is wrong with it.
//!
//! Every field is checked where it is read. The rules that need a whole scope (targets, reachability) are in
//! [`super::validate`].

mod choice;
mod dynamodb;
mod error_handling;
mod fields;
mod integration;
mod jsonata;
mod jsonata_mistake;
mod kinds;
mod map;
mod map_data;
mod scope;
mod support;
mod template;

use std::collections::BTreeMap;

use super::validate::{validate, validate_type};
use super::{Diagnostic, QueryLanguage, Rule, Severity, StateMachine, StateMachineType, rule};
use super::{placeholder, silence};
use crate::json::document::{Document, Format, Node, Span, SyntaxProblemKind};
use fields::Fields;

/// What a text gave.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub machine: StateMachine,
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether anything found is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads the root of a document as a definition.
pub fn parse(document: &Document) -> Parsed {
    let mut reader = Reader::new(document);
    reader.syntax(document);
    let machine = match &document.root {
        Some(root) => reader.machine(root),
        None => reader.empty(),
    };
    Parsed { machine, diagnostics: reader.diagnostics }
}

/// Reads a document and adds what [`super::validate`] finds, without what its comments allow.
pub fn check(document: &Document) -> Parsed {
    check_as(document, StateMachineType::Standard)
}

/// What a machine may not have because of its type, without what its comments allow.
pub fn check_type(machine: &StateMachine, kind: StateMachineType) -> Vec<Diagnostic> {
    let mut found = validate_type(machine, kind);
    silence::hush(machine, &mut found);
    found
}

/// As [`check`], for a machine of a type.
pub fn check_as(document: &Document, kind: StateMachineType) -> Parsed {
    let mut parsed = parse(document);
    let too_long = too_long(document);
    // What AWS cannot take is not looked at as a whole, which could take long.
    if too_long.is_none() {
        parsed.diagnostics.extend(validate_type(&parsed.machine, kind));
        parsed.diagnostics.extend(validate(&parsed.machine));
    }
    parsed.diagnostics.extend(too_long);
    silence::apply(&parsed.machine, &mut parsed.diagnostics);
    shorten(&mut parsed.diagnostics);
    parsed
}

/// Of more breaches of one rule than this only the number is told.
const MAX_OF_A_RULE: usize = 1_000;

/// Keeps the first breaches of each rule, and says how many more there are.
fn shorten(diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.len() <= MAX_OF_A_RULE {
        return;
    }
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut left_out: BTreeMap<&'static str, (Span, usize)> = BTreeMap::new();
    diagnostics.retain(|it| {
        let count = counts.entry(it.rule).or_default();
        *count += 1;
        if *count > MAX_OF_A_RULE {
            left_out.entry(it.rule).or_insert((it.span, 0)).1 += 1;
        }
        *count <= MAX_OF_A_RULE
    });
    for (id, (span, count)) in left_out {
        let Some(rule) = Rule::find(id) else { continue };
        let message = format!("And {count} more like it: {}", rule.why);
        let more = Diagnostic::of(rule, ("", span), message, "Mend the first ones and check again");
        diagnostics.push(Diagnostic { severity: Severity::Note, ..more });
    }
}

/// AWS's limit for a definition, in characters (API reference of `CreateStateMachine`).
const MAX_CHARACTERS: usize = 1_048_576;

/// A definition that is too long even without the white space that a deployment may take out.
fn too_long(document: &Document) -> Option<Diagnostic> {
    let root = document.root.as_ref().filter(|_| document.format == Format::Json)?;
    let text = document.slice(root.span);
    if text.len() <= MAX_CHARACTERS {
        return None;
    }
    let (mut count, mut in_string, mut escaped) = (0_usize, false, false);
    for letter in text.chars() {
        count += usize::from(in_string || !letter.is_whitespace());
        in_string ^= letter == '"' && !escaped;
        escaped = in_string && letter == '\\' && !escaped;
    }
    let at = Span { start: root.span.start, end: root.span.start + 1 };
    let message = format!("The definition has {count} characters, and AWS takes {MAX_CHARACTERS}");
    let remedy = "Move parts into state machines of their own, and literal data into a bucket";
    (count > MAX_CHARACTERS)
        .then(|| Diagnostic::of(&rule::DEFINITION_TOO_LONG, ("", at), message, remedy))
}

/// Reads nodes and notes what is wrong.
struct Reader<'d> {
    document: &'d Document,
    /// Of the whole machine; states may differ.
    query_language: QueryLanguage,
    /// Of what is read just now.
    reserved: Reserved,
    diagnostics: Vec<Diagnostic>,
}

/// Which members `$states` has in a field besides `input` and `context`.
#[derive(Clone, Copy, Debug, Default)]
struct Reserved {
    result: bool,
    error_output: bool,
}

impl<'d> Reader<'d> {
    fn new(document: &'d Document) -> Self {
        Self {
            document,
            query_language: QueryLanguage::default(),
            reserved: Reserved::default(),
            diagnostics: Vec::new(),
        }
    }

    fn report(
        &mut self,
        rule: &'static Rule,
        at: (&str, Span),
        message: impl Into<String>,
        remedy: &str,
    ) {
        self.diagnostics.push(Diagnostic::of(rule, at, message, remedy));
    }

    /// What is wrong with the text itself.
    fn syntax(&mut self, document: &Document) {
        let broken = match document.format {
            Format::Json => &rule::INVALID_JSON,
            Format::Yaml => &rule::INVALID_YAML,
        };
        for problem in &document.problems {
            let rule = match problem.kind {
                SyntaxProblemKind::Broken => broken,
                SyntaxProblemKind::Relaxed => &rule::RELAXED_JSON,
            };
            self.report(rule, ("", problem.span), problem.message.clone(), "");
        }
    }

    fn empty(&self) -> StateMachine {
        StateMachine {
            comment: None,
            version: None,
            timeout_seconds: None,
            query_language: QueryLanguage::default(),
            top: super::Scope::default(),
            source: self.document.text.clone(),
        }
    }

    fn machine(&mut self, node: &Node) -> StateMachine {
        let Some(fields) = Fields::of(node, "") else {
            self.report(
                &rule::NOT_AN_OBJECT,
                ("/", node.span),
                "Definition must be a valid JSON object",
                "Begin with { \"StartAt\": …, \"States\": { … } }",
            );
            return self.empty();
        };
        self.query_language = self.language(&fields).unwrap_or_default();
        let comment = self.text(&fields, "Comment");
        let version = self.text(&fields, "Version");
        if let (Some(version), Some(node)) = (version.as_deref(), fields.get("Version"))
            && version != "1.0"
            && !placeholder::has_placeholder(version)
        {
            self.report(
                &rule::UNKNOWN_VALUE,
                (&fields.at("Version"), node.span),
                "Value should be one of the following: [1.0]",
                "Write \"1.0\" or leave it out",
            );
        }
        // 0 is taken (measured), and cannot mean that the execution ends before it begins.
        let timeout_seconds =
            self.whole(&fields, "TimeoutSeconds", 0..=99_999_999).filter(|seconds| *seconds > 0);
        self.unknown_fields(&fields, support::of_machine);
        let top = self.scope(node, &fields, &["States", "StartAt"]);
        StateMachine {
            comment,
            version,
            timeout_seconds,
            query_language: self.query_language,
            top,
            source: self.document.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
