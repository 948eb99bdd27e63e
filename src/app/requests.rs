//! The API console's model: the request being written, and the history of those that were sent.

use std::sync::Arc;

use super::remote::{SentTo, StartedThere};
use super::simulation::RunId;
use crate::apigateway::http::parse_query;
use crate::apigateway::{HttpRequest, HttpResponse, Pending, RestApi, Stage, route_of};
use crate::execution::Timestamp;

/// A route of an API: its index in the project, the key of the method, the resource's path.
pub type RouteKey = (usize, String, String);

/// A request as it stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestDraft {
    /// Index of the project's API.
    pub api: usize,
    pub method: String,
    /// Path with its query, as typed: `/items?limit=2`.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl RequestDraft {
    pub fn of(api: usize, request: &HttpRequest) -> Self {
        Self {
            api,
            method: request.method.clone(),
            url: request.target(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        }
    }

    /// A request of a route as nobody has filled it in yet.
    pub fn empty((api, method, path): &RouteKey) -> Self {
        Self {
            api: *api,
            method: if method == "ANY" { "GET".to_owned() } else { method.clone() },
            url: path.clone(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: String::new(),
        }
    }

    /// The route that it would take.
    pub fn route(&self, apis: &[RestApi]) -> Option<RouteKey> {
        let path = self.url.split('?').next().unwrap_or("");
        let method = self.method.trim().to_uppercase();
        let (method, path) = route_of(apis.get(self.api)?, &method, path)?;
        Some((self.api, method, path.to_owned()))
    }

    /// What goes over the wire. Empty header rows are dropped.
    pub fn to_request(&self) -> HttpRequest {
        let (path, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        HttpRequest {
            method: self.method.trim().to_uppercase(),
            path,
            query: parse_query(query),
            headers: self
                .headers
                .iter()
                .filter(|(name, _)| !name.trim().is_empty())
                .cloned()
                .collect(),
            body: self.body.clone(),
        }
    }
}

/// One request that was sent, with everything that became of it.
#[derive(Debug)]
pub struct Exchange {
    /// Counts up; never reused within a session.
    pub id: u64,
    pub api: usize,
    pub request: HttpRequest,
    pub sent_at: Timestamp,
    /// Whether it came in over loopback and not from the console.
    pub served: bool,
    /// The execution it started.
    pub run: Option<RunId>,
    pub sent_to: SentTo,
    /// The execution that a deployed API started.
    pub started: StartedThere,
    /// What is to be said of a deployed API's answer.
    pub notes: Vec<String>,
    pub progress: Progress,
}

#[derive(Debug)]
pub enum Progress {
    /// Its execution runs, or is held at a breakpoint.
    Held(Box<Pending>),
    /// A deployed API has not answered yet.
    Sending,
    /// A deployed API did not answer, with the reason.
    Failed(String),
    Answered {
        response: HttpResponse,
        stages: Vec<Stage>,
        /// Real milliseconds from sending to the answer, breakpoints included.
        millis: i64,
    },
}

impl Exchange {
    /// The stages so far.
    pub fn stages(&self) -> &[Stage] {
        match &self.progress {
            Progress::Held(pending) => &pending.stages,
            Progress::Answered { stages, .. } => stages,
            Progress::Sending | Progress::Failed(_) => &[],
        }
    }

    pub fn response(&self) -> Option<&HttpResponse> {
        match &self.progress {
            Progress::Held(_) | Progress::Sending | Progress::Failed(_) => None,
            Progress::Answered { response, .. } => Some(response),
        }
    }
}

/// The request of an example or a collection, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRequest {
    pub name: Arc<str>,
    pub draft: RequestDraft,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_and_its_request_are_each_others_inverse() {
        let draft = RequestDraft {
            api: 0,
            method: "GET".to_owned(),
            url: "/items?limit=2&next=a%3Db".to_owned(),
            headers: vec![("Accept".to_owned(), "*/*".to_owned())],
            body: String::new(),
        };
        let request = draft.to_request();
        assert_eq!(request.query[1], ("next".to_owned(), "a=b".to_owned()));
        assert_eq!(RequestDraft::of(0, &request), draft);
    }

    #[test]
    fn what_was_typed_is_made_into_a_request() {
        let typed = RequestDraft {
            method: " post".to_owned(),
            url: "items".to_owned(),
            headers: vec![(String::new(), "x".to_owned())],
            ..RequestDraft::default()
        };
        let request = typed.to_request();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/items"));
        assert!(request.headers.is_empty());
    }
}
