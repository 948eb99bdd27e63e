//! Terraform: a folder of `.tf` files, evaluated as far as the files alone allow.
//!
//! Nothing is asked of a provider: references between resources resolve to the names and ARNs that AWS gives
//! ([`super::aws_names`]), and what only a deployment knows stays visible as `${…}` in its own words.

mod api;
mod evaluate;
mod functions;
mod module;
mod references;
mod resources;
mod template;
mod value;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::Opening;
use super::rest_parts::RestParts;
use evaluate::Evaluator;
use module::Module;
use value::Val;

/// Modules in modules, and all of them together.
const MAX_MODULES: usize = 100;

/// A file that places point into.
#[derive(Clone, Debug)]
struct SourceFile {
    path: PathBuf,
    text: Arc<str>,
}

/// Adds everything of a folder and of the modules it uses to the project.
pub(super) fn load(opening: &mut Opening, folder: &Path) {
    let mut evaluator = Evaluator::new(opening);
    let root = evaluator.add_module(folder, None);
    evaluator.add_called_modules(root);
    let mut apis = RestParts::default();
    for module in 0..evaluator.module_count() {
        for (address, block) in evaluator.resources_of(module) {
            match block.label(0) {
                "aws_sfn_state_machine" => {
                    resources::machines(&mut evaluator, module, &address, &block);
                }
                "aws_dynamodb_table" => resources::tables(&mut evaluator, module, &address, &block),
                "aws_s3_bucket" => resources::buckets(&mut evaluator, module, &block),
                kind if kind.starts_with("aws_api_gateway_") => {
                    api::resource(&mut evaluator, module, &address, &block, &mut apis);
                }
                _ => {}
            }
        }
    }
    opening.project.apis.extend(apis.build());
}

/// The local folders that a folder's module blocks name.
pub(super) fn modules_of(opening: &Opening, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in opening.reader.files_of(folder) {
        if path.extension().is_none_or(|it| it != "tf") {
            continue;
        }
        let Ok(text) = opening.peek(&path) else { continue };
        let Ok(body) = hcl_edit::parser::parse_body(&text) else { continue };
        for block in body.get_blocks("module") {
            let source = block.body.get_attribute("source").and_then(|it| it.value.as_str());
            if let Some(source) = source.filter(|source| is_local(source))
                && let Ok(path) = opening.reader.locate(folder, source)
            {
                found.push(path);
            }
        }
    }
    found
}

/// Modules of a registry or a repository are not on this disk, and nothing is fetched.
fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// One use of a module: its blocks, and what its caller gives it.
struct Instance {
    module: Arc<Module>,
    /// The address that makes its resources different from those of another use.
    path: String,
    call: Option<Call>,
}

/// The block that uses a module, with its caller and the key of `for_each` or `count`.
#[derive(Clone)]
struct Call {
    caller: usize,
    block: module::WrittenBlock,
    repetition: Repetition,
}

/// What `each` and `count` mean inside a repeated block.
#[derive(Clone, Debug, Default)]
struct Repetition {
    each: Option<(Val, Val)>,
    count: Option<Val>,
}
