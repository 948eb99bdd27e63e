//! What a Task talks to: mocks in AWS's Step Functions Local format, and `DynamoDB` and S3 in process.

mod checksum;
pub mod dynamodb;
mod http_date;
pub mod mock;
pub mod s3;
pub mod states;

use http_date::http_date;

use crate::json::Value;
use std::sync::Arc;

/// What a service answers.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskAnswer {
    Succeeded {
        output: Value,
    },
    Failed {
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    },
    /// The job or callback goes on (`.sync`, `.waitForTaskToken`) after this answer of the service.
    Submitted {
        output: Value,
    },
    /// It never answers: time passes, and the task's own timeout decides.
    Never,
}
