//! Which other executions a history speaks of.

use super::arn::{Arn, Resource};
use crate::execution::{EventDetails, EventId, History};

/// An execution or Map Run that an event started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    pub event: EventId,
    pub arn: String,
    /// An execution, one of an EXPRESS machine, or a Map Run.
    pub resource: Resource,
}

/// The executions that `states:startExecution` Tasks started, and the Map Runs of Distributed Maps, each once, in order.
pub fn nested(history: &History) -> Vec<Nested> {
    let mut found: Vec<Nested> = Vec::new();
    for event in history.events() {
        let Some(arn) = started_by(&event.details) else { continue };
        let Some(resource) = Arn::parse(&arn).map(|it| it.resource) else { continue };
        if !found.iter().any(|it| it.arn == arn) {
            found.push(Nested { event: event.id, arn, resource });
        }
    }
    found
}

/// The ARN of what an event says that it was started.
fn started_by(details: &EventDetails) -> Option<String> {
    if let EventDetails::MapRunStarted { map_run_arn } = details {
        return Some(map_run_arn.to_string());
    }
    // Both the answer to the start and, of `.sync`, the result carry it.
    let EventDetails::TaskOutput { resource_type, output: Some(output), .. } = details else {
        return None;
    };
    let output = (&**resource_type == "states").then(|| output.value())?;
    output.get("ExecutionArn").and_then(|it| it.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::export;

    #[test]
    fn a_child_is_found_once_and_a_map_run_too() {
        let child = "arn:aws:states:eu-west-1:1:execution:child:n";
        let output = format!(r#"{{\"ExecutionArn\":\"{child}\"}}"#);
        let text = format!(
            r#"{{"events":[
            {{"id":1,"type":"ExecutionStarted"}},
            {{"id":2,"type":"TaskSubmitted","taskSubmittedEventDetails":{{"resourceType":"states","resource":"startExecution.sync","output":"{output}"}}}},
            {{"id":3,"type":"TaskSucceeded","taskSucceededEventDetails":{{"resourceType":"states","resource":"startExecution.sync","output":"{output}"}}}},
            {{"id":4,"type":"TaskSucceeded","taskSucceededEventDetails":{{"resourceType":"sqs","resource":"sendMessage","output":"{output}"}}}},
            {{"id":5,"type":"MapRunStarted","mapRunStartedEventDetails":{{"mapRunArn":"arn:aws:states:eu-west-1:1:mapRun:m/L:id"}}}}
        ]}}"#
        );
        let history = export::parse(&text).expect("a history");
        let found: Vec<(u64, Resource)> =
            nested(&history).iter().map(|it| (it.event.0, it.resource)).collect();
        assert_eq!(found, [(2, Resource::Execution), (5, Resource::MapRun)]);
    }
}
