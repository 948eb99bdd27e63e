//! DynamoDB in process, over dynoxide: a fresh in-memory database, AWS's own error names and messages.
use super::TaskAnswer;
use crate::engine::TaskRequest;
use crate::json::Value;

/// A table to create, and its first items (DynamoDB JSON).
#[derive(Clone, Debug, PartialEq)]
pub struct Table { pub name: String, /// The `CreateTable` request, in the API's own shape.
    pub create: Value, pub items: Vec<Value> }

/// One in-memory database.
pub struct DynamoDb {}

/// One table as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct TableContents { pub name: String, pub key_names: Vec<String>, pub items: Vec<Value> }

impl DynamoDb {
    /// # Errors
    /// The engine could not be set up.
    pub fn new() -> Result<Self, String> { todo!() }
    /// # Errors
    /// DynamoDB's own message when the definition is wrong.
    pub fn create_table(&self, table: &Table) -> Result<(), String> { let _ = table; todo!() }
    /// Whether a request is one for DynamoDB (`dynamodb:putItem`, `aws-sdk:dynamodb:*`).
    pub fn handles(request: &TaskRequest) -> bool { let _ = request; todo!() }
    /// Answers a task, with the error names of its dialect (optimised or SDK).
    pub fn run(&self, request: &TaskRequest) -> TaskAnswer { let _ = request; todo!() }
    pub fn tables(&self) -> Vec<TableContents> { todo!() }
    /// # Errors
    /// DynamoDB's own message.
    pub fn put_item(&self, table: &str, item: &Value) -> Result<(), String> { let _ = (table, item); todo!() }
    /// # Errors
    /// DynamoDB's own message.
    pub fn delete_item(&self, table: &str, key: &Value) -> Result<(), String> { let _ = (table, key); todo!() }
}
