//! What the states of a machine compute with: the context object, and expressions and templates in either query language.

use std::sync::Arc;

use super::context::{VisitContext, context_object};
use super::dataflow::{
    self, DataError, DataResult, JsonataScope, evaluate_jsonata, evaluate_template, states_object,
};
use super::failure::Failure;
use super::machine::{Here, Machine};
use super::thread::Thread;
use crate::asl::{StateKind, Template};
use crate::json::Value;
use crate::query::{Bindings, Random};

impl Machine {
    pub(crate) fn runtime_failure(&self, thread: &Thread, here: Here<'_>, cause: &str) -> Failure {
        Failure::runtime(&here.meta.name, thread.visit.entered, cause)
    }

    pub(crate) fn locate(thread: &Thread, here: Here<'_>) -> impl Fn(DataError) -> Failure {
        let (name, entered) = (Arc::clone(&here.meta.name), thread.visit.entered);
        move |err| Failure::from_data(err, &name, entered)
    }

    /// `$$`, made when it is first read. Null where no expression of the state reads it, unless `needed` says otherwise.
    pub(crate) fn context(&mut self, thread: &mut Thread, here: Here<'_>, needed: bool) -> Value {
        if let Some(context) = &thread.visit.context {
            return context.clone();
        }
        if !needed && !here.meta.reads_context {
            return Value::Null;
        }
        if let Some(context) = self.rehearsal.as_ref().and_then(|it| it.context.clone()) {
            thread.visit.context = Some(context.clone());
            return context;
        }
        let can_retry = match &here.state.kind {
            StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_) => true,
            StateKind::Pass(_)
            | StateKind::Choice(_)
            | StateKind::Wait(_)
            | StateKind::Succeed
            | StateKind::Fail(_)
            | StateKind::Unknown(_) => false,
        };
        let entered_at = self.time_text(thread.visit.entered_at);
        let visit = VisitContext {
            name: &here.meta.name,
            entered_at,
            retry_count: can_retry.then_some(thread.visit.retry_count),
            map: thread.map_context.as_ref(),
            callback_token: thread.visit.callback_token.as_ref(),
        };
        let context = context_object(self.execution_context(thread.scope), visit);
        thread.visit.context = Some(context.clone());
        context
    }

    /// Computes something in JSONPath, with `input` as `$`.
    pub(crate) fn evaluate<T>(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        input: &Value,
        compute: impl FnOnce(&Bindings<'_>, &mut dyn Random) -> DataResult<T>,
    ) -> Result<T, Failure> {
        let context = self.context(thread, here, false);
        let bindings = Bindings { input, context: &context, variables: &thread.variables };
        compute(&bindings, &mut self.random).map_err(Self::locate(thread, here))
    }

    /// A payload template in JSONPath, with `input` as `$`.
    pub(crate) fn template(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        template: &Template,
        input: &Value,
    ) -> Result<Value, Failure> {
        if let Template::Literal(value) = template {
            return Ok(value.clone());
        }
        self.evaluate(thread, here, input, |bindings, random| {
            evaluate_template(template, bindings, random)
        })
    }

    /// Computes something in JSONata.
    pub(crate) fn evaluate_jsonata<T>(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        result: Option<&Value>,
        error_output: Option<&Value>,
        compute: impl FnOnce(JsonataScope<'_>, &mut dyn Random) -> DataResult<T>,
    ) -> Result<T, Failure> {
        let context = self.context(thread, here, false);
        let states = states_object(&thread.visit.input, &context, result, error_output);
        let scope = JsonataScope { states: &states, variables: &thread.variables };
        compute(scope, &mut self.random).map_err(Self::locate(thread, here))
    }

    /// A value of a JSONata state.
    pub(crate) fn jsonata(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        template: &Template,
        field: &str,
        result: Option<&Value>,
        error_output: Option<&Value>,
    ) -> Result<Value, Failure> {
        if let Template::Literal(value) = template {
            return Ok(value.clone());
        }
        self.evaluate_jsonata(thread, here, result, error_output, |scope, random| {
            evaluate_jsonata(template, field, scope, random)
        })
    }
}

/// Evaluates one field of JSONata and checks its type.
pub(crate) fn typed_jsonata(
    expression: &crate::asl::Expression,
    expected: &str,
    field: &str,
    scope: JsonataScope<'_>,
    random: &mut dyn crate::query::Random,
) -> DataResult {
    let value = dataflow::evaluate_jsonata_expression(expression, field, scope, random)?;
    dataflow::expect_type(value, expected, expression.text(), field)
}
