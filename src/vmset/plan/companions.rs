//! What lies beside a configuration: .vmrs, .vmgs, .bin, .vsv.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that belong to a configuration by their name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Companions {
    /// What the machine ran with.
    pub(super) runtime: Option<PathBuf>,
    /// Firmware variables and virtual TPM.
    pub(super) guest_state: Option<PathBuf>,
}

impl Companions {
    /// Those of the configuration at `path`: beside it, with its name but for the extension.
    pub(super) fn of(path: &Path) -> Self {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let stem = path.file_stem().unwrap_or_default().to_ascii_lowercase();
        let mut found = Self::default();
        for entry in entries {
            let path = entry.path();
            if path.file_stem().unwrap_or_default().to_ascii_lowercase() != stem {
                continue;
            }
            let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
            match extension.to_str() {
                Some("vmrs") => found.runtime = Some(path),
                Some("vmgs") => found.guest_state = Some(path),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_name_whatever_the_case() {
        let temp = tempfile::tempdir().expect("a temporary folder");
        let place = |name: &str| temp.path().join(name);
        for name in ["AB.vmcx", "ab.VMRS", "AB.vmgs", "CD.vmrs"] {
            fs::write(place(name), "").expect("written");
        }
        let found = Companions::of(&place("AB.vmcx"));
        assert_eq!(found.runtime, Some(place("ab.VMRS")));
        assert_eq!(found.guest_state, Some(place("AB.vmgs")));
        assert_eq!(Companions::of(&place("none.vmcx")), Companions::default());
    }
}
