//! What changes something in an account. Every function wants to be shown that the user confirmed exactly this.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sfn::types;

use super::arn::Arn;
use super::browse::{MachineType, RedriveStatus};
use super::convert::millis;
use super::quota::Api;
use super::{AwsError, Session};
use crate::execution::Timestamp;

/// A test of a state takes five minutes at most (AWS, "Testing state machines with the `TestState` API"); its answer has to come, too.
const LONGEST_TEST: Duration = Duration::from_secs(310);

/// The user was asked, with these three named, and said yes. Only the app makes one, and only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub account: String,
    pub region: String,
    pub machine: String,
}

/// An execution that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub execution_arn: String,
    pub at: Timestamp,
}

/// A definition that was put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub at: Timestamp,
    pub revision_id: Option<String>,
}

/// What `ValidateStateMachineDefinition` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    pub is_ok: bool,
    pub findings: Vec<Finding>,
    /// There are more findings than AWS tells.
    pub truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `ERROR` or `WARNING`
    pub severity: String,
    pub code: String,
    pub message: String,
    /// A JSON pointer such as `/States/A/Next`.
    pub location: Option<String>,
}

/// One state, to be run by AWS. Its Task really calls what it names, unless there is a mock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestState {
    /// A state, or a machine when `state_name` says which state of it.
    pub definition: String,
    pub state_name: Option<String>,
    pub role_arn: Option<String>,
    pub input: Option<String>,
    pub variables: Option<String>,
    pub context: Option<String>,
    pub mock: Option<Mock>,
}

/// Instead of the real answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mock {
    Result(String),
    Error { error: String, cause: Option<String> },
}

/// What AWS made of a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestStateAnswer {
    /// `SUCCEEDED`, `FAILED`, `RETRIABLE`, `CAUGHT_ERROR`
    pub status: String,
    pub output: Option<String>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub next_state: Option<String>,
    /// The stages of the data flow by the API's name, as JSON texts.
    pub inspection: BTreeMap<&'static str, String>,
}

impl Session {
    /// Starts an execution. The name makes it safe to try again: AWS does not start a second one of that name and input.
    ///
    /// # Errors
    /// As any call, and when something else was confirmed.
    pub async fn start(
        &self,
        confirmed: &Confirmed,
        machine_arn: &str,
        name: &str,
        input: &str,
    ) -> Result<Started, AwsError> {
        self.holds(confirmed, machine_arn)?;
        let request = self.sfn.start_execution().state_machine_arn(machine_arn);
        let send = || request.name(name).input(input).send();
        let answer = self.call(Api::StartExecution, send).await?;
        Ok(Started { at: millis(&answer.start_date), execution_arn: answer.execution_arn })
    }

    /// Stops a running execution.
    ///
    /// # Errors
    /// As any call, and when something else was confirmed.
    pub async fn stop(
        &self,
        confirmed: &Confirmed,
        execution_arn: &str,
        error: Option<&str>,
        cause: Option<&str>,
    ) -> Result<Timestamp, AwsError> {
        self.holds(confirmed, execution_arn)?;
        let request = self.sfn.stop_execution().execution_arn(execution_arn);
        let request =
            request.set_error(error.map(str::to_owned)).set_cause(cause.map(str::to_owned));
        let answer = self.call(Api::StopExecution, || request.send()).await?;
        Ok(millis(&answer.stop_date))
    }

