//! An execution as the API tells of it: one that was started, or a child of a distributed Map.

use std::sync::Arc;

use super::arns;
use super::refusal::ApiError;
use crate::app::app::App;
use crate::app::simulation::Run;
use crate::asl::{ErrorName, StateKind};
use crate::engine::{ChildOutcome, ChildRecord, MapRunRecord};
use crate::execution::{ExecutionStatus, Timestamp};
use crate::json::{Object, Value};

/// Why failed executions are not redriven here.
pub(super) const NO_REDRIVE: &str = "Stepwell does not redrive simulated executions: start another one, or run from the failed \
                                     state in the window";

/// An execution that was found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    Run(&'a Run),
    Child { run: &'a Run, map_run: &'a MapRunRecord, child: &'a ChildRecord },
}

/// What there is to tell of an execution.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) arn: Arc<str>,
    pub(super) state_machine_arn: Arc<str>,
    version_arn: Option<Arc<str>>,
    alias_arn: Option<Arc<str>>,
    pub(super) name: Arc<str>,
    pub(super) status: ExecutionStatus,
    pub(super) started: Timestamp,
    pub(super) stopped: Option<Timestamp>,
    input: Value,
    map_run_arn: Option<Arc<str>>,
    item_count: Option<usize>,
}

impl App {
    /// The execution of an ARN: the latest, where the window has run one again.
    pub(super) fn execution_of_arn(&self, arn: &str) -> Result<Found<'_>, ApiError> {
        arns::read(arn, &["execution"])?;
        let latest_first = || self.runs.iter().rev();
        if let Some(run) = latest_first().find(|it| *it.execution_arn == *arn) {
            return Ok(Found::Run(run));
        }
        let child = latest_first().find_map(|run| {
            let map_runs = run.session.map_runs().iter();
            map_runs.rev().find_map(|map_run| {
                // Only the children of this label can have the ARN; looking at all would take long.
                let prefix = map_run.state_machine_arn.replacen(":stateMachine:", ":execution:", 1);
                arn.strip_prefix(&prefix)?;
                Some(Found::Child { run, map_run, child: map_run.child(arn)? })
            })
        });
        child.ok_or_else(|| ApiError::no_execution(arn))
    }
}

impl Found<'_> {
    pub(super) fn facts(self) -> Facts {
        match self {
            Self::Run(run) => Facts::of_run(run),
            Self::Child { run, map_run, child } => Facts::of_child(run, map_run, child),
        }
    }
}

impl Facts {
    pub(super) fn of_run(run: &Run) -> Self {
        let ended = run.has_ended() || run.start.is_none();
        let status = run.status();
        let ended = ended && !matches!(status, ExecutionStatus::Running);
        Self {
            arn: Arc::clone(&run.execution_arn),
            state_machine_arn: state_machine_arn(run),
            version_arn: run.origin.as_ref().and_then(|it| it.version_arn.clone()),
            alias_arn: run.origin.as_ref().and_then(|it| it.alias_arn.clone()),
            name: Arc::clone(&run.execution_name),
            status,
            started: run.started_at,
            stopped: ended.then(|| run.now()),
            input: run.input.clone(),
            map_run_arn: None,
            item_count: None,
        }
    }

    pub(super) fn of_child(run: &Run, map_run: &MapRunRecord, child: &ChildRecord) -> Self {
        let status = match &child.outcome {
            ChildOutcome::Running => ExecutionStatus::Running,
            ChildOutcome::Succeeded { output } => {
                ExecutionStatus::Succeeded { output: Some(output.clone()) }
            }
            ChildOutcome::Failed { error, cause } => {
                ExecutionStatus::Failed { error: error.clone(), cause: cause.clone() }
            }
            ChildOutcome::TimedOut => ExecutionStatus::TimedOut { error: None, cause: None },
            ChildOutcome::Aborted => ExecutionStatus::Aborted { error: None, cause: None },
        };
        Self {
            arn: map_run.child_arn(child.index),
            state_machine_arn: Arc::clone(&map_run.state_machine_arn),
            version_arn: None,
            alias_arn: None,
            name: map_run.child_name(child.index).into(),
            status,
            started: child.started_at,
            stopped: child.stopped_at,
            input: child.input.clone(),
            map_run_arn: Some(Arc::clone(&map_run.arn)),
            item_count: Some(items_of(run, map_run, child)),
        }
    }

