//! The log of `TestInvokeMethod`, told as the stages that the emulator shows: what came in, what the mapping templates made of it,
//! what the integration answered, and what went out.
//!
//! Each line is `Wed Jan 01 00:00:00 UTC 2026 : LABEL: VALUE`; a value may go on over several lines. A label that is not known
//! stays with the stage that was last begun, so that nothing of the log is lost.

use super::{Stage, StageName};

/// What a line of the log begins, by its label, in the order in which the gateway writes them. The second part says into which
/// side of the stage its value goes.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html>
const LABELS: &[(&str, StageName, Side)] = &[
    ("Starting execution for request", StageName::Route, Side::Summary),
    ("HTTP Method", StageName::Route, Side::Summary),
    ("Method request path", StageName::MethodRequest, Side::Input),
    ("Method request query string", StageName::MethodRequest, Side::Input),
    ("Method request headers", StageName::MethodRequest, Side::Input),
    ("Method request body before transformations", StageName::MethodRequest, Side::Input),
    ("Request validation failed", StageName::MethodRequest, Side::Error),
    ("Endpoint request URI", StageName::IntegrationRequest, Side::Summary),
    ("Endpoint request headers", StageName::IntegrationRequest, Side::Input),
    ("Endpoint request body after transformations", StageName::IntegrationRequest, Side::Output),
    ("Sending request to", StageName::Integration, Side::Summary),
    ("Received response. Status", StageName::Integration, Side::Summary),
    ("Received response. Integration latency", StageName::Integration, Side::Summary),
    ("Endpoint response headers", StageName::Integration, Side::Input),
    ("Endpoint response body before transformations", StageName::Integration, Side::Output),
    ("Execution failed due to", StageName::IntegrationResponse, Side::Error),
    ("Execution failed", StageName::IntegrationResponse, Side::Error),
    ("Method response body after transformations", StageName::MethodResponse, Side::Output),
    ("Method response headers", StageName::MethodResponse, Side::Input),
    ("Successfully completed execution", StageName::MethodResponse, Side::Summary),
    ("Method completed with status", StageName::MethodResponse, Side::Summary),
    ("Gateway response type", StageName::GatewayResponse, Side::Summary),
    ("Gateway response body", StageName::GatewayResponse, Side::Output),
    ("Gateway response headers", StageName::GatewayResponse, Side::Input),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Summary,
    Input,
    Output,
    Error,
}

/// An entry of the log: its text without the time before it, continued lines included.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match without_time(line) {
            Some(text) => entries.push(text.to_owned()),
            None if line.starts_with("Execution log for request") => {}
            None => match entries.last_mut() {
                Some(last) => {
                    last.push('\n');
                    last.push_str(line);
                }
                None if line.trim().is_empty() => {}
                None => entries.push(line.to_owned()),
            },
        }
    }
    entries
}

/// The text after `Wed Jan 01 00:00:00 UTC 2026 : `.
fn without_time(line: &str) -> Option<&str> {
    let (time, text) = line.split_once(" : ")?;
    let words: Vec<&str> = time.split(' ').collect();
    let is_time = matches!(words.as_slice(), [_, _, _, clock, zone, year]
        if clock.matches(':').count() == 2
            && zone.bytes().all(|it| it.is_ascii_uppercase())
            && year.bytes().all(|it| it.is_ascii_digit()));
    is_time.then_some(text)
}

/// The stages that a log tells of, in their order, each once.
pub fn stages_of_log(log: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut current = StageName::Route;
    for entry in entries(log) {
        let known = LABELS.iter().find(|(label, ..)| entry.starts_with(label));
        let side = known.map_or(Side::Summary, |(_, name, side)| {
            current = *name;
            *side
        });
        let index = stages.iter().position(|it| it.name == current).unwrap_or_else(|| {
            stages.push(empty(current));
            stages.len() - 1
        });
        let stage = &mut stages[index];
        let value = || {
            let rest = known.map_or(entry.as_str(), |(label, ..)| &entry[label.len()..]);
            rest.trim_start_matches([':', ' ']).to_owned()
        };
        match side {
            Side::Summary => add(&mut stage.summary, &entry),
            // A body is shown as it is; everything else with its label.
            Side::Input if entry.contains("body") => add(&mut stage.input, &value()),
            Side::Input => add(&mut stage.input, &entry),
            Side::Output => add(&mut stage.output, &value()),
            Side::Error => {
                let mut error = stage.error.take().unwrap_or_default();
                add(&mut error, &entry);
                stage.error = Some(error);
            }
        }
    }
    stages
}

