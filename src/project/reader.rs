//! The only way into the disk: reads text files of one folder, and nothing outside it.
//!
//! A project is somebody else's: its templates may name any path. So every path is resolved through its links first, and
//! refused when it does not stay under the root; sizes and counts are limited.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::json::document;

/// The longest file that is read. AWS takes definitions and templates of at most 1 MB.
pub(super) const MAX_FILE_BYTES: u64 = document::MAX_BYTES as u64;
/// All files of a project together.
const MAX_TOTAL_BYTES: u64 = 64 * 1024 * 1024;
/// More files than any project of templates has.
const MAX_FILES: usize = 2_000;
/// Entries of folders that are looked at while a project is searched.
const MAX_ENTRIES: usize = 20_000;
/// Links on the way to one file; more of them run in a circle.
const MAX_LINKS: usize = 40;
/// Folders inside folders that are searched.
const MAX_FOLDER_DEPTH: usize = 8;

/// Folders that hold what tools made or downloaded.
const SKIPPED_FOLDERS: &[&str] =
    &["node_modules", "target", "__pycache__", "venv", "dist", "build"];

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    #[error("'{0}' is outside the project's folder, and an opened project may read nothing there")]
    Outside(String),
    #[error("there is no file '{0}'")]
    Missing(String),
    #[error("'{0}' may not be read: permission denied")]
    Denied(String),
    #[error("'{0}' is no file")]
    NotAFile(String),
    #[error("'{0}' is too large: it has {1} MB, and files of up to {max} MB are read", max = MAX_FILE_BYTES / (1024 * 1024))]
    TooLarge(String, u64),
    #[error("'{0}' is not text in UTF-8")]
    NotText(String),
    #[error("'{0}' was left out: the project has more files than are read at once")]
    TooMany(String),
    #[error("'{0}' could not be read: {1}")]
    Other(String, String),
}

/// Reads files under one root, and remembers which.
#[derive(Debug)]
pub(super) struct Reader {
    /// Without links.
    root: PathBuf,
    files: Vec<PathBuf>,
    bytes: u64,
}

impl Reader {
    /// `root` must exist; it is resolved through its links.
    pub(super) fn new(root: &Path) -> Result<Self, ReadError> {
        let root =
            fs::canonicalize(root).map_err(|err| of_io(&err, &root.display().to_string()))?;
        Ok(Self { root, files: Vec::new(), bytes: 0 })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Every file that was read, in the order of reading.
    pub(super) fn into_files(self) -> Vec<PathBuf> {
        self.files
    }

    /// The file that `relative` means in `folder`, which must be under the root.
    ///
    /// Goes part by part and follows each link itself: a path or a link that leads out is refused before anything is asked about what
    /// is there, so that a project cannot learn which files there are outside of it.
    pub(super) fn locate(&self, folder: &Path, relative: &str) -> Result<PathBuf, ReadError> {
        let path = Path::new(relative);
        let joined = if path.is_absolute() { path.to_path_buf() } else { folder.join(path) };
        let outside = || ReadError::Outside(relative.to_owned());
        // By the text first, so that a path that says it is outside is refused as such.
        if !normalised(&joined).starts_with(&self.root) {
            return Err(outside());
        }
        let mut resolved = self.root.clone();
        // What is still to be walked, the next one last.
        let below_root = joined.strip_prefix(&self.root).unwrap_or(&joined);
        let mut left: Vec<PathBuf> = parts(below_root);
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == Path::new("..") {
                if resolved == self.root {
                    return Err(outside());
                }
                resolved.pop();
                continue;
            }
            let next = resolved.join(&part);
            let metadata = fs::symlink_metadata(&next).map_err(|err| of_io(&err, relative))?;
            if !metadata.is_symlink() {
                resolved = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(ReadError::Other(relative.to_owned(), "it is a ring of links".into()));
            }
            let target = fs::read_link(&next).map_err(|err| of_io(&err, relative))?;
            if target.is_absolute() {
                let Ok(inside) = target.strip_prefix(&self.root) else { return Err(outside()) };
                resolved.clone_from(&self.root);
                left.extend(parts(inside));
            } else {
                left.extend(parts(&target));
            }
        }
        Ok(resolved)
    }

