//! A connection to AWS: whose credentials, which region, which endpoint; and the one way in which every call is made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::Cancel;
use super::bounded::bounded;
use super::error::{AwsError, Meaning};
use super::http::without_user;
use super::mfa::{self, MfaCode};
use super::profile::{Environment, ProfileFiles, ProfileKind, Profiles, quoted};
use super::quota::{Api, Limiter};
use super::signed::Signer;
use crate::execution::Timestamp;

/// Where to ask. What is absent comes from the profile or the environment, as in the AWS CLI.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Connection {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// For a local emulator.
    pub endpoint_url: Option<String>,
    /// Other profile files than the environment names.
    pub files: Option<ProfileFiles>,
    pub patience: Patience,
    /// For a profile whose role wants one.
    pub mfa_code: Option<MfaCode>,
}

/// Without a user and password in the endpoint.
impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url.as_deref().map(without_user))
            .field("files", &self.files)
            .field("patience", &self.patience)
            .field("mfa_code", &self.mfa_code)
            .finish()
    }
}

/// How long and how often to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one attempt, from the first byte sent to the last one read.
    pub attempt: Duration,
    /// Attempts in all. What is tried again: throttling, server errors, broken connections.
    pub attempts: u32,
    /// Before the second attempt, doubled for each further one, with jitter.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A history page of 1,000 events with large payloads takes AWS seconds.
        let attempt = Duration::from_secs(30);
        Self { attempt, attempts: 5, first_wait: Duration::from_millis(300) }
    }
}

/// A connection that calls can be made on. Clones share credentials, rate limit and counters.
#[derive(Clone)]
pub struct Session {
    pub(super) sfn: aws_sdk_sfn::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) signer: Arc<Signer>,
    shared: Arc<Shared>,
    cancel: Cancel,
}

struct Shared {
    profile: Option<String>,
    region: String,
    endpoint_url: Option<String>,
    profiles: Profiles,
    limiter: Limiter,
    started: tokio::time::Instant,
    requests: AtomicU64,
    credentials: CredentialWatch,
    /// Whose the credentials are, once STS has said so.
    account: OnceLock<String>,
    patience: Patience,
}

/// What can be told about credentials without holding them.
#[derive(Debug, Default)]
struct CredentialWatch {
    expiry: Mutex<Option<SystemTime>>,
    trouble: Mutex<Option<Trouble>>,
}

/// Why no credentials came, before it is put into words.
#[derive(Clone, Debug)]
enum Trouble {
    NotFound,
    Failed(String),
}

