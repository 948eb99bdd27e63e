//! SAM and `CloudFormation` templates, in YAML and JSON: their machines, APIs, tables and buckets.
//!
//! Intrinsic functions are resolved as far as the template alone allows ([`intrinsic`]); the rest stays visible as
//! `${placeholder}`.

mod api;
mod budget;
mod intrinsic;
mod machine;
mod serverless;
mod table;

pub(super) use budget::Budget;
pub(super) use serverless::load as load_serverless;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::Opening;
use super::rest_parts::RestParts;
use crate::json::document::{Document, Format, LineIndex, Node};
use intrinsic::Template;

/// The resource types of APIs, for which pieces are put together.
const API_PREFIX: &str = "AWS::ApiGateway::";

/// Adds everything of a template to the project.
pub(super) fn load(opening: &mut Opening, file: &Path, document: &Document) {
    // The file was looked at before; now it counts.
    if let Err(err) = opening.reader.read_located(file) {
        opening.problem(
            file,
            crate::json::document::Span::default(),
            "template-file",
            err.to_string(),
            "",
        );
        return;
    }
    for problem in &document.problems {
        opening.problem(
            file,
            problem.span,
            "template-syntax",
            problem.message.clone(),
            "What could be read of the template is shown.",
        );
    }
    let Some(root) = &document.root else { return };
    let template = TemplateFile {
        file: file.to_path_buf(),
        folder: file.parent().unwrap_or(file).to_path_buf(),
        document,
        template: Template::new(root, opening, file),
    };
    let mut apis = RestParts::default();
    for resource in root.get("Resources").and_then(Node::as_object).unwrap_or_default() {
        let Some(kind) = resource.value.get("Type").and_then(Node::as_str) else { continue };
        let logical = &*resource.name;
        match kind {
            "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
                machine::load(opening, &template, logical, kind, &resource.value);
                api::state_machine_events(&template, logical, &resource.value, &mut apis);
            }
            "AWS::Serverless::Function" => {
                api::function_events(&template, logical, &resource.value, &mut apis);
            }
            "AWS::Serverless::Api" => {
                api::serverless_api(opening, &template, logical, &resource.value, &mut apis);
            }
            "AWS::DynamoDB::Table"
            | "AWS::DynamoDB::GlobalTable"
            | "AWS::Serverless::SimpleTable" => {
                opening.project.tables.push(table::table(
                    &template,
                    logical,
                    kind,
                    &resource.value,
                ));
            }
            "AWS::S3::Bucket" => {
                let name = template.template.physical_name(logical);
                opening.project.buckets.push(name.unwrap_or_else(|| logical.to_owned()));
            }
            kind if kind.starts_with(API_PREFIX) => {
                api::resource(opening, &template, logical, kind, &resource.value, &mut apis);
            }
            _ => {}
        }
    }
    opening.project.apis.extend(apis.build());
}

/// One template on its way into the project.
struct TemplateFile<'a> {
    file: PathBuf,
    folder: PathBuf,
    document: &'a Document,
    template: Template<'a>,
}

impl TemplateFile<'_> {
    /// The properties of a resource with everything resolved, as they would reach AWS.
    fn properties(&self, resource: &Node) -> crate::json::Value {
        resource.get("Properties").map(|node| self.template.value(node)).unwrap_or_default()
    }

    /// A document whose root is a part of this template.
    fn document_of(&self, root: Node) -> Document {
        Document {
            text: Arc::clone(&self.document.text),
            format: self.document.format,
            root: Some(root),
            problems: Vec::new(),
            lines: self.document.lines.clone(),
        }
    }
}

/// An empty document of a file, for a definition that could not be read.
fn parse_included(text: &Arc<str>, file: &Path) -> Document {
    let mut document = Document::parse(text, Format::of_path(file, text));
    document.lines = LineIndex::new(text);
    document
}
