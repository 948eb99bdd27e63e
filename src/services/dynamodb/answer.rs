//! Answers as Step Functions hands them on: the optimised integration adds the SDK's metadata and has the names of the
//! first Java SDK, `aws-sdk:` has the bare response and the names of the second.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::super::checksum::crc32;
use super::super::http_date;
use super::operations::Failure;
use crate::execution::Timestamp;
use crate::json::{Object, Value};

/// Which of the two integrations asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `arn:aws:states:::dynamodb:…`
    Optimised,
    /// `arn:aws:states:::aws-sdk:dynamodb:…`
    AwsSdk,
}

/// What distinguishes one request from another, beside its contents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    /// Counted from 1 in each database.
    pub(super) number: u64,
    pub(super) now: Timestamp,
    pub(super) is_get_item: bool,
}

impl Exchange {
    /// 52 characters of the alphabet the service uses, derived from the count so that a run can be repeated.
    pub(super) fn request_id(&self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
        let digest = Sha256::digest(self.number.to_be_bytes());
        let bits = |at: usize| {
            let byte = |index: usize| u16::from(digest.get(index).copied().unwrap_or(0));
            let pair = byte(at * 5 / 8) << 8 | byte(at * 5 / 8 + 1);
            usize::from(pair >> (11 - at * 5 % 8) & 31)
        };
        (0..52).map(|at| char::from(ALPHABET[bits(at)])).collect()
    }
}

/// Exceptions that the SDKs know by class; any other code comes as the service's base exception.
const MODELLED: &[&str] = &[
    "ConditionalCheckFailedException",
    "DuplicateItemException",
    "IdempotentParameterMismatchException",
    "InternalServerErrorException",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceededException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The error's name and cause, as recorded for both dialects (`DynamoDB.…` against `DynamoDb.…`).
pub(super) fn failure(
    dialect: Dialect,
    exchange: &Exchange,
    failure: &Failure,
) -> (String, String) {
    let Failure { code, message, status } = failure;
    let request_id = exchange.request_id();
    let class = match code.as_str() {
        "InternalServerError" => "InternalServerErrorException",
        code => code,
    };
    let known = MODELLED.contains(&class);
    match dialect {
        Dialect::Optimised => (
            format!("DynamoDB.{}", if known { class } else { "AmazonDynamoDBException" }),
            format!(
                "{message} (Service: AmazonDynamoDBv2; Status Code: {status}; Error Code: {code}; \
                 Request ID: {request_id}; Proxy: null)"
            ),
        ),
        Dialect::AwsSdk => (
            format!("DynamoDb.{}", if known { class } else { "DynamoDbException" }),
            format!(
                "{message} (Service: DynamoDb, Status Code: {status}, Request ID: {request_id})"
            ),
        ),
    }
}

/// The output of a successful task.
pub(super) fn success(dialect: Dialect, exchange: &Exchange, response: Value) -> Value {
    match dialect {
        Dialect::AwsSdk => response,
        Dialect::Optimised => {
            let metadata = metadata(exchange, &response.to_string());
            let mut members = response.as_object().cloned().unwrap_or_default();
            members.extend(metadata);
            Value::from(members)
        }
    }
}

/// `SdkHttpMetadata` and `SdkResponseMetadata`: the headers are those of a real answer with this body.
fn metadata(exchange: &Exchange, body: &str) -> [(Arc<str>, Value); 2] {
    let request_id = exchange.request_id();
    // GetItem's answers spell this header in lower case, those of the writing operations do not (recorded).
    let id_header = if exchange.is_get_item { "x-amzn-requestid" } else { "x-amzn-RequestId" };
    let headers = [
        ("Connection", "keep-alive".to_owned()),
        ("Content-Length", body.len().to_string()),
        ("Content-Type", "application/x-amz-json-1.0".to_owned()),
        ("Date", http_date(exchange.now)),
        ("Server", "Server".to_owned()),
        ("x-amz-crc32", crc32(body.as_bytes()).to_string()),
        (id_header, request_id.clone()),
    ];
    let of = |name: &str| {
        headers.iter().find(|(header, _)| *header == name).map_or("", |(_, value)| value.as_str())
    };
    let order = if exchange.is_get_item {
        ["Server", id_header, "Connection", "x-amz-crc32", "Content-Length", "Date", "Content-Type"]
    } else {
        ["Server", "Connection", id_header, "x-amz-crc32", "Content-Length", "Date", "Content-Type"]
    };
    let all = order.map(|name| (name, Value::array([Value::from(of(name))])));
    let single = headers.iter().map(|(name, value)| (*name, Value::from(value.as_str())));
    [
        (
            "SdkHttpMetadata".into(),
            Value::object([
                ("AllHttpHeaders", Value::object(all)),
                ("HttpHeaders", Value::object(single)),
                ("HttpStatusCode", Value::from(200)),
            ]),
        ),
        ("SdkResponseMetadata".into(), Value::object([("RequestId", Value::from(request_id))])),
    ]
}

/// Makes a response repeatable: members in alphabetical order (`dynoxide` keeps items in hash maps), instants as ISO 8601 of
/// the session's own clock, and ids derived from what they name.
pub(super) fn settle(response: &Value, now: Timestamp) -> Value {
    let ordered = in_order(response);
    match ordered.get("Table").or_else(|| ordered.get("TableDescription")) {
        Some(_) => with_table_settled(&ordered, now),
        None => ordered,
    }
}

fn with_table_settled(response: &Value, now: Timestamp) -> Value {
    let settle_table = |description: &Value| {
        let mut members = description.as_object().cloned().unwrap_or_default();
        let name = members.get("TableName").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(created) = members.get_mut("CreationDateTime") {
            *created = Value::from(now.to_string());
        }
        if let Some(id) = members.get_mut("TableId") {
            *id = Value::from(uuid_of(&name));
        }
        Value::from(members)
    };
    let members = response.as_object().into_iter().flatten().map(|(name, value)| {
        let settled = matches!(&**name, "Table" | "TableDescription");
        (name.clone(), if settled { settle_table(value) } else { value.clone() })
    });
    Value::from(members.collect::<Object>())
}

/// The same value with the members of every object in alphabetical order.
pub(super) fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Object =
                members.iter().map(|(name, value)| (name.clone(), in_order(value))).collect();
            members.sort_keys();
            Value::from(members)
        }
        Value::Array(items) => Value::array(items.iter().map(in_order)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn uuid_of(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_differ_and_repeat() {
        let id = |number| Exchange { number, now: Timestamp(0), is_get_item: false }.request_id();
        assert_eq!(id(1).len(), 52);
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
    }
}
