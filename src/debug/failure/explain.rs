//! Why an error happened, and what to do about it, in plain words.
//!
//! The reserved names are those of the developer guide ("Handling errors in Step Functions workflows"); what the services say is
//! told by the forms of their error names and messages.

use super::cause::CauseKind;
use super::evidence::Evidence;
use super::gather::Timer;
use super::handlers::seconds;
use super::{Cause, FailedAttempt};
use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, State, StateKind};
use crate::execution::{StateStatus, StateType, TimelineVisit};

/// What an explanation may look at.
pub(super) struct Facts<'a> {
    pub(super) state: Option<&'a State>,
    pub(super) visit: &'a TimelineVisit,
    pub(super) error: &'a str,
    pub(super) cause: &'a Cause,
    pub(super) timer: Option<Timer>,
    pub(super) attempts: &'a [FailedAttempt],
    pub(super) evidence: &'a [Evidence],
    /// The visit before this one in its thread.
    pub(super) before: Option<&'a TimelineVisit>,
}

type Said = (String, String);

fn said(why: impl Into<String>, remedy: impl Into<String>) -> Said {
    (why.into(), remedy.into())
}

/// Why, and what to do.
pub(super) fn explain(facts: &Facts<'_>) -> Said {
    let (why, remedy) = first(facts);
    let attempts = facts.attempts.len();
    if attempts > 1 && facts.attempts.iter().all(|it| &*it.error == facts.error) {
        return (format!("{why} It did so {attempts} times."), remedy);
    }
    (why, remedy)
}

fn first(facts: &Facts<'_>) -> Said {
    if facts.visit.state_type == StateType::Fail {
        return fail_state(facts);
    }
    no_rule_matched(facts)
        .or_else(|| by_name(facts))
        .or_else(|| by_message(facts))
        .or_else(|| by_writer(facts))
        .unwrap_or_else(|| unknown(facts))
}

/// A Choice that has no Default, and no rule of which held. AWS's words for it ("… does not point to a next state") are not the
/// only ones: the definition tells it, whatever the cause says.
fn no_rule_matched(facts: &Facts<'_>) -> Option<Said> {
    let Some(State { kind: StateKind::Choice(choice), .. }) = facts.state else { return None };
    let by_rules = matches!(facts.error, "" | "States.Runtime" | "States.NoChoiceMatched");
    let text = &facts.cause.text;
    let by_value = is_of_missing(text) || text.contains("Invalid path");
    if choice.default.is_some() || !by_rules || by_value {
        return None;
    }
    let rules = match choice.choices.len() {
        1 => "Its only rule did not match".to_owned(),
        count => format!("None of the {count} rules of this Choice matched"),
    };
    Some(said(
        format!("{rules}, and it has no Default."),
        "Add a Default, or a rule for these values. No Retry and no Catch can take this.",
    ))
}

/// Whether a cause says that a path leads to nothing.
fn is_of_missing(text: &str) -> bool {
    let has = |words: &str| text.contains(words);
    has("could not be found")
        || has("No results for path")
        || has("Missing property")
        || has("does not reference an input value")
}

fn fail_state(facts: &Facts<'_>) -> Said {
    if facts.error == "States.Runtime" {
        return runtime(facts);
    }
    let name = &facts.visit.name;
    let words = if facts.cause.text.is_empty() {
        ".".to_owned()
    } else {
        let text = shortened(facts.cause.text.trim_end());
        let stop = if text.ends_with(['.', '!', '?', '…', ':', ';']) { "" } else { "." };
        format!(": {text}{stop}")
    };
    let why =
        format!("The execution reached the Fail state {name}, which ends it on purpose{words}");
    let Some(before) = facts.before else {
        return said(why, "Look at what leads to this state in the definition.");
    };
    let from = &before.name;
    match (before.status, &before.error) {
        (StateStatus::Caught, Some((error, _))) if !error.is_empty() => said(
            format!(
                "{why} It came here because {from} failed with {error}, and a Catch leads here."
            ),
            format!("Look into the error of {from}, among the errors that were caught."),
        ),
        _ if before.state_type == StateType::Choice => said(
            format!("{why} The Choice {from} led here."),
            format!("Look at what {from} compared: the values are below."),
        ),
        _ => said(why, format!("It came from {from}: look at what it gave.")),
    }
}

