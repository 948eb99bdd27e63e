//! A request to a deployed API: asked about, sent, answered, and led to the execution that it started.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::asking::{Leave, warning_of};
use super::started;
use super::{Auth, OpenedExpress, Remote, RemoteNews, Reply, Target, TargetKind};
use crate::apigateway::test_invoke_log::stages_of_log;
use crate::apigateway::{Begun, HttpRequest, HttpResponse};
use crate::app::app::{App, NoticeLevel, Topic};
use crate::app::clock;
use crate::app::command::Command;
use crate::app::redact::hide_in_head;
use crate::app::requests::{Exchange, Progress};
use crate::asl;
use crate::aws::browse::{ExecutionsOf, MachineType};
use crate::aws::gateway::TestInvoke;
use crate::aws::http::{self, HttpAnswer, HttpCall};
use crate::aws::logs::{Between, machine_of_express};
use crate::aws::{AwsError, Cancel, Session};
use crate::execution::{Execution, ExecutionSource, Timestamp};
use crate::json::document::{Document, Format};

/// API Gateway's own limit on a payload.
const MOST_BODY: usize = 10 << 20;

/// An integration may take longer than API Gateway's usual 29 seconds where the account's quota was raised.
const PATIENCE: Duration = Duration::from_secs(120);

/// Clocks differ, and an execution may start a little after its request was answered.
const AROUND: i64 = 5_000;

/// Where an exchange was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SentTo {
    #[default]
    Emulator,
    Stage {
        url: String,
    },
    TestInvoke {
        api_id: String,
    },
}

/// What is known of the execution that a deployed API started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StartedThere {
    /// Neither the answer nor the log names one.
    #[default]
    Unnamed,
    Looking,
    Arn(String),
    /// Why none was found.
    NotFound(String),
}

/// A request that is about to leave this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub api: usize,
    pub request: HttpRequest,
    pub target: Target,
    /// `https://…` or the method's own URL in API Gateway.
    pub place: String,
    pub account: Option<String>,
    pub region: Option<String>,
    /// What the user should know before agreeing.
    pub warning: Option<String>,
}

impl Outgoing {
    /// Whether the user may agree to all that follow; `TestInvokeMethod` is asked about each time.
    pub fn may_be_agreed_for_all(&self) -> bool {
        self.target.kind == TargetKind::Stage
    }
}

/// Where a request went and as whom, to send it there again. It is in memory only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Went {
    target: Target,
    account: Option<String>,
}

impl App {
    /// Sends what stands in the form to the chosen target, once the user has agreed where it may change something.
    pub(in crate::app) fn send_to_target(&mut self) {
        let (api, request) = (self.draft.api, self.draft.to_request());
        self.ask_to_send_to(self.remote.target.clone(), api, request, None);
    }

    /// Sends a request once more to where it went, whatever is chosen now.
    pub(in crate::app) fn send_again(&mut self, index: usize) {
        let Some(exchange) = self.exchanges.get(index) else { return };
        let (api, request) = (exchange.api, exchange.request.clone());
        if exchange.sent_to == SentTo::Emulator {
            self.send(api, request, false);
            return;
        }
        let Some(went) = self.remote.went.get(&exchange.id).cloned() else {
            return self.notify(
                NoticeLevel::Info,
                "The request was not sent",
                "It is not known any more where it went. “Edit and send” takes it into the form.",
            );
        };
        let now = &self.remote.target;
        let mut target = went.target;
        if target.is_same_place(now) {
            // A key or token may have been renewed since.
            (target.api_key, target.token) = (now.api_key.clone(), now.token.clone());
        }
        let signed = target.kind == TargetKind::TestInvoke || target.auth == Auth::SigV4;
        let account = self.account_and_region().0;
        let other = (signed && went.account != account).then(|| {
            let before = went.account.as_deref().unwrap_or("an account that nobody named");
            format!("Before, it was signed for {before}.")
        });
        self.ask_to_send_to(target, api, request, other);
    }

