//! The Parallel state.

use super::{ResultPath, Scope, Template};

#[derive(Clone, Debug, Default)]
pub struct Parallel {
    pub branches: Vec<Scope>,
    /// `Parameters`; JSONPath only.
    pub parameters: Option<Template>,
    /// `Arguments`; JSONata only.
    pub arguments: Option<Template>,
    /// JSONPath only.
    pub result_selector: Option<Template>,
    pub result_path: Option<ResultPath>,
}
