//! Where the API console sends a request, and how it says who sends it. What is secret stays in memory: it is in no settings, no
//! bundle, no log and no command line that was not asked for.

use crate::apigateway::HttpRequest;
use crate::aws::http::{HttpCall, host_of, is_loopback};

/// A text that nobody should read over a shoulder or in a log.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret()" } else { "Secret(…)" })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetKind {
    #[default]
    Emulated,
    /// A stage of a deployed API, or anything else that has a URL.
    Stage,
    /// `TestInvokeMethod` of a deployed REST API.
    TestInvoke,
}

impl TargetKind {
    pub const ALL: [Self; 3] = [Self::Emulated, Self::Stage, Self::TestInvoke];

    pub fn title(self) -> &'static str {
        match self {
            Self::Emulated => "Emulated here",
            Self::Stage => "Deployed stage",
            Self::TestInvoke => "TestInvokeMethod",
        }
    }
}

/// How a stage is told who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    None,
    /// `x-api-key`
    ApiKey,
    /// Signed with the credentials of the connection to AWS.
    SigV4,
    /// `Authorization: Bearer …`
    Bearer,
}

impl Auth {
    pub const ALL: [Self; 4] = [Self::None, Self::ApiKey, Self::SigV4, Self::Bearer];

    pub fn title(self) -> &'static str {
        match self {
            Self::None => "No auth",
            Self::ApiKey => "API key",
            Self::SigV4 => "SigV4",
            Self::Bearer => "Bearer token",
        }
    }
}

/// What is chosen and typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub kind: TargetKind,
    /// Of the stage, without the path of a resource: `https://ID.execute-api.REGION.amazonaws.com/STAGE`.
    pub url: String,
    pub auth: Auth,
    pub api_key: Secret,
    pub token: Secret,
    pub api_id: String,
    /// Empty for the one that takes the request.
    pub resource_id: String,
}

impl Target {
    /// Whether sending there changes nothing but what runs on this machine.
    pub fn is_here(&self) -> bool {
        match self.kind {
            TargetKind::Emulated => true,
            TargetKind::Stage => is_loopback(&self.url),
            TargetKind::TestInvoke => false,
        }
    }

    /// The request for the stage. Its secrets are in it when `with_secrets`.
    ///
    /// # Errors
    /// In words: something is missing, or a secret would be readable on its way.
    pub fn call(&self, request: &HttpRequest, with_secrets: bool) -> Result<HttpCall, String> {
        let base = self.url.trim().trim_end_matches('/');
        if base.is_empty() {
            return Err("The URL of the stage is missing.".to_owned());
        }
        let is_plain = base.to_ascii_lowercase().starts_with("http://");
        if self.auth != Auth::None && is_plain && !is_loopback(base) {
            return Err(format!(
                "{} over http:// could be read on its way. Use the https:// URL.",
                self.auth.title()
            ));
        }
        let mut headers = request.headers.clone();
        let (name, value) = match self.auth {
            Auth::None | Auth::SigV4 => ("", String::new()),
            Auth::ApiKey => ("x-api-key", self.api_key.0.trim().to_owned()),
            Auth::Bearer => ("Authorization", format!("Bearer {}", self.token.0.trim())),
        };
        if !name.is_empty() {
            let is_missing = match self.auth {
                Auth::ApiKey => self.api_key.0.trim().is_empty(),
                Auth::Bearer => self.token.0.trim().is_empty(),
                Auth::None | Auth::SigV4 => false,
            };
            if is_missing && with_secrets {
                return Err(format!("The {} is missing.", self.auth.title()));
            }
            headers.retain(|(it, _)| !it.trim().eq_ignore_ascii_case(name));
            let value = if with_secrets { value } else { "SECRET".to_owned() };
            headers.push((name.to_owned(), value));
        }
        let target = in_url(&request.target());
        Ok(HttpCall {
            method: request.method.clone(),
            url: format!("{base}{target}"),
            headers,
            body: request.body.clone(),
        })
    }

