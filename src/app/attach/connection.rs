//! Which account is attached: the choice of profile, region and endpoint, the connection itself, and what stands in its way.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::runtime::{Request, RequestId, Teller};
use super::trouble::is_about_credentials;
use super::{AwsCommand, News, Target, Trouble};
use crate::app::app::{App, NoticeLevel};
use crate::app::{Command, Pane};
use crate::aws::http::without_user;
use crate::aws::profile::{Environment, ProfileFiles, ProfileKind};
use crate::aws::{AwsError, Connection, Identity, MfaCode, Patience, Session};
use crate::execution::Timestamp;

/// Connections that are remembered.
const REMEMBERED: usize = 8;
/// From this long before their end on, credentials are shown as ending.
pub const SOON_MILLIS: i64 = 15 * 60 * 1000;

/// Whom to ask, where. What is remembered of a connection; never a secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// `None` for what the environment says.
    pub profile: Option<String>,
    /// Empty for the one of the profile or the environment.
    pub region: String,
    /// Empty for AWS, or what the profile says.
    pub endpoint_url: String,
}

/// Without a user and password in the endpoint.
impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Choice")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("endpoint_url", &without_user(&self.endpoint_url))
            .finish()
    }
}

impl Choice {
    /// The profile's name, or that it is the environment.
    pub fn title(&self) -> &str {
        self.profile.as_deref().unwrap_or("Environment")
    }

    /// Without a user and password in the endpoint.
    fn without_secrets(&self) -> Self {
        Self { endpoint_url: without_user(&self.endpoint_url), ..self.clone() }
    }
}

/// A profile as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChoice {
    /// `None` for the environment.
    pub name: Option<String>,
    /// How it comes to its credentials, in a word or two.
    pub kind: &'static str,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}

/// How far the connection is.
#[derive(Debug, Default)]
pub enum Link {
    #[default]
    Off,
    Connecting,
    On(Box<Attached>),
    Failed(Trouble),
}

/// An account that is attached.
#[derive(Debug)]
pub struct Attached {
    pub choice: Choice,
    pub region: String,
    /// Without a user and password in it.
    pub endpoint_url: Option<String>,
    /// `None` where nobody says who asks, as at an emulator of Step Functions alone.
    pub identity: Option<Identity>,
    /// Whose the machines are, where nobody says who asks.
    pub(super) account_of_machines: Option<String>,
    /// Why the credentials are no good any more.
    pub trouble: Option<Trouble>,
    pub(super) session: Session,
}

impl Attached {
    /// The account's number; `None` where neither STS nor a machine tells.
    pub fn account(&self) -> Option<&str> {
        let asked = self.identity.as_ref().map(|it| it.account.as_str());
        asked.or(self.account_of_machines.as_deref())
    }

    pub fn expires(&self) -> Option<Timestamp> {
        self.session.credentials_expire()
    }

    /// Calls made so far.
    pub fn requests(&self) -> u64 {
        self.session.requests()
    }
}

/// Everything about the connection.
#[derive(Debug, Default)]
pub struct ConnectionModel {
    pub profiles: Vec<ProfileChoice>,
    /// Lines of the profile files that can't be read.
    pub problems: Vec<String>,
    /// What stands in the form.
    pub choice: Choice,
    pub link: Link,
    /// Instead of the files that the environment names.
    pub files: Option<ProfileFiles>,
    pub patience: Option<Patience>,
    /// Where a sign-in leaves its tokens; watched while one is waited for.
    pub sign_in_folders: Vec<PathBuf>,
    pub(super) request: Option<Request>,
    waiting: Option<Request>,
    /// The newest change in those folders when the connection was tried last: whatever comes later may be a sign-in.
    seen: Option<SystemTime>,
    /// To be opened as soon as the connection stands.
    pub(super) then: Option<Target>,
}

impl ConnectionModel {
    pub fn attached(&self) -> Option<&Attached> {
        match &self.link {
            Link::On(attached) => Some(attached),
            Link::Off | Link::Connecting | Link::Failed(_) => None,
        }
    }

    pub fn is_connecting(&self) -> bool {
        self.request.is_some()
    }

