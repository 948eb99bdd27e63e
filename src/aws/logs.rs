//! `CloudWatch` Logs: the only trace of Express executions, and what Lambda functions wrote.
//!
//! Express executions log "best effort", at the level and with the data that their machine says; what is missing is said.

use std::collections::BTreeMap;

use super::browse::{ExecutionItem, StateMachineDescription, Status};
use super::quota::Api;
use super::signed::ServiceCall;
use super::{Arn, AwsError, Pages, Session, arn};
use crate::execution::{History, Timestamp, import};
use crate::json::Value;

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;

/// An Express execution ends within five minutes; logs may come in a little later, and clocks differ a little.
const LONGEST: i64 = 6 * 60 * SECOND;

/// How far back an execution is looked for, in steps: most are looked at soon after they ran, and a group may be large.
const LOOK_BACK: [i64; 4] = [HOUR, 24 * HOUR, 14 * 24 * HOUR, 400 * 24 * HOUR];

/// The stretches in which recent executions are listed, a page each, by how far back they begin.
const RECENT: [i64; 4] = [HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR];

/// Pages of one search. `FilterLogEvents` also gives pages without any event, for each stretch that it has looked through.
const MOST_PAGES: usize = 500;
/// Bytes of messages of one search.
const MOST_BYTES: usize = 256 << 20;

/// One line of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    pub at: Timestamp,
    pub stream: String,
    pub message: String,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub lines: Vec<LogLine>,
    /// All of the stretch was searched, and nothing was left out.
    pub complete: bool,
}

/// A stretch of time; an end that is absent is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// An Express execution as its log group knows it.
#[derive(Clone, Debug)]
pub struct ExpressExecution {
    pub history: History,
    /// What is missing and why, in sentences.
    pub notes: Vec<String>,
}

/// An entry of the list of Express executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressItem {
    pub arn: String,
    pub name: String,
    pub status: Status,
    /// Absent when the log level leaves the start out.
    pub started: Option<Timestamp>,
    pub stopped: Option<Timestamp>,
}

impl ExpressItem {
    /// As a line of the list of executions. One whose start was not logged stands where its end does.
    pub fn into_item(self) -> ExecutionItem {
        ExecutionItem {
            arn: self.arn,
            name: self.name,
            status: self.status,
            started: self.started.or(self.stopped).unwrap_or_default(),
            stopped: self.stopped,
            redrive_count: 0,
            redriven: None,
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
            item_count: None,
        }
    }
}

/// Recent executions, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpressItems {
    pub items: Vec<ExpressItem>,
    /// All that was logged in the stretch is in the list.
    pub complete: bool,
}

/// `arn:aws:logs:eu-west-1:1:log-group:/aws/vendedlogs/states/orders:*` to the group's name.
pub fn log_group_name(log_group_arn: &str) -> Option<&str> {
    let (_, rest) = log_group_arn.split_once(":log-group:")?;
    Some(rest.strip_suffix(":*").unwrap_or(rest)).filter(|it| !it.is_empty())
}

/// The machine of an Express execution.
///
/// # Errors
/// The ARN is no Express execution's.
pub fn machine_of_express(execution_arn: &str) -> Result<String, AwsError> {
    let text = execution_arn.trim();
    let express = Arn::parse(text).filter(|it| it.resource == arn::Resource::ExpressExecution);
    let express = express.ok_or(AwsError::NotAnExecution)?;
    let partition = text.split(':').nth(1).unwrap_or("aws");
    Ok(format!(
        "arn:{partition}:states:{}:{}:stateMachine:{}",
        express.region,
        express.account,
        express.machine_name()
    ))
}

