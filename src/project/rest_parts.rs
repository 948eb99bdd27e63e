//! A REST API that a template describes piece by piece, put together.

use indexmap::IndexMap;

use crate::apigateway::{
    Integration, IntegrationAction, IntegrationResponse, Method, MethodResponse,
    PassthroughBehavior, Resource, RestApi, SendTaskAction,
};
use crate::json::Value;

/// A path has no more parts than this; a chain of parents that is longer runs in a circle.
const MAX_PATH_PARTS: usize = 64;

/// The pieces of all APIs of a template, by whatever the template calls them.
#[derive(Clone, Debug, Default)]
pub(super) struct RestParts {
    apis: IndexMap<String, RestApi>,
    /// By resource: its API, its parent and its part of the path.
    resources: IndexMap<String, ResourcePart>,
    /// By API, resource and method.
    methods: IndexMap<(String, String, String), Method>,
}

#[derive(Clone, Debug)]
struct ResourcePart {
    api: String,
    parent: String,
    part: String,
}

/// What the root resource of an API is called here.
pub(super) fn root_of(api: &str) -> String {
    format!("{api}/")
}

impl RestParts {
    pub(super) fn add_api(&mut self, api: &str, described: RestApi) {
        self.apis.insert(api.to_owned(), described);
    }

    pub(super) fn api(&mut self, api: &str) -> &mut RestApi {
        self.apis
            .entry(api.to_owned())
            .or_insert_with(|| RestApi { name: api.to_owned(), ..RestApi::default() })
    }

    pub(super) fn add_resource(&mut self, resource: &str, api: &str, parent: &str, part: &str) {
        let part =
            ResourcePart { api: api.to_owned(), parent: parent.to_owned(), part: part.to_owned() };
        self.resources.insert(resource.to_owned(), part);
    }

    pub(super) fn method(&mut self, api: &str, resource: &str, verb: &str) -> &mut Method {
        let key = (api.to_owned(), resource.to_owned(), verb.to_ascii_uppercase());
        self.methods.entry(key).or_default()
    }

