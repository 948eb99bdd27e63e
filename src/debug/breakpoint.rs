//! Where to stop: breakpoints on states, and filters for errors. Kept outside sessions, by the state's path, so that they
//! outlive a session and survive an edit of the definition.

use std::collections::BTreeMap;

use crate::asl::StatePath;

/// Everything that can stop a running session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breakpoints {
    pub states: BTreeMap<StatePath, Breakpoint>,
    pub exceptions: ExceptionFilters,
}

/// A breakpoint on a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakpoint {
    pub enabled: bool,
    pub on: BreakOn,
    /// Stops only where this holds; see [`super::evaluate::holds`] for what may be written.
    pub condition: Option<String>,
    pub hit_count: Option<HitCount>,
    /// Writes this instead of stopping; `{…}` inside is evaluated.
    pub log_message: Option<String>,
}

/// When a breakpoint stops, relative to a visit of its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakOn {
    /// Just after the `…StateEntered` event, before the state does anything.
    #[default]
    Entered,
    /// Just after the `…StateExited` event.
    Exited,
    Both,
}

/// Which visits count. Visits of the state are counted over the whole execution, whether the condition held or not, so
/// that running backwards stops at the same places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitCount {
    Exactly(u32),
    AtLeast(u32),
    /// Every n-th.
    Every(u32),
}

/// Which errors stop a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionFilters {
    /// Errors that no Retry and no Catch takes care of.
    pub uncaught: bool,
    /// Errors that a Retry or a Catch takes care of.
    pub caught: bool,
    /// Only these error names; empty for all.
    pub names: Vec<String>,
}

impl Default for ExceptionFilters {
    fn default() -> Self {
        Self { uncaught: true, caught: false, names: Vec::new() }
    }
}

impl Default for Breakpoint {
    fn default() -> Self {
        Self {
            enabled: true,
            on: BreakOn::Entered,
            condition: None,
            hit_count: None,
            log_message: None,
        }
    }
}

impl Breakpoints {
    /// Adds a plain breakpoint, or removes whatever stands there. Whether there is one now.
    pub fn toggle(&mut self, state: &StatePath) -> bool {
        if self.states.remove(state).is_some() {
            return false;
        }
        self.states.insert(state.clone(), Breakpoint::default());
        true
    }

    /// The enabled breakpoint of a state.
    pub fn enabled(&self, state: &StatePath) -> Option<&Breakpoint> {
        self.states.get(state).filter(|it| it.enabled)
    }
}

impl BreakOn {
    pub fn entered(self) -> bool {
        match self {
            Self::Entered | Self::Both => true,
            Self::Exited => false,
        }
    }

    pub fn exited(self) -> bool {
        match self {
            Self::Exited | Self::Both => true,
            Self::Entered => false,
        }
    }
}

impl HitCount {
    /// Reads `3` or `=3`, `>=3`, `>3`, `%3` (every third).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (operator, number) = text.split_at(text.find(|it: char| it.is_ascii_digit())?);
        let number: u32 = number.trim().parse().ok()?;
        match operator.trim() {
            "" | "=" | "==" if number > 0 => Some(Self::Exactly(number)),
            ">=" => Some(Self::AtLeast(number)),
            ">" => Some(Self::AtLeast(number.checked_add(1)?)),
            "%" if number > 0 => Some(Self::Every(number)),
            _ => None,
        }
    }

    /// Whether the n-th visit, counted from 1, counts.
    pub fn includes(self, visit: u32) -> bool {
        match self {
            Self::Exactly(number) => visit == number,
            Self::AtLeast(number) => visit >= number,
            Self::Every(number) => number > 0 && visit.is_multiple_of(number),
        }
    }
}

/// As [`HitCount::parse`] reads it.
impl std::fmt::Display for HitCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(number) => write!(f, "{number}"),
            Self::AtLeast(number) => write!(f, ">={number}"),
            Self::Every(number) => write!(f, "%{number}"),
        }
    }
}

impl ExceptionFilters {
    /// Whether an error of this name, taken care of or not, stops a session.
    pub fn stops(&self, error: &str, caught: bool) -> bool {
        let wanted = if caught { self.caught } else { self.uncaught };
        wanted && (self.names.is_empty() || self.names.iter().any(|name| name == error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hit_counts_read_what_they_write() {
        for text in ["3", ">=2", "%5"] {
            assert_eq!(HitCount::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        }
        assert_eq!(HitCount::parse("> 2"), Some(HitCount::AtLeast(3)));
        for wrong in ["", "x", "%0", "0", "<3", ">", "3x", ">4294967295"] {
            assert_eq!(HitCount::parse(wrong), None, "{wrong}");
        }
        assert!(HitCount::Every(3).includes(6) && !HitCount::Every(3).includes(7));
    }

    #[test]
    fn toggling_twice_leaves_nothing() {
        let (mut breakpoints, state) = (Breakpoints::default(), StatePath::new("Pay"));
        assert!(breakpoints.toggle(&state));
        assert!(breakpoints.enabled(&state).is_some());
        assert!(!breakpoints.toggle(&state));
        assert_eq!(breakpoints, Breakpoints::default());
    }

    #[test]
    fn an_error_filter_looks_at_the_name_and_at_who_takes_care() {
        let filters = ExceptionFilters {
            names: vec!["States.Timeout".into()],
            ..ExceptionFilters::default()
        };
        assert!(filters.stops("States.Timeout", false));
        assert!(!filters.stops("States.Timeout", true));
        assert!(!filters.stops("Other", false));
    }
}
