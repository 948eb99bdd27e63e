//! Answers that the user typed, or a `MockConfigFile` in the format of AWS Step Functions Local.

use indexmap::IndexMap;

use super::TaskAnswer;
use super::s3::SeedObject;
use crate::json::{Object, Value};

/// A whole `MockConfigFile`: `StateMachines.<name>.TestCases.<case>.<state> = response`, `MockedResponses.<response>.<"0" | "1-2">`.
/// Beyond Step Functions Local, `S3.<bucket>.<key> = content` names objects that are there from the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MockConfig {
    /// Machine, test case, state: the name of a response. Every name is in `responses`.
    machines: IndexMap<String, IndexMap<String, IndexMap<String, String>>>,
    responses: IndexMap<String, Vec<MockedAnswer>>,
    /// Bucket, key: a text, or a value that stands for its JSON.
    objects: IndexMap<String, IndexMap<String, Value>>,
}

/// The answers of one test case, by state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MockCase {
    answers: IndexMap<String, Vec<MockedAnswer>>,
}

/// One answer for a range of invocations. The ranges of a response start at 0 and follow each other without a gap.
#[derive(Clone, Debug, PartialEq)]
struct MockedAnswer {
    first: u32,
    last: u32,
    answer: TaskAnswer,
}

impl MockConfig {
    /// Reads a `MockConfigFile`.
    ///
    /// # Errors
    /// What is wrong, with the place (a JSON path).
    pub fn parse(json: &Value) -> Result<Self, String> {
        let root = object("the file", json)?;
        let mut config = Self::default();
        for (name, response) in members("MockedResponses", root.get("MockedResponses"))? {
            let place = format!("MockedResponses.{name}");
            config.responses.insert(name.to_owned(), response_answers(&place, response)?);
        }
        for (machine, body) in members("StateMachines", root.get("StateMachines"))? {
            let place = format!("StateMachines.{machine}");
            let cases = object(&place, body)?.get("TestCases");
            let mut parsed = IndexMap::new();
            for (case, states) in members(&format!("{place}.TestCases"), cases)? {
                let place = format!("{place}.TestCases.{case}");
                parsed.insert(case.to_owned(), config.case_states(&place, states)?);
            }
            config.machines.insert(machine.to_owned(), parsed);
        }
        for (bucket, keys) in members("S3", root.get("S3"))? {
            let keys = object(&format!("S3.{bucket}"), keys)?.iter();
            let keys = keys.map(|(key, content)| (key.to_string(), content.clone()));
            config.objects.insert(bucket.to_owned(), keys.collect());
        }
        Ok(config)
    }

    fn case_states(&self, place: &str, states: &Value) -> Result<IndexMap<String, String>, String> {
        object(place, states)?
            .iter()
            .map(|(state, response)| {
                let place = format!("{place}.{state}");
                let Some(response) = response.as_str() else {
                    return Err(format!(
                        "{place}: must be the name of a mocked response, but is {}",
                        kind(response)
                    ));
                };
                if !self.responses.contains_key(response) {
                    return Err(format!("{place}: there is no '{response}' in MockedResponses"));
                }
                Ok((state.to_string(), response.to_owned()))
            })
            .collect()
    }

    /// The objects of S3 that the file names.
    pub fn objects(&self) -> Vec<SeedObject> {
        let object = |bucket: &str, key: &str, body: &[u8]| SeedObject {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            body: body.into(),
        };
        let of_bucket = |(bucket, keys): (&String, &IndexMap<String, Value>)| {
            let mut objects = vec![object(bucket, "", b"")];
            objects.extend(keys.iter().map(|(key, content)| match content.as_str() {
                Some(text) => object(bucket, key, text.as_bytes()),
                None => object(bucket, key, content.to_string().as_bytes()),
            }));
            objects
        };
        self.objects.iter().flat_map(of_bucket).collect()
    }

    /// The names of a machine's test cases, in the order of the file.
    pub fn cases(&self, machine: &str) -> Vec<String> {
        self.machines.get(machine).into_iter().flat_map(IndexMap::keys).cloned().collect()
    }

    /// The machines that have test cases, in the order of the file.
    pub fn machines(&self) -> Vec<String> {
        self.machines.keys().cloned().collect()
    }

    /// The answers of a test case.
    pub fn case(&self, machine: &str, case: &str) -> Option<MockCase> {
        let states = self.machines.get(machine)?.get(case)?;
        let answers = states.iter().filter_map(|(state, response)| {
            Some((state.clone(), self.responses.get(response)?.clone()))
        });
        Some(MockCase { answers: answers.collect() })
    }

