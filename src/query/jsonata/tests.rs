//! Tests of `jsonata`: its rules, one by one.

use proptest::prelude::*;

use super::*;

struct Fixed(u64);

impl Random for Fixed {
    fn next_u64(&mut self) -> u64 {
        self.0
    }
}

const STATES: &str = r#"{
    "input": {"n": 5, "f": 1.5, "whole": 2.0, "big": 9007199254740993, "s": "abc", "arr": [1, 2, 3], "nul": null, "empty": [],
              "items": [{"n": 3, "tags": [{"t": "a"}]}, {"n": 9, "tags": [{"t": "b"}, {"t": "c"}]}]},
    "context": {"State": {"EnteredTime": "2024-02-03T04:05:06.789Z"}, "Execution": {"StartTime": "2024-01-01T00:00:00Z"}}
}"#;

fn evaluate(text: &str) -> Result<Option<String>, JsonataError> {
    let expression = Jsonata::parse(text).unwrap_or_else(|err| panic!("{text}: {err}"));
    let states = Value::parse(STATES).expect("this is JSON");
    let variables = Variables::from([
        ("answer".into(), Value::from(42)),
        ("obj".into(), Value::parse(r#"{"a":{"b":[{"c":1},{"c":2}]}}"#).expect("this is JSON")),
    ]);
    let result = expression.evaluate(&states, &variables, &mut Fixed(7))?;
    Ok(result.map(|value| value.to_string()))
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(evaluate(text), Ok(Some(expected.to_owned())), "{text}");
}

#[track_caller]
fn check_error(text: &str, message: &str) {
    assert_eq!(evaluate(text).map_err(|err| err.message), Err(message.to_owned()), "{text}");
}

#[test]
fn states_and_variables_are_read() {
    check("$states.input.n", "5");
    check("$states.input.n + 1", "6");
    check("$answer", "42");
    check("$obj.a.b.c", "[1,2]");
    check("$obj.a.b[c=2].c", "2");
    check("$states.input.items.n", "[3,9]");
    check("$states.input.items[n > 5].tags.t", r#"["b","c"]"#);
    check("$states.input.items.tags.t", r#"["a","b","c"]"#);
    check("$states.input.items{$string(n): tags.t}", r#"{"3":"a","9":["b","c"]}"#);
    check("$states.input.items^(>n).n", "[9,3]");
    check("$states.input.items.(n * 2)", "[6,18]");
    check("$states.input.(s & $string(n))", r#""abc5""#);
    check("$states.input.items.tags.{'of': %.n, 't': t}[0].of", "3");
    check("$states.input.nul", "null");
    check("$states.input.empty", "[]");
    check("$count($keys($states.input))", "9");
    check("($k := 'n'; $lookup($states.input, $k))", "5");
    check("$states.input.*[0]", "5");
    check("{'a': $states.input.n, 'b': $missing}", r#"{"a":5}"#);
    assert_eq!(evaluate("$missing"), Ok(None));
    assert_eq!(evaluate("$states.input.missing.more"), Ok(None));
    assert_eq!(evaluate("$states.result"), Ok(None));
}

#[test]
fn numbers_are_written_as_step_functions_writes_them() {
    check("$states.input.whole", "2");
    check("$states.input.f * 2", "3");
    check("1.5", "1.5");
    check("0.1 + 0.2", "0.30000000000000004");
    check("$number('2')", "2");
    check("{'w': $states.input.whole}", r#"{"w":2}"#);
    check("$states.input.big", "9007199254740992");
    check("10 / 4", "2.5");
}

#[test]
fn functions_that_the_library_has_otherwise_do_as_the_reference_implementation() {
    check("$encodeUrlComponent('2020-01-01 a/b')", r#""2020-01-01%20a%2Fb""#);
    check("$encodeUrl('https://a.b/c d?e=f')", r#""https://a.b/c%20d?e=f""#);
    check("$decodeUrl('a%20b%3F')", r#""a b%3F""#);
    check("$states.input.s.$encodeUrlComponent()", r#""abc""#);
    check("$states.input.s.$pad(5)", r#""abc  ""#);
    check("$clone($states.input.arr)", "[1,2,3]");
    check("$fromMillis(1.5)", r#""1970-01-01T00:00:00.001Z""#);
    check("$number('-1.5e1')", "-15");
    check("$map(['1','2'], $number)", "[1,2]");
    check("$formatBase(2.5)", r#""2""#);
    check("[1..$states.input.n]", "[1,2,3,4,5]");
    check("[$missing..3]", "[]");
    check_error(
        "[$states.input.nul..3]",
        "T2003: The left side of the range operator (..) must evaluate to an integer",
    );
    assert_eq!(evaluate("$reduce([], function($a, $b) { $a + $b })"), Ok(None));
    check("$reduce([], function($a, $b) { $a + $b }, 10)", "10");
    check("$reduce($states.input.arr, function($a, $b) { $a + $b })", "6");
    check("$filter($states.input.nul, function($v) { $v = null })", "null");
    check("$pad('a', $missing)", r#""a""#);
}

#[test]
fn the_functions_of_step_functions() {
    check("$partition([1,2,3,4], 2)", "[[1,2],[3,4]]");
    check("$partition($states.input.arr, 2.9)", "[[1,2],[3]]");
    check("$partition([0], 4)", "[[0]]");
    check("$range(0, 6, 2)", "[0,2,4,6]");
    check("$range(-1.7, 2, 1)", "[-1,0,1,2]");
    check("$range(3, 1, -1)", "[3,2,1]");
    check("$count($range(1, 200000, 1))", "200000");
    check(r#"$hash("input", "SHA-1")"#, r#""140f86aae51ab9e1cda9b4254fe98a74eb54c1a1""#);
    check("$random(42)", "0.7275636800328681");
    check(r#"$parse("{\"a\":1}").a"#, "1");
    check(r#"["1","[2]"] ~> $map($parse)"#, "[1,[2]]");
    check(r#""{\"a\":1}" ~> $parse"#, r#"{"a":1}"#);
    check(r#""abc" ~> $hash("MD5")"#, r#""900150983cd24fb0d6963f7d28e17f72""#);
    check("$length($uuid())", "36");
    check("$substring($uuid(), 14, 1)", r#""4""#);
    check("$uuid() = $uuid()", "false");
    check("$random() = $random()", "false");
    assert_eq!(evaluate("$random()"), evaluate("$random()"));
    assert_eq!(evaluate("$shuffle([1..20])"), evaluate("$shuffle([1..20])"));
    check("$sort($shuffle([1..5]))", "[1,2,3,4,5]");
    check("$pad('x', -3, '#')", r###""##x""###);
    assert_eq!(evaluate("$parse($missing)"), Ok(None));
    assert!(evaluate("$partition([1], -1)").is_err());
    assert!(evaluate("$hash('a', 'nope')").is_err());
    assert!(evaluate("$parse('{')").is_err());
}

#[test]
fn the_time_is_the_context_objects() {
    check("$now()", r#""2024-02-03T04:05:06.789Z""#);
    check("$millis()", "1706933106789");
    check("$now('[Y0001]')", r#""2024""#);
    check("($f := $now; $f())", r#""2024-02-03T04:05:06.789Z""#);
}

#[test]
fn what_step_functions_does_not_have_is_refused() {
    assert!(Jsonata::parse("$a ?? 1").is_err());
    assert!(Jsonata::parse("$a ?: 1").is_err());
    assert!(Jsonata::parse("$map([1], function($x) { $x ?? 1 })").is_err());
    check_error(r#"$eval("1+1")"#, "T1006: Attempted to invoke a non-function");
    check_error(r#"($f := $eval; $f("1+1"))"#, "T1006: Attempted to invoke a non-function");
    check("true ? 1 : 2", "1");
}

#[test]
fn errors_are_in_the_reference_implementations_words() {
    check_error(
        "1 + 'a'",
        r#"T2002: The right side of the "+" operator must evaluate to a number"#,
    );
    check_error("'a' - 1", r#"T2001: The left side of the "-" operator must evaluate to a number"#);
    check_error(
        "$states.input.s * 2",
        r#"T2001: The left side of the "*" operator must evaluate to a number"#,
    );
    check_error(
        "$abs('a')",
        r#"T0410: Argument 1 of function "abs" does not match function signature"#,
    );
    check_error(
        "$sum('a')",
        r#"T0412: Argument 1 of function "sum" must be an array of "numbers""#,
    );
    check_error("$nope()", "T1006: Attempted to invoke a non-function");
    check_error("$number('x')", r#"D3030: Unable to cast value to a number: "x""#);
    check_error(
        "$states.input.n < 'a'",
        r#"T2009: The values 5 and "a" either side of operator "<" must be of the same data type"#,
    );
    check_error(
        "$filter($states.input.items, function($i) { $i.n >= true })",
        r#"T2010: The expressions either side of operator ">=" must evaluate to numeric or string values"#,
    );
    check_error(
        "$states.input.items.$sum(tags.t)",
        r#"T0412: Argument 1 of function "sum" must be an array of "numbers""#,
    );
    check_error(
        "$uppercase($string(1), $lowercase('A'))",
        r#"T0410: Argument 2 of function "uppercase" does not match function signature"#,
    );
    check_error(
        "$states.input.items.$trim()",
        r#"T0411: Context value is not a compatible type with argument 1 of function "trim""#,
    );
    check_error("-$states.input.s", r#"D1002: Cannot negate a non-numeric value: "abc""#);
    check_error(
        "$states.input ~> |items|1|",
        "T2011: The insert/update clause of the transform expression must evaluate to an object: 1",
    );
    check_error(
        "$states.input.n ~> $uppercase",
        r#"T0410: Argument 1 of function "uppercase" does not match function signature"#,
    );
    check_error(
        "$map([1, 2], $uppercase)",
        r#"T0410: Argument 1 of function "uppercase" does not match function signature"#,
    );
    check_error("$error('')", "D3137: $error() function evaluated");
    check_error(
        "$formatBase(1, 99)",
        "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99",
    );
    check_error("$number(' 1 ')", r#"D3030: Unable to cast value to a number: " 1 ""#);
    check_error("$decodeUrl('%zz')", r#"D3140: Malformed URL passed to $decodeUrl(): "%zz""#);
    let error = evaluate("1 + 'a'").expect_err("a string is no number");
    assert_eq!(
        error.sentence("1 + 'a'", "Output/r"),
        "The JSONata expression '1 + 'a'' specified for the field 'Output/r' threw an error during evaluation. \
         T2002: The right side of the \"+\" operator must evaluate to a number"
    );
    let error = evaluate("$f := function($x){$x}").expect_err("a function is no JSON");
    assert_eq!(error.kind, JsonataErrorKind::UnsupportedResult);
    assert_eq!(
        error.sentence("$f", "Items"),
        "The JSONata expression '$f' specified for the field 'Items' returned an unsupported result type."
    );
}

#[test]
fn a_division_by_zero_is_infinity_in_words() {
    check("1/0", r#""Infinity""#);
}

#[test]
fn work_is_limited() {
    check_error(
        "($f := function($x){ $f($x+1) }; $f(1))",
        "Expression evaluation timeout: Check for infinite loop",
    );
    let deep = "($f := function($x){ 1 + $f($x) }; $f(1))";
    let stack = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive.";
    check_error(deep, stack);
    check_error(&["1"; 200].join("+"), stack);
    let memory = "Expression evaluation memory limit exceeded: Check for excessive memory usage";
    check("$count([1..873782])", "873782");
    check_error("[1..873783] ~> $count()", memory);
    check_error("$range(1, 1000000000000, 1)", memory);
    check_error("$pad('x', 1000000000)", memory);
    check_error("$reduce([1..60], function($a, $b) { $a & $a }, 'x')", memory);
    check_error("$reduce([1..60], function($a, $b) { $join([$a, $a]) }, 'x')", memory);
    check_error("$reduce([1..60], function($a, $b) { $replace($a, 'x', 'xx') }, 'x')", memory);
    check_error(&format!("($a := 'x'; {} $length($a))", "$a := $a & $a;".repeat(60)), memory);
    check("$reduce([1..3], function($a, $b) { $a & $b & $missing }, 'x')", r#""x123""#);
    check("[1/0, -1/0]", r#"["Infinity","-Infinity"]"#);
    let doubled = evaluate("$reduce([1..60], function($a, $b) { [[$a, $a]] }, 'x')");
    assert_eq!(doubled.map_err(|err| err.message), Err(memory.to_owned()));
    let error = evaluate("[1..900000] ~> $count()").expect_err("too much");
    assert!(
        error
            .sentence("e", "f")
            .contains("threw an error during evaluation: Expression evaluation memory limit")
    );
    for repeated in ["(", "[", "-", "1+", "$f(", "{'a':", "a.", "function($x){"] {
        let text = repeated.repeat(50_000);
        assert!(Jsonata::parse(&text).is_err(), "{repeated}");
    }
}

#[test]
fn what_an_expression_uses_is_known_beforehand() {
    let used = |text: &str| -> Vec<String> {
        Jsonata::parse(text).expect("an expression").variables_used().map(str::to_owned).collect()
    };
    assert_eq!(used("$states.input.a + $x.y[$z = 1]"), ["states", "x", "z"]);
    assert_eq!(used("($a := $b; $map($c, function($d) { $d + $e }))"), ["b", "c", "e"]);
    assert_eq!(used("$sum($map([1], $uppercase))"), Vec::<String>::new());
    assert_eq!(used("$$.x"), Vec::<String>::new());
    let members = |text: &str| -> Option<Vec<String>> {
        let expression = Jsonata::parse(text).expect("an expression");
        expression.states_members_used().map(|names| names.into_iter().map(str::to_owned).collect())
    };
    assert_eq!(
        members("$states.input.a & $states.context.b"),
        Some(vec!["context".to_owned(), "input".to_owned()])
    );
    assert_eq!(members("$states"), None);
    let reads_context = |text: &str| Jsonata::parse(text).expect("an expression").reads_context();
    assert!(
        reads_context("$states.context.State.Name")
            && reads_context("$now()")
            && reads_context("$keys($states)")
    );
    assert!(!reads_context("$states.input.context + $x"));
    let top = |text: &str| -> Vec<String> {
        let expression = Jsonata::parse(text).expect("an expression");
        expression.top_level_references().iter().map(ToString::to_string).collect()
    };
    assert_eq!(top("phone & $states.input.items[n > 1].tags"), ["phone"]);
    assert_eq!(top("$x.(a + b)"), Vec::<String>::new());
    assert_eq!(top("{'a': b.c}"), ["b"]);
}

#[test]
fn malformed_expressions_are_refused_in_awss_words() {
    for (text, message) in [
        ("\"unterminated", "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ("a[1,2)", r#"Expected "]", got ",""#),
        (r#"{"a":}"#, r#"The symbol "}" cannot be used as a unary operator"#),
        ("$x :=", "Unexpected end of expression"),
        (r#"$match("a", /abc"#, "No terminating / in regular expression"),
    ] {
        assert_eq!(Jsonata::parse(text).expect_err("malformed").message, message, "{text}");
    }
}

#[test]
fn integers_are_written_with_a_limit_to_the_work() {
    check("$formatInteger(1234, '#,##0')", r#""1,234""#);
    check("$formatInteger(1999, 'I')", r#""MCMXCIX""#);
    check("$formatInteger(12, 'w')", r#""twelve""#);
    check("7 ~> $formatInteger('000')", r#""007""#);
    check("$states.input.items.n.$formatInteger('00')", r#"["03","09"]"#);
    check("$map([1, 2], function($n) { $formatInteger($n, 'A') })", r#"["A","B"]"#);
    let memory = "Expression evaluation memory limit exceeded: Check for excessive memory usage";
    check_error("$formatInteger(9e18, 'I')", memory);
    check_error("$formatInteger(1, $pad('0', 100000))", memory);
}

#[test]
fn what_is_made_in_a_loop_is_bounded_together() {
    // On a busy machine the limit of time may come before the one of memory.
    let stopped = |text: &str| {
        let kind = evaluate(text).map_err(|err| err.kind);
        assert_eq!(kind, Err(JsonataErrorKind::Limit), "{text}");
    };
    stopped("($x := $pad('x', 1000000); [1..1000].($x & $string($)))");
    stopped("($x := $pad('x', 1000000); $map([1..1000], function($i) { $uppercase($x) }))");
    stopped("[1..10000].{'a': [1..10000]}");
    stopped("($x := $pad('x', 1000000); $replace($x, 'x', $x))");
    stopped("($x := $pad('x', 100000); $join($map([1..1000], $string), $x))");
    stopped("$distinct([1..100000])");
    check("$join(['a', 'b'], $states.input.s & '-')", r#""aabc-b""#);
    check("'a-b' ~> $replace('-', $states.input.s)", r#""aabcb""#);
    check("($x := 'a-b-c'; $x.$replace('-', 'xy'))", r#""axybxyc""#);
    check("$replace('a-b-c', '-', $states.input.s, 1)", r#""aabcb-c""#);
    check("($f := $replace(?, '-', '+'); $f('a-b'))", r#""a+b""#);
    check("$distinct([1, 2, 1])", "[1,2]");
    check("$map(['a', 'b'], function($s) { $s ~> $uppercase() ~> $join('x') })", r#"["A","B"]"#);
    check("$count($reduce([1..5000], function($all, $i) { $append($all, $i) }, []))", "5000");
    check("$count([1..1000].($string($) & 'x'))", "1000");
    check("$sum([1..100].$count([1..$]))", "5050");
}

proptest! {
    #[test]
    fn parse_never_panics(text in "\\PC*", close in r#"[$a-c\[\](){}.,:;'"/0-9+*?<>=~|@#%^& -]{0,32}"#) {
        drop(Jsonata::parse(&text));
        drop(Jsonata::parse(&close));
    }

    #[test]
    fn evaluate_never_panics(parts in proptest::collection::vec(
        prop_oneof![Just("$states"), Just(".input"), Just(".n"), Just("[0]"), Just("[n>1]"), Just(" + "), Just(" & "), Just("$map("), Just(")"), Just("("),
            Just("$sum"), Just("$range(1,2,3)"), Just("function($x){$x}"), Just(","), Just("'a'"), Just("-1"), Just("{'k':"), Just("}"), Just("%"), Just("**"), Just("^(n)"), Just("~>"), Just("$now()")], 0..8)) {
        if let Ok(expression) = Jsonata::parse(&parts.concat()) {
            let states = Value::parse(STATES).expect("this is JSON");
            drop(expression.evaluate(&states, &Variables::new(), &mut Fixed(1)));
        }
    }
}

#[test]
fn a_fault_of_the_library_is_an_error_of_the_expression() {
    let broken = evaluate("$toMillis('2020', '[Y]-[,D01]')");
    assert_eq!(broken.map_err(|err| err.kind), Err(JsonataErrorKind::Limit));
}
