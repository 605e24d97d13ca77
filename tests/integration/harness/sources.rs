//! Images for a test, in a folder of its own and guarded against change.

use super::unchanged::Unchanged;
use super::{need, packed, repository, temp_dir};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of images. When it is dropped the test fails if any of them was written.
pub(crate) struct Sources {
    _unchanged: Unchanged, // looked at before the folder goes
    folder: TempDir,
}

impl Sources {
    /// Real images by their names under `HVRESTORE_FIXTURES`, such as
    /// `vhdx/ntfs-parent.vhdx.zst`, unpacked side by side: here as `ntfs-parent.vhdx`.
    pub(crate) fn fixtures<N: AsRef<str>>(names: &[N]) -> Self {
        Self::gather(&need::fixtures(), "fixtures", names)
    }

    /// Committed images by their names under `testdata/`, in the same way.
    pub(crate) fn testdata<N: AsRef<str>>(names: &[N]) -> Self {
        Self::gather(&repository().join("testdata"), "testdata", names)
    }

    /// Images that the test itself has written.
    pub(crate) fn made(folder: TempDir) -> Self {
        Self {
            _unchanged: Unchanged::new([folder.path().to_path_buf()]),
            folder,
        }
    }

    /// The folder that holds all of them and nothing else.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One of them by its name as unpacked.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        assert!(path.exists(), "{name} is not one of this test's sources");
        path
    }

    fn gather<N: AsRef<str>>(root: &Path, kind: &str, names: &[N]) -> Self {
        let folder = temp_dir();
        for name in names.iter().map(AsRef::as_ref) {
            let unpacked = packed::unpacked(&root.join(name), &Path::new(kind).join(name))
                .unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
            let file_name = unpacked.file_name().expect("an image has a name");
            place(&unpacked, &folder.path().join(file_name));
        }
        Self::made(folder)
    }
}

/// A hard link costs nothing; a copy does where links are refused.
fn place(image: &Path, target: &Path) {
    fs::hard_link(image, target)
        .or_else(|_| fs::copy(image, target).map(drop))
        .unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}
