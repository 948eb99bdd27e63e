//! State machines: those of the project, and those that calls create beside them.
//!
//! A machine of a file is changed by changing the file. One that a call created lives as long as the project is open, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arns;
use super::describe::{Found, seconds};
use super::page::Page;
use super::prepared::Checked;
use super::refusal::ApiError;
use super::request::{ARN, INCLUDED_DATA, Is, MAX_RESULTS, Member, NAME, NEXT_TOKEN, Request};
use super::variable_references::variable_references;
use super::versions::Qualifier;
use crate::app::app::App;
use crate::app::clock;
use crate::app::simulation::{Run, execution_name};
use crate::asl::aws::{Account, create_request_error_but, logging_refusal};
use crate::asl::{ProcessorMode, StateMachineType};
use crate::execution::Timestamp;
use crate::json::{Object, Value};
use crate::project::MachineDefinition;

/// Machines that calls may create; their definitions stay in memory.
const MAX_CREATED: usize = 1000;

const DEFINITION: Is = Is::Payload { most: 1_048_576 };
const LIST: &[Member] = &[MAX_RESULTS, NEXT_TOKEN];
const DESCRIBE: &[Member] = &[Member::needed("stateMachineArn", ARN), INCLUDED_DATA];
const OF_EXECUTION: &[Member] = &[Member::needed("executionArn", ARN), INCLUDED_DATA];
pub(super) const CREATE: &[Member] = &[
    Member::needed("name", NAME),
    Member::needed("definition", DEFINITION),
    Member::needed("roleArn", ARN),
    Member::optional("type", Is::OneOf(&["STANDARD", "EXPRESS"])),
    Member::optional("loggingConfiguration", Is::Nested),
    Member::optional("tracingConfiguration", Is::Nested),
    Member::optional("encryptionConfiguration", Is::Nested),
    Member::optional("tags", Is::Nested),
    Member::optional("publish", Is::Flag),
    Member::optional("versionDescription", Is::Text { least: 0, most: 256 }),
];
pub(super) const UPDATE: &[Member] = &[
    Member::needed("stateMachineArn", ARN),
    Member::optional("definition", DEFINITION),
    Member::optional("roleArn", ARN),
    Member::optional("loggingConfiguration", Is::Nested),
    Member::optional("tracingConfiguration", Is::Nested),
    Member::optional("encryptionConfiguration", Is::Nested),
    Member::optional("publish", Is::Flag),
    Member::optional("versionDescription", Is::Text { least: 0, most: 256 }),
];
const DELETE: &[Member] = &[Member::needed("stateMachineArn", ARN)];
pub(super) const VALIDATE: &[Member] = &[
    Member::needed("definition", DEFINITION),
    Member::optional("type", Is::OneOf(&["STANDARD", "EXPRESS"])),
    Member::optional("severity", Is::OneOf(&["ERROR", "WARNING"])),
    Member::optional("maxResults", Is::Count { most: 100 }),
];

/// A machine that a call created.
#[derive(Clone, Debug)]
pub(super) struct MachineRecord {
    created: Timestamp,
    pub(super) updated: Timestamp,
    /// None before the first update (recorded).
    pub(super) revision: Option<String>,
    /// As `CreateStateMachine` was asked, with what updates have changed.
    pub(super) request: Object,
    /// Deleted, while executions of it still run.
    is_deleting: bool,
}

impl App {
    /// The index of the machine that an ARN names, which is no version's and no alias's.
    pub(super) fn find_machine(&self, arn: &str) -> Result<usize, ApiError> {
        arns::read(arn, &["stateMachine"])?;
        self.machine_by_arn(arn).ok_or_else(|| ApiError::no_machine(arn))
    }

    pub(super) fn machine_of_arn(&self, arn: &str) -> Result<&MachineDefinition, ApiError> {
        let index = self.find_machine(arn)?;
        let machines = self.project.as_ref().map(|open| &open.project.machines);
        machines.and_then(|it| it.get(index)).ok_or_else(|| ApiError::no_machine(arn))
    }

    /// In the order of their names.
    pub(super) fn list_state_machines(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let page = Page::of(&request, "ListStateMachines")?;
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        // One that came with a recorded execution has no ARN of its own.
        let machines = machines.filter(|it| !it.arn.is_empty() && !self.is_deleting(&it.arn));
        let mut machines: Vec<&MachineDefinition> = machines.collect();
        machines.sort_by(|one, other| one.name.cmp(&other.name));
        let after = page.after.clone();
        let following =
            machines.into_iter().filter(|it| after.as_ref().is_none_or(|after| it.name > *after));
        Ok(page.answer(
            "stateMachines",
            following,
            |it| it.name.clone(),
            |it| {
                Value::object([
                    ("stateMachineArn", Value::from(it.arn.as_str())),
                    ("name", Value::from(it.name.as_str())),
                    ("type", Value::from(it.kind.as_str())),
                    ("creationDate", seconds(self.created(&it.arn))),
                ])
            },
        ))
    }

