//! Rendering: blocks, directives and references against a scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::input::Input;
use super::syntax::{Block, Expression, Macros, Node, Reference, Step};
use super::value::{Datum, Heap, ListId, MAX_WORK, Members};
use super::{Rendered, Template, TemplateError, TemplateScope, collections, parse, strings, util};
use crate::json::Value;

/// Nodes and expressions that one rendering may visit.
const MAX_STEPS: usize = 2_000_000;
/// Blocks, calls and expressions within each other.
const MAX_DEPTH: usize = 160;
/// What API Gateway passes on at most.
const MAX_OUTPUT_BYTES: usize = 10 * 1024 * 1024;
/// A `#foreach` ends silently after this many rounds: API Gateway's documented quota.
const MAX_ROUNDS: usize = 1000;

/// What a variable stands for.
#[derive(Clone)]
enum Binding {
    Value(Datum),
    /// `#define`: rendered anew wherever it is used.
    Block(Block),
}

/// Whether to go on after a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    Break,
    Stop,
}

pub(super) struct Renderer<'a> {
    pub(super) heap: Heap,
    variables: BTreeMap<Arc<str>, Binding>,
    macros: Macros,
    input: Input<'a>,
    steps: usize,
    depth: usize,
}

pub(super) fn render(
    template: &Template,
    scope: &TemplateScope,
) -> Result<Rendered, TemplateError> {
    Renderer::new(template, scope, MAX_WORK).render(template, scope)
}

impl<'a> Renderer<'a> {
    pub(super) fn new(template: &Template, scope: &'a TemplateScope, max_work: usize) -> Self {
        Self {
            heap: Heap::new(max_work),
            variables: BTreeMap::new(),
            macros: template.macros.clone(),
            input: Input::new(scope),
            steps: 0,
            depth: 0,
        }
    }

    pub(super) fn render(
        &mut self,
        template: &Template,
        scope: &TemplateScope,
    ) -> Result<Rendered, TemplateError> {
        for (name, value) in &scope.variables {
            let value = self.heap.load(value)?;
            self.assign(name.as_str().into(), value);
        }
        let context = self.heap.load(&scope.context)?;
        let stage_variables = self.heap.load(&scope.stage_variables)?;
        self.assign("context".into(), context.clone());
        self.assign("stageVariables".into(), stage_variables);
        self.assign("input".into(), Datum::Input);
        self.assign("util".into(), Datum::Util);
        let mut text = String::new();
        self.block(&template.body, &mut text)?;
        let context = self.heap.to_json(&context).unwrap_or(Value::Null);
        Ok(Rendered { text, context })
    }
}

