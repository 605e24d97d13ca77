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
//! | `data_run`, `stream` | where the bytes of a stream are |
//! | `units`, `compressed`, `lznt1`, [`wof`] | streams that are decompressed, unit by unit |
//! | `mft` | the master file table and its mirror |
//! | `file`, `joined`, `content` | one file of several records, one attribute of several fragments |
//! | `metadata`, `file_name`, `reparse`, `storage` | what is known of a file without its data |
//! | `security`, `secure` | who may do what with a file: its own descriptor, those of `$Secure` |
//! | `details`, `extended_attributes`, `efs` | what only some readers want of a file |
//! | `index`, `upcase` | directories: the B-tree and the order of names |
//! | `view_index` | the B-trees whose keys are numbers |
//! | `listing`, `scan`, `entries` | one directory; the whole $MFT at once; a subtree in order |
//! | `deleted` | what was deleted, as a tree of its own |
//! | `volume`, `volume_information`, `free_space`, `fs` | the volume as a tree |
//! | `pages`, `reference`, `flaw` | the cache under metadata, file references, what is wrong |
//!
//! Not read: content that Data Deduplication, EFS, the cloud or other storage hides. Asking for it is a
//! fault that names which ([`codes::WOF`] and those after it), never zeros.

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
mod deleted;
mod details;
mod efs;
mod entries;
mod error;
mod extended_attributes;
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
pub mod lznt1;
mod metadata;
mod mft;
mod object_id;
mod pages;
mod record;
mod reference;
mod reparse;
mod scan;
mod secure;
mod security;
mod storage;
mod stream;
mod units;
mod upcase;
mod view_index;
mod volume;
mod volume_information;
pub mod wof;

pub use error::Error;
pub use volume::Volume;
