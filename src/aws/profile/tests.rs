//! Tests of `profile`: its rules, one by one.

use super::*;

fn read(config: &str, credentials: &str) -> Profiles {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ProfileFiles {
        config: folder.path().join("config"),
        credentials: folder.path().join("credentials"),
    };
    std::fs::write(&files.config, config).expect("written");
    std::fs::write(&files.credentials, credentials).expect("written");
    files.read()
}

fn labels(profiles: &Profiles) -> Vec<(&str, &str)> {
    profiles.list.iter().map(|it| (it.name.as_str(), it.kind.label())).collect()
}

const EVERY_KIND: &str = r"
# company
[default]
region = eu-west-1

[profile sso-new]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Dev
region = eu-central-1 ; near
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile sso-old]
sso_start_url = https://corp.awsapps.com/start
sso_account_id = 111122223333
[profile admin]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = sso-new
[profile root role]
role_arn = arn:aws:iam::111122223333:role/Root
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile on-host]
role_arn = arn:aws:iam::111122223333:role/Host
credential_source = Ec2InstanceMetadata
[profile broken-role]
role_arn = arn:aws:iam::111122223333:role/Nothing
[profile pod]
web_identity_token_file = /var/run/token
role_arn = arn:aws:iam::111122223333:role/Pod
[profile tool]
credential_process = /opt/tool --password hunter2
[profile console]
login_session = arn:aws:iam::111122223333:user/me
";

const CREDENTIALS: &str = "[keys]\naws_access_key_id = AKIAPLANTED\naws_secret_access_key = planted/secret\naws_session_token=planted-token\n";

#[test]
fn every_kind_of_profile_is_told_apart() {
    let profiles = read(EVERY_KIND, CREDENTIALS);
    assert_eq!(profiles.problems, Vec::<String>::new());
    assert_eq!(
        labels(&profiles),
        [
            ("default", "no credentials of its own"),
            ("admin", "assume role"),
            ("broken-role", "assume role"),
            ("console", "login session"),
            ("keys", "static keys"),
            ("on-host", "assume role"),
            ("pod", "web identity"),
            ("root role", "assume role with MFA"),
            ("sso-new", "SSO"),
            ("sso-old", "SSO"),
            ("tool", "credential process"),
        ]
    );
    assert_eq!(profiles.get("sso-new").and_then(|it| it.region.as_deref()), Some("eu-central-1"));
}

#[test]
fn no_secret_is_kept() {
    let profiles = read(EVERY_KIND, CREDENTIALS);
    let everything = format!("{profiles:?}");
    for secret in ["AKIAPLANTED", "planted/secret", "planted-token", "hunter2"] {
        assert!(!everything.contains(secret), "{secret} is in {everything}");
    }
}

#[test]
fn what_to_run_comes_from_the_profile_that_signs_in() {
    let profiles = read(EVERY_KIND, CREDENTIALS);
    assert_eq!(profiles.sign_in("admin").as_deref(), Some("aws sso login --profile sso-new"));
    assert_eq!(profiles.sign_in("console").as_deref(), Some("aws login --profile console"));
    assert_eq!(profiles.sign_in("keys"), None);
    assert_eq!(
        profiles.mfa_device("root role").as_deref(),
        Some("arn:aws:iam::111122223333:mfa/me")
    );
    assert_eq!(quoted("root role"), "'root role'");
}

#[test]
fn a_service_s_own_endpoint_wins() {
    let config = "
[profile local]
services = emulators
endpoint_url = http://localhost:1
region = eu-west-1
[services emulators]
dynamodb =
  endpoint_url = http://localhost:2
sfn =
  endpoint_url = http://localhost:3
[profile wide]
endpoint_url = http://localhost:4
[profile off]
endpoint_url = http://localhost:5
ignore_configured_endpoint_urls = true
[profile elsewhere]
services = nowhere
";
    let profiles = read(config, "");
    let endpoint = |name: &str| profiles.get(name).and_then(|it| it.endpoint_url.clone());
    assert_eq!(endpoint("local").as_deref(), Some("http://localhost:3"));
    assert_eq!(endpoint("wide").as_deref(), Some("http://localhost:4"));
    assert_eq!(endpoint("off"), None);
    assert_eq!(endpoint("elsewhere"), None);
}

#[test]
fn a_prefixed_default_beats_a_bare_one_and_credentials_beat_config() {
    let config = "[default]\nregion = one\n[profile default]\nregion = two\n[default]\nregion = three\n[profile p]\nregion = four\n";
    let profiles = read(config, "[p]\nregion = five\n");
    assert_eq!(profiles.get("default").and_then(|it| it.region.as_deref()), Some("two"));
    assert_eq!(profiles.get("p").and_then(|it| it.region.as_deref()), Some("five"));
}

#[test]
fn odd_lines_are_told_and_the_rest_is_read() {
    let config =
        "\u{feff}region = x\n[profile a\nregion = y\nnonsense\n[profile b]\nREGION=z\n  more\n";
    let profiles = read(config, "");
    assert_eq!(profiles.list.len(), 1);
    assert_eq!(profiles.get("b").and_then(|it| it.region.as_deref()), Some("z"));
    let lines: Vec<&str> =
        profiles.problems.iter().filter_map(|it| it.split(": ").nth(1)).collect();
    assert_eq!(lines, ["line 1", "line 2", "line 4"]);
}

#[test]
fn a_loop_of_source_profiles_ends() {
    let config = "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\nsource_profile = a\n";
    let profiles = read(config, "");
    let names: Vec<&str> = profiles.chain("a").iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn files_that_are_not_there_are_empty() {
    let files = ProfileFiles { config: "/nowhere/a".into(), credentials: "/nowhere/b".into() };
    assert_eq!(files.read(), Profiles::default());
}
