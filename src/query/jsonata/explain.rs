//! A second look at an expression that failed, for the words of the reference implementation.
//!
//! The library tells what went wrong, but often not where: which operator compared what with what, which argument of which
//! function. So the expression is evaluated once more in a form whose comparisons and calls check what they are given and say
//! so in full. Only failures pay for it.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage, UnaryOp};
use jsonata_core::evaluator::{Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;

use super::{convert, signature};

/// Names that no expression can spell.
const NEGATE: &str = "negate";
const UPDATE: &str = "update clause";
const DELETE: &str = "delete clause";

/// The kinds of errors that a second look can put into better words.
pub(super) fn helps(code: &str) -> bool {
    matches!(code, "T2009" | "T2010" | "T2011" | "T2012" | "T0410" | "T0411" | "T0412" | "D1002")
}

/// The form that checks, and the functions that it calls beside the others.
pub(super) struct SecondLook {
    pub(super) ast: AstNode,
    /// Called by name, with arguments to check.
    functions: BTreeSet<&'static str>,
}

impl SecondLook {
    pub(super) fn at(ast: &AstNode) -> Self {
        let mut bound = BTreeSet::new();
        let mut ast = ast.clone();
        bound_names(&mut ast, &mut bound);
        let mut checks = Checks { bound, functions: BTreeSet::new() };
        checks.put_into(&mut ast);
        Self { ast, functions: checks.functions }
    }

    pub(super) fn register(&self, evaluator: &mut Evaluator) -> Result<(), EvaluatorError> {
        for operator in ["<", "<=", ">", ">="] {
            evaluator.register_fn(comparison(operator), move |args: &[JValue]| {
                compare(operator, args)
            })?;
        }
        evaluator.register_fn(NEGATE, negate)?;
        evaluator.register_fn(UPDATE, update)?;
        evaluator.register_fn(DELETE, delete)?;
        for name in self.functions.iter().copied() {
            evaluator.register_fn(arguments_of(name), move |args: &[JValue]| {
                let [context, arguments @ ..] = args else { return Ok(JValue::Undefined) };
                signature::fault(name, arguments, context).map_or(Ok(JValue::Undefined), fail)
            })?;
        }
        Ok(())
    }
}

fn comparison(operator: &str) -> String {
    format!("comparison {operator}")
}

fn arguments_of(name: &str) -> String {
    format!("arguments of {name}")
}

fn fail<T>(message: String) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message))
}

/// Names that the expression binds somewhere: a function of such a name may be its own.
fn bound_names(node: &mut AstNode, names: &mut BTreeSet<String>) {
    if let AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } = node
        && let AstNode::Variable(name) = &**lhs
    {
        names.insert(name.clone());
    }
    if let AstNode::Lambda { params, .. } = node {
        names.extend(params.iter().cloned());
    }
    each_child(node, &mut |child| bound_names(child, names));
}

struct Checks {
    bound: BTreeSet<String>,
    functions: BTreeSet<&'static str>,
}

