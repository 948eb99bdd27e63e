//! The data flow of a state, stage by stage: paths, templates, JSONata values. Pure: values in, values out.
//!
//! The engine runs these while it simulates; [`inspect`] runs the same ones over what a recorded execution left.

use std::sync::Arc;

use super::failure::{QUERY_EVALUATION, REFERENCE_PATH_CONFLICT, RUNTIME};
use crate::asl::{Expression, Field, PayloadPath, ResultPath, State, StateKind, Template};
use crate::execution::InspectionData;
use crate::json::{Object, Value};
use crate::query::jsonpath::{PathError, Root, read_conflict};
use crate::query::{Bindings, Random, Variables};

/// Why a stage could not be computed, in AWS's words but without the place, which only the execution knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    /// `States.Runtime`, `States.QueryEvaluationError`, …
    pub error: &'static str,
    pub cause: String,
    /// The field, for JSONata: `Output/result`.
    pub location: Option<String>,
    /// Whether AWS hangs the `EvaluationFailed` event on the state's entered event: so for values that were computed and then
    /// refused, while an expression that fails hangs on what came before the state.
    pub after_entered: bool,
}

impl DataError {
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self { error: RUNTIME, cause: cause.into(), location: None, after_entered: false }
    }

    pub(crate) fn conflict(error: PathError) -> Self {
        Self {
            error: REFERENCE_PATH_CONFLICT,
            cause: error.message,
            location: None,
            after_entered: false,
        }
    }

    pub(crate) fn evaluation(cause: impl Into<String>, location: Option<&str>) -> Self {
        Self {
            error: QUERY_EVALUATION,
            cause: cause.into(),
            location: location.map(Into::into),
            after_entered: false,
        }
    }
}

pub type DataResult<T = Value> = Result<T, DataError>;

