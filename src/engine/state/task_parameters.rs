//! What Step Functions checks before it calls a service at all: the shape of the parameters.
//!
//! A value of the wrong shape fails the execution with `States.Runtime`, without a `TaskScheduled` event, and no Catch sees
//! it. So plain JSON where an `AttributeValue` of `DynamoDB` belongs never reaches the service. The sentence `The value for the
//! field 'S' must be a STRING` is AWS's; the words for the other types follow it.

use crate::asl::task::{ResourceArn, ResourceKind};
use crate::json::Value;

/// What a field must hold. `null` is let through everywhere: the service itself refuses it (recorded).
#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    Flag,
    Number,
    AttributeValue,
    Any,
    ListOf(&'static Self),
    MapOf(&'static Self),
    Structure(&'static [(&'static str, Self)]),
}

use Shape::{Any, Flag, ListOf, MapOf, Number, Structure, Text};

const ITEM: Shape = MapOf(&Shape::AttributeValue);
const NAMES: Shape = MapOf(&Text);
const VALUE: Shape = Shape::AttributeValue;

const ATTRIBUTE_VALUE: &[(&str, Shape)] = &[
    ("S", Text),
    ("N", Text),
    ("B", Text),
    ("SS", ListOf(&Text)),
    ("NS", ListOf(&Text)),
    ("BS", ListOf(&Text)),
    ("M", ITEM),
    ("L", ListOf(&VALUE)),
    ("NULL", Flag),
    ("BOOL", Flag),
];

const CONDITION: [(&str, Shape); 3] = [
    ("ConditionExpression", Text),
    ("ExpressionAttributeNames", NAMES),
    ("ExpressionAttributeValues", ITEM),
];

const GET: &[(&str, Shape)] = &[
    ("TableName", Text),
    ("Key", ITEM),
    ("AttributesToGet", ListOf(&Text)),
    ("ConsistentRead", Flag),
    ("ReturnConsumedCapacity", Text),
    ("ProjectionExpression", Text),
    ("ExpressionAttributeNames", NAMES),
];

/// Fields that only writing operations have; `Item`, `Key` and `UpdateExpression` are checked wherever they stand.
const WRITE: &[(&str, Shape)] = &[
    ("TableName", Text),
    ("Item", ITEM),
    ("Key", ITEM),
    ("AttributeUpdates", Any),
    ("Expected", Any),
    ("ReturnValues", Text),
    ("ReturnConsumedCapacity", Text),
    ("ReturnItemCollectionMetrics", Text),
    ("ConditionalOperator", Text),
    ("UpdateExpression", Text),
    CONDITION[0],
    CONDITION[1],
    CONDITION[2],
    ("ReturnValuesOnConditionCheckFailure", Text),
];

const READ_MANY: &[(&str, Shape)] = &[
    ("TableName", Text),
    ("IndexName", Text),
    ("Select", Text),
    ("AttributesToGet", ListOf(&Text)),
    ("Limit", Number),
    ("ConsistentRead", Flag),
    ("KeyConditions", Any),
    ("QueryFilter", Any),
    ("ScanFilter", Any),
    ("ConditionalOperator", Text),
    ("ScanIndexForward", Flag),
    ("ExclusiveStartKey", ITEM),
    ("ReturnConsumedCapacity", Text),
    ("TotalSegments", Number),
    ("Segment", Number),
    ("ProjectionExpression", Text),
    ("FilterExpression", Text),
    ("KeyConditionExpression", Text),
    CONDITION[1],
    CONDITION[2],
];

const BATCH_GET: &[(&str, Shape)] = &[
    (
        "RequestItems",
        MapOf(&Structure(&[
            ("Keys", ListOf(&ITEM)),
            ("AttributesToGet", ListOf(&Text)),
            ("ConsistentRead", Flag),
            ("ProjectionExpression", Text),
            ("ExpressionAttributeNames", NAMES),
        ])),
    ),
    ("ReturnConsumedCapacity", Text),
];