fn empty(name: StageName) -> Stage {
    Stage {
        name,
        summary: String::new(),
        input: String::new(),
        template: None,
        output: String::new(),
        error: None,
    }
}

fn add(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "Execution log for request 6c1b9a1e
Thu Jan 01 00:00:00 UTC 2026 : Starting execution for request: 6c1b9a1e
Thu Jan 01 00:00:00 UTC 2026 : HTTP Method: POST, Resource Path: /items
Thu Jan 01 00:00:00 UTC 2026 : Method request path: {}
Thu Jan 01 00:00:00 UTC 2026 : Method request headers: {Content-Type=application/json}
Thu Jan 01 00:00:00 UTC 2026 : Method request body before transformations: {
  \"time : now\": 1
}
Thu Jan 01 00:00:00 UTC 2026 : Endpoint request URI: https://states.eu-west-1.amazonaws.com/?Action=StartSyncExecution
Thu Jan 01 00:00:00 UTC 2026 : Endpoint request body after transformations: {\"input\":\"{}\"}
Thu Jan 01 00:00:00 UTC 2026 : Sending request to https://states.eu-west-1.amazonaws.com/
Thu Jan 01 00:00:01 UTC 2026 : Received response. Status: 200, Integration latency: 90 ms
Thu Jan 01 00:00:01 UTC 2026 : Endpoint response body before transformations: {\"status\":\"SUCCEEDED\"}
Thu Jan 01 00:00:01 UTC 2026 : Something that nobody knew before
Thu Jan 01 00:00:01 UTC 2026 : Method response body after transformations: {\"ok\":true}
Thu Jan 01 00:00:01 UTC 2026 : Successfully completed execution
Thu Jan 01 00:00:01 UTC 2026 : Method completed with status: 200
";

    #[test]
    fn a_log_is_told_in_stages() {
        let stages = stages_of_log(LOG);
        let names: Vec<StageName> = stages.iter().map(|it| it.name).collect();
        assert_eq!(
            names,
            [
                StageName::Route,
                StageName::MethodRequest,
                StageName::IntegrationRequest,
                StageName::Integration,
                StageName::MethodResponse
            ]
        );
        assert!(stages[1].input.ends_with("{\n  \"time : now\": 1\n}"), "{}", stages[1].input);
        assert_eq!(stages[2].output, r#"{"input":"{}"}"#);
        assert_eq!(stages[3].output, r#"{"status":"SUCCEEDED"}"#);
        assert!(stages[3].summary.contains("Something that nobody knew before"));
        assert_eq!(stages[4].output, r#"{"ok":true}"#);
        assert!(stages.iter().all(|it| it.error.is_none()));
    }

    #[test]
    fn a_failure_is_told_where_it_happened() {
        let log = "Thu Jan 01 00:00:00 UTC 2026 : Request validation failed. Errors: [missing name]
Thu Jan 01 00:00:00 UTC 2026 : Execution failed due to configuration error: No match for output mapping
Thu Jan 01 00:00:00 UTC 2026 : Method completed with status: 500";
        let stages = stages_of_log(log);
        let errors: Vec<StageName> =
            stages.iter().filter(|it| it.error.is_some()).map(|it| it.name).collect();
        assert_eq!(errors, [StageName::MethodRequest, StageName::IntegrationResponse]);
    }

    #[test]
    fn any_text_is_kept_and_none_panics() {
        assert_eq!(stages_of_log(""), []);
        assert_eq!(stages_of_log("hello\nworld")[0].summary, "hello\nworld");
        for text in [" : ", "a : b", "é : \u{0}", "\n\n : \n", &"x : ".repeat(1000)] {
            stages_of_log(text);
        }
    }
}
