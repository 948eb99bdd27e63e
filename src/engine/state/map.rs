//! Map: one thread for each item, or for each batch of items when it is distributed.

use std::sync::Arc;

use crate::asl::{ItemsSource, Map, ProcessorMode, Template};
use crate::engine::children::Parent;
use crate::engine::context::ExecutionContext;
use crate::engine::dataflow::{
    DataError, JsonataScope, as_integer, evaluate_items_path, evaluate_jsonata,
    evaluate_jsonata_expression, evaluate_path, evaluate_template, expect_type, plain,
    states_object,
};
use crate::engine::failure::Failure;
use crate::engine::limits::{MAX_PAYLOAD_BYTES, exceeds_payload_limit, size_within};
use crate::engine::machine::{Flow, Here, Machine, StepResult, Turn};
use crate::engine::map_runs::{ChildCounts, MapRunRecord, MapRunStatus, child_name};
use crate::engine::program::is_jsonata;
use crate::engine::rehearsal::Rehearsal;
use crate::engine::state::Items;
use crate::engine::thread::{Children, MapRun, Phase, Role, Thread, ThreadIndex, Visit};
use crate::execution::{EventDetails, EventId, EventType};
use crate::json::{Object, Value};
use crate::query::{Bindings, Random as _};

/// AWS runs at most this many inline iterations at a time, whatever `MaxConcurrency` says.
const INLINE_CONCURRENCY: u64 = 40;