    /// The text of a file that `relative` means in `folder`, and where it is.
    pub(super) fn read(
        &mut self,
        folder: &Path,
        relative: &str,
    ) -> Result<(PathBuf, Arc<str>), ReadError> {
        let path = self.locate(folder, relative)?;
        let text = self.read_located(&path)?;
        Ok((path, text))
    }

    /// The text of a file as [`Self::locate`] or [`Self::search`] gave it.
    pub(super) fn read_located(&mut self, path: &Path) -> Result<Arc<str>, ReadError> {
        let name = self.short(path);
        let metadata = fs::metadata(path).map_err(|err| of_io(&err, &name))?;
        if !metadata.is_file() {
            return Err(ReadError::NotAFile(name));
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge(name, metadata.len() / (1024 * 1024)));
        }
        let known = self.files.iter().any(|file| file == path);
        if !known
            && (self.files.len() >= MAX_FILES || self.bytes + metadata.len() > MAX_TOTAL_BYTES)
        {
            return Err(ReadError::TooMany(name));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|err| of_io(&err, &name))?;
        // A file may grow while it is read.
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|err| of_io(&err, &name))?;
        if !known {
            self.files.push(path.to_path_buf());
            self.bytes += bytes.len() as u64;
        }
        let Ok(text) = String::from_utf8(bytes) else { return Err(ReadError::NotText(name)) };
        Ok(text.into())
    }

    /// The path as the user knows it: from the root on.
    pub(super) fn short(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string()
    }

    /// The files of one folder, in alphabetical order; links are left out.
    pub(super) fn files_of(&self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut budget = MAX_ENTRIES;
        self.walk(folder, MAX_FOLDER_DEPTH, &mut budget, &mut files);
        files
    }

    /// The files of a folder and of the folders in it, in alphabetical order, outer before inner; links, hidden folders
    /// and those of package managers are left out.
    pub(super) fn search(&self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut budget = MAX_ENTRIES;
        self.walk(folder, 0, &mut budget, &mut files);
        files
    }

    fn walk(&self, folder: &Path, depth: usize, budget: &mut usize, files: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut entries: Vec<_> = entries.flatten().take(*budget).collect();
        *budget -= entries.len();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_file() {
                files.push(entry.path());
            } else if kind.is_dir() && !name.starts_with('.') && !SKIPPED_FOLDERS.contains(&&*name)
            {
                folders.push(entry.path());
            }
        }
        if depth < MAX_FOLDER_DEPTH {
            for inner in folders {
                self.walk(&inner, depth + 1, budget, files);
            }
        }
    }
}

/// The parts of a relative path, the first one last.
fn parts(path: &Path) -> Vec<PathBuf> {
    let is_part = |it: &Component<'_>| matches!(it, Component::Normal(_) | Component::ParentDir);
    path.components().rev().filter(is_part).map(|it| PathBuf::from(it.as_os_str())).collect()
}

