//! Expressions, evaluated on demand. Nothing fails: what cannot be known is [`Kind::Unknown`] in its own words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hcl_edit::expr::{
    BinaryOp, BinaryOperator, Expression, ForExpr, Object, ObjectKey, TraversalOperator,
    UnaryOperator,
};
use hcl_edit::{Decorated, Span as _};
use indexmap::IndexMap;

use super::super::discover::Opening;
use super::module::{Module, Written, WrittenBlock, span_of};
use super::value::{Kind, Place, Val};
use super::{Call, Instance, MAX_MODULES, Repetition, SourceFile, is_local};
use crate::json::Number;

/// Expressions in expressions and references in references.
const MAX_DEPTH: usize = 160;
/// Expressions that one project may evaluate, so that loops in loops end.
const MAX_STEPS: u32 = 300_000;
/// More repetitions of a block than anybody can look at.
pub(super) const MAX_REPETITIONS: usize = 50;

pub(super) struct Evaluator<'o> {
    pub(super) opening: &'o mut Opening,
    pub(super) files: Vec<SourceFile>,
    pub(super) instances: Vec<Instance>,
    /// By module and address.
    cache: BTreeMap<(usize, String), Val>,
    /// What is being evaluated: whoever asks for it again runs in a circle.
    pending: Vec<(usize, String)>,
    depth: usize,
    steps: u32,
}

/// What names mean at a place.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) module: usize,
    pub(super) file: usize,
    pub(super) repetition: Repetition,
    /// Variables of `for` and of templates, inner last.
    pub(super) names: Vec<(String, Val)>,
    /// A template file sees its own variables and nothing else.
    pub(super) closed: bool,
}

impl Scope {
    pub(super) fn new(module: usize, file: usize, repetition: &Repetition) -> Self {
        Self { module, file, repetition: repetition.clone(), names: Vec::new(), closed: false }
    }

    pub(super) fn with(&self, name: &str, value: Val) -> Self {
        let mut inner = self.clone();
        inner.names.push((name.to_owned(), value));
        inner
    }
}

impl<'o> Evaluator<'o> {
    pub(super) fn new(opening: &'o mut Opening) -> Self {
        Self {
            opening,
            files: Vec::new(),
            instances: Vec::new(),
            cache: BTreeMap::new(),
            pending: Vec::new(),
            depth: 0,
            steps: 0,
        }
    }

    pub(super) fn module_count(&self) -> usize {
        self.instances.len()
    }

    pub(super) fn resources_of(&self, module: usize) -> Vec<(String, WrittenBlock)> {
        let resources = &self.instances[module].module.resources;
        resources.iter().map(|(address, block)| (address.clone(), block.clone())).collect()
    }

    /// Reads a folder as a module; its index.
    pub(super) fn add_module(&mut self, folder: &Path, call: Option<Call>) -> usize {
        let known = self
            .instances
            .iter()
            .find(|it| it.module.folder == folder)
            .map(|it| Arc::clone(&it.module));
        let module =
            known.unwrap_or_else(|| Arc::new(Module::read(self.opening, folder, &mut self.files)));
        let path = match &call {
            Some(call) => {
                let key = call
                    .repetition
                    .each
                    .as_ref()
                    .and_then(|(key, _)| key.in_text())
                    .unwrap_or_default();
                format!(
                    "{}module.{}[{key}].",
                    self.instances[call.caller].path,
                    call.block.label(0)
                )
            }
            None => String::new(),
        };
        self.instances.push(Instance { module, path, call });
        self.instances.len() - 1
    }

    /// Reads the local modules that a module uses, and theirs.
    pub(super) fn add_called_modules(&mut self, from: usize) {
        let mut next = from;
        while next < self.instances.len() {
            let calls: Vec<_> = self.instances[next].module.calls.values().cloned().collect();
            for block in calls {
                self.add_called(next, &block);
            }
            next += 1;
        }
    }

