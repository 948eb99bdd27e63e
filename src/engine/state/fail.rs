//! Fail: ends its thread with an error.

use std::sync::Arc;

use crate::asl::{Expression, Fail, Field};
use crate::engine::dataflow::{evaluate_path, not_found, plain};
use crate::engine::evaluation::typed_jsonata;
use crate::engine::failure::{Failure, Origin};
use crate::engine::machine::{Here, Machine, StepResult};
use crate::engine::program::is_jsonata;
use crate::engine::thread::Thread;

impl Machine {
    pub(crate) fn run_fail(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        fail: &Fail,
    ) -> StepResult {
        let error = self.fail_text(thread, here, fail.error.as_ref(), "Error")?;
        let cause = self.fail_text(thread, here, fail.cause.as_ref(), "Cause")?;
        Err(Failure { error, cause, origin: Origin::Plain })
    }

    fn fail_text(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        field: Option<&Field<Arc<str>>>,
        name: &str,
    ) -> Result<Option<Arc<str>>, Failure> {
        let expression = match field {
            None => return Ok(None),
            Some(Field::Literal(text)) => return Ok(Some(Arc::clone(text))),
            Some(Field::Computed(expression)) => expression,
        };
        let value = if is_jsonata(here.state) {
            self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                typed_jsonata(expression, "string", name, scope, random)
            })?
        } else {
            let input = thread.visit.effective.clone();
            self.evaluate(thread, here, &input, |bindings, random| match expression {
                Expression::Path(path) => path.select(bindings).map_err(|_message_is_replaced| {
                    not_found(path.text(), &format!("{name}Path"), bindings.input)
                }),
                Expression::Intrinsic(_) | Expression::Jsonata(_) | Expression::Invalid { .. } => {
                    evaluate_path(expression, bindings, random)
                }
            })?
        };
        Ok(Some(plain(&value).into()))
    }
}
