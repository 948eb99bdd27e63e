//! DynamoDB's attribute values in a Task's parameters: `{"S": "text"}`, not `"text"`.

use super::Reader;
use super::fields::Fields;
use crate::asl::task::ResourceKind;
use crate::asl::{QueryLanguage, ResourceArn, placeholder, rule};
use crate::json::document::{Content, Member, Node};

/// The types of an attribute value.
const TYPES: &[&str] = &["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

/// Parameters that map names to attribute values.
const MAPS: &[&str] = &["Key", "Item", "ExpressionAttributeValues", "ExclusiveStartKey"];

impl Reader<'_> {
    /// Warns of values without their type, which DynamoDB refuses when the state runs.
    pub(super) fn attribute_values(
        &mut self,
        resource: &ResourceArn,
        fields: &Fields<'_>,
        language: QueryLanguage,
    ) {
        let service = match &resource.kind {
            ResourceKind::Optimised { service, .. } | ResourceKind::AwsSdk { service, .. } => {
                service
            }
            ResourceKind::LambdaFunction { .. }
            | ResourceKind::Activity { .. }
            | ResourceKind::Other => return,
        };
        if &**service != "dynamodb" {
            return;
        }
        let name = match language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        let Some(parameters) = fields.get(name) else { return };
        for map in MAPS {
            let Some(attributes) = parameters.get(map).and_then(Node::as_object) else { continue };
            for attribute in attributes {
                self.attribute_value(attribute, &format!("{}/{map}", fields.at(name)), language);
            }
        }
    }

    fn attribute_value(&mut self, attribute: &Member, location: &str, language: QueryLanguage) {
        let name = &attribute.name;
        let (at, value) = (format!("{location}/{name}"), &attribute.value);
        if placeholder::is_placeholder(value) {
            return;
        }
        let path = language == QueryLanguage::JsonPath && name.ends_with(".$");
        // Deployed machines pass plain texts, which Step Functions takes as S.
        let text = !path && value.as_str().is_some();
        let typed = match &value.content {
            Content::Object(members) => {
                members.iter().any(|member| TYPES.contains(&member.name.trim_end_matches(".$")))
            }
            Content::Scalar(_) | Content::Array(_) => false,
        };
        if typed || text {
            return;
        }
        let (rule, message) = if path {
            let plain = name.trim_end_matches(".$");
            (
                &rule::ATTRIBUTE_FROM_PATH,
                format!(
                    "'{plain}' has no DynamoDB type, so the path must select a text or a typed value"
                ),
            )
        } else {
            (
                &rule::UNTYPED_ATTRIBUTE,
                format!("'{name}' has no DynamoDB type, so DynamoDB will refuse it"),
            )
        };
        let remedy = "Write {\"S\": …} for text, {\"N\": \"…\"} for a number; with a path {\"S.$\": \"$.…\"}";
        self.report(rule, (&at, attribute.name_span), message, remedy);
    }
}