/// The value of a `…Path` field or an intrinsic.
///
/// # Errors
/// `Invalid path '$.x' : …` in the words of AWS.
pub fn evaluate_path(
    expression: &Expression,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> DataResult {
    match expression {
        Expression::Path(path) => path.select(bindings).map_err(|err| {
            DataError::runtime(format!("Invalid path '{}' : {}", path.text(), err.message))
        }),
        Expression::Intrinsic(intrinsic) => intrinsic.evaluate(bindings, random).map_err(|err| {
            DataError { error: err.error, cause: err.cause, location: None, after_entered: false }
        }),
        Expression::Jsonata(jsonata) => Err(DataError::runtime(format!(
            "The JSONata expression '{}' cannot be evaluated in a state that uses JSONPath.",
            jsonata.text()
        ))),
        Expression::Invalid { text, message } => {
            Err(DataError::runtime(format!("Invalid path '{text}' : {message}")))
        }
    }
}

/// The value of `ItemsPath`, which AWS reads as a reference path where it is one.
///
/// # Errors
/// `States.ReferencePathConflict` names the step that leads nowhere.
pub(crate) fn evaluate_items_path(
    expression: &Expression,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> DataResult {
    evaluate_path(expression, bindings, random).map_err(|err| match expression {
        Expression::Path(path) if *path.root() == Root::Input => {
            read_conflict(path, bindings.input).map_or(err, DataError::conflict)
        }
        Expression::Path(_)
        | Expression::Intrinsic(_)
        | Expression::Jsonata(_)
        | Expression::Invalid { .. } => err,
    })
}

/// `InputPath` or `OutputPath` over a payload, which the bindings hold as `$`.
///
/// # Errors
/// The path selects nothing.
pub fn apply_payload_path(
    path: Option<&PayloadPath>,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> DataResult {
    match path {
        None => Ok(bindings.input.clone()),
        Some(PayloadPath::Discard) => Ok(Value::empty_object()),
        Some(PayloadPath::Path(expression)) => evaluate_path(expression, bindings, random),
    }
}

/// A payload template: `Parameters`, `ResultSelector`, `ItemSelector`, JSONPath's `Assign`.
///
/// # Errors
/// A path selects nothing, or an intrinsic function fails.
pub fn evaluate_template(
    template: &Template,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> DataResult {
    match template {
        Template::Literal(value) => Ok(value.clone()),
        Template::Array(items) => {
            let items: DataResult<Vec<Value>> =
                items.iter().map(|it| evaluate_template(it, bindings, random)).collect();
            items.map(Value::from)
        }
        Template::Object(members) => {
            let mut object = Object::with_capacity(members.len());
            for member in members {
                let value = match &member.value {
                    Template::Expression(expression) => {
                        evaluate_member(expression, Some(&member.name), bindings, random)?
                    }
                    value @ (Template::Literal(_) | Template::Array(_) | Template::Object(_)) => {
                        evaluate_template(value, bindings, random)?
                    }
                };
                object.insert(Arc::clone(&member.name), value);
            }
            Ok(Value::from(object))
        }
        Template::Expression(expression) => evaluate_member(expression, None, bindings, random),
    }
}

/// In a template AWS names the field and shows the input, where it elsewhere names only the path.
fn evaluate_member(
    expression: &Expression,
    name: Option<&str>,
    bindings: &Bindings<'_>,
    random: &mut dyn Random,
) -> DataResult {
    if let Expression::Path(path) = expression {
        let field = || name.map_or_else(String::new, |name| format!("{name}.$"));
        return path
            .select(bindings)
            .map_err(|_message_is_replaced| not_found(path.text(), &field(), bindings.input));
    }
    evaluate_path(expression, bindings, random)
}

/// AWS's words for a path of a template, `ErrorPath` or `CausePath` that selects nothing.
pub(crate) fn not_found(path: &str, field: &str, input: &Value) -> DataError {
    DataError::runtime(format!(
        "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'"
    ))
}

/// What a JSONata expression sees.
#[derive(Clone, Copy, Debug)]
pub struct JsonataScope<'a> {
    /// `$states`
    pub states: &'a Value,
    pub variables: &'a Variables,
}

/// `$states`. Members that a state does not have yet are absent, so that reading them gives nothing.
pub fn states_object(
    input: &Value,
    context: &Value,
    result: Option<&Value>,
    error_output: Option<&Value>,
) -> Value {
    let mut members = Object::with_capacity(4);
    members.insert("input".into(), input.clone());
    if let Some(result) = result {
        members.insert("result".into(), result.clone());
    }
    if let Some(error_output) = error_output {
        members.insert("errorOutput".into(), error_output.clone());
    }
    members.insert("context".into(), context.clone());
    Value::from(members)
}

/// A JSONata value: `Arguments`, `Output`, `Assign`, …; `field` is its place in the state, for the cause.
///
/// # Errors
/// An expression fails, or gives nothing.
pub fn evaluate_jsonata(
    template: &Template,
    field: &str,
    scope: JsonataScope<'_>,
    random: &mut dyn Random,
) -> DataResult {
    match template {
        Template::Literal(value) => Ok(value.clone()),
        Template::Array(items) => {
            let items: DataResult<Vec<Value>> = items
                .iter()
                .enumerate()
                .map(|(at, it)| evaluate_jsonata(it, &format!("{field}[{at}]"), scope, random))
                .collect();
            items.map(Value::from)
        }
        Template::Object(members) => {
            let mut object = Object::with_capacity(members.len());
            for member in members {
                let value = match &member.value {
                    Template::Literal(value) => value.clone(),
                    value
                    @ (Template::Array(_) | Template::Object(_) | Template::Expression(_)) => {
                        evaluate_jsonata(value, &format!("{field}/{}", member.name), scope, random)?
                    }
                };
                object.insert(Arc::clone(&member.name), value);
            }
            Ok(Value::from(object))
        }
        Template::Expression(expression) => {
            evaluate_jsonata_expression(expression, field, scope, random)
        }
    }
}

/// One JSONata expression.
///
/// # Errors
/// It fails, or gives nothing.
pub fn evaluate_jsonata_expression(
    expression: &Expression,
    field: &str,
    scope: JsonataScope<'_>,
    random: &mut dyn Random,
) -> DataResult {
    let text = expression.text();
    let complaint = |what: &str| {
        let cause =
            format!("The JSONata expression '{text}' specified for the field '{field}' {what}");
        DataError::evaluation(cause, Some(field))
    };
    match expression {
        Expression::Jsonata(jsonata) => {
            match jsonata.evaluate(scope.states, scope.variables, random) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => Err(complaint("returned nothing (undefined).")),
                Err(err) => Err(DataError::evaluation(err.sentence(text, field), Some(field))),
            }
        }
        Expression::Path(_) | Expression::Intrinsic(_) => {
            Err(complaint("is a JSONPath expression, in a state that uses JSONata."))
        }
        Expression::Invalid { message, .. } => {
            Err(complaint(&format!("could not be parsed. {message}")))
        }
    }
}

/// Whether a JSONata result is of the type that a field takes.
///
/// # Errors
/// AWS's words for the wrong type.
pub fn expect_type(value: Value, expected: &str, expression: &str, field: &str) -> DataResult {
    let fits = match expected {
        "integer" => value.as_i64().is_some() || value.as_f64().is_some_and(|it| it.fract() == 0.0),
        other => value.type_name() == other,
    };
    if fits {
        return Ok(value);
    }
    let cause = format!(
        "The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result type. \
         Expected '{expected}', but was '{}' for value: {value}",
        value.type_name()
    );
    Err(DataError::evaluation(cause, Some(field)))
}

/// `ResultPath`: the result's place in the state's input.
///
/// # Errors
/// `States.ReferencePathConflict`: there is something else than an object on the way. The documentation calls it
/// `States.ResultPathMatchFailure`; this is what executions on AWS report.
pub fn apply_result_path(path: Option<&ResultPath>, input: &Value, result: Value) -> DataResult {
    match path {
        None => Ok(result),
        Some(ResultPath::Discard) => Ok(input.clone()),
        Some(ResultPath::At(reference)) => {
            reference.insert(input, result).map_err(DataError::conflict)
        }
        Some(ResultPath::Invalid(text)) => {
            Err(DataError::runtime(format!("Invalid path '{text}' : it is not a reference path")))
        }
    }
}

/// A whole number, as counts and seconds are given: a JSON integer, a double without a fraction, or a text of digits.
pub(crate) fn as_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(_) => value.as_i64().or_else(|| {
            value.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < 9e15).map(|it| it as i64)
        }),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a recorded visit to a state left behind.
#[derive(Clone, Copy, Debug)]
pub struct RecordedVisit<'a> {
    pub input: &'a Value,
    /// What the task, the branches or the iterations gave, when they succeeded.
    pub result: Option<&'a Value>,
    pub context: &'a Value,
    pub variables: &'a Variables,
}

