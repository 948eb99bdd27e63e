//! Calls of services that no SDK crate is built in for: their JSON and REST protocols, signed with the session's credentials, under
//! the same limits, time-outs, attempts and words as every other call.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::Mutex;

use super::error::Meaning;
use super::http::{self, HttpAnswer, HttpCall, NoAnswer, Wire};
use super::quota::Api;
use super::{AwsError, Session};
use crate::json::Value;

/// Bytes of an answer. AWS gives a megabyte of log events, and ten of an API's resources, at most.
const MAX_ANSWER: usize = 32 << 20;

/// Credentials are fetched anew when they have no more than this left.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// A service that is called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Logs,
    ApiGateway,
    Lambda,
}

impl Service {
    const ALL: [Self; 3] = [Self::Logs, Self::ApiGateway, Self::Lambda];

    /// In host names and in signatures.
    fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::ApiGateway => "apigateway",
            Self::Lambda => "lambda",
        }
    }

    /// As in `AWS_ENDPOINT_URL_…` and in the `services` sections of a profile file.
    fn service_id(self) -> &'static str {
        match self {
            Self::Logs => "CloudWatch Logs",
            Self::ApiGateway => "API Gateway",
            Self::Lambda => "Lambda",
        }
    }
}

/// What signed calls share. Holds credentials and never shows them.
pub(super) struct Signer {
    wire: Wire,
    provider: Option<SharedCredentialsProvider>,
    /// Providers may ask a server each time; what they gave is used until it ends.
    held: Mutex<Option<Credentials>>,
    endpoints: [String; 3],
}

impl Signer {
    /// `given` is an endpoint that was asked for, which then goes for every service.
    pub(super) fn new(config: &SdkConfig, given: Option<&str>, region: &str) -> Self {
        let endpoints = Service::ALL.map(|service| {
            let own = || {
                let key = ServiceConfigKey::builder()
                    .service_id(service.service_id())
                    .env("AWS_ENDPOINT_URL")
                    .profile("endpoint_url")
                    .build()
                    .ok()?;
                config.service_config()?.load_config(key)
            };
            let url = given.map(str::to_owned).or_else(own);
            let url = url.or_else(|| config.endpoint_url().map(str::to_owned));
            let url = url.unwrap_or_else(|| {
                format!("https://{}.{region}.{}", service.name(), dns_suffix(region))
            });
            url.trim_end_matches('/').to_owned()
        });
        Self {
            wire: Wire::new(),
            provider: config.credentials_provider(),
            held: Mutex::default(),
            endpoints,
        }
    }

    fn endpoint(&self, service: Service) -> &str {
        match service {
            Service::Logs => &self.endpoints[0],
            Service::ApiGateway => &self.endpoints[1],
            Service::Lambda => &self.endpoints[2],
        }
    }
}

