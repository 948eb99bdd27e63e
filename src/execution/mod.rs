//! What happened: an execution's history, and its situation after any event.
//!
//! Nothing here knows whether a history was simulated, downloaded or read from a file.

mod containers;
#[expect(clippy::module_inception, reason = "the field's own word for it")]
pub mod execution;
pub mod export;
mod fold;
pub mod history;
pub mod import;
pub mod inspection;
mod lambda;
pub mod moment;
mod outline;
pub mod partial;
mod place;
pub mod shared_map;
pub mod summary;
pub mod text;
pub mod thread;
pub mod timeline;
pub mod timestamp;
pub mod visit;

pub use execution::{Execution, ExecutionSource, ExecutionStatus};
pub use history::{
    EventDetails, EventId, EventType, History, HistoryEvent, Outcome, Payload, Scheduled,
};
pub use inspection::{InspectionData, Provenance};
pub use lambda::{LambdaAttempt, lambda_attempts};
pub use moment::{Moment, Moments, StateStatus, StateSummary, Via};
pub use shared_map::SharedMap;
pub use summary::EventCategory;
pub use thread::{Thread, ThreadId, ThreadKind, ThreadStatus};
pub use timeline::{Attempt, Lane, Timeline, TimelineVisit};
pub use timestamp::Timestamp;
pub use visit::{ContainerRun, StateType, Visit};

#[cfg(test)]
mod tests;
