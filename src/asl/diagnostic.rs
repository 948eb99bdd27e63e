//! What is wrong with a file: a place, a rule and a remedy.

use crate::json::document::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// AWS would refuse the definition, or the state cannot run.
    Error,
    /// It would be accepted, and is probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// AWS's code where AWS has one (`SCHEMA_VALIDATION_FAILED`), else our rule's name in `kebab-case`.
    pub code: &'static str,
    /// What is wrong, in the words of the person who wrote the file.
    pub message: String,
    /// What to do; empty when the message says it.
    pub remedy: String,
    /// Where AWS says it is: `/States/Pay/Retry[0]`.
    pub location: String,
    pub span: Span,
}
