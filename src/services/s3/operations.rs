//! The operations, in the words of S3's API reference. What goes in are the API's parameters, what comes out is its response
//! under the names that Step Functions gives its members.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::store::{MAX_KEY_BYTES, Store, StoreFull, StoredObject};
use super::{Call, Dialect, answer, text};
use crate::execution::Timestamp;
use crate::json::Value;

/// What `ItemReader` and `ResultWriter` ask.
pub(super) const OF_MAPS: &[&str] = &["getObject", "listObjectsV2", "putObject"];

/// What `aws-sdk:s3` tasks can ask.
pub(super) const ALL: &[&str] = &[
    "copyObject",
    "createBucket",
    "deleteObject",
    "deleteObjects",
    "getObject",
    "headBucket",
    "headObject",
    "listBuckets",
    "listObjects",
    "listObjectsV2",
    "putObject",
];

/// S3's own limit for a page of a listing.
const MAX_KEYS: usize = 1000;
/// What a Map takes from a listing.
const MAX_LISTED: usize = super::store::MAX_OBJECTS;

/// An error of S3: its code, message and HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) status: u16,
}

fn refuse(code: &'static str, message: &str, status: u16) -> Refusal {
    Refusal { code, message: message.to_owned(), status }
}

fn no_such_bucket() -> Refusal {
    refuse("NoSuchBucket", "The specified bucket does not exist", 404)
}

fn no_such_key() -> Refusal {
    refuse("NoSuchKey", "The specified key does not exist.", 404)
}

pub(super) fn call(
    store: &mut Store,
    now: Timestamp,
    call: &Call<'_>,
    parameters: &Value,
) -> Result<Value, Refusal> {
    match (call.dialect, call.action) {
        (Dialect::Map, "getObject") => {
            let object = object(store, parameters)?;
            Ok(Value::object([("Body", answer::body(object))]))
        }
        (Dialect::Map, "listObjectsV2") => list_for_map(store, parameters),
        (_, "putObject") => put(store, now, call.dialect, parameters),
        (Dialect::AwsSdk, "getObject") => get(store, parameters),
        (Dialect::AwsSdk, "headObject") => head(store, parameters),
        (Dialect::AwsSdk, "listObjectsV2") => list(store, parameters, Version::Two),
        (Dialect::AwsSdk, "listObjects") => list(store, parameters, Version::One),
        (Dialect::AwsSdk, "copyObject") => copy(store, now, parameters),
        (Dialect::AwsSdk, "deleteObject") => {
            let (bucket, key) = place(store, parameters)?;
            store.remove(&bucket, &key);
            Ok(Value::empty_object())
        }
        (Dialect::AwsSdk, "deleteObjects") => delete_many(store, parameters),
        (Dialect::AwsSdk, "createBucket") => {
            let name = required(parameters, "Bucket")?;
            store.create_bucket(name);
            Ok(Value::object([("Location", Value::from(format!("/{name}")))]))
        }
        (Dialect::AwsSdk, "headBucket") => {
            let bucket =
                bucket_name(store, parameters).map_err(|refusal| without_body(&refusal))?;
            debug_assert!(store.bucket(&bucket).is_some(), "bucket_name looked");
            Ok(Value::object([
                ("AccessPointAlias", Value::from(false)),
                ("BucketRegion", Value::from("us-east-1")),
            ]))
        }
        (Dialect::AwsSdk, "listBuckets") => {
            let buckets =
                store.bucket_names().map(|name| Value::object([("Name", Value::from(name))]));
            Ok(Value::object([("Buckets", Value::array(buckets))]))
        }
        (Dialect::Map | Dialect::AwsSdk, _) => Err(not_here(call.action)),
    }
}

fn not_here(action: &str) -> Refusal {
    refuse("NotImplemented", &format!("The embedded S3 does not know {action}"), 501)
}

/// The answer to a `HEAD` has no body, so AWS's SDK has no message to show.
fn without_body(refusal: &Refusal) -> Refusal {
    Refusal { message: "null".to_owned(), ..refusal.clone() }
}

fn required<'a>(parameters: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(parameters, name).filter(|it| !it.is_empty()).ok_or_else(|| {
        refuse("InvalidRequest", &format!("The request has no {name}, or it is not a string"), 400)
    })
}

