//! An NTFS volume that ntfs-3g has mounted.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::program::run;
use super::temp_dir;

/// The programs that it needs, and those that ask it for what only NTFS has.
pub(crate) const TOOLS: [&str; 4] = ["mkntfs", "ntfs-3g", "getfattr", "setfattr"];

/// A fresh volume, and where it is mounted.
pub(crate) struct NtfsVolume {
    folder: TempDir,
    mounted: bool,
}

impl NtfsVolume {
    /// Of `size` bytes; needs root, FUSE and [`TOOLS`].
    pub(crate) fn new(size: u64) -> Self {
        let folder = temp_dir();
        let mut volume = Self {
            folder,
            mounted: false,
        };
        File::create(volume.image())
            .and_then(|image| image.set_len(size))
            .expect("made");
        let mut make = Command::new("mkntfs");
        make.args(["-F", "-Q", "-q"]).arg(volume.image());
        run(make).expect_code(0);
        std::fs::create_dir(volume.point()).expect("made");
        let mut mount = Command::new("ntfs-3g");
        mount.args(["-o", "noatime,streams_interface=xattr"]);
        run({
            mount.arg(volume.image()).arg(volume.point());
            mount
        })
        .expect_code(0);
        volume.mounted = true;
        volume
    }

    /// The volume, to be read when it is unmounted.
    pub(crate) fn image(&self) -> PathBuf {
        self.folder.path().join("volume.img")
    }

    /// Where it is mounted.
    pub(crate) fn point(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    pub(crate) fn unmount(&mut self) {
        if std::mem::take(&mut self.mounted) {
            let gone = Command::new("umount").arg(self.point()).status();
            assert!(gone.is_ok_and(|status| status.success()), "umount");
        }
    }
}

impl Drop for NtfsVolume {
    fn drop(&mut self) {
        self.unmount();
    }
}
