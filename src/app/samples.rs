//! The bundled samples: they travel inside the binary and are laid out on disk when one is opened.

use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample-machines");

/// A sample as the welcome page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Folder below `sample-machines`.
    pub folder: &'static str,
    pub title: &'static str,
    /// First sentence of its README.
    pub summary: String,
}

/// The sample that the tour and the demonstration use.
pub const CRUD: &str = "crud/terraform";

/// Every folder that holds a README and is not only a parent of others, in order of their names.
pub fn list() -> Vec<Sample> {
    fn collect(dir: &'static Dir<'static>, found: &mut Vec<Sample>) {
        let readme =
            dir.get_file(dir.path().join("README.md")).and_then(|file| file.contents_utf8());
        let is_project = dir.files().any(|file| {
            let name = file.path().to_string_lossy();
            name.ends_with(".asl.json")
                || name.ends_with(".asl.yaml")
                || name.ends_with(".tf")
                || name.ends_with("template.yaml")
        });
        if let (Some(readme), Some(folder), true) = (readme, dir.path().to_str(), is_project) {
            let title = readme.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(folder);
            let paragraph = readme.split("\n\n").map(str::trim);
            let mut words = paragraph.filter(|it| !it.is_empty() && !it.starts_with('#'));
            let words = words.next().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
            let sentence = words.split_inclusive(". ").next().unwrap_or(&words);
            let summary = sentence.trim_end().to_owned();
            found.push(Sample { folder, title, summary });
        }
        for inner in dir.dirs() {
            collect(inner, found);
        }
    }
    let mut found = Vec::new();
    collect(&SAMPLES, &mut found);
    found.sort_by_key(|sample| (sample.folder != CRUD, sample.folder));
    found
}

/// A folder on disk with the sample in it: the checkout's own when run from there, so that edits are to the real files; else a
/// copy in the user's data folder, made once and never overwritten, because the user may have edited it.
///
/// # Errors
/// There is no sample of that name, or the copy cannot be written.
pub fn folder(name: &str) -> io::Result<PathBuf> {
    let here = Path::new("sample-machines").join(name);
    if here.is_dir() {
        return Ok(here);
    }
    let unknown =
        || io::Error::new(io::ErrorKind::NotFound, format!("there is no sample called {name}"));
    let dir = SAMPLES.get_dir(name).ok_or_else(unknown)?;
    let base = directories::ProjectDirs::from("", "", "stepwell")
        .map(|dirs| dirs.data_local_dir().to_owned());
    let base = base.ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "there is no home folder to put the sample in")
    })?;
    let target = base.join("samples");
    lay_out(dir, &target)?;
    Ok(target.join(name))
}

fn lay_out(dir: &Dir<'_>, target: &Path) -> io::Result<()> {
    std::fs::create_dir_all(target.join(dir.path()))?;
    for file in dir.files() {
        let path = target.join(file.path());
        if !path.exists() {
            std::fs::write(path, file.contents())?;
        }
    }
    dir.dirs().try_for_each(|inner| lay_out(inner, target))
}
