//! What a Lambda function wrote during one attempt of a Task: found by its request id where one is known, else by the time.

use super::logs::{Between, LogLine};
use super::quota::Api;
use super::signed::{Service, ServiceCall};
use super::{AwsError, Session};
use crate::execution::{LambdaAttempt, Timestamp};
use crate::json::Value;

/// Clocks differ a little, and the report of an invocation is written after its answer.
const BEFORE: i64 = 5_000;
const AFTER: i64 = 60_000;
/// A function runs for fifteen minutes at most.
const LONGEST: i64 = 15 * 60_000;
/// Lines that are found by time alone.
const MOST_BY_TIME: usize = 5_000;

/// The lines of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaLog {
    pub group: String,
    pub found_by: FoundBy,
    pub lines: Vec<LogLine>,
    /// Nothing was left out.
    pub complete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// The lines of this invocation, from its start to its report.
    RequestId,
    /// All lines of that time; those of other invocations may be among them.
    Time,
}

impl Session {
    /// Asks which group the function logs to, and reads the lines.
    ///
    /// # Errors
    /// The function is in another region than the session, or as any call.
    pub async fn lambda_log(&self, attempt: &LambdaAttempt) -> Result<LambdaLog, AwsError> {
        if let Some(region) = attempt.region.as_deref().filter(|it| *it != self.region()) {
            let why = format!(
                "The function {} is in {region}, and this connection is to {}. Connect to {region} to read its log.",
                attempt.function,
                self.region()
            );
            return Err(AwsError::NotLogged { why });
        }
        let group = self.function_log_group(&attempt.function).await?;
        let to = attempt.to.map_or_else(|| attempt.from.0.saturating_add(LONGEST), |it| it.0);
        let between = Between {
            from: Some(Timestamp(attempt.from.0.saturating_sub(BEFORE))),
            to: Some(Timestamp(to.saturating_add(AFTER))),
        };
        if let Some(id) = &attempt.request_id {
            let found = self.search(&group, Some(&format!("\"{id}\"")), between, 1).await?;
            if let Some(stream) = found.lines.first().map(|it| it.stream.clone()) {
                let (lines, complete) = match self.stream(&group, &stream, between).await {
                    Ok(all) => (invocation(&all.lines, id).to_vec(), all.complete),
                    // Who may search may not be allowed to read a stream; the lines that name the request are something.
                    Err(AwsError::AccessDenied { .. } | AwsError::Refused { .. }) => {
                        (Vec::new(), false)
                    }
                    Err(err) => return Err(err),
                };
                let lines = if lines.is_empty() { found.lines } else { lines };
                return Ok(LambdaLog { group, found_by: FoundBy::RequestId, lines, complete });
            }
        }
        let mut found = self.search(&group, None, between, MOST_BY_TIME).await?;
        found.complete &= found.lines.len() <= MOST_BY_TIME;
        found.lines.truncate(MOST_BY_TIME);
        let (lines, complete) = (found.lines, found.complete);
        Ok(LambdaLog { group, found_by: FoundBy::Time, lines, complete })
    }

    /// The group of the function's own settings; the usual one when they may not be read.
    async fn function_log_group(&self, function: &str) -> Result<String, AwsError> {
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let call = ServiceCall::get(Service::Lambda, path);
        let usual = || format!("/aws/lambda/{function}");
        match self.signed_call(Api::GetFunctionConfiguration, &call).await {
            Ok(settings) => {
                let own = settings.get("LoggingConfig").and_then(|it| it.get("LogGroup")?.as_str());
                Ok(own.map_or_else(usual, str::to_owned))
            }
            // Who may read the log may still not read the function, and one that is deleted leaves its log.
            Err(
                AwsError::AccessDenied { .. }
                | AwsError::NotFound { .. }
                | AwsError::Refused { .. }
                | AwsError::Unreachable { .. },
            ) => Ok(usual()),
            Err(err) => Err(err),
        }
    }
}

/// What the platform's own lines say, in the text format and in the JSON one.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Start(String),
    Report(String),
}

fn mark_of(message: &str) -> Option<Mark> {
    let id_after = |label: &str| {
        let id = message.strip_prefix(label)?.split_whitespace().next()?;
        Some(id.to_owned())
    };
    if let Some(id) = id_after("START RequestId: ") {
        return Some(Mark::Start(id));
    }
    if let Some(id) = id_after("REPORT RequestId: ") {
        return Some(Mark::Report(id));
    }
    if !message.starts_with('{') || !message.contains("\"platform.") {
        return None;
    }
    let line = Value::parse(message).ok()?;
    let id = line.get("record")?.get("requestId")?.as_str()?.to_owned();
    match line.get("type")?.as_str()? {
        "platform.start" => Some(Mark::Start(id)),
        "platform.report" => Some(Mark::Report(id)),
        _ => None,
    }
}

/// The lines of one invocation in its stream: what the environment wrote since the report of the one before, too, because a
/// function that fails while it is loaded writes before its start.
fn invocation<'a>(lines: &'a [LogLine], id: &str) -> &'a [LogLine] {
    let marks: Vec<(usize, Mark)> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, mark_of(line.message.trim_end())?)))
        .collect();
    let Some(start) = marks.iter().position(|(_, mark)| *mark == Mark::Start(id.to_owned())) else {
        return &[];
    };
    let begin = match marks[..start].last() {
        None => 0,
        Some((at, Mark::Report(_))) => at + 1,
        // One that was killed before its report may have written up to here.
        Some((_, Mark::Start(_))) => marks[start].0,
    };
    let after = marks[start + 1..].iter();
    let end = after
        .map(|(at, mark)| match mark {
            Mark::Report(of) if of == id => at + 1,
            // Without a report of its own it ends where the next one begins.
            Mark::Start(_) | Mark::Report(_) => *at,
        })
        .next();
    &lines[begin..end.unwrap_or(lines.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(messages: &[&str]) -> Vec<LogLine> {
        let line = |it: &&str| LogLine { message: (*it).to_owned(), ..LogLine::default() };
        messages.iter().map(line).collect()
    }

    fn of(messages: &[&str], id: &str) -> Vec<String> {
        invocation(&lines(messages), id).iter().map(|it| it.message.clone()).collect()
    }

    #[test]
    fn an_invocation_is_cut_out_of_its_stream() {
        let stream = [
            "INIT_START Runtime Version: python:3.13",
            "loading",
            "START RequestId: a Version: $LATEST\n",
            "hello",
            "END RequestId: a\n",
            "REPORT RequestId: a\tDuration: 1 ms\n",
            "START RequestId: b Version: $LATEST\n",
            "{\"level\":\"INFO\",\"requestId\":\"b\"}",
            "END RequestId: b\n",
        ];
        assert_eq!(of(&stream, "a"), stream[..6]);
        assert_eq!(of(&stream, "b"), stream[6..]);
        assert_eq!(of(&stream, "c"), [""; 0]);
    }

    #[test]
    fn the_json_format_has_marks_of_its_own() {
        let stream = [
            r#"{"type":"platform.start","record":{"requestId":"a"}}"#,
            r#"{"level":"ERROR","message":"no"}"#,
            r#"{"type":"platform.start","record":{"requestId":"b"}}"#,
            r#"{"type":"platform.report","record":{"requestId":"b"}}"#,
        ];
        assert_eq!(of(&stream, "a"), stream[..2], "it was killed before its report");
        assert_eq!(of(&stream, "b"), stream[2..]);
    }
}