impl Checks {
    /// The depth of an expression is bounded when it is parsed.
    fn put_into(&mut self, node: &mut AstNode) {
        each_child(node, &mut |child| self.put_into(child));
        self.apply(node);
        match node {
            AstNode::Binary { op, lhs, rhs } => {
                let operator = match op {
                    BinaryOp::LessThan => "<",
                    BinaryOp::LessThanOrEqual => "<=",
                    BinaryOp::GreaterThan => ">",
                    BinaryOp::GreaterThanOrEqual => ">=",
                    BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::Modulo
                    | BinaryOp::Equal
                    | BinaryOp::NotEqual
                    | BinaryOp::And
                    | BinaryOp::Or
                    | BinaryOp::Concatenate
                    | BinaryOp::Range
                    | BinaryOp::In
                    | BinaryOp::ColonEqual
                    | BinaryOp::Coalesce
                    | BinaryOp::Default
                    | BinaryOp::ChainPipe
                    | BinaryOp::FocusBind
                    | BinaryOp::IndexBind => return,
                };
                *node = call(comparison(operator), vec![take(lhs), take(rhs)]);
            }
            AstNode::Unary { op: UnaryOp::Negate, operand } => {
                *node = call(NEGATE.to_owned(), vec![take(operand)]);
            }
            AstNode::Transform { update, delete, .. } => {
                **update = call(UPDATE.to_owned(), vec![take(update)]);
                if let Some(delete) = delete {
                    **delete = call(DELETE.to_owned(), vec![take(delete)]);
                }
            }
            AstNode::Function { name, args, is_builtin: true }
                if !self.bound.contains(name) && !args.contains(&AstNode::Placeholder) =>
            {
                let mut args = std::mem::take(args);
                args.iter_mut().for_each(|argument| self.check_when_called(argument));
                *node = match signature::known(name) {
                    Some(known) => {
                        self.functions.insert(known);
                        checked_call(known, args)
                    }
                    None => call(std::mem::take(name), args),
                };
            }
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Variable(_)
            | AstNode::ParentVariable(_)
            | AstNode::Path { .. }
            | AstNode::Unary { .. }
            | AstNode::Function { .. }
            | AstNode::Call { .. }
            | AstNode::Lambda { .. }
            | AstNode::Array(_)
            | AstNode::Object(_)
            | AstNode::ObjectTransform { .. }
            | AstNode::Block(_)
            | AstNode::Conditional { .. }
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_)
            | AstNode::ArrayGroup(_)
            | AstNode::FunctionApplication(_)
            | AstNode::Sort { .. } => {}
        }
    }
}

impl Checks {
    /// `$uppercase` as the function of a `$map`.
    fn check_when_called(&mut self, argument: &mut AstNode) {
        if let AstNode::Variable(name) = argument
            && !self.bound.contains(name)
            && signature::takes_one(name)
            && let Some(known) = signature::known(name)
        {
            self.functions.insert(known);
            let item = "item".to_owned();
            let body = checked_call(known, vec![AstNode::Variable(item.clone())]);
            *argument = AstNode::Lambda {
                params: vec![item],
                body: Box::new(body),
                signature: None,
                thunk: false,
            };
        }
    }

    /// `x ~> $f` is `$f(x)` where the function is one of JSONata's.
    fn apply(&self, node: &mut AstNode) {
        if let AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } = node
            && let AstNode::Variable(name) = &**rhs
            && !self.bound.contains(name)
            && let Some(known) = signature::known(name)
        {
            *node = call(known.to_owned(), vec![take(lhs)]);
        }
    }
}

fn take(node: &mut AstNode) -> AstNode {
    std::mem::replace(node, AstNode::Undefined)
}

fn call(name: String, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name, args, is_builtin: true }
}

/// The arguments, evaluated once, go to the check and then to the function; `$` is the context that may stand in for one.
fn checked_call(name: &str, args: Vec<AstNode>) -> AstNode {
    let params: Vec<String> = (1..=args.len()).map(|at| format!("checked{at}")).collect();
    let given = || params.iter().map(|it| AstNode::Variable(it.clone()));
    let checked = std::iter::once(AstNode::Variable(String::new())).chain(given()).collect();
    let body = AstNode::Block(vec![
        call(arguments_of(name), checked),
        call(name.to_owned(), given().collect()),
    ]);
    let procedure = Box::new(AstNode::Lambda {
        params: params.clone(),
        body: Box::new(body),
        signature: None,
        thunk: false,
    });
    AstNode::Call { procedure, args }
}

fn compare(operator: &str, args: &[JValue]) -> HostFnResult {
    let [left, right] = args else { return Ok(JValue::Undefined) };
    let comparable =
        |value: &JValue| matches!(value, JValue::Undefined | JValue::String(_) | JValue::Number(_));
    if !comparable(left) || !comparable(right) {
        return fail(format!(
            "T2010: The expressions either side of operator \"{operator}\" must evaluate to numeric or string values"
        ));
    }
    let order = match (left, right) {
        (JValue::Undefined, _) | (_, JValue::Undefined) => return Ok(JValue::Undefined),
        (JValue::Number(left), JValue::Number(right)) => left.partial_cmp(right),
        (JValue::String(left), JValue::String(right)) => {
            Some(left.encode_utf16().cmp(right.encode_utf16()))
        }
        _ => {
            return fail(format!(
                "T2009: The values {} and {} either side of operator \"{operator}\" must be of the same data type",
                shown(left),
                shown(right)
            ));
        }
    };
    let holds = order.is_some_and(|order| match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    });
    Ok(JValue::Bool(holds))
}

