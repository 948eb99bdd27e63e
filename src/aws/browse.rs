//! What there is in an account: machines, their versions and aliases, executions, Map Runs.

use aws_sdk_sfn::types;

use super::convert::{millis, millis_of};
use super::pages::Pages;
use super::quota::Api;
use super::{AwsError, Session};
use crate::execution::Timestamp;

/// STANDARD or EXPRESS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineType {
    Standard,
    Express,
}

impl MachineType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }

    fn of(text: &str) -> Self {
        if text == "EXPRESS" { Self::Express } else { Self::Standard }
    }
}

/// A line of the list of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachineItem {
    pub arn: String,
    pub name: String,
    pub machine_type: MachineType,
    pub created: Timestamp,
}

/// A machine as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachineDescription {
    pub arn: String,
    pub name: String,
    pub machine_type: MachineType,
    /// `ACTIVE`, `DELETING`
    pub status: Option<String>,
    pub definition: String,
    pub role_arn: String,
    pub created: Timestamp,
    pub revision_id: Option<String>,
    pub description: Option<String>,
    /// Where executions are logged; the only trace of EXPRESS ones.
    pub log_group_arn: Option<String>,
    /// `ALL`, `ERROR`, `FATAL`, `OFF`
    pub log_level: Option<String>,
    pub logs_execution_data: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionItem {
    pub arn: String,
    pub created: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasItem {
    pub arn: String,
    pub created: Timestamp,
}

/// Where an alias leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasDescription {
    pub name: String,
    pub description: Option<String>,
    /// Version ARN and its share in percent.
    pub routes: Vec<(String, i32)>,
}

/// `status` of executions and of Map Runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    PendingRedrive,
    /// One that is newer than this program.
    Unknown,
}

impl Status {
    pub const ALL: [Self; 6] = [
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Aborted,
        Self::PendingRedrive,
    ];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
            Self::PendingRedrive => "PENDING_REDRIVE",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// [`Status::Unknown`] for a word that is none of them.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.as_str() == text).unwrap_or(Self::Unknown)
    }
}

/// Whose executions are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionsOf {
    /// The ARN of a machine, a version or an alias.
    StateMachine(String),
    /// The children of a Distributed Map.
    MapRun(String),
}

/// A line of the list of executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionItem {
    pub arn: String,
    pub name: String,
    pub status: Status,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    pub redrive_count: u32,
    pub redriven: Option<Timestamp>,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
    pub map_run_arn: Option<String>,
    /// Items that a child of a Distributed Map works on.
    pub item_count: Option<u32>,
}

/// An execution, without its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionDescription {
    pub arn: String,
    pub name: String,
    pub state_machine_arn: String,
    pub version_arn: Option<String>,
    pub alias_arn: Option<String>,
    /// Set on the children of a Distributed Map.
    pub map_run_arn: Option<String>,
    pub status: Status,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    /// `None` when AWS left it out: the key that encrypts it is not allowed, or the caller asked for metadata only.
    pub input: Option<String>,
    pub output: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub redrive: Redrive,
}

/// Whether and how often an execution was started again from where it failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redrive {
    pub count: u32,
    pub last: Option<Timestamp>,
    pub status: RedriveStatus,
    /// AWS's words for why not.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedriveStatus {
    Redrivable,
    NotRedrivable,
    /// A child: redriving the parent redrives it.
    RedrivableByMapRun,
    /// The answer doesn't say, as emulators do.
    #[default]
    Unsaid,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRunItem {
    pub arn: String,
    pub execution_arn: String,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
}

/// A Map Run and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRunDescription {
    pub arn: String,
    pub execution_arn: String,
    pub status: Status,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    pub max_concurrency: u32,
    pub tolerated_failure_count: u64,
    pub tolerated_failure_percentage: f32,
    pub items: MapRunCounts,
    pub executions: MapRunCounts,
    pub redrive_count: u32,
    pub redriven: Option<Timestamp>,
}

