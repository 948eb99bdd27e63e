//! The input that mattered: the field that a cause names, what is there, and what is there instead.

mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::words::{is_name, quoted, references, shown, spoken_of};
use super::Cause;
use super::cause::CauseKind;
use super::place::{JsonPlace, PlaceStep, Walk, walk};
use crate::asl::expressions::Evaluated;
use crate::asl::{Comparison, Condition, Expression, Operand, QueryLanguage, State, StateKind};
use crate::execution::{EventId, InspectionData, StateType, TimelineVisit};
use crate::json::Value;
use crate::query::jsonpath::{Path, PathKey, Root};

/// A value that mattered, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The visit's entered event.
    pub entered: EventId,
    /// The stage of the data flow that holds it, under `TestState`'s name; `variables` or `context` for what is none.
    pub stage: &'static str,
    /// Where it is in that stage; where it should be, as far as there is something.
    pub place: JsonPlace,
    /// How the definition or the cause calls it: `$.order.total`.
    pub label: String,
    /// `None` when there is nothing.
    pub value: Option<Value>,
    /// What to see in it; may be empty.
    pub note: String,
}

/// What is known of the visit that failed.
pub(super) struct Known<'a> {
    pub(super) state: Option<&'a State>,
    pub(super) visit: &'a TimelineVisit,
    pub(super) inspection: InspectionData,
    pub(super) error: &'a str,
    pub(super) cause: &'a Cause,
}

/// Pieces of evidence that are told at most.
const MOST: usize = 8;
/// The longest note about a value.
const MOST_LETTERS_OF_NOTE: usize = 2_000;
/// The longest cause that is searched for names and values.
const MOST_LETTERS: usize = 40_000;

/// The values that mattered, the most telling first.
pub(super) fn evidence(known: &Known<'_>) -> Vec<Evidence> {
    let mut found = Found { known, list: Vec::new(), seen: BTreeSet::new() };
    found.paths_of_cause();
    found.expression_of_cause();
    found.choices();
    found.sent();
    found.size();
    found.list.truncate(MOST);
    found.list
}

struct Found<'a> {
    known: &'a Known<'a>,
    list: Vec<Evidence>,
    seen: BTreeSet<String>,
}

