//! Stepwell, a native desktop debugger for AWS Step Functions.
//!
//! # Architecture
//!
//! Floors: each may import only floors below it (`tests/tidy.rs` keeps this true).
//!
//! ```text
//! main.rs           flags -> a headless command, or the window
//! 7  ui             the window; the only floor that names egui
//! 6  app            everything the product does, without a window; the only shell (threads, clock, sockets, disk)
//! 5  debug          threads, frames, breakpoints, stepping     project    what was opened: machines, APIs, tables
//!    services       what a Task talks to: mocks, DynamoDB
//! 4  engine         the deterministic interpreter              apigateway  route, map, respond
//!    aws            the only floor that names aws_*            layout      where nodes and edges go
//! 3  execution      what happened: history, moments, visits
//! 2  asl            the language as data
//! 1  query          JSONPath, JSONata, intrinsic functions
//! 0  json           the value that everything passes, and spanned documents
//! ```

pub mod apigateway;
pub mod app;
pub mod asl;
pub mod aws;
pub mod debug;
pub mod engine;
pub mod execution;
pub mod json;
pub mod layout;
pub mod project;
pub mod query;
pub mod services;
pub mod ui;
