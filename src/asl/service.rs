//! The optimised service integrations of Step Functions: which actions each has, how they may be waited for, what they take and
//! what they answer.
//!
//! From the pages of the developer guide on each service (`connect-…`); `aws-sdk:` integrations are in `super::api`.

use super::IntegrationPattern;
use super::api::{self, Need};
use super::similar::closest;

/// Whether an optimised integration exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Yes,
    /// It does, but not with this suffix.
    OtherPattern,
    /// It does, in other small and capital letters.
    Spelled {
        service: &'static str,
        action: &'static str,
    },
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
        name: "bedrockagentcore",
        call: &["invokeHarness"],
        sync: &[],
        sync2: false,
        token: &[],
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

impl Service {
    fn actions(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.call.iter().chain(self.sync).copied()
    }
}

/// Whether `arn:aws:states:::service:action` with this pattern exists.
pub fn knows(service: &str, action: &str, pattern: IntegrationPattern) -> Known {
    let Some(known) = SERVICES.iter().find(|known| known.name.eq_ignore_ascii_case(service)) else {
        return Known::Service;
    };
    let Some(name) = known.actions().find(|name| name.eq_ignore_ascii_case(action)) else {
        return Known::No;
    };
    if name != action || known.name != service {
        return Known::Spelled { service: known.name, action: name };
    }
    let exists = match pattern {
        IntegrationPattern::RequestResponse => true,
        IntegrationPattern::Sync => known.sync.contains(&action),
        IntegrationPattern::Sync2 => known.sync2 && known.sync.contains(&action),
        IntegrationPattern::WaitForTaskToken => known.token.contains(&action),
    };
    if exists { Known::Yes } else { Known::OtherPattern }
}

/// The suffixes that an integration may have, the empty one not said.
fn suffixes(service: &Service, action: &str) -> Vec<&'static str> {
    let of = |exists: bool, pattern: IntegrationPattern| exists.then_some(pattern.suffix());
    let syncs = service.sync.contains(&action);
    [
        of(syncs, IntegrationPattern::Sync),
        of(syncs && service.sync2, IntegrationPattern::Sync2),
        of(service.token.contains(&action), IntegrationPattern::WaitForTaskToken),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A parameter of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    /// As Step Functions spells it.
    pub(super) name: String,
    pub(super) need: Need,
}

/// What an optimised integration takes; `None` where it is not known for sure.
pub(super) fn parameters(service: &str, action: &str) -> Option<Vec<Parameter>> {
    if let Some((_, _, names)) = OWN.iter().find(|it| (it.0, it.1) == (service, action)) {
        return Some(
            names
                .split(' ')
                .map(|text| match text.strip_suffix('!') {
                    Some(name) => Parameter { name: name.to_owned(), need: Need::Required },
                    None => Parameter { name: text.to_owned(), need: Need::Optional },
                })
                .collect(),
        );
    }
    let api = match service {
        "apigateway" | "elasticmapreduce" | "http" => return None,
        "bedrock" if action == "invokeModel" => "bedrockruntime",
        other => sdk_service(other),
    };
    let members = api::service(api)?.call(action)?.members()?;
    let parameter = |it: api::Member| Parameter { name: api::first_upper(it.name), need: it.need };
    let mut parameters: Vec<Parameter> = members.map(parameter).collect();
    if (service, action) == ("bedrock", "invokeModel") {
        // Objects of S3 in place of the body and the answer.
        for name in ["Input", "Output"] {
            parameters.push(Parameter { name: name.to_owned(), need: Need::Optional });
        }
    }
    Some(parameters)
}

/// Integrations whose parameters are Step Functions' own, not those of an API.
const OWN: &[(&str, &str, &str)] = &[
    (
        "apigateway",
        "invoke",
        "ApiEndpoint! Method! Headers Stage Path QueryParameters RequestBody AllowNullValues AuthType",
    ),
    (
        "http",
        "invoke",
        "ApiEndpoint! Method! Authentication InvocationConfig Headers RequestBody QueryParameters Transform",
    ),
    ("elasticmapreduce", "addStep", "ClusterId! Step! ExecutionRoleArn"),
    ("elasticmapreduce", "cancelStep", "ClusterId! StepId!"),
    ("elasticmapreduce", "terminateCluster", "ClusterId!"),
    ("elasticmapreduce", "setClusterTerminationProtection", "ClusterId! TerminationProtected!"),
];

