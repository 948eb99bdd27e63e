//! Why a text is no JSONata, in the words of the reference implementation, which are the words AWS shows.

use jsonata_core::parser::ParserError;

use crate::query::SyntaxError;

use super::error;

/// The parser itself failed at the text.
pub(super) fn unreadable() -> SyntaxError {
    SyntaxError { message: "This expression cannot be read".to_owned(), offset: None }
}

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
    // Before some codes the library says what kind of error it is.
    let message = ["Invalid syntax: ", "Invalid number: "]
        .iter()
        .find_map(|kind| message.strip_prefix(kind).filter(|rest| error::code(rest).is_some()))
        .unwrap_or(&message);
    let message = match message.split_once(": ") {
        Some(("S0207", text)) => match innermost_closing(expression) {
            Some(closing) => format!("Expected \"{closing}\" before end of expression"),
            None => text.to_owned(),
        },
        Some(("S0202", text)) => {
            match text.strip_prefix("Expected ").and_then(|rest| rest.split_once(", got ")) {
                Some((expected, found)) => {
                    format!("Expected {}, got {}", symbol(expected), symbol(found))
                }
                None => text.to_owned(),
            }
        }
        Some(("S0102", text)) => requoted(text, "range: ", ""),
        Some(("S0103", text)) => requoted(text, "sequence: \\", ""),
        Some(("S0203", text)) => requoted(text, "Expected ", " before"),
        Some(("S0204", text)) => requoted(text, "operator: ", ""),
        Some(("S0211", text)) => requoted(text, "symbol ", " cannot"),
        Some(("S0201", text)) => requoted(text, "error: ", ""),
        Some(("S0214", text)) => match text.strip_prefix("Expected a variable reference after ") {
            Some(operator) => {
                format!("The right side of \"{operator}\" must be a variable name (start with $)")
            }
            None => text.to_owned(),
        },
        Some((code, text)) if error::is_code(code) => text.to_owned(),
        Some(_) | None if message == "Unclosed comment" => "Comment has no closing tag".to_owned(),
        Some(_) | None => message
            .replace("Invalid syntax: Unclosed regex", "No terminating / in regular expression"),
    };
    SyntaxError { message, offset: None }
}

/// What closes the bracket, brace or parenthesis that is open at the end.
fn innermost_closing(expression: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"' | '\''), '\\') => {
                chars.next();
            }
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(') => open.push(')'),
            (None, '[') => open.push(']'),
            (None, '{') => open.push('}'),
            (None, ')' | ']' | '}') => {
                open.pop();
            }
            (Some(_) | None, _) => {}
        }
    }
    open.pop()
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
            return match other {
                "True" | "False" | "Null" => other.to_lowercase(),
                _ if other.starts_with("Number(") => {
                    inside.strip_suffix(".0").unwrap_or(inside).to_owned()
                }
                _ => format!("\"{}\"", inside.trim_matches('"')),
            };
        }
    };
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use crate::query::jsonata::Jsonata;

    #[test]
    fn what_is_missing_is_named_where_something_is_open() {
        for (text, message) in [
            ("1 +", "Unexpected end of expression"),
            ("(1 +", "Expected \")\" before end of expression"),
            ("{'a':", "Expected \"}\" before end of expression"),
            ("$f(", "Expected \")\" before end of expression"),
            ("1)", "Syntax error: \")\""),
            ("1 2", "Syntax error: 2"),
            ("'a' 'b'", "Syntax error: \"b\""),
            ("not true", "Syntax error: true"),
            (r"'\q'", r#"Unsupported escape sequence: \"q""#),
            ("1 .. 3", "Syntax error: \"..\""),
            ("$a#1", "The right side of \"#\" must be a variable name (start with $)"),
            ("/* x", "Comment has no closing tag"),
            ("$states.2", "The literal value 2 cannot be used as a step within a path expression"),
        ] {
            let error = Jsonata::parse(text).expect_err("no expression");
            assert_eq!(error.message, message, "{text}");
        }
    }
}
