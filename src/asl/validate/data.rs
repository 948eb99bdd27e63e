//! Paths that nothing produces: the shape of the data is followed from state to state, and what reads a place that no way of
//! getting there can have filled is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::scopes_of;
use super::shape::Shape;
use crate::asl::expressions::Evaluated;
use crate::asl::service;
use crate::asl::task::ResourceKind;
use crate::asl::{
    Condition, Diagnostic, Expression, IntegrationPattern, Operand, PayloadPath, ProcessorMode,
    QueryLanguage, ResultPath, Scope, State, StateKind, StateMachine, StateName, Template,
    Transition, choice::Operator, rule,
};
use crate::json::Value;
use crate::query::intrinsic::Intrinsic;
use crate::query::jsonpath::{Path, PathKey, Root};
use crate::query::{Bindings, Random, Variables};

/// A state is looked at again when more can reach it; after this many times nothing is claimed of what reaches it.
const MAX_VISITS: usize = 6;

/// The members of the context object.
const CONTEXT: &[&str] = &["Execution", "Map", "State", "StateMachine", "Task"];

pub(super) fn paths_never_produced(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    scope(&machine.top, "", &Shape::Any, &mut found);
    found
}

fn scope(scope_: &Scope, path: &str, entry: &Shape, found: &mut Vec<Diagnostic>) {
    let inputs = inputs(scope_, entry);
    for state in scope_.states.values() {
        let location = format!("{path}/States/{}", state.name);
        // What nothing leads to is told elsewhere, and may be read with any data.
        let input = inputs.get(&state.name).cloned().unwrap_or(Shape::Any);
        let stages = Stages::of(state, &input);
        reads(state, &stages, &location, found);
        for (part, inner) in scopes_of(state) {
            scope(inner, &format!("{location}/{part}"), &stages.of_inner_scope(state), found);
        }
    }
}

/// What can reach each state of a scope.
fn inputs<'m>(scope: &'m Scope, entry: &Shape) -> BTreeMap<&'m StateName, Shape> {
    let mut inputs: BTreeMap<&StateName, Shape> = BTreeMap::new();
    let Some(start) = scope.start_at.as_ref().and_then(|name| scope.states.get(name)) else {
        return inputs;
    };
    let mut visits: BTreeMap<&StateName, usize> = BTreeMap::new();
    inputs.insert(&start.name, entry.clone());
    let mut waiting = VecDeque::from([start]);
    while let Some(state) = waiting.pop_front() {
        let Some(input) = inputs.get(&state.name).cloned() else { continue };
        for (target, output) in outputs(state, &input) {
            let Some(target) = scope.states.get(target) else { continue };
            match inputs.get_mut(&target.name) {
                None => {
                    inputs.insert(&target.name, output);
                }
                Some(known) => {
                    let before = known.clone();
                    known.join(&output);
                    if *known == before {
                        continue;
                    }
                }
            }
            let count = visits.entry(&target.name).or_default();
            *count += 1;
            if *count > MAX_VISITS {
                inputs.insert(&target.name, Shape::Any);
            }
            waiting.push_back(target);
        }
    }
    inputs
}

/// Where a state leads, and what it passes on there.
fn outputs<'m>(state: &'m State, input: &Shape) -> Vec<(&'m StateName, Shape)> {
    let stages = Stages::of(state, input);
    let mut outputs = Vec::new();
    if let Transition::Next(target) = &state.transition {
        outputs.push((target, stages.output.clone()));
    }
    if let StateKind::Choice(choice) = &state.kind {
        for rule in &choice.choices {
            let output = match &rule.output {
                Some(template) => stages.jsonata(template),
                None => stages.output.clone(),
            };
            outputs.push((&rule.next, output));
        }
        outputs.extend(choice.default.iter().map(|target| (target, stages.output.clone())));
    }
    for catcher in &state.catch {
        let error = Shape::with_members(&["Cause", "Error"]);
        let output = match (&catcher.output, state.query_language) {
            (Some(_), _) => Shape::Any,
            (None, QueryLanguage::Jsonata) => error,
            (None, QueryLanguage::JsonPath) => placed(input, catcher.result_path.as_ref(), error),
        };
        outputs.push((&catcher.next, output));
    }
    outputs
}

