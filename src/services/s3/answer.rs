//! Answers as Step Functions hands them on, in the order and under the names that were recorded from AWS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::operations::Refusal;
use super::store::StoredObject;
use super::text;
use crate::json::Value;
use crate::services::checksum::crc32;

/// Exceptions that the SDK knows by class; any other code comes as the service's base exception.
const MODELLED: &[&str] = &["NoSuchKey", "NoSuchBucket", "NoSuchUpload", "BucketAlreadyExists"];

/// The error's name and cause. `number` counts the requests, so that ids differ and repeat.
pub(super) fn failure(refusal: &Refusal, number: u64) -> (String, String) {
    let class = if MODELLED.contains(&refusal.code) { refusal.code } else { "S3" };
    let digest = Sha256::digest(number.to_be_bytes());
    let id: String = digest.iter().take(8).map(|byte| format!("{byte:02X}")).collect();
    let extended = STANDARD.encode([&digest[..], &digest[..24]].concat());
    let Refusal { message, status, .. } = refusal;
    (
        format!("S3.{class}Exception"),
        format!(
            "{message} (Service: S3, Status Code: {status}, Request ID: {id}, Extended Request ID: {extended})"
        ),
    )
}

/// The content as a string, as Step Functions gives it.
pub(super) fn body(object: &StoredObject) -> Value {
    Value::from(String::from_utf8_lossy(&object.body).into_owned())
}

/// What `GetObject` and `HeadObject` say beside the content.
pub(super) fn described(object: &StoredObject, parameters: &Value) -> Vec<(&'static str, Value)> {
    let mut members = vec![("AcceptRanges", Value::from("bytes"))];
    // Checksums are only told to those who ask.
    if text(parameters, "ChecksumMode") == Some("ENABLED") {
        members.push(("ChecksumCRC32", Value::from(checksum(object))));
        members.push(("ChecksumType", Value::from("FULL_OBJECT")));
    }
    members.extend([
        ("ContentLength", Value::from(length(object))),
        ("ContentType", Value::String(object.content_type.clone())),
        ("ETag", Value::String(object.etag.clone())),
        ("LastModified", Value::from(object.last_modified.to_string())),
        ("Metadata", object.metadata.clone()),
        ("ServerSideEncryption", Value::from("AES256")),
    ]);
    members
}

/// The answer to `PutObject`.
pub(super) fn written(object: &StoredObject) -> Value {
    Value::object([
        ("ChecksumCRC32", Value::from(checksum(object))),
        ("ChecksumType", Value::from("FULL_OBJECT")),
        ("ETag", Value::String(object.etag.clone())),
        ("ServerSideEncryption", Value::from("AES256")),
    ])
}

/// The answer to `CopyObject`.
pub(super) fn copied(object: &StoredObject) -> Value {
    let result = Value::object([
        ("ChecksumCRC32", Value::from(checksum(object))),
        ("ChecksumType", Value::from("FULL_OBJECT")),
        ("ETag", Value::String(object.etag.clone())),
        ("LastModified", Value::from(object.last_modified.to_string())),
    ]);
    Value::object([("CopyObjectResult", result), ("ServerSideEncryption", Value::from("AES256"))])
}

/// An entry of a listing.
pub(super) fn entry(key: &str, object: &StoredObject) -> Value {
    Value::object([
        ("ETag", Value::String(object.etag.clone())),
        ("Key", Value::from(key)),
        ("LastModified", Value::from(object.last_modified.to_string())),
        ("Size", Value::from(length(object))),
        ("StorageClass", Value::from("STANDARD")),
    ])
}

/// An entry as the items of a Map show it, with a time in seconds and a name of its own for the tag.
pub(super) fn item(key: &str, object: &StoredObject) -> Value {
    Value::object([
        ("Etag", Value::String(object.etag.clone())),
        ("LastModified", Value::from(object.last_modified.0.div_euclid(1000))),
        ("Key", Value::from(key)),
        ("Size", Value::from(length(object))),
        ("StorageClass", Value::from("STANDARD")),
    ])
}

fn length(object: &StoredObject) -> i64 {
    object.body.len().cast_signed() as i64
}

fn checksum(object: &StoredObject) -> String {
    STANDARD.encode(crc32(&object.body).to_be_bytes())
}

/// Where a listing goes on. AWS's tokens cannot be read; these can, which does no harm.
pub(super) fn token_of_key(key: &str) -> String {
    STANDARD.encode(key)
}

pub(super) fn key_of_token(token: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(token).ok()?).ok()
}

pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex =
            after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
