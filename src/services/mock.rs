//! Answers that the user typed, or a `MockConfigFile` in the format of AWS Step Functions Local.
use super::TaskAnswer;
use crate::json::Value;

/// A whole `MockConfigFile`: `StateMachines.<name>.TestCases.<case>.<state> = response`, `MockedResponses.<response>.<"0" | "1-2">`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MockConfig { /* the implementer's */ }

/// The answers of one test case, by state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MockCase { /* the implementer's */ }

impl MockConfig {
    /// # Errors
    /// What is wrong, with the place (a JSON path).
    pub fn parse(json: &Value) -> Result<Self, String> { let _ = json; todo!() }
    pub fn cases(&self, machine: &str) -> Vec<String> { let _ = machine; todo!() }
    pub fn case(&self, machine: &str, case: &str) -> Option<MockCase> { let _ = (machine, case); todo!() }
    /// The file again, as JSON.
    pub fn to_json(&self) -> Value { todo!() }
}

impl MockCase {
    /// Sets or replaces the answer for every attempt from `from` on.
    pub fn set(&mut self, state: &str, answer: TaskAnswer) { let _ = (state, answer); todo!() }
    pub fn states(&self) -> Vec<String> { todo!() }
    /// The answer for the n-th invocation (0-based) of a state, counted over the whole execution; the last one serves on.
    pub fn answer(&self, state: &str, invocation: u32) -> Option<TaskAnswer> { let _ = (state, invocation); todo!() }
}
