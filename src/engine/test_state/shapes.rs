//! The shapes of what services answer, and whether a mocked result has them.
//!
//! The table holds the API models of the services that workflows call most, as they were when AWS began to check mocks. A
//! service that is not in it is not checked, and neither is what no service of AWS answers: an HTTP Task, a callback, an
//! activity.

use crate::asl::api::{first_upper, sdk_name};
use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, ResourceArn};
use crate::json::Value;

const TABLE: &str = include_str!("../../../assets/api-shapes.txt");

#[derive(Debug, PartialEq)]
enum Shape<'a> {
    Any,
    Text(Limits),
    /// Base64.
    Blob(Limits),
    Number(Limits),
    Bool,
    OneOf(Vec<&'a str>),
    List(Limits, Box<Self>),
    Map(Box<Self>),
    Structure(usize),
    /// A structure without members.
    Empty,
}

/// Of a length or a number, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Limits {
    least: Option<f64>,
    most: Option<f64>,
}

struct Member<'a> {
    name: &'a str,
    required: bool,
    shape: Shape<'a>,
}

/// One operation's output among the structures of its service.
struct Output<'a> {
    structures: Vec<&'a str>,
    root: usize,
    /// How Step Functions writes the API's names.
    case: fn(&str) -> String,
    /// Members of the root that Step Functions gives as JSON, whatever the API says.
    free: &'static [&'static str],
    strict: bool,
}

/// What is wrong with the result of a call, in AWS's words.
pub(super) fn check(resource: &ResourceArn, result: &Value, strict: bool) -> Result<(), String> {
    let Some(call) = Call::of(&resource.kind) else { return Ok(()) };
    let Some((structures, root)) = find(&call.service, &call.operation) else { return Ok(()) };
    let output = Output { structures, root, case: call.case, free: call.free, strict };
    output.structure(output.root, result, None)
}

/// The API call whose answer the task gets.
struct Call {
    service: String,
    operation: String,
    case: fn(&str) -> String,
    free: &'static [&'static str],
}

impl Call {
    fn of(kind: &ResourceKind) -> Option<Self> {
        match kind {
            // A callback may bring anything.
            ResourceKind::Optimised { pattern: IntegrationPattern::WaitForTaskToken, .. }
            | ResourceKind::AwsSdk { pattern: IntegrationPattern::WaitForTaskToken, .. }
            | ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => None,
            ResourceKind::AwsSdk { service, action, .. } => Some(Self {
                service: service.to_string(),
                operation: first_upper(action),
                case: sdk_name,
                free: &[],
            }),
            ResourceKind::Optimised { service, action, pattern } => {
                Self::optimised(service, action, *pattern)
            }
        }
    }

    fn optimised(service: &str, action: &str, pattern: IntegrationPattern) -> Option<Self> {
        let waits = pattern != IntegrationPattern::RequestResponse;
        let name = match service {
            "apigateway" | "http" => return None,
            "states" => "sfn",
            "events" => "eventbridge",
            "elasticmapreduce" => "emr",
            "bedrock" if action == "invokeModel" => "bedrockruntime",
            other => other,
        };
        let free: &[&str] = match (service, action, pattern) {
            ("lambda", "invoke", _) => &["Payload"],
            ("bedrock", "invokeModel", _) => &["Body"],
            ("states", _, IntegrationPattern::Sync2) => &["Input", "Output"],
            _ => &[],
        };
        let operation =
            if waits { polled(service, action)?.to_owned() } else { first_upper(action) };
        Some(Self { service: name.replace('-', ""), operation, case: first_upper, free })
    }
}

/// What Step Functions asks until the job is done: a `.sync` task gets that answer.
fn polled(service: &str, action: &str) -> Option<&'static str> {
    Some(match (service, action) {
        ("states", "startExecution") => "DescribeExecution",
        ("athena", "startQueryExecution") => "GetQueryExecution",
        ("batch", "submitJob") => "DescribeJobs",
        ("bedrock", "createModelCustomizationJob") => "GetModelCustomizationJob",
        ("codebuild", "startBuild" | "retryBuild") => "BatchGetBuilds",
        ("codebuild", "startBuildBatch" | "retryBuildBatch") => "BatchGetBuildBatches",
        ("databrew" | "emr-containers", "startJobRun") => "DescribeJobRun",
        ("ecs", "runTask") => "DescribeTasks",
        ("eks" | "elasticmapreduce", "createCluster") => "DescribeCluster",
        ("eks", "createNodegroup") => "DescribeNodegroup",
        ("eks", "createFargateProfile") => "DescribeFargateProfile",
        ("elasticmapreduce", "addStep") => "DescribeStep",
        ("glue" | "emr-serverless", "startJobRun") => "GetJobRun",
        ("mediaconvert", "createJob") => "GetJob",
        ("sagemaker", "createHyperParameterTuningJob") => "DescribeHyperParameterTuningJob",
        ("sagemaker", "createLabelingJob") => "DescribeLabelingJob",
        ("sagemaker", "createProcessingJob") => "DescribeProcessingJob",
        ("sagemaker", "createTrainingJob") => "DescribeTrainingJob",
        ("sagemaker", "createTransformJob") => "DescribeTransformJob",
        _ => return None,
    })
}

