//! Objects by bucket and key, within limits of number and size.

use std::collections::BTreeMap;
use std::sync::Arc;

use md5::Digest as _;

use crate::execution::Timestamp;

/// Bytes of one object.
pub const MAX_OBJECT_BYTES: usize = 64 << 20;
/// Bytes of all objects together.
pub const MAX_TOTAL_BYTES: usize = 256 << 20;
/// Objects of all buckets together.
pub const MAX_OBJECTS: usize = 200_000;
/// S3's own limit for a key, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// More was to be kept than fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFull {
    #[error("{0} is larger than {max} MB, the most that the embedded S3 keeps of one object", max = MAX_OBJECT_BYTES >> 20)]
    Object(String),
    #[error("the embedded S3 keeps at most {max} MB in all", max = MAX_TOTAL_BYTES >> 20)]
    Total,
    #[error("the embedded S3 keeps at most {MAX_OBJECTS} objects in all")]
    Count,
}

/// An object that is there from the start. One without a key stands for its bucket alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedObject {
    pub bucket: String,
    pub key: String,
    pub body: Arc<[u8]>,
}

/// A bucket as it stands, for the eye.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketContents {
    pub name: String,
    pub objects: Vec<ObjectSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSummary {
    pub key: String,
    pub bytes: usize,
    pub content_type: Arc<str>,
    pub last_modified: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct StoredObject {
    pub(super) body: Arc<[u8]>,
    pub(super) content_type: Arc<str>,
    pub(super) last_modified: Timestamp,
    /// `Metadata`, as it was given.
    pub(super) metadata: crate::json::Value,
    /// With the quotes that belong to it.
    pub(super) etag: Arc<str>,
}

impl StoredObject {
    pub(super) fn new(body: Arc<[u8]>, content_type: &str, now: Timestamp) -> Self {
        let digest = md5::Md5::digest(&body);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            etag: format!("\"{hex}\"").into(),
            body,
            content_type: content_type.into(),
            last_modified: now,
            metadata: crate::json::Value::empty_object(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Store {
    buckets: BTreeMap<String, BTreeMap<String, StoredObject>>,
    bytes: usize,
    objects: usize,
}

impl Store {
    pub(super) fn has_buckets(&self) -> bool {
        !self.buckets.is_empty()
    }

    pub(super) fn bucket_names(&self) -> impl Iterator<Item = &str> {
        self.buckets.keys().map(String::as_str)
    }

    /// Nothing when it is there already.
    pub(super) fn create_bucket(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_default();
    }

    pub(super) fn bucket(&self, name: &str) -> Option<&BTreeMap<String, StoredObject>> {
        self.buckets.get(name)
    }

    pub(super) fn get(&self, bucket: &str, key: &str) -> Option<&StoredObject> {
        self.buckets.get(bucket)?.get(key)
    }

    /// Puts an object into a bucket that is there.
    pub(super) fn put(
        &mut self,
        bucket: &str,
        key: &str,
        object: StoredObject,
    ) -> Result<(), StoreFull> {
        let size = object.body.len();
        if size > MAX_OBJECT_BYTES {
            return Err(StoreFull::Object(key.to_owned()));
        }
        let Some(objects) = self.buckets.get_mut(bucket) else { return Ok(()) };
        let replaced = objects.get(key).map(|it| it.body.len());
        let bytes = self.bytes - replaced.unwrap_or(0) + size;
        if bytes > MAX_TOTAL_BYTES {
            return Err(StoreFull::Total);
        }
        if replaced.is_none() && self.objects >= MAX_OBJECTS {
            return Err(StoreFull::Count);
        }
        objects.insert(key.to_owned(), object);
        self.objects += usize::from(replaced.is_none());
        self.bytes = bytes;
        Ok(())
    }

    pub(super) fn remove(&mut self, bucket: &str, key: &str) {
        if let Some(removed) = self.buckets.get_mut(bucket).and_then(|it| it.remove(key)) {
            self.bytes -= removed.body.len();
            self.objects -= 1;
        }
    }

    pub(super) fn contents(&self) -> Vec<BucketContents> {
        let summary = |(key, object): (&String, &StoredObject)| ObjectSummary {
            key: key.clone(),
            bytes: object.body.len(),
            content_type: Arc::clone(&object.content_type),
            last_modified: object.last_modified,
        };
        self.buckets
            .iter()
            .map(|(name, objects)| BucketContents {
                name: name.clone(),
                objects: objects.iter().map(summary).collect(),
            })
            .collect()
    }
}

/// What a client that uploads a file of this name would say it is.
pub(super) fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "csv" => "text/csv",
        "txt" => "text/plain",
        "html" => "text/html",
        "xml" => "application/xml",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "pdf" => "application/pdf",
        _ => "binary/octet-stream",
    }
}
