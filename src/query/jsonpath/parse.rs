//! The text of a path to its steps.

use std::sync::Arc;

use regex::RegexBuilder;

use crate::json::Value;
use crate::query::SyntaxError;

use super::filter::{Filter, Operand, Operator, Pattern};
use super::function::{Argument, Call, Function};
use super::{Root, Step};

/// Filters and function arguments nested deeper than this are refused.
const MAX_NESTING: usize = 32;

/// A path longer than this is refused; a whole definition may be 1 MB.
const MAX_STEPS: usize = 1_000;

pub(super) fn path(text: &str) -> Result<(Root, Vec<Step>), SyntaxError> {
    let mut parser = Parser { text, at: 0, nesting: 0 };
    if !parser.eat("$") {
        return Err(parser.error("A path starts with '$'"));
    }
    let root = if parser.eat("$") {
        Root::Context
    } else {
        match parser.variable_name() {
            "" => Root::Input,
            name => Root::Variable(name.into()),
        }
    };
    let steps = parser.steps(Context::Whole)?;
    if parser.at < text.len() {
        return Err(parser.error("Unexpected character"));
    }
    Ok((root, steps))
}

/// Where the steps stand, which decides what ends them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// The whole text.
    Whole,
    /// A side of a comparison, or a function's argument: ends at white space, an operator, a comma or a parenthesis.
    Inner,
}

