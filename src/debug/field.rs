//! A field that differs between two events: its name, both values, and how they are shown where they are long.

use std::borrow::Cow;

use crate::json::Value;

/// The first field in which two events differ.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    /// The member of the event, and inside JSON the way to the value: `output.items[1].price`.
    pub field: String,
    /// `None` where the recording does not have it.
    pub recorded: Option<Value>,
    /// `None` where the re-run does not have it. Events that a text names have the recording's numbers.
    pub simulated: Option<Value>,
}

/// Characters of a value that are shown.
const MOST_SHOWN: usize = 90;
/// Those of them that are before the difference.
const LEAD: usize = 28;
/// What looks like JSON in a text and is none, at most, before the rest is taken as it is.
const MOST_TRIED: usize = 64;

impl FieldDifference {
    /// Two values that differ, under a name.
    pub fn named(name: &str, recorded: Option<&Value>, simulated: Option<&Value>) -> Self {
        Self::here(recorded, simulated).inside_member(name)
    }

    /// The values themselves differ.
    pub(super) fn here(recorded: Option<&Value>, simulated: Option<&Value>) -> Self {
        Self { field: String::new(), recorded: recorded.cloned(), simulated: simulated.cloned() }
    }

    /// The way from the object around it.
    pub(super) fn inside_member(mut self, name: &str) -> Self {
        let is_plain = name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '$'));
        let step = if is_plain && !name.is_empty() {
            name.to_owned()
        } else {
            format!("['{}']", name.replace('\'', "\\'"))
        };
        let joint = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{step}{joint}{}", self.field);
        self
    }

    /// The way from the array around it.
    pub(super) fn inside_item(mut self, index: usize) -> Self {
        let joint = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("[{index}]{joint}{}", self.field);
        self
    }

    /// Both values as text, those that are long cut around the place where they differ.
    pub fn excerpts(&self) -> (String, String) {
        let text = |value: &Option<Value>| match value {
            Some(Value::String(text)) => Some(compacted(text).into_owned()),
            Some(value) => Some(value.to_string()),
            None => None,
        };
        let is_text =
            |value: &Option<Value>| value.as_ref().is_some_and(|it| it.as_str().is_some());
        let (recorded, simulated) = (text(&self.recorded), text(&self.simulated));
        let same = match (&recorded, &simulated) {
            (Some(one), Some(two)) => {
                one.chars().zip(two.chars()).take_while(|(one, two)| one == two).count()
            }
            (_, _) => 0,
        };
        // Both are cut at the same place, so that they can be compared letter by letter.
        let length = |text: &Option<String>| text.as_ref().map_or(0, |it| it.chars().count());
        let is_long = length(&recorded).max(length(&simulated)) > MOST_SHOWN;
        let start = if is_long { same.saturating_sub(LEAD) } else { 0 };
        let shown = |text: Option<String>, quoted: bool| match text {
            None => "nothing".to_owned(),
            Some(text) if quoted => format!("\"{}\"", excerpt(&text, start)),
            Some(text) => excerpt(&text, start),
        };
        (shown(recorded, is_text(&self.recorded)), shown(simulated, is_text(&self.simulated)))
    }
}

impl std::fmt::Display for FieldDifference {
    /// `cause: recorded "no such key", now "no such item"`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (recorded, simulated) = self.excerpts();
        write!(f, "{}: recorded {recorded}, now {simulated}", self.field)
    }
}

/// A text from its character `start` on, on one line.
fn excerpt(text: &str, start: usize) -> String {
    let length = text.chars().count();
    let cut: String = text.chars().skip(start).take(MOST_SHOWN).collect();
    let cut = cut.replace('\n', "\\n").replace('\r', "\\r");
    let (before, after) = (start > 0, length > start + MOST_SHOWN);
    format!("{}{cut}{}", if before { "…" } else { "" }, if after { "…" } else { "" })
}

/// A text with the JSON in it written without white space, and everything around that as it is.
pub(super) fn compacted(text: &str) -> Cow<'_, str> {
    if !text.contains(['{', '[']) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest, mut tried) = (String::new(), text, 0);
    while let Some(start) = rest.find(['{', '[']).filter(|_| tried < MOST_TRIED) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let value = end_of_json(from).and_then(|end| {
            let (json, after) = from.split_at(end);
            Some((Value::parse(json).ok()?, after))
        });
        rest = if let Some((value, after)) = value {
            out.push_str(&value.to_string());
            after
        } else {
            tried += 1;
            out.push_str(&from[..1]);
            &from[1..]
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the bracket with which a text begins is closed.
fn end_of_json(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(recorded: &str, simulated: &str) -> FieldDifference {
        let text = |text: &str| Value::String(text.into());
        FieldDifference::here(Some(&text(recorded)), Some(&text(simulated))).inside_member("cause")
    }

    #[test]
    fn a_long_value_is_cut_where_it_differs() {
        assert_eq!(field("a", "b").to_string(), r#"cause: recorded "a", now "b""#);
        let long = "é".repeat(500);
        let (one, two) = (format!("{long}one{long}"), format!("{long}two{long}"));
        let (recorded, simulated) = field(&one, &two).excerpts();
        assert!(recorded.contains("one") && simulated.contains("two"), "{recorded}");
        assert!(recorded.starts_with("\"…é") && recorded.ends_with("é…\""), "{recorded}");
        assert!(recorded.chars().count() < 100);
        let (recorded, simulated) = field(&long, &format!("{long}!")).excerpts();
        assert!(recorded.ends_with("é\"") && simulated.ends_with("é!\""), "{simulated}");
        let missing = FieldDifference::here(None, Some(&Value::from(7))).inside_member("output");
        assert_eq!(missing.to_string(), "output: recorded nothing, now 7");
        assert_eq!(field("a\nb", "a").excerpts().0, "\"a\\nb\"", "on one line");
    }

    #[test]
    fn only_json_loses_its_white_space() {
        for (text, wanted) in [
            (r#"a  {"b" : [ 1 ]}  c"#, r#"a  {"b":[1]}  c"#),
            (r#"{ "}" : "\" { " } { x }"#, r#"{"}":"\" { "} { x }"#),
            ("[ 1 , 2 ] [ 3", "[1,2] [ 3"),
            ("} ] {", "} ] {"),
            ("none", "none"),
        ] {
            assert_eq!(compacted(text), wanted);
        }
        let hostile = "{ ".repeat(100_000);
        assert_eq!(compacted(&hostile), hostile, "and it ends soon");
    }
}