    /// Starts a failed execution again from where it failed.
    ///
    /// # Errors
    /// [`AwsError::NotRedrivable`] with AWS's reason; as any call; when something else was confirmed.
    pub async fn redrive(
        &self,
        confirmed: &Confirmed,
        execution_arn: &str,
    ) -> Result<Timestamp, AwsError> {
        self.holds(confirmed, execution_arn)?;
        let redrive = self.execution(execution_arn).await?.redrive;
        match redrive.status {
            RedriveStatus::Redrivable | RedriveStatus::Unsaid => {}
            RedriveStatus::NotRedrivable | RedriveStatus::RedrivableByMapRun => {
                let reason = redrive.reason.unwrap_or_else(|| {
                    if redrive.status == RedriveStatus::RedrivableByMapRun {
                        "it belongs to a Map Run; redrive the execution that started that".into()
                    } else {
                        "AWS gives no reason".into()
                    }
                });
                return Err(AwsError::NotRedrivable { reason });
            }
        }
        let request = self.sfn.redrive_execution().execution_arn(execution_arn);
        let answer = self.call(Api::RedriveExecution, || request.send()).await;
        if let Err(AwsError::Refused { code, message, .. }) = &answer
            && code == "ExecutionNotRedrivable"
        {
            return Err(AwsError::NotRedrivable { reason: message.clone() });
        }
        Ok(millis(&answer?.redrive_date))
    }

    /// Puts another definition in place. `revision_id` is the one that the change was made from.
    ///
    /// # Errors
    /// The machine was changed by somebody else meanwhile; as any call; when something else was confirmed.
    pub async fn update_definition(
        &self,
        confirmed: &Confirmed,
        machine_arn: &str,
        definition: &str,
        revision_id: Option<&str>,
    ) -> Result<Updated, AwsError> {
        self.holds(confirmed, machine_arn)?;
        if let Some(expected) = revision_id {
            let now = self.state_machine(machine_arn).await?.revision_id;
            if now.as_deref().is_some_and(|it| it != expected) {
                let call = Api::UpdateStateMachine.name();
                let message = "it was changed by somebody else since it was opened".to_owned();
                return Err(AwsError::Refused { call, code: "Conflict".to_owned(), message });
            }
        }
        let request = self.sfn.update_state_machine().state_machine_arn(machine_arn);
        let send = || request.definition(definition).send();
        let answer = self.call(Api::UpdateStateMachine, send).await?;
        Ok(Updated { at: millis(&answer.update_date), revision_id: answer.revision_id })
    }

    /// Has AWS look at a definition. It changes nothing, but shows the definition to AWS.
    ///
    /// # Errors
    /// As any call, and when another region or account was confirmed.
    pub async fn validate(
        &self,
        confirmed: &Confirmed,
        definition: &str,
        machine_type: MachineType,
    ) -> Result<Validation, AwsError> {
        self.holds_place(confirmed)?;
        let request = self.sfn.validate_state_machine_definition().definition(definition);
        let request = request
            .r#type(types::StateMachineType::from(machine_type.as_str()))
            .severity(types::ValidateStateMachineDefinitionSeverity::Warning)
            .max_results(100);
        let answer = self.call(Api::ValidateStateMachineDefinition, || request.send()).await?;
        let findings = answer.diagnostics.into_iter().map(|it| Finding {
            severity: it.severity.as_str().to_owned(),
            code: it.code,
            message: it.message,
            location: it.location,
        });
        Ok(Validation {
            is_ok: answer.result == types::ValidateStateMachineDefinitionResultCode::Ok,
            findings: findings.collect(),
            truncated: answer.truncated.unwrap_or(false),
        })
    }

