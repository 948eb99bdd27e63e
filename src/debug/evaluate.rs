//! Expressions that the user types: watches, the debug console, conditions of breakpoints, log messages.
//!
//! What may be written: a JSONPath (`$.order.id`, `$$.Execution.Name`), an intrinsic function, or JSONata over
//! `$states.input`, `$states.context`, `$states.result`, `$states.errorOutput` and the variables. So that conditions can be
//! written in the manner of the state, `$.` in an expression of a JSONPath state means `$states.input.`, `$$.` means
//! `$states.context.`, and `== != && ||` are taken for JSONata's `= != and or`.

use crate::asl::QueryLanguage;
use crate::engine::random::SeededRandom;
use crate::json::{Object, Value};
use crate::query::intrinsic::Intrinsic;
use crate::query::jsonata::Jsonata;
use crate::query::jsonpath::Path;
use crate::query::{Bindings, Variables};

/// Why an expression gave no value, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluateError {
    pub message: String,
}

/// What the names in an expression stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub language: QueryLanguage,
    /// `$`: the value at the stage that is looked at.
    pub here: Value,
    /// `$states.input`
    pub input: Value,
    /// `$$`, `$states.context`
    pub context: Value,
    pub variables: Variables,
    /// `$states.result`
    pub result: Option<Value>,
    /// `$states.errorOutput`
    pub error: Option<Value>,
}

/// Longer texts are refused: no person types them.
const MAX_LENGTH: usize = 10_000;

/// The value of an expression at a place. Random numbers and identifiers are the same each time.
///
/// # Errors
/// It is no expression, it fails, or it selects nothing.
pub fn evaluate(text: &str, place: &Place) -> Result<Value, EvaluateError> {
    let text = text.trim();
    let text = text.strip_prefix("{%").and_then(|it| it.strip_suffix("%}")).map_or(text, str::trim);
    if text.is_empty() {
        return Err(error("Type an expression, for example $states.input"));
    }
    if text.len() > MAX_LENGTH {
        return Err(error(format!("This expression is longer than {MAX_LENGTH} characters")));
    }
    match place.language {
        // In JSONata `$.x` says something else, so paths come second there.
        QueryLanguage::Jsonata => match jsonata(text, place) {
            Err(_) if is_path(text) => path(text, place),
            outcome => outcome,
        },
        QueryLanguage::JsonPath if is_path(text) => path(text, place),
        QueryLanguage::JsonPath => jsonata(&translated(text), place),
    }
}

/// Whether a condition holds: as JSONata's `$boolean` has it, so that a path alone asks whether there is something.
///
/// # Errors
/// It is no expression, or it fails. Selecting nothing is no error: the condition does not hold.
pub fn holds(condition: &str, place: &Place) -> Result<bool, EvaluateError> {
    match evaluate(condition, place) {
        Ok(value) => Ok(is_true(&value)),
        Err(err) if err.message.starts_with(NOTHING) => Ok(false),
        Err(err) => Err(err),
    }
}

/// A log message with the expressions in its `{…}` evaluated.
pub fn interpolate(message: &str, place: &Place) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        let Some(end) = closing_brace(after) else {
            text.push('{');
            rest = after;
            continue;
        };
        match evaluate(&after[..end], place) {
            Ok(value) => text += &value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            Err(err) => text += &format!("⟨{err}⟩"),
        }
        rest = &after[end + 1..];
    }
    text + rest
}

const NOTHING: &str = "There is nothing at";

fn error(message: impl Into<String>) -> EvaluateError {
    EvaluateError { message: message.into() }
}

/// A whole JSONPath or a call of an intrinsic function.
fn is_path(text: &str) -> bool {
    if text.starts_with("States.") {
        return Intrinsic::parse(text).is_ok();
    }
    let rooted = text == "$" || ["$.", "$[", "$$"].iter().any(|it| text.starts_with(it));
    rooted && Path::parse(text).is_ok()
}

fn path(text: &str, place: &Place) -> Result<Value, EvaluateError> {
    let bindings =
        Bindings { input: &place.here, context: &place.context, variables: &place.variables };
    if text.starts_with("States.") {
        let intrinsic = Intrinsic::parse(text).map_err(|err| error(err.message))?;
        return intrinsic
            .evaluate(&bindings, &mut SeededRandom::new(0))
            .map_err(|err| error(err.cause));
    }
    let path = Path::parse(text).map_err(|err| error(err.message))?;
    path.select(&bindings).map_err(|err| error(format!("{NOTHING} {text} here: {}", err.message)))
}

