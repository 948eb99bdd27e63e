//! Tests of `jsonpath`: its rules, one by one.

use proptest::prelude::*;

use super::*;
use crate::query::Variables;

fn value(json: &str) -> Value {
    Value::parse(json).expect("a test's JSON is valid")
}

fn select(path: &str, input: &str) -> Result<String, String> {
    let path = Path::parse(path).map_err(|err| format!("syntax: {err}"))?;
    path.select_in(&value(input)).map(|found| found.to_string()).map_err(|err| err.message)
}

#[track_caller]
fn check(path: &str, input: &str, expected: &str) {
    assert_eq!(select(path, input).as_deref(), Ok(expected), "{path} on {input}");
}

#[track_caller]
fn check_error(path: &str, input: &str, expected: &str) {
    assert_eq!(
        select(path, input).as_deref().map_err(String::as_str),
        Err(expected),
        "{path} on {input}"
    );
}

#[test]
fn names_in_dots_and_brackets() {
    check("$", "1", "1");
    check("$.a.b", r#"{"a":{"b":2}}"#, "2");
    check("$['a']['b']", r#"{"a":{"b":2}}"#, "2");
    check(r#"$["a b"]"#, r#"{"a b":2}"#, "2");
    check("$.sub-values", r#"{"sub-values":2}"#, "2");
    check("$.检查.é", r#"{"检查":{"é":2}}"#, "2");
    check(r"$['it\'s']", r#"{"it's":2}"#, "2");
    check("$[ 'a' ]", r#"{"a":2}"#, "2");
    check("$.a:b@c", r#"{"a:b@c":2}"#, "2");
    // Recorded: a backslash before another character than the quote is part of the name.
    check(r#"$['Test\""Name"']"#, r#"{"Test\\\"\"Name\"":"Value\"\\"}"#, r#""Value\"\\""#);
}

#[test]
fn indices_and_slices() {
    let input = "[0,1,2,3,4]";
    check("$[1]", input, "1");
    check("$[-1]", input, "4");
    check("$[1,-1,9]", input, "[1,4]");
    check("$[1:3]", input, "[1,2]");
    check("$[:2]", input, "[0,1]");
    check("$[3:]", input, "[3,4]");
    check("$[-2:]", input, "[3,4]");
    check("$[:-2]", input, "[0,1,2]");
    check("$[3:99]", input, "[3,4]");
    check("$[-99:]", input, "[0,1,2,3,4]");
    check("$[-4:-1]", input, "[1,2,3]");
    // Jayway takes both ends as written and ignores a step.
    check("$[1:-1]", input, "[]");
    check("$[0:5:2]", input, "[0,1,2,3,4]");
    check_error("$[5]", input, "No results for path: $[5]");
}

#[test]
fn wildcards_unions_and_scans() {
    let input = r#"{"a":{"x":1,"y":[{"x":2},{"x":3}]},"x":4}"#;
    check("$.a.*", input, r#"[1,[{"x":2},{"x":3}]]"#);
    check("$.a.y[*].x", input, "[2,3]");
    check("$..x", input, "[4,1,2,3]");
    check("$.a..x", input, "[1,2,3]");
    check("$..y[0]", input, r#"[{"x":2}]"#);
    check("$..y[0].x", input, "[2]");
    check("$..[1].x", input, "[3]");
    check("$..*", r#"{"a":[1,{"b":2}]}"#, r#"[[1,{"b":2}],1,{"b":2},2]"#);
    check("$['x','nope']", input, r#"{"x":4}"#);
    check("$.a['x','y'][0].x", input, "[2]");
    assert!(Path::parse("$['a','b']").expect("a path").is_definite());
    assert!(!Path::parse("$['a','b'].c").expect("a path").is_definite());
}

#[test]
fn filters_with_jayways_operators() {
    let input = r#"[{"a":1,"s":"Abc","l":[1,2]},{"a":2,"t":null,"l":[]},{"a":"3","s":"xyz"},7]"#;
    for (filter, expected) in [
        ("@.a > 1", vec![1]),
        ("@.a >= 1 && @.a < 2", vec![0]),
        ("@.a==1||@.a==2", vec![0, 1]),
        ("@.a == 3", vec![2]),
        ("@.a === 3", vec![]),
        ("@.a != 1", vec![1, 2, 3]),
        ("@.s", vec![0, 2]),
        ("@.t", vec![1]),
        ("!@.s", vec![1, 3]),
        ("!(@.a == 1) && @.a", vec![1, 2]),
        ("@.s =~ /a.*/i", vec![0]),
        ("@.s =~ /b/", vec![]),
        ("@.a in [1, 'x', 2]", vec![0, 1]),
        ("@.a nin [1, 2]", vec![2, 3]),
        ("@.s contains 'b'", vec![0]),
        ("@.l contains 2", vec![0]),
        ("@.l size 2", vec![0]),
        ("@.l empty true", vec![1]),
        ("@.l subsetof [1,2,3]", vec![0, 1]),
        ("@.l anyof [2,9]", vec![0]),
        ("@.l noneof [2,9]", vec![1]),
        ("@.l all [1]", vec![0]),
        ("@.l.length() == 2", vec![0]),
        ("@.t == null", vec![1]),
        ("@ == 7", vec![3]),
        ("@.a == $[0].a", vec![0]),
        ("(@.a == 1 || @.a == 2) && @.s == 'Abc'", vec![0]),
        ("@['a'] == 1", vec![0]),
        ("'Abc' == @.s", vec![0]),
        ("@.s type 'string'", vec![0, 2]),
    ] {
        let items = value(input);
        let expected = Value::array(
            expected.into_iter().map(|at: usize| items.at(at).cloned().expect("in range")),
        );
        check(&format!("$[?({filter})]"), input, &expected.to_string());
    }
    check("$[?(@.a == 1)].s", input, r#"["Abc"]"#);
    check("$..[?(@.x)].x", r#"{"a":{"x":1},"b":[{"x":2}]}"#, "[1,2]");
}

#[test]
fn functions() {
    check("$.length()", "[1,2,3]", "3");
    check("$.a.length()", r#"{"a":{"b":1}}"#, "1");
    check("$.sum()", "[1,2,3]", "6.0");
    check("$.max()", "[1,2,3]", "3.0");
    check("$.avg()", "[1,2]", "1.5");
    check("$..x.sum()", r#"[{"x":1},{"x":2}]"#, "3.0");
    check("$.keys()", r#"{"a":1,"b":2}"#, r#"["a","b"]"#);
    check("$.concat('x', $[0])", r#"["a"]"#, r#""axa""#);
    check("$.first()", "[5,6]", "5");
    check("$.last()", "[5,6]", "6");
    check("$.index(1)", "[5,6]", "6");
}

#[test]
fn what_is_missing_is_told_in_jayways_words() {
    check_error("$.x", "{}", "No results for path: $['x']");
    check_error("$.a.b", r#"{"a":{}}"#, "No results for path: $['a']['b']");
    check_error("$.no.such.path", "{}", "Missing property in path $['no']");
    check_error("$.a.b.c", r#"{"a":{}}"#, "Missing property in path $['a']['b']");
    check_error("$.a[0]", r#"{"a":null}"#, "The path $['a'] is null");
    assert!(select("$.a.b", r#"{"a":"text"}"#).expect_err("text has no members").starts_with(
        "Expected to find an object with property ['b'] in path $['a'] but found 'java.lang.String'."
    ));
}

#[test]
fn an_indefinite_path_below_nothing_is_an_empty_array() {
    for path in [
        "$.item.items[*]",
        "$.item.items[1:5].itemValue",
        "$.items[:1]",
        "$[*]",
        "$..x",
        "$.a[?(@.b)]",
    ] {
        check(path, "{}", "[]");
    }
}

#[test]
fn the_context_and_variables_are_roots() {
    let input = value("1");
    let context = value(r#"{"State":{"Name":"A"}}"#);
    let variables = Variables::from([("répertoire_1".into(), value(r#"{"x":[5]}"#))]);
    let bindings = Bindings { input: &input, context: &context, variables: &variables };
    let select = |path: &str| {
        Path::parse(path).expect("a path").select(&bindings).map(|found| found.to_string())
    };
    assert_eq!(select("$$.State.Name").as_deref(), Ok("\"A\""));
    assert_eq!(select("$répertoire_1.x[0]").as_deref(), Ok("5"));
    assert!(select("$other").is_err());
    assert_eq!(Path::parse("$$").expect("a path").root(), &Root::Context);
}

#[test]
fn malformed_paths_are_refused() {
    for path in [
        "",
        "a",
        ".a",
        "$.",
        "$..",
        "$[",
        "$[]",
        "$['a'",
        "$['a]",
        "$.a b",
        "$.a[",
        "$.a.",
        "$[?(@.a ==)]",
        "$[?(1)]",
        "$[?]",
        "$[?(@.a),?(@.b)]",
        "$[1:2",
        "$[:]",
        "$[1-2]",
        "$.a.nope()",
        "$.length().x",
        "$[?(@.a =~ /(/)]",
        "$ ",
        "$.a]",
        "$1",
        "$[99999999999]",
    ] {
        assert!(Path::parse(path).is_err(), "{path:?} was taken for a path");
    }
}

#[test]
fn nesting_and_work_are_limited() {
    assert!(Path::parse(&format!("$[?({}@.a)]", "(".repeat(100_000))).is_err());
    assert!(Path::parse(&format!("$[?({}@.a)]", "!".repeat(100_000))).is_err());
    assert!(Path::parse(&format!("${}", "[?(@".repeat(10_000))).is_err());
    assert!(Path::parse(&"$.a".repeat(100_000)).is_err());
    let wide = Value::array((0..200).map(|_| Value::array((0..200).map(Value::from))));
    let path = Path::parse("$..*..*..*..*..*..*..*").expect("a path");
    let deep = (0..200).fold(wide, |inner, _| Value::array([inner.clone(), inner]));
    assert!(path.select_in(&deep).expect_err("too much work").message.contains("more than"));
}

#[test]
fn a_reference_path_puts_a_value_where_it_points() {
    let insert = |path: &str, document: &str| {
        let path = ReferencePath::parse(path).expect("a reference path");
        path.insert(&value(document), value("9"))
            .map(|result| result.to_string())
            .map_err(|err| err.message)
    };
    assert_eq!(insert("$", r#"{"a":1}"#).as_deref(), Ok("9"));
    assert_eq!(insert("$.b", r#"{"a":1}"#).as_deref(), Ok(r#"{"a":1,"b":9}"#));
    assert_eq!(insert("$.a", r#"{"a":1,"b":2}"#).as_deref(), Ok(r#"{"a":9,"b":2}"#));
    assert_eq!(insert("$.x.y", "{}").as_deref(), Ok(r#"{"x":{"y":9}}"#));
    assert_eq!(insert("$.l[1].x", r#"{"l":[1,{}]}"#).as_deref(), Ok(r#"{"l":[1,{"x":9}]}"#));
    assert_eq!(insert("$.l[0]", r#"{"l":[1]}"#).as_deref(), Ok(r#"{"l":[9]}"#));
    assert_eq!(
        insert("$.a.b", r#"{"a":1}"#),
        Err(r#"Unable to apply step "b" to input {"a":1}"#.to_owned())
    );
    assert_eq!(insert("$.a", "[1]"), Err(r#"Unable to apply step "a" to input [1]"#.to_owned()));
    for path in ["$.a[*]", "$..a", "$[1:2]", "$['a','b']", "$.length()", "$[-1]", "$$.a", "$name.a"]
    {
        assert!(ReferencePath::parse(path).is_err(), "{path}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-c]", inner), 0..4).prop_map(Value::object),
        ]
    })
}

proptest! {
    #[test]
    fn parse_and_select_never_panic(text in r#"\$[$.a-c\[\]'"*?()@0-9:,<=>!&|~/ {}-]{0,24}"#, input in json()) {
        if let Ok(path) = Path::parse(&text) {
            drop(path.select_in(&input));
        }
    }

    #[test]
    fn parse_never_panics_on_any_text(text in "\\PC*") {
        drop(Path::parse(&text));
    }

    #[test]
    fn what_was_inserted_is_selected(input in json(), steps in proptest::collection::vec("[a-d]", 1..4), put in json()) {
        let text = format!("$.{}", steps.join("."));
        let path = ReferencePath::parse(&text).expect("names make a reference path");
        if let Ok(result) = path.insert(&input, put.clone()) {
            prop_assert_eq!(path.path().select_in(&result), Ok(put));
        }
    }
}
