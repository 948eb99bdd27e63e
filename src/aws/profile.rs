//! The profiles of `~/.aws/config` and `~/.aws/credentials`: what there is to choose from, never what is secret in them.
//!
//! Only the SDK reads keys and tokens. Here a secret setting is known to be there or not; its value is skipped while reading.

mod ini;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::ini::{FileKind, Sections};

/// Where the two files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFiles {
    pub config: PathBuf,
    pub credentials: PathBuf,
}

impl ProfileFiles {
    /// As the AWS CLI finds them: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else in `~/.aws`.
    pub fn from_environment() -> Self {
        let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
        let home = home.map(PathBuf::from).unwrap_or_default();
        let file = |variable: &str, name: &str| {
            let named = std::env::var_os(variable).filter(|it| !it.is_empty()).map(PathBuf::from);
            match named {
                // The one shorthand that AWS's tools expand.
                Some(path) => match path.strip_prefix("~") {
                    Ok(inside) => home.join(inside),
                    Err(_) => path,
                },
                None => home.join(".aws").join(name),
            }
        };
        Self {
            config: file("AWS_CONFIG_FILE", "config"),
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        }
    }

    /// Every profile of both files. A file that is not there is an empty one.
    pub fn read(&self) -> Profiles {
        let mut problems = Vec::new();
        let mut sections = Sections::default();
        for (kind, path) in
            [(FileKind::Config, &self.config), (FileKind::Credentials, &self.credentials)]
        {
            match read_limited(path) {
                Ok(bytes) => {
                    let found = sections.read(&String::from_utf8_lossy(&bytes), kind);
                    let place = path.display();
                    problems.extend(found.into_iter().map(|why| format!("{place}: {why}")));
                }
                Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
                Err(err) => problems.push(format!("{} can't be read: {err}", path.display())),
            }
        }
        Profiles::of(&sections, problems)
    }
}

/// At most so much as any such file has: a path may lead to a device that never ends.
fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    const MOST: u64 = 16 << 20;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What both files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    /// By name, `default` first.
    pub list: Vec<Profile>,
    /// Lines that no AWS tool understands, with their places.
    pub problems: Vec<String>,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub kind: ProfileKind,
    pub region: Option<String>,
    /// Where its calls of Step Functions go: the `sfn` part of its `services` section, else its `endpoint_url`.
    pub endpoint_url: Option<String>,
}

/// How a profile comes to its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// IAM Identity Center.
    Sso {
        session: Option<String>,
        account: Option<String>,
        role: Option<String>,
    },
    AssumeRole {
        role_arn: String,
        source: RoleSource,
        /// The MFA device whose code the role wants.
        mfa_serial: Option<String>,
    },
    WebIdentity {
        role_arn: Option<String>,
    },
    /// A program that prints them.
    CredentialProcess,
    /// `aws login`
    LoginSession,
    /// Keys in the file.
    Static,
    /// It says nothing about credentials, so they come from the environment or the machine.
    Unsaid,
}

/// Whose credentials a role is assumed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleSource {
    Profile(String),
    /// `Environment`, `Ec2InstanceMetadata` or `EcsContainer`.
    Machine(String),
    /// Neither is given, which no AWS tool accepts.
    Missing,
}

impl ProfileKind {
    /// In a word or two, for a list.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Sso { .. } => "SSO",
            Self::AssumeRole { mfa_serial: None, .. } => "assume role",
            Self::AssumeRole { mfa_serial: Some(_), .. } => "assume role with MFA",
            Self::WebIdentity { .. } => "web identity",
            Self::CredentialProcess => "credential process",
            Self::LoginSession => "login session",
            Self::Static => "static keys",
            Self::Unsaid => "no credentials of its own",
        }
    }
}

