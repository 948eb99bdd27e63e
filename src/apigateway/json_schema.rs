//! The part of JSON Schema draft 4 that request models use.
//!
//! An unknown keyword is ignored, as the specification asks. A `$ref` names another model, by API Gateway's URL for it or by
//! a place in an `OpenAPI` document, or a definition within the model.

use std::cell::Cell;
use std::collections::BTreeMap;

use regex::RegexBuilder;

use crate::json::{Number, Value};

/// Schemas may refer to themselves; values may nest. Both stop here.
const MAX_DEPTH: usize = 64;
/// Schemas that are looked at for one body.
const MAX_STEPS: u32 = 200_000;
/// As many problems as a person would read.
const MAX_PROBLEMS: usize = 20;

/// What is wrong with the value, each with its place; empty when it is valid.
pub(super) fn problems(
    schema: &Value,
    models: &BTreeMap<String, Value>,
    value: &Value,
) -> Vec<String> {
    let steps = Cell::new(0);
    let mut check = Check { root: schema, models, problems: Vec::new(), steps: &steps };
    check.value(schema, value, "", 0);
    check.problems
}

struct Check<'a> {
    root: &'a Value,
    models: &'a BTreeMap<String, Value>,
    problems: Vec<String>,
    /// Schemas looked at so far, in all branches together: depth alone does not bound a model that refers to itself thrice.
    steps: &'a Cell<u32>,
}

impl<'a> Check<'a> {
    fn value(&mut self, schema: &'a Value, value: &Value, place: &str, depth: usize) {
        if depth > MAX_DEPTH || self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        self.steps.set(self.steps.get().saturating_add(1));
        if self.steps.get() > MAX_STEPS {
            if self.problems.is_empty() {
                self.problem(place, "the model is too large to be checked");
            }
            return;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            match self.resolve(reference) {
                Some(schema) => self.value(schema, value, place, depth + 1),
                None => self.problem(
                    place,
                    &format!("the model refers to `{reference}`, which does not exist"),
                ),
            }
            return;
        }
        self.type_and_enum(schema, value, place);
        self.combined(schema, value, place, depth);
        match value {
            Value::Object(_) => self.object(schema, value, place, depth),
            Value::Array(items) => self.array(schema, items, place, depth),
            Value::String(text) => self.string(schema, text, place),
            Value::Number(number) => self.number(schema, *number, place),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn type_and_enum(&mut self, schema: &Value, value: &Value, place: &str) {
        let expected: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
                Vec::new()
            }
        };
        if !expected.is_empty() && !expected.iter().any(|name| is_of_type(value, name)) {
            let found = if is_of_type(value, "integer") { "integer" } else { value.type_name() };
            self.problem(
                place,
                &format!("is of type {found}, and {} is allowed", expected.join(" or ")),
            );
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.iter().any(|it| equal(it, value))
        {
            let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
            self.problem(place, &format!("is not one of {}", allowed.join(", ")));
        }
    }

    fn combined(&mut self, schema: &'a Value, value: &Value, place: &str, depth: usize) {
        let of = |name: &str| schema.get(name).and_then(Value::as_array);
        for part in of("allOf").into_iter().flatten() {
            self.value(part, value, place, depth + 1);
        }
        let fits = |this: &Self, part: &'a Value| {
            let mut check = Check {
                root: this.root,
                models: this.models,
                problems: Vec::new(),
                steps: this.steps,
            };
            check.value(part, value, place, depth + 1);
            check.problems.is_empty()
        };
        if let Some(parts) = of("anyOf")
            && !parts.iter().any(|part| fits(self, part))
        {
            self.problem(place, "fits none of the allowed schemas");
        }
        if let Some(parts) = of("oneOf")
            && parts.iter().filter(|part| fits(self, part)).count() != 1
        {
            self.problem(place, "does not fit exactly one of the allowed schemas");
        }
        if let Some(part) = schema.get("not")
            && fits(self, part)
        {
            self.problem(place, "fits a schema that is not allowed");
        }
    }

