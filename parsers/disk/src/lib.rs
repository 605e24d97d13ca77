//! Virtual disks: formats detected, chains found and checked, read as one.
//!
//! ```text
//! Gate          what files there are, and how one is opened        Folders: folders of this machine
//!  Finder       from a leaf to its base, each link checked         Chain, also where a link is broken
//!   VirtualDisk the layers of a chain, read as one disk            blockio::ReadAt
//! ```
//!
//! | module | owns |
//! |---|---|
//! | `detect`, `image` | which format a file is of; one opened file of any format |
//! | `raw` | a raw image as a layer |
//! | `gate`, `folders` | where the members of a chain may be; the host's folders |
//! | `windows_path` | what a relative path in a parent locator means |
//! | `index` | which file of a gate has which id |
//! | `identical` | whether two files are the same, byte for byte |
//! | `finder`, `search`, `chain`, `broken` | the search for parents, and what it found |
//! | `vhd_set` | the backing file of a .vhds |
//! | `survey` | all disk files of a gate, as trees of parents and children |
//! | `stack`, `virtual_disk` | layers composed |
//! | [`codes`] | HV-x5xx |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod broken;

mod chain;
pub mod codes;
mod detect;
mod error;
mod finder;
mod folders;
mod gate;
mod identical;
mod image;
mod index;
mod raw;
mod search;
mod stack;
mod survey;
mod vhd_set;
mod virtual_disk;
mod windows_path;

pub use broken::{BrokenLink, Refused};
pub use chain::{Chain, FoundBy, LayerEntry, Linkage};
pub use detect::{Format, detect, has_disk_name};
pub use error::Error;
pub use finder::{Accept, Finder, MAX_LAYERS};
pub use folders::Folders;
pub use gate::{Gate, Listing};
pub use image::{Image, Kind, ParentLink};
pub use raw::Raw;
pub use stack::Stack;
pub use survey::{ParentFile, Summary, Survey, Surveyed};
pub use virtual_disk::VirtualDisk;
pub use windows_path::{Step, last_name, steps};

#[cfg(test)]
mod tests;
