//! A copy of a differencing disk whose parent lies elsewhere now: its locators rewritten in place.
//!
//! Only ever on a copy, which the caller hands in as a [`WriteAt`]. New paths go beside those that are
//! there; the dynamic disk header, written last, makes them count. The format has one header only, so
//! a copy that is cut short in that one write is to be made again. Footers stay as they are, unless
//! the paths need room at the end of the file.

mod room;

use std::io;

use blockio::{Change, Fault, WriteAt};
use uuid::Uuid;
use zerocopy::IntoBytes;
use zerocopy::big_endian::{U32, U64};

use crate::codes::{LOCATOR_ROOM, NOT_DIFFERENCING};
use crate::footer::{self, ActiveFooter, checksum};
use crate::format::{ABSOLUTE, DynamicHeader, Locator, RELATIVE, UNUSED};
use crate::{Kind, ParentLocator, header, locator};
use room::Room;

/// Longest path that Windows can hold, in UTF-16 units.
const MAX_PATH: usize = 32_767;

/// What a differencing disk is to say of its parent, now that it lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewParent {
    /// Path from the child's folder, with backslashes: `.\base.vhd`.
    pub relative: String,
    /// Path on the Windows host; `None` takes the recorded one out, which may name a live disk.
    pub absolute: Option<String>,
    /// Unique id of a parent that the operator accepted although it is not the recorded one; `None`
    /// keeps the recorded one.
    pub unique_id: Option<Uuid>,
}

impl NewParent {
    /// What the header's own field for the parent's name says: the absolute path, as Windows writes
    /// it, or the file's name where there is none or it is too long.
    fn name(&self) -> &str {
        // A NUL ends the name.
        let fits = |path: &&str| path.encode_utf16().count() < NAME_UNITS;
        let absolute = self.absolute.as_deref().filter(fits);
        let name = self.relative.rsplit('\\').next();
        absolute.or(name).unwrap_or(&self.relative)
    }
}

/// UTF-16 units of the header's field for the parent's name.
const NAME_UNITS: usize = 256;

impl ParentLocator {
    /// Which values [`relink`] to `parent` would change; none where the file can be left as it is.
    #[must_use]
    pub fn changes(&self, parent: &NewParent) -> Vec<Change> {
        let (old, new) = (
            self.unique_id.to_string(),
            parent.unique_id.unwrap_or(self.unique_id).to_string(),
        );
        let others = self
            .others
            .iter()
            .map(|code| code.escape_ascii().to_string());
        [
            Change::of("parent unique id", Some(&old), Some(&new)),
            Change::of("parent name", self.name.as_deref(), Some(parent.name())),
            Change::of("W2ru", self.relative.as_deref(), Some(&parent.relative)),
            Change::of("W2ku", self.absolute.as_deref(), parent.absolute.as_deref()),
        ]
        .into_iter()
        .flatten()
        .chain(others.filter_map(|code| Change::of(&code, Some("a path"), None)))
        .collect()
    }
}

/// Makes the locators of `file` lead to `parent`, and says which values changed. Locators of other
/// platforms, which lead to where the parent was, are taken out. A file that needs no change is not
/// written.
///
/// `name` is the file's name for messages.
///
/// # Errors
/// A [`Fault`] (see [`Fault::of`]) where the file is no sound differencing disk or a path is too long;
/// the file's own where it cannot be written.
pub fn relink(file: &dyn WriteAt, name: &str, parent: &NewParent) -> io::Result<Vec<Change>> {
    relink_unnamed(file, parent).map_err(|error| match Fault::of(&error) {
        Some(fault) if fault.file.is_none() => Fault::clone(fault).in_file(name).into(),
        _ => error,
    })
}

fn relink_unnamed(file: &dyn WriteAt, parent: &NewParent) -> io::Result<Vec<Change>> {
    let footer = footer::read(file).map_err(|fault| Fault::clone(&fault))?;
    if footer.kind != Kind::Differencing {
        return Err(no_parent(footer.kind).into());
    }
    let active = header::read(file, &footer)?;
    let recorded = locator::read(file, &active, &mut Vec::new());
    let changes = recorded.changes(parent);
    if !changes.is_empty() {
        let raw = header::read_raw(file, footer.header_offset)?;
        let room = Room::of(file, &footer, &active, raw.max_table_entries.get())?;
        write(file, &footer, raw, room, parent)?;
    }
    Ok(changes)
}

fn no_parent(kind: Kind) -> Fault {
    Fault::unsupported(&NOT_DIFFERENCING, "parent locator")
        .expected("a differencing disk")
        .found(format!("a {kind:?} one").to_lowercase())
}

fn write(
    file: &dyn WriteAt,
    footer: &ActiveFooter,
    mut raw: DynamicHeader,
    mut room: Room,
    parent: &NewParent,
) -> io::Result<()> {
    let mut locators = Vec::new();
    for (platform, path) in [
        (ABSOLUTE, parent.absolute.as_deref()),
        (RELATIVE, Some(&*parent.relative)),
    ] {
        let Some(path) = path else { continue };
        let bytes = utf16(path)?;
        let (data_offset, data_space) = room.take(&bytes);
        locators.push(Locator {
            platform,
            data_space: U32::new(data_space),
            data_length: U32::new(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
            reserved: U32::ZERO,
            data_offset: U64::new(data_offset),
        });
    }
    locators.resize(raw.locators.len(), NO_LOCATOR);
    for (slot, new) in raw.locators.iter_mut().zip(locators) {
        *slot = new;
    }
    raw.parent_name = name_field(parent.name())?;
    if let Some(unique_id) = parent.unique_id {
        raw.parent_unique_id = unique_id.into_bytes();
    }
    raw.checksum = U32::ZERO;
    raw.checksum = U32::new(checksum(raw.as_bytes(), 0));
    room.write(file)?;
    file.write_all_at(raw.as_bytes(), footer.header_offset)?;
    file.flush()
}

const NO_LOCATOR: Locator = Locator {
    platform: UNUSED,
    data_space: U32::ZERO,
    data_length: U32::ZERO,
    reserved: U32::ZERO,
    data_offset: U64::ZERO,
};

/// `path` in UTF-16LE.
fn utf16(path: &str) -> Result<Vec<u8>, Fault> {
    let bytes: Vec<u8> = path.encode_utf16().flat_map(u16::to_le_bytes).collect();
    match bytes.len() / 2 {
        len if len <= MAX_PATH => Ok(bytes),
        len => Err(too_long(len, MAX_PATH)),
    }
}

/// `name` as the header's field holds it: UTF-16BE, ended by NUL.
fn name_field(name: &str) -> Result<[u8; 512], Fault> {
    let bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut field = [0; 512];
    match field.get_mut(..bytes.len()) {
        Some(room) if bytes.len() / 2 < NAME_UNITS => room.copy_from_slice(&bytes),
        _ => return Err(too_long(bytes.len() / 2, NAME_UNITS)),
    }
    Ok(field)
}

fn too_long(len: usize, max: usize) -> Fault {
    Fault::unsupported(&LOCATOR_ROOM, "new path to the parent")
        .expected(format!("at most {max} characters"))
        .found(len.to_string())
}

#[cfg(test)]
mod tests;
