//! The append-only list of events, shaped as `GetExecutionHistory` shapes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{InspectionData, Timestamp};
use crate::json::Value;

/// The 1-based number of an event. 0 is "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEvent {
    pub id: EventId,
    /// The event that led to this one. AWS gives event 2 a 0 here, not 1.
    pub previous_event_id: EventId,
    pub timestamp: Timestamp,
    pub event_type: EventType,
    pub details: EventDetails,
}

/// A payload: a value where the engine made it, AWS's own text where it was recorded.
#[derive(Clone, Debug)]
pub enum Payload {
    Value(Value),
    Text(Arc<str>),
}

impl Payload {
    /// The value; a text that is no JSON is itself, as a string.
    pub fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Text(text) => Value::parse(text).unwrap_or_else(|_| Value::from(&**text)),
        }
    }
    /// The JSON text, as the API carries it.
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::Value(value) => value.to_string().into(),
            Self::Text(text) => Arc::clone(text),
        }
    }
}

/// Equal when their values are, whatever their white space.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// What an event says beyond its type. One variant per shape of the API's `…EventDetails`; an event whose details the
/// recording left out (log level, `includeExecutionData=false`) has absent payloads.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum EventDetails {
    /// The type has no details object.
    #[default]
    None,
    ExecutionStarted {
        input: Option<Payload>,
        role_arn: Option<Arc<str>>,
    },
    /// `ExecutionSucceeded`, `LambdaFunctionSucceeded`, `ActivitySucceeded`.
    Succeeded {
        output: Option<Payload>,
    },
    /// Every `…Failed`, `…TimedOut`, `…Aborted` and `…StartFailed` with `error` and `cause` only.
    Failure {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    StateEntered {
        name: Arc<str>,
        input: Option<Payload>,
    },
    StateExited {
        name: Arc<str>,
        output: Option<Payload>,
        assigned_variables: BTreeMap<Arc<str>, Payload>,
    },
    TaskScheduled {
        resource_type: Arc<str>,
        resource: Arc<str>,
        region: Arc<str>,
        parameters: Payload,
        /// Seconds.
        timeout: Option<u64>,
        /// Seconds.
        heartbeat: Option<u64>,
        /// `taskCredentials.roleArn`
        credentials: Option<Arc<str>>,
    },
    TaskStarted {
        resource_type: Arc<str>,
        resource: Arc<str>,
    },
    /// `TaskSubmitted`, `TaskSucceeded`.
    TaskOutput {
        resource_type: Arc<str>,
        resource: Arc<str>,
        output: Option<Payload>,
    },
    /// `TaskFailed`, `TaskTimedOut`, `TaskStartFailed`, `TaskSubmitFailed`.
    TaskFailure {
        resource_type: Arc<str>,
        resource: Arc<str>,
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    /// `LambdaFunctionScheduled`, `ActivityScheduled`.
    ResourceScheduled {
        resource: Arc<str>,
        input: Option<Payload>,
        /// Seconds.
        timeout: Option<u64>,
        /// Seconds.
        heartbeat: Option<u64>,
        /// `taskCredentials.roleArn`
        credentials: Option<Arc<str>>,
    },
    ActivityStarted {
        worker_name: Option<Arc<str>>,
    },
    /// `MapIterationStarted`, `…Succeeded`, `…Failed`, `…Aborted`.
    MapIteration {
        name: Arc<str>,
        index: u64,
    },
    MapStateStarted {
        length: u64,
    },
    MapRunStarted {
        map_run_arn: Arc<str>,
    },
    Redriven {
        redrive_count: u64,
    },
    MapRunRedriven {
        map_run_arn: Arc<str>,
        redrive_count: u64,
    },
    EvaluationFailed {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
        location: Option<Arc<str>>,
        state: Arc<str>,
    },
    /// An event type this program does not know, kept whole.
    Unknown(Value),
}

/// What a task was given when it was scheduled, whichever kind of resource it calls.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled<'a> {
    /// `lambda` or `aws-sdk:lambda`; `None` of a function or an activity that is named by its ARN.
    pub resource_type: Option<&'a str>,
    pub resource: &'a str,
    pub input: Option<&'a Payload>,
    pub timeout_secs: Option<u64>,
    pub heartbeat_secs: Option<u64>,
}

/// What came of something that was asked for.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    Output(Option<&'a Payload>),
    Failure { error: Option<&'a Arc<str>>, cause: Option<&'a Arc<str>> },
}

