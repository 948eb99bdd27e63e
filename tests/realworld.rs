//! Real definitions, broken ones, and inputs that nobody should have to open: all are read, none panics.
//!
//! The files are read from `../shared`, which is not part of the project; without it these tests say so and pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use stepwell::asl::aws::{create_error, validate_response};
use stepwell::asl::parse::{Parsed, check, check_as};
use stepwell::asl::{Diagnostic, Severity, StateMachineType};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};

#[expect(clippy::print_stdout, reason = "says why nothing was checked")]
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn read(path: &Path) -> (Document, Parsed) {
    let bytes = std::fs::read(path).expect("the file is listed in the index");
    let text = String::from_utf8_lossy(&bytes);
    let document = Document::parse(&text, Format::of_path(path, &text));
    let parsed = check(&document);
    for diagnostic in &parsed.diagnostics {
        let inside = document.text.get(diagnostic.span.start..diagnostic.span.end).is_some();
        assert!(inside, "{}: {diagnostic:?} points outside of the text", path.display());
    }
    (document, parsed)
}

/// The files of a folder, by name.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    files
}

fn index(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the index is there");
    Value::parse(&text).expect("the index is JSON").as_array().cloned().unwrap_or_default()
}

fn errors(parsed: &Parsed) -> Vec<&Diagnostic> {
    parsed.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect()
}

fn describe(document: &Document, diagnostics: &[&Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(6) {
        let place = document.place(diagnostic.span.start);
        writeln!(
            text,
            "    {}:{} {} {} at {}",
            place.line, place.column, diagnostic.code, diagnostic.message, diagnostic.location
        )
        .expect("a String takes any text");
    }
    text
}

#[test]
fn every_real_definition_is_read() {
    let Some(folder) = shared("realworld") else { return };
    let known: BTreeMap<&str, &str> =
        WRONG.iter().flat_map(|(why, files)| files.iter().map(|file| (*file, *why))).collect();
    let mut by_class: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut report, mut states) = (String::new(), 0);
    let mut unexpected: Vec<String> = Vec::new();
    for entry in index(&folder.join("asl-index.json")) {
        let of =
            |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (file, class) = (of("file"), of("klass"));
        let (document, parsed) = read(&folder.join(&file));
        let found = parsed.machine.states().len();
        let expected = entry.get("states").and_then(Value::as_i64).unwrap_or(0);
        if i64::try_from(found).unwrap_or(i64::MAX) != expected {
            writeln!(report, "{class} {file}: {found} states, the index says {expected}")
                .expect("a String takes any text");
        }
        states += found;
        let count = by_class.entry(class.clone()).or_default();
        count.0 += 1;
        let errors = errors(&parsed);
        if !errors.is_empty() {
            count.1 += 1;
            write!(report, "{class} {file}\n{}", describe(&document, &errors))
                .expect("a String takes any text");
        }
        let short = file.strip_prefix("asl/").unwrap_or(&file);
        if errors.is_empty() == known.contains_key(short) {
            unexpected.push(file);
        }
    }
    println!("{report}{states} states; class: (files, files with errors): {by_class:?}");
    assert_eq!(by_class.values().map(|(files, _)| files).sum::<usize>(), 802);
    assert!(!report.contains("the index says"), "every state that the index counts is found");
    assert_eq!(unexpected, Vec::<String>::new(), "not as WRONG says:\n{report}");
}

#[test]
fn invalid_definitions_are_told() {
    let Some(folder) = shared("realworld") else { return };
    let (mut told, mut missed) = (0, Vec::new());
    let entries = index(&folder.join("invalid-index.json"));
    for entry in &entries {
        let file = entry.get("file").and_then(Value::as_str).expect("every entry has a file");
        let (document, parsed) = read(&folder.join(file));
        let name = file.rsplit('/').next().unwrap_or(file);
        let express = EXPRESS_ONLY.contains(&name)
            && check_as(&document, StateMachineType::Express).has_errors();
        let warned = name == "invalid-math-add.json"
            && parsed.diagnostics.iter().any(|it| it.rule == "intrinsic-always-fails");
        if parsed.has_errors() || express || warned {
            told += 1;
        } else {
            missed.push(name);
        }
    }
    println!("{told} of {} told; not told: {missed:?}", entries.len());
    // One tool dislikes the line break in `{% \n10 %}`; AWS takes it.
    assert_eq!(missed, ["invalid-json-surround-syntax-extra-spaces.json"]);
}

