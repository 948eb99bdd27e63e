//! The `DynamoDB` tables of a template, as `CreateTable` requests.

use super::super::rest_parts::plain_text;
use super::TemplateFile;
use crate::json::document::Node;
use crate::json::{Number, Object, Value};
use crate::services::dynamodb::Table;

/// What `CreateTable` takes of a table's properties; streams, backups and tags change nothing that a machine sees.
const TAKEN: &[&str] = &[
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
];

pub(super) fn table(
    template: &TemplateFile<'_>,
    logical: &str,
    kind: &str,
    resource: &Node,
) -> Table {
    let name = template.template.physical_name(logical).unwrap_or_else(|| logical.to_owned());
    let properties = template.properties(resource);
    let mut create = Object::new();
    create.insert("TableName".into(), Value::from(name.as_str()));
    if kind == "AWS::Serverless::SimpleTable" {
        simple(&properties, &mut create);
    } else {
        for taken in TAKEN {
            if let Some(value) = properties.get(taken) {
                create.insert((*taken).into(), with_numbers(value));
            }
        }
        // A table without capacity is refused, unless it is billed by the request.
        if !create.contains_key("ProvisionedThroughput") {
            create.insert("BillingMode".into(), Value::from("PAY_PER_REQUEST"));
        }
    }
    Table { name, create: Value::from(create), items: Vec::new() }
}

/// SAM's table has one key; `id`, a string, unless it says another.
fn simple(properties: &Value, create: &mut Object) {
    let key = properties.get("PrimaryKey");
    let text = |field: &str| key.and_then(|key| key.get(field)).map(plain_text);
    let name = text("Name").unwrap_or_else(|| "id".to_owned());
    let kind = match text("Type").as_deref() {
        Some("Number") => "N",
        Some("Binary") => "B",
        Some(_) | None => "S",
    };
    let of = |field: &'static str, value: &str| {
        Value::array([Value::object([
            ("AttributeName", Value::from(name.as_str())),
            (field, Value::from(value)),
        ])])
    };
    create.insert("AttributeDefinitions".into(), of("AttributeType", kind));
    create.insert("KeySchema".into(), of("KeyType", "HASH"));
    create.insert("BillingMode".into(), Value::from("PAY_PER_REQUEST"));
}

/// Capacity units are numbers, which parameters give as texts.
fn with_numbers(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::from(
            members
                .iter()
                .map(|(name, value)| {
                    let number = name
                        .ends_with("CapacityUnits")
                        .then(|| plain_text(value).parse().ok())
                        .flatten();
                    let value = number.map_or_else(
                        || with_numbers(value),
                        |units| Value::Number(Number::Int(units)),
                    );
                    (name.clone(), value)
                })
                .collect::<Object>(),
        ),
        Value::Array(items) => Value::array(items.iter().map(with_numbers)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
