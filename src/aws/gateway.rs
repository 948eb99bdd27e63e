//! API Gateway's REST APIs as they are deployed: which there are, their resources and stages, and `TestInvokeMethod`.

use super::quota::Api;
use super::signed::{Service, ServiceCall, dns_suffix};
use super::{AwsError, Session};
use crate::json::Value;

/// Pages of a list, 500 items each.
const MOST_PAGES: usize = 40;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedApi {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedResource {
    pub id: String,
    /// `/items/{id}`
    pub path: String,
    /// The methods that it has; `ANY` stands for all.
    pub methods: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedStage {
    pub name: String,
    pub description: Option<String>,
}

/// What `TestInvokeMethod` is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestInvoke {
    pub api_id: String,
    pub resource_id: String,
    pub method: String,
    /// `/items/7?limit=2`
    pub path_with_query: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestInvoked {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Every step that the gateway took, a line each.
    pub log: String,
    pub latency_millis: i64,
}

impl Session {
    /// The REST APIs of the account in this region.
    ///
    /// # Errors
    /// As any call.
    pub async fn rest_apis(&self) -> Result<Vec<DeployedApi>, AwsError> {
        let items = self.items(Api::GetRestApis, "/restapis", "").await?;
        let api = |item: &Value| {
            Some(DeployedApi {
                id: text(item, "id")?,
                name: text(item, "name").unwrap_or_default(),
                description: text(item, "description"),
            })
        };
        Ok(items.iter().filter_map(api).collect())
    }

    /// # Errors
    /// As any call.
    pub async fn resources(&self, api_id: &str) -> Result<Vec<DeployedResource>, AwsError> {
        let path = format!("/restapis/{}/resources", segment(api_id)?);
        let items = self.items(Api::GetResources, &path, "&embed=methods").await?;
        let resource = |item: &Value| {
            let methods = item.get("resourceMethods").and_then(Value::as_object);
            Some(DeployedResource {
                id: text(item, "id")?,
                path: text(item, "path")?,
                methods: methods
                    .map_or_else(Vec::new, |it| it.keys().map(|it| it.to_string()).collect()),
            })
        };
        Ok(items.iter().filter_map(resource).collect())
    }

    /// # Errors
    /// As any call.
    pub async fn stages(&self, api_id: &str) -> Result<Vec<DeployedStage>, AwsError> {
        let path = format!("/restapis/{}/stages", segment(api_id)?);
        let call = ServiceCall::get(Service::ApiGateway, path);
        let answer = self.signed_call(Api::GetStages, &call).await?;
        let stage = |item: &Value| {
            Some(DeployedStage {
                name: text(item, "stageName")?,
                description: text(item, "description"),
            })
        };
        Ok(items_of(&answer).iter().filter_map(stage).collect())
    }

    /// Where a stage of an API of this region is called.
    pub fn stage_url(&self, api_id: &str, stage: &str) -> String {
        let region = self.region();
        format!("https://{api_id}.execute-api.{region}.{}/{stage}", dns_suffix(region))
    }

    /// Runs a method as its integration is, past stage, authoriser and throttling. What the integration does is real.
    ///
    /// # Errors
    /// As any call; nothing is tried a second time that may have come through.
    pub async fn test_invoke(&self, invoke: &TestInvoke) -> Result<TestInvoked, AwsError> {
        let path = format!(
            "/restapis/{}/resources/{}/methods/{}",
            segment(&invoke.api_id)?,
            segment(&invoke.resource_id)?,
            segment(&invoke.method)?
        );
        let mut headers: Vec<(&str, Vec<Value>)> = Vec::new();
        for (name, value) in &invoke.headers {
            match headers.iter_mut().find(|(it, _)| it.eq_ignore_ascii_case(name)) {
                Some((_, values)) => values.push(Value::from(value.as_str())),
                None => headers.push((name, vec![Value::from(value.as_str())])),
            }
        }
        let single = headers.iter().filter(|(_, values)| values.len() == 1);
        let single = single.map(|(name, values)| (*name, values[0].clone()));
        let several = headers.iter().filter(|(_, values)| values.len() > 1);
        let several = several.map(|(name, values)| (*name, Value::from(values.clone())));
        let body = Value::object([
            ("pathWithQueryString", Value::from(invoke.path_with_query.as_str())),
            ("body", Value::from(invoke.body.as_str())),
            ("headers", Value::object(single)),
            ("multiValueHeaders", Value::object(several)),
        ]);
        let call = ServiceCall {
            service: Service::ApiGateway,
            method: "POST",
            path,
            headers: vec![("accept", "application/json"), ("content-type", "application/json")],
            body: body.to_string(),
            repeatable: false,
        };
        let answer = self.signed_call(Api::TestInvokeMethod, &call).await?;
        let status = answer.get("status").and_then(Value::as_i64);
        Ok(TestInvoked {
            status: status.and_then(|it| u16::try_from(it).ok()).unwrap_or(0),
            headers: answered_headers(&answer),
            body: text(&answer, "body").unwrap_or_default(),
            log: text(&answer, "log").unwrap_or_default(),
            latency_millis: answer.get("latency").and_then(Value::as_i64).unwrap_or(0),
        })
    }

    /// All pages of a list.
    async fn items(&self, api: Api, path: &str, more: &str) -> Result<Vec<Value>, AwsError> {
        let mut items = Vec::new();
        let mut position = None::<String>;
        for _ in 0..MOST_PAGES {
            let from = position.as_deref().map(encoded).unwrap_or_default();
            let from = if from.is_empty() { from } else { format!("&position={from}") };
            let path = format!("{path}?limit=500{more}{from}");
            let answer =
                self.signed_call(api, &ServiceCall::get(Service::ApiGateway, path)).await?;
            items.extend(items_of(&answer));
            let next = text(&answer, "position").filter(|it| Some(it) != position.as_ref());
            if next.is_none() {
                break;
            }
            position = next;
        }
        Ok(items)
    }
}

/// `item` is a list, and without the right `Accept` a part of HAL's `_embedded`, where a single one stands for itself.
fn items_of(answer: &Value) -> Vec<Value> {
    let list = answer.get("item").or_else(|| answer.get("_embedded")?.get("item"));
    match list {
        Some(Value::Array(items)) => items.to_vec(),
        Some(one) if one.as_object().is_some() => vec![one.clone()],
        Some(_) | None => Vec::new(),
    }
}

fn answered_headers(answer: &Value) -> Vec<(String, String)> {
    let several = answer.get("multiValueHeaders").and_then(Value::as_object);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in several.into_iter().flatten() {
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        let texts = values.iter().filter_map(Value::as_str);
        headers.extend(texts.map(|value| (name.to_string(), value.to_owned())));
    }
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.as_str()
            && !headers.iter().any(|(it, _)| it.as_str() == &**name)
        {
            headers.push((name.to_string(), value.to_owned()));
        }
    }
    headers
}

fn text(item: &Value, name: &str) -> Option<String> {
    item.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// An id within a path. AWS's are letters and digits; anything else would be another path.
fn segment(id: &str) -> Result<&str, AwsError> {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    if !id.is_empty() && id.chars().all(plain) {
        return Ok(id);
    }
    Err(AwsError::NotSent { why: format!("{id:?} is no id of API Gateway") })
}

/// Percent-encoded, all but letters and digits.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_either_of_its_forms() {
        let ids = |text: &str| items_of(&Value::parse(text).unwrap()).len();
        assert_eq!(ids(r#"{"item":[{"id":"a"},{"id":"b"}]}"#), 2);
        assert_eq!(ids(r#"{"_embedded":{"item":{"id":"a"}}}"#), 1);
        assert_eq!(ids(r#"{"_embedded":{"item":[{"id":"a"}]}}"#), 1);
        assert_eq!(ids(r#"{"item":7}"#) + ids("[]") + ids("{}"), 0);
    }

    #[test]
    fn an_id_cannot_lead_to_another_path() {
        assert_eq!(segment("abc123"), Ok("abc123"));
        for bad in ["", "../x", "a/b", "a?b", "a%2Fb", "é"] {
            assert!(segment(bad).is_err(), "{bad}");
        }
    }
}
