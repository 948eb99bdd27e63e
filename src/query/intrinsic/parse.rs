//! The text of a call to its function and arguments.

use crate::json::Value;
use crate::query::SyntaxError;
use crate::query::jsonpath::Path;

use super::function::Function;
use super::{Argument, Call};

/// Step Functions allows up to ten nested calls in a field.
const MAX_NESTING: usize = 10;

pub(super) fn call(text: &str) -> Result<Call, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    parser.blanks();
    let call = parser.call(0)?;
    parser.blanks();
    if parser.at < text.len() {
        return Err(parser.error("Nothing can follow the closing parenthesis"));
    }
    Ok(call)
}

struct Parser<'t> {
    text: &'t str,
    /// Always on a character boundary.
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), offset: Some(self.at) }
    }

    fn word(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let len = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn call(&mut self, depth: usize) -> Result<Call, SyntaxError> {
        let start = self.at;
        if depth >= MAX_NESTING {
            return Err(
                self.error(format!("Intrinsic functions can be nested {MAX_NESTING} deep at most"))
            );
        }
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '.');
        let Some(function) = name.strip_prefix("States.").and_then(Function::named) else {
            self.at = start;
            return Err(self.error(format!("There is no intrinsic function '{name}'")));
        };
        self.blanks();
        if !self.eat('(') {
            return Err(self.error("Expected '(' after the function's name"));
        }
        let arguments = self.arguments(depth)?;
        let (min, max) = function.arity();
        if arguments.len() < min || arguments.len() > max {
            self.at = start;
            let wanted = match (min, max) {
                (0, 0) => "no arguments".to_owned(),
                (1, 1) => "one argument".to_owned(),
                (min, usize::MAX) => format!("{min} or more arguments"),
                (min, max) if min == max => format!("{min} arguments"),
                (min, max) => format!("{min} to {max} arguments"),
            };
            return Err(self.error(format!("{name} takes {wanted}, not {}", arguments.len())));
        }
        Ok(Call { text: self.text[start..self.at].into(), function, arguments })
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        loop {
            self.blanks();
            if arguments.is_empty() && self.eat(')') {
                return Ok(arguments);
            }
            arguments.push(self.argument(depth)?);
            self.blanks();
            if self.eat(')') {
                return Ok(arguments);
            }
            if !self.eat(',') {
                return Err(self.error("Expected ',' or ')'"));
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, SyntaxError> {
        match self.peek() {
            Some('\'') => self.quoted(),
            Some('$') => self.path(),
            Some('S') => self.call(depth + 1).map(Argument::Call),
            Some(_) => {
                let start = self.at;
                let word = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                Value::parse(word).map(Argument::Literal).map_err(|_not_json| {
                    self.at = start;
                    self.error("Expected a string in single quotes, a number, true, false, null, a path or a function")
                })
            }
            None => Err(self.error("The call is not closed")),
        }
    }

    /// A string in single quotes. Only `\'`, `\{`, `\}` and `\\` are escapes; AWS refuses a definition with any other.
    fn quoted(&mut self) -> Result<Argument, SyntaxError> {
        let start = self.at + 1;
        let mut value = String::new();
        let mut chars = self.text[start..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\'' => {
                    self.at = start + offset + 1;
                    let written = self.text[start..start + offset].into();
                    return Ok(Argument::Text { value: Value::from(value), written });
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('\'' | '{' | '}' | '\\'))) => value.push(escaped),
                    Some((_, other)) => {
                        self.at = start + offset;
                        return Err(self.error(format!(
                            "'\\{other}' is not an escape; \\', \\{{, \\}} and \\\\ are"
                        )));
                    }
                    None => break,
                },
                _ => value.push(c),
            }
        }
        Err(self.error("The string is not closed"))
    }

    /// A path reaches to the comma or parenthesis that is not inside its own brackets.
    fn path(&mut self) -> Result<Argument, SyntaxError> {
        let start = self.at;
        let (mut brackets, mut parentheses) = (0_usize, 0_usize);
        let mut quote = None;
        let mut escaped = false;
        let mut end = self.text.len();
        for (offset, c) in self.rest().char_indices() {
            if let Some(open) = quote {
                if c == open && !escaped {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
                continue;
            }
            match c {
                '\'' | '"' if brackets + parentheses > 0 => quote = Some(c),
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                '(' => parentheses += 1,
                ')' if parentheses > 0 => parentheses -= 1,
                ',' | ')' if brackets == 0 && parentheses == 0 => {
                    end = start + offset;
                    break;
                }
                _ => {}
            }
        }
        self.at = end;
        let text = self.text[start..end].trim_end();
        Path::parse(text)
            .map(Argument::Path)
            .map_err(|err| SyntaxError { offset: err.offset.map(|offset| start + offset), ..err })
    }
}