/// The end of AWS's host names, by the region's partition.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
pub(super) fn dns_suffix(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// A call of a service.
#[derive(Clone, Debug)]
pub(super) struct ServiceCall {
    pub service: Service,
    pub method: &'static str,
    /// Path and query, percent-encoded.
    pub path: String,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
    /// Whether a second attempt does no harm when the first may have come through.
    pub repeatable: bool,
}

impl ServiceCall {
    /// A call of `CloudWatch` Logs, which speaks JSON 1.1.
    pub(super) fn logs(target: &'static str, body: &Value) -> Self {
        Self {
            service: Service::Logs,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: body.to_string(),
            repeatable: true,
        }
    }

    /// A reading call of a REST service.
    pub(super) fn get(service: Service, path: String) -> Self {
        // Without it API Gateway answers in HAL, with links.
        let headers = vec![("accept", "application/json")];
        Self { service, method: "GET", path, headers, body: String::new(), repeatable: true }
    }
}

/// Why an attempt failed, and whether another may do better.
struct Failed {
    err: AwsError,
    again: bool,
}

impl Session {
    /// Waits for its turn, signs, sends, tries again where that helps, and gives the answer's JSON.
    pub(super) async fn signed_call(
        &self,
        api: Api,
        call: &ServiceCall,
    ) -> Result<Value, AwsError> {
        self.turn(api).await?;
        let work = self.attempts(api, call);
        self.unless_cancelled(work).await
    }

    async fn attempts(&self, api: Api, call: &ServiceCall) -> Result<Value, AwsError> {
        let patience = self.patience();
        let mut wait = patience.first_wait;
        for attempt in 1.. {
            match self.attempt(api, call).await {
                Ok(value) => return Ok(value),
                Err(failed) if failed.again && attempt < patience.attempts => {
                    self.pause(wait).await?;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(failed) => return Err(failed.err),
            }
        }
        Err(AwsError::Cancelled)
    }

    async fn attempt(&self, api: Api, call: &ServiceCall) -> Result<Value, Failed> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let endpoint = self.signer.endpoint(call.service);
        let unsigned = HttpCall {
            method: call.method.to_owned(),
            url: format!("{endpoint}{}", call.path),
            headers: call.headers.iter().map(own).collect(),
            body: call.body.clone(),
        };
        let signed = self.signed(&unsigned, call.service.name(), self.region()).await;
        let signed = signed.map_err(|err| Failed { err, again: false })?;
        // What runs an integration takes as long as the integration does.
        let patience = self.patience().attempt * if call.repeatable { 1 } else { 2 };
        let answered = self.signer.wire.exchange(&signed, MAX_ANSWER, patience).await;
        let answer = answered.map_err(|why| {
            let again = call.repeatable && !matches!(why, NoAnswer::NotSent(_));
            Failed {
                err: http::no_answer(api.name(), why, &self.place_of(endpoint), patience),
                again,
            }
        })?;
        self.value_of(api, call, &answer)
    }

    fn value_of(&self, api: Api, call: &ServiceCall, answer: &HttpAnswer) -> Result<Value, Failed> {
        let unreadable = |why: String, again: bool| Failed {
            err: AwsError::Unreachable {
                call: api.name(),
                place: self.place_of(self.signer.endpoint(call.service)),
                why,
            },
            again,
        };
        if answer.truncated {
            let why = format!("its answer is longer than {} MiB", MAX_ANSWER >> 20);
            return Err(unreadable(why, false));
        }
        let body = std::str::from_utf8(&answer.body).ok().and_then(|it| Value::parse(it).ok());
        let is_success = (200..300).contains(&answer.status);
        if is_success {
            let why = || "its answer is no JSON".to_owned();
            return body.ok_or_else(|| unreadable(why(), false));
        }
        let body = body.unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = answer
            .header("x-amzn-errortype")
            .map(|it| it.split([':', ',']).next().unwrap_or(it).trim().to_owned())
            .or_else(|| text("__type"))
            .or_else(|| text("code"))
            .filter(|it| !it.is_empty());
        let message = text("message").or_else(|| text("Message"));
        let throttled = code.as_deref().is_some_and(|it| Meaning::of(it) == Meaning::Throttled);
        let again = throttled || answer.status == 429 || (call.repeatable && answer.status >= 500);
        let endpoint = self.place_of(self.signer.endpoint(call.service));
        let err = self.refusal(api.name(), code, message, answer.status, &endpoint);
        Err(Failed { err, again })
    }

    /// The request with a signature of these credentials: `SigV4`, in its headers.
    async fn signed(
        &self,
        call: &HttpCall,
        service: &str,
        region: &str,
    ) -> Result<HttpCall, AwsError> {
        let credentials = self.signing_credentials().await?;
        let signature = signature(call, credentials, service, region, now());
        let mut signed = call.clone();
        signed.headers.extend(signature.map_err(|why| AwsError::NotSent { why })?);
        Ok(signed)
    }

    /// Those in use, or fresh ones when they end.
    async fn signing_credentials(&self) -> Result<Credentials, AwsError> {
        let mut held = self.signer.held.lock().await;
        if let Some(credentials) = &*held
            && credentials.expiry().is_none_or(|end| end > now() + RENEW_BEFORE)
        {
            return Ok(credentials.clone());
        }
        let Some(provider) = &self.signer.provider else { return Err(AwsError::NoCredentials) };
        match provider.provide_credentials().await {
            Ok(credentials) => Ok(held.insert(credentials).clone()),
            Err(err) => Err(self.no_credentials(&err)),
        }
    }

    /// Sends a request that is none of AWS's own services, to a deployed API, signed for it.
    ///
    /// # Errors
    /// As any call.
    pub async fn send_signed(
        &self,
        call: &HttpCall,
        region: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<HttpAnswer, AwsError> {
        let work = async {
            let signed = self.signed(call, "execute-api", region).await?;
            let answered = self.signer.wire.exchange(&signed, limit, patience).await;
            let place = http::host_of(&call.url);
            answered.map_err(|why| http::no_answer("The request", why, place, patience))
        };
        self.unless_cancelled(work).await
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature says when it was made")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Headers that carry a signature. Signed are the host, the content type and AWS's own headers: whoever stands between may change
/// any of the others.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn signature(
    call: &HttpCall,
    credentials: Credentials,
    service: &str,
    region: &str,
    at: SystemTime,
) -> Result<Vec<(String, String)>, String> {
    let is_signed = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        name == "content-type" || name.starts_with("x-amz-")
    };
    let wrong = |err: &dyn std::fmt::Display| format!("it can't be signed: {err}");
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .map_err(|err| wrong(&err))?;
    let headers: Vec<(String, String)> = call
        .headers
        .iter()
        .filter(|(name, _)| is_signed(name))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(call.body.as_bytes());
    let request = SignableRequest::new(&call.method, &call.url, headers, body);
    let request = request.map_err(|err| wrong(&err))?;
    let signed = sign(request, &params.into()).map_err(|err| wrong(&err))?;
    let (instructions, _) = signed.into_parts();
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(instructions.headers().map(own).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that AWS published for the fourth version: one key, one instant, one service.
    fn authorization(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
        let call = HttpCall {
            method: method.to_owned(),
            url: format!("https://example.amazonaws.com{target}"),
            headers: headers.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect(),
            body: body.to_owned(),
        };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", secret, None, None, "vectors");
        // 20150830T123600Z
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let signed = signature(&call, credentials, "service", "us-east-1", at).expect("signed");
        let found = signed.into_iter().find(|(name, _)| name == "authorization");
        found.expect("a signature").1
    }

    #[test]
    fn the_published_vectors_are_signed_as_published() {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        for (method, target, headers, body, names, signature) in [
            (
                "GET",
                "/",
                &[][..],
                "",
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "GET",
                "/?Param2=value2&Param1=value1",
                &[],
                "",
                "host;x-amz-date",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "POST",
                "/",
                &[],
                "",
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "POST",
                "/",
                &form,
                "Param1=value1",
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            assert_eq!(
                authorization(method, target, headers, body),
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}"
                ),
                "{method} {target}"
            );
        }
    }

    #[test]
    fn headers_that_others_may_change_are_not_signed() {
        let plain = authorization("GET", "/", &[], "");
        let with = [("X-Forwarded-For", "1.2.3.4"), ("x-api-key", "k"), ("Accept", "*/*")];
        assert_eq!(authorization("GET", "/", &with, ""), plain);
        assert_ne!(authorization("GET", "/", &[("X-Amz-Target", "t")], ""), plain);
    }

    #[test]
    fn hosts_follow_the_partition() {
        assert_eq!(dns_suffix("eu-west-1"), "amazonaws.com");
        assert_eq!(dns_suffix("us-gov-west-1"), "amazonaws.com");
        assert_eq!(dns_suffix("cn-north-1"), "amazonaws.com.cn");
    }
}
