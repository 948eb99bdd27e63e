//! What a path holds: a definition, a template, a Terraform folder, or a folder of these.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::definition::{FoundDefinition, document_of_file, number_duplicates, problem};
use super::reader::{ReadError, Reader};
use super::s3_folder;
use super::{
    OpenError, Project, ProjectForm, cloudformation, http_file, openapi, postman, terraform,
};
use crate::asl::{Severity, StateMachineType};
use crate::json::Value;
use crate::json::document::{Document, Format, Node, Span};
use crate::services::mock::MockConfig;

/// Templates and Terraform roots of one folder; a folder with more is a collection of projects.
const MAX_TEMPLATES: usize = 60;
/// Definitions without a template around them.
const MAX_LOOSE_DEFINITIONS: usize = 200;
/// Longer inputs are no examples.
const MAX_EXAMPLE_BYTES: usize = 1024 * 1024;

/// A project while its files are read.
pub(super) struct Opening {
    pub(super) reader: Reader,
    pub(super) project: Project,
    /// What all templates together may still cost.
    pub(super) templates: cloudformation::Budget,
    companions: Companions,
}

/// What lies beside a file that was named alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Companions {
    /// Mocks, example inputs and requests, and the files that stand for S3.
    Read,
    /// Nothing: who asks about many files of one folder must not have it listed for each.
    Ignored,
}

/// Opens a definition file, a template, a `.tf` file or a folder.
pub(super) fn open(path: &Path, companions: Companions) -> Result<Project, OpenError> {
    let metadata = fs::metadata(path).map_err(|err| unreadable(path, &err))?;
    let folder = if metadata.is_dir() {
        fs::read_dir(path).map_err(|err| unreadable(path, &err))?;
        path.to_path_buf()
    } else {
        // The parent of `x.asl.json` is the empty path, which means the current folder.
        path.parent()
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or_else(|| Path::new("."))
            .to_path_buf()
    };
    let reader = Reader::new(&folder).map_err(|err| of_read_error(path, &err))?;
    let root = reader.root().to_path_buf();
    let name_of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut opening = Opening {
        project: Project {
            path: path.to_path_buf(),
            name: name_of(if metadata.is_dir() { &root } else { path })
                .unwrap_or_else(|| "/".to_owned()),
            root,
            ..Project::default()
        },
        reader,
        templates: cloudformation::Budget::default(),
        companions: if metadata.is_dir() { Companions::Read } else { companions },
    };
    if metadata.is_dir() {
        opening.folder();
    } else {
        let file = fs::canonicalize(path).map_err(|err| unreadable(path, &err))?;
        opening.file(path, &file)?;
    }
    if opening.companions == Companions::Read {
        opening.objects();
    }
    let mut project = opening.project;
    number_duplicates(&mut project.machines);
    project.files = opening.reader.into_files();
    if project.machines.is_empty() && project.apis.is_empty() && project.problems.is_empty() {
        return Err(nothing_in(path, metadata.is_dir()));
    }
    Ok(project)
}

impl Opening {
    /// One file, and what lies beside it: mocks and example inputs.
    fn file(&mut self, path: &Path, file: &Path) -> Result<(), OpenError> {
        let extension =
            file.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        let folder = file.parent().unwrap_or(file).to_path_buf();
        let text = self.read_opened(path, file)?;
        if extension == "tf" {
            self.project.form = ProjectForm::Terraform;
            terraform::load(self, &folder);
            self.beside(&folder);
            return Ok(());
        }
        let document = Document::parse(&text, Format::of_path(file, &text));
        match Kind::of(&document) {
            Kind::Template => {
                self.project.form = ProjectForm::Cloudformation;
                cloudformation::load(self, file, &document);
            }
            Kind::Serverless => {
                self.project.form = ProjectForm::Cloudformation;
                cloudformation::load_serverless(self, file, &document);
            }
            Kind::OpenApi => self.api_file(file, &document),
            Kind::Definition => self.definition(file, &text),
            // What is damaged may still be a definition, and its problems are what the user came for.
            Kind::Other
                if is_data(file) && (!document.problems.is_empty() || is_asl_name(file)) =>
            {
                self.definition(file, &text);
            }
            Kind::Mocks | Kind::Postman | Kind::Other => return Err(nothing_in(path, false)),
        }
        self.beside(&folder);
        Ok(())
    }