    fn ask_to_send_to(
        &mut self,
        mut target: Target,
        api: usize,
        request: HttpRequest,
        other: Option<String>,
    ) {
        if target.kind == TargetKind::TestInvoke && target.resource_id.is_empty() {
            let api = self.chosen_api().filter(|it| it.api.id == target.api_id);
            let own = api.and_then(|it| it.resource_of(&request.method, &request.path));
            target.resource_id = own.map(|it| it.id.clone()).unwrap_or_default();
        }
        let place = match target.kind {
            TargetKind::Emulated => {
                self.send(api, request, false);
                return;
            }
            TargetKind::Stage => target.call(&request, true).map(|it| http::without_user(&it.url)),
            TargetKind::TestInvoke if target.api_id.is_empty() => {
                Err("Choose the deployed API first.".to_owned())
            }
            TargetKind::TestInvoke if target.resource_id.is_empty() => Err(format!(
                "The chosen API has no resource that takes {} {}. Choose one.",
                request.method, request.path
            )),
            TargetKind::TestInvoke => Ok(format!(
                "TestInvokeMethod of API {}, {} {}",
                target.api_id, request.method, request.path
            )),
        };
        let place = match place {
            Ok(place) => place,
            Err(why) => return self.notify_of(Topic::Sending, "The request was not sent", why),
        };
        let (account, region) = self.account_and_region();
        let region = target.region_of_url().map(str::to_owned).or(region);
        let warning = other.or_else(|| warning_of(&target));
        let outgoing = Outgoing { api, request, place, account, region, warning, target };
        match self.may_leave(&outgoing) {
            Leave::AtOnce => self.send_away(outgoing),
            Leave::Ask => self.remote.asked = Some(Box::new(outgoing)),
            Leave::Refused(why) => self.refuse_to_send(why),
        }
    }

    fn refuse_to_send(&mut self, why: &str) {
        self.notify(NoticeLevel::Info, "The session is read-only", why);
    }

    /// The user said yes to the request that is asked about.
    pub(super) fn confirm_send(&mut self, for_session: bool) {
        let Some(outgoing) = self.remote.asked.take() else { return };
        // The switch may have been thrown while the question stood.
        if let Leave::Refused(why) = self.may_leave(&outgoing) {
            return self.refuse_to_send(why);
        }
        if for_session && outgoing.may_be_agreed_for_all() && outgoing.target == self.remote.target
        {
            self.remote.without_asking = true;
        }
        self.send_away(*outgoing);
    }

    /// Whom the connection is to, for the user to read before agreeing.
    fn account_and_region(&self) -> (Option<String>, Option<String>) {
        let account = self.attach.connection.attached().and_then(|it| it.account());
        let region = self.attach.connection.attached().map(|it| it.region.clone());
        (account.map(str::to_owned), region)
    }

    fn send_away(&mut self, outgoing: Outgoing) {
        let Outgoing { api, request, target, account, .. } = outgoing;
        let needs_session = match target.kind {
            TargetKind::Emulated => false,
            TargetKind::Stage => target.auth == super::Auth::SigV4,
            TargetKind::TestInvoke => true,
        };
        let session = if needs_session {
            let Some(session) = self.aws_session() else { return };
            Some(session)
        } else {
            None
        };
        let id = self.next_id();
        let sent_to = match target.kind {
            TargetKind::Emulated => SentTo::Emulator,
            TargetKind::Stage => SentTo::Stage { url: target.url.clone() },
            TargetKind::TestInvoke => SentTo::TestInvoke { api_id: target.api_id.clone() },
        };
        self.exchanges.push(Exchange {
            id,
            api,
            request: request.clone(),
            sent_at: clock::now(),
            served: false,
            run: None,
            sent_to,
            started: StartedThere::Unnamed,
            notes: Vec::new(),
            progress: Progress::Sending,
        });
        self.forget_old_exchanges();
        let still_there: BTreeSet<u64> = self.exchanges.iter().map(|it| it.id).collect();
        self.remote.went.retain(|id, _| still_there.contains(id));
        self.remote.went.insert(id, Went { target: target.clone(), account });
        self.selection.exchange = Some(self.exchanges.len() - 1);
        let outbox = self.outbox.clone();
        self.remote.begin(id, outbox, |cancel| async move {
            let outcome = match target.kind {
                TargetKind::Emulated | TargetKind::Stage => {
                    to_stage(&target, &request, session, &cancel).await
                }
                TargetKind::TestInvoke => test_invoke(&target, &request, session, &cancel).await,
            };
            RemoteNews::Answered { exchange: id, outcome }
        });
    }

