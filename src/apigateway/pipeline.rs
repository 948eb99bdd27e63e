//! One request through the stages: route, method request, integration request, (the execution), integration response,
//! method response. Every stage keeps what went in, the template and what came out.

use indexmap::IndexMap;

use super::gateway_response::{self, ResponseType};
use super::mapping_template::{Params, TemplateScope};
use super::method_request::{self, Refusal};
use super::parameters::Sources;
use super::router::{self, Route};
use super::{
    HttpRequest, HttpResponse, Integration, IntegrationAction, Method, RestApi, SendTaskAction,
    integration_request, integration_response, method_response, request_context, states,
};
use crate::json::Value;

/// API Gateway's limit for a request's body.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

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
pub enum StageName {
    Route,
    MethodRequest,
    IntegrationRequest,
    Integration,
    IntegrationResponse,
    MethodResponse,
    GatewayResponse,
}

impl StageName {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Route => "Route",
            Self::MethodRequest => "Method request",
            Self::IntegrationRequest => "Integration request",
            Self::Integration => "Integration",
            Self::IntegrationResponse => "Integration response",
            Self::MethodResponse => "Method response",
            Self::GatewayResponse => "Gateway response",
        }
    }
}

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartCall {
    pub synchronous: bool,
    pub state_machine_arn: String,
    pub name: Option<String>,
    /// The execution's input, already JSON.
    pub input: Value,
    /// As it stood in the call.
    pub input_text: String,
}

/// What the integration says of a task that waits for a callback.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskCallback {
    pub action: SendTaskAction,
    pub task_token: String,
    /// `SendTaskSuccess`
    pub output: Value,
    /// `SendTaskFailure`
    pub error: Option<String>,
    /// `SendTaskFailure`
    pub cause: Option<String>,
}

/// A request that waits for its execution.
#[derive(Clone, Debug)]
pub struct Pending {
    pub start: StartCall,
    /// In place of a start: nothing begins, a task of another execution is told.
    pub callback: Option<TaskCallback>,
    pub stages: Vec<Stage>,
    pub request: HttpRequest,
    /// How long the gateway waits for the integration, in milliseconds of the execution's own time.
    pub timeout_millis: u64,
    /// The resource and the key of its method, to find them again in an API that may have been read anew.
    resource_path: String,
    method_key: String,
    params: Params,
    /// `$context` after the request template.
    context: Value,
    /// What was sent to Step Functions.
    call_body: String,
}

#[derive(Clone, Debug)]
pub enum Begun {
    /// Start this, then [`finish`].
    Start(Box<Pending>),
    /// Answered without an execution (unknown route, 415, validation, a Mock integration).
    Answered { response: HttpResponse, stages: Vec<Stage> },
}

/// What Step Functions answered to the call: the HTTP status and body of `StartSyncExecution`, `StartExecution`, or of
/// their errors.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegrationResult {
    pub status: u16,
    pub body: String,
    /// ran past the integration's timeout
    pub timed_out: bool,
}

/// Takes a request up to its execution, or to an answer that needs none.
pub fn begin(api: &RestApi, request: &HttpRequest, context: &RequestContext) -> Begun {
    let route = router::route(api, &request.method, &request.path);
    let params = params(request, route.as_ref());
    let context = request_context::build(api, request, route.as_ref(), context);
    let mut exchange = Exchange { api, request, params, context, stages: Vec::new() };
    let Some(route) = route else { return exchange.no_route() };
    exchange.routed(&route);
    match exchange.up_to_integration(&route) {
        Ok(Reached::Call(start, callback, call_body)) => Begun::Start(Box::new(Pending {
            start,
            callback,
            stages: exchange.stages,
            request: request.clone(),
            timeout_millis: route.method.integration.as_ref().map_or(0, |it| it.timeout_millis),
            resource_path: route.resource.path.clone(),
            method_key: route.method_key,
            params: exchange.params,
            context: exchange.context,
            call_body,
        })),
        Ok(Reached::Answer(integration, result)) => {
            let response = exchange.answer(route.method, integration, &result);
            Begun::Answered { response, stages: exchange.stages }
        }
        Err(refusal) => {
            let response = exchange.refuse(&refusal);
            Begun::Answered { response, stages: exchange.stages }
        }
    }
}