    /// Adds or replaces a test case. Responses that only the replaced case used are dropped.
    pub fn set_case(&mut self, machine: &str, case: &str, answers: &MockCase) {
        let cases = self.machines.entry(machine.to_owned()).or_default();
        cases.shift_remove(case);
        let used: Vec<String> = self
            .machines
            .values()
            .flat_map(IndexMap::values)
            .flat_map(IndexMap::values)
            .cloned()
            .collect();
        self.responses.retain(|name, _| used.contains(name));
        let mut states = IndexMap::new();
        for (state, answers) in &answers.answers {
            let same = self
                .responses
                .iter()
                .find(|(_, known)| *known == answers)
                .map(|(name, _)| name.clone());
            let name = same.unwrap_or_else(|| self.free_name(&format!("{case}{state}")));
            self.responses.insert(name.clone(), answers.clone());
            states.insert(state.clone(), name);
        }
        self.machines.entry(machine.to_owned()).or_default().insert(case.to_owned(), states);
    }

    /// Adds the test cases of another file; one that is here already stays as it is.
    pub fn add_missing(&mut self, other: &Self) {
        for (bucket, keys) in &other.objects {
            let known = self.objects.entry(bucket.clone()).or_default();
            for (key, content) in keys {
                known.entry(key.clone()).or_insert_with(|| content.clone());
            }
        }
        for machine in other.machines() {
            for case in other.cases(&machine) {
                if !self.cases(&machine).contains(&case)
                    && let Some(answers) = other.case(&machine, &case)
                {
                    self.set_case(&machine, &case, &answers);
                }
            }
        }
    }

    fn free_name(&self, wanted: &str) -> String {
        let numbered = (2..).map(|number: u32| format!("{wanted}{number}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|name| !self.responses.contains_key(name))
            .unwrap_or_else(|| wanted.to_owned())
    }

    /// The file again, as JSON.
    pub fn to_json(&self) -> Value {
        let machines = self.machines.iter().map(|(machine, cases)| {
            let cases = cases.iter().map(|(case, states)| {
                let states =
                    states.iter().map(|(state, name)| (state.as_str(), Value::from(name.as_str())));
                (case.as_str(), Value::object(states))
            });
            (machine.as_str(), Value::object([("TestCases", Value::object(cases))]))
        });
        let responses =
            self.responses.iter().map(|(name, answers)| (name.as_str(), answers_json(answers)));
        let objects = self.objects.iter().map(|(bucket, keys)| {
            let keys = keys.iter().map(|(key, content)| (key.as_str(), content.clone()));
            (bucket.as_str(), Value::object(keys))
        });
        let objects = (!self.objects.is_empty()).then(|| ("S3", Value::object(objects)));
        let members = [
            ("StateMachines", Value::object(machines)),
            ("MockedResponses", Value::object(responses)),
        ];
        Value::object(members.into_iter().chain(objects))
    }
}

impl MockCase {
    /// Sets or replaces the answer of a state for every invocation.
    pub fn set(&mut self, state: &str, answer: TaskAnswer) {
        self.answers.insert(state.to_owned(), vec![MockedAnswer { first: 0, last: 0, answer }]);
    }

    /// Sets the answer for one invocation (0-based) and all after it; earlier ones keep theirs, and get this one where they
    /// had none.
    pub fn set_from(&mut self, state: &str, from: u32, answer: TaskAnswer) {
        let answers = self.answers.entry(state.to_owned()).or_default();
        answers.retain(|it| it.first < from);
        let first = match answers.last_mut() {
            // The last answer serves on, so it covers everything up to here.
            Some(before) => {
                before.last = from - 1;
                from
            }
            None => 0,
        };
        answers.push(MockedAnswer { first, last: from, answer });
    }

    /// The state asks again, or is answered by something else.
    pub fn remove(&mut self, state: &str) {
        self.answers.shift_remove(state);
    }

    /// The states that have an answer.
    pub fn states(&self) -> Vec<String> {
        self.answers.keys().cloned().collect()
    }

    /// The answer for the n-th invocation (0-based) of a state, counted over the whole execution; the last one serves on.
    pub fn answer(&self, state: &str, invocation: u32) -> Option<TaskAnswer> {
        let answers = self.answers.get(state)?;
        let answer = answers.iter().find(|it| invocation <= it.last).or_else(|| answers.last())?;
        Some(answer.answer.clone())
    }
}

fn response_answers(place: &str, response: &Value) -> Result<Vec<MockedAnswer>, String> {
    let mut answers = Vec::new();
    for (range, answer) in object(place, response)? {
        let place = format!("{place}.{range}");
        let (first, last) = parse_range(range).ok_or_else(|| {
            format!("{place}: must be an attempt counted from 0 such as \"0\", or a range such as \"1-3\"")
        })?;
        answers.push(MockedAnswer { first, last, answer: parse_answer(&place, answer)? });
    }
    answers.sort_by_key(|it| it.first);
    let mut expected = 0_u64;
    for it in &answers {
        if u64::from(it.first) != expected {
            let what =
                if u64::from(it.first) > expected { "has no answer" } else { "has two answers" };
            let attempt = expected.min(u64::from(it.first));
            return Err(format!("{place}: attempt {attempt} {what}"));
        }
        expected = u64::from(it.last) + 1;
    }
    if answers.is_empty() {
        return Err(format!(
            "{place}: has no answer; add \"0\": {{\"Return\": …}} or {{\"Throw\": …}}"
        ));
    }
    Ok(answers)
}

fn parse_range(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some((first, last))
}

fn parse_answer(place: &str, answer: &Value) -> Result<TaskAnswer, String> {
    let members = object(place, answer)?;
    match (members.get("Return"), members.get("Throw"), members.len()) {
        (Some(output), None, 1) => Ok(TaskAnswer::Succeeded { output: output.clone() }),
        (None, Some(thrown), 1) => {
            let place = format!("{place}.Throw");
            let thrown = object(&place, thrown)?;
            let text = |name: &str| match thrown.get(name) {
                None => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.clone())),
                Some(other) => {
                    Err(format!("{place}.{name}: must be a string, but is {}", kind(other)))
                }
            };
            Ok(TaskAnswer::Failed { error: text("Error")?, cause: text("Cause")? })
        }
        _ => Err(format!("{place}: must have either \"Return\" or \"Throw\", and nothing else")),
    }
}

