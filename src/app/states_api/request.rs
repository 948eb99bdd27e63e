//! The members of a request: which there may be, of which type and length, and what AWS says to others.

use super::refusal::ApiError;
use crate::json::{Number, Object, Value};

/// What a member may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Is {
    /// Of so many characters.
    Text {
        least: usize,
        most: usize,
    },
    /// As `Text`; the value stays out of error messages, as AWS keeps those that it calls sensitive.
    Payload {
        most: usize,
    },
    /// As `Payload`, of so many bytes of UTF-8 (service quotas: 256 KiB).
    Data {
        most: usize,
    },
    OneOf(&'static [&'static str]),
    Count {
        most: u64,
    },
    Flag,
    /// An object or a list that is looked at elsewhere.
    Nested,
}

/// A member of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    name: &'static str,
    is: Is,
    required: bool,
}

impl Member {
    pub(super) const fn needed(name: &'static str, is: Is) -> Self {
        Self { name, is, required: true }
    }

    pub(super) const fn optional(name: &'static str, is: Is) -> Self {
        Self { name, is, required: false }
    }
}

/// `Arn` of the API's model.
pub(super) const ARN: Is = Is::Text { least: 1, most: 256 };
/// `LongArn`
pub(super) const LONG_ARN: Is = Is::Text { least: 1, most: 2000 };
/// `Name`
pub(super) const NAME: Is = Is::Text { least: 1, most: 80 };
/// `SensitiveData`
pub(super) const DATA: Is = Is::Data { most: 262_144 };
pub(super) const INCLUDED_DATA: Member =
    Member::optional("includedData", Is::OneOf(&["METADATA_ONLY", "ALL_DATA"]));
pub(super) const MAX_RESULTS: Member = Member::optional("maxResults", Is::Count { most: 1000 });
pub(super) const NEXT_TOKEN: Member =
    Member::optional("nextToken", Is::Text { least: 1, most: 1024 });

/// A request whose members have been looked at.
#[derive(Debug)]
pub(super) struct Request {
    members: Object,
}

