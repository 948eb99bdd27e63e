//! S3 in process: buckets in memory, with AWS's own error names and messages.
//!
//! The buckets stand for S3 as a project's files know it: nothing is ever written to disk, and every session begins with what
//! the project brought. [`store`] keeps the objects, `operations` does the calls, `answer` gives them the shapes of Step
//! Functions. Reads no clock: time is what the caller said last.

mod answer;
mod operations;
pub mod store;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::TaskAnswer;
use crate::asl::task::{IntegrationPattern, ResourceKind};
use crate::engine::TaskRequest;
use crate::execution::Timestamp;
use crate::json::Value;
pub use store::{BucketContents, ObjectSummary, SeedObject, StoreFull};
use store::{Store, StoredObject};

/// The buckets of a project session.
#[derive(Debug, Default)]
pub struct S3 {
    session: Mutex<Session>,
}

#[derive(Debug, Default)]
struct Session {
    store: Store,
    requests: u64,
    now: Timestamp,
}

/// Who asks, because the answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// `arn:aws:states:::s3:…`, which only the `ItemReader` and the `ResultWriter` of a Map may name.
    Map,
    /// `arn:aws:states:::aws-sdk:s3:…`
    AwsSdk,
}

impl S3 {
    /// Buckets with these objects in them.
    ///
    /// # Errors
    /// They are more than are kept in memory.
    pub fn with(objects: &[SeedObject]) -> Result<Self, StoreFull> {
        let s3 = Self::default();
        s3.seed(objects)?;
        Ok(s3)
    }

    /// Adds objects, and the buckets that they need. An object without a key stands for its bucket alone.
    ///
    /// # Errors
    /// They are more than are kept in memory.
    pub fn seed(&self, objects: &[SeedObject]) -> Result<(), StoreFull> {
        let mut session = self.session();
        let now = session.now;
        objects.iter().try_for_each(|object| {
            session.store.create_bucket(&object.bucket);
            if object.key.is_empty() {
                return Ok(());
            }
            let body =
                StoredObject::new(object.body.clone(), store::content_type(&object.key), now);
            session.store.put(&object.bucket, &object.key, body)
        })
    }

    /// What the clock says from now on: when objects are written.
    pub fn set_time(&self, now: Timestamp) {
        self.session().now = now;
    }

    /// Whether there is a bucket at all. A project that brings none has no S3, and its calls are for mocks or the user.
    pub fn has_buckets(&self) -> bool {
        self.session().store.has_buckets()
    }

    /// Whether a request is one that can be answered here (`s3:getObject` of a Map, `aws-sdk:s3:putObject`).
    pub fn handles(&self, request: &TaskRequest) -> bool {
        Call::of(request).is_some() && self.has_buckets()
    }

    /// Whether the `ResultWriter` of a Map asks. Without any S3 its files go nowhere, and the run goes on.
    pub fn is_result_writer(request: &TaskRequest) -> bool {
        Call::of(request)
            .is_some_and(|call| call.dialect == Dialect::Map && call.action == "putObject")
    }

    /// Answers a task.
    pub fn run(&self, request: &TaskRequest) -> TaskAnswer {
        let Some(call) = Call::of(request) else {
            return TaskAnswer::Failed {
                error: Some("States.Runtime".into()),
                cause: Some(format!("{} is no call to S3", request.resource.text).into()),
            };
        };
        let mut session = self.session();
        session.requests += 1;
        let (number, now) = (session.requests, session.now);
        match operations::call(&mut session.store, now, &call, &request.parameters) {
            Ok(output) => match call.pattern {
                IntegrationPattern::RequestResponse
                | IntegrationPattern::Sync
                | IntegrationPattern::Sync2 => TaskAnswer::Succeeded { output },
                IntegrationPattern::WaitForTaskToken => TaskAnswer::Submitted { output },
            },
            Err(refusal) => {
                let (error, cause) = answer::failure(&refusal, number);
                TaskAnswer::Failed { error: Some(error.into()), cause: Some(cause.into()) }
            }
        }
    }

    /// Every bucket with its objects, in the order of their names.
    pub fn buckets(&self) -> Vec<BucketContents> {
        self.session().store.contents()
    }

    /// The bytes of an object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<std::sync::Arc<[u8]>> {
        self.session().store.get(bucket, key).map(|it| it.body.clone())
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task as a call of one operation of S3.
struct Call<'a> {
    action: &'a str,
    dialect: Dialect,
    pattern: IntegrationPattern,
}

impl<'a> Call<'a> {
    fn of(request: &'a TaskRequest) -> Option<Self> {
        match &request.resource.kind {
            ResourceKind::Optimised { service, action, pattern } => (&**service == "s3"
                && operations::OF_MAPS.contains(&&**action))
            .then_some(Call { action, dialect: Dialect::Map, pattern: *pattern }),
            ResourceKind::AwsSdk { service, action, pattern } => (&**service == "s3"
                && operations::ALL.contains(&&**action))
            .then_some(Call { action, dialect: Dialect::AwsSdk, pattern: *pattern }),
            ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => None,
        }
    }
}

/// The text of a parameter, when it is one.
fn text<'a>(parameters: &'a Value, name: &str) -> Option<&'a str> {
    parameters.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
