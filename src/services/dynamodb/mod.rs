//! `DynamoDB` in process: a fresh in-memory database, with AWS's own error names and messages.
//!
//! The storage, the expressions and the checks are `dynoxide`'s. Here its answers get the shape Step Functions gives them
//! (`answer`). What Step Functions checks before it calls at all is the engine's. Reads no clock and rolls no dice:
//! request ids are counted, and time is what the caller said last.

mod answer;
mod operations;

use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::Database;
use dynoxide::storage_backend::ManualClock;

use super::TaskAnswer;
use crate::asl::task::{IntegrationPattern, ResourceKind};
use crate::engine::TaskRequest;
use crate::execution::Timestamp;
use crate::json::Value;
use answer::{Dialect, Exchange};

/// A table to create, and its first items (`DynamoDB` JSON).
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: String,
    /// The `CreateTable` request, in the API's own shape.
    pub create: Value,
    pub items: Vec<Value>,
}

/// One in-memory database.
pub struct DynamoDb {
    database: Database,
    clock: ManualClock,
    session: Mutex<Session>,
}

/// What changes from request to request beside the data.
#[derive(Debug)]
struct Session {
    requests: u64,
    now: Timestamp,
}

/// One table as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct TableContents {
    pub name: String,
    /// Partition key first.
    pub key_names: Vec<String>,
    pub items: Vec<Value>,
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// An empty database.
    ///
    /// # Errors
    /// The storage could not be set up.
    pub fn new() -> Result<Self, String> {
        let clock = ManualClock::new(0);
        let database = Database::memory_with_clock(clock.arc()).map_err(|err| err.to_string())?;
        Ok(Self {
            database,
            clock,
            session: Mutex::new(Session { requests: 0, now: Timestamp(0) }),
        })
    }

    /// What the clock says from now on: the `Date` of answers, and when tables were made.
    pub fn set_time(&self, now: Timestamp) {
        self.clock.set(u64::try_from(now.0 / 1000).unwrap_or(0));
        self.session.lock().unwrap_or_else(PoisonError::into_inner).now = now;
    }

    /// Creates a table and puts its first items.
    ///
    /// # Errors
    /// `DynamoDB`'s own message when the definition or an item is wrong; items before the wrong one are kept.
    pub fn create_table(&self, table: &Table) -> Result<(), String> {
        self.call("createTable", &table.create)?;
        table.items.iter().try_for_each(|item| self.put_item(&table.name, item))
    }

    /// Whether a request is one this database can answer (`dynamodb:putItem`, `aws-sdk:dynamodb:scan`).
    pub fn handles(request: &TaskRequest) -> bool {
        Call::of(request).is_some()
    }

    /// Whether it has every table that a request names in the members that name one; without a name, yes.
    pub fn has_tables_of(&self, request: &TaskRequest) -> bool {
        let mut named: Vec<&str> = Vec::new();
        let parameters = &request.parameters;
        named.extend(parameters.get("TableName").and_then(Value::as_str));
        let items = parameters.get("RequestItems").and_then(Value::as_object);
        named.extend(items.into_iter().flat_map(|it| it.keys()).map(|name| &**name));
        let writes = parameters.get("TransactItems").and_then(Value::as_array);
        for part in writes.into_iter().flatten().filter_map(Value::as_object) {
            named.extend(part.values().filter_map(|it| it.get("TableName")?.as_str()));
        }
        let tables = self.tables();
        // An ARN of a table names it, too.
        named.into_iter().all(|name| {
            let name = name.rsplit_once(":table/").map_or(name, |(_, name)| name);
            tables.iter().any(|it| *it.name == *name)
        })
    }

    /// Answers a task, with the error names of its dialect (optimised or SDK).
    pub fn run(&self, request: &TaskRequest) -> TaskAnswer {
        let Some(call) = Call::of(request) else {
            return TaskAnswer::Failed {
                error: Some("States.Runtime".into()),
                cause: Some(format!("{} is no call to DynamoDB", request.resource.text).into()),
            };
        };
        let exchange = self.exchange(call.action);
        match operations::call(&self.database, call.action, &request.parameters) {
            Ok(response) => {
                let output = answer::success(
                    call.dialect,
                    &exchange,
                    answer::settle(&response, exchange.now),
                );
                match call.pattern {
                    IntegrationPattern::RequestResponse
                    | IntegrationPattern::Sync
                    | IntegrationPattern::Sync2 => TaskAnswer::Succeeded { output },
                    // The call is done, its callback is not.
                    IntegrationPattern::WaitForTaskToken => TaskAnswer::Submitted { output },
                }
            }
            Err(failure) => {
                let (error, cause) = answer::failure(call.dialect, &exchange, &failure);
                TaskAnswer::Failed { error: Some(error.into()), cause: Some(cause.into()) }
            }
        }
    }

    /// Every table with every item, tables and items in a stable order.
    pub fn tables(&self) -> Vec<TableContents> {
        let names = self.table_names();
        names.into_iter().filter_map(|name| self.table(&name)).collect()
    }

    /// # Errors
    /// `DynamoDB`'s own message.
    pub fn put_item(&self, table: &str, item: &Value) -> Result<(), String> {
        let request = Value::object([("TableName", Value::from(table)), ("Item", item.clone())]);
        self.call("putItem", &request).map(|_| ())
    }

    /// # Errors
    /// `DynamoDB`'s own message.
    pub fn delete_item(&self, table: &str, key: &Value) -> Result<(), String> {
        let request = Value::object([("TableName", Value::from(table)), ("Key", key.clone())]);
        self.call("deleteItem", &request).map(|_| ())
    }

    fn call(&self, action: &str, request: &Value) -> Result<Value, String> {
        operations::call(&self.database, action, request).map_err(|failure| failure.message)
    }

    fn exchange(&self, action: &str) -> Exchange {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.requests += 1;
        Exchange { number: session.requests, now: session.now, is_get_item: action == "getItem" }
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut from = Value::Null;
        loop {
            let request = match from.as_str() {
                Some(_) => Value::object([("ExclusiveStartTableName", from.clone())]),
                None => Value::empty_object(),
            };
            let Ok(page) = self.call("listTables", &request) else { return names };
            let page_names = page.get("TableNames").and_then(Value::as_array);
            names.extend(
                page_names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
            );
            match page.get("LastEvaluatedTableName") {
                Some(last) if *last != from => from = last.clone(),
                Some(_) | None => return names,
            }
        }
    }

    fn table(&self, name: &str) -> Option<TableContents> {
        let of_table = |more: Option<Value>| {
            let start = more.map(|key| ("ExclusiveStartKey", key));
            Value::object([("TableName", Value::from(name))].into_iter().chain(start))
        };
        let described = self.call("describeTable", &of_table(None)).ok()?;
        let schema = described.get("Table")?.get("KeySchema")?.as_array()?.clone();
        let key_names = schema
            .iter()
            .filter_map(|key| key.get("AttributeName")?.as_str().map(str::to_owned))
            .collect();
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self.call("scan", &of_table(start.take())).ok()?;
            items.extend(
                page.get("Items")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .map(answer::in_order),
            );
            start = page.get("LastEvaluatedKey").filter(|key| !key.is_null()).cloned();
            if start.is_none() {
                return Some(TableContents { name: name.to_owned(), key_names, items });
            }
        }
    }
}

/// A task as a call of one `DynamoDB` operation.
struct Call<'a> {
    action: &'a str,
    dialect: Dialect,
    pattern: IntegrationPattern,
}

impl<'a> Call<'a> {
    fn of(request: &'a TaskRequest) -> Option<Self> {
        match &request.resource.kind {
            ResourceKind::Optimised { service, action, pattern } => (is_dynamodb(service)
                && operations::OPTIMISED.contains(&&**action))
            .then_some(Call { action, dialect: Dialect::Optimised, pattern: *pattern }),
            ResourceKind::AwsSdk { service, action, pattern } => (is_dynamodb(service)
                && operations::ALL.contains(&&**action))
            .then_some(Call { action, dialect: Dialect::AwsSdk, pattern: *pattern }),
            ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => None,
        }
    }
}

fn is_dynamodb(service: &Arc<str>) -> bool {
    &**service == "dynamodb"
}

#[cfg(test)]
mod tests;