    pub(super) fn exchange_answered(&mut self, id: u64, outcome: Result<Reply, AwsError>) {
        self.remote.under_way.remove(&id);
        if outcome.is_ok() {
            self.succeeded(Topic::Sending);
        }
        let now = clock::now();
        let Some(exchange) = self.exchanges.iter_mut().find(|it| it.id == id) else { return };
        let millis = now.0 - exchange.sent_at.0;
        match outcome {
            Ok(reply) => {
                exchange.started = reply.started;
                exchange.notes = reply.notes;
                let (response, stages) = (reply.response, reply.stages);
                exchange.progress = Progress::Answered { response, stages, millis };
            }
            Err(err) => exchange.progress = Progress::Failed(err.to_string()),
        }
    }

    /// The newest execution of the machine that the route starts, within the time of the request.
    pub(super) fn find_execution(&mut self, id: u64) {
        let Some(session) = self.aws_session() else { return };
        let Some(exchange) = self.exchanges.iter().find(|it| it.id == id) else { return };
        let machine = self.machine_of(exchange);
        let (account, region) = self.account_and_region();
        let (from, to) = match &exchange.progress {
            Progress::Answered { millis, .. } => {
                (exchange.sent_at.0 - AROUND, exchange.sent_at.0 + millis + AROUND)
            }
            Progress::Held(_) | Progress::Sending | Progress::Failed(_) => return,
        };
        let (Some(machine), Some(account), Some(region)) = (machine, account, region) else {
            let why = "The project's API does not say which machine this route starts.";
            return self.execution_found(id, Err(AwsError::NotLogged { why: why.to_owned() }));
        };
        let arn = format!("arn:aws:states:{region}:{account}:stateMachine:{machine}");
        if let Some(exchange) = self.exchanges.iter_mut().find(|it| it.id == id) {
            exchange.started = StartedThere::Looking;
        }
        let outbox = self.outbox.clone();
        let between = Between { from: Some(Timestamp(from)), to: Some(Timestamp(to)) };
        self.remote.begin(id, outbox, |cancel| async move {
            let session = session.cancelled_by(&cancel);
            let outcome = newest(&session, &arn, between).await;
            RemoteNews::ExecutionFound { exchange: id, outcome }
        });
    }

    /// The name of the machine that the project's own integration starts for this request.
    fn machine_of(&self, exchange: &Exchange) -> Option<String> {
        let open = self.project.as_ref()?;
        let api = open.project.apis.get(exchange.api)?;
        let context = crate::app::exchanges::request_context(exchange.id, exchange.sent_at);
        let begun = crate::apigateway::begin(api, &exchange.request, &context);
        let Begun::Start(pending) = begun else { return None };
        let machine = self.machine_by_arn(&pending.start.state_machine_arn)?;
        Some(open.project.machines.get(machine)?.name.clone())
    }

    pub(super) fn execution_found(&mut self, id: u64, outcome: Result<Option<String>, AwsError>) {
        self.remote.under_way.remove(&id);
        let Some(exchange) = self.exchanges.iter_mut().find(|it| it.id == id) else { return };
        exchange.started = match outcome {
            Ok(Some(arn)) => StartedThere::Arn(arn),
            Ok(None) => StartedThere::NotFound(
                "No execution of the machine began within the time of the request.".to_owned(),
            ),
            Err(err) => StartedThere::NotFound(err.to_string()),
        };
    }

