//! One transaction log: which pages it holds, and what they follow on.

mod dirty_vector;
mod entry;

use std::io;
use std::sync::Arc;

use blockio::{Fault, ReadAt, clamp};

pub(crate) use dirty_vector::DirtyPages;
pub(crate) use entry::Entry;

use crate::base_block::BaseBlock;
use crate::codes;
use crate::format::{NEW_LOG, OLD_LOGS};

/// More of a log is not read: Windows writes the hive itself long before.
const LONGEST: u64 = 64 << 20;

/// A log whose base block is sound.
pub(crate) struct Log {
    pub(crate) base: BaseBlock,
    pub(crate) content: Content,
    /// Why not everything in it can be used.
    pub(crate) notes: Vec<Fault>,
}

/// What a log holds.
pub(crate) enum Content {
    /// One set of pages: Windows up to 7 and Server 2008 R2.
    Old(Result<DirtyPages, Fault>),
    /// Entries in the order of the file, those already applied among them.
    New(Vec<Entry>),
}

impl Log {
    /// Reads the log in `file`; `None` where it is empty, as one is that was never used.
    ///
    /// # Errors
    /// Where it cannot be read or has no sound base block.
    pub(crate) fn read(file: &Arc<dyn ReadAt>, name: &str) -> Result<Option<Self>, Arc<Fault>> {
        let bytes = bytes(file).map_err(|error| Fault::from_io(&error, name.to_owned()))?;
        if bytes.iter().take(512).all(|&byte| byte == 0) {
            return Ok(None);
        }
        let fault = || Fault::damaged(&codes::LOG, name.to_owned());
        let base = BaseBlock::parse(&bytes).ok_or_else(|| fault().expected("signature regf"))?;
        if !base.is_sound() {
            let (expected, found) = base.checksums();
            let fault = fault().expected(format!("checksum {expected:#010x}"));
            return Err(Arc::new(fault.found(format!("{found:#010x}"))));
        }
        let mut notes = Vec::new();
        let content = match base.file_type() {
            NEW_LOG => Content::New(entry::read_all(&bytes, base.sector(), name, &mut notes)),
            kind if OLD_LOGS.contains(&kind) => Content::Old(DirtyPages::read(&bytes, &base, name)),
            other => {
                let fault = fault().expected("file type 1, 2 or 6");
                return Err(Arc::new(fault.found(other.to_string())));
            }
        };
        Ok(Some(Self {
            base,
            content,
            notes,
        }))
    }
}

fn bytes(file: &Arc<dyn ReadAt>) -> io::Result<Vec<u8>> {
    let size = file.size().min(LONGEST);
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// The part of `bytes` from `offset` on, `len` long.
fn part(bytes: &[u8], offset: u64, len: u64) -> Option<&[u8]> {
    let end = offset
        .checked_add(len)
        .filter(|&end| end <= clamp(bytes.len()))?;
    bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)
}