    /// Has AWS run one state. Secrets of HTTP Tasks are not revealed.
    ///
    /// # Errors
    /// As any call, and when another region or account was confirmed.
    pub async fn test_state(
        &self,
        confirmed: &Confirmed,
        test: &TestState,
    ) -> Result<TestStateAnswer, AwsError> {
        self.holds_place(confirmed)?;
        // arn:aws:iam::ACCOUNT:role/NAME
        let account = test.role_arn.as_deref().and_then(|it| it.split(':').nth(4));
        if let Some(account) = account
            && account != confirmed.account
        {
            return Err(not_confirmed(confirmed, account, self.region(), &confirmed.machine));
        }
        let mock = test.mock.as_ref().map(|mock| match mock {
            Mock::Result(result) => types::MockInput::builder().result(result).build(),
            Mock::Error { error, cause } => {
                let output = types::MockErrorOutput::builder().error(error);
                let output = output.set_cause(cause.clone()).build();
                types::MockInput::builder().error_output(output).build()
            }
        });
        let request = self
            .sfn
            .test_state()
            .definition(&test.definition)
            .set_state_name(test.state_name.clone())
            .set_role_arn(test.role_arn.clone())
            .set_input(test.input.clone())
            .set_variables(test.variables.clone())
            .set_context(test.context.clone())
            .set_mock(mock)
            .inspection_level(types::InspectionLevel::Debug);
        // What really calls a service is sent once: a second attempt could do the work twice.
        let once = test.mock.is_none().then(|| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(self.patience().attempt.min(Duration::from_secs(5)))
                .operation_attempt_timeout(LONGEST_TEST)
                .build();
            aws_sdk_sfn::config::Builder::new()
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts)
        });
        // AWS has this call on a host of its own, `sync-states.…`; an endpoint that was given stays as it was given.
        let given = self.endpoint_url().is_some();
        let request = request.customize().mutate_request(move |request| {
            let uri = request.uri().replacen("://sync-", "://", 1);
            if given && request.set_uri(uri).is_err() {
                tracing::debug!("an endpoint that is no URI");
            }
        });
        let request = match once {
            Some(once) => request.config_override(once),
            None => request,
        };
        let mut answer = self.call(Api::TestState, || request.send()).await;
        if test.mock.is_none() {
            match &mut answer {
                Err(AwsError::TimedOut { seconds, .. }) => *seconds = LONGEST_TEST.as_secs(),
                Err(AwsError::Throttled { attempts, .. }) => *attempts = 1,
                Err(_) | Ok(_) => {}
            }
        }
        let answer = answer?;
        Ok(TestStateAnswer {
            status: answer.status.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
            inspection: answer.inspection_data.map(stages).unwrap_or_default(),
            output: answer.output,
            error: answer.error,
            cause: answer.cause,
            next_state: answer.next_state,
        })
    }

    /// What was confirmed must be what the ARN names and where this session is.
    fn holds(&self, confirmed: &Confirmed, arn: &str) -> Result<(), AwsError> {
        let Some(arn) = Arn::parse(arn) else { return Err(AwsError::NotAStateMachine) };
        let same = arn.account == confirmed.account
            && arn.region == confirmed.region
            && arn.machine_name() == confirmed.machine;
        if !same {
            return Err(not_confirmed(confirmed, arn.account, arn.region, arn.machine_name()));
        }
        self.holds_place(confirmed)
    }

    /// What was confirmed must be where this session is: its region, and its account where STS has said whose it is.
    fn holds_place(&self, confirmed: &Confirmed) -> Result<(), AwsError> {
        let account = self.account().unwrap_or(&confirmed.account);
        if self.region() == confirmed.region && account == confirmed.account {
            return Ok(());
        }
        Err(not_confirmed(confirmed, account, self.region(), &confirmed.machine))
    }
}

fn not_confirmed(confirmed: &Confirmed, account: &str, region: &str, machine: &str) -> AwsError {
    let words = |account: &str, region: &str, machine: &str| {
        format!("{machine} in account {account}, {region}")
    };
    AwsError::NotConfirmed {
        confirmed: words(&confirmed.account, &confirmed.region, &confirmed.machine),
        actual: words(account, region, machine),
    }
}

fn stages(data: types::InspectionData) -> BTreeMap<&'static str, String> {
    let stages = [
        ("input", data.input),
        ("afterArguments", data.after_arguments),
        ("afterInputPath", data.after_input_path),
        ("afterParameters", data.after_parameters),
        ("result", data.result),
        ("afterResultSelector", data.after_result_selector),
        ("afterResultPath", data.after_result_path),
        ("variables", data.variables),
        ("afterItemsPath", data.after_items_path),
        ("afterItemsPointer", data.after_items_pointer),
        ("afterItemSelector", data.after_item_selector),
        ("afterItemBatcher", data.after_item_batcher),
    ];
    stages.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}
