//! Task: schedules work for a service, and takes in what comes back.

use std::sync::Arc;

use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, Task};
use crate::engine::dataflow::evaluate_seconds;
use crate::engine::failure::{Failure, Origin};
use crate::engine::limits::{Excess, is_same, payload_size};
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::thread::{Phase, RunningTask, Thread, ThreadIndex};
use crate::engine::{Action, TaskRequest, TimerId};
use crate::execution::{EventDetails, EventType};
use crate::json::{MAX_DEPTH, Value};
use crate::query::{Bindings, Random as _};

/// The three families of events that a resource may have.
enum Events {
    /// A Lambda function by its ARN, or what is no ARN at all: most likely a placeholder for one.
    Lambda,
    Activity,
    Service {
        resource_type: Arc<str>,
        resource: Arc<str>,
    },
}

fn events_of(task: &Task) -> Events {
    match &task.resource.kind {
        ResourceKind::LambdaFunction { .. } | ResourceKind::Other => Events::Lambda,
        ResourceKind::Activity { .. } => Events::Activity,
        ResourceKind::Optimised { service, action, pattern } => Events::Service {
            resource_type: Arc::clone(service),
            resource: with_suffix(action, *pattern),
        },
        ResourceKind::AwsSdk { service, action, pattern } => Events::Service {
            resource_type: format!("aws-sdk:{service}").into(),
            resource: with_suffix(action, *pattern),
        },
    }
}

fn with_suffix(action: &Arc<str>, pattern: IntegrationPattern) -> Arc<str> {
    match pattern.suffix() {
        "" => Arc::clone(action),
        suffix => format!("{action}{suffix}").into(),
    }
}

fn pattern_of(task: &Task) -> IntegrationPattern {
    match &task.resource.kind {
        ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => *pattern,
        ResourceKind::LambdaFunction { .. }
        | ResourceKind::Activity { .. }
        | ResourceKind::Other => IntegrationPattern::RequestResponse,
    }
}

/// The task of a state that is known to be one.
fn task_of<'p>(here: Here<'p>) -> Option<&'p Task> {
    if let crate::asl::StateKind::Task(task) = &here.state.kind { Some(task) } else { None }
}

impl Machine {
    pub(crate) fn run_task(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        task: &Task,
    ) -> StepResult {
        // AWS shows a token for every task that goes on after the service's answer, though only one kind is called back.
        if pattern_of(task) != IntegrationPattern::RequestResponse {
            thread.visit.callback_token = Some(self.new_callback_token());
            thread.visit.context = None;
        }
        let (timeout, heartbeat) = self.task_limits(thread, here, task)?;
        let parameters = self.task_parameters(turn, thread, here, task)?;
        let credentials = self.task_credentials(thread, here, task)?;
        if !is_same(&parameters, &thread.visit.input) {
            self.keep(thread, here, &parameters)?;
        }
        if let Some(cause) = super::task_parameters::fault(&task.resource, &parameters) {
            return Err(self.runtime_failure(thread, here, &cause));
        }
        let (event_type, details) = match events_of(task) {
            Events::Lambda => (EventType::LambdaFunctionScheduled, None),
            Events::Activity => (EventType::ActivityScheduled, None),
            Events::Service { resource_type, resource } => (
                EventType::TaskScheduled,
                Some(EventDetails::TaskScheduled {
                    resource_type,
                    resource,
                    region: self.region(),
                    parameters: parameters.clone().into(),
                    timeout,
                    heartbeat,
                    credentials: credentials.clone(),
                }),
            ),
        };
        let details = details.unwrap_or_else(|| EventDetails::ResourceScheduled {
            resource: Arc::clone(&task.resource.text),
            input: Some(parameters.clone().into()),
            timeout,
            heartbeat,
            credentials,
        });
        self.emit(turn, thread, event_type, details);
        if self.has_ended() {
            return Ok(Flow::Blocked);
        }
        let token = self.new_task(index);
        let timeout =
            timeout.map(|seconds| self.start_thread_timer(turn, index, thread.scope, seconds));
        let heartbeat = heartbeat
            .map(|seconds| (self.start_thread_timer(turn, index, thread.scope, seconds), seconds));
        thread.visit.task =
            Some(Box::new(RunningTask { token, started: false, timeout, heartbeat }));
        turn.actions.push(Action::RunTask(TaskRequest {
            token,
            state: here.meta.path.clone(),
            state_name: Arc::clone(&here.meta.name),
            resource: task.resource.clone(),
            parameters,
            attempt: thread.visit.retry_count,
            map_indices: thread.map_indices.to_vec(),
            callback_token: thread.visit.callback_token.clone(),
        }));
        // Nobody knows when a worker comes for an activity until it does; every service starts at once.
        if matches!(task.resource.kind, ResourceKind::Activity { .. }) {
            thread.phase = Phase::Task;
            return Ok(Flow::Blocked);
        }
        thread.phase = Phase::StartTask;
        Ok(Flow::Yield)
    }