    pub(super) fn describe_state_machine(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, DESCRIBE)?;
        let given = request.needed("stateMachineArn");
        // `…:stateMachine:name/label` is the machine again, as the children of that Map know it (API reference).
        let (arn, label) = given.split_once('/').map_or((given, None), |(arn, it)| (arn, Some(it)));
        let target = self.target(arn)?;
        let version = match target.qualifier {
            Some(Qualifier::Version(number)) => self.version(&target.arn, number),
            Some(Qualifier::Alias(_)) => return Err(ApiError::no_machine(arn)),
            None => None,
        };
        let (machine, settings, created) = match version {
            Some(version) => (&version.definition, version.settings.clone(), version.created),
            None => (self.machine_of_arn(arn)?, self.settings_of(arn), self.created(arn)),
        };
        if label.is_some_and(|it| !has_label(machine, it)) {
            return Err(ApiError::no_machine(given));
        }
        let mut members = vec![
            ("stateMachineArn", Value::from(arn)),
            ("name", Value::from(machine.name.as_str())),
            (
                "status",
                Value::from(if self.is_deleting(&target.arn) { "DELETING" } else { "ACTIVE" }),
            ),
            ("type", Value::from(machine.kind.as_str())),
            ("creationDate", seconds(created)),
        ];
        if let Some(description) = version.and_then(|it| it.description.as_ref()) {
            members.push(("description", Value::String(Arc::clone(description))));
        }
        // Without data AWS gives an empty object as the definition.
        let definition =
            if request.wants_data() { machine.definition.text() } else { Arc::from("{}") };
        members.push(("definition", Value::String(definition)));
        members.extend(label.map(|it| ("label", Value::from(it))));
        let references = variable_references(&machine.machine).filter(|_| request.wants_data());
        members.extend(references.map(|it| ("variableReferences", it)));
        members.extend(settings.members());
        Ok(Value::object(members))
    }

    /// As the execution runs it, whatever has become of the machine since. For a child of a distributed Map, AWS gives the whole
    /// machine and the Map's label.
    pub(super) fn describe_state_machine_for_execution(
        &self,
        body: &str,
    ) -> Result<Value, ApiError> {
        let request = Request::read(body, OF_EXECUTION)?;
        let found = self.execution_of_arn(request.needed("executionArn"))?;
        let facts = found.facts();
        let run = match found {
            Found::Run(run) | Found::Child { run, .. } => run,
        };
        let mut members = Vec::new();
        if let Found::Child { map_run, .. } = found {
            members.push(("mapRunArn", Value::String(Arc::clone(&map_run.arn))));
            members.push(("label", Value::String(Arc::clone(&map_run.label))));
        }
        let definition = if request.wants_data() { run.definition.text() } else { "{}".into() };
        let arn = &facts.state_machine_arn;
        let machine = arn.split('/').next().unwrap_or(arn);
        // What was changed after it began is not what it runs.
        let settings = match &run.origin {
            Some(origin) => origin.settings.clone(),
            None => self.settings_of(machine),
        };
        members.extend([
            ("stateMachineArn", Value::String(Arc::clone(arn))),
            ("name", Value::String(Arc::clone(&run.machine_name))),
            ("definition", Value::String(definition)),
            ("updateDate", seconds(settings.updated)),
        ]);
        let references = variable_references(run.session.definition());
        let references = references.filter(|_| request.wants_data());
        members.extend(references.map(|it| ("variableReferences", it)));
        members.extend(settings.members());
        Ok(Value::object(members))
    }

    pub(super) fn create_state_machine(
        &mut self,
        request: &Request,
        checked: Checked,
    ) -> Result<Value, ApiError> {
        let prefix = self.arn_prefix();
        let wanted = request.to_value();
        let account = self.account(&prefix, &wanted);
        let definition_error = |_: &str, _| checked.machine.as_ref().err().cloned();
        if let Some((code, message)) = create_request_error_but(&wanted, &account, definition_error)
        {
            return Err(ApiError { code, message });
        }
        let definition = checked.machine.map_err(|(code, message)| ApiError { code, message })?;
        let name = request.needed("name");
        let arn = format!("{prefix}:stateMachine:{name}");
        self.may_be_changed(&arn)?;
        if self.machine_by_arn(&arn).is_some() {
            return self.created_answer(request, &arn);
        }
        if self.states_api.machines.len() >= MAX_CREATED {
            let message = format!("Stepwell keeps {MAX_CREATED} machines that calls create");
            return Err(ApiError::new("StateMachineLimitExceeded", message));
        }
        // All that can be refused comes before anything is changed.
        self.may_publish(request)?;
        if let Some(tags) = request.get("tags") {
            self.states_api.set_tags(&arn, tags)?;
        }
        self.add_machine(named(*definition, name, &arn));
        let now = clock::now();
        let record = MachineRecord {
            created: now,
            updated: now,
            revision: None,
            request: wanted.as_object().cloned().unwrap_or_default(),
            is_deleting: false,
        };
        self.states_api.machines.insert(arn.clone(), record);
        self.created_answer(request, &arn)
    }

    /// The answer of `CreateStateMachine`, with a first version where one was asked for.
    fn created_answer(&mut self, request: &Request, arn: &str) -> Result<Value, ApiError> {
        let created = self.created(arn);
        let mut members =
            vec![("stateMachineArn", Value::from(arn)), ("creationDate", seconds(created))];
        members.extend(self.published(request, arn)?);
        Ok(Value::object(members))
    }

    /// Whether the version that `publish` asks for would be taken.
    fn may_publish(&self, request: &Request) -> Result<(), ApiError> {
        if request.flag("publish") == Some(true) { self.has_room_for_a_version() } else { Ok(()) }
    }

    /// The version that `publish` asks for.
    fn published(
        &mut self,
        request: &Request,
        arn: &str,
    ) -> Result<Option<(&'static str, Value)>, ApiError> {
        if request.flag("publish") != Some(true) {
            return Ok(None);
        }
        let (version_arn, _) = self.publish(arn, request.text("versionDescription"))?;
        Ok(Some(("stateMachineVersionArn", Value::from(version_arn))))
    }

    pub(super) fn update_state_machine(
        &mut self,
        request: &Request,
        checked: Option<[Checked; 2]>,
    ) -> Result<Value, ApiError> {
        let arn = request.needed("stateMachineArn").to_owned();
        let index = self.find_machine(&arn)?;
        self.made_by_a_call(&arn)?;
        self.may_be_changed(&arn)?;
        if request.text("versionDescription").is_some() && request.flag("publish") != Some(true) {
            let message = "Version description can only be set when publish is true";
            return Err(ApiError::validation(message));
        }
        let (kind, name) = {
            let machine = self.machine_of_arn(&arn)?;
            (machine.kind, machine.name.clone())
        };
        let wanted = request.to_value();
        let account = self.account(&self.arn_prefix(), &wanted);
        if let Some((code, message)) = logging_refusal(wanted.get("loggingConfiguration"), &account)
        {
            return Err(ApiError { code, message });
        }
        let checked = checked.and_then(|both| both.into_iter().find(|it| it.kind == kind));
        let definition = checked.map(|it| it.machine).transpose();
        let definition = definition.map_err(|(code, message)| ApiError { code, message })?;
        let given = ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"];
        if !given.iter().any(|it| request.get(it).is_some()) {
            let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
            return Err(ApiError::new("MissingRequiredParameter", message));
        }
        self.may_publish(request)?;
        // Nothing is refused from here on.
        if let Some(definition) = definition {
            self.replace_machine(index, named(*definition, &name, &arn));
        }
        self.states_api.requests += 1;
        let number = self.states_api.requests;
        let now = clock::now();
        let mut members = vec![("updateDate", seconds(now))];
        if let Some(record) = self.states_api.machines.get_mut(&arn) {
            let before = record.request.clone();
            for name in given {
                if let Some(value) = request.get(name) {
                    record.request.insert(name.into(), value.clone());
                }
            }
            // What is changed into what it was stays the same revision (recorded).
            if record.request != before || record.revision.is_none() {
                record.updated = now;
                record.revision = Some(execution_name(number));
            }
            let revision = record.revision.as_deref();
            members.extend(revision.map(|it| ("revisionId", Value::from(it))));
        }
        members.extend(self.published(request, &arn)?);
        Ok(Value::object(members))
    }

    /// With its executions, versions and aliases, once all of those executions have ended (API reference); deleting what is not
    /// there is no error (recorded).
    pub(super) fn delete_state_machine(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, DELETE)?;
        let arn = request.needed("stateMachineArn");
        arns::read(arn, &["stateMachine"])?;
        if let Some(index) = self.machine_by_arn(arn) {
            self.made_by_a_call(arn)?;
            if self.runs_of(index) > 0 {
                if let Some(record) = self.states_api.machines.get_mut(arn) {
                    record.is_deleting = true;
                }
            } else {
                self.forget_machine(index, arn);
            }
        }
        Ok(Value::empty_object())
    }

    /// Executions of a machine that have not ended.
    fn runs_of(&self, machine: usize) -> usize {
        let of_machine = |it: &&Run| it.machine == machine && it.start.is_some();
        self.runs.iter().filter(of_machine).filter(|it| !it.has_ended()).count()
    }

    fn forget_machine(&mut self, index: usize, arn: &str) {
        self.remove_machine(index);
        self.states_api.machines.remove(arn);
        self.states_api.tags.remove(arn);
        self.states_api.versions.remove(arn);
        self.forget_aliases(arn);
    }

    /// Forgets machines whose last execution has ended since they were deleted.
    pub(super) fn finish_deleting(&mut self) {
        let deleting = self.states_api.machines.iter().filter(|(_, it)| it.is_deleting);
        let deleting: Vec<String> = deleting.map(|(arn, _)| arn.clone()).collect();
        for arn in deleting {
            match self.machine_by_arn(&arn) {
                Some(index) if self.runs_of(index) > 0 => {}
                Some(index) => self.forget_machine(index, &arn),
                None => drop(self.states_api.machines.remove(&arn)),
            }
        }
    }

    pub(in crate::app) fn is_deleting(&self, arn: &str) -> bool {
        self.states_api.machines.get(arn).is_some_and(|it| it.is_deleting)
    }

    /// Whether a machine is not on its way out. It starts nothing any more, and nothing of it changes.
    pub(super) fn may_be_changed(&self, arn: &str) -> Result<(), ApiError> {
        if self.is_deleting(arn) {
            let message = format!("State Machine is being deleted: '{arn}'");
            return Err(ApiError::new("StateMachineDeleting", message));
        }
        Ok(())
    }

    /// The machines that calls have created, for a project that is read again.
    pub(in crate::app) fn created_machines(&self) -> Vec<MachineDefinition> {
        let machines = self.project.iter().flat_map(|open| &open.project.machines);
        let created = |it: &&MachineDefinition| self.states_api.machines.contains_key(&it.arn);
        machines.filter(created).cloned().collect()
    }

    fn made_by_a_call(&self, arn: &str) -> Result<(), ApiError> {
        if self.states_api.machines.contains_key(arn) {
            return Ok(());
        }
        let machine = self.machine_of_arn(arn)?;
        Err(ApiError::validation(format!(
            "{} is read from {}: change that file, and it is read again",
            machine.name,
            machine.file.display()
        )))
    }

    fn created(&self, arn: &str) -> Timestamp {
        self.states_api.machines.get(arn).map_or(self.states_api.since, |it| it.created)
    }

    /// What a request to create a machine is held against.
    fn account(&self, prefix: &str, wanted: &Value) -> Account {
        let mut machines = BTreeMap::new();
        // Of the others nothing is asked.
        let name = wanted.get("name").and_then(Value::as_str);
        let all = self.project.iter().flat_map(|open| &open.project.machines);
        for machine in all.filter(|it| Some(it.name.as_str()) == name) {
            let request = match self.states_api.machines.get(&machine.arn) {
                Some(record) => Value::from(record.request.clone()),
                None => Value::object([
                    ("definition", Value::String(machine.definition.text())),
                    ("type", Value::from(machine.kind.as_str())),
                ]),
            };
            machines.insert(machine.name.clone(), request);
        }
        Account { arn_prefix: prefix.to_owned(), machines, log_groups: log_groups(wanted) }
    }
}