/// Makes the response of what Step Functions answered.
pub fn finish(
    api: &RestApi,
    pending: Pending,
    result: &IntegrationResult,
) -> (HttpResponse, Vec<Stage>) {
    let Pending {
        start,
        callback,
        stages,
        request,
        timeout_millis: _,
        resource_path,
        method_key,
        params,
        context,
        call_body,
    } = pending;
    let mut exchange = Exchange { api, request: &request, params, context, stages };
    let resource = api.resources.iter().find(|it| it.path == resource_path);
    let method = resource.and_then(|it| it.methods.get(&method_key));
    let action = match &callback {
        Some(callback) => callback.action.name(),
        None if start.synchronous => "StartSyncExecution",
        None => "StartExecution",
    };
    exchange.stage(
        StageName::Integration,
        if result.timed_out {
            format!("{action} took longer than the integration waits")
        } else {
            format!("{action} answered {}", result.status)
        },
        call_body,
        None,
        result.body.clone(),
    );
    let response = match method.and_then(|it| Some((it, it.integration.as_ref()?))) {
        Some((method, integration)) => exchange.answer(method, integration, result),
        None => {
            let details = format!("{method_key} {resource_path} is no longer in the API");
            exchange.refuse(&Refusal::new(
                ResponseType::ApiConfigurationError,
                "Internal server error",
                details,
            ))
        }
    };
    (response, exchange.stages)
}

/// How far a request came without an error.
enum Reached<'a> {
    Call(StartCall, Option<TaskCallback>, String),
    /// The integration answered at once.
    Answer(&'a Integration, IntegrationResult),
}

struct Exchange<'a> {
    api: &'a RestApi,
    request: &'a HttpRequest,
    params: Params,
    context: Value,
    stages: Vec<Stage>,
}

impl<'a> Exchange<'a> {
    fn no_route(mut self) -> Begun {
        let (method, path) = (&self.request.method, &self.request.path);
        let details = format!("{method} {path} matches no resource with that method");
        self.stage(
            StageName::Route,
            "no route".to_owned(),
            self.request_line(),
            None,
            String::new(),
        );
        // The message names a token because unknown paths are handled like calls that should have been signed.
        let message = "Missing Authentication Token";
        let response =
            self.refuse(&Refusal::new(ResponseType::MissingAuthenticationToken, message, details));
        Begun::Answered { response, stages: self.stages }
    }

    fn routed(&mut self, route: &Route<'_>) {
        let summary = format!(
            "{} {} matched {} {}",
            self.request.method, self.request.path, route.method_key, route.resource.path
        );
        let parameters = self
            .params
            .path
            .iter()
            .map(|(name, value)| (name.as_str(), Value::from(value.as_str())));
        let output = Value::object([
            ("resource", Value::from(route.resource.path.as_str())),
            ("method", Value::from(route.method_key.as_str())),
            ("pathParameters", Value::object(parameters)),
        ]);
        self.stage(StageName::Route, summary, self.request_line(), None, output.to_pretty());
    }

