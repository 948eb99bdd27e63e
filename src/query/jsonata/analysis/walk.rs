//! The walk over an expression: it notes what is read and called, and rewrites what the library and Step Functions understand
//! differently.

use std::collections::{BTreeMap, BTreeSet};

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

use super::{Analysis, is_plain, leading_names};
use crate::query::SyntaxError;
use crate::query::jsonata::functions;

/// Levels of an expression; the library's parser stops at a thousand of its own.
const MAX_LEVELS: usize = 2_000;

/// Joins of texts that need no check: each can double a text at most.
const MAX_FREE_JOINS: usize = 8;

/// A stack of names that answers at once whether a name is in it, however long a block is.
#[derive(Default)]
struct BoundNames {
    names: Vec<String>,
    counts: BTreeMap<String, usize>,
}

impl BoundNames {
    fn push(&mut self, name: &str) {
        *self.counts.entry(name.to_owned()).or_default() += 1;
        self.names.push(name.to_owned());
    }

    fn extend<'n>(&mut self, names: impl IntoIterator<Item = &'n String>) {
        names.into_iter().for_each(|name| self.push(name));
    }

    fn len(&self) -> usize {
        self.names.len()
    }

    fn truncate(&mut self, length: usize) {
        while self.names.len() > length {
            let Some(name) = self.names.pop() else { return };
            if let Some(count) = self.counts.get_mut(&name) {
                *count -= 1;
            }
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 0)
    }
}

/// What was found so far, and where the walk is.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) analysis: Analysis,
    /// Names bound around the place where the walk is.
    bound_names: BoundNames,
    /// There is a `%`, which can climb out of a path, so nothing may be left out.
    pub(super) climbs: bool,
    /// The functions that are called by name and are not the expression's own.
    pub(super) calls: BTreeSet<String>,
    /// What `Analysis::top_level_references` holds.
    top_names: BTreeSet<String>,
    /// How many function bodies, and steps that a path may take for many values, are around the place where the walk is.
    loops: usize,
    /// How many texts were joined so far.
    joins: usize,
}