/// Neither credentials nor requests.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("profile", &self.shared.profile)
            .field("region", &self.shared.region)
            .field("endpoint_url", &self.shared.endpoint_url.as_deref().map(without_user))
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Settles profile, region and endpoint. Nothing is sent yet, so wrong credentials show at the first call.
    ///
    /// `region_of_arn` is used when no region was asked for, because an ARN knows its region better than a profile does.
    ///
    /// # Errors
    /// There is no such profile, its role wants an MFA code, or nobody says which region.
    pub async fn connect(
        connection: &Connection,
        region_of_arn: Option<&str>,
    ) -> Result<Self, AwsError> {
        let environment = Environment::read();
        let files = connection.files.clone().unwrap_or_else(ProfileFiles::from_environment);
        let profiles = files.read();
        if let Some(profile) = &connection.profile
            && profiles.get(profile).is_none()
        {
            let known = profiles.list.into_iter().map(|it| it.name).collect();
            return Err(AwsError::UnknownProfile { profile: profile.clone(), known });
        }
        let named = connection.profile.clone().or_else(|| environment.profile.clone());
        let in_use = named.as_deref().unwrap_or("default");
        // Keys in the environment are taken before any profile that nobody asked for.
        let from_profile = connection.profile.is_some() || !environment.keys;
        let mut assumed = None;
        if from_profile && let Some(device) = profiles.mfa_device(in_use) {
            let own = profiles.get(in_use).zip(connection.mfa_code.as_ref());
            let Some((profile, code)) = own else { return Err(mfa_needed(in_use, device)) };
            assumed = Some(mfa::assumed(connection, profile, code, region_of_arn).await?);
        }

        // ring instead of the default aws-lc, which would need a C build of its own.
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let http = bounded(http);
        let patience = connection.patience;
        let retry = RetryConfig::standard()
            .with_max_attempts(patience.attempts.max(1))
            .with_initial_backoff(patience.first_wait)
            .with_max_backoff(Duration::from_secs(5));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(patience.attempt.min(Duration::from_secs(5)))
            .operation_attempt_timeout(patience.attempt)
            .build();
        let config_files = sdk_files(connection.files.as_ref());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .profile_files(config_files.clone())
            .retry_config(retry)
            .timeout_config(timeouts.clone());
        let region = connection.region.clone().or_else(|| region_of_arn.map(str::to_owned));
        // The SDK for Rust does not read AWS_DEFAULT_REGION before the profile, the CLI does.
        let region = region.or(environment.region);
        if let Some(region) = &region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &connection.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        let Some(region) = config.region().cloned() else { return Err(AwsError::NoRegion) };

        let chosen = connection.profile.as_ref().map(|profile| {
            // The SDK's default chain would take keys of the environment before the profile that was asked for.
            let provider = ProviderConfig::default()
                .with_http_client(http)
                .with_region(Some(region.clone()))
                .with_timeout_config(timeouts);
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&provider)
                .profile_files(config_files)
                .profile_name(profile)
                .build();
            SharedCredentialsProvider::new(provider)
        });
        let endpoint_url = connection
            .endpoint_url
            .clone()
            .or(environment.endpoint_url)
            .or_else(|| profiles.get(in_use).and_then(|it| it.endpoint_url.clone()));
        let shared = Arc::new(Shared {
            profile: named,
            limiter: Limiter::of_region(region.as_ref()),
            region: region.as_ref().to_owned(),
            endpoint_url,
            profiles,
            started: tokio::time::Instant::now(),
            requests: AtomicU64::new(0),
            credentials: CredentialWatch::default(),
            account: OnceLock::new(),
            patience,
        });
        let config = watched(&config, assumed.or(chosen), &shared);
        let signer = Signer::new(&config, connection.endpoint_url.as_deref(), region.as_ref());
        Ok(Self {
            sfn: aws_sdk_sfn::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            signer: Arc::new(signer),
            shared,
            cancel: Cancel::default(),
        })
    }

    /// The same connection, whose calls end when `cancel` says so.
    #[must_use]
    pub fn cancelled_by(&self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self.clone() }
    }

    /// The profile that was asked for or that the environment names.
    pub fn profile(&self) -> Option<&str> {
        self.shared.profile.as_deref()
    }

    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// Whose the credentials are; `None` until STS has said so.
    pub(super) fn account(&self) -> Option<&str> {
        self.shared.account.get().map(String::as_str)
    }

    /// The first answer stays: a session's credentials are renewed, and not changed for another account's.
    pub(super) fn learn_account(&self, account: &str) {
        if !account.is_empty() {
            self.shared.account.get_or_init(|| account.to_owned());
        }
    }

    /// Where calls of Step Functions go, when not to AWS.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.shared.endpoint_url.as_deref()
    }

    /// The calls made so far; further attempts of the same call are not counted.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// When the credentials in use end; `None` when they don't, or when none were needed yet.
    pub fn credentials_expire(&self) -> Option<Timestamp> {
        let expiry = self.shared.credentials.expiry.lock();
        let since = expiry
            .unwrap_or_else(PoisonError::into_inner)
            .and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok())?;
        i64::try_from(since.as_millis()).ok().map(Timestamp)
    }

    /// Waits for its turn, sends, and says what went wrong in the user's words.
    pub(super) async fn call<O, E, F>(
        &self,
        api: Api,
        send: impl FnOnce() -> F,
    ) -> Result<O, AwsError>
    where
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.turn(api).await?;
        self.unless_cancelled(async { send().await.map_err(|err| self.explain(api.name(), &err)) })
            .await
    }

    /// Waits until a call may be sent, and counts it.
    pub(super) async fn turn(&self, api: Api) -> Result<(), AwsError> {
        let wait = self.shared.limiter.take(api, self.shared.started.elapsed());
        self.pause(wait).await?;
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) async fn unless_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, AwsError>>,
    ) -> Result<T, AwsError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(AwsError::Cancelled),
            outcome = work => outcome,
        }
    }

    pub(super) fn patience(&self) -> Patience {
        self.shared.patience
    }

    /// Waits, unless cancelled.
    pub(super) async fn pause(&self, time: Duration) -> Result<(), AwsError> {
        if self.cancel.is_cancelled() {
            return Err(AwsError::Cancelled);
        }
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = self.cancel.cancelled() => Err(AwsError::Cancelled),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    fn place(&self) -> String {
        match &self.shared.endpoint_url {
            Some(url) => without_user(url),
            None => format!("AWS in {}", self.shared.region),
        }
    }

    /// As [`Session::place`], of a service's own endpoint.
    pub(super) fn place_of(&self, endpoint: &str) -> String {
        if super::http::host_of(endpoint).contains(".amazonaws.") {
            format!("AWS in {}", self.shared.region)
        } else {
            without_user(endpoint)
        }
    }

    fn explain<E>(&self, call: &'static str, err: &SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let trouble = self.shared.credentials.trouble.lock();
        let trouble = trouble.unwrap_or_else(PoisonError::into_inner).take();
        match err {
            SdkError::ServiceError(service) => self.refused(call, service.err(), service.raw()),
            SdkError::TimeoutError(_) => self.timed_out(call),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => self.timed_out(call),
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) | _ => match trouble {
                Some(trouble) => self.without_credentials(trouble),
                None => AwsError::Unreachable { call, place: self.place(), why: plain_words(err) },
            },
        }
    }

    fn timed_out(&self, call: &'static str) -> AwsError {
        let seconds = self.shared.patience.attempt.as_secs();
        AwsError::TimedOut { call, seconds, place: self.place() }
    }

    fn refused(
        &self,
        call: &'static str,
        err: &impl ProvideErrorMetadata,
        answer: &HttpResponse,
    ) -> AwsError {
        let code = err.code().map(str::to_owned);
        let message = err.message().map(str::to_owned);
        self.refusal(call, code, message, answer.status().as_u16(), &self.place())
    }

    /// What a refusal means, for the user.
    pub(super) fn refusal(
        &self,
        call: &'static str,
        code: Option<String>,
        message: Option<String>,
        status: u16,
        place: &str,
    ) -> AwsError {
        let message = message.map_or_else(|| "no reason given".to_owned(), |it| shortened(&it));
        let Some(code) = code.map(|it| shortened(&it)) else {
            // Emulators refuse unknown keys in a form of their own, and so do proxies that want to be signed in to.
            if matches!(status, 401 | 403) {
                let code = format!("HTTP status {status}");
                return AwsError::WrongCredentials { call, code, message };
            }
            let why = format!("it answered with HTTP status {status}, and not as AWS does");
            return AwsError::Unreachable { call, place: place.to_owned(), why };
        };
        match Meaning::of(&code) {
            Meaning::Throttled => {
                AwsError::Throttled { call, attempts: self.shared.patience.attempts }
            }
            Meaning::WrongCredentials => AwsError::WrongCredentials { call, code, message },
            Meaning::ExpiredCredentials => {
                let in_use = self.shared.profile.as_deref().unwrap_or("default");
                let remedy = match self.shared.profiles.sign_in(in_use) {
                    Some(command) => format!("Run: {command}"),
                    None => "Renew them and try again.".to_owned(),
                };
                AwsError::ExpiredCredentials { call, remedy, code, message }
            }
            Meaning::AccessDenied => AwsError::AccessDenied { call, message },
            Meaning::NotFound => AwsError::NotFound { call, message },
            Meaning::Other => AwsError::Refused { call, code, message },
        }
    }

    /// Why a provider of credentials gave none.
    pub(super) fn no_credentials(&self, err: &CredentialsError) -> AwsError {
        self.without_credentials(trouble_of(err))
    }

    fn without_credentials(&self, trouble: Trouble) -> AwsError {
        let in_use = self.shared.profile.as_deref().unwrap_or("default");
        let why = match trouble {
            Trouble::NotFound if self.shared.profiles.problems.is_empty() => {
                return AwsError::NoCredentials;
            }
            Trouble::NotFound => String::new(),
            Trouble::Failed(why) => why,
        };
        // The SDK reads none of a file that has one line which it can't read.
        let problems = &self.shared.profiles.problems;
        if !problems.is_empty() {
            return AwsError::BadProfiles { why: problems.join("; ") };
        }
        // Its portal says 401 to a token that has ended; a token that is not on disk can't be read, and of a profile without a
        // `sso-session` only the file is named.
        let signed_out = [
            "token",
            "Unauthorized",
            "ForbiddenException",
            "sso/cache",
            r"sso\cache",
            "login/cache",
        ];
        let by_sign_in = self.shared.profiles.sign_in(in_use);
        match by_sign_in {
            Some(command) if signed_out.iter().any(|it| why.contains(it)) => {
                let is_sso = |it: &&&super::Profile| {
                    matches!(it.kind, ProfileKind::Sso { .. } | ProfileKind::LoginSession)
                };
                let chain = self.shared.profiles.chain(in_use);
                let profile = chain.iter().find(is_sso).map_or(in_use, |it| it.name.as_str());
                AwsError::SsoExpired { profile: profile.to_owned(), command }
            }
            Some(_) | None => AwsError::CredentialsFailed { why },
        }
    }
}