    fn add_called(&mut self, caller: usize, block: &WrittenBlock) {
        let source = block
            .attribute("source")
            .map(|it| (it.expression.as_str().unwrap_or_default().to_owned(), it));
        let Some((source, written)) = source else { return };
        let place = Place { file: written.file, span: span_of(written.expression.span()) };
        let name = block.label(0).to_owned();
        let folder = if is_local(&source) {
            let folder = self.instances[caller].module.folder.clone();
            self.opening.reader.locate(&folder, &source).map_err(|err| err.to_string())
        } else {
            Err(format!("'{source}' is not part of this project, and nothing is fetched"))
        };
        // A module that uses itself would be read for ever.
        let recursive = |folder: &Path| {
            let mut at = Some(caller);
            std::iter::from_fn(|| {
                let instance = &self.instances[at?];
                at = instance.call.as_ref().map(|call| call.caller);
                Some(instance.module.folder.clone())
            })
            .any(|used| used == folder)
        };
        let folder = folder.and_then(|folder| {
            if recursive(&folder) { Err("it uses itself".to_owned()) } else { Ok(folder) }
        });
        match folder {
            Err(message) => self.problem(
                place,
                "terraform-module",
                format!("The module '{name}' can't be resolved: {message}"),
                "What it would make is missing here; its outputs are shown as placeholders.",
            ),
            Ok(folder) => {
                for repetition in
                    self.repetitions(caller, block).unwrap_or_else(|| vec![Repetition::default()])
                {
                    if self.instances.len() >= MAX_MODULES {
                        return;
                    }
                    self.add_module(
                        &folder,
                        Some(Call { caller, block: block.clone(), repetition }),
                    );
                }
            }
        }
    }

    /// How often a block with `count` or `for_each` stands for something; `None` when nobody can know.
    pub(super) fn repetitions(
        &mut self,
        module: usize,
        block: &WrittenBlock,
    ) -> Option<Vec<Repetition>> {
        let scope = Scope::new(module, block.file, &Repetition::default());
        if let Some(count) = block.attribute("count") {
            let count = self.written(&count, &scope);
            let number = count.as_number()?;
            let times = if number > 0.0 { (number as usize).min(MAX_REPETITIONS) } else { 0 };
            let at = |index: usize| Val::int(count.place, i64::try_from(index).unwrap_or_default());
            return Some(
                (0..times).map(|index| Repetition { each: None, count: Some(at(index)) }).collect(),
            );
        }
        let Some(each) = block.attribute("for_each") else {
            return Some(vec![Repetition::default()]);
        };
        let each = self.written(&each, &scope);
        let pairs: Vec<(Val, Val)> = match &each.kind {
            Kind::Object(members) => members
                .iter()
                .map(|(name, value)| (Val::text(each.place, name), value.clone()))
                .collect(),
            Kind::List(items) => items.iter().map(|item| (item.clone(), item.clone())).collect(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Unknown(_) => {
                return None;
            }
        };
        let pairs = pairs.into_iter().take(MAX_REPETITIONS);
        Some(pairs.map(|pair| Repetition { each: Some(pair), count: None }).collect())
    }

    pub(super) fn problem(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let Some(file) = self.files.get(place.file) else { return };
        let path = file.path.clone();
        self.opening.problem(&path, place.span, code, message, remedy);
    }

    /// The words of a place.
    pub(super) fn words(&self, place: Place) -> String {
        let text = self
            .files
            .get(place.file)
            .and_then(|file| file.text.get(place.span.start..place.span.end));
        text.unwrap_or_default().trim().to_owned()
    }

    pub(super) fn unknown(&self, place: Place) -> Val {
        Val::unknown(place, &self.words(place))
    }

    /// Something with an address, once; a circle is unknown.
    pub(super) fn once(
        &mut self,
        key: (usize, String),
        place: Place,
        make: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        if let Some(known) = self.cache.get(&key) {
            return known.clone();
        }
        if self.pending.contains(&key) {
            return self.unknown(place);
        }
        self.pending.push(key.clone());
        let value = make(self);
        self.pending.pop();
        self.cache.insert(key, value.clone());
        value
    }

    pub(super) fn written(&mut self, written: &Written, scope: &Scope) -> Val {
        let scope = Scope { file: written.file, ..scope.clone() };
        self.expression(&written.expression, &scope)
    }

    pub(super) fn expression(&mut self, expression: &Expression, scope: &Scope) -> Val {
        let place = Place { file: scope.file, span: span_of(expression.span()) };
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            return self.unknown(place);
        }
        self.depth += 1;
        let value = self.at_depth(expression, scope, place);
        self.depth -= 1;
        value
    }

