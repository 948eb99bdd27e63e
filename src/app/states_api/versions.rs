//! Versions and aliases, of which there are none: a project's files say what a machine is now.

use super::refusal::ApiError;
use super::request::{ARN, MAX_RESULTS, Member, NEXT_TOKEN, Request};
use crate::app::app::App;
use crate::json::Value;

const LIST: &[Member] = &[Member::needed("stateMachineArn", ARN), MAX_RESULTS, NEXT_TOKEN];

impl App {
    pub(super) fn list_versions(&self, body: &str) -> Result<Value, ApiError> {
        self.list_none(body, "stateMachineVersions")
    }

    pub(super) fn list_aliases(&self, body: &str) -> Result<Value, ApiError> {
        self.list_none(body, "stateMachineAliases")
    }

    fn list_none(&self, body: &str, member: &'static str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        if request.text("nextToken").is_some() {
            return Err(ApiError::invalid_token());
        }
        self.find_machine(request.needed("stateMachineArn"))?;
        Ok(Value::object([(member, Value::from(Vec::new()))]))
    }
}