impl Walk {
    /// `top` says that a bare name here would read the context that the expression as a whole is given: none.
    pub(super) fn visit(
        &mut self,
        node: &mut AstNode,
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        if level > MAX_LEVELS {
            return Err(refused(format!("The expression nests deeper than {MAX_LEVELS} levels")));
        }
        let level = level + 1;
        match node {
            AstNode::String(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Wildcard
            | AstNode::Descendant => Ok(()),
            AstNode::Regex { pattern, .. } => {
                // Whether it can be read at all; one that is large is not built to the end for that.
                let built = regex::RegexBuilder::new(pattern).size_limit(1 << 16).build();
                if let Err(regex::Error::Syntax(why)) = built {
                    self.analysis.unusable_regexes.push((pattern.as_str().into(), why));
                }
                Ok(())
            }
            AstNode::Parent(_) => {
                self.climbs = true;
                Ok(())
            }
            AstNode::Name(name) => {
                if top {
                    self.refer_to_top(name);
                }
                Ok(())
            }
            AstNode::Variable(_) => {
                self.visit_variable(node, top);
                Ok(())
            }
            AstNode::ParentVariable(_) => {
                self.refer_to_top("$$");
                Ok(())
            }
            AstNode::Path { steps } => self.visit_path(steps, top, level),
            AstNode::Binary { .. } => self.visit_binary(node, top, level),
            AstNode::Unary { operand, .. } => self.visit(operand, top, level),
            AstNode::Function { .. } => self.visit_function(node, top, level),
            AstNode::Call { procedure, args } => {
                self.visit(procedure, top, level)?;
                self.visit_all(args, top, level)
            }
            AstNode::Lambda { params, body, .. } => {
                let outside = self.bound_names.len();
                self.bound_names.extend(params.iter());
                self.loops += 1;
                let result = self.visit(body, top, level);
                self.loops -= 1;
                self.bound_names.truncate(outside);
                result
            }
            AstNode::Array(items) => self.visit_items(items, top, level),
            AstNode::ArrayGroup(items) => self.visit_items(items, false, level),
            AstNode::Object(pairs) => self.visit_pairs(pairs, top, level),
            AstNode::ObjectTransform { input, pattern } => {
                self.visit(input, top, level)?;
                self.visit_pairs(pattern, false, level)
            }
            AstNode::Block(items) => {
                let outside = self.bound_names.len();
                let result = self.visit_all(items, top, level);
                self.bound_names.truncate(outside);
                result
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.visit(condition, top, level)?;
                self.visit(then_branch, top, level)?;
                else_branch.as_mut().map_or(Ok(()), |branch| self.visit(branch, top, level))
            }
            AstNode::FunctionApplication(inner) => self.visit(inner, false, level),
            AstNode::Sort { input, terms } => {
                self.visit(input, top, level)?;
                terms.iter_mut().try_for_each(|(term, _)| self.visit(term, false, level))
            }
            AstNode::Transform { location, update, delete } => {
                self.visit(location, false, level)?;
                self.visit(update, false, level)?;
                delete.as_mut().map_or(Ok(()), |delete| self.visit(delete, false, level))
            }
        }
    }

    /// A function that is read as a value is put into a form that keeps our own rules about it.
    fn visit_variable(&mut self, node: &mut AstNode, top: bool) {
        let AstNode::Variable(name) = node else { return };
        let name = name.clone();
        if name.is_empty() && top {
            self.refer_to_top("$");
        }
        if !self.is_bound(&name) {
            if name == "now" {
                *node = lambda(0, |_| self.now(Vec::new()));
            } else if let Some(arity) = functions::arity(&name) {
                *node = lambda(arity, |args| AstNode::Function {
                    name: name.clone(),
                    args,
                    is_builtin: true,
                });
            }
            self.analysis.functions.extend(functions::known(&name));
        }
        self.read(&name, &[]);
    }

    fn visit_binary(
        &mut self,
        node: &mut AstNode,
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        let AstNode::Binary { op, lhs, rhs } = node else { return Ok(()) };
        match op {
            BinaryOp::Coalesce => Err(refused("The operator '??' is not supported")),
            BinaryOp::Default => Err(refused("The operator '?:' is not supported")),
            BinaryOp::ColonEqual => {
                // The name is visible to its own right side, for recursion, and to what follows in the block.
                if let AstNode::Variable(name) = &**lhs {
                    self.bound_names.push(name);
                }
                self.visit(rhs, top, level)
            }
            BinaryOp::FocusBind | BinaryOp::IndexBind => {
                self.visit(lhs, top, level)?;
                if let AstNode::Variable(name) = &**rhs {
                    self.bound_names.push(name);
                }
                Ok(())
            }
            BinaryOp::Concatenate => {
                self.visit(lhs, top, level)?;
                self.visit(rhs, top, level)?;
                self.bound_text(node);
                Ok(())
            }
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::LessThan
            | BinaryOp::LessThanOrEqual
            | BinaryOp::GreaterThan
            | BinaryOp::GreaterThanOrEqual
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::In => {
                self.visit(lhs, top, level)?;
                self.visit(rhs, top, level)
            }
            // The library takes it anywhere, the reference implementation between the brackets of an array only.
            BinaryOp::Range => Err(refused("Syntax error: \"..\"")),
            BinaryOp::ChainPipe => {
                // `x ~> $f(y)` is `$f(x, y)`, unless the call is a partial application.
                if let AstNode::Function { args, .. } = &mut **rhs
                    && !args.contains(&AstNode::Placeholder)
                {
                    args.insert(0, std::mem::replace(&mut **lhs, AstNode::Undefined));
                    *node = std::mem::replace(&mut **rhs, AstNode::Undefined);
                    return self.visit(node, top, level);
                }
                self.visit(lhs, top, level)?;
                self.visit(rhs, top, level)
            }
        }
    }

    fn visit_function(
        &mut self,
        node: &mut AstNode,
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        let AstNode::Function { name, args, is_builtin } = node else { return Ok(()) };
        for argument in args.iter_mut() {
            self.visit(argument, top, level)?;
        }
        if !*is_builtin {
            if top {
                self.refer_to_top(name);
            }
            return Ok(());
        }
        if self.is_bound(name) {
            return Ok(());
        }
        self.calls.insert(name.clone());
        if name == "now" {
            *node = self.now(std::mem::take(args));
            return Ok(());
        }
        // The library fills in the context for its own functions only.
        if functions::takes_context(name) == Some(args.len()) {
            args.insert(0, AstNode::Variable(String::new()));
        }
        if let (Some(check), Some(first)) =
            (functions::narrowed(name, args.len()), args.first_mut())
            && *first != AstNode::Placeholder
        {
            let given = vec![std::mem::replace(first, AstNode::Undefined)];
            *first = AstNode::Function { name: check.to_owned(), args: given, is_builtin: true };
            self.analysis.functions.insert(check);
        }
        self.analysis.functions.extend(functions::known(name));
        // Of a partial application only a part is known.
        if args.contains(&AstNode::Placeholder) {
            return Ok(());
        }
        let name = name.clone();
        if let Some(guarded) = guarded(&name, args) {
            *node = guarded;
            self.analysis.functions.insert(functions::PRODUCT);
        }
        if matches!(&*name, "join" | "replace") {
            self.bound_text(node);
        } else if functions::makes_much(&name) {
            self.bound_in_loops(node);
        }
        Ok(())
    }

    /// The items of an array, of which ranges make several each.
    fn visit_items(
        &mut self,
        items: &mut [AstNode],
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        items.iter_mut().try_for_each(|item| {
            let AstNode::Binary { op: BinaryOp::Range, lhs, rhs } = item else {
                return self.visit(item, top, level);
            };
            for (side, check) in [lhs, rhs].into_iter().zip(functions::RANGE_ENDS) {
                self.visit(side, top, level)?;
                if !matches!(**side, AstNode::Number(_)) {
                    let args = vec![std::mem::replace(&mut **side, AstNode::Undefined)];
                    **side = AstNode::Function { name: check.to_owned(), args, is_builtin: true };
                    self.analysis.functions.insert(check);
                }
            }
            self.bound_in_loops(item);
            Ok(())
        })
    }

    fn visit_all(
        &mut self,
        nodes: &mut [AstNode],
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        nodes.iter_mut().try_for_each(|node| self.visit(node, top, level))
    }

    fn visit_pairs(
        &mut self,
        pairs: &mut [(AstNode, AstNode)],
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        pairs.iter_mut().try_for_each(|(key, value)| {
            self.visit(key, top, level)?;
            self.visit(value, top, level)
        })
    }

    fn visit_path(
        &mut self,
        steps: &mut [PathStep],
        top: bool,
        level: usize,
    ) -> Result<(), SyntaxError> {
        let mut steps = steps.iter_mut();
        let mut first = true;
        if let [head, names @ ..] = steps.as_slice()
            && let AstNode::Variable(name) = &head.node
            && !name.is_empty()
        {
            let variable = name.clone();
            let names: Vec<String> = if is_plain(head) { leading_names(names) } else { Vec::new() };
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.read(&variable, &names);
            // The stages of the head still have to be seen.
            let head = steps.next().expect("the slice has a head");
            self.visit_stages(head, level)?;
            first = false;
        }
        for step in steps {
            let repeated = usize::from(!first);
            self.loops += repeated;
            let visited = self.visit(&mut step.node, top && first, level);
            self.loops -= repeated;
            visited?;
            self.visit_stages(step, level)?;
            first = false;
        }
        Ok(())
    }

    fn visit_stages(&mut self, step: &mut PathStep, level: usize) -> Result<(), SyntaxError> {
        self.bound_names.extend(step.focus.iter().chain(&step.index_var));
        step.stages.iter_mut().try_for_each(|stage| match stage {
            Stage::Filter(filter) => {
                self.loops += 1;
                let visited = self.visit(filter, false, level);
                self.loops -= 1;
                visited
            }
            Stage::KeepArray => Ok(()),
            Stage::Index(name) => {
                self.bound_names.push(name);
                Ok(())
            }
        })
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound_names.contains(name)
    }

    /// A variable is read, and of it only what `names` lead to.
    fn read(&mut self, name: &str, names: &[&str]) {
        // `$` is the context item.
        if name.is_empty() || self.is_bound(name) || functions::is_builtin(name) {
            return;
        }
        self.analysis.variables.insert(name.into());
        if name == "states" {
            self.analysis.states.add(names);
        }
    }

    fn refer_to_top(&mut self, name: &str) {
        if self.top_names.insert(name.to_owned()) {
            self.analysis.top_level_references.push(name.into());
        }
    }

    /// Text can only double without end in a function body or by many joins; there every join is checked.
    fn bound_text(&mut self, join: &mut AstNode) {
        self.joins += 1;
        if self.loops > 0 || self.joins > MAX_FREE_JOINS {
            self.bound(join);
        }
    }

    /// What is made once is bounded by what it is made from; what is made for every item is counted.
    fn bound_in_loops(&mut self, node: &mut AstNode) {
        if self.loops > 0 {
            self.bound(node);
        }
    }

    fn bound(&mut self, node: &mut AstNode) {
        let args = vec![std::mem::replace(node, AstNode::Undefined)];
        *node = AstNode::Function { name: functions::BOUNDED.to_owned(), args, is_builtin: true };
        self.analysis.functions.insert(functions::BOUNDED);
    }

    /// `$now(...)`: the time is given to the evaluation, and writing it is what `$fromMillis` does.
    fn now(&mut self, mut args: Vec<AstNode>) -> AstNode {
        self.analysis.functions.insert("millis");
        args.insert(
            0,
            AstNode::Function { name: "millis".to_owned(), args: Vec::new(), is_builtin: true },
        );
        AstNode::Function { name: "fromMillis".to_owned(), args, is_builtin: true }
    }
}

/// The call with its long argument checked against the other first, where the library's work or result would grow with the
/// product of the two; `None` where it cannot.
fn guarded(name: &str, args: &mut Vec<AstNode>) -> Option<AstNode> {
    const SHORT: usize = 16;
    // What is checked, and by how much of what it is multiplied.
    let (checked, by) = match (name, args.len()) {
        ("join", 2) => (1, 0),
        ("replace", 3 | 4) => (2, 0),
        ("distinct", 1) => (0, 0),
        _ => return None,
    };
    if matches!(&args[checked], AstNode::String(text) if text.len() <= SHORT) {
        return None;
    }
    let args = std::mem::take(args);
    let procedure = lambda(args.len(), |mut params| {
        let pair = vec![params[checked].clone(), params[by].clone()];
        let name_of_guard = functions::PRODUCT.to_owned();
        params[checked] = AstNode::Function { name: name_of_guard, args: pair, is_builtin: true };
        AstNode::Function { name: name.to_owned(), args: params, is_builtin: true }
    });
    Some(AstNode::Call { procedure: Box::new(procedure), args })
}

/// A function that is only known by name, as a value.
fn lambda(arity: usize, body: impl FnOnce(Vec<AstNode>) -> AstNode) -> AstNode {
    let params: Vec<String> = (1..=arity).map(|at| format!("argument{at}")).collect();
    let body =
        Box::new(body(params.iter().map(|param| AstNode::Variable(param.clone())).collect()));
    AstNode::Lambda { params, body, signature: None, thunk: false }
}

fn refused(message: impl Into<String>) -> SyntaxError {
    SyntaxError { message: message.into(), offset: None }
}
