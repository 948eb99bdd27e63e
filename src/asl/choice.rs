//! The Choice state: JSONPath rules over comparison operators, or JSONata conditions.

use std::sync::Arc;

use super::{Expression, StateName, Template};
use crate::json::Value;
use crate::json::document::Span;
use crate::query::jsonpath::Path;

#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub choices: Vec<ChoiceRule>,
    pub default: Option<StateName>,
}

/// One entry of `Choices`.
#[derive(Clone, Debug)]
pub struct ChoiceRule {
    pub condition: Condition,
    pub next: StateName,
    pub comment: Option<Arc<str>>,
    pub assign: Option<Template>,
    /// JSONata only.
    pub output: Option<Template>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Compare(Comparison),
    /// JSONata's `Condition`, which may also be a literal boolean.
    Jsonata(Expression),
    Literal(bool),
    /// Not understood; a diagnostic says why. The JSON as it was written, for the label.
    Invalid(Value),
}

/// `Variable` and one operator.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub variable: Expression,
    /// The operator without `Path`: `StringEquals`, `IsPresent`, …
    pub operator: Operator,
    pub operand: Operand,
}

#[derive(Clone, Debug)]
pub enum Operand {
    Literal(Value),
    /// The `…Path` form.
    Path(Path),
    /// The `…Path` form with what is no path.
    Invalid(Arc<str>),
}

macro_rules! operators {
    ($($name:ident),* $(,)?) => {
        /// The data tests of a choice rule; the `…Path` forms are told by their [`Operand`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operator { $($name),* }
        impl Operator {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// As ASL writes it.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => stringify!($name)),* } }
        }
    };
}
operators!(
    StringEquals,
    StringLessThan,
    StringGreaterThan,
    StringLessThanEquals,
    StringGreaterThanEquals,
    StringMatches,
    NumericEquals,
    NumericLessThan,
    NumericGreaterThan,
    NumericLessThanEquals,
    NumericGreaterThanEquals,
    BooleanEquals,
    TimestampEquals,
    TimestampLessThan,
    TimestampGreaterThan,
    TimestampLessThanEquals,
    TimestampGreaterThanEquals,
    IsNull,
    IsPresent,
    IsNumeric,
    IsString,
    IsBoolean,
    IsTimestamp,
);
