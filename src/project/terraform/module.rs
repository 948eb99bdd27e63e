//! One folder of Terraform files: its blocks by their addresses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

use super::super::discover::Opening;
use super::SourceFile;
use super::value::Place;
use crate::json::document::{LineIndex, Span};

/// An expression and the file it stands in.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) file: usize,
    pub(super) expression: Arc<Expression>,
}

/// A block and the file it stands in.
#[derive(Clone, Debug)]
pub(super) struct WrittenBlock {
    pub(super) file: usize,
    pub(super) block: Arc<Block>,
}

impl WrittenBlock {
    pub(super) fn place(&self) -> Place {
        Place { file: self.file, span: span_of(self.block.ident.span()) }
    }

    pub(super) fn label(&self, index: usize) -> &str {
        self.block.labels.get(index).map_or("", |label| label.as_str())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<Written> {
        attribute(self.file, &self.block.body, name)
    }
}

pub(super) fn attribute(file: usize, body: &Body, name: &str) -> Option<Written> {
    let attribute = body.get_attribute(name)?;
    Some(Written { file, expression: Arc::new(attribute.value.clone()) })
}

pub(super) fn span_of(range: Option<std::ops::Range<usize>>) -> Span {
    range.map_or_else(Span::default, |range| Span { start: range.start, end: range.end })
}

/// The blocks of a folder, each kind in the order of the files.
#[derive(Clone, Debug, Default)]
pub(super) struct Module {
    pub(super) folder: PathBuf,
    /// Defaults, or what a `.tfvars` file says; `None` must be given by the caller.
    pub(super) variables: BTreeMap<String, Option<Written>>,
    pub(super) locals: BTreeMap<String, Written>,
    /// By `type.name`.
    pub(super) resources: indexmap::IndexMap<String, WrittenBlock>,
    /// By `type.name`.
    pub(super) data: BTreeMap<String, WrittenBlock>,
    pub(super) calls: indexmap::IndexMap<String, WrittenBlock>,
    pub(super) outputs: BTreeMap<String, Written>,
}

impl Module {
    /// Reads every `.tf` file of a folder, and the variable files that Terraform reads by itself.
    pub(super) fn read(opening: &mut Opening, folder: &Path, files: &mut Vec<SourceFile>) -> Self {
        let mut module = Self { folder: folder.to_path_buf(), ..Self::default() };
        let mut values = Vec::new();
        for path in opening.reader.files_of(folder) {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            if name.ends_with(".tf") {
                if let Some((file, body)) = parse(opening, &path, files) {
                    module.add(file, &body);
                }
            } else if name == "terraform.tfvars" || name.ends_with(".auto.tfvars") {
                values.extend(parse(opening, &path, files));
            }
        }
        for (file, body) in values {
            for given in body.attributes() {
                if let Some(variable) = module.variables.get_mut(given.key.as_str()) {
                    *variable = Some(Written { file, expression: Arc::new(given.value.clone()) });
                }
            }
        }
        module
    }

    fn add(&mut self, file: usize, body: &Body) {
        for block in body.blocks() {
            let written = WrittenBlock { file, block: Arc::new(block.clone()) };
            let address = || format!("{}.{}", written.label(0), written.label(1));
            match block.ident.as_str() {
                "variable" => {
                    let default = written.attribute("default");
                    self.variables.insert(written.label(0).to_owned(), default);
                }
                "locals" => {
                    for local in block.body.attributes() {
                        let expression = Arc::new(local.value.clone());
                        self.locals
                            .insert(local.key.as_str().to_owned(), Written { file, expression });
                    }
                }
                "output" => {
                    if let Some(value) = written.attribute("value") {
                        self.outputs.insert(written.label(0).to_owned(), value);
                    }
                }
                "resource" => {
                    self.resources.insert(address(), written);
                }
                "data" => {
                    self.data.insert(address(), written);
                }
                "module" => {
                    self.calls.insert(written.label(0).to_owned(), written);
                }
                _ => {}
            }
        }
    }
}

/// Reads and parses one file; what is wrong with it becomes a problem. Nesting is limited by the parser.
fn parse(opening: &mut Opening, path: &Path, files: &mut Vec<SourceFile>) -> Option<(usize, Body)> {
    let text = match opening.reader.read_located(path) {
        Ok(text) => text,
        Err(err) => {
            opening.problem(
                path,
                Span::default(),
                "terraform-file",
                err.to_string(),
                "The other files are shown.",
            );
            return None;
        }
    };
    let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match hcl_edit::parser::parse_body(plain) {
        Ok(body) => {
            files.push(SourceFile { path: path.to_path_buf(), text: plain.into() });
            Some((files.len() - 1, body))
        }
        Err(err) => {
            let location = err.location();
            let line = LineIndex::new(&text).line_span(&text, location.line()).unwrap_or_default();
            let start = (line.start + location.column().saturating_sub(1)).min(text.len());
            opening.problem(
                path,
                Span { start, end: line.end.max(start) },
                "terraform-syntax",
                format!("This is not Terraform's language: {}", err.message()),
                "The other files of the folder are shown.",
            );
            None
        }
    }
}
