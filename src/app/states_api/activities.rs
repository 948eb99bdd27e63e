//! Activities, and the workers that poll for their tasks.
//!
//! An activity that a machine of the project names is there without having been created: what deploys the machine would have
//! created it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::describe::seconds;
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, Is, MAX_RESULTS, Member, NAME, NEXT_TOKEN, Request};
use super::{Answer, Response, StatesApi, arns};
use crate::app::app::App;
use crate::app::clock;
use crate::app::simulation::{Run, RunId};
use crate::asl::StateKind;
use crate::asl::task::ResourceKind;
use crate::debug::TaskAnswer;
use crate::engine::TaskToken;
use crate::execution::Timestamp;
use crate::json::Value;
use crate::services::states::is_name;

/// Workers that may wait for the tasks of one activity (service quotas: 1,000 pollers per ARN).
const MAX_POLLERS: usize = 1000;
/// Activities that calls may create.
const MAX_ACTIVITIES: usize = 10_000;

const CREATE: &[Member] = &[
    Member::needed("name", NAME),
    Member::optional("tags", Is::Nested),
    Member::optional("encryptionConfiguration", Is::Nested),
];
const ONE: &[Member] = &[Member::needed("activityArn", ARN)];
const LIST: &[Member] = &[MAX_RESULTS, NEXT_TOKEN];
const GET_TASK: &[Member] =
    &[Member::needed("activityArn", ARN), Member::optional("workerName", NAME)];

#[derive(Clone, Debug)]
pub(super) struct Activity {
    name: String,
    created: Timestamp,
}

/// A worker that waits for a task.
#[derive(Debug)]
pub(super) struct Poller {
    pub(super) activity_arn: String,
    pub(super) worker_name: Option<Arc<str>>,
    pub(super) reply: oneshot::Sender<Response>,
}

impl StatesApi {
    /// Puts a worker in line; who has hung up leaves it.
    pub(super) fn wait_for_task(&mut self, poller: Poller) -> Result<(), (Poller, ApiError)> {
        self.pollers.retain(|it| !it.reply.is_closed());
        let same = |it: &&Poller| it.activity_arn == poller.activity_arn;
        if self.pollers.iter().filter(same).count() >= MAX_POLLERS {
            let message = format!("{MAX_POLLERS} workers wait for tasks of this activity already");
            return Err((poller, ApiError::new("ActivityWorkerLimitExceeded", message)));
        }
        self.pollers.push(poller);
        Ok(())
    }
}

