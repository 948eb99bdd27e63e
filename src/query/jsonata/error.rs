//! What went wrong, in the words of the reference implementation, which are the words AWS shows.

use jsonata_core::evaluator::EvaluatorError;

use crate::json::Value;

/// Why an evaluation failed; always the error name `States.QueryEvaluationError`.
///
/// [`JsonataError::sentence`] is the cause as AWS writes it. `message` alone is the inner part: with a code in front when JSONata
/// has one (`T2001: The left side of the "+" operator must evaluate to a number`), without for limits
/// (`Expression evaluation memory limit exceeded: Check for excessive memory usage`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonataError {
    pub kind: JsonataErrorKind,
    pub message: String,
}

/// Which sentence AWS makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonataErrorKind {
    /// JSONata's own error, with a code such as `T2001`.
    Coded,
    /// A limit was reached: time, depth or memory.
    Limit,
    /// The result is a function or a regular expression, which no JSON can hold.
    UnsupportedResult,
}

impl JsonataError {
    /// The cause, to stand after "An error occurred while executing the state '...' (entered at the event id #n). ".
    ///
    /// AWS ends the sentence with a full stop before a coded message and with a colon before any other.
    pub fn sentence(&self, expression: &str, field: &str) -> String {
        let subject =
            format!("The JSONata expression '{expression}' specified for the field '{field}'");
        match self.kind {
            JsonataErrorKind::Coded => {
                format!("{subject} threw an error during evaluation. {}", self.message)
            }
            JsonataErrorKind::Limit => {
                format!("{subject} threw an error during evaluation: {}", self.message)
            }
            JsonataErrorKind::UnsupportedResult => {
                format!("{subject} returned an unsupported result type.")
            }
        }
    }

    pub(super) fn coded(message: impl Into<String>) -> Self {
        Self { kind: JsonataErrorKind::Coded, message: message.into() }
    }

    /// The evaluator itself failed at the expression.
    pub(super) fn fault() -> Self {
        Self {
            kind: JsonataErrorKind::Limit,
            message: "An argument of a function has a form that cannot be evaluated".to_owned(),
        }
    }

    pub(super) fn unsupported_result() -> Self {
        Self {
            kind: JsonataErrorKind::UnsupportedResult,
            message: "The result is a function".to_owned(),
        }
    }

    pub(super) fn memory() -> Self {
        Self { kind: JsonataErrorKind::Limit, message: MEMORY.to_owned() }
    }
}

/// The message behind which host functions hide [`MEMORY`], because the library passes on texts only.
pub(super) const MEMORY_CODE: &str = "D2015";

/// The library's own code when its time is up.
pub(super) const TIME_CODE: &str = "D1012";

const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";
const STACK: &str = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive.";
const TIME: &str = "Expression evaluation timeout: Check for infinite loop";

/// The error of an evaluation, or the value that AWS gives where the library refuses: a division by zero is the string
/// `Infinity` there.
///
/// `function` is the only function that the expression calls, if there is only one: the library's messages about arguments
/// leave the name out.
pub(super) fn evaluation(
    error: &EvaluatorError,
    function: Option<&str>,
) -> Result<Option<Value>, JsonataError> {
    let message = error.message();
    let (code, text) = match message.split_once(": ") {
        Some((code, text)) if is_code(code) => (code, text),
        Some(_) | None => return Err(JsonataError::coded(message)),
    };
    let limit = |message: &str| {
        Err(JsonataError { kind: JsonataErrorKind::Limit, message: message.to_owned() })
    };
    match code {
        TIME_CODE => limit(TIME),
        "D1011" | "U1001" | "U1002" => limit(STACK),
        MEMORY_CODE | "D2014" => limit(MEMORY),
        _ => Err(JsonataError::coded(format!("{code}: {}", reworded(code, text, function)))),
    }
}

/// The code in front of a message.
pub(super) fn code(message: &str) -> Option<&str> {
    message.split_once(": ").map(|(code, _)| code).filter(|code| is_code(code))
}

pub(super) fn is_code(code: &str) -> bool {
    let mut chars = code.chars();
    code.len() == 5
        && chars.next().is_some_and(|c| c.is_ascii_uppercase())
        && chars.all(|c| c.is_ascii_digit())
}