fn negate(args: &[JValue]) -> HostFnResult {
    match args {
        [JValue::Number(number)] => Ok(JValue::Number(-number)),
        [JValue::Undefined] | [] => Ok(JValue::Undefined),
        [value, ..] => fail(format!("D1002: Cannot negate a non-numeric value: {}", shown(value))),
    }
}

fn update(args: &[JValue]) -> HostFnResult {
    match args {
        [value @ (JValue::Object(_) | JValue::Undefined)] => Ok(value.clone()),
        [value, ..] => fail(format!(
            "T2011: The insert/update clause of the transform expression must evaluate to an object: {}",
            shown(value)
        )),
        [] => Ok(JValue::Undefined),
    }
}

fn delete(args: &[JValue]) -> HostFnResult {
    let is_text = |value: &JValue| matches!(value, JValue::String(_));
    match args {
        [value @ (JValue::String(_) | JValue::Undefined)] => Ok(value.clone()),
        [value @ JValue::Array(items)] if items.iter().all(is_text) => Ok(value.clone()),
        [value, ..] => fail(format!(
            "T2012: The delete clause of the transform expression must evaluate to a string or array of strings: {}",
            shown(value)
        )),
        [] => Ok(JValue::Undefined),
    }
}

/// A value as JSON; the reference implementation has none for a function, and no exponent in a number of up to 21 digits.
fn shown(value: &JValue) -> String {
    if let JValue::Number(number) = value
        && (1e-6..1e21).contains(&number.abs())
    {
        return number.to_string();
    }
    let value = convert::from_jsonata(value).ok().flatten();
    value.map_or_else(|| "undefined".to_owned(), |value| value.to_string())
}

fn each_child(node: &mut AstNode, visit: &mut dyn FnMut(&mut AstNode)) {
    match node {
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => {}
        AstNode::Path { steps } => {
            for PathStep { node, stages, .. } in steps {
                visit(node);
                for stage in stages {
                    match stage {
                        Stage::Filter(filter) => visit(filter),
                        Stage::KeepArray | Stage::Index(_) => {}
                    }
                }
            }
        }
        AstNode::Binary { lhs, rhs, .. } => {
            visit(lhs);
            visit(rhs);
        }
        AstNode::Unary { operand, .. } => visit(operand),
        AstNode::Function { args, .. } => args.iter_mut().for_each(visit),
        AstNode::Call { procedure, args } => {
            visit(procedure);
            args.iter_mut().for_each(visit);
        }
        AstNode::Lambda { body, .. } => visit(body),
        AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => {
            items.iter_mut().for_each(visit);
        }
        AstNode::Object(pairs) => each_of_pairs(pairs, visit),
        AstNode::ObjectTransform { input, pattern } => {
            visit(input);
            each_of_pairs(pattern, visit);
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            visit(condition);
            visit(then_branch);
            else_branch.iter_mut().for_each(|branch| visit(branch));
        }
        AstNode::FunctionApplication(inner) => visit(inner),
        AstNode::Sort { input, terms } => {
            visit(input);
            terms.iter_mut().for_each(|(term, _)| visit(term));
        }
        AstNode::Transform { location, update, delete } => {
            visit(location);
            visit(update);
            delete.iter_mut().for_each(|delete| visit(delete));
        }
    }
}

fn each_of_pairs(pairs: &mut [(AstNode, AstNode)], visit: &mut dyn FnMut(&mut AstNode)) {
    for (key, value) in pairs {
        visit(key);
        visit(value);
    }
}