impl Found<'_> {
    fn add(&mut self, stage: &'static str, label: &str, mut walked: Walk) {
        if stage == "variables" && walked.value.is_some() {
            let name = label.trim_start_matches('$').split(['.', '[']).next().unwrap_or(label);
            walked.place.insert(0, PlaceStep::Member(name.into()));
        }
        if !self.seen.insert(format!("{stage} {label}")) {
            return;
        }
        self.list.push(Evidence {
            entered: self.known.visit.entered,
            stage,
            place: walked.place,
            label: label.to_owned(),
            value: walked.value,
            note: walked.note,
        });
    }

    /// A stage, and its name as the data flow shows it: what does not change the input is the input.
    fn stage(&self, name: &'static str) -> Option<(&'static str, &Value)> {
        let data = &self.known.inspection;
        let input = data.input.as_ref();
        match name {
            "afterInputPath" => match (&data.after_input_path, input) {
                (Some(after), Some(input)) if after == input => Some(("input", input)),
                (Some(after), _) => Some(("afterInputPath", after)),
                (None, input) => Some(("input", input?)),
            },
            "result" => Some(("result", data.result.as_ref()?)),
            "afterResultPath" => {
                Some(("afterResultPath", data.after_result_path.as_ref().or(data.result.as_ref())?))
            }
            _ => Some(("input", input?)),
        }
    }

    // -- JSONPath

    /// The stage that a path of the definition reads from, by the field it stands in.
    fn stage_of_field(&self, path: &str) -> &'static str {
        let Some(state) = self.known.state else { return "afterInputPath" };
        let holds = |evaluated: &Evaluated<'_>| match evaluated {
            Evaluated::Expression(expression) => {
                expression.text() == path || expression.text().contains(path)
            }
            Evaluated::Path(it) => it.text() == path,
        };
        let field =
            state.expressions().into_iter().find(|(_, it)| holds(it)).map(|(field, _)| field);
        match field {
            Some("InputPath") => "input",
            Some("ResultSelector") => "result",
            Some("OutputPath" | "Output") => "afterResultPath",
            Some(_) | None => "afterInputPath",
        }
    }

    fn path(&mut self, text: &str, note: &str) {
        let Ok(path) = Path::parse(text) else { return };
        let data = &self.known.inspection;
        let variable;
        let (stage, root, shown) = match path.root() {
            Root::Input => {
                let Some((stage, root)) = self.stage(self.stage_of_field(text)) else { return };
                (stage, root, "$".to_owned())
            }
            Root::Context => {
                let Some(context) = &data.context else { return };
                ("context", context, "$$".to_owned())
            }
            Root::Variable(name) => {
                let Some(value) = data.variables.get(name) else {
                    let note = if data.variables.is_empty() {
                        format!("No variable ${name} has been assigned here.")
                    } else {
                        let names: Vec<String> =
                            data.variables.keys().map(|it| format!("${it}")).collect();
                        format!("There is no variable ${name}; there are {}.", names.join(", "))
                    };
                    let walked = Walk { place: JsonPlace::new(), value: None, note };
                    return self.add("variables", text, walked);
                };
                variable = value.clone();
                ("variables", &variable, format!("${name}"))
            }
        };
        let mut walked = walk(root, &shown, path.leading_keys());
        if walked.value.is_some() && !path.is_plain() {
            // What comes after the names is a filter or a wildcard: what it selects is the value.
            walked.value = path.select_in(root).ok();
        }
        if walked.note.is_empty() {
            note.clone_into(&mut walked.note);
        }
        self.add(stage, text, walked);
    }

    /// Causes that name a path: `The JSONPath '$.x' … could not be found`, `Invalid path '$.x' : …`, `…: $.wait == -1`.
    fn paths_of_cause(&mut self) {
        if self.known.state.is_some_and(|it| it.query_language == QueryLanguage::Jsonata) {
            return;
        }
        let text = Arc::clone(&self.known.cause.text);
        let ours = matches!(
            self.known.error,
            "States.Runtime"
                | "States.ParameterPathFailure"
                | "States.IntrinsicFailure"
                | "States.ReferencePathConflict"
                | "States.ResultPathMatchFailure"
                | "States.ItemReaderFailed"
                | "States.NoChoiceMatched"
        );
        if !ours || text.len() > MOST_LETTERS {
            return;
        }
        // What follows is a copy of the input, which may hold anything.
        let told = text.split(" could not be found in the input ").next().unwrap_or(&text);
        // Jayway's own spelling of the path follows the first one.
        let ours = |it: &&str| it.starts_with('$') && !it.starts_with("$['");
        for path in quoted(told).into_iter().filter(ours) {
            self.path(path, "");
        }
        // `The SecondsPath parameter references a negative value: $.wait == -1`
        let end = told.split(" == ").next().unwrap_or(told);
        if self.list.is_empty()
            && let Some(path) = end.split_whitespace().last().filter(|it| it.starts_with('$'))
        {
            self.path(path, "");
        }
        if self.known.error == "States.IntrinsicFailure"
            && let Some(state) = self.known.state
        {
            let intrinsics = state.expressions().into_iter().filter_map(|(_, it)| match it {
                Evaluated::Expression(it @ Expression::Intrinsic(_)) => Some(it.text().to_owned()),
                Evaluated::Expression(_) | Evaluated::Path(_) => None,
            });
            for text in intrinsics.collect::<Vec<_>>() {
                for path in references(&text) {
                    self.path(&path, "");
                }
            }
        }
    }

    // -- JSONata

    fn expression_of_cause(&mut self) {
        let text = Arc::clone(&self.known.cause.text);
        if self.known.error != "States.QueryEvaluationError" || text.len() > MOST_LETTERS {
            return;
        }
        let named = text
            .split_once("The JSONata expression '")
            .and_then(|(_, rest)| rest.split_once("' specified for the field '"));
        let (expression, field) = match named {
            Some((expression, rest)) => {
                (expression.to_owned(), rest.split('\'').next().unwrap_or("").to_owned())
            }
            None => {
                let words = ["Timestamp", "Seconds", "Items"];
                let field = words.into_iter().find(|it| text.contains(it)).unwrap_or("");
                (self.expressions_in(field), field.to_owned())
            }
        };
        for reference in references(&expression) {
            self.jsonata_reference(&reference, &field, &expression);
        }
        if self.list.is_empty() && text.contains("Map state input must be an array") {
            self.whole("input", "the input of the Map");
        }
    }

    /// The expressions of a field, one after the other.
    fn expressions_in(&self, field: &str) -> String {
        let Some(state) = self.known.state else { return String::new() };
        let of_field = state.expressions().into_iter().filter(|(name, _)| *name == field);
        let texts = of_field.map(|(_, it)| match it {
            Evaluated::Expression(it) => it.text().to_owned(),
            Evaluated::Path(it) => it.text().to_owned(),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    fn jsonata_reference(&mut self, reference: &str, field: &str, expression: &str) {
        let data = &self.known.inspection;
        let (root, rest) = match reference.split_once(['.', '[']) {
            Some((root, _)) => (root, &reference[root.len()..]),
            None => (reference, ""),
        };
        let keys = |rest: &str| {
            // As a JSONPath: names and indices are written the same.
            Path::parse(&format!("${rest}")).ok()
        };
        if root == "$states" {
            let part = |name: &str| rest.strip_prefix(&format!(".{name}"));
            let (stage, value, rest) = if let Some(rest) = part("input") {
                let Some(input) = &data.input else { return };
                ("input", input, rest)
            } else if let Some(rest) = part("result") {
                let Some(result) = &data.result else {
                    let note = format!(
                        "$states.result is there only after the state's work, not in {field}."
                    );
                    let walked = Walk { place: JsonPlace::new(), value: None, note };
                    return self.add("input", reference, walked);
                };
                ("result", result, rest)
            } else if let Some(rest) = part("context") {
                let Some(context) = &data.context else { return };
                ("context", context, rest)
            } else {
                return;
            };
            let Some(path) = keys(rest) else { return };
            let shown = reference.strip_suffix(rest).unwrap_or("$states.input");
            let walked = walk(value, shown, path.leading_keys());
            return self.add(stage, reference, walked);
        }
        let name = root.trim_start_matches('$');
        let is_bound = name.is_empty()
            || expression.contains(&format!("{root} :="))
            || expression.contains(&format!("{root}:="))
            || expression.contains(&format!("{root},"))
            || expression.contains(&format!("{root})")) && expression.contains("function");
        if is_bound {
            return;
        }
        match data.variables.get(name) {
            Some(value) => {
                let Some(path) = keys(rest) else { return };
                let walked = walk(&value.clone(), root, path.leading_keys());
                self.add("variables", reference, walked);
            }
            None => {
                let names: Vec<String> = data.variables.keys().map(|it| format!("${it}")).collect();
                let note = if names.is_empty() {
                    format!("{root} is not a variable here: none has been assigned.")
                } else {
                    format!("{root} is not a variable here; there are {}.", names.join(", "))
                };
                self.add(
                    "variables",
                    reference,
                    Walk { place: JsonPlace::new(), value: None, note },
                );
            }
        }
    }

    // -- Choice

    /// What a Choice compared, when no rule matched.
    fn choices(&mut self) {
        let Some(State { kind: StateKind::Choice(choice), .. }) = self.known.state else { return };
        // A path that leads to nothing says enough.
        if self.list.iter().any(|it| it.value.is_none()) {
            return;
        }
        for (index, rule) in choice.choices.iter().enumerate() {
            let mut comparisons = Vec::new();
            compared(&rule.condition, &mut comparisons);
            for comparison in comparisons {
                let operand = match &comparison.operand {
                    Operand::Literal(value) => value.to_string(),
                    Operand::Path(path) => path.text().to_owned(),
                    Operand::Invalid(text) => text.to_string(),
                };
                let note = format!(
                    "Choices[{index}] asks for {} {operand}.",
                    comparison.operator.as_str()
                );
                let label = comparison.variable.text();
                if self.is_listed(label) {
                    self.note_also(label, &note);
                } else {
                    self.path(label, &note);
                }
                if let Operand::Path(path) = &comparison.operand {
                    self.path(path.text(), "");
                }
            }
            if let Condition::Jsonata(expression) = &rule.condition {
                let text = expression.text().to_owned();
                for reference in references(&text) {
                    self.jsonata_reference(&reference, "Condition", &text);
                    self.note_also(&reference, &format!("Choices[{index}] asks for {text}."));
                }
            }
        }
    }

    fn is_listed(&self, label: &str) -> bool {
        self.list.iter().any(|it| it.label == label)
    }

    /// Another rule that asks for the same value.
    fn note_also(&mut self, label: &str, note: &str) {
        let Some(known) = self.list.iter_mut().find(|it| it.label == label) else { return };
        if !known.note.contains(note) && known.note.len() + note.len() < MOST_LETTERS_OF_NOTE {
            if !known.note.is_empty() {
                known.note.push(' ');
            }
            known.note.push_str(note);
        }
    }

    // -- what a service got

    /// What was sent, and as which stage.
    fn parameters(&self) -> Option<(&'static str, &Value)> {
        let data = &self.known.inspection;
        let arguments = data.after_arguments.as_ref().map(|it| ("afterArguments", it));
        let parameters = data.after_parameters.as_ref().map(|it| ("afterParameters", it));
        arguments.or(parameters).or_else(|| self.stage("afterInputPath"))
    }

    /// The parts of what a service got that its answer speaks of.
    fn sent(&mut self) {
        if self.known.visit.state_type != StateType::Task || !self.list.is_empty() {
            return;
        }
        let Some((stage, sent)) = self.parameters() else { return };
        let sent = sent.clone();
        let cause = self.known.cause;
        let said = if cause.message.is_empty() { &cause.text } else { &cause.message };
        if said.is_empty() || said.len() > MOST_LETTERS {
            return;
        }
        let said = Arc::clone(said);
        let quoted: Vec<&str> = quoted(&said);
        for (place, value) in spoken_of(&sent, &said, &quoted) {
            let label = shown(&place);
            self.add(stage, &label, Walk { place, value: Some(value), note: String::new() });
        }
        if self.list.is_empty() {
            self.absent(stage, &sent, &quoted);
        }
        if self.list.is_empty() && names_something_missing(self.known.error) {
            self.names(stage, &sent);
        }
    }

    /// The parameters that name what the service could not find.
    fn names(&mut self, stage: &'static str, sent: &Value) {
        const ENDS: [&str; 6] = ["Name", "Arn", "Url", "Bucket", "Key", "Id"];
        for (name, value) in sent.as_object().into_iter().flat_map(|it| it.iter()) {
            if value.as_str().is_some() && ENDS.iter().any(|it| name.ends_with(it)) {
                let place = vec![PlaceStep::Member(Arc::clone(name))];
                let walked = Walk { place, value: Some(value.clone()), note: String::new() };
                self.add(stage, &format!("$.{name}"), walked);
            }
        }
    }

    /// A name that a service missed and that was not sent.
    fn absent(&mut self, stage: &'static str, sent: &Value, quoted: &[&str]) {
        let is_lambda = matches!(self.known.cause.kind, CauseKind::Lambda { .. });
        let payload = sent.get("Payload").filter(|_| is_lambda);
        let place: JsonPlace =
            payload.iter().map(|_| PlaceStep::Member("Payload".into())).collect();
        let root = payload.unwrap_or(sent);
        let error_type = if let CauseKind::Lambda { error_type, .. } = &self.known.cause.kind {
            error_type.as_deref().unwrap_or_default()
        } else {
            ""
        };
        let misses = error_type == "KeyError"
            || ["Value null at", "reading '", "undefined", "required", "missing", "Missing"]
                .iter()
                .any(|it| self.known.cause.message.contains(it));
        if !misses {
            return;
        }
        for name in quoted.iter().filter(|it| is_name(it)).take(3) {
            let Walk { note, value, .. } =
                walk(root, &shown(&place), [PathKey::Member(name)].into_iter());
            if value.is_none() {
                let label = format!("{}.{name}", shown(&place));
                self.add(stage, &label, Walk { place: place.clone(), value: None, note });
            }
        }
    }

    fn whole(&mut self, stage: &'static str, label: &str) {
        if let Some((stage, value)) = self.stage(stage) {
            let walked =
                Walk { place: JsonPlace::new(), value: Some(value.clone()), note: String::new() };
            self.add(stage, label, walked);
        }
    }

    /// The largest part of a payload that was too large.
    fn size(&mut self) {
        if self.known.error != "States.DataLimitExceeded" {
            return;
        }
        let Some((stage, value)) = self.stage("result").or_else(|| self.stage("input")) else {
            return;
        };
        let parts = value.as_object().map(|members| {
            let size =
                |(name, part): (&Arc<str>, &Value)| (Arc::clone(name), part.to_string().len());
            members.iter().map(size).max_by_key(|it| it.1)
        });
        let (place, label, note) = match parts.flatten() {
            Some((name, bytes)) => (
                vec![PlaceStep::Member(Arc::clone(&name))],
                format!("$.{name}"),
                format!("The largest part, with {bytes} bytes; 262,144 are allowed in all."),
            ),
            None => (JsonPlace::new(), "$".to_owned(), String::new()),
        };
        let value = place.first().map_or_else(
            || value.clone(),
            |step| {
                if let PlaceStep::Member(name) = step {
                    value.get(name).cloned().unwrap_or_default()
                } else {
                    value.clone()
                }
            },
        );
        self.add(stage, &label, Walk { place, value: Some(value), note });
    }
}

/// Whether an error's name says that something does not exist.
pub(super) fn names_something_missing(error: &str) -> bool {
    const NAMES: [&str; 6] = [
        "ResourceNotFound",
        "NoSuchBucket",
        "NoSuchKey",
        "DoesNotExist",
        "NotFoundException",
        "NonExistentQueue",
    ];
    NAMES.iter().any(|it| error.contains(it))
}

/// What the rules of a Choice compared.
pub(super) fn comparisons(known: &Known<'_>) -> Vec<Evidence> {
    let mut found = Found { known, list: Vec::new(), seen: BTreeSet::new() };
    found.choices();
    found.list.truncate(MOST);
    found.list
}

fn compared<'c>(condition: &'c Condition, found: &mut Vec<&'c Comparison>) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().for_each(|part| compared(part, found));
        }
        Condition::Not(part) => compared(part, found),
        Condition::Compare(comparison) => found.push(comparison),
        Condition::Jsonata(_) | Condition::Literal(_) | Condition::Invalid(_) => {}
    }
}