/// `ResultPath`: a result put into the state's input.
fn placed(input: &Shape, result_path: Option<&ResultPath>, result: Shape) -> Shape {
    match result_path {
        None => result,
        Some(ResultPath::Discard) => input.clone(),
        Some(ResultPath::At(path)) => {
            let mut whole = input.clone();
            whole.insert(path.path(), result);
            whole
        }
        Some(ResultPath::Invalid(_)) => Shape::Any,
    }
}

fn through(path: Option<&PayloadPath>, shape: &Shape) -> Shape {
    match path {
        None => shape.clone(),
        Some(PayloadPath::Discard) => Shape::empty(),
        Some(PayloadPath::Path(expression)) => selected(expression, shape),
    }
}

fn selected(expression: &Expression, shape: &Shape) -> Shape {
    match expression {
        Expression::Path(path) => shape.select(path),
        Expression::Intrinsic(_) | Expression::Jsonata(_) | Expression::Invalid { .. } => {
            Shape::Any
        }
    }
}

fn filled(template: Option<&Template>, shape: &Shape) -> Shape {
    template.map_or_else(
        || shape.clone(),
        |template| Shape::of_template(template, &|expression| selected(expression, shape), 0),
    )
}

/// What is known at each stage of a state.
struct Stages {
    input: Shape,
    after_input_path: Shape,
    effective: Shape,
    /// Of the Task, Map, Parallel or Pass, before `ResultSelector`.
    result: Shape,
    after_result_path: Shape,
    output: Shape,
}

impl Stages {
    fn of(state: &State, input: &Shape) -> Self {
        let after_input_path = through(state.input_path.as_ref(), input);
        let parts = Parts::of(state);
        let effective = filled(parts.parameters, &after_input_path);
        let result = match &state.kind {
            StateKind::Pass(pass) => {
                pass.result.as_ref().map_or_else(|| effective.clone(), Shape::of)
            }
            StateKind::Task(task) => match &task.resource.kind {
                ResourceKind::Optimised {
                    service,
                    action,
                    pattern: IntegrationPattern::RequestResponse,
                } => {
                    service::result_members(service, action).map_or(Shape::Any, Shape::with_members)
                }
                ResourceKind::Optimised { .. }
                | ResourceKind::AwsSdk { .. }
                | ResourceKind::LambdaFunction { .. }
                | ResourceKind::Activity { .. }
                | ResourceKind::Other => Shape::Any,
            },
            StateKind::Parallel(_) => Shape::Array,
            StateKind::Map(map) if map.result_writer.is_none() => Shape::Array,
            StateKind::Map(_) | StateKind::Unknown(_) => Shape::Any,
            StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed | StateKind::Fail(_) => {
                effective.clone()
            }
        };
        let mut stages = Self {
            input: input.clone(),
            after_result_path: Shape::Any,
            output: Shape::Any,
            after_input_path,
            effective,
            result,
        };
        match state.query_language {
            QueryLanguage::JsonPath => {
                let chosen = filled(parts.result_selector, &stages.result);
                stages.after_result_path = if parts.has_result {
                    placed(input, parts.result_path, chosen)
                } else {
                    chosen
                };
                stages.output = through(state.output_path.as_ref(), &stages.after_result_path);
            }
            QueryLanguage::Jsonata => {
                stages.output = match &state.output {
                    Some(template) => stages.jsonata(template),
                    None => stages.result.clone(),
                };
            }
        }
        stages
    }

    /// A template of JSONata.
    fn jsonata(&self, template: &Template) -> Shape {
        let select = |expression: &Expression| {
            let Expression::Jsonata(jsonata) = expression else { return Shape::Any };
            let Some((member, keys)) = plain_states_path(jsonata.text()) else { return Shape::Any };
            let source = match member {
                "input" => &self.input,
                "result" => &self.result,
                _ => return Shape::Any,
            };
            source.follow(keys.into_iter().map(PathKey::Member)).unwrap_or(Shape::Any)
        };
        Shape::of_template(template, &select, 0)
    }