/// The configuration with a provider that tells when credentials end and why none came, and passes them on unseen.
fn watched(
    config: &SdkConfig,
    chosen: Option<SharedCredentialsProvider>,
    shared: &Arc<Shared>,
) -> SdkConfig {
    let Some(inner) = chosen.or_else(|| config.credentials_provider()) else {
        return config.clone();
    };
    let shared = Arc::downgrade(shared);
    let provider = provide_credentials_fn(move || {
        let (inner, shared) = (inner.clone(), shared.clone());
        async move {
            let outcome = inner.provide_credentials().await;
            if let Some(shared) = shared.upgrade() {
                let watch = &shared.credentials;
                let expiry = outcome.as_ref().ok().and_then(|it| it.expiry());
                *watch.expiry.lock().unwrap_or_else(PoisonError::into_inner) = expiry;
                *watch.trouble.lock().unwrap_or_else(PoisonError::into_inner) =
                    outcome.as_ref().err().map(trouble_of);
            }
            outcome
        }
    });
    let provider = SharedCredentialsProvider::new(provider);
    config.to_builder().credentials_provider(provider).build()
}

/// A file that the SDK is told of must be there, unlike those that it looks for itself.
fn sdk_files(files: Option<&ProfileFiles>) -> EnvConfigFiles {
    let Some(files) = files else { return EnvConfigFiles::default() };
    let mut builder = EnvConfigFiles::builder();
    for (kind, file) in [
        (EnvConfigFileKind::Config, &files.config),
        (EnvConfigFileKind::Credentials, &files.credentials),
    ] {
        builder = if file.exists() {
            builder.with_file(kind, file)
        } else {
            builder.with_contents(kind, "")
        };
    }
    builder.build()
}

