//! What is remembered between starts: recent files, theme, pane layout, breakpoints. Never credentials, never payloads.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Theme;
use super::attach::Choice;

/// How many recent paths are kept.
const RECENT: usize = 12;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub recent: Vec<PathBuf>,
    pub theme: Theme,
    /// The tour was closed for good.
    pub tour_done: bool,
    /// The arrangement of the panes, in the window's own form.
    pub panes: Option<serde_json::Value>,
    pub break_on_errors: Option<bool>,
    /// Connections to AWS, the last one first: profile, region and endpoint, and nothing secret.
    pub aws_connections: Vec<Choice>,
    /// State paths with breakpoints, by definition file or project and machine.
    pub breakpoints: BTreeMap<String, Vec<String>>,
}

impl Settings {
    /// Where settings live on this platform; `None` when there is no home.
    pub fn file() -> Option<PathBuf> {
        if let Some(file) = std::env::var_os("STEPWELL_SETTINGS") {
            return Some(file.into());
        }
        Some(directories::ProjectDirs::from("", "", "stepwell")?.config_dir().join("settings.json"))
    }

    /// What was saved, or the defaults when there is nothing or it cannot be read: settings are a comfort, not a need.
    pub fn load(file: &Path) -> Self {
        let Ok(text) = fs::read_to_string(file) else { return Self::default() };
        serde_json::from_str(&text).unwrap_or_else(|err| {
            tracing::warn!(%err, "settings could not be read, starting with defaults");
            Self::default()
        })
    }

    /// # Errors
    /// The folder or the file cannot be written.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Written beside and renamed, so that a crash half way leaves the old settings.
        let fresh = file.with_extension("json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(&fresh, file)
    }

    /// Puts a path at the head of the recent ones.
    pub fn remember(&mut self, path: &Path) {
        self.recent.retain(|it| it != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(RECENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_round_trip_and_a_broken_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("deep/settings.json");
        let mut settings = Settings { theme: Theme::Dark, tour_done: true, ..Settings::default() };
        settings.remember(Path::new("/a"));
        settings.remember(Path::new("/b"));
        settings.remember(Path::new("/a"));
        assert_eq!(settings.recent, [PathBuf::from("/a"), PathBuf::from("/b")]);
        settings.save(&file).expect("saved");
        assert_eq!(Settings::load(&file), settings);
        fs::write(&file, "{ not json").expect("written");
        assert_eq!(Settings::load(&file), Settings::default());
    }
}
