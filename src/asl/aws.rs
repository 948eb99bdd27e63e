//! What AWS answers to a definition: the error of `CreateStateMachine` and the response of `ValidateStateMachineDefinition`.

use super::parse::{self, NOT_JSON, Parsed, SCHEMA};
use super::validate::{MISSING_TARGET, validate, validate_type};
use super::{Diagnostic, Severity, StateMachineType};
use crate::json::Value;
use crate::json::document::{Document, Format};

/// AWS gives at most this many diagnostics unless asked for fewer.
const MAX_RESULTS: usize = 100;

/// Everything wrong with a definition of a machine of this type, in the order of the file's floors: the text, the fields, the
/// transitions, the type.
pub fn diagnostics(definition: &str, kind: StateMachineType) -> Vec<Diagnostic> {
    let document = Document::parse(definition, Format::Json);
    let Parsed { machine, diagnostics } = parse::parse(&document);
    let mut all = diagnostics;
    all.extend(validate_type(&machine, kind));
    all.extend(validate(&machine));
    all
}

/// The code and message with which `CreateStateMachine` refuses a definition; `None` when it takes it.
pub fn create_error(definition: &str, kind: StateMachineType) -> Option<(&'static str, String)> {
    first_error(answers(definition, kind))
}

/// As [`create_error`], of a state that is alone in its machine: where its transitions go is elsewhere.
pub fn state_error(definition: &str, kind: StateMachineType) -> Option<(&'static str, String)> {
    let mut answers = answers(definition, kind);
    answers.retain(|answer| match answer.location.as_deref() {
        // About the machine around it, which is made up.
        Some("/") if answer.code != NOT_JSON => false,
        Some(place) => answer.code != MISSING_TARGET || place.matches("/States/").count() > 1,
        None => true,
    });
    first_error(answers)
}

fn first_error(answers: Vec<Answer>) -> Option<(&'static str, String)> {
    let first = answers.into_iter().find(|answer| answer.severity == Severity::Error)?;
    let place = match first.location {
        Some(location) if first.code != NOT_JSON => format!(" at {location}"),
        Some(_) | None => String::new(),
    };
    Some((
        "InvalidDefinition",
        format!("Invalid State Machine Definition: '{}: {}{place}'", first.code, first.message),
    ))
}

/// The response of `ValidateStateMachineDefinition`. `severity`: whether warnings are asked for too.
pub fn validate_response(
    definition: &str,
    kind: StateMachineType,
    severity: Severity,
    max_results: Option<usize>,
) -> Value {
    let answers = answers(definition, kind);
    let failed = answers.iter().any(|answer| answer.severity == Severity::Error);
    let wanted: Vec<Answer> =
        answers.into_iter().filter(|answer| answer.severity <= severity).collect();
    let limit =
        max_results.filter(|limit| (1..=MAX_RESULTS).contains(limit)).unwrap_or(MAX_RESULTS);
    let truncated = wanted.len() > limit;
    Value::object([
        ("result", Value::from(if failed { "FAIL" } else { "OK" })),
        ("diagnostics", Value::array(wanted.into_iter().take(limit).map(Answer::into_value))),
        ("truncated", Value::from(truncated)),
    ])
}

/// A diagnostic as AWS says it.
struct Answer {
    severity: Severity,
    code: &'static str,
    message: String,
    location: Option<String>,
}

impl Answer {
    fn into_value(self) -> Value {
        let severity = match self.severity {
            Severity::Error => "ERROR",
            Severity::Warning | Severity::Note => "WARNING",
        };
        let mut members = vec![
            ("severity", Value::from(severity)),
            ("code", Value::from(self.code)),
            ("message", Value::from(self.message)),
        ];
        members.extend(self.location.map(|location| ("location", Value::from(location))));
        Value::object(members)
    }
}

fn answers(definition: &str, kind: StateMachineType) -> Vec<Answer> {
    if definition.trim().is_empty() {
        let message = "Definition must be a valid JSON object".to_owned();
        return vec![Answer { severity: Severity::Error, code: SCHEMA, message, location: None }];
    }
    if let Some(answer) = unrecognized_token(definition) {
        return vec![answer];
    }
    let all = diagnostics(definition, kind);
    let broken = all.iter().any(|diagnostic| diagnostic.code == NOT_JSON);
    all.into_iter()
        // AWS reads nothing of a text that is not JSON, and knows no notes.
        .filter(|diagnostic| !broken || diagnostic.code == NOT_JSON)
        .filter(|diagnostic| diagnostic.severity != Severity::Note)
        .map(|Diagnostic { severity, code, message, location, .. }| Answer {
            severity,
            code,
            message,
            location: Some(location).filter(|location| !location.is_empty()),
        })
        .collect()
}

/// The message of AWS's JSON reader for a text that begins with a bare word, recorded for `not a definition`: the place is the
/// one behind the word.
fn unrecognized_token(definition: &str) -> Option<Answer> {
    let start = definition.len() - definition.trim_start().len();
    let body = &definition[start..];
    let end =
        body.find(|it: char| !it.is_alphanumeric() && it != '_' && it != '$').unwrap_or(body.len());
    let word = &body[..end];
    let begins = word
        .chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$');
    if !begins || matches!(word, "true" | "false" | "null") {
        return None;
    }
    let before = &definition[..start + end];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    let source: String = definition.chars().take(500).collect();
    let rest = definition.chars().count() - source.chars().count();
    let rest = if rest == 0 { String::new() } else { format!("[truncated {rest} chars]") };
    let location = format!("[Source: (String)\"{source}\"{rest}; line: {line}, column: {column}]");
    let expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    let message = format!("Unrecognized token '{word}': was expecting {expected}\n at {location}");
    Some(Answer { severity: Severity::Error, code: NOT_JSON, message, location: Some(location) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(definition: &str, kind: StateMachineType) -> String {
        create_error(definition, kind).map(|(_, message)| message).unwrap_or_default()
    }

    #[test]
    fn refusals_are_in_the_words_of_aws() {
        use StateMachineType::{Express, Standard};
        for (definition, kind, message) in [
            (
                r#"{"StartAt":"A"}"#,
                Standard,
                "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /",
            ),
            (
                "{}",
                Standard,
                "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}"#,
                Standard,
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","End":true}}}"#,
                Express,
                "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/A/Resource",
            ),
        ] {
            assert_eq!(
                error(definition, kind),
                format!("Invalid State Machine Definition: '{message}'")
            );
        }
    }

    #[test]
    fn a_sound_machine_is_ok() {
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
        assert_eq!(create_error(definition, StateMachineType::Express), None);
        let response =
            validate_response(definition, StateMachineType::Standard, Severity::Error, None);
        assert_eq!(response.to_string(), r#"{"result":"OK","diagnostics":[],"truncated":false}"#);
    }

    #[test]
    fn a_word_is_named_with_the_place_behind_it() {
        let response =
            validate_response("\n nope x", StateMachineType::Standard, Severity::Error, None);
        let first = response
            .get("diagnostics")
            .and_then(|list| list.at(0))
            .and_then(|it| it.get("location"));
        assert_eq!(
            first.and_then(Value::as_str),
            Some("[Source: (String)\"\n nope x\"; line: 2, column: 6]")
        );
    }

    #[test]
    fn more_than_asked_for_is_cut_off() {
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass"},"B":{"Type":"Pass"}}}"#;
        let response =
            validate_response(definition, StateMachineType::Standard, Severity::Error, Some(1));
        assert_eq!(response.get("truncated"), Some(&Value::Bool(true)));
    }
}
