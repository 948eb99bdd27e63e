//! Expressions inside of a directive's parentheses.

use super::parse::{Failure, Parser};
use super::syntax::{Arithmetic, Expression, Operator, Order};

/// Weakest first. Words must not run into a longer word, so they are apart from the signs.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("eq", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("ne", Operator::NotEqual),
    ],
    &[
        ("<=", Operator::Order(Order::LessOrEqual)),
        ("le", Operator::Order(Order::LessOrEqual)),
        (">=", Operator::Order(Order::GreaterOrEqual)),
        ("ge", Operator::Order(Order::GreaterOrEqual)),
        ("<", Operator::Order(Order::Less)),
        ("lt", Operator::Order(Order::Less)),
        (">", Operator::Order(Order::Greater)),
        ("gt", Operator::Order(Order::Greater)),
    ],
    &[
        ("+", Operator::Arithmetic(Arithmetic::Add)),
        ("-", Operator::Arithmetic(Arithmetic::Subtract)),
    ],
    &[
        ("*", Operator::Arithmetic(Arithmetic::Multiply)),
        ("/", Operator::Arithmetic(Arithmetic::Divide)),
        ("%", Operator::Arithmetic(Arithmetic::Remainder)),
    ],
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, Failure> {
        self.enter()?;
        let expression = self.level(0);
        self.nesting -= 1;
        expression
    }

    fn level(&mut self, level: usize) -> Result<Expression, Failure> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators) {
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.skip_space();
        operators
            .iter()
            .find(|(token, _)| {
                if token.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    self.eat_word(token)
                } else {
                    self.eat(token)
                }
            })
            .map(|(_, operator)| *operator)
    }

    fn unary(&mut self) -> Result<Expression, Failure> {
        self.skip_space();
        self.enter()?;
        let expression = if self.eat("!") || self.eat_word("not") {
            self.unary().map(|operand| Expression::Not(Box::new(operand)))
        } else if self.eat("-") {
            self.unary().map(negative)
        } else {
            self.primary()
        };
        self.nesting -= 1;
        expression
    }

    fn primary(&mut self) -> Result<Expression, Failure> {
        match self.peek() {
            Some('$') => match self.reference()? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.error("`$` needs a name after it")),
            },
            Some('"') => self.interpolated(),
            Some('\'') => self.quoted('\'').map(|text| Expression::Text(text.into())),
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                self.skip_space();
                if self.eat(")") { Ok(inner) } else { Err(self.error("`)` is missing")) }
            }
            Some('[') => self.list_or_range(),
            Some('{') => self.map(),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(_) if self.eat_word("true") => Ok(Expression::Bool(true)),
            Some(_) if self.eat_word("false") => Ok(Expression::Bool(false)),
            Some(c) => Err(self.error(&format!("`{c}` starts no value"))),
            None => Err(self.error("the template ends where a value is needed")),
        }
    }

    /// Values up to the closing token, with commas between them.
    pub(super) fn expressions(&mut self, close: &str) -> Result<Vec<Expression>, Failure> {
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if self.eat(close) {
                return Ok(values);
            }
            if !values.is_empty() && !self.eat(",") {
                return Err(self.error(&format!("`,` or `{close}` is missing")));
            }
            values.push(self.expression()?);
        }
    }

    fn list_or_range(&mut self) -> Result<Expression, Failure> {
        self.at += 1;
        self.skip_space();
        if self.eat("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression()?;
        self.skip_space();
        if self.eat("..") {
            let last = self.expression()?;
            self.skip_space();
            return if self.eat("]") {
                Ok(Expression::Range(Box::new((first, last))))
            } else {
                Err(self.error("the range is not closed by `]`"))
            };
        }
        let mut items = vec![first];
        loop {
            self.skip_space();
            if self.eat("]") {
                return Ok(Expression::List(items));
            }
            if !self.eat(",") {
                return Err(self.error("`,` or `]` is missing"));
            }
            items.push(self.expression()?);
        }
    }

    fn map(&mut self) -> Result<Expression, Failure> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.skip_space();
            if self.eat("}") {
                return Ok(Expression::Map(members));
            }
            if !members.is_empty() && !self.eat(",") {
                return Err(self.error("`,` or `}` is missing"));
            }
            let name = self.expression()?;
            self.skip_space();
            if !self.eat(":") {
                return Err(self.error("`:` is missing between name and value"));
            }
            members.push((name, self.expression()?));
        }
    }

    fn number(&mut self) -> Result<Expression, Failure> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = digits(rest);
        let mut whole = true;
        // `1..5` is a range, so a dot counts only with a digit after it.
        if rest[length..].starts_with('.') && digits(&rest[length + 1..]) > 0 {
            length += 1 + digits(&rest[length + 1..]);
            whole = false;
        }
        if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let exponent_digits = digits(&exponent[sign..]);
            if exponent_digits > 0 {
                length += 1 + sign + exponent_digits;
                whole = false;
            }
        }
        let text = &rest[..length];
        self.at += length;
        if whole && let Ok(int) = text.parse() {
            return Ok(Expression::Int(int));
        }
        text.parse().map(Expression::Float).map_err(|_invalid| self.error("this is no number"))
    }

    fn interpolated(&mut self) -> Result<Expression, Failure> {
        let text = self.quoted('"')?;
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        // A string is a template of its own. One that does not read as a template, `"#end"` say, is just a string.
        match Parser::new(&text, self.backslash_quotes, self.nesting).template() {
            Ok((block, _macros)) => Ok(Expression::Interpolated(block)),
            Err(_) => Ok(Expression::Text(text.into())),
        }
    }

    /// The text of a quoted string. A doubled quote stands for one; a backslash stands for itself.
    fn quoted(&mut self, quote: char) -> Result<String, Failure> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == quote {
                if self.peek() != Some(quote) {
                    return Ok(text);
                }
                self.at += 1;
            } else if c == '\\' && self.backslash_quotes && matches!(self.peek(), Some('"' | '\\'))
            {
                continue_escape(self, &mut text);
                continue;
            }
            text.push(c);
        }
        self.at = start;
        Err(self.error("the string is not closed"))
    }
}

/// Takes the character after a backslash as it is.
fn continue_escape(parser: &mut Parser<'_>, text: &mut String) {
    if let Some(escaped) = parser.peek() {
        parser.at += escaped.len_utf8();
        text.push(escaped);
    }
}

/// A negative literal is a literal.
fn negative(operand: Expression) -> Expression {
    if let Expression::Int(int) = operand {
        Expression::Int(int.wrapping_neg())
    } else if let Expression::Float(float) = operand {
        Expression::Float(-float)
    } else {
        Expression::Negative(Box::new(operand))
    }
}