fn answers_json(answers: &[MockedAnswer]) -> Value {
    Value::object(answers.iter().map(|it| {
        let range = if it.first == it.last {
            it.first.to_string()
        } else {
            format!("{}-{}", it.first, it.last)
        };
        let answer = match &it.answer {
            TaskAnswer::Succeeded { output } | TaskAnswer::Submitted { output } => {
                ("Return", output.clone())
            }
            TaskAnswer::Failed { error, cause } => {
                let error = error.clone().map(|text| ("Error", Value::from(text)));
                let cause = cause.clone().map(|text| ("Cause", Value::from(text)));
                ("Throw", Value::object(error.into_iter().chain(cause)))
            }
            // The format has no word for it; to the state it comes to the same.
            TaskAnswer::Never => {
                ("Throw", Value::object([("Error", Value::from("States.Timeout"))]))
            }
        };
        (range, Value::object([answer]))
    }))
}

fn object<'a>(place: &str, value: &'a Value) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{place}: must be an object, but is {}", kind(value)))
}

/// The members of an optional object.
fn members<'a>(
    place: &str,
    value: Option<&'a Value>,
) -> Result<impl Iterator<Item = (&'a str, &'a Value)>, String> {
    let members = value.map(|value| object(place, value)).transpose()?;
    Ok(members.into_iter().flatten().map(|(name, value)| (&**name, value)))
}

