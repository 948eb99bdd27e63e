//! The text form of AWS's two profile files. Values that are secret are never kept.

use std::collections::BTreeMap;

use super::Settings;

/// The two files name their profiles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// `[profile NAME]`, `[default]`, `[services NAME]`, …
    Config,
    /// `[NAME]`
    Credentials,
}

/// The sections that matter here, of both files together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    pub(super) profiles: BTreeMap<String, Settings>,
    /// The nested settings have a dot in their name: `sfn.endpoint_url`.
    pub(super) services: BTreeMap<String, Settings>,
}

/// The settings whose values may be shown. Everything else, known or not, may be a secret: `credential_process`, for one, carries
/// passwords in its arguments.
const READABLE: &[&str] = &[
    "region",
    "endpoint_url",
    "ignore_configured_endpoint_urls",
    "services",
    "role_arn",
    "source_profile",
    "credential_source",
    "mfa_serial",
    "sso_session",
    "sso_account_id",
    "sso_role_name",
    "sfn.endpoint_url",
];

/// What the lines that follow belong to.
enum Place {
    Profile(String),
    Services(String),
    /// `[sso-session …]`, `[plugins]` and whatever comes next year.
    Other,
    /// Before the first section.
    Nowhere,
}

impl Sections {
    /// Adds a file's settings; those of the credentials file win, so it is read last. Gives the lines that mean nothing.
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
    pub(super) fn read(&mut self, text: &str, kind: FileKind) -> Vec<String> {
        let mut problems = Vec::new();
        let mut place = Place::Nowhere;
        // `[profile default]` beats `[default]`, whichever comes first.
        let mut prefixed_default = false;
        let mut parent = String::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let number = number + 1;
            if line.trim().is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                parent.clear();
                let Some((name, _)) = rest.split_once(']') else {
                    problems.push(format!("line {number}: a section without its `]`"));
                    place = Place::Other;
                    continue;
                };
                place = section(name.trim(), kind);
                if let Place::Profile(name) = &place {
                    let prefixed = rest.trim_start().starts_with("profile");
                    if name == "default" && kind == FileKind::Config {
                        if prefixed && !prefixed_default {
                            self.profiles.remove(name);
                            prefixed_default = true;
                        } else if !prefixed && prefixed_default {
                            place = Place::Other;
                            continue;
                        }
                    }
                    self.profiles.entry(name.clone()).or_default();
                }
                continue;
            }
            let nested = line.starts_with([' ', '\t']);
            let Some((key, value)) = setting(line) else {
                // A line that goes on with the value before it says nothing that is shown here.
                if !nested {
                    problems.push(format!("line {number}: neither a section nor a setting"));
                }
                continue;
            };
            let key = if nested && !parent.is_empty() {
                format!("{parent}.{key}")
            } else {
                parent = if value.is_empty() { key.clone() } else { String::new() };
                key
            };
            let settings = match &place {
                Place::Profile(name) => self.profiles.entry(name.clone()).or_default(),
                Place::Services(name) => self.services.entry(name.clone()).or_default(),
                Place::Other => continue,
                Place::Nowhere => {
                    problems.push(format!("line {number}: a setting before the first section"));
                    continue;
                }
            };
            if READABLE.contains(&key.as_str()) {
                settings.values.insert(key, value.to_owned());
            } else {
                settings.secrets.insert(key);
            }
        }
        problems
    }
}

fn section(name: &str, kind: FileKind) -> Place {
    let unquoted = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    if kind == FileKind::Credentials {
        return Place::Profile(unquoted(name));
    }
    match name.split_once([' ', '\t']) {
        None if name == "default" => Place::Profile(name.to_owned()),
        Some(("profile", name)) => Place::Profile(unquoted(name)),
        Some(("services", name)) => Place::Services(unquoted(name)),
        None | Some(_) => Place::Other,
    }
}

/// Key, in lower case, and value without its trailing comment.
fn setting(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once('=')?;
    let end = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    let value = value[..end.unwrap_or(value.len())].trim();
    let key = key.trim();
    (!key.is_empty()).then(|| (key.to_ascii_lowercase(), value))
}
