//! JSONata as Step Functions speaks it (2.0.6 without `$eval`, with six functions more), over `jsonata-core`.
//!
//! An expression is compiled once. Evaluating converts what the expression can reach of `$states` and of the variables, and
//! nothing else (`analysis`, `convert`); a plain path such as `$states.input.name` is looked up without converting at all.
//! No clock and no dice: `$now` and `$millis` answer the time that the context object gives, `$random`, `$shuffle` and `$uuid`
//! draw from the caller's stream.

mod analysis;
mod convert;
mod error;
mod explain;
mod functions;
mod guard;
mod signature;
mod syntax_error;
mod url;

use std::sync::Arc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;

use crate::json::Value;

use super::{Random, SyntaxError, Variables};
use analysis::Analysis;
use explain::SecondLook;

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
        let mut ast = parsed
            .ok_or_else(syntax_error::unreadable)?
            .map_err(|err| syntax_error::syntax(&err, text))?;
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
        let mut evaluator = self.evaluator(states, variables, MAX_DEPTH)?;
        functions::register(&mut evaluator, &self.analysis.functions, states, random)?;
        let evaluated = guard::guarded(|| evaluator.evaluate(&self.ast, &JValue::Undefined));
        match evaluated.ok_or_else(JsonataError::fault)? {
            Ok(result) => convert::from_jsonata(&result),
            Err(err) => match self.second_look(&err, states, variables) {
                Some(message) => Err(JsonataError::coded(message)),
                None => error::evaluation(&err, self.analysis.only_call.as_deref()),
            },
        }
    }

    /// An evaluator that knows what the expression reads.
    fn evaluator(
        &self,
        states: &Value,
        variables: &Variables,
        depth: usize,
    ) -> Result<Evaluator, JsonataError> {
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
            max_stack_depth: Some(depth),
            max_sequence_length: Some(MAX_SEQUENCE),
            ..EvaluatorOptions::default()
        };
        Ok(Evaluator::with_options(context, options))
    }

    /// The whole message of an error that the library tells in part only; `None` where a second look finds no such error.
    fn second_look(
        &self,
        error: &EvaluatorError,
        states: &Value,
        variables: &Variables,
    ) -> Option<String> {
        if !explain::helps(error::code(error.message())?) {
            return None;
        }
        let second = SecondLook::at(&self.ast);
        // Each check is a few levels more.
        let mut evaluator = self.evaluator(states, variables, 4 * MAX_DEPTH).ok()?;
        let functions = &self.analysis.functions;
        functions::register(&mut evaluator, functions, states, &mut Unused).ok()?;
        second.register(&mut evaluator).ok()?;
        let evaluated = guard::guarded(|| evaluator.evaluate(&second.ast, &JValue::Undefined))?;
        let message = evaluated.err()?.message().to_owned();
        explain::helps(error::code(&message)?).then_some(message)
    }
}

/// What a second look draws is not the engine's.
struct Unused;
impl Random for Unused {
    fn next_u64(&mut self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests;
