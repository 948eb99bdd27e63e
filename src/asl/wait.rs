//! The Wait state.

use std::sync::Arc;

use super::Field;

#[derive(Clone, Debug)]
pub struct Wait {
    /// `None` when the file says none or several; a diagnostic tells.
    pub until: Option<WaitUntil>,
}

/// `Seconds`/`SecondsPath` or `Timestamp`/`TimestampPath`.
#[derive(Clone, Debug)]
pub enum WaitUntil {
    Seconds(Field<u64>),
    /// ISO 8601.
    Timestamp(Field<Arc<str>>),
}
