//! Step Functions' own API over the simulator, so that the AWS CLI, an SDK and the workers of activities work on an open project
//! with `--endpoint-url`.
//!
//! A call is a name and a JSON body; each group of calls is a file that reads and changes the [`App`]. The sockets are
//! [`super::http_server`]'s. Signatures are not checked: whoever reaches the loopback port may call.
//!
//! Executions run in simulated time, as they do everywhere here: a Wait of an hour takes none, and `stopDate` then lies an hour
//! ahead. Only tasks that somebody outside answers, by a token or as an activity's worker, are waited for.

mod activities;
mod aliases;
mod arns;
mod describe;
mod executions;
mod history;
mod machines;
mod map_runs;
mod page;
mod prepared;
mod refusal;
mod request;
mod settings;
mod tags;
mod tasks;
mod tests_of_states;
mod transport;
mod variable_references;
mod versions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::oneshot;

use self::activities::{Activity, Poller};
use self::aliases::Alias;
use self::machines::MachineRecord;
use self::prepared::Read;
use self::refusal::ApiError;
use self::versions::Versions;
use super::app::App;
use super::simulation::RunId;
use crate::engine::TaskToken;
use crate::execution::{EventId, Execution, Timestamp};
use crate::json::Value;

pub(super) use prepared::Prepared;
pub(super) use transport::{Call, Response, Service};
pub(super) use versions::Origin;

/// Calls that are remembered for whoever tells of them.
const MAX_TOLD: usize = 200;
/// Callers that wait for an EXPRESS execution to end.
const MAX_WAITING: usize = 1000;

/// What the API knows beside the project and its executions.
#[derive(Debug, Default)]
pub struct StatesApi {
    /// When the project was opened, which is when its machines were created.
    since: Timestamp,
    /// By ARN: machines that calls have made or changed.
    machines: BTreeMap<String, MachineRecord>,
    /// By the ARNs of their machines, those of the project included.
    versions: BTreeMap<String, Versions>,
    /// By ARN.
    aliases: BTreeMap<String, Alias>,
    /// By ARN.
    activities: BTreeMap<String, Activity>,
    /// Activities of the project's machines that calls have deleted, by ARN.
    deleted: BTreeSet<String>,
    tags: BTreeMap<String, IndexMap<Arc<str>, Value>>,
    pollers: Vec<Poller>,
    /// Tasks of activities that a worker has.
    taken: BTreeSet<(RunId, TaskToken)>,
    /// Callers of `StartSyncExecution`.
    waiting: Vec<(RunId, &'static str, oneshot::Sender<Response>)>,
    /// The child execution whose history was read last, with the last event of its parent then.
    child: Option<(Arc<str>, EventId, Arc<Execution>)>,
    requests: u64,
    /// What was called and the status of the answer, until somebody takes it.
    told: VecDeque<(String, u16)>,
}

/// What a call comes to.
#[derive(Debug)]
enum Answer {
    Now(Value),
    /// The answer is how the execution ends.
    WhenEnded(RunId),
    /// The answer is the next task of that activity.
    WhenATaskComes {
        activity_arn: String,
        worker_name: Option<Arc<str>>,
    },
}

impl StatesApi {
    /// For a project that was opened just then.
    pub(super) fn opened(now: Timestamp) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// The calls that were answered since somebody asked, and the status of each answer.
    pub(super) fn take_told(&mut self) -> impl Iterator<Item = (String, u16)> {
        std::mem::take(&mut self.told).into_iter()
    }

    fn send(&mut self, operation: &str, reply: oneshot::Sender<Response>, response: Response) {
        tracing::info!(operation, status = response.status, "Step Functions API");
        if self.told.len() >= MAX_TOLD {
            self.told.pop_front();
        }
        self.told.push_back((operation.to_owned(), response.status));
        if reply.send(response).is_err() {
            tracing::debug!("the caller hung up before the answer");
        }
    }
}

impl App {
    /// Takes a call. The reply comes at once, or when what was asked for has happened.
    pub(super) fn call_states(
        &mut self,
        call: &Call,
        prepared: Prepared,
        reply: oneshot::Sender<Response>,
    ) {
        self.states_api.requests += 1;
        let number = self.states_api.requests;
        let operation = call.operation.as_str();
        match self.answer_states(call, prepared) {
            Ok(Answer::WhenEnded(run)) => {
                self.states_api.waiting.retain(|(_, _, reply)| !reply.is_closed());
                if self.states_api.waiting.len() < MAX_WAITING {
                    self.states_api.waiting.push((run, "StartSyncExecution", reply));
                }
            }
            Ok(Answer::WhenATaskComes { activity_arn, worker_name }) => {
                let poller = Poller { activity_arn, worker_name, reply };
                if let Err((poller, refusal)) = self.states_api.wait_for_task(poller) {
                    let response = Response::refused(&refusal, number);
                    self.states_api.send(operation, poller.reply, response);
                }
            }
            Ok(Answer::Now(value)) => {
                let response = match call.service {
                    Service::States => Response::answered(&value, number),
                    Service::Sts => Response::identity(&value, number),
                };
                self.states_api.send(operation, reply, response);
            }
            Err(refusal) => {
                self.states_api.send(operation, reply, Response::refused(&refusal, number));
            }
        }
    }

