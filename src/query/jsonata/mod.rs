//! JSONata as Step Functions speaks it (2.0.6 without `$eval`, with six functions more), over `jsonata-core`.
//!
//! An expression is compiled once. Evaluating converts what the expression can reach of `$states` and of the variables, and
//! nothing else (`analysis`, `convert`); a plain path such as `$states.input.name` is looked up without converting at all.
//! No clock and no dice: `$now` and `$millis` answer the time that the context object gives, `$random`, `$shuffle` and `$uuid`
//! draw from the caller's stream.

mod analysis;
mod convert;
mod error;
mod functions;
mod guard;

use std::sync::Arc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;

use crate::json::Value;

use super::{Random, SyntaxError, Variables};
use analysis::Analysis;

pub use error::{JsonataError, JsonataErrorKind};

/// Step Functions stops an expression after about a second.
const MAX_MILLIS: u64 = 1_000;

/// Evaluations nested in one another: AWS answers a sum of 200 terms, which nests 199 deep, with a stack overflow.
const MAX_DEPTH: usize = 198;

/// Items of a sequence: AWS evaluates `[1..873782]` and refuses `[1..873783]` as too much memory.
pub(super) const MAX_SEQUENCE: usize = 873_782;

/// An expression longer than this is refused; a whole definition may be 1 MB.
const MAX_TEXT: usize = 1 << 20;

/// A compiled expression, without its `{% %}`.
#[derive(Clone)]
pub struct Jsonata {
    text: Arc<str>,
    ast: Arc<AstNode>,
    analysis: Arc<Analysis>,
}

impl std::fmt::Debug for Jsonata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Jsonata").field(&self.text).finish()
    }
}

impl Jsonata {
    /// # Errors
    /// Not JSONata, or an operator that Step Functions does not have (`??`, `?:`).
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if text.len() > MAX_TEXT {
            return Err(SyntaxError {
                message: format!("The expression is longer than {MAX_TEXT} bytes"),
                offset: None,
            });
        }
        let parsed = guard::guarded(|| jsonata_core::parser::parse(text));
        let mut ast =
            parsed.ok_or_else(error::unreadable)?.map_err(|err| error::syntax(&err, text))?;
        let analysis = analysis::prepare(&mut ast)?;
        Ok(Self { text: text.into(), ast: Arc::new(ast), analysis: Arc::new(analysis) })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables that the expression reads and does not bind itself, `states` among them, without the `$`; in order of the
    /// alphabet. Names of built-in functions are not among them.
    pub fn variables_used(&self) -> impl Iterator<Item = &str> {
        self.analysis.variables.iter().map(|name| &**name)
    }

    /// The members of `$states` that the expression reads (`input`, `result`, ...); `None` when it reads all of it.
    pub fn states_members_used(&self) -> Option<Vec<&str>> {
        self.analysis.states.members()
    }

    /// Whether it looks at `$states.context`, as `$now()` and `$millis()` also do.
    pub fn reads_context(&self) -> bool {
        self.analysis.functions.contains("millis")
            || self.states_members_used().is_none_or(|members| members.contains(&"context"))
    }

    /// What the expression reads from a context that Step Functions does not give, `$` and `$$` among it: AWS refuses a definition
    /// with "Reference to 'phone' at the top level is not supported."
    pub fn top_level_references(&self) -> &[Arc<str>] {
        &self.analysis.top_level_references
    }

    /// Functions that it calls and that do not exist: such a call fails.
    pub fn unknown_functions(&self) -> &[Arc<str>] {
        &self.analysis.unknown_functions
    }

    /// Regular expressions that Step Functions may run and this program cannot, and why: look-around and back-references, which
    /// take a search that may run without end.
    pub fn unusable_regexes(&self) -> &[(Arc<str>, String)] {
        &self.analysis.unusable_regexes
    }

    /// The functions that an expression may call, without the `$`.
    pub fn functions() -> impl Iterator<Item = &'static str> + Clone {
        functions::all()
    }

    /// `None` is JSONata's "undefined". `states` is `$states`. `$now()` answers `$states.context.State.EnteredTime`.
    ///
    /// # Errors
    /// Type errors, unknown functions, or more time, depth or memory than allowed.
    pub fn evaluate(
        &self,
        states: &Value,
        variables: &Variables,
        random: &mut dyn Random,
    ) -> Result<Option<Value>, JsonataError> {
        if let Some(path) = &self.analysis.plain_path
            && let Some(found) = path.look_up(states, variables)
        {
            return convert::normal(found).map(Some);
        }
        let mut context = Context::new();
        for name in &self.analysis.variables {
            if &**name == "states" {
                context.bind("states".to_owned(), convert::project(states, &self.analysis.states)?);
            } else if let Some(value) = variables.get(name) {
                context.bind(name.to_string(), convert::to_jsonata(value)?);
            }
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(MAX_MILLIS),
            max_stack_depth: Some(MAX_DEPTH),
            max_sequence_length: Some(MAX_SEQUENCE),
            ..EvaluatorOptions::default()
        };
        let mut evaluator = Evaluator::with_options(context, options);
        functions::register(&mut evaluator, &self.analysis.functions, states, random)?;
        let evaluated = guard::guarded(|| evaluator.evaluate(&self.ast, &JValue::Undefined));
        match evaluated.ok_or_else(JsonataError::fault)? {
            Ok(result) => convert::from_jsonata(&result),
            Err(err) => error::evaluation(&err, self.analysis.only_call.as_deref()),
        }
    }
}

#[cfg(test)]
mod tests;
