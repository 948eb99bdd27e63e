//! One request through the stages: route, method request, integration request, (the execution), integration response,
//! method response. Every stage keeps what went in, the template and what came out.
use super::{HttpRequest, HttpResponse, RestApi};
use crate::json::Value;

/// `$context`, with what the caller decides: ids and time come in, nothing is asked of the world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestContext {
    pub request_id: String,
    pub api_id: String,
    pub account_id: String,
    /// Milliseconds since 1970.
    pub request_time_epoch: i64,
    pub source_ip: String,
    pub domain_name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageName { Route, MethodRequest, IntegrationRequest, Integration, IntegrationResponse, MethodResponse, GatewayResponse }

/// One stage, for the eye.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub name: StageName,
    /// What the stage decided, in a sentence: `POST /items matched POST /items`.
    pub summary: String,
    pub input: String,
    /// The mapping template, where there is one.
    pub template: Option<String>,
    pub output: String,
    /// Why the request stopped here.
    pub error: Option<String>,
}

/// What the integration asks Step Functions to do.
#[derive(Clone, Debug, PartialEq)]
pub struct StartCall {
    pub synchronous: bool,
    pub state_machine_arn: String,
    pub name: Option<String>,
    /// The execution's input, already JSON.
    pub input: Value,
    /// As it stood in the call.
    pub input_text: String,
}

/// A request that waits for its execution.
#[derive(Clone, Debug)]
pub struct Pending { pub start: StartCall, pub stages: Vec<Stage>, pub request: HttpRequest, /* the implementer adds private fields: matched method, path parameters, overrides */ }

#[derive(Clone, Debug)]
pub enum Begun {
    /// Start this, then [`finish`].
    Start(Box<Pending>),
    /// Answered without an execution (unknown route, 415, validation, a Mock integration).
    Answered { response: HttpResponse, stages: Vec<Stage> },
}

/// What Step Functions answered to the call: the HTTP status and body of StartSyncExecution, StartExecution, or of their errors.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegrationResult { pub status: u16, pub body: String, /// ran past the integration's timeout
    pub timed_out: bool }

pub fn begin(api: &RestApi, request: &HttpRequest, context: &RequestContext) -> Begun { let _ = (api, request, context); todo!() }
pub fn finish(api: &RestApi, pending: Pending, result: &IntegrationResult) -> (HttpResponse, Vec<Stage>) { let _ = (api, pending, result); todo!() }
