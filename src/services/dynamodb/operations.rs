//! One operation by its name: the request as JSON in, the response or the failure as `DynamoDB` words it out.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::Value;

/// The actions of the optimised integration.
pub(super) const OPTIMISED: &[&str] = &["getItem", "putItem", "updateItem", "deleteItem"];

/// The actions of `aws-sdk:dynamodb` that are answered here.
pub(super) const ALL: &[&str] = &[
    "getItem",
    "putItem",
    "updateItem",
    "deleteItem",
    "query",
    "scan",
    "batchGetItem",
    "batchWriteItem",
    "transactGetItems",
    "transactWriteItems",
    "executeStatement",
    "batchExecuteStatement",
    "executeTransaction",
    "describeTable",
    "listTables",
    "createTable",
    "deleteTable",
    "updateTable",
    "describeTimeToLive",
    "updateTimeToLive",
];

/// Why `DynamoDB` refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// `ValidationException`, …
    pub(super) code: String,
    pub(super) message: String,
    pub(super) status: u16,
}

impl Failure {
    fn validation(message: impl Into<String>) -> Self {
        Self { code: "ValidationException".to_owned(), message: message.into(), status: 400 }
    }
}

/// Runs one operation; an action outside [`ALL`] is an unknown operation, as the service answers it.
pub(super) fn call(database: &Database, action: &str, request: &Value) -> Result<Value, Failure> {
    let request = request.to_serde();
    match action {
        "getItem" => exchange(action, request, |it| database.get_item(it)),
        "putItem" => exchange(action, request, |it| database.put_item(it)),
        "updateItem" => exchange(action, request, |it| database.update_item(it)),
        "deleteItem" => exchange(action, request, |it| database.delete_item(it)),
        "query" => exchange(action, request, |it| database.query(it)),
        "scan" => exchange(action, request, |it| database.scan(it)),
        "batchGetItem" => exchange(action, request, |it| database.batch_get_item(it)),
        "batchWriteItem" => exchange(action, request, |it| database.batch_write_item(it)),
        "transactGetItems" => exchange(action, request, |it| database.transact_get_items(it)),
        "transactWriteItems" => exchange(action, request, |it| database.transact_write_items(it)),
        "executeStatement" => exchange(action, request, |it| database.execute_statement(it)),
        "batchExecuteStatement" => {
            exchange(action, request, |it| database.batch_execute_statement(it))
        }
        "executeTransaction" => exchange(action, request, |it| database.execute_transaction(it)),
        "describeTable" => exchange(action, request, |it| database.describe_table(it)),
        "listTables" => exchange(action, request, |it| database.list_tables(it)),
        "createTable" => exchange(action, request, |it| database.create_table(it)),
        "deleteTable" => exchange(action, request, |it| database.delete_table(it)),
        "updateTable" => exchange(action, request, |it| database.update_table(it)),
        "describeTimeToLive" => exchange(action, request, |it| database.describe_time_to_live(it)),
        "updateTimeToLive" => exchange(action, request, |it| database.update_time_to_live(it)),
        _ => Err(Failure {
            code: "UnknownOperationException".to_owned(),
            message: String::new(),
            status: 400,
        }),
    }
}

fn exchange<Request: DeserializeOwned, Response: Serialize>(
    action: &str,
    request: serde_json::Value,
    run: impl FnOnce(Request) -> dynoxide::Result<Response>,
) -> Result<Value, Failure> {
    let request =
        serde_json::from_value(request).map_err(|err| unreadable(action, &err.to_string()))?;
    let response = run(request).map_err(|err| refused(action, &err))?;
    let response = serde_json::to_value(response).map_err(|err| Failure {
        code: "InternalServerError".to_owned(),
        message: err.to_string(),
        status: 500,
    })?;
    Ok(Value::from(response))
}

/// `PutItem` and `UpdateItem` put some refusals of the request's values into an envelope that the others do not.
fn enveloped(action: &str, message: &str) -> Failure {
    if matches!(action, "putItem" | "updateItem")
        && !message.starts_with("1 validation error detected: ")
    {
        Failure::validation(format!("1 validation error detected: {message}"))
    } else {
        Failure::validation(message)
    }
}

/// `dynoxide` reads a request with serde and marks the class of a refusal by a prefix of the message.
fn unreadable(action: &str, message: &str) -> Failure {
    let serialization = |message: &str| Failure {
        code: "SerializationException".to_owned(),
        message: message.to_owned(),
        status: 400,
    };
    if let Some((marker, rest)) = message.split_once(':') {
        match marker {
            "VALIDATION" | "VALIDATION_AS_READ" => return Failure::validation(rest),
            "VALIDATION_REQUEST" => return enveloped(action, rest),
            "SERIALIZATION" | "SERIALIZATION_AS_READ" => return serialization(rest),
            _ => {}
        }
    }
    if message.contains("empty AttributeValue") {
        return Failure::validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        );
    }
    let is_validation =
        ["Supplied AttributeValue", "missing field", "unknown variant", "invalid type: null"]
            .iter()
            .any(|sign| message.contains(sign));
    if is_validation { Failure::validation(message) } else { serialization(message) }
}

fn refused(action: &str, err: &DynoxideError) -> Failure {
    if let DynoxideError::EnvelopedValidation(message) = err {
        return enveloped(action, message);
    }
    let code = err.error_type();
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    let mut message = err.to_string();
    // Item operations answer with the bare sentence (recorded for both dialects); only the table operations name the table.
    let names_table = matches!(
        action,
        "describeTable" | "deleteTable" | "updateTable" | "updateTimeToLive" | "describeTimeToLive"
    );
    if code == "ResourceNotFoundException"
        && !names_table
        && message.starts_with("Requested resource not found")
    {
        "Requested resource not found".clone_into(&mut message);
    }
    Failure { code: code.to_owned(), message, status: err.status_code() }
}
