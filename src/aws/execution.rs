//! One execution as AWS holds it: the definition that it ran, and its history, newest first so that a failure shows at once.

use std::time::Duration;

use super::arn::{Arn, Resource};
use super::client::Connection;
use super::convert::{event_of, millis};
use super::quota::Api;
use super::{AwsError, Session};
use crate::execution::{ExecutionStatus, History, HistoryEvent, Timestamp};

/// The definition as it was run, not as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionAsRun {
    pub definition: String,
    pub state_machine_arn: String,
    pub name: String,
    pub role_arn: String,
    /// When the machine got this definition.
    pub updated: Timestamp,
    pub revision_id: Option<String>,
    /// Of a child of a Distributed Map: its Map Run and the `Label` of the Map state. The definition is the whole parent's.
    pub map_run_arn: Option<String>,
    pub label: Option<String>,
}

/// Most events of a page of `GetExecutionHistory`.
const PAGE: i32 = 1000;
/// An execution ends at 25,000 events; an answer with more is no history.
const MOST_EVENTS: u64 = 4 * History::MAX_EVENTS;
/// Pages in a row that bring nothing, before a list is taken to have no end.
const MOST_IDLE_PAGES: u32 = 20;

/// Reads a history page by page. Whatever a call ends with, what has come stays, and the next call goes on from there.
#[derive(Debug)]
pub struct ExecutionReader {
    session: Session,
    arn: String,
    /// The events from the first on, without a gap.
    history: History,
    /// The newest events, by id, as long as `history` does not reach them.
    tail: Vec<HistoryEvent>,
    /// Where the next page from the front begins.
    token: Option<String>,
    /// Inputs and outputs are wanted; without them AWS needs no key to decrypt them with.
    with_data: bool,
    idle_pages: u32,
    complete: bool,
}

/// How much of a history has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub read: u64,
    /// As many as there were when reading began.
    pub total: u64,
    pub complete: bool,
}