impl Session {
    /// The events of an Express execution, with holes where none were logged. `machine` says where its log is; `now` is where the
    /// search begins, going back; `around` is a time at which it ran, when one is known.
    ///
    /// # Errors
    /// The machine does not log, nothing was logged of the execution, or as any call.
    pub async fn express_history(
        &self,
        execution_arn: &str,
        machine: &StateMachineDescription,
        around: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<ExpressExecution, AwsError> {
        let arn = execution_arn.trim();
        machine_of_express(arn)?;
        let group = log_group_of(machine)?;
        let pattern = format!("{{ $.execution_arn = \"{}\" }}", in_pattern(arn));
        let mut found = Lines::default();
        let mut upto = None;
        let steps = around.is_none().then_some(LOOK_BACK).into_iter().flatten();
        let mut seen = around;
        for back in steps {
            let from = Timestamp(now.0.saturating_sub(back));
            let between = Between { from: Some(from), to: upto };
            found = self.search(group, Some(&pattern), between, 1).await?;
            seen = found.lines.first().map(|it| it.at);
            if seen.is_some() {
                break;
            }
            upto = Some(from);
        }
        if let Some(at) = seen {
            let from = Some(Timestamp(at.0.saturating_sub(LONGEST)));
            let to = Some(Timestamp(at.0.saturating_add(LONGEST)));
            found = self.search(group, Some(&pattern), Between { from, to }, usize::MAX).await?;
        }
        if found.lines.is_empty() {
            return Err(AwsError::NotLogged { why: nothing_logged(machine, group) });
        }
        let messages = found.lines.into_iter();
        let messages = messages.map(|it| Value::object([("message", Value::from(it.message))]));
        let imported = import::from_json(&Value::array(messages), Some(arn));
        let imported = imported.map_err(|why| AwsError::NotLogged {
            why: format!("What {group} holds of it can't be read: {why}"),
        })?;
        let mut notes = imported.notes;
        notes.extend(level_notes(machine));
        if !found.complete {
            notes.push("There are more events than are read.".to_owned());
        }
        Ok(ExpressExecution { history: imported.history, notes })
    }

    /// The executions of an Express machine that were logged in a stretch of time, newest first.
    ///
    /// # Errors
    /// The machine does not log, or as any call.
    pub async fn express_executions(
        &self,
        machine: &StateMachineDescription,
        between: Between,
    ) -> Result<ExpressItems, AwsError> {
        let group = log_group_of(machine)?;
        let prefix = machine.arn.replacen(":stateMachine:", ":express:", 1);
        // A group may be shared by machines.
        let pattern = format!(
            "{{ $.execution_arn = \"{}:*\" && $.type = \"Execution*\" }}",
            in_pattern(&prefix)
        );
        let found = self.search(group, Some(&pattern), between, usize::MAX).await?;
        let mut by_arn: BTreeMap<String, ExpressItem> = BTreeMap::new();
        for line in &found.lines {
            let Ok(event) = Value::parse(&line.message) else { continue };
            let text = |name: &str| event.get(name).and_then(Value::as_str);
            let (Some(arn), Some(kind)) = (text("execution_arn"), text("type")) else { continue };
            if !arn.starts_with(&prefix) {
                continue;
            }
            let at = text("event_timestamp").and_then(|it| it.parse().ok()).map(Timestamp);
            let at = at.unwrap_or(line.at);
            let item = by_arn.entry(arn.to_owned()).or_insert_with(|| ExpressItem {
                arn: arn.to_owned(),
                name: Arn::parse(arn).map_or("", |it| it.name).to_owned(),
                status: Status::Running,
                started: None,
                stopped: None,
            });
            let ended = match kind {
                "ExecutionStarted" => {
                    item.started = Some(at);
                    continue;
                }
                "ExecutionSucceeded" => Status::Succeeded,
                "ExecutionFailed" => Status::Failed,
                "ExecutionTimedOut" => Status::TimedOut,
                "ExecutionAborted" => Status::Aborted,
                _ => continue,
            };
            (item.status, item.stopped) = (ended, Some(at));
        }
        let mut items: Vec<ExpressItem> = by_arn.into_values().collect();
        items.sort_by_key(|it| std::cmp::Reverse(it.started.or(it.stopped)));
        Ok(ExpressItems { items, complete: found.complete })
    }

    /// The executions of an Express machine in its log of the last week, newest first, a stretch of time a page.
    pub fn logged_executions(
        &self,
        machine_arn: &str,
        status: Option<Status>,
        now: Timestamp,
    ) -> Pages<ExecutionItem> {
        Pages::about(self, machine_arn.to_owned(), move |session, arn, token| async move {
            let index = token.and_then(|it| it.parse().ok()).unwrap_or(0_usize);
            let back = |index: usize| RECENT.get(index).copied().unwrap_or(0);
            let from = now.0.saturating_sub(back(index));
            let to = index.checked_sub(1).map_or(i64::MAX, |it| now.0.saturating_sub(back(it)));
            let machine = session.state_machine(&arn).await?;
            // What began in this stretch may have ended in the one after it.
            let end = (to != i64::MAX).then(|| Timestamp(to.saturating_add(LONGEST)));
            let between = Between { from: Some(Timestamp(from)), to: end };
            let found = session.express_executions(&machine, between).await?;
            let items = found.items.into_iter().map(ExpressItem::into_item);
            let fits = |it: &ExecutionItem| {
                (from..to).contains(&it.started.0) && status.is_none_or(|own| own == it.status)
            };
            let next = (index + 1 < RECENT.len()).then(|| (index + 1).to_string());
            Ok((items.filter(fits).collect(), next))
        })
    }

    /// The lines of a group that fit a filter pattern, oldest first; the search ends when there are `enough`.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
    pub(super) async fn search(
        &self,
        group: &str,
        pattern: Option<&str>,
        between: Between,
        enough: usize,
    ) -> Result<Lines, AwsError> {
        let mut found = Lines::default();
        let (mut token, mut bytes) = (None::<String>, 0);
        for _ in 0..MOST_PAGES {
            let mut body = vec![("logGroupName", Value::from(group))];
            body.extend(pattern.map(|it| ("filterPattern", Value::from(it))));
            body.extend(between.from.map(|it| ("startTime", Value::from(it.0.max(0)))));
            body.extend(between.to.map(|it| ("endTime", Value::from(it.0.max(0)))));
            body.extend(token.as_deref().map(|it| ("nextToken", Value::from(it))));
            let call = ServiceCall::logs("Logs_20140328.FilterLogEvents", &Value::object(body));
            let answer = self.signed_call(Api::FilterLogEvents, &call).await?;
            let lines = lines_of(&answer, "");
            bytes += lines.iter().map(|it| it.message.len()).sum::<usize>();
            found.lines.extend(lines);
            let next = answer.get("nextToken").and_then(Value::as_str).map(str::to_owned);
            let next = next.filter(|it| !it.is_empty() && Some(it) != token.as_ref());
            if next.is_none() {
                found.complete = true;
                break;
            }
            if found.lines.len() >= enough || bytes > MOST_BYTES {
                break;
            }
            token = next;
        }
        found.lines.sort_by_key(|it| it.at);
        Ok(found)
    }

    /// All lines of one stream in a stretch of time, oldest first.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>
    pub(super) async fn stream(
        &self,
        group: &str,
        stream: &str,
        between: Between,
    ) -> Result<Lines, AwsError> {
        let mut found = Lines::default();
        let (mut token, mut bytes) = (None::<String>, 0);
        for _ in 0..MOST_PAGES {
            let mut body = vec![
                ("logGroupName", Value::from(group)),
                ("logStreamName", Value::from(stream)),
                ("startFromHead", Value::from(true)),
            ];
            body.extend(between.from.map(|it| ("startTime", Value::from(it.0.max(0)))));
            body.extend(between.to.map(|it| ("endTime", Value::from(it.0.max(0)))));
            body.extend(token.as_deref().map(|it| ("nextToken", Value::from(it))));
            let call = ServiceCall::logs("Logs_20140328.GetLogEvents", &Value::object(body));
            let answer = self.signed_call(Api::GetLogEvents, &call).await?;
            let lines = lines_of(&answer, stream);
            let next = answer.get("nextForwardToken").and_then(Value::as_str).map(str::to_owned);
            // At its end a stream gives the token that it was asked with; emulators then give the last page once more.
            let is_end = lines.is_empty() || next.is_none() || next == token;
            if !(is_end && found.lines.ends_with(&lines)) {
                bytes += lines.iter().map(|it| it.message.len()).sum::<usize>();
                found.lines.extend(lines);
            }
            if is_end {
                found.complete = true;
                break;
            }
            if bytes > MOST_BYTES {
                break;
            }
            token = next;
        }
        found.lines.sort_by_key(|it| it.at);
        Ok(found)
    }
}

fn lines_of(answer: &Value, stream: &str) -> Vec<LogLine> {
    let events = answer.get("events").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let line = |event: &Value| {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        Some(LogLine {
            at: Timestamp(event.get("timestamp").and_then(Value::as_i64)?),
            stream: text("logStreamName").unwrap_or(stream).to_owned(),
            message: text("message")?.to_owned(),
        })
    };
    events.iter().filter_map(line).collect()
}

/// A text between the quotes of a filter pattern. ARNs need no escapes; anything else must not end the quotes.
fn in_pattern(text: &str) -> String {
    text.chars().filter(|it| !matches!(it, '"' | '\\') && !it.is_control()).collect()
}

fn log_group_of(machine: &StateMachineDescription) -> Result<&str, AwsError> {
    let off = machine.log_level.as_deref() == Some("OFF");
    let group = machine.log_group_arn.as_deref().and_then(log_group_name).filter(|_| !off);
    group.ok_or_else(|| AwsError::NotLogged {
        why: format!(
            "{} does not log to CloudWatch Logs. AWS keeps nothing else of Express executions: give it a log group with level ALL and execution data.",
            machine.name
        ),
    })
}

fn nothing_logged(machine: &StateMachineDescription, group: &str) -> String {
    let level = machine.log_level.as_deref().unwrap_or("ALL");
    let why = match level {
        "ERROR" | "FATAL" => {
            format!("Its level is {level}, so an execution without errors leaves nothing.")
        }
        _ => "Logs come in up to a minute late, and a group may drop them after a time.".to_owned(),
    };
    format!("{group} holds nothing of this execution. {why}")
}

/// What the machine's own settings leave out.
fn level_notes(machine: &StateMachineDescription) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(level @ ("ERROR" | "FATAL")) = machine.log_level.as_deref() {
        notes.push(format!(
            "The machine logs at level {level}: events without an error are not logged, which does not mean that they did not happen."
        ));
    }
    if !machine.logs_execution_data {
        notes.push(
            "The machine logs without execution data: inputs and outputs are not logged."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_its_arn_with_or_without_the_star() {
        for arn in ["arn:aws:logs:eu-west-1:1:log-group:/x/y:*", "arn:aws:logs:e:1:log-group:/x/y"]
        {
            assert_eq!(log_group_name(arn), Some("/x/y"));
        }
        assert_eq!(log_group_name("arn:aws:logs:e:1:log-group:"), None);
        assert_eq!(log_group_name("/x/y"), None);
    }

    #[test]
    fn the_machine_of_an_express_execution_is_told_from_its_arn() {
        assert_eq!(
            machine_of_express(" arn:aws-cn:states:cn-north-1:1:express:m:n:uuid").as_deref(),
            Ok("arn:aws-cn:states:cn-north-1:1:stateMachine:m")
        );
        for other in ["arn:aws:states:eu-west-1:1:execution:m:n", "x", ""] {
            assert_eq!(machine_of_express(other), Err(AwsError::NotAnExecution));
        }
    }

    #[test]
    fn a_pattern_cannot_be_left() {
        assert_eq!(in_pattern("a\" || $.x = \"\\b\n"), "a || $.x = b");
    }
}