    /// What the states inside of a Parallel or Map begin with.
    fn of_inner_scope(&self, state: &State) -> Shape {
        match &state.kind {
            StateKind::Parallel(parallel) => match &parallel.arguments {
                Some(template) => self.jsonata(template),
                None => self.effective.clone(),
            },
            StateKind::Map(map) => match (&map.item_selector, state.query_language) {
                (Some(template), QueryLanguage::JsonPath)
                    if map.item_batcher.is_none()
                        && map.processor.mode == ProcessorMode::Inline =>
                {
                    filled(Some(template), &self.after_input_path)
                }
                (Some(_) | None, _) => Shape::Any,
            },
            StateKind::Task(_)
            | StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => Shape::Any,
        }
    }
}

/// The parts of a state that its type decides.
struct Parts<'m> {
    parameters: Option<&'m Template>,
    result_selector: Option<&'m Template>,
    result_path: Option<&'m ResultPath>,
    /// Whether the state has a result of its own, for `ResultPath` to place.
    has_result: bool,
}

impl<'m> Parts<'m> {
    fn of(state: &'m State) -> Self {
        let parts = |parameters: &'m Option<Template>,
                     result_selector: Option<&'m Template>,
                     result_path: &'m Option<ResultPath>| Self {
            parameters: parameters.as_ref(),
            result_selector,
            result_path: result_path.as_ref(),
            has_result: true,
        };
        match &state.kind {
            StateKind::Task(it) => {
                parts(&it.parameters, it.result_selector.as_ref(), &it.result_path)
            }
            StateKind::Pass(it) => parts(&it.parameters, None, &it.result_path),
            StateKind::Parallel(it) => {
                parts(&it.parameters, it.result_selector.as_ref(), &it.result_path)
            }
            StateKind::Map(it) => parts(&None, it.result_selector.as_ref(), &it.result_path),
            StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => Self {
                parameters: None,
                result_selector: None,
                result_path: None,
                has_result: false,
            },
        }
    }
}

/// `$states.input.a.b` as `input` and its names; `None` for any other expression.
fn plain_states_path(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut names = text.strip_prefix("$states.")?.split('.');
    let member = names.next()?;
    let names: Vec<&str> = names.collect();
    let plain = |name: &&str| {
        name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    };
    (plain(&member) && names.iter().all(plain)).then_some((member, names))
}

/// Tells of what a state reads and cannot find.
fn reads(state: &State, stages: &Stages, location: &str, found: &mut Vec<Diagnostic>) {
    let tested = tested_for_presence(state);
    let mut told = BTreeSet::new();
    for (field, evaluated) in state.expressions() {
        let mut tell = |found: &mut Vec<Diagnostic>, path: &str, shape: &Shape| {
            if told.insert((field, path.to_owned())) {
                found.push(never_produced(state, location, field, path, shape));
            }
        };
        match evaluated {
            Evaluated::Expression(Expression::Jsonata(jsonata)) => {
                let Some((member, keys)) = plain_states_path(jsonata.text()) else { continue };
                let source = match member {
                    "input" => &stages.input,
                    "result" if matches!(field, "Output" | "Assign") => &stages.result,
                    _ => continue,
                };
                if source.follow(keys.into_iter().map(PathKey::Member)).is_none() {
                    tell(found, jsonata.text(), source);
                }
            }
            Evaluated::Expression(Expression::Invalid { .. }) => {}
            Evaluated::Expression(Expression::Path(path)) | Evaluated::Path(path) => {
                if let Some(first) = path.leading_keys().next()
                    && *path.root() == Root::Context
                    && !CONTEXT.iter().any(|name| first == PathKey::Member(name))
                {
                    found.push(unknown_context(state, location, field, path));
                }
                if !starts_like(path, &tested)
                    && let Some(shape) = source(stages, field).filter(|it| it.lacks(path))
                {
                    tell(found, path.text(), shape);
                }
            }
            Evaluated::Expression(Expression::Intrinsic(intrinsic)) => {
                if let Some(why) = always_fails(intrinsic) {
                    found.push(Diagnostic::of(
                        &rule::INTRINSIC_ALWAYS_FAILS,
                        (format!("{location}/{field}"), state.span_of(field)),
                        why,
                        "Correct the arguments",
                    ));
                }
                for path in intrinsic.paths() {
                    if let Some(shape) = source(stages, field).filter(|it| it.lacks(path)) {
                        tell(found, path.text(), shape);
                    }
                }
            }
        }
    }
}

