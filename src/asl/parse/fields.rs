//! An object of the definition and its fields, each with its place as AWS names it (`/States/Pay/Retry[0]`).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::Reader;
use super::support::Support;
use crate::asl::{Expression, Field, QueryLanguage, ResultPath, placeholder, rule};
use crate::json::document::{Member, Node, Span};
use crate::query::jsonpath::{ReferencePath, Root};

/// The fields of one object.
pub(super) struct Fields<'n> {
    members: &'n [Member],
    pub(super) span: Span,
    /// Without a slash at the end; empty for the machine.
    path: String,
}

impl<'n> Fields<'n> {
    /// `None` when the node is no object.
    pub(super) fn of(node: &'n Node, path: impl Into<String>) -> Option<Self> {
        Some(Self { members: node.as_object()?, span: node.span, path: path.into() })
    }

    /// The value of a field; of duplicates the last.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.members.iter().rfind(|member| &*member.name == name).map(|member| &member.value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn members(&self) -> &'n [Member] {
        self.members
    }

    /// The location of a field.
    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// The location of the object.
    pub(super) fn here(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

impl Reader<'_> {
    /// An object, or a report that it is none. A placeholder stands for anything and is passed over.
    pub(super) fn object<'n>(&mut self, node: &'n Node, path: &str) -> Option<Fields<'n>> {
        if placeholder::is_placeholder(node) {
            return None;
        }
        let fields = Fields::of(node, path);
        if fields.is_none() {
            self.wrong_type(path, node, "an object");
        }
        fields
    }

    /// A list, or a report that it is none.
    pub(super) fn list<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<&'n [Node]> {
        let node = fields.get(name)?;
        if placeholder::is_placeholder(node) {
            return None;
        }
        let items = node.as_array();
        if items.is_none() {
            self.wrong_type(&fields.at(name), node, "an array");
        }
        items
    }

    pub(super) fn wrong_type(&mut self, location: &str, node: &Node, expected: &str) {
        let found = node.type_name();
        self.report(
            &rule::WRONG_TYPE,
            (location, node.span),
            format!("Expected {expected}, but this is {}", with_article(found)),
            "",
        );
    }

    /// The first whole character of a range: in YAML it need not be a brace, nor one byte long.
    pub(super) fn first_letter_of(&self, span: Span) -> Span {
        let letter = self.document.slice(span).chars().next();
        Span { start: span.start, end: span.start + letter.map_or(0, char::len_utf8) }
    }

    /// Reports the fields that are missing, in one sentence as AWS does.
    pub(super) fn require(&mut self, fields: &Fields<'_>, names: &[&str]) -> bool {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !fields.has(name)).collect();
        if !missing.is_empty() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            let at = self.first_letter_of(fields.span);
            self.report(&rule::REQUIRED_FIELD, (fields.here(), at), message, "");
        }
        missing.is_empty()
    }

    /// Reports fields that exclude each other. Whether there is at most one.
    pub(super) fn at_most_one(&mut self, fields: &Fields<'_>, names: &[&str]) -> bool {
        let found: Vec<&str> = names.iter().copied().filter(|name| fields.has(name)).collect();
        if let [_, second, ..] = found[..] {
            let span = fields.get(second).map_or(fields.span, |node| node.span);
            // AWS's words, measured; it names what there is to choose from.
            let message =
                format!("There should only be one of the following fields: [{}]", names.join(", "));
            self.report(
                &rule::EXCLUSIVE_FIELDS,
                (fields.here(), span),
                message,
                "Keep the one that is meant",
            );
        }
        found.len() <= 1
    }

    /// Reports that none of several fields is there, in AWS's words.
    pub(super) fn at_least_one(&mut self, fields: &Fields<'_>, names: &[&str]) {
        if names.iter().any(|name| fields.has(name)) {
            return;
        }
        let message = format!(
            "This object should have only one of the following fields: [{}]",
            names.join(", ")
        );
        let at = (fields.here(), self.first_letter_of(fields.span));
        self.report(&rule::REQUIRED_FIELD, at, message, "Add the one that is meant");
    }

    /// Reports duplicate and unknown fields.
    pub(super) fn unknown_fields(
        &mut self,
        fields: &Fields<'_>,
        support: impl Fn(&str) -> Support,
    ) {
        let mut seen = BTreeSet::new();
        for member in fields.members() {
            let at = (&*fields.at(&member.name), member.name_span);
            if !seen.insert(&*member.name) {
                self.report(
                    &rule::DUPLICATE_FIELD,
                    at,
                    format!("Field '{}' is there twice; the last one counts", member.name),
                    "Remove one of them",
                );
            }
            if placeholder::has_placeholder(&member.name) || member.name.starts_with("Fn::") {
                continue;
            }
            match support(&member.name) {
                Support::Yes => {}
                Support::Deprecated { instead } => self.report(
                    &rule::DEPRECATED_FIELD,
                    at,
                    format!("'{}' still works, but is the old name", member.name),
                    &format!("Write '{instead}'"),
                ),
                Support::Other { written_in, instead } => {
                    let (mine, other) = match written_in {
                        QueryLanguage::JsonPath => ("JSONata", "JSONPath"),
                        QueryLanguage::Jsonata => ("JSONPath", "JSONata"),
                    };
                    // AWS's words and place, measured for 'Output' in a JSONPath state.
                    let message = format!(
                        "The QueryLanguage is set to '{mine}', but field '{}' is only supported for the '{other}' QueryLanguage",
                        member.name
                    );
                    let remedy = match instead {
                        "" => format!("Remove it, or set \"QueryLanguage\": \"{other}\""),
                        instead => {
                            format!("Use '{instead}', or set \"QueryLanguage\": \"{other}\"")
                        }
                    };
                    let at = (fields.here(), member.name_span);
                    self.report(&rule::OTHER_LANGUAGE_FIELD, at, message, &remedy);
                }
                Support::No { similar } => {
                    let remedy = similar
                        .map_or_else(String::new, |similar| format!("Did you mean '{similar}'?"));
                    // AWS's words and place: those of the object, not of the field.
                    let at = (fields.here(), member.name_span);
                    let message = format!("Field '{}' is not supported", member.name);
                    self.report(&rule::UNSUPPORTED_FIELD, at, message, &remedy);
                }
            }
        }
    }

    /// A text; a function of a template counts as the text it stands for.
    pub(super) fn text(&mut self, fields: &Fields<'_>, name: &str) -> Option<Arc<str>> {
        let node = fields.get(name)?;
        if let Some(text) = placeholder::text_of(node) {
            return Some(text.into());
        }
        let text = node.as_str();
        if text.is_none() {
            self.expected("[STRING]", &fields.at(name), node);
        }
        text.map(Arc::from)
    }

    pub(super) fn truth(&mut self, fields: &Fields<'_>, name: &str) -> Option<bool> {
        let node = fields.get(name)?;
        let truth = node.as_bool();
        if truth.is_none() && !placeholder::is_placeholder(node) {
            self.wrong_type(&fields.at(name), node, "true or false");
        }
        truth
    }

    /// A whole number within a range.
    pub(super) fn whole(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        range: RangeInclusive<i64>,
    ) -> Option<u64> {
        let node = fields.get(name)?;
        if placeholder::is_placeholder(node) {
            return None;
        }
        let at = fields.at(name);
        let Some(number) = node.as_i64() else {
            self.expected("Integer", &at, node);
            return None;
        };
        // AWS's words, measured.
        let message = if number < *range.start() {
            format!("Minimum value is {}", range.start())
        } else if number > *range.end() {
            format!("Maximum value is {}", range.end())
        } else {
            return u64::try_from(number).ok();
        };
        self.report(&rule::OUT_OF_RANGE, (&at, node.span), message, "");
        None
    }

    /// A value of another type, in AWS's words.
    fn expected(&mut self, wanted: &str, location: &str, node: &Node) {
        let remedy = format!("This is {}", with_article(node.type_name()));
        let message = format!("Expected value of type {wanted}");
        self.report(&rule::WRONG_TYPE, (location, node.span), message, &remedy);
    }
    /// A number within a range.
    pub(super) fn number(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        range: RangeInclusive<f64>,
    ) -> Option<f64> {
        let node = fields.get(name)?;
        if placeholder::is_placeholder(node) {
            return None;
        }
        let at = fields.at(name);
        let Some(number) = node.as_f64() else {
            self.wrong_type(&at, node, "a number");
            return None;
        };
        if !range.contains(&number) {
            let message = if number < *range.start() {
                format!("Minimum value is {}", range.start())
            } else {
                format!("Maximum value is {}", range.end())
            };
            self.report(&rule::OUT_OF_RANGE, (&at, node.span), message, "");
            return None;
        }
        Some(number)
    }

    /// A literal, a JSONata string or its `…Path` form. `literal` reads the literal.
    pub(super) fn field<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        language: QueryLanguage,
        literal: impl FnOnce(&mut Self, &Fields<'_>, &str) -> Option<T>,
    ) -> Option<Field<T>> {
        let path = format!("{name}Path");
        self.at_most_one(fields, &[name, &path]);
        if let Some(node) = fields.get(name) {
            if let Some(expression) = self.jsonata_string(node, &fields.at(name), language) {
                return Some(Field::Computed(expression));
            }
            if let Some(text) = placeholder::text_of(node).or_else(|| {
                node.as_str().filter(|text| placeholder::has_placeholder(text)).map(str::to_owned)
            }) {
                // A text field keeps the placeholder as its text; a number cannot.
                return match literal(self, fields, name) {
                    Some(value) => Some(Field::Literal(value)),
                    None => Some(Field::Computed(unresolved(&text))),
                };
            }
            return literal(self, fields, name).map(Field::Literal);
        }
        if language == QueryLanguage::Jsonata {
            return None;
        }
        self.path(fields, &path).map(Field::Computed)
    }

    /// A field that holds a path.
    pub(super) fn path(&mut self, fields: &Fields<'_>, name: &str) -> Option<Expression> {
        let node = fields.get(name)?;
        let text = self.text(fields, name)?;
        Some(self.path_expression(&text, name, &fields.at(name), node.span))
    }

    /// `ErrorPath` and `CausePath` take a path or an intrinsic function.
    pub(super) fn path_or_intrinsic(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
    ) -> Option<Expression> {
        let node = fields.get(name)?;
        let text = self.text(fields, name)?;
        Some(self.reference(&text, name, &fields.at(name), node.span))
    }

    pub(super) fn result_path(&mut self, fields: &Fields<'_>) -> Option<ResultPath> {
        let node = fields.get("ResultPath")?;
        if node.is_null() {
            return Some(ResultPath::Discard);
        }
        let text = self.text(fields, "ResultPath")?;
        match ReferencePath::parse(&text) {
            Ok(path) if *path.path().root() == Root::Input => Some(ResultPath::At(path)),
            Ok(_) if placeholder::has_placeholder(&text) => Some(ResultPath::Invalid(text)),
            Ok(_) => {
                // A result goes into the state's input, and nowhere else.
                let message = "Value is not a Reference Path: it begins with another thing than the state's input";
                let remedy = "Write '$.name'; a variable gets its value in Assign";
                let at = (&*fields.at("ResultPath"), node.span);
                self.report(&rule::INVALID_REFERENCE_PATH, at, message, remedy);
                Some(ResultPath::Invalid(text))
            }
            Err(error) => {
                if !placeholder::has_placeholder(&text) {
                    let message = format!("Value is not a Reference Path: {}", error.message);
                    self.report(
                        &rule::INVALID_REFERENCE_PATH,
                        (&fields.at("ResultPath"), node.span),
                        message,
                        "Write '$', '$.name' or '$.a.b', or null to drop the result",
                    );
                }
                Some(ResultPath::Invalid(text))
            }
        }
    }
}

/// An expression that is known only after deployment.
pub(super) fn unresolved(text: &str) -> Expression {
    Expression::Invalid {
        text: text.into(),
        message: format!("'{text}' holds a placeholder that is not filled in").into(),
    }
}

fn with_article(type_name: &str) -> String {
    match type_name {
        "null" => "null".to_owned(),
        "array" | "object" | "integer" => format!("an {type_name}"),
        _ => format!("a {type_name}"),
    }
}
