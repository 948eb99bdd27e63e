//! Requests of a Postman collection (format 2.0 and 2.1), with its variables filled in.

use super::http_file::{fill, target};
use crate::apigateway::HttpRequest;
use crate::json::Value;

/// Folders in folders that are looked into.
const MAX_FOLDER_DEPTH: usize = 16;
/// More requests than a list in a window is good for.
const MAX_REQUESTS: usize = 1_000;

/// Whether a JSON file is a collection.
pub fn is_collection(json: &Value) -> bool {
    let schema = json.get("info").and_then(|info| info.get("schema")).and_then(Value::as_str);
    schema.is_some_and(|schema| schema.contains("getpostman.com")) && json.get("item").is_some()
}

/// The requests with their names (`Folder / Name`), in the order of the file. The host is left out: what is sent goes to the
/// opened API. A variable that has no value stays visible as `{{name}}`.
///
/// # Errors
/// The file is no collection.
pub fn parse(json: &Value) -> Result<Vec<(String, HttpRequest)>, String> {
    if !is_collection(json) {
        return Err("this is no Postman collection of format 2.0 or 2.1".to_owned());
    }
    let variables: Vec<(String, String)> = items(json.get("variable"))
        .filter_map(|variable| {
            let name = variable.get("key").or_else(|| variable.get("id"))?.as_str()?;
            let value = text(variable.get("value")?);
            // "<your id>" is how collections ask their reader to fill something in.
            (!value.starts_with('<') && !value.is_empty()).then(|| (name.to_owned(), value))
        })
        .collect();
    let mut requests = Vec::new();
    collect(json.get("item"), "", 0, &variables, &mut requests);
    Ok(requests)
}

fn collect(
    list: Option<&Value>,
    folder: &str,
    depth: usize,
    variables: &[(String, String)],
    requests: &mut Vec<(String, HttpRequest)>,
) {
    for item in items(list) {
        let name = item.get("name").and_then(Value::as_str).unwrap_or("Request");
        let name = if folder.is_empty() { name.to_owned() } else { format!("{folder} / {name}") };
        if requests.len() >= MAX_REQUESTS {
            return;
        }
        if let Some(request) = item.get("request") {
            requests.push((name, request_of(request, variables)));
        } else if depth < MAX_FOLDER_DEPTH {
            collect(item.get("item"), &name, depth + 1, variables, requests);
        }
    }
}

fn request_of(request: &Value, variables: &[(String, String)]) -> HttpRequest {
    let url = request.get("url").unwrap_or(request);
    let raw = url
        .as_str()
        .or_else(|| url.get("raw")?.as_str())
        .map_or_else(|| joined(url), str::to_owned);
    // Path variables, `/items/:id`, have a list of their own.
    let path_variables = items(url.get("variable")).filter_map(|variable| {
        let value = text(variable.get("value")?);
        (!value.is_empty()).then_some((variable.get("key")?.as_str()?, value))
    });
    let raw = path_variables
        .fold(raw, |raw, (name, value)| raw.replace(&format!("/:{name}"), &format!("/{value}")));
    let (path, query) = target(&raw, variables);
    let mut headers: Vec<(String, String)> = items(request.get("header"))
        .filter(|header| !is_disabled(header))
        .filter_map(|header| {
            let value = text(header.get("value")?);
            Some((header.get("key")?.as_str()?.to_owned(), fill(&value, variables)))
        })
        .collect();
    let body = request.get("body").filter(|body| !is_disabled(body));
    let (body, content_type) = body.map_or((String::new(), None), body_of);
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let (Some(content_type), false) = (content_type, has_type) {
        headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    let method =
        request.get("method").and_then(Value::as_str).unwrap_or("GET").to_ascii_uppercase();
    HttpRequest { method, path, query, headers, body: fill(&body, variables) }
}

/// The body's text, and the content type Postman sends with it when no header says another.
fn body_of(body: &Value) -> (String, Option<&'static str>) {
    match body.get("mode").and_then(Value::as_str) {
        Some("raw") => {
            let language =
                body.get("options").and_then(|it| it.get("raw")?.get("language")?.as_str());
            let content_type = match language {
                Some("json") => "application/json",
                Some("xml") => "application/xml",
                Some("html") => "text/html",
                Some(_) | None => "text/plain",
            };
            (body.get("raw").map(text).unwrap_or_default(), Some(content_type))
        }
        Some("urlencoded") => {
            let fields = items(body.get("urlencoded"))
                .filter(|field| !is_disabled(field))
                .filter_map(|field| {
                    Some(format!("{}={}", field.get("key")?.as_str()?, text(field.get("value")?)))
                });
            (fields.collect::<Vec<_>>().join("&"), Some("application/x-www-form-urlencoded"))
        }
        Some(_) | None => (String::new(), None),
    }
}

/// A URL that is given in parts only.
fn joined(url: &Value) -> String {
    let path = items(url.get("path")).map(text).collect::<Vec<_>>().join("/");
    let query = items(url.get("query")).filter(|it| !is_disabled(it)).filter_map(|it| {
        Some(format!(
            "{}={}",
            it.get("key")?.as_str()?,
            it.get("value").map(text).unwrap_or_default()
        ))
    });
    let query = query.collect::<Vec<_>>().join("&");
    if query.is_empty() { format!("/{path}") } else { format!("/{path}?{query}") }
}

fn is_disabled(value: &Value) -> bool {
    value.get("disabled").and_then(Value::as_bool) == Some(true)
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_becomes_requests() {
        let json = r#"{
            "info": {"name": "Items", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "variable": [{"key": "endpoint", "value": "<your endpoint>"}, {"key": "limit", "value": "2"}],
            "item": [
                {"name": "All", "request": {"method": "GET", "header": [], "url": {"raw": "{{endpoint}}/items?limit={{limit}}&next"}}},
                {"name": "One", "item": [{"name": "By id", "request": {"url": "{{endpoint}}/items/{{id}}"}}]},
                {"name": "New", "request": {"method": "post",
                    "header": [{"key": "X-A", "value": "1"}, {"key": "X-B", "value": "2", "disabled": true}],
                    "body": {"mode": "raw", "raw": "{\"n\": {{limit}}}", "options": {"raw": {"language": "json"}}},
                    "url": {"path": ["items", ":kind"], "variable": []}}}
            ]}"#;
        let requests = parse(&Value::parse(json).expect("JSON")).expect("a collection");
        let names: Vec<_> = requests.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["All", "One / By id", "New"]);
        assert_eq!(requests[0].1.path, "/items");
        assert_eq!(
            requests[0].1.query,
            [("limit".to_owned(), "2".to_owned()), ("next".to_owned(), String::new())]
        );
        assert_eq!(requests[1].1.path, "/items/{{id}}", "what has no value stays visible");
        assert_eq!(requests[1].1.method, "GET");
        let new = &requests[2].1;
        assert_eq!(
            (new.method.as_str(), new.path.as_str(), new.body.as_str()),
            ("POST", "/items/:kind", r#"{"n": 2}"#)
        );
        assert_eq!(new.header("content-type"), Some("application/json"));
        assert_eq!(new.header("x-b"), None);
    }

    #[test]
    fn other_files_are_no_collection() {
        assert!(
            parse(&Value::parse(r#"{"info": {"schema": "x"}, "item": []}"#).expect("JSON"))
                .is_err()
        );
        assert!(parse(&Value::Null).is_err());
    }
}
