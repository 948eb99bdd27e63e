//! Choice: the first rule that holds says where to go.

use crate::asl::{Choice, ChoiceRule, Condition};
use crate::engine::dataflow::{DataError, DataResult, JsonataScope, members};
use crate::engine::evaluation::typed_jsonata;
use crate::engine::machine::{Here, Machine, StepResult, Turn};
use crate::engine::program::is_jsonata;
use crate::engine::state::compare::compare;
use crate::engine::thread::Thread;
use crate::engine::transition::Destination;
use crate::json::Value;
use crate::query::{Bindings, Random};

impl Machine {
    pub(crate) fn run_choice(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        choice: &Choice,
    ) -> StepResult {
        let matched = if is_jsonata(here.state) {
            self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                first_match(&choice.choices, |at, condition| {
                    jsonata_holds(condition, at, scope, random)
                })
            })?
        } else {
            let input = thread.visit.effective.clone();
            self.evaluate(thread, here, &input, |bindings, _random| {
                first_match(&choice.choices, |_at, condition| holds(condition, bindings))
            })?
        };
        self.inspect(turn, thread, |data| data.choice_index = matched);
        let rule = matched.and_then(|at| choice.choices.get(at));
        let target = match matched {
            Some(at) => here.meta.choices.get(at).copied().flatten(),
            None => here.meta.default,
        };
        // `Assign` and `Output` beside `Choices` belong to Default.
        let assign = rule.map_or(here.state.assign.as_ref(), |it| it.assign.as_ref());
        let (output, assigned) = if is_jsonata(here.state) {
            let output = rule.map_or(here.state.output.as_ref(), |it| it.output.as_ref());
            let assigned = match assign {
                None => Default::default(),
                Some(template) => {
                    members(&self.jsonata(thread, here, template, "Assign", None, None)?)
                }
            };
            let output = match output {
                None => thread.visit.input.clone(),
                Some(template) => self.jsonata(thread, here, template, "Output", None, None)?,
            };
            (output, assigned)
        } else {
            let effective = thread.visit.effective.clone();
            let assigned = self.assign(thread, here, assign, &effective)?;
            (self.output_path(thread, here, effective)?, assigned)
        };
        self.leave(turn, thread, here, output, assigned, Destination::State(target))
    }
}

fn first_match(
    rules: &[ChoiceRule],
    mut holds: impl FnMut(usize, &Condition) -> DataResult<bool>,
) -> DataResult<Option<usize>> {
    for (at, rule) in rules.iter().enumerate() {
        if holds(at, &rule.condition)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn holds(condition: &Condition, bindings: &Bindings<'_>) -> DataResult<bool> {
    match condition {
        Condition::And(all) => {
            for inner in all {
                if !holds(inner, bindings)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(any) => {
            for inner in any {
                if holds(inner, bindings)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(inner) => Ok(!holds(inner, bindings)?),
        Condition::Compare(comparison) => compare(comparison, bindings),
        Condition::Literal(truth) => Ok(*truth),
        Condition::Jsonata(expression) => Err(DataError::runtime(format!(
            "The JSONata condition '{}' cannot be evaluated in a state that uses JSONPath.",
            expression.text()
        ))),
        Condition::Invalid(written) => Err(DataError::runtime(format!(
            "The choice rule is not one that can be evaluated: {written}"
        ))),
    }
}

fn jsonata_holds(
    condition: &Condition,
    at: usize,
    scope: JsonataScope<'_>,
    random: &mut dyn Random,
) -> DataResult<bool> {
    let field = format!("Choices[{at}]/Condition");
    match condition {
        Condition::Literal(truth) => Ok(*truth),
        Condition::Jsonata(expression) => {
            let value = typed_jsonata(expression, "boolean", &field, scope, random)?;
            Ok(value == Value::Bool(true))
        }
        Condition::And(_)
        | Condition::Or(_)
        | Condition::Not(_)
        | Condition::Compare(_)
        | Condition::Invalid(_) => {
            Err(DataError::evaluation("The choice rule has no JSONata condition.", Some(&field)))
        }
    }
}
