//! Scopes and what all states share.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::fields::Fields;
use super::{Reader, support};
use crate::asl::{
    QueryLanguage, Scope, State, StateKind, StateName, Template, Transition, placeholder, rule,
};
use crate::json::document::{Member, Node, Span};

/// The names of state types, in the order in which AWS lists them.
const TYPES: &str = "Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map";

/// AWS's limit for the name of a state, in characters.
const MAX_NAME: usize = 80;

impl Reader<'_> {
    /// `StartAt` and `States` of a machine, a branch or a processor; `required` is in AWS's order.
    pub(super) fn scope(&mut self, node: &Node, fields: &Fields<'_>, required: &[&str]) -> Scope {
        self.require(fields, required);
        let start_at = self.text(fields, "StartAt").map(|name| StateName::new(&name));
        let start_at_span = fields.get("StartAt").map_or(node.span, |node| node.span);
        let mut states = IndexMap::new();
        if let Some(node) = fields.get("States") {
            let location = fields.at("States");
            if let Some(inner) = self.object(node, &location) {
                if inner.members().is_empty() {
                    self.report(
                        &rule::EMPTY_VALUE,
                        (&location, node.span),
                        "Value cannot be empty",
                        "Add a state",
                    );
                }
                for member in inner.members() {
                    if let Some(state) = self.state(member, &inner) {
                        self.add(&mut states, state, &inner.at(&member.name));
                    }
                }
            }
        }
        Scope { start_at, start_at_span, states, span: node.span }
    }

    fn add(&mut self, states: &mut IndexMap<StateName, State>, state: State, location: &str) {
        if states.contains_key(&state.name) {
            self.report(
                &rule::DUPLICATE_STATE_NAME,
                (location, state.name_span),
                format!("Duplicate State name: {}", state.name),
                "Rename one of them; of two in one place AWS sees the last only",
            );
        }
        states.insert(state.name.clone(), state);
    }

    /// The query language that an object sets, when it sets one.
    pub(super) fn language(&mut self, fields: &Fields<'_>) -> Option<QueryLanguage> {
        let text = self.text(fields, "QueryLanguage")?;
        match &*text {
            "JSONPath" => Some(QueryLanguage::JsonPath),
            "JSONata" => Some(QueryLanguage::Jsonata),
            _ => {
                if !placeholder::has_placeholder(&text) {
                    let span = fields.get("QueryLanguage").map_or(fields.span, |node| node.span);
                    let message = "Value should be one of the following: [JSONPath, JSONata]";
                    self.report(
                        &rule::UNKNOWN_VALUE,
                        (&fields.at("QueryLanguage"), span),
                        message,
                        "",
                    );
                }
                None
            }
        }
    }

    /// One member of `States`.
    fn state(&mut self, member: &Member, states: &Fields<'_>) -> Option<State> {
        if placeholder::text_of(&member.value).is_some() {
            return None;
        }
        let location = states.at(&member.name);
        let fields = self.object(&member.value, &location)?;
        self.state_name(member, &location);
        let state_type = self.state_type(&fields);
        let query_language = self.state_language(&fields, member);
        self.unknown_fields(&fields, |name| support::of_state(&state_type, query_language, name));
        let kind = self.kind(&state_type, &fields, query_language);
        let (retry, catch) = match kind {
            StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_) => {
                (self.retry(&fields, query_language), self.catch(&fields, query_language))
            }
            StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => (Vec::new(), Vec::new()),
        };
        // The developer guide, "Reserved variable: $states".
        let result =
            matches!(kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_));
        self.reserved.result = result;
        let assign = self.assign(&fields, query_language);
        let output = self.template(&fields, "Output", query_language);
        self.reserved.result = false;
        Some(State {
            name: StateName::new(&member.name),
            name_span: member.name_span,
            span: Span { start: member.name_span.start, end: member.value.span.end },
            field_spans: field_spans(fields.members()),
            comment: self.text(&fields, "Comment"),
            query_language,
            input_path: self.payload_path(&fields, "InputPath"),
            output_path: self.payload_path(&fields, "OutputPath"),
            assign,
            output,
            transition: self.transition(&fields, &kind),
            retry,
            catch,
            kind,
        })
    }

    /// At most 80 characters, which is measured; the API reference tells of a naming convention and does not say it.
    fn state_name(&mut self, member: &Member, location: &str) {
        let (name, at) = (&*member.name, (location, member.name_span));
        let length = name.chars().count();
        if length > MAX_NAME {
            let message = format!(
                "Invalid State name: '{name}' exceeds the {MAX_NAME}-character limit allowed by the service"
            );
            let remedy = format!("Shorten it: it has {length} characters");
            self.report(&rule::LONG_STATE_NAME, at, message, &remedy);
        } else if name.is_empty() {
            let message = format!("Invalid State name: '{name}'");
            self.report(&rule::EMPTY_STATE_NAME, at, message, "Give the state a name");
        } else if name.chars().any(char::is_control) {
            let message = format!("'{}' has a control character in its name", name.escape_debug());
            let remedy = "Remove it: it cannot be seen in the console, in logs and in histories";
            self.report(&rule::CONTROL_CHARACTER, at, message, remedy);
        }
    }

    fn state_type(&mut self, fields: &Fields<'_>) -> String {
        if !self.require(fields, &["Type"]) {
            return String::new();
        }
        let text = self.text(fields, "Type").unwrap_or_default();
        if !TYPES.split(", ").any(|known| known == &*text) && !placeholder::has_placeholder(&text) {
            let span = fields.get("Type").map_or(fields.span, |node| node.span);
            let message = format!("The field 'Type' should have one of these values: [{TYPES}]");
            self.report(&rule::UNKNOWN_VALUE, (&fields.at("Type"), span), message, "");
        }
        text.to_string()
    }

    fn state_language(&mut self, fields: &Fields<'_>, member: &Member) -> QueryLanguage {
        let own = self.language(fields);
        if own == Some(QueryLanguage::JsonPath) && self.query_language == QueryLanguage::Jsonata {
            // AWS's words and place, recorded.
            let message =
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            self.report(
                &rule::QUERY_LANGUAGE_DOWNGRADE,
                (fields.here(), member.name_span),
                message,
                "Set JSONPath for the machine and JSONata for single states",
            );
        }
        own.unwrap_or(self.query_language)
    }

    fn transition(&mut self, fields: &Fields<'_>, kind: &StateKind) -> Transition {
        match kind {
            StateKind::Choice(_) | StateKind::Succeed | StateKind::Fail(_) => {
                return Transition::None;
            }
            StateKind::Task(_)
            | StateKind::Pass(_)
            | StateKind::Wait(_)
            | StateKind::Parallel(_)
            | StateKind::Map(_)
            | StateKind::Unknown(_) => {}
        }
        let end = self.truth(fields, "End").unwrap_or(false);
        let next = self.text(fields, "Next").map(|name| StateName::new(&name));
        if end && next.is_some() {
            let span = fields.get("End").map_or(fields.span, |node| node.span);
            self.report(
                &rule::MISSING_TRANSITION,
                (fields.here(), span),
                "There should only be one of the following fields: [Next, End]",
                "Keep the one that is meant",
            );
        }
        match next {
            Some(next) => Transition::Next(next),
            None if end => Transition::End,
            None => {
                let placeholder = ["Next", "End"]
                    .iter()
                    .any(|name| fields.get(name).is_some_and(placeholder::is_placeholder));
                if !matches!(kind, StateKind::Unknown(_)) && !placeholder {
                    let at = self.first_letter_of(fields.span);
                    self.report(
                        &rule::MISSING_TRANSITION,
                        (fields.here(), at),
                        "This object should have only one of the following fields: [Next, End]",
                        "Name the next state, or write \"End\": true",
                    );
                }
                Transition::None
            }
        }
    }

    /// `Assign`: an object whose names are those of variables.
    pub(super) fn assign(
        &mut self,
        fields: &Fields<'_>,
        language: QueryLanguage,
    ) -> Option<Template> {
        let node = fields.get("Assign")?;
        let template = self.object_template(fields, "Assign", language);
        for member in node.as_object().unwrap_or_default() {
            let name = match language {
                QueryLanguage::JsonPath => member.name.strip_suffix(".$").unwrap_or(&member.name),
                QueryLanguage::Jsonata => &member.name,
            };
            let (location, at) = (fields.at("Assign"), member.name_span);
            if name == "states" {
                // AWS's words and code, measured, as those below.
                let message = "Cannot assign to reserved variable '$states'.";
                let at = (&*location, at);
                self.report(&rule::RESERVED_VARIABLE, at, message, "Choose another name");
            } else if let Some((why, remedy)) = wrong_variable(name) {
                let message = format!("Invalid variable name '{name}': {why}");
                self.report(&rule::INVALID_VARIABLE_NAME, (&location, at), message, remedy);
            }
        }
        template
    }
}

/// Why a variable cannot have this name, and what to do: letters, digits and `_`, at most 80 characters.
fn wrong_variable(name: &str) -> Option<(&'static str, &'static str)> {
    const INVALID: &str = "the variable name contains invalid characters.";
    let mut characters = name.chars();
    let first = characters.next();
    if placeholder::has_placeholder(name) {
        None
    } else if name.chars().count() > MAX_NAME {
        Some(("the variable name is longer than 80 characters.", "Shorten it"))
    } else if !first.is_some_and(|first| first.is_alphabetic() || first == '_') {
        Some((INVALID, "Begin it with a letter"))
    } else if !characters.all(|it| it.is_alphanumeric() || it == '_') {
        Some((INVALID, "Write letters, digits and '_' only"))
    } else {
        None
    }
}

fn field_spans(members: &[Member]) -> IndexMap<std::sync::Arc<str>, Span> {
    let span = |member: &Member| Span { start: member.name_span.start, end: member.value.span.end };
    members.iter().map(|member| (member.name.clone(), span(member))).collect()
}

/// Says each name once and tells of the others.
pub(super) fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !seen.insert(*name)).collect()
}