/// `a/./b/../c` as `a/c`, by the text alone.
fn normalised(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

fn of_io(err: &std::io::Error, name: &str) -> ReadError {
    let name = name.to_owned();
    let kind = err.kind();
    if kind == ErrorKind::NotFound || kind == ErrorKind::NotADirectory {
        ReadError::Missing(name)
    } else if kind == ErrorKind::PermissionDenied {
        ReadError::Denied(name)
    } else {
        ReadError::Other(name, err.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_root_is_read() {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("project");
        fs::create_dir_all(root.join("in")).expect("a folder");
        fs::write(outer.path().join("secret"), "s").expect("a file");
        fs::write(root.join("in/own"), "o").expect("a file");
        let mut reader = Reader::new(&root).expect("exists");
        let folder = reader.root().join("in");
        assert_eq!(
            reader.read(&folder, "own").map(|(_, text)| text.to_string()),
            Ok("o".to_owned())
        );
        assert_eq!(
            reader.read(&folder, "../in/./own").map(|(_, text)| text.to_string()),
            Ok("o".to_owned())
        );
        for path in ["../../secret", "/etc/hostname", "../in/../../secret"] {
            assert_eq!(reader.read(&folder, path), Err(ReadError::Outside(path.to_owned())));
        }
        assert_eq!(reader.read(&folder, "none"), Err(ReadError::Missing("none".to_owned())));
        assert_eq!(reader.read(&folder, "."), Err(ReadError::NotAFile("in".to_owned())));
        assert_eq!(reader.into_files().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_root_is_refused() {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("project");
        fs::create_dir(&root).expect("a folder");
        fs::write(outer.path().join("secret"), "s").expect("a file");
        std::os::unix::fs::symlink("../secret", root.join("link")).expect("a link");
        std::os::unix::fs::symlink("..", root.join("up")).expect("a link");
        let mut reader = Reader::new(&root).expect("exists");
        let folder = reader.root().to_path_buf();
        assert_eq!(reader.read(&folder, "link"), Err(ReadError::Outside("link".to_owned())));
        assert_eq!(
            reader.read(&folder, "up/secret"),
            Err(ReadError::Outside("up/secret".to_owned()))
        );
        assert!(reader.search(&folder).is_empty(), "links are not followed in a search");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_outside_answers_the_same_whether_it_is_there_or_not() {
        use std::os::unix::fs::symlink;
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("project");
        fs::create_dir_all(root.join("in/deep")).expect("a folder");
        fs::write(outer.path().join("secret"), "s").expect("a file");
        fs::write(root.join("own"), "o").expect("a file");
        symlink("..", root.join("up")).expect("a link");
        symlink(outer.path().canonicalize().expect("exists"), root.join("away")).expect("a link");
        symlink("in/deep", root.join("deep")).expect("a link");
        symlink("../../own", root.join("in/deep/back")).expect("a link");
        symlink("ring", root.join("ring")).expect("a link");
        for name in ["secret", "absent"] {
            symlink(format!("../{name}"), root.join(format!("to-{name}"))).expect("a link");
        }
        let mut reader = Reader::new(&root).expect("exists");
        let folder = reader.root().to_path_buf();
        for (there, not_there) in [
            ("to-secret", "to-absent"),
            ("up/secret", "up/absent"),
            ("away/secret", "away/absent"),
            // By the text these stay inside; on the disk `..` leaves the folder that the link leads to.
            ("up/../secret", "up/../absent"),
        ] {
            for path in [there, not_there] {
                assert_eq!(reader.locate(&folder, path), Err(ReadError::Outside(path.to_owned())));
            }
        }
        let own = reader.read(&folder, "deep/back").map(|(path, _)| path);
        assert_eq!(own, Ok(folder.join("own")));
        // `deep/..` is the folder that holds the real one.
        assert_eq!(reader.locate(&folder, "deep/../deep"), Ok(folder.join("in/deep")));
        assert!(matches!(reader.locate(&folder, "ring"), Err(ReadError::Other(..))));
        assert_eq!(
            reader.locate(&folder, "own/none"),
            Err(ReadError::Missing("own/none".to_owned()))
        );
    }

    #[test]
    fn a_file_that_is_too_large_or_no_text_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let large = File::create(folder.path().join("large")).expect("a file");
        large.set_len(50 * 1024 * 1024).expect("a sparse file");
        fs::write(folder.path().join("binary"), [0xff, 0xfe, 0x00]).expect("a file");
        let mut reader = Reader::new(folder.path()).expect("exists");
        let root = reader.root().to_path_buf();
        assert_eq!(reader.read(&root, "large"), Err(ReadError::TooLarge("large".to_owned(), 50)));
        assert_eq!(reader.read(&root, "binary"), Err(ReadError::NotText("binary".to_owned())));
    }
}
