//! Map: one thread for each item, or for each batch of items when it is distributed.

use std::sync::Arc;

use super::Items;
use super::item_batcher::batcher_of;
use super::map_limits::DISTRIBUTED_CONCURRENCY;
use super::map_run::label;
use crate::asl::{ItemsSource, Map, ProcessorMode, Template};
use crate::engine::children::Parent;
use crate::engine::context::ExecutionContext;
use crate::engine::dataflow::{
    DataError, JsonataScope, evaluate_items_path, evaluate_jsonata, evaluate_jsonata_expression,
    evaluate_template, expect_type, states_object,
};
use crate::engine::failure::Failure;
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::map_runs::child_name;
use crate::engine::program::is_jsonata;
use crate::engine::rehearsal::Rehearsal;
use crate::engine::thread::{Children, Phase, Role, Thread, ThreadIndex, Visit};
use crate::execution::{EventDetails, EventId, EventType};
use crate::json::Value;
use crate::query::Bindings;

impl Machine {
    pub(crate) fn run_map(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
    ) -> StepResult {
        // An inline Map has no Map Run that could read.
        let reader =
            map.item_reader.as_ref().filter(|_| map.processor.mode == ProcessorMode::Distributed);
        if let Some(reader) = reader
            && self.rehearsal.as_ref().is_none_or(|it| it.reads_items)
        {
            return self.start_reading(turn, index, thread, here, map, reader);
        }
        let items = match reader {
            // Tested without anything to read.
            Some(_) => Items::of(Value::array([])),
            None => self.map_items(turn, thread, here, map)?,
        };
        let length = items.len() as u64;
        self.emit(
            turn,
            thread,
            EventType::MapStateStarted,
            EventDetails::MapStateStarted { length },
        );
        let mut children = self.map_children(turn, thread, here, map, items)?;
        let max_concurrency = children.max_concurrency;
        if let Some(run) = &mut children.run {
            let arn = self.start_map_run(turn, thread, here, map);
            run.number = Some(self.record_map_run(turn, here, map, &arn, run, max_concurrency));
            run.arn = Some(arn);
        }
        self.begin_iterations(turn, index, thread, here, map, Box::new(children))
    }

    /// Runs the items that are known by now.
    pub(crate) fn begin_iterations(
        &mut self,
        turn: &mut Turn<'_>,
        index: ThreadIndex,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        mut children: Box<Children>,
    ) -> StepResult {
        if let Some(batcher) = batcher_of(map) {
            children.items = self.batches(turn, thread, here, map, batcher, &children.items)?;
            self.inspect(turn, thread, |data| {
                data.after_item_batcher = Some(children.items.values.clone());
            });
        }
        if let Some(rehearsal) = self.rehearsal.clone() {
            return self.rehearse_iterations(turn, thread, here, map, &children, &rehearsal);
        }
        let length = children.items.len();
        children.length = length as u64;
        if let Some(record) = self.map_run_mut(&children) {
            record.total = length as u64;
        }
        children.results = vec![Value::Null; length];
        let previous = thread.previous;
        let mut parent = Parent { index, thread, here, children: &mut children };
        self.start_iterations(turn, &mut parent, map, previous)?;
        thread.visit.children = Some(children);
        if length == 0 {
            thread.phase = Phase::ChildrenEnded(Ok(Value::array([])));
            return Ok(Flow::Continue);
        }
        thread.phase = Phase::Children;
        Ok(Flow::Blocked)
    }

    /// What the iterations would have given is made up, but not what they would have got.
    fn rehearse_iterations(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        children: &Children,
        rehearsal: &Rehearsal,
    ) -> StepResult {
        if let (Some(template), None) = (&map.item_selector, batcher_of(map)) {
            let mut selected = Vec::new();
            for index in 0..children.items.len() {
                let map_context = children.items.context(index);
                selected.push(self.select_item(turn, thread, here, template, &map_context)?);
            }
            self.inspect(turn, thread, |data| {
                data.after_item_selector = Some(Value::from(selected));
            });
        }
        let run = children.run.clone().unwrap_or_default();
        let result = rehearsal.iterations(&run, children.items.len());
        thread.phase = Phase::ChildrenEnded(result);
        Ok(Flow::Continue)
    }

    fn map_items(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
    ) -> Result<Items, Failure> {
        let items = if is_jsonata(here.state) {
            self.jsonata_items(thread, here, map)?
        } else {
            let effective = thread.visit.effective.clone();
            self.evaluate(thread, here, &effective, |bindings, random| {
                let (items, path) = match &map.items {
                    ItemsSource::Input => (bindings.input.clone(), "$"),
                    ItemsSource::Path(path) => {
                        (evaluate_items_path(path, bindings, random)?, path.text())
                    }
                    ItemsSource::Computed(template) => {
                        (evaluate_template(template, bindings, random)?, "$")
                    }
                    ItemsSource::Literal(items) => (items.clone(), "$"),
                };
                Items::among(items, map.processor.mode).ok().ok_or_else(|| {
                    DataError::runtime(format!("Reference path \"{path}\" must point to array."))
                })
            })?
        };
        self.inspect(turn, thread, |data| data.after_items_path = Some(items.values.clone()));
        Ok(items)
    }

