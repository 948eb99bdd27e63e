//! A connection to Step Functions, and reading an execution through it.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{DisplayErrorContext, ProvideErrorMetadata as _};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::convert::event_of;
use crate::execution::{History, HistoryEvent};

/// Where to ask. What is absent comes from the profile or the environment, as in the AWS CLI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// For a local emulator.
    pub endpoint_url: Option<String>,
}

/// An execution as AWS holds it.
#[derive(Clone, Debug)]
pub struct FetchedExecution {
    pub arn: String,
    /// The definition as it was run, not as it is now.
    pub definition: String,
    pub history: History,
    pub region: String,
}

/// Why AWS did not answer, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    #[error(
        "The execution ARN is not one of Step Functions. It looks like arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME."
    )]
    NotAnExecution,
    #[error("AWS keeps no history of EXPRESS executions; only their log group has one.")]
    Express,
    #[error("AWS refused {call}: {message} ({code})")]
    Refused { call: &'static str, code: String, message: String },
    #[error("{call} got no answer: {why}")]
    Unreachable { call: &'static str, why: String },
    #[error("The history has a gap after event {after}.")]
    Gap { after: u64 },
}

/// Reads the definition and the whole history of a STANDARD execution, page by page; `progress` is told the events read so far.
///
/// # Errors
/// The ARN is no execution's, AWS refuses, or the network fails.
pub async fn fetch_execution(
    connection: &Connection,
    arn: &str,
    progress: impl Fn(usize) + Send,
) -> Result<FetchedExecution, AwsError> {
    let region = match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "states", region, _, "execution", _, _] => (*region).to_owned(),
        ["arn", _, "states", _, _, "express", ..] => return Err(AwsError::Express),
        _ => return Err(AwsError::NotAnExecution),
    };
    let client = connect(connection, &region).await;
    let machine = client.describe_state_machine_for_execution().execution_arn(arn).send().await;
    let machine = machine.map_err(|err| refused("DescribeStateMachineForExecution", &err))?;
    let mut history = History::default();
    let mut next = None;
    loop {
        let page = client
            .get_execution_history()
            .execution_arn(arn)
            .max_results(1000)
            .set_next_token(next)
            .send()
            .await;
        let page = page.map_err(|err| refused("GetExecutionHistory", &err))?;
        for event in page.events() {
            append(&mut history, event_of(event))?;
        }
        progress(history.events().len());
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(FetchedExecution { arn: arn.to_owned(), definition: machine.definition, history, region })
}

async fn connect(connection: &Connection, region_of_arn: &str) -> Client {
    // ring instead of the default aws-lc, which would need a C build of its own.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    // The ARN knows its region better than a profile does.
    loader = loader
        .region(Region::new(connection.region.clone().unwrap_or_else(|| region_of_arn.to_owned())));
    if let Some(profile) = &connection.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &connection.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    Client::new(&loader.load().await)
}

fn refused<E, R>(call: &'static str, err: &aws_sdk_sfn::error::SdkError<E, R>) -> AwsError
where
    E: aws_sdk_sfn::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match (err.code(), err.message()) {
        (Some(code), message) => AwsError::Refused {
            call,
            code: code.to_owned(),
            message: message.unwrap_or("no reason given").to_owned(),
        },
        (None, _) => AwsError::Unreachable { call, why: DisplayErrorContext(err).to_string() },
    }
}

fn append(history: &mut History, event: HistoryEvent) -> Result<(), AwsError> {
    if event.id.0 != history.last_id().0 + 1 {
        return Err(AwsError::Gap { after: history.last_id().0 });
    }
    history.append(event.previous_event_id, event.timestamp, event.event_type, event.details);
    Ok(())
}

/// For callers that hold texts as shared ones.
impl From<FetchedExecution> for (Arc<str>, Arc<str>, History) {
    fn from(fetched: FetchedExecution) -> Self {
        (fetched.arn.into(), fetched.definition.into(), fetched.history)
    }
}
