//! The state machines of a template.

use std::collections::BTreeMap;

use super::super::definition::{FoundDefinition, document_of_file, kind_of};
use super::super::discover::Opening;
use super::super::rest_parts::plain_text;
use super::super::source_text::SourceText;
use super::TemplateFile;
use super::intrinsic::is_placeholder;
use crate::json::Value;
use crate::json::document::{Content, Document, Format, Node};
use crate::project::MachineDefinition;

/// What `DefinitionSubstitutions` says: a text, or nothing that could be resolved.
type Substitutions = BTreeMap<String, Option<String>>;

pub(super) fn load(
    opening: &mut Opening,
    template: &TemplateFile<'_>,
    logical: &str,
    kind: &str,
    resource: &Node,
) {
    let serverless = kind == "AWS::Serverless::StateMachine";
    let Some(properties) = resource.get("Properties") else {
        opening.problem(
            &template.file,
            resource.span,
            "machine-definition",
            format!("The state machine '{logical}' has no properties"),
            "Give it a definition.",
        );
        return;
    };
    let resolved =
        |name: &str| properties.get(name).map(|node| plain_text(&template.template.value(node)));
    let name = template.template.physical_name(logical).unwrap_or_else(|| logical.to_owned());
    let kind = kind_of(
        &resolved(if serverless { "Type" } else { "StateMachineType" }).unwrap_or_default(),
    );
    let substitutions = substitutions(template, properties.get("DefinitionSubstitutions"));
    let meaning = |name: &str| substitutions.get(name).cloned().flatten();

    let location =
        properties.get("DefinitionUri").or_else(|| properties.get("DefinitionS3Location"));
    let found = if let Some(location) = location {
        file_definition(opening, template, logical, location, meaning)
    } else if let Some(definition) = properties.get("Definition") {
        template.template.resolve(definition).map(|mut node| {
            fill(&mut node, &meaning);
            (template.file.clone(), template.document_of(node))
        })
    } else if let Some(definition) = properties.get("DefinitionString") {
        let text = template.template.source_text(definition, &template.document.text);
        let text = text.with_placeholders(meaning);
        let format = Format::sniff(text.as_str());
        Some((template.file.clone(), text.document(&template.document.text, format)))
    } else {
        opening.problem(
            &template.file,
            properties.span,
            "machine-definition",
            format!("The state machine '{logical}' has no definition"),
            "Add DefinitionUri, Definition or DefinitionString.",
        );
        None
    };
    if let Some((file, document)) = found {
        let substitutions = substitutions.into_iter().collect();
        let found = FoundDefinition { name, kind, file, document, substitutions };
        let role = resolved(if serverless { "Role" } else { "RoleArn" });
        let role_arn = role.filter(|it| !it.is_empty() && !is_placeholder(it));
        let machine = found.into_machine();
        opening.project.machines.push(MachineDefinition { role_arn, ..machine });
    }
}

fn substitutions(template: &TemplateFile<'_>, node: Option<&Node>) -> Substitutions {
    let members = node.and_then(Node::as_object).unwrap_or_default().iter();
    members
        .map(|member| {
            let text = plain_text(&template.template.value(&member.value));
            (member.name.to_string(), Some(text).filter(|text| !is_placeholder(text)))
        })
        .collect()
}

/// A definition in a file of its own; `aws cloudformation package` writes a local path in the place of an S3 location.
fn file_definition(
    opening: &mut Opening,
    template: &TemplateFile<'_>,
    logical: &str,
    location: &Node,
    meaning: impl FnMut(&str) -> Option<String>,
) -> Option<(std::path::PathBuf, Document)> {
    let resolved = template.template.value(location);
    let Some(path) = resolved.as_str().filter(|path| !path.starts_with("s3://")) else {
        opening.problem(
            &template.file,
            location.span,
            "definition-file",
            format!("The definition of '{logical}' is in S3 and can't be read from here"),
            "Name a file of the project as its DefinitionUri.",
        );
        return None;
    };
    match opening.reader.read(&template.folder, path) {
        Ok((path, text)) => {
            let document = document_of_file(&path, &text, meaning);
            Some((path, document))
        }
        Err(err) => {
            opening.problem(
                &template.file,
                location.span,
                "definition-file",
                format!("The definition of '{logical}' can't be read: {err}"),
                "Put the file into the project, or correct the path.",
            );
            None
        }
    }
}

/// Fills `${name}` in every string of a definition that stands in the template itself.
fn fill(node: &mut Node, meaning: &impl Fn(&str) -> Option<String>) {
    match &mut node.content {
        Content::Scalar(value) => {
            if let Some(text) = value.as_str().filter(|text| text.contains("${")) {
                *value = Value::from(SourceText::of_file(text).with_placeholders(meaning).as_str());
            }
        }
        Content::Array(items) => items.iter_mut().for_each(|item| fill(item, meaning)),
        Content::Object(members) => {
            members.iter_mut().for_each(|member| fill(&mut member.value, meaning));
        }
    }
}
