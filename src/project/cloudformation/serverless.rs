//! The state machines of a `serverless.yml` (the Serverless Framework's Step Functions plugin). Its resources are
//! `CloudFormation`, its `${self:…}` variables stay visible.

use std::path::Path;

use super::super::definition::{FoundDefinition, document_of_file, kind_of};
use super::super::discover::Opening;
use super::super::rest_parts::plain_text;
use super::intrinsic::Template;
use super::{TemplateFile, table};
use crate::json::document::{Document, Node};

pub(in super::super) fn load(opening: &mut Opening, file: &Path, document: &Document) {
    let Some(root) = &document.root else { return };
    if opening.reader.read_located(file).is_err() {
        return;
    }
    let resources = root.get("resources").unwrap_or(root);
    let template = TemplateFile {
        file: file.to_path_buf(),
        folder: file.parent().unwrap_or(file).to_path_buf(),
        document,
        template: Template::new(resources, opening, file),
    };
    for resource in resources.get("Resources").and_then(Node::as_object).unwrap_or_default() {
        if let Some(kind @ "AWS::DynamoDB::Table") =
            resource.value.get("Type").and_then(Node::as_str)
        {
            opening.project.tables.push(table::table(
                &template,
                &resource.name,
                kind,
                &resource.value,
            ));
        }
    }
    let machines =
        root.get("stepFunctions").and_then(|it| it.get("stateMachines")).and_then(Node::as_object);
    for machine in machines.unwrap_or_default() {
        let text = |name: &str| {
            machine.value.get(name).map(|node| plain_text(&template.template.value(node)))
        };
        let Some(definition) = machine.value.get("definition") else {
            opening.problem(
                file,
                machine.value.span,
                "machine-definition",
                format!("The state machine '{}' has no definition in this file", machine.name),
                "Open the file that holds it.",
            );
            continue;
        };
        let included = definition
            .as_str()
            .and_then(|text| text.trim().strip_prefix("${file(")?.strip_suffix(")}"));
        let (file, document) = match included {
            Some(path) => match opening.reader.read(&template.folder, path.trim()) {
                Ok((path, text)) => {
                    let document = document_of_file(&path, &text, |_| None);
                    (path, document)
                }
                Err(err) => {
                    let message =
                        format!("The definition of '{}' can't be read: {err}", machine.name);
                    opening.problem(
                        file,
                        definition.span,
                        "definition-file",
                        message,
                        "Correct the path.",
                    );
                    continue;
                }
            },
            None => match template.template.resolve(definition) {
                Some(node) => (file.to_path_buf(), template.document_of(node)),
                None => continue,
            },
        };
        let found = FoundDefinition {
            name: text("name").unwrap_or_else(|| machine.name.to_string()),
            kind: kind_of(&text("type").unwrap_or_default()),
            file,
            document,
            substitutions: Vec::new(),
        };
        opening.project.machines.push(found.into_machine());
    }
}