impl Profiles {
    fn of(sections: &Sections, problems: Vec<String>) -> Self {
        let mut list: Vec<Profile> = sections
            .profiles
            .iter()
            .map(|(name, settings)| Profile {
                name: name.clone(),
                kind: kind_of(settings),
                region: settings.value("region"),
                endpoint_url: endpoint_of(settings, &sections.services),
            })
            .collect();
        list.sort_by(|a, b| (a.name != "default", &a.name).cmp(&(b.name != "default", &b.name)));
        Self { list, problems }
    }

    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.list.iter().find(|it| it.name == name)
    }

    /// The profile, and those whose credentials it builds on, as far as they exist.
    pub fn chain(&self, name: &str) -> Vec<&Profile> {
        let mut chain: Vec<&Profile> = Vec::new();
        let mut next = self.get(name);
        while let Some(profile) = next {
            if chain.iter().any(|it| it.name == profile.name) {
                break;
            }
            chain.push(profile);
            next = match &profile.kind {
                ProfileKind::AssumeRole { source: RoleSource::Profile(source), .. } => {
                    self.get(source)
                }
                ProfileKind::AssumeRole { .. }
                | ProfileKind::Sso { .. }
                | ProfileKind::WebIdentity { .. }
                | ProfileKind::CredentialProcess
                | ProfileKind::LoginSession
                | ProfileKind::Static
                | ProfileKind::Unsaid => None,
            };
        }
        chain
    }

    /// What to run when the sign-in that this profile needs is gone; `None` when it needs none.
    pub fn sign_in(&self, name: &str) -> Option<String> {
        let chain = self.chain(name);
        let signed_in = chain.iter().find_map(|it| match &it.kind {
            ProfileKind::Sso { .. } => Some(("aws sso login", it)),
            ProfileKind::LoginSession => Some(("aws login", it)),
            ProfileKind::AssumeRole { .. }
            | ProfileKind::WebIdentity { .. }
            | ProfileKind::CredentialProcess
            | ProfileKind::Static
            | ProfileKind::Unsaid => None,
        });
        signed_in.map(|(command, profile)| format!("{command} --profile {}", quoted(&profile.name)))
    }

    /// The MFA device that stands between this profile and its credentials.
    pub fn mfa_device(&self, name: &str) -> Option<String> {
        self.chain(name).into_iter().find_map(|it| match &it.kind {
            ProfileKind::AssumeRole { mfa_serial, .. } => mfa_serial.clone(),
            ProfileKind::Sso { .. }
            | ProfileKind::WebIdentity { .. }
            | ProfileKind::CredentialProcess
            | ProfileKind::LoginSession
            | ProfileKind::Static
            | ProfileKind::Unsaid => None,
        })
    }
}

/// What the environment says, which the SDK reads before any profile unless one was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `AWS_ACCESS_KEY_ID` is set.
    pub keys: bool,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` is set.
    pub web_identity: bool,
    /// `AWS_PROFILE`
    pub profile: Option<String>,
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION` as the CLI has it.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_SFN`, else `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
}

impl Environment {
    pub fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
        Self {
            keys: std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|it| !it.is_empty()),
            web_identity: std::env::var_os("AWS_WEB_IDENTITY_TOKEN_FILE").is_some(),
            profile: text("AWS_PROFILE"),
            region: text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION")),
            endpoint_url: text("AWS_ENDPOINT_URL_SFN").or_else(|| text("AWS_ENDPOINT_URL")),
        }
    }
}

/// A setting's readable values by name, and the names of those that are secret.
#[derive(Clone, Debug, Default)]
struct Settings {
    values: BTreeMap<String, String>,
    secrets: BTreeSet<String>,
}

impl Settings {
    fn value(&self, name: &str) -> Option<String> {
        self.values.get(name).filter(|it| !it.is_empty()).cloned()
    }

    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.secrets.contains(name)
    }
}

/// In the order in which the SDK looks: a role first, then what a base of credentials may be.
fn kind_of(settings: &Settings) -> ProfileKind {
    let role_arn = settings.value("role_arn");
    if settings.has("web_identity_token_file") {
        return ProfileKind::WebIdentity { role_arn };
    }
    if let Some(role_arn) = role_arn {
        let source = match (settings.value("source_profile"), settings.value("credential_source")) {
            (Some(profile), _) => RoleSource::Profile(profile),
            (None, Some(machine)) => RoleSource::Machine(machine),
            (None, None) => RoleSource::Missing,
        };
        return ProfileKind::AssumeRole {
            role_arn,
            source,
            mfa_serial: settings.value("mfa_serial"),
        };
    }
    if ["sso_session", "sso_start_url", "sso_account_id"].iter().any(|it| settings.has(it)) {
        return ProfileKind::Sso {
            session: settings.value("sso_session"),
            account: settings.value("sso_account_id"),
            role: settings.value("sso_role_name"),
        };
    }
    if settings.has("login_session") {
        ProfileKind::LoginSession
    } else if settings.has("credential_process") {
        ProfileKind::CredentialProcess
    } else if settings.has("aws_access_key_id") {
        ProfileKind::Static
    } else {
        ProfileKind::Unsaid
    }
}

/// The service's own setting wins over the profile's.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn endpoint_of(settings: &Settings, services: &BTreeMap<String, Settings>) -> Option<String> {
    if settings.value("ignore_configured_endpoint_urls").is_some_and(|it| it == "true") {
        return None;
    }
    let own = settings.value("services").and_then(|name| {
        let services = services.get(&name)?;
        services.value("sfn.endpoint_url")
    });
    own.or_else(|| settings.value("endpoint_url"))
}

/// For a shell: profile names may hold spaces.
pub(super) fn quoted(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./+@:%".contains(letter);
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
