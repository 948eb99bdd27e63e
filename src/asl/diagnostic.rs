//! What is wrong with a file: a place, a rule and a remedy.

use super::rule::Rule;
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
    /// The id of the rule in `kebab-case`; what `stepwell:allow` silences.
    pub rule: &'static str,
    /// AWS's code where AWS has one (`SCHEMA_VALIDATION_FAILED`), else the rule's id.
    pub code: &'static str,
    /// What is wrong, in the words of the person who wrote the file.
    pub message: String,
    /// What to do; empty when the message says it.
    pub remedy: String,
    /// Where AWS says it is: `/States/Pay/Retry[0]`.
    pub location: String,
    pub span: Span,
}

impl Diagnostic {
    /// A breach of a rule at a location and a place in the text.
    pub fn of(
        rule: &'static Rule,
        at: (impl Into<String>, Span),
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: rule.severity,
            rule: rule.id,
            code: rule.code(),
            message: message.into(),
            remedy: remedy.into(),
            location: at.0.into(),
            span: at.1,
        }
    }
}
