//! A spanned document to a state machine and what is wrong with it.
use super::{Diagnostic, StateMachine};
use crate::json::document::{Document, Node};

/// What a text gave.
#[derive(Clone, Debug)]
pub struct Parsed { pub machine: StateMachine, pub diagnostics: Vec<Diagnostic> }

/// Reads the root of a document as a definition.
pub fn parse(document: &Document) -> Parsed { let _ = document; todo!() }
/// Reads one node of a larger document (a definition embedded in a template).
pub fn parse_node(document: &Document, node: &Node) -> Parsed { let _ = (document, node); todo!() }