impl<'a> RecordedVisit<'a> {
    fn bind<'b>(&self, input: &'b Value) -> Bindings<'b>
    where
        'a: 'b,
    {
        Bindings { input, context: self.context, variables: self.variables }
    }
}

/// The stages of a visit that AWS recorded only from the outside. A stage that fails ends the list, with the error.
pub fn inspect(state: &State, visit: RecordedVisit<'_>, random: &mut dyn Random) -> InspectionData {
    let mut data = InspectionData {
        input: Some(visit.input.clone()),
        variables: visit.variables.clone(),
        context: Some(visit.context.clone()),
        ..InspectionData::default()
    };
    let outcome = if super::program::is_jsonata(state) {
        inspect_jsonata(state, visit, random, &mut data)
    } else {
        inspect_jsonpath(state, visit, random, &mut data)
    };
    if let Err(err) = outcome {
        data.error = Some(crate::execution::inspection::ErrorDetails {
            error: err.error.to_owned(),
            cause: err.cause,
            ..Default::default()
        });
    }
    data
}

fn inspect_jsonpath(
    state: &State,
    visit: RecordedVisit<'_>,
    random: &mut dyn Random,
    data: &mut InspectionData,
) -> DataResult<()> {
    let effective =
        apply_payload_path(state.input_path.as_ref(), &visit.bind(visit.input), random)?;
    data.after_input_path = Some(effective.clone());
    let fields = ResultFields::of(state);
    let parameters = match fields.parameters {
        Some(template) => {
            let value = evaluate_template(template, &visit.bind(&effective), random)?;
            data.after_parameters = Some(value.clone());
            value
        }
        None => effective,
    };
    let result = match (&state.kind, visit.result) {
        (StateKind::Pass(pass), _) => pass.result.clone().unwrap_or(parameters),
        (_, Some(result)) => result.clone(),
        (StateKind::Choice(_) | StateKind::Wait(_) | StateKind::Succeed, None) => parameters,
        (
            StateKind::Task(_)
            | StateKind::Parallel(_)
            | StateKind::Map(_)
            | StateKind::Fail(_)
            | StateKind::Unknown(_),
            None,
        ) => return Ok(()),
    };
    let flows_result = fields.has_result;
    if flows_result {
        data.result = Some(result.clone());
    }
    let selected = match fields.result_selector {
        Some(template) => {
            let value = evaluate_template(template, &visit.bind(&result), random)?;
            data.after_result_selector = Some(value.clone());
            value
        }
        None => result,
    };
    if let Some(template) = &state.assign {
        data.assigned = members(&evaluate_template(template, &visit.bind(&selected), random)?);
    }
    let placed = apply_result_path(fields.result_path, visit.input, selected)?;
    if flows_result {
        data.after_result_path = Some(placed.clone());
    }
    data.output =
        Some(apply_payload_path(state.output_path.as_ref(), &visit.bind(&placed), random)?);
    Ok(())
}

