//! (to be written)

use super::{OpenError, Project};
use std::path::Path;
pub fn open(path: &Path) -> Result<Project, OpenError> { let _ = path; todo!() }