    /// Whether both send to the same place, told in the same way who asks. Secrets and resources may differ.
    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.url == other.url
            && self.auth == other.auth
            && self.api_id == other.api_id
    }

    /// The region that a URL of API Gateway names: `ID.execute-api.REGION.amazonaws.com`, in China with `.cn` behind it. `None`
    /// for any other host, also for one that only has this somewhere in its name.
    pub fn region_of_url(&self) -> Option<&str> {
        let host = host_of(self.url.trim()).split(':').next().unwrap_or("");
        let strip = |text: &'_ str, suffix: &str| -> Option<usize> {
            let at = text.len().checked_sub(suffix.len())?;
            text.get(at..)?.eq_ignore_ascii_case(suffix).then_some(at)
        };
        let at = strip(host, ".amazonaws.com").or_else(|| strip(host, ".amazonaws.com.cn"))?;
        let mut labels = host.get(..at)?.split('.');
        let (id, service, region) = (labels.next()?, labels.next()?, labels.next()?);
        let is_name = |label: &str| {
            !label.is_empty() && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        };
        let fits = service.eq_ignore_ascii_case("execute-api") && is_name(id) && is_name(region);
        (fits && labels.next().is_none()).then_some(region)
    }
}

/// What was typed, with escapes where a URL needs them; escapes that are there stay.
fn in_url(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for byte in target.bytes() {
        let fits = byte.is_ascii_alphanumeric() || b"-_.~/?&=%:@!$'()*+,;".contains(&byte);
        if fits {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HttpRequest {
        HttpRequest {
            method: "GET".into(),
            path: "/items/a b/é%20#x".into(),
            query: vec![("q".into(), "1&2".into())],
            headers: vec![("X-Api-Key".into(), "typed".into()), ("Accept".into(), "*/*".into())],
            body: String::new(),
        }
    }

    fn target(auth: Auth, url: &str) -> Target {
        Target {
            kind: TargetKind::Stage,
            url: url.into(),
            auth,
            api_key: Secret("k-1".into()),
            token: Secret("t-1".into()),
            ..Target::default()
        }
    }

    #[test]
    fn a_request_takes_the_stage_before_its_path() {
        let call = target(Auth::None, "https://h/prod/").call(&request(), true).unwrap();
        assert_eq!(call.url, "https://h/prod/items/a%20b/%C3%A9%20%23x?q=1%262");
        assert_eq!(call.headers.len(), 2);
    }

    #[test]
    fn a_secret_takes_the_place_of_what_was_typed_and_is_left_out_where_nobody_asked() {
        let with = target(Auth::ApiKey, "https://h").call(&request(), true).unwrap();
        assert_eq!(with.headers[1], ("x-api-key".to_owned(), "k-1".to_owned()));
        assert_eq!(with.headers.len(), 2);
        let without = target(Auth::Bearer, "https://h").call(&request(), false).unwrap();
        assert!(!format!("{without:?}").contains("t-1"));
        assert!(!format!("{:?}", target(Auth::Bearer, "https://h")).contains("t-1"));
    }

    #[test]
    fn a_secret_is_not_sent_in_the_clear_but_on_this_machine() {
        assert!(target(Auth::Bearer, "http://example.com").call(&request(), true).is_err());
        assert!(target(Auth::Bearer, "HTTP://example.com").call(&request(), true).is_err());
        assert!(target(Auth::Bearer, "http://127.0.0.1:1").call(&request(), true).is_ok());
        let empty = Target { token: Secret::default(), ..target(Auth::Bearer, "https://h") };
        assert!(empty.call(&request(), true).unwrap_err().contains("missing"));
        assert!(target(Auth::None, " ").call(&request(), true).is_err());
    }

    #[test]
    fn the_region_of_a_stage_is_in_its_name() {
        let of = |url: &str| target(Auth::SigV4, url).region_of_url().map(str::to_owned);
        let url = "https://a1.execute-api.eu-west-1.amazonaws.com/prod";
        assert_eq!(of(url).as_deref(), Some("eu-west-1"));
        assert_eq!(
            of("https://a1.execute-api.cn-north-1.amazonaws.com.cn").as_deref(),
            Some("cn-north-1")
        );
        assert_eq!(
            of("https://A1.Execute-API.eu-west-1.AmazonAWS.com:443/x").as_deref(),
            Some("eu-west-1")
        );
        for other in [
            "https://api.example.com/x.execute-api.eu-west-1.amazonaws.com",
            "https://a1.execute-api.eu-west-1.amazonaws.com.example.com",
            "https://a1.execute-api.eu-west-1.amazonaws.example.com",
            "https://a1.execute-api.evil.eu-west-1.amazonaws.com",
            "https://a1.execute-api.amazonaws.com",
            "https://a1.execute-api.eu-west-1.amazonaws.com@example.com/",
            "é",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