struct Parser<'t> {
    text: &'t str,
    /// Always on a character boundary.
    at: usize,
    nesting: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let len = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), offset: Some(self.at) }
    }

    fn expect(&mut self, token: &str) -> Result<(), SyntaxError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("Expected '{token}'"))) }
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error(format!("Nested deeper than {MAX_NESTING} levels")));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// The name of a variable: a Unicode identifier (UAX #31, as the Step Functions guide asks).
    fn variable_name(&mut self) -> &'t str {
        if self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
            self.take_while(|c| c.is_alphanumeric() || c == '_')
        } else {
            ""
        }
    }

    fn steps(&mut self, context: Context) -> Result<Vec<Step>, SyntaxError> {
        let mut steps = Vec::new();
        loop {
            if steps.len() > MAX_STEPS {
                return Err(self.error(format!("A path has {MAX_STEPS} steps at most")));
            }
            if matches!(steps.last(), Some(Step::Call(_))) && self.peek() == Some('.') {
                return Err(self.error("Nothing can follow a function"));
            }
            if self.eat("..") {
                steps.push(Step::Scan);
                if self.peek() == Some('[') {
                    steps.push(self.bracket()?);
                } else {
                    steps.push(self.dotted(context)?);
                }
            } else if self.eat(".") {
                if self.peek() == Some('[') {
                    // Jayway reads `$.['name']` as `$['name']`.
                    steps.push(self.bracket()?);
                } else {
                    steps.push(self.dotted(context)?);
                }
            } else if self.peek() == Some('[') {
                steps.push(self.bracket()?);
            } else {
                return Ok(steps);
            }
        }
    }

    /// What follows a dot: a name, `*`, or a function call.
    fn dotted(&mut self, context: Context) -> Result<Step, SyntaxError> {
        if self.eat("*") {
            return Ok(Step::Wildcard);
        }
        let start = self.at;
        let name = self.take_while(|c| match c {
            '.' | '[' | '(' | ' ' | '\t' | '\n' | '\r' => false,
            ']' | ')' | ',' | '=' | '<' | '>' | '!' | '&' | '|' | '~' | '\'' | '"' => {
                context == Context::Whole
            }
            _ => true,
        });
        if name.is_empty() {
            return Err(match self.peek() {
                None => self.error("A path must not end with '.'"),
                Some(_) => self.error("Expected a name after '.'"),
            });
        }
        if name.contains([']', ')']) {
            self.at = start;
            return Err(self.error("A name with brackets must be written as ['name']"));
        }
        if self.eat("(") {
            let Some(function) = Function::named(name) else {
                self.at = start;
                return Err(self.error(format!("There is no function '{name}'")));
            };
            let arguments = self.nested(Self::arguments)?;
            return Ok(Step::Call(Call { function, arguments }));
        }
        Ok(Step::Member(name.into()))
    }

    /// A function's arguments and the closing parenthesis.
    fn arguments(&mut self) -> Result<Vec<Argument>, SyntaxError> {
        let mut arguments = Vec::new();
        loop {
            self.blanks();
            if arguments.is_empty() && self.eat(")") {
                return Ok(arguments);
            }
            arguments.push(if self.eat("$") || self.eat("@") {
                Argument::Path(self.steps(Context::Inner)?)
            } else {
                Argument::Literal(self.literal()?)
            });
            self.blanks();
            if self.eat(")") {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    /// `[...]`
    fn bracket(&mut self) -> Result<Step, SyntaxError> {
        self.expect("[")?;
        self.blanks();
        let step = match self.peek() {
            Some('\'' | '"') => self.names()?,
            Some('*') => {
                self.at += 1;
                Step::Wildcard
            }
            Some('?') => {
                let filter = self.nested(Self::filter)?;
                Step::Filter(filter)
            }
            Some('0'..='9' | '-' | ':') => self.positions()?,
            Some(_) => {
                return Err(
                    self.error("Expected a name in quotes, an index, '*' or '?(' after '['")
                );
            }
            None => return Err(self.error("A path must not end with '['")),
        };
        self.blanks();
        self.expect("]")?;
        Ok(step)
    }

    fn names(&mut self) -> Result<Step, SyntaxError> {
        let mut names: Vec<Arc<str>> = Vec::new();
        loop {
            self.blanks();
            names.push(self.quoted_name()?.into());
            self.blanks();
            if !self.eat(",") {
                break;
            }
        }
        Ok(if names.len() == 1 { Step::Member(names.remove(0)) } else { Step::Members(names) })
    }

    /// A name in quotes. A backslash escapes the quote and itself; before anything else it is part of the name: AWS finds the
    /// member `Test\""Name"` by `$['Test\""Name"']`.
    fn quoted_name(&mut self) -> Result<String, SyntaxError> {
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Err(self.error("Expected a name in quotes"));
        };
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        let mut chars = self.rest().char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            if c == quote {
                self.at += offset + 1;
                return Ok(name);
            }
            if c == '\\'
                && let Some((_, escaped)) = chars.peek().copied()
                && (escaped == quote || escaped == '\\')
            {
                chars.next();
                name.push(escaped);
            } else {
                name.push(c);
            }
        }
        self.at = start;
        Err(self.error("The quoted name is not closed"))
    }

    /// An index, a list of indices, or a slice.
    fn positions(&mut self) -> Result<Step, SyntaxError> {
        let start = self.at;
        let inside = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | ',' | ' '));
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            digits => digits.parse::<i32>().map(|number| Some(i64::from(number))).map_err(
                |_not_a_number| SyntaxError {
                    message: format!("'{digits}' is not an index"),
                    offset: Some(start),
                },
            ),
        };
        if inside.contains(':') {
            let mut parts = inside.split(':').map(number);
            let from = parts.next().transpose()?.flatten();
            let to = parts.next().transpose()?.flatten();
            for ignored in parts {
                ignored?;
            }
            if from.is_none() && to.is_none() {
                self.at = start;
                return Err(self.error("A slice needs a start or an end"));
            }
            return Ok(Step::Slice { from, to });
        }
        let indices = inside.split(',').map(|part| {
            number(part)?.ok_or_else(|| SyntaxError {
                message: "Expected an index".to_owned(),
                offset: Some(start),
            })
        });
        let mut indices: Vec<i64> = indices.collect::<Result<_, _>>()?;
        Ok(if indices.len() == 1 { Step::Index(indices.remove(0)) } else { Step::Indices(indices) })
    }

    /// `?(...)`. Jayway takes one in a pair of brackets, and no list of them.
    fn filter(&mut self) -> Result<Filter, SyntaxError> {
        self.blanks();
        self.expect("?")?;
        self.blanks();
        self.expect("(")?;
        let filter = self.or()?;
        self.blanks();
        self.expect(")")?;
        Ok(filter)
    }

    fn or(&mut self) -> Result<Filter, SyntaxError> {
        let mut parts = vec![self.and()?];
        loop {
            self.blanks();
            if !self.eat("||") {
                break;
            }
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
    }

    fn and(&mut self) -> Result<Filter, SyntaxError> {
        let mut parts = vec![self.not()?];
        loop {
            self.blanks();
            if !self.eat("&&") {
                break;
            }
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) })
    }

    fn not(&mut self) -> Result<Filter, SyntaxError> {
        self.blanks();
        if self.eat("!") {
            return self.nested(Self::not).map(|inner| Filter::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.nested(Self::or)?;
            self.blanks();
            self.expect(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Filter, SyntaxError> {
        let left = self.operand()?;
        self.blanks();
        let Some(operator) = self.operator() else {
            return match left {
                Operand::Item(_) | Operand::Document(_) => Ok(Filter::Exists(left)),
                Operand::Literal(_) | Operand::Pattern(_) => {
                    Err(self.error("Expected an operator"))
                }
            };
        };
        let right = self.operand()?;
        Ok(Filter::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Option<Operator> {
        for (spelling, operator) in Operator::SPELLINGS {
            let rest = self.rest();
            let Some(head) = rest.get(..spelling.len()) else { continue };
            let is_word = spelling.starts_with(|c: char| c.is_ascii_alphabetic());
            let ends = !is_word
                || !rest[spelling.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if head.eq_ignore_ascii_case(spelling) && ends {
                self.at += spelling.len();
                return Some(operator);
            }
        }
        None
    }

    fn operand(&mut self) -> Result<Operand, SyntaxError> {
        self.blanks();
        if self.eat("@") {
            return self.nested(|parser| parser.steps(Context::Inner)).map(Operand::Item);
        }
        if self.eat("$") {
            return self.nested(|parser| parser.steps(Context::Inner)).map(Operand::Document);
        }
        if self.peek() == Some('/') {
            return self.pattern().map(Operand::Pattern);
        }
        self.literal().or_else(|error| self.bare_word().ok_or(error)).map(Operand::Literal)
    }

    /// A text without quotes, as in `[?(@.Type == INVOICE)]`: machines that AWS publishes compare with such words.
    fn bare_word(&mut self) -> Option<Value> {
        if !self.peek()?.is_alphabetic() {
            return None;
        }
        Some(Value::from(self.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))))
    }

    /// `/.../` and the flags after it; only `i` changes anything for one line of text.
    fn pattern(&mut self) -> Result<Pattern, SyntaxError> {
        let start = self.at;
        let body = &self.rest()[1..];
        let mut escaped = false;
        let close = body.find(|c| {
            let closes = c == '/' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some(close) = close else {
            return Err(self.error("The regular expression is not closed"));
        };
        self.at += close + 2;
        let flags = self.take_while(|c| c.is_ascii_alphabetic());
        let source = body[..close].replace("\\/", "/");
        let regex = RegexBuilder::new(&format!("^(?:{source})$"))
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .size_limit(1 << 20)
            .build()
            .map_err(|err| SyntaxError { message: err.to_string(), offset: Some(start) })?;
        Ok(Pattern { text: self.text[start..self.at].into(), regex })
    }

    /// A string in either quote, a number, `true`, `false`, `null`, or a JSON array or object.
    fn literal(&mut self) -> Result<Value, SyntaxError> {
        match self.peek() {
            Some('\'' | '"') => self.quoted_text().map(Value::from),
            Some('[' | '{') => {
                let len = json_len(self.rest())
                    .ok_or_else(|| self.error("The JSON literal is not closed"))?;
                let json = &self.rest()[..len];
                // Jayway reads literals leniently: strings in them may stand in single quotes.
                let value = Value::parse(json)
                    .or_else(|err| Value::parse(&json.replace('\'', "\"")).map_err(|_again| err));
                let value = value.map_err(|err| self.error(err.to_string()))?;
                self.at += len;
                Ok(value)
            }
            Some(_) => {
                let start = self.at;
                let word =
                    self.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'));
                match Value::parse(word) {
                    Ok(value) => Ok(value),
                    Err(_not_json) => {
                        self.at = start;
                        Err(self.error("Expected a value"))
                    }
                }
            }
            None => Err(self.error("Expected a value")),
        }
    }

    /// A string literal; JSON's escapes and `\'` are known.
    fn quoted_text(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        let mut chars = self.rest().char_indices();
        let quote = chars.next().map_or('"', |(_, quote)| quote);
        let mut text = String::new();
        while let Some((offset, c)) = chars.next() {
            if c == quote {
                self.at += offset + 1;
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('b') => text.push('\u{8}'),
                Some('f') => text.push('\u{c}'),
                Some('u') => {
                    let code: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => text.push(other),
                None => break,
            }
        }
        self.at = start;
        Err(self.error("The string is not closed"))
    }
}

/// The length of the JSON array or object that `text` starts with.
fn json_len(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => {
                if !escaped && c == open {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
            }
            None => match c {
                '"' | '\'' => quote = Some(c),
                '[' | '{' => depth += 1,
                ']' | '}' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            },
        }
    }
    None
}