    /// Reads the profile files again.
    pub(super) fn read_profiles(&mut self) {
        let environment = Environment::read();
        let files = self.files.clone().unwrap_or_else(ProfileFiles::from_environment);
        let profiles = files.read();
        let own = (environment.keys || environment.web_identity) && self.files.is_none();
        let from_environment = ProfileChoice {
            name: None,
            kind: if environment.keys { "keys in the environment" } else { "web identity" },
            region: environment.region.clone(),
            endpoint_url: environment.endpoint_url,
        };
        let listed = profiles.list.into_iter().map(|it| ProfileChoice {
            kind: if own && it.kind == ProfileKind::Unsaid {
                "keys in the environment"
            } else {
                it.kind.label()
            },
            name: Some(it.name),
            region: it.region,
            endpoint_url: it.endpoint_url,
        });
        self.profiles = own.then_some(from_environment).into_iter().chain(listed).collect();
        self.problems = profiles.problems;
        if self.sign_in_folders.is_empty() {
            let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
            let aws = PathBuf::from(home.unwrap_or_default()).join(".aws");
            self.sign_in_folders = vec![aws.join("sso/cache"), aws.join("login/cache")];
        }
    }

    pub fn profile(&self, name: Option<&str>) -> Option<&ProfileChoice> {
        self.profiles.iter().find(|it| it.name.as_deref() == name)
    }

    /// The connection that needs no choosing: the one used last, the one that the environment names, or the only one.
    pub(super) fn obvious(&self, remembered: &[Choice]) -> Option<Choice> {
        let is_there = |it: &&Choice| self.profile(it.profile.as_deref()).is_some();
        if let Some(last) = remembered.first().filter(is_there) {
            return Some(last.clone());
        }
        let named = self.files.is_none().then(|| Environment::read().profile).flatten();
        let of = |it: &ProfileChoice| Choice { profile: it.name.clone(), ..Choice::default() };
        if let Some(profile) = named.and_then(|name| self.profile(Some(&name))) {
            return Some(of(profile));
        }
        match self.profiles.as_slice() {
            [only] => Some(of(only)),
            _ => None,
        }
    }

    /// What the form begins with.
    fn first_choice(&self, remembered: &[Choice]) -> Choice {
        let default = || self.profile(Some("default")).or_else(|| self.profiles.first());
        self.obvious(remembered).unwrap_or_else(|| Choice {
            profile: default().and_then(|it| it.name.clone()),
            ..Choice::default()
        })
    }
}

/// What a connection came to.
#[derive(Debug)]
pub struct Connected {
    pub(super) choice: Choice,
    pub(super) outcome: Result<(Session, Option<Identity>), AwsError>,
}

impl App {
    /// Brings the browser to the front; connects at once where there is nothing to choose.
    pub(super) fn attach(&mut self) {
        self.for_window.push(Command::ShowPane(Pane::Aws));
        if self.attach.connection.attached().is_some() || self.attach.connection.is_connecting() {
            return;
        }
        self.list_profiles();
        if let Some(choice) = self.attach.connection.obvious(&self.settings.aws_connections) {
            self.connect_as_typed(choice);
        }
    }

    /// Connects as the form says. What was to be opened when an earlier attempt failed is opened now.
    pub(super) fn connect_as_typed(&mut self, choice: Choice) {
        let then = self.attach.connection.then.take();
        self.connect(choice, then);
    }

    /// Reads the profiles, and fills the form when nobody has yet.
    pub(super) fn list_profiles(&mut self) {
        let connection = &mut self.attach.connection;
        connection.read_profiles();
        if connection.choice == Choice::default() {
            connection.choice = connection.first_choice(&self.settings.aws_connections);
        }
    }

    /// Connects and asks who that is. `then` is opened when it stands.
    pub(super) fn connect(&mut self, choice: Choice, then: Option<Target>) {
        self.connect_with(choice, then, None);
    }

    /// Connects with the code that the profile's MFA device shows.
    pub(super) fn connect_with_code(&mut self, code: MfaCode) {
        let then = self.attach.connection.then.take();
        let choice = self.attach.connection.choice.clone();
        self.connect_with(choice, then, Some(code));
    }

