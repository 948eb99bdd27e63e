//! What a state's card says: its name, a line about its kind, and which drawing stands beside them.
//!
//! Pure text, so that the window and the pictures written without one say the same.

use std::fmt::Write as _;

use crate::asl::choice::Operator;
use crate::asl::task::{IntegrationPattern, ResourceKind};
use crate::asl::{
    Catcher, ChoiceRule, Comparison, Condition, Expression, Field, Operand, ProcessorMode,
    ResourceArn, State, StateKind, Wait, WaitUntil,
};

/// The text and the drawing of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The state's name.
    pub title: String,
    /// `AWS Lambda: Invoke`, `Choice state`, `Wait state · 6 h`.
    pub kind_line: String,
    /// A name that [`super::icon::svg`] knows.
    pub icon: &'static str,
}

/// The card of a state, whatever has happened to it.
pub fn card_of(state: &State) -> Card {
    let (icon, kind_line) = match &state.kind {
        StateKind::Task(task) => task_line(&task.resource),
        StateKind::Pass(_) => ("pass", "Pass state".to_owned()),
        StateKind::Choice(_) => ("choice", "Choice state".to_owned()),
        StateKind::Wait(wait) => ("wait", wait_line(wait)),
        StateKind::Succeed => ("succeed", "Succeed state".to_owned()),
        StateKind::Fail(fail) => match &fail.error {
            Some(Field::Literal(error)) if !error.is_empty() => {
                ("fail", format!("Fail state · {error}"))
            }
            Some(Field::Literal(_) | Field::Computed(_)) | None => {
                ("fail", "Fail state".to_owned())
            }
        },
        StateKind::Parallel(parallel) => ("parallel", branches_line(parallel.branches.len())),
        StateKind::Map(map) => ("map", map_line(map.processor.mode).to_owned()),
        StateKind::Unknown(name) if name.is_empty() => {
            ("unknown", "State without a Type".to_owned())
        }
        StateKind::Unknown(name) => ("unknown", format!("Unknown type {name}")),
    };
    Card { title: state.name.to_string(), kind_line, icon }
}

/// The kind line of a Map that runs: `Map state · 3 of 5 items`. `iterations` is started, finished, length. The items of a Distributed
/// Map run in executions of their own, and its history does not tell how many have finished.
pub fn iterations_line(mode: ProcessorMode, iterations: (u64, u64, u64)) -> String {
    let (started, finished, length) = iterations;
    let items = if length == 1 { "item" } else { "items" };
    if mode == ProcessorMode::Distributed && started == 0 {
        return format!("{} · {length} {items}", map_line(mode));
    }
    format!("{} · {finished} of {length} {items}", map_line(mode))
}

fn map_line(mode: ProcessorMode) -> &'static str {
    match mode {
        ProcessorMode::Inline => "Map state",
        ProcessorMode::Distributed => "Distributed Map state",
    }
}

fn branches_line(branches: usize) -> String {
    let word = if branches == 1 { "branch" } else { "branches" };
    format!("Parallel state · {branches} {word}")
}

fn wait_line(wait: &Wait) -> String {
    match &wait.until {
        Some(WaitUntil::Seconds(Field::Literal(seconds))) => {
            format!("Wait state · {}", duration(*seconds))
        }
        Some(WaitUntil::Seconds(Field::Computed(expression))) => {
            format!("Wait state · {} s", shortened(expression.text(), 24))
        }
        Some(WaitUntil::Timestamp(Field::Literal(timestamp))) => {
            format!("Wait state · until {}", shortened(timestamp, 24))
        }
        Some(WaitUntil::Timestamp(Field::Computed(expression))) => {
            format!("Wait state · until {}", shortened(expression.text(), 24))
        }
        None => "Wait state".to_owned(),
    }
}

/// A number of seconds as people say it, in at most two units: `45 s`, `6 h`, `1 d 2 h`.
pub fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = units.iter().position(|(size, _)| seconds >= *size) else {
        return "0 s".to_owned();
    };
    let (size, unit) = units[first];
    let mut text = format!("{} {unit}", seconds / size);
    if let Some((smaller, smaller_unit)) = units.get(first + 1)
        && (seconds % size) / smaller > 0
    {
        // Writing to a string cannot fail.
        write!(text, " {} {smaller_unit}", (seconds % size) / smaller)
            .expect("a string takes any text");
    }
    text
}

/// The drawing and the kind line of a Task.
fn task_line(resource: &ResourceArn) -> (&'static str, String) {
    match &resource.kind {
        ResourceKind::LambdaFunction { .. } => ("lambda", "AWS Lambda: Invoke".to_owned()),
        ResourceKind::Activity { name } => {
            ("activity", format!("Activity: {}", shortened(name, 28)))
        }
        ResourceKind::Optimised { service, action, pattern }
        | ResourceKind::AwsSdk { service, action, pattern } => {
            let optimised = matches!(resource.kind, ResourceKind::Optimised { .. });
            let (icon, name) = service_of(service);
            let icon =
                if icon.is_empty() { if optimised { "task" } else { "aws-sdk" } } else { icon };
            let name = if name.is_empty() { capitalised(service) } else { name.to_owned() };
            (icon, format!("{name}: {}{}", capitalised(action), pattern_words(*pattern)))
        }
        ResourceKind::Other => ("task", "Task state".to_owned()),
    }
}

