//! The Choice state's rules.

use super::Reader;
use super::fields::Fields;
use super::kinds::is_rfc3339;
use super::template::looks_evaluated;
use crate::asl::choice::Operator;
use crate::asl::{
    Choice, ChoiceRule, Comparison, Condition, Expression, Operand, QueryLanguage, StateName,
    placeholder, rule,
};
use crate::json::Value;
use crate::json::document::Node;

/// What tells how a rule of JSONPath tests.
const SELECTORS: [&str; 4] = ["And", "Or", "Not", "Variable"];

const ONE_SELECTOR: &str =
    "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";

impl Reader<'_> {
    pub(super) fn choice(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Choice {
        self.require(fields, &["Choices"]);
        let nodes = self.list(fields, "Choices").unwrap_or_default();
        if nodes.is_empty() && fields.get("Choices").is_some_and(|node| node.as_array().is_some()) {
            let at = (&*fields.at("Choices"), fields.span);
            self.report(&rule::EMPTY_VALUE, at, "Value cannot be empty", "Add a rule");
        }
        let mut choices = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let location = fields.at(&format!("Choices[{index}]"));
            if let Some(rule) = self.object(node, &location) {
                choices.push(self.rule(node, &rule, language));
            }
        }
        let default = self.text(fields, "Default").map(|name| StateName::new(&name));
        Choice { choices, default }
    }

    fn rule(&mut self, node: &Node, rule: &Fields<'_>, language: QueryLanguage) -> ChoiceRule {
        self.require(rule, &["Next"]);
        let condition = match language {
            QueryLanguage::JsonPath => self.condition(node, rule, true, 0),
            QueryLanguage::Jsonata => self.jsonata_condition(node, rule),
        };
        ChoiceRule {
            condition,
            next: StateName::new(&self.text(rule, "Next").unwrap_or_default()),
            comment: self.text(rule, "Comment"),
            assign: self.assign(rule, language),
            output: self.template(rule, "Output", language),
            span: node.span,
        }
    }

    fn jsonata_condition(&mut self, node: &Node, rule: &Fields<'_>) -> Condition {
        for member in rule.members() {
            let name = &*member.name;
            if ["Condition", "Next", "Comment", "Assign", "Output"].contains(&name) {
                continue;
            }
            let of_jsonpath = SELECTORS.contains(&name) || operator(name).is_some();
            // AWS's words, measured for 'Variable'.
            let (broken, message) = if of_jsonpath {
                let message = format!(
                    "The QueryLanguage is set to 'JSONata', but field '{name}' is only supported for the 'JSONPath' QueryLanguage"
                );
                (&rule::OTHER_LANGUAGE_FIELD, message)
            } else {
                (&rule::UNSUPPORTED_FIELD, format!("Field '{name}' is not supported"))
            };
            let remedy = "Write the test as \"Condition\": \"{% … %}\"";
            self.report(broken, (rule.here(), member.name_span), message, remedy);
        }
        if !self.require(rule, &["Condition"]) {
            return Condition::Invalid(placeholder::to_value(node));
        }
        let Some(condition) = rule.get("Condition") else { return Condition::Invalid(Value::Null) };
        if let Some(truth) = condition.as_bool() {
            return Condition::Literal(truth);
        }
        let location = rule.at("Condition");
        match self.jsonata_string(condition, &location, QueryLanguage::Jsonata) {
            Some(expression) => Condition::Jsonata(expression),
            None => {
                if !placeholder::is_placeholder(condition) {
                    let message =
                        "A condition must be true, false or a JSONata expression in '{% %}'";
                    self.report(&rule::WRONG_TYPE, (&location, condition.span), message, "");
                }
                Condition::Invalid(placeholder::to_value(condition))
            }
        }
    }

    /// `And`, `Or`, `Not` or a comparison. `outer`: whether it stands directly in `Choices`.
    fn condition(
        &mut self,
        node: &Node,
        rule: &Fields<'_>,
        outer: bool,
        depth: usize,
    ) -> Condition {
        let invalid = || Condition::Invalid(placeholder::to_value(node));
        if !outer && rule.has("Next") {
            let span = rule.get("Next").map_or(rule.span, |next| next.span);
            self.report(
                &rule::UNSUPPORTED_FIELD,
                (rule.here(), span),
                "Field 'Next' is not supported",
                "Move it outside of And, Or and Not",
            );
        }
        let combinators: Vec<&str> =
            ["And", "Or", "Not"].into_iter().filter(|name| rule.has(name)).collect();
        let tests = rule.members().iter().filter(|member| operator(&member.name).is_some()).count();
        match (combinators[..].first().copied(), combinators.len() + tests) {
            (_, 0) => {
                self.no_test(rule, outer);
                invalid()
            }
            (Some("Not"), 1) => {
                self.rule_fields(rule, outer, &["Not"]);
                match rule.get("Not").and_then(|inner| self.nested(inner, &rule.at("Not"), depth)) {
                    Some(inner) => Condition::Not(Box::new(inner)),
                    None => invalid(),
                }
            }
            (Some(name), 1) => {
                self.rule_fields(rule, outer, &[name]);
                let nodes = self.list(rule, name).unwrap_or_default();
                if nodes.is_empty() {
                    let at = (&*rule.at(name), rule.span);
                    self.report(&rule::EMPTY_VALUE, at, "Value cannot be empty", "Add a test");
                }
                let parts: Vec<Condition> = nodes
                    .iter()
                    .enumerate()
                    .filter_map(|(index, inner)| {
                        self.nested(inner, &rule.at(&format!("{name}[{index}]")), depth)
                    })
                    .collect();
                if name == "And" { Condition::And(parts) } else { Condition::Or(parts) }
            }
            (None, 1) => self.comparison(rule, outer).map_or_else(invalid, Condition::Compare),
            (_, _) => {
                // AWS's words, measured.
                let message = if SELECTORS.iter().filter(|name| rule.has(name)).count() == 1 {
                    let operators = rule.members().iter().map(|member| &*member.name);
                    let operators: Vec<&str> =
                        operators.filter(|name| operator(name).is_some()).collect();
                    format!(
                        "There should only be one of the following fields: [{}]",
                        operators.join(", ")
                    )
                } else {
                    ONE_SELECTOR.to_owned()
                };
                let remedy = "Combine several tests with And or Or";
                self.report(&rule::CHOICE_TEST, (rule.here(), rule.span), message, remedy);
                self.comparison(rule, outer).map_or_else(invalid, Condition::Compare)
            }
        }
    }

    fn nested(&mut self, node: &Node, location: &str, depth: usize) -> Option<Condition> {
        let rule = self.object(node, location)?;
        // The document's own limit of nesting bounds this; the check only says so where the recursion is.
        if depth > crate::json::document::MAX_DEPTH {
            return None;
        }
        Some(self.condition(node, &rule, false, depth + 1))
    }

    fn no_test(&mut self, rule: &Fields<'_>, outer: bool) {
        if rule.has("Condition") {
            let message = "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage";
            self.report(
                &rule::OTHER_LANGUAGE_FIELD,
                (rule.here(), rule.span),
                message,
                "Set \"QueryLanguage\": \"JSONata\" for this state",
            );
            return;
        }
        self.rule_fields(rule, outer, &["Variable"]);
        let message = if rule.has("Variable") {
            "A rule has exactly one test: And, Or, Not, or Variable with one operator"
        } else {
            ONE_SELECTOR
        };
        let at = (rule.here(), rule.span);
        self.report(&rule::CHOICE_TEST, at, message, "Add an operator such as StringEquals");
    }

    /// Reports what a rule may not have beside its test.
    fn rule_fields(&mut self, rule: &Fields<'_>, outer: bool, own: &[&str]) {
        for member in rule.members() {
            let name = &*member.name;
            let shared = name == "Comment"
                || name == "Next"
                || (outer && matches!(name, "Assign" | "Output"));
            if !shared
                && !own.contains(&name)
                && operator(name).is_none()
                && !placeholder::has_placeholder(name)
            {
                let message = format!("Field '{name}' is not supported");
                self.report(&rule::UNSUPPORTED_FIELD, (rule.here(), member.name_span), message, "");
            }
        }
    }

    fn comparison(&mut self, rule: &Fields<'_>, outer: bool) -> Option<Comparison> {
        self.rule_fields(rule, outer, &["Variable"]);
        self.require(rule, &["Variable"]);
        let variable = self.path(rule, "Variable").unwrap_or_else(|| Expression::Invalid {
            text: "".into(),
            message: "the rule has no 'Variable'".into(),
        });
        let member = rule.members().iter().find(|member| operator(&member.name).is_some())?;
        let (operator, by_path) = operator(&member.name)?;
        let location = rule.at(&member.name);
        let operand = if by_path {
            let text = self.text(rule, &member.name).unwrap_or_default();
            match self.path_expression(&text, &member.name, &location, member.value.span) {
                Expression::Path(path) => Operand::Path(path),
                Expression::Intrinsic(_) | Expression::Jsonata(_) | Expression::Invalid { .. } => {
                    Operand::Invalid(text)
                }
            }
        } else {
            self.operand_type(operator, &member.value, &location);
            Operand::Literal(placeholder::to_value(&member.value))
        };
        Some(Comparison { variable, operator, operand })
    }

    fn operand_type(&mut self, operator: Operator, node: &Node, location: &str) {
        if placeholder::is_placeholder(node) {
            return;
        }
        let name = operator.as_str();
        if name.starts_with("String") {
            match node.as_str() {
                None => self.wrong_type(location, node, "a string"),
                Some(text) if looks_evaluated(text) => {
                    let message =
                        "Field value looks like a path, but field name does not end with 'Path'";
                    let remedy = format!("Write '{name}Path'");
                    self.report(&rule::NO_PATH, (location, node.span), message, &remedy);
                }
                Some(_) => {}
            }
        } else if name.starts_with("Numeric") {
            if node.as_f64().is_none() {
                self.wrong_type(location, node, "a number");
            }
        } else if name.starts_with("Timestamp") {
            match node.as_str() {
                None => self.wrong_type(location, node, "a timestamp"),
                Some(text) if !is_rfc3339(text) => {
                    self.report(
                        &rule::INVALID_TIMESTAMP,
                        (location, node.span),
                        "String does not match RFC3339 timestamp",
                        "Write it as 2030-01-31T08:00:00Z",
                    );
                }
                Some(_) => {}
            }
        } else if node.as_bool().is_none() {
            self.wrong_type(location, node, "true or false");
        }
    }
}

/// The operator of a field's name, and whether it is the `…Path` form. `StringMatches` and the `Is…` tests have none.
fn operator(name: &str) -> Option<(Operator, bool)> {
    let find =
        |name: &str| Operator::ALL.iter().copied().find(|operator| operator.as_str() == name);
    if let Some(operator) = find(name) {
        return Some((operator, false));
    }
    let operator = find(name.strip_suffix("Path")?)?;
    let has_path = !operator.as_str().starts_with("Is") && operator != Operator::StringMatches;
    has_path.then_some((operator, true))
}
