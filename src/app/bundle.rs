//! `.stepwell` files: one execution to pass on, with its definition, mocks, breakpoints and notes, in one JSON file.
//!
//! Its `events` are those of `GetExecutionHistory`, so whatever reads a history reads a bundle too. Saving takes secrets out unless it is
//! told not to. A bundle that is opened may come from anybody: its size is limited, and nothing in it is run or followed.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::limited;
use super::redact::{Part, Redactor};
use crate::asl::{self, StateMachineType, StatePath};
use crate::debug::{BreakOn, Breakpoint, Breakpoints, HitCount};
use crate::execution::{Execution, ExecutionSource, History, export, import};
use crate::json::document::{Document, Format};
use crate::json::{Value, readable};
use crate::project::{DefinitionJson, MachineDefinition, Project};
use crate::services::mock::MockConfig;

/// The form of the file; another number is another form.
const VERSION: i64 = 1;
/// How many bytes a bundle or a history may have.
pub const MAX_BYTES: u64 = 512 << 20;
const MAX_BREAKPOINTS: usize = 10_000;
const MAX_NOTES_BYTES: usize = 1 << 20;

/// An execution with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub machine: String,
    pub kind: StateMachineType,
    /// As it was written: JSON or YAML.
    pub definition: Arc<str>,
    /// Where it is known.
    pub execution_arn: Option<Arc<str>>,
    pub history: History,
    pub mocks: Option<MockConfig>,
    pub breakpoints: Breakpoints,
    /// Whatever the sender wants to say.
    pub notes: String,
    /// Where secrets were taken out when it was saved.
    pub redacted: Vec<String>,
}

/// Whether a path is named as bundles are.
pub fn is_bundle(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("stepwell"))
}

impl Bundle {
    /// The file. With `redact`, secrets are taken out, and the file says where; see [`super::redact`].
    #[must_use]
    pub fn to_json(&self, redact: bool) -> Value {
        let events = export::to_json(&self.history).get("events").cloned().unwrap_or_default();
        let mocks = self.mocks.as_ref().map_or(Value::Null, MockConfig::to_json);
        let parts = [
            (Part::Event, "events", events),
            (Part::Data, "mocks", mocks),
            (Part::Data, "notes", Value::from(self.notes.as_str())),
            (Part::Data, "breakpoints", breakpoints_json(&self.breakpoints)),
            (
                Part::Data,
                "executionArn",
                self.execution_arn.clone().map_or(Value::Null, Value::String),
            ),
        ];
        let mut redactor = Redactor::default();
        let (parts, definition) = if redact {
            self.without_secrets(parts, &mut redactor)
        } else {
            (parts.map(|(_, _, value)| value), Value::String(Arc::clone(&self.definition)))
        };
        let [events, mocks, notes, breakpoints, execution_arn] = parts;
        let mut members = vec![
            ("stepwell", Value::from(VERSION)),
            ("machine", Value::from(self.machine.as_str())),
            ("type", Value::from(self.kind.as_str())),
        ];
        members
            .extend(Some(execution_arn).filter(|it| !it.is_null()).map(|it| ("executionArn", it)));
        members.extend([("definition", definition), ("events", events)]);
        members.extend(Some(mocks).filter(|it| !it.is_null()).map(|it| ("mocks", it)));
        members.extend([("breakpoints", breakpoints), ("notes", notes)]);
        // One that was redacted before stays so.
        let mut places = self.redacted.clone();
        places.extend(redactor.places.iter().filter(|it| !self.redacted.contains(it)).cloned());
        let places = places.iter().map(|it| redactor.sweep(&Value::from(it.as_str()), Part::Data));
        members.push(("redacted", Value::array(places)));
        Value::object(members)
    }

    /// The parts of the file and the definition. What is a secret in one of them is none to tell in the others either, so all
    /// are looked through before the first is written.
    fn without_secrets<const N: usize>(
        &self,
        parts: [(Part, &str, Value); N],
        redactor: &mut Redactor,
    ) -> ([Value; N], Value) {
        // There are some where it was redacted before.
        redactor.count_placeholders(&self.definition);
        parts.iter().for_each(|(_, _, value)| redactor.count_placeholders(&value.to_string()));
        let text = &self.definition;
        let json = Document::parse(text, Format::sniff(text)).root.as_ref().map(|it| it.to_value());
        // What is no definition is a text.
        let (json, part) =
            json.map_or_else(|| (Value::from(&**text), Part::Data), |it| (it, Part::Machine));
        let definition = redactor.redact(&json, "definition", part);
        let parts = parts.map(|(part, place, value)| (part, redactor.redact(&value, place, part)));
        let parts = parts.map(|(part, value)| redactor.sweep(&value, part));
        let definition = redactor.sweep(&definition, part);
        let definition = if definition.as_str().is_some() {
            definition
        } else if definition == json && !self.comments_tell(redactor) {
            // Without any secret it stays as it was written, unless a comment has one.
            Value::String(Arc::clone(text))
        } else {
            Value::from(definition.to_pretty())
        };
        (parts, definition)
    }