/// The drawing and the usual name of a service, by its name in a resource; empty where there is none.
fn service_of(service: &str) -> (&'static str, &'static str) {
    match service {
        "lambda" => ("lambda", "AWS Lambda"),
        "dynamodb" => ("dynamodb", "DynamoDB"),
        "sqs" => ("sqs", "SQS"),
        "sns" => ("sns", "SNS"),
        "s3" => ("s3", "S3"),
        "events" | "eventbridge" => ("eventbridge", "EventBridge"),
        "scheduler" => ("eventbridge", "EventBridge Scheduler"),
        "states" | "sfn" => ("step-functions", "Step Functions"),
        "ecs" => ("ecs", "ECS"),
        "eks" => ("eks", "EKS"),
        "glue" => ("glue", "Glue"),
        "databrew" => ("glue", "DataBrew"),
        "athena" => ("athena", "Athena"),
        "batch" => ("batch", "Batch"),
        "bedrock" | "bedrockruntime" => ("bedrock", "Bedrock"),
        "apigateway" | "apigatewaymanagementapi" => ("api-gateway", "API Gateway"),
        "http" => ("http", "HTTP endpoint"),
        "sagemaker" | "sagemakerruntime" => ("sagemaker", "SageMaker"),
        "codebuild" => ("codebuild", "CodeBuild"),
        "elasticmapreduce" | "emr" => ("emr", "EMR"),
        "emr-containers" | "emrcontainers" => ("emr", "EMR on EKS"),
        "emr-serverless" | "emrserverless" => ("emr", "EMR Serverless"),
        "ec2" => ("", "EC2"),
        "iam" => ("", "IAM"),
        "kms" => ("", "KMS"),
        "rds" => ("", "RDS"),
        "rdsdata" => ("", "RDS Data"),
        "ses" | "sesv2" => ("", "SES"),
        "ssm" => ("", "Systems Manager"),
        "sts" => ("", "STS"),
        "ecr" => ("", "ECR"),
        "cloudwatch" => ("", "CloudWatch"),
        "cloudwatchlogs" => ("", "CloudWatch Logs"),
        "secretsmanager" => ("", "Secrets Manager"),
        "mediaconvert" => ("", "MediaConvert"),
        _ => ("", ""),
    }
}