    /// Reads an Express execution from its log and shows it.
    pub(in crate::app) fn open_express(&mut self, arn: &str) {
        let Some(session) = self.aws_session() else { return };
        if let Some(index) = self.runs.iter().position(|it| *it.execution_arn == *arn) {
            return self.run_command(Command::SelectExecution(index));
        }
        let (id, outbox, arn) = (self.next_id(), self.outbox.clone(), arn.to_owned());
        let now = clock::now();
        self.notify(NoticeLevel::Info, "Reading the log of the Express execution…", "");
        self.remote.begin(id, outbox, |cancel| async move {
            let session = session.cancelled_by(&cancel);
            let outcome = read_express(&session, &arn, now).await;
            RemoteNews::Express { arn, outcome: Box::new(outcome) }
        });
    }

    pub(super) fn express_came(&mut self, arn: &str, outcome: Result<OpenedExpress, AwsError>) {
        let opened = match outcome {
            Ok(opened) => opened,
            Err(err) => {
                let text = "The Express execution can't be shown";
                return self.notify_of(Topic::Opening, text, err.to_string());
            }
        };
        let document = Document::parse(&opened.definition, Format::Json);
        let execution = Execution {
            arn: Arc::from(arn),
            state_machine: Arc::new(asl::parse::parse(&document).machine),
            kind: asl::StateMachineType::Express,
            history: opened.read.history,
            source: ExecutionSource::Recorded { profile: String::new(), region: opened.region },
        };
        self.show_recorded(&execution);
        for note in opened.read.notes {
            self.notify(NoticeLevel::Warning, note, "");
        }
        let current = "AWS does not say which definition an Express execution ran.";
        self.notify(NoticeLevel::Info, "Shown with the machine's definition of now", current);
    }

    /// The request as a command line for the chosen target. Without its secrets, hand-typed ones too, unless they are asked for.
    pub(in crate::app) fn copy_as_curl(&mut self, with_secret: bool) {
        let request = self.draft.to_request();
        let target = &self.remote.target;
        let (mut url, headers) = match target.kind {
            TargetKind::Emulated | TargetKind::TestInvoke => {
                let base = self.server_url().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
                (crate::apigateway::http::url_of(&base, &request), request.headers.clone())
            }
            TargetKind::Stage => match target.call(&request, with_secret) {
                Ok(call) if with_secret => (call.url, call.headers),
                Ok(call) => (http::without_user(&call.url), call.headers),
                Err(why) => return self.notify(NoticeLevel::Error, "Nothing was copied", why),
            },
        };
        let mut request = HttpRequest { headers, ..request };
        if !with_secret {
            hide_in_head(&mut url, &mut request.headers);
        }
        let text = crate::apigateway::http::as_curl_to(&url, &request);
        self.for_window.push(Command::CopyText(text));
    }

    /// The emulated answer to the same request as a deployed one, or the other way round: the newest.
    pub fn counterpart(&self, exchange: &Exchange) -> Option<&Exchange> {
        let is_away = |it: &Exchange| it.sent_to != SentTo::Emulator;
        let same = |it: &&Exchange| {
            is_away(it) != is_away(exchange)
                && it.request.method == exchange.request.method
                && it.request.path == exchange.request.path
                && it.request.query == exchange.request.query
                && it.request.body == exchange.request.body
        };
        self.exchanges.iter().rev().filter(same).find(|it| it.response().is_some())
    }
}

impl Remote {
    /// Whether a request still waits for its answer.
    pub fn is_under_way(&self, exchange: u64) -> bool {
        self.under_way.contains_key(&exchange)
    }
}

