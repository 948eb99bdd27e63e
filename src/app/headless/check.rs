//! `stepwell check`: what is wrong, with places and remedies.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::args::{CheckArgs, Format, Kind};
use super::terminal::{line, say, say_error, say_json};
use super::told;
use crate::asl::parse::check_type;
use crate::asl::{Diagnostic, Severity, StateMachineType, rule};
use crate::json::document::{LineColumn, LineIndex};
use crate::project::{self, MachineDefinition};

/// One finding with its place, ready to be shown.
struct Finding<'a> {
    file: &'a Path,
    machine: Option<&'a str>,
    start: LineColumn,
    end: LineColumn,
    diagnostic: &'a Diagnostic,
}

pub(super) fn check(args: &CheckArgs) -> ExitCode {
    if args.rules {
        match args.format {
            Format::Human => say(&rules(args.format)),
            Format::Json => say_json(&rules(args.format)),
        }
        return ExitCode::SUCCESS;
    }
    let mut rows = Vec::new();
    let mut counts = [0_usize; 3];
    let mut unopened = 0;
    for path in &args.paths {
        let mut project = match project::open_alone(path) {
            Ok(project) => project,
            Err(err) => {
                unopened += 1;
                match args.format {
                    Format::Human => say_error(&told(&err)),
                    Format::Json => {
                        let message = format!("{}\n{}", err.message, err.remedy);
                        rows.push(json!({ "file": path, "severity": "ERROR", "code": "UNREADABLE", "message": message.trim_end() }));
                    }
                }
                continue;
            }
        };
        let mut findings = Vec::new();
        if let Some(kind) = args.kind {
            let kind = match kind {
                Kind::Standard => StateMachineType::Standard,
                Kind::Express => StateMachineType::Express,
            };
            project.machines.iter_mut().for_each(|machine| of_type(machine, kind));
        }
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
            say_json(&format!("{report:#}"));
        }
    }
    if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What a machine may not have as one of another type than its project says.
fn of_type(machine: &mut MachineDefinition, kind: StateMachineType) {
    machine.diagnostics.retain(|it| it.rule != rule::EXPRESS_UNSUPPORTED.id);
    machine.diagnostics.extend(check_type(&machine.machine, kind));
    machine.kind = kind;
}

/// Every rule, in the order of the table.
fn rules(format: Format) -> String {
    match format {
        Format::Human => rule::ALL
            .iter()
            .map(|rule| {
                let aws = rule.aws_code.map_or_else(String::new, |code| format!(" (AWS: {code})"));
                format!("{}: {}{aws}\n    {}", rule.id, severity(rule.severity), rule.why)
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Json => {
            let rows: Vec<serde_json::Value> = rule::ALL
                .iter()
                .map(|rule| {
                    json!({
                        "rule": rule.id,
                        "severity": severity(rule.severity).to_uppercase(),
                        "awsCode": rule.aws_code,
                        "why": rule.why,
                    })
                })
                .collect();
            format!("{:#}", json!({ "rules": rows }))
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn human(finding: &Finding<'_>) -> String {
    let Diagnostic { severity: level, rule, code, message, remedy, location, span: _ } =
        finding.diagnostic;
    let codes = if rule == code { (*code).to_owned() } else { format!("AWS: {code}; {rule}") };
    let LineColumn { line: row, column } = finding.start;
    let mut text = format!(
        "{}:{row}:{column}: {}: {} [{codes}]",
        line(finding.file.display()),
        severity(*level),
        line(message)
    );
    if !location.is_empty() {
        text.push_str(&format!("\n    at {}", line(location)));
    }
    if !remedy.is_empty() {
        text.push_str(&format!("\n    {}", line(remedy)));
    }
    text
}

fn as_json(finding: &Finding<'_>) -> serde_json::Value {
    json!({
        "file": finding.file,
        "machine": finding.machine,
        "severity": severity(finding.diagnostic.severity).to_uppercase(),
        "code": finding.diagnostic.code,
        "rule": finding.diagnostic.rule,
        "message": finding.diagnostic.message,
        "remedy": finding.diagnostic.remedy,
        "location": finding.diagnostic.location,
        "line": finding.start.line,
        "column": finding.start.column,
        "endLine": finding.end.line,
        "endColumn": finding.end.column,
    })
}
