//! State machines, `DynamoDB` tables and S3 buckets.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::definition::{FoundDefinition, kind_of};
use super::super::rest_parts::plain_text;
use super::evaluate::{Evaluator, Scope};
use super::module::{Written, WrittenBlock, attribute};
use super::value::{Kind, Val};
use crate::json::document::{Document, Format, LineIndex};
use crate::json::{Number, Object, Value};
use crate::project::MachineDefinition;
use crate::services::dynamodb::Table;

/// A definition's file, its tree, and what was filled in.
type Found = (PathBuf, Document, Vec<(String, Option<String>)>);

pub(super) fn machines(
    evaluator: &mut Evaluator<'_>,
    module: usize,
    address: &str,
    block: &WrittenBlock,
) {
    let Some(written) = block.attribute("definition") else {
        evaluator.problem(
            block.place(),
            "machine-definition",
            format!("The state machine '{address}' has no definition"),
            "Give it one.",
        );
        return;
    };
    for repetition in
        evaluator.repetitions(module, block).unwrap_or_else(|| vec![Default::default()])
    {
        let scope = Scope::new(module, block.file, &repetition);
        let mut text = |name: &str| {
            let written = block.attribute(name)?;
            evaluator.written(&written, &scope).in_text()
        };
        let name = text("name")
            .or_else(|| text("name_prefix"))
            .unwrap_or_else(|| block.label(1).to_owned());
        let kind = kind_of(&text("type").unwrap_or_default());
        let role_arn = text("role_arn").filter(|it| !it.is_empty() && !it.contains("${"));
        let value = evaluator.written(&written, &scope);
        match definition(evaluator, &value) {
            Some((file, document, substitutions)) => {
                let found = FoundDefinition { name, kind, file, document, substitutions };
                let machine = found.into_machine();
                let machine = MachineDefinition { role_arn, ..machine };
                evaluator.opening.project.machines.push(machine);
            }
            None => evaluator.problem(
                Evaluator::place_of(&written),
                "machine-definition",
                format!("The definition of '{address}' can't be resolved from the files alone"),
                "Give its variables defaults, or open the module that uses this one.",
            ),
        }
    }
}

fn definition(evaluator: &Evaluator<'_>, value: &Val) -> Option<Found> {
    let Kind::Text(text) = &value.kind else { return None };
    if let Some(encoded) = &text.encoded {
        // A structure that is given whole stands where it was written, which may be another file than its use.
        let file = encoded.place.file;
        let source = evaluator.files.get(file)?;
        encoded.as_object()?;
        let document = Document {
            text: Arc::clone(&source.text),
            format: Format::Json,
            root: Some(encoded.to_node(file, encoded.place.span)),
            problems: Vec::new(),
            lines: LineIndex::new(&source.text),
        };
        return Some((source.path.clone(), document, Vec::new()));
    }
    // Modules have an empty text as the default of a definition that their caller must give.
    if text.source.as_str().trim().is_empty() {
        return None;
    }
    let source = evaluator.files.get(text.file)?;
    let format = Format::sniff(text.source.as_str());
    Some((
        source.path.clone(),
        text.source.document(&source.text, format),
        text.substitutions.clone(),
    ))
}

pub(super) fn tables(
    evaluator: &mut Evaluator<'_>,
    module: usize,
    address: &str,
    block: &WrittenBlock,
) {
    for repetition in
        evaluator.repetitions(module, block).unwrap_or_else(|| vec![Default::default()])
    {
        let scope = Scope::new(module, block.file, &repetition);
        let name = evaluator.physical_name(block, "aws_dynamodb_table", &scope);
        let name = name.unwrap_or_else(|| block.label(1).to_owned());
        let create = create_table(evaluator, &name, block, &scope);
        let items = items(evaluator, module, address, &name);
        evaluator.opening.project.tables.push(Table { name, create, items });
    }
}

/// A bucket without a name gets one that AWS makes up; here it has its address's, as references to it do.
pub(super) fn buckets(evaluator: &mut Evaluator<'_>, module: usize, block: &WrittenBlock) {
    for repetition in
        evaluator.repetitions(module, block).unwrap_or_else(|| vec![Default::default()])
    {
        let scope = Scope::new(module, block.file, &repetition);
        let name = evaluator.physical_name(block, "aws_s3_bucket", &scope);
        let name = name.unwrap_or_else(|| block.label(1).to_owned());
        evaluator.opening.project.buckets.push(name);
    }
}

fn create_table(
    evaluator: &mut Evaluator<'_>,
    name: &str,
    block: &WrittenBlock,
    scope: &Scope,
) -> Value {
    let table = evaluator.attributes(block.file, &block.block.body, scope);
    let mut create = Object::new();
    create.insert("TableName".into(), Value::from(name));
    let attributes = evaluator.inner_blocks(block, "attribute", scope);
    let definitions = attributes.iter().map(|it| {
        let member = |name: &str| Value::from(it.get(name).map(plain_text).unwrap_or_default());
        Value::object([("AttributeName", member("name")), ("AttributeType", member("type"))])
    });
    create.insert("AttributeDefinitions".into(), Value::array(definitions));
    create.insert("KeySchema".into(), key_schema(&table));
    match capacity(&table) {
        Some(units)
            if table.get("billing_mode").and_then(Value::as_str) != Some("PAY_PER_REQUEST") =>
        {
            create.insert("BillingMode".into(), Value::from("PROVISIONED"));
            create.insert("ProvisionedThroughput".into(), units);
        }
        Some(_) | None => {
            create.insert("BillingMode".into(), Value::from("PAY_PER_REQUEST"));
        }
    }
    let provisioned = create.get("ProvisionedThroughput").cloned();
    for (kind, member) in [
        ("global_secondary_index", "GlobalSecondaryIndexes"),
        ("local_secondary_index", "LocalSecondaryIndexes"),
    ] {
        let indexes = evaluator.inner_blocks(block, kind, scope);
        if indexes.is_empty() {
            continue;
        }
        let indexes = indexes.iter().map(|index| {
            // A local index shares the table's partition key.
            let keys = if kind == "local_secondary_index" {
                with_hash_key(index, &table)
            } else {
                index.clone()
            };
            let index = secondary_index(index, &keys);
            match (&provisioned, kind) {
                (Some(units), "global_secondary_index") => {
                    let mut members = index.as_object().cloned().unwrap_or_default();
                    members.insert(
                        "ProvisionedThroughput".into(),
                        capacity(&keys).unwrap_or_else(|| units.clone()),
                    );
                    Value::from(members)
                }
                _ => index,
            }
        });
        create.insert(member.into(), Value::array(indexes.collect::<Vec<_>>()));
    }
    Value::from(create)
}

