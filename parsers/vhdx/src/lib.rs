//! One .vhdx or .avhdx file, as [MS-VHDX] describes it: read, a copy of it put right, a new one made.
//!
//! [`File`] is a [`Layer`](blockio::Layer): it says where the bytes of its virtual disk are, and
//! opens no other file. A differencing disk hands out its [`ParentLocator`]; who looks for the
//! parent and stacks the layers is the crate `disk`.
//!
//! ```text
//! headers ── log ── region table ── metadata ── BAT ── sector bitmaps
//!    │        │           │            │         └─────────┴── read on demand: extent_at
//!    └────────┴───────────┴────────────┴── read when opened
//! ```
//!
//! A pending log is replayed in memory, never into a source; [`edit`] replays it into a copy, and
//! rewrites the parent locator of one. [`write`](mod@write) makes a new file of a disk. Damage to what opening needs refuses
//! the file, unless a second copy is sound; damage to a block costs that block only.
//!
//! [MS-VHDX]: https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx

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
mod format;
mod header;
mod layer;
mod locator;
mod log;
mod metadata;
mod overlap;
mod region;
mod structure;
mod verify;
pub mod write;

pub use error::Error;
pub use file::{File, Kind, is_vhdx};
pub use locator::ParentLocator;
pub use log::LogReplay;
