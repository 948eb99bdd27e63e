//! The fields of each state type: Task, Pass, Wait, Fail, Parallel. Choice and Map have files of their own.

use std::sync::Arc;

use super::Reader;
use super::fields::{Fields, unresolved};
use super::support;
use super::template::looks_evaluated;
use crate::asl::{
    Fail, Field, Parallel, Pass, QueryLanguage, ResourceArn, Scope, StateKind, Task, Wait,
    WaitUntil, placeholder, rule,
};
use crate::json::document::{Content, Node};

/// `TimeoutSeconds`, `HeartbeatSeconds` and `Seconds` end here.
pub(super) const MAX_SECONDS: i64 = 99_999_999;

impl Reader<'_> {
    pub(super) fn kind(
        &mut self,
        state_type: &str,
        fields: &Fields<'_>,
        language: QueryLanguage,
    ) -> StateKind {
        match state_type {
            "Task" => StateKind::Task(Box::new(self.task(fields, language))),
            "Pass" => StateKind::Pass(Box::new(self.pass(fields, language))),
            "Choice" => StateKind::Choice(Box::new(self.choice(fields, language))),
            "Wait" => StateKind::Wait(Box::new(self.wait(fields, language))),
            "Succeed" => StateKind::Succeed,
            "Fail" => StateKind::Fail(Box::new(self.fail(fields, language))),
            "Parallel" => StateKind::Parallel(Box::new(self.parallel(fields, language))),
            "Map" => StateKind::Map(Box::new(self.map(fields, language))),
            unknown => StateKind::Unknown(unknown.into()),
        }
    }

    fn task(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Task {
        self.require(fields, &["Resource"]);
        let resource = ResourceArn::parse(&self.text(fields, "Resource").unwrap_or_default());
        let resource_span = fields.get("Resource").map_or(fields.span, |node| node.span);
        self.resource(&resource, fields, language);
        let seconds = |reader: &mut Self, fields: &Fields<'_>, name: &str| {
            reader.whole(fields, name, 1..=MAX_SECONDS)
        };
        let timeout_seconds = self.field(fields, "TimeoutSeconds", language, seconds);
        let heartbeat_seconds = self.field(fields, "HeartbeatSeconds", language, seconds);
        if let (Some(Field::Literal(timeout)), Some(Field::Literal(heartbeat))) =
            (&timeout_seconds, &heartbeat_seconds)
            && heartbeat >= timeout
        {
            let span = fields.get("HeartbeatSeconds").map_or(fields.span, |node| node.span);
            let message = format!(
                "HeartbeatSeconds ({heartbeat}) must be smaller than TimeoutSeconds ({timeout})"
            );
            self.report(&rule::OUT_OF_RANGE, (&fields.at("HeartbeatSeconds"), span), message, "");
        }
        self.credentials(fields);
        self.attribute_values(&resource, fields, language);
        Task {
            resource,
            resource_span,
            parameters: self.template(fields, "Parameters", language),
            arguments: self.template(fields, "Arguments", language),
            credentials: self.template(fields, "Credentials", language),
            result_selector: self.object_template(fields, "ResultSelector", language),
            result_path: self.result_path(fields),
            timeout_seconds,
            heartbeat_seconds,
        }
    }

    fn credentials(&mut self, fields: &Fields<'_>) {
        let Some(node) = fields.get("Credentials") else { return };
        if node.as_str().is_some() || placeholder::is_placeholder(node) {
            return;
        }
        let location = fields.at("Credentials");
        if let Some(credentials) = self.object(node, &location)
            && !credentials.has("RoleArn")
            && !credentials.has("RoleArn.$")
        {
            // AWS's words, recorded for empty credentials.
            self.report(
                &rule::MISSING_ROLE_ARN,
                (&location, node.span),
                "The field 'RoleArn' is required but was missing",
                "",
            );
        }
    }

    fn pass(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Pass {
        if let Some(node) = fields.get("Result")
            && language == QueryLanguage::JsonPath
            && has_evaluated(node)
        {
            self.report(
                &rule::PASS_RESULT_IS_STATIC,
                (&fields.at("Result"), node.span),
                "Attempt to use a path in the result of a pass state",
                "Write it in Parameters, with '.$' at the end of the name",
            );
        }
        Pass {
            result: fields.get("Result").map(placeholder::to_value),
            parameters: self.template(fields, "Parameters", language),
            result_path: self.result_path(fields),
        }
    }

    fn wait(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Wait {
        let names: &[&str] = match language {
            QueryLanguage::JsonPath => &["SecondsPath", "Seconds", "TimestampPath", "Timestamp"],
            QueryLanguage::Jsonata => &["Seconds", "Timestamp"],
        };
        self.at_least_one(fields, names);
        // A number and its path are told apart where they are read.
        let both = |one: &str, other: &str| {
            (fields.has(one) || fields.has(&format!("{one}Path")))
                && (fields.has(other) || fields.has(&format!("{other}Path")))
        };
        if both("Seconds", "Timestamp") {
            self.at_most_one(fields, names);
        }
        let seconds = self.field(fields, "Seconds", language, |reader, fields, name| {
            reader.whole(fields, name, 0..=MAX_SECONDS)
        });
        let timestamp = self.field(fields, "Timestamp", language, Self::timestamp);
        let until = seconds.map(WaitUntil::Seconds).or_else(|| timestamp.map(WaitUntil::Timestamp));
        Wait { until }
    }

    fn timestamp(&mut self, fields: &Fields<'_>, name: &str) -> Option<Arc<str>> {
        let text = self.text(fields, name)?;
        if !is_rfc3339(&text) && !placeholder::has_placeholder(&text) {
            let span = fields.get(name).map_or(fields.span, |node| node.span);
            self.report(
                &rule::INVALID_TIMESTAMP,
                (&fields.at(name), span),
                "String does not match RFC3339 timestamp",
                "Write it as 2030-01-31T08:00:00Z",
            );
        }
        Some(text)
    }

    fn fail(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Fail {
        Fail {
            error: self.fail_text(fields, "Error", language),
            cause: self.fail_text(fields, "Cause", language),
        }
    }

    fn fail_text(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        language: QueryLanguage,
    ) -> Option<Field<Arc<str>>> {
        if let Some(node) = fields.get(name) {
            if language == QueryLanguage::JsonPath && node.as_str().is_some_and(looks_evaluated) {
                let message =
                    "Field value looks like a path, but field name does not end with 'Path'";
                let remedy = format!("Write '{name}Path'");
                self.report(&rule::NO_PATH, (&fields.at(name), node.span), message, &remedy);
            }
            return self.field(fields, name, language, Self::text);
        }
        self.path_or_intrinsic(fields, &format!("{name}Path")).map(Field::Computed)
    }

    fn parallel(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Parallel {
        self.require(fields, &["Branches"]);
        let mut branches = Vec::new();
        let nodes = self.list(fields, "Branches").unwrap_or_default();
        if nodes.is_empty() && fields.get("Branches").is_some_and(|node| node.as_array().is_some())
        {
            let location = fields.at("Branches");
            self.report(
                &rule::EMPTY_VALUE,
                (&location, fields.span),
                "Value cannot be empty",
                "Add a branch",
            );
        }
        for (index, node) in nodes.iter().enumerate() {
            let location = fields.at(&format!("Branches[{index}]"));
            branches.push(match self.object(node, &location) {
                Some(branch) => {
                    self.unknown_fields(&branch, |name| support::of_scope(name, false));
                    self.scope(node, &branch, &["States", "StartAt"])
                }
                None => Scope { start_at_span: node.span, span: node.span, ..Scope::default() },
            });
        }
        Parallel {
            branches,
            parameters: self.template(fields, "Parameters", language),
            arguments: self.template(fields, "Arguments", language),
            result_selector: self.object_template(fields, "ResultSelector", language),
            result_path: self.result_path(fields),
        }
    }

    /// A field that takes a number or, unresolved, a placeholder.
    pub(super) fn count(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        language: QueryLanguage,
        max: i64,
    ) -> Option<Field<u64>> {
        let found = self.field(fields, name, language, |reader, fields, name| {
            reader.whole(fields, name, 0..=max)
        });
        if found.is_none()
            && let Some(node) = fields.get(name)
            && placeholder::is_placeholder(node)
        {
            return Some(Field::Computed(unresolved(node.as_str().unwrap_or(name))));
        }
        found
    }
}

/// Whether a path or a call stands anywhere in a value, or a name that asks for one.
fn has_evaluated(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(_) => node.as_str().is_some_and(looks_evaluated),
        Content::Array(items) => items.iter().any(has_evaluated),
        Content::Object(members) => {
            members.iter().any(|it| it.name.ends_with(".$") || has_evaluated(&it.value))
        }
    }
}

/// Whether a text is a timestamp as RFC 3339 writes it, with the capital `T` and `Z` that ASL asks for.
pub(super) fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !separators.iter().all(|(at, byte)| bytes.get(*at) == Some(byte)) {
        return false;
    }
    let date = (number(0, 4), number(5, 7), number(8, 10));
    let (Some(year), Some(month @ 1..=12), Some(day @ 1..)) = date else { return false };
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let time = (number(11, 13), number(14, 16), number(17, 19));
    let (Some(0..=23), Some(0..=59), Some(0..=60)) = time else { return false };
    if day > days {
        return false;
    }
    let rest = text.get(19..).unwrap_or("");
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|it: char| it.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    zone == "Z" || is_offset(zone)
}

fn is_offset(zone: &str) -> bool {
    let Some((hours, minutes)) =
        zone.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let within = |digits: &str, max: u32| {
        digits.len() == 2
            && digits.bytes().all(|it| it.is_ascii_digit())
            && digits.parse::<u32>().is_ok_and(|it| it <= max)
    };
    within(hours, 23) && within(minutes, 59)
}
