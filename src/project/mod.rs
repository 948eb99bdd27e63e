//! What was opened: its machines, APIs and tables, with everything that is wrong in its files.
//!
//! Reads files, runs nothing. What can't be resolved stays visible as a placeholder, never a guess. An imported project
//! can't read outside its own folder.

mod aws_names;
mod cloudformation;
mod definition;
mod discover;
pub mod http_file;
pub mod openapi;
pub mod postman;
mod reader;
mod rest_parts;
mod s3_folder;
mod source_text;
mod terraform;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apigateway::{HttpRequest, RestApi};
use crate::asl::{Diagnostic, StateMachine, StateMachineType};
use crate::json::document::LineColumn;
use crate::services::dynamodb::Table;
use crate::services::mock::MockConfig;
use crate::services::s3::SeedObject;

pub use definition::DefinitionJson;
pub use s3_folder::read_s3_folder;

/// Everything found at a path.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// As it was given.
    pub path: PathBuf,
    /// The folder that may be read.
    pub root: PathBuf,
    pub name: String,
    pub form: ProjectForm,
    pub machines: Vec<MachineDefinition>,
    pub apis: Vec<RestApi>,
    pub tables: Vec<Table>,
    /// `MockConfigFile.json` beside the machines, when there is one.
    pub mocks: Option<MockConfig>,
    /// Buckets that a template declares.
    pub buckets: Vec<String>,
    /// What the files of the folder `s3` beside the machines stand for, and what the mocks' file names.
    pub objects: Vec<SeedObject>,
    /// `NAME.input.json` beside a machine: the name and the text.
    pub example_inputs: Vec<(String, String)>,
    /// Requests of `.http` files and Postman collections: the name and the request.
    pub example_requests: Vec<(String, HttpRequest)>,
    /// Problems of files that are no definition (templates, `.tf`, `OpenAPI`).
    pub problems: Vec<FileProblem>,
    /// Every file that was read, to be watched.
    pub files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectForm {
    #[default]
    Asl,
    Terraform,
    Cloudformation,
}

/// A machine with where it stands and what it is called.
#[derive(Clone, Debug)]
pub struct MachineDefinition {
    /// The deployed name, or the logical id, or the file's stem.
    pub name: String,
    pub kind: StateMachineType,
    pub arn: String,
    /// The role that the file gives it, where that can be told.
    pub role_arn: Option<String>,
    /// With substitutions applied.
    pub machine: Arc<StateMachine>,
    /// As it would be deployed.
    pub definition: DefinitionJson,
    /// The file of the definition.
    pub file: PathBuf,
    /// The whole file's text; spans of the machine and its diagnostics point into it.
    pub text: Arc<str>,
    pub diagnostics: Vec<Diagnostic>,
    /// `${name}` and what it stands for; `None` where it could not be resolved.
    pub substitutions: Vec<(String, Option<String>)>,
}

/// A problem in a file that is no definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    pub file: PathBuf,
    pub diagnostic: Diagnostic,
    pub place: LineColumn,
}

/// Why nothing could be opened at all, in the user's words: what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct OpenError {
    pub message: String,
    pub remedy: String,
    pub path: PathBuf,
}

/// Opens a definition file, a template, a `.tf` file or a folder.
///
/// # Errors
/// The path cannot be read, is too large, or holds nothing that Stepwell knows.
pub fn open(path: &Path) -> Result<Project, OpenError> {
    discover::open(path, discover::Companions::Read)
}

/// As [`open`], but of a file nothing beside it: no mocks, no examples. For those who only ask what the file itself says.
///
/// # Errors
/// As [`open`].
pub fn open_alone(path: &Path) -> Result<Project, OpenError> {
    discover::open(path, discover::Companions::Ignored)
}