    fn beside(&mut self, folder: &Path) {
        if self.companions == Companions::Read {
            self.examples(&self.reader.files_of(folder));
        }
    }

    fn read_opened(&mut self, path: &Path, file: &Path) -> Result<Arc<str>, OpenError> {
        // A link to a file elsewhere was opened on purpose; then its own folder is the root.
        if !file.starts_with(self.reader.root()) {
            let folder = file.parent().unwrap_or(file);
            self.reader = Reader::new(folder).map_err(|err| of_read_error(path, &err))?;
            self.project.root = self.reader.root().to_path_buf();
        }
        self.reader.read_located(file).map_err(|err| of_read_error(path, &err))
    }

    fn folder(&mut self) {
        let root = self.reader.root().to_path_buf();
        let mut files = self.reader.search(&root);
        // What stands for S3 is data, whatever it looks like.
        files.retain(|file| !file.starts_with(root.join(s3_folder::NAME)));
        let terraform_folders = terraform_roots(self, &files);
        for folder in terraform_folders.iter().take(MAX_TEMPLATES) {
            self.project.form = ProjectForm::Terraform;
            terraform::load(self, folder);
        }
        let mut templates = 0;
        let mut loose = Vec::new();
        for file in &files {
            if !is_data(file) || templates >= MAX_TEMPLATES {
                continue;
            }
            let Ok(text) = self.peek(file) else { continue };
            let may_be = |words: &[&str]| words.iter().all(|word| text.contains(word));
            if may_be(&["Resources", "AWS::"]) || may_be(&["stepFunctions", "stateMachines"]) {
                let document = Document::parse(&text, Format::of_path(file, &text));
                match Kind::of(&document) {
                    Kind::Template => {
                        templates += 1;
                        cloudformation::load(self, file, &document);
                        self.take_form(ProjectForm::Cloudformation);
                        continue;
                    }
                    Kind::Serverless => {
                        templates += 1;
                        cloudformation::load_serverless(self, file, &document);
                        self.take_form(ProjectForm::Cloudformation);
                        continue;
                    }
                    Kind::Definition
                    | Kind::OpenApi
                    | Kind::Mocks
                    | Kind::Postman
                    | Kind::Other => {}
                }
            }
            if is_asl_name(file) || may_be(&["StartAt", "States"]) {
                loose.push((file.clone(), text));
            }
        }
        self.loose_definitions(&loose);
        self.examples(&files);
        if self.project.machines.is_empty() && self.project.apis.is_empty() {
            self.api_files(&files);
        }
    }

    /// The form of the first template that gave something counts.
    fn take_form(&mut self, form: ProjectForm) {
        if self.project.form == ProjectForm::Asl {
            self.project.form = form;
        }
    }

    /// Definitions that no template names. Beside templates only files that are called definitions count.
    fn loose_definitions(&mut self, candidates: &[(PathBuf, Arc<str>)]) {
        let templates_gave = !self.project.machines.is_empty();
        for (file, text) in candidates.iter().take(MAX_LOOSE_DEFINITIONS) {
            let used = self.project.machines.iter().any(|machine| machine.file == *file);
            if used || (templates_gave && !is_asl_name(file)) {
                continue;
            }
            let document = Document::parse(text, Format::of_path(file, text));
            if Kind::of(&document) == Kind::Definition
                || (is_asl_name(file) && !document.problems.is_empty())
            {
                self.definition(file, text);
            }
        }
    }