    fn comments_tell(&self, redactor: &Redactor) -> bool {
        let text = Value::String(Arc::clone(&self.definition));
        Value::parse(&self.definition).is_err()
            && (Redactor::default().redact(&text, "", Part::Data) != text
                || redactor.sweep(&text, Part::Data) != text)
    }

    /// Reads what [`Bundle::to_json`] gave.
    ///
    /// # Errors
    /// It is something else, or larger than a bundle may be; in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json = Value::parse(text).map_err(|err| format!("it is not JSON: {err}"))?;
        if json.get("stepwell").and_then(Value::as_i64) != Some(VERSION) {
            return Err(format!(
                "it is no bundle of this program: there is no \"stepwell\": {VERSION}"
            ));
        }
        let name = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let definition = match json.get("definition") {
            Some(Value::String(text)) => Arc::clone(text),
            Some(definition) if definition.as_object().is_some() => definition.to_pretty().into(),
            Some(_) | None => return Err("its definition is missing".to_owned()),
        };
        let imported = import::from_json(&json, None)?;
        let mocks = json.get("mocks").map(MockConfig::parse).transpose();
        let notes = name("notes").unwrap_or_default();
        if notes.len() > MAX_NOTES_BYTES {
            return Err("its notes are too long".to_owned());
        }
        let redacted = json.get("redacted").and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            machine: name("machine").unwrap_or_else(|| "machine".to_owned()),
            kind: match name("type").as_deref() {
                Some("EXPRESS") => StateMachineType::Express,
                Some(_) | None => StateMachineType::Standard,
            },
            definition,
            execution_arn: imported.execution_arn,
            history: imported.history,
            mocks: mocks.map_err(|why| format!("its mocks: {why}"))?,
            breakpoints: breakpoints_of(json.get("breakpoints"))?,
            notes,
            redacted: redacted.filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        })
    }

    /// The machine of the bundle as a project of its own. `path` is where the bundle was read from.
    #[must_use]
    pub fn project(&self, path: &Path) -> Project {
        // One that came from AWS may stand on a single line.
        let text: Arc<str> = match readable(&self.definition) {
            Cow::Borrowed(_) => Arc::clone(&self.definition),
            Cow::Owned(text) => text.into(),
        };
        let document = Document::parse(&text, Format::sniff(&text));
        let parsed = asl::parse::parse(&document);
        // An execution is shown in the machine that its ARN names.
        let arn = self.execution_arn.as_deref();
        let name = arn.map_or(self.machine.as_str(), super::simulation::machine_of).to_owned();
        let machine = MachineDefinition {
            name: name.clone(),
            kind: self.kind,
            arn: format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}"),
            role_arn: None,
            machine: Arc::new(parsed.machine),
            definition: DefinitionJson::of_text(Arc::clone(&text)),
            file: path.to_owned(),
            text,
            diagnostics: parsed.diagnostics,
            substitutions: Vec::new(),
        };
        Project {
            path: path.to_owned(),
            root: path.parent().map(Path::to_owned).unwrap_or_default(),
            name,
            machines: vec![machine],
            mocks: self.mocks.clone(),
            objects: self.mocks.iter().flat_map(MockConfig::objects).collect(),
            ..Project::default()
        }
    }

    /// The execution of the bundle, in a machine of [`Bundle::project`].
    #[must_use]
    pub fn execution(&self, machine: &MachineDefinition, path: PathBuf) -> Execution {
        let made_up = || super::simulation::execution_arn(machine, "bundle");
        Execution {
            arn: self.execution_arn.clone().unwrap_or_else(made_up),
            state_machine: Arc::clone(&machine.machine),
            kind: self.kind,
            history: self.history.clone(),
            source: ExecutionSource::Imported { path },
        }
    }
}

/// Reads a file that others wrote, up to a size.
pub(super) fn read_limited(path: &Path) -> Result<String, String> {
    limited::read_text(path, MAX_BYTES)
}