impl EventDetails {
    /// Of `TaskScheduled`, `LambdaFunctionScheduled` and `ActivityScheduled`.
    pub fn scheduled(&self) -> Option<Scheduled<'_>> {
        if let Self::TaskScheduled {
            resource_type, resource, parameters, timeout, heartbeat, ..
        } = self
        {
            return Some(Scheduled {
                resource_type: Some(resource_type),
                resource,
                input: Some(parameters),
                timeout_secs: *timeout,
                heartbeat_secs: *heartbeat,
            });
        }
        if let Self::ResourceScheduled { resource, input, timeout, heartbeat, .. } = self {
            return Some(Scheduled {
                resource_type: None,
                resource,
                input: input.as_ref(),
                timeout_secs: *timeout,
                heartbeat_secs: *heartbeat,
            });
        }
        None
    }

    /// What a task, a function, an activity or the execution came to. The type of the event tells which, and of a task whether
    /// it is the answer to the call alone (`TaskSubmitted`).
    pub fn outcome(&self) -> Option<Outcome<'_>> {
        match self {
            Self::TaskOutput { output, .. } | Self::Succeeded { output } => {
                Some(Outcome::Output(output.as_ref()))
            }
            Self::TaskFailure { error, cause, .. } | Self::Failure { error, cause } => {
                Some(Outcome::Failure { error: error.as_ref(), cause: cause.as_ref() })
            }
            Self::None
            | Self::ExecutionStarted { .. }
            | Self::StateEntered { .. }
            | Self::StateExited { .. }
            | Self::TaskScheduled { .. }
            | Self::TaskStarted { .. }
            | Self::ResourceScheduled { .. }
            | Self::ActivityStarted { .. }
            | Self::MapIteration { .. }
            | Self::MapStateStarted { .. }
            | Self::MapRunStarted { .. }
            | Self::Redriven { .. }
            | Self::MapRunRedriven { .. }
            | Self::EvaluationFailed { .. }
            | Self::Unknown(_) => None,
        }
    }
}

macro_rules! event_types {
    ($($name:ident),* $(,)?) => {
        /// The event types of `GetExecutionHistory`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventType { $($name),* , /** A type newer than this program. */ Unknown }
        impl EventType {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// As the API writes it.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => stringify!($name)),*, Self::Unknown => "Unknown" } }
            /// Reads the API's name; [`EventType::Unknown`] for any other.
            pub fn parse(name: &str) -> Self { match name { $(stringify!($name) => Self::$name),*, _ => Self::Unknown } }
        }
    };
}
event_types!(
    ExecutionAborted,
    ExecutionFailed,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionTimedOut,
    ExecutionRedriven,
    ChoiceStateEntered,
    ChoiceStateExited,
    FailStateEntered,
    MapStateEntered,
    MapStateExited,
    ParallelStateEntered,
    ParallelStateExited,
    PassStateEntered,
    PassStateExited,
    SucceedStateEntered,
    SucceedStateExited,
    TaskStateEntered,
    TaskStateExited,
    WaitStateEntered,
    WaitStateExited,
    TaskFailed,
    TaskScheduled,
    TaskStarted,
    TaskStartFailed,
    TaskStateAborted,
    TaskSubmitFailed,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
    LambdaFunctionFailed,
    LambdaFunctionScheduled,
    LambdaFunctionScheduleFailed,
    LambdaFunctionStarted,
    LambdaFunctionStartFailed,
    LambdaFunctionSucceeded,
    LambdaFunctionTimedOut,
    ActivityFailed,
    ActivityScheduled,
    ActivityScheduleFailed,
    ActivityStarted,
    ActivitySucceeded,
    ActivityTimedOut,
    MapIterationAborted,
    MapIterationFailed,
    MapIterationStarted,
    MapIterationSucceeded,
    MapStateAborted,
    MapStateFailed,
    MapStateStarted,
    MapStateSucceeded,
    MapRunAborted,
    MapRunFailed,
    MapRunStarted,
    MapRunSucceeded,
    MapRunRedriven,
    ParallelStateAborted,
    ParallelStateFailed,
    ParallelStateStarted,
    ParallelStateSucceeded,
    WaitStateAborted,
    EvaluationFailed,
);

/// Events in order, and what was seen inside the states that the engine ran.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Ids are 1, 2, 3, … without a gap.
    events: Vec<HistoryEvent>,
    /// Data-flow stages by the id of the state's entered event.
    pub inspections: BTreeMap<EventId, InspectionData>,
}

impl History {
    /// AWS's limit: event 25,000 is itself `ExecutionFailed`.
    pub const MAX_EVENTS: u64 = 25_000;

    pub fn events(&self) -> &[HistoryEvent] {
        &self.events
    }

    pub fn get(&self, id: EventId) -> Option<&HistoryEvent> {
        let index = usize::try_from(id.0.checked_sub(1)?).ok()?;
        self.events.get(index)
    }

    /// The id of the last event; 0 when there is none.
    pub fn last_id(&self) -> EventId {
        EventId(self.events.len() as u64)
    }

    /// Appends an event under the next id, which is returned.
    pub fn append(
        &mut self,
        previous_event_id: EventId,
        timestamp: Timestamp,
        event_type: EventType,
        details: EventDetails,
    ) -> EventId {
        let id = EventId(self.events.len() as u64 + 1);
        self.events.push(HistoryEvent { id, previous_event_id, timestamp, event_type, details });
        id
    }
}
