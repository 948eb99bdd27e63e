//! Role, logging, tracing and encryption of machines: as they were given, else as AWS has them when nothing is said.

use crate::app::app::App;
use crate::app::simulation::ROLE_ARN;
use crate::execution::Timestamp;
use crate::json::Value;

/// Role, logging, tracing and encryption of a machine, with what tells one such state of it from another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) role_arn: Value,
    logging: Value,
    tracing: Value,
    encryption: Value,
    pub(super) revision: Option<String>,
    pub(super) updated: Timestamp,
}

impl Settings {
    pub(super) fn members(&self) -> Vec<(&'static str, Value)> {
        let mut members = vec![
            ("roleArn", self.role_arn.clone()),
            ("loggingConfiguration", self.logging.clone()),
            ("tracingConfiguration", self.tracing.clone()),
            ("encryptionConfiguration", self.encryption.clone()),
        ];
        if let Some(revision) = &self.revision {
            members.push(("revisionId", Value::from(revision.as_str())));
        }
        members
    }
}

impl App {
    /// As they were given, else as AWS has them when nothing is said.
    pub(super) fn settings_of(&self, arn: &str) -> Settings {
        let record = self.states_api.machines.get(arn);
        let given = |name: &str| record.and_then(|it| it.request.get(name)).cloned();
        let with = |name: &str, usual: &[(&str, Value)]| {
            let mut members =
                given(name).and_then(|it| it.as_object().cloned()).unwrap_or_default();
            for (name, value) in usual {
                members.entry((*name).into()).or_insert_with(|| value.clone());
            }
            Value::from(members)
        };
        let no_logging =
            [("level", Value::from("OFF")), ("includeExecutionData", Value::from(false))];
        Settings {
            role_arn: given("roleArn").unwrap_or_else(|| {
                let machine = self.machine_of_arn(arn).ok();
                Value::from(machine.and_then(|it| it.role_arn.as_deref()).unwrap_or(ROLE_ARN))
            }),
            logging: with("loggingConfiguration", &no_logging),
            tracing: with("tracingConfiguration", &[("enabled", Value::from(false))]),
            encryption: with("encryptionConfiguration", &[("type", Value::from("AWS_OWNED_KEY"))]),
            revision: record.and_then(|it| it.revision.clone()),
            updated: record.map_or(self.states_api.since, |it| it.updated),
        }
    }
}