/// What a pattern adds to the kind line.
fn pattern_words(pattern: IntegrationPattern) -> &'static str {
    match pattern {
        IntegrationPattern::RequestResponse => "",
        IntegrationPattern::Sync | IntegrationPattern::Sync2 => " · sync",
        IntegrationPattern::WaitForTaskToken => " · callback",
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// At most `most` characters, the last an ellipsis when something is missing.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The condition of a choice rule in one line: `$.total > 100`, `$.kind == "a" and $.size is present`.
pub fn choice_label(rule: &ChoiceRule) -> String {
    condition_text(&rule.condition, 0)
}

/// The errors that a catcher takes: `States.TaskFailed, Timeout`.
pub fn catch_label(catcher: &Catcher) -> String {
    let names: Vec<&str> = catcher.error_equals.iter().map(crate::asl::ErrorName::as_str).collect();
    format!("Catch: {}", names.join(", "))
}

/// Deeper than this a condition is written as an ellipsis: nobody reads that on an edge.
const MAX_DEPTH: usize = 16;

fn condition_text(condition: &Condition, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    match condition {
        Condition::And(parts) => joined(parts, " and ", depth),
        Condition::Or(parts) => joined(parts, " or ", depth),
        Condition::Not(inner) => match &**inner {
            Condition::Compare(_)
            | Condition::Literal(_)
            | Condition::Jsonata(_)
            | Condition::Invalid(_) => {
                format!("not ({})", condition_text(inner, depth + 1))
            }
            Condition::And(_) | Condition::Or(_) | Condition::Not(_) => {
                format!("not {}", condition_text(inner, depth + 1))
            }
        },
        Condition::Compare(comparison) => comparison_text(comparison),
        Condition::Jsonata(expression) => one_line(expression.text()),
        Condition::Literal(value) => value.to_string(),
        Condition::Invalid(value) => one_line(&value.to_string()),
    }
}

fn joined(parts: &[Condition], word: &str, depth: usize) -> String {
    let texts: Vec<String> = parts.iter().map(|part| condition_text(part, depth + 1)).collect();
    let text = texts.join(word);
    if depth > 0 && parts.len() > 1 { format!("({text})") } else { text }
}

fn comparison_text(comparison: &Comparison) -> String {
    let variable = expression_text(&comparison.variable);
    let operand = match &comparison.operand {
        Operand::Literal(value) => value.to_string(),
        Operand::Path(path) => path.text().to_owned(),
        Operand::Invalid(text) => text.to_string(),
    };
    let symbol = match comparison.operator {
        Operator::StringEquals
        | Operator::NumericEquals
        | Operator::BooleanEquals
        | Operator::TimestampEquals => "==",
        Operator::StringLessThan | Operator::NumericLessThan | Operator::TimestampLessThan => "<",
        Operator::StringGreaterThan
        | Operator::NumericGreaterThan
        | Operator::TimestampGreaterThan => ">",
        Operator::StringLessThanEquals
        | Operator::NumericLessThanEquals
        | Operator::TimestampLessThanEquals => "<=",
        Operator::StringGreaterThanEquals
        | Operator::NumericGreaterThanEquals
        | Operator::TimestampGreaterThanEquals => ">=",
        Operator::StringMatches => "matches",
        Operator::IsNull => return test_text(&variable, &operand, "null"),
        Operator::IsPresent => return test_text(&variable, &operand, "present"),
        Operator::IsNumeric => return test_text(&variable, &operand, "a number"),
        Operator::IsString => return test_text(&variable, &operand, "a string"),
        Operator::IsBoolean => return test_text(&variable, &operand, "a boolean"),
        Operator::IsTimestamp => return test_text(&variable, &operand, "a timestamp"),
    };
    format!("{variable} {symbol} {operand}")
}

fn test_text(variable: &str, operand: &str, what: &str) -> String {
    match operand {
        "true" => format!("{variable} is {what}"),
        "false" => format!("{variable} is not {what}"),
        other => format!("({variable} is {what}) == {other}"),
    }
}

fn expression_text(expression: &Expression) -> String {
    one_line(expression.text())
}

/// Runs of white space become one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(resource: &str) -> (&'static str, String) {
        task_line(&ResourceArn::parse(resource))
    }

    #[test]
    fn a_task_is_named_after_its_service_and_action() {
        assert_eq!(
            line("arn:aws:lambda:us-east-1:1:function:f"),
            ("lambda", "AWS Lambda: Invoke".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::lambda:invoke"),
            ("lambda", "AWS Lambda: Invoke".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::dynamodb:getItem"),
            ("dynamodb", "DynamoDB: GetItem".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            ("sqs", "SQS: SendMessage · callback".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::batch:submitJob.sync"),
            ("batch", "Batch: SubmitJob · sync".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::aws-sdk:s3:listObjectsV2"),
            ("s3", "S3: ListObjectsV2".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:::aws-sdk:textract:detectText"),
            ("aws-sdk", "Textract: DetectText".to_owned())
        );
        assert_eq!(
            line("arn:aws:states:eu-west-1:1:activity:paint"),
            ("activity", "Activity: paint".to_owned())
        );
        assert_eq!(line("${Function}"), ("task", "Task state".to_owned()));
    }

    #[test]
    fn every_icon_that_a_task_may_have_is_drawn() {
        for service in
            ["lambda", "events", "sfn", "http", "eks", "emr-serverless", "bedrock", "databrew"]
        {
            assert!(super::super::icon::NAMES.contains(&service_of(service).0), "{service}");
        }
    }

    #[test]
    fn a_duration_has_at_most_two_units() {
        let said: Vec<String> =
            [0, 1, 59, 60, 90, 3_600, 21_600, 93_784].into_iter().map(duration).collect();
        assert_eq!(said, ["0 s", "1 s", "59 s", "1 min", "1 min 30 s", "1 h", "6 h", "1 d 2 h"]);
    }

    #[test]
    fn a_map_counts_what_its_history_tells() {
        let line = |mode, iterations| iterations_line(mode, iterations);
        assert_eq!(line(ProcessorMode::Inline, (2, 1, 3)), "Map state · 1 of 3 items");
        assert_eq!(line(ProcessorMode::Inline, (0, 0, 1)), "Map state · 0 of 1 item");
        // Its items are executions of their own, and none of them is ever seen to start.
        assert_eq!(line(ProcessorMode::Distributed, (0, 0, 3)), "Distributed Map state · 3 items");
    }

    #[test]
    fn shortening_counts_characters_and_not_bytes() {
        assert_eq!(shortened("检查库存", 4), "检查库存");
        assert_eq!(shortened("检查库存量", 4), "检查库…");
        assert_eq!(shortened("", 0), "");
    }

    #[test]
    fn a_condition_is_written_as_people_read_it() {
        let present =
            |operand: bool| comparison(Operator::IsPresent, crate::json::Value::Bool(operand));
        let both = Condition::And(vec![present(true), Condition::Not(Box::new(present(false)))]);
        assert_eq!(condition_text(&both, 0), "$.a is present and not ($.a is not present)");
        let either = Condition::Or(vec![both, comparison(Operator::StringEquals, "x".into())]);
        assert_eq!(
            condition_text(&either, 0),
            "($.a is present and not ($.a is not present)) or $.a == \"x\""
        );
        let mut deep = present(true);
        for _ in 0..1000 {
            deep = Condition::Not(Box::new(deep));
        }
        assert!(condition_text(&deep, 0).ends_with('…'));
    }

    fn comparison(operator: Operator, value: crate::json::Value) -> Condition {
        let variable = Expression::Invalid { text: "$.a".into(), message: "".into() };
        Condition::Compare(Comparison { variable, operator, operand: Operand::Literal(value) })
    }
}