/// Refused by AWS as Express machines, and sound as Standard ones.
const EXPRESS_ONLY: &[&str] = &[
    "test_sfn_api_express__TestSfnApiExpress__test_illegal_callbacks_SYNC_.asl.json5",
    "test_sfn_api_express__TestSfnApiExpress__test_illegal_callbacks_WAIT_FOR_TASK_TOKEN_.asl.json5",
];

#[test]
fn seeded_defects_are_told() {
    let Some(folder) = shared("bench/peers/mutants") else { return };
    let files = files_of(&folder);
    assert_eq!(files.len(), 16);
    for file in files {
        let (_, parsed) = read(&file);
        let sound = file.file_name().is_some_and(|name| name == "00_sound_control.json");
        assert_eq!(parsed.diagnostics.is_empty(), sound, "{}: {parsed:?}", file.display());
    }
}

#[test]
fn what_aws_ran_is_not_refused() {
    let Some(folder) = shared("conformance/cases") else { return };
    let (mut machines, mut refused) = (0, String::new());
    let files = files_of(&folder);
    for case in files.iter().flat_map(|file| index(file)) {
        let of = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        if of("kind") != "execution" {
            continue;
        }
        let Some(definition) = case.get("definition") else { continue };
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let kind = if of("type") == "EXPRESS" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        };
        machines += 1;
        if let Some((_, message)) = create_error(&text, kind) {
            writeln!(refused, "{}\n    {message}", of("id")).expect("a String takes any text");
        }
    }
    println!("{machines} machines that AWS ran; refused here:\n{refused}");
    // The ARNs of activities were blanked in the recordings.
    let others = refused
        .lines()
        .filter(|line| line.starts_with("    ") && !line.contains("/States/ActivityTask/Resource"));
    assert_eq!(others.count(), 0, "{refused}");
}

/// How `CreateStateMachine` and `ValidateStateMachineDefinition` answered.
#[test]
fn answers_are_those_of_aws() {
    let Some(folder) = shared("conformance/cases") else { return };
    let files = files_of(&folder);
    let mut report = String::new();
    let (mut same, mut all) = (0, 0);
    for case in files.iter().flat_map(|file| index(file)) {
        let of = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(definition) = case.get("definition") else { continue };
        let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
        let kind = if of("type") == "EXPRESS" {
            StateMachineType::Express
        } else {
            StateMachineType::Standard
        };
        let expected = case.get("expected");
        let (actual, expected) = match of("kind") {
            "create_error" => {
                let expected = expected
                    .and_then(|it| it.get("error"))
                    .and_then(|it| it.get("Message"))
                    .cloned();
                let actual = create_error(&text, kind)
                    .map_or(Value::Null, |(_, message)| Value::from(message));
                // Errors of other fields of the request are not about definitions.
                if !expected
                    .as_ref()
                    .and_then(Value::as_str)
                    .is_some_and(|it| it.starts_with("Invalid State Machine Def"))
                {
                    continue;
                }
                (actual, expected)
            }
            "validate" => {
                let response = validate_response(&text, kind, Severity::Error, None);
                (response, expected.and_then(|it| it.get("response")).cloned())
            }
            _ => continue,
        };
        all += 1;
        // Members may stand in any order.
        let sorted = |value: &Value| value.to_serde();
        if Some(sorted(&actual)) == expected.as_ref().map(sorted) {
            same += 1;
        } else {
            let expected = expected.unwrap_or_default();
            writeln!(report, "{}\n    AWS  {expected}\n    here {actual}", of("id"))
                .expect("a String takes any text");
        }
    }
    println!("{same} of {all} answers are those of AWS\n{report}");
    assert_eq!(same, all, "{report}");
}

fn check_text(text: &str) -> (Document, Parsed) {
    let document = Document::parse(text, Format::sniff(text));
    let parsed = check(&document);
    (document, parsed)
}

const PAIR: &str =
    r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}"#;

#[test]
fn what_is_not_json_is_said_with_its_place() {
    let (_, parsed) = check_text("this is no definition");
    let [first, ..] = &errors(&parsed)[..] else { panic!("an error") };
    assert_eq!(first.message, "This is not JSON: it begins with 'this'");
    assert!(parsed.machine.top.states.is_empty());
}

