//! Real AWS, read and, where the user confirmed it, changed. The only floor that names `aws_*`; no SDK type and no credential leaves it.
//!
//! [`Session::connect`] settles profile, region and endpoint; everything else is a method of [`Session`], or reads through one.

pub mod act;
pub mod arn;
mod bounded;
pub mod browse;
mod cancel;
mod client;
mod convert;
mod error;
mod execution;
pub mod gateway;
pub mod http;
mod identity;
pub mod lambda_log;
pub mod logs;
mod mfa;
mod nested;
mod pages;
pub mod profile;
mod quota;
mod signed;

pub use arn::Arn;
pub use cancel::Cancel;
pub use client::{Connection, Patience, Session};
pub use error::AwsError;
pub use execution::{
    DefinitionAsRun, ExecutionReader, FetchedExecution, Progress, fetch_execution,
    region_of_execution,
};
pub use identity::Identity;
pub use mfa::MfaCode;
pub use nested::{Nested, nested};
pub use pages::Pages;
pub use profile::{Environment, Profile, ProfileFiles, ProfileKind, Profiles};
