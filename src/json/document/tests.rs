//! Tests of `document`: its rules, one by one.

use super::*;

fn json(text: &str) -> Document {
    Document::parse(text, Format::Json)
}
fn yaml(text: &str) -> Document {
    Document::parse(text, Format::Yaml)
}
fn value(document: &Document) -> String {
    document.root.as_ref().map(|root| root.to_value().to_string()).unwrap_or_default()
}

#[test]
fn keys_and_values_know_their_places() {
    let text = "{\n  \"检查\": [1, true]\n}";
    let document = json(text);
    assert!(document.problems.is_empty());
    let member = &document.root.as_ref().unwrap().as_object().unwrap()[0];
    assert_eq!(document.slice(member.name_span), "\"检查\"");
    assert_eq!(document.slice(member.value.span), "[1, true]");
    assert_eq!(document.place(member.value.span.start), LineColumn { line: 2, column: 9 });
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(value(&json("\u{feff}{\"a\":1}")), r#"{"a":1}"#);
    assert_eq!(value(&yaml("\u{feff}a: 1\n")), r#"{"a":1}"#);
}

#[test]
fn a_truncated_file_gives_what_comes_before_the_break() {
    let whole = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Task","Resource":"x"}}}"#;
    for end in 1..whole.len() {
        let document = json(&whole[..end]);
        assert!(!document.problems.is_empty(), "cut at {end}");
        assert!(document.root.is_some());
    }
    assert_eq!(
        value(&json(&whole[..71])),
        r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Ta"}}}"#
    );
}

#[test]
fn comments_and_trailing_commas_are_relaxed_problems() {
    let document = json("{ // why\n \"a\": [1, 2,], /* more */ }");
    assert_eq!(value(&document), r#"{"a":[1,2]}"#);
    assert_eq!(document.problems.len(), 4);
    assert!(document.problems.iter().all(|problem| problem.kind == SyntaxProblemKind::Relaxed));
}

#[test]
fn mistakes_do_not_hide_what_follows() {
    for (text, expected) in [
        (r#"{"a":1 "b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a" 1,"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":,"b":2}"#, r#"{"b":2}"#),
        (r#"{"a":[1,2,"b":2}"#, r#"{"a":[1,2,"b",2]}"#),
        (r#"{"a":1]],"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":"\d","b":2}"#, r#"{"a":"\\d","b":2}"#),
        ("{\"a\":\"open,\n\"b\":2}", "{\"a\":\"open\",\"b\":2}"),
        (r#"{"a":tru,"b":@}"#, r#"{"a":"tru","b":"@"}"#),
        (r#"{"a":1}{"b":2}"#, r#"{"a":1}"#),
        (r#"[1,,2]"#, "[1,2]"),
    ] {
        let document = json(text);
        assert_eq!(value(&document), expected, "{text}");
        assert!(
            document.problems.iter().any(|problem| problem.kind == SyntaxProblemKind::Broken),
            "{text}"
        );
    }
}

#[test]
fn placeholders_may_stand_anywhere() {
    let document = json(
        r#"{"a": ${jsonencode({"x": "}"})}, "b": ${max}, "${name}": "${x}", ${more} "c": [%{ if x } 1 %{ endif }], "d": %{ if y }1%{ else }2%{ endif }, "e": 3}"#,
    );
    assert_eq!(document.problems, []);
    let root = document.root.as_ref().unwrap();
    assert_eq!(root.get("a").unwrap().as_str(), Some(r#"${jsonencode({"x": "}"})}"#));
    assert_eq!(root.get("b").unwrap().as_str(), Some("${max}"));
    assert!(root.get("c").is_some());
}

#[test]
fn duplicate_keys_stay_and_the_last_counts() {
    let document = json(r#"{"a":1,"a":2}"#);
    let root = document.root.unwrap();
    assert_eq!(root.as_object().unwrap().len(), 2);
    assert_eq!(root.get("a").unwrap().as_i64(), Some(2));
}

#[test]
fn what_is_no_json_is_said_in_one_sentence() {
    for text in ["", "  \n", "not a definition", "\u{0}\u{1}"] {
        let document = json(text);
        assert!(document.root.is_none());
        assert_eq!(document.problems.len(), 1, "{text:?}");
    }
}

#[test]
fn nesting_is_limited_not_fatal() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let fine = format!("{}1{}", open.repeat(1000), close.repeat(1000));
        assert_eq!(json(&fine).problems, []);
        assert_eq!(yaml(&fine).problems, []);
        let deep = open.repeat(100_000);
        assert!(json(&deep).problems.iter().any(|problem| problem.message.contains("deeper than")));
        assert!(!yaml(&deep).problems.is_empty());
    }
    let blocks: String = (0..3000).map(|depth| format!("{:depth$}a:\n", "")).collect();
    assert!(!yaml(&blocks).problems.is_empty());
}

#[test]
fn a_huge_text_is_refused_in_words() {
    let document = json(&" ".repeat(50 * 1024 * 1024));
    assert!(document.problems[0].message.contains("50 MB"));
}

#[test]
fn the_number_of_values_is_limited() {
    let many = format!("[{}1]", "1,".repeat(MAX_NODES + 10));
    let document = json(&many);
    assert_eq!(document.root.unwrap().as_array().unwrap().len(), MAX_NODES - 1);
    assert!(document.problems[0].message.contains("more than"));
}

#[test]
fn a_file_of_nothing_but_mistakes_is_read_in_linear_time() {
    for junk in [
        "@",
        "\"\\q\" ",
        "/",
        "'",
        ":",
        "]",
        "{,",
        "\u{1}",
        "é\u{1}",
        "1 %{x} ",
        "1 %{x}[",
        "${",
        "%{",
        "{\"a\":[1 %{x}",
    ] {
        let document = json(&format!("[{}", junk.repeat(200_000)));
        assert!(document.problems.len() <= 100);
    }
}

#[test]
fn yaml_has_anchors_merge_keys_and_tags() {
    let document = yaml(
        "base: &base {Type: Task, TimeoutSeconds: 0x1F}\nA:\n  <<: *base\n  Type: Pass\nB: !Sub 'arn:${X}'\nC: !GetAtt F.Arn\nD: 012345678901\nE: !!str 5\nF: ~\nG: [*base]\n",
    );
    assert_eq!(document.problems, []);
    let root = document.root.as_ref().unwrap();
    assert_eq!(
        root.get("A").unwrap().to_value().to_string(),
        r#"{"Type":"Pass","TimeoutSeconds":31}"#
    );
    assert_eq!(root.get("B").unwrap().tag(), Some("Sub"));
    assert_eq!(root.get("C").unwrap().tag(), Some("GetAtt"));
    assert_eq!(root.get("D").unwrap().as_str(), Some("012345678901"));
    assert_eq!(root.get("E").unwrap().as_str(), Some("5"));
    assert!(root.get("F").unwrap().is_null());
    assert_eq!(document.slice(root.get("A").unwrap().span), "<<: *base\n  Type: Pass");
}

#[test]
fn yaml_that_breaks_gives_what_came_before() {
    let document = yaml("States:\n  A:\n    Type: Pass\n  B: [1, 2\n  C: }\n");
    assert!(document.root.unwrap().get("States").unwrap().get("A").is_some());
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn further_lines_of_a_quoted_text_may_stand_left_of_their_key() {
    let text = "Outer:\n  Policy: '{\n  \"a\": 1,\n\n\"b\": 2\n  }'\n  After: !Ref \"x\ny\"\n";
    let document = yaml(text);
    assert_eq!(document.problems, []);
    assert_eq!(value(&document), r#"{"Outer":{"Policy":"{ \"a\": 1,\n\"b\": 2 }","After":"x y"}}"#);
    let outer = &document.root.as_ref().unwrap().as_object().unwrap()[0].value;
    let after = &outer.as_object().unwrap()[1];
    assert_eq!(document.slice(after.name_span), "After");
    assert_eq!(document.slice(after.value.span), "\"x\ny\"");
    // One that goes on for ever is read a limited number of times.
    let endless = format!("a:\n  b: \"{}\"", "\nx".repeat(20_000));
    assert!(!yaml(&endless).problems.is_empty());
    assert!(!yaml("a:\n  b: 'x\ny").problems.is_empty());
}

#[test]
fn aliases_cannot_explode() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (this, before) in ('b'..='z').zip('a'..) {
        bomb.push_str(&format!(
            "{this}: &{this} [{}]\n",
            vec![format!("*{before}"); 10].join(", ")
        ));
    }
    assert!(yaml(&bomb).problems[0].message.contains("aliases"));
    let mut chain = format!("- &a0 {}1{}\n", "[".repeat(500), "]".repeat(500));
    for at in 1..40 {
        chain.push_str(&format!("- &a{at} {}*a{}{}\n", "[".repeat(500), at - 1, "]".repeat(500)));
    }
    assert!(yaml(&chain).problems[0].message.contains("deeper"));
    assert!(yaml("a: &a [*a]").problems[0].message.contains("inside"));
    assert!(yaml("a: *b").problems[0].message.contains("no anchor"));
}

#[test]
fn the_format_is_told_by_name_and_text() {
    for (name, text, format) in [
        ("a.yaml", "a: 1", Format::Yaml),
        ("a.yml", " {\n \"a\": 1}", Format::Json),
        ("a.yaml", "{a: 1}", Format::Yaml),
        ("a.json", "Comment: x\nStartAt: y", Format::Yaml),
        ("a.asl.json", "{}", Format::Json),
        ("a.json", "hello", Format::Json),
        ("a.txt", "---\na: 1", Format::Yaml),
        ("a", "{\"a\":1}", Format::Json),
    ] {
        assert_eq!(Format::of_path(Path::new(name), text), format, "{name} {text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_span_is_inside(text in "[\\PC\\n\\t\"{}\\[\\],:a$%/*&!<>|-]{0,200}") {
        for format in [Format::Json, Format::Yaml] {
            let document = Document::parse(&text, format);
            fn check(document: &Document, node: &Node) {
                assert!(document.text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
                for item in node.as_array().unwrap_or_default() {
                    check(document, item);
                }
                for member in node.as_object().unwrap_or_default() {
                    assert!(document.text.get(member.name_span.start..member.name_span.end).is_some());
                    check(document, &member.value);
                }
            }
            if let Some(root) = &document.root {
                check(&document, root);
            }
            for problem in &document.problems {
                assert!(document.text.get(problem.span.start..problem.span.end).is_some());
            }
        }
    }

    #[test]
    fn json_is_read_as_json_readers_do(text in r#"(\{("a":(1|-2[.]5e3|"x\\n"|\[true,null\]|\{\}),){0,5}"b":0\}|\[(1,){0,3}2\])"#) {
        let document = json(&text);
        assert_eq!(document.problems, []);
        assert_eq!(document.root.unwrap().to_value(), Value::parse(&text).unwrap());
    }
}

#[test]
fn keys_within_keys_stay_as_short_as_they_are_written() {
    let text = ": ".repeat(150) + &"? ".repeat(150);
    let document = Document::parse(&text, Format::Yaml);
    assert!(document.problems.iter().any(|it| it.message.contains("A key must be a plain text")));
    let value = document.root.as_ref().map(Node::to_value).unwrap_or_default();
    assert!(value.to_string().len() < 100 * text.len());
}

#[test]
fn large_objects_are_merged_in_linear_time() {
    use std::fmt::Write as _;
    let keys = |prefix: char| {
        (0..100_000).fold(String::new(), |mut keys, number| {
            write!(keys, "{prefix}{number}: 1,").expect("a String takes any text");
            keys
        })
    };
    let text = format!("a: &a {{{}}}\nb: {{<<: *a, {}}}\n", keys('x'), keys('y'));
    let document = yaml(&text);
    assert_eq!(document.problems, []);
    let merged = document.root.expect("an object");
    let merged = merged.get("b").and_then(Node::as_object).expect("an object");
    assert_eq!(merged.len(), 200_000);
}
