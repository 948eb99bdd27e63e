//! The Amazon States Language as data.
//!
//! [`parse`] turns a document into a [`StateMachine`] and a list of [`Diagnostic`]s; it never fails and never runs
//! anything. Where the file is wrong the machine holds what could be understood, and the diagnostics say the rest.

pub(crate) mod api;
pub mod aws;
pub mod choice;
pub mod diagnostic;
pub mod error_handling;
pub mod expressions;
pub mod map;
pub mod parallel;
pub mod parse;
pub mod placeholder;
pub mod rule;
#[cfg(test)]
mod rule_examples;
pub mod service;
mod silence;
pub(crate) mod similar;
pub mod state;
pub mod state_machine;
pub mod task;
pub mod template;
pub mod validate;
pub mod wait;

pub use choice::{Choice, ChoiceRule, Comparison, Condition, Operand};
pub use diagnostic::{Diagnostic, Severity};
pub use error_handling::{Catcher, ErrorName, JitterStrategy, Retrier};
pub use map::{ItemProcessor, ItemsSource, Map, ProcessorMode};
pub use parallel::Parallel;
pub use rule::Rule;
pub use state::{
    Fail, Pass, PayloadPath, ResultPath, State, StateKind, StateName, StatePath, Transition,
};
pub use state_machine::{QueryLanguage, Scope, StateMachine, StateMachineType};
pub use task::{IntegrationPattern, ResourceArn, Task};
pub use template::{Expression, Field, Template};
pub use wait::{Wait, WaitUntil};
