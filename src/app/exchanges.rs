//! Requests through the project's API: sent, held while their executions run, answered, and kept as a history.

use std::path::Path;
use std::sync::Arc;

use super::app::{App, FRAME_BUDGET, NoticeLevel};
use super::remote::{SentTo, StartedThere};
use super::requests::{Exchange, NamedRequest, Progress, RequestDraft, RouteKey};
use super::simulation::{Run, execution_name};
use super::{clock, limited};
use crate::apigateway::{
    self, Begun, HttpRequest, HttpResponse, IntegrationResult, RequestContext,
};
use crate::debug::Goal;
use crate::execution::{ExecutionStatus, Timestamp};
use crate::json::Value;
use crate::project::postman;
use crate::services::states::{SendTask, TaskOutcome};

/// Requests kept in the history.
const MAX_EXCHANGES: usize = 200;

/// Bytes of requests kept in the history, their stages counted in.
const MAX_EXCHANGE_BYTES: usize = 256 << 20;

impl App {
    /// The route of the API that the request in the form would take.
    pub fn route(&self) -> Option<RouteKey> {
        self.draft.route(&self.project.as_ref()?.project.apis)
    }

    /// Another request comes into the form; what was written for its route is kept.
    pub(super) fn change_draft(&mut self, draft: RequestDraft) {
        let apis = self.project.as_ref().map_or(&[][..], |open| &open.project.apis);
        if let Some(route) = self.draft.route(apis)
            && draft.route(apis).as_ref() != Some(&route)
        {
            self.drafts.insert(route, self.draft.clone());
        }
        self.draft = draft;
    }

    /// What was last written for a route, else an example of it, else an empty request.
    pub(super) fn select_route(&mut self, route: RouteKey) {
        let Some(open) = &self.project else { return };
        let apis = &open.project.apis;
        let wanted = |it: &&NamedRequest| it.draft.route(apis).as_ref() == Some(&route);
        let draft = self
            .drafts
            .get(&route)
            .or_else(|| open.examples.iter().find(wanted).map(|it| &it.draft))
            .cloned()
            .unwrap_or_else(|| RequestDraft::empty(&route));
        if self.route() != Some(route) {
            self.change_draft(draft);
        }
    }

    /// Takes a request through the API up to its execution, which then runs. The id of the exchange.
    pub(super) fn send(&mut self, api: usize, request: HttpRequest, served: bool) -> u64 {
        let id = self.next_id();
        self.succeeded(super::app::Topic::Sending);
        let sent_at = clock::now();
        let context = request_context(id, sent_at);
        let begun = match self.project.as_ref().and_then(|open| open.project.apis.get(api)) {
            Some(rest_api) => apigateway::begin(rest_api, &request, &context),
            None => Begun::Answered { response: no_api(), stages: Vec::new() },
        };
        let progress = match begun {
            Begun::Answered { response, stages } => {
                Progress::Answered { response, stages, millis: 0 }
            }
            Begun::Start(pending) => Progress::Held(pending),
        };
        let mut exchange = Exchange {
            id,
            api,
            request,
            sent_at,
            served,
            run: None,
            sent_to: SentTo::Emulator,
            started: StartedThere::Unnamed,
            notes: Vec::new(),
            progress,
        };
        if let Progress::Held(pending) = &exchange.progress {
            let synchronous = pending.start.synchronous;
            let arn = pending.start.state_machine_arn.clone();
            let (input, name) = (pending.start.input.clone(), pending.start.name.clone());
            let callback = pending.callback.as_ref().map(send_task_of);
            match self.machine_by_arn(&arn).filter(|_| !self.is_deleting(&arn)) {
                _ if callback.is_some() => {
                    let refusal = callback.and_then(|it| self.send_task(&it).err());
                    let result = apigateway::callback_result(refusal.as_deref());
                    self.answer_exchange(&mut exchange, &result);
                }
                Some(machine) => {
                    exchange.run =
                        Some(self.start_run(machine, input, None, name.as_deref(), synchronous));
                }
                None => self.answer_exchange(&mut exchange, &no_such_machine(&arn)),
            }
            if let Some(run) = exchange.run
                && let Some(run) = self.runs.iter_mut().find(|it| it.id == run)
            {
                run.begin(Goal::Continue);
            }
        }
        self.exchanges.push(exchange);
        self.forget_old_exchanges();
        self.selection.exchange = Some(self.exchanges.len() - 1);
        self.pump(FRAME_BUDGET);
        id
    }

    /// Keeps the history of requests within a number and within memory: each stage holds the body once more.
    pub(super) fn forget_old_exchanges(&mut self) {
        let bytes =
            |it: &Exchange| it.request.body.len() * 8 + it.response().map_or(0, |it| it.body.len());
        let mut held: usize = self.exchanges.iter().map(bytes).sum();
        while self.exchanges.len() > 1
            && (self.exchanges.len() > MAX_EXCHANGES || held > MAX_EXCHANGE_BYTES)
        {
            let oldest = self.exchanges.remove(0);
            held -= bytes(&oldest);
            self.replies.remove(&oldest.id);
        }
    }

    pub(super) fn machine_by_arn(&self, arn: &str) -> Option<usize> {
        let machines = &self.project.as_ref()?.project.machines;
        machines.iter().position(|it| it.arn == arn)
    }