async fn to_stage(
    target: &Target,
    request: &HttpRequest,
    session: Option<Session>,
    cancel: &Cancel,
) -> Result<Reply, AwsError> {
    let call: HttpCall = target.call(request, true).map_err(|why| AwsError::NotSent { why })?;
    let answer = match session {
        Some(session) => {
            let region = target.region_of_url().unwrap_or_else(|| session.region()).to_owned();
            let session = session.cancelled_by(cancel);
            session.send_signed(&call, &region, MOST_BODY, PATIENCE).await?
        }
        None => http::send(&call, MOST_BODY, PATIENCE, cancel).await?,
    };
    Ok(reply_of(answer))
}

fn reply_of(answer: HttpAnswer) -> Reply {
    let mut notes = Vec::new();
    if answer.truncated {
        notes.push(format!("Only the first {} MiB of the body are shown.", MOST_BODY >> 20));
    }
    let coding = answer.header("content-encoding").filter(|it| *it != "identity");
    if let Some(coding) = coding {
        notes.push(format!("The body is {coding}-encoded, as Accept-Encoding asked for."));
    }
    let body = match String::from_utf8(answer.body) {
        Ok(body) => body,
        Err(err) => {
            notes.push("The body is no text in UTF-8.".to_owned());
            String::from_utf8_lossy(err.as_bytes()).into_owned()
        }
    };
    if let Some(to) = answer.headers.iter().find(|it| it.0.eq_ignore_ascii_case("location"))
        && (300..400).contains(&answer.status)
    {
        notes.push(format!("A redirect is not followed: it leads to {}", to.1));
    }
    let started = started::in_body(&body).map_or(StartedThere::Unnamed, StartedThere::Arn);
    let response = HttpResponse { status: answer.status, headers: answer.headers, body };
    Reply { response, stages: Vec::new(), started, notes }
}

async fn test_invoke(
    target: &Target,
    request: &HttpRequest,
    session: Option<Session>,
    cancel: &Cancel,
) -> Result<Reply, AwsError> {
    let session = session.ok_or(AwsError::NoCredentials)?.cancelled_by(cancel);
    let invoked = session
        .test_invoke(&TestInvoke {
            api_id: target.api_id.clone(),
            resource_id: target.resource_id.clone(),
            method: request.method.clone(),
            path_with_query: request.target(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        })
        .await?;
    let named = started::in_body(&invoked.body).or_else(|| started::anywhere(&invoked.log));
    let (status, headers, body) = (invoked.status, invoked.headers, invoked.body);
    Ok(Reply {
        response: HttpResponse { status, headers, body },
        stages: stages_of_log(&invoked.log),
        started: named.map_or(StartedThere::Unnamed, StartedThere::Arn),
        notes: vec![
            "TestInvokeMethod passes over stage, authoriser, throttling and WAF; what its integration did is real.".to_owned(),
        ],
    })
}

/// The newest execution of a machine that began in a stretch of time.
async fn newest(
    session: &Session,
    machine: &str,
    between: Between,
) -> Result<Option<String>, AwsError> {
    let described = session.state_machine(machine).await?;
    if described.machine_type == MachineType::Express {
        let found = session.express_executions(&described, between).await?;
        return Ok(found.items.into_iter().next().map(|it| it.arn));
    }
    let of = ExecutionsOf::StateMachine(machine.to_owned());
    let page = session.executions(&of, None).next_page().await.unwrap_or_else(|| Ok(Vec::new()))?;
    let fits = |at: Timestamp| {
        between.from.is_none_or(|from| at >= from) && between.to.is_none_or(|to| at <= to)
    };
    Ok(page.into_iter().find(|it| fits(it.started)).map(|it| it.arn))
}

async fn read_express(
    session: &Session,
    execution_arn: &str,
    now: Timestamp,
) -> Result<OpenedExpress, AwsError> {
    let machine = session.state_machine(&machine_of_express(execution_arn)?).await?;
    let read = session.express_history(execution_arn, &machine, None, now).await?;
    let region = session.region().to_owned();
    Ok(OpenedExpress { definition: machine.definition, region, read })
}
