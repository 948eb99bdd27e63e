//! The database as a task sees it, against the texts recorded from AWS.

use super::*;
use crate::asl::{ResourceArn, StatePath};
use crate::engine::TaskToken;

fn request(resource: &str, parameters: &str) -> TaskRequest {
    TaskRequest {
        token: TaskToken(1),
        state: StatePath::new("State"),
        state_name: "State".into(),
        resource: ResourceArn::parse(&format!("arn:aws:states:::{resource}")),
        parameters: Value::parse(parameters).expect("the test's parameters are JSON"),
        attempt: 0,
        map_indices: Vec::new(),
        callback_token: None,
    }
}

fn items_table() -> Table {
    let create = r#"{"TableName":"test-table","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"make","AttributeType":"S"}],
        "GlobalSecondaryIndexes":[{"IndexName":"by-make","KeySchema":[{"AttributeName":"make","KeyType":"HASH"}],
            "Projection":{"ProjectionType":"ALL"}}]}"#;
    Table {
        name: "test-table".to_owned(),
        create: Value::parse(create).expect("JSON"),
        items: Vec::new(),
    }
}

fn database() -> DynamoDb {
    let database = DynamoDb::new().expect("memory is enough");
    database.create_table(&items_table()).expect("a good definition");
    database
}

fn output(database: &DynamoDb, resource: &str, parameters: &str) -> Value {
    match database.run(&request(resource, parameters)) {
        TaskAnswer::Succeeded { output } => output,
        other @ (TaskAnswer::Failed { .. } | TaskAnswer::Submitted { .. } | TaskAnswer::Never) => {
            panic!("{other:?}")
        }
    }
}

fn error(database: &DynamoDb, resource: &str, parameters: &str) -> (String, String) {
    match database.run(&request(resource, parameters)) {
        TaskAnswer::Failed { error: Some(error), cause: Some(cause) } => {
            (error.to_string(), cause.to_string())
        }
        other @ (TaskAnswer::Failed { .. }
        | TaskAnswer::Succeeded { .. }
        | TaskAnswer::Submitted { .. }
        | TaskAnswer::Never) => {
            panic!("{other:?}")
        }
    }
}

const PUT: &str =
    r#"{"TableName":"test-table","Item":{"data":{"S":"HelloWorld"},"id":{"S":"id1"}}}"#;
const GET: &str = r#"{"TableName":"test-table","Key":{"id":{"S":"id1"}}}"#;

fn is_send_and_sync<T: Send + Sync>(_: &T) {}

#[test]
fn what_was_put_is_read_back_with_the_metadata_of_a_real_answer() {
    let database = database();
    is_send_and_sync(&database);
    database.set_time(Timestamp(784_111_777_000));
    let put = output(&database, "dynamodb:putItem", PUT);
    let http = put.get("SdkHttpMetadata").expect("metadata");
    assert_eq!(http.get("HttpStatusCode"), Some(&Value::from(200)));
    assert_eq!(
        http.get("HttpHeaders").and_then(|it| it.get("Content-Length")),
        Some(&Value::from("2"))
    );
    assert!(http.get("HttpHeaders").and_then(|it| it.get("x-amzn-RequestId")).is_some());
    let get = output(&database, "dynamodb:getItem", GET);
    assert_eq!(
        get.get("Item").map(Value::to_string).as_deref(),
        Some(r#"{"data":{"S":"HelloWorld"},"id":{"S":"id1"}}"#)
    );
    let headers = get.get("SdkHttpMetadata").and_then(|it| it.get("HttpHeaders")).expect("headers");
    assert_eq!(
        headers.get("Content-Length"),
        Some(&Value::from("53")),
        "as AWS counted the same answer"
    );
    assert_eq!(headers.get("Date"), Some(&Value::from("Sun, 06 Nov 1994 08:49:37 GMT")));
    assert_eq!(
        get.get("SdkResponseMetadata").and_then(|it| it.get("RequestId")),
        headers.get("x-amzn-requestid"),
        "GetItem spells this header in lower case"
    );
    let names: Vec<_> =
        get.as_object().expect("an object").keys().map(|name| name.to_string()).collect();
    assert_eq!(names, ["Item", "SdkHttpMetadata", "SdkResponseMetadata"]);
}

#[test]
fn the_sdk_integration_answers_without_metadata() {
    let database = database();
    assert_eq!(output(&database, "aws-sdk:dynamodb:putItem", PUT).to_string(), "{}");
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:getItem", GET).to_string(),
        r#"{"Item":{"data":{"S":"HelloWorld"},"id":{"S":"id1"}}}"#
    );
    let query = r#"{"KeyConditionExpression":"id = :id","ExpressionAttributeValues":{":id":{"S":"id1"}},"TableName":"test-table"}"#;
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:query", query).to_string(),
        r#"{"Count":1,"Items":[{"data":{"S":"HelloWorld"},"id":{"S":"id1"}}],"ScannedCount":1}"#
    );
    let update = r#"{"ReturnValues":"UPDATED_NEW","TableName":"test-table","UpdateExpression":"set S=:r","Key":{"id":{"S":"id1"}},"ExpressionAttributeValues":{":r":{"S":"HelloWorldUpdated"}}}"#;
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:updateItem", update).to_string(),
        r#"{"Attributes":{"S":{"S":"HelloWorldUpdated"}}}"#
    );
    assert_eq!(output(&database, "aws-sdk:dynamodb:deleteItem", GET).to_string(), "{}");
    assert_eq!(output(&database, "aws-sdk:dynamodb:getItem", GET).to_string(), "{}");
}