/// The reserved names.
fn by_name(facts: &Facts<'_>) -> Option<Said> {
    Some(match facts.error {
        "States.Timeout" | "States.HeartbeatTimeout" => timeout(facts),
        "States.Runtime" => runtime(facts),
        "States.QueryEvaluationError" => evaluation(facts),
        "States.NoChoiceMatched" => said(
            "No rule of this Choice matched, and it has no Default.",
            "Add a Default, or a rule for this value.",
        ),
        "States.DataLimitExceeded" => said(
            "A payload was larger than 262,144 bytes of UTF-8, which is the most that Step Functions passes on.",
            "Put the large part into S3 or a table and pass on its key; a distributed Map reads its items from S3 itself. ResultSelector does not help: the limit is checked before it.",
        ),
        "States.Permissions" => said(
            "The execution's role may not do what this state does.",
            "Allow it in the role of the state machine.",
        ),
        "States.ParameterPathFailure" => said(
            "A path in Parameters, ResultSelector or the like selects nothing.",
            missing_remedy(facts),
        ),
        "States.IntrinsicFailure" => said(
            format!("An intrinsic function could not work on its arguments. {}", facts.cause.text),
            "Look at the values of its arguments below: a null, a text where a number is wanted, or an array that is none.",
        ),
        "States.ResultPathMatchFailure" | "States.ReferencePathConflict" => said(
            format!("A path leads through a value that is no object. {}", facts.cause.text),
            "Let ResultPath lead to a place of its own, such as $.result, or make what lies on the way an object.",
        ),
        "States.BranchFailed" => said("A branch of this Parallel failed.", "Look into the branch."),
        "States.ExceedToleratedFailureThreshold" => said(
            "More items of this distributed Map failed than ToleratedFailureCount or ToleratedFailurePercentage allow.",
            "Open the failed children of the Map Run: each is an execution of its own. Mend what they have in common, then redrive the execution: only the failed items run again.",
        ),
        "States.ItemReaderFailed" => said(
            format!("The Map could not read its items. {}", facts.cause.text),
            "Check the bucket and key, the form of the file (ItemReader's InputType), and that the role may read it.",
        ),
        "States.ResultWriterFailed" => said(
            format!("The Map could not write its results. {}", facts.cause.text),
            "Check the bucket and prefix of ResultWriter, and that the role may write there.",
        ),
        "States.Http.Socket" => said(
            "The endpoint of the HTTP task did not answer within 60 seconds, or the connection broke.",
            "Add a Retry for States.Http.Socket; a slow endpoint needs a callback (.waitForTaskToken) instead.",
        ),
        "States.TaskFailed" => return task_failed(facts),
        _ => return None,
    })
}

fn missing_remedy(facts: &Facts<'_>) -> String {
    match facts.evidence.iter().find(|it| it.value.is_none()) {
        Some(missing) if !missing.note.is_empty() => {
            format!("{} Correct the path, or see to it that the value is there.", missing.note)
        }
        Some(_) | None => "Correct the path, or see to it that the value is there.".to_owned(),
    }
}