    fn up_to_integration(&mut self, route: &Route<'a>) -> Result<Reached<'a>, Refusal> {
        let (method, request) = (route.method, self.request);
        if request.body.len() > MAX_BODY_BYTES {
            let details = "the body is larger than 10 MB";
            return Err(Refusal::new(ResponseType::RequestTooLarge, "Request Too Long", details));
        }
        // The stage is pushed first, so that a refusal shows where it stopped.
        self.stage(
            StageName::MethodRequest,
            "refused".to_owned(),
            self.request_text(),
            None,
            String::new(),
        );
        let checked = method_request::check(self.api, method, request, &self.params)?;
        self.done(checked, request.body.clone());
        let Some(integration) = &method.integration else {
            let details =
                format!("{} {} has no integration", route.method_key, route.resource.path);
            return Err(Refusal::new(
                ResponseType::ApiConfigurationError,
                "Internal server error",
                details,
            ));
        };
        self.stage(
            StageName::IntegrationRequest,
            "refused".to_owned(),
            request.body.clone(),
            None,
            String::new(),
        );
        let scope = self.scope(request.body.clone());
        let outgoing =
            integration_request::prepare(integration, request, &scope, &self.sources(None, &[]))?;
        if let Some(stage) = self.stages.last_mut() {
            stage.template.clone_from(&outgoing.template);
        }
        self.context = outgoing.context;
        let parameters: String =
            outgoing.parameters.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        self.done(
            outgoing.summary,
            if parameters.is_empty() {
                outgoing.body.clone()
            } else {
                format!("{parameters}\n{}", outgoing.body)
            },
        );
        let synchronous = match &integration.action {
            IntegrationAction::StartSyncExecution => true,
            IntegrationAction::StartExecution => false,
            IntegrationAction::SendTask(action) => {
                let read = states::read_callback(&outgoing.body, *action);
                return Ok(match read {
                    Ok(callback) => {
                        Reached::Call(StartCall::default(), Some(callback), outgoing.body)
                    }
                    Err(result) => self.refused(integration, outgoing.body, result),
                });
            }
            IntegrationAction::Mock => return self.mock(integration, &outgoing.body),
            IntegrationAction::Other(what) => {
                self.stage(
                    StageName::Integration,
                    "not emulated".to_owned(),
                    outgoing.body,
                    None,
                    String::new(),
                );
                let details = format!("this kind of integration is not emulated: {what}");
                return Err(Refusal::new(
                    ResponseType::IntegrationFailure,
                    "Internal server error",
                    details,
                ));
            }
        };
        match states::read_call(&outgoing.body, synchronous) {
            Ok(start) => Ok(Reached::Call(start, None, outgoing.body)),
            Err(result) => Ok(self.refused(integration, outgoing.body, result)),
        }
    }

    /// Step Functions did not take the call.
    fn refused(
        &mut self,
        integration: &'a Integration,
        call: String,
        result: IntegrationResult,
    ) -> Reached<'a> {
        let summary = format!("Step Functions refused the call with {}", result.status);
        self.stage(StageName::Integration, summary, call, None, result.body.clone());
        Reached::Answer(integration, result)
    }

