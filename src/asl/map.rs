//! The Map state, inline and distributed.

use std::sync::Arc;

use super::{Expression, Field, ResultPath, Scope, StateMachineType, Template};
use crate::json::Value;

#[derive(Clone, Debug)]
pub struct Map {
    pub processor: ItemProcessor,
    /// Whether the file says `Iterator`, the old name of `ItemProcessor`.
    pub uses_iterator: bool,
    pub items: ItemsSource,
    /// `ItemSelector`, or the old `Parameters`.
    pub item_selector: Option<Template>,
    /// 0 is no limit.
    pub max_concurrency: Option<Field<u64>>,
    /// JSONPath only.
    pub result_selector: Option<Template>,
    pub result_path: Option<ResultPath>,
    pub tolerated_failure_percentage: Option<Field<f64>>,
    pub tolerated_failure_count: Option<Field<u64>>,
    pub label: Option<Arc<str>>,
    /// Distributed only, as written.
    pub item_reader: Option<Template>,
    pub item_batcher: Option<Template>,
    pub result_writer: Option<Template>,
}

#[derive(Clone, Debug, Default)]
pub struct ItemProcessor {
    pub scope: Scope,
    pub mode: ProcessorMode,
    /// Distributed only.
    pub execution_type: Option<StateMachineType>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessorMode {
    #[default]
    Inline,
    Distributed,
}

/// Where the items come from.
#[derive(Clone, Debug)]
pub enum ItemsSource {
    /// The effective input itself (`ItemsPath` absent).
    Input,
    /// `ItemsPath`.
    Path(Expression),
    /// `Items`; JSONata.
    Computed(Template),
    Literal(Value),
}
