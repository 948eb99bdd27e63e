//! Tests of `parse`: its rules, one by one.

use proptest::prelude::*;

use super::*;
use crate::asl::{
    Condition, Expression, Field, ItemsSource, Operand, PayloadPath, ProcessorMode, ResultPath,
    State, StateKind, Template, Transition, WaitUntil,
};
use crate::json::Value;

fn read(text: &str) -> Parsed {
    parse(&Document::parse(text, Format::sniff(text)))
}

/// A machine of one state, given the fields of that state; `Next`/`End` included where needed.
fn one(fields: &str) -> Parsed {
    read(&format!(r#"{{"StartAt":"A","States":{{"A":{{{fields}}}}}}}"#))
}
fn jsonata(fields: &str) -> Parsed {
    read(&format!(r#"{{"QueryLanguage":"JSONata","StartAt":"A","States":{{"A":{{{fields}}}}}}}"#))
}
fn state(parsed: &Parsed) -> &State {
    parsed.machine.top.states.get("A").expect("the state is there")
}
/// `severity message at location` of everything found.
fn found(parsed: &Parsed) -> Vec<String> {
    parsed
        .diagnostics
        .iter()
        .map(|it| format!("{:?} {} at {}", it.severity, it.message, it.location))
        .collect()
}

#[test]
fn a_sound_machine_has_no_findings() {
    let parsed = read(
        r#"{"Comment":"c","Version":"1.0","TimeoutSeconds":60,"StartAt":"A","States":{
            "A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Next":"B",
                 "Parameters":{"FunctionName":"f","Payload":{"token.$":"$$.Task.Token","list":[1,{"x.$":"States.UUID()"}]}},
                 "ResultSelector":{"r.$":"$.Payload"},"ResultPath":"$.a.b","TimeoutSeconds":30,"HeartbeatSeconds":5,
                 "Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":2,"MaxDelaySeconds":9,"JitterStrategy":"FULL"},
                          {"ErrorEquals":["States.ALL"],"BackoffRate":1}],
                 "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"B"}]},
            "B":{"Type":"Wait","SecondsPath":"$.wait","InputPath":null,"End":true}}}"#,
    );
    assert_eq!(found(&parsed), Vec::<String>::new());
    let machine = &parsed.machine;
    assert_eq!(machine.timeout_seconds, Some(60));
    let task = &machine.top.states["A"];
    assert_eq!(task.retry[0].max_delay_seconds, Some(9));
    assert_eq!((task.retry[1].interval_seconds, task.retry[1].max_attempts), (1, 3));
    assert!(
        matches!(&task.catch[0].result_path, Some(ResultPath::At(path)) if path.path().text() == "$.error")
    );
    assert!(matches!(machine.top.states["B"].input_path, Some(PayloadPath::Discard)));
    let StateKind::Wait(wait) = &machine.top.states["B"].kind else { panic!("B waits") };
    assert!(matches!(wait.until, Some(WaitUntil::Seconds(Field::Computed(Expression::Path(_))))));
}

