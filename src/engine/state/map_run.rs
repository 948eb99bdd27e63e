//! The Map Run of a distributed Map: how it is named, and what is noted of it.

use std::sync::Arc;

use crate::asl::Map;
use crate::engine::machine::{Here, Machine, Turn};
use crate::engine::map_runs::{ChildCounts, MapRunRecord, MapRunStatus};
use crate::engine::thread::{MapRun, Thread};
use crate::execution::{EventDetails, EventType};
use crate::query::Random as _;

impl Machine {
    pub(crate) fn start_map_run(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
    ) -> Arc<str> {
        let arn = self.map_run_arn(here, map);
        let details = EventDetails::MapRunStarted { map_run_arn: Arc::clone(&arn) };
        self.emit(turn, thread, EventType::MapRunStarted, details);
        arn
    }

    /// Notes a Map Run that begins; its place in the list.
    pub(crate) fn record_map_run(
        &mut self,
        turn: &Turn<'_>,
        here: Here<'_>,
        map: &Map,
        arn: &Arc<str>,
        run: &MapRun,
        max_concurrency: u64,
    ) -> usize {
        let label = label(here, map);
        self.map_runs.push(MapRunRecord {
            arn: Arc::clone(arn),
            state: here.meta.path.clone(),
            state_machine_arn: format!("{}/{label}", self.start.state_machine_arn).into(),
            label: label.into(),
            status: MapRunStatus::Running,
            started_at: turn.at,
            stopped_at: None,
            max_concurrency: if max_concurrency == u64::MAX { 0 } else { max_concurrency },
            tolerated_failure_count: run.tolerated_count,
            tolerated_failure_percentage: run.tolerated_percentage,
            total: 0,
            children: Vec::new(),
            counts: ChildCounts::default(),
        });
        self.map_runs.len() - 1
    }

    fn map_run_arn(&mut self, here: Here<'_>, map: &Map) -> Arc<str> {
        let (high, low) = (self.random.next_u64(), self.random.next_u64());
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        );
        let arn = self.start.execution_arn.replacen(":execution:", ":mapRun:", 1);
        let prefix = arn.rsplit_once(':').map_or("", |(prefix, _)| prefix);
        format!("{prefix}/{}:{uuid}", label(here, map)).into()
    }
}

/// `Label`, or the state's name cut to the 40 characters that AWS allows.
pub(super) fn label(here: Here<'_>, map: &Map) -> String {
    match &map.label {
        Some(label) => label.to_string(),
        None => here.meta.name.chars().filter(|it| !it.is_whitespace()).take(40).collect(),
    }
}
