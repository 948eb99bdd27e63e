//! The context object: `$$` in JSONPath, `$states.context` in JSONata.

use std::sync::{Arc, LazyLock};

use super::thread::ThreadIndex;
use super::{ExecutionStart, TimerId};
use crate::asl::StateMachineType;
use crate::execution::Timestamp;
use crate::json::{Object, Value};

/// The parts that stay the same for a whole execution.
#[derive(Clone, Debug)]
pub(crate) struct ExecutionContext {
    pub(crate) execution: Value,
    pub(crate) state_machine: Value,
    /// Events so far, for an execution whose history nobody keeps: a child of a distributed Map. `None` for the execution
    /// itself.
    pub(crate) unkept_events: Option<u64>,
    pub(crate) kind: StateMachineType,
    /// When its type lets it run no longer.
    pub(crate) deadline: Timestamp,
    /// Runs once something of it sleeps past the deadline: most executions never do.
    pub(crate) deadline_timer: Option<TimerId>,
    /// The thread that began it.
    pub(crate) root: ThreadIndex,
}

/// How long an execution may run: five minutes, or a year
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
pub(crate) fn longest_secs(kind: StateMachineType) -> u64 {
    match kind {
        StateMachineType::Standard => 365 * 24 * 3600,
        StateMachineType::Express => 300,
    }
}

fn deadline(kind: StateMachineType, at: Timestamp) -> Timestamp {
    at.plus_millis(longest_secs(kind).cast_signed() * 1000)
}

impl ExecutionContext {
    pub(crate) fn new(start: &ExecutionStart) -> Self {
        let mut execution = execution_object(
            &start.execution_arn,
            &start.execution_name,
            &start.role_arn,
            start.at,
            &start.input,
        );
        // Recorded: the context of a synchronous Express execution has no such member, that of an asynchronous one has.
        if !start.synchronous {
            execution.insert("RedriveCount".into(), Value::from(0));
        }
        let execution = Value::from(execution);
        let state_machine =
            state_machine_object(&start.state_machine_arn, &start.state_machine_name);
        Self {
            execution,
            state_machine,
            unkept_events: None,
            kind: start.kind,
            deadline: deadline(start.kind, start.at),
            deadline_timer: None,
            root: 0,
        }
    }

    /// The child execution of one item of a distributed Map.
    pub(crate) fn child(
        start: &ExecutionStart,
        kind: StateMachineType,
        label: &str,
        name: &str,
        at: Timestamp,
        input: &Value,
    ) -> Self {
        let machine_arn = format!("{}/{label}", start.state_machine_arn);
        let arn = format!(
            "{}/{label}:{name}",
            start.execution_arn.rsplit_once(':').map_or("", |(prefix, _)| prefix)
        );
        let machine_name = format!("{}/{label}", start.state_machine_name);
        let mut execution = execution_object(&arn, name, &start.role_arn, at, input);
        execution.insert("RedriveCount".into(), Value::from(0));
        Self {
            execution: Value::from(execution),
            state_machine: state_machine_object(&machine_arn, &machine_name),
            unkept_events: Some(1),
            kind,
            deadline: deadline(kind, at),
            deadline_timer: None,
            root: 0,
        }
    }
}

fn execution_object(arn: &str, name: &str, role_arn: &str, at: Timestamp, input: &Value) -> Object {
    let mut execution = Object::with_capacity(6);
    execution.insert("Id".into(), Value::from(arn));
    execution.insert("Input".into(), input.clone());
    execution.insert("StartTime".into(), Value::from(at.to_string()));
    execution.insert("Name".into(), Value::from(name));
    execution.insert("RoleArn".into(), Value::from(role_arn));
    execution
}

fn state_machine_object(arn: &str, name: &str) -> Value {
    Value::object([("Id", Value::from(arn)), ("Name", Value::from(name))])
}

/// The parts that belong to one visit.
pub(crate) struct VisitContext<'a> {
    pub(crate) name: &'a Arc<str>,
    /// As text.
    pub(crate) entered_at: Value,
    /// Tasks, Parallels and Maps only: the types that can retry.
    pub(crate) retry_count: Option<u32>,
    pub(crate) map: Option<&'a Value>,
    pub(crate) callback_token: Option<&'a Arc<str>>,
}

/// The names of the members, made once: a context is built for every visit that is looked into.
struct Names {
    entered_time: Arc<str>,
    name: Arc<str>,
    retry_count: Arc<str>,
    execution: Arc<str>,
    state_machine: Arc<str>,
    state: Arc<str>,
    task: Arc<str>,
    map: Arc<str>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    entered_time: "EnteredTime".into(),
    name: "Name".into(),
    retry_count: "RetryCount".into(),
    execution: "Execution".into(),
    state_machine: "StateMachine".into(),
    state: "State".into(),
    task: "Task".into(),
    map: "Map".into(),
});

pub(crate) fn context_object(execution: &ExecutionContext, visit: VisitContext<'_>) -> Value {
    let names = &*NAMES;
    let mut state = Object::with_capacity(3);
    state.insert(Arc::clone(&names.entered_time), visit.entered_at);
    state.insert(Arc::clone(&names.name), Value::String(Arc::clone(visit.name)));
    if let Some(count) = visit.retry_count {
        state.insert(Arc::clone(&names.retry_count), Value::from(i64::from(count)));
    }
    let mut context = Object::with_capacity(5);
    context.insert(Arc::clone(&names.execution), execution.execution.clone());
    context.insert(Arc::clone(&names.state_machine), execution.state_machine.clone());
    context.insert(Arc::clone(&names.state), Value::from(state));
    if let Some(token) = visit.callback_token {
        let task = Value::object([("Token", Value::String(Arc::clone(token)))]);
        context.insert(Arc::clone(&names.task), task);
    }
    if let Some(map) = visit.map {
        context.insert(Arc::clone(&names.map), map.clone());
    }
    Value::from(context)
}
