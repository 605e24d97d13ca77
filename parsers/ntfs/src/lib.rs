//! NTFS, read-only, right to the byte.
//!
//! A [`Volume`] is a [`tree::FileSystem`] over any [`blockio::ReadAt`]: a partition, a chain of disks,
//! a file inside another volume. Nothing here opens a path or knows of disks.
//!
//! | module | owns |
//! |---|---|
//! | `format` | constants and on-disk structures, no logic |
//! | `boot` | boot sector and its copy: sizes, where $MFT is |
//! | `fixup`, `record`, `attribute`, `attribute_list` | file records and what is in them |
//! | `data_run`, `stream`, `compressed`, `lznt1` | where the bytes of a stream are |
//! | `mft` | the master file table and its mirror |
//! | `file` | one file: its base record and its extension records joined |
//! | `index`, `upcase` | directories: the B-tree and the order of names |
//! | `volume`, `fs` | the volume as a tree |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod attribute;
mod attribute_list;
mod boot;
pub mod codes;
mod compressed;
mod content;
mod data_run;
mod entries;
mod error;
mod file;
mod file_name;
mod fixup;
mod flaw;
mod format;
mod free_space;
mod fs;
mod index;
mod joined;
mod listing;
mod lznt1;
mod metadata;
mod mft;
mod pages;
mod record;
mod reference;
mod reparse;
mod scan;
mod storage;
mod stream;
mod upcase;
mod volume;
mod volume_information;

pub use error::Error;
pub use volume::Volume;
