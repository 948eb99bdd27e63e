//! Whether AWS and this program make the same of one state: two answers of `TestState`, field by field.

use crate::aws::act::TestStateAnswer;
use crate::json::Value;

/// How two answers compare.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreement {
    /// Where they differ; nothing when AWS agrees.
    Compared(Vec<FieldDifference>),
    /// This program would not run the test.
    OwnFailed(String),
}

/// A field in which the answers differ.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    /// As the API calls it: `status`, `output`, `afterResultPath`.
    pub field: String,
    /// `None` where the answer has no such field.
    pub ours: Option<Value>,
    pub aws: Option<Value>,
}

/// The fields that differ. A stage that only one of the two tells is no difference of the language, except in what the state gives.
pub(super) fn compared(ours: &Value, aws: &TestStateAnswer) -> Vec<FieldDifference> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let json = |text: &str| Value::parse(text).unwrap_or_else(|_| Value::from(text));
    let own = |field: &str| ours.get(field).cloned();
    // Causes are sentences that AWS changes now and then, so they are left to the reader.
    let outcome = [
        ("status", own("status"), Some(Value::from(aws.status.as_str()))),
        ("nextState", own("nextState"), text(&aws.next_state)),
        ("error", own("error"), text(&aws.error)),
        ("output", own("output"), aws.output.as_deref().map(json)),
    ];
    let stages = aws.inspection.iter().filter_map(|(name, there)| {
        let own = ours.get("inspectionData")?.get(name)?.clone();
        Some((*name, Some(as_value(own)), Some(json(there))))
    });
    let all = outcome.into_iter().map(|(field, ours, aws)| (field, ours.map(as_value), aws));
    all.chain(stages)
        .filter(|(_, ours, aws)| ours != aws)
        .map(|(field, ours, aws)| FieldDifference { field: field.to_owned(), ours, aws })
        .collect()
}

/// The API carries JSON as text; what is given as a value already stays.
fn as_value(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    match Value::parse(text) {
        Ok(parsed @ (Value::Object(_) | Value::Array(_))) => parsed,
        Ok(_) | Err(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> TestStateAnswer {
        TestStateAnswer {
            status: "SUCCEEDED".into(),
            output: Some(r#"{"a": 1}"#.into()),
            next_state: Some("B".into()),
            inspection: [("afterInputPath", r#"{"a":1}"#.to_owned()), ("result", "2".to_owned())]
                .into(),
            ..TestStateAnswer::default()
        }
    }

    #[test]
    fn white_space_and_untold_stages_are_no_difference() {
        let ours = Value::parse(
            r#"{"status":"SUCCEEDED","output":{"a":1},"nextState":"B","inspectionData":{"afterInputPath":{"a":1}}}"#,
        )
        .expect("JSON");
        assert_eq!(compared(&ours, &answer()), []);
    }

    #[test]
    fn each_field_is_compared_by_itself() {
        let ours = Value::parse(
            r#"{"status":"FAILED","error":"States.Runtime","inspectionData":{"afterInputPath":{"a":2},"result":2}}"#,
        )
        .expect("JSON");
        let fields: Vec<String> =
            compared(&ours, &answer()).into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["status", "nextState", "error", "output", "afterInputPath"]);
    }
}