fn timeout(facts: &Facts<'_>) -> Said {
    let token = waits_for_token(facts.state);
    match facts.timer {
        Some(Timer::Heartbeat { seconds: limit, after_millis }) => said(
            format!(
                "HeartbeatSeconds ran out: for {limit} s nobody called SendTaskHeartbeat, SendTaskSuccess or SendTaskFailure{}.",
                if after_millis > 0 {
                    format!(" ({} after it was scheduled)", seconds(after_millis))
                } else {
                    String::new()
                }
            ),
            "Let the worker send heartbeats more often, allow more HeartbeatSeconds, or find out why the worker stopped.",
        ),
        Some(Timer::Timeout { seconds: limit }) if token => said(
            format!("TimeoutSeconds ran out: nobody answered the task token within {limit} s."),
            "Find out whether the token reached the worker and whether it called SendTaskSuccess or SendTaskFailure; then allow more TimeoutSeconds if the work takes that long.",
        ),
        Some(Timer::Timeout { seconds: limit }) => said(
            format!("TimeoutSeconds ran out: the task had not answered after {limit} s."),
            "Allow more TimeoutSeconds, or make the task quicker. A Lambda function has a timeout of its own, which should be shorter.",
        ),
        Some(Timer::Unknown { after_millis }) => said(
            format!("The task timed out {} after it was scheduled.", seconds(after_millis)),
            "Look at TimeoutSeconds and HeartbeatSeconds of the state, and at the service's own limit.",
        ),
        None => said(
            "Something took longer than its TimeoutSeconds or HeartbeatSeconds.",
            "Allow more time, or add a Retry or Catch for States.Timeout.",
        ),
    }
}

fn waits_for_token(state: Option<&State>) -> bool {
    let Some(State { kind: StateKind::Task(task), .. }) = state else { return false };
    match &task.resource.kind {
        ResourceKind::Optimised { pattern, .. } | ResourceKind::AwsSdk { pattern, .. } => {
            *pattern == IntegrationPattern::WaitForTaskToken
        }
        ResourceKind::Activity { .. } => true,
        ResourceKind::LambdaFunction { .. } | ResourceKind::Other => false,
    }
}

/// What follows `An error occurred while executing the state 'X' (entered at the event id #2). `
fn without_place(cause: &str) -> &str {
    let (place, rest) = cause.split_once("(entered at the event id #").unwrap_or(("", cause));
    if place.is_empty() { cause } else { rest.split_once("). ").map_or(cause, |(_, rest)| rest) }
}

fn runtime(facts: &Facts<'_>) -> Said {
    const NO_CATCH: &str = "No Retry and no Catch can take States.Runtime.";
    let text = without_place(&facts.cause.text);
    // A copy of the whole input follows, which the card shows better.
    let short = text.split(" in the input '").next().unwrap_or(text);
    let has = |words: &str| text.contains(words);
    if is_of_missing(text) {
        let path = facts.evidence.iter().find(|it| it.value.is_none());
        let why = path.map_or_else(
            || format!("A path of the definition selects nothing. {short}"),
            |it| format!("{} is not there: the path selects nothing.", it.label),
        );
        return said(why, format!("{} {NO_CATCH}", missing_remedy(facts)));
    }
    // AWS's words when no rule of a Choice holds; `States.NoChoiceMatched` is what its documentation calls it.
    if has("does not point to a next state") && facts.visit.state_type == StateType::Choice {
        return said(
            "No rule of this Choice matched, and it has no Default.",
            format!("Add a Default, or a rule for these values. {NO_CATCH}"),
        );
    }
    if has("maximum number of history events") || has("history events") {
        return of_long_history();
    }
    if facts.error == "States.Runtime" && short.is_empty() {
        return said(
            "The definition could not be carried out with this input.",
            format!(
                "Look at the data flow of the state: the stage that is missing is the one that failed. {NO_CATCH}"
            ),
        );
    }
    said(
        format!("The definition could not be carried out with this value. {short}"),
        format!(
            "Correct the value where it comes from, or check it in a Choice before. {NO_CATCH}"
        ),
    )
}

fn of_long_history() -> Said {
    said(
        "The history has 25,000 events, and an execution may have no more.",
        "Start a new execution from this one before the limit is reached, or put the loop into a distributed Map, whose children have histories of their own.",
    )
}

