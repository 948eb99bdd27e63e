//! Definitions that break one rule each: the rule is told where it is broken, nothing else of its severity is, and a comment
//! silences it.

use super::parse::check_as;
use super::rule::{ALL, Rule};
use super::{Severity, StateMachineType};
use crate::json::document::{Document, Format};

/// What stands at the place that is broken: the rule, the fields of the state `A`, and the place below it.
type Example = (&'static str, &'static str, &'static str);

const TASK: &str = r#""Type":"Task","End":true,"Resource":"arn:aws:states:::"#;

const JSONPATH: &[Example] = &[
    ("unknown-integration", r#"dynamodb:query","Parameters":{}"#, "/Resource"),
    (
        "unsupported-pattern",
        r#"lambda:invoke.sync","Parameters":{"FunctionName":"f"}"#,
        "/Resource",
    ),
    (
        "unsupported-pattern",
        r#"dynamodb:getItem.waitForTaskToken","Parameters":{},"TimeoutSeconds":1"#,
        "/Resource",
    ),
    ("unsupported-pattern", r#"sns:publish.sync","Parameters":{}"#, "/Resource"),
    ("unsupported-pattern", r#"glue:startJobRun.sync:2","Parameters":{}"#, "/Resource"),
    ("unsupported-pattern", r#"bedrockagentcore:invokeHarness.sync","Parameters":{}"#, "/Resource"),
    ("unsupported-pattern", r#"aws-sdk:dynamodb:getItem.sync","Parameters":{}"#, "/Resource"),
    ("resource-case", r#"SNS:publish","Parameters":{"Message":"m"}"#, "/Resource"),
    ("resource-case", r#"dynamodb:GetItem","Parameters":{}"#, "/Resource"),
    ("resource-case", r#"aws-sdk:s3:ListBuckets","Parameters":{}"#, "/Resource"),
    ("resource-case", r#"aws-sdk:DynamoDB:getItem","Parameters":{}"#, "/Resource"),
    ("unknown-service", r#"lamda:invoke","Parameters":{}"#, "/Resource"),
    ("unknown-service", r#"aws-sdk:cloudwatchlog:putLogEvents","Parameters":{}"#, "/Resource"),
    ("unknown-api-action", r#"aws-sdk:s3:listObjectV2","Parameters":{}"#, "/Resource"),
    ("missing-parameters", r#"lambda:invoke""#, "/Resource"),
    ("missing-parameters", r#"aws-sdk:neptune:describeDBClusters""#, "/Resource"),
    ("missing-parameter", r#"lambda:invoke","Parameters":{"Payload.$":"$"}"#, "/Parameters"),
    ("missing-parameter", r#"sqs:sendMessage","Parameters":{"QueueUrl":"q"}"#, "/Parameters"),
    ("missing-parameter", r#"dynamodb:putItem","Parameters":{"TableName.$":"$.t"}"#, "/Parameters"),
    (
        "missing-parameter",
        r#"states:startExecution.sync:2","Parameters":{"Input":{}}"#,
        "/Parameters",
    ),
    ("missing-parameter", r#"ecs:runTask.sync","Parameters":{"Cluster":"c"}"#, "/Parameters"),
    (
        "missing-api-parameter",
        r#"batch:submitJob.sync","Parameters":{"JobName":"j","JobQueue":"q"}"#,
        "/Parameters",
    ),
    ("missing-api-parameter", r#"http:invoke","Parameters":{"ApiEndpoint":"e"}"#, "/Parameters"),
    (
        "missing-api-parameter",
        r#"aws-sdk:ssm:getParameter","Parameters":{"WithDecryption":true}"#,
        "/Parameters",
    ),
    (
        "unknown-parameter",
        r#"aws-sdk:batch:describeJobs","Parameters":{"jobs":["j"],"Jobs":["j"]}"#,
        "/Parameters",
    ),
    (
        "unknown-parameter",
        r#"lambda:invoke.waitForTaskToken","TimeoutSeconds":1,"Parameters":{"FunctionName":"f","TaskToken.$":"$$.Task.Token"}"#,
        "/Parameters",
    ),
];

const MAP: &str = r#""Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"B","States":{"B":{"Type":"Succeed"}}},"#;

const MAPS: &[Example] = &[
    (
        "map-resource",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:headObject","Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/Resource",
    ),
    (
        "map-resource",
        r#""ResultWriter":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b"}}"#,
        "/ResultWriter/Resource",
    ),
    (
        "reader-config",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader",
    ),
    (
        "reader-config",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"MaxItems":5},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig",
    ),
    (
        "reader-config",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","ReaderConfig":{"MaxItems":-1},"Parameters":{"Bucket":"b"}}"#,
        "/ItemReader/ReaderConfig/MaxItems",
    ),
    (
        "reader-config",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVHeaders":["a"]},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig",
    ),
    (
        "required-field",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV"},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig",
    ),
    (
        "required-field",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN"},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig",
    ),
    (
        "unsupported-field",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig",
    ),
    (
        "unknown-value",
        r#""ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"XML"},"Parameters":{"Bucket":"b","Key":"k"}}"#,
        "/ItemReader/ReaderConfig/InputType",
    ),
    (
        "unknown-value",
        r#""ResultWriter":{"WriterConfig":{"Transformation":"FLAT","OutputType":"JSON"}}"#,
        "/ResultWriter/WriterConfig/Transformation",
    ),
    ("writer-config", r#""ResultWriter":{}"#, "/ResultWriter"),
    (
        "writer-config",
        r#""ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN"}}"#,
        "/ResultWriter/WriterConfig",
    ),
    (
        "no-bucket",
        r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Prefix":"p"}}"#,
        "/ResultWriter/Parameters",
    ),
    (
        "no-bucket",
        r#""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject"}"#,
        "/ResultWriter",
    ),
    ("batch-without-size", r#""ItemBatcher":{"BatchInput":{"a":1}}"#, "/ItemBatcher"),
    ("reader-config", r#""ItemBatcher":{"MaxItemsPerBatch":-1}"#, "/ItemBatcher/MaxItemsPerBatch"),
    ("long-label", r#""Label":"a2345678901234567890123456789012345678901""#, "/Label"),
    ("invalid-label", r#""Label":"a b""#, "/Label"),
    ("out-of-range", r#""ToleratedFailurePercentage":101"#, "/ToleratedFailurePercentage"),
];

const JSONATA: &[Example] = &[
    ("jsonata-context", r#""Type":"Pass","End":true,"Output":"{% $.phone %}""#, "/Output"),
    ("jsonata-context", r#""Type":"Pass","End":true,"Output":{"v":"{% $$ %}"}"#, "/Output/v"),
    (
        "jsonata-context",
        r#""Type":"Pass","End":true,"Output":"{% $map([1], function($x){ $ }) %}""#,
        "/Output",
    ),
    (
        "jsonata-error-output",
        r#""Type":"Pass","End":true,"Output":{"v":"{% $states.errorOutput.Cause %}"}"#,
        "/Output/v",
    ),
    (
        "states-result-misplaced",
        r#""Type":"Pass","End":true,"Output":"{% $states.result %}""#,
        "/Output",
    ),
    (
        "states-result-misplaced",
        r#""Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:1:function:f","Arguments":{"a":"{% $states.result %}"}"#,
        "/Arguments/a",
    ),
    (
        "unknown-states-field",
        r#""Type":"Pass","End":true,"Output":"{% $states.inputs %}""#,
        "/Output",
    ),
    ("unknown-function", r#""Type":"Pass","End":true,"Output":"{% $eval('1') %}""#, "/Output"),
    (
        "unknown-function",
        r#""Type":"Pass","End":true,"Output":"{% $upperCases('1') %}""#,
        "/Output",
    ),
    (
        "simulator-limit",
        r#""Type":"Pass","End":true,"Output":"{% $contains('ab', /a(?=b)/) %}""#,
        "/Output",
    ),
    (
        "simulator-limit",
        r#""Type":"Pass","End":true,"Output":"{% $replace('aa', /(a)\\1/, '') %}""#,
        "/Output",
    ),
    (
        "missing-parameters",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke""#,
        "/Resource",
    ),
    (
        "missing-parameter",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::sns:publish","Arguments":{"Message.$":"m"}"#,
        "/Arguments",
    ),
];

const PATHS: &[Example] = &[
    (
        "invalid-reference-path",
        r#""Type":"Pass","End":true,"Result":1,"ResultPath":"$$.x""#,
        "/ResultPath",
    ),
    (
        "invalid-reference-path",
        r#""Type":"Pass","End":true,"Result":1,"ResultPath":"$var.x""#,
        "/ResultPath",
    ),
    (
        "invalid-reference-path",
        r#""Type":"Pass","End":true,"Result":1,"ResultPath":"$.a[*]""#,
        "/ResultPath",
    ),
    (
        "unsupported-field",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:us-east-1:111111111111:activity:a","TimeoutSeconds":9,"Credentials":{"RoleArn":"r"}"#,
        "/Credentials",
    ),
    ("reserved-variable", r#""Type":"Pass","End":true,"Assign":{"states":1}"#, "/Assign"),
];

/// What has no finding beside the notes.
const SOUND: &[(&str, &str)] = &[
    (
        "JSONPath",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:s3:listBuckets","Parameters":{}"#,
    ),
    (
        "JSONPath",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:rds:describeDBInstances","Parameters":{"DbInstanceIdentifier":"d"}"#,
    ),
    (
        "JSONPath",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::emr-serverless:startJobRun.sync","Parameters":{"ApplicationId":"a","ExecutionRoleArn":"r"}"#,
    ),
    (
        "JSONPath",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::dynamodb:getItem","Parameters":{"TableName":"t","Key":{"id":{"S.$":"$.id"}}}"#,
    ),
    (
        "JSONPath",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","Parameters":"${parameters}""#,
    ),
    ("JSONPath", r#""Type":"Task","End":true,"Resource":"arn:aws:states:::${service}:invoke""#),
    (
        "JSONata",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","Arguments":"{% $states.input %}""#,
    ),
    (
        "JSONata",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::sns:publish","Arguments":{"Message":"{% $states.input.m %}"},"Output":"{% $states.result.MessageId %}","Assign":{"id":"{% $states.result.MessageId %}"}"#,
    ),
    (
        "JSONata",
        r#""Type":"Task","End":true,"Resource":"arn:aws:states:::sns:publish","Arguments":{"Message":"m"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Z","Output":"{% $states.errorOutput %}","Assign":{"e":"{% $states.errorOutput.Error %}"}}]"#,
    ),
    (
        "JSONata",
        r#""Type":"Pass","End":true,"Output":"{% $states.input.list[$ > 3].($.a)^($) ~> $map(function($v){ $uppercase($v) }) %}""#,
    ),
    (
        "JSONata",
        r#""Type":"Pass","End":true,"Output":"{% ($f := function($n){ $n = 0 ? 1 : $n * $f($n - 1) }; $f(3)) %}""#,
    ),
    ("JSONata", r#""Type":"Pass","End":true,"Output":"{% $match('a', /^[a-z]+\\.(?<n>x)$/i) %}""#),
    (
        "JSONPath",
        r#""Type":"Map","End":true,"ItemsPath":"$.l","Label":"l","ItemBatcher":{"MaxItemsPerBatch":2},"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket.$":"$.b"},"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSONL"}},"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a"],"CSVDelimiter":"PIPE","MaxItems":3},"Parameters":{"Bucket":"b","Key":"k"}},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#,
    ),
];

fn machine(language: &str, comment: &str, state: &str) -> String {
    let z = if state.contains("\"Z\"") { r#","Z":{"Type":"Succeed"}"# } else { "" };
    format!(
        r#"{{"Comment":"{comment}","QueryLanguage":"{language}","StartAt":"A","States":{{"A":{{{state}}}{z}}}}}"#
    )
}

fn told(text: &str, kind: StateMachineType) -> Vec<(&'static str, Severity, String)> {
    let found = check_as(&Document::parse(text, Format::Json), kind).diagnostics;
    found.into_iter().map(|it| (it.rule, it.severity, it.location)).collect()
}

fn check_example(language: &str, (id, state, place): Example) {
    let rule = Rule::find(id).unwrap_or_else(|| panic!("{id} is a rule"));
    let standard = StateMachineType::Standard;
    let found = told(&machine(language, "", state), standard);
    let same: Vec<_> = found.iter().filter(|it| it.1 == rule.severity).collect();
    let [only] = same[..] else { panic!("{id}: {state}\n{found:?}") };
    assert_eq!((only.0, only.2.as_str()), (id, format!("/States/A{place}").as_str()), "{state}");
    let silenced =
        told(&machine(language, &format!("stepwell:allow {id}: we know"), state), standard);
    assert!(silenced.iter().all(|it| it.0 != id), "{id} is silenced: {silenced:?}");
    assert!(ALL.contains(&rule));
}

#[test]
fn each_rule_is_told_alone_and_can_be_silenced() {
    for (id, rest, place) in JSONPATH {
        let state = format!("{TASK}{rest}");
        check_example("JSONPath", (id, state.leak(), place));
    }
    for (id, rest, place) in MAPS {
        let state = format!("{MAP}{rest}");
        check_example("JSONPath", (id, state.leak(), place));
    }
    JSONATA.iter().for_each(|example| check_example("JSONata", *example));
    PATHS.iter().for_each(|example| check_example("JSONPath", *example));
}

#[test]
fn what_is_sound_has_no_findings() {
    for (language, state) in SOUND {
        let found = told(&machine(language, "", state), StateMachineType::Standard);
        assert!(found.iter().all(|it| it.1 == Severity::Note), "{state}\n{found:?}");
    }
}

#[test]
fn names_have_their_limits() {
    let named = |name: &str| {
        let text = format!(r#"{{"StartAt":"{name}","States":{{"{name}":{{"Type":"Succeed"}}}}}}"#);
        told(&text, StateMachineType::Standard).first().map(|it| it.0)
    };
    assert_eq!(named(""), Some("empty-state-name"));
    assert_eq!(named(&"n".repeat(80)), None);
    assert_eq!(named(&"n".repeat(81)), Some("long-state-name"));
    assert_eq!(named("a\\tb"), Some("control-character"));
    assert_eq!(named("a\\u0000b"), Some("control-character"));
    assert_eq!(named("检查 📦"), None);
}

#[test]
fn a_definition_has_a_mebibyte() {
    let of = |spaces: usize, letters: usize| {
        let text = format!(
            r#"{{"StartAt":"A",{}"States":{{"A":{{"Type":"Succeed","Comment":"\"{} x"}}}}}}"#,
            " ".repeat(spaces),
            "é".repeat(letters)
        );
        told(&text, StateMachineType::Standard).first().map(|it| it.0)
    };
    assert_eq!(of(0, 1_000_000), None);
    assert_eq!(of(100_000, 1_000_000), None, "white space can be taken out");
    assert_eq!(of(0, 1_048_577), Some("definition-too-long"));
}

#[test]
fn express_machines_and_express_children_cannot_wait() {
    let map = |kind: &str, inner: &str| {
        format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Map","End":true,"ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"{kind}"}},"StartAt":"B","States":{{"B":{{{inner}}}}}}}}}}}}}"#
        )
    };
    let express = |text: &str, kind: StateMachineType| -> Vec<String> {
        let found = told(text, kind);
        found.into_iter().filter(|it| it.0 == "express-unsupported").map(|it| it.2).collect()
    };
    let job = r#""Type":"Task","End":true,"Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"}"#;
    let none = Vec::<String>::new();
    let (standard, short) = (StateMachineType::Standard, StateMachineType::Express);
    assert_eq!(express(&map("STANDARD", job), standard), none);
    let place = "/States/A/ItemProcessor/States/B/Resource";
    assert_eq!(express(&map("EXPRESS", job), standard), [place]);
    let nested = r#""Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"C","States":{"C":{"Type":"Succeed"}}}"#;
    assert_eq!(express(&map("STANDARD", nested), standard), none);
    assert_eq!(
        express(&map("EXPRESS", nested), standard),
        ["/States/A/ItemProcessor/States/B/ItemProcessor/ProcessorConfig/Mode"]
    );
    assert_eq!(
        express(&map("STANDARD", job), short),
        ["/States/A/ItemProcessor/ProcessorConfig/Mode"]
    );
}
