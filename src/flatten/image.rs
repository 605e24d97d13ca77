//! Into which format a disk is written: raw, VHDX, VHD.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use blockio::{Fault, ReadAt};
use disk::{Image as LayerImage, VirtualDisk};

use crate::copy::Lost;
use crate::hostfs::Sparse;
use crate::identity::new_guid;

/// What the new file says it was made by.
const CREATOR: &str = concat!("hvrestore ", env!("CARGO_PKG_VERSION"));
/// 2000-01-01 UTC, from which VHD counts its times: seconds since 1970.
const VHD_EPOCH: Duration = Duration::from_secs(946_684_800);

/// Formats that a disk can be written into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The disk byte for byte.
    #[default]
    Raw,
    /// Hyper-V's format since Windows Server 2012.
    Vhdx,
    /// Its format before that.
    Vhd,
}

impl Format {
    /// The format that a file of this name is expected to have.
    #[must_use]
    pub fn of_name(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default();
        let is = |names: [&str; 2]| {
            names
                .iter()
                .any(|name| extension.eq_ignore_ascii_case(name))
        };
        match extension {
            _ if is(["vhdx", "avhdx"]) => Self::Vhdx,
            _ if is(["vhd", "avhd"]) => Self::Vhd,
            _ => Self::Raw,
        }
    }
}

/// What a new file is to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Its format.
    pub format: Format,
    /// Whether every block gets its place in the file. A raw image has no blocks.
    pub fixed: bool,
    /// Size of its blocks in bytes; none: that of the disk's newest layer where it is of this format,
    /// else what Hyper-V gives a new disk.
    pub block_size: Option<u32>,
}

/// A disk in the format that it is written in.
pub struct Image {
    file: File,
    disk_size: u64,
}

enum File {
    Raw(Arc<dyn ReadAt>),
    Vhdx(Box<vhdx::write::NewFile>),
    Vhd(Box<vhd::write::NewFile>),
}

impl Image {
    /// The bytes of `disk` as they are.
    #[must_use]
    pub fn raw(disk: Arc<dyn ReadAt>) -> Self {
        Self {
            disk_size: disk.size(),
            file: File::Raw(disk),
        }
    }

    /// `disk` in a new file of this `shape`. The guest finds the disk that it knows: its size, its
    /// sectors, and where the format has one, its id. The file's own identifiers are new.
    ///
    /// # Errors
    /// Where the format cannot hold such a disk.
    pub fn of(disk: &Arc<VirtualDisk>, shape: &Shape) -> Result<Self, Arc<Fault>> {
        let bytes: Arc<dyn ReadAt> = Arc::new(Sparse::of(Arc::<VirtualDisk>::clone(disk)));
        let disk_size = bytes.size();
        let file = match shape.format {
            Format::Raw => File::Raw(bytes),
            Format::Vhdx => {
                let made = vhdx::write::NewFile::new(bytes, &new_vhdx(disk, shape), CREATOR);
                File::Vhdx(Box::new(made.map_err(|error| Arc::clone(error.fault()))?))
            }
            Format::Vhd => {
                let made = vhd::write::NewFile::new(bytes, &new_vhd(disk, shape));
                File::Vhd(Box::new(made.map_err(|error| Arc::clone(error.fault()))?))
            }
        };
        Ok(Self { file, disk_size })
    }

    /// All bytes of the new file.
    #[must_use]
    pub fn bytes(&self) -> &dyn ReadAt {
        match &self.file {
            File::Raw(bytes) => bytes,
            File::Vhdx(file) => &**file,
            File::Vhd(file) => &**file,
        }
    }

    /// Size of the disk in it, in bytes.
    #[must_use]
    pub fn disk_size(&self) -> u64 {
        self.disk_size
    }

    /// Whether the file may be marked as a sparse one: Hyper-V attaches no disk file that is, and
    /// takes a raw image from nobody.
    pub(super) fn may_be_sparse(&self) -> bool {
        matches!(self.file, File::Raw(_))
    }

    /// `lost` of the file, as bytes of the disk.
    pub(crate) fn on_disk(&self, lost: Vec<Lost>) -> Vec<Lost> {
        let on_disk = |lost: Lost| Lost {
            range: self.disk_range(lost.range),
            ..lost
        };
        lost.into_iter().map(on_disk).collect()
    }

    fn disk_range(&self, range: Range<u64>) -> Range<u64> {
        match &self.file {
            File::Raw(_) => range,
            File::Vhdx(file) => file.disk_range(range),
            File::Vhd(file) => file.disk_range(range),
        }
    }
}

/// The layer that the guest saw.
fn leaf(disk: &VirtualDisk) -> &LayerImage {
    &disk.chain().leaf().image
}

fn new_vhdx(disk: &VirtualDisk, shape: &Shape) -> vhdx::write::NewDisk {
    let logical_sector_size = disk.logical_sector_size();
    let (physical_sector_size, disk_id, block_size) = match leaf(disk) {
        LayerImage::Vhdx(file) => (
            file.physical_sector_size(),
            Some(file.disk_id()),
            Some(file.block_size()),
        ),
        // Neither knows more than the size of its sectors.
        LayerImage::Vhd(_) | LayerImage::Raw(_) => (logical_sector_size, None, None),
    };
    let block_size = shape.block_size.or(block_size);
    vhdx::write::NewDisk {
        fixed: shape.fixed,
        block_size: block_size.unwrap_or(vhdx::write::NewDisk::BLOCK_SIZE),
        logical_sector_size,
        physical_sector_size,
        disk_id: disk_id.unwrap_or_else(new_guid),
        file_write_guid: new_guid(),
        data_write_guid: new_guid(),
    }
}

fn new_vhd(disk: &VirtualDisk, shape: &Shape) -> vhd::write::NewDisk {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + VHD_EPOCH);
    let seconds = since_epoch.map_or(0, |time| time.as_secs());
    vhd::write::NewDisk {
        fixed: shape.fixed,
        block_size: shape.block_size.unwrap_or(vhd::write::NewDisk::BLOCK_SIZE),
        logical_sector_size: disk.logical_sector_size(),
        unique_id: new_guid(),
        timestamp: u32::try_from(seconds).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_format_that_is_expected() {
        for (name, format) in [
            ("a/b.vhdx", Format::Vhdx),
            ("B.AVHDX", Format::Vhdx),
            ("b.vhd", Format::Vhd),
            ("b.raw", Format::Raw),
            ("vhdx", Format::Raw),
            ("-", Format::Raw),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
    }
}