/// Texts of the reference implementation (2.0.6) that name nothing of the expression, where the library's may differ.
const FIXED: &[(&str, &str)] = &[
    ("D3001", "Attempting to invoke string function on Infinity or NaN"),
    ("D3010", "Second argument of replace function cannot be an empty string"),
    ("D3020", "Third argument of split function must evaluate to a positive number"),
    ("D3080", "The picture string must only contain a maximum of two sub-pictures"),
    (
        "D3081",
        "The sub-picture must not contain more than one instance of the 'decimal-separator' character",
    ),
    ("D3082", "The sub-picture must not contain more than one instance of the 'percent' character"),
    (
        "D3083",
        "The sub-picture must not contain more than one instance of the 'per-mille' character",
    ),
    ("D3084", "The sub-picture must not contain both a 'percent' and a 'per-mille' character"),
    (
        "D3085",
        "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'",
    ),
    (
        "D3086",
        "The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character",
    ),
    (
        "D3087",
        "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a 'decimal-separator' character",
    ),
    (
        "D3088",
        "The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
    ),
    (
        "D3089",
        "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character",
    ),
    (
        "D3090",
        "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is followed by an instance of the 'optional digit character'",
    ),
    (
        "D3091",
        "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' that is followed by a member of the 'decimal digit family'",
    ),
    (
        "D3092",
        "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as an 'exponent-separator'",
    ),
    (
        "D3093",
        "The exponent part of the sub-picture must comprise only of one or more characters that are members of the 'decimal digit family'",
    ),
    ("D3131", "In a decimal digit pattern, all digits must be from the same decimal group"),
    ("D3134", "The timezone integer format specifier cannot have more than four digits"),
    ("D3135", "No matching closing bracket ']' in date/time picture string"),
    ("D3136", "The date/time picture string is missing specifiers required to parse the timestamp"),
    (
        "D3138",
        "The $single() function expected exactly 1 matching result.  Instead it matched more.",
    ),
    ("D3139", "The $single() function expected exactly 1 matching result.  Instead it matched 0."),
    ("T1006", "Attempted to invoke a non-function"),
    ("T1008", "Attempted to partially apply a non-function"),
    ("T2003", "The left side of the range operator (..) must evaluate to an integer"),
    ("T2004", "The right side of the range operator (..) must evaluate to an integer"),
    ("T2006", "The right side of the function application operator ~> must be a function"),
    (
        "T2008",
        "The expressions within an order-by clause must evaluate to numeric or string values",
    ),
];

/// The reference implementation's text where the library's differs; what it names of the expression it writes as JSON.
fn reworded(code: &str, text: &str, function: Option<&str>) -> String {
    if let Some((_, fixed)) = FIXED.iter().find(|(known, _)| *known == code) {
        return (*fixed).to_owned();
    }
    match code {
        "T2001" | "T2002" => quote_after(text, "side of the ", " operator"),
        "T0410" | "T0411" | "T0412" => {
            about_argument(code, text, function).unwrap_or_else(|| text.to_owned())
        }
        "D3100" => match text.rsplit_once("got ") {
            Some((_, radix)) => format!(
                "The radix of the formatBase function must be between 2 and 36.  It was given {radix}"
            ),
            None => text.to_owned(),
        },
        "D3130" => format!(
            "Formatting or parsing an integer as a sequence starting with {} is not supported by this implementation",
            Value::from(text)
        ),
        "D3132" => {
            format!("Unknown component specifier {} in date/time picture string", Value::from(text))
        }
        "D3133" => format!(
            "The 'name' modifier can only be applied to months and days in the date/time picture string, not {}",
            Value::from(text)
        ),
        "D3137" if text.is_empty() => "$error() function evaluated".to_owned(),
        "D3030" => match text
            .strip_prefix("Cannot convert '")
            .and_then(|rest| rest.strip_suffix("' to number"))
        {
            Some(value) => format!("Unable to cast value to a number: {}", Value::from(value)),
            None => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

/// The sentence about an argument; `None` when the function cannot be named.
fn about_argument(code: &str, text: &str, function: Option<&str>) -> Option<String> {
    let word_after = |marker: &str| text.split_once(marker)?.1.split(' ').next();
    let named = word_after("of function ").map(|name| name.trim_matches(['$', '"']));
    let function =
        named.filter(|name| !matches!(*name, "does" | "must" | "undefined" | "")).or(function)?;
    let index = word_after("rgument ").filter(|index| index.parse::<u32>().is_ok());
    Some(match code {
        "T0411" => {
            let index = index.unwrap_or("1");
            format!(
                "Context value is not a compatible type with argument {index} of function \"{function}\""
            )
        }
        "T0412" => {
            let kind = match text.rsplit_once("array of ")?.1.trim_end_matches(')') {
                "Number" => "numbers",
                "String" => "strings",
                "Boolean" => "booleans",
                "Object" => "objects",
                "Array" => "arrays",
                "Function" => "functions",
                other => other,
            };
            format!(
                "Argument {} of function \"{function}\" must be an array of \"{kind}\"",
                index.unwrap_or("1")
            )
        }
        _ => {
            let index = index.map_or_else(|| too_many(text), |index| index.parse().ok())?;
            format!("Argument {index} of function \"{function}\" does not match function signature")
        }
    })
}

/// The first argument that does not fit, from "expected 1, got 2".
fn too_many(text: &str) -> Option<u32> {
    let (expected, got) = text.split_once("expected ")?.1.split_once(", got ")?;
    let (expected, got): (u32, u32) = (expected.parse().ok()?, got.parse().ok()?);
    Some(if got > expected { expected + 1 } else { got + 1 })
}

/// `text` with what stands between the two markers in double quotes and without a `$`.
fn quote_after(text: &str, before: &str, after: &str) -> String {
    let Some(start) = text.find(before).map(|at| at + before.len()) else { return text.to_owned() };
    let Some(len) = text[start..].find(after) else { return text.to_owned() };
    let named = text[start..start + len].trim_start_matches('$');
    if named.is_empty() || named.starts_with('"') || named == "does" || named == "must" {
        return text.to_owned();
    }
    format!("{}\"{named}\"{}", &text[..start], &text[start + len..])
}
