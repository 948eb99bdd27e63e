//! The texts at edges: short enough to read in a drawing, in the words of the definition.

use crate::asl::choice::Operator;
use crate::asl::{Catcher, ChoiceRule, Comparison, Condition, Operand};
use crate::json;

/// The most characters of a label.
const MOST: usize = 32;

/// The condition of a choice rule.
pub(super) fn of_rule(rule: &ChoiceRule) -> String {
    let mut text = String::new();
    write_condition(&rule.condition, &mut text, 0);
    clipped(&text)
}

/// The errors that a catcher takes.
pub(super) fn of_catcher(catcher: &Catcher) -> String {
    let names: Vec<&str> = catcher.error_equals.iter().map(crate::asl::ErrorName::as_str).collect();
    clipped(&names.join(", "))
}

/// At most [`MOST`] characters, on one line.
fn clipped(text: &str) -> String {
    let mut out = String::new();
    let mut words = text.split_whitespace();
    let mut count = 0;
    if let Some(word) = words.next() {
        out.push_str(word);
        count += word.chars().count();
    }
    for word in words {
        if count > MOST {
            break;
        }
        out.push(' ');
        out.push_str(word);
        count += 1 + word.chars().count();
    }
    if count > MOST {
        out = out.chars().take(MOST - 1).collect();
        out.push('…');
    }
    out
}

/// Writes a condition; stops when there is more than a label can hold.
fn write_condition(condition: &Condition, out: &mut String, depth: usize) {
    if out.len() > MOST * 4 || depth > MOST {
        return;
    }
    match condition {
        Condition::And(parts) => write_joined(parts, " and ", out, depth),
        Condition::Or(parts) => write_joined(parts, " or ", out, depth),
        Condition::Not(inner) => {
            out.push_str("not (");
            write_condition(inner, out, depth + 1);
            out.push(')');
        }
        Condition::Compare(comparison) => write_comparison(comparison, out),
        Condition::Jsonata(expression) => out.push_str(expression.text()),
        Condition::Literal(value) => out.push_str(if *value { "true" } else { "false" }),
        Condition::Invalid(value) => out.push_str(&value.to_string()),
    }
}

fn write_joined(parts: &[Condition], word: &str, out: &mut String, depth: usize) {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(word);
        }
        let nested = matches!(part, Condition::And(_) | Condition::Or(_));
        if nested {
            out.push('(');
        }
        write_condition(part, out, depth + 1);
        if nested {
            out.push(')');
        }
    }
}

fn write_comparison(comparison: &Comparison, out: &mut String) {
    out.push_str(comparison.variable.text());
    let symbol = match comparison.operator {
        Operator::StringEquals
        | Operator::NumericEquals
        | Operator::BooleanEquals
        | Operator::TimestampEquals => "==",
        Operator::StringLessThan | Operator::NumericLessThan | Operator::TimestampLessThan => "<",
        Operator::StringGreaterThan
        | Operator::NumericGreaterThan
        | Operator::TimestampGreaterThan => ">",
        Operator::StringLessThanEquals
        | Operator::NumericLessThanEquals
        | Operator::TimestampLessThanEquals => "<=",
        Operator::StringGreaterThanEquals
        | Operator::NumericGreaterThanEquals
        | Operator::TimestampGreaterThanEquals => ">=",
        Operator::StringMatches => "matches",
        Operator::IsNull => return write_test("null", &comparison.operand, out),
        Operator::IsPresent => return write_test("present", &comparison.operand, out),
        Operator::IsNumeric => return write_test("a number", &comparison.operand, out),
        Operator::IsString => return write_test("a string", &comparison.operand, out),
        Operator::IsBoolean => return write_test("a boolean", &comparison.operand, out),
        Operator::IsTimestamp => return write_test("a timestamp", &comparison.operand, out),
    };
    out.push(' ');
    out.push_str(symbol);
    out.push(' ');
    write_operand(&comparison.operand, out);
}

fn write_test(what: &str, operand: &Operand, out: &mut String) {
    let negated = matches!(operand, Operand::Literal(json::Value::Bool(false)));
    out.push_str(if negated { " is not " } else { " is " });
    out.push_str(what);
}

fn write_operand(operand: &Operand, out: &mut String) {
    match operand {
        Operand::Literal(value) => out.push_str(&value.to_string()),
        Operand::Path(path) => out.push_str(path.text()),
        Operand::Invalid(text) => out.push_str(text),
    }
}
