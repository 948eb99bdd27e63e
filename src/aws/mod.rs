//! AWS, through the official SDK: the only floor that names its crates, and no type of theirs leaves it.
//!
//! Credentials stay inside the SDK: they are never logged, stored or shown.

mod client;
mod convert;

pub use client::{AwsError, Connection, FetchedExecution, fetch_execution};
