//! One .vhd or .avhd file: Virtual PC's and Hyper-V's first disk format.
//!
//! [`File`] is a [`blockio::Layer`]: it says where the bytes of its virtual disk are. It does not
//! look for its parent; [`File::parent`] says what the parent is known by.
//!
//! | module | owns |
//! |---|---|
//! | `format` | the structures as they lie in the file |
//! | `footer` | which footer counts, and what it says of the disk |
//! | `header` | the dynamic disk header: where the block allocation table is |
//! | `locator` | what a differencing disk knows of its parent |
//! | `bat`, `bitmap` | which blocks, and which sectors of a block, this file holds |
//! | `sparse` | extents of a dynamic or differencing disk |
//! | [`write`](mod@write) | a new file made of a disk |
//! | [`edit`] | a copy whose parent lies elsewhere |
//! | `verify` | what only a pass over every block shows |
//! | [`codes`] | HV-x3xx |
//!
//! Format: *Virtual Hard Disk Image Format Specification*, Microsoft, October 2006 ("VHD spec").

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod bat;
mod bitmap;
pub mod codes;
pub mod edit;
mod error;
mod file;
mod footer;
mod format;
mod header;
mod locator;
mod sparse;
mod verify;
pub mod write;

pub use error::Error;
pub use file::File;
pub use footer::{Kind, is_vhd};
pub use format::SECTOR;
pub use locator::ParentLocator;
