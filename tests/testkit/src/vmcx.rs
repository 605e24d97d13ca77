//! The key-value container of .vmcx and .vmrs files, written by the project's notes on the format (A.1
//! to A.9) and by nothing of the parser that reads it.
//!
//! ```
//! # use hvrestore_testkit::vmcx::{Key, Options, container};
//! let root = [Key::node("configuration").key(Key::text("name", "web01"))];
//! let built = container(&root, &Options::default());
//! assert_eq!(built.bytes[..4], [0x14, 0x20, 0x28, 0x01]);
//! ```

mod build;
mod key;
mod mend;

pub use build::{Built, Options, container};
pub use key::{Key, Value};
pub use mend::{mend, pending};

/// The unit of everything.
const PAGE: usize = 4096;
/// Where the first table of objects is.
const OBJECTS: usize = 2 * PAGE;
/// Bytes of a slot in it.
const SLOT: usize = 18;
/// Bytes that an entry begins with.
const ENTRY: usize = 21;
/// Bytes that a table of keys begins with.
const TABLE: usize = 10;
/// Bytes that the log begins with.
const LOG: usize = 34;
/// Bytes of a descriptor in it.
const DESCRIPTOR: usize = 28;

/// Writes the CRC-32 of `len` bytes at `at` into the four bytes at `field` of them.
fn seal(image: &mut [u8], at: usize, len: usize, field: usize) {
    let part = &mut image[at..at + len];
    part[field..field + 4].fill(0);
    let sum = crc32fast::hash(part).to_le_bytes();
    part[field..field + 4].copy_from_slice(&sum);
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}
