//! The calls of AWS's APIs: which services `aws-sdk:` integrations name, which actions each has, and what an action takes.
//!
//! The table is as old as its first lines say, and AWS adds calls every week: what is not in it may still exist.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::similar::closest;

const TABLE: &str = include_str!("../../assets/api-calls.txt");

static SERVICES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    // The first part is the comment.
    let sections = TABLE.split("\n@").skip(1);
    sections.filter_map(|section| section.split_once('\n')).collect()
});

/// A service by the name that follows `aws-sdk:`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    operations: &'static str,
}

/// An operation of a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    operation: &'static str,
    /// `None` where the table does not hold them.
    members: Option<&'static str>,
}

/// A member of a call's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// As the API spells it.
    pub(super) name: &'static str,
    pub(super) need: Need,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Optional,
    /// Required, but an SDK makes one up when it is left out.
    MadeUp,
    Required,
}

pub(super) fn service(name: &str) -> Option<Service> {
    SERVICES.get(name).map(|operations| Service { operations })
}

/// The service that a misspelt name most likely means.
pub(super) fn closest_service(name: &str) -> Option<&'static str> {
    closest(name, SERVICES.keys().copied())
}

impl Service {
    /// The operation of an action, whatever the case of its letters; [`Call::action`] tells how it is spelled.
    pub(super) fn call(self, action: &str) -> Option<Call> {
        self.calls().find(|call| call.operation.eq_ignore_ascii_case(action))
    }

    /// The action that a misspelt one most likely means.
    pub(super) fn closest_action(self, action: &str) -> Option<String> {
        let operation = first_upper(action);
        closest(&operation, self.calls().map(|call| call.operation)).map(lower_first_word)
    }

    fn calls(self) -> impl Iterator<Item = Call> + Clone {
        self.operations.lines().map(|line| match line.split_once(' ') {
            Some((operation, "-")) => Call { operation, members: Some("") },
            Some((operation, members)) => Call { operation, members: Some(members) },
            None => Call { operation: line, members: None },
        })
    }
}

impl Call {
    /// As a resource spells it: `describeDBInstances`.
    pub(super) fn action(self) -> String {
        lower_first_word(self.operation)
    }

    /// `None` where they are not known.
    pub(super) fn members(self) -> Option<impl Iterator<Item = Member>> {
        let members = self.members?.split(',').filter(|it| !it.is_empty());
        Some(members.map(|text| match (text.strip_suffix('!'), text.strip_suffix('?')) {
            (Some(name), _) => Member { name, need: Need::Required },
            (None, Some(name)) => Member { name, need: Need::MadeUp },
            (None, None) => Member { name: text, need: Need::Optional },
        }))
    }
}

/// How `aws-sdk:` integrations spell a member of an API: as the AWS SDK for Java names its setter, with a capital:
/// `DBInstanceIdentifier` is `DbInstanceIdentifier`, `templateURL` is `TemplateURL`.
pub(crate) fn sdk_name(member: &str) -> String {
    let letters: String = member.chars().filter(char::is_ascii_alphanumeric).collect();
    first_upper(&lower_first_word(&letters))
}

/// How optimised integrations spell a member of an API.
pub(crate) fn first_upper(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The first word of a name in small letters, which of `DBInstances` is `DB`.
fn lower_first_word(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let is_upper = |at: usize| letters.get(at).is_some_and(char::is_ascii_uppercase);
    let is_lower = |at: usize| letters.get(at).is_some_and(char::is_ascii_lowercase);
    let mut end = 1;
    while is_upper(end) && !is_lower(end + 1) {
        end += 1;
    }
    let lowered = letters.iter().take(end).map(char::to_ascii_lowercase);
    lowered.chain(letters.iter().skip(end).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_the_sdk_for_java_does() {
        for (api, sdk) in [
            ("maxResults", "MaxResults"),
            ("DBInstanceIdentifier", "DbInstanceIdentifier"),
            ("TemplateURL", "TemplateURL"),
            ("PerformAutoML", "PerformAutoML"),
            ("SSEKMSKeyId", "SsekmsKeyId"),
            ("ETag", "ETag"),
            ("MD5OfBody", "Md5OfBody"),
            ("ACL", "Acl"),
            ("x-amz-id", "Xamzid"),
            ("", ""),
        ] {
            assert_eq!(sdk_name(api), sdk);
        }
    }

    #[test]
    fn the_table_is_read() {
        assert!(SERVICES.len() > 400);
        let call = |name: &str, action: &str| service(name).and_then(|it| it.call(action));
        assert_eq!(call("dynamodb", "getitem").unwrap().action(), "getItem");
        assert_eq!(call("rds", "describeDBInstances").unwrap().action(), "describeDBInstances");
        assert!(call("dynamodb", "getThing").is_none());
        let members: Vec<Member> = call("sqs", "sendMessage").unwrap().members().unwrap().collect();
        assert_eq!(members[0], Member { name: "QueueUrl", need: Need::Required });
        assert_eq!(members[2], Member { name: "DelaySeconds", need: Need::Optional });
        assert_eq!(
            call("emrserverless", "startJobRun").unwrap().members().unwrap().nth(1).unwrap().need,
            Need::MadeUp
        );
        for (wrong, right) in [
            ("cognitoidentityproviders", Some("cognitoidentityprovider")),
            ("nothing at all", None),
        ] {
            assert_eq!(closest_service(wrong), right);
        }
        assert_eq!(
            service("s3").unwrap().closest_action("listObjectV2").as_deref(),
            Some("listObjectsV2")
        );
    }

    #[test]
    fn every_line_of_the_table_is_an_operation() {
        for (name, operations) in SERVICES.iter() {
            assert!(
                name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()),
                "{name}"
            );
            for call in (Service { operations }).calls() {
                let operation = call.operation;
                assert!(
                    !operation.is_empty()
                        && operation.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'),
                    "{name}: {operation}"
                );
                assert!(
                    call.members.is_none_or(|it| it.bytes().all(|it| it.is_ascii_graphic())),
                    "{name}: {operation}"
                );
            }
        }
    }
}
