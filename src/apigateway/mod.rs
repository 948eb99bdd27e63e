//! API Gateway, emulated: routes, maps and answers, and keeps every stage for the eye.
//!
//! Opens no socket and starts no execution: [`begin`] says what to start, the app starts it, [`finish`] makes the answer.

mod content_type;
mod gateway_response;
pub mod http;
mod integration_request;
mod integration_response;
mod json_schema;
pub mod mapping_template;
mod method_request;
mod method_response;
mod parameters;
pub mod pipeline;
mod request_context;
pub mod rest_api;
mod router;
mod states;
pub mod test_invoke_log;

pub use http::{HttpRequest, HttpResponse};
pub use pipeline::{
    Begun, IntegrationResult, Pending, RequestContext, Stage, StageName, StartCall, TaskCallback,
    begin, finish,
};
pub use rest_api::{
    GatewayResponse, Integration, IntegrationAction, IntegrationResponse, Method, MethodResponse,
    PassthroughBehavior, Resource, RestApi, SendTaskAction,
};
pub use router::route_of;
pub use states::{SyncAnswer, callback_result, start_execution_body, start_sync_execution_body};