/// The child executions that AWS runs at a time for a distributed Map.
const DISTRIBUTED_CONCURRENCY: u64 = 10_000;

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

    pub(crate) fn start_map_run(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
    ) -> Arc<str> {
        let arn = self.map_run_arn(here, map);
        let details = EventDetails::MapRunStarted { map_run_arn: Arc::clone(&arn) };
        self.emit(turn, thread, EventType::MapRunStarted, details);
        arn
    }

    /// Notes a Map Run that begins; its place in the list.
    pub(crate) fn record_map_run(
        &mut self,
        turn: &Turn<'_>,
        here: Here<'_>,
        map: &Map,
        arn: &Arc<str>,
        run: &MapRun,
        max_concurrency: u64,
    ) -> usize {
        let label = label(here, map);
        self.map_runs.push(MapRunRecord {
            arn: Arc::clone(arn),
            state: here.meta.path.clone(),
            state_machine_arn: format!("{}/{label}", self.start.state_machine_arn).into(),
            label: label.into(),
            status: MapRunStatus::Running,
            started_at: turn.at,
            stopped_at: None,
            max_concurrency: if max_concurrency == u64::MAX { 0 } else { max_concurrency },
            tolerated_failure_count: run.tolerated_count,
            tolerated_failure_percentage: run.tolerated_percentage,
            total: 0,
            children: Vec::new(),
            counts: ChildCounts::default(),
        });
        self.map_runs.len() - 1
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

    /// Concurrency and what a distributed Map tolerates. AWS reads these after it has said how many items there are.
    pub(crate) fn map_children(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        items: Items,
    ) -> Result<Children, Failure> {
        let distributed = map.processor.mode == ProcessorMode::Distributed;
        let limit = match &map.max_concurrency {
            None => 0,
            Some(field) => {
                let limit = self.map_number(thread, here, field, "MaxConcurrency")?.unwrap_or(0.0);
                if limit < 0.0 {
                    let cause =
                        format!("Expected non-negative integer, but got '{limit}' instead.");
                    return Err(self.runtime_failure(thread, here, &cause));
                }
                limit as u64
            }
        };
        let most = if distributed { DISTRIBUTED_CONCURRENCY } else { INLINE_CONCURRENCY };
        let max_concurrency = if limit == 0 { most } else { limit.min(most) };
        let run = if distributed {
            let tolerated_count = match &map.tolerated_failure_count {
                None => None,
                Some(field) => self.map_number(thread, here, field, "ToleratedFailureCount")?,
            };
            if tolerated_count.is_some_and(|it| it < 0.0) {
                return Err(self.runtime_failure(
                    thread,
                    here,
                    "ToleratedFailureCount cannot be negative.",
                ));
            }
            let tolerated_percentage = match &map.tolerated_failure_percentage {
                None => None,
                Some(field) => {
                    self.map_number(thread, here, field, "ToleratedFailurePercentage")?
                }
            };
            if tolerated_percentage.is_some_and(|it| !(0.0..=100.0).contains(&it)) {
                return Err(self.runtime_failure(
                    thread,
                    here,
                    "ToleratedFailurePercentage must be between 0 and 100.",
                ));
            }
            Some(MapRun {
                tolerated_count: tolerated_count.map(|it| it as u64),
                tolerated_percentage,
                ..MapRun::default()
            })
        } else {
            None
        };
        self.inspect(turn, thread, |data| {
            data.max_concurrency = Some(limit);
            data.tolerated_failure_count = run.as_ref().and_then(|it: &MapRun| it.tolerated_count);
            data.tolerated_failure_percentage =
                run.as_ref().and_then(|it: &MapRun| it.tolerated_percentage);
        });
        let length = items.len() as u64;
        Ok(Children { items, length, max_concurrency, run, ..Children::default() })
    }

    /// A number field of a Map. `ToleratedFailurePercentage` may have a fraction, the others may not.
    fn map_number<T: Copy + Into<Number>>(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        field: &crate::asl::Field<T>,
        name: &str,
    ) -> Result<Option<f64>, Failure> {
        let expression = match field {
            crate::asl::Field::Literal(number) => return Ok(Some((*number).into().0)),
            crate::asl::Field::Computed(expression) => expression,
        };
        let may_be_fraction = name == "ToleratedFailurePercentage";
        let number = |value: &Value| {
            let whole = as_integer(value).map(|it| it as f64);
            if may_be_fraction {
                whole.or_else(|| value.as_f64().or_else(|| value.as_str()?.parse().ok()))
            } else {
                whole
            }
        };
        if is_jsonata(here.state) {
            return self.evaluate_jsonata(thread, here, None, None, |scope, random| {
                let value = evaluate_jsonata_expression(expression, name, scope, random)?;
                let value = expect_type(value, "number", expression.text(), name)?;
                number(&value).map(Some).ok_or_else(|| {
                    let cause = format!(
                        "The {name} field refers to value \"{value}\" which is not a valid integer."
                    );
                    DataError::evaluation(cause, Some(name))
                })
            });
        }
        let input = thread.visit.effective.clone();
        self.evaluate(thread, here, &input, |bindings, random| {
            let value = evaluate_path(expression, bindings, random)?;
            number(&value).map(Some).ok_or_else(|| {
                let kind = if may_be_fraction { "float" } else { "integer" };
                DataError::runtime(format!(
                    "The {name}Path field refers to value \"{}\" which is not a valid {kind}: {}",
                    plain(&value),
                    expression.text()
                ))
            })
        })
    }

    fn map_run_arn(&mut self, here: Here<'_>, map: &Map) -> Arc<str> {
        let (high, low) = (self.random.next_u64(), self.random.next_u64());
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        );
        let arn = self.start.execution_arn.replacen(":execution:", ":mapRun:", 1);
        let prefix = arn.rsplit_once(':').map_or("", |(prefix, _)| prefix);
        format!("{prefix}/{}:{uuid}", label(here, map)).into()
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
    fn select_item(
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

    /// `ItemBatcher`: items gathered up to a count and a size, with `BatchInput` beside them.
    fn batches(
        &mut self,
        turn: &mut Turn<'_>,
        thread: &mut Thread,
        here: Here<'_>,
        map: &Map,
        batcher: &Template,
        items: &Items,
    ) -> Result<Items, Failure> {
        let settings = if is_jsonata(here.state) {
            self.jsonata(thread, here, batcher, "ItemBatcher", None, None)?
        } else {
            let effective = thread.visit.effective.clone();
            self.template(thread, here, batcher, &effective)?
        };
        let most_items =
            self.batch_limit(thread, here, &settings, "MaxItemsPerBatch")?.unwrap_or(u64::MAX);
        // A batch is an input like any other, so it can never be longer than one may be, whatever it is allowed.
        let longest = MAX_PAYLOAD_BYTES as u64;
        let most_bytes = self
            .batch_limit(thread, here, &settings, "MaxInputBytesPerBatch")?
            .map_or(longest, |it| it.min(longest));
        let around = match settings.get("BatchInput") {
            Some(extra) => r#"{"BatchInput":,"Items":[]}"#.len() + extra.to_string().len(),
            None => r#"{"Items":[]}"#.len(),
        } as u64;
        let mut batches = Vec::new();
        let mut batch: Vec<Value> = Vec::new();
        // A batch comes from where its first item does.
        let mut sources = Vec::new();
        let mut bytes = around;
        for (at, item) in items.values.as_array().into_iter().flatten().enumerate() {
            let item = match &map.item_selector {
                None => item.clone(),
                Some(template) => {
                    self.select_item(turn, thread, here, template, &items.context(at))?
                }
            };
            let size = size_within(&item, usize::MAX).map_or(longest, |it| it.text_bytes as u64);
            let comma = u64::from(!batch.is_empty());
            let full = batch.len() as u64 >= most_items || bytes + comma + size > most_bytes;
            if full && !batch.is_empty() {
                batches.push(std::mem::take(&mut batch));
                bytes = around;
            }
            if batch.is_empty() {
                sources.push((batches.len(), items.source(at)));
            }
            bytes += size + u64::from(!batch.is_empty());
            batch.push(item);
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        let sizes = batches.iter().map(|it| it.len() as u64).collect();
        let batches = Value::array(batches.into_iter().map(|items| {
            let mut input = Object::with_capacity(2);
            if let Some(extra) = settings.get("BatchInput") {
                input.insert("BatchInput".into(), extra.clone());
            }
            input.insert("Items".into(), Value::from(items));
            Value::from(input)
        }));
        match batches.as_array().into_iter().flatten().find(|it| exceeds_payload_limit(it)) {
            Some(_) => Err(Failure::data_limit(&here.meta.name)),
            None => Ok(Items { values: batches, are_pairs: false, sources, sizes: Some(sizes) }),
        }
    }

    /// A literal number of the batcher, or the one that its `…Path` names. The specification wants it positive, so what is not
    /// fails the state rather than meaning no limit.
    fn batch_limit(
        &mut self,
        thread: &mut Thread,
        here: Here<'_>,
        settings: &Value,
        name: &str,
    ) -> Result<Option<u64>, Failure> {
        let limit = match (settings.get(name), settings.get(&format!("{name}Path"))) {
            (Some(value), _) => as_integer(value).ok_or_else(|| {
                let cause = format!(
                    "The {name} field refers to value \"{}\" which is not a valid integer",
                    plain(value)
                );
                self.runtime_failure(thread, here, &cause)
            })?,
            (None, Some(Value::String(path))) => {
                self.integer_at(thread, here, path, &format!("{name}Path"))?
            }
            (None, Some(_) | None) => return Ok(None),
        };
        match u64::try_from(limit) {
            Ok(limit @ 1..) => Ok(Some(limit)),
            Ok(_) | Err(_) => {
                let cause = format!("field {name} must be positive");
                Err(self.runtime_failure(thread, here, &cause))
            }
        }
    }
}

/// The batcher of a distributed Map. An inline one hands out single items, whatever it says: AWS documents the field for
/// distributed Maps only, and the validator says so.
fn batcher_of(map: &Map) -> Option<&Template> {
    map.item_batcher.as_ref().filter(|_| map.processor.mode == ProcessorMode::Distributed)
}

/// The number types of a Map's fields, as one.
pub(crate) struct Number(f64);
impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number as f64)
    }
}
impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self(number)
    }
}

/// `Label`, or the state's name cut to the 40 characters that AWS allows.
fn label(here: Here<'_>, map: &Map) -> String {
    match &map.label {
        Some(label) => label.to_string(),
        None => here.meta.name.chars().filter(|it| !it.is_whitespace()).take(40).collect(),
    }
}
