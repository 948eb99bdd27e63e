//! `$context`: what templates and mappings see of the request's circumstances.

use time::OffsetDateTime;
use time::macros::format_description;

use super::router::Route;
use super::{HttpRequest, RequestContext, RestApi};
use crate::json::Value;

pub(super) fn build(
    api: &RestApi,
    request: &HttpRequest,
    route: Option<&Route<'_>>,
    context: &RequestContext,
) -> Value {
    let text = |text: &str| Value::from(text);
    let empty = Value::empty_object;
    let user_agent = request.header("user-agent").unwrap_or_default();
    let mut members = vec![
        ("accountId", text(&context.account_id)),
        ("apiId", text(&context.api_id)),
        ("domainName", text(&context.domain_name)),
        ("domainPrefix", text(context.domain_name.split('.').next().unwrap_or_default())),
        ("extendedRequestId", text(&context.request_id)),
        ("httpMethod", text(&request.method)),
        (
            "identity",
            Value::object([
                ("sourceIp", text(&context.source_ip)),
                ("userAgent", text(user_agent)),
            ]),
        ),
        ("path", Value::from(format!("/{}{}", api.stage, request.path))),
        ("protocol", text("HTTP/1.1")),
        ("requestId", text(&context.request_id)),
        (
            "requestOverride",
            Value::object([("header", empty()), ("path", empty()), ("querystring", empty())]),
        ),
        ("requestTime", Value::from(request_time(context.request_time_epoch))),
        ("requestTimeEpoch", Value::from(context.request_time_epoch)),
        ("responseOverride", Value::object([("header", empty()), ("status", Value::from(0_i64))])),
        ("stage", text(&api.stage)),
    ];
    if let Some(route) = route {
        members.push(("resourceId", text(&resource_id(&route.resource.path))));
        members.push(("resourcePath", text(&route.resource.path)));
    }
    Value::object(members)
}

/// `22/Nov/2026:11:07:59 +0000`
fn request_time(millis: i64) -> String {
    let format =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let time = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1000)).ok();
    time.and_then(|time| time.format(format).ok()).unwrap_or_default()
}

/// Six letters and digits that are the same for the same path, in the look of API Gateway's own.
fn resource_id(path: &str) -> String {
    // FNV-1a, because the id only has to be steady and short.
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (0..6)
        .map(|at| {
            char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[(hash >> (at * 8)) as usize % 36])
        })
        .collect()
}