/// Of items or of child executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MapRunCounts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub total: u64,
    pub results_written: u64,
    pub failures_not_redrivable: u64,
    pub pending_redrive: u64,
}

/// Items of a page of a list: what AWS gives at most, but for executions, where the first page is to show soon.
const PAGE: i32 = 1000;
const EXECUTIONS_PAGE: i32 = 100;

impl Session {
    /// Every machine of the account in this region.
    pub fn state_machines(&self) -> Pages<StateMachineItem> {
        Pages::new(self, |session, token| async move {
            let send =
                || session.sfn.list_state_machines().max_results(PAGE).set_next_token(token).send();
            let answer = session.call(Api::ListStateMachines, send).await?;
            let items = answer.state_machines.into_iter().map(|it| StateMachineItem {
                machine_type: MachineType::of(it.r#type.as_str()),
                created: millis(&it.creation_date),
                arn: it.state_machine_arn,
                name: it.name,
            });
            Ok((items.collect(), answer.next_token))
        })
    }

    /// # Errors
    /// As any call.
    pub async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, AwsError> {
        let send = || self.sfn.list_tags_for_resource().resource_arn(arn).send();
        let answer = self.call(Api::ListTagsForResource, send).await?;
        let tags = answer.tags.unwrap_or_default().into_iter();
        Ok(tags.map(|it| (it.key.unwrap_or_default(), it.value.unwrap_or_default())).collect())
    }

    /// The machine as it is now; a version's or alias's ARN gives it as it was then.
    ///
    /// # Errors
    /// As any call.
    pub async fn state_machine(&self, arn: &str) -> Result<StateMachineDescription, AwsError> {
        let send = || self.sfn.describe_state_machine().state_machine_arn(arn).send();
        let answer = self.call(Api::DescribeStateMachine, send).await?;
        let logging = answer.logging_configuration.as_ref();
        let group = logging.and_then(|it| {
            it.destinations().iter().find_map(|it| it.cloud_watch_logs_log_group()?.log_group_arn())
        });
        Ok(StateMachineDescription {
            machine_type: MachineType::of(answer.r#type.as_str()),
            status: answer.status.as_ref().map(|it| it.as_str().to_owned()),
            created: millis(&answer.creation_date),
            log_group_arn: group.map(str::to_owned),
            log_level: logging.and_then(|it| it.level()).map(|it| it.as_str().to_owned()),
            logs_execution_data: logging.is_some_and(|it| it.include_execution_data()),
            arn: answer.state_machine_arn,
            name: answer.name,
            definition: answer.definition,
            role_arn: answer.role_arn,
            revision_id: answer.revision_id,
            description: answer.description,
        })
    }

    /// The published versions, newest first.
    pub fn versions(&self, machine_arn: &str) -> Pages<VersionItem> {
        Pages::about(self, machine_arn.to_owned(), |session, arn, token| async move {
            let request = session.sfn.list_state_machine_versions().state_machine_arn(arn);
            let send = || request.max_results(PAGE).set_next_token(token).send();
            let answer = session.call(Api::ListStateMachineVersions, send).await?;
            let items = answer.state_machine_versions.into_iter().map(|it| VersionItem {
                created: millis(&it.creation_date),
                arn: it.state_machine_version_arn,
            });
            Ok((items.collect(), answer.next_token))
        })
    }

    pub fn aliases(&self, machine_arn: &str) -> Pages<AliasItem> {
        Pages::about(self, machine_arn.to_owned(), |session, arn, token| async move {
            let request = session.sfn.list_state_machine_aliases().state_machine_arn(arn);
            let send = || request.max_results(PAGE).set_next_token(token).send();
            let answer = session.call(Api::ListStateMachineAliases, send).await?;
            let items = answer.state_machine_aliases.into_iter().map(|it| AliasItem {
                created: millis(&it.creation_date),
                arn: it.state_machine_alias_arn,
            });
            Ok((items.collect(), answer.next_token))
        })
    }

    /// # Errors
    /// As any call.
    pub async fn alias(&self, arn: &str) -> Result<AliasDescription, AwsError> {
        let send = || self.sfn.describe_state_machine_alias().state_machine_alias_arn(arn).send();
        let answer = self.call(Api::DescribeStateMachineAlias, send).await?;
        let routes = answer.routing_configuration.unwrap_or_default().into_iter();
        Ok(AliasDescription {
            name: answer.name.unwrap_or_default(),
            description: answer.description,
            routes: routes.map(|it| (it.state_machine_version_arn, it.weight)).collect(),
        })
    }

    /// Newest first. AWS lists those of a STANDARD machine that are running or ended in the last 90 days.
    pub fn executions(&self, of: &ExecutionsOf, status: Option<Status>) -> Pages<ExecutionItem> {
        self.executions_by(of, status, EXECUTIONS_PAGE)
    }

    /// The newest execution, for "last result" in a list of machines.
    ///
    /// # Errors
    /// As any call; AWS refuses it for EXPRESS machines.
    pub async fn last_execution(
        &self,
        machine_arn: &str,
    ) -> Result<Option<ExecutionItem>, AwsError> {
        let of = ExecutionsOf::StateMachine(machine_arn.to_owned());
        match self.executions_by(&of, None, 1).next_page().await {
            Some(page) => Ok(page?.into_iter().next()),
            None => Ok(None),
        }
    }

    fn executions_by(
        &self,
        of: &ExecutionsOf,
        status: Option<Status>,
        page: i32,
    ) -> Pages<ExecutionItem> {
        let status = status.map(|it| types::ExecutionStatus::from(it.as_str()));
        let about = (of.clone(), status);
        Pages::about(self, about, move |session, (of, status), token| async move {
            let request = session.sfn.list_executions();
            let request = match of {
                ExecutionsOf::StateMachine(arn) => request.state_machine_arn(arn),
                ExecutionsOf::MapRun(arn) => request.map_run_arn(arn),
            };
            let request = request.set_status_filter(status).max_results(page);
            let send = || request.set_next_token(token).send();
            let answer = session.call(Api::ListExecutions, send).await?;
            Ok((answer.executions.into_iter().map(execution_item).collect(), answer.next_token))
        })
    }

    /// # Errors
    /// As any call.
    pub async fn execution(&self, arn: &str) -> Result<ExecutionDescription, AwsError> {
        let send = || self.sfn.describe_execution().execution_arn(arn).send();
        let answer = self.call(Api::DescribeExecution, send).await?;
        let redrive_status = match &answer.redrive_status {
            Some(types::ExecutionRedriveStatus::Redrivable) => RedriveStatus::Redrivable,
            Some(types::ExecutionRedriveStatus::RedrivableByMapRun) => {
                RedriveStatus::RedrivableByMapRun
            }
            Some(_) => RedriveStatus::NotRedrivable,
            None => RedriveStatus::Unsaid,
        };
        Ok(ExecutionDescription {
            redrive: Redrive {
                count: count(answer.redrive_count),
                last: answer.redrive_date.as_ref().map(millis),
                status: redrive_status,
                reason: answer.redrive_status_reason,
            },
            status: Status::parse(answer.status.as_str()),
            started: millis(&answer.start_date),
            stopped: answer.stop_date.as_ref().map(millis),
            name: answer.name.unwrap_or_default(),
            arn: answer.execution_arn,
            state_machine_arn: answer.state_machine_arn,
            version_arn: answer.state_machine_version_arn,
            alias_arn: answer.state_machine_alias_arn,
            map_run_arn: answer.map_run_arn,
            input: answer.input,
            output: answer.output,
            error: answer.error,
            cause: answer.cause,
        })
    }

    /// The Map Runs that an execution started.
    pub fn map_runs(&self, execution_arn: &str) -> Pages<MapRunItem> {
        Pages::about(self, execution_arn.to_owned(), |session, arn, token| async move {
            let request = session.sfn.list_map_runs().execution_arn(arn).max_results(PAGE);
            let send = || request.set_next_token(token).send();
            let answer = session.call(Api::ListMapRuns, send).await?;
            let items = answer.map_runs.into_iter().map(|it| MapRunItem {
                started: millis(&it.start_date),
                stopped: millis_of(it.stop_date.as_ref()),
                arn: it.map_run_arn,
                execution_arn: it.execution_arn,
            });
            Ok((items.collect(), answer.next_token))
        })
    }

    /// # Errors
    /// As any call.
    pub async fn map_run(&self, arn: &str) -> Result<MapRunDescription, AwsError> {
        let send = || self.sfn.describe_map_run().map_run_arn(arn).send();
        let answer = self.call(Api::DescribeMapRun, send).await?;
        Ok(MapRunDescription {
            status: Status::parse(answer.status.as_str()),
            started: millis(&answer.start_date),
            stopped: millis_of(answer.stop_date.as_ref()),
            max_concurrency: count(Some(answer.max_concurrency)),
            tolerated_failure_count: u64::try_from(answer.tolerated_failure_count).unwrap_or(0),
            tolerated_failure_percentage: answer.tolerated_failure_percentage,
            items: answer.item_counts.as_ref().map(item_counts).unwrap_or_default(),
            executions: answer.execution_counts.as_ref().map(execution_counts).unwrap_or_default(),
            redrive_count: count(answer.redrive_count),
            redriven: millis_of(answer.redrive_date.as_ref()),
            arn: answer.map_run_arn,
            execution_arn: answer.execution_arn,
        })
    }
}

fn execution_item(item: types::ExecutionListItem) -> ExecutionItem {
    ExecutionItem {
        status: Status::parse(item.status.as_str()),
        started: millis(&item.start_date),
        stopped: millis_of(item.stop_date.as_ref()),
        redrive_count: count(item.redrive_count),
        redriven: millis_of(item.redrive_date.as_ref()),
        item_count: item.item_count.and_then(|it| u32::try_from(it).ok()),
        arn: item.execution_arn,
        name: item.name,
        version_arn: item.state_machine_version_arn,
        alias_arn: item.state_machine_alias_arn,
        map_run_arn: item.map_run_arn,
    }
}

fn count(number: Option<i32>) -> u32 {
    number.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}

fn item_counts(counts: &types::MapRunItemCounts) -> MapRunCounts {
    let number = |it: i64| u64::try_from(it).unwrap_or(0);
    MapRunCounts {
        pending: number(counts.pending),
        running: number(counts.running),
        succeeded: number(counts.succeeded),
        failed: number(counts.failed),
        timed_out: number(counts.timed_out),
        aborted: number(counts.aborted),
        total: number(counts.total),
        results_written: number(counts.results_written),
        failures_not_redrivable: number(counts.failures_not_redrivable.unwrap_or(0)),
        pending_redrive: number(counts.pending_redrive.unwrap_or(0)),
    }
}

fn execution_counts(counts: &types::MapRunExecutionCounts) -> MapRunCounts {
    let number = |it: i64| u64::try_from(it).unwrap_or(0);
    MapRunCounts {
        pending: number(counts.pending),
        running: number(counts.running),
        succeeded: number(counts.succeeded),
        failed: number(counts.failed),
        timed_out: number(counts.timed_out),
        aborted: number(counts.aborted),
        total: number(counts.total),
        results_written: number(counts.results_written),
        failures_not_redrivable: number(counts.failures_not_redrivable.unwrap_or(0)),
        pending_redrive: number(counts.pending_redrive.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_what_it_writes() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), status);
        }
        assert_eq!(Status::parse("NEW_IN_2030"), Status::Unknown);
    }
}