/// Why a call fails whatever the data are; `None` when it need not.
fn always_fails(intrinsic: &Intrinsic) -> Option<String> {
    struct Zero;
    impl Random for Zero {
        fn next_u64(&mut self) -> u64 {
            0
        }
    }
    if !intrinsic.paths().is_empty() {
        return None;
    }
    let (nothing, variables) = (Value::Null, Variables::new());
    let bindings = Bindings { input: &nothing, context: &nothing, variables: &variables };
    intrinsic.evaluate(&bindings, &mut Zero).err().map(|error| error.cause)
}

/// The data that the paths of a field of a JSONPath state select from; `None` for fields whose data depend on more.
fn source<'s>(stages: &'s Stages, field: &str) -> Option<&'s Shape> {
    match field {
        "InputPath" => Some(&stages.input),
        "Parameters" | "ItemSelector" | "ItemsPath" | "Choices" | "Seconds" | "Timestamp"
        | "Error" | "Cause" => Some(&stages.after_input_path),
        "ResultSelector" => Some(&stages.result),
        "OutputPath" => Some(&stages.after_result_path),
        _ => None,
    }
}

/// The first names of what a Choice tests with `IsPresent`: reading those may find nothing, and is meant to.
fn tested_for_presence(state: &State) -> Vec<&Path> {
    fn collect<'m>(condition: &'m Condition, found: &mut Vec<&'m Path>) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| collect(part, found));
            }
            Condition::Not(part) => collect(part, found),
            Condition::Compare(comparison) => {
                if let (Operator::IsPresent, Expression::Path(path), Operand::Literal(_)) =
                    (comparison.operator, &comparison.variable, &comparison.operand)
                {
                    found.push(path);
                }
            }
            Condition::Jsonata(_) | Condition::Literal(_) | Condition::Invalid(_) => {}
        }
    }
    let mut found = Vec::new();
    if let StateKind::Choice(choice) = &state.kind {
        choice.choices.iter().for_each(|rule| collect(&rule.condition, &mut found));
    }
    found
}

fn starts_like(path: &Path, tested: &[&Path]) -> bool {
    tested.iter().any(|it| {
        it.root() == path.root() && it.leading_keys().next() == path.leading_keys().next()
    })
}

fn never_produced(
    state: &State,
    location: &str,
    field: &'static str,
    path: &str,
    shape: &Shape,
) -> Diagnostic {
    let remedy = match shape.names().as_deref() {
        Some([]) => "The data here are an empty object".to_owned(),
        Some(names) if names.len() <= 8 => format!("The data here have: {}", names.join(", ")),
        Some(_) | None => {
            "Check its spelling, and what the states before this one pass on".to_owned()
        }
    };
    Diagnostic::of(
        &rule::PATH_NEVER_PRODUCED,
        (format!("{location}/{field}"), state.span_of(field)),
        format!("Nothing produces '{path}': no way to '{}' puts it there", state.name),
        remedy,
    )
}

