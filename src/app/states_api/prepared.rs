//! What of a call takes long and needs nothing of the app: reading and checking a definition, which may have a megabyte. It is
//! done beside the app's thread, so that other callers need not wait for it.

use super::machines::{CREATE, UPDATE, VALIDATE, kind_of};
use super::refusal::ApiError;
use super::request::Request;
use super::transport::Call;
use crate::asl::aws::{create_error, validate_response};
use crate::asl::{Severity, StateMachineType};
use crate::json::Value;
use crate::project::MachineDefinition;

/// A call that was read as far as that goes without the app.
#[derive(Debug)]
pub(in crate::app) struct Prepared(pub(super) Read);

#[derive(Debug)]
pub(super) enum Read {
    Create(Result<(Request, Checked), ApiError>),
    /// The type is the machine's, which only the app knows.
    Update(Result<(Request, Option<[Checked; 2]>), ApiError>),
    /// The whole answer.
    Validate(Result<Value, ApiError>),
    /// The app reads the rest at once.
    Nothing,
}

/// A definition as one of a machine of a type.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) kind: StateMachineType,
    /// A machine without a name, or why AWS takes none of it.
    pub(super) machine: Result<Box<MachineDefinition>, (&'static str, String)>,
}

impl Prepared {
    /// Whether there is anything to do for a call that may take long.
    pub(in crate::app) fn takes_long(call: &Call) -> bool {
        const SHORT: usize = 16 * 1024;
        call.body.len() > SHORT && is_of_a_definition(&call.operation)
    }

    pub(in crate::app) fn of(call: &Call) -> Self {
        Self(match call.operation.as_str() {
            "CreateStateMachine" => Read::Create(Request::read(&call.body, CREATE).map(|it| {
                let kind = kind_of(it.text("type"));
                let checked = Checked::of(it.needed("definition"), kind);
                (it, checked)
            })),
            "UpdateStateMachine" => Read::Update(Request::read(&call.body, UPDATE).map(|it| {
                let kinds = [StateMachineType::Standard, StateMachineType::Express];
                let checked =
                    it.text("definition").map(|text| kinds.map(|kind| Checked::of(text, kind)));
                (it, checked)
            })),
            "ValidateStateMachineDefinition" => Read::Validate(validate(&call.body)),
            _ => Read::Nothing,
        })
    }
}

fn is_of_a_definition(operation: &str) -> bool {
    ["CreateStateMachine", "UpdateStateMachine", "ValidateStateMachineDefinition"]
        .contains(&operation)
}

impl Checked {
    fn of(definition: &str, kind: StateMachineType) -> Self {
        let machine = match create_error(definition, kind) {
            Some(refused) => Err(refused),
            None => Ok(MachineDefinition::of_text("", kind, "", definition).into()),
        };
        Self { kind, machine }
    }
}

fn validate(body: &str) -> Result<Value, ApiError> {
    let request = Request::read(body, VALIDATE)?;
    let severity = match request.text("severity") {
        Some("WARNING") => Severity::Warning,
        Some(_) | None => Severity::Error,
    };
    let most = request.count("maxResults").and_then(|it| usize::try_from(it).ok());
    let (definition, kind) = (request.needed("definition"), kind_of(request.text("type")));
    Ok(validate_response(definition, kind, severity, most))
}