impl Request {
    /// # Errors
    /// The body is no object, or a member is missing or not what it may be. All faults are in one message.
    pub(super) fn read(body: &str, members: &[Member]) -> Result<Self, ApiError> {
        let body = if body.trim().is_empty() { "{}" } else { body };
        let json = Value::parse(body).map_err(|err| ApiError::serialization(err.to_string()))?;
        let Some(given) = json.as_object() else {
            return Err(ApiError::serialization("The request is not a JSON object"));
        };
        let mut faults = Vec::new();
        for member in members {
            faults.extend(fault(member, given.get(member.name))?);
        }
        if faults.is_empty() {
            return Ok(Self { members: given.clone() });
        }
        let errors = if faults.len() == 1 { "error" } else { "errors" };
        Err(ApiError::validation(format!(
            "{} validation {errors} detected: {}",
            faults.len(),
            faults.join("; ")
        )))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|it| !it.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A member that was looked for when the request was read.
    pub(super) fn needed(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    pub(super) fn count(&self, name: &str) -> Option<u64> {
        u64::try_from(self.get(name)?.as_i64()?).ok()
    }

    /// `includedData` is not `METADATA_ONLY`.
    pub(super) fn wants_data(&self) -> bool {
        self.text("includedData") != Some("METADATA_ONLY")
    }

    /// As it came.
    pub(super) fn to_value(&self) -> Value {
        Value::from(self.members.clone())
    }
}

/// What is wrong with a member's value.
fn fault(member: &Member, value: Option<&Value>) -> Result<Option<String>, ApiError> {
    let name = member.name;
    let says = |shown: Option<&str>, constraint: String| {
        let value = shown.map_or_else(String::new, |it| format!(" {it}"));
        Some(format!("Value{value} at '{name}' failed to satisfy constraint: {constraint}"))
    };
    let Some(value) = value.filter(|it| !it.is_null()) else {
        let missing = || says(Some("null"), "Member must not be null".to_owned());
        return Ok(member.required.then(missing).flatten());
    };
    let wrong_type = || {
        let message = format!("'{name}' can not be a JSON {}", value.type_name());
        Err(ApiError::serialization(message))
    };
    let length = |text: &str, least: usize, most: usize| {
        let count = text.chars().count();
        if count < least {
            Some(format!("Member must have length greater than or equal to {least}"))
        } else {
            (count > most).then(|| format!("Member must have length less than or equal to {most}"))
        }
    };
    let fault = match (member.is, value) {
        (Is::Text { least, most }, Value::String(text)) => length(text, least, most)
            .and_then(|constraint| says(Some(&format!("'{text}'")), constraint)),
        (Is::Payload { most }, Value::String(text)) => {
            length(text, 0, most).and_then(|constraint| says(None, constraint))
        }
        (Is::Data { most }, Value::String(text)) if text.len() > most => {
            says(None, format!("Member must have length less than or equal to {most}"))
        }
        (Is::OneOf(known), Value::String(text)) if !known.contains(&&**text) => {
            let set = known.join(", ");
            let constraint = format!("Member must satisfy enum value set: [{set}]");
            says(Some(&format!("'{text}'")), constraint)
        }
        (Is::Count { most }, Value::Number(Number::Int(number))) => {
            let bound = if *number < 0 {
                Some("greater than or equal to 0".to_owned())
            } else {
                (number.unsigned_abs() > most).then(|| format!("less than or equal to {most}"))
            };
            let shown = format!("'{number}'");
            bound.and_then(|it| says(Some(&shown), format!("Member must have value {it}")))
        }
        (Is::OneOf(_) | Is::Data { .. }, Value::String(_))
        | (Is::Flag, Value::Bool(_))
        | (Is::Nested, Value::Array(_) | Value::Object(_)) => None,
        (
            Is::Text { .. }
            | Is::Payload { .. }
            | Is::Data { .. }
            | Is::OneOf(_)
            | Is::Count { .. }
            | Is::Flag
            | Is::Nested,
            _,
        ) => return wrong_type(),
    };
    Ok(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: &[Member] = &[
        Member::needed("stateMachineArn", ARN),
        Member::optional("input", Is::Payload { most: 4 }),
        Member::optional("statusFilter", Is::OneOf(&["RUNNING", "FAILED"])),
        MAX_RESULTS,
        Member::optional("reverseOrder", Is::Flag),
        Member::optional("output", Is::Data { most: 4 }),
    ];

    fn refused(body: &str) -> String {
        let refusal = Request::read(body, MEMBERS).expect_err(body);
        format!("{}: {}", refusal.code, refusal.message)
    }

    #[test]
    fn faults_are_worded_as_aws_words_them() {
        for (body, message) in [
            (
                "{}",
                "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
            ),
            (
                r#"{"stateMachineArn":"a","maxResults":1001}"#,
                "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
            ),
            (
                r#"{"stateMachineArn":"a","statusFilter":"failed"}"#,
                "1 validation error detected: Value 'failed' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [RUNNING, FAILED]",
            ),
            (
                r#"{"stateMachineArn":"","input":"secret"}"#,
                "2 validation errors detected: Value '' at 'stateMachineArn' failed to satisfy constraint: Member must have length greater than or equal to 1; \
                 Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 4",
            ),
        ] {
            assert_eq!(refused(body), format!("ValidationException: {message}"));
        }
    }

    #[test]
    fn what_is_no_request_is_refused_before_its_members() {
        for body in [
            "[]",
            "{",
            "7",
            r#"{"stateMachineArn":7}"#,
            r#"{"stateMachineArn":"a","maxResults":"1"}"#,
        ] {
            assert!(refused(body).starts_with("SerializationException: "), "{body}");
        }
        let deep = "[".repeat(200_000);
        assert!(refused(&deep).starts_with("SerializationException: "));
    }

    #[test]
    fn data_is_counted_in_bytes() {
        let read = |output: &str| {
            let body = Value::object([("stateMachineArn", "a".into()), ("output", output.into())]);
            Request::read(&body.to_string(), MEMBERS)
        };
        assert!(read("abcd").is_ok() && read("éé").is_ok());
        let refused = read("ééé").expect_err("six bytes").message;
        assert!(refused.contains("Value at 'output'"), "{refused}");
    }

    #[test]
    fn null_is_as_good_as_absent() {
        let body = r#"{"stateMachineArn":"a","maxResults":null,"reverseOrder":true}"#;
        let request = Request::read(body, MEMBERS).expect("a request");
        assert_eq!(request.count("maxResults"), None);
        assert_eq!(request.flag("reverseOrder"), Some(true));
        assert_eq!(request.needed("stateMachineArn"), "a");
    }
}
