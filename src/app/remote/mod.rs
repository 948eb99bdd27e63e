//! Requests to deployed APIs, the executions that they started, and the lines that Lambda functions wrote: what the window asks of
//! AWS beside Step Functions. Everything is asked on a thread of its own, and whatever may change something is asked about first.

mod asking;
mod compare;
mod discover;
mod lambda;
mod send;
mod started;
mod target;

use std::collections::BTreeMap;

use tokio::runtime::{Builder, Runtime};

pub use compare::{BodyComparison, Comparison, Difference};
pub use discover::FoundApi;
pub use lambda::{LambdaLines, LambdaState};
pub use send::{Outgoing, SentTo, StartedThere};
pub use target::{Auth, Secret, Target, TargetKind};

use super::app::{App, NoticeLevel};
use super::attach::Choice;
use super::event::Event;
use super::simulation::RunId;
use super::worker::Outbox;
use crate::apigateway::{HttpResponse, RestApi, Stage};
use crate::aws::lambda_log::LambdaLog;
use crate::aws::logs::ExpressExecution;
use crate::aws::{AwsError, Cancel, Session};
use crate::execution::LambdaAttempt;

// What views may read of the floors below, so that they need not know them.
pub use crate::aws::gateway::{DeployedApi, DeployedResource};
pub use crate::aws::lambda_log::FoundBy;
pub use crate::aws::logs::LogLine;

/// What the user asks.
#[derive(Clone, Debug, PartialEq)]
pub enum RemoteCommand {
    SetTarget(Box<Target>),
    /// To the emulator, and to what is chosen.
    SendBoth,
    /// Yes to the request that is asked about; `for_session` asks no more.
    ConfirmSend {
        for_session: bool,
    },
    DismissSend,
    /// Ask again before each request.
    AskAgain,
    /// Has a request that is under way end.
    Cancel(u64),
    /// Which APIs are deployed.
    Discover,
    /// The request as a command line, with its secret.
    CopyCurlWithSecret,
    /// Looks for the execution that an exchange started, by the time.
    FindExecution(u64),
    /// An execution of an EXPRESS machine, from its log.
    OpenExpress(String),
    ReadLambdaLog {
        run: RunId,
        attempt: Box<LambdaAttempt>,
    },
    CloseLambdaLog,
}

/// What a request came to.
#[derive(Debug)]
pub enum RemoteNews {
    Answered { exchange: u64, outcome: Result<Reply, AwsError> },
    Discovered(u64, Result<Vec<FoundApi>, AwsError>),
    ExecutionFound { exchange: u64, outcome: Result<Option<String>, AwsError> },
    Express { arn: String, outcome: Box<Result<OpenedExpress, AwsError>> },
    LambdaLog(u64, Result<LambdaLog, AwsError>),
}

/// An answer, as an exchange keeps it.
#[derive(Debug)]
pub struct Reply {
    pub(super) response: HttpResponse,
    pub(super) stages: Vec<Stage>,
    pub(super) started: StartedThere,
    pub(super) notes: Vec<String>,
}

/// An Express execution that was read from its log.
#[derive(Debug)]
pub struct OpenedExpress {
    definition: String,
    region: String,
    read: ExpressExecution,
}

/// What is known of the deployed APIs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    #[default]
    NotAsked,
    Asked(u64),
    Found(Vec<FoundApi>),
    Failed(String),
}

/// The part of the model that is about deployed things.
#[derive(Debug, Default)]
pub struct Remote {
    pub target: Target,
    /// Nothing is asked before a request to a deployed stage, until the target or the connection changes.
    pub without_asking: bool,
    /// What the user is asked about.
    pub asked: Option<Box<Outgoing>>,
    /// By exchange.
    went: BTreeMap<u64, send::Went>,
    discovery: Discovery,
    /// Whose APIs those are.
    discovered_by: Option<Choice>,
    pub lambda: Option<LambdaLines>,
    runtime: Option<Runtime>,
    under_way: BTreeMap<u64, Cancel>,
}

impl Drop for Remote {
    fn drop(&mut self) {
        for cancel in self.under_way.values() {
            cancel.cancel();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Remote {
    /// Begins work that tells what it came to, unless it is cancelled before.
    fn begin<F>(&mut self, id: u64, outbox: Outbox, work: impl FnOnce(Cancel) -> F)
    where
        F: Future<Output = RemoteNews> + Send + 'static,
    {
        let cancel = Cancel::default();
        self.under_way.insert(id, cancel.clone());
        if self.runtime.is_none() {
            let mut runtime = Builder::new_multi_thread();
            runtime.worker_threads(1).thread_name("remote").enable_all();
            match runtime.build() {
                Ok(runtime) => self.runtime = Some(runtime),
                Err(err) => tracing::error!(%err, "no thread for deployed APIs"),
            }
        }
        let work = work(cancel);
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                outbox.send(Event::Remote(Box::new(work.await)));
            });
        }
    }

