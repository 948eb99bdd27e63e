//! Which request can be run, and whether its mock can stand for what it replaces.

use super::definition::Tested;
use super::request::{FieldValidationMode, Mock};
use super::shapes;
use super::{TestStateError, TestStateRequest};
use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, StateKind, Template};
use crate::engine::failure::{Failure, Origin};
use crate::json::Value;

pub(super) fn check_request(
    request: &TestStateRequest,
    tested: &Tested,
) -> Result<(), TestStateError> {
    let refused = |why: &str| Err(TestStateError::validation(why));
    let inner = request.state_configuration.error_caused_by_state.as_deref();
    if inner.is_some_and(|name| !tested.holds(name)) {
        return refused("State not found in definition");
    }
    if request.mock.is_some() {
        return if request.reveal_secrets {
            refused("TestState does not support RevealSecrets when a mock is specified.")
        } else {
            Ok(())
        };
    }
    if request.context.is_some() {
        return refused("Context can only be specified when a mock is specified");
    }
    match &tested.state.kind {
        StateKind::Map(_) | StateKind::Parallel(_) => Err(TestStateError::definition(
            "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, \
             Succeed, Fail, Choice]",
        )),
        StateKind::Task(task) => {
            let waits = tested.pattern() != IntegrationPattern::RequestResponse;
            if waits || matches!(task.resource.kind, ResourceKind::Activity { .. }) {
                return Err(TestStateError::definition(
                    "TestState API does not support Activity tasks, or the .sync and .waitForTaskToken service integration \
                     patterns, unless a mock is specified",
                ));
            }
            match &request.role_arn {
                Some(_) => Ok(()),
                None => refused("RoleArn must be specified when testing a Task state"),
            }
        }
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => Ok(()),
    }
}

/// What the mock says that the service, the branches or the iterations gave.
pub(super) fn mocked(
    mock: &Mock,
    request: &TestStateRequest,
    tested: &Tested,
) -> Result<Result<Value, Failure>, TestStateError> {
    let refused = |why: String| Err(TestStateError::validation(why));
    match &tested.state.kind {
        StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_) => {}
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => {
            let kind = tested.state.kind.type_name();
            return refused(format!(
                "State type '{kind}' is not supported when a mock is specified"
            ));
        }
    }
    match (&mock.result, &mock.error_output) {
        (Some(_), Some(_)) => refused(
            "A test mock should have only one of the following fields: [result, errorOutput]."
                .to_owned(),
        ),
        (None, None) => refused(
            "A test mock should have one of the following fields: [result, errorOutput]."
                .to_owned(),
        ),
        (None, Some(output)) => Ok(Err(Failure {
            error: output.error.clone(),
            cause: output.cause.clone(),
            origin: Origin::Plain,
        })),
        (Some(text), None) => {
            let result = Value::parse(text).map_err(|_message_is_replaced| {
                TestStateError::validation("Mocked result must be valid JSON")
            })?;
            check_result(&result, mock.field_validation_mode, request, tested)?;
            Ok(Ok(result))
        }
    }
}

fn check_result(
    result: &Value,
    mode: FieldValidationMode,
    request: &TestStateRequest,
    tested: &Tested,
) -> Result<(), TestStateError> {
    let refused = |why: &str| Err(TestStateError::validation(why));
    let items = result.as_array();
    match &tested.state.kind {
        StateKind::Parallel(parallel) => match items {
            None => refused("Mocked result must be an array."),
            Some(items) if items.len() != parallel.branches.len() => refused(
                "Mocked result must contain the same number of items as number of Parallel branches.",
            ),
            Some(_) => Ok(()),
        },
        StateKind::Map(map) => {
            let writes = map.result_writer.as_ref().is_some_and(has_resource);
            let failed = request.state_configuration.map_iteration_failure_count.unwrap_or(0);
            match items {
                None if writes && result.as_object().is_some() => Ok(()),
                Some(_) | None if writes => refused("Mocked result must be a JSON object."),
                None => refused("Mocked result must be an array."),
                Some(items) if failed > items.len() as u64 => refused(
                    "Map iteration failure count must be less than or equal to the number of Map iterations",
                ),
                Some(_) => Ok(()),
            }
        }
        StateKind::Task(task) => {
            let strict = match mode {
                FieldValidationMode::Strict => true,
                FieldValidationMode::Present => false,
                FieldValidationMode::None => return Ok(()),
            };
            shapes::check(&task.resource, result, strict).map_err(|what| {
                TestStateError::validation(format!("Mock result schema validation error: {what}"))
            })
        }
        StateKind::Pass(_)
        | StateKind::Choice(_)
        | StateKind::Wait(_)
        | StateKind::Succeed
        | StateKind::Fail(_)
        | StateKind::Unknown(_) => Ok(()),
    }
}

/// Whether a `ResultWriter` writes anywhere; one that does not only shapes the result.
fn has_resource(writer: &Template) -> bool {
    match writer {
        Template::Literal(value) => value.get("Resource").is_some(),
        Template::Object(members) => members.iter().any(|it| &*it.name == "Resource"),
        Template::Array(_) | Template::Expression(_) => false,
    }
}
