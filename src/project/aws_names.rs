//! The ARNs and names that AWS gives to resources of known types, for references between the resources of a template.
//!
//! A type that is not listed here has no answer: its references stay visible as placeholders.

use super::definition::{ACCOUNT, REGION};

/// What `Ref` gives in `CloudFormation`, and `.id` in Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Name,
    Arn,
    /// `https://sqs.…`
    QueueUrl,
}

/// A resource type in both languages.
struct Known {
    cloudformation: &'static [&'static str],
    terraform: &'static str,
    /// The property that holds the physical name, in `CloudFormation` and in Terraform.
    name: (&'static str, &'static str),
    /// After `arn:aws:`; `R` region, `A` account, `N` the name.
    arn: &'static str,
    reference: Identity,
    id: Identity,
}

const fn known(
    cloudformation: &'static [&'static str],
    terraform: &'static str,
    name: (&'static str, &'static str),
    arn: &'static str,
    reference: Identity,
    id: Identity,
) -> Known {
    Known { cloudformation, terraform, name, arn, reference, id }
}

use Identity::{Arn, Name, QueueUrl};

const KNOWN: &[Known] = &[
    known(
        &["AWS::Lambda::Function", "AWS::Serverless::Function"],
        "aws_lambda_function",
        ("FunctionName", "function_name"),
        "lambda:R:A:function:N",
        Name,
        Name,
    ),
    known(
        &["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"],
        "aws_sfn_state_machine",
        ("StateMachineName", "name"),
        "states:R:A:stateMachine:N",
        Arn,
        Arn,
    ),
    known(
        &["AWS::StepFunctions::Activity"],
        "aws_sfn_activity",
        ("Name", "name"),
        "states:R:A:activity:N",
        Arn,
        Arn,
    ),
    known(
        &["AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable", "AWS::DynamoDB::GlobalTable"],
        "aws_dynamodb_table",
        ("TableName", "name"),
        "dynamodb:R:A:table/N",
        Name,
        Name,
    ),
    known(&["AWS::SNS::Topic"], "aws_sns_topic", ("TopicName", "name"), "sns:R:A:N", Arn, Arn),
    known(
        &["AWS::SQS::Queue"],
        "aws_sqs_queue",
        ("QueueName", "name"),
        "sqs:R:A:N",
        QueueUrl,
        QueueUrl,
    ),
    known(&["AWS::S3::Bucket"], "aws_s3_bucket", ("BucketName", "bucket"), "s3:::N", Name, Name),
    known(&["AWS::IAM::Role"], "aws_iam_role", ("RoleName", "name"), "iam::A:role/N", Name, Name),
    known(
        &["AWS::Events::EventBus"],
        "aws_cloudwatch_event_bus",
        ("Name", "name"),
        "events:R:A:event-bus/N",
        Name,
        Name,
    ),
    known(
        &["AWS::ECS::Cluster"],
        "aws_ecs_cluster",
        ("ClusterName", "name"),
        "ecs:R:A:cluster/N",
        Name,
        Arn,
    ),
    known(
        &["AWS::ECS::TaskDefinition"],
        "aws_ecs_task_definition",
        ("Family", "family"),
        "ecs:R:A:task-definition/N:1",
        Arn,
        Name,
    ),
    known(
        &["AWS::Logs::LogGroup"],
        "aws_cloudwatch_log_group",
        ("LogGroupName", "name"),
        "logs:R:A:log-group:N",
        Name,
        Name,
    ),
    known(
        &["AWS::Batch::JobQueue"],
        "aws_batch_job_queue",
        ("JobQueueName", "name"),
        "batch:R:A:job-queue/N",
        Arn,
        Arn,
    ),
    known(
        &["AWS::Batch::JobDefinition"],
        "aws_batch_job_definition",
        ("JobDefinitionName", "name"),
        "batch:R:A:job-definition/N:1",
        Arn,
        Arn,
    ),
    known(&["AWS::Glue::Job"], "aws_glue_job", ("Name", "name"), "glue:R:A:job/N", Name, Name),
    known(
        &["AWS::Kinesis::Stream"],
        "aws_kinesis_stream",
        ("Name", "name"),
        "kinesis:R:A:stream/N",
        Name,
        Arn,
    ),
    known(
        &["AWS::CodeBuild::Project"],
        "aws_codebuild_project",
        ("Name", "name"),
        "codebuild:R:A:project/N",
        Name,
        Arn,
    ),
    known(
        &["AWS::Athena::WorkGroup"],
        "aws_athena_workgroup",
        ("Name", "name"),
        "athena:R:A:workgroup/N",
        Name,
        Name,
    ),
];