fn trouble_of(err: &CredentialsError) -> Trouble {
    if matches!(err, CredentialsError::CredentialsNotLoaded(_)) {
        Trouble::NotFound
    } else {
        // A program that prints credentials may print anything else when it fails.
        Trouble::Failed(shortened(&chain_of(err)))
    }
}

/// Words of others as long as anybody reads them: a server may send megabytes of them.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 4_000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The messages of an error and of what caused it, each once.
pub(super) fn chain_of(err: &(dyn std::error::Error + 'static)) -> String {
    let mut text: Vec<String> = Vec::new();
    let mut next = Some(err);
    while let Some(err) = next {
        let message = err.to_string();
        // Some say their cause in their own message.
        if !text.iter().any(|it| it.contains(&message)) {
            text.push(message);
        }
        next = err.source();
    }
    text.join(": ")
}

/// The last cause is the one that a user can act on.
fn plain_words<E>(err: &SdkError<E, HttpResponse>) -> String
where
    E: std::error::Error + 'static,
{
    let text = chain_of(err);
    if let Some(words) = in_plain_words(&text) {
        words
    } else if matches!(err, SdkError::ResponseError(_)) {
        format!("its answer can't be read ({text})")
    } else {
        tracing::debug!(err = %DisplayErrorContext(err), "a call without an answer");
        text
    }
}

/// What a broken connection means, told from the messages of its causes.
pub(super) fn in_plain_words(text: &str) -> Option<String> {
    let broke_off = ["connection closed", "reset", "incomplete", "end of file", "broken pipe"];
    if let Some(at) = text.find("its answer is longer than") {
        Some(text[at..].to_owned())
    } else if text.contains("refused") {
        Some("nothing listens there".to_owned())
    } else if text.contains("dns error") || text.contains("lookup address") {
        let words = "the name is not known; is the network there, and the region spelled right?";
        Some(words.to_owned())
    } else if text.contains("certificate") {
        Some(format!("its certificate is not trusted ({text})"))
    } else if broke_off.iter().any(|it| text.contains(it)) {
        Some("the connection broke off in the middle of the answer".to_owned())
    } else {
        None
    }
}

fn mfa_needed(profile: &str, device: String) -> AwsError {
    // The CLI asks for the code, keeps the session and hands it over.
    let command = format!(
        "eval \"$(aws configure export-credentials --profile {} --format env)\"",
        quoted(profile)
    );
    AwsError::MfaNeeded { profile: profile.to_owned(), device, command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_endpoint_is_not_shown() {
        assert_eq!(without_user("http://me:secret@host:1/x"), "http://host:1/x");
        assert_eq!(without_user("http://host:1/a@b"), "http://host:1/a@b");
        assert_eq!(without_user("nonsense"), "nonsense");
    }
}