#[test]
fn a_truncated_file_still_shows_its_states() {
    for cut in 1..PAIR.len() {
        let (_, parsed) = check_text(&PAIR[..cut]);
        assert!(parsed.has_errors(), "cut at {cut}");
    }
    let (document, parsed) = check_text(&PAIR[..70]);
    assert_eq!(parsed.machine.top.states.len(), 2);
    let first = errors(&parsed)[0];
    assert_eq!(first.message, "This string has no closing quote");
    let ends = errors(&parsed)[1];
    assert_eq!(ends.message, "The file ends before this object is closed");
    assert_eq!(document.place(first.span.start).line, 1);
}

#[test]
fn a_file_of_50_mb_is_refused_in_words() {
    let text = format!("{{\"Comment\":\"{}\"}}", "x".repeat(50 * 1024 * 1024));
    let (_, parsed) = check_text(&text);
    assert_eq!(errors(&parsed).len(), 1);
    assert!(errors(&parsed)[0].message.contains("This file has 50 MB"));
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let (document, parsed) = check_text(&format!("\u{feff}{PAIR}"));
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(document.slice(parsed.machine.top.states["B"].name_span), "\"B\"");
}

#[test]
fn duplicate_keys_are_told() {
    let (document, parsed) = check_text(
        "{\"StartAt\":\"A\",\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Type\":\"Pass\",\"End\":true},\n\"A\":{\"Type\":\"Succeed\"}}}",
    );
    let codes: Vec<&str> = errors(&parsed).iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["duplicate-field", "duplicate-field", "DUPLICATE_STATE_NAME"]);
    assert_eq!(document.place(errors(&parsed)[2].span.start).line, 2);
    assert_eq!(parsed.machine.top.states["A"].kind.type_name(), "Succeed");
}

#[test]
fn ten_thousand_states_are_read() {
    let states: Vec<String> = (0..10_000)
        .map(|n| {
            format!(
                "\"S{n}\":{{\"Type\":\"Pass\",{}}}",
                if n == 9_999 {
                    "\"End\":true".to_owned()
                } else {
                    format!("\"Next\":\"S{}\"", n + 1)
                }
            )
        })
        .collect();
    let (_, parsed) =
        check_text(&format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(",")));
    assert_eq!(parsed.machine.top.states.len(), 10_000);
    assert!(parsed.diagnostics.is_empty());
}

#[test]
fn two_hundred_levels_are_read_and_a_hundred_thousand_are_refused() {
    let nested = |levels: usize| {
        let mut text = "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}}".to_owned();
        for level in 0..levels {
            text = if level % 2 == 0 {
                format!(
                    "{{\"StartAt\":\"P{level}\",\"States\":{{\"P{level}\":{{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{text}]}}}}}}"
                )
            } else {
                format!(
                    "{{\"StartAt\":\"M{level}\",\"States\":{{\"M{level}\":{{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{text}}}}}}}"
                )
            };
        }
        text
    };
    let (_, parsed) = check_text(&nested(200));
    assert_eq!(parsed.machine.states().len(), 201);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let (_, parsed) = check_text(&nested(1_000));
    assert!(
        errors(&parsed).iter().any(|diagnostic| diagnostic.message.contains("Nested deeper than"))
    );
    for deep in ["[", "{\"a\":", "{\"States\":{\"A\":"] {
        let (_, parsed) = check_text(&deep.repeat(100_000));
        assert!(
            errors(&parsed)
                .iter()
                .any(|diagnostic| diagnostic.message.contains("Nested deeper than"))
        );
    }
    let parameters = format!(
        "{{\"StartAt\":\"A\",\"States\":{{\"A\":{{\"Type\":\"Pass\",\"End\":true,\"Parameters\":{}1{}}}}}}}",
        "[".repeat(900),
        "]".repeat(900)
    );
    assert!(check_text(&parameters).1.diagnostics.is_empty());
}

#[test]
fn names_may_be_in_any_script() {
    for name in ["检查库存", "📦 emoji", "a/b", "Ω".repeat(80).as_str()] {
        let text = format!(
            "{{\"StartAt\":\"{name}\",\"States\":{{\"{name}\":{{\"Type\":\"Pass\",\"End\":true}}}}}}"
        );
        let (document, parsed) = check_text(&text);
        assert_eq!(parsed.diagnostics, [], "{name}");
        let state = &parsed.machine.top.states[0];
        assert_eq!(document.slice(state.name_span), format!("\"{name}\""));
    }
    let (_, parsed) = check_text(&PAIR.replace('B', &"Ω".repeat(81)));
    assert!(errors(&parsed)[0].message.contains("exceeds the 80-character limit"));
    for name in ["line\\nbreak", "tab\\t", "\\u0000"] {
        let (_, parsed) = check_text(&PAIR.replace('B', name));
        let rules: Vec<&str> = parsed.diagnostics.iter().map(|it| it.rule).collect();
        assert_eq!(rules, ["control-character"], "{name}");
    }
}

