//! The backing file of a .vhds: `x.vhds` holds metadata, `x_<GUID>.avhdx` beside it the disk.

use std::path::{Path, PathBuf};

use blockio::Fault;
use uuid::Uuid;

use crate::Finder;
use crate::codes::{SET_BACKING_AMBIGUOUS, SET_BACKING_MISSING};
use crate::finder::name_of;
use crate::index::Entry;

/// Whether this is the name of a VHD Set.
pub(crate) fn has_set_name(name: &str) -> bool {
    stem(name, "vhds").is_some()
}

/// The part of `name` before its extension, if it has this one.
fn stem<'a>(name: &'a str, extension: &str) -> Option<&'a str> {
    let (stem, found) = name.rsplit_once('.')?;
    found.eq_ignore_ascii_case(extension).then_some(stem)
}

/// Why a .vhds is not opened as a disk itself.
pub(crate) fn no_disk(name: &str) -> Fault {
    Fault::unsupported(&SET_BACKING_MISSING, "VHD Set")
        .expected("its backing file, which holds the disk")
        .found("the .vhds alone")
        .in_file(name)
}

/// The backing file of the set at `path`: the one that no other backing file has as its parent.
pub(crate) fn backing(finder: &Finder, path: &Path) -> Result<PathBuf, Fault> {
    let name = name_of(path);
    let folder = finder.gate().identity(path);
    let beside = |entry: &&Entry| {
        entry.identity.parent() == folder.parent() && is_backing(&name_of(&entry.path), &name)
    };
    let files: Vec<&Entry> = finder.named().entries.iter().filter(beside).collect();
    let is_parent = |entry: &Entry| {
        let id = entry.outcome.as_ref().ok().and_then(|summary| summary.id);
        files
            .iter()
            .any(|child| id.is_some_and(|id| asks_for(child, id)))
    };
    let leaves: Vec<&Path> = files
        .iter()
        .filter(|entry| !is_parent(entry))
        .map(|entry| &*entry.path)
        .collect();
    match leaves.as_slice() {
        [leaf] => Ok(leaf.to_path_buf()),
        [] => Err(missing(&name)),
        several => Err(ambiguous(&name, several)),
    }
}

fn missing(name: &str) -> Fault {
    let stem = stem(name, "vhds").unwrap_or(name);
    Fault::cannot_read(&SET_BACKING_MISSING, "backing file of the VHD Set")
        .expected(format!("{stem}_<GUID>.avhdx beside it"))
        .found("none")
        .in_file(name)
}

fn ambiguous(name: &str, leaves: &[&Path]) -> Fault {
    let names: Vec<_> = leaves.iter().map(|path| name_of(path)).collect();
    Fault::unsupported(&SET_BACKING_AMBIGUOUS, "backing file of the VHD Set")
        .expected("one that is no other's parent")
        .found(names.join(", "))
        .in_file(name)
}

fn asks_for(child: &Entry, id: Uuid) -> bool {
    let summary = child.outcome.as_ref().ok();
    let link = summary.and_then(|summary| summary.parent.as_ref());
    link.is_some_and(|link| link.ids.contains(&id))
}

/// Whether `name` is `x_<GUID>.avhdx` for the set `x.vhds`.
fn is_backing(name: &str, set: &str) -> bool {
    let parts = || {
        let (x, guid) = stem(name, "avhdx")?.rsplit_once('_')?;
        let same = x.to_lowercase() == stem(set, "vhds")?.to_lowercase();
        Some(same && Uuid::try_parse(guid).is_ok())
    };
    parts().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::is_backing;

    #[test]
    fn a_backing_file_is_named_after_its_set() {
        let guid = "A1A2A3A4-B1B2-C1C2-D1D2-E1E2E3E4E5E6";
        assert!(is_backing(&format!("data_{guid}.avhdx"), "Data.vhds"));
        for name in [
            format!("data_{guid}.vhdx"),
            format!("other_{guid}.avhdx"),
            "data_1.avhdx".to_owned(),
            format!("data{guid}.avhdx"),
        ] {
            assert!(!is_backing(&name, "Data.vhds"), "{name}");
        }
    }
}
