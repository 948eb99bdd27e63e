//! The recorded answers of S3, and the rules of its listings.

use super::*;
use crate::asl::{ResourceArn, StatePath};
use crate::engine::TaskToken;

fn request(resource: &str, parameters: &str) -> TaskRequest {
    TaskRequest {
        token: TaskToken(1),
        state: StatePath::new("S"),
        state_name: "S".into(),
        resource: ResourceArn::parse(&format!("arn:aws:states:::{resource}")),
        parameters: Value::parse(parameters).expect("JSON"),
        attempt: 0,
        map_indices: Vec::new(),
        callback_token: None,
    }
}

fn seed(bucket: &str, key: &str, body: &str) -> SeedObject {
    SeedObject { bucket: bucket.to_owned(), key: key.to_owned(), body: body.as_bytes().into() }
}

fn output(s3: &S3, resource: &str, parameters: &str) -> Value {
    match s3.run(&request(resource, parameters)) {
        TaskAnswer::Succeeded { output } => output,
        other @ (TaskAnswer::Failed { .. } | TaskAnswer::Submitted { .. } | TaskAnswer::Never) => {
            panic!("{other:?}")
        }
    }
}

fn error(s3: &S3, resource: &str, parameters: &str) -> (String, String) {
    match s3.run(&request(resource, parameters)) {
        TaskAnswer::Failed { error: Some(error), cause: Some(cause) } => {
            (error.to_string(), cause.to_string())
        }
        other @ (TaskAnswer::Failed { .. }
        | TaskAnswer::Succeeded { .. }
        | TaskAnswer::Submitted { .. }
        | TaskAnswer::Never) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_put_is_json_and_gets_the_recorded_answer() {
    let s3 = S3::with(&[seed("b", "", "")]).expect("fits");
    // The tags and checksums were recorded from AWS.
    for (body, etag, crc) in [
        (r#""text data""#, "2b5df3712557f503a9977a8ea893b2c9", "KUmHvQ=="),
        ("false", "68934a3e9455fa72420237eb05902327", "K81oMA=="),
        (r#"["List","Data"]"#, "6b23860357f6e63a0272b7f1143a663a", "1F2MPA=="),
        (r#"{"Dict":"Value"}"#, "49e31cee5aec8faf3345893addb14346", "hnEfWw=="),
    ] {
        let parameters = format!(r#"{{"Bucket":"b","Key":"k","Body":{body}}}"#);
        let put = output(&s3, "aws-sdk:s3:putObject", &parameters);
        let expected = format!(
            r#"{{"ChecksumCRC32":"{crc}","ChecksumType":"FULL_OBJECT","ETag":"\"{etag}\"","ServerSideEncryption":"AES256"}}"#
        );
        assert_eq!(put.to_string(), expected);
        let got = output(&s3, "aws-sdk:s3:getObject", r#"{"Bucket":"b","Key":"k"}"#);
        assert_eq!(got.get("Body").and_then(Value::as_str), Some(body));
    }
}

#[test]
fn what_is_got_has_the_recorded_members() {
    let s3 = S3::with(&[seed("bucket-name", "file_key", "binary data")]).expect("fits");
    let parameters = r#"{"Bucket":"bucket-name","Key":"file_key"}"#;
    let got = output(&s3, "aws-sdk:s3:getObject", parameters).to_string();
    let expected = r#"{"AcceptRanges":"bytes","ContentLength":11,"ContentType":"binary/octet-stream","ETag":"\"e1a49b59e0c42e4fd3735ad644f25d57\"","LastModified":"1970-01-01T00:00:00Z","Metadata":{},"ServerSideEncryption":"AES256","Body":"binary data"}"#;
    assert_eq!(got.replace("00:00.000Z", "00:00Z"), expected);
    let head = output(&s3, "aws-sdk:s3:headObject", parameters);
    assert!(head.get("Body").is_none() && head.get("ContentLength").is_some());
}

#[test]
fn what_is_not_there_is_refused_in_the_words_of_aws() {
    let s3 = S3::with(&[seed("b", "k", "v")]).expect("fits");
    let (name, cause) = error(&s3, "aws-sdk:s3:listObjects", r#"{"Bucket":"other"}"#);
    assert_eq!(name, "S3.NoSuchBucketException");
    assert!(
        cause.starts_with(
            "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: "
        ) && cause.contains(", Extended Request ID: "),
        "{cause}"
    );
    let (name, cause) = error(&s3, "aws-sdk:s3:getObject", r#"{"Bucket":"b","Key":"x"}"#);
    assert_eq!(name, "S3.NoSuchKeyException");
    assert!(cause.starts_with("The specified key does not exist. (Service: S3"), "{cause}");
    let (name, cause) = error(&s3, "aws-sdk:s3:headObject", r#"{"Bucket":"b","Key":"x"}"#);
    assert!(name == "S3.NoSuchKeyException" && cause.starts_with("null (Service"), "{cause}");
    let long = "k".repeat(1025);
    let parameters = format!(r#"{{"Bucket":"b","Key":"{long}"}}"#);
    assert_eq!(error(&s3, "aws-sdk:s3:putObject", &parameters).0, "S3.S3Exception");
    assert_eq!(error(&s3, "aws-sdk:s3:getObject", r#"{"Bucket":7}"#).0, "S3.S3Exception");
}

#[test]
fn copies_and_deletions_are_seen() {
    let s3 = S3::with(&[seed("b", "a b", "v")]).expect("fits");
    output(&s3, "aws-sdk:s3:copyObject", r#"{"Bucket":"b","Key":"c","CopySource":"/b/a%20b"}"#);
    assert_eq!(s3.object("b", "c").as_deref(), Some(&b"v"[..]));
    output(&s3, "aws-sdk:s3:deleteObject", r#"{"Bucket":"b","Key":"a b"}"#);
    output(&s3, "aws-sdk:s3:deleteObject", r#"{"Bucket":"b","Key":"never was"}"#);
    assert_eq!(s3.object("b", "a b"), None);
    let (name, _) =
        error(&s3, "aws-sdk:s3:copyObject", r#"{"Bucket":"b","Key":"d","CopySource":"b/a b"}"#);
    assert_eq!(name, "S3.NoSuchKeyException");
    output(&s3, "aws-sdk:s3:deleteObjects", r#"{"Bucket":"b","Delete":{"Objects":[{"Key":"c"}]}}"#);
    assert_eq!(s3.buckets()[0].objects, []);
}

#[test]
fn a_listing_goes_page_by_page_and_gathers_prefixes() {
    let keys = ["a/1", "a/2", "b", "c/1/x", "d"];
    let s3 = S3::with(&keys.map(|key| seed("b", key, "v"))).expect("fits");
    let names = |listing: &Value, list: &str, name: &str| -> Vec<String> {
        let entries = listing.get(list).and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|it| it.get(name)?.as_str().map(str::to_owned)).collect()
    };
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let parameters = format!(r#"{{"Bucket":"b","Delimiter":"/","MaxKeys":1{token}}}"#);
        let page = output(&s3, "aws-sdk:s3:listObjectsV2", &parameters);
        seen.extend(names(&page, "Contents", "Key"));
        seen.extend(names(&page, "CommonPrefixes", "Prefix"));
        let next = page.get("NextContinuationToken").and_then(Value::as_str);
        assert_eq!(page.get("IsTruncated").and_then(Value::as_bool), Some(next.is_some()));
        let Some(next) = next else { break };
        token = format!(r#","ContinuationToken":"{next}""#);
        assert!(seen.len() < 10, "the listing goes round: {seen:?}");
    }
    assert_eq!(seen, ["a/", "b", "c/", "d"]);
    let below = output(&s3, "aws-sdk:s3:listObjectsV2", r#"{"Bucket":"b","Prefix":"a/"}"#);
    assert_eq!(names(&below, "Contents", "Key"), ["a/1", "a/2"]);
    assert_eq!(below.get("KeyCount"), Some(&Value::from(2)));
    let items = output(&s3, "s3:listObjectsV2", r#"{"Bucket":"b","Prefix":"c"}"#);
    let expected = r#"{"Contents":[{"Etag":"\"9e3669d19b675bd57058fd4664205d2a\"","LastModified":0,"Key":"c/1/x","Size":1,"StorageClass":"STANDARD"}]}"#;
    assert_eq!(items.to_string(), expected);
}

#[test]
fn a_map_reads_the_text_and_writes_the_file_as_it_is() {
    let s3 = S3::with(&[seed("b", "in.csv", "a,b\n1,2\n")]).expect("fits");
    let read = output(&s3, "s3:getObject", r#"{"Bucket":"b","Key":"in.csv"}"#);
    assert_eq!(read.to_string(), r#"{"Body":"a,b\n1,2\n"}"#);
    output(&s3, "s3:putObject", r#"{"Bucket":"b","Key":"out.json","Body":"[1]"}"#);
    assert_eq!(s3.object("b", "out.json").as_deref(), Some(&b"[1]"[..]));
}

#[test]
fn a_project_without_buckets_has_no_s3_and_calls_of_others_are_not_its_own() {
    let s3 = S3::default();
    assert!(!s3.handles(&request("aws-sdk:s3:getObject", "{}")));
    let s3 = S3::with(&[seed("b", "", "")]).expect("fits");
    assert!(s3.handles(&request("aws-sdk:s3:getObject", "{}")));
    assert!(!s3.handles(&request("aws-sdk:dynamodb:getItem", "{}")));
    assert!(!s3.handles(&request("aws-sdk:s3:putBucketPolicy", "{}")));
    assert!(S3::is_result_writer(&request("s3:putObject", "{}")));
    assert!(!S3::is_result_writer(&request("aws-sdk:s3:putObject", "{}")));
}

#[test]
fn no_more_is_kept_than_fits() {
    let s3 = S3::with(&[seed("b", "", "")]).expect("fits");
    let large: Arc<[u8]> = vec![0; store::MAX_OBJECT_BYTES].into();
    let object = |key: usize| SeedObject {
        bucket: "b".to_owned(),
        key: key.to_string(),
        body: large.clone(),
    };
    let most = store::MAX_TOTAL_BYTES / store::MAX_OBJECT_BYTES;
    for key in 0..most {
        s3.seed(&[object(key)]).expect("fits");
    }
    // In the place of another it still fits.
    s3.seed(&[object(0)]).expect("fits");
    assert_eq!(s3.seed(&[object(most)]), Err(StoreFull::Total));
}

use std::sync::Arc;