fn evaluation(facts: &Facts<'_>) -> Said {
    let text = without_place(&facts.cause.text);
    if text.contains("returned nothing (undefined)") {
        let missing = facts.evidence.iter().find(|it| it.value.is_none());
        let why = missing.map_or_else(
            || format!("A JSONata expression gave nothing. {text}"),
            |it| format!("{} is not there, so the JSONata expression gave nothing.", it.label),
        );
        let note = missing.map(|it| it.note.as_str()).filter(|it| !it.is_empty());
        let remedy = format!(
            "{}Correct the name, or give a default: $exists(x) ? x : 'default'.",
            note.map_or_else(String::new, |it| format!("{it} "))
        );
        return said(why, remedy);
    }
    if text.contains("unexpected result type") || text.contains("must be an array") {
        return said(
            format!("A JSONata expression gave a value of the wrong type. {text}"),
            "Make the expression give the type that the field wants: [x] for an array, $number(x), $string(x).",
        );
    }
    said(
        format!("A JSONata expression failed. {text}"),
        "Try the expression at the cursor in the Variables pane, with the values below.",
    )
}

/// `States.TaskFailed` has the description of what was started for its cause.
fn task_failed(facts: &Facts<'_>) -> Option<Said> {
    if let CauseKind::Execution { error, .. } = &facts.cause.kind {
        let with = error.as_deref().map_or_else(String::new, |it| format!(" with {it}"));
        return Some(said(
            format!("The execution that this state started and waited for failed{with}."),
            "Open that execution: its own card says why.",
        ));
    }
    let message = &facts.cause.message;
    (!message.is_empty()).then(|| {
        said(
            format!("The job that this state started failed: {message}"),
            "The cause below is the service's whole description of the job; its log says more.",
        )
    })
}