fn jsonata(text: &str, place: &Place) -> Result<Value, EvaluateError> {
    let expression = Jsonata::parse(text).map_err(|err| error(err.message))?;
    let mut states = Object::new();
    states.insert("input".into(), place.input.clone());
    states.insert("context".into(), place.context.clone());
    for (name, value) in [("result", &place.result), ("errorOutput", &place.error)] {
        if let Some(value) = value {
            states.insert(name.into(), value.clone());
        }
    }
    match expression.evaluate(&Value::from(states), &place.variables, &mut SeededRandom::new(0)) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(error(format!("{NOTHING} {text} here"))),
        Err(err) => Err(error(err.message)),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_true),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A condition in the manner of JSONPath as JSONata. What stands in quotes stays as it is.
fn translated(text: &str) -> String {
    const WORDS: [(&str, &str); 5] = [
        ("$$.", "$states.context."),
        ("$.", "$states.input."),
        ("==", "="),
        ("&&", " and "),
        ("||", " or "),
    ];
    let mut translated = String::new();
    let mut quote: Option<char> = None;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(open) = quote {
            let escaped = first == '\\';
            let length = first.len_utf8()
                + if escaped { rest.chars().nth(1).map_or(0, char::len_utf8) } else { 0 };
            if first == open {
                quote = None;
            }
            translated += &rest[..length];
            rest = &rest[length..];
        } else if let Some((word, meaning)) = WORDS.iter().find(|(word, _)| rest.starts_with(word))
        {
            translated += meaning;
            rest = &rest[word.len()..];
        } else {
            if matches!(first, '"' | '\'' | '`') {
                quote = Some(first);
            }
            translated.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    translated
}

/// Where the brace that was opened before `text` is closed; braces may nest and stand in quotes.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, it) in text.char_indices() {
        match (quote, it) {
            (Some(open), it) if it == open => quote = None,
            (None, '"' | '\'') => quote = Some(it),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (Some(_) | None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(language: QueryLanguage) -> Place {
        let input =
            Value::parse(r#"{"amount": 120, "who": "a && b", "none": null, "items": [1, 2]}"#)
                .unwrap();
        Place {
            language,
            here: input.clone(),
            input,
            context: Value::parse(r#"{"State": {"Name": "Pay"}}"#).unwrap(),
            variables: [("limit".into(), Value::from(100_i64))].into(),
            result: None,
            error: None,
        }
    }

    fn value(text: &str) -> String {
        evaluate(text, &place(QueryLanguage::JsonPath))
            .map_or_else(|err| err.message, |it| it.to_string())
    }

    #[test]
    fn paths_intrinsics_and_jsonata_are_all_taken() {
        assert_eq!(value("$.amount"), "120");
        assert_eq!(value("$$.State.Name"), "\"Pay\"");
        assert_eq!(value("$limit"), "100");
        assert_eq!(value("$states.input.amount + $limit"), "220");
        assert_eq!(value("{% $sum($states.input.items) %}"), "3");
        assert_eq!(value("States.ArrayLength($.items)"), "2");
        assert_eq!(value("$.amount + 1"), "121");
        let here = place(QueryLanguage::Jsonata);
        assert_eq!(evaluate("$.amount", &here).unwrap(), Value::from(120_i64));
    }

    #[test]
    fn conditions_are_written_as_people_write_them() {
        let here = place(QueryLanguage::JsonPath);
        for (condition, expected) in [
            ("$.amount > 100", true),
            ("$.amount > $limit && $.who == 'a && b'", true),
            ("$.amount = 1 or $$.State.Name = \"Pay\"", true),
            ("$.amount != 120", false),
            ("$.none", false),
            ("$.missing", false),
            ("$.missing = 3", false),
            ("$.items", true),
        ] {
            assert_eq!(holds(condition, &here), Ok(expected), "{condition}");
        }
        assert!(holds("$.amount >", &here).is_err());
    }

    #[test]
    fn wrong_expressions_say_why() {
        for wrong in ["", "{% %}", "1 +", "$states.input.(", "States.Nope()", "$eval('1')"] {
            assert!(evaluate(wrong, &place(QueryLanguage::JsonPath)).is_err(), "{wrong}");
        }
        assert!(value("$.missing").starts_with(NOTHING));
        assert!(value(&"1+".repeat(20_000)).contains("longer"));
    }

    #[test]
    fn a_log_message_holds_expressions() {
        let here = place(QueryLanguage::JsonPath);
        assert_eq!(interpolate("{$.amount} of {{'a': $limit}.a}; {", &here), "120 of 100; {");
        assert_eq!(interpolate("{\"}\"}", &here), "}");
        assert!(interpolate("{$.missing}", &here).contains(NOTHING));
    }
}
