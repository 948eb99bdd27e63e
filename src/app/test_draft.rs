//! The form of a test of one state: what was typed into it, what is wrong with that, and what came of it.

use super::test_state::{
    ErrorOutput, FieldValidationMode, InspectionLevel, Mock, StateConfiguration, TestStateRequest,
    mockable_context, test_request,
};
use crate::asl::StatePath;
use crate::execution::InspectionData;
use crate::json::Value;
use crate::project::MachineDefinition;

/// A test of a state as it stands in the form. Texts are as typed; an empty one is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestDraft {
    pub input: String,
    pub variables: String,
    pub context: String,
    pub mock: MockedOutcome,
    pub result: String,
    pub error: String,
    pub cause: String,
    pub validation: FieldValidationMode,
    pub level: InspectionLevel,
    pub retrier_retry_count: String,
    pub error_caused_by_state: String,
    pub map_iteration_failure_count: String,
    pub map_item_reader_data: String,
}

/// What the state's service, branches or iterations are said to have given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MockedOutcome {
    /// Nothing is mocked: the task is answered as in an execution of the project.
    #[default]
    Nothing,
    Result,
    Error,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestField {
    Input,
    Variables,
    Context,
    Result,
    RetrierRetryCount,
    MapIterationFailureCount,
}

/// A test of one state and its latest answer: the response of `TestState`, or why there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateTest {
    pub draft: TestDraft,
    pub answer: Option<Result<Value, String>>,
}

impl Default for TestDraft {
    fn default() -> Self {
        Self {
            input: "{}".to_owned(),
            variables: String::new(),
            context: String::new(),
            mock: MockedOutcome::Nothing,
            result: "{}".to_owned(),
            error: "States.TaskFailed".to_owned(),
            cause: String::new(),
            validation: FieldValidationMode::Strict,
            level: InspectionLevel::Debug,
            retrier_retry_count: String::new(),
            error_caused_by_state: String::new(),
            map_iteration_failure_count: String::new(),
            map_item_reader_data: String::new(),
        }
    }
}

impl TestDraft {
    /// With the input, variables and context object of a visit to the state.
    pub fn of_visit(visit: &InspectionData) -> Self {
        let mut draft = Self::default();
        draft.take_visit(visit);
        draft
    }

    /// Puts the values of a visit into the form; the rest stays.
    pub fn take_visit(&mut self, visit: &InspectionData) {
        self.input = visit.input.as_ref().map_or_else(|| "{}".to_owned(), Value::to_pretty);
        self.variables = if visit.variables.is_empty() {
            String::new()
        } else {
            Value::object(visit.variables.clone()).to_pretty()
        };
        self.context = visit
            .context
            .as_ref()
            .and_then(mockable_context)
            .map_or_else(String::new, |it| it.to_pretty());
    }

    /// What is wrong with a field as it stands, in the user's words.
    pub fn mistake(&self, field: TestField) -> Option<String> {
        let json = |text: &str, object: bool| {
            if text.trim().is_empty() {
                return None;
            }
            match Value::parse(text) {
                Ok(Value::Object(_)) => None,
                Ok(_) if object => Some("This has to be a JSON object".to_owned()),
                Ok(_) => None,
                Err(why) => Some(format!("This is not JSON: {why}")),
            }
        };
        let count = |text: &str| {
            let text = text.trim();
            let wrong = !text.is_empty() && text.parse::<u32>().is_err();
            wrong.then(|| "This has to be a whole number, 0 or more".to_owned())
        };
        match field {
            TestField::Input => json(&self.input, false),
            TestField::Variables => json(&self.variables, true),
            TestField::Context => json(&self.context, true),
            TestField::Result if self.mock == MockedOutcome::Result => json(&self.result, false),
            TestField::Result => None,
            TestField::RetrierRetryCount => count(&self.retrier_retry_count),
            TestField::MapIterationFailureCount => count(&self.map_iteration_failure_count),
        }
    }

    /// Whether it can be run as it stands.
    pub fn is_right(&self) -> bool {
        [
            TestField::Input,
            TestField::Variables,
            TestField::Context,
            TestField::Result,
            TestField::RetrierRetryCount,
            TestField::MapIterationFailureCount,
        ]
        .into_iter()
        .all(|field| self.mistake(field).is_none())
    }

    /// The request of the API. A count that is no number counts as left out.
    pub fn request(&self, machine: &MachineDefinition, state: &StatePath) -> TestStateRequest {
        let given = |text: &str| Some(text.to_owned()).filter(|it| !it.trim().is_empty());
        let mock = |result, error_output| Mock {
            result,
            error_output,
            field_validation_mode: self.validation,
        };
        TestStateRequest {
            input: given(&self.input),
            variables: given(&self.variables),
            context: given(&self.context),
            inspection_level: self.level,
            mock: match self.mock {
                MockedOutcome::Nothing => None,
                MockedOutcome::Result => Some(mock(given(&self.result), None)),
                MockedOutcome::Error => Some(mock(
                    None,
                    Some(ErrorOutput {
                        error: given(&self.error).map(Into::into),
                        cause: given(&self.cause).map(Into::into),
                    }),
                )),
            },
            state_configuration: StateConfiguration {
                retrier_retry_count: self.retrier_retry_count.trim().parse().unwrap_or(0),
                error_caused_by_state: given(self.error_caused_by_state.trim()),
                map_iteration_failure_count: self.map_iteration_failure_count.trim().parse().ok(),
                map_item_reader_data: given(&self.map_item_reader_data),
            },
            ..test_request(machine, state)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_tells_its_own_mistake() {
        let draft = TestDraft {
            input: "{".to_owned(),
            variables: "[]".to_owned(),
            retrier_retry_count: "-1".to_owned(),
            map_iteration_failure_count: " 2 ".to_owned(),
            ..TestDraft::default()
        };
        assert!(draft.mistake(TestField::Input).is_some_and(|it| it.contains("not JSON")));
        assert!(draft.mistake(TestField::Variables).is_some_and(|it| it.contains("object")));
        assert_eq!(draft.mistake(TestField::Context), None);
        assert!(draft.mistake(TestField::RetrierRetryCount).is_some());
        assert_eq!(draft.mistake(TestField::MapIterationFailureCount), None);
        assert!(!draft.is_right());
        assert!(TestDraft::default().is_right());
    }

    #[test]
    fn a_result_that_is_not_sent_may_be_anything() {
        let mut draft = TestDraft { result: "{".to_owned(), ..TestDraft::default() };
        assert_eq!(draft.mistake(TestField::Result), None);
        draft.mock = MockedOutcome::Result;
        assert!(draft.mistake(TestField::Result).is_some());
    }

    #[test]
    fn a_visit_fills_the_form_and_leaves_the_mock() {
        let mut draft = TestDraft { mock: MockedOutcome::Error, ..TestDraft::default() };
        let visit = InspectionData {
            input: Some(Value::from("x")),
            variables: [("n".into(), Value::from(1))].into_iter().collect(),
            ..InspectionData::default()
        };
        draft.take_visit(&visit);
        assert_eq!((draft.input.as_str(), draft.context.as_str()), ("\"x\"", ""));
        assert!(draft.variables.contains("\"n\": 1"));
        assert_eq!(draft.mock, MockedOutcome::Error);
    }
}
