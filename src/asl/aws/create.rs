//! What `CreateStateMachine` says to a request as a whole: names, lengths, versions, logging, and then the definition.

use std::collections::{BTreeMap, BTreeSet};

use super::create_error;
use crate::asl::StateMachineType;
use crate::json::Value;

/// The part of an account that the call looks at.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// `arn:aws:states:us-east-1:123456789012`, to which `:stateMachine:` and a name are put.
    pub arn_prefix: String,
    /// What a machine of each name was created with.
    pub machines: BTreeMap<String, Value>,
    /// The ARNs of log groups, without `:*`.
    pub log_groups: BTreeSet<String>,
}

/// The longest values, from the API reference.
const LENGTHS: &[(&str, usize)] =
    &[("name", 80), ("definition", 1_048_576), ("roleArn", 256), ("versionDescription", 256)];

/// What a name may not hold (API reference of `CreateStateMachine`); control characters neither.
const FORBIDDEN: &str = " \t\n<>{}[]?*\"#%\\^|~`$&,;:/";

/// The code and message with which the call is refused; `None` when it is taken. The request has the API's own member names.
pub fn create_request_error(request: &Value, account: &Account) -> Option<(&'static str, String)> {
    create_request_error_but(request, account, create_error)
}

/// As [`create_request_error`]; what is wrong with the definition is asked for where its turn comes.
pub fn create_request_error_but(
    request: &Value,
    account: &Account,
    definition_error: impl FnOnce(&str, StateMachineType) -> Option<(&'static str, String)>,
) -> Option<(&'static str, String)> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    if let Some(message) = too_long(request) {
        return Some(("ValidationException", message));
    }
    if name.is_empty() || name.chars().any(|it| it.is_control() || FORBIDDEN.contains(it)) {
        return Some(("InvalidName", format!("Invalid Name: '{name}'")));
    }
    let publish = request.get("publish").and_then(Value::as_bool).unwrap_or(false);
    if text("versionDescription").is_some() && !publish {
        let message = "Version description can only be set when publish is true".to_owned();
        return Some(("ValidationException", message));
    }
    if let Some(refused) = logging_refusal(request.get("loggingConfiguration"), account) {
        return Some(refused);
    }
    let kind = match text("type") {
        Some("EXPRESS") => StateMachineType::Express,
        Some(_) | None => StateMachineType::Standard,
    };
    if let Some(refused) = definition_error(text("definition").unwrap_or_default(), kind) {
        return Some(refused);
    }
    // The same request once more gives the machine that is there.
    account.machines.get(name).filter(|earlier| !same_machine(earlier, request)).map(|_| {
        let arn = format!("{}:stateMachine:{name}", account.arn_prefix);
        ("StateMachineAlreadyExists", format!("State Machine Already Exists: '{arn}'"))
    })
}

fn too_long(request: &Value) -> Option<String> {
    let faults: Vec<String> = LENGTHS
        .iter()
        .filter_map(|(name, most)| {
            let value = request.get(name)?.as_str()?;
            (value.chars().count() > *most).then(|| {
                format!("Value '{value}' at '{name}' failed to satisfy constraint: Member must have length less than or equal to {most}")
            })
        })
        .collect();
    let count = faults.len();
    let errors = if count == 1 { "error" } else { "errors" };
    (count > 0).then(|| format!("{count} validation {errors} detected: {}", faults.join("; ")))
}

/// Why a logging configuration is not taken.
pub fn logging_refusal(
    configuration: Option<&Value>,
    account: &Account,
) -> Option<(&'static str, String)> {
    let why = logging_error(configuration, account)?;
    Some(("InvalidLoggingConfiguration", format!("Invalid Logging Configuration: {why}")))
}

