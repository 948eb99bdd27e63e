//! What AWS answers to a definition: the error of `CreateStateMachine` and the response of `ValidateStateMachineDefinition`.

mod create;

use super::parse::{self, Parsed};
use super::validate::{validate, validate_type};
use super::{Diagnostic, Severity, StateMachine, StateMachineType, rule};
use crate::json::document::{Document, Format};
use crate::json::{Value, jackson};

pub use create::{Account, create_request_error, create_request_error_but, logging_refusal};

/// AWS gives at most this many diagnostics unless asked for fewer.
const MAX_RESULTS: usize = 100;

/// Everything wrong with a definition of a machine of this type, in the order of the file's floors: the text, the fields, the
/// type, the transitions. Comments silence nothing here.
pub fn diagnostics(definition: &str, kind: StateMachineType) -> Vec<Diagnostic> {
    let document = Document::parse(definition, Format::Json);
    let Parsed { machine, diagnostics } = parse::parse(&document);
    let mut all = diagnostics;
    all.extend(validate_type(&machine, kind));
    all.extend(validate(&machine));
    all
}

/// The code and message with which `CreateStateMachine` refuses a definition; `None` when it takes it. All errors are in one
/// message, as answers to CloudFormation show; what has no place is "at null".
pub fn create_error(definition: &str, kind: StateMachineType) -> Option<(&'static str, String)> {
    refusal(&answers(definition, kind))
}

/// As [`create_error`], of a state that is alone in its machine: where its transitions go is elsewhere.
pub fn state_error(definition: &str, kind: StateMachineType) -> Option<(&'static str, String)> {
    let mut answers = answers(definition, kind);
    answers.retain(|answer| match answer.location.as_deref() {
        // About the machine around it, which is made up.
        Some("/") => false,
        Some(place) => !about_transitions(answer.rule) || place.matches("/States/").count() > 1,
        None => !about_transitions(answer.rule),
    });
    refusal(&answers)
}

/// The message with which `CreateStateMachine` refuses a machine for its type alone; `None` when it may be of that type.
pub fn type_error(machine: &StateMachine, kind: StateMachineType) -> Option<String> {
    let errors: Vec<String> = validate_type(machine, kind)
        .iter()
        .map(|it| format!("{}: {} at {}", it.code, it.message, it.location))
        .collect();
    let all = errors.join(", ");
    (!all.is_empty()).then(|| format!("Invalid State Machine Definition: '{all}'"))
}

fn refusal(answers: &[Answer]) -> Option<(&'static str, String)> {
    let errors: Vec<String> = answers
        .iter()
        .filter(|answer| answer.severity == Severity::Error)
        .map(|answer| {
            let place = answer.location.as_deref().unwrap_or("null");
            format!("{}: {} at {place}", answer.code, answer.message)
        })
        .collect();
    if errors.is_empty() {
        return None;
    }
    let message = format!("Invalid State Machine Definition: '{}'", errors.join(", "));
    Some(("InvalidDefinition", message))
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
    rule: &'static str,
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
    let error = |rule: &'static rule::Rule, message: String, location: Option<String>| {
        let (rule, code) = (rule.id, rule.code());
        vec![Answer { severity: Severity::Error, rule, code, message, location }]
    };
    if let Some(mistake) = jackson::mistake(definition) {
        return error(&rule::INVALID_JSON, mistake.message, Some(mistake.location));
    }
    if !definition.trim_start().starts_with('{') {
        let message = "Definition must be a valid JSON object".to_owned();
        return error(&rule::NOT_AN_OBJECT, message, None);
    }
    let all: Vec<Diagnostic> = diagnostics(definition, kind)
        .into_iter()
        // What has no code of AWS's own is ours alone.
        .filter(|it| it.code != it.rule)
        // AWS's reader found nothing wrong with the text: it does not look behind the first value.
        .filter(|it| it.rule != rule::INVALID_JSON.id)
        .collect();
    let broken = all.iter().any(|it| it.severity == Severity::Error && !about_transitions(it.rule));
    all.into_iter()
        // Transitions are looked at once the fields are right.
        .filter(|it| !broken || !about_transitions(it.rule))
        .map(|Diagnostic { severity, rule, code, message, location, .. }| Answer {
            severity,
            rule,
            code,
            message,
            location: Some(location).filter(|location| !location.is_empty()),
        })
        .collect()
}

/// Whether a rule needs all the states of a scope.
fn about_transitions(id: &str) -> bool {
    [
        &rule::DANGLING_TARGET,
        &rule::UNREACHABLE_STATE,
        &rule::NO_TERMINAL_STATE,
        &rule::DUPLICATE_STATE_NAME,
        &rule::DUPLICATE_LABEL,
    ]
    .iter()
    .any(|rule| rule.id == id)
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
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"C"},"B":{"Type":"Pass","End":true}}}"#,
                Standard,
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next, MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"ResultPath":null,"End":true}}}"#,
                Standard,
                "SCHEMA_VALIDATION_FAILED: Field 'ResultPath' is not supported at /States/A",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","OutputPath":"Test","End":true}}}"#,
                Standard,
                "SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/A/OutputPath",
            ),
            (
                r#"{"QueryLanguage":"JSONata","StartAt":"E","States":{"E":{"Type":"Pass","Output":{"v":"{% phone %}","w":"{% 1 + %}"},"End":true}}}"#,
                Standard,
                "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Output/v, INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/E/Output/w",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Output":1,"End":true}}}"#,
                Standard,
                "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"Message":"m"},"End":true,"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["x"]}]}}}"#,
                Standard,
                "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
            ),
            (
                "[]",
                Standard,
                "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","Parameters":{"TaskDefinition":"t"},"End":true}}}"#,
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
    fn what_stands_behind_the_definition_is_not_looked_at() {
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}} x }"#;
        assert_eq!(create_error(definition, StateMachineType::Standard), None);
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