/// The bucket, which must exist. Maps may name it by its ARN.
fn bucket_name(store: &Store, parameters: &Value) -> Result<String, Refusal> {
    let name = required(parameters, "Bucket")?;
    let name = name.strip_prefix("arn:aws:s3:::").unwrap_or(name);
    if store.bucket(name).is_some() { Ok(name.to_owned()) } else { Err(no_such_bucket()) }
}

fn place(store: &Store, parameters: &Value) -> Result<(String, String), Refusal> {
    let bucket = bucket_name(store, parameters)?;
    let key = required(parameters, "Key")?;
    if key.len() > MAX_KEY_BYTES {
        return Err(refuse("KeyTooLongError", "Your key is too long", 400));
    }
    Ok((bucket, key.to_owned()))
}

fn object<'s>(store: &'s Store, parameters: &Value) -> Result<&'s StoredObject, Refusal> {
    let (bucket, key) = place(store, parameters)?;
    store.get(&bucket, &key).ok_or_else(no_such_key)
}

fn get(store: &Store, parameters: &Value) -> Result<Value, Refusal> {
    let object = object(store, parameters)?;
    let mut members = answer::described(object, parameters);
    members.push(("Body", answer::body(object)));
    Ok(Value::object(members))
}

fn head(store: &Store, parameters: &Value) -> Result<Value, Refusal> {
    let object = object(store, parameters).map_err(|refusal| without_body(&refusal))?;
    Ok(Value::object(answer::described(object, parameters)))
}

fn put(
    store: &mut Store,
    now: Timestamp,
    dialect: Dialect,
    parameters: &Value,
) -> Result<Value, Refusal> {
    let (bucket, key) = place(store, parameters)?;
    let body: Arc<[u8]> = match (dialect, parameters.get("Body")) {
        (_, None) => Arc::from([]),
        // The writer of a Map hands over the file as it is; a task's Body goes as JSON, a string in its quotes (recorded).
        (Dialect::Map, Some(Value::String(text))) => text.as_bytes().into(),
        (Dialect::Map | Dialect::AwsSdk, Some(value)) => value.to_string().into_bytes().into(),
    };
    let kind = text(parameters, "ContentType").unwrap_or("text/plain; charset=UTF-8");
    let mut object = StoredObject::new(body, kind, now);
    if let Some(metadata @ Value::Object(_)) = parameters.get("Metadata") {
        object.metadata = metadata.clone();
    }
    let written = answer::written(&object);
    store.put(&bucket, &key, object).map_err(|full| too_much(&full))?;
    Ok(written)
}

fn too_much(full: &StoreFull) -> Refusal {
    match full {
        StoreFull::Object(_) => refuse(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed object size.",
            400,
        ),
        StoreFull::Total | StoreFull::Count => {
            Refusal { code: "ServiceUnavailable", message: full.to_string(), status: 503 }
        }
    }
}

fn copy(store: &mut Store, now: Timestamp, parameters: &Value) -> Result<Value, Refusal> {
    let (bucket, key) = place(store, parameters)?;
    let source = required(parameters, "CopySource")?;
    let source = answer::percent_decoded(source.trim_start_matches('/'));
    let (from_bucket, from_key) = source
        .split_once('/')
        .ok_or_else(|| refuse("InvalidArgument", "Invalid copy source object key", 400))?;
    let from = store.bucket(from_bucket).ok_or_else(no_such_bucket)?;
    let mut copied = from.get(from_key).cloned().ok_or_else(no_such_key)?;
    copied.last_modified = now;
    let answer = answer::copied(&copied);
    store.put(&bucket, &key, copied).map_err(|full| too_much(&full))?;
    Ok(answer)
}

fn delete_many(store: &mut Store, parameters: &Value) -> Result<Value, Refusal> {
    let bucket = bucket_name(store, parameters)?;
    let objects = parameters.get("Delete").and_then(|it| it.get("Objects"));
    let keys: Vec<&str> = objects
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|it| text(it, "Key"))
        .collect();
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(refuse(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
            400,
        ));
    }
    for key in &keys {
        store.remove(&bucket, key);
    }
    let deleted = keys.iter().map(|key| Value::object([("Key", Value::from(*key))]));
    Ok(Value::object([("Deleted", Value::array(deleted))]))
}