fn unknown_context(state: &State, location: &str, field: &str, path: &Path) -> Diagnostic {
    Diagnostic::of(
        &rule::UNKNOWN_CONTEXT_FIELD,
        (format!("{location}/{field}"), state.span_of(field)),
        format!("The context object has nothing at '{}'", path.text()),
        format!("It has: {}", CONTEXT.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use crate::asl::validate::tests::of_rule;

    fn told(text: &str) -> Vec<String> {
        of_rule("path-never-produced", text)
    }

    #[test]
    fn a_path_that_no_way_produces_is_told() {
        for (text, place) in [
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":1},"Next":"B"},"B":{"Type":"Pass","InputPath":"$.zzz","End":true}}}"#,
                "/States/B/InputPath",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"Next":"B"},
                   "B":{"Type":"Choice","Choices":[{"Variable":"$.ok","BooleanEquals":true,"Next":"C"}],"Default":"C"},"C":{"Type":"Succeed"}}}"#,
                "/States/B/Choices",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:f","End":true,
                   "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}]},"B":{"Type":"Pass","Parameters":{"id.$":"$.order.id"},"End":true}}}"#,
                "/States/B/Parameters",
            ),
            (
                r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":{"a":1},"Next":"B"},"B":{"Type":"Pass","Output":"{% $states.input.b %}","End":true}}}"#,
                "/States/B/Output",
            ),
            (
                r#"{"StartAt":"A","States":{"A":{"Type":"Map","ItemSelector":{"x":1},"End":true,"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Pass","OutputPath":"$.y","End":true}}}}}}"#,
                "/States/A/ItemProcessor/States/B/OutputPath",
            ),
        ] {
            assert_eq!(told(text), [place], "{text}");
        }
    }

    #[test]
    fn what_may_be_there_is_not_told() {
        for text in [
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$.zzz","End":true}}}"#,
            // One of two ways produces it.
            r#"{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.x","IsNull":true,"Next":"A"}],"Default":"D"},
               "A":{"Type":"Pass","Result":{"a":1},"Next":"B"},"D":{"Type":"Pass","Result":{"b":1},"Next":"B"},"B":{"Type":"Pass","InputPath":"$.b","End":true}}}"#,
            // Asked for before it is read.
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{},"Next":"B"},"B":{"Type":"Choice","Default":"C","Choices":[
               {"And":[{"Variable":"$.x","IsPresent":true},{"Variable":"$.x","StringEquals":"y"}],"Next":"C"}]},"C":{"Type":"Succeed"}}}"#,
            // A loop that builds an object level by level.
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"last.$":"$"},"Next":"B"},"B":{"Type":"Choice","Default":"A","Choices":[
               {"Variable":"$.last.last.last.x","IsNull":true,"Next":"C"}]},"C":{"Type":"Succeed"}}}"#,
            // Put beside the input.
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"ResultPath":"$.r","Next":"B"},"B":{"Type":"Pass","InputPath":"$.order","End":true}}}"#,
            r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":"${all}","Next":"B"},"B":{"Type":"Pass","InputPath":"$.order","End":true}}}"#,
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_call_that_cannot_succeed_is_told() {
        let told = |call: &str| {
            let text = format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Parameters":{{"x.$":"{call}"}},"End":true}}}}}}"#
            );
            of_rule("intrinsic-always-fails", &text).len()
        };
        assert_eq!(told("States.MathAdd(1,'-1')"), 1);
        assert_eq!(told("States.ArrayRange(1, 9, 0)"), 1);
        assert_eq!(told("States.MathAdd(1,-1)"), 0);
        assert_eq!(told("States.MathAdd($.a,'-1')"), 0);
        assert_eq!(told("States.UUID()"), 0);
    }

    #[test]
    fn the_context_object_has_five_members() {
        let machine = |path: &str| {
            format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Parameters":{{"x.$":"{path}"}},"End":true}}}}}}"#
            )
        };
        assert_eq!(of_rule("unknown-context-field", &machine("$$.Excution.Id")).len(), 1);
        assert_eq!(of_rule("unknown-context-field", &machine("$$.Execution.Id")).len(), 0);
        assert_eq!(of_rule("unknown-context-field", &machine("$$")).len(), 0);
    }
}
