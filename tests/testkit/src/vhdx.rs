//! VHDX images, written from the specification alone: sound ones, and broken ones on purpose.
//!
//! [`Image`] says what a disk holds. [`Image::build`] lays it out as a file, [`Built`], which a
//! test may then damage structure by structure, and [`Image::model`] says what must be read.
//!
//! ```
//! use hvrestore_testkit::vhdx::{Block, Image};
//!
//! let mut image = Image::dynamic(8 << 20);
//! image.write(0x1000, b"hello");
//! image.set(3, Block::Zero);
//! let mut file = image.build();
//! file.edit_header(0, |header| header[66] = 9); // a version that nobody knows, checksum right
//! assert_eq!(&image.model(&[])[0x1000..0x1005], b"hello");
//! ```

mod build;
mod built;
mod image;
mod log;

pub use built::{Built, Layout};
pub use image::{Block, Image, Kind, Order};
pub use log::{Log, LogEntry};

use uuid::{Uuid, uuid};

/// 1 MiB, which everything in a VHDX file is aligned to.
pub const MIB: u64 = 1 << 20;

/// Region of the block allocation table.
pub const BAT_REGION: Uuid = uuid!("2dc27766-f623-4200-9d64-115e9bfd4a08");
/// Region of the metadata.
pub const METADATA_REGION: Uuid = uuid!("8b7ca206-4790-4b9a-b8fe-575f050f886e");
/// Metadata item: block size and kind.
pub const FILE_PARAMETERS: Uuid = uuid!("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
/// Metadata item: size of the disk.
pub const VIRTUAL_DISK_SIZE: Uuid = uuid!("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
/// Metadata item: the disk's id.
pub const VIRTUAL_DISK_ID: Uuid = uuid!("beca12ab-b2e6-4523-93ef-c309e000c746");
/// Metadata item: logical sector size.
pub const LOGICAL_SECTOR_SIZE: Uuid = uuid!("8141bf1d-a96f-4709-ba47-f233a8faab5f");
/// Metadata item: physical sector size.
pub const PHYSICAL_SECTOR_SIZE: Uuid = uuid!("cda348c7-445d-4471-9cc9-e9885251c556");
/// Metadata item: parent locator.
pub const PARENT_LOCATOR: Uuid = uuid!("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
/// The type of a parent locator that names a VHDX file.
pub const VHDX_LOCATOR: Uuid = uuid!("b04aefb7-d19e-4a81-b789-25b8e9445913");

/// Flags of a required metadata item.
pub const REQUIRED: u32 = 1 << 2;

/// BAT states, as numbers.
pub mod state {
    /// Not in this file.
    pub const NOT_PRESENT: u64 = 0;
    /// Contents undefined.
    pub const UNDEFINED: u64 = 1;
    /// Zeros.
    pub const ZERO: u64 = 2;
    /// Given back by the guest.
    pub const UNMAPPED: u64 = 3;
    /// Wholly in this file; of a sector bitmap: in this file.
    pub const PRESENT: u64 = 6;
    /// Partly in this file, as the sector bitmap says.
    pub const PARTIALLY_PRESENT: u64 = 7;
}
