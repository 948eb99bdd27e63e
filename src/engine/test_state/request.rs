//! The request, under the names of the API.

use std::sync::Arc;

use super::TestStateError;
use crate::asl::StateMachine;
use crate::execution::Timestamp;
use crate::json::Value;

/// Where the state stands.
#[derive(Clone, Debug)]
pub enum Definition {
    /// JSON: one state; or a whole state machine, when `state_name` says which of its states. AWS refuses one that is wrong
    /// anywhere.
    Text(String),
    /// A machine that has been read already. Only the state that is tested has to be right.
    Machine(Arc<StateMachine>),
}

/// What to test. Texts that hold JSON are as in the API: texts.
#[derive(Clone, Debug)]
pub struct TestStateRequest {
    pub definition: Definition,
    /// A name; of a machine that has been read, also a path.
    pub state_name: Option<String>,
    /// `{}` when not given.
    pub input: Option<String>,
    pub inspection_level: InspectionLevel,
    pub mock: Option<Mock>,
    /// `$$`, only beside a mock.
    pub context: Option<String>,
    /// Workflow variables, a JSON object.
    pub variables: Option<String>,
    pub state_configuration: StateConfiguration,
    pub reveal_secrets: bool,
    pub role_arn: Option<String>,
    /// When the test starts. Not of the API.
    pub at: Timestamp,
    /// Decides UUIDs, random numbers and jitter. Not of the API.
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InspectionLevel {
    #[default]
    Info,
    Debug,
    Trace,
}

/// What the state's service, branches or iterations gave. Exactly one of `result` and `error_output` is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mock {
    /// JSON.
    pub result: Option<String>,
    pub error_output: Option<ErrorOutput>,
    pub field_validation_mode: FieldValidationMode,
}

/// `errorOutput`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorOutput {
    pub error: Option<Arc<str>>,
    pub cause: Option<Arc<str>>,
}

/// How a mocked result is held against the model of the service's API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidationMode {
    /// Required fields are there, and the fields that are there conform.
    #[default]
    Strict,
    /// The fields that are there conform.
    Present,
    None,
}

/// `stateConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateConfiguration {
    /// Retries that happened before, by the retrier that applies to the mocked error.
    pub retrier_retry_count: u32,
    /// Where inside a Parallel or Map a mocked error comes from.
    pub error_caused_by_state: Option<String>,
    pub map_iteration_failure_count: Option<u64>,
    /// What the `ItemReader` would read, as it stands in the file.
    pub map_item_reader_data: Option<String>,
}

impl TestStateRequest {
    /// A test of a state with the input `{}` and nothing else.
    pub fn new(definition: Definition, state_name: Option<String>) -> Self {
        Self {
            definition,
            state_name,
            input: None,
            inspection_level: InspectionLevel::default(),
            mock: None,
            context: None,
            variables: None,
            state_configuration: StateConfiguration::default(),
            reveal_secrets: false,
            role_arn: None,
            at: Timestamp::default(),
            seed: 0,
        }
    }

    /// From the members of the API's request, without the definition.
    ///
    /// # Errors
    /// A member has a value that the API does not take.
    pub fn from_json(
        definition: impl Into<String>,
        members: &Value,
    ) -> Result<Self, TestStateError> {
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            input: text("input"),
            inspection_level: text("inspectionLevel")
                .map_or(Ok(InspectionLevel::Info), |it| InspectionLevel::parse(&it))?,
            mock: members.get("mock").map(Mock::from_json).transpose()?,
            context: text("context"),
            variables: text("variables"),
            state_configuration: members
                .get("stateConfiguration")
                .map_or_else(|| Ok(StateConfiguration::default()), StateConfiguration::from_json)?,
            reveal_secrets: members.get("revealSecrets").and_then(Value::as_bool) == Some(true),
            role_arn: text("roleArn"),
            ..Self::new(Definition::Text(definition.into()), text("stateName"))
        })
    }
}

impl InspectionLevel {
    /// # Errors
    /// There is no such level.
    pub fn parse(name: &str) -> Result<Self, TestStateError> {
        match name {
            "INFO" => Ok(Self::Info),
            "DEBUG" => Ok(Self::Debug),
            "TRACE" => Ok(Self::Trace),
            other => Err(not_a_member(other, "inspectionLevel", "INFO, DEBUG, TRACE")),
        }
    }
}

impl Mock {
    /// From the API's `mock` object. A result that is JSON and no text of JSON is taken too.
    ///
    /// # Errors
    /// A member has a value that the API does not take.
    pub fn from_json(mock: &Value) -> Result<Self, TestStateError> {
        let text = |value: &Value| match value {
            Value::String(text) => text.to_string(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        };
        let error_output = mock.get("errorOutput").map(|it| {
            let text = |name: &str| it.get(name).and_then(Value::as_str).map(Arc::from);
            ErrorOutput { error: text("error"), cause: text("cause") }
        });
        let field_validation_mode = match mock.get("fieldValidationMode").and_then(Value::as_str) {
            None | Some("STRICT") => FieldValidationMode::Strict,
            Some("PRESENT") => FieldValidationMode::Present,
            Some("NONE") => FieldValidationMode::None,
            Some(other) => {
                let place = "mock.fieldValidationMode";
                return Err(not_a_member(other, place, "STRICT, PRESENT, NONE"));
            }
        };
        Ok(Self { result: mock.get("result").map(text), error_output, field_validation_mode })
    }
}

impl StateConfiguration {
    /// From the API's `stateConfiguration` object.
    ///
    /// # Errors
    /// A count is no count.
    pub fn from_json(settings: &Value) -> Result<Self, TestStateError> {
        let text = |name: &str| settings.get(name).and_then(Value::as_str).map(str::to_owned);
        let count = |name: &str| {
            match settings.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().and_then(|it| u64::try_from(it).ok()).map(Some).ok_or_else(
                || {
                    TestStateError::validation(format!(
                        "1 validation error detected: Value '{value}' at 'stateConfiguration.{name}' failed to satisfy \
                         constraint: Member must have value greater than or equal to 0"
                    ))
                },
            ),
        }
        };
        let retries = count("retrierRetryCount")?.unwrap_or(0);
        Ok(Self {
            retrier_retry_count: u32::try_from(retries).unwrap_or(u32::MAX),
            error_caused_by_state: text("errorCausedByState"),
            map_iteration_failure_count: count("mapIterationFailureCount")?,
            map_item_reader_data: text("mapItemReaderData"),
        })
    }
}

/// AWS's words for a value outside of an enumeration.
fn not_a_member(value: &str, place: &str, members: &str) -> TestStateError {
    TestStateError::validation(format!(
        "1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: Member must satisfy enum \
         value set: [{members}]"
    ))
}
