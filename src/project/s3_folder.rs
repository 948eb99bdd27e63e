//! A folder whose files stand for the objects of S3: `BUCKET/KEY…`, with the key's slashes as folders.
//!
//! Links are left out, so that nothing outside the folder is ever read; numbers and sizes are limited.

use std::fs;
use std::path::Path;

use crate::services::s3::SeedObject;
use crate::services::s3::store::{MAX_OBJECT_BYTES, MAX_OBJECTS, MAX_TOTAL_BYTES};

/// The folder's name beside the machines.
pub(super) const NAME: &str = "s3";

/// Folders inside folders that are searched.
const MAX_DEPTH: usize = 32;

/// Files that are there for other programs.
const NO_OBJECTS: &[&str] = &[".gitkeep", ".gitignore", ".DS_Store", "Thumbs.db"];

/// Reads a folder of buckets, in the order of their names.
///
/// # Errors
/// In the user's words: it can't be read, or holds more than is kept in memory.
pub fn read_s3_folder(folder: &Path) -> Result<Vec<SeedObject>, String> {
    let mut reading = Reading { objects: Vec::new(), bytes: 0 };
    for (name, path, kind) in entries(folder)? {
        if kind.is_dir() && !name.starts_with('.') {
            let bucket = SeedObject { bucket: name.clone(), key: String::new(), body: [].into() };
            reading.objects.push(bucket);
            reading.folder(&name, "", &path, 0)?;
        }
    }
    Ok(reading.objects)
}

struct Reading {
    objects: Vec<SeedObject>,
    bytes: usize,
}

impl Reading {
    fn folder(
        &mut self,
        bucket: &str,
        prefix: &str,
        path: &Path,
        depth: usize,
    ) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("{} is nested too deeply to stand for S3", path.display()));
        }
        for (name, path, kind) in entries(path)? {
            let key = format!("{prefix}{name}");
            if kind.is_dir() {
                self.folder(bucket, &format!("{key}/"), &path, depth + 1)?;
            } else if kind.is_file() && !NO_OBJECTS.contains(&name.as_str()) {
                self.file(bucket, key, &path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, bucket: &str, key: String, path: &Path) -> Result<(), String> {
        let cannot = |err: std::io::Error| format!("{} can't be read: {err}", path.display());
        let length = fs::metadata(path).map_err(cannot)?.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_OBJECT_BYTES {
            let most = MAX_OBJECT_BYTES >> 20;
            return Err(format!("{} is larger than {most} MB", path.display()));
        }
        if self.bytes.saturating_add(length) > MAX_TOTAL_BYTES || self.objects.len() >= MAX_OBJECTS
        {
            let most = MAX_TOTAL_BYTES >> 20;
            return Err(format!(
                "The files that stand for S3 are more than {MAX_OBJECTS}, or more than {most} MB"
            ));
        }
        let body = fs::read(path).map_err(cannot)?;
        self.bytes += body.len();
        self.objects.push(SeedObject { bucket: bucket.to_owned(), key, body: body.into() });
        Ok(())
    }
}

/// The entries of a folder by name; the kind is that of the entry itself, a link's is a link.
fn entries(folder: &Path) -> Result<Vec<(String, std::path::PathBuf, fs::FileType)>, String> {
    let cannot = |err: std::io::Error| format!("{} can't be read: {err}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if found.len() >= MAX_OBJECTS {
            return Err(format!("{} has too many entries", folder.display()));
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, entry.path(), entry.file_type().map_err(cannot)?));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_objects_and_links_do_not() {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("s3");
        fs::create_dir_all(root.join("orders/2026/01")).expect("folders");
        fs::create_dir_all(root.join("results")).expect("a folder");
        fs::write(root.join("orders/2026/01/a.json"), "[1]").expect("a file");
        fs::write(root.join("orders/readme.txt"), "r").expect("a file");
        fs::write(root.join("results/.gitkeep"), "").expect("a file");
        fs::write(root.join("loose"), "no bucket").expect("a file");
        fs::write(outer.path().join("secret"), "s").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path(), root.join("orders/up")).expect("a link");
        #[cfg(unix)]
        std::os::unix::fs::symlink("../../secret", root.join("orders/link")).expect("a link");
        let objects = read_s3_folder(&root).expect("readable");
        let names: Vec<_> =
            objects.iter().map(|it| (it.bucket.as_str(), it.key.as_str())).collect();
        assert_eq!(
            names,
            [
                ("orders", ""),
                ("orders", "2026/01/a.json"),
                ("orders", "readme.txt"),
                ("results", "")
            ]
        );
        assert_eq!(&*objects[1].body, b"[1]");
        assert!(read_s3_folder(&outer.path().join("none")).is_err());
    }
}
