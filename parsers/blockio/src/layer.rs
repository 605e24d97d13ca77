//! One file of a chain of disks.

use std::io;
use std::sync::Arc;

use crate::{Fault, ReadAt};

/// One file of a chain. It says where bytes are; it does not move them.
pub trait Layer: Send + Sync {
    /// Size of the virtual disk as this file states it, in bytes.
    fn disk_size(&self) -> u64;

    /// The longest extent from `offset` of the virtual disk, at most `max` bytes, in one state.
    ///
    /// `offset < disk_size()` and `max > 0`; the extent has `0 < len <= max`.
    ///
    /// # Errors
    /// Only where the question could not be answered; bytes known to be gone are [`State::Lost`].
    fn extent_at(&self, offset: u64, max: u64) -> io::Result<Extent>;

    /// The container that [`State::File`] positions point into, its pending log applied.
    fn file(&self) -> &dyn ReadAt;
}

/// A range of a layer's virtual disk that is in one state.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Bytes in the extent, more than zero.
    pub len: u64,
    /// What this file knows of them.
    pub state: State,
}

/// What one file of a chain knows of a range.
#[derive(Clone, Debug)]
pub enum State {
    /// Stored in this file, from this byte of [`Layer::file`] on.
    File(u64),
    /// Zeros, whatever the parent holds.
    Zero,
    /// Not in this file: the parent's bytes, or zeros where there is none.
    Parent,
    /// Was in this file and cannot be had; never the parent's bytes.
    Lost(Arc<Fault>),
}