    fn jsonata_items(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
    ) -> Result<Items, Failure> {
        let mode = map.processor.mode;
        self.evaluate_jsonata(thread, here, None, None, |scope, random| {
            let field = "Items";
            let value = match &map.items {
                ItemsSource::Input => {
                    let input = scope.states.get("input").cloned().unwrap_or_default();
                    return Items::among(input, mode).map_err(|input| {
                        let cause = format!("Map state input must be an array but was: {input}");
                        DataError::evaluation(cause, None)
                    });
                }
                ItemsSource::Literal(items) => items.clone(),
                ItemsSource::Path(expression)
                | ItemsSource::Computed(Template::Expression(expression)) => {
                    let value = evaluate_jsonata_expression(expression, field, scope, random)?;
                    return Items::among(value, mode).or_else(|value| {
                        expect_type(value, "array", expression.text(), field).map(Items::of)
                    });
                }
                ItemsSource::Computed(template) => {
                    evaluate_jsonata(template, field, scope, random)?
                }
            };
            Items::among(value, mode).or_else(|value| {
                let text = value.to_string();
                expect_type(value, "array", &text, field).map(Items::of)
            })
        })
    }

    /// Starts iterations up to the limit. The first ones hang on the Map's started event, later ones on what came last in the
    /// iteration whose end made room.
    pub(crate) fn start_iterations(
        &mut self,
        turn: &mut Turn<'_>,
        parent: &mut Parent<'_>,
        map: &Map,
        previous: EventId,
    ) -> Result<(), Failure> {
        let (parent_index, here) = (parent.index, parent.here);
        let (parent, children) = (&mut *parent.thread, &mut *parent.children);
        while children.next < children.length
            && (children.running.len() as u64) < children.max_concurrency
        {
            // Maps inside Maps share what one may have; each goes on with one iteration at least.
            if map.processor.mode == ProcessorMode::Distributed
                && !children.running.is_empty()
                && self.child_executions() >= DISTRIBUTED_CONCURRENCY as usize
            {
                break;
            }
            let index = children.next;
            children.next += 1;
            let at = usize::try_from(index).unwrap_or(usize::MAX);
            let item = children.items.values.at(at).cloned().unwrap_or_default();
            let map_context = children.items.context(at);
            let batched = batcher_of(map).is_some();
            let input = match &map.item_selector {
                Some(template) if !batched => {
                    self.select_item(turn, parent, here, template, &map_context)?
                }
                Some(_) | None => item,
            };
            let mut map_indices = parent.map_indices.to_vec();
            map_indices.push(index);
            let (scope, previous) = match map.processor.mode {
                ProcessorMode::Inline => {
                    let details =
                        EventDetails::MapIteration { name: Arc::clone(&here.meta.name), index };
                    let started = self.append(
                        turn,
                        parent.scope,
                        previous,
                        EventType::MapIterationStarted,
                        details,
                    );
                    (parent.scope, started)
                }
                ProcessorMode::Distributed => {
                    let arn = children.run.as_ref().and_then(|it| it.arn.clone());
                    let name = child_name(arn.as_deref().unwrap_or_default(), index);
                    let label = label(here, map);
                    let kind = map.processor.execution_type.unwrap_or_default();
                    let context =
                        ExecutionContext::child(&self.start, kind, &label, &name, turn.at, &input);
                    let scope = self.add_child_context(context);
                    self.child_began(turn, scope, children, index, &input);
                    (scope, EventId(0))
                }
            };
            let state = here.meta.scopes.first().and_then(|scope| here.program.start_of(*scope));
            let thread = Thread {
                parent: Some(parent_index),
                role: Role::Iteration { index },
                scope,
                previous,
                // A child execution of a distributed Map does not see the variables outside.
                variables: match map.processor.mode {
                    ProcessorMode::Inline => Arc::clone(&parent.variables),
                    ProcessorMode::Distributed => Arc::default(),
                },
                variables_bytes: match map.processor.mode {
                    ProcessorMode::Inline => parent.variables_bytes,
                    ProcessorMode::Distributed => 0,
                },
                map_context: Some(map_context),
                map_indices: map_indices.into(),
                phase: Phase::Enter { state, input },
                visit: Visit::default(),
            };
            let thread = self.add_thread(thread);
            if scope != parent.scope {
                self.set_root(scope, thread);
            }
            children.running.insert(index, thread);
        }
        Ok(())
    }

    /// `ItemSelector`, with `$$.Map.Item` of the iteration to come.
    pub(super) fn select_item(
        &mut self,
        turn: &mut Turn<'_>,
        parent: &mut Thread,
        here: Here<'_>,
        template: &Template,
        map_context: &Value,
    ) -> Result<Value, Failure> {
        let mut context = self.context(parent, here, true).as_object().cloned().unwrap_or_default();
        context.insert("Map".into(), map_context.clone());
        let context = Value::from(context);
        let selected = if is_jsonata(here.state) {
            let states = states_object(&parent.visit.input, &context, None, None);
            let scope = JsonataScope { states: &states, variables: &parent.variables };
            evaluate_jsonata(template, "ItemSelector", scope, &mut self.random)
        } else {
            let bindings = Bindings {
                input: &parent.visit.effective,
                context: &context,
                variables: &parent.variables,
            };
            evaluate_template(template, &bindings, &mut self.random)
        };
        let selected = selected.map_err(Self::locate(parent, here))?;
        self.keep(parent, here, &selected)?;
        let first = map_context.get("Item").and_then(|it| it.get("Index")).and_then(Value::as_i64)
            == Some(0);
        if first {
            self.inspect(turn, parent, |data| data.after_item_selector = Some(selected.clone()));
        }
        Ok(selected)
    }
}
