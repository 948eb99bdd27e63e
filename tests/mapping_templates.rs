//! Mapping templates against what the service was recorded to render, and against templates people wrote.

#![expect(clippy::print_stdout, reason = "says what was skipped, and which case differs how")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use stepwell::apigateway::mapping_template::{Params, Template, TemplateScope};
use stepwell::json::Value;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(path);
    if path.exists() {
        Some(path)
    } else {
        println!("skipped: {} is not here", path.display());
        None
    }
}

fn cases(file: &str, kind: &str) -> Vec<Value> {
    let folder = std::env::var_os("STEPWELL_CASES")
        .map(PathBuf::from)
        .or_else(|| shared("conformance/cases"));
    let Some(text) = folder.and_then(|folder| fs::read_to_string(folder.join(file)).ok()) else {
        return Vec::new();
    };
    let all = Value::parse(&text).expect("the cases are JSON");
    let of_kind = |case: &&Value| case.get("kind").and_then(Value::as_str) == Some(kind);
    all.as_array().expect("an array of cases").iter().filter(of_kind).cloned().collect()
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// `{"rendered"}` for a case of kind `velocity`.
pub(crate) fn velocity_answer(case: &Value) -> Value {
    let variables = case.get("context").and_then(Value::as_object);
    let variables = variables
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    answer(case, &TemplateScope { variables, ..TemplateScope::default() })
}

/// `{"rendered", "overrides"}` for a case of kind `vtl`.
pub(crate) fn vtl_answer(case: &Value) -> Value {
    let mut scope = TemplateScope::default();
    for (name, value) in case.get("variables").and_then(Value::as_object).into_iter().flatten() {
        match &**name {
            "input" => {
                scope.body = text(value.get("body")).to_owned();
                let group = |name: &str| {
                    let members =
                        value.get("params").and_then(|it| it.get(name)).and_then(Value::as_object);
                    let members = members.into_iter().flatten();
                    members
                        .map(|(name, value)| (name.to_string(), text(Some(value)).to_owned()))
                        .collect()
                };
                scope.params = Params {
                    path: group("path"),
                    querystring: group("querystring"),
                    header: group("header"),
                };
            }
            "context" => scope.context = value.clone(),
            "stageVariables" => scope.stage_variables = value.clone(),
            _ => scope.variables.push((name.to_string(), value.clone())),
        }
    }
    answer(case, &scope)
}

fn answer(case: &Value, scope: &TemplateScope) -> Value {
    match Template::parse(text(case.get("template"))).and_then(|template| template.render(scope)) {
        Ok(rendered) => {
            let member = |name: &str| rendered.context.get(name).cloned().unwrap_or_default();
            let overrides = if case.get("phase").and_then(Value::as_str) == Some("response") {
                member("responseOverride")
            } else {
                Value::object(
                    ["requestOverride", "responseOverride"].map(|name| (name, member(name))),
                )
            };
            Value::object([("rendered", Value::from(rendered.text)), ("overrides", overrides)])
        }
        Err(error) => Value::object([("error", Value::from(error.to_string()))]),
    }
}

/// Same text, or same JSON, and the overrides that are expected.
fn is_right(case: &Value, actual: &Value) -> bool {
    let expected = case.get("expected").expect("every case expects something");
    let (want, got) = (text(expected.get("rendered")).trim(), text(actual.get("rendered")).trim());
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let json = |text: &str| Value::parse(text).ok();
    let same = want == got
        || case.get("ignore_whitespace").is_some() && squeezed(want) == squeezed(got)
        || json(want).is_some() && json(want) == json(got);
    let overrides = expected.get("overrides").and_then(Value::as_object).into_iter().flatten();
    same && overrides
        .filter(|(_, value)| value.as_i64() != Some(0))
        .all(|(name, want)| actual.get("overrides").and_then(|it| it.get(name)) == Some(want))
}

fn is_hint(case: &Value) -> bool {
    let evidence = text(case.get("evidence"));
    evidence.starts_with("localstack-render-only") || evidence.starts_with("airspeed-unit-test")
}

#[track_caller]
fn check(file: &str, kind: &str, answer: fn(&Value) -> Value, floor_percent: usize) {
    let cases = cases(file, kind);
    if cases.is_empty() {
        return;
    }
    let (mut right, mut of, mut lines, mut wrong) = (0, 0, String::new(), String::new());
    for case in &cases {
        let id = case.get("id").cloned().unwrap_or_default();
        let actual = answer(case);
        let line = Value::object([("id", id.clone()), ("actual", actual.clone())]);
        writeln!(lines, "{line}").expect("a String takes any text");
        let passed = is_right(case, &actual);
        if !passed {
            let hint = if is_hint(case) { " (hint)" } else { "" };
            writeln!(
                wrong,
                "{id}{hint}\n  want {}\n  got  {actual}",
                case.get("expected").expect("checked")
            )
            .expect("a String");
        }
        if !is_hint(case) {
            of += 1;
            right += usize::from(passed);
        }
    }
    println!("{wrong}{kind}: {right}/{of}");
    if let Some(folder) = std::env::var_os("STEPWELL_TEMPLATE_ACTUALS") {
        fs::write(PathBuf::from(folder).join(format!("{kind}.jsonl")), lines)
            .expect("the folder can be written to");
    }
    assert!(
        right * 100 >= of * floor_percent,
        "{kind}: {right} of {of}, and the floor is {floor_percent} %"
    );
}

#[test]
fn velocity_renders_as_recorded() {
    check("velocity.json", "velocity", velocity_answer, 98);
}

#[test]
fn api_gateway_templates_render_as_recorded() {
    check("apigateway_vtl.json", "vtl", vtl_answer, 90);
}

#[test]
fn templates_that_people_wrote_parse_and_render() {
    let Some(path) = shared("realworld/vtl-templates.json") else { return };
    let all = Value::parse(&fs::read_to_string(path).expect("the file can be read"))
        .expect("the templates are JSON");
    let body = r#"{"id":"1","items":[{"a":{"S":"x"}}],"Items":[{"id":{"S":"1"}}],"output":"{\"a\":1}","message":"hello"}"#;
    let scope = TemplateScope { body: body.to_owned(), ..TemplateScope::default() };
    let mut failed = String::new();
    for template in all.as_array().expect("an array of templates") {
        let source = text(template.get("template"));
        if let Err(error) = Template::parse(source).and_then(|template| template.render(&scope)) {
            writeln!(failed, "{}: {error}\n{source}\n", text(template.get("path")))
                .expect("a String takes any text");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
