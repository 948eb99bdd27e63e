//! What went wrong, in the words of the reference implementation, which are the words AWS shows.

use jsonata_core::evaluator::EvaluatorError;
use jsonata_core::parser::ParserError;

use crate::json::Value;
use crate::query::SyntaxError;

/// The parser itself failed at the text.
pub(super) fn unreadable() -> SyntaxError {
    SyntaxError { message: "This expression cannot be read".to_owned(), offset: None }
}

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

/// A definition with such an expression is refused; AWS leaves the code (`S0207`) out of its message.
pub(super) fn syntax(error: &ParserError, expression: &str) -> SyntaxError {
    // The library has one error for an open string and an open regular expression.
    if matches!(error, ParserError::UnclosedString) && strings_are_closed(expression) {
        return SyntaxError {
            message: "No terminating / in regular expression".to_owned(),
            offset: None,
        };
    }
    let message = error.to_string();
    let message = match message.split_once(": ") {
        Some(("S0202", text)) => {
            match text.strip_prefix("Expected ").and_then(|rest| rest.split_once(", got ")) {
                Some((expected, found)) => {
                    format!("Expected {}, got {}", symbol(expected), symbol(found))
                }
                None => text.to_owned(),
            }
        }
        Some(("S0203", text)) => requoted(text, "Expected ", " before"),
        Some(("S0204", text)) => requoted(text, "operator: ", ""),
        Some(("S0211", text)) => requoted(text, "symbol ", " cannot"),
        Some(("S0201", text)) => requoted(text, "error: ", ""),
        Some((code, text)) if is_code(code) => text.to_owned(),
        Some(_) | None => message
            .replace("Invalid syntax: Unclosed regex", "No terminating / in regular expression"),
    };
    SyntaxError { message, offset: None }
}

fn strings_are_closed(expression: &str) -> bool {
    let mut quote = None;
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(_) | None => {}
        }
    }
    quote.is_none()
}

/// `text` with the symbol that the token between the two markers stands for.
fn requoted(text: &str, before: &str, after: &str) -> String {
    let Some(start) = text.find(before).map(|at| at + before.len()) else { return text.to_owned() };
    let len = if after.is_empty() { None } else { text[start..].find(after) };
    let end = len.map_or(text.len(), |len| start + len);
    format!("{}{}{}", &text[..start], symbol(&text[start..end]), &text[end..])
}

/// What was written, in double quotes, for the library's name of a token.
fn symbol(token: &str) -> String {
    let plain = match token {
        "Plus" => "+",
        "Minus" => "-",
        "Star" => "*",
        "StarStar" => "**",
        "Slash" => "/",
        "Percent" => "%",
        "Equal" => "=",
        "NotEqual" => "!=",
        "LessThan" => "<",
        "LessThanOrEqual" => "<=",
        "GreaterThan" => ">",
        "GreaterThanOrEqual" => ">=",
        "And" => "and",
        "Or" => "or",
        "In" => "in",
        "Ampersand" => "&",
        "Dot" => ".",
        "DotDot" => "..",
        "Question" => "?",
        "QuestionQuestion" => "??",
        "QuestionColon" => "?:",
        "Colon" => ":",
        "ColonEqual" => ":=",
        "TildeArrow" => "~>",
        "LeftParen" => "(",
        "RightParen" => ")",
        "LeftBracket" => "[",
        "RightBracket" => "]",
        "LeftBrace" => "{",
        "RightBrace" => "}",
        "Comma" => ",",
        "Semicolon" => ";",
        "Caret" => "^",
        "Pipe" => "|",
        "Hash" => "#",
        "At" => "@",
        "Eof" => "(end)",
        other => {
            // `Identifier("x")` and the like carry what was written.
            let inside =
                other.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(other);
            return format!("\"{}\"", inside.trim_matches('"'));
        }
    };
    format!("\"{plain}\"")
}

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

fn is_code(code: &str) -> bool {
    let mut chars = code.chars();
    code.len() == 5
        && chars.next().is_some_and(|c| c.is_ascii_uppercase())
        && chars.all(|c| c.is_ascii_digit())
}

/// The reference implementation's text where the library's differs; it puts what it names in double quotes.
fn reworded(code: &str, text: &str, function: Option<&str>) -> String {
    let fixed = match code {
        "T1006" => "Attempted to invoke a non-function",
        "T1008" => "Attempted to partially apply a non-function",
        "T2003" => "The left side of the range operator (..) must evaluate to an integer",
        "T2004" => "The right side of the range operator (..) must evaluate to an integer",
        "T2006" => "The right side of the function application operator ~> must be a function",
        "T2008" => {
            "The expressions within an order-by clause must evaluate to numeric or string values"
        }
        "D3010" => "Second argument of replace function cannot be an empty string",
        "D3080" => {
            "The sub-picture must not contain more than one instance of the 'decimal-separator' character"
        }
        "D3086" => {
            "The sub-picture must not contain a passive character that is preceded by an active character and that is \
             followed by another active character"
        }
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    match code {
        "T2001" | "T2002" => quote_after(text, "side of the ", " operator"),
        "T0410" | "T0411" | "T0412" => {
            about_argument(code, text, function).unwrap_or_else(|| text.to_owned())
        }
        "T1005" | "T1007" => match text.rsplit_once("Did you mean $") {
            Some((before, name)) => {
                format!("{before}Did you mean \"{}\"?", name.trim_end_matches('?'))
            }
            None => text.to_owned(),
        },
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