impl App {
    pub(super) fn create_activity(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, CREATE)?;
        let name = request.needed("name");
        if !is_name(name) {
            return Err(ApiError::invalid_name(name));
        }
        let arn = format!("{}:activity:{name}", self.arn_prefix());
        self.know_activities();
        if !self.states_api.activities.contains_key(&arn) {
            if self.states_api.activities.len() >= MAX_ACTIVITIES {
                let message = format!("Stepwell keeps {MAX_ACTIVITIES} activities");
                return Err(ApiError::new("ActivityLimitExceeded", message));
            }
            if let Some(tags) = request.get("tags") {
                // Before anything is changed: they may be refused.
                self.states_api.set_tags(&arn, tags)?;
            }
            let activity = Activity { name: name.to_owned(), created: clock::now() };
            self.states_api.deleted.remove(&arn);
            self.states_api.activities.insert(arn.clone(), activity);
        }
        let created = self.activity(&arn)?.created;
        Ok(Value::object([("activityArn", Value::from(arn)), ("creationDate", seconds(created))]))
    }

    pub(super) fn describe_activity(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, ONE)?;
        let arn = request.needed("activityArn");
        self.know_activities();
        let mut members = item(arn, self.activity(arn)?);
        let key = Value::object([("type", Value::from("AWS_OWNED_KEY"))]);
        members.push(("encryptionConfiguration", key));
        Ok(Value::object(members))
    }

    /// In the order of their names.
    pub(super) fn list_activities(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        self.know_activities();
        let page = Page::of(&request, "ListActivities")?;
        let after = page.after.clone();
        let following = self
            .states_api
            .activities
            .iter()
            .filter(|(arn, _)| after.as_ref().is_none_or(|after| *arn > after));
        let place = |(arn, _): &(&String, &Activity)| (*arn).clone();
        let json = |(arn, it): (&String, &Activity)| Value::object(item(arn, it));
        Ok(page.answer("activities", following, place, json))
    }

    /// Deleting what is not there is no error.
    pub(super) fn delete_activity(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, ONE)?;
        let arn = request.needed("activityArn");
        arns::read(arn, &["activity"])?;
        self.know_activities();
        self.states_api.tags.remove(arn);
        // One that a machine's file names would be known again at once. There are no more of those than names in files.
        if self.states_api.activities.remove(arn).is_some() && self.is_named(arn) {
            self.states_api.deleted.insert(arn.to_owned());
        }
        Ok(Value::empty_object())
    }

    pub(super) fn get_activity_task(&mut self, body: &str) -> Result<Answer, ApiError> {
        let request = Request::read(body, GET_TASK)?;
        let activity_arn = request.needed("activityArn").to_owned();
        self.know_activities();
        self.activity(&activity_arn)?;
        let worker_name = request.text("workerName").map(Arc::from);
        Ok(Answer::WhenATaskComes { activity_arn, worker_name })
    }

    /// Hands waiting tasks to the workers that wait for them, the first to the first. Whether any was.
    pub(super) fn deliver_tasks(&mut self) -> bool {
        if self.states_api.pollers.is_empty() {
            return false;
        }
        let runs = &self.runs;
        self.states_api.taken.retain(|(run, _)| runs.iter().any(|it| it.id == *run));
        let mut handed = false;
        for poller in std::mem::take(&mut self.states_api.pollers) {
            if poller.reply.is_closed() {
                continue;
            }
            let Some((run, task)) = self.next_task(&poller.activity_arn) else {
                self.states_api.pollers.push(poller);
                continue;
            };
            let Some(run) = self.runs.iter_mut().find(|it| it.id == run) else { continue };
            let pending = run.waiting().into_iter().find(|it| it.token == task).cloned();
            let Some(request) = pending else { continue };
            self.states_api.requests += 1;
            let answer = Value::object([
                ("taskToken", Value::String(run.callback_token(&request))),
                ("input", Value::from(request.parameters.to_string())),
            ]);
            run.session.answer(task, TaskAnswer::Started { worker_name: poller.worker_name });
            self.states_api.taken.insert((run.id, task));
            let response = Response::answered(&answer, self.states_api.requests);
            self.states_api.send("GetActivityTask", poller.reply, response);
            handed = true;
        }
        handed
    }

    /// The task of an activity that has waited longest and that no worker has.
    fn next_task(&self, activity_arn: &str) -> Option<(RunId, TaskToken)> {
        let tasks = |run: &Run| {
            let waiting = run.waiting();
            let mut own = waiting.into_iter().filter(|it| {
                matches!(it.resource.kind, ResourceKind::Activity { .. })
                    && *it.resource.text == *activity_arn
                    && !self.states_api.taken.contains(&(run.id, it.token))
            });
            own.next().map(|it| (run.id, it.token))
        };
        self.runs.iter().filter(|it| it.is_running()).find_map(tasks)
    }

    fn activity(&self, arn: &str) -> Result<&Activity, ApiError> {
        arns::read(arn, &["activity"])?;
        self.states_api.activities.get(arn).ok_or_else(|| ApiError::no_activity(arn))
    }

    pub(super) fn has_activity(&mut self, arn: &str) -> bool {
        self.know_activities();
        self.states_api.activities.contains_key(arn)
    }

    /// Whether a machine's definition names the activity.
    fn is_named(&self, arn: &str) -> bool {
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        let mut machines = machines.map(|it| &it.machine);
        machines.any(|machine| {
            machine.states().iter().any(|(_, state)| {
                matches!(&state.kind, StateKind::Task(task)
                    if matches!(task.resource.kind, ResourceKind::Activity { .. }) && *task.resource.text == *arn)
            })
        })
    }

    /// Adds the activities that the project's machines name.
    fn know_activities(&mut self) {
        let since = self.states_api.since;
        for machine in self.project.iter().flat_map(|open| &open.project.machines) {
            for (_, state) in machine.machine.states() {
                if let StateKind::Task(task) = &state.kind
                    && let ResourceKind::Activity { name } = &task.resource.kind
                    && !self.states_api.deleted.contains(&*task.resource.text)
                {
                    let named = || Activity { name: name.to_string(), created: since };
                    let arn = task.resource.text.to_string();
                    self.states_api.activities.entry(arn).or_insert_with(named);
                }
            }
        }
    }
}

fn item(arn: &str, activity: &Activity) -> Vec<(&'static str, Value)> {
    vec![
        ("activityArn", Value::from(arn)),
        ("name", Value::from(activity.name.as_str())),
        ("creationDate", seconds(activity.created)),
    ]
}
