//! Reading files that the user names, up to a size: a path may lead to a device that never ends.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// An input, a body, a mock of one answer: many times what AWS takes.
pub(super) const MAX_ARGUMENT_BYTES: u64 = 16 << 20;
/// A `MockConfigFile`, which may hold the content of S3 objects, or a collection of requests.
pub(super) const MAX_MOCKS_BYTES: u64 = 128 << 20;

/// The text of a file of at most so many bytes.
///
/// # Errors
/// In words for the user: it can't be read, is larger, or is no text.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, String> {
    let shown = path.display();
    let cannot = |err: std::io::Error| format!("{shown} can't be read: {err}");
    let mut bytes = Vec::new();
    // What a file says about its length is not asked: a pipe or a device says nothing.
    File::open(path).map_err(cannot)?.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > most {
        return Err(format!("{shown} is larger than {} MiB, and no more is read", most >> 20));
    }
    String::from_utf8(bytes).map_err(|err| format!("{shown} is no text in UTF-8: {err}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_no_further() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f");
        let read = |content: &[u8]| {
            std::fs::write(&file, content).expect("written");
            read_text(&file, 1 << 20)
        };
        assert_eq!(read(b"text").as_deref(), Ok("text"));
        assert_eq!(read(&vec![b'x'; 1 << 20]).map(|it| it.len()), Ok(1 << 20));
        let refused = read(&vec![b'x'; (1 << 20) + 1]).expect_err("too large");
        assert!(refused.ends_with("is larger than 1 MiB, and no more is read"), "{refused}");
        assert!(read(&[0xff]).expect_err("no UTF-8").contains("no text in UTF-8"));
        assert!(read_text(folder.path(), 1).is_err(), "a folder is no file");
    }
}
