//! Tests of `pipeline`: its rules, one by one.

use super::*;
use crate::apigateway::{
    GatewayResponse, IntegrationResponse, MethodResponse, PassthroughBehavior, Resource,
};

const ARN: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:items";

fn map(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn response(status: &str, pattern: &str, template: &str) -> IntegrationResponse {
    IntegrationResponse {
        status_code: status.to_owned(),
        selection_pattern: pattern.to_owned(),
        templates: if template.is_empty() {
            IndexMap::new()
        } else {
            map(&[("application/json", template)])
        },
        parameters: IndexMap::new(),
    }
}

fn integration(
    action: IntegrationAction,
    template: &str,
    responses: Vec<IntegrationResponse>,
) -> Integration {
    Integration {
        action,
        passthrough_behavior: PassthroughBehavior::Never,
        request_templates: map(&[("application/json", template)]),
        request_parameters: IndexMap::new(),
        responses,
        timeout_millis: 29_000,
        uri: String::new(),
    }
}

fn api_with(path: &str, method: &str, definition: Method) -> RestApi {
    let methods = IndexMap::from([(method.to_owned(), definition)]);
    RestApi {
        stage: "prod".to_owned(),
        resources: vec![Resource { path: path.to_owned(), methods }],
        ..RestApi::default()
    }
}

fn method_with(integration: Integration, statuses: &[&str]) -> Method {
    let responses =
        statuses.iter().map(|status| ((*status).to_owned(), MethodResponse::default())).collect();
    Method { integration: Some(integration), responses, ..Method::default() }
}

fn sync_api() -> RestApi {
    let request = format!(
        r#"{{"stateMachineArn":"{ARN}","input":"$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")"}}"#
    );
    let answer = "#set($output = $util.parseJson($input.path('$.output')))\n\
                  #if($input.path('$.status') == 'SUCCEEDED')\n\
                  #set($context.responseOverride.status = $output.statusCode)\n\
                  #set($context.responseOverride.header.Location = $output.location)\n\
                  $output.text#else\n#set($context.responseOverride.status = 500)\n{}#end";
    let responses = vec![response("400", r"4\d{2}", ""), response("200", "200", answer)];
    api_with(
        "/items/{id}",
        "PUT",
        method_with(
            integration(IntegrationAction::StartSyncExecution, &request, responses),
            &["200", "400"],
        ),
    )
}

fn request(method: &str, path: &str, body: &str) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        body: body.to_owned(),
        ..HttpRequest::default()
    }
}

fn context() -> RequestContext {
    RequestContext {
        request_id: "r1".to_owned(),
        request_time_epoch: 1_795_345_679_618,
        ..RequestContext::default()
    }
}

#[track_caller]
fn answered(api: &RestApi, request: &HttpRequest) -> (HttpResponse, Vec<Stage>) {
    match begin(api, request, &context()) {
        Begun::Answered { response, stages } => (response, stages),
        Begun::Start(pending) => panic!("it would start {:?}", pending.start),
    }
}

#[track_caller]
fn started(api: &RestApi, request: &HttpRequest) -> Pending {
    match begin(api, request, &context()) {
        Begun::Start(pending) => *pending,
        Begun::Answered { response, stages } => panic!("it answered {response:?} {stages:#?}"),
    }
}

fn names(stages: &[Stage]) -> Vec<StageName> {
    stages.iter().map(|stage| stage.name).collect()
}