    fn mock(&mut self, integration: &'a Integration, body: &str) -> Result<Reached<'a>, Refusal> {
        let status = integration_request::mock_status(body);
        let summary = status
            .map_or_else(|| "no statusCode".to_owned(), |it| format!("the mock answers {it}"));
        self.stage(StageName::Integration, summary, body.to_owned(), None, String::new());
        match status {
            Some(status) => Ok(Reached::Answer(
                integration,
                IntegrationResult { status, body: String::new(), timed_out: false },
            )),
            None => {
                let details = "the request template must give an object with an integer statusCode";
                Err(Refusal::new(
                    ResponseType::ApiConfigurationError,
                    "Internal server error",
                    details,
                ))
            }
        }
    }

    /// The two response stages.
    fn answer(
        &mut self,
        method: &Method,
        integration: &Integration,
        result: &IntegrationResult,
    ) -> HttpResponse {
        self.answer_or_refusal(method, integration, result)
            .unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    fn answer_or_refusal(
        &mut self,
        method: &Method,
        integration: &Integration,
        result: &IntegrationResult,
    ) -> Result<HttpResponse, Refusal> {
        if result.timed_out {
            let details = format!("the integration waits {} ms", integration.timeout_millis);
            return Err(Refusal::new(
                ResponseType::IntegrationTimeout,
                "Endpoint request timed out",
                details,
            ));
        }
        self.stage(
            StageName::IntegrationResponse,
            "failed".to_owned(),
            result.body.clone(),
            None,
            String::new(),
        );
        let headers = [("Content-Type".to_owned(), "application/x-amz-json-1.0".to_owned())];
        let scope = self.scope(result.body.clone());
        let accept = self.request.header("accept");
        let sources = self.sources(Some(&result.body), &headers);
        let mapped =
            integration_response::map(integration, result.status, accept, &scope, &sources)?;
        if let Some(stage) = self.stages.last_mut() {
            stage.template.clone_from(&mapped.template);
        }
        self.done(mapped.summary.clone(), response_text(&mapped.response));
        self.stage(
            StageName::MethodResponse,
            "refused".to_owned(),
            response_text(&mapped.response),
            None,
            String::new(),
        );
        let checked = method_response::check(method, &mapped)?;
        let mut response = mapped.response;
        self.add_request_id(&mut response);
        self.done(checked, response_text(&response));
        Ok(response)
    }

    /// Marks where the request stopped and makes the gateway's own response.
    fn refuse(&mut self, refusal: &Refusal) -> HttpResponse {
        let mut response = gateway_response::respond(
            refusal.kind,
            &refusal.message,
            &refusal.details,
            &self.sources(None, &[]),
        );
        self.add_request_id(&mut response);
        if let Some(stage) = self.stages.last_mut() {
            stage.error = Some(refusal.details.clone());
        }
        let input = format!("{}: {}", refusal.kind.as_str(), refusal.message);
        self.stage(
            StageName::GatewayResponse,
            refusal.kind.as_str().to_owned(),
            input,
            None,
            response_text(&response),
        );
        response
    }

    fn add_request_id(&self, response: &mut HttpResponse) {
        let id = self.context.get("requestId").and_then(Value::as_str).unwrap_or_default();
        response.set_header("x-amzn-RequestId", id);
    }

    fn stage(
        &mut self,
        name: StageName,
        summary: String,
        input: String,
        template: Option<String>,
        output: String,
    ) {
        self.stages.push(Stage { name, summary, input, template, output, error: None });
    }

    /// Completes the stage that was begun last.
    fn done(&mut self, summary: String, output: String) {
        if let Some(stage) = self.stages.last_mut() {
            stage.summary = summary;
            stage.output = output;
        }
    }

    fn scope(&self, body: String) -> TemplateScope {
        let variables = self
            .api
            .stage_variables
            .iter()
            .map(|(name, value)| (name.as_str(), Value::from(value.as_str())));
        TemplateScope {
            body,
            params: self.params.clone(),
            context: self.context.clone(),
            stage_variables: Value::object(variables),
            variables: Vec::new(),
        }
    }

    fn sources<'b>(
        &'b self,
        body: Option<&'b str>,
        headers: &'b [(String, String)],
    ) -> Sources<'b> {
        Sources {
            api: self.api,
            context: &self.context,
            params: &self.params,
            request: self.request,
            integration_body: body,
            integration_headers: headers,
        }
    }

    fn request_line(&self) -> String {
        format!("{} {}", self.request.method, self.request.target())
    }

    fn request_text(&self) -> String {
        let headers: String =
            self.request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{}\n{headers}\n{}", self.request_line(), self.request.body)
    }
}

/// Of several values with one name a template sees the last.
fn params(request: &HttpRequest, route: Option<&Route<'_>>) -> Params {
    let collect = |pairs: &[(String, String)]| pairs.iter().cloned().collect::<IndexMap<_, _>>();
    Params {
        path: route.map(|it| it.path_parameters.clone()).unwrap_or_default(),
        querystring: collect(&request.query),
        header: collect(&request.headers),
    }
}

fn response_text(response: &HttpResponse) -> String {
    let headers: String =
        response.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{}\n{headers}\n{}", response.status, response.body)
}

#[cfg(test)]
mod tests;