    /// The answer of `DescribeExecution`.
    pub(super) fn description(&self, wants_data: bool) -> Value {
        let mut members = self.item_members();
        let mut add = |name: &str, value: Value| {
            members.insert(name.into(), value);
        };
        let included = || Value::object([("included", Value::from(true))]);
        if wants_data {
            add("input", Value::from(self.input.to_string()));
            add("inputDetails", included());
        }
        match &self.status {
            ExecutionStatus::Succeeded { output: Some(output) } if wants_data => {
                add("output", Value::from(output.to_string()));
                add("outputDetails", included());
            }
            // Of one whose own time was up, AWS tells neither (recorded).
            ExecutionStatus::TimedOut { error, cause: None }
                if error.as_deref() == Some(ErrorName::TIMEOUT) => {}
            ExecutionStatus::Failed { error, cause }
            | ExecutionStatus::TimedOut { error, cause }
            | ExecutionStatus::Aborted { error, cause }
                if wants_data =>
            {
                for (name, text) in [("error", error), ("cause", cause)] {
                    if let Some(text) = text {
                        add(name, Value::String(Arc::clone(text)));
                    }
                }
            }
            ExecutionStatus::Running
            | ExecutionStatus::Succeeded { .. }
            | ExecutionStatus::Failed { .. }
            | ExecutionStatus::TimedOut { .. }
            | ExecutionStatus::Aborted { .. } => {}
        }
        add("redriveStatus", Value::from("NOT_REDRIVABLE"));
        add("redriveStatusReason", Value::from(self.not_redrivable()));
        Value::from(members)
    }

    /// The line of `ListExecutions`.
    pub(super) fn item(&self) -> Value {
        let mut members = self.item_members();
        if let Some(count) = self.item_count {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            members.insert("itemCount".into(), Value::from(count));
        }
        Value::from(members)
    }

    /// Why `RedriveExecution` would not take it (the words of recorded answers where it ended well or has not ended).
    pub(super) fn not_redrivable(&self) -> String {
        match &self.status {
            ExecutionStatus::Running | ExecutionStatus::Succeeded { .. } => {
                format!("Execution is {} and cannot be redriven", self.status.as_str())
            }
            ExecutionStatus::Failed { .. }
            | ExecutionStatus::TimedOut { .. }
            | ExecutionStatus::Aborted { .. } => NO_REDRIVE.to_owned(),
        }
    }

    fn item_members(&self) -> Object {
        let mut members = Object::with_capacity(16);
        let text = |text: &Arc<str>| Value::String(Arc::clone(text));
        let mut add = |name: &str, value: Value| {
            members.insert(name.into(), value);
        };
        add("executionArn", text(&self.arn));
        add("stateMachineArn", text(&self.state_machine_arn));
        for (name, arn) in [
            ("mapRunArn", &self.map_run_arn),
            ("stateMachineVersionArn", &self.version_arn),
            ("stateMachineAliasArn", &self.alias_arn),
        ] {
            if let Some(arn) = arn {
                add(name, text(arn));
            }
        }
        add("name", text(&self.name));
        add("status", Value::from(self.status.as_str()));
        add("startDate", seconds(self.started));
        if let Some(stopped) = self.stopped {
            add("stopDate", seconds(stopped));
        }
        add("redriveCount", Value::from(0_i64));
        members
    }
}

/// The items that a child works on: those of its batch, else one.
pub(super) fn items_of(run: &Run, map_run: &MapRunRecord, child: &ChildRecord) -> usize {
    let definition = run.session.definition();
    let batches = definition.find(&map_run.state).is_some_and(
        |state| matches!(&state.kind, StateKind::Map(map) if map.item_batcher.is_some()),
    );
    let batch = child.input.get("Items").and_then(Value::as_array).filter(|_| batches);
    batch.map_or(1, |it| it.len())
}

/// The machine that an execution is of. What a recorded one ran is told by its own ARN.
pub(super) fn state_machine_arn(run: &Run) -> Arc<str> {
    match &run.start {
        Some(start) => Arc::clone(&start.state_machine_arn),
        None => {
            let (head, _) = run.execution_arn.rsplit_once(':').unwrap_or((&run.execution_arn, ""));
            head.replacen(":execution:", ":stateMachine:", 1).into()
        }
    }
}

/// Seconds since 1970 with a fraction, as JSON 1.0 writes instants.
pub(super) fn seconds(at: Timestamp) -> Value {
    Value::from(at.0 as f64 / 1000.0)
}
