//! `$input`: the body and the parameters.

use super::strings::Answer;
use super::value::{Datum, Heap, Members};
use super::{Params, TemplateError, TemplateScope};
use crate::json::Value;
use crate::query::Bindings;
use crate::query::jsonpath::Path;

/// `$input`'s own memory: the body, read as JSON when a template first asks.
pub(super) struct Input<'a> {
    scope: &'a TemplateScope,
    document: Option<Option<Value>>,
}

impl<'a> Input<'a> {
    pub(super) fn new(scope: &'a TemplateScope) -> Self {
        Self { scope, document: None }
    }

    /// API Gateway shows a missing body as an empty object; recorded.
    pub(super) fn body(&self) -> &'a str {
        if self.scope.body.is_empty() { "{}" } else { &self.scope.body }
    }

    pub(super) fn property(&self, name: &str) -> Option<Datum> {
        (name == "body").then(|| self.body().into())
    }

    pub(super) fn call(&mut self, heap: &mut Heap, method: &str, arguments: &[Datum]) -> Answer {
        let argument = arguments.first().map(|it| heap.text(it)).transpose()?;
        Ok(match (method, argument) {
            // What is not there is an empty JSON string, so that a template stays JSON.
            ("json", Some(path)) => {
                let text = self
                    .select(heap, &path)?
                    .map_or_else(|| "\"\"".to_owned(), |found| found.to_string());
                heap.count_text(text.len())?;
                Some(text.into())
            }
            ("path", Some(path)) => match self.select(heap, &path)? {
                Some(found) => Some(heap.load(&found)?),
                None => None,
            },
            ("params", None) => Some(all_params(heap, &self.scope.params)?),
            ("params", Some(name)) => {
                Some(find_param(&self.scope.params, &name).unwrap_or_default().into())
            }
            ("getBody", None) => self.property("body"),
            _ => None,
        })
    }

    fn select(&mut self, heap: &mut Heap, path: &str) -> Result<Option<Value>, TemplateError> {
        let body = self.body();
        if self.document.is_none() {
            heap.count_text(body.len())?;
        }
        let document = self.document.get_or_insert_with(|| Value::parse(body).ok());
        let Some(document) = document else { return Ok(None) };
        if path == "$" {
            return Ok(Some(document.clone()));
        }
        // Each call may walk the whole body.
        heap.count_text(body.len() / 8)?;
        // The JSON path library takes `a.b` for `$.a.b`.
        let whole = if path.starts_with('$') { path.to_owned() } else { format!("$.{path}") };
        let Ok(path) = Path::parse(&whole) else { return Ok(None) };
        let nothing = Value::Null;
        let bindings = Bindings {
            input: document,
            context: &nothing,
            variables: &std::collections::BTreeMap::new(),
        };
        Ok(path.select(&bindings).ok())
    }
}

fn all_params(heap: &mut Heap, params: &Params) -> Result<Datum, TemplateError> {
    let mut groups = Members::new();
    for (name, group) in
        [("path", &params.path), ("querystring", &params.querystring), ("header", &params.header)]
    {
        let members = group
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect();
        groups.insert(name.into(), heap.new_map(members)?);
    }
    heap.new_map(groups)
}

/// Path first, then query string, then headers, as the mapping template reference says.
fn find_param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    let headers = &params.header;
    let in_any_case = || {
        headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let found = params
        .path
        .get(name)
        .or_else(|| params.querystring.get(name))
        .or_else(|| headers.get(name));
    found.or_else(in_any_case).map(String::as_str)
}
