//! The Task state and the resource it names.

use std::sync::Arc;

use super::{Field, ResultPath, Template};
use crate::json::document::Span;

#[derive(Clone, Debug)]
pub struct Task {
    pub resource: ResourceArn,
    pub resource_span: Span,
    /// `Parameters`; JSONPath only.
    pub parameters: Option<Template>,
    /// `Arguments`; JSONata only.
    pub arguments: Option<Template>,
    pub credentials: Option<Template>,
    /// JSONPath only.
    pub result_selector: Option<Template>,
    pub result_path: Option<ResultPath>,
    /// Seconds.
    pub timeout_seconds: Option<Field<u64>>,
    /// Seconds.
    pub heartbeat_seconds: Option<Field<u64>>,
}

/// The `Resource` of a Task, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceArn {
    /// As written.
    pub text: Arc<str>,
    pub kind: ResourceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// `arn:aws:lambda:…:function:name`: the legacy form, with `LambdaFunction…` events.
    LambdaFunction { function: Arc<str> },
    /// `arn:aws:states:<region>:<account>:activity:name`.
    Activity { name: Arc<str> },
    /// `arn:aws:states:::service:action[.pattern]`, an optimised integration or the HTTP task.
    Optimised { service: Arc<str>, action: Arc<str>, pattern: IntegrationPattern },
    /// `arn:aws:states:::aws-sdk:service:action[.waitForTaskToken]`.
    AwsSdk { service: Arc<str>, action: Arc<str>, pattern: IntegrationPattern },
    /// A `${placeholder}` or something that is no ARN of a Task.
    Other,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegrationPattern {
    #[default]
    RequestResponse,
    /// `.sync`
    Sync,
    /// `.sync:2`
    Sync2,
    /// `.waitForTaskToken`
    WaitForTaskToken,
}

impl IntegrationPattern {
    /// The suffix of the resource, dot included.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::Sync => ".sync",
            Self::Sync2 => ".sync:2",
            Self::WaitForTaskToken => ".waitForTaskToken",
        }
    }
}

impl ResourceArn {
    /// Takes an ARN apart; anything unknown is [`ResourceKind::Other`].
    pub fn parse(text: &str) -> Self {
        let kind = Self::kind_of(text).unwrap_or(ResourceKind::Other);
        Self { text: text.into(), kind }
    }

    fn kind_of(text: &str) -> Option<ResourceKind> {
        let mut parts = text.splitn(6, ':');
        let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, _account, rest) = (parts.next()?, parts.next()?, parts.next()?);
        match (arn, service) {
            ("arn", "lambda") => Some(ResourceKind::LambdaFunction {
                function: rest.strip_prefix("function:")?.into(),
            }),
            ("arn", "states") => Self::states_kind(rest),
            _ => None,
        }
    }

    fn states_kind(rest: &str) -> Option<ResourceKind> {
        if let Some(name) = rest.strip_prefix("activity:") {
            return Some(ResourceKind::Activity { name: name.into() });
        }
        let (rest, pattern) = [
            (".sync:2", IntegrationPattern::Sync2),
            (".sync", IntegrationPattern::Sync),
            (".waitForTaskToken", IntegrationPattern::WaitForTaskToken),
        ]
        .into_iter()
        .find_map(|(suffix, pattern)| Some((rest.strip_suffix(suffix)?, pattern)))
        .unwrap_or((rest, IntegrationPattern::RequestResponse));
        if let Some(sdk) = rest.strip_prefix("aws-sdk:") {
            let (service, action) = sdk.split_once(':')?;
            return Some(ResourceKind::AwsSdk {
                service: service.into(),
                action: action.into(),
                pattern,
            });
        }
        let (service, action) = rest.split_once(':')?;
        Some(ResourceKind::Optimised { service: service.into(), action: action.into(), pattern })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_taken_apart() {
        let of = |text: &str| ResourceArn::parse(text).kind;
        assert_eq!(
            of("arn:aws:states:::states:startExecution.sync:2"),
            ResourceKind::Optimised {
                service: "states".into(),
                action: "startExecution".into(),
                pattern: IntegrationPattern::Sync2
            }
        );
        assert_eq!(
            of("arn:aws:states:::aws-sdk:dynamodb:scan"),
            ResourceKind::AwsSdk {
                service: "dynamodb".into(),
                action: "scan".into(),
                pattern: IntegrationPattern::RequestResponse
            }
        );
        assert_eq!(
            of("arn:aws:lambda:us-east-1:111111111111:function:f:PROD"),
            ResourceKind::LambdaFunction { function: "f:PROD".into() }
        );
        assert_eq!(of("${Function}"), ResourceKind::Other);
    }
}
