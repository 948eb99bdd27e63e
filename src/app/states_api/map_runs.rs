//! Map Runs of distributed Maps.

use std::sync::Arc;

use super::arns;
use super::describe::{Found, items_of, seconds};
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, LONG_ARN, MAX_RESULTS, Member, NEXT_TOKEN, Request};
use crate::app::app::App;
use crate::app::simulation::Run;
use crate::engine::{ChildCounts, ChildOutcome, MapRunRecord};
use crate::json::{Object, Value};

const LIST: &[Member] = &[Member::needed("executionArn", ARN), MAX_RESULTS, NEXT_TOKEN];
const DESCRIBE: &[Member] = &[Member::needed("mapRunArn", LONG_ARN)];

/// Executions or items by what has become of them.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    pending: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    written: u64,
}

impl App {
    pub(super) fn list_map_runs(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let arn = request.needed("executionArn");
        let page = Page::of(&request, &format!("ListMapRuns {arn}"))?;
        let after = match &page.after {
            Some(text) => text.parse::<usize>().ok().ok_or_else(ApiError::invalid_token)?,
            None => 0,
        };
        let (run, map_runs): (_, &[MapRunRecord]) = match self.execution_of_arn(arn)? {
            Found::Run(run) => (run, run.session.map_runs()),
            // A Map in a child is not kept as one of its own.
            Found::Child { run, .. } => (run, &[]),
        };
        let following = map_runs.iter().enumerate().skip(after);
        Ok(page.answer(
            "mapRuns",
            following,
            |(index, _)| (index + 1).to_string(),
            |(_, it)| {
                let mut members = identity(run, it);
                let machine = Value::String(Arc::clone(&it.state_machine_arn));
                members.insert("stateMachineArn".into(), machine);
                Value::from(members)
            },
        ))
    }

    pub(super) fn describe_map_run(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, DESCRIBE)?;
        let (run, map_run) = self.find_map_run(request.needed("mapRunArn"))?;
        let mut members = identity(run, map_run);
        let mut add = |name: &str, value: Value| {
            members.insert(name.into(), value);
        };
        let number = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        add("status", Value::from(map_run.status.as_str()));
        add("maxConcurrency", number(map_run.max_concurrency));
        let percentage = map_run.tolerated_failure_percentage.unwrap_or(0.0);
        add("toleratedFailurePercentage", Value::from(percentage));
        add("toleratedFailureCount", number(map_run.tolerated_failure_count.unwrap_or(0)));
        add("itemCounts", items(run, map_run).to_json());
        add("executionCounts", executions(map_run).to_json());
        add("redriveCount", number(0));
        Ok(Value::from(members))
    }

    pub(super) fn find_map_run(&self, arn: &str) -> Result<(&Run, &MapRunRecord), ApiError> {
        arns::read(arn, &["mapRun"])?;
        let found =
            self.runs.iter().rev().find_map(|run| {
                Some((run, run.session.map_runs().iter().find(|it| *it.arn == *arn)?))
            });
        found.ok_or_else(|| ApiError::no_resource(arn))
    }
}

fn identity(run: &Run, map_run: &MapRunRecord) -> Object {
    let mut members = Object::with_capacity(12);
    members.insert("mapRunArn".into(), Value::String(Arc::clone(&map_run.arn)));
    members.insert("executionArn".into(), Value::String(Arc::clone(&run.execution_arn)));
    members.insert("startDate".into(), seconds(map_run.started_at));
    if let Some(stopped) = map_run.stopped_at {
        members.insert("stopDate".into(), seconds(stopped));
    }
    members
}

impl Counts {
    fn to_json(self) -> Value {
        let Self { pending, running, succeeded, failed, timed_out, aborted, written } = self;
        let total = pending + running + succeeded + failed + timed_out + aborted;
        let all = [
            ("pending", pending),
            ("running", running),
            ("succeeded", succeeded),
            ("failed", failed),
            ("timedOut", timed_out),
            ("aborted", aborted),
            ("total", total),
            ("resultsWritten", written),
            ("failuresNotRedrivable", failed + timed_out),
            ("pendingRedrive", 0),
        ];
        let number = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        Value::object(all.map(|(name, count)| (name, number(count))))
    }
}

fn executions(map_run: &MapRunRecord) -> Counts {
    let ChildCounts { running, succeeded, failed, timed_out, aborted } = map_run.counts;
    let pending = map_run.pending();
    Counts { pending, running, succeeded, failed, timed_out, aborted, written: 0 }
}

/// As the executions, each with the items of its batch. Items of children that have not begun can't be told from their
/// batches, which do not exist yet: each counts as one.
fn items(run: &Run, map_run: &MapRunRecord) -> Counts {
    let mut counts = Counts { pending: map_run.pending(), ..Counts::default() };
    for child in &map_run.children {
        let items = items_of(run, map_run, child) as u64;
        let count = match &child.outcome {
            ChildOutcome::Running => &mut counts.running,
            ChildOutcome::Succeeded { .. } => &mut counts.succeeded,
            ChildOutcome::Failed { .. } => &mut counts.failed,
            ChildOutcome::TimedOut => &mut counts.timed_out,
            ChildOutcome::Aborted => &mut counts.aborted,
        };
        *count += items;
    }
    counts
}
