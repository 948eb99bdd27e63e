//! A REST API as deployed: resources, methods and their integrations.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::json::Value;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestApi {
    pub name: String,
    pub stage: String,
    pub stage_variables: BTreeMap<String, String>,
    pub resources: Vec<Resource>,
    /// JSON Schemas by model name.
    pub models: BTreeMap<String, Value>,
    /// Body templates of gateway responses by type (`DEFAULT_4XX`, …), with an overriding status.
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatewayResponse {
    pub status: Option<u16>,
    /// By content type.
    pub templates: IndexMap<String, String>,
    /// `gatewayresponse.header.X` to a quoted literal or a mapping.
    pub parameters: IndexMap<String, String>,
}

/// A path with its methods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// `/items/{id}`, `/{proxy+}`
    pub path: String,
    /// By upper-case method; `ANY` for the rest.
    pub methods: IndexMap<String, Method>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Method {
    /// `method.request.path.id` and so on, and whether it is required.
    pub request_parameters: IndexMap<String, bool>,
    /// Model name by content type.
    pub request_models: IndexMap<String, String>,
    pub validate_body: bool,
    pub validate_parameters: bool,
    pub api_key_required: bool,
    /// `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS`; shown, not enforced.
    pub authorization: String,
    /// By status code.
    pub responses: IndexMap<String, MethodResponse>,
    pub integration: Option<Integration>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MethodResponse {
    /// `method.response.header.Location` and whether it is required.
    pub parameters: IndexMap<String, bool>,
    pub models: IndexMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Integration {
    pub action: IntegrationAction,
    pub passthrough_behavior: PassthroughBehavior,
    /// By content type.
    pub request_templates: IndexMap<String, String>,
    /// `integration.request.header.X` to a mapping.
    pub request_parameters: IndexMap<String, String>,
    /// In the order of the file; an empty or `default` selection pattern is the default.
    pub responses: Vec<IntegrationResponse>,
    /// Milliseconds.
    pub timeout_millis: u64,
    /// As written, for the eye.
    pub uri: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum IntegrationAction {
    StartExecution,
    StartSyncExecution,
    /// `SendTaskSuccess`, `SendTaskFailure` or `SendTaskHeartbeat`.
    SendTask(SendTaskAction),
    /// Answers by itself: the request template's `statusCode` chooses the integration response.
    Mock,
    /// Anything else, which cannot be emulated here; the type and URI as written.
    Other(String),
}

/// The three words on a task that waits for a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendTaskAction {
    Success,
    Failure,
    Heartbeat,
}

impl SendTaskAction {
    /// The name of the API's action.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "SendTaskSuccess",
            Self::Failure => "SendTaskFailure",
            Self::Heartbeat => "SendTaskHeartbeat",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassthroughBehavior {
    #[default]
    WhenNoMatch,
    WhenNoTemplates,
    Never,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct IntegrationResponse {
    pub status_code: String,
    /// A regular expression over the status code; empty for the default response.
    pub selection_pattern: String,
    /// By content type.
    pub templates: IndexMap<String, String>,
    /// `method.response.header.X` to a mapping.
    pub parameters: IndexMap<String, String>,
}