    /// Makes the answer of an exchange from what Step Functions would say.
    fn answer_exchange(&self, exchange: &mut Exchange, result: &IntegrationResult) {
        let Some(rest_api) =
            self.project.as_ref().and_then(|open| open.project.apis.get(exchange.api))
        else {
            return;
        };
        let millis = clock::now().0 - exchange.sent_at.0;
        let Progress::Held(pending) = &exchange.progress else { return };
        let (response, stages) = apigateway::finish(rest_api, (**pending).clone(), result);
        exchange.progress = Progress::Answered { response, stages, millis };
    }

    /// Answers exchanges whose executions have ended (or, for `StartExecution`, begun), and hands out replies.
    pub(super) fn deliver(&mut self) {
        let mut exchanges = std::mem::take(&mut self.exchanges);
        for exchange in &mut exchanges {
            let Progress::Held(pending) = &exchange.progress else { continue };
            let Some(run) = exchange.run.and_then(|id| self.runs.iter().find(|it| it.id == id))
            else {
                continue;
            };
            let result = if pending.start.synchronous {
                if !run.has_ended() {
                    continue;
                }
                sync_result(run, pending.timeout_millis)
            } else {
                IntegrationResult {
                    status: 200,
                    body: apigateway::start_execution_body(&run.execution_arn, run.started_at.0),
                    timed_out: false,
                }
            };
            self.answer_exchange(exchange, &result);
        }
        for exchange in &exchanges {
            if let Some(response) = exchange.response()
                && let Some(reply) = self.replies.remove(&exchange.id)
                && reply.send(response.clone()).is_err()
            {
                tracing::debug!("the caller hung up before the answer");
            }
        }
        self.exchanges = exchanges;
    }

    pub(super) fn open_postman(&mut self, path: &Path) {
        let read = limited::read_text(path, limited::MAX_MOCKS_BYTES)
            .and_then(|text| Value::parse(&text).map_err(|err| format!("It is not JSON: {err}")))
            .and_then(|json| postman::parse(&json));
        match (read, &mut self.project) {
            (Ok(requests), Some(open)) => {
                let count = requests.len();
                open.examples.extend(requests.into_iter().map(|(name, request)| NamedRequest {
                    name: name.into(),
                    draft: RequestDraft::of(0, &request),
                }));
                self.notify(
                    NoticeLevel::Info,
                    format!("{count} requests added to the examples"),
                    "",
                );
            }
            (Ok(_), None) => self.notify(
                NoticeLevel::Error,
                "Open a project first",
                "The requests are sent to its API.",
            ),
            (Err(why), _) => self.notify(
                NoticeLevel::Error,
                format!("{} is no Postman collection", path.display()),
                why,
            ),
        }
    }
}

/// `$context` of an emulated request: ids from a counter, the documentation's address for the caller.
pub(super) fn request_context(id: u64, at: Timestamp) -> RequestContext {
    RequestContext {
        request_id: execution_name(id),
        api_id: "stepwell00".to_owned(),
        account_id: "123456789012".to_owned(),
        request_time_epoch: at.0,
        source_ip: "127.0.0.1".to_owned(),
        domain_name: "stepwell00.execute-api.us-east-1.amazonaws.com".to_owned(),
    }
}

fn no_api() -> HttpResponse {
    HttpResponse {
        status: 404,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: r#"{"message":"This project has no API"}"#.to_owned(),
    }
}

/// A callback that came in through the API.
fn send_task_of(callback: &apigateway::TaskCallback) -> SendTask {
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    SendTask {
        token: callback.task_token.clone(),
        outcome: match callback.action {
            apigateway::SendTaskAction::Success => {
                TaskOutcome::Success { output: callback.output.clone() }
            }
            apigateway::SendTaskAction::Failure => {
                TaskOutcome::Failure { error: text(&callback.error), cause: text(&callback.cause) }
            }
            apigateway::SendTaskAction::Heartbeat => TaskOutcome::Heartbeat,
        },
    }
}

fn no_such_machine(arn: &str) -> IntegrationResult {
    let body = Value::object([
        ("__type", Value::from("com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist")),
        ("message", Value::from(format!("State Machine Does Not Exist: '{arn}'"))),
    ]);
    IntegrationResult { status: 400, body: body.to_string(), timed_out: false }
}

/// What `StartSyncExecution` answers for an execution that has ended. The gateway gives up after so many milliseconds of the
/// execution's own, virtual time.
pub(super) fn sync_result(run: &Run, timeout_millis: u64) -> IntegrationResult {
    let ended_at =
        run.session.history().events().last().map_or(run.started_at, |event| event.timestamp);
    let status = run.status();
    let (output, error, cause) = match &status {
        ExecutionStatus::Succeeded { output } => (output.clone(), None, None),
        ExecutionStatus::Failed { error, cause }
        | ExecutionStatus::TimedOut { error, cause }
        | ExecutionStatus::Aborted { error, cause } => (None, error.clone(), cause.clone()),
        ExecutionStatus::Running => (None, None, None),
    };
    let answer = apigateway::SyncAnswer {
        execution_arn: run.execution_arn.to_string(),
        state_machine_arn: run
            .start
            .as_ref()
            .map_or_else(String::new, |start| start.state_machine_arn.to_string()),
        name: run.execution_name.to_string(),
        status: status.as_str().to_owned(),
        start_date_millis: run.started_at.0,
        stop_date_millis: ended_at.0,
        input: run.input.clone(),
        output,
        error: error.map(|it| it.to_string()),
        cause: cause.map(|it| it.to_string()),
    };
    let millis = u64::try_from(ended_at.0.saturating_sub(run.started_at.0)).unwrap_or(0);
    let timed_out = millis > timeout_millis;
    IntegrationResult {
        status: 200,
        body: apigateway::start_sync_execution_body(&answer),
        timed_out,
    }
}
