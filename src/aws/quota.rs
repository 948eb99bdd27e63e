//! Keeping within AWS's quotas: a token bucket per API, shared by everything that a session asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The calls that are made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Api {
    GetCallerIdentity,
    AssumeRole,
    ListStateMachines,
    DescribeStateMachine,
    DescribeStateMachineForExecution,
    ListStateMachineVersions,
    ListStateMachineAliases,
    DescribeStateMachineAlias,
    ListTagsForResource,
    ListExecutions,
    DescribeExecution,
    GetExecutionHistory,
    ListMapRuns,
    DescribeMapRun,
    StartExecution,
    StopExecution,
    RedriveExecution,
    UpdateStateMachine,
    ValidateStateMachineDefinition,
    TestState,
    FilterLogEvents,
    GetLogEvents,
    GetFunctionConfiguration,
    GetRestApis,
    GetResources,
    GetStages,
    TestInvokeMethod,
}

impl Api {
    /// As AWS writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::ListStateMachines => "ListStateMachines",
            Self::DescribeStateMachine => "DescribeStateMachine",
            Self::DescribeStateMachineForExecution => "DescribeStateMachineForExecution",
            Self::ListStateMachineVersions => "ListStateMachineVersions",
            Self::ListStateMachineAliases => "ListStateMachineAliases",
            Self::DescribeStateMachineAlias => "DescribeStateMachineAlias",
            Self::ListTagsForResource => "ListTagsForResource",
            Self::ListExecutions => "ListExecutions",
            Self::DescribeExecution => "DescribeExecution",
            Self::GetExecutionHistory => "GetExecutionHistory",
            Self::ListMapRuns => "ListMapRuns",
            Self::DescribeMapRun => "DescribeMapRun",
            Self::StartExecution => "StartExecution",
            Self::StopExecution => "StopExecution",
            Self::RedriveExecution => "RedriveExecution",
            Self::UpdateStateMachine => "UpdateStateMachine",
            Self::ValidateStateMachineDefinition => "ValidateStateMachineDefinition",
            Self::TestState => "TestState",
            Self::FilterLogEvents => "FilterLogEvents",
            Self::GetLogEvents => "GetLogEvents",
            Self::GetFunctionConfiguration => "GetFunctionConfiguration",
            Self::GetRestApis => "GetRestApis",
            Self::GetResources => "GetResources",
            Self::GetStages => "GetStages",
            Self::TestInvokeMethod => "TestInvokeMethod",
        }
    }

    /// Bucket size and refill per second.
    ///
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>, "Quotas related to API action throttling". The
    /// regions us-east-1, us-west-2 and eu-west-1 have more. The calls on versions and aliases are not in that table; they get
    /// what its smallest rows get.
    fn quota(self, large_region: bool) -> (u32, u32) {
        let of = |large, other| if large_region { large } else { other };
        match self {
            // STS's quota is 600 a second, for everything an account asks of it.
            Self::GetCallerIdentity | Self::AssumeRole => (100, 10),
            Self::ListStateMachines | Self::ListStateMachineVersions => (100, 5),
            Self::DescribeStateMachine => (200, 20),
            Self::DescribeStateMachineForExecution | Self::DescribeMapRun => (200, 1),
            Self::ListStateMachineAliases
            | Self::DescribeStateMachineAlias
            | Self::ListTagsForResource
            | Self::ListMapRuns
            | Self::UpdateStateMachine
            | Self::ValidateStateMachineDefinition => (100, 1),
            Self::ListExecutions => of((200, 5), (100, 2)),
            Self::DescribeExecution => of((300, 15), (250, 10)),
            Self::GetExecutionHistory => (400, 20),
            Self::StartExecution | Self::RedriveExecution => of((1300, 300), (800, 150)),
            Self::StopExecution => of((1000, 200), (500, 25)),
            Self::TestState => (50, 10),
            // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>, of the smaller regions.
            Self::FilterLogEvents => (5, 5),
            Self::GetLogEvents => (10, 10),
            // <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>: 15 a second over all reading calls.
            Self::GetFunctionConfiguration => (15, 15),
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>: 10 a second over all calls.
            Self::GetRestApis | Self::GetStages | Self::TestInvokeMethod => (10, 3),
            Self::GetResources => (5, 2),
        }
    }
}

/// Tokens of one API. Time is told to it.
#[derive(Clone, Copy, Debug)]
struct TokenBucket {
    size: f64,
    refill_per_second: f64,
    /// Below zero when calls wait for tokens that are yet to come.
    tokens: f64,
    refilled_at: Duration,
}

impl TokenBucket {
    fn full((size, refill): (u32, u32), now: Duration) -> Self {
        let size = f64::from(size);
        Self { size, refill_per_second: f64::from(refill), tokens: size, refilled_at: now }
    }

    /// Takes a token, and says how long to wait before it is there.
    fn take(&mut self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.refilled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.refill_per_second).min(self.size);
        self.refilled_at = self.refilled_at.max(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64(-self.tokens / self.refill_per_second)
    }
}

/// The buckets of one account and region.
#[derive(Debug)]
pub(super) struct Limiter {
    large_region: bool,
    buckets: Mutex<BTreeMap<Api, TokenBucket>>,
}

impl Limiter {
    pub(super) fn of_region(region: &str) -> Self {
        Self {
            large_region: matches!(region, "us-east-1" | "us-west-2" | "eu-west-1"),
            buckets: Mutex::default(),
        }
    }

    /// How long to wait before a call may be sent; `now` counts from any one instant.
    pub(super) fn take(&self, api: Api, now: Duration) -> Duration {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || TokenBucket::full(api.quota(self.large_region), now);
        buckets.entry(api).or_insert_with(full).take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_is_spent_at_once_and_then_refills_as_aws_refills_it() {
        let limiter = Limiter::of_region("eu-central-1");
        let at = Duration::from_secs(10);
        for _ in 0..100 {
            assert_eq!(limiter.take(Api::ListExecutions, at), Duration::ZERO);
        }
        assert_eq!(limiter.take(Api::ListExecutions, at), Duration::from_millis(500));
        assert_eq!(limiter.take(Api::ListExecutions, at), Duration::from_millis(1000));
        // Two tokens were owed; three seconds bring six.
        let later = Duration::from_secs(13);
        for _ in 0..4 {
            assert_eq!(limiter.take(Api::ListExecutions, later), Duration::ZERO);
        }
        assert!(limiter.take(Api::ListExecutions, later) > Duration::ZERO);
    }

    #[test]
    fn large_regions_have_more_and_calls_do_not_share_a_bucket() {
        let limiter = Limiter::of_region("us-east-1");
        for _ in 0..200 {
            assert_eq!(limiter.take(Api::ListExecutions, Duration::ZERO), Duration::ZERO);
        }
        assert_eq!(limiter.take(Api::ListExecutions, Duration::ZERO), Duration::from_millis(200));
        assert_eq!(limiter.take(Api::DescribeExecution, Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_goes_backwards_gives_no_tokens() {
        let limiter = Limiter::of_region("eu-central-1");
        for _ in 0..100 {
            limiter.take(Api::ListMapRuns, Duration::from_secs(9));
        }
        assert_eq!(limiter.take(Api::ListMapRuns, Duration::from_secs(1)), Duration::from_secs(1));
    }

    #[test]
    fn a_whole_history_of_25_000_events_fits_into_one_bucket() {
        let limiter = Limiter::of_region("eu-central-1");
        for _ in 0..26 {
            assert_eq!(limiter.take(Api::GetExecutionHistory, Duration::ZERO), Duration::ZERO);
        }
    }
}
