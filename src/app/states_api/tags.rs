//! Tags of machines and activities, kept while the project is open.

use std::sync::Arc;

use indexmap::IndexMap;

use super::refusal::ApiError;
use super::request::{ARN, Is, Member, Request};
use super::{StatesApi, arns};
use crate::app::app::App;
use crate::json::Value;

/// Tags of one resource (API reference of `TagResource`).
const MAX_TAGS: usize = 50;

const LIST: &[Member] = &[Member::needed("resourceArn", ARN)];
const TAG: &[Member] = &[Member::needed("resourceArn", ARN), Member::needed("tags", Is::Nested)];
const UNTAG: &[Member] =
    &[Member::needed("resourceArn", ARN), Member::needed("tagKeys", Is::Nested)];

impl StatesApi {
    /// # Errors
    /// They are no list of keys and values, or too many.
    pub(super) fn set_tags(&mut self, arn: &str, tags: &Value) -> Result<(), ApiError> {
        let mut all = self.tags.get(arn).cloned().unwrap_or_default();
        for tag in tags.as_array().into_iter().flat_map(|it| it.iter()) {
            let text = |name: &str| tag.get(name).and_then(Value::as_str);
            let key = text("key").unwrap_or_default();
            if key.is_empty() || key.chars().count() > 128 {
                let message = "A tag's key has 1 to 128 characters, and its value at most 256";
                return Err(ApiError::validation(message));
            }
            let value = text("value").unwrap_or_default();
            all.insert(Arc::from(key), Value::from(value));
        }
        if all.len() > MAX_TAGS {
            let message = format!("A resource has at most {MAX_TAGS} tags");
            return Err(ApiError::new("TooManyTags", message));
        }
        self.tags.insert(arn.to_owned(), all);
        Ok(())
    }
}

impl App {
    pub(super) fn list_tags(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let arn = self.resource(&request)?;
        let none = IndexMap::new();
        let tags = self.states_api.tags.get(&arn).unwrap_or(&none).iter().map(|(key, value)| {
            Value::object([("key", Value::String(Arc::clone(key))), ("value", value.clone())])
        });
        Ok(Value::object([("tags", Value::array(tags))]))
    }

    pub(super) fn tag(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, TAG)?;
        let arn = self.resource(&request)?;
        if let Some(tags) = request.get("tags") {
            self.states_api.set_tags(&arn, tags)?;
        }
        Ok(Value::empty_object())
    }

    pub(super) fn untag(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, UNTAG)?;
        let arn = self.resource(&request)?;
        let keys = request.get("tagKeys").and_then(Value::as_array);
        if let Some(tags) = self.states_api.tags.get_mut(&arn) {
            for key in keys.into_iter().flat_map(|it| it.iter()).filter_map(Value::as_str) {
                tags.shift_remove(key);
            }
        }
        Ok(Value::empty_object())
    }

    /// The ARN of a machine or an activity that is there.
    fn resource(&mut self, request: &Request) -> Result<String, ApiError> {
        let arn = request.needed("resourceArn");
        let there = match arns::read(arn, &["stateMachine", "activity"])?.kind {
            "activity" => self.has_activity(arn),
            _ => self.machine_by_arn(arn).is_some(),
        };
        if there { Ok(arn.to_owned()) } else { Err(ApiError::no_resource(arn)) }
    }
}
