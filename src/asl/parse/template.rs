//! Payload templates and expressions, compiled where they are read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reader;
use super::fields::{Fields, unresolved};
use crate::asl::template::TemplateMember;
use crate::asl::{Expression, PayloadPath, QueryLanguage, Template, placeholder, rule};
use crate::json::document::{Content, Member, Node, Span};
use crate::json::{Object, Value};
use crate::query::intrinsic::Intrinsic;
use crate::query::jsonpath::Path;

/// Fields of `ReaderConfig` and `ItemBatcher` that are paths without a `.$`.
const PATHS: [&str; 3] = ["MaxItemsPath", "MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"];

impl Reader<'_> {
    /// A field that is a template in the state's language.
    pub(super) fn template(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        language: QueryLanguage,
    ) -> Option<Template> {
        let node = fields.get(name)?;
        Some(self.template_node(node, &fields.at(name), language))
    }

    /// A template that must be an object, or in JSONata a string that computes one.
    pub(super) fn object_template(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        language: QueryLanguage,
    ) -> Option<Template> {
        let node = fields.get(name)?;
        let computed = language == QueryLanguage::Jsonata && node.as_str().is_some();
        if node.as_object().is_none() && !computed && !placeholder::is_placeholder(node) {
            self.wrong_type(&fields.at(name), node, "an object");
        }
        self.template(fields, name, language)
    }

    pub(super) fn template_node(
        &mut self,
        node: &Node,
        location: &str,
        language: QueryLanguage,
    ) -> Template {
        if let Some(text) = placeholder::text_of(node) {
            return match self.jsonata_text(&text, location, node.span, language) {
                Some(expression) => Template::Expression(expression),
                None => Template::Literal(Value::from(text)),
            };
        }
        match &node.content {
            Content::Scalar(value) => match self.jsonata_string(node, location, language) {
                Some(expression) => Template::Expression(expression),
                None => Template::Literal(value.clone()),
            },
            Content::Array(items) => {
                let items: Vec<Template> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        self.template_node(item, &format!("{location}[{index}]"), language)
                    })
                    .collect();
                fold_array(items)
            }
            Content::Object(members) => self.object_members(members, location, language),
        }
    }

    fn object_members(
        &mut self,
        members: &[Member],
        location: &str,
        language: QueryLanguage,
    ) -> Template {
        let mut compiled: Vec<TemplateMember> = Vec::with_capacity(members.len());
        let mut names = BTreeSet::new();
        for member in members {
            let computed = match language {
                QueryLanguage::JsonPath => member.name.strip_suffix(".$"),
                QueryLanguage::Jsonata => None,
            };
            let name: Arc<str> = computed.map_or_else(|| Arc::clone(&member.name), Arc::from);
            let value = match computed {
                Some(_) => self.computed_member(member, location),
                None => {
                    if language == QueryLanguage::JsonPath
                        && member.value.as_str().is_some_and(looks_evaluated)
                        && !PATHS.contains(&&*name)
                    {
                        let remedy = format!("Write '{name}.$' if its value is meant");
                        let message = "No '.$' on a field that appears to be a JSONPath or Intrinsic Function";
                        let at = (&*format!("{location}/{name}"), member.value.span);
                        self.report(&rule::NO_DOLLAR, at, message, &remedy);
                    }
                    self.template_node(&member.value, &format!("{location}/{name}"), language)
                }
            };
            if !names.insert(Arc::clone(&name)) {
                self.report(
                    &rule::DUPLICATE_TEMPLATE_FIELD,
                    (location, member.name_span),
                    format!("'{name}' is there twice (a name with '.$' gives the same field as the name without)"),
                    "Remove one of them",
                );
                compiled.retain(|earlier| earlier.name != name);
            }
            compiled.push(TemplateMember { name, value });
        }
        fold_object(compiled)
    }

    /// A member whose name ends in `.$`.
    fn computed_member(&mut self, member: &Member, location: &str) -> Template {
        let text = placeholder::text_of(&member.value)
            .or_else(|| member.value.as_str().map(str::to_owned));
        let Some(text) = text else {
            self.invalid_reference(
                &member.name,
                location,
                member.value.span,
                "a name that ends in '.$' takes a string",
            );
            let message = format!("The value for the field '{}' is not a string", member.name);
            let text = placeholder::to_value(&member.value).to_string();
            return Template::Expression(Expression::Invalid {
                text: text.into(),
                message: message.into(),
            });
        };
        Template::Expression(self.reference(&text, &member.name, location, member.value.span))
    }

    fn invalid_reference(&mut self, name: &str, location: &str, span: Span, why: &str) {
        // AWS's words, recorded for an intrinsic function with wrong escapes.
        let message = format!(
            "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
        );
        self.report(&rule::INVALID_TEMPLATE_VALUE, (location, span), message, &sentence(why));
    }

    /// A path or an intrinsic function.
    pub(super) fn reference(
        &mut self,
        text: &str,
        name: &str,
        location: &str,
        span: Span,
    ) -> Expression {
        let parsed = if text.starts_with('$') {
            Path::parse(text.trim_end()).map(Expression::Path)
        } else {
            Intrinsic::parse(text).map(Expression::Intrinsic)
        };
        parsed.unwrap_or_else(|error| {
            if placeholder::has_placeholder(text) {
                return unresolved(text);
            }
            self.invalid_reference(name, location, span, &error.message);
            Expression::Invalid { text: text.into(), message: error.message.into() }
        })
    }

    /// A path only.
    pub(super) fn path_expression(
        &mut self,
        text: &str,
        name: &str,
        location: &str,
        span: Span,
    ) -> Expression {
        // Jayway trims a path, and samples of AWS's own end with a space.
        Path::parse(text.trim_end()).map(Expression::Path).unwrap_or_else(|error| {
            if placeholder::has_placeholder(text) {
                return unresolved(text);
            }
            let (rule, message) = match name {
                // AWS's words, seen in an answer to CloudFormation.
                "InputPath" | "OutputPath" => {
                    (&rule::INVALID_PATH, "Value must be a valid JSONPath.".to_owned())
                }
                _ => (
                    &rule::INVALID_REFERENCE_PATH,
                    format!("Value is not a Reference Path: {}", error.message),
                ),
            };
            self.report(rule, (location, span), message, &sentence(&error.message));
            Expression::Invalid { text: text.into(), message: error.message.into() }
        })
    }

    /// `InputPath` and `OutputPath`.
    pub(super) fn payload_path(&mut self, fields: &Fields<'_>, name: &str) -> Option<PayloadPath> {
        if fields.get(name)?.is_null() {
            return Some(PayloadPath::Discard);
        }
        self.path(fields, name).map(PayloadPath::Path)
    }
}

/// Whether a text is a path or a call of an intrinsic function. `$name` alone may be anything.
pub(super) fn looks_evaluated(text: &str) -> bool {
    if text.starts_with("$.") || text.starts_with("$[") || text.starts_with("$$.") {
        Path::parse(text).is_ok()
    } else {
        text.starts_with("States.") && text.ends_with(')') && Intrinsic::parse(text).is_ok()
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn fold_array(items: Vec<Template>) -> Template {
    if items.iter().all(|item| matches!(item, Template::Literal(_))) {
        Template::Literal(Value::array(items.into_iter().filter_map(literal)))
    } else {
        Template::Array(items)
    }
}

fn fold_object(members: Vec<TemplateMember>) -> Template {
    if members.iter().all(|member| matches!(member.value, Template::Literal(_))) {
        let object: Object = members
            .into_iter()
            .filter_map(|member| Some((member.name, literal(member.value)?)))
            .collect();
        Template::Literal(Value::from(object))
    } else {
        Template::Object(members)
    }
}

fn literal(template: Template) -> Option<Value> {
    match template {
        Template::Literal(value) => Some(value),
        Template::Array(_) | Template::Object(_) | Template::Expression(_) => None,
    }
}