    /// A definition in a file of its own, named like the file.
    fn definition(&mut self, file: &Path, text: &Arc<str>) {
        // The file was only looked at; now it is part of the project.
        if self.reader.read_located(file).is_err() {
            return;
        }
        let name =
            file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = [".asl.json", ".asl.yaml", ".asl.yml", ".json", ".yaml", ".yml", ".asl"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(&name)
            .to_owned();
        let document = document_of_file(file, text, |_| None);
        let found = FoundDefinition {
            name,
            kind: StateMachineType::Standard,
            file: file.to_path_buf(),
            document,
            substitutions: Vec::new(),
        };
        self.project.machines.push(found.into_machine());
    }

    /// Mocks, inputs and requests among these files.
    fn examples(&mut self, files: &[PathBuf]) {
        for file in files {
            let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
            if name == "MockConfigFile.json" {
                self.mocks(file);
            } else if let Some(stem) = name.strip_suffix(".input.json") {
                if let Ok(text) = self.reader.read_located(file)
                    && text.len() <= MAX_EXAMPLE_BYTES
                {
                    self.project.example_inputs.push((stem.to_owned(), text.to_string()));
                }
            } else if has_extension(file, &["http", "rest"]) {
                if let Ok(text) = self.reader.read_located(file) {
                    self.project.example_requests.extend(http_file::parse(&text));
                }
            } else if name.to_ascii_lowercase().contains("postman")
                && has_extension(file, &["json"])
                && let Ok(text) = self.reader.read_located(file)
                && let Ok(json) = Value::parse(&text)
                && let Ok(requests) = postman::parse(&json)
            {
                self.project.example_requests.extend(requests);
            }
        }
    }

    /// The folder whose files stand for S3.
    fn objects(&mut self) {
        let folder = self.reader.root().join(s3_folder::NAME);
        // A link would lead elsewhere.
        if fs::symlink_metadata(&folder).is_ok_and(|it| it.is_dir()) {
            match s3_folder::read_s3_folder(&folder) {
                Ok(objects) => self.project.objects.extend(objects),
                Err(why) => self.problem(
                    &folder,
                    Span::default(),
                    "s3-folder",
                    format!("The files that stand for S3 can't be used: {why}"),
                    "Until then there is no embedded S3, and tasks on it ask for their answers.",
                ),
            }
        }
        if let Some(mocks) = &self.project.mocks {
            self.project.objects.extend(mocks.objects());
        }
    }

    fn mocks(&mut self, file: &Path) {
        let parsed =
            self.reader.read_located(file).map_err(|err| err.to_string()).and_then(|text| {
                let json = Value::parse(&text).map_err(|err| err.to_string())?;
                MockConfig::parse(&json)
            });
        match parsed {
            Ok(mocks) => match &mut self.project.mocks {
                Some(known) => known.add_missing(&mocks),
                None => self.project.mocks = Some(mocks),
            },
            Err(message) => self.problem(
                file,
                Span::default(),
                "mock-config",
                format!("The mocks can't be used: {message}"),
                "Correct the file; until then tasks ask for their answers.",
            ),
        }
    }

    fn api_files(&mut self, files: &[PathBuf]) {
        for file in files.iter().filter(|file| is_data(file)) {
            let Ok(text) = self.peek(file) else { continue };
            if text.contains("x-amazon-apigateway-integration") {
                let document = Document::parse(&text, Format::of_path(file, &text));
                if Kind::of(&document) == Kind::OpenApi {
                    self.api_file(file, &document);
                }
            }
        }
    }

    fn api_file(&mut self, file: &Path, document: &Document) {
        // Counted as read, so that it is watched.
        if self.reader.read_located(file).is_ok()
            && let Some(root) = &document.root
        {
            self.project.apis.push(openapi::rest_api(&root.to_value()));
        }
    }

    /// The text of a file that may turn out to be no part of the project.
    pub(super) fn peek(&self, file: &Path) -> Result<Arc<str>, ReadError> {
        Reader::new(self.reader.root())?.read_located(file)
    }

    /// Notes what is wrong in a file that is no definition.
    pub(super) fn problem(
        &mut self,
        file: &Path,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let text = self.peek(file).unwrap_or_default();
        self.project.problems.push(problem(
            file,
            &text,
            span,
            Severity::Error,
            code,
            message,
            remedy,
        ));
    }
}

/// The folders of Terraform files that no other one uses as a module; only the topmost where the opened folder is one.
fn terraform_roots(opening: &Opening, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = files
        .iter()
        .filter(|file| has_extension(file, &["tf"]))
        .filter_map(|file| file.parent().map(Path::to_path_buf))
        .collect();
    folders.sort();
    folders.dedup();
    if folders.iter().any(|folder| folder == opening.reader.root()) {
        return vec![opening.reader.root().to_path_buf()];
    }
    let used: Vec<PathBuf> =
        folders.iter().flat_map(|folder| terraform::modules_of(opening, folder)).collect();
    let roots: Vec<PathBuf> =
        folders.iter().filter(|folder| !used.contains(folder)).cloned().collect();
    if roots.is_empty() { folders } else { roots }
}

/// What a JSON or YAML file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Definition,
    Template,
    Serverless,
    OpenApi,
    Mocks,
    Postman,
    Other,
}

