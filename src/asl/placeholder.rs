//! Values that are filled in after this file was written: `${name}` of Terraform and `CloudFormation`, and the intrinsic
//! functions of `CloudFormation` (`!Ref`, `Fn::Sub`, …). They stay visible as `${…}` and are never an error.

use crate::json::Value;
use crate::json::document::{Content, Node};

/// Whether a text has a `${…}` in it.
pub fn has_placeholder(text: &str) -> bool {
    text.find("${").is_some_and(|at| text[at..].contains('}'))
}

/// The text that an intrinsic function of `CloudFormation` stands for, with `${…}` where only a deployment knows more.
/// `None` when the node is no such function.
pub fn text_of(node: &Node) -> Option<String> {
    if let Some(tag) = node.tag() {
        return Some(call(tag, node));
    }
    let [member] = node.as_object()? else { return None };
    let function = match &*member.name {
        "Ref" if member.value.as_str().is_some() => "Ref",
        "Condition" => return None,
        name => name.strip_prefix("Fn::")?,
    };
    Some(call(function, &member.value))
}

/// A node as plain data, functions replaced by their texts.
pub fn to_value(node: &Node) -> Value {
    if let Some(text) = text_of(node) {
        return Value::from(text);
    }
    match &node.content {
        Content::Scalar(value) => value.clone(),
        Content::Array(items) => Value::array(items.iter().map(to_value)),
        Content::Object(members) => Value::object(
            members.iter().map(|member| (member.name.clone(), to_value(&member.value))),
        ),
    }
}

/// Whether what stands here is known only later: a function, or a text with a placeholder in it.
pub fn is_placeholder(node: &Node) -> bool {
    node.as_str().is_some_and(has_placeholder) || text_of(node).is_some()
}

/// With a tag the argument is the tagged node itself, so its own tag must not be looked at again.
fn call(function: &str, argument: &Node) -> String {
    match function {
        "Ref" => format!("${{{}}}", bare(argument)),
        "GetAtt" => match argument.as_array() {
            Some(parts) => {
                format!("${{{}}}", parts.iter().map(plain).collect::<Vec<_>>().join("."))
            }
            None => format!("${{{}}}", bare(argument)),
        },
        "Sub" => argument.at(0).map_or_else(|| bare(argument), plain),
        "Join" => match (argument.at(0), argument.at(1).and_then(Node::as_array)) {
            (Some(separator), Some(parts)) => {
                parts.iter().map(plain).collect::<Vec<_>>().join(&plain(separator))
            }
            (Some(_) | None, _) => unknown(function, argument),
        },
        _ => unknown(function, argument),
    }
}

fn plain(node: &Node) -> String {
    text_of(node).unwrap_or_else(|| bare(node))
}

fn bare(node: &Node) -> String {
    match &node.content {
        Content::Scalar(Value::String(text)) => text.to_string(),
        Content::Scalar(value) => value.to_string(),
        Content::Array(items) => Value::array(items.iter().map(to_value)).to_string(),
        Content::Object(members) => Value::object(
            members.iter().map(|member| (member.name.clone(), to_value(&member.value))),
        )
        .to_string(),
    }
}

fn unknown(function: &str, argument: &Node) -> String {
    let written = match argument.as_array() {
        Some(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(", "),
        None => bare(argument),
    };
    format!("${{{function} {written}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::document::{Document, Format};

    #[test]
    fn functions_become_readable_texts() {
        for (yaml, text) in [
            ("!Ref Table", "${Table}"),
            ("!GetAtt F.Arn", "${F.Arn}"),
            ("!GetAtt [F, Arn]", "${F.Arn}"),
            ("!Sub 'arn:${AWS::Partition}:x'", "arn:${AWS::Partition}:x"),
            ("{Ref: Table}", "${Table}"),
            ("{'Fn::GetAtt': [F, Arn]}", "${F.Arn}"),
            ("{'Fn::Sub': ['a-${b}', {b: 1}]}", "a-${b}"),
            ("{'Fn::Join': ['-', [a, {Ref: B}, 3]]}", "a-${B}-3"),
            ("{'Fn::ImportValue': shared}", "${ImportValue shared}"),
            ("!FindInMap [A, B, C]", "${FindInMap A, B, C}"),
        ] {
            let document = Document::parse(yaml, Format::Yaml);
            assert_eq!(text_of(document.root.as_ref().unwrap()).as_deref(), Some(text), "{yaml}");
        }
        let data = Document::parse("{a: 1}", Format::Yaml);
        assert_eq!(text_of(data.root.as_ref().unwrap()), None);
    }
}
