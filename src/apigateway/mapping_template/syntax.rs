//! What a template is made of, once read. Knows nothing of values.

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Block = Arc<[Node]>;
pub(super) type Macros = BTreeMap<Arc<str>, Arc<Macro>>;

#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Text(Box<str>),
    Reference(Reference),
    /// A reference with backslashes before it: an odd number keeps it from being evaluated when it is defined.
    Escaped {
        backslashes: usize,
        reference: Reference,
    },
    Set {
        target: Reference,
        value: Expression,
    },
    If {
        branches: Vec<(Expression, Block)>,
        otherwise: Option<Block>,
    },
    Foreach {
        variable: Arc<str>,
        items: Expression,
        body: Block,
    },
    Define {
        name: Arc<str>,
        body: Block,
    },
    /// A call of a macro; the source is what is printed when there is no such macro.
    Call {
        name: Arc<str>,
        arguments: Vec<Expression>,
        source: Box<str>,
    },
    Evaluate(Expression),
    Break,
    Stop,
}

#[derive(Debug, PartialEq)]
pub(super) struct Macro {
    pub(super) parameters: Vec<Arc<str>>,
    pub(super) body: Block,
}

/// `$name.property.method(argument)[index]`
#[derive(Debug, PartialEq)]
pub(super) struct Reference {
    /// As written, for when it is escaped.
    pub(super) source: Box<str>,
    pub(super) name: Arc<str>,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Property(Arc<str>),
    Method(Arc<str>, Vec<Expression>),
    Index(Expression),
}

#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    Text(Arc<str>),
    /// A string in double quotes with references or directives in it.
    Interpolated(Block),
    Int(i64),
    Float(f64),
    Bool(bool),
    Reference(Reference),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Range(Box<(Self, Self)>),
    Not(Box<Self>),
    Negative(Box<Self>),
    /// Operators of one precedence, from left to right. A flat list, so that a chain of a thousand nests no deeper than one.
    Chain(Box<Self>, Vec<(Operator, Self)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Order(Order),
    Arithmetic(Arithmetic),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