/// The structures of a service, and which of them an operation answers.
fn find(service: &str, operation: &str) -> Option<(Vec<&'static str>, usize)> {
    let service = service.to_ascii_lowercase();
    let from = TABLE.find(&format!("\n@{service}\n"))? + service.len() + 3;
    let section = TABLE[from..].split("\n@").next()?;
    let (operations, structures) = section.split_once("\n\n")?;
    let root =
        operations.lines().find_map(|line| line.strip_prefix(operation)?.strip_prefix(' '))?;
    Some((structures.lines().collect(), root.parse().ok()?))
}

impl Output<'_> {
    fn structure(&self, number: usize, value: &Value, field: Option<&str>) -> Result<(), String> {
        let Some(given) = value.as_object() else {
            return Err(match field {
                Some(field) => must_be(field, "an object"),
                None => "Mocked result must be a JSON object".to_owned(),
            });
        };
        let line = self.structures.get(number).copied().unwrap_or_default();
        for member in line.split('\t').filter_map(member) {
            let name = (self.case)(member.name);
            match given.get(&*name) {
                Some(Value::Null) | None if member.required && self.strict => {
                    return Err(format!("Required field '{name}' is missing"));
                }
                Some(Value::Null) | None => {}
                Some(_) if field.is_none() && self.free.contains(&&*name) => {}
                Some(value) => self.check(&member.shape, value, &name)?,
            }
        }
        Ok(())
    }

    fn check(&self, shape: &Shape<'_>, value: &Value, field: &str) -> Result<(), String> {
        match shape {
            Shape::Any => Ok(()),
            Shape::Text(limits) => {
                let text = value.as_str().ok_or_else(|| must_be(field, "a string"))?;
                limits.check_length(text.chars().count(), field)
            }
            Shape::Blob(limits) => {
                let text = value.as_str().ok_or_else(|| must_be(field, "a string"))?;
                // The limits are of bytes: three for each four letters.
                let bytes = text.trim_end_matches('=').len() * 3 / 4;
                limits.check_length(bytes, field)
            }
            Shape::Number(limits) => {
                let number = value.as_f64().ok_or_else(|| must_be(field, "a number"))?;
                limits.check_number(number, field)
            }
            Shape::Bool => value.as_bool().map(|_| ()).ok_or_else(|| must_be(field, "a boolean")),
            Shape::OneOf(known) => {
                let text = value.as_str().ok_or_else(|| must_be(field, "a string"))?;
                if known.contains(&text) {
                    return Ok(());
                }
                Err(format!("Field '{field}' is not an expected value"))
            }
            Shape::List(limits, item) => {
                let items = value.as_array().ok_or_else(|| must_be(field, "an array"))?;
                limits.check_length(items.len(), field)?;
                items.iter().try_for_each(|it| self.check(item, it, field))
            }
            Shape::Map(item) => {
                let members = value.as_object().ok_or_else(|| must_be(field, "an object"))?;
                members.values().try_for_each(|it| self.check(item, it, field))
            }
            Shape::Structure(number) => self.structure(*number, value, Some(field)),
            Shape::Empty => {
                value.as_object().map(|_| ()).ok_or_else(|| must_be(field, "an object"))
            }
        }
    }
}

fn must_be(field: &str, what: &str) -> String {
    format!("Field '{field}' must be {what}")
}

impl Limits {
    fn check_length(self, length: usize, field: &str) -> Result<(), String> {
        let length = length as f64;
        if self.least.is_some_and(|least| length < least) {
            return Err(format!("Field '{field}' is smaller than the minimum length"));
        }
        if self.most.is_some_and(|most| length > most) {
            return Err(format!("Field '{field}' exceeds the maximum length"));
        }
        Ok(())
    }

    fn check_number(self, number: f64, field: &str) -> Result<(), String> {
        if self.least.is_some_and(|least| number < least) {
            return Err(format!("Field '{field}' is less than the minimum value"));
        }
        if self.most.is_some_and(|most| number > most) {
            return Err(format!("Field '{field}' exceeds the maximum value"));
        }
        Ok(())
    }
}

/// `Name!:type`.
fn member(text: &str) -> Option<Member<'_>> {
    let (name, shape) = text.split_once(':')?;
    let required = name.ends_with('!');
    Some(Member { name: name.trim_end_matches('!'), required, shape: shape_of(shape)? })
}