fn of_cloudformation(kind: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.cloudformation.contains(&kind))
}

fn of_terraform(kind: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.terraform == kind)
}

impl Known {
    fn arn(&self, name: &str) -> String {
        let parts = self.arn.split_inclusive([':', '/']).map(|part| {
            match part.trim_end_matches([':', '/']) {
                "R" => part.replace('R', REGION),
                "A" => part.replace('A', ACCOUNT),
                "N" => part.replace('N', name),
                _ => part.to_owned(),
            }
        });
        format!("arn:aws:{}", parts.collect::<String>())
    }

    fn identity(&self, identity: Identity, name: &str) -> String {
        match identity {
            Identity::Name => name.to_owned(),
            Identity::Arn => self.arn(name),
            Identity::QueueUrl => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
        }
    }
}

/// The property in which a template says the physical name.
pub(super) fn cloudformation_name_property(kind: &str) -> Option<&'static str> {
    of_cloudformation(kind).map(|known| known.name.0)
}

/// The argument in which a Terraform resource says its physical name.
pub(super) fn terraform_name_argument(kind: &str) -> Option<&'static str> {
    of_terraform(kind).map(|known| known.name.1)
}

/// `!Ref` of a resource with this physical name.
pub(super) fn cloudformation_reference(kind: &str, name: &str) -> Option<String> {
    of_cloudformation(kind).map(|known| known.identity(known.reference, name))
}

/// `!GetAtt` of a resource with this physical name.
pub(super) fn cloudformation_attribute(kind: &str, name: &str, attribute: &str) -> Option<String> {
    let known = of_cloudformation(kind)?;
    match attribute {
        "Arn" if known.terraform == "aws_cloudwatch_log_group" => {
            Some(format!("{}:*", known.arn(name)))
        }
        "Arn" | "TopicArn" => Some(known.arn(name)),
        "Name" | "TopicName" | "QueueName" => Some(name.to_owned()),
        "QueueUrl" => Some(known.identity(Identity::QueueUrl, name)),
        _ => None,
    }
}

/// An attribute that AWS decides, of a Terraform resource with this physical name.
pub(super) fn terraform_attribute(kind: &str, name: &str, attribute: &str) -> Option<String> {
    let known = of_terraform(kind)?;
    match attribute {
        "arn" => Some(known.arn(name)),
        "id" => Some(known.identity(known.id, name)),
        "url" if known.id == Identity::QueueUrl => Some(known.identity(Identity::QueueUrl, name)),
        "qualified_arn" => Some(format!("{}:$LATEST", known.arn(name))),
        "invoke_arn" if kind == "aws_lambda_function" => Some(format!(
            "arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{}/invocations",
            known.arn(name)
        )),
        _ => None,
    }
}

/// Ten characters as API Gateway makes ids of, derived from what is named, so that references meet.
pub(super) fn derived_id(address: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // FNV-1a: stable across platforms and releases, which the standard hasher does not promise.
    let mut hash = address.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut id = String::with_capacity(10);
    for _ in 0..10 {
        id.push(char::from(ALPHABET[(hash % 36) as usize]));
        hash /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_what_aws_makes_of_them() {
        assert_eq!(
            cloudformation_reference("AWS::SQS::Queue", "jobs").as_deref(),
            Some("https://sqs.us-east-1.amazonaws.com/123456789012/jobs")
        );
        assert_eq!(
            terraform_attribute("aws_lambda_function", "RunA", "arn").as_deref(),
            Some("arn:aws:lambda:us-east-1:123456789012:function:RunA")
        );
        assert_eq!(
            terraform_attribute("aws_s3_bucket", "b", "arn").as_deref(),
            Some("arn:aws:s3:::b")
        );
        assert_eq!(
            cloudformation_attribute("AWS::DynamoDB::Table", "T", "StreamArn"),
            None,
            "nobody can know"
        );
        assert_eq!(terraform_attribute("aws_vpc", "v", "id"), None);
    }
}
