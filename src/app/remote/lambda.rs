//! The log lines of one attempt of a Task, fetched when somebody asks for them.

use super::{LogLine, RemoteNews};
use crate::app::app::App;
use crate::app::simulation::RunId;
use crate::aws::AwsError;
use crate::aws::lambda_log::{FoundBy, LambdaLog};
use crate::execution::LambdaAttempt;

/// What is shown of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaLines {
    pub(super) id: u64,
    pub run: RunId,
    pub attempt: LambdaAttempt,
    pub state: LambdaState,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LambdaState {
    Reading,
    Read { group: String, found_by: FoundBy, lines: Vec<LogLine>, complete: bool },
    Failed(String),
}

impl LambdaLines {
    pub(super) fn receive(&mut self, outcome: Result<LambdaLog, AwsError>) {
        self.state = match outcome {
            Ok(LambdaLog { group, found_by, lines, complete }) => {
                LambdaState::Read { group, found_by, lines, complete }
            }
            Err(err) => LambdaState::Failed(err.to_string()),
        };
    }
}

impl App {
    pub(super) fn read_lambda_log(&mut self, run: RunId, attempt: LambdaAttempt) {
        let Some(session) = self.aws_session() else { return };
        if let Some(before) = self.remote.lambda.take() {
            self.remote.end(before.id);
        }
        let (id, outbox) = (self.next_id(), self.outbox.clone());
        let asked = attempt.clone();
        self.remote.lambda = Some(LambdaLines { id, run, attempt, state: LambdaState::Reading });
        self.remote.begin(id, outbox, |cancel| async move {
            let session = session.cancelled_by(&cancel);
            RemoteNews::LambdaLog(id, session.lambda_log(&asked).await)
        });
    }
}