    fn at_depth(&mut self, expression: &Expression, scope: &Scope, place: Place) -> Val {
        match expression {
            Expression::Null(_) => Val::new(place, Kind::Null),
            Expression::Bool(truth) => Val::new(place, Kind::Bool(*truth.value())),
            Expression::Number(number) => {
                let number = number.value();
                let number = number.as_i64().map_or_else(
                    || Number::Float(number.as_f64().unwrap_or_default()),
                    Number::Int,
                );
                Val::new(place, Kind::Number(number))
            }
            Expression::String(text) => self.quoted(text.value(), place),
            Expression::Array(array) => {
                let items = array.iter().map(|item| self.expression(item, scope)).collect();
                Val::list(place, items)
            }
            Expression::Object(object) => self.object(object, scope, place),
            Expression::StringTemplate(template) => self.template(template, scope, place),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, scope, place),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), scope),
            Expression::Variable(name) => self.reference(name.as_str(), &[], scope, place),
            Expression::Conditional(conditional) => {
                match self.expression(&conditional.cond_expr, scope).as_bool() {
                    Some(true) => self.expression(&conditional.true_expr, scope),
                    Some(false) => self.expression(&conditional.false_expr, scope),
                    None => self.unknown(place),
                }
            }
            Expression::FuncCall(call) => {
                let mut arguments: Vec<Val> =
                    call.args.iter().map(|it| self.expression(it, scope)).collect();
                if call.args.expand_final()
                    && let Some(last) = arguments.pop()
                {
                    match last.as_list() {
                        Some(items) => arguments.extend(items.iter().cloned()),
                        None => return self.unknown(place),
                    }
                }
                if call.name.is_namespaced() {
                    return self.unknown(place);
                }
                self.function(call.name.name.as_str(), &arguments, scope, place)
            }
            Expression::Traversal(traversal) => {
                if let Expression::Variable(name) = &traversal.expr {
                    return self.reference(name.as_str(), &traversal.operators, scope, place);
                }
                let base = self.expression(&traversal.expr, scope);
                self.traverse(base, &traversal.operators, scope, place)
            }
            Expression::UnaryOp(unary) => {
                let value = self.expression(&unary.expr, scope);
                let operator = *unary.operator.value();
                let number = value.as_number();
                match (operator, value.as_bool(), number) {
                    (UnaryOperator::Not, Some(truth), _) => Val::new(place, Kind::Bool(!truth)),
                    (UnaryOperator::Neg, _, Some(number)) => Val::new(place, number_kind(-number)),
                    (UnaryOperator::Not | UnaryOperator::Neg, _, _) => self.unknown(place),
                }
            }
            Expression::BinaryOp(binary) => self.binary(binary, scope, place),
            Expression::ForExpr(each) => self.for_each(each, scope, place),
        }
    }

    /// A string without interpolation, with its way back.
    fn quoted(&self, text: &str, place: Place) -> Val {
        let raw = self
            .files
            .get(place.file)
            .and_then(|file| file.text.get(place.span.start..place.span.end));
        let mut found = super::value::Text { file: place.file, ..Default::default() };
        match raw {
            Some(raw) => found.source.push_decoded(text, raw, place.span.start),
            None => found.source.push_filled(text, place.span),
        }
        Val::new(place, Kind::Text(Arc::new(found)))
    }

    fn object(&mut self, object: &Object, scope: &Scope, place: Place) -> Val {
        let mut members = IndexMap::new();
        for (key, value) in object {
            let name = match key {
                // A bare word in front of an equals sign is a name, in parentheses an expression.
                ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
                    name.as_str().to_owned()
                }
                ObjectKey::Expression(key) => {
                    let key = self.expression(key, scope);
                    key.in_text().unwrap_or_default()
                }
            };
            members.insert(name, self.expression(value.expr(), scope));
        }
        Val::object(place, members)
    }

    /// `[0]`, `.name` and `[*]` on a value.
    pub(super) fn traverse(
        &mut self,
        base: Val,
        operators: &[Decorated<TraversalOperator>],
        scope: &Scope,
        place: Place,
    ) -> Val {
        let mut value = base;
        for (at, operator) in operators.iter().enumerate() {
            let found = match operator.value() {
                TraversalOperator::GetAttr(name) => {
                    value.as_object().and_then(|it| it.get(name.as_str()).cloned())
                }
                TraversalOperator::Index(index) => {
                    let index = self.expression(index, scope);
                    item_of(&value, &index)
                }
                TraversalOperator::LegacyIndex(index) => usize::try_from(*index.value())
                    .ok()
                    .and_then(|index| value.as_list()?.get(index).cloned()),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    if value.is_unknown() {
                        return self.unknown(place);
                    }
                    let items = match &value.kind {
                        Kind::List(items) => items.to_vec(),
                        Kind::Null => Vec::new(),
                        Kind::Bool(_)
                        | Kind::Number(_)
                        | Kind::Text(_)
                        | Kind::Object(_)
                        | Kind::Unknown(_) => {
                            vec![value.clone()]
                        }
                    };
                    let rest = &operators[at + 1..];
                    let items = items
                        .into_iter()
                        .map(|item| self.traverse(item, rest, scope, place))
                        .collect();
                    return Val::list(place, items);
                }
            };
            match found {
                Some(found) => value = found,
                None => return self.unknown(place),
            }
        }
        value
    }

    fn binary(&mut self, binary: &BinaryOp, scope: &Scope, place: Place) -> Val {
        use BinaryOperator as Op;
        let left = self.expression(&binary.lhs_expr, scope);
        let operator = *binary.operator.value();
        // What is already decided does not hang on the other side.
        match (operator, left.as_bool()) {
            (Op::And, Some(false)) => return Val::new(place, Kind::Bool(false)),
            (Op::Or, Some(true)) => return Val::new(place, Kind::Bool(true)),
            _ => {}
        }
        let right = self.expression(&binary.rhs_expr, scope);
        let numbers = || left.as_number().zip(right.as_number());
        let compared = |holds: fn(&f64, &f64) -> bool| {
            numbers().map(|(left, right)| Kind::Bool(holds(&left, &right)))
        };
        let computed = |result: fn(f64, f64) -> f64| {
            numbers().map(|(left, right)| number_kind(result(left, right)))
        };
        let kind = match operator {
            Op::And | Op::Or => {
                right.as_bool().filter(|_| left.as_bool().is_some()).map(Kind::Bool)
            }
            Op::Eq | Op::NotEq => {
                let same =
                    (!left.is_unknown() && !right.is_unknown()).then(|| equal(&left, &right));
                same.map(|same| Kind::Bool(same == (operator == Op::Eq)))
            }
            Op::Less => compared(f64::lt),
            Op::LessEq => compared(f64::le),
            Op::Greater => compared(f64::gt),
            Op::GreaterEq => compared(f64::ge),
            Op::Plus => computed(|left, right| left + right),
            Op::Minus => computed(|left, right| left - right),
            Op::Mul => computed(|left, right| left * right),
            Op::Div => computed(|left, right| left / right),
            Op::Mod => computed(|left, right| left % right),
        };
        kind.map_or_else(|| self.unknown(place), |kind| Val::new(place, kind))
    }

    fn for_each(&mut self, each: &ForExpr, scope: &Scope, place: Place) -> Val {
        let collection = self.expression(&each.intro.collection_expr, scope);
        let Some(pairs) = pairs_of(&collection) else { return self.unknown(place) };
        let (mut items, mut members): (Vec<Val>, IndexMap<String, Val>) =
            (Vec::new(), IndexMap::new());
        let mut groups: IndexMap<String, Vec<Val>> = IndexMap::new();
        for (key, value) in pairs {
            let mut inner = scope.with(each.intro.value_var.as_str(), value);
            if let Some(name) = &each.intro.key_var {
                inner = inner.with(name.as_str(), key);
            }
            let wanted =
                each.cond.as_ref().map(|cond| self.expression(&cond.expr, &inner).as_bool());
            match wanted {
                Some(Some(false)) => continue,
                Some(None) => return self.unknown(place),
                Some(Some(true)) | None => {}
            }
            let value = self.expression(&each.value_expr, &inner);
            match &each.key_expr {
                None => items.push(value),
                Some(key) => {
                    let name = self.expression(key, &inner).in_text().unwrap_or_default();
                    if each.grouping {
                        groups.entry(name).or_default().push(value);
                    } else {
                        members.insert(name, value);
                    }
                }
            }
        }
        if each.key_expr.is_none() {
            return Val::list(place, items);
        }
        members.extend(groups.into_iter().map(|(name, items)| (name, Val::list(place, items))));
        Val::object(place, members)
    }
}