#[test]
fn errors_have_the_names_and_texts_recorded_from_aws() {
    let database = database();
    let id = Exchange { number: 1, now: Timestamp(0), is_get_item: false }.request_id();
    let elsewhere = PUT.replace("test-table", "other-table");
    assert_eq!(
        error(&database, "dynamodb:putItem", &elsewhere),
        (
            "DynamoDB.ResourceNotFoundException".to_owned(),
            format!(
                "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; \
                 Error Code: ResourceNotFoundException; Request ID: {id}; Proxy: null)"
            )
        )
    );
    let id = Exchange { number: 2, now: Timestamp(0), is_get_item: false }.request_id();
    assert_eq!(
        error(&database, "aws-sdk:dynamodb:putItem", &elsewhere),
        (
            "DynamoDb.ResourceNotFoundException".to_owned(),
            format!(
                "Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: {id})"
            )
        )
    );
    let (name, cause) =
        error(&database, "dynamodb:putItem", &PUT.replace("test-table", "/test-table"));
    assert_eq!(name, "DynamoDB.AmazonDynamoDBException");
    assert!(
        cause.starts_with(
            "1 validation error detected: Value '/test-table' at 'tableName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_.-]+ (Service: AmazonDynamoDBv2; Status Code: 400; Error \
             Code: ValidationException; Request ID: "
        ),
        "{cause}"
    );
    let (name, cause) =
        error(&database, "dynamodb:putItem", r#"{"TableName":"test-table","Item":null}"#);
    assert_eq!(name, "DynamoDB.AmazonDynamoDBException");
    assert!(
        cause.starts_with(
            "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null \
             (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; "
        ),
        "{cause}"
    );
}

#[test]
fn a_failed_condition_has_its_own_name_in_each_dialect() {
    let database = database();
    let put = r#"{"TableName":"test-table","Item":{"id":{"S":"id1"}},"ConditionExpression":"attribute_not_exists(id)"}"#;
    output(&database, "dynamodb:putItem", put);
    let (name, cause) = error(&database, "dynamodb:putItem", put);
    assert_eq!(name, "DynamoDB.ConditionalCheckFailedException");
    assert!(
        cause.starts_with("The conditional request failed (Service: AmazonDynamoDBv2; "),
        "{cause}"
    );
    let (name, cause) = error(&database, "aws-sdk:dynamodb:putItem", put);
    assert_eq!(name, "DynamoDb.ConditionalCheckFailedException");
    assert!(
        cause.starts_with("The conditional request failed (Service: DynamoDb, Status Code: 400, "),
        "{cause}"
    );
}

#[test]
fn a_key_of_another_name_is_what_the_published_pattern_runs_into() {
    let database = database();
    let (name, cause) = error(
        &database,
        "dynamodb:putItem",
        r#"{"TableName":"test-table","Item":{"Id":{"S":"1"}}}"#,
    );
    assert_eq!(name, "DynamoDB.AmazonDynamoDBException");
    assert!(cause.contains("Missing the key id in the item"), "{cause}");
    let (_, cause) = error(
        &database,
        "dynamodb:getItem",
        r#"{"TableName":"test-table","Key":{"Id":{"S":"1"}}}"#,
    );
    assert!(cause.starts_with("The provided key element does not match the schema"), "{cause}");
    let (name, _) = error(
        &database,
        "aws-sdk:dynamodb:getItem",
        r#"{"TableName":"test-table","Key":{"Id":{"S":"1"}}}"#,
    );
    assert_eq!(name, "DynamoDb.DynamoDbException");
}

#[test]
fn batches_transactions_and_tables_are_answered() {
    let database = database();
    let batch = r#"{"RequestItems":{"test-table":[{"PutRequest":{"Item":{"id":{"S":"a"},"make":{"S":"MINI"}}}},{"PutRequest":{"Item":{"id":{"S":"b"}}}}]}}"#;
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:batchWriteItem", batch).to_string(),
        r#"{"UnprocessedItems":{}}"#
    );
    let by_index = r#"{"TableName":"test-table","IndexName":"by-make","KeyConditionExpression":"make = :m","ExpressionAttributeValues":{":m":{"S":"MINI"}}}"#;
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:query", by_index).get("Count"),
        Some(&Value::from(1))
    );
    let transaction = r#"{"TransactItems":[{"Put":{"TableName":"test-table","Item":{"id":{"S":"c"}}}},{"ConditionCheck":{"TableName":"test-table","Key":{"id":{"S":"zz"}},"ConditionExpression":"attribute_exists(id)"}}]}"#;
    let (name, cause) = error(&database, "aws-sdk:dynamodb:transactWriteItems", transaction);
    assert_eq!(name, "DynamoDb.TransactionCanceledException");
    assert!(
        cause.starts_with("Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"),
        "{cause}"
    );
    assert_eq!(
        output(&database, "aws-sdk:dynamodb:listTables", "{}").to_string(),
        r#"{"TableNames":["test-table"]}"#
    );
    let described =
        output(&database, "aws-sdk:dynamodb:describeTable", r#"{"TableName":"test-table"}"#);
    assert_eq!(
        described.get("Table").and_then(|it| it.get("CreationDateTime")),
        Some(&Value::from("1970-01-01T00:00:00.000Z"))
    );
}

