//! JSONata in a definition: the marks around it, its mistakes, and what Step Functions does not give it.

use super::{Reader, jsonata_mistake};
use crate::asl::similar::closest;
use crate::asl::{Expression, QueryLanguage, placeholder, rule};
use crate::json::document::{Node, Span};
use crate::query::jsonata::Jsonata;

/// An expression in the file.
#[derive(Clone, Copy)]
struct Written<'w> {
    /// With its `{% %}`.
    text: &'w str,
    /// Where in the text the expression begins.
    begins: usize,
    span: Span,
    location: &'w str,
}

impl Reader<'_> {
    /// The expression of a `{% … %}` string in a JSONata state.
    pub(super) fn jsonata_string(
        &mut self,
        node: &Node,
        location: &str,
        language: QueryLanguage,
    ) -> Option<Expression> {
        self.jsonata_text(node.as_str()?, location, node.span, language)
    }

    pub(super) fn jsonata_text(
        &mut self,
        text: &str,
        location: &str,
        span: Span,
        language: QueryLanguage,
    ) -> Option<Expression> {
        if language == QueryLanguage::JsonPath {
            return None;
        }
        let (opened, closed) = (text.starts_with("{%"), text.ends_with("%}") && text.len() >= 4);
        if !opened || !closed {
            self.half_jsonata(text, location, span);
            return None;
        }
        let inside = &text[2..text.len() - 2];
        let code = inside.trim();
        match Jsonata::parse(code) {
            Ok(parsed) => {
                if !placeholder::has_placeholder(code) {
                    let begins = 2 + (inside.len() - inside.trim_start().len());
                    self.expression(&parsed, Written { text, begins, span, location });
                }
                Some(Expression::Jsonata(parsed))
            }
            Err(error) => {
                let message = error.message.clone();
                if !placeholder::has_placeholder(code) {
                    let begins = 2 + (inside.len() - inside.trim_start().len());
                    let found = jsonata_mistake::mistake(code, error);
                    let place = self.place_inside(span, text, begins, found.offset);
                    self.report(found.rule, (location, place), found.message, found.remedy);
                }
                Some(Expression::Invalid { text: code.into(), message: message.into() })
            }
        }
    }

    /// A text that looks like JSONata but is passed on as it is, because its marks are not quite at its ends.
    fn half_jsonata(&mut self, text: &str, location: &str, span: Span) {
        let trimmed = text.trim();
        if trimmed.starts_with("{%") && trimmed.ends_with("%}") {
            // AWS takes this as a text, recorded.
            let message = "There is white space around '{% %}', so this is a plain text".to_owned();
            let remedy = "Remove the white space outside '{%' and '%}' if an expression is meant";
            self.report(&rule::NOT_JSONATA, (location, span), message, remedy);
        } else if trimmed.starts_with("{%") {
            self.report(
                &rule::JSONATA_DELIMITERS,
                (location, span),
                "JSONata string must start with {% and end with %}",
                "End it with '%}'",
            );
        } else if trimmed.ends_with("%}") {
            self.report(
                &rule::JSONATA_DELIMITERS,
                (location, span),
                "JSONata string must start with {% and end with %}",
                "Begin it with '{%'",
            );
        }
    }

    /// Where in the file an offset of an expression is: exact when the string is written without escapes.
    fn place_inside(&self, span: Span, text: &str, begins: usize, offset: Option<usize>) -> Span {
        let Some(offset) = offset else { return span };
        let raw = self.document.slice(span);
        let Some(start) = raw.find(text) else { return span };
        let at = begins + offset.min(text.len().saturating_sub(begins));
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            return span;
        };
        let at = span.start + start + at;
        Span { start: at, end: at + character.len_utf8() }
    }

    /// What an expression asks for and does not get.
    fn expression(&mut self, parsed: &Jsonata, at: Written<'_>) {
        // AWS's words and code, measured; one for each name.
        for name in parsed.top_level_references() {
            let message = match &**name {
                "$$" => "Reference to '$$' is not supported.".to_owned(),
                name => format!("Reference to '{name}' at the top level is not supported."),
            };
            let remedy = "Begin it with $states.input, or with a variable";
            self.report(&rule::JSONATA_CONTEXT, (at.location, at.span), message, remedy);
        }
        self.reserved_members(parsed, at);
        for name in parsed.unknown_functions() {
            let remedy = match &**name {
                "eval" => "Use $parse, which reads JSON".to_owned(),
                name => closest(name, Jsonata::functions()).map_or_else(
                    || "Check the spelling; a variable cannot hold a function".to_owned(),
                    |name| format!("Did you mean '${name}'?"),
                ),
            };
            let place = self.place_of(at, &format!("${name}"));
            let message = format!("Step Functions has no function '${name}', so the call fails");
            self.report(&rule::UNKNOWN_FUNCTION, (at.location, place), message, &remedy);
        }
        for (pattern, why) in parsed.unusable_regexes() {
            let what = if why.contains("look-around") {
                "looks ahead or behind"
            } else if why.contains("backreferences") {
                "refers back to what it matched"
            } else {
                "is written in a way that Stepwell does not know"
            };
            let message = format!(
                "The regular expression /{pattern}/ {what}: AWS runs it, but a simulation fails here"
            );
            let remedy = "Write it without, or give the state a mock";
            let place = self.place_of(at, pattern);
            self.report(&rule::SIMULATOR_LIMIT, (at.location, place), message, remedy);
        }
    }

    /// `$states.result` and `$states.errorOutput` are there in some fields only, and AWS looks for that when the machine is
    /// created (developer guide, "Transforming data with JSONata").
    fn reserved_members(&mut self, parsed: &Jsonata, at: Written<'_>) {
        for member in parsed.states_members_used().unwrap_or_default() {
            let (rule, remedy) = match member {
                "input" | "context" => continue,
                "result" if self.reserved.result => continue,
                "errorOutput" if self.reserved.error_output => continue,
                "result" => (
                    &rule::STATES_RESULT_MISPLACED,
                    "Use $states.input; results are there in Assign and Output of Task, Map and Parallel",
                ),
                "errorOutput" => {
                    (&rule::JSONATA_ERROR_OUTPUT, "Use it in Assign or Output of a Catch")
                }
                _ => (
                    &rule::UNKNOWN_STATES_FIELD,
                    "It has input, context, and in some fields result or errorOutput",
                ),
            };
            let name = format!("$states.{member}");
            let place = self.place_of(at, &name);
            // AWS's words, measured for errorOutput.
            let message = format!("Field '{name}' does not exist.");
            self.report(rule, (at.location, place), message, remedy);
        }
    }

    /// The first character of a word of the expression.
    fn place_of(&self, at: Written<'_>, word: &str) -> Span {
        let offset = at.text.get(at.begins..).and_then(|code| code.find(word));
        self.place_inside(at.span, at.text, at.begins, offset)
    }
}
