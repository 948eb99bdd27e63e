//! Values with expressions in them: payload templates (`Parameters`, `ResultSelector`, …) and JSONata values (`Arguments`,
//! `Output`, `Assign`).

use std::sync::Arc;

use crate::json::Value;
use crate::query::intrinsic::Intrinsic;
use crate::query::jsonata::Jsonata;
use crate::query::jsonpath::Path;

/// One expression, compiled when the definition was read.
#[derive(Clone, Debug)]
pub enum Expression {
    Path(Path),
    Intrinsic(Intrinsic),
    Jsonata(Jsonata),
    /// What was written is no expression; a diagnostic says why, and running it fails as AWS would.
    Invalid {
        text: Arc<str>,
        message: Arc<str>,
    },
}

impl Expression {
    /// As it was written; JSONata without its `{% %}`.
    pub fn text(&self) -> &str {
        match self {
            Self::Path(path) => path.text(),
            Self::Intrinsic(intrinsic) => intrinsic.text(),
            Self::Jsonata(jsonata) => jsonata.text(),
            Self::Invalid { text, .. } => text,
        }
    }
}

/// A value of the definition in which some places are computed.
#[derive(Clone, Debug)]
pub enum Template {
    /// No expression at any depth, so it is passed on as it is.
    Literal(Value),
    Array(Vec<Self>),
    Object(Vec<TemplateMember>),
    Expression(Expression),
}

#[derive(Clone, Debug)]
pub struct TemplateMember {
    /// As it appears in the result: JSONPath's `.$` is taken off.
    pub name: Arc<str>,
    pub value: Template,
}

/// A field that is a literal, or computed by a `…Path` field or by JSONata.
#[derive(Clone, Debug)]
pub enum Field<T> {
    Literal(T),
    Computed(Expression),
}
