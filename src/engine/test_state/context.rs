//! A context object that the tester made up, checked as AWS checks it.

use super::TestStateError;
use super::definition::Tested;
use crate::asl::IntegrationPattern;
use crate::json::Value;

/// The parts and their fields, with the JSON type that each takes; `None` for any.
const PARTS: &[(&str, &[(&str, Option<&str>)])] = &[
    (
        "Execution",
        &[
            ("Id", Some("string")),
            ("Input", None),
            ("Name", Some("string")),
            ("RoleArn", Some("string")),
            ("StartTime", Some("string")),
            ("RedriveCount", Some("number")),
            ("RedriveTime", Some("string")),
        ],
    ),
    (
        "State",
        &[
            ("EnteredTime", Some("string")),
            ("Name", Some("string")),
            ("RetryCount", Some("number")),
        ],
    ),
    ("StateMachine", &[("Id", Some("string")), ("Name", Some("string"))]),
    ("Task", &[("Token", Some("string"))]),
];

pub(super) fn parse(text: &str, tested: &Tested) -> Result<Value, TestStateError> {
    let invalid =
        |what: &str| TestStateError::validation(format!("Invalid Context object provided: {what}"));
    let context = Value::parse(text).map_err(|err| invalid(&format!("not valid JSON: {err}")))?;
    let parts = context.as_object().ok_or_else(|| invalid("must be a JSON object"))?;
    for (name, part) in parts {
        if &**name == "Map" {
            return Err(invalid("'Map' field is not supported when mocking a Context object"));
        }
        let Some((_, fields)) = PARTS.iter().find(|(known, _)| *known == &**name) else {
            return Err(invalid(&format!("Field '{name}' is not allowed")));
        };
        if &**name == "Task" && tested.pattern() == IntegrationPattern::RequestResponse {
            return Err(invalid(
                "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' \
                 service integration pattern",
            ));
        }
        let members =
            part.as_object().ok_or_else(|| invalid(&format!("{name} must be an object")))?;
        for (field, value) in members {
            let Some((_, expected)) = fields.iter().find(|(known, _)| *known == &**field) else {
                return Err(invalid(&format!("Field '{field}' is not allowed")));
            };
            if let Some(expected) = expected.filter(|it| *it != value.type_name()) {
                return Err(invalid(&format!("{name}.{field} must be a {expected}")));
            }
        }
    }
    Ok(context)
}