const BATCH_WRITE: &[(&str, Shape)] = &[
    (
        "RequestItems",
        MapOf(&ListOf(&Structure(&[
            ("PutRequest", Structure(&[("Item", ITEM)])),
            ("DeleteRequest", Structure(&[("Key", ITEM)])),
        ]))),
    ),
    ("ReturnConsumedCapacity", Text),
    ("ReturnItemCollectionMetrics", Text),
];

const TRANSACT_GET: &[(&str, Shape)] = &[
    ("TransactItems", ListOf(&Structure(&[("Get", Structure(GET))]))),
    ("ReturnConsumedCapacity", Text),
];

const TRANSACT_WRITE: &[(&str, Shape)] = &[
    (
        "TransactItems",
        ListOf(&Structure(&[
            ("ConditionCheck", Structure(WRITE)),
            ("Put", Structure(WRITE)),
            ("Delete", Structure(WRITE)),
            ("Update", Structure(WRITE)),
        ])),
    ),
    ("ReturnConsumedCapacity", Text),
    ("ReturnItemCollectionMetrics", Text),
    ("ClientRequestToken", Text),
];

/// The fields of an action; `None` where nothing is known, so nothing is checked.
fn fields(action: &str) -> Option<&'static [(&'static str, Shape)]> {
    match action {
        "getItem" => Some(GET),
        "putItem" | "updateItem" | "deleteItem" => Some(WRITE),
        "query" | "scan" => Some(READ_MANY),
        "batchGetItem" => Some(BATCH_GET),
        "batchWriteItem" => Some(BATCH_WRITE),
        "transactGetItems" => Some(TRANSACT_GET),
        "transactWriteItems" => Some(TRANSACT_WRITE),
        _ => None,
    }
}

/// The cause of the `States.Runtime` error that ends the execution, without the prefix that names the state; `None` for
/// parameters of a good shape, and for services of which nothing is known.
pub(crate) fn fault(resource: &ResourceArn, parameters: &Value) -> Option<String> {
    let (service, action) = match &resource.kind {
        ResourceKind::Optimised { service, action, .. }
        | ResourceKind::AwsSdk { service, action, .. } => (service, action),
        ResourceKind::LambdaFunction { .. }
        | ResourceKind::Activity { .. }
        | ResourceKind::Other => return None,
    };
    let mut errors = Vec::new();
    match &**service {
        "dynamodb" => check("Parameters", Structure(fields(action)?), parameters, &mut errors),
        "apigateway" => api_request(parameters, &mut errors),
        _ => {}
    }
    if errors.is_empty() {
        return None;
    }
    let errors = errors.join(", ");
    Some(format!("The Parameters '{parameters}' could not be used to start the Task: [{errors}]"))
}

/// Both are maps; a report has AWS's words for a query that was written as one text.
fn api_request(parameters: &Value, errors: &mut Vec<String>) {
    for field in ["Headers", "QueryParameters"] {
        let value = parameters.get(field);
        if value.is_some_and(|it| !it.is_null() && it.as_object().is_none()) {
            errors.push(format!("The value of the field '{field}' has an invalid format"));
        }
    }
}

/// Payloads nest at most as deep as the JSON reader lets them, so this recursion is bounded.
fn check(field: &str, shape: Shape, value: &Value, errors: &mut Vec<String>) {
    let mut wrong = |expected: &str| {
        errors.push(format!("The value for the field '{field}' must be {expected}"));
    };
    match (shape, value) {
        (_, Value::Null) | (Any, _) => {}
        (Text, value) => {
            if value.as_str().is_none() {
                wrong("a STRING");
            }
        }
        (Flag, value) => {
            if value.as_bool().is_none() {
                wrong("a BOOLEAN");
            }
        }
        (Number, value) => {
            if value.as_f64().is_none() {
                wrong("a NUMBER");
            }
        }
        (ListOf(item), Value::Array(items)) => {
            for value in items.iter() {
                check(field, *item, value, errors);
            }
        }
        (ListOf(_), _) => wrong("an ARRAY"),
        (MapOf(member), Value::Object(members)) => {
            for (name, value) in members.iter() {
                check(name, *member, value, errors);
            }
        }
        (Structure(fields), Value::Object(_)) => structure(fields, value, errors),
        (Shape::AttributeValue, Value::Object(_)) => structure(ATTRIBUTE_VALUE, value, errors),
        (MapOf(_) | Structure(_) | Shape::AttributeValue, _) => wrong("an OBJECT"),
    }
}

