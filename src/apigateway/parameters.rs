//! Mapping expressions: `method.request.header.X`, `integration.response.body.a`, `context.requestId`, `'literal'`.

use std::collections::BTreeMap;

use super::mapping_template::Params;
use super::{HttpRequest, RestApi};
use crate::json::Value;
use crate::query::Bindings;
use crate::query::jsonpath::Path;

/// What a mapping expression may look at.
pub(super) struct Sources<'a> {
    pub(super) api: &'a RestApi,
    pub(super) context: &'a Value,
    pub(super) params: &'a Params,
    pub(super) request: &'a HttpRequest,
    /// The integration's answer, once there is one.
    pub(super) integration_body: Option<&'a str>,
    pub(super) integration_headers: &'a [(String, String)],
}

impl Sources<'_> {
    /// The value of a mapping expression; `None` when there is nothing at its place.
    pub(super) fn value(&self, expression: &str) -> Option<String> {
        let expression = expression.trim();
        if let Some(literal) = expression.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
            return Some(literal.to_owned());
        }
        if let Some(path) = expression.strip_prefix("context.") {
            return path
                .split('.')
                .try_fold(self.context, |at, name| at.get(name))
                .and_then(as_text);
        }
        if let Some(name) = expression.strip_prefix("stageVariables.") {
            return self.api.stage_variables.get(name).cloned();
        }
        if let Some(rest) = expression.strip_prefix("method.request.") {
            let rest = rest.strip_prefix("multivalue").unwrap_or(rest);
            return match rest.split_once('.') {
                Some(("path", name)) => self.params.path.get(name).cloned(),
                Some(("querystring", name)) => self.params.querystring.get(name).cloned(),
                Some(("header", name)) => self.request.header(name).map(ToOwned::to_owned),
                Some(("body", path)) => in_body(&self.request.body, path),
                None if rest == "body" => Some(self.request.body.clone()),
                Some(_) | None => None,
            };
        }
        let rest = expression.strip_prefix("integration.response.")?;
        match rest.split_once('.') {
            Some(("header", name)) => self
                .integration_headers
                .iter()
                .find(|(header, _)| header.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.clone()),
            Some(("body", path)) => in_body(self.integration_body?, path),
            None if rest == "body" => self.integration_body.map(ToOwned::to_owned),
            Some(_) | None => None,
        }
    }
}

fn in_body(body: &str, path: &str) -> Option<String> {
    let document = Value::parse(body).ok()?;
    let path = Path::parse(&format!("$.{path}")).ok()?;
    let nothing = Value::Null;
    let bindings = Bindings { input: &document, context: &nothing, variables: &BTreeMap::new() };
    as_text(&path.select(&bindings).ok()?)
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.to_string()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}
