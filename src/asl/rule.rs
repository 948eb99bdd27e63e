//! Every rule that a definition is checked against: its id, how much a breach matters, AWS's code for it and one line of why.

use super::Severity;

/// A rule. [`Rule::id`] is what `stepwell:allow` silences and `stepwell check --rules` lists.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: &'static str,
    pub severity: Severity,
    /// The code with which AWS tells of a breach; `None` for what AWS does not check.
    pub aws_code: Option<&'static str>,
    pub why: &'static str,
}

impl Rule {
    /// AWS's code where AWS has one, else the id.
    pub fn code(&self) -> &'static str {
        self.aws_code.unwrap_or(self.id)
    }

    pub fn find(id: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|rule| rule.id == id)
    }
}

// AWS's codes, from the API reference of `ValidateStateMachineDefinitionDiagnostic`; the two of JSONata from recorded answers.
const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
const NOT_JSON: &str = "INVALID_JSON_DESCRIPTION";
const MISSING_TARGET: &str = "MISSING_TRANSITION_TARGET";
const BAD_JSONATA: &str = "INVALID_JSONATA_EXPRESSION";
const UNSUPPORTED_JSONATA: &str = "UNSUPPORTED_JSONATA_EXPRESSION";

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $code:expr, $why:literal;)*) => {
        $(pub static $name: Rule = Rule { id: $id, severity: Severity::$severity, aws_code: $code, why: $why };)*
        /// In the order of `stepwell check --rules`.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    // The text.
    INVALID_JSON "invalid-json" Error Some(NOT_JSON), "AWS reads JSON only; what follows the first mistake may be misunderstood.";
    INVALID_YAML "invalid-yaml" Error None, "What follows the first mistake may be misunderstood.";
    RELAXED_JSON "relaxed-json" Warning None, "Comments, commas at the end and bare words are taken here, but AWS refuses them.";
    DUPLICATE_FIELD "duplicate-field" Error None, "Of two fields with one name only the last counts, so the first is lost.";
    DEFINITION_TOO_LONG "definition-too-long" Error None, "AWS takes definitions of at most 1,048,576 characters.";
    // What AWS refuses.
    NOT_AN_OBJECT "not-an-object" Error Some(SCHEMA), "A definition is one JSON object.";
    REQUIRED_FIELD "required-field" Error Some(SCHEMA), "AWS refuses a definition in which a required field is missing.";
    UNSUPPORTED_FIELD "unsupported-field" Error Some(SCHEMA), "AWS refuses fields that this place does not have, misspelt ones too.";
    OTHER_LANGUAGE_FIELD "other-language-field" Error Some(SCHEMA), "A field of JSONPath does not exist in a JSONata state, and the other way round.";
    EXCLUSIVE_FIELDS "exclusive-fields" Error Some(SCHEMA), "These fields say the same thing in different ways, so one of them only is allowed.";
    WRONG_TYPE "wrong-type" Error Some(SCHEMA), "AWS refuses a value of another JSON type.";
    OUT_OF_RANGE "out-of-range" Error Some(SCHEMA), "AWS refuses numbers outside of the documented range.";
    EMPTY_VALUE "empty-value" Error Some(SCHEMA), "A list or an object that must hold something is empty.";
    UNKNOWN_VALUE "unknown-value" Error Some(SCHEMA), "The field takes a few words only.";
    INVALID_PATH "invalid-path" Error Some(SCHEMA), "What is no JSONPath cannot select anything.";
    INVALID_REFERENCE_PATH "invalid-reference-path" Error Some(SCHEMA), "A value can only be put where names and indices lead.";
    INVALID_TEMPLATE_VALUE "invalid-template-value" Error Some(SCHEMA), "A field whose name ends in '.$' takes a JSONPath or a call of an intrinsic function, with the right arguments.";
    DUPLICATE_TEMPLATE_FIELD "duplicate-template-field" Error Some(SCHEMA), "With '.$' taken off, two fields have the same name.";
    INVALID_VARIABLE_NAME "invalid-variable-name" Error Some("INVALID_VARIABLE_NAME"), "Variables have names of letters, digits and '_'.";
    RESERVED_VARIABLE "reserved-variable" Error Some("RESERVED_VARIABLE_NAME"), "$states is what Step Functions gives, so it cannot be assigned.";
    INVALID_TIMESTAMP "invalid-timestamp" Error Some(SCHEMA), "AWS takes timestamps as RFC 3339 writes them.";
    QUERY_LANGUAGE_DOWNGRADE "query-language-downgrade" Error Some(SCHEMA), "A JSONata machine cannot have JSONPath states.";
    MISSING_TRANSITION "missing-transition" Error Some(SCHEMA), "A state must say what comes after it, once.";
    CHOICE_TEST "choice-test" Error Some(SCHEMA), "A choice rule has exactly one test.";
    INVALID_RESOURCE "invalid-resource" Error Some(SCHEMA), "A Task calls what its Resource names, and this names nothing that can be called.";
    UNKNOWN_INTEGRATION "unknown-integration" Error Some(SCHEMA), "The service has optimised integrations, but not this one.";
    MAP_RESOURCE "map-resource" Error Some(SCHEMA), "A Map reads with s3:getObject or s3:listObjectsV2, and writes with s3:putObject.";
    UNSUPPORTED_PATTERN "unsupported-pattern" Error Some(SCHEMA), "The integration exists, but it cannot be waited for in this way.";
    RESOURCE_CASE "resource-case" Error Some(SCHEMA), "AWS tells small letters and capitals apart in the names of services and actions.";
    MISSING_PARAMETERS "missing-parameters" Error Some(SCHEMA), "An integration is called with Parameters, or Arguments in JSONata, even with empty ones.";
    MISSING_PARAMETER "missing-parameter" Error Some(SCHEMA), "AWS looks for what these integrations need when the state machine is created.";
    MISSING_ROLE_ARN "missing-role-arn" Error Some(SCHEMA), "Credentials are a role to assume.";
    STATES_ALL_NOT_LAST "states-all-not-last" Error Some(SCHEMA), "States.ALL matches everything, so names beside or after it would never be looked at.";
    EXPRESS_UNSUPPORTED "express-unsupported" Error Some(SCHEMA), "Express executions cannot wait for jobs, callbacks or activities, and have no distributed Maps.";
    LONG_STATE_NAME "long-state-name" Error Some("INVALID_STATE_NAME"), "The name of a state has at most 80 characters.";
    EMPTY_STATE_NAME "empty-state-name" Error Some("INVALID_STATE_NAME"), "A state is known by its name.";
    DUPLICATE_STATE_NAME "duplicate-state-name" Error Some("DUPLICATE_STATE_NAME"), "Names of states are unique in the whole state machine.";
    DUPLICATE_LABEL "duplicate-label" Error Some("DUPLICATE_LABEL_NAME"), "The labels of Map states are parts of ARNs, so they must differ.";
    INVALID_LABEL "invalid-label" Error Some("INVALID_LABEL_NAME"), "The label of a Map is a part of ARNs, which cannot hold every character.";
    DANGLING_TARGET "dangling-target" Error Some(MISSING_TARGET), "A transition leads to a state of the same scope.";
    UNREACHABLE_STATE "unreachable-state" Error Some(MISSING_TARGET), "No transition leads there, so it never runs.";
    NO_TERMINAL_STATE "no-terminal-state" Error Some("MISSING_END_STATE"), "A flow that nothing ends runs until it fails or times out.";
    JSONATA_SYNTAX "jsonata-syntax" Error Some(BAD_JSONATA), "AWS reads every expression when the state machine is created.";
    JSONATA_OPERATOR "jsonata-operator" Error Some(BAD_JSONATA), "Step Functions speaks JSONata 2.0.6, which lacks the operators '??' and '?:' of later versions.";
    JSONATA_DELIMITERS "jsonata-delimiters" Error Some(SCHEMA), "An expression begins with '{%' and ends with '%}'.";
    JSONATA_CONTEXT "jsonata-context" Error Some(UNSUPPORTED_JSONATA), "An expression has no context of its own: data come from $states and from variables.";
    STATES_RESULT_MISPLACED "states-result-misplaced" Error Some(UNSUPPORTED_JSONATA), "$states.result exists in Assign and Output of Task, Map and Parallel only.";
    JSONATA_ERROR_OUTPUT "jsonata-error-output" Error Some(UNSUPPORTED_JSONATA), "$states.errorOutput exists in Assign and Output of a Catch only.";
    // What AWS warns of.
    NO_DOLLAR "no-dollar" Warning Some("NO_DOLLAR"), "Without '.$' at the end of the name a path or a call is passed on as a text.";
    NO_PATH "no-path" Warning Some("NO_PATH"), "A field whose name does not end with 'Path' takes a path as a text.";
    PASS_RESULT_IS_STATIC "pass-result-is-static" Warning Some("PASS_RESULT_IS_STATIC"), "Result is passed on as it is: paths and calls in it are not evaluated.";
    // What AWS takes, and what then fails or surprises.
    CHOICE_WITHOUT_DEFAULT "choice-without-default" Note None, "An input that no rule matches fails the execution with States.Runtime (documented: States.NoChoiceMatched).";
    PATH_NEVER_PRODUCED "path-never-produced" Warning None, "The data that reach this state are known, and nothing puts this path there.";
    INTRINSIC_ALWAYS_FAILS "intrinsic-always-fails" Warning None, "All the arguments are written here, and the function refuses them.";
    UNKNOWN_CONTEXT_FIELD "unknown-context-field" Warning None, "The context object has Execution, State, StateMachine, Task and Map only.";
    UNDEFINED_VARIABLE "undefined-variable" Warning None, "Reading a variable that no state assigns fails the execution.";
    VARIABLE_BEFORE_ASSIGNED "variable-before-assigned" Warning None, "No state that assigns the variable can come before this one.";
    VARIABLE_OUT_OF_SCOPE "variable-out-of-scope" Warning None, "A variable is seen in its scope and the scopes inside it, and not in a distributed Map.";
    OUTER_VARIABLE_ASSIGNED "outer-variable-assigned" Warning None, "A branch or an iteration cannot change a variable of the scope around it.";
    UNKNOWN_STATES_FIELD "unknown-states-field" Warning None, "$states has input, context, and in some fields result or errorOutput.";
    UNKNOWN_FUNCTION "unknown-function" Warning None, "Step Functions has JSONata's functions but $eval, and six of its own.";
    SIMULATOR_LIMIT "simulator-limit" Warning None, "AWS runs this and Stepwell cannot, so a simulation goes another way.";
    NOT_JSONATA "not-jsonata" Warning None, "With white space around '{% %}' the text is passed on as it is.";
    UNKNOWN_SERVICE "unknown-service" Warning None, "The service may be new, gone, or misspelt.";
    UNKNOWN_API_ACTION "unknown-api-action" Warning None, "The action may be new, or misspelt.";
    MISSING_API_PARAMETER "missing-api-parameter" Warning None, "The API requires this member, so the call is refused, if not the whole definition.";
    UNKNOWN_PARAMETER "unknown-parameter" Warning None, "A call with a parameter that the API does not have, or spells otherwise, fails the execution.";
    WRONG_DYNAMODB_DIALECT "wrong-dynamodb-dialect" Warning None, "dynamodb: integrations fail with DynamoDB.X, aws-sdk:dynamodb: ones with DynamoDb.X, and names match by their letters.";
    UNKNOWN_ERROR_NAME "unknown-error-name" Warning None, "Names that begin with 'States.' are reserved, and this is none of them.";
    DUPLICATE_ERROR_NAME "duplicate-error-name" Warning None, "Naming an error twice has no effect.";
    SHADOWED_ERROR_ENTRY "shadowed-error-entry" Warning None, "Entries are tried in order, and an earlier one takes every error of this one.";
    CALLBACK_WITHOUT_TIMEOUT "callback-without-timeout" Warning None, "Without TimeoutSeconds or HeartbeatSeconds a callback that never comes holds the execution for a year.";
    CALLBACK_WITHOUT_TOKEN "callback-without-token" Warning None, "The task waits for its token to come back, but does not hand it out.";
    RESULT_NEVER_READ "result-never-read" Warning None, "The next state puts its own result in the same place before anything has read this one.";
    UNTYPED_ATTRIBUTE "untyped-attribute" Warning None, "DynamoDB takes attribute values with their types only.";
    ATTRIBUTE_FROM_PATH "attribute-from-path" Note None, "DynamoDB takes attribute values with their types, so the path must select a text or a typed value.";
    DISTRIBUTED_ONLY "distributed-only" Warning None, "The field has an effect in distributed Maps only.";
    LONG_LABEL "long-label" Warning None, "AWS documents labels of at most 40 characters.";
    READER_CONFIG "reader-config" Warning None, "A Map Run fails when it cannot tell what to read, and ignores what does not fit.";
    BATCH_WITHOUT_SIZE "batch-without-size" Warning None, "AWS documents that a batch has a limit of items, of bytes, or both.";
    WRITER_CONFIG "writer-config" Warning None, "AWS documents that a ResultWriter says where results go, in which form, or both.";
    NO_BUCKET "no-bucket" Warning None, "A Map reads from a bucket of S3 and writes to one.";
    CONTROL_CHARACTER "control-character" Warning None, "A name that cannot be seen cannot be told from another.";
    DEPRECATED_FIELD "deprecated-field" Note None, "The field still works, but has a newer name.";
    UNKNOWN_RULE "unknown-rule" Warning None, "What stepwell:allow names is no rule, so it silences nothing.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_words_and_every_rule_says_why() {
        let ids: BTreeSet<&str> = ALL.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for rule in ALL {
            assert!(rule.id.bytes().all(|it| it.is_ascii_lowercase() || it == b'-'), "{}", rule.id);
            assert!(rule.why.ends_with('.') && rule.why.len() < 130, "{}", rule.why);
            assert_eq!(Rule::find(rule.id), Some(*rule));
        }
        assert_eq!(Rule::find("no-such-rule"), None);
    }
}
