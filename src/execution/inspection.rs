//! What went on inside one visit to a state, under `TestState`'s field names.

use crate::json::Value;
use crate::query::Variables;

/// Whether AWS recorded a value or this program computed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provenance {
    #[default]
    Computed,
    Recorded,
}

/// The data-flow stages of one visit. A stage that the state does not have, or did not reach, is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InspectionData {
    pub input: Option<Value>,
    pub after_input_path: Option<Value>,
    pub after_parameters: Option<Value>,
    /// JSONata.
    pub after_arguments: Option<Value>,
    pub after_items_path: Option<Value>,
    pub after_items_pointer: Option<Value>,
    /// The input of the first iteration; of every iteration, as an array, where the iterations themselves are made up.
    pub after_item_selector: Option<Value>,
    pub after_item_batcher: Option<Value>,
    pub result: Option<Value>,
    pub after_result_selector: Option<Value>,
    pub after_result_path: Option<Value>,
    /// What left the state: after `OutputPath`, or JSONata's `Output`.
    pub output: Option<Value>,
    /// Variables on entering.
    pub variables: Variables,
    /// `Assign`'s result.
    pub assigned: Variables,
    /// `$$` on entering.
    pub context: Option<Value>,
    /// The rule of a Choice that matched, by index; `None` also for Default.
    pub choice_index: Option<usize>,
    /// A Map's, as computed; 0 is no limit.
    pub max_concurrency: Option<u64>,
    pub tolerated_failure_count: Option<u64>,
    pub tolerated_failure_percentage: Option<f64>,
    pub error: Option<ErrorDetails>,
    pub provenance: Provenance,
}

/// `errorDetails`, with the error it is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorDetails {
    pub error: String,
    pub cause: String,
    pub catch_index: Option<usize>,
    pub retry_index: Option<usize>,
    pub retry_backoff_interval_seconds: Option<f64>,
}

impl InspectionData {
    /// The stages that exist, in the order the data flows, under `TestState`'s names.
    pub fn stages(&self) -> Vec<(&'static str, &Value)> {
        [
            ("input", &self.input),
            ("afterInputPath", &self.after_input_path),
            ("afterItemsPath", &self.after_items_path),
            ("afterItemSelector", &self.after_item_selector),
            ("afterParameters", &self.after_parameters),
            ("afterArguments", &self.after_arguments),
            ("result", &self.result),
            ("afterResultSelector", &self.after_result_selector),
            ("afterResultPath", &self.after_result_path),
            ("output", &self.output),
        ]
        .into_iter()
        .filter_map(|(name, stage)| Some((name, stage.as_ref()?)))
        .collect()
    }
}