/// Recorded: any level but `OFF` needs one destination, and its log group must be there.
fn logging_error(configuration: Option<&Value>, account: &Account) -> Option<&'static str> {
    let configuration = configuration?;
    let level = configuration.get("level").and_then(Value::as_str).unwrap_or("OFF");
    let none = Vec::new();
    let destinations =
        configuration.get("destinations").and_then(Value::as_array).unwrap_or(&none).as_slice();
    match destinations {
        [] if level == "OFF" => None,
        [only] => {
            let arn = only.get("cloudWatchLogsLogGroup")?.get("logGroupArn")?.as_str()?;
            let group = arn.strip_suffix(":*").unwrap_or(arn);
            (!account.log_groups.contains(group)).then_some("Log Destination not found.")
        }
        [] | [_, _, ..] => Some("Must specify exactly one Log Destination."),
    }
}

/// Definition, type, logging and tracing make a request the same (API reference, "idempotent"); another layout of the same
/// definition makes it another (recorded).
fn same_machine(earlier: &Value, later: &Value) -> bool {
    let kind = |request: &Value| {
        request.get("type").and_then(Value::as_str).unwrap_or("STANDARD").to_owned()
    };
    earlier.get("definition") == later.get("definition")
        && kind(earlier) == kind(later)
        && ["loggingConfiguration", "tracingConfiguration"]
            .iter()
            .all(|name| earlier.get(name) == later.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}"#;

    fn request(members: &str) -> Value {
        Value::parse(&format!(r#"{{"definition":"{SOUND}","roleArn":"r",{members}}}"#)).unwrap()
    }

    fn account() -> Account {
        Account {
            arn_prefix: "arn:aws:states:us-east-1:111111111111".to_owned(),
            machines: BTreeMap::from([("there".to_owned(), request(r#""name":"there""#))]),
            log_groups: BTreeSet::from(["arn:aws:logs:r:1:log-group:g".to_owned()]),
        }
    }

    #[test]
    fn requests_are_refused_in_the_words_of_aws() {
        let group =
            r#"{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:r:1:log-group:g:*"}}"#;
        let many = format!(
            r#""name":"n","loggingConfiguration":{{"level":"ALL","destinations":[{group},{group}]}}"#
        );
        let gone = many.replace(&format!("{group},"), "").replace("group:g", "group:gone");
        let exactly_one =
            "Invalid Logging Configuration: Must specify exactly one Log Destination.";
        for (members, message) in [
            (r#""name":"a b""#, "Invalid Name: 'a b'"),
            (
                r#""name":"n","versionDescription":"v""#,
                "Version description can only be set when publish is true",
            ),
            (r#""name":"n","loggingConfiguration":{"level":"ERROR"}"#, exactly_one),
            (many.as_str(), exactly_one),
            (gone.as_str(), "Invalid Logging Configuration: Log Destination not found."),
            (
                r#""name":"there","type":"EXPRESS""#,
                "State Machine Already Exists: 'arn:aws:states:us-east-1:111111111111:stateMachine:there'",
            ),
        ] {
            let refused = create_request_error(&request(members), &account());
            assert_eq!(refused.map(|(_, message)| message).as_deref(), Some(message), "{members}");
        }
        let long = format!(r#""name":"{}""#, "n".repeat(81));
        let (code, message) = create_request_error(&request(&long), &account()).unwrap();
        assert_eq!(code, "ValidationException");
        assert!(message.starts_with("1 validation error detected: Value 'nnn"), "{message}");
        assert!(message.ends_with("Member must have length less than or equal to 80"), "{message}");
    }

    #[test]
    fn sound_requests_are_taken() {
        for members in [
            r#""name":"n""#,
            r#""name":"there""#,
            r#""name":"n","publish":true,"versionDescription":"v""#,
            r#""name":"n","loggingConfiguration":{"level":"OFF"}"#,
            r#""name":"n","loggingConfiguration":{"level":"ALL","destinations":[{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:r:1:log-group:g:*"}}]}"#,
        ] {
            assert_eq!(create_request_error(&request(members), &account()), None, "{members}");
        }
    }
}
