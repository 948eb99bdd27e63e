//! Where in an expression a mistake is, and which rule it breaks. The JSONata reader names a mistake, but not its place.

use crate::asl::{Rule, rule};
use crate::query::SyntaxError;
use crate::query::jsonata::Jsonata;

/// A mistake in the words of AWS.
pub(super) struct Mistake {
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) remedy: &'static str,
    /// Byte offset in the expression.
    pub(super) offset: Option<usize>,
}

/// Expressions longer than this are not searched.
const MAX_SEARCHED: usize = 20_000;

pub(super) fn mistake(code: &str, error: SyntaxError) -> Mistake {
    for (operator, second, remedy) in [
        ("??", '?', "Write $exists(a) ? a : b instead of a ?? b"),
        ("?:", ':', "Write $boolean(a) ? a : b instead of a ?: b"),
    ] {
        if error.message == format!("The operator '{operator}' is not supported") {
            return Mistake {
                rule: &rule::JSONATA_OPERATOR,
                // What JSONata 2.0.6 says to the second half of such an operator.
                message: format!("The symbol \"{second}\" cannot be used as a unary operator"),
                remedy,
                offset: outside_of_texts(code, operator),
            };
        }
    }
    let offset = error.offset.or_else(|| place(code, &error.message));
    Mistake { rule: &rule::JSONATA_SYNTAX, message: error.message, remedy: "", offset }
}

/// The end of the shortest beginning of the expression that has the same mistake is just behind it.
fn place(code: &str, message: &str) -> Option<usize> {
    if code.len() > MAX_SEARCHED {
        return None;
    }
    let ends: Vec<usize> = code.char_indices().map(|(at, letter)| at + letter.len_utf8()).collect();
    let wrong =
        |end: usize| Jsonata::parse(&code[..end]).is_err_and(|error| error.message == message);
    let first = ends.partition_point(|end| !wrong(*end));
    let end = ends.get(first).copied()?;
    code[..end].char_indices().next_back().map(|(at, _)| at)
}

/// The first occurrence that is not inside a text.
fn outside_of_texts(code: &str, wanted: &str) -> Option<usize> {
    let mut quote = None;
    let mut letters = code.char_indices();
    while let Some((at, letter)) = letters.next() {
        match quote {
            Some(_) if letter == '\\' => {
                letters.next();
            }
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '"' | '\'' | '`') => quote = Some(letter),
            None if code[at..].starts_with(wanted) => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_has_its_place_and_its_rule() {
        for (code, rule, offset) in [
            ("1 + ) + 2", "jsonata-syntax", Some(4)),
            ("$f(1, 2]", "jsonata-syntax", Some(7)),
            ("'??' & (a ?? b)", "jsonata-operator", Some(10)),
            ("$x ?: 'é'", "jsonata-operator", Some(3)),
        ] {
            let error = Jsonata::parse(code).expect_err("a mistake");
            let found = mistake(code, error);
            assert_eq!((found.rule.id, found.offset), (rule, offset), "{code}: {}", found.message);
        }
    }
}
