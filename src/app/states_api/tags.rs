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
/// Characters of a tag's key and value (API reference of `Tag`).
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

const LIST: &[Member] = &[Member::needed("resourceArn", ARN)];
const TAG: &[Member] = &[Member::needed("resourceArn", ARN), Member::needed("tags", Is::Nested)];
const UNTAG: &[Member] =
    &[Member::needed("resourceArn", ARN), Member::needed("tagKeys", Is::Nested)];

impl StatesApi {
    /// Adds to the tags of a resource.
    ///
    /// # Errors
    /// They are no tags, or too many.
    pub(super) fn set_tags(&mut self, arn: &str, tags: &Value) -> Result<(), ApiError> {
        let mut all = self.tags.get(arn).cloned().unwrap_or_default();
        all.extend(read_tags(tags)?);
        if all.len() > MAX_TAGS {
            let message = format!("A resource has at most {MAX_TAGS} tags");
            return Err(ApiError::new("TooManyTags", message));
        }
        self.tags.insert(arn.to_owned(), all);
        Ok(())
    }
}

/// # Errors
/// They are no list of keys and values, or not as AWS takes them (API reference of `Tag`).
fn read_tags(tags: &Value) -> Result<IndexMap<Arc<str>, Value>, ApiError> {
    let Some(list) = tags.as_array() else {
        return Err(ApiError::serialization("'tags' can not be a JSON object"));
    };
    let mut all = IndexMap::new();
    for tag in list {
        let text = |name: &str| match tag.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(value) => value.as_str().ok_or_else(|| {
                let message = format!("'{name}' can not be a JSON {}", value.type_name());
                ApiError::serialization(message)
            }),
        };
        let (key, value) = (text("key")?, text("value")?);
        let is_long = |text: &str, most: usize| text.chars().count() > most;
        if key.is_empty() || is_long(key, MAX_KEY) || is_long(value, MAX_VALUE) {
            let message = format!(
                "A tag's key has 1 to {MAX_KEY} characters, and its value at most {MAX_VALUE}"
            );
            return Err(ApiError::validation(message));
        }
        // Reserved, in any spelling (tagging restrictions of AWS).
        if key.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("aws:")) {
            let message = format!("The key of a tag may not begin with aws: {key}");
            return Err(ApiError::validation(message));
        }
        all.insert(Arc::from(key), Value::from(value));
    }
    Ok(all)
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