#[test]
fn tables_are_shown_and_edited() {
    let database = database();
    let item = |id: &str| Value::object([("id", Value::object([("S", Value::from(id))]))]);
    database.put_item("test-table", &item("one")).expect("a good item");
    database.put_item("test-table", &item("two")).expect("a good item");
    let tables = database.tables();
    assert_eq!(tables.len(), 1);
    assert_eq!(tables[0].key_names, ["id"]);
    assert_eq!(tables[0].items.len(), 2);
    assert_eq!(tables, database.tables(), "in the same order every time");
    database.delete_item("test-table", &item("one")).expect("a good key");
    assert_eq!(database.tables()[0].items, [item("two")]);
    assert!(database.put_item("test-table", &Value::from("no item")).is_err());
    assert!(database.put_item("nowhere", &item("x")).is_err());
}

#[test]
fn the_same_requests_get_the_same_answers() {
    let run = || {
        let database = database();
        let wide = r#"{"TableName":"test-table","Item":{"id":{"S":"id1"},"z":{"N":"1"},"a":{"M":{"y":{"S":"1"},"x":{"S":"2"}}},"m":{"SS":["b","a"]}}}"#;
        let answers = [
            database.run(&request("dynamodb:putItem", wide)),
            database.run(&request("dynamodb:getItem", GET)),
            database
                .run(&request("aws-sdk:dynamodb:describeTable", r#"{"TableName":"test-table"}"#)),
            database.run(&request("dynamodb:getItem", r#"{"TableName":5}"#)),
        ];
        format!("{answers:?}")
    };
    assert_eq!(run(), run());
}

#[test]
fn only_what_can_be_answered_is_taken() {
    let handles = |resource: &str| DynamoDb::handles(&request(resource, "{}"));
    assert!(handles("dynamodb:getItem"));
    assert!(handles("aws-sdk:dynamodb:scan"));
    assert!(!handles("dynamodb:scan"), "no optimised integration has it");
    assert!(!handles("aws-sdk:dynamodb:createBackup"));
    assert!(!handles("sqs:sendMessage"));
}

#[test]
fn nothing_that_is_sent_makes_it_panic() {
    let database = database();
    let odd = [
        "null",
        "5",
        "[]",
        r#""x""#,
        "{}",
        r#"{"TableName":null}"#,
        r#"{"TableName":"test-table","Item":{"id":5}}"#,
        r#"{"TableName":"test-table","Key":{"id":{"S":"1"}},"UpdateExpression":"SET"}"#,
        r#"{"TableName":"test-table","Key":{"id":{"S":"1"}},"UpdateExpression":"(((((("}"#,
        r#"{"TransactItems":[{}]}"#,
        r#"{"RequestItems":{"":[]}}"#,
        r#"{"Statement":"SELECT"}"#,
    ];
    for action in operations::ALL {
        for parameters in odd {
            let answer = database.run(&request(&format!("aws-sdk:dynamodb:{action}"), parameters));
            if let TaskAnswer::Failed { error, .. } = answer {
                assert!(error.is_some_and(|name| name.starts_with("DynamoDb.")));
            }
        }
    }
    let deep = format!(
        r#"{{"TableName":"test-table","Item":{{"id":{{"S":"1"}},"d":{}{{"S":"x"}}{}}}}}"#,
        r#"{"L":["#.repeat(100),
        "]}".repeat(100)
    );
    let (_, cause) = error(&database, "dynamodb:putItem", &deep);
    assert!(cause.contains("Nesting Levels have exceeded supported limits"), "{cause}");
}
