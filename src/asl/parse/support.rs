//! Which fields a state may have, by its type and query language.

use crate::asl::QueryLanguage;
use crate::asl::similar::closest;

/// What ASL says to a field.
pub(super) enum Support {
    Yes,
    Deprecated {
        instead: &'static str,
    },
    /// Only in states of the other query language.
    Other {
        written_in: QueryLanguage,
        instead: &'static str,
    },
    No {
        similar: Option<&'static str>,
    },
}

/// In which query languages a field exists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Both,
    /// JSONPath only, with what JSONata has instead.
    Path(&'static str),
    /// JSONata only, with what JSONPath has instead.
    Jsonata(&'static str),
}

type Table = &'static [(&'static str, In)];

const COMMON: Table = &[("Type", In::Both), ("Comment", In::Both), ("QueryLanguage", In::Both)];
const FLOW: Table = &[("Next", In::Both), ("End", In::Both)];
const PAYLOAD: Table = &[
    ("InputPath", In::Path("Arguments")),
    ("OutputPath", In::Path("Output")),
    ("Output", In::Jsonata("OutputPath")),
];
const ASSIGN: Table = &[("Assign", In::Both)];
const RESULT: Table = &[("ResultSelector", In::Path("Output")), ("ResultPath", In::Path("Output"))];
const ERRORS: Table = &[("Retry", In::Both), ("Catch", In::Both)];
const CALL: Table =
    &[("Parameters", In::Path("Arguments")), ("Arguments", In::Jsonata("Parameters"))];

const TASK: Table = &[
    ("Resource", In::Both),
    ("Credentials", In::Both),
    ("TimeoutSeconds", In::Both),
    ("TimeoutSecondsPath", In::Path("TimeoutSeconds")),
    ("HeartbeatSeconds", In::Both),
    ("HeartbeatSecondsPath", In::Path("HeartbeatSeconds")),
];
const PASS: Table = &[
    ("Result", In::Path("Output")),
    ("Parameters", In::Path("Output")),
    ("ResultPath", In::Path("Output")),
];
const WAIT: Table = &[
    ("Seconds", In::Both),
    ("SecondsPath", In::Path("Seconds")),
    ("Timestamp", In::Both),
    ("TimestampPath", In::Path("Timestamp")),
];
const CHOICE: Table = &[("Choices", In::Both), ("Default", In::Both)];
const FAIL: Table = &[
    ("Error", In::Both),
    ("ErrorPath", In::Path("Error")),
    ("Cause", In::Both),
    ("CausePath", In::Path("Cause")),
];
const PARALLEL: Table = &[("Branches", In::Both)];
const MAP: Table = &[
    ("ItemProcessor", In::Both),
    ("ItemsPath", In::Path("Items")),
    ("Items", In::Jsonata("ItemsPath")),
    ("ItemSelector", In::Both),
    ("MaxConcurrency", In::Both),
    ("MaxConcurrencyPath", In::Path("MaxConcurrency")),
    ("ItemReader", In::Both),
    ("ItemBatcher", In::Both),
    ("ResultWriter", In::Both),
    ("ToleratedFailurePercentage", In::Both),
    ("ToleratedFailurePercentagePath", In::Path("ToleratedFailurePercentage")),
    ("ToleratedFailureCount", In::Both),
    ("ToleratedFailureCountPath", In::Path("ToleratedFailureCount")),
    ("Label", In::Both),
];

const MACHINE: Table = &[
    ("Comment", In::Both),
    ("StartAt", In::Both),
    ("States", In::Both),
    ("Version", In::Both),
    ("TimeoutSeconds", In::Both),
    ("QueryLanguage", In::Both),
];

const RETRIER: Table = &[
    ("ErrorEquals", In::Both),
    ("IntervalSeconds", In::Both),
    ("MaxAttempts", In::Both),
    ("BackoffRate", In::Both),
    ("MaxDelaySeconds", In::Both),
    ("JitterStrategy", In::Both),
    ("Comment", In::Both),
];
const CATCHER: Table = &[
    ("ErrorEquals", In::Both),
    ("Next", In::Both),
    ("ResultPath", In::Path("Output")),
    ("Assign", In::Both),
    ("Output", In::Jsonata("ResultPath")),
    ("Comment", In::Both),
];

fn tables(state_type: &str) -> Option<&'static [Table]> {
    Some(match state_type {
        "Task" => &[COMMON, FLOW, PAYLOAD, ASSIGN, CALL, RESULT, ERRORS, TASK],
        "Pass" => &[COMMON, FLOW, PAYLOAD, ASSIGN, PASS],
        "Wait" => &[COMMON, FLOW, PAYLOAD, ASSIGN, WAIT],
        "Choice" => &[COMMON, PAYLOAD, ASSIGN, CHOICE],
        "Succeed" => &[COMMON, PAYLOAD],
        "Fail" => &[COMMON, FAIL],
        "Parallel" => &[COMMON, FLOW, PAYLOAD, ASSIGN, CALL, RESULT, ERRORS, PARALLEL],
        "Map" => &[COMMON, FLOW, PAYLOAD, ASSIGN, RESULT, ERRORS, MAP],
        _ => return None,
    })
}

/// A field of a state. A state of unknown type may have any.
pub(super) fn of_state(state_type: &str, language: QueryLanguage, name: &str) -> Support {
    let Some(tables) = tables(state_type) else { return Support::Yes };
    if state_type == "Map" {
        match name {
            "Iterator" => return Support::Deprecated { instead: "ItemProcessor" },
            "Parameters" if language == QueryLanguage::JsonPath => {
                return Support::Deprecated { instead: "ItemSelector" };
            }
            "Parameters" => {
                return Support::Other {
                    written_in: QueryLanguage::JsonPath,
                    instead: "ItemSelector",
                };
            }
            _ => {}
        }
    }
    look_up(tables, language, name)
}

/// A field of the machine.
pub(super) fn of_machine(name: &str) -> Support {
    look_up(&[MACHINE], QueryLanguage::JsonPath, name)
}

/// A field of a branch of a Parallel, or of a processor.
pub(super) fn of_scope(name: &str, processor: bool) -> Support {
    match name {
        "StartAt" | "States" | "Comment" => Support::Yes,
        "ProcessorConfig" if processor => Support::Yes,
        _ => Support::No { similar: None },
    }
}

pub(super) fn of_retrier(language: QueryLanguage, name: &str) -> Support {
    look_up(&[RETRIER], language, name)
}

pub(super) fn of_catcher(language: QueryLanguage, name: &str) -> Support {
    look_up(&[CATCHER], language, name)
}

fn look_up(tables: &[Table], language: QueryLanguage, name: &str) -> Support {
    let mut fields = tables.iter().copied().flatten();
    match fields.find(|(field, _)| *field == name) {
        None => Support::No {
            similar: closest(name, tables.iter().copied().flatten().map(|(field, _)| *field)),
        },
        Some((_, In::Both)) => Support::Yes,
        Some((_, In::Path(instead))) => match language {
            QueryLanguage::JsonPath => Support::Yes,
            QueryLanguage::Jsonata => {
                Support::Other { written_in: QueryLanguage::JsonPath, instead }
            }
        },
        Some((_, In::Jsonata(instead))) => match language {
            QueryLanguage::Jsonata => Support::Yes,
            QueryLanguage::JsonPath => {
                Support::Other { written_in: QueryLanguage::Jsonata, instead }
            }
        },
    }
}