fn structure(fields: &[(&str, Shape)], value: &Value, errors: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match fields.iter().find(|(field, _)| *field == &**name) {
            Some((_, shape)) => check(name, *shape, value, errors),
            None => errors.push(format!("The field '{name}' is not supported by Step Functions")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(action: &str, parameters: &str) -> Option<String> {
        let resource = ResourceArn::parse(&format!("arn:aws:states:::{action}"));
        fault(&resource, &Value::parse(parameters).expect("the test's parameters are JSON"))
    }

    #[test]
    fn a_number_where_a_string_belongs_is_named_as_aws_names_it() {
        assert_eq!(
            cause("dynamodb:putItem", r#"{"TableName":"t","Item":{"id":{"S":5}}}"#).as_deref(),
            Some(
                r#"The Parameters '{"TableName":"t","Item":{"id":{"S":5}}}' could not be used to start the Task: [The value for the field 'S' must be a STRING]"#
            )
        );
    }

    #[test]
    fn plain_json_in_a_map_is_refused() {
        let errors = cause(
            "dynamodb:putItem",
            r#"{"TableName":"t","Item":{"data":{"M":{"make":"MINI","year":2015}}}}"#,
        );
        let errors = errors.expect("plain JSON is no attribute value");
        assert!(errors.ends_with(
            "[The value for the field 'make' must be an OBJECT, The value for the field 'year' must be an OBJECT]"
        ));
    }

    #[test]
    fn good_parameters_and_null_pass() {
        let good = r#"{"TableName":"t","Item":{"id":{"S":"1"},"on":{"BOOL":true},"l":{"L":[{"M":{"n":{"N":"1"}}}]}}}"#;
        assert_eq!(cause("dynamodb:putItem", good), None);
        assert_eq!(cause("dynamodb:putItem", r#"{"TableName":"t","Item":null}"#), None);
        assert_eq!(cause("aws-sdk:dynamodb:scan", r#"{"TableName":"t","Limit":2}"#), None);
        assert_eq!(cause("sqs:sendMessage", r#"{"Anything":1}"#), None);
    }

    #[test]
    fn an_unknown_type_descriptor_is_refused() {
        let errors = cause("dynamodb:getItem", r#"{"TableName":"t","Key":{"id":{"name":"x"}}}"#);
        assert!(
            errors
                .expect("no such type")
                .ends_with("[The field 'name' is not supported by Step Functions]")
        );
    }

    #[test]
    fn a_query_is_a_map() {
        let request = r#"{"ApiEndpoint":"e","Method":"GET","QueryParameters":"?a=1"}"#;
        assert_eq!(
            cause("apigateway:invoke", request),
            Some(format!(
                "The Parameters '{request}' could not be used to start the Task: [The value of the field 'QueryParameters' \
                 has an invalid format]"
            ))
        );
        assert_eq!(cause("apigateway:invoke", r#"{"QueryParameters":{"a":["1"]}}"#), None);
    }

    #[test]
    fn batches_are_looked_into() {
        let bad = r#"{"RequestItems":{"t":[{"PutRequest":{"Item":{"id":{"N":1}}}}]}}"#;
        assert!(cause("aws-sdk:dynamodb:batchWriteItem", bad).is_some());
        assert!(cause("aws-sdk:dynamodb:batchWriteItem", r#"{"RequestItems":{"t":{}}}"#).is_some());
    }
}