#[test]
fn templates_are_compiled_and_constants_stay_whole() {
    let parsed = one(
        r#""Type":"Pass","End":true,"Parameters":{"a.$":"$.x","b":{"c.$":"States.UUID()"},"d":[1,{"e":2}],"f":["y",{"g.$":"$$.State.Name"}]}"#,
    );
    let StateKind::Pass(pass) = &state(&parsed).kind else { panic!("A passes") };
    let Some(Template::Object(members)) = &pass.parameters else { panic!("an object") };
    let names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
    assert_eq!(names, ["a", "b", "d", "f"]);
    assert!(matches!(members[0].value, Template::Expression(Expression::Path(_))));
    assert!(matches!(&members[1].value, Template::Object(inner)
        if matches!(inner[0].value, Template::Expression(Expression::Intrinsic(_)))));
    assert!(
        matches!(&members[2].value, Template::Literal(value) if value.to_string() == r#"[1,{"e":2}]"#)
    );
    assert!(matches!(&members[3].value, Template::Array(_)));
}

#[test]
fn jsonata_is_found_in_strings_only_where_it_is_the_language() {
    let parsed = jsonata(
        r#""Type":"Pass","End":true,"Output":{"a":"{% $states.input %}","b":"$.x","c.$":"$.y"}"#,
    );
    assert_eq!(found(&parsed), Vec::<String>::new());
    let Some(Template::Object(members)) = &state(&parsed).output else { panic!("an object") };
    assert!(
        matches!(&members[0].value, Template::Expression(Expression::Jsonata(it)) if it.text() == "$states.input")
    );
    assert!(matches!(&members[1].value, Template::Literal(Value::String(_))));
    assert_eq!(&*members[2].name, "c.$");
}

#[test]
fn a_jsonata_mistake_is_shown_at_its_character() {
    let text = "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true,\n\"Output\":\"{% 1 + ) %}\"}}}";
    let document = Document::parse(text, Format::Json);
    let parsed = parse(&document);
    let diagnostic = &parsed.diagnostics[0];
    assert_eq!(diagnostic.rule, "jsonata-syntax", "{diagnostic:?}");
    assert_eq!(document.slice(diagnostic.span), ")");
    assert_eq!(document.place(diagnostic.span.start).line, 2);
    assert!(diagnostic.span.end - diagnostic.span.start < 15, "{diagnostic:?}");
}

#[test]
fn choice_rules_are_read_with_their_operators() {
    let parsed = one(r#""Type":"Choice","Default":"A","Choices":[
            {"And":[{"Variable":"$.a","IsPresent":true},{"Not":{"Variable":"$.a","NumericGreaterThanPath":"$.b"}}],"Next":"A"},
            {"Variable":"$.t","TimestampLessThan":"2030-01-31T08:00:00+02:00","Next":"A","Assign":{"v.$":"$.t"}}]"#);
    assert_eq!(found(&parsed), Vec::<String>::new());
    let StateKind::Choice(choice) = &state(&parsed).kind else { panic!("A chooses") };
    let Condition::And(parts) = &choice.choices[0].condition else { panic!("And") };
    let Condition::Not(inner) = &parts[1] else { panic!("Not") };
    assert!(
        matches!(&**inner, Condition::Compare(it) if matches!(&it.operand, Operand::Path(path) if path.text() == "$.b"))
    );
    assert!(choice.choices[1].assign.is_some());
}

#[test]
fn maps_old_and_new_are_read() {
    let inner = r#"{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}"#;
    let parsed = one(&format!(
        r#""Type":"Map","End":true,"ItemsPath":"$.l","Parameters":{{"i.$":"$$.Map.Item.Value"}},"Iterator":{inner}"#
    ));
    assert!(
        parsed.diagnostics.iter().all(|it| it.severity == Severity::Note),
        "{:?}",
        found(&parsed)
    );
    let StateKind::Map(map) = &state(&parsed).kind else { panic!("A maps") };
    assert!(
        map.uses_iterator
            && map.item_selector.is_some()
            && matches!(map.items, ItemsSource::Path(_))
    );
    let parsed = one(
        r#""Type":"Map","End":true,"MaxConcurrencyPath":"$.n","ToleratedFailurePercentage":5,"Label":"l",
           "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},"Parameters":{"Bucket.$":"$.b"}},
           "ItemBatcher":{"MaxItemsPerBatch":3},
           "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"B","States":{"B":{"Type":"Succeed"}}}"#,
    );
    assert_eq!(found(&parsed), Vec::<String>::new());
    let StateKind::Map(map) = &state(&parsed).kind else { panic!("A maps") };
    assert_eq!(map.processor.mode, ProcessorMode::Distributed);
    assert!(
        matches!(map.tolerated_failure_percentage, Some(Field::Literal(percentage)) if percentage > 4.9)
    );
}

#[test]
fn every_mistake_is_told_where_it_is() {
    let task = r#""Type":"Task","End":true,"Resource":"arn:aws:states:::sns:publish","Parameters":{"Message":"m"}"#;
    for (fields, expected) in [
        (
            r#""Type":"Pass""#,
            "Error This object should have only one of the following fields: [Next, End] at /States/A",
        ),
        (
            r#""Type":"Pass","Next":"A","End":true"#,
            "Error There should only be one of the following fields: [Next, End] at /States/A",
        ),
        (r#""End":true"#, "Error These fields are required: [Type] at /States/A"),
        (
            r#""Type":"Sleep""#,
            "Error The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type",
        ),
        (r#""Type":"Succeed","Next":"A""#, "Error Field 'Next' is not supported at /States/A"),
        (
            r#""Type":"Pass","End":true,"Output":1"#,
            "Error The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A",
        ),
        (
            r#""Type":"Pass","End":true,"Comment":5"#,
            "Error Expected value of type [STRING] at /States/A/Comment",
        ),
        (
            r#""Type":"Pass","End":true,"End":true"#,
            "Error Field 'End' is there twice; the last one counts at /States/A/End",
        ),
        (
            r#""Type":"Pass","End":true,"InputPath":"x""#,
            "Error Value must be a valid JSONPath. at /States/A/InputPath",
        ),
        (
            r#""Type":"Pass","End":true,"Parameters":{"a.$":"x"}"#,
            "Error The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters",
        ),
        (
            r#""Type":"Pass","End":true,"Parameters":{"a.$":"$.x","a":1}"#,
            "Error 'a' is there twice (a name with '.$' gives the same field as the name without) at /States/A/Parameters",
        ),
        (
            r#""Type":"Pass","End":true,"Assign":{"states":1}"#,
            "Error Cannot assign to reserved variable '$states'. at /States/A/Assign",
        ),
        (
            r#""Type":"Pass","End":true,"Assign":{"a-b":1}"#,
            "Error Invalid variable name 'a-b': the variable name contains invalid characters. at /States/A/Assign",
        ),
        (
            r#""Type":"Wait","End":true"#,
            "Error This object should have only one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/A",
        ),
        (
            r#""Type":"Wait","End":true,"Seconds":1,"Timestamp":"2030-01-31T08:00:00Z""#,
            "Error There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/A",
        ),
        (
            r#""Type":"Wait","End":true,"Timestamp":"2016-13-05T21:29:29Z""#,
            "Error String does not match RFC3339 timestamp at /States/A/Timestamp",
        ),
        (
            r#""Type":"Wait","End":true,"Seconds":-1"#,
            "Error Minimum value is 0 at /States/A/Seconds",
        ),
        (
            r#""Type":"Fail","Error":"e","ErrorPath":"$.e""#,
            "Error There should only be one of the following fields: [Error, ErrorPath] at /States/A",
        ),
        (
            r#""Type":"Wait","End":true,"Seconds":100000000"#,
            "Error Maximum value is 99999999 at /States/A/Seconds",
        ),
        (
            r#""Type":"Wait","End":true,"Seconds":"soon""#,
            "Error Expected value of type Integer at /States/A/Seconds",
        ),
        (r#""Type":"Choice","Choices":[]"#, "Error Value cannot be empty at /States/A/Choices"),
        (
            r#""Type":"Choice","Choices":[{"Variable":"$.a","Next":"A"}]"#,
            "Error A rule has exactly one test: And, Or, Not, or Variable with one operator at /States/A/Choices[0]",
        ),
        (
            r#""Type":"Choice","Choices":[{"Next":"A"}]"#,
            "Error The object must have only one of the following fields, [And, Or, Not, Variable, Condition] at /States/A/Choices[0]",
        ),
        (
            r#""Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"StringEquals":"x","Next":"A"}]"#,
            "Error There should only be one of the following fields: [IsNull, StringEquals] at /States/A/Choices[0]",
        ),
        (
            r#""Type":"Choice","Choices":[{"Variable":"$.a","StringEquals":5,"Next":"A"}]"#,
            "Error Expected a string, but this is a number at /States/A/Choices[0]/StringEquals",
        ),
        (
            r#""Type":"Choice","Choices":[{"Not":{"Variable":"$.a","IsNull":true,"Next":"A"},"Next":"A"}]"#,
            "Error Field 'Next' is not supported at /States/A/Choices[0]/Not",
        ),
        (
            r#""Type":"Parallel","End":true,"Branches":[]"#,
            "Error Value cannot be empty at /States/A/Branches",
        ),
        (
            r#""Type":"Parallel","End":true,"Branches":[{"StartAt":"B"}]"#,
            "Error These fields are required: [States] at /States/A/Branches[0]",
        ),
        (
            r#""Type":"Map","End":true"#,
            "Error This object should have only one of the following fields: [ItemProcessor, Iterator] at /States/A",
        ),
        (r#""Type":"Task","End":true"#, "Error These fields are required: [Resource] at /States/A"),
        (
            r#""Type":"Task","End":true,"Resource":"nope""#,
            "Error Value is not a valid resource ARN at /States/A/Resource",
        ),
        (
            &format!(r#"{task},"TimeoutSeconds":5,"HeartbeatSeconds":5"#),
            "Error HeartbeatSeconds (5) must be smaller than TimeoutSeconds (5) at /States/A/HeartbeatSeconds",
        ),
        (
            &format!(r#"{task},"Credentials":{{}}"#),
            "Error The field 'RoleArn' is required but was missing at /States/A/Credentials",
        ),
        (
            &format!(r#"{task},"Retry":[{{"ErrorEquals":[]}}]"#),
            "Error Value cannot be empty at /States/A/Retry[0]/ErrorEquals",
        ),
        (
            &format!(
                r#"{task},"Retry":[{{"ErrorEquals":["States.ALL"]}},{{"ErrorEquals":["x"]}}]"#
            ),
            "Error States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
        ),
        (
            &format!(r#"{task},"Retry":[{{"ErrorEquals":["States.ALL","x"]}}]"#),
            "Error States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
        ),
        (
            &format!(r#"{task},"Retry":[{{"ErrorEquals":["x"],"BackoffRate":0.3}}]"#),
            "Error Minimum value is 1 at /States/A/Retry[0]/BackoffRate",
        ),
        (
            &format!(
                r#"{task},"Retry":[{{"ErrorEquals":["x"],"MaxDelaySeconds":1,"IntervalSeconds":3}}]"#
            ),
            "Error MaxDelaySeconds must be greater than IntervalSeconds (3) at /States/A/Retry[0]/MaxDelaySeconds",
        ),
        (
            &format!(r#"{task},"Catch":[{{"ErrorEquals":["States.Typo"],"Next":"A"}}]"#),
            "Warning 'States.Typo' is no error of Step Functions; names that begin with 'States.' are reserved at /States/A/Catch[0]/ErrorEquals",
        ),
        (
            &format!(r#"{task},"Catch":[{{"ErrorEquals":["x"]}}]"#),
            "Error These fields are required: [Next] at /States/A/Catch[0]",
        ),
        (&format!(r#"{task},"ResultPath":"$.a[*]""#), "Error Value is not a Reference Path"),
    ] {
        let parsed = one(fields);
        let found = found(&parsed);
        assert!(
            found
                .iter()
                .any(|it| it == expected || (it.starts_with(expected) && expected.len() < 50)),
            "{fields}\n{found:#?}"
        );
        assert_eq!(parsed.machine.top.states.len(), 1, "{fields}");
    }
}

#[test]
fn jsonata_states_have_their_own_rules() {
    for (fields, expected) in [
        (
            r#""Type":"Pass","End":true,"Parameters":{}"#,
            "Error The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage at /States/A",
        ),
        (
            r#""Type":"Pass","End":true,"QueryLanguage":"JSONPath""#,
            "Error 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
        ),
        (
            r#""Type":"Pass","End":true,"Output":"{% 1""#,
            "Error JSONata string must start with {% and end with %} at /States/A/Output",
        ),
        (
            r#""Type":"Pass","End":true,"Output":" {% 1 %}""#,
            "Warning There is white space around '{% %}', so this is a plain text at /States/A/Output",
        ),
        (
            r#""Type":"Choice","Choices":[{"Next":"A"}]"#,
            "Error These fields are required: [Condition] at /States/A/Choices[0]",
        ),
        (
            r#""Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"A"}]"#,
            "Error The QueryLanguage is set to 'JSONata', but field 'Variable' is only supported for the 'JSONPath' QueryLanguage at /States/A/Choices[0]",
        ),
        (
            r#""Type":"Choice","Choices":[{"Condition":"yes","Next":"A"}]"#,
            "Error A condition must be true, false or a JSONata expression in '{% %}' at /States/A/Choices[0]/Condition",
        ),
    ] {
        let found = found(&jsonata(fields));
        assert!(found.iter().any(|it| it == expected), "{fields}\n{found:#?}");
    }
}

#[test]
fn a_misspelt_field_is_guessed() {
    let parsed = one(r#""Type":"Pass","End":true,"resultPath":"$.x""#);
    assert_eq!(parsed.diagnostics[0].remedy, "Did you mean 'ResultPath'?");
}

#[test]
fn placeholders_are_understood_everywhere() {
    let parsed = one(
        r#""Type":"Task","Resource":"${Fn}","TimeoutSeconds":${timeout},"Next":"${next}","Parameters":${jsonencode(p)},
           "Retry":[{"ErrorEquals":["${e}"],"MaxAttempts":"${n}","BackoffRate":${b}}],"Catch":${catch},"ResultPath":"${path}""#,
    );
    assert_eq!(found(&parsed), Vec::<String>::new());
    assert_eq!(state(&parsed).transition, Transition::Next(crate::asl::StateName::new("${next}")));
}

#[test]
fn what_is_no_definition_is_said() {
    for text in
        ["", "[]", "5", "null", "\"x\"", "nonsense", "{", "}", "{\"States\": 5}", "- a", "\u{feff}"]
    {
        assert!(read(text).has_errors(), "{text:?}");
    }
}

#[test]
fn spans_lead_back_to_the_text() {
    let text = "{\"StartAt\": \"检查库存 📦\\\"\", \"States\": {\"检查库存 📦\\\"\": {\"Type\": \"Pass\", \"End\": true}}}";
    let document = Document::parse(text, Format::Json);
    let parsed = parse(&document);
    assert_eq!(found(&parsed), Vec::<String>::new());
    let state = &parsed.machine.top.states["检查库存 📦\""];
    assert_eq!(document.slice(state.name_span), "\"检查库存 📦\\\"\"");
    assert!(document.slice(state.span).ends_with("true}"));
    assert_eq!(document.slice(state.field_spans["End"]), "\"End\": true");
}

#[test]
fn dynamodb_values_have_types() {
    let task = r#""Type":"Task","End":true,"Resource":"arn:aws:states:::dynamodb:getItem","Parameters":{"TableName":"T","Key":"#;
    for (key, severity) in [
        (r#"{"id":{"S.$":"$.id"}}"#, None),
        (r#"{"id":{"S":"a"},"n":{"N":"1"}}"#, None),
        (r#"{"id":"${id}"}"#, None),
        (r#"{"id":"a"}"#, None),
        (r#"{"id.$":"$.id"}"#, Some(Severity::Note)),
        (r#"{"id":5}"#, Some(Severity::Warning)),
        (r#"{"id":{"Text":"a"}}"#, Some(Severity::Warning)),
    ] {
        let parsed = one(&format!("{task}{key}}}"));
        assert_eq!(parsed.diagnostics.first().map(|it| it.severity), severity, "{key}");
    }
}

/// JSON that resembles ASL: its words in any place.
fn asl_like() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "StartAt",
        "States",
        "Type",
        "Task",
        "Map",
        "Parallel",
        "Choice",
        "Branches",
        "ItemProcessor",
        "Choices",
        "Next",
        "End",
        "Parameters",
        "a.$",
        "$.x",
        "$$.y",
        "{% $x %}",
        "{%",
        "%}",
        "${p}",
        "States.Format('{}', $.a)",
        "Retry",
        "Catch",
        "ErrorEquals",
        "And",
        "Not",
        "Variable",
        "StringEquals",
        "IsNullPath",
        "QueryLanguage",
        "JSONata",
        "Assign",
        "Resource",
        "Credentials",
        "Seconds",
        "Timestamp",
        "Fn::Sub",
        "Ref",
        "ProcessorConfig",
        "Mode",
        "",
        "é📦",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(|word| format!("\"{word}\"")),
        Just("true".to_owned()),
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("${x}".to_owned()),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn spans_are_inside(parsed: &Parsed) {
    let inside = |span: Span| parsed.machine.source.get(span.start..span.end).is_some();
    for diagnostic in &parsed.diagnostics {
        assert!(inside(diagnostic.span), "{diagnostic:?}");
    }
    for (_, state) in parsed.machine.states() {
        assert!(inside(state.span) && inside(state.name_span), "{:?}", state.name);
        assert!(state.field_spans.values().all(|span| inside(*span)));
        assert!(
            state
                .retry
                .iter()
                .map(|it| it.span)
                .chain(state.catch.iter().map(|it| it.span))
                .all(inside)
        );
    }
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(text in asl_like()) {
        spans_are_inside(&check(&Document::parse(&text, Format::Json)));
        let wrapped = format!("{{\"StartAt\":\"A\",\"States\":{{\"A\":{text}}}}}");
        spans_are_inside(&check(&Document::parse(&wrapped, Format::Json)));
        spans_are_inside(&check(&Document::parse(&wrapped, Format::Yaml)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        spans_are_inside(&check(&Document::parse(&text, Format::Json)));
        spans_are_inside(&check(&Document::parse(&text, Format::Yaml)));
    }

    #[test]
    fn a_cut_definition_shows_the_states_before_the_cut(at in 1_usize..2_000) {
        let states: Vec<String> = (0..20).map(|n| format!("\"S{n}\":{{\"Type\":\"Pass\",\"Next\":\"S{}\"}}", n + 1)).collect();
        let text = format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(","));
        let cut = &text[..at.min(text.len() - 1)];
        let parsed = check(&Document::parse(cut, Format::Json));
        prop_assert!(parsed.has_errors());
        let whole = cut.matches("}").count().min(states.len());
        prop_assert!(parsed.machine.top.states.len() >= whole);
        spans_are_inside(&parsed);
    }
}