/// The keys and values of a list or object.
pub(super) fn pairs_of(collection: &Val) -> Option<Vec<(Val, Val)>> {
    match &collection.kind {
        Kind::List(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    (Val::int(item.place, i64::try_from(index).unwrap_or(i64::MAX)), item.clone())
                })
                .collect(),
        ),
        Kind::Object(members) => Some(
            members
                .iter()
                .map(|(name, value)| (Val::text(value.place, name), value.clone()))
                .collect(),
        ),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Unknown(_) => None,
    }
}

/// `value[index]`
pub(super) fn item_of(value: &Val, index: &Val) -> Option<Val> {
    match &value.kind {
        Kind::List(items) => {
            let index = index.as_number().filter(|index| *index >= 0.0 && index.fract() == 0.0)?;
            items.get(index as usize).cloned()
        }
        Kind::Object(members) => members.get(&index.in_text()?).cloned(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Unknown(_) => None,
    }
}

fn equal(left: &Val, right: &Val) -> bool {
    match (&left.kind, &right.kind) {
        (Kind::Number(left), Kind::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left.to_value() == right.to_value(),
    }
}

/// Whole results stay whole.
pub(super) fn number_kind(number: f64) -> Kind {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Kind::Number(Number::Int(number as i64))
    } else if number.is_finite() {
        Kind::Number(Number::Float(number))
    } else {
        Kind::Null
    }
}
