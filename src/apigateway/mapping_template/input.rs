//! `$input`: the body and the parameters.

use std::sync::Arc;

use super::strings::Answer;
use super::value::{Datum, Heap, Members, VISIT};
use super::{Params, TemplateError, TemplateScope};
use crate::json::Value;
use crate::query::Bindings;
use crate::query::jsonpath::Path;

/// `$input`'s own memory: the body, read as JSON when a template first asks.
pub(super) struct Input<'a> {
    scope: &'a TemplateScope,
    /// API Gateway shows a missing body as an empty object; recorded.
    body: Arc<str>,
    document: Option<Option<Value>>,
}

impl<'a> Input<'a> {
    pub(super) fn new(scope: &'a TemplateScope) -> Self {
        let body = if scope.body.is_empty() { "{}" } else { scope.body.as_str() };
        Self { scope, body: body.into(), document: None }
    }

    pub(super) fn property(&self, name: &str) -> Option<Datum> {
        (name == "body").then(|| Datum::Text(Arc::clone(&self.body)))
    }

    pub(super) fn call(&mut self, heap: &mut Heap, method: &str, arguments: &[Datum]) -> Answer {
        let argument = arguments.first().map(|it| heap.text(it)).transpose()?;
        Ok(match (method, argument.as_deref()) {
            // What is not there is an empty JSON string, so that a template stays JSON.
            ("json", Some(path)) => {
                let text = match self.select(heap, path)? {
                    Some(found) => heap.json_text(&found)?,
                    None => "\"\"".to_owned(),
                };
                heap.count_text(text.len())?;
                Some(text.into())
            }
            ("path", Some(path)) => match self.select(heap, path)? {
                Some(found) => Some(heap.load(&found)?),
                None => None,
            },
            ("params", None) => Some(all_params(heap, &self.scope.params)?),
            ("params", Some(name)) => {
                heap.count_visits(self.scope.params.header.len())?;
                heap.count_work(name.len())?;
                let value = find_param(&self.scope.params, name).unwrap_or_default();
                heap.count_text(value.len())?;
                Some(value.into())
            }
            ("getBody", None) => self.property("body"),
            _ => None,
        })
    }

    fn select(&mut self, heap: &Heap, path: &str) -> Result<Option<Value>, TemplateError> {
        if self.document.is_none() {
            heap.count_visits(self.body.len())?;
        }
        let document = self.document.get_or_insert_with(|| Value::parse(&self.body).ok());
        let Some(document) = document else { return Ok(None) };
        if path == "$" {
            return Ok(Some(document.clone()));
        }
        heap.count_visits(path.len())?;
        heap.count_work(path_work(path, self.body.len()))?;
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

/// What a path may take over a body of so many bytes: every `..`, `*`, slice and filter may visit all its values for each that it is
/// given, and a list of names or places as many as it has, up to the limit of paths themselves; and a filter may search each text
/// with an expression.
fn path_work(path: &str, body: usize) -> usize {
    const MOST_VISITS: usize = 2_000_000;
    let values = body / 2 + 1;
    let times = |visits: usize, more: usize| visits.saturating_mul(more).min(MOST_VISITS);
    let wide = path.matches("..").count() + path.matches(['*', '?', ':']).count();
    let visits = (0..wide).fold(1_usize, |visits, _| times(visits, values));
    let lists = path.split('[').map(|it| it.split(']').next().unwrap_or(it).split(',').count());
    let visits = lists.fold(visits, times);
    let searched = path.matches("=~").count().saturating_mul(body).saturating_mul(4096);
    visits.saturating_mul(VISIT).saturating_add(searched)
}

fn all_params(heap: &mut Heap, params: &Params) -> Result<Datum, TemplateError> {
    let mut groups = Members::new();
    for (name, group) in
        [("path", &params.path), ("querystring", &params.querystring), ("header", &params.header)]
    {
        let mut members = Members::new();
        for (name, value) in group {
            heap.count_text(name.len() + value.len())?;
            members.insert(name.as_str().into(), value.as_str().into());
        }
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
