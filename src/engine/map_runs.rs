//! What a distributed Map leaves beside the history of its execution: the Map Run with its counts, and the child executions,
//! each with an ARN, an input and an end of its own.
//!
//! The events of children are not kept while a machine runs: there may be a million. Whoever wants to see some replays the
//! journal with [`super::Machine::replay_children`], which keeps the events of those.

use std::sync::Arc;

use super::thread::ScopeNumber;
use crate::asl::StatePath;
use crate::execution::Timestamp;
use crate::json::Value;

/// Children that are remembered, of all Map Runs of an execution together; more of them are only counted.
const MAX_CHILDREN: usize = 1_000_000;

/// A Map Run, as `DescribeMapRun` tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRunRecord {
    pub arn: Arc<str>,
    /// The Map.
    pub state: StatePath,
    pub label: Arc<str>,
    /// `StateMachine/Label`: the ARN that the children have for their state machine.
    pub state_machine_arn: Arc<str>,
    pub status: MapRunStatus,
    pub started_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
    pub max_concurrency: u64,
    pub tolerated_failure_count: Option<u64>,
    pub tolerated_failure_percentage: Option<f64>,
    /// Child executions, those included that have not begun.
    pub total: u64,
    /// In the order in which they began, which is that of the items.
    pub children: Vec<ChildRecord>,
    pub counts: ChildCounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapRunStatus {
    Running,
    Succeeded,
    Failed,
    Aborted,
}

impl MapRunStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// `executionCounts` of `DescribeMapRun`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
}

impl ChildCounts {
    /// Children that have begun.
    pub fn begun(self) -> u64 {
        let Self { running, succeeded, failed, timed_out, aborted } = self;
        running + succeeded + failed + timed_out + aborted
    }
}

/// One child execution.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildRecord {
    pub(crate) scope: ScopeNumber,
    /// Of its item or batch.
    pub index: u64,
    pub input: Value,
    pub started_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
    pub outcome: ChildOutcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ChildOutcome {
    Running,
    Succeeded {
        output: Value,
    },
    Failed {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    /// It ran as long as its type may.
    TimedOut,
    Aborted,
}

impl ChildOutcome {
    /// As the API writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl MapRunRecord {
    /// Children that have not begun.
    pub fn pending(&self) -> u64 {
        self.total.saturating_sub(self.counts.begun())
    }

    /// The name of a child execution.
    pub fn child_name(&self, index: u64) -> String {
        child_name(&self.arn, index)
    }

    /// The ARN of a child execution.
    pub fn child_arn(&self, index: u64) -> Arc<str> {
        let prefix = self.state_machine_arn.replacen(":stateMachine:", ":execution:", 1);
        format!("{prefix}:{}", self.child_name(index)).into()
    }

    /// The child execution of that ARN.
    pub fn child(&self, arn: &str) -> Option<&ChildRecord> {
        self.children.iter().find(|it| *self.child_arn(it.index) == *arn)
    }

    pub(crate) fn begin(&mut self, child: ChildRecord) {
        self.counts.running += 1;
        if self.children.len() < MAX_CHILDREN {
            self.children.push(child);
        }
    }

    pub(crate) fn end(&mut self, scope: ScopeNumber, at: Timestamp, outcome: ChildOutcome) {
        self.counts.running = self.counts.running.saturating_sub(1);
        match &outcome {
            ChildOutcome::Running => {}
            ChildOutcome::Succeeded { .. } => self.counts.succeeded += 1,
            ChildOutcome::Failed { .. } => self.counts.failed += 1,
            ChildOutcome::TimedOut => self.counts.timed_out += 1,
            ChildOutcome::Aborted => self.counts.aborted += 1,
        }
        // Scopes count up, so the children are in their order.
        if let Ok(at_index) = self.children.binary_search_by_key(&scope, |it| it.scope)
            && let Some(child) = self.children.get_mut(at_index)
        {
            child.stopped_at = Some(at);
            child.outcome = outcome;
        }
    }

    pub(crate) fn finish(&mut self, at: Timestamp, status: MapRunStatus) {
        if self.status == MapRunStatus::Running {
            self.status = status;
            self.stopped_at = Some(at);
        }
    }
}

/// AWS gives children random names. These look the same, differ from run to run and child to child, and repeat.
pub(crate) fn child_name(map_run_arn: &str, index: u64) -> String {
    // FNV-1a over the run, then splitmix64 with the index: nothing secret, only spread out.
    let seed = map_run_arn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mix = |number: u64| {
        let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let high = mix(seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let low = mix(high ^ seed.rotate_left(32));
    format!(
        "{:08x}-{:04x}-3{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_have_names_of_their_own_that_repeat() {
        let names: std::collections::BTreeSet<String> =
            (0..1000).flat_map(|it| [child_name("a", it), child_name("b", it)]).collect();
        assert_eq!(names.len(), 2000);
        assert_eq!(child_name("a", 7), child_name("a", 7));
        let parts: Vec<usize> = child_name("a", 7).split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
    }
}