    /// Answers a call by its name and JSON body, without a socket: status and body. `None` where the caller would have to wait.
    pub fn answer_states_call(&mut self, operation: &str, body: &str) -> Option<(u16, String)> {
        let (reply, mut answer) = oneshot::channel();
        let (operation, body) = (operation.to_owned(), body.to_owned());
        let call = Call { service: Service::States, operation, body };
        let prepared = Prepared::of(&call);
        self.call_states(&call, prepared, reply);
        answer.try_recv().ok().map(|it| (it.status, it.body))
    }

    /// Answers those who wait, as far as what they wait for has come. Whether an execution may go on by that.
    pub(super) fn deliver_states(&mut self) -> bool {
        self.deliver_ends();
        self.finish_deleting();
        self.deliver_tasks()
    }

    fn answer_states(&mut self, call: &Call, prepared: Prepared) -> Result<Answer, ApiError> {
        let body = call.body.as_str();
        match prepared.0 {
            Read::Create(read) => {
                let (request, checked) = read?;
                return self.create_state_machine(&request, checked).map(Answer::Now);
            }
            Read::Update(read) => {
                let (request, checked) = read?;
                return self.update_state_machine(&request, checked).map(Answer::Now);
            }
            Read::Validate(answer) => return answer.map(Answer::Now),
            Read::Nothing => {}
        }
        let value = match call.operation.as_str() {
            "GetCallerIdentity" => Ok(self.caller_identity()),

            "ListStateMachines" => self.list_state_machines(body),
            "DescribeStateMachine" => self.describe_state_machine(body),
            "DescribeStateMachineForExecution" => self.describe_state_machine_for_execution(body),
            "DeleteStateMachine" => self.delete_state_machine(body),

            "PublishStateMachineVersion" => self.publish_version(body),
            "ListStateMachineVersions" => self.list_versions(body),
            "DeleteStateMachineVersion" => self.delete_version(body),

            "CreateStateMachineAlias" => self.create_alias(body),
            "DescribeStateMachineAlias" => self.describe_alias(body),
            "UpdateStateMachineAlias" => self.update_alias(body),
            "ListStateMachineAliases" => self.list_aliases(body),
            "DeleteStateMachineAlias" => self.delete_alias(body),

            "StartExecution" => self.start_execution(body),
            "StartSyncExecution" => return self.start_sync_execution(body).map(Answer::WhenEnded),
            "StopExecution" => self.stop_execution(body),
            "RedriveExecution" => self.redrive_execution(body),
            "DescribeExecution" => self.describe_execution(body),
            "ListExecutions" => self.list_executions(body),
            "GetExecutionHistory" => self.get_execution_history(body),

            "ListMapRuns" => self.list_map_runs(body),
            "DescribeMapRun" => self.describe_map_run(body),

            "SendTaskSuccess" => self.send_task_success(body),
            "SendTaskFailure" => self.send_task_failure(body),
            "SendTaskHeartbeat" => self.send_task_heartbeat(body),

            "CreateActivity" => self.create_activity(body),
            "DescribeActivity" => self.describe_activity(body),
            "ListActivities" => self.list_activities(body),
            "DeleteActivity" => self.delete_activity(body),
            "GetActivityTask" => return self.get_activity_task(body),

            "TestState" => self.test_state_call(body),

            "ListTagsForResource" => self.list_tags(body),
            "TagResource" => self.tag(body),
            "UntagResource" => self.untag(body),

            other => Err(ApiError::new(
                "UnknownOperationException",
                format!("Stepwell does not answer {other}"),
            )),
        };
        value.map(Answer::Now)
    }

    /// `arn:aws:states:us-east-1:123456789012`: the region and account of the project's machines.
    fn arn_prefix(&self) -> String {
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        let mut prefixes =
            machines.filter_map(|it| Some(it.arn.rsplit_once(":stateMachine:")?.0.to_owned()));
        prefixes.next().unwrap_or_else(|| "arn:aws:states:us-east-1:123456789012".to_owned())
    }

    fn caller_identity(&self) -> Value {
        let prefix = self.arn_prefix();
        let account = prefix.rsplit(':').next().unwrap_or_default();
        Value::object([
            ("Account", Value::from(account)),
            ("Arn", Value::from(format!("arn:aws:iam::{account}:user/stepwell"))),
            ("UserId", Value::from("STEPWELL")),
        ])
    }
}
