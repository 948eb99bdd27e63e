//! The call stack of a thread, and what each of its frames holds.

use std::sync::Arc;

use super::Cursor;
use super::debuggee::Debuggee;
use crate::asl::StatePath;
use crate::execution::{EventId, Moment, Thread, ThreadId, ThreadKind, Visit};
use crate::json::Value;
use crate::query::Variables;

/// A state on the call stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub thread: ThreadId,
    pub state: StatePath,
    pub name: Arc<str>,
    /// What the thread is: empty at the top, `Branch 1`, `Iteration 3`.
    pub label: String,
    pub entered: EventId,
    pub scopes: Vec<Scope>,
}

/// One of DAP's scopes of a frame. Scopes that a state does not have, or has not reached, are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    pub kind: ScopeKind,
    pub value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeKind {
    Input,
    /// After `Parameters` or `Arguments`.
    Arguments,
    Result,
    Output,
    Variables,
    /// The context object.
    Context,
}

impl ScopeKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Arguments => "Arguments",
            Self::Result => "Result",
            Self::Output => "Output",
            Self::Variables => "Variables",
            Self::Context => "Context",
        }
    }
}

impl Frame {
    /// The value of a scope.
    pub fn scope(&self, kind: ScopeKind) -> Option<&Value> {
        self.scopes.iter().find(|scope| scope.kind == kind).map(|scope| &scope.value)
    }
}

/// The frames of a thread, innermost first: its own state, then the Parallel or Map around it, up to the top.
pub(super) fn stack(
    debuggee: &Debuggee,
    moment: &Moment,
    thread: ThreadId,
    cursor: Cursor,
) -> Vec<Frame> {
    moment.chain(thread).filter_map(|thread| frame(debuggee, thread, cursor)).collect()
}

fn frame(debuggee: &Debuggee, thread: &Thread, cursor: Cursor) -> Option<Frame> {
    let visit = thread.current.as_ref()?;
    Some(Frame {
        thread: thread.id,
        state: visit.state.clone(),
        name: Arc::clone(&visit.name),
        label: if thread.kind == ThreadKind::Top { String::new() } else { thread.kind.label() },
        entered: visit.entered,
        scopes: scopes(debuggee, thread, visit, cursor),
    })
}

fn scopes(debuggee: &Debuggee, thread: &Thread, visit: &Visit, cursor: Cursor) -> Vec<Scope> {
    let data = debuggee.known_inspection(visit.entered, cursor).unwrap_or_default();
    let arguments = data.after_arguments.or(data.after_parameters);
    [
        (ScopeKind::Input, data.input),
        (ScopeKind::Arguments, arguments),
        (ScopeKind::Result, data.result),
        (ScopeKind::Output, data.output),
        (ScopeKind::Variables, Some(object(&thread.variables))),
        (ScopeKind::Context, data.context),
    ]
    .into_iter()
    .filter_map(|(kind, value)| Some(Scope { kind, value: value? }))
    .collect()
}

fn object(variables: &Variables) -> Value {
    Value::object(variables.iter().map(|(name, value)| (Arc::clone(name), value.clone())))
}