    fn task_limits(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        task: &Task,
    ) -> Result<(Option<u64>, Option<u64>), Failure> {
        let mut limits = [None, None];
        for (limit, (field, name)) in limits.iter_mut().zip([
            (&task.timeout_seconds, "TimeoutSeconds"),
            (&task.heartbeat_seconds, "HeartbeatSeconds"),
        ]) {
            let Some(field) = field else { continue };
            *limit = Some(if is_jsonata(here.state) {
                self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                    let nothing = Bindings {
                        input: &Value::Null,
                        context: &Value::Null,
                        variables: scope.variables,
                    };
                    evaluate_seconds(field, name, &nothing, Some(scope), random)
                })?
            } else {
                let input = thread.visit.effective.clone();
                self.evaluate(thread, here, &input, |bindings, random| {
                    evaluate_seconds(field, name, bindings, None, random)
                })?
            });
        }
        Ok((limits[0], limits[1]))
    }

    fn task_parameters(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        task: &Task,
    ) -> Result<Value, Failure> {
        if is_jsonata(here.state) {
            let Some(template) = &task.arguments else { return Ok(thread.visit.input.clone()) };
            let value = self.jsonata(thread, here, template, "Arguments", None, None)?;
            self.inspect(turn, thread, |data| data.after_arguments = Some(value.clone()));
            return Ok(value);
        }
        let effective = thread.visit.effective.clone();
        let Some(template) = &task.parameters else { return Ok(effective) };
        let value = self.template(thread, here, template, &effective)?;
        self.inspect(turn, thread, |data| data.after_parameters = Some(value.clone()));
        Ok(value)
    }

    /// `Credentials.RoleArn`, computed.
    fn task_credentials(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        task: &Task,
    ) -> Result<Option<Arc<str>>, Failure> {
        let Some(template) = &task.credentials else { return Ok(None) };
        let value = if is_jsonata(here.state) {
            self.jsonata(thread, here, template, "Credentials", None, None)?
        } else {
            let effective = thread.visit.effective.clone();
            self.template(thread, here, template, &effective)?
        };
        Ok(value.get("RoleArn").and_then(Value::as_str).map(Arc::from))
    }

    fn new_callback_token(&mut self) -> Arc<str> {
        let mut word = || self.random.next_u64();
        format!("{:016x}{:016x}{:016x}", word(), word(), word()).into()
    }

    /// The region that the state machine's ARN names.
    fn region(&self) -> Arc<str> {
        self.start
            .state_machine_arn
            .split(':')
            .nth(3)
            .filter(|it| !it.is_empty())
            .unwrap_or("us-east-1")
            .into()
    }

    /// Appends the started event, once.
    pub(crate) fn task_started(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        worker_name: Option<Arc<str>>,
    ) {
        let (Some(task), Some(running)) = (task_of(here), thread.visit.task.as_mut()) else {
            return;
        };
        if std::mem::replace(&mut running.started, true) {
            return;
        }
        let (event_type, details) = match events_of(task) {
            Events::Lambda => (EventType::LambdaFunctionStarted, EventDetails::None),
            Events::Activity => {
                (EventType::ActivityStarted, EventDetails::ActivityStarted { worker_name })
            }
            Events::Service { resource_type, resource } => {
                (EventType::TaskStarted, EventDetails::TaskStarted { resource_type, resource })
            }
        };
        self.emit(turn, thread, event_type, details);
    }

    pub(crate) fn task_submitted(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        output: Value,
    ) {
        self.task_started(turn, thread, here, None);
        if let Some(Events::Service { resource_type, resource }) = task_of(here).map(events_of) {
            let details =
                EventDetails::TaskOutput { resource_type, resource, output: Some(output.into()) };
            self.emit(turn, thread, EventType::TaskSubmitted, details);
        }
    }

    pub(crate) fn task_succeeded(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        output: Value,
    ) {
        let Some(task) = task_of(here) else {
            // The reader of a Map, which has no events of its own and no limit of size.
            self.forget_task(turn, thread);
            thread.phase = Phase::Answered(Ok(output));
            return;
        };
        match payload_size(&output) {
            Ok(size) if thread.scope == 0 => self.count_kept(size),
            Ok(_) => {}
            Err(Excess::Bytes) => {
                let failure = Failure::data_limit(&task.resource.text);
                return self.task_failed(turn, thread, here, failure);
            }
            Err(Excess::Depth) => {
                let cause = format!("The result nests deeper than {MAX_DEPTH} levels.");
                let failure = self.runtime_failure(thread, here, &cause);
                return self.task_failed(turn, thread, here, failure);
            }
        }
        self.task_started(turn, thread, here, None);
        self.forget_task(turn, thread);
        let (event_type, details) = match events_of(task) {
            Events::Lambda => (
                EventType::LambdaFunctionSucceeded,
                EventDetails::Succeeded { output: Some(output.clone().into()) },
            ),
            Events::Activity => (
                EventType::ActivitySucceeded,
                EventDetails::Succeeded { output: Some(output.clone().into()) },
            ),
            Events::Service { resource_type, resource } => (
                EventType::TaskSucceeded,
                EventDetails::TaskOutput {
                    resource_type,
                    resource,
                    output: Some(output.clone().into()),
                },
            ),
        };
        self.emit(turn, thread, event_type, details);
        thread.phase = Phase::Answered(Ok(output));
    }

    pub(crate) fn task_failed(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        failure: Failure,
    ) {
        self.task_ended_badly(
            turn,
            thread,
            here,
            failure,
            [EventType::LambdaFunctionFailed, EventType::ActivityFailed, EventType::TaskFailed],
        );
    }

    pub(crate) fn task_timed_out(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        timer: TimerId,
    ) {
        let by_heartbeat = thread
            .visit
            .task
            .as_ref()
            .and_then(|it| it.heartbeat)
            .is_some_and(|(heartbeat, _)| heartbeat == timer);
        let origin = if by_heartbeat { Origin::Heartbeat } else { Origin::Plain };
        let token = thread.visit.task.as_ref().map(|it| it.token);
        self.task_ended_badly(
            turn,
            thread,
            here,
            Failure { origin, ..Failure::timeout() },
            [
                EventType::LambdaFunctionTimedOut,
                EventType::ActivityTimedOut,
                EventType::TaskTimedOut,
            ],
        );
        turn.actions.extend(token.map(|token| Action::CancelTask { token }));
    }

    fn task_ended_badly(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        failure: Failure,
        [lambda, activity, service]: [EventType; 3],
    ) {
        let Some(task) = task_of(here) else {
            self.forget_task(turn, thread);
            thread.phase = Phase::Answered(Err(failure));
            return;
        };
        self.task_started(turn, thread, here, None);
        self.forget_task(turn, thread);
        let (error, cause) = (failure.error.clone(), failure.cause.clone());
        let (event_type, details) = match events_of(task) {
            Events::Lambda => (lambda, EventDetails::Failure { error, cause }),
            Events::Activity => (activity, EventDetails::Failure { error, cause }),
            Events::Service { resource_type, resource } => {
                (service, EventDetails::TaskFailure { resource_type, resource, error, cause })
            }
        };
        self.emit(turn, thread, event_type, details);
        thread.phase = Phase::Answered(Err(failure));
    }

    /// Starts the heartbeat's time anew.
    pub(crate) fn task_heartbeat(&mut self, turn: &mut Turn<'_>, thread: &mut Thread) {
        let Some(running) = thread.visit.task.as_ref() else { return };
        let (token, Some((timer, seconds))) = (running.token, running.heartbeat) else { return };
        self.cancel_timer(turn, timer);
        let Some(index) = self.thread_of(token) else { return };
        let timer = self.start_thread_timer(turn, index, thread.scope, seconds);
        if let Some(running) = thread.visit.task.as_mut() {
            running.heartbeat = Some((timer, seconds));
        }
    }
}