fn kind(value: &Value) -> String {
    match value.type_name() {
        name @ ("object" | "array") => format!("an {name}"),
        "null" => "null".to_owned(),
        name => format!("a {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "StateMachines": {"Orders": {"TestCases": {
            "Happy": {"Charge": "Charged"},
            "Retried": {"Charge": "ChargedLater", "Notify": "Sent"}
        }}},
        "MockedResponses": {
            "Charged": {"0": {"Return": {"ok": true}}},
            "ChargedLater": {
                "0": {"Throw": {"Error": "Busy", "Cause": "Try again."}},
                "1-2": {"Throw": {"Error": "Slow"}},
                "3": {"Return": 7}
            },
            "Sent": {"0-1": {"Return": null}}
        },
        "S3": {"orders": {"a.json": [1, 2], "b.txt": "text"}, "results": {}}
    }"#;

    fn parse(text: &str) -> Result<MockConfig, String> {
        MockConfig::parse(&Value::parse(text).expect("the test's file is JSON"))
    }

    #[test]
    fn attempts_are_answered_in_their_order_and_the_last_answer_serves_on() {
        let config = parse(FILE).expect("a good file");
        assert_eq!(config.cases("Orders"), ["Happy", "Retried"]);
        assert!(config.cases("Other").is_empty());
        let case = config.case("Orders", "Retried").expect("is there");
        assert_eq!(case.states(), ["Charge", "Notify"]);
        let failed = |error: &str, cause: Option<&str>| {
            Some(TaskAnswer::Failed { error: Some(error.into()), cause: cause.map(Into::into) })
        };
        assert_eq!(case.answer("Charge", 0), failed("Busy", Some("Try again.")));
        assert_eq!(case.answer("Charge", 1), failed("Slow", None));
        assert_eq!(case.answer("Charge", 2), failed("Slow", None));
        let seven = Some(TaskAnswer::Succeeded { output: Value::from(7) });
        assert_eq!(case.answer("Charge", 3), seven);
        assert_eq!(case.answer("Charge", 900), seven);
        assert_eq!(case.answer("Unknown", 0), None);
    }

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let config = parse(FILE).expect("a good file");
        assert_eq!(config.to_json(), Value::parse(FILE).expect("JSON"));
        assert_eq!(MockConfig::parse(&config.to_json()), Ok(config));
    }

    #[test]
    fn objects_of_s3_stand_beside_the_answers() {
        let objects = parse(FILE).expect("a good file").objects();
        let texts: Vec<_> = objects
            .iter()
            .map(|it| (it.bucket.as_str(), it.key.as_str(), String::from_utf8_lossy(&it.body)))
            .collect();
        let expected = [
            ("orders", "", "".into()),
            ("orders", "a.json", "[1,2]".into()),
            ("orders", "b.txt", "text".into()),
            ("results", "", "".into()),
        ];
        assert_eq!(texts, expected);
        let message = "S3.b: must be an object, but is a number";
        assert_eq!(parse(r#"{"S3":{"b":1}}"#), Err(message.to_owned()));
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        for (file, message) in [
            ("[]", "the file: must be an object, but is an array"),
            (r#"{"MockedResponses": {"A": {"x": {}}}}"#, "MockedResponses.A.x: must be an attempt"),
            (
                r#"{"MockedResponses": {"A": {"3-1": {}}}}"#,
                "MockedResponses.A.3-1: must be an attempt",
            ),
            (
                r#"{"MockedResponses": {"A": {"99999999999": {}}}}"#,
                "MockedResponses.A.99999999999: must be an attempt",
            ),
            (r#"{"MockedResponses": {"A": {}}}"#, "MockedResponses.A: has no answer"),
            (r#"{"MockedResponses": {"A": {"0": {}}}}"#, "MockedResponses.A.0: must have either"),
            (
                r#"{"MockedResponses": {"A": {"1": {"Return": 1}}}}"#,
                "MockedResponses.A: attempt 0 has no answer",
            ),
            (
                r#"{"MockedResponses": {"A": {"0-2": {"Return": 1}, "1": {"Return": 1}}}}"#,
                "MockedResponses.A: attempt 1 has two answers",
            ),
            (
                r#"{"MockedResponses": {"A": {"0": {"Throw": {"Error": 5}}}}}"#,
                "MockedResponses.A.0.Throw.Error: must be a string, but is a number",
            ),
            (
                r#"{"StateMachines": {"M": {"TestCases": {"C": {"S": "Nope"}}}}}"#,
                "StateMachines.M.TestCases.C.S: there is no 'Nope' in MockedResponses",
            ),
        ] {
            let error = parse(file).expect_err(file);
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn files_of_several_machines_are_laid_together() {
        let mut config = parse(FILE).expect("a good file");
        let other = FILE.replace("Orders", "Returns").replace("\"ok\": true", "\"ok\": false");
        config.add_missing(&parse(&other).expect("a good file"));
        assert_eq!(config.machines(), ["Orders", "Returns"]);
        let ok =
            |machine: &str| config.case(machine, "Happy").and_then(|case| case.answer("Charge", 0));
        let output = |truth: bool| {
            Some(TaskAnswer::Succeeded { output: Value::object([("ok", Value::from(truth))]) })
        };
        assert_eq!(
            (ok("Orders"), ok("Returns")),
            (output(true), output(false)),
            "the same response name, two answers"
        );
        let before = config.clone();
        config.add_missing(&before);
        assert_eq!(config, before);
    }

    #[test]
    fn typed_answers_become_a_case_of_the_file() {
        let mut config = parse(FILE).expect("a good file");
        let mut case = config.case("Orders", "Happy").expect("is there");
        case.set_from("Charge", 2, TaskAnswer::Failed { error: Some("Late".into()), cause: None });
        case.set("Ship", TaskAnswer::Succeeded { output: Value::from("sent") });
        config.set_case("Orders", "Happy", &case);
        let again = MockConfig::parse(&config.to_json()).expect("what was written reads");
        let read = again.case("Orders", "Happy").expect("is there");
        assert_eq!(read, case);
        assert_eq!(
            read.answer("Charge", 1),
            Some(TaskAnswer::Succeeded { output: Value::object([("ok", Value::from(true))]) })
        );
        assert_eq!(
            read.answer("Charge", 2),
            Some(TaskAnswer::Failed { error: Some("Late".into()), cause: None })
        );
        assert_eq!(
            again.case("Orders", "Retried"),
            parse(FILE).expect("a good file").case("Orders", "Retried")
        );
    }
}
