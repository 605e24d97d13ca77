//! Where a file lies below its machine's folder.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use tree::Name;

use crate::sink::host_name::{Rules, host_name};
use crate::sink::with_tail;

/// What the name of a machine's folder begins with until all of it is there.
pub const STAGE_HEAD: &str = ".";
/// What it ends with until then.
pub const STAGE_TAIL: &str = ".hvrestore-part";

/// A path below a machine's folder: the same on every system that the set may be carried to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetPath(Vec<String>);

impl SetPath {
    /// The path of these names. Each becomes one that Windows and Linux can both hold, so that none
    /// leads out of the folder.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| safe_name(name)).collect())
    }

    /// The path of `name` in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(safe_name(name));
        Self(names)
    }

    /// Its last name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// The names of the folders that it is in, outermost first.
    #[must_use]
    pub fn folders(&self) -> &[String] {
        self.0.split_last().map_or(&[], |(_, folders)| folders)
    }

    /// Where it is, if the machine's folder is `root`.
    #[must_use]
    pub fn beneath(&self, root: &Path) -> PathBuf {
        let mut path = root.to_owned();
        path.extend(&self.0);
        path
    }

    /// Where it is on Windows, if the machine's folder is `root` there.
    #[must_use]
    pub fn on_windows(&self, root: &str) -> String {
        format!("{}\\{}", root.trim_end_matches('\\'), self.0.join("\\"))
    }
}

/// With slashes, as Linux, manifests and people have it.
impl fmt::Display for SetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// A whole path of Windows without `\\?\`, the mark of those that Windows takes word by word.
#[must_use]
pub fn unmarked(path: &str) -> String {
    match path.strip_prefix(r"\\?\UNC\") {
        Some(share) => format!(r"\\{share}"),
        None => path.strip_prefix(r"\\?\").unwrap_or(path).to_owned(),
    }
}

/// `name` as every system can hold it.
#[must_use]
pub fn safe_name(name: &str) -> String {
    host_name(&Name::from(name), Rules::Everywhere)
}

/// The name of the folder of a machine called `name`: as every system can hold it, also with
/// [`STAGE_HEAD`] and [`STAGE_TAIL`] around it.
#[must_use]
pub fn folder_name(name: &str) -> String {
    let name = if name.is_empty() { "machine" } else { name };
    let around = format!("{STAGE_HEAD}{STAGE_TAIL}");
    let cut = with_tail(OsStr::new(&safe_name(name)), &around);
    let cut = cut.to_string_lossy();
    cut.strip_suffix(&around).unwrap_or(&cut).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r34_marked_paths_are_those_of_drives_and_shares() {
        for (path, plain) in [
            (r"\\?\D:\VMs", r"D:\VMs"),
            (r"\\?\UNC\nas\VMs\web01", r"\\nas\VMs\web01"),
            (r"\\nas\VMs", r"\\nas\VMs"),
            (r"D:\VMs", r"D:\VMs"),
        ] {
            assert_eq!(unmarked(path), plain);
        }
    }

    #[test]
    fn a_folder_has_room_for_what_stands_around_its_name() {
        for name in ["x".repeat(300), "\u{e9}".repeat(150), "x".repeat(245)] {
            let folder = folder_name(&name);
            let staged = format!("{STAGE_HEAD}{folder}{STAGE_TAIL}");
            assert!((250..=255).contains(&staged.len()), "{staged}");
        }
        assert_eq!(folder_name("web01"), "web01");
        assert_eq!(folder_name(""), "machine");
        let (a, b) = ("x".repeat(299) + "a", "x".repeat(299) + "b");
        assert_ne!(folder_name(&a), folder_name(&b));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let path = SetPath::of(&["Virtual Hard Disks", r"..\..\x", ".."]);
        assert_eq!(path.to_string(), "Virtual Hard Disks/..%5C..%5Cx/%2E%2E");
        assert_eq!(
            path.on_windows(r"D:\VMs\"),
            r"D:\VMs\Virtual Hard Disks\..%5C..%5Cx\%2E%2E"
        );
        let root = Path::new("out");
        assert_eq!(
            SetPath::of(&["a", "b.vhdx"]).beneath(root),
            root.join("a").join("b.vhdx")
        );
    }
}