/// All entries below a prefix: the reader of a Map turns the pages itself.
fn list_for_map(store: &Store, parameters: &Value) -> Result<Value, Refusal> {
    let bucket = bucket_name(store, parameters)?;
    let prefix = text(parameters, "Prefix").unwrap_or_default();
    let objects = store.bucket(&bucket).ok_or_else(no_such_bucket)?;
    let entries = starting_with(objects, prefix).take(MAX_LISTED);
    let entries = entries.map(|(key, object)| answer::item(key, object));
    Ok(Value::object([("Contents", Value::array(entries))]))
}

fn starting_with<'o>(
    objects: &'o BTreeMap<String, StoredObject>,
    prefix: &'o str,
) -> impl Iterator<Item = (&'o String, &'o StoredObject)> {
    objects.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// One page: objects and, with a delimiter, the prefixes that stand for those below it; both count for `MaxKeys`.
fn list(store: &Store, parameters: &Value, version: Version) -> Result<Value, Refusal> {
    let bucket = bucket_name(store, parameters)?;
    let prefix = text(parameters, "Prefix").unwrap_or_default();
    let delimiter = text(parameters, "Delimiter").filter(|it| !it.is_empty());
    let after = match version {
        Version::One => text(parameters, "Marker").map(str::to_owned),
        Version::Two => match text(parameters, "ContinuationToken") {
            Some(token) => Some(answer::key_of_token(token).ok_or_else(|| {
                refuse("InvalidArgument", "The continuation token provided is incorrect", 400)
            })?),
            None => text(parameters, "StartAfter").map(str::to_owned),
        },
    };
    let most = parameters
        .get("MaxKeys")
        .and_then(Value::as_i64)
        .map_or(MAX_KEYS, |it| usize::try_from(it).unwrap_or(0).min(MAX_KEYS));
    let objects = store.bucket(&bucket).ok_or_else(no_such_bucket)?;
    let mut contents = Vec::new();
    let mut prefixes: Vec<String> = Vec::new();
    let mut last: Option<String> = None;
    let mut more = false;
    for (key, object) in starting_with(objects, prefix) {
        if after.as_ref().is_some_and(|it| key <= it || is_below(key, it, delimiter)) {
            continue;
        }
        let common = delimiter.and_then(|delimiter| {
            let at = key.get(prefix.len()..)?.find(delimiter)?;
            key.get(..prefix.len() + at + delimiter.len())
        });
        if common.is_some() && prefixes.last().map(String::as_str) == common {
            continue;
        }
        if contents.len() + prefixes.len() >= most {
            more = most > 0;
            break;
        }
        last = Some(common.unwrap_or(key).to_owned());
        match common {
            Some(common) => prefixes.push(common.to_owned()),
            None => contents.push(answer::entry(key, object)),
        }
    }
    let count = (contents.len() + prefixes.len()).cast_signed() as i64;
    let next = last.filter(|_| more);
    let mut members: Vec<(&str, Value)> = Vec::new();
    if !prefixes.is_empty() {
        let prefixes =
            prefixes.iter().map(|it| Value::object([("Prefix", Value::from(it.as_str()))]));
        members.push(("CommonPrefixes", Value::array(prefixes)));
    }
    if !contents.is_empty() {
        members.push(("Contents", Value::array(contents)));
    }
    let given = |name: &'static str| Some((name, Value::from(text(parameters, name)?)));
    match version {
        Version::One => members.extend(given("Marker")),
        Version::Two => {
            members.extend(given("ContinuationToken"));
            members.push(("KeyCount", Value::from(count)));
            members.extend(given("StartAfter"));
            members.extend(
                next.as_ref()
                    .map(|key| ("NextContinuationToken", Value::from(answer::token_of_key(key)))),
            );
        }
    }
    if let (Version::One, Some(next), Some(_)) = (version, &next, delimiter) {
        members.push(("NextMarker", Value::from(next.as_str())));
    }
    members.extend(given("Delimiter"));
    members.push(("IsTruncated", Value::from(more)));
    members.push(("MaxKeys", Value::from(most.cast_signed() as i64)));
    members.push(("Name", Value::from(bucket)));
    members.push(("Prefix", Value::from(prefix)));
    members.sort_by_key(|(name, _)| *name);
    Ok(Value::object(members))
}

/// Whether a page that ended with a common prefix has already told of this key.
fn is_below(key: &str, last: &str, delimiter: Option<&str>) -> bool {
    delimiter.is_some_and(|it| last.ends_with(it) && key.starts_with(last))
}
