//! NTFS as a destination: what its Linux drivers take through extended attributes.
//!
//! ntfs-3g has `system.ntfs_acl`, `ntfs_attrib_be`, `ntfs_times_be` (creation, writing, reading, and
//! the change time, which can be read only), `ntfs_ea`, `ntfs_object_id` and `ntfs_reparse_data`; the
//! kernel's ntfs3 has `ntfs_attrib_be` and `ntfs_security`. Which of them a mount takes is asked of
//! its root. Attributes and times are big-endian in all of these.

use std::fs::File;
use std::io;

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use tree::Attributes;

use super::{Kept, Part, Parts};

const ATTRIBUTES: &str = "system.ntfs_attrib_be";
const TIMES: &str = "system.ntfs_times_be";
/// What ntfs-3g calls the descriptor, and what ntfs3 does.
const SECURITY: [&str; 2] = ["system.ntfs_acl", "system.ntfs_security"];

/// READONLY, HIDDEN, SYSTEM, ARCHIVE, TEMPORARY, OFFLINE, NOT_CONTENT_INDEXED: what can be set on any
/// file. The others are set by what they stand for, or must not be.
const SETTABLE: u32 = 0x3127;

/// FILE_ATTRIBUTE_COMPRESSED: files get it from their folder.
const COMPRESSED: u32 = 0x800;

/// Whether `file` lies on NTFS.
pub(super) fn is_there(file: &File) -> bool {
    answers(file, ATTRIBUTES)
}

/// Takes the mark from a folder, so that nothing in it inherits it. That of a file cannot be taken
/// through these drivers.
pub(super) fn unmark(file: &File) -> io::Result<()> {
    let mut value = [0; 4];
    fgetxattr(file, ATTRIBUTES, &mut value[..])?;
    let attributes = u32::from_be_bytes(value);
    if attributes & COMPRESSED == 0 || !file.metadata()?.is_dir() {
        return Ok(());
    }
    set(file, ATTRIBUTES, &(attributes & !COMPRESSED).to_be_bytes())
}

pub(super) fn holds(dir: &File) -> Parts {
    let mut parts = Parts::NONE;
    if answers(dir, ATTRIBUTES) {
        parts = parts.with(Part::Attributes);
    }
    if SECURITY.iter().any(|name| answers(dir, name)) {
        parts = parts.with(Part::Security);
    }
    // Only ntfs-3g has this one, and then also those that the root itself has not.
    if answers(dir, TIMES) {
        let rest = [
            Part::Created,
            Part::ExtendedAttributes,
            Part::ObjectId,
            Part::Reparse,
            Part::ShortName,
        ];
        parts = rest.into_iter().fold(parts, Parts::with);
    }
    parts
}

/// Whether `file` has an extended attribute of this name, asked for its length only.
fn answers(file: &File, name: &str) -> bool {
    let nothing: &mut [u8] = &mut [];
    fgetxattr(file, name, nothing).is_ok()
}

pub(super) fn set_part(file: &File, part: Part, value: &[u8]) -> io::Result<()> {
    match part {
        Part::Security => set_security(file, value),
        Part::ExtendedAttributes => set(file, "system.ntfs_ea", value),
        Part::ObjectId => set(file, "system.ntfs_object_id", value),
        Part::Reparse => set(file, "system.ntfs_reparse_data", value),
        Part::ShortName => set(file, "system.ntfs_dos_name", value),
        Part::Created | Part::Changed | Part::Attributes | Part::Times => {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}

fn set_security(file: &File, descriptor: &[u8]) -> io::Result<()> {
    let [here, in_kernel] = SECURITY;
    match set(file, here, descriptor) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            set(file, in_kernel, descriptor)
        }
        result => result,
    }
}

fn set(file: &File, name: &str, value: &[u8]) -> io::Result<()> {
    Ok(fsetxattr(file, name, value, XattrFlags::empty())?)
}

pub(super) fn set_attributes(file: &File, attributes: Attributes) -> io::Result<()> {
    set(file, ATTRIBUTES, &(attributes.0 & SETTABLE).to_be_bytes())
}

/// All that can be set of the four times, also one that the guest never set.
pub(super) fn set_times(file: &File, kept: &Kept) -> io::Result<()> {
    let times = [kept.created, kept.modified, kept.accessed];
    set(
        file,
        TIMES,
        times.map(|time| time.0.to_be_bytes()).as_flattened(),
    )
}
