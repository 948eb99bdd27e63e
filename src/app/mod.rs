//! Everything the product does, without a window. The only shell: threads, clock, sockets and disk are here.
//!
//! [`App`] holds the model; [`App::run`] is the only way to change it; [`App::tick`] lets time pass. A view reads `&App`.

mod answers;
#[expect(clippy::module_inception, reason = "the type it holds is the app itself")]
mod app;
pub mod attach;
pub mod beside;
mod breakpoints;
pub mod bundle;
mod clock;
mod command;
mod comparison;
mod definition_draft;
mod event;
mod exchanges;
pub mod headless;
mod history_file;
mod http_server;
mod limited;
mod mocks;
mod nested;
mod opening;
pub mod palette;
mod playback;
mod postmortem;
mod reading;
pub mod redact;
pub mod remote;
mod replay;
mod requests;
mod run_command;
mod runs;
pub mod samples;
mod settings;
mod simulation;
mod starting;
mod states_api;
mod stepping;
mod test_draft;
pub mod test_state;
mod tour;
mod worker;

pub use answers::Answers;
pub use app::{App, Notice, NoticeLevel, OpenProject, Selection};
pub use clock::{Stopwatch, now};
pub use command::{Command, Listing, Menu, Pane, Shortcut, Theme};
pub use comparison::{Asked, Comparison, ComparisonKind, EnteredBy, ServedKind};
pub use definition_draft::DefinitionDraft;
pub use history_file::load_history;
pub use nested::Parent;
pub use playback::{LONG_WAIT_MILLIS, Pace, PlaySettings, Playing};
pub use postmortem::{Reveal, Revealed};
pub use remote::{RemoteCommand, SentTo, StartedThere};
pub use replay::WhatIfReport;
pub use requests::{Exchange, NamedRequest, Progress, RequestDraft, RouteKey};
pub use settings::Settings;
pub use simulation::{Run, RunId};
pub use states_api::StatesApi;
pub use test_draft::{MockedOutcome, StateTest, TestDraft, TestField};
pub use test_state::{FieldValidationMode, InspectionLevel};
pub use tour::{Tour, TourStep};

// What views may read of the floors below, so that they need not know them.
pub use crate::engine::{ChildCounts, ChildOutcome, ChildRecord, MapRunRecord, MapRunStatus};
pub use crate::engine::{TaskRequest, TaskToken};
pub use crate::json::document::{LineColumn, LineIndex, Span};
pub use crate::json::{Number, Value};
pub use crate::project::{FileProblem, MachineDefinition, Project, ProjectForm};
pub use crate::services::TaskAnswer;
pub use crate::services::dynamodb::TableContents;
pub use crate::services::mock::MockCase;
pub use crate::services::s3::{BucketContents, ObjectSummary};
pub use crate::services::states::{SendTask, TaskOutcome};
