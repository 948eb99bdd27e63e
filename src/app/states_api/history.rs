//! `GetExecutionHistory`.

use std::borrow::Cow;
use std::sync::Arc;

use super::describe::{Found, seconds};
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, Is, MAX_RESULTS, Member, NEXT_TOKEN, Request};
use crate::app::app::App;
use crate::execution::{History, HistoryEvent, export};
use crate::json::Value;

const HISTORY: &[Member] = &[
    Member::needed("executionArn", ARN),
    Member::optional("reverseOrder", Is::Flag),
    Member::optional("includeExecutionData", Is::Flag),
    MAX_RESULTS,
    NEXT_TOKEN,
];

/// What `includeExecutionData: false` leaves out of details, with what tells whether it was cut.
const DATA: &[&str] = &["input", "inputDetails", "output", "outputDetails"];

impl App {
    pub(super) fn get_execution_history(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, HISTORY)?;
        let arn = request.needed("executionArn");
        let reverse = request.flag("reverseOrder") == Some(true);
        let data = request.flag("includeExecutionData") != Some(false);
        let page = Page::of(&request, &format!("GetExecutionHistory {arn} {reverse}"))?;
        let after: Option<u64> = match &page.after {
            Some(text) => Some(text.parse().ok().ok_or_else(ApiError::invalid_token)?),
            None => None,
        };
        self.remember_child(arn)?;
        let history = self.history_of(arn)?;
        let events = history.events();
        let place = |event: &&HistoryEvent| event.id.0.to_string();
        let json = |event: &HistoryEvent| event_json(event, data);
        // Ids count up from 1 without a gap.
        Ok(if reverse {
            let upto = after.map_or(events.len(), |it| usize_of(it.saturating_sub(1)));
            let rest = events.get(..upto.min(events.len())).unwrap_or_default();
            page.answer("events", rest.iter().rev(), place, json)
        } else {
            let rest = events.get(usize_of(after.unwrap_or(0))..).unwrap_or_default();
            page.answer("events", rest, place, json)
        })
    }

    /// The events of children are not kept; those of the child that is being read are, for its next page.
    fn remember_child(&mut self, arn: &str) -> Result<(), ApiError> {
        let Found::Child { run, .. } = self.execution_of_arn(arn)? else { return Ok(()) };
        let last = run.session.last_event();
        let kept = self.states_api.child.as_ref();
        if kept.is_none_or(|(of, at, _)| **of != *arn || *at != last) {
            let replayed = run.session.child_execution(arn);
            self.states_api.child = replayed.map(|it| (Arc::from(arn), last, Arc::new(it)));
        }
        Ok(())
    }

    fn history_of(&self, arn: &str) -> Result<Cow<'_, History>, ApiError> {
        match self.execution_of_arn(arn)? {
            Found::Run(run) => Ok(Cow::Borrowed(run.session.history())),
            Found::Child { .. } => {
                let kept = self.states_api.child.as_ref();
                let kept = kept.filter(|(of, _, _)| **of == *arn);
                let history = kept.map(|(_, _, execution)| Cow::Borrowed(&execution.history));
                history.ok_or_else(|| ApiError::no_execution(arn))
            }
        }
    }
}

fn usize_of(id: u64) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// An event with its instant as JSON 1.0 writes it.
fn event_json(event: &HistoryEvent, data: bool) -> Value {
    let json = export::event_to_json(event);
    let Some(members) = json.as_object() else { return json };
    let mut members = members.clone();
    members.insert("timestamp".into(), seconds(event.timestamp));
    if !data {
        for (_, details) in &mut members {
            if let Value::Object(inside) = details {
                let mut kept = (**inside).clone();
                kept.retain(|name, _| !DATA.contains(&&**name));
                *details = Value::from(kept);
            }
        }
    }
    Value::from(members)
}