fn named(definition: MachineDefinition, name: &str, arn: &str) -> MachineDefinition {
    MachineDefinition { name: name.to_owned(), arn: arn.to_owned(), ..definition }
}

/// Whether a distributed Map of the machine has the label, or a name that AWS would make it of.
fn has_label(machine: &MachineDefinition, label: &str) -> bool {
    machine.machine.states().iter().any(|(_, state)| {
        let distributed =
            state.map().filter(|map| map.processor.mode == ProcessorMode::Distributed);
        let made_up = || state.name.as_str().chars().filter(|it| !it.is_whitespace()).take(40);
        distributed.is_some_and(|map| match &map.label {
            Some(own) => **own == *label,
            None => made_up().eq(label.chars()),
        })
    })
}

pub(super) fn kind_of(text: Option<&str>) -> StateMachineType {
    if text == Some("EXPRESS") { StateMachineType::Express } else { StateMachineType::Standard }
}

/// There is no CloudWatch here: every log group that somebody names is one.
fn log_groups(request: &Value) -> BTreeSet<String> {
    let logging = request.get("loggingConfiguration");
    let destinations = logging.and_then(|it| it.get("destinations")).and_then(Value::as_array);
    let arn = |it: &Value| {
        let arn = it.get("cloudWatchLogsLogGroup")?.get("logGroupArn")?.as_str()?;
        Some(arn.strip_suffix(":*").unwrap_or(arn).to_owned())
    };
    destinations.into_iter().flat_map(|it| it.iter()).filter_map(arn).collect()
}