/// Files that AWS would refuse, looked at one by one: why, and which.
const WRONG: &[(&str, &[&str])] = &[
    (
        "Its Resource is no ARN: a word of its own, of another engine, or one that a test replaces",
        &[
            "ManageIQ__floe__examples__everything.asl.json",
            "ManageIQ__floe__examples__map.asl.json",
            "ManageIQ__floe__examples__set-credential.asl.json",
            "ManageIQ__floe__examples__workflow.asl.json",
            "aws-samples__lambda-refarch-imagerecognition__Workshop__step-1.md__.asl.json",
            "aws__serverless-application-model__tests__translator__input__schema_validation_1.yaml__Resources_StateMachine_Properties_Definition.asl.json",
            "aws__serverless-application-model__tests__translator__input__schema_validation_2.yaml__Resources_StateMachinetoSQS_Properties_Definition.asl.json",
            "awsdocs__aws-step-functions-developer-guide__doc_source__sample-project-job-poller.md__.asl.json",
            "awslabs__statelint__test__backoff-with-backoffrate-integer.asl.json",
            "awslabs__statelint__test__states-array-invocation.asl.json",
            "awslabs__statelint__test__states-json-intrinsic-functions.asl.json",
            "awslabs__statelint__test__states-jsontostring-invocation.asl.json",
            "awslabs__statelint__test__states-math-intrinsic-functions.asl.json",
            "awslabs__statelint__test__states-stringtojson-invocation.asl.json",
            "awslabs__statelint__test__task-with-credentials.asl.json",
            "awslabs__statelint__test__task-with-parameters.asl.json",
            "checkr__states-language-cadence__STATE_SPEC.md__FunWithMath_Branches_0.asl.json",
            "guyernest__step-functions-agent__docs__BATCH_ORCHESTRATOR_AGENT_DESIGN.md__.asl.json",
            "hussainpithawala__state-machine-amz-go__examples__crash_recovery__README.md__.asl.json",
            "hussainpithawala__state-machine-amz-go__examples__crash_recovery_batch__README.md__.asl.json",
            "hussainpithawala__state-machine-amz-go__examples__crash_recovery_batch__README.md____9630880d.asl.json",
            "hussainpithawala__state-machine-amz-go__workflows__example__config__simple_workflow.asl.yaml",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__activities__statemachines__base_activity_task.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__activities__statemachines__base_activity_task_heartbeat.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__arguments__statemachines__base_lambda_empty.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__arguments__statemachines__base_lambda_expressions.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__base__statemachines__task_seq_2.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__errorhandling__statemachines__task_lambda_invoke_catch_relevant.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__errorhandling__statemachines__task_lambda_invoke_catch_tbd.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__errorhandling__statemachines__task_lambda_invoke_catch_unknown.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__outputdecl__statemachines__base_lambda.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__querylanguage__statemachines__task_lambda_legacy_resource_from_jsonata_to_jsonpath.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__querylanguage__statemachines__task_lambda_legacy_resource_from_jsonpath_to_jsonata.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__catch_empty.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__catch_states_runtime.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__lambda_invoke_with_retry_base.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__retry_interval_features.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__retry_interval_features_jitter_none.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__services__statemachines__lambda_input_parameters_filter.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__services__statemachines__lambda_invoke_pipe.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__services__statemachines__lambda_invoke_resource.asl.json5",
            "paulshestakov__aws-step-functions-constructor__examples__asl__json__8_catch_error.asl.json",
            "satoshif1977__aws-step-functions-bedrock__README.md__.asl.json",
        ],
    ),
    (
        "It calls lambda:invoke without Parameters, which AWS refuses",
        &["awslabs__statelint__test__succeed-with-comment-in-catcher.asl.json"],
    ),
    (
        "lambda:listFunctions is no integration",
        &[
            "localstack__localstack__tests__aws__services__stepfunctions__templates__services__statemachines__lambda_list_functions.asl.json5",
        ],
    ),
    (
        "A variable is called 'top-level', and names of variables have no dashes",
        &["ChristopheBougere__asl-validator__src____tests____definitions__valid-assign.asl.json"],
    ),
    (
        "A JSONPath state in a JSONata machine, which AWS refuses",
        &[
            "ChristopheBougere__asl-validator__src____tests____definitions__valid-map-with-item-batcher-jsonata.asl.json",
        ],
    ),
    (
        "Jayway's paths have no script expressions such as [(@.length-1)]",
        &[
            "ChristopheBougere__asl-validator__src____tests____definitions__valid-path-array-context.asl.json",
        ],
    ),
    (
        "A comma too many in a JSONata object",
        &[
            "OrcaBus__service-icav2-wes-manager__app__step-functions-templates__get_usage_sfn_template.asl.json",
        ],
    ),
    (
        "QueryLanguage stands inside States",
        &[
            "aws-samples__step-functions-workflows-collection__shared-fallback-state-jsonata__statemachine__statemachine.asl.json",
        ],
    ),
    (
        "An exercise with blanks to fill in",
        &[
            "aws-samples__the-aws-step-functions-workshop__content__module-5__step-4__index.pt.md__.asl.json",
        ],
    ),
    (
        "End is the text \"true\"",
        &[
            "awslabs__serverless-rules__docs__rules__step_functions__tracing.md__Resources_StateMachine_Properties_DefinitionString.asl.json",
        ],
    ),
    (
        "The Parallel has no Branches, and nothing leads to most states",
        &["checkr__states-language-cadence__examples__choice.asl.json"],
    ),
    (
        "A part of a machine: it leads to states that it does not show",
        &[
            "guyernest__step-functions-agent__docs__AGENT_REGISTRY_DESIGN.md__.asl.json",
            "paulshestakov__aws-step-functions-constructor__examples__asl__json__9_retries.asl.json",
        ],
    ),
    (
        "A generator's template whose words are not filled in",
        &[
            "guyernest__step-functions-agent__step-functions__dynamic-agent-template.asl.json",
            "guyernest__step-functions-agent__step-functions__dynamic-sql-agent-template.asl.json",
            "guyernest__step-functions-agent__step-functions__supervisor-agent-flow-template.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__choiceoperators__statemachines__template.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__context_object__statemachines__context_object_output_path.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__context_object__statemachines__context_object_variable.asl.json5",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__map_state_items_literal.asl.json5",
        ],
    ),
    (
        "A Map has no Arguments",
        &["guyernest__step-functions-agent__step-functions__supervisor-with-agentcore.asl.json"],
    ),
    (
        "It calls States.Default, which is no intrinsic function",
        &["guyernest__step-functions-agent__step-functions__web-search-agent.asl.json"],
    ),
    (
        "A retrier takes numbers, not paths",
        &[
            "localstack__localstack__tests__aws__services__stepfunctions__templates__assign__statemachines__task_retry_reference_exception.asl.json5",
        ],
    ),
    (
        "Written to be refused, as AWS was recorded to do",
        &[
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__escape_sequences_illegal_intrinsic_function.asl.json",
            "localstack__localstack__tests__aws__services__stepfunctions__templates__scenarios__statemachines__escape_sequences_illegal_intrinsic_function_2.asl.json",
        ],
    ),
    (
        "An ItemProcessor alone, which is no machine",
        &[
            "localstack__localstack__tests__aws__services__stepfunctions__templates__test_state__statemachines__base_map_state_result_writer.json5__ItemProcessor.asl.json",
        ],
    ),
    (
        "Drawings without a Type, a Resource or the tests of their rules",
        &[
            "paulshestakov__aws-step-functions-constructor__examples__asl__json__3_choice_conditions.asl.json",
            "paulshestakov__aws-step-functions-constructor__examples__asl__json__4_parallel.asl.json",
            "paulshestakov__aws-step-functions-constructor__examples__asl__yml__5_parallel_and_choice.asl.yaml",
            "paulshestakov__aws-step-functions-constructor__examples__sam__5_parallel.yaml__Resources_SimpleStateMachine_Properties_Definition.asl.json",
            "paulshestakov__aws-step-functions-constructor__examples__serverless__2_hell.yml__stepFunctions_stateMachines_stepFunction_definition.asl.json",
            "vkkis93__serverless-step-functions-offline__tests__serverless.yml__stepFunctions_stateMachines_foo_definition.asl.json",
        ],
    ),
];
