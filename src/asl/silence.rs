//! Silencing a rule: `"Comment": "stepwell:allow rule-id, other-id – the reason"`.
//!
//! In the `Comment` of the machine it counts for the machine; in that of a state for the state and everything inside it. What
//! AWS answers is never silenced, only what is listed.

use super::rule::{self, Rule};
use super::{Diagnostic, StateMachine};
use crate::json::document::Span;

const MARK: &str = "stepwell:allow";

/// Takes out what the comments of a machine allow.
pub(super) fn hush(machine: &StateMachine, diagnostics: &mut Vec<Diagnostic>) {
    apply(machine, diagnostics);
    diagnostics.retain(|it| it.rule != rule::UNKNOWN_RULE.id);
}

/// Takes out what the comments of a machine allow, and tells of names that are no rules.
pub(super) fn apply(machine: &StateMachine, diagnostics: &mut Vec<Diagnostic>) {
    let everything = Span { start: 0, end: machine.source.len() };
    let states = machine.states();
    let comments = machine
        .comment
        .iter()
        .map(|comment| (comment, String::from("/Comment"), everything, machine.top.start_at_span))
        .chain(states.iter().filter_map(|(_, state)| {
            let at = format!("/States/{}/Comment", state.name);
            Some((state.comment.as_ref()?, at, state.span, state.span_of("Comment")))
        }));
    for (comment, location, inside, span) in comments {
        for id in allowed(comment) {
            match Rule::find(id) {
                Some(rule) => diagnostics.retain(|it| {
                    it.rule != rule.id || it.span.start < inside.start || it.span.end > inside.end
                }),
                None => diagnostics.push(Diagnostic::of(
                    &rule::UNKNOWN_RULE,
                    (location.clone(), span),
                    format!("There is no rule '{id}' to allow"),
                    "`stepwell check --rules` lists the rules",
                )),
            }
        }
    }
}

/// The ids behind the mark: separated by commas, up to the first word that no comma follows.
fn allowed(comment: &str) -> Vec<&str> {
    let mut ids = Vec::new();
    for (at, _) in comment.match_indices(MARK) {
        for word in comment[at + MARK.len()..].split_whitespace() {
            let id = word.trim_end_matches([',', '.', ':', ';']);
            if !id.is_empty() {
                ids.push(id);
            }
            if !word.ends_with(',') {
                break;
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::parse::check;
    use crate::json::document::{Document, Format};

    #[test]
    fn ids_end_where_the_reason_begins() {
        for (comment, ids) in [
            ("stepwell:allow long-label", &["long-label"][..]),
            (
                "Ours. stepwell:allow long-label, no-dollar: because of that",
                &["long-label", "no-dollar"],
            ),
            ("stepwell:allow long-label – AWS takes it, as we saw", &["long-label"]),
            ("stepwell:allow", &[]),
            ("we allow long-label", &[]),
            ("stepwell:allow a. Also stepwell:allow b.", &["a", "b"]),
        ] {
            assert_eq!(allowed(comment), ids, "{comment}");
        }
    }

    fn rules(machine: &str, state: &str) -> Vec<&'static str> {
        let text = format!(
            r#"{{"Comment":"{machine}","StartAt":"A","States":{{
               "A":{{"Type":"Pass","Comment":"{state}","InputPath":"$v","Next":"B"}},"B":{{"Type":"Pass","InputPath":"$v","End":true}}}}}}"#
        );
        check(&Document::parse(&text, Format::Json)).diagnostics.iter().map(|it| it.rule).collect()
    }

    #[test]
    fn a_comment_silences_its_state_or_the_machine() {
        let rule = "undefined-variable";
        assert_eq!(rules("", ""), [rule, rule]);
        assert_eq!(rules("", "stepwell:allow undefined-variable: set by hand"), [rule]);
        assert_eq!(rules("stepwell:allow undefined-variable", ""), Vec::<&str>::new());
        assert_eq!(rules("", "stepwell:allow long-label"), [rule, rule]);
        assert_eq!(rules("", "stepwell:allow undefined-variables"), [rule, rule, "unknown-rule"]);
    }
}