    fn path(&self, api: &str, resource: &str) -> String {
        let root = root_of(api);
        let mut parts = Vec::new();
        let mut at = resource;
        while at != root && parts.len() < MAX_PATH_PARTS {
            match self.resources.get(at) {
                Some(resource) => {
                    parts.push(resource.part.as_str());
                    at = &resource.parent;
                }
                // A parent that is described elsewhere stays visible.
                None => {
                    parts.push(at);
                    break;
                }
            }
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    /// The APIs with their paths, in the order of the template.
    pub(super) fn build(mut self) -> Vec<RestApi> {
        for ((api, resource, verb), method) in std::mem::take(&mut self.methods) {
            let path = self.path(&api, &resource);
            let api = self.api(&api);
            let index =
                api.resources.iter().position(|resource| resource.path == path).unwrap_or_else(
                    || {
                        api.resources.push(Resource { path, methods: IndexMap::new() });
                        api.resources.len() - 1
                    },
                );
            api.resources[index].methods.insert(verb, method);
        }
        // A resource without a method is part of the API all the same.
        for name in self.resources.keys().cloned().collect::<Vec<_>>() {
            let Some(part) = self.resources.get(&name) else { continue };
            let (api, path) = (part.api.clone(), self.path(&part.api, &name));
            let Some(api) = self.apis.get_mut(&api) else { continue };
            if !api.resources.iter().any(|resource| resource.path == path) {
                api.resources.push(Resource { path, methods: IndexMap::new() });
            }
        }
        self.apis.into_values().collect()
    }
}

/// What an integration does, by its type and URI.
pub(super) fn action_of(kind: &str, uri: &str) -> IntegrationAction {
    let is_aws = kind.eq_ignore_ascii_case("AWS");
    if is_aws && uri.ends_with(":states:action/StartSyncExecution") {
        IntegrationAction::StartSyncExecution
    } else if is_aws && uri.ends_with(":states:action/StartExecution") {
        IntegrationAction::StartExecution
    } else if is_aws && uri.ends_with(":states:action/SendTaskSuccess") {
        IntegrationAction::SendTask(SendTaskAction::Success)
    } else if is_aws && uri.ends_with(":states:action/SendTaskFailure") {
        IntegrationAction::SendTask(SendTaskAction::Failure)
    } else if is_aws && uri.ends_with(":states:action/SendTaskHeartbeat") {
        IntegrationAction::SendTask(SendTaskAction::Heartbeat)
    } else if kind.eq_ignore_ascii_case("MOCK") {
        IntegrationAction::Mock
    } else {
        IntegrationAction::Other(format!("{kind} {uri}").trim().to_owned())
    }
}

pub(super) fn passthrough_of(text: &str) -> PassthroughBehavior {
    match text.to_ascii_uppercase().as_str() {
        "NEVER" => PassthroughBehavior::Never,
        "WHEN_NO_TEMPLATES" => PassthroughBehavior::WhenNoTemplates,
        _ => PassthroughBehavior::WhenNoMatch,
    }
}

/// Milliseconds that API Gateway waits unless an integration says otherwise.
pub(super) const DEFAULT_TIMEOUT_MILLIS: u64 = 29_000;

/// The names that one language has for the fields of a method, an integration and its responses.
pub(super) struct FieldNames {
    pub(super) kind: &'static str,
    pub(super) uri: &'static str,
    pub(super) passthrough: &'static str,
    pub(super) request_templates: &'static str,
    pub(super) request_parameters: &'static str,
    pub(super) timeout: &'static str,
    pub(super) status_code: &'static str,
    pub(super) selection_pattern: &'static str,
    pub(super) response_templates: &'static str,
    pub(super) response_parameters: &'static str,
}

/// An integration from an object with these fields; its responses are the caller's.
pub(super) fn integration_of(fields: &Value, names: &FieldNames) -> Integration {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let uri = text(names.uri);
    let timeout = fields.get(names.timeout).and_then(whole_number);
    Integration {
        action: action_of(text(names.kind), uri),
        passthrough_behavior: passthrough_of(text(names.passthrough)),
        request_templates: texts(fields.get(names.request_templates)),
        request_parameters: texts(fields.get(names.request_parameters)),
        responses: Vec::new(),
        timeout_millis: timeout.unwrap_or(DEFAULT_TIMEOUT_MILLIS),
        uri: uri.to_owned(),
    }
}

/// One integration response from an object with these fields.
pub(super) fn integration_response_of(fields: &Value, names: &FieldNames) -> IntegrationResponse {
    IntegrationResponse {
        status_code: fields.get(names.status_code).map(plain_text).unwrap_or_default(),
        selection_pattern: fields.get(names.selection_pattern).map(plain_text).unwrap_or_default(),
        templates: texts(fields.get(names.response_templates)),
        parameters: texts(fields.get(names.response_parameters)),
    }
}

/// A method response from its two maps.
pub(super) fn method_response_of(
    parameters: Option<&Value>,
    models: Option<&Value>,
) -> MethodResponse {
    MethodResponse { parameters: flags(parameters), models: texts(models) }
}

/// The members of an object as texts.
pub(super) fn texts(value: Option<&Value>) -> IndexMap<String, String> {
    members(value).map(|(name, value)| (name.to_owned(), plain_text(value))).collect()
}

/// The members of an object as flags; `"true"` counts too, as both template languages take it.
pub(super) fn flags(value: Option<&Value>) -> IndexMap<String, bool> {
    members(value).map(|(name, value)| (name.to_owned(), is_true(value))).collect()
}

pub(super) fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// A scalar as text; `null` is no text at all.
pub(super) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

pub(super) fn whole_number(value: &Value) -> Option<u64> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    u64::try_from(number).ok()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (&**name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_together_from_their_parts() {
        let mut parts = RestParts::default();
        parts.add_api("api", RestApi::default());
        parts.add_resource("items", "api", &root_of("api"), "items");
        parts.add_resource("item", "api", "items", "{id}");
        parts.add_resource("lost", "api", "nowhere", "x");
        parts.add_resource("a", "api", "b", "a");
        parts.add_resource("b", "api", "a", "b");
        parts.method("api", &root_of("api"), "any");
        parts.method("api", "item", "GET").validate_body = true;
        parts.method("api", "lost", "GET");
        let apis = parts.build();
        let paths: Vec<_> = apis[0].resources.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths[..4], ["/", "/items/{id}", "/nowhere/x", "/items"]);
        assert!(apis[0].resources[0].methods.contains_key("ANY"));
        assert!(apis[0].resources[1].methods["GET"].validate_body);
    }

    #[test]
    fn an_action_is_told_from_its_uri() {
        let uri = "arn:aws:apigateway:us-east-1:states:action/StartSyncExecution";
        assert_eq!(action_of("aws", uri), IntegrationAction::StartSyncExecution);
        assert_eq!(
            action_of("AWS_PROXY", uri),
            IntegrationAction::Other(format!("AWS_PROXY {uri}"))
        );
        assert_eq!(action_of("MOCK", ""), IntegrationAction::Mock);
    }
}