    /// What was agreed to was agreed to for the account that was attached then.
    pub(super) fn forget_agreement(&mut self) {
        self.without_asking = false;
        self.asked = None;
    }

    /// Has one piece of work end.
    fn end(&mut self, id: u64) {
        if let Some(cancel) = self.under_way.remove(&id) {
            cancel.cancel();
        }
    }
}

impl App {
    pub(super) fn carry_out_remote(&mut self, command: RemoteCommand) {
        match command {
            RemoteCommand::SetTarget(target) => {
                // Whoever agreed did so for one target.
                if *target != self.remote.target {
                    self.remote.without_asking = false;
                }
                self.remote.target = *target;
            }
            RemoteCommand::SendBoth => {
                let (api, request) = (self.draft.api, self.draft.to_request());
                self.send(api, request, false);
                self.send_to_target();
            }
            RemoteCommand::ConfirmSend { for_session } => self.confirm_send(for_session),
            RemoteCommand::DismissSend => self.remote.asked = None,
            RemoteCommand::AskAgain => self.remote.without_asking = false,
            RemoteCommand::Cancel(exchange) => self.remote.end(exchange),
            RemoteCommand::Discover => self.discover_apis(),
            RemoteCommand::CopyCurlWithSecret => self.copy_as_curl(true),
            RemoteCommand::FindExecution(exchange) => self.find_execution(exchange),
            RemoteCommand::OpenExpress(arn) => self.open_express(&arn),
            RemoteCommand::ReadLambdaLog { run, attempt } => self.read_lambda_log(run, *attempt),
            RemoteCommand::CloseLambdaLog => {
                if let Some(lines) = self.remote.lambda.take() {
                    self.remote.end(lines.id);
                }
            }
        }
    }

    pub(super) fn receive_remote(&mut self, news: RemoteNews) {
        match news {
            RemoteNews::Answered { exchange, outcome } => self.exchange_answered(exchange, outcome),
            RemoteNews::Discovered(id, outcome) => {
                self.remote.under_way.remove(&id);
                if self.remote.discovery == Discovery::Asked(id) {
                    self.remote.discovery = match outcome {
                        Ok(found) => {
                            self.choose_likeliest(&found);
                            Discovery::Found(found)
                        }
                        Err(err) => Discovery::Failed(err.to_string()),
                    };
                }
            }
            RemoteNews::ExecutionFound { exchange, outcome } => {
                self.execution_found(exchange, outcome);
            }
            RemoteNews::Express { arn, outcome } => self.express_came(&arn, *outcome),
            RemoteNews::LambdaLog(id, outcome) => {
                self.remote.under_way.remove(&id);
                if let Some(lines) = self.remote.lambda.as_mut().filter(|it| it.id == id) {
                    lines.receive(outcome);
                }
            }
        }
    }

    /// What is known of the deployed APIs of the account that is attached now.
    pub fn discovery(&self) -> &Discovery {
        let attached = self.attach.connection.attached().map(|it| &it.choice);
        if self.remote.discovered_by.as_ref() == attached {
            &self.remote.discovery
        } else {
            &Discovery::NotAsked
        }
    }

    /// The connection to AWS whose credentials sign and read.
    pub(super) fn aws_session(&mut self) -> Option<Session> {
        let session = self.session();
        if session.is_none() {
            self.notify(
                NoticeLevel::Info,
                "No AWS account is attached",
                "Attach to AWS first: its credentials sign the request.",
            );
        }
        session
    }

    /// The API that has most of the project's routes is what the user means, as long as nothing else is chosen.
    fn choose_likeliest(&mut self, found: &[FoundApi]) {
        let target = &mut self.remote.target;
        if found.iter().any(|it| it.api.id == target.api_id) {
            return;
        }
        (target.api_id, target.resource_id) = (String::new(), String::new());
        if let Some(first) = found.first().filter(|it| it.shared >= Some(50)) {
            target.api_id.clone_from(&first.api.id);
        }
        self.remote.without_asking = false;
    }

    /// The API that is chosen for `TestInvokeMethod`, as it was found.
    pub fn chosen_api(&self) -> Option<&FoundApi> {
        let Discovery::Found(found) = self.discovery() else { return None };
        found.iter().find(|it| it.api.id == self.remote.target.api_id)
    }

    fn discover_apis(&mut self) {
        let Some(session) = self.aws_session() else { return };
        let api = self.draft.api;
        let own = self.project.as_ref().and_then(|open| open.project.apis.get(api));
        let own: Option<RestApi> = own.cloned();
        if let Discovery::Asked(id) = self.remote.discovery {
            self.remote.end(id);
        }
        let (id, outbox) = (self.next_id(), self.outbox.clone());
        self.remote.discovery = Discovery::Asked(id);
        self.remote.discovered_by = self.attach.connection.attached().map(|it| it.choice.clone());
        self.remote.begin(id, outbox, |cancel| async move {
            let session = session.cancelled_by(&cancel);
            RemoteNews::Discovered(id, discover::discover(&session, own.as_ref()).await)
        });
    }
}