fn shape_of(text: &str) -> Option<Shape<'_>> {
    let mut letters = text.chars();
    let kind = letters.next()?;
    let rest = letters.as_str();
    let inside = || {
        let (limits, item) = rest.split_once('[')?;
        Some((limits, Box::new(shape_of(item.strip_suffix(']')?)?)))
    };
    Some(match kind {
        's' => Shape::Text(limits(rest)?),
        'x' => Shape::Blob(limits(rest)?),
        'n' => Shape::Number(limits(rest)?),
        'b' => Shape::Bool,
        'e' => Shape::OneOf(rest.strip_prefix('(')?.strip_suffix(')')?.split('|').collect()),
        'l' => {
            let (length, item) = inside()?;
            Shape::List(limits(length)?, item)
        }
        'm' => Shape::Map(inside()?.1),
        '$' => Shape::Structure(rest.parse().ok()?),
        'o' => Shape::Empty,
        '*' => Shape::Any,
        _ => return None,
    })
}

/// `MIN..MAX`, either of which may be missing.
fn limits(text: &str) -> Option<Limits> {
    if text.is_empty() {
        return Some(Limits::default());
    }
    let (least, most) = text.split_once("..")?;
    let number = |it: &str| if it.is_empty() { Some(None) } else { it.parse().ok().map(Some) };
    Some(Limits { least: number(least)?, most: number(most)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(resource: &str, result: &str, strict: bool) -> Result<(), String> {
        let resource = ResourceArn::parse(&format!("arn:aws:states:::{resource}"));
        check(&resource, &Value::parse(result).expect("JSON"), strict)
    }

    #[test]
    fn every_line_of_the_table_can_be_read() {
        let sections = TABLE.split("\n@").skip(1);
        let mut structures = 0;
        for section in sections {
            let (operations, shapes) = section.split_once("\n\n").expect("operations, then shapes");
            let shapes: Vec<&str> = shapes.lines().filter(|it| !it.is_empty()).collect();
            for line in operations.lines().skip(1) {
                let (name, root) = line.split_once(' ').expect("a name and a number");
                let root: usize = root.parse().expect("a number");
                assert!(root < shapes.len(), "{name} {root} of {}", shapes.len());
            }
            for line in shapes {
                structures += 1;
                for text in line.split('\t') {
                    assert!(member(text).is_some(), "{text}");
                }
            }
        }
        assert!(structures > 3000, "{structures}");
    }

    #[test]
    fn results_are_held_against_the_api() {
        for (resource, result, problem) in [
            ("sqs:sendMessage", r#"{"MD5OfMessageBody":"m","SdkHttpMetadata":{}}"#, ""),
            ("sqs:sendMessage", r#"{"MessageId":1}"#, "Field 'MessageId' must be a string"),
            ("lambda:invoke", r#"{"Payload":{"a":1},"StatusCode":200}"#, ""),
            ("lambda:invoke", r#"{"StatusCode":"200"}"#, "Field 'StatusCode' must be a number"),
            (
                "aws-sdk:sqs:sendMessage",
                r#"{"Md5OfMessageBody":[]}"#,
                "Field 'Md5OfMessageBody' must be a string",
            ),
            (
                "aws-sdk:kms:encrypt",
                r#"{"CiphertextBlob":""}"#,
                "Field 'CiphertextBlob' is smaller than the minimum length",
            ),
            (
                "aws-sdk:kms:encrypt",
                r#"{"EncryptionAlgorithm":"ROT13"}"#,
                "Field 'EncryptionAlgorithm' is not an expected value",
            ),
            (
                "aws-sdk:lambda:getFunction",
                r#"{"Configuration":[]}"#,
                "Field 'Configuration' must be an object",
            ),
            (
                "aws-sdk:s3:headObject",
                r#"{"DeleteMarker":"yes"}"#,
                "Field 'DeleteMarker' must be a boolean",
            ),
            (
                "states:startExecution.sync:2",
                r#"{"ExecutionArn":"a"}"#,
                "Required field 'StateMachineArn' is missing",
            ),
            (
                "states:startExecution.sync:2",
                r#"{"ExecutionArn":"a","StateMachineArn":"b","StartDate":"c","Status":"SUCCEEDED","Output":{}}"#,
                "",
            ),
            ("sqs:sendMessage.waitForTaskToken", "[1]", ""),
            ("http:invoke", "[1]", ""),
            ("aws-sdk:nosuchservice:doIt", "[1]", ""),
        ] {
            let expected = if problem.is_empty() { Ok(()) } else { Err(problem.to_owned()) };
            assert_eq!(checked(resource, result, true), expected, "{resource} {result}");
        }
        assert_eq!(checked("states:startExecution", "{}", false), Ok(()));
    }
}
