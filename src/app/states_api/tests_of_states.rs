//! `TestState`, answered by what answers the project's tasks.

use super::refusal::ApiError;
use super::request::{ARN, Is, Member, NAME, Request};
use crate::app::answers::Answers;
use crate::app::app::App;
use crate::app::clock;
use crate::app::test_state::run_test_or;
use crate::engine::test_state::{TestStateError, TestStateRequest};
use crate::json::Value;
use crate::services::TaskAnswer;

const PAYLOAD: Is = Is::Payload { most: 262_144 };
const TEST: &[Member] = &[
    Member::needed("definition", Is::Payload { most: 1_048_576 }),
    Member::optional("roleArn", ARN),
    Member::optional("input", PAYLOAD),
    Member::optional("inspectionLevel", Is::OneOf(&["INFO", "DEBUG", "TRACE"])),
    Member::optional("revealSecrets", Is::Flag),
    Member::optional("variables", PAYLOAD),
    Member::optional("stateName", NAME),
    Member::optional("mock", Is::Nested),
    Member::optional("context", PAYLOAD),
    Member::optional("stateConfiguration", Is::Nested),
];

impl App {
    pub(super) fn test_state_call(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, TEST)?;
        let Some(open) = &self.project else {
            return Err(ApiError::validation("No project is open"));
        };
        let members = request.to_value();
        let test = TestStateRequest::from_json(request.needed("definition"), &members);
        let test = TestStateRequest { at: clock::now(), ..test.map_err(refusal)? };
        // As an execution that `serve` runs: what nobody answers fails, and says so.
        let no_answer = |task: &crate::engine::TaskRequest| TaskAnswer::Failed {
            error: Some("Stepwell.NoAnswer".into()),
            cause: Some(Answers::unanswered(task).into()),
        };
        run_test_or(&test, &open.answers, &mut |task| Some(no_answer(task))).map_err(refusal)
    }
}

fn refusal(err: TestStateError) -> ApiError {
    match err {
        TestStateError::Refused { code, message } => ApiError { code, message },
        TestStateError::Unanswered { resource } => {
            ApiError::validation(format!("Nothing answers {resource}"))
        }
    }
}