/// What AWS refuses to create a machine without; of other required parameters it is not known when they are missed. Measured with
/// `ValidateStateMachineDefinition`; `updateItem` and `deleteItem` have the model of `getItem`.
pub(super) fn refuses_without(service: &str, action: &str) -> &'static [&'static str] {
    match (service, action) {
        ("dynamodb", "getItem" | "updateItem" | "deleteItem") => &["TableName", "Key"],
        ("dynamodb", "putItem") => &["TableName", "Item"],
        ("ecs", "runTask") => &["TaskDefinition"],
        ("events", "putEvents") => &["Entries"],
        ("glue", "startJobRun") => &["JobName"],
        ("lambda", "invoke") => &["FunctionName"],
        ("sns", "publish") => &["Message"],
        ("sqs", "sendMessage") => &["QueueUrl", "MessageBody"],
        ("states", "startExecution") => &["StateMachineArn"],
        _ => &[],
    }
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
    let Some(known) = find(service) else {
        return format!("Use arn:aws:states:::aws-sdk:{service}:{action}");
    };
    if known.actions().any(|name| name == action) {
        return match suffixes(known, action)[..] {
            [] => format!("{service}:{action} takes no suffix"),
            [only] => format!("{service}:{action} takes no suffix but '{only}'"),
            ref some => {
                format!("{service}:{action} takes no suffix but '{}'", some.join("' and '"))
            }
        };
    }
    match closest(action, known.actions()) {
        Some(name) => format!("Did you mean {service}:{name}?"),
        None => format!("Use arn:aws:states:::aws-sdk:{}:{action}", sdk_service(service)),
    }
}

/// The service of an optimised integration that a misspelt name most likely means.
pub(super) fn closest_service(name: &str) -> Option<&'static str> {
    closest(name, SERVICES.iter().map(|service| service.name))
}

/// What `aws-sdk:` calls the service of an optimised integration.
fn sdk_service(service: &str) -> &str {
    match service {
        "elasticmapreduce" => "emr",
        "emr-containers" => "emrcontainers",
        "emr-serverless" => "emrserverless",
        "events" => "eventbridge",
        "states" => "sfn",
        other => other,
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
            ("dynamodb", "getItem", Sync, Known::OtherPattern),
            ("dynamodb", "getItem", WaitForTaskToken, Known::OtherPattern),
            ("lambda", "invoke", Sync, Known::OtherPattern),
            ("glue", "startJobRun", Sync2, Known::OtherPattern),
            (
                "SQS",
                "SendMessage",
                RequestResponse,
                Known::Spelled { service: "sqs", action: "sendMessage" },
            ),
            ("states", "startExecution", Sync2, Known::Yes),
            ("ecs", "runTask", Sync, Known::Yes),
            ("ecs", "runTask", WaitForTaskToken, Known::Yes),
            ("quantum", "run", RequestResponse, Known::Service),
        ] {
            assert_eq!(knows(service, action, pattern), known, "{service}:{action}");
        }
    }
    #[test]
    fn what_to_write_instead_is_said() {
        for (service, action, remedy) in [
            ("lambda", "invoke", "lambda:invoke takes no suffix but '.waitForTaskToken'"),
            ("dynamodb", "getItem", "dynamodb:getItem takes no suffix"),
            (
                "states",
                "startExecution",
                "states:startExecution takes no suffix but '.sync' and '.sync:2' and '.waitForTaskToken'",
            ),
            ("dynamodb", "getItems", "Did you mean dynamodb:getItem?"),
            ("events", "listRules", "Use arn:aws:states:::aws-sdk:eventbridge:listRules"),
        ] {
            assert_eq!(instead(service, action), remedy);
        }
    }

    #[test]
    fn every_integration_s_parameters_are_known_or_left_alone() {
        let required = |service: &str, action: &str| -> Vec<String> {
            let all = parameters(service, action).unwrap_or_default();
            all.into_iter().filter(|it| it.need == Need::Required).map(|it| it.name).collect()
        };
        assert_eq!(required("states", "startExecution"), ["StateMachineArn"]);
        assert_eq!(required("batch", "submitJob"), ["JobName", "JobQueue", "JobDefinition"]);
        assert_eq!(
            required("emr-serverless", "startJobRun"),
            ["ApplicationId", "ExecutionRoleArn"]
        );
        assert_eq!(required("bedrock", "invokeModel"), ["ModelId"]);
        assert_eq!(required("http", "invoke"), ["ApiEndpoint", "Method"]);
        let unknown: Vec<String> = SERVICES
            .iter()
            .flat_map(|service| service.actions().map(move |action| (service.name, action)))
            .filter(|(service, action)| parameters(service, action).is_none())
            .map(|(service, action)| format!("{service}:{action}"))
            .collect();
        // Step Functions' own actions, whose parameters are those of no API.
        assert_eq!(
            unknown,
            [
                "eks:call",
                "eks:runJob",
                "elasticmapreduce:modifyInstanceFleetByName",
                "elasticmapreduce:modifyInstanceGroupByName",
                "elasticmapreduce:createCluster",
            ]
        );
        for service in SERVICES {
            for action in service.actions() {
                for name in refuses_without(service.name, action) {
                    assert!(required(service.name, action).iter().any(|it| it == name), "{action}");
                }
            }
        }
    }
}
