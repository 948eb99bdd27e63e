//! Every input of a run in order: the run itself, in the shortest form.

use super::{ExecutionStart, Input};
use crate::execution::Timestamp;

#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    pub start: ExecutionStart,
    pub inputs: Vec<(Timestamp, Input)>,
}

impl Journal {
    pub fn new(start: ExecutionStart) -> Self {
        Self { start, inputs: Vec::new() }
    }
}
