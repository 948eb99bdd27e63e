//! Stepwell, a native desktop debugger for AWS Step Functions.
//!
//! # Architecture
//!
//! Five ideas carry everything:
//!
//! 1. **One model for simulated and real.** An [`execution::Execution`] is a definition plus an append-only history of events
//!    shaped as `GetExecutionHistory` shapes them. Every view reads that and a cursor.
//! 2. **A pure engine.** [`engine::Machine::step`] reads no clock, rolls no dice, blocks on nothing. A [`engine::Journal`] of its
//!    inputs replays to the same bytes, so stepping back is a smaller index and a fork is a shorter journal.
//! 3. **A real history is a journal too**: its task results answer a re-run.
//! 4. **Views look and ask.** A view takes the model by `&` and adds to a list of [`app::Command`]s; menus, toolbar, palette and
//!    shortcuts are all made from [`app::Command::listed`].
//! 5. **The user's mistakes are data.** Opening never fails because a definition is wrong: what can be understood is drawn, the rest
//!    is an [`asl::Diagnostic`] with a place and a remedy.
//!
//! # Floors
//!
//! Each may import only floors below it; `tests/tidy.rs` keeps this true.
//!
//! ```text
//! main.rs           flags -> a headless command, or the window
//! 7  ui             the window; the only floor that names egui
//! 6  app            everything the product does, without a window; the only shell (threads, clock, sockets, disk)
//! 5  debug          threads, frames, breakpoints, stepping     project    what was opened: machines, APIs, tables
//!    services       what a Task talks to: mocks, DynamoDB, S3, Step Functions
//! 4  engine         the deterministic interpreter              apigateway  route, map, respond
//!    aws            the only floor that names aws_*            layout      where nodes and edges go
//! 3  execution      what happened: history, moments, visits
//! 2  asl            the language as data
//! 1  query          JSONPath, JSONata, intrinsic functions
//! 0  json           the value that everything passes, and spanned documents
//! ```
//!
//! # One request, from the button to the response
//!
//! `Command::SendRequest` -> [`apigateway::begin`] takes the request through route, method request and mapping template and says
//! what to start -> the app starts an execution under the debugger ([`debug::DebugSession`]) -> the session lets the machine step
//! and hands out the tasks that must run -> the app has them answered (a mock, the embedded DynamoDB or S3, or the user) -> when the
//! execution has ended, [`apigateway::finish`] makes the response. A breakpoint in the machine holds it all, HTTP response included.
//!
//! # A real execution, from the click to the failed state
//!
//! `Command::Aws(AwsCommand::OpenExecution)` -> [`app::attach`] asks on its own thread, all at the same time, for the definition as it
//! was run, the newest page of the history and the description -> with the first answers an [`execution::Execution`] is shown whose
//! missing events say that they are not read yet ([`execution::partial`]), with the state to blame selected -> older pages, or the
//! events of one that runs, come as [`app::attach::News`] and take their places. Whatever is refused is said and the rest stays. An
//! act on an account is a [`app::attach::Proposal`] until the user says yes to the account, region and machine that it names.
//!
//! # Decisions that are not obvious
//!
//! * The embedded DynamoDB answers on the calling thread. It is in memory and takes well under a millisecond, and an order of
//!   answers that does not depend on threads keeps a run repeatable.
//! * `execution` may import `query`, because a moment holds the workflow variables, whose type is the expressions' own.
//! * Views get at the engine's task requests and the project's types through names that `app` re-exports: they need to show them,
//!   and must not know the floors that make them.
//! * The `release` profile has no link-time optimisation, so that a first `cargo run --release` takes minutes; the `dist` profile does.

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
