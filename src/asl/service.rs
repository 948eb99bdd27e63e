//! The optimised service integrations of Step Functions: which actions each has, and how they may be waited for.
//!
//! From the pages of the developer guide on each service (`connect-…`); `aws-sdk:` integrations are not listed there.

use super::IntegrationPattern;

/// Whether an optimised integration exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Yes,
    /// The service has optimised integrations, but not this one.
    No,
    /// Not even the service is known here; AWS adds some every year.
    Service,
}

struct Service {
    name: &'static str,
    /// Actions that can only be called.
    call: &'static [&'static str],
    /// Actions that `.sync` can wait for.
    sync: &'static [&'static str],
    /// Whether `.sync:2` exists beside `.sync`.
    sync2: bool,
    /// Actions that take `.waitForTaskToken`.
    token: &'static [&'static str],
}

const SERVICES: &[Service] = &[
    Service { name: "apigateway", call: &["invoke"], sync: &[], sync2: false, token: &["invoke"] },
    Service {
        name: "athena",
        call: &["stopQueryExecution", "getQueryExecution", "getQueryResults"],
        sync: &["startQueryExecution"],
        sync2: false,
        token: &[],
    },
    Service { name: "batch", call: &[], sync: &["submitJob"], sync2: false, token: &[] },
    Service {
        name: "bedrock",
        call: &["invokeModel"],
        sync: &["createModelCustomizationJob"],
        sync2: false,
        token: &["invokeModel", "createModelCustomizationJob"],
    },
    Service {
        name: "codebuild",
        call: &[
            "stopBuild",
            "batchDeleteBuilds",
            "batchGetReports",
            "stopBuildBatch",
            "deleteBuildBatch",
        ],
        sync: &["startBuild", "startBuildBatch", "retryBuild", "retryBuildBatch"],
        sync2: false,
        token: &[],
    },
    Service { name: "databrew", call: &[], sync: &["startJobRun"], sync2: false, token: &[] },
    Service {
        name: "dynamodb",
        call: &["getItem", "putItem", "deleteItem", "updateItem"],
        sync: &[],
        sync2: false,
        token: &[],
    },
    Service { name: "ecs", call: &[], sync: &["runTask"], sync2: false, token: &["runTask"] },
    Service {
        name: "eks",
        call: &["call"],
        sync: &[
            "createCluster",
            "deleteCluster",
            "createFargateProfile",
            "deleteFargateProfile",
            "createNodegroup",
            "deleteNodegroup",
            "runJob",
        ],
        sync2: false,
        token: &["call", "runJob"],
    },
    Service {
        name: "elasticmapreduce",
        call: &[
            "cancelStep",
            "setClusterTerminationProtection",
            "modifyInstanceFleetByName",
            "modifyInstanceGroupByName",
        ],
        sync: &["createCluster", "terminateCluster", "addStep"],
        sync2: false,
        token: &[],
    },
    Service {
        name: "emr-containers",
        call: &["createVirtualCluster"],
        sync: &["deleteVirtualCluster", "startJobRun"],
        sync2: false,
        token: &[],
    },
    Service {
        name: "emr-serverless",
        call: &[],
        sync: &[
            "createApplication",
            "startApplication",
            "stopApplication",
            "deleteApplication",
            "startJobRun",
            "cancelJobRun",
        ],
        sync2: false,
        token: &[],
    },
    Service {
        name: "events",
        call: &["putEvents"],
        sync: &[],
        sync2: false,
        token: &["putEvents"],
    },
    Service { name: "glue", call: &[], sync: &["startJobRun"], sync2: false, token: &[] },
    Service { name: "http", call: &["invoke"], sync: &[], sync2: false, token: &[] },
    Service { name: "lambda", call: &["invoke"], sync: &[], sync2: false, token: &["invoke"] },
    Service { name: "mediaconvert", call: &[], sync: &["createJob"], sync2: false, token: &[] },
    Service {
        name: "sagemaker",
        call: &["createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"],
        sync: &[
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
        ],
        sync2: false,
        token: &[],
    },
    Service { name: "sns", call: &["publish"], sync: &[], sync2: false, token: &["publish"] },
    Service {
        name: "sqs",
        call: &["sendMessage"],
        sync: &[],
        sync2: false,
        token: &["sendMessage"],
    },
    Service {
        name: "states",
        call: &[],
        sync: &["startExecution"],
        sync2: true,
        token: &["startExecution"],
    },
];

fn find(service: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|known| known.name == service)
}

/// Whether `arn:aws:states:::service:action` with this pattern exists.
pub fn knows(service: &str, action: &str, pattern: IntegrationPattern) -> Known {
    let Some(service) = find(service) else { return Known::Service };
    let exists = match pattern {
        IntegrationPattern::RequestResponse => {
            service.call.contains(&action) || service.sync.contains(&action)
        }
        IntegrationPattern::Sync => service.sync.contains(&action),
        IntegrationPattern::Sync2 => service.sync2 && service.sync.contains(&action),
        IntegrationPattern::WaitForTaskToken => service.token.contains(&action),
    };
    if exists { Known::Yes } else { Known::No }
}

/// The members that the result of a request-response call may have, where the page on the service says them all.
pub fn result_members(service: &str, action: &str) -> Option<&'static [&'static str]> {
    Some(match (service, action) {
        ("lambda", "invoke") => &[
            "ExecutedVersion",
            "FunctionError",
            "LogResult",
            "Payload",
            "SdkHttpMetadata",
            "SdkResponseMetadata",
            "StatusCode",
        ],
        ("dynamodb", "getItem") => {
            &["ConsumedCapacity", "Item", "SdkHttpMetadata", "SdkResponseMetadata"]
        }
        ("dynamodb", "putItem" | "updateItem" | "deleteItem") => &[
            "Attributes",
            "ConsumedCapacity",
            "ItemCollectionMetrics",
            "SdkHttpMetadata",
            "SdkResponseMetadata",
        ],
        ("sns", "publish") => {
            &["MessageId", "SdkHttpMetadata", "SdkResponseMetadata", "SequenceNumber"]
        }
        ("sqs", "sendMessage") => &[
            "MD5OfMessageAttributes",
            "MD5OfMessageBody",
            "MD5OfMessageSystemAttributes",
            "MessageId",
            "SdkHttpMetadata",
            "SdkResponseMetadata",
            "SequenceNumber",
        ],
        ("states", "startExecution") => {
            &["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]
        }
        _ => return None,
    })
}

/// What to write instead of an integration that does not exist.
pub fn instead(service: &str, action: &str) -> String {
    match find(service) {
        Some(known) if known.call.contains(&action) || known.sync.contains(&action) => {
            format!("{service}:{action} exists, but not with this suffix")
        }
        Some(_) | None => format!("Use arn:aws:states:::aws-sdk:{service}:{action}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrations_are_told_apart_by_action_and_pattern() {
        use IntegrationPattern::{RequestResponse, Sync, Sync2, WaitForTaskToken};
        for (service, action, pattern, known) in [
            ("dynamodb", "getItem", RequestResponse, Known::Yes),
            ("dynamodb", "query", RequestResponse, Known::No),
            ("dynamodb", "getItem", Sync, Known::No),
            ("states", "startExecution", Sync2, Known::Yes),
            ("ecs", "runTask", Sync, Known::Yes),
            ("ecs", "runTask", WaitForTaskToken, Known::Yes),
            ("quantum", "run", RequestResponse, Known::Service),
        ] {
            assert_eq!(knows(service, action, pattern), known, "{service}:{action}");
        }
    }
}
