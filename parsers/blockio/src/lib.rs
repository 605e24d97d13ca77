//! Bytes that know where they live.
//!
//! Everything hvrestore reads is a [`ReadAt`]: a file on the host, a partition, a chain of disks, one
//! stream of a guest's file. Each answers *where* a range is stored ([`ReadAt::run_at`]) before
//! anybody moves a byte, so that a sink may share blocks, leave holes, or read. One file of a chain
//! of disks is a [`Layer`]; what could not be read is a [`Fault`] with a [`Code`].
//!
//! | module | owns |
//! |---|---|
//! | [`ReadAt`], [`Run`], [`Place`] | the waist: bytes of fixed size, read by many threads at once |
//! | [`Layer`], [`Extent`], [`State`] | one file of a chain: which bytes it holds, and where |
//! | [`Fault`], [`FaultKind`], [`Code`] | the one payload of every error |
//! | [`HostFile`], [`Stamp`] | a file on this machine; the only code that opens one |
//! | [`Slice`] | a range of another `ReadAt` |
//! | [`Cache`], [`Cached`] | pages of metadata, all under one byte budget |
//! | [`WriteAt`], [`EditedFile`], [`Change`] | a copy that is put right in place, and what became of its values |
//! | [`read_mapped`] | the one reading loop over `run_at` |

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests fail loudly, and count in what is at hand"
    )
)]

mod cache;
mod change;
mod code;
pub mod codes;
mod fault;
mod host_file;
mod layer;
mod mapped;
mod memory;
mod read_at;
mod slice;
mod write_at;

pub use cache::{Cache, Cached};
pub use change::Change;
pub use code::Code;
pub use fault::{Fault, FaultKind};
pub use host_file::{EditedFile, HostFile, Stamp, raise_open_file_limit};
pub use layer::{Extent, Layer, State};
pub use mapped::{clamp, read_mapped};
pub use memory::Memory;
pub use read_at::{Place, ReadAt, Run, check_range};
pub use slice::Slice;
pub use write_at::WriteAt;
