//! Whatever is read is only read: no text, however broken, makes a parser or an evaluator panic or go on for ever.
//!
//! Texts are made of the tokens of each language, of slices of sound texts with faults put in, and of arbitrary bytes.
//! `STEPWELL_HOSTILE_CASES=n` makes a longer run; `PROPTEST_RNG_SEED=n` repeats one. A case that goes on for a minute is taken
//! for one that never ends: the program is stopped and the case printed.

#![expect(
    clippy::print_stderr,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a case that never ends is waited for, named, and ends the program"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use stepwell::apigateway::mapping_template::{Template, TemplateScope};
use stepwell::asl::parse;
use stepwell::asl::{StateMachineType, validate};
use stepwell::engine::{ExecutionStart, Input, TaskRequest, run_to_end};
use stepwell::execution::{Timestamp, export};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};
use stepwell::project::{http_file, openapi, postman};
use stepwell::query::intrinsic::Intrinsic;
use stepwell::query::jsonata::Jsonata;
use stepwell::query::jsonpath::Path;
use stepwell::query::{Bindings, Random};
use stepwell::services::mock::MockConfig;

/// Cases per language: few enough for every change, more by the environment.
fn config() -> ProptestConfig {
    let cases = std::env::var("STEPWELL_HOSTILE_CASES").ok().and_then(|it| it.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The case at work and its number; 0 while there is none.
static AT_WORK: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
static NUMBER: AtomicU64 = AtomicU64::new(0);
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs one case under the eyes of a thread that names it when it never ends.
fn watched<T>(case: &str, work: impl FnOnce() -> T) -> T {
    static WATCH: OnceLock<()> = OnceLock::new();
    WATCH.get_or_init(|| {
        std::thread::spawn(|| {
            let mut before = None;
            loop {
                std::thread::sleep(PATIENCE);
                let oldest = AT_WORK.lock().ok().and_then(|all| {
                    all.first_key_value().map(|(number, case)| (*number, case.clone()))
                });
                if oldest.is_some() && oldest == before {
                    eprintln!("never ends: {oldest:?}");
                    std::process::exit(1);
                }
                before = oldest;
            }
        });
    });
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    AT_WORK.lock().expect("no panic while it is held").insert(number, case.to_owned());
    let done = work();
    AT_WORK.lock().expect("no panic while it is held").remove(&number);
    done
}

/// Texts over a language's own tokens, sound texts with a slice replaced or doubled, and noise.
fn texts(tokens: &'static [&'static str], sound: &'static [&'static str]) -> BoxedStrategy<String> {
    let token = prop_oneof![
        12 => prop::sample::select(tokens).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => any::<i64>().prop_map(|it| it.to_string()),
    ];
    let of_tokens = prop::collection::vec(token, 0..40).prop_map(|parts| parts.concat());
    let damaged = (
        prop::sample::select(sound),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::sample::select(tokens),
        0..4_u8,
    )
        .prop_map(|(text, from, to, token, fault)| damage(text, from, to, token, fault));
    let noise = prop::collection::vec(any::<u8>(), 0..200)
        .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let nested = (prop::sample::select(tokens), prop::sample::select(tokens), 1..3_000_usize)
        .prop_map(|(open, close, depth)| open.repeat(depth) + &close.repeat(depth));
    prop_oneof![5 => of_tokens, 5 => damaged, 1 => noise, 1 => nested].boxed()
}

fn damage(
    text: &str,
    from: prop::sample::Index,
    to: prop::sample::Index,
    token: &str,
    fault: u8,
) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (a, b) = (from.index(characters.len() + 1), to.index(characters.len() + 1));
    let (a, b) = (a.min(b), a.max(b));
    let part = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    let (head, middle, tail) = (part(0..a), part(a..b), part(b..characters.len()));
    match fault {
        0 => head + token + &tail,
        1 => head + &middle + &middle + &tail,
        2 => head + &tail,
        _ => head + token + &middle + token + &tail,
    }
}

struct Counter(u64);

impl Random for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}

fn data() -> Value {
    Value::parse(
        r#"{"a":{"b":[1,2.5,-3,{"c":"x","d":null}],"ä ö":true},"items":[{"id":1,"tags":["p","q"]},{"id":2}],"text":"a{}b","n":7}"#,
    )
    .expect("it is JSON")
}

