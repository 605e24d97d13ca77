//! Bytes that may be changed: a copy that is being put right, never a source.

use std::io;

use crate::ReadAt;

/// Bytes that may be changed in place. What is written is read back at once.
///
/// Nothing that is opened as a source is one: sources are never written. Encoders and editors take
/// one, and the caller hands in a copy.
pub trait WriteAt: ReadAt {
    /// Writes all of `bytes` at `offset`; what is written behind the end makes the file longer.
    ///
    /// # Errors
    /// The system's own.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes the file `size` bytes long; what is added reads as zeros.
    ///
    /// # Errors
    /// The system's own.
    fn set_size(&self, size: u64) -> io::Result<()>;

    /// Waits until what was written is on the medium: nothing later gets there before it.
    ///
    /// # Errors
    /// The system's own.
    fn flush(&self) -> io::Result<()>;
}