impl Kind {
    fn of(document: &Document) -> Self {
        let Some(root) = &document.root else { return Self::Other };
        let has = |name: &str| root.get(name).is_some();
        if has("States") || has("StartAt") {
            return Self::Definition;
        }
        let resource_types = || {
            let resources = root.get("Resources").and_then(Node::as_object).into_iter().flatten();
            resources.filter_map(|resource| resource.value.get("Type")?.as_str())
        };
        if resource_types().any(|kind| kind.contains("::")) {
            Self::Template
        } else if root.get("stepFunctions").is_some_and(|it| it.get("stateMachines").is_some()) {
            Self::Serverless
        } else if has("openapi") || has("swagger") {
            Self::OpenApi
        } else if has("StateMachines") && has("MockedResponses") {
            Self::Mocks
        } else if root.get("info").is_some_and(|info| info.get("schema").is_some()) && has("item") {
            Self::Postman
        } else {
            Self::Other
        }
    }
}

fn is_asl_name(file: &Path) -> bool {
    let name =
        file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    [".asl.json", ".asl.yaml", ".asl.yml", ".asl"].iter().any(|suffix| name.ends_with(suffix))
}

fn is_data(file: &Path) -> bool {
    has_extension(file, &["json", "yaml", "yml", "template", "asl"])
}

fn has_extension(file: &Path, wanted: &[&str]) -> bool {
    let extension = file.extension().and_then(|it| it.to_str()).unwrap_or_default();
    wanted.iter().any(|it| extension.eq_ignore_ascii_case(it))
}

fn unreadable(path: &Path, err: &std::io::Error) -> OpenError {
    let kind = err.kind();
    let (message, remedy) = if kind == std::io::ErrorKind::NotFound {
        (
            "There is nothing at this path".to_owned(),
            "Check the spelling, or use Open to look for it.",
        )
    } else if kind == std::io::ErrorKind::PermissionDenied {
        (
            "This may not be read: permission denied".to_owned(),
            "Give yourself the right to read it, or open a copy.",
        )
    } else {
        (format!("This can't be read: {err}"), "Check that the disk is there, or open a copy.")
    };
    OpenError {
        message: format!("{message}: {}", path.display()),
        remedy: remedy.to_owned(),
        path: path.to_path_buf(),
    }
}

fn of_read_error(path: &Path, err: &ReadError) -> OpenError {
    let remedy = match err {
        ReadError::TooLarge(..) => {
            "AWS takes definitions of at most 1 MB. Open the definition itself, not what it works on."
        }
        ReadError::NotText(_) => {
            "Open a definition, a template or a folder; this file holds something else."
        }
        ReadError::Denied(_) => "Give yourself the right to read it, or open a copy.",
        ReadError::Outside(_)
        | ReadError::Missing(_)
        | ReadError::NotAFile(_)
        | ReadError::TooMany(_)
        | ReadError::Other(..) => "Check the path, or use Open to look for the file.",
    };
    OpenError { message: err.to_string(), remedy: remedy.to_owned(), path: path.to_path_buf() }
}

fn nothing_in(path: &Path, is_folder: bool) -> OpenError {
    let what = if is_folder { "This folder holds" } else { "This file holds" };
    OpenError {
        message: format!("{what} no state machine: {}", path.display()),
        remedy: "Open a definition (.asl.json, .asl.yaml), a SAM or CloudFormation template, or a folder with one of these or \
                 with Terraform files."
            .to_owned(),
        path: path.to_path_buf(),
    }
}