    fn connect_with(&mut self, choice: Choice, then: Option<Target>, mfa_code: Option<MfaCode>) {
        let model = &mut self.attach.connection;
        let given = |text: &str| Some(text.trim().to_owned()).filter(|it| !it.is_empty());
        let connection = Connection {
            profile: choice.profile.clone(),
            region: given(&choice.region),
            endpoint_url: given(&choice.endpoint_url),
            files: model.files.clone(),
            patience: model.patience.unwrap_or_default(),
            mfa_code,
        };
        model.choice = choice.clone();
        model.then = then;
        model.waiting = None;
        model.seen = latest_change(&model.sign_in_folders);
        if model.attached().is_none() {
            model.link = Link::Connecting;
        }
        model.request = Some(self.attach.worker.ask(move |id| async move {
            let outcome = established(&connection).await;
            News::Connected(id, Connected { choice, outcome })
        }));
    }

    pub(super) fn connected(&mut self, id: RequestId, connected: Connected) {
        let model = &mut self.attach.connection;
        if !model.request.as_ref().is_some_and(|it| it.is(id)) {
            return;
        }
        model.request = None;
        let (session, identity) = match connected.outcome {
            Ok(established) => established,
            Err(err) => return self.connection_failed(&err),
        };
        let attached = Attached {
            region: session.region().to_owned(),
            endpoint_url: session.endpoint_url().map(without_user),
            choice: connected.choice.clone(),
            identity,
            account_of_machines: None,
            trouble: None,
            session,
        };
        // Signing in again to the same place leaves what was listed.
        let same = model.attached().is_some_and(|before| {
            let place = |it: &Attached| (it.region.clone(), it.endpoint_url.clone());
            let account = |it: &Attached| it.identity.as_ref().map(|it| it.account.clone());
            place(before) == place(&attached)
                && account(before) == account(&attached)
                && before.choice.profile == attached.choice.profile
        });
        model.link = Link::On(Box::new(attached));
        let then = model.then.take();
        let remembered = connected.choice.without_secrets();
        self.settings.aws_connections.retain(|it| *it != remembered);
        self.settings.aws_connections.insert(0, remembered);
        self.settings.aws_connections.truncate(REMEMBERED);
        self.save_settings();
        if same {
            self.renew_lists();
        } else {
            self.guard_again();
            self.begin_browsing();
        }
        if let Some(target) = then {
            self.open_target(target);
        }
    }

    /// What was allowed, proposed or agreed to was so for one account: another one begins read-only and with every question asked.
    fn guard_again(&mut self) {
        self.attach.read_only = true;
        self.attach.proposal = None;
        self.remote.forget_agreement();
    }

    fn connection_failed(&mut self, err: &AwsError) {
        let trouble = Trouble::of(err);
        if trouble.waits_for_sign_in {
            self.wait_for_sign_in();
        }
        let model = &mut self.attach.connection;
        match &mut model.link {
            Link::On(attached) if attached.choice == model.choice => {
                attached.trouble = Some(trouble);
            }
            link @ (Link::On(_) | Link::Off | Link::Connecting | Link::Failed(_)) => {
                *link = Link::Failed(trouble);
            }
        }
    }

    /// A call failed: where the credentials are to blame, the connection as a whole is in trouble.
    pub(super) fn call_failed(&mut self, err: &AwsError) {
        if !is_about_credentials(err) {
            return;
        }
        let trouble = Trouble::of(err);
        if trouble.waits_for_sign_in {
            self.wait_for_sign_in();
        }
        if let Link::On(attached) = &mut self.attach.connection.link {
            attached.trouble = Some(trouble);
        }
    }

    fn wait_for_sign_in(&mut self) {
        let folders = self.attach.connection.sign_in_folders.clone();
        let seen = self.attach.connection.seen;
        let waiting = self.attach.worker.begin(|teller| sign_in_made(folders, seen, teller));
        self.attach.connection.waiting = Some(waiting);
    }

    pub(super) fn signed_in(&mut self, id: RequestId) {
        if self.attach.connection.waiting.as_ref().is_some_and(|it| it.is(id)) {
            self.carry_out_aws(AwsCommand::Retry);
        }
    }

    /// Connects once more with the same choice.
    pub(super) fn reconnect(&mut self) {
        let then = self.attach.connection.then.take();
        let choice = match &self.attach.connection.link {
            Link::On(attached) => attached.choice.clone(),
            Link::Off | Link::Connecting | Link::Failed(_) => self.attach.connection.choice.clone(),
        };
        self.connect(choice, then);
    }