fn breakpoints_json(breakpoints: &Breakpoints) -> Value {
    Value::array(breakpoints.states.iter().map(|(state, it)| {
        let on = match it.on {
            BreakOn::Entered => "entered",
            BreakOn::Exited => "exited",
            BreakOn::Both => "both",
        };
        let hits = it.hit_count.map(|hits| match hits {
            HitCount::Exactly(number) => format!("={number}"),
            HitCount::AtLeast(number) => format!(">={number}"),
            HitCount::Every(number) => format!("%{number}"),
        });
        let text = |name, text: &Option<String>| text.as_deref().map(|it| (name, Value::from(it)));
        let always = [
            ("state", Value::from(state.as_str())),
            ("enabled", Value::from(it.enabled)),
            ("on", Value::from(on)),
        ];
        let optional =
            [text("condition", &it.condition), text("hits", &hits), text("log", &it.log_message)];
        Value::object(always.into_iter().chain(optional.into_iter().flatten()))
    }))
}

fn breakpoints_of(json: Option<&Value>) -> Result<Breakpoints, String> {
    let mut breakpoints = Breakpoints::default();
    let list = json.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.len() > MAX_BREAKPOINTS {
        return Err(format!("it has more than {MAX_BREAKPOINTS} breakpoints"));
    }
    for (index, it) in list.iter().enumerate() {
        let text = |name: &str| it.get(name).and_then(Value::as_str).map(str::to_owned);
        let state = text("state").ok_or_else(|| format!("breakpoints[{index}] names no state"))?;
        let breakpoint = Breakpoint {
            enabled: it.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            on: match text("on").as_deref() {
                Some("exited") => BreakOn::Exited,
                Some("both") => BreakOn::Both,
                Some(_) | None => BreakOn::Entered,
            },
            condition: text("condition"),
            hit_count: text("hits").and_then(|it| HitCount::parse(&it)),
            log_message: text("log"),
        };
        breakpoints.states.insert(StatePath::new(&state), breakpoint);
    }
    Ok(breakpoints)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let events = r#"{"events":[{"timestamp":"2026-01-01T00:00:00.000Z","type":"ExecutionStarted","id":1,"previousEventId":0,
            "executionStartedEventDetails":{"input":"{\"user\":\"ada\",\"password\":\"hunter2\"}"}}]}"#;
        let mut breakpoints = Breakpoints::default();
        breakpoints.states.insert(
            StatePath::new("A/0/B"),
            Breakpoint {
                on: BreakOn::Both,
                hit_count: Some(HitCount::AtLeast(3)),
                condition: Some("$.a".to_owned()),
                ..Breakpoint::default()
            },
        );
        Bundle {
            machine: "M".to_owned(),
            kind: StateMachineType::Express,
            definition: r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.into(),
            execution_arn: Some("arn:aws:states:us-east-1:1:execution:M:run".into()),
            history: import::parse(events, None).expect("a history").history,
            mocks: Some(MockConfig::default()),
            breakpoints,
            notes: "See password".to_owned(),
            redacted: Vec::new(),
        }
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written() {
        let text = bundle().to_json(false).to_string();
        let read = Bundle::parse(&text).expect("a bundle");
        assert_eq!(read.history.events(), bundle().history.events());
        assert_eq!(read.to_json_again(), text);
        let project = bundle().project(Path::new("x.stepwell"));
        assert_eq!(project.machines[0].machine.states().len(), 1);
        assert_eq!((read.breakpoints, read.mocks), (bundle().breakpoints, bundle().mocks));
        assert_eq!(import::parse(&text, None).expect("a history too").history.events().len(), 1);
    }

    impl Bundle {
        fn to_json_again(&self) -> String {
            self.to_json(false).to_string()
        }
    }

    #[test]
    fn secrets_stay_at_home() {
        let text = bundle().to_json(true).to_string();
        assert!(!text.contains("hunter2") && text.contains("ada"), "{text}");
        let read = Bundle::parse(&text).expect("a bundle");
        assert_eq!(read.redacted, ["events[0].executionStartedEventDetails.input.password"]);
        assert_eq!(&*read.definition, &*bundle().definition, "as it was written");
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for (text, why) in [
            ("{", "not JSON"),
            ("{}", "no bundle"),
            (r#"{"stepwell":2}"#, "no bundle"),
            (r#"{"stepwell":1,"events":[]}"#, "definition is missing"),
            (r#"{"stepwell":1,"definition":"{}","events":[]}"#, "no list of events"),
        ] {
            let refused = Bundle::parse(text).expect_err("it is none");
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
