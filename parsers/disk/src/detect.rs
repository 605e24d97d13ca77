//! Which format a file is of: by its content, and by its name only where the content is damaged.

use std::io;

use blockio::ReadAt;

/// The formats that disks come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// .vhdx, .avhdx
    Vhdx,
    /// .vhd, .avhd
    Vhd,
    /// .vhds: metadata; the disk is in its backing .avhdx file.
    VhdSet,
    /// The disk's bytes and nothing else.
    Raw,
}

impl Format {
    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Vhdx => "VHDX",
            Self::Vhd => "VHD",
            Self::VhdSet => "VHD Set",
            Self::Raw => "raw",
        }
    }

    /// The format that a file of this name has, unless it is damaged.
    fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "vhdx" | "avhdx" => Some(Self::Vhdx),
            "vhd" | "avhd" => Some(Self::Vhd),
            "vhds" => Some(Self::VhdSet),
            "img" | "raw" | "dd" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// Whether a file of this name is listed as a disk without a look at its content.
#[must_use]
pub fn has_disk_name(name: &str) -> bool {
    Format::of_name(name).is_some()
}

/// The format that the content has the mark of; `None` where it has none.
///
/// # Errors
/// Those of reading `bytes`.
pub(crate) fn marked(bytes: &dyn ReadAt) -> io::Result<Option<Format>> {
    let mut start = [0; 8];
    if bytes.size() < blockio::clamp(start.len()) {
        return Ok(None);
    }
    bytes.read_exact_at(&mut start, 0)?;
    if vhdx::is_vhdx(&start) {
        return Ok(Some(Format::Vhdx));
    }
    Ok(vhd::is_vhd(bytes)?.then_some(Format::Vhd))
}

/// The format of the file `name` with these bytes.
///
/// A file that has the name of a format and not its mark is of that format, and damaged; a file
/// that has neither is a raw image. A mark that cannot be read leaves the name to tell.
///
/// # Errors
/// Those of reading `bytes`, where the name does not tell.
pub fn detect(bytes: &dyn ReadAt, name: &str) -> io::Result<Format> {
    let named = Format::of_name(name);
    if named == Some(Format::VhdSet) {
        return Ok(Format::VhdSet);
    }
    match (marked(bytes), named) {
        (Ok(marked), named) => Ok(marked.or(named).unwrap_or(Format::Raw)),
        (Err(_), Some(named)) => Ok(named),
        (Err(error), None) => Err(error),
    }
}