fn with_hash_key(index: &Value, table: &Value) -> Value {
    let mut members = index.as_object().cloned().unwrap_or_default();
    members.insert("hash_key".into(), table.get("hash_key").cloned().unwrap_or_default());
    Value::from(members)
}

fn secondary_index(index: &Value, keys: &Value) -> Value {
    let text = |name: &str| index.get(name).filter(|it| !it.is_null()).map(plain_text);
    let projection = text("projection_type").unwrap_or_else(|| "ALL".to_owned());
    let mut projected = vec![("ProjectionType", Value::from(projection))];
    if let Some(names) =
        index.get("non_key_attributes").filter(|it| it.as_array().is_some_and(|it| !it.is_empty()))
    {
        projected.push(("NonKeyAttributes", names.clone()));
    }
    Value::object([
        ("IndexName", Value::from(text("name").unwrap_or_default())),
        ("KeySchema", key_schema(keys)),
        ("Projection", Value::object(projected)),
    ])
}

fn key_schema(fields: &Value) -> Value {
    let keys =
        [("hash_key", "HASH"), ("range_key", "RANGE")].into_iter().filter_map(|(field, kind)| {
            let name = fields.get(field).filter(|it| !it.is_null())?;
            Some(Value::object([
                ("AttributeName", Value::from(plain_text(name))),
                ("KeyType", Value::from(kind)),
            ]))
        });
    Value::array(keys)
}

fn capacity(fields: &Value) -> Option<Value> {
    let units = |name: &str| {
        let number = fields.get(name)?.as_f64()?;
        (number >= 1.0).then_some(Value::Number(Number::Int(number as i64)))
    };
    Some(Value::object([
        ("ReadCapacityUnits", units("read_capacity")?),
        ("WriteCapacityUnits", units("write_capacity")?),
    ]))
}

/// `aws_dynamodb_table_item`s of a table.
fn items(evaluator: &mut Evaluator<'_>, module: usize, address: &str, table: &str) -> Vec<Value> {
    let mut items = Vec::new();
    for (item_address, block) in evaluator.resources_of(module) {
        if block.label(0) != "aws_dynamodb_table_item" || item_address == address {
            continue;
        }
        for repetition in evaluator.repetitions(module, &block).unwrap_or_default() {
            let scope = Scope::new(module, block.file, &repetition);
            let values = evaluator.attributes(block.file, &block.block.body, &scope);
            let named = values.get("table_name").map(plain_text);
            let item =
                values.get("item").and_then(Value::as_str).and_then(|text| Value::parse(text).ok());
            if let (true, Some(item)) = (named.as_deref() == Some(table), item) {
                items.push(item);
            }
        }
    }
    items
}

impl Evaluator<'_> {
    /// Every attribute of a block as plain data.
    pub(super) fn attributes(
        &mut self,
        file: usize,
        body: &hcl_edit::structure::Body,
        scope: &Scope,
    ) -> Value {
        let names: Vec<String> = body.attributes().map(|it| it.key.as_str().to_owned()).collect();
        let mut members = Object::new();
        for name in names {
            if let Some(written) = attribute(file, body, &name) {
                let value = self.written(&written, scope);
                members.insert(name.into(), value.to_value());
            }
        }
        Value::from(members)
    }

    /// The blocks of one kind inside a block, `dynamic` ones unrolled, as plain data.
    pub(super) fn inner_blocks(
        &mut self,
        block: &WrittenBlock,
        kind: &str,
        scope: &Scope,
    ) -> Vec<Value> {
        let mut found = Vec::new();
        for inner in block.block.body.blocks() {
            if inner.has_ident(kind) {
                found.push(self.attributes(block.file, &inner.body, scope));
            } else if inner.has_ident("dynamic")
                && inner.labels.first().is_some_and(|it| it.as_str() == kind)
            {
                let Some(each) = attribute(block.file, &inner.body, "for_each") else { continue };
                let each: Written = each;
                let collection = self.written(&each, scope);
                let Some(content) = inner.body.get_blocks("content").next() else { continue };
                let iterator = inner
                    .body
                    .get_attribute("iterator")
                    .map(|it| it.value.to_string().trim().to_owned());
                let name = iterator.unwrap_or_else(|| kind.to_owned());
                let pairs = super::evaluate::pairs_of(&collection).unwrap_or_default();
                for (key, value) in pairs.into_iter().take(super::evaluate::MAX_REPETITIONS) {
                    let place = value.place;
                    let members = [("key".to_owned(), key), ("value".to_owned(), value)];
                    let inside =
                        scope.with(&name, Val::object(place, members.into_iter().collect()));
                    found.push(self.attributes(block.file, &content.body, &inside));
                }
            }
        }
        found
    }
}
