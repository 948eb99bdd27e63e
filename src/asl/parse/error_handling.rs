//! `Retry` and `Catch`.

use super::fields::Fields;
use super::scope::repeated;
use super::{Reader, support};
use crate::asl::{
    Catcher, ErrorName, JitterStrategy, QueryLanguage, Retrier, StateName, placeholder, rule,
};
use crate::json::document::Node;

/// The reserved names that AWS documents; others that begin with `States.` are most likely misspelt.
const RESERVED: &[&str] = &[
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ReferencePathConflict",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

/// `MaxDelaySeconds` ends before a year and a day.
const MAX_DELAY: i64 = 31_622_400;
const MAX_INTERVAL: i64 = 99_999_999;

impl Reader<'_> {
    pub(super) fn retry(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Vec<Retrier> {
        let nodes = self.list(fields, "Retry").unwrap_or_default();
        let mut retriers = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let location = fields.at(&format!("Retry[{index}]"));
            if let Some(retrier) = self.object(node, &location) {
                self.unknown_fields(&retrier, |name| support::of_retrier(language, name));
                retriers.push(self.retrier(node, &retrier, index + 1 == nodes.len()));
            }
        }
        retriers
    }

    fn retrier(&mut self, node: &Node, fields: &Fields<'_>, last: bool) -> Retrier {
        let error_equals = self.error_equals(fields, last);
        // 0 is documented nowhere, and taken (measured).
        let interval_seconds = self.whole(fields, "IntervalSeconds", 0..=MAX_INTERVAL).unwrap_or(1);
        let max_delay_seconds = self.whole(fields, "MaxDelaySeconds", 1..=MAX_DELAY);
        if max_delay_seconds.is_some_and(|delay| delay <= interval_seconds)
            && fields.has("IntervalSeconds")
        {
            let span = fields.get("MaxDelaySeconds").map_or(fields.span, |node| node.span);
            let message = format!(
                "MaxDelaySeconds must be greater than IntervalSeconds ({interval_seconds})"
            );
            self.report(&rule::OUT_OF_RANGE, (&fields.at("MaxDelaySeconds"), span), message, "");
        }
        Retrier {
            error_equals,
            interval_seconds,
            max_attempts: self.whole(fields, "MaxAttempts", 0..=MAX_INTERVAL).unwrap_or(3),
            backoff_rate: self.number(fields, "BackoffRate", 1.0..=f64::INFINITY).unwrap_or(2.0),
            max_delay_seconds,
            jitter_strategy: self.jitter(fields),
            span: node.span,
        }
    }

    fn jitter(&mut self, fields: &Fields<'_>) -> JitterStrategy {
        let Some(text) = self.text(fields, "JitterStrategy") else { return JitterStrategy::None };
        match &*text {
            "FULL" => JitterStrategy::Full,
            "NONE" => JitterStrategy::None,
            _ => {
                if !placeholder::has_placeholder(&text) {
                    let span = fields.get("JitterStrategy").map_or(fields.span, |node| node.span);
                    let message = "Value should be one of the following: [NONE, FULL]";
                    self.report(
                        &rule::UNKNOWN_VALUE,
                        (&fields.at("JitterStrategy"), span),
                        message,
                        "",
                    );
                }
                JitterStrategy::None
            }
        }
    }

    pub(super) fn catch(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Vec<Catcher> {
        let nodes = self.list(fields, "Catch").unwrap_or_default();
        let mut catchers = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let location = fields.at(&format!("Catch[{index}]"));
            if let Some(catcher) = self.object(node, &location) {
                self.unknown_fields(&catcher, |name| support::of_catcher(language, name));
                self.require(&catcher, &["Next"]);
                self.reserved.error_output = true;
                let assign = self.assign(&catcher, language);
                let output = self.template(&catcher, "Output", language);
                self.reserved.error_output = false;
                catchers.push(Catcher {
                    error_equals: self.error_equals(&catcher, index + 1 == nodes.len()),
                    next: StateName::new(&self.text(&catcher, "Next").unwrap_or_default()),
                    result_path: self.result_path(&catcher),
                    assign,
                    output,
                    span: node.span,
                });
            }
        }
        catchers
    }

    fn error_equals(&mut self, fields: &Fields<'_>, last: bool) -> Vec<ErrorName> {
        self.require(fields, &["ErrorEquals"]);
        let nodes = self.list(fields, "ErrorEquals").unwrap_or_default();
        let location = fields.at("ErrorEquals");
        let span = fields.get("ErrorEquals").map_or(fields.span, |node| node.span);
        if nodes.is_empty()
            && fields.get("ErrorEquals").is_some_and(|node| node.as_array().is_some())
        {
            self.report(
                &rule::EMPTY_VALUE,
                (&location, span),
                "Value cannot be empty",
                "Name an error, or write \"States.ALL\"",
            );
        }
        let mut names = Vec::with_capacity(nodes.len());
        for node in nodes {
            match placeholder::text_of(node).as_deref().or_else(|| node.as_str()) {
                Some(name) => names.push(ErrorName::new(name)),
                None => self.wrong_type(&location, node, "a string"),
            }
        }
        for name in repeated(names.iter().map(ErrorName::as_str)) {
            let message = format!("'{name}' is named twice");
            self.report(
                &rule::DUPLICATE_ERROR_NAME,
                (&location, span),
                message,
                "Remove one of them",
            );
        }
        self.reserved_names(&names, (&location, span), last);
        names
    }

    fn reserved_names(
        &mut self,
        names: &[ErrorName],
        at: (&str, crate::json::document::Span),
        last: bool,
    ) {
        let all = names.iter().position(|name| name.as_str() == "States.ALL");
        if let Some(index) = all
            && (names.len() > 1 || !last)
        {
            // AWS's words and place, seen in answers to CloudFormation.
            let location = format!("{}[{index}]", at.0);
            let remedy = if last {
                "Remove the other names: States.ALL includes them"
            } else {
                "Move this entry to the end, with States.ALL alone in it"
            };
            let message = "States.ALL must appear alone and at end of list";
            self.report(&rule::STATES_ALL_NOT_LAST, (&location, at.1), message, remedy);
        }
        for name in names.iter().map(ErrorName::as_str) {
            let known = RESERVED.contains(&name) || name.starts_with("States.Http.StatusCode.");
            if name.starts_with("States.") && !known && !placeholder::has_placeholder(name) {
                let message = format!(
                    "'{name}' is no error of Step Functions; names that begin with 'States.' are reserved"
                );
                self.report(&rule::UNKNOWN_ERROR_NAME, at, message, "Check the spelling");
            }
        }
    }
}
