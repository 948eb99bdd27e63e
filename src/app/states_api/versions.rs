//! Versions: what a machine was when somebody published it. They last as long as the project is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arns;
use super::describe::seconds;
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, Is, LONG_ARN, MAX_RESULTS, Member, NEXT_TOKEN, Request};
use super::settings::Settings;
use crate::app::app::App;
use crate::app::clock;
use crate::execution::Timestamp;
use crate::json::Value;
use crate::project::MachineDefinition;

/// Versions of all machines; their definitions stay in memory.
const MAX_VERSIONS: usize = 2000;

const PUBLISH: &[Member] = &[
    Member::needed("stateMachineArn", ARN),
    Member::optional("revisionId", Is::Text { least: 0, most: 256 }),
    Member::optional("description", Is::Payload { most: 256 }),
];
const LIST: &[Member] = &[Member::needed("stateMachineArn", ARN), MAX_RESULTS, NEXT_TOKEN];
const DELETE: &[Member] = &[Member::needed("stateMachineVersionArn", LONG_ARN)];

/// The versions of one machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// The last number that was given; one that was deleted is not given again (recorded).
    last: u64,
    kept: BTreeMap<u64, Version>,
}

/// A version.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) created: Timestamp,
    pub(super) description: Option<Arc<str>>,
    pub(super) definition: MachineDefinition,
    pub(super) settings: Settings,
}

/// What the ARN of a machine, of a version or of an alias comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Index in the project.
    pub(super) machine: usize,
    /// The machine's own ARN.
    pub(super) arn: String,
    pub(super) qualifier: Option<Qualifier>,
}

/// What stands behind a machine's ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Qualifier {
    Version(u64),
    Alias(String),
}

/// What a call asked for when it started an execution, as the machine was then.
#[derive(Clone, Debug)]
pub(in crate::app) struct Origin {
    pub(super) version_arn: Option<Arc<str>>,
    pub(super) alias_arn: Option<Arc<str>>,
    pub(super) settings: Settings,
}

impl App {
    /// The machine, the version or the alias that an ARN names.
    pub(super) fn target(&self, arn: &str) -> Result<Target, ApiError> {
        arns::read(arn, &["stateMachine"])?;
        if let Some(machine) = self.machine_by_arn(arn) {
            return Ok(Target { machine, arn: arn.to_owned(), qualifier: None });
        }
        let nothing = || ApiError::no_machine(arn);
        let (own, qualifier) = arn.rsplit_once(':').ok_or_else(nothing)?;
        let machine = self.machine_by_arn(own).ok_or_else(nothing)?;
        let qualifier = match qualifier.parse() {
            Ok(number) if self.version(own, number).is_some() => Qualifier::Version(number),
            Err(_) if self.states_api.aliases.contains_key(arn) => Qualifier::Alias(arn.to_owned()),
            Ok(_) | Err(_) => return Err(nothing()),
        };
        Ok(Target { machine, arn: own.to_owned(), qualifier: Some(qualifier) })
    }

    pub(super) fn version(&self, machine_arn: &str, number: u64) -> Option<&Version> {
        self.states_api.versions.get(machine_arn)?.kept.get(&number)
    }

    pub(super) fn publish_version(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, PUBLISH)?;
        let arn = request.needed("stateMachineArn");
        self.find_machine(arn)?;
        self.may_be_changed(arn)?;
        if let Some(wanted) = request.text("revisionId") {
            let settings = self.settings_of(arn);
            let current = settings.revision.as_deref().unwrap_or("INITIAL");
            if wanted != current {
                let message = format!(
                    "Failed to publish the State Machine version for revision {wanted}. The current State Machine revision is \
                     {current}."
                );
                return Err(ApiError::new("ConflictException", message));
            }
        }
        let (version_arn, created) = self.publish(arn, request.text("description"))?;
        Ok(Value::object([
            ("stateMachineVersionArn", Value::from(version_arn)),
            ("creationDate", seconds(created)),
        ]))
    }

    /// Makes a version of a machine as it is now. When nothing has changed since the last one, that is it (API reference of
    /// `PublishStateMachineVersion`).
    pub(super) fn publish(
        &mut self,
        arn: &str,
        description: Option<&str>,
    ) -> Result<(String, Timestamp), ApiError> {
        let definition = self.machine_of_arn(arn)?.clone();
        let settings = self.settings_of(arn);
        let room = self.has_room_for_a_version();
        let versions = self.states_api.versions.entry(arn.to_owned()).or_default();
        let same = |it: &Version| {
            it.definition.definition.text() == definition.definition.text()
                && it.settings == settings
                && it.description.as_deref() == description
        };
        let last = versions.kept.get(&versions.last);
        if let Some(last) = last.filter(|it| same(it)) {
            return Ok((version_arn(arn, versions.last), last.created));
        }
        room?;
        versions.last += 1;
        let created = clock::now();
        let description = description.map(Arc::from);
        let version = Version { created, description, definition, settings };
        versions.kept.insert(versions.last, version);
        Ok((version_arn(arn, versions.last), created))
    }

    pub(super) fn has_room_for_a_version(&self) -> Result<(), ApiError> {
        let total: usize = self.states_api.versions.values().map(|it| it.kept.len()).sum();
        if total < MAX_VERSIONS {
            return Ok(());
        }
        let message = format!("Stepwell keeps {MAX_VERSIONS} versions of machines");
        Err(ApiError::new("ServiceQuotaExceededException", message))
    }

    /// The newest first.
    pub(super) fn list_versions(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let arn = request.needed("stateMachineArn");
        let page = Page::of(&request, &format!("ListStateMachineVersions {arn}"))?;
        self.find_machine(arn)?;
        let after = page
            .after
            .as_deref()
            .map(|it| it.parse::<u64>().ok().ok_or_else(ApiError::invalid_token));
        let after = after.transpose()?;
        let versions = self.states_api.versions.get(arn);
        let following = versions.iter().flat_map(|it| it.kept.iter().rev());
        let following = following.filter(|(number, _)| after.is_none_or(|it| **number < it));
        Ok(page.answer(
            "stateMachineVersions",
            following,
            |(number, _)| number.to_string(),
            |(number, version)| {
                Value::object([
                    ("stateMachineVersionArn", Value::from(version_arn(arn, *number))),
                    ("creationDate", seconds(version.created)),
                ])
            },
        ))
    }

    /// Deleting what is not there is no error, as with machines.
    pub(super) fn delete_version(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, DELETE)?;
        let arn = request.needed("stateMachineVersionArn");
        let Some((own, number)) = version_of_arn(arn)? else {
            let message = "The ARN is not one of a state machine version";
            return Err(ApiError::invalid_arn(message));
        };
        let aliases = self.aliases_of_version(arn);
        if !aliases.is_empty() {
            let message = format!(
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
                aliases.join(", ")
            );
            return Err(ApiError::new("ConflictException", message));
        }
        if let Some(versions) = self.states_api.versions.get_mut(own) {
            versions.kept.remove(&number);
        }
        Ok(Value::empty_object())
    }
}

pub(super) fn version_arn(machine_arn: &str, number: u64) -> String {
    format!("{machine_arn}:{number}")
}

/// The machine's ARN and the number, where an ARN is one of a version.
pub(super) fn version_of_arn(arn: &str) -> Result<Option<(&str, u64)>, ApiError> {
    let read = arns::read(arn, &["stateMachine"])?;
    if !read.rest.contains(':') {
        return Ok(None);
    }
    let split = arn.rsplit_once(':');
    Ok(split.and_then(|(own, number)| Some((own, number.parse().ok()?))))
}
