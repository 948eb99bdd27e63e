//! Executions: started, stopped, described and listed.

use super::describe::{Facts, seconds, state_machine_arn};
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, DATA, INCLUDED_DATA, Is, LONG_ARN, MAX_RESULTS, Member, NAME, Request};
use super::versions::{Qualifier, Target, version_arn, version_of_arn};
use super::{MAX_WAITING, Origin, Response};
use crate::app::app::App;
use crate::app::exchanges::sync_result;
use crate::app::runs::NewRun;
use crate::app::simulation::{ROLE_ARN, Run, RunId, execution_arn};
use crate::asl::StateMachineType;
use crate::debug::Goal;
use crate::json::{Value, jackson};
use crate::services::states::is_name;

/// Executions that run at once; one that waits for a callback may do so for ever.
const MAX_OPEN: usize = 1000;

const START: &[Member] = &[
    Member::needed("stateMachineArn", ARN),
    Member::optional("name", NAME),
    Member::optional("input", DATA),
    Member::optional("traceHeader", Is::Text { least: 0, most: 256 }),
    INCLUDED_DATA,
];
const STOP: &[Member] = &[
    Member::needed("executionArn", ARN),
    Member::optional("error", Is::Payload { most: 256 }),
    Member::optional("cause", Is::Payload { most: 32_768 }),
];
const DESCRIBE: &[Member] = &[Member::needed("executionArn", ARN), INCLUDED_DATA];
const STATUSES: &[&str] =
    &["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];
const LIST: &[Member] = &[
    Member::optional("stateMachineArn", ARN),
    Member::optional("mapRunArn", LONG_ARN),
    Member::optional("statusFilter", Is::OneOf(STATUSES)),
    Member::optional("redriveFilter", Is::OneOf(&["REDRIVEN", "NOT_REDRIVEN"])),
    Member::optional("nextToken", Is::Text { least: 1, most: 3096 }),
    MAX_RESULTS,
];
const REDRIVE: &[Member] = &[
    Member::needed("executionArn", ARN),
    Member::optional("clientToken", Is::Text { least: 1, most: 64 }),
];

/// An execution that is asked for.
struct Wanted {
    /// The machine, or its version or alias.
    of: Target,
    name: Option<String>,
    input: Value,
}

impl App {
    pub(super) fn start_execution(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, START)?;
        let wanted = self.wanted(&request)?;
        if let Some(earlier) = self.namesake(&wanted) {
            // API reference: the same request once more gets the same answer while the execution runs; EXPRESS ones have an
            // id beside their name, and are never the same.
            if earlier.has_ended() || earlier.input != wanted.input {
                let arn = &earlier.execution_arn;
                let message = format!("Execution Already Exists: '{arn}'");
                return Err(ApiError::new("ExecutionAlreadyExists", message));
            }
            return Ok(started(earlier));
        }
        let run = self.begin_run(&wanted, false)?;
        self.runs.iter().find(|it| it.id == run).map(started).ok_or_else(gone)
    }

    /// The execution that the caller waits for.
    pub(super) fn start_sync_execution(&mut self, body: &str) -> Result<RunId, ApiError> {
        let request = Request::read(body, START)?;
        let wanted = self.wanted(&request)?;
        let open = self.project.as_ref();
        let kind = open.and_then(|it| Some(it.project.machines.get(wanted.of.machine)?.kind));
        if kind != Some(StateMachineType::Express) {
            return Err(ApiError::wrong_type());
        }
        // Who has hung up waits no more.
        self.states_api.waiting.retain(|(_, _, reply)| !reply.is_closed());
        if self.states_api.waiting.len() >= MAX_WAITING {
            let message = format!("{MAX_WAITING} callers wait for executions already");
            return Err(ApiError::new("ExecutionLimitExceeded", message));
        }
        self.begin_run(&wanted, true)
    }

    /// Answers the callers whose executions have ended.
    pub(super) fn deliver_ends(&mut self) {
        for (id, operation, reply) in std::mem::take(&mut self.states_api.waiting) {
            match self.runs.iter().find(|it| it.id == id) {
                Some(run) if run.has_ended() => {
                    let answer = sync_result(run, u64::MAX).body;
                    self.states_api.requests += 1;
                    let response = Response::of(200, answer, self.states_api.requests);
                    self.states_api.send(operation, reply, response);
                }
                Some(_) => self.states_api.waiting.push((id, operation, reply)),
                // It was closed in the window.
                None => {
                    let response = Response::refused(&gone(), self.states_api.requests);
                    self.states_api.send(operation, reply, response);
                }
            }
        }
    }

    fn wanted(&self, request: &Request) -> Result<Wanted, ApiError> {
        let of = self.target(request.needed("stateMachineArn"))?;
        self.may_be_changed(&of.arn)?;
        let name = request.text("name").map(str::to_owned);
        if let Some(name) = name.as_deref().filter(|it| !is_name(it)) {
            return Err(ApiError::invalid_name(name));
        }
        let text = request.text("input").unwrap_or("{}");
        let input = Value::parse(text).map_err(|err| {
            let complaint = jackson::complaint(text, &err);
            let message = format!("Invalid State Machine Execution Input: '{complaint}'");
            ApiError::new("InvalidExecutionInput", message)
        })?;
        Ok(Wanted { of, name, input })
    }

    /// The execution that has the name already.
    fn namesake(&self, wanted: &Wanted) -> Option<&Run> {
        let name = wanted.name.as_deref()?;
        let machine = self.project.as_ref()?.project.machines.get(wanted.of.machine)?;
        if machine.kind == StateMachineType::Express {
            return None;
        }
        let arn = execution_arn(machine, name);
        self.runs.iter().rev().find(|it| it.start.is_some() && it.execution_arn == arn)
    }

    fn begin_run(&mut self, wanted: &Wanted, synchronous: bool) -> Result<RunId, ApiError> {
        if self.runs.iter().filter(|it| !it.has_ended()).count() >= MAX_OPEN {
            let message = format!("{MAX_OPEN} executions are open, and no more are taken");
            return Err(ApiError::new("ExecutionLimitExceeded", message));
        }
        if self.is_crowded() {
            let message = "The executions that are open take most of the memory that Stepwell gives them: stop some, or wait until \
                           they end";
            return Err(ApiError::new("ExecutionLimitExceeded", message));
        }
        let arn = wanted.of.arn.as_str();
        let (number, alias_arn) = match &wanted.of.qualifier {
            None => (None, None),
            Some(Qualifier::Version(number)) => (Some(*number), None),
            Some(Qualifier::Alias(alias)) => {
                let routed = self.states_api.aliases.get_mut(alias);
                let version = routed.and_then(|it| it.next_version()).unwrap_or_default();
                let (_, number) = version_of_arn(version)?.ok_or_else(gone)?;
                (Some(number), Some(alias.as_str().into()))
            }
        };
        let (definition, settings) = match number {
            Some(number) => {
                let version = self.version(arn, number).ok_or_else(|| ApiError::no_machine(arn))?;
                (version.definition.clone(), version.settings.clone())
            }
            None => (self.machine_of_arn(arn)?.clone(), self.settings_of(arn)),
        };
        let new = NewRun {
            machine: wanted.of.machine,
            definition: &definition,
            input: wanted.input.clone(),
            kind: definition.kind,
            name: wanted.name.as_deref(),
            role_arn: settings.role_arn.as_str().unwrap_or(ROLE_ARN).into(),
        };
        let id = self.start_new_run(new, synchronous);
        let run = self.runs.iter_mut().find(|it| it.id == id).ok_or_else(gone)?;
        let version_arn = number.map(|it| version_arn(arn, it).into());
        run.origin = Some(Origin { version_arn, alias_arn, settings });
        run.begin(Goal::Continue);
        Ok(id)
    }

    pub(super) fn stop_execution(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, STOP)?;
        let arn = request.needed("executionArn");
        let found = self.execution_of_arn(arn)?.facts();
        let text = |name: &str| request.text(name).map(std::sync::Arc::from);
        let id = self.runs.iter().rev().find(|it| *it.execution_arn == *arn).map(|it| it.id);
        let Some(id) = id else {
            // A child of a distributed Map ends with its Map Run.
            let message = format!("{arn} can only be stopped with the execution that has its Map");
            return Err(ApiError::validation(message));
        };
        if let Some(stopped) = found.stopped {
            return Ok(Value::object([("stopDate", seconds(stopped))]));
        }
        let stopped = self.stop_run(id, text("error"), text("cause")).ok_or_else(gone)?;
        Ok(Value::object([("stopDate", seconds(stopped))]))
    }

    pub(super) fn redrive_execution(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, REDRIVE)?;
        let facts = self.execution_of_arn(request.needed("executionArn"))?.facts();
        Err(ApiError::new("ExecutionNotRedrivable", facts.not_redrivable()))
    }

    pub(super) fn describe_execution(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, DESCRIBE)?;
        let facts = self.execution_of_arn(request.needed("executionArn"))?.facts();
        Ok(facts.description(request.wants_data()))
    }

    /// The newest first.
    pub(super) fn list_executions(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let (of_machine, of_map_run) = (request.text("stateMachineArn"), request.text("mapRunArn"));
        let status = request.text("statusFilter");
        let redriven = request.text("redriveFilter") == Some("REDRIVEN");
        let list = format!("ListExecutions {of_machine:?} {of_map_run:?} {status:?} {redriven}");
        let page = Page::of(&request, &list)?;
        let mut found: Vec<(Place, Facts)> = match (of_machine, of_map_run) {
            (Some(arn), None) => self.executions_of(arn)?,
            (None, Some(arn)) => {
                let (run, map_run) = self.find_map_run(arn)?;
                let facts = |it| Facts::of_child(run, map_run, it);
                map_run.children.iter().map(|it| (Place::of_child(it), facts(it))).collect()
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "Exactly one of stateMachineArn and mapRunArn must be given";
                return Err(ApiError::validation(message));
            }
        };
        found.retain(|(_, facts)| {
            !redriven && status.is_none_or(|status| facts.status.as_str() == status)
        });
        found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let after = page.after.as_deref().map(Place::read).transpose()?;
        let following = found.into_iter().filter(|(place, _)| after.is_none_or(|it| *place < it));
        Ok(page.answer("executions", following, |(place, _)| place.text(), |(_, it)| it.item()))
    }

    fn executions_of(&self, arn: &str) -> Result<Vec<(Place, Facts)>, ApiError> {
        let Target { machine, qualifier, .. } = self.target(arn)?;
        let open = self.project.as_ref();
        let kind = open.and_then(|it| Some(it.project.machines.get(machine)?.kind));
        if kind == Some(StateMachineType::Express) {
            return Err(ApiError::wrong_type());
        }
        let of_machine = |run: &&Run| {
            if qualifier.is_some() {
                let asked = run.origin.iter().flat_map(|it| [&it.version_arn, &it.alias_arn]);
                return asked.flatten().any(|it| **it == *arn);
            }
            // A machine that was given to nested calls under another account's ARN is still the same machine.
            let same = state_machine_arn(run);
            *same == *arn || (run.start.is_some() && run.machine == machine)
        };
        let mut found: Vec<(Place, Facts)> = Vec::new();
        for run in self.runs.iter().rev().filter(of_machine) {
            if !found.iter().any(|(_, it)| it.arn == run.execution_arn) {
                found.push((Place::of_run(run), Facts::of_run(run)));
            }
        }
        Ok(found)
    }
}

/// Where an execution stands in a list: by the time it began, and then by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(i64, u64);

impl Place {
    fn of_run(run: &Run) -> Self {
        Self(run.started_at.0, run.id.0)
    }

    fn of_child(child: &crate::engine::ChildRecord) -> Self {
        Self(child.started_at.0, child.index)
    }

    fn text(self) -> String {
        format!("{}.{}", self.0, self.1)
    }

    fn read(text: &str) -> Result<Self, ApiError> {
        let (at, number) = text.split_once('.').ok_or_else(ApiError::invalid_token)?;
        match (at.parse(), number.parse()) {
            (Ok(at), Ok(number)) => Ok(Self(at, number)),
            _ => Err(ApiError::invalid_token()),
        }
    }
}

fn started(run: &Run) -> Value {
    let arn = Value::String(std::sync::Arc::clone(&run.execution_arn));
    Value::object([("executionArn", arn), ("startDate", seconds(run.started_at))])
}

/// Nothing but the window takes an execution away.
fn gone() -> ApiError {
    ApiError::new("ExecutionDoesNotExist", "The execution was closed")
}