impl ExecutionReader {
    /// # Errors
    /// The ARN is no execution's, or one that AWS keeps no history of.
    pub fn new(session: &Session, arn: &str) -> Result<Self, AwsError> {
        let arn = arn.trim();
        region_of_execution(arn)?;
        Ok(Self {
            session: session.clone(),
            arn: arn.to_owned(),
            history: History::default(),
            tail: Vec::new(),
            token: None,
            with_data: true,
            idle_pages: 0,
            complete: false,
        })
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// # Errors
    /// As any call. A history can be read without it.
    pub async fn definition(&self) -> Result<DefinitionAsRun, AwsError> {
        let request = self.session.sfn.describe_state_machine_for_execution();
        let send = || request.execution_arn(&self.arn).send();
        let answer = self.session.call(Api::DescribeStateMachineForExecution, send).await?;
        Ok(DefinitionAsRun {
            updated: millis(&answer.update_date),
            definition: answer.definition,
            state_machine_arn: answer.state_machine_arn,
            name: answer.name,
            role_arn: answer.role_arn,
            revision_id: answer.revision_id,
            map_run_arn: answer.map_run_arn,
            label: answer.label,
        })
    }

    /// The newest events: up to a thousand, which is all of most executions.
    ///
    /// # Errors
    /// As any call.
    pub async fn newest(&mut self) -> Result<Progress, AwsError> {
        let (page, next) = match self.page(true, None).await {
            Err(err) if is_about_a_key(&err) => {
                self.with_data = false;
                self.page(true, None).await?
            }
            page => page?,
        };
        let oldest_first = page.first().map(|it| it.id) < page.last().map(|it| it.id);
        self.tail = in_order(page);
        if next.is_none() {
            self.join_tail()?;
            if !self.tail.is_empty() {
                return Err(AwsError::Gap { after: 0 });
            }
            self.complete = true;
        } else if oldest_first && self.tail.first().is_some_and(|it| it.id.0 == 1) {
            // An emulator that lists the oldest first, whatever it is asked: its next page goes on from there.
            self.join_tail()?;
            self.token = next;
        }
        Ok(self.progress())
    }

    /// The next page from the front, up to the newest events that are there already.
    ///
    /// # Errors
    /// As any call, and when events are missing in what AWS gives.
    pub async fn more(&mut self) -> Result<Progress, AwsError> {
        if self.complete {
            return Ok(self.progress());
        }
        let (page, next) = self.page(false, self.token.clone()).await?;
        let before = self.history.last_id();
        let had_tail = !self.tail.is_empty();
        for event in in_order(page) {
            append(&mut self.history, event)?;
        }
        self.join_tail()?;
        self.idle_pages = if self.history.last_id() == before { self.idle_pages + 1 } else { 0 };
        if self.history.last_id().0 > MOST_EVENTS || self.idle_pages > MOST_IDLE_PAGES {
            return Err(endless());
        }
        match (self.tail.is_empty(), next.is_none()) {
            (true, true) => self.complete = true,
            // The newest events are reached, and they were the end when reading began.
            (true, false) => self.complete = had_tail,
            (false, true) => return Err(AwsError::Gap { after: self.history.last_id().0 }),
            (false, false) => {}
        }
        self.token = next;
        Ok(self.progress())
    }

    /// Everything: the newest, then the rest. `progress` is told after each page.
    ///
    /// # Errors
    /// As any call; what has come stays, and calling again goes on.
    pub async fn read(&mut self, mut progress: impl FnMut(&Self) + Send) -> Result<(), AwsError> {
        if self.tail.is_empty() && self.history.events().is_empty() {
            self.newest().await?;
            progress(self);
        }
        while !self.complete {
            self.more().await?;
            progress(self);
        }
        Ok(())
    }

    /// Asks once for what has happened since. Gives the number of new events.
    ///
    /// # Errors
    /// As any call.
    pub async fn poll(&mut self) -> Result<usize, AwsError> {
        if !self.complete {
            let before = self.history.events().len();
            self.read(|_| ()).await?;
            return Ok(self.history.events().len() - before);
        }
        let known = self.history.last_id();
        let mut fresh: Vec<HistoryEvent> = Vec::new();
        let mut token = None;
        loop {
            let (page, next) = self.page(true, token.clone()).await?;
            let reached = page.is_empty() || page.iter().any(|it| it.id <= known);
            fresh.extend(page.into_iter().filter(|it| it.id > known));
            if fresh.len() as u64 > MOST_EVENTS {
                return Err(endless());
            }
            if next.is_none() || next == token || reached {
                break;
            }
            token = next;
        }
        for event in in_order(fresh) {
            // AWS's answers are eventually consistent: what comes after a hole waits for the next turn.
            if append(&mut self.history, event).is_err() {
                break;
            }
        }
        Ok(self.history.events().len() - usize::try_from(known.0).unwrap_or(0))
    }

    /// Follows a running execution to its end: every second while something happens, every ten when nothing does. `news` is told
    /// after each new event or batch of them. A network that fails is waited for, five times in a row.
    ///
    /// # Errors
    /// As any call, and [`AwsError::Cancelled`].
    pub async fn follow(
        &mut self,
        mut news: impl FnMut(&History) + Send,
    ) -> Result<ExecutionStatus, AwsError> {
        let mut wait = Duration::from_secs(1);
        let mut failures = 0;
        loop {
            match self.poll().await {
                Ok(0) => {
                    wait = (wait * 3 / 2).min(Duration::from_secs(10));
                    failures = 0;
                }
                Ok(_) => {
                    (wait, failures) = (Duration::from_secs(1), 0);
                    news(&self.history);
                }
                Err(err) if err.is_passing() && failures < 5 => failures += 1,
                Err(err) => return Err(err),
            }
            let status = self.history.status();
            if status != ExecutionStatus::Running {
                return Ok(status);
            }
            self.session.pause(wait).await?;
        }
    }

    /// The events from the first on, as far as they have come.
    pub fn history(&self) -> &History {
        &self.history
    }

    pub fn into_history(self) -> History {
        self.history
    }

    /// The newest event that has come, whether or not the ones before it have.
    pub fn last_event(&self) -> Option<&HistoryEvent> {
        self.tail.last().or_else(|| self.history.events().last())
    }

    /// The newest events, oldest of them first, as long as there is a hole between [`Self::history`] and them.
    pub fn tail(&self) -> &[HistoryEvent] {
        &self.tail
    }

    pub fn progress(&self) -> Progress {
        let read = self.history.last_id().0 + self.tail.len() as u64;
        let total = self.last_event().map_or(0, |it| it.id.0);
        Progress { read, total, complete: self.complete }
    }

    async fn page(
        &self,
        reverse: bool,
        token: Option<String>,
    ) -> Result<(Vec<HistoryEvent>, Option<String>), AwsError> {
        let request = self.session.sfn.get_execution_history().execution_arn(&self.arn);
        let request = request.max_results(PAGE).reverse_order(reverse);
        let request = request.include_execution_data(self.with_data);
        let send = || request.set_next_token(token).send();
        let answer = self.session.call(Api::GetExecutionHistory, send).await?;
        let next = answer.next_token.filter(|it| !it.is_empty());
        Ok((answer.events.iter().map(event_of).collect(), next))
    }

    /// Moves the newest events behind the others once nothing is missing between them.
    fn join_tail(&mut self) -> Result<(), AwsError> {
        if self.tail.first().is_none_or(|it| it.id.0 > self.history.last_id().0 + 1) {
            return Ok(());
        }
        let mut rest = std::mem::take(&mut self.tail).into_iter();
        while let Some(event) = rest.next() {
            let after = self.history.last_id().0;
            if event.id.0 > after + 1 {
                // A hole inside the newest events: what is behind it stays where it is.
                self.tail = std::iter::once(event).chain(rest).collect();
                return Err(AwsError::Gap { after });
            }
            append(&mut self.history, event)?;
        }
        Ok(())
    }
}

/// An execution read whole.
#[derive(Clone, Debug)]
pub struct FetchedExecution {
    pub arn: String,
    /// The definition as it was run, not as it is now.
    pub definition: String,
    pub history: History,
    pub region: String,
}

/// Reads the definition and the whole history of a STANDARD execution; `progress` is told the events read so far.
///
/// # Errors
/// The ARN is no execution's, AWS refuses, or the network fails.
pub async fn fetch_execution(
    connection: &Connection,
    arn: &str,
    mut progress: impl FnMut(usize) + Send,
) -> Result<FetchedExecution, AwsError> {
    let region = region_of_execution(arn)?;
    let session = Session::connect(connection, Some(region)).await?;
    let mut reader = ExecutionReader::new(&session, arn)?;
    let as_run = reader.definition().await?;
    reader.read(|it| progress(usize::try_from(it.progress().read).unwrap_or(usize::MAX))).await?;
    Ok(FetchedExecution {
        arn: reader.arn.clone(),
        definition: as_run.definition,
        region: session.region().to_owned(),
        history: reader.into_history(),
    })
}

/// # Errors
/// The ARN is no execution's, or one that AWS keeps no history of.
pub fn region_of_execution(arn: &str) -> Result<&str, AwsError> {
    match Arn::parse(arn) {
        Some(Arn { resource: Resource::Execution, region, .. }) => Ok(region),
        Some(Arn { resource: Resource::ExpressExecution, .. }) => Err(AwsError::Express),
        Some(Arn { resource: Resource::StateMachine | Resource::MapRun, .. }) | None => {
            Err(AwsError::NotAnExecution)
        }
    }
}

fn endless() -> AwsError {
    let why = "its history has no end".to_owned();
    let call = Api::GetExecutionHistory.name();
    AwsError::Unreachable { call, place: "the endpoint".to_owned(), why }
}

/// The machine is encrypted with a key that may not be used: its events can still be read, without what they carry.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html>
fn is_about_a_key(err: &AwsError) -> bool {
    match err {
        AwsError::AccessDenied { message, .. } => message.to_ascii_lowercase().contains("kms"),
        AwsError::Refused { code, .. } => code.starts_with("Kms"),
        AwsError::NotAnExecution
        | AwsError::NotAStateMachine
        | AwsError::Express
        | AwsError::NoRegion
        | AwsError::UnknownProfile { .. }
        | AwsError::BadProfiles { .. }
        | AwsError::NoCredentials
        | AwsError::SsoExpired { .. }
        | AwsError::MfaNeeded { .. }
        | AwsError::CredentialsFailed { .. }
        | AwsError::WrongCredentials { .. }
        | AwsError::ExpiredCredentials { .. }
        | AwsError::Throttled { .. }
        | AwsError::NotFound { .. }
        | AwsError::Unreachable { .. }
        | AwsError::TimedOut { .. }
        | AwsError::NotLogged { .. }
        | AwsError::NotSent { .. }
        | AwsError::Cancelled
        | AwsError::Gap { .. }
        | AwsError::NotConfirmed { .. }
        | AwsError::NotRedrivable { .. } => false,
    }
}

fn in_order(mut events: Vec<HistoryEvent>) -> Vec<HistoryEvent> {
    events.sort_by_key(|it| it.id);
    events
}

/// An event that is there already is passed over: pages may overlap while an execution runs.
fn append(history: &mut History, event: HistoryEvent) -> Result<(), AwsError> {
    let last = history.last_id();
    if event.id <= last {
        return Ok(());
    }
    if event.id.0 != last.0 + 1 {
        return Err(AwsError::Gap { after: last.0 });
    }
    history.append(event.previous_event_id, event.timestamp, event.event_type, event.details);
    Ok(())
}