    pub(super) fn disconnect(&mut self) {
        let model = &mut self.attach.connection;
        (model.request, model.waiting, model.then) = (None, None, None);
        model.link = Link::Off;
        self.attach.browser = super::browse::Browser::default();
        self.guard_again();
        for opened in self.attach.opened.values_mut() {
            opened.leave();
        }
        self.notify(NoticeLevel::Info, "Disconnected from AWS", "");
    }
}

/// Connects, and says whose credentials these are. Where only that can't be said, the rest may still work.
async fn established(connection: &Connection) -> Result<(Session, Option<Identity>), AwsError> {
    let session = Session::connect(connection, None).await?;
    match session.identity().await {
        Ok(identity) => Ok((session, Some(identity))),
        Err(err) if is_about_credentials(&err) => Err(err),
        // STS and Step Functions are two services; at an endpoint of one's own there may be only the second.
        Err(AwsError::Unreachable { .. } | AwsError::TimedOut { .. })
            if session.endpoint_url().is_none() =>
        {
            // Without a network the lists will not come either: one question tells.
            session.state_machines().next_page().await.transpose()?;
            Ok((session, None))
        }
        Err(err @ AwsError::Unreachable { .. }) if nothing_listens(&err) => Err(err),
        Err(err @ AwsError::TimedOut { .. }) => Err(err),
        Err(_) => Ok((session, None)),
    }
}

fn nothing_listens(err: &AwsError) -> bool {
    matches!(err, AwsError::Unreachable { why, .. } if !why.contains("HTTP status"))
}

/// Looks, less and less often, whether a sign-in has written something; and tells now and then without that, because a sign-in
/// may leave its tokens elsewhere.
async fn sign_in_made(folders: Vec<PathBuf>, mut seen: Option<SystemTime>, teller: Teller) {
    const LONGEST: Duration = Duration::from_secs(10);
    /// Looks without a change before it is tried all the same.
    const PATIENCE: u32 = 6;
    let mut wait = Duration::from_secs(1);
    let mut idle = 0;
    loop {
        tokio::select! {
            () = teller.cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        let now = latest_change(&folders);
        if now != seen || idle >= PATIENCE {
            (seen, idle) = (now, 0);
            teller.tell(News::SignedIn(teller.id));
        } else {
            idle += 1;
            wait = (wait * 3 / 2).min(LONGEST);
        }
    }
}

/// When the newest file of some folders was written.
fn latest_change(folders: &[PathBuf]) -> Option<SystemTime> {
    let files = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let written = |entry: std::fs::DirEntry| entry.metadata().ok()?.modified().ok();
    folders.iter().flat_map(|it| files(it)).filter_map(written).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_connection_holds_no_password() {
        let choice = Choice {
            profile: Some("p".into()),
            region: "eu-west-1".into(),
            endpoint_url: "http://me:secret@localhost:4566".into(),
        };
        let kept = serde_json::to_string(&choice.without_secrets()).expect("it is plain data");
        assert!(!format!("{choice:?}").contains("secret"));
        assert!(!kept.contains("secret") && kept.contains("http://localhost:4566"), "{kept}");
    }

    #[test]
    fn what_was_used_last_is_obvious_and_several_profiles_are_not() {
        let profile = |name: &str| ProfileChoice {
            name: Some(name.to_owned()),
            kind: "static keys",
            region: None,
            endpoint_url: None,
        };
        let files = ProfileFiles { config: PathBuf::new(), credentials: PathBuf::new() };
        let mut model = ConnectionModel {
            profiles: vec![profile("default"), profile("b")],
            files: Some(files),
            ..ConnectionModel::default()
        };
        let of = |name: &str| Choice { profile: Some(name.to_owned()), ..Choice::default() };
        assert_eq!(model.obvious(&[]), None);
        assert_eq!(model.first_choice(&[]), of("default"));
        assert_eq!(model.obvious(&[of("b")]), Some(of("b")));
        assert_eq!(model.obvious(&[of("gone")]), None, "a profile that is gone is not used");
        model.profiles.pop();
        assert_eq!(model.obvious(&[]), Some(of("default")));
    }
}