const JSON_TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"a\"",
    "\"States\"",
    "\"Next\"",
    "null",
    "true",
    "1e999",
    "-",
    "0.1",
    "\\u0000",
    "\\",
    "\u{feff}",
    "\n",
    "\"\\ud800\"",
    "{\"a\":",
    "[[",
];

const DEFINITIONS: &[&str] = &[
    r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"States.Format('{}',$.a)"},"ResultPath":"$.r","Next":"B"},"B":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.n","NumericGreaterThan":1},{"Not":{"Variable":"$.text","StringMatches":"a*"}}],"Next":"C"}],"Default":"D"},"C":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":2,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true},"D":{"Type":"Fail","ErrorPath":"$.text"}}}"#,
    r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":"{% $states.input.items.id %}"},"Output":"{% {'n': $sum($v), 'u': $uuid()} %}","Next":"P"},"P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":"{% $states.input.n %}","End":true}}}],"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Next":"T"},"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"a":"{% $v %}"},"TimeoutSeconds":9,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E","Output":"{% $states.errorOutput %}"}],"End":true},"E":{"Type":"Succeed"}}}"#,
];

/// Reads, validates and runs a definition, every task answered with its own input.
fn open_and_run(text: &str, format: Format) {
    let document = Document::parse(text, format);
    let parsed = parse::check(&document);
    drop(validate::validate_type(&parsed.machine, StateMachineType::Express));
    let start = ExecutionStart {
        input: data(),
        kind: StateMachineType::Express,
        synchronous: true,
        at: Timestamp(0),
        seed: 1,
        execution_arn: "arn:aws:states:us-east-1:123456789012:express:m:e:e".into(),
        execution_name: "e".into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
        state_machine_name: "m".into(),
    };
    let mut answer = |request: &TaskRequest| {
        vec![Input::TaskSucceeded { token: request.token, output: request.parameters.clone() }]
    };
    let run = run_to_end(Arc::new(parsed.machine), start, &mut answer);
    let exported = export::to_json(&run.history);
    let again = export::from_json(&exported).expect("what was written can be read");
    assert_eq!(export::to_json(&again), exported, "a history survives the file");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn definitions(text in texts(JSON_TOKENS, DEFINITIONS)) {
        watched(&text, || open_and_run(&text, Format::Json));
    }

    #[test]
    fn definitions_in_yaml(text in texts(
        &["- ", ": ", "\n", "  ", "|", ">", "&a ", "*a", "!Sub ", "!GetAtt ", "{", "}", "[", "]", "'", "\"", "#", "? ", "<<: *a", "---\n", "key: "],
        &["StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result: &r\n      x: [1, 2]\n    Next: B\n  B:\n    Type: Succeed\n    Comment: *r\n"],
    )) {
        watched(&text, || open_and_run(&text, Format::Yaml));
    }

    #[test]
    fn jsonpath(text in texts(
        &["$", "$$", "$.", "..", "[", "]", "*", "?(", "@", "@.", ")", "'a'", "a", "b", "items", "==", "&&", "||", "!", "=~", "/x/i",
          "<", "in", "[0]", "[-1:]", "[::2]", "[0,1]", ".length()", ".min()", ".keys()", "size", "1", "-9", "'", "\"", ",", " ", "\\"],
        &["$.a.b[?(@.c == 'x' && @.d)].c", "$..tags[-2:]", "$['items'][*]['id','tags']", "$.a.b.max()", "$$.Execution.Input.x[0:5:2]"],
    )) {
        watched(&text, || {
            let (input, context, variables) = (data(), data(), BTreeMap::new());
            if let Ok(path) = Path::parse(&text) {
                drop(path.select(&Bindings { input: &input, context: &context, variables: &variables }));
            }
        });
    }

    #[test]
    fn intrinsics(text in texts(
        &["States.Format", "States.Array", "States.ArrayRange", "States.ArrayPartition", "States.StringToJson", "States.JsonMerge",
          "States.Hash", "States.MathRandom", "States.MathAdd", "States.StringSplit", "States.UUID", "States.Base64Decode", "(", ")",
          ",", "'", "'{}'", "\\'", "$.a", "$.items", "$.n", "1", "-1", "1000", "9223372036854775807", "null", "true", " ", "'a,b'", "'SHA-256'"],
        &["States.Format('{} and {}', $.text, States.ArrayLength($.items))", "States.ArrayRange(1, 1000, 3)",
          "States.ArrayGetItem(States.StringSplit('a,b,c', ','), 1)", "States.JsonMerge($.a, $.items[0], false)",
          "States.StringToJson(States.JsonToString($.a))"],
    )) {
        watched(&text, || {
            let (input, context, variables) = (data(), data(), BTreeMap::new());
            let bindings = Bindings { input: &input, context: &context, variables: &variables };
            if let Ok(intrinsic) = Intrinsic::parse(&text) {
                drop(intrinsic.evaluate(&bindings, &mut Counter(1)));
            }
        });
    }

    #[test]
    fn jsonata(text in texts(
        &["$", "$states", "$states.input", ".", "(", ")", "[", "]", "{", "}", ":=", ";", "function", "($x)", "λ", "?", ":", "~>", "|", "^(",
          "and", "or", "in", "&", "+", "-", "*", "**", "/", "%", "=", "<=", "..", "'a'", "\"b\"", "1", "1e308", "/a+/i", "@$i", "#$i", ",", " ",
          "$map", "$filter", "$reduce", "$sum", "$string", "$replace", "$formatNumber", "$formatInteger", "$toMillis", "$fromMillis",
          "$range", "$partition", "$hash", "$parse", "$uuid", "$random", "$pad", "$split", "$sort", "$each", "$eval", "$merge", "$v", "items", "id"],
        &["$states.input.items[id > 1].{'k': id, 'v': $string(tags)}", "($f := function($n){ $n <= 1 ? 1 : $n * $f($n - 1) }; $f(12))",
          "$reduce([1..20], function($a, $b){ $a & $b })", "$formatNumber(1234.5, '#,##0.00') & $formatInteger(1999, 'I')",
          "$partition($range(1, 100, 3), 7)", "$replace($states.input.text, /[a-z]/, 'x')", "$parse('{\"a\":1}').a", "a^(>b, c)[0]",
          "$toMillis('2020-01-01', '[Y0001]-[M01]-[D01]') ~> $fromMillis('[D1o] [MNn]')"],
    )) {
        watched(&text, || {
            if let Ok(expression) = Jsonata::parse(&text) {
                let states = Value::object([("input", data()), ("context", Value::empty_object())]);
                let variables = BTreeMap::from([(Arc::from("v"), Value::from(3))]);
                drop(expression.evaluate(&states, &variables, &mut Counter(1)));
            }
        });
    }

    #[test]
    fn mapping_templates(text in texts(
        &["#set", "#if", "#elseif", "#else", "#end", "#foreach", "#break", "#stop", "#macro", "#define", "#[[", "]]#", "#*", "*#", "##", "(", ")", "$",
          "$!", "${", "}", "$input", ".json('$')", ".path('$.a')", ".params()", ".body", "$util", ".escapeJavaScript", ".parseJson", ".urlEncode",
          ".base64Decode", "$context", ".requestId", "$x", "$foreach.count", " in ", "[1..9]", "[1..999999999]", "{\"a\":1}", "==", "&&", "!", "+", "-", "*", "/", "%",
          "1", "'a'", "\"b $x\"", ".size()", ".get(0)", ".put('a',1)", ".add(1)", ".replaceAll('a+','b')", ".split(',')", ".substring(0,1)", "\n", " ", "\\"],
        &["#set($x = $input.path('$.items'))#foreach($i in $x){\"id\":\"$i.id\"}#if($foreach.hasNext),#end#end",
          "{\"input\":\"$util.escapeJavaScript($input.json('$'))\",\"n\":$input.params().header.size()}",
          "#set($m = {\"a\":[1,2,3]})#if($m.a.size() > 2 && !$m.b)$m.a.get(1)#{else}none#end",
          "#macro(f $a)$a#end#f(1)#foreach($i in [1..3])#foreach($j in [1..$i])$j#end#end"],
    )) {
        watched(&text, || {
            if let Ok(template) = Template::parse(&text) {
                drop(template.render(&TemplateScope::default()));
            }
        });
    }

    #[test]
    fn files_beside_the_definition(text in texts(JSON_TOKENS, &[
        r#"{"StateMachines":{"M":{"TestCases":{"happy":{"A":"One"}}}},"MockedResponses":{"One":{"0-2":{"Throw":{"Error":"E","Cause":"c"}},"3":{"Return":{"a":1}}}}}"#,
        r#"{"events":[{"timestamp":"2024-01-01T00:00:00.000Z","type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{}","roleArn":"r"}},{"timestamp":1.5,"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A","input":"{}"}}]}"#,
        r#"{"openapi":"3.0.1","paths":{"/items/{id}":{"get":{"parameters":[{"name":"id","in":"path","required":true}],"x-amazon-apigateway-integration":{"type":"aws","uri":"arn:aws:apigateway:us-east-1:states:action/StartSyncExecution","requestTemplates":{"application/json":"$input.json('$')"}}}}}}"#,
        r#"{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[{"name":"a","request":{"method":"GET","url":{"raw":"http://x/y?z=1"},"header":[{"key":"a","value":"b"}]}}]}"#,
    ])) {
        watched(&text, || {
            drop(export::parse(&text));
            let Ok(value) = Value::parse(&text) else { return };
            if let Ok(config) = MockConfig::parse(&value) {
                assert_eq!(MockConfig::parse(&config.to_json()).map(|it| it.to_json()), Ok(config.to_json()));
            }
            drop(openapi::rest_api(&value));
            drop(postman::parse(&value));
        });
    }

    #[test]
    fn request_files(text in texts(
        &["###", "\n", "GET ", "POST ", "http://h/p?q=1", " HTTP/1.1", "H: v", "{{x}}", "@x = 1", "# @name a", "{", "}", "\r", " "],
        &["### one\nPOST {{host}}/items?x=1 HTTP/1.1\nContent-Type: application/json\n\n{\"a\": 1}\n\n### two\nGET /items\n"],
    )) {
        watched(&text, || drop(http_file::parse(&text)));
    }

    #[test]
    fn terraform_and_templates(text in texts(
        &["resource", "\"aws_sfn_state_machine\"", "\"m\"", "{", "}", "=", "definition", "jsonencode(", "templatefile(", "file(", ")", "${", "%{ if ",
          "%{ for ", "%{ endif }", "var.x", "local.y", "[for ", " in ", " : ", "<<EOF\n", "EOF\n", "module", "source", "\"./m\"", "for_each", "count", "\n", ",", "?", "[", "]", "\""],
        &["locals { y = { for k, v in { a = 1 } : k => v * 2 } }\nresource \"aws_sfn_state_machine\" \"m\" {\n  name = \"m-${var.x}\"\n  definition = jsonencode({ StartAt = \"A\", States = { A = { Type = \"Succeed\", Comment = join(\",\", [for i in range(5) : \"${i}\"]) } } })\n}\nvariable \"x\" { default = \"p\" }\n",
          "module \"m\" { source = \"./.\" }\nresource \"aws_sfn_state_machine\" \"m\" {\n  for_each = toset([\"a\"])\n  definition = templatefile(\"../../etc/passwd\", {})\n}\n"],
    )) {
        watched(&text, || {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join("main.tf"), &text).expect("a file");
            drop(stepwell::project::open(folder.path()));
        });
    }

    #[test]
    fn cloudformation(text in texts(
        &["Resources:\n", "  M:\n", "    Type: AWS::Serverless::StateMachine\n", "    Properties:\n", "      Definition:\n", "      DefinitionUri: a.json\n",
          "!Sub ", "!Ref ", "!GetAtt ", "!If [", "Fn::ForEach::X:\n", "${A}", "{", "}", "[", "]", ":", "\n", "  ", "- ", "Transform: AWS::Serverless-2016-10-31\n", "!FindInMap ", "!Select ", "!Join "],
        &["Transform: AWS::Serverless-2016-10-31\nParameters:\n  P:\n    Type: String\n    Default: x\nResources:\n  T:\n    Type: AWS::Serverless::SimpleTable\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Name: !Sub '${P}-m'\n      DefinitionSubstitutions:\n        Arn: !GetAtt T.Arn\n      Definition:\n        StartAt: A\n        States:\n          A:\n            Type: Succeed\n"],
    )) {
        watched(&text, || {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join("template.yaml"), &text).expect("a file");
            drop(stepwell::project::open(folder.path()));
        });
    }
}
