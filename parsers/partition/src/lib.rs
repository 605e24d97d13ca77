//! What is on a disk: its partition table, and the name of what lies in each partition.
//!
//! [`read`] answers for a whole disk and never with "empty": a GPT by whichever of its copies holds,
//! an MBR with its logical partitions, or a file system that begins at byte 0. What is not NTFS is
//! named with size and label where it has them ([`Content`]); what is odd or damaged is listed in
//! [`Table::notes`], and the rest is still served.
//!
//! ```
//! use std::sync::Arc;
//!
//! use blockio::{Memory, ReadAt};
//! use hvrestore_partition::{Content, Scheme, read};
//!
//! // A volume that takes the whole disk, known by its boot sector.
//! let mut image = vec![0; 4096];
//! image[3..18].copy_from_slice(b"NTFS    \0\x02\x01\0\0\0\0");
//! image[40] = 7;
//! let disk: Arc<dyn ReadAt> = Arc::new(Memory::from(image));
//! let table = read(&disk, 512)?;
//! assert_eq!(table.scheme, Scheme::None);
//! for partition in &table.partitions {
//!     assert_eq!(partition.content, Content::Ntfs);
//!     assert_eq!(partition.slice(&disk).size(), 4096);
//! }
//! # Ok::<(), hvrestore_partition::Error>(())
//! ```
//!
//! | module | owns |
//! |---|---|
//! | [`read`], [`Table`], [`Partition`] | which table counts, and what it says |
//! | `gpt` | either header, either entry array, checksums, what can be salvaged without them |
//! | `mbr` | primary and logical partitions |
//! | [`identify`](fn@identify), [`Content`], [`Foreign`] | what a partition holds, one file for each family |
//! | [`ldm`] | the database of dynamic disks: their volumes, and where these lie |
//! | `types` | the names of GPT and MBR partition types |
//! | [`codes`] | every code a fault of this crate carries |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

pub mod codes;
mod error;
mod format;
mod gpt;
mod identify;
pub mod ldm;
mod mbr;
mod partition;
mod probe;
mod table;
mod text;
mod types;

pub use error::Error;
pub use identify::{Content, FirstBytes, Foreign, ForeignKind, identify};
pub use partition::{Partition, TypeId};
pub use table::{Scheme, Table, read};
