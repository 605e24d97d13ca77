//! Where a file lies below its machine's folder.

use std::fmt;
use std::path::{Path, PathBuf};

use tree::Name;

use crate::sink::host_name::{Rules, host_name};

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
