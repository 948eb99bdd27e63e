//! `stepwell check`: what is wrong, with places and remedies.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::args::{CheckArgs, Format};
use super::{Failure, open, say, say_error};
use crate::asl::{Diagnostic, Severity};
use crate::json::document::{LineColumn, LineIndex};

/// One finding with its place, ready to be shown.
struct Finding<'a> {
    file: &'a Path,
    machine: Option<&'a str>,
    start: LineColumn,
    end: LineColumn,
    diagnostic: &'a Diagnostic,
}

pub(super) fn check(args: &CheckArgs) -> ExitCode {
    let mut rows = Vec::new();
    let mut counts = [0_usize; 3];
    let mut unopened = 0;
    for path in &args.paths {
        let project = match open(path) {
            Ok(project) => project,
            Err(Failure(why)) => {
                unopened += 1;
                match args.format {
                    Format::Human => say_error(&why),
                    Format::Json => rows.push(json!({ "file": path, "severity": "ERROR", "code": "UNREADABLE", "message": why })),
                }
                continue;
            }
        };
        let mut findings = Vec::new();
        for machine in &project.machines {
            let lines = LineIndex::new(&machine.text);
            findings.extend(machine.diagnostics.iter().map(|diagnostic| Finding {
                file: &machine.file,
                machine: Some(&machine.name),
                start: lines.line_column(&machine.text, diagnostic.span.start),
                end: lines.line_column(&machine.text, diagnostic.span.end),
                diagnostic,
            }));
        }
        findings.extend(project.problems.iter().map(|problem| Finding {
            file: &problem.file,
            machine: None,
            start: problem.place,
            end: problem.place,
            diagnostic: &problem.diagnostic,
        }));
        for finding in &findings {
            counts[finding.diagnostic.severity as usize] += 1;
            match args.format {
                Format::Human => say(&human(finding)),
                Format::Json => rows.push(as_json(finding)),
            }
        }
    }
    let [errors, warnings, notes] = counts;
    let errors = errors + unopened;
    match args.format {
        Format::Human => say(&format!("{errors} errors, {warnings} warnings, {notes} notes")),
        Format::Json => {
            let report = json!({ "diagnostics": rows, "errors": errors, "warnings": warnings, "notes": notes });
            say(&format!("{report:#}"));
        }
    }
    if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn human(finding: &Finding<'_>) -> String {
    let Diagnostic { severity: level, code, message, remedy, location, span: _ } =
        finding.diagnostic;
    let LineColumn { line, column } = finding.start;
    let mut text = format!(
        "{}:{line}:{column}: {}: {message} [{code}]",
        finding.file.display(),
        severity(*level)
    );
    if !location.is_empty() {
        text.push_str(&format!("\n    at {location}"));
    }
    if !remedy.is_empty() {
        text.push_str(&format!("\n    {remedy}"));
    }
    text
}

fn as_json(finding: &Finding<'_>) -> serde_json::Value {
    json!({
        "file": finding.file,
        "machine": finding.machine,
        "severity": severity(finding.diagnostic.severity).to_uppercase(),
        "code": finding.diagnostic.code,
        "message": finding.diagnostic.message,
        "remedy": finding.diagnostic.remedy,
        "location": finding.diagnostic.location,
        "line": finding.start.line,
        "column": finding.start.column,
        "endLine": finding.end.line,
        "endColumn": finding.end.column,
    })
}