/// What the texts of the services have in common, whichever service it is.
fn by_message(facts: &Facts<'_>) -> Option<Said> {
    let (error, text) = (facts.error, &*facts.cause.text);
    let names = |parts: &[&str]| parts.iter().any(|it| error.contains(it));
    let says = |parts: &[&str]| parts.iter().any(|it| text.contains(it));
    if says(&["is not authorized to perform"])
        || names(&["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
    {
        let action = between(text, "is not authorized to perform: ", &[" "]);
        let resource = between(text, "on resource: ", &[" ", ")"]);
        let why = match (action, resource) {
            (Some(action), Some(resource)) => {
                format!("The role may not do {action} on {resource}.")
            }
            (Some(action), None) => format!("The role may not do {action}."),
            (None, _) => "The role of the execution may not do this.".to_owned(),
        };
        return Some(said(
            why,
            "Allow it in the role of the state machine (and in the resource's own policy, and in a key's, if it has one).",
        ));
    }
    if names(&[
        "Throttl",
        "TooManyRequests",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "SlowDown",
        "LimitExceeded",
    ]) || says(&["Rate exceeded", "Throttling"])
    {
        return Some(said(
            "The service was called more often than it allows.",
            format!(
                "Add a Retry for {error} with BackoffRate and JitterStrategy FULL; in a Map lower MaxConcurrency."
            ),
        ));
    }
    if names(&["ConditionalCheckFailed"]) {
        return Some(said(
            "The condition of this write did not hold: the item is there already, is not there, or has other values.",
            "If that may happen, catch it by this name; else look at the item and at ConditionExpression.",
        ));
    }
    if super::evidence::names_something_missing(error)
        || says(&["Name or service not known", "Function not found"])
    {
        let what = facts.evidence.first().map_or_else(
            || "What this state names does not exist".to_owned(),
            |it| {
                let value = it
                    .value
                    .as_ref()
                    .map_or_else(String::new, |it| format!(" ({})", shortened(&it.to_string())));
                format!("What {} names{value} does not exist", it.label)
            },
        );
        return Some(said(
            format!("{what} in this account and region."),
            "Check the name, and that it is in the same account and region as the state machine.",
        ));
    }
    if names(&[
        "Lambda.TooManyRequests",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "SdkClientException",
        "InternalServerError",
        "InternalError",
        "ServiceUnavailable",
    ]) {
        return Some(said(
            "The service failed in a way that usually passes.",
            format!(
                "Add a Retry for {error}; AWS recommends one for every Lambda task (Lambda.ClientExecutionTimeoutException, Lambda.ServiceException, Lambda.AWSLambdaException, Lambda.SdkClientException)."
            ),
        ));
    }
    if says(&["Task timed out after"]) || names(&["Sandbox.Timedout"]) {
        return Some(said(
            "The Lambda function reached its own timeout.",
            "Give the function more time or memory, or less work; a Retry helps only if it is sometimes quick.",
        ));
    }
    if names(&["Runtime.OutOfMemory"]) || says(&["Runtime exited with error: signal: killed"]) {
        return Some(said(
            "The Lambda function ran out of memory.",
            "Give the function more memory.",
        ));
    }
    if says(&[
        "validation error detected",
        "ValidationException",
        "Invalid parameter",
        "InvalidParameter",
    ]) || names(&["Validation", "InvalidParameter", "InvalidRequest", "BadRequest"])
    {
        return Some(said(
            format!("The service refused what was sent: {}", facts.cause.message),
            "Look at the parameters after Parameters or Arguments: a path may have put something else there than you expect.",
        ));
    }
    None
}

/// By who wrote the cause.
fn by_writer(facts: &Facts<'_>) -> Option<Said> {
    match &facts.cause.kind {
        CauseKind::Lambda { stack, .. } => {
            let message = &facts.cause.message;
            let what = if message.is_empty() { String::new() } else { format!(": {message}") };
            let at = stack.last().map_or_else(String::new, |line| {
                format!(" ({})", shortened(line.lines().next().unwrap_or("").trim()))
            });
            let missing = facts.evidence.iter().find(|it| it.value.is_none());
            let remedy = missing.map_or_else(
                || {
                    "Look at what the function got, and at its code where the stack trace points."
                        .to_owned()
                },
                |it| format!("{} Send it, or let the function do without.", it.note),
            );
            Some(said(format!("The Lambda function threw {}{what}{at}.", facts.error), remedy))
        }
        CauseKind::Sdk { service, .. } => Some(said(
            format!("{service} refused the call: {}", facts.cause.message),
            "Look at the parameters that were sent.",
        )),
        CauseKind::Execution { .. } => task_failed(facts),
        CauseKind::Text | CauseKind::Json => None,
    }
}

fn unknown(facts: &Facts<'_>) -> Said {
    let (error, message) = (facts.error, &*facts.cause.message);
    let name = if error.is_empty() { "an error without a name" } else { error };
    let why = if message.is_empty() {
        format!("The state failed with {name}; the history says no more.")
    } else {
        format!("The state failed with {name}: {}", shortened(message))
    };
    if waits_for_token(facts.state) {
        return said(
            why,
            "Whoever held the task token sent SendTaskFailure with this error: look at that worker.",
        );
    }
    if let Some(status) =
        error.strip_prefix("States.Http.StatusCode.").or_else(|| error.strip_prefix("ApiGateway."))
    {
        return said(
            format!("The endpoint answered with status {status}."),
            match status.chars().next() {
                Some('5') => "The server failed: a Retry may help.",
                Some('4') => {
                    "The server refused the request: look at what was sent, and at the authorisation."
                }
                Some(_) | None => "Look at what was sent.",
            },
        );
    }
    said(why, "Look at what the state got and at what it called.")
}

/// Why an execution failed of which no state is to blame.
pub(super) fn of_execution(error: &str, cause: &Cause) -> (String, &'static str) {
    if cause.text.contains("history events") {
        return (
            of_long_history().0,
            "Start a new execution from this one before the limit is reached, or put the loop into a distributed Map.",
        );
    }
    let name = if error.is_empty() { "an error without a name" } else { error };
    let message = shortened(&cause.message);
    let why = if message.is_empty() {
        format!("It failed with {name}, and the history does not say where.")
    } else {
        format!("It failed with {name}: {message}")
    };
    (
        why,
        "The history may be incomplete: a log level of ERROR or a recording without execution data leaves things out.",
    )
}

fn between<'t>(text: &'t str, before: &str, ends: &[&str]) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let end = ends.iter().filter_map(|it| rest.find(it)).min().unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', ',']))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
