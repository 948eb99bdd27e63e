//! placeholder
use super::discover::Opening;
use std::path::{Path, PathBuf};
pub(super) fn load(_opening: &mut Opening, _folder: &Path) {}
pub(super) fn modules_of(_opening: &Opening, _folder: &Path) -> Vec<PathBuf> {
    Vec::new()
}
