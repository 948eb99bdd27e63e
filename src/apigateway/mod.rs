//! API Gateway, emulated: routes, maps and answers, and keeps every stage for the eye.
//!
//! Opens no socket and starts no execution: [`begin`] says what to start, the app starts it, [`finish`] makes the answer.

pub mod http;
pub mod mapping_template;
pub mod pipeline;
pub mod rest_api;

pub use http::{HttpRequest, HttpResponse};
pub use pipeline::{Begun, IntegrationResult, Pending, RequestContext, Stage, StageName, StartCall, begin, finish};
pub use rest_api::{Integration, IntegrationAction, IntegrationResponse, Method, MethodResponse, PassthroughBehavior, Resource, RestApi};