    fn object(&mut self, schema: &'a Value, value: &Value, place: &str, depth: usize) {
        let Some(members) = value.as_object() else { return };
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !members.contains_key(name) {
                self.problem(place, &format!("has no member `{name}`, which is required"));
            }
        }
        self.bounds(schema, members.len(), ["minProperties", "maxProperties"], "members", place);
        let properties = schema.get("properties");
        for (name, member) in members {
            let inner = format!("{place}/{name}");
            let patterns =
                schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
            let matching: Vec<_> = patterns
                .filter(|(pattern, _)| matches(pattern, name))
                .map(|(_, part)| part)
                .collect();
            let own = properties.and_then(|it| it.get(name));
            for part in own.into_iter().chain(matching.iter().copied()) {
                self.value(part, member, &inner, depth + 1);
            }
            if own.is_none() && matching.is_empty() {
                match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        self.problem(
                            place,
                            &format!("has a member `{name}`, which is not allowed"),
                        );
                    }
                    Some(part @ Value::Object(_)) => self.value(part, member, &inner, depth + 1),
                    Some(
                        Value::Null
                        | Value::Bool(true)
                        | Value::Number(_)
                        | Value::String(_)
                        | Value::Array(_),
                    )
                    | None => {}
                }
            }
        }
    }

    fn array(&mut self, schema: &'a Value, items: &[Value], place: &str, depth: usize) {
        self.bounds(schema, items.len(), ["minItems", "maxItems"], "items", place);
        match schema.get("items") {
            Some(Value::Array(parts)) => {
                for (index, (part, item)) in parts.iter().zip(items).enumerate() {
                    self.value(part, item, &format!("{place}/{index}"), depth + 1);
                }
            }
            Some(part) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(part, item, &format!("{place}/{index}"), depth + 1);
                }
            }
            None => {}
        }
        // Comparing every pair of a large array would take minutes, so only arrays of a sensible size are compared.
        if schema.get("uniqueItems") == Some(&Value::Bool(true))
            && items.len() <= 2000
            && items
                .iter()
                .enumerate()
                .any(|(index, item)| items[..index].iter().any(|it| equal(it, item)))
        {
            self.problem(place, "has the same item twice");
        }
    }

    fn string(&mut self, schema: &Value, text: &str, place: &str) {
        self.bounds(schema, text.chars().count(), ["minLength", "maxLength"], "characters", place);
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !matches(pattern, text)
        {
            self.problem(place, &format!("does not match `{pattern}`"));
        }
    }

    fn number(&mut self, schema: &Value, number: Number, place: &str) {
        let value = number.as_f64();
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        // Draft 4 has a boolean beside the bound, later drafts a bound of its own; both are seen in models.
        let exclusive = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        if let Some(minimum) = bound("minimum")
            && (value < minimum || exclusive("exclusiveMinimum") && value <= minimum)
        {
            self.problem(place, &format!("is less than {minimum} allows"));
        }
        if let Some(maximum) = bound("maximum")
            && (value > maximum || exclusive("exclusiveMaximum") && value >= maximum)
        {
            self.problem(place, &format!("is more than {maximum} allows"));
        }
        if bound("exclusiveMinimum").is_some_and(|minimum| value <= minimum)
            || bound("exclusiveMaximum").is_some_and(|maximum| value >= maximum)
        {
            self.problem(place, "is out of its bounds");
        }
        if let Some(step) = bound("multipleOf")
            && step > 0.0
            && (value / step).fract() != 0.0
        {
            self.problem(place, &format!("is no multiple of {step}"));
        }
    }

    fn bounds(
        &mut self,
        schema: &Value,
        count: usize,
        [least, most]: [&str; 2],
        of: &str,
        place: &str,
    ) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if let Some(least) = bound(least)
            && count < least
        {
            self.problem(place, &format!("has {count} {of}, and {least} are the least"));
        }
        if let Some(most) = bound(most)
            && count > most
        {
            self.problem(place, &format!("has {count} {of}, and {most} are the most"));
        }
    }

    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        if reference == "#" {
            return Some(self.root);
        }
        let within = reference.strip_prefix("#/").and_then(|path| {
            path.split('/')
                .try_fold(self.root, |at, part| at.get(&part.replace("~1", "/").replace("~0", "~")))
        });
        within.or_else(|| self.models.get(reference.rsplit('/').next()?))
    }

    fn problem(&mut self, place: &str, what: &str) {
        let subject = if place.is_empty() { "the body".to_owned() } else { format!("`{place}`") };
        self.problems.push(format!("{subject} {what}"));
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        name => value.type_name() == name,
    }
}

/// Numbers by their value: to a schema, 1 and 1.0 are the same.
fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// A pattern that cannot be read here (look-around) lets everything pass.
fn matches(pattern: &str, text: &str) -> bool {
    RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_or(true, |regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, value: &str, expected: &[&str]) {
        let models = BTreeMap::from([(
            "Name".to_owned(),
            Value::parse(r#"{"type":"string","minLength":1}"#).unwrap(),
        )]);
        let found =
            problems(&Value::parse(schema).unwrap(), &models, &Value::parse(value).unwrap());
        assert_eq!(found, expected, "{schema} {value}");
    }

    #[test]
    fn each_keyword_refuses_what_it_should() {
        check(
            r#"{"type":"object","required":["a"]}"#,
            "{}",
            &["the body has no member `a`, which is required"],
        );
        check(r#"{"type":"object"}"#, "[]", &["the body is of type array, and object is allowed"]);
        check(r#"{"type":["integer","null"]}"#, "1.0", &[]);
        check(
            r#"{"type":"integer"}"#,
            "1.5",
            &["the body is of type number, and integer is allowed"],
        );
        check(
            r#"{"properties":{"n":{"minimum":1,"exclusiveMinimum":true}}}"#,
            r#"{"n":1}"#,
            &["`/n` is less than 1 allows"],
        );
        check(
            r#"{"additionalProperties":false,"properties":{"a":{}}}"#,
            r#"{"a":1,"b":2}"#,
            &["the body has a member `b`, which is not allowed"],
        );
        check(
            r#"{"items":{"enum":[1,"x"]}}"#,
            r#"[1.0,"x","y"]"#,
            &[r#"`/2` is not one of 1, "x""#],
        );
        check(
            r#"{"pattern":"^a+$","maxLength":2}"#,
            r#""aab""#,
            &["the body has 3 characters, and 2 are the most", "the body does not match `^a+$`"],
        );
        check(
            r#"{"oneOf":[{"type":"string"},{"maxLength":3}]}"#,
            r#""ab""#,
            &["the body does not fit exactly one of the allowed schemas"],
        );
    }

    #[test]
    fn references_lead_to_models_and_definitions() {
        for reference in [
            "https://apigateway.amazonaws.com/restapis/x/models/Name",
            "#/components/schemas/Name",
            "#/definitions/n",
        ] {
            let schema = format!(
                r#"{{"definitions":{{"n":{{"minLength":1}}}},"properties":{{"a":{{"$ref":"{reference}"}}}}}}"#
            );
            check(&schema, r#"{"a":""}"#, &["`/a` has 0 characters, and 1 are the least"]);
        }
        check(
            r##"{"properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
            r#"{"a":{}}"#,
            &["`/a` has no member `a`, which is required"],
        );
    }

    #[test]
    fn a_schema_that_only_refers_to_itself_ends() {
        check(r##"{"$ref":"#"}"##, "1", &[]);
    }
}