impl Renderer<'_> {
    fn block(&mut self, block: &[Node], out: &mut String) -> Result<Flow, TemplateError> {
        self.enter()?;
        let mut flow = Flow::Continue;
        for node in block {
            flow = self.node(node, out)?;
            if flow != Flow::Continue {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &Node, out: &mut String) -> Result<Flow, TemplateError> {
        self.count_step()?;
        match node {
            Node::Text(text) => self.print(text, out)?,
            Node::Reference(reference) => {
                let value = self.reference(reference)?;
                self.print_datum(&value, out)?;
            }
            Node::Escaped { backslashes, reference } => {
                self.escaped(*backslashes, reference, out)?;
            }
            Node::Set { target, value } => {
                let value = self.expression(value)?;
                self.set(target, value)?;
            }
            Node::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if is_true(&self.expression(condition)?) {
                        return self.block(body, out);
                    }
                }
                if let Some(body) = otherwise {
                    return self.block(body, out);
                }
            }
            Node::Foreach { variable, items, body } => {
                return self.foreach(variable, items, body, out);
            }
            Node::Define { name, body } => {
                self.variables.insert(name.clone(), Binding::Block(body.clone()));
            }
            Node::Call { name, arguments, source } => {
                return self.call_macro(name, arguments, source, out);
            }
            Node::Evaluate(expression) => return self.evaluate(expression, out),
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
        }
        Ok(Flow::Continue)
    }

    fn escaped(
        &mut self,
        backslashes: usize,
        reference: &Reference,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        let defined = self.variables.contains_key(&reference.name);
        let kept = if defined { backslashes / 2 } else { backslashes };
        self.print(&"\\".repeat(kept), out)?;
        if backslashes % 2 == 1 {
            return self.print(&reference.source, out);
        }
        let value = self.reference(reference)?;
        self.print_datum(&value, out)
    }

    fn set(&mut self, target: &Reference, value: Datum) -> Result<(), TemplateError> {
        let Some((last, path)) = target.steps.split_last() else {
            self.assign(target.name.clone(), value);
            return Ok(());
        };
        let mut holder = self.variable(&target.name)?;
        for step in path {
            holder = self.step(&holder, step)?;
        }
        match (last, holder) {
            (Step::Property(name), Datum::Map(id)) => {
                self.heap.count_work(name.len())?;
                self.heap.put(id, name.clone(), value)?;
            }
            (Step::Index(index), Datum::Map(id)) => {
                let index = self.expression(index)?;
                let name = self.heap.name(&index)?;
                self.heap.put(id, name, value)?;
            }
            (Step::Index(index), Datum::List(id)) => {
                if let Datum::Int(at) = self.expression(index)?
                    && let Some(slot) = list_index(at, self.heap.list(id).items.len())
                {
                    self.heap.list_mut(id).items[slot] = value;
                }
            }
            // What cannot be set is left alone, as Velocity does.
            (Step::Property(_) | Step::Index(_) | Step::Method(..), _) => {}
        }
        Ok(())
    }

    fn foreach(
        &mut self,
        variable: &Arc<str>,
        items: &Expression,
        body: &[Node],
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let items = self.expression(items)?;
        let items: Vec<Datum> = if let Datum::List(id) = items {
            self.heap.list(id).items.iter().take(MAX_ROUNDS + 1).cloned().collect()
        } else if let Datum::Map(id) = items {
            // A map is walked over its values.
            self.heap.map(id).values().take(MAX_ROUNDS + 1).cloned().collect()
        } else {
            Vec::new()
        };
        self.heap.count_visits(items.len())?;
        let names: [Arc<str>; 4] =
            [variable.clone(), "foreach".into(), "velocityCount".into(), "velocityHasNext".into()];
        let saved = names.clone().map(|name| self.variables.get(&name).cloned());
        let parent = self.variable("foreach")?;
        let state = self.heap.new_map_id(Members::new())?;
        let mut flow = Flow::Continue;
        for (index, item) in items.iter().take(MAX_ROUNDS).enumerate() {
            let has_next = index + 1 < items.len();
            let members = self.heap.map_mut(state);
            members.insert("index".into(), index.into());
            members.insert("count".into(), (index + 1).into());
            members.insert("hasNext".into(), Datum::Bool(has_next));
            members.insert("first".into(), Datum::Bool(index == 0));
            members.insert("last".into(), Datum::Bool(!has_next));
            members.insert("parent".into(), parent.clone());
            let values =
                [item.clone(), Datum::Map(state), (index + 1).into(), Datum::Bool(has_next)];
            for (name, value) in names.iter().zip(values) {
                self.assign(name.clone(), value);
            }
            flow = self.block(body, out)?;
            if flow != Flow::Continue {
                break;
            }
        }
        for (name, binding) in names.into_iter().zip(saved) {
            match binding {
                Some(binding) => self.variables.insert(name, binding),
                None => self.variables.remove(&name),
            };
        }
        Ok(if flow == Flow::Break { Flow::Continue } else { flow })
    }

    fn call_macro(
        &mut self,
        name: &Arc<str>,
        arguments: &[Expression],
        source: &str,
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let Some(definition) = self.macros.get(name).cloned() else {
            self.print(source, out)?;
            return Ok(Flow::Continue);
        };
        self.heap.count_visits(definition.parameters.len())?;
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.expression(argument)?);
        }
        let saved: Vec<_> = definition
            .parameters
            .iter()
            .map(|name| (name.clone(), self.variables.remove(name)))
            .collect();
        for (name, value) in definition.parameters.iter().zip(values) {
            self.assign(name.clone(), value);
        }
        let flow = self.block(&definition.body, out)?;
        for (name, binding) in saved {
            match binding {
                Some(binding) => self.variables.insert(name, binding),
                None => self.variables.remove(&name),
            };
        }
        // `#break` in a macro ends the macro.
        Ok(if flow == Flow::Break { Flow::Continue } else { flow })
    }

    fn evaluate(
        &mut self,
        expression: &Expression,
        out: &mut String,
    ) -> Result<Flow, TemplateError> {
        let value = self.expression(expression)?;
        let text = self.heap.text(&value)?;
        self.heap.count_visits(text.len())?;
        let (body, macros) = parse::parse(&text)?;
        self.macros.extend(macros);
        self.block(&body, out)
    }

    /// A reference's value. Nothing, at any step, is the empty string: API Gateway replaces it wherever a reference stands.
    pub(super) fn reference(&mut self, reference: &Reference) -> Result<Datum, TemplateError> {
        let mut value = self.variable(&reference.name)?;
        for step in &reference.steps {
            value = self.step(&value, step)?;
        }
        Ok(if value == Datum::Null { "".into() } else { value })
    }

    fn variable(&mut self, name: &str) -> Result<Datum, TemplateError> {
        self.heap.count_work(name.len())?;
        match self.variables.get(name).cloned() {
            Some(Binding::Value(value)) => Ok(value),
            Some(Binding::Block(block)) => {
                let mut text = String::new();
                let _a_stop_ends_the_block = self.block(&block, &mut text)?;
                Ok(text.into())
            }
            None => Ok(Datum::Null),
        }
    }

    fn step(&mut self, holder: &Datum, step: &Step) -> Result<Datum, TemplateError> {
        self.count_step()?;
        let found = match step {
            Step::Property(name) => {
                self.heap.count_work(name.len())?;
                self.property(holder, name)
            }
            Step::Index(index) => {
                let index = self.expression(index)?;
                match (holder, index) {
                    (Datum::List(id), Datum::Int(at)) => self.item(*id, at),
                    (_, index) => {
                        let name = self.heap.name(&index)?;
                        self.property(holder, &name)
                    }
                }
            }
            Step::Method(method, arguments) => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.expression(argument)?);
                }
                return Ok(self.call(holder, method, &values)?.unwrap_or(Datum::Null));
            }
        };
        Ok(found.unwrap_or(Datum::Null))
    }

    fn item(&self, id: ListId, at: i64) -> Option<Datum> {
        let items = &self.heap.list(id).items;
        items.get(list_index(at, items.len())?).cloned()
    }

    fn property(&self, holder: &Datum, name: &str) -> Option<Datum> {
        match holder {
            Datum::Map(id) => self.heap.map(*id).get(name).cloned(),
            Datum::List(id) if name == "empty" => {
                Some(Datum::Bool(self.heap.list(*id).items.is_empty()))
            }
            Datum::Text(text) if name == "empty" => Some(Datum::Bool(text.is_empty())),
            Datum::Entry(id) if name == "key" => Some(Datum::Text(self.heap.entry(*id).0.clone())),
            Datum::Entry(id) if name == "value" => Some(self.heap.entry(*id).1.clone()),
            Datum::Input => self.input.property(name),
            Datum::List(_)
            | Datum::Text(_)
            | Datum::Entry(_)
            | Datum::Null
            | Datum::Bool(_)
            | Datum::Int(_)
            | Datum::Float(_)
            | Datum::Util => None,
        }
    }

    fn call(&mut self, holder: &Datum, method: &str, arguments: &[Datum]) -> strings::Answer {
        let heap = &mut self.heap;
        match holder {
            // Nothing is the empty string here too, so `$nothing.length()` is 0.
            Datum::Null => strings::call_text(heap, &"".into(), method, arguments),
            Datum::Text(text) => strings::call_text(heap, text, method, arguments),
            Datum::Bool(_) | Datum::Int(_) | Datum::Float(_) => {
                strings::call_scalar(heap, holder, method, arguments)
            }
            Datum::List(id) => collections::call_list(heap, *id, method, arguments),
            Datum::Map(id) => collections::call_map(heap, *id, method, arguments),
            Datum::Entry(id) => collections::call_entry(heap, *id, method),
            Datum::Input => self.input.call(heap, method, arguments),
            Datum::Util => util::call(heap, method, arguments),
        }
    }

    fn assign(&mut self, name: Arc<str>, value: Datum) {
        self.variables.insert(name, Binding::Value(value));
    }

    /// A string with references in it.
    pub(super) fn interpolate(&mut self, block: &[Node]) -> Result<Datum, TemplateError> {
        let mut text = String::new();
        let _a_stop_ends_the_string = self.block(block, &mut text)?;
        Ok(text.into())
    }

    fn print_datum(&self, datum: &Datum, out: &mut String) -> Result<(), TemplateError> {
        if let Datum::Text(text) = datum {
            return self.print(text, out);
        }
        let text = self.heap.text(datum)?;
        self.print(&text, out)
    }

    fn print(&self, text: &str, out: &mut String) -> Result<(), TemplateError> {
        self.heap.count_text(text.len())?;
        if out.len() + text.len() > MAX_OUTPUT_BYTES {
            return Err(TemplateError::limit(
                "the template's output is larger than 10 MB".to_owned(),
            ));
        }
        out.push_str(text);
        Ok(())
    }

    pub(super) fn enter(&mut self) -> Result<(), TemplateError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::limit(format!(
                "the template calls itself deeper than {MAX_DEPTH} levels"
            )));
        }
        self.count_step()
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn count_step(&mut self) -> Result<(), TemplateError> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(TemplateError::limit(format!(
                "the template takes more than {MAX_STEPS} steps"
            )));
        }
        Ok(())
    }
}

/// Only `false` is not true. In Velocity nothing is not true either, but a reference to nothing is the empty string here.
pub(super) fn is_true(datum: &Datum) -> bool {
    !matches!(datum, Datum::Bool(false) | Datum::Null)
}

/// Velocity 1.x counts a negative index from the end.
fn list_index(at: i64, length: usize) -> Option<usize> {
    let at = if at < 0 { at + i64::try_from(length).ok()? } else { at };
    usize::try_from(at).ok().filter(|at| *at < length)
}