#[test]
fn a_request_goes_through_every_stage() {
    let api = sync_api();
    let pending = started(&api, &request("PUT", "/items/7", r#"{"a":"it's 1/2"}"#));
    assert_eq!(pending.start.input_text, r#"{"a":"it's 1/2"}"#);
    assert_eq!(pending.start.state_machine_arn, ARN);
    let body = r#"{"status":"SUCCEEDED","output":"{\"statusCode\":201,\"location\":\"/items/7\",\"text\":\"made\"}"}"#;
    let result = IntegrationResult { status: 200, body: body.to_owned(), timed_out: false };
    let (response, stages) = finish(&api, pending, &result);
    assert_eq!(
        (response.status, response.header("location"), response.body.as_str()),
        (201, Some("/items/7"), "made")
    );
    assert_eq!(
        names(&stages),
        [
            StageName::Route,
            StageName::MethodRequest,
            StageName::IntegrationRequest,
            StageName::Integration,
            StageName::IntegrationResponse,
            StageName::MethodResponse
        ]
    );
    assert!(stages.iter().all(|stage| stage.error.is_none()));
    assert!(stages[2].template.as_ref().is_some_and(|it| it.contains("escapeJavaScript")));
}

#[test]
fn an_unknown_route_is_answered_as_a_missing_token() {
    let (response, stages) = answered(&sync_api(), &request("GET", "/nowhere", ""));
    assert_eq!(response.status, 403);
    assert_eq!(response.body, r#"{"message":"Missing Authentication Token"}"#);
    assert_eq!(response.header("x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
    assert_eq!(names(&stages), [StageName::Route, StageName::GatewayResponse]);
}

#[test]
fn an_execution_that_takes_too_long_is_a_504() {
    let api = sync_api();
    let pending = started(&api, &request("PUT", "/items/7", "{}"));
    let (response, _) = finish(
        &api,
        pending,
        &IntegrationResult { status: 200, body: String::new(), timed_out: true },
    );
    assert_eq!(
        (response.status, response.body.as_str()),
        (504, r#"{"message":"Endpoint request timed out"}"#)
    );
}

#[test]
fn a_content_type_without_template_is_a_415_or_passes() {
    let mut api = sync_api();
    let mut xml = request("PUT", "/items/7", "<a/>");
    xml.headers.push(("content-type".to_owned(), "application/xml".to_owned()));
    let set = |api: &mut RestApi, behavior| {
        api.resources[0].methods[0].integration.as_mut().unwrap().passthrough_behavior = behavior;
    };
    for behavior in [PassthroughBehavior::Never, PassthroughBehavior::WhenNoTemplates] {
        set(&mut api, behavior);
        let (response, _) = answered(&api, &xml);
        assert_eq!(
            (response.status, response.body.as_str()),
            (415, r#"{"message":"Unsupported Media Type"}"#)
        );
    }
    set(&mut api, PassthroughBehavior::WhenNoMatch);
    // The XML reaches Step Functions, which refuses it; the pattern 4\d{2} maps that.
    let (response, stages) = answered(&api, &xml);
    assert_eq!(response.status, 400);
    assert!(response.body.contains("SerializationException"), "{}", response.body);
    assert_eq!(stages[3].name, StageName::Integration);
}

#[test]
fn required_parameters_and_models_are_checked() {
    let mut api = sync_api();
    let model = Value::parse(r#"{"type":"object","required":["make"]}"#).unwrap();
    api.models.insert("Car".to_owned(), model);
    let method = &mut api.resources[0].methods[0];
    method.validate_parameters = true;
    method.validate_body = true;
    method.request_models.insert("application/json".to_owned(), "Car".to_owned());
    for name in ["querystring.qs1", "path.issuer", "header.x-header-param", "path.id"] {
        method.request_parameters.insert(format!("method.request.{name}"), true);
    }
    let (response, _) = answered(&api, &request("PUT", "/items/7", "{}"));
    assert_eq!(
        response.body,
        r#"{"message":"Missing required request parameters: [x-header-param, issuer, qs1]"}"#
    );
    api.resources[0].methods[0].validate_parameters = false;
    for body in ["", "{", "{}", "[]"] {
        let (response, stages) = answered(&api, &request("PUT", "/items/7", body));
        assert_eq!(
            (response.status, response.body.as_str()),
            (400, r#"{"message":"Invalid request body"}"#)
        );
        assert_eq!(stages[1].name, StageName::MethodRequest);
        assert!(stages[1].error.is_some());
    }
    started(&api, &request("PUT", "/items/7", r#"{"make":"x"}"#));
}

#[test]
fn gateway_responses_can_be_customised() {
    let mut api = sync_api();
    let custom = GatewayResponse {
        status: Some(404),
        templates: map(&[(
            "application/json",
            r#"{"error":$context.error.messageString,"type":"$context.error.responseType","id":"$context.requestId","cost":"$5"}"#,
        )]),
        parameters: map(&[("gatewayresponse.header.Access-Control-Allow-Origin", "'*'")]),
    };
    api.gateway_responses.insert("DEFAULT_4XX".to_owned(), custom);
    let (response, _) = answered(&api, &request("GET", "/nowhere", ""));
    assert_eq!(response.status, 404);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        response.body,
        r#"{"error":"Missing Authentication Token","type":"MISSING_AUTHENTICATION_TOKEN","id":"r1","cost":"$5"}"#
    );
}

#[test]
fn a_mock_answers_by_its_templates() {
    let responses = vec![
        response("404", "404", ""),
        response("200", "", r#"{"value":"$context.responseOverride.custom"}"#),
    ];
    let template = "#set($context.responseOverride.custom = 'kept')#set($context.responseOverride.status = 444){statusCode: 200}";
    let mock = integration(IntegrationAction::Mock, template, responses);
    let (response, _) =
        answered(&api_with("/", "GET", method_with(mock, &["200"])), &request("GET", "/", ""));
    assert_eq!((response.status, response.body.as_str()), (444, r#"{"value":"kept"}"#));
}

#[test]
fn what_is_not_declared_is_a_500() {
    let undeclared = |statuses: &[&str], responses: Vec<IntegrationResponse>| {
        let mock = integration(IntegrationAction::Mock, "{\"statusCode\": 200}", responses);
        answered(&api_with("/", "GET", method_with(mock, statuses)), &request("GET", "/", ""))
    };
    let (response, stages) = undeclared(&[], vec![response("200", "", "")]);
    assert_eq!(
        (response.status, response.body.as_str()),
        (500, r#"{"message":"Internal server error"}"#)
    );
    assert!(
        stages.iter().any(|stage| stage.name == StageName::MethodResponse && stage.error.is_some())
    );
    let (response, _) = undeclared(&["200"], vec![self::response("200", "5..", "")]);
    assert_eq!(response.status, 500);
    let (response, _) = undeclared(
        &["200"],
        vec![self::response("200", "2", ""), self::response("200", "default", "")],
    );
    assert_eq!(response.status, 200);
}

#[test]
fn parameters_are_mapped() {
    let mut start = integration(
        IntegrationAction::StartExecution,
        &format!(r#"{{"stateMachineArn":"{ARN}"}}"#),
        vec![response("200", "", "")],
    );
    start.request_parameters =
        map(&[("integration.request.header.X-Id", "method.request.path.id")]);
    start.responses[0].parameters = map(&[
        ("method.response.header.X-Arn", "integration.response.body.executionArn"),
        ("method.response.header.X-Kind", "'async'"),
        ("method.response.header.X-None", "integration.response.header.nothing"),
    ]);
    let api = api_with("/{id}", "ANY", method_with(start, &["200"]));
    let pending = started(&api, &request("POST", "/a%2Fb", ""));
    assert!(!pending.start.synchronous);
    assert!(pending.stages[2].output.starts_with("integration.request.header.X-Id: a/b\n"));
    let body = crate::apigateway::start_execution_body("arn:x", 0);
    let (response, _) =
        finish(&api, pending, &IntegrationResult { status: 200, body, timed_out: false });
    assert_eq!(
        (response.header("x-arn"), response.header("x-kind"), response.header("x-none")),
        (Some("arn:x"), Some("async"), None)
    );
}