fn inspect_jsonata(
    state: &State,
    visit: RecordedVisit<'_>,
    random: &mut dyn Random,
    data: &mut InspectionData,
) -> DataResult<()> {
    let before = states_object(visit.input, visit.context, None, None);
    let scope = JsonataScope { states: &before, variables: visit.variables };
    let arguments = match &state.kind {
        StateKind::Task(task) => task.arguments.as_ref(),
        StateKind::Parallel(parallel) => parallel.arguments.as_ref(),
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Map(_)
        | StateKind::Unknown(_) => None,
    };
    if let Some(template) = arguments {
        data.after_arguments = Some(evaluate_jsonata(template, "Arguments", scope, random)?);
    }
    data.result = visit.result.cloned();
    let after = states_object(visit.input, visit.context, visit.result, None);
    let scope = JsonataScope { states: &after, variables: visit.variables };
    if let Some(template) = &state.assign {
        data.assigned = members(&evaluate_jsonata(template, "Assign", scope, random)?);
    }
    data.output = Some(match &state.output {
        Some(template) => evaluate_jsonata(template, "Output", scope, random)?,
        None => visit.result.unwrap_or(visit.input).clone(),
    });
    Ok(())
}

/// The members of what `Assign` gave.
pub(crate) fn members(value: &Value) -> Variables {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (Arc::clone(name), value.clone()))
        .collect()
}

/// The JSONPath fields around a result, which only some types have.
pub(crate) struct ResultFields<'a> {
    pub(crate) parameters: Option<&'a Template>,
    pub(crate) result_selector: Option<&'a Template>,
    pub(crate) result_path: Option<&'a ResultPath>,
    has_result: bool,
}

impl<'a> ResultFields<'a> {
    pub(crate) fn of(state: &'a State) -> Self {
        let (parameters, result_selector, result_path, has_result) = match &state.kind {
            StateKind::Task(task) => (
                task.parameters.as_ref(),
                task.result_selector.as_ref(),
                task.result_path.as_ref(),
                true,
            ),
            StateKind::Pass(pass) => {
                (pass.parameters.as_ref(), None, pass.result_path.as_ref(), true)
            }
            StateKind::Parallel(parallel) => (
                parallel.parameters.as_ref(),
                parallel.result_selector.as_ref(),
                parallel.result_path.as_ref(),
                true,
            ),
            StateKind::Map(map) => {
                (None, map.result_selector.as_ref(), map.result_path.as_ref(), true)
            }
            StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => (None, None, None, false),
        };
        Self { parameters, result_selector, result_path, has_result }
    }
}

/// A number field that is literal, or computed from the state's input.
///
/// # Errors
/// The path selects nothing, the expression fails, or the value is no whole number of at least 0.
pub(crate) fn evaluate_seconds(
    field: &Field<u64>,
    name: &str,
    effective: &Bindings<'_>,
    jsonata: Option<JsonataScope<'_>>,
    random: &mut dyn Random,
) -> DataResult<u64> {
    let expression = match field {
        Field::Literal(seconds) => return Ok(*seconds),
        Field::Computed(expression) => expression,
    };
    let text = expression.text();
    let value = match jsonata {
        Some(scope) => {
            let value = evaluate_jsonata_expression(expression, name, scope, random)?;
            expect_type(value, "number", text, name)?
        }
        None => evaluate_path(expression, effective, random)?,
    };
    as_integer(&value).and_then(|it| u64::try_from(it).ok()).ok_or_else(|| match jsonata {
        Some(_) => DataError::evaluation(
            format!("The JSONata expression '{text}' specified for the field '{name}' must be a positive integer."),
            Some(name),
        ),
        None => DataError::runtime(format!(
            "The {name}Path field refers to value \"{}\" which is not a valid integer: {text}",
            plain(&value)
        )),
    })
}

/// A value as AWS shows it inside a message: a text without its quotes, anything else as JSON.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
